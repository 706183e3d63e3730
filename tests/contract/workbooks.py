"""What every backend of the port `Workbook` must do, written against the port alone.

A backend joins by a subclass of `WorkbookContract` with a fixture `place`: a factory of workbooks at a place
where nothing is yet. Called again it gives another program's view of the same workbook.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Protocol

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.application.errors import Changed, SheetError
from bridge.application.ports.workbooks import Grid, TabChange, Workbook
from bridge.domain.cells import Cell, Kind, canonical, same
from bridge.domain.columns import Column, Owner, Table

COLUMNS = (
    Column("id", "รหัสเคส", Owner.BRIDGE, width=18),
    Column("at", "วันที่เวลา", Owner.FORM, Kind.DATETIME),
    Column("name", "ชื่อ-สกุล", Owner.FORM),
    Column("need", "สภาพปัญหาและความต้องการ", Owner.FORM, width=50),
    Column("age", "อายุ(ปี)", Owner.FORM, Kind.NUMBER),
    Column("checked", "ตรวจสอบแล้ว", Owner.STAFF, Kind.MARK),
    Column("received", "วันที่รับเรื่อง", Owner.STAFF, Kind.DATE),
    Column("status", "การดำเนินงาน", Owner.SUGGESTED, choices=("รอดำเนินการ", "รับเรื่องแล้ว")),
)
CASES = Table("cases", "ทะเบียนเคส", "id", COLUMNS)
ACCESS = Table("requests", "CO2", "id", COLUMNS[:3])
HEADERS = [column.header for column in COLUMNS]
TAB = CASES.tab

NASTY = [
    "=IMPORTDATA(1)",
    "+66812345678",
    "-1",
    "@x",
    "\t=1",
    "\r",
    "\r\n=1",
    " ขอบ ",
    "a\tb\nc\rd",
    "0123456789012",
    "0812345678",
    "1-2",
    "10/1",
    "TRUE",
    "FALSE",
    "1e5",
    "'x",
    "#REF!",
    "_x000D_",
    "_x005F_x000D_",
    "_x000d_x0041_",
    "_x005F\x01",
    "_x00_x000D_",
    "_xD83D_",
    "_xFFFE_",
    "\ufffe\uffff",
    "\x00\x0b\x1f\x7f\x85",
    "]]>&amp;<b>\"'",
    "💛👩‍🦽",
    "น\u200bา\u200dย\ufeff ",
    "๑๒๓",
    "2569-02-30",
    "#N/A",
    "a" * 5000,
]
TEXTS = st.one_of(st.sampled_from(NASTY), st.text(max_size=20), st.text("_x0D5Fa\r\x01 =", max_size=12))
NUMBERS = st.one_of(
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([1103700000123, 0.1, 2250.50, 1e15, -0.0, 5e-324]),
)
DATES = st.dates(date(1900, 3, 1), date(9999, 12, 31))
MOMENTS = st.datetimes(datetime(1900, 3, 1), datetime(9999, 12, 30)).map(lambda at: at.replace(microsecond=0))
CELLS = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS, DATES, MOMENTS)

thorough = settings(
    max_examples=25,
    deadline=None,
    # one suite for several backends is what this is
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
)


class Place(Protocol):
    def __call__(self, name: str = ..., /) -> Workbook: ...


def cell(grid: Grid, row: int, column: int) -> Cell:
    """The cell, blank where the ragged rows have none."""
    if row < len(grid.rows) and column < len(grid.rows[row]):
        return grid.rows[row][column]
    return None


def alike(left: Cell, right: Cell) -> bool:
    """Equal but for what no sheet can tell apart: a midnight and its day, 5 and 5.0, "" and blank."""
    return same(canonical(left, Kind.MARK), canonical(right, Kind.MARK))


def assert_holds(grid: Grid, expected: Mapping[tuple[int, int], Cell]) -> None:
    """The grid holds these cells and no others."""
    filled = {(r, c) for r, row in enumerate(grid.rows) for c, value in enumerate(row) if value is not None}
    for place in filled | set(expected):
        assert alike(cell(grid, *place), expected.get(place)), place


def header_cells(headers: list[str]) -> dict[tuple[int, int], Cell]:
    return {(0, column): header for column, header in enumerate(headers)}


class WorkbookContract:
    def fits(self, column: int, value: Cell) -> bool:
        """Whether a cell of that column can hold the value and tell it from all others."""
        return True

    def inserted(
        self, expected: Mapping[tuple[int, int], Cell], at: int, count: int
    ) -> dict[tuple[int, int], Cell]:
        """What is expected once rows come in at a row that holds nothing but unticked boxes: by default they
        take its place."""
        return dict(expected)

    @pytest.fixture
    def place(self) -> Callable[[str], Workbook]:
        raise NotImplementedError

    @pytest.fixture
    def workbook(self, place: Place) -> Workbook:
        workbook = place()
        workbook.create([CASES, ACCESS])
        return workbook

    def read(self, workbook: Workbook, tab: str = TAB) -> Grid:
        return workbook.read([tab]).grids[tab]

    def write(
        self, workbook: Workbook, cells: Mapping[tuple[int, int], Cell], *appended: Mapping[int, Cell]
    ) -> str:
        return workbook.write([TabChange(TAB, cells, appended)], workbook.version())

    # existence

    def test_nothing_is_there_before_it_is_created(self, place: Place) -> None:
        workbook = place()
        assert not workbook.exists()
        for attempt in (
            workbook.version,
            lambda: workbook.read([TAB]),
            lambda: workbook.write([TabChange(TAB, {(0, 0): "x"})], "any"),
        ):
            with pytest.raises(SheetError) as caught:
                attempt()
            assert caught.value.code in ("workbook_missing", "google_book_missing")
        assert not workbook.exists()

    def test_a_created_workbook_has_the_tabs_and_their_headers(self, workbook: Workbook) -> None:
        assert workbook.exists()
        assert workbook.name
        snapshot = workbook.read([TAB, "CO2"])
        assert set(snapshot.grids) == {TAB, "CO2"}
        assert_holds(snapshot.grids[TAB], header_cells(HEADERS))
        assert_holds(snapshot.grids["CO2"], header_cells(HEADERS[:3]))

    def test_creating_again_replaces_what_was_there(self, workbook: Workbook) -> None:
        self.write(workbook, {}, {0: "SSK-2569-000001"})
        workbook.create([ACCESS])
        assert_holds(self.read(workbook, "CO2"), header_cells(HEADERS[:3]))
        with pytest.raises(SheetError):
            workbook.read([TAB])

    @pytest.mark.parametrize("tab", ["CO2", "R1C1", "ผู้ขอใช้ 'ระบบ' & <อื่น>", "💛 ๑", "A1 (2)"])
    def test_tabs_are_known_by_their_names_whatever_these_look_like(self, place: Place, tab: str) -> None:
        workbook = place()
        workbook.create([CASES, Table("x", tab, "id", COLUMNS[:2])])
        workbook.write([TabChange(tab, {}, [{0: "ก"}])], workbook.version())
        assert_holds(self.read(workbook, tab), header_cells(HEADERS[:2]) | {(1, 0): "ก"})
        assert_holds(self.read(workbook), header_cells(HEADERS))

    def test_a_missing_tab_is_named(self, workbook: Workbook) -> None:
        for attempt in (
            lambda: workbook.read([TAB, "หายไป"]),
            lambda: workbook.write([TabChange("หายไป", {(0, 0): 1})], workbook.version()),
        ):
            with pytest.raises(SheetError) as caught:
                attempt()
            assert caught.value.code == "tab_missing"
            assert caught.value.facts["tab"] == "หายไป"
            assert caught.value.facts["file"] == workbook.name

    # versions

    def test_all_changes_or_none(self, workbook: Workbook) -> None:
        before = workbook.version()
        with pytest.raises(SheetError):
            workbook.write([TabChange(TAB, {(5, 0): "x"}), TabChange("หายไป", {(0, 0): 1})], before)
        with pytest.raises(ValueError):
            workbook.write([TabChange(TAB, {(5, 0): "x", (6, 0): "ย" * (workbook.max_text + 1)})], before)
        assert workbook.version() == before
        assert_holds(self.read(workbook), header_cells(HEADERS))

    def test_several_tabs_in_one_write(self, workbook: Workbook) -> None:
        workbook.write(
            [TabChange(TAB, {(1, 0): "a"}), TabChange("CO2", {}, [{2: "b"}])],
            workbook.version(),
        )
        snapshot = workbook.read([TAB, "CO2"])
        assert_holds(snapshot.grids[TAB], header_cells(HEADERS) | {(1, 0): "a"})
        assert_holds(snapshot.grids["CO2"], header_cells(HEADERS[:3]) | {(1, 2): "b"})

    def test_a_write_changes_the_version_and_reading_does_not(self, workbook: Workbook) -> None:
        before = workbook.version()
        self.read(workbook)
        assert workbook.version() == before
        self.write(workbook, {}, {0: "1"})
        assert workbook.version() != before

    def test_a_write_of_nothing_is_no_change(self, workbook: Workbook) -> None:
        version = workbook.version()
        assert workbook.write([], version) == version
        assert workbook.write([TabChange(TAB)], version) == version == workbook.version()

    # values

    @pytest.mark.parametrize("text", NASTY)
    def test_a_text_is_that_text_in_every_kind_of_column(self, workbook: Workbook, text: str) -> None:
        row = dict.fromkeys(range(len(COLUMNS)), text)
        self.write(workbook, {(4, column): text for column in row}, row)
        grid = self.read(workbook)
        for column in row:
            assert cell(grid, 4, column) == text
            assert cell(grid, 5, column) == text

    def test_the_longest_text_fits(self, workbook: Workbook) -> None:
        text = "ย" * workbook.max_text
        self.write(workbook, {(1, 3): text})
        assert cell(self.read(workbook), 1, 3) == text

    @thorough
    @given(values=st.lists(CELLS, max_size=25))
    def test_every_value_comes_back_from_every_kind_of_column(
        self, workbook: Workbook, values: list[Cell]
    ) -> None:
        width = len(COLUMNS)
        cells = {(1 + i, (i * 3) % width): value for i, value in enumerate(values)}
        cells = {place: value for place, value in cells.items() if self.fits(place[1], value)}
        workbook.create([CASES])
        self.write(workbook, cells)
        expected = {place: value for place, value in cells.items() if value is not None and value != ""}
        assert_holds(self.read(workbook), header_cells(HEADERS) | expected)

    def test_types_stay_apart(self, workbook: Workbook) -> None:
        moment = datetime(2022, 8, 10, 13, 57, 3)
        values: list[Cell] = [True, 1, "1", "TRUE", date(2569, 1, 2), moment, 45000, 2250.5, False, 0]
        places = [(1 + i, next(c for c in (i % 3, 1, 2) if self.fits(c, v))) for i, v in enumerate(values)]
        self.write(workbook, dict(zip(places, values, strict=True)))
        grid = self.read(workbook)
        found = [cell(grid, *place) for place in places]
        assert found == values
        assert [type(value) for value in found] == [type(value) for value in values]

    def test_every_second_of_a_day_is_that_second(self, workbook: Workbook) -> None:
        start = datetime(2025, 10, 1)
        moments = [start + timedelta(seconds=seconds) for seconds in range(1, 86_400, 37)]
        self.write(workbook, {(1 + i, 1): moment for i, moment in enumerate(moments)})
        grid = self.read(workbook)
        assert [cell(grid, 1 + i, 1) for i in range(len(moments))] == moments

    def test_a_cell_can_be_emptied(self, workbook: Workbook) -> None:
        self.write(workbook, {}, {0: "1", 2: "ก", 4: 5}, {0: "2", 2: "ข"})
        self.write(workbook, {(1, 2): None, (1, 4): None, (2, 2): ""})
        assert_holds(self.read(workbook), header_cells(HEADERS) | {(1, 0): "1", (2, 0): "2"})

    # places

    def test_rows_go_below_the_last_one_that_holds_anything(self, workbook: Workbook) -> None:
        self.write(workbook, {(3, 7): "พิมพ์เอง"})
        self.write(workbook, {}, {0: "1"}, {}, {0: "3"})
        self.write(workbook, {(6, 1): None}, {0: "4"})
        expected = {(3, 7): "พิมพ์เอง", (4, 0): "1", (6, 0): "3", (7, 0): "4"}
        assert_holds(self.read(workbook), header_cells(HEADERS) | expected)

    def test_rows_go_below_what_the_same_change_writes(self, workbook: Workbook) -> None:
        self.write(workbook, {(9, 0): "แก้"}, {0: "ใหม่"})
        assert_holds(self.read(workbook), header_cells(HEADERS) | {(9, 0): "แก้", (10, 0): "ใหม่"})

    def test_check_boxes_that_nobody_ticked_are_no_rows(self, workbook: Workbook) -> None:
        boxes = {(row, 5): False for row in range(1, 40)}
        self.write(workbook, boxes)
        self.write(workbook, {}, {0: "1", 5: True}, {0: "2"})
        expected = self.inserted(boxes, 1, 2) | {(1, 0): "1", (1, 5): True, (2, 0): "2"}
        assert_holds(self.read(workbook), header_cells(HEADERS) | expected)

    @thorough
    @given(
        steps=st.lists(
            st.tuples(
                st.dictionaries(st.tuples(st.integers(1, 12), st.integers(0, 9)), CELLS, max_size=5),
                st.lists(st.dictionaries(st.integers(0, 9), CELLS, max_size=4), max_size=3),
            ),
            max_size=4,
        )
    )
    def test_any_history_of_writes_leaves_what_was_written(
        self, workbook: Workbook, steps: list[tuple[dict[tuple[int, int], Cell], list[dict[int, Cell]]]]
    ) -> None:
        workbook.create([CASES])
        expected = header_cells(HEADERS)
        version = workbook.version()
        for wanted, rows in steps:
            cells = {place: value for place, value in wanted.items() if self.fits(place[1], value)}
            appended = [{c: value for c, value in row.items() if self.fits(c, value)} for row in rows]
            in_use = [*expected.items(), *cells.items()]  # a row that is emptied now is not filled now
            last = max(row for (row, _), value in in_use if value not in (None, "") and value is not False)
            version = workbook.write([TabChange(TAB, cells, appended)], version)
            expected = self.inserted(expected | cells, last + 1, len(appended))
            expected |= {
                (last + 1 + i, c): value for i, row in enumerate(appended) for c, value in row.items()
            }
            expected = {
                place: value for place, value in expected.items() if value is not None and value != ""
            }
        assert_holds(self.read(workbook), expected)
        assert self.read(workbook).uncalculated == frozenset()


class ComparingContract(WorkbookContract):
    """What a workbook promises besides that can compare its version at the moment of a write."""

    def test_the_version_is_that_of_a_read_and_stays_until_something_changes(
        self, workbook: Workbook
    ) -> None:
        before = workbook.version()
        assert workbook.read([TAB]).version == before == workbook.version()
        after = self.write(workbook, {}, {0: "1"})
        assert after != before
        assert workbook.read([TAB]).version == after == workbook.version()

    def test_a_write_meant_for_an_older_version_changes_nothing(
        self, place: Place, workbook: Workbook
    ) -> None:
        read_before = workbook.read([TAB])
        other = place()
        after = self.write(other, {}, {0: "ของผู้อื่น"})
        with pytest.raises(Changed):
            workbook.write([TabChange(TAB, {}, [{0: "ของเรา"}])], read_before.version)
        with pytest.raises(Changed):
            workbook.write([], "another")
        assert workbook.version() == after
        assert_holds(self.read(workbook), header_cells(HEADERS) | {(1, 0): "ของผู้อื่น"})

"""What a spreadsheet lacks: brought once, and nothing of what people have there is touched."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.adapters.workbooks.google_layout import Lack, Terms, lacking
from bridge.adapters.workbooks.google_looks import (
    LOOK_FIELDS,
    SIZE_FIELDS,
    Looks,
    read_looks,
    sample_body,
    set_aside,
    strays_body,
    tab_of,
)
from bridge.adapters.workbooks.google_marks import COLUMN, TAB, mark_id
from bridge.domain.cells import Kind
from bridge.domain.columns import Column, Owner, Table
from tests.stand_in.google import masks
from tests.stand_in.google import sheets_batch as batch
from tests.stand_in.google.data_filters import all_metadata, area_of_filter
from tests.stand_in.google.people import Hand, People
from tests.stand_in.google.sheets_read import spreadsheet
from tests.stand_in.google.sheets_values import batch_get_by_filter
from tests.stand_in.google.state import State

Json = dict[str, Any]
BRIDGE = "service@example.iam.gserviceaccount.com"
TERMS = Terms(editor=BRIDGE, lock_ids=True)
OURS = Terms(editor=BRIDGE, lock_ids=True, ours=True)

CASES = Table(
    "cases",
    "ทะเบียน",
    "case_id",
    (
        Column("case_id", "รหัสเคส", Owner.BRIDGE, width=18),
        Column("sent_at", "วันที่เวลา", Owner.FORM, Kind.DATETIME),
        Column("name", "ชื่อ-สกุล", Owner.FORM, aliases=("ชื่อผู้ประสบปัญหา",)),
        Column("kind", "ประเภท", Owner.FORM, choices=("เด็ก", "ผู้สูงอายุ")),
        Column("checked", "ตรวจสอบแล้ว", Owner.STAFF, Kind.MARK, choices=("ตรวจสอบแล้ว",)),
        Column("received", "วันที่รับเรื่อง", Owner.STAFF, Kind.DATE),
        Column("step", "ขั้นตอน", Owner.SUGGESTED, choices=("รอ", "เสร็จ")),
        Column("amount", "จำนวนเงิน", Owner.STAFF, Kind.NUMBER),
        Column("review", "ข้อควรตรวจสอบ", Owner.BRIDGE),
    ),
)
REVIEWS = Table(
    "reviews",
    "ตรวจสอบ",
    "item",
    (
        Column("item", "รายการ", Owner.BRIDGE),
        Column("reason", "เหตุผล", Owner.BRIDGE),
        Column("decision", "คำตัดสิน", Owner.STAFF, choices=("คืนแถว",)),
    ),
)
TABLES = (CASES, REVIEWS)


class Drawer:
    """One spreadsheet of the stand-in, without its HTTP side."""

    def __init__(self) -> None:
        self.state = State()
        self.id = self.state.add_file("ทดสอบ").id
        self.people = People(self.state)

    @property
    def book(self) -> Any:
        return self.state.books[self.id]

    def hand(self, title: str | None = None) -> Hand:
        return self.people.sheet(self.id, title)

    def looks(self) -> Looks:
        sizes = spreadsheet(self.book, masks.parse(SIZE_FIELDS))
        sizes = masks.apply(sizes, masks.parse(SIZE_FIELDS))
        areas = [a for one in sample_body(sizes)["dataFilters"] for a in area_of_filter(self.book, one)]
        mask = masks.parse(LOOK_FIELDS)
        sample = masks.apply(spreadsheet(self.book, mask, areas), mask)
        return read_looks(sample, batch_get_by_filter(self.book, strays_body(sample)))

    def lacks(self, terms: Terms = TERMS, tables: tuple[Table, ...] = TABLES) -> list[Lack]:
        return lacking(tables, self.looks(), terms)

    def requests(self, terms: Terms = TERMS) -> list[Json]:
        return [request for lack in self.lacks(terms) for request in lack.requests]

    def set_up(self, terms: Terms = TERMS) -> list[Lack]:
        lacks = self.lacks(terms)
        requests = [request for lack in lacks for request in lack.requests]
        if requests:
            batch.run(self.book, requests)
        return lacks

    def codes(self, terms: Terms = TERMS) -> list[str]:
        return [lack.code for lack in self.lacks(terms)]

    def tab(self, table: Table = CASES) -> Any:
        found = tab_of(table, self.looks(), set())
        assert found is not None
        return found

    def header(self, title: str = "ทะเบียน", row: int = 0) -> list[Any]:
        return self.hand(title).values()[row]

    def marks(self) -> dict[str, tuple[int, int]]:
        """Mark → (tab, column)."""
        return {
            entry["metadataValue"]: (span.get("sheetId", 0), span["startIndex"])
            for entry in all_metadata(self.book)
            if entry["metadataKey"] == COLUMN
            if (span := entry["location"].get("dimensionRange"))
        }


@pytest.fixture
def drawer() -> Drawer:
    return Drawer()


@pytest.fixture
def ready() -> Drawer:
    made = Drawer()
    made.set_up(OURS)
    return made


class TestANewSpreadsheet:
    def test_gets_its_tabs_and_then_lacks_nothing(self, drawer: Drawer) -> None:
        assert [lack.code for lack in drawer.set_up(OURS)] == ["tab", "tab", "house", "house"]
        assert [sheet.title for sheet in drawer.book.sheets] == ["ทะเบียน", "ตรวจสอบ"]
        assert drawer.header() == [column.header for column in CASES.columns]
        assert (drawer.book.properties["locale"], drawer.book.properties["timeZone"]) == (
            "th_TH",
            "Asia/Bangkok",
        )
        assert drawer.requests(OURS) == []

    def test_has_frozen_headers_widths_and_the_owners_colours(self, ready: Drawer) -> None:
        sheet = ready.hand("ทะเบียน").tab
        assert sheet.grid_extra["frozenRowCount"] == 1
        assert sheet.grid.column_axis.props[0]["pixelSize"] == 144
        fills = {tuple(sheet.grid.get(0, at).fmt["backgroundColor"].items()) for at in range(9)}
        assert len(fills) == 4

    def test_formats_by_kind_from_the_second_row_down(self, ready: Drawer) -> None:
        grid = ready.hand("ทะเบียน").tab.grid
        for row in (1, 2, 999):
            patterns = [
                (getattr(grid.get(row, at), "fmt", None) or {}).get("numberFormat") for at in range(9)
            ]
            kinds = [pattern["type"] if pattern else None for pattern in patterns]
            assert kinds == ["TEXT", "DATE_TIME", "TEXT", "TEXT", None, "DATE", "TEXT", None, "TEXT"]

    def test_suggests_choices_without_forbidding_others(self, ready: Drawer) -> None:
        grid = ready.hand("ทะเบียน").tab.grid
        for row in (1, 999):
            rule = grid.get(row, 3).rule
            assert [value["userEnteredValue"] for value in rule["condition"]["values"]] == ["เด็ก", "ผู้สูงอายุ"]
            assert not rule.get("strict")
        assert grid.get(0, 3).rule is None
        assert grid.get(1, 4).rule is not None  # a column of marks that the bridge made

    def test_locks_and_hides_the_id_and_warns_on_the_forms_and_its_own(self, ready: Drawer) -> None:
        sheet = ready.hand("ทะเบียน").tab
        by_column = {one["range"]["startColumnIndex"]: one for one in sheet.protected}
        assert {at: bool(one.get("warningOnly")) for at, one in by_column.items()} == {
            0: False,
            1: True,
            2: True,
            3: True,
            8: True,
        }
        assert by_column[0]["editors"] == {"users": [BRIDGE]}
        assert {at for at, props in sheet.grid.column_axis.props.items() if props.get("hiddenByUser")} == {0}

    def test_shows_the_id_where_the_province_wants_it(self, drawer: Drawer) -> None:
        drawer.set_up(Terms(editor=BRIDGE, hide_ids=False))
        props = drawer.hand("ทะเบียน").tab.grid.column_axis.props
        assert not any(one.get("hiddenByUser") for one in props.values())

    def test_is_marked_with_ids_that_follow_from_the_names(self, ready: Drawer) -> None:
        ids = {entry["metadataId"] for entry in all_metadata(ready.book)}
        assert mark_id(TAB, "cases") in ids and mark_id(COLUMN, "cases.review") in ids
        assert len(ready.marks()) == len(CASES.columns) + len(REVIEWS.columns)


class TestAnAdoptedSpreadsheet:
    def test_keeps_its_tabs_its_language_and_an_empty_one(self, drawer: Drawer) -> None:
        drawer.book.properties["locale"] = "en_US"
        drawer.set_up()
        assert [sheet.title for sheet in drawer.book.sheets] == ["Sheet1", "ทะเบียน", "ตรวจสอบ"]
        assert drawer.book.properties["locale"] == "en_US"

    def test_keeps_a_first_tab_with_content_that_is_far_away(self, drawer: Drawer) -> None:
        drawer.hand().store(700, 20, "จดไว้")
        drawer.set_up(OURS)
        assert "Sheet1" in [sheet.title for sheet in drawer.book.sheets]

    def test_is_known_by_its_headers_and_completed_on_the_right(self, drawer: Drawer) -> None:
        drawer.people.request(drawer.id, {"addSheet": {"properties": {"title": "ทะเบียน"}}})
        hand = drawer.hand("ทะเบียน")
        hand.type_row(["ของเรา", "ชื่อผู้ประสบปัญหา", "ประเภท", "รหัสเคส", "วันที่เวลา"])
        hand.store(1, 1, "นางสาวสมศรี ใจดี")
        hand.store(300, 7, "บันทึกไกล")
        lacks = drawer.set_up()
        assert drawer.header()[:5] == ["ของเรา", "ชื่อผู้ประสบปัญหา", "ประเภท", "รหัสเคส", "วันที่เวลา"]
        assert drawer.header()[8:] == [c.header for c in CASES.columns[4:]]  # beyond what anybody wrote
        assert hand.value(1, 1) == "นางสาวสมศรี ใจดี"
        assert drawer.marks()["cases.name"][1] == 1
        assert "column" in [lack.code for lack in lacks]
        assert drawer.requests() == []

    def test_with_lines_above_the_header(self, drawer: Drawer) -> None:
        drawer.people.request(drawer.id, {"addSheet": {"properties": {"title": "ทะเบียน"}}})
        hand = drawer.hand("ทะเบียน")
        hand.type_row(["สำนักงานพัฒนาสังคม"])
        hand.type_row(["ปีงบประมาณ 2569"])
        hand.type_row([column.header for column in CASES.columns])
        drawer.set_up()
        assert hand.tab.grid_extra["frozenRowCount"] == 3
        rules = [getattr(hand.tab.grid.get(row, 3), "rule", None) for row in (2, 3)]
        assert rules[0] is None and rules[1] is not None
        assert drawer.requests() == []

    def test_keeps_formats_and_rules_that_people_chose(self, drawer: Drawer) -> None:
        drawer.people.request(drawer.id, {"addSheet": {"properties": {"title": "ทะเบียน"}}})
        hand = drawer.hand("ทะเบียน")
        hand.type_row([column.header for column in CASES.columns])
        span = {"sheetId": hand.sheet_id, "startRowIndex": 1, "endRowIndex": 9}
        own = {"type": "DATE", "pattern": "dd mmmm yyyy"}
        drawer.people.request(
            drawer.id,
            {
                "repeatCell": {
                    "range": {**span, "startColumnIndex": 5, "endColumnIndex": 6},
                    "cell": {"userEnteredFormat": {"numberFormat": own}},
                    "fields": "userEnteredFormat.numberFormat",
                }
            },
            {
                "setDataValidation": {
                    "range": {**span, "startColumnIndex": 4, "endColumnIndex": 5},
                    "rule": {"condition": {"type": "BOOLEAN"}},
                }
            },
            {
                "setDataValidation": {
                    "range": {**span, "startColumnIndex": 6, "endColumnIndex": 7},
                    "rule": {
                        "condition": {
                            "type": "ONE_OF_LIST",
                            "values": [{"userEnteredValue": w} for w in ("รอ", "พัก", "เสร็จ")],
                        }
                    },
                }
            },
        )
        drawer.set_up()
        grid = hand.tab.grid
        assert grid.get(1, 5).fmt["numberFormat"] == own
        assert grid.get(20, 5) is None
        assert grid.get(1, 4).rule["condition"]["type"] == "BOOLEAN"
        assert len(grid.get(1, 6).rule["condition"]["values"]) == 3
        assert drawer.requests() == []

    def test_whose_tab_of_that_name_is_another_table_is_left_alone(self, drawer: Drawer) -> None:
        drawer.people.request(drawer.id, {"addSheet": {"properties": {"title": "ทะเบียน"}}})
        hand = drawer.hand("ทะเบียน")
        hand.type_row(["รถ", "เลขไมล์"])
        before = hand.values()
        lacks = drawer.set_up()
        assert [lack.code for lack in lacks if not lack.requests] == ["foreign"]
        assert hand.values() == before
        assert drawer.codes() == ["foreign"]

    def test_with_a_tiny_grid_grows(self, drawer: Drawer) -> None:
        small = {"rowCount": 1, "columnCount": 3}
        drawer.people.request(
            drawer.id, {"addSheet": {"properties": {"title": "ทะเบียน", "gridProperties": small}}}
        )
        drawer.set_up()
        assert drawer.header() == [column.header for column in CASES.columns]
        assert drawer.requests() == []

    def test_a_header_that_stands_twice_is_told_and_neither_is_taken(self, drawer: Drawer) -> None:
        drawer.people.request(drawer.id, {"addSheet": {"properties": {"title": "ทะเบียน"}}})
        drawer.hand("ทะเบียน").type_row([*(c.header for c in CASES.columns), "ขั้นตอน"])
        drawer.set_up()
        assert drawer.codes() == ["twice"]
        assert "cases.step" not in drawer.marks()


class TestDrift:
    @pytest.mark.parametrize(
        ("code", "columns", "action"),
        [
            ("column", "จำนวนเงิน", lambda d: _delete_column(d, "จำนวนเงิน")),
            ("header", "ขั้นตอน", lambda d: d.hand("ทะเบียน").store(0, "ขั้นตอน", None)),
            ("choices", "ประเภท", lambda d: _drop_rule(d, "ประเภท")),
            ("mark", "ชื่อ-สกุล", lambda d: _drop_mark(d, "cases.name")),
            ("protection", "รหัสเคส", lambda d: _drop_protection(d, 0)),
            ("protection", "รหัสเคส", lambda d: _loosen(d, 0)),
            ("protection", "ข้อควรตรวจสอบ", lambda d: _drop_protection(d, 8)),
            ("frozen", "", lambda d: d.hand("ทะเบียน").tab.grid_extra.pop("frozenRowCount")),
        ],
    )
    def test_what_was_lost_is_named_and_brought_back(
        self, ready: Drawer, code: str, columns: str, action: Callable[[Drawer], object]
    ) -> None:
        action(ready)
        lacks = ready.lacks()
        assert code in [lack.code for lack in lacks]
        assert next(lack.facts["columns"] for lack in lacks if lack.code == code) == columns
        ready.set_up()
        assert ready.codes() == []

    def test_a_renamed_header_is_told_and_stays(self, ready: Drawer) -> None:
        ready.hand("ทะเบียน").store(0, "ขั้นตอน", "ถึงไหนแล้ว")
        (lack,) = ready.set_up()
        assert (lack.code, lack.requests) == ("renamed", ())
        assert dict(lack.facts) == {"tab": "ทะเบียน", "header": "ขั้นตอน", "found": "ถึงไหนแล้ว"}
        assert "ถึงไหนแล้ว" in ready.header()

    def test_an_alias_is_no_other_name(self, ready: Drawer) -> None:
        ready.hand("ทะเบียน").store(0, "ชื่อ-สกุล", "ชื่อผู้ประสบปัญหา")
        assert ready.codes() == []

    def test_a_renamed_tab_is_the_same_tab(self, ready: Drawer) -> None:
        ready.hand("ทะเบียน").tab.title = "CO2"
        assert ready.codes() == []

    def test_an_id_column_that_people_show_stays_shown(self, ready: Drawer) -> None:
        ready.hand("ทะเบียน").tab.grid.column_axis.props[0].pop("hiddenByUser")
        assert ready.codes() == []

    def test_a_column_cut_and_pasted_takes_its_mark_along(self, ready: Drawer) -> None:
        sheet = ready.hand("ทะเบียน").sheet_id
        span = {"sheetId": sheet, "startRowIndex": 0, "startColumnIndex": 2, "endColumnIndex": 3}
        target = {"sheetId": sheet, "rowIndex": 0, "columnIndex": 9}
        ready.people.request(
            ready.id,
            {"appendDimension": {"sheetId": sheet, "dimension": "COLUMNS", "length": 1}},
            {"cutPaste": {"source": span, "destination": target, "pasteType": "PASTE_NORMAL"}},
        )
        ready.set_up()
        assert ready.marks()["cases.name"][1] == 9
        assert ready.codes() == []

    def test_a_cleared_tab_gets_its_headers_back_in_their_places(self, ready: Drawer) -> None:
        hand = ready.hand("ทะเบียน")
        for at in range(len(CASES.columns)):
            hand.store(0, at, None)
        assert "header" in [lack.code for lack in ready.set_up()]
        assert ready.header() == [column.header for column in CASES.columns]
        assert ready.requests() == []

    def test_a_deleted_header_row_is_not_guessed(self, ready: Drawer) -> None:
        hand = ready.hand("ทะเบียน")
        hand.type_row(["SSK-2569-000001", None, "นายสมมติ ทดสอบ"])
        hand.store(0, 0, None)
        span = {"sheetId": hand.sheet_id, "dimension": "ROWS", "startIndex": 0, "endIndex": 1}
        ready.people.request(ready.id, {"deleteDimension": {"range": span}})
        before = hand.values()
        ready.set_up()
        assert ready.codes() == ["foreign"]
        assert hand.values() == before

    def test_more_choices_in_the_province_file_reach_the_list(self, ready: Drawer) -> None:
        columns = tuple(
            Column(**{**vars(c), "choices": (*c.choices, "ส่งต่อ")}) if c.key == "step" else c
            for c in CASES.columns
        )
        more = (Table("cases", "ทะเบียน", "case_id", columns), REVIEWS)
        assert [lack.code for lack in lacking(more, ready.looks(), TERMS)] == ["choices"]

    def test_of_a_duplicated_tab_the_original_is_the_one(self, ready: Drawer) -> None:
        original = ready.hand("ทะเบียน").sheet_id
        ready.people.request(ready.id, {"duplicateSheet": {"sourceSheetId": original}})
        assert ready.tab().id == original
        assert ready.codes() == []
        ready.people.request(ready.id, {"deleteSheet": {"sheetId": original}})
        ready.set_up()
        assert ready.tab().title.startswith("Copy of") and ready.requests() == []


class TestRenewing:
    def test_the_old_tab_stays_and_a_new_one_is_made(self, ready: Drawer) -> None:
        ready.hand("ทะเบียน").type_row([None, None, "นายสมมติ ทดสอบ"])
        batch.run(ready.book, set_aside([CASES], ready.looks(), "20260101-0900"))
        assert [lack.code for lack in ready.set_up()] == ["tab"]
        titles = [sheet.title for sheet in ready.book.sheets]
        assert titles == ["ทะเบียน 20260101-0900", "ตรวจสอบ", "ทะเบียน"]
        assert ready.hand("ทะเบียน 20260101-0900").value(1, 2) == "นายสมมติ ทดสอบ"
        assert len(ready.hand("ทะเบียน").values()) == 1
        assert ready.requests() == []


def _place(drawer: Drawer, header: str) -> tuple[Hand, int]:
    hand = drawer.hand("ทะเบียน")
    return hand, hand.column(header)


def _delete_column(drawer: Drawer, header: str) -> None:
    hand, at = _place(drawer, header)
    span = {"sheetId": hand.sheet_id, "dimension": "COLUMNS", "startIndex": at, "endIndex": at + 1}
    drawer.people.request(drawer.id, {"deleteDimension": {"range": span}})


def _drop_rule(drawer: Drawer, header: str) -> None:
    hand, at = _place(drawer, header)
    span = {"sheetId": hand.sheet_id, "startRowIndex": 1, "startColumnIndex": at, "endColumnIndex": at + 1}
    drawer.people.request(drawer.id, {"setDataValidation": {"range": span}})


def _drop_mark(drawer: Drawer, value: str) -> None:
    lookup = {"metadataKey": COLUMN, "metadataValue": value}
    gone = {"dataFilter": {"developerMetadataLookup": lookup}}
    drawer.people.request(drawer.id, {"deleteDeveloperMetadata": gone})


def _drop_protection(drawer: Drawer, column: int) -> None:
    sheet = drawer.hand("ทะเบียน").tab
    sheet.protected = [one for one in sheet.protected if one["range"]["startColumnIndex"] != column]


def _loosen(drawer: Drawer, column: int) -> None:
    for one in drawer.hand("ทะเบียน").tab.protected:
        if one["range"]["startColumnIndex"] == column:
            one["warningOnly"] = True
            one.pop("editors")


# ------------------------------------------------------------------------------------------------ any start

HEADERS = [column.header for column in CASES.columns]
actions = st.one_of(
    st.tuples(st.just("rename"), st.integers(0, 9), st.sampled_from(["", "อื่น", *HEADERS[:4]])),
    st.tuples(st.just("delete column"), st.integers(0, 9)),
    st.tuples(st.just("move column"), st.integers(0, 9), st.integers(0, 9)),
    st.tuples(st.just("insert column"), st.integers(0, 9)),
    st.tuples(st.just("insert row"), st.integers(0, 3)),
    st.tuples(st.just("lose mark"), st.sampled_from(CASES.keys)),
    st.tuples(st.just("lose protection"), st.integers(0, 9)),
    st.tuples(st.just("loosen"), st.integers(0, 9)),
    st.tuples(st.just("rename tab"), st.sampled_from(["CO2", "ทะเบียน", "ตรวจสอบ 2"])),
    st.tuples(st.just("duplicate tab")),
    st.tuples(st.just("delete tab")),
    st.tuples(st.just("type"), st.integers(0, 12), st.integers(0, 12)),
)


def _do(drawer: Drawer, action: tuple[Any, ...]) -> None:
    """One action on the first tab; one that the sheet refuses does not happen."""
    hand, kind = drawer.hand(), action[0]
    columns = {"sheetId": hand.sheet_id, "dimension": "COLUMNS"}
    at = action[1] if len(action) > 1 else 0
    if kind == "rename":
        hand.store(0, at, action[2] or None)
    elif kind == "type":
        hand.store(at, action[2], "ข้อความ")
    elif kind == "lose mark":
        _drop_mark(drawer, f"cases.{at}")
    elif kind in ("lose protection", "loosen"):
        for one in list(hand.tab.protected):
            if one["range"].get("startColumnIndex") == at:
                hand.tab.protected.remove(one) if kind != "loosen" else one.update(warningOnly=True)
    else:
        span = {**columns, "startIndex": at, "endIndex": at + 1} if isinstance(at, int) else {}
        request = {
            "delete column": {"deleteDimension": {"range": span}},
            "move column": {"moveDimension": {"source": span, "destinationIndex": action[-1]}},
            "insert column": {"insertDimension": {"range": span}},
            "insert row": {"insertDimension": {"range": {**span, "dimension": "ROWS"}}},
            "rename tab": {
                "updateSheetProperties": {
                    "properties": {"sheetId": hand.sheet_id, "title": at},
                    "fields": "title",
                }
            },
            "duplicate tab": {"duplicateSheet": {"sourceSheetId": hand.sheet_id}},
            "delete tab": {"deleteSheet": {"sheetId": hand.sheet_id}},
        }[kind]
        try:
            drawer.people.request(drawer.id, request)
        except Exception as error:
            assert "ApiError" in type(error).__name__


@settings(max_examples=60, deadline=None)
@given(before=st.lists(actions, max_size=4), after=st.lists(actions, max_size=6), ours=st.booleans())
def test_a_plan_is_accepted_and_leaves_nothing_to_plan(
    before: list[tuple[Any, ...]], after: list[tuple[Any, ...]], ours: bool
) -> None:
    drawer, terms = Drawer(), Terms(editor=BRIDGE, lock_ids=True, ours=ours)
    for action in before:
        _do(drawer, action)
    drawer.set_up(terms)
    assert drawer.requests(terms) == []
    for action in after:
        _do(drawer, action)
    content = {
        (sheet.title, at, column, str(cell))
        for sheet in drawer.book.sheets
        for at, row in enumerate(drawer.hand(sheet.title).values())
        for column, cell in enumerate(row)
        if cell is not None
    }
    drawer.set_up(terms)
    assert drawer.requests(terms) == []
    now = {
        (sheet.title, at, column, str(cell))
        for sheet in drawer.book.sheets
        for at, row in enumerate(drawer.hand(sheet.title).values())
        for column, cell in enumerate(row)
        if cell is not None
    }
    assert content <= now  # nothing that stood anywhere was overwritten or moved


def test_the_id_column_warns_unless_the_province_locks_it() -> None:
    """Google lets nobody sort rows with cells that they may not edit: staff sort every day."""
    drawer = Drawer()
    drawer.set_up(Terms(editor=BRIDGE))
    assert drawer.hand("ทะเบียน").tab.protected
    assert all(one.get("warningOnly") for one in drawer.hand("ทะเบียน").tab.protected)

"""Where columns and rows are on a tab that people have rearranged (sync.md steps 4-5)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain.cells import Cell, Kind
from bridge.domain.columns import Column, Owner, Table
from bridge.domain.layout import HEADER_SEARCH_ROWS, Layout, SheetRow, extract, find_layout, locate

TABLE = Table(
    "cases",
    "ทะเบียนเคส",
    "id",
    (
        Column("id", "รหัสเคส", Owner.BRIDGE),
        Column("when", "วันที่เวลา", Owner.FORM, Kind.DATETIME),
        Column("name", "ชื่อ-สกุล", Owner.FORM, aliases=("ชื่อผู้ประสบปัญหา",)),
        Column("age", "อายุ(ปี)", Owner.FORM, Kind.NUMBER),
        Column("born", "วันเกิด", Owner.FORM, Kind.DATE),
        Column("checked", "ตรวจสอบแล้ว", Owner.STAFF, Kind.MARK),
    ),
)
HEADERS: list[Cell] = [column.header for column in TABLE.columns]
PLACES = {key: place for place, key in enumerate(TABLE.keys)}


def never(key: str, header: int, place: int, columns: Mapping[str, int]) -> bool:
    return False


def always(key: str, header: int, place: int, columns: Mapping[str, int]) -> bool:
    return True


def find(
    rows: list[list[Cell]], remembered: Mapping[str, int] | None = None, evidence: Any = never
) -> Layout:
    layout, problems = find_layout(TABLE, rows, remembered or {}, evidence)
    assert problems == []
    assert layout is not None
    return layout


def problems_of(
    rows: list[list[Cell]], remembered: Mapping[str, int] | None = None, evidence: Any = never
) -> Any:
    layout, problems = find_layout(TABLE, rows, remembered or {}, evidence)
    assert layout is None
    return [(problem.code, problem.column, dict(problem.facts)) for problem in problems]


class TestFinding:
    def test_a_fresh_tab(self) -> None:
        assert find([HEADERS]) == Layout(0, PLACES, {})

    @given(st.randoms(use_true_random=False), st.integers(0, HEADER_SEARCH_ROWS - 1), st.integers(0, 4))
    def test_columns_are_found_in_any_order_below_anything(
        self, random: Random, above: int, more: int
    ) -> None:
        row = [*HEADERS, *[f"ส่วนตัว {n}" for n in range(more)], None]
        random.shuffle(row)
        layout = find([["หัวเรื่อง", None, 5]] * above + [row, ["x"]])
        assert layout.header_row == above
        assert {row[place] for place in layout.columns.values()} == set(HEADERS)
        assert all(row[place] == TABLE.by_key[key].header for key, place in layout.columns.items())

    def test_a_header_row_too_far_down_is_not_looked_for(self) -> None:
        rows: list[list[Cell]] = [[]] * HEADER_SEARCH_ROWS + [HEADERS]
        assert problems_of(rows) == [("header_row_missing", "", {"tab": "ทะเบียนเคส"})]

    @pytest.mark.parametrize(
        "header", ["ชื่อ-สกุล", " ชื่อ - สกุล ", "ชื่อ-สกุล*", "ชื่อ-สกุล:", "ชื่อ\u200b-สกุล", "ชื่อผู้ประสบปัญหา"]
    )
    def test_a_header_is_known_by_its_words(self, header: str) -> None:
        assert find([[*HEADERS[:2], header, *HEADERS[3:]]]).columns == PLACES

    @pytest.mark.parametrize(
        "rows", [[], [[]], [[None]], [["ก", "ข"]], [[HEADERS[0], 1, 2, None]], [[5, True]]]
    )
    def test_no_header_row_is_one_problem(self, rows: list[list[Cell]]) -> None:
        assert [code for code, _, _ in problems_of(rows)] == ["header_row_missing"]

    def test_the_row_with_the_most_headers_is_the_header_row(self) -> None:
        assert find([["รหัสเคส", "วันเกิด"], HEADERS, HEADERS[:3]]).header_row == 1

    def test_of_equal_rows_the_first(self) -> None:
        assert find([HEADERS, HEADERS]).header_row == 0

    def test_every_missing_and_doubled_column_is_named(self) -> None:
        rows: list[list[Cell]] = [["หัวเรื่อง"], ["รหัสเคส", "วันที่เวลา", "ชื่อ-สกุล", "อายุ(ปี)", "ชื่อผู้ประสบปัญหา"]]
        facts = {"tab": "ทะเบียนเคส"}
        assert problems_of(rows) == [
            ("header_twice", "ชื่อ-สกุล", facts),
            ("header_missing", "วันเกิด", {**facts, "row": "2"}),
            ("header_missing", "ตรวจสอบแล้ว", {**facts, "row": "2"}),
        ]


class TestRenamed:
    def test_a_renamed_or_blanked_header_is_found_where_it_was(self) -> None:
        for header, told in (("อายุ (ปีเต็ม)", "อายุ (ปีเต็ม)"), (None, ""), ("", ""), (2569, "2569")):
            row = [*HEADERS[:3], header, *HEADERS[4:]]
            assert find([row], PLACES, always) == Layout(0, PLACES, {"age": told})

    def test_a_header_that_was_cut_off_at_the_end_of_its_row(self) -> None:
        assert find([HEADERS[:-1]], PLACES, always) == Layout(0, PLACES, {"checked": ""})

    def test_it_is_found_although_the_table_moved(self) -> None:
        row = [None, "ส่วนตัว", *HEADERS[:3], "เปลี่ยนชื่อ", *HEADERS[4:]]
        assert find([row], PLACES, always).columns == {key: place + 2 for key, place in PLACES.items()}

    def test_only_if_the_cells_below_agree(self) -> None:
        row = [*HEADERS[:3], "เปลี่ยนชื่อ", *HEADERS[4:]]
        asked = []

        def evidence(key: str, header: int, place: int, columns: Mapping[str, int]) -> bool:
            asked.append((key, header, place))
            return False

        assert [code for code, _, _ in problems_of([["x"], row], PLACES, evidence)] == ["header_missing"]
        assert asked == [("age", 1, 3)]

    def test_never_in_the_place_of_another_column(self) -> None:
        """The column was deleted and its neighbour moved up: the neighbour's cells are its own."""
        row = [*HEADERS[:3], *HEADERS[4:]]
        for found in problems_of([row], PLACES, always):
            assert found[:2] == ("header_missing", "อายุ(ปี)")

    def test_never_left_of_the_first_column(self) -> None:
        """The first column was deleted: its place is off the tab, and the last column is not it."""
        (found,) = problems_of([[*HEADERS[1:], "ส่วนตัว"]], PLACES, always)
        assert found[:2] == ("header_missing", "รหัสเคส")

    def test_two_columns_never_share_a_place(self) -> None:
        row: list[Cell] = [*HEADERS[:3], "ก", "ข", HEADERS[5]]
        layout = find([row], PLACES, always)
        assert layout.columns == PLACES
        assert layout.renamed == {"age": "ก", "born": "ข"}

    def test_never_without_a_memory(self) -> None:
        row = [*HEADERS[:3], "เปลี่ยนชื่อ", *HEADERS[4:]]
        assert [code for code, _, _ in problems_of([row], {}, always)] == ["header_missing"]

    def test_the_id_column_is_found_first(self) -> None:
        asked = []

        def evidence(key: str, header: int, place: int, columns: Mapping[str, int]) -> bool:
            asked.append((key, "id" in columns))
            return True

        find([["?", "?", *HEADERS[2:]]], PLACES, evidence)
        assert asked == [("id", False), ("when", True)]

    @given(
        st.lists(st.sampled_from([*HEADERS, None, "อื่น"]), max_size=9),
        st.dictionaries(st.sampled_from(TABLE.keys), st.integers(0, 8)),
    )
    def test_a_layout_has_every_column_once_or_there_is_a_problem(
        self, row: list[Cell], remembered: dict[str, int]
    ) -> None:
        layout, problems = find_layout(TABLE, [row], remembered, always)
        assert (layout is None) is bool(problems)
        if layout is not None:
            assert set(layout.columns) == set(TABLE.keys)
            assert len(set(layout.columns.values())) == len(TABLE.keys)
            for key, place in layout.columns.items():
                assert place >= 0
                assert key in layout.renamed or row[place] == TABLE.by_key[key].header


class TestMarked:
    """Columns that carry a mark of their own."""

    def test_without_marks_the_words_decide(self) -> None:
        assert locate(TABLE, [["x"], HEADERS], {}) == (1, {key: [at] for key, at in PLACES.items()})

    def test_a_mark_is_stronger_than_what_the_header_says(self) -> None:
        row: list[Cell] = [*HEADERS[:3], "เปลี่ยนชื่อ", *HEADERS[4:]]
        assert locate(TABLE, [row], PLACES)[1] == {key: [at] for key, at in PLACES.items()}

    def test_two_headers_that_were_exchanged_stay_with_their_marks(self) -> None:
        row = [*HEADERS[:2], HEADERS[5], *HEADERS[3:5], HEADERS[2]]
        assert locate(TABLE, [row], PLACES)[1] == {key: [at] for key, at in PLACES.items()}

    def test_a_copy_of_a_marked_column_is_somebodys_own(self) -> None:
        assert locate(TABLE, [[*HEADERS, "วันเกิด"]], PLACES)[1]["born"] == [PLACES["born"]]

    def test_a_blank_header_over_a_mark_is_still_that_column(self) -> None:
        row: list[Cell] = [*HEADERS[:4], None, HEADERS[5]]
        assert locate(TABLE, [row], PLACES)[1]["born"] == [4]

    @pytest.mark.parametrize("blank", [None, "", "  "])
    def test_cells_that_were_cut_and_pasted_elsewhere_leave_their_mark_behind(self, blank: Cell) -> None:
        row: list[Cell] = [*HEADERS[:4], blank, HEADERS[5], None, "วันเกิด"]
        assert locate(TABLE, [row], PLACES)[1]["born"] == [7]

    def test_cells_that_were_pasted_twice_are_asked_for_where_the_mark_is(self) -> None:
        row: list[Cell] = [*HEADERS[:4], None, HEADERS[5], "วันเกิด", "วันเกิด"]
        assert locate(TABLE, [row], PLACES)[1]["born"] == [4]

    def test_a_column_pasted_over_another_is_found_nowhere(self) -> None:
        """The other's mark is there; whose cells these are nobody can say."""
        row: list[Cell] = [*HEADERS[:2], "วันเกิด", HEADERS[3], None, HEADERS[5]]
        found = locate(TABLE, [row], PLACES)[1]
        assert found["name"] == [2]
        assert "born" not in found

    def test_marks_of_columns_that_the_table_has_no_more_are_left_out(self) -> None:
        assert "older" not in locate(TABLE, [HEADERS], {"older": 3})[1]

    def test_without_a_header_row_marks_prove_nothing(self) -> None:
        assert locate(TABLE, [["ก", 5]], PLACES) == (-1, {})


class TestExtract:
    LAYOUT = Layout(1, {"id": 0, "when": 2, "name": 1, "age": 3, "born": 5, "checked": 6}, {})

    def rows(self, *rows: list[Cell]) -> list[SheetRow]:
        return extract(TABLE, self.LAYOUT, [["หัวเรื่อง"], ["?"] * 7, *rows])

    def test_cells_are_taken_by_their_column_in_one_form(self) -> None:
        row: list[Cell] = ["1", 812345678.0, date(2026, 1, 2), 70.0, "ส่วนตัว", datetime(1956, 2, 3), True]
        assert self.rows(row) == [
            SheetRow(
                2,
                {
                    "id": "1",
                    "when": datetime(2026, 1, 2),
                    "name": "812345678",
                    "age": 70,
                    "born": date(1956, 2, 3),
                    "checked": True,
                },
            )
        ]

    def test_short_rows_are_blank_to_the_right(self) -> None:
        (row,) = self.rows(["1"])
        assert row.values == {**dict.fromkeys(TABLE.keys), "id": "1"}

    def test_rows_without_content_are_no_rows_and_others_keep_their_place(self) -> None:
        nothing: list[list[Cell]] = [
            [],
            [None] * 7,
            ["", "", None],
            [None] * 6 + [False],
            [None] * 4 + ["ส่วนตัว"],
        ]
        found = self.rows(*nothing, ["1"], *nothing, [None, "ก"], [None] * 6 + [True])
        assert [row.index for row in found] == [7, 13, 14]

    def test_rows_above_the_header_are_never_rows(self) -> None:
        assert extract(TABLE, self.LAYOUT, [["1", "ก"], ["2", "ข"]]) == []

    def test_a_formula_without_its_result_is_marked_by_column(self) -> None:
        rows: list[list[Cell]] = [[], [], ["1"], ["2"]]
        found = extract(TABLE, self.LAYOUT, rows, frozenset({(2, 1), (2, 3), (2, 4), (3, 0), (9, 1)}))
        assert [row.uncalculated for row in found] == [frozenset({"name", "age"}), frozenset({"id"})]

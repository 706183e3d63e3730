"""What every backend of the port `SummaryBook` must do, written against the port alone.

A backend joins by a subclass of `SummaryBookContract` with a fixture `place`: where a summary book is, and
what a person does there.
"""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any, Protocol

import pytest

from bridge.application.ports.summaries import SummaryBook
from bridge.domain.summary import SummaryTab
from tests.integration.test_summary_workbook import TITLES, tabs

Rows = list[list[Any]]


class Place(Protocol):
    def open(self) -> SummaryBook:
        """As one run of the bridge opens it."""

    def rows(self) -> dict[str, Rows]:
        """What every tab shows, in the order of the tabs; blank cells are None."""

    def add(self, title: str, rows: Rows) -> None:
        """A person's tab, after all others."""

    def remove(self, title: str) -> None: ...


def trouble(rows: Rows, tab: SummaryTab) -> str | None:
    """What of a summary is not in these rows, or what else is in them."""
    if [row[:1] for row in rows[:2]] != [[tab.title], [tab.as_of]]:
        return "head"
    first = [row[0] if row else None for row in rows]
    expected: Counter[object] = Counter([tab.title, tab.as_of, *tab.notes])
    for block in tab.blocks:
        top = first.index(block.heading) if block.heading in first else len(rows)
        for below, line in enumerate([block.header, *block.rows, block.total], start=1):
            values = [_shown(value) for value in line]
            found = (rows[top + below] if top + below < len(rows) else [])[: len(values)]
            if found + [None] * (len(values) - len(found)) != values:
                return f"{block.heading}, line {below}: {found} is not {values}"
            expected.update(values)
        expected.update([block.heading, *block.notes])
    del expected[None]
    there = Counter(value for row in rows for value in row if value is not None)
    return None if there == expected else f"more or less than there should be: {there - expected}"


def _shown(value: object) -> object:
    if isinstance(value, Decimal):
        return float(value)
    return None if value == "" else value


class SummaryBookContract:
    def test_holds_every_figure_and_nothing_else(self, place: Place) -> None:
        for cases in (6, 200, 1, 0):
            place.open().write(tabs(cases))
            rows = place.rows()
            assert [title for title in rows if title in TITLES] == TITLES
            assert [trouble(rows[tab.title], tab) for tab in tabs(cases)] == [None] * 8

    def test_the_same_again_changes_nothing(self, place: Place) -> None:
        place.open().write(tabs())
        before = place.rows()
        place.open().write(tabs())
        assert place.rows() == before

    @pytest.mark.parametrize(
        "name", ['=IMPORTDATA("http://x")', "=1+1", "+66", "-1", "@x", "#N/A", "1e5", "0012", "TRUE"]
    )
    def test_a_name_that_looks_like_something_else_is_text(self, place: Place, name: str) -> None:
        place.open().write(tabs(case_type=name))
        assert trouble(place.rows()["ประเภท"], tabs(case_type=name)[1]) is None

    def test_what_no_cell_holds_does_not_stop_the_rest(self, place: Place) -> None:
        place.open().write(tabs(case_type="ก\ud800" + "😀" * 60_000))
        rows = place.rows()
        assert list(rows)[:8] == TITLES
        assert trouble(rows["อำเภอ"], tabs()[6]) is None
        assert any(str(row[0]).startswith("ก") and "😀" in str(row[0]) for row in rows["ประเภท"] if row)

    def test_tabs_of_people_stay(self, place: Place) -> None:
        theirs = [["จำไว้", 7], [None, "x"]]
        place.add("บันทึกของเรา", theirs)
        for cases in (6, 90, 0):
            place.open().write(tabs(cases))
            assert place.rows()["บันทึกของเรา"] == theirs
            assert set(TITLES) < set(place.rows())

    def test_a_deleted_tab_comes_back_after_the_one_before_with_the_next_change(self, place: Place) -> None:
        place.open().write(tabs())
        place.add("บันทึกของเรา", [[1]])
        for title in (TITLES[0], TITLES[4]):
            place.remove(title)
        place.open().write(tabs(30))
        rows = place.rows()
        assert [title for title in rows if title in TITLES] == TITLES
        assert [trouble(rows[tab.title], tab) for tab in tabs(30)] == [None] * 8

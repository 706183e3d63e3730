"""Which row of the sheet is which row of the ledger (sync.md steps 5 and 6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain.alignment import Alignment, align, content_keys, likeness, lost_too_many
from bridge.domain.cells import Cell, row_digest
from bridge.domain.columns import Column, Owner, Table
from bridge.domain.layout import SheetRow

TABLE = Table("t", "แท็บ", "id", tuple(Column(key, key, Owner.FORM) for key in ("id", "name", "age")))
CONTENT = ("name", "age")


def row(index: int, key: Cell, name: Cell = None, age: Cell = None) -> SheetRow:
    return SheetRow(index, {"id": key, "name": name, "age": age})


def digest(name: Cell = None, age: Cell = None) -> str:
    return row_digest(CONTENT, {"name": name, "age": age})


def first(key: str, rows: Sequence[SheetRow]) -> SheetRow:
    return rows[0]


def aligned(rows: Sequence[SheetRow], known: Mapping[str, str], shown: set[str] | None = None) -> Alignment:
    return align(TABLE, rows, known, frozenset(known if shown is None else shown), first)


def test_the_content_is_everything_but_the_id() -> None:
    assert content_keys(TABLE) == CONTENT


def test_rows_are_known_by_their_id_wherever_they_are() -> None:
    rows = [row(9, "2"), row(3, " 1 "), row(5, 3)]
    found = aligned(rows, {"1": "", "2": "", "3": ""})
    assert dict(found.kept) == {"2": rows[0], "1": rows[1], "3": rows[2]}
    assert not (found.copies or found.blank or found.foreign or found.reclaimed or found.vanished)


def test_a_row_without_id_and_one_with_an_unknown_id() -> None:
    rows = [row(1, None, "ก"), row(2, "  ", "ข"), row(3, "x", "ค")]
    found = aligned(rows, {})
    assert (list(found.blank), list(found.foreign)) == (rows[:2], rows[2:])
    assert not found.kept


def test_of_copies_the_nearest_keeps_the_id() -> None:
    rows = [row(1, "1", "ก"), row(2, "1", "ข"), row(3, "1", "ค")]
    asked = []

    def nearest(key: str, claimants: Sequence[SheetRow]) -> SheetRow:
        asked.append((key, list(claimants)))
        return rows[1]

    found = align(TABLE, [*rows, row(4, "2")], {"1": "", "2": ""}, frozenset("12"), nearest)
    assert asked == [("1", rows)]
    assert found.kept["1"] is rows[1]
    assert list(found.copies) == [(rows[0], "1"), (rows[2], "1")]


def test_an_id_that_never_reached_the_sheet_may_stand_there_by_coincidence() -> None:
    rows = [row(1, "1", "ก"), row(2, "2", "ข")]
    found = align(TABLE, rows, {"1": "", "2": ""}, frozenset("2"), lambda key, claimants: None)
    assert dict(found.kept) == {"2": rows[1]}
    assert list(found.copies) == [(rows[0], "1")]
    assert found.vanished == []


def test_a_row_that_got_the_id_of_another_is_known_by_its_content() -> None:
    rows = [row(1, "1", "ก"), row(2, "1", "ข")]
    found = aligned(rows, {"1": digest("ก"), "2": digest("ข")})
    assert dict(found.kept) == {"1": rows[0]}
    assert dict(found.reclaimed) == {"2": rows[1]}
    assert not (found.copies or found.vanished)


def test_a_vanished_row_is_one_that_the_sheet_is_known_to_hold() -> None:
    known = {"1": "", "2": digest("ข"), "3": ""}
    assert aligned([row(1, "1")], known, {"1", "2"}).vanished == ["2"]
    assert aligned([], known, set()).vanished == []


@pytest.mark.parametrize("key", [None, "x", " "])
def test_a_row_that_lost_only_its_id_is_known_by_its_content(key: Cell) -> None:
    lost = row(7, key, "ก", 5)
    found = aligned([lost, row(8, "2")], {"1": digest("ก", 5), "2": ""})
    assert dict(found.reclaimed) == {"1": lost}
    assert not (found.vanished or found.blank or found.foreign)


def test_other_content_is_another_row() -> None:
    found = aligned([row(7, None, "ก", 6)], {"1": digest("ก", 5)})
    assert not found.reclaimed
    assert found.vanished == ["1"]
    assert len(found.blank) == 1


def test_a_copy_of_a_row_that_is_still_there_takes_nothing_over() -> None:
    rows = [row(1, "1", "ก", 5), row(2, None, "ก", 5)]
    found = aligned(rows, {"1": digest("ก", 5)})
    assert found.kept["1"] is rows[0]
    assert (dict(found.reclaimed), list(found.blank)) == ({}, [rows[1]])


def test_of_two_rows_with_the_content_of_one_the_first_is_it() -> None:
    rows = [row(1, None, "ก", 5), row(2, None, "ก", 5)]
    found = aligned(rows, {"1": digest("ก", 5)})
    assert dict(found.reclaimed) == {"1": rows[0]}
    assert list(found.blank) == [rows[1]]


def test_two_vanished_rows_of_one_content_each_get_a_row() -> None:
    rows = [row(1, None, "ก"), row(2, None, "ก")]
    found = aligned(rows, {"1": digest("ก"), "2": digest("ก")})
    assert dict(found.reclaimed) == {"1": rows[0], "2": rows[1]}
    assert not found.vanished


cells = st.sampled_from([None, "ก", "ข"])
ids = st.sampled_from([None, " ", "1", "2", "3", "x"])
sheets = st.lists(st.tuples(ids, cells, cells), max_size=8).map(
    lambda rows: [row(index, *each) for index, each in enumerate(rows, 1)]
)
ledgers = st.dictionaries(st.sampled_from(["1", "2", "3", "4"]), st.builds(digest, cells, cells))


@given(sheets, ledgers, st.frozensets(st.sampled_from(["1", "2", "3", "4"])))
def test_every_row_is_one_thing_and_no_ledger_row_is_lost(
    rows: list[SheetRow], known: dict[str, str], shown: frozenset[str]
) -> None:
    found = align(TABLE, rows, known, shown, first)
    placed = [
        *found.kept.values(),
        *(copy for copy, _ in found.copies),
        *found.blank,
        *found.foreign,
        *found.reclaimed.values(),
    ]
    assert sorted(each.index for each in placed) == [each.index for each in rows]
    accounted = [*found.kept, *found.reclaimed, *found.vanished]
    assert len(set(accounted)) == len(accounted)
    assert set(accounted) <= set(known)
    assert set(accounted) >= set(known) & shown
    assert set(found.reclaimed) | set(found.vanished) <= shown
    assert {key for _, key in found.copies} <= set(found.kept)


@given(sheets, ledgers, st.randoms(use_true_random=False))
def test_sorting_the_sheet_changes_no_identity(
    rows: list[SheetRow], known: dict[str, str], random: Random
) -> None:
    rows = list({each.values["id"]: each for each in rows}.values())  # no copies
    shuffled = list(rows)
    random.shuffle(shuffled)
    before, after = aligned(rows, known), aligned(shuffled, known)
    assert dict(before.kept) == dict(after.kept)
    assert set(before.vanished) == set(after.vanished)
    assert set(before.reclaimed) == set(after.reclaimed)


@pytest.mark.parametrize(
    ("before", "now", "believed"),
    [
        (0, 0, True),
        (0, 5, True),
        (10, 12, True),
        (10, 8, True),
        (10, 7, False),
        (1, 0, False),
        (5, 4, True),
        (4, 3, False),
    ],
)
def test_a_sheet_that_lost_more_than_a_fifth_is_not_believed(before: int, now: int, believed: bool) -> None:
    assert lost_too_many(before, now) is not believed


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_fifth_is_counted_exactly(before: int, now: int) -> None:
    assert lost_too_many(before, now) is (before > 0 and (now == 0 or (before - now) * 5 > before))


def test_likeness_counts_the_cells_that_are_as_confirmed() -> None:
    confirmed: dict[str, Cell] = {"name": "ก", "age": 1}
    assert likeness(CONTENT, confirmed, row(1, "1", "ก", 1)) == 2
    assert likeness(CONTENT, confirmed, row(1, "1", "ก", True)) == 1
    assert likeness(CONTENT, {}, row(1, "1")) == 2
    assert likeness(CONTENT, confirmed, row(1, "1")) == 0

"""A cell's values, their equality, their one form and their JSON."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain.cells import (
    Cell,
    Kind,
    as_text,
    canonical,
    clip,
    from_json,
    length,
    row_digest,
    row_from_json,
    row_to_json,
    same,
    to_json,
)

NASTY = [
    "\0",
    "a\0b",
    "💛",
    "🇹🇭 𠮷",
    "\ud83d",
    "เ\u200bก",
    '{"d":"2026-01-01"}',
    "null",
    "TRUE",
    "=1+1",
    "\r\n\t",
]
moments = st.datetimes().map(lambda moment: moment.replace(microsecond=0))
cells = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(max_size=20),
    st.sampled_from(NASTY),
    st.dates(),
    moments,
)
kinds = st.sampled_from(Kind)
KEYS = ("a", "b", "c")
rows = st.dictionaries(st.sampled_from(KEYS), cells)


def exactly(value: Any) -> Any:
    return type(value).__name__, value


def like(row: dict[str, Cell], key: str) -> Any:
    return exactly(row.get(key))


@given(cells)
def test_json_brings_every_cell_back(value: Cell) -> None:
    text = json.dumps(to_json(value))
    assert exactly(from_json(json.loads(text))) == exactly(value)


@given(rows)
def test_json_brings_every_row_back_without_its_blanks(row: dict[str, Cell]) -> None:
    found = row_from_json(json.loads(json.dumps(row_to_json(row))))
    assert {k: exactly(v) for k, v in found.items()} == {
        k: exactly(v) for k, v in row.items() if v is not None
    }


@given(cells | st.datetimes(), kinds)
def test_the_one_form_is_its_own_one_form(value: Cell, kind: Kind) -> None:
    once = canonical(value, kind)
    assert exactly(canonical(once, kind)) == exactly(once)


@given(cells | st.datetimes(), kinds)
def test_the_one_form_survives_json(value: Cell, kind: Kind) -> None:
    """So that what the ledger remembers of a cell equals what the next read of the sheet gives."""
    once = canonical(value, kind)
    assert exactly(from_json(to_json(once))) == exactly(once)


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (None, Kind.TEXT, None),
        ("", Kind.NUMBER, None),
        (" ", Kind.TEXT, " "),
        (5.0, Kind.NUMBER, 5),
        (5.5, Kind.NUMBER, 5.5),
        (-0.0, Kind.NUMBER, 0),
        (5.0, Kind.TEXT, "5"),
        (812345678, Kind.TEXT, "812345678"),
        (0.5, Kind.TEXT, "0.5"),
        (True, Kind.TEXT, True),
        (False, Kind.MARK, False),
        (1.0, Kind.MARK, 1),
        (datetime(2026, 1, 2), Kind.DATE, date(2026, 1, 2)),
        (datetime(2026, 1, 2, 3, 4, 5), Kind.DATE, datetime(2026, 1, 2, 3, 4, 5)),
        (date(2026, 1, 2), Kind.DATETIME, datetime(2026, 1, 2)),
        (datetime(2026, 1, 2), Kind.DATETIME, datetime(2026, 1, 2)),
        (datetime(2026, 1, 2, 3, 4, 5, 999999), Kind.DATETIME, datetime(2026, 1, 2, 3, 4, 5)),
        (date(2026, 1, 2), Kind.TEXT, date(2026, 1, 2)),
        ("0123", Kind.NUMBER, "0123"),
        ("1/11/2565", Kind.DATE, "1/11/2565"),
    ],
)
def test_what_a_sheet_shows_alike_has_one_form(value: Cell, kind: Kind, expected: Cell) -> None:
    assert exactly(canonical(value, kind)) == exactly(expected)


@given(cells, cells)
def test_same_is_equality_within_a_type(left: Cell, right: Cell) -> None:
    assert same(left, left)
    assert same(left, right) == same(right, left)
    if same(left, right):
        assert isinstance(left, bool) == isinstance(right, bool)
        assert isinstance(left, datetime) == isinstance(right, datetime)
        assert as_text(left) == as_text(right) or isinstance(left, float) or isinstance(right, float)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (True, 1),
        (False, 0),
        (False, None),
        (date(2026, 1, 2), datetime(2026, 1, 2)),
        ("5", 5),
        (None, ""),
        (None, 0),
        ("ก", "ก "),
    ],
)
def test_what_is_never_the_same(left: Cell, right: Cell) -> None:
    assert not same(left, right)


@given(rows, rows, kinds)
def test_rows_have_the_same_digest_exactly_when_their_cells_are_the_same(
    left: dict[str, Cell], right: dict[str, Cell], kind: Kind
) -> None:
    left = {key: canonical(value, kind) for key, value in left.items()}
    right = {key: canonical(value, kind) for key, value in right.items()}
    alike = all(same(left.get(key), right.get(key)) for key in KEYS)
    assert (row_digest(KEYS, left) == row_digest(KEYS, right)) is alike


@given(rows, st.sampled_from(KEYS), cells)
def test_one_changed_cell_changes_the_digest(row: dict[str, Cell], key: str, value: Cell) -> None:
    row = {k: canonical(v, Kind.MARK) for k, v in row.items()}
    changed = {**row, key: canonical(value, Kind.MARK)}
    alike = same(row.get(key), changed[key])
    assert (row_digest(KEYS, row) == row_digest(KEYS, changed)) is alike


@given(rows)
def test_a_digest_is_of_the_named_columns_in_their_order(row: dict[str, Cell]) -> None:
    assert row_digest(KEYS, row) == row_digest(list(KEYS), {**row, "z": 1})
    assert row_digest(KEYS, {"a": "x"}) != row_digest(KEYS, {"b": "x"})
    assert len(row_digest(KEYS, row)) == 32


@given(st.text(max_size=30), st.integers(1, 20))
def test_a_text_is_clipped_to_the_limit_and_only_when_it_is_longer(text: str, limit: int) -> None:
    shown = clip(text, limit)
    assert isinstance(shown, str)
    assert length(shown) <= limit
    if length(text) <= limit:
        assert shown == text
    else:
        assert shown.endswith("…")
        assert text.startswith(shown[:-1])
        assert length(shown) >= limit - 1  # a character of two units may not fit any more
        assert clip(shown, limit) == shown


def test_length_counts_as_sheets_do() -> None:
    assert [length(text) for text in ("", "ก", "กา", "\N{GRINNING FACE}", "\ud800")] == [0, 1, 2, 2, 1]


@given(cells.filter(lambda value: not isinstance(value, str)))
def test_nothing_but_text_is_clipped(value: Cell) -> None:
    assert exactly(clip(value, 1)) == exactly(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "TRUE"),
        (False, "FALSE"),
        (3000.0, "3000"),
        (2250.5, "2250.5"),
        (date(2026, 3, 2), "2/3/2026"),
        (datetime(2026, 3, 2, 9, 5, 7), "2/3/2026 09:05:07"),
        ("ก", "ก"),
    ],
)
def test_a_cell_as_a_person_reads_it(value: Cell, text: str) -> None:
    assert as_text(value) == text

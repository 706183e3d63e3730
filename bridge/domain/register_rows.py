"""A file of the poverty register (TPMAP) as people hand it in: where its columns are, and what its rows say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from bridge.domain.cells import Cell, as_text
from bridge.domain.values import national_id
from bridge.domain.values.places import PlaceReading, Places
from bridge.domain.values.text import clean, fold, header_key, says_none

HEADER_SEARCH_ROWS = 30
LONGEST_NUMBER = 64  # characters
_SCIENTIFIC = re.compile(r"[0-9]+(?:[.,][0-9]*)?[eE]\+?[0-9]+")
_LETTER = re.compile(r"[^\W\d_]")

Row = dict[str, Cell]


@dataclass(frozen=True)
class Header:
    """`row` is its place in the file, from 0; `columns` the register's column at each place of a row; `twice` and
    `missing` are register's columns that keep the file from being used."""

    row: int
    cells: Sequence[Cell]
    columns: Mapping[int, str]
    missing: Sequence[str] = ()
    twice: Sequence[str] = ()

    def titles(self, column: str) -> str:
        """The column's titles in this file, each with its letter."""
        found = [
            f"{as_text(self.cells[at])} ({letters(at)})" for at in self.columns if self.columns[at] == column
        ]
        return ", ".join(found)


@dataclass(frozen=True)
class Refusal:
    """Why a row is not taken (messages section `register`)."""

    code: str
    column: str
    value: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)


class RegisterReader:
    """`titles[column]` are the headers under which a column may stand; `required` must be filled in each row."""

    def __init__(self, titles: Mapping[str, Sequence[str]], required: Sequence[str], places: Places) -> None:
        self._titles = {header_key(title): column for column, listed in titles.items() for title in listed}
        self._required, self._places = required, places
        self._read_place = lru_cache(maxsize=100_000)(places.check)

    def header(self, rows: Iterable[Sequence[Cell]]) -> Header:
        """Of these first rows the one that holds the most titles."""
        best = Header(-1, (), {})
        for index, row in enumerate(rows):
            columns = {
                place: self._titles[header_key(cell)]
                for place, cell in enumerate(row)
                if isinstance(cell, str) and header_key(cell) in self._titles
            }
            if len(columns) > len(best.columns):
                best = Header(index, tuple(row), columns)
        there = list(best.columns.values())
        named = "name" in there or {"given_name", "family_name"} <= set(there)
        missing = [each for each in self._required if each not in there and not (each == "name" and named)]
        twice = [each for each in dict.fromkeys(there) if there.count(each) > 1]
        return Header(best.row, best.cells, best.columns, missing, twice)

    def row(self, cells: Sequence[Cell], header: Header) -> Row | None:
        """The cells by column, None where they are blank; None for a blank row."""
        found = _filled(cells)
        row: Row = {
            column: found[place] if place < len(found) else None for place, column in header.columns.items()
        }
        if row.get("number") is None and all(cell is None for cell in row.values()):
            return None
        if row.get("name") is None:
            parts = [clean(as_text(row.get(part))) for part in ("given_name", "family_name")]
            row["name"] = " ".join(filter(None, parts)) or None
        return row

    def number(self, row: Row, ids: bool) -> str:
        """The row's number as the register keeps it; "" where it has none. `ids`: the numbers of this file are 13-digit
        ids, so that a numeric cell may have lost its first zero."""
        cell = row.get("number")
        if ids and isinstance(cell, (int, float)):
            reading = national_id.parse(cell)
            if reading.value is not None:
                return reading.value
        text = as_text(cell)
        return text if text.isascii() and text.isalnum() else clean(text)

    def refusal(self, row: Row, number: str) -> Refusal | None:
        """Why this row cannot be taken, None where it can."""
        for column in self._required:
            if row.get(column) is None:
                return Refusal("missing", column)
        if _is_no_number(number):
            return Refusal("number_none", "number", number)
        if len(number) > LONGEST_NUMBER or not number.isprintable():
            return Refusal("number_unusable", "number", number[:LONGEST_NUMBER])
        if _SCIENTIFIC.fullmatch(number):
            return Refusal("number_scientific", "number", number)
        if not _has_letter(row["name"]):
            return Refusal("name_without_letters", "name", as_text(row["name"])[:LONGEST_NUMBER])
        if self.places_swapped(row):
            value = f"{as_text(row['tambon'])} / {as_text(row['amphoe'])}"
            return Refusal("places_swapped", "tambon", value)
        return None

    @staticmethod
    def surplus(cells: Sequence[Cell], header: Header) -> Refusal | None:
        """A row with more cells than the header: somewhere in it a delimiter stands inside a value, and all that is
        behind it is in the wrong column."""
        width = len(header.cells)
        if len(cells) <= width:
            return None
        found = next((text for cell in cells[width:] if (text := clean(as_text(cell)))), "")
        return Refusal("row_too_long", "", found[:LONGEST_NUMBER], {"width": width}) if found else None

    def placed(self, row: Row) -> bool:
        """Tambon and amphoe as the province spells them where that is certain, and those of former days as they are
        called today: officers' areas are compared with them. Whether the row names a place of former days."""
        tambon, amphoe = row.get("tambon"), row.get("amphoe")
        place = self._place(tambon, amphoe)
        for column, found in (("tambon", place.tambon), ("amphoe", place.amphoe)):
            if found.certain:
                row[column] = found.value
        former = any(
            found.problem and found.problem.code == "place_former" for found in (place.tambon, place.amphoe)
        )
        today = self._places.today(tambon, amphoe) if former else None
        if today is not None:
            row["tambon"], row["amphoe"] = today
        return former

    def places_swapped(self, row: Row) -> bool:
        """Whether tambon and amphoe are a place of the province only when they change seats."""
        tambon, amphoe = row.get("tambon"), row.get("amphoe")
        if tambon is None or amphoe is None or _certain(self._place(tambon, amphoe)):
            return False
        return _certain(self._place(amphoe, tambon))

    @staticmethod
    def names_swapped(row: Row) -> bool:
        """Whether the number, as no number does, lacks every digit, and the name holds some."""
        number, name = row.get("number"), row.get("name")
        return name is not None and number is not None and _has_digit(name) and not _has_digit(number)

    def _place(self, tambon: Cell, amphoe: Cell) -> PlaceReading:
        if isinstance(tambon, str | None) and isinstance(amphoe, str | None):
            return self._read_place(tambon, amphoe)
        return self._places.check(tambon, amphoe)


def letters(place: int) -> str:
    """A column's letters in a spreadsheet; 0 is A."""
    found = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        found = chr(ord("A") + rest) + found
    return found


def _filled(cells: Sequence[Cell]) -> Sequence[Cell]:
    """None in the place of blank ones."""
    try:
        plain = "".join(cells).isprintable()  # type: ignore[arg-type]
    except TypeError:  # not texts alone
        plain = False
    if plain:
        return [None if not cell or cell.isspace() else cell for cell in cells]  # type: ignore[union-attr]
    return [None if isinstance(cell, str) and _is_blank(cell) else cell for cell in cells]


def _is_blank(text: str) -> bool:
    return not text or ((text.isspace() or not text.isprintable()) and not clean(text))


def _certain(place: PlaceReading) -> bool:
    return place.tambon.certain and place.amphoe.certain


def _is_no_number(text: str) -> bool:
    """What is typed where there is none: `-`, `ไม่มี`, only zeros. (Asked of a million rows: the last letter tells.)"""
    return not text.strip("0") or (not text[-1:].isdigit() and says_none(fold(text)))


def _has_letter(cell: Cell) -> bool:
    return _LETTER.search(as_text(cell)) is not None


def _has_digit(cell: Cell) -> bool:
    return any(letter.isdigit() for letter in as_text(cell))

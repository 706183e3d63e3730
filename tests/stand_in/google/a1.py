"""A1 notation: reading and writing, with the readings that surprise (a sheet named `CO2` reads as a cell)."""

from __future__ import annotations

import re
from dataclasses import dataclass

_CELL = re.compile(r"^\$?([A-Za-z]{1,3})?\$?([1-9][0-9]*)?$")
_R1C1 = re.compile(r"^R([0-9]+)C([0-9]+)$", re.IGNORECASE)
_PLAIN_NAME = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*$")
MOST_COLUMNS = 18278  # ZZZ


@dataclass(frozen=True)
class Ref:
    """A rectangle, zero based, half open; None means "to the edge"."""

    row0: int | None = None
    row1: int | None = None
    col0: int | None = None
    col1: int | None = None


def column_letters(index: int) -> str:
    """0 → A, 26 → AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_index(letters: str) -> int:
    """A → 0, AA → 26."""
    index = 0
    for letter in letters.upper():
        index = index * 26 + ord(letter) - 64
    return index - 1


def _corner(text: str) -> tuple[int | None, int | None] | None:
    """(row, column) of one corner, either of them None; None when it is no corner at all."""
    match = _R1C1.match(text)
    if match:
        return int(match[1]) - 1, int(match[2]) - 1
    match = _CELL.match(text)
    if not match or not text.strip("$"):
        return None
    return (int(match[2]) - 1 if match[2] else None), (column_index(match[1]) if match[1] else None)


def parse_ref(text: str) -> Ref | None:
    """`A1`, `A1:B2`, `A:B`, `2:5`, `A5:B`, `R1C1:R2C2`; None for anything else."""
    parts = text.split(":")
    if len(parts) > 2:
        return None
    corners = [_corner(part) for part in parts]
    if any(corner is None for corner in corners):
        return None
    row, col = corners[0]  # type: ignore[misc]
    if len(parts) == 1:
        return None if row is None or col is None else Ref(row, row + 1, col, col + 1)
    row2, col2 = corners[1]  # type: ignore[misc]
    rows, cols = _span(row, row2), _span(col, col2)
    return Ref(rows[0], rows[1], cols[0], cols[1])


def _span(first: int | None, second: int | None) -> tuple[int | None, int | None]:
    if first is not None and second is not None:
        return min(first, second), max(first, second) + 1
    return first if first is not None else second, None


def split_sheet(text: str) -> tuple[str | None, str, bool]:
    """(sheet name, the rest, quoted) of a range in A1 notation; the name is None when it names no sheet."""
    if text.startswith("'"):
        at = 1
        while at < len(text):
            if text[at] == "'":
                if text[at + 1 : at + 2] == "'":
                    at += 2
                    continue
                name, rest = text[1:at].replace("''", "'"), text[at + 1 :]
                if not rest or rest.startswith("!"):
                    return name, rest[1:], True
                break
            at += 1
        return None, text, False
    name, mark, rest = text.rpartition("!")
    return (name, rest, False) if mark else (None, text, False)


def quote(title: str) -> str:
    """The sheet's name as Google writes it before `!`."""
    if _PLAIN_NAME.match(title) and parse_ref(title) is None:
        return title
    return "'" + title.replace("'", "''") + "'"


def cell(row: int, col: int) -> str:
    return f"{column_letters(col)}{row + 1}"


def write(title: str, row0: int, row1: int, col0: int, col1: int) -> str:
    """The range as Google writes it in answers: `Sheet1!A1`, `'My sheet'!A1:B2`."""
    first, last = cell(row0, col0), cell(row1 - 1, col1 - 1)
    return f"{quote(title)}!{first}" if first == last else f"{quote(title)}!{first}:{last}"

"""Formulas as text: tokens, and references that follow inserted, deleted, moved and copied cells."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.stand_in.google import a1

_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<text>"(?:[^"]|"")*")
    |(?P<ref>(?:(?:'(?:[^']|'')+'|[A-Za-z_][\w.]*)!)?
        (?:\$?[A-Za-z]{1,3}\$?[1-9]\d*(?::\$?[A-Za-z]{1,3}(?:\$?[1-9]\d*)?)?
          |\$?[A-Za-z]{1,3}:\$?[A-Za-z]{1,3}|\$?[1-9]\d*:\$?[1-9]\d*)(?![\w(]))
    |(?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+)
    |(?P<error>\#[A-Z/0!?]+)
    |(?P<name>[A-Za-z_][\w.]*)
    |(?P<op><=|>=|<>|[-+*/^&=<>%(),;{}:!])""",
    re.VERBOSE,
)
_PART = re.compile(r"^(\$?)([A-Za-z]{0,3})(\$?)(\d*)$")

Move = Callable[[int], int | None]
"""An index before a change → the index after it, or None when it is gone."""


def tokens(formula: str) -> list[tuple[str, str]]:
    """(kind, text) of a formula without its `=`; raises ValueError on what no formula has."""
    found, at = [], 0
    while at < len(formula):
        match = _TOKEN.match(formula, at)
        if not match:
            raise ValueError(formula[at:])
        found.append((str(match.lastgroup), match[0]))
        at = match.end()
    return found


def rewrite(formula: str, edit: Callable[[str], str]) -> str:
    """The formula with every reference passed through `edit`."""
    try:
        parts = tokens(formula[1:])
    except ValueError:
        return formula
    return "=" + "".join(edit(text) if kind == "ref" else text for kind, text in parts)


def _split(ref: str) -> tuple[str | None, str, list[str]]:
    name, rest, _ = a1.split_sheet(ref)
    prefix = ref[: len(ref) - len(rest)] if name is not None else ""
    return name, prefix, rest.split(":")


def copied(ref: str, down: int, right: int) -> str:
    """A reference after its formula was copied `down` rows and `right` columns away."""
    _, prefix, corners = _split(ref)
    moved = []
    for corner in corners:
        match = _PART.match(corner)
        if not match:
            return ref
        lock_col, letters, lock_row, digits = match.groups()
        if letters and not lock_col:
            col = a1.column_index(letters) + right
            if col < 0:
                return "#REF!"
            letters = a1.column_letters(col)
        if digits and not lock_row:
            row = int(digits) + down
            if row < 1:
                return "#REF!"
            digits = str(row)
        moved.append(f"{lock_col}{letters}{lock_row}{digits}")
    return prefix + ":".join(moved)


def followed(ref: str, home: str, changed: str, rows: Move | None, columns: Move | None) -> str:
    """A reference (in sheet `home`) after rows or columns of sheet `changed` moved."""
    name, prefix, corners = _split(ref)
    if (name if name is not None else home).lower() != changed.lower():
        return ref
    moved = []
    for at, corner in enumerate(corners):
        match = _PART.match(corner)
        if not match:
            return ref
        lock_col, letters, lock_row, digits = match.groups()
        last = at == 1
        col = _follow(a1.column_index(letters), columns, last) if letters else None
        row = _follow(int(digits) - 1, rows, last) if digits else None
        if (letters and col is None) or (digits and row is None):
            return "#REF!"
        moved.append(
            f"{lock_col}{a1.column_letters(col) if col is not None else ''}"
            f"{lock_row}{row + 1 if row is not None else ''}"
        )
    return prefix + ":".join(moved)


def _follow(index: int, move: Move | None, last: bool) -> int | None:
    if move is None:
        return index
    at: int | None = move(index)
    while at is None and last and index > 0:
        index -= 1
        at = move(index)
    return at

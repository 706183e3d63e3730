"""What a cell holds. A plain value is stored as itself (None, str, number, bool); a `Cell` only where there is more."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from tests.stand_in.google.errors import Refused

Plain = str | int | float | bool | None
MOST_CHARACTERS = 50_000
TOO_LONG = f"Your input contains more than the maximum of {MOST_CHARACTERS} characters in a single cell."


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell with more than a plain value; never changed in place. `formula` starts with `=`."""

    value: Plain = None
    formula: str | None = None
    fmt: dict[str, Any] | None = None
    note: str | None = None
    rule: dict[str, Any] | None = None
    extra: dict[str, Any] | None = None

    @property
    def bare(self) -> bool:
        return not (self.formula or self.fmt or self.note or self.rule or self.extra)


Slot = Plain | Cell


def as_cell(slot: Slot) -> Cell:
    return slot if isinstance(slot, Cell) else Cell(slot)


def as_slot(cell: Cell) -> Slot:
    return cell.value if cell.bare else cell


def is_blank(slot: Slot) -> bool:
    """Nothing was entered (a format, a note or a drop-down alone is nothing)."""
    return slot is None or (isinstance(slot, Cell) and slot.value is None and not slot.formula)


def tidy(number: float) -> int | float:
    """12.0 → 12, as Google's JSON gives numbers."""
    return int(number) if isinstance(number, float) and number.is_integer() and abs(number) < 1e15 else number


def checked(value: Plain) -> Plain:
    """The value, or Refused when it is longer than a cell takes. Blank text is no value."""
    if isinstance(value, str):
        if len(value.encode("utf-16-le")) // 2 > MOST_CHARACTERS:
            raise Refused(TOO_LONG)
        return value or None
    return value if value is None or isinstance(value, bool) else tidy(value)


def put(slot: Slot, value: Plain, formula: str | None = None, fmt: dict[str, Any] | None = None) -> Slot:
    """The slot with another value; format, note and drop-down stay, and `fmt` is laid over the format."""
    if not isinstance(slot, Cell) and formula is None and fmt is None:
        return value
    cell = as_cell(slot)
    merged = {**(cell.fmt or {}), **fmt} if fmt else cell.fmt
    return as_slot(replace(cell, value=value, formula=formula, fmt=merged))


def from_extended(value: dict[str, Any] | None) -> tuple[Plain, str | None]:
    """(value, formula) of an ExtendedValue."""
    if not value:
        return None, None
    if "formulaValue" in value:
        formula = str(value["formulaValue"])
        if not formula.startswith("="):
            raise Refused("Formula must begin with '='.")
        checked(formula)
        return None, formula
    if "stringValue" in value:
        return checked(str(value["stringValue"])), None
    if "boolValue" in value:
        return bool(value["boolValue"]), None
    if "numberValue" in value:
        return checked(float(value["numberValue"])), None
    if "errorValue" in value:
        raise Refused("Cannot set an error value.")
    return None, None


def extended(value: Plain) -> dict[str, Any]:
    """A plain value as an ExtendedValue."""
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, str):
        return {"stringValue": value}
    return {"numberValue": value}

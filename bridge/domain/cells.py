"""A cell of a sheet, whatever keeps the sheet: its values, their equality and their JSON form.

A date-time in a cell is the wall clock of Asia/Bangkok and carries no zone, as sheets keep it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any

Cell = None | bool | int | float | str | date | datetime


class Kind(StrEnum):
    """What a column is declared to hold. A cell that holds something else is kept as it is."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    DATETIME = "datetime"
    MARK = "mark"  # a tick or a word that stands for one


def canonical(value: Cell, kind: Kind) -> Cell:
    """One form for values that a sheet shows alike: blank is None, whole floats are int,
    a midnight date-time in a date column is a date, a number in a text column is its digits."""
    if value is None or value == "":
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if kind is Kind.TEXT and isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, datetime):
        value = value.replace(microsecond=0)  # sheets show seconds, and the ledger keeps no more
        midnight = (value.hour, value.minute, value.second) == (0, 0, 0)
        return value.date() if midnight and kind is not Kind.DATETIME else value
    if isinstance(value, date) and kind is Kind.DATETIME:
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001  # a wall clock, as sheets keep it
    return value


def same(left: Cell, right: Cell) -> bool:
    """Equal as a person sees it; a tick is never the number one."""
    if isinstance(left, bool) != isinstance(right, bool):
        return False
    if isinstance(left, datetime) != isinstance(right, datetime):
        return False
    return left == right


def to_json(value: Cell) -> Any:
    if isinstance(value, datetime):
        return {"t": value.isoformat(timespec="seconds")}
    if isinstance(value, date):
        return {"d": value.isoformat()}
    return value


def from_json(value: Any) -> Cell:
    if isinstance(value, dict):
        if "t" in value:
            return datetime.fromisoformat(value["t"])
        return date.fromisoformat(value["d"])
    return value  # type: ignore[no-any-return]  # JSON scalars are cells


def row_to_json(values: Mapping[str, Cell]) -> dict[str, Any]:
    """Blank cells are left out, so that a row is the same before and after a column is added."""
    return {key: to_json(value) for key, value in values.items() if value is not None}


def row_from_json(values: Mapping[str, Any]) -> dict[str, Cell]:
    return {key: from_json(value) for key, value in values.items()}


def row_digest(keys: Iterable[str], values: Mapping[str, Cell]) -> str:
    """A fingerprint of a row; two rows that show the same have the same one."""
    listed = [to_json(values.get(key)) for key in keys]
    text = json.dumps(listed, ensure_ascii=False, separators=(",", ":"))
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def length(text: str) -> int:
    """As sheets count characters: in units of UTF-16, an emoji is two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def clip(value: Cell, limit: int) -> Cell:
    """The part of a long text that a sheet can show; the ledger keeps the whole. `limit` as in `length`."""
    if isinstance(value, str) and 2 * len(value) > limit and length(value) > limit:
        units = value.encode("utf-16-le", "surrogatepass")[: 2 * (limit - 1)]
        return units.decode("utf-16-le", "ignore") + "…"
    return value


def as_text(value: Cell) -> str:
    """The cell as a person reads it; dates in day/month/year, Christian era as stored."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime):
        return f"{value.day}/{value.month}/{value.year} {value:%H:%M:%S}"
    if isinstance(value, date):
        return f"{value.day}/{value.month}/{value.year}"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)

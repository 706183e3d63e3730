"""Cells as Google keeps them: typed values, never text that Google would read as a formula, number or date.

A date is a number of days since 30 December 1899, a date-time the same with the time of day as a fraction
(https://developers.google.com/workspace/sheets/api/guides/formats); only the cell's number format tells that
it is one.
"""

from __future__ import annotations

import math
import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

MAX_TEXT = 50_000  # characters that a cell holds
EXACT = 2**53  # beyond this a double does not keep every whole number

_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001  # a wall clock, as sheets keep it
_FIRST_DAY = _EPOCH.toordinal()
_DAY = 86_400  # seconds
_SURROGATE = re.compile("[\ud800-\udfff]")


def cell(value: str | int | float | Decimal | date | datetime | None) -> dict[str, Any]:
    """CellData with that value and nothing else; `{}`, a blank cell, for None and "".

    A str is text whatever it looks like. A whole number that a double would round, and what is no number
    (nan, inf), become text. A date-time carries no zone (TypeError), its fractions of a second are dropped.
    """
    entered = _entered(value)
    return {"userEnteredValue": entered} if entered else {}


def _entered(value: str | int | float | Decimal | date | datetime | None) -> dict[str, Any]:
    match value:
        case None | "":
            return {}
        case bool():
            return {"boolValue": value}
        case str():
            return {"stringValue": plain(value)}
        case date():  # a date-time is one too
            return {"numberValue": to_serial(value)}
        case int():
            return {"numberValue": value} if abs(value) <= EXACT else {"stringValue": str(value)}
    if not math.isfinite(value) or (isinstance(value, Decimal) and abs(value) > EXACT):
        return {"stringValue": str(value)}
    return {"numberValue": float(value)}


def plain(text: str) -> str:
    """The text with what UTF-8 cannot carry (lone surrogates) replaced by U+FFFD."""
    return _SURROGATE.sub("\ufffd", text)


def to_serial(moment: date | datetime) -> int | float:
    """Days since 30 December 1899: an int for a date, a float for a date-time (fractions of a second dropped)."""
    if not isinstance(moment, datetime):
        return moment.toordinal() - _FIRST_DAY
    since = moment - _EPOCH
    return since.days + since.seconds / _DAY


def from_serial(number: int | float) -> date | datetime:
    """A date for a whole number, else the date-time to the nearest second; a midnight is therefore a date.
    Raises OverflowError outside of the years 1 to 9999, and for what is no number."""
    if not math.isfinite(number):
        raise OverflowError("date value out of range")
    seconds = round(number * _DAY)
    moment = _EPOCH + timedelta(seconds=seconds)
    return moment if seconds % _DAY else moment.date()

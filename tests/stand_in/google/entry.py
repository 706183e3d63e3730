"""USER_ENTERED: what a text becomes when it is typed into a cell (locale en_US)."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from tests.stand_in.google.cells import Plain, checked, tidy
from tests.stand_in.google.display import serial

Entered = tuple[Plain, str | None, dict[str, Any] | None]
"""(value, formula, format laid over the cell's own)."""

_NUMBER = re.compile(r"^([+-]?)(\$?)([+-]?)(\d+|\d{1,3}(?:,\d{3})+)?(\.\d*)?([eE][+-]?\d+)?(%?)$")
_DATES = (
    (re.compile(r"^(\d{4})-(\d{1,2})-(\d{1,2})$"), "ymd", "yyyy-mm-dd"),
    (re.compile(r"^(\d{4})/(\d{1,2})/(\d{1,2})$"), "ymd", "yyyy/mm/dd"),
    (re.compile(r"^(\d{1,2})/(\d{1,2})/(\d{4})$"), "mdy", "m/d/yyyy"),
    (re.compile(r"^(\d{1,2})-(\d{1,2})-(\d{4})$"), "mdy", "m-d-yyyy"),
    (re.compile(r"^(\d{1,2})/(\d{1,2})$"), "md", "m/d"),
    (re.compile(r"^(\d{1,2})-(\d{1,2})$"), "md", "m-d"),
)
_TIME = re.compile(r"^(\d{1,2}):(\d{2})(?::(\d{2}))?( ?[aApP][mM])?$")


def entered(value: Any, user_entered: bool, now: datetime | None = None) -> Entered:
    """One value of a ValueRange: RAW keeps it as it is, USER_ENTERED reads it as typed."""
    if value is None or isinstance(value, bool | int | float):
        return checked(value), None, None
    text = str(value)
    checked(text)
    if not user_entered or not text:
        return text or None, None, None
    if text.startswith("'"):
        return text[1:] or None, None, None
    if text.startswith("=") and len(text) > 1:
        return None, text, None
    bare = text.strip()
    if bare.upper() in ("TRUE", "FALSE"):
        return bare.upper() == "TRUE", None, None
    return _number(bare) or _moment(bare, now or datetime.now()) or (text, None, None)


def _number(text: str) -> Entered | None:
    match = _NUMBER.match(text)
    if not match or not (match[4] or (match[5] or "") not in ("", ".")) or (match[1] and match[3]):
        return None
    sign, dollar, sign2, whole, fraction, exponent, percent = match.groups()
    number = float(f"{sign or sign2}{(whole or '0').replace(',', '')}{fraction or ''}{exponent or ''}")
    places = ".00" if fraction and len(fraction) > 1 else ""
    if percent:
        return tidy(number / 100), None, _format("PERCENT", f"0{places}%")
    if dollar:
        return tidy(number), None, _format("CURRENCY", f'"$"#,##0{places}')
    if exponent:
        return tidy(number), None, _format("SCIENTIFIC", "0.00E+00")
    if whole and "," in whole:
        return tidy(number), None, _format("NUMBER", f"#,##0{places}")
    return tidy(number), None, None


def _format(kind: str, pattern: str) -> dict[str, Any]:
    return {"numberFormat": {"type": kind, "pattern": pattern}}


def _moment(text: str, now: datetime) -> Entered | None:
    day_text, _, time_text = text.partition(" ") if not _TIME.match(text) else ("", "", text)
    day = _day(day_text, now) if day_text else None
    if day_text and day is None:
        return None
    clock = _clock(time_text) if time_text else None
    if time_text and clock is None:
        return None
    if day and clock:
        return serial(day[0]) + clock[0], None, _format("DATE_TIME", f"{day[1]} {clock[1]}")
    if day:
        return serial(day[0]), None, _format("DATE", day[1])
    return (clock[0], None, _format("TIME", clock[1])) if clock else None


def _day(text: str, now: datetime) -> tuple[datetime, str] | None:
    for pattern, order, shown in _DATES:
        match = pattern.match(text)
        if match:
            parts = dict(zip(order, map(int, match.groups()), strict=True))
            try:
                return datetime(parts.get("y", now.year), parts["m"], parts["d"]), shown
            except ValueError:
                return None
    return None


def _clock(text: str) -> tuple[float, str] | None:
    match = _TIME.match(text)
    if not match:
        return None
    hour, minute, second = int(match[1]), int(match[2]), int(match[3] or 0)
    half = (match[4] or "").strip().lower()
    if minute > 59 or second > 59 or hour > (12 if half else 23):
        return None
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    pattern = "h:mm" + (":ss" if match[3] else "") + (" am/pm" if half else "")
    return (hour * 3600 + minute * 60 + second) / 86400, pattern

"""Numbers as Sheets shows them: general, number, percent, currency, scientific, date and time patterns."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

EPOCH = datetime(1899, 12, 30)
DEFAULT_PATTERNS = {
    "NUMBER": "#,##0.00",
    "PERCENT": "0.00%",
    "CURRENCY": '"$"#,##0.00',
    "DATE": "m/d/yyyy",
    "TIME": "h:mm:ss am/pm",
    "DATE_TIME": "m/d/yyyy h:mm:ss",
    "SCIENTIFIC": "0.00E+00",
}
DATE_TYPES = {"DATE", "TIME", "DATE_TIME"}
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DATE_TOKEN = re.compile(r'"[^"]*"|\\.|am/pm|a/p|y+|m+|d+|h+|s+|0+|\[[^\]]*\]|.', re.IGNORECASE)
_NUMBER_PART = re.compile(r"[#0?,]*[#0?][#0?,]*(?:\.[#0?]*)?(?:E[+-]0+)?|\.[#0?]+")


def is_date(fmt: dict[str, Any] | None) -> bool:
    return bool(fmt) and (fmt.get("numberFormat") or {}).get("type") in DATE_TYPES  # type: ignore[union-attr]


def general(number: int | float) -> str:
    """A number without a format: up to ten significant digits, as the grid shows it."""
    if isinstance(number, int) and abs(number) < 10**15:
        return str(number)
    if number == 0:
        return "0"
    if abs(number) >= 1e15 or abs(number) < 1e-5:
        mantissa, exponent = f"{number:.5E}".split("E")
        return f"{mantissa.rstrip('0').rstrip('.')}E{exponent[0]}{exponent[1:].zfill(2)}"
    whole = len(str(int(abs(number)))) if abs(number) >= 1 else 0
    text = f"{number:.{max(10 - whole, 0)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def shown(number: int | float, fmt: dict[str, Any] | None) -> str:
    """A number under its format."""
    spec = (fmt or {}).get("numberFormat") or {}
    kind = spec.get("type")
    if not kind or kind == "TEXT":
        return general(number)
    pattern = spec.get("pattern") or DEFAULT_PATTERNS.get(kind, "")
    if kind in DATE_TYPES:
        return date_text(number, pattern)
    return number_text(number, pattern) if pattern else general(number)


def serial(moment: datetime) -> int | float:
    """Days since 1899-12-30, as SERIAL_NUMBER gives it."""
    days = (moment - EPOCH) / timedelta(days=1)
    return int(days) if days.is_integer() else days


def date_text(number: float, pattern: str) -> str:
    """A serial number under a date or time pattern."""
    try:
        moment = EPOCH + timedelta(days=number)
    except OverflowError:
        return general(number)
    if moment.microsecond >= 500_000:
        moment += timedelta(seconds=1)
    moment = moment.replace(microsecond=0)
    tokens = _DATE_TOKEN.findall(pattern)
    half_day = any(token.lower() in ("am/pm", "a/p") for token in tokens)
    written = []
    last = ""
    for at, token in enumerate(tokens):
        low = token.lower()
        after = next((t.lower() for t in tokens[at + 1 :] if t[0].lower() in "ymdhs"), "")
        minutes = low[0] == "m" and len(low) <= 2 and (last == "h" or after.startswith("s"))
        written.append(_date_token(low, token, moment, half_day, minutes))
        if low[0] in "ymdhs":
            last = low[0]
    return "".join(written)


def _date_token(low: str, token: str, moment: datetime, half_day: bool, minutes: bool) -> str:
    if low.startswith('"'):
        return token[1:-1]
    if low.startswith("\\"):
        return token[1:]
    width = 2 if len(low) > 1 else 1
    if low[0] == "y":
        return f"{moment.year:04d}" if len(low) > 2 else f"{moment.year % 100:02d}"
    if low[0] == "m":
        if minutes:
            return str(moment.minute).zfill(width)
        name = _MONTHS[moment.month - 1]
        return {1: str(moment.month), 2: f"{moment.month:02d}", 3: name[:3], 4: name}.get(len(low), name)
    if low[0] == "d":
        name = _DAYS[moment.weekday()]
        return {1: str(moment.day), 2: f"{moment.day:02d}", 3: name[:3], 4: name}.get(len(low), name)
    if low[0] == "h":
        hour = (moment.hour % 12 or 12) if half_day else moment.hour
        return str(hour).zfill(width)
    if low[0] == "s":
        return str(moment.second).zfill(width)
    if low in ("am/pm", "a/p"):
        return "AM" if moment.hour < 12 else "PM"
    return token


def number_text(number: float, pattern: str) -> str:
    """A number under a number pattern such as `#,##0.00`, `0.0%`, `"$"#,##0` or `0.00E+00`."""
    sections = pattern.split(";")
    negative = number < 0
    section = sections[1] if negative and len(sections) > 1 else sections[0]
    section = re.sub(r"\[[^\]]*\]|_.|\*.", "", section)
    match = _NUMBER_PART.search(re.sub(r'"[^"]*"', lambda m: "\x00" * len(m[0]), section))
    if not match:
        return general(number) if "@" in section else section.replace('"', "")
    body = section[match.start() : match.end()]
    value = abs(number) * (100 if "%" in section else 1)
    text = _exponent(value, body) if "E" in body else _decimal(value, body)
    sign = "-" if negative and len(sections) == 1 else ""
    before, after = section[: match.start()], section[match.end() :]
    return sign + before.replace('"', "").replace("\\", "") + text + after.replace('"', "").replace("\\", "")


def _exponent(value: float, body: str) -> str:
    places = len(body.split("E")[0].partition(".")[2])
    mantissa, exponent = f"{value:.{places}E}".split("E")
    return f"{mantissa}E{exponent[0]}{exponent[1:].zfill(2)}"


def _decimal(value: float, body: str) -> str:
    whole, _, fraction = body.partition(".")
    rounded = Decimal(repr(value)).quantize(Decimal(1).scaleb(-len(fraction)), rounding=ROUND_HALF_UP)
    digits, _, places = f"{rounded:f}".partition(".")
    least = fraction.count("0")
    while len(places) > least and places.endswith("0"):
        places = places[:-1]
    digits = digits.zfill(whole.count("0"))
    if whole.count("0") == 0 and digits == "0" and places:
        digits = ""
    if "," in whole and digits:
        digits = re.sub(r"(?<=\d)(?=(\d{3})+$)", ",", digits)
    return f"{digits}.{places}" if places else digits

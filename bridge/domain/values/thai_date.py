"""Dates and times in the forms that Thai offices, forms and spreadsheets write them.

Day first; Buddhist era (B.E. = C.E. + 543) or Christian era, told apart by the year; times are the wall
clock of Asia/Bangkok (UTC+7, no summer time) and carry no zone. Serial numbers are those of the 1900 system
(ECMA-376 part 1, 18.17.4.1).
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, datetime, time, timedelta, timezone
from typing import Final

from bridge.domain.cells import Cell
from bridge.domain.values.reading import BLANK, MAX_LENGTH, Reading, certain, doubtful, unreadable
from bridge.domain.values.text import fold, says_none

BE_OFFSET: Final = 543
BANGKOK: Final = timezone(timedelta(hours=7))

_FIRST_YEAR, _LAST_YEAR = 1900, 2200  # C.E.; outside, the year was mistyped
_FIRST_BE_YEAR: Final = 2400
_EPOCH: Final = date(1899, 12, 30)
_CENTURY_TURN: Final = 80  # `79` is 2579 B.E., `80` is 2480: births are written, days far ahead are not
_LEAP_BUG: Final = 60  # the serial of 29 February 1900, a day that never was
_FIRST_LIKELY_SERIAL: Final = 3654  # 1 January 1910; smaller numbers are days, months or amounts

_MONTH_NAMES: Final = (
    ("มกราคม", "ม.ค.", "มกรา", "january", "jan"),
    ("กุมภาพันธ์", "ก.พ.", "กุมภา", "february", "feb"),
    ("มีนาคม", "มี.ค.", "มีนา", "march", "mar"),
    ("เมษายน", "เม.ย.", "เมษา", "april", "apr"),
    ("พฤษภาคม", "พ.ค.", "พฤษภา", "may"),
    ("มิถุนายน", "มิ.ย.", "มิถุนา", "june", "jun"),
    ("กรกฎาคม", "กรกฏาคม", "ก.ค.", "กรกฎา", "july", "jul"),
    ("สิงหาคม", "ส.ค.", "สิงหา", "august", "aug"),
    ("กันยายน", "ก.ย.", "กันยา", "september", "sept", "sep"),
    ("ตุลาคม", "ต.ค.", "ตุลา", "october", "oct"),
    ("พฤศจิกายน", "พ.ย.", "พฤศจิกา", "november", "nov"),
    ("ธันวาคม", "ธ.ค.", "ธันวา", "december", "dec"),
)
_MONTHS: Final = {
    name.replace(".", ""): number for number, names in enumerate(_MONTH_NAMES, 1) for name in names
}


def _month_pattern() -> str:
    """Any month's name; an abbreviation with all its dots, some or none."""
    names = sorted((name for names in _MONTH_NAMES for name in names), key=len, reverse=True)
    return "|".join(r"\.?\s?".join(name.strip(".").split(".")) + r"\.?" for name in names)


_PREFIX: Final = r"(?:ลง)?(?:วัน)?(?:(?:จันทร์|อังคาร|พุธ|พฤหัสบดี|พฤหัส|ศุกร์|เสาร์|อาทิตย์)\s*)?(?:ที่)?\s*"
_MONTH: Final = f"(?:เดือน\\s*)?(?P<month>{_month_pattern()})"
_ERA: Final = r"(?:ปี\s*)?(?:(?P<be>พ\.?\s?ศ\.?)|(?P<ce>ค\.?\s?ศ\.?))?\s*"
_NUMERIC: Final = re.compile(
    rf"{_PREFIX}(?P<first>[0-9]{{1,4}})\s*[/.\-]\s*(?P<second>[0-9]{{1,2}})\s*[/.\-]\s*"
    rf"{_ERA}(?P<third>[0-9]{{1,4}})(?![0-9])"
)
_NAMED: Final = re.compile(
    rf"{_PREFIX}(?P<day>[0-9]{{1,2}})\s*[-/., ]?\s*{_MONTH}[-/.,\s]*{_ERA}(?P<year>[0-9]{{2,4}})(?![0-9])"
)
_ENGLISH: Final = re.compile(
    rf"(?P<month>{_month_pattern()})\s*(?P<day>[0-9]{{1,2}}),?\s+{_ERA}(?P<year>[0-9]{{4}})(?![0-9])"
)
_TIME: Final = re.compile(
    r"[\s,]*(?:t|เวลา)?\s*(?P<hour>[0-9]{1,2})[:.](?P<minute>[0-9]{2})(?:[:.](?P<second>[0-9]{2})(?:[.,][0-9]{1,9})?)?"
    r"\s*(?P<half>a\.?m\.?|p\.?m\.?|ก่อนเที่ยง|หลังเที่ยง)?\s*(?:น\.?|นาฬิกา)?"
    r"\s*(?P<zone>z|ict|(?:gmt|utc)?(?P<sign>[+\-−])(?P<hours>[0-9]{1,2})(?::?(?P<minutes>[0-9]{2}))?|gmt|utc)?"
)


def _unnamed(pattern: str) -> str:
    """The same pattern without its groups' names, which one expression cannot hold twice."""
    return re.sub(r"\?P<\w+>", "?:", pattern)


_A_MONTH, _AN_ERA = _unnamed(_MONTH), _unnamed(_ERA)
_INCOMPLETE: Final = re.compile(
    rf"{_PREFIX}(?:[0-9]{{1,2}}\s*[/.\-]\s*(?:[0-9]{{1,2}}|{_AN_ERA}[0-9]{{4}})|[0-9]{{4}}\s*[/\-]\s*[0-9]{{1,2}}"
    rf"|(?:[0-9]{{1,2}}\s*[-/. ]?\s*)?{_A_MONTH}[-/.,\s]*{_AN_ERA}(?:[0-9]{{2,4}})?|{_AN_ERA}[0-9]{{4}})"
)
_BARE_NUMBER: Final = re.compile(r"[0-9]{4,8}(?:\.[0-9]{1,12})?")
_DAY_AND_MONTH: Final = re.compile(rf"[0-9]{{1,2}}\s*[-/. ]?\s*{_A_MONTH}|{_A_MONTH}[-/ ]*[0-9]{{1,4}}")


def parse(cell: Cell) -> Reading[date]:
    """The day that a cell tells; a time beside it must be possible and is dropped."""
    reading = parse_datetime(cell)
    return Reading(reading.value.date() if reading.value else None, reading.problem)


def parse_datetime(cell: Cell) -> Reading[datetime]:
    """The moment that a cell tells, naive, wall clock of Bangkok; a day without a time is its midnight.

    Doubtful, with a value: two-digit years (B.E. by custom), month before day, days run together, serials
    that may be something else. Unreadable: days that do not exist, years outside 1900 to 2200 C.E.,
    and dates that lack their day or year (`012022`).
    """
    if cell is None:
        return BLANK
    if isinstance(cell, datetime):
        return _from_datetime(cell)
    if isinstance(cell, date):
        return _at(_day(cell, cell.year, cell.month, cell.day), time())
    if isinstance(cell, bool) or (isinstance(cell, str) and len(cell) > MAX_LENGTH):
        return unreadable("date_unreadable", cell)
    if isinstance(cell, (int, float)):
        return _from_number(cell)
    folded = fold(cell)
    if says_none(folded):
        return BLANK
    return _from_text(cell, folded)


def looks_dated(folded: str) -> bool:
    """Whether a folded text is a day and a month by name, or a full date with a four-digit year."""
    if _DAY_AND_MONTH.fullmatch(folded) or _NAMED.match(folded):
        return True
    numeric = _NUMERIC.match(folded)
    return numeric is not None and 4 in (len(numeric["first"]), len(numeric["third"]))


def fiscal_year(day: date) -> int:
    """The government's fiscal year, B.E., named for the year in which it ends: 1 October 2025 is in 2569."""
    return day.year + BE_OFFSET + (day.month >= 10)


def buddhist(day: date) -> str:
    """`d/m/2569`, as offices write a day."""
    return f"{day.day}/{day.month}/{day.year + BE_OFFSET}"


def _day(cell: Cell, year: int, month: int, day: int) -> Reading[date]:
    """A calendar day; a year of either era, B.E. turned into C.E. first since leap years are C.E."""
    if year >= _FIRST_BE_YEAR:
        year -= BE_OFFSET
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        return unreadable("date_implausible", cell)
    try:
        return certain(date(year, month, day))
    except ValueError:
        return unreadable("date_impossible", cell)


def _at(day: Reading[date], clock: time) -> Reading[datetime]:
    return Reading(datetime.combine(day.value, clock) if day.value else None, day.problem)


def _doubt(moment: datetime, code: str, cell: Cell) -> Reading[datetime]:
    return doubtful(moment, code, cell, read=buddhist(moment))


def _from_datetime(cell: datetime) -> Reading[datetime]:
    day = _day(cell, cell.year, cell.month, cell.day)
    if day.value is None:
        return Reading(None, day.problem)
    moment = datetime.combine(day.value, cell.timetz())
    if moment.tzinfo is not None:
        moment = moment.astimezone(BANGKOK).replace(tzinfo=None)
    # Readers of spreadsheets give 13:57:02.999999 for a fraction of a day: the nearest second was meant.
    return certain((moment + timedelta(microseconds=500_000)).replace(microsecond=0))


def _from_number(cell: float) -> Reading[datetime]:
    if not 1 <= cell < 400_000:  # also infinities and NaN
        return unreadable("date_unreadable", cell)
    days = int(cell)
    whole = days == cell
    if whole and (_FIRST_YEAR <= days <= _LAST_YEAR or 2443 <= days <= 2743):
        return unreadable("date_incomplete", cell)
    moment = _from_serial(cell)
    if whole and _is_month_and_year(days):
        return (
            _doubt(moment.value, "date_serial_or_month", cell)
            if moment.value
            else unreadable("date_incomplete", cell)
        )
    if moment.value and days < _FIRST_LIKELY_SERIAL:
        return _doubt(moment.value, "date_number", cell)
    return moment


def _from_serial(cell: float, typed: Cell = None) -> Reading[datetime]:
    shown = cell if typed is None else typed
    days = int(cell)
    if days == _LEAP_BUG:
        return unreadable("date_impossible", shown)
    start = datetime.combine(_EPOCH, time()) + timedelta(days=days + (days < _LEAP_BUG))
    moment = start + timedelta(seconds=round((cell - days) * 86_400))
    return _at(_day(shown, moment.year, moment.month, moment.day), moment.time())


def _is_month_and_year(number: int) -> bool:
    """Whether a number is `012022` or `12565` without its zero: a month and a year of our time."""
    month, year = divmod(number, 10_000)
    return 1 <= month <= 12 and (2000 <= year <= 2099 or 2543 <= year <= 2642)


def _from_text(cell: str, folded: str) -> Reading[datetime]:
    for pattern in (_NUMERIC, _NAMED, _ENGLISH):
        match = pattern.match(folded)
        if match is None:
            continue
        rest = folded[match.end() :].strip(" ,")
        clock = _TIME.fullmatch(rest) if rest else None
        if rest and clock is None:
            continue
        return _timed(cell, _from_match(cell, match), clock)
    if _BARE_NUMBER.fullmatch(folded):
        return _from_digits(cell, folded)
    return unreadable("date_incomplete" if _INCOMPLETE.fullmatch(folded) else "date_unreadable", cell)


def _from_match(cell: str, match: re.Match[str]) -> Reading[date]:
    parts = match.groupdict()
    if "first" not in parts:
        month = _MONTHS[re.sub(r"[.\s]", "", parts["month"])]
        return _with_year(cell, parts, parts["year"], month, int(parts["day"]))
    first, second, third = parts["first"], int(parts["second"]), parts["third"]
    if len(first) == 4:
        return _with_year(cell, parts, first, second, int(third))
    if len(first) > 2:
        return unreadable("date_unreadable", cell)
    if second > 12 >= int(first):
        swapped = _with_year(cell, parts, third, int(first), second)
        if swapped.certain and swapped.value:
            return doubtful(swapped.value, "date_month_first", cell, read=buddhist(swapped.value))
        return swapped
    return _with_year(cell, parts, third, second, int(first))


def _with_year(cell: str, parts: dict[str, str], digits: str, month: int, day: int) -> Reading[date]:
    if len(digits) not in (2, 4):
        return unreadable("date_unreadable", cell)
    year = int(digits)
    if len(digits) == 2:
        year += 2000 if parts["ce"] else 2500 if year < _CENTURY_TURN else 2400
    if parts["be"]:
        year -= BE_OFFSET
    if (parts["be"] or parts["ce"]) and year > _LAST_YEAR:
        return unreadable("date_implausible", cell)  # the era that was written does not fit the year
    reading = _day(cell, year, month, day)
    if len(digits) == 2 and reading.value:
        return doubtful(reading.value, "date_two_digit_year", cell, read=buddhist(reading.value))
    return reading


def _timed(cell: str, day: Reading[date], match: re.Match[str] | None) -> Reading[datetime]:
    if match is None or day.value is None:
        return _at(day, time())
    hour, half = int(match["hour"]), match["half"]
    if half and hour > 12:
        return unreadable("date_time", cell)
    if half:
        hour = hour % 12 + (12 if half[0] in "pห" else 0)
    try:
        moment = datetime.combine(day.value, time(hour, int(match["minute"]), int(match["second"] or 0)))
        zone = timezone(_offset(match))  # refuses a whole day or more
    except ValueError:
        return unreadable("date_time", cell)
    return Reading(moment.replace(tzinfo=zone).astimezone(BANGKOK).replace(tzinfo=None), day.problem)


def _offset(match: re.Match[str]) -> timedelta:
    """The offset from UTC that the text names; the wall clock of Bangkok when it names none."""
    if match["zone"] in (None, "ict"):
        return timedelta(hours=7)
    offset = timedelta(hours=int(match["hours"] or 0), minutes=int(match["minutes"] or 0))
    return offset if match["sign"] == "+" else -offset


def _from_digits(cell: str, digits: str) -> Reading[datetime]:
    """Digits without separators, in text: never certain."""
    if digits.isdigit() and (len(digits) == 4 or (len(digits) < 7 and _is_month_and_year(int(digits)))):
        return unreadable("date_incomplete", cell)
    if len(digits.partition(".")[0]) == 5 and int(digits[:5]) >= _FIRST_LIKELY_SERIAL:
        serial = _from_serial(float(digits), cell)
        return _doubt(serial.value, "date_serial_text", cell) if serial.value else serial
    if len(digits) != 8 or not digits.isdigit():
        return unreadable("date_unreadable", cell)
    day_first = _day(cell, int(digits[4:]), int(digits[2:4]), int(digits[:2]))
    year_first = _day(cell, int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    readings = [each.value for each in (day_first, year_first) if each.value]
    if len(readings) != 1:
        return unreadable("date_unreadable", cell)
    return _doubt(datetime.combine(readings[0], time()), "date_run_together", cell)


def months_before(moment: datetime, months: int) -> datetime:
    """The same day of an earlier month, or that month's last where it has no such day."""
    count = moment.year * 12 + moment.month - 1 - months
    year, month = count // 12, count % 12 + 1
    return moment.replace(year=year, month=month, day=min(moment.day, monthrange(year, month)[1]))

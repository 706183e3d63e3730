"""What people and spreadsheets do to an answer (process.md section 11), one small function each."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime

from bridge.domain.cells import Cell
from bridge.domain.values.national_id import check_digit
from bridge.domain.values.thai_date import buddhist

_THAI_DIGITS = str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙")
_MONTHS = ("มกราคม", "กุมภาพันธ์", "มีนาคม", "เมษายน", "พฤษภาคม", "มิถุนายน", "กรกฎาคม", "สิงหาคม", "กันยายน",
           "ตุลาคม", "พฤศจิกายน", "ธันวาคม")  # fmt: skip
_SHORT_MONTHS = (
    "ม.ค.",
    "ก.พ.",
    "มี.ค.",
    "เม.ย.",
    "พ.ค.",
    "มิ.ย.",
    "ก.ค.",
    "ส.ค.",
    "ก.ย.",
    "ต.ค.",
    "พ.ย.",
    "ธ.ค.",
)
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?(E[+-]?[0-9]+)?", re.IGNORECASE)
_DAY_AND_MONTH = re.compile(r"([0-9]{1,2})/([0-9]{1,2})")
_DAY = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")

Quirk = Callable[[str], str]


def thai_digits(text: str) -> str:
    return text.translate(_THAI_DIGITS)


def card_dashes(number: str) -> str:
    """The groups of the card: 1-2345-67890-12-3."""
    return "-".join((number[0], number[1:5], number[5:10], number[10:12], number[12]))


def without_last(text: str) -> str:
    return text[:-1]


def without_first(text: str) -> str:
    return text[1:]


def stateless(number: str) -> str:
    """An id that begins with 0, as people without registered status hold it."""
    twelve = "0" + number[1:-1]
    return twelve + check_digit(twelve)


def stateless_without_zero(number: str) -> str:
    return stateless(number)[1:]


def wrong_last(number: str) -> str:
    return number[:-1] + str((int(number[-1]) + 1) % 10)


def scientific(number: str) -> str:
    """What a spreadsheet shows of thirteen digits in a narrow column."""
    return f"{number[0]}.{number[1:6]}E+12"


def phone_dashes(number: str) -> str:
    return f"{number[:3]}-{number[3:6]}-{number[6:]}"


def from_abroad(number: str) -> str:
    return "+66" + number[1:]


def loose(name: str) -> str:
    """Two spaces, and one before."""
    return "  " + name.replace(" ", "  ")


def with_zero_width(name: str) -> str:
    return name.replace(" ", "\u200b \u200b") + "\ufeff"


def without_family(name: str) -> str:
    return name.partition(" ")[0]


def misspelt(name: str) -> str:
    """One letter too many."""
    return name + "น"


def always(answer: str) -> Quirk:
    return lambda _: answer


def after(answer: str) -> Quirk:
    return lambda typed: f"{typed}{answer}"


def before(answer: str) -> Quirk:
    return lambda typed: f"{answer}{typed}"


# ------------------------------------------------------------------------------------------------ dates


def stamp(moment: datetime, *, thai: bool) -> str:
    """`2026/11/22 1:57:03 หลังเที่ยง GMT+7`, as Google Forms writes it in a .csv download."""
    half = ("ก่อนเที่ยง", "หลังเที่ยง")[moment.hour >= 12] if thai else ("AM", "PM")[moment.hour >= 12]
    return f"{moment:%Y/%m/%d} {moment.hour % 12 or 12}:{moment:%M:%S} {half} GMT+7"


def day_as_typed(day: date, way: int) -> str:
    """A day in one of the six ways in which offices type it."""
    year = day.year + 543
    ways = (
        buddhist(day),
        f"{day.day} {_MONTHS[day.month - 1]} {year}",
        f"{day.day}/{day.month}/{day.year}",
        f"{day.day} {_SHORT_MONTHS[day.month - 1]} พ.ศ. {year}",
        thai_digits(f"{day.day} {_SHORT_MONTHS[day.month - 1]} {year}"),
        day.isoformat(),
    )
    return ways[way % len(ways)]


def two_digit_year(day: date) -> str:
    return f"{day.day}/{day.month}/{(day.year + 543) % 100:02}"


# ------------------------------------------------------------------------------------------------ spreadsheets


def as_spreadsheet(answer: str, year: int) -> Cell:
    """What the responses sheet makes of an answer: numbers lose their zeros, `10/1` becomes a day of `year`."""
    if not answer:
        return None
    if _NUMBER.fullmatch(answer):
        number = float(answer)
        return int(number) if number.is_integer() else number
    short, whole = _DAY_AND_MONTH.fullmatch(answer), _DAY.fullmatch(answer)
    try:
        if short:
            return date(year, int(short[2]), int(short[1]))
        if whole:
            return date(int(whole[3]), int(whole[2]), int(whole[1]))
    except ValueError:  # no such day: it stays the text that it is
        return answer
    return answer

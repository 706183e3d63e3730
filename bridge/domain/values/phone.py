"""Thai telephone numbers: ten digits for mobiles (06, 08, 09), nine for land lines (02 to 05, 07).

Source of the lengths and prefixes: the numbering plan of the NBTC.
"""

from __future__ import annotations

import re
from typing import Final

from bridge.domain.cells import Cell
from bridge.domain.values.reading import BLANK, MAX_LENGTH, Reading, certain, doubtful, unreadable
from bridge.domain.values.text import fold, says_none

_NATIONAL: Final = "0[689][0-9]{8}|0[23457][0-9]{7}"
_ONE: Final = re.compile(_NATIONAL)
_TWO: Final = re.compile(f"({_NATIONAL})({_NATIONAL})")
_WITHOUT_ZERO: Final = re.compile("[689][0-9]{8}|[23457][0-9]{7}")
_ABROAD: Final = re.compile("(?:00)?660?([0-9]{8,9})")
_FLOAT: Final = re.compile(r"^([0-9]{8,12})\.0+$")  # a number that passed through a program as 812345678.0
_SUM: Final = re.compile(
    r"[-‐‑‒–—−]\s*[1-9].*|[1-9][0-9]*\.[0-9]+"
)  # negative, or a fraction: dialled by nobody

_LABEL: Final = re.compile(
    r"^(?:หมายเลข|เบอร์)?\s*(?:โทรศัพท์|โทร|มือถือ|ติดต่อ|เบอร์|tel|phone|mobile)*\s*\.?\s*:?\s*(?=[+(0-9])"
)
_NONE: Final = re.compile(r"ไม่มี(?:หมายเลข|เบอร์|เลข)?(?:โทรศัพท์|โทร|มือถือ|ติดต่อ)*\.?")
_PUNCTUATION: Final = re.compile(r"[\s()+.\-‐‑‒–—−]")
_CHUNK: Final = re.compile(r"[+(]?[0-9][0-9\s().\-‐‑‒–—−]{6,}")


def parse(cell: Cell) -> Reading[str]:
    """Digits with the leading zero.

    A lost zero is mended: nine digits from 6, 8 or 9 and eight from 2 to 5 or 7 can be nothing else.
    Several numbers, an extension or a note beside the number are doubtful; the value is the first number.
    """
    if cell is None:
        return BLANK
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        if not 0 <= cell < 10**15 or int(cell) != cell:  # also infinities and NaN
            return unreadable("phone_unreadable", cell)
        return _judge(cell, str(int(cell)))
    if not isinstance(cell, str) or len(cell) > MAX_LENGTH:
        return unreadable("phone_unreadable", cell)
    folded = fold(cell).lstrip("'’‘`")
    if says_none(folded) or _NONE.fullmatch(folded.replace(" ", "")):
        return BLANK
    written = _FLOAT.sub(r"\1", _LABEL.sub("", folded))
    if _SUM.fullmatch(written):
        return unreadable("phone_unreadable", cell)
    if _digits(written).isdecimal():
        return _judge(cell, written)
    return _among_words(cell, written)


def _digits(written: str) -> str:
    return _PUNCTUATION.sub("", written)


def _national(written: str) -> str | None:
    """The number as it is dialled inside the country, if what is written can be nothing else."""
    digits = _digits(written)
    abroad = _ABROAD.fullmatch(digits)
    if abroad and _ONE.fullmatch("0" + abroad[1]):
        return "0" + abroad[1]
    if "+" in written:
        return None  # another country's, or not a whole number
    if _ONE.fullmatch(digits):
        return digits
    return "0" + digits if _WITHOUT_ZERO.fullmatch(digits) else None


def _judge(cell: Cell, written: str) -> Reading[str]:
    number = _national(written)
    if number is not None:
        return certain(number)
    digits = _digits(written)
    two = _TWO.fullmatch(digits)
    if two:
        return doubtful(two[1], "phone_several", cell, read=two[1])
    return unreadable("phone_length", cell, count=str(len(digits)))


def _among_words(cell: str, text: str) -> Reading[str]:
    numbers: list[str] = []
    for chunk in _CHUNK.findall(text):
        two = _TWO.fullmatch(_digits(chunk))
        number = _national(chunk)
        numbers += two.groups() if two else [number] if number else []
    if not numbers:
        return unreadable("phone_unreadable", cell)
    code = "phone_several" if len(numbers) > 1 else "phone_note"
    return doubtful(numbers[0], code, cell, read=numbers[0])

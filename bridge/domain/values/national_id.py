"""The 13-digit national id and what spreadsheets do to it.

Checksum (Department of Provincial Administration): weights 13 to 2 over the first twelve digits, modulo 11.
Ids that begin with 0 (people without registered status) and 9 exist, so the first digit is not judged.
"""

from __future__ import annotations

import re
from operator import mul
from typing import Final

from bridge.domain.cells import Cell
from bridge.domain.values.reading import BLANK, MAX_LENGTH, Reading, certain, unreadable
from bridge.domain.values.text import fold, says_none

LENGTH: Final = 13

_DIGITS: Final = re.compile(r"[0-9]{13}")
_SEPARATORS: Final = re.compile(r"[\s\-‐‑‒–—−]")
_APOSTROPHES: Final = "'’‘`\""
_SCIENTIFIC: Final = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]*)?\s*e\s*[+-]?\s*[0-9]+")
# A full-precision float written out, thousands marked, or the groups of the card set apart by dots.
_WRITTEN_NUMBER: Final = re.compile(
    r"[0-9]{9,15}\.0+|[0-9](?:,[0-9]{3}){4}|[0-9]\.[0-9]{4}\.[0-9]{5}\.[0-9]{2}\.[0-9]"
)
# `1.10370E+12` turned back into a number keeps six digits: the others are zeros.
_ROUNDED_TAIL: Final = "0000000"


def check_digit(first12: str) -> str:
    """The 13th digit for twelve ASCII digits. Raises ValueError on anything else."""
    if len(first12) != LENGTH - 1 or not (first12.isascii() and first12.isdigit()):
        raise ValueError("twelve digits are needed")
    total = sum(map(mul, range(LENGTH, 1, -1), map(int, first12)))
    return str((11 - total % 11) % 10)


def is_valid(digits: str) -> bool:
    """Whether these are 13 ASCII digits with a right checksum."""
    return _DIGITS.fullmatch(digits) is not None and check_digit(digits[:12]) == digits[12]


def parse(cell: Cell) -> Reading[str]:
    """Thirteen digits with a right checksum, or why not.

    Mended with certainty: dashes, spaces, Thai digits, a leading apostrophe, and the one zero that a
    *numeric* cell lost when the checksum then agrees. Text of twelve digits may lack any of them: it is
    flagged and never mended. What `1.10370E+12` lost cannot be known.
    """
    if cell is None:
        return BLANK
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        return _from_number(cell)
    if not isinstance(cell, str) or len(cell) > MAX_LENGTH:
        return unreadable("id_unreadable", cell)
    folded = fold(cell).lstrip(_APOSTROPHES).strip()
    if says_none(folded):
        return BLANK
    if _SCIENTIFIC.fullmatch(folded):
        return unreadable("id_scientific", cell)
    if _WRITTEN_NUMBER.fullmatch(folded):
        whole, _, part = folded.partition(".")
        folded = whole if part and not part.strip("0") else re.sub("[.,]", "", folded)
    digits = _SEPARATORS.sub("", folded)
    if not (digits.isascii() and digits.isdigit()):
        return unreadable("id_unreadable", cell)
    return _judge(cell, digits)


def _from_number(cell: float) -> Reading[str]:
    # The bound comes first: it also turns away infinities and NaN, which int() refuses.
    if not 0 <= cell < 10**15 or int(cell) != cell:
        return unreadable("id_unreadable", cell)
    digits = str(int(cell))
    if len(digits) == LENGTH - 1 and not digits.endswith(_ROUNDED_TAIL) and is_valid("0" + digits):
        return certain("0" + digits)
    return _judge(cell, digits)


def _judge(cell: Cell, digits: str) -> Reading[str]:
    if digits.endswith(_ROUNDED_TAIL):
        return unreadable("id_rounded", cell)
    if len(digits) == LENGTH:
        return certain(digits) if is_valid(digits) else unreadable("id_checksum", cell)
    if len(digits) == LENGTH - 1 and is_valid("0" + digits):
        return unreadable("id_lost_zero", cell, suggestion="0" + digits)
    return unreadable("id_length", cell, count=str(len(digits)))

"""Amounts of money, in baht to the satang."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from bridge.domain.cells import Cell
from bridge.domain.values.reading import BLANK, MAX_LENGTH, Reading, certain, doubtful, unreadable
from bridge.domain.values.text import fold, says_none

_SATANG: Final = Decimal("0.01")
_LIMIT: Final = 10**12  # no office holds more; a larger number is an id or a slip of the hand

# `3,000`, `3000.-`, `3,000.50 บาท`, `฿3000`, `3000 บาท 50 สตางค์`
_AMOUNT: Final = re.compile(
    r"(?:จำนวนเงิน|จำนวน|เงิน)?\s*(?:฿|thb)?\s*"
    r"(?P<sign>[+\-−–]?)\s*(?P<whole>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,15})(?P<part>\.[0-9]{1,15})?"
    r"\s*(?:[./]?[-–—=])?\s*(?:บาท\s*(?:ถ้วน)?|บ\.?|฿|thb|baht)?\s*(?:\.?[-–—])?"
    r"(?:(?<=บาท)\s*(?P<satang>[0-9]{1,2})\s*(?:สตางค์|สต\.?))?"
)


def parse(cell: Cell) -> Reading[Decimal]:
    """Baht, quantised to satang; negative and finer than a satang is doubtful, words are unreadable."""
    if cell is None:
        return BLANK
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        if not -_LIMIT < cell < _LIMIT:  # also infinities and NaN
            return unreadable("baht_unreadable", cell)
        # Sums made by a spreadsheet carry the noise of binary fractions: 0.1 + 0.2 is thirty satang.
        return _judge(cell, Decimal(str(round(cell, 6))))
    if not isinstance(cell, str) or len(cell) > MAX_LENGTH:
        return unreadable("baht_unreadable", cell)
    folded = fold(cell)
    if says_none(folded):
        return BLANK
    match = _AMOUNT.fullmatch(folded)
    if match is None or (match["part"] and match["satang"]):
        return unreadable("baht_unreadable", cell)
    amount = (
        Decimal(match["whole"].replace(",", "") + (match["part"] or "")) + int(match["satang"] or 0) * _SATANG
    )
    if amount >= _LIMIT:
        return unreadable("baht_unreadable", cell)
    finer = len(match["part"] or "") > 3  # `3.000` may be three baht or three thousand
    return _judge(cell, -amount if match["sign"] in ("-", "−", "–") else amount, finer)


def _judge(cell: Cell, amount: Decimal, finer: bool = False) -> Reading[Decimal]:
    value = amount.quantize(_SATANG, ROUND_HALF_UP)
    if value < 0:
        return doubtful(value, "baht_negative", cell)
    if finer or value != amount:
        return doubtful(value, "baht_fraction", cell, read=format(value))
    return certain(abs(value))  # minus zero is zero


def format(amount: Decimal) -> str:
    """`3,000` when there are no satang, else `3,000.50`."""
    value = amount.quantize(_SATANG, ROUND_HALF_UP)
    return f"{value:,.0f}" if value == value.to_integral_value() else f"{value:,.2f}"

"""How a figure is written, in tables and in charts."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

from bridge.domain.summary import Format, Value

# What no XML may hold, and marks that turn the direction of the text around them.
_ILLEGIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\u202a-\u202e\u2066-\u2069]")


def shown(value: Value, form: Format | None, *, whole: bool = False) -> str:
    """1,234 · 1,234.50 · 25.0%; text as it is, blank for blank. `whole`: without satang that are nought."""
    if isinstance(value, str):
        return legible(value)
    if form is Format.PERCENT:
        return f"{(Decimal(value) * 100).quantize(Decimal('0.1'), ROUND_HALF_UP):,}%" if value else "0.0%"
    if form is Format.BAHT and not (whole and value == int(value)):
        return f"{Decimal(value).quantize(Decimal('0.01'), ROUND_HALF_UP):,}"
    return f"{int(value):,}"


def legible(text: str) -> str:
    """What a page and an SVG can hold, as the summary workbook has it: staff's spreadsheets hold anything."""
    return _ILLEGIBLE.sub("", text.encode("utf-8", "replace").decode("utf-8"))


def changed(part: Value) -> str:
    """A fraction as a change: +25.0%, or a dash where there is nothing to compare with."""
    if isinstance(part, str):
        return "\N{EN DASH}"
    return ("+" if part > 0 else "") + shown(part, Format.PERCENT).replace("-", "\N{MINUS SIGN}")

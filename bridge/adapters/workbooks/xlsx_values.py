"""A cell's value as .xlsx keeps it: escaped text, numbers, and days counted from an epoch."""

from __future__ import annotations

import math
import re
from datetime import date, datetime
from typing import NamedTuple

from bridge.domain.cells import Cell, as_text

MAX_TEXT = 32_767  # characters; Excel's limit

# ECMA-376 part 1, 22.9.2.19 (ST_Xstring): what XML cannot hold is written _xHHHH_, and text that looks like
# that has its first underscore escaped. XML turns CR into LF, so CR is among what it cannot hold.
_UNHELD = "\x00-\x08\x0b-\x1f\ufffe\uffff\ud800-\udfff"
_LOOKS_ESCAPED = re.compile(f"_(?=x[0-9A-Fa-f]{{4}}[_{_UNHELD}])")
_ESCAPED = re.compile(f"[{_UNHELD}]")

_EPOCH_1900 = date(1899, 12, 30)  # one day early: serial 60 is 29 February 1900, which never was
_EPOCH_1904 = date(1904, 1, 1)
_LEAP_BUG_ENDS = date(1900, 3, 1)


class Encoded(NamedTuple):
    """`kind` is the cell's type attribute (empty for numbers), `inner` the content of its element."""

    kind: bytes
    inner: bytes


def escape(text: str) -> str:
    """Text for an XML element, so that reading it back gives the same characters."""
    text = _LOOKS_ESCAPED.sub("_x005F_", text)
    text = _ESCAPED.sub(lambda found: f"_x{ord(found[0]):04X}_", text)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def clip_utf16(text: str) -> str:
    """Excel counts UTF-16 units: of a text at its limit that holds emoji, what Excel can open."""
    data = text.encode("utf-16-le", "surrogatepass")
    if len(data) <= 2 * MAX_TEXT:
        return text
    kept = data[: 2 * MAX_TEXT].decode("utf-16-le", "surrogatepass")
    return kept[:-1] if "\ud800" <= kept[-1] <= "\udbff" else kept


def serial(value: date, date1904: bool) -> float | None:
    """Days since the workbook's epoch, to the second; None for a day before it."""
    day = value.date() if isinstance(value, datetime) else value
    if date1904:
        days, first = (day - _EPOCH_1904).days, _EPOCH_1904
    else:
        days, first = (day - _EPOCH_1900).days - (day < _LEAP_BUG_ENDS), date(1900, 1, 1)
    if day < first:
        return None
    if isinstance(value, datetime):
        return days + (value.hour * 3600 + value.minute * 60 + value.second) / 86_400
    return float(days)


def encode(value: Cell, date1904: bool, prefix: str = "") -> Encoded:
    """`prefix` is the file's for the main namespace, with its colon.
    Raises ValueError for text longer than MAX_TEXT and for numbers that are not finite."""
    if value is None or value == "":
        return Encoded(b"", b"")
    if isinstance(value, bool):
        return Encoded(b"b", _element(prefix, "1" if value else "0"))
    if isinstance(value, date):
        days = serial(value, date1904)
        return encode(as_text(value) if days is None else days, date1904, prefix)
    if isinstance(value, (int, float)):
        if not math.isfinite(value):
            raise ValueError(f"not a number that a cell holds: {value}")
        return Encoded(b"", _element(prefix, _digits(value)))
    if len(value) > MAX_TEXT:
        raise ValueError(f"{len(value)} characters; a cell holds {MAX_TEXT}")
    text, p = escape(clip_utf16(value)), prefix
    return Encoded(b"inlineStr", f'<{p}is><{p}t xml:space="preserve">{text}</{p}t></{p}is>'.encode())


def _element(prefix: str, content: str) -> bytes:
    return f"<{prefix}v>{content}</{prefix}v>".encode()


def _digits(value: float) -> str:
    whole = isinstance(value, int) or (value.is_integer() and abs(value) < 1e15)
    return str(int(value)) if whole else repr(value)

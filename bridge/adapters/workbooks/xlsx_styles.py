"""The looks of cells in styles.xml: which show a date, and a look like another one but for one thing.

A cell names its look by position in `cellXfs` (ECMA-376 part 1, 18.8.10); looks are only ever added.
"""

from __future__ import annotations

import html
import re
from datetime import date, datetime
from enum import StrEnum
from functools import cache

from bridge.adapters.workbooks.sheet_xml import NotUnderstood, attributes_of, with_attribute
from bridge.domain.cells import Cell

DATE_FORMAT = "d/m/yyyy"
DATETIME_FORMAT = "d/m/yyyy hh:mm"

# Formats that have a number and no code (18.8.30); 71 to 81 are the Thai ones.
_DATE_IDS = {14, 15, 16, 17, 22, *range(27, 32), 36, *range(50, 55), 57, 58, 71, 72, 73, 74, 77, 81}
_TIME_IDS = {18, 19, 20, 21, 32, 33, 34, 35, 45, 46, 47, 55, 56, 75, 76, 78, 79, 80}
_FIRST_OWN_ID = 164
_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.')
_BRACKETS = re.compile(r"\[(?!(?:h+|m+|s+)\])[^\]]*\]", re.IGNORECASE)
_MAX_LOOKS = 65_000  # Excel's limit is 65,490
# What a spreadsheet would take for a formula or a command when a person enters the cell again.
_FORMULA_LIKE = ("=", "+", "-", "@", "\t", "\r")


class Shows(StrEnum):
    NUMBER = "number"
    DATE = "date"  # perhaps with the time of day
    TIME = "time"


@cache
def shows(format_id: int, code: str) -> Shows:
    """What a number looks like in this format; `code` is empty for the formats that have none."""
    if format_id in _DATE_IDS and not code:
        return Shows.DATE
    if format_id in _TIME_IDS and not code:
        return Shows.TIME
    bare = _BRACKETS.sub("", _LITERAL.sub("", code)).lower()
    if bare.startswith("general"):
        return Shows.NUMBER
    if "[" not in bare and any(sign in bare for sign in ("y", "d", "ป", "ว")):
        return Shows.DATE
    return Shows.TIME if any(sign in bare for sign in "hms") else Shows.NUMBER


class Styles:
    """styles.xml with looks added on demand; `xml` is the part as it should be written."""

    def __init__(self, xml: bytes) -> None:
        root = re.search(rb"<((?:[A-Za-z_][\w.-]*:)?)styleSheet(?=[\s>])[^>]*>", xml)
        self._prefix = re.escape(root[1]) if root else b""
        block = self._block(b"cellXfs", xml)
        if root is None or block is None:
            raise NotUnderstood("no looks of cells")
        self._source, self._root_end, self._block_span = xml, root.end(), block.span()
        self._looks: list[bytes] = re.findall(
            rb"<%bxf(?=[\s/>])[^>]*?(?:/>|>.*?</%bxf>)" % (self._prefix, self._prefix), block[1], re.DOTALL
        )
        self._known = len(self._looks)
        self._formats = self._own_formats()
        self._new_formats: dict[int, str] = {}
        self._variants: dict[tuple[int, tuple[tuple[bytes, bytes], ...]], int] = {}

    def _block(self, name: bytes, xml: bytes) -> re.Match[bytes] | None:
        tag = self._prefix + name
        return re.search(rb"<%b(?=[\s>])[^>]*>(.*?)</%b>" % (tag, tag), xml, re.DOTALL)

    def _own_formats(self) -> dict[int, str]:
        block = self._block(b"numFmts", self._source)
        formats = {}
        for tag in re.findall(rb"<%bnumFmt(?=\s)[^>]*>" % self._prefix, block[1]) if block else []:
            attributes = attributes_of(tag)
            code = html.unescape(attributes.get(b"formatCode", b"").decode())
            formats[int(attributes.get(b"numFmtId", b"0"))] = code
        return formats

    def _attributes(self, look: int) -> dict[bytes, bytes]:
        if not 0 <= look < len(self._looks):
            raise NotUnderstood(f"no look {look}")
        return attributes_of(self._looks[look].partition(b">")[0])

    def shows(self, look: int) -> Shows:
        format_id = int(self._attributes(look).get(b"numFmtId", b"0"))
        return shows(format_id, self._formats.get(format_id, ""))

    def fitting(self, look: int, value: Cell) -> int:
        """This look, or one like it in which the value is what it is: a date no number, a number no date,
        text that begins like a formula no formula."""
        if isinstance(value, str):
            return self._quoted(look) if value.startswith(_FORMULA_LIKE) else look
        if isinstance(value, date):
            if self.shows(look) is Shows.DATE:
                return look
            return self._with_format(look, DATETIME_FORMAT if isinstance(value, datetime) else DATE_FORMAT)
        if value is None or isinstance(value, bool) or self.shows(look) is Shows.NUMBER:
            return look
        return self._with_format(look, "General")

    def _with_format(self, look: int, code: str) -> int:
        format_id = 0 if code == "General" else self._format_id(code)
        return self._variant(look, {b"numFmtId": b"%d" % format_id, b"applyNumberFormat": b"1"})

    def _quoted(self, look: int) -> int:
        if self._attributes(look).get(b"quotePrefix") in (b"1", b"true"):
            return look
        return self._variant(look, {b"quotePrefix": b"1"})

    def _format_id(self, code: str) -> int:
        for known, its_code in self._formats.items():
            if its_code == code:
                return known
        fresh = max([_FIRST_OWN_ID - 1, *self._formats]) + 1
        self._formats[fresh] = self._new_formats[fresh] = code
        return fresh

    def _variant(self, look: int, attributes: dict[bytes, bytes]) -> int:
        asked = (look, tuple(attributes.items()))
        if asked not in self._variants:
            self._variants[asked] = self._added(look, attributes)
        return self._variants[asked]

    def _added(self, look: int, attributes: dict[bytes, bytes]) -> int:
        self._attributes(look)  # a look that exists
        tag, end, rest = self._looks[look].partition(b">")
        closed = tag.endswith(b"/")
        tag = tag.rstrip(b"/")
        for name, value in attributes.items():
            tag = with_attribute(tag, name, value)
        wanted = tag + (b"/" if closed else b"") + end + rest
        if wanted not in self._looks:
            if len(self._looks) >= _MAX_LOOKS:
                raise NotUnderstood("too many looks")
            self._looks.append(wanted)
        return self._looks.index(wanted)

    @property
    def changed(self) -> bool:
        return len(self._looks) > self._known

    @property
    def xml(self) -> bytes:
        """The part with the added looks and formats in their places and the counts right."""
        start, end = self._block_span
        block = self._source[start:end]
        opening = with_attribute(block[: block.index(b">")], b"count", b"%d" % len(self._looks))
        cut = block.rindex(b"</")
        added = b"".join(self._looks[self._known :])
        looks = opening + block[block.index(b">") : cut] + added + block[cut:]
        return self._with_formats(self._source[:start] + looks + self._source[end:])

    def _with_formats(self, xml: bytes) -> bytes:
        if not self._new_formats:
            return xml
        p = self._prefix.replace(b"\\", b"")
        added = b"".join(
            b'<%bnumFmt numFmtId="%d" formatCode="%b"/>' % (p, number, html.escape(code).encode())
            for number, code in self._new_formats.items()
        )
        block = self._block(b"numFmts", xml)
        if block is None:
            whole = b'<%bnumFmts count="%d">%b</%bnumFmts>' % (p, len(self._new_formats), added, p)
            return xml[: self._root_end] + whole + xml[self._root_end :]
        opening = with_attribute(block[0][: block[0].index(b">")], b"count", b"%d" % len(self._formats))
        whole = opening + block[0][block[0].index(b">") : block[0].rindex(b"</")] + added
        whole += block[0][block[0].rindex(b"</") :]
        return xml[: block.start()] + whole + xml[block.end() :]

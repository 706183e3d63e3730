"""The XML of one sheet, seen as the places of its rows and cells in the bytes.

No tree is built: a tree of 100,000 rows takes minutes and gigabytes, and writing it out again would lose what
it does not know. ECMA-376 part 1, section 18.3.1, says what may stand where.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache, cached_property
from typing import NamedTuple

MAX_ROWS = 1_048_576
MAX_COLUMNS = 16_384

_NAMESPACES = (
    b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    b"http://purl.oclc.org/ooxml/spreadsheetml/main",
)
_ROOT = re.compile(rb"<((?:[A-Za-z_][\w.-]*:)?)worksheet((?=[\s>])[^>]*)>")
_ATTRIBUTE = re.compile(rb"""([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_NUMBER = re.compile(rb"""\sr\s*=\s*["'](\d{1,7})["']""")
_ADDRESS = re.compile(rb"\$?([A-Za-z]{1,3})\$?(\d{1,7})")


class NotUnderstood(Exception):
    """A sheet that is better not touched: its XML is not as any known program writes it, or (`code` says)
    what is asked cannot be done to it. `detail` is for whoever mends the program."""

    def __init__(self, detail: str, code: str = "sheet_not_understood", **facts: object) -> None:
        super().__init__(detail)
        self.code, self.facts = code, facts


class Row(NamedTuple):
    """`xml[start:tag_end]` is the start tag and `xml[tag_end:body_end]` the cells.
    A row that closes itself has tag_end == body_end == end."""

    number: int  # as people count, from 1
    start: int
    tag_end: int
    body_end: int
    end: int


class CellXml(NamedTuple):
    """A cell as written; `inner` is what its element holds."""

    column: int  # from 0
    raw: bytes
    attributes: dict[bytes, bytes]
    inner: bytes


def attributes_of(tag: bytes) -> dict[bytes, bytes]:
    return {name: double or single for name, double, single in _ATTRIBUTE.findall(tag)}


def with_attribute(tag: bytes, name: bytes, value: bytes | None) -> bytes:
    """A start tag with one attribute set (None: taken away)."""
    if attributes_of(tag).get(name) == value:
        return tag
    bare = re.sub(rb"""\s""" + re.escape(name) + rb"""\s*=\s*(?:"[^"]*"|'[^']*')""", b"", tag, count=1)
    if value is None:
        return bare
    return re.sub(rb"^<[\w:.-]+", lambda head: head[0] + b" " + name + b'="' + value + b'"', bare, count=1)


@cache
def letters(column: int) -> str:
    """The name of a column counted from 0: A, B … XFD."""
    name = ""
    column += 1
    while column:
        column, digit = divmod(column - 1, 26)
        name = chr(65 + digit) + name
    return name


@cache
def column_of(name: bytes) -> int:
    number = 0
    for letter in name.upper():
        number = number * 26 + letter - 64
    return number - 1


def address(row: int, column: int) -> str:
    """`row` as people count, `column` from 0."""
    return f"{letters(column)}{row}"


class Area(NamedTuple):
    """Rows as people count, columns from 0; both ends belong to it."""

    top: int
    left: int
    bottom: int
    right: int

    def holds(self, row: int, column: int) -> bool:
        return self.top <= row <= self.bottom and self.left <= column <= self.right

    def __str__(self) -> str:
        return f"{address(self.top, self.left)}:{address(self.bottom, self.right)}"


def area_of(reference: bytes) -> Area | None:
    """`B2:C9` or `B2`; None for whole columns and rows, and for what is no reference."""
    first, _, second = reference.partition(b":")
    start, end = _ADDRESS.fullmatch(first), _ADDRESS.fullmatch(second or first)
    if not start or not end:
        return None
    return Area(int(start[2]), column_of(start[1]), int(end[2]), column_of(end[1]))


class SheetXml:
    """The bytes of a sheet part and where its rows are. Raises NotUnderstood, at the latest by `rows`."""

    def __init__(self, xml: bytes) -> None:
        self.xml = xml
        root = _ROOT.search(xml, 0, 65_536)
        if root is None or b"<!DOCTYPE" in xml[: root.start()]:
            raise NotUnderstood("no worksheet")
        declaration = re.search(rb"""encoding\s*=\s*["']([\w-]+)["']""", xml[: root.start()])
        if declaration and declaration[1].lower() not in (b"utf-8", b"us-ascii"):
            raise NotUnderstood("not UTF-8")
        self.prefix = root[1]
        bound = attributes_of(root[2]).get(b"xmlns:" + root[1][:-1] if root[1] else b"xmlns")
        if bound not in _NAMESPACES:
            raise NotUnderstood("not a sheet's namespace")
        self._find_data(root.end())
        self._cell = self.pattern(rb"<{p}c(?=[\s/>])([^>]*?)(?:/>|>(.*?)</{p}c\s*>)")
        self._parsed: dict[int, list[CellXml]] = {}

    def _find_data(self, after: int) -> None:
        """`data` is the whole sheetData element, `body` what it holds."""
        opening = self.pattern(rb"<{p}sheetData(?=[\s/>])[^>]*>").search(self.xml, after)
        if opening is None:
            raise NotUnderstood("no sheetData")
        self.data_start = opening.start()
        self.body_start = self.body_end = self.data_end = opening.end()
        if not opening[0].endswith(b"/>"):
            closing = b"</" + self.prefix + b"sheetData>"
            self.body_end = self.xml.find(closing, opening.end())
            if self.body_end < 0:
                raise NotUnderstood("sheetData does not end")
            self.data_end = self.body_end + len(closing)

    def pattern(self, template: bytes) -> re.Pattern[bytes]:
        """A pattern in which `{p}` stands for the prefix that this file gives the main namespace."""
        return re.compile(template.replace(b"{p}", re.escape(self.prefix)), re.DOTALL)

    def tag(self, name: bytes) -> bytes:
        return self.prefix + name

    @cached_property
    def rows(self) -> list[Row]:
        """All row elements in their order, which is the order of their numbers."""
        xml, end = self.xml, self.body_end
        if xml.find(b"<!", self.body_start, end) >= 0 or xml.find(b"<?", self.body_start, end) >= 0:
            raise NotUnderstood("a comment, CDATA or an instruction among the cells")
        found, position, number = [], self.body_start, 0
        opening, closing = b"<" + self.tag(b"row"), b"</" + self.tag(b"row>")
        while (start := xml.find(opening, position, end)) >= 0:
            if start != position and not xml[position:start].isspace():
                raise NotUnderstood("something between the rows")
            tag_end = xml.find(b">", start, end) + 1
            given = _NUMBER.search(xml, start, tag_end)
            previous, number = number, int(given[1]) if given else number + 1
            if not previous < number <= MAX_ROWS:
                raise NotUnderstood("rows out of order")
            if xml[tag_end - 2] == 47:  # a slash: the row closes itself
                row = Row(number, start, tag_end, tag_end, tag_end)
            else:
                body_end = xml.find(closing, tag_end, end)
                if body_end < 0 or not tag_end:
                    raise NotUnderstood("a row does not end")
                row = Row(number, start, tag_end, body_end, body_end + len(closing))
            found.append(row)
            position = row.end
        if xml[position:end].strip():
            raise NotUnderstood("something after the rows")
        return found

    @cached_property
    def numbers(self) -> list[int]:
        return [row.number for row in self.rows]

    def row(self, number: int) -> Row | None:
        index = bisect_right(self.numbers, number) - 1
        return self.rows[index] if index >= 0 and self.numbers[index] == number else None

    def row_at(self, position: int) -> Row:
        """The row whose element holds this byte."""
        index = bisect_right(self.rows, position, key=lambda row: row.start) - 1
        if index < 0 or position >= self.rows[index].end:
            raise NotUnderstood("a cell outside the rows")
        return self.rows[index]

    def cells(self, row: Row) -> list[CellXml]:
        """The row's cells from left to right."""
        if row.number not in self._parsed:
            self._parsed[row.number] = list(self._scan(row))
        return self._parsed[row.number]

    def _scan(self, row: Row) -> Iterator[CellXml]:
        position, column = row.tag_end, -1
        for match in self._cell.finditer(self.xml, row.tag_end, row.body_end):
            if self.xml[position : match.start()].strip():
                raise NotUnderstood(f"something between the cells of row {row.number}")
            attributes = attributes_of(match[1])
            previous = column
            column += 1
            if b"r" in attributes:
                place = _ADDRESS.fullmatch(attributes[b"r"])
                if not place or int(place[2]) != row.number:
                    raise NotUnderstood(f"a stray cell in row {row.number}")
                column = column_of(place[1])
            if not previous < column < MAX_COLUMNS:
                raise NotUnderstood(f"cells of row {row.number} out of order")
            yield CellXml(column, match[0], attributes, match[2] or b"")
            position = match.end()
        if self.xml[position : row.body_end].strip():
            raise NotUnderstood(f"something after the cells of row {row.number}")

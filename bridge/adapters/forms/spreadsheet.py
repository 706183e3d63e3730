"""The bytes of an .xlsx download as a table of cells.

The reader lays a sheet out as a full rectangle and ends the whole process when memory does not suffice, so a
file of a few kilobytes with one cell at XFD1048576 would kill the bridge. It therefore gets only what was
unpacked, counted and measured here.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterable
from datetime import date, datetime, time

from python_calamine import CalamineWorkbook, SheetTypeEnum

from bridge.adapters.forms.trouble import Limits, Trouble, visible
from bridge.domain.cells import Cell

COMPOUND_FILE = bytes.fromhex("D0CF11E0A1B11AE1")  # an encrypted workbook, or one of Excel 97-2003
CHUNK = 1 << 20
WANTED_PARTS = ("[Content_Types].xml", "_rels/", "xl/")
BROKEN_ZIP = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    OSError,
    ValueError,
)

# The tag of a cell as Google, Excel and LibreOffice write it: no prefix, its position first and once, no
# angle bracket in an attribute; so what is measured here is what the reader sees. Any other one is odd.
ODD_CELL = re.compile(
    rb"<(?:[^\s<>/]*:c(?=[\s/>])"
    rb"|c(?=[\s/>])(?!\s+r=\"[A-Z]{1,3}[0-9]{1,7}\"(?:\s+(?!r=)[\w:]+=\"[^\"<>]*\")*+\s*/?>))"
)
COLUMN_OF_CELL = re.compile(rb"<c\s+r=\"([A-Z]+)[^<>]*(?<!/)>")  # a tag closed at once is an empty cell
ROW_OF_CELL = re.compile(rb"<c\s+r=\"[A-Z]+([0-9]+)[^<>]*(?<!/)>")


def read(data: bytes, limits: Limits) -> list[list[Cell]]:
    """The first sheet that holds anything, from its cell A1; whole floats are int, blank cells None.

    Raises Trouble: xlsx_locked, xlsx_damaged, xlsx_too_big, file_empty.
    """
    if data.startswith(COMPOUND_FILE):
        raise Trouble("xlsx_locked")
    parts = _unpack(data, limits)
    _measure(parts.values(), limits)
    for rows in _sheets(_pack(parts)):
        if any(cell is not None for row in rows for cell in row):
            return rows
    raise Trouble("file_empty")


def read_bounded(archive: zipfile.ZipFile, part: zipfile.ZipInfo, room: int) -> bytes | None:
    """A part of an archive, None when it is larger than `room` bytes, whatever its entry declares.
    Raises one of BROKEN_ZIP."""
    pieces: list[bytes] = []
    with archive.open(part) as stream:
        while piece := stream.read(CHUNK):
            room -= len(piece)
            if room < 0:
                return None
            pieces.append(piece)
    return b"".join(pieces)


def _unpack(data: bytes, limits: Limits) -> dict[str, bytes]:
    parts: dict[str, bytes] = {}
    room = limits.unpacked_bytes
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for entry in archive.infolist():
                if not is_wanted(entry.filename):
                    continue
                content = read_bounded(archive, entry, room)
                if content is None:
                    raise Trouble("xlsx_too_big")
                if entry.filename in parts:
                    raise Trouble("xlsx_damaged")
                parts[entry.filename] = content
                room -= len(content)
    except BROKEN_ZIP as error:
        raise Trouble("xlsx_damaged") from error
    return parts


def is_wanted(name: str) -> bool:
    return name.startswith(WANTED_PARTS) and name.endswith((".xml", ".rels"))


def _measure(parts: Iterable[bytes], limits: Limits) -> None:
    """Every part is measured, because any of them may be named as a sheet."""
    for content in parts:
        Measure(limits).add(content)


class Measure:
    """How large a part would be laid out, which may come in pieces that cut no tag."""

    def __init__(self, limits: Limits) -> None:
        self._limits, self._width, self._height = limits, 0, 0

    def add(self, content: bytes) -> None:
        """Raises Trouble: xlsx_damaged, xlsx_too_big."""
        if ODD_CELL.search(content):
            raise Trouble("xlsx_damaged")
        columns = set(COLUMN_OF_CELL.findall(content))
        self._width = max(self._width, max(map(_column_number, columns), default=0))
        self._height = max(self._height, max(map(int, set(ROW_OF_CELL.findall(content))), default=0))
        if self._width * self._height > self._limits.cells:
            raise Trouble("xlsx_too_big")


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - ord("A") + 1
    return number


def _pack(parts: dict[str, bytes]) -> io.BytesIO:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    packed.seek(0)
    return packed


def _sheets(workbook: io.BytesIO) -> Iterable[list[list[Cell]]]:
    try:
        book = CalamineWorkbook.from_filelike(workbook)
        for sheet in book.sheets_metadata:
            if sheet.typ is SheetTypeEnum.WorkSheet:
                table = book.get_sheet_by_name(sheet.name).to_python(skip_empty_area=False)
                yield [[cell_of(value) for value in row] for row in table]
    except (KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:  # a panic of the reader is not an Exception
        raise Trouble("xlsx_damaged") from error


def cell_of(value: object) -> Cell:
    if isinstance(value, str):
        return visible(value) if value else None
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 2**63 else value
    if isinstance(value, (bool, int, date, datetime)):
        return value
    if isinstance(value, time):
        return value.isoformat("seconds")
    return None if value is None else str(value)

"""A register as people hand it in, gone through row by row: a million rows are never in memory at once.

(A worksheet is: its reader, python-calamine, holds all of its cells.)
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from python_calamine import CalamineSheet, CalamineWorkbook, SheetTypeEnum

from bridge.adapters.forms import delimited, spreadsheet
from bridge.adapters.forms.export_file import read_file
from bridge.adapters.forms.trouble import Limits, Trouble, visible
from bridge.application.ports.forms import Unreadable
from bridge.application.ports.register_imports import Damaged, RegisterFile
from bridge.domain.cells import Cell

CHUNK = 1 << 20
GZIP = b"\x1f\x8b"
WORKBOOK = (b"PK\x03\x04", spreadsheet.COMPOUND_FILE)  # whatever the file is called
SAMPLED_BYTES = 400_000
# As many rows as a worksheet can have, with some thirty columns.
LIMITS = Limits(file_bytes=2_000_000_000, unpacked_bytes=4_000_000_000, cells=32_000_000)


def open_register(path: Path) -> RegisterFile | Unreadable:
    """A .csv or .xlsx, or a .zip with one .csv."""
    suffix = path.suffix.lower()
    try:
        if path.stat().st_size > LIMITS.file_bytes:
            raise Trouble("file_too_big", megabytes=LIMITS.file_bytes // 1_000_000)
        start = _start(path)
        if start.startswith(GZIP):
            raise Trouble("file_packed")
        if suffix == ".xlsx" or (suffix != ".zip" and start.startswith(WORKBOOK)):
            return _worksheet(path)
        return read_file(path) if suffix == ".zip" else _csv(path)
    except PermissionError:
        return _unreadable(path, Trouble("file_open_elsewhere"))
    except OSError as error:
        return _unreadable(path, Trouble("file_unreadable", reason=error.strerror or error))
    except Trouble as trouble:
        return _unreadable(path, trouble)


def _start(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(8)


@dataclass(frozen=True)
class _File:
    """Implements ports.register_imports.RegisterFile."""

    name: str
    sheet: str
    cursor: str
    rows: _CsvRows | _SheetRows


# ------------------------------------------------------------------------------------------------ .csv


@dataclass(frozen=True)
class _CsvRows:
    path: Path
    encoding: str
    delimiter: str

    def __iter__(self) -> Iterator[Sequence[Cell]]:
        """Raises Damaged."""
        before: list[str] = []
        row: list[str] = []
        line = 1
        with self.path.open(encoding=self.encoding, newline="") as file:
            reader = csv.reader(map(visible, file), delimiter=self.delimiter, strict=True)
            try:
                for each in reader:
                    before, row, line = row, each, reader.line_num + 1
                    yield row
            except csv.Error as error:  # the quote is where the record begins
                cut = "end of data" in str(error) and not self._ends_with_line()
                trouble = Trouble("file_incomplete") if cut else Trouble("csv_damaged", line=line)
                raise Damaged(_unreadable(self.path, trouble)) from error
        if len(row) < len(before) and not self._ends_with_line():
            raise Damaged(_unreadable(self.path, Trouble("file_incomplete")))

    def _ends_with_line(self) -> bool:
        with self.path.open("rb") as file:
            file.seek(-min(2, self.path.stat().st_size), 2)
            return bool(set(file.read()) & {10, 13})


def _csv(path: Path) -> RegisterFile:
    digest, encoding = _read_through(path)
    with path.open(encoding=encoding, newline="") as file:
        sample = visible(file.read(delimited.SAMPLED_CHARACTERS))
    if not sample.strip():
        raise Trouble("file_empty")
    return _File(path.name, "", digest, _CsvRows(path, encoding, delimited.delimiter_of(sample)))


def _read_through(path: Path) -> tuple[str, str]:
    """(digest, encoding). Raises Trouble as delimited.decode does."""
    utf16 = _start(path).startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    encoding = "utf-16" if utf16 else "utf-8-sig"
    digest = hashlib.sha256()
    chunk = b""
    for chunk in _chunks(path):
        digest.update(chunk)
    if chunk.endswith(b"\0\0"):  # room reserved by a copy that is still going on
        raise Trouble("file_incomplete")
    try:
        _decode(path, encoding)
    except UnicodeDecodeError as error:
        if error.reason in ("unexpected end of data", "truncated data"):
            raise Trouble("file_incomplete") from error
        if utf16:
            raise Trouble("csv_encoding") from error
        with path.open("rb") as file:
            delimited.decode(file.read(SAMPLED_BYTES) + b"\n")  # judges what it may be
        encoding = "cp874"
        try:
            _decode(path, encoding)
        except UnicodeDecodeError as other:
            raise Trouble("csv_encoding") from other
    return digest.hexdigest(), encoding


def _decode(path: Path, encoding: str) -> None:
    decoder = codecs.getincrementaldecoder(encoding)()
    for chunk in _chunks(path):
        decoder.decode(chunk)
    decoder.decode(b"", final=True)


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


# ------------------------------------------------------------------------------------------------ .xlsx


@dataclass(frozen=True)
class _SheetRows:
    sheet: CalamineSheet

    def __iter__(self) -> Iterator[Sequence[Cell]]:
        for row in self.sheet.iter_rows():
            yield [spreadsheet.cell_of(value) for value in row]


def _worksheet(path: Path) -> RegisterFile:
    """The first sheet that holds anything."""
    if _start(path) == spreadsheet.COMPOUND_FILE:
        raise Trouble("xlsx_locked")
    digest = hashlib.sha256()
    for chunk in _chunks(path):
        digest.update(chunk)
    _measure(path)
    try:
        book = CalamineWorkbook.from_path(str(path))
        for meta in book.sheets_metadata:
            if meta.typ is SheetTypeEnum.WorkSheet:
                rows = _SheetRows(book.get_sheet_by_name(meta.name))
                if any(cell is not None for row in rows for cell in row):
                    return _File(path.name, meta.name, digest.hexdigest(), rows)
    except (KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:  # a panic of the reader is not an Exception
        raise Trouble("xlsx_damaged") from error
    raise Trouble("file_empty")


def _measure(path: Path) -> None:
    """See adapters.forms.spreadsheet: what would be laid out is counted before it is."""
    room = LIMITS.unpacked_bytes
    try:
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                if spreadsheet.is_wanted(entry.filename):
                    room -= _measure_part(archive, entry, room)
    except spreadsheet.BROKEN_ZIP as error:
        raise Trouble("xlsx_damaged") from error


def _measure_part(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, room: int) -> int:
    """The part's size in bytes."""
    size, measure, rest = 0, spreadsheet.Measure(LIMITS), b""
    with archive.open(entry) as part:
        while chunk := part.read(CHUNK):
            size += len(chunk)
            if size > room:
                raise Trouble("xlsx_too_big")
            chunk = rest + chunk
            cut = chunk.rfind(b"<")
            measure.add(chunk[: max(cut, 0)])
            rest = chunk[max(cut, 0) :]
    measure.add(rest)
    return size


def _unreadable(path: Path, trouble: Trouble) -> Unreadable:
    return Unreadable(path.name, trouble.code, {"file": path.name, **trouble.facts})

"""Tables for matching: .csv (packed by gzip or not) or .xlsx read as columns of texts, pairs and links written."""

from __future__ import annotations

import csv
import gzip
import io
import os
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from bridge.adapters.forms import spreadsheet
from bridge.adapters.forms.delimited import decode, delimiter_of
from bridge.adapters.forms.trouble import Limits, Trouble, visible
from bridge.application.errors import OutsideError, SheetError
from bridge.application.match_files import TableColumns
from bridge.application.ports.wording import Wording
from bridge.domain.cells import as_text
from bridge.domain.problems import Problem

PACKED = b"\x1f\x8b"
WORKBOOK = (b"PK\x03\x04", spreadsheet.COMPOUND_FILE)
LONGEST_SHOWN = 64  # characters
# As many rows as a worksheet can have, with some thirty columns.
LIMITS = Limits(file_bytes=2_000_000_000, unpacked_bytes=4_000_000_000, cells=32_000_000)


class MatchTables:
    """Reads and writes the tables of the commands `match`."""

    def __init__(self, wording: Wording) -> None:
        self._wording = wording

    def read(self, path: Path) -> TableColumns:
        """Headers and columns; rows without any value are left out. Raises SheetError: match_unreadable."""
        try:
            return _columns(_records(path.read_bytes()))
        except Trouble as trouble:
            problem = Problem(trouble.code, facts={**trouble.facts, "file": path.name})
            raise SheetError(
                "match_unreadable", file=path.name, reason=self._wording.problem(problem)
            ) from trouble
        except OSError as error:
            raise SheetError("match_no_file", file=path.name, said=type(error).__name__) from error

    def write(self, path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Whole or not at all. Raises OutsideError: match_not_written."""
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
        self.write_text(path, text.getvalue())

    def write_text(self, path: Path, text: str) -> None:
        """Raises OutsideError: match_not_written."""
        data = text.encode("utf-8")
        beside = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            beside.write_bytes(gzip.compress(data, 6, mtime=0) if path.suffix == ".gz" else data)
            beside.replace(path)
        except OSError as error:
            raise OutsideError("match_not_written", file=path.name, said=type(error).__name__) from error
        finally:
            beside.unlink(missing_ok=True)


def _records(data: bytes) -> list[list[str]]:
    """Record r is row r + 1 of what a spreadsheet shows."""
    if data.startswith(WORKBOOK):
        return [[as_text(cell) for cell in row] for row in spreadsheet.read(data, LIMITS)]
    text = _unpacked(data)
    if not text.strip():
        raise Trouble("file_empty")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(text), strict=True)
    records, line = [], 1
    try:
        for record in reader:
            records.append(record)
            line = reader.line_num + 1
    except csv.Error as error:  # the quote is where the record begins; the reader may have gone on to the end
        raise Trouble("csv_damaged", line=line) from error
    return records


def _unpacked(data: bytes) -> str:
    if data.startswith(PACKED):
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as error:
            raise Trouble("gzip_damaged") from error
    return visible(decode(data))


def _columns(records: Sequence[list[str]]) -> TableColumns:
    numbers = [number for number, row in enumerate(records, 1) if any(row)]
    if not numbers:
        raise Trouble("file_empty")
    header, *rows = [records[number - 1] for number in numbers]
    width = len(header)
    for number, row in zip(numbers[1:], rows, strict=True):
        if len(row) > width and any(row[width:]):
            surplus = next(filter(None, row[width:]))[:LONGEST_SHOWN]
            raise Trouble("row_too_long", row=number, surplus=surplus, width=width)
    rows = [row if len(row) == width else (row + [""] * width)[:width] for row in rows]
    columns = [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in header]
    return TableColumns(header, columns, numbers[1:])

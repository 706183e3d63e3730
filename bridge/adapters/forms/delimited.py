"""The bytes of a .csv download as a table of texts."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice

from bridge.adapters.forms.trouble import Trouble, visible
from bridge.domain.cells import Cell

DELIMITERS = ",;\t"
SAMPLED_ROWS = 30  # as many as are searched for the header
SAMPLED_CHARACTERS = 200_000
ASCII = bytes(range(128))


def read(data: bytes) -> list[list[Cell]]:
    """Every record of the file; a cell is the text as it is in the file, None where it is empty.

    A blank line is an empty record, so that record r is row r + 1 of what a spreadsheet shows.
    Raises Trouble: file_empty, file_incomplete, csv_encoding, csv_damaged.
    """
    text = decode(data)
    if text.endswith("\0"):  # room reserved by a copy that is still going on
        raise Trouble("file_incomplete")
    text = visible(text)
    if not text.strip():
        raise Trouble("file_empty")
    rows = _records(text, delimiter_of(text))
    _refuse_cut_record(text, rows)
    return rows


def decode(data: bytes) -> str:
    """UTF-8 or UTF-16 by their byte order marks, else UTF-8, else the Thai code page of Windows."""
    try:
        if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return data.decode("utf-16")
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if error.end >= len(data) and error.reason in ("unexpected end of data", "truncated data"):
            raise Trouble("file_incomplete") from error
        if error.encoding != "utf-8" or _is_damaged_utf8(data):
            raise Trouble("csv_encoding") from error
    try:
        return data.decode("cp874")
    except UnicodeDecodeError as error:
        raise Trouble("csv_encoding") from error


def _is_damaged_utf8(data: bytes) -> bool:
    """Every Thai character in UTF-8 begins with E0 B8 or E0 B9: a third of all bytes beyond ASCII.
    In cp874 these pairs are two letters that seldom meet."""
    beyond_ascii = len(data.translate(None, ASCII))
    return (data.count(b"\xe0\xb8") + data.count(b"\xe0\xb9")) * 6 > beyond_ascii


def delimiter_of(text: str) -> str:
    """The delimiter that cuts most of the first records into the same number of cells; the comma in doubt.
    A cut before a blank does not count: programs write none there, people do."""
    sample = text[:SAMPLED_CHARACTERS]

    def regularity(delimiter: str) -> int:
        sampled = islice(_lenient(sample, delimiter), SAMPLED_ROWS)
        cuts = Counter(sum(not cell.startswith(" ") for cell in row[1:]) for row in sampled)
        return max((number * rows for number, rows in cuts.items()), default=0)

    return max(DELIMITERS, key=regularity)


def _lenient(sample: str, delimiter: str) -> Iterator[list[str]]:
    with suppress(csv.Error):
        yield from csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)


def _records(text: str, delimiter: str) -> list[list[Cell]]:
    # Strict: a lenient reader would join all that lies between two stray quotes into one cell without a word.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        return [[cell or None for cell in row] for row in reader]
    except csv.Error as error:
        if "end of data" in str(error):
            raise Trouble("file_incomplete") from error
        raise Trouble("csv_damaged", line=reader.line_num) from error


def _refuse_cut_record(text: str, rows: list[list[Cell]]) -> None:
    """A download is rectangular: a shorter last record without a line end is a copy still going on."""
    if text.endswith(("\n", "\r")):
        return
    cut_between_cells = len(rows) > 1 and len(rows[-1]) < len(rows[-2])
    cut_before_quote = text.startswith('"') and not text.endswith('"')  # Google Forms quotes every cell
    if cut_between_cells or cut_before_quote:
        raise Trouble("file_incomplete")

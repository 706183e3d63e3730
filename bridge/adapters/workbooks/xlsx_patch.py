"""Changes put into the XML of a sheet, byte by byte exact: what is not edited stays as whoever wrote it did.

Loading and saving with a library would drop cached results of formulas, shapes, pivot tables, sparklines and
newer drop-downs. Here only the edited `c` elements change, and rows are added below the last one in use.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from bridge.adapters.workbooks.formulas import refuse_parts_of_arrays, without_shared
from bridge.adapters.workbooks.sheet_looks import Looks, with_dimension
from bridge.adapters.workbooks.sheet_ranges import Appended, filter_header, with_grown_ranges
from bridge.adapters.workbooks.sheet_xml import (
    MAX_COLUMNS,
    MAX_ROWS,
    CellXml,
    NotUnderstood,
    Row,
    SheetXml,
    address,
    attributes_of,
    with_attribute,
)
from bridge.adapters.workbooks.xlsx_styles import Styles
from bridge.adapters.workbooks.xlsx_values import encode
from bridge.application.ports.workbooks import TabChange
from bridge.domain.cells import Cell


@dataclass(frozen=True)
class Patched:
    """A sheet with the changes in it, and what the rest of the workbook must know of them."""

    xml: bytes
    formula_replaced: bool
    appended: Appended | None
    filter_end: int  # the row where the filter ended before it grew, 0 when it did not


@dataclass
class _Job:
    """What to write to one row: column -> value."""

    values: dict[int, Cell] = field(default_factory=dict)
    appended: bool = False


def patch_sheet(
    xml: bytes, change: TabChange, styles: Styles, date1904: bool, heads: Collection[int]
) -> Patched:
    """`heads` are rows known from outside the sheet to be headers (of tables).

    Raises NotUnderstood (also with the codes cell_in_array and sheet_full), ValueError for too long a text.
    """
    sheet = SheetXml(xml)
    first = _first_free_row(sheet, change)
    jobs = _jobs(change, first)
    places = [(number, column) for number, job in jobs.items() for column in job.values]
    refuse_parts_of_arrays(sheet, places)
    sheet = without_shared(sheet, places)
    heads = {*heads, filter_header(sheet.xml[sheet.data_end :])}
    looks = Looks(sheet, heads, first - 1, used_row(sheet, sheet.rows))
    writer = _Writer(sheet, looks, styles, date1904)
    head, body, tail = with_dimension(sheet, places), writer.body(jobs), sheet.xml[sheet.data_end :]
    appended, filter_end = None, 0
    if change.appended:
        appended = Appended(first, first + len(change.appended) - 1, looks.template is None)
        tail, filter_end = with_grown_ranges(tail, appended)
    return Patched(b"".join((head, *body, tail)), writer.formula_replaced, appended, filter_end)


def _first_free_row(sheet: SheetXml, change: TabChange) -> int:
    filled = [
        row + 1 for (row, _), value in change.cells.items() if not (value in (None, "") or value is False)
    ]
    return max([used_row(sheet, reversed(sheet.rows)), *filled]) + 1


def _jobs(change: TabChange, first: int) -> dict[int, _Job]:
    """The rows to write, by number."""
    jobs: dict[int, _Job] = {}
    for (row, column), value in change.cells.items():
        jobs.setdefault(row + 1, _Job()).values[column] = value
    for number, values in enumerate(change.appended, first):
        job = jobs.setdefault(number, _Job())
        job.values.update(values)
        job.appended = True
    columns = [column for job in jobs.values() for column in job.values]
    if max(jobs, default=1) > MAX_ROWS or max(columns, default=0) >= MAX_COLUMNS:
        raise NotUnderstood("past the last row or column", "sheet_full")
    if min(jobs, default=1) < 1 or min(columns, default=0) < 0:
        raise ValueError("a place above or left of the sheet")
    return jobs


def used_row(sheet: SheetXml, rows: Iterable[Row]) -> int:
    """The first of these rows that holds anything, 0 when none does. Check boxes that nobody ticked are
    nothing: people fill a column with them far below their data."""
    names = [sheet.tag(name) for name in (b"v", b"is", b"f")]
    for row in rows:
        body = sheet.xml[row.tag_end : row.body_end]
        if any(b"<" + name in body for name in names) and any(
            _holds(sheet, cell) for cell in sheet.cells(row)
        ):
            return row.number
    return 0


def _holds(sheet: SheetXml, cell: CellXml) -> bool:
    kind = cell.attributes.get(b"t")
    found = sheet.pattern(rb"<{p}v(?=[\s/>])[^>]*?(?:/>|>([^<]*)</{p}v>)").search(cell.inner)
    value = (found[1] or b"").strip() if found else None
    if b"<" + sheet.tag(b"f") in cell.inner:
        return bool(value) or not (kind == b"str" and value is not None)  # not yet calculated may be anything
    if kind == b"inlineStr":
        return sheet.pattern(rb"<{p}t(?=[\s>])[^>]*>[^<]").search(cell.inner) is not None
    return bool(value) and not (kind == b"b" and value in (b"0", b"false"))


class _Writer:
    """Renders the rows of one sheet."""

    def __init__(self, sheet: SheetXml, looks: Looks, styles: Styles, date1904: bool) -> None:
        self._sheet, self._looks, self._styles, self._date1904 = sheet, looks, styles, date1904
        self._formula = b"<" + sheet.tag(b"f")
        self.formula_replaced = False

    def body(self, jobs: Mapping[int, _Job]) -> list[bytes | memoryview]:
        """The sheetData element with the jobs done, in pieces: a large sheet is copied only once."""
        sheet, xml = self._sheet, memoryview(self._sheet.xml)
        pieces: list[bytes | memoryview] = [_open(sheet.xml[sheet.data_start : sheet.body_start])]
        position, index = sheet.body_start, 0
        for number in sorted(jobs):
            index = bisect_left(sheet.numbers, number, index)
            row = sheet.rows[index] if index < len(sheet.rows) else None
            start = row.start if row else sheet.body_end
            pieces.append(xml[position:start])
            if row and row.number == number:
                pieces.append(self._changed_row(row, jobs[number]))
                position = row.end
            else:
                pieces.append(self._new_row(number, jobs[number]))
                position = start
        return [*pieces, xml[position : sheet.body_end], b"</" + sheet.tag(b"sheetData>")]

    def _changed_row(self, row: Row, job: _Job) -> bytes:
        tag = _open(self._sheet.xml[row.start : row.tag_end])
        tag = with_attribute(tag, b"r", b"%d" % row.number)
        if job.appended:  # a filter may have hidden the empty row; what comes in new must be seen
            tag = with_attribute(tag, b"hidden", None)
        old = {cell.column: cell for cell in self._sheet.cells(row)}
        return self._row(_spanning(tag, [*old, *job.values]), row.number, job, old)

    def _new_row(self, number: int, job: _Job) -> bytes:
        looks = self._looks.row_attributes(job.appended)
        return self._row(b'<%b r="%d"%b>' % (self._sheet.tag(b"row"), number, looks), number, job, {})

    def _row(self, tag: bytes, number: int, job: _Job, old: Mapping[int, CellXml]) -> bytes:
        styled = self._looks.template_columns if job.appended else ()
        columns = sorted({*old, *job.values, *styled})
        cells = [self._cell(number, column, job, old.get(column)) for column in columns]
        return tag + b"".join(cells) + b"</" + self._sheet.tag(b"row>")

    def _cell(self, number: int, column: int, job: _Job, old: CellXml | None) -> bytes:
        value, look = job.values.get(column), 0
        if old is not None:
            look = int(old.attributes.get(b"s", b"0"))
            if column not in job.values and (look or old.inner or not job.appended):
                return old.raw
            self.formula_replaced |= self._formula in old.inner
        if look == 0 and (old is None or job.appended):
            look = self._looks.of_new_cell(number, column, job.appended)
        if old is None and value is None and not (job.appended and look):
            return b""
        return self._element(number, column, self._styles.fitting(look, value), value)

    def _element(self, number: int, column: int, look: int, value: Cell) -> bytes:
        encoded = encode(value, self._date1904, self._sheet.prefix.decode())
        name = self._sheet.tag(b"c")
        tag = b'<%b r="%b"' % (name, address(number, column).encode())
        tag += b' s="%d"' % look if look else b""
        tag += b' t="%b"' % encoded.kind if encoded.kind else b""
        return b"%b>%b</%b>" % (tag, encoded.inner, name) if encoded.inner else tag + b"/>"


def _open(tag: bytes) -> bytes:
    """The start tag of an element that will hold something."""
    return tag[:-2].rstrip() + b">" if tag.endswith(b"/>") else tag


def _spanning(tag: bytes, columns: Collection[int]) -> bytes:
    """A row's start tag; `spans`, where it is given, is the first and last column counted from 1."""
    given = re.fullmatch(rb"(\d+):(\d+)", attributes_of(tag).get(b"spans", b""))
    if not given or not columns:
        return with_attribute(tag, b"spans", None)
    first, last = min(int(given[1]), min(columns) + 1), max(int(given[2]), max(columns) + 1)
    return with_attribute(tag, b"spans", b"%d:%d" % (first, last))

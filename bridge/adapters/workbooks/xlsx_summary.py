"""The summary workbook as an .xlsx file: tables and native charts on the bridge's own tabs; others stay."""

from __future__ import annotations

import errno
import math
import re
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.header_footer import HeaderFooterItem, _HeaderFooterPart
from openpyxl.worksheet.page import PageMargins
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.xml.functions import localname

from bridge.adapters.workbooks import files
from bridge.adapters.workbooks.package import Package, Relationship
from bridge.adapters.workbooks.xlsx_charts import ROW_CM, native_chart
from bridge.application.errors import Changed, OutsideError, SheetError
from bridge.domain.summary import Format, SummaryBlock, SummaryTab, Value, visible_length

FACE = "Tahoma"  # has Thai letters and is on every Windows
ACCENT, PALE, RULE = "1F5673", "E3EDF3", "9FB8C6"
BODY = Font(name=FACE, size=10)
BOLD = Font(name=FACE, size=10, bold=True)
HEADING = Font(name=FACE, size=11, bold=True, color=ACCENT)
TITLE = Font(name=FACE, size=16, bold=True, color=ACCENT)
QUIET = Font(name=FACE, size=9, color="5F6B73")
HEADER_FILL = PatternFill("solid", start_color=PALE)
UNDER = Border(bottom=Side("thin", color=RULE))
ABOVE = Border(top=Side("thin", color=RULE), bottom=Side("double", color=RULE))
MAX_TEXT = 32_767  # Excel's limit for a cell
GAP = 2  # columns between tables and charts, rows between tables

# What openpyxl writes back as it read it (or may lose without harm), by the last word of the relation's type.
KEPT_IN_BOOK = {
    *("worksheet", "chartsheet", "theme", "styles", "sharedStrings", "calcChain"),
    *("externalLink", "customXml", "person", "pivotCacheDefinition"),
}
KEPT_IN_TAB = {
    *("drawing", "chart", "chartStyle", "chartColorStyle", "hyperlink", "comments", "vmlDrawing", "table"),
    "printerSettings",
}
OBJECT_TYPE = re.compile(rb'ObjectType="(\w+)"')
LOST_IN_TAB = {"extLst", "legacyDrawingHF", "oleObjects", "controls", "picture"}
LOST_IN_DRAWING = {"sp", "grpSp", "cxnSp", "pic", "contentPart", "AlternateContent"}


class XlsxSummaryBook:
    """A SummaryBook in a local file, which need not exist yet."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def name(self) -> str:
        return self._path.name

    def write(self, tabs: Sequence[SummaryTab]) -> None:
        """See the port. Also raises SheetError('summary_unpreserved') before writing, when people's tabs hold
        something that could not be written back; `parts` names it."""
        files.ensure_free(self._path)
        before = files.read_bytes(self._path) if self._path.exists() else None
        book = self._new() if before is None else self._loaded(before, {tab.title for tab in tabs})
        _replace_tabs(book, tabs)
        files.replace(self._path, self._packed(book), lambda: self._refuse_when_changed(before))

    def _new(self) -> Workbook:
        book = Workbook()
        book.remove(book.worksheets[0])
        book.properties.creator = "Saphan"
        return book

    def _loaded(self, before: bytes, own: set[str]) -> Workbook:
        parts = sorted(set(_unpreserved(Package(before, self.name), own)))
        if parts:
            raise SheetError("summary_unpreserved", file=self.name, parts=", ".join(parts))
        try:
            return load_workbook(BytesIO(before), rich_text=True)
        except Exception as error:  # a damaged file makes the reader raise nearly anything
            raise SheetError("workbook_damaged", file=self.name) from error

    def _packed(self, book: Workbook) -> bytes:
        packed = BytesIO()
        try:
            book.save(packed)
        except OSError as error:  # openpyxl keeps each tab in a temporary file meanwhile
            code = "disk_full" if error.errno == errno.ENOSPC else "workbook_out_of_reach"
            reason = error.strerror or str(error)
            folder = str(self._path.parent)
            raise OutsideError(code, file=self.name, folder=folder, reason=reason) from error
        return packed.getvalue()

    def _refuse_when_changed(self, before: bytes | None) -> None:
        files.ensure_free(self._path)
        now = files.read_bytes(self._path) if self._path.exists() else None
        if now != before:
            raise Changed("workbook_changed", file=self.name)


# ------------------------------------------------------------------------------------ what would be lost


def _unpreserved(package: Package, own: set[str]) -> Iterator[str]:
    """What openpyxl would drop: of the workbook, and of the tabs that are not in `own`.
    Raises SheetError when the file is damaged."""
    book = next((rel.target for rel in package.relationships() if rel.kind == "officeDocument"), None)
    if book is None:
        package.damaged()
    relations = package.relationships(book)
    yield from (relation.kind for relation in relations if relation.kind not in KEPT_IN_BOOK)
    parts = {relation.id: relation.target for relation in relations}
    for sheet in package.xml(book).iter():
        if localname(sheet) == "sheet" and (title := sheet.get("name", "")) not in own:
            identity = next((value for key, value in sheet.attrib.items() if key.endswith("}id")), "")
            yield from (f"{title}: {what}" for what in _lost_in_tab(package, parts.get(identity, "")))


def _lost_in_tab(package: Package, part: str) -> Iterator[str]:
    yield from LOST_IN_TAB.intersection(map(localname, package.xml(part)))
    waiting, seen = [part], {part}
    while waiting:
        for relation in package.relationships(waiting.pop()):
            if relation.kind not in KEPT_IN_TAB:
                yield relation.kind
            elif relation.target not in seen:
                seen.add(relation.target)
                waiting.append(relation.target)
                yield from _lost_in_drawing(package, relation)


def _lost_in_drawing(package: Package, relation: Relationship) -> set[str]:
    if relation.kind == "drawing":
        return LOST_IN_DRAWING.intersection(map(localname, package.xml(relation.target).iter()))
    if relation.kind == "vmlDrawing":  # openpyxl keeps comments, not buttons
        objects = OBJECT_TYPE.findall(package.read(relation.target))
        return {kind.decode() for kind in objects} - {"Note"}
    return set()


# ---------------------------------------------------------------------------------------------- laying out


def _replace_tabs(book: Workbook, tabs: Sequence[SummaryTab]) -> None:
    """Each tab at the place of the one it replaces; a new one after the tab before it."""
    shown = book.active.title if book.sheetnames and book.active is not None else None
    place = 0
    for tab in tabs:
        if tab.title in book.sheetnames:
            place = book.sheetnames.index(tab.title)
            del book[tab.title]
        _lay_out(book.create_sheet(tab.title, place), tab)
        place += 1
    book.active = book.sheetnames.index(shown) if shown in book.sheetnames else 0
    for sheet in book.worksheets:  # two selected tabs would be edited together
        sheet.sheet_view.tabSelected = sheet is book.active
    book.calculation.fullCalcOnLoad = True


def _lay_out(sheet: Worksheet, tab: SummaryTab) -> None:
    _put(sheet.cell(1, 1), tab.title, TITLE)
    _put(sheet.cell(2, 1), tab.as_of, QUIET)
    sheet.row_dimensions[1].height = 24
    row = 4
    for note in tab.notes:
        _put(sheet.cell(row, 1), note, BODY)
        row += GAP
    taken: tuple[int, int] = (0, 0)  # what charts take: from this column on, down to this row
    for block in tab.blocks:
        if len(block.columns) + GAP > taken[0]:
            row = max(row, taken[1])
        taken = _lay_charts(sheet, block, row, taken)
        row = _lay_block(sheet, block, row) + GAP
    _set_up(sheet, tab)


def _lay_charts(sheet: Worksheet, block: SummaryBlock, row: int, taken: tuple[int, int]) -> tuple[int, int]:
    """Charts to the right of their table, below those that are there; returns what charts take now."""
    for chart in block.charts:
        native = native_chart(sheet, block, chart, row + 1)
        column = len(block.columns) + GAP
        first = max(row, taken[1])
        sheet.add_chart(native, f"{get_column_letter(column)}{first}")
        taken = (min(column, taken[0] or column), first + math.ceil(native.height / ROW_CM) + GAP)
    return taken


def _lay_block(sheet: Worksheet, block: SummaryBlock, row: int) -> int:
    """Writes the block from this row on; returns the first row below it."""
    _put(sheet.cell(row, 1), block.heading, HEADING)
    sheet.row_dimensions[row].height = 20
    _lay_header(sheet, block, row + 1)
    row += 2
    for values in block.rows:
        _lay_row(sheet, block, row, values, BODY)
        row += 1
    _lay_row(sheet, block, row, block.total, BOLD, ABOVE)
    row += 1
    for note in block.notes:
        _put(sheet.cell(row, 1), note, QUIET)
        row += 1
    return row


def _lay_header(sheet: Worksheet, block: SummaryBlock, row: int) -> None:
    for at, column in enumerate(block.columns, start=1):
        cell = sheet.cell(row, at)
        _put(cell, column.header, BOLD)
        side = "left" if column.format is Format.TEXT else "right"
        cell.alignment = Alignment(horizontal=side, vertical="center", wrap_text=True)
        cell.fill, cell.border = HEADER_FILL, UNDER
    lines = max(math.ceil(visible_length(column.header) / column.width) for column in block.columns)
    sheet.row_dimensions[row].height = 8 + 14 * lines


def _lay_row(
    sheet: Worksheet,
    block: SummaryBlock,
    row: int,
    values: Sequence[Value],
    font: Font,
    border: Border | None = None,
) -> None:
    for at, (column, value) in enumerate(zip(block.columns, values, strict=True), start=1):
        cell = sheet.cell(row, at)
        _put(cell, value, font)
        if column.format is Format.TEXT:
            cell.alignment = Alignment(vertical="center", wrap_text=True)
        else:
            cell.number_format = column.format.value
            cell.alignment = Alignment(vertical="center")
        if border is not None:
            cell.border = border


def _put(cell: Any, value: Value, font: Font) -> None:
    """A str stays text: neither openpyxl nor a later edit in Excel makes a formula of it."""
    cell.font = font
    if not isinstance(value, str):
        cell.value = value
    elif value:
        text = value.encode("utf-8", "replace").decode("utf-8")
        cell.value = ILLEGAL_CHARACTERS_RE.sub("", text)[:MAX_TEXT]
        cell.data_type = "s"
        if value[0] in "=+-@":
            cell.quotePrefix = True


def _set_up(sheet: Worksheet, tab: SummaryTab) -> None:
    """Column widths, what stays in sight, and the printed page."""
    labels = 0
    for block in tab.blocks:
        labels = max(labels, sum(column.format is Format.TEXT for column in block.columns))
        for at, column in enumerate(block.columns, start=1):
            dimension = sheet.column_dimensions[get_column_letter(at)]
            # 13 is what openpyxl says of a column that has no width yet
            dimension.width = max(column.width, dimension.width if dimension.customWidth else 0)
    sheet.freeze_panes = f"{get_column_letter(labels + 1)}3"
    sheet.sheet_view.showGridLines = False
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_margins = PageMargins(left=0.4, right=0.4, top=0.4, bottom=0.6, header=0.2, footer=0.3)
    sheet.print_title_rows = "1:3"
    sheet.oddFooter = HeaderFooterItem(left=_HeaderFooterPart("&A"), right=_HeaderFooterPart("&P / &N"))

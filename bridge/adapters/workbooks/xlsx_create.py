"""A new workbook: headers that tell whose column it is, formats down whole columns, ready to print."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

from openpyxl import Workbook
from openpyxl.formatting.rule import Rule
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.styles.numbers import NumberFormat
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from bridge.adapters.workbooks.sheet_xml import MAX_ROWS
from bridge.adapters.workbooks.xlsx_styles import DATE_FORMAT, DATETIME_FORMAT
from bridge.domain.cells import Kind
from bridge.domain.columns import Column, Owner, Table

_FONT = "TH Sarabun New"  # the government's document font
_SIZE = 14  # points; its letters are small
_LINE = 21.0  # points that a line of it takes
_WRAPS_FROM = 40  # characters; text in columns as wide as this runs over several lines
_LIST_LIMIT = 255  # characters of a drop-down list written inside its rule

_FILLS = {Owner.FORM: "DDEBF7", Owner.STAFF: "FFF2CC", Owner.BRIDGE: "E7E6E6", Owner.SUGGESTED: "FCE4D6"}
_FORMATS = {
    Kind.TEXT: "@",  # keeps the zeros of ids and phone numbers
    Kind.NUMBER: "#,##0",
    Kind.DATE: DATE_FORMAT,
    Kind.DATETIME: DATETIME_FORMAT,
    Kind.MARK: "General",
}
_SATANG = "#,##0.00"
_SIDES = {Kind.DATE: "center", Kind.DATETIME: "center", Kind.MARK: "center", Kind.NUMBER: "right"}


def new_workbook(tables: Sequence[Table]) -> bytes:
    """An .xlsx file with one tab per table. Raises ValueError for a tab name that Excel forbids."""
    workbook = Workbook()
    workbook.properties.creator = "Saphan"
    for old in workbook.worksheets:
        workbook.remove(old)
    for table in tables:
        _fill(workbook.create_sheet(table.tab), table.columns)
    target = BytesIO()
    workbook.save(target)
    return target.getvalue()


def _fill(sheet: Worksheet, columns: Sequence[Column]) -> None:
    for number, column in enumerate(columns, 1):
        letter = get_column_letter(number)
        _look(sheet, letter, column)
        _header(sheet, number, column)
        _offer_choices(sheet, letter, column)
        if column.kind is Kind.NUMBER:
            _show_satang(sheet, letter)
    lines = max((_lines(column) for column in columns), default=1)
    sheet.row_dimensions[1].height = _LINE * lines + 8
    sheet.sheet_format.defaultRowHeight = _LINE
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(max(1, len(columns)))}1"
    _set_up_printing(sheet)


def _look(sheet: Worksheet, letter: str, column: Column) -> None:
    """The look of the whole column, which rows to come inherit."""
    dimension = sheet.column_dimensions[letter]
    dimension.width = column.width
    dimension.number_format = _FORMATS[column.kind]
    dimension.font = Font(name=_FONT, size=_SIZE)
    dimension.alignment = Alignment(
        vertical="top",
        horizontal=_SIDES.get(column.kind),
        indent=1 if column.kind is Kind.NUMBER else 0,  # keeps its distance from the text beside it
        wrap_text=column.width >= _WRAPS_FROM,
    )


def _header(sheet: Worksheet, number: int, column: Column) -> None:
    cell = sheet.cell(1, number, column.header)
    cell.data_type = "s"  # a header that begins with = is a text too
    cell.number_format = "@"
    cell.font = Font(name=_FONT, size=_SIZE, bold=True)
    cell.fill = PatternFill("solid", start_color=_FILLS[column.owner])
    cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
    line = Side(style="thin", color="BFBFBF")
    cell.border = Border(left=line, right=line, top=line, bottom=Side(style="medium", color="8EA9C1"))


def _lines(column: Column) -> int:
    """Lines that a header takes; the filter's button needs the room of three characters."""
    return min(3, -(-len(column.header) // max(1, column.width - 3)))


def _offer_choices(sheet: Worksheet, letter: str, column: Column) -> None:
    """A drop-down that suggests and does not forbid: what is typed instead is merged as any edit is."""
    listed = ",".join(column.choices)
    if not listed or len(listed) > _LIST_LIMIT or any("," in choice for choice in column.choices):
        return
    rule = DataValidation(type="list", formula1='"' + listed.replace('"', '""') + '"', allow_blank=True)
    rule.showErrorMessage = False
    rule.add(f"{letter}2:{letter}{MAX_ROWS}")
    sheet.add_data_validation(rule)


def _show_satang(sheet: Worksheet, letter: str) -> None:
    """Amounts show their satang when there are any; ages and counts never do."""
    look = DifferentialStyle(numFmt=NumberFormat(numFmtId=4, formatCode=_SATANG))
    fraction = f"AND(ISNUMBER({letter}2),{letter}2<>INT({letter}2))"
    rule = Rule(type="expression", dxf=look, formula=[fraction])
    sheet.conditional_formatting.add(f"{letter}2:{letter}{MAX_ROWS}", rule)


def _set_up_printing(sheet: Worksheet) -> None:
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = "1:1"
    sheet.page_margins.left = sheet.page_margins.right = 0.4
    sheet.oddFooter.center.text = "&A   &P / &N"  # type: ignore[union-attr]  # always there on a new sheet

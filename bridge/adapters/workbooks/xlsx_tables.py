"""Plain tables as an .xlsx file to hand out: what people typed stays text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from io import BytesIO
from typing import Any, Protocol

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from bridge.domain.cells import Cell

MOST_ROWS = 1_048_575  # below the header row
MOST_TEXT = 32_767  # characters of a cell


class Table(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def headers(self) -> Sequence[str]: ...
    @property
    def rows(self) -> Iterable[Sequence[Cell]]: ...


def tables_file(tables: Iterable[Table]) -> bytes:
    """One worksheet for each; rows beyond what a worksheet holds are left out."""
    book = Workbook(write_only=True)
    for table in tables:
        sheet = book.create_sheet(table.name[:31])
        sheet.freeze_panes = "A2"
        for place in range(len(table.headers)):
            sheet.column_dimensions[get_column_letter(place + 1)].width = 22
        sheet.append([text_cell(sheet, header, Font(bold=True)) for header in table.headers])
        for number, row in enumerate(table.rows):
            if number == MOST_ROWS:
                break
            sheet.append([text_cell(sheet, value) for value in row])
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def text_cell(sheet: Any, value: Cell, font: Font | None = None) -> Any:
    """A text is a text, whatever it begins with, in Excel and after an edit there."""
    if not isinstance(value, str):
        return WriteOnlyCell(sheet, value)  # type: ignore[arg-type]  # dates, too, are cells
    text = ILLEGAL_CHARACTERS_RE.sub("", value.encode("utf-8", "replace").decode("utf-8"))[:MOST_TEXT]
    cell = WriteOnlyCell(sheet, text)
    cell.data_type = "s"
    cell.quotePrefix = bool(text) and text[0] in "=+-@\t\r"
    if font is not None:
        cell.font = font
    return cell

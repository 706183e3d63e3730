"""A tab of a workbook as a person works in it: by header, row by row, never minding the bridge."""

from __future__ import annotations

from copy import copy
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from openpyxl.cell.cell import Cell as SheetCell
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from bridge.domain.columns import Table

_FIRST_ROW = 2


class Tab:
    """One tab, with its header in row 1. Rows are counted as people see them."""

    def __init__(self, path: Path, table: Table) -> None:
        self._path, self._table = path, table
        self._book = load_workbook(path)
        self._sheet: Worksheet = self._book[table.tab]

    def save(self) -> None:
        self._book.save(self._path)

    def rows(self) -> range:
        return range(_FIRST_ROW, self._last_row() + 1)

    def get(self, row: int, column: str) -> Any:
        return self._cell(row, column).value

    def put(self, row: int, **values: Any) -> None:
        """Types values, by column key. A str stays text whatever it begins with, as after an apostrophe."""
        for column, value in values.items():
            _set(self._cell(row, column), value)

    def find(self, **values: Any) -> int:
        """The first row with these values. Raises LookupError."""
        for row in self.rows():
            if all(self.get(row, column) == value for column, value in values.items()):
                return row
        raise LookupError(f"no row with {values}")

    def add(self, **values: Any) -> int:
        """Types a new row at the bottom."""
        row = self._last_row() + 1
        self.put(row, **values)
        return row

    def copy_row(self, row: int) -> int:
        """Copies a row to the bottom, its id included."""
        target = self._last_row() + 1
        for column in range(1, self._sheet.max_column + 1):
            _Kept(self._sheet.cell(row, column)).put(self._sheet.cell(target, column))
        return target

    def sort(self, column: str) -> None:
        """Sorts whole rows; blanks go last."""
        place = self._place(column)
        width = self._sheet.max_column
        taken = [[_Kept(self._sheet.cell(row, c)) for c in range(1, width + 1)] for row in self.rows()]
        taken.sort(key=lambda cells: (cells[place - 1].value is None, str(cells[place - 1].value)))
        for row, cells in zip(self.rows(), taken, strict=True):
            for number, kept in enumerate(cells, 1):
                kept.put(self._sheet.cell(row, number))

    def insert_private_column(self, header: str, after: str) -> int:
        """A column of one's own in the middle; what is to the right moves, with its widths. Returns its place."""
        sheet, place = self._sheet, self._place(after) + 1
        for column in range(sheet.max_column, place - 1, -1):
            old: Any = sheet.column_dimensions[get_column_letter(column)]
            new: Any = sheet.column_dimensions[get_column_letter(column + 1)]
            new.width, new._style = old.width, copy(old._style)
        sheet.insert_cols(place)
        heading: Any = sheet.cell(1, place, header)
        neighbour: Any = sheet.cell(1, place - 1)
        heading._style = copy(neighbour._style)
        sheet.column_dimensions[get_column_letter(place)].width = len(header) + 6
        sheet.auto_filter.ref = f"A1:{get_column_letter(sheet.max_column)}{self._last_row()}"
        return place

    def scribble(self, row: int, place: int, text: str) -> None:
        """A word in a private column."""
        _set(self._sheet.cell(row, place), text)

    def _cell(self, row: int, column: str) -> SheetCell:
        return self._sheet.cell(row, self._place(column))  # type: ignore[return-value]  # nothing is merged

    def _place(self, column: str) -> int:
        header = self._table.by_key[column].header
        for cell in self._sheet[1]:
            if cell.value == header:
                return int(cell.column)
        raise LookupError(f"no column {header}")

    def _last_row(self) -> int:
        """Of the rows that hold anything."""
        rows = enumerate(self._sheet.iter_rows(values_only=True), 1)
        return max((row for row, values in rows if any(v is not None for v in values)), default=1)


class _Kept:
    """A cell's content and look, apart from its place."""

    def __init__(self, cell: Any) -> None:
        self.value, self._style = cell.value, copy(cell._style)

    def put(self, cell: Any) -> None:
        _set(cell, self.value)
        cell._style = self._style


def _set(cell: Any, value: Any) -> None:
    """Types a value; a cell that had no look takes its column's, as Excel does it."""
    if value is not None and not cell.has_style:
        cell._style = copy(cell.parent.column_dimensions[cell.column_letter]._style)
    look = copy(cell._style)
    cell.value = value
    if isinstance(value, str):
        cell.data_type = "s"
    if cell.has_style:
        cell._style = look

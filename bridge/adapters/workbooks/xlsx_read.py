"""Tabs of an .xlsx package as grids of cells: values from calamine, uncalculated formulas from the XML."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import MAXYEAR, date, datetime, time, timedelta
from io import BytesIO
from typing import Any

from python_calamine import CalamineWorkbook

from bridge.adapters.workbooks.calamine_copy import copy_for_calamine, unmark
from bridge.adapters.workbooks.package import Package
from bridge.adapters.workbooks.sheet_xml import (
    MAX_COLUMNS,
    MAX_ROWS,
    CellXml,
    NotUnderstood,
    SheetXml,
    address,
    column_of,
)
from bridge.adapters.workbooks.xlsx_parts import Parts
from bridge.application.errors import SheetError
from bridge.application.ports.workbooks import Grid
from bridge.domain.cells import Cell

MAX_AREA = 12_000_000  # cells from A1 to the last one: calamine holds the area, not just what is in it
_FAR_RIGHT = 702  # columns; past ZZ it is the column that was a mistake, otherwise the row

# One pattern per quote: a literal beginning makes the search ten times faster.
_COLUMNS = (re.compile(rb'r="([A-Za-z]{1,4})\d'), re.compile(rb"r='([A-Za-z]{1,4})\d"))
_ROWS = (re.compile(rb'r="[A-Za-z]*(\d+)'), re.compile(rb"r='[A-Za-z]*(\d+)"))
_FILLED = re.compile(
    rb"""<(?:[\w.-]+:)?c(?=\s)[^>]*?\sr=["']([A-Za-z]{1,4})(\d+)["'][^>]*(?<!/)>\s*<(?:[\w.-]+:)?(?:v|is|f)[\s>]"""
)


def read_grids(package: Package, tabs: Sequence[str]) -> dict[str, Grid]:
    """The named tabs. Raises SheetError: tab_missing, workbook_damaged, workbook_unsafe, cell_far_away,
    sheet_not_understood."""
    parts = Parts(package)
    chosen = [parts.tab(name) for name in dict.fromkeys(tabs)]
    sheets, uncalculated = [], []
    for tab in chosen:
        xml = package.read(tab.part)
        if b"<!DOCTYPE" in xml[:65_536]:
            raise SheetError("workbook_unsafe", file=package.file)
        _refuse_far_cells(xml, package.file, tab.name)
        try:
            uncalculated.append(frozenset(_uncalculated(xml)))
        except NotUnderstood as error:
            raise SheetError("sheet_not_understood", tab=tab.name, file=package.file) from error
        sheets.append(xml)
    copy, marked = copy_for_calamine(package, parts, sheets)
    del sheets, xml  # calamine holds its own
    raw = _raw_rows(copy, len(chosen), package)
    return {
        tab.name: Grid(_rows(raw.pop(0), marked), places)
        for tab, places in zip(chosen, uncalculated, strict=True)
    }


def _raw_rows(copy: BytesIO, count: int, package: Package) -> list[list[list[Any]]]:
    try:
        workbook = CalamineWorkbook.from_filelike(copy)
        return [workbook.get_sheet_by_index(i).to_python(skip_empty_area=False) for i in range(count)]
    except (KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException as error:  # a panic inside calamine is no Exception
        raise SheetError("workbook_damaged", file=package.file) from error


def _rows(raw: list[list[Any]], marked: bool) -> list[list[Cell]]:
    rows: list[list[Cell]] = [
        [None if value == "" else value if type(value) is str else _cell(value) for value in row]
        for row in raw
    ]
    if marked:
        rows = [[unmark(value) if isinstance(value, str) else value for value in row] for row in rows]
    return rows


def _cell(value: Any) -> Cell:
    """A time of day has no type of its own among cells: it is the text that people see."""
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, datetime):
        return _to_second(value)
    if isinstance(value, time):
        return f"{_to_second(datetime.combine(date.min, value)):%H:%M:%S}"
    if isinstance(value, timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    return value  # type: ignore[no-any-return]  # bool, int, date


def _to_second(value: datetime) -> datetime:
    """A serial is a fraction of a day: 13:57:03 may come as 13:57:02.9996."""
    up = value.microsecond >= 500_000 and value.year < MAXYEAR
    return value.replace(microsecond=0) + timedelta(seconds=int(up))


def _refuse_far_cells(xml: bytes, file: str, tab: str) -> None:
    """One cell typed by accident in the last row of a sheet would cost gigabytes."""
    columns = max((column_of(name) + 1 for found in _COLUMNS for name in set(found.findall(xml))), default=0)
    rows = max((int(number) for found in _ROWS for number in set(found.findall(xml))), default=0)
    if columns * rows <= MAX_AREA and columns <= MAX_COLUMNS and rows <= MAX_ROWS:
        return
    filled = {
        (column_of(name), int(number)) for name, number in _FILLED.findall(xml)
    }  # a look alone does no harm
    if not filled:
        return
    right, bottom = max(filled), max(filled, key=lambda place: place[1])
    if (right[0] + 1) * bottom[1] > MAX_AREA or right[0] >= MAX_COLUMNS or bottom[1] > MAX_ROWS:
        column, row = right if right[0] >= _FAR_RIGHT else bottom
        raise SheetError("cell_far_away", cell=address(row, column), tab=tab, file=file)


def _uncalculated(xml: bytes) -> Iterator[tuple[int, int]]:
    """The places (from 0) of formulas that no program has calculated yet."""
    sheet = SheetXml(xml)
    if b"<f" not in xml and b":f" not in xml:
        return
    formula = sheet.pattern(
        rb"<{p}f(?=[\s/>])[^>]*?(?:/>|>[^<]*</{p}f>)\s*(<{p}v(?=[\s/>])[^>]*?(?:/>|>([^<]*)</{p}v>))?"
    )
    for found in formula.finditer(xml, sheet.body_start, sheet.body_end):
        if not found[2]:
            row = sheet.row_at(found.start())
            cell = _cell_at(sheet, row.number, found.start())
            if not (found[1] and cell.attributes.get(b"t") == b"str"):  # which is a result: the empty text
                yield row.number - 1, cell.column


def _cell_at(sheet: SheetXml, number: int, position: int) -> CellXml:
    row = sheet.row(number)
    end = row.tag_end if row else 0
    for cell in sheet.cells(row) if row else ():
        end = sheet.xml.index(cell.raw, end) + len(cell.raw)
        if position < end:
            return cell
    raise NotUnderstood(f"a formula outside the cells of row {number}")

"""spreadsheets.get: a spreadsheet as JSON, with ranges, grid data and field masks."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tests.stand_in.google import calc, masks, theme
from tests.stand_in.google.book import Area, Book, Sheet
from tests.stand_in.google.cells import Cell, Slot, extended
from tests.stand_in.google.data_filters import dimension_location, located

Json = dict[str, Any]
URL = "https://docs.google.com/spreadsheets/d/{}/edit"
ROW_PIXELS, COLUMN_PIXELS = 21, 100
_LINK = re.compile(r'^=HYPERLINK\(\s*"([^"]*)"', re.IGNORECASE)


def spreadsheet(
    book: Book, mask: masks.Mask | None, areas: list[Area] | None = None, with_data: bool = False
) -> Json:
    """The Spreadsheet; with a mask, grid data comes when the mask names it (Google ignores the flag then)."""
    if mask is not None:
        with_data = masks.wants(mask, "sheets", "data")
    shown = book.sheets if areas is None else [s for s in book.sheets if any(a[0] is s for a in areas)]
    answer: Json = {
        "spreadsheetId": book.id,
        "properties": {"title": book.title, **book.properties},
        "sheets": [sheet_json(book, sheet, mask, areas, with_data) for sheet in shown],
        "namedRanges": [{**n, "range": grid_range(n["range"])} for n in book.named],
        "spreadsheetUrl": URL.format(book.id),
        "developerMetadata": [
            located(entry, {"locationType": "SPREADSHEET", "spreadsheet": True}) for entry in book.metadata
        ],
    }
    return {name: value for name, value in answer.items() if value or name == "sheets"}


def grid_range(stored: Json) -> Json:
    """A GridRange as Google gives it: the id 0 is left out, bounds are kept."""
    return {k: v for k, v in stored.items() if v is not None and not (k == "sheetId" and not v)}


def clean(value: Any) -> Any:
    """A stored object with its ranges as Google gives them."""
    if isinstance(value, list):
        return [clean(item) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {k: clean(v) for k, v in value.items() if v is not None}
    return grid_range(kept) if "startRowIndex" in kept or "startColumnIndex" in kept else kept


def properties(book: Book, sheet: Sheet) -> Json:
    """SheetProperties; what is off or zero is left out."""
    grid = {"rowCount": sheet.grid.row_count, "columnCount": sheet.grid.column_count}
    grid |= {k: v for k, v in sheet.grid_extra.items() if v}
    answer: Json = {"sheetId": sheet.id, "title": sheet.title, "index": book.sheets.index(sheet)}
    answer |= {"sheetType": "GRID", "gridProperties": grid}
    return answer | {k: v for k, v in sheet.extra.items() if v is not None and v is not False}


def sheet_json(
    book: Book, sheet: Sheet, mask: masks.Mask | None, areas: list[Area] | None, with_data: bool
) -> Json:
    answer: Json = {"properties": properties(book, sheet)}
    if with_data:
        mine = [a for a in areas if a[0] is sheet] if areas is not None else [sheet.area()]
        answer["data"] = [grid_data(book, area, masks.below(mask, "sheets", "data")) for area in mine]
    optional: Json = {
        "merges": [grid_range(m) for m in sheet.merges],
        "protectedRanges": clean(sheet.protected),
        "basicFilter": clean(sheet.basic_filter),
        "charts": clean(sheet.charts),
        "developerMetadata": [
            located(entry, {"locationType": "SHEET", "sheetId": sheet.id}) for entry in sheet.metadata
        ],
    }
    optional |= {name: clean(items) for name, items in sheet.objects.items()}
    return answer | {name: value for name, value in optional.items() if value}


def grid_data(book: Book, area: Area, mask: masks.Mask | None) -> Json:
    """GridData of one area."""
    sheet, row0, row1, col0, col1 = area
    data: Json = {}
    if row0:
        data["startRow"] = row0
    if col0:
        data["startColumn"] = col0
    if masks.wants(mask, "rowData"):
        rows = _row_data(book, area, _cell_mask(mask))
        if rows:
            data["rowData"] = rows
    for name, dimension, start, end in (
        ("rowMetadata", "ROWS", row0, row1),
        ("columnMetadata", "COLUMNS", col0, col1),
    ):
        if masks.wants(mask, name):
            data[name] = [dimension_json(sheet, dimension, index) for index in range(start, end)]
    return data


def dimension_json(sheet: Sheet, dimension: str, index: int) -> Json:
    """DimensionProperties of one row or column."""
    axis = sheet.grid.row_axis if dimension == "ROWS" else sheet.grid.column_axis
    props = axis.props.get(index) or {}
    answer: Json = {"pixelSize": props.get("pixelSize", ROW_PIXELS if dimension == "ROWS" else COLUMN_PIXELS)}
    answer |= {name: True for name in ("hiddenByFilter", "hiddenByUser") if props.get(name)}
    if props.get("metadata"):
        place = dimension_location(sheet, dimension, index)
        answer["developerMetadata"] = [located(entry, place) for entry in props["metadata"]]
    return answer


def _cell_mask(mask: masks.Mask | None) -> masks.Mask | None:
    """What of each cell is wanted; an unknown name alone wants nothing."""
    try:
        return masks.below(mask, "rowData", "values")
    except KeyError:
        return {"nothing": {}}


def _row_data(book: Book, area: Area, mask: masks.Mask | None) -> list[Json]:
    """Rows as far as anything wanted is in them: trailing cells and rows without it are left out."""
    sheet, row0, row1, col0, col1 = area

    def wanted(name: str) -> bool:
        return mask is None or "*" in mask or name in mask

    rows: list[Json] = []
    for row in range(row0, min(row1, len(sheet.grid.rows))):
        slots = sheet.grid.rows[row][col0:col1]
        cells = [cell_json(book, sheet, row, col0 + at, slot, wanted) for at, slot in enumerate(slots)]
        while cells and not cells[-1]:
            cells.pop()
        rows.append({"values": cells} if cells else {})
    while rows and not rows[-1]:
        rows.pop()
    return rows


def cell_json(
    book: Book, sheet: Sheet, row: int, col: int, slot: Slot, wanted: Callable[[str], bool]
) -> Json:
    """CellData with the wanted fields."""
    if slot is None:
        return {}
    cell = slot if isinstance(slot, Cell) else None
    value = calc.value_of(book, sheet, row, col)
    answer: Json = {}
    if value is not None:
        if wanted("userEnteredValue"):
            answer["userEnteredValue"] = (
                {"formulaValue": cell.formula} if cell and cell.formula else extended(value)
            )
        if wanted("effectiveValue"):
            answer["effectiveValue"] = effective(value)
        if wanted("formattedValue"):
            answer["formattedValue"] = calc.shown(value, cell.fmt if cell else None)
    if wanted("effectiveFormat"):
        answer["effectiveFormat"] = effective_format(cell)
    if cell:
        answer |= _cell_extras(cell, wanted)
    return answer


def effective(value: Any) -> Json:
    if isinstance(value, calc.Problem):
        return {"errorValue": {"type": calc.ERROR_TYPES.get(str(value), "ERROR"), "message": _message(value)}}
    return extended(value)


def _message(problem: str) -> str:
    texts = {"#DIV/0!": "Function DIVIDE parameter 2 cannot be zero.", "#REF!": "Reference does not exist."}
    return texts.get(str(problem), "Formula parse error.")


def _cell_extras(cell: Cell, wanted: Callable[[str], bool]) -> Json:
    link = _LINK.match(cell.formula or "")
    extras: Json = {
        "userEnteredFormat": cell.fmt,
        "hyperlink": link[1] if link else None,
        "note": cell.note,
        "dataValidation": cell.rule,
        **(cell.extra or {}),
    }
    return {name: value for name, value in extras.items() if value and wanted(name)}


def effective_format(cell: Cell | None) -> Json:
    base = theme.default_format()
    base["textFormat"]["fontFamily"] = "Arial"
    base["hyperlinkDisplayType"] = "PLAIN_TEXT"
    for name, value in ((cell.fmt if cell else None) or {}).items():
        base[name] = (
            {**base[name], **value} if isinstance(base.get(name), dict) and name == "textFormat" else value
        )
    return base

"""batchUpdate requests about sheets and the spreadsheet itself."""

from __future__ import annotations

from typing import Any

from tests.stand_in.google import masks, styles
from tests.stand_in.google.book import Book, Sheet
from tests.stand_in.google.errors import Refused
from tests.stand_in.google.grid import Grid
from tests.stand_in.google.sheets_read import properties

Json = dict[str, Any]
EXTRA = ("hidden", "tabColor", "tabColorStyle", "rightToLeft")
GRID_EXTRA = (
    "frozenRowCount",
    "frozenColumnCount",
    "hideGridlines",
    "rowGroupControlAfter",
    "columnGroupControlAfter",
)


def update_spreadsheet(book: Book, body: Json) -> Json:
    current = {"title": book.title, **book.properties}
    changed = masks.update(current, body.get("properties") or {}, body["fields"])
    book.title = changed.pop("title", "")
    book.properties = changed
    return {}


def _check_title(book: Book, title: str, but: Sheet | None = None) -> None:
    other = book.find_title(title)
    if other is not None and other is not but:
        raise Refused(f'A sheet with the name "{title}" already exists. Please enter another name.')
    if not title or len(title) > 100:
        raise Refused("The sheet name cannot be empty or longer than 100 characters.")


def _free_title(book: Book, wanted: str) -> str:
    title, at = wanted, 2
    while book.find_title(title):
        title, at = f"{wanted} {at}", at + 1
    return title


def add_sheet(book: Book, body: Json) -> Json:
    wanted = body.get("properties") or {}
    sheet_id = wanted.get("sheetId")
    if sheet_id is not None and book.find(sheet_id):
        raise Refused(f"A sheet with id {sheet_id} already exists. Please enter another id.")
    title = wanted.get("title") or _free_title(book, f"Sheet{len(book.sheets) + 1}")
    _check_title(book, title)
    size = wanted.get("gridProperties") or {}
    grid = Grid(size.get("rowCount") or 1000, size.get("columnCount") or 26)
    sheet = Sheet(book.new_id() if sheet_id is None else sheet_id, title, grid)
    index = wanted.get("index")
    book.sheets.insert(len(book.sheets) if index is None else index, sheet)
    _set_extras(sheet, wanted)
    book.check_size()
    return {"properties": properties(book, sheet)}


def _set_extras(sheet: Sheet, wanted: Json) -> None:
    wanted = styles.normal(wanted)
    sheet.extra = {name: wanted[name] for name in EXTRA if wanted.get(name)}
    size = wanted.get("gridProperties") or {}
    sheet.grid_extra = {name: size[name] for name in GRID_EXTRA if size.get(name)}
    _check_frozen(sheet)


def _check_frozen(sheet: Sheet) -> None:
    if sheet.grid_extra.get("frozenRowCount", 0) >= max(sheet.grid.row_count, 1):
        raise Refused("You can't freeze all visible rows on the sheet.")
    if sheet.grid_extra.get("frozenColumnCount", 0) >= max(sheet.grid.column_count, 1):
        raise Refused("You can't freeze all visible columns on the sheet.")


def delete_sheet(book: Book, body: Json) -> Json:
    sheet = book.find(body.get("sheetId"))
    if sheet is None:
        raise Refused(f"No sheet with id: {body.get('sheetId') or 0}")
    if len(book.sheets) == 1:
        raise Refused("You can't remove all the sheets in a document.")
    if not sheet.extra.get("hidden") and all(s.extra.get("hidden") for s in book.sheets if s is not sheet):
        raise Refused("You can't remove all the visible sheets in a document.")
    book.sheets.remove(sheet)
    book.named = [n for n in book.named if (n["range"].get("sheetId") or 0) != sheet.id]
    return {}


def update_sheet(book: Book, body: Json) -> Json:
    wanted, mask = body.get("properties") or {}, body["fields"]
    sheet = book.sheet(wanted.get("sheetId"))
    current = properties(book, sheet)
    changed = masks.update(current, styles.normal(wanted), styles.mask_pairs(mask))
    title = changed.get("title") or ""
    if title != sheet.title:
        _check_title(book, title, sheet)
        sheet.title = title
    size = changed.get("gridProperties") or {}
    _resize(book, sheet, size)
    sheet.extra = {name: changed[name] for name in EXTRA if changed.get(name)}
    sheet.grid_extra = {name: size[name] for name in GRID_EXTRA if size.get(name)}
    _check_frozen(sheet)
    if all(s.extra.get("hidden") for s in book.sheets):
        raise Refused("You can't hide all the sheets in a document.")
    if "index" in mask or "*" in mask:
        _move(book, sheet, wanted.get("index"))
    return {}


def _resize(book: Book, sheet: Sheet, size: Json) -> None:
    rows, columns = size.get("rowCount") or 0, size.get("columnCount") or 0
    if rows < 1 or columns < 1:
        name = "rows" if rows < 1 else "columns"
        raise Refused(f"You can't delete all the {name} on the sheet.")
    for dimension, new, old in (
        ("ROWS", rows, sheet.grid.row_count),
        ("COLUMNS", columns, sheet.grid.column_count),
    ):
        if new < old:
            book.follow(sheet, dimension, ("delete", new, old, 0))
    sheet.grid.resize(rows, columns)
    book.check_size()


def _move(book: Book, sheet: Sheet, index: int | None) -> None:
    at = book.sheets.index(sheet)
    index = len(book.sheets) if index is None else index
    if index in (at, at + 1):
        return
    if not 0 <= index <= len(book.sheets):
        raise Refused(f"Invalid sheet index: {index}")
    book.sheets.pop(at)
    book.sheets.insert(index - 1 if index > at else index, sheet)


def twin(source: Sheet, book: Book, title: str, sheet_id: int | None) -> Sheet:
    """A copy of a sheet for `book`, with ids of its own."""
    copy = source.fork()
    copy.id = book.new_id() if sheet_id is None else sheet_id
    copy.title = title
    _rehome([copy.merges, copy.protected, copy.basic_filter, copy.charts, copy.objects], source.id, copy.id)
    for chart in copy.charts:
        chart["chartId"] = book.new_id()
    for protected in copy.protected:
        protected["protectedRangeId"] = book.new_id()
    axes = (copy.grid.row_axis, copy.grid.column_axis)
    for entry in [
        *copy.metadata,
        *(m for a in axes for p in a.props.values() for m in p.get("metadata") or []),
    ]:
        entry["metadataId"] = book.new_id()
    return copy


def _rehome(value: Any, old: int, new: int) -> None:
    if isinstance(value, list):
        for item in value:
            _rehome(item, old, new)
    elif isinstance(value, dict):
        ranged = "startRowIndex" in value or "startColumnIndex" in value or "sheetId" in value
        if ranged and (value.get("sheetId") or 0) == old:
            value["sheetId"] = new
        for item in value.values():
            _rehome(item, old, new)


def duplicate_sheet(book: Book, body: Json) -> Json:
    source = book.sheet(body.get("sourceSheetId"))
    sheet_id = body.get("newSheetId")
    if sheet_id is not None and book.find(sheet_id):
        raise Refused(f"A sheet with id {sheet_id} already exists. Please enter another id.")
    title = body.get("newSheetName") or _free_title(book, f"Copy of {source.title}")
    _check_title(book, title)
    copy = twin(source, book, title, sheet_id)
    book.sheets.insert(body.get("insertSheetIndex") or 0, copy)
    book.check_size()
    return {"properties": properties(book, copy)}


def copy_to(source: Book, sheet_id: int, target: Book) -> Json:
    """spreadsheets.sheets.copyTo: the SheetProperties of the copy, which is the last sheet of the target."""
    sheet = source.sheet(sheet_id)
    copy = twin(sheet, target, _free_title(target, f"Copy of {sheet.title}"), None)
    target.sheets.append(copy)
    target.changed()
    return properties(target, copy)


SHEETS = {
    "updateSpreadsheetProperties": update_spreadsheet,
    "addSheet": add_sheet,
    "deleteSheet": delete_sheet,
    "updateSheetProperties": update_sheet,
    "duplicateSheet": duplicate_sheet,
}

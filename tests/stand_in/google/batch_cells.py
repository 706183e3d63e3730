"""batchUpdate requests that write cells: values, formats, notes, drop-downs, replacing, pasting."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.stand_in.google import formula as formulas
from tests.stand_in.google import masks, styles
from tests.stand_in.google.book import Area, Book, Sheet
from tests.stand_in.google.cells import Cell, Slot, as_cell, as_slot, from_extended, is_blank, put
from tests.stand_in.google.entry import entered
from tests.stand_in.google.errors import Refused

Json = dict[str, Any]
WRITABLE = ("userEnteredValue", "userEnteredFormat", "note", "dataValidation", "textFormatRuns", "pivotTable")
READ_ONLY = ("effectiveValue", "effectiveFormat", "formattedValue", "hyperlink")


def cell_editor(mask: masks.Mask) -> Callable[[Slot, Json], Slot]:
    """What lays CellData over a slot under a mask such as `userEnteredValue,userEnteredFormat.numberFormat`."""
    for wrapper in ("rows", "values", "cell"):
        mask = mask.get(wrapper, mask)
    names = set(WRITABLE) if "*" in mask or not mask else set(mask)
    for name in names:
        if name not in WRITABLE:
            raise Refused(f"Invalid field: {name}")
    if names == {"userEnteredValue"}:
        return lambda slot, data: put(slot, *from_extended(data.get("userEnteredValue")))
    everything = "*" in mask or not mask

    def edit(slot: Slot, data: Json) -> Slot:
        return _laid(as_cell(slot), data, mask, names, everything)

    return edit


def _laid(cell: Cell, data: Json, mask: masks.Mask, names: set[str], everything: bool) -> Slot:
    if "userEnteredValue" in names:
        value, text = from_extended(data.get("userEnteredValue"))
        cell = replace(cell, value=value, formula=text)
    if "userEnteredFormat" in names:
        sub = mask.get("userEnteredFormat") if not everything else None
        wanted = styles.normal(data.get("userEnteredFormat") or {})
        fmt = masks.update(cell.fmt or {}, wanted, styles.mask_pairs(sub)) if sub else wanted
        cell = replace(cell, fmt=fmt or None)
    if "note" in names:
        cell = replace(cell, note=data.get("note") or None)
    if "dataValidation" in names:
        cell = replace(cell, rule=_rule(data.get("dataValidation")))
    extra = {n: data[n] for n in ("textFormatRuns", "pivotTable") if n in names and data.get(n)}
    return as_slot(replace(cell, extra=extra or None))


def _rule(rule: Json | None) -> Json | None:
    if not rule:
        return None
    if not (rule.get("condition") or {}).get("type"):
        raise Refused("condition.type must be set")
    return {k: v for k, v in rule.items() if v is not None and v is not False}


def update_cells(book: Book, body: Json) -> Json:
    edit = cell_editor(body["fields"])
    rows = [(row.get("values") or []) for row in body.get("rows") or []]
    if body.get("start") is not None:
        sheet, row0, col0 = coordinate(book, body["start"])
        _check_fit(sheet, row0, col0, rows, sheet.grid.row_count, sheet.grid.column_count)
        for row, values in enumerate(rows, row0):
            for col, data in enumerate(values, col0):
                sheet.grid.change(row, col, lambda slot, data=data: edit(slot, data))  # type: ignore[misc]
        return {}
    sheet, row0, row1, col0, col1 = book.area(body.get("range"))
    _check_fit(sheet, row0, col0, rows, row1, col1)
    for row in range(row0, row1):
        values = rows[row - row0] if row - row0 < len(rows) else []
        for col in range(col0, col1):
            data = values[col - col0] if col - col0 < len(values) else {}
            sheet.grid.change(row, col, lambda slot, data=data: edit(slot, data))  # type: ignore[misc]
    return {}


def coordinate(book: Book, place: Json) -> tuple[Sheet, int, int]:
    """A GridCoordinate, inside its grid."""
    sheet = book.sheet(place.get("sheetId"))
    row, col = place.get("rowIndex") or 0, place.get("columnIndex") or 0
    if row >= sheet.grid.row_count:
        raise Refused(f"GridCoordinate.rowIndex[{row}] is after last row in grid[{sheet.grid.row_count}]")
    if col >= sheet.grid.column_count:
        raise Refused(
            f"GridCoordinate.columnIndex[{col}] is after last column in grid[{sheet.grid.column_count}]"
        )
    return sheet, row, col


def _check_fit(sheet: Sheet, row0: int, col0: int, rows: list[Any], row1: int, col1: int) -> None:
    if row0 + len(rows) > row1:
        raise Refused(f"Attempting to write row: {row1}, beyond the last requested row of: {row1 - 1}")
    if rows and col0 + max(map(len, rows)) > col1:
        raise Refused(f"Attempting to write column: {col1}, beyond the last requested column of: {col1 - 1}")


def repeat_cell(book: Book, body: Json) -> Json:
    sheet, row0, row1, col0, col1 = book.area(body.get("range"))
    edit, data = cell_editor(body["fields"]), body.get("cell") or {}
    text = (data.get("userEnteredValue") or {}).get("formulaValue")
    alike = _once(edit, data)
    for row in range(row0, row1):
        for col in range(col0, col1):
            if not text:
                sheet.grid.change(row, col, alike)
                continue
            moved = _copied_formula(text, row - row0, col - col0)
            here = {**data, "userEnteredValue": {"formulaValue": moved}}
            sheet.grid.change(row, col, lambda slot, here=here: edit(slot, here))  # type: ignore[misc]
    return {}


def _once(edit: Callable[[Slot, Json], Slot], data: Json) -> Callable[[Slot], Slot]:
    """Lays the same over many slots. Those that hold the same come to hold one cell: cells never change in place."""
    laid: dict[Any, tuple[Slot, Slot]] = {}

    def change(slot: Slot) -> Slot:
        key = id(slot) if isinstance(slot, Cell) else (type(slot), slot)
        if key not in laid:
            laid[key] = slot, edit(slot, data)  # the slot is kept, so that its id stays its own
        return laid[key][1]

    return change


def _copied_formula(text: str, down: int, right: int) -> str:
    return formulas.rewrite(text, lambda ref: formulas.copied(ref, down, right))


def moved_slot(slot: Slot, down: int, right: int) -> Slot:
    """A slot as it arrives when copied: relative references follow."""
    if isinstance(slot, Cell) and slot.formula and (down or right):
        return replace(slot, formula=_copied_formula(slot.formula, down, right))
    return slot


def append_cells(book: Book, body: Json) -> Json:
    sheet = book.sheet(body.get("sheetId"))
    edit = cell_editor(body["fields"])
    rows = [(row.get("values") or []) for row in body.get("rows") or []]
    start = sheet.grid.last_row(0, sheet.grid.row_count, 0, sheet.grid.column_count)
    width = max(map(len, rows), default=0)
    sheet.grid.resize(
        max(sheet.grid.row_count, start + len(rows)),
        max(sheet.grid.column_count, width),
    )
    book.check_size()
    for row, values in enumerate(rows, start):
        for col, data in enumerate(values):
            sheet.grid.change(row, col, lambda slot, data=data: edit(slot, data))  # type: ignore[misc]
    return {}


def set_validation(book: Book, body: Json) -> Json:
    sheet, row0, row1, col0, col1 = book.area(body.get("range"))
    rule = _rule(body.get("rule"))
    for row in range(row0, row1):
        for col in range(col0, col1):
            sheet.grid.set(row, col, as_slot(replace(as_cell(sheet.grid.get(row, col)), rule=rule)))
    return {}


def find_replace(book: Book, body: Json) -> Json:
    areas = _where(book, body)
    if not body.get("find"):
        raise Refused("The find string must not be empty.")
    pattern = body["find"] if body.get("searchByRegex") else re.escape(body["find"])
    pattern = f"^(?:{pattern})$" if body.get("matchEntireCell") else pattern
    finder = re.compile(pattern, 0 if body.get("matchCase") else re.IGNORECASE)
    new = body.get("replacement") or ""
    counts = {"valuesChanged": 0, "formulasChanged": 0, "rowsChanged": 0, "sheetsChanged": 0}
    counts["occurrencesChanged"] = 0
    for area in areas:
        _replace_in(area, finder, new, bool(body.get("includeFormulas")), counts)
    return {name: count for name, count in counts.items() if count}


def _where(book: Book, body: Json) -> list[Area]:
    if body.get("range"):
        return [book.area(body["range"])]
    if body.get("allSheets"):
        return [sheet.area() for sheet in book.sheets]
    return [book.sheet(body.get("sheetId")).area()]


def _replace_in(area: Area, finder: re.Pattern[str], new: str, in_formulas: bool, counts: Json) -> None:
    sheet, row0, row1, col0, col1 = area
    rows = set()
    for row in range(row0, min(row1, len(sheet.grid.rows))):
        for col in range(col0, min(col1, len(sheet.grid.rows[row]))):
            slot = sheet.grid.get(row, col)
            cell = as_cell(slot)
            old = cell.formula if cell.formula else cell.value
            if is_blank(slot) or isinstance(old, bool) or (cell.formula and not in_formulas):
                continue
            text, times = finder.subn(new.replace("\\", "\\\\"), str(old))
            if times:
                value, formula, _ = entered(text, not isinstance(old, str) or bool(cell.formula))
                sheet.grid.set(row, col, put(slot, value, formula))
                counts["formulasChanged" if cell.formula else "valuesChanged"] += 1
                counts["occurrencesChanged"] += times
                rows.add(row)
    counts["rowsChanged"] += len(rows)
    counts["sheetsChanged"] += bool(rows)


def trim_whitespace(book: Book, body: Json) -> Json:
    sheet, row0, row1, col0, col1 = book.area(body.get("range"))
    count = 0
    for row in range(row0, min(row1, len(sheet.grid.rows))):
        for col in range(col0, col1):
            slot = sheet.grid.get(row, col)
            value = as_cell(slot).value
            if isinstance(value, str) and " ".join(value.split()) != value:
                sheet.grid.set(row, col, put(slot, " ".join(value.split()) or None))
                count += 1
    return {"cellsChangedCount": count} if count else {}


def update_borders(book: Book, body: Json) -> Json:
    sheet, row0, row1, col0, col1 = book.area(body.get("range"))
    sides = {side: styles.normal(body[side]) for side in ("top", "bottom", "left", "right") if body.get(side)}
    for row in range(row0, row1):
        for col in range(col0, col1):
            cell = as_cell(sheet.grid.get(row, col))
            fmt = dict(cell.fmt or {})
            fmt["borders"] = {**fmt.get("borders", {}), **sides}
            sheet.grid.set(row, col, as_slot(replace(cell, fmt=fmt)))
    return {}


def paste_data(book: Book, body: Json) -> Json:
    sheet, row0, col0 = coordinate(book, body.get("coordinate") or {})
    rows = [line.split(body.get("delimiter") or "\t") for line in str(body.get("data", "")).split("\n")]
    sheet.grid.resize(
        max(sheet.grid.row_count, row0 + len(rows)),
        max(sheet.grid.column_count, col0 + max(map(len, rows))),
    )
    for row, line in enumerate(rows, row0):
        for col, text in enumerate(line, col0):
            sheet.grid.set(row, col, put(sheet.grid.get(row, col), *entered(text, True)))
    return {}


CELLS = {
    "updateCells": update_cells,
    "repeatCell": repeat_cell,
    "appendCells": append_cells,
    "setDataValidation": set_validation,
    "findReplace": find_replace,
    "trimWhitespace": trim_whitespace,
    "updateBorders": update_borders,
    "pasteData": paste_data,
}

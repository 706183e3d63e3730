"""batchUpdate requests about rectangles: merging, sorting, copying, cutting, shifting, naming, protecting."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

from tests.stand_in.google import calc, masks
from tests.stand_in.google.batch_cells import coordinate, moved_slot
from tests.stand_in.google.book import Book, Range, Sheet
from tests.stand_in.google.cells import Cell, Slot, as_cell, as_slot, is_blank, put
from tests.stand_in.google.errors import Refused
from tests.stand_in.google.sheets_read import clean

Json = dict[str, Any]
Box = tuple[int, int, int, int]


def _box(merge: Range) -> Box:
    return merge["startRowIndex"], merge["endRowIndex"], merge["startColumnIndex"], merge["endColumnIndex"]


def _meet(a: Box, b: Box) -> bool:
    return a[0] < b[1] and b[0] < a[1] and a[2] < b[3] and b[2] < a[3]


def _inside(a: Box, b: Box) -> bool:
    return a[0] >= b[0] and a[1] <= b[1] and a[2] >= b[2] and a[3] <= b[3]


def _drop_merges(sheet: Sheet, box: Box) -> None:
    touched = [m for m in sheet.merges if _meet(_box(m), box)]
    if any(not _inside(_box(m), box) for m in touched):
        raise Refused("You must select all cells in a merged range to merge or unmerge them.")
    sheet.merges = [m for m in sheet.merges if m not in touched]


def merge_cells(book: Book, body: Json) -> Json:
    sheet, *box = book.area(body.get("range"))
    row0, row1, col0, col1 = box
    _drop_merges(sheet, (row0, row1, col0, col1))
    kind = body.get("mergeType") or "MERGE_ALL"
    parts = {
        "MERGE_ALL": [(row0, row1, col0, col1)],
        "MERGE_ROWS": [(row, row + 1, col0, col1) for row in range(row0, row1)],
        "MERGE_COLUMNS": [(row0, row1, col, col + 1) for col in range(col0, col1)],
    }
    if kind not in parts:
        raise Refused(f"Invalid mergeType: {kind}")
    for part in parts[kind]:
        if (part[1] - part[0]) * (part[3] - part[2]) > 1:
            sheet.merges.append(_range(sheet, part))
            _keep_first(sheet, part)
    return {}


def _range(sheet: Sheet, box: Box) -> Range:
    names = ("startRowIndex", "endRowIndex", "startColumnIndex", "endColumnIndex")
    return {"sheetId": sheet.id, **dict(zip(names, box, strict=True))}


def _keep_first(sheet: Sheet, box: Box) -> None:
    for row in range(box[0], box[1]):
        for col in range(box[2], box[3]):
            slot = sheet.grid.get(row, col)
            if (row, col) != (box[0], box[2]) and not is_blank(slot):
                sheet.grid.set(row, col, put(slot, None))


def unmerge_cells(book: Book, body: Json) -> Json:
    sheet, *box = book.area(body.get("range"))
    _drop_merges(sheet, (box[0], box[1], box[2], box[3]))
    return {}


def sort_key(value: Any) -> tuple[int, Any]:
    """Numbers before text before booleans before errors."""
    if isinstance(value, calc.Problem):
        return 3, 0
    if isinstance(value, bool):
        return 2, value
    return (1, value.casefold()) if isinstance(value, str) else (0, value)


def sort_range(book: Book, body: Json) -> Json:
    """Whole slots move, blanks stay last in either order; what rows carry beside cells stays where it is."""
    sheet, row0, row1, col0, col1 = book.area(body.get("range"))
    end = min(row1, max(len(sheet.grid.rows), row0))
    order = list(range(row0, end))
    for spec in reversed(body.get("sortSpecs") or []):
        column = spec.get("dimensionIndex") or 0
        if not col0 <= column < col1:
            raise Refused(f"Sort column {column} is outside of the range.")
        values = {row: calc.value_of(book, sheet, row, column) for row in order}
        filled = [row for row in order if values[row] is not None]
        filled.sort(key=lambda row: sort_key(values[row]), reverse=spec.get("sortOrder") == "DESCENDING")
        order = filled + [row for row in order if values[row] is None]
    _reorder(sheet, row0, order, col0, col1)
    return {}


def _reorder(sheet: Sheet, row0: int, order: list[int], col0: int, col1: int) -> None:
    grid = sheet.grid
    whole = col0 == 0 and not grid.has_formulas and all(len(grid.rows[row]) <= col1 for row in order)
    if whole and max(order, default=0) < len(grid.rows):
        grid.rows[row0 : row0 + len(order)] = [grid.rows[row] for row in order]
        return
    lines = {row: [grid.get(row, col) for col in range(col0, col1)] for row in order}
    for to, source in enumerate(order, row0):
        if to != source:
            for col, slot in enumerate(lines[source], col0):
                grid.set(to, col, moved_slot(slot, to - source, 0))


def randomize(book: Book, body: Json) -> Json:
    sheet, row0, row1, col0, col1 = book.area(body.get("range"))
    order = list(range(row0, min(row1, max(len(sheet.grid.rows), row0))))
    random.shuffle(order)
    _reorder(sheet, row0, order, col0, col1)
    return {}


def delete_duplicates(book: Book, body: Json) -> Json:
    sheet, row0, row1, col0, col1 = book.area(body.get("range"))
    seen: set[Any] = set()
    kept: list[list[Slot]] = []
    rows = sheet.grid.block(row0, row1, col0, col1)
    for at, line in enumerate(rows):
        key = tuple(calc.value_of(book, sheet, row0 + at, col) for col in range(col0, col1))
        if key not in seen or not any(v is not None for v in key):
            kept.append(line)
        seen.add(key)
    for at in range(len(rows)):
        for col in range(col0, col1):
            sheet.grid.set(row0 + at, col, kept[at][col - col0] if at < len(kept) else None)
    return {"duplicatesRemovedCount": len(rows) - len(kept)} if len(kept) < len(rows) else {}


def _pasted(old: Slot, new: Slot, kind: str) -> Slot:
    was, now = as_cell(old), as_cell(new)
    if kind == "PASTE_VALUES":
        return as_slot(replace(was, value=now.value, formula=None))
    if kind == "PASTE_FORMULA":
        return as_slot(replace(was, value=now.value, formula=now.formula))
    if kind == "PASTE_FORMAT":
        return as_slot(replace(was, fmt=now.fmt))
    if kind == "PASTE_DATA_VALIDATION":
        return as_slot(replace(was, rule=now.rule))
    if kind == "PASTE_NO_BORDERS":
        fmt = {k: v for k, v in (now.fmt or {}).items() if k != "borders"}
        return as_slot(replace(now, fmt=fmt or None))
    return new


def copy_paste(book: Book, body: Json) -> Json:
    """The destination is filled with whole copies of the source, at least one."""
    source, sr0, sr1, sc0, sc1 = book.area(body.get("source"))
    target, dr0, dr1, dc0, dc1 = book.area(body.get("destination"))
    kind = body.get("pasteType") or "PASTE_NORMAL"
    turned = body.get("pasteOrientation") == "TRANSPOSE"
    block = source.grid.block(sr0, sr1, sc0, sc1)
    if kind == "PASTE_VALUES":
        block = [
            [_fixed(book, source, slot, sr0 + r, sc0 + c) for c, slot in enumerate(line)]
            for r, line in enumerate(block)
        ]
    height, width = (sc1 - sc0, sr1 - sr0) if turned else (sr1 - sr0, sc1 - sc0)
    rows, columns = max((dr1 - dr0) // height, 1) * height, max((dc1 - dc0) // width, 1) * width
    if dr0 + rows > target.grid.row_count or dc0 + columns > target.grid.column_count:
        raise Refused("The destination range does not fit into the sheet.")
    for row in range(rows):
        for col in range(columns):
            at = (col % width, row % height) if turned else (row % height, col % width)
            slot = moved_slot(block[at[0]][at[1]], dr0 + row - sr0 - at[0], dc0 + col - sc0 - at[1])
            target.grid.change(dr0 + row, dc0 + col, lambda old, slot=slot: _pasted(old, slot, kind))  # type: ignore[misc]
    return {}


def _fixed(book: Book, sheet: Sheet, slot: Slot, row: int, col: int) -> Slot:
    if isinstance(slot, Cell) and slot.formula:
        return replace(slot, formula=None, value=calc.value_of(book, sheet, row, col))
    return slot


def cut_paste(book: Book, body: Json) -> Json:
    source, sr0, sr1, sc0, sc1 = book.area(body.get("source"))
    target, row0, col0 = coordinate(book, body.get("destination") or {})
    if row0 + sr1 - sr0 > target.grid.row_count or col0 + sc1 - sc0 > target.grid.column_count:
        raise Refused("The destination range does not fit into the sheet.")
    block = source.grid.block(sr0, sr1, sc0, sc1)
    for row in range(sr0, sr1):
        for col in range(sc0, sc1):
            source.grid.set(row, col, None)
    kind = body.get("pasteType") or "PASTE_NORMAL"
    for row, line in enumerate(block, row0):
        for col, slot in enumerate(line, col0):
            target.grid.change(row, col, lambda old, slot=slot: _pasted(old, slot, kind))  # type: ignore[misc]
    return {}


def insert_range(book: Book, body: Json) -> Json:
    """Cells move down or right; the sheet grows when something would fall off."""
    sheet, row0, row1, col0, col1 = book.area(body.get("range"))
    if body.get("shiftDimension") == "ROWS":
        bottom = sheet.grid.last_row(row0, sheet.grid.row_count, col0, col1)
        size = row1 - row0
        sheet.grid.resize(max(sheet.grid.row_count, bottom + size), sheet.grid.column_count)
        for row in range(bottom - 1, row0 - 1, -1):
            for col in range(col0, col1):
                sheet.grid.set(row + size, col, sheet.grid.get(row, col))
    else:
        size = col1 - col0
        for row in range(row0, min(row1, len(sheet.grid.rows))):
            line = sheet.grid.writable(row)
            line[col0:col0] = [None] * size
            del line[sheet.grid.column_count :]
    for row in range(row0, row1):
        for col in range(col0, col1):
            sheet.grid.set(row, col, None)
    return {}


def delete_range(book: Book, body: Json) -> Json:
    """Cells below move up, or cells to the right move left."""
    sheet, row0, row1, col0, col1 = book.area(body.get("range"))
    if body.get("shiftDimension") == "ROWS":
        for row in range(row0, max(len(sheet.grid.rows), row1)):
            for col in range(col0, col1):
                sheet.grid.set(row, col, sheet.grid.get(row + row1 - row0, col))
    else:
        for row in range(row0, min(row1, len(sheet.grid.rows))):
            del sheet.grid.writable(row)[col0:col1]
    return {}


def add_named(book: Book, body: Json) -> Json:
    named = body.get("namedRange") or {}
    name = named.get("name") or ""
    if any(n["name"].lower() == name.lower() for n in book.named):
        raise Refused(f"A named range with name {name} already exists.")
    book.area(named.get("range"))
    added = {"namedRangeId": named.get("namedRangeId") or str(book.new_id()), "name": name}
    book.named.append({**added, "range": dict(named.get("range") or {})})
    return {"namedRange": clean(book.named[-1])}


def _named(book: Book, named_id: Any) -> Json:
    for named in book.named:
        if named["namedRangeId"] == named_id:
            return named
    raise Refused(f"No named range with id: {named_id}")


def update_named(book: Book, body: Json) -> Json:
    wanted = body.get("namedRange") or {}
    named = _named(book, wanted.get("namedRangeId"))
    changed = masks.update(named, wanted, {n: {} for n in body["fields"]})
    book.area(changed.get("range"))
    named.update(changed)
    return {}


def delete_named(book: Book, body: Json) -> Json:
    book.named.remove(_named(book, body.get("namedRangeId")))
    return {}


def add_protected(book: Book, body: Json) -> Json:
    wanted = body.get("protectedRange") or {}
    sheet = book.area(wanted.get("range"))[0]
    wanted_id = wanted.get("protectedRangeId")
    taken = {p["protectedRangeId"] for s in book.sheets for p in s.protected}
    if wanted_id in taken:
        raise Refused(f"Another protected range already has the ID: {wanted_id}")
    protected = {**wanted, "protectedRangeId": wanted_id or book.new_id(), "requestingUserCanEdit": True}
    if not wanted.get("warningOnly"):
        editors = dict(wanted.get("editors") or {})
        users = list(editors.get("users") or [])
        editors["users"] = users if book.owner in users else [*users, book.owner]
        protected["editors"] = {k: v for k, v in editors.items() if v}
    sheet.protected.append({k: v for k, v in protected.items() if v is not None and v is not False})
    return {"protectedRange": clean(sheet.protected[-1])}


def _protected(book: Book, protected_id: Any) -> tuple[Sheet, Json]:
    for sheet in book.sheets:
        for protected in sheet.protected:
            if protected["protectedRangeId"] == protected_id:
                return sheet, protected
    raise Refused(f"No protected range with ID: {protected_id}")


def update_protected(book: Book, body: Json) -> Json:
    wanted = body.get("protectedRange") or {}
    _, protected = _protected(book, wanted.get("protectedRangeId"))
    changed = masks.update(protected, wanted, body["fields"])
    protected.clear()
    protected.update(changed)
    return {}


def delete_protected(book: Book, body: Json) -> Json:
    sheet, protected = _protected(book, body.get("protectedRangeId"))
    sheet.protected.remove(protected)
    return {}


RANGES = {
    "mergeCells": merge_cells,
    "unmergeCells": unmerge_cells,
    "sortRange": sort_range,
    "randomizeRange": randomize,
    "deleteDuplicates": delete_duplicates,
    "copyPaste": copy_paste,
    "cutPaste": cut_paste,
    "insertRange": insert_range,
    "deleteRange": delete_range,
    "addNamedRange": add_named,
    "updateNamedRange": update_named,
    "deleteNamedRange": delete_named,
    "addProtectedRange": add_protected,
    "updateProtectedRange": update_protected,
    "deleteProtectedRange": delete_protected,
}

"""batchUpdate requests about rows and columns."""

from __future__ import annotations

from typing import Any

from tests.stand_in.google import masks
from tests.stand_in.google.book import Book, Sheet, shifted
from tests.stand_in.google.cells import Cell
from tests.stand_in.google.errors import Refused
from tests.stand_in.google.grid import Axis

Json = dict[str, Any]
MERGED_MOVE = "You can't move rows or columns that are part of a merge."


def _axis(sheet: Sheet, dimension: str | None) -> Axis:
    if dimension not in ("ROWS", "COLUMNS"):
        raise Refused("dimension must be specified.")
    return sheet.grid.row_axis if dimension == "ROWS" else sheet.grid.column_axis


def _noun(dimension: str) -> str:
    return "row" if dimension == "ROWS" else "column"


def span(book: Book, body: Json) -> tuple[Sheet, str, int, int]:
    """A DimensionRange: (sheet, dimension, start, end), open ends closed."""
    sheet = book.sheet(body.get("sheetId"))
    dimension = body.get("dimension") or ""
    count = _axis(sheet, dimension).count
    start, end = body.get("startIndex") or 0, body.get("endIndex")
    end = count if end is None else end
    if start < 0 or end <= start:
        raise Refused(f"range.endIndex[{end}] must be after range.startIndex[{start}]")
    return sheet, dimension, start, end


def insert(book: Book, body: Json) -> Json:
    sheet, dimension, start, end = span(book, body.get("range") or {})
    before = bool(body.get("inheritFromBefore"))
    count = _axis(sheet, dimension).count
    if before and start == 0:
        raise Refused("inheritFromBefore cannot be true if inserting at index 0.")
    if start > count or (start == count and not before):
        allowed = "less than or equal to" if before else "less than"
        raise Refused(
            f"range.startIndex[{start}] must be {allowed} the grid size[{count}]"
            + ("" if before else " if inheritFromBefore is false.")
        )
    insert_at(book, sheet, dimension, start, end - start, start - 1 if before else start)
    book.check_size()
    return {}


def insert_at(book: Book, sheet: Sheet, dimension: str, start: int, size: int, like: int | None) -> None:
    """Insert rows or columns; they take formats and drop-downs of the one that was at index `like`."""
    model = _model(sheet, dimension, like)
    if dimension == "ROWS":
        sheet.grid.insert_rows(start, size)
    else:
        sheet.grid.insert_columns(start, size)
    for at in range(start, start + size):
        for cross, cell in model.items():
            sheet.grid.set(*((at, cross) if dimension == "ROWS" else (cross, at)), cell)
    book.follow(sheet, dimension, ("insert", start, start + size, 0))


def _model(sheet: Sheet, dimension: str, like: int | None) -> dict[int, Cell]:
    if like is None:
        return {}
    grid = sheet.grid
    if dimension == "ROWS":
        slots = list(grid.rows[like]) if like < len(grid.rows) else []
    else:
        slots = [grid.get(row, like) for row in range(len(grid.rows))]
    styled = {i: s for i, s in enumerate(slots) if isinstance(s, Cell) and (s.fmt or s.rule)}
    return {i: Cell(fmt=s.fmt, rule=s.rule) for i, s in styled.items()}


def append(book: Book, body: Json) -> Json:
    sheet = book.sheet(body.get("sheetId"))
    _axis(sheet, body.get("dimension")).count += body.get("length") or 0
    book.check_size()
    return {}


def delete(book: Book, body: Json) -> Json:
    sheet, dimension, start, end = span(book, body.get("range") or {})
    axis, noun = _axis(sheet, dimension), _noun(dimension)
    if end > axis.count:
        missing = max(start, axis.count)
        raise Refused(
            f"Cannot delete a {noun} that doesn't exist. "
            f"Tried to delete {noun} index {missing} but there are only {axis.count} {noun}s."
        )
    if end - start >= axis.count:
        raise Refused(f"You can't delete all the {noun}s on the sheet.")
    frozen_name = "frozenRowCount" if dimension == "ROWS" else "frozenColumnCount"
    frozen = sheet.grid_extra.get(frozen_name, 0)
    frozen_gone = max(min(end, frozen) - start, 0)
    if frozen and axis.count - (end - start) <= frozen - frozen_gone:
        raise Refused(f"Sorry, it is not possible to delete all non-frozen {noun}s.")
    delete_at(book, sheet, dimension, start, end)
    if frozen_gone:
        sheet.grid_extra[frozen_name] = frozen - frozen_gone
    return {}


def delete_at(book: Book, sheet: Sheet, dimension: str, start: int, end: int) -> None:
    if dimension == "ROWS":
        sheet.grid.delete_rows(start, end)
    else:
        sheet.grid.delete_columns(start, end)
    book.follow(sheet, dimension, ("delete", start, end, 0))
    groups = sheet.objects.get("rowGroups" if dimension == "ROWS" else "columnGroups") or []
    for group in list(groups):
        kept = shifted(group["range"]["startIndex"], group["range"]["endIndex"], ("delete", start, end, 0))
        if kept is None:
            groups.remove(group)
        else:
            group["range"]["startIndex"], group["range"]["endIndex"] = kept


def move(book: Book, body: Json) -> Json:
    sheet, dimension, start, end = span(book, body.get("source") or {})
    to = body.get("destinationIndex") or 0
    count = _axis(sheet, dimension).count
    if end > count or to > count:
        raise Refused(f"Cannot move a {_noun(dimension)} that doesn't exist.")
    if start < to < end:
        raise Refused("destinationIndex must not be inside of the source range.")
    move_to(book, sheet, dimension, start, end, to)
    return {}


def move_to(book: Book, sheet: Sheet, dimension: str, start: int, end: int, to: int) -> None:
    if start <= to <= end:
        return
    if dimension == "ROWS":
        sheet.grid.move_rows(start, end, to)
    else:
        sheet.grid.move_columns(start, end, to)
    book.follow(sheet, dimension, ("move", start, end, to))


def update(book: Book, body: Json) -> Json:
    sheet, dimension, start, end = span(book, body.get("range") or {})
    axis, mask = _axis(sheet, dimension), body["fields"]
    if end > axis.count:
        raise Refused(f"range.endIndex[{end}] is after the last {_noun(dimension)} in grid[{axis.count}]")
    wanted = body.get("properties") or {}
    for index in range(start, end):
        kept = dict(axis.props.get(index) or {})
        metadata = kept.pop("metadata", None)
        changed = masks.update(kept, {k: v for k, v in wanted.items() if v is not None}, mask)
        changed = {k: v for k, v in changed.items() if v not in (False, None)}
        if metadata:
            changed["metadata"] = metadata
        if changed:
            axis.props[index] = changed
        else:
            axis.props.pop(index, None)
    return {}


def auto_resize(book: Book, body: Json) -> Json:
    span(book, body.get("dimensions") or {})
    return {}


def _groups(book: Book, body: Json) -> tuple[Sheet, list[Json], Json]:
    sheet, dimension, start, end = span(book, body.get("range") or {})
    groups = sheet.listed("rowGroups" if dimension == "ROWS" else "columnGroups")
    where = {"dimension": dimension, "startIndex": start, "endIndex": end}
    return sheet, groups, {**({"sheetId": sheet.id} if sheet.id else {}), **where}


def add_group(book: Book, body: Json) -> Json:
    _, groups, where = _groups(book, body)
    start, end = where["startIndex"], where["endIndex"]
    inner = [g for g in groups if start <= g["range"]["startIndex"] and g["range"]["endIndex"] <= end]
    outer = [g for g in groups if g["range"]["startIndex"] <= start and end <= g["range"]["endIndex"]]
    same = [g for g in inner if g in outer]
    for group in inner:
        if group not in same:
            group["depth"] += 1
    groups.append({"range": where, "depth": 1 + len(outer)})
    groups.sort(key=lambda g: (g["range"]["startIndex"], g["depth"]))
    return {"dimensionGroups": [dict(g) for g in groups]}


def delete_group(book: Book, body: Json) -> Json:
    _, groups, where = _groups(book, body)
    start, end = where["startIndex"], where["endIndex"]
    hit = [g for g in groups if g["range"]["startIndex"] < end and start < g["range"]["endIndex"]]
    if not hit:
        raise Refused("There is no group over the specified range.")
    deepest = max(hit, key=lambda g: g["depth"])
    groups.remove(deepest)
    left, right = deepest["range"]["startIndex"], deepest["range"]["endIndex"]
    for a, b in ((left, start), (end, right)):
        if a < b:
            groups.append({"range": {**where, "startIndex": a, "endIndex": b}, "depth": deepest["depth"]})
    groups.sort(key=lambda g: (g["range"]["startIndex"], g["depth"]))
    return {"dimensionGroups": [dict(g) for g in groups]} if groups else {}


def update_group(book: Book, body: Json) -> Json:
    wanted = body.get("dimensionGroup") or {}
    _, groups, where = _groups(book, wanted)
    for group in groups:
        same = (group["range"]["startIndex"], group["range"]["endIndex"]) == (
            where["startIndex"],
            where["endIndex"],
        )
        if same and group["depth"] == wanted.get("depth", 1):
            group.pop("collapsed", None)
            if wanted.get("collapsed"):
                group["collapsed"] = True
            return {}
    raise Refused("There is no group with the specified range and depth.")


DIMENSIONS = {
    "insertDimension": insert,
    "appendDimension": append,
    "deleteDimension": delete,
    "moveDimension": move,
    "updateDimensionProperties": update,
    "autoResizeDimensions": auto_resize,
    "addDimensionGroup": add_group,
    "deleteDimensionGroup": delete_group,
    "updateDimensionGroup": update_group,
}

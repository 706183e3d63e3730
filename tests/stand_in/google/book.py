"""A spreadsheet: its sheets, what lies over their cells, and how all of it follows moving rows and columns."""

from __future__ import annotations

import copy
import random
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from tests.stand_in.google import a1, formula
from tests.stand_in.google.cells import Cell
from tests.stand_in.google.errors import Refused, bad
from tests.stand_in.google.grid import Grid, moved_index
from tests.stand_in.google.theme import new_properties

MOST_CELLS = 10_000_000
TOO_MANY_CELLS = (
    f"This action would increase the number of cells in the workbook above the limit of {MOST_CELLS} cells."
)
Area = tuple["Sheet", int, int, int, int]
"""(sheet, first row, row after the last, first column, column after the last)."""
Range = dict[str, Any]


@dataclass
class Sheet:
    """One tab. `extra` holds sheet properties beside title, index and size; `objects` lists by Google's names."""

    id: int
    title: str
    grid: Grid = field(default_factory=Grid)
    extra: dict[str, Any] = field(default_factory=dict)
    grid_extra: dict[str, Any] = field(default_factory=dict)
    merges: list[Range] = field(default_factory=list)
    protected: list[dict[str, Any]] = field(default_factory=list)
    basic_filter: dict[str, Any] | None = None
    charts: list[dict[str, Any]] = field(default_factory=list)
    objects: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    metadata: list[dict[str, Any]] = field(default_factory=list)

    def fork(self) -> Sheet:
        kept = {name: copy.deepcopy(getattr(self, name)) for name in _COPIED}
        return Sheet(self.id, self.title, self.grid.fork(), **kept)

    def listed(self, name: str) -> list[dict[str, Any]]:
        return self.objects.setdefault(name, [])

    def area(self) -> Area:
        return self, 0, self.grid.row_count, 0, self.grid.column_count


_COPIED = ("extra", "grid_extra", "merges", "protected", "basic_filter", "charts", "objects", "metadata")


class Book:
    """A spreadsheet. `computed` caches formula values until the next change; `fetches` counts live functions."""

    def __init__(self, book_id: str, title: str, owner: str, time_zone: str = "Etc/GMT") -> None:
        self.id, self.title, self.owner = book_id, title, owner
        self.properties = new_properties(time_zone)
        self.sheets: list[Sheet] = [Sheet(0, "Sheet1")]
        self.named: list[dict[str, Any]] = []
        self.metadata: list[dict[str, Any]] = []
        self.computed: dict[tuple[int, int, int], Any] = {}
        self.computing: set[tuple[int, int, int]] = set()
        self.fetches: list[str] = []

    def fork(self, book_id: str | None = None) -> Book:
        """A copy that shares rows until one of the two writes."""
        twin = copy.copy(self)
        twin.id = book_id or self.id
        twin.properties, twin.named = copy.deepcopy(self.properties), copy.deepcopy(self.named)
        twin.metadata = copy.deepcopy(self.metadata)
        twin.sheets = [sheet.fork() for sheet in self.sheets]
        twin.computed, twin.computing = {}, set()
        return twin

    def become(self, other: Book) -> None:
        """Take over another state of this book (a roll-back, or an old version restored)."""
        self.__dict__.update({**other.__dict__, "id": self.id, "fetches": self.fetches})

    def changed(self) -> None:
        self.computed.clear()

    # Finding

    def find(self, sheet_id: Any) -> Sheet | None:
        return next((sheet for sheet in self.sheets if sheet.id == (sheet_id or 0)), None)

    def sheet(self, sheet_id: Any) -> Sheet:
        """The sheet, or Refused as a request inside a batch words it."""
        found = self.find(sheet_id)
        if found is None:
            raise Refused(f"No grid with id: {sheet_id or 0}")
        return found

    def find_title(self, title: str) -> Sheet | None:
        return next((sheet for sheet in self.sheets if sheet.title.lower() == title.lower()), None)

    def new_id(self) -> int:
        """A sheet, chart, range or metadata id not yet taken here."""
        return random.randint(10**8, 2**31 - 1)

    def named_area(self, name: str) -> Area | None:
        for named in self.named:
            if named["name"].lower() == name.lower():
                return self.area(named["range"])
        return None

    def first_visible(self) -> Sheet:
        return next((sheet for sheet in self.sheets if not sheet.extra.get("hidden")), self.sheets[0])

    def resolve(self, text: str) -> tuple[Area, bool]:
        """A range in A1 notation: (its area, whether it names one cell). Raises ApiError 400."""
        name, rest, quoted = a1.split_sheet(text)
        if name is None:
            ref = a1.parse_ref(text)
            if ref is not None:
                return self._bounded(self.first_visible(), ref, text), ":" not in text
            sheet = self.find_title(text)
            if sheet is not None:
                return sheet.area(), False
            area = self.named_area(text)
            if area is None:
                raise bad(f"Unable to parse range: {text}")
            return area, False
        sheet = self.find_title(name)
        if sheet is None:
            raise bad(f"Unable to parse range: {text}")
        if not rest and quoted:
            return sheet.area(), False
        ref = a1.parse_ref(rest)
        if ref is None:
            raise bad(f"Unable to parse range: {text}")
        return self._bounded(sheet, ref, text), ":" not in rest

    def _bounded(self, sheet: Sheet, ref: a1.Ref, text: str) -> Area:
        rows, cols = sheet.grid.row_count, sheet.grid.column_count
        row0, col0 = ref.row0 or 0, ref.col0 or 0
        if row0 >= rows or col0 >= cols:
            _, rest, _ = a1.split_sheet(text)
            shown = f"{a1.quote(sheet.title)}!{rest.replace('$', '')}"
            raise bad(f"Range ({shown}) exceeds grid limits. Max rows: {rows}, max columns: {cols}")
        row1, col1 = rows if ref.row1 is None else ref.row1, cols if ref.col1 is None else ref.col1
        return sheet, row0, min(row1, rows), col0, min(col1, cols)

    def area(self, grid_range: Range | None, strict: bool = True) -> Area:
        """A GridRange with its open ends closed at the edges; Refused when it leaves the grid."""
        grid_range = grid_range or {}
        sheet = self.sheet(grid_range.get("sheetId"))
        row0, row1 = _ends(grid_range, "Row", sheet.grid.row_count, strict)
        col0, col1 = _ends(grid_range, "Column", sheet.grid.column_count, strict)
        return sheet, row0, row1, col0, col1

    def check_size(self) -> None:
        """Refused when the workbook has more cells than a workbook may have."""
        if sum(sheet.grid.row_count * sheet.grid.column_count for sheet in self.sheets) > MOST_CELLS:
            raise Refused(TOO_MANY_CELLS)

    # Following

    def follow(self, sheet: Sheet, dimension: str, change: tuple[str, int, int, int]) -> None:
        """Ranges and references after a change of rows or columns: (insert|delete|move, start, end, to)."""
        names = (
            ("startRowIndex", "endRowIndex")
            if dimension == "ROWS"
            else ("startColumnIndex", "endColumnIndex")
        )
        self.named = [n for n in self.named if _shift(n["range"], sheet.id, names, change)]
        sheet.merges = [m for m in sheet.merges if _shift(m, sheet.id, names, change)]
        sheet.protected = [p for p in sheet.protected if _shift(p.get("range"), sheet.id, names, change)]
        if sheet.basic_filter and not _shift(sheet.basic_filter.get("range"), sheet.id, names, change):
            sheet.basic_filter = None
        for other in self.sheets:
            _shift_deep(other.charts, sheet.id, names, change)
            _shift_deep(other.objects, sheet.id, names, change)
        self._follow_formulas(sheet, dimension, change)

    def _follow_formulas(self, sheet: Sheet, dimension: str, change: tuple[str, int, int, int]) -> None:
        kind, start, end, to = change

        def move(index: int) -> int | None:
            if kind == "insert":
                return index + end - start if index >= start else index
            if kind == "delete":
                return None if start <= index < end else index - (end - start) if index >= end else index
            return moved_index(index, start, end, to)

        rows, columns = (move, None) if dimension == "ROWS" else (None, move)
        for home in self.sheets:
            follow = partial(
                formula.followed, home=home.title, changed=sheet.title, rows=rows, columns=columns
            )
            for row, col, cell in list(home.grid.formulas()):
                text = formula.rewrite(cell.formula or "", follow)
                if text != cell.formula:
                    home.grid.set(row, col, replace(cell, formula=text))


def _ends(grid_range: Range, name: str, count: int, strict: bool) -> tuple[int, int]:
    start = grid_range.get(f"start{name}Index") or 0
    end = grid_range.get(f"end{name}Index")
    low = name.lower()
    if strict and start > count - 1 and not (start == 0 and count == 0):
        raise Refused(f"GridRange.start{name}Index[{start}] is after last {low} in grid[{count}]")
    if strict and end is not None and end > count:
        raise Refused(f"GridRange.end{name}Index[{end}] is after last {low} in grid[{count}]")
    end = count if end is None else min(end, count)
    if end <= start and strict:
        raise Refused(f"GridRange.end{name}Index[{end}] must be after start{name}Index[{start}]")
    return start, end


def shifted(start: int, end: int, change: tuple[str, int, int, int]) -> tuple[int, int] | None:
    """A span after a change; None when all of it was deleted."""
    kind, first, last, to = change
    size = last - first
    if kind == "insert":
        return (start + size if first <= start else start), (end + size if first < end else end)
    if kind == "delete":
        start = start - size if start >= last else min(start, first)
        end = end - size if end >= last else min(end, first)
        return (start, end) if end > start else None
    if (first <= start and end <= last) or end - start == 1:
        at = moved_index(start, first, last, to)
        return at, at + end - start
    if last <= start and to >= end:
        return start - size, end - size
    if first >= end and to <= start:
        return start + size, end + size
    return start, end


def _shift(grid_range: Range | None, sheet_id: int, names: tuple[str, str], change: Any) -> bool:
    """Shift a GridRange in place; False when nothing is left of it."""
    if not grid_range or (grid_range.get("sheetId") or 0) != sheet_id:
        return True
    start, end = grid_range.get(names[0]), grid_range.get(names[1])
    if start is None and end is None:
        return True
    span = shifted(start or 0, 2**31 if end is None else end, change)
    if span is None:
        return False
    grid_range[names[0]] = span[0]
    if end is not None:
        grid_range[names[1]] = span[1]
    return True


def _shift_deep(value: Any, sheet_id: int, names: tuple[str, str], change: Any) -> None:
    if isinstance(value, dict):
        if names[0] in value or names[1] in value:
            _shift(value, sheet_id, names, change)
        for inner in value.values():
            _shift_deep(inner, sheet_id, names, change)
    elif isinstance(value, list):
        for inner in value:
            _shift_deep(inner, sheet_id, names, change)


__all__ = ["Area", "Book", "Cell", "Sheet", "shifted"]

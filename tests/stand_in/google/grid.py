"""The cells of one sheet. Rows are shared between a grid and its copies until one of them writes (copy on write)."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

from tests.stand_in.google.cells import Cell, Slot, is_blank


class Row(list):  # type: ignore[type-arg]
    """The slots of one row, as far as it was ever written; `owner` may write it in place."""

    __slots__ = ("owner",)

    def __init__(self, slots: Any = (), owner: object = None) -> None:
        super().__init__(slots)
        self.owner = owner


class Axis:
    """What rows or columns carry besides cells (hidden, size, metadata), by index, moving with them."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.props: dict[int, dict[str, Any]] = {}

    def fork(self) -> Axis:
        twin = Axis(self.count)
        twin.props = copy.deepcopy(self.props)
        return twin

    def at(self, index: int) -> dict[str, Any]:
        return self.props.setdefault(index, {})

    def insert(self, start: int, count: int) -> None:
        self.props = {i + count if i >= start else i: p for i, p in self.props.items()}
        self.count += count

    def delete(self, start: int, end: int) -> None:
        gone = end - start
        kept = {i: p for i, p in self.props.items() if not start <= i < end}
        self.props = {i - gone if i >= end else i: p for i, p in kept.items()}
        self.count -= gone

    def move(self, start: int, end: int, to: int) -> None:
        self.props = {moved_index(i, start, end, to): p for i, p in self.props.items()}


def moved_index(index: int, start: int, end: int, to: int) -> int:
    """Where an index lands when [start, end) is moved before `to` (all in indexes before the move)."""
    size = end - start
    if start <= index < end:
        return index - start + (to if to <= start else to - size)
    if to <= index < start:
        return index + size
    if end <= index < to:
        return index - size
    return index


class Grid:
    """Cells by row and column, zero based. `rows` may be shorter than the sheet, a row shorter than its columns."""

    def __init__(self, row_count: int = 1000, column_count: int = 26) -> None:
        self.row_axis = Axis(row_count)
        self.column_axis = Axis(column_count)
        self.rows: list[Row] = []
        self.owner = object()
        self.has_formulas = False

    @property
    def row_count(self) -> int:
        return self.row_axis.count

    @property
    def column_count(self) -> int:
        return self.column_axis.count

    def fork(self) -> Grid:
        """A copy that costs as much as the list of rows; from now on both write on copies of rows."""
        twin = Grid.__new__(Grid)
        twin.row_axis, twin.column_axis = self.row_axis.fork(), self.column_axis.fork()
        twin.rows, twin.has_formulas = list(self.rows), self.has_formulas
        twin.owner, self.owner = object(), object()
        return twin

    def get(self, row: int, col: int) -> Slot:
        if row < len(self.rows):
            slots = self.rows[row]
            if col < len(slots):
                return slots[col]  # type: ignore[no-any-return]
        return None

    def writable(self, row: int) -> Row:
        """The row, owned by this grid alone."""
        while len(self.rows) <= row:
            self.rows.append(Row(owner=self.owner))
        slots = self.rows[row]
        if slots.owner is not self.owner:
            slots = self.rows[row] = Row(slots, self.owner)
        return slots

    def set(self, row: int, col: int, slot: Slot) -> None:
        if slot is None and (row >= len(self.rows) or col >= len(self.rows[row])):
            return
        slots = self.writable(row)
        while len(slots) <= col:
            slots.append(None)
        slots[col] = slot
        if isinstance(slot, Cell) and slot.formula:
            self.has_formulas = True

    def change(self, row: int, col: int, edit: Callable[[Slot], Slot]) -> None:
        self.set(row, col, edit(self.get(row, col)))

    def block(self, row0: int, row1: int, col0: int, col1: int) -> list[list[Slot]]:
        """The slots of a rectangle, full width."""
        return [[self.get(row, col) for col in range(col0, col1)] for row in range(row0, row1)]

    def formulas(self) -> Iterator[tuple[int, int, Cell]]:
        if not self.has_formulas:
            return
        for row, slots in enumerate(self.rows):
            for col, slot in enumerate(slots):
                if isinstance(slot, Cell) and slot.formula:
                    yield row, col, slot

    def last_row(self, row0: int, row1: int, col0: int, col1: int) -> int:
        """One past the last row with something entered inside the rectangle; row0 when there is none."""
        for row in range(min(row1, len(self.rows)) - 1, row0 - 1, -1):
            if any(not is_blank(slot) for slot in self.rows[row][col0:col1]):
                return row + 1
        return row0

    def insert_rows(self, start: int, count: int) -> None:
        if start < len(self.rows):
            self.rows[start:start] = [Row(owner=self.owner) for _ in range(count)]
        self.row_axis.insert(start, count)

    def delete_rows(self, start: int, end: int) -> None:
        del self.rows[start:end]
        self.row_axis.delete(start, end)

    def move_rows(self, start: int, end: int, to: int) -> None:
        while len(self.rows) < max(end, to):
            self.rows.append(Row(owner=self.owner))
        part = self.rows[start:end]
        if to <= start:
            self.rows[to:end] = part + self.rows[to:start]
        else:
            self.rows[start:to] = self.rows[end:to] + part
        self.row_axis.move(start, end, to)

    def insert_columns(self, start: int, count: int) -> None:
        for row, slots in enumerate(self.rows):
            if len(slots) > start:
                self.writable(row)[start:start] = [None] * count
        self.column_axis.insert(start, count)

    def delete_columns(self, start: int, end: int) -> None:
        for row, slots in enumerate(self.rows):
            if len(slots) > start:
                del self.writable(row)[start:end]
        self.column_axis.delete(start, end)

    def move_columns(self, start: int, end: int, to: int) -> None:
        for row, slots in enumerate(self.rows):
            if len(slots) > min(start, to):
                line = self.writable(row)
                line.extend([None] * (max(end, to) - len(line)))
                part = line[start:end]
                if to <= start:
                    line[to:end] = part + line[to:start]
                else:
                    line[start:to] = line[end:to] + part
        self.column_axis.move(start, end, to)

    def resize(self, row_count: int, column_count: int) -> None:
        if row_count < self.row_count:
            self.delete_rows(row_count, self.row_count)
        if column_count < self.column_count:
            self.delete_columns(column_count, self.column_count)
        self.row_axis.count, self.column_axis.count = row_count, column_count

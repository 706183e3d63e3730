"""What one write sends: cells and rows as requests, split where they grow too big, and what each piece aims at."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bridge.adapters.workbooks.google_aims import TabAim
from bridge.adapters.workbooks.google_cells import cell
from bridge.adapters.workbooks.google_read import SeenTab
from bridge.application.ports.workbooks import TabChange
from bridge.domain.cells import Cell

Json = dict[str, Any]
MOST_BYTES = 1_500_000  # of one request; Google advises to stay below 2 MB
MOST_ROWS = 1_000  # new rows in one request
FIELDS = "userEnteredValue"


@dataclass
class Piece:
    """One batchUpdate: its requests in order, and by sheet id what they aim at."""

    requests: list[Json] = field(default_factory=list)
    aims: dict[int, TabAim] = field(default_factory=dict)
    size: int = 0
    rows: int = 0

    def add(self, request: Json, size: int) -> None:
        self.requests.append(request)
        self.size += size

    def aim(self, tab: SeenTab) -> TabAim:
        return self.aims.setdefault(tab.sheet.id, TabAim.at(tab))

    def has_room(self, size: int, rows: int) -> bool:
        return not self.requests or (self.size + size <= MOST_BYTES and self.rows + rows <= MOST_ROWS)


def pieces_of(changes: Sequence[tuple[SeenTab, TabChange]], first: Sequence[Json] = ()) -> list[Piece]:
    """The changes in as few pieces as the limits allow; `first` (small) travels in the first of them."""
    pieces = [Piece(list(first), size=_size(list(first)))]
    for tab, change in changes:
        _enlarge(pieces, tab, change)
        for start, values in _runs(change.cells):
            request = _update(tab.sheet.id, start, [values])
            piece = _with_room(pieces, _size(request))
            piece.add(request, _size(request))
            piece.aim(tab).hit(tab, start, values)
    for tab, change in changes:
        _append(pieces, tab, change)
    return [piece for piece in pieces if piece.requests]


def _with_room(pieces: list[Piece], size: int, rows: int = 0) -> Piece:
    if not pieces[-1].has_room(size, rows):
        pieces.append(Piece())
    return pieces[-1]


def _size(request: Any) -> int:
    return len(json.dumps(request, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")) + 1


def _enlarge(pieces: list[Piece], tab: SeenTab, change: TabChange) -> None:
    """Cells outside the grid need it to grow first."""
    columns = [c for _, c in change.cells] + [c for row in change.appended for c in row]
    rows = [r for r, _ in change.cells]
    for dimension, lacks in (
        ("COLUMNS", max(columns, default=-1) + 1 - tab.sheet.width),
        ("ROWS", max(rows, default=-1) + 1 - tab.sheet.rows),
    ):
        if lacks > 0:
            body = {"sheetId": tab.sheet.id, "dimension": dimension, "length": lacks}
            pieces[0].add({"appendDimension": body}, 100)


def _runs(cells: Mapping[tuple[int, int], Cell]) -> Iterator[tuple[tuple[int, int], list[Cell]]]:
    """Cells that stand side by side in a row, in the order of rows."""
    run: list[Cell] = []
    start = end = (-1, -1)
    for (row, column), value in sorted(cells.items(), key=lambda item: item[0]):
        if run and (row, column) == (end[0], end[1] + 1):
            run.append(value)
        else:
            if run:
                yield start, run
            start, run = (row, column), [value]
        end = (row, column)
    if run:
        yield start, run


def _update(sheet_id: int, start: tuple[int, int], rows: Sequence[Sequence[Cell]]) -> Json:
    place = {"sheetId": sheet_id, "rowIndex": start[0], "columnIndex": start[1]}
    lines = [{"values": [cell(value) for value in row]} for row in rows]
    return {"updateCells": {"start": place, "fields": FIELDS, "rows": lines}}


def _append(pieces: list[Piece], tab: SeenTab, change: TabChange) -> None:
    """New rows are inserted below the last one in use, never written over what somebody may just have typed."""
    if not change.appended:
        return
    at = last_row(tab, change.cells) + 1
    height = max(tab.sheet.rows, max((r for r, _ in change.cells), default=-1) + 1)
    first = min((c for row in change.appended for c in row), default=0)
    width = max((c for row in change.appended for c in row), default=0) + 1 - first
    chunk: list[list[Cell]] = []
    size = 0
    for row in change.appended:
        line = [row.get(first + place) for place in range(width)]
        needs = _size([cell(value) for value in line]) + 12
        piece = pieces[-1]
        full = len(chunk) + piece.rows >= MOST_ROWS or piece.size + size + needs > MOST_BYTES
        if full and (chunk or piece.requests):
            at, height = _insert(piece, tab, at, height, first, chunk), height + len(chunk)
            pieces.append(Piece())
            chunk, size = [], 0
        chunk.append(line)
        size += needs
    _insert(pieces[-1], tab, at, height, first, chunk)


def _insert(piece: Piece, tab: SeenTab, at: int, height: int, first: int, chunk: list[list[Cell]]) -> int:
    """Where the next chunk goes. The first row below the header looks like the row after it, others like the
    one before."""
    if not chunk:
        return at
    span = {
        "sheetId": tab.sheet.id,
        "dimension": "ROWS",
        "startIndex": at,
        "endIndex": at + len(chunk),
    }
    below_header = at == max(tab.header_row, 0) + 1 and at < height
    inherit = {"range": span, "inheritFromBefore": not below_header}
    piece.add({"insertDimension": inherit}, _size(inherit))
    request = _update(tab.sheet.id, (at, first), chunk)
    piece.add(request, _size(request))
    piece.rows += len(chunk)
    for offset, line in enumerate(chunk):
        piece.aim(tab).hit(tab, (at + offset, first), line, new=True)
    return at + len(chunk)


def last_row(tab: SeenTab, cells: Mapping[tuple[int, int], Cell]) -> int:
    """The last row that holds anything once the cells are written, -1 for none; an unticked box is nothing."""
    written = {row for (row, _), value in cells.items() if _is_something(value)}
    last = max(written, default=-1)
    for index in range(len(tab.rows) - 1, last, -1):
        if any(
            _is_something(value) and cells.get((index, c), value) is value
            for c, value in enumerate(tab.rows[index])
        ):
            return index
    return last


def _is_something(value: Cell) -> bool:
    return value is not None and value != "" and value is not False

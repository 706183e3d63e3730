"""Where a table's columns and rows are on a tab that people have sorted, widened and renamed (sync.md steps 4–5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bridge.domain.cells import Cell, canonical
from bridge.domain.columns import Table
from bridge.domain.problems import Problem
from bridge.domain.values.text import header_key

HEADER_SEARCH_ROWS = 30


@dataclass(frozen=True)
class Layout:
    """`header_row` and `columns[key]` count from 0. `renamed` maps a key to the header found in its place."""

    header_row: int
    columns: Mapping[str, int]
    renamed: Mapping[str, str]


@dataclass(frozen=True)
class SheetRow:
    """One row with content: its index on the tab from 0, its cells by column key, canonical by kind."""

    index: int
    values: Mapping[str, Cell]
    uncalculated: frozenset[str] = frozenset()


Rows = Sequence[Sequence[Cell]]
# (key, header row, column, columns found so far) -> do the cells below look like that column's?
Evidence = Callable[[str, int, int, Mapping[str, int]], bool]


def _titles(table: Table) -> dict[str, str]:
    return {
        header_key(title): column.key
        for column in table.columns
        for title in (column.header, *column.aliases)
    }


def _found_in(row: Sequence[Cell], titles: Mapping[str, str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for index, cell in enumerate(row):
        key = titles.get(header_key(cell)) if isinstance(cell, str) else None
        if key:
            found.setdefault(key, []).append(index)
    return found


def locate(table: Table, rows: Rows, marked: Mapping[str, int]) -> tuple[int, dict[str, list[int]]]:
    """The row that names most columns (-1 for none), and where each column that was found may be.

    `marked[key]` is a column that carries the key's own mark, whatever its header says now. A mark gives way
    where its header is blank and the column's words stand over exactly one other column: cells were cut and
    pasted there, and marks do not travel with cells.
    """
    titles = _titles(table)
    best_row = -1
    best: dict[str, list[int]] = {}
    for index, row in enumerate(rows[:HEADER_SEARCH_ROWS]):
        found = _found_in(row, titles)
        if len(found) > len(best):
            best_row, best = index, found
    if best_row < 0 or not marked:
        return best_row, best
    header = rows[best_row]
    sure = {
        key: place
        for key, place in marked.items()
        if key in table.by_key
        and (_header_at(header, place) or len(best.get(key, ())) != 1 or best[key] == [place])
    }
    taken = set(sure.values())
    named = {key: [place for place in places if place not in taken] for key, places in best.items()}
    others = {key: places for key, places in named.items() if places and key not in sure}
    return best_row, {key: [place] for key, place in sure.items()} | others


def _header_at(header: Sequence[Cell], place: int) -> str:
    cell = header[place] if place < len(header) else None
    return "" if cell is None else str(cell).strip()


def find_layout(
    table: Table,
    rows: Rows,
    remembered: Mapping[str, int],
    evidence: Evidence,
    marked: Mapping[str, int] | None = None,
) -> tuple[Layout | None, list[Problem]]:
    """The header row and each column, or what a person must mend.

    A column is known by its mark where the workbook keeps marks (see `locate`), else by its header. A header
    that was renamed or blanked is found where the column was last (`remembered`: key -> column index),
    moved by as much as its neighbours moved, if no known header stands there and `evidence`
    agrees that the cells below look like that column's. Every column is needed exactly once.
    """
    best_row, best = locate(table, rows, marked or {})
    if best_row < 0 or len(best) < max(2, len(table.columns) // 3):
        return None, [Problem("header_row_missing", facts={"tab": table.tab})]
    problems = [
        Problem("header_twice", column=table.by_key[key].header, facts={"tab": table.tab})
        for key, places in best.items()
        if len(places) > 1
    ]
    columns = {key: places[0] for key, places in best.items()}
    renamed = _renamed(table, rows[best_row], columns)
    taken = {place for places in best.values() for place in places}
    # The id column first: the evidence for the others is found by it.
    for key in sorted((key for key in table.keys if key not in columns), key=lambda key: key != table.key):
        place = _where_it_was(key, columns, remembered, taken)
        if place is not None and evidence(key, best_row, place, columns):
            columns[key] = place
            taken.add(place)
            renamed[key] = _header_at(rows[best_row], place)
        else:
            facts = {"tab": table.tab, "row": str(best_row + 1)}
            problems.append(Problem("header_missing", column=table.by_key[key].header, facts=facts))
    return (None if problems else Layout(best_row, columns, renamed)), problems


def _renamed(table: Table, header: Sequence[Cell], columns: Mapping[str, int]) -> dict[str, str]:
    """Columns that their mark told, under a header that is not theirs any more."""
    titles = _titles(table)
    shown = {key: _header_at(header, place) for key, place in columns.items()}
    return {key: text for key, text in shown.items() if titles.get(header_key(text)) != key}


def _where_it_was(
    key: str, columns: Mapping[str, int], remembered: Mapping[str, int], taken: set[int]
) -> int | None:
    """The column's last place, shifted as its nearest known neighbour was."""
    if key not in remembered:
        return None
    old = remembered[key]
    neighbours = sorted(
        (abs(remembered[other] - old), other) for other in columns if other in remembered and other != key
    )
    shifts = [columns[other] - remembered[other] for _, other in neighbours[:2]] or [0]
    for shift in dict.fromkeys(shifts):
        if old + shift >= 0 and old + shift not in taken:
            return old + shift
    return None


def extract(
    table: Table, layout: Layout, rows: Rows, uncalculated: frozenset[tuple[int, int]] = frozenset()
) -> list[SheetRow]:
    """The rows below the header that hold anything of the table; a row of unticked boxes holds nothing."""
    places = [(column.key, layout.columns[column.key], column.kind) for column in table.columns]
    pending: dict[int, set[int]] = {}
    for row_index, column_index in uncalculated:
        pending.setdefault(row_index, set()).add(column_index)
    found = []
    for index in range(layout.header_row + 1, len(rows)):
        row = rows[index]
        width = len(row)
        values = {key: canonical(row[place], kind) if place < width else None for key, place, kind in places}
        if any(value is not None and value is not False for value in values.values()):
            waiting = pending.get(index)
            blind = frozenset(key for key, place, _ in places if place in waiting) if waiting else frozenset()
            found.append(SheetRow(index, values, blind))
    return found

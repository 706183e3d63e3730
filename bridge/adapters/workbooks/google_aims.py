"""What a write aimed at, and what it hit.

A person can sort or insert between our read and our write, and Google compares nothing (sync.md, fact 1). So the
answer of each write brings the header row and the ids of the rows it touched, as they were at that moment. What
was hit by mistake gets back what it held (google_repair.py), before anybody reads the sheet for its values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from gspread.utils import rowcol_to_a1

from bridge.adapters.workbooks.google_cells import to_serial
from bridge.adapters.workbooks.google_read import SeenTab
from bridge.adapters.workbooks.google_state import column_marks
from bridge.domain.cells import Cell, from_json, same, to_json
from bridge.domain.columns import Table
from bridge.domain.layout import locate

Json = dict[str, Any]
GAP = 50  # rows between two rows that are asked for together
MOST_RANGES = 60
PRIVATE = "#"  # before the header of a column that is not the table's


@dataclass(frozen=True)
class Slip:
    """A cell that was hit by mistake: whose row it is ("" where unknown), where it was, what was written there.
    `column` is a name as `names_of` gives it, "" where unknown; `labelled` is the id that the row shows now,
    where the mistake wrote over its own; `fresh` is a cell of a row that the write itself inserted."""

    tab: str
    id: str
    row: int
    column: str
    place: int
    value: Cell
    labelled: str = ""
    fresh: bool = False

    def to_json(self) -> list[Any]:
        where = [self.tab, self.id, self.row, self.column, self.place]
        return [*where, to_json(self.value), self.labelled, self.fresh]

    @classmethod
    def from_json(cls, stored: Sequence[Any]) -> Slip:
        tab, key, row, column, place, value, labelled, fresh = stored
        return cls(tab, key, row, column, place, from_json(value), labelled, fresh)


def id_text(cell: Cell) -> str:
    """An id cell as text; 5 and 5.0 are one."""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return "" if cell is None else str(cell).strip()


def marked_keys(table: Table | None, marks: Mapping[str, int]) -> dict[str, int]:
    """Column key -> index, of the marks that are this table's."""
    prefix = f"{table.name}." if table else ""
    return {m.removeprefix(prefix): at for m, at in marks.items() if table and m.startswith(prefix)}


def names_of(table: Table | None, header: Sequence[Cell], marked: Mapping[str, int]) -> dict[int, str]:
    """Column index -> key of the table's column, or the private header with PRIVATE before it."""
    names = {
        at: PRIVATE + str(cell).strip() for at, cell in enumerate(header) if cell is not None and cell != ""
    }
    if table is not None:
        found = locate(table, [header], marked)[1]
        names |= {place: key for key, place in marked.items() if key not in found}
        names |= {places[0]: key for key, places in found.items()}
    return names


@dataclass
class TabAim:
    """What a piece means to hit on one tab: `ids[row]`, `names[column]`, and the cells it writes. `renamed` are
    the rows whose id it writes: what stands beside that cell has to tell whether the row is the right one;
    `made` are the rows that it inserts."""

    tab: str
    sheet_id: int
    header_row: int
    id_column: int | None
    names: dict[int, str]
    ids: dict[int, str] = field(default_factory=dict)
    cells: dict[tuple[int, int], Cell] = field(default_factory=dict)
    renamed: set[int] = field(default_factory=set)
    made: set[int] = field(default_factory=set)

    @classmethod
    def at(cls, seen: SeenTab) -> TabAim:
        header = seen.rows[seen.header_row] if 0 <= seen.header_row < len(seen.rows) else []
        marked = seen.sheet.marked(seen.table) if seen.table else {}
        names = names_of(seen.table, header, marked)
        tab = seen.table.tab if seen.table else seen.sheet.title
        return cls(tab, seen.sheet.id, seen.header_row, seen.id_column, names)

    def hit(
        self, seen: SeenTab, start: tuple[int, int], values: Sequence[Cell], *, new: bool = False
    ) -> None:
        row, first = start
        if new:
            self.made.add(row)
        if row not in self.ids and self.id_column is not None:
            self.ids[row] = "" if new else id_text(seen.cell(row, self.id_column))
        for place, value in enumerate(values, first):
            if place == self.id_column:
                self.ids[row] = id_text(value)
                if not new:
                    self.renamed.add(row)
            if value is not None or not new:
                self.cells[row, place] = value

    # the answer that tells what was hit

    def ranges(self, title: str) -> list[str]:
        """What the answer is to bring: the header row, and the ids of the rows touched."""
        if self.header_row < 0 or self.id_column is None:
            return []
        name = "'" + title.replace("'", "''") + "'!"
        row = self.header_row + 1
        letter = rowcol_to_a1(1, self.id_column + 1)[:-1]
        spans = [f"{name}{letter}{start + 1}:{letter}{end + 1}" for start, end in _spans(sorted(self.ids))]
        whole = [f"{name}{start + 1}:{end + 1}" for start, end in _spans(sorted(self.renamed))]
        return [f"{name}{row}:{row}", *spans, *whole]

    def slips(self, data: Sequence[Json], before: SeenTab) -> list[Slip]:
        """What was hit by mistake, from the tab's GridData in the answer; none where all is as it was aimed.
        `before` is the tab as it was read for the plan."""
        if self.header_row < 0 or self.id_column is None:
            return []
        header, ids, rows = self._read(data)
        marks = column_marks([part for part in data if part.get("startRow", 0) == self.header_row])
        names = names_of(before.table, header, marked_keys(before.table, marks))
        known = names.get(self.id_column) == self.names.get(self.id_column)
        known = known and (before.table is None or locate(before.table, [header], {})[0] == 0)
        others = self._other_rows(rows, before) if known else {}
        found = []
        for (row, place), value in self.cells.items():
            key = others.get(row, ids.get(row, "")) if known else ""
            if not known or key != self.ids.get(row) or names.get(place) != self.names.get(place):
                labelled = self.ids[row] if row in others else ""
                name, fresh = names.get(place, ""), row in self.made
                found.append(Slip(self.tab, key, row, name, place, value, labelled, fresh))
        return found

    def _read(self, data: Sequence[Json]) -> tuple[list[Cell], dict[int, str], dict[int, list[Cell]]]:
        """The header, the ids by row, and the whole rows that were asked for."""
        header: list[Cell] = []
        ids: dict[int, str] = {}
        whole: dict[int, list[Cell]] = {}
        for part in data:
            start = part.get("startRow", 0)
            rows = [[_effective(cell) for cell in row.get("values", [])] for row in part.get("rowData", [])]
            if start == self.header_row:
                header = rows[0] if rows else []
            elif len(part.get("columnMetadata", [])) > 1:
                whole |= {start + at: row for at, row in enumerate(rows)}
            else:
                ids |= {start + at: id_text(row[0]) for at, row in enumerate(rows) if row}
        return header, ids, whole

    def _other_rows(self, rows: Mapping[int, list[Cell]], before: SeenTab) -> dict[int, str]:
        """Rows that were given an id and are not those that were meant: whose they are, "" for nobody's."""
        found: dict[int, str] = {}
        for row in self.renamed:
            cells = rows.get(row, [])
            written = {place for at, place in self.cells if at == row}
            if _likeness(cells, before, row, written) >= 0:
                continue
            scores = [
                (_likeness(cells, before, other, written), -abs(other - row), other)
                for other in range(before.header_row + 1, len(before.rows))
            ]
            score, _, other = max(scores, default=(-1, 0, row))
            found[row] = id_text(before.cell(other, self.id_column or 0)) if score > 0 else ""
        return found

    # the same without that answer, from what the sheet shows later

    def slips_seen(self, now: SeenTab) -> Iterator[Slip]:
        """Cells that hold what was meant for another: the row that it was meant for does not show it."""
        rows = rows_by_id(now)
        columns = columns_by_name(now)
        for (row, place), value in self.cells.items():
            wanted = rows.get(self.ids.get(row, ""), ())
            column = columns.get(self.names.get(place, ""))
            if column is not None and any(alike(now.cell(one, column), value) for one in wanted):
                continue
            known = column is not None and bool(wanted)  # else a cleared cell tells nothing
            if alike(now.cell(row, place), value) and (value is not None or known):
                key = id_at(now, row)
                name = {at: name for name, at in columns.items()}.get(place, "")
                if (key, name) != (self.ids.get(row, ""), self.names.get(place, "")):
                    yield Slip(self.tab, key, row, name, place, value)

    def to_json(self) -> Json:
        return {
            "tab": self.tab,
            "sheet": self.sheet_id,
            "header": self.header_row,
            "id": self.id_column,
            "names": [[at, name] for at, name in self.names.items()],
            "ids": [[row, key] for row, key in self.ids.items()],
            "cells": [[row, place, to_json(value)] for (row, place), value in self.cells.items()],
        }

    @classmethod
    def from_json(cls, stored: Json) -> TabAim:
        return cls(
            stored["tab"],
            stored["sheet"],
            stored["header"],
            stored["id"],
            dict(stored["names"]),
            dict(stored["ids"]),
            {(row, place): from_json(value) for row, place, value in stored["cells"]},
        )


def rows_by_id(seen: SeenTab) -> dict[str, list[int]]:
    """Row indexes by id: a copied row has the same one."""
    found: dict[str, list[int]] = {}
    for row in range(seen.header_row + 1, len(seen.rows)):
        key = id_at(seen, row)
        if key:
            found.setdefault(key, []).append(row)
    return found


def id_at(seen: SeenTab, row: int) -> str:
    """The id of a row; where the headers are gone the column's mark tells where it is."""
    place = seen.id_column
    if place is None and seen.table is not None:
        place = seen.sheet.marked(seen.table).get(seen.table.key)
    return "" if place is None else id_text(seen.cell(row, place))


def columns_by_name(seen: SeenTab) -> dict[str, int]:
    return {name: at for at, name in TabAim.at(seen).names.items()}


def _likeness(cells: Sequence[Cell], before: SeenTab, row: int, without: set[int]) -> int:
    """Equal cells less different ones, of those that either row fills."""
    earlier = before.rows[row] if row < len(before.rows) else []
    total = 0
    for at in range(max(len(cells), len(earlier))):
        old = earlier[at] if at < len(earlier) else None
        new = cells[at] if at < len(cells) else None
        if at not in without and not (old is None and new is None):
            total += 1 if alike(old, new) else -1
    return total


def _spans(rows: Sequence[int]) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    for row in rows:
        if spans and row - spans[-1][1] <= GAP:
            spans[-1] = (spans[-1][0], row)
        else:
            spans.append((row, row))
    return spans if len(spans) <= MOST_RANGES else [(rows[0], rows[-1])]


def _effective(cell: Json) -> Cell:
    value = cell.get("effectiveValue", {})
    for kind in ("stringValue", "numberValue", "boolValue"):
        if kind in value:
            return value[kind]  # type: ignore[no-any-return]
    return None


def alike(left: Cell, right: Cell) -> bool:
    """Equal but for what a sheet does not tell apart: "" and blank, 5 and 5.0, a date and its number of days."""
    return same(plain(left), plain(right))


def plain(cell: Cell) -> Cell:
    """As a cell holds it, whatever its column is declared to hold."""
    if isinstance(cell, date):
        return to_serial(cell)
    return None if cell == "" else cell

"""Values of tabs, in windows of rows; what people move between two windows is noticed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bridge.adapters.google.client import GoogleClient
from bridge.adapters.workbooks.google_cells import from_serial
from bridge.adapters.workbooks.google_state import SheetState
from bridge.application.errors import Changed
from bridge.application.ports.workbooks import Grid
from bridge.domain.cells import Cell, Kind
from bridge.domain.columns import Table
from bridge.domain.layout import locate
from bridge.domain.values.text import header_key

Json = dict[str, Any]
WINDOW_ROWS = 25_000
TRIES = 3
LAST_SERIAL = 2_958_465  # 31 December 9999


@dataclass(frozen=True)
class SeenTab:
    """One tab as it was read. `columns[key]` and `header_row` are None and -1 where the table is not known or
    its header was not found."""

    sheet: SheetState
    table: Table | None
    rows: list[list[Cell]]
    header_row: int
    columns: Mapping[str, int]

    @property
    def id_column(self) -> int | None:
        return self.columns.get(self.table.key) if self.table else None

    def grid(self) -> Grid:
        marked = self.sheet.marked(self.table) if self.table else {}
        return Grid(self.rows, marked=marked)

    def odd_headers(self) -> dict[int, str]:
        """The marked columns under another header than their own, by index: it was renamed, or the marks were
        read before somebody moved the columns and the cells after that."""
        if self.table is None or self.header_row < 0:
            return {}
        headers = {
            place: (key, header_key(str(self.cell(self.header_row, place) or "")))
            for key, place in self.sheet.marked(self.table).items()
            if key in self.table.by_key
        }
        return {
            place: header
            for place, (key, header) in headers.items()
            if header not in map(header_key, (self.table.by_key[key].header, *self.table.by_key[key].aliases))
        }

    def cell(self, row: int, column: int) -> Cell:
        if row < len(self.rows) and column < len(self.rows[row]):
            return self.rows[row][column]
        return None


class ValueReader:
    """Reads the values of one spreadsheet. `lane` is its name for the quota."""

    def __init__(self, client: GoogleClient, book_id: str, lane: str, name: str) -> None:
        self._client, self._book_id, self._lane, self._name = client, book_id, lane, name

    def read(self, tabs: Mapping[str, tuple[SheetState, Table | None]]) -> list[SeenTab]:
        """The tabs, dates as dates where a table declares them. Raises Changed when people move rows faster
        than they can be read, and what the client raises."""
        for _ in range(TRIES):
            found = self._once([sheet for sheet, _ in tabs.values()], [table for _, table in tabs.values()])
            if found is not None:
                return found
        raise Changed("workbook_changed", file=self._name)

    def _once(self, sheets: Sequence[SheetState], tables: Sequence[Table | None]) -> list[SeenTab] | None:
        """None where a later window shows that rows have moved since the first."""
        windows = max((-(-sheet.rows // WINDOW_ROWS) for sheet in sheets), default=1)
        rows: dict[int, list[list[Cell]]] = {sheet.id: [] for sheet in sheets}
        ids: dict[int, tuple[int, list[Cell]]] = {}
        for window in range(max(1, windows)):
            start = window * WINDOW_ROWS
            wanted = [_window(sheet, start) for sheet in sheets if start < sheet.rows or not start]
            if window and window == windows - 1:
                ids = self._id_columns(sheets, tables, rows)
                wanted += [_column(sheet_id, column) for sheet_id, (column, _) in ids.items()]
            for asked, values in self._fetch(wanted):
                if "startColumnIndex" in asked:
                    held = ids[asked.get("sheetId", 0)]
                    held[1].extend(row[0] if row else None for row in values)
                else:
                    _place(rows[asked.get("sheetId", 0)], start, values)
        if any(
            _column_of(rows[sheet_id], column) != _trimmed(now) for sheet_id, (column, now) in ids.items()
        ):
            return None
        return [seen_tab(sheet, table, rows[sheet.id]) for sheet, table in zip(sheets, tables, strict=True)]

    @staticmethod
    def _id_columns(
        sheets: Sequence[SheetState], tables: Sequence[Table | None], rows: Mapping[int, list[list[Cell]]]
    ) -> dict[int, tuple[int, list[Cell]]]:
        """The id column of each tab of more than one window, to be read once more at the end."""
        found: dict[int, tuple[int, list[Cell]]] = {}
        for sheet, table in zip(sheets, tables, strict=True):
            place = seen_tab(sheet, table, rows[sheet.id]).id_column if sheet.rows > WINDOW_ROWS else None
            if place is not None:
                found[sheet.id] = (place, [])
        return found

    def _fetch(self, ranges: Sequence[Json]) -> list[tuple[Json, list[list[Cell]]]]:
        body = {
            "dataFilters": [{"gridRange": one} for one in ranges],
            "majorDimension": "ROWS",
            "valueRenderOption": "UNFORMATTED_VALUE",
            "dateTimeRenderOption": "SERIAL_NUMBER",
        }
        answer = self._client.call(
            "sheets",
            "POST",
            f"/v4/spreadsheets/{self._book_id}/values:batchGetByDataFilter",
            effect="read",
            lane=self._lane,
            params={"fields": "valueRanges(valueRange.values,dataFilters)"},
            body=body,
        )
        return [
            (
                found["dataFilters"][0]["gridRange"],
                [[None if cell == "" else cell for cell in row] for row in _values(found)],
            )
            for found in answer.get("valueRanges", [])
        ]


def seen_tab(sheet: SheetState, table: Table | None, rows: list[list[Cell]]) -> SeenTab:
    """The tab with its columns found and its dates made dates."""
    if table is None:
        return SeenTab(sheet, None, rows, -1, {})
    header_row, places = locate(table, rows, sheet.marked(table))
    columns = {key: found[0] for key, found in places.items()}
    dated = [
        columns[column.key]
        for column in table.columns
        if column.kind in (Kind.DATE, Kind.DATETIME) and column.key in columns
    ]
    for row in rows:
        for place in dated:
            if place < len(row):
                row[place] = _dated(row[place])
    return SeenTab(sheet, table, rows, header_row, columns)


def _dated(cell: Cell) -> Cell:
    """A number in a column of dates is one, as the spreadsheet shows it; none that no calendar has."""
    if isinstance(cell, (int, float)) and not isinstance(cell, bool) and 1 <= cell <= LAST_SERIAL:
        return from_serial(cell)
    return cell


def _values(found: Json) -> list[list[Any]]:
    return found.get("valueRange", {}).get("values", [])  # type: ignore[no-any-return]


def _window(sheet: SheetState, start: int) -> Json:
    """The last one is open: rows may have been inserted since the sheet's size was read."""
    window = {"sheetId": sheet.id, "startRowIndex": start}
    return window if start + WINDOW_ROWS >= sheet.rows else window | {"endRowIndex": start + WINDOW_ROWS}


def _column(sheet_id: int, column: int) -> Json:
    return {"sheetId": sheet_id, "startColumnIndex": column, "endColumnIndex": column + 1}


def _place(rows: list[list[Cell]], start: int, values: list[list[Cell]]) -> None:
    if values:
        rows.extend([] for _ in range(start - len(rows)))  # rows that an earlier window left out were blank
        rows.extend(values)


def _column_of(rows: Sequence[Sequence[Cell]], column: int) -> list[Cell]:
    return _trimmed([row[column] if column < len(row) else None for row in rows])


def _trimmed(cells: list[Cell]) -> list[Cell]:
    while cells and cells[-1] is None:
        cells.pop()
    return cells

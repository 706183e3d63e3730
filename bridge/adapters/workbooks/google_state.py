"""What a spreadsheet is made of: its tabs, their sizes and marks, the writes that were done; read in one call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bridge.adapters.workbooks.google_marks import COLUMN, COMMIT, TAB, mark_id
from bridge.domain.columns import Table

Json = dict[str, Any]

MARK_FIELDS = "developerMetadata(metadataId,metadataKey,metadataValue)"
SHEET_FIELDS = (
    "properties(sheetId,title,index,sheetType,gridProperties(rowCount,columnCount)),"
    f"{MARK_FIELDS},charts(chartId,spec.title),merges,basicFilter.range"
)
"""Of each tab, as much as summaries need too: they may travel in the same write."""
STATE_FIELDS = (
    f"properties.title,{MARK_FIELDS},"
    f"sheets({SHEET_FIELDS},data.columnMetadata.developerMetadata(metadataKey,metadataValue))"
)


@dataclass(frozen=True)
class SheetState:
    """One tab. `columns["<table>.<key>"]` is where the column with that mark is, from 0; `tables` maps each
    table that the tab is marked for to the mark's id."""

    id: int
    title: str
    rows: int
    width: int
    tables: Mapping[str, int] = field(default_factory=dict)
    columns: Mapping[str, int] = field(default_factory=dict)

    def marked(self, table: Table) -> dict[str, int]:
        """Column key -> index, of the columns of this table that carry their mark."""
        prefix = f"{table.name}."
        return {
            value.removeprefix(prefix): at for value, at in self.columns.items() if value.startswith(prefix)
        }


@dataclass(frozen=True)
class BookState:
    """`commits` are the numbers of the writes that left their marker; `raw` is the answer it was read from."""

    title: str
    sheets: Sequence[SheetState]
    commits: frozenset[int]
    raw: Json = field(repr=False, default_factory=dict)

    def sheet(self, tab: str, table: Table | None) -> SheetState | None:
        """The tab of a table, whatever it is called by now; without a mark the tab with that title.

        A duplicated tab carries the marks too, under other ids: the original is preferred, then the title.
        """
        marked = [sheet for sheet in self.sheets if table is not None and table.name in sheet.tables]
        named = [sheet for sheet in self.sheets if sheet.title == tab]
        if table is not None:
            first = [sheet for sheet in marked if sheet.tables[table.name] == mark_id(TAB, table.name)]
            marked = first or [sheet for sheet in marked if sheet in named] or marked
        return next(iter(marked or named), None)


def read_state(answer: Json) -> BookState:
    """From the answer of spreadsheets.get with STATE_FIELDS."""
    return BookState(
        str(answer.get("properties", {}).get("title", "")),
        [_sheet(sheet) for sheet in answer.get("sheets", []) if "gridProperties" in sheet["properties"]],
        frozenset(
            entry["metadataId"]
            for entry in answer.get("developerMetadata", [])
            if entry["metadataKey"] == COMMIT
        ),
        answer,
    )


def _sheet(sheet: Json) -> SheetState:
    properties = sheet["properties"]
    grid = properties["gridProperties"]
    return SheetState(
        properties.get("sheetId", 0),  # an id of 0 is left out
        properties["title"],
        grid.get("rowCount", 0),
        grid.get("columnCount", 0),
        {
            entry.get("metadataValue", ""): entry["metadataId"]
            for entry in sheet.get("developerMetadata", [])
            if entry["metadataKey"] == TAB
        },
        column_marks(sheet.get("data", [])),
    )


def column_marks(data: Sequence[Json]) -> dict[str, int]:
    """Mark -> column index, of the GridData of one tab. Of two columns with one mark, the first."""
    found: dict[str, int] = {}
    for part in data:
        start = part.get("startColumn", 0)
        for at, column in enumerate(part.get("columnMetadata", [])):
            for entry in column.get("developerMetadata", []):
                if entry["metadataKey"] == COLUMN:
                    found.setdefault(entry.get("metadataValue", ""), start + at)
    return found

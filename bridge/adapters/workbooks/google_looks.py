"""How a spreadsheet is set up: its tabs, marks, protections, drop-downs and formats, read in three calls.

Only the first rows of each tab are looked at: what set-up gives a column, it gives to all of its rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

from bridge.adapters.workbooks.google_marks import COLUMN, TAB, forget_mark, mark_id
from bridge.domain.columns import Table

Json = dict[str, Any]
SAMPLE_ROWS = 40  # the header is among the first 30

SIZE_FIELDS = "sheets.properties(sheetId,sheetType,gridProperties(rowCount,columnCount))"
LOOK_FIELDS = (
    "properties(title,locale,timeZone),"
    "sheets(properties(sheetId,title,sheetType,gridProperties(rowCount,columnCount,frozenRowCount)),"
    "developerMetadata(metadataId,metadataKey,metadataValue),"
    "protectedRanges(protectedRangeId,range,warningOnly),"
    "data(startRow,startColumn,"
    "rowData.values(formattedValue,userEnteredFormat.numberFormat,dataValidation.condition),"
    "columnMetadata(hiddenByUser,developerMetadata(metadataId,metadataKey,metadataValue))))"
)


@dataclass(frozen=True)
class Mark:
    """A developer metadata entry: `value` is a table's name, or "<table>.<column key>"."""

    id: int
    value: str


@dataclass(frozen=True)
class Protection:
    """Columns `start` to `end` (not included; None: to the last one)."""

    id: int
    start: int
    end: int | None
    warning_only: bool

    def covers(self, column: int) -> bool:
        return self.start <= column and (self.end is None or column < self.end)


@dataclass(frozen=True)
class Look:
    """One cell. `choices` is None where its drop-down is no list, or there is none; `rule` tells the two apart."""

    text: str = ""
    formatted: bool = False
    rule: bool = False
    choices: tuple[str, ...] | None = None


_NOTHING = Look()


@dataclass(frozen=True)
class Tab:
    """One tab. `cells` are its first rows, ragged; `used` is the number of columns up to the last that holds
    anything in any row."""

    id: int
    title: str
    rows: int
    columns: int
    frozen: int = 0
    marks: tuple[Mark, ...] = ()
    column_marks: Mapping[int, tuple[Mark, ...]] = field(default_factory=dict)
    hidden: frozenset[int] = frozenset()
    protections: tuple[Protection, ...] = ()
    cells: Sequence[Sequence[Look]] = ()
    used: int = 0

    def cell(self, row: int, column: int) -> Look:
        if row < len(self.cells) and column < len(self.cells[row]):
            return self.cells[row][column]
        return _NOTHING

    def below(self, row: int, column: int) -> list[Look]:
        """The cells of a column under a row, as far as they were read."""
        return [self.cell(at, column) for at in range(row + 1, len(self.cells))]


@dataclass(frozen=True)
class Looks:
    """A spreadsheet. `mark_ids` are those of all tabs and columns."""

    title: str
    locale: str
    time_zone: str
    tabs: tuple[Tab, ...]
    taken: frozenset[str]  # titles of all tabs, of charts too, as Google compares them

    @property
    def mark_ids(self) -> set[int]:
        columns = (marks for tab in self.tabs for marks in tab.column_marks.values())
        return {mark.id for marks in (*(tab.marks for tab in self.tabs), *columns) for mark in marks}


def tab_of(table: Table, looks: Looks, spoken_for: AbstractSet[int]) -> Tab | None:
    """By its own mark; else by a copied mark under the table's title; else by any mark; else by its title."""
    others = [tab for tab in looks.tabs if tab.id not in spoken_for]
    first = [tab for tab in others if any(mark.id == mark_id(TAB, table.name) for mark in tab.marks)]
    marked = [tab for tab in others if any(mark.value == table.name for mark in tab.marks)]
    named = [tab for tab in others if tab.title.casefold() == table.tab.casefold()]
    both = [tab for tab in marked if tab in named]
    free = [tab for tab in named if not tab.marks]
    return next(iter(first or both or marked or free), None)


def set_aside(tables: Sequence[Table], looks: Looks, stamp: str) -> list[Json]:
    """Requests that keep the present tabs of the tables as they are, under another title and without their marks:
    the next plan makes new ones."""
    requests: list[Json] = []
    spoken_for: set[int] = set()
    for table in tables:
        tab = tab_of(table, looks, spoken_for)
        if tab is not None:
            spoken_for.add(tab.id)
            marks = [mark for held in (tab.marks, *tab.column_marks.values()) for mark in held]
            title = {"sheetId": tab.id, "title": f"{tab.title[:60]} {stamp}"}
            requests.append({"updateSheetProperties": {"properties": title, "fields": "title"}})
            requests += [forget_mark(mark.id) for mark in marks]
    return requests


def sample_body(sizes: Json) -> Json:
    """The body of spreadsheets.getByDataFilter (with LOOK_FIELDS) for an answer with SIZE_FIELDS."""
    spans = [
        {"sheetId": properties.get("sheetId", 0), "startRowIndex": 0, "endRowIndex": min(SAMPLE_ROWS, rows)}
        for properties, rows in _grids(sizes)
    ]
    return {"dataFilters": [{"gridRange": span} for span in spans]}


def strays_body(sample: Json) -> Json:
    """The body of values:batchGetByDataFilter for what stands to the right of everything in the sample."""
    spans = [
        {"sheetId": _id(sheet), "startColumnIndex": width}
        for sheet in sample.get("sheets", [])
        if "gridProperties" in sheet["properties"]
        if (width := _width(sheet)) < sheet["properties"]["gridProperties"].get("columnCount", 0)
    ]
    filters = [{"gridRange": span} for span in spans]
    return {"dataFilters": filters, "majorDimension": "COLUMNS"}


def read_looks(sample: Json, strays: Json) -> Looks:
    """From the answers to the two bodies."""
    further: dict[int, int] = {}
    for found in strays.get("valueRanges", []):
        asked = found["dataFilters"][0]["gridRange"]
        held = len(found.get("valueRange", {}).get("values", []))
        further[asked.get("sheetId", 0)] = asked.get("startColumnIndex", 0) + held if held else 0
    sheets = sample.get("sheets", [])
    properties = sample.get("properties", {})
    return Looks(
        str(properties.get("title", "")),
        str(properties.get("locale", "")),
        str(properties.get("timeZone", "")),
        tuple(
            _tab(sheet, further.get(_id(sheet), 0))
            for sheet in sheets
            if "gridProperties" in sheet["properties"]
        ),
        frozenset(str(sheet["properties"]["title"]).casefold() for sheet in sheets),
    )


def _grids(answer: Json) -> list[tuple[Json, int]]:
    """(properties, number of rows) of every tab that is a grid: a chart's own tab has no cells."""
    found = [sheet["properties"] for sheet in answer.get("sheets", [])]
    return [(one, one["gridProperties"].get("rowCount", 0)) for one in found if "gridProperties" in one]


def _id(sheet: Json) -> int:
    return int(sheet["properties"].get("sheetId", 0))  # an id of 0 is left out


def _width(sheet: Json) -> int:
    rows = [row for part in sheet.get("data", []) for row in part.get("rowData", [])]
    filled = [
        at
        for row in rows
        for at, cell in enumerate(row.get("values", []), 1)
        if cell.get("formattedValue") not in (None, "")
    ]
    return max(filled, default=0)


def _tab(sheet: Json, further: int) -> Tab:
    properties, grid = sheet["properties"], sheet["properties"]["gridProperties"]
    data = sheet.get("data", [])
    columns = data[0].get("columnMetadata", []) if data else []
    return Tab(
        id=_id(sheet),
        title=str(properties["title"]),
        rows=grid.get("rowCount", 0),
        columns=grid.get("columnCount", 0),
        frozen=grid.get("frozenRowCount", 0),
        marks=_marks(sheet, TAB),
        column_marks={at: marks for at, column in enumerate(columns) if (marks := _marks(column, COLUMN))},
        hidden=frozenset(at for at, column in enumerate(columns) if column.get("hiddenByUser")),
        protections=tuple(_protection(one) for one in sheet.get("protectedRanges", [])),
        cells=[
            [_look(cell) for cell in row.get("values", [])]
            for row in (data[0].get("rowData", []) if data else [])
        ],
        used=max(_width(sheet), further),
    )


def _marks(holder: Json, key: str) -> tuple[Mark, ...]:
    return tuple(
        Mark(entry["metadataId"], str(entry.get("metadataValue", "")))
        for entry in holder.get("developerMetadata", [])
        if entry["metadataKey"] == key
    )


def _protection(one: Json) -> Protection:
    span = one.get("range", {})
    return Protection(
        one["protectedRangeId"],
        span.get("startColumnIndex", 0),
        span.get("endColumnIndex"),
        bool(one.get("warningOnly")),
    )


def _look(cell: Json) -> Look:
    condition = cell.get("dataValidation", {}).get("condition")
    listed = condition is not None and condition.get("type") == "ONE_OF_LIST"
    return Look(
        str(cell.get("formattedValue", "")),
        "numberFormat" in cell.get("userEnteredFormat", {}),
        condition is not None,
        tuple(value.get("userEnteredValue", "") for value in condition.get("values", []))
        if condition is not None and listed
        else None,
    )

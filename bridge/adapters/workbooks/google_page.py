"""One summary tab laid out on a Google sheet: values, looks, sizes and charts, as requests of a batch.

The counterpart of `xlsx_summary.py`: the same places, formats and colours. Everything here is pure.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from bridge.adapters.workbooks.google_cells import MAX_TEXT, cell
from bridge.adapters.workbooks.google_charts import (
    WIDTH,
    chart_height,
    chart_rows,
    chart_spec,
    colour,
    letters,
)
from bridge.domain.summary import Format, SummaryBlock, SummaryColumn, SummaryTab, Value, visible_length

Json = dict[str, Any]

ACCENT, PALE, RULE, FAINT = "1F5673", "E3EDF3", "9FB8C6", "5F6B73"
GAP = 2  # columns between tables and charts, rows between tables
ROW, COLUMN = 21, 100  # pixels, of a row and a column that nobody sized
TITLE_ROW, HEADING_ROW, LINE = 32, 27, 18
LETTER, MARGIN = 7, 14  # pixels, of a letter and beside the text of a cell
FROZEN_ROWS = 2  # the title, and how old it is
REWRITTEN = "userEnteredValue,userEnteredFormat,dataValidation"  # people's notes stay

TITLE = letters(16, bold=True, shade=ACCENT)
HEADING = letters(11, bold=True, shade=ACCENT)
BODY, BOLD, QUIET = letters(10), letters(10, bold=True), letters(9, shade=FAINT)
GROUND = {"textFormat": BODY, "verticalAlignment": "MIDDLE"}
UNDER = {"bottom": {"style": "SOLID", "colorStyle": colour(RULE)}}
ABOVE = {
    "top": {"style": "SOLID", "colorStyle": colour(RULE)},
    "bottom": {"style": "DOUBLE", "colorStyle": colour(RULE)},
}
NUMBERS: dict[Format, Json] = {
    Format.TEXT: {"type": "TEXT"},  # so that an edit in the browser makes no formula of it either
    Format.COUNT: {"type": "NUMBER", "pattern": Format.COUNT.value},
    Format.BAHT: {"type": "NUMBER", "pattern": Format.BAHT.value},
    Format.PERCENT: {"type": "PERCENT", "pattern": Format.PERCENT.value},
}


class Page:
    """`rows` and `columns` are what its sheet needs; `charts` are EmbeddedCharts without an id."""

    def __init__(self, tab: SummaryTab, sheet_id: int) -> None:
        self.sheet_id = sheet_id
        self._values: dict[int, list[Json]] = {}
        self._looks: list[Json] = []
        self._heights: dict[int, int] = {0: TITLE_ROW}
        self._widths = _widths(tab)
        self.charts: list[Json] = []
        self.frozen_columns = max((_labels(block) for block in tab.blocks), default=0)
        self.rows = FROZEN_ROWS + 2
        self.columns = len(self._widths) + 1
        self._lay_out(tab)

    # ---------------------------------------------------------------------------------------- as requests

    def requests(self) -> Iterator[Json]:
        """What brings a sheet that is large enough to this content, whatever it held; charts aside."""
        whole = {"sheetId": self.sheet_id}
        rows = [{"values": self._values.get(row, [])} for row in range(max(self._values) + 1)]
        yield {"updateCells": {"range": whole, "rows": rows, "fields": REWRITTEN}}
        yield _looks(whole | _area(0, len(rows), 0, self.columns), GROUND)
        yield from self._looks
        yield self._size("ROWS", 0, None, ROW)
        for start, end, pixels in _runs(self._heights):
            yield self._size("ROWS", start, end, pixels)
        yield self._size("COLUMNS", 0, None, COLUMN)
        for start, end, pixels in _runs(self._widths):
            yield self._size("COLUMNS", start, end, pixels)
        grid = {
            "frozenRowCount": FROZEN_ROWS,
            "frozenColumnCount": self.frozen_columns,
            "hideGridlines": True,
        }
        fields = ",".join(f"gridProperties.{name}" for name in grid)
        properties = whole | {"gridProperties": grid}
        yield {"updateSheetProperties": {"properties": properties, "fields": fields}}

    def _size(self, dimension: str, start: int, end: int | None, pixels: int) -> Json:
        span: Json = {"sheetId": self.sheet_id, "dimension": dimension, "startIndex": start}
        if end is not None:
            span["endIndex"] = end
        properties = {"pixelSize": pixels, "hiddenByUser": False}
        return {
            "updateDimensionProperties": {
                "range": span,
                "properties": properties,
                "fields": ",".join(properties),
            }
        }

    # ------------------------------------------------------------------------------------------ laying out

    def _lay_out(self, tab: SummaryTab) -> None:
        self._line(0, tab.title, TITLE)
        self._line(1, tab.as_of, QUIET)
        row = FROZEN_ROWS + 1
        for note in tab.notes:
            self._line(row, note, BODY)
            row += GAP
        taken = (0, 0)  # what charts take: from this column on, down to this row
        for block in tab.blocks:
            if len(block.columns) + 1 > taken[0]:
                row = max(row, taken[1])
            taken = self._lay_charts(block, row, taken)
            row = self._lay_block(block, row) + GAP
        self.rows = max(self.rows, row, taken[1])

    def _lay_charts(self, block: SummaryBlock, row: int, taken: tuple[int, int]) -> tuple[int, int]:
        """Charts to the right of their table, below those that are there; returns what charts take now."""
        column = len(block.columns) + 1
        for chart in block.charts if block.rows else ():
            first = max(row, taken[1])
            height = chart_height(chart, chart_rows(block, chart))
            position = {
                "anchorCell": {"sheetId": self.sheet_id, "rowIndex": first, "columnIndex": column},
                "offsetXPixels": 0,
                "offsetYPixels": 0,
                "widthPixels": WIDTH,
                "heightPixels": height,
            }
            spec = chart_spec(block, chart, self.sheet_id, row + 1)
            self.charts.append({"spec": spec, "position": {"overlayPosition": position}})
            self.columns = max(self.columns, self._right_of(column))
            taken = (min(column, taken[0] or column), first + math.ceil(height / ROW) + GAP)
        return taken

    def _right_of(self, column: int) -> int:
        """The first column to the right of a chart that begins in this one."""
        pixels = 0
        while pixels < WIDTH:
            pixels += self._widths.get(column, COLUMN)
            column += 1
        return column

    def _lay_block(self, block: SummaryBlock, row: int) -> int:
        """From this row on; returns the first row below it."""
        self._line(row, block.heading, HEADING)
        self._heights[row] = HEADING_ROW
        self._lay_header(block, row + 1)
        first = row = row + 2
        for values in (*block.rows, block.total):
            self._values[row] = [_cell(value) for value in values]
            lines = _lines(block.columns, values)
            if lines > 1:
                self._heights[row] = ROW + LINE * (lines - 1)
            row += 1
        for kind, start, end in _alike([column.format for column in block.columns]):
            wrapped = {"wrapStrategy": "WRAP"} if kind is Format.TEXT else {}
            self._look(first, row, start, end, {"numberFormat": NUMBERS[kind]} | wrapped)
        self._look(row - 1, row, 0, len(block.columns), {"textFormat": BOLD, "borders": ABOVE})
        for note in block.notes:
            self._line(row, note, QUIET)
            row += 1
        return row

    def _lay_header(self, block: SummaryBlock, row: int) -> None:
        self._values[row] = [_cell(column.header) for column in block.columns]
        self._heights[row] = 11 + LINE * _lines(block.columns, block.header)
        looks = {
            "textFormat": BOLD,
            "backgroundColorStyle": colour(PALE),
            "borders": UNDER,
            "numberFormat": NUMBERS[Format.TEXT],
            "wrapStrategy": "WRAP",
        }
        self._look(row, row + 1, 0, len(block.columns), looks)
        for is_text, start, end in _alike([column.format is Format.TEXT for column in block.columns]):
            self._look(row, row + 1, start, end, {"horizontalAlignment": "LEFT" if is_text else "RIGHT"})

    def _line(self, row: int, text: str, font: Json) -> None:
        """A line of text that may flow over the cells beside it."""
        self._values[row] = [_cell(text)]
        looks = {"textFormat": font, "numberFormat": NUMBERS[Format.TEXT], "wrapStrategy": "OVERFLOW_CELL"}
        self._look(row, row + 1, 0, 1, looks)

    def _look(self, start_row: int, end_row: int, start: int, end: int, looks: Json) -> None:
        area = {"sheetId": self.sheet_id} | _area(start_row, end_row, start, end)
        self._looks.append(_looks(area, looks))


def as_of_request(tab: SummaryTab, sheet_id: int) -> Json:
    """Writes the line that says how old the figures are, and nothing else."""
    area = {"sheetId": sheet_id} | _area(1, 2, 0, 1)
    rows = [{"values": [_cell(tab.as_of)]}]
    return {"updateCells": {"range": area, "rows": rows, "fields": "userEnteredValue"}}


def _area(start_row: int, end_row: int, start: int, end: int) -> Json:
    """The bounds of a GridRange."""
    return {
        "startRowIndex": start_row,
        "endRowIndex": end_row,
        "startColumnIndex": start,
        "endColumnIndex": end,
    }


def _looks(area: Json, looks: Json) -> Json:
    """The request that adds these looks to an area; the others there stay."""
    fields = f"userEnteredFormat({','.join(looks)})"
    return {"repeatCell": {"range": area, "cell": {"userEnteredFormat": looks}, "fields": fields}}


def _cell(value: Value) -> Json:
    if isinstance(value, str):
        value = value[: MAX_TEXT // 2]  # Google counts a letter beyond the first 65,536 twice
    return cell(value)


def _labels(block: SummaryBlock) -> int:
    return sum(column.format is Format.TEXT for column in block.columns)


def _widths(tab: SummaryTab) -> dict[int, int]:
    """Pixels of each column: those of the widest table."""
    widths: dict[int, int] = {}
    for block in tab.blocks:
        for at, column in enumerate(block.columns):
            widths[at] = max(widths.get(at, 0), LETTER * column.width + MARGIN)
    return widths


def _lines(columns: Sequence[SummaryColumn], values: Sequence[Value]) -> int:
    """How many lines a row needs for its longest text."""
    texts = ((value, column.width) for column, value in zip(columns, values, strict=True))
    needed = (math.ceil(visible_length(text) / width) for text, width in texts if isinstance(text, str))
    return min(20, max(1, *needed, 1))


def _alike(values: Sequence[Any]) -> Iterator[tuple[Any, int, int]]:
    """(value, first, after the last) of runs of equal values."""
    start = 0
    for value, run in groupby(values):
        end = start + sum(1 for _ in run)
        yield value, start, end
        start = end


def _runs(sizes: Mapping[int, int]) -> Iterator[tuple[int, int, int]]:
    """(first, after the last, pixels) of neighbours of one size."""
    last = -2
    start = pixels = -1
    for at, size in sorted(sizes.items()):
        if at != last + 1 or size != pixels:
            if start >= 0:
                yield start, last + 1, pixels
            start, pixels = at, size
        last = at
    if start >= 0:
        yield start, last + 1, pixels

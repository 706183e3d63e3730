"""Native charts of the summary tabs in a Google spreadsheet, in the palette of the .xlsx ones."""

from __future__ import annotations

from typing import Any

from bridge.adapters.workbooks.google_cells import plain
from bridge.domain.summary import Chart, ChartKind, SummaryBlock

Json = dict[str, Any]

FACE = "Sarabun"  # has Thai letters and is in every Google spreadsheet
INK = "44525B"
SHADES = ("2F6F8F", "9CC3D5", "D9B26A", "6B8F71", "B7C4CC", "8A6F8F")
WIDTH = 720  # pixels
HEIGHT = 320
FULL_PIE = "LABELED_LEGEND"  # the name and the share beside each slice


def colour(six: str) -> Json:
    """ColorStyle of RRGGBB."""
    red, green, blue = (round(int(six[at : at + 2], 16) / 255, 4) for at in (0, 2, 4))
    return {"rgbColor": {"red": red, "green": green, "blue": blue}}


def letters(points: int, *, bold: bool = False, shade: str = "") -> Json:
    """TextFormat."""
    written: Json = {"fontFamily": FACE, "fontSize": points}
    if bold:
        written["bold"] = True
    return written | ({"foregroundColorStyle": colour(shade)} if shade else {})


def chart_height(chart: Chart, rows: int) -> int:
    """Pixels; lying bars need a line each."""
    if chart.kind is ChartKind.BAR:
        return max(284, 92 + rows * (14 + 9 * len(chart.values)))
    return HEIGHT


def chart_rows(block: SummaryBlock, chart: Chart) -> int:
    """How many rows of the block it shows."""
    return min(chart.first or len(block.rows), len(block.rows))


def chart_spec(block: SummaryBlock, chart: Chart, sheet_id: int, header: int) -> Json:
    """ChartSpec of a chart of a block whose header is in row `header`, from 0, and whose first column is A."""
    sources = _Sources(sheet_id, header, header + 1 + chart_rows(block, chart))
    spec: Json = {
        "title": plain(chart.title),
        "altText": plain(chart.title),
        "titleTextFormat": letters(12, bold=True, shade=INK),
        "fontName": FACE,
        "hiddenDimensionStrategy": "SHOW_ALL",  # a filter on the tab is no reason for a smaller figure
    }
    if chart.kind is ChartKind.PIE:
        return spec | {"pieChart": _pie(chart, sources)}
    return spec | {"basicChart": _bars_or_lines(block, chart, sources)}


class _Sources:
    """Columns of a block as ChartData: with the header's cell, or without it."""

    def __init__(self, sheet_id: int, header: int, end: int) -> None:
        self._sheet_id, self._header, self._end = sheet_id, header, end

    def column(self, at: int, *, headed: bool) -> Json:
        source = {
            "sheetId": self._sheet_id,
            "startRowIndex": self._header if headed else self._header + 1,
            "endRowIndex": self._end,
            "startColumnIndex": at,
            "endColumnIndex": at + 1,
        }
        return {"sourceRange": {"sources": [source]}}


def _pie(chart: Chart, sources: _Sources) -> Json:
    return {
        "legendPosition": FULL_PIE,
        "domain": sources.column(chart.category, headed=False),
        "series": sources.column(chart.values[0], headed=False),
    }


def _bars_or_lines(block: SummaryBlock, chart: Chart, sources: _Sources) -> Json:
    """One series needs no legend: the title says what it is."""
    lying = chart.kind is ChartKind.BAR
    figures, names = ("BOTTOM_AXIS", "LEFT_AXIS") if lying else ("LEFT_AXIS", "BOTTOM_AXIS")
    axis: Json = {"position": figures}
    shown = (row[at] for row in block.rows[: chart.first] for at in chart.values)
    if all(not isinstance(value, str) and value >= 0 for value in shown):
        axis["viewWindowOptions"] = {"viewWindowMin": 0}
    return {
        "chartType": chart.kind.name,
        "legendPosition": "NO_LEGEND" if len(chart.values) == 1 else "BOTTOM_LEGEND",
        "headerCount": 1,
        "axis": [{"position": names}, axis],
        "domains": [{"domain": sources.column(chart.category, headed=True)}],
        "series": [
            _series(chart, sources.column(column, headed=True), figures, SHADES[at % len(SHADES)])
            for at, column in enumerate(chart.values)
        ],
    }


def _series(chart: Chart, data: Json, axis: str, shade: str) -> Json:
    series: Json = {"series": data, "targetAxis": axis, "colorStyle": colour(shade)}
    if chart.kind is ChartKind.BAR:
        series["dataLabel"] = {
            "type": "DATA",
            "placement": "OUTSIDE_END",
            "textFormat": letters(8, shade=INK),
        }
    elif chart.kind is ChartKind.LINE:
        series["lineStyle"] = {"width": 3, "type": "SOLID"}
        series["pointStyle"] = {"shape": "CIRCLE", "size": 6}
    return series

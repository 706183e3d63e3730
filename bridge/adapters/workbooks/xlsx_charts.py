"""Native charts of the summary workbook, in one calm palette."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from openpyxl.chart import BarChart, LineChart, PieChart, Reference, Series
from openpyxl.chart.data_source import AxDataSource, StrRef
from openpyxl.chart.label import DataLabelList
from openpyxl.chart.marker import DataPoint
from openpyxl.chart.series import SeriesLabel
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.chart.text import RichText, Text
from openpyxl.chart.title import Title
from openpyxl.drawing.line import LineProperties
from openpyxl.drawing.text import (
    CharacterProperties,
    Font,
    Paragraph,
    ParagraphProperties,
    RegularTextRun,
)
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.worksheet.worksheet import Worksheet

from bridge.domain.summary import Chart, ChartKind, Format, SummaryBlock

ROW_CM = 0.53  # a row of usual height
WIDTH_CM = 19.0
FACE = "Tahoma"
SHADES = ("2F6F8F", "9CC3D5", "D9B26A", "6B8F71", "B7C4CC", "8A6F8F")
INK, FAINT = "44525B", "DFE6EA"
FEW = 10  # an axis that ends here counts by ones


def native_chart(sheet: Worksheet, block: SummaryBlock, chart: Chart, header: int) -> Any:
    """The chart of a block whose header is in row `header` and whose first column is A."""
    native = _KINDS[chart.kind]()
    last = header + (chart.first or len(block.rows))
    for at, column in enumerate(chart.values):
        native.series.append(_series(sheet, chart, header, last, column, SHADES[at % len(SHADES)]))
    native.title = _title(chart.title)
    native.width, native.height = WIDTH_CM, _height(chart, last - header)
    native.roundedCorners = False
    _dress_legend(native, chart)
    if chart.kind is ChartKind.PIE:
        _dress_pie(native, last - header)
    else:
        _dress_axes(native, block, chart)
    return native


def _bars(direction: str) -> BarChart:
    native = BarChart()
    native.type = direction
    native.gapWidth = 60
    native.overlap = 0
    return native


_KINDS: dict[ChartKind, Any] = {
    ChartKind.BAR: lambda: _bars("bar"),
    ChartKind.COLUMN: lambda: _bars("col"),
    ChartKind.LINE: LineChart,
    ChartKind.PIE: PieChart,
}


def _height(chart: Chart, rows: int) -> float:
    """Centimetres; lying bars need a line each."""
    if chart.kind is ChartKind.BAR:
        return max(7.5, 2.4 + rows * (0.36 + 0.24 * len(chart.values)))
    return 8.5


def _series(sheet: Worksheet, chart: Chart, header: int, last: int, column: int, shade: str) -> Any:
    tab = quote_sheetname(sheet.title)
    series = Series(Reference(sheet, min_col=column + 1, min_row=header + 1, max_row=last))
    letter = get_column_letter(column + 1)
    series.tx = SeriesLabel(strRef=StrRef(f=f"{tab}!${letter}${header}"))
    letter = get_column_letter(chart.category + 1)
    # openpyxl's set_categories says that they are numbers, which some readers believe
    series.cat = AxDataSource(strRef=StrRef(f=f"{tab}!${letter}${header + 1}:${letter}${last}"))
    if chart.kind is ChartKind.LINE:
        series.graphicalProperties = GraphicalProperties(ln=LineProperties(solidFill=shade, w=28_575))
        series.smooth = False
        series.marker.symbol = "circle"
        series.marker.size = 6
        series.marker.graphicalProperties = GraphicalProperties(solidFill=shade)
        series.marker.graphicalProperties.line.solidFill = shade
    else:
        series.graphicalProperties = GraphicalProperties(solidFill=shade)
        series.graphicalProperties.line.noFill = True
    return series


def _letters(points: int, bold: bool) -> CharacterProperties:
    face = Font(typeface=FACE)
    return CharacterProperties(sz=points * 100, b=bold, solidFill=INK, latin=face, cs=face)


def _text(points: int) -> RichText:
    properties = ParagraphProperties(defRPr=_letters(points, bold=False))
    return RichText(p=[Paragraph(pPr=properties, endParaRPr=CharacterProperties())])


def _title(text: str) -> Title:
    title = Title(overlay=False)
    letters = _letters(12, bold=True)
    run = RegularTextRun(rPr=letters, t=text)
    title.tx = _rich(Paragraph(pPr=ParagraphProperties(defRPr=letters), r=[run]))
    return title


def _rich(paragraph: Paragraph) -> Any:
    return Text(rich=RichText(p=[paragraph]))


def _dress_legend(native: Any, chart: Chart) -> None:
    """One series needs no legend: the title says what it is. A pie's legend names its slices."""
    if len(chart.values) == 1 and chart.kind is not ChartKind.PIE:
        native.legend = None
        return
    native.legend.position = "b"
    native.legend.overlay = False
    native.legend.txPr = _text(9)


def _dress_pie(native: Any, slices: int) -> None:
    native.firstSliceAng = 0
    for at in range(slices):
        properties = GraphicalProperties(solidFill=SHADES[at % len(SHADES)])
        properties.line.solidFill = "FFFFFF"
        native.series[0].dPt.append(DataPoint(idx=at, spPr=properties))
    labels = _labels("0.0%")
    labels.showVal, labels.showPercent = False, True
    labels.position = "outEnd"
    native.series[0].dLbls = labels


def _dress_axes(native: Any, block: SummaryBlock, chart: Chart) -> None:
    names, values = native.x_axis, native.y_axis
    for axis in (names, values):
        axis.delete = False
        axis.txPr = _text(9)
    names.graphicalProperties = GraphicalProperties(ln=LineProperties(solidFill=INK))
    names.majorTickMark = "none"
    values.majorTickMark = "none"
    values.graphicalProperties = GraphicalProperties(ln=LineProperties(noFill=True))
    values.majorGridlines.spPr = GraphicalProperties(ln=LineProperties(solidFill=FAINT))
    values.number_format = Format.COUNT.value
    values.scaling.min = min(0, _least(block, chart))
    if _most(block, chart) <= FEW:
        values.majorUnit = 1
    if chart.kind is ChartKind.BAR:
        names.scaling.orientation = "maxMin"  # the first row on top, as in the table
        values.crosses = "max"  # and the figures below
        for series in native.series:
            series.dLbls = _labels(Format.COUNT.value)


def _labels(pattern: str) -> DataLabelList:
    labels = DataLabelList(numFmt=pattern)
    labels.showVal = True
    labels.showSerName = labels.showCatName = labels.showLegendKey = labels.showPercent = False
    labels.txPr = _text(8)
    return labels


def _charted(block: SummaryBlock, chart: Chart) -> list[int | Decimal]:
    rows = block.rows[: chart.first]
    return [value for row in rows for at in chart.values if not isinstance(value := row[at], str)]


def _most(block: SummaryBlock, chart: Chart) -> int | Decimal:
    return max(_charted(block, chart), default=0)


def _least(block: SummaryBlock, chart: Chart) -> int | Decimal:
    return min(_charted(block, chart), default=0)

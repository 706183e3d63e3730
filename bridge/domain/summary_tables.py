"""How a summary's table is made of lines of figures: its words, its columns, its chart."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

from bridge.domain.summary import (
    Chart,
    ChartKind,
    Format,
    Line,
    SummaryBlock,
    SummaryColumn,
    Value,
    merged,
    visible_length,
)

CHART_ROWS = 25  # more bars than this cannot be read: a table of the RANKED biggest is charted instead
RANKED = 15
SLICES = 6  # and more slices of a pie than this


@dataclass(frozen=True)
class SummaryWords:
    """Every word of the summaries (`config/messages.d/summary.toml`, section `summary`)."""

    as_of: str  # {when}
    blank: str
    total: str
    rest: str
    no_cases: str
    unreadable_note: str  # {count}
    months: str  # twelve, October first, spaces between
    other_types: str
    tambon_in_amphoe: str  # {tambon} {amphoe}
    ranking: str  # {heading} {count}
    year: str  # {year}

    tab_overview: str
    tab_types: str
    tab_operations: str
    tab_steps: str
    tab_outcomes: str
    tab_money: str
    tab_amphoes: str
    tab_tambons: str

    # headings of tables and charts; {year} but for the first two
    years_heading: str
    compared_heading: str
    months_heading: str
    types_heading: str
    operations_heading: str
    steps_heading: str
    outcomes_heading: str
    crossed_heading: str
    money_types_heading: str
    money_amphoes_heading: str
    amphoes_heading: str
    tambons_heading: str

    fiscal_year: str
    month: str
    case_type: str
    operation: str
    step: str
    outcome: str
    amphoe: str
    tambon: str

    cases: str
    share: str
    checked: str
    waiting: str
    received: str
    other_operation: str
    helped: str
    helped_share: str
    paid: str
    baht: str
    average: str
    highest: str
    baht_share: str
    transferred: str
    transferred_baht: str
    goods: str
    unreadable: str


def share(part: int | Decimal, whole: int | Decimal) -> Value:
    """The fraction, to six places; blank when there is no whole."""
    if whole <= 0:
        return ""
    return (Decimal(part) / Decimal(whole)).quantize(Decimal("0.000001"), ROUND_HALF_UP)


def _average(line: Line) -> Value:
    if not line.paid.cases:
        return ""
    return (line.paid.baht / line.paid.cases).quantize(Decimal("0.01"), ROUND_HALF_UP)


def _highest(line: Line) -> Value:
    return line.paid.highest if line.paid.cases else ""


@dataclass(frozen=True)
class Measure:
    """A column of figures: `of(line, whole)` is its value in the row of `line`; `whole` is the total."""

    name: str  # of its header in SummaryWords
    format: Format
    of: Callable[[Line, Line], Value]


CASES = Measure("cases", Format.COUNT, lambda line, whole: line.cases)
SHARE = Measure("share", Format.PERCENT, lambda line, whole: share(line.cases, whole.cases))
CHECKED = Measure("checked", Format.COUNT, lambda line, whole: line.checked)
WAITING = Measure("waiting", Format.COUNT, lambda line, whole: line.waiting)
RECEIVED = Measure("received", Format.COUNT, lambda line, whole: line.received)
OTHER_OPERATION = Measure(
    "other_operation", Format.COUNT, lambda line, whole: line.cases - line.waiting - line.received
)
HELPED = Measure("helped", Format.COUNT, lambda line, whole: line.helped)
HELPED_SHARE = Measure("helped_share", Format.PERCENT, lambda line, whole: share(line.helped, line.cases))
PAID = Measure("paid", Format.COUNT, lambda line, whole: line.paid.cases)
BAHT = Measure("baht", Format.BAHT, lambda line, whole: line.paid.baht)
AVERAGE = Measure("average", Format.BAHT, lambda line, whole: _average(line))
HIGHEST = Measure("highest", Format.BAHT, lambda line, whole: _highest(line))
BAHT_SHARE = Measure("baht_share", Format.PERCENT, lambda line, whole: share(line.paid.baht, whole.paid.baht))
TRANSFERRED = Measure("transferred", Format.COUNT, lambda line, whole: line.paid.transferred_cases)
TRANSFERRED_BAHT = Measure("transferred_baht", Format.BAHT, lambda line, whole: line.paid.transferred_baht)
GOODS = Measure("goods", Format.COUNT, lambda line, whole: line.goods)
UNREADABLE = Measure("unreadable", Format.COUNT, lambda line, whole: line.unreadable)

PROGRESS = (WAITING, RECEIVED, OTHER_OPERATION, HELPED, HELPED_SHARE)
WIDTHS = {Format.COUNT: 13, Format.BAHT: 16, Format.PERCENT: 13, Format.TEXT: 14}


Row = tuple[tuple[str, ...], Line]  # its labels, its figures


@dataclass(frozen=True)
class Table:
    """A table of lines before it is laid out as a block."""

    heading: str
    fiscal_year: int | None
    labels: tuple[str, ...]  # headers of the label columns
    rows: tuple[Row, ...]
    measures: tuple[Measure, ...]
    words: SummaryWords

    def block(self, *charts: Chart) -> SummaryBlock:
        whole = merged(line for _, line in self.rows)
        last = (self.words.total, *[""] * (len(self.labels) - 1))
        return SummaryBlock(
            heading=self.heading,
            fiscal_year=self.fiscal_year,
            columns=self._columns(),
            rows=tuple((*labels, *self._values(line, whole)) for labels, line in self.rows),
            total=(*last, *self._values(whole, whole)),
            charts=charts,
        )

    def _values(self, line: Line, whole: Line) -> tuple[Value, ...]:
        return tuple(measure.of(line, whole) for measure in self.measures)

    def _columns(self) -> tuple[SummaryColumn, ...]:
        labels = [
            SummaryColumn(header, Format.TEXT, label_width([header, *(row[0][at] for row in self.rows)]))
            for at, header in enumerate(self.labels)
        ]
        figures = [_figure_column(getattr(self.words, each.name), each.format) for each in self.measures]
        return (*labels, *figures)


def _figure_column(header: str, shown: Format) -> SummaryColumn:
    return SummaryColumn(header, shown, max(WIDTHS[shown], min(16, visible_length(header) + 1)))


def label_width(texts: Iterable[str]) -> int:
    """Room for the longest, 14 to 44 characters; longer text wraps."""
    return max(14, min(44, 2 + max(map(visible_length, texts), default=0)))


def charted(table: Table, kind: ChartKind, *measures: Measure) -> list[SummaryBlock]:
    """The table with a chart of these measures; when it has too many rows for one, the biggest first
    in a table and chart of their own. No chart where there is nothing to show."""
    whole = merged(line for _, line in table.rows)
    if not measures[0].of(whole, whole):
        return [table.block()]
    if kind is ChartKind.PIE and len(table.rows) > SLICES:
        kind = ChartKind.BAR
    values = tuple(len(table.labels) + table.measures.index(measure) for measure in measures)
    if len(table.rows) <= CHART_ROWS:
        return [table.block(Chart(kind, table.heading, len(table.labels) - 1, values))]
    ranking = _ranking(table, measures[0])
    shift = len(table.labels) - len(ranking.labels)
    values = tuple(value - shift for value in values)
    return [ranking.block(Chart(kind, ranking.heading, 0, values, first=RANKED)), table.block()]


def _ranking(table: Table, measure: Measure) -> Table:
    """The RANKED rows where the measure is biggest, and one row for the rest."""
    words, whole = table.words, Line()
    order = sorted(table.rows, key=lambda row: measure.of(row[1], whole), reverse=True)
    top = [((_one_label(labels, words),), line) for labels, line in order[:RANKED]]
    rest = ((words.rest,), merged(line for _, line in order[RANKED:]))
    return replace(
        table,
        heading=words.ranking.format(heading=table.heading, count=RANKED),
        labels=table.labels[-1:],
        rows=(*top, rest),
    )


def _one_label(labels: tuple[str, ...], words: SummaryWords) -> str:
    if len(labels) == 1:
        return labels[0]
    amphoe, tambon = labels
    return words.tambon_in_amphoe.format(amphoe=amphoe, tambon=tambon)


def rows_of(order: Iterable[str], lines: dict[str, Line]) -> tuple[Row, ...]:
    return tuple(((word,), lines.get(word) or Line()) for word in order)

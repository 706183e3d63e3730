"""The eight summaries (process.md section 7), from counted cases.

Every figure belongs to the fiscal year in which its case was submitted, money included, so that all tables of
a year have the same totals. A table has a row for every category, with 0 where there is none, and a total.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone

from bridge.domain.summary import (
    Categories,
    Chart,
    ChartKind,
    Format,
    Line,
    SummaryBlock,
    SummaryColumn,
    SummaryTab,
    Tally,
    YearFigures,
    thai_order,
)
from bridge.domain.summary_tables import (
    AVERAGE,
    BAHT,
    BAHT_SHARE,
    CASES,
    CHECKED,
    GOODS,
    HELPED,
    HIGHEST,
    PAID,
    PROGRESS,
    SHARE,
    TRANSFERRED,
    TRANSFERRED_BAHT,
    UNREADABLE,
    WIDTHS,
    SummaryWords,
    Table,
    charted,
    label_width,
    rows_of,
)

BANGKOK = timezone(timedelta(hours=7))
FISCAL_MONTHS = (10, 11, 12, 1, 2, 3, 4, 5, 6, 7, 8, 9)
CROSS_OTHERS = 4  # more types outside the configuration than this share one column of the cross table
COMPARED_YEARS = 3

Years = Sequence[tuple[int, YearFigures]]


def summary_tabs(
    counted: Tally,
    categories: Categories,
    words: SummaryWords,
    as_of: datetime,
    only: int | None = None,
) -> tuple[SummaryTab, ...]:
    """The eight tabs, in order; tables of the newest fiscal year come first. `as_of` is when the cases were
    read: any zone, or the wall clock of Asia/Bangkok when it has none. `only` is one of the fiscal years that have
    cases: its tables alone, charted, compared with the years before it."""
    years = [
        (year, YearFigures(tally, categories, words.blank))
        for year, tally in counted.years()
        if only is None or year <= only
    ]
    shown = years if only is None else years[:1]
    pages = (
        (words.tab_overview, _overview(years, shown, words)),
        (words.tab_types, _each_year(shown, words, _types)),
        (words.tab_operations, _each_year(shown, words, _operations)),
        (words.tab_steps, _each_year(shown, words, _steps)),
        (words.tab_outcomes, _each_year(shown, words, _outcomes)),
        (words.tab_money, _each_year(shown, words, _money)),
        (words.tab_amphoes, _each_year(shown, words, _amphoes)),
        (words.tab_tambons, _each_year(shown, words, _tambons)),
    )
    line = words.as_of.format(when=thai_moment(as_of))
    notes = () if years else (words.no_cases,)
    return tuple(SummaryTab(title, line, tuple(blocks), notes) for title, blocks in pages)


def thai_moment(moment: datetime) -> str:
    """22/11/2569 16:30, Buddhist era, time of Asia/Bangkok."""
    local = moment.astimezone(BANGKOK) if moment.tzinfo else moment
    return f"{local.day}/{local.month}/{local.year + 543} {local:%H:%M}"


def _each_year(
    years: Years,
    words: SummaryWords,
    build: Callable[[int, YearFigures, SummaryWords], list[SummaryBlock]],
) -> list[SummaryBlock]:
    """Tables of every year, newest first; only the newest are charted."""
    blocks = [build(year, figures, words) for year, figures in years]
    older = [replace(block, charts=()) for built in blocks[1:] for block in built]
    return [*(blocks[0] if blocks else []), *older]


def _overview(years: Years, shown: Years, words: SummaryWords) -> list[SummaryBlock]:
    if not years:
        return []
    rows = tuple(((str(year),), figures.whole) for year, figures in years)
    measures = (CASES, CHECKED, *PROGRESS, PAID, BAHT, GOODS, UNREADABLE)
    every = Table(words.years_heading, None, (words.fiscal_year,), rows, measures, words).block()
    notes = tuple(note for year, figures in years for note in _unreadable(year, figures, words))
    months = _each_year(shown, words, _months)
    return [replace(every, notes=notes), months[0], *_compared(years, words), *months[1:]]


def _unreadable(year: int, figures: YearFigures, words: SummaryWords) -> tuple[str, ...]:
    count = figures.whole.unreadable
    return (words.unreadable_note.format(year=year, count=f"{count:,}"),) if count else ()


def _months(year: int, figures: YearFigures, words: SummaryWords) -> list[SummaryBlock]:
    names = _month_names(figures.by_month, words)
    rows = tuple(((name,), figures.by_month.get(month) or Line()) for month, name in names.items())
    heading = words.months_heading.format(year=year)
    table = Table(heading, year, (words.month,), rows, (CASES, CHECKED, HELPED, PAID, BAHT), words)
    return charted(table, ChartKind.COLUMN, CASES, HELPED)


def _month_names(present: Iterable[int], words: SummaryWords) -> dict[int, str]:
    """October to September; a case without a month has a row of its own, so that it is not lost."""
    names = dict(zip(FISCAL_MONTHS, words.months.split(), strict=True))
    return names | {month: words.blank for month in sorted(present) if month not in names}


def _compared(years: Years, words: SummaryWords) -> list[SummaryBlock]:
    """Cases by month, the newest years side by side."""
    chosen = years[:COMPARED_YEARS]
    if len(chosen) < 2:
        return []
    present = {month for _, figures in chosen for month in figures.by_month}
    names = _month_names(present, words)
    counts = [[(figures.by_month.get(month) or Line()).cases for _, figures in chosen] for month in names]
    columns = [
        SummaryColumn(words.year.format(year=year), Format.COUNT, WIDTHS[Format.BAHT]) for year, _ in chosen
    ]
    chart = Chart(ChartKind.LINE, words.compared_heading, 0, tuple(range(1, len(chosen) + 1)))
    block = SummaryBlock(
        heading=words.compared_heading,
        fiscal_year=None,
        columns=(SummaryColumn(words.month, Format.TEXT, WIDTHS[Format.TEXT]), *columns),
        rows=tuple((name, *row) for name, row in zip(names.values(), counts, strict=True)),
        total=(words.total, *(sum(column) for column in zip(*counts, strict=True))),
        charts=(chart,),
    )
    return [block]


def _types(year: int, figures: YearFigures, words: SummaryWords) -> list[SummaryBlock]:
    rows = rows_of(figures.types.order(figures.by_type), figures.by_type)
    heading = words.types_heading.format(year=year)
    table = Table(heading, year, (words.case_type,), rows, (CASES, SHARE, *PROGRESS), words)
    return charted(table, ChartKind.BAR, CASES, HELPED)


def _operations(year: int, figures: YearFigures, words: SummaryWords) -> list[SummaryBlock]:
    rows = rows_of(figures.operations.order(figures.by_operation), figures.by_operation)
    heading = words.operations_heading.format(year=year)
    table = Table(heading, year, (words.operation,), rows, (CASES, SHARE, CHECKED, HELPED), words)
    return charted(table, ChartKind.PIE, CASES)


def _steps(year: int, figures: YearFigures, words: SummaryWords) -> list[SummaryBlock]:
    rows = rows_of(figures.steps.order(figures.by_step), figures.by_step)
    heading = words.steps_heading.format(year=year)
    table = Table(heading, year, (words.step,), rows, (CASES, SHARE, CHECKED), words)
    return charted(table, ChartKind.BAR, CASES)


def _outcomes(year: int, figures: YearFigures, words: SummaryWords) -> list[SummaryBlock]:
    rows = rows_of(figures.outcomes.order(figures.by_outcome), figures.by_outcome)
    heading = words.outcomes_heading.format(year=year)
    table = Table(heading, year, (words.outcome,), rows, (CASES, SHARE), words)
    return [*charted(table, ChartKind.BAR, CASES), _crossed(year, figures, words)]


def _crossed(year: int, figures: YearFigures, words: SummaryWords) -> SummaryBlock:
    """Outcomes by type of case; the last column counts all types."""
    outcomes = figures.outcomes.order(figures.by_outcome)
    columns = _cross_columns(figures, words)
    counts = []
    for outcome in outcomes:
        row = [sum(figures.cross.get((outcome, kind), 0) for kind in kinds) for kinds in columns.values()]
        counts.append((*row, sum(row)))
    return SummaryBlock(
        heading=words.crossed_heading.format(year=year),
        fiscal_year=year,
        columns=(
            SummaryColumn(words.outcome, Format.TEXT, label_width(outcomes)),
            *(SummaryColumn(name, Format.COUNT, WIDTHS[Format.COUNT]) for name in (*columns, words.total)),
        ),
        rows=tuple((outcome, *row) for outcome, row in zip(outcomes, counts, strict=True)),
        total=(words.total, *(sum(column) for column in zip(*counts, strict=True))),
    )


def _cross_columns(figures: YearFigures, words: SummaryWords) -> dict[str, tuple[str, ...]]:
    """Header -> the types that its column counts."""
    order = figures.types.order(figures.by_type)
    configured = figures.types.order(())
    others = tuple(order[len(configured) :])
    if len(others) <= CROSS_OTHERS:
        return {kind: (kind,) for kind in order}
    return {kind: (kind,) for kind in configured} | {words.other_types: others}


def _money(year: int, figures: YearFigures, words: SummaryWords) -> list[SummaryBlock]:
    measures = (PAID, BAHT, AVERAGE, HIGHEST, BAHT_SHARE, TRANSFERRED, TRANSFERRED_BAHT)
    types = rows_of(figures.types.order(figures.by_type), figures.by_type)
    heading = words.money_types_heading.format(year=year)
    by_type = Table(heading, year, (words.case_type,), types, measures, words)
    places = rows_of(figures.amphoes.order(figures.by_amphoe), figures.by_amphoe)
    heading = words.money_amphoes_heading.format(year=year)
    by_place = Table(heading, year, (words.amphoe,), places, measures, words)
    first, *more = [*charted(by_type, ChartKind.BAR, BAHT), *charted(by_place, ChartKind.BAR, BAHT)]
    return [replace(first, notes=_unreadable(year, figures, words)), *more]


def _amphoes(year: int, figures: YearFigures, words: SummaryWords) -> list[SummaryBlock]:
    rows = rows_of(figures.amphoes.order(figures.by_amphoe), figures.by_amphoe)
    heading = words.amphoes_heading.format(year=year)
    table = Table(heading, year, (words.amphoe,), rows, (CASES, SHARE, *PROGRESS, PAID, BAHT), words)
    return charted(table, ChartKind.BAR, CASES, HELPED)


def _tambons(year: int, figures: YearFigures, words: SummaryWords) -> list[SummaryBlock]:
    """Tambons that have cases, by amphoe: the same name in two amphoes is two tambons."""
    amphoe_at = {amphoe: at for at, amphoe in enumerate(figures.amphoes.order(figures.by_amphoe))}
    order = sorted(figures.by_tambon, key=lambda place: (amphoe_at[place[0]], thai_order(place[1])))
    rows = tuple((place, figures.by_tambon[place]) for place in order)
    heading = words.tambons_heading.format(year=year)
    labels = (words.amphoe, words.tambon)
    table = Table(heading, year, labels, rows, (CASES, SHARE, *PROGRESS, PAID, BAHT), words)
    return charted(table, ChartKind.BAR, CASES, HELPED)

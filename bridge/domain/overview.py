"""The dashboard of one fiscal year: the summaries' own tables, a comparison with the year before, and one amphoe
by tambon. Every figure is made by the code that makes the summary sheets."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from bridge.domain.summary import (
    Categories,
    ChartKind,
    Format,
    Line,
    SummaryBlock,
    SummaryTab,
    Tally,
    Value,
    YearFigures,
    YearTally,
    merged,
    thai_order,
)
from bridge.domain.summary_tables import (
    BAHT,
    CASES,
    CHECKED,
    GOODS,
    HELPED,
    HELPED_SHARE,
    PAID,
    PROGRESS,
    SHARE,
    TRANSFERRED_BAHT,
    Measure,
    SummaryWords,
    Table,
    charted,
    rows_of,
)
from bridge.domain.summary_tabs import BANGKOK, FISCAL_MONTHS, summary_tabs, thai_moment

# The eight tabs in order, as they are called in addresses.
SECTIONS = ("all", "types", "operations", "steps", "outcomes", "money", "amphoes", "tambons")
HEADLINES = (CASES, CHECKED, HELPED, HELPED_SHARE, PAID, BAHT, TRANSFERRED_BAHT, GOODS)


@dataclass(frozen=True)
class Compared:
    """One figure now, in the same months of the year before, and in the whole of it; `change` is a fraction of the
    same months' (blank where there was nothing)."""

    header: str
    format: Format
    now: Value
    same_months: Value
    whole_year: Value
    change: Value


@dataclass(frozen=True)
class YearPage:
    """`begun` counts the months of the year that have begun, `months` names the first and last of them; `complete`
    says that all have. `before` is False where the year before has no case. `sections` has the tab of each name of
    SECTIONS; `places` the code of each amphoe that is shown."""

    as_of: str
    year: int
    years: tuple[int, ...]
    begun: int
    months: tuple[str, str]
    complete: bool
    before: bool
    headlines: tuple[Compared, ...]
    sections: dict[str, SummaryTab]
    places: dict[str, str]


@dataclass(frozen=True)
class PlacePage:
    """One amphoe: its tambons, and its cases by operation and by step."""

    as_of: str
    year: int
    years: tuple[int, ...]
    amphoe: str
    code: str
    line: Line
    blocks: tuple[SummaryBlock, ...]


def place_code(name: str) -> str:
    """An amphoe's name in an address. What somebody typed is not put into addresses itself: it may be anything,
    and addresses are logged."""
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def year_page(
    counted: Tally, categories: Categories, words: SummaryWords, as_of: datetime, year: int
) -> YearPage:
    """`year` must have cases."""
    years = dict(counted.years())
    figures = YearFigures(years[year], categories, words.blank)
    last = YearFigures(years.get(year - 1) or YearTally(), categories, words.blank)
    begun = _begun(year, as_of)
    names = words.months.split()
    tabs = summary_tabs(counted, categories, words, as_of, only=year)
    return YearPage(
        as_of=words.as_of.format(when=thai_moment(as_of)),
        year=year,
        years=tuple(years),
        begun=len(begun),
        months=(names[0], names[len(begun) - 1]),
        complete=len(begun) == len(FISCAL_MONTHS),
        before=last.whole.cases > 0,
        headlines=_compared(figures, last, begun, words),
        sections=dict(zip(SECTIONS, tabs, strict=True)),
        places={name: place_code(name) for name in figures.amphoes.order(figures.by_amphoe)},
    )


def _begun(year: int, as_of: datetime) -> tuple[int, ...]:
    """The months of the fiscal year up to that of `as_of`; all where it is over."""
    local = as_of.astimezone(BANGKOK) if as_of.tzinfo else as_of
    current = local.year + 543 + (local.month >= FISCAL_MONTHS[0])
    return FISCAL_MONTHS[: FISCAL_MONTHS.index(local.month) + 1] if year == current else FISCAL_MONTHS


def _compared(
    figures: YearFigures, last: YearFigures, begun: Iterable[int], words: SummaryWords
) -> tuple[Compared, ...]:
    same = merged(last.by_month.get(month) or Line() for month in begun)
    return tuple(_compare(measure, figures.whole, same, last.whole, words) for measure in HEADLINES)


def _compare(measure: Measure, now: Line, same: Line, whole: Line, words: SummaryWords) -> Compared:
    this, before, last = (measure.of(line, line) for line in (now, same, whole))
    change = "" if measure.format is Format.PERCENT else _change(this, before)
    return Compared(getattr(words, measure.name), measure.format, this, before, last, change)


def _change(now: Value, before: Value) -> Value:
    if isinstance(now, str) or isinstance(before, str) or before <= 0:
        return ""
    return ((Decimal(now) - before) / Decimal(before)).quantize(Decimal("0.000001"), ROUND_HALF_UP)


def place_page(
    counted: Tally, categories: Categories, words: SummaryWords, as_of: datetime, year: int, code: str
) -> PlacePage | None:
    """None where the year shows no amphoe of that code."""
    years = dict(counted.years())
    whole = YearFigures(years[year], categories, words.blank)
    amphoe = next((name for name in whole.amphoes.order(whole.by_amphoe) if place_code(name) == code), None)
    if amphoe is None:
        return None
    figures = YearFigures(_of_place(years[year], whole, amphoe), categories, words.blank)
    order = sorted(figures.by_tambon, key=lambda place: thai_order(place[1]))
    tambons = tuple(((tambon,), figures.by_tambon[place, tambon]) for place, tambon in order)
    heading = words.tambons_heading.format(year=year)
    measures = (CASES, SHARE, *PROGRESS, PAID, BAHT)
    by_tambon = Table(heading, year, (words.tambon,), tambons, measures, words)
    blocks = charted(by_tambon, ChartKind.BAR, CASES, HELPED) if tambons else []
    return PlacePage(
        as_of=words.as_of.format(when=thai_moment(as_of)),
        year=year,
        years=tuple(years),
        amphoe=amphoe,
        code=code,
        line=figures.by_amphoe.get(amphoe) or Line(),
        blocks=(*blocks, *_work(year, figures, words)),
    )


def _work(year: int, figures: YearFigures, words: SummaryWords) -> list[SummaryBlock]:
    operations = rows_of(figures.operations.order(figures.by_operation), figures.by_operation)
    heading = words.operations_heading.format(year=year)
    by_operation = Table(heading, year, (words.operation,), operations, (CASES, SHARE, HELPED), words)
    steps = rows_of(figures.steps.order(figures.by_step), figures.by_step)
    heading = words.steps_heading.format(year=year)
    by_step = Table(heading, year, (words.step,), steps, (CASES, SHARE), words)
    return [*charted(by_operation, ChartKind.BAR, CASES), *charted(by_step, ChartKind.BAR, CASES)]


def _of_place(counted: YearTally, shown: YearFigures, amphoe: str) -> YearTally:
    """What of the year belongs to this amphoe, however its name was typed."""
    part = YearTally()
    for (place, tambon, operation, step), cases in counted.places.items():
        if shown.amphoes.show(place) == amphoe:
            part.places[place, tambon, operation, step] = cases
            part.progress[0, operation, step, False, False, False] += cases
    for (place, tambon), paid in counted.paid_places.items():
        if shown.amphoes.show(place) == amphoe:
            part.paid_places[place, tambon] = paid
    return part

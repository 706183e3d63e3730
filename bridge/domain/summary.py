"""The figures of cases, and the tables that show them (process.md section 7).

Two halves that know nothing of each other: `Tally` holds the counts that `case_columns.py` makes of the cases;
`SummaryTab` is a page of tables and charts that a workbook, a Google sheet or a web page lays out without
knowing the domain. `summary_tabs.py` makes the second from the first.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

NOTHING = Decimal(0)


class CaseFigures(NamedTuple):
    """What one case adds to the summaries. A named tuple, because a run makes one for every case there is
    and a frozen dataclass takes several times as long to make."""

    fiscal_year: int  # Buddhist era, of the submission
    month: int  # 1-12, calendar month of the submission
    case_type: str
    operation: str
    step: str
    outcome: str
    amount: Decimal | None  # baht; None when blank or unreadable
    amount_unreadable: bool
    goods: bool
    amphoe: str
    tambon: str
    checked: bool
    transferred: bool  # the transfer date is filled


@dataclass(slots=True)
class Paid:
    """Money of some cases. `cases` counts those whose amount is not 0; `highest` is one case's."""

    cases: int = 0
    baht: Decimal = NOTHING
    highest: Decimal = NOTHING
    transferred_cases: int = 0
    transferred_baht: Decimal = NOTHING

    def merge(self, other: Paid) -> None:
        if not other.cases:
            return
        self.highest = max(self.highest, other.highest) if self.cases else other.highest
        self.cases += other.cases
        self.baht += other.baht
        self.transferred_cases += other.transferred_cases
        self.transferred_baht += other.transferred_baht


@dataclass(slots=True)
class YearTally:
    """Counts of one fiscal year, each under the few words that its tables need together."""

    # (month, operation, step, checked, goods, unreadable)
    progress: dict[tuple[int, str, str, bool, bool, bool], int] = field(
        default_factory=lambda: defaultdict(int)
    )
    # (type, operation, step, outcome)
    kinds: dict[tuple[str, str, str, str], int] = field(default_factory=lambda: defaultdict(int))
    # (amphoe, tambon, operation, step)
    places: dict[tuple[str, str, str, str], int] = field(default_factory=lambda: defaultdict(int))
    # (month, type) and (amphoe, tambon)
    paid_kinds: dict[tuple[int, str], Paid] = field(default_factory=lambda: defaultdict(Paid))
    paid_places: dict[tuple[str, str], Paid] = field(default_factory=lambda: defaultdict(Paid))


class Tally:
    """Cases counted by fiscal year. Its size follows the number of different words, not of cases."""

    def __init__(self, years: Mapping[int, YearTally] | None = None) -> None:
        self._years = dict(years or {})

    def years(self) -> list[tuple[int, YearTally]]:
        """Fiscal years that have cases, newest first."""
        return sorted(self._years.items(), reverse=True)


@dataclass(frozen=True)
class Categories:
    """The province's own words in their order, and the three that have a column of their own."""

    types: tuple[str, ...]
    operations: tuple[str, ...]
    steps: tuple[str, ...]
    outcomes: tuple[str, ...]
    amphoes: tuple[str, ...]
    waiting: str  # operations
    received: str
    helped: str  # step


_LEADING_VOWEL = re.compile("([เแโใไ])(.)")
_ABOVE = re.compile("[\u0e47-\u0e4e]")


def thai_order(word: str) -> tuple[str, str]:
    """Sorts as a Thai dictionary does: a leading vowel after its consonant, tone marks last."""
    return _ABOVE.sub("", _LEADING_VOWEL.sub(r"\2\1", word)), word


class Vocabulary:
    """Shows words as the province writes them: spaces and case aside, a blank as `blank`, others as typed."""

    def __init__(self, configured: Iterable[str], blank: str) -> None:
        self._blank = blank
        self._configured: dict[str, str] = {}
        for word in configured:
            self._configured.setdefault(self._key(word), word)

    @staticmethod
    def _key(word: str) -> str:
        return "".join(word.replace("\u200b", "").split()).casefold()

    def show(self, word: str) -> str:
        key = self._key(word)
        if not key:
            return self._blank
        return self._configured.get(key) or " ".join(word.replace("\u200b", "").split())

    def order(self, present: Iterable[str]) -> list[str]:
        """The configured words, present or not; then the other shown words, sorted; the blank last."""
        configured = list(self._configured.values())
        others = set(present).difference(configured)
        return configured + sorted(others, key=lambda word: (word == self._blank, thai_order(word)))


@dataclass(slots=True)
class Line:
    """The figures of one category: numbers of cases, and money."""

    cases: int = 0
    checked: int = 0
    waiting: int = 0
    received: int = 0
    helped: int = 0
    goods: int = 0
    unreadable: int = 0
    paid: Paid = field(default_factory=Paid)

    def merge(self, other: Line) -> None:
        self.cases += other.cases
        self.checked += other.checked
        self.waiting += other.waiting
        self.received += other.received
        self.helped += other.helped
        self.goods += other.goods
        self.unreadable += other.unreadable
        self.paid.merge(other.paid)


def merged(lines: Iterable[Line]) -> Line:
    whole = Line()
    for line in lines:
        whole.merge(line)
    return whole


class YearFigures:
    """One fiscal year's figures under the words that are shown. What a grouping does not count stays 0:
    `checked`, `goods` and `unreadable` are counted by month, operation and step, money by month, type and
    place, the others everywhere.
    """

    def __init__(self, tally: YearTally, categories: Categories, blank: str) -> None:
        self.types = Vocabulary(categories.types, blank)
        self.operations = Vocabulary(categories.operations, blank)
        self.steps = Vocabulary(categories.steps, blank)
        self.outcomes = Vocabulary(categories.outcomes, blank)
        self.amphoes = Vocabulary(categories.amphoes, blank)
        self.tambons = Vocabulary((), blank)
        self._waiting = self.operations.show(categories.waiting)
        self._received = self.operations.show(categories.received)
        self._helped = self.steps.show(categories.helped)
        self.by_month: dict[int, Line] = defaultdict(Line)
        self.by_operation: dict[str, Line] = defaultdict(Line)
        self.by_step: dict[str, Line] = defaultdict(Line)
        self.by_type: dict[str, Line] = defaultdict(Line)
        self.by_outcome: dict[str, Line] = defaultdict(Line)
        self.by_amphoe: dict[str, Line] = defaultdict(Line)
        self.by_tambon: dict[tuple[str, str], Line] = defaultdict(Line)
        self.cross: dict[tuple[str, str], int] = defaultdict(int)  # (outcome, type) -> cases
        self._fold_progress(tally)
        self._fold_kinds(tally)
        self._fold_places(tally)
        self.whole = merged(self.by_month.values())

    def _line(self, cases: int, operation: str, step: str) -> Line:
        return Line(
            cases=cases,
            waiting=cases if operation == self._waiting else 0,
            received=cases if operation == self._received else 0,
            helped=cases if step == self._helped else 0,
        )

    def _fold_progress(self, tally: YearTally) -> None:
        for (month, operation, step, checked, goods, unreadable), cases in tally.progress.items():
            operation, step = self.operations.show(operation), self.steps.show(step)
            line = self._line(cases, operation, step)
            line.checked = cases if checked else 0
            line.goods = cases if goods else 0
            line.unreadable = cases if unreadable else 0
            for group in (self.by_month[month], self.by_operation[operation], self.by_step[step]):
                group.merge(line)

    def _fold_kinds(self, tally: YearTally) -> None:
        for (case_type, operation, step, outcome), cases in tally.kinds.items():
            case_type, outcome = self.types.show(case_type), self.outcomes.show(outcome)
            line = self._line(cases, self.operations.show(operation), self.steps.show(step))
            self.by_type[case_type].merge(line)
            self.by_outcome[outcome].merge(line)
            self.cross[outcome, case_type] += cases
        for (month, case_type), paid in tally.paid_kinds.items():
            self.by_month[month].paid.merge(paid)
            self.by_type[self.types.show(case_type)].paid.merge(paid)

    def _fold_places(self, tally: YearTally) -> None:
        for (amphoe, tambon, operation, step), cases in tally.places.items():
            amphoe, tambon = self.amphoes.show(amphoe), self.tambons.show(tambon)
            line = self._line(cases, self.operations.show(operation), self.steps.show(step))
            self.by_amphoe[amphoe].merge(line)
            self.by_tambon[amphoe, tambon].merge(line)
        for (amphoe, tambon), paid in tally.paid_places.items():
            amphoe, tambon = self.amphoes.show(amphoe), self.tambons.show(tambon)
            self.by_amphoe[amphoe].paid.merge(paid)
            self.by_tambon[amphoe, tambon].paid.merge(paid)


def visible_length(text: str) -> int:
    """Characters that take room of their own: Thai marks above and below do not."""
    return sum(unicodedata.category(letter) != "Mn" for letter in text)


Value = str | int | Decimal


class Format(StrEnum):
    """How a column shows its values; each is the pattern that spreadsheets use."""

    TEXT = "General"
    COUNT = "#,##0"
    BAHT = "#,##0.00"
    PERCENT = "0.0%"


class ChartKind(StrEnum):
    BAR = "bar"  # lying, for long names
    COLUMN = "column"
    LINE = "line"
    PIE = "pie"


@dataclass(frozen=True)
class SummaryColumn:
    header: str
    format: Format
    width: int  # characters


@dataclass(frozen=True)
class Chart:
    """A chart of one block. `category` and `values` are columns of the block, counted from 0."""

    kind: ChartKind
    title: str
    category: int
    values: tuple[int, ...]
    first: int | None = None  # only the first rows; None: all


@dataclass(frozen=True)
class SummaryBlock:
    """One table. Every row, and `total`, has one value per column; "" is a blank cell.
    A percentage is a fraction (0.25 is shown as 25.0%). A str is text, whatever it begins with."""

    heading: str
    fiscal_year: int | None  # None: several years side by side
    columns: tuple[SummaryColumn, ...]
    rows: tuple[tuple[Value, ...], ...]
    total: tuple[Value, ...]
    notes: tuple[str, ...] = ()
    charts: tuple[Chart, ...] = ()

    @property
    def header(self) -> tuple[str, ...]:
        return tuple(column.header for column in self.columns)


@dataclass(frozen=True)
class SummaryTab:
    """A page: its title (also the tab's name), the line that says how old it is, and its tables from top to
    bottom. The first table is the newest fiscal year's, or begins with it."""

    title: str
    as_of: str
    blocks: tuple[SummaryBlock, ...]
    notes: tuple[str, ...] = ()

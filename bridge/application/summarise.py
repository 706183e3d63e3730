"""The ledger's cases counted into the eight summaries (process.md section 7)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from bridge.application.figures import KeptFigures
from bridge.application.ports.cases import CaseStore
from bridge.application.ports.clock import Clock
from bridge.application.ports.rows import Presence, RowState, RowStore
from bridge.application.ports.summaries import SummaryBook
from bridge.domain.cells import Cell, as_text
from bridge.domain.summary import CaseFigures, Categories, SummaryTab, Tally
from bridge.domain.summary_tables import SummaryWords
from bridge.domain.summary_tabs import summary_tabs
from bridge.domain.values import baht, thai_date
from bridge.domain.workflow import Rules

CHUNK = 5_000


@dataclass(frozen=True)
class SummariseReport:
    cases: int
    years: int


class Summarise:
    def __init__(
        self,
        book: SummaryBook,
        cases: CaseStore,
        rows: RowStore,
        clock: Clock,
        rules: Rules,
        categories: Categories,
        words: SummaryWords,
        kept: KeptFigures,
    ) -> None:
        self._book, self._cases, self._rows, self._clock = book, cases, rows, clock
        self._rules, self._categories, self._words = rules, categories, words
        self._kept = kept

    def run(self) -> SummariseReport:
        """Writes all tabs at once. Raises what the summary book raises; the old summaries stay then, and the
        dashboard has the new figures all the same."""
        as_of = self._clock.now()
        counted = self.count()
        self._kept.keep(counted, as_of)
        self._book.write(self._laid_out(counted, as_of))
        years = counted.years()
        cases = sum(sum(tally.progress.values()) for _, tally in years)
        return SummariseReport(cases, len(years))

    def tabs(self) -> Sequence[SummaryTab]:
        """The tabs as they should be now; the dashboard has the same figures from now on."""
        as_of = self._clock.now()
        counted = self.count()
        self._kept.keep(counted, as_of)
        return self._laid_out(counted, as_of)

    def _laid_out(self, counted: Tally, as_of: datetime) -> Sequence[SummaryTab]:
        return summary_tabs(counted, self._categories, self._words, as_of)

    def count(self) -> Tally:
        counted = Tally()
        chunk: list[RowState] = []
        for state in self._rows.load_all("cases"):
            if state.presence is not Presence.GONE:
                chunk.append(state)
            if len(chunk) == CHUNK:
                counted.add(self._figures(chunk))
                chunk = []
        counted.add(self._figures(chunk))
        return counted

    def _figures(self, states: list[RowState]) -> Iterator[CaseFigures]:
        years = self._cases.fiscal_years([state.key for state in states])
        arrivals = self._cases.arrivals([state.key for state in states])
        for state in states:
            values = state.values
            amount = baht.parse(values.get("amount"))
            sure = amount.value if amount.problem is None else None
            submitted = thai_date.parse_datetime(values.get("submitted_at"))
            certain = submitted.value if submitted.problem is None else None
            yield CaseFigures(
                fiscal_year=years[state.key],
                month=(certain or arrivals[state.key]).month,
                case_type=self._rules.known_type(_word(values.get("case_type"))),
                operation=_word(values.get("operation")),
                step=_word(values.get("step")),
                outcome=_word(values.get("outcome")),
                amount=sure,
                amount_unreadable=amount.problem is not None,
                goods=values.get("goods") is not None,
                amphoe=_word(values.get("amphoe")),
                tambon=_word(values.get("tambon")),
                checked=bool(self._rules.is_checked(values.get("checked"))),
                transferred=values.get("transfer_date") is not None,
            )


def _word(cell: Cell) -> str:
    return as_text(cell)

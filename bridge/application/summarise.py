"""The ledger's cases counted into the eight summaries (process.md section 7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bridge.application.count_cases import CountCases
from bridge.application.figures import KeptFigures
from bridge.application.ports.clock import Clock
from bridge.application.ports.summaries import SummaryBook
from bridge.domain.summary import Categories, SummaryTab, Tally
from bridge.domain.summary_tables import SummaryWords
from bridge.domain.summary_tabs import summary_tabs


@dataclass(frozen=True)
class SummariseReport:
    cases: int
    years: int


class Summarise:
    def __init__(
        self,
        book: SummaryBook,
        count: CountCases,
        clock: Clock,
        categories: Categories,
        words: SummaryWords,
        kept: KeptFigures,
    ) -> None:
        self._book, self._count, self._clock = book, count, clock
        self._categories, self._words = categories, words
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
        return self._count.run()

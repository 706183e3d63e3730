"""The dashboard: pages of the last kept count. Nothing is counted and nothing is written when one is opened."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.application.figures import Figures, KeptFigures
from bridge.domain.overview import PlacePage, YearPage, place_page, year_page
from bridge.domain.summary import Categories, SummaryTab
from bridge.domain.summary_tables import SummaryWords
from bridge.domain.summary_tabs import summary_tabs


class Overview:
    def __init__(self, kept: KeptFigures, categories: Categories, words: SummaryWords) -> None:
        self._kept, self._categories, self._words = kept, categories, words

    def latest(self) -> Figures | None:
        """The last count, with `as_of`; None before the first one."""
        return self._kept.latest()

    def year(self, figures: Figures, year: int) -> YearPage:
        """`year` is one that has cases."""
        return year_page(figures.counted, self._categories, self._words, figures.as_of, year)

    def place(self, figures: Figures, year: int, code: str) -> PlacePage | None:
        """`year` is one that has cases; None where it shows no amphoe of this code."""
        return place_page(figures.counted, self._categories, self._words, figures.as_of, year, code)

    def tabs(self, figures: Figures) -> Sequence[SummaryTab]:
        """The summary sheets as they were written with this count."""
        return summary_tabs(figures.counted, self._categories, self._words, figures.as_of)

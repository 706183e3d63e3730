"""The port to everything that the ledger keeps about a case, for looking at and for handing out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bridge.domain.cells import Cell


@dataclass(frozen=True)
class SentAnswer:
    """One version of a submission, exactly as it was sent."""

    case: str
    at: datetime
    file: str
    row: int
    answers: Mapping[str, Cell]


class Records(Protocol):
    def flagged(self, column: str, start: int, most: int) -> tuple[list[tuple[str, Mapping[str, Cell]]], int]:
        """Cases in the sheet whose cell of `column` is filled: (case, its values), by case, and how many in all."""

    def holding(self, text: str) -> list[str]:
        """The cases in whose values or answers `text` stands, in order; reads everything."""

    def answers(self, cases: Sequence[str]) -> list[SentAnswer]:
        """By case, the oldest first."""

    def published_at(self, cases: Sequence[str]) -> dict[str, datetime]: ...

"""The port to the cases: their numbers, the answers that made them, what they are matched by, what is published."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from bridge.domain.cells import Cell


@dataclass(frozen=True)
class NewCase:
    """`source` and `response` together are unique: the same answer never makes a second case."""

    key: str
    fiscal_year: int
    number: int
    source: str
    response: str
    arrived_at: datetime


@dataclass(frozen=True)
class Answer:
    """One version of a submission, exactly as it was sent."""

    source: str
    response: str
    case: str
    file: str
    row: int
    answers: Mapping[str, Cell]


@dataclass(frozen=True)
class Published:
    """A checked case as officers see it."""

    case: str
    fiscal_year: int
    values: Mapping[str, Cell]


class CaseStore(Protocol):
    def known(self, source: str, responses: Sequence[str]) -> dict[str, str]:
        """The case of each response that has one."""

    def latest_answers(self, source: str, responses: Sequence[str]) -> dict[str, Mapping[str, Cell]]: ...

    def last_number(self, fiscal_year: int) -> int:
        """0 when the fiscal year has no case. Callers hold a transaction: until it ends nobody else is told, so
        that cycle and portal never give one number twice."""

    def reserve(self, fiscal_year: int, number: int) -> None:
        """A number that stands in the sheet though the ledger does not know it: it is never given again."""

    def add(self, cases: Sequence[NewCase], answers: Sequence[Answer]) -> None: ...

    def add_answers(self, answers: Sequence[Answer]) -> None: ...

    def fiscal_years(self, keys: Iterable[str]) -> dict[str, int]: ...

    def arrivals(self, keys: Iterable[str]) -> dict[str, datetime]: ...

    def publish(self, cases: Sequence[Published], now: datetime) -> tuple[int, int, int]:
        """Replaces what is published, at once. Returns (newly shown, changed, withdrawn)."""

    def published(self) -> list[Published]: ...

    def published_among(self, cases: Iterable[str]) -> dict[str, Published]: ...

    def origin(self, case: str) -> NewCase | None:
        """How a case came about."""

    def import_register(
        self, rows: Iterable[Mapping[str, Any]], version: str, *, empty_clears: bool = False
    ) -> tuple[int, int, int]:
        """Adds or replaces register rows by their number, in one transaction; a blank cell (None) leaves what is
        there, or takes it away where `empty_clears`. `version` names the import that may be undone later
        (ports.register_imports). The rows are never in memory at once. Returns (new, changed, same)."""

    def compare_register(
        self, rows: Iterable[Mapping[str, Any]], *, empty_clears: bool = False
    ) -> tuple[int, int, int]:
        """What `import_register` would return; nothing is written."""

    def register_size(self) -> int: ...

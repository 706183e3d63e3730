"""The port to what every case adds to the summaries, and to the cases that are yet to be counted."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Protocol

from bridge.domain.case_columns import CaseColumns


class CaseColumnStore(Protocol):
    """`load` and the methods after it are called in one transaction: until it ends nobody else counts."""

    def written(self, rules: str) -> None:
        """`rules` names what is told from a row's cells; where it is not as it was, every case is uncounted."""

    def load(self, known: str, columns: CaseColumns) -> tuple[str, CaseColumns]:
        """The version that is kept, and its columns: those that are given where theirs is `known`."""

    def uncounted(self, most: int) -> list[tuple[int, str]]:
        """Some tickets and their cases, those of one case side by side: every save of its row makes one."""

    def places(self, cases: Collection[str]) -> dict[str, int]:
        """Where each case stands in the columns, always the same."""

    def save(self, columns: CaseColumns, places: Iterable[int]) -> str:
        """Keeps what changed at these places. Returns the version."""

    def settle(self, tickets: Iterable[int]) -> None:
        """Their cases are counted. A save that made its ticket later still waits."""

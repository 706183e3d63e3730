"""The port to the summary workbook that executives read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bridge.domain.summary import SummaryTab


class SummaryBook(Protocol):
    @property
    def name(self) -> str: ...

    def write(self, tabs: Sequence[SummaryTab]) -> None:
        """Replaces these tabs, all at once: a reader sees the old ones or the new ones. Tabs that people added
        stay. Raises Busy (open elsewhere), SheetError (damaged) or OutsideError (disk full)."""

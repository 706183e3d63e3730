"""The port to answers that were given in the portal and wait for the next cycle."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from bridge.domain.cells import Cell


class WebAnswers(Protocol):
    def keep(self, form: str, response: str, answers: Mapping[str, Cell], now: datetime) -> None:
        """Committed when this returns. The same `response` again changes nothing."""

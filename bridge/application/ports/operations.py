"""The port to the ledger's list of writes to a shared spreadsheet whose outcome must be known (sync.md 8 and 9).

    planned -> sent -> (settled: gone from the list)
                    -> void -> (its marker is used by the next write)

A `sent` operation may have been applied, may be applied yet, or never: only its marker in the spreadsheet, or
the end of the time in which the service can still apply it, settles it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol


class OperationState(StrEnum):
    PLANNED = "planned"
    SENT = "sent"
    VOID = "void"  # never applied, and it can no longer be


@dataclass(frozen=True)
class Operation:
    """`book` is the spreadsheet's id, `marker` the number of the commit marker that travels with the write,
    `plan` what it aims at, as JSON; `sent_at` is aware, None while planned."""

    book: str
    marker: int
    state: OperationState
    plan: Mapping[str, Any]
    sent_at: datetime | None = None


class Operations(Protocol):
    """Every method is one committed transaction of its own. A book has at most one operation at a time."""

    def unsettled(self, book: str) -> Operation | None: ...

    def plan(self, book: str, marker: int, plan: Mapping[str, Any]) -> Operation:
        """Replaces whatever the book had."""

    def sent(self, book: str, marker: int, at: datetime) -> None:
        """The request is about to leave."""

    def void(self, book: str, marker: int) -> None:
        """It was not applied, and is not expected to be any more; number and plan are kept for the next write."""

    def settle(self, book: str, marker: int) -> None:
        """The outcome is known; the plan is forgotten. Nothing where the book has another operation by now."""

    def forget(self, book: str) -> None:
        """Whatever the book had: it was made anew."""

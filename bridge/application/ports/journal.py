"""The port to the ledger's own housekeeping: transactions, leases, cursors, settings and run reports."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Run:
    """One run of a command: what it did, in counts; no person in it."""

    kind: str
    started_at: datetime
    finished_at: datetime
    exit_code: int
    report: Mapping[str, Any]


class Journal(Protocol):
    def transaction(self) -> AbstractContextManager[None]:
        """Everything inside is written together or not at all; transactions nest."""

    def together(self, work: Callable[[], T]) -> T:
        """Runs `work` in a transaction, which other small writes of this moment may share; it may run in another
        thread. Committed when this returns. What `work` raises is raised, and nothing of it is kept."""

    def acquire(self, lease: str, holder: str, now: datetime, until: datetime) -> bool:
        """Takes the lease if it is free, expired, already the holder's, or its holder's process is dead."""

    def renew(self, lease: str, holder: str, until: datetime) -> bool:
        """False where the holder has lost it; it is not taken again."""

    def release(self, lease: str, holder: str) -> None: ...

    def cursors(self, source: str) -> dict[str, str]: ...

    def set_cursor(self, source: str, name: str, cursor: str) -> None: ...

    def setting(self, name: str) -> str:
        """ "" when it was never set."""

    def set_setting(self, name: str, value: str) -> None: ...

    def damage(self) -> str:
        """What the database says is wrong with itself, "" for nothing."""

    def record_run(self, run: Run) -> None: ...

    def last_runs(self) -> list[Run]:
        """The newest run of each kind, by kind."""

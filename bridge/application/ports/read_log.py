"""The port to the read log: who looked at whom (security.md; kept for 90 days at least)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class Reading:
    """`account` is a person's, or `api:` and the key of an API client. `what` names the page, `keys` are case ids and
    register numbers (never a national id), `why` the person's own reason or the page's; `refused` where the reader
    was not let in."""

    at: datetime
    account: str
    what: str
    keys: tuple[str, ...]
    why: str = ""
    refused: bool = False


@dataclass(frozen=True)
class Sought:
    """What is looked for in the log; "" and None match everything. `until` is not included."""

    account: str = ""
    key: str = ""
    since: datetime | None = None
    until: datetime | None = None


class ReadLog(Protocol):
    def note(self, reading: Reading) -> None:
        """Committed when this returns: a page is shown only after it was noted."""

    def find(self, sought: Sought, start: int, most: int) -> tuple[list[Reading], int]:
        """Some of those that match, the newest first, and how many match in all."""

    def forget_before(self, instant: datetime) -> int:
        """Deletes what was noted before `instant`; how many."""

    def since(self, instant: datetime) -> Sequence[Reading]:
        """What was noted at `instant` or after, oldest first."""

"""The port by which an approval queues its mail, and learns how the mail stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from bridge.application.ports.outbox import Reason, State


@dataclass(frozen=True)
class MailStanding:
    """The newest message of a request."""

    key: str
    state: State
    settled_at: datetime | None
    reason: Reason
    said: str
    next_try: datetime


class ApprovalMail(Protocol):
    def queue(
        self,
        key: str,
        request: str,
        account: str,
        recipient: str,
        template: str,
        context: Mapping[str, Any],
        now: datetime,
    ) -> bool:
        """Adds a message, once for its key; False when it was already there."""

    def withdraw(self, request: str, now: datetime, keep: str = "") -> None:
        """The request's messages (but `keep`) are no longer wanted: queued ones are cancelled, others are not
        queued again."""

    def standings(self, requests: Iterable[str] | None = None) -> dict[str, MailStanding]: ...

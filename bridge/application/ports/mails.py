"""The port to the outbox as an admin looks at it; nothing here moves a message."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bridge.application.ports.outbox import Reason, State


@dataclass(frozen=True)
class MailLine:
    """A message and how it stands; `withdrawn` where its approval no longer holds. No link and no text."""

    key: str
    account: str
    recipient: str
    template: str
    state: State
    reason: Reason
    said: str
    attempts: int
    created_at: datetime
    next_try: datetime
    settled_at: datetime | None
    withdrawn: bool

    @property
    def resendable(self) -> bool:
        return not self.withdrawn and self.state in (State.HELD, State.FAILED, State.SENT)


class Mails(Protocol):
    def page(self, state: State | None, start: int, most: int) -> tuple[list[MailLine], int]:
        """Some of them, the newest first, and how many there are in all."""

    def find(self, key: str) -> MailLine | None: ...

    def counts(self) -> dict[State, int]: ...

"""The port to a mail service."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


@dataclass(frozen=True)
class Letter:
    """A rendered message to one recipient. `key` is the outbox's own; it travels in the X-Saphan-Key header too."""

    key: str
    message_id: str  # with its angle brackets
    recipient: str
    subject: str
    text: str
    html: str


class Fate(StrEnum):
    SENT = "sent"
    LATER = "later"  # a passing refusal (4xx): try again after a while
    REFUSED = "refused"  # a final refusal of this letter (5xx)
    QUOTA = "quota"  # the day's allowance is used up: this letter and all others tomorrow
    UNKNOWN = "unknown"  # it may or may not have been taken: never send again without evidence


@dataclass(frozen=True)
class Outcome:
    fate: Fate
    reason: str = ""  # the service's own words, for the admin; no secret in it


class Session(Protocol):
    def send(self, letter: Letter) -> Outcome:
        """Hands over one letter. Never raises for what the service says: every answer is an Outcome.
        After UNKNOWN, or any lost connection, the session opens itself anew for the next letter; where that
        fails, raises OutsideError before anything of that letter was sent."""


class Mailer(Protocol):
    def session(self) -> AbstractContextManager[Session]:
        """Connects and signs in. Raises OutsideError (nothing was sent): unreachable, wrong password,
        no TLS where TLS is required."""

    def evidence(self, message_id: str, key: str) -> bool | None:
        """Was the letter taken? True or False where there is proof (the Sent mailbox, the server's log,
        the folder); None where nobody can tell."""

"""The port to what people sign in with: accounts found by mailbox, one-time links, and passwords."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class Holder:
    """An active account as the portal's own mails need it."""

    account: str
    email: str
    person: str
    organisation: str


class PasswordStore(Protocol):
    def holder(self, email_key: str) -> Holder | None:
        """The active account of a mailbox."""

    def opens(self, token: str, now: datetime) -> Holder | None:
        """Whose link this is, while it can still be used. Changes nothing."""

    def use(self, token: str, password: str, now: datetime) -> bool:
        """Uses the link up and sets the password, in one transaction: of two that use it at once, one does. All
        sessions and other links of the account end. False where the link does not open, and nothing changed."""

    def mint(self, account: str, until: datetime) -> str:
        """The token of a new one-time link that is handed over instead of mailed; the earlier ones of this kind
        end. "" where there is no active account of this id."""

    def end_sessions(self, account: str) -> None:
        """Signs the person out everywhere."""

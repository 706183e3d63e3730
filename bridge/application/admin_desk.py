"""What an admin does about accounts and mails in the portal; who may come in is decide_access's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bridge.application.ports.clock import Clock
from bridge.application.ports.mails import MailLine, Mails
from bridge.application.ports.passwords import PasswordStore
from bridge.application.ports.people import People, Person
from bridge.application.ports.rows import Event, PastEvent, RowStore

TABLE = "accounts"  # of the history; its keys are the ids of accounts


@dataclass(frozen=True)
class Slip:
    """What is printed for a person without a mailbox. The link is shown once and kept nowhere."""

    person: Person
    link: str = field(repr=False)
    until: datetime


class AdminDesk:
    """Every action is in the history of the account that it is about. `resend` queues a message again, by key;
    `base_url` is the portal's address, `link_life` how long a one-time link is good."""

    def __init__(
        self,
        people: People,
        mails: Mails,
        passwords: PasswordStore,
        rows: RowStore,
        clock: Clock,
        resend: Callable[[str], bool],
        base_url: str,
        link_life: timedelta,
    ) -> None:
        self._people, self._mails, self._passwords = people, mails, passwords
        self._rows, self._clock, self._resend = rows, clock, resend
        self._base_url, self._link_life = base_url.rstrip("/"), link_life

    def sign_out(self, account: str, actor: str) -> bool:
        """Ends the person's sessions everywhere. False where there is no such account."""
        if self._people.find(account) is None:
            return False
        self._passwords.end_sessions(account)
        self._note(account, "signed_out", actor)
        return True

    def print_slip(self, account: str, actor: str) -> Slip | None:
        """A new one-time link to be handed over; an earlier slip of the person opens nothing any more. None where
        the account is not active."""
        person = self._people.find(account)
        if person is None or not person.active:
            return None
        self._note(account, "slip", actor)  # first: a link that nobody knows of must not be
        until = self._clock.now() + self._link_life
        token = self._passwords.mint(account, until)
        return Slip(person, f"{self._base_url}/activate/{token}", until) if token else None

    def send_again(self, key: str, actor: str) -> MailLine | None:
        """Queues a held, failed or sent message again with a new link. None where it cannot be."""
        line = self._mails.find(key)
        if line is None or not self._resend(key):
            return None
        self._note(line.account, "mail_again", actor, key)
        return line

    def history(self, account: str) -> list[PastEvent]:
        return self._rows.history(TABLE, account)

    def _note(self, account: str, why: str, actor: str, about: str = "") -> None:
        self._rows.save(TABLE, [], [Event(TABLE, account, why, actor, new=about or None)])

"""The port to the ledger's outbox: the messages to be mailed, and how far each has come.

    queued -> sending -> sent | failed | held        queued -> cancelled (its approval was withdrawn)

A message in `sending` may or may not have been taken by the mail service: only evidence moves it on, or a
person.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bridge.application.errors import ConfigurationError


class State(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    HELD = "held"
    CANCELLED = "cancelled"


class Reason(StrEnum):
    """Why a message stands where it does: the code of its wording (messages section `mail`).

    A mailer's own refusals (the last group) come as the `reason` of an Outcome, in place of the service's
    words.
    """

    NONE = ""
    LATER = "later"  # a passing refusal
    NOT_REACHED = "not_reached"  # the connection was lost between two letters and did not come back
    TEMPLATE = "template"  # the wording could not be filled in
    QUOTA_COUNTED = "quota_counted"  # the day's allowance, by our own count
    QUOTA_SERVICE = "quota_service"  # the day's allowance, by the service's word
    NOT_TAKEN = "not_taken"  # evidence shows that the service does not have it
    REFUSED = "refused"
    GAVE_UP = "gave_up"
    NO_EVIDENCE = "no_evidence"
    RESTORED = "restored"  # the ledger came from a backup, and nobody can tell whether it was sent since

    UNSAFE_HEADER = "unsafe_header"
    UNUSABLE_ADDRESS = "unusable_address"
    ADDRESS_NOT_ASCII = "address_not_ascii"
    UNSENDABLE_TEXT = "unsendable_text"


@dataclass(frozen=True)
class Message:
    """A message as it was seen.

    `key` says what the message is for and is unique. It is made from that thing's own identity (the request's
    source and response id), never from a row counter, so that after a restore the same message has the same
    key. At most 50 of the characters A-Z a-z 0-9 . _ -
    `letter_key` is the same at first, and another one after each resend: a copy that a person sends again
    must not be taken for the earlier one when evidence is looked for.
    """

    key: str
    letter_key: str
    message_id: str  # with its angle brackets; `message_id_for(letter_key, domain)`
    state: State
    attempts: int = 0
    claimed_at: datetime | None = None  # aware; the last claim


@dataclass(frozen=True)
class Claim:
    """A message in `sending`, with what its letter needs. Only this object ever holds the one-time link."""

    message: Message
    recipient: str
    template: str
    context: Mapping[str, object]
    link: str = field(repr=False)


@dataclass(frozen=True)
class Settlement:
    """Where a message goes next.

    `at` is when it was handed over (sent) or judged (else); `said` are the service's own words;
    `next_try` is set when `state` is queued.
    """

    state: State
    at: datetime
    reason: Reason = Reason.NONE
    said: str = ""
    attempts: int = 0
    next_try: datetime | None = None


class Outbox(Protocol):
    """Every method is one committed transaction of its own: what it returns is on disk."""

    def restored_from_backup(self) -> bool:
        """True from a restore until `reconciled`."""

    def reconciled(self) -> None:
        """The ledger is up to date again: called after a full read of the sheets, and after the evidence for
        every queued message was asked for (`DeliverMail.reconcile_restored`), in this order."""

    def sending(self) -> Sequence[Message]:
        """All in `sending`, oldest claim first."""

    def queued(self) -> Sequence[Message]:
        """All in `queued`, oldest first."""

    def count_due(self, by: datetime) -> int:
        """How many are queued and have their next try at `by` or before."""

    def count_claimed_since(self, instant: datetime) -> int:
        """How many claimed at `instant` or after are `sending`, `sent` or `held`: those that may have reached
        the service and count against its allowance."""

    def claim(self, due_by: datetime, now: datetime, link_until: datetime) -> Claim | None:
        """Takes the oldest queued message whose next try is at `due_by` or before, by one conditional update
        queued -> sending, and mints its one-time link. Two callers never get the same message. The ledger
        keeps the link's hash only, valid until `link_until`; links of earlier claims of this message end.
        None where nothing is due."""

    def settle(self, message: Message, settlement: Settlement) -> bool:
        """Moves the message on, if its state and `claimed_at` are still those of `message`; False where
        somebody else was faster, and then nothing changed. A message whose approval was withdrawn meanwhile
        becomes `cancelled` where it would become `queued`."""

    def defer(self, until: datetime, reason: Reason) -> int:
        """Moves the next try of every queued message that has an earlier one to `until`, and notes `reason`.
        How many were moved."""

    def resend(self, key: str, letter_key: str, message_id: str, now: datetime) -> bool:
        """A held, failed or sent message becomes queued, due at `now`, with no attempts, as a new letter. False
        where there is no such message, it is in another state, or its approval was withdrawn."""


def message_id_for(letter_key: str, domain: str) -> str:
    """A Message-ID that anybody can work out again from the letter's key (RFC 5322 3.6.4).

    Raises ConfigurationError where `domain` is not made of ASCII letters, digits, dots and hyphens.
    """
    if not re.fullmatch(r"[A-Za-z0-9.-]{1,120}", domain):
        raise ConfigurationError("mail_domain", domain=domain)
    digest = hashlib.blake2b(letter_key.encode(), digest_size=16).hexdigest()
    return f"<{digest}@{domain}>"

"""Deliver the outbox: each message at most once, none lost, none held up by another (sync.md, step 11).

Claim (committed), send, settle. A message that a crash or a lost answer leaves in `sending` is settled by
evidence or held for a person; it is never sent again blindly.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from bridge.application.errors import ConfigurationError, OutsideError, SaphanError
from bridge.application.ports.clock import Clock
from bridge.application.ports.mail import Fate, Letter, Mailer, Outcome, Session
from bridge.application.ports.outbox import (
    Claim,
    Message,
    Outbox,
    Reason,
    Settlement,
    State,
    message_id_for,
)

BANGKOK = ZoneInfo("Asia/Bangkok")
NEW_DAY = time(0, 5)  # allowances are counted anew at midnight; five minutes for clocks that differ
SHORTEST_DELAY = timedelta(seconds=1)  # a retry never falls into the run that ordered it
MOST_UNKNOWN_IN_A_ROW = 3  # a service that keeps dropping answers would move the whole outbox to `sending`
LONGEST_SECRET_FREE_PART = 8  # characters; longer parts of a link may be its token


class PatientMailer(Mailer, Protocol):
    """A mailer that says when its evidence can be believed."""

    @property
    def evidence_delay(self) -> timedelta:
        """How long after the claim the service may still be taking a letter; zero where evidence is
        conclusive at once. `evidence` raises OutsideError where a source that is set up cannot be read
        now."""


class Renderer(Protocol):
    def render(self, template: str, context: Mapping[str, object]) -> tuple[str, str, str]:
        """Subject, text and HTML. Raises ConfigurationError where the template is missing or wants a value
        that `context` does not have."""


@dataclass(frozen=True)
class DeliverySettings:
    """`common` is what every letter may say (the office, its contact); a message's own context goes over."""

    message_domain: str  # the right-hand side of Message-IDs
    common: Mapping[str, object] = field(default_factory=dict)
    daily_limit: int = 100  # recipients per Bangkok calendar day
    max_attempts: int = 12
    first_delay: timedelta = timedelta(minutes=1)
    longest_delay: timedelta = timedelta(hours=6)
    link_life: timedelta = timedelta(hours=72)
    hold_after: timedelta = timedelta(days=1)  # evidence that stays unreadable so long counts as none


@dataclass
class DeliveryReport:
    """What one run did; numbers of messages."""

    sent: int = 0
    failed: int = 0
    held: int = 0
    later: int = 0  # back in the queue, for a while
    unsettled: int = 0  # in `sending`, until evidence can be asked for
    queued_for_tomorrow: int = 0  # moved to tomorrow by this run
    waiting: int = 0  # queued at the end of the run
    quota_left: int = 0  # recipients, today
    quota: Reason = Reason.NONE  # who says that the day's allowance is used up
    restored: bool = False  # nothing was sent: the ledger came from a backup
    trouble: SaphanError | None = None  # what stopped or hindered the run

    def count(self, settlement: Settlement) -> None:
        match settlement.state:
            case State.SENT:
                self.sent += 1
            case State.FAILED:
                self.failed += 1
            case State.HELD:
                self.held += 1
            case State.QUEUED if settlement.reason is Reason.QUOTA_SERVICE:
                self.queued_for_tomorrow += 1
            case State.QUEUED:
                self.later += 1


class DeliverMail:
    """`chance` gives a number in [0, 1) for the jitter; `token` gives short ASCII, never the same twice."""

    def __init__(
        self,
        outbox: Outbox,
        mailer: PatientMailer,
        renderer: Renderer,
        clock: Clock,
        settings: DeliverySettings,
        chance: Callable[[], float],
        token: Callable[[], str] = lambda: secrets.token_hex(4),
    ) -> None:
        self._outbox = outbox
        self._mailer = mailer
        self._renderer = renderer
        self._clock = clock
        self._settings = settings
        self._chance = chance
        self._token = token

    def deliver(self) -> DeliveryReport:
        """One run over what is due. Raises OutsideError when the service cannot be reached or does not let us
        in: then nothing was claimed. Trouble after that is in the report."""
        if self._outbox.restored_from_backup():
            return self.reconcile_restored()
        report = DeliveryReport()
        self._settle_left_over(report)
        if self._outbox.count_due(self._clock.now()):
            self._open_and_send(report)
        return self._finished(report)

    def reconcile_restored(self) -> DeliveryReport:
        """Asks for evidence of every queued message of a ledger that came from a backup; sends nothing.

        To be run after a full read of the sheets, then `outbox.reconciled()`. Raises OutsideError where
        evidence cannot be read now: the ledger then stays unreconciled.
        """
        report = DeliveryReport(restored=True)
        self._settle_left_over(report)
        for message in self._outbox.queued():
            taken = self._mailer.evidence(message.message_id, message.letter_key)
            now = self._clock.now()
            if taken:
                self._settle(message, Settlement(State.SENT, now, attempts=message.attempts), report)
            elif taken is None:
                held = Settlement(State.HELD, now, Reason.RESTORED, attempts=message.attempts)
                self._settle(message, held, report)
        return self._finished(report)

    def resend(self, key: str) -> bool:
        """Queues a held, failed or sent message again (a link may have expired), as a new letter with a new
        Message-ID and a new link. False where it is in any other state."""
        letter_key = f"{key}-{self._token()}"
        message_id = message_id_for(letter_key, self._settings.message_domain)
        return self._outbox.resend(key, letter_key, message_id, self._clock.now())

    # what an earlier run left behind

    def _settle_left_over(self, report: DeliveryReport) -> None:
        unreadable: OutsideError | None = None
        for message in self._outbox.sending():
            age = self._age(message)
            if age < self._mailer.evidence_delay:
                report.unsettled += 1
                continue
            taken: bool | None = None
            if unreadable is None:
                try:
                    taken = self._mailer.evidence(message.message_id, message.letter_key)
                except OutsideError as error:
                    unreadable = report.trouble = error
            if unreadable is not None and age < self._settings.hold_after:
                report.unsettled += 1
                continue
            self._settle_by_evidence(message, taken, report)

    def _age(self, message: Message) -> timedelta:
        now = self._clock.now()
        return now - (message.claimed_at or now)

    def _settle_by_evidence(self, message: Message, taken: bool | None, report: DeliveryReport) -> None:
        now = self._clock.now()
        if taken:
            sent = Settlement(State.SENT, message.claimed_at or now, attempts=message.attempts)
            self._settle(message, sent, report)
        elif taken is None:
            held = Settlement(State.HELD, now, Reason.NO_EVIDENCE, attempts=message.attempts)
            self._settle(message, held, report)
        else:
            # The attempt counts: a letter on which every run breaks must come to an end.
            self._settle(message, self._again(message, now, Reason.NOT_TAKEN, ""), report)

    # this run

    def _open_and_send(self, report: DeliveryReport) -> None:
        if not self._quota_left():
            self._defer(report, Reason.QUOTA_COUNTED)
            return
        with self._mailer.session() as session:
            try:
                self._send_due(session, report)
            except OutsideError as error:
                report.trouble = error

    def _send_due(self, session: Session, report: DeliveryReport) -> None:
        due_by = self._clock.now()
        unknown = 0
        while True:
            if not self._quota_left():
                self._defer(report, Reason.QUOTA_COUNTED)
                return
            now = self._clock.now()
            claim = self._outbox.claim(due_by, now, now + self._settings.link_life)
            if claim is None:
                return
            fate = self._deliver_one(session, claim, report)
            if fate is Fate.QUOTA:
                self._defer(report, Reason.QUOTA_SERVICE)
                return
            unknown = unknown + 1 if fate is Fate.UNKNOWN else 0
            if unknown == MOST_UNKNOWN_IN_A_ROW:
                raise OutsideError("mail_unsteady", count=unknown)

    def _deliver_one(self, session: Session, claim: Claim, report: DeliveryReport) -> Fate:
        try:
            letter = self._letter(claim)
        except ConfigurationError as error:
            report.trouble = error
            said = str(error.facts.get("said", ""))
            self._settle(claim.message, self._later(claim.message, Reason.TEMPLATE, said), report)
            return Fate.LATER
        try:
            outcome = session.send(letter)
        except OutsideError:
            self._put_back(claim.message, Reason.NOT_REACHED, self._delay(0), report)
            raise
        self._settle_by_outcome(claim, outcome, report)
        return outcome.fate

    def _letter(self, claim: Claim) -> Letter:
        hours = int(self._settings.link_life / timedelta(hours=1))
        context = {**self._settings.common, **claim.context, "link": claim.link, "valid_hours": hours}
        subject, text, html = self._renderer.render(claim.template, context)
        message = claim.message
        return Letter(message.letter_key, message.message_id, claim.recipient, subject, text, html)

    def _settle_by_outcome(self, claim: Claim, outcome: Outcome, report: DeliveryReport) -> None:
        message, now = claim.message, self._clock.now()
        said = without_link(outcome.reason, claim.link)
        match outcome.fate:
            case Fate.SENT:
                self._settle(message, Settlement(State.SENT, now, attempts=message.attempts), report)
            case Fate.LATER:
                self._settle(message, self._later(message, Reason.LATER, said), report)
            case Fate.REFUSED:
                reason = _own_reason(outcome.reason)
                words = said if reason is Reason.REFUSED else ""
                failed = Settlement(State.FAILED, now, reason, words, message.attempts + 1)
                self._settle(message, failed, report)
            case Fate.QUOTA:
                delay = tomorrow(now) - now
                self._put_back(message, Reason.QUOTA_SERVICE, delay, report, said)
            case Fate.UNKNOWN:
                report.unsettled += 1

    # where a message goes

    def _later(self, message: Message, reason: Reason, said: str) -> Settlement:
        return self._again(message, self._clock.now() + self._delay(message.attempts), reason, said)

    def _again(self, message: Message, next_try: datetime, reason: Reason, said: str) -> Settlement:
        now, attempts = self._clock.now(), message.attempts + 1
        if attempts >= self._settings.max_attempts:
            return Settlement(State.FAILED, now, Reason.GAVE_UP, said, attempts)
        return Settlement(State.QUEUED, now, reason, said, attempts, next_try)

    def _put_back(
        self, message: Message, reason: Reason, delay: timedelta, report: DeliveryReport, said: str = ""
    ) -> None:
        """Back to the queue through no fault of its own: no attempt is counted."""
        now = self._clock.now()
        back = Settlement(State.QUEUED, now, reason, said, message.attempts, now + delay)
        self._settle(message, back, report)

    def _settle(self, message: Message, settlement: Settlement, report: DeliveryReport) -> None:
        if self._outbox.settle(message, settlement):
            report.count(settlement)

    def _delay(self, attempts: int) -> timedelta:
        """Full jitter: anything between nothing and the exponential ceiling."""
        # 30 doublings of any delay pass every cap; more would only overflow.
        ceiling = min(self._settings.first_delay * (1 << min(attempts, 30)), self._settings.longest_delay)
        return max(SHORTEST_DELAY, ceiling * self._chance())

    # the day's allowance

    def _quota_left(self) -> int:
        midnight = datetime.combine(self._clock.now().astimezone(BANGKOK), time(0), BANGKOK)
        return max(0, self._settings.daily_limit - self._outbox.count_claimed_since(midnight))

    def _defer(self, report: DeliveryReport, reason: Reason) -> None:
        report.quota = reason
        report.queued_for_tomorrow += self._outbox.defer(tomorrow(self._clock.now()), reason)

    def _finished(self, report: DeliveryReport) -> DeliveryReport:
        report.waiting = len(self._outbox.queued())
        report.quota_left = 0 if report.quota else self._quota_left()
        return report


def tomorrow(now: datetime) -> datetime:
    """When the next day's allowance begins: 00:05 in Bangkok."""
    day = now.astimezone(BANGKOK).date() + timedelta(days=1)
    return datetime.combine(day, NEW_DAY, BANGKOK)


def without_link(said: str, link: str) -> str:
    """A service's words without the one-time link: content filters like to quote what they refuse."""
    after_host = re.split(r"[/?=&#]+", link.partition("://")[2])[1:]
    for secret in (link, *(part for part in after_host if len(part) > LONGEST_SECRET_FREE_PART)):
        said = said.replace(secret, "…")
    return said


def _own_reason(words: str) -> Reason:
    """The mailer's own refusal where the words are its code, else the service's."""
    return Reason(words) if words and words in set(Reason) else Reason.REFUSED

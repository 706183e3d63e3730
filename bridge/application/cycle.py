"""One cycle: the lease, the answers in, both workbooks in step, the mail out, and a report (sync.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from threading import Lock
from typing import TypeVar

from bridge.application.access_round import AccessRound
from bridge.application.approve_access import AccessReport
from bridge.application.cases_round import CasesRound, RoundReport
from bridge.application.deliver_mail import DeliverMail, DeliveryReport
from bridge.application.errors import Busy, Changed, ConfigurationError, SaphanError
from bridge.application.ingest import IngestAccess, IngestCases, IngestReport
from bridge.application.ports.clock import Clock
from bridge.application.ports.journal import Journal, Run
from bridge.application.ports.outbox import Outbox
from bridge.application.share_access import ShareReport
from bridge.domain.values.thai_date import BANGKOK, fiscal_year

LEASE = "office"
LEASE_LIFE = timedelta(minutes=30)
TRIES = 3  # a workbook that people save between our read and our write is read again

T = TypeVar("T")


@dataclass
class CycleReport:
    """What one cycle did. `trouble` is in the order in which it was met; the first gives the exit code."""

    forms_cases: IngestReport = field(default_factory=IngestReport)
    forms_access: IngestReport = field(default_factory=IngestReport)
    cases: RoundReport = field(default_factory=RoundReport)
    access: RoundReport = field(default_factory=RoundReport)
    decided: AccessReport = field(default_factory=AccessReport)
    mail: DeliveryReport = field(default_factory=DeliveryReport)
    shares: ShareReport = field(default_factory=ShareReport)
    traffic: Mapping[str, int] = field(default_factory=dict)
    trouble: list[SaphanError] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        return self.trouble[0].exit_code if self.trouble else 0

    def counts(self) -> dict[str, object]:
        """Numbers only: for the run report and the log. `google` counts the calls that this run made there."""
        parts = ("forms_cases", "forms_access", "cases", "access", "decided", "mail", "shares")
        counts: dict[str, object] = {}
        for part in parts:
            numbers = asdict(getattr(self, part))
            counts[part] = {name: value for name, value in numbers.items() if isinstance(value, (int, bool))}
        if any(self.traffic.values()):
            counts["google"] = dict(self.traffic)
        counts["trouble"] = [error.code for error in self.trouble]
        return counts


class Lease:
    """One writer at a time, among processes and among the threads of this one. `holder` names this process."""

    def __init__(self, journal: Journal, clock: Clock, holder: str) -> None:
        self._journal, self._clock, self._holder = journal, clock, holder
        self._thread = Lock()

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Raises Busy when somebody else works on this office."""
        now = self._clock.now()
        if not self._thread.acquire(blocking=False):
            raise Busy("lease_held")
        try:
            if not self._journal.acquire(LEASE, self._holder, now, now + LEASE_LIFE):
                raise Busy("lease_held")
            try:
                yield
            finally:
                self._journal.release(LEASE, self._holder)
        finally:
            self._thread.release()

    def check(self) -> None:
        """Prolongs the lease that this process holds. Raises Busy where another has taken it meanwhile (this
        computer slept, or a service answered too slowly): what was planned must not be written any more."""
        if not self._journal.renew(LEASE, self._holder, self._clock.now() + LEASE_LIFE):
            raise Busy("lease_lost")


class Cycle:
    """`fingerprint` is that of the province file: when it changes, every case is computed anew, as when a fiscal year
    begins; `current` is what it is on disk. `share` opens files to those approved; `erase_again` erases what a ledger
    that was put back holds again; `catch_up` compares anew after new weights or a new register; `traffic` tells what
    went over the wire since it was last asked."""

    def __init__(
        self,
        lease: Lease,
        ingest_cases: IngestCases,
        ingest_access: IngestAccess,
        cases_round: CasesRound,
        access_round: AccessRound,
        deliver: DeliverMail,
        outbox: Outbox,
        journal: Journal,
        clock: Clock,
        mark_all_dirty: Callable[[], None],
        share: Callable[[], ShareReport],
        erase_again: Callable[[], int],
        catch_up: Callable[[], None],
        traffic: Callable[[], Mapping[str, int]],
        fingerprint: str,
        current: Callable[[], str],
    ) -> None:
        self._lease, self._journal, self._clock = lease, journal, clock
        self._ingest_cases, self._ingest_access = ingest_cases, ingest_access
        self._cases_round, self._access_round = cases_round, access_round
        self._deliver, self._outbox = deliver, outbox
        self._mark_all_dirty, self._fingerprint = mark_all_dirty, fingerprint
        self._share, self._traffic, self._current = share, traffic, current
        self._erase_again, self._catch_up = erase_again, catch_up

    def sync(self, *, accept_loss: bool = False) -> CycleReport:
        """One cycle. Raises Busy when another process holds the lease, ConfigurationError when the province file
        is not the one that this process was started with (it may have moved elsewhere); every other trouble is in
        the report, and what does not depend on it is done all the same."""
        report = CycleReport()
        started = self._clock.now()
        with self._lease():
            if self._current() != self._fingerprint:
                raise ConfigurationError("province_changed")
            self._notice_new_province()
            self._notice_restored_ledger()
            self._erase_again()  # before anything is taken in, sent or written
            self._catch_up()
            report.forms_access = self._attempt(report, self._ingest_access.run) or report.forms_access
            report.forms_cases = self._attempt(report, self._ingest_cases.run) or report.forms_cases
            self._work_access(report, accept_loss)
            report.shares = self._share()
            if report.shares.trouble is not None:
                report.trouble.append(report.shares.trouble)
            self._work_cases(report, accept_loss)
            if self._outbox.restored_from_backup() and not report.trouble:
                self._outbox.reconciled()
            report.traffic = self._traffic()
            self._journal.record_run(
                Run("sync", started, self._clock.now(), report.exit_code, report.counts())
            )
        return report

    def deliver(self) -> CycleReport:
        """The mail alone."""
        report = CycleReport()
        started = self._clock.now()
        with self._lease():
            self._send(report)
            report.traffic = self._traffic()
            self._journal.record_run(
                Run("deliver", started, self._clock.now(), report.exit_code, report.counts())
            )
        return report

    def _work_access(self, report: CycleReport, accept_loss: bool) -> None:
        def once() -> None:
            report.access, decided = self._access_round.run(
                lambda: self._send(report), accept_loss=accept_loss
            )
            report.decided.approved += decided.approved
            report.decided.revoked += decided.revoked
            report.decided.to_mend = decided.to_mend

        self._attempt(report, lambda: self._again_if_changed(once))

    def _work_cases(self, report: CycleReport, accept_loss: bool) -> None:
        def once() -> None:
            report.cases = self._cases_round.run(accept_loss=accept_loss)

        self._attempt(report, lambda: self._again_if_changed(once))
        report.trouble.extend(report.cases.trouble)

    def _send(self, report: CycleReport) -> None:
        """Mail that cannot go out does not keep the sheets from being worked."""
        sent = self._attempt(report, self._deliver.deliver)
        if sent is not None:
            sent.sent += report.mail.sent  # a round that was read again delivers twice
            report.mail = sent
            if sent.trouble is not None:
                report.trouble.append(sent.trouble)

    def _notice_new_province(self) -> None:
        year = fiscal_year(self._clock.now().astimezone(BANGKOK).date())
        computed_by = f"{self._fingerprint} {year}"
        if self._journal.setting("province") != computed_by:
            with self._journal.transaction():
                self._mark_all_dirty()
                self._journal.set_setting("province", computed_by)

    def _notice_restored_ledger(self) -> None:
        """A ledger that came from a backup believes nothing that it remembers of the workbooks."""
        if self._outbox.restored_from_backup():
            for book in ("cases", "access"):
                self._journal.set_setting(f"version:{book}", "")

    @staticmethod
    def _attempt(report: CycleReport, step: Callable[[], T]) -> T | None:
        try:
            return step()
        except SaphanError as error:
            report.trouble.append(error)
            return None

    @staticmethod
    def _again_if_changed(step: Callable[[], None]) -> None:
        for attempt in range(TRIES):
            try:
                return step()
            except Changed:
                if attempt == TRIES - 1:
                    raise
        return None

"""One round over the access workbook: hear the admin, decide, mail, and say in each row what became of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bridge.application.approve_access import AccessReport, ApproveAccess
from bridge.application.cases_round import Gate, RoundReport
from bridge.application.ports.accounts import AccountStore, Request
from bridge.application.ports.clock import Clock
from bridge.application.ports.journal import Journal
from bridge.application.ports.rows import Event, Mark, Presence, RowStore
from bridge.application.ports.workbooks import Workbook
from bridge.application.reconcile import Sighting, TableSync
from bridge.domain.access import State, email_key, read_email
from bridge.domain.layout import SheetRow


class AccessRound:
    """The tab `คำขอใช้ระบบ`. Callers hold the lease. `deliver` sends what was approved, before the rows say so."""

    def __init__(
        self,
        book: Workbook,
        sync: TableSync,
        accounts: AccountStore,
        rows: RowStore,
        journal: Journal,
        approve: ApproveAccess,
        clock: Clock,
        fold_gmail: bool,
    ) -> None:
        self._book, self._sync, self._accounts, self._rows = book, sync, accounts, rows
        self._journal, self._approve, self._fold_gmail = journal, approve, fold_gmail
        self._clock = clock
        self._gate = Gate("access", book, ("access",), rows, journal, clock)

    def run(self, deliver: Callable[[], None], *, accept_loss: bool) -> tuple[RoundReport, AccessReport]:
        """Raises SheetError, Busy, Changed or OutsideError. Mail that was queued before goes out even if the
        sheet cannot be read."""
        report = RoundReport()
        try:
            self._book.settle()
            if self._gate.closed():
                deliver()
                with self._journal.transaction():
                    self._approve.show()
                if not self._gate.pending():
                    report.skipped = True
                    return report, AccessReport()
            read_at = self._clock.now()
            snapshot = self._book.read([self._sync.table.tab])
            grid = snapshot.grids[self._sync.table.tab]
            sighting, marks = self._sync.see(grid, accept_loss=accept_loss)
        except Exception:
            deliver()
            raise
        with self._journal.transaction():
            heard = self._sync.hear(sighting, marks)
            report.heard, report.gone = len(heard.changed), len(heard.gone)
            report.typed = self._adopt(sighting, marks)
            self._approve.tell(heard.conflicts)
            report.conflicts = len(heard.conflicts)
            decided = self._approve.run()
        deliver()
        with self._journal.transaction():
            self._approve.show()
        version = self._write(snapshot.version, sighting, report)
        missing = any(mark.presence is Presence.MISSING for mark in self._rows.marks("access").values())
        self._gate.remember(version, read_at, again=missing)
        return report, decided

    def _write(self, version: str, sighting: Sighting, report: RoundReport) -> str:
        plan = self._sync.plan(sighting)
        if not plan.empty:
            with self._sync.sending(plan):
                version = self._book.write([plan.change], version)
        with self._journal.transaction():
            self._sync.confirm(plan)
        report.count(plan)
        return version

    def _adopt(self, sighting: Sighting, marks: Mapping[str, Mark]) -> int:
        """Rows that the admin typed become requests; one for a mailbox that is known already only says so."""
        rows, given = self._sync.typed_rows(sighting, marks)
        requests, states, events = [], [], []
        number = self._accounts.next_number()
        for row in rows:
            key = given.get(row.index)
            if key is None:
                key, number = str(number), number + 1
                requests.append(self._request(key, row))
                events.append(Event("access", key, "typed", "sheet"))
                self._accounts.save(requests[-1:])
            states.append(self._sync.from_sheet(key, row))
            sighting.typed[key] = row
        self._rows.save("access", states, events)
        return len(requests)

    def _request(self, key: str, row: SheetRow) -> Request:
        address, problem = read_email(row.values.get("email"))
        mailbox = email_key(address, fold_gmail=self._fold_gmail)
        if problem or self._accounts.by_email([mailbox]):
            mailbox = f"typed:{key}"
        return Request(key, mailbox, State.PENDING)

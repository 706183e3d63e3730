"""Everything that is wrong with sheets, mail, inbox and ledger, in one list; changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from bridge.application.errors import SaphanError
from bridge.application.ports.approvals import ApprovalMail
from bridge.application.ports.forms import FormSource, Unreadable
from bridge.application.ports.outbox import Outbox, State
from bridge.application.ports.rows import RowStore
from bridge.application.ports.wording import Wording
from bridge.application.ports.workbooks import Workbook
from bridge.application.reconcile import TableSync
from bridge.domain.intake import Form, read
from bridge.domain.layout import extract
from bridge.domain.problems import Problem


@dataclass(frozen=True)
class Finding:
    """One thing to mend. `exit_code` is that of its kind of trouble; 0 for advice."""

    code: str
    sentence: str
    exit_code: int = 0


class Drift(Protocol):
    """One thing that was set up and is no longer so: the sentence `code` of the wording's `section`."""

    @property
    def section(self) -> str: ...
    @property
    def code(self) -> str: ...
    @property
    def facts(self) -> Mapping[str, object]: ...
    @property
    def exit_code(self) -> int: ...


class Preflight:
    """`ledger_damage` says what is wrong with the ledger's file, "" for nothing; `try_mail` signs in to the mail
    service and leaves; `advice` are findings about the province file; `drift` tells what is no longer as it was set
    up elsewhere."""

    def __init__(
        self,
        books: Sequence[tuple[Workbook, Sequence[TableSync]]],
        forms: Sequence[tuple[FormSource, Form]],
        mail: ApprovalMail,
        outbox: Outbox,
        rows: RowStore,
        wording: Wording,
        ledger_damage: Callable[[], str],
        try_mail: Callable[[], None],
        advice: Sequence[str],
        drift: Callable[[], Sequence[Drift]],
    ) -> None:
        self._books, self._forms, self._mail, self._outbox = books, forms, mail, outbox
        self._rows, self._wording = rows, wording
        self._ledger_damage, self._try_mail, self._advice = ledger_damage, try_mail, advice
        self._drift = drift

    def run(self) -> list[Finding]:
        return [
            *self._ledger(),
            *(finding for book, syncs in self._books for finding in self._book(book, syncs)),
            *(finding for source, form in self._forms for finding in self._inbox(source, form)),
            *self._mails(),
            *self._drifted(),
            *(Finding(code, self._say(code)) for code in self._advice),
        ]

    def _say(self, code: str, **facts: object) -> str:
        return self._wording.text("check", code, **facts)

    def _ledger(self) -> Iterator[Finding]:
        damage = self._ledger_damage()
        if damage:
            yield Finding("ledger_damaged", self._say("ledger_damaged", said=damage), 1)
        if self._outbox.restored_from_backup():
            yield Finding("ledger_restored", self._say("ledger_restored"))

    def _book(self, book: Workbook, syncs: Sequence[TableSync]) -> Iterator[Finding]:
        for sync in syncs:
            table = sync.table
            try:
                grid = book.read([table.tab]).grids[table.tab]
                sighting, _ = sync.see(grid, accept_loss=False)
            except SaphanError as error:
                yield self._told(error)
                continue
            for key, found in sighting.layout.renamed.items():
                facts = {"tab": table.tab, "header": table.by_key[key].header, "found": found}
                yield Finding("renamed", self._say("renamed", **facts))
            rows = extract(table, sighting.layout, grid.rows, grid.uncalculated)
            formulas = sum(len(row.uncalculated) for row in rows)
            if formulas:
                yield Finding("uncalculated", self._say("uncalculated", tab=table.tab, count=formulas))
            waiting = len(self._rows.unsettled(table.name))
            if waiting:
                yield Finding("sheet_differs", self._say("sheet_differs", tab=table.tab, count=waiting))

    def _inbox(self, source: FormSource, form: Form) -> Iterator[Finding]:
        try:
            batches = list(source.fetch_since({}))
        except SaphanError as error:
            yield self._told(error)
            return
        for batch in batches:
            problem = (
                Problem(batch.code, facts=batch.facts)
                if isinstance(batch, Unreadable)
                else read(batch.rows, form).problem
            )
            if problem:
                reason = self._wording.problem(problem)
                yield Finding(
                    "inbox_unreadable", self._say("inbox_unreadable", file=batch.name, reason=reason), 4
                )

    def _drifted(self) -> Iterator[Finding]:
        try:
            for line in self._drift():
                sentence = self._wording.text(line.section, line.code, **line.facts)
                yield Finding(line.code, sentence, line.exit_code)
        except SaphanError as error:
            yield self._told(error)

    def _told(self, error: SaphanError) -> Finding:
        return Finding(error.code, self._wording.text("error", error.code, **error.facts), error.exit_code)

    def _mails(self) -> Iterator[Finding]:
        try:
            self._try_mail()
        except SaphanError as error:
            yield self._told(error)
        states = [standing.state for standing in self._mail.standings().values()]
        held, failed = states.count(State.HELD), states.count(State.FAILED)
        if held or failed:
            yield Finding("mail_held", self._say("mail_held", held=held, failed=failed))

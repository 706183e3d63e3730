"""One round over the cases' workbook: hear the sheet, decide, compute, and give the sheet what it lacks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime

from bridge.application.decide_reviews import DecideReviews
from bridge.application.derive_cases import DeriveCases
from bridge.application.errors import SaphanError, SheetError
from bridge.application.ingest import conflict, next_case
from bridge.application.ports.cases import CaseStore, NewCase
from bridge.application.ports.clock import Clock
from bridge.application.ports.journal import Journal
from bridge.application.ports.reviews import ReviewItem, ReviewKind
from bridge.application.ports.rows import Event, Mark, Presence, RowStore
from bridge.application.ports.wording import Wording
from bridge.application.ports.workbooks import Grid, Workbook
from bridge.application.reconcile import Heard, Plan, Sighting, TableSync
from bridge.application.review_list import BANGKOK, ReviewList
from bridge.application.tombstones import Tombstones
from bridge.domain.cases import fiscal_year_of, read_case_number
from bridge.domain.cells import Cell
from bridge.domain.erasure import STAYING
from bridge.domain.layout import SheetRow

MOST_AHEAD = 100_000  # an unknown number further ahead than this is a slip of the hand, not a lost case


def sayable(cell: Cell) -> str:
    """Whatever stands in an id cell, as something that every database keeps."""
    return "".join(mark if mark.isprintable() else "\N{REPLACEMENT CHARACTER}" for mark in str(cell).strip())[
        :100
    ]


def _filled(row: SheetRow) -> set[str]:
    return {column for column, cell in row.values.items() if cell is not None and cell is not False}


@dataclass
class RoundReport:
    """Counts of one round; `trouble` holds what kept a tab from being worked."""

    heard: int = 0
    typed: int = 0
    conflicts: int = 0
    gone: int = 0
    derived: int = 0
    cells: int = 0
    appended: int = 0
    skipped: bool = False
    trouble: list[SaphanError] = field(default_factory=list)

    def count(self, plan: Plan) -> None:
        self.cells += len(plan.change.cells)
        self.appended += len(plan.change.appended)


class Gate:
    """Tells when a workbook need not be read: unchanged since the last round, and nothing to give it.

    The version is asked for last: with something to give the sheet is read anyway."""

    def __init__(
        self, name: str, book: Workbook, tables: Sequence[str], rows: RowStore, journal: Journal, clock: Clock
    ) -> None:
        self._version, self._read_at = f"version:{name}", f"read_at:{name}"
        self._book, self._tables, self._rows = book, tables, rows
        self._journal, self._clock = journal, clock

    def pending(self) -> bool:
        return any(self._rows.dirty(table) or self._rows.unsettled(table) for table in self._tables)

    def closed(self) -> bool:
        """Raises what the workbook's `version` raises."""
        return (
            not self.pending()
            and self._book.version() == self._journal.setting(self._version) != ""
            and self._fresh()
        )

    def _fresh(self) -> bool:
        read_at = self._journal.setting(self._read_at)
        if self._book.trust is None:
            return True
        return bool(read_at) and self._clock.now() - datetime.fromisoformat(read_at) < self._book.trust

    def remember(self, version: str, read_at: datetime, *, again: bool) -> None:
        """`again`: a row was missed; the next round must read, changed or not."""
        self._journal.set_setting(self._version, "" if again else version)
        if self._book.trust is not None:
            self._journal.set_setting(self._read_at, read_at.isoformat())


class CasesRound:
    """The tabs `ทะเบียนเคส` and `ตรวจสอบ` of one workbook. Callers hold the lease. `along` lets something else
    travel in the same write, where the workbook can, and says whether it does; it is told whether the round changed
    anything."""

    def __init__(
        self,
        book: Workbook,
        cases_sync: TableSync,
        reviews_sync: TableSync,
        cases: CaseStore,
        rows: RowStore,
        journal: Journal,
        review_list: ReviewList,
        decide: DecideReviews,
        derive: DeriveCases,
        clock: Clock,
        province: str,
        tombstones: Tombstones,
        wording: Wording,
        along: Callable[[bool], bool],
    ) -> None:
        self._book, self._sync, self._reviews_sync = book, cases_sync, reviews_sync
        self._cases, self._rows, self._journal = cases, rows, journal
        self._review_list, self._decide, self._derive = review_list, decide, derive
        self._clock, self._province, self._along = clock, province, along
        self._tombstones, self._wording = tombstones, wording
        self._gate = Gate("cases", book, ("cases", "reviews"), rows, journal, clock)

    def run(self, *, accept_loss: bool) -> RoundReport:
        """Raises SheetError, Busy, Changed or OutsideError; what the forms sent is in the ledger all the same."""
        report = RoundReport()
        self._book.settle()
        if self._gate.closed():
            report.skipped = True
            return report
        read_at = self._clock.now()
        version, grids = self._read(report)
        cases_grid = grids.pop(self._sync.table.tab)
        sighting, marks = self._sync.see(cases_grid, accept_loss=accept_loss)
        reviews = self._see_reviews(grids, report)
        with self._journal.transaction():
            heard = self._hear(sighting, marks, report)
            reviews = self._hear_reviews(reviews, report)
        report.derived = self._derive.run()
        report.gone = len(heard.gone)
        again = self._write(version, sighting, reviews, report)
        missing = any(mark.presence is Presence.MISSING for mark in self._rows.marks("cases").values())
        self._gate.remember(again, read_at, again=missing or bool(report.trouble))
        return report

    def _read(self, report: RoundReport) -> tuple[str, dict[str, Grid]]:
        """Both tabs; the cases alone where the other tab is not there."""
        tabs = [self._sync.table.tab, self._reviews_sync.table.tab]
        try:
            snapshot = self._book.read(tabs)
        except SheetError as error:
            if error.code != "tab_missing" or error.facts.get("tab") == tabs[0]:
                raise
            snapshot = self._book.read(tabs[:1])
            report.trouble.append(error)
        return snapshot.version, dict(snapshot.grids)

    def _see_reviews(
        self, grids: Mapping[str, Grid], report: RoundReport
    ) -> tuple[Sighting, Mapping[str, Mark]] | None:
        """A list that cannot be worked does not keep the cases from being worked."""
        for grid in grids.values():
            try:
                return self._reviews_sync.see(grid, accept_loss=True)
            except SheetError as error:
                report.trouble.append(error)
        return None

    def _hear_reviews(
        self, reviews: tuple[Sighting, Mapping[str, Mark]] | None, report: RoundReport
    ) -> tuple[Sighting, Mapping[str, Mark]] | None:
        if reviews is None:
            return None
        try:
            with self._journal.transaction():
                heard = self._reviews_sync.hear(*reviews)
                self._decide.run([*heard.changed, *heard.returned, *heard.gone])
        except SheetError as error:
            report.trouble.append(error)
            return None
        return reviews

    def _hear(self, sighting: Sighting, marks: Mapping[str, Mark], report: RoundReport) -> Heard:
        heard = self._sync.hear(sighting, marks)
        report.heard = len(heard.changed)
        report.conflicts = len(heard.conflicts)
        self._sweep(sighting, marks, heard)
        foreign = {
            sayable(row.values[self._sync.table.key])
            for row in sighting.alignment.foreign
            if row.index not in sighting.swept
        }
        self._reserve(foreign)
        report.typed = self._adopt(sighting, marks)
        self._review_list.note(
            [conflict(key, found.column, found.sheet, found.form) for key, found in heard.conflicts]
        )
        self._note_rows(sighting, heard, foreign)
        return heard

    def _sweep(self, sighting: Sighting, marks: Mapping[str, Mark], heard: Heard) -> None:
        """Finds the rows that bring back what was erased, and tells people of each once a day."""
        found, erased, key = sighting.alignment, self._tombstones.now(), self._sync.table.key
        nothing = frozenset[str]()
        swept = [(row, case, nothing) for row, case in found.copies if marks[case].erased]
        swept += [(row, "", nothing) for row in found.blank if erased.row(row.values)]
        for row in found.foreign:
            if erased.row(row.values):
                swept.append((row, "", nothing))
            elif erased.case(str(row.values[key]).strip()):  # a ledger that was lost knows no case
                swept.append((row, str(row.values[key]).strip(), STAYING))
        sighting.swept = {row.index: (row, stays) for row, _, stays in swept}
        flag = self._sync.rules.flag_column
        fresh = [case for row, case, stays in swept if _filled(row) - stays - {key, flag}]
        today = (self._clock.now() + BANGKOK).date().isoformat()
        self._review_list.note(
            [
                ReviewItem(f"erased_row:{case}:{today}", ReviewKind.ERASED_ROW, case)
                for case in sorted({*fresh, *heard.overtyped})
            ]
        )

    def _note_rows(self, sighting: Sighting, heard: Heard, foreign: Collection[str]) -> None:
        copied = {key for row, key in sighting.alignment.copies if row.index not in sighting.swept}
        self._review_list.note(
            [
                *(ReviewItem(f"copied:{key}", ReviewKind.COPIED_ROW, key) for key in sorted(copied)),
                *(
                    ReviewItem(f"unknown:{found}", ReviewKind.UNKNOWN_ID, shown={"value": found})
                    for found in sorted(foreign)
                ),
            ]
        )
        self._review_list.close_others("copied:", [f"copied:{key}" for key in copied])
        self._review_list.close_others("unknown:", [f"unknown:{found}" for found in foreign])
        self._review_list.close([f"vanished:{key}" for key in heard.returned])

    def _reserve(self, foreign: Iterable[str]) -> None:
        """A number that somebody typed is never given to another case."""
        for found in foreign:
            number = read_case_number(found, self._province)
            if number is not None and number[1] <= self._cases.last_number(number[0]) + MOST_AHEAD:
                self._cases.reserve(*number)

    # rows that staff typed

    def _adopt(self, sighting: Sighting, marks: Mapping[str, Mark]) -> int:
        """Each row without id becomes a case, under an id that it was given before where there is one."""
        rows, given = self._sync.typed_rows(sighting, marks)
        rows = self._let_in(rows)
        fresh = [row for row in rows if row.index not in given]
        self._mint(fresh, given)
        states = [self._sync.from_sheet(given[row.index], row) for row in rows]
        events = [Event("cases", given[row.index], "typed", "sheet") for row in fresh]
        self._rows.save("cases", states, events)
        sighting.typed.update({given[row.index]: row for row in rows})
        return len(fresh)

    def _let_in(self, rows: Sequence[SheetRow]) -> list[SheetRow]:
        """Without those about persons who are to be kept out: they stay as staff typed them, and are pointed out."""
        erased = self._tombstones.now()
        barred = {row.index for row in rows if erased.kept_out(row.values.get("national_id"))}
        items = [
            ReviewItem(f"kept_out:{index + 1}", ReviewKind.ERASED_ROW, shown=self._kept_out(index))
            for index in sorted(barred)
        ]
        self._review_list.note(items)
        self._review_list.close_others("kept_out:", [item.subject for item in items])
        return [row for row in rows if row.index not in barred]

    def _kept_out(self, index: int) -> dict[str, Cell]:
        return {"row": str(index + 1), "reason": self._wording.text("flag", "kept_out")}

    def _mint(self, rows: Sequence[SheetRow], given: dict[int, str]) -> None:
        now, erased = self._clock.now(), self._tombstones.now()
        local = (now + BANGKOK).replace(tzinfo=None)
        cases = []
        last: dict[int, int] = {}
        for row in rows:
            year = fiscal_year_of(row.values.get("submitted_at"), local)
            if year not in last:
                last[year] = self._cases.last_number(year)
            key, last[year] = next_case(self._province, year, last[year], erased)
            given[row.index] = key
            cases.append(NewCase(key, year, last[year], "sheet", f"typed:{key}", now))
        self._cases.add(cases, [])

    # writing

    def _write(
        self,
        version: str,
        sighting: Sighting,
        reviews: tuple[Sighting, Mapping[str, Mark]] | None,
        report: RoundReport,
    ) -> str:
        plans = [(self._sync, self._sync.plan(sighting))]
        if reviews is not None:
            plans.append((self._reviews_sync, self._reviews_sync.plan(reviews[0])))
        changes = [plan.change for _, plan in plans if not plan.empty]
        worked = changes or report.heard or report.derived or report.gone
        if self._along(bool(worked)) or changes:
            with ExitStack() as stack:
                for sync, plan in plans:
                    stack.enter_context(sync.sending(plan))
                version = self._book.write(changes, version)
        with self._journal.transaction():
            for sync, plan in plans:
                sync.confirm(plan)
                report.count(plan)
        return version

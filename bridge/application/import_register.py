"""The poverty register (TPMAP) into the ledger: rehearsed, imported, and undone.

A file goes in by parts, each in one transaction together with how far the import has come. Stopped on its way - also by
pulling the plug - and given the same file again it goes on there, and ends as if it had never been stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain, islice

from bridge.application.match_register import CHANGED
from bridge.application.ports.cases import CaseStore
from bridge.application.ports.clock import Clock
from bridge.application.ports.forms import Unreadable
from bridge.application.ports.journal import Journal
from bridge.application.ports.register_imports import (
    Damaged,
    Import,
    RefusedRows,
    RegisterFile,
    RegisterImports,
    State,
    Tally,
)
from bridge.application.ports.wording import Wording
from bridge.application.read_register import GoodRows, RegisterReport, RegisterScanner, RegisterWords, Scan
from bridge.application.tombstones import Tombstones
from bridge.domain.register_rows import RegisterReader, Row

PART = 65_536  # rows that are written at once; a block of the index of a new register
KEPT = 5  # the newest imports that can be undone
Progress = Callable[[int, int], None]  # rows done, rows in all


class ImportRegister:
    """`words[column]` names a column to people. Whoever calls holds the lease."""

    def __init__(
        self,
        cases: CaseStore,
        imports: RegisterImports,
        refused: RefusedRows,
        journal: Journal,
        clock: Clock,
        wording: Wording,
        reader: RegisterReader,
        words: Mapping[str, str],
        tombstones: Tombstones,
    ) -> None:
        self._cases, self._imports, self._refused = cases, imports, refused
        self._journal, self._clock, self._reader, self._tombstones = journal, clock, reader, tombstones
        self._words = RegisterWords(wording, words)

    def run(
        self,
        file: RegisterFile | Unreadable,
        *,
        dry_run: bool = False,
        empty_clears: bool = False,
        progress: Progress = lambda _done, _all: None,
    ) -> RegisterReport:
        """Raises SheetError when the file as a whole cannot be used; nothing was taken in then. The same file
        again changes nothing. `dry_run` counts and writes nothing to the ledger. `empty_clears`: a blank cell takes
        away what the register holds; otherwise it leaves it."""
        if isinstance(file, Unreadable):
            raise self._words.unreadable(file)
        try:
            scan = RegisterScanner(self._reader, self._words).scan(file)
            if not dry_run:
                self._finish_undoing(progress)
            sheet = self._refused.sheet(file.name, scan.header.cells, self._words.title_of_reasons())
            rows = GoodRows(file, scan, self._reader, self._words, self._tombstones.now(), sheet)
            if dry_run:
                self._rehearse(rows, scan, empty_clears, progress)
            else:
                self._take(rows, scan, self._begun(file, empty_clears), progress)
            rows.report.refused_file = sheet.close()
            return rows.report
        except Damaged as error:
            raise self._words.unreadable(error.trouble) from error

    def _rehearse(self, rows: GoodRows, scan: Scan, empty_clears: bool, progress: Progress) -> None:
        tally = Tally()
        for part in _parts(rows):
            tally = _added(tally, self._cases.compare_register(part, empty_clears=empty_clears))
            progress(part.last, scan.rows)
        progress(scan.rows, scan.rows)
        _count(rows.report, tally)

    def _take(self, rows: GoodRows, scan: Scan, one: Import, progress: Progress) -> None:
        """What an import of the same file that was stopped had done already is not done again."""
        done = one.done_row
        for part in _parts((at, row) for at, row in rows if at > done):
            one = self._take_part(one, part)
            progress(part.last, scan.rows)
        progress(scan.rows, scan.rows)
        tally = replace(one.tally, refused=rows.report.refused_rows, erased=rows.report.erased)
        _count(rows.report, tally)
        if not (tally.new or tally.changed):
            self._imports.drop(one.version)
            return
        rows.report.version = one.version
        with self._journal.transaction():
            self._imports.save(replace(one, state=State.DONE, tally=tally))
            self._imports.forget_past(KEPT)

    def _take_part(self, one: Import, part: _Part) -> Import:
        with self._journal.transaction():
            counts = self._cases.import_register(part, one.version, empty_clears=one.empty_clears)
            tally = _added(one.tally, counts)
            if (tally.new, tally.changed) != (one.tally.new, one.tally.changed):
                self._changed(part.last)
            done = replace(one, done_row=part.last, tally=tally)
            self._imports.save(done)
        return done

    def _begun(self, file: RegisterFile, empty_clears: bool) -> Import:
        last = next(iter(self._imports.all()), None)
        stopped = (State.RUNNING, file.cursor, empty_clears)
        if last and (last.state, last.digest, last.empty_clears) == stopped:
            return last
        return self._imports.begin(file.name, file.cursor, empty_clears, self._clock.now())

    def versions(self) -> list[Import]:
        """The newest first."""
        return self._imports.all()

    def came_by(self, number: str) -> Import | None:
        """The import that last wrote the row of that number; None where there is no such row, and where it came by
        none of the list (before there was one)."""
        version = self._imports.version_of(number)
        return next((one for one in self._imports.all() if one.version == version), None)

    def undo(self, progress: Progress = lambda _done, _all: None) -> Import | None:
        """Takes back the last import that changed anything: its changed rows are as they were before, its new ones go.
        Stopped on its way and called again it goes on. None where there is none whose past is kept."""
        last = next((one for one in self._imports.all() if _changed_anything(one)), None)
        if last is None or not self._imports.undoable(last.version):
            return None
        self._undo(last, progress)
        return last

    def _finish_undoing(self, progress: Progress) -> None:
        for one in self._imports.all():
            if one.state is State.UNDOING:
                self._undo(one, progress)

    def _undo(self, one: Import, progress: Progress) -> None:
        self._imports.save(replace(one, state=State.UNDOING))
        rows, done = one.tally.new + one.tally.changed, 0
        while undone := self._undo_part(one, done):
            done += undone
            progress(done, max(rows, done))
        self._imports.save(replace(one, state=State.UNDONE))

    def _undo_part(self, one: Import, done: int) -> int:
        with self._journal.transaction():
            undone = self._imports.undo(one.version, PART)
            if undone:
                self._changed(done)
        return undone

    def _changed(self, done: int) -> None:
        """Cases are looked up anew. Inside the transaction that changes the register."""
        self._journal.set_setting(CHANGED, f"{self._clock.now().isoformat()} {done}")


class _Part:
    """Rows that are read while they are written; `last` is the place in the file of the one that was read last."""

    def __init__(self, rows: Iterable[tuple[int, Row]]) -> None:
        self._rows = rows
        self.last = 0

    def __iter__(self) -> Iterator[Row]:
        for at, row in self._rows:
            self.last = at
            yield row


def _parts(rows: Iterable[tuple[int, Row]]) -> Iterator[_Part]:
    """To be gone through one by one."""
    rest = iter(rows)
    for first in rest:
        yield _Part(chain([first], islice(rest, PART - 1)))


def _added(tally: Tally, counts: tuple[int, int, int]) -> Tally:
    new, changed, same = counts
    return replace(tally, new=tally.new + new, changed=tally.changed + changed, same=tally.same + same)


def _count(report: RegisterReport, tally: Tally) -> None:
    report.new, report.changed, report.same = tally.new, tally.changed, tally.same


def _changed_anything(one: Import) -> bool:
    return one.state is not State.UNDONE and bool(one.tally.new or one.tally.changed)

"""The poverty register (TPMAP) into the ledger: rehearsed, imported, and undone.

A file goes in by parts, each in one transaction together with how far the import has come. Stopped on its way - also by
pulling the plug - and given the same file again it goes on there, and ends as if it had never been stopped.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

import numpy as np

from bridge.application.errors import SheetError
from bridge.application.match_register import CHANGED
from bridge.application.ports.cases import CaseStore
from bridge.application.ports.clock import Clock
from bridge.application.ports.forms import Unreadable
from bridge.application.ports.journal import Journal
from bridge.application.ports.register_imports import (
    Damaged,
    Import,
    RefusedRows,
    RefusedSheet,
    RegisterFile,
    RegisterImports,
    State,
    Tally,
)
from bridge.application.ports.wording import Wording
from bridge.application.tombstones import Tombstones
from bridge.domain.cells import as_text
from bridge.domain.problems import Problem
from bridge.domain.register_rows import HEADER_SEARCH_ROWS, Header, Refusal, RegisterReader, Row

PART = 65_536  # rows that are written at once; a block of the index of a new register
SAMPLE = 1_000  # rows by which it is judged what the columns hold
REASONS = 50  # that are told; all of them stand in the file of refused rows
KEPT = 5  # the newest imports that can be undone
Progress = Callable[[int, int], None]  # rows done, rows in all


@dataclass
class RegisterReport:
    """`erased`: rows that were erased, or whose person is kept out. `refused`: the first reasons, as sentences;
    `refused_file` holds all such rows. `former_places`: rows that name a place of former days, `notes` tells the first
    of them. `version` is "" where nothing changed."""

    new: int = 0
    changed: int = 0
    same: int = 0
    erased: int = 0
    refused_rows: int = 0
    refused: list[str] = field(default_factory=list)
    refused_file: str = ""
    former_places: int = 0
    notes: list[str] = field(default_factory=list)
    version: str = ""


@dataclass(frozen=True)
class _Scan:
    """What is known of a file before its first row is taken."""

    header: Header
    rows: int
    ids: bool  # its numbers are 13-digit ids
    again: frozenset[int]  # hashes of numbers that stand in it more than once


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
        self._journal, self._clock, self._wording = journal, clock, wording
        self._reader, self._words, self._tombstones = reader, words, tombstones

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
            raise self._unreadable(file)
        try:
            scan = self._scan(file)
            if dry_run:
                return _Rehearsal(self, file, scan, empty_clears, progress).run()
            self._finish_undoing(progress)
            return _Taking(self, file, scan, empty_clears, progress).run()
        except Damaged as error:
            raise self._unreadable(error.trouble) from error

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

    # ------------------------------------------------------------------------------------------------ the file

    def _scan(self, file: RegisterFile) -> _Scan:
        """Goes through the whole file once: what is damaged at its end is found before anything is taken."""
        header = self._header(file)
        sample = [
            row
            for cells in islice(file.rows, header.row + 1, header.row + 1 + SAMPLE)
            if (row := self._reader.row(cells, header)) is not None
        ]
        self._refuse_swapped(file, header, sample)
        numbers = [self._reader.number(row, ids=True) for row in sample]
        ids = 2 * sum(len(each) == 13 and each.isdigit() for each in numbers) > len(numbers)
        place = next(at for at, column in header.columns.items() if column == "number")
        hashes, rows = array("q"), 0
        for rows, cells in enumerate(file.rows, 1):  # noqa: B007
            cell = cells[place] if place < len(cells) else None
            if cell is not None:
                hashes.append(hash(self._reader.number({"number": cell}, ids)))
        found, times = np.unique(np.frombuffer(hashes, dtype=np.int64), return_counts=True)
        return _Scan(header, rows, ids, frozenset(found[times > 1].tolist()))

    def _header(self, file: RegisterFile) -> Header:
        header = self._reader.header(islice(file.rows, HEADER_SEARCH_ROWS))
        where = self._where(file, header.row + 1 if header.columns else 1)
        if header.missing:
            missing = ", ".join(self._words.get(column, column) for column in header.missing)
            raise SheetError("register_columns", where=where, columns=missing)
        if header.twice:
            twice = "; ".join(header.titles(column) for column in header.twice)
            raise SheetError("register_columns_twice", where=where, columns=twice)
        return header

    def _refuse_swapped(self, file: RegisterFile, header: Header, sample: Sequence[Row]) -> None:
        """Where most rows only make sense the other way round, the headers stand over the wrong columns."""
        tests = (
            ("number", "name", self._reader.names_swapped),
            ("tambon", "amphoe", self._reader.places_swapped),
        )
        for left, right, swapped in tests:
            odd = [row for row in sample if swapped(row)]
            if 2 * len(odd) > len(sample):
                raise SheetError(
                    "register_columns_swapped",
                    where=self._where(file, header.row + 1),
                    left=header.titles(left) or self._words.get(left, left),
                    right=header.titles(right) or self._words.get(right, right),
                    value=as_text(odd[0].get(left)),
                )

    def _where(self, file: RegisterFile, row: int) -> str:
        if file.sheet:
            return self._wording.text("register", "where_sheet", file=file.name, sheet=file.sheet, row=row)
        return self._wording.text("register", "where", file=file.name, row=row)

    def _unreadable(self, trouble: Unreadable) -> SheetError:
        reason = self._wording.problem(Problem(trouble.code, facts=trouble.facts))
        return SheetError("register_unreadable", file=trouble.name, reason=reason)


class _Pass:
    """One way through the file. What is done with the good rows is told by `_take`."""

    def __init__(
        self, office: ImportRegister, file: RegisterFile, scan: _Scan, empty_clears: bool, progress: Progress
    ) -> None:
        self._office, self._file, self._scan, self._progress = office, file, scan, progress
        self._empty_clears = empty_clears
        self.report = RegisterReport()
        self._seen: dict[str, int] = {}
        self._erased = office._tombstones.now()

    def run(self) -> RegisterReport:
        sheet = self._office._refused.sheet(
            self._file.name, self._scan.header.cells, self._office._wording.text("register", "reason")
        )
        part: list[Row] = []
        last = 0
        for last, row in self._good_rows(sheet):
            part.append(row)
            if len(part) == PART:
                self._take(part, last)
                self._progress(last, self._scan.rows)
                part = []
        self._take(part, last)
        self._progress(self._scan.rows, self._scan.rows)
        self.report.refused_file = sheet.close()
        return self.report

    def _take(self, part: Sequence[Row], last: int) -> None:
        """`last` is the row of the file at which the part ends."""
        raise NotImplementedError

    def _good_rows(self, sheet: RefusedSheet) -> Iterator[tuple[int, Row]]:
        reader, header = self._office._reader, self._scan.header
        for at, cells in enumerate(self._file.rows, 1):
            row = reader.row(cells, header) if at > header.row + 1 else None
            if row is None:
                continue
            number = reader.number(row, self._scan.ids)
            refusal = reader.surplus(cells, header) or reader.refusal(row, number) or self._again(number, at)
            if refusal is not None:
                self._refuse(sheet, cells, refusal, at)
            elif self._erased.register_row(number) or self._erased.kept_out(number):
                self.report.erased += 1
            else:
                row["number"] = number
                self._note_place(row, at)
                yield at, row

    def _note_place(self, row: Row, at: int) -> None:
        named = f"{as_text(row.get('tambon'))} {as_text(row.get('amphoe'))}".strip()
        if not self._office._reader.placed(row):
            return
        self.report.former_places += 1
        if len(self.report.notes) < REASONS:
            now = f"{as_text(row.get('tambon'))} {as_text(row.get('amphoe'))}".strip()
            facts = {"where": self._office._where(self._file, at), "value": named, "now": now}
            code = "place_former" if now != named else "place_divided"
            self.report.notes.append(self._office._wording.text("register", code, **facts))

    def _again(self, number: str, at: int) -> Refusal | None:
        if hash(number) not in self._scan.again:
            return None
        first = self._seen.setdefault(number, at)
        return None if first == at else Refusal("twice", "number", number, {"first": first})

    def _refuse(self, sheet: RefusedSheet, cells: Sequence[object], refusal: Refusal, at: int) -> None:
        office, header = self._office, self._scan.header
        column = header.titles(refusal.column) or office._words.get(refusal.column, refusal.column)
        facts = {"where": office._where(self._file, at), "column": column, "value": refusal.value}
        reason = office._wording.text("register", refusal.code, **facts, **refusal.facts)
        sheet.add(cells, reason)  # type: ignore[arg-type]
        self.report.refused_rows += 1
        if len(self.report.refused) < REASONS:
            self.report.refused.append(reason)


class _Rehearsal(_Pass):
    def _take(self, part: Sequence[Row], last: int) -> None:
        new, changed, same = self._office._cases.compare_register(part, empty_clears=self._empty_clears)
        report = self.report
        report.new, report.changed, report.same = (
            report.new + new,
            report.changed + changed,
            report.same + same,
        )


class _Taking(_Pass):
    """What an import of the same file that was stopped had done already is not done again."""

    def run(self) -> RegisterReport:
        self._import = self._begin()
        self._from = self._import.done_row
        report = super().run()
        tally = replace(self._import.tally, refused=report.refused_rows, erased=report.erased)
        report.new, report.changed, report.same = tally.new, tally.changed, tally.same
        imports = self._office._imports
        if not (tally.new or tally.changed):
            imports.drop(self._import.version)
            return report
        report.version = self._import.version
        with self._office._journal.transaction():
            imports.save(replace(self._import, state=State.DONE, tally=tally))
            imports.forget_past(KEPT)
        return report

    def _begin(self) -> Import:
        office, file, clears = self._office, self._file, self._empty_clears
        last = next(iter(office._imports.all()), None)
        if last and (last.state, last.digest, last.empty_clears) == (State.RUNNING, file.cursor, clears):
            return last
        return office._imports.begin(file.name, file.cursor, clears, office._clock.now())

    def _good_rows(self, sheet: RefusedSheet) -> Iterator[tuple[int, Row]]:
        return ((at, row) for at, row in super()._good_rows(sheet) if at > self._from)

    def _take(self, part: Sequence[Row], last: int) -> None:
        if not part:
            return
        office, one = self._office, self._import
        with office._journal.transaction():
            new, changed, same = office._cases.import_register(
                part, one.version, empty_clears=self._empty_clears
            )
            if new or changed:
                office._changed(last)
            tally = Tally(one.tally.new + new, one.tally.changed + changed, one.tally.same + same)
            self._import = replace(one, done_row=last, tally=tally)
            office._imports.save(self._import)


def _changed_anything(one: Import) -> bool:
    return one.state is not State.UNDONE and bool(one.tally.new or one.tally.changed)

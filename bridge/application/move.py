"""Moving the office's books to another place, local files or a service, without losing or inventing anything.

The rows' states in the ledger say what the sheet shows. Both places are made to show the same, cell by cell, before
the new one comes into use; so the states are true of whichever is in use, and a move that is cut short at any
point leaves the present place in use and the ledger as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from bridge.application.errors import Changed, SaphanError, SheetError
from bridge.application.ports.journal import Journal
from bridge.application.ports.rows import Mark, Presence, RowState, RowStore
from bridge.application.ports.wording import Wording
from bridge.application.ports.workbooks import Grid, TabChange, Workbook
from bridge.application.reconcile import Sighting, TableSync
from bridge.domain.alignment import content_keys
from bridge.domain.cells import Cell, Kind, as_text, canonical, clip, row_digest, same
from bridge.domain.columns import Column, Owner, Table
from bridge.domain.values.text import header_key

TRIES = 3  # people who edit while the books are moved make it start over
MOST_CYCLES = 5  # a row that was deleted is certain after two; one more for each thing that follows from it
MOST_NAMED = 10
_CLIPPED = (Owner.FORM, Owner.BRIDGE)  # the merge knows the shown part of these from what people typed
_SETTLED = (Presence.PRESENT, Presence.GONE)

Line = tuple[Cell, ...]


class CannotMove(SaphanError):
    """Why not is among the facts; the exit code is that of the first reason. Nothing was changed."""

    def __init__(self, exit_code: int, reasons: str) -> None:
        super().__init__("move_refused", reasons=reasons)
        self.exit_code = exit_code


@dataclass(frozen=True)
class BookMove:
    """One workbook and where it goes. `syncs` read the source; `keep` keeps what stands in the target's place,
    before it is replaced."""

    name: str
    source: Workbook
    target: Workbook
    syncs: Sequence[TableSync]
    keep: Callable[[], None]

    @property
    def tabs(self) -> list[str]:
        return [sync.table.tab for sync in self.syncs]


class Place(Protocol):
    """What surrounds the books there. Every method may be called again after it was cut short."""

    def prepare(self) -> None:
        """Brings what goes with the books, which are there already. Raises SaphanError; nothing is in use yet."""

    def hold(self) -> None:
        """Raises Busy where somebody has a book of the present place open, and could still save it."""

    def switch(self) -> None:
        """From here on the new place is the one in use: one atomic step. Raises Changed or OutsideError."""

    def retire(self) -> None:
        """Puts the old place out of use, keeping what it holds. Raises SaphanError."""


@dataclass(frozen=True)
class WantedTab:
    """What a tab is to hold: `table` is the office's with people's own columns to its right; `lines` are the rows
    below the header, each as wide as the table."""

    table: Table
    lines: Sequence[Line]

    def compare(self, grid: Grid) -> tuple[list[Line], list[str]]:
        """(the rows that the grid lacks at its end, the cells that are not as they should be)."""
        kinds = [column.kind for column in self.table.columns]
        found = [_canonical(row, kinds) for row in grid.rows]
        while found and not any(cell is not None for cell in found[-1]):
            found.pop()
        wanted = [tuple(column.header for column in self.table.columns), *self.lines]
        wrong = [
            self._place(index, at)
            for index, row in enumerate(found)
            for at in range(max(len(row), len(kinds)))
            if not same(row[at], wanted[index][at] if index < len(wanted) and at < len(kinds) else None)
        ]
        return list(wanted[len(found) :]) if found else [], wrong if found else [self.table.tab]

    def _place(self, index: int, at: int) -> str:
        columns = self.table.columns
        return f"{self.table.tab} {index + 1} “{columns[at].header if at < len(columns) else at + 1}”"


@dataclass
class MoveReport:
    """`rows` and `own` are by tab: how many rows went, and which of people's own columns. `late`: the old place was
    edited at the very moment of the switch. `trouble`: it could not be put out of use; doing the same again
    tries that again."""

    rows: dict[str, int] = field(default_factory=dict)
    own: dict[str, list[str]] = field(default_factory=dict)
    late: bool = False
    trouble: list[SaphanError] = field(default_factory=list)


class Move:
    """`cycle` runs one cycle on the present place, under a lease of its own, and gives its trouble."""

    def __init__(
        self,
        cycle: Callable[[], Sequence[SaphanError]],
        lease: Callable[[], AbstractContextManager[None]],
        rows: RowStore,
        journal: Journal,
        wording: Wording,
        books: Sequence[BookMove],
        place: Place,
    ) -> None:
        self._cycle, self._lease, self._rows, self._journal = cycle, lease, rows, journal
        self._wording, self._books, self._place = wording, books, place

    def run(self) -> MoveReport:
        """Raises CannotMove where the present place is not in order; SheetError move_too_long,
        move_uncalculated or move_differs naming cells that cannot go as they are; and what the ports raise.
        Until it returns or the switch was done, the present place is in use and nothing there was touched."""
        for attempt in range(TRIES):
            self._come_to_rest()
            try:
                with self._lease():
                    return self._move()
            except Changed:
                if attempt == TRIES - 1:
                    raise
        raise AssertionError("the last attempt returns or raises")

    # ------------------------------------------------------------------------------------------------ before

    def _come_to_rest(self) -> None:
        """Cycles with a full read, until everything that people typed is in the ledger and every row is shown."""
        for _ in range(MOST_CYCLES):
            for book in self._books:
                self._journal.set_setting(f"version:{book.name}", "")
            trouble = self._cycle()
            if trouble:
                raise self._refusal(trouble)
            if all(self._at_rest(sync.table.name) for book in self._books for sync in book.syncs):
                return
        raise SheetError("move_restless")

    def _refusal(self, trouble: Sequence[SaphanError]) -> CannotMove:
        lines = [f"- {self._wording.text('error', error.code, **error.facts)}" for error in trouble]
        return CannotMove(trouble[0].exit_code, "\n".join(dict.fromkeys(lines)))

    def _at_rest(self, table: str) -> bool:
        marks = self._rows.marks(table).values()
        return not self._rows.dirty(table) and all(
            mark.presence in _SETTLED and (mark.settled or mark.presence is Presence.GONE) for mark in marks
        )

    # ------------------------------------------------------------------------------------------------ the move

    def _move(self) -> MoveReport:
        self._place.hold()
        wanted = {book.name: self._wanted(book) for book in self._books}
        for book in self._books:
            self._fill(book, wanted[book.name])
        self._place.prepare()
        for book in self._books:
            self._verify(book, wanted[book.name])
        self._place.hold()
        for book in self._books:
            if self._wanted(book) != wanted[book.name]:
                raise Changed("workbook_changed", file=book.source.name)
        self._place.switch()
        self._forget()
        report = MoveReport()
        for tab in (tab for tabs in wanted.values() for tab in tabs):
            report.rows[tab.table.tab] = len(tab.lines)
            report.own[tab.table.tab] = [c.header for c in tab.table.columns if c.key.startswith("own")]
        report.late = any(self._was_edited(book, wanted[book.name]) for book in self._books)
        try:
            self._place.retire()
        except SaphanError as error:
            report.trouble.append(error)
        return report

    def _forget(self) -> None:
        """What was remembered of the old place: when it was read, and where its columns were."""
        with self._journal.transaction():
            for book in self._books:
                names = [f"version:{book.name}", f"read_at:{book.name}"]
                names += [f"layout:{sync.table.name}" for sync in book.syncs]
                for name in names:
                    self._journal.set_setting(name, "")

    def _was_edited(self, book: BookMove, wanted: Sequence[WantedTab]) -> bool:
        try:
            return self._wanted(book) != wanted
        except Changed:
            return True
        except SaphanError:
            return False  # it cannot be read any more: whoever damages it now knows of it

    # ------------------------------------------------------------------------------------------------ the source

    def _wanted(self, book: BookMove) -> list[WantedTab]:
        """The source's rows in their order, as the ledger has them. Raises Changed where it shows anything else."""
        grids = book.source.read(book.tabs).grids
        return [self._wanted_tab(book, sync, grids[sync.table.tab]) for sync in book.syncs]

    def _wanted_tab(self, book: BookMove, sync: TableSync, grid: Grid) -> WantedTab:
        sighting, marks = sync.see(grid, accept_loss=False)
        table, header_row = sync.table, sighting.layout.header_row
        unknown = [place for place in sorted(grid.uncalculated) if place[0] > header_row]
        if unknown:
            named = ", ".join(f"{row + 1}:{column + 1}" for row, column in unknown[:MOST_NAMED])
            raise SheetError("move_uncalculated", file=book.source.name, tab=table.tab, cells=named)
        if not _agrees(sync, sighting, marks):
            raise Changed("workbook_changed", file=book.source.name)
        own = _own_columns(grid, sighting)
        states = self._rows.load(table.name, sighting.positions)
        keys = {index: key for key, index in sighting.positions.items()}
        lines, too_long = [], []
        for index in range(header_row + 1, len(grid.rows)):
            row = grid.rows[index]
            state = states[keys[index]] if index in keys else None
            line = (*_ours(table, sighting, row, state), *(_own_cell(row, at) for at in own))
            if any(cell is not None and cell is not False for cell in line):
                lines.append(line)
                too_long += [] if _fits(table, line, book.target.max_text) else [index + 1]
        if too_long:
            named = ", ".join(map(str, too_long[:MOST_NAMED]))
            raise SheetError("move_too_long", tab=table.tab, rows=named, most=book.target.max_text)
        wide = _with_own(table, own.values(), self._wording)
        return WantedTab(wide, [_clipped(table, line, book.target.max_text) for line in lines])

    # ------------------------------------------------------------------------------------------------ the target

    def _fill(self, book: BookMove, wanted: Sequence[WantedTab]) -> None:
        """Goes on with what an earlier attempt left there where that is the beginning of what is wanted."""
        book.target.settle()
        if not self._has_begun(book, wanted):
            book.keep()
            book.target.create([tab.table for tab in wanted])
        for attempt in range(TRIES):
            snapshot = book.target.read(book.tabs)
            changes = self._lacks(book, wanted, snapshot.grids)
            if not changes:
                return
            try:
                book.target.write(changes, snapshot.version)
            except Changed:  # an answer was lost: what was done is seen now
                if attempt == TRIES - 1:
                    raise

    def _has_begun(self, book: BookMove, wanted: Sequence[WantedTab]) -> bool:
        if not book.target.exists():
            return False
        try:
            grids = book.target.read(book.tabs).grids
        except SheetError:
            return False
        return not any(tab.compare(grids[tab.table.tab])[1] for tab in wanted)

    def _lacks(
        self, book: BookMove, wanted: Sequence[WantedTab], grids: Mapping[str, Grid]
    ) -> list[TabChange]:
        """Raises SheetError for cells that the target shows otherwise than they were written."""
        changes = []
        for tab in wanted:
            missing, wrong = tab.compare(grids[tab.table.tab])
            if wrong:
                named = "\n".join(f"- {place}" for place in wrong[:MOST_NAMED])
                raise SheetError("move_differs", file=book.target.name, cells=named)
            if missing:
                changes.append(TabChange(tab.table.tab, appended=[dict(enumerate(line)) for line in missing]))
        return changes

    def _verify(self, book: BookMove, wanted: Sequence[WantedTab]) -> None:
        if self._lacks(book, wanted, book.target.read(book.tabs).grids):
            raise Changed("workbook_changed", file=book.target.name)


def _agrees(sync: TableSync, sighting: Sighting, marks: Mapping[str, Mark]) -> bool:
    """Whether a cycle would find nothing to hear in this read."""
    found, content = sighting.alignment, content_keys(sync.table)
    if found.reclaimed or found.vanished or any(map(sync.is_substantial, found.blank)):
        return False
    return all(
        marks[key].presence is Presence.PRESENT and row_digest(content, row.values) == marks[key].digest
        for key, row in found.kept.items()
    )


def _canonical(row: Sequence[Cell], kinds: Sequence[Kind]) -> Line:
    """As wide as the kinds, or wider where something stands to the right of them."""
    further = max((at + 1 for at, cell in enumerate(row) if cell is not None and cell != ""), default=0)
    width = max(len(kinds), further)
    return tuple(
        canonical(row[at] if at < len(row) else None, kinds[at] if at < len(kinds) else Kind.NUMBER)
        for at in range(width)
    )


def _own_columns(grid: Grid, sighting: Sighting) -> dict[int, str]:
    """Place -> header of the columns that are people's own and hold anything."""
    ours, first = {*sighting.layout.columns.values()}, sighting.layout.header_row
    found: set[int] = set()
    for row in grid.rows[first:]:
        found |= {at for at, cell in enumerate(row) if at not in ours and cell is not None and cell != ""}
    header = grid.rows[first]
    return {at: as_text(header[at]).strip() if at < len(header) else "" for at in sorted(found)}


def _own_cell(row: Sequence[Cell], at: int) -> Cell:
    """A date goes as its text: where no kind is declared, some sheets would show its number."""
    cell = row[at] if at < len(row) else None
    return as_text(cell) if isinstance(cell, date) else canonical(cell, Kind.NUMBER)


def _with_own(table: Table, headers: Iterable[str], wording: Wording) -> Table:
    """The table with people's own columns to its right, each with a header that nothing else has."""
    taken = {header_key(title) for column in table.columns for title in (column.header, *column.aliases)}
    own = []
    for number, header in enumerate(headers, 1):
        wanted = header or wording.text("say", "move_own_column", number=number)
        title, copy = wanted, 2
        while header_key(title) in taken:
            title, copy = f"{wanted} ({copy})", copy + 1
        taken.add(header_key(title))
        own.append(Column(f"own{number}", title, Owner.STAFF, Kind.NUMBER))
    return Table(table.name, table.tab, table.key, (*table.columns, *own))


def _ours(table: Table, sighting: Sighting, row: Sequence[Cell], state: RowState | None) -> Line:
    """The ledger's cells; those of the sheet for a row that the ledger does not know (a copy, a number that
    somebody made up, a heading between the rows)."""
    if state is not None:
        return tuple(state.values.get(key) for key in table.keys)
    places = [(sighting.layout.columns[column.key], column.kind) for column in table.columns]
    return tuple(canonical(row[at] if at < len(row) else None, kind) for at, kind in places)


def _fits(table: Table, line: Line, most: int) -> bool:
    """What people typed must go whole; of the rest the ledger keeps what the sheet cannot show."""
    whole = [*(column.owner not in _CLIPPED for column in table.columns)]
    whole += [True] * (len(line) - len(whole))
    return not any(
        must and isinstance(cell, str) and len(cell) > most for must, cell in zip(whole, line, strict=True)
    )


def _clipped(table: Table, line: Line, most: int) -> Line:
    return tuple(clip(cell, most) if at < len(table.columns) else cell for at, cell in enumerate(line))

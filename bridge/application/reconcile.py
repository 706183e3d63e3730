"""One table and its tab in step: read, hear what people typed, and give the sheet what it lacks (sync.md 4–7, 10)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from bridge.application.choices import Chosen, sending
from bridge.application.erased_rows import lacks
from bridge.application.errors import SheetError
from bridge.application.ports.journal import Journal
from bridge.application.ports.rows import Event, Mark, Presence, RowState, RowStore
from bridge.application.ports.wording import Wording
from bridge.application.ports.workbooks import Grid, TabChange
from bridge.domain.alignment import Alignment, align, content_keys, likeness, lost_too_many, most_alike
from bridge.domain.cells import Cell, Kind, canonical, clip, row_digest, same
from bridge.domain.columns import Owner, Table
from bridge.domain.layout import Layout, Rows, SheetRow, extract, find_layout
from bridge.domain.merge import Conflict, absorb, to_write

EVIDENCE_ROWS = 300
FEWEST_MIXED_UP = 5
_ON_SHEET = (Presence.PRESENT, Presence.MISSING)


@dataclass(frozen=True)
class TableRules:
    """How one table behaves. `anchors` are columns that hardly ever all change in one row; `flag_column` is the
    bridge's column that tells a person about a row it cannot work with; `guard_loss` refuses a sheet that lost
    more than a fifth of its rows."""

    table: Table
    anchors: tuple[str, ...]
    flag_column: str
    guard_loss: bool


@dataclass
class Sighting:
    """One read of a tab, aligned with the ledger. `typed` are rows that got a new id in this cycle; `swept[index]` is a
    row that holds what was erased, without being its own, and the columns that may stay in it. `differing` are the rows
    that are not as they were last known."""

    layout: Layout
    alignment: Alignment
    positions: dict[str, int] = field(default_factory=dict)
    differing: dict[str, SheetRow] = field(default_factory=dict)
    typed: dict[str, SheetRow] = field(default_factory=dict)
    swept: dict[int, tuple[SheetRow, frozenset[str]]] = field(default_factory=dict)

    def row_of(self, key: str) -> SheetRow | None:
        found = self.alignment
        return self.typed.get(key) or found.kept.get(key) or found.reclaimed.get(key)


@dataclass
class Heard:
    """What people did, for the use case that owns the table. `overtyped` are erased rows that hold something again."""

    changed: list[str] = field(default_factory=list)
    conflicts: list[tuple[str, Conflict]] = field(default_factory=list)
    returned: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    overtyped: list[str] = field(default_factory=list)


@dataclass
class Plan:
    """What to write, and what the ledger may hold as shown once it is written. `taken_away` are typed rows that
    people removed before their id was written: nothing waits for them until they come back. `chosen` are the cells
    among them that staff own."""

    change: TabChange
    shown: dict[str, dict[str, Cell]]
    taken_away: list[str] = field(default_factory=list)
    chosen: Chosen = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        return not self.change.cells and not self.change.appended


class TableSync:
    """Keeps one tab and one table of the ledger in step. Callers hold the lease."""

    def __init__(
        self, rules: TableRules, rows: RowStore, journal: Journal, wording: Wording, max_text: int
    ) -> None:
        self.rules, self.table = rules, rules.table
        self._rows, self._journal, self._wording, self._max_text = rows, journal, wording, max_text
        self._content = content_keys(self.table)
        self._staff = frozenset(self.table.owned_by(Owner.STAFF))

    # ------------------------------------------------------------------------------------------------ read

    def see(self, grid: Grid, *, accept_loss: bool) -> tuple[Sighting, Mapping[str, Mark]]:
        """Finds columns and rows. Raises SheetError where the tab is not to be believed; nothing is changed then."""
        remembered = json.loads(self._journal.setting(f"layout:{self.table.name}") or "{}")
        evidence = self._looks_like(grid.rows)
        layout, problems = find_layout(self.table, grid.rows, remembered, evidence, grid.marked)
        if layout is None:
            headers = {column.key: column.header for column in self.table.columns}
            lines = [self._wording.problem(problem, headers) for problem in problems]
            raise SheetError("sheet_columns", tab=self.table.tab, problems="\n".join(f"- {s}" for s in lines))
        sheet_rows = extract(self.table, layout, grid.rows, grid.uncalculated)
        marks = self._rows.marks(self.table.name)
        shown = frozenset(key for key, mark in marks.items() if mark.presence in _ON_SHEET)
        known = {key: mark.digest for key, mark in marks.items()}
        alignment = align(self.table, sheet_rows, known, shown, self._nearest)
        before, now = self._count(marks, alignment)
        if self.rules.guard_loss and not accept_loss and lost_too_many(before, now):
            raise SheetError("sheet_lost_rows", tab=self.table.tab, before=before, now=now)
        positions = {key: row.index for key, row in (*alignment.kept.items(), *alignment.reclaimed.items())}
        return Sighting(layout, alignment, positions, self._differing(alignment, marks)), marks

    @staticmethod
    def _count(marks: Mapping[str, Mark], alignment: Alignment) -> tuple[int, int]:
        """The rows of the last read that was believed, and how many of them are there now."""
        before = {key for key, mark in marks.items() if mark.presence is Presence.PRESENT}
        return len(before), len(before & {*alignment.kept, *alignment.reclaimed})

    def _looks_like(self, rows: Rows) -> Callable[[str, int, int, Mapping[str, int]], bool]:
        def evidence(key: str, header_row: int, place: int, columns: Mapping[str, int]) -> bool:
            if all(cell is None for row in rows[header_row:] for cell in row[place:]):
                return False  # the end of the sheet and no column without a header: it may have been deleted
            below = rows[header_row + 1 : header_row + 1 + EVIDENCE_ROWS]
            cells = [row[place] if place < len(row) else None for row in below]
            if key == self.table.key:
                marks = self._rows.marks(self.table.name)
                filled = [str(cell) for cell in cells if cell is not None]
                return sum(cell in marks for cell in filled) >= 0.9 * len(filled)
            id_place = columns.get(self.table.key)
            if id_place is None:
                return False
            ids = [str(row[id_place]) if id_place < len(row) else "" for row in below]
            return self._cells_agree(key, dict(zip(ids, cells, strict=True)))

        return evidence

    def _cells_agree(self, key: str, cells: Mapping[str, Cell]) -> bool:
        """Most cells are as confirmed. Where none was filled, the place decides, unless the column is the
        bridge's and holds something: that is somebody's own column, which must not be written."""
        column = self.table.by_key[key]
        kind, written = column.kind, column.owner in (Owner.BRIDGE, Owner.SUGGESTED)
        agree = differ = extra = 0
        for row_key, state in self._rows.load(self.table.name, [k for k in cells if k]).items():
            before, now = state.confirmed.get(key), canonical(cells[row_key], kind)
            if before is None:
                extra += written and now is not None
            elif same(before, now):
                agree += 1
            else:
                differ += 1
        return agree >= 0.8 * (agree + differ) if agree + differ else extra == 0

    def _nearest(self, key: str, claimants: Sequence[SheetRow]) -> SheetRow | None:
        """The row nearest to what was confirmed; one that was already flagged as a copy only if there is no other.
        None where the row was yet to be written and all of these are others: people continue a series of ids."""
        state = self._rows.load(self.table.name, [key])[key]
        confirmed = state.confirmed or state.values
        flag = self._flag("copied_row", key)
        if state.presence in (Presence.ABSENT, Presence.TYPED):
            claimants = [row for row in claimants if not self._is_another(confirmed, row)]
        return max(
            claimants,
            key=lambda row: (
                row.values.get(self.rules.flag_column) != flag,
                likeness(self._content, confirmed, row),
                -row.index,
            ),
            default=None,
        )

    def _is_another(self, values: Mapping[str, Cell], row: SheetRow) -> bool:
        known = [column for column in self.rules.anchors if values.get(column) is not None]
        return bool(known) and not any(same(values[column], row.values.get(column)) for column in known)

    def _flag(self, code: str, key: str) -> str:
        return self._wording.text("flag", code, id=key)

    # ------------------------------------------------------------------------------------------------ hear

    def hear(self, sighting: Sighting, marks: Mapping[str, Mark]) -> Heard:
        """Takes in everything that people typed, moved or deleted. Inside the caller's transaction."""
        heard = Heard()
        differing = sighting.differing
        states = self._rows.load(self.table.name, differing)
        self._refuse_mixed_up(sighting, states, differing)
        events: list[Event] = []
        for key, state in states.items():
            self._hear_row(state, differing[key], heard, events)
        lost = self._rows.load(self.table.name, sighting.alignment.vanished)
        for state in lost.values():
            self._miss(state, heard, events)
        self._rows.save(self.table.name, [*states.values(), *lost.values()], events)
        name, layout = f"layout:{self.table.name}", json.dumps(dict(sighting.layout.columns), sort_keys=True)
        if layout != self._journal.setting(name):
            self._journal.set_setting(name, layout)
        return heard

    def _differing(self, alignment: Alignment, marks: Mapping[str, Mark]) -> dict[str, SheetRow]:
        rows: dict[str, SheetRow] = dict(alignment.reclaimed)
        for key, row in alignment.kept.items():
            mark = marks[key]
            if (
                mark.presence is not Presence.PRESENT
                or row.uncalculated
                or row_digest(self._content, row.values) != mark.digest
            ):
                rows[key] = row
        return rows

    def _refuse_mixed_up(
        self, sighting: Sighting, states: Mapping[str, RowState], rows: Mapping[str, SheetRow]
    ) -> None:
        """Ids that stand beside other people's rows (a sort that left the id column out) are not believed."""
        anchors = self.rules.anchors

        def mixed_up(state: RowState) -> bool:
            before = [state.confirmed.get(column) for column in anchors]
            now = [rows[state.key].values.get(column) for column in anchors]
            return all(old is not None for old in before) and not any(map(same, before, now))

        count = sum(mixed_up(state) for state in states.values())
        if count >= FEWEST_MIXED_UP and count > 0.2 * len(sighting.positions):
            raise SheetError("sheet_mixed_up", tab=self.table.tab, rows=count)

    def _hear_row(self, state: RowState, row: SheetRow, heard: Heard, events: list[Event]) -> None:
        if state.erased:
            if state.digest and self._given(state, row):
                heard.overtyped.append(state.key)
            state.presence, state.settled = Presence.PRESENT, False
            return
        merged = absorb(self.table, state.confirmed, row, state.values, state.suggested, self._max_text)
        for change in merged.changes:
            why, old, new = str(change.why), change.old, change.new
            events.append(Event(self.table.name, state.key, why, "sheet", change.column, old, new))
        heard.conflicts.extend((state.key, conflict) for conflict in merged.conflicts)
        if merged.values != state.values:
            heard.changed.append(state.key)
            state.dirty = True
        if state.presence is Presence.GONE:
            heard.returned.append(state.key)
            events.append(Event(self.table.name, state.key, "returned", "sheet"))
            state.dirty = True
        state.values = merged.values
        state.presence = Presence.PRESENT
        self._showing(state, {key: row.values.get(key) for key in self.table.keys}, row.uncalculated)

    def _showing(
        self, state: RowState, shown: Mapping[str, Cell], unknown: frozenset[str] = frozenset()
    ) -> None:
        confirmed = {
            key: state.confirmed.get(key) if key in unknown else shown.get(key) for key in self.table.keys
        }
        state.confirmed = {key: value for key, value in confirmed.items() if value is not None}
        state.digest = row_digest(self._content, state.confirmed)
        self._forget_choices(state, unknown)
        for column, given in state.suggested.items():
            if column not in unknown:  # of the earlier suggestions, the cell can only still show this one
                earlier = [old for old in given[:-1] if same(old, shown.get(column))]
                state.suggested[column] = [*earlier, *given[-1:]]
        state.settled = not self._lacks(state)

    def _forget_choices(self, state: RowState, unknown: frozenset[str]) -> None:
        """A choice made in the portal is written once: the cell shows it now, or staff typed another there."""
        for column in self._staff & state.suggested.keys() - unknown:
            if same(clip(state.values.get(column), self._max_text), state.confirmed.get(column)):
                del state.suggested[column]

    def _lacks(self, state: RowState) -> dict[str, Cell]:
        return to_write(self.table, state.values, state.confirmed, self._max_text, state.suggested)

    def _miss(self, state: RowState, heard: Heard, events: list[Event]) -> None:
        if state.presence is Presence.PRESENT:
            state.presence = Presence.MISSING
            return
        state.presence, state.dirty, state.settled = Presence.GONE, True, True
        heard.gone.append(state.key)
        events.append(Event(self.table.name, state.key, "gone", "sheet"))

    # ------------------------------------------------------------------------------------------------ typed rows

    def is_substantial(self, row: SheetRow) -> bool:
        """Whether a row without id is one to take in: something is in a column that a form would fill."""
        return any(row.values.get(key) is not None for key in self.table.owned_by(Owner.FORM))

    def typed_rows(
        self, sighting: Sighting, marks: Mapping[str, Mark]
    ) -> tuple[list[SheetRow], dict[int, str]]:
        """The rows without id to take in, and by row index the ids to use first: they were given before, but
        never reached the sheet (the program was stopped, or the file was open). A row that is still as it was
        when it got its id is not among them: it goes straight to `sighting.typed`."""
        kept = sighting.alignment.kept
        waiting = [k for k, mark in marks.items() if mark.presence is Presence.TYPED and k not in kept]
        waiting.sort(key=lambda key: (len(key), key))
        blank = [row for row in sighting.alignment.blank if row.index not in sighting.swept]
        by_digest: dict[str, list[str]] = {}
        for key in reversed(waiting):
            by_digest.setdefault(marks[key].digest, []).append(key)
        rows = []
        for row in filter(self.is_substantial, blank):
            unchanged = by_digest.get(row_digest(self._content, row.values))
            if unchanged:
                sighting.typed[unchanged.pop()] = row
            else:
                rows.append(row)
        left = [key for key in waiting if key not in sighting.typed]
        states = self._rows.load(self.table.name, left)
        return rows, most_alike(self._content, {key: states[key].confirmed for key in left}, rows)

    def from_sheet(self, key: str, row: SheetRow) -> RowState:
        """The ledger's row for one that staff typed: its values are theirs, its id is ours."""
        values = {
            column.key: row.values.get(column.key)
            for column in self.table.columns
            if column.owner is not Owner.BRIDGE and row.values.get(column.key) is not None
        }
        identity: Cell = int(key) if self.table.by_key[self.table.key].kind is Kind.NUMBER else key
        state = RowState(key, values={**values, self.table.key: identity}, presence=Presence.TYPED)
        self._showing(state, row.values)
        return state

    # ------------------------------------------------------------------------------------------------ write

    def plan(self, sighting: Sighting) -> Plan:
        """The cells and rows that the sheet lacks. A staff cell is written only in a row that comes back whole, or
        with what staff chose in the portal while the cell stayed as confirmed."""
        cells: dict[tuple[int, int], Cell] = {}
        appended: list[dict[int, Cell]] = []
        shown: dict[str, dict[str, Cell]] = {}
        taken_away: list[str] = []
        chosen: dict[str, dict[str, Cell]] = {}
        columns = sighting.layout.columns
        states = self._rows.load(self.table.name, self._rows.unsettled(self.table.name))
        for key, state in states.items():
            row = sighting.row_of(key)
            if row is not None:
                given = self._given(state, row)
                cells.update({(row.index, columns[c]): value for c, value in given.items()})
                chosen[key] = {c: given[c] for c in self._staff & state.suggested.keys() & given.keys()}
                shown[key] = state.values if state.erased else {**state.confirmed, **given}
            elif state.presence is Presence.ABSENT:
                whole = {column: clip(state.values.get(column), self._max_text) for column in self.table.keys}
                appended.append({columns[c]: value for c, value in whole.items() if self._is_given(c, value)})
                shown[key] = whole
                chosen[key] = {c: whole[c] for c in self._staff & state.suggested.keys()}
            elif state.presence is Presence.TYPED:
                taken_away.append(key)
        self._flag_rows(sighting, cells)
        sent = {key: given for key, given in chosen.items() if given}
        erasing = bool(sighting.swept) or any(state.erased for state in states.values())
        return Plan(TabChange(self.table.tab, cells, appended, erasing), shown, taken_away, sent)

    def sending(self, plan: Plan) -> AbstractContextManager[None]:
        """To be around the writing of the plan."""
        return sending(self.table.name, plan.chosen, self._rows, self._journal)

    def _given(self, state: RowState, row: SheetRow) -> dict[str, Cell]:
        if state.erased:
            return lacks(self.table, state.values, row, self._max_text)
        return {c: v for c, v in self._lacks(state).items() if not self._is_pending(row, c)}

    def _is_pending(self, row: SheetRow, column: str) -> bool:
        """A person's formula whose result nobody knows yet is not written over."""
        return column in row.uncalculated and self.table.by_key[column].owner is not Owner.BRIDGE

    def _is_given(self, column: str, value: Cell) -> bool:
        """A blank gives the cell its look; a box that people filled in ahead stays."""
        return value is not None or self.table.by_key[column].kind is not Kind.MARK

    def _flag_rows(self, sighting: Sighting, cells: dict[tuple[int, int], Cell]) -> None:
        column = sighting.layout.columns[self.rules.flag_column]
        flagged = [(row, self._flag("copied_row", key)) for row, key in sighting.alignment.copies]
        for row, stays in sighting.swept.values():
            mark = {self.rules.flag_column: self._flag("erased", "")}
            blank = lacks(self.table, mark, row, self._max_text, {*stays, self.table.key})
            cells.update({(row.index, sighting.layout.columns[c]): v for c, v in blank.items()})
        for row in sighting.alignment.foreign:
            found = str(row.values.get(self.table.key)).strip()
            flagged.append((row, self._flag("unknown_id", found)))
        for row, flag in flagged:
            if row.index not in sighting.swept and row.values.get(self.rules.flag_column) != flag:
                cells[(row.index, column)] = flag

    def confirm(self, plan: Plan) -> None:
        """The sheet shows what the plan said. Inside the caller's transaction."""
        states = self._rows.load(self.table.name, plan.shown)
        for key, state in states.items():
            state.presence = Presence.PRESENT
            self._showing(state, plan.shown[key])
        away = self._rows.load(self.table.name, plan.taken_away)
        for state in away.values():
            state.settled = True
        self._rows.save(self.table.name, [*states.values(), *away.values()])

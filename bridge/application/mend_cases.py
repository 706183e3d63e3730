"""Values of a case that could not be read or are doubtful, typed anew in the portal; the next cycle writes them into
the sheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bridge.application.choices import put
from bridge.application.ports.journal import Journal
from bridge.application.ports.rows import Event, Presence, RowState, RowStore
from bridge.domain.cases import doubts, retyped
from bridge.domain.cells import Cell, as_text, row_digest
from bridge.domain.columns import Owner
from bridge.domain.problems import Problem
from bridge.domain.sheets import CASES
from bridge.domain.values.places import Places
from bridge.domain.workflow import Rules

TABLE = "cases"
PLACE = ("tambon", "amphoe")
# The time of sending numbers the case, and a tick is ticked in the sheet.
MENDABLE = tuple(
    column
    for column, (owner, _) in CASES.items()
    if owner in (Owner.FORM, Owner.STAFF) and column not in ("submitted_at", "checked")
)


class Outcome(StrEnum):
    MENDED = "mended"
    SAME = "same"  # nothing else was typed
    UNKNOWN = "unknown"  # no such case, or erased
    CHANGED = "changed"  # one of the cells is not as it was when the page was shown
    AWAY = "away"  # its row was deleted from the sheet, or has no number there yet
    DOUBTFUL = "doubtful"  # what was typed cannot be read, or is doubtful itself


@dataclass(frozen=True)
class Doubtful:
    """`columns` are those that can be typed anew here, `others` what is to be mended in the sheet; `seen` names what
    the cells hold."""

    values: Mapping[str, Cell]
    problems: Sequence[Problem]
    columns: Sequence[str]
    others: Sequence[Problem]
    away: bool
    seen: str


class MendCases:
    def __init__(self, rows: RowStore, journal: Journal, places: Places, rules: Rules) -> None:
        self._rows, self._journal, self._places, self._rules = rows, journal, places, rules

    def of(self, case: str) -> Doubtful | None:
        state = self._rows.load(TABLE, [case]).get(case)
        return None if state is None or state.erased else self._doubtful(state)

    def mend(
        self, case: str, typed: Mapping[str, str], seen: str, actor: str
    ) -> tuple[Outcome, Sequence[Problem]]:
        """All of `typed`, by column, or nothing, with what is wrong with it. A cell that was left as it was shown is
        not touched. Where people changed a cell of the sheet meanwhile, the next cycle tells both values."""
        with self._journal.transaction():
            state = self._rows.load(TABLE, [case]).get(case)
            if state is None or state.erased:
                return Outcome.UNKNOWN, []
            now = self._doubtful(state)
            if now.away or now.seen != seen:
                return (Outcome.AWAY if now.away else Outcome.CHANGED), []
            anew = {c: typed[c] for c in now.columns if c in typed and _differs(typed[c], now.values.get(c))}
            cells = retyped(now.values, anew, self._places)
            after = doubts({**now.values, **cells}, self._places, self._rules)
            wrong = [problem for problem in after if problem.column in cells]
            if wrong or not cells:
                return (Outcome.DOUBTFUL if wrong else Outcome.SAME), wrong
            self._save(state, cells, actor)
            return Outcome.MENDED, []

    def _save(self, state: RowState, cells: Mapping[str, Cell], actor: str) -> None:
        events = []
        for column, value in cells.items():
            events.append(Event(TABLE, state.key, "mended", actor, column, state.values.get(column), value))
            put(state, column, value)
        state.dirty = True
        self._rows.save(TABLE, [state], events)

    def _doubtful(self, state: RowState) -> Doubtful:
        problems = doubts(state.values, self._places, self._rules)
        named = {problem.column for problem in problems}
        if named & set(PLACE):
            named |= set(PLACE)
        columns = [column for column in MENDABLE if column in named]
        return Doubtful(
            state.values,
            problems,
            columns,
            [problem for problem in problems if problem.column not in columns],
            state.presence in (Presence.GONE, Presence.TYPED),
            row_digest(MENDABLE, state.values),
        )


def _differs(typed: str, cell: Cell) -> bool:
    """A field of one line loses the line breaks of what it shows, and that is nobody's correction."""
    return "".join(typed.split()) != "".join(as_text(cell).split())

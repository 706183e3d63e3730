"""What was typed or chosen in the portal, on its way into cells of the sheet that people own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from bridge.application.errors import Busy, Changed, SheetError
from bridge.application.ports.journal import Journal
from bridge.application.ports.rows import RowState, RowStore
from bridge.domain.cells import Cell
from bridge.domain.columns import Owner
from bridge.domain.sheets import CASES

Chosen = Mapping[str, Mapping[str, Cell]]  # by row and column


def put(state: RowState, column: str, value: Cell) -> None:
    """A value for a form or staff cell of a case; the next cycle writes it, unless people typed another meanwhile."""
    if CASES[column][0] is Owner.STAFF:
        state.choose(column, value)
    state.values[column] = value
    state.settled = False


@contextmanager
def sending(table: str, chosen: Chosen, rows: RowStore, journal: Journal) -> Iterator[None]:
    """While these cells are written. If the program ends before it knows how that went, the next cycle knows that what
    then stands in them was typed by nobody; where the workbook says that it wrote nothing, that is forgotten."""

    def note(states: Mapping[str, RowState], *, sent: bool) -> None:
        for key, state in states.items():
            for column, value in chosen[key].items():
                if column in state.suggested:  # people may have typed another meanwhile
                    *before, choice = state.suggested[column]
                    state.suggested[column] = [*before, value, choice] if sent else [*before[:-1], choice]
        rows.save(table, list(states.values()))

    if chosen:
        with journal.transaction():
            note(rows.load(table, chosen), sent=True)
    try:
        yield
    except (Busy, Changed, SheetError):
        if chosen:
            with journal.transaction():
                note(rows.load(table, chosen), sent=False)
        raise

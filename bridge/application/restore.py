"""Bringing back: a row that was deleted, or a whole workbook from the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bridge.application.errors import SaphanError
from bridge.application.ports.journal import Journal
from bridge.application.ports.rows import Event, Presence, RowStore
from bridge.application.ports.workbooks import Workbook
from bridge.domain.columns import Table


class NotRestorable(SaphanError):
    """There is nothing to bring back under that number."""

    exit_code = 2


class Restore:
    """`books[name]` is a workbook with the tables that it holds."""

    def __init__(
        self, rows: RowStore, journal: Journal, books: Mapping[str, tuple[Workbook, Sequence[Table]]]
    ) -> None:
        self._rows, self._journal, self._books = rows, journal, books

    def case(self, key: str) -> None:
        """Marks a deleted row to be appended again, with every value it had. Raises NotRestorable."""
        with self._journal.transaction():
            state = self._rows.load("cases", [key]).get(key)
            if state is None:
                raise NotRestorable("case_unknown", case=key)
            if state.presence not in (Presence.GONE, Presence.MISSING):
                raise NotRestorable("case_not_deleted", case=key)
            state.presence, state.settled, state.dirty = Presence.ABSENT, False, True
            state.confirmed = {}
            self._rows.save("cases", [state], [Event("cases", key, "restored_row", "command")])

    def workbook(self, name: str) -> int:
        """Makes the workbook anew, empty, and marks all its rows to be appended by the next cycle; rows that
        people deleted stay deleted. The caller keeps a copy of the old file. Returns how many rows will come."""
        book, tables = self._books[name]
        book.create(tables)
        count = 0
        with self._journal.transaction():
            for table in tables:
                states = []
                for state in self._rows.load_all(table.name):
                    if state.presence is not Presence.GONE:
                        state.presence, state.settled = Presence.ABSENT, False
                        state.confirmed, state.digest = {}, ""
                        states.append(state)
                self._rows.save(table.name, states)
                self._journal.set_setting(f"layout:{table.name}", "")
                count += len(states)
            self._journal.set_setting(f"version:{name}", "")
        return count

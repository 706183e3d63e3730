"""The cases counted for the summaries: those alone whose rows were written since the last count."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

from bridge.application.ports.case_columns import CaseColumnStore
from bridge.application.ports.cases import CaseStore
from bridge.application.ports.journal import Journal
from bridge.application.ports.rows import Presence, RowState, RowStore
from bridge.domain.case_columns import CaseColumns
from bridge.domain.cells import as_text
from bridge.domain.summary import CaseFigures, Tally
from bridge.domain.values import baht, thai_date
from bridge.domain.workflow import Rules

CHUNK = 5_000
READING = 1  # one more whenever `_figures` tells something else of the same cells


class CountCases:
    """Keeps the columns in memory between two counts, as long as no other process has counted."""

    def __init__(
        self, store: CaseColumnStore, cases: CaseStore, rows: RowStore, journal: Journal, rules: Rules
    ) -> None:
        self._store, self._cases, self._rows, self._journal = store, cases, rows, journal
        self._rules = rules
        self._version, self._columns = "", CaseColumns()

    def run(self) -> Tally:
        """All cases as their rows are now. In some short transactions: the rows may be written meanwhile."""
        self._store.written(hashlib.sha256(f"{READING} {self._rules}".encode()).hexdigest())
        while self._some():
            pass
        return self._columns.tally()

    def _some(self) -> bool:
        """False when no case is left."""
        with self._journal.transaction():
            version, self._columns = self._store.load(self._version, self._columns)
            self._version = ""  # until they are written, the columns may be ahead of what is kept
            tickets = self._store.uncounted(CHUNK)
            if tickets:
                found = dict(self._figures(sorted({case for _, case in tickets})))
                self._columns.change(found)
                version = self._store.save(self._columns, found)
                self._store.settle(ticket for ticket, _ in tickets)
        self._version = version
        return len(tickets) == CHUNK

    def _figures(self, cases: Sequence[str]) -> Iterator[tuple[int, CaseFigures | None]]:
        """The place and the figures of each case; None where its row is gone."""
        states = self._rows.load("cases", cases)
        years, arrivals = self._cases.fiscal_years(states), self._cases.arrivals(states)
        for case, place in self._store.places(cases).items():
            state = states.get(case)
            if state is None or state.presence is Presence.GONE:
                yield place, None
                continue
            submitted = thai_date.parse_datetime(state.values.get("submitted_at"))
            certain = submitted.value if submitted.problem is None else None
            yield place, self._figures_of(state, years[case], (certain or arrivals[case]).month)

    def _figures_of(self, state: RowState, fiscal_year: int, month: int) -> CaseFigures:
        values = state.values
        amount = baht.parse(values.get("amount"))
        return CaseFigures(
            fiscal_year=fiscal_year,
            month=month,
            case_type=self._rules.known_type(as_text(values.get("case_type"))),
            operation=as_text(values.get("operation")),
            step=as_text(values.get("step")),
            outcome=as_text(values.get("outcome")),
            amount=amount.value if amount.problem is None else None,
            amount_unreadable=amount.problem is not None,
            goods=values.get("goods") is not None,
            amphoe=as_text(values.get("amphoe")),
            tambon=as_text(values.get("tambon")),
            checked=bool(self._rules.is_checked(values.get("checked"))),
            transferred=values.get("transfer_date") is not None,
        )

"""Cases that were sent since the last cycle, for the warning before sending: matching has not heard of them yet.

A process makes the keys of each of them once, and keeps nothing but keys; what the case says is read again.
"""

from __future__ import annotations

from threading import Lock

import numpy as np

from bridge.application.ports.matching import MatchStore
from bridge.application.ports.rows import Presence, RowState, RowStore
from bridge.domain.matching.owned import blocks_of_cases
from bridge.domain.matching.postings import Postings
from bridge.domain.matching.rows import CASE_COLUMNS, Said, people_of, said
from bridge.domain.matching.texts import Ints

MOST = 300  # of the newest cases are looked at
_KEPT = 3 * MOST  # cases; then all are made anew, without those that were heard meanwhile


class Unheard:
    def __init__(self, store: MatchStore, rows: RowStore) -> None:
        self._store, self._rows = store, rows
        self._lock = Lock()
        self._known: set[str] = set()
        self._sharing: dict[int, list[str]] = {}  # the cases of each key

    def sharing(self, keys: Ints) -> list[tuple[str, Said]]:
        """What those cases say that share one of these kept keys: (case, what it says)."""
        cases = self._store.newest_unheard(MOST)
        with self._lock:
            self._learn(cases)
            near = {case for key in keys.tolist() for case in self._sharing.get(key, ())}
        states = self._rows.load("cases", near.intersection(cases))
        found = ((state.key, said_by(state)) for state in states.values())
        return [(case, words) for case, words in found if words]

    def _learn(self, cases: list[str]) -> None:
        new = [case for case in cases if case not in self._known]
        if len(self._known) + len(new) > _KEPT:
            self._known, self._sharing, new = set(), {}, cases
        self._known |= set(new)
        told = [(state.key, said_by(state)) for state in self._rows.load("cases", new).values()]
        told = [(case, words) for case, words in told if words]
        posted = _keys([words for _, words in told])
        for key, owner in zip(posted.keys.tolist(), posted.owners.tolist(), strict=True):
            self._sharing.setdefault(key, []).append(told[owner][0])


def said_by(state: RowState) -> Said:
    """What a case says of its person; one whose row was deleted, or whose person was erased, is nobody's."""
    nobody = state.erased or state.presence is Presence.GONE
    return () if nobody else said(state.values, CASE_COLUMNS)


def _keys(rows: list[Said]) -> Postings:
    return blocks_of_cases(people_of(rows, CASE_COLUMNS), np.arange(len(rows), dtype=np.int64))

"""Which person of the register (TPMAP) each case is, or may be; kept in step with both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter

import numpy as np

from bridge.application.ports.journal import Journal
from bridge.application.ports.matching import Group, MatchStore, Person, RegisterLink
from bridge.application.ports.rows import RowStore
from bridge.application.surroundings import told
from bridge.domain.matching.compare import compare_rows
from bridge.domain.matching.duplicates import CLOSE, candidates
from bridge.domain.matching.grounds import levels_of
from bridge.domain.matching.keys import few_keys
from bridge.domain.matching.owned import names_of, of_register
from bridge.domain.matching.pairs import across, once_between
from bridge.domain.matching.people import People, joined
from bridge.domain.matching.postings import Postings, kept
from bridge.domain.matching.rows import CASE_COLUMNS, REGISTER_COLUMNS, Said, people_of
from bridge.domain.matching.texts import Ints, Rows
from bridge.domain.matching.weights import Verdict, Weights, probability_of

CHANGED = "register_changed"  # whoever changes the register sets it to something new in the same transaction
MATCHED = "register_matched"
MOST = 5  # persons that a case may be, for people to choose from
A_PART = 10_000  # cases that are looked up at a time


def is_clear(links: Sequence[RegisterLink], weights: Weights) -> bool:
    """Whether the first of them, the best first, is the person for certain."""
    if not links or weights.verdict(probability_of(links[0].odds)) is not Verdict.SAME:
        return False
    return len(links) == 1 or links[0].odds - links[1].odds >= CLOSE


class MatchRegister:
    def __init__(self, store: MatchStore, rows: RowStore, journal: Journal, weights: Weights) -> None:
        self._store, self._rows, self._journal, self._weights = store, rows, journal, weights

    def catch_up(self) -> None:
        """Looks every case up anew when the register has changed. Broken off, it begins again."""
        changed = self._journal.setting(CHANGED)
        if changed == self._journal.setting(MATCHED):
            return
        postings = self._keys_of_all()
        with self._journal.transaction():
            self._store.replace_postings(Group.REGISTER, postings)
            everybody = list(self._store.everybody())
        for start in range(0, len(everybody), A_PART):
            with self._journal.transaction():
                self._rows.mark_dirty("cases", self.link(everybody[start : start + A_PART]))
        with self._journal.transaction():
            if not self.known:  # from now on cases are told that they are not in it
                self._rows.mark_all_dirty("cases")
            self._journal.set_setting(MATCHED, changed)

    @property
    def known(self) -> bool:
        """Whether there is a register at all."""
        return bool(self._journal.setting(MATCHED))

    def link(self, persons: Sequence[Person]) -> set[str]:
        """Looks these cases up. Returns those that may be somebody else now."""
        touched = set[str]()
        for start in range(0, len(persons), A_PART):
            part = persons[start : start + A_PART]
            before = self._store.links([person.case for person in part])
            now = self._looked_up(part)
            changed = [p.case for p in part if before.get(p.case, ()) != now.get(p.case, ())]
            self._store.keep_links([(case, now.get(case, ())) for case in changed])
            touched.update(changed)
        return touched

    def _looked_up(self, persons: Sequence[Person]) -> dict[str, tuple[RegisterLink, ...]]:
        cases = people_of([person.said for person in persons], CASE_COLUMNS)
        here, owners = self._sharing(cases)
        rows = self._store.registered(owners.tolist())
        if not rows:
            return {}
        place = {owner: row for row, (owner, _, _) in enumerate(rows)}
        there = np.array([place.get(owner, -1) for owner in owners.tolist()], np.int32)
        sides = once_between(here[there >= 0], there[there >= 0], len(rows))
        register = people_of([words for _, _, words in rows], REGISTER_COLUMNS)
        names = names_of(joined([cases, register]), self._borne)
        numbers = [number for _, number, _ in rows]
        found = candidates(cases, register, numbers, sides, self._weights, names, 0.0)
        evidence = compare_rows(cases, found.case, register, found.person, names)
        links = [
            (persons[case].case, RegisterLink(numbers[person], round(odds, 3), told(levels)))
            for case, person, odds, levels in zip(
                found.case.tolist(),
                found.person.tolist(),
                found.odds.tolist(),
                levels_of(evidence),
                strict=True,
            )
        ]
        return {
            case: tuple(link for _, link in some)[:MOST] for case, some in groupby(links, key=itemgetter(0))
        }

    def _sharing(self, cases: People) -> tuple[Rows, Ints]:
        """Each row with the rows of the register that share a key with it."""
        found = list(few_keys(cases))
        keys = kept(np.concatenate([keys for keys, _ in found]))
        mine = np.concatenate([rows for _, rows in found])
        posted = self._store.postings(Group.REGISTER, np.unique(keys))
        return across(keys, mine, posted.keys, posted.owners)

    def _borne(self, keys: Ints) -> Ints:
        """How many bear each of these names, in the cases and in the register."""
        return sum(
            (self._store.postings(group, keys).sizes(keys) for group in Group), np.zeros(len(keys), np.int64)
        )

    def _keys_of_all(self) -> Postings:
        parts = list(self._parts())
        return Postings.of_parts(parts) if parts else Postings.none()

    def _parts(self) -> Iterator[Postings]:
        for part in self._store.whole_register():
            known: list[tuple[int, Said]] = [(owner, words) for owner, words in part if words]
            if known:
                people = people_of([words for _, words in known], REGISTER_COLUMNS)
                yield of_register(people, np.array([owner for owner, _ in known], np.int64))

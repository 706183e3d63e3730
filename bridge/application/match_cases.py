"""Which cases are one person's, kept in step with what the cases say (docs/matching.md).

The pairs depend on what the cases say now, never on the order in which they came: whatever a changed case touches is
compared anew, its group, and those whose names or keys became more or less usual by it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from bridge.application.match_register import MatchRegister
from bridge.application.ports.journal import Journal
from bridge.application.ports.matching import APART, Group, Heard, MatchStore, Pair, Person
from bridge.application.ports.reviews import ReviewStore
from bridge.application.ports.rows import RowState, RowStore
from bridge.application.surroundings import Surroundings, paired, told
from bridge.application.unheard import Unheard, said_by
from bridge.domain.cells import Cell, as_text
from bridge.domain.matching.compare import Names
from bridge.domain.matching.duplicates import likely, settled, weighed
from bridge.domain.matching.grounds import levels_of
from bridge.domain.matching.keys import MOST
from bridge.domain.matching.owned import crossed, names_of, of_cases
from bridge.domain.matching.pairs import across, within
from bridge.domain.matching.people import joined
from bridge.domain.matching.postings import Postings
from bridge.domain.matching.rows import CASE_COLUMNS, Said, people_of, said, storable
from bridge.domain.matching.texts import Ints
from bridge.domain.matching.weights import LIKELY, Weights, probability
from bridge.domain.values.text import header_key

SETTING = "matching"
# From one changed case in so many on it is faster to compare all.
SHARE = 8


class MatchCases:
    """`version` is that of the weights and of the keys; `same` is the province's word for one person."""

    def __init__(
        self,
        store: MatchStore,
        rows: RowStore,
        reviews: ReviewStore,
        journal: Journal,
        register: MatchRegister,
        weights: Weights,
        version: str,
        same: str,
    ) -> None:
        self._store, self._rows, self._reviews, self._journal = store, rows, reviews, journal
        self._register, self._weights = register, weights
        self._version, self._same = version, header_key(same)
        self._unheard = Unheard(store, rows)

    def catch_up(self) -> None:
        """After new weights everything is compared anew; after a new register every case is looked up in it."""
        if self._journal.setting(SETTING) != self._version:
            with self._journal.transaction():
                self._store.clear()
                self._rows.mark_all_dirty("cases")
                self._journal.set_setting(SETTING, self._version)
        self._register.catch_up()

    def hear(self, states: Mapping[str, RowState], years: Mapping[str, int]) -> set[str]:
        """Takes in what these cases say. Returns the other cases that are told something else for it at once."""
        known = self._store.persons(states)
        persons = [_person(state, years[key]) for key, state in states.items()]
        moved = [p for p in persons if p.case not in known or replace(known[p.case], owner=0) != p]
        self._store.keep(moved)
        otherwise = [p.case for p in moved if p.case in known]
        ends = {end for pair in self._store.pairs(otherwise) for end in (pair.left, pair.right)}
        return ends - states.keys()

    def settle(self) -> set[str]:
        """Compares what was heard. Returns the cases of which a pair or a place in the register changed."""
        heard = self._store.heard()
        if not heard:
            return set()
        many = len(heard) * SHARE > self._store.size()
        touched = self._settle_all() if many else self._settle_some(heard)
        self._store.keyed()
        return touched

    def forget(self, cases: Collection[str]) -> set[str]:
        """Takes these cases out without a trace. Returns the others that they were compared with."""
        gone = [replace(person, said=()) for person in self._store.persons(cases).values()]
        self._store.keep(gone)
        touched = self.settle()
        self._store.forget(cases)
        return touched - set(cases)

    def similar(self, values: Mapping[str, Cell]) -> list[Pair]:
        """The cases that may be the same person's, best first; `right` is "", which is the new one. Writes nothing."""
        words = said(values, CASE_COLUMNS)
        if not words:
            return []
        new = people_of([words], CASE_COLUMNS)
        mine = of_cases(new, np.zeros(1, np.int64))
        posted = self._store.postings(Group.CASES, mine.keys)
        others = self._candidates(mine, posted)
        if not others:
            return []
        people = joined([new, people_of([words for _, words in others], CASE_COLUMNS)])
        names = names_of(people, lambda keys: self._borne(keys, mine.keys, posted))
        rows = np.arange(1, len(people), dtype=np.int32)
        sides = (np.zeros(len(rows), np.int32), rows)
        odds, evidence = weighed(people, *sides, self._weights, names)
        found = [
            Pair(case, "", each, str(self._weights.verdict(each)), told(levels))
            for (case, _), each, levels in zip(
                others, probability(odds).tolist(), levels_of(evidence), strict=True
            )
            if each >= LIKELY
        ]
        return sorted(found, key=lambda pair: (-pair.score, pair.left))

    def _borne(self, keys: Ints, mine: Ints, posted: Postings) -> Ints:
        """How many bear these names, the new one included; of its own keys, `mine`, all is `posted`."""
        own = np.isin(keys, mine)
        sizes = posted.sizes(keys) + own
        others = keys[~own]
        sizes[~own] = self._store.postings(Group.CASES, others).sizes(others)
        return sizes

    def _candidates(self, mine: Postings, posted: Postings) -> list[tuple[str, Said]]:
        """Those who share a key, also of those whom matching has not heard of yet: (case, what it says)."""
        _, owners = across(mine.keys, mine.owners.astype(np.int32), posted.keys, posted.owners, MOST)
        found = self._store.of_owners(owners.tolist())
        return [*((person.case, person.said) for person in found), *self._unheard.sharing(mine.keys)]

    # all at once

    def _settle_all(self) -> set[str]:
        everybody = list(self._store.everybody())
        before = self._store.all_pairs()
        if not everybody:
            self._store.replace_postings(Group.CASES, Postings.none())
            return self._replace(before, [])
        people = people_of([person.said for person in everybody], CASE_COLUMNS)
        owners = np.array([person.owner for person in everybody], np.int64)
        self._store.replace_postings(Group.CASES, of_cases(people, owners))
        cases, names = [person.case for person in everybody], Names.of(people)
        close = likely(people, within(people), self._weights, names)
        matches = settled(people, cases, close, self._weights, names)
        touched = self._replace(before, paired(cases, close, matches))
        return touched | self._register.link(everybody)

    # a few among many

    def _settle_some(self, heard: Sequence[Heard]) -> set[str]:
        moved = self._repost(heard)
        old = self._connected({person.case for person in moved} | {each.case for each in heard})
        ends = {end for pair in old for end in (pair.left, pair.right)}
        around = Surroundings(self._store, self._weights)
        around.explore([*moved, *self._there(ends)])
        touched = self._replace(old, around.pairs())
        return touched | self._register.link(moved)

    def _there(self, cases: Iterable[str]) -> list[Person]:
        return [person for person in self._store.persons(cases).values() if person.said]

    def _repost(self, heard: Sequence[Heard]) -> list[Person]:
        """Brings the keys up to date. Returns those who have to be compared anew."""
        before, now = _keys([(h.owner, h.before) for h in heard]), _keys([(h.owner, h.said) for h in heard])
        added, removed = now.without(before), before.without(now)
        if not len(added) and not len(removed):
            return self._store.of_owners(each.owner for each in heard)
        changed = np.unique(np.concatenate([added.keys, removed.keys]))
        known = self._store.postings(Group.CASES, changed)
        after = known.merged(added, removed)
        self._store.post(Group.CASES, added, removed)
        people = people_of([w for h in heard for w in (h.before, h.said) if w], CASE_COLUMNS)
        keys = changed[crossed(people, changed, known.sizes(changed), after.sizes(changed))]
        owners = {*(h.owner for h in heard), *after.only(keys).owners.tolist()}
        return self._store.of_owners(owners)

    def _connected(self, cases: Collection[str]) -> list[Pair]:
        """The pairs that were found before, of these cases and of all that pairs connect with them."""
        found: dict[tuple[str, str], Pair] = {}
        seen, frontier = set[str](), set(cases)
        while frontier:
            pairs = self._store.pairs(sorted(frontier))
            found.update({(pair.left, pair.right): pair for pair in pairs})
            seen |= frontier
            frontier = {end for pair in pairs for end in (pair.left, pair.right)} - seen
        return list(found.values())

    def _replace(self, before: Sequence[Pair], now: Sequence[Pair]) -> set[str]:
        """Stores what changed. Returns whose pairs did. What staff said is one person stays a pair."""
        old = {(pair.left, pair.right): pair for pair in before}
        new = {(pair.left, pair.right): pair for pair in now}
        lost = [pair for key, pair in old.items() if key not in new or new[key].verdict == APART]
        for pair in self._decided_same(lost):
            new[pair.left, pair.right] = pair
        changed = [pair for key, pair in new.items() if old.get(key) != pair]
        dropped = [pair for key, pair in old.items() if key not in new]
        self._store.replace_pairs(dropped, changed)
        return {end for pair in (*changed, *dropped) for end in (pair.left, pair.right)}

    def _decided_same(self, pairs: Sequence[Pair]) -> list[Pair]:
        reviews = self._reviews.find(pair.subject for pair in pairs)
        same = [
            p for p in pairs if p.subject in reviews and header_key(reviews[p.subject].decision) == self._same
        ]
        there = self._store.persons({end for pair in same for end in (pair.left, pair.right)}) if same else {}
        return [p for p in same if all(end in there and there[end].said for end in (p.left, p.right))]


def _person(state: RowState, year: int) -> Person:
    kind = storable(header_key(as_text(state.values.get("case_type"))))
    return Person(state.key, said_by(state), year, kind)


def _keys(rows: Sequence[tuple[int, tuple[str, ...]]]) -> Postings:
    known = [(owner, words) for owner, words in rows if words]
    if not known:
        return Postings.none()
    people = people_of([words for _, words in known], CASE_COLUMNS)
    return of_cases(people, np.array([owner for owner, _ in known], np.int64))

"""The cases around some cases: all that likely pairs connect with them, found by their keys without reading all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from bridge.application.ports.matching import APART, Group, MatchStore, Pair, Person
from bridge.domain.matching.compare import Names
from bridge.domain.matching.duplicates import Likely, Matches, likely, settled
from bridge.domain.matching.grounds import Levels, grounds, levels_of
from bridge.domain.matching.keys import all_keys, whole_keys
from bridge.domain.matching.owned import names_of
from bridge.domain.matching.pairs import Sides, across, once
from bridge.domain.matching.people import People, joined
from bridge.domain.matching.postings import kept
from bridge.domain.matching.rows import CASE_COLUMNS, people_of
from bridge.domain.matching.texts import Ints, Rows
from bridge.domain.matching.weights import Weights


class Surroundings:
    """Rows are the cases that were met, in the order in which they were."""

    def __init__(self, store: MatchStore, weights: Weights) -> None:
        self._store, self._weights = store, weights
        self._persons: list[Person] = []
        self._rows: dict[int, int] = {}
        self._people = people_of([], CASE_COLUMNS)
        self._found: list[Likely] = []

    def explore(self, persons: Iterable[Person]) -> None:
        """These, whoever is likely one of them, whoever is likely one of those, and so on."""
        frontier = self._rows_of(persons)
        explored = set[int]()
        while frontier:
            explored |= set(frontier)
            close = self._close(np.array(sorted(frontier), np.int32))
            self._found.append(close)
            frontier = {*close.left.tolist(), *close.right.tolist()} - explored

    def pairs(self) -> list[Pair]:
        """The pairs of all that was explored, as they hold now."""
        if not self._found:
            return []
        sides = once(
            np.concatenate([found.left for found in self._found]),
            np.concatenate([found.right for found in self._found]),
            len(self._persons),
        )
        names = self._names(self._people)
        close = likely(self._people, sides, self._weights, names)
        cases = [person.case for person in self._persons]
        return paired(cases, close, settled(self._people, cases, close, self._weights, names))

    def _close(self, rows: Rows) -> Likely:
        """The likely pairs of these rows with any case; who is met is read."""
        here, owners = self._sharing(rows)
        self._rows_of(self._store.of_owners(set(owners.tolist()) - self._rows.keys()))
        there = np.array([self._rows.get(owner, -1) for owner in owners.tolist()], np.int32)
        known = there >= 0
        sides = once(here[known], there[known], len(self._persons))
        return likely(self._people, sides, self._weights, self._names(self._people.take(_used(sides))))

    def _sharing(self, rows: Rows) -> tuple[Rows, Ints]:
        """Each of these rows with the owners that share a key with it."""
        people = self._people.take(rows)
        found = list(all_keys(people))
        keys = kept(np.concatenate([keys for keys, _ in found]))
        mine = rows[np.concatenate([places for _, places in found])]
        whole = kept(whole_keys(people))
        posted = self._store.postings(Group.CASES, np.unique(np.concatenate([keys, whole])))
        here, owners = across(keys, mine, posted.keys, posted.owners)
        equal = posted.only(np.unique(whole))
        alike = np.flatnonzero(equal.keys[1:] == equal.keys[:-1])
        self._rows_of(self._store.of_owners(set(equal.owners.tolist()) - self._rows.keys()))
        left = np.array([self._rows[owner] for owner in equal.owners[alike].tolist()], np.int32)
        return np.concatenate([here, left]), np.concatenate([owners, equal.owners[alike + 1]])

    def _names(self, people: People) -> Names:
        return names_of(people, lambda keys: self._store.postings(Group.CASES, keys).sizes(keys))

    def _rows_of(self, persons: Iterable[Person]) -> set[int]:
        """The rows of these; new ones are added."""
        listed = {person.owner: person for person in persons}
        new = [person for owner, person in listed.items() if owner not in self._rows]
        if new:
            people = people_of([person.said for person in new], CASE_COLUMNS)
            self._people = joined([self._people, people])
            for person in new:
                self._rows[person.owner] = len(self._persons)
                self._persons.append(person)
        return {self._rows[owner] for owner in listed}


def paired(cases: Sequence[str], close: Likely, matches: Matches) -> list[Pair]:
    """The pairs that hold, and those that are likely by themselves alone, by the names of their rows."""
    found: dict[tuple[str, str], Pair] = {}
    for left, right, odds in zip(close.left.tolist(), close.right.tolist(), close.odds.tolist(), strict=True):
        key = _named(cases, left, right)
        found[key] = Pair(*key, round(odds, 3), APART)
    evidence = zip(levels_of(matches.evidence), matches.joined.tolist(), strict=True)
    for left, right, score, verdict, (levels, together) in zip(
        matches.left.tolist(),
        matches.right.tolist(),
        matches.score.tolist(),
        matches.verdict,
        evidence,
        strict=True,
    ):
        key = _named(cases, left, right)
        found[key] = Pair(*key, round(score, 4), str(verdict), told(levels, joined=together))
    return [found[key] for key in sorted(found)]


def told(levels: Levels, *, joined: bool = False) -> tuple[str, ...]:
    return tuple(str(ground) for ground in grounds(levels, joined))


def _named(cases: Sequence[str], left: int, right: int) -> tuple[str, str]:
    one, other = cases[left], cases[right]
    return (one, other) if one < other else (other, one)


def _used(sides: Sides) -> Rows:
    return np.unique(np.concatenate(sides)).astype(np.int32)

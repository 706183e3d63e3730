"""One person against very many, as a case comes in: the block keys of all rows, sorted, in memory.

Some 500 bytes a row. Rows that come later are kept beside, until `settle` sorts them in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from bridge.domain.matching.compare import Names, compare
from bridge.domain.matching.keys import MOST, all_keys, expanded
from bridge.domain.matching.people import People, joined
from bridge.domain.matching.texts import Ints, Rows, Texts
from bridge.domain.matching.weights import LIKELY, Numbers, Weights, probability

# From so many later rows on it is worth sorting them in.
LATER: Final = 20_000


@dataclass(frozen=True)
class Hits:
    """Rows of the index that may be the person, best first, each with its score."""

    rows: Rows
    score: Numbers


@dataclass(frozen=True)
class Probe:
    """One person with the keys to look for; worked out once for several indexes."""

    person: People
    keys: Ints

    @classmethod
    def of(cls, person: People) -> Probe:
        """Raises ValueError unless `person` holds just one row."""
        if len(person) != 1:
            raise ValueError("one person is needed")
        return cls(person, np.unique(np.concatenate([keys for keys, _ in all_keys(person)])))


class Index:
    """Rows are numbered in the order in which they were given."""

    def __init__(self, people: People, weights: Weights, names: Names | None = None) -> None:
        """`names` counts the names of all that a person is compared with, where that is more than `people`."""
        self._weights, self._names = weights, names or Names.of(people)
        found = list(all_keys(people))
        self._keys, self._owners = _sorted(found)
        self._people = _compact(people)
        self._later: list[People] = []
        self._later_keys: dict[int, list[int]] = {}

    def __len__(self) -> int:
        return len(self._people) + len(self._later)

    def add(self, probe: Probe) -> int:
        """One more row; its number."""
        row = len(self)
        self._later.append(probe.person)
        for key in probe.keys.tolist():
            self._later_keys.setdefault(key, []).append(row)
        return row

    def settle(self) -> None:
        """Sorts in the rows that were added later; the names they bear are not counted."""
        later = [(keys, np.full(len(keys), row, np.int32)) for row, keys in self._keys_of_later()]
        self._keys, self._owners = _sorted([(self._keys, self._owners), *later])
        self._people = joined([self._people, *map(_compact, self._later)])
        self._later, self._later_keys = [], {}

    def _keys_of_later(self) -> Iterator[tuple[int, Ints]]:
        keys_of: dict[int, list[int]] = {}
        for key, rows in self._later_keys.items():
            for row in rows:
                keys_of.setdefault(row, []).append(key)
        return ((row, np.array(keys, np.int64)) for row, keys in keys_of.items())

    def query(self, probe: Probe, least: float = LIKELY) -> Hits:
        """The rows that are the person with a score of `least` or more."""
        rows = self._sharing(probe.keys)
        if not len(rows):
            return Hits(rows, np.zeros(0))
        same = probe.person.take(np.zeros(len(rows), np.int32))
        score = probability(self._weights.judged(compare(same, self._taken(rows), self._names)))
        order = np.lexsort((rows, -score))
        order = order[score[order] >= least]
        return Hits(rows[order], score[order])

    def _sharing(self, keys: Ints) -> Rows:
        """The rows that share a key with the person."""
        starts = self._keys.searchsorted(keys, "left")
        sizes = self._keys.searchsorted(keys, "right") - starts
        sizes[sizes > MOST] = 0
        rows = self._owners[expanded(starts, sizes)]
        if self._later:
            later = [row for key in keys.tolist() for row in self._later_keys.get(key, ())[-MOST:]]
            rows = np.concatenate([rows, np.array(later, np.int32)])
        return np.unique(rows)

    def _taken(self, rows: Rows) -> People:
        base = len(self._people)
        early = self._people.take(rows[rows < base])
        late = [self._later[row - base] for row in rows[rows >= base].tolist()]
        return joined([early, *late]) if late else early


def _sorted(found: list[tuple[Ints, Rows]]) -> tuple[Ints, Rows]:
    keys = np.concatenate([keys for keys, _ in found])
    owners = np.concatenate([rows for _, rows in found])
    found.clear()
    order = np.argsort(keys)
    return keys[order], owners[order]


def _compact(people: People) -> People:
    """Each distinct text once, and nothing that only the keys are made of."""
    nothing = Texts(
        np.broadcast_to(np.array("", object), len(people)), np.broadcast_to(np.int64(0), len(people))
    )
    texts = {
        name: getattr(people, name).shared() for name in ("given", "family", "house", "tambon", "amphoe")
    }
    return replace(people, given_sound=nothing, family_sound=nothing, **texts)

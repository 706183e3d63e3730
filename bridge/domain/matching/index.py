"""One person against very many, as a case comes in: the block keys of all rows, sorted, in memory.

Some 450 bytes a row. Rows that come later are kept beside, until `settle` sorts them in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from bridge.domain.matching.compare import Names, compare
from bridge.domain.matching.keys import MOST, all_keys, expanded
from bridge.domain.matching.people import People, joined
from bridge.domain.matching.texts import Ints, Levels, Rows, Texts
from bridge.domain.matching.weights import LIKELY, Numbers, Weights, probability

# From so many later rows on it is worth sorting them in.
LATER: Final = 20_000
# Keys are made of so many rows at a time: what they are made of takes several times their own room.
AT_ONCE: Final = 50_000
# A key's first 40 bits and a row in one number: so few bits are the same by chance in one of some hundred queries,
# which then compares a few rows more.
_ROW: Final = np.int64((1 << 24) - 1)
_KEY: Final = ~_ROW
MOST_ROWS: Final = 1 << 23  # leaves as much room for later rows


@dataclass(frozen=True)
class Hits:
    """Rows of one group that may be the person, best first, each with its score."""

    rows: Rows
    score: Numbers


@dataclass(frozen=True)
class Probe:
    """One person with the keys to look for."""

    person: People
    keys: Ints

    @classmethod
    def of(cls, person: People) -> Probe:
        """Raises ValueError unless `person` holds just one row."""
        if len(person) != 1:
            raise ValueError("one person is needed")
        return cls(person, np.unique(np.concatenate([keys for keys, _ in all_keys(person)])))


class Index:
    """Several groups (the cases, the register), each weighed in its own way and searched at once. The rows of a
    group are numbered in the order in which they were given."""

    def __init__(self, groups: Sequence[tuple[People, Weights]]) -> None:
        everybody = [people for people, _ in groups]
        self._weights = [weights for _, weights in groups]
        self._names = Names.of(*everybody)
        if sum(map(len, everybody)) > MOST_ROWS:
            raise ValueError("too many people")
        self._packed = _sorted(np.zeros(0, np.int64), _numbered(everybody))
        self._people = joined([_compact(people) for people in everybody])
        self._group: Levels = np.repeat(
            np.arange(len(groups), dtype=np.int8), [len(each) for each in everybody]
        )
        self._number: Rows = np.concatenate([np.arange(len(each), dtype=np.int32) for each in everybody])
        self._sizes = [len(each) for each in everybody]
        self._later: list[tuple[Probe, int, int]] = []
        self._later_keys: dict[int, list[int]] = {}

    def size(self, group: int) -> int:
        return self._sizes[group]

    def add(self, probe: Probe, group: int) -> int:
        """One more row of a group; its number."""
        number, row = self._sizes[group], len(self._people) + len(self._later)
        self._sizes[group] += 1
        self._later.append((probe, group, number))
        for key in probe.keys.tolist():
            self._later_keys.setdefault(key, []).append(row)
        return number

    def settle(self) -> None:
        """Sorts in the rows that were added later; the names that they bear are not counted."""
        base = len(self._people)
        later = [
            (probe.keys, np.full(len(probe.keys), base + place, np.int32))
            for place, (probe, _, _) in enumerate(self._later)
        ]
        self._packed = _sorted(self._packed, later)
        self._people = joined([self._people, *(_compact(probe.person) for probe, _, _ in self._later)])
        self._group = np.append(self._group, np.array([group for _, group, _ in self._later], np.int8))
        self._number = np.append(self._number, np.array([number for _, _, number in self._later], np.int32))
        self._later, self._later_keys = [], {}

    def query(self, probe: Probe, least: float = LIKELY) -> list[Hits]:
        """For each group the rows that are the person with a score of `least` or more."""
        rows = self._sharing(probe.keys)
        base = len(self._people)
        early, late = rows[rows < base], [self._later[row - base] for row in rows[rows >= base].tolist()]
        others = self._people.take(early)
        if late:
            others = joined([others, *(_compact(later.person) for later, _, _ in late)])
        group = np.append(self._group[early], np.array([group for _, group, _ in late], np.int8))
        number = np.append(self._number[early], np.array([number for _, _, number in late], np.int32))
        evidence = compare(probe.person.take(np.zeros(len(rows), np.int32)), others, self._names)
        found = []
        for place, weights in enumerate(self._weights):
            score = probability(weights.judged(evidence))
            here = np.flatnonzero((group == place) & (score >= least))
            here = here[np.lexsort((number[here], -score[here]))]
            found.append(Hits(number[here], score[here]))
        return found

    def _sharing(self, keys: Ints) -> Rows:
        """The rows that share a key with the person."""
        starts = self._packed.searchsorted(keys & _KEY, "left")
        sizes = self._packed.searchsorted(keys | _ROW, "right") - starts
        sizes[sizes > MOST] = 0
        rows = (self._packed[expanded(starts, sizes)] & _ROW).astype(np.int32)
        if self._later:
            later = [row for key in keys.tolist() for row in self._later_keys.get(key, ())[-MOST:]]
            rows = np.concatenate([rows, np.array(later, np.int32)])
        return np.unique(rows)


def _numbered(groups: Sequence[People]) -> Iterator[tuple[Ints, Rows]]:
    """The keys of all groups, their rows numbered on from one group to the next."""
    before = 0
    for people in groups:
        for start in range(0, len(people), AT_ONCE):
            part = people.take(np.arange(start, min(start + AT_ONCE, len(people)), dtype=np.int32))
            for keys, rows in all_keys(part):
                yield keys, rows + np.int32(before + start)
        before += len(people)


def _sorted(packed: Ints, found: Iterable[tuple[Ints, Rows]]) -> Ints:
    """`packed` and further keys with their rows, each a key's first bits and its row in one number, in order. Grown
    and sorted where it is: at no time is there a second copy."""
    for keys, rows in found:
        start = len(packed)
        packed.resize(start + len(keys), refcheck=False)
        packed[start:] = keys & _KEY
        packed[start:] |= rows
    packed.sort()
    return packed


def _compact(people: People) -> People:
    """Each distinct text once, and nothing that only the keys are made of."""
    nothing = Texts(
        np.broadcast_to(np.array("", object), len(people)), np.broadcast_to(np.int64(0), len(people))
    )
    texts = {
        name: getattr(people, name).shared() for name in ("given", "family", "house", "tambon", "amphoe")
    }
    return replace(people, given_sound=nothing, family_sound=nothing, **texts)

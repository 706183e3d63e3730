"""The keys of people as they are kept: block keys, and beside them the keys by which bearers of a name are counted."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from bridge.domain.matching.compare import NAME_STEPS, Names
from bridge.domain.matching.keys import MOST, all_keys, few_keys, name_keys, whole_keys
from bridge.domain.matching.people import People
from bridge.domain.matching.postings import Postings, kept
from bridge.domain.matching.texts import Flags, Ints, Rows

Sizes = Callable[[Ints], Ints]  # how many own each of these kept keys, which are in ascending order


def of_cases(people: People, owners: Ints) -> Postings:
    """All keys of cases, each with the owner of its row."""
    every = np.arange(len(people), dtype=np.int32)
    given, family = _names(people)
    return _posted([*_blocks(people), (given, every), (family, every)], owners)


def blocks_of_cases(people: People, owners: Ints) -> Postings:
    """Without the keys by which bearers of a name are counted."""
    return _posted(_blocks(people), owners)


def of_register(people: People, owners: Ints) -> Postings:
    found = list(few_keys(people))
    every = np.arange(len(people), dtype=np.int32)
    given, family = _names(people)
    return _posted([*found, (given, every), (family, every)], owners)


def _blocks(people: People) -> list[tuple[Ints, Rows]]:
    return [*all_keys(people), (whole_keys(people), np.arange(len(people), dtype=np.int32))]


def _posted(found: Sequence[tuple[Ints, Rows]], owners: Ints) -> Postings:
    keys = np.concatenate([keys for keys, _ in found])
    return Postings.of(keys, owners[np.concatenate([rows for _, rows in found])])


def _names(people: People) -> tuple[Ints, Ints]:
    return name_keys(people.given.hashes, people.family.hashes)


def names_of(people: People, sizes: Sizes) -> Names:
    """How many bear each name of these people among all who are kept."""
    given, family = np.unique(people.given.hashes), np.unique(people.family.hashes)
    first, last = (kept(keys) for keys in name_keys(given, family))
    counted = []
    for hashes, keys in ((given, first), (family, last)):
        order = np.argsort(keys, kind="stable")
        counts = np.zeros(len(keys), np.int64)
        counts[order] = sizes(keys[order])
        counted.append((hashes, counts))
    return Names(counted[0], counted[1])


def crossed(people: People, keys: Ints, before: Ints, after: Ints) -> Flags:
    """Which of the kept `keys` of `people` say something else now that their owners are `after` instead of `before`:
    names that became more or less usual, and keys that became too usual, or are so no more."""
    given, family = _names(people)
    is_name = np.isin(keys, kept(np.concatenate([given, family])))
    step = np.searchsorted(NAME_STEPS, before, "left") != np.searchsorted(NAME_STEPS, after, "left")
    found: Flags = np.where(is_name, step, (before <= MOST) != (after <= MOST))
    return found

"""Block keys: two people are compared when they share one. Several keys are united, so that one mistyped value
hides nobody.

A key is a 64-bit hash; 0 means that a row has no key of that kind. A key that too many rows share tells
nothing, and is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from typing import Final

import numpy as np

from bridge.domain.matching.people import People
from bridge.domain.matching.texts import Ints, Rows, Texts, hashes

# The most rows that may share a key. A name or a household that more share is not what tells people apart.
MOST: Final = 200

_SPREAD: Final = np.int64(-7046029254386353131)  # 2^64 / golden ratio: spreads small numbers over all bits
_SHORTEST_WITHOUT_A_LETTER: Final = 3


def mixed(*columns: Ints) -> Ints:
    """One hash for each row over several columns; 0 where any of them is 0."""
    with np.errstate(over="ignore"):
        found = reduce(lambda left, right: (left ^ (left >> np.int64(29))) * _SPREAD + right, columns)
        found = (found ^ (found >> np.int64(32))) * _SPREAD
    for column in columns:
        found = np.where(column == 0, 0, found)
    return found


def initials(texts: Texts) -> Ints:
    return hashes([text[:1] for text in texts.values])


def single_keys(people: People) -> Iterator[Ints]:
    """The kinds of keys of which a row has one at most."""
    given, family = people.given_sound.hashes, people.family_sound.hashes
    house, tambon, amphoe, moo = people.house.hashes, people.tambon.hashes, people.amphoe.hashes, people.moo
    g, f = initials(people.given_sound), initials(people.family_sound)
    kinds = (
        (given, family),
        (given, tambon, moo),
        (given, tambon, f),
        (given, house, moo),
        (given, amphoe, f),
        (family, house, moo),
        (family, house, tambon),
        (family, tambon, moo, g),
        (family, amphoe, g),
        (house, moo, tambon),
        (people.phone,),
        (people.birth, given),
        (people.birth, family),
        (people.birth, tambon),
        (people.birth, house),
    )
    for number, columns in enumerate(kinds, 1):
        yield mixed(*columns, np.full(len(people), number, np.int64))


def whole_keys(people: People) -> Ints:
    """One key over all that a row says about its person; never 0."""
    texts = (people.given, people.family, people.house, people.tambon, people.amphoe)
    columns = [*(column.hashes for column in texts), people.identity, people.birth, people.phone, people.moo]
    return mixed(*(column ^ _SPREAD for column in columns))


def several_keys(people: People) -> Iterator[tuple[Ints, Rows]]:
    """The kinds of which a row has several: each key with its row. A text or number with one letter left out
    meets every other that is one slip away: a letter too many, missing, wrong, or two exchanged."""
    number = np.int64(100)
    keys, rows = _shortened_numbers(people.identity)
    yield mixed(keys, np.full(len(keys), number, np.int64)), rows
    for one, other in ((people.given_sound, people.family_sound), (people.family_sound, people.given_sound)):
        number += np.int64(1)
        keys, rows = _shortened_texts(other)
        yield mixed(one.hashes[rows], keys, np.full(len(rows), number, np.int64)), rows


def _shortened_numbers(numbers: Ints) -> tuple[Ints, Rows]:
    """Each number (digits behind a leading 1), and it again with each of its digits left out."""
    rows = np.flatnonzero(numbers).astype(np.int32)
    known = numbers[rows]
    keys, owners = [known], [rows]
    for place in range(17):
        power = np.int64(10**place)
        here = known >= power * 10
        long = known[here]
        keys.append(long // (power * 10) * power + long % power)
        owners.append(rows[here])
    return np.concatenate(keys), np.concatenate(owners)


def _shortened_texts(texts: Texts) -> tuple[Ints, Rows]:
    """The hash of each text, and of it with each letter left out; each distinct text is worked on once."""
    numbers: dict[str, int] = {}
    which = np.fromiter(
        (numbers.setdefault(text, len(numbers)) for text in texts.values), np.int64, len(texts)
    )
    variants = [_variants(text) for text in numbers]
    counts = np.fromiter(map(len, variants), np.int64, len(variants))
    keys = hashes([variant for each in variants for variant in each])
    sizes = counts[which]
    place = expanded((np.cumsum(counts) - counts)[which], sizes)
    return keys[place], np.repeat(np.arange(len(texts), dtype=np.int32), sizes)


def _variants(text: str) -> list[str]:
    if len(text) < _SHORTEST_WITHOUT_A_LETTER:
        return [text]
    return [text, *{text[:place] + text[place + 1 :] for place in range(len(text))}]


def expanded(starts: Ints, sizes: Ints) -> Ints:
    """starts[0], starts[0] + 1, ... sizes[0] of them, then those of starts[1], and so on."""
    before = np.cumsum(sizes) - sizes
    return np.repeat(starts - before, sizes) + np.arange(int(sizes.sum()))

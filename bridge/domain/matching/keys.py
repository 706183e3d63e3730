"""Block keys: two people are compared when they share one. Several keys are united, so that one mistyped value
hides nobody.

A key is a 64-bit hash; 0 means that a row has no key of that kind. A key that too many rows share tells
nothing, and is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from typing import Final

import numpy as np

from bridge.domain.matching.people import People
from bridge.domain.matching.texts import Ints, Rows, Texts, hashes

# The most rows that may share a key. A name or a household that more share is not what tells people apart.
MOST: Final = 200

_SPREAD: Final = np.int64(-7046029254386353131)  # 2^64 / golden ratio: spreads small numbers over all bits
_HALF: Final = np.int64(32)
_POWERS: Final = 10 ** np.arange(17, dtype=np.int64)[None, :]
_KINDS: Final = (
    ("one_name", "other_name"),
    ("given", "tambon", "f"),
    ("given", "house", "moo"),
    ("given", "amphoe", "f"),
    ("family", "house", "moo"),
    ("family", "house", "tambon"),
    ("family", "tambon", "moo", "g"),
    ("family", "amphoe", "g"),
    ("house", "moo", "tambon"),
    ("house", "moo", "amphoe"),
    ("phone",),
    ("birth", "given"),
    ("birth", "family"),
    ("birth", "tambon"),
    ("birth", "house"),
    ("birth", "amphoe"),
    ("birth", "g", "f"),
)
_SHORTEST_WITHOUT_A_LETTER: Final = 3


def mixed(columns: Sequence[Ints]) -> Ints:
    """One hash for each place over several columns (arrays of one shape); 0 where any of them is 0."""
    with np.errstate(over="ignore"):
        found = reduce(lambda left, right: (left ^ (left >> _HALF)) * _SPREAD + right, columns)
        found = (found ^ (found >> _HALF)) * _SPREAD
    found[reduce(np.logical_or, [column == 0 for column in columns])] = 0
    return found


def all_keys(people: People) -> Iterator[tuple[Ints, Rows]]:
    """Kind by kind, always in the same order: the keys that rows have, each with its row."""
    for keys in single_keys(people):
        rows = np.flatnonzero(keys).astype(np.int32)
        yield keys[rows], rows
    for keys, rows in several_keys(people):
        yield keys[keys != 0], rows[keys != 0]


def single_keys(people: People) -> Ints:
    """The kinds of keys of which a row has one at most: one line for each kind."""
    given, family = people.given_sound.hashes, people.family_sound.hashes
    columns = {
        "given": given,
        "family": family,
        "one_name": np.minimum(given, family),  # also where the two changed places
        "other_name": np.maximum(given, family),
        "g": initials(people.given_sound),
        "f": initials(people.family_sound),
        **{name: getattr(people, name).hashes for name in ("house", "tambon", "amphoe")},
        **{name: getattr(people, name) for name in ("moo", "phone", "birth")},
    }
    places = {name: place for place, name in enumerate(columns)}
    values = np.stack([*columns.values(), np.ones(len(people), np.int64)])
    width = max(map(len, _KINDS))
    which = np.array([[*(places[name] for name in kind), *[-1] * (width - len(kind))] for kind in _KINDS])
    salts = np.arange(1, len(_KINDS) + 1)[:, None]
    return mixed(
        [
            np.broadcast_to(salts, (len(_KINDS), len(people))),
            *(values[which[:, step]] for step in range(width)),
        ]
    )


def initials(texts: Texts) -> Ints:
    return hashes([text[:1] for text in texts.values])


def few_keys(people: People) -> Iterator[tuple[Ints, Rows]]:
    """The kinds that are enough to find a case in a register: names and places as they sound, and ids with each
    digit left out. A third of all keys, so that a million rows can be kept."""
    for keys in single_keys(people):
        rows = np.flatnonzero(keys).astype(np.int32)
        yield keys[rows], rows
    keys, rows = next(several_keys(people))
    yield keys[keys != 0], rows[keys != 0]


def name_keys(given: Ints, family: Ints) -> tuple[Ints, Ints]:
    """Keys of names by their hashes (`Texts.hashes`): how many rows share one is how many bear the name."""
    return _salted(given, 110), _salted(family, 111)


def whole_keys(people: People) -> Ints:
    """One key over all that a row says about its person; never 0."""
    texts = (people.given, people.family, people.house, people.tambon, people.amphoe)
    columns = [*(column.hashes for column in texts), people.identity, people.birth, people.phone, people.moo]
    return mixed([column ^ _SPREAD for column in columns])


def several_keys(people: People) -> Iterator[tuple[Ints, Rows]]:
    """The kinds of which a row has several: each key with its row. A text or number with one letter left out
    meets every other that is one slip away: a letter too many, missing, wrong, or two exchanged."""
    keys, rows = _shortened_numbers(people.identity)
    yield _salted(keys, 100), rows
    keys, rows = _shortened_texts(people.family_sound)
    yield _salted(mixed([keys, people.given_sound.hashes[rows]]), 101), rows
    keys, rows = _shortened_texts(people.given_sound)
    yield _salted(mixed([keys, people.family_sound.hashes[rows]]), 102), rows
    yield _salted(mixed([keys, people.tambon.hashes[rows], people.moo[rows]]), 103), rows


def _salted(keys: Ints, salt: int) -> Ints:
    return mixed([np.full(len(keys), salt), keys])


def _shortened_numbers(numbers: Ints) -> tuple[Ints, Rows]:
    """Each number (digits behind a leading 1), and it again with each of its digits left out."""
    rows = np.flatnonzero(numbers).astype(np.int32)
    known = numbers[rows][:, None]
    shortened = np.where(known >= _POWERS * 10, known // (_POWERS * 10) * _POWERS + known % _POWERS, 0)
    keys = np.concatenate([known, shortened], axis=1)
    return keys.reshape(-1), np.repeat(rows, keys.shape[1])


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

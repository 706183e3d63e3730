"""Names that are spelt almost as a word of a search: a letter wrong, missing, too many, or two exchanged.

Wrong tone marks are no slips: keys have none (domain/values/search.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from operator import and_, or_

import numpy as np
from pyroaring import BitMap
from rapidfuzz import process
from rapidfuzz.distance import OSA

from bridge.domain.search_terms import Index, Wanted, fragments, holders_of, holders_of_all, limits, whole
from bridge.domain.values.search import MARKS

FEW = 5  # where fewer are found, names that are spelt almost so are looked for, too
MOST_SLIPS = 3  # in all words of a search together
MOST_WORDS = 60  # that one word of a search may be meant as
SHORTEST = 3
_TWO_SLIPS = 6  # letters, from which on two slips are thought of

# What may have been meant by a word of a search: the terms of these words together, and the slips between.
Meant = tuple[tuple[str, ...], int]


def may_be_misspelt(needle: str) -> bool:
    """Not two letters, nor a number."""
    return len(needle.lstrip(MARKS)) >= SHORTEST and not _has_digit(needle)


class Vocabulary:
    """All words of an index."""

    def __init__(self, words: Iterable[str]) -> None:
        self._known = frozenset(word for word in words if word[0] not in MARKS and not _has_digit(word))
        by_length = sorted(self._known, key=len)
        self._words = np.array(by_length, object)
        self._lengths = np.array([len(word) for word in by_length], np.int16)
        self._letters = np.array([_letters(word) for word in by_length], np.uint64)

    def meant(self, needle: str) -> list[Meant]:
        """The nearest first; not the needle itself. Two names typed together are taken apart where one is right."""
        mark, word = (needle[0], needle[1:]) if needle[0] in MARKS else ("", needle)
        if not may_be_misspelt(needle):
            return []
        found: list[Meant] = [((whole(mark + near),), slips) for near, slips in self._near(word) if slips]
        if found or mark:
            return found
        for cut in range(2, len(word) - 1):
            left, right = word[:cut], word[cut:]
            if left in self._known:
                found += [((whole(left), whole(near)), slips) for near, slips in self._near(right) if slips]
            if right in self._known:
                found += [((whole(near), whole(right)), slips) for near, slips in self._near(left) if slips]
        return sorted(found, key=lambda meant: (meant[1], meant[0]))[:MOST_WORDS]

    def _near(self, word: str) -> list[tuple[str, int]]:
        most = 0 if len(word) < SHORTEST else 1 if len(word) < _TWO_SLIPS else 2
        # A slip either changes the length by one, and takes or brings a letter, or takes one and brings one.
        some = slice(*np.searchsorted(self._lengths, (len(word) - most, len(word) + most + 1)))
        longer = np.abs(self._lengths[some] - np.int16(len(word)))
        alike = np.bitwise_count(self._letters[some] ^ np.uint64(_letters(word))) <= 2 * most - longer
        near = process.extract(
            word, self._words[some][alike].tolist(), scorer=OSA.distance, score_cutoff=most, limit=None
        )
        found = sorted((int(slips), other) for other, slips, _ in near)
        return [(other, slips) for slips, other in found[:MOST_WORDS]]


def _letters(word: str) -> int:
    """The letters as bits; some Thai letters share one."""
    return reduce(or_, (1 << (ord(letter) & 63) for letter in word), 0)


def nearest(index: Index, wanted: Wanted, meant: Mapping[str, Sequence[Meant]]) -> dict[int, BitMap]:
    """Those who have, for each needle, its fragments or what may be meant by it, by the slips in all. Nobody is in two
    of these sets. Who has the fragments of a needle apart is near, too."""
    by_slips: dict[int, BitMap] | None = None
    for needle in wanted.needles:
        own = {0: [holders_of_all(index, fragments(needle))]}
        for terms, slips in meant[needle]:
            if terms[0] in index:  # else most often: few words are in a block
                both = reduce(and_, (holders_of(index, term) for term in terms))
                own.setdefault(slips, []).append(both)
        united = {slips: BitMap.union(*some) for slips, some in own.items() if any(some)}
        by_slips = united if by_slips is None else _together(by_slips, united)
        if not by_slips:
            return {}
    limiting, found, known = limits(index, wanted), dict[int, BitMap](), BitMap()
    for slips, those in sorted((by_slips or {}).items()):
        found[slips] = reduce(and_, limiting, those) - known
        known |= found[slips]
    return found


def _together(some: Mapping[int, BitMap], others: Mapping[int, BitMap]) -> dict[int, BitMap]:
    """Those of both, by the sum of their slips."""
    found: dict[int, BitMap] = {}
    for one, left in some.items():
        for other, right in others.items():
            if one + other <= MOST_SLIPS and (both := left & right):
                found[one + other] = found.get(one + other, BitMap()) | both
    return found


def _has_digit(word: str) -> bool:
    return any(letter.isdigit() for letter in word)

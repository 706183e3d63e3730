"""The terms of the inverted index that the register and the cases are searched by, and what a search asks of them.

The holders of a term are a set of whole numbers below 2**32 (a Roaring bitmap). Terms are every run of one to LONGEST
letters of a key's parts (fragments), how its words begin, its words whole, labels such as its amphoe, and which runs of
OVERLAP letters it has twice. A needle of up to LONGEST letters is one fragment. Of who holds all fragments of a longer
one, some hold them apart: only those who have twice the letters that two fragments share. They are compared with the
needle, unless it is one of their words.
"""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from operator import and_
from typing import Any, Final, TypeAlias

import numpy as np
from pyroaring import BitMap

from bridge.domain.search_keys import CaseKeys, RegisterKeys
from bridge.domain.values.search import MARKS, parts
from bridge.domain.values.search import words as words_of

LONGEST = 4  # letters of a fragment
OVERLAP = LONGEST - 1  # letters that a fragment shares with the next one
LONGEST_BEGINNING = 3
EVERYBODY = "*"  # the term that all hold
RANKS = 3  # of Candidates.ranked
_BEGINS, _ENDS, _TWICE = "^", "$", "+"  # no letters of a key, and neither is the colon of labels

Index = Mapping[str, BitMap]
Holders: TypeAlias = "array[int]"


@dataclass(frozen=True)
class Entry:
    """What the index is told about one person or case."""

    search: str  # a `person_key`
    labels: tuple[str, ...]


def of_amphoe(name: str) -> str:
    return f"amphoe:{name}"


def of_tambon(name: str) -> str:
    return f"tambon:{name}"


def of_level(level: str) -> str:
    return f"level:{level}"


def of_operation(key: str) -> str:
    return f"operation:{key}"


def of_org(key: str) -> str:
    return f"org:{key}"


def of_identity(digits: str) -> str:
    return f"id:{digits}"


def person_entry(keys: RegisterKeys) -> Entry:
    return Entry(keys.search, _person_labels(keys.amphoe, keys.tambon, keys.level))


@lru_cache(maxsize=4096)
def _person_labels(amphoe: str, tambon: str, level: str) -> tuple[str, ...]:
    return of_amphoe(amphoe), of_tambon(tambon), of_level(level)


def case_entry(keys: CaseKeys) -> Entry:
    labels = of_amphoe(keys.amphoe), of_tambon(keys.tambon), of_operation(keys.operation), of_org(keys.org)
    return Entry(keys.search, (*labels, of_identity(keys.identity)) if keys.identity else labels)


# ------------------------------------------------------------------------------------------------ filling


def gathered(entries: Iterable[tuple[int, Entry]]) -> dict[str, BitMap]:
    """The holders of every term that one of these has. What many share is taken apart once."""
    holders: dict[str, Holders] = defaultdict(_nobody)
    # Names' words, places, houses, case numbers, labels.
    groups: tuple[dict[Any, Holders], ...] = tuple(defaultdict(_nobody) for _ in _TERMS)
    by_word, by_place, by_house, by_number, by_labels = groups
    for at, entry in entries:
        name, place, house, number = parts(entry.search)
        words = name.split(" ")
        for word in words:
            by_word[word].append(at)
        if len(words) > 1:
            for term in _across(words):
                holders[term].append(at)
        by_place[place].append(at)
        if house:
            by_house[house].append(at)
        if number:
            by_number[number].append(at)
        by_labels[entry.labels].append(at)
    for group, terms in zip(groups, _TERMS, strict=True):
        for shared, those in group.items():
            for term in terms(shared):
                holders[term] += those
    found = {term: BitMap(those) for term, those in holders.items()}
    for term, those in holders.items():
        if len(term) == OVERLAP and term[0] != _BEGINS and len(those) > len(found[term]):
            found[_twice(term)] = _repeated(those)
    return found


def _repeated(those: Holders) -> BitMap:
    ordered = np.sort(np.frombuffer(those, np.uint32))
    return BitMap(ordered[1:][ordered[1:] == ordered[:-1]])


def _nobody() -> Holders:
    return array("I")


def _across(words: Sequence[str]) -> list[str]:
    """The fragments of these words, one behind the other, that are not of one word alone."""
    if len(words) != 2:
        text, within = "".join(words), Counter(run for word in words for run in _runs(word))
        return list((Counter(_runs(text)) - within).elements())
    one, other = words
    ends = [one[-size:] for size in range(1, min(len(one), LONGEST - 1) + 1)]
    begins = [other[:size] for size in range(1, min(len(other), LONGEST - 1) + 1)]
    return [end + begin for end in ends for begin in begins[: LONGEST - len(end)]]


def _of_word(word: str) -> list[str]:
    return [*_about(word), *_seconds(word)]


def _of_place(place: str) -> list[str]:
    words = words_of(place)
    marked = [word for word in words if word[0] in MARKS]
    return [*set().union(*map(_about, words)), *_seconds(*marked)]


def _about(word: str) -> set[str]:
    return {whole(word), *_runs(word), *(_beginning(word[:n]) for n in range(1, LONGEST_BEGINNING + 1))}


def _seconds(*words: str) -> Iterable[str]:
    """The runs of OVERLAP letters that these have again: whoever has a term twice is gathered so."""
    runs = [run for word in words for run in _pieces(word, OVERLAP)]
    known = {*runs}
    return () if len(runs) == len(known) else (Counter(runs) - Counter(known)).elements()


def _runs(text: str) -> list[str]:
    return [run for size in range(1, LONGEST + 1) for run in _pieces(text, size)]


def _pieces(text: str, size: int) -> list[str]:
    return [text[begin : begin + size] for begin in range(len(text) - size + 1)]


_TERMS: Final[tuple[Callable[[Any], Iterable[str]], ...]] = (
    _of_word,
    _of_place,
    _of_word,
    _runs,
    lambda labels: {EVERYBODY, *labels},
)


def whole(word: str) -> str:
    """The term of those who have this word."""
    return f"{_BEGINS}{word}{_ENDS}"


def _beginning(letters: str) -> str:
    return f"{_BEGINS}{letters}"


def _twice(letters: str) -> str:
    return f"{_TWICE}{letters}"


def is_twice(term: str) -> bool:
    return term[0] == _TWICE


def word_of(term: str) -> str:
    """The word that the term stands for whole, "" for another term."""
    return term[1:-1] if term[0] == _BEGINS and term[-1] == _ENDS else ""


# ------------------------------------------------------------------------------------------------ asking


@dataclass(frozen=True)
class Wanted:
    """Who holds all needles and labels, and all labels of one of the `areas` (None is no limit)."""

    needles: tuple[str, ...]
    labels: tuple[str, ...] = ()
    areas: tuple[tuple[str, ...], ...] | None = None

    def terms(self) -> set[str]:
        """All that `Candidates` looks up at first."""
        own = {term for needle in self.needles for term in (*fragments(needle), whole(needle))}
        own |= {_beginning(needle[:LONGEST_BEGINNING]) for needle in self.needles}
        own |= {*self.labels} | {label for area in self.areas or () for label in area}
        return own or {EVERYBODY}

    def further(self) -> set[str]:
        """What it looks up besides, to be sure of most of them."""
        longer = [needle for needle in self.needles if not is_exact(needle)]
        own = {term for needle in longer for term in (*_pieces(needle, LONGEST), *_shared(needle))}
        return own - self.terms()


class Candidates:
    """Who of a block may be meant: who holds all fragments of the needles, perhaps apart.

    `sure` are those of whom it is known that they hold the needles: nearly all, where `index` holds the `further`
    terms, too.
    """

    def __init__(self, index: Index, wanted: Wanted, *, further: bool = False) -> None:
        self._index, self._wanted = index, wanted
        inside, holding = limits(index, wanted), list[BitMap]()
        for needle in wanted.needles:
            those = holders_of_all(index, fragments(needle))
            right = those if is_exact(needle) else holders_of(index, whole(needle))
            if further and not is_exact(needle):
                those = those & holders_of_all(index, _pieces(needle, LONGEST))
                right = right | (
                    those - BitMap().union(*(holders_of(index, term) for term in _shared(needle)))
                )
            inside.append(those)
            holding.append(right)
        self.all = _both(inside or [holders_of(index, EVERYBODY)])
        self.sure = _both([self.all, *holding])

    def compared(self, those: BitMap, right: BitMap) -> None:
        """Of those only the right ones hold the needles."""
        self.all = self.all - (those - right)
        self.sure = self.sure | right

    def ranked(self) -> tuple[BitMap, ...]:
        """Those who have every needle as a word, then those with words that begin like the needles, then others."""
        needles = self._wanted.needles
        exact = _both([self.all, *(holders_of(self._index, whole(needle)) for needle in needles)])
        begun = self.all
        for needle in needles:
            if needle[0] not in MARKS:  # else it begins a word anyway
                begun = begun & holders_of(self._index, _beginning(needle[:LONGEST_BEGINNING]))
        return exact, begun - exact, self.all - begun - exact


def _shared(needle: str) -> list[str]:
    """The terms of those who have twice what two fragments of the needle share: they may hold them apart."""
    return [_twice(letters) for letters in _pieces(needle[1:-1], OVERLAP)]


def limits(index: Index, wanted: Wanted) -> list[BitMap]:
    """Who has each label, and who is in one of the areas."""
    found = [holders_of(index, label) for label in wanted.labels]
    if wanted.areas is not None:
        found.append(BitMap().union(*(holders_of_all(index, area) for area in wanted.areas)))
    return found


@lru_cache(maxsize=1024)
def fragments(needle: str) -> tuple[str, ...]:
    """What whoever holds the needle holds; exactly they, where it is no longer than a fragment."""
    if is_exact(needle):
        return (needle,)
    # Each letter in one of them: more would cost more to read than they leave out.
    last = len(needle) - LONGEST
    return tuple(dict.fromkeys(needle[at : at + LONGEST] for at in (*range(0, last, LONGEST), last)))


def is_exact(needle: str) -> bool:
    return len(needle) <= LONGEST


def holders_of_all(index: Index, terms: Iterable[str]) -> BitMap:
    found = [holders_of(index, term) for term in terms]
    return _both(found) if all(found) else BitMap()


def _both(those: Iterable[BitMap]) -> BitMap:
    """Who is in all of these, of which there is one at least; the fewest first."""
    return reduce(and_, sorted(those, key=len))


def holders_of(index: Index, term: str) -> BitMap:
    return index.get(term) or BitMap()

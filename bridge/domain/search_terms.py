"""The terms of the inverted index that the register and the cases are searched by, and what a search asks of them.

The holders of a term are a set of whole numbers below 2**32 (a Roaring bitmap). Terms are every run of one to LONGEST
letters of a key's parts (fragments), how its words begin, its words whole, and labels such as its amphoe. A needle of
up to LONGEST letters is one fragment; of who holds all fragments of a longer one, some hold them apart, and have to be
compared with the needle, unless it is one of their words.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from operator import and_
from sys import intern
from typing import Any, NamedTuple, TypeAlias

from pyroaring import BitMap

from bridge.domain.search_keys import CaseKeys, RegisterKeys
from bridge.domain.values.search import MARKS, parts
from bridge.domain.values.search import words as words_of

LONGEST = 4  # letters of a fragment
LONGEST_BEGINNING = 3
EVERYBODY = "*"  # the term that all hold
RANKS = 3  # of Candidates.ranked
_BEGINS, _ENDS = "^", "$"  # no letters of a key, and neither is the colon of labels

Index = Mapping[str, BitMap]
Holders: TypeAlias = "array[int]"
_Holders = defaultdict[Any, Holders]
_Groups: TypeAlias = Iterable[tuple[_Holders, Callable[[Any], Iterable[str]]]]


class Entry(NamedTuple):
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
    words, seams, houses, numbers, places, labels = (_Holders(_nobody) for _ in range(6))
    for at, entry in entries:
        name, place, house, number = parts(entry.search)
        given, _, rest = name.partition(" ")
        words[given].append(at)
        if rest:
            for word in rest.split(" "):
                words[word].append(at)
            seams[_seam(given, rest)].append(at)
        places[place].append(at)
        if house:
            houses[house].append(at)
        if number:
            numbers[number].append(at)
        labels[entry.labels].append(at)
    few = ((words, _of_word), (seams, _across), (houses, _of_word), (numbers, _runs))
    return _with_crowds(_of_few(few), ((places, _of_place), (labels, _of_labels)))


def _of_few(groups: _Groups) -> dict[str, BitMap]:
    """Much is shared by few each: their places are strung together."""
    holders: dict[str, list[Holders]] = defaultdict(list)
    for group, terms in groups:
        for shared, those in group.items():
            for term in terms(shared):
                holders[term].append(those)
    found = {}
    while holders:  # the memory of one becomes that of the other
        term, some = holders.popitem()
        those = some[0] if len(some) == 1 else array("I", b"".join(some))
        found[term] = BitMap(those, optimize=False)
    return found


def _with_crowds(found: dict[str, BitMap], groups: _Groups) -> dict[str, BitMap]:
    """Little is shared by many each: bitmaps are united."""
    crowds: dict[str, list[BitMap]] = defaultdict(list)
    for group, terms in groups:
        for shared, those in group.items():
            crowd = BitMap(those)
            for term in terms(shared):
                crowds[term].append(crowd)
    for term, some in crowds.items():
        found[term] = BitMap.union(*some, *filter(None, [found.get(term)]))
    return found


def _nobody() -> Holders:
    return array("I")


def _seam(given: str, rest: str) -> str:
    """What the fragments that reach from one word of a name into the next are made of."""
    if " " in rest:
        return f"{given} {rest}"
    return f"{given[1 - LONGEST :]} {rest[: LONGEST - 1]}"


def _across(seam: str) -> Iterable[str]:
    """The fragments of its words, one behind the other, that are not of one word alone; perhaps some that are."""
    one, _, rest = seam.partition(" ")
    if " " in rest:
        return _runs(seam.replace(" ", ""))
    joined = one + rest
    return [joined[run] for run in _runs_across(len(one), len(joined))]


@lru_cache
def _runs_across(cut: int, length: int) -> Sequence[slice]:
    """Of a text of this length those of one to LONGEST letters that the cut goes through."""
    return [
        slice(begin, end) for begin in range(cut) for end in range(cut + 1, min(begin + LONGEST, length) + 1)
    ]


@lru_cache(maxsize=65_536)
def _of_word(word: str) -> tuple[str, ...]:
    found = {whole(word), *_runs(word), *(_beginning(word[:n]) for n in range(1, LONGEST_BEGINNING + 1))}
    return tuple(map(intern, found))


def _of_place(place: str) -> set[str]:
    return {term for word in words_of(place) for term in _of_word(word)}


def _of_labels(labels: Iterable[str]) -> set[str]:
    return {EVERYBODY, *labels}


def _runs(text: str) -> Iterator[str]:
    for size in range(1, LONGEST + 1):
        for begin in range(len(text) - size + 1):
            yield text[begin : begin + size]


def whole(word: str) -> str:
    """The term of those who have this word."""
    return f"{_BEGINS}{word}{_ENDS}"


def _beginning(letters: str) -> str:
    return f"{_BEGINS}{letters}"


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
        """All that `candidates` looks up."""
        own = {term for needle in self.needles for term in (*fragments(needle), whole(needle))}
        own |= {_beginning(needle[:LONGEST_BEGINNING]) for needle in self.needles}
        return own | {EVERYBODY, *self.labels} | {label for area in self.areas or () for label in area}


class Candidates:
    """Who of a block may be meant: who holds all fragments of the needles, perhaps apart.

    `sure` are those of whom it is known that they hold the needles; `learn` tells of more.
    """

    def __init__(self, index: Index, wanted: Wanted) -> None:
        self._wanted = wanted
        inside = [_all(index, fragments(needle)) for needle in wanted.needles]
        self.all = _both([*limits(index, wanted), *inside] or [holders_of(index, EVERYBODY)])
        self._holding = {
            needle: those if is_exact(needle) else holders_of(index, whole(needle))
            for needle, those in zip(wanted.needles, inside, strict=True)
        }
        self.sure = _both([self.all, *self._holding.values()])

    def learn(self, words: Index, right: BitMap) -> None:
        """From the holders of terms of words, and of those who were compared with the needles."""
        for term, those in words.items():
            for needle in self._holding:
                if needle in term:
                    self._holding[needle] = self._holding[needle] | those
        self.sure = self.sure | right | _both([self.all, *self._holding.values()])

    def ranked(self, index: Index) -> tuple[BitMap, ...]:
        """Those who have every needle as a word, then those with words that begin like the needles, then others."""
        needles = self._wanted.needles
        exact = _both([self.all, *(holders_of(index, whole(needle)) for needle in needles)])
        begun = self.all
        for needle in needles:
            if needle[0] not in MARKS:  # else it begins a word anyway
                begun = begun & holders_of(index, _beginning(needle[:LONGEST_BEGINNING]))
        return exact, begun - exact, self.all - begun - exact


def limits(index: Index, wanted: Wanted) -> list[BitMap]:
    """Who has each label, and who is in one of the areas."""
    found = [holders_of(index, label) for label in wanted.labels]
    if wanted.areas is not None:
        found.append(BitMap().union(*(_all(index, area) for area in wanted.areas)))
    return found


def fragments(needle: str) -> Sequence[str]:
    """What whoever holds the needle holds; exactly they, where it is no longer than a fragment."""
    if is_exact(needle):
        return (needle,)
    # Each letter in one of them: more would cost more to read than they leave out.
    last = len(needle) - LONGEST
    return tuple(dict.fromkeys(needle[at : at + LONGEST] for at in (*range(0, last, LONGEST), last)))


def is_exact(needle: str) -> bool:
    return len(needle) <= LONGEST


def _all(index: Index, terms: Iterable[str]) -> BitMap:
    return _both(holders_of(index, term) for term in terms)


def _both(those: Iterable[BitMap]) -> BitMap:
    """Who is in all of these, of which there is one at least; the fewest first."""
    return reduce(and_, sorted(those, key=len))


def holders_of(index: Index, term: str) -> BitMap:
    return index.get(term) or BitMap()

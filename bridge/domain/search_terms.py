"""The terms of the inverted index that the register and the cases are searched by, and what a search asks of them.

The holders of a term are a set of whole numbers below 2**32 (a Roaring bitmap). Terms are every run of one to LONGEST
letters of a key's parts (fragments), how its words begin, its words whole, and labels such as its amphoe. A needle of up
to LONGEST letters is one fragment; of who holds all fragments of a longer one, some hold them apart, and have to be
compared with the needle, unless it is one of their words.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from itertools import pairwise
from operator import and_

from pyroaring import BitMap

from bridge.domain.search_keys import CaseKeys, RegisterKeys
from bridge.domain.values.search import MARKS, parts

LONGEST = 4  # letters of a fragment
LONGEST_BEGINNING = 3
EVERYBODY = "*"  # the term that all hold
_BEGINS, _ENDS = "^", "$"  # no letters of a key, and neither is the colon of labels

Index = Mapping[str, BitMap]


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


def person_entry(keys: RegisterKeys) -> Entry:
    return Entry(keys.search, (of_amphoe(keys.amphoe), of_tambon(keys.tambon), of_level(keys.level)))


def case_entry(keys: CaseKeys) -> Entry:
    places = of_amphoe(keys.amphoe), of_tambon(keys.tambon)
    return Entry(keys.search, (*places, of_operation(keys.operation), of_org(keys.org)))


# ------------------------------------------------------------------------------------------------ filling


def gathered(entries: Iterable[tuple[int, Entry]]) -> dict[str, BitMap]:
    """The holders of every term that one of these has. What many share is taken apart once."""
    groups: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for at, entry in entries:
        name, others = parts(entry.search)
        words = tuple(name.split(" ")) if name else ()
        for word in words:
            groups["word", word].append(at)
        if len(words) > 1:
            groups["together", *_together(words)].append(at)
        for part in others:
            groups["part", part].append(at)
        groups["label", *entry.labels].append(at)
    holders: dict[str, list[BitMap]] = defaultdict(list)
    for group, some in groups.items():
        those = BitMap(some)
        for term in _terms(group):
            holders[term].append(those)
    return {term: those[0] if len(those) == 1 else BitMap.union(*those) for term, those in holders.items()}


def _together(words: tuple[str, ...]) -> tuple[str, ...]:
    """What fragments across the words of a name are made of; two words need no more than their ends."""
    if len(words) == 2:
        return words[0][1 - LONGEST :], words[1][: LONGEST - 1]
    return words


def _terms(group: tuple[str, ...]) -> Iterable[str]:
    kind, *texts = group
    if kind == "label":
        return {EVERYBODY, *texts}
    if kind == "together":
        return fragments_across(texts)
    word, found = texts[0], set[str]()
    if kind == "part":  # a mark and a word: found with the mark and without
        found, word = {_whole(word), *_runs(word)}, word[1:]
    return {*found, _whole(word), *_runs(word), *(_beginning(word[:n]) for n in range(1, LONGEST_BEGINNING + 1))}


def fragments_across(words: Sequence[str]) -> set[str]:
    """The fragments of these words, one behind the other, that belong to more than one of them."""
    text, ends, found = "".join(words), set[int](), set[str]()
    end = 0
    for word in words[:-1]:
        ends.add(end := end + len(word))
    for size in range(2, LONGEST + 1):
        for begin in range(len(text) - size + 1):
            if any(begin < end < begin + size for end in ends):
                found.add(text[begin : begin + size])
    return found


def _runs(text: str) -> Iterator[str]:
    for size in range(1, LONGEST + 1):
        for begin in range(len(text) - size + 1):
            yield text[begin : begin + size]


def _whole(word: str) -> str:
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
        own = {term for needle in self.needles for term in (*fragments(needle), _whole(needle))}
        own |= {_beginning(needle[:LONGEST_BEGINNING]) for needle in self.needles}
        return own | {EVERYBODY, *self.labels} | {label for area in self.areas or () for label in area}


@dataclass(frozen=True)
class Candidates:
    """Who may be meant. Those who are not `sure` hold all fragments of the needles, perhaps apart. Of them, `whole`
    have every needle as a word, and words of `begun` begin like every needle."""

    all: BitMap
    sure: BitMap
    whole: BitMap
    begun: BitMap

    def ranked(self) -> tuple[BitMap, ...]:
        begun = self.begun - self.whole
        return self.whole, begun, self.all - self.whole - begun


def fragments(needle: str) -> Sequence[str]:
    """What whoever holds the needle holds; exactly they, where it is no longer than a fragment."""
    if is_exact(needle):
        return (needle,)
    return tuple(dict.fromkeys(needle[at : at + LONGEST] for at in range(len(needle) - LONGEST + 1)))


def is_exact(needle: str) -> bool:
    return len(needle) <= LONGEST


def candidates(index: Index, wanted: Wanted) -> Candidates:
    limits = [_holders(index, label) for label in wanted.labels]
    if wanted.areas is not None:
        limits.append(BitMap().union(*(_all(index, area) for area in wanted.areas)))
    if not limits and not wanted.needles:
        limits.append(_holders(index, EVERYBODY))
    found, sure, whole, begun = (list(limits) for _ in range(4))
    for needle in wanted.needles:
        inside, word = _all(index, fragments(needle)), _holders(index, _whole(needle))
        found.append(inside)
        sure.append(inside if is_exact(needle) else word)
        whole.append(word)
        marked = needle[0] in MARKS  # then it begins a part anyway
        begun.append(inside if marked else _holders(index, _beginning(needle[:LONGEST_BEGINNING])))
    everyone = _both(found)
    return Candidates(everyone, _both(sure) & everyone, _both(whole) & everyone, _both(begun) & everyone)


def _all(index: Index, terms: Iterable[str]) -> BitMap:
    return _both(_holders(index, term) for term in terms)


def _both(those: Iterable[BitMap]) -> BitMap:
    """Who is in all of these, of which there is one at least; the fewest first."""
    return reduce(and_, sorted(those, key=len))


def _holders(index: Index, term: str) -> BitMap:
    return index.get(term) or BitMap()

"""The inverted indexes of the register and of the cases in the ledger: the same is found on every database.

What terms are is told in domain/search_terms.py. The holders of a term are kept by blocks, so that a change writes a
small part of them; in a block they are a packed Roaring bitmap.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import groupby, islice

from django.db import connection
from pyroaring import BitMap

from bridge.adapters.ledger import bulk
from bridge.adapters.ledger.chunked import chunks
from bridge.adapters.ledger.models import SearchState, SearchTerm
from bridge.adapters.ledger.prepared import Prepared
from bridge.domain.misspelt import MOST_SLIPS, Vocabulary, may_be_misspelt, nearest
from bridge.domain.search_terms import (
    EVERYBODY,
    Candidates,
    Entry,
    Wanted,
    gathered,
    word_of,
)
from bridge.domain.values.search import holds

FEW = 16  # keys that are read rather than further terms
WAIT = 32  # new ones of a block
_WAITING = "*waiting"  # the term of those who do; no letters of a key, either
_TABLE = SearchTerm._meta.db_table

# (block, place in it), what the index knew of whoever has that place, and what it shall know; None for nothing.
Change = tuple[tuple[int, int], Entry | None, Entry | None]
Place = tuple[int, int]  # a block, and a place in it
Group = tuple[int, BitMap]  # a block, and some of those in it
# The `person_key` of each of these places of the block.
KeysOf = Callable[[int, Sequence[int]], Mapping[int, str]]
EntriesOf = Callable[[int, Sequence[int]], Mapping[int, Entry]]


class SearchIndex:
    """One index, of this `kind`. Where `entries_of` tells what it shall know of those at these places of a block, new
    ones wait until WAIT of them, or a change, are written at once: one by one costs ten times as much. Who waits is
    kept like a term, and found like all others."""

    def __init__(self, kind: str, entries_of: EntriesOf | None = None) -> None:
        self.kind, self._entries_of = kind, entries_of
        self._vocabulary = list[tuple[str]](), Vocabulary(())

    def update(self, changes: Iterable[Change]) -> None:
        """Inside the transaction that writes what is indexed; others who write to the index wait for its end.
        Many changes at once, in the order of their places, are much cheaper than one by one."""
        for n, (block, some) in enumerate(groupby(changes, key=lambda change: change[0][0])):
            if not n:
                self._lock()
            self._update(block, some)

    def _update(self, block: int, some: Iterable[Change]) -> None:
        there = self._stored([EVERYBODY, _WAITING], block).get(block)
        if not there:  # a whole import needs little memory so
            self.write(block, gathered((at, now) for (_, at), _, now in some if now is not None))
            return
        changes, waiting, nobody = list(some), there.get(_WAITING, BitMap()), BitMap()
        few = self._entries_of and len(changes) + len(waiting) < WAIT
        if few and all(entry is None for _, entry, _ in changes):
            self.write(block, {_WAITING: waiting | BitMap([at for (_, at), _, _ in changes])})
            return
        if waiting:
            self.write(block, {_WAITING: nobody})
            changes = self._with_waiting(block, waiting, changes)
        before = gathered((at, entry) for (_, at), entry, _ in changes if entry is not None)
        now = gathered((at, entry) for (_, at), _, entry in changes if entry is not None)
        changed = sorted(each for each in before.keys() | now.keys() if before.get(each) != now.get(each))
        for chunk in chunks(changed):
            known = self._stored(chunk, block).get(block, {})
            self.write(
                block,
                {
                    each: (known.get(each, nobody) - before.get(each, nobody)) | now.get(each, nobody)
                    for each in chunk
                },
            )

    def _with_waiting(self, block: int, waiting: BitMap, changes: Sequence[Change]) -> list[Change]:
        """These changes, and those who wait: of all of them the index knows nothing yet."""
        told = [(place, None if place[1] in waiting else before, now) for place, before, now in changes]
        others = waiting - BitMap([at for (_, at), _, _ in changes])
        return [*told, *(((block, at), None, entry) for at, entry in self._entries(block, others).items())]

    def _entries(self, block: int, waiting: BitMap) -> Mapping[int, Entry]:
        return self._entries_of(block, list(waiting)) if self._entries_of and waiting else {}

    def read(self, terms: Sequence[str], block: int | None = None) -> dict[int, dict[str, BitMap]]:
        """The holders of each term by blocks, in that block alone if one is told."""
        if not self._entries_of or not terms:
            return self._stored(terms, block)
        # Who waits is read first: whoever is written to the terms meanwhile is found twice rather than never.
        found = self._stored([_WAITING, *terms], block)
        for at, held in list(found.items()):
            for place, entry in self._entries(at, held.pop(_WAITING, BitMap())).items():
                for term in _terms_of(entry).intersection(terms):
                    held[term] = held.get(term, BitMap()) | BitMap([place])
            if not held:
                del found[at]
        return found

    def _stored(self, terms: Sequence[str], block: int | None = None) -> dict[int, dict[str, BitMap]]:
        found: dict[int, dict[str, BitMap]] = defaultdict(dict)
        one = "" if block is None else " AND block = %s"
        with connection.cursor() as cursor:
            for chunk in chunks(terms):
                cursor.execute(
                    f"SELECT block, term, holders FROM {_TABLE} WHERE kind = %s AND term IN "  # noqa: S608
                    f"({', '.join(['%s'] * len(chunk))}){one}",
                    [self.kind, *chunk, *([] if block is None else [block])],
                )
                for at, term, holders in cursor.fetchall():
                    found[at][term] = BitMap.deserialize(bytes(holders))
        return found

    def vocabulary(self) -> Vocabulary:
        """Its words, read again after a change only."""
        version = _version(self.kind)
        known, words = self._vocabulary
        if known != version:
            words = Vocabulary(filter(None, map(word_of, self._words())))
            self._vocabulary = version, words
        return words

    def _words(self) -> list[str]:
        rows = SearchTerm.objects.filter(kind=self.kind, term__startswith="^", term__endswith="$")
        waiting = (
            term
            for block, held in self._stored([_WAITING]).items()
            for entry in self._entries(block, held[_WAITING]).values()
            for term in _terms_of(entry)
        )
        return list({*rows.values_list("term", flat=True).distinct(), *waiting})

    def _lock(self) -> None:
        state = SearchState(kind=self.kind, version=secrets.token_hex(8))
        bulk.create([state], unique=("kind",), replaced=("version",))

    def write(self, block: int, holders: Mapping[str, BitMap]) -> None:
        """Terms that nobody holds any more go."""
        nobodys = [term for term, those in holders.items() if not those]
        for chunk in chunks(nobodys):
            SearchTerm.objects.filter(kind=self.kind, term__in=chunk, block=block).delete()
        rows = ((self.kind, term, block, _packed(holders[term])) for term in sorted(holders) if holders[term])
        unique = ("kind", "term", "block")
        bulk.insert(SearchTerm, (*unique, "holders"), rows, unique=unique, replaced=("holders",))


_version = Prepared(lambda kind: SearchState.objects.filter(kind=kind).values_list("version"))


class Search:
    """What one search finds in an index. `keys_of` tells the `person_key` of these places of a block; of a block the
    lowest places come first, or the `highest`."""

    def __init__(
        self,
        index: SearchIndex,
        wanted: Wanted,
        keys_of: KeysOf,
        *,
        block: int | None = None,
        highest: bool = False,
    ) -> None:
        self._index, self._wanted, self._keys_of = index, wanted, keys_of
        self._block, self._highest = block, highest
        self._rows = index.read(sorted(wanted.terms()), block)
        self.blocks = self._candidates()
        if sum(len(found.all) - len(found.sure) for found in self.blocks.values()) > FEW:
            for at, more in index.read(sorted(wanted.further()), block).items():
                self._rows[at].update(more)
            self.blocks = self._candidates(further=True)

    def _candidates(self, *, further: bool = False) -> dict[int, Candidates]:
        """By block, in order, where there are any."""
        found = {at: Candidates(self._rows[at], self._wanted, further=further) for at in sorted(self._rows)}
        return {at: some for at, some in found.items() if some.all}

    def page(self, groups: Sequence[Group], first: int, count: int, most: int) -> tuple[list[Place], int]:
        """`count` from the `first` on of those in these groups of candidates who hold the needles, group by group, and
        how many there are, no more than `most`."""
        places, total, end = list[Place](), 0, min(first + count, most)
        least = sum(len(self._sure(group)) for group in groups)
        for group in self._portions(groups):
            if total >= end and least >= most:
                return places, most
            least -= len(self._sure(group))
            held = self._held(group)
            places += self._cut((group[0], held), first - total, end - total)
            least, total = least + len(held), total + len(held)
        return places, min(total, most)

    def alike(self, most: int) -> list[Place]:
        """At most so many of those who are spelt almost like that, the fewest slips first."""
        if not any(map(may_be_misspelt, self._wanted.needles)):
            return []
        words = self._index.vocabulary()
        meant = {needle: words.meant(needle) for needle in self._wanted.needles}
        terms = {term for each in meant.values() for some, _ in each for term in some}
        rows = self._index.read(sorted(terms), self._block)
        near = {
            at: nearest({**self._rows.get(at, {}), **rows.get(at, {})}, self._wanted, meant)
            for at in sorted({*self._rows, *rows})
        }
        return list(islice(self._nearest_first(near), most))

    def _nearest_first(self, near: Mapping[int, Mapping[int, BitMap]]) -> Iterator[Place]:
        for slips in range(MOST_SLIPS + 1):
            for block, by_slips in near.items():
                those = by_slips.get(slips, BitMap())
                if those and not slips:
                    those = those - self._held((block, those))
                yield from ((block, at) for at in those)

    def _portions(self, groups: Iterable[Group]) -> Iterator[Group]:
        """Those whose keys have to be read some at a time: enough may be found among the first."""
        for block, those in groups:
            if those.issubset(self.blocks[block].sure):
                yield block, those
            else:
                for some in chunks(self._cut((block, those), 0, len(those))):
                    yield block, BitMap([at for _, at in some])

    def _cut(self, group: Group, start: int, stop: int) -> list[Place]:
        block, those = group
        start, stop = max(start, 0), max(stop, 0)
        if self._highest:
            start, stop = max(len(those) - stop, 0), max(len(those) - start, 0)
        some = [(block, at) for at in those[start:stop]]
        return some[::-1] if self._highest else some

    def _sure(self, group: Group) -> BitMap:
        block, those = group
        return those & self.blocks[block].sure

    def _held(self, group: Group) -> BitMap:
        """Those of these candidates who do hold the needles."""
        block, those = group
        found = self.blocks.get(block)
        if found is None:
            return BitMap()
        for some in chunks((those & found.all) - found.sure):
            keys = self._keys_of(block, some)
            found.compared(BitMap(some), BitMap([at for at in some if self._holds(keys.get(at, ""))]))
        return those & found.all

    def _holds(self, key: str) -> bool:
        return all(holds(key, needle) for needle in self._wanted.needles)


@lru_cache(maxsize=4 * WAIT)
def _terms_of(entry: Entry) -> frozenset[str]:
    return frozenset(gathered([(0, entry)]))


def _packed(holders: BitMap) -> bytes:
    holders.run_optimize()
    return bytes(holders.serialize())

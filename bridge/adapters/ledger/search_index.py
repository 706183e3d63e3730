"""The inverted indexes of the register and of the cases in the ledger: the same is found on every database.

What terms are is told in domain/search_terms.py. The holders of a term are kept by blocks, so that a change writes a
small part of them; in a block they are a packed Roaring bitmap.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import groupby

from django.db import connection
from pyroaring import BitMap

from bridge.adapters.ledger import bulk
from bridge.adapters.ledger.chunked import chunks
from bridge.adapters.ledger.models import SearchState, SearchTerm
from bridge.domain.misspelt import MOST_SLIPS, Vocabulary, may_be_misspelt, nearest
from bridge.domain.search_terms import (
    EVERYBODY,
    Candidates,
    Entry,
    Wanted,
    gathered,
    is_exact,
    whole,
    word_of,
)
from bridge.domain.values.search import holds
from bridge.domain.values.search import words as words_of

FEW = 16  # keys that are read at first
WAIT = 32  # new ones of a block
_WAITING = "*waiting"  # the term of those who do; no letters of a key, either
_TABLE = SearchTerm._meta.db_table

# (block, place in it), what the index knew of whoever has that place, and what it shall know; None for nothing.
Change = tuple[tuple[int, int], Entry | None, Entry | None]
# The `person_key` of each of these places of the block.
KeysOf = Callable[[int, Sequence[int]], Mapping[int, str]]
EntriesOf = Callable[[int, Sequence[int]], Mapping[int, Entry]]


class SearchIndex:
    """One index, of this `kind`. Where `entries_of` tells what it shall know of those at these places of a block, new
    ones wait until WAIT of them, or a change, are written at once: one by one costs ten times as much. Who waits is
    kept like a term, and found like all others."""

    def __init__(self, kind: str, entries_of: EntriesOf | None = None) -> None:
        self.kind, self._entries_of = kind, entries_of
        self._vocabulary = "", Vocabulary(())

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
            self._write(block, gathered((at, now) for (_, at), _, now in some if now is not None))
            return
        changes, waiting, nobody = list(some), there.get(_WAITING, BitMap()), BitMap()
        few = self._entries_of and len(changes) + len(waiting) < WAIT
        if few and all(entry is None for _, entry, _ in changes):
            self._write(block, {_WAITING: waiting | BitMap([at for (_, at), _, _ in changes])})
            return
        if waiting:
            self._write(block, {_WAITING: nobody})
            changes = self._with_waiting(block, waiting, changes)
        before = gathered((at, entry) for (_, at), entry, _ in changes if entry is not None)
        now = gathered((at, entry) for (_, at), _, entry in changes if entry is not None)
        changed = sorted(each for each in before.keys() | now.keys() if before.get(each) != now.get(each))
        for chunk in chunks(changed):
            known = self._stored(chunk, block).get(block, {})
            self._write(
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
        for at, held in found.items():
            for place, entry in self._entries(at, held.pop(_WAITING, BitMap())).items():
                for term in _terms_of(entry).intersection(terms):
                    held[term] = held.get(term, BitMap()) | BitMap([place])
        return {at: held for at, held in found.items() if held}

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
        version = SearchState.objects.filter(kind=self.kind).values_list("version", flat=True).first() or ""
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

    def _write(self, block: int, holders: Mapping[str, BitMap]) -> None:
        """Terms that nobody holds any more go."""
        nobodys = [term for term, those in holders.items() if not those]
        for chunk in chunks(nobodys):
            SearchTerm.objects.filter(kind=self.kind, term__in=chunk, block=block).delete()
        rows = ((self.kind, term, block, _packed(those)) for term, those in sorted(holders.items()) if those)
        unique = ("kind", "term", "block")
        bulk.insert(SearchTerm, (*unique, "holders"), rows, unique=unique, replaced=("holders",))


class Search:
    """What one search finds in an index. `keys_of` tells the `person_key` of these places of a block."""

    def __init__(self, index: SearchIndex, wanted: Wanted, keys_of: KeysOf, block: int | None = None) -> None:
        self._index, self._wanted, self._keys_of, self._block = index, wanted, keys_of, block
        self.rows = index.read(sorted(wanted.terms()), block)
        self.blocks = {block: Candidates(self.rows[block], wanted) for block in sorted(self.rows)}
        self._learnt: set[str] = set()

    def held(self, block: int, order: Iterable[int]) -> Iterator[int]:
        """Of these candidates of the block, in this order, those who do hold the needles."""
        found = self.blocks[block]
        for chunk in chunks(order):
            asked, size = BitMap(chunk), FEW
            while few := (asked - found.sure)[:size]:
                keys = self._keys_of(block, list(few))
                right = BitMap([at for at in few if self._holds(keys.get(at, ""))])
                asked -= few - right
                self._learn(block, right, keys.values())
                size *= FEW
            yield from (at for at in chunk if at in asked)

    def _learn(self, block: int, right: BitMap, keys: Iterable[str]) -> None:
        """Most of the others who hold the needles have the same words as these."""
        longer = [needle for needle in self._wanted.needles if not is_exact(needle)]
        words = {word for key in keys for word in words_of(key) if any(needle in word for needle in longer)}
        fresh = {whole(word) for word in words} - self._learnt
        self._learnt |= fresh
        rows = self._index.read(sorted(fresh), self._block)
        for each, found in self.blocks.items():
            found.learn(rows.get(each, {}), right if each == block else BitMap())

    def alike(self) -> Iterator[tuple[int, int]]:
        """(block, place) of those who are spelt almost like that, the fewest slips first."""
        if not any(map(may_be_misspelt, self._wanted.needles)):
            return
        words = self._index.vocabulary()
        meant = {needle: words.meant(needle) for needle in self._wanted.needles}
        terms = {whole(word) for each in meant.values() for some, _ in each for word in some}
        rows = self._index.read(sorted(terms), self._block)
        near = {
            block: nearest({**known, **rows.get(block, {})}, self._wanted, meant)
            for block, known in self.rows.items()
        }
        for slips in range(MOST_SLIPS + 1):
            for block, by_slips in near.items():
                those = by_slips[slips]
                yield from (
                    (block, at) for at in (those if slips else those - BitMap(self.held(block, those)))
                )

    def _holds(self, key: str) -> bool:
        return all(holds(key, needle) for needle in self._wanted.needles)


@lru_cache(maxsize=4 * WAIT)
def _terms_of(entry: Entry) -> frozenset[str]:
    return frozenset(gathered([(0, entry)]))


def _packed(holders: BitMap) -> bytes:
    holders.run_optimize()
    return bytes(holders.serialize())

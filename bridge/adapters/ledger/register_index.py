"""The register's inverted index in the ledger: the same rows found on every database (domain/fragments.py)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, islice
from operator import itemgetter

import numpy as np

from bridge.adapters.ledger import bulk
from bridge.adapters.ledger.models import RegisterFragment, RegisterPerson
from bridge.application.ports.register import RegisterQuery
from bridge.domain.fragments import (
    BLOCK,
    EVERYBODY,
    Held,
    fragments,
    holders,
    is_exact,
    of_amphoe,
    of_level,
    of_tambon,
    packed,
    packed_of,
    places_of,
    unpacked,
)
from bridge.domain.search_keys import RegisterKeys

CHUNK = 500  # SQLite before 3.32 takes 999 variables in one statement
NOBODY = packed(0)
FEW_FRAGMENTS = 5_000  # more than these are looked up all at once
FIRST_BLOCKS = 4  # what many hold is found often enough in these

# A person's id, the keys before and now: None where the register did not hold them, or holds them no more.
Change = tuple[int, RegisterKeys | None, RegisterKeys | None]


def index_people(changes: Iterable[Change]) -> None:
    """Brings the index up to date. Inside the transaction that writes the people; one at a time."""
    blocks: dict[int, list[Change]] = defaultdict(list)
    for change in changes:
        blocks[change[0] // BLOCK].append(change)
    for block, some in sorted(blocks.items()):
        _index_block(block, some)


def _index_block(block: int, changes: Sequence[Change]) -> None:
    """Each fragment is written once, however many people it changes for."""
    before = holders((person % BLOCK, keys) for person, keys, _ in changes if keys is not None)
    now = holders((person % BLOCK, keys) for person, _, keys in changes if keys is not None)
    changed = sorted(each for each in before.keys() | now.keys() if not _same(before, now, each))
    stored = RegisterFragment.objects.filter(block=block)
    if len(changed) > FEW_FRAGMENTS:  # one look at the block instead of hundreds
        everything = dict(stored.values_list("fragment", "people"))
        _write_fragments(block, changed, before, now, everything)
        return
    for start in range(0, len(changed), CHUNK):
        chunk = changed[start : start + CHUNK]
        known = dict(stored.filter(fragment__in=chunk).values_list("fragment", "people"))
        _write_fragments(block, chunk, before, now, known)


def _write_fragments(
    block: int,
    changed: Sequence[str],
    before: Mapping[str, Held],
    now: Mapping[str, Held],
    known: dict[str, bytes],
) -> None:
    nobodys: list[str] = []

    def rows() -> Iterator[tuple[str, int, bytes]]:
        for each in changed:
            held = packed_of(now[each]) if each in now else NOBODY
            if each in known:
                left = unpacked(known[each]) & ~unpacked(
                    packed_of(before[each]) if each in before else NOBODY
                )
                held = packed(left | unpacked(held))
            if held != NOBODY:
                yield each, block, held
            else:
                nobodys.append(each)

    columns = ("fragment", "block", "people")
    if known:
        bulk.insert(RegisterFragment, columns, rows(), unique=("fragment", "block"), replaced=("people",))
    else:
        bulk.insert(RegisterFragment, columns, rows())
    for start in range(0, len(nobodys), CHUNK):
        RegisterFragment.objects.filter(block=block, fragment__in=nobodys[start : start + CHUNK]).delete()


def _same(before: Mapping[str, Held], now: Mapping[str, Held], fragment: str) -> bool:
    left, right = before.get(fragment), now.get(fragment)
    return left is not None and right is not None and np.array_equal(np.sort(left), np.sort(right))


def found_ids(query: RegisterQuery, most: int) -> list[int]:
    """The ids of whom the query finds, in order, no more than `most`."""
    ids: Iterator[int] = (
        block * BLOCK + at for block, bits in _held_by_block(query) for at in places_of(bits)
    )
    longer = [needle for needle in query.needles if not is_exact(needle)]
    return list(islice(_holding(longer, ids) if longer else ids, most))


def _held_by_block(query: RegisterQuery) -> Iterator[tuple[int, int]]:
    """(block, bits) of those who hold every fragment of the query and stand in one of its areas."""
    wanted = [each for needle in query.needles for each in fragments(needle)]
    wanted += [of_amphoe(query.amphoe)] if query.amphoe else []
    wanted += [of_tambon(query.tambon)] if query.tambon else []
    wanted += [of_level(query.level)] if query.level else []
    wanted = wanted or [EVERYBODY]
    areas = None
    if query.areas is not None:
        areas = [
            [of_amphoe(amphoe), *([of_tambon(tambon)] if tambon else [])] for amphoe, tambon in query.areas
        ]
    asked = {*wanted, *(each for area in areas or [] for each in area)}
    for block, rows in _read(asked):
        bits = _all(rows, wanted)
        if bits and areas is not None:
            inside = 0
            for area in areas:
                inside |= _all(rows, area)
            bits &= inside
        if bits:
            yield block, bits


def _read(asked: Iterable[str]) -> Iterator[tuple[int, dict[str, bytes]]]:
    """(block, packed bits by fragment), in order. Often the first blocks are enough."""
    held = RegisterFragment.objects.filter(fragment__in=asked).order_by("block")
    for part in (held.filter(block__lt=FIRST_BLOCKS), held.filter(block__gte=FIRST_BLOCKS)):
        rows = part.values_list("block", "fragment", "people").iterator(chunk_size=CHUNK)
        for block, some in groupby(rows, key=itemgetter(0)):
            yield block, {fragment: people for _, fragment, people in some}


def _all(rows: dict[str, bytes], wanted: Sequence[str]) -> int:
    """The bits that all of these have; the rarest first, so that few have to be unpacked."""
    if not all(each in rows for each in wanted):
        return 0
    bits = -1
    for packed_bits in sorted((rows[each] for each in wanted), key=len):
        bits &= unpacked(packed_bits)
        if not bits:
            break
    return bits


def _holding(needles: Sequence[str], ids: Iterator[int]) -> Iterator[int]:
    """Those whose key holds the needles whole."""
    while chunk := list(islice(ids, CHUNK)):
        rows = RegisterPerson.objects.filter(id__in=chunk).order_by("id")
        for person, search in rows.values_list("id", "search"):
            if all(needle in search for needle in needles):
                yield person

"""The register's inverted index in the ledger: the same rows found on every database (domain/fragments.py)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice
from operator import itemgetter

from bridge.adapters.ledger.models import RegisterFragment, RegisterPerson
from bridge.application.ports.register import RegisterQuery
from bridge.domain.fragments import (
    BLOCK,
    EVERYBODY,
    fragments,
    gathered,
    is_exact,
    of_amphoe,
    of_level,
    of_tambon,
    packed,
    places_of,
    unpacked,
)
from bridge.domain.search_keys import RegisterKeys

CHUNK = 500  # SQLite before 3.32 takes 999 variables in one statement
FIRST_BLOCKS = 4  # what many hold is found often enough in these

# A person's id, the keys before and now: None where the register did not hold them, or holds them no more.
Change = tuple[int, RegisterKeys | None, RegisterKeys | None]


def index_people(changes: Iterable[Change]) -> None:
    """Brings the index up to date. Inside the transaction that writes the people; one at a time."""
    blocks: dict[int, list[Change]] = defaultdict(list)
    for change in changes:
        blocks[change[0] // BLOCK].append(change)
    for block, some in sorted(blocks.items()):
        before = gathered((person % BLOCK, keys) for person, keys, _ in some if keys is not None)
        now = gathered((person % BLOCK, keys) for person, _, keys in some if keys is not None)
        changed = sorted(each for each in before.keys() | now.keys() if before.get(each) != now.get(each))
        for start in range(0, len(changed), CHUNK):
            chunk = changed[start : start + CHUNK]
            rows = RegisterFragment.objects.filter(block=block, fragment__in=chunk)
            known = dict(rows.values_list("fragment", "people"))
            held = {each: _held(known, each) & ~before.get(each, 0) | now.get(each, 0) for each in chunk}
            nobodys = [each for each, bits in held.items() if not bits]
            RegisterFragment.objects.filter(block=block, fragment__in=nobodys).delete()
            RegisterFragment.objects.bulk_create(
                [
                    RegisterFragment(fragment=each, block=block, people=packed(bits))
                    for each, bits in held.items()
                    if bits
                ],
                update_conflicts=True,
                unique_fields=["fragment", "block"],
                update_fields=["people"],
            )


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


def _held(rows: dict[str, bytes], fragment: str) -> int:
    return unpacked(rows[fragment]) if fragment in rows else 0


def _holding(needles: Sequence[str], ids: Iterator[int]) -> Iterator[int]:
    """Those whose key holds the needles whole."""
    while chunk := list(islice(ids, CHUNK)):
        rows = RegisterPerson.objects.filter(id__in=chunk).order_by("id")
        for person, search in rows.values_list("id", "search"):
            if all(needle in search for needle in needles):
                yield person

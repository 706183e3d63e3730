"""The register's inverted index in the ledger: the same rows found on every database (domain/fragments.py)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

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
FIRST_BLOCKS = 4  # read at once; where that is not enough, each time four times as many

Change = tuple[int, RegisterKeys | None, RegisterKeys]  # a person's id, the keys before and now


def index_people(changes: Iterable[Change]) -> None:
    """Brings the index up to date. Inside the transaction that writes the people; one at a time."""
    blocks: dict[int, list[Change]] = defaultdict(list)
    for change in changes:
        blocks[change[0] // BLOCK].append(change)
    for block, some in sorted(blocks.items()):
        before = gathered((person % BLOCK, keys) for person, keys, _ in some if keys is not None)
        now = gathered((person % BLOCK, keys) for person, _, keys in some)
        changed = sorted(each for each in before.keys() | now.keys() if before.get(each) != now.get(each))
        for start in range(0, len(changed), CHUNK):
            chunk = changed[start : start + CHUNK]
            rows = RegisterFragment.objects.filter(block=block, fragment__in=chunk)
            known = dict(rows.values_list("fragment", "people"))
            RegisterFragment.objects.bulk_create(
                [
                    RegisterFragment(
                        fragment=each,
                        block=block,
                        people=packed(_held(known, each) & ~before.get(each, 0) | now.get(each, 0)),
                    )
                    for each in chunk
                ],
                update_conflicts=True,
                unique_fields=["fragment", "block"],
                update_fields=["people"],
            )


def found_ids(query: RegisterQuery, most: int) -> list[int]:
    """The ids of whom the query finds, in order, no more than `most`."""
    longer = [needle for needle in query.needles if not is_exact(needle)]
    found: list[int] = []
    for block, bits in _held_by_block(query):
        ids: Iterator[int] = (block * BLOCK + at for at in places_of(bits))
        if longer:
            ids = _holding(longer, ids)
        found += islice(ids, most - len(found))
        if len(found) == most:
            break
    return found


def _held_by_block(query: RegisterQuery) -> Iterator[tuple[int, int]]:
    """(block, bits) of those who hold every fragment of the query and stand in one of its areas."""
    wanted = [EVERYBODY, *(each for needle in query.needles for each in fragments(needle))]
    wanted += [of_amphoe(query.amphoe)] if query.amphoe else []
    wanted += [of_tambon(query.tambon)] if query.tambon else []
    wanted += [of_level(query.level)] if query.level else []
    areas = None
    if query.areas is not None:
        areas = [
            [of_amphoe(amphoe), *([of_tambon(tambon)] if tambon else [])] for amphoe, tambon in query.areas
        ]
    asked = {*wanted, *(each for area in areas or [] for each in area)}
    first: int | None = 0
    count = FIRST_BLOCKS
    while first is not None:
        for block, rows in _read(asked, first, first + count).items():
            bits = _all(rows, wanted)
            if areas is not None:
                inside = 0
                for area in areas:
                    inside |= _all(rows, area)
                bits &= inside
            if bits:
                yield block, bits
        after = RegisterFragment.objects.filter(fragment=EVERYBODY, block__gte=first + count)
        first, count = after.order_by("block").values_list("block", flat=True).first(), count * 4


def _read(asked: Iterable[str], first: int, end: int) -> dict[int, dict[str, bytes]]:
    blocks: dict[int, dict[str, bytes]] = {}
    rows = RegisterFragment.objects.filter(fragment__in=asked, block__gte=first, block__lt=end)
    for fragment, block, people in rows.order_by("block").values_list("fragment", "block", "people"):
        blocks.setdefault(block, {})[fragment] = people
    return blocks


def _all(rows: dict[str, bytes], wanted: Sequence[str]) -> int:
    """The bits that all of these have."""
    if not all(each in rows for each in wanted):
        return 0
    bits = -1
    for each in wanted:
        bits &= unpacked(rows[each])
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

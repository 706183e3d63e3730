"""The searchable register, on Django's ORM."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from django.db.models import Q

from bridge.adapters.ledger.models import RegisterPerson
from bridge.adapters.ledger.prepared import Prepared
from bridge.adapters.ledger.search_index import Place, Search, SearchIndex
from bridge.application.ports.register import Areas, RegisterEntry, RegisterQuery
from bridge.domain.search_keys import RegisterKeys
from bridge.domain.search_terms import (
    RANKS,
    Wanted,
    of_amphoe,
    of_level,
    of_tambon,
    person_entry,
)

BLOCK = 1 << 16  # people; a part of an import fills one (application/import_register.py)
_INDEX = SearchIndex("register")

# A person's id, the keys before and now: None where the register did not hold them, or holds them no more.
Change = tuple[int, RegisterKeys | None, RegisterKeys | None]


class DjangoRegister:
    """Implements ports.register.Register."""

    def find(self, query: RegisterQuery) -> FoundPeople:
        return FoundPeople(Search(_INDEX, _wanted(query), _keys))

    def entry(self, number: str) -> RegisterEntry | None:
        rows = _numbered(number) if "\0" not in number else ()
        return _entry(rows[0]) if rows else None

    def is_empty(self) -> bool:
        return not RegisterPerson.objects.exists()


class FoundPeople:
    """Implements ports.found.Found."""

    def __init__(self, search: Search) -> None:
        self._search = search

    def page(self, first: int, count: int, most: int) -> tuple[Sequence[RegisterEntry], int]:
        ranked = {block: found.ranked() for block, found in self._search.blocks.items()}
        groups = [(block, those[rank]) for rank in range(RANKS) for block, those in ranked.items()]
        places, total = self._search.page(groups, first, count, most)
        return _entries(places), total

    def alike(self, most: int) -> Sequence[RegisterEntry]:
        return _entries(self._search.alike(most))


def index_people(changes: Iterable[Change]) -> None:
    """Brings the index up to date. Inside the transaction that writes the people; one at a time. A whole import at
    once is far cheaper than many parts of one."""
    _INDEX.update(
        (_place(person), person_entry(before) if before else None, person_entry(now) if now else None)
        for person, before, now in changes
    )


def _place(person: int) -> tuple[int, int]:
    """The block, and the place in it; ids begin at 1."""
    return divmod(person - 1, BLOCK)


def _id(block: int, at: int) -> int:
    return block * BLOCK + at + 1


def inside(areas: Areas) -> Q:
    """Rows in one of the areas; none for no area."""
    wanted = Q(pk__in=[])
    for amphoe, tambon in areas:
        wanted |= Q(amphoe=amphoe, tambon=tambon) if tambon else Q(amphoe=amphoe)
    return wanted


def area_labels(areas: Areas | None) -> tuple[tuple[str, ...], ...] | None:
    if areas is None:
        return None
    return tuple(
        (of_amphoe(amphoe), of_tambon(tambon)) if tambon else (of_amphoe(amphoe),) for amphoe, tambon in areas
    )


def _wanted(query: RegisterQuery) -> Wanted:
    labels = [of_amphoe(query.amphoe)] if query.amphoe else []
    labels += [of_tambon(query.tambon)] if query.tambon else []
    labels += [of_level(query.level)] if query.level else []
    return Wanted(query.needles, tuple(labels), area_labels(query.areas))


def _keys(block: int, places: Sequence[int]) -> Mapping[int, str]:
    return {_place(person)[1]: search for person, search in _searched([_id(block, at) for at in places])}


_searched = Prepared(lambda ids: RegisterPerson.objects.filter(id__in=ids).values_list("id", "search"))


def _entries(places: Sequence[Place]) -> list[RegisterEntry]:
    ids = [_id(block, at) for block, at in places]
    rows = {row.id: row for row in _people(ids)}
    return [_entry(rows[person]) for person in ids if person in rows]


_people = Prepared(lambda ids: RegisterPerson.objects.filter(id__in=ids))
_numbered = Prepared(lambda number: RegisterPerson.objects.filter(number=number))


def _entry(row: RegisterPerson) -> RegisterEntry:
    return RegisterEntry(row.number, row.amphoe, row.tambon, row.values)

"""The searchable register, on Django's ORM."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q

from bridge.adapters.ledger.models import RegisterPerson
from bridge.adapters.ledger.register_index import found_ids
from bridge.application.ports.register import Areas, RegisterEntry, RegisterQuery


class DjangoRegister:
    """Implements ports.register.Register. A search reads the inverted index and stops when it has enough."""

    def find(
        self, query: RegisterQuery, first: int, count: int, most: int
    ) -> tuple[Sequence[RegisterEntry], int]:
        ids = found_ids(query, most)
        rows = RegisterPerson.objects.filter(id__in=ids[first : first + count]).order_by("id")
        return [_entry(row) for row in rows], len(ids)

    def entry(self, number: str) -> RegisterEntry | None:
        row = RegisterPerson.objects.filter(number=number).first() if "\0" not in number else None
        return _entry(row) if row else None


def inside(areas: Areas) -> Q:
    """Rows in one of the areas; none for no area."""
    wanted = Q(pk__in=[])
    for amphoe, tambon in areas:
        wanted |= Q(amphoe=amphoe, tambon=tambon) if tambon else Q(amphoe=amphoe)
    return wanted


def _entry(row: RegisterPerson) -> RegisterEntry:
    return RegisterEntry(row.number, row.amphoe, row.tambon, row.values)

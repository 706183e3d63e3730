"""The people of the register as they are written: by an import, by undoing one, by an erasure.

Everything that hangs on the register hears of it in one place, `people_changed`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from django.db import transaction

from bridge.adapters.ledger import bulk
from bridge.adapters.ledger.chunked import chunks
from bridge.adapters.ledger.fields import CellsField
from bridge.adapters.ledger.models import RegisterPast, RegisterPerson
from bridge.adapters.ledger.register import index_people
from bridge.domain.cells import Cell
from bridge.domain.search_keys import RegisterKeys, register_keys

CHUNK = 2_000
_KEYS = ("search", "amphoe", "tambon", "level")
_WRITTEN = ("version", "values", *_KEYS)
_as_json = CellsField().get_prep_value

Values = Mapping[str, Cell]


@dataclass(frozen=True, slots=True)
class Person:
    """A row of the register as it is kept."""

    id: int
    number: str
    version: str
    values: Values
    keys: RegisterKeys


@dataclass(frozen=True, slots=True)
class PersonChange:
    """None where the register did not hold the person, or holds them no more. The id stays the same."""

    before: Person | None
    now: Person | None


@dataclass(frozen=True, slots=True)
class Compared:
    """Rows of a file beside those of the register: who is new or changed, with their values now."""

    known: Mapping[str, Person]
    values: Mapping[str, Values]
    new: int
    changed: int
    same: int


def people_changed(changes: Sequence[PersonChange]) -> None:
    """All that is made of the register follows. Inside the transaction that writes the people."""
    index_people(
        (there.id, change.before and change.before.keys, change.now and change.now.keys)
        for change in changes
        if (there := change.now or change.before)
        and (change.before and change.before.keys) != (change.now and change.now.keys)
    )


def compare(rows: Sequence[Mapping[str, Cell]], *, empty_clears: bool) -> Compared:
    """What an import of these rows would do. A blank cell leaves what is there, unless `empty_clears`."""
    known = {person.number: person for person in people_of(str(row["number"]) for row in rows)}
    now: dict[str, Values] = {}
    new = changed = same = 0
    for row in rows:
        number = str(row["number"])
        there = known.get(number)
        old = now.get(number, there.values if there else None)
        values = _merged(old or {}, row, empty_clears)
        if old == values:
            same += 1
            continue
        new, changed = (new + 1, changed) if old is None else (new, changed + 1)
        now[number] = values
    return Compared(known, now, new, changed, same)


def write(rows: Sequence[Mapping[str, Cell]], version: str, *, empty_clears: bool) -> Compared:
    """Adds and changes; what was there before is kept for undoing the import `version`."""
    with transaction.atomic():
        found = compare(rows, empty_clears=empty_clears)
        fresh = [number for number in found.values if number not in found.known]
        ids = dict(zip(fresh, bulk.new_ids(RegisterPerson, len(fresh)), strict=True)) if fresh else {}
        changes = []
        for number, values in found.values.items():
            before = found.known.get(number)
            key = before.id if before else ids[number]
            changes.append(PersonChange(before, Person(key, number, version, values, register_keys(values))))
        past = (found.known[number] for number in found.values if number in found.known)
        _keep_past(past, version)
        _write(changes)
    return found


def restore(version: str, first_person: int, most: int) -> int:
    """Undoes up to `most` rows of the import `version`, in one transaction: the changed ones first, then the new.
    How many; 0 when all are undone."""
    with transaction.atomic():
        past = list(RegisterPast.objects.filter(version=version).order_by("number")[:most])
        if past:
            there = {person.number: person for person in people_of(row.number for row in past)}
            back = [
                PersonChange(
                    there[row.number],
                    Person(there[row.number].id, row.number, row.came, row.values, register_keys(row.values)),
                )
                for row in past
                if row.number in there
            ]
            _write(back)
            for chunk in chunks(row.pk for row in past):
                RegisterPast.objects.filter(pk__in=chunk).delete()
            return len(past)
        new = RegisterPerson.objects.filter(id__gte=first_person, version=version).order_by("id")
        return remove(_people(new[:most]))


def remove(people: Iterable[Person]) -> int:
    """Inside a transaction. Their past goes, too."""
    gone = list(people)
    for chunk in chunks(gone, CHUNK):
        RegisterPast.objects.filter(number__in=[person.number for person in chunk]).delete()
        RegisterPerson.objects.filter(id__in=[person.id for person in chunk]).delete()
    people_changed([PersonChange(person, None) for person in gone])
    return len(gone)


def people_of(numbers: Iterable[str]) -> Iterator[Person]:
    """Those of these numbers whom the register holds."""
    for chunk in chunks(numbers, CHUNK):
        yield from _people(RegisterPerson.objects.filter(number__in=chunk))


def _people(rows: Any) -> Iterator[Person]:
    for key, number, version, values, *keys in rows.values_list("id", "number", *_WRITTEN):
        yield Person(key, number, version, values, RegisterKeys(*keys))


def _keep_past(people: Iterable[Person], version: str) -> None:
    """The oldest counts: an import may come by a row twice. Who came by the same import has no past."""
    bulk.insert(
        RegisterPast,
        ("version", "number", "came", "values"),
        (
            (version, person.number, person.version, _as_json(person.values))
            for person in people
            if person.version != version
        ),
        unique=("version", "number"),
    )


def _write(changes: Sequence[PersonChange]) -> None:
    now = [change.now for change in changes if change.before is None and change.now]
    bulk.insert(RegisterPerson, ("id", "number", *_WRITTEN), ((p.id, p.number, *_cells(p)) for p in now))
    changed = [change.now for change in changes if change.before and change.now]
    bulk.update(RegisterPerson, _WRITTEN, ((*_cells(p), p.id) for p in changed))
    people_changed(changes)


def _cells(person: Person) -> tuple[object, ...]:
    keys = person.keys
    return person.version, _as_json(person.values), keys.search, keys.amphoe, keys.tambon, keys.level


def _merged(old: Values, row: Mapping[str, Cell], empty_clears: bool) -> dict[str, Cell]:
    kept = (cell for cell in old.items() if not empty_clears or row.get(cell[0], "") is not None)
    return dict(chain(kept, ((key, cell) for key, cell in row.items() if cell is not None)))

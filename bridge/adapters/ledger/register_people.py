"""The people of the register as they are written: by an import, by undoing one, by an erasure.

Everything that hangs on the register hears of it in one place, `people_changed`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import chain
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import ExpressionWrapper, F, TextField

from bridge.adapters.ledger import bulk
from bridge.adapters.ledger.chunked import chunks
from bridge.adapters.ledger.fields import CellsField
from bridge.adapters.ledger.models import RegisterPast, RegisterPerson
from bridge.adapters.ledger.register import Change, index_people
from bridge.domain.cells import Cell
from bridge.domain.search_keys import RegisterKeys, register_keys

CHUNK = 2_000
_KEYS = ("search", "amphoe", "tambon", "level")
_WRITTEN = ("version", "values", *_KEYS)
_as_text, _as_values = CellsField().get_prep_value, CellsField().to_python
_TEXT = ExpressionWrapper(F("values"), output_field=TextField())

Values = Mapping[str, Cell]


class Person(NamedTuple):
    """A row of the register as it is kept, its values as the table has them."""

    id: int
    number: str
    version: str
    values: str
    keys: RegisterKeys


class Compared(NamedTuple):
    """Rows of a file beside those of the register: the values now of who is new or changed, also as the table has
    them, by number; and the numbers that the register holds."""

    now: Mapping[str, tuple[Values, str]]
    known: Collection[str]
    new: int
    changed: int
    same: int


def people_changed(changes: Iterable[Change]) -> None:
    """All that is made of the register follows. Inside the transaction that writes the people; of several changes of
    one person the last counts."""
    merged: dict[int, tuple[RegisterKeys | None, RegisterKeys | None]] = {}
    for person, before, now in changes:
        merged[person] = merged[person][0] if person in merged else before, now
    index_people((person, before, now) for person, (before, now) in sorted(merged.items()) if before != now)


def compare(rows: Iterable[Values], *, empty_clears: bool) -> Compared:
    """What an import of these rows would do. A blank cell leaves what is there, unless `empty_clears`."""
    rows = list(rows)
    numbers = (str(row["number"]) for row in rows)
    known = dict(bulk.select(RegisterPerson, ("number", "values"), "number", numbers, CHUNK))
    now: dict[str, tuple[Values, str]] = {}
    new = changed = same = 0
    for row in rows:
        number, text = str(row["number"]), _as_text(row) or ""
        there = now[number][1] if number in now else known.get(number)
        if there is None:
            new += 1
            now[number] = row, text
        elif there != text and (values := _merged(old := _as_values(there), row, empty_clears)) != old:
            changed += 1
            now[number] = values, _as_text(values) or ""
        else:
            same += 1
    return Compared(now, known.keys(), new, changed, same)


def write(rows: Iterable[Values], version: str, *, empty_clears: bool) -> tuple[int, int, int]:
    """Adds and changes; what was there before is kept for undoing the import `version`. How many are new, changed, and
    the same. The rows are taken a few at a time, in one transaction."""
    changes: list[Change] = []
    new = changed = same = 0
    with transaction.atomic():
        for chunk in chunks(rows, CHUNK):
            found = compare(chunk, empty_clears=empty_clears)
            changes += _write_found(found, version)
            new, changed, same = new + found.new, changed + found.changed, same + found.same
        people_changed(changes)
    return new, changed, same


def _write_found(found: Compared, version: str) -> list[Change]:
    before = {each.number: each for each in people_of(filter(found.known.__contains__, found.now))}
    ids = iter(bulk.new_ids(RegisterPerson, len(found.now) - len(before)))
    people = []
    for number, (values, text) in found.now.items():
        key = before[number].id if number in before else next(ids)
        people.append(Person(key, number, version, text, register_keys(values)))
    _keep_past(before.values(), version)
    _insert(each for each in people if each.number not in before)
    _update(each for each in people if each.number in before)
    was = {number: each.keys for number, each in before.items()}
    return [(each.id, was.get(each.number), each.keys) for each in people]


def restore(version: str, first_person: int, most: int) -> int:
    """Undoes up to `most` rows of the import `version`, in one transaction: the changed ones first, then the new.
    How many; 0 when all are undone."""
    with transaction.atomic():
        rows = RegisterPast.objects.filter(version=version).order_by("number")
        past = list(rows.values_list("id", "number", "came", _TEXT)[:most])
        if past:
            there = {person.number: person for person in people_of(number for _, number, *_ in past)}
            back = [
                Person(there[number].id, number, came, text, register_keys(_as_values(text)))
                for _, number, came, text in past
                if number in there
            ]
            _update(back)
            people_changed((each.id, there[each.number].keys, each.keys) for each in back)
            for chunk in chunks(key for key, *_ in past):
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
    people_changed((person.id, person.keys, None) for person in gone)
    return len(gone)


def people_of(numbers: Iterable[str]) -> Iterator[Person]:
    """Those of these numbers whom the register holds."""
    for chunk in chunks(numbers, CHUNK):
        yield from _people(RegisterPerson.objects.filter(number__in=chunk))


def _people(rows: Any) -> Iterator[Person]:
    for key, number, version, search, amphoe, tambon, level, values in rows.values_list(
        "id", "number", "version", *_KEYS, _TEXT
    ):
        yield Person(key, number, version, values, RegisterKeys(search, amphoe, tambon, level))


def _keep_past(people: Iterable[Person], version: str) -> None:
    """The oldest counts: an import may come by a row twice. Who came by the same import has no past."""
    bulk.insert(
        RegisterPast,
        ("version", "number", "came", "values"),
        (
            (version, person.number, person.version, person.values)
            for person in people
            if person.version != version
        ),
        unique=("version", "number"),
    )


def _insert(people: Iterable[Person]) -> None:
    bulk.insert(RegisterPerson, ("id", "number", *_WRITTEN), ((p.id, p.number, *_cells(p)) for p in people))


def _update(people: Iterable[Person]) -> None:
    bulk.update(RegisterPerson, _WRITTEN, ((*_cells(p), p.id) for p in people))


def _cells(person: Person) -> tuple[object, ...]:
    return person.version, person.values, *person.keys


def _merged(old: Values, row: Mapping[str, Cell], empty_clears: bool) -> dict[str, Cell]:
    kept = (cell for cell in old.items() if not empty_clears or row.get(cell[0], "") is not None)
    return dict(chain(kept, ((key, cell) for key, cell in row.items() if cell is not None)))

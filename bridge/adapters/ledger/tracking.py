"""The searchable cases, on Django's ORM."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from functools import cached_property, partial
from typing import Any

from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Replace
from pyroaring import BitMap

from bridge.adapters.ledger import bulk
from bridge.adapters.ledger.chunked import chunks
from bridge.adapters.ledger.models import CaseKey, Publication, SheetRow
from bridge.adapters.ledger.prepared import Prepared
from bridge.adapters.ledger.register import area_labels, inside
from bridge.adapters.ledger.search_index import Group, Place, Search, SearchIndex
from bridge.application.ports.rows import Presence
from bridge.application.ports.tracking import CaseQuery, TrackedCase
from bridge.domain.cells import Cell
from bridge.domain.search_keys import CaseKeys, case_keys
from bridge.domain.search_terms import (
    Entry,
    Wanted,
    case_entry,
    of_amphoe,
    of_identity,
    of_operation,
    of_org,
    of_tambon,
)
from bridge.domain.values.search import is_identity

TABLE = "cases"
MOST_YEARS = 30
PUBLISHED, NOW = "published", "now"
_KEYS = tuple(field.name for field in fields(CaseKeys))
_INDEXES = {
    shown: SearchIndex(shown, lambda year, places, shown=shown: _entries(shown, year, places))
    for shown in (PUBLISHED, NOW)
}


class DjangoTracking:
    """Implements ports.tracking.Tracking."""

    def find(self, query: CaseQuery) -> FoundCases:
        return FoundCases(query)

    def case(self, case: str, *, published: bool) -> TrackedCase | None:
        found = _cases([case], published=published) if "\0" not in case else []
        return found[0] if found else None

    def fiscal_years(self) -> Sequence[int]:
        ends = [*_newest_year(NOW), *_oldest_year(NOW)]
        if not ends:
            return []
        (newest,), (oldest,) = ends
        return list(range(newest, max(oldest, newest - MOST_YEARS) - 1, -1))


class FoundCases:
    """Implements ports.found.Found."""

    def __init__(self, query: CaseQuery) -> None:
        self._query, self._shown = query, _shown(query.published)

    def page(self, first: int, count: int, most: int) -> tuple[Sequence[TrackedCase], int]:
        if self._query.changed_since is not None:
            newest = _changed(self._query, self._query.changed_since)
            some, total = list(newest[first : min(first + count, most)]), newest.order_by()[:most].count()
            return _cases(some, published=self._query.published), total
        places, total = self._search.page(self._groups(), first, count, most)
        return self._at(places), total

    def alike(self, most: int) -> Sequence[TrackedCase]:
        return self._at(self._search.alike(most))

    @cached_property
    def _search(self) -> Search:
        keys_of, year = partial(_searched_at, self._shown), self._query.fiscal_year or None
        return Search(_INDEXES[self._shown], _wanted(self._query), keys_of, block=year, highest=True)

    def _groups(self) -> list[Group]:
        """The newest first."""
        groups = [(year, found.all) for year, found in reversed(self._search.blocks.items())]
        if self._query.after is None:
            return groups
        year, number = self._query.after
        return [
            (block, those if block < year else those & BitMap(range(number)))
            for block, those in groups
            if block <= year
        ]

    def _at(self, places: Sequence[Place]) -> list[TrackedCase]:
        """In the order of these places."""
        years = {year for year, _ in places}
        cases = {y: _cases_at(self._shown, y, [at for year, at in places if year == y]) for y in years}
        found = [cases[year][at] for year, at in places if at in cases[year]]
        return _cases(found, published=self._query.published)


def _cases(cases: Sequence[str], *, published: bool) -> list[TrackedCase]:
    """In the order of `cases`; what is published and as it stands now come of different tables."""
    shown = {case: (cells, at) for case, cells, at in _published(cases)}
    values: dict[str, Mapping[str, Cell]] = {case: cells for case, (cells, _) in shown.items()}
    if not published:
        values = dict(_sheet_rows(cases))
    return [
        TrackedCase(case, values[case], *shown.get(case, (None, None))) for case in cases if case in values
    ]


_published = Prepared(
    lambda cases: Publication.objects.filter(case__in=cases).values_list("case", "values", "published_at")
)
_sheet_rows = Prepared(
    lambda cases: (
        SheetRow.objects.filter(table=TABLE, key__in=cases)
        .exclude(presence=str(Presence.GONE))
        .values_list("key", "values")
    )
)


def _years(shown: str, order: str) -> QuerySet[Any, Any]:
    """One end of an index; an aggregate would read it all."""
    numbered = CaseKey.objects.filter(shown=shown, fiscal_year__gt=0).order_by(order)
    return numbered.values_list("fiscal_year")[:1]


_kept = Prepared(
    lambda cases, shown: CaseKey.objects.filter(case__in=cases, shown=shown).values_list("case", *_KEYS)
)
_newest_year = Prepared(lambda shown: _years(shown, "-fiscal_year"))
_oldest_year = Prepared(lambda shown: _years(shown, "fiscal_year"))


def _wanted(query: CaseQuery) -> Wanted:
    labels = [of_amphoe(query.amphoe)] if query.amphoe else []
    labels += [of_tambon(query.tambon)] if query.tambon else []
    labels += [of_operation(query.operation)] if query.operation else []
    labels += [of_org(query.org)] if query.org else []
    labels += [of_identity(needle) for needle in query.needles if is_identity(needle)]
    names = tuple(needle for needle in query.needles if not is_identity(needle))
    nobody = query.org == ""
    return Wanted(names, tuple(labels), area_labels(() if nobody else query.areas))


def _changed(query: CaseQuery, since: datetime) -> QuerySet[CaseKey, Any]:
    """The cases (their ids), the newest first, by reading the keys of all."""
    changed = Publication.objects.filter(published_at__gte=since).values("case")
    found = CaseKey.objects.filter(shown=_shown(query.published), case__in=changed)
    if query.needles:
        found = found.alias(together=Replace("search", Value(" ")))
    for needle in query.needles:
        held = {"identity": needle} if is_identity(needle) else {"together__contains": needle}
        found = found.filter(**held)
    for column in ("amphoe", "tambon", "operation", "fiscal_year"):
        if getattr(query, column):
            found = found.filter(**{column: getattr(query, column)})
    if query.areas is not None:
        found = found.filter(inside(query.areas))
    if query.org is not None:
        found = found.filter(org=query.org).exclude(org="")
    if query.after is not None:
        year, number = query.after
        earlier = Q(fiscal_year__lt=year) | Q(fiscal_year=year, number__lt=number)
        found = found.filter(earlier, fiscal_year__lte=year)  # said again, so that SQLite starts there
    return found.order_by("-fiscal_year", "-number", "-id").values_list("case", flat=True)


# ------------------------------------------------------------------------------------------------ the index


def _place(year: int, number: int, row: int) -> Place:
    """A case's place in the index, so that the highest is the newest: by its number, or, if it has none, by its
    row's id. An office's case numbers are unique in a fiscal year."""
    return (year, number) if year else (0, row)


def _rows_at(*columns: str) -> Callable[[str, int, Sequence[int]], list[Any]]:
    """Asks for the cases at these places of a block: the place, and those columns."""

    def asked(place: str, **block: Any) -> QuerySet[Any, Any]:
        return CaseKey.objects.filter(**block).values_list(place, *columns)

    numbered = Prepared(
        lambda shown, year, numbers: asked("number", shown=shown, fiscal_year=year, number__in=numbers)
    )
    others = Prepared(lambda shown, ids: asked("id", shown=shown, fiscal_year=0, id__in=ids))
    return lambda shown, year, places: numbered(shown, year, places) if year else others(shown, places)


_case_rows, _search_rows, _key_rows = _rows_at("case"), _rows_at("search"), _rows_at(*_KEYS)


def _cases_at(shown: str, year: int, places: Sequence[int]) -> Mapping[int, str]:
    return dict(_case_rows(shown, year, places))


def _searched_at(shown: str, year: int, places: Sequence[int]) -> Mapping[int, str]:
    return dict(_search_rows(shown, year, places))


def _entries(shown: str, year: int, places: Sequence[int]) -> Mapping[int, Entry]:
    return {at: case_entry(CaseKeys(*keys)) for at, *keys in _key_rows(shown, year, places)}


def keep_keys(cases: Mapping[str, Mapping[str, Cell]], *, published: bool) -> None:
    """Makes the cases found by these values from now on. Inside the transaction that writes the values.

    Most saves of a row change nothing that it is searched by: then nothing is written.
    """
    shown = _shown(published)
    before, now = dict[str, CaseKeys](), dict[str, CaseKeys]()
    for chunk in chunks(cases):
        before |= {case: CaseKeys(*keys) for case, *keys in _kept(chunk, shown)}
        wanted = {case: case_keys(case, cases[case]) for case in chunk}
        changed = {case: keys for case, keys in wanted.items() if before.get(case) != keys}
        bulk.create(
            (CaseKey(case=case, shown=shown, **asdict(keys)) for case, keys in changed.items()),
            unique=("case", "shown"),
            replaced=_KEYS,
        )
        now |= changed
    _index(shown, now, {case: (before.get(case), keys) for case, keys in now.items()})


def drop_keys(cases: Iterable[str], *, published: bool) -> None:
    shown = _shown(published)
    for chunk in chunks(cases):
        rows = CaseKey.objects.filter(case__in=chunk, shown=shown)
        known = {case: CaseKeys(*keys) for case, *keys in rows.values_list("case", *_KEYS)}
        _index(shown, known, {case: (keys, None) for case, keys in known.items()})
        rows.delete()


def _index(
    shown: str, held: Mapping[str, CaseKeys], changes: Mapping[str, tuple[CaseKeys | None, CaseKeys | None]]
) -> None:
    """`held` are the keys by which the changed cases stand in the ledger now. Year and number never change: they
    come of the case's id."""
    unnumbered = [case for case, keys in held.items() if not keys.fiscal_year]
    ids = {
        case: row
        for chunk in chunks(unnumbered)
        for case, row in CaseKey.objects.filter(case__in=chunk, shown=shown).values_list("case", "id")
    }
    _INDEXES[shown].update(
        (
            _place(held[case].fiscal_year, held[case].number, ids.get(case, 0)),
            case_entry(before) if before else None,
            case_entry(now) if now else None,
        )
        for case, (before, now) in changes.items()
    )


def _shown(published: bool) -> str:
    return PUBLISHED if published else NOW

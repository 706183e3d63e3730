"""The searchable cases, on Django's ORM."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

from django.db.models import Q, QuerySet

from bridge.adapters.ledger.models import CaseKey, Publication, SheetRow
from bridge.adapters.ledger.prepared import Prepared
from bridge.adapters.ledger.register import inside
from bridge.application.ports.rows import Presence
from bridge.application.ports.tracking import CaseQuery, TrackedCase
from bridge.domain.cells import Cell
from bridge.domain.search_keys import CaseKeys, case_keys

TABLE = "cases"
MOST_YEARS = 30
PUBLISHED, NOW = "published", "now"
CHUNK = 500  # SQLite before 3.32 takes 999 variables in one statement
_KEYS = tuple(field.name for field in fields(CaseKeys))


class DjangoTracking:
    """Implements ports.tracking.Tracking. A search reads the narrow table of keys and stops when it has enough."""

    def find(self, query: CaseQuery, first: int, count: int, most: int) -> tuple[Sequence[TrackedCase], int]:
        found = CaseKey.objects.filter(shown=_shown(query.published))
        for needle in query.needles:
            found = found.filter(search__contains=needle)
        for column in ("amphoe", "tambon", "operation", "fiscal_year"):
            if getattr(query, column):
                found = found.filter(**{column: getattr(query, column)})
        if query.areas is not None:
            found = found.filter(inside(query.areas))
        if query.org is not None:
            found = found.filter(org=query.org).exclude(org="")
        if query.changed_since is not None:
            changed = Publication.objects.filter(published_at__gte=query.changed_since)
            found = found.filter(case__in=changed.values("case"))
        if query.after is not None:
            year, number = query.after
            earlier = Q(fiscal_year__lt=year) | Q(fiscal_year=year, number__lt=number)
            found = found.filter(earlier, fiscal_year__lte=year)  # said again, so that SQLite starts there
        newest = found.order_by("-fiscal_year", "-number", "-id").values_list("case", flat=True)
        if not query.needles:
            shown, total = list(newest[first : min(first + count, most)]), found.order_by()[:most].count()
        else:  # counting would read all the keys again
            cases = _newest_of_few(found, most) if _is_narrow(query) else list(newest[:most])
            shown, total = cases[first : first + count], len(cases)
        return self._cases(shown, published=query.published), total

    def case(self, case: str, *, published: bool) -> TrackedCase | None:
        found = self._cases([case], published=published) if "\0" not in case else []
        return found[0] if found else None

    def fiscal_years(self) -> Sequence[int]:
        ends = [*_newest_year(NOW), *_oldest_year(NOW)]
        if not ends:
            return []
        (newest,), (oldest,) = ends
        return list(range(newest, max(oldest, newest - MOST_YEARS) - 1, -1))

    def _cases(self, cases: Sequence[str], *, published: bool) -> list[TrackedCase]:
        """In the order of `cases`; what is published and as it stands now come of different tables."""
        shown = {case: (cells, at) for case, cells, at in _published(cases)}
        values: dict[str, Mapping[str, Cell]] = {case: cells for case, (cells, _) in shown.items()}
        if not published:
            values = dict(_rows(cases))
        return [
            TrackedCase(
                case,
                values[case],
                *shown.get(case, (None, None)),
            )
            for case in cases
            if case in values
        ]


_published = Prepared(
    lambda cases: Publication.objects.filter(case__in=cases).values_list("case", "values", "published_at")
)
_rows = Prepared(
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


_newest_year = Prepared(lambda shown: _years(shown, "-fiscal_year"))
_oldest_year = Prepared(lambda shown: _years(shown, "fiscal_year"))


def _is_narrow(query: CaseQuery) -> bool:
    return bool(query.areas is not None or query.org is not None or query.amphoe)


def _newest_of_few(found: QuerySet[CaseKey], most: int) -> list[str]:
    """Put in order here: asked for it, SQLite would go through all cases from the newest on."""
    keys = found.order_by().values_list("fiscal_year", "number", "id", "case")
    return [case for *_, case in sorted(keys, reverse=True)[:most]]


def keep_keys(cases: Mapping[str, Mapping[str, Cell]], *, published: bool) -> None:
    """Makes the cases found by these values from now on. Inside the transaction that writes the values.

    Most saves of a row change nothing that it is searched by: then nothing is written.
    """
    listed = list(cases)
    for start in range(0, len(listed), CHUNK):
        chunk = listed[start : start + CHUNK]
        before = CaseKey.objects.filter(case__in=chunk, shown=_shown(published)).values_list("case", *_KEYS)
        known = {case: CaseKeys(*keys) for case, *keys in before}
        wanted = {case: case_keys(case, cases[case]) for case in chunk}
        CaseKey.objects.bulk_create(
            [
                CaseKey(case=case, shown=_shown(published), **asdict(keys))
                for case, keys in wanted.items()
                if known.get(case) != keys
            ],
            update_conflicts=True,
            unique_fields=["case", "shown"],
            update_fields=_KEYS,
        )


def drop_keys(cases: Iterable[str], *, published: bool) -> None:
    listed = list(cases)
    for start in range(0, len(listed), CHUNK):
        CaseKey.objects.filter(case__in=listed[start : start + CHUNK], shown=_shown(published)).delete()


def _shown(published: bool) -> str:
    return PUBLISHED if published else NOW

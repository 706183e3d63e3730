"""Cases, answers, match keys, publication and the register, on Django's ORM."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from bridge.adapters.ledger import bulk, register_people
from bridge.adapters.ledger.chunked import CHUNK, chunks
from bridge.adapters.ledger.journal import DjangoJournal
from bridge.adapters.ledger.models import Answer, Case, Publication, RegisterPerson
from bridge.adapters.ledger.prepared import Prepared
from bridge.adapters.ledger.tracking import drop_keys, keep_keys
from bridge.application.ports import cases as port
from bridge.application.ports.clock import Clock
from bridge.domain.cells import Cell

NUMBERS_LOCK = 5_351_690_001  # any number that nothing else in the database locks
_JOURNAL = DjangoJournal()


class DjangoCases:
    """Implements ports.cases.CaseStore."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def known(self, source: str, responses: Sequence[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        for chunk in chunks(responses):
            found.update(_known(source, chunk))
        return found

    def latest_answers(self, source: str, responses: Sequence[str]) -> dict[str, Mapping[str, Cell]]:
        latest: dict[str, Mapping[str, Cell]] = {}
        for chunk in chunks(responses):
            for answer in _answers(source, chunk):
                latest[answer.response] = answer.answers
        return latest

    def last_number(self, fiscal_year: int) -> int:
        # On SQLite all others wait from the beginning of a transaction.
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [NUMBERS_LOCK])
        given = (int(number) for (number,) in _last_number(fiscal_year))
        return max([*given, int(_JOURNAL.setting(_reserved(fiscal_year)) or 0)])

    def reserve(self, fiscal_year: int, number: int) -> None:
        if number > self.last_number(fiscal_year):
            _JOURNAL.set_setting(_reserved(fiscal_year), str(number))

    def add(self, cases: Sequence[port.NewCase], answers: Sequence[port.Answer]) -> None:
        with transaction.atomic():
            bulk.create(
                Case(
                    key=case.key,
                    fiscal_year=case.fiscal_year,
                    number=case.number,
                    source=case.source,
                    response=case.response,
                    arrived_at=case.arrived_at,
                )
                for case in cases
            )
            self.add_answers(answers)

    def add_answers(self, answers: Sequence[port.Answer]) -> None:
        now = self._clock.now()
        bulk.create(
            Answer(
                source=answer.source,
                response=answer.response,
                case=answer.case,
                file=answer.file,
                row=answer.row,
                answers=dict(answer.answers),
                arrived_at=now,
            )
            for answer in answers
        )

    def fiscal_years(self, keys: Iterable[str]) -> dict[str, int]:
        found: dict[str, int] = {}
        for chunk in chunks(keys):
            found.update(Case.objects.filter(key__in=chunk).values_list("key", "fiscal_year"))
        return found

    def arrivals(self, keys: Iterable[str]) -> dict[str, datetime]:
        found: dict[str, datetime] = {}
        for chunk in chunks(keys):
            found.update(Case.objects.filter(key__in=chunk).values_list("key", "arrived_at"))
        return found

    def publish(self, cases: Sequence[port.Published], now: datetime) -> tuple[int, int, int]:
        with transaction.atomic():
            before = {row.case: row.values for row in Publication.objects.order_by("case")}
            wanted = {case.case: case for case in cases}
            withdrawn = [case for case in before if case not in wanted]
            new = [case for key, case in wanted.items() if key not in before]
            changed = [
                case for key, case in wanted.items() if key in before and before[key] != _shown(case.values)
            ]
            for chunk in chunks(withdrawn):
                Publication.objects.filter(case__in=chunk).delete()
            drop_keys(withdrawn, published=True)
            keep_keys({case.case: case.values for case in (*new, *changed)}, published=True)
            Publication.objects.bulk_create(
                [_publication(case, now) for case in (*new, *changed)],
                batch_size=CHUNK,
                update_conflicts=True,
                unique_fields=["case"],
                update_fields=["fiscal_year", "amphoe", "tambon", "values", "published_at"],
            )
        return len(new), len(changed), len(withdrawn)

    def published(self) -> list[port.Published]:
        return [
            port.Published(row.case, row.fiscal_year, row.values)
            for row in Publication.objects.order_by("case")
        ]

    def published_among(self, cases: Iterable[str]) -> dict[str, port.Published]:
        return {
            row.case: port.Published(row.case, row.fiscal_year, row.values)
            for chunk in chunks(cases)
            for row in _published(chunk)
        }

    def origin(self, case: str) -> port.NewCase | None:
        row = next(iter(_case(case)), None)
        if row is None:
            return None
        return port.NewCase(row.key, row.fiscal_year, row.number, row.source, row.response, row.arrived_at)

    def import_register(
        self, rows: Iterable[Mapping[str, Any]], version: str, *, empty_clears: bool = False
    ) -> tuple[int, int, int]:
        return register_people.write(rows, version, empty_clears=empty_clears)

    def compare_register(
        self, rows: Iterable[Mapping[str, Any]], *, empty_clears: bool = False
    ) -> tuple[int, int, int]:
        found = register_people.compare(rows, empty_clears=empty_clears)
        return found.new, found.changed, found.same

    def register_size(self) -> int:
        return RegisterPerson.objects.count()


_known = Prepared(
    lambda source, responses: Case.objects.filter(source=source, response__in=responses).values_list(
        "response", "key"
    )
)
_answers = Prepared(
    lambda source, responses: Answer.objects.filter(source=source, response__in=responses).order_by("id")
)
_last_number = Prepared(
    lambda year: Case.objects.filter(fiscal_year=year).order_by("-number").values_list("number")[:1]
)
_published = Prepared(lambda cases: Publication.objects.filter(case__in=cases))
_case = Prepared(lambda key: Case.objects.filter(key=key))


def _reserved(fiscal_year: int) -> str:
    return f"reserved_number:{fiscal_year}"


def _shown(values: Mapping[str, Cell]) -> dict[str, Cell]:
    return {key: value for key, value in values.items() if value is not None}


def _searchable(cell: Cell) -> str:
    """What a column of text keeps on every database; the cell itself is whole among the values."""
    return "".join(letter for letter in str(cell or "") if letter.isprintable())[:100]


def _publication(case: port.Published, now: datetime) -> Publication:
    return Publication(
        case=case.case,
        fiscal_year=case.fiscal_year,
        amphoe=_searchable(case.values.get("amphoe")),
        tambon=_searchable(case.values.get("tambon")),
        values=_shown(case.values),
        published_at=now,
    )

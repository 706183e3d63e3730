"""Erasures, on Django's ORM; and what an SQLite file needs so that deleted text does not stay in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.db import DatabaseError, connection
from django.db.models import Q, Value
from django.db.models.functions import Concat

from bridge.adapters.ledger.chunked import CHUNK, chunks
from bridge.adapters.ledger.models import (
    Answer,
    Case,
    CaseKey,
    Claim,
    ErasureEntry,
    History,
    MatchBucket,
    MatchPair,
    MatchPerson,
    PaymentLine,
    Publication,
    RegisterPast,
    RegisterPerson,
    Review,
    SearchTerm,
    SheetOperation,
    SheetRow,
    TombstoneEntry,
)
from bridge.adapters.ledger.prepared import Prepared
from bridge.adapters.ledger.register_people import people_of, remove
from bridge.adapters.ledger.tracking import drop_keys
from bridge.application.errors import OutsideError
from bridge.application.ports.erasures import Erasure
from bridge.domain.tombstones import Kind, Tombstone

_TOUCHED = (
    SheetRow,
    History,
    Case,
    CaseKey,
    Answer,
    MatchPerson,
    MatchBucket,
    MatchPair,
    Publication,
    Review,
    RegisterPerson,
    SearchTerm,
    RegisterPast,
    PaymentLine,
    Claim,
)


class DjangoErasures:
    """Implements ports.erasures.Erasures."""

    def all(self) -> list[Erasure]:
        found: dict[int, set[Tombstone]] = {}
        for entry, kind, digest in TombstoneEntry.objects.values_list("erasure_id", "kind", "digest"):
            found.setdefault(entry, set()).add(Tombstone(Kind(kind), digest))
        return [
            Erasure(row.key, row.at, row.actor, row.why, row.cases, frozenset(found.get(row.pk, ())))
            for row in ErasureEntry.objects.order_by("at", "id")
        ]

    def tombstones(self) -> frozenset[Tombstone]:
        return frozenset(Tombstone(Kind(kind), digest) for kind, digest in _tombstones())

    def record(self, erasure: Erasure) -> None:
        entry, _ = ErasureEntry.objects.get_or_create(
            key=erasure.key,
            defaults={
                "at": erasure.at,
                "actor": erasure.actor,
                "why": erasure.why[:200],
                "cases": erasure.cases,
            },
        )
        TombstoneEntry.objects.bulk_create(
            [
                TombstoneEntry(erasure=entry, kind=str(one.kind), digest=one.digest)
                for one in erasure.tombstones
            ],
            batch_size=CHUNK,
            ignore_conflicts=True,
        )

    def forget(self, cases: Mapping[str, str], reviews: Iterable[str]) -> None:
        for key, identity in cases.items():
            Case.objects.filter(key=key).update(response=identity)
        for chunk in chunks(cases):
            Answer.objects.filter(case__in=chunk).delete()
            Publication.objects.filter(case__in=chunk).delete()
            History.objects.filter(table="cases", key__in=chunk).update(change={})
            nobody = {"identity": "", "person": "", "family": "", "house": ""}
            PaymentLine.objects.filter(case__in=chunk).update(said={}, **nobody)
            Claim.objects.filter(case__in=chunk).update(**nobody)
        drop_keys(cases, published=True)
        for chunk in chunks(reviews):
            History.objects.filter(table="reviews", key__in=chunk).update(change={})
            Review.objects.filter(key__in=chunk).update(
                subject=Concat(Value("erased:"), "key"), earlier="", shown={}, facts={}, decision=""
            )

    def forget_register(self, numbers: Iterable[str]) -> None:
        remove(people_of(numbers))

    def register_numbers(self) -> list[str]:
        return list(RegisterPerson.objects.values_list("number", flat=True))

    def reviews_about(self, case: str, response: str) -> list[str]:
        about = Q(case=case) | Q(earlier=case)  # a refused row is known by its answer
        about |= Q(kind="refused_row", subject__endswith=f":{response}")
        return list(Review.objects.filter(about).order_by("number").values_list("key", flat=True))

    def write_in_doubt(self) -> bool:
        return SheetOperation.objects.exists()

    def wipe(self) -> None:
        try:
            with connection.cursor() as cursor:
                if connection.vendor == "sqlite":
                    cursor.execute("VACUUM")
                    cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                    if cursor.fetchone()[0]:
                        raise OutsideError("wipe_failed")  # somebody reads from the log
                else:
                    for model in _TOUCHED:
                        cursor.execute(f"VACUUM {connection.ops.quote_name(model._meta.db_table)}")
        except DatabaseError as error:
            raise OutsideError("wipe_failed") from error


_tombstones = Prepared(lambda: TombstoneEntry.objects.values_list("kind", "digest").distinct())

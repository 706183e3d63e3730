"""Frozen payments and the claims that limits count, on Django's ORM."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from bridge.adapters.ledger import payment_models as models
from bridge.adapters.ledger.chunked import CHUNK, chunks
from bridge.adapters.ledger.prepared import Prepared
from bridge.application.ports.clock import Clock
from bridge.application.ports.payments import PaymentLine
from bridge.domain.entitlement.claims import Claim, Keys, Payment

KEYS = ("identity", "person", "family", "house")
_CLAIM = (*KEYS, "sections", "amount", "year", "day")


class DjangoPayments:
    """Implements ports.payments.PaymentStore."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def lines(self, cases: Iterable[str]) -> dict[str, list[PaymentLine]]:
        found: dict[str, list[PaymentLine]] = {}
        for chunk in chunks(cases):
            for row in _lines(chunk):
                found.setdefault(row.case, []).append(_line(row))
        return found

    def add(self, lines: Sequence[PaymentLine]) -> None:
        now = self._clock.now()
        models.PaymentLine.objects.bulk_create(
            [
                models.PaymentLine(
                    case=line.case, number=line.number, at=now, said=_said(line), **_claim(line.claim)
                )
                for line in lines
            ],
            batch_size=CHUNK,
        )

    def claims(self, cases: Iterable[str]) -> dict[str, Claim]:
        return {row.case: _claim_of(row) for chunk in chunks(cases) for row in _claims(chunk)}

    def set_claims(self, claims: Sequence[Claim]) -> None:
        models.Claim.objects.bulk_create(
            [models.Claim(case=claim.case, **_claim(claim)) for claim in claims],
            batch_size=CHUNK,
            update_conflicts=True,
            unique_fields=["case"],
            update_fields=_CLAIM,
        )

    def sharing(self, claims: Iterable[Claim]) -> dict[str, Claim]:
        listed = list(claims)
        found: dict[str, Claim] = {}
        for name in KEYS:  # one after the other: each has an index of its own
            keys = sorted({getattr(claim.keys, name) for claim in listed} - {""})
            for chunk in chunks(keys):
                for row in _sharing[name](chunk):
                    found[row.case] = _claim_of(row)
        return dict(sorted(found.items()))


_lines = Prepared(lambda cases: models.PaymentLine.objects.filter(case__in=cases).order_by("case", "number"))
_claims = Prepared(lambda cases: models.Claim.objects.filter(case__in=cases).order_by("case"))
_sharing = {
    name: Prepared(lambda keys, name=name: models.Claim.objects.filter(**{f"{name}__in": keys}))
    for name in KEYS
}


def _said(line: PaymentLine) -> dict[str, Any]:
    """The row's own words; amount and day are columns."""
    payment = line.payment
    return {
        "case_type": payment.case_type,
        "person_name": payment.person_name,
        "national_id": payment.national_id,
    }


def _claim(claim: Claim) -> dict[str, Any]:
    return {
        **vars(claim.keys),
        "sections": " ".join(claim.sections),
        "amount": claim.amount,
        "year": claim.year,
        "day": claim.day,
    }


def _claim_of(row: models.Claim | models.PaymentLine) -> Claim:
    keys = Keys(*(getattr(row, name) for name in KEYS))
    return Claim(row.case, keys, tuple(row.sections.split()), row.amount, row.year, row.day)


def _line(row: models.PaymentLine) -> PaymentLine:
    said = {name: str(row.said.get(name, "")) for name in ("case_type", "person_name", "national_id")}
    return PaymentLine(row.case, row.number, Payment(row.amount, row.day, **said), _claim_of(row), row.at)

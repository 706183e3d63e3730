"""The port to money given: the frozen payments, and what each case is counted by."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bridge.domain.entitlement.claims import Claim, Payment
from bridge.domain.entitlement.kinship import Link


@dataclass(frozen=True)
class PaymentLine:
    """A payment as it was transferred, or as staff accepted it later: line `number` (from 1) of its case. The last
    line is what holds; earlier ones are never changed. `claim` is whose it was and what it counted for then."""

    case: str
    number: int
    payment: Payment
    claim: Claim
    at: datetime | None = None  # when it was recorded; the store stamps it


class PaymentStore(Protocol):
    def lines(self, cases: Iterable[str]) -> dict[str, list[PaymentLine]]:
        """By case, the oldest first."""

    def add(self, lines: Sequence[PaymentLine]) -> None:
        """Raises IntegrityError of the database where a case has that line already."""

    def claims(self, cases: Iterable[str]) -> dict[str, Claim]: ...

    def set_claims(self, claims: Sequence[Claim]) -> None:
        """Inserts or replaces by case."""

    def sharing(self, claims: Iterable[Claim]) -> dict[str, Claim]:
        """Every claim that has a key in common with one of these, these included where they are stored."""


class PersonLinks(Protocol):
    """What is known about pairs of cases beyond their own cells."""

    def among(self, cases: Collection[str]) -> Sequence[Link]:
        """Every link of which one end, at least, is one of these."""

    def households(self, cases: Collection[str]) -> Sequence[Link]:
        """Those of these cases whose people live in one house of the register."""

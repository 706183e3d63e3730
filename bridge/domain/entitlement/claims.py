"""A case as limits see it: whose it is, what was given, in which fiscal year it counts."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from bridge.domain.cells import Cell, as_text
from bridge.domain.values import address, baht, national_id, person_name, thai_date
from bridge.domain.values.text import clean, fold


@dataclass(frozen=True)
class Keys:
    """Digests of what a case is known by; "" where that is not known. `person` is name and house, for those
    without a valid id; `family` is family name and house."""

    identity: str = ""
    person: str = ""
    family: str = ""
    house: str = ""


@dataclass(frozen=True)
class Payment:
    """What was given, as the row says it. `amount` is None where none can be read for certain, as `day` is."""

    amount: Decimal | None
    day: date | None
    case_type: str
    person_name: str
    national_id: str

    @property
    def is_complete(self) -> bool:
        """Money that has gone out: from here on it is frozen."""
        return bool(self.amount) and self.day is not None


@dataclass(frozen=True)
class Claim:
    """`sections` are the benefits that its payment counts for; `day` is None while no transfer date is known."""

    case: str
    keys: Keys
    sections: tuple[str, ...] = ()
    amount: Decimal = Decimal(0)
    year: int = 0
    day: date | None = None

    @property
    def order(self) -> tuple[bool, date, str]:
        """What was transferred comes first, by day; then what is only planned."""
        return self.day is None, self.day or date.min, self.case


def keys_of(values: Mapping[str, Cell]) -> Keys:
    """Only what can be read for certain is a key: a house without its tambon and amphoe is nowhere."""
    number = national_id.parse(values.get("national_id"))
    identity = number.value if number.value and not number.problem else ""
    name = person_name.parse(values.get("person_name")).value
    house_no = address.house_no(values.get("house_no")).value
    moo = address.moo(values.get("moo")).value or ""
    tambon, amphoe = fold(as_text(values.get("tambon"))), fold(as_text(values.get("amphoe")))
    house = f"{house_no}|{moo}|{tambon}|{amphoe}" if house_no and tambon and amphoe else ""
    family = fold(name.family) if name and name.family else ""
    return Keys(
        identity=_digest(identity),
        person=_digest(f"{name.key}|{house}") if house and family and name else "",
        family=_digest(f"{family}|{house}") if house and family else "",
        house=_digest(house),
    )


def payment_of(values: Mapping[str, Cell]) -> Payment:
    amount, day = baht.parse(values.get("amount")), thai_date.parse(values.get("transfer_date"))
    certain = amount.problem is None or amount.problem.code == "baht_negative"  # a refund
    return Payment(
        amount.value if certain else None,
        day.value if day.problem is None else None,
        clean(as_text(values.get("case_type"))),
        clean(as_text(values.get("person_name"))),
        clean(as_text(values.get("national_id"))),
    )


def year_of(payment: Payment, received: Cell, case_year: int) -> int:
    """The fiscal year (B.E.) in which it counts: of the transfer; while there is none, of the day on which the
    office received the case, else the case's own."""
    if payment.day is not None:
        return thai_date.fiscal_year(payment.day)
    reading = thai_date.parse(received)
    if reading.value is not None and reading.problem is None:
        return thai_date.fiscal_year(reading.value)
    return case_year


def _digest(key: str) -> str:
    if not key:
        return ""
    return hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()

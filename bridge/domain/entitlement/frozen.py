"""A payment that was transferred stays as it was; a later change of its row is a difference, until it is accepted."""

from __future__ import annotations

import hashlib

from bridge.domain.entitlement.claims import Payment
from bridge.domain.values import national_id
from bridge.domain.values.text import fold


def differences(frozen: Payment, now: Payment) -> tuple[str, ...]:
    """The columns, in the order of the sheet, in which the row says another thing now; spelling that nobody sees
    (spaces, dashes of an id) is no difference."""
    same = {
        "case_type": fold(frozen.case_type) == fold(now.case_type),
        "person_name": fold(frozen.person_name) == fold(now.person_name),
        "national_id": _digits(frozen.national_id) == _digits(now.national_id),
        "amount": (frozen.amount or 0) == (now.amount or 0),
        "transfer_date": frozen.day == now.day,
    }
    return tuple(column for column, equal in same.items() if not equal)


def fingerprint(payment: Payment) -> str:
    """Two payments that say the same have the same one."""
    said = (payment.amount or 0, payment.day, *map(fold, (payment.case_type, payment.person_name)))
    text = repr((*map(str, said), _digits(payment.national_id)))
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _digits(text: str) -> str:
    return national_id.parse(text).value or fold(text)

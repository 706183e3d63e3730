"""Every PaymentStore keeps what was paid as it was, and finds who shares a key."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import IntegrityError

from bridge.adapters.ledger.connection import close_ledger
from bridge.application.ports.payments import PaymentLine
from bridge.application.ports.reviews import ReviewItem, ReviewKind, ReviewState, StoredReview
from bridge.application.ports.rows import RowState
from bridge.domain.entitlement.claims import Claim, Keys, Payment
from tests.contract.ledgers import BACKENDS, NOW, Ledger, open_empty

MANY = 1_200


@pytest.fixture(params=BACKENDS)
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    yield open_empty(request.param, request.config, tmp_path)
    close_ledger()


def claim(case: str, amount: str = "3000", **keys: str) -> Claim:
    return Claim(case, Keys(**keys), ("1.4.7", "1.4.12"), Decimal(amount), 2569, date(2025, 12, 1))


def test_claims(ledger: Ledger) -> None:
    store = ledger.payments
    first, second = claim("C1", identity="a", house="h"), claim("C2", identity="b", house="h")
    third = Claim("C3", Keys())
    assert store.claims(["C1"]) == store.sharing([first]) == {}
    store.set_claims([first, second, third])
    assert store.claims(["C3", "C1", "C9"]) == {"C1": first, "C3": third}
    assert store.sharing([first]) == {"C1": first, "C2": second}
    assert store.sharing([third]) == {}, "what is not known is shared with nobody"
    moved = replace(second, keys=Keys(identity="a"), amount=Decimal("-0.25"), day=None)
    store.set_claims([moved])
    assert store.sharing([first]) == {"C1": first, "C2": moved}
    assert store.sharing([second]) == {"C1": first}


@pytest.mark.parametrize("name", ["identity", "person", "family", "house"])
def test_every_key_is_shared_by_itself(ledger: Ledger, name: str) -> None:
    found = [claim(f"C{n:05}", **{name: f"k{n // 2}"}) for n in range(MANY)]
    ledger.payments.set_claims(found)
    assert list(ledger.payments.sharing(found)) == [one.case for one in found]
    assert list(ledger.payments.sharing([claim("X", **{name: "k7"})])) == ["C00014", "C00015"]
    (other,) = {"identity", "house"} - {name} if name in ("identity", "house") else {"house"}
    assert ledger.payments.sharing([claim("X", **{other: "k7"})]) == {}


def test_lines_are_added_and_never_changed(ledger: Ledger) -> None:
    store = ledger.payments
    payment = Payment(Decimal("3000.50"), date(2025, 12, 1), "ผู้มีรายได้น้อย\0", "นายดี 💛", "1100000000008")
    line = PaymentLine("C1", 1, payment, claim("C1", "3000.50", identity="a"))
    store.add([line])
    assert store.lines(["C1", "C2"]) == {"C1": [replace(line, at=NOW)]}
    with pytest.raises(IntegrityError):
        store.add([replace(line, payment=replace(payment, amount=Decimal(1)))])
    later = ledger.clock.pass_time(days=1)
    gone = Payment(Decimal(0), None, "", "", "")
    second = PaymentLine("C1", 2, gone, Claim("C1", Keys(), (), Decimal(0), 2569))
    store.add([second])
    assert store.lines(["C1"]) == {"C1": [replace(line, at=NOW), replace(second, at=later)]}


def test_what_is_marked_is_dirty(ledger: Ledger) -> None:
    ledger.rows.save("cases", [RowState(f"C{n}", dirty=False) for n in range(3)])
    ledger.rows.save("access", [RowState("C1", dirty=False)])
    ledger.rows.mark_dirty("cases", ["C1", "C9"])
    assert (ledger.rows.dirty("cases"), ledger.rows.dirty("access")) == (["C1"], [])
    ledger.rows.mark_dirty("cases", [])
    assert ledger.rows.dirty("cases") == ["C1"]


def test_pairs_that_were_decided_are_found_by_either_case(ledger: Ledger) -> None:
    def pair(number: int, left: str, right: str, decision: str) -> StoredReview:
        kind = ReviewKind.DUPLICATE if number % 2 else ReviewKind.EARLIER
        facts = {"left": left, "right": right}
        item = ReviewItem(f"duplicate:{left}:{right}", kind, right, {}, facts)
        return StoredReview(f"R-{number:06}", item, ReviewState.OPEN, decision)

    pairs = [pair(1, "C1", "C2", "ไม่ใช่"), pair(2, "C2", "C3", "คนเดียวกัน"), pair(3, "C3", "C4", "")]
    limit = StoredReview(
        "R-000004", ReviewItem("limit:C3", ReviewKind.LIMIT, "C3"), ReviewState.OPEN, "ให้ช่วยเหลือต่อ"
    )
    ledger.reviews.save([limit, *reversed(pairs)])
    assert ledger.reviews.decided_pairs(["C1"]) == pairs[:1]
    assert ledger.reviews.decided_pairs(["C2"]) == pairs[:2]
    assert ledger.reviews.decided_pairs(["C4", "C3"]) == pairs[1:2]
    many = [f"C{number}" for number in range(1_200)]
    assert ledger.reviews.decided_pairs(many) == pairs[:2]
    assert ledger.reviews.decided_pairs([]) == []
    assert ledger.reviews.decided_pairs() == pairs[:2]

"""What an erasure asks of the ledger, on each backend."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bridge.adapters.ledger.connection import close_ledger
from bridge.application.ports.cases import Answer, NewCase, Published
from bridge.application.ports.erasures import Erasure
from bridge.application.ports.payments import PaymentLine
from bridge.application.ports.read_log import Reading, Sought
from bridge.application.ports.reviews import ReviewItem, ReviewKind, ReviewState, StoredReview
from bridge.application.ports.rows import Event, RowState
from bridge.application.tombstones import Tombstones
from bridge.domain.entitlement.claims import Claim, Keys, Payment
from bridge.domain.tombstones import Seal
from tests.contract.ledgers import BACKENDS, NOW, Ledger, new_account, open_empty

SEAL = Seal("not-a-secret-in-a-test")
MINE, OTHER = "SSK-2569-000001", "SSK-2569-000002"


@pytest.fixture(params=BACKENDS)
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    yield open_empty(request.param, request.config, tmp_path)
    close_ledger()


def made(**changes: object) -> Erasure:
    tombstones = frozenset({SEAL.case(MINE), SEAL.answer("cases", "r-1")})
    return replace(Erasure("a" * 32, NOW, "portal:1", "คำขอ", 1, tombstones), **changes)


def fill(ledger: Ledger) -> None:
    for number, case in ((1, MINE), (2, OTHER)):
        ledger.cases.add(
            [NewCase(case, 2569, number, "cases", f"r-{number}", NOW)],
            [Answer("cases", f"r-{number}", case, "a.csv", 2, {"person_name": f"ลับ {number}"})],
        )
        ledger.rows.save(
            "cases",
            [RowState(case, {"person_name": f"ลับ {number}"})],
            [Event("cases", case, "staff", "sheet", "person_name", f"ลับเดิม {number}", f"ลับ {number}")],
        )
    ledger.cases.publish([Published(c, 2569, {"person_name": "ลับ"}) for c in (MINE, OTHER)], NOW)
    items = [
        ReviewItem(f"conflict:{MINE}:age", ReviewKind.CONFLICT, MINE, {"value": "ลับ"}, {"form": "ลับ"}),
        ReviewItem("duplicate:x", ReviewKind.DUPLICATE, OTHER, {}, {"left": MINE, "right": OTHER}),
        ReviewItem("refused:cases:a.csv:r-1", ReviewKind.REFUSED_ROW, "", {"value": "ลับ"}),
        ReviewItem(f"conflict:{OTHER}:age", ReviewKind.CONFLICT, OTHER, {"value": "อื่น"}),
    ]
    ledger.reviews.save(
        [StoredReview(f"R-00000{n}", item, ReviewState.OPEN, "") for n, item in enumerate(items, 1)]
    )


def test_an_erasure_is_remembered_once_and_as_it_was(ledger: Ledger) -> None:
    later = made(key="b" * 32, at=NOW + timedelta(hours=1), tombstones=frozenset({SEAL.case(MINE)}))
    for one in (later, made(), made(), later):
        ledger.erasures.record(one)
    assert ledger.erasures.all() == [made(), later]
    assert ledger.erasures.tombstones() == made().tombstones


def test_what_is_about_a_case_is_found_and_forgotten_and_no_more(ledger: Ledger) -> None:
    fill(ledger)
    about = ledger.erasures.reviews_about(MINE, "r-1")
    assert about == ["R-000001", "R-000002", "R-000003"]
    with ledger.journal.transaction():
        ledger.erasures.forget({MINE: "erased:x"}, about)
    assert ledger.cases.origin(MINE).response == "erased:x"
    assert ledger.cases.known("cases", ["r-1", "r-2"]) == {"r-2": OTHER}
    assert list(ledger.cases.latest_answers("cases", ["r-1", "r-2"])) == ["r-2"]
    assert [case.case for case in ledger.cases.published()] == [OTHER]
    (past,) = ledger.rows.history("cases", MINE)
    assert (past.event.why, past.event.old, past.event.new) == ("staff", None, None)
    assert ledger.rows.history("cases", OTHER)[0].event.old == "ลับเดิม 2"
    shown = ledger.reviews.of_rows([f"R-00000{n}" for n in range(1, 5)])
    assert [bool(one.item.shown or one.item.facts) for one in shown.values()] == [False] * 3 + [True]
    assert len({one.item.subject for one in shown.values()}) == 4
    assert "r-1" not in str(shown)


def test_rows_say_that_they_were_erased(ledger: Ledger) -> None:
    ledger.rows.save("cases", [RowState("1", erased=True), RowState("2")])
    assert {key: mark.erased for key, mark in ledger.rows.marks("cases").items()} == {"1": True, "2": False}
    assert ledger.rows.load("cases", ["1"])["1"].erased


def test_what_comes_back_is_known(ledger: Ledger) -> None:
    asked = Tombstones(SEAL, ledger.erasures)
    assert not asked.now().answer("cases", "r-1")
    ledger.erasures.record(made())
    now = asked.now()
    assert now.answer("cases", "r-1") and now.case(MINE)
    assert not (now.answer("portal", "r-1") or now.answer("cases", "r-2") or now.case(OTHER))


def test_rows_of_the_register_are_forgotten(ledger: Ledger) -> None:
    from bridge.adapters.ledger.models import SearchTerm

    people = [{"number": "1", "name": "กองแก้ว", "level": 3}, {"number": "2", "name": "แก้วตา", "level": 2}]
    ledger.cases.import_register(people, "v")
    ledger.erasures.forget_register(["1"])
    assert ledger.erasures.register_numbers() == ["2"]
    kept = set(SearchTerm.objects.values_list("term", flat=True))
    assert {"แกว", "level:2"} <= kept
    assert not {"กอง", "องแ", "^กองแกว$", "^กอง", "level:3"} & kept, "nor does the index tell of them"


def test_money_stays_and_is_nobodys(ledger: Ledger) -> None:
    payment = Payment(Decimal(3000), NOW.date(), "ผู้มีรายได้น้อย", "ลับ 1", "ลับ")
    claims = [
        Claim(case, Keys("i", "p", "f", "h"), ("1.5.1",), Decimal(3000), 2569, NOW.date())
        for case in (MINE, OTHER)
    ]
    ledger.payments.set_claims(claims)
    ledger.payments.add([PaymentLine(claim.case, 1, payment, claim) for claim in claims])
    ledger.erasures.forget({MINE: "erased:1"}, [])
    mine, other = (ledger.payments.lines([case])[case][0] for case in (MINE, OTHER))
    assert (mine.payment.amount, mine.payment.day) == (Decimal(3000), NOW.date())
    assert (mine.payment.person_name, mine.payment.national_id, mine.claim.keys) == ("", "", Keys())
    assert other.payment == payment
    assert set(ledger.payments.sharing([claims[0]])) == {OTHER}


def test_wiping_changes_nothing_that_is_kept(ledger: Ledger) -> None:
    fill(ledger)
    ledger.erasures.wipe()
    assert ledger.rows.load("cases", [OTHER])[OTHER].values == {"person_name": "ลับ 2"}


def test_the_read_log_forgets_what_is_older(ledger: Ledger) -> None:
    account = new_account("a@example.go.th")
    for days in (0, 1, 2):
        ledger.read_log.note(Reading(NOW - timedelta(days=days), account, "case_view", (MINE,)))
    assert ledger.read_log.forget_before(NOW - timedelta(days=1)) == 1
    assert ledger.read_log.find(Sought(), 0, 9)[1] == 2

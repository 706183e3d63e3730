"""What a benefit still allows: every benefit of the sample province by a table, and what must hold of any."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.config import load
from bridge.domain.cells import Cell
from bridge.domain.entitlement.benefits import Benefit, Limit, Unit, benefits_of
from bridge.domain.entitlement.claims import Claim, Keys, Payment, keys_of, payment_of, year_of
from bridge.domain.entitlement.frozen import differences, fingerprint
from bridge.domain.entitlement.kinship import Evidence, Kinship, Link, Tie
from bridge.domain.entitlement.papers import checklist, missing
from bridge.domain.entitlement.standing import Excess, Judgement, excesses, judge, standing

PROVINCE = load(Path(__file__).parents[2] / "config" / "sisaket.toml")
BENEFITS = PROVINCE.limits()
TYPES = PROVINCE.rules.case_types
ID = [f"11000000000{n}" for n in ("08", "16", "24", "32")]
FAR = {"house_no": "99/9"}
KIN = {"national_id": ID[1], "person_name": "นางใส ใจดี"}  # another of the same family, in the same house
LODGER = {"national_id": ID[2], "person_name": "นายแดง มากมี"}  # in the same house, of another family


def row(**values: Cell) -> dict[str, Cell]:
    return {
        "person_name": "นายดี ใจดี",
        "national_id": ID[0],
        "age": 40,
        "house_no": "10/1",
        "moo": "3",
        "tambon": "ไพรบึง",
        "amphoe": "ไพรบึง",
        **values,
    }


def claim_of(number: int, values: Mapping[str, Cell], case_year: int = 2569) -> Claim:
    """As intake counts a row; its sections by the sample province."""
    payment = payment_of(values)
    year = year_of(payment, values.get("received_date"), case_year)
    sections = tuple(benefit.section for benefit in benefits_of(values, BENEFITS, TYPES).benefits)
    return Claim(f"C{number}", keys_of(values), sections, payment.amount or Decimal(0), year, payment.day)


def judged(
    *rows: Mapping[str, Cell], links: Sequence[Link] = (), this_year: int = 2569
) -> dict[str, Judgement]:
    """The last row on top of the others, by section."""
    claims = {f"C{n}": claim_of(n, values) for n, values in enumerate(rows, 1)}
    own, values = claims[f"C{len(rows)}"], rows[-1]
    kinship = Kinship(claims.values(), links)
    year = own.year if own.day else this_year
    return {
        benefit.section: judge(benefit, values, own, claims, kinship.related(own.case, benefit.per), year)
        for benefit in benefits_of(values, BENEFITS, TYPES).benefits
    }


def paid(amount: Cell, day: date | None = date(2025, 12, 1), **values: Cell) -> dict[str, Cell]:
    return row(amount=amount, transfer_date=day, **values)


# ------------------------------------------------------------------------------------------------ every benefit


class Expected(NamedTuple):
    """Process.md section 9: `told` makes a case one of the benefit; `times` None is not limited."""

    section: str
    told: dict[str, Cell]
    per: Unit
    amount: int
    times: int | None
    total: int | None = None


TABLE = [
    Expected("1.1.3", {"case_type": "เด็กในครอบครัวยากจน"}, Unit.FAMILY, 1000, None),
    Expected("1.1.3", {"case_type": "เด็กในครอบครัวยากจน", "problem": "มีบุตร ๓ คน"}, Unit.FAMILY, 3000, None),
    Expected("1.2.2", {"case_type": "ครอบครัวผู้ประสบปัญหาทางสังคม"}, Unit.FAMILY, 3000, 3),
    Expected("1.2.6", {"case_type": "ช่วยเหลือฉุกเฉิน", "age": 60}, Unit.PERSON, 2000, 3),
    Expected("1.3.2", {"case_type": "สงเคราะห์ผู้สูงอายุ", "age": 60}, Unit.PERSON, 3000, 3),
    Expected("1.3.3", {"case_type": "ปรับสภาพบ้านผู้สูงอายุ", "age": 70}, Unit.HOUSE, 22500, None, 22500),
    Expected(
        "1.3.3",
        {"case_type": "ปรับสภาพบ้านผู้สูงอายุ", "age": 70, "outcome": "ปรับโครงสร้าง ย้ายห้องน้ำ"},
        Unit.HOUSE,
        40000,
        None,
        40000,
    ),
    Expected("1.3.11", {"case_type": "ช่วยเหลือฉุกเฉิน", "age": 61}, Unit.PERSON, 2000, 3),
    Expected("1.4.7", {"case_type": "สงเคราะห์คนพิการ"}, Unit.PERSON, 3000, 3),
    Expected("1.4.9", {"case_type": "ปรับสภาพบ้านคนพิการ"}, Unit.HOUSE, 40000, None, 40000),
    Expected("1.4.12", {"case_type": "สงเคราะห์คนพิการ"}, Unit.FAMILY, 3000, 3),
    Expected("1.5.1", {"case_type": "ผู้มีรายได้น้อย"}, Unit.PERSON, 3000, 3),
]
each = pytest.mark.parametrize("expected", TABLE, ids=lambda e: f"{e.section}-{e.amount}")


def test_the_table_has_every_benefit() -> None:
    assert {expected.section for expected in TABLE} == {benefit.section for benefit in BENEFITS}
    typed = {word for benefit in BENEFITS for word in benefit.case_types}
    assert typed == set(TYPES) - {PROVINCE.rules.other_type}


@each
def test_one_time(expected: Expected) -> None:
    found = judged(row(**expected.told))[expected.section]
    assert found.benefit.per is expected.per
    assert (found.standing.count, found.standing.allowed) == (0, expected.amount)
    assert judged(paid(expected.amount, **expected.told))[expected.section].excess == []
    too_much = judged(paid(expected.amount + 1, **expected.told))[expected.section]
    assert too_much.excess == [Excess.AMOUNT]


@each
def test_all_times_of_a_year_and_one_more(expected: Expected) -> None:
    one = paid(expected.amount, **expected.told)
    for times in range(1, 5):
        found = judged(*[one] * times)[expected.section]
        if expected.times and times > expected.times:
            assert found.excess == [Excess.TIMES]
        elif expected.total and times > 1:
            assert found.excess == [Excess.TOTAL]
        else:
            assert found.excess == []
        assert list(found.others) == [f"C{n}" for n in range(1, times)]
        left = judged(*[one] * times, row(**expected.told))[expected.section].standing
        over = (expected.times and times >= expected.times) or expected.total
        assert left.allowed == (0 if over else expected.amount)


@each
def test_whom_it_counts_for(expected: Expected) -> None:
    """The person again, in another house; another of the family; somebody else in the house; a stranger."""
    one = paid(expected.amount, **expected.told)
    for other, units in (
        ({}, {Unit.PERSON, Unit.FAMILY, Unit.HOUSE}),
        (FAR, {Unit.PERSON, Unit.FAMILY}),
        (KIN, {Unit.FAMILY, Unit.HOUSE}),
        (LODGER, {Unit.HOUSE}),
        ({**LODGER, **FAR}, set()),
    ):
        found = judged(one, row(**{**expected.told, **other}))[expected.section]
        assert (found.standing.count == 1) == (expected.per in units), other


@each
def test_another_fiscal_year_is_another_count(expected: Expected) -> None:
    last = paid(expected.amount, date(2025, 9, 30), **expected.told)
    first = paid(expected.amount, date(2025, 10, 1), **expected.told)
    assert judged(last, first)[expected.section].standing.count == 0
    assert judged(last, row(**expected.told), this_year=2568)[expected.section].standing.count == 1
    moved = {**last, "transfer_date": date(2025, 10, 1)}
    assert judged(moved, first)[expected.section].standing.count == 1


# ------------------------------------------------------------------------------------------------ special sorts


@pytest.mark.parametrize(
    ("told", "amount"),
    [
        ("มีบุตร 1 คน", 1000),
        ("มีบุตร 2 คน", 3000),
        ("ดูแลหลาน จำนวน 4 คน", 3000),
        ("บุตรอายุ 5 ปี", 1000),
        ("มีลูกสองคน", 3000),
        ("ผู้ใหญ่ 4 คน", 1000),
    ],
)
def test_how_many_children(told: str, amount: int) -> None:
    found = judged(row(case_type="เด็กในครอบครัวยากจน", problem=told))["1.1.3"]
    assert found.standing.allowed == amount


@pytest.mark.parametrize(
    ("told", "amount"),
    [
        ("ต่อเติมห้องน้ำ", 40000),
        ("ไม่ต้องปรับโครงสร้าง ติดราวจับ", 22500),
        ("ราวจับ ทางลาด", 22500),
        ("ปรับโครง สร้าง", 22500),
    ],
)
def test_structural_work(told: str, amount: int) -> None:
    for column in ("problem", "goods", "outcome"):
        case = row(case_type="ปรับสภาพบ้านผู้สูงอายุ", age=70, **{column: told})
        assert judged(case)["1.3.3"].standing.allowed == amount


def test_a_repair_with_structural_work_after_one_without() -> None:
    plain = paid(22500, case_type="ปรับสภาพบ้านผู้สูงอายุ", age=70)
    more = row(case_type="ปรับสภาพบ้านผู้สูงอายุ", age=70, problem="ต่อเติม")
    assert judged(plain, more)["1.3.3"].standing.allowed == 17500


def test_the_two_emergency_aids_are_counted_together() -> None:
    young = paid(2000, case_type="ช่วยเหลือฉุกเฉิน", age=60)
    old = row(case_type="ช่วยเหลือฉุกเฉิน", age=61)
    assert judged(young, young, young, old)["1.3.11"].standing.allowed == 0


def test_ages() -> None:
    def sections(age: Cell, case_type: str) -> tuple[list[str], bool]:
        found = benefits_of(row(age=age, case_type=case_type), BENEFITS, TYPES)
        return [benefit.section for benefit in found.benefits], found.fits

    assert sections(60, "ช่วยเหลือฉุกเฉิน") == (["1.2.6"], True)
    assert sections("61 ปี", "ช่วยเหลือฉุกเฉิน") == (["1.3.11"], True)
    assert sections(None, "ช่วยเหลือฉุกเฉิน") == (["1.2.6"], True)
    assert sections(59, "สงเคราะห์ผู้สูงอายุ") == (["1.3.2"], False)
    assert sections(None, "สงเคราะห์ผู้สูงอายุ") == (["1.3.2"], True)
    assert sections(40, "ไฟไหม้บ้าน") == ([], True)


# ------------------------------------------------------------------------------------------------ refunds


@pytest.mark.parametrize(
    ("amounts", "count", "spent", "allowed"),
    [
        ([3000, -3000], 0, 0, 3000),  # given back whole: not a time
        ([3000, -500], 1, 2500, 3000),
        ([3000, 3000, 3000, -3000], 2, 6000, 3000),
        ([3000, 3000, 3000, -500], 3, 8500, 0),
        ([-500], 0, 0, 3000),  # nothing was given: it opens nothing
        ([2500, 500, -500], 1, 2500, 3000),
    ],
)
def test_refunds(amounts: list[int], count: int, spent: int, allowed: int) -> None:
    rows = [paid(amount, case_type="ผู้มีรายได้น้อย") for amount in amounts]
    for order in itertools.permutations(rows):
        found = judged(*order, row(case_type="ผู้มีรายได้น้อย"))["1.5.1"].standing
        assert (found.count, found.spent, found.allowed) == (count, spent, allowed)


def test_a_correction_that_lowers_an_amount_makes_room() -> None:
    case = {"case_type": "ปรับสภาพบ้านคนพิการ"}
    assert judged(paid(30000, **case), paid(20000, **case))["1.4.9"].excess == [Excess.TOTAL]
    assert judged(paid(20000, **case), paid(20000, **case))["1.4.9"].excess == []


def test_what_is_planned_comes_after_what_was_transferred() -> None:
    case = {"case_type": "ผู้มีรายได้น้อย"}
    planned = row(amount=3000, received_date=date(2025, 11, 1), **case)
    done = [paid(3000, **case)] * 3
    assert judged(planned, *done)["1.5.1"].excess == []
    assert judged(*done, planned)["1.5.1"].excess == [Excess.TIMES]
    assert judged(planned, row(**case))["1.5.1"].standing.count == 1


def test_the_year_of_a_payment() -> None:
    payment = payment_of(row(amount=1, transfer_date=date(2025, 9, 30)))
    assert year_of(payment, date(2020, 1, 1), 2500) == 2568
    assert year_of(replace(payment, day=date(2025, 10, 1)), None, 2500) == 2569
    assert year_of(replace(payment, day=None), date(2025, 9, 30), 2500) == 2568
    assert year_of(replace(payment, day=None), "ไม่ทราบ", 2567) == 2567


# ------------------------------------------------------------------------------------------------ properties

amounts = st.integers(-5000, 50000).filter(bool).map(Decimal)
limits = st.builds(
    lambda amount, times, more: Limit(
        Decimal(amount), times, None if more is None else Decimal(amount + more)
    ),
    st.integers(1, 40000),
    st.none() | st.integers(1, 4),
    st.none() | st.integers(0, 40000),
)
payments = st.lists(amounts, max_size=8).map(
    lambda found: [Claim(f"C{n}", Keys("x"), ("s",), amount, 2569) for n, amount in enumerate(found)]
)


@given(limit=limits, given=payments)
def test_what_is_allowed_is_never_negative_and_never_more_than_the_limit(
    limit: Limit, given: list[Claim]
) -> None:
    found = standing(limit, given)
    assert 0 <= found.allowed <= limit.amount
    assert found.remaining is None or 0 <= found.allowed <= found.remaining or found.remaining == 0
    if limit.total is not None:
        assert found.remaining is not None
        assert found.remaining <= limit.total


@given(limit=limits, given=payments, more=st.integers(1, 50000))
def test_one_payment_more_never_raises_what_is_allowed(limit: Limit, given: list[Claim], more: int) -> None:
    before = standing(limit, given)
    after = standing(limit, [*given, Claim("D", Keys("x"), ("s",), Decimal(more), 2569)])
    assert after.allowed <= before.allowed
    assert before.remaining is None or after.remaining is None or after.remaining <= before.remaining


@given(limit=limits, given=payments, data=st.data())
def test_the_order_of_payments_is_of_no_account(
    limit: Limit, given: list[Claim], data: st.DataObject
) -> None:
    assert standing(limit, data.draw(st.permutations(given))) == standing(limit, given)


@given(limit=limits, given=payments, amount=st.integers(1, 50000))
def test_too_much_is_what_is_more_than_allowed(limit: Limit, given: list[Claim], amount: int) -> None:
    stands = standing(limit, given)
    claim = Claim("D", Keys("x"), ("s",), Decimal(amount), 2569)
    assert bool(excesses(claim, stands)) == (amount > stands.allowed)


# ------------------------------------------------------------------------------------------------ evidence


def related(unit: Unit, *rows: Mapping[str, Cell], links: Sequence[Link] = ()) -> dict[str, Evidence]:
    """The others that count with the first row."""
    claims = [claim_of(number, values) for number, values in enumerate(rows, 1)]
    return Kinship(claims, links).related("C1", unit)


def test_evidence_of_one_person() -> None:
    nobody = {"national_id": None}
    assert related(Unit.PERSON, row(), row(**FAR)) == {"C2": Evidence.SAME_ID}
    assert related(Unit.PERSON, row(), row(**nobody)) == {"C2": Evidence.SAME_NAME_AND_HOUSE}
    assert related(Unit.PERSON, row(), row(**nobody, **FAR)) == {}
    assert related(Unit.PERSON, row(), row(national_id=ID[1])) == {}, "two valid ids are two people"
    assert related(Unit.PERSON, row(), row(national_id=ID[1]), links=[Link("C2", "C1", Tie.SAME)]) == {
        "C2": Evidence.DECIDED_SAME
    }
    assert related(Unit.PERSON, row(), row(**nobody), links=[Link("C1", "C2", Tie.DIFFERENT)]) == {}
    chain = [row(**nobody), row(), row(**FAR)]
    assert related(Unit.PERSON, *chain) == {"C2": Evidence.SAME_NAME_AND_HOUSE, "C3": Evidence.SAME_ID}
    bridge = [row(), row(**nobody), row(national_id=ID[1])]
    assert related(Unit.PERSON, *bridge) == {"C2": Evidence.SAME_NAME_AND_HOUSE}


def test_evidence_of_one_family_and_one_house() -> None:
    assert related(Unit.FAMILY, row(), row(**KIN)) == {"C2": Evidence.SAME_FAMILY_NAME_AND_HOUSE}
    assert related(Unit.FAMILY, row(), row(**LODGER)) == {}
    household = [Link("C1", "C2", Tie.HOUSEHOLD)]
    assert related(Unit.FAMILY, row(), row(**LODGER), links=household) == {"C2": Evidence.SAME_HOUSEHOLD}
    assert related(Unit.HOUSE, row(), row(**LODGER)) == {"C2": Evidence.SAME_HOUSE}
    assert related(Unit.HOUSE, row(), row(**LODGER, moo="4")) == {}
    assert related(Unit.HOUSE, row(house_no=None), row(house_no=None, **LODGER)) == {}
    assert related(Unit.HOUSE, row(tambon=None), row(tambon=None)) == {}


@given(data=st.data())
def test_kinship_does_not_ask_who_came_first(data: st.DataObject) -> None:
    rows = [row(), row(national_id=None), row(**KIN), row(**LODGER), row(**FAR)]
    claims = [claim_of(number, values) for number, values in enumerate(rows, 1)]
    links = [Link("C4", "C5", Tie.SAME), Link("C1", "C3", Tie.HOUSEHOLD)]
    mixed = Kinship(data.draw(st.permutations(claims)), [Link(x.right, x.left, x.tie) for x in links])
    for claim, unit in itertools.product(claims, Unit):
        assert mixed.related(claim.case, unit) == Kinship(claims, links).related(claim.case, unit)


# ------------------------------------------------------------------------------------------------ frozen, papers


def test_what_is_a_difference() -> None:
    frozen = payment_of(paid(3000, case_type="ผู้มีรายได้น้อย"))
    for column, value in (
        ("amount", 2000),
        ("amount", None),
        ("transfer_date", date(2025, 10, 1)),
        ("transfer_date", None),
        ("case_type", "ช่วยเหลือฉุกเฉิน"),
        ("person_name", "นายดี มากมี"),
        ("national_id", ID[1]),
        ("national_id", None),
    ):
        now = payment_of({**paid(3000, case_type="ผู้มีรายได้น้อย"), column: value})
        assert differences(frozen, now) == (column,)
        assert fingerprint(now) != fingerprint(frozen)
    dashed = f"{ID[0][0]}-{ID[0][1:5]}-{ID[0][5:10]}-{ID[0][10:12]}-{ID[0][12]}"
    seen_alike = {"amount": "3,000.-", "person_name": "นายดี  ใจดี", "national_id": dashed}
    now = payment_of({**paid(3000, case_type="ผู้มีรายได้น้อย"), **seen_alike})
    assert differences(frozen, now) == ()
    assert fingerprint(now) == fingerprint(frozen)


def test_only_money_that_is_certain_is_frozen() -> None:
    def complete(**values: Cell) -> bool:
        return payment_of(row(**values)).is_complete

    day = date(2025, 12, 1)
    assert complete(amount=1, transfer_date=day)
    assert complete(amount=-500, transfer_date=day), "a refund"
    for amount in (None, 0, "สามพัน", "3.0001"):
        assert not complete(amount=amount, transfer_date=day)
    assert not complete(amount=3000, transfer_date="เร็ว ๆ นี้")
    assert not Payment(Decimal(3000), None, "", "", "").is_complete


def test_papers() -> None:
    disabled = benefits_of(row(case_type="สงเคราะห์คนพิการ"), BENEFITS, TYPES).benefits
    papers = checklist(disabled)
    assert len(disabled) == 2
    assert papers == list(disabled[0].papers), "what both benefits ask for is asked for once"
    assert missing("2, ๔", papers) == [papers[1], papers[3]]
    assert missing("2,4", papers) == missing("2 และ 4".replace(" และ", ""), papers) == [papers[1], papers[3]]
    assert missing("ใบรับรองแพทย์\n1", papers) == ["ใบรับรองแพทย์", papers[0]]
    assert missing("99", papers) == ["99"]
    assert missing("  ", papers) == []


def test_a_benefit_without_papers_has_an_empty_list() -> None:
    assert checklist([Benefit("1", "ก", Unit.PERSON, Limit(Decimal(1)))]) == []

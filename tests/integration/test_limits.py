"""Limits through a whole round: typed in the workbook, pointed out, decided, frozen, accepted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from bridge import bootstrap
from bridge.domain.cells import Cell
from tests.integration.people import Workplace

ID, OTHER_ID = "1100000000008", "1100000000016"
SPENT = date(2025, 12, 1)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Workplace]:
    workplace = Workplace(tmp_path)
    yield workplace
    bootstrap.close()


def send(place: Workplace, count: int, **answers: str) -> list[str]:
    """So many cases of one person, sent and in the sheet."""
    sent = []
    for _ in range(count):
        number = len(place.answers) + 1
        given = {"person_name": "นายดี ใจดี", "national_id": ID, "problem": f"เรื่องที่ {number}"}
        submitted = f"10/11/2025, 13:{number // 60:02}:{number % 60:02}"
        place.send(f"r{number}", **{"submitted_at": submitted, **given, **answers})
        sent.append(f"r{number}")
    sync(place)
    return [place.case_of(response) for response in sent]


def sync(place: Workplace) -> None:
    report = place.sync()
    assert (report.exit_code, report.trouble) == (0, [])


def pay(place: Workplace, case: str, amount: Cell, day: date | None = SPENT, **cells: Cell) -> None:
    place.desk.type(place.desk.row_of(case_id=case), amount=amount, transfer_date=day, **cells)


def review(place: Workplace, case: str) -> str:
    return str(place.desk.rows()[place.desk.row_of(case_id=case)]["review"] or "")


def items(place: Workplace, kind: str) -> dict[int, dict[str, Cell]]:
    word = getattr(place.office.province.reviews.kinds, kind)
    return {number: row for number, row in place.reviews.rows().items() if row["kind"] == word}


def decide(place: Workplace, kind: str, code: str = "", note: Cell = None) -> None:
    """Staff answer the only waiting item of a kind, in the tab."""
    waiting = place.office.province.reviews.states.gone
    (number,) = [n for n, item in items(place, kind).items() if item["status"] != waiting]
    words = place.office.province.reviews.decisions.model_dump()
    cells: dict[str, Cell] = {"decision": words[code]} if code else {}
    place.reviews.type(number, **cells, **({"note": note} if note else {}))


def lines(place: Workplace, case: str) -> list[tuple[int, date | None, tuple[str, ...]]]:
    found = place.office.ports.payments.lines([case]).get(case, [])
    return [(int(line.payment.amount), line.payment.day, line.claim.sections) for line in found]


def at_rest(place: Workplace) -> None:
    """Computed anew, nothing is written."""
    before = place.bytes()
    place.compute_all_anew()
    sync(place)
    assert place.bytes() == before


def test_what_is_left_is_told_where_something_was_given(place: Workplace) -> None:
    first, second, third = send(place, 3)
    assert review(place, third) == ""
    pay(place, first, 3000)
    sync(place)
    assert "ปีงบประมาณนี้ช่วยแล้ว 1 จาก 3 ครั้ง คงเหลือไม่เกิน 6,000 บาท ครั้งละไม่เกิน 3,000 บาท" in review(place, third)
    pay(place, second, 2500)
    sync(place)
    told = "ปีงบประมาณนี้ช่วยแล้ว 2 จาก 3 ครั้ง คงเหลือไม่เกิน 3,000 บาท"
    assert review(place, third) == f"{told} ดู {first} (เลขบัตรเดียวกัน), {second} (เลขบัตรเดียวกัน)"
    assert review(place, first) == review(place, second) == "", "they have had theirs"
    at_rest(place)


def test_too_much_is_pointed_out_when_typed_and_goes_when_mended(place: Workplace) -> None:
    (case,) = send(place, 1)
    pay(place, case, 3500, None)
    sync(place)
    assert review(place, case) == "จำนวนเงิน 3,500 บาท เกินข้อ 1.5.1 ซึ่งให้ครั้งละไม่เกิน 3,000 บาท"
    pay(place, case, 3000, None)
    sync(place)
    assert review(place, case) == ""
    assert [item["status"] for item in items(place, "limit").values()] == ["หมดเหตุแล้ว"]
    at_rest(place)


def test_one_time_too_many_names_the_earlier_cases_until_a_reason_is_recorded(place: Workplace) -> None:
    cases = send(place, 4)
    for case in cases:
        pay(place, case, 3000)
    sync(place)
    assert [review(place, case) for case in cases[:3]] == [""] * 3
    doubt = review(place, cases[3])
    assert "ช่วยแล้ว 3 จาก 3 ครั้ง" in doubt
    assert all(f"{case} (เลขบัตรเดียวกัน)" in doubt for case in cases[:3])
    decide(place, "limit", "go_on")
    sync(place)
    assert "ยังไม่ได้เขียนเหตุผล" in review(place, cases[3])
    assert doubt in review(place, cases[3])
    decide(place, "limit", note="บ้านไฟไหม้ ผู้ว่าราชการจังหวัดอนุมัติ")
    sync(place)
    assert review(place, cases[3]) == ""
    (item,) = items(place, "limit").values()
    assert (item["status"], item["note"]) == ("ตัดสินแล้ว", "บ้านไฟไหม้ ผู้ว่าราชการจังหวัดอนุมัติ")
    (told,) = place.office.case_money.of(cases[3]).doubts
    assert (told.sentence, told.reason) == (doubt, item["note"])
    at_rest(place)
    pay(place, cases[3], 9000)  # the reason was for three thousand
    sync(place)
    assert "9,000" in review(place, cases[3])


def test_a_family_is_counted_over_its_members(place: Workplace) -> None:
    child = {"case_type": "สงเคราะห์คนพิการ", "national_id": OTHER_ID, "person_name": "นางสาวใส ใจดี"}
    given = send(place, 3, case_type="สงเคราะห์คนพิการ")
    for case in given:
        pay(place, case, 3000)
    (case,) = send(place, 1, **child)
    pay(place, case, 1000, None)
    sync(place)
    assert "1.4.12 (นับต่อครอบครัว)" in review(place, case)
    assert f"{given[0]} (นามสกุลและบ้านเดียวกัน)" in review(place, case)
    assert "1.4.7" not in review(place, case)


def test_what_people_decide_about_a_pair_decides_what_counts(place: Workplace) -> None:
    (first,) = send(place, 1)
    (second,) = send(place, 1, national_id="")
    pay(place, first, 3000)
    sync(place)
    assert f"{first} (ชื่อและบ้านเดียวกัน)" in review(place, second)
    decide(place, "duplicate", "not_same")
    sync(place)
    assert "ช่วยแล้ว" not in review(place, second)
    decide(place, "duplicate", "same")
    sync(place)
    assert f"{first} (ตัดสินว่าเป็นคนเดียวกัน)" in review(place, second)
    at_rest(place)


def test_a_transferred_payment_is_frozen_and_a_change_is_a_difference(place: Workplace) -> None:
    first, second = send(place, 2)
    pay(place, first, 3000, date(2025, 9, 30))
    sync(place)
    frozen = (3000, date(2025, 9, 30), ("1.5.1",))
    assert lines(place, first) == [frozen]
    assert review(place, second) == "", "that was last year's"
    pay(place, first, 2000, date(2025, 10, 1), person_name="นายดำ ใจดี")
    sync(place)
    assert lines(place, first) == [frozen]
    assert review(place, first) == (
        "แก้ไขหลังโอนเงินแล้ว: ชื่อ-สกุลผู้ประสบปัญหา นายดี ใจดี → นายดำ ใจดี, "
        "จำนวนเงิน 3,000 → 2,000, วันที่โอนเงิน 30/9/2568 → 1/10/2568"
    )
    assert review(place, second) == "", "it still counts as it was"
    at_rest(place)
    decide(place, "payment", "accept")
    sync(place)
    assert lines(place, first) == [frozen, (2000, date(2025, 10, 1), ("1.5.1",))]
    assert review(place, first) == ""
    assert "ช่วยแล้ว 1 จาก 3 ครั้ง" in review(place, second), "moved to this year"
    at_rest(place)
    whys = [past.event.why for past in place.office.ports.rows.history("cases", first)]
    assert (whys.count("frozen"), whys.count("accepted")) == (1, 1)


def test_a_difference_that_is_taken_back_is_gone(place: Workplace) -> None:
    (case,) = send(place, 1)
    pay(place, case, 3000)
    sync(place)
    pay(place, case, None, None)
    sync(place)
    assert "จำนวนเงิน 3,000 → (ว่าง), วันที่โอนเงิน 1/12/2568 → (ว่าง)" in review(place, case)
    pay(place, case, 3000)
    sync(place)
    assert review(place, case) == ""
    assert len(lines(place, case)) == 1


def test_a_payment_taken_back_makes_room_once_it_is_accepted(place: Workplace) -> None:
    first, second = send(place, 2)
    pay(place, first, 3000)
    sync(place)
    pay(place, first, None, None)
    sync(place)
    assert "ช่วยแล้ว 1 จาก 3 ครั้ง" in review(place, second)
    decide(place, "payment", "accept")
    sync(place)
    assert review(place, second) == ""
    assert lines(place, first)[-1][0] == 0


def test_a_transfer_in_a_year_still_to_come_is_pointed_out(place: Workplace) -> None:
    (case,) = send(place, 1)
    pay(place, case, 3000, date(2026, 9, 30))
    sync(place)
    assert review(place, case) == ""
    pay(place, case, 3000, date(2026, 10, 1))
    sync(place)
    assert "วันที่โอนเงิน 1/10/2569 อยู่ในปีงบประมาณ 2570 ซึ่งยังไม่ถึง" in review(place, case)


def test_what_is_left_is_not_told_beside_a_payment_that_still_counts(place: Workplace) -> None:
    first, second = send(place, 2)
    pay(place, first, 3000)
    pay(place, second, 3000)
    sync(place)
    pay(place, second, None, None)
    sync(place)
    assert "แก้ไขหลังโอนเงินแล้ว" in review(place, second) and "คงเหลือ" not in review(place, second)
    decide(place, "payment", "accept")
    sync(place)
    assert "ช่วยแล้ว 1 จาก 3 ครั้ง คงเหลือ" in review(place, second)


def test_a_deleted_row_takes_back_what_was_planned_and_not_what_was_transferred(place: Workplace) -> None:
    paid, planned, last = send(place, 3)
    pay(place, paid, 3000)
    pay(place, planned, 3000, None)
    sync(place)
    assert "ช่วยแล้ว 2 จาก 3 ครั้ง" in review(place, last)
    place.desk.delete_rows(*(place.desk.row_of(case_id=case) for case in (paid, planned)))
    for _ in range(3):
        assert place.sync(accept_loss=True).exit_code == 0
    assert "ช่วยแล้ว 1 จาก 3 ครั้ง" in review(place, last)


def test_missing_papers_are_named_by_number_and_told_at_publication(place: Workplace) -> None:
    (case,) = send(place, 1, case_type="ปรับสภาพบ้านผู้สูงอายุ", age="70")
    row = place.desk.row_of(case_id=case)
    place.desk.type(row, step=place.office.province.rules.incomplete, checked=True)
    sync(place)
    assert "ยังไม่ได้ระบุเอกสารที่ขาด" in review(place, case)
    decide(place, "papers", note="๒, หนังสือมอบอำนาจ")
    sync(place)
    assert review(place, case) == ""
    place.office.publish.run()
    published = place.office.ports.cases.published_among([case])[case]
    assert published.values["missing_papers"] == "ทะเบียนบ้าน · หนังสือมอบอำนาจ"
    at_rest(place)
    place.desk.type(row, step="เสนอคณะกรรมการพิจารณา")
    sync(place)
    place.office.publish.run()
    assert "missing_papers" not in place.office.ports.cases.published_among([case])[case].values


def test_a_new_fiscal_year_is_counted_anew(place: Workplace) -> None:
    first, second = send(place, 2)
    pay(place, first, 3000)
    sync(place)
    assert "ช่วยแล้ว 1 จาก 3 ครั้ง" in review(place, second)
    place.clock.go_to_next_october()
    sync(place)
    assert review(place, second) == ""

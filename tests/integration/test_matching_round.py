"""Pairs and the register through whole rounds: told in the workbook, decided there, remembered through edits."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import combinations
from pathlib import Path

import pytest

from bridge import bootstrap
from bridge.application.errors import SheetError
from bridge.application.ports.forms import Batch
from bridge.domain.cells import Cell
from tests.integration.people import Workplace

ID, OTHER_ID = "1100000000008", "1100000000016"
HOME = {"house_no": "12", "moo": "3", "tambon": "โพธิ์", "amphoe": "เมืองศรีสะเกษ"}
HEADER = ("หมายเลข", "ชื่อ-สกุล", "บ้านเลขที่", "หมู่", "ตำบล", "อำเภอ")
HER = ("นางบุญเลิศ สุขสำราญ", "12", "3", "โพธิ์", "เมืองศรีสะเกษ")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Workplace]:
    workplace = Workplace(tmp_path)
    yield workplace
    bootstrap.close()


def send(place: Workplace, response: str, **answers: str) -> str:
    number = len(place.answers) + 1
    given = {"submitted_at": f"10/11/2025, 13:00:{number:02}", "problem": f"เรื่องที่ {number}", **HOME}
    place.send(response, **given | {"person_name": "นางบุญเลิศ สุขสำราญ", "national_id": ID} | answers)
    sync(place)
    return place.case_of(response)


def sync(place: Workplace) -> None:
    report = place.sync()
    assert (report.exit_code, report.trouble) == (0, [])


def cell(place: Workplace, case: str, column: str) -> str:
    return str(place.desk.rows()[place.desk.row_of(case_id=case)][column] or "")


def open_items(place: Workplace, kind: str) -> dict[int, dict[str, Cell]]:
    words = place.office.province.reviews
    return {
        number: row
        for number, row in place.reviews.rows().items()
        if row["kind"] == getattr(words.kinds, kind) and row["status"] != words.states.gone
    }


def decide(place: Workplace, item: int, code: str) -> None:
    place.reviews.type(item, decision=place.office.province.reviews.decisions.model_dump()[code])
    sync(place)


def import_register(place: Workplace, *rows: tuple[str, ...]) -> None:
    place.office.import_register.run(Batch("ทะเบียน.csv", str(len(rows)), [HEADER, *rows], complete=True))
    sync(place)


def test_pairs_are_told_with_score_and_reasons_and_decisions_stay(place: Workplace) -> None:
    first = send(place, "a")
    again = send(place, "b")
    other = send(place, "c", case_type="ช่วยเหลือฉุกเฉิน", national_id="")
    assert cell(place, again, "duplicate_of").split("; ") == [
        f"{first} เคสซ้ำ (99% เลขบัตรเดียวกัน · ชื่อ-สกุลเดียวกัน · บ้านเดียวกัน)",
        f"{other} เคยยื่นเรื่อง (99% ชื่อ-สกุลเดียวกัน · บ้านเดียวกัน)",
    ]
    assert again in cell(place, first, "duplicate_of")
    assert len(open_items(place, "earlier")) == 2
    ((item, row),) = open_items(place, "duplicate").items()
    assert (row["value"], row["other"]) == (again, first)
    assert "99%" in str(row["reason"])
    decide(place, item, "not_same")
    assert first not in cell(place, again, "duplicate_of")
    assert again not in cell(place, first, "duplicate_of")
    send(place, "b", house_no="12/1")
    send(place, "a", person_phone="0812345678")
    assert first not in cell(place, again, "duplicate_of"), "remembered through later edits"
    decide(place, item, "same")
    assert f"{first} เคสซ้ำ (เจ้าหน้าที่ยืนยัน" in cell(place, again, "duplicate_of")
    send(place, "b", person_name="นายประยูร แก้วใส", national_id=OTHER_ID, house_no="990", moo="9")
    assert f"{first} เคสซ้ำ (เจ้าหน้าที่ยืนยัน" in cell(place, again, "duplicate_of")
    assert cell(place, other, "duplicate_of").startswith(first)


def test_the_register_is_told_and_contradicts_the_sender(place: Workplace) -> None:
    inside, outside = (
        send(place, "a", source="นอก TPMAP"),
        send(place, "b", source="TPMAP", person_name="นายคำพอง วงศ์ใหญ่", national_id=OTHER_ID, house_no="77"),
    )
    assert cell(place, inside, "in_tpmap") == "", "there is no register yet"
    import_register(place, ("R1", *HER))
    assert cell(place, inside, "in_tpmap") == "พบ: R1 (ชื่อ-สกุลเดียวกัน · บ้านเดียวกัน)"
    assert "ผู้ส่งระบุว่า “นอก TPMAP” แต่พบในทะเบียน TPMAP หมายเลข R1" in cell(place, inside, "review")
    assert cell(place, outside, "in_tpmap") == "ไม่พบ"
    assert "ผู้ส่งระบุว่า “TPMAP” แต่ไม่พบในทะเบียน TPMAP" in cell(place, outside, "review")
    import_register(place, ("R9", "นายคำพอง วงศ์ใหญ่", "77", "3", "โพธิ์", "เมืองศรีสะเกษ"))
    assert cell(place, outside, "in_tpmap").startswith("พบ: R9"), "old cases are looked up in a new register"
    assert "TPMAP" not in cell(place, outside, "review")
    before = place.bytes()
    place.compute_all_anew()
    sync(place)
    assert place.bytes() == before


def test_who_of_the_register_it_is_can_be_chosen(place: Workplace) -> None:
    case = send(place, "a")
    import_register(place, ("R1", *HER), ("R2", *HER), ("R3", *HER))
    assert cell(place, case, "in_tpmap") == "อาจเป็น: R1, R2, R3 (เลือกในแท็บตรวจสอบ)"
    first, second, third = sorted(open_items(place, "in_register"))
    decide(place, first, "not_same")
    assert cell(place, case, "in_tpmap") == "อาจเป็น: R2, R3 (เลือกในแท็บตรวจสอบ)"
    decide(place, second, "same")
    assert cell(place, case, "in_tpmap") == "พบ: R2 (เจ้าหน้าที่ยืนยัน)"
    assert third not in open_items(place, "in_register")
    send(place, "a", house_no="12/1")
    assert cell(place, case, "in_tpmap") == "พบ: R2 (เจ้าหน้าที่ยืนยัน)", "remembered through later edits"


def test_a_household_of_the_register_is_one_family(place: Workplace) -> None:
    """Husband and wife of two family names; a lodger whom the register does not have there is none of theirs."""
    child = {"case_type": "เด็กในครอบครัวยากจน"}
    wife = send(place, "a", **child)
    husband = send(place, "b", **child, person_name="นายคำพอง วงศ์ใหญ่", national_id=OTHER_ID)
    lodger = send(place, "c", **child, person_name="นายประยูร แก้วใส", national_id="1100000000024")
    import_register(
        place, ("R1", *HER), ("R2", "นายคำพอง วงศ์ใหญ่", *HER[1:]), ("R3", "นายประยูร แก้วใส", "99", *HER[2:])
    )
    place.desk.type(place.desk.row_of(case_id=wife), amount=1000, transfer_date=date(2025, 11, 12))
    sync(place)
    assert f"{wife} (ครัวเรือนเดียวกันในทะเบียน)" in cell(place, husband, "review")
    assert wife not in cell(place, lodger, "review")
    import_register(place, ("R2", "นายคำพอง วงศ์ใหญ่", "45", *HER[2:]))
    assert wife not in cell(place, husband, "review"), "he has another house now"


def test_decisions_refit_the_weights(place: Workplace) -> None:
    """An office where whoever shares a name alone is another person says so, and is asked less."""
    with pytest.raises(SheetError, match="refit_too_few"):
        bootstrap.refit(place.office, write=True)
    words = ("ประยุกต์", "ชาญณรงค์", "วิเชียร", "บุญเลิศ", "ไพโรจน์", "อนันตชัย", "สุรพล", "มณเฑียร")
    for number, (one, other) in enumerate(combinations(words, 2)):
        person = {
            "submitted_at": f"10/11/2025, 13:00:{number:02}",
            "person_name": f"นาย{one}{other} {other}{one}",
        }
        here, there = ({"house_no": f"{number}{house}", "moo": house} for house in "12")
        place.send(f"{number} here", **person | HOME | here, problem="เรื่องแรก")
        away = {"tambon": "ห้วยเหนือ", "amphoe": "ขุขันธ์", **there}
        place.send(f"{number} there", **person | away, problem="เรื่องหลัง")
    sync(place)
    asked = sorted({**open_items(place, "duplicate"), **open_items(place, "earlier")})
    assert len(asked) == 28
    assert asked == [*range(asked[0], asked[0] + 28)]
    word = place.office.province.reviews.decisions.not_same
    place.reviews.paste(asked[0], place.reviews.columns["decision"], [[word]] * 27)
    sync(place)
    figures = bootstrap.refit(place.office, write=True)
    assert (figures["decisions"], figures["decided_same"]) == (27, 0)
    assert figures["agreed_before"] == 0 < 0.9 < figures["held_out_agreed"]
    place.office = bootstrap.with_ports(place.office)
    sync(place)
    assert asked[-1] not in {**open_items(place, "duplicate"), **open_items(place, "earlier")}

"""A case: its number, its values in order, what a person should look at, what it is matched by."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.config import load
from bridge.domain.cases import (
    case_number,
    doubts,
    fiscal_year_of,
    read_case_number,
    tidy,
)
from bridge.domain.cells import Cell, canonical
from bridge.domain.sheets import CASES
from bridge.domain.values.national_id import check_digit
from bridge.domain.values.places import Places
from tests.unit.values.cells import any_cell

RULES = load(Path(__file__).parents[2] / "config" / "sisaket.toml").workflow()
PLACES = Places.build([("เมืองทดสอบ", "กลาง"), ("ริมน้ำ", "ดอนสูง")], {})


def an_id(first12: str = "110170023070") -> str:
    return first12 + check_digit(first12)


GOOD: dict[str, Cell] = {
    "submitted_at": datetime(2026, 3, 2, 9, 5),
    "sender_name": "สมชาย ส่งเรื่อง",
    "sender_org": "อบต.ตัวอย่าง",
    "sender_phone": "0812345678",
    "letter_date": date(2026, 3, 1),
    "case_type": "ผู้มีรายได้น้อย",
    "person_name": "สมศรี ใจดี",
    "problem": "ขาดรายได้",
    "national_id": an_id(),
    "age": 70,
    "house_no": "10/1",
    "moo": "3",
    "tambon": "ดอนสูง",
    "amphoe": "ริมน้ำ",
}


def found(values: dict[str, Cell]) -> list[tuple[str, str]]:
    return [(problem.code, problem.column) for problem in doubts(values, PLACES, RULES)]


class TestNumber:
    def test_a_number_names_province_fiscal_year_and_place_in_it(self) -> None:
        assert case_number("SSK", 2569, 123) == "SSK-2569-000123"
        assert case_number("SSK", 2569, 1_234_567) == "SSK-2569-1234567"

    @given(st.integers(1000, 9999), st.integers(0, 999_999_999))
    def test_a_number_is_read_back(self, year: int, number: int) -> None:
        assert read_case_number(case_number("SSK", year, number), "SSK") == (year, number)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "SSK-2569",
            "UBN-2569-000123",
            "ssk-2569-000123",
            "SSK-2569-000123-1",
            "SSK-69-000123",
            "SSK-25690-000123",
            "SSK-2569-123",
            "SSK-2569-0000000123",
            "SSK-2569-๐๐๐๑๒๓",
            "SSK-2569-00012²",
            "SSK-2569--00123",
            "SSK-2569-000123 ",
            "SSK2569000123",
        ],
    )
    def test_nothing_else_is_a_number_of_this_province(self, text: str) -> None:
        assert read_case_number(text, "SSK") is None

    @given(st.text(max_size=20))
    def test_any_text_is_read_without_failing(self, text: str) -> None:
        assert read_case_number(text, "SSK") is None or text.startswith("SSK-")


class TestFiscalYear:
    RECEIVED = datetime(2026, 3, 2, 10, 0)

    @pytest.mark.parametrize(
        ("submitted", "year"),
        [
            (datetime(2025, 9, 30, 23, 59, 59), 2568),
            (datetime(2025, 10, 1), 2569),
            ("30/9/2568", 2568),
            ("1/10/2568", 2569),
            ("10/8/2022, 13:57:03", 2565),
        ],
    )
    def test_it_is_that_of_the_submission(self, submitted: Cell, year: int) -> None:
        assert fiscal_year_of(submitted, self.RECEIVED) == year

    @pytest.mark.parametrize("submitted", [None, "", "เมื่อวาน", "012022", "1/13/2569", "1/11/68", True])
    def test_where_that_is_not_certain_it_is_that_of_the_arrival(self, submitted: Cell) -> None:
        assert fiscal_year_of(submitted, self.RECEIVED) == 2569
        assert fiscal_year_of(submitted, datetime(2026, 10, 1)) == 2570


class TestTidy:
    def test_what_is_certain_takes_its_usual_form(self) -> None:
        given = {
            "letter_date": "1/11/2565",
            "sender_phone": "081-234 5678",
            "person_phone": 812345678,
            "national_id": f"{an_id()[0]}-{an_id()[1:5]}-{an_id()[5:10]}-{an_id()[10:12]}-{an_id()[12]}",
            "age": "๗๐",
            "house_no": " ๑๐/๑ ",
            "moo": "หมู่ 3",
            "tambon": "ต.ดอนสูง",
            "amphoe": "อำเภอริมน้ำ",
        }
        assert tidy(given, PLACES) == {
            "letter_date": date(2022, 11, 1),
            "sender_phone": "0812345678",
            "person_phone": "0812345678",
            "national_id": an_id(),
            "age": 70,
            "house_no": "10/1",
            "moo": "3",
            "tambon": "ดอนสูง",
            "amphoe": "ริมน้ำ",
        }

    def test_values_are_in_the_one_form_of_their_column(self) -> None:
        """So that what the sheet shows of them is never taken for a correction by staff."""
        given = {"letter_no": 123.0, "sender_name": 5, "case_type": "", "submitted_at": date(2026, 3, 2)}
        assert tidy(given, PLACES) == {
            "letter_no": "123",
            "sender_name": "5",
            "submitted_at": datetime(2026, 3, 2),
        }

    def test_what_is_doubtful_or_unreadable_stays_as_typed(self) -> None:
        given: dict[str, Cell] = {
            "letter_date": "012022",
            "sender_phone": "0812345678, 0898765432",
            "person_phone": "ไม่มีเบอร์ติดต่อ",
            "national_id": "1.10370E+12",
            "age": "ราว 70",
            "house_no": date(2026, 1, 10),
            "moo": "สาม",
            "tambon": "ดอนสุง",
            "amphoe": "ไม่มีที่นี่",
            "problem": "  เว้นวรรค  ",
            "case_type": "=IMPORTDATA(1)",
        }
        assert tidy(given, PLACES) == given

    @pytest.mark.parametrize("number", [-20000000, 2000000.5])
    def test_a_number_that_is_no_telephone_becomes_none_when_it_is_read_again(self, number: float) -> None:
        once = tidy({"person_phone": number}, PLACES)
        assert once == tidy(once, PLACES) == {"person_phone": str(number)}

    @given(st.dictionaries(st.sampled_from([*GOOD, "person_phone", "source", "letter_no"]), any_cell))
    def test_tidying_is_done_once_and_loses_no_answer(self, answers: dict[str, Cell]) -> None:
        once = tidy(answers, PLACES)
        assert set(once) == {key for key, value in answers.items() if value is not None and value != ""}
        assert repr(tidy(once, PLACES)) == repr(once)
        for column in ("problem", "sender_name", "source", "case_type", "submitted_at", "letter_no"):
            if column in once:
                assert repr(once[column]) == repr(canonical(answers[column], CASES[column][1]))


class TestDoubts:
    def test_a_good_case_has_none(self) -> None:
        assert found(GOOD) == []
        work: dict[str, Cell] = {"checked": True, "operation": "รับเรื่องแล้ว", "step": "ตรวจสอบเอกสาร"}
        assert found({**GOOD, **work}) == []

    def test_every_starred_question_that_is_blank_is_named(self) -> None:
        assert found({}) == [
            ("timestamp_missing", "submitted_at"),
            *(("needed_blank", column) for column in GOOD if column != "submitted_at"),
        ]

    @pytest.mark.parametrize("column", ["letter_no", "requester", "person_phone", "source"])
    def test_the_other_questions_may_be_blank(self, column: str) -> None:
        assert found({**GOOD, column: None}) == []

    @pytest.mark.parametrize(
        ("column", "typed", "code"),
        [
            ("submitted_at", "เมื่อวาน", "date_unreadable"),
            ("submitted_at", "1/11/65 10:00", "date_two_digit_year"),
            ("letter_date", "012022", "date_incomplete"),
            ("sender_phone", "12345", "phone_length"),
            ("person_phone", "0812345678, 0898765432", "phone_several"),
            ("national_id", "1.10370E+12", "id_scientific"),
            ("national_id", an_id("010170023070")[1:], "id_lost_zero"),
            ("age", 121, "age_range"),
            ("house_no", datetime(2026, 1, 10), "house_date"),
            ("moo", "สาม", "moo_unreadable"),
            ("person_name", "สมศรี", "name_no_family"),
            ("tambon", "กลาง", "tambon_elsewhere"),
            ("amphoe", "ไม่มีที่นี่เลย", "amphoe_unknown"),
            ("checked", "ยังไม่ตรวจ", "checked_word"),
            ("received_date", "31/2/2569", "date_impossible"),
            ("transfer_date", "พรุ่งนี้", "date_unreadable"),
            ("amount", "สามพัน", "baht_unreadable"),
            ("operation", "เสร็จ", "unknown_choice"),
            ("step", "เสร็จ", "unknown_choice"),
            ("step", 5, "unknown_choice"),
        ],
    )
    def test_what_is_wrong_is_told_with_its_column(self, column: str, typed: Cell, code: str) -> None:
        assert (code, column) in found({**GOOD, column: typed})

    def test_no_telephone_is_not_a_doubt_but_the_case_worker_needs_the_senders(self) -> None:
        assert found({**GOOD, "person_phone": "ไม่มี"}) == []

    def test_help_without_aid_and_a_transfer_without_an_amount(self) -> None:
        helped: dict[str, Cell] = {**GOOD, "step": "ให้การช่วยเหลือแล้ว"}
        assert found(helped) == [("helped_without_aid", "amount")]
        assert found({**helped, "goods": "ข้าวสาร"}) == []
        assert found({**helped, "amount": 3000}) == []
        assert found({**GOOD, "transfer_date": date(2026, 3, 2)}) == [("transfer_without_amount", "amount")]
        assert found({**GOOD, "transfer_date": date(2026, 3, 2), "amount": 3000}) == []

    @given(
        st.dictionaries(st.sampled_from([*GOOD, "checked", "amount", "step", "operation", "goods"]), any_cell)
    )
    def test_whatever_is_in_a_row_the_doubts_are_told(self, values: dict[str, Cell]) -> None:
        known = {*GOOD, "person_phone", "checked", "amount", "step", "operation"}
        assert all(problem.code and problem.column in known for problem in doubts(values, PLACES, RULES))

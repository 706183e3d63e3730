"""Status, step and outcome (process.md section 4): the province's tables, nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.config import load
from bridge.domain.cells import Cell
from bridge.domain.workflow import SUGGESTED, Rules, resolve

RULES = load(Path(__file__).parents[2] / "config" / "sisaket.toml").workflow()

STEPS = [("รอดำเนินการ", "ยังไม่รับเรื่อง"), ("รับเรื่องแล้ว", "ตรวจสอบเอกสาร")]
OUTCOMES = [
    ("ยังไม่รับเรื่อง", "ยังไม่ช่วยเหลือ"),
    ("ตรวจสอบเอกสาร", "รอพิจารณา"),
    ("เอกสารไม่สมบูรณ์ ติดต่อ จนท.", "คืนเอกสารแก้ไข"),
    ("เสนอคณะกรรมการพิจารณา", "รอพิจารณา"),
    ("ให้การช่วยเหลือแล้ว", "ปรับปรุงข้อมูลการช่วยเหลือ"),
]
KNOWN = [word for pair in (*STEPS, *OUTCOMES) for word in pair]
words = st.one_of(st.none(), st.sampled_from(KNOWN), st.text(max_size=8), st.booleans(), st.integers())


@pytest.mark.parametrize(("operation", "step"), STEPS)
def test_each_operation_suggests_its_step(operation: str, step: str) -> None:
    assert RULES.suggest_step(operation) == step
    assert RULES.knows_operation(operation)


@given(words.filter(lambda word: word not in dict(STEPS)))
def test_any_other_operation_finds_nothing(operation: Cell) -> None:
    squeezed = operation.replace(" ", "") if isinstance(operation, str) else ""
    if squeezed not in dict(STEPS):
        assert RULES.suggest_step(operation) == "ไม่พบข้อมูล"


@pytest.mark.parametrize(("step", "outcome"), OUTCOMES)
def test_each_step_suggests_its_outcome(step: str, outcome: str) -> None:
    assert RULES.suggest_outcome(step) == outcome
    assert RULES.knows_step(step)
    assert RULES.is_helped(step) is (step == "ให้การช่วยเหลือแล้ว")


@pytest.mark.parametrize("step", ["ไม่พบข้อมูล", "คำอื่น", "", None, 5, True])
def test_a_step_outside_the_table_suggests_no_outcome(step: Cell) -> None:
    assert RULES.suggest_outcome(step) is None
    assert not RULES.is_helped(step)


def test_the_word_for_no_step_is_a_word_that_the_sheet_may_show() -> None:
    assert RULES.knows_step("ไม่พบข้อมูล")
    assert not RULES.knows_step("คำอื่น")


@pytest.mark.parametrize("receipt", [None, "", "  ", "\u00a0"])
def test_without_a_receipt_number_the_case_waits(receipt: Cell) -> None:
    assert RULES.suggest_operation(receipt) == "รอดำเนินการ"


@pytest.mark.parametrize("receipt", ["ศก 0004/123", "1", 7, 0, "-"])
def test_with_a_receipt_number_the_case_is_received(receipt: Cell) -> None:
    assert RULES.suggest_operation(receipt) == "รับเรื่องแล้ว"


@pytest.mark.parametrize("mark", [True, "ตรวจสอบแล้ว", "ตรวจ สอบแล้ว ", "ใช่", "YES", "✓", "/"])
def test_what_says_that_a_row_was_checked(mark: Cell) -> None:
    assert RULES.is_checked(mark) is True


@pytest.mark.parametrize("mark", [None, False, "", "  "])
def test_a_blank_or_unticked_box_was_not_checked(mark: Cell) -> None:
    assert RULES.is_checked(mark) is False


@pytest.mark.parametrize("mark", ["ยังไม่ตรวจ", "ไม่", "no", 1, 0, "ตรวจ"])
def test_any_other_mark_is_not_understood(mark: Cell) -> None:
    assert RULES.is_checked(mark) is None


@pytest.mark.parametrize(("operation", "step"), STEPS)
def test_words_compare_without_spaces(operation: str, step: str) -> None:
    assert RULES.suggest_step(f" {operation[:3]} {operation[3:]}\u200b") == step


@pytest.mark.parametrize("tail", ["*", ":", "?", ".", "แล้ว"])
def test_a_word_with_something_behind_it_is_another_word(tail: str) -> None:
    assert RULES.suggest_step("รับเรื่องแล้ว" + tail) == "ไม่พบข้อมูล"
    assert RULES.is_checked("ตรวจสอบแล้ว" + tail) is None


class TestResolve:
    def test_a_new_case_waits(self) -> None:
        resolved, wanted = resolve({}, {}, RULES)
        expected = {"operation": "รอดำเนินการ", "step": "ยังไม่รับเรื่อง", "outcome": "ยังไม่ช่วยเหลือ"}
        assert resolved == wanted == expected
        assert tuple(resolved) == SUGGESTED

    def test_a_receipt_number_moves_all_three_that_still_hold_our_suggestions(self) -> None:
        before, _ = resolve({}, {}, RULES)
        suggested = {column: [value] for column, value in before.items()}
        resolved, _ = resolve({**before, "receipt_no": "12"}, suggested, RULES)
        assert resolved == {"operation": "รับเรื่องแล้ว", "step": "ตรวจสอบเอกสาร", "outcome": "รอพิจารณา"}

    def test_a_step_that_staff_chose_stays_and_moves_the_outcome(self) -> None:
        values = {"receipt_no": "12", "step": "ให้การช่วยเหลือแล้ว", "outcome": "รอพิจารณา"}
        resolved, wanted = resolve(values, {"outcome": ["รอพิจารณา"]}, RULES)
        assert resolved["step"] == "ให้การช่วยเหลือแล้ว"
        assert wanted["step"] == "ตรวจสอบเอกสาร"
        assert resolved["outcome"] == "ปรับปรุงข้อมูลการช่วยเหลือ"

    def test_the_aid_that_staff_recorded_stays(self) -> None:
        values = {"receipt_no": "12", "step": "ให้การช่วยเหลือแล้ว", "outcome": "เงินสงเคราะห์ 3,000 บาท"}
        resolved, wanted = resolve(values, {"outcome": ["ปรับปรุงข้อมูลการช่วยเหลือ"]}, RULES)
        assert resolved["outcome"] == "เงินสงเคราะห์ 3,000 บาท"
        assert wanted["outcome"] == "ปรับปรุงข้อมูลการช่วยเหลือ"

    def test_our_words_that_staff_chose_themselves_stay(self) -> None:
        """The same word, but not our suggestion for this cell: staff typed it."""
        resolved, _ = resolve({"receipt_no": "12", "operation": "รอดำเนินการ"}, {}, RULES)
        assert resolved["operation"] == "รอดำเนินการ"
        assert resolved["step"] == "ยังไม่รับเรื่อง"

    @given(
        st.fixed_dictionaries(
            {}, optional=dict.fromkeys([*SUGGESTED, "receipt_no"], words.filter(lambda word: word != ""))
        ),
        st.dictionaries(st.sampled_from(SUGGESTED), st.lists(st.sampled_from(KNOWN), max_size=3)),
    )
    def test_a_column_is_ours_exactly_while_blank_or_our_suggestion(
        self, values: dict[str, Cell], suggested: dict[str, list[Cell]]
    ) -> None:
        resolved, wanted = resolve(values, suggested, RULES)
        for column in SUGGESTED:
            current = values.get(column)
            ours = current is None or current in suggested.get(column, [])
            assert resolved[column] == (wanted[column] if ours else current)
        assert wanted["operation"] == RULES.suggest_operation(values.get("receipt_no"))
        assert wanted["step"] == RULES.suggest_step(resolved["operation"])
        assert wanted["outcome"] == RULES.suggest_outcome(resolved["step"])
        again = {column: [*suggested.get(column, []), wanted[column]] for column in SUGGESTED}
        assert resolve({**values, **resolved}, again, RULES)[0] == resolved


def test_another_provinces_words_need_no_code() -> None:
    rules = Rules(
        waiting="new",
        received="In Work",
        step_otherwise="?",
        helped="done",
        steps={"new": "unread", "In Work": "papers"},
        outcomes={"papers": "soon"},
        checked_words=["ok"],
        case_types=["a"],
        other_type="",
    )
    resolved, _ = resolve({"receipt_no": 1}, {}, rules)
    assert resolved == {"operation": "In Work", "step": "papers", "outcome": "soon"}
    assert resolve({}, {}, rules)[0] == {"operation": "new", "step": "unread", "outcome": None}
    assert rules.suggest_step("IN work") == "papers"
    assert rules.suggest_step("รับเรื่องแล้ว") == "?"
    assert (rules.is_checked("OK"), rules.is_checked("ตรวจสอบแล้ว")) == (True, None)

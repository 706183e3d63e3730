"""Columns as they were typed become the values that people are compared by."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.domain.matching.keys import all_keys
from bridge.domain.matching.people import fold_column, read
from bridge.domain.matching.texts import hashes
from bridge.domain.values.sound import skeletons
from bridge.domain.values.text import fold
from bridge.domain.values.titles import is_child, sex_of, split_title, split_titles

THAI = st.text(st.sampled_from("กขคนมยรสอาีิุูเแโ่้์ำํ็ ๑๒.-\u200b"), max_size=12)
# The same person, typed twice.
ALIKE = [
    ("name", "นาย สมชาย ใจดี", "นายสมชาย  ใจดี"),
    ("name", "น.ส.เรณู แก้วใส", "นางสาว เรณู แก้วใส"),
    ("name", "นายกำพล เเสงทอง", "นาย กํ\u200bาพล แสงทอง"),
    ("name", "นาง.ุยภา ทองดี", "นาง ยุภา ทองดี"),
    ("national_id", "1-1037-02071-81-1", "๑๑๐๓๗๐๒๐๗๑๘๑๑"),
    ("national_id", "1103702071811.0", "'1103702071811"),
    ("birth_date", "17 มกราคม 2495", "๑๗/๑/๒๔๙๕"),
    ("birth_date", "1952-01-17", "17.01.1952"),
    ("birth_date", "17 ม.ค. 2495", "19520117"),
    ("house_no", "๑๑๖/๒ หมู่ 3", "116/2 ม.3"),
    ("house_no", "บ้านเลขที่ 9", "9"),
    ("moo", "หมู่ที่ ๗", "7"),
    ("tambon", "ต. บัวเงิน", "ตำบลบัวเงิน"),
    ("amphoe", "อ.น้ำพอง", "อำเภอ น้ำพอง"),
    ("phone", "081-234-5678", "812345678"),
]


def only(column: str, value: str) -> tuple[object, ...]:
    people = read({column: [value]})
    return tuple(
        [each.values[0] for each in (people.given, people.family, people.house, people.tambon, people.amphoe)]
        + [int(each[0]) for each in (people.identity, people.birth, people.phone, people.moo)]
    )


@pytest.mark.parametrize(("column", "one", "other"), ALIKE)
def test_ways_of_typing_are_one_value(column: str, one: str, other: str) -> None:
    assert only(column, one) == only(column, other)
    assert any(only(column, one))


def test_the_amphoe_of_the_capital_has_the_name_of_the_province_or_not() -> None:
    people = read({"amphoe": ["อ.เมือง", "เมืองขอนแก่น", "อำเภอเมืองศรีสะเกษ", "เมืองสรวง"]})
    assert list(people.amphoe.values) == ["เมือง", "เมือง", "เมือง", "เมืองสรวง"]


def test_two_digit_years_and_impossible_days_are_kept_for_comparing() -> None:
    people = read({"birth_date": ["8 ก.ย. 96", "31/2/2500", "ไม่ทราบ", ""]})
    assert people.birth.tolist() == [53_09_08, 1957_02_31, 0, 0]


@given(st.lists(THAI, max_size=8))
@settings(max_examples=60, deadline=None)
def test_a_column_is_folded_as_its_values_are(values: list[str]) -> None:
    assert fold_column(values) == [fold(value) for value in values]


@given(st.lists(THAI, min_size=1, max_size=6))
@settings(max_examples=60, deadline=None)
def test_reading_what_was_read_changes_nothing(values: list[str]) -> None:
    columns = ("given_name", "family_name", "house_no", "tambon")
    once = read(dict.fromkeys(columns, values))
    read_columns = {
        "given_name": once.given,
        "family_name": once.family,
        "house_no": once.house,
        "tambon": once.tambon,
    }
    if any(value.startswith(".") or split_title(value)[0] for value in map(fold, values)):
        return  # a title was taken off: what follows may begin like another
    again = read({column: list(texts.values) for column, texts in read_columns.items()})
    for column in ("given", "family"):
        assert list(getattr(again, column).values) == list(getattr(once, column).values)


TITLES = [
    "นาย",
    "นาง ",
    "น.ส.",
    "ด.ช. ",
    "ร.ต.อ. ",
    "ผศ. ",
    "ดร.",
    "นาง สาว",
    "เด็ก หญิง ",
    "ม.ร.ว. ",
    "คุณ ",
    "นส ",
    "",
]


@given(st.lists(st.tuples(st.sampled_from(TITLES), st.sampled_from(TITLES), THAI, THAI), max_size=6))
@settings(max_examples=300, deadline=None)
def test_titles_are_split_as_one_by_one(parts: list[tuple[str, str, str, str]]) -> None:
    names = [fold(f"{title}{more}{given} {family}") for title, more, given, family in parts]
    assert split_titles(names) == [split_title(name) for name in names]


@given(st.lists(st.text(max_size=6), min_size=17, max_size=40))
@settings(max_examples=60, deadline=None)
def test_a_hash_does_not_depend_on_the_company(values: list[str]) -> None:
    assert hashes(values).tolist() == [int(hashes([value])[0]) for value in values]
    assert all((number == 0) == (value == "") for number, value in zip(hashes(values), values, strict=True))


def test_hashes_are_the_same_on_every_machine() -> None:
    assert hashes(["สมชาย"]).tolist() == [-7604770386684809493]


def test_skeletons_keep_what_sounds() -> None:
    typed = ["สิทธิ์", "สิทธ", "ณรงค์", "นรง", "ใจดี", "ไชดี", "smith", "smyth", ""]
    assert skeletons(typed) == ["ซด", "ซด", "นรง", "นรง", "จด", "จด", "cmd", "cmd", ""]


def test_titles_tell_sex_and_age() -> None:
    assert [sex_of(title) for title in ("นาย", "ด.ช.", "นางสาว", "เด็กหญิง", "ดร.", "")] == [1, 1, 2, 2, 0, 0]
    assert [is_child(title) for title in ("ด.ญ.", "เด็กชาย", "นาย")] == [True, True, False]


@given(st.lists(THAI, min_size=1, max_size=5))
@settings(max_examples=60, deadline=None)
def test_a_blank_person_has_no_key(values: list[str]) -> None:
    nobody = read({"name": [""] * len(values), "tambon": values, "amphoe": values})
    assert all(len(keys) == 0 for keys, _ in all_keys(nobody))


def test_columns_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="length"):
        read({"name": ["a"], "phone": []})


def test_no_row_is_no_person() -> None:
    assert len(read({"name": []})) == 0
    assert len(read({})) == 0
    assert np.concatenate([keys for keys, _ in all_keys(read({}))]).size == 0

"""Telephone numbers, with and without the zero that a spreadsheet took."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain.values.phone import parse
from tests.unit.values.cells import any_cell, outcome

mobiles = st.from_regex(r"0[689][0-9]{8}", fullmatch=True)
landlines = st.from_regex(r"0[23457][0-9]{7}", fullmatch=True)
THAI = str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙")


@given(mobiles | landlines)
def test_one_number_in_many_forms(number):
    for typed in (
        number,
        number[1:],
        int(number),
        float(number),
        f"{number[1:]}.0",
        "'" + number,
        number.translate(THAI),
        f"{number[:3]}-{number[3:6]} {number[6:]}",
        f"({number[:2]}) {number[2:]}",
        f"+66{number[1:]}",
        f"+66 (0) {number[1:]}",
        f"0066{number[1:]}",
        f"66{number[1:]}",
        int(f"66{number[1:]}"),
        f"โทร. {number}",
        f"เบอร์โทรศัพท์: {number}",
    ):
        assert outcome(parse(typed)) == (number, None), typed


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("0812345678, 0891234567", "phone_several"),
        ("0812345678/0891234567", "phone_several"),
        ("0812345678 0891234567", "phone_several"),
        ("081-234-5678 หรือ 045-612345", "phone_several"),
        ("0812345678 (แม่)", "phone_note"),
        ("ยาย 0812345678", "phone_note"),
        ("0812345678 ต่อ 12", "phone_note"),
    ],
)
def test_the_first_of_several_is_doubtful(typed, code):
    assert outcome(parse(typed)) == ("0812345678", code)


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("081234567", "phone_length"),
        ("08123456789", "phone_length"),
        ("0212345678", "phone_length"),
        ("0112345678", "phone_length"),
        ("81234567", "phone_length"),
        ("81234567.0", "phone_length"),
        ("191", "phone_length"),
        ("+662345678", "phone_length"),
        ("+1 202 555 0100", "phone_length"),
        (81234567, "phone_length"),
        ("8.12E+08", "phone_unreadable"),
        ("ถามยาย", "phone_unreadable"),
        ("1/2", "phone_unreadable"),
        (812345678.5, "phone_unreadable"),
        (-812345678, "phone_unreadable"),
        ("-20000000", "phone_unreadable"),  # as a number that was typed comes back from the sheet
        ("−812345678", "phone_unreadable"),
        ("-66812345678", "phone_unreadable"),
        ("81234567.5", "phone_unreadable"),
        (float("nan"), "phone_unreadable"),
        (float("inf"), "phone_unreadable"),
        (True, "phone_unreadable"),
        ("0" * 300, "phone_unreadable"),
    ],
)
def test_what_cannot_be_read_says_why(cell, code):
    assert outcome(parse(cell)) == (None, code)


@pytest.mark.parametrize(
    "cell", [None, "", "-", "ไม่มี", "ไม่มีเบอร์ติดต่อ", "ไม่มีเบอร์", "ไม่มี เบอร์โทรศัพท์", "ไม่มีโทรศัพท์"]
)
def test_blank(cell):
    assert outcome(parse(cell)) == (None, None)


@given(any_cell)
def test_whatever_the_cell_only_thai_numbers_come_out(cell):
    value = parse(cell).value
    assert value is None or (
        value.isascii() and value.isdigit() and value[0] == "0" and len(value) in (9, 10)
    )

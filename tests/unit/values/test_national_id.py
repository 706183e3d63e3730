"""Thirteen digits, their checksum, and what a spreadsheet did to them (process.md section 11)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.th import pin

from bridge.domain.values.national_id import check_digit, is_valid, parse
from tests.unit.values.cells import any_cell, outcome

twelve = st.text(alphabet="0123456789", min_size=12, max_size=12)
THAI = str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙")


def complete(first12):
    return first12 + check_digit(first12)


def dashed(digits):
    return "-".join((digits[0], digits[1:5], digits[5:10], digits[10:12], digits[12]))


# Worked by hand: 1*13+1*12+0+1*10+7*9+0+0+2*6+3*5+0+7*3+0 = 146; 146 % 11 = 3; 11 - 3 = 8.
def test_a_checksum_worked_by_hand():
    assert check_digit("110170023070") == "8"
    assert is_valid("1101700230708")


@given(st.sampled_from("12345678"), st.text(alphabet="0123456789", min_size=12, max_size=12))
def test_the_checksum_agrees_with_stdnum(first, rest):
    assert is_valid(first + rest) == pin.is_valid(first + rest)


@given(twelve)
def test_a_right_id_is_certain_however_it_is_set(first12):
    digits = complete(first12)
    if digits.endswith("0000000"):
        return
    for typed in (
        digits,
        dashed(digits),
        digits.translate(THAI),
        "'" + digits,
        f" {digits}\u200b",
        " ".join(digits),
        dashed(digits).replace("-", " "),
        digits + ".0",
    ):
        assert outcome(parse(typed)) == (digits, None)


@given(twelve)
def test_a_numeric_cell_loses_no_zero_that_the_checksum_can_restore(first12):
    digits = complete(first12)
    if digits.startswith("00") or digits.endswith("0000000"):
        return
    assert outcome(parse(int(digits))) == (digits, None)
    assert outcome(parse(float(digits))) == (digits, None)


def test_ids_of_people_without_registered_status_begin_with_0():
    digits = complete("012345678901")
    assert outcome(parse(digits)) == (digits, None)
    assert outcome(parse(float(digits))) == (digits, None)


def test_twelve_digits_of_text_are_flagged_and_never_mended():
    digits = complete("012345678901")
    reading = parse(digits[1:])
    assert outcome(reading) == (None, "id_lost_zero")
    assert reading.problem.facts["suggestion"] == digits


@given(twelve, st.integers(0, 12), st.integers(1, 9))
def test_one_wrong_digit_is_never_read(first12, place, step):
    digits = complete(first12)
    wrong = digits[:place] + str((int(digits[place]) + step) % 10) + digits[place + 1 :]
    # Modulo 11 folded to one digit: 0 and 10 both give 1, so a few slips pass; those are right ids too.
    assert parse(wrong).value in ((wrong,) if is_valid(wrong) else (None,))


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("1.10370E+12", "id_scientific"),
        ("1.10170023070E+12", "id_scientific"),
        ("1,10370e+12", "id_scientific"),
        ("1101700230707", "id_checksum"),
        (1101700230707, "id_checksum"),
        ("1-1017-00230-70-7", "id_checksum"),
        ("11017002307080", "id_length"),
        ("0708", "id_length"),
        (11017002307080.0, "id_length"),
        ("110170023070x", "id_unreadable"),
        ("ไม่มีบัตร", "id_unreadable"),
        (1103700000000.0, "id_rounded"),
        ("1103700000000", "id_rounded"),
        (1101700230708.5, "id_unreadable"),
        (float("nan"), "id_unreadable"),
        (float("inf"), "id_unreadable"),
        (-1101700230708, "id_unreadable"),
        (True, "id_unreadable"),
        ("9" * 300, "id_unreadable"),
        ("١١٠١٧٠٠٢٣٠٧٠٨", "id_unreadable"),
    ],
)
def test_what_cannot_be_read_says_why(cell, code):
    assert outcome(parse(cell)) == (None, code)


def test_twelve_digits_that_no_zero_completes_are_a_wrong_length():
    assert outcome(parse(110170023071)) == (None, "id_length")


@pytest.mark.parametrize("cell", [None, "", " ", "-", "ไม่มี", "\u200b"])
def test_blank(cell):
    assert outcome(parse(cell)) == (None, None)


@given(any_cell)
def test_whatever_the_cell_only_right_ids_come_out(cell):
    reading = parse(cell)
    assert reading.value is None or is_valid(reading.value)
    assert not reading.doubtful


@pytest.mark.parametrize("text", ["", "12345678901", "12345678901x", "๑๒๓๔๕๖๗๘๙๐๑๒"])
def test_check_digit_refuses_what_is_not_twelve_digits(text):
    with pytest.raises(ValueError, match="twelve"):
        check_digit(text)

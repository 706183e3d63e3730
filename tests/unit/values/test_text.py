"""Two texts that look alike are one text; nothing else is."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pythainlp.util import normalize, thai_digit_to_arabic_digit

from bridge.domain.values.text import arabic_digits, clean, dictionary_key, fold, header_key, says_none
from tests.unit.values.cells import THAI, any_text


@pytest.mark.parametrize(
    ("typed", "seen"),
    [
        ("สม\u200bศรี", "สมศรี"),
        ("\ufeffสมศรี", "สมศรี"),
        ("สม\u00adศรี", "สมศรี"),
        ("สมศรี\u00a0ใจดี", "สมศรี ใจดี"),
        ("  สมศรี \t\n ใจดี ", "สมศรี ใจดี"),
        ("น้ำ", "น้ำ"),
        ("", ""),
        ("\u200b ", ""),
    ],
)
def test_clean_removes_what_cannot_be_seen(typed, seen):
    assert clean(typed) == seen


def test_clean_never_takes_sara_am_apart():
    assert "\u0e33" in clean("กำ")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("แก้ว", "เเก้ว"),
        ("น้ำ", "น\u0e49\u0e4d\u0e32"),
        ("น้ำ", "น\u0e4d\u0e49\u0e32"),
        ("น้ำ", "น\u0e33\u0e49"),
        ("ที่", "ท\u0e48\u0e35"),
        ("สิทธิ์", "สิทธ\u0e4c\u0e34"),
        ("ปู่", "ป\u0e48\u0e39"),
        ("ที่", "ที่\u0e48"),
        ("ฤา", "ฤๅ"),
        ("หมู่ ๗", "หมู่  7"),
        ("SOMSRI", "somsri"),
        ("สมศรี", "สม\u200bศรี"),
    ],
)
def test_what_looks_alike_folds_alike(one, other):
    assert fold(one) == fold(other)


@pytest.mark.parametrize(
    ("one", "other"), [("ปู", "ปู่"), ("กิน", "กีน"), ("มา", "ม้า"), ("สมศรี", "สม ศรี"), ("ไทย", "ใทย")]
)
def test_what_looks_different_stays_different(one, other):
    assert fold(one) != fold(other)


@pytest.mark.parametrize(
    "word", ["เเก้ว", "น\u0e4d\u0e49\u0e32", "ท\u0e48\u0e35", "น\u0e33\u0e49", "จัตุรนต์", "กฤษณ์"]
)
def test_fold_agrees_with_pythainlp(word):
    assert fold(word) == fold(normalize(word)) == normalize(fold(word))


@given(any_text)
def test_every_form_is_its_own_form(text):
    for form in (arabic_digits, clean, fold, header_key):
        assert form(form(text)) == form(text)


@given(st.characters(), st.text(alphabet=THAI, max_size=6))
def test_fold_is_idempotent_on_every_character(character, tail):
    assert fold(fold(character + tail)) == fold(character + tail)


@given(st.text(max_size=30))
def test_clean_is_nfc_and_has_single_spaces(text):
    cleaned = clean(text)
    assert unicodedata.is_normalized("NFC", cleaned)
    assert cleaned == cleaned.strip()
    assert "  " not in cleaned


@given(st.text(alphabet=THAI + "0123456789", max_size=30))
def test_digits_agree_with_pythainlp(text):
    assert arabic_digits(text) == thai_digit_to_arabic_digit(text)


@pytest.mark.parametrize(
    "header",
    ["เลข 13 หลัก", "เลข ๑๓ หลัก", "เลข13หลัก *", "เลข 13\u200b หลัก:", " เลข 13 หลัก : * ", "เลข\n13\nหลัก"],
)
def test_headers_that_mean_the_same(header):
    assert header_key(header) == header_key("เลข 13 หลัก")


def test_a_header_is_more_than_its_punctuation():
    assert header_key("Timestamp") == header_key("TIMESTAMP :") != header_key("*Time*stamp")


@pytest.mark.parametrize("text", ["", "-", "--", "–", "ไม่มี", "ไม่ระบุ", "n/a", "...", "- -"])
def test_nothing_to_tell(text):
    assert says_none(fold(text))


@pytest.mark.parametrize("text", ["0", "ไม่มีใจ", "ก", "-1"])
def test_something_to_tell(text):
    assert not says_none(fold(text))


def test_dictionary_order_puts_the_consonant_first():
    assert sorted(["โนนคูณ", "บึงบูรพ์", "น้ำเกลี้ยง", "เมือง", "ขุนหาญ"], key=dictionary_key) == [
        "ขุนหาญ",
        "น้ำเกลี้ยง",
        "โนนคูณ",
        "บึงบูรพ์",
        "เมือง",
    ]

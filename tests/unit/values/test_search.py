"""The keys of a search, and what is found by them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain.values.search import (
    LONGEST_PLACE,
    holds,
    level_key,
    name_key,
    needles,
    org_key,
    person_key,
    place_name,
    search_key,
)

CONSONANTS = "กขคงจชดตนบปพมรลวสหอ"
SYLLABLES = st.builds(
    lambda lead, first, above, tone, end: lead + first + above + tone + end,
    st.sampled_from(["", "เ", "แ", "โ", "ไ"]),
    st.sampled_from(CONSONANTS),
    st.sampled_from(["", "ิ", "ี", "ุ", "ู"]),
    st.sampled_from(["", "่", "้", "์"]),
    st.sampled_from(["", "น", "า", "ำ"]),
)
THAI = st.text(st.sampled_from([chr(code) for code in range(0x0E01, 0x0E5C)] + list(" .-aZ9\u200b")))


def found(typed: str, key: str) -> bool:
    wanted = needles(typed)
    return bool(wanted) and all(holds(key, needle) for needle in wanted)


SOMSRI = person_key(name_key("นางสมศรี ใจดี"), "ต.โพธิ์", "อำเภอเมืองศรีสะเกษ", "๑๒/๓")


@pytest.mark.parametrize(
    "typed",
    [
        "สมศรี ใจดี",
        "นางสมศรี",
        "นาง สมศรี  ใจดี",
        "น.ส.สมศรี",
        "น.ส. สมศรี",
        "ใจดี สมศรี",
        "สมศรีใจดี",
        "ส ม ศ รี",
        "สม\u200bศรี",
        "ส",
        "จ",
        "ดี",
        "มศ",
        "สมศรี่",
        "โพธิ",
        "โพธิ์",
        "ต.โพธิ์",
        "ต. โพธิ์",
        "ตำบลโพธิ์",
        "ตําบล โพธิ์",
        "สมศรี ต.โพธิ์",
        "ต.โพธิ์อ.เมือง",
        "อ.เมือง",
        "อำเภอเมืองศรีสะเกษ",
        "นางสมศรี ตำบลโพธิ์ อำเภอเมือง",
        "12/3",
        "สมศรี โพธิ์ ๑๒/๓",
        "สมศรี บ้านเลขที่ 12/3",
        "สมศรี 12",
    ],
)
def test_she_is_found(typed: str) -> None:
    assert found(typed, SOMSRI)


@pytest.mark.parametrize(
    "typed",
    [
        "สมชาย",
        "นางสมศรี ใจงาม",
        "1/23",
        "123",
        "ต.สมศรี",
        "อ.โพธิ์",
        "ต.เมือง",
        "ฟ",
        "",
        " ",
        ".",
        "์",
        "%",
        "_",
        "=",
        "@",
    ],
)
def test_she_is_not_found(typed: str) -> None:
    assert not found(typed, SOMSRI)


def test_a_title_is_no_part_of_a_name_and_a_part_of_a_name_no_title() -> None:
    assert name_key("นายสมชาย ใจดี") == name_key("นาย สมชาย ใจดี") == name_key("สมชาย ใจดี") == "สมชาย ใจดี"
    assert name_key("นายิกา ใจดี") == "นายิกา ใจดี"
    assert found("นาย", person_key(name_key("นายิกา ใจดี"), None, None))
    assert not found("นาย", person_key(name_key("นายสมชาย ใจดี"), None, None))


def test_with_a_title_of_its_own_a_name_keeps_what_looks_like_another() -> None:
    assert name_key("พระพล สมใจ", "นาย") == "พระพล สมใจ"
    assert name_key("นายพระพล สมใจ", "นาย") == "พระพล สมใจ"
    assert name_key("น.ส.มาลี", "นางสาว") == "มาลี"
    assert found("พระพล", person_key("พระพลสมใจ", None, None))
    assert found("ระพล", person_key("พระพลสมใจ", None, None))


def test_ranks_are_titles_and_not_places() -> None:
    key = person_key(name_key("ร.ต.อ.สมชาย ใจดี"), "หนองครก", "ขุขันธ์")
    for typed in ("ร.ต.อ.สมชาย", "ร.ต.อ. สมชาย ใจดี", "ร้อยตำรวจเอกสมชาย"):
        assert found(typed, key), typed


def test_digits_levels_and_case() -> None:
    assert search_key("หมู่ ๑๒") == "หมู12"
    assert search_key("น้ำ") == search_key("นํ้า") == "นำ"
    assert search_key("แดง") == search_key("เเดง")
    assert search_key("ABC-d") == "abcd"
    assert [level_key(cell) for cell in ("ระดับ ๒", 2, 2.0, "3 (มาก)", None, "-", "ไม่ระบุ")] == [
        *("2", "2", "2", "3"),
        *("", "", ""),
    ]
    key = person_key(name_key("สมศรี"), None, None, number="SSK-2569-000123")
    assert all(found(typed, key) for typed in ("SSK-2569-000123", "ssk2569000123", "๐๐๐๑๒๓", "123"))


def test_place_names_lose_the_word_for_them() -> None:
    assert place_name(" ต. โพธิ์ ") == place_name("ตำบลโพธิ์") == "โพธิ์"
    assert place_name("กิ่งอำเภอศิลาลาด") == place_name("อ.ศิลาลาด") == "ศิลาลาด"
    assert place_name(None) == ""
    assert len(place_name("ก" * 300)) == LONGEST_PLACE
    assert org_key(" อบต. โพธิ์ ") == org_key("อบต.โพธิ์")


@given(THAI)
def test_a_key_is_its_own_key(text: str) -> None:
    key = search_key(text)
    assert search_key(key) == key
    assert "=" not in key and "@" not in key and "#" not in key and " " not in key


@given(st.lists(SYLLABLES, max_size=6), st.sampled_from(["", " "]))
def test_plain_thai_has_the_key_that_it_would_have_with_something_odd_beside_it(
    syllables: list[str], between: str
) -> None:
    """What is plain takes a shorter way; a hidden character sends the same text the long one."""
    text = between.join(syllables)
    assert search_key(text) == search_key(text + "\u200b")


@given(st.text(max_size=80))
def test_any_text_has_a_key_that_every_database_keeps(text: str) -> None:
    key = search_key(text)
    assert search_key(key) == key
    assert key.isprintable() or not key
    assert not set(key) & set("%_\\\0=@#! ")
    key.encode()


@given(st.lists(SYLLABLES, min_size=1, max_size=6), st.data())
def test_every_part_of_a_name_finds_it(syllables: list[str], data: st.DataObject) -> None:
    """From one letter on, wherever it is cut between letters that stand for themselves."""
    name = "".join(syllables)
    key = person_key(search_key(name), "โพธิ์", "ขุขันธ์")
    first = data.draw(st.integers(0, len(syllables) - 1))
    last = data.draw(st.integers(first + 1, len(syllables)))
    part = "".join(syllables[first:last])
    assert search_key(part) in key
    assert found(part, key)


@given(st.lists(SYLLABLES, min_size=1, max_size=5), st.sampled_from(["นาย", "นาง ", "น.ส.", "เด็กชาย", ""]))
def test_whoever_is_found_with_a_title_is_found_without(syllables: list[str], title: str) -> None:
    name = "สม" + "".join(syllables)
    assert found(title + name, person_key(name_key(name, title), None, None))


def test_an_id_is_one_word_as_the_card_has_it_and_with_others() -> None:
    assert needles("3 3301 00000 01 7") == needles("๓-๓๓๐๑-๐๐๐๐๐-๐๑-๗") == ("3330100000017",)
    assert needles("สมศรี 3 3301 00000 01 7 ต.โพธิ์") == ("=โพธิ", "สมศรี", "3330100000017")
    assert needles("12 34") == ("12", "34")

"""Names split into title, given and family name (invented people)."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bridge.domain.values.person_name import PersonName, parse
from bridge.domain.values.text import clean
from tests.unit.values.cells import any_cell, outcome

GIVEN = [
    "สมศรี",
    "สมชาย",
    "แก้ว",
    "น้ำฝน",
    "สาวิตรี",
    "นายิกา",
    "อำนวย",
    "เพ็ญ",
    "ไพลิน",
    "ใจ",
    "โอภาส",
    "ฤทัย",
    "กฤษณ์",
    "ธเนศ",
    "นเรศ",
    "มณี",
    "ดรุณี",
    "ดรัณภพ",
    "นวล",
    "นภา",
    "พรทิพย์",
    "พลเอก",
    "จันทร์",
    "ร้อยกรอง",
    "ยายี",
    "คุณากร",
]
FAMILY = ["ใจดี", "ใจงาม", "แซ่ลิ้ม", "สุขสม", "ทองแท้", "เรืองศรี"]
TITLES = {
    "นาย": ("นาย", "นาย ", "นาย. ", "นาย\u200b"),
    "นาง": ("นาง", "นาง ", "นาง."),
    "นางสาว": ("นางสาว", "นางสาว ", "น.ส.", "น.ส. ", "น.ส ", "นส. ", "นส ", "นาง สาว ", "น. ส. "),
    "เด็กชาย": ("เด็กชาย", "ด.ช.", "ด.ช. ", "ดช. ", "ดช ", "ด.ช "),
    "เด็กหญิง": ("เด็กหญิง", "ด.ญ.", "ด.ญ. ", "ดญ. ", "ดญ "),
    "ว่าที่ ร.ต.": ("ว่าที่ร้อยตรี", "ว่าที่ ร.ต.", "ว่าที่ร.ต. "),
    "ร.ต.หญิง": ("ร้อยตรีหญิง", "ร.ต.หญิง ", "ร.ต.หญิง"),
    "พ.ต.ท.": ("พันตำรวจโท", "พ.ต.ท.", "พ.ต.ท. ", "พตท. "),
    "ด.ต.": ("ดาบตำรวจ", "ด.ต.", "ดต. "),
    "ม.ร.ว.": ("ม.ร.ว.", "มรว.", "มรว ", "หม่อมราชวงศ์"),
    "ม.ล.": ("ม.ล.", "หม่อมหลวง"),
    "พระครู": ("พระครู", "พระครู "),
    "พระมหา": ("พระมหา",),
    "พระ": ("พระ ",),
    "ดร.": ("ดร.", "ดร ", "ดร. "),
    "ผศ.ดร.": ("ผศ.ดร.", "ผศ. ดร. "),
    "": ("", " "),
}


def parts(reading):
    name = reading.value
    return (name.title, name.given, name.family) if name else None


@pytest.mark.parametrize("canonical", TITLES)
@given(data=st.data(), given_name=st.sampled_from(GIVEN), family=st.sampled_from(FAMILY))
def test_every_title_in_every_form(canonical, data, given_name, family):
    title = data.draw(st.sampled_from(TITLES[canonical]))
    assume(title.strip() or given_name != "พลเอก")  # alone, that is a general
    reading = parse(f"{title}{given_name} {family}")
    assert parts(reading) == (canonical, given_name, family)
    assert reading.certain


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("นางสาวสมศรี  ใจดี", ("นางสาว", "สมศรี", "ใจดี")),
        ("นาง สมศรี ใจดี", ("นาง", "สมศรี", "ใจดี")),
        ("นาง สาวสมศรี ใจดี", ("นางสาว", "สมศรี", "ใจดี")),
        ("นางสาวิตรี ใจดี", ("นาง", "สาวิตรี", "ใจดี")),
        ("นาง สาวิตรี ใจดี", ("นาง", "สาวิตรี", "ใจดี")),
        ("นายิกา ใจดี", ("", "นายิกา", "ใจดี")),
        ("นายน์ ใจดี", ("", "นายน์", "ใจดี")),
        ("นางนวล ใจดี", ("นาง", "นวล", "ใจดี")),
        ("นางสาวนางนวล ใจดี", ("นางสาว", "นางนวล", "ใจดี")),
        ("นายพลเอก ใจดี", ("นาย", "พลเอก", "ใจดี")),
        ("นายเเก้ว ใจดี", ("นาย", "เเก้ว", "ใจดี")),
        ("นพ ใจดี", ("", "นพ", "ใจดี")),
        ("นพ.นพ ใจดี", ("นพ.", "นพ", "ใจดี")),
        ("นาย สม\u200bชาย\u00a0ใจดี", ("นาย", "สมชาย", "ใจดี")),
        ("นายสมชาย ณ อยุธยา", ("นาย", "สมชาย", "ณ อยุธยา")),
        ("สมชาย แซ่ ลิ้ม", ("", "สมชาย", "แซ่ลิ้ม")),
        ("พระครูวินัย ธมฺโม", ("พระครู", "วินัย", "ธมฺโม")),
        ("Mr.Somchai Jaidee", ("Mr.", "Somchai", "Jaidee")),
        ("MRS. SOMSRI JAIDEE", ("Mrs.", "SOMSRI", "JAIDEE")),
        ("Miss Somsri Jai-dee", ("Miss", "Somsri", "Jai-dee")),
        ("Drake O'Neil", ("", "Drake", "O'Neil")),
    ],
)
def test_certain_names(typed, expected):
    reading = parse(typed)
    assert parts(reading) == expected
    assert reading.certain


@pytest.mark.parametrize(
    ("typed", "expected", "code"),
    [
        ("น.ส.สมศรี", ("นางสาว", "สมศรี", ""), "name_no_family"),
        ("นายโม -", ("นาย", "โม", ""), "name_no_family"),
        ("สมชาย", ("", "สมชาย", ""), "name_no_family"),
        ("พระสมชาย ฐิตธมฺโม", ("พระ", "สมชาย", "ฐิตธมฺโม"), "name_title"),
        ("คุณสมชาย ใจดี", ("", "คุณสมชาย", "ใจดี"), "name_title"),
        ("น.สมศรี ใจดี", ("นางสาว", "มศรี", "ใจดี"), "name_title"),
        ("มูซา อาลี ยูโซะ", ("", "มูซา", "อาลี ยูโซะ"), "name_many_words"),
        ("สมชาย2 ใจดี", ("", "สมชาย2", "ใจดี"), "name_extra"),
        ("นายสมชาย ใจดี (เอ)", ("นาย", "สมชาย", "ใจดี (เอ)"), "name_extra"),
        ("นายสมชาย, นางสมศรี", ("นาย", "สมชาย,", "นางสมศรี"), "name_extra"),
        ("นาย สิีมา ใจดี", ("นาย", "สิีมา", "ใจดี"), "name_extra"),
    ],
)
def test_doubtful_names(typed, expected, code):
    reading = parse(typed)
    assert parts(reading) == expected
    assert reading.problem.code == code
    assert reading.problem.value == typed


@pytest.mark.parametrize("cell", ["นาย", "123", "๑๒๓", "?!", "น.ส. ", 5, 1.5, True, float("nan"), "ก" * 300])
def test_unreadable(cell):
    assert outcome(parse(cell)) == (None, "name_unreadable")


@pytest.mark.parametrize("cell", [None, "", "-", "ไม่มี", " \u200b "])
def test_blank(cell):
    assert outcome(parse(cell)) == (None, None)


@pytest.mark.parametrize(
    "typed", ["นางสาวน้ำ ใจดี", "น.ส.น\u0e4d\u0e49\u0e32  ใจดี", "นายน\u0e33\u0e49 ใจ\u200bดี", "น้ำ ใจดี"]
)
def test_the_key_is_the_same_however_the_name_is_typed(typed):
    assert parse(typed).value.key == "น้ำ ใจดี"


def test_the_key_of_a_lone_given_name_has_no_space():
    assert PersonName("นาย", "โม", "").key == "โม"


@given(any_cell)
def test_whatever_the_cell_a_name_has_a_given_name_and_parts_are_clean(cell):
    reading = parse(cell)
    if reading.value is not None:
        name = reading.value
        assert name.given
        assert name.given == clean(name.given)
        assert reading.doubtful or name.family


@given(st.sampled_from(GIVEN), st.sampled_from(FAMILY), st.sampled_from(["นาย", "นางสาว", "เด็กหญิง"]))
def test_what_was_read_reads_the_same_again(given_name, family, title):
    once = parse(f"{title}{given_name} {family}").value
    assert parse(f"{once.title}{once.given} {once.family}").value == once

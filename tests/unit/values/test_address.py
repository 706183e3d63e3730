"""House number, village number, age; tambon and amphoe against the province's list."""

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.adapters.places import load_places
from bridge.domain.values.address import Places, age, house_no, moo
from bridge.domain.values.places import Former
from tests.unit.values.cells import any_cell, outcome


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("12/3", "12/3"),
        ("๑๒/๓", "12/3"),
        ("12 / 3", "12/3"),
        ("10/1", "10/1"),
        (136, "136"),
        (136.0, "136"),
        ("136", "136"),
        ("12ก", "12ก"),
        ("12/3 ก", "12/3ก"),
        ("99/1-3", "99/1-3"),
        ("บ้านเลขที่ 12/3", "12/3"),
        ("เลขที่ 5", "5"),
    ],
)
def test_house_numbers(cell, value):
    assert outcome(house_no(cell)) == (value, None)


@pytest.mark.parametrize(
    "cell",
    [
        date(2026, 1, 10),
        datetime(2026, 1, 10),
        date(2569, 1, 10),
        "10-ม.ค.",
        "10 ม.ค.",
        "ม.ค.-10",
        "10-Jan",
        "Jan-10",
        "10/1/2569",
        "2026-01-10",
        "2026-01-10 00:00:00",
        "๑๐-ม.ค.",
    ],
)
def test_a_house_number_that_became_a_date_is_never_guessed_back(cell):
    assert outcome(house_no(cell)) == (None, "house_date")


@pytest.mark.parametrize(
    ("cell", "value", "code"),
    [
        ("136 ม.1", "136", "house_with_moo"),
        ("12/3 หมู่ที่ ๕", "12/3", "house_with_moo"),
        ("12/3หมู่5", "12/3", "house_with_moo"),
        ("99 ซอย 5", "99", "house_extra"),
        (46032, "46032", "house_serial"),
        (46032.0, "46032", "house_serial"),
    ],
)
def test_doubtful_house_numbers(cell, value, code):
    assert outcome(house_no(cell)) == (value, code)


@pytest.mark.parametrize("cell", ["วัดป่า", "0", 0, 12.5, -3, True, float("nan"), float("inf"), "1" * 300])
def test_unreadable_house_numbers(cell):
    assert outcome(house_no(cell)) == (None, "house_unreadable")


@pytest.mark.parametrize(
    "cell", ["หมู่ 7", "หมู่ที่ 7", "หมู่7", "ม.7", "ม. 7", "ม 7", 7, 7.0, "๗", "07", "หมู่ที่ ๗", "หมู่บ้านที่ 7"]
)
def test_village_seven(cell):
    assert outcome(moo(cell)) == ("7", None)


@pytest.mark.parametrize("cell", ["7 บ้านโนนสูง", "บ้านโนนสูง ม.7", "บ้านโนนสูง หมู่ 7"])
def test_village_seven_among_words_is_doubtful(cell):
    assert outcome(moo(cell)) == ("7", "moo_extra")


@pytest.mark.parametrize(
    "cell", ["บ้านโนนสูง", "7/2", "0", 0, 100, 7.5, -1, True, float("nan"), date(2026, 1, 7)]
)
def test_unreadable_villages(cell):
    assert outcome(moo(cell)) == (None, "moo_unreadable")


@pytest.mark.parametrize("cell", [70, 70.0, "70", "๗๐", "70 ปี", "๗๐ปี", "อายุ 70 ปี", "70 ปี 3 เดือน", "70.0"])
def test_age_seventy(cell):
    assert outcome(age(cell)) == (70, None)


@pytest.mark.parametrize(
    ("cell", "value", "code"),
    [
        (0, 0, None),
        (120, 120, None),
        ("6 เดือน", 0, None),
        ("18 เดือน", 1, "age_months"),
        (70.5, 70, "age_about"),
        ("70.5", 70, "age_about"),
        ("ประมาณ 70 ปี", 70, "age_about"),
        ("70 กว่าปี", 70, "age_about"),
        ("70 ปีกว่า", 70, "age_about"),
        (121, None, "age_range"),
        ("2498", None, "age_range"),
        (-1, None, "age_range"),
        (float("nan"), None, "age_range"),
        (float("inf"), None, "age_range"),
        ("-5", None, "age_unreadable"),
        ("เจ็ดสิบ", None, "age_unreadable"),
        ("70-75", None, "age_unreadable"),
        (True, None, "age_unreadable"),
        (date(1955, 1, 1), None, "age_unreadable"),
    ],
)
def test_ages(cell, value, code):
    assert outcome(age(cell)) == (value, code)


@pytest.mark.parametrize("parse", [house_no, moo, age])
@pytest.mark.parametrize("cell", [None, "", "-", "ไม่มี", "\u200b"])
def test_blank(parse, cell):
    assert outcome(parse(cell)) == (None, None)


@given(st.integers(0, 120))
def test_every_age_in_every_form(years):
    assert {outcome(age(cell)) for cell in (years, float(years), str(years), f"{years} ปี")} == {(years, None)}


@given(any_cell)
def test_whatever_the_cell_the_parts_of_an_address_are_plain(cell):
    assert (house_no(cell).value or "1")[0].isdigit()
    assert 1 <= int(moo(cell).value or 1) <= 99
    assert 0 <= (age(cell).value or 0) <= 120


ROWS = [
    ("เมืองศรีสะเกษ", "โพธิ์"),
    ("เมืองศรีสะเกษ", "หนองไฮ"),
    ("เมืองจันทร์", "หนองใหญ่"),
    ("ขุนหาญ", "สิ"),
    ("ขุนหาญ", "โนนสูง"),
    ("ขุนหาญ", "ห้วยจันทร์"),
    ("ยางชุมน้อย", "โนนคูณ"),
    ("ยางชุมน้อย", "ลิ้นฟ้า"),
    ("น้ำเกลี้ยง", "น้ำเกลี้ยง"),
    ("น้ำเกลี้ยง", "โนนสูง"),
    ("น้ำเกลี้ยง", "ปอภาร (ปอพาน)"),
]
PLACES = Places.build(ROWS, {"เมือง": "เมืองศรีสะเกษ"})
PLAIN = Places.build(ROWS, {})


def both(places, tambon, amphoe):
    reading = places.check(tambon, amphoe)
    return outcome(reading.tambon), outcome(reading.amphoe)


@pytest.mark.parametrize("tambon_word", ["", "ต.", "ต. ", "ต ", "ตำบล", "ตำบล ", "แขวง"])
@pytest.mark.parametrize("amphoe_word", ["", "อ.", "อ. ", "อ ", "อำเภอ", "เขต", "กิ่งอำเภอ"])
@pytest.mark.parametrize("row", ROWS)
def test_every_listed_pair_is_certain(row, amphoe_word, tambon_word):
    amphoe, tambon = row
    assert both(PLAIN, tambon_word + tambon, amphoe_word + amphoe) == ((tambon, None), (amphoe, None))


@pytest.mark.parametrize(
    ("tambon", "amphoe"),
    [
        ("น\u0e4d\u0e49\u0e32เกลี้ยง", "น้ำ เกลี้ยง"),
        ("น้ำ\u200bเกลี้ยง", "น\u0e33\u0e49เกลี้ยง"),
        (" น้ำเกลี้ยง ", "นํ้าเกลี้ยง"),
    ],
)
def test_what_looks_alike_is_certain(tambon, amphoe):
    assert both(PLACES, tambon, amphoe) == (("น้ำเกลี้ยง", None), ("น้ำเกลี้ยง", None))


def test_a_name_with_brackets_is_known_without_them():
    assert both(PLACES, "ปอภาร", "น้ำเกลี้ยง")[0] == ("ปอภาร (ปอพาน)", None)


def test_mueang_alone_is_the_one_the_configuration_says():
    assert both(PLACES, "หนองไฮ", "อ.เมือง")[1] == ("เมืองศรีสะเกษ", None)


def test_mueang_alone_is_certain_when_there_is_only_one():
    only = Places.build([("เมืองชัย", "ในเมือง"), ("พล", "เมืองพล")], {})
    assert both(only, "ในเมือง", "เมือง") == (("ในเมือง", None), ("เมืองชัย", None))


def test_mueang_alone_is_doubtful_when_only_the_tambon_tells_which():
    assert both(PLAIN, "หนองไฮ", "อำเภอเมือง") == (("หนองไฮ", None), ("เมืองศรีสะเกษ", "amphoe_near"))


def test_mueang_alone_names_the_choices_when_nothing_tells():
    reading = PLAIN.check("ลิ้นฟ้า", "เมือง").amphoe
    assert outcome(reading) == (None, "amphoe_several")
    assert reading.problem.facts["choices"] == "เมืองจันทร์, เมืองศรีสะเกษ"


def test_a_tambon_of_another_amphoe_is_doubtful_and_says_where_it_is():
    reading = PLACES.check("ลิ้นฟ้า", "ขุนหาญ").tambon
    assert outcome(reading) == ("ลิ้นฟ้า", "tambon_elsewhere")
    assert reading.problem.facts == {"tambon": "ลิ้นฟ้า", "amphoe": "ขุนหาญ", "found": "ยางชุมน้อย"}


def test_tambons_of_one_name_are_told_apart_by_the_amphoe():
    assert both(PLACES, "โนนสูง", "ขุนหาญ") == (("โนนสูง", None), ("ขุนหาญ", None))
    assert both(PLACES, "โนนสูง", "น้ำเกลี้ยง") == (("โนนสูง", None), ("น้ำเกลี้ยง", None))
    without = PLACES.check("โนนสูง", None)
    assert outcome(without.tambon) == ("โนนสูง", "tambon_several")
    assert without.tambon.problem.facts["found"] == "ขุนหาญ, น้ำเกลี้ยง"
    assert without.amphoe.blank


def test_a_tambon_that_is_in_one_amphoe_only_is_certain_without_it_but_gives_no_amphoe():
    assert both(PLACES, "ลิ้นฟ้า", "") == (("ลิ้นฟ้า", None), (None, None))


@pytest.mark.parametrize("typed", ["ลิ้นฟา", "ลิันฟ้า", "ลิ่นฟ้า", "ต.ลินฟ้า"])
def test_a_near_spelling_is_doubtful_with_a_suggestion(typed):
    reading = PLACES.check(typed, "ยางชุมน้อย").tambon
    assert outcome(reading) == ("ลิ้นฟ้า", "tambon_near")
    assert reading.problem.facts["suggestion"] == "ลิ้นฟ้า"


def test_a_near_amphoe_is_doubtful_and_the_tambon_is_looked_for_in_it():
    assert both(PLACES, "ลิ้นฟ้า", "ยางชุ่มน้อย") == (("ลิ้นฟ้า", None), ("ยางชุมน้อย", "amphoe_near"))


def test_two_near_names_are_no_suggestion():
    twins = Places.build([("พล", "หนองแกน"), ("พล", "หนองแวน")], {})
    assert both(twins, "หนองแน", "พล")[0] == (None, "tambon_unknown")


@pytest.mark.parametrize("cell", ["ดาวอังคาร", "สี", 5, True, 1.5, date(2026, 1, 1), "ก" * 300])
def test_unknown_places(cell):
    assert both(PLACES, cell, "ขุนหาญ")[0] == (None, "tambon_unknown")
    assert both(PLACES, "สิ", cell)[1] == (None, "amphoe_unknown")


def former_places():
    left = Former("ขุนหาญ", "สิเดิม", date(2006, 1, 1), (("น้ำเกลี้ยง", "เขิน"),))
    divided = Former("ขุนหาญ", "บักดองใหญ่", date(2022, 4, 22), (("ขุนหาญ", "สิ"), ("ขุนหาญ", "บักดอง")))
    gone = Former("น้ำเกลี้ยงเดิม", "", date(2011, 3, 31), (("น้ำเกลี้ยง", ""),))
    today = Former("ขุนหาญ", "สิ", date(2006, 1, 1), (("น้ำเกลี้ยง", "เขิน"),))
    return Places.build([*ROWS, ("น้ำเกลี้ยง", "เขิน")], {}, [left, divided, gone, today])


@pytest.mark.parametrize(
    ("tambon", "amphoe", "now", "column"),
    [
        ("สิเดิม", "ขุนหาญ", ("เขิน", "น้ำเกลี้ยง"), "tambon"),
        ("ต. สิเดิม", "อำเภอขุนหาญ", ("เขิน", "น้ำเกลี้ยง"), "tambon"),
        ("บักดองใหญ่", "ขุนหาญ", None, "tambon"),
        ("เขิน", "อ.น้ำเกลี้ยงเดิม", ("เขิน", "น้ำเกลี้ยง"), "amphoe"),
        (None, "น้ำเกลี้ยงเดิม", ("", "น้ำเกลี้ยง"), "amphoe"),
    ],
)
def test_a_place_of_former_days_is_told_with_what_stands_there_now(tambon, amphoe, now, column):
    places = former_places()
    problem = getattr(places.check(tambon, amphoe), column).problem
    assert problem.code == "place_former" and "2" in problem.facts["until"] and problem.facts["now"]
    assert places.today(tambon, amphoe) == now


@pytest.mark.parametrize("cells", [("สิ", "ขุนหาญ"), ("สิเดิม", None), ("สิเดิม", "น้ำเกลี้ยง"), (5, 5)])
def test_a_place_of_today_is_none_of_former_days(cells):
    assert former_places().today(*cells) is None


def test_the_real_lists_of_former_places_lead_to_places_of_today():
    places = load_places("ศรีสะเกษ", [], {})
    assert places.today("ต.พยุห์", "อ.เมืองศรีสะเกษ") == ("พยุห์", "พยุห์")
    assert places.today(330110, None) == ("พยุห์", "พยุห์")  # its code then
    assert load_places("บึงกาฬ", [], {}).today(None, "บึงกาฬ") == ("", "เมืองบึงกาฬ")


@pytest.mark.parametrize("amphoe", [None, "-", 3320, "3320", 3320.0, "อ.พยุห์"])
@pytest.mark.parametrize("tambon", [332001, "332001", 332001.0, "ต.พยุห์"])
def test_an_official_code_stands_for_its_name(tambon, amphoe):
    found = both(load_places("ศรีสะเกษ", [], {}), tambon, amphoe)
    told = amphoe not in (None, "-") or not isinstance(tambon, str) or tambon.isdigit()
    assert found == (("พยุห์", None), ("พยุห์" if told else None, None))


@pytest.mark.parametrize("cell", [None, "", "-", "ไม่มี"])
def test_blank_places(cell):
    assert both(PLACES, cell, cell) == ((None, None), (None, None))


def test_lists_are_in_dictionary_order():
    assert PLACES.amphoes() == ["ขุนหาญ", "น้ำเกลี้ยง", "เมืองจันทร์", "เมืองศรีสะเกษ", "ยางชุมน้อย"]
    assert PLACES.tambons("ขุนหาญ") == ["โนนสูง", "สิ", "ห้วยจันทร์"]
    assert PLACES.tambons("น้ำเกลี้ยง") == ["น้ำเกลี้ยง", "โนนสูง", "ปอภาร (ปอพาน)"]
    assert PLACES.tambons("ที่อื่น") == []


def test_an_alias_never_hides_a_listed_name_and_must_name_a_listed_amphoe():
    places = Places.build(ROWS, {"ขุนหาญ": "น้ำเกลี้ยง"})
    assert both(places, "สิ", "ขุนหาญ")[1] == ("ขุนหาญ", None)
    with pytest.raises(ValueError, match="ที่อื่น"):
        Places.build(ROWS, {"เมือง": "ที่อื่น"})


@given(any_cell, any_cell)
def test_whatever_the_cells_only_listed_names_come_out(tambon, amphoe):
    reading = PLACES.check(tambon, amphoe)
    assert reading.amphoe.value is None or reading.amphoe.value in PLACES.amphoes()
    assert reading.tambon.value is None or reading.tambon.value in {name for _, name in ROWS}


def test_the_whole_country_reads_as_it_is_listed():
    import geothai

    for province in geothai.provinces():
        rows = [
            (district.name_th, sub.name_th)
            for district in geothai.districts(province.code)
            for sub in geothai.subdistricts(district.code)
        ]
        places = Places.build(rows, {})
        for amphoe, tambon in rows:
            assert both(places, f"ต.{tambon}", f"อ.{amphoe}") == ((tambon, None), (amphoe, None))

"""Downloaded tables become submissions: columns by title, rows refused with a reason, a lasting identity."""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.domain.cells import Cell
from bridge.domain.intake import Form, Intake, Question, read
from bridge.domain.intake_key import NORMALS

ROOT = Path(__file__).parents[2]
WORDINGS = tomllib.loads((ROOT / "config/messages.d/intake.toml").read_text("utf-8"))["problem"]

CASES = Form(
    name="cases",
    questions=(
        Question("sender_name", ("ชื่อ - สกุลผู้ส่ง",), True),
        Question("sender_phone", ("เบอร์โทรศัพท์ติดต่อ",), False, "phone"),
        Question("letter_no", ("เลขหนังสือนำส่ง",), False),
        Question("letter_date", ("ส่งเอกสารวันที่",), False, "date"),
        Question("person_name", ("ชื่อ - สกุล ผู้ยื่น", "ชื่อ-สกุลผู้ประสบปัญหา"), True),
        Question("national_id", ("เลข 13 หลัก",), True, "national_id"),
        Question("age", ("อายุ(ปี)", "อายุ"), False, "age"),
        Question("house_no", ("บ้านเลขที่",), False, "house_no"),
        Question("moo", ("หมู่",), False, "moo"),
    ),
    timestamp_titles=("ประทับเวลา", "Timestamp"),
    email_titles=("ที่อยู่อีเมล", "Email Address", "Username"),
    response_id_titles=("Response ID",),
    needs_one_of=("person_name", "national_id"),
)
HEADER = [
    "ประทับเวลา", "ที่อยู่อีเมล", "ชื่อ - สกุลผู้ส่ง", "เบอร์โทรศัพท์ติดต่อ", "เลขหนังสือนำส่ง", "ส่งเอกสารวันที่",
    "ชื่อ - สกุล ผู้ยื่น", "เลข 13 หลัก", "อายุ(ปี)", "บ้านเลขที่", "หมู่",
]  # fmt: skip
ROW: list[Cell] = [
    "10/8/2022, 13:57:03", "Officer@Example.org", "นายส่ง เรื่องดี", "0812345678", "0042", "1/11/2565",
    "นางสาวทดสอบ ระบบดี", "0100000000009", "65", "10/1", "5",
]  # fmt: skip


def changed(row: Sequence[Cell] = ROW, **values: Cell) -> list[Cell]:
    columns = ["time", "mail", "sender", "phone", "letter", "day", "person", "id", "age", "house", "moo"]
    return [values.get(name, cell) for name, cell in zip(columns, row, strict=True)]


def keys(*rows: Sequence[Cell], header: Sequence[Cell] = HEADER, form: Form = CASES) -> list[str]:
    found = read([header, *rows], form)
    assert found.problem is None, found.problem
    return [submission.key for submission in found.submissions]


def refusal(found: Intake) -> str:
    """The code why the table cannot be used; nothing else is given, and the Thai wording is complete."""
    assert found.problem is not None
    assert (found.submissions, found.refused, found.unknown_titles) == ((), (), ())
    assert "{" not in WORDINGS[found.problem.code].format(**found.problem.facts)
    return found.problem.code


# ------------------------------------------------------------------ the header


def test_a_row_becomes_a_submission() -> None:
    (one,) = read([HEADER, ROW], CASES).submissions
    assert (one.row, one.response_id, one.problems) == (2, False, ())
    assert one.submitted_at == datetime(2022, 8, 10, 13, 57, 3)
    assert (one.typed_at, one.email) == (ROW[0], ROW[1])
    assert dict(one.answers) == {
        "sender_name": ROW[2], "sender_phone": ROW[3], "letter_no": ROW[4], "letter_date": ROW[5],
        "person_name": ROW[6], "national_id": ROW[7], "age": ROW[8], "house_no": ROW[9], "moo": ROW[10],
    }  # fmt: skip


@pytest.mark.parametrize("above", [0, 1, 7, 29])
def test_the_header_need_not_be_the_first_row(above: int) -> None:
    title: list[list[Cell]] = [["แบบรายงาน ประทับเวลา", None], [], ["อายุ"]]
    rows = [title[index % 3] for index in range(above)]
    (one,) = read([*rows, HEADER, ROW], CASES).submissions
    assert one.row == above + 2


def test_a_header_below_the_first_thirty_rows_is_not_searched() -> None:
    assert refusal(read([[None]] * 30 + [HEADER, ROW], CASES)) == "header_not_found"


@pytest.mark.parametrize("rows", [[], [[]], [[None, ""]], [["ก", "ข"], [1, 2.5]], [["อายุ"], ["65"]], [ROW]])
def test_a_table_without_a_header_is_explained(rows: list[list[Cell]]) -> None:
    found = read(rows, CASES)
    assert refusal(found) == "header_not_found"
    assert found.problem is not None
    assert "เลข 13 หลัก" in found.problem.facts["titles"]


def test_titles_compare_without_case_spaces_and_stars() -> None:
    header: list[Cell] = list(HEADER)
    header[0], header[1] = " TIMESTAMP ", "email  address:"
    header[6], header[7] = "ชื่อ-\u200bสกุลผู้ประสบปัญหา *", "เลข13หลัก\n*"
    assert keys(ROW, header=header) == keys(ROW)


@pytest.mark.parametrize("missing", [2, 6, 7])
def test_a_required_question_that_is_missing_is_named(missing: int) -> None:
    header: list[Cell] = [*HEADER[:missing], "อื่น", *HEADER[missing + 1 :]]
    found = read([["สรุป"], header, ROW], CASES)
    assert refusal(found) == "question_missing"
    assert found.problem is not None
    assert HEADER[missing] in found.problem.facts["titles"]
    assert found.problem.facts["row"] == "2"


def test_an_optional_question_that_is_missing_is_only_mentioned() -> None:
    found = read([[*HEADER[:10], "หมู่ที่อยู่ปัจจุบัน"], ROW], CASES)
    assert (len(found.submissions), found.missing_titles) == (1, ("หมู่",))
    assert found.unknown_titles == ("หมู่ที่อยู่ปัจจุบัน",)


@pytest.mark.parametrize("title", ["เลข 13 หลัก", " เลข13หลัก* ", "ประทับเวลา", "Timestamp", "Username", "อายุ"])
def test_two_filled_columns_for_one_question_are_ambiguous(title: str) -> None:
    found = read([[*HEADER, title], [*ROW, "x"]], CASES)
    assert refusal(found) == "title_twice"
    assert found.problem is not None
    assert title.strip() in found.problem.facts["titles"]


@pytest.mark.parametrize("blank", [None, "", "  ", "\u200b"])
@pytest.mark.parametrize("first", [True, False])
def test_a_blank_double_of_a_column_is_ignored(blank: Cell, first: bool) -> None:
    header = ["เลข 13 หลัก", *HEADER] if first else [*HEADER, "เลข 13 หลัก"]
    row: list[Cell] = [blank, *ROW] if first else [*ROW, blank]
    found = read([header, row, row], CASES)
    assert [one.answers["national_id"] for one in found.submissions] == [ROW[7]] * 2
    assert found.unknown_titles == ()


def test_extra_columns_are_listed_and_change_nothing() -> None:
    found = read([["คะแนน", *HEADER, None, " หมายเหตุ "], [9, *ROW, "x", "y"]], CASES)
    assert found.unknown_titles == ("คะแนน", "หมายเหตุ")
    assert [one.key for one in found.submissions] == keys(ROW)
    assert set(found.submissions[0].answers) == {question.column for question in CASES.questions}


# ------------------------------------------------------------------ rows


@pytest.mark.parametrize(
    "row", [[], [None] * 11, ["", " ", "\u200b", "\t\n"], [None] * 11 + ["=ROW()", False]]
)
def test_blank_rows_are_skipped_without_a_word(row: list[Cell]) -> None:
    found = read([HEADER, row, ROW, row, changed(id="1")], CASES)
    assert ([one.row for one in found.submissions], found.refused) == ([3, 5], ())


def test_a_header_repeated_below_is_no_response() -> None:
    found = read([HEADER, ROW, HEADER, changed(id="1")], CASES)
    assert ([one.row for one in found.submissions], found.refused) == ([2, 4], ())


def test_a_half_filled_row_is_refused_with_what_it_holds() -> None:
    rows = [HEADER, [None, None, "พิมพ์ค้างไว้ " + "ก" * 200], changed(person=None, id=" ", mail=None), ROW]
    found = read(rows, CASES)
    assert [one.row for one in found.submissions] == [4]
    assert [refused.row for refused in found.refused] == [2, 3]
    for refused in found.refused:
        assert refused.column_title == "ชื่อ - สกุล ผู้ยื่น"
        assert 0 < len(refused.value) <= 80
        said = WORDINGS[refused.problem.code].format(value=refused.value, **refused.problem.facts)
        assert "เลข 13 หลัก" in said
        assert re.fullmatch("[0-9a-f]{40}", refused.key)
    assert found.refused[0].value.startswith("พิมพ์ค้างไว้")
    assert found.refused[0].key != found.refused[1].key


def test_a_refused_row_keeps_its_key_when_rows_come_above() -> None:
    half = changed(person=None, id=None)
    before, after = read([HEADER, half], CASES), read([HEADER, ROW, ROW, half], CASES)
    assert before.refused[0].key == after.refused[0].key


@pytest.mark.parametrize(("person", "number"), [("x", None), (None, "1"), (None, 0), ("-", "")])
def test_one_of_the_needed_answers_suffices(person: Cell, number: Cell) -> None:
    found = read([HEADER, changed(person=person, id=number)], CASES)
    assert (len(found.submissions), found.refused) == (1, ())


@pytest.mark.parametrize("typed", ["เมื่อวาน", "31/2/2565", "2569-02-30", "#REF!", True, -1, "ก" * 5000])
def test_an_unreadable_time_is_told_and_refuses_nothing(typed: Cell) -> None:
    found = read([HEADER, changed(time=typed), ROW], CASES)
    first, second = found.submissions
    assert (first.submitted_at, first.typed_at) == (None, typed)
    (problem,) = first.problems
    assert (problem.code, problem.column) == ("timestamp_unreadable", "submitted_at")
    assert problem.value[:5] in WORDINGS[problem.code].format(value=problem.value, **problem.facts)
    assert (second.problems, second.row) == ((), 3)


def test_a_missing_time_is_told_too() -> None:
    (first,) = read([HEADER, changed(time=None)], CASES).submissions
    (without,) = read([HEADER[1:], ROW[1:]], CASES).submissions
    for one in (first, without):
        assert one.submitted_at is None
        assert [problem.code for problem in one.problems] == ["timestamp_missing"]


def test_answers_stay_byte_for_byte() -> None:
    typed = [
        "=IMPORTDATA(1)",
        "\r\n a\t",
        "\u200b๑๒๓ ",
        "'0123",
        "😀",
        " นาง  สมมติ ",
        1.5,
        True,
        date(2022, 1, 10),
    ]
    (one,) = read([HEADER, [ROW[0], " A@B.c\r\nBcc: x ", *typed]], CASES).submissions
    assert list(one.answers.values()) == typed
    assert one.email == " A@B.c\r\nBcc: x "


# ------------------------------------------------------------------ identity


def test_a_response_id_is_the_identity_where_there_is_one() -> None:
    header, rows = ["Response ID", *HEADER], [["ACYDBNg1", *ROW], [None, *ROW], [" ACYDBNg2 ", *ROW]]
    found = read([header, *rows], CASES)
    assert [one.response_id for one in found.submissions] == [True, False, True]
    assert [one.key for one in found.submissions] == ["ACYDBNg1", keys(ROW)[0], "ACYDBNg2"]


def test_a_response_id_twice_is_pointed_out() -> None:
    found = read([["Response ID", *HEADER], ["A", *ROW], ["A", *changed(id="1")]], CASES)
    assert [one.row for one in found.submissions] == [2]
    (refused,) = found.refused
    assert (refused.row, refused.column_title, refused.problem.code) == (
        3,
        "Response ID",
        "response_id_twice",
    )
    assert "A" in WORDINGS[refused.problem.code].format(value=refused.value, **refused.problem.facts)


FORMS_CSV: list[Cell] = [*changed(time="2022/08/10 1:57:03 PM GMT+7")]
XLSX: list[Cell] = [
    datetime(2022, 8, 10, 13, 57, 3, 412_000), "Officer@Example.org", "นายส่ง เรื่องดี", 812345678, 42,
    date(2022, 11, 1), "นางสาวทดสอบ ระบบดี", 100000000009, 65, date(2022, 1, 10), 5,
]  # fmt: skip


@pytest.mark.parametrize(
    "row",
    [
        FORMS_CSV,
        changed(time="2022/08/10 1:57:03 หลังเที่ยง GMT+7"),
        XLSX,
        changed(XLSX, time=datetime(2022, 8, 10, 13, 57, 2, 999_900)),
        changed(XLSX, day=date(2565, 11, 1)),
        changed(XLSX, id=100000000009.0, age=65.0),
        changed(mail=" officer@example.org "),
        changed(person="นางสาวทดสอบ  ระบบดี\r\n"),
        changed(phone="812345678", id="100000000009"),
        changed(phone="'0812345678", day="2022-11-01"),
        changed(day="1 พ.ย. 2565"),
        changed(XLSX, house=date(1945, 1, 1)),
    ],
)
def test_every_kind_of_download_gives_the_same_key(row: list[Cell]) -> None:
    assert keys(row) == keys(ROW)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("0042", 42), ("1-2", date(2022, 2, 1)), ("1/2/2565", date(2565, 2, 1)), ("TRUE", True),
        ("1e5", 100000),
        ("0042", 42), ("1-2", date(2022, 2, 1)), ("1/2/2565", date(2565, 2, 1)), ("TRUE", True),
        ("1e5", 100000), ("+66812345678", 66812345678), ("1,250.50", 1250.5), ("-1", -1), ("007.0", 7),
        ("9" * 25, int("9" * 25)), ("0" * 19 + "7", 7), ("ก\r\nข", "ก\nข"), ("12.50", 12.5),
        ("12/2565", date(2565, 12, 1)), ("1/45", date(1945, 1, 1)), ("2565-02", date(2565, 2, 1)),
        ("8:05", "08:05:00"), ("0.10", 0.1), ("false", False), ("000", 0),
    ],
)  # fmt: skip
def test_what_a_spreadsheet_does_to_any_answer_does_not_change_the_key(typed: str, stored: Cell) -> None:
    assert keys(changed(letter=typed)) == keys(changed(letter=stored))


@pytest.mark.parametrize(
    "row",
    [
        changed(time="10/8/2022, 13:57:04"),
        changed(mail="other@example.org"),
        changed(mail=None),
        changed(person="นางสาวทดสอบ ระบบดีมาก"),
        changed(letter="43"),
        changed(letter=None),
        changed(house="110/2"),
        changed(phone="0812345679"),
        changed(person=ROW[2], sender=ROW[6]),
        changed(time="เมื่อวาน"),
    ],
)
def test_a_different_response_has_a_different_key(row: list[Cell]) -> None:
    assert keys(row) != keys(ROW)


def test_two_identical_rows_are_two_responses() -> None:
    one, two = keys(ROW, ROW)
    assert one != two
    assert keys(ROW, XLSX) == [one, two]
    assert keys(ROW) == [one]


def test_a_question_added_later_changes_no_earlier_key() -> None:
    later = Form(
        CASES.name, (*CASES.questions, Question("source", ("ข้อมูลจาก",), False)), CASES.timestamp_titles,
        CASES.email_titles, CASES.response_id_titles, CASES.needs_one_of,
    )  # fmt: skip
    assert keys([*ROW, None], header=[*HEADER, "ข้อมูลจาก"], form=later) == keys(ROW)
    assert keys([*ROW, ""], header=[*HEADER, "ข้อมูลจาก"], form=later) == keys(ROW)
    assert keys([*ROW, "TPMAP"], header=[*HEADER, "ข้อมูลจาก"], form=later) != keys(ROW)


def test_the_key_is_the_same_in_the_next_release() -> None:
    """Keys are kept in ledgers: a change of the scheme would double every response without an id."""
    assert keys(ROW, ROW) == [
        "b028168f31a2da0ac23173946ee1813150f45968",
        "463f2684236d36fe427dbaec4d7cd3154fffb084",
    ]


# ------------------------------------------------------------------ properties

NAMES = st.sampled_from(["นางสาวทดสอบ ระบบดี", "นายสมมติ ขึ้นมา", "ด.ช.ลอง ของใหม่"])
MOMENTS = st.datetimes(datetime(2021, 1, 1), datetime(2026, 1, 1)).map(
    lambda moment: moment.replace(microsecond=0)
)


@st.composite
def responses(draw: st.DrawFn) -> dict[str, object]:
    """What a respondent gave, before any download."""
    return {
        "time": draw(st.one_of(st.just(datetime(2022, 8, 10, 0, 0, 1)), MOMENTS)),
        "mail": draw(st.sampled_from(["", "officer@example.org", "B.Two@Example.org"])),
        "sender": draw(NAMES),
        "phone": draw(st.one_of(st.just(""), st.integers(0, 99_999_999).map(lambda n: f"08{n:08}"))),
        "letter": draw(st.one_of(st.integers(0, 9999).map("{:04}".format), st.text("ก๑ศ/0 ", max_size=6))),
        "day": draw(st.dates(date(2020, 1, 1), date(2026, 1, 1))),
        "person": draw(NAMES),
        "id": draw(st.integers(0, 10**13 - 1).map("{:013}".format)),
        "age": draw(st.integers(0, 110).map(str)),
        "house": draw(st.tuples(st.integers(1, 400), st.integers(0, 40)).map(lambda n: f"{n[0]}/{n[1]}")),
        "moo": draw(st.integers(1, 30).map(str)),
    }


def as_forms_csv(response: dict[str, object]) -> list[Cell]:
    moment, day = response["time"], response["day"]
    assert isinstance(moment, datetime)
    assert isinstance(day, date)
    half = "หลังเที่ยง" if moment.hour >= 12 else "ก่อนเที่ยง"
    stamp = f"{moment:%Y/%m/%d} {moment.hour % 12 or 12}:{moment:%M:%S} {half} GMT+7"
    return [str(value) for value in (response | {"time": stamp, "day": f"{day:%Y-%m-%d}"}).values()]


def as_sheet_csv(response: dict[str, object]) -> list[Cell]:
    moment, day = response["time"], response["day"]
    assert isinstance(moment, datetime)
    assert isinstance(day, date)
    stamp = f"{moment.day}/{moment.month}/{moment.year}, {moment:%H:%M:%S}"
    shown = response | {"time": stamp, "day": f"{day.day}/{day.month}/{day.year}"}
    return [_without_zeros(str(value)) or None for value in shown.values()]


def as_xlsx(response: dict[str, object]) -> list[Cell]:
    return [_stored(value) for value in response.values()]


def _without_zeros(text: str) -> str:
    return str(int(text)) if re.fullmatch("[0-9]+", text) else text


def _stored(value: object) -> Cell:
    """As a spreadsheet keeps it: numbers, days and months, real dates, text."""
    if isinstance(value, datetime):
        return value + timedelta(milliseconds=777)
    if isinstance(value, date):
        return value
    text = str(value)
    if re.fullmatch("[0-9]+", text):
        return int(text)
    split = re.fullmatch("([0-9]{1,2})/([0-9]{1,2})", text)
    if split and 1 <= int(split[1]) <= 28 and 1 <= int(split[2]) <= 12:
        return date(2022, int(split[2]), int(split[1]))
    return text or None


TABLES = st.lists(responses(), min_size=1, max_size=12)


@given(TABLES)
def test_keys_do_not_depend_on_the_kind_of_download(table: list[dict[str, object]]) -> None:
    wanted = keys(*map(as_forms_csv, table))
    assert keys(*map(as_sheet_csv, table)) == wanted
    assert keys(*map(as_xlsx, table)) == wanted


@given(TABLES, st.data())
def test_a_growing_file_keeps_the_keys_it_gave(table: list[dict[str, object]], data: st.DataObject) -> None:
    table = table + data.draw(st.lists(st.sampled_from(table), max_size=5))  # equal rows as well
    whole = keys(*map(as_forms_csv, table))
    cut = data.draw(st.integers(0, len(table)))
    assert keys(*map(as_forms_csv, table[:cut])) == whole[:cut]
    assert len(set(whole)) == len(table)


@given(TABLES, st.randoms(use_true_random=False))
def test_sorting_rows_and_moving_columns_keeps_the_keys(
    table: list[dict[str, object]], chance: random.Random
) -> None:
    rows = [as_forms_csv(response) for response in (*table, table[0])]
    wanted = set(keys(*rows))
    order = list(range(len(HEADER)))
    chance.shuffle(order)
    chance.shuffle(rows)
    moved = [[row[place] for place in order] + ["เพิ่ม"] for row in rows]
    assert set(keys(*moved, header=[*(HEADER[place] for place in order), "คอลัมน์เพิ่ม"])) == wanted


CELLS: st.SearchStrategy[Cell] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=30),
    st.text(st.characters(categories=["Cs", "Cc", "Cf", "Mn", "Nd"]), max_size=8),
    st.dates(),
    st.datetimes(),
    st.sampled_from([*HEADER, *ROW, "Response ID", "1e99", "9" * 25, "1/1", "0", datetime.max, datetime.min]),
)


@settings(max_examples=300)
@given(st.lists(st.lists(CELLS, max_size=14), max_size=8), st.booleans())
def test_no_table_raises_and_every_row_has_one_fate(rows: list[list[Cell]], with_header: bool) -> None:
    table = [HEADER, *rows] if with_header else rows
    found = read(table, CASES)
    assert read(table, CASES) == found
    if found.problem is not None:
        refusal(found)
        return
    told = [one.row for one in (*found.submissions, *found.refused)]
    assert len(told) == len(set(told))
    assert all(1 < row <= len(table) for row in told)
    assert len({one.key for one in found.submissions}) == len(found.submissions)


@given(CELLS)
def test_every_normal_takes_any_cell_and_blank_alone_is_blank(cell: Cell) -> None:
    for normal in NORMALS.values():
        if cell is not None:
            assert isinstance(normal(cell), str)


def test_every_reason_in_the_code_has_a_wording() -> None:
    source = (ROOT / "bridge/domain/intake.py").read_text("utf-8")
    codes = set(re.findall(r'Problem\(\s*"(\w+)"', source))
    assert codes
    assert codes <= set(WORDINGS)

"""Which question of a live form feeds which column: by title first, then by what is remembered of its id."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bridge.domain.form_match import Known, QuestionMatch, asked, match_known, match_questions
from bridge.domain.intake import Form, Question

FORM = Form(
    "cases",
    (
        Question("person_name", ("ชื่อ - สกุล ผู้ยื่น", "ชื่อผู้ประสบปัญหา"), True),
        Question("national_id", ("เลข 13 หลัก",), True),
        Question("age", ("อายุ(ปี)", "อายุ"), False),
        Question("sender_email", ("ที่อยู่อีเมล", "อีเมล"), False),
    ),
    ("ประทับเวลา",),
    ("ที่อยู่อีเมล", "Email Address"),
    ("Response ID",),
    ("person_name",),
)
WHOLE = {"n": "ชื่อ - สกุล ผู้ยื่น", "i": "เลข 13 หลัก", "a": "อายุ(ปี)"}


def form_of(questions: dict[str, str], collecting: str = "DO_NOT_COLLECT") -> dict[str, Any]:
    items = [
        {"title": title, "questionItem": {"question": {"questionId": id_}}}
        for id_, title in questions.items()
    ]
    return {"settings": {"emailCollectionType": collecting}, "items": items}


def match(
    questions: dict[str, str], known: dict[str, Known] | None = None, form: Form = FORM
) -> QuestionMatch:
    return match_questions(form_of(questions), form, known or {})


def learned(questions: dict[str, str]) -> dict[str, Known]:
    return dict(match(questions).known)


def reworded(column: str, *titles: str) -> Form:
    questions = [Question(q.column, titles, q.required) if q.column == column else q for q in FORM.questions]
    return Form("cases", tuple(questions), *(getattr(FORM, name) for name in (
        "timestamp_titles", "email_titles", "response_id_titles", "needs_one_of")))  # fmt: skip


def test_titles_match_as_they_do_in_downloads() -> None:
    found = match({"n": " ชื่อ-สกุล  ผู้ยื่น *", "i": "เลข ๑๓ หลัก", "a": "อายุ:", "x": "ชื่อเล่น"})
    assert found.mapped == {"n": "person_name", "i": "national_id", "a": "age"}
    assert (found.unknown, found.missing, found.required_missing) == (("ชื่อเล่น",), ("sender_email",), ())
    assert (found.renamed, found.twice, found.collected, found.lacking) == ((), (), "", ())


def test_what_is_missing_is_told_by_how_much_it_is_needed() -> None:
    found = match({"a": "อายุ"})
    assert found.required_missing == found.lacking == ("person_name", "national_id")
    assert found.missing == ("sender_email",)


def test_items_that_ask_nothing_and_the_rows_of_a_grid() -> None:
    rows = [
        {"questionId": f"r{n}", "rowQuestion": {"title": title}} for n, title in enumerate(("เช้า", "เย็น"))
    ]
    items: list[dict[str, Any]] = [
        {"title": "ตอนที่ 1", "pageBreakItem": {}},
        {"title": "อ่านก่อน", "textItem": {}},
        {"title": "เวลา", "questionGroupItem": {"questions": rows}},
        {"questionItem": {"question": {"questionId": "q"}}},
        {"title": "ภาพ", "imageItem": {}},
    ]
    assert list(asked({"items": items})) == [("r0", "เวลา [เช้า]"), ("r1", "เวลา [เย็น]"), ("q", "")]
    assert list(asked({})) == []


def test_a_renamed_question_is_known_by_its_id() -> None:
    found = match({**WHOLE, "n": "ใครเดือดร้อน"}, learned(WHOLE))
    assert found.mapped["n"] == "person_name"
    assert found.renamed == (("person_name", "ใครเดือดร้อน"),)
    again = match({**WHOLE, "n": "ใครเดือดร้อน"}, dict(found.known))
    assert again == found  # said again until it is mended, and never forgotten


def test_questions_that_exchange_their_titles_keep_their_columns() -> None:
    found = match({**WHOLE, "i": WHOLE["a"], "a": WHOLE["i"]}, learned(WHOLE))
    assert (found.mapped["i"], found.mapped["a"]) == ("national_id", "age")
    assert len(found.renamed) == 2


def test_the_new_title_may_be_configured() -> None:
    renamed = match({**WHOLE, "a": "กี่ปี"}, learned(WHOLE))
    found = match({**WHOLE, "a": "กี่ปี"}, dict(renamed.known), reworded("age", "อายุ(ปี)", "กี่ปี"))
    assert (found.mapped["a"], found.renamed) == ("age", ())
    anew = match({**WHOLE, "a": "กี่ปี"}, learned(WHOLE), reworded("age", "จำนวนปี"))  # neither title is heard of
    assert anew.mapped["a"] == "age"


def test_the_configuration_may_give_a_title_to_another_column() -> None:
    form = Form(
        "cases",
        (Question("person_name", ("ชื่อ",), True), Question("national_id", ("อายุ(ปี)",), True)),
        *(FORM.timestamp_titles, FORM.email_titles, FORM.response_id_titles, FORM.needs_one_of),
    )
    assert match({"a": "อายุ(ปี)"}, learned(WHOLE), form).mapped == {"a": "national_id"}
    assert match({"a": "กี่ปี"}, learned(WHOLE), form).mapped == {}


def test_a_deleted_question_lets_its_old_answers_be_read() -> None:
    found = match({"i": WHOLE["i"]}, learned(WHOLE))
    assert found.retired == {"n": "person_name", "a": "age"}
    assert found.unasked == {"person_name", "age"}
    assert (found.required_missing, found.lacking) == (("person_name",), ())
    again = match({"i": WHOLE["i"], "n2": WHOLE["n"]}, dict(found.known))
    assert (again.mapped["n2"], again.retired["n"], again.unasked) == ("person_name", "person_name", {"age"})


def test_two_questions_may_feed_one_column() -> None:
    found = match({**WHOLE, "a2": "อายุ"})
    assert (found.mapped["a"], found.mapped["a2"], found.twice) == ("age", "age", ("age",))


def test_a_collected_address_is_an_answer_where_a_question_is_worded_so() -> None:
    for collecting in ("VERIFIED", "RESPONDER_INPUT"):
        found = match_questions(form_of(WHOLE, collecting), FORM)
        assert (found.collected, found.missing) == ("sender_email", ())
    assert match(WHOLE).collected == ""


def test_memory_alone_gives_the_same_match() -> None:
    first = match({**WHOLE, "x": "ชื่อเล่น", "gone": "อายุ"})
    live = match({**WHOLE, "n": "ใครเดือดร้อน", "x": "ชื่อเล่น"}, dict(first.known))
    found = match_known(live.known, FORM, collecting=False)
    assert (found.mapped, found.retired, found.unknown) == (live.mapped, live.retired, live.unknown)
    assert (found.known, found.lacking) == (live.known, live.lacking)
    late = match_known(live.known, reworded("age", "อายุ(ปี)", "อายุ", "ชื่อเล่น"), collecting=False)
    assert late.mapped["x"] == "age"


TITLES = st.sampled_from(["", *WHOLE.values(), "อายุ", "ชื่อเล่น", "ประทับเวลา", "Response ID"]) | st.text(
    max_size=4
)
FORMS = st.dictionaries(st.sampled_from("abcdef"), TITLES, max_size=6)


@given(st.lists(FORMS, min_size=1, max_size=5))
def test_whatever_becomes_of_a_form_a_question_never_changes_its_column(
    versions: list[dict[str, str]],
) -> None:
    known: dict[str, Known] = {}
    columns: dict[str, str] = {}
    for questions in versions:
        found = match(questions, known)
        known = dict(found.known)
        assert set(found.mapped) <= set(questions)
        assert len(found.mapped) + len(found.unknown) == len(questions)
        assert found.mapped.keys().isdisjoint(found.retired)
        for question, column in (*found.mapped.items(), *found.retired.items()):
            assert columns.setdefault(question, column) == column
        assert columns.keys() <= {*found.mapped, *found.retired}
        assert set(found.required_missing).isdisjoint(found.mapped.values())

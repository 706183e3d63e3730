"""Google Forms in, against the stand-in over HTTP and through the real intake with an SQLite ledger."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bridge.adapters.forms import google as adapter
from bridge.adapters.forms.google import Cursor
from bridge.adapters.forms.google_answers import nine_places
from bridge.adapters.google.client import GoogleClient
from bridge.adapters.ledger.connection import close_ledger
from bridge.application.errors import ConfigurationError, OutsideError
from bridge.application.ports.forms import Unreadable
from bridge.application.ports.reviews import ReviewKind
from bridge.domain.intake import read
from tests.contract.ledgers import NOW, Ledger, open_empty
from tests.integration.form_desk import (
    HOUSE,
    NATIONAL_ID,
    PERSON,
    PROVINCE,
    SERVICE,
    TYPE,
    Desk,
    answer,
    connected,
    person,
    watched,
)
from tests.stand_in.google import Google, Kind

HOSTILE = [
    "=IMPORTDATA(1)", "+66812345678", "-1", "@x", "\tแท็บ", "\rขึ้นบรรทัด", "0123456789012", "1-2", "TRUE", "1e5",
    "'0812345678", "💛 🇹🇭 𠮷", "น้ำ\u200b ", "๑๒๓", "2569-02-30", " เว้นหน้า", "ก\nข", '"',
]  # fmt: skip


@pytest.fixture
def google() -> Iterator[Google]:
    with watched() as running:
        yield running


@pytest.fixture
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    yield open_empty("sqlite", request.config, tmp_path)
    close_ledger()


@pytest.fixture
def client(google: Google, tmp_path: Path) -> Iterator[GoogleClient]:
    with connected(google, tmp_path) as made:
        yield made


@pytest.fixture
def desk(google: Google, ledger: Ledger, client: GoogleClient) -> Desk:
    given = {NOW}

    def now() -> datetime:
        """The ledger's time, never twice the same; tokens go by the true time."""
        moment = max(ledger.clock.now(), max(given) + timedelta(milliseconds=1))
        given.add(moment)
        return moment

    google.state.now = now  # type: ignore[method-assign]
    live = google.forms.make("ส่งเคส")
    for question in PROVINCE.forms.cases.questions:
        google.forms.add_question(live, question.title, required=question.required)
    return Desk(google, ledger, client, live)


# ------------------------------------------------------------------ what comes


def test_hostile_answers_arrive_byte_for_byte(desk: Desk) -> None:
    responses = [desk.submit(n, problem=text, sender_name=text) for n, text in enumerate(HOSTILE, 1)]
    report = desk.ingest()
    assert (report.new, report.refused, report.trouble) == (len(HOSTILE), 0, [])
    stored = desk.ledger.cases.latest_answers("cases", responses)
    for response, text in zip(responses, HOSTILE, strict=True):
        assert (stored[response]["problem"], stored[response]["sender_name"]) == (text, text)


def test_an_answer_is_given_as_the_download_shows_it(desk: Desk) -> None:
    desk.live.questions[desk.question(TYPE)] |= {"kind": "CHECKBOX", "choices": ["ก", "ข, ค"]}
    desk.live.questions[desk.question("ส่งเอกสารวันที่")]["kind"] = "DATE"
    sent = datetime(2026, 3, 1, 17, 59, 59, 999_999, tzinfo=UTC)
    response = desk.submit(1, at=sent, case_type=["ก", "ข, ค"], letter_date="2026-02-28")
    (one,) = read(desk.batch().rows, desk.form).submissions
    assert (one.key, one.response_id, one.email) == (response, True, "")
    assert one.submitted_at == datetime(2026, 3, 2, 0, 59, 59)  # Bangkok, cut to the second
    assert one.answers["case_type"] == "ก, ข, ค"
    assert one.answers["letter_date"] == "2026-02-28"
    assert one.answers["age"] is None


def test_the_rows_of_a_grid_and_uploaded_files(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the stand-in's forms cannot hold is put into its answers."""
    response = desk.submit(1)
    form_json, kept = desk.live.json(), desk.live.responses[response].json()
    rows = [{"questionId": f"6{n}", "rowQuestion": {"title": name}} for n, name in enumerate(("เช้า", "เย็น"))]
    form_json["items"] += [{"itemId": "9", "title": "เวลา", "questionGroupItem": {"questions": rows}}]
    form_json["items"] += [{"itemId": "8", "title": "หัวเรื่อง", "textItem": {}}]
    files = [{"fileId": "1a", "fileName": "ก.pdf"}, {"fileId": "1b", "fileName": "ข.pdf"}]
    house = desk.question(HOUSE)
    kept["answers"] |= {
        "60": {"questionId": "60", "textAnswers": {"answers": [{"value": "ว่าง"}]}},
        house: {"questionId": house, "fileUploadAnswers": {"answers": files}},
    }
    monkeypatch.setattr(desk.live, "json", lambda: form_json)
    monkeypatch.setattr(desk.live.responses[response], "json", lambda: kept)
    batch = desk.batch()
    header = list(batch.rows[0])
    assert batch.rows[1][header.index("เวลา [เช้า]")] == "ว่าง"
    assert batch.rows[1][header.index("เวลา [เย็น]")] is None
    links = "https://drive.google.com/open?id=1a, https://drive.google.com/open?id=1b"
    assert batch.rows[1][header.index(HOUSE)] == links


def test_a_collected_address_is_that_of_the_respondent(desk: Desk) -> None:
    desk.live.email_collection = "VERIFIED"
    desk.google.forms.submit(desk.live, answer(1), email="somsri@example.go.th")
    (one,) = read(desk.batch().rows, desk.form).submissions
    assert one.email == "somsri@example.go.th"


def test_a_collected_address_answers_the_question_that_is_worded_so(desk: Desk) -> None:
    asked = next(q for q in desk.form.questions if q.column == "sender_org")
    worded = replace(asked, titles=("ที่อยู่อีเมล",))
    questions = tuple(worded if q is asked else q for q in desk.form.questions)
    desk.form = replace(desk.form, questions=questions)
    desk.google.forms.delete_question(desk.live, desk.question(asked.titles[0]))
    assert isinstance(desk.fetch()[0], Unreadable)
    desk.live.email_collection = "RESPONDER_INPUT"
    given = {title: text for title, text in answer(1).items() if title != asked.titles[0]}
    desk.google.forms.submit(desk.live, given, email="somsri@example.go.th")
    (one,) = read(desk.batch().rows, desk.form).submissions
    assert one.answers["sender_org"] == "somsri@example.go.th"


# ------------------------------------------------------------------ times and cursors


@pytest.mark.parametrize(
    ("given", "nine"),
    [
        ("2026-03-02T03:00:00Z", "2026-03-02T03:00:00.000000000Z"),
        ("2026-03-02T03:00:00.5Z", "2026-03-02T03:00:00.500000000Z"),
        ("2026-03-02T03:00:00.123Z", "2026-03-02T03:00:00.123000000Z"),
        ("2026-03-02T03:00:00.123456Z", "2026-03-02T03:00:00.123456000Z"),
        ("2026-03-02T03:00:00.123456789Z", "2026-03-02T03:00:00.123456789Z"),
        ("yesterday", ""),
        (None, ""),
    ],
)
def test_times_are_compared_as_texts_of_nine_places(given: str | None, nine: str) -> None:
    assert nine_places(given) == nine


def test_the_overlap_keeps_every_place() -> None:
    assert Cursor("2026-03-01T00:05:00.123456789Z").since == "2026-02-28T23:55:00.123456789Z"
    assert Cursor().since == ""
    assert Cursor.read("a hash of old") is None
    assert Cursor.read(Cursor("a", "b", 3, "d", "e").text()) == Cursor("a", "b", 3, "d", "e")


def test_a_cycle_without_news_costs_one_call(desk: Desk) -> None:
    assert desk.ingest().new == 0
    assert desk.calls() == ["responses", "get"]
    desk.ingest()
    assert desk.calls() == ["responses"]
    desk.submit(1)
    assert desk.ingest().new == 1
    desk.calls()
    for _ in range(3):
        desk.ledger.clock.pass_time(minutes=5)
        assert (desk.ingest().batches, desk.calls()) == (0, ["responses"])
    desk.submit(2)
    report = desk.ingest()
    assert (report.new, desk.calls()) == (1, ["responses"])


def test_submissions_of_one_second_and_of_one_microsecond(desk: Desk) -> None:
    desk.submit(1, at=NOW)
    desk.ingest()
    moments = [NOW, NOW, NOW + timedelta(microseconds=1), NOW + timedelta(microseconds=999_999)]
    for number, moment in enumerate(moments, 2):
        desk.submit(number, at=moment)
        assert desk.ingest().new == 1
    assert desk.ingest().batches == 0
    assert desk.cases() == 5


def test_a_response_that_becomes_visible_late_is_found(desk: Desk) -> None:
    desk.submit(1, at=NOW)
    desk.ingest()
    desk.submit(2, at=NOW - timedelta(minutes=9, seconds=59))
    assert desk.ingest().new == 1
    desk.submit(3, at=NOW - timedelta(hours=2))  # a hole: the filter cannot see it
    assert desk.ingest().batches == 0
    desk.ledger.clock.pass_time(days=1)
    assert desk.ingest().new == 1
    assert desk.cases() == 3


def test_the_night_begins_at_two_in_bangkok(desk: Desk) -> None:
    desk.submit(1)
    desk.ingest()
    desk.calls()
    clock = desk.ledger.clock
    clock.moment = datetime(2026, 3, 2, 18, 59, tzinfo=UTC)  # 01:59 of the next day
    assert (desk.ingest().batches, desk.calls()) == (0, ["responses"])
    clock.moment = datetime(2026, 3, 2, 19, 0, tzinfo=UTC)
    assert (desk.ingest().again, desk.calls()) == (1, ["responses", "get"])
    assert (desk.ingest().batches, desk.calls()) == (0, ["responses"])


def test_deleted_responses_are_counted_and_keep_their_cases(desk: Desk) -> None:
    responses = [desk.submit(n) for n in range(1, 6)]
    desk.ingest()
    desk.ledger.clock.pass_time(hours=1)
    responses.append(desk.submit(6))
    desk.ingest()
    for response in (responses[0], responses[5]):
        desk.google.forms.withdraw(desk.live, response)
    desk.ledger.clock.pass_time(days=1)
    desk.submit(7)
    report = desk.ingest()
    (line,) = report.trouble
    assert "2 รายการ" in line
    assert not any(person(n) in line for n in range(1, 8))
    assert (report.new, desk.cases()) == (1, 7)
    desk.ledger.clock.pass_time(days=1)
    assert desk.ingest().trouble == []


def test_every_response_deleted(desk: Desk) -> None:
    response = desk.submit(1)
    desk.ingest()
    desk.google.forms.withdraw(desk.live, response)
    desk.ledger.clock.pass_time(days=1)
    assert len(desk.ingest().trouble) == 1
    assert desk.ingest().batches == 0
    desk.submit(2)
    assert desk.ingest().new == 1
    assert desk.cases() == 2


# ------------------------------------------------------------------ edits


def test_an_edit_reaches_its_case_and_does_not_move_its_time(desk: Desk) -> None:
    response = desk.submit(1, at=NOW - timedelta(days=40))
    desk.submit(2)
    desk.ingest()
    before = desk.case(response)
    desk.ledger.clock.pass_time(hours=5)
    desk.edit(response, problem="น้ำท่วมบ้าน")
    report = desk.ingest()
    assert (report.new, report.edited) == (0, 1)
    assert desk.case(response) == {**before, "problem": "น้ำท่วมบ้าน"}
    assert desk.ingest().batches == 0


def test_edited_twice_between_polls_and_twice_within_the_overlap(desk: Desk) -> None:
    response = desk.submit(1)
    desk.ingest()
    for text in ("ครั้งแรก", "ครั้งที่สอง"):
        desk.ledger.clock.pass_time(minutes=1)
        desk.edit(response, problem=text)
    assert (desk.ingest().edited, desk.case(response)["problem"]) == (1, "ครั้งที่สอง")
    for text in ("ครั้งที่สาม", "ครั้งที่สี่"):
        desk.ledger.clock.pass_time(minutes=1)
        desk.edit(response, problem=text)
        assert (desk.ingest().edited, desk.case(response)["problem"]) == (1, text)
    assert desk.cases() == 1


def test_an_answer_that_its_sender_took_back_is_blank(desk: Desk) -> None:
    response = desk.submit(1)
    desk.ingest()
    desk.google.forms.edit(desk.live, response, {HOUSE: []})
    desk.ingest()
    assert desk.case(response).get("house_no") is None


def test_what_staff_corrected_is_not_overwritten_by_an_edit(desk: Desk) -> None:
    response = desk.submit(1)
    desk.ingest()
    key = desk.ledger.cases.known("cases", [response])[response]
    state = desk.ledger.rows.load("cases", [key])[key]
    state.values["problem"] = "เจ้าหน้าที่แก้"
    desk.ledger.rows.save("cases", [state], [])
    desk.edit(response, problem="ผู้ส่งแก้")
    desk.ingest()
    assert desk.case(response)["problem"] == "เจ้าหน้าที่แก้"
    assert [kind for kind, _ in desk.open_reviews()] == [ReviewKind.CONFLICT]


# ------------------------------------------------------------------ many pages


def test_twelve_thousand_responses_over_three_pages(desk: Desk) -> None:
    start = NOW - timedelta(days=30)
    ids = [desk.submit(n, at=start + timedelta(minutes=n)) for n in range(12_000)]
    report = desk.ingest()
    assert (report.new, report.trouble) == (12_000, [])
    assert desk.calls() == ["responses", "responses", "responses", "get"]
    assert len(desk.ledger.cases.known("cases", ids)) == 12_000
    desk.ledger.clock.pass_time(days=1)
    assert desk.ingest().edited == 0


def test_responses_arrive_change_and_go_while_pages_are_read(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever happens at a page boundary: no answer lost, none doubled, the last edit is what counts."""
    monkeypatch.setattr(adapter, "PAGE", 4)
    ids = [desk.submit(n, at=NOW - timedelta(days=2, minutes=-n)) for n in range(1, 13)]

    def meanwhile() -> None:
        desk.edit(ids[0], problem="แก้ขณะอ่าน")  # on a page that was read
        desk.ledger.clock.pass_time(minutes=30)  # a slow line: longer than the overlap
        desk.edit(ids[11], problem="แก้ก่อนอ่าน")
        desk.submit(13)
        desk.submit(14, at=NOW - timedelta(days=3))  # sorts before what was read

    desk.google.before(2, meanwhile)  # the token's call comes first
    first = desk.ingest()
    assert first.batches == 1
    desk.ingest()
    assert desk.case(ids[0])["problem"] == "แก้ขณะอ่าน"
    assert desk.case(ids[11])["problem"] == "แก้ก่อนอ่าน"
    desk.ledger.clock.pass_time(days=1)
    desk.ingest()
    assert desk.cases() == 14
    assert len(desk.ledger.cases.known("cases", list(desk.live.responses))) == 14


def test_a_page_that_comes_twice_gives_each_answer_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "PAGE", 3)
    ids = [desk.submit(n, at=NOW - timedelta(hours=2, minutes=-n)) for n in range(1, 6)]

    def shifted() -> None:
        for kept in desk.live.responses.values():
            if kept.id == ids[2]:
                kept.created += timedelta(minutes=1, seconds=30)  # now behind the page boundary
        desk.edit(ids[2], problem="แก้ขณะอ่าน")

    desk.google.before(2, shifted)
    batch = desk.batch()
    assert sorted(str(row[0]) for row in batch.rows[1:]) == sorted(ids)
    by_id = {one.key: one.answers["problem"] for one in read(batch.rows, desk.form).submissions}
    assert by_id[ids[2]] == "แก้ขณะอ่าน"


# ------------------------------------------------------------------ the questions change


def test_an_added_question_is_reported_and_asked_for_once(desk: Desk) -> None:
    desk.submit(1)
    desk.ingest()
    desk.calls()
    desk.google.forms.add_question(desk.live, "ชื่อเล่น")
    desk.google.forms.add_question(desk.live, "Response ID")  # worded as what the form gives by itself
    desk.google.forms.submit(desk.live, {**answer(2), "ชื่อเล่น": "เอ", "Response ID": "ปลอม"})
    batch = desk.batch()
    assert read(batch.rows, desk.form).unknown_titles == ("ชื่อเล่น",)
    report = desk.ingest()
    assert report.new == 1
    assert desk.calls() == ["responses", "get", "responses"]
    desk.google.forms.submit(desk.live, {**answer(3), "ชื่อเล่น": "บี"})
    assert (desk.ingest().new, desk.calls()) == (1, ["responses"])
    desk.ledger.clock.pass_time(days=1)
    (line,) = desk.ingest().trouble
    assert "ชื่อเล่น" in line


def test_a_question_that_is_configured_later_fills_its_column_at_night(desk: Desk) -> None:
    desk.google.forms.add_question(desk.live, "เลขบ้านใหม่")
    given = {title: text for title, text in answer(1).items() if title != HOUSE}
    response = desk.google.forms.submit(desk.live, {**given, "เลขบ้านใหม่": "77/7"})
    desk.ingest()
    assert desk.case(response).get("house_no") is None
    desk.form = replace(
        desk.form,
        questions=tuple(
            replace(q, titles=(*q.titles, "เลขบ้านใหม่")) if q.column == "house_no" else q
            for q in desk.form.questions
        ),
    )
    desk.ledger.clock.pass_time(days=1)
    report = desk.ingest()
    assert (report.edited, report.trouble) == (1, [])
    assert desk.case(response)["house_no"] == "77/7"


def test_a_renamed_question_feeds_its_column_and_is_reported(desk: Desk) -> None:
    first = desk.submit(1)
    desk.ingest()
    desk.calls()
    house = desk.question(HOUSE)
    desk.google.forms.rename_question(desk.live, house, "ที่อยู่ปัจจุบัน")
    desk.google.forms.rename_question(desk.live, desk.question(PERSON), "ใครเดือดร้อน")  # a required one
    given: dict[str, str | list[str]] = {
        {HOUSE: "ที่อยู่ปัจจุบัน", PERSON: "ใครเดือดร้อน"}.get(t, t): v for t, v in answer(2).items()
    }
    second = desk.google.forms.submit(desk.live, given)
    report = desk.ingest()
    assert (report.new, desk.calls()) == (1, ["responses"])
    assert (desk.case(second)["house_no"], desk.case(second)["person_name"]) == ("2/1", person(2))
    desk.ledger.clock.pass_time(days=1)
    report = desk.ingest()
    assert (report.edited, len(report.trouble)) == (0, 2)
    assert "ที่อยู่ปัจจุบัน" in "".join(report.trouble)
    assert desk.case(first)["house_no"] == "1/1"


def test_two_questions_that_exchange_their_titles_keep_their_columns(desk: Desk) -> None:
    desk.submit(1)
    desk.ingest()
    house, moo = desk.question(HOUSE), desk.question("หมู่")
    desk.google.forms.rename_question(desk.live, house, "หมู่")
    desk.google.forms.rename_question(desk.live, moo, HOUSE)
    desk.ledger.clock.pass_time(days=1)
    report = desk.ingest()
    assert (report.edited, len(report.trouble)) == (0, 2)


@pytest.mark.parametrize("title", [HOUSE, PERSON, NATIONAL_ID])  # optional, and required ones
def test_a_deleted_question_keeps_its_old_answers(desk: Desk, title: str) -> None:
    first = desk.submit(1)
    desk.ingest()
    before = desk.case(first)
    desk.google.forms.delete_question(desk.live, desk.question(title))
    second = desk.google.forms.submit(desk.live, {t: v for t, v in answer(2).items() if t != title})
    desk.ledger.clock.pass_time(minutes=1)
    report = desk.ingest()
    assert (report.new, report.edited) == (1, 0)
    desk.ledger.clock.pass_time(days=1)
    report = desk.ingest()
    assert (report.edited, len(report.trouble)) == (0, 1)
    assert title in report.trouble[0]
    desk.live.responses[first].answers = {
        question: texts
        for question, texts in desk.live.responses[first].answers.items()
        if question in desk.live.questions
    }
    desk.edit(first, problem="แก้หลังลบคำถาม")
    assert desk.ingest().edited == 1
    assert desk.case(first) == {**before, "problem": "แก้หลังลบคำถาม"}
    assert desk.case(second)["problem"] == "เดือดร้อน 2"
    desk.calls()
    assert (desk.ingest().batches, desk.calls()) == (0, ["responses"])


def test_a_question_deleted_and_made_anew(desk: Desk) -> None:
    first = desk.submit(1)
    desk.ingest()
    desk.google.forms.delete_question(desk.live, desk.question(HOUSE))
    desk.google.forms.add_question(desk.live, HOUSE)
    second = desk.submit(2)
    assert desk.ingest().trouble == []
    desk.edit(first, house_no="99/9")  # answers to both are kept now
    desk.ingest()
    desk.ledger.clock.pass_time(days=1)
    assert desk.ingest().trouble == []
    assert (desk.case(first)["house_no"], desk.case(second)["house_no"]) == ("99/9", "2/1")


def test_a_question_of_another_type_keeps_its_column(desk: Desk) -> None:
    first = desk.submit(1)
    desk.ingest()
    desk.live.questions[desk.question(TYPE)] |= {"kind": "CHECKBOX", "choices": ["ก", "ข"]}
    second = desk.submit(2, case_type=["ก", "ข"])
    report = desk.ingest()
    assert (report.new, report.trouble) == (1, [])
    assert (desk.case(first)["case_type"], desk.case(second)["case_type"]) == ("ผู้มีรายได้น้อย", "ก, ข")


def test_each_branch_of_a_form_asks_for_the_same_column(desk: Desk) -> None:
    other = desk.google.forms.add_question(desk.live, "ตำบล")
    given: dict[str, str | list[str]] = {t: v for t, v in answer(1).items() if t != "ตำบล"}
    branch = desk.google.forms.submit(desk.live, {**given, other: "หนองครก"})
    both = desk.google.forms.submit(desk.live, {**answer(2), other: "หนองครก"})
    report = desk.ingest()
    assert (report.new, report.trouble) == (2, [])
    assert desk.ledger.cases.latest_answers("cases", [branch, both])[branch]["tambon"] == "หนองครก"
    assert desk.ledger.cases.latest_answers("cases", [branch, both])[both]["tambon"] == "โพธิ์, หนองครก"


def test_an_answer_to_a_question_that_nobody_knows_is_asked_for_once(desk: Desk) -> None:
    desk.ingest()
    gone = desk.google.forms.add_question(desk.live, "ชั่วคราว")
    desk.google.forms.submit(desk.live, {**answer(1), gone: "x"})
    desk.google.forms.delete_question(desk.live, gone)
    desk.calls()
    assert (desk.ingest().new, desk.calls()) == (1, ["responses", "get"])
    desk.submit(2)
    assert (desk.ingest().new, desk.calls()) == (1, ["responses"])


def test_a_form_without_a_required_question_is_said_until_it_is_mended(desk: Desk) -> None:
    desk.google.forms.rename_question(desk.live, desk.question(PERSON), "ผู้เดือดร้อน")
    given = {"ผู้เดือดร้อน" if t == PERSON else t: v for t, v in answer(1).items()}
    response = desk.google.forms.submit(desk.live, given)
    for _ in range(2):
        report = desk.ingest()
        assert (report.new, len(report.trouble)) == (0, 1)
        assert PERSON in report.trouble[0]
    assert [kind for kind, _ in desk.open_reviews()] == [ReviewKind.UNREADABLE_FILE]
    assert desk.ledger.journal.cursors("cases") == {}
    desk.google.forms.rename_question(desk.live, desk.question("ผู้เดือดร้อน"), PERSON + " *")
    assert desk.ingest().new == 1
    assert desk.case(response)["person_name"] == person(1)
    assert desk.open_reviews() == []


def test_another_form_in_its_place_begins_anew(desk: Desk) -> None:
    desk.submit(1)
    desk.ingest()
    desk.live = desk.google.forms.make("ส่งเคส ปีใหม่")
    by_title = {q.titles[0]: q.titles[-1] for q in desk.form.questions if q.column != "house_no"}
    for title in by_title.values():
        desk.google.forms.add_question(desk.live, title)
    given = {by_title[t]: v for t, v in answer(2).items() if t in by_title}
    desk.google.forms.submit(desk.live, given)
    report = desk.ingest()
    assert (report.new, report.trouble) == (1, [])
    assert desk.cases() == 2


# ------------------------------------------------------------------ refused rows


def test_a_refused_row_stays_on_the_list_until_it_is_mended(desk: Desk) -> None:
    response = desk.submit(1, person_name=" ", national_id="-" * 0)
    report = desk.ingest()
    assert (report.new, report.refused) == (0, 1)
    desk.ledger.clock.pass_time(hours=1)
    desk.submit(2)
    desk.ingest()
    desk.ledger.clock.pass_time(hours=1)
    desk.submit(3)
    desk.ingest()  # this batch knows nothing of the first
    assert [kind for kind, _ in desk.open_reviews()] == [ReviewKind.REFUSED_ROW]
    desk.ledger.clock.pass_time(hours=1)
    desk.edit(response, person_name=person(1))
    assert (desk.ingest().new, desk.open_reviews()) == (1, [])


# ------------------------------------------------------------------ what goes wrong


PASSING = [Kind.TOO_MANY, Kind.INTERNAL, Kind.BAD_GATEWAY, Kind.UNAVAILABLE, Kind.USAGE_LIMITS]
PASSING += [Kind.UNAUTHENTICATED, Kind.RESET_BEFORE, Kind.RESET_AFTER, Kind.TIME_OUT_AFTER, Kind.TRUNCATED]


@pytest.mark.parametrize("kind", PASSING)
@pytest.mark.parametrize("what", ["responses$", "forms/[^/]+$"])
def test_a_passing_fault_changes_nothing(desk: Desk, kind: Kind, what: str) -> None:
    desk.submit(1)
    desk.google.faults.on(what, kind, hold=1.2)
    report = desk.ingest()
    assert len(desk.google.faults.log) == 1
    assert (report.new, report.trouble) == (1, [])


def test_an_outage_moves_nothing_and_loses_nothing(desk: Desk) -> None:
    desk.submit(1)
    desk.ingest()
    cursors = desk.ledger.journal.cursors("cases")
    desk.submit(2)
    desk.google.faults.on("responses", Kind.UNAVAILABLE, times=6)
    with pytest.raises(OutsideError):
        desk.ingest()
    assert desk.ledger.journal.cursors("cases") == cursors
    assert desk.ingest().new == 1


def test_an_outage_on_the_second_page_gives_out_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "PAGE", 2)
    for number in range(1, 6):
        desk.submit(number)
    desk.google.before(2, lambda: desk.google.faults.on("responses", Kind.INTERNAL, times=6))
    with pytest.raises(OutsideError):
        desk.ingest()
    assert desk.cases() == 0
    assert desk.ingest().new == 5


@pytest.mark.parametrize(("kind", "code"), [("forbidden", "แชร์"), ("gone", "ลบ")])
def test_a_form_out_of_reach_is_named_and_comes_back(desk: Desk, kind: str, code: str) -> None:
    desk.submit(1)
    desk.ingest()
    if kind == "forbidden":
        desk.live.access = "none"
    else:
        desk.google.state.forms.pop(desk.live.id)
    for _ in range(2):
        (line,) = desk.ingest().trouble
        assert desk.live.id in line and SERVICE in line and code in line
    assert [found for found, _ in desk.open_reviews()] == [ReviewKind.UNREADABLE_FILE]
    desk.live.access = "writer"
    desk.google.state.forms[desk.live.id] = desk.live
    assert desk.ingest().trouble == []
    assert desk.open_reviews() == []  # though there was nothing new
    desk.submit(2)
    assert desk.ingest().new == 1


def test_one_refused_call_in_a_cycle_passes(desk: Desk) -> None:
    desk.submit(1)
    desk.google.faults.on("responses", Kind.FORBIDDEN)
    assert len(desk.ingest().trouble) == 1
    assert (desk.ingest().new, desk.open_reviews()) == (1, [])


def test_a_sign_in_that_is_refused_for_good(desk: Desk) -> None:
    desk.google.faults.on("responses", Kind.UNAUTHENTICATED, times=9)
    with pytest.raises(ConfigurationError) as caught:
        desk.ingest()
    assert caught.value.code == "google_sign_in"


def test_a_province_without_a_title_for_the_response_id(desk: Desk) -> None:
    desk.form = replace(desk.form, response_id_titles=())
    with pytest.raises(ConfigurationError) as caught:
        desk.ingest()
    assert caught.value.code == "google_form_no_id"


def test_killed_between_the_reading_and_the_ledger(desk: Desk) -> None:
    """Every step of a first reading and of a later one may be the last; the next run makes up for it."""
    for number in (1, 2):
        desk.submit(number)
        desk.google.forms.add_question(desk.live, f"คำถามใหม่ {number}")
        desk.fetch()  # what it remembers of the questions is kept, what it read is not
        desk.fetch()
        assert desk.ingest().new == 1
        assert desk.ingest().batches == 0
    assert desk.cases() == 2


def test_a_spoilt_memory_is_made_anew(desk: Desk) -> None:
    desk.submit(1)
    desk.ingest()
    for spoilt in ("{", "[]", '{"form": 1}', json.dumps({"form": desk.live.id, "questions": {"a": 1}})):
        desk.ledger.journal.set_setting("google:form:cases", spoilt)
        desk.ledger.clock.pass_time(minutes=20)
        desk.submit(2)
        assert desk.ingest().trouble == []
    assert desk.cases() == 5


# ------------------------------------------------------------------ the other form


def test_access_requests_come_once(desk: Desk) -> None:
    desk.live = desk.google.forms.make("ขอใช้ระบบ")
    desk.form = PROVINCE.form("access")
    for question in desk.form.questions:
        desk.google.forms.add_question(desk.live, question.titles[0])
    given = ["อบต.โพธิ์", "Somsri", "Tosob", "0042", "somsri@example.go.th", "0812345678"]
    titles = [question.titles[0] for question in desk.form.questions]
    for _ in range(2):
        desk.google.forms.submit(desk.live, dict(zip(titles, given, strict=True)))
    ingest = desk.use_cases.ingest_access
    assert (ingest().run().new, ingest().run().batches) == (1, 0)
    (state,) = desk.ledger.rows.load("access", ["1"]).values()
    assert state.values["last4"] == "0042"
    desk.ledger.clock.pass_time(days=1)
    assert ingest().run().new == 0

"""What is sent in the portal, on each backend: one case for one key, beside whatever else numbers cases."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from bridge.adapters.ledger.connection import close_ledger
from bridge.application.ingest import AddCases
from bridge.application.ports.cases import Published
from bridge.application.ports.erasures import Erasure
from bridge.application.submit import PORTAL, AskAccess, Sender, SubmitCase
from bridge.application.tombstones import Tombstones
from bridge.bootstrap.matches import build_match_cases
from bridge.config import load
from bridge.domain.access import Role
from bridge.domain.intake import Submission, read
from bridge.domain.tombstones import Seal
from bridge.domain.values.places import Places
from bridge.workspace import CONFIG, Workspace
from tests.contract.ledgers import BACKENDS, NOW, Ledger, open_empty
from tests.functional.office import valid_id

SEAL = Seal("not-a-secret-in-a-test")
PROVINCE = load(CONFIG / "sisaket.toml")
PLACES = Places.build([("เมืองศรีสะเกษ", "โพธิ์"), ("กันทรลักษ์", "กระแชง")], {})
OFFICER = Sender("7", Role.OFFICER, (("เมืองศรีสะเกษ", ""),), "อบต.โพธิ์")
STAFF = Sender("8", Role.STAFF, (), "พมจ.")
ANSWERS = {
    "sender_name": "นางสาวทดสอบ ส่งเคส",
    "sender_org": "อบต.โพธิ์",
    "sender_phone": "081-234-5678",
    "letter_date": "2/3/2569",
    "case_type": "ผู้มีรายได้น้อย",
    "person_name": "นายสมมติ คนหนึ่ง",
    "problem": "เดือดร้อน",
    "national_id": valid_id(1),
    "age": "70",
    "house_no": "1/1",
    "moo": "7",
    "tambon": "โพธิ์",
    "amphoe": "เมืองศรีสะเกษ",
}


@pytest.fixture(params=BACKENDS)
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    yield open_empty(request.param, request.config, tmp_path)
    close_ledger()


def add_cases(ledger: Ledger) -> AddCases:
    return AddCases(ledger.cases, ledger.rows, ledger.clock, PLACES, "SSK", tombstones(ledger))


def tombstones(ledger: Ledger) -> Tombstones:
    return Tombstones(SEAL, ledger.erasures)


def use_case(ledger: Ledger) -> SubmitCase:
    add = add_cases(ledger)
    rules = PROVINCE.workflow()
    return SubmitCase(
        add,
        ledger.cases,
        ledger.rows,
        ledger.journal,
        ledger.clock,
        PLACES,
        rules,
        ledger.attachments,
        tombstones(ledger),
        build_match_cases(Workspace(CONFIG), PROVINCE, ledger),  # type: ignore[arg-type]  # as many ports as it takes
    )


def at_once(count: int, work: Any) -> list[Any]:
    from django.db import connections

    def alone(number: int) -> Any:
        try:
            return work(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(alone, range(count)))


class TestErased:
    """What was erased is not made again: by the same draft, under the same number, of somebody who is kept out."""

    def test_neither_the_answer_nor_the_number_nor_the_person_comes_back(self, ledger: Ledger) -> None:
        number = valid_id(9)
        person = SEAL.person(number)
        assert person is not None
        sealed = {SEAL.answer(PORTAL, f"7:{'a' * 32}"), SEAL.case("SSK-2569-000001"), person}
        ledger.erasures.record(Erasure("e" * 32, NOW, "portal:1", "คำขอ", 1, frozenset(sealed)))
        send = use_case(ledger).send
        assert send(OFFICER, "a" * 32, ANSWERS).refused == "answer_erased"
        assert send(OFFICER, "b" * 32, {**ANSWERS, "national_id": number}).refused == "person_kept_out"
        assert ledger.rows.marks("cases") == {}
        assert send(OFFICER, "b" * 32, ANSWERS).case == "SSK-2569-000002"


class TestSending:
    def test_a_case_gets_its_number_row_answer_and_history(self, ledger: Ledger) -> None:
        sent = use_case(ledger).send(OFFICER, "a" * 32, ANSWERS)
        assert (sent.case, sent.again) == ("SSK-2569-000001", False)
        state = ledger.rows.load("cases", [sent.case])[sent.case]
        assert state.dirty and not state.settled
        assert state.values["sender_phone"] == "0812345678"
        assert state.values["submitted_at"].isoformat() == "2026-03-02T10:00:00"
        (line,) = ledger.rows.history("cases", sent.case)
        assert (line.event.why, line.event.actor, line.event.new) == ("submitted", "form", PORTAL)
        receipt = use_case(ledger).receipt(OFFICER, sent.case)
        assert receipt is not None
        assert {k: v for k, v in receipt.answers.items() if k != "submitted_at"} == ANSWERS

    def test_the_same_key_makes_one_case(self, ledger: Ledger) -> None:
        first = use_case(ledger).send(OFFICER, "a", ANSWERS)
        ledger.clock.pass_time(minutes=3)
        again = use_case(ledger).send(OFFICER, "a", ANSWERS)
        assert (again.case, again.again, again.differs) == (first.case, True, False)
        other = use_case(ledger).send(OFFICER, "a", {**ANSWERS, "person_name": "นายสมมติ คนสอง"})
        assert (other.case, other.again, other.differs) == (first.case, True, True)
        assert len(ledger.rows.marks("cases")) == 1

    def test_a_key_is_the_senders_own(self, ledger: Ledger) -> None:
        one, two = (use_case(ledger).send(sender, "a", ANSWERS) for sender in (OFFICER, STAFF))
        assert one.case != two.case
        assert use_case(ledger).receipt(STAFF, one.case) is None
        assert use_case(ledger).receipt(OFFICER, "SSK-2569-000099") is None
        assert use_case(ledger).receipt(Sender("", Role.OFFICER, (), ""), one.case) is None

    def test_eight_at_once_make_one(self, ledger: Ledger) -> None:
        submit = use_case(ledger)
        sent = at_once(8, lambda _: submit.send(OFFICER, "a", ANSWERS))
        assert {found.case for found in sent} == {"SSK-2569-000001"}
        assert [found.again for found in sent].count(False) == 1
        assert len(ledger.rows.marks("cases")) == 1

    def test_beside_a_form_that_is_being_read_no_number_is_given_twice(self, ledger: Ledger) -> None:
        submit, add = use_case(ledger), add_cases(ledger)

        def work(number: int) -> list[str]:
            if number % 2:
                return [submit.send(OFFICER, f"{number}-{turn}", ANSWERS).case for turn in range(5)]
            with ledger.journal.transaction():
                moment = submit._now()
                answers = [
                    Submission(f"{number}-{turn}", True, turn, moment, moment, "", ANSWERS)
                    for turn in range(5)
                ]
                return [state.key for state in add.add("cases", "file.csv", answers)]

        given = [case for cases in at_once(6, work) for case in cases]
        assert sorted(given) == [f"SSK-2569-{number:06d}" for number in range(1, 31)]


class TestLookingBefore:
    def test_nothing_is_found_where_nothing_is(self, ledger: Ledger) -> None:
        assert use_case(ledger).similar(STAFF, "a", ANSWERS) == []
        assert use_case(ledger).doubts(ANSWERS) == []

    def test_doubts_are_told(self, ledger: Ledger) -> None:
        found = use_case(ledger).doubts({**ANSWERS, "national_id": "1234567890123", "age": "-"})
        assert [(problem.code, problem.column) for problem in found] == [
            ("needed_blank", "age"),
            ("id_checksum", "national_id"),
        ]

    def test_staff_see_a_case_that_was_sent_a_moment_ago(self, ledger: Ledger) -> None:
        sent = use_case(ledger).send(OFFICER, "a", ANSWERS)
        (found,) = use_case(ledger).similar(STAFF, "b", ANSWERS)
        assert (found.case, found.grounds[:2]) == (sent.case, ("identity_same", "name_same"))
        without_id = {**ANSWERS, "national_id": "-"}
        (found,) = use_case(ledger).similar(STAFF, "b", without_id)
        assert found.grounds == ("name_same", "house_same")
        (found,) = use_case(ledger).similar(STAFF, "b", {**ANSWERS, "case_type": "ช่วยเหลือฉุกเฉิน"})
        assert found.case == sent.case, "help of another kind is worth knowing of too"

    def test_officers_see_published_cases_of_their_area_alone(self, ledger: Ledger) -> None:
        sent = use_case(ledger).send(STAFF, "a", ANSWERS)
        assert use_case(ledger).similar(OFFICER, "b", ANSWERS) == []
        values = ledger.rows.load("cases", [sent.case])[sent.case].values
        ledger.cases.publish([Published(sent.case, 2569, values)], NOW)
        (found,) = use_case(ledger).similar(OFFICER, "b", ANSWERS)
        assert found.case == sent.case
        elsewhere = Sender("9", Role.OFFICER, (("กันทรลักษ์", ""),), "อบต.โพธิ์")
        assert use_case(ledger).similar(elsewhere, "b", ANSWERS) == []

    def test_officers_are_told_what_they_sent_themselves(self, ledger: Ledger) -> None:
        sent = use_case(ledger).send(OFFICER, "a", ANSWERS)
        state = ledger.rows.load("cases", [sent.case])[sent.case]
        state.values["step"] = "ตรวจสอบเอกสาร"  # of staff, and not published
        ledger.rows.save("cases", [state])
        (found,) = use_case(ledger).similar(OFFICER, "b", ANSWERS)
        assert found.case == sent.case
        assert {k: v for k, v in found.values.items() if k != "submitted_at"} == ANSWERS

    def test_what_one_has_just_sent_oneself_is_not_told(self, ledger: Ledger) -> None:
        use_case(ledger).send(STAFF, "a", ANSWERS)
        assert use_case(ledger).similar(STAFF, "a", ANSWERS) == []


class TestRequests:
    def test_they_come_as_a_table_until_they_are_taken(self, ledger: Ledger) -> None:
        from dataclasses import replace

        from bridge.adapters.ledger.web_answers import DjangoWebAnswers

        web = DjangoWebAnswers()
        form = replace(PROVINCE.form("access"), name="access_web", response_id_titles=("response_id",))
        assert list(web.requests(form).fetch_since({})) == []
        asked = {"org": "อบต.โพธิ์", "first_name": " Kanya", "last_name": "S", "email": "k@example.go.th"}
        for _ in range(2):
            AskAccess(web, ledger.clock).ask("a" * 32, asked)
        (batch,) = web.requests(form).fetch_since({})
        (submission,) = read(batch.rows, form).submissions
        assert not batch.complete
        assert submission.key == f"portal:{'a' * 32}"
        assert submission.answers["first_name"] == " Kanya"
        assert submission.submitted_at is not None and submission.submitted_at.hour == 10
        ledger.accounts.remember_responses([submission.key])
        assert list(web.requests(form).fetch_since({})) == []

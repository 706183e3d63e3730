"""Sending in the portal: requests for access and cases, by real requests, as each role and as nobody."""

from __future__ import annotations

import html
import re
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from bridge.domain.access import Role
from tests.functional.office import family_name, valid_id
from tests.portal.portal import Answer, Browser, Portal

REQUEST = {
    "org": "อบต.โพธิ์",
    "first_name": "Kanya",
    "last_name": "Samsen",
    "last4": "0123",
    "phone": "0812345678",
}
CASE = {
    "sender_name": "นางสาวทดสอบ ส่งเคส",
    "sender_org": "อบต.โพธิ์",
    "sender_phone": "0812345678",
    "letter_date": "20/11/2569",
    "case_type": "ผู้มีรายได้น้อย",
    "requester": "ยื่นเอง",
    "problem": "เดือดร้อน",
    "age": "70",
    "moo": "7",
    "tambon": "เมืองศรีสะเกษ/โพธิ์",
    "amphoe": "เมืองศรีสะเกษ",
    "source": "TPMAP",
}
SENDERS = (Role.OFFICER, Role.STAFF, Role.ADMIN)
HOSTILE = (
    "<script>alert(1)</script>",
    '=HYPERLINK("https://evil.example","x")',
    "+1+1",
    "@SUM(A1)",
    "' OR 1=1 --",
    "{{ 7*7 }} {% x %}",
    "\u202eกลับ\u200b ๑๒๓  สองวรรค",
    "Z̷a̷l̷g̷o 👩‍👩‍👧",
)
_numbers = iter(range(500, 10_000))


def case(**changes: str) -> dict[str, str]:
    """The answers about an invented person whom no other test has sent, as the page posts them."""
    number = next(_numbers)
    own = {
        "key": uuid.uuid4().hex,
        "person_name": f"นายสมมติ{'กขคงจฉชซญด'[number % 10]} {family_name(number)}",
        "national_id": valid_id(number),
        "house_no": f"{number}/1",
    }
    return {**CASE, **own, **changes}


def mailbox() -> str:
    return f"{uuid.uuid4().hex[:10]}@example.go.th"


def answer_of(portal: Portal, key: str) -> Any:
    from bridge.adapters.ledger import models

    return models.Answer.objects.get(source="portal", response__endswith=f":{key}")


def cases_of(portal: Portal, key: str) -> list[str]:
    from bridge.adapters.ledger import models

    found = models.Case.objects.filter(source="portal", response__endswith=f":{key}")
    return list(found.values_list("key", flat=True))


def value_of(answer: Answer, name: str) -> str:
    """What a field of the page holds."""
    found = re.search(rf'<input[^>]*name="{name}"[^>]*?value="([^"]*)"', answer.body) or re.search(
        rf'<input[^>]*value="([^"]*)"[^>]*name="{name}"', answer.body
    )
    return html.unescape(found[1]) if found else ""


@pytest.fixture(scope="module")
def officer(served_portal: Portal) -> Browser:
    served_portal.look()
    return served_portal.signed_in(Role.OFFICER)


@pytest.fixture(scope="module")
def staff(served_portal: Portal) -> Browser:
    served_portal.look()
    return served_portal.signed_in(Role.STAFF)


class TestAccessRequest:
    def test_it_reaches_the_access_sheet_by_the_next_cycle(self, portal: Portal) -> None:
        from bridge.adapters.ledger.models import AccessRequest

        address = mailbox()
        page = portal.browser().get("/access/")
        assert "ประกาศความเป็นส่วนตัว" in page.body
        assert 'type="checkbox"' not in page.body
        answer = portal.browser().post(
            "/access/", {**REQUEST, "email": address, "key": value_of(page, "key")}
        )
        assert answer.path == "/access/received/"
        assert answer.heading == "ระบบได้รับคำขอของท่านแล้ว"
        report = portal.office.cycle.sync()
        assert not report.trouble
        request = AccessRequest.objects.get(email_key=address)
        state = portal.office.ports.rows.load("access", [request.key])[request.key]
        assert state.values["first_name"] == "Kanya" and state.values["last4"] == "0123"
        assert state.confirmed["email"] == address, "it is in the sheet"

    def test_a_second_request_is_told_the_same_and_makes_no_second_row(self, portal: Portal) -> None:
        from bridge.adapters.ledger.models import AccessRequest, OutboxMessage

        known, fresh = mailbox(), mailbox()
        portal.account(known)
        pages = set()
        for address in (known, fresh, fresh, fresh.upper()):
            answer = portal.browser().post("/access/", {**REQUEST, "email": address})
            pages.add((answer.status, answer.path, answer.body))
        assert len(pages) == 1
        portal.office.cycle.sync()
        assert AccessRequest.objects.filter(email_key=fresh).get().asked_again == 2
        assert not OutboxMessage.objects.filter(recipient__in=(known, fresh)).exists()

    def test_sent_twice_it_is_one(self, portal: Portal) -> None:
        from bridge.adapters.ledger.models import AccessRequest

        data = {**REQUEST, "email": mailbox(), "key": uuid.uuid4().hex}
        with ThreadPoolExecutor(8) as pool:
            paths = list(pool.map(lambda _: portal.browser().post("/access/", data).path, range(8)))
        assert set(paths) == {"/access/received/"}
        portal.office.cycle.sync()
        assert AccessRequest.objects.get(email_key=data["email"]).asked_again == 0

    @pytest.mark.parametrize(
        ("column", "value", "said"),
        [
            ("email", "", "อีเมล – ยังไม่ได้กรอก"),
            ("email", "kanya@", "กรอกอีเมลให้ถูกต้อง"),
            ("email", "a@b.example\r\nBcc: x@evil.example", "บรรทัดเดียว"),
            ("first_name", "  ", "ยังไม่ได้กรอก"),
            ("first_name", "Kanya\nBcc: x@evil.example", "บรรทัดเดียว"),
            ("last4", "12a4", "4 ตัว"),
            ("org", "ก" * 201, "ยาวเกิน"),
            ("org", "ก\x00", "อ่านไม่ได้"),
        ],
    )
    def test_what_cannot_be_is_told_beside_its_field(
        self, portal: Portal, column: str, value: str, said: str
    ) -> None:
        data = {**REQUEST, "email": mailbox(), column: value}
        before = portal.ledger()
        answer = portal.browser().post("/access/", data)
        assert portal.ledger() == before
        assert answer.path == "/access/"
        assert f'<a href="#id_{column}">' in answer.body
        assert said in answer.body


class TestCase:
    @pytest.mark.parametrize("role", SENDERS)
    def test_each_role_that_sends_gets_a_receipt(self, portal: Portal, role: Role) -> None:
        person = portal.signed_in(role)
        page = person.get("/cases/new/")
        assert value_of(page, "sender_org") == "อบต.โพธิ์"
        assert "<optgroup" in page.body
        data = case(key=value_of(page, "key"))
        answer = person.post("/cases/new/", data)
        (number,) = cases_of(portal, data["key"])
        assert answer.path == f"/cases/new/sent/{number}/"
        assert answer.heading == "ส่งเคสแล้ว"
        assert number in answer.body and data["person_name"] in answer.body
        assert person.get(answer.path).status == 200

    def test_it_is_in_the_sheet_by_the_next_cycle(self, portal: Portal, officer: Browser) -> None:
        data = case()
        officer.post("/cases/new/", data)
        (number,) = cases_of(portal, data["key"])
        assert not portal.office.cycle.sync().trouble
        state = portal.office.ports.rows.load("cases", [number])[number]
        assert state.settled and not state.dirty
        assert state.confirmed["person_name"] == data["person_name"]
        assert state.confirmed["operation"] == "รอดำเนินการ"
        (line, *_) = portal.office.ports.rows.history("cases", number)
        assert (line.event.why, line.event.actor, line.event.new) == ("submitted", "form", "portal")

    def test_executives_and_strangers_send_nothing(self, portal: Portal) -> None:
        for person in (portal.signed_in(Role.EXECUTIVE), portal.browser()):
            data = case()
            answer = person.post("/cases/new/", data, follow=False)
            assert answer.status in (302, 403)
            assert cases_of(portal, data["key"]) == []

    def test_without_its_token_a_form_is_refused(self, portal: Portal, officer: Browser) -> None:
        data = case()
        assert officer.ask("POST", "/cases/new/", data).status == 403
        evil = {"Origin": "https://evil.example"}
        assert officer.post("/cases/new/", data, headers=evil).status == 403
        assert cases_of(portal, data["key"]) == []

    def test_all_that_is_missing_is_told_at_once(self, officer: Browser) -> None:
        answer = officer.post("/cases/new/", {"key": uuid.uuid4().hex})
        told = set(re.findall(r'<li><a href="#id_(\w+)">', answer.body))
        optional = {"letter_no", "requester", "source", "person_phone", "case_type_other", "key"}
        assert told == {*CASE, "person_name", "national_id", "house_no"} - optional
        assert "<title>ผิดพลาด:" in answer.body

    @pytest.mark.parametrize(
        ("column", "value"),
        [
            ("problem", "ก" * 5001),
            ("person_name", "ก" * 201),
            ("person_name", "ก\x00ข"),
            ("person_name", "ก\nข"),
            ("case_type", "ประเภทที่ไม่มี"),
            ("case_type", "อื่นๆ"),
            ("amphoe", "ไม่มีอำเภอนี้"),
            ("amphoe", "กันทรลักษ์"),
            ("tambon", "เมืองศรีสะเกษ/ไม่มี"),
        ],
    )
    def test_what_cannot_be_is_refused(
        self, portal: Portal, officer: Browser, column: str, value: str
    ) -> None:
        data = case(**{column: value})
        before = portal.ledger()
        answer = officer.post("/cases/new/", data)
        assert portal.ledger() == before
        assert "error-summary" in answer.body
        assert value_of(answer, "key") == data["key"]

    @pytest.mark.parametrize("hostile", HOSTILE)
    def test_hostile_text_is_kept_as_it_is_and_shown_as_text(
        self, portal: Portal, officer: Browser, hostile: str
    ) -> None:
        data = case(problem=f"  {hostile}\r\nบรรทัดสอง ", letter_no=hostile)
        answer = officer.post("/cases/new/", data)
        assert answer.heading == "ส่งเคสแล้ว"
        assert "<script>alert" not in answer.body
        kept = answer_of(portal, data["key"]).answers
        assert kept["problem"] == f"  {hostile}\nบรรทัดสอง "
        assert kept["letter_no"] == hostile
        assert html.escape(hostile) in answer.body.replace("&#34;", "&quot;").replace("&#39;", "&#x27;")

    def test_formulas_stay_text_in_the_sheet(self, portal: Portal, officer: Browser) -> None:
        import openpyxl

        data = case(letter_no='=HYPERLINK("https://evil.example")')
        officer.post("/cases/new/", data)
        (number,) = cases_of(portal, data["key"])
        portal.office.cycle.sync()
        book = openpyxl.load_workbook(portal.office.workspace.cases_book)
        row = next(row for row in book.worksheets[0].iter_rows() if row[0].value == number)
        (cell,) = [cell for cell in row if "HYPERLINK" in str(cell.value)]
        assert cell.data_type == "s"

    def test_another_type_is_told_in_words(self, portal: Portal, officer: Browser) -> None:
        data = case(case_type="อื่นๆ", case_type_other="ถูกไฟไหม้บ้าน")
        officer.post("/cases/new/", data)
        assert answer_of(portal, data["key"]).answers["case_type"] == "อื่นๆ: ถูกไฟไหม้บ้าน"

    def test_the_page_is_small(self, officer: Browser) -> None:
        assert len(officer.get("/cases/new/").body.encode()) < 100_000


class TestSendingAgain:
    def test_eight_at_once_make_one_case(self, portal: Portal, officer: Browser) -> None:
        data = case()
        officer.get("/cases/new/")
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: officer.post("/cases/new/", data), range(8)))
        (number,) = cases_of(portal, data["key"])
        assert {answer.path for answer in answers} == {f"/cases/new/sent/{number}/"}

    def test_an_old_page_filled_in_for_somebody_else_loses_nothing(
        self, portal: Portal, officer: Browser
    ) -> None:
        data = case()
        officer.post("/cases/new/", data)
        (first,) = cases_of(portal, data["key"])
        other = case(key=data["key"])
        answer = officer.post("/cases/new/", other)
        assert answer.path == "/cases/new/" and first in answer.body
        assert value_of(answer, "person_name") == other["person_name"]
        fresh = value_of(answer, "key")
        assert fresh != data["key"]
        assert officer.post("/cases/new/", {**other, "key": fresh}).heading == "ส่งเคสแล้ว"
        assert len(cases_of(portal, fresh)) == 1

    def test_two_people_may_use_one_key(self, portal: Portal, officer: Browser, staff: Browser) -> None:
        data = case()
        officer.post("/cases/new/", data)
        staff.post("/cases/new/", case(key=data["key"]))
        assert len(cases_of(portal, data["key"])) == 2

    def test_a_key_of_ones_own_making_is_given_up(self, portal: Portal, officer: Browser) -> None:
        from bridge.adapters.ledger import models

        data = case(key="x' OR 1=1 --")
        assert officer.post("/cases/new/", data).heading == "ส่งเคสแล้ว"
        assert not models.Case.objects.filter(response__contains="OR 1=1").exists()


class TestWarnings:
    def test_a_wrong_id_is_pointed_out_and_may_be_sent(self, portal: Portal, officer: Browser) -> None:
        data = case(national_id="1234567890123")
        answer = officer.post("/cases/new/", data)
        assert answer.path == "/cases/new/" and "โปรดตรวจก่อนส่ง" in answer.body
        assert '<a href="#id_national_id">' in answer.body
        assert cases_of(portal, data["key"]) == []
        seen = re.search(r'name="seen" value="(\w+)"', answer.body)
        assert seen
        assert officer.post("/cases/new/", {**data, "seen": seen[1]}).heading == "ส่งเคสแล้ว"

    def test_what_is_new_is_shown_although_something_was_seen(self, portal: Portal, officer: Browser) -> None:
        data = case(national_id="1234567890123")
        seen = re.search(r'name="seen" value="(\w+)"', officer.post("/cases/new/", data).body)
        assert seen
        answer = officer.post("/cases/new/", {**data, "seen": seen[1], "age": "999"})
        assert "โปรดตรวจก่อนส่ง" in answer.body

    def test_a_similar_case_is_shown_to_who_may_see_it(
        self, portal: Portal, officer: Browser, staff: Browser
    ) -> None:
        data = case()
        officer.post("/cases/new/", data)
        (number,) = cases_of(portal, data["key"])
        again = {**data, "key": uuid.uuid4().hex}
        answer = staff.post("/cases/new/", again)
        assert "มีเคสใกล้เคียง" in answer.body and number in answer.body
        readings = portal.office.ports.read_log.since(portal.office.ports.clock.now().replace(year=2000))
        assert any(reading.what == "case_new" and number in reading.keys for reading in readings)
        seen = re.search(r'name="seen" value="(\w+)"', answer.body)
        assert seen
        assert staff.post("/cases/new/", {**again, "seen": seen[1]}).heading == "ส่งเคสแล้ว"

    def test_unpublished_ones_are_not_shown_to_officers(self, portal: Portal, staff: Browser) -> None:
        data = case()
        staff.post("/cases/new/", data)
        answer = portal.signed_in(Role.OFFICER).post("/cases/new/", {**data, "key": uuid.uuid4().hex})
        assert answer.heading == "ส่งเคสแล้ว"


class TestFromTheRegister:
    def test_the_form_is_filled_in_and_nothing_is_sent(self, portal: Portal, officer: Browser) -> None:
        portal.look()
        person = {
            "number": "TP-1",
            "title": "นาง",
            "name": "สมสมัย ใจงาม",
            "house_no": "12/3",
            "moo": "4",
            "tambon": "โพธิ์",
            "amphoe": "เมืองศรีสะเกษ",
        }
        portal.office.ports.cases.import_register([person], "1")
        before = portal.ledger()
        answer = officer.post("/cases/new/", {"number": "TP-1"})
        readings = {"ledger_readentry"}
        assert {k: v for k, v in portal.ledger().items() if k not in readings} == {
            k: v for k, v in before.items() if k not in readings
        }
        assert value_of(answer, "person_name") == "นางสมสมัย ใจงาม"
        assert value_of(answer, "house_no") == "12/3"
        assert value_of(answer, "sender_org") == "อบต.โพธิ์"
        for chosen in ("เมืองศรีสะเกษ", "เมืองศรีสะเกษ/โพธิ์", "TPMAP"):
            assert f'<option value="{chosen}" selected>' in answer.body
        assert re.fullmatch("[0-9a-f]{32}", value_of(answer, "key"))


class TestReceipt:
    def test_it_is_the_senders_alone(self, portal: Portal, officer: Browser) -> None:
        data = case()
        path = officer.post("/cases/new/", data).path
        other = portal.signed_in(Role.OFFICER)
        assert other.get(path).status == 404
        assert portal.browser().get(path, follow=False).status == 302
        readings = portal.office.ports.read_log.since(portal.office.ports.clock.now().replace(year=2000))
        assert any(reading.refused and reading.what == "case_receipt" for reading in readings)

    def test_no_id_comes_into_the_read_log_by_an_address(self, portal: Portal, officer: Browser) -> None:
        assert officer.get(f"/cases/new/sent/{valid_id(1)}/").status == 404
        readings = portal.office.ports.read_log.since(portal.office.ports.clock.now().replace(year=2000))
        assert not any(valid_id(1) in reading.keys for reading in readings)

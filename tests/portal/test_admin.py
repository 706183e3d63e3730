"""The admin's pages: people, mails, the read log, and what is handed out."""

from __future__ import annotations

import io
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from bridge.application.ports.outbox import Reason, Settlement, State
from bridge.application.ports.read_log import Reading, Sought
from bridge.domain.access import Role
from tests.functional.office import TestOffice, access_answer, case_answer, family_name, valid_id
from tests.portal.portal import PASSWORD, Answer, Browser, Portal

NEW = "หอยทาก ตะเกียง น้ำเต้าหู้"
PAGES = ("/admin/", "/admin/people/", "/admin/mails/", "/admin/readlog/", "/admin/person/")
PAGES += ("/admin/erase/", "/admin/requests/")


@pytest.fixture(scope="module")
def admin(served_portal: Portal) -> Browser:
    served_portal.look()
    return served_portal.signed_in(Role.ADMIN)


def download(browser: Browser, path: str, data: dict[str, str]) -> Any:
    """What a POST gives, byte for byte."""
    import urllib.parse
    import urllib.request

    body = urllib.parse.urlencode({"csrfmiddlewaretoken": browser.token() or "", **data}).encode()
    with browser._stay.open(urllib.request.Request(browser.base + path, body)) as response:
        return response.headers, response.read()


def held_mail(portal: Portal, email: str) -> str:
    account = portal.account(email, factor=False)
    outbox, now = portal.office.ports.outbox, datetime.now(UTC)
    key = f"test-{account.pk}"
    context = {"person": "Kanya", "organisation": "อบต.โพธิ์"}
    outbox.queue(key, f"test-{account.pk}", str(account.pk), email, "password", context, now)
    claim = outbox.claim(now, now, now)
    assert claim.message.key == key
    outbox.settle(claim.message, Settlement(State.HELD, now, Reason.NO_EVIDENCE))
    return key


def case_with(portal: Portal, number: int, **changes: str) -> str:
    TestOffice(portal.root).send_cases([case_answer(number, **changes)], f"admin-{number}.csv")
    assert not portal.office.cycle.sync().trouble
    return next(
        state.key
        for state in portal.office.ports.rows.load_all("cases")
        if state.values.get("national_id") == changes.get("เลข 13 หลัก", valid_id(number))
    )


def events(portal: Portal, account: Any) -> list[tuple[str, str]]:
    past = portal.office.ports.rows.history("accounts", str(account.pk))
    return [(one.event.why, one.event.actor) for one in past]


class TestAccess:
    @pytest.mark.parametrize("role", list(Role))
    def test_for_admins_alone(self, portal: Portal, role: Role) -> None:
        person = portal.signed_in(role)
        account = portal.account("target@example.go.th", factor=False)
        key = held_mail(portal, f"mail.{role}@example.go.th")
        paths = [*PAGES, f"/admin/people/{account.pk}/", f"/admin/people/{account.pk}/sign-out/"]
        paths += [f"/admin/people/{account.pk}/slip/", f"/admin/mails/{key}/again/"]
        right = role is Role.ADMIN
        for path in paths:
            assert person.get(path).status == (200 if right else 403), path
            if not right:
                assert person.post(path, {"person": "x", "why": "y", "do": "xlsx"}).status == 403, path
            assert person.ask("POST", path, {}).status == 403, "a form without its token"
        assert events(portal, account) == []
        assert portal.office.ports.mails.find(key).state is State.HELD


class TestPeople:
    def test_they_are_listed_with_role_area_and_state(self, portal: Portal, admin: Browser) -> None:
        account = portal.account("listed@example.go.th", Role.OFFICER, is_active=False)
        body = "".join(admin.get(f"/admin/people/?role=officer&state=closed&page={n}").body for n in (1, 2))
        assert "listed@example.go.th" in body
        assert "listed@example.go.th" not in admin.get("/admin/people/?role=staff").body
        page = admin.get(f"/admin/people/{account.pk}/").body
        assert all(word in page for word in ("เจ้าหน้าที่ตำบล", "เมืองศรีสะเกษ", "ปิดแล้ว"))
        assert admin.get(f"/admin/people/{2**70}/").status == 404

    def test_signing_somebody_out_ends_all_sessions_after_asking(
        self, portal: Portal, admin: Browser
    ) -> None:
        account = portal.account("thrown@example.go.th", factor=False)
        browser = portal.sign_in("thrown@example.go.th")
        path = f"/admin/people/{account.pk}/sign-out/"
        admin.get(path)
        assert browser.get("/").path == "/", "looking does nothing"
        answer = admin.post(path)
        assert "ออกจากระบบทุกเครื่องแล้ว" in answer.body
        assert browser.get("/").path == "/sign-in/"
        assert [why for why, _ in events(portal, account)] == ["signed_out"]
        assert all(actor.startswith("portal:") for _, actor in events(portal, account))

    def test_a_slip_shows_its_link_once_and_the_link_sets_one_password(
        self, portal: Portal, admin: Browser
    ) -> None:
        account = portal.account("slip@example.go.th", factor=False)
        path = f"/admin/people/{account.pk}/slip/"
        assert "/activate/" not in admin.get(path).body
        links = [self._link(admin.post(path).body) for _ in range(2)]
        assert links[0] != links[1]
        assert portal.browser().get(links[0]).status == 404, "an earlier slip opens nothing"
        assert "/activate/" not in admin.get(path).body
        assert "/activate/" not in admin.get(f"/admin/people/{account.pk}/").body
        assert portal.browser().post(links[1], {"password": NEW, "again": NEW}).path == "/sign-in/"
        assert portal.browser().post(links[1], {"password": NEW, "again": NEW}).status == 404
        assert portal.sign_in("slip@example.go.th", NEW).get("/").path == "/"
        assert [why for why, _ in events(portal, account)] == ["slip", "slip"]
        token = links[1].rpartition("/")[2]
        rows = str(portal.ledger())
        assert token not in rows, "the ledger keeps its hash"
        log = Path(portal.root) / "logs" / "saphan.log"
        assert not log.exists() or token not in log.read_text(encoding="utf-8")

    def test_who_is_closed_gets_no_slip(self, portal: Portal, admin: Browser) -> None:
        account = portal.account("noslip@example.go.th", factor=False, is_active=False)
        assert admin.post(f"/admin/people/{account.pk}/slip/").status == 404
        assert events(portal, account) == []

    @staticmethod
    def _link(body: str) -> str:
        found = re.search(r"http://[^<\s]+(/activate/[\w-]+)", body)
        assert found
        return found[1]


class TestMails:
    def test_a_held_one_is_shown_with_its_reason_and_sent_when_released(
        self, portal: Portal, admin: Browser
    ) -> None:
        email = "held@example.go.th"
        key = held_mail(portal, email)
        page = admin.get("/admin/mails/?state=held").body
        assert email in page and "โปรดสอบถามผู้รับ" in page
        path = f"/admin/mails/{key}/again/"
        assert "สองฉบับ" in admin.get(path).body
        assert portal.office.ports.mails.find(key).state is State.HELD
        assert "จะถูกส่งใหม่" in admin.post(path).body
        assert portal.office.ports.mails.find(key).state is State.QUEUED
        assert "ส่งอีเมลนี้ใหม่ไม่ได้" in admin.post(path).body, "once"
        assert not portal.office.cycle.deliver().trouble
        assert portal.office.ports.mails.find(key).state is State.SENT
        assert any("held" in path.read_text(encoding="utf-8") for path in _letters(portal))

    def test_one_that_was_withdrawn_stays_unsent(self, portal: Portal, admin: Browser) -> None:
        key = held_mail(portal, "withdrawn@example.go.th")
        portal.office.ports.outbox.withdraw(key, datetime.now(UTC))
        assert "<form" not in re.split(r"<main", admin.get(f"/admin/mails/{key}/again/").body)[1]
        assert "ส่งอีเมลนี้ใหม่ไม่ได้" in admin.post(f"/admin/mails/{key}/again/").body
        assert portal.office.ports.mails.find(key).state is State.HELD


class TestReadLog:
    def test_it_is_searched_by_person_day_and_case(self, portal: Portal, admin: Browser) -> None:
        account = portal.account("reader@example.go.th", factor=False)
        log = portal.office.ports.read_log
        for day, case in ((1, "SSK-2569-900001"), (2, "SSK-2569-900002")):
            log.note(Reading(datetime(2026, 3, day, 5, tzinfo=UTC), str(account.pk), "case_view", (case,)))
        who = {"account": str(account.pk)}
        for sought, seen in (
            (who, (True, True)),
            ({"key": "SSK-2569-900001"}, (True, False)),
            ({**who, "since": "2/3/2569"}, (False, True)),
            ({**who, "until": "1/3/2569"}, (True, False)),
            ({**who, "key": "SSK-2569-90000"}, (False, False)),
        ):
            page = admin.post("/admin/readlog/", sought).body.partition("<tbody>")[2]
            assert tuple(f"SSK-2569-90000{n}" in page for n in (1, 2)) == seen, sought

    def test_what_cannot_be_searched_is_said_at_its_field(self, admin: Browser) -> None:
        for name, value in (("since", "31/2/2569"), ("until", "x"), ("key", valid_id(1)), ("account", "x")):
            page = admin.post("/admin/readlog/", {name: value}).body
            assert f'href="#id_{name}"' in page and "error-summary" in page
        crossed = admin.post("/admin/readlog/", {"since": "2/3/2569", "until": "1/3/2569"}).body
        assert 'href="#id_until"' in crossed

    def test_a_pack_holds_who_saw_what_and_no_formula(self, portal: Portal, admin: Browser) -> None:
        account = portal.account("packed@example.go.th", factor=False)
        evil = '=HYPERLINK("http://evil.example")'
        moment = datetime(2026, 4, 1, 5, 0, 9, tzinfo=UTC)
        portal.office.ports.read_log.note(Reading(moment, str(account.pk), "case_view", ("A-1",), evil))
        headers, body = download(admin, "/admin/readlog/", {"account": str(account.pk), "do": "pack"})
        assert headers["Content-Disposition"] == 'attachment; filename="breach-pack.xlsx"'
        sheet = openpyxl.load_workbook(io.BytesIO(body)).worksheets[-1]
        header, row = list(sheet.iter_rows())
        assert [cell.value for cell in header][:2] == ["เวลา", "ผู้เปิดดู"]
        values = [cell.value for cell in row]
        assert values[0] == datetime(2026, 4, 1, 12, 0, 9)
        assert values[1] == "packed@example.go.th"
        assert evil in values
        assert {cell.data_type for cell in row if cell.value == evil} == {"s"}
        assert all(cell.quotePrefix for cell in row if cell.value == evil)
        assert [why for why, _ in events(portal, account)] == ["pack"]

    def test_a_pack_counts_persons_by_kind_of_data(self, portal: Portal, admin: Browser) -> None:
        account = portal.account("counted@example.go.th", factor=False)
        phone = "เบอร์โทรศัพท์"
        first, again = case_with(portal, 8030, **{phone: "0899998030"}), case_with(portal, 8031)
        log, moment = portal.office.ports.read_log, datetime(2026, 4, 2, 5, tzinfo=UTC)
        log.note(Reading(moment, str(account.pk), "case_search", (first, again)))
        log.note(Reading(moment, str(account.pk), "case_view", (first,)))
        log.note(Reading(moment, str(account.pk), "case_view", ("SSK-2569-000001",), "", True))
        _, body = download(admin, "/admin/readlog/", {"account": str(account.pk), "do": "pack"})
        overall, kinds, pages, readings = openpyxl.load_workbook(io.BytesIO(body)).worksheets
        counts = {row[0]: row[1] for row in overall.iter_rows(min_row=2, values_only=True)}
        assert counts["จำนวนครั้งที่เปิดดู"] == 3 and counts["จำนวนครั้งที่ระบบไม่อนุญาต"] == 1
        assert counts["จำนวนบุคคลในเคสที่ถูกเปิดดู"] == counts["จำนวนเคสที่ถูกเปิดดู"] == 2
        held = {row[1]: row[2] for row in kinds.iter_rows(min_row=2, values_only=True)}
        assert held["เลข 13 หลัก"] == 2 and held["เบอร์โทรเคส"] == 1
        seen = list(pages.iter_rows(min_row=2, values_only=True))
        assert sorted(row[1:] for row in seen) == [(1, 1), (1, 2)]
        assert readings.max_row == 4
        taken, _ = log.find(Sought(), 0, 1)
        assert taken[0].what == "admin_breach_pack"


class TestErase:
    WHY = "คำขอที่ 7/2569"

    def test_found_shown_erased_and_receipted(self, portal: Portal, admin: Browser) -> None:
        case, other = case_with(portal, 8040), case_with(portal, 8041)
        asked = {"person": valid_id(8040), "why": self.WHY}
        page = admin.post("/admin/erase/", {**asked, "do": "find"})
        assert family_name(8040) in page.body and other not in page.body
        assert portal.office.ports.rows.load("cases", [case])[case].values["national_id"] == valid_id(8040)
        done = admin.post("/admin/erase/", {**asked, "case": case, "do": "erase"})
        assert done.heading == "ลบข้อมูลแล้ว" and self.WHY in done.body
        assert family_name(8040) not in done.body and valid_id(8040) not in done.url + done.body
        state = portal.office.ports.rows.load("cases", [case])[case]
        assert state.erased and "national_id" not in state.values
        assert not portal.office.ports.rows.load("cases", [other])[other].erased
        noted, _ = portal.office.ports.read_log.find(Sought(key=case), 0, 1)
        assert (noted[0].what, noted[0].why) == ("admin_erase", self.WHY)
        assert valid_id(8040) not in str(portal.ledger())
        assert "person" in admin.post("/admin/erase/", {**asked, "do": "find"}).body
        assert self.WHY in admin.get("/admin/erase/").body

    def test_only_what_was_found_and_chosen_goes(self, portal: Portal, admin: Browser) -> None:
        first, second = case_with(portal, 8050), case_with(portal, 8051)
        asked = {"person": f"{first} {second}", "why": self.WHY, "do": "erase"}
        assert "ยังไม่ได้เลือกสิ่งที่จะลบ" in admin.post("/admin/erase/", asked).body
        admin.post("/admin/erase/", {**asked, "person": first, "case": second})
        assert not portal.office.ports.rows.load("cases", [second])[second].erased, "it was not asked for"
        admin.post("/admin/erase/", {**asked, "case": second})
        states = portal.office.ports.rows.load("cases", [first, second])
        assert [states[key].erased for key in (first, second)] == [False, True]

    def test_a_reason_that_names_the_person_is_not_kept(self, portal: Portal, admin: Browser) -> None:
        case = case_with(portal, 8060)
        for why in ("", f"ขอโดย {family_name(8060)}", f"ของ {valid_id(8060)}"):
            page = admin.post("/admin/erase/", {"person": case, "why": why, "case": case, "do": "erase"})
            assert 'href="#id_why"' in page.body, why
        unknown = admin.post("/admin/erase/", {"person": f"{case} SSK-2569-999999", "why": self.WHY})
        assert 'href="#id_person"' in unknown.body
        assert not portal.office.ports.rows.load("cases", [case])[case].erased

    def test_while_somebody_is_at_work_it_says_so(self, portal: Portal, admin: Browser) -> None:
        case = case_with(portal, 8070)
        with portal.office.lease():
            page = admin.post("/admin/erase/", {"person": case, "why": self.WHY, "case": case, "do": "erase"})
        assert "โปรดรอให้เสร็จ" in page.body
        assert not portal.office.ports.rows.load("cases", [case])[case].erased

    def test_an_officer_cannot_send_it_again(self, portal: Portal, admin: Browser) -> None:
        case = case_with(portal, 8080)
        asked = {"person": case, "why": self.WHY, "case": case, "keep_out": "on", "do": "erase"}
        assert admin.post("/admin/erase/", asked).heading == "ลบข้อมูลแล้ว"
        answers = {"national_id": valid_id(8080), "person_name": "นายสมมติ คนใหม่"}
        officer = portal.account("again@example.go.th", factor=False)
        from bridge.application.submit import Sender

        sender = Sender(str(officer.pk), Role.OFFICER, (), "อบต.โพธิ์")
        assert portal.office.submit.send(sender, "k" * 32, answers).refused == "person_kept_out"


class TestPersonData:
    def test_all_that_is_kept_is_handed_out_by_id(self, portal: Portal, admin: Browser) -> None:
        evil = "=1+1"
        case = case_with(portal, 8000, **{"ระบุสภาพปัญหา และความต้องการในครอบครัว": evil})
        page = admin.post("/admin/person/", {"person": valid_id(8000), "why": "ศก 1/2569", "do": "find"})
        assert case in page.body and page.path == "/admin/person/"
        asked = {"person": valid_id(8000), "why": "ศก 1/2569"}
        headers, body = download(admin, "/admin/person/", {**asked, "do": "json"})
        assert headers["Content-Disposition"] == 'attachment; filename="person-data.json"'
        told = json.loads(body)
        assert [row["รหัสเคส"] for row in told["เคส"]] == [case]
        assert told["เคส"][0]["เลข 13 หลัก"] == valid_id(8000)
        assert {row["รหัสเคส"] for row in told["คำตอบที่ส่งมา"]} == {case}
        assert told["ประวัติ"] and told["ผู้ที่เปิดดู"][0]["เหตุผล"] == "ศก 1/2569"
        _, body = download(admin, "/admin/person/", {**asked, "do": "xlsx"})
        book = openpyxl.load_workbook(io.BytesIO(body))
        cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
        assert {cell.data_type for cell in cells if cell.value == evil} == {"s"}
        past = portal.office.ports.rows.history("cases", case)
        assert [one.event.actor[:7] for one in past if one.event.why == "exported"] == ["portal:"] * 2

    def test_another_persons_data_are_not_among_them(self, portal: Portal, admin: Browser) -> None:
        mine, other = case_with(portal, 8010), case_with(portal, 8011)
        for sought in (mine, valid_id(8010)):
            asked = {"person": sought, "why": "คำขอ", "do": "json"}
            text = download(admin, "/admin/person/", asked)[1].decode()
            assert family_name(8010) in text
            assert family_name(8011) not in text and other not in text

    def test_what_is_missing_or_unknown_is_said(self, portal: Portal, admin: Browser) -> None:
        for data, field in (
            ({"person": "", "why": "x"}, "person"),
            ({"person": "SSK-2569-999999", "why": "x"}, "person"),
            ({"person": valid_id(8999), "why": "x"}, "person"),
            ({"person": "%' OR 1=1", "why": "x"}, "person"),
            ({"person": "SSK-2569-999999", "why": ""}, "why"),
            ({"person": "SSK-2569-999999", "why": f"ขอของ {valid_id(1)}"}, "why"),
        ):
            page = admin.post("/admin/person/", {**data, "do": "json"})
            assert page.status == 200
            assert f'href="#id_{field}"' in page.body, data

    def test_an_id_is_in_no_address_and_no_log(self, portal: Portal, admin: Browser) -> None:
        case_with(portal, 8020)
        answer = admin.post("/admin/person/", {"person": valid_id(8020), "why": "คำขอ", "do": "find"})
        assert valid_id(8020) not in answer.url
        title = re.search(r"<title>(.*?)</title>", answer.body, re.S)
        assert title and valid_id(8020) not in title[1]
        log = Path(portal.root) / "logs" / "saphan.log"
        assert not log.exists() or valid_id(8020) not in log.read_text(encoding="utf-8")
        readings, _ = portal.office.ports.read_log.find(Sought(), 0, 1000)
        assert valid_id(8020) not in str(readings)

    def test_after_a_while_the_password_is_asked_again(self, portal: Portal) -> None:
        from django.contrib.sessions.backends.db import SessionStore

        portal.account("late@example.go.th", Role.ADMIN)
        person = portal.sign_in("late@example.go.th")
        session = SessionStore(person.session())
        for record in session["account_authentication_methods"]:
            record["at"] -= 3600
        session.save()
        account = portal.account("aim@example.go.th", factor=False)
        paths = ("/admin/person/", "/admin/erase/", f"/admin/people/{account.pk}/slip/", "/admin/requests/1/")
        for path in paths:
            answer = person.post(path, {"person": "x", "why": "y", "do": "json"}, follow=False)
            assert answer.status == 302 and answer.headers["Location"].startswith("/confirm/"), path
        assert events(portal, account) == []


def _letters(portal: Portal) -> list[Path]:
    return list(portal.office.workspace.outbox.glob("*.eml"))


def test_a_sign_in_still_works_after_all_this(portal: Portal) -> None:
    portal.account("still@example.go.th", factor=False)
    assert portal.sign_in("still@example.go.th", PASSWORD).get("/").path == "/"


APPROVAL, ROLE, AREA = "อนุมัติ", "บทบาท", "พื้นที่"
WHOLE, ONE = "กันทรลักษ์|", "เมืองศรีสะเกษ|โพธิ์"


def ask_for_access(portal: Portal, number: int) -> str:
    """A request that waits and is in the sheet; its number."""
    hands, email = TestOffice(portal.root), f"asks{number}@example.go.th"
    hands.send_requests([access_answer(number % 60, email)])
    assert not portal.office.cycle.sync().trouble
    return str(next(row["ลำดับ"] for row in hands.rows("access") if row["อีเมล"] == email))


def approved(portal: Portal, admin: Browser, number: int, **choice: str) -> tuple[str, Any]:
    """A request that was approved here, and is in the sheet; its number and account."""
    key = ask_for_access(portal, number)
    assert "บันทึกคำขอ" in decide(admin, key, **choice).body
    assert not portal.office.cycle.sync().trouble
    return key, account_of(portal, key)


def decide(admin: Browser, key: str, do: str = "decide", **choice: Any) -> Answer:
    """As the form sends it, after a look at the page."""
    page = admin.get(f"/admin/requests/{key}/").body
    seen = re.search(r'name="seen" value="([^"]*)"', page)
    given = {"decision": "approve", "role": "officer", "seen": seen[1] if seen else "", "do": do, **choice}
    return admin.post(f"/admin/requests/{key}/", given)


def sheet_row(portal: Portal, key: str) -> tuple[int, dict[str, Any]]:
    rows = TestOffice(portal.root).rows("access")
    return next((place, row) for place, row in enumerate(rows, 2) if str(row["ลำดับ"]) == key)


def type_in_sheet(portal: Portal, key: str, **cells: Any) -> None:
    place, _ = sheet_row(portal, key)
    with TestOffice(portal.root).edit("access") as tab:
        for header, value in cells.items():
            tab[place, header] = value


def sheet_says(portal: Portal, key: str) -> tuple[Any, Any, Any]:
    _, row = sheet_row(portal, key)
    return row[APPROVAL], row[ROLE], row[AREA]


def account_of(portal: Portal, key: str) -> Any:
    from bridge.adapters.ledger.models import AccessRequest

    return AccessRequest.objects.select_related("account").get(key=key).account


def state_of(portal: Portal, key: str) -> str:
    return str(portal.office.ports.accounts.requests([key])[key].state)


def mails_to(portal: Portal, key: str) -> int:
    from bridge.adapters.ledger.models import OutboxMessage

    return OutboxMessage.objects.filter(request=key).count()


class TestRequests:
    def test_approving_opens_the_account_mails_once_and_is_in_the_sheet(
        self, portal: Portal, admin: Browser
    ) -> None:
        key = ask_for_access(portal, 1)
        assert f"/admin/requests/{key}/" in admin.get("/admin/requests/").body
        asked = decide(admin, key, do="", areas=[WHOLE, ONE])
        assert "สิ่งที่จะเกิดขึ้น" in asked.body and "ลิงก์ตั้งรหัสผ่านไปที่ asks1@example.go.th" in asked.body
        assert state_of(portal, key) == "pending" and mails_to(portal, key) == 0, "asking does nothing"
        done = decide(admin, key, areas=[WHOLE, ONE])
        assert "อนุมัติแล้ว" in done.body and "รอบถัดไป" in done.body
        account = account_of(portal, key)
        assert (account.is_active, account.role) == (True, "officer")
        assert account.areas == [["กันทรลักษ์", ""], ["เมืองศรีสะเกษ", "โพธิ์"]]
        assert sheet_says(portal, key) == (None, None, None), "the sheet is the cycle's to write"
        for _ in range(2):
            assert not portal.office.cycle.sync().trouble
        assert sheet_says(portal, key) == ("อนุมัติ", None, "อ.กันทรลักษ์, ต.โพธิ์ อ.เมืองศรีสะเกษ")
        assert sheet_row(portal, key)[1]["สถานะ"] == "อนุมัติแล้ว"
        assert mails_to(portal, key) == 1
        assert f"/admin/requests/{key}/" not in admin.get("/admin/requests/").body
        path = Path(portal.root) / "workbooks" / "access.xlsx"
        before = path.stat().st_mtime_ns
        assert not portal.office.cycle.sync().trouble
        assert path.stat().st_mtime_ns == before, "it is written once"
        past = admin.get(f"/admin/people/{account.pk}/").body
        assert "อนุมัติ: (ว่าง) → อนุมัติ (เว็บพอร์ทัล โดย admin." in past

    def test_another_role_ends_sessions_and_wants_a_second_factor(
        self, portal: Portal, admin: Browser
    ) -> None:
        key, account = approved(portal, admin, 2, areas=[ONE])
        portal.account(account.email, factor=False)
        person = portal.sign_in(account.email)
        assert "ออกจากระบบทุกเครื่องทันที" in decide(admin, key, do="", role="staff").body
        assert person.get("/").path == "/"
        decide(admin, key, role="staff")
        assert person.get("/").path == "/sign-in/"
        assert portal.sign_in(account.email).get("/reviews/").path == "/security/"
        assert not portal.office.cycle.sync().trouble
        assert sheet_says(portal, key) == ("อนุมัติ", "เจ้าหน้าที่ พมจ.", None)
        assert mails_to(portal, key) == 1
        type_in_sheet(portal, key, บทบาท="ผู้บริหาร")
        assert not portal.office.cycle.sync().trouble
        assert account_of(portal, key).role == "executive", "the sheet goes on deciding"
        assert re.search(r'<option value="executive"[^>]*selected', admin.get(f"/admin/requests/{key}/").body)

    def test_closing_ends_sessions_and_links_and_is_in_the_sheet(
        self, portal: Portal, admin: Browser
    ) -> None:
        key, account = approved(portal, admin, 3)
        portal.account(account.email, factor=False)
        person, link = portal.sign_in(account.email), portal.link(account.email)
        assert "บัญชีปิด" in decide(admin, key, do="", decision="refuse").body
        decide(admin, key, decision="refuse", role="")
        assert (state_of(portal, key), account_of(portal, key).is_active) == ("revoked", False)
        assert person.get("/").path == "/sign-in/"
        assert portal.browser().get(link).status == 404
        assert not portal.office.cycle.sync().trouble
        assert sheet_says(portal, key)[0] == "ไม่อนุมัติ"
        assert not portal.office.cycle.sync().trouble
        assert not account_of(portal, key).is_active
        decide(admin, key)
        assert not portal.office.cycle.sync().trouble
        assert sheet_says(portal, key)[0] == "อนุมัติ" and account_of(portal, key).is_active
        assert mails_to(portal, key) == 2, "a new approval has a new link"

    def test_a_refused_request_has_no_account_and_no_mail(self, portal: Portal, admin: Browser) -> None:
        key = ask_for_access(portal, 4)
        decide(admin, key, decision="refuse")
        assert (state_of(portal, key), account_of(portal, key), mails_to(portal, key)) == ("refused", None, 0)
        assert not portal.office.cycle.sync().trouble
        assert sheet_says(portal, key) == ("ไม่อนุมัติ", None, None)

    def test_where_both_changed_a_cell_the_sheets_stays_and_it_is_told(
        self, portal: Portal, admin: Browser
    ) -> None:
        from bridge.application.ports.reviews import ReviewKind

        key, account = approved(portal, admin, 5, areas=[ONE])
        decide(admin, key, role="staff", areas=[WHOLE])
        type_in_sheet(portal, key, บทบาท="ผู้บริหาร")
        assert not portal.office.cycle.sync().trouble
        assert sheet_says(portal, key) == ("อนุมัติ", "ผู้บริหาร", "อ.กันทรลักษ์"), "the other cell is as chosen"
        assert account_of(portal, key).role == "executive"
        found, _ = portal.office.ports.reviews.page(ReviewKind.ACCESS, None, 0, 1)
        shown = admin.get(f"/reviews/{found[0].key}/").body
        assert all(word in shown for word in ("ผู้บริหาร", "เจ้าหน้าที่ พมจ.", f"/admin/requests/{key}/"))
        assert portal.signed_in(Role.STAFF).get(f"/admin/requests/{key}/").status == 403
        assert "ค่าสองฝ่ายไม่ตรงกัน" in admin.get(f"/admin/people/{account.pk}/").body
        decide(admin, key, role="staff", areas=[WHOLE])
        assert not portal.office.cycle.sync().trouble
        assert sheet_says(portal, key)[1] == "เจ้าหน้าที่ พมจ."
        assert portal.office.ports.reviews.of_rows([found[0].key])[found[0].key].state == "gone"

    def test_only_what_was_seen_is_approved(self, portal: Portal, admin: Browser) -> None:
        key = ask_for_access(portal, 6)
        seen = re.search(r'name="seen" value="([^"]*)"', admin.get(f"/admin/requests/{key}/").body)
        type_in_sheet(portal, key, อีเมล="other6@example.go.th")
        assert not portal.office.cycle.sync().trouble
        assert seen and "มีผู้แก้คำขอนี้" in decide(admin, key, seen=seen[1]).body
        assert state_of(portal, key) == "pending"
        type_in_sheet(portal, key, อีเมล="no address")
        assert not portal.office.cycle.sync().trouble
        refused = decide(admin, key).body
        assert "ยังอนุมัติไม่ได้" in refused and "อีเมล" in refused.partition("ก่อนอนุมัติ")[2]
        assert (state_of(portal, key), mails_to(portal, key)) == ("pending", 0)

    def test_what_cannot_be_chosen_is_said_at_its_field(self, portal: Portal, admin: Browser) -> None:
        key = ask_for_access(portal, 7)
        for name, choice in (
            ("decision_0", {"decision": ""}),
            ("decision_0", {"decision": "maybe"}),
            ("role", {"role": "root"}),
            ("role", {"role": ""}),
            ("areas", {"areas": ["เมืองศรีสะเกษ|ไม่มีตำบลนี้"]}),
            ("areas", {"areas": [ONE, "<b>|"]}),
        ):
            page = decide(admin, key, **choice).body
            assert f'href="#id_{name}"' in page and f'id="id_{name}"' in page, choice
            assert "<b>|" not in page
        assert state_of(portal, key) == "pending"
        assert decide(admin, key, do="back", areas=[ONE]).body.count(f'value="{ONE}" checked') == 1
        assert sheet_says(portal, key) == (None, None, None)

    def test_nobody_decides_about_themselves_and_two_admins_not_about_each_other(
        self, portal: Portal, admin: Browser
    ) -> None:
        from concurrent.futures import ThreadPoolExecutor

        keys = [approved(portal, admin, number, role="admin")[0] for number in (8, 9)]
        people = []
        for key in keys:
            account = account_of(portal, key)
            portal.account(account.email, Role.ADMIN)
            people.append(portal.sign_in(account.email))
        assert "ตนเอง" in people[0].get(f"/admin/requests/{keys[0]}/").body
        assert "ตนเอง" in decide(people[0], keys[0], decision="refuse").body
        assert state_of(portal, keys[0]) == "active"
        seen = [
            re.search(r'name="seen" value="([^"]*)"', people[n].get(f"/admin/requests/{keys[1 - n]}/").body)
            for n in (0, 1)
        ]

        def close(n: int) -> None:
            given = {"decision": "refuse", "seen": seen[n][1], "do": "decide"}  # type: ignore[index]
            people[n].post(f"/admin/requests/{keys[1 - n]}/", given)

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(close, (0, 1)))
        assert sorted(state_of(portal, key) for key in keys) == ["active", "revoked"]

    def test_a_row_that_was_deleted_or_has_no_number_yet_is_not_decided_here(
        self, portal: Portal, admin: Browser
    ) -> None:
        from dataclasses import replace

        from bridge.application.ports.rows import Presence

        key = ask_for_access(portal, 10)
        rows = portal.office.ports.rows
        was = rows.load("access", [key])[key]
        for presence, said in ((Presence.GONE, "ถูกลบจากชีต"), (Presence.TYPED, "พิมพ์ในชีต")):
            seen = re.search(r'name="seen" value="([^"]*)"', admin.get(f"/admin/requests/{key}/").body)
            rows.save("access", [replace(was, presence=presence)])
            assert said in admin.get(f"/admin/requests/{key}/").body
            assert seen and said in decide(admin, key, seen=seen[1]).body
            assert state_of(portal, key) == "pending"
            rows.save("access", [was])

"""The whole way of a case, as people go it in a real Chromium, on a phone and on a desktop.

Access is asked for and approved in the sheet, for each role in the same way; by the mailed link a password is set, and
a second factor after it; a person of the register is found, and the case sent; staff work on it in the master sheet;
it is published, followed by who sent it, and counted for the executives. axe finds nothing on any page.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from bridge.domain.access import Role
from tests.functional.office import TestOffice, valid_id
from tests.integration.mail.peers import Inbox, running
from tests.portal import test_browser
from tests.portal.portal import PASSWORD, Portal, served, totp
from tests.portal.test_browser import enter

chromium, page, turn = test_browser.chromium, test_browser.page, test_browser.turn
pytestmark = test_browser.pytestmark

AMPHOE, TAMBON, ORG = "เมืองศรีสะเกษ", "โพธิ์", "อบต.โพธิ์"
PEOPLE = {"phone": ("นาง", "บัวผัน ริมน้ำ"), "desktop": ("นาย", "คำปัน ท้ายนา")}
ROLES = {
    Role.OFFICER: "เจ้าหน้าที่ตำบล",
    Role.STAFF: "เจ้าหน้าที่ พมจ.",
    Role.ADMIN: "ผู้ดูแลระบบ",
    Role.EXECUTIVE: "ผู้บริหาร",
}
# One of the office on each screen, and the page that is theirs.
OFFICE = {"phone": (Role.STAFF, "รายการตรวจสอบ"), "desktop": (Role.ADMIN, "ผู้ดูแลระบบ")}
STEP, OUTCOME, AMOUNT = "ให้การช่วยเหลือแล้ว", "เงินสงเคราะห์ครอบครัว", 3000


@dataclass
class Journey:
    """The office: its portal, its sheets as hands hold them, and the mail server of the people."""

    portal: Portal
    hands: TestOffice
    inbox: Inbox

    def run(self, command: str, *arguments: str) -> None:
        assert self.hands.run(command, *arguments) == 0
        self.portal.look()

    def row(self, book: str, header: str, value: str) -> tuple[int, dict[str, Any]]:
        """The one row with this value, and its number in the sheet."""
        rows = self.hands.rows(book)
        (found,) = [(at, row) for at, row in enumerate(rows, start=2) if row[header] == value]
        return found

    def type_in(self, book: str, number: int, **cells: Any) -> None:
        """Types cells of a row as in Excel, by header."""
        with self.hands.edit(book) as tab:
            for header, value in cells.items():
                tab[number, header] = value

    def link_for(self, email: str) -> str:
        (message,) = [each for each in self.inbox.messages if each["To"] == email]
        body = message.get_body(("plain",))
        assert body
        found = re.search(r"http\S+/activate/\S+", body.get_content())
        assert found
        return found[0]


@pytest.fixture(scope="module")
def journey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Journey]:
    inbox = Inbox()
    with running(inbox) as peer:
        changes = {
            'backend = "folder"': 'backend = "smtp"',
            'host = ""\nport = 587': f'host = "127.0.0.1"\nport = {peer.port}',
            'security = "starttls"': 'security = "none"',
        }
        with served(tmp_path_factory.mktemp("journey") / "พมจ", changes=changes) as portal:
            found = Journey(portal, TestOffice(portal.root), inbox)
            register = portal.root / "register.csv"
            with register.open("w", encoding="utf-8", newline="") as file:
                titles = (
                    "หมายเลข",
                    "คำนำหน้า",
                    "ชื่อ-สกุล",
                    "บ้านเลขที่",
                    "หมู่",
                    "ตำบล",
                    "อำเภอ",
                    "จังหวัด",
                    "ระดับความเปราะบาง",
                )
                people = [
                    (f"tpmap-{at}", *name, f"{at}/1", "4", TAMBON, AMPHOE, "ศรีสะเกษ", "2")
                    for at, name in enumerate(PEOPLE.values(), start=1)
                ]
                csv.writer(file).writerows([titles, *people])
            found.run("import-register", str(register))
            yield found


@pytest.fixture
def portal(journey: Journey) -> Portal:
    """The portal that the pages are opened on."""
    journey.portal.look()
    return journey.portal


def look(page: Any, name: str) -> None:
    """As other tests look, once at each page, and without a picture: these pages hold links and keys."""
    if name in page.seen:
        return
    page.seen.add(name)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("SAPHAN_PICTURES", raising=False)
        test_browser.look(page, name)


def press(page: Any, name: str) -> None:
    page.get_by_role("button", name=name).click()


def facts(page: Any) -> dict[str, str]:
    """What the lists of a page say, by term."""
    pairs = page.locator("dl.facts > div").evaluate_all(
        "all => all.map(each => [each.querySelector('dt').innerText, each.querySelector('dd').innerText])"
    )
    return dict(pairs)


def test_from_the_first_request_to_the_dashboard(page: Any, journey: Journey) -> None:
    emails = {role: f"{role}.{page.size}@example.go.th" for role in Role}
    role, theirs = OFFICE[page.size]
    for email in emails.values():
        ask_for_access(page, email)
    approve(journey, emails)
    set_password(page, journey.link_for(emails[Role.OFFICER]))
    enter(page, journey.portal, emails[Role.OFFICER])
    look(page, "menu")
    page.get_by_role("link", name="ค้นหาข้อมูล TPMAP").click()
    set_up_a_second_factor(page)
    case = send_the_case_of(page, *PEOPLE[page.size])
    work_on(journey, case, "".join(PEOPLE[page.size]))
    follow(page, case)
    come_in(page, journey, emails[role])
    page.get_by_role("link", name=theirs).click()
    assert page.get_by_role("heading", level=1).inner_text() == theirs
    come_in(page, journey, emails[Role.EXECUTIVE])
    see_the_figures(page, journey)


def ask_for_access(page: Any, email: str) -> None:
    page.goto("/sign-in/")
    look(page, "sign-in")
    page.get_by_role("link", name="ขอเข้าใช้ระบบ").click()
    look(page, "access")
    answers = {
        "org": ORG,
        "first_name": "Kanya",
        "last_name": "Samsen",
        "last4": "0123",
        "phone": "0812345678",
    }
    for name, value in {**answers, "email": email}.items():
        page.fill(f"#id_{name}", value)
    press(page, "ส่งคำขอ")
    page.wait_for_url("**/access/received/")
    look(page, "access-received")


def approve(journey: Journey, emails: dict[Role, str]) -> None:
    """In the access sheet, where it is said what each of them is."""
    journey.run("sync")
    for role, email in emails.items():
        number, row = journey.row("access", "อีเมล", email)
        assert (row["หน่วยงาน"], row["ชื่อ"], row["สถานะ"]) == (ORG, "Kanya", "รอพิจารณา")
        assert email not in [message["To"] for message in journey.inbox.messages]
        area = {"พื้นที่": AMPHOE} if role is Role.OFFICER else {}
        journey.type_in("access", number, อนุมัติ="อนุมัติ", บทบาท=ROLES[role], **area)
    journey.run("sync")
    for email in emails.values():
        _, row = journey.row("access", "อีเมล", email)
        assert row["สถานะ"] == "อนุมัติแล้ว" and row["ส่งอีเมลเมื่อ"]


def set_password(page: Any, link: str) -> None:
    page.goto(link)
    look(page, "choose")
    page.get_by_label("รหัสผ่านใหม่", exact=True).fill(PASSWORD)
    page.get_by_label("พิมพ์รหัสผ่านใหม่อีกครั้ง").fill(PASSWORD)
    press(page, "ตั้งรหัสผ่าน")
    page.wait_for_url("**/sign-in/")
    look(page, "chosen")


def set_up_a_second_factor(page: Any) -> None:
    look(page, "security-first")
    page.get_by_role("link", name="ตั้งค่าแอปยืนยันตัว").click()
    look(page, "app-add")
    page.get_by_label("รหัส 6 หลัก").fill(totp(page.locator(".key").inner_text()))
    press(page, "เปิดใช้")
    page.wait_for_url("**/security/codes/")
    look(page, "codes")


def come_in(page: Any, journey: Journey, email: str) -> None:
    """Somebody who gets no further without a second factor, by the mailed link, as far as the menu."""
    page.context.clear_cookies()
    set_password(page, journey.link_for(email))
    enter(page, journey.portal, email)
    page.goto("/overview/")
    assert page.url.endswith("/security/")
    set_up_a_second_factor(page)
    page.goto("/")


def send_the_case_of(page: Any, title: str, name: str) -> str:
    """Finds the person in the register and sends her case; returns its number."""
    page.goto("/")
    page.get_by_role("link", name="ค้นหาข้อมูล TPMAP").click()
    page.get_by_label("ชื่อ ตำบล หรืออำเภอ").fill(name)
    press(page, "ค้นหา")
    look(page, "register-found")
    assert page.locator(".people > li").count() == 1
    press(page, "ส่งเคสของคนนี้")
    look(page, "case-new")
    assert page.input_value("#id_person_name") == f"{title}{name}"
    assert page.input_value("#id_tambon") == f"{AMPHOE}/{TAMBON}"
    assert page.input_value("#id_sender_org") == ORG
    number = 300 + list(PEOPLE).index(page.size)
    answers = {
        "sender_phone": "0812345678",
        "letter_date": "20/11/2569",
        "problem": "บ้านพังจากพายุ",
        "age": "70",
    }
    for field, value in {**answers, "national_id": valid_id(number)}.items():
        page.fill(f"#id_{field}", value)
    page.select_option("#id_case_type", "ผู้มีรายได้น้อย")
    press(page, "ส่งเคส")
    page.wait_for_url("**/cases/new/sent/**")
    look(page, "case-receipt")
    return str(page.locator(".note.done strong").inner_text())


def work_on(journey: Journey, case: str, name: str) -> None:
    """Staff find the row in the master sheet, type how it went, and it is published."""
    journey.run("sync")
    number, row = journey.row("cases", "รหัสเคส", case)
    assert (row["ชื่อ-สกุลผู้ประสบปัญหา"], row["การดำเนินงาน"]) == (name, "รอดำเนินการ")
    cells: dict[str, Any] = {
        "ตรวจสอบแล้ว": "ตรวจสอบแล้ว",
        "เลขหนังสือรับ พมจ.": f"ศก {number}/2569",
        "วันที่รับเรื่อง": "21/11/2569",
        "ขั้นตอนการช่วยเหลือ": STEP,
        "ผลการช่วยเหลือ": OUTCOME,
        "จำนวนเงิน": AMOUNT,
        "วันที่โอนเงิน": "22/11/2569",
    }
    journey.type_in("cases", number, **cells)
    journey.run("sync")
    assert journey.row("cases", "รหัสเคส", case)[1]["การดำเนินงาน"] == "รับเรื่องแล้ว"
    journey.run("publish")
    journey.run("summarise")


def follow(page: Any, case: str) -> None:
    page.goto("/")
    page.get_by_role("link", name="ค้นหาและติดตามเคส").click()
    page.get_by_label("ชื่อ รหัสเคส").fill(case)
    press(page, "ค้นหา")
    look(page, "cases-found")
    page.get_by_role("link", name=case).click()
    look(page, "case")
    said = facts(page)
    expected = {
        "การดำเนินงาน": "รับเรื่องแล้ว",
        "ขั้นตอนการช่วยเหลือ": STEP,
        "ผลการช่วยเหลือ": OUTCOME,
        "จำนวนเงิน": "3,000 บาท",
        "วันที่โอนเงิน": "22/11/2569",
    }
    assert {term: said[term] for term in expected} == expected
    times = page.locator("ol.timeline").inner_text()
    assert "รับเคสเข้าระบบ" in times and STEP in times and OUTCOME in times


def see_the_figures(page: Any, journey: Journey) -> None:
    assert page.locator(".menu a").all_inner_texts() == ["ภาพรวมจังหวัด"]
    page.get_by_role("link", name="ภาพรวมจังหวัด").click()
    test_browser.look(page, "overview")
    cases = len(journey.hands.rows("cases"))
    row = page.locator("#amphoes tbody tr", has=page.get_by_role("rowheader", name=AMPHOE, exact=True))
    figures = row.locator("td").all_inner_texts()
    assert (figures[0], figures[-2:]) == (str(cases), [str(cases), f"{AMOUNT * cases:,.2f}"])
    page.get_by_role("link", name=AMPHOE, exact=True).click()
    test_browser.look(page, "overview-amphoe")
    assert not any(name in page.content() for _, name in PEOPLE.values())

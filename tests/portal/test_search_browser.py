"""The register and the cases in a real Chromium, on a phone and on a desktop, and without scripts."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.application.ports.cases import NewCase, Published
from bridge.application.ports.rows import Event, RowState
from bridge.application.publish import SHOWN
from bridge.domain.access import Role
from tests.portal import test_browser
from tests.portal.portal import Portal, totp
from tests.portal.test_browser import enter, look

chromium, page, turn = test_browser.chromium, test_browser.page, test_browser.turn
pytestmark = test_browser.pytestmark
KEY = "SSK-2560-000001"


@pytest.fixture(scope="module", autouse=True)
def records(served_portal: Portal) -> None:
    served_portal.look()
    ports = served_portal.office.ports
    place = {"tambon": "โพธิ์", "amphoe": "เมืองศรีสะเกษ"}
    people = [
        {
            "number": f"B-{n:02}",
            "title": "นาง",
            "name": f"บัวผัน ริมน้ำ{letter}",
            "house_no": "12/3",
            "moo": "4",
            **place,
            "province": "ศรีสะเกษ",
            "members": 4,
            "poverty": "จน 2 มิติ",
            "family_status": "ครอบครัวข้ามรุ่น",
            "level": 2,
        }
        for n, letter in enumerate("กขคงจฉชซญดตถทธนบปผพฟภมยรลวศ")
    ]
    ports.cases.import_register(people, "1")
    values = {
        "case_id": KEY,
        "person_name": "นางบัวผัน ริมน้ำ",
        "case_type": "ผู้มีรายได้น้อย",
        "sender_org": "อบต.โพธิ์",
        **place,
        "operation": "รับเรื่องแล้ว",
        "step": "เอกสารไม่สมบูรณ์ ติดต่อ จนท.",
        "outcome": "คืนเอกสารแก้ไข",
        "amount": 3000,
    }
    events = [
        Event("cases", KEY, "submitted", "form", new="file.csv"),
        Event("cases", KEY, "choice", "sheet", "step", None, values["step"]),
    ]
    now = ports.clock.now()
    ports.cases.add([NewCase(f"SSK-2560-{n:06d}", 2560, n, "sheet", f"old:{n}", now) for n in (1, 2)], [])
    ports.rows.save("cases", [RowState(KEY, values=values)], events)
    shown = Published(KEY, 2560, {column: values.get(column) for column in SHOWN})
    ports.cases.publish([*ports.cases.published(), shown], ports.clock.now())
    changed = {**values, "person_name": "นายที่ยังไม่เผยแพร่", "case_id": "SSK-2560-000002"}
    ports.rows.save("cases", [RowState("SSK-2560-000002", values=changed)])


def come_in(page: Any, portal: Portal, email: str, role: Role) -> None:
    portal.account(email, role)
    enter(page, portal, email)
    page.get_by_label("รหัส 6 หลัก").fill(totp(portal.keys[email]))
    page.get_by_role("button", name="เข้าสู่ระบบ").click()


def test_search_and_follow(page: Any, portal: Portal) -> None:
    come_in(page, portal, f"finder-{page.size}@example.go.th", Role.OFFICER)
    page.get_by_role("link", name="ค้นหาข้อมูล TPMAP").click()
    look(page, "register")
    page.get_by_role("button", name="ค้นหา").click()
    look(page, "register-wrong")
    page.get_by_role("link", name="กรอกชื่อ").click()
    assert page.evaluate("document.activeElement.id") == "id_text"
    page.get_by_label("ชื่อ ตำบล หรืออำเภอ").fill("นางบัวผัน ต.โพธิ์")
    page.get_by_role("button", name="ค้นหา").click()
    page.get_by_role("link", name="ถัดไป").click()
    look(page, "register-found")
    page.go_back()
    assert page.get_by_role("heading", name="1. นาง บัวผัน").count()
    page.goto("/register/")
    page.get_by_label("ชื่อ ตำบล หรืออำเภอ").fill("บังผัน")
    page.get_by_role("button", name="ค้นหา").click()
    assert page.get_by_role("heading", name="ชื่อที่สะกดใกล้เคียง").count()
    look(page, "register-alike")
    page.goto("/cases/")
    page.get_by_label("ชื่อ รหัสเคส").fill("บัวผัน")
    page.get_by_role("button", name="ค้นหา").click()
    look(page, "cases-found")
    page.get_by_role("link", name=KEY).click()
    look(page, "case")


def test_staff_see_marks(page: Any, portal: Portal) -> None:
    come_in(page, portal, f"marker-{page.size}@example.go.th", Role.STAFF)
    page.goto("/cases/")
    look(page, "cases-staff")
    page.get_by_label("ชื่อ รหัสเคส").fill("บังผัน")
    page.get_by_role("button", name="ค้นหา").click()
    look(page, "cases-alike")
    page.goto("/cases/")
    page.get_by_role("link", name="SSK-2560-000002").click()
    look(page, "case-staff")


def test_searching_works_without_scripts(chromium: Any, portal: Portal) -> None:
    context = chromium.new_context(base_url=portal.base, java_script_enabled=False)
    plain = context.new_page()
    come_in(plain, portal, "plain-finder@example.go.th", Role.OFFICER)
    plain.goto("/register/")
    plain.get_by_label("ชื่อ ตำบล หรืออำเภอ").fill("บัวผัน")
    plain.get_by_role("button", name="ค้นหา").click()
    assert plain.locator(".people > li").count() == 25
    plain.goto(f"/cases/{KEY}/")
    assert plain.get_by_role("heading", level=1).inner_text() == f"เคส {KEY}"
    context.close()

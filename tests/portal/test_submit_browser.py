"""The pages that send something, in a real Chromium on a phone and a desktop; and what their script adds."""

from __future__ import annotations

import uuid
from typing import Any

from bridge.domain.access import Role
from tests.functional.office import family_name, valid_id
from tests.portal.portal import PASSWORD, Portal
from tests.portal.test_browser import chromium, enter, look, page, pytestmark, turn  # noqa: F401


def fill(page: Any, number: int, **changes: str) -> None:  # noqa: F811
    lines = {
        "sender_phone": "0812345678",
        "letter_date": "20/11/2569",
        "person_name": f"นาง{family_name(number)} ทดสอบ",
        "problem": "เดือดร้อน",
        "national_id": valid_id(number),
        "age": "70",
        "house_no": f"{number}/1",
        "moo": "7",
        **changes,
    }
    for name, value in lines.items():
        page.fill(f"#id_{name}", value)
    page.select_option("#id_case_type", "ผู้มีรายได้น้อย")
    page.select_option("#id_amphoe", "เมืองศรีสะเกษ")
    page.select_option("#id_tambon", "เมืองศรีสะเกษ/โพธิ์")


def start(page: Any, portal: Portal) -> None:  # noqa: F811
    email = f"{uuid.uuid4().hex[:8]}@example.go.th"
    portal.account(email, Role.OFFICER, factor=False)
    enter(page, portal, email)
    page.goto("/cases/new/")


def number() -> int:
    return 20_000 + uuid.uuid4().int % 70_000


def test_asking_for_access(page: Any, portal: Portal) -> None:  # noqa: F811
    page.goto("/sign-in/")
    page.get_by_role("link", name="ขอเข้าใช้ระบบ").click()
    look(page, "access")
    page.get_by_role("button", name="ส่งคำขอ").click()
    look(page, "access-wrong")
    values = {"org": "อบต.โพธิ์", "first_name": "A", "last_name": "B", "last4": "0123"}
    for name, value in {**values, "email": f"{uuid.uuid4().hex}@example.go.th"}.items():
        page.fill(f"#id_{name}", value)
    page.get_by_role("button", name="ส่งคำขอ").click()
    page.wait_for_url("**/access/received/")
    look(page, "access-received")


def test_sending_a_case(page: Any, portal: Portal) -> None:  # noqa: F811
    start(page, portal)
    look(page, "case-new")
    page.get_by_role("button", name="ส่งเคส").click()
    page.get_by_role("link", name="ชื่อ - สกุล ผู้ยื่น").click()
    assert page.evaluate("document.activeElement.id") == "id_person_name"
    page.select_option("#id_amphoe", "กันทรลักษ์")
    assert page.locator("#id_tambon optgroup").count() == 1
    fill(page, number(), national_id="1234567890123")
    assert "ไม่ถูกต้องตามหลักตรวจสอบ" in page.locator("#id_national_id-digit").inner_text()
    page.get_by_role("button", name="ส่งเคส").click()
    page.get_by_text("โปรดตรวจก่อนส่ง").wait_for()
    assert page.evaluate("document.activeElement.className + scrollY") == "note todo0", "seen first"
    look(page, "case-doubts")
    page.get_by_role("button", name="ส่งต่อไป").click()
    page.wait_for_url("**/cases/new/sent/**")
    look(page, "case-receipt")
    assert page.evaluate("localStorage.length") == 0, "the draft is gone when the receipt is seen"


def test_a_draft_outlives_the_page_and_is_sent_once(page: Any, portal: Portal) -> None:  # noqa: F811
    from bridge.adapters.ledger.models import Case

    start(page, portal)
    fill(page, number())
    key, name = page.input_value("[name=key]"), page.input_value("#id_person_name")
    page.goto("/")
    page.goto("/cases/new/")
    page.get_by_role("button", name="กรอกต่อจากร่าง").click()
    assert page.input_value("[name=key]") == key
    assert page.input_value("#id_tambon") == "เมืองศรีสะเกษ/โพธิ์"
    page.context.set_offline(True)
    page.get_by_role("button", name="ส่งเคส").click()
    page.get_by_text("เก็บร่างไว้ในเครื่องนี้แล้ว").wait_for()
    assert page.input_value("#id_person_name") == name
    page.context.set_offline(False)
    page.get_by_role("button", name="ส่งเคส").click()
    page.wait_for_url("**/cases/new/sent/**")
    assert Case.objects.filter(response__endswith=f":{key}").count() == 1


def test_each_form_that_is_begun_has_its_own_draft(page: Any, portal: Portal) -> None:  # noqa: F811
    start(page, portal)
    other = page.context.new_page()
    other.goto("/cases/new/")
    fill(page, number())
    other.fill("#id_person_name", "นายแท็บสอง ยังไม่ส่ง")
    page.get_by_role("button", name="ส่งเคส").click()
    page.wait_for_url("**/cases/new/sent/**")
    other.goto("/cases/new/")
    other.fill("#id_person_name", "คนที่สาม")  # typed without looking at the offer: nothing of it goes
    other.reload()
    assert "คนที่สาม" in other.inner_text("#draft-said")
    other.get_by_role("button", name="ลบร่าง").click()
    other.get_by_role("button", name="กรอกต่อจากร่าง").click()
    assert other.input_value("#id_person_name") == "นายแท็บสอง ยังไม่ส่ง"
    other.close()


def test_a_sign_in_that_ended_tells_of_the_form(page: Any, portal: Portal) -> None:  # noqa: F811
    start(page, portal)
    fill(page, number())
    name, email = page.input_value("#id_person_name"), page.inner_text(".who")
    kept = [one for one in page.context.cookies() if not one["name"].endswith("session")]
    page.context.clear_cookies()
    page.context.add_cookies(kept)
    page.get_by_role("button", name="ส่งเคส").click()
    page.get_by_text("ยังไม่ถูกบันทึก").wait_for()
    page.fill("[name=login]", email)
    page.fill("[name=password]", PASSWORD)
    page.get_by_role("button", name="เข้าสู่ระบบ").click()
    page.get_by_role("button", name="กรอกต่อจากร่าง").click()
    assert page.input_value("#id_person_name") == name


def test_signing_out_leaves_no_draft_in_the_browser(page: Any, portal: Portal) -> None:  # noqa: F811
    start(page, portal)
    fill(page, number())
    assert page.evaluate("localStorage.length") == 1
    page.goto("/sign-out/")
    page.get_by_role("button", name="ออกจากระบบในเครื่องนี้").click()
    page.wait_for_url("**/sign-in/")
    assert page.evaluate("localStorage.length") == 0


def test_without_scripts_the_same_form_sends(chromium: Any, portal: Portal) -> None:  # noqa: F811
    context = chromium.new_context(base_url=portal.base, java_script_enabled=False)
    plain = context.new_page()
    start(plain, portal)
    assert plain.locator("#id_tambon optgroup").count() > 1
    fill(plain, number())
    plain.get_by_role("button", name="ส่งเคส").click()
    plain.wait_for_url("**/cases/new/sent/**")
    context.close()

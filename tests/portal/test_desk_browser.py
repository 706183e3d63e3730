"""The work list and the admin's pages in a real Chromium, on a phone and on a desktop, judged by axe."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.application.ports.forms import Batch
from bridge.application.ports.reviews import ReviewKind
from bridge.domain.access import Role
from tests.functional.office import TestOffice
from tests.portal.portal import Portal, totp
from tests.portal.test_admin import ask_for_access, case_with, held_mail, type_in_sheet
from tests.portal.test_browser import CHROMIUM, chromium, enter, look, page, turn  # noqa: F401  # fixtures
from tests.portal.test_limits import item, three_cases
from tests.portal.test_reviews import conflict, doubtful, pair, sync

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="no Chromium on this machine")


def test_work_list_and_admin_pages(page: Any, portal: Portal) -> None:  # noqa: F811
    hands = TestOffice(portal.root)
    start = {"phone": 7500, "desktop": 7600}[page.size]
    twins = pair(portal, hands, start)
    quarrel = conflict(portal, hands, start + 50)
    *_, repair = three_cases(portal, hands, start + 60, ประเภทผู้ประสบปัญหาทางสังคม="สงเคราะห์คนพิการ")
    doubt = doubtful(portal, hands, start + 70)
    key = held_mail(portal, f"held-{page.size}@example.go.th")
    email = f"desk-{page.size}@example.go.th"
    account = portal.account(email, Role.ADMIN)
    enter(page, portal, email)
    page.get_by_label("รหัส 6 หลัก").fill(totp(portal.keys[email]))
    page.get_by_role("button", name="เข้าสู่ระบบ").click()
    person = f"/admin/people/{account.pk}/"
    for name, path in {
        "reviews": "/reviews/?state=",
        "review-duplicate": f"/reviews/{twins.key}/",
        "review-conflict": f"/reviews/{quarrel.key}/",
        "review-doubts": "/reviews/doubts/",
        "review-doubt": f"/reviews/doubts/{doubt}/",
        "review-register": f"/reviews/{in_register(portal, repair, start + 60)}/",
        "review-limit": f"/reviews/{item(portal, ReviewKind.LIMIT, repair).key}/",
        "case-money": f"/cases/{repair}/",
        "case-papers": f"/cases/{repair}/papers/",
        "admin": "/admin/",
        "admin-people": "/admin/people/",
        "admin-person": person,
        "admin-sign-out": f"{person}sign-out/",
        "admin-slip-ask": f"{person}slip/",
        "admin-mails": "/admin/mails/",
        "admin-mail-again": f"/admin/mails/{key}/again/",
        "admin-read-log": "/admin/readlog/",
        "admin-api-client-new": "/admin/api-clients/new/",
        "admin-person-data": "/admin/person/",
        "admin-erase": "/admin/erase/",
    }.items():
        page.goto(path)
        look(page, name)
        if name == "review-register":
            assert page.get_by_role("link", name=f"TPMAP-{start + 60}-2").count() == 1
    page.get_by_role("button", name="ค้นหา").click()
    look(page, "admin-person-data-wrong")
    case = case_with(portal, start + 60)
    page.goto("/admin/erase/")
    page.get_by_label("รหัสเคส หรือเลข 13 หลัก").fill(f"{case}")
    page.get_by_label("เหตุผล").fill("หนังสือคำขอที่ 12/2569")
    page.get_by_role("button", name="ค้นหา").click()
    look(page, "admin-erase-found")
    page.get_by_role("button", name="ลบข้อมูลที่เลือก").click()
    look(page, "admin-erased")
    page.goto(f"/reviews/{twins.key}/")
    page.get_by_role("button", name="ไม่ใช่คนเดียวกัน").click()
    look(page, "review-decided")
    page.goto("/admin/readlog/")
    page.get_by_role("button", name="ค้นหา").click()
    look(page, "admin-read-log-found")
    api_clients(page, f"ระบบทะเบียน {page.size}")
    requests(page, portal, {"phone": 40, "desktop": 50}[page.size])
    page.goto(f"{person}slip/")
    page.get_by_role("button", name="ออกใบใหม่").click()
    look_without_picture(page, "admin-slip")


def in_register(portal: Portal, case: str, house: int) -> str:
    """The first item of a case about a person who may be either of two in the register."""
    home = ("นาย", "สมมติ วงเงิน", f"{house}/1", "7", "โพธิ์", "เมืองศรีสะเกษ", "ศรีสะเกษ", "2")
    titles = ("หมายเลข", "คำนำหน้า", "ชื่อ-สกุล", "บ้านเลขที่", "หมู่", "ตำบล", "อำเภอ", "จังหวัด", "ระดับความเปราะบาง")
    rows = [titles, *((f"TPMAP-{house}-{n}", *home) for n in (1, 2))]
    portal.office.import_register.run(Batch(f"{house}.csv", str(house), rows, complete=True))
    sync(portal)
    found = portal.office.ports.reviews.of_cases([case])
    return min(one.key for one in found if one.item.kind is ReviewKind.IN_REGISTER)


def requests(page: Any, portal: Portal, number: int) -> None:  # noqa: F811
    """Asked, approved, and then changed here and in the sheet at once."""
    ask_for_access(portal, number + 1)
    key = ask_for_access(portal, number)
    page.goto("/admin/requests/")
    look(page, "admin-requests")
    page.get_by_role("link", name=f"ลำดับ {key}", exact=True).click()
    page.get_by_role("button", name="ตรวจก่อนยืนยัน").click()
    look(page, "admin-request-wrong")
    page.get_by_label("อนุมัติ", exact=True).check()
    page.get_by_label("บทบาท").select_option("officer")
    page.get_by_text("อ.กันทรลักษ์", exact=True).click()
    page.get_by_label("ทั้ง อ.กันทรลักษ์").check()
    page.get_by_text("อ.เมืองศรีสะเกษ", exact=True).click()
    page.get_by_role("group", name="อ.เมืองศรีสะเกษ").get_by_label("ต.โพธิ์").check()
    page.get_by_role("button", name="ตรวจก่อนยืนยัน").click()
    look(page, "admin-request-ask")
    page.get_by_role("button", name="ยืนยัน").click()
    look(page, "admin-request-decided")
    sync(portal)
    page.goto(f"/admin/requests/{key}/")
    page.get_by_label("ระงับสิทธิ์").check()
    page.get_by_role("button", name="ตรวจก่อนยืนยัน").click()
    look(page, "admin-request-close")
    page.get_by_role("button", name="ยืนยัน").click()
    type_in_sheet(portal, key, อนุมัติ="ใช่")
    sync(portal)
    found, _ = portal.office.ports.reviews.page(ReviewKind.ACCESS, None, 0, 1)
    page.goto(f"/reviews/{found[0].key}/")
    look(page, "review-access")


def api_clients(page: Any, name: str) -> None:  # noqa: F811
    page.goto("/admin/api-clients/new/")
    page.get_by_role("button", name="ออกโทเคน").click()
    look(page, "admin-api-client-wrong")
    page.get_by_label("ชื่อระบบ").fill(name)
    page.get_by_label("cases:read").check()
    page.get_by_label("กันทรลักษ์").check()
    page.get_by_role("button", name="ออกโทเคน").click()
    assert page.locator(".token").inner_text().startswith("saphan_")
    look_without_picture(page, "admin-api-client-made")
    page.get_by_role("link", name="กลับไปรายการโทเคน").click()
    look(page, "admin-api-clients")
    page.get_by_role("link", name=f"เพิกถอน {name}").click()
    look(page, "admin-api-client-revoke")
    page.get_by_role("button", name="เพิกถอน").click()
    look(page, "admin-api-client-revoked")


def look_without_picture(page: Any, name: str) -> None:  # noqa: F811
    """What opens something is in no picture."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("SAPHAN_PICTURES", raising=False)
        look(page, name)

"""What staff see of a case's money in the portal, the reason they give there, and the papers they ask for."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest

from bridge.application.ports.reviews import ReviewKind, StoredReview
from bridge.domain.access import Role
from tests.functional.office import TestOffice, case_answer, valid_id
from tests.portal.portal import Browser, Portal
from tests.portal.test_reviews import row_of, sync
from tests.portal.test_submit import case, cases_of

HOUSE = "ปรับสภาพบ้านผู้สูงอายุ"


def three_cases(portal: Portal, hands: TestOffice, number: int, **answers: str) -> list[str]:
    """One person's, two of them paid, the third with too much typed; sent back for papers."""
    own = {"เลข 13 หลัก": valid_id(number), "บ้านเลขที่": f"{number}/1", "ชื่อ - สกุล ผู้ยื่น": "นายสมมติ วงเงิน"}
    sent = [case_answer(number + n, **own, **answers) for n in range(3)]
    hands.send_cases(sent, f"limits-{number}.csv")
    sync(portal)
    rows = hands.rows("cases")
    places = [i for i, row in enumerate(rows, start=2) if row["เลข 13 หลัก"] == valid_id(number)]
    today = (portal.office.ports.clock.now() + timedelta(hours=7)).date()
    with hands.edit("cases") as tab:
        for place in places[:2]:
            tab[place, "จำนวนเงิน"] = 3000
            tab[place, "วันที่โอนเงิน"] = datetime(today.year, today.month, today.day)
        tab[places[2], "จำนวนเงิน"] = 5000
        tab[places[2], "ขั้นตอนการช่วยเหลือ"] = portal.office.province.rules.incomplete
        tab[places[2], "ตรวจสอบแล้ว"] = "ตรวจสอบแล้ว"
    sync(portal)
    return [str(rows[place - 2]["รหัสเคส"]) for place in places]


def item(portal: Portal, kind: ReviewKind, case: str) -> StoredReview:
    (found,) = [r for r in portal.office.ports.reviews.of_cases([case]) if r.item.kind is kind]
    return found


@pytest.fixture
def hands(portal: Portal) -> TestOffice:
    return TestOffice(portal.root)


@pytest.fixture(scope="module")
def staff(served_portal: Portal) -> Browser:
    served_portal.look()
    return served_portal.signed_in(Role.STAFF)


def text_of(browser: Browser, path: str) -> str:
    answer = browser.get(path)
    assert answer.status == 200, path
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.body))


def test_a_case_shows_what_is_left_what_was_paid_and_the_reason(
    portal: Portal, hands: TestOffice, staff: Browser
) -> None:
    first, second, third = three_cases(portal, hands, 3100)
    shown = text_of(staff, f"/cases/{third}/")
    assert "ปีงบประมาณนี้ช่วยแล้ว 2 จาก 3 ครั้ง คงเหลือไม่เกิน 3,000 บาท" in shown
    assert f"{first} (เลขบัตรเดียวกัน) {second} (เลขบัตรเดียวกัน)" in shown
    assert "จำนวนเงิน 5,000 บาท เกินข้อ 1.5.1" in shown
    assert "เงินที่โอนแล้ว" not in shown
    assert "3,000 บาท" in text_of(staff, f"/cases/{first}/").partition("เงินที่โอนแล้ว")[2]
    review = item(portal, ReviewKind.LIMIT, third)
    refused = staff.post(f"/reviews/{review.key}/", {"decision": "go_on", "seen": ""})
    assert "กรอกเหตุผล" in refused.body
    staff.post(f"/reviews/{review.key}/", {"decision": "go_on", "seen": "", "note": "บ้านไฟไหม้"})
    sync(portal)
    assert "เหตุผล: บ้านไฟไหม้" in text_of(staff, f"/cases/{third}/")
    assert "5,000" not in str(portal.office.ports.rows.load("cases", [third])[third].values.get("review"))
    _, cells = row_of(hands, review.key)
    assert (cells["คำตัดสิน"], cells["บันทึกของเจ้าหน้าที่"]) == ("ให้ช่วยเหลือต่อ", "บ้านไฟไหม้")


def test_papers_ticked_here_reach_the_sheet_and_the_sender(
    portal: Portal, hands: TestOffice, staff: Browser
) -> None:
    *_, case = three_cases(portal, hands, 3200, ประเภทผู้ประสบปัญหาทางสังคม=HOUSE)
    page = f"/cases/{case}/papers/"
    assert "หนังสือยินยอมให้ปรับปรุงบ้าน" in text_of(staff, page)
    staff.post(page, {"paper": "2", "others": "หนังสือมอบอำนาจ"})
    sync(portal)
    _, cells = row_of(hands, item(portal, ReviewKind.PAPERS, case).key)
    assert cells["บันทึกของเจ้าหน้าที่"] == "2, หนังสือมอบอำนาจ"
    officer = portal.signed_in(Role.OFFICER)
    assert officer.get(page).status == 403
    portal.office.publish.run()
    told = "เอกสารที่ยังขาด: ทะเบียนบ้าน · หนังสือมอบอำนาจ"
    assert told in text_of(officer, f"/cases/{case}/")
    assert "สิทธิและเงินช่วยเหลือ" not in text_of(officer, f"/cases/{case}/")
    assert told in text_of(staff, f"/cases/{case}/")


def test_a_case_that_no_cycle_has_seen_is_whole_for_staff(portal: Portal, staff: Browser) -> None:
    fresh = case(case_type=HOUSE)
    staff.post("/cases/new/", fresh)
    (sent,) = cases_of(portal, fresh["key"])
    assert "ยังไม่ได้นับสิทธิ" in text_of(staff, f"/cases/{sent}/")
    assert fresh["person_name"] in text_of(staff, f"/cases/{sent}/papers/")


def test_an_item_about_papers_leads_to_them(portal: Portal, hands: TestOffice, staff: Browser) -> None:
    *_, third = three_cases(portal, hands, 3400, ประเภทผู้ประสบปัญหาทางสังคม=HOUSE)
    page = staff.get(f"/reviews/{item(portal, ReviewKind.PAPERS, third).key}/").body
    assert f'href="/cases/{third}/papers/"' in page
    assert f'href="/cases/{third}/"' in page


def test_papers_of_a_case_that_was_not_sent_back_are_only_shown(
    portal: Portal, hands: TestOffice, staff: Browser
) -> None:
    first, *_ = three_cases(portal, hands, 3300, ประเภทผู้ประสบปัญหาทางสังคม=HOUSE)
    before = portal.ledger()
    answer = staff.post(f"/cases/{first}/papers/", {"paper": "1"})
    assert "ยังบันทึกเอกสารที่ยังขาดไม่ได้" in answer.body
    assert portal.ledger() == before

"""The staff's work list: what is decided here reaches the sheet, and what is decided there is shown here."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import openpyxl
import pytest

from bridge.application.ports.reviews import ReviewKind, StoredReview
from bridge.domain.access import Role
from tests.functional.office import CASE_TITLES, TestOffice, case_answer, family_name, valid_id
from tests.portal.portal import Browser, Portal

DIFFERENT, SAME = "ไม่ใช่คนเดียวกัน", "คนเดียวกัน"
SHEET, FORM = "ใช้ค่าในชีต", "ใช้ค่าจากแบบฟอร์ม"


@pytest.fixture
def hands(portal: Portal) -> TestOffice:
    return TestOffice(portal.root)


@pytest.fixture(scope="module")
def staff(served_portal: Portal) -> Browser:
    served_portal.look()
    return served_portal.signed_in(Role.STAFF)


def sync(portal: Portal) -> None:
    report = portal.office.cycle.sync()
    assert not report.trouble, report.trouble


def pair(portal: Portal, hands: TestOffice, number: int) -> StoredReview:
    """Two cases that look like one, on the list and in the sheet."""
    alike = {"เลข 13 หลัก": valid_id(number)}
    hands.send_cases([case_answer(number, **alike), case_answer(number + 1, **alike)], f"pair-{number}.csv")
    sync(portal)
    found, _ = portal.office.ports.reviews.page(ReviewKind.DUPLICATE, None, 0, 1)
    return found[0]


def send_version(hands: TestOffice, number: int, problem: str) -> None:
    """A download in which a response has its own number, so that an edit of it is known."""
    path = hands.root / "inbox" / "cases" / f"edit-{number}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        answer = case_answer(number, **{"ระบุสภาพปัญหา และความต้องการในครอบครัว": problem})
        csv.writer(file).writerows([["Response ID", *CASE_TITLES], [f"r-{number}", *answer]])


def conflict(portal: Portal, hands: TestOffice, number: int) -> StoredReview:
    """Staff corrected a cell, and then the sender edited the answer."""
    send_version(hands, number, "เดิม")
    sync(portal)
    rows = hands.rows("cases")
    place = next(i for i, row in enumerate(rows, start=2) if row["เลข 13 หลัก"] == valid_id(number))
    with hands.edit("cases") as tab:
        tab[place, "สภาพปัญหาและความต้องการ"] = "เจ้าหน้าที่แก้"
    sync(portal)
    send_version(hands, number, "<b>ผู้ส่งแก้</b>")
    sync(portal)
    found, _ = portal.office.ports.reviews.page(ReviewKind.CONFLICT, None, 0, 1)
    return found[0]


def row_of(hands: TestOffice, key: str) -> tuple[int, dict[str, object]]:
    rows = hands.rows("cases", 1)
    return next((i, row) for i, row in enumerate(rows, start=2) if row["รายการที่"] == key)


def type_in_sheet(hands: TestOffice, key: str, word: str | None) -> None:
    place, _ = row_of(hands, key)
    with hands.edit("cases", 1) as tab:
        tab[place, "คำตัดสิน"] = word


def decide(browser: Browser, key: str, code: str, seen: str = "") -> str:
    return browser.post(f"/reviews/{key}/", {"decision": code, "seen": seen}).body


def decisions(portal: Portal, key: str) -> list[tuple[str, object, object]]:
    past = portal.office.ports.rows.history("reviews", key)
    return [
        (one.event.actor.partition(":")[0], one.event.old, one.event.new)
        for one in past
        if one.event.column == "decision"
    ]


def test_a_decision_made_here_is_in_the_sheet_after_a_cycle(
    portal: Portal, hands: TestOffice, staff: Browser
) -> None:
    review = pair(portal, hands, 7000)
    page = staff.get(f"/reviews/{review.key}/")
    assert page.status == 200
    assert "เลขบัตรเดียวกัน" in page.body
    assert all(family_name(number) in page.body for number in (7000, 7001)), "both are shown side by side"
    assert "บันทึกคำตัดสิน" in decide(staff, review.key, "not_same")
    assert row_of(hands, review.key)[1]["คำตัดสิน"] is None, "the sheet is the cycle's to write"
    assert "รอบถัดไป" in staff.get(f"/reviews/{review.key}/").body
    sync(portal)
    _, row = row_of(hands, review.key)
    assert (row["คำตัดสิน"], row["สถานะ"]) == (DIFFERENT, "ตัดสินแล้ว")
    case = portal.office.ports.rows.load("cases", [review.item.case])[review.item.case]
    assert case.values.get("duplicate_of") is None, "it does what the word in the sheet does"
    assert decisions(portal, review.key) == [("portal", None, DIFFERENT)]
    path = hands.root / "workbooks" / "cases.xlsx"
    before = path.stat().st_mtime_ns
    sync(portal)
    sync(portal)
    assert path.stat().st_mtime_ns == before, "it is written once"


def test_a_tick_of_the_sheet_is_a_word(portal: Portal, hands: TestOffice, staff: Browser) -> None:
    review = pair(portal, hands, 7010)
    place = next(i for i, row in enumerate(hands.rows("cases"), 2) if row["รหัสเคส"] == review.item.case)
    with hands.edit("cases") as tab:
        tab[place, "ตรวจสอบแล้ว"] = True
    sync(portal)
    page = staff.get(f"/reviews/{review.key}/").body
    assert ">ใช่<" in page and "TRUE" not in page


def test_a_decision_made_in_the_sheet_is_shown_here(
    portal: Portal, hands: TestOffice, staff: Browser
) -> None:
    review = pair(portal, hands, 7010)
    type_in_sheet(hands, review.key, SAME)
    sync(portal)
    page = staff.get(f"/reviews/{review.key}/").body
    assert "ตัดสินแล้ว" in page
    assert SAME in re.sub(r"<button.*?</button>", "", page, flags=re.S)
    assert review.key in staff.get("/reviews/?state=decided").body
    assert review.key not in staff.get("/reviews/?state=open&kind=duplicate").body


def test_where_both_decide_otherwise_the_sheets_stays_and_history_has_both(
    portal: Portal, hands: TestOffice, staff: Browser
) -> None:
    review = pair(portal, hands, 7020)
    decide(staff, review.key, "not_same")
    type_in_sheet(hands, review.key, SAME)
    sync(portal)
    sync(portal)
    assert row_of(hands, review.key)[1]["คำตัดสิน"] == SAME
    assert portal.office.ports.reviews.of_rows([review.key])[review.key].decision == SAME
    assert decisions(portal, review.key) == [("portal", None, DIFFERENT), ("sheet", DIFFERENT, SAME)]
    page = staff.get(f"/reviews/{review.key}/").body
    assert f"{DIFFERENT} → {SAME}" in page


def test_a_cell_that_staff_filled_before_is_changed_only_as_it_was_seen(
    portal: Portal, hands: TestOffice, staff: Browser
) -> None:
    review = pair(portal, hands, 7030)
    type_in_sheet(hands, review.key, SAME)
    sync(portal)
    assert "มีผู้ตัดสิน" in decide(staff, review.key, "not_same"), "the page was opened before"
    assert portal.office.ports.reviews.of_rows([review.key])[review.key].decision == SAME
    decide(staff, review.key, "not_same", seen=SAME)
    sync(portal)
    assert row_of(hands, review.key)[1]["คำตัดสิน"] == DIFFERENT
    decide(staff, review.key, "", seen=DIFFERENT)
    sync(portal)
    _, row = row_of(hands, review.key)
    assert (row["คำตัดสิน"], row["สถานะ"]) == (None, "รอตรวจสอบ"), "a decision can be taken back"


def test_other_edits_of_the_row_do_not_undo_a_decision_on_its_way(
    portal: Portal, hands: TestOffice, staff: Browser
) -> None:
    review = pair(portal, hands, 7040)
    place, _ = row_of(hands, review.key)
    decide(staff, review.key, "same")
    with hands.edit("cases", 1) as tab:
        tab[place, "บันทึกของเจ้าหน้าที่"] = "โทรถามแล้ว"
    sync(portal)
    _, row = row_of(hands, review.key)
    assert (row["คำตัดสิน"], row["บันทึกของเจ้าหน้าที่"]) == (SAME, "โทรถามแล้ว")


def test_a_decision_finds_its_row_after_the_sheet_was_sorted(
    portal: Portal, hands: TestOffice, staff: Browser
) -> None:
    first, second = pair(portal, hands, 7050), pair(portal, hands, 7052)
    decide(staff, first.key, "same")
    path = hands.root / "workbooks" / "cases.xlsx"
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[1]
    header, *rows = [list(row) for row in sheet.iter_rows(values_only=True)]
    filled = sorted((row for row in rows if row[0]), key=lambda row: row[0], reverse=True)
    for number, row in enumerate(filled, start=2):
        for place, value in enumerate(row, start=1):
            sheet.cell(number, place).value = value
    assert header
    book.save(path)
    sync(portal)
    assert row_of(hands, first.key)[1]["คำตัดสิน"] == SAME
    assert row_of(hands, second.key)[1]["คำตัดสิน"] is None


def test_a_conflict_shows_both_values_and_takes_the_one_that_is_chosen(
    portal: Portal, hands: TestOffice, staff: Browser
) -> None:
    review = conflict(portal, hands, 7060)
    page = staff.get(f"/reviews/{review.key}/").body
    assert "เจ้าหน้าที่แก้" in page
    assert "&lt;b&gt;ผู้ส่งแก้&lt;/b&gt;" in page and "<b>ผู้ส่ง" not in page
    decide(staff, review.key, "take_form")
    sync(portal)
    row = next(row for row in hands.rows("cases") if row["รหัสเคส"] == review.item.case)
    assert row["สภาพปัญหาและความต้องการ"] == "<b>ผู้ส่งแก้</b>"
    assert row_of(hands, review.key)[1]["คำตัดสิน"] == FORM


def test_a_choice_that_is_none_is_refused(portal: Portal, hands: TestOffice, staff: Browser) -> None:
    review = pair(portal, hands, 7070)
    for code in ("take_form", "restore_row", "?", "<script>"):
        answer = staff.post(f"/reviews/{review.key}/", {"decision": code, "seen": ""})
        assert answer.status == 404
    assert staff.post("/reviews/R-999999/", {"decision": "done", "seen": ""}).status == 404
    assert decisions(portal, review.key) == []


def test_only_staff_and_admins_see_or_decide(portal: Portal, hands: TestOffice) -> None:
    review = pair(portal, hands, 7080)
    for role in Role:
        person = portal.signed_in(role)
        right = role in (Role.STAFF, Role.ADMIN)
        paths = ("/reviews/", "/reviews/doubts/", f"/reviews/{review.key}/")
        assert {person.get(path).status for path in paths} == {200 if right else 403}, role
        if not right:
            answer = person.post(f"/reviews/{review.key}/", {"decision": "same", "seen": ""})
            assert answer.status == 403
    staff = portal.signed_in(Role.STAFF)
    assert staff.ask("POST", f"/reviews/{review.key}/", {"decision": "same", "seen": ""}).status == 403
    assert decisions(portal, review.key) == []


def test_the_list_is_paged_and_open_items_come_first(
    portal: Portal, hands: TestOffice, staff: Browser
) -> None:
    rows = [["", "ทดสอบ"] + [""] * (len(CASE_TITLES) - 2) for _ in range(30)]
    hands.send_cases(
        [[f"2026/11/20 9:{n:02d}:00 AM GMT+7", *row[1:]] for n, row in enumerate(rows)], "bad.csv"
    )
    sync(portal)
    first = staff.get("/reviews/?state=").body
    assert len(re.findall(r'<td[^>]*data-header="รายการที่">', first)) == 25
    second = staff.get("/reviews/?state=&page=2").body
    keys = [re.findall(r">(R-\d+)</a>", body) for body in (first, second)]
    assert not set(keys[0]) & set(keys[1]) and keys[1]
    states = re.findall(r'data-header="สถานะ">([^<:]+)', first + second)
    assert states == sorted(states, key=lambda word: word != "รอตรวจสอบ")
    for odd in ("/reviews/?page=x", "/reviews/?page=99999999999", "/reviews/?kind=%00&state='"):
        assert staff.get(odd).status == 200


def test_doubtful_values_are_listed_with_their_reasons(
    portal: Portal, hands: TestOffice, staff: Browser
) -> None:
    hands.send_cases([case_answer(7090, **{"เลข 13 หลัก": "1234567890123"})], "doubt.csv")
    sync(portal)
    page = ""
    for number in range(1, 9):
        page += staff.get(f"/reviews/doubts/?page={number}").body
    assert family_name(7090) in page


ID, PHONE, AMOUNT, TAMBON = "เลข 13 หลัก", "เบอร์โทรเคส", "จำนวนเงิน", "ตำบล"


def doubtful(portal: Portal, hands: TestOffice, number: int, **changes: str) -> str:
    """A case with a wrong id and a telephone number that is none, in the sheet."""
    wrong = {ID: "1234567890123", "เบอร์โทรศัพท์": "ไม่ทราบเบอร์ 12", **changes}
    hands.send_cases([case_answer(number, **wrong)], f"doubtful-{number}.csv")
    sync(portal)
    return str(case_row(hands, number)[1]["รหัสเคส"])


def case_row(hands: TestOffice, number: int) -> tuple[int, dict[str, object]]:
    name = f"นายสมมติ {family_name(number)}"
    return next((i, row) for i, row in enumerate(hands.rows("cases"), 2) if name in row.values())


def mend(browser: Browser, case: str, **typed: str) -> str:
    path = f"/reviews/doubts/{case}/"
    page = browser.get(path).body
    seen = re.search(r'name="seen" value="([^"]*)"', page)
    fields = dict(re.findall(r'<input type="text" name="([a-z0-9_]+)" value="([^"]*)"', page))
    return browser.post(path, {**fields, "seen": seen[1] if seen else "", **typed}).body


def test_a_doubtful_value_is_typed_anew_here_and_is_in_the_sheet_after_a_cycle(
    portal: Portal, hands: TestOffice, staff: Browser
) -> None:
    case = doubtful(portal, hands, 7130)
    page = staff.get(f"/reviews/doubts/{case}/").body
    assert 'value="1234567890123"' in page and ">เลข 13 หลัก" in page and "person_phone" in page
    assert "ไม่มีช่องใดถูกแก้" in mend(staff, case)
    wrong = mend(staff, case, national_id="1234567890124")
    assert 'href="#id_national_id"' in wrong and 'value="1234567890124"' in wrong
    assert case_row(hands, 7130)[1][ID] == "1234567890123"
    assert "บันทึกค่าที่แก้" in mend(staff, case, national_id=valid_id(7130), person_phone="081-234-5678")
    assert case_row(hands, 7130)[1][ID] == "1234567890123", "the sheet is the cycle's to write"
    sync(portal)
    row = case_row(hands, 7130)[1]
    assert (row[ID], row[PHONE]) == (valid_id(7130), "0812345678")
    assert not row["ข้อควรตรวจสอบ"] or "เลข 13" not in str(row["ข้อควรตรวจสอบ"])
    past = portal.office.ports.rows.history("cases", case)
    assert [one.event.column for one in past if one.event.why == "mended"] == ["national_id", "person_phone"]
    path = hands.root / "workbooks" / "cases.xlsx"
    before = path.stat().st_mtime_ns
    sync(portal)
    assert path.stat().st_mtime_ns == before, "it is written once"


def test_a_value_mended_here_and_in_the_sheet_at_once_is_a_conflict(
    portal: Portal, hands: TestOffice, staff: Browser
) -> None:
    case = doubtful(portal, hands, 7140)
    place, _ = case_row(hands, 7140)
    with hands.edit("cases") as tab:
        tab[place, AMOUNT] = "สามพัน"
    sync(portal)
    assert "บันทึกค่าที่แก้" in mend(staff, case, national_id=valid_id(7140), amount="3,000 บาท")
    with hands.edit("cases") as tab:
        tab[place, ID], tab[place, AMOUNT] = valid_id(7141), 2500
    sync(portal)
    row = case_row(hands, 7140)[1]
    assert (row[ID], row[AMOUNT]) == (valid_id(7141), 2500), "what was typed in the sheet stays"
    found = portal.office.ports.reviews.of_cases([case])
    items = {one.item.facts["column"]: one for one in found if one.item.kind is ReviewKind.CONFLICT}
    assert {name: one.item.facts["form"] for name, one in items.items()} == {
        "national_id": valid_id(7140),
        "amount": 3000,
    }
    for one in items.values():
        decide(staff, one.key, "take_form")
    sync(portal)
    row = case_row(hands, 7140)[1]
    assert (row[ID], row[AMOUNT]) == (valid_id(7140), 3000), "the one that was chosen, once"


def test_only_what_was_seen_is_mended_and_only_by_staff(
    portal: Portal, hands: TestOffice, staff: Browser
) -> None:
    case = doubtful(portal, hands, 7150, **{TAMBON: "ไม่มีที่นี่"})
    page = staff.get(f"/reviews/doubts/{case}/").body
    seen = re.search(r'name="seen" value="([^"]*)"', page)
    place, _ = case_row(hands, 7150)
    with hands.edit("cases") as tab:
        tab[place, PHONE] = "0899999999"
    sync(portal)
    assert seen and "มีผู้แก้เคสนี้" in mend(staff, case, tambon="โพธิ์", seen=seen[1])
    again = mend(staff, case, tambon="ไกลปืนเที่ยง")
    assert 'href="#id_tambon"' in again
    assert "อักขระที่อ่านไม่ได้" in mend(staff, case, tambon="โพ\0ธิ์")
    assert "บันทึกค่าที่แก้" in mend(staff, case, tambon="ต.โพธิ์", national_id=valid_id(7150))
    sync(portal)
    assert case_row(hands, 7150)[1][TAMBON] == "โพธิ์"
    for role in (Role.OFFICER, Role.EXECUTIVE):
        assert portal.signed_in(role).get(f"/reviews/doubts/{case}/").status == 403
    assert staff.get("/reviews/doubts/SSK-2569-999999/").status == 404


def test_looking_is_noted_by_case(portal: Portal, hands: TestOffice) -> None:
    from bridge.application.ports.read_log import Sought

    review = pair(portal, hands, 7100)
    account = portal.account("looker@example.go.th", Role.STAFF)
    portal.sign_in("looker@example.go.th").get(f"/reviews/{review.key}/")
    found, _ = portal.office.ports.read_log.find(Sought(account=str(account.pk)), 0, 10)
    assert found[0].what == "review"
    assert set(found[0].keys) == {str(review.item.facts["left"]), str(review.item.facts["right"])}


def test_two_people_at_once_make_one_decision(portal: Portal, hands: TestOffice) -> None:
    from concurrent.futures import ThreadPoolExecutor

    review = pair(portal, hands, 7110)
    people = [portal.signed_in(Role.STAFF) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        bodies = list(pool.map(lambda n: decide(people[n], review.key, ("same", "not_same")[n]), range(2)))
    assert sum("มีผู้ตัดสิน" in body for body in bodies) == 1
    assert len(decisions(portal, review.key)) == 1


def test_no_id_of_a_person_is_in_an_address(portal: Portal, hands: TestOffice, staff: Browser) -> None:
    review = pair(portal, hands, 7120)
    for path in ("/reviews/", f"/reviews/{review.key}/", "/reviews/doubts/"):
        body = staff.get(path).body
        assert not any(re.search(r"\d{13}", link) for link in re.findall(r'(?:href|action)="([^"]*)"', body))
    log = Path(portal.root) / "logs" / "saphan.log"
    assert not log.exists() or valid_id(7120) not in log.read_text(encoding="utf-8")

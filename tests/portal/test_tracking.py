"""Searching and following cases by real requests: who sees which, published or not, and what is noted."""

from __future__ import annotations

import html
import re
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from bridge.application.ports.cases import NewCase, Published
from bridge.application.ports.rows import Event, RowState
from bridge.application.publish import SHOWN
from bridge.application.track_cases import PAGE
from bridge.domain.access import Role
from tests.portal.portal import Answer, Browser, Portal

CITY, KHUKHAN = ("โพธิ์", "เมืองศรีสะเกษ"), ("ห้วยเหนือ", "ขุขันธ์")
ORG = "อบต.ติดตามทดสอบ"
SECRETS = {
    "national_id": "1100000000008",
    "person_phone": "0890000001",
    "officer": "ผู้รับผิดชอบลับ",
    "problem": "ความลับ",
}


def case(number: int, name: str, place: tuple[str, str], **values: Any) -> RowState:
    key = f"SSK-{values.pop('year', 2571)}-{number:06d}"
    cells = {
        "case_id": key,
        "submitted_at": datetime(2027, 11, 1, 9, 5),
        "sender_org": "อบต.โพธิ์",
        "case_type": "ผู้มีรายได้น้อย",
        "person_name": name,
        "house_no": "12/3",
        "tambon": place[0],
        "amphoe": place[1],
        "operation": "รอดำเนินการ",
        "step": "ยังไม่รับเรื่อง",
        "outcome": "ยังไม่ช่วยเหลือ",
        **SECRETS,
    }
    return RowState(key, values={**cells, **values})


HELPED = case(
    1,
    "นางจันทร์เพ็ญ ตามรอย",
    CITY,
    operation="รับเรื่องแล้ว",
    step="ให้การช่วยเหลือแล้ว",
    outcome="ช่วยเหลือเงิน",
    amount=3000,
    transfer_date=date(2027, 12, 9),
)
UNCHECKED = case(2, "นายอาทิตย์ ตามรอย", CITY)
ELSEWHERE = case(3, "นายอังคาร ตามรอย", KHUKHAN)
OLD = case(4, "นางพุธ ตามรอย", CITY, year=2570, sender_org=ORG)
ODD = case(5, "<script>alert(1)</script> ตามรอย", CITY, amount="สามพัน")
PUBLISHED = (HELPED, ELSEWHERE, OLD, ODD)


@pytest.fixture(scope="module", autouse=True)
def cases(served_portal: Portal) -> None:
    served_portal.look()
    ports = served_portal.office.ports
    events = [
        Event("cases", HELPED.key, "submitted", "form", new="file.csv"),
        Event("cases", HELPED.key, "computed", "bridge", "operation", None, "รับเรื่องแล้ว"),
        Event("cases", HELPED.key, "staff", "portal:7", "amount", None, 3000),
        Event("cases", HELPED.key, "staff", "sheet", "officer", None, "ผู้รับผิดชอบลับ"),
        Event("cases", HELPED.key, "correction", "sheet", "national_id", None, SECRETS["national_id"]),
    ]
    many = [case(100 + n, f"นายมาก คนที่{n}", CITY, year=2569) for n in range(PAGE + 2)]
    rows, now = [*PUBLISHED, UNCHECKED, *many], ports.clock.now()
    numbers = {row.key: row.key.split("-") for row in [*rows, HELPED]}
    ports.cases.add(
        [NewCase(k, int(y), int(n), "sheet", f"row:{k}", now) for k, (_, y, n) in numbers.items()], []
    )
    ports.rows.save("cases", rows, events)
    shown = [
        Published(state.key, int(state.key[4:8]), {column: state.values.get(column) for column in SHOWN})
        for state in (*PUBLISHED, *many)
    ]
    ports.cases.publish([*ports.cases.published(), *shown], ports.clock.now())
    later = Event("cases", HELPED.key, "staff", "sheet", "goods", None, "ข้าวสารที่ยังไม่เผยแพร่")
    HELPED.values["goods"] = "ข้าวสารที่ยังไม่เผยแพร่"
    ports.rows.save("cases", [HELPED], [later])


@pytest.fixture(scope="module")
def people(served_portal: Portal) -> dict[Role, Browser]:
    served_portal.look()
    return {role: served_portal.signed_in(role) for role in Role}


def search(person: Browser, text: str = "ตามรอย", **filters: str) -> Answer:
    person.get("/cases/")
    return person.post("/cases/", {"text": text, **filters})


def keys(answer: Answer) -> list[str]:
    assert answer.status == 200, answer.heading
    return re.findall(r'href="/cases/SSK-(\d+-\d+)/"', answer.body)


def refusals(portal: Portal, key: str) -> list[Any]:
    hour = portal.office.ports.clock.now() - timedelta(hours=1)
    return [seen for seen in portal.office.ports.read_log.since(hour) if key in seen.keys and seen.refused]


def test_officers_see_the_published_cases_of_their_area(portal: Portal, people: dict[Role, Browser]) -> None:
    assert keys(search(people[Role.OFFICER])) == ["2571-000005", "2571-000001", "2570-000004"]
    portal.account("khukhan@example.go.th", areas=[["ขุขันธ์", "ห้วยเหนือ"]])
    assert keys(search(portal.sign_in("khukhan@example.go.th"))) == ["2571-000003"]
    portal.account("no.area@example.go.th", areas=[], org=ORG)
    assert keys(search(portal.sign_in("no.area@example.go.th"))) == ["2570-000004"]
    portal.account("nothing@example.go.th", areas=[], org="")
    assert keys(search(portal.sign_in("nothing@example.go.th"))) == []


def test_staff_see_every_case_and_what_is_not_published(people: dict[Role, Browser]) -> None:
    for role in (Role.STAFF, Role.ADMIN):
        answer = search(people[role])
        assert keys(answer) == ["2571-000005", "2571-000003", "2571-000002", "2571-000001", "2570-000004"]
        rows = {row[:11]: row for row in answer.body.split('href="/cases/SSK-')[1:]}
        assert "ยังไม่เผยแพร่" in rows["2571-000002"]
        assert "รอเผยแพร่ฉบับใหม่" in rows["2571-000001"]
        assert 'class="mark"' not in rows["2571-000003"]
        assert "ยังไม่เผยแพร่" in people[role].get(f"/cases/{UNCHECKED.key}/").body
    assert 'class="mark"' not in search(people[Role.OFFICER]).body
    assert search(people[Role.EXECUTIVE]).status == 403


@pytest.mark.parametrize(
    ("text", "filters", "expected"),
    [
        ("จันทรเพญ", {}, ["2571-000001"]),
        ("นางจันทร์เพ็ญ ตามรอย", {}, ["2571-000001"]),
        ("SSK-2571-000001", {}, ["2571-000001"]),
        ("๒๕๗๑-๐๐๐๐๐๓", {}, ["2571-000003"]),
        ("ตามรอย ต.ห้วยเหนือ", {}, ["2571-000003"]),
        ("ตามรอย", {"amphoe": "ขุขันธ์"}, ["2571-000003"]),
        ("ตามรอย", {"tambon": "ขุขันธ์/ห้วยเหนือ"}, ["2571-000003"]),
        ("ตามรอย", {"operation": "รับเรื่องแล้ว"}, ["2571-000001"]),
        ("ตามรอย", {"fiscal_year": "2570"}, ["2570-000004"]),
        ("ไม่มีใครชื่อนี้แน่", {}, []),
        ("จันทร์เพญ 1100000000008", {}, ["2571-000001"]),
        ("จันทร์เพญ 1100000000009", {}, []),
        ("จันเพญ ตามรอย", {}, ["2571-000001"]),  # as one that is spelt almost so
    ],
)
def test_search(people: dict[Role, Browser], text: str, filters: dict[str, str], expected: list[str]) -> None:
    assert keys(search(people[Role.STAFF], text, **filters)) == expected


def test_an_officer_finds_nobody_by_an_id(people: dict[Role, Browser]) -> None:
    assert keys(search(people[Role.OFFICER], "1100000000008")) == []


def test_without_a_search_the_newest_come_first_in_pages(people: dict[Role, Browser]) -> None:
    first = people[Role.OFFICER].get("/cases/")
    assert keys(first)[:3] == ["2571-000005", "2571-000001", "2570-000004"]
    assert len(keys(first)) == PAGE
    second = people[Role.OFFICER].get("/cases/?page=2")
    assert not set(keys(first)) & set(keys(second))
    found = search(people[Role.OFFICER], "มาก", fiscal_year="2569")
    address = html.unescape(re.search(r'rel="next" href="([^"]*)"', found.body)[1])  # type: ignore[index]
    assert re.fullmatch(r"\?search=[\w-]{12}&page=2", address)
    assert len(keys(people[Role.OFFICER].get(f"/cases/{address}"))) == 2


def test_what_is_wrong_is_told(people: dict[Role, Browser]) -> None:
    for data, field in (
        ({"operation": "ไม่มีคำนี้"}, "operation"),
        ({"fiscal_year": "1"}, "fiscal_year"),
        ({"text": "ก" * 101}, "text"),
        ({"text": "% 😀"}, "text"),  # would find every case
        ({"amphoe": "ขุขันธ์"}, "amphoe"),  # not this officer's
    ):
        answer = search(people[Role.OFFICER], **{"text": "", **data})
        assert f'<a href="#id_{field}">' in answer.body, data
        assert keys(answer) == []


def test_a_case_in_the_manuals_words(people: dict[Role, Browser]) -> None:
    page = people[Role.OFFICER].get(f"/cases/{HELPED.key}/")
    body = html.unescape(page.body)
    assert page.heading == f"เคส {HELPED.key}"
    for header, cell in (
        ("การดำเนินงาน", "รับเรื่องแล้ว"),
        ("ขั้นตอนการช่วยเหลือ", "ให้การช่วยเหลือแล้ว"),
        ("ผลการช่วยเหลือ", "ช่วยเหลือเงิน"),
        ("จำนวนเงิน", "3,000 บาท"),
        ("วันที่โอนเงิน", "9/12/2570"),
        ("วันที่เวลา", "1/11/2570 เวลา 09:05 น."),
        ("ชื่อ-สกุลผู้ประสบปัญหา", "นางจันทร์เพ็ญ ตามรอย"),
    ):
        assert f"<dt>{header}</dt><dd>{cell}</dd>" in body, header
    line = body.partition("ลำดับเวลา")[2]
    assert "รับเคสเข้าระบบ" in line and "จำนวนเงิน: 3,000 บาท" in line and "การดำเนินงาน: รับเรื่องแล้ว" in line
    assert "จันทร์เพ็ญ" not in re.search(r"<title>(.*?)</title>", body, re.S)[1]  # type: ignore[index]


@pytest.mark.parametrize("role", [Role.OFFICER, Role.STAFF])
def test_no_page_shows_what_is_not_published_of_a_person(people: dict[Role, Browser], role: Role) -> None:
    for answer in (people[role].get(f"/cases/{HELPED.key}/"), search(people[role])):
        for secret in SECRETS.values():
            assert secret not in answer.body


def test_officers_see_later_edits_after_the_next_publication(people: dict[Role, Browser]) -> None:
    assert "ยังไม่เผยแพร่" not in people[Role.OFFICER].get(f"/cases/{HELPED.key}/").body
    staff = people[Role.STAFF].get(f"/cases/{HELPED.key}/").body
    assert staff.count("ข้าวสารที่ยังไม่เผยแพร่") == 2  # the value, and the time line
    assert "เจ้าหน้าที่ตำบลยังเห็นฉบับเดิม" in staff


def test_another_areas_case_is_not_there_and_that_is_noted(
    portal: Portal, people: dict[Role, Browser]
) -> None:
    for state in (ELSEWHERE, UNCHECKED):
        before = len(refusals(portal, state.key))
        answer = people[Role.OFFICER].get(f"/cases/{state.key}/")
        assert answer.status == 404 and "ตามรอย" not in answer.body
        assert len(refusals(portal, state.key)) == before + 1
        assert people[Role.EXECUTIVE].get(f"/cases/{state.key}/").status == 403
        assert people[Role.STAFF].get(f"/cases/{state.key}/").status == 200
    unknown = people[Role.OFFICER].get("/cases/SSK-2571-999999/")
    other = people[Role.OFFICER].get(f"/cases/{ELSEWHERE.key}/")
    assert unknown.status == 404
    assert re.sub(r"\s+", " ", unknown.body) == re.sub(r"\s+", " ", other.body)


@pytest.mark.parametrize(
    "odd", ["1100000000008", "SSK-2571-1", "SSK-2571-000001%00", "..", "%E0%B8%81", "x" * 300]
)
def test_what_is_no_case_number_is_not_there_and_not_noted(
    portal: Portal, people: dict[Role, Browser], odd: str
) -> None:
    for role in (Role.OFFICER, Role.STAFF):
        assert people[role].get(f"/cases/{odd}/", follow=False).status == 404
    assert refusals(portal, odd) == []


def test_every_look_is_noted(portal: Portal) -> None:
    email = "noted.cases@example.go.th"
    account = str(portal.account(email).pk)
    person = portal.sign_in(email)
    search(person, "จันทร์เพ็ญ")
    person.get(f"/cases/{HELPED.key}/")
    hour = portal.office.ports.clock.now() - timedelta(hours=1)
    seen = [reading for reading in portal.office.ports.read_log.since(hour) if reading.account == account]
    assert [(reading.what, reading.keys) for reading in seen[-2:]] == [
        ("case_search", (HELPED.key,)),
        ("case_view", (HELPED.key,)),
    ]
    assert not any("จันทร์" in str(reading) for reading in seen)


def test_what_people_typed_is_shown_as_text(people: dict[Role, Browser]) -> None:
    for answer in (search(people[Role.OFFICER], "script"), people[Role.OFFICER].get(f"/cases/{ODD.key}/")):
        assert "<script>alert" not in answer.body and "&lt;script&gt;" in answer.body
    assert "สามพัน" in people[Role.OFFICER].get(f"/cases/{ODD.key}/").body


def test_posting_to_a_case_does_nothing(portal: Portal, people: dict[Role, Browser]) -> None:
    before = portal.ledger()
    assert people[Role.STAFF].post(f"/cases/{HELPED.key}/", {"step": "x"}).status == 405
    assert portal.ledger() == before


def test_a_register_that_holds_nobody_says_so(people: dict[Role, Browser]) -> None:
    people[Role.STAFF].get("/register/")
    answer = people[Role.STAFF].post("/register/", {"text": "ทองใบ"})
    assert "ยังไม่มีข้อมูลในทะเบียน TPMAP" in answer.body
    assert "ไม่พบผู้ที่ตรงกับคำค้น" not in answer.body

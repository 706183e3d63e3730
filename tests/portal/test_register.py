"""Searching the register by real requests: who finds whom, what is noted, and what stays out of addresses."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any

import pytest

from bridge.application.register_search import PAGE
from bridge.domain.access import Role
from bridge.domain.viewer import Viewer
from tests.portal.portal import Answer, Browser, Portal

COLUMNS = ("number", "title", "name", "house_no", "moo", "tambon", "amphoe", "province", "members")
PEOPLE = [
    ("T-01", "นาง", "ทองใบ ลำดวนหอม", "12/3", "4", "โพธิ์", "เมืองศรีสะเกษ", "ศรีสะเกษ", 4),
    ("T-02", "นาย", "ทองดี ลำดวนหอม", "7", "1", "ต.หนองครก", "อ.เมือง", "ศรีสะเกษ", 2),
    ("T-03", "น.ส.", "ทองคำ ลำดวนหอม", "๙", "๑", "ห้วยเหนือ", "ขุขันธ์", "ศรีสะเกษ", 1),
    ("T-04", None, "<script>alert(1)</script> ลำดวนหอม", "1", "1", "โพธิ์", "เมืองศรีสะเกษ", "ศรีสะเกษ", None),
]
DETAILS = {"poverty": "จน 2 มิติ", "family_status": "ครอบครัวข้ามรุ่น", "level": "ระดับ ๒"}
SECTION_6 = (
    *("คำนำหน้า", "ชื่อ-สกุล", "บ้านเลขที่", "หมู่", "ตำบล", "อำเภอ", "จังหวัด", "จำนวนสมาชิก"),
    *("สถานะความยากจน", "สถานะครอบครัว", "ระดับความเปราะบาง", "หมายเลข"),
)
MANY = PAGE + 3


@pytest.fixture(scope="module", autouse=True)
def register(served_portal: Portal, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Imported as an office does, from a file."""
    served_portal.look()
    office = served_portal.office
    titles = [office.province.register_.columns[column][0] for column in (*COLUMNS, *DETAILS)]
    rows = [[str(cell or "") for cell in (*person, *DETAILS.values())] for person in PEOPLE]
    rows += [
        [f"M-{n:02}", "นาย", f"มากมาย คนที่{n}", "1", "1", "โพธิ์", "เมืองศรีสะเกษ", "", "", "", "", "3"]
        for n in range(MANY)
    ]
    file = tmp_path_factory.mktemp("register") / "tpmap.csv"
    file.write_text("\n".join(",".join(row) for row in [titles, *rows]), encoding="utf-8")
    report = office.import_register.run(office.register_file(file))
    assert report.new == len(rows), report


@pytest.fixture(scope="module")
def people(served_portal: Portal) -> dict[Role, Browser]:
    served_portal.look()
    return {role: served_portal.signed_in(role) for role in Role}


def search(person: Browser, text: str = "", **filters: str) -> Answer:
    person.get("/register/")
    return person.post("/register/", {"text": text, **filters})


def numbers(answer: Answer) -> list[str]:
    assert answer.status == 200, answer.heading
    return re.findall(r'name="number" value="([^"]*)"', answer.body)


def with_areas(portal: Portal, email: str, *areas: tuple[str, str]) -> Browser:
    portal.account(email, areas=[list(area) for area in areas])
    return portal.sign_in(email)


def noted(portal: Portal, what: str = "register_search") -> list[Any]:
    return [seen for seen in portal.office.ports.read_log.since(_today(portal)) if seen.what == what]


def _today(portal: Portal) -> Any:
    return portal.office.ports.clock.now() - timedelta(hours=1)


@pytest.mark.parametrize(
    "text",
    [
        "ทองใบ",
        "นางทองใบ ลำดวนหอม",
        "นาง ทองใบ",
        "ทอง ใบ",
        "ทองใบลำดวน",
        "ลำดวนหอม ทองใบ",
        "ทองใบ ต.โพธิ",
        "ใบ",
    ],
)
def test_one_box_forgives(people: dict[Role, Browser], text: str) -> None:
    assert numbers(search(people[Role.STAFF], text)) == ["T-01"]


def test_a_result_has_the_columns_of_the_manual_and_leads_to_the_case_form(
    people: dict[Role, Browser],
) -> None:
    body = html.unescape(search(people[Role.STAFF], "ทองใบ").body)
    for header in SECTION_6:
        assert f"<dt>{header}</dt>" in body, header
    for cell in ("12/3", "โพธิ์", "เมืองศรีสะเกษ", "จน 2 มิติ", "ครอบครัวข้ามรุ่น", "T-01"):
        assert f"<dd>{cell}</dd>" in body, cell
    assert "1. นาง ทองใบ ลำดวนหอม" in body
    form = re.search(r'<form method="post" action="/cases/new/">(.*?)</form>', body, re.S)
    assert form and "ส่งเคสของคนนี้" in form[1]
    assert re.findall(r'name="(\w+)"', form[1]) == ["csrfmiddlewaretoken", "number"]


def test_everybody_sees_their_own_areas(portal: Portal, people: dict[Role, Browser]) -> None:
    for role in (Role.STAFF, Role.ADMIN):
        assert numbers(search(people[role], "ลำดวนหอม")) == ["T-01", "T-02", "T-03", "T-04"]
    assert numbers(search(people[Role.OFFICER], "ลำดวนหอม")) == ["T-01", "T-02", "T-04"]
    assert search(people[Role.EXECUTIVE], "ลำดวนหอม").status == 403
    tambon = with_areas(portal, "one.tambon@example.go.th", ("เมืองศรีสะเกษ", "หนองครก"))
    assert numbers(search(tambon, "ลำดวนหอม")) == ["T-02"]
    two = with_areas(portal, "two@example.go.th", ("ขุขันธ์", ""), ("เมืองศรีสะเกษ", "หนองครก"))
    assert numbers(search(two, "ลำดวนหอม")) == ["T-02", "T-03"]
    assert numbers(search(two, tambon="ขุขันธ์/ห้วยเหนือ")) == ["T-03"]


def test_an_officer_cannot_choose_another_area(people: dict[Role, Browser]) -> None:
    page = people[Role.OFFICER].get("/register/")
    assert "ขุขันธ์" not in page.body
    for filters in ({"amphoe": "ขุขันธ์"}, {"tambon": "ขุขันธ์/ห้วยเหนือ"}):
        answer = search(people[Role.OFFICER], "ทองคำ", **filters)
        assert "เลือกจากรายการที่มี" in answer.body and numbers(answer) == []


def test_without_an_area_there_is_nothing_to_search(portal: Portal) -> None:
    nowhere = with_areas(portal, "nowhere@example.go.th")
    assert "ยังไม่มีพื้นที่" in nowhere.get("/register/").body
    assert numbers(search(nowhere, "ลำดวนหอม")) == []


def test_filters_narrow(people: dict[Role, Browser]) -> None:
    staff = people[Role.STAFF]
    assert numbers(search(staff, "ลำดวนหอม", amphoe="ขุขันธ์")) == ["T-03"]
    assert numbers(search(staff, "ลำดวนหอม", tambon="เมืองศรีสะเกษ/โพธิ์")) == ["T-01", "T-04"]
    assert numbers(search(staff, "ลำดวนหอม", level="2"))[:1] == ["T-01"]
    assert numbers(search(staff, "ลำดวนหอม", level="1")) == []


def test_what_is_wrong_is_told_beside_its_field(people: dict[Role, Browser]) -> None:
    staff = people[Role.STAFF]
    for data, field, sentence in (
        ({"text": " . "}, "text", "กรอกชื่อ ตำบล หรืออำเภอ"),
        ({"text": "ก" * 101}, "text", "ยาวเกิน 100"),
        ({"text": "ก\0"}, "text", "อ่านไม่ได้"),
        ({"amphoe": "ไม่มีที่นี่"}, "amphoe", "เลือกจากรายการที่มี"),
        ({"amphoe": "ขุขันธ์", "tambon": "เมืองศรีสะเกษ/โพธิ์"}, "tambon", "โปรดเลือกตำบลและอำเภอให้ตรงกัน"),
    ):
        answer = search(staff, **data)
        summary = re.search(rf'<a href="#id_{field}">([^<]*)</a>', answer.body)
        assert summary and sentence in summary[1], data
        assert "ผิดพลาด: " in answer.body
        assert numbers(answer) == []


def test_no_name_is_in_an_address(people: dict[Role, Browser]) -> None:
    answer = people[Role.STAFF].post("/register/", {"text": "ทองใบ"}, follow=False)
    assert answer.status == 302
    assert re.fullmatch(r"/register/\?search=[\w-]{12}", answer.headers["Location"])
    page = people[Role.STAFF].get(answer.headers["Location"])
    assert numbers(page) == ["T-01"]
    assert "ทองใบ" not in re.search(r"<title>(.*?)</title>", page.body, re.S)[1]  # type: ignore[index]


def test_a_search_opens_in_its_own_session_alone(portal: Portal, people: dict[Role, Browser]) -> None:
    address = people[Role.STAFF].post("/register/", {"text": "ทองใบ"}, follow=False).headers["Location"]
    for other in (people[Role.ADMIN], people[Role.OFFICER]):
        answer = other.get(address)
        assert "หมดอายุ" in answer.body and numbers(answer) == []
    assert people[Role.STAFF].get(address.replace("/register/", "/cases/")).body.count("หมดอายุ") == 1
    assert "หมดอายุ" in people[Role.STAFF].get("/register/?search=").body


def test_a_search_passes(portal: Portal) -> None:
    from django.contrib.sessions.models import Session

    person = portal.signed_in(Role.STAFF)
    address = person.post("/register/", {"text": "ทองใบ"}, follow=False).headers["Location"]
    row = Session.objects.get(pk=person.session())
    kept = row.get_decoded()
    for one in kept["searches"].values():
        one["at"] -= 3601
    row.session_data = Session.objects.encode(kept)
    row.save()
    assert "หมดอายุ" in person.get(address).body
    for word in ("ก", "ข", "ค", "ง", "จ", "ฉ", "ช"):
        search(person, word)
    assert len(Session.objects.get(pk=person.session()).get_decoded()["searches"]) == 5


def test_pages(people: dict[Role, Browser]) -> None:
    first = search(people[Role.OFFICER], "มากมาย")
    assert len(numbers(first)) == PAGE
    assert f"พบ {MANY} คน" in first.body
    address = html.unescape(re.search(r'rel="next" href="([^"]*)"', first.body)[1])  # type: ignore[index]
    second = people[Role.OFFICER].get(f"/register/{address}")
    assert numbers(second) == [f"M-{n:02}" for n in range(PAGE, MANY)]
    assert f'<ol class="people" start="{PAGE + 1}">' in second.body
    for odd in ("0", "-1", "x", "%E0%B9%92", "999999", "9" * 30):
        answer = people[Role.OFFICER].get(f"/register/{address.rpartition('=')[0]}={odd}")
        assert answer.status == 200 and numbers(answer), odd


def test_every_look_is_noted_and_so_is_finding_nobody(portal: Portal) -> None:
    email = "noted.register@example.go.th"
    account = str(portal.account(email).pk)
    person = portal.sign_in(email)
    search(person, "ทองใบ")
    search(person, "ไม่มีใครชื่อนี้แน่")
    seen = [reading for reading in noted(portal) if reading.account == account]
    assert [reading.keys for reading in seen] == [("T-01",), ()]
    assert not any("ทองใบ" in str(reading) for reading in seen)


def test_what_the_register_holds_is_shown_as_text(people: dict[Role, Browser]) -> None:
    answer = search(people[Role.STAFF], "script")
    assert numbers(answer) == ["T-04"]
    assert "<script>alert" not in answer.body and "&lt;script&gt;" in answer.body


def test_a_person_for_the_case_form(portal: Portal) -> None:
    person = portal.office.register_search.person
    officer = Viewer(Role.OFFICER, (("เมืองศรีสะเกษ", "หนองครก"),), "")
    row = person("T-02", officer)
    assert row is not None
    assert (row.title, row.name, row.house_no, row.moo) == ("นาย", "ทองดี ลำดวนหอม", "7", "1")
    assert (row.tambon, row.amphoe) == ("หนองครก", "เมืองศรีสะเกษ")  # as the province spells them
    assert person("T-01", officer) is None


def test_it_needs_the_second_factor(portal: Portal) -> None:
    person = portal.signed_in(Role.OFFICER, factor=False)
    assert person.post("/register/", {"text": "ทองใบ"}, follow=False).headers["Location"] == "/security/"

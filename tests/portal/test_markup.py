"""Every field that a person can fill, in forms, sheets and the register, holds markup and a formula at once: no page
that shows it has anything live in it, and no workbook a formula."""

from __future__ import annotations

import csv
import email as mail
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from email import policy
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import openpyxl
import pytest

from bridge.application.ports.read_log import Reading
from bridge.domain.access import Role
from bridge.domain.columns import Owner
from tests.functional.office import CASE_TITLES, TestOffice, valid_id
from tests.portal.portal import Browser, Portal
from tests.portal.test_admin import download
from tests.portal.test_submit import REQUEST, case, cases_of

LIVE = """=1+1"'><img src=x onerror=alert(1)><script>alert(1)</script><a href="javascript:alert(1)">{{7*7}}</a>"""
SCHEMES = {"", "http", "https", "mailto", "tel", "data"}  # data: the picture of the authenticator's code
VOID = {"srcdoc", "formaction", "background", "ping"}


class Live(HTMLParser):
    """What a browser would run of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._script = False

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        named = dict(attributes)
        if tag == "script":
            self._script = not str(named.get("src", "")).startswith("/static/")
        if tag in ("style", "iframe", "object", "embed", "base") or (tag == "script" and self._script):
            self.found.append(tag)
        if tag == "img" and named.get("src") == "x":
            self.found.append("img")
        for name, value in attributes:
            address = name in ("href", "src", "action") and urlsplit(value or "").scheme not in SCHEMES
            if name.startswith("on") or name == "style" or name in VOID or address:
                self.found.append(f"{tag} {name}={value}")


def live(page: str) -> list[str]:
    parser = Live()
    parser.feed(page)
    parser.close()
    return parser.found


@pytest.mark.parametrize(
    "page",
    [
        f"<p>{LIVE}</p>",
        "<p onclick='x'>",
        "<script>x</script>",
        "<a href=' javascript:x'>",
        "<svg onload=x>",
        "<b style=x>",
    ],
)
def test_what_is_live_is_seen(page: str) -> None:
    assert live(page)
    assert not live("<p>1 &lt;script&gt;</p><script src='/static/portal.js'></script><a href='/cases/'>")


@pytest.fixture(scope="module")
def people(served_portal: Portal) -> dict[Role, Browser]:
    served_portal.look()
    return {role: served_portal.signed_in(role) for role in (Role.OFFICER, Role.STAFF, Role.ADMIN)}


@pytest.fixture(scope="module")
def told(
    served_portal: Portal, people: dict[Role, Browser], tmp_path_factory: pytest.TempPathFactory
) -> list[str]:
    """The numbers of the cases: one sent by the portal's form, one by a file of the other form with every answer
    hostile; then every cell that staff may write, the register, a request for access that is approved."""
    portal, hands = served_portal, TestOffice(served_portal.root)
    text = ("sender_name", "sender_org", "sender_phone", "letter_no", "letter_date", "person_name", "problem")
    free = dict.fromkeys((*text, "age", "house_no", "moo", "person_phone", "case_type_other"), LIVE)
    data = case(**free, case_type="อื่นๆ", national_id=valid_id(9001))
    warned = people[Role.OFFICER].post("/cases/new/", data)
    assert not live(warned.body)
    seen = warned.body.partition('name="seen" value="')[2].partition('"')[0]
    assert people[Role.OFFICER].post("/cases/new/", {**data, "seen": seen}).heading == "ส่งเคสแล้ว"
    answers = ["2026/11/20 1:00:00 PM GMT+7", *[LIVE] * (len(CASE_TITLES) - 1)]
    hands.send_cases([answers, [LIVE] * len(CASE_TITLES)], "live.csv")
    asked = {**REQUEST, **dict.fromkeys(("org", "first_name", "last_name", "phone"), LIVE)}
    portal.browser().post("/access/", {**asked, "email": "live@example.go.th"})
    assert not portal.office.cycle.sync().trouble
    table = portal.office.province.table("cases")
    own = [column for column in table.columns if column.owner in (Owner.STAFF, Owner.SUGGESTED)]
    with hands.edit("cases") as tab:
        for row in range(2, tab.sheet.max_row + 1):
            for column in own:
                tab[row, column.header] = LIVE.removeprefix("=") if column.key != "checked" else "ตรวจสอบแล้ว"
    with hands.edit("access") as tab:
        tab[2, "อนุมัติ"], tab[2, "บทบาท"] = "อนุมัติ", "เจ้าหน้าที่ พมจ."
    assert not portal.office.cycle.sync().trouble
    portal.office.publish.run()
    _import_register(portal, tmp_path_factory.mktemp("live") / "tpmap.csv")
    reader = str(portal.account("reader@example.go.th", factor=False).pk)
    portal.office.ports.read_log.note(Reading(datetime.now(UTC), reader, "case_view", ("A-1",), LIVE))
    return [
        *cases_of(portal, data["key"]),
        *(state.key for state in portal.office.ports.rows.load_all("cases")),
    ]


def _import_register(portal: Portal, file: Path) -> None:
    titles = {column: words[0] for column, words in portal.office.province.register_.columns.items()}
    placed = {"number": "T-1 LIVE", "tambon": "โพธิ์", "amphoe": "เมืองศรีสะเกษ", "name": f"สดใส {LIVE}"}
    with file.open("w", encoding="utf-8", newline="") as opened:
        csv.writer(opened).writerows([[*titles.values()], [placed.get(column, LIVE) for column in titles]])
    assert portal.office.import_register.run(portal.office.register_file(file)).new == 1


def _pages(portal: Portal, people: dict[Role, Browser], told: list[str]) -> Iterator[tuple[str, str]]:
    from bridge.adapters.ledger.models import Account

    staff, admin = people[Role.STAFF], people[Role.ADMIN]
    pk = Account.objects.get(email="live@example.go.th").pk
    paths = [
        "/cases/",
        "/reviews/",
        "/reviews/?state=",
        "/reviews/doubts/",
        "/overview/",
        "/admin/people/",
        "/admin/mails/",
    ]
    paths += [f"/admin/people/{pk}/", f"/admin/people/{pk}/sign-out/", f"/admin/people/{pk}/slip/"]
    paths += [f"/cases/{number}/" for number in told]
    paths += [f"/reviews/{review.key}/" for review in portal.office.ports.reviews.page(None, None, 0, 20)[0]]
    for path in paths:
        answer = admin.get(path)
        assert answer.status == 200, path
        yield path, answer.body
    yield "the receipt", people[Role.OFFICER].get(f"/cases/new/sent/{told[0]}/").body
    yield "the officer's list", people[Role.OFFICER].get("/cases/").body
    yield "the register", staff.post("/register/", {"text": "สดใส"}).body
    yield "from the register", staff.post("/cases/new/", {"number": "T-1 LIVE"}).body
    yield "the search's own words", staff.post("/cases/", {"text": LIVE[:90]}).body
    yield "the read log", admin.post("/admin/readlog/", {"key": "A-1"}).body
    yield "the slip", admin.post(f"/admin/people/{pk}/slip/").body
    yield (
        "a form refused",
        portal.browser().post("/access/", {**dict.fromkeys(REQUEST, LIVE), "email": LIVE}).body,
    )
    yield "a sign-in refused", portal.browser().post("/sign-in/", {"login": LIVE, "password": LIVE}).body
    yield "a person sought", admin.post("/admin/person/", {"person": told[0], "why": LIVE, "do": "find"}).body


def test_no_page_has_anything_live_in_it(
    portal: Portal, people: dict[Role, Browser], told: list[str]
) -> None:
    shown = 0
    for name, page in _pages(portal, people, told):
        assert live(page) == [], name
        assert "49</a>" not in page, name
        shown += "&lt;script&gt;" in page
    assert shown >= 15, "the text is there, as text"


def test_no_letter_has_anything_live_in_it(portal: Portal, told: list[str]) -> None:
    portal.office.cycle.deliver()
    letters = [
        mail.message_from_bytes(path.read_bytes(), policy=policy.default)
        for path in portal.office.workspace.outbox.glob("*.eml")
    ]
    mine = [letter for letter in letters if "live@example.go.th" in str(letter["To"])]
    assert mine, "approved, and told so"
    for letter in mine:
        page = letter.get_body(("html",)).get_content()
        assert live(page.replace("style=", "data-style=")) == []  # letters carry their own styles
        assert len(letter.get_all("To")) == 1 and letter["Bcc"] is None


def test_no_workbook_has_a_formula_in_it(
    portal: Portal, people: dict[Role, Browser], told: list[str]
) -> None:
    admin, workspace = people[Role.ADMIN], portal.office.workspace
    portal.office.summarise.run()
    books = {
        path.name: path.read_bytes()
        for path in (workspace.cases_book, workspace.access_book, workspace.summary_book)
    }
    asked = {"person": told[0], "why": "=1+1", "do": "xlsx"}
    books["person"] = download(admin, "/admin/person/", asked)[1]
    books["pack"] = download(admin, "/admin/readlog/", {"key": "A-1", "do": "pack"})[1]
    hostile = 0
    for name, content in books.items():
        book = openpyxl.load_workbook(io.BytesIO(content))
        cells = [
            cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None
        ]
        assert not [cell.value for cell in cells if cell.data_type == "f"], name
        hostile += sum(str(cell.value).startswith("=1+1") for cell in cells)
    assert hostile > 20, "the text is there, as text"

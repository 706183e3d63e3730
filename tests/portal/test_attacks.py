"""What holds for every route of the table against forged, odd and hostile requests."""

from __future__ import annotations

import http.client
import json
import re
import socket
import time
import urllib.parse
import uuid
from typing import Any

import pytest

from bridge.domain.access import Role
from tests.portal.portal import PASSWORD, Answer, Browser, Portal
from tests.portal.test_admin import download
from tests.portal.test_routes import address, routes
from tests.portal.test_submit import CASE, REQUEST, case, cases_of

EVIL = "https://evil.example/"
HEADERS = {
    "Content-Security-Policy": "object-src 'none'",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=()",
    "Cache-Control": "no-store, private",
}
# What is said to people where they cannot be let in, by status.
DOOR = dict.fromkeys((400, 431, 501), "ระบบอ่านคำขอนี้ไม่ได้") | {413: "สิ่งที่ส่งมาใหญ่เกินไป"}
# Names that a page reads from its address, and some that it does not.
READ = ("next", "search", "page", "state", "role", "kind", "year", "do", "key", "_method")


@pytest.fixture(scope="module")
def people(served_portal: Portal) -> dict[Role, Browser]:
    served_portal.look()
    return {role: served_portal.signed_in(role) for role in Role}


@pytest.fixture(scope="module")
def visitors(served_portal: Portal, people: dict[Role, Browser]) -> list[Browser]:
    """An admin, who may open the most, an officer, and somebody who is not signed in."""
    return [people[Role.ADMIN], people[Role.OFFICER], served_portal.browser()]


def raw(portal: Portal, method: str, target: str, body: bytes = b"", **headers: str) -> Answer:
    """A request as it is written, also one that no browser would send."""
    server = http.client.HTTPConnection(portal.base.partition("//")[2], timeout=30)
    server.putrequest(method, target, skip_accept_encoding=True)
    for name, value in {"Content-Length": str(len(body)), **headers}.items():
        server.putheader(name.replace("_", "-"), value)
    server.endheaders(body)
    with server.getresponse() as response:
        return Answer(response.status, target, response.headers, response.read().decode("utf-8", "replace"))


def sound(answer: Answer, what: object) -> None:
    """An answer that broke nothing and shows nothing of the inside."""
    assert answer.status < 500, what
    for inside in ("Traceback", "site-packages", "django", "bridge.", "SELECT ", "sqlite"):
        assert inside not in answer.body, (what, inside)


class TestForgedForms:
    def test_no_route_takes_a_form_without_its_token(self, portal: Portal, visitors: list[Browser]) -> None:
        before = portal.ledger()
        for person in visitors:
            person.get("/privacy/")
            for route in routes():
                for data in ({}, {"csrfmiddlewaretoken": "x" * 64}):
                    answer = person.ask("POST", address(route), data, follow=False)
                    away = answer.status == 302 and answer.headers["Location"].startswith("/sign-in/")
                    assert answer.status == 403 or away, route
        assert portal.ledger() == before

    def test_a_token_of_somebody_else_is_none(self, portal: Portal, people: dict[Role, Browser]) -> None:
        theirs = portal.signed_in(Role.STAFF)
        data = case(csrfmiddlewaretoken=str(theirs.token()))
        assert people[Role.OFFICER].ask("POST", "/cases/new/", data).status == 403
        assert cases_of(portal, data["key"]) == []

    def test_no_route_takes_one_from_another_site(self, portal: Portal, people: dict[Role, Browser]) -> None:
        before = portal.ledger()
        for route in routes():
            for told in ({"Origin": EVIL[:-1]}, {"Origin": "null"}):
                answer = people[Role.ADMIN].post(address(route), {"x": "y"}, headers=told, follow=False)
                assert answer.status == 403, (route, told)
        assert portal.ledger() == before


class TestHeaders:
    def test_every_answer_carries_them_whatever_was_asked(
        self, portal: Portal, visitors: list[Browser]
    ) -> None:
        paths = [*map(address, routes()), "/no/such/page", "/static/none.css"]
        for person in visitors[::2]:
            for path in paths:
                for method in ("GET", "POST"):
                    answer = person.ask(method, path, follow=False)
                    for name, value in HEADERS.items():
                        assert value in (answer.headers[name] or ""), (method, path, name)
                    for name in ("Access-Control-Allow-Origin", "Server", "X-Powered-By"):
                        assert name not in answer.headers, (path, name)
                    kind = answer.headers["Content-Type"] or ""
                    assert not kind.startswith("text/") or "charset=utf-8" in kind, (method, path, kind)

    def test_a_page_is_nobodys_to_read_by_script(self, portal: Portal, people: dict[Role, Browser]) -> None:
        for path in ("/", "/cases/", "/healthz"):
            answer = people[Role.ADMIN].get(path, headers={"Origin": EVIL[:-1]})
            assert "Access-Control-Allow-Origin" not in answer.headers

    def test_downloads_are_kept_nowhere_and_opened_by_nothing(
        self, people: dict[Role, Browser], portal: Portal
    ) -> None:
        admin = people[Role.ADMIN]
        book = admin.get("/overview/figures.xlsx")
        pack, _ = download(admin, "/admin/readlog/", {"do": "pack"})
        for headers in (book.headers, pack):
            assert headers["Cache-Control"] == "no-store, private"
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert re.fullmatch(r'attachment; filename="[\w.-]+"', headers["Content-Disposition"])


class TestMethods:
    @pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "OPTIONS", "PROPFIND", "ABC"])
    def test_unusual_ones_do_nothing(self, portal: Portal, visitors: list[Browser], method: str) -> None:
        before = portal.ledger()
        for person in visitors[::2]:
            for route in routes():
                answer = person.ask(method, address(route), follow=False, headers={"X-Mark": "echo-4711"})
                sound(answer, route)
                assert answer.status >= 300 or method == "OPTIONS", (method, route)
                assert "echo-4711" not in answer.body
        assert portal.ledger() == before

    def test_a_get_is_not_made_a_post(self, portal: Portal, people: dict[Role, Browser]) -> None:
        before = portal.ledger()
        admin = people[Role.ADMIN]
        token = urllib.parse.quote(str(admin.token()))
        for route in routes():
            path = f"{address(route)}?_method=POST&csrfmiddlewaretoken={token}&key={uuid.uuid4().hex}"
            for header in ("X-HTTP-Method-Override", "X-Method-Override"):
                sound(admin.get(path, headers={header: "POST"}, follow=False), route)
        assert portal.ledger() == before


class TestAddresses:
    def test_nothing_in_an_address_leads_to_another_site(self, visitors: list[Browser]) -> None:
        for goal in (EVIL, "//evil.example"):
            query = urllib.parse.urlencode(dict.fromkeys(("next", "url", "return_to"), goal))
            for person in visitors[::2]:
                for route in routes():
                    answer = person.get(f"{address(route)}?{query}", follow=False)
                    place = urllib.parse.urlsplit(answer.headers["Location"] or "")
                    assert (place.scheme, place.netloc) == ("", ""), (route, goal)
                    links = re.findall(r'(?:href|action|src)="([^"]*evil\.example[^"]*)"', answer.body)
                    assert not [link for link in links if urllib.parse.urlsplit(link).netloc], (route, goal)

    def test_signing_in_leads_to_no_other_site(self, portal: Portal) -> None:
        portal.account("leading@example.go.th", factor=False)
        for goal in (EVIL, "//evil.example", "/\\evil.example", "javascript:alert(1)"):
            data = {"login": "leading@example.go.th", "password": PASSWORD, "next": goal}
            answer = portal.browser().post(f"/sign-in/?next={urllib.parse.quote(goal)}", data, follow=False)
            assert (answer.status, answer.headers["Location"]) == (302, "/")

    def test_no_line_break_comes_into_a_header(self, visitors: list[Browser]) -> None:
        hostile = "/%0d%0aX-Evil:%201%0d%0aSet-Cookie:%20evil=1"
        for person in visitors[::2]:
            for route in routes():
                query = "&".join(f"{name}={hostile}" for name in READ)
                answer = person.get(f"{address(route)}?{query}", follow=False)
                sound(answer, route)
                assert "X-Evil" not in answer.headers, route
                assert "evil=" not in str(answer.headers.get_all("Set-Cookie")), route

    def test_odd_bytes_and_numbers_break_no_page(self, portal: Portal, visitors: list[Browser]) -> None:
        odd = ("%00", "%ff%fe", "%ed%a0%80", "-1", "9" * 40, "NaN", "%E0%B9%91", "%27%22%3C", "b" * 3000)
        for person in visitors[::2]:
            for route in routes():
                for turn in range(3):  # the values move on by one name
                    told = zip(READ, (*odd[turn:], *odd), strict=False)
                    query = "&".join(f"{name}={value}" for name, value in told)
                    sound(person.get(f"{address(route)}?{query}", follow=False), (route, query))

    @pytest.mark.parametrize(
        "odd", ["%00", "%ff", "..%2f..%2fetc%2fpasswd", "%ed%a0%80", "b" * 2000, "'%20OR%201=1"]
    )
    def test_odd_places_are_not_there(self, people: dict[Role, Browser], odd: str) -> None:
        for route in routes():
            if "<" in route.path:
                path = "/" + re.sub(r"<\w+:\w+>", odd, route.path)
                answer = people[Role.ADMIN].get(path, follow=False)
                sound(answer, path)
                allowed = (302, 401, 404) if route.path.startswith("api/") else (302, 404)
                assert answer.status in allowed or route.name.startswith("overview_amphoe"), path

    @pytest.mark.parametrize(
        "way", ["..", "%2e%2e", "..%2f", "%2e%2e%2f", "..\\", "%5c..", "....//", "..;", "%252e%252e", "/etc"]
    )
    @pytest.mark.parametrize("aim", ["province.toml", ".secret-key", "ledger.sqlite3", "logs/saphan.log"])
    def test_static_files_lead_nowhere_else(self, portal: Portal, way: str, aim: str) -> None:
        for path in (
            f"/static/{way}/{way}/{aim}",
            f"/static/{way}/{aim}",
            f"/{way}/{aim}",
            f"/static//{aim}",
        ):
            answer = raw(portal, "GET", path, Host=portal.base.partition("//")[2])
            assert answer.status in (301, 302, 400, 404), path
            sound(answer, path)
            assert "[province]" not in answer.body

    def test_no_folder_is_listed(self, portal: Portal) -> None:
        for path in ("/static/", "/static", "/.git/config", "/.env", "/admin/jsi18n/", "/debug/"):
            assert portal.browser().get(path, follow=False).status in (302, 404), path


class TestHost:
    @pytest.mark.parametrize(
        "host",
        ["evil.example", "127.0.0.1.evil.example", "evil.example:80", "", "a b", "127.0.0.1@evil.example"],
    )
    def test_an_unknown_one_gets_nothing(self, portal: Portal, host: str) -> None:
        for path in ("/", "/sign-in/", "/healthz", "/password/forgotten/"):
            answer = raw(portal, "GET", path, Host=host)
            assert answer.status == 400, (path, host)
            assert "evil" not in answer.body

    def test_a_mailed_link_is_the_provinces_own(self, portal: Portal) -> None:
        from bridge.adapters.ledger.models import OutboxMessage

        portal.account("poisoned@example.go.th", factor=False)
        told = {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
        portal.browser().post("/password/forgotten/", {"email": "poisoned@example.go.th"}, headers=told)
        for _ in range(200):
            if OutboxMessage.objects.filter(recipient="poisoned@example.go.th").exists():
                break
            time.sleep(0.05)
        assert not portal.office.cycle.deliver().trouble
        letters = [path.read_text(encoding="utf-8") for path in portal.office.workspace.outbox.glob("*.eml")]
        assert letters and not any("evil.example" in letter for letter in letters)

    def test_two_lengths_are_refused(self, portal: Portal) -> None:
        """Where a request ends must not be doubtful."""
        host = portal.base.partition("//")[2]
        body = b"0\r\n\r\nGET /healthz HTTP/1.1\r\n\r\n"
        answer = raw(portal, "POST", "/sign-in/", body, Host=host, Transfer_Encoding="chunked, identity")
        assert answer.status in (400, 403, 501)
        answer = raw(portal, "POST", "/sign-in/", body, Host=host, Content_length="4, 30")
        assert answer.status == 400


class TestDoor:
    """What never comes as far as a page: the server itself refuses it."""

    @pytest.mark.parametrize(
        ("said", "status"),
        [
            (b"GET / HTTP/1.1\r\nbroken\r\n\r\n", 400),
            (b"get / HTTP/1.1\r\nHost: x\r\n\r\n", 400),
            (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
            (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", 400),
            (b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
            (b"GET / HTTP/1.1\r\nCookie: ".ljust(1 << 18, b"x"), 431),
            (b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 900000000\r\n\r\n", 413),
            (b"POST / HTTP/1.1\r\nContent-Length: 9000000000\r\n\r\n", 413),
            (b"POST /cases/new/ HTTP/1.1\r\nContent-Length: 59000000\r\n\r\n" + bytes(59_000_000), 413),
        ],
        ids=["header", "method", "length", "chunk", "coding", "cookies", "asks-first", "endless", "film"],
    )
    def test_what_the_server_refuses_is_said_in_thai(self, portal: Portal, said: bytes, status: int) -> None:
        answer = self._say(portal, said)
        assert (answer.status, answer.heading) == (status, DOOR[status])
        assert all(value in answer.headers[name] for name, value in HEADERS.items())
        assert "waitress" not in answer.body

    @pytest.mark.parametrize(("length", "code"), [("900000000", "too_large"), ("0, 5", "bad_request")])
    def test_the_api_says_it_in_json(self, portal: Portal, length: str, code: str) -> None:
        head = f"POST /api/v1/cases HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: {length}\r\n\r\n"
        assert json.loads(self._say(portal, head.encode()).body)["code"] == code

    def _say(self, portal: Portal, said: bytes) -> Answer:
        with socket.create_connection(("127.0.0.1", int(portal.base.rpartition(":")[2])), 30) as line:
            line.sendall(said)  # all of it before the answer is read, as browsers do
            response = http.client.HTTPResponse(line)
            response.begin()
            answer = Answer(response.status, "", response.headers, response.read().decode("utf-8"))
            assert line.recv(1) == b"", "where the next request would begin is not sure"
        return answer


class TestForms:
    FIELDS = (
        ("/access/", {**REQUEST, "email": "odd@example.go.th"}, None),
        ("/cases/new/", CASE, Role.OFFICER),
        (
            "/cases/",
            {"text": "", "amphoe": "", "tambon": "", "operation": "", "fiscal_year": ""},
            Role.OFFICER,
        ),
        ("/register/", {"text": "ก", "amphoe": "", "tambon": "", "level": ""}, Role.OFFICER),
        ("/admin/readlog/", {"account": "", "key": "", "since": "", "until": "", "page": "1"}, Role.ADMIN),
        ("/admin/person/", {"person": "x", "why": "y", "do": "json"}, Role.ADMIN),
        ("/sign-in/", {"login": "odd@example.go.th", "password": "x"}, None),
        ("/password/forgotten/", {"email": "odd@example.go.th"}, None),
    )

    @pytest.mark.parametrize(("path", "fields", "role"), FIELDS)
    def test_no_field_breaks_its_page(
        self,
        portal: Portal,
        people: dict[Role, Browser],
        path: str,
        fields: dict[str, str],
        role: Role | None,
    ) -> None:
        person = people[role] if role else portal.browser()
        for name in fields:  # alone, beside what is right
            for value in ("\udcff", "9" * 50):
                sound(_send(person, path, [*{**fields, name: value}.items()]), (path, name, value[:20]))
        for value in ("\x00", "ก" * 20_000, "\r\nBcc: x@evil.example", "١٢٣"):
            sound(_send(person, path, [(name, value) for name in fields]), (path, value[:20]))

    def test_a_form_that_is_too_long_is_refused(self, portal: Portal, people: dict[Role, Browser]) -> None:
        before = portal.ledger()
        officer = people[Role.OFFICER]
        for fields, status in (
            ([("problem", "ก" * 800_000)], 413),
            ([(f"f{n}", "") for n in range(1500)], 400),
        ):
            answer = _send(officer, "/cases/new/", fields)
            assert (answer.status, answer.heading) == (status, DOOR[status])
            sound(answer, "long")
        assert portal.ledger() == before

    def test_a_field_said_twice_counts_once(self, portal: Portal, people: dict[Role, Browser]) -> None:
        data = case()
        twice = [("person_name", "นายถูก ทับไป"), *data.items(), ("key", data["key"])]
        assert _send(people[Role.OFFICER], "/cases/new/", twice).status == 302
        (number,) = cases_of(portal, data["key"])
        assert "ถูก ทับไป" not in people[Role.OFFICER].get(f"/cases/new/sent/{number}/").body

    def test_what_is_in_the_address_is_no_part_of_the_form(
        self, portal: Portal, people: dict[Role, Browser]
    ) -> None:
        data = case()
        query = urllib.parse.urlencode(data)
        people[Role.OFFICER].post(f"/cases/new/?{query}", {"key": data["key"]})
        people[Role.OFFICER].get(f"/cases/new/?{query}")
        assert cases_of(portal, data["key"]) == []

    def test_nothing_is_set_that_the_form_does_not_ask(
        self, portal: Portal, people: dict[Role, Browser]
    ) -> None:
        from bridge.adapters.ledger.models import Account

        data = case(
            checked="ตรวจสอบแล้ว", amount="99999", case_id="SSK-2569-000001", role="admin", is_active="1"
        )
        people[Role.OFFICER].post("/cases/new/", data)
        (number,) = cases_of(portal, data["key"])
        assert not portal.office.cycle.sync().trouble
        values = portal.office.ports.rows.load("cases", [number])[number].values
        assert not values.get("checked") and not values.get("amount")
        portal.account("massed@example.go.th", factor=False)
        link = portal.link("massed@example.go.th")
        new = "ปลาทู กระต่าย นาฬิกาทราย"
        portal.browser().post(
            link, {"password": new, "again": new, "role": "admin", "email": "x@evil.example"}
        )
        assert Account.objects.get(email="massed@example.go.th").role == Role.OFFICER


def _send(person: Browser, path: str, fields: list[tuple[str, str]]) -> Answer:
    """A form with fields said more than once, or in bytes that are no text."""
    person.get("/sign-in/" if person.token() is None else "/privacy/")
    told: list[tuple[str, Any]] = [("csrfmiddlewaretoken", person.token() or ""), *fields]
    body = urllib.parse.urlencode(told, errors="surrogateescape").encode("ascii")
    return _raw_post(person, path, body)


def _raw_post(person: Browser, path: str, body: bytes) -> Answer:
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in person.cookies)
    server = http.client.HTTPConnection(person.base.partition("//")[2], timeout=30)
    kind = "application/x-www-form-urlencoded"
    server.request("POST", path, body, {"Cookie": cookies, "Content-Type": kind})
    with server.getresponse() as response:
        return Answer(response.status, path, response.headers, response.read().decode("utf-8", "replace"))

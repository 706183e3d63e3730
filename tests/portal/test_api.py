"""The JSON API by real requests: each operation with each scope and area, sending, limits, and what it keeps quiet."""

from __future__ import annotations

import http.client
import json
import re
import urllib.parse
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bridge.application.ports.read_log import Sought
from bridge.domain.access import Role
from bridge.domain.api_clients import Scope, write_token
from bridge.domain.overview import SECTIONS
from tests.functional.office import valid_id
from tests.portal.api import ROOT, Api, client, document
from tests.portal.portal import PASSWORD, Portal, served
from tests.portal.test_submit import CASE

HERE, THERE = "เมืองศรีสะเกษ", "กันทรลักษ์"
TAMBONS = {HERE: "โพธิ์", THERE: "น้ำอ้อม"}
MANY, FEW = 10_000, 20  # requests, and bad tokens, a minute
_numbers = iter(range(20_000, 30_000))


@pytest.fixture(scope="module")
def served_portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """One portal for all of this module, with three published cases, one that is not, and the figures of them."""
    changes = {
        "requests_per_minute = 120": f"requests_per_minute = {MANY}",
        "bad_tokens_per_minute = 30": f"bad_tokens_per_minute = {FEW}",
    }
    with served(tmp_path_factory.mktemp("api") / "พมจ", changes=changes) as opened:
        api = client(opened)
        for amphoe in (HERE, HERE, THERE, HERE):
            assert api.send(case(amphoe=amphoe, tambon=TAMBONS[amphoe]), key()).status == 201
        publish(opened, 3)
        opened.office.summarise.run()
        yield opened


def key() -> str:
    return uuid.uuid4().hex


def case(**changes: str) -> dict[str, str]:
    """An invented person's, as a client sends it."""
    number = next(_numbers)
    own = {"person_name": f"นายทดลอง ทดสอบ{'กขคงจฉชซญด'[number % 10]}", "national_id": valid_id(number)}
    return {**CASE, **own, "house_no": f"{number}/1", "tambon": TAMBONS[HERE], **changes}


def publish(portal: Portal, count: int) -> None:
    """The oldest `count` cases, as if staff had ticked them."""
    rows = portal.office.ports.rows
    states = list(rows.load_all("cases"))[:count]
    for state in states:
        state.values.update(checked=True, operation="รับเรื่องแล้ว", amount=2500.5)
    rows.save("cases", states)
    portal.office.publish.run()


def shown(portal: Portal, amphoe: str = "") -> list[str]:
    """The published cases as the ledger has them, the newest first."""
    found = [
        one.case
        for one in portal.office.ports.cases.published()
        if one.values["amphoe"] == amphoe or not amphoe
    ]
    return sorted(found, reverse=True)


def readings(portal: Portal, api: Api) -> list[tuple[str, tuple[str, ...], bool]]:
    found, _ = portal.office.ports.read_log.find(Sought(f"api:{api.key}"), 0, 100)
    return [(one.what, one.keys, one.refused) for one in found]


def cases_sent(portal: Portal, api: Api) -> list[str]:
    from bridge.adapters.ledger import models

    return list(
        models.Case.objects.filter(response__startswith=f"api:{api.key}:").values_list("key", flat=True)
    )


OPERATIONS = {  # by (name, method): what is asked, and what is right with the scope
    ("api_cases", "GET"): ("/cases", 200),
    ("api_cases", "POST"): ("/cases", 400),  # without its key
    ("api_case", "GET"): ("/cases/{case}", 200),
    ("api_figures", "GET"): ("/figures/{year}", 200),
    ("api_document", "GET"): ("/openapi.json", 200),
}


def address(portal: Portal, path: str) -> str:
    number = shown(portal)[-1]
    return path.replace("{case}", number).replace("{year}", number.split("-")[1])


class TestWhoMayDoWhat:
    @pytest.mark.parametrize("scope", [None, *Scope])
    def test_each_operation_with_each_scope(self, portal: Portal, scope: Scope | None) -> None:
        from bridge.portal.api.routes import API_ROUTES

        api = Api(portal) if scope is None else client(portal, scope)
        table = {(r.name, method): o.scope for r in API_ROUTES for method, o in r.operations.items()}
        assert set(table) == set(OPERATIONS), "an operation that is not asked here"
        for (name, method), (path, right) in OPERATIONS.items():
            answer = api.ask(method, address(portal, path), {} if method == "POST" else None)
            needed = table[name, method]
            if needed is None or needed == scope:
                assert answer.status == right, (name, method)
            else:
                assert answer.status == (401 if scope is None else 403), (name, method)
                assert answer.headers["WWW-Authenticate"].startswith("Bearer")

    def test_no_session_opens_it_and_no_form_reaches_it(self, portal: Portal) -> None:
        admin = portal.signed_in(Role.ADMIN)
        assert admin.get(f"{ROOT}/cases").status == 401
        assert admin.post(f"{ROOT}/cases", {"problem": "x"}).status == 401
        cookies = "; ".join(f"{one.name}={one.value}" for one in admin.cookies)
        assert client(portal).get("/cases", headers={"Cookie": cookies}).status == 200
        typed = {"Content-Type": "application/x-www-form-urlencoded"}
        assert client(portal).send(case(), key(), headers=typed).status == 415

    def test_only_a_good_token_opens_it(self, portal: Portal) -> None:
        from bridge.adapters.ledger.models import ApiClient

        good, late, taken = client(portal), client(portal), client(portal)
        ApiClient.objects.filter(pk=late.key).update(expires_at=datetime.now(UTC))
        assert taken.get("/cases").status == 200
        portal.office.api_clients.revoke(taken.key, "portal:0")
        unknown = write_token(bytes(range(32)))
        garbled = good.token[:-1] + ("a" if good.token[-1] != "a" else "b")
        bodies = set()
        for token in (late.token, taken.token, unknown, garbled, "x", "ก", "a\x80", good.token * 50):
            sent = token.encode().decode("latin-1")
            answer = Api(portal).get("/cases", headers={"Authorization": f"Bearer {sent}"})
            assert (answer.status, answer.code) == (401, "token_wrong"), token
            bodies.add(answer.body)
        assert len(bodies) == 1, "nothing tells why"
        for said in ("", "Bearer", f"Basic {good.token}", good.token):
            assert Api(portal).get("/cases", headers={"Authorization": said}).status == 401, said
        assert Api(portal).get(f"/cases?token={good.token}").status == 401
        assert Api(portal).get("/cases", headers={"Authorization": f"bearer {good.token}"}).status == 200

    def test_its_areas_bound_all_it_sees(self, portal: Portal) -> None:
        whole, part = client(portal), client(portal, amphoes=(THERE,))
        assert [one["case_id"] for one in whole.get("/cases").json["items"]] == shown(portal)
        assert [one["case_id"] for one in part.get("/cases").json["items"]] == shown(portal, THERE)
        other = urllib.parse.quote(HERE)
        assert part.get(f"/cases?amphoe={other}").json["items"] == []
        hidden, none = part.get(f"/cases/{shown(portal, HERE)[0]}"), part.get("/cases/SSK-2569-999999")
        assert (hidden.status, hidden.body) == (none.status, none.body) and none.status == 404
        assert ("api_case", (shown(portal, HERE)[0],), True) in readings(portal, part)
        assert part.get(f"/cases/{shown(portal, THERE)[0]}").status == 200
        year = shown(portal)[0].split("-")[1]
        assert HERE not in part.get(f"/figures/{year}").body.decode("unicode_escape")
        refused = part.send(case(), key())
        assert (refused.status, [one["code"] for one in refused.json["errors"]]) == (422, ["outside_areas"])
        assert cases_sent(portal, part) == []
        assert part.send(case(amphoe=THERE, tambon=TAMBONS[THERE]), key()).status == 201

    def test_who_the_person_is_needs_a_scope_of_its_own(self, portal: Portal) -> None:
        number = shown(portal)[0]
        public = client(portal, Scope.CASES_READ).get(f"/cases/{number}").json
        personal = client(portal, Scope.CASES_READ, Scope.PERSONS_READ).get(f"/cases/{number}").json
        assert set(personal) - set(public) == {"person_name", "house_no", "moo"}
        assert personal["person_name"].startswith("นายทดลอง")
        for told in (public, personal):
            assert not {"national_id", "person_phone", "problem"} & set(told)


class TestReading:
    def test_every_record_is_in_the_read_log(self, portal: Portal) -> None:
        api = client(portal)
        api.get("/cases")
        api.get(f"/cases/{shown(portal)[0]}")
        api.ask("HEAD", f"/cases/{shown(portal)[1]}")
        assert readings(portal, api) == [
            ("api_case", (shown(portal)[1],), False),
            ("api_case", (shown(portal)[0],), False),
            ("api_cases", tuple(shown(portal)), False),
        ]
        names = portal.office.ports.people.readers([f"api:{api.key}"])
        assert list(names.values()) == ["API ระบบทดสอบ"]
        admin = portal.signed_in(Role.ADMIN)
        page = admin.post("/admin/readlog/", {"account": f"api:{api.key}"})
        assert "API รายละเอียดเคส" in page.body and "API ระบบทดสอบ" in page.body

    def test_values_are_what_officers_see(self, portal: Portal) -> None:
        told = client(portal).get(f"/cases/{shown(portal)[0]}").json
        kept = portal.office.ports.tracking.case(shown(portal)[0], published=True)
        assert told["amount"] == 2500.5 and told["operation"] == "รับเรื่องแล้ว"
        assert (
            datetime.fromisoformat(told["submitted_at"]).replace(tzinfo=None) == kept.values["submitted_at"]
        )
        assert datetime.fromisoformat(told["changed_at"]) == kept.published_at

    def test_pages_follow_one_another(self, portal: Portal) -> None:
        api, found, cursor = client(portal), [], ""
        for _ in range(len(shown(portal))):
            answer = api.get(f"/cases?limit=1{cursor}").json
            found += [one["case_id"] for one in answer["items"]]
            cursor = f"&cursor={answer['next_cursor']}"
        assert found == shown(portal) and answer["next_cursor"] is None

    def test_it_is_filtered(self, portal: Portal) -> None:
        from bridge.adapters.ledger.models import Publication

        api, year = client(portal), shown(portal)[0].split("-")[1]
        old = shown(portal)[-1]
        Publication.objects.filter(case=old).update(published_at=datetime(2024, 1, 1, tzinfo=UTC))
        since = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
        asked: dict[str, list[str]] = {
            f"fiscal_year={year}": shown(portal),
            "fiscal_year=2500": [],
            f"amphoe={THERE}": shown(portal, THERE),
            f"tambon={TAMBONS[THERE]}": shown(portal, THERE),
            "operation=รับเรื่องแล้ว": shown(portal),
            "operation=รอดำเนินการ": [],
            f"changed_since={since}": [one for one in shown(portal) if one != old],
            "changed_since=2024-01-01T07:00:00+07:00": shown(portal),
            f"amphoe={HERE}&changed_since={urllib.parse.quote(since)}": [
                one for one in shown(portal, HERE) if one != old
            ],
        }
        for query, right in asked.items():
            found = api.get(f"/cases?{urllib.parse.quote(query, safe='=&%:+')}").json["items"]
            assert [one["case_id"] for one in found] == right, query

    @pytest.mark.parametrize(
        "query",
        [
            "year=2569",
            "limit=0",
            "limit=101",
            "limit=x",
            "fiscal_year=2569&fiscal_year=2568",
            "fiscal_year=-1",
            "amphoe=x",
            "operation=x",
            "changed_since=yesterday",
            "changed_since=2026-01-01",
            "cursor=x",
            "cursor=SSK-2569-1'--",
            "tambon=%00",
            f"{valid_id(1)}=1",
        ],
    )
    def test_a_wrong_question_is_told(self, portal: Portal, query: str) -> None:
        answer = client(portal).get(f"/cases?{query}")
        assert (answer.status, answer.code) == (400, "query_wrong")
        assert len(answer.json["errors"]) == 1 and answer.json["errors"][0]["text"]

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("GET", "/figures/2569"),
            ("GET", "/cases/SSK-2569-000001"),
            ("GET", "/openapi.json"),
            ("POST", "/cases"),
        ],
    )
    def test_no_address_takes_a_name_that_it_does_not_know(
        self, portal: Portal, method: str, path: str
    ) -> None:
        api, long = client(portal), "x" * 50
        answer = api.ask(method, f"{path}?ampho=x&{long}=1", case() if method == "POST" else None)
        assert (answer.status, answer.code) == (400, "query_wrong")
        assert [one["field"] for one in answer.json["errors"]] == ["ampho", long[:40]]
        assert all(one["text"] for one in answer.json["errors"])
        assert cases_sent(portal, api) == []

    def test_the_figures_are_those_of_the_summary_sheets(self, portal: Portal) -> None:
        year = int(shown(portal)[0].split("-")[1])
        told = client(portal, Scope.FIGURES_READ).get(f"/figures/{year}").json
        kept = portal.office.overview.latest()
        assert kept is not None
        tabs = portal.office.overview.year(kept, year).sections
        assert [part["name"] for part in told["sections"]] == list(SECTIONS)
        for part, tab in zip(told["sections"], tabs.values(), strict=True):
            for table, block in zip(part["tables"], tab.blocks, strict=True):
                right = [
                    [value if value != "" else None for value in row] for row in (*block.rows, block.total)
                ]
                assert json.dumps([*table["rows"], table["total"]]) == json.dumps(right, default=_number)
        assert told["sections"][0]["tables"][0]["total"]
        for other in ("2500", "0", "9" * 30):
            assert client(portal).get(f"/figures/{other}").status == 404


def _number(value: Any) -> int | float:
    return int(value) if value == int(value) else float(str(value))


class TestSending:
    def test_it_becomes_a_case_as_from_the_web_form(self, portal: Portal) -> None:
        api, sent = client(portal, Scope.CASES_SUBMIT), case(case_type="อื่นๆ", case_type_other="ถูกไฟไหม้บ้าน")
        answer = api.send(sent, key())
        number = answer.json["case_id"]
        assert answer.json == {"case_id": number, "warnings": []}
        state = portal.office.ports.rows.load("cases", [number])[number]
        assert state.values["person_name"] == sent["person_name"]
        assert (state.values["amphoe"], state.values["tambon"]) == (HERE, TAMBONS[HERE])
        assert state.values["case_type"] == "อื่นๆ: ถูกไฟไหม้บ้าน"
        (line, *_) = portal.office.ports.rows.history("cases", number)
        assert (line.event.why, line.event.new) == ("submitted", "API ระบบทดสอบ")
        assert cases_sent(portal, api) == [number]
        assert api.get(f"/cases/{number}").status == 403

    def test_what_the_form_would_ask_about_is_a_warning(self, portal: Portal) -> None:
        answer = client(portal).send(case(national_id="1234567890123"), key())
        assert answer.status == 201
        assert [one["field"] for one in answer.json["warnings"]] == ["national_id"]

    def test_eight_at_once_make_one_case(self, portal: Portal) -> None:
        api, sent, name = client(portal), case(), key()
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda quote: api.send(sent, f"{quote}{name}{quote}"), ['"', ""] * 4))
        (number,) = cases_sent(portal, api)
        assert {(one.status, one.body) for one in answers} == {(201, answers[0].body)}
        assert answers[0].json["case_id"] == number
        other = api.send(case(), name)
        assert (other.status, other.code) == (422, "key_used")
        assert client(portal).send(sent, name).json["case_id"] != number, "another client's key is another"
        assert cases_sent(portal, api) == [number]

    @pytest.mark.parametrize("name", [None, "", "short", "k" * 65, "ก" * 20, f"{valid_id(1)}", "a b" * 8])
    def test_without_a_key_nothing_is_sent(self, portal: Portal, name: str | None) -> None:
        api = client(portal)
        headers = {} if name is None else {"Idempotency-Key": name.encode().decode("latin-1")}
        answer = api.ask("POST", "/cases", case(), headers=headers)
        assert (answer.status, answer.code) == (400, "key_missing")
        assert cases_sent(portal, api) == []

    def test_all_that_is_wrong_is_told_at_once(self, portal: Portal) -> None:
        api = client(portal)
        sent: dict[str, Any] = case(
            amphoe="ไม่มี", problem="ก" * 5001, person_name="ก\nข", checked="ใช่", key=key()
        )
        del sent["national_id"]
        sent["age"] = 70
        answer = api.send(sent, key())
        assert (answer.status, answer.code) == (422, "case_wrong")
        told = {(one["field"], one["code"]) for one in answer.json["errors"]}
        assert told == {
            ("checked", "unknown_field"),
            ("key", "unknown_field"),
            ("age", "not_text"),
            ("national_id", "required"),
            ("amphoe", "invalid_choice"),
            ("tambon", "invalid_choice"),
            ("problem", "max_length"),
            ("person_name", "line_break"),
        }
        assert all(one["text"] for one in answer.json["errors"])
        elsewhere = api.send(case(amphoe=HERE, tambon=TAMBONS[THERE]), key()).json["errors"]
        assert [one["field"] for one in elsewhere] == ["tambon"]
        assert cases_sent(portal, api) == []

    def test_the_document_and_the_form_agree(self, portal: Portal) -> None:
        """What the schema lets through the form takes, and what it does not the form refuses."""
        from openapi_schema_validator import OAS31Validator

        api, schema = client(portal), document(portal.base)["components"]["schemas"]["NewCase"]
        whole = case()
        for name in schema["properties"]:
            without = {column: said for column, said in whole.items() if column != name}
            assert OAS31Validator(schema).is_valid(without) == (api.send(without, key()).status == 201), name
        for odd in ({"case_type": "x"}, {"amphoe": ""}, {"letter_no": "ก" * 201}, {"moo": 7}, {"x": "y"}):
            assert not OAS31Validator(schema).is_valid({**whole, **odd})
            assert api.send({**whole, **odd}, key()).status == 422, odd

    @pytest.mark.parametrize(
        "raw",
        [b"", b"{", b"[]", b"null", b'"x"', b"\xff", b'{"a":1,"a":2}', b"[" * 30_000, "{}".encode("utf-16")],
    )
    def test_what_is_no_object_is_refused(self, portal: Portal, raw: bytes) -> None:
        answer = client(portal).send(None, key(), raw=raw, headers={"Content-Type": "application/json"})
        assert (answer.status, answer.code) == (400, "not_json")

    def test_only_small_plain_json(self, portal: Portal) -> None:
        api = client(portal)
        assert api.send(None, key(), raw=b"x" * 65_537).status == 413
        assert api.send({"problem": "x" * 3_000_000}, key()).status == 413
        assert api.send(case(), key(), headers={"Content-Encoding": "gzip"}).status == 415
        assert api.send(case(), key(), headers={"Content-Type": "text/plain"}).status == 415
        assert (
            api.send(case(), key(), headers={"Content-Type": "application/json; charset=utf-8"}).status == 201
        )

    def test_hostile_text_stays_text(self, portal: Portal) -> None:
        import openpyxl

        evil, half = '=HYPERLINK("https://evil.example")', "\ud83d"
        number = client(portal).send(case(letter_no=evil, problem=f"<b>{half}"), key()).json["case_id"]
        assert not portal.office.cycle.sync().trouble
        book = openpyxl.load_workbook(portal.office.workspace.cases_book)
        row = next(row for row in book.worksheets[0].iter_rows() if row[0].value == number)
        (cell,) = [cell for cell in row if cell.value == evil]
        assert cell.data_type == "s"


class TestManners:
    def test_other_methods_are_refused_by_name(self, portal: Portal) -> None:
        api = client(portal)
        for method in ("PUT", "PATCH", "DELETE", "TRACE"):
            answer = api.ask(method, "/cases")
            assert (answer.status, answer.headers["Allow"]) == (405, "GET, POST, HEAD, OPTIONS")
        assert Api(portal).ask("OPTIONS", "/cases").headers["Allow"] == "GET, POST, HEAD, OPTIONS"
        assert api.ask("POST", f"/cases/{shown(portal)[0]}", {}).headers["Allow"] == "GET, HEAD, OPTIONS"

    def test_an_unknown_address_is_a_problem_too(self, portal: Portal) -> None:
        for path in (
            "",
            "/",
            "/cases/",
            f"/cases/{shown(portal)[0]}/",
            "/persons",
            "/figures/x",
            "/../v1/none",
        ):
            assert client(portal).get(path).code == "not_found", path
        wrong = Api(portal).get("/openapi.json", headers={"Host": "evil.example"})
        assert (wrong.status, wrong.code) == (400, "bad_request") and b"evil" not in wrong.body

    def test_the_document_is_an_openapi_document_of_the_whole_table(self, portal: Portal) -> None:
        from openapi_spec_validator import OpenAPIV31SpecValidator

        from bridge.portal.api.routes import API_ROUTES

        told = document(portal.base)
        OpenAPIV31SpecValidator(told).validate()
        scopes = [
            operation["security"][0]["token"][0] if operation["security"] else None
            for operations in told["paths"].values()
            for operation in operations.values()
        ]
        assert scopes == [operation.scope for route in API_ROUTES for operation in route.operations.values()]
        asked = [
            {one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"}
            for operations in told["paths"].values()
            for operation in operations.values()
        ]
        assert asked == [
            {*operation.asked} for route in API_ROUTES for operation in route.operations.values()
        ]
        table = portal.office.province.table("cases").by_key
        assert (
            told["components"]["schemas"]["Case"]["properties"]["amount"]["title"] == table["amount"].header
        )

    def test_neither_token_nor_id_is_written_anywhere(self, portal: Portal) -> None:
        """The server's own output is looked at when it ends (tests/portal/portal.py, `served`)."""
        api, sent = client(portal), case(national_id=valid_id(31_234))
        api.send(sent, key())
        api.send({**sent, "x": 1}, key())
        api.get(f"/cases/{valid_id(31_234)}")
        api.get(f"/cases?q={valid_id(31_234)}")
        api.get("/figures/2500", headers={"Authorization": f"Bearer {api.token}x"})
        client(portal, Scope.FIGURES_READ).get("/cases")
        log = (portal.root / "logs" / "saphan.log").read_text(encoding="utf-8")
        assert "api_token_refused" in log and "api_scope_refused" in log
        rows = portal.ledger()
        assert api.token not in log and api.token not in str(rows)
        assert valid_id(31_234) not in log
        kept = portal.office.ports.read_log.since(datetime(2024, 1, 1, tzinfo=UTC))
        assert valid_id(31_234) not in str(kept)


class TestLimits:
    def test_a_client_has_its_share_and_no_more(self, portal: Portal) -> None:
        """How many that is, whoever asks at once, tests/contract/test_api_contract.py says."""
        from bridge.adapters.ledger.models import ApiClient

        api, other = client(portal), client(portal)
        first = api.get("/cases")
        assert [first.headers[f"RateLimit-{name}"] for name in ("Limit", "Remaining", "Reset")] == [
            str(MANY),
            str(MANY - 1),
            "1",
        ]
        spent = datetime.now(UTC) + timedelta(seconds=90)
        ApiClient.objects.filter(pk=api.key).update(spent_until=int(spent.timestamp() * 1_000_000))
        before = cases_sent(portal, api)
        for refused in (api.get("/cases"), api.send(case(), key())):
            assert (refused.status, refused.code) == (429, "too_many")
            assert 1 <= int(refused.headers["Retry-After"]) <= 31
            assert refused.headers["RateLimit-Remaining"] == "0"
        assert cases_sent(portal, api) == before
        assert other.get("/cases").status == 200

    def test_bad_tokens_of_one_address_have_theirs(self, portal: Portal) -> None:
        from bridge.adapters.ledger.models import CachedValue

        CachedValue.objects.all().delete()  # other tests have brought some
        bad = Api(portal, write_token(bytes(32)))
        answers = [bad.get("/cases") for _ in range(FEW + 1)]
        assert [one.status for one in answers[:FEW]] == [401] * FEW
        assert answers[-1].status == 429 and answers[-1].headers["Retry-After"] == "60"
        assert client(portal).get("/cases").status == 200, "a good token beside them"
        CachedValue.objects.all().delete()


class TestAdminsPages:
    def test_a_token_is_shown_once_and_revoked_at_once(self, portal: Portal) -> None:
        import re

        admin = portal.signed_in(Role.ADMIN)
        admin_pages = "/admin/api-clients/"
        plain = {"name": "โรงพยาบาล <b>", "scopes": "cases:read", "amphoes": THERE, "days": "30"}
        page = admin.post(f"{admin_pages}new/", plain)
        token = re.search(r"saphan_\w{49}", page.body)
        assert token and "โรงพยาบาล &lt;b&gt;" in page.body
        listed = admin.get(admin_pages).body
        assert "โรงพยาบาล &lt;b&gt;" in listed and THERE in listed and token[0] not in listed
        api = Api(portal, token[0])
        assert [one["case_id"] for one in api.get("/cases").json["items"]] == shown(portal, THERE)
        made = portal.office.api_clients.listed()[0]
        assert (made.name, made.amphoes, made.scopes) == ("โรงพยาบาล <b>", (THERE,), {Scope.CASES_READ})
        assert (made.expires_at - made.made_at).days == 30
        assert token[0] not in str(portal.ledger())
        asked = admin.get(f"{admin_pages}{made.key}/revoke/")
        assert "เพิกถอน" in asked.body and api.get("/cases").status == 200, "looking does nothing"
        assert "เพิกถอนโทเคนของ" in admin.post(f"{admin_pages}{made.key}/revoke/").body
        assert api.get("/cases").status == 401
        past = [one.event for one in portal.office.ports.rows.history("api_clients", made.key)]
        assert [one.why for one in past] == ["api_client_made", "api_client_revoked"]
        assert {one.actor[:7] for one in past} == {"portal:"}

    def test_what_is_wrong_is_said(self, portal: Portal) -> None:
        admin = portal.signed_in(Role.ADMIN)
        right = {"name": "ระบบ", "scopes": "cases:read", "days": "30"}
        before = len(portal.office.api_clients.listed())
        for odd, field in (
            ({"name": ""}, "id_name"),
            ({"scopes": "all"}, "id_scopes_0"),
            ({"scopes": "persons:read"}, "id_scopes_0"),
            ({"amphoes": "ไม่มี"}, "id_amphoes_0"),
            ({"days": "0"}, "id_days"),
            ({"days": "366"}, "id_days"),
        ):
            page = admin.post("/admin/api-clients/new/", {**right, **odd})
            assert f'href="#{field}"' in page.body and f'id="{field}"' in page.body, odd
        assert len(portal.office.api_clients.listed()) == before

    def test_a_form_sent_again_makes_no_second_token(self, portal: Portal) -> None:
        admin = portal.signed_in(Role.ADMIN)
        key = re.search(r'name="key" value="(\w{32})"', admin.get("/admin/api-clients/new/").body)
        assert key
        given = {"name": "ระบบ", "scopes": "cases:read", "days": "30", "key": key[1]}
        before = len(portal.office.api_clients.listed())
        assert "saphan_" in admin.post("/admin/api-clients/new/", given).body
        again = admin.post("/admin/api-clients/new/", given)
        assert "ออกไปแล้ว" in again.body and "saphan_" not in again.body
        assert len(portal.office.api_clients.listed()) == before + 1

    def test_for_admins_who_have_just_signed_in(self, portal: Portal) -> None:
        from django.contrib.sessions.backends.db import SessionStore

        before = len(portal.office.api_clients.listed())
        given = {"name": "ระบบ", "scopes": "cases:read", "days": "30"}
        staff = portal.signed_in(Role.STAFF)
        assert staff.post("/admin/api-clients/new/", given).status == 403
        admin = portal.signed_in(Role.ADMIN)
        session = SessionStore(admin.session())
        for record in session["account_authentication_methods"]:
            record["at"] -= 3600
        session.save()
        answer = admin.post("/admin/api-clients/new/", {**given, "days": "0"}, follow=False)
        assert answer.status == 302 and answer.headers["Location"].startswith("/confirm/")
        shown = admin.post("/confirm/", {"password": PASSWORD, "next": "/admin/api-clients/new/"})
        assert 'href="#id_days"' in shown.body and 'action="/admin/api-clients/new/"' in shown.body
        assert len(portal.office.api_clients.listed()) == before


def test_a_head_says_what_a_get_would(portal: Portal) -> None:
    """By hand: urllib reads no body of a HEAD, whether or not one came."""
    at = urllib.parse.urlsplit(portal.base)
    connection = http.client.HTTPConnection(at.hostname or "", at.port, timeout=30)
    token = {"Authorization": f"Bearer {client(portal).token}"}
    for method in (
        "HEAD",
        "GET",
    ):  # on one connection: a body behind the HEAD would stand before the GET's answer
        connection.request(method, f"{ROOT}/cases", headers=token)
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status == 200 and bool(body) == (method == "GET")
    connection.close()


def test_the_guide_names_every_operation_scope_and_refusal() -> None:
    from bridge.portal.api.problems import STATUS
    from bridge.portal.api.routes import API_ROUTES
    from tests.portal.portal import PROJECT

    guide = (PROJECT / "docs" / "api.md").read_text(encoding="utf-8")
    for route in API_ROUTES:
        path = route.path.replace("<str:", "{").replace("<int:", "{").replace(">", "}")
        for method, operation in route.operations.items():
            line = next((line for line in guide.splitlines() if line.startswith(f"| `{method} /{path}`")), "")
            assert f"| `{operation.scope}` |" in line or (operation.scope is None and "| none |" in line), (
                path
            )
    for code, status in STATUS.items():
        assert any(line.startswith(f"| {status} |") and f"`{code}`" in line for line in guide.splitlines()), (
            code
        )
    assert all(f"| `{scope}` |" in guide for scope in Scope)

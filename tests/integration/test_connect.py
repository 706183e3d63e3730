"""`connect google`, from nothing to ready: the real client and sign-in, against the stand-in over HTTP."""

from __future__ import annotations

import contextlib
import io
import json
import re
import threading
import webbrowser
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests
import typer
from rich.console import Console

from bridge import cli_google
from bridge.adapters.google import credentials as keys
from bridge.adapters.google.client import GoogleClient, NoQuota
from bridge.adapters.google.setup import GoogleSetup
from bridge.adapters.google.sign_in import sign_in
from bridge.adapters.ledger.connection import close_ledger
from bridge.application.connect import BookWish, Connect, ConnectLine, FormWish, Level, Wanted, book_setting
from bridge.application.errors import ConfigurationError, OutsideError, SheetError
from bridge.domain.intake import Form, Question
from bridge.messages import Messages
from bridge.workspace import CONFIG
from tests.contract.google_discovery import undocumented
from tests.contract.ledgers import Ledger, open_empty
from tests.stand_in.google import Google, Kind, errors, oauth, serve
from tests.stand_in.google.server import refusal
from tests.unit.test_google_layout import CASES, REVIEWS

ADMINS = ("admin.one@gmail.com", "admin.two@example.go.th")
FORM = Form(
    "cases",
    (
        Question("name", ("ชื่อ - สกุล ผู้ยื่น", "ชื่อผู้ยื่น"), required=True),
        Question("kind", ("ประเภทผู้ประสบปัญหาทางสังคม",), required=False),
    ),
    ("ประทับเวลา",),
    (),
    (),
    ("name",),
)
TITLES = [question.titles[0] for question in FORM.questions]
MESSAGES = Messages.load(CONFIG)
PARTS = ("books", "forms")


@dataclass
class Desk:
    """A workspace's side of the set-up: its ledger, its key, and the stand-in."""

    google: Google
    ledger: Ledger
    root: Path

    def setup(self, time_out: float = 30.0) -> GoogleSetup:
        scopes = keys.scopes_for(PARTS)
        found = keys.load_credentials("key.json", self.root, "SSK", scopes, self.google.url)
        client = GoogleClient(
            found,
            api_root=self.google.url,
            quota=NoQuota(),
            pause=lambda seconds: None,
            time_outs=(5, time_out),
        )
        return GoogleSetup(client, keys.account_name(found), lambda seconds: None)

    def connect(self, wanted: Wanted, time_out: float = 30.0) -> Connect:
        return Connect(self.setup(time_out), self.ledger.journal, wanted, lambda: "0123456789abcdef")

    def write_key(self) -> None:
        path = self.root / "key.json"
        path.touch(mode=0o600)
        path.write_text(json.dumps(self.google.service_account_info()), encoding="utf-8")

    def wanted(self, **changes: Any) -> Wanted:
        parts: dict[str, Any] = {
            "books": (
                BookWish("cases", "ทะเบียนเคส", "", (CASES, REVIEWS)),
                BookWish("access", "คำขอใช้ระบบ", "", (REVIEWS,)),
                BookWish("summary", "สรุป", "", ()),
            ),
            "admins": ADMINS,
        }
        return Wanted(**{**parts, **changes})

    def writes(self, first: int) -> list[str]:
        """Everything from a call on that could change something, and asking for a token cannot."""
        reading = (":getByDataFilter", ":batchGetByDataFilter")
        calls = self.google.calls[first:]
        return [
            call.line
            for call in calls
            if call.method != "GET" and call.path != "/token" and not call.path.endswith(reading)
        ]

    def book(self, kind: str) -> Any:
        return self.google.state.books[self.ledger.journal.setting(book_setting(kind))]

    def picture(self) -> Any:
        """All that there is, without ids that are drawn by lot."""
        state = self.google.state
        files = sorted(state.files.values(), key=lambda file: file.name)
        return [
            (
                file.name,
                file.app_properties,
                sorted((one["role"], one.get("emailAddress")) for one in file.permissions),
                [self._tab(file.id, sheet.title) for sheet in state.books[file.id].sheets],
            )
            for file in files
        ]

    def _tab(self, book: str, title: str) -> Any:
        hand = self.google.people.sheet(book, title)
        marks = [
            (at, entry["metadataId"])
            for at, props in sorted(hand.tab.grid.column_axis.props.items())
            for entry in props.get("metadata", [])
        ]
        protected = sorted((p["protectedRangeId"], bool(p.get("warningOnly"))) for p in hand.tab.protected)
        return title, hand.values(), marks, protected, hand.tab.grid.column_count


@pytest.fixture
def desk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Desk]:
    with serve() as google:
        google.keep_answers = True
        made = Desk(google, open_empty("sqlite", request.config, tmp_path), tmp_path)
        made.write_key()
        yield made
        if google.keep_answers:
            assert [line for line in undocumented(google) if "/o/oauth2" not in line] == []
    close_ledger()


def said(lines: list[ConnectLine]) -> list[tuple[str, str]]:
    """Each line's level and code; every sentence is worded, and filled in whole."""
    for line in lines:
        pattern = MESSAGES.section(line.section)[line.code]
        lacking = set(re.findall(r"{(\w+)}", pattern)) - set(line.facts)
        assert lacking == set(), (line.code, lacking)
    return [(str(line.level), line.code) for line in lines]


class TestSpreadsheets:
    def test_from_nothing_to_ready_and_again_nothing(self, desk: Desk) -> None:
        lines = said(desk.connect(desk.wanted()).run())
        assert lines == [
            ("done", "connect_book_made"),
            ("done", "connect_tab"),
            ("done", "connect_tab"),
            ("done", "connect_book_made"),
            ("done", "connect_tab"),
            ("done", "connect_shared"),
            ("done", "connect_shared"),
            ("done", "connect_book_made"),
            ("todo", "connect_next"),
        ]
        assert [sheet.title for sheet in desk.book("cases").sheets] == ["ทะเบียน", "ตรวจสอบ"]
        assert desk.google.state.notifications == []
        first, picture = len(desk.google.calls), desk.picture()
        lines = said(desk.connect(desk.wanted()).run())
        assert lines == [("already", "connect_book_already")] * 3 + [("todo", "connect_next")]
        assert desk.writes(first) == []
        assert desk.picture() == picture
        assert desk.connect(desk.wanted()).findings() == []

    def test_a_lost_ledger_finds_the_same_spreadsheets_by_their_workspace(self, desk: Desk) -> None:
        desk.connect(desk.wanted()).run()
        known = desk.ledger.journal.setting("google:book:cases")
        desk.ledger.journal.set_setting("google:book:cases", "")
        assert desk.connect(desk.wanted()).book("cases", (CASES, REVIEWS)) == known

    def test_another_workspace_of_the_same_account_gets_its_own(self, desk: Desk) -> None:
        desk.connect(desk.wanted()).run()
        desk.ledger.journal.set_setting("google:workspace", "another")
        for kind in ("cases", "access", "summary"):
            desk.ledger.journal.set_setting(f"google:book:{kind}", "")
        desk.connect(desk.wanted()).run()
        assert len(desk.google.state.files) == 6

    def test_one_that_is_there_is_adopted_with_all_that_is_in_it(self, desk: Desk) -> None:
        file = desk.google.state.add_file("งานเดิมของสำนักงาน")
        hand = desk.google.people.sheet(file.id)
        hand.type_row(["จดหมายเหตุ", "ปี 2568"])
        wish = BookWish("cases", "-", file.id, (CASES, REVIEWS))
        lines = said(desk.connect(desk.wanted(books=(wish,))).run())
        assert lines[0] == ("done", "connect_book_adopted")
        assert [sheet.title for sheet in desk.book("cases").sheets] == ["Sheet1", "ทะเบียน", "ตรวจสอบ"]
        assert hand.values() == [["จดหมายเหตุ", "ปี 2568"]]
        first = len(desk.google.calls)
        assert said(desk.connect(desk.wanted(books=(wish,))).run())[0] == ("already", "connect_book_already")
        assert desk.writes(first) == []

    @pytest.mark.parametrize(
        ("action", "code"),
        [
            (lambda google, file: google.people.share(file, "reader"), "google_book_readonly"),
            (lambda google, file: google.people.share(file, "none"), "google_book_unseen"),
            (lambda google, file: google.people.trash(file), "google_book_trashed"),
            (lambda google, file: google.people.delete_forever(file), "google_book_unseen"),
        ],
    )
    def test_one_that_cannot_be_used_is_told_and_not_made_anew(
        self, desk: Desk, action: Any, code: str
    ) -> None:
        desk.connect(desk.wanted()).run()
        known, files = desk.ledger.journal.setting("google:book:cases"), len(desk.google.state.files)
        action(desk.google, known)
        lines = said(desk.connect(desk.wanted()).run())
        assert ("problem", code) in lines and ("todo", "connect_again") in lines
        assert ("already", "connect_book_already") in lines  # the others went on
        assert len(desk.google.state.files) <= files
        assert ("problem", code) in said(desk.connect(desk.wanted()).findings())

    def test_an_uploaded_file_is_no_spreadsheet(self, desk: Desk) -> None:
        file = desk.google.state.add_file("เคส.xlsx", "application/vnd.ms-excel")
        wish = BookWish("cases", "-", file.id, (CASES,))
        assert ("problem", "google_no_spreadsheet") in said(desk.connect(desk.wanted(books=(wish,))).run())

    def test_a_service_account_without_storage_says_what_to_do_instead(self, desk: Desk) -> None:
        text = "The user's Drive storage quota has been exceeded."
        full = errors.drive(403, "storageQuotaExceeded", text, domain="usageLimits")
        _answer(desk.google, "POST /drive/v3/files", full)
        lines = desk.connect(desk.wanted()).run()
        assert ("problem", "google_no_storage") in said(lines)
        assert lines[0].facts["account"] == desk.google.state.email
        assert lines[0].exit_code == ConfigurationError.exit_code
        blank = desk.google.state.add_file("แผ่นเปล่า")  # what it says: share one, name its link
        wish = BookWish("cases", "-", blank.id, (CASES, REVIEWS))
        assert ("done", "connect_book_adopted") in said(desk.connect(desk.wanted(books=(wish,))).run())

    @pytest.mark.parametrize(
        ("error", "code"),
        [
            (
                errors.drive(
                    403,
                    "accessNotConfigured",
                    "Google Drive API has not been used in project 1 before or it is disabled.",
                    domain="usageLimits",
                ),
                "google_api_off",
            ),
            (errors.scopes("drive.googleapis.com"), "google_scopes"),
            (errors.drive(403, "domainPolicy", "The domain administrators have disabled Drive apps."), None),
        ],
    )
    def test_a_refusal_that_concerns_everything_is_told_once(
        self, desk: Desk, error: errors.ApiError, code: str | None
    ) -> None:
        _answer(desk.google, "/drive/v3/files", error)
        lines = said(desk.connect(desk.wanted()).run())
        if code is None:
            assert {line[1] for line in lines} == {"google_book_forbidden", "connect_again"}
        else:
            assert lines == [("problem", code), ("todo", "connect_again")]

    def test_an_admin_whom_google_refuses_is_left_to_a_person(self, desk: Desk) -> None:
        wanted = desk.wanted(admins=("nobody@mail.invalid", ADMINS[1]))
        lines = said(desk.connect(wanted).run())
        assert ("todo", "connect_share_by_hand") in lines and ("done", "connect_shared") in lines

    def test_an_admin_with_less_gets_more_and_the_same_account_is_one(self, desk: Desk) -> None:
        desk.connect(desk.wanted()).run()
        file = desk.google.state.files[desk.ledger.journal.setting("google:book:access")]
        file.permissions[1]["role"] = "reader"
        assert said(desk.connect(desk.wanted()).findings()) == [("todo", "google_admin")]
        first = len(desk.google.calls)
        wanted = desk.wanted(admins=("Admin.One@googlemail.com", ADMINS[1]))
        assert ("done", "connect_shared") in said(desk.connect(wanted).run())
        assert [line.split()[0] for line in desk.writes(first)] == ["PATCH"]
        assert sorted(one["role"] for one in file.permissions) == ["owner", "writer", "writer"]

    def test_new_tabs_for_a_rebuilt_workbook_leave_the_old_beside(self, desk: Desk) -> None:
        desk.connect(desk.wanted()).run()
        book = desk.connect(desk.wanted()).renew("cases", (CASES, REVIEWS), "20260101-0900")
        titles = [sheet.title for sheet in desk.google.state.books[book].sheets]
        assert titles == ["ทะเบียน 20260101-0900", "ตรวจสอบ 20260101-0900", "ทะเบียน", "ตรวจสอบ"]
        assert desk.connect(desk.wanted()).findings() == []


class TestForms:
    def test_all_questions_are_found(self, desk: Desk) -> None:
        form = desk.google.forms.make("แจ้งเคส", TITLES)
        wanted = Wanted(forms=(FormWish("cases", FORM, form.id),))
        assert said(desk.connect(wanted).run())[0] == ("already", "connect_form_ready")
        assert desk.connect(wanted).findings() == []

    def test_what_does_not_match_is_listed(self, desk: Desk) -> None:
        form = desk.google.forms.make("แจ้งเคส", ["ชื่อเต็ม", TITLES[1], "ความเห็น"])
        lines = desk.connect(Wanted(forms=(FormWish("cases", FORM, form.id),))).run()
        assert said(lines)[:2] == [("problem", "connect_form_required"), ("todo", "connect_form_unknown")]
        assert lines[0].facts["required"] == f"“{TITLES[0]}”"
        assert lines[1].facts["unknown"] == "“ชื่อเต็ม”, “ความเห็น”"
        assert lines[0].exit_code == SheetError.exit_code

    def test_a_form_that_is_not_shared_names_whom_to_share_it_with(self, desk: Desk) -> None:
        form = desk.google.forms.make("แจ้งเคส", TITLES)
        form.access = "none"
        wanted = Wanted(forms=(FormWish("cases", FORM, form.id),))
        lines = desk.connect(wanted).run()
        assert said(lines)[0] == ("todo", "connect_share_form")
        assert lines[0].facts["account"] == desk.google.state.email
        assert said(desk.connect(wanted).findings()) == [("problem", "google_form_closed")]

    def test_a_question_renamed_since_is_drift(self, desk: Desk) -> None:
        form = desk.google.forms.make("แจ้งเคส", TITLES)
        wanted = Wanted(forms=(FormWish("cases", FORM, form.id),))
        desk.google.forms.rename_question(form, desk.google.forms.question(form, TITLES[1]), "ประเภท")
        (line,) = desk.connect(wanted).findings()
        assert said([line]) == [("todo", "google_form_drifted")]
        assert (line.facts["missing"], line.facts["unknown"]) == (f"“{TITLES[1]}”", "“ประเภท”")

    def test_a_linked_responses_sheet_has_to_be_readable(self, desk: Desk) -> None:
        file = desk.google.state.add_file("คำตอบ")
        wanted = Wanted(forms=(FormWish("cases", FORM, "", file.id),))
        assert said(desk.connect(wanted).run()) == [("todo", "connect_next")]
        desk.google.people.share(file.id, "none")
        assert said(desk.connect(wanted).run())[0] == ("todo", "connect_share_responses")


class TestDrift:
    def test_before_connecting_that_is_the_finding(self, desk: Desk) -> None:
        lines = said(desk.connect(desk.wanted()).findings())
        assert lines == [("problem", "google_not_connected")] * 3
        assert desk.google.calls == []

    def test_what_people_undid_is_named_and_check_writes_nothing(self, desk: Desk) -> None:
        desk.connect(desk.wanted()).run()
        book = desk.book("cases")
        hand = desk.google.people.sheet(book.id, "ทะเบียน")
        hand.tab.protected.clear()
        hand.store(0, "ขั้นตอน", "ถึงไหนแล้ว")
        span = {"sheetId": hand.sheet_id, "startRowIndex": 1, "startColumnIndex": 3, "endColumnIndex": 4}
        desk.google.people.request(book.id, {"setDataValidation": {"range": span}})
        first = len(desk.google.calls)
        lines = said(desk.connect(desk.wanted()).findings())
        assert sorted(code for _, code in lines) == ["google_choices", "google_protection", "google_renamed"]
        assert desk.writes(first) == []
        lines = said(desk.connect(desk.wanted()).run())
        assert {("done", "connect_choices"), ("done", "connect_protection")} <= set(lines)
        assert ("already", "connect_renamed") in lines
        assert [code for _, code in said(desk.connect(desk.wanted()).findings())] == ["google_renamed"]

    def test_a_lost_header_row_is_told_and_nothing_is_guessed(self, desk: Desk) -> None:
        desk.connect(desk.wanted()).run()
        hand = desk.google.people.sheet(desk.book("cases").id, "ทะเบียน")
        hand.type_row([None, None, "นายสมมติ ทดสอบ"])
        span = {"sheetId": hand.sheet_id, "dimension": "ROWS", "startIndex": 0, "endIndex": 1}
        desk.google.people.request(desk.book("cases").id, {"deleteDimension": {"range": span}})
        lines = desk.connect(desk.wanted()).run()
        assert ("problem", "connect_foreign") in said(lines)
        assert next(line.exit_code for line in lines if line.level is Level.PROBLEM) == 4


# ------------------------------------------------------------------------------------------------ faults

FAULTS = [
    Kind.TOO_MANY, Kind.USAGE_LIMITS, Kind.INTERNAL, Kind.BAD_GATEWAY, Kind.UNAUTHENTICATED, Kind.FORBIDDEN,
    Kind.RESET_BEFORE, Kind.RESET_AFTER, Kind.UNAVAILABLE_AFTER, Kind.TRUNCATED,
]  # fmt: skip


def _small(desk: Desk) -> Wanted:
    books = (BookWish("cases", "ทะเบียนเคส", "", (REVIEWS,)), BookWish("access", "คำขอใช้ระบบ", "", (REVIEWS,)))
    return desk.wanted(books=books, admins=ADMINS[:1])


def _baseline(desk: Desk) -> tuple[int, Any]:
    """How many calls it takes when all goes well, and what there is then."""
    desk.connect(_small(desk)).run()
    desk.google.keep_answers = False
    return len(desk.google.calls), desk.picture()


def _start_over(desk: Desk) -> None:
    state = desk.google.state
    state.files.clear()
    state.books.clear()
    desk.google.calls.clear()
    for name in ("google:workspace", *(f"google:book:{kind}" for kind in ("cases", "access", "summary"))):
        desk.ledger.journal.set_setting(name, "")


def _run_to_rest(desk: Desk, time_out: float = 30.0) -> None:
    """Again and again, as a person would, until there is nothing wrong."""
    for _ in range(4):
        try:
            lines = desk.connect(_small(desk), time_out).run()
        except OutsideError:
            continue
        levels = {line.level for line in lines}
        if Level.PROBLEM not in levels and not any(line.code == "connect_share_by_hand" for line in lines):
            return
    raise AssertionError("no rest")


@pytest.mark.parametrize("kind", FAULTS, ids=str)
def test_every_call_may_fail_once_and_it_ends_the_same(desk: Desk, kind: Kind) -> None:
    calls, picture = _baseline(desk)
    for index in range(calls):
        _start_over(desk)
        desk.google.faults.clear()
        desk.google.faults.at(index, kind)
        _run_to_rest(desk)
        assert desk.picture() == picture, index


def test_writes_without_an_answer_are_looked_at(desk: Desk) -> None:
    _, picture = _baseline(desk)
    for pattern in ("POST /drive/v3/files$", ":batchUpdate$", "POST .*/permissions$"):
        _start_over(desk)
        desk.google.faults.on(pattern, Kind.TIME_OUT_AFTER, hold=5.0)
        _run_to_rest(desk, time_out=1.5)
        assert desk.picture() == picture, pattern


def test_a_creation_that_comes_through_late_is_left_over_and_the_oldest_counts(desk: Desk) -> None:
    desk.google.faults.on("POST /drive/v3/files$", Kind.LATE, answer=Kind.UNAVAILABLE)
    desk.connect(desk.wanted()).run()
    used = desk.ledger.journal.setting("google:book:cases")
    assert desk.google.faults.apply_late() == 1
    first = len(desk.google.calls)
    assert ("already", "connect_book_already") in said(desk.connect(desk.wanted()).run())
    assert desk.ledger.journal.setting("google:book:cases") == used
    assert desk.writes(first) == []


def test_a_layout_that_comes_through_late_is_done_once(desk: Desk) -> None:
    desk.google.faults.on(":batchUpdate$", Kind.LATE, answer=Kind.UNAVAILABLE)
    desk.connect(desk.wanted()).run()
    desk.google.faults.apply_late()
    first = len(desk.google.calls)
    desk.connect(desk.wanted()).run()
    assert desk.writes(first) == []
    assert [sheet.title for sheet in desk.book("cases").sheets] == ["ทะเบียน", "ตรวจสอบ"]


# ------------------------------------------------------------------------------------------------ consent


class _Browser:
    """A browser on this computer that does what the page tells it to."""

    def open(self, url: str, new: int = 0, autoraise: bool = True) -> bool:
        threading.Thread(target=self._visit, args=(url,), daemon=True).start()
        return True

    @staticmethod
    def _visit(url: str) -> None:
        page = requests.get(url, timeout=10).text
        found = re.search(r'href="([^"]+)"', page)
        assert found
        requests.get(unescape(found.group(1)), timeout=10)


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webbrowser, "get", lambda using=None: _Browser())


@pytest.mark.usefixtures("browser")
class TestConsent:
    def _sign_in(self, desk: Desk, where: str = "consent.json") -> None:
        client = {
            "client_id": "1.apps.googleusercontent.com",
            "client_secret": "not-a-secret",
            "auth_uri": "https://accounts.google.com/o/oauth2/auth",
            "token_uri": "https://oauth2.googleapis.com/token",
        }
        file = desk.root / "client.json"
        file.write_text(json.dumps({"installed": client}), encoding="utf-8")
        scopes = keys.scopes_for(PARTS)
        sign_in(file, where, desk.root, "SSK", scopes, desk.google.url, prompt="{url}", thanks="เรียบร้อย")

    def test_a_person_signs_in_and_the_spreadsheets_are_made_in_that_name(self, desk: Desk) -> None:
        desk.google.state.strict_tokens = True
        self._sign_in(desk)
        path = desk.root / "consent.json"
        assert path.stat().st_mode & 0o077 == 0
        assert set(json.loads(path.read_text(encoding="utf-8"))) == {
            "type", "refresh_token", "client_id", "client_secret", "token_uri",
        }  # fmt: skip
        found = keys.load_credentials(
            "consent.json", desk.root, "SSK", keys.scopes_for(PARTS), desk.google.url
        )
        client = GoogleClient(found, api_root=desk.google.url, quota=NoQuota(), pause=lambda seconds: None)
        setup = GoogleSetup(client, keys.account_name(found), lambda seconds: None, lock_ids=True)
        lines = Connect(setup, desk.ledger.journal, desk.wanted(), lambda: "key").run()
        assert ("problem", "google_no_storage") not in said(lines)
        assert setup.account() == "officer@example.org"
        sheet = desk.google.people.sheet(desk.book("cases").id, "ทะเบียน").tab
        strict = next(one for one in sheet.protected if not one.get("warningOnly"))
        assert "officer@example.org" in strict["editors"]["users"]

    def test_no_is_no(self, desk: Desk) -> None:
        oauth.consent(desk.google.state).refuses = True
        with pytest.raises(ConfigurationError) as caught:
            self._sign_in(desk)
        assert (caught.value.code, caught.value.facts["said"]) == (
            "google_consent_refused",
            "AccessDeniedError",
        )
        assert not (desk.root / "consent.json").exists()

    def test_boxes_left_unticked_are_told(self, desk: Desk) -> None:
        oauth.consent(desk.google.state).unticked = {keys.SCOPES["forms"][0]}
        with pytest.raises(ConfigurationError) as caught:
            self._sign_in(desk)
        assert caught.value.code == "google_consent_partial"

    def test_a_service_accounts_key_is_not_overwritten(self, desk: Desk) -> None:
        before = (desk.root / "key.json").read_bytes()
        with pytest.raises(ConfigurationError) as caught:
            self._sign_in(desk, "key.json")
        assert caught.value.code == "google_key_kept"
        assert (desk.root / "key.json").read_bytes() == before

    @pytest.mark.parametrize("text", ["", "[]", "{}", '{"installed": {}}', '{"web": {"client_id": "x"}}'])
    def test_another_file_is_no_client(self, desk: Desk, text: str) -> None:
        file = desk.root / "other.json"
        file.write_text(text, encoding="utf-8")
        with pytest.raises(ConfigurationError) as caught:
            sign_in(file, "consent.json", desk.root, "SSK", [], desk.google.url, prompt="", thanks="")
        assert caught.value.code == "google_client_file"


def _answer(google: Google, line: str, error: errors.ApiError) -> None:
    """From now on every call whose "METHOD /path" contains the text is answered so."""
    apply = google.apply
    google.apply = lambda call: refusal(error) if line in call.line else apply(call)  # type: ignore[method-assign]


def test_a_province_without_google_is_told_how_to_choose_it(desk: Desk) -> None:
    with pytest.raises(ConfigurationError) as caught:
        desk.connect(Wanted()).run()
    assert caught.value.code == "google_not_chosen"


def test_a_key_that_was_withdrawn_is_told_once(desk: Desk) -> None:
    desk.google.state.revoked.add(desk.google.state.email)
    lines = said(desk.connect(desk.wanted()).run())
    assert lines == [("problem", "google_sign_in"), ("todo", "connect_again")]


class TestCommand:
    """The command around it; what opens an office is somebody else's."""

    def _run(self, desk: Desk, wanted: Wanted, *words: str) -> tuple[int, str]:
        app, output = typer.Typer(), io.StringIO()
        app.command("other")(lambda: None)
        connect = desk.connect(wanted)
        side = SimpleNamespace(connect=lambda: connect)
        office = SimpleNamespace(lease=contextlib.nullcontext, messages=MESSAGES, google=side)
        cli_google.register(app, lambda where: office, Console(file=output, width=500))  # type: ignore[arg-type, return-value]
        return app(["connect", "google", *words], standalone_mode=False), output.getvalue()

    def test_says_what_was_done_and_then_what_is_to_do(self, desk: Desk) -> None:
        form = desk.google.forms.make("แจ้งเคส", TITLES)
        form.access = "none"
        code, text = self._run(desk, desk.wanted(forms=(FormWish("cases", FORM, form.id),)))
        lines = text.splitlines()
        turn = lines.index("ที่ยังต้องทำ:")
        assert code == 0
        assert all(line.startswith("+") for line in lines[:turn])
        assert all(line.startswith(">") for line in lines[turn + 1 :])
        assert desk.google.state.email in text

    def test_as_json_and_with_the_exit_code_of_the_trouble(self, desk: Desk) -> None:
        form = desk.google.forms.make("แจ้งเคส", ["อย่างอื่น"])
        code, text = self._run(desk, Wanted(forms=(FormWish("cases", FORM, form.id),)), "--json")
        answer = json.loads(text)
        assert (code, answer["exit_code"]) == (4, 4)
        assert answer["lines"][0]["code"] == "connect_form_required"

"""Coming in, staying in and going out, by real requests."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from bridge import bootstrap
from bridge.domain.access import Role
from tests.functional.office import PROJECT
from tests.portal.counted import KNOWN, REQUEST
from tests.portal.portal import PASSWORD, Portal, totp

WRONG = "คุณกรอกข้อมูลไม่ถูกต้อง!"
NEW = "เรือไม้ สายฝน มะพร้าวน้ำหอม"


class TestSignIn:
    def test_every_failure_has_the_same_answer(self, portal: Portal) -> None:
        portal.account("known@example.go.th")
        portal.account("closed@example.go.th", is_active=False)
        pages = set()
        for login, password in [
            ("known@example.go.th", "ผิดแน่นอนครับผม"),
            ("unknown@example.go.th", PASSWORD),
            ("closed@example.go.th", PASSWORD),
            ("not an address", PASSWORD),
            ("known@example.go.th", ""),
        ]:
            answer = portal.browser().post("/sign-in/", {"login": login, "password": password})
            assert WRONG in answer.body, login
            page = re.sub(r'value="[^"]*"', "", answer.body)
            pages.add(page)
        assert len(pages) == 1

    def test_the_address_may_be_spelt_otherwise(self, portal: Portal) -> None:
        portal.account("spelling@example.go.th", factor=False)
        answer = portal.browser().post(
            "/sign-in/", {"login": " Spelling@Example.go.th ", "password": PASSWORD}
        )
        assert answer.path == "/"

    def test_forty_guesses_at_once_check_five_passwords(self, portal: Portal) -> None:
        email = "guessed@example.go.th"
        portal.account(email, factor=False)
        browsers = [portal.browser() for _ in range(40)]
        for browser in browsers[:1]:
            browser.get("/sign-in/")
        with ThreadPoolExecutor(40) as pool:
            list(pool.map(lambda b: b.post("/sign-in/", {"login": email, "password": "ผิด" * 5}), browsers))
        counts = self._guesses_counted(portal)
        assert counts == 5
        late = portal.browser().post("/sign-in/", {"login": email, "password": PASSWORD})
        assert WRONG in late.body, "the right password is not looked at either while the account is locked"
        link = portal.link(email)
        answer = portal.browser().post(link, {"password": NEW, "again": NEW})
        assert answer.path == "/sign-in/"
        assert portal.browser().post("/sign-in/", {"login": email, "password": NEW}).path == "/"

    @staticmethod
    def _guesses_counted(portal: Portal) -> int:
        """The longest history of failures that the cache keeps for one key."""
        import base64
        import pickle

        from bridge.adapters.ledger.models import CachedValue

        rows = CachedValue.objects.filter(cache_key__contains="login_failed").exclude(
            cache_key__contains="lock"
        )
        histories = [pickle.loads(base64.b64decode(row.value)) for row in rows]
        return min(len(history) for history in histories if len(history) >= 5)

    def test_a_code_opens_once(self, portal: Portal) -> None:
        email = "code@example.go.th"
        portal.account(email, Role.STAFF)
        code = totp(portal.keys[email])
        for expected in ("/", "/sign-in/code/"):
            browser = portal.browser()
            assert browser.post("/sign-in/", {"login": email, "password": PASSWORD}).path == "/sign-in/code/"
            assert browser.get("/", follow=False).status == 302
            assert browser.post("/sign-in/code/", {"code": code}).path == expected

    def test_cookies_are_kept_from_scripts_and_other_sites(self, portal: Portal) -> None:
        browser = portal.browser()
        portal.account("cookies@example.go.th", factor=False)
        answer = browser.post(
            "/sign-in/", {"login": "cookies@example.go.th", "password": PASSWORD}, follow=False
        )
        said = answer.headers.get_all("Set-Cookie")
        assert {line.strip().partition("=")[0] for line in said} == {"session", "csrf"}
        for line in said:
            assert "HttpOnly" in line and "SameSite=Lax" in line and "Path=/" in line and "Domain" not in line
            assert "Max-Age" not in line

    def test_a_session_gets_a_new_name_at_sign_in(self, portal: Portal) -> None:
        one, other = portal.signed_in(Role.OFFICER), portal.signed_in(Role.OFFICER)
        assert one.session() != other.session()


def test_known_and_unknown_addresses_cost_the_same(portal: Portal) -> None:
    """One password hash and the same questions to the ledger; how long they take is measured in tests/security."""
    portal.account(KNOWN, factor=False)
    portal.browser().post("/access/", {**REQUEST, "email": KNOWN})
    assert not portal.office.cycle.sync().trouble
    command = [sys.executable, "-m", "tests.portal.counted", str(portal.root)]
    done = subprocess.run(
        command, cwd=PROJECT, capture_output=True, encoding="utf-8", timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    costs = json.loads(done.stdout)
    assert set(costs) == {"sign-in", "forgotten", "access"}
    for page, cost in costs.items():
        assert cost["known"] == cost["unknown"], page
        assert cost["known"].get("hash", 0) == (1 if page == "sign-in" else 0), page
        assert sum(cost["known"].values()) > 1, page


class TestSecondFactor:
    def test_it_is_set_up_at_the_first_sign_in(self, portal: Portal) -> None:
        email = "first@example.go.th"
        portal.account(email, Role.STAFF, factor=False)
        browser = portal.browser()
        answer = browser.post("/sign-in/", {"login": email, "password": PASSWORD})
        assert answer.path == "/security/"
        page = browser.get("/security/app/")
        assert page.path == "/security/app/", "whoever has just signed in is not asked for the password again"
        key = re.search(r'class="key">([A-Z2-7]+)<', page.body)
        assert key
        assert "ไม่ถูกต้อง" in browser.post("/security/app/", {"code": "000000"}).body
        answer = browser.post("/security/app/", {"code": totp(key[1])})
        assert answer.path == "/security/codes/"
        codes = re.findall(r"<li>(\d{8})</li>", answer.body)
        assert len(codes) == 10
        assert browser.get("/").status == 200
        again = portal.browser()
        again.post("/sign-in/", {"login": email, "password": PASSWORD})
        assert again.post("/sign-in/code/", {"code": codes[0]}).path == "/"

    def test_the_key_is_sealed_in_the_ledger(self, portal: Portal) -> None:
        portal.account("sealed@example.go.th", Role.STAFF)
        from allauth.mfa.models import Authenticator

        kept = Authenticator.objects.get(user__email="sealed@example.go.th", type="totp").data["secret"]
        assert portal.keys["sealed@example.go.th"] not in kept


class TestLinks:
    def test_scanners_use_nothing_up(self, portal: Portal) -> None:
        portal.account("scanned@example.go.th", factor=False)
        link = portal.link("scanned@example.go.th")
        before = portal.ledger()
        for method in ("GET", "HEAD", "GET"):
            assert portal.browser().ask(method, link).status == 200
        assert portal.ledger() == before
        assert portal.browser().post(link, {"password": NEW, "again": NEW}).path == "/sign-in/"

    def test_used_altered_and_expired_look_the_same(self, portal: Portal) -> None:
        email = "links@example.go.th"
        portal.account(email, factor=False)
        used, expired = portal.link(email), portal.link(email, hours=-0.01)
        portal.browser().post(used, {"password": NEW, "again": NEW})
        altered = used[:-1] + ("x" if used[-1] != "x" else "y")
        seen = {
            (answer.status, re.sub(r'value="[^"]*"', "", answer.body))
            for link in (used, altered, expired)
            for answer in (
                portal.browser().get(link),
                portal.browser().post(link, {"password": NEW, "again": NEW}),
            )
        }
        assert len(seen) == 1
        assert seen.pop()[0] == 404

    def test_of_many_at_once_one_sets_the_password(self, portal: Portal) -> None:
        email = "race@example.go.th"
        portal.account(email, factor=False)
        link = portal.link(email)
        words = [f"{NEW} {number}" for number in range(8)]
        with ThreadPoolExecutor(8) as pool:
            paths = list(
                pool.map(
                    lambda word: portal.browser().post(link, {"password": word, "again": word}).path, words
                )
            )
        assert paths.count("/sign-in/") == 1

    def test_weak_ones_are_refused_with_their_reason(self, portal: Portal) -> None:
        email = "weakness@example.go.th"
        portal.account(email, factor=False)
        link = portal.link(email)
        for password, said in [
            ("สั้นไป", "12 ตัวอักษร"),
            ("password1234", "เดาง่าย"),
            ("aaaaaaaaaaaaaa", "เดาง่าย"),
            ("weakness@example", "คล้ายชื่อ"),
            ("พมจ.ศรีสะเกษ 2569", "เดาง่าย"),
            ("Saphan-Admin-2569!", "เดาง่าย"),
            ("123456789012345", "เดาง่าย"),
        ]:
            answer = portal.browser().post(link, {"password": password, "again": password})
            assert said in answer.body, password
        assert "ไม่ตรงกัน" in portal.browser().post(link, {"password": NEW, "again": NEW + "x"}).body

    def test_a_forgotten_password_is_mailed_by_the_outbox_and_tells_nobody(self, portal: Portal) -> None:
        from bridge.adapters.ledger.models import OutboxMessage

        email = "forgetful@example.go.th"
        portal.account(email, factor=False)
        answers = {
            re.sub(
                r'value="[^"]*"', "", portal.browser().post("/password/forgotten/", {"email": asked}).body
            ).replace(asked, "")
            for asked in (email, email, "nobody@example.go.th")
        }
        assert len(answers) == 1
        for _ in range(100):
            if OutboxMessage.objects.filter(recipient=email).exists():
                break
            time.sleep(0.05)
        assert OutboxMessage.objects.filter(recipient=email).count() == 1
        assert not OutboxMessage.objects.filter(recipient="nobody@example.go.th").exists()
        report = portal.office.cycle.deliver()
        assert not report.trouble
        letter = next(path for path in portal.office.workspace.outbox.glob("password-*.eml"))
        import email as mail
        from email import policy

        text = (
            mail.message_from_bytes(letter.read_bytes(), policy=policy.default)
            .get_body(("plain",))
            .get_content()
        )
        link = re.search(r"http\S+/activate/\S+", text)
        assert link
        assert (
            portal.browser().post(urlsplit(link[0]).path, {"password": NEW, "again": NEW}).path == "/sign-in/"
        )


class TestPasswords:
    def test_a_long_password_is_taken_whole(self, portal: Portal) -> None:
        email = "long@example.go.th"
        portal.account(email, factor=False)
        long = "ปลาทู กระต่าย นาฬิกา ทราย " * 7
        assert (
            portal.browser().post(portal.link(email), {"password": long, "again": long}).path == "/sign-in/"
        )
        for other in (long[:-1], long[:72], long.strip(), long.lower() + "x"):
            assert portal.browser().post("/sign-in/", {"login": email, "password": other}).path == "/sign-in/"
        assert portal.browser().post("/sign-in/", {"login": email, "password": long}).path == "/"

    def test_a_password_is_kept_by_argon2id(self, portal: Portal) -> None:
        kept = portal.account("kept@example.go.th", factor=False).password
        assert kept.startswith("argon2$argon2id$") and "m=47104,t=1,p=1" in kept
        assert PASSWORD not in kept

    def test_a_new_workspace_has_no_account(self, tmp_path: Path) -> None:
        bootstrap.close()
        bootstrap.create(tmp_path / "new")
        bootstrap.open_office(tmp_path / "new")
        from bridge.adapters.ledger.models import Account

        assert not Account.objects.exists()

    def test_a_new_password_does_not_pass_by_the_second_factor(self, portal: Portal) -> None:
        email = "factored@example.go.th"
        portal.account(email, Role.STAFF)
        earlier = portal.sign_in(email)
        browser = portal.browser()
        browser.post(portal.link(email), {"password": NEW, "again": NEW})
        assert earlier.get("/").path == "/sign-in/", "what was open is closed"
        assert browser.get("/").path == "/sign-in/", "a new password signs nobody in"
        assert browser.post("/sign-in/", {"login": email, "password": NEW}).path == "/sign-in/code/"
        assert browser.get("/", follow=False).status == 302

    def test_factors_are_changed_only_after_confirming(self, portal: Portal) -> None:
        from allauth.mfa.models import Authenticator
        from django.contrib.sessions.backends.db import SessionStore

        account = portal.account("confirming@example.go.th", Role.STAFF)
        person = portal.sign_in("confirming@example.go.th")
        session = SessionStore(person.session())
        for record in session["account_authentication_methods"]:
            record["at"] -= 400
        session.save()
        before = set(Authenticator.objects.filter(user=account).values_list("pk", "type"))
        for path in ("/security/app/remove/", "/security/codes/new/", "/security/passkey/"):
            for answer in (person.get(path, follow=False), person.post(path, follow=False)):
                assert answer.status == 302 and answer.headers["Location"].startswith("/confirm/"), path
        assert set(Authenticator.objects.filter(user=account).values_list("pk", "type")) == before


class TestGoingOut:
    def test_a_role_that_changes_ends_the_session(self, portal: Portal) -> None:
        email = "moved@example.go.th"
        portal.account(email, Role.STAFF)
        browser = portal.sign_in(email)
        assert browser.get("/").path == "/"
        portal.account(email, Role.OFFICER)
        assert browser.get("/").path == "/sign-in/"

    def test_an_account_that_is_closed_ends_the_session(self, portal: Portal) -> None:
        account = portal.account("ended@example.go.th")
        browser = portal.sign_in("ended@example.go.th")
        portal.office.ports.accounts.deactivate(str(account.pk))
        assert browser.get("/").path == "/sign-in/"

    def test_signing_out_here_and_everywhere(self, portal: Portal) -> None:
        email = "twice@example.go.th"
        portal.account(email, factor=False)
        one, two, three = (portal.sign_in(email) for _ in range(3))
        one.get("/sign-out/")
        assert one.get("/").path == "/", "a link signs nobody out"
        one.post("/sign-out/")
        assert one.get("/").path == "/sign-in/"
        assert two.get("/").path == "/"
        two.post("/sign-out/everywhere/")
        assert three.get("/").path == "/sign-in/"


class TestEnds:
    """A sign-in that lasts too long, or is left alone."""

    @pytest.mark.parametrize(
        ("name", "ago", "open_still"),
        [
            ("began", 13 * 3600, False),
            ("began", 11 * 3600, True),
            ("seen", 3700, False),
            ("seen", 3500, True),
        ],
    )
    def test_it_ends(self, portal: Portal, name: str, ago: int, open_still: bool) -> None:
        from django.contrib.sessions.backends.db import SessionStore

        person = portal.signed_in(Role.OFFICER)
        session = SessionStore(person.session())
        session[name] = int(time.time()) - ago
        session.save()
        assert (person.get("/").path == "/") is open_still
        if not open_still:
            assert person.get("/").path == "/sign-in/"
            assert not SessionStore(session.session_key).exists(session.session_key)

    def test_using_it_does_not_make_the_day_longer(self, portal: Portal) -> None:
        from django.contrib.sessions.backends.db import SessionStore

        person = portal.signed_in(Role.OFFICER)
        began = SessionStore(person.session())["began"]
        person.post("/cases/", {"text": "สม"})  # saved in the session
        assert SessionStore(person.session())["began"] == began


def test_the_log_tells_of_coming_in_and_going_out_but_not_who(portal: Portal) -> None:
    email = "logged@example.go.th"
    account = str(portal.account(email, Role.STAFF).pk)
    portal.browser().post("/sign-in/", {"login": email, "password": "ไม่ใช่รหัสนี้"})
    wrong = portal.browser()
    wrong.post("/sign-in/", {"login": email, "password": PASSWORD})
    wrong.post("/sign-in/code/", {"code": "000000"})
    portal.sign_in(email).post("/sign-out/")
    link = portal.link(email)
    portal.browser().post(link, {"password": NEW, "again": NEW})
    log = (portal.office.workspace.logs / "saphan.log").read_text(encoding="utf-8")
    lines = [json.loads(line) for line in log.splitlines()]
    mine = [line["event"] for line in lines if line.get("account") == account]
    assert mine == ["signed_in", "signed_out", "password_set"]
    assert {"sign_in_failed", "second_factor_failed"} <= {line["event"] for line in lines}
    assert all(line["from"] == "127.0.0.1" for line in lines if line["event"] == "sign_in_failed")
    assert email not in log and "logged" not in log and link not in log


class TestForeignRequests:
    def test_a_form_without_its_token_is_refused(self, portal: Portal) -> None:
        person = portal.signed_in(Role.OFFICER)
        for data in ({}, {"csrfmiddlewaretoken": "x" * 32}):
            assert person.ask("POST", "/sign-out/", data).status == 403
        evil = {"Origin": "https://evil.example"}
        assert person.post("/sign-out/", headers=evil).status == 403
        assert person.get("/").path == "/"

    def test_another_host_is_refused(self, portal: Portal) -> None:
        answer = portal.browser().get("/sign-in/", headers={"Host": "evil.example"})
        assert answer.status == 400
        assert "evil" not in answer.body

    def test_a_stranger_cannot_claim_to_be_the_proxy(self, portal: Portal) -> None:
        headers = {
            "X-Forwarded-For": "198.51.100.7",
            "X-Forwarded-Proto": "https",
            "X-Forwarded-Host": "evil.example",
        }
        answer = portal.browser().get("/sign-in/", headers=headers)
        assert answer.status == 200
        assert "Strict-Transport-Security" not in answer.headers

    def test_nobody_is_led_to_another_site(self, portal: Portal) -> None:
        portal.account("led@example.go.th", factor=False)
        for goal in ("https://evil.example/", "//evil.example", "javascript:alert(1)"):
            data = {"login": "led@example.go.th", "password": PASSWORD, "next": goal}
            answer = portal.browser().post("/sign-in/", data, follow=False)
            assert answer.headers["Location"] == "/"

"""What the ledger must do with accounts and approval mail: the ports accounts and approvals, on each backend.

Sessions are real ones of Django, opened by its own sign-in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError

from bridge.adapters.ledger.connection import close_ledger
from bridge.application.ports.accounts import Request
from bridge.application.ports.approvals import MailStanding
from bridge.application.ports.outbox import Claim, Reason, Settlement, message_id_for
from bridge.application.ports.outbox import State as MailState
from bridge.domain.access import Grant, Role, State
from tests.contract.ledgers import BACKENDS, DOMAIN, NOW, Ledger, link_of, new_account, open_empty
from tests.contract.test_ledger_contract import MANY, in_threads

MINUTE = timedelta(minutes=1)
UNTIL = NOW + timedelta(hours=72)
GRANT = Grant("Somsri@example.go.th", "Somsri", "Jaidee", "อบต.ตัวอย่าง", Role.OFFICER, (("เมือง", "โพธิ์"),))
MAILBOX = "somsri@example.go.th"
A_PASSWORD = "argon2$the hash of some password"


@pytest.fixture(params=BACKENDS)
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    yield open_empty(request.param, request.config, tmp_path)
    close_ledger()


def account_of(key: str) -> Any:
    from bridge.adapters.ledger.models import Account

    return Account.objects.get(pk=int(key))


def sign_in(key: str) -> str:
    """Signs the account in as the portal does; the key of its session."""
    from django.contrib import auth
    from django.contrib.sessions.backends.db import SessionStore
    from django.test import RequestFactory

    request = RequestFactory().get("/")
    request.session = SessionStore()
    auth.login(request, account_of(key), backend="django.contrib.auth.backends.ModelBackend")
    request.session.save()
    return str(request.session.session_key)


def is_signed_in(session: str) -> bool:
    from django.contrib import auth
    from django.contrib.sessions.backends.db import SessionStore
    from django.http import HttpRequest

    request = HttpRequest()
    request.session = SessionStore(session)
    return bool(auth.get_user(request).is_authenticated)


def is_kept(session: str) -> bool:
    """Asked before `is_signed_in`: Django itself drops a session whose hash is no longer right."""
    from django.contrib.sessions.models import Session

    return bool(Session.objects.filter(session_key=session).exists())


def open_link(ledger: Ledger, account: str, key: str = "mail") -> str:
    assert ledger.outbox.queue(key, "1", account, "somsri@example.go.th", "activation", {}, NOW)
    claim: Claim | None = ledger.outbox.claim(NOW, NOW, UNTIL)
    assert claim is not None
    assert link_of(claim.link) is not None
    return claim.link


def approved(ledger: Ledger, key: str = "1", mailbox: str = MAILBOX, grant: Grant = GRANT) -> str:
    """A request that was approved; its account."""
    ledger.accounts.save([Request(key, mailbox, State.PENDING)])
    account = str(ledger.accounts.activate(key, mailbox, grant))
    ledger.accounts.save([Request(key, mailbox, State.ACTIVE, 1, account)])
    return account


class TestRequests:
    def test_a_request_comes_back_as_it_was_saved(self, ledger: Ledger) -> None:
        account = new_account("a@example.go.th")
        saved = [
            Request(str(n), f"{n}@example.go.th", state, n, account if n % 2 else "", n * 2)
            for n, state in enumerate(State, 1)
        ]
        ledger.accounts.save(saved)
        assert ledger.accounts.requests() == {request.key: request for request in saved}
        assert ledger.accounts.requests(iter(["2", "?"])) == {"2": saved[1]}
        assert ledger.accounts.requests([]) == {}

    def test_saving_replaces_by_key(self, ledger: Ledger) -> None:
        ledger.accounts.save([Request("1", "a@x.th", State.PENDING), Request("2", "b@x.th", State.PENDING)])
        after = Request("1", "c@x.th", State.ACTIVE, 2, new_account("c@x.th"), 3)
        for _ in range(2):
            ledger.accounts.save([after])
            assert ledger.accounts.requests() == {"1": after, "2": Request("2", "b@x.th", State.PENDING)}
        ledger.accounts.save([replace(after, account="")])
        assert ledger.accounts.requests(["1"])["1"].account == ""

    def test_a_mailbox_has_one_request(self, ledger: Ledger) -> None:
        ledger.accounts.save([Request("1", MAILBOX, State.PENDING)])
        with pytest.raises(IntegrityError):
            ledger.accounts.save([Request("2", MAILBOX, State.PENDING)])
        assert list(ledger.accounts.requests()) == ["1"]
        assert ledger.accounts.by_email([MAILBOX, "b@x.th"]) == {
            MAILBOX: Request("1", MAILBOX, State.PENDING)
        }

    def test_many_are_found(self, ledger: Ledger) -> None:
        saved = [Request(str(n), f"{n}@x.th", State.PENDING) for n in range(1, MANY)]
        ledger.accounts.save(saved)
        assert ledger.accounts.requests(r.key for r in saved) == {r.key: r for r in saved}
        assert ledger.accounts.by_email([r.email_key for r in saved]) == {r.email_key: r for r in saved}

    def test_they_are_paged_by_state_the_newest_first(self, ledger: Ledger) -> None:
        states = [State.PENDING, State.ACTIVE, State.FIX, State.PENDING]
        saved = [Request(str(n), f"{n}@x.th", state) for n, state in enumerate(states, 1)]
        ledger.accounts.save(saved)
        assert ledger.accounts.page([State.PENDING, State.FIX], 0, 2) == ([saved[3], saved[2]], 3)
        assert ledger.accounts.page([State.PENDING, State.FIX], 2, 2) == ([saved[0]], 3)
        assert ledger.accounts.page(iter([State.REVOKED]), 0, 2) == ([], 0)

    def test_numbers_go_up_as_numbers_do(self, ledger: Ledger) -> None:
        assert ledger.accounts.next_number() == 1
        ledger.accounts.save([Request(key, f"{key}@x.th", State.PENDING) for key in ("9", "10", "2")])
        assert ledger.accounts.next_number() == 11

    def test_an_answer_is_remembered_once(self, ledger: Ledger) -> None:
        responses = [f"r{n}" for n in range(MANY)]
        assert ledger.accounts.known_responses(responses) == frozenset()
        ledger.accounts.remember_responses(responses)
        ledger.accounts.remember_responses([*responses, "new", "new"])
        assert ledger.accounts.known_responses([*responses, "new", "?"]) == {*responses, "new"}
        assert ledger.accounts.known_responses([]) == frozenset()


class TestAccounts:
    def test_a_new_account_has_what_was_granted_and_no_password(self, ledger: Ledger) -> None:
        account = account_of(approved(ledger))
        assert (account.email, account.email_key) == (GRANT.email, MAILBOX)
        assert (account.first_name, account.last_name, account.org) == ("Somsri", "Jaidee", GRANT.org)
        assert (account.role, account.areas) == ("officer", [["เมือง", "โพธิ์"]])
        assert account.is_active
        assert not account.has_usable_password()
        assert not account.check_password("")

    def test_activating_again_updates_the_same_account(self, ledger: Ledger) -> None:
        key = approved(ledger)
        account = account_of(key)
        account.password = A_PASSWORD
        account.save()
        session = sign_in(key)
        renamed = replace(GRANT, first_name="Somying", org="เทศบาลตัวอย่าง")
        assert ledger.accounts.activate("1", MAILBOX, renamed) == key
        again = account_of(key)
        assert (again.first_name, again.org) == ("Somying", "เทศบาลตัวอย่าง")
        assert again.password == A_PASSWORD
        assert is_signed_in(session)

    def test_a_request_without_account_takes_the_one_of_its_mailbox(self, ledger: Ledger) -> None:
        key = approved(ledger)
        ledger.accounts.save([Request("1", "typed:1", State.PENDING), Request("2", MAILBOX, State.PENDING)])
        assert ledger.accounts.activate("2", MAILBOX, GRANT) == key

    @pytest.mark.parametrize(
        "change",
        [{"role": Role.STAFF}, {"areas": ()}, {"areas": (("เมือง", "โพธิ์"), ("กันทรลักษ์", ""))}],
        ids=["another role", "no area", "one more area"],
    )
    def test_another_role_or_area_ends_the_sessions_and_keeps_the_password(
        self, ledger: Ledger, change: dict[str, Any]
    ) -> None:
        key, other = approved(ledger), approved(ledger, "2", "b@x.th", replace(GRANT, email="b@x.th"))
        account = account_of(key)
        account.password = A_PASSWORD
        account.save()
        link = open_link(ledger, key)
        sessions = [sign_in(key), sign_in(key)]
        others = sign_in(other)
        before = account_of(key).get_session_auth_hash()
        ledger.accounts.activate("1", MAILBOX, replace(GRANT, **change))
        assert not any(map(is_kept, sessions))
        assert not any(map(is_signed_in, sessions))
        assert account_of(key).get_session_auth_hash() != before
        assert account_of(key).password == A_PASSWORD
        assert link_of(link) is not None
        assert is_signed_in(others)
        assert is_signed_in(sign_in(key))

    def test_another_address_ends_sessions_and_voids_password_and_links(self, ledger: Ledger) -> None:
        key, other = approved(ledger), approved(ledger, "2", "b@x.th", replace(GRANT, email="b@x.th"))
        account = account_of(key)
        account.password = A_PASSWORD
        account.save()
        link, others_link = open_link(ledger, key), open_link(ledger, other, "other mail")
        session, others = sign_in(key), sign_in(other)
        moved = replace(GRANT, email="New@example.go.th")
        assert ledger.accounts.activate("1", "new@example.go.th", moved) == key
        account = account_of(key)
        assert (account.email, account.email_key) == ("New@example.go.th", "new@example.go.th")
        assert not account.has_usable_password()
        assert not is_kept(session)
        assert not is_signed_in(session)
        assert link_of(link) is None
        assert is_signed_in(others)
        assert link_of(others_link) is not None

    def test_the_hash_of_a_session_falls_with_the_account(self, ledger: Ledger) -> None:
        """So that a session ends even where it is kept outside the database."""
        key = approved(ledger)
        hashes = {account_of(key).get_session_auth_hash()}
        ledger.accounts.activate("1", MAILBOX, replace(GRANT, role=Role.ADMIN))
        hashes.add(account_of(key).get_session_auth_hash())
        ledger.accounts.deactivate(key)
        hashes.add(account_of(key).get_session_auth_hash())
        ledger.accounts.activate("1", MAILBOX, replace(GRANT, role=Role.ADMIN))
        hashes.add(account_of(key).get_session_auth_hash())
        assert len(hashes) == 4

    def test_deactivating_ends_sessions_and_voids_links(self, ledger: Ledger) -> None:
        key, other = approved(ledger), approved(ledger, "2", "b@x.th", replace(GRANT, email="b@x.th"))
        link, others_link = open_link(ledger, key), open_link(ledger, other, "other mail")
        session, others = sign_in(key), sign_in(other)
        for _ in range(2):
            ledger.accounts.deactivate(key)
            assert not account_of(key).is_active
            assert not is_kept(session)
            assert not is_signed_in(session)
            assert link_of(link) is None
        assert is_signed_in(others)
        assert link_of(others_link) is not None
        assert ledger.accounts.requests(["1"])["1"].account == key
        assert ledger.outbox.standings(["1"])["1"].key == "other mail"

    def test_no_old_session_comes_back_with_the_account(self, ledger: Ledger) -> None:
        key = approved(ledger)
        session = sign_in(key)
        ledger.accounts.deactivate(key)
        assert ledger.accounts.activate("1", MAILBOX, GRANT) == key
        assert account_of(key).is_active
        assert not is_signed_in(session)
        assert is_signed_in(sign_in(key))

    def test_an_activation_that_is_rolled_back_leaves_nothing(self, ledger: Ledger) -> None:
        key = approved(ledger)
        session = sign_in(key)
        with pytest.raises(ZeroDivisionError), ledger.journal.transaction():
            ledger.accounts.activate("1", MAILBOX, replace(GRANT, role=Role.ADMIN))
            ledger.accounts.activate("2", "b@x.th", replace(GRANT, email="b@x.th"))
            raise ZeroDivisionError
        assert account_of(key).role == "officer"
        assert is_signed_in(session)
        assert ledger.accounts.activate("2", "b@x.th", replace(GRANT, email="b@x.th")) != key

    def test_the_longest_names_fit(self, ledger: Ledger) -> None:
        names = {"first_name": "A" * 300, "last_name": "ย" * 300, "org": "อ" * 500}
        account = account_of(approved(ledger, grant=replace(GRANT, **names)))
        assert account.first_name == "A" * 150
        assert account.org == "อ" * 200


class TestApprovalMail:
    def queue(self, ledger: Ledger, key: str, request: str = "1", **context: Any) -> bool:
        account = new_account("a@x.th")
        return bool(ledger.outbox.queue(key, request, account, "a@x.th", "activation", context, NOW))

    def claim(self, ledger: Ledger) -> Claim:
        claim: Claim | None = ledger.outbox.claim(NOW, NOW, UNTIL)
        assert claim is not None
        return claim

    def test_a_message_is_queued_once_for_its_key(self, ledger: Ledger) -> None:
        assert self.queue(ledger, "access-1", person="สมศรี 💛")
        assert not self.queue(ledger, "access-1", person="another")
        assert len(ledger.outbox.queued()) == 1
        claim = self.claim(ledger)
        assert claim.context == {"person": "สมศรี 💛"}
        assert (claim.message.letter_key, claim.message.attempts) == ("access-1", 0)
        assert claim.message.message_id == message_id_for("access-1", DOMAIN)
        assert claim.link.startswith("https://portal.example.go.th/")
        assert not self.queue(ledger, "access-1")
        assert ledger.outbox.claim(NOW, NOW, UNTIL) is None

    def test_a_queueing_that_is_rolled_back_queues_nothing(self, ledger: Ledger) -> None:
        with pytest.raises(ZeroDivisionError), ledger.journal.transaction():
            self.queue(ledger, "access-1")
            raise ZeroDivisionError
        assert not ledger.outbox.queued()
        assert self.queue(ledger, "access-1")

    def test_a_message_needs_its_account(self, ledger: Ledger) -> None:
        with pytest.raises(DatabaseError):
            ledger.outbox.queue("access-1", "1", "4711", "a@x.th", "activation", {}, NOW)
        assert not ledger.outbox.queued()

    def test_the_standing_is_that_of_the_newest_message(self, ledger: Ledger) -> None:
        self.queue(ledger, "first")
        self.queue(ledger, "of another", "2")
        first = self.claim(ledger)
        ledger.outbox.settle(
            first.message, Settlement(MailState.FAILED, NOW + MINUTE, Reason.REFUSED, "550 ไม่มีผู้รับ", 1)
        )
        failed = MailStanding("first", MailState.FAILED, NOW + MINUTE, Reason.REFUSED, "550 ไม่มีผู้รับ", NOW)
        queued = MailStanding("of another", MailState.QUEUED, None, Reason.NONE, "", NOW)
        assert ledger.outbox.standings() == {"1": failed, "2": queued}
        assert ledger.outbox.standings(iter(["1", "?"])) == {"1": failed}
        assert ledger.outbox.standings([]) == {}
        self.queue(ledger, "second")
        assert ledger.outbox.standings(["1"])["1"].key == "second"

    def test_the_standings_of_many(self, ledger: Ledger) -> None:
        requests = [str(n) for n in range(40_000)]
        for request in requests[::9_999]:
            self.queue(ledger, f"m{request}", request)
        standings = ledger.outbox.standings(iter(requests))
        assert {request: standing.key for request, standing in standings.items()} == {
            request: f"m{request}" for request in requests[::9_999]
        }

    def test_withdrawing_cancels_what_waits_and_no_other_request(self, ledger: Ledger) -> None:
        for key, request in (("a", "1"), ("b", "1"), ("c", "2")):
            self.queue(ledger, key, request)
        ledger.outbox.withdraw("1", NOW + MINUTE, keep="b")
        assert [message.key for message in ledger.outbox.queued()] == ["b", "c"]
        ledger.outbox.withdraw("1", NOW + MINUTE)
        assert [message.key for message in ledger.outbox.queued()] == ["c"]
        standing = ledger.outbox.standings(["1"])["1"]
        assert (standing.state, standing.settled_at) == (MailState.CANCELLED, NOW + MINUTE)

    def test_withdrawing_leaves_what_was_sent_as_it_was(self, ledger: Ledger) -> None:
        self.queue(ledger, "a")
        ledger.outbox.settle(self.claim(ledger).message, Settlement(MailState.SENT, NOW))
        before = ledger.outbox.standings()
        ledger.outbox.withdraw("1", NOW + MINUTE)
        assert ledger.outbox.standings() == before

    def test_what_is_withdrawn_is_not_queued_again(self, ledger: Ledger) -> None:
        self.queue(ledger, "a")
        claim = self.claim(ledger)
        ledger.outbox.withdraw("1", NOW)
        assert not self.queue(ledger, "a")
        assert ledger.outbox.settle(claim.message, Settlement(MailState.QUEUED, NOW, next_try=NOW))
        assert ledger.outbox.standings()["1"].state is MailState.CANCELLED
        assert not ledger.outbox.resend("a", "a-2", "<2@x.th>", NOW)

    def test_two_callers_never_get_the_same_message(self, ledger: Ledger) -> None:
        keys = [f"m{n:02d}" for n in range(24)]
        for key in keys:
            self.queue(ledger, key, key)

        def claim_all(_: int) -> list[str]:
            taken = []
            while (claim := ledger.outbox.claim(NOW, NOW, UNTIL)) is not None:
                taken.append(claim.message.key)
            return taken

        shares = in_threads(4, claim_all)
        assert sorted(key for share in shares for key in share) == keys

    def test_a_link_is_kept_as_a_hash_with_its_end(self, ledger: Ledger) -> None:
        self.queue(ledger, "a")
        claim = self.claim(ledger)
        kept = link_of(claim.link)
        assert kept.expires_at == UNTIL
        assert str(kept.account_id) == new_account("a@x.th")
        token = claim.link.rstrip("/").rpartition("/")[2]
        assert token not in repr(vars(kept))
        assert len(token) >= 40

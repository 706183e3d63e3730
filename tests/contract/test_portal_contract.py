"""What the portal asks of the ledger, on each backend: passwords by one-time links, and the read log."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.adapters.ledger.connection import close_ledger
from bridge.application.passwords import Passwords
from bridge.application.ports.read_log import Reading
from tests.contract.ledgers import BACKENDS, NOW, Ledger, new_account, open_empty

MAILBOX = "somsri@example.go.th"


@pytest.fixture(params=BACKENDS)
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    yield open_empty(request.param, request.config, tmp_path)
    close_ledger()


def mailed_token(ledger: Ledger) -> str:
    """Asks for a password, and takes the letter's link from the outbox."""
    assert use_case(ledger).ask(MAILBOX)
    claim = ledger.outbox.claim(NOW, NOW, NOW + timedelta(hours=72))
    assert claim.template == "password"
    return str(claim.link.rpartition("/")[2])


def use_case(ledger: Ledger, *, fold_gmail: bool = True) -> Passwords:
    return Passwords(ledger.passwords, ledger.outbox, ledger.clock, fold_gmail)


class TestPasswords:
    def test_a_link_is_used_once(self, ledger: Ledger) -> None:
        from bridge.adapters.ledger.models import Account

        new_account(MAILBOX)
        token = mailed_token(ledger)
        holder = use_case(ledger).opens(token)
        assert holder is not None and holder.email == MAILBOX
        assert use_case(ledger).use(token, "one")
        assert not use_case(ledger).use(token, "two")
        assert use_case(ledger).opens(token) is None
        assert Account.objects.get(email=MAILBOX).check_password("one")

    def test_it_ends_with_its_time(self, ledger: Ledger) -> None:
        new_account(MAILBOX)
        token = mailed_token(ledger)
        ledger.clock.pass_time(hours=72)
        assert use_case(ledger).opens(token) is None
        assert not use_case(ledger).use(token, "one")

    def test_it_ends_with_the_account(self, ledger: Ledger) -> None:
        from bridge.adapters.ledger.models import Account

        new_account(MAILBOX)
        token = mailed_token(ledger)
        Account.objects.update(is_active=False)
        assert not use_case(ledger).use(token, "one")
        assert not use_case(ledger).ask(MAILBOX)

    def test_using_one_ends_the_others_and_all_sessions(self, ledger: Ledger) -> None:
        from bridge.adapters.ledger.models import Account

        new_account(MAILBOX)
        first = mailed_token(ledger)
        ledger.clock.pass_time(minutes=11)
        assert use_case(ledger).ask(MAILBOX)
        claim = ledger.outbox.claim(ledger.clock.now(), ledger.clock.now(), NOW + timedelta(hours=72))
        before = Account.objects.get(email=MAILBOX).session_epoch
        assert use_case(ledger).use(claim.link.rpartition("/")[2], "one")
        assert use_case(ledger).opens(first) is None
        assert Account.objects.get(email=MAILBOX).session_epoch == before + 1

    def test_asking_again_at_once_sends_one_mail(self, ledger: Ledger) -> None:
        new_account(MAILBOX)
        assert use_case(ledger).ask(f" {MAILBOX.upper()} ")
        assert not use_case(ledger).ask(MAILBOX)
        ledger.clock.pass_time(minutes=10)
        assert use_case(ledger).ask(MAILBOX)

    def test_nobody_is_nobody(self, ledger: Ledger) -> None:
        assert not use_case(ledger).ask("nobody@example.go.th")
        assert use_case(ledger).opens("") is None
        assert len(ledger.outbox.queued()) == 0


class TestReadLog:
    def test_what_is_noted_comes_back_in_order(self, ledger: Ledger) -> None:
        account = new_account(MAILBOX)
        seen = [
            Reading(
                NOW + timedelta(minutes=minute),
                account,
                "case_search",
                ("SSK-2569-000001",),
                "why" * 100,
                odd,
            )
            for minute, odd in ((2, False), (1, True))
        ]
        for reading in seen:
            ledger.read_log.note(reading)
        found = ledger.read_log.since(NOW + timedelta(minutes=1))
        assert [(r.at, r.keys, r.refused) for r in found] == [
            (r.at, r.keys, r.refused) for r in reversed(seen)
        ]
        assert {len(r.why) for r in found} == {200}
        assert list(ledger.read_log.since(NOW + timedelta(hours=1))) == []


class TestSessions:
    def test_what_is_saved_is_there_for_the_next_request(self, ledger: Ledger) -> None:
        from bridge.portal.signed_in import SessionStore

        session = SessionStore()
        for words in ("สมศรี", "มาลี"):
            session["searches"] = words
            session.save()
            assert SessionStore(session.session_key)["searches"] == words

    def test_one_that_was_ended_meanwhile_stays_ended(self, ledger: Ledger) -> None:
        from django.contrib.sessions.backends.base import UpdateError

        from bridge.portal.signed_in import SessionStore

        session = SessionStore()
        session.save()
        SessionStore(session.session_key).delete()
        with pytest.raises(UpdateError):
            session.save()
        assert not SessionStore().exists(session.session_key)

"""Mail by the Gmail API: what Google's answers mean, and what can be proven of a letter afterwards."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest

from bridge.adapters.google.client import Refused
from bridge.adapters.mail.gmail import LOOKED_AT, SETTLE_AFTER, GmailMailer, verdict
from bridge.adapters.mail.render import MailRenderer
from bridge.application.deliver_mail import DeliverMail, DeliverySettings
from bridge.application.errors import ConfigurationError, OutsideError, SaphanError
from bridge.application.ports.mail import Fate, Letter, Outcome
from bridge.application.ports.outbox import Reason
from tests.integration.mail.conftest import NOW, SENDER, ManualClock, letter
from tests.integration.mail.google_peer import MAILBOX, client_of, credentials_of
from tests.integration.mail.kill_point import OFFICE, TEMPLATES
from tests.integration.mail.scratch_outbox import DOMAIN, ScratchOutbox
from tests.integration.mail.test_delivery import PERSON
from tests.stand_in.google import Google, Kind, serve

SEND = "POST .*/messages/send"
ID = "<act-1@saphan.example.go.th>"
AFTER = {
    Kind.RESET_AFTER,
    Kind.TIME_OUT_AFTER,
    Kind.INTERNAL_AFTER,
    Kind.BAD_GATEWAY_AFTER,
    Kind.UNAVAILABLE_AFTER,
    Kind.TRUNCATED,
}
LOST = AFTER | {
    Kind.INTERNAL,
    Kind.BAD_GATEWAY,
    Kind.UNAVAILABLE,
    Kind.RESET_BEFORE,
    Kind.TIME_OUT_BEFORE,
}
FAULTS = [*sorted(LOST), Kind.TOO_MANY, Kind.USAGE_LIMITS, Kind.FORBIDDEN, Kind.UNAUTHENTICATED]


@pytest.fixture
def google() -> Iterator[Google]:
    with serve() as running:
        running.state.strict_tokens = True
        yield running


@pytest.fixture
def post(google: Google, tmp_path: Path, clock: ManualClock) -> GmailMailer:
    credentials = credentials_of(google, tmp_path, ["gmail"])
    return GmailMailer(client_of(google, credentials), SENDER, clock)


def send(post: GmailMailer, *letters: Letter) -> list[Outcome]:
    with post.session() as session:
        return [session.send(item) for item in letters]


def failure(post: GmailMailer) -> SaphanError:
    with pytest.raises(SaphanError) as caught, post.session():
        pytest.fail("the session opened")
    return caught.value


def keys(google: Google) -> list[str]:
    return [str(kept["message"]["X-Saphan-Key"]) for kept in google.state.sent]


# the account


def test_letters_leave_in_the_name_of_the_account(google: Google, post: GmailMailer) -> None:
    assert send(post, letter("a"), letter("b")) == [Outcome(Fate.SENT)] * 2
    assert [kept["from"] for kept in google.state.sent] == [MAILBOX] * 2
    assert [kept["message_id"] for kept in google.state.sent] == [
        "<a@saphan.example.go.th>",
        "<b@saphan.example.go.th>",
    ]


def test_an_account_without_a_mailbox_is_told_before_anything_is_sent(
    google: Google, tmp_path: Path, clock: ManualClock
) -> None:
    google.faults.on("/profile", Kind.FORBIDDEN)
    credentials = credentials_of(google, tmp_path, ["gmail"])
    error = failure(GmailMailer(client_of(google, credentials), SENDER, clock))
    assert isinstance(error, ConfigurationError)
    assert error.code == "gmail_refused"
    assert google.state.sent == []


def test_a_consent_that_does_not_cover_mail_is_told_before_anything_is_sent(
    google: Google, tmp_path: Path, clock: ManualClock
) -> None:
    post = GmailMailer(client_of(google, credentials_of(google, tmp_path, ["books"])), SENDER, clock)
    error = failure(post)
    assert error.code == "gmail_refused"
    assert "scopes" in str(error.facts["said"])


def test_a_withdrawn_consent_is_told_before_anything_is_sent(google: Google, post: GmailMailer) -> None:
    google.state.revoked.add(google.state.email)
    error = failure(post)
    assert error.code == "google_sign_in"
    assert google.state.sent == []


def test_a_service_that_is_down_is_told_before_anything_is_sent(google: Google, post: GmailMailer) -> None:
    google.faults.on("/profile", Kind.UNAVAILABLE, times=99)
    assert failure(post).code == "google_unreachable"


def test_a_consent_withdrawn_on_the_way_stops_the_run_and_loses_nothing(
    google: Google, post: GmailMailer
) -> None:
    with post.session() as session:
        google.state.revoked.add(google.state.email)
        with pytest.raises(OutsideError) as caught:
            session.send(letter())
    assert caught.value.code == "google_sign_in"
    assert google.state.sent == []


def test_no_token_and_no_person_is_logged(
    google: Google, post: GmailMailer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "bridge")
    send(post, letter())
    assert "ya29" not in caplog.text
    assert "somsri" not in caplog.text


# what Google's answers mean


@pytest.mark.parametrize("kind", sorted(LOST))
def test_a_lost_answer_is_unknown_and_never_sent_again(
    google: Google, post: GmailMailer, kind: Kind, clock: ManualClock
) -> None:
    google.faults.on(SEND, kind, hold=2)
    assert [outcome.fate for outcome in send(post, letter())] == [Fate.UNKNOWN]
    assert sum(call.line.endswith("/send") for call in google.calls) == 1
    assert post.evidence(ID, "act-1") is (kind in AFTER)


@pytest.mark.parametrize("kind", [Kind.TOO_MANY, Kind.USAGE_LIMITS])
def test_a_passing_rate_limit_is_waited_out(google: Google, post: GmailMailer, kind: Kind) -> None:
    google.faults.on(SEND, kind)
    assert send(post, letter()) == [Outcome(Fate.SENT)]
    assert keys(google) == ["act-1"]


@pytest.mark.parametrize("kind", [Kind.TOO_MANY, Kind.USAGE_LIMITS])
def test_a_rate_limit_that_stays_puts_the_letter_off(google: Google, post: GmailMailer, kind: Kind) -> None:
    google.faults.on(SEND, kind, times=99)
    [outcome] = send(post, letter())
    assert outcome.fate is Fate.LATER
    assert "429" in outcome.reason
    assert google.state.sent == []


def test_the_days_allowance_is_quota(google: Google, post: GmailMailer) -> None:
    google.state.mail_limit = 1
    outcomes = send(post, letter("a"), letter("b"))
    assert [outcome.fate for outcome in outcomes] == [Fate.SENT, Fate.QUOTA]
    assert "Mail sending" in outcomes[1].reason


@pytest.mark.parametrize("kind", [Kind.FORBIDDEN, Kind.UNAUTHENTICATED])
def test_a_refusal_of_the_account_does_not_give_the_letter_up(
    google: Google, post: GmailMailer, kind: Kind
) -> None:
    google.faults.on(SEND, kind, times=3)
    assert [outcome.fate for outcome in send(post, letter())] == [Fate.LATER]
    assert google.state.sent == []


@pytest.mark.parametrize(
    ("status", "reason", "said", "fate"),
    [
        (400, "invalidArgument", "Invalid To header", Fate.REFUSED),
        (400, "invalidArgument", "Recipient address required", Fate.REFUSED),
        (400, "badRequest", "Bad Request", Fate.REFUSED),
        (413, "uploadTooLarge", "Request Entity Too Large", Fate.REFUSED),
        (400, "failedPrecondition", "Mail service not enabled", Fate.LATER),
        (400, "FAILED_PRECONDITION", "Precondition check failed.", Fate.LATER),
        (403, "dailyLimitExceeded", "Daily Limit Exceeded", Fate.QUOTA),
        (403, "userRateLimitExceeded", "Daily user sending limit exceeded", Fate.QUOTA),
        (429, "rateLimitExceeded", "Daily user sending quota exceeded.", Fate.QUOTA),
        (403, "quotaExceeded", "The user has exceeded their quota", Fate.QUOTA),
        (429, "rateLimitExceeded", "User-rate limit exceeded.  Retry after 2030-01-01T00:00:00Z", Fate.QUOTA),
        (403, "userRateLimitExceeded", "User Rate Limit Exceeded", Fate.LATER),
        (429, "rateLimitExceeded", "Too many concurrent requests for user", Fate.LATER),
        (429, "rateLimitExceeded", "Resource has been exhausted (e.g. check quota).", Fate.LATER),
        (403, "domainPolicy", "The domain administrators have disabled Gmail apps.", Fate.LATER),
        (403, "PERMISSION_DENIED", "Request had insufficient authentication scopes.", Fate.LATER),
        (404, "notFound", "Requested entity was not found.", Fate.LATER),
    ],
)
def test_refusals_as_google_words_them(status: int, reason: str, said: str, fate: Fate) -> None:
    assert verdict(Refused(status, reason, said)) == Outcome(fate, " ".join(f"{status} {said}".split()))


# evidence


def test_a_letter_that_people_deleted_or_that_is_not_the_latest_is_found(
    google: Google, post: GmailMailer
) -> None:
    send(post, letter("act-1"), *(letter(f"b{number}") for number in range(5)))
    assert post.evidence(ID, "act-1") is True


def test_a_rewritten_message_id_is_found_by_the_key(google: Google, post: GmailMailer) -> None:
    send(post, letter("act-1"))
    _rewrite(google)
    assert post.evidence(ID, "act-1") is True


def test_where_message_ids_are_rewritten_nothing_is_proven(google: Google, post: GmailMailer) -> None:
    send(post, letter("act-2"))
    _rewrite(google)
    assert post.evidence(ID, "act-1") is None


def test_among_the_letters_of_people_only_nothing_is_proven(google: Google, post: GmailMailer) -> None:
    for _ in range(LOOKED_AT):
        _send_by_hand(google)
    assert post.evidence(ID, "act-1") is False
    _send_by_hand(google)
    assert post.evidence(ID, "act-1") is None
    send(post, letter("act-2"))
    assert post.evidence(ID, "act-1") is False


def test_a_letter_deleted_while_it_is_looked_at(google: Google, post: GmailMailer) -> None:
    send(post, letter("act-2"), letter("act-3"))
    google.before("GET /gmail/v1/users/me/messages/", lambda: google.state.sent.pop())
    assert post.evidence(ID, "act-1") is False


@pytest.mark.parametrize("kind", [Kind.FORBIDDEN, Kind.UNAVAILABLE])
@pytest.mark.parametrize("call", ["/messages$", "/messages/"])
def test_a_mailbox_that_cannot_be_read_proves_nothing(
    google: Google, post: GmailMailer, kind: Kind, call: str
) -> None:
    send(post, letter("act-2"))
    google.faults.on(f"GET .*{call}", kind, times=99)
    with pytest.raises(OutsideError):
        post.evidence(ID, "act-1")


def test_a_withdrawn_consent_proves_nothing(google: Google, post: GmailMailer) -> None:
    google.state.revoked.add(google.state.email)
    with pytest.raises(OutsideError):
        post.evidence(ID, "act-1")


def _rewrite(google: Google) -> None:
    """As Gmail may do to a Message-ID that it does not like."""
    kept = google.state.sent[-1]
    kept["message_id"] = "<CAF0=x1@mail.gmail.com>"
    kept["message"].replace_header("Message-ID", kept["message_id"])


def _send_by_hand(google: Google) -> None:
    message = EmailMessage()
    message["To"], message["Message-ID"] = "somchai@example.go.th", "<CAF0=x2@mail.gmail.com>"
    number = str(len(google.state.sent))
    made = {"id": number, "threadId": number, "labelIds": ["SENT"], "message": message, "from": MAILBOX}
    google.state.sent.append({**made, "message_id": message["Message-ID"]})


# the whole way


# Call 0 is the one for the token, which is google-auth's own.
PLACES = [(place, kind) for place in range(8) for kind in FAULTS]


@pytest.mark.parametrize(("place", "kind"), PLACES)
def test_any_fault_at_any_call_neither_doubles_nor_loses(
    google: Google, post: GmailMailer, clock: ManualClock, place: int, kind: Kind
) -> None:
    outbox = ScratchOutbox()
    for key in ("act-1", "act-2", "act-3"):
        outbox.enqueue(key, f"{key}@example.go.th", "activation", PERSON, NOW)
    renderer, settings = MailRenderer(TEMPLATES), DeliverySettings(DOMAIN, OFFICE)
    case = DeliverMail(outbox, post, renderer, clock, settings, lambda: 0.5)
    google.faults.at(place, kind, hold=2)
    reports = []
    for _ in range(8):
        try:
            reports.append(case.deliver())
        except SaphanError as error:  # of the account or the way to it: before anything was claimed
            assert error.code in ("gmail_refused", "google_unreachable", "google_sign_in")
        clock.pass_by(hours=2)
    assert Counter(keys(google)) == Counter(["act-1", "act-2", "act-3"])
    assert sum(report.sent for report in reports) == 3
    assert (outbox.sending(), outbox.queued()) == ([], [])
    assert all(report.failed == report.held == 0 for report in reports)


def test_evidence_is_asked_for_only_when_no_request_can_be_on_its_way(
    google: Google, post: GmailMailer, clock: ManualClock
) -> None:
    outbox = ScratchOutbox()
    outbox.enqueue("act-1", "somsri@example.go.th", "activation", PERSON, NOW)
    case = DeliverMail(
        outbox, post, MailRenderer(TEMPLATES), clock, DeliverySettings(DOMAIN, OFFICE), lambda: 0.5
    )
    google.faults.on(SEND, Kind.LATE)
    assert case.deliver().unsettled == 1
    clock.time += SETTLE_AFTER - timedelta(seconds=1)
    assert case.deliver().unsettled == 1
    google.faults.apply_late()
    clock.pass_by(seconds=1)
    assert case.deliver().sent == 1
    assert keys(google) == ["act-1"]


def test_the_days_allowance_used_up_in_the_middle(
    google: Google, post: GmailMailer, clock: ManualClock
) -> None:
    outbox = ScratchOutbox()
    for number in range(5):
        outbox.enqueue(f"act-{number}", f"somsri{number}@example.go.th", "activation", PERSON, NOW)
    case = DeliverMail(
        outbox, post, MailRenderer(TEMPLATES), clock, DeliverySettings(DOMAIN, OFFICE), lambda: 0.5
    )
    google.state.mail_limit = 2
    report = case.deliver()
    assert (report.sent, report.queued_for_tomorrow, report.quota) == (2, 3, Reason.QUOTA_SERVICE)
    google.state.mail_limit = None
    clock.pass_by(days=1)
    assert case.deliver().sent == 3
    assert len(set(keys(google))) == len(google.state.sent) == 5

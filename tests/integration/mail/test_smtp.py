"""SMTP against real servers that misbehave in every way that was met (sync.md, "Mail")."""

from __future__ import annotations

import contextlib
import logging
import socket
import time
import traceback
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.adapters.mail.message import Sender
from bridge.adapters.mail.smtp import Security, SmtpMailer, SmtpSettings, dot_stuffed, is_loopback, verdict
from bridge.application.errors import ConfigurationError, OutsideError
from bridge.application.ports.mail import Fate, Letter, Outcome
from bridge.application.ports.outbox import Reason
from tests.integration.mail.conftest import SENDER, ManualClock, letter
from tests.integration.mail.peers import (
    DROP,
    PASSWORD,
    TAKE_AND_DROP,
    TAKE_AND_SLEEP,
    USER,
    Inbox,
    RawPeer,
    make_certificate,
    reset,
    running,
    server_context,
    signing_in,
)

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")


def mailer(port: int, **options: object) -> SmtpMailer:
    values = {"host": "127.0.0.1", "sender": SENDER, "port": port, "timeout": 5.0, **options}
    return SmtpMailer(SmtpSettings(**values), ManualClock())  # type: ignore[arg-type]


def send(post: SmtpMailer, *letters: Letter) -> list[Outcome]:
    with post.session() as session:
        return [session.send(item) for item in letters]


def fates(post: SmtpMailer, *keys: str) -> list[Fate]:
    return [outcome.fate for outcome in send(post, *(letter(key) for key in keys))]


def failure(post: SmtpMailer) -> OutsideError:
    with pytest.raises(OutsideError) as caught, post.session():
        pytest.fail("the session opened")
    return caught.value


@pytest.fixture
def raw_peer() -> Iterator[Callable[[Callable[[socket.socket], None]], RawPeer]]:
    with contextlib.ExitStack() as stack:

        def start(play: Callable[[socket.socket], None]) -> RawPeer:
            peer = RawPeer(play)
            stack.callback(peer.stop)
            return peer

        yield start


# the line


def test_one_session_carries_every_letter_to_one_recipient_each() -> None:
    inbox = Inbox()
    with running(inbox) as peer:
        assert fates(mailer(peer.port), "a", "b", "c") == [Fate.SENT] * 3
    assert inbox.sessions == 1
    assert inbox.keys() == ["a", "b", "c"]
    assert inbox.envelopes == [(SENDER.address, ["somsri@tambon.example.go.th"])] * 3


@pytest.mark.parametrize("security", [Security.AUTO, Security.STARTTLS])
def test_starttls_with_the_offices_own_authority(certificate: tuple[Path, Path], security: Security) -> None:
    inbox = Inbox()
    context = server_context(*certificate)
    with running(inbox, tls_context=context, require_starttls=True, **signing_in()) as peer:
        post = mailer(
            peer.port,
            user=USER,
            password=PASSWORD,
            security=security,
            ca_file=certificate[0],
            host="localhost",
        )
        assert fates(post, "a") == [Fate.SENT]
    assert inbox.commands[0] == "AUTH"


def test_tls_from_the_first_byte(certificate: tuple[Path, Path]) -> None:
    inbox = Inbox()
    with running(inbox, ssl_context=server_context(*certificate)) as peer:
        post = mailer(peer.port, security=Security.TLS, ca_file=certificate[0])
        assert fates(post, "a") == [Fate.SENT]


def test_an_unknown_certificate_is_not_trusted_even_here(certificate: tuple[Path, Path]) -> None:
    inbox = Inbox()
    with running(inbox, tls_context=server_context(*certificate), **signing_in()) as peer:
        error = failure(mailer(peer.port, user=USER, password=PASSWORD))
    assert error.code == "mail_certificate"
    assert inbox.commands == []


def test_a_certificate_for_another_name_is_not_trusted(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path, name="mail.example.com")
    with running(Inbox(), tls_context=server_context(*certificate)) as peer:
        error = failure(mailer(peer.port, ca_file=certificate[0]))
    assert error.code == "mail_certificate"


def test_an_authority_file_that_is_missing_is_told(tmp_path: Path) -> None:
    with running(Inbox()) as peer:
        assert failure(mailer(peer.port, ca_file=tmp_path / "ไม่มี.pem")).code == "mail_ca_file"


def test_a_plain_server_where_tls_is_spoken_is_told() -> None:
    with running(Inbox()) as peer:
        assert failure(mailer(peer.port, security=Security.TLS)).code == "mail_tls_failed"


def test_stripped_starttls_gets_neither_password_nor_letter() -> None:
    inbox = Inbox()
    with running(inbox, **signing_in(), auth_require_tls=False) as peer:
        error = failure(mailer(peer.port, user=USER, password=PASSWORD, security=Security.STARTTLS))
    assert error.code == "mail_tls_missing"
    assert inbox.commands == []


def test_a_host_that_is_not_this_computer_gets_nothing_without_tls() -> None:
    # 0.0.0.0 leads to the server on this computer, but is no loopback address: as good as far away.
    inbox = Inbox()
    with running(inbox, **signing_in(), auth_require_tls=False) as peer:
        try:
            socket.create_connection(("0.0.0.0", peer.port), 2).close()
        except OSError:
            pytest.skip("this system does not connect to 0.0.0.0")
        error = failure(mailer(peer.port, user=USER, password=PASSWORD, host="0.0.0.0"))
    assert error.code == "mail_tls_missing"
    assert inbox.commands == []


def test_a_plain_line_to_another_computer_cannot_be_configured() -> None:
    with pytest.raises(ConfigurationError):
        SmtpSettings("mail.example.go.th", SENDER, security=Security.NONE)
    assert SmtpSettings("127.0.0.1", SENDER, security=Security.NONE).host == "127.0.0.1"


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "127.0.0.1", "127.9.9.9", "::1", "[::1]"])
def test_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["localhost.example.com", "127.0.0.1.example.com", "10.0.0.1", "", "0.0.0.0"]
)
def test_not_loopback(host: str) -> None:
    assert not is_loopback(host)


def test_no_server_is_one_clear_error() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        error = failure(mailer(probe.getsockname()[1]))
    assert error.code == "mail_unreachable"
    assert error.exit_code == 6


@pytest.mark.parametrize("password", ["wrong-Passw0rd!", "รหัสผ่านลับ"])
def test_a_wrong_password_is_told_without_it(password: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "bridge")
    inbox = Inbox()
    with running(inbox, **signing_in(), auth_require_tls=False) as peer:
        post = mailer(peer.port, user=USER, password=password)
        with pytest.raises(OutsideError) as caught, post.session():
            pytest.fail("the session opened")
    error = caught.value
    shown = "".join(traceback.TracebackException.from_exception(error, capture_locals=False).format())
    assert error.code == ("mail_login_refused" if password.isascii() else "mail_login_unsendable")
    assert not any(command.startswith("MAIL") for command in inbox.commands)
    for text in (shown, repr(error), str(error.facts), repr(post._settings), caplog.text):
        assert password not in text
    assert error.__cause__ is None
    assert error.__context__ is None


def test_a_server_without_sign_in_is_told() -> None:
    with running(Inbox()) as peer:
        assert failure(mailer(peer.port, user=USER, password=PASSWORD)).code == "mail_login_missing"


def test_a_sender_that_is_no_address_cannot_be_configured() -> None:
    for address in ("", "nobody", "a@b@c", "ก@example.go.th", "a@example.go.th\r\nBcc: x@example.com"):
        with pytest.raises(ConfigurationError):
            Sender(address)
    with pytest.raises(ConfigurationError):
        Sender("a@example.go.th", "สำนักงาน\nBcc: x@example.com")


# what the server says


def test_a_refused_recipient_does_not_touch_the_next_letter() -> None:
    inbox = Inbox(on_rcpt=lambda address: "550 5.1.1 no such user" if address.startswith("gone") else None)
    with running(inbox) as peer:
        outcomes = send(mailer(peer.port), letter("a", recipient="gone@example.go.th"), letter("b"))
    assert outcomes[0] == Outcome(Fate.REFUSED, "550 5.1.1 no such user")
    assert outcomes[1].fate is Fate.SENT
    assert inbox.sessions == 1
    assert inbox.envelopes == [(SENDER.address, ["somsri@tambon.example.go.th"])]


ANSWERS = [
    ("451 4.7.1 greylisted", Fate.LATER),
    ("450 4.2.1 receiving mail at a rate that prevents delivery", Fate.LATER),
    ("452 4.2.2 The recipient's mailbox is over quota", Fate.LATER),
    ("450 4.2.2 somsri is over quota", Fate.LATER),
    ("421 4.7.0 try again later", Fate.LATER),
    ("530 5.7.0 Authentication required", Fate.LATER),
    ("550 5.7.1 rejected as spam", Fate.REFUSED),
    ("552 5.2.2 mailbox full, quota exceeded", Fate.REFUSED),
    ("552 5.3.4 message size limit exceeded", Fate.REFUSED),
    ("550 5.4.5 Daily user sending limit exceeded", Fate.QUOTA),
    ("550-5.4.5 Daily SMTP relay sending limit exceeded.", Fate.QUOTA),
    ("452 4.5.3 Your daily quota is used up", Fate.QUOTA),
    ("450 4.7.1 sending quota exceeded", Fate.QUOTA),
    ("554 5.7.1 limit exceeded", Fate.QUOTA),
    ("550 5.1.90 you've reached your daily limit for message recipients", Fate.QUOTA),
]


@pytest.mark.parametrize(("said", "fate"), ANSWERS)
@pytest.mark.parametrize("stage", ["on_mail", "on_rcpt", "on_data"])
def test_what_an_answer_means(stage: str, said: str, fate: Fate) -> None:
    said = said.replace("550-", "550 ")
    answers = iter([said])
    inbox = Inbox(**{stage: lambda *_: next(answers, None)})
    with running(inbox) as peer:
        outcomes = send(mailer(peer.port), letter("a"), letter("b"))
    assert outcomes[0] == Outcome(fate, said)
    assert outcomes[1].fate is Fate.SENT
    assert inbox.keys() == ["b"]


@pytest.mark.parametrize(("code", "said"), [(-1, b"garbage"), (354, b"go on"), (0, b""), (999, b"?")])
def test_an_answer_that_is_none_proves_nothing(code: int, said: bytes) -> None:
    assert verdict(code, said).fate is Fate.UNKNOWN


def test_the_reason_is_one_short_line() -> None:
    reason = verdict(554, "5.7.1 ไม่รับ\n\x1b[31m5.7.1 แดง".encode() + b"\xff" + b"x" * 900).reason
    assert reason.startswith("554 5.7.1 ไม่รับ ")
    assert reason.isprintable()
    assert len(reason) <= 300


def test_quota_in_the_middle_of_a_batch() -> None:
    inbox = Inbox()
    inbox.on_rcpt = lambda address: "550 5.4.5 Daily limit exceeded" if len(inbox.taken) >= 2 else None
    with running(inbox) as peer:
        assert fates(mailer(peer.port), "a", "b", "c") == [Fate.SENT, Fate.SENT, Fate.QUOTA]


def test_421_is_followed_by_a_new_connection() -> None:
    answers = iter(["421 4.3.2 shutting down"])
    inbox = Inbox(on_mail=lambda: next(answers, None))
    with running(inbox) as peer:
        assert fates(mailer(peer.port), "a", "b") == [Fate.LATER, Fate.SENT]
    assert inbox.sessions == 2


# when the line breaks


@pytest.mark.parametrize("stage", ["on_mail", "on_rcpt"])
def test_lost_before_the_letter_is_safe_to_try_again(stage: str) -> None:
    answers = iter([DROP])
    inbox = Inbox(**{stage: lambda *_: next(answers, None)})
    with running(inbox) as peer:
        assert fates(mailer(peer.port), "a", "b") == [Fate.LATER, Fate.SENT]
    assert (inbox.sessions, inbox.keys()) == (2, ["b"])


def test_taken_and_dropped_is_unknown_and_there_is_exactly_one() -> None:
    answers = iter([TAKE_AND_DROP])
    inbox = Inbox(on_data=lambda message: next(answers, None))
    with running(inbox) as peer:
        assert fates(mailer(peer.port), "a", "b") == [Fate.UNKNOWN, Fate.SENT]
    assert (inbox.sessions, inbox.keys()) == (2, ["a", "b"])


def test_an_answer_that_does_not_come_in_time_is_unknown() -> None:
    answers = iter([TAKE_AND_SLEEP])
    inbox = Inbox(on_data=lambda message: next(answers, None))
    with running(inbox) as peer:
        assert fates(mailer(peer.port, timeout=0.3), "a", "b") == [Fate.UNKNOWN, Fate.SENT]
    assert inbox.keys() == ["a", "b"]


def test_a_session_that_cannot_open_anew_says_so_before_the_next_letter() -> None:
    inbox = Inbox(on_data=lambda message: TAKE_AND_DROP)
    with running(inbox) as peer:
        post = mailer(peer.port, timeout=2)
        with post.session() as session:
            assert session.send(letter("a")).fate is Fate.UNKNOWN
            peer.stop()
            with pytest.raises(OutsideError) as caught:
                session.send(letter("b"))
    assert caught.value.code == "mail_unreachable"
    assert inbox.keys() == ["a"]


def converse(connection: socket.socket, *, until: bytes, last: bytes) -> None:
    """Says yes to every command up to `until`, which it answers with `last`."""
    connection.sendall(b"220 raw\r\n")
    with connection.makefile("rb") as lines:
        for line in lines:
            if line.upper().startswith(until):
                connection.sendall(last)
                return
            connection.sendall(b"250 OK\r\n")


def test_lost_in_the_middle_of_the_letter_is_safe_to_try_again(
    raw_peer: Callable[[Callable[[socket.socket], None]], RawPeer],
) -> None:
    def play(connection: socket.socket) -> None:
        converse(connection, until=b"DATA", last=b"354 go on\r\n")
        connection.recv(1000)
        reset(connection)

    peer = raw_peer(play)
    long = letter(text="ยาวมาก " * 1_500_000)  # more than the system's buffers hold
    assert send(mailer(peer.port), long)[0].fate is Fate.LATER


@pytest.mark.parametrize("answer", [b"", b"2", b"garbage\r\n", b"\xff\xff\xff\r\n", b"250-half\r\n"])
def test_half_an_answer_after_the_final_dot_is_unknown(
    raw_peer: Callable[[Callable[[socket.socket], None]], RawPeer], answer: bytes
) -> None:
    def play(connection: socket.socket) -> None:
        converse(connection, until=b"DATA", last=b"354 go on\r\n")
        taken = b""
        while not taken.endswith(b"\r\n.\r\n"):
            taken += connection.recv(65536)
        connection.sendall(answer)

    peer = raw_peer(play)
    assert send(mailer(peer.port), letter())[0].fate is Fate.UNKNOWN


def test_a_server_that_never_greets_is_given_up(
    raw_peer: Callable[[Callable[[socket.socket], None]], RawPeer],
) -> None:
    peer = raw_peer(lambda connection: time.sleep(1))
    assert failure(mailer(peer.port, timeout=0.3)).code == "mail_unreachable"


def test_goodbye_never_fails() -> None:
    inbox = Inbox()
    with running(inbox) as peer:
        post = mailer(peer.port, timeout=1)
        with post.session() as session:
            assert session.send(letter("a")).fate is Fate.SENT
            peer.stop()
    assert inbox.keys() == ["a"]


@pytest.mark.parametrize(
    ("content", "wire"),
    [
        (b".\r\n", b"..\r\n"),
        (b"a\r\n.\r\n..b\r\n", b"a\r\n..\r\n...b\r\n"),
        (b"a.b", b"a.b\r\n"),
    ],
)
def test_no_line_of_a_letter_looks_like_its_end(content: bytes, wire: bytes) -> None:
    assert dot_stuffed(content) == wire


# addresses beyond ASCII


def test_a_thai_local_part_needs_a_server_that_knows_it() -> None:
    thai = letter(recipient="สมศรี@example.go.th")
    with running(Inbox(), enable_SMTPUTF8=False) as peer:
        assert send(mailer(peer.port), thai) == [Outcome(Fate.REFUSED, Reason.ADDRESS_NOT_ASCII)]
    inbox = Inbox()
    with running(inbox, enable_SMTPUTF8=True) as peer:
        assert send(mailer(peer.port), thai, letter("b"))[0].fate is Fate.SENT
    assert inbox.envelopes[0][1] == ["สมศรี@example.go.th"]
    assert "To: สมศรี@example.go.th\r\n".encode() in inbox.taken[0]


def test_evidence_without_a_source_is_none_and_waits() -> None:
    post = mailer(25)
    assert post.evidence("<a@example.go.th>", "a") is None
    assert post.evidence_delay == timedelta(minutes=11)

"""Signing in by token: aiosmtpd for SMTP, Dovecot for IMAP, the stand-in for Google as the one who gives the
tokens and answers for them."""

from __future__ import annotations

import base64
import contextlib
import imaplib
import json
import logging
import socket
import ssl
import threading
import traceback
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from aiosmtpd.smtp import MISSING, SMTP, AuthResult

from bridge.adapters.mail.evidence import ImapSettings, SentMailbox
from bridge.adapters.mail.message import compose, to_bytes
from bridge.adapters.mail.smtp import LONGEST_FIRST_ANSWER, Security, SmtpMailer, SmtpSettings
from bridge.adapters.mail.xoauth2 import AccessToken
from bridge.application.errors import ConfigurationError, OutsideError
from bridge.application.ports.mail import Fate
from tests.integration.mail import dovecot
from tests.integration.mail.conftest import NOW, SENDER, ManualClock, letter
from tests.integration.mail.google_peer import MAILBOX, credentials_of
from tests.integration.mail.peers import CountingSMTP, Inbox, Peer, RawPeer, free_port, server_context
from tests.stand_in.google import Google, Kind, serve

REFUSAL = base64.b64encode(b'{"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}').decode()


@pytest.fixture
def google() -> Iterator[Google]:
    with serve() as running:
        yield running


@pytest.fixture
def token(google: Google, tmp_path: Path) -> AccessToken:
    return AccessToken(credentials_of(google, tmp_path, ["mail"]))


def owner(google: Google, token: str) -> str:
    """Whose token it is; "" for none that is good for mail now."""
    known = google.state.tokens.get(token)
    good = known is not None and token not in google.state.revoked
    return str(known["user"]) if known and good and "https://mail.google.com/" in known["scope"] else ""


# the token


def test_a_token_is_fetched_once_and_renewed_when_it_ends(google: Google, tmp_path: Path) -> None:
    credentials = credentials_of(google, tmp_path, ["mail"])
    token = AccessToken(credentials)
    first = token()
    assert owner(google, first) == MAILBOX
    assert token() == first
    credentials.expiry = NOW.replace(tzinfo=None, year=2020)
    assert token() != first


@pytest.mark.parametrize("kind", [Kind.UNAVAILABLE, Kind.RESET_BEFORE, Kind.TRUNCATED, Kind.FORBIDDEN])
def test_a_token_that_cannot_be_had_is_told(google: Google, token: AccessToken, kind: Kind) -> None:
    google.faults.on("/token", kind, times=99)
    with pytest.raises(OutsideError) as caught:
        token()
    assert caught.value.code == "mail_token"


def test_a_withdrawn_consent_is_told(google: Google, token: AccessToken) -> None:
    google.state.revoked.add(google.state.email)
    with pytest.raises(OutsideError) as caught:
        token()
    assert "invalid_grant" in str(caught.value.facts["said"])


# SMTP


class TokenSMTP(CountingSMTP):
    """As Google's: the reason of a refusal comes as a challenge, and the refusal after an empty line."""

    google: Google
    refusal = "535 5.7.8 Username and Password not accepted"

    async def auth_XOAUTH2(self, _: SMTP, args: list[str]) -> AuthResult:
        self.event_handler.commands.append("at once" if len(args) > 1 else "asked")
        blob = base64.b64decode(args[1]) if len(args) > 1 else await self.challenge_auth("")
        user, bearer = _read(bytes(blob if blob is not MISSING else b""))
        if user and owner(self.google, bearer) == user:
            return AuthResult(success=True, auth_data=user)
        await self.push(f"334 {REFUSAL}")
        line = await self._reader.readline()
        self.event_handler.commands.append(f"answered {line!r}")
        await self.push(self.refusal)
        return AuthResult(success=False, handled=True)


def _read(blob: bytes) -> tuple[str, str]:
    parts = blob.decode().split("\x01")
    if len(parts) != 4 or not parts[0].startswith("user=") or not parts[1].startswith("auth=Bearer "):
        return "", ""
    return parts[0].removeprefix("user="), parts[1].removeprefix("auth=Bearer ")


@contextlib.contextmanager
def smtp(google: Google, inbox: Inbox, refusal: str = TokenSMTP.refusal, **options: object) -> Iterator[int]:
    kind = type("Server", (TokenSMTP,), {"google": google, "refusal": refusal})

    class TokenPeer(Peer):
        def factory(self) -> SMTP:
            made = kind(self.handler, **self.SMTP_kwargs)
            made.command_size_limits["AUTH"] = 12288
            return made

    peer = TokenPeer(
        inbox,
        hostname="127.0.0.1",
        port=free_port(),
        auth_required=True,
        auth_exclude_mechanism=["PLAIN", "LOGIN"],
        **options,
    )
    peer.start()
    try:
        yield peer.port
    finally:
        peer.stop()


def mailer(port: int, token: Callable[[], str], **options: object) -> SmtpMailer:
    values = {"host": "127.0.0.1", "sender": SENDER, "port": port, "timeout": 5.0, "user": MAILBOX, **options}
    return SmtpMailer(SmtpSettings(**values, token=token), ManualClock())  # type: ignore[arg-type]


def smtp_failure(post: SmtpMailer) -> OutsideError:
    with pytest.raises(OutsideError) as caught, post.session():
        pytest.fail("the session opened")
    return caught.value


plain = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")


def test_a_letter_leaves_by_token_over_tls(
    google: Google, token: AccessToken, certificate: tuple[Path, Path]
) -> None:
    inbox = Inbox()
    options = {"tls_context": server_context(*certificate), "require_starttls": True}
    with smtp(google, inbox, **options) as port:
        post = mailer(port, token, security=Security.STARTTLS, ca_file=certificate[0])
        with post.session() as session:
            assert session.send(letter()).fate is Fate.SENT
    assert inbox.keys() == ["act-1"]
    assert inbox.commands[:2] == ["AUTH", "at once"]


@plain
def test_a_long_token_follows_the_command(google: Google, token: AccessToken) -> None:
    inbox, long = Inbox(), "ya29." + "x" * LONGEST_FIRST_ANSWER
    google.state.tokens[long] = google.state.tokens[token()]
    with smtp(google, inbox, auth_require_tls=False) as port, mailer(port, lambda: long).session():
        pass
    assert inbox.commands == ["AUTH", "asked"]


@plain
@pytest.mark.parametrize("long", [0, LONGEST_FIRST_ANSWER])
def test_a_wrong_token_is_told_without_it(
    google: Google, long: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "bridge")
    inbox, wrong = Inbox(), "ya29.wrong-token" + "x" * long
    with smtp(google, inbox, auth_require_tls=False) as port:
        post = mailer(port, lambda: wrong)
        error = smtp_failure(post)
    shown = "".join(traceback.TracebackException.from_exception(error, capture_locals=False).format())
    assert error.code == "mail_token_refused"
    assert inbox.commands[-1] == "answered b'\\r\\n'"
    assert inbox.taken == []
    for text in (shown, repr(error), str(error.facts), repr(post._settings), caplog.text):
        assert "ya29" not in text
    assert error.__cause__ is error.__context__ is None


@plain
def test_a_passing_refusal_of_a_sign_in_is_tried_later(google: Google) -> None:
    with smtp(google, Inbox(), "454 4.7.0 Temporary authentication failure", auth_require_tls=False) as port:
        assert smtp_failure(mailer(port, lambda: "ya29.x")).code == "mail_login_later"


def test_a_server_that_takes_no_tokens_is_told() -> None:
    from tests.integration.mail.peers import running, signing_in

    with pytest.warns(UserWarning), running(Inbox(), **signing_in(), auth_require_tls=False) as peer:
        assert smtp_failure(mailer(peer.port, lambda: "ya29.x")).code == "mail_login_missing"


def test_stripped_starttls_gets_no_token(google: Google) -> None:
    inbox = Inbox()
    with pytest.warns(UserWarning), smtp(google, inbox, auth_require_tls=False) as port:
        error = smtp_failure(mailer(port, lambda: "ya29.x", security=Security.STARTTLS))
    assert error.code == "mail_tls_missing"
    assert inbox.commands == []


def test_a_token_that_cannot_be_had_stops_before_the_sign_in(google: Google, token: AccessToken) -> None:
    google.state.revoked.add(google.state.email)
    inbox = Inbox()
    with pytest.warns(UserWarning), smtp(google, inbox, auth_require_tls=False) as port:
        assert smtp_failure(mailer(port, token)).code == "mail_token"
    assert inbox.commands == []


@pytest.mark.parametrize(
    "challenge", [b"334 not-base64!\r\n", b"334 =\r\n", b"334 \xff\r\n", b"", b"200 what\r\n"]
)
def test_a_server_that_babbles_is_told(challenge: bytes) -> None:
    def play(connection: socket.socket) -> None:
        lines = connection.makefile("rb")
        connection.sendall(b"220 hello\r\n")
        lines.readline()
        connection.sendall(b"250-hello\r\n250 AUTH XOAUTH2\r\n")
        while lines.readline() and challenge:
            connection.sendall(challenge)

    peer = RawPeer(play)
    try:
        code = smtp_failure(mailer(peer.port, lambda: "ya29.x", security=Security.NONE)).code
    finally:
        peer.stop()
    assert code in ("mail_login_missing", "mail_login_later", "mail_token_refused")


def test_a_token_of_nobody_cannot_be_configured() -> None:
    with pytest.raises(ConfigurationError):
        SmtpSettings("127.0.0.1", SENDER, token=lambda: "ya29.x")


# IMAP


@contextlib.contextmanager
def introspection(google: Google) -> Iterator[str]:
    """The endpoint of RFC 7662 that Dovecot asks about tokens."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            user = owner(google, form.get("token", [""])[0])
            content = json.dumps({"active": bool(user), **({"email": user} if user else {})}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/introspect"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def judge() -> Iterator[Google]:
    with serve() as running:
        yield running


@pytest.fixture(scope="module")
def server(judge: Google, certificate: tuple[Path, Path]) -> Iterator[dovecot.Dovecot]:
    if not dovecot.available():
        pytest.skip("dovecot is not installed")
    with introspection(judge) as address, dovecot.running(certificate, address) as running:
        yield running


def sent_mailbox(
    server: dovecot.Dovecot, certificate: tuple[Path, Path], token: Callable[[], str], **options: object
) -> SentMailbox:
    values = {"host": "127.0.0.1", "user": MAILBOX, "port": server.tls_port, "complete": True, **options}
    return SentMailbox(
        ImapSettings(
            **values,  # type: ignore[arg-type]
            token=token,
            security=Security.TLS,
            ca_file=certificate[0],
            timeout=5,
        )
    )


def test_the_sent_mailbox_opens_by_token(
    judge: Google, server: dovecot.Dovecot, certificate: tuple[Path, Path], tmp_path: Path
) -> None:
    mailbox = sent_mailbox(server, certificate, AccessToken(credentials_of(judge, tmp_path, ["mail"])))
    assert mailbox.find("<act-1@saphan.example.go.th>", "act-1") is False
    context = ssl.create_default_context(cafile=str(certificate[0]))
    imap = imaplib.IMAP4_SSL("127.0.0.1", server.tls_port, ssl_context=context)
    imap.login(dovecot.USER, dovecot.PASSWORD)
    imap.append('"My Sent"', "", "", to_bytes(compose(letter(), SENDER, NOW)))
    imap.logout()
    assert mailbox.find("<act-1@saphan.example.go.th>", "act-1") is True


def test_a_token_of_somebody_else_or_of_nobody_is_told_without_it(
    judge: Google, server: dovecot.Dovecot, certificate: tuple[Path, Path], tmp_path: Path
) -> None:
    other = AccessToken(credentials_of(judge, tmp_path, ["mail"], subject="other@example.go.th"))
    for token in (other, lambda: "ya29.wrong-token"):
        mailbox = sent_mailbox(server, certificate, token)
        with pytest.raises(OutsideError) as caught:
            mailbox.find("<act-1@saphan.example.go.th>", "act-1")
        error = caught.value
        shown = "".join(traceback.TracebackException.from_exception(error, capture_locals=False).format())
        assert error.code == "imap_token_refused"
        for text in (shown, str(error.facts), repr(mailbox._settings)):
            assert "ya29" not in text


def test_imap_a_token_that_cannot_be_had_is_told(
    server: dovecot.Dovecot, certificate: tuple[Path, Path]
) -> None:
    def none() -> str:
        raise OutsideError("mail_token", said="invalid_grant")

    with pytest.raises(OutsideError) as caught:
        sent_mailbox(server, certificate, none).find("<act-1@saphan.example.go.th>", "act-1")
    assert caught.value.code == "mail_token"


def test_imap_the_refusal_follows_an_empty_answer_to_its_reason() -> None:
    """The exchange as Google speaks it, line by line; Dovecot refuses without saying why first."""
    heard: list[bytes] = []

    def play(connection: socket.socket) -> None:
        lines = connection.makefile("rb")
        connection.sendall(b"* OK ready\r\n")
        tag = lines.readline().split()[0]
        connection.sendall(b"* CAPABILITY IMAP4rev1 AUTH=XOAUTH2\r\n" + tag + b" OK done\r\n")
        tag, *command = lines.readline().split()
        heard.append(b" ".join(command))
        connection.sendall(b"+ \r\n")
        heard.append(base64.b64decode(lines.readline()))
        connection.sendall(f"+ {REFUSAL}\r\n".encode())
        heard.append(lines.readline())
        connection.sendall(tag + b" NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)\r\n")
        lines.readline()

    peer = RawPeer(play)
    settings = ImapSettings(
        "127.0.0.1", MAILBOX, token=lambda: "ya29.x", port=peer.port, security=Security.NONE, timeout=5
    )
    try:
        with pytest.raises(OutsideError) as caught:
            SentMailbox(settings).find("<act-1@saphan.example.go.th>", "act-1")
    finally:
        peer.stop()
    assert caught.value.code == "imap_token_refused"
    blob = f"user={MAILBOX}\x01auth=Bearer ya29.x\x01\x01".encode()
    assert heard == [b"AUTHENTICATE XOAUTH2", blob, b"\r\n"]

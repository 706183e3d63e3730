"""Real mail servers on loopback, well-behaved and not."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import ipaddress
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "saphan@example.go.th", "Str0ng-secret-phrase"


@dataclass
class Inbox:
    """What a server took and what it says. An answer is a reply, None (yes), or `DROP`."""

    taken: list[bytes] = field(default_factory=list)
    envelopes: list[tuple[str, list[str]]] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    sessions: int = 0
    on_mail: Callable[[], str | None] = lambda: None
    on_rcpt: Callable[[str], str | None] = lambda address: None
    on_data: Callable[[EmailMessage], str | None] = lambda message: None
    log: Path | None = None

    @property
    def messages(self) -> list[EmailMessage]:
        return [parse(content) for content in self.taken]

    def keys(self) -> list[str]:
        return [message["X-Saphan-Key"] for message in self.messages]

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.commands.append(f"MAIL {address}")
        answer = self.on_mail()
        if answer is None:
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return self._reply(server, answer)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.commands.append(f"RCPT {address}")
        answer = self.on_rcpt(address)
        if answer is None:
            envelope.rcpt_tos.append(address)
        return self._reply(server, answer)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = bytes(envelope.original_content or b"")
        answer = self.on_data(parse(content))
        if answer in (None, TAKE_AND_DROP, TAKE_AND_SLEEP):
            self._take(content, envelope)
        if answer == TAKE_AND_SLEEP:
            await asyncio.sleep(2)
        return self._reply(server, answer)

    def _take(self, content: bytes, envelope: Envelope) -> None:
        self.taken.append(content)
        self.envelopes.append((str(envelope.mail_from), list(envelope.rcpt_tos)))
        if self.log is not None:
            message = parse(content)
            with self.log.open("a") as log:
                log.write(f"accepted id={message['Message-ID']} key={message['X-Saphan-Key']}\n")

    def _reply(self, server: SMTP, answer: str | None) -> str:
        if answer in (DROP, TAKE_AND_DROP):
            assert server.transport is not None
            server.transport.abort()
        return answer or "250 OK"


DROP, TAKE_AND_DROP, TAKE_AND_SLEEP = "421 dropped", "421 taken and dropped", "250 slept"


class CountingSMTP(SMTP):
    """Notes each greeting and each sign-in that was tried."""

    async def smtp_EHLO(self, hostname: str) -> None:
        self.event_handler.sessions += 1
        await super().smtp_EHLO(hostname)

    async def smtp_AUTH(self, arg: str) -> None:
        self.event_handler.commands.append("AUTH")
        await super().smtp_AUTH(arg)


class Peer(Controller):
    """aiosmtpd in a thread; may be stopped twice."""

    def factory(self) -> SMTP:
        return CountingSMTP(self.handler, **self.SMTP_kwargs)

    def stop(self, no_assert: bool = False) -> None:
        if not self.loop.is_closed():
            super().stop(no_assert)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(inbox: Inbox, **options: object) -> Iterator[Peer]:
    peer = Peer(inbox, hostname="127.0.0.1", port=free_port(), **options)
    peer.start()
    try:
        yield peer
    finally:
        peer.stop()


def signing_in() -> dict[str, object]:
    """Options of a server that wants the one user and password; PLAIN and LOGIN."""

    def check(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:
        assert isinstance(data, LoginPassword)
        good = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=good, handled=False)

    return {"authenticator": check, "auth_required": True}


def parse(content: bytes) -> EmailMessage:
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def header(content: bytes, name: str) -> str:
    """A header as a mail program shows it. Not by email.policy.default, which (seen in Python 3.11) reads a
    space between two encoded words of a sender's name (RFC 2047 6.2 has none)."""
    value = message_from_bytes(content)[name]
    return str(make_header(decode_header(str(value))))


class RawPeer:
    """A server of one scripted connection after another; `play` gets the connected socket."""

    def __init__(self, play: Callable[[socket.socket], None]) -> None:
        self._play = play
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.connections = 0
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            with connection, contextlib.suppress(OSError):
                connection.settimeout(5)
                self._play(connection)

    def stop(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(6)


def reset(connection: socket.socket) -> None:
    """Closes by RST, as a cable or a firewall does."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def make_certificate(folder: Path, *, name: str = "localhost") -> tuple[Path, Path]:
    """A self-made certificate for `name` and 127.0.0.1, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    names: list[x509.GeneralName] = [x509.DNSName(name)]
    if name == "localhost":
        names.append(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = folder / "certificate.pem", folder / "key.pem"
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return certificate_file, key_file


def server_context(certificate: Path, key: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context

"""Evidence: the server's log, and the Sent mailbox of a real IMAP server."""

from __future__ import annotations

import gzip
import imaplib
import socket
import ssl
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.adapters.mail.evidence import (
    Evidence,
    ImapSettings,
    LogFile,
    LogSettings,
    SentMailbox,
    modified_utf7,
)
from bridge.adapters.mail.message import compose, to_bytes
from bridge.adapters.mail.smtp import Security
from bridge.application.errors import ConfigurationError, OutsideError
from tests.integration.mail import dovecot
from tests.integration.mail.conftest import NOW, SENDER, letter
from tests.integration.mail.peers import RawPeer

ID, KEY = "<act-1@saphan.example.go.th>", "act-1"


def in_log(path: Path, *, complete: bool = False) -> bool | None:
    return LogFile(LogSettings(path, complete=complete)).find(ID, KEY)


# the log


@pytest.mark.parametrize(
    "line",
    [
        "2026-03-02 1abc <= saphan@example.go.th H=localhost P=esmtp S=900 id=act-1@saphan.example.go.th",
        "Mar  2 12:00:00 mx smtpd: message-id=<act-1@saphan.example.go.th>, accepted for delivery",
        "status=sent key=act-1, to=<somsri@example.go.th>",
        "queued as 4F2; X-Saphan-Key: act-1.",
    ],
)
def test_a_line_that_names_the_letter_and_says_accepted(tmp_path: Path, line: str) -> None:
    log = tmp_path / "mail.log"
    log.write_text(f"other line\n{line}\n", encoding="utf-8")
    assert in_log(log) is True


@pytest.mark.parametrize(
    "line",
    [
        "accepted key=act-12",
        "accepted key=act-1-9f3c",
        "accepted key=react-1",
        "accepted key=act-1.2",
        "accepted id=act-1@saphan.example.go.th.evil.example",
        "accepted id=xact-1@saphan.example.go.th",
        "rejected key=act-1",
        "not accepted key=act-1",
        "status=deferred key=act-1",
        "",
    ],
)
def test_a_line_that_does_not(tmp_path: Path, line: str) -> None:
    log = tmp_path / "mail.log"
    log.write_text(f"{line}\n")
    assert in_log(log) is None
    assert in_log(log, complete=True) is False


def test_older_parts_of_the_log_are_read_too(tmp_path: Path) -> None:
    log = tmp_path / "บันทึก [1]" / "mail.log"
    log.parent.mkdir()
    log.write_bytes(b"\xff\xfe not text\n")
    assert in_log(log, complete=True) is False
    with gzip.open(log.parent / "mail.log.2.gz", "wt") as older:
        older.write("accepted key=act-1\n")
    assert in_log(log, complete=True) is True


def test_a_log_that_cannot_be_read_proves_nothing(tmp_path: Path) -> None:
    with pytest.raises(OutsideError):
        in_log(tmp_path / "mail.log", complete=True)
    (tmp_path / "mail.log").write_text("")
    (tmp_path / "mail.log.1.gz").write_bytes(gzip.compress(b"accepted key=other\n" * 99)[:-9])
    with pytest.raises(OutsideError):
        in_log(tmp_path / "mail.log", complete=True)


def test_the_word_for_accepted_is_the_provinces(tmp_path: Path) -> None:
    log = tmp_path / "mail.log"
    log.write_text("รับแล้ว act-1\n", encoding="utf-8")
    assert LogFile(LogSettings(log, "รับแล้ว")).find(ID, KEY) is True
    with pytest.raises(ConfigurationError):
        LogSettings(log, "(")


# several sources


class Says:
    def __init__(self, answer: bool | OutsideError | None) -> None:
        self.answer = answer

    def find(self, message_id: str, key: str) -> bool | None:
        if isinstance(self.answer, OutsideError):
            raise self.answer
        return self.answer


DOWN = OutsideError("imap_unreadable")


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([], None),
        ([None, None], None),
        ([None, True], True),
        ([False, True], True),
        ([DOWN, True], True),
        ([True, DOWN], True),
        ([None, False], False),
        ([DOWN, False], False),
        ([DOWN, None], DOWN),
        ([None, DOWN], DOWN),
    ],
)
def test_sources_together(answers: list[bool | OutsideError | None], expected: object) -> None:
    evidence = Evidence([Says(answer) for answer in answers])
    if expected is DOWN:
        with pytest.raises(OutsideError):
            evidence(ID, KEY)
    else:
        assert evidence(ID, KEY) is expected


# the Sent mailbox


@pytest.fixture(scope="module")
def server(certificate: tuple[Path, Path]) -> Iterator[dovecot.Dovecot]:
    if not dovecot.available():
        pytest.skip("dovecot is not installed")
    with dovecot.running(certificate) as running:
        yield running


@pytest.fixture
def files(server: dovecot.Dovecot, certificate: tuple[Path, Path]) -> Iterator[imaplib.IMAP4]:
    """Signed in as the mail service that files what it took; the Sent mailbox is empty at first."""
    imap = imaplib.IMAP4("127.0.0.1", server.port, timeout=10)
    imap.login(dovecot.USER, dovecot.PASSWORD)
    for name in ('"My Sent"', f'"{modified_utf7(dovecot.THAI_MAILBOX)}"'):
        if imap.select(name)[1] != [b"0"]:
            imap.store("1:*", "+FLAGS", "\\Deleted")
        imap.expunge()
        imap.unselect()
    yield imap
    imap.logout()


def file(imap: imaplib.IMAP4, key: str, *, mailbox: str = '"My Sent"', message_id: str = "") -> None:
    sent = letter(key, message_id=message_id or f"<{key}@saphan.example.go.th>")
    assert (
        imap.append(mailbox, "", imaplib.Time2Internaldate(NOW), to_bytes(compose(sent, SENDER, NOW)))[0]
        == "OK"
    )


def ask(
    server: dovecot.Dovecot, certificate: tuple[Path, Path], key: str = KEY, **options: object
) -> bool | None:
    values = {
        "host": "localhost",
        "user": dovecot.USER,
        "password": dovecot.PASSWORD,
        "port": server.tls_port,
        "security": Security.TLS,
        "ca_file": certificate[0],
        "timeout": 10.0,
        **options,
    }
    settings = ImapSettings(**values)  # type: ignore[arg-type]
    return SentMailbox(settings).find(f"<{key}@saphan.example.go.th>", key)


def test_a_letter_in_the_sent_mailbox_was_taken(
    server: dovecot.Dovecot, certificate: tuple[Path, Path], files: imaplib.IMAP4
) -> None:
    assert ask(server, certificate) is None
    assert ask(server, certificate, complete=True) is False
    file(files, "act-12")
    file(files, "act-1-9f3c")
    assert ask(server, certificate, complete=True) is False
    file(files, "act-1")
    assert ask(server, certificate) is True


def test_a_rewritten_message_id_is_found_by_the_key(
    server: dovecot.Dovecot, certificate: tuple[Path, Path], files: imaplib.IMAP4
) -> None:
    file(files, "act-1", message_id="<rewritten@provider.example.com>")
    assert ask(server, certificate) is True
    assert ask(server, certificate, "act", complete=True) is False


def test_looking_changes_nothing(
    server: dovecot.Dovecot, certificate: tuple[Path, Path], files: imaplib.IMAP4
) -> None:
    file(files, "act-1")
    ask(server, certificate)
    files.select('"My Sent"', readonly=True)
    assert files.search(None, "UNSEEN")[1] == [b"1"]


def test_a_mailbox_with_a_thai_name(
    server: dovecot.Dovecot, certificate: tuple[Path, Path], files: imaplib.IMAP4
) -> None:
    file(files, "act-1", mailbox=f'"{modified_utf7(dovecot.THAI_MAILBOX)}"')
    assert ask(server, certificate, mailbox=dovecot.THAI_MAILBOX) is True
    assert ask(server, certificate, mailbox="My Sent", complete=True) is False


def test_a_mailbox_that_is_not_there(server: dovecot.Dovecot, certificate: tuple[Path, Path]) -> None:
    with pytest.raises(OutsideError) as caught:
        ask(server, certificate, mailbox="ไม่มี", complete=True)
    assert caught.value.code == "imap_mailbox"


def test_starttls_and_a_key_that_could_never_be_sent(
    server: dovecot.Dovecot, certificate: tuple[Path, Path], files: imaplib.IMAP4
) -> None:
    options = {"port": server.port, "security": Security.STARTTLS, "complete": True}
    file(files, "act-1")
    assert ask(server, certificate, **options) is True
    assert ask(server, certificate, 'x"\r\nA1 DELETE "My Sent"', **options) is False
    assert ask(server, certificate, **options) is True


def test_an_unknown_certificate_is_not_trusted(
    server: dovecot.Dovecot, certificate: tuple[Path, Path]
) -> None:
    with pytest.raises(OutsideError) as caught:
        ask(server, certificate, ca_file=None)
    assert caught.value.code == "imap_certificate"
    assert isinstance(caught.value.__cause__, ssl.SSLError)


@pytest.mark.parametrize("password", ["wrong-Passw0rd!", "รหัสลับ"])
def test_a_wrong_password_is_told_without_it(
    server: dovecot.Dovecot, certificate: tuple[Path, Path], password: str
) -> None:
    with pytest.raises(OutsideError) as caught:
        ask(server, certificate, password=password)
    assert caught.value.code == "imap_login_refused"
    shown = "".join(traceback.format_exception(caught.value)) + str(caught.value.facts)
    assert password not in shown
    assert password not in repr(ImapSettings("localhost", "a", password))


def test_a_server_without_tls_gets_no_password() -> None:
    heard: list[bytes] = []

    def play(connection: socket.socket) -> None:
        connection.sendall(b"* OK hello\r\n")
        with connection.makefile("rb") as lines:
            for line in lines:
                heard.append(line)
                tag, command = line.split()[:2]
                if command == b"CAPABILITY":
                    connection.sendall(b"* CAPABILITY IMAP4rev1\r\n")
                connection.sendall(tag + b" OK done\r\n")

    peer = RawPeer(play)
    try:
        with pytest.raises(OutsideError) as caught:
            settings = ImapSettings(
                "127.0.0.1", "u", "imap-secret", port=peer.port, security=Security.STARTTLS
            )
            SentMailbox(settings).find(ID, KEY)
    finally:
        peer.stop()
    assert caught.value.code == "mail_tls_missing"
    assert heard
    assert not any(b"imap-secret" in line for line in heard)


def test_no_server_and_a_line_that_breaks_are_unreadable_not_false() -> None:
    peer = RawPeer(lambda connection: None)
    settings = ImapSettings("127.0.0.1", "u", "p", port=peer.port, security=Security.NONE, complete=True)
    with pytest.raises(OutsideError) as caught:
        SentMailbox(settings).find(ID, KEY)
    assert caught.value.code == "imap_unreadable"
    peer.stop()
    with pytest.raises(OutsideError) as caught:
        SentMailbox(settings).find(ID, KEY)
    assert caught.value.code == "imap_unreadable"


def test_a_plain_line_to_another_computer_cannot_be_configured() -> None:
    with pytest.raises(ConfigurationError):
        ImapSettings("imap.example.com", "u", "p", security=Security.NONE)


def test_modified_utf7_as_the_standard_shows_it() -> None:
    assert modified_utf7("~peter/mail/台北/日本語") == "~peter/mail/&U,BTFw-/&ZeVnLIqe-"
    assert modified_utf7("Sent & Kept") == "Sent &- Kept"

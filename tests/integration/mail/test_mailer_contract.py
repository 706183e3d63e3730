"""What every mailer must do (bridge/application/ports/mail.py), on a real server, on a real folder, and on the
stand-in for Gmail."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.adapters.mail.evidence import Evidence, LogFile, LogSettings
from bridge.adapters.mail.folder import FolderMailer
from bridge.adapters.mail.gmail import GmailMailer
from bridge.adapters.mail.message import LetterRefused, Sender, compose, recipient_of, to_bytes
from bridge.adapters.mail.smtp import SmtpMailer, SmtpSettings
from bridge.application.deliver_mail import PatientMailer
from bridge.application.ports.mail import Fate, Letter, Outcome
from bridge.application.ports.outbox import Reason
from tests.integration.mail.conftest import NOW, SENDER, ManualClock, letter
from tests.integration.mail.google_peer import client_of, taken_by
from tests.integration.mail.peers import Inbox, header, parse, running
from tests.stand_in.google import serve


@dataclass
class Post:
    mailer: PatientMailer
    contents: Callable[[], list[bytes]]

    def send(self, *letters: Letter) -> list[Outcome]:
        with self.mailer.session() as session:
            return [session.send(letter) for letter in letters]

    def arrived(self) -> list[EmailMessage]:
        return [parse(content) for content in self.contents()]


@pytest.fixture(params=["smtp", "folder", "gmail"])
def post(request: pytest.FixtureRequest, tmp_path: Path, clock: ManualClock) -> Iterator[Post]:
    if request.param == "folder":
        folder = tmp_path / "จดหมาย ออก"
        files = lambda: [path.read_bytes() for path in sorted(folder.glob("*"))]  # noqa: E731
        yield Post(FolderMailer(folder, SENDER, clock), files)
        return
    if request.param == "gmail":
        with serve() as google:
            yield Post(GmailMailer(client_of(google), SENDER, clock), lambda: taken_by(google))
        return
    log = tmp_path / "mail.log"
    log.touch()
    inbox = Inbox(log=log)
    with running(inbox) as peer:
        evidence = Evidence([LogFile(LogSettings(log, complete=True))])
        mailer = SmtpMailer(SmtpSettings("127.0.0.1", SENDER, peer.port, timeout=5), clock, evidence)
        yield Post(mailer, lambda: inbox.taken)


def test_a_letter_arrives_whole(post: Post) -> None:
    assert post.send(letter()) == [Outcome(Fate.SENT, post.send(letter("act-2"))[0].reason)]
    message = post.arrived()[0]
    assert message["Subject"] == "แจ้งเปิดสิทธิ์เข้าใช้ระบบ"
    assert message["To"] == "somsri@tambon.example.go.th"
    assert header(post.contents()[0], "From") == "สำนักงาน พมจ. ตัวอย่าง <saphan@example.go.th>"
    assert message["From"].addresses[0].addr_spec == "saphan@example.go.th"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime == NOW
    assert message["Date"].datetime.utcoffset() == timedelta(hours=7)
    assert {item["X-Saphan-Key"] for item in post.arrived()} == {"act-1", "act-2"}
    assert message["Message-ID"] == f"<{message['X-Saphan-Key']}@saphan.example.go.th>"
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert not list(message.iter_attachments())


def test_thai_text_survives_byte_for_byte(post: Post) -> None:
    sent = letter(
        subject="สวัสดีค่ะ " * 20 + "ๆ ฯ ๑๒๓ – “ก”",
        text="ก\n.\n..ข\n.ค\nน้ำ ปู่ ญี่ปุ่น\n" + "ยาว" * 900 + "\n",
        html="<p>ก &amp; ข</p>\n.\n",
    )
    post.send(sent)
    message = post.arrived()[0]
    assert header(post.contents()[0], "Subject") == sent.subject
    text, html = message.iter_parts()
    assert isinstance(text, EmailMessage)
    assert isinstance(html, EmailMessage)
    assert text.get_payload(decode=True) == sent.text.replace("\n", "\r\n").encode()
    assert html.get_payload(decode=True) == sent.html.replace("\n", "\r\n").encode()
    raw = post.contents()[0]
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert b"\n" not in raw.replace(b"\r\n", b"")


def test_evidence_follows_the_letter(post: Post) -> None:
    with post.mailer.session():
        pass
    assert post.mailer.evidence("<act-1@saphan.example.go.th>", "act-1") is False
    post.send(letter("act-12"))
    assert post.mailer.evidence("<act-1@saphan.example.go.th>", "act-1") is False
    post.send(letter("act-1"))
    assert post.mailer.evidence("<act-1@saphan.example.go.th>", "act-1") is True
    assert post.mailer.evidence("<act-1-9f@saphan.example.go.th>", "act-1-9f") is False


BREAKS = ["\r\n", "\n", "\r", "\x00", "\x0b", "\x0c", "\x85", "\u2028", "\u2029"]


@pytest.mark.parametrize("character", BREAKS, ids=ascii)
@pytest.mark.parametrize("place", ["subject", "recipient", "message_id", "key"])
def test_a_line_break_is_refused_and_makes_no_header(post: Post, place: str, character: str) -> None:
    good = getattr(letter(), place)
    bad = letter(**{place: f"{good}{character}Bcc: victim@example.com"})
    outcome, other = post.send(bad, letter("act-2"))
    assert outcome == Outcome(Fate.REFUSED, Reason.UNSAFE_HEADER)
    assert other.fate is Fate.SENT
    assert [message["X-Saphan-Key"] for message in post.arrived()] == ["act-2"]
    assert all(message["Bcc"] is None for message in post.arrived())


@pytest.mark.parametrize(
    "address",
    [
        "",
        "nobody",
        "@example.go.th",
        "a@",
        "a@b@",
        "a b@example.go.th",
        "a@example.go.th, b@example.go.th",
        "a@example.go.th,b@example.go.th",
        "<a@example.go.th>",
        "Somsri <a@example.go.th>",
        "a@exa mple.go.th",
        "a@example..go.th",
        "a" * 65 + "@example.go.th",
        '"a"@example.go.th',
        "a(x)@example.go.th",
        "a@[127.0.0.1]",
    ],
)
def test_what_is_not_one_plain_address_is_refused(post: Post, address: str) -> None:
    assert post.send(letter(recipient=address)) == [Outcome(Fate.REFUSED, Reason.UNUSABLE_ADDRESS)]
    assert post.contents() == []


def test_a_lone_surrogate_is_refused(post: Post) -> None:
    assert post.send(letter(text="ก\ud800")) == [Outcome(Fate.REFUSED, Reason.UNSENDABLE_TEXT)]


def test_a_thai_domain_travels_in_its_ascii_form(post: Post) -> None:
    post.send(letter(recipient="somsri@ตัวอย่าง.ไทย"))
    address = str(post.arrived()[0]["To"].addresses[0].addr_spec)
    assert address.isascii()
    assert address.rpartition("@")[2].encode().decode("idna") == "ตัวอย่าง.ไทย"


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=90), st.text(max_size=40), st.text(max_size=120), st.booleans())
def test_any_text_is_a_true_message_or_refused(subject: str, recipient: str, text: str, utf8: bool) -> None:
    sent = letter(subject=subject, recipient=recipient + "@example.go.th", text=text)
    try:
        message = compose(sent, SENDER, NOW, utf8=utf8)
    except LetterRefused:
        return
    raw = to_bytes(message)
    read = parse(raw)
    assert recipient_of(message) == sent.recipient
    assert sorted(name.lower() for name in read) == sorted(
        [
            "from",
            "to",
            "subject",
            "date",
            "message-id",
            "auto-submitted",
            "x-saphan-key",
            "mime-version",
            "content-type",
        ]
    )
    assert read["X-Saphan-Key"] == sent.key
    assert read["Message-ID"] == sent.message_id
    address = str(read["To"].addresses[0].addr_spec).encode("utf-8", "surrogateescape").decode()
    assert address in (sent.recipient, f'"{recipient}"@example.go.th')


THAI = st.text("กขคงจ ัาำ่ พมจ.abc,(–😀", min_size=1, max_size=150) | st.text(
    st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=150
)


@settings(max_examples=200, deadline=None)
@given(THAI)
def test_a_subject_and_a_sender_read_as_they_were_written(subject: str) -> None:
    wanted = " ".join(subject.split())
    raw = to_bytes(compose(letter(subject=wanted), Sender("a@example.go.th", wanted), NOW))
    assert header(raw, "Subject") == wanted
    assert max(map(len, raw.split(b"\r\n"))) <= 78
    if not wanted.isascii():
        assert header(raw, "From") == f"{wanted} <a@example.go.th>"


@pytest.mark.parametrize("length", [1, 50, 59, 64])
def test_a_key_is_never_folded(length: int) -> None:
    key = "k" * length
    sent = letter(key, message_id=f"<{'a' * 32}@{'very-long-name.' * 5}example.go.th>")
    raw = to_bytes(compose(sent, SENDER, NOW))
    assert f"X-Saphan-Key: {key}\r\n".encode() in raw
    assert sent.message_id.encode() in raw

"""A letter as an Internet message (RFC 5322, RFC 2045, RFC 3834)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from typing import Any
from zoneinfo import ZoneInfo

from bridge.application.errors import ConfigurationError
from bridge.application.ports.mail import Letter
from bridge.application.ports.outbox import Reason

BANGKOK = ZoneInfo("Asia/Bangkok")
LONGEST_LOCAL_PART, LONGEST_ADDRESS = 64, 254  # octets, RFC 5321 4.5.3.1
LONGEST_LINE = 75  # characters, RFC 2047 2

# Controls, line and paragraph separators and lone surrogates: nothing of this belongs in a header.
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_LOCAL_PART = re.compile(r'[^\s@<>()\[\]\\,;:"]+')
_DOMAIN = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_KEY = re.compile(r"[A-Za-z0-9._-]{1,64}")
_MESSAGE_ID = re.compile(r"<[A-Za-z0-9._+=-]{1,100}@[A-Za-z0-9.-]{1,120}>")


class _ThaiPolicy(EmailPolicy):
    """Encodes Thai subjects and sender names by `email.header`: the newer folding (seen in Python 3.11)
    loses a space wherever an encoded word happens to end at one."""

    def fold_binary(self, name: str, value: Any) -> bytes:
        text = value.addresses[0].display_name if name == "From" else str(value)
        if text.isascii() or name not in ("From", "Subject"):
            return super().fold_binary(name, value)
        words = Header(text, "utf-8", maxlinelen=LONGEST_LINE, header_name=name).encode(linesep="\r\n")
        address = f"\r\n <{value.addresses[0].addr_spec}>" if name == "From" else ""
        return f"{name}: {words}{address}\r\n".encode("ascii")


_PLAIN = _ThaiPolicy(linesep="\r\n", cte_type="7bit")
_UTF8 = _PLAIN.clone(utf8=True)


@dataclass(frozen=True)
class Sender:
    """Whom every letter is from. Raises ConfigurationError where that is no plain address."""

    address: str
    name: str = ""

    def __post_init__(self) -> None:
        local, _, domain = self.address.rpartition("@")
        plain = self.address.isascii() and _LOCAL_PART.fullmatch(local) and _DOMAIN.fullmatch(domain)
        if not plain or _UNSAFE.search(self.address + self.name):
            raise ConfigurationError("mail_sender", address=self.address)


class LetterRefused(Exception):
    """This letter cannot be a message, whatever the service; nothing of it was sent."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


def compose(letter: Letter, sender: Sender, now: datetime, *, utf8: bool = False) -> EmailMessage:
    """The whole message: fixed From, one To, text and HTML, no attachment.

    `now` is aware; `utf8` allows a local part that is not ASCII (RFC 6531). Raises LetterRefused.
    """
    if any(
        _UNSAFE.search(value) for value in (letter.recipient, letter.subject, letter.key, letter.message_id)
    ):
        raise LetterRefused(Reason.UNSAFE_HEADER)
    if not _KEY.fullmatch(letter.key) or not _MESSAGE_ID.fullmatch(letter.message_id):
        raise LetterRefused(Reason.UNSAFE_HEADER)
    message = EmailMessage(policy=_PLAIN if letter.recipient.isascii() or not utf8 else _UTF8)
    message["From"] = Address(sender.name, addr_spec=sender.address)
    message["To"] = _address(letter.recipient, utf8=utf8)
    message["Subject"] = letter.subject
    message["Date"] = now.astimezone(BANGKOK)
    message["Message-ID"] = letter.message_id
    message["Auto-Submitted"] = "auto-generated"
    message["X-Saphan-Key"] = letter.key
    try:
        message.set_content(letter.text, cte="base64")
        message.add_alternative(letter.html, subtype="html", cte="base64")
    except UnicodeEncodeError:
        raise LetterRefused(Reason.UNSENDABLE_TEXT) from None
    return message


def recipient_of(message: EmailMessage) -> str:
    """The one address that the message is for, as the envelope wants it."""
    return str(message["To"].addresses[0].addr_spec)


def to_bytes(message: EmailMessage) -> bytes:
    """The message in its wire form: every line ends in CR LF."""
    return re.sub(rb"\r\n|\r|\n", b"\r\n", message.as_bytes())


def _address(text: str, *, utf8: bool) -> Address:
    local, at, domain = text.rpartition("@")
    if not at or not _LOCAL_PART.fullmatch(local):
        raise LetterRefused(Reason.UNUSABLE_ADDRESS)
    if not local.isascii() and not utf8:
        raise LetterRefused(Reason.ADDRESS_NOT_ASCII)
    try:
        domain = domain.encode("idna").decode("ascii")
    except UnicodeError:
        raise LetterRefused(Reason.UNUSABLE_ADDRESS) from None
    too_long = len(local.encode()) > LONGEST_LOCAL_PART or len(f"{local}@{domain}".encode()) > LONGEST_ADDRESS
    if too_long or not _DOMAIN.fullmatch(domain):
        raise LetterRefused(Reason.UNUSABLE_ADDRESS)
    return Address(username=local, domain=domain)

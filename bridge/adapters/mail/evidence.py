"""Evidence that a mail service took a letter: its log, and the Sent mailbox (IMAP4rev1, RFC 3501).

Every source answers True (there it is), False (it is not there, and the province declares the source
complete) or None (it is not there, which proves nothing), and raises OutsideError when it cannot be read now.
"""

from __future__ import annotations

import base64
import contextlib
import glob
import gzip
import imaplib
import re
import ssl
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any, Protocol

from bridge.adapters.mail.smtp import LONGEST_REASON, Security, is_loopback, tls_context
from bridge.adapters.mail.xoauth2 import Answers
from bridge.application.errors import ConfigurationError, OutsideError

IMAPS_PORT = 993
ACCEPTED = r"(?i)(?<!not )\b(?:accepted|queued as|status=sent)\b| <= "  # the last: Exim took it in


class Source(Protocol):
    def find(self, message_id: str, key: str) -> bool | None: ...


class Evidence:
    """Several sources as one. One that has the letter settles it; a complete one that lacks it settles it
    too; else a source that could not be read may still know, and its OutsideError is raised."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = sources

    def __call__(self, message_id: str, key: str) -> bool | None:
        answers: list[bool | None] = []
        unreadable: OutsideError | None = None
        for source in self._sources:
            try:
                answers.append(source.find(message_id, key))
            except OutsideError as error:
                unreadable = error
            if answers and answers[-1]:
                return True
        if False in answers:
            return False
        if unreadable is not None:
            raise unreadable
        return None


@dataclass(frozen=True)
class LogSettings:
    """`path` is the log as it is written now; older parts (`mail.log.1`, `mail.log.2.gz`) beside it are read
    too. A line counts when it holds the Message-ID or the key, and `accepted` (a regular expression) matches
    it. Raises ConfigurationError when it is not one."""

    path: Path
    accepted: str = ACCEPTED
    complete: bool = False  # every letter that the server takes is in it, for as long as it is kept

    def __post_init__(self) -> None:
        try:
            re.compile(self.accepted)
        except re.error as error:
            raise ConfigurationError("mail_log_pattern", pattern=self.accepted, said=str(error)) from error


class LogFile:
    def __init__(self, settings: LogSettings) -> None:
        self._settings = settings
        self._accepted = re.compile(settings.accepted)

    def find(self, message_id: str, key: str) -> bool | None:
        wanted = _either(message_id, key)
        try:
            for line in self._lines():
                if wanted.search(line) and self._accepted.search(line):
                    return True
        except (OSError, EOFError, zlib.error) as error:
            said = getattr(error, "strerror", "") or ""
            raise OutsideError("mail_log_unreadable", file=str(self._settings.path), said=said) from error
        return False if self._settings.complete else None

    def _lines(self) -> Iterator[str]:
        path = self._settings.path
        path.stat()  # a log that is not there proves nothing, whatever its older parts say
        for part in sorted(path.parent.glob(glob.escape(path.name) + "*")):
            if not part.is_file():
                continue
            with gzip.open(part) if part.suffix == ".gz" else part.open("rb") as lines:
                for line in lines:
                    yield line.decode("utf-8", "replace")


def _either(message_id: str, key: str) -> re.Pattern[str]:
    """The whole identifier only: `act-1` is neither in `act-12` nor in `act-1-9f3c`."""
    either = "|".join(re.escape(part) for part in (message_id.strip("<>"), key))
    return re.compile(rf"(?<![\w@.-])(?:{either})(?![\w@-]|\.\w)")


@dataclass(frozen=True)
class ImapSettings:
    """`token` gives an access token, for XOAUTH2 in place of the password; it may raise OutsideError.
    Raises ConfigurationError for a plain line to another computer."""

    host: str
    user: str
    password: str = field(default="", repr=False)
    token: Callable[[], str] | None = field(default=None, repr=False)
    port: int = IMAPS_PORT
    mailbox: str = ""  # none: the one that the server marks as Sent
    security: Security = Security.AUTO
    ca_file: Path | None = None
    timeout: float = 60.0  # seconds, for each wait
    complete: bool = False  # the service files every letter that it takes here, and nobody deletes them

    def __post_init__(self) -> None:
        if self.security is Security.NONE and not is_loopback(self.host):
            raise ConfigurationError("mail_plain_refused", host=self.host)
        if self.timeout <= 0:
            raise ConfigurationError("mail_timeout", seconds=self.timeout)


class SentMailbox:
    """Reads only: the mailbox is opened by EXAMINE, and no letter is marked as seen."""

    def __init__(self, settings: ImapSettings) -> None:
        self._settings = settings

    def find(self, message_id: str, key: str) -> bool | None:
        """Raises OutsideError: imap_unreadable, imap_certificate, imap_login_refused, imap_token_refused,
        imap_mailbox, mail_tls_missing, mail_ca_file, mail_token."""
        where = {"host": self._settings.host, "port": self._settings.port}
        try:
            with _signed_in(self._settings) as imap:
                _open_mailbox(imap, self._settings.mailbox)
                found = _holds(imap, "Message-ID", message_id) or _holds(imap, "X-Saphan-Key", key)
        except ssl.SSLCertVerificationError as error:
            raise OutsideError("imap_certificate", **where, said=error.verify_message) from error
        except (OSError, imaplib.IMAP4.error) as error:
            raise OutsideError("imap_unreadable", **where, said=str(error)[:LONGEST_REASON]) from error
        if found:
            return True
        return False if self._settings.complete else None


@contextmanager
def _signed_in(settings: ImapSettings) -> Iterator[imaplib.IMAP4]:
    token = settings.token() if settings.token is not None else None
    imap = _dial(settings)
    try:
        if not _login_accepted(imap, settings, token):
            code = "imap_login_refused" if token is None else "imap_token_refused"
            raise OutsideError(code, host=settings.host, port=settings.port, user=settings.user)
        yield imap
    finally:
        with contextlib.suppress(OSError, imaplib.IMAP4.error):
            imap.logout()


def _dial(settings: ImapSettings) -> imaplib.IMAP4:
    context = tls_context(settings.ca_file)
    host, port, timeout = settings.host, settings.port, settings.timeout
    security = settings.security
    if security is Security.TLS or (security is Security.AUTO and port == IMAPS_PORT):
        return imaplib.IMAP4_SSL(host, port, ssl_context=context, timeout=timeout)
    imap = imaplib.IMAP4(host, port, timeout=timeout)
    try:
        if security is Security.NONE:
            return imap
        if "STARTTLS" in imap.capabilities:
            imap.starttls(context)
        elif security is Security.STARTTLS or not is_loopback(host):
            raise OutsideError("mail_tls_missing", host=host, port=port)
    except BaseException:
        imap.shutdown()
        raise
    return imap


def _login_accepted(imap: imaplib.IMAP4, settings: ImapSettings, token: str | None) -> bool:
    """What the server says to a refusal, and the cause of one, stay here: they may hold the password."""
    try:
        if token is None:
            imap.login(settings.user, settings.password)
        else:
            imap.authenticate("XOAUTH2", Answers(settings.user, token).to_imap)
    except imaplib.IMAP4.abort:
        raise  # the line broke
    except (
        imaplib.IMAP4.error,
        ValueError,
    ):  # imaplib signs in with ASCII only; a challenge may be no base64
        return False
    return True


def _open_mailbox(imap: imaplib.IMAP4, mailbox: str) -> None:
    name = _quoted(modified_utf7(mailbox)) if mailbox else _sent_name(imap)
    if name is None or imap.select(name, readonly=True)[0] != "OK":
        raise OutsideError("imap_mailbox", host=imap.host, mailbox=mailbox)


def _sent_name(imap: imaplib.IMAP4) -> str | None:
    r"""The mailbox with the \Sent attribute (RFC 6154), whatever its language, quoted as the server did."""
    _, said = imap.capability()
    pattern = '"*" RETURN (SPECIAL-USE)' if b"SPECIAL-USE" in said[0].upper() else '"*"'
    for line in imap.list('""', pattern)[1]:
        shown = re.fullmatch(rb'\(([^)]*)\) (?:"[^"]*"|NIL) (.+)', line) if isinstance(line, bytes) else None
        if shown and rb"\sent" in shown[1].lower().split():
            return shown[2].decode("ascii")
    return None


def _holds(imap: imaplib.IMAP4, header: str, value: str) -> bool:
    """SEARCH finds parts of words, so what it finds is compared whole."""
    if not (value.isascii() and value.isprintable()):
        return False  # such a letter is refused before it is sent
    numbers = _answer(imap, imap.search(None, "HEADER", header, _quoted(value)))[0] or b""
    for number in numbers.split():
        wanted = f"(BODY.PEEK[HEADER.FIELDS ({header})])"
        for part in _answer(imap, imap.fetch(number.decode(), wanted)):
            if isinstance(part, tuple):
                shown = message_from_bytes(part[1], policy=policy.default)[header]
                if str(shown or "").strip() == value:
                    return True
    return False


def _answer(imap: imaplib.IMAP4, answer: tuple[str, list[Any]]) -> list[Any]:
    """Raises imaplib's error where the server says no: that is not the same as nothing found."""
    said, data = answer
    if said != "OK":
        raise imap.error(said)
    return data


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def modified_utf7(name: str) -> str:
    """A mailbox's name as IMAP wants it (RFC 3501 5.1.3)."""
    parts = re.split(r"([^\x20-\x7e]+)", name)
    for place, part in enumerate(parts):
        if place % 2:
            coded = base64.b64encode(part.encode("utf-16-be")).decode().rstrip("=").replace("/", ",")
            parts[place] = f"&{coded}-"
        else:
            parts[place] = part.replace("&", "&-")
    return "".join(parts)

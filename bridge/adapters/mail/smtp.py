"""Mail by SMTP (RFC 5321): TLS wherever the line leaves this computer, one letter at a time.

What matters is what is known when the line breaks: before the final dot nothing was taken, after it nobody
knows.
"""

from __future__ import annotations

import contextlib
import ipaddress
import re
import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage
from enum import StrEnum
from pathlib import Path

from bridge.adapters.mail.message import LetterRefused, Sender, compose, recipient_of, to_bytes
from bridge.adapters.mail.xoauth2 import Answers
from bridge.application.errors import ConfigurationError, OutsideError
from bridge.application.ports.clock import Clock
from bridge.application.ports.mail import Fate, Letter, Outcome, Session

SMTPS_PORT = 465
# A fixed literal: the computer's own name may be Thai, private, or take seconds to look up.
GREETING = "[127.0.0.1]"
LONGEST_REASON = 300  # characters
# Characters; a longer token travels after the command, whose line has at most 512 octets (RFC 4954 4).
LONGEST_FIRST_ANSWER = 480

_LOST = (OSError, smtplib.SMTPException)
_UNSIGNED = {530, 534, 535, 538}  # RFC 4954: about our sign-in, not about the letter
_ENHANCED = re.compile(r"^\s*[245]\.(\d{1,3})\.(\d{1,3})\b")
_SENDING_LIMIT = re.compile(
    r"\bdaily\b|per day|(submission|sending|message)[\s_]?(quota|limit|rate limit)|quotaexceeded", re.I
)
_SOME_LIMIT = re.compile(r"\bquota\b|limit exceeded|exceeded .{0,40}limit", re.I)
_THEIR_LIMIT = re.compile(r"mailbox|storage|\bsize\b|disk|too large|recipient('s)? (quota|account)", re.I)


class Security(StrEnum):
    AUTO = "auto"  # TLS on port 465, else STARTTLS; plain only where a server on this computer offers nothing
    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"  # this computer only


@dataclass(frozen=True)
class SmtpSettings:
    """`token` gives an access token, for XOAUTH2 in place of the password; it may raise OutsideError.
    Raises ConfigurationError for a plain line to another computer, no time-out, or a token of nobody."""

    host: str
    sender: Sender
    port: int = 587
    user: str = ""  # none: no sign-in
    password: str = field(default="", repr=False)
    token: Callable[[], str] | None = field(default=None, repr=False)
    security: Security = Security.AUTO
    ca_file: Path | None = None  # where the office runs its own authority; else the system's
    timeout: float = 60.0  # seconds, for each wait
    settle_after: timedelta = timedelta(minutes=11)  # RFC 5321 4.5.3.2.6 gives the server 10 minutes

    def __post_init__(self) -> None:
        if self.security is Security.NONE and not is_loopback(self.host):
            raise ConfigurationError("mail_plain_refused", host=self.host)
        if self.timeout <= 0:
            raise ConfigurationError("mail_timeout", seconds=self.timeout)
        if self.token is not None and not self.user:
            raise ConfigurationError("mail_token_user", host=self.host)


def is_loopback(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """Verifies the chain and the name. Raises OutsideError when `ca_file` cannot be read."""
    try:
        return ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
    except OSError as error:  # ssl.SSLError too
        raise OutsideError("mail_ca_file", file=str(ca_file), said=error.strerror or "") from error


class SmtpMailer:
    """`evidence` asks the Sent mailbox or the server's log (bridge.adapters.mail.evidence); without it nobody
    can tell."""

    def __init__(
        self,
        settings: SmtpSettings,
        clock: Clock,
        evidence: Callable[[str, str], bool | None] | None = None,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._evidence = evidence

    @property
    def evidence_delay(self) -> timedelta:
        return self._settings.settle_after

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Raises OutsideError: mail_unreachable, mail_tls_missing, mail_tls_failed, mail_certificate,
        mail_ca_file, mail_login_refused, mail_login_later, mail_login_missing, mail_login_unsendable,
        mail_token, mail_token_refused."""
        session = SmtpSession(self._settings, self._clock)
        session.open()
        try:
            yield session
        finally:
            session.close()

    def evidence(self, message_id: str, key: str) -> bool | None:
        return None if self._evidence is None else self._evidence(message_id, key)


class SmtpSession:
    def __init__(self, settings: SmtpSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._smtp: smtplib.SMTP | None = None

    def open(self) -> smtplib.SMTP:
        self._smtp = _sign_in(self._settings)
        return self._smtp

    def close(self) -> None:
        """Says goodbye; what the server makes of it changes nothing."""
        if self._smtp is not None:
            with contextlib.suppress(*_LOST):
                self._smtp.quit()
        self._drop()

    def send(self, letter: Letter) -> Outcome:
        smtp = self._smtp or self.open()
        try:
            utf8 = smtp.has_extn("smtputf8")
            message = compose(letter, self._settings.sender, self._clock.now(), utf8=utf8)
        except LetterRefused as refused:
            return Outcome(Fate.REFUSED, refused.reason)
        try:
            refusal = self._offer(smtp, message)
            if refusal is not None:
                return refusal
            smtp.send(dot_stuffed(to_bytes(message)))
        except _LOST as error:
            # Without the final dot the server must throw away what it has (RFC 5321 4.1.1.4).
            self._drop()
            return Outcome(Fate.LATER, _brief(str(error)))
        return self._finish(smtp)

    def _offer(self, smtp: smtplib.SMTP, message: EmailMessage) -> Outcome | None:
        """MAIL, RCPT, DATA; the refusal, if there is one."""
        recipient = recipient_of(message)
        options = [] if recipient.isascii() else ["SMTPUTF8", "BODY=8BITMIME"]
        code, said = smtp.mail(self._settings.sender.address, options)
        if code == 250:
            code, said = smtp.rcpt(recipient)
        if code in (250, 251):
            code, said = smtp.docmd("DATA")
        if code == 354:
            return None
        outcome = verdict(code, said)
        if outcome.fate in (Fate.SENT, Fate.UNKNOWN):  # not an answer to what was asked
            outcome = Outcome(Fate.LATER, outcome.reason)
        self._begin_anew(smtp, code)
        return outcome

    def _finish(self, smtp: smtplib.SMTP) -> Outcome:
        """The final dot, and the answer that moves the letter into the server's care."""
        try:
            smtp.send(b".\r\n")
            code, said = smtp.getreply()
        except _LOST as error:
            self._drop()
            return Outcome(Fate.UNKNOWN, _brief(str(error)))
        outcome = verdict(code, said)
        if code == 421 or outcome.fate is Fate.UNKNOWN:
            self._drop()
        return outcome

    def _begin_anew(self, smtp: smtplib.SMTP, code: int) -> None:
        """Ends a refused transaction, so that the next letter does not inherit it."""
        try:
            if code != 421 and smtp.rset()[0] == 250:
                return
        except _LOST:
            pass
        self._drop()

    def _drop(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
        self._smtp = None


def verdict(code: int, said: bytes) -> Outcome:
    """What a server's answer to a letter means (RFC 5321 4.2.1, RFC 3463)."""
    words = said.decode("utf-8", "replace")
    reason = _brief(f"{code} {words}")
    if 200 <= code < 300:
        return Outcome(Fate.SENT, reason)
    if not 400 <= code < 600:
        return Outcome(Fate.UNKNOWN, reason)
    if _is_quota(code, words):
        return Outcome(Fate.QUOTA, reason)
    if code < 500 or code in _UNSIGNED:
        return Outcome(Fate.LATER, reason)
    return Outcome(Fate.REFUSED, reason)


def _is_quota(code: int, words: str) -> bool:
    """Our own day's allowance, as Gmail (5.4.5, 4.5.3), Microsoft and hosting companies word it; never the
    recipient's full mailbox or a letter that is too large."""
    enhanced = _ENHANCED.match(words)
    subject, detail = (int(enhanced[1]), int(enhanced[2])) if enhanced else (0, 0)
    if (subject, detail) in {(4, 5), (5, 3)} or _SENDING_LIMIT.search(words):
        return True
    if subject == 2 or (subject, detail) == (3, 4) or code == 552 or _THEIR_LIMIT.search(words):
        return False
    return _SOME_LIMIT.search(words) is not None


def _sign_in(settings: SmtpSettings) -> smtplib.SMTP:
    where = {"host": settings.host, "port": settings.port}
    context = tls_context(settings.ca_file)
    try:
        smtp = _dial(settings, context)
    except ssl.SSLCertVerificationError as error:
        raise OutsideError("mail_certificate", **where, said=error.verify_message) from error
    except ssl.SSLError as error:
        raise OutsideError("mail_tls_failed", **where, said=error.reason or "") from error
    except _LOST as error:
        raise OutsideError("mail_unreachable", **where, said=_brief(str(error))) from error
    try:
        _secure(smtp, settings, context)
        _log_in(smtp, settings)
    except BaseException:
        smtp.close()
        raise
    return smtp


def _dial(settings: SmtpSettings, context: ssl.SSLContext) -> smtplib.SMTP:
    implicit = settings.security is Security.TLS or (
        settings.security is Security.AUTO and settings.port == SMTPS_PORT
    )
    smtp: smtplib.SMTP
    if implicit:
        smtp = smtplib.SMTP_SSL(
            settings.host, settings.port, GREETING, timeout=settings.timeout, context=context
        )
    else:
        smtp = smtplib.SMTP(settings.host, settings.port, GREETING, timeout=settings.timeout)
    try:
        if smtp.sock is not None:  # the final dot travels by itself and must not wait for an acknowledgement
            smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        smtp.ehlo_or_helo_if_needed()
    except BaseException:
        smtp.close()
        raise
    return smtp


def _secure(smtp: smtplib.SMTP, settings: SmtpSettings, context: ssl.SSLContext) -> None:
    """Turns the line to TLS. A server, or somebody between, that does not offer it gets nothing more."""
    if isinstance(smtp, smtplib.SMTP_SSL) or settings.security is Security.NONE:
        return
    where = {"host": settings.host, "port": settings.port}
    if not smtp.has_extn("starttls"):
        if settings.security is Security.AUTO and is_loopback(settings.host):
            return
        raise OutsideError("mail_tls_missing", **where)
    try:
        smtp.starttls(context=context)
        smtp.ehlo_or_helo_if_needed()
    except ssl.SSLCertVerificationError as error:
        raise OutsideError("mail_certificate", **where, said=error.verify_message) from error
    except _LOST as error:
        raise OutsideError("mail_tls_failed", **where, said=_brief(str(error))) from error


def _log_in(smtp: smtplib.SMTP, settings: SmtpSettings) -> None:
    """Nothing of what goes wrong here is passed on: neither the server's words nor the cause, which may hold
    the password or the token."""
    if not settings.user:
        return
    token = settings.token() if settings.token is not None else None
    code = _login_failure(smtp, settings, token)
    if code is not None:
        raise OutsideError(code, host=settings.host, port=settings.port, user=settings.user)


def _login_failure(smtp: smtplib.SMTP, settings: SmtpSettings, token: str | None) -> str | None:
    refused = "mail_login_refused" if token is None else "mail_token_refused"
    try:
        if token is None:
            smtp.login(settings.user, settings.password)
        else:
            _present(smtp, settings.user, token)
    except smtplib.SMTPAuthenticationError as error:
        return "mail_login_later" if 400 <= error.smtp_code < 500 else refused
    except UnicodeError:  # smtplib signs in with ASCII only
        return "mail_login_unsendable"
    except smtplib.SMTPServerDisconnected:
        return "mail_login_later"
    except (smtplib.SMTPException, ValueError):  # no AUTH, none of its mechanisms, or no proper challenge
        return "mail_login_missing"
    except OSError:
        return "mail_login_later"
    return None


def _present(smtp: smtplib.SMTP, user: str, token: str) -> None:
    if "XOAUTH2" not in smtp.esmtp_features.get("auth", "").upper().split():
        raise smtplib.SMTPNotSupportedError("XOAUTH2")
    at_once = len(user) + len(token) < LONGEST_FIRST_ANSWER * 3 // 4  # base64 makes four of three
    smtp.auth("XOAUTH2", Answers(user, token).to_smtp, initial_response_ok=at_once)


def dot_stuffed(content: bytes) -> bytes:
    """RFC 5321 4.5.2; ends in CR LF, without the final dot."""
    stuffed = re.sub(rb"(?m)^\.", b"..", content)
    return stuffed if stuffed.endswith(b"\r\n") else stuffed + b"\r\n"


def _brief(text: str) -> str:
    """On one line, for a cell and a log."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:LONGEST_REASON]

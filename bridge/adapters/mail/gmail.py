"""Mail by the Gmail API (v1): the letter goes up as it is, and is looked for again in the account's own mailbox.

What matters is which of Google's refusals speak of the letter, and which of the account: a letter is given up
only for the former.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from bridge.adapters.google.client import Ambiguous, GoogleClient, Json, Refused
from bridge.adapters.mail.message import LetterRefused, Sender, compose, to_bytes
from bridge.application.errors import ConfigurationError, OutsideError
from bridge.application.ports.clock import Clock
from bridge.application.ports.mail import Fate, Letter, Outcome, Session

# A request may take 190 s to be answered, and Google up to 180 s more to be done with it; what it sent is then
# found within seconds, rarely minutes. A quarter of an hour covers all of it.
SETTLE_AFTER = timedelta(minutes=15)
LOOKED_AT = 50  # letters

_MAILBOX = "/gmail/v1/users/me"
# The sending limit is by account and day; its answer (429) says when to come back, which is too early mostly.
_DAY_REASONS = frozenset({"dailyLimitExceeded", "quotaExceeded"})
_DAY_WORDS = re.compile(r"\bdaily\b|mail sending|sending (limit|quota)|user-rate limit exceeded", re.I)
_RATE_WORDS = re.compile(r"quota|rate limit|too many|exhausted|limit exceeded", re.I)
# A 400 that is not about the letter: the account has no mailbox, or may not use it now.
_OURS = frozenset({"failedPrecondition", "FAILED_PRECONDITION"})


class GmailMailer:
    """`client` acts for the mailbox that letters are sent from, with the scopes gmail.send and gmail.readonly."""

    def __init__(
        self, client: GoogleClient, sender: Sender, clock: Clock, settle_after: timedelta = SETTLE_AFTER
    ) -> None:
        self._client, self._sender, self._clock = client, sender, clock
        self._settle_after = settle_after

    @property
    def evidence_delay(self) -> timedelta:
        return self._settle_after

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Raises OutsideError google_unreachable; ConfigurationError google_sign_in, gmail_refused (the account
        has no mailbox, or the consent does not cover it). Nothing was sent then."""
        try:
            self._client.call("gmail", "GET", f"{_MAILBOX}/profile", effect="read")
        except Refused as refused:
            raise ConfigurationError("gmail_refused", said=_words(refused)) from refused
        yield self

    def send(self, letter: Letter) -> Outcome:
        try:
            message = compose(letter, self._sender, self._clock.now())
        except LetterRefused as refused:
            return Outcome(Fate.REFUSED, refused.reason)
        raw = base64.urlsafe_b64encode(to_bytes(message)).decode("ascii")
        try:
            answer = self._client.call(
                "gmail", "POST", f"{_MAILBOX}/messages/send", effect="write", body={"raw": raw}
            )
        except Ambiguous as lost:
            return Outcome(Fate.UNKNOWN, str(lost))
        except Refused as refused:
            return verdict(refused)
        except ConfigurationError as error:  # the consent was withdrawn since the session began
            raise OutsideError(error.code, **error.facts) from error
        except OutsideError as error:
            return _limited(error)
        return Outcome(Fate.SENT if answer.get("id") else Fate.UNKNOWN)

    def evidence(self, message_id: str, key: str) -> bool | None:
        """Gmail files every letter that it takes as sent, and keeps what people delete for 30 days in the bin,
        which is searched too. Raises OutsideError where the mailbox cannot be read now."""
        try:
            query = {"q": f"rfc822msgid:{message_id.strip('<>')}", "includeSpamTrash": "true"}
            if self._client.call("gmail", "GET", f"{_MAILBOX}/messages", effect="read", params=query).get(
                "messages"
            ):
                return True
            return self._among_latest(message_id, key)
        except Refused as refused:
            raise OutsideError("gmail_refused", said=_words(refused)) from refused
        except ConfigurationError as error:
            raise OutsideError(error.code, **error.facts) from error

    def _among_latest(self, message_id: str, key: str) -> bool | None:
        """What the latest sent letters say of one that no search finds by its Message-ID. Google promises
        nowhere to keep a sender's Message-ID: only where an earlier letter of ours kept its own, or all sent
        letters were looked at, is "not found" a proof."""
        asked = {"labelIds": "SENT", "maxResults": LOOKED_AT, "includeSpamTrash": "true"}
        page = self._client.call("gmail", "GET", f"{_MAILBOX}/messages", effect="read", params=asked)
        domain = message_id.strip("<>").rpartition("@")[2]
        rewritten = False
        for entry in page.get("messages", []):
            headers = self._headers(entry["id"])
            if headers.get("x-saphan-key") == key:
                return True
            if "x-saphan-key" in headers:
                if headers.get("message-id", "").strip("<>").rpartition("@")[2] == domain:
                    return False
                rewritten = True
        return None if rewritten or "nextPageToken" in page else False

    def _headers(self, letter: str) -> dict[str, str]:
        """By lower-case names; none for a letter that was deleted meanwhile."""
        wanted: Json = {"format": "metadata", "metadataHeaders": ["Message-ID", "X-Saphan-Key"]}
        path = f"{_MAILBOX}/messages/{letter}"
        try:
            found = self._client.call("gmail", "GET", path, effect="read", params=wanted)
        except Refused as refused:
            if refused.status == 404:
                return {}
            raise
        headers = found.get("payload", {}).get("headers", [])
        return {header["name"].lower(): header["value"].strip() for header in headers}


def verdict(refused: Refused) -> Outcome:
    """What Google's refusal of a letter means."""
    words = _words(refused)
    if refused.reason in _DAY_REASONS or _DAY_WORDS.search(refused.said):
        return Outcome(Fate.QUOTA, words)
    about_the_letter = refused.status in (400, 413) and refused.reason not in _OURS
    return Outcome(Fate.REFUSED if about_the_letter else Fate.LATER, words)


def _limited(error: OutsideError) -> Outcome:
    """Of a letter that never left, or that Google would not take yet; raises `error` for the former."""
    reason, said = str(error.facts.get("reason", "")), str(error.facts.get("said", ""))
    if not reason and not _RATE_WORDS.search(said):
        raise error
    return verdict(Refused(429, reason, said))


def _words(refused: Refused) -> str:
    return " ".join(f"{refused.status} {refused.said or refused.reason}".split())

"""Signing in to a mail server with an OAuth access token in place of a password (XOAUTH2, as Google and
Microsoft speak it over SMTP and IMAP)."""

from __future__ import annotations

from google.auth.credentials import Credentials
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import Request

from bridge.application.errors import OutsideError


class AccessToken:
    """Calling it gives a token that is good now. Raises OutsideError mail_token."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    def __call__(self) -> str:
        try:
            if not self._credentials.valid:
                self._credentials.refresh(Request())  # type: ignore[no-untyped-call]
        except (GoogleAuthError, TypeError) as error:  # the latter: an answer that was cut short on its way
            told = isinstance(error, GoogleAuthError) and error.args
            said = str(error.args[0])[:200] if told else type(error).__name__
            raise OutsideError("mail_token", said=said) from error
        return str(self._credentials.token)


class Answers:
    """What the client says to each challenge of one sign-in: the token to an empty one; nothing to any other,
    which is the reason of a refusal, so that the server gets on to refuse."""

    def __init__(self, user: str, token: str) -> None:
        self._token = f"user={user}\x01auth=Bearer {token}\x01\x01"

    def to_smtp(self, challenge: bytes | None = None) -> str:
        return "" if challenge else self._token

    def to_imap(self, challenge: bytes) -> bytes:
        return self.to_smtp(challenge).encode("ascii")

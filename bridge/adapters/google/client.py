"""One HTTP client for all of Google: gspread's plain one with time-outs, bounded retries and honest failures.

A read may be asked again as often as it takes. A write is sent again only after an answer that says that
nothing was done (429, or Drive's 403 for the same); whatever leaves it open whether it was done is `Ambiguous`.
"""

from __future__ import annotations

import json as codec
import random
from collections.abc import Callable, Mapping
from typing import Any, Literal, Protocol

import requests
from google.auth.credentials import Credentials
from google.auth.exceptions import RefreshError, TransportError
from google.auth.transport.requests import AuthorizedSession
from gspread.http_client import HTTPClient
from urllib3.exceptions import NewConnectionError

from bridge.adapters.google.traffic import Traffic
from bridge.application.errors import ConfigurationError, OutsideError

Json = dict[str, Any]
Effect = Literal["read", "write"]

TIME_OUTS = (10.0, 190.0)  # seconds to connect and to answer; the server itself gives up after 180
TRIES = 6
FIRST_WAIT, LONGEST_WAIT = 1.0, 32.0  # seconds; the waits between tries are drawn from 0 to a growing cap
PASSING = frozenset({408, 499})  # the request was cut off on its way, as by any 5xx
RATE_REASONS = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED"})
RATE_DOMAIN = "usageLimits"
# Of that domain too, but waiting does not help.
LASTING = frozenset(
    {"storageQuotaExceeded", "quotaExceeded", "accessNotConfigured", "teamDriveFileLimitExceeded"}
)
OPENERS: dict[str, str] = {
    "sheets": "https://sheets.googleapis.com",
    "drive": "https://www.googleapis.com",
    "forms": "https://forms.googleapis.com",
    "gmail": "https://gmail.googleapis.com",
}


class Refused(Exception):
    """Google's answer that the request cannot be done; nothing was done."""

    def __init__(self, status: int, reason: str, said: str) -> None:
        super().__init__(f"{status} {reason}")
        self.status, self.reason, self.said = status, reason, said


class Ambiguous(Exception):
    """A write without an answer to rely on: it may have been done, or be done yet."""


class Quota(Protocol):
    def take(self, effect: Effect, lane: str) -> float:
        """Waits until one more call of this kind fits into the minute, fairly between the lanes (workbooks);
        returns the seconds waited."""


class NoQuota:
    """For services that are not metered by the minute."""

    def take(self, effect: Effect, lane: str) -> float:
        return 0.0


class GoogleClient(HTTPClient):
    """`sign_in` gives the credentials when they are first needed. `api_root` replaces Google's hosts when it is
    set. `pause` waits for some seconds."""

    def __init__(
        self,
        sign_in: Credentials | Callable[[], Credentials],
        *,
        api_root: str = "",
        quota: Quota,
        pause: Callable[[float], None],
        traffic: Traffic | None = None,
        time_outs: tuple[float, float] = TIME_OUTS,
        chance: Callable[[], float] | None = None,
    ) -> None:
        super().__init__(None, session=requests.Session())  # type: ignore[arg-type]  # the first call signs in
        self._sign_in = sign_in
        self._signed_in = False
        self.set_timeout(time_outs)
        self.traffic = traffic or Traffic()
        self._root, self._quota, self._pause = api_root.rstrip("/"), quota, pause
        self._chance = chance or random.SystemRandom().random

    def url(self, service: str, path: str) -> str:
        """The address of a path such as `/v4/spreadsheets/…` of a service (a key of OPENERS)."""
        return (self._root or OPENERS[service]) + path

    def call(
        self,
        service: str,
        method: str,
        path: str,
        *,
        effect: Effect,
        lane: str = "",
        params: Mapping[str, Any] | None = None,
        body: Any = None,
        leaving: Callable[[], None] | None = None,
    ) -> Json:
        """The answer's JSON. `lane` names what the quota is shared between. `leaving` is called right before each
        try is sent, when all waiting is over; what it raises goes through, and nothing was sent.

        Raises Refused (4xx), Ambiguous (a write whose fate is unknown), OutsideError google_unreachable (a read
        that failed as often as it was tried, or a write that never left), ConfigurationError google_sign_in.
        """
        self._enter()
        url = self.url(service, path)
        data = None if body is None else codec.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        for attempt in range(TRIES):
            if service == "sheets":
                self.traffic.waited += round(self._quota.take(effect, lane))
            if leaving is not None:
                leaving()
            answer, trouble = self._send(method, url, effect, dict(params or {}), data)
            if answer is not None:
                return answer
            if attempt < TRIES - 1:
                self.traffic.retried += 1
                cap = min(LONGEST_WAIT, FIRST_WAIT * 2**attempt)
                self._pause(max(self._chance() * cap, trouble.wait))
        raise OutsideError("google_unreachable", said=trouble.said)

    def _enter(self) -> None:
        """Signs in at the first call, so that what needs no Google needs no key either."""
        if not self._signed_in:
            credentials = self._sign_in() if callable(self._sign_in) else self._sign_in
            self.auth = credentials
            self.session = AuthorizedSession(credentials, refresh_timeout=60)  # type: ignore[no-untyped-call]
            self._signed_in = True

    def _send(
        self, method: str, url: str, effect: Effect, params: Json, data: bytes | None
    ) -> tuple[Json | None, _Passing]:
        """The answer, or None and why one may try again."""
        self._count(effect, data)
        try:
            response = self.session.request(
                method,
                url,
                params=params,
                data=data,
                headers={"Content-Type": "application/json; charset=utf-8"} if data is not None else None,
                timeout=self.timeout,
                allow_redirects=False,
            )
            content = response.content
        except RefreshError as error:
            if error.retryable:
                return None, _Passing(_said(error))
            raise ConfigurationError("google_sign_in", said=_said(error)) from error
        except TransportError as error:  # the token could not be fetched: nothing was sent
            return None, _Passing(_said(error))
        except (
            TypeError,
            KeyError,
        ) as error:  # google-auth on an answer of the token endpoint that was cut short
            return None, _Passing(type(error).__name__)
        except requests.RequestException as error:
            return None, self._lost(error, effect)
        self.traffic.bytes_received += len(content)
        return self._judge(response, content, effect)

    def _count(self, effect: Effect, data: bytes | None) -> None:
        self.traffic.calls += 1
        self.traffic.reads += effect == "read"
        self.traffic.writes += effect == "write"
        self.traffic.bytes_sent += len(data or b"")

    def _lost(self, error: requests.RequestException, effect: Effect) -> _Passing:
        if effect == "write" and not _never_left(error):
            self.traffic.ambiguous += 1
            raise Ambiguous(type(error).__name__) from error
        return _Passing(type(error).__name__)

    def _judge(
        self, response: requests.Response, content: bytes, effect: Effect
    ) -> tuple[Json | None, _Passing]:
        status = response.status_code
        if status == 200 or status == 204:
            try:
                found = {} if status == 204 else codec.loads(content)
                if isinstance(found, dict):
                    return found, _Passing("")
            except ValueError:
                pass  # cut short on its way
            return None, self._open(effect, "truncated")
        reason, said, domain = _error_of(content)
        limited = reason in RATE_REASONS or (domain == RATE_DOMAIN and reason not in LASTING)
        if status == 429 or (status == 403 and limited):
            return None, _Passing(said, wait=_retry_after(response))
        if status >= 500 or status in PASSING:
            return None, self._open(effect, f"{status}")
        raise Refused(status, reason, said)

    def _open(self, effect: Effect, said: str) -> _Passing:
        if effect == "write":
            self.traffic.ambiguous += 1
            raise Ambiguous(said)
        return _Passing(said)


class _Passing:
    """A failure that may pass: what was said of it, and how many seconds to wait at least."""

    def __init__(self, said: str, wait: float = 0.0) -> None:
        self.said, self.wait = said, wait


def _never_left(error: requests.RequestException) -> bool:
    """No connection was made, so no byte of the request was sent."""
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return True
    cause = error.args[0] if error.args else None
    return isinstance(getattr(cause, "reason", cause), NewConnectionError)


def _error_of(content: bytes) -> tuple[str, str, str]:
    """(reason, message, domain) of Google's error body; the message is cut short and holds no values of ours."""
    try:
        error = codec.loads(content)["error"]
        if not isinstance(error, dict):  # the token endpoint's form
            return str(error), str(error), ""
        first = (error.get("errors") or [{}])[0]
        reason = first.get("reason") or error.get("status") or ""
        return str(reason), str(error.get("message") or "")[:300], str(first.get("domain") or "")
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        return "", "", ""


def _retry_after(response: requests.Response) -> float:
    text = response.headers.get("Retry-After", "")
    return min(float(text), 120.0) if text.isdigit() else 0.0


def _said(error: Exception) -> str:
    first = error.args[0] if error.args else error
    return type(first).__name__ if isinstance(first, Exception) else str(first)[:200]

"""The port to the other systems that may use the JSON API."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bridge.domain.api_clients import Scope


@dataclass(frozen=True)
class ApiClient:
    """`amphoes` limit what it reads and sends; none: the whole province. `used_at` is its last request."""

    key: str
    name: str
    scopes: frozenset[Scope]
    amphoes: tuple[str, ...]
    made_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
    used_at: datetime | None = None

    @property
    def reader(self) -> str:
        """How it is called where a person's account may stand as well: in the read log, as a sender."""
        return f"api:{self.key}"

    @property
    def areas(self) -> tuple[tuple[str, str], ...]:
        return tuple((amphoe, "") for amphoe in self.amphoes)


@dataclass(frozen=True)
class Allowance:
    """What a client may still ask: `left` requests at once, all of them again in `whole_in` seconds. Where this one
    was not `granted`, the next is in `wait` seconds."""

    granted: bool
    left: int
    whole_in: int
    wait: int = 0


class ApiClientStore(Protocol):
    def make(
        self, name: str, scopes: Iterable[Scope], amphoes: Iterable[str], now: datetime, until: datetime
    ) -> tuple[ApiClient, str]:
        """A new client and its token, which is kept nowhere: the store has its hash."""

    def admit(self, token: str, now: datetime) -> ApiClient | None:
        """Whose token this is; None for one that is unknown, expired or revoked."""

    def take(self, key: str, now: datetime, per_minute: int) -> Allowance:
        """Counts one request. Of requests that come at once, from any number of processes, no more are granted
        than `per_minute`; what was used comes back evenly over the minute."""

    def revoke(self, key: str, now: datetime) -> bool:
        """False where there is no such client or it was revoked before."""

    def find(self, key: str) -> ApiClient | None: ...

    def listed(self) -> list[ApiClient]:
        """All there ever were, the newest first."""

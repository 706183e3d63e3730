"""Other systems come to the JSON API by a token each: given out, counted and taken back here."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from bridge.application.ports.api_clients import Allowance, ApiClient, ApiClientStore
from bridge.application.ports.clock import Clock
from bridge.application.ports.journal import Journal
from bridge.application.ports.rows import Event, RowStore
from bridge.domain.api_clients import Scope, is_token

TABLE = "api_clients"  # of the history


class ApiClients:
    """Giving out and taking back are in the client's history. `per_minute` is what one client may ask."""

    def __init__(
        self, store: ApiClientStore, rows: RowStore, journal: Journal, clock: Clock, per_minute: int
    ) -> None:
        self._store, self._rows, self._journal, self._clock = store, rows, journal, clock
        self._per_minute = per_minute

    def make(
        self, name: str, scopes: Iterable[Scope], amphoes: Iterable[str], days: int, actor: str
    ) -> tuple[ApiClient, str]:
        """The client and its token, to be shown once."""
        now = self._clock.now()
        with self._journal.transaction():
            client, token = self._store.make(name, scopes, amphoes, now, now + timedelta(days=days))
            self._note(client.key, "api_client_made", actor)
        return client, token

    def revoke(self, key: str, actor: str) -> bool:
        """From the next request on its token is none. False where there was nothing to revoke."""
        with self._journal.transaction():
            done = self._store.revoke(key, self._clock.now())
            if done:
                self._note(key, "api_client_revoked", actor)
        return done

    def find(self, key: str) -> ApiClient | None:
        return self._store.find(key)

    def listed(self) -> list[ApiClient]:
        return self._store.listed()

    def opens(self, client: ApiClient) -> bool:
        """Whether its token is good now."""
        return client.revoked_at is None and client.expires_at > self._clock.now()

    def admit(self, token: str) -> ApiClient | None:
        """Whose token this is; None, for whatever reason it is nobody's."""
        return self._store.admit(token, self._clock.now()) if is_token(token) else None

    def take(self, client: ApiClient) -> Allowance:
        """Counts one request of this client."""
        return self._store.take(client.key, self._clock.now(), self._per_minute)

    def _note(self, key: str, why: str, actor: str) -> None:
        self._rows.save(TABLE, [], [Event(TABLE, key, why, actor)])

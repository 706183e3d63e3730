"""The clients of the JSON API, on Django's ORM."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime

from django.db.models import F, Value
from django.db.models.functions import Greatest

from bridge.adapters.ledger import models
from bridge.adapters.ledger.outbox import token_hash
from bridge.application.ports.api_clients import Allowance, ApiClient
from bridge.domain.api_clients import RANDOM_BYTES, Scope, write_token

SECOND = 1_000_000  # microseconds
MINUTE = 60 * SECOND


class DjangoApiClients:
    """Implements ports.api_clients.ApiClientStore."""

    def make(
        self, name: str, scopes: Iterable[Scope], amphoes: Iterable[str], now: datetime, until: datetime
    ) -> tuple[ApiClient, str]:
        token = write_token(secrets.token_bytes(RANDOM_BYTES))
        row = models.ApiClient.objects.create(
            name=name,
            token_hash=token_hash(token),
            scopes=sorted(str(scope) for scope in scopes),
            amphoes=list(amphoes),
            made_at=now,
            expires_at=until,
        )
        return _client(row), token

    def admit(self, token: str, now: datetime) -> ApiClient | None:
        good = models.ApiClient.objects.filter(revoked_at=None, expires_at__gt=now)
        row = good.filter(token_hash=token_hash(token)).first()
        return None if row is None else _client(row)

    def take(self, key: str, now: datetime, per_minute: int) -> Allowance:
        """The generic cell rate algorithm (ITU-T I.371): one moment tells how far ahead of its share a client is,
        and one conditional update moves it, so that nothing has to be locked."""
        at, step = int(now.timestamp() * SECOND), MINUTE // per_minute
        row = models.ApiClient.objects.filter(pk=int(key))
        granted = row.filter(spent_until__lte=at + MINUTE - step).update(
            spent_until=Greatest(F("spent_until"), Value(at)) + step, used_at=now
        )
        ahead = max(row.values_list("spent_until", flat=True).get() - at, 0)
        left = max((MINUTE - ahead) // step, 0) if granted else 0
        wait = 0 if granted else max(_seconds(ahead + step - MINUTE), 1)
        return Allowance(bool(granted), left, _seconds(ahead), wait)

    def revoke(self, key: str, now: datetime) -> bool:
        return models.ApiClient.objects.filter(pk=int(key), revoked_at=None).update(revoked_at=now) > 0

    def find(self, key: str) -> ApiClient | None:
        row = models.ApiClient.objects.filter(pk=int(key)).first()
        return None if row is None else _client(row)

    def listed(self) -> list[ApiClient]:
        return [_client(row) for row in models.ApiClient.objects.order_by("-id")]


def _seconds(span: int) -> int:
    """Whole seconds, none too few."""
    return -(-span // SECOND)


def _client(row: models.ApiClient) -> ApiClient:
    return ApiClient(
        key=str(row.pk),
        name=row.name,
        scopes=frozenset(Scope(scope) for scope in row.scopes),
        amphoes=tuple(row.amphoes),
        made_at=row.made_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        used_at=row.used_at,
    )

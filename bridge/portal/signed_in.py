"""Who is signed in, read at every request: sessions in the ledger as Django keeps them, and their accounts. Django's
own way writes the same three statements anew each time, half of what a small page costs."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from bridge.adapters.ledger.models import Account
from bridge.adapters.ledger.together import together

FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
Rows = Callable[[Any], QuerySet[Any]]


class SessionStore(db.SessionStore):
    """Those of many people are written in one transaction."""

    def _get_session_from_db(self) -> Session | None:
        found = _one(_session, self.session_key)
        if found is None or found.expire_date <= timezone.now():
            self._session_key = None
            return None
        session: Session = found
        return session

    def save(self, must_create: bool = False) -> None:
        together(lambda: super(SessionStore, self).save(must_create))


def account(key: int) -> Account | None:
    """With `has_factor`: whether there is an authenticator app or a passkey."""
    found: Account | None = _one(_account, key)
    return found


def _session(key: Any) -> QuerySet[Any]:
    return Session.objects.filter(session_key=key)


def _account(key: Any) -> QuerySet[Any]:
    factors = Authenticator.objects.filter(user=OuterRef("pk"), type__in=FACTORS)
    return Account.objects.annotate(has_factor=Exists(factors)).filter(pk=key)


def _one(rows: Rows, key: Any) -> Any:
    table, statement, before = _written(rows, connection.vendor)
    return next(iter(table.objects.raw(statement, (*before, key))), None)


@lru_cache(maxsize=8)
def _written(rows: Rows, vendor: str) -> tuple[Any, str, tuple[Any, ...]]:
    """The table, the statement, and its parameters but the last, which is the key."""
    query = rows(0)
    statement, parameters = query.query.sql_with_params()
    return query.model, statement, parameters[:-1]

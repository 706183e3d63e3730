"""Who is signed in, read at every request: sessions in the ledger as Django keeps them, and their accounts. Django's
own way writes the same three statements anew each time, half of what a small page costs."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.models import Session
from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from bridge.adapters.ledger import bulk
from bridge.adapters.ledger.models import Account
from bridge.adapters.ledger.prepared import Prepared
from bridge.adapters.ledger.together import together

_KEPT = ("session_data", "expire_date")
FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]


class SessionStore(db.SessionStore):
    """Those of many people are written in one transaction."""

    def _get_session_from_db(self) -> Session | None:
        found = next(iter(_session(self.session_key or "")), None)
        if found is None or found.expire_date <= timezone.now():
            self._session_key = None
            return None
        session: Session = found
        return session

    def save(self, must_create: bool = False) -> None:
        if must_create or self.session_key is None:
            together(lambda: super(SessionStore, self).save(must_create), in_turn=False)
            return
        cells = self._cells()
        if not together(lambda: bulk.update(Session, _KEPT, [cells]), in_turn=False, lasting=False):
            raise UpdateError  # it was ended meanwhile

    def _cells(self) -> tuple[Any, ...]:
        session = self.create_model_instance(self._get_session())
        expires = connection.ops.adapt_datetimefield_value(session.expire_date)
        return session.session_data, expires, session.session_key


def account(key: int) -> Account | None:
    """With `has_factor`: whether there is an authenticator app or a passkey."""
    return next(iter(_account(key)), None)


def _with_factor(key: Any) -> QuerySet[Any]:
    factors = Authenticator.objects.filter(user=OuterRef("pk"), type__in=FACTORS)
    return Account.objects.annotate(has_factor=Exists(factors)).filter(pk=key)


_session = Prepared(lambda key: Session.objects.filter(session_key=key))
_account = Prepared(_with_factor)

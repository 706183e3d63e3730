"""One-time links and passwords, on Django's ORM."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from bridge.adapters.ledger.accounts import end_sessions
from bridge.adapters.ledger.models import Account, ActivationLink
from bridge.adapters.ledger.outbox import token_hash
from bridge.application.ports.passwords import Holder

SLIP = "slip"  # in the place of the message that carried a link


class DjangoPasswords:
    """Implements ports.passwords.PasswordStore."""

    def holder(self, email_key: str) -> Holder | None:
        found = Account.objects.filter(email_key=email_key, is_active=True).first()
        return None if found is None else _holder(found)

    def opens(self, token: str, now: datetime) -> Holder | None:
        link = _open(token, now).select_related("account").first()
        return None if link is None else _holder(link.account)

    def use(self, token: str, password: str, now: datetime) -> bool:
        with transaction.atomic():
            link = _open(token, now).select_related("account").first()
            if link is None or not _open(token, now).filter(pk=link.pk).update(used_at=now):
                return False
            account = link.account
            account.set_password(password)
            account.save(update_fields=["password"])
            ActivationLink.objects.filter(account=account, used_at=None).delete()
            end_sessions(account)
        return True

    def mint(self, account: str, until: datetime) -> str:
        token = secrets.token_urlsafe(32)
        with transaction.atomic():
            holder = Account.objects.filter(pk=int(account), is_active=True).first()
            if holder is None:
                return ""
            ActivationLink.objects.filter(account=holder, message=SLIP, used_at=None).delete()
            ActivationLink.objects.create(
                account=holder, message=SLIP, token_hash=token_hash(token), expires_at=until
            )
        return token

    def end_sessions(self, account: str) -> None:
        with transaction.atomic():
            end_sessions(Account.objects.get(pk=int(account)))


def _open(token: str, now: datetime) -> QuerySet[ActivationLink]:
    links = ActivationLink.objects.filter(token_hash=token_hash(token), used_at=None, expires_at__gt=now)
    return links.filter(account__is_active=True)


def _holder(account: Account) -> Holder:
    name = f"{account.first_name} {account.last_name}".strip()
    return Holder(str(account.pk), account.email, name, account.org)

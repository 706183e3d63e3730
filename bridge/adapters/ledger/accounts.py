"""Access requests and accounts, on Django's ORM."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.contrib.sessions.models import Session
from django.db import models, transaction
from django.db.models import F, Max
from django.db.models.functions import Cast

from bridge.adapters.ledger.chunked import CHUNK, chunks
from bridge.adapters.ledger.models import AccessRequest, AccessResponse, Account, ActivationLink
from bridge.application.ports.accounts import Request
from bridge.domain.access import Grant, State


class DjangoAccounts:
    """Implements ports.accounts.AccountStore."""

    def requests(self, keys: Iterable[str] | None = None) -> dict[str, Request]:
        if keys is None:
            return {row.key: _request(row) for row in AccessRequest.objects.order_by("id")}
        return {
            row.key: _request(row)
            for chunk in chunks(keys)
            for row in AccessRequest.objects.filter(key__in=chunk).order_by("id")
        }

    def by_email(self, email_keys: Sequence[str]) -> dict[str, Request]:
        return {
            row.email_key: _request(row)
            for chunk in chunks(email_keys)
            for row in AccessRequest.objects.filter(email_key__in=chunk)
        }

    def page(self, states: Iterable[State], start: int, most: int) -> tuple[list[Request], int]:
        found = AccessRequest.objects.filter(state__in=[str(state) for state in states]).order_by("-id")
        return [_request(row) for row in found[start : start + most]], found.count()

    def next_number(self) -> int:
        numbers = AccessRequest.objects.annotate(n=Cast("key", models.IntegerField()))
        return (numbers.aggregate(last=Max("n"))["last"] or 0) + 1

    def known_responses(self, responses: Sequence[str]) -> frozenset[str]:
        return frozenset(
            response
            for chunk in chunks(responses)
            for response in AccessResponse.objects.filter(response__in=chunk).values_list(
                "response", flat=True
            )
        )

    def remember_responses(self, responses: Sequence[str]) -> None:
        AccessResponse.objects.bulk_create(
            [AccessResponse(response=response) for response in responses],
            batch_size=CHUNK,
            ignore_conflicts=True,
        )

    def save(self, requests: Sequence[Request]) -> None:
        AccessRequest.objects.bulk_create(
            [
                AccessRequest(
                    key=request.key,
                    email_key=request.email_key,
                    state=str(request.state),
                    approvals=request.approvals,
                    account_id=int(request.account) if request.account else None,
                    asked_again=request.asked_again,
                )
                for request in requests
            ],
            batch_size=CHUNK,
            update_conflicts=True,
            unique_fields=["key"],
            update_fields=["email_key", "state", "approvals", "account", "asked_again"],
        )

    def activate(self, request: str, email_key: str, grant: Grant) -> str:
        with transaction.atomic():
            known = AccessRequest.objects.filter(key=request).select_related("account").first()
            account = known.account if known is not None and known.account else None
            account = account or Account.objects.filter(email_key=email_key).first() or Account()
            areas = [list(area) for area in grant.areas]
            moved = account.pk is not None and account.email_key != email_key
            fresh = account.pk is None
            if not fresh and (moved or account.role != grant.role or account.areas != areas):
                end_sessions(account)
            if fresh or moved:
                account.set_unusable_password()
            if moved:
                ActivationLink.objects.filter(account=account).delete()
            account.email, account.email_key = grant.email, email_key
            account.first_name, account.last_name = grant.first_name[:150], grant.last_name[:150]
            account.org, account.role, account.areas = grant.org[:200], str(grant.role), areas
            account.is_active = True
            account.save()
        return str(account.pk)

    def deactivate(self, account: str) -> None:
        with transaction.atomic():
            found = Account.objects.get(pk=int(account))
            found.is_active = False
            found.save(update_fields=["is_active"])
            ActivationLink.objects.filter(account=found, used_at=None).delete()
            end_sessions(found)


def end_sessions(account: Account) -> None:
    """Signs the person out everywhere: at their next request no session of theirs is one."""
    Account.objects.filter(pk=account.pk).update(session_epoch=F("session_epoch") + 1)
    account.refresh_from_db(fields=["session_epoch"])
    for session in Session.objects.iterator():
        if session.get_decoded().get("_auth_user_id") == str(account.pk):
            session.delete()


def _request(row: AccessRequest) -> Request:
    return Request(
        key=row.key,
        email_key=row.email_key,
        state=State(row.state),
        approvals=row.approvals,
        account="" if row.account_id is None else str(row.account_id),
        asked_again=row.asked_again,
    )

"""What an admin and staff look through in the portal: people, mails and records, on Django's ORM."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from allauth.mfa.models import Authenticator
from django.db.models import Count

from bridge.adapters.ledger.chunked import chunks
from bridge.adapters.ledger.models import (
    AccessRequest,
    Account,
    Answer,
    ApiClient,
    OutboxMessage,
    Publication,
    SheetRow,
)
from bridge.application.ports.mails import MailLine
from bridge.application.ports.outbox import Reason
from bridge.application.ports.outbox import State as MailState
from bridge.application.ports.people import Person
from bridge.application.ports.records import SentAnswer
from bridge.application.ports.rows import Presence
from bridge.domain.access import Role, State
from bridge.domain.cells import Cell

CLIENT = "api:"
_FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]


class DjangoPeople:
    """Implements ports.people.People."""

    def page(self, role: Role | None, active: bool | None, start: int, most: int) -> tuple[list[Person], int]:
        found = Account.objects.order_by("email")
        if role is not None:
            found = found.filter(role=str(role))
        if active is not None:
            found = found.filter(is_active=active)
        return self._persons(found[start : start + most]), found.count()

    def find(self, account: str) -> Person | None:
        return next(iter(self._persons(Account.objects.filter(pk=int(account)))), None)

    def emails(self, accounts: Iterable[str] | None = None) -> dict[str, str]:
        found = Account.objects.order_by("email")
        if accounts is not None:
            found = found.filter(pk__in={int(account) for account in accounts})
        return {str(pk): email for pk, email in found.values_list("pk", "email")}

    def readers(self, names: Iterable[str] | None = None) -> dict[str, str]:
        asked = None if names is None else list(names)
        clients = ApiClient.objects.order_by("name", "id")
        if asked is None:
            accounts = self.emails()
        else:
            accounts = self.emails(name for name in asked if not name.startswith(CLIENT))
            keys = [int(name.removeprefix(CLIENT)) for name in asked if name.startswith(CLIENT)]
            clients = clients.filter(pk__in=keys)
        return accounts | {f"{CLIENT}{pk}": f"API {name}" for pk, name in clients.values_list("pk", "name")}

    @staticmethod
    def _persons(accounts: Iterable[Account]) -> list[Person]:
        listed = list(accounts)
        keys = [account.pk for account in listed]
        requests = {row.account_id: row for row in AccessRequest.objects.filter(account_id__in=keys)}
        strong = set(
            Authenticator.objects.filter(user_id__in=keys, type__in=_FACTORS).values_list(
                "user_id", flat=True
            )
        )
        return [_person(account, requests.get(account.pk), account.pk in strong) for account in listed]


class DjangoMails:
    """Implements ports.mails.Mails."""

    def page(self, state: MailState | None, start: int, most: int) -> tuple[list[MailLine], int]:
        found = OutboxMessage.objects.order_by("-id")
        if state is not None:
            found = found.filter(state=str(state))
        return [_line(row) for row in found[start : start + most]], found.count()

    def find(self, key: str) -> MailLine | None:
        return next((_line(row) for row in OutboxMessage.objects.filter(key=key)), None)

    def counts(self) -> dict[MailState, int]:
        found = OutboxMessage.objects.values_list("state").annotate(n=Count("id")).order_by("state")
        return {MailState(state): n for state, n in found}


class DjangoRecords:
    """Implements ports.records.Records."""

    def flagged(self, column: str, start: int, most: int) -> tuple[list[tuple[str, Mapping[str, Cell]]], int]:
        # Blank cells are left out of the JSON, and a quote inside a text is escaped there.
        found = SheetRow.objects.filter(table="cases", erased=False, values__contains=f'"{column}":')
        found = found.exclude(presence=str(Presence.GONE)).order_by("key")
        return list(found.values_list("key", "values")[start : start + most]), found.count()

    def holding(self, text: str) -> list[str]:
        found = set(
            SheetRow.objects.filter(table="cases", values__contains=text).values_list("key", flat=True)
        )
        found.update(Answer.objects.filter(answers__contains=text).values_list("case", flat=True))
        return sorted(found)

    def answers(self, cases: Sequence[str]) -> list[SentAnswer]:
        return [
            SentAnswer(row.case, row.arrived_at, row.file, row.row, row.answers)
            for chunk in chunks(sorted(cases))
            for row in Answer.objects.filter(case__in=chunk).order_by("case", "id")
        ]

    def published_at(self, cases: Sequence[str]) -> dict[str, datetime]:
        return {
            case: at
            for chunk in chunks(cases)
            for case, at in Publication.objects.filter(case__in=chunk).values_list("case", "published_at")
        }


def _person(account: Account, request: AccessRequest | None, strong: bool) -> Person:
    return Person(
        account=str(account.pk),
        email=account.email,
        name=f"{account.first_name} {account.last_name}".strip(),
        org=account.org,
        role=Role(account.role),
        areas=tuple((amphoe, tambon) for amphoe, tambon in account.areas),
        active=account.is_active,
        has_password=account.has_usable_password(),
        has_factor=strong,
        last_sign_in=account.last_login,
        request="" if request is None else request.key,
        state=None if request is None else State(request.state),
    )


def _line(row: OutboxMessage) -> MailLine:
    return MailLine(
        key=row.key,
        account=str(row.account_id),
        recipient=row.recipient,
        template=row.template,
        state=MailState(row.state),
        reason=Reason(row.reason),
        said=row.said,
        attempts=row.attempts,
        created_at=row.created_at,
        next_try=row.next_try,
        settled_at=row.settled_at,
        withdrawn=row.withdrawn,
    )

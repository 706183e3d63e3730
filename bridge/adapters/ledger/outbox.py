"""The outbox, on Django's ORM. Implements ports.outbox.Outbox and what approval asks of it."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from bridge.adapters.ledger.backup import RESTORED
from bridge.adapters.ledger.chunked import chunks
from bridge.adapters.ledger.models import ActivationLink, OutboxMessage, Setting
from bridge.application.ports.approvals import MailStanding
from bridge.application.ports.outbox import Claim, Message, Reason, Settlement, State, message_id_for

_MAY_HAVE_REACHED = (State.SENDING, State.SENT, State.HELD)


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


class DjangoOutbox:
    """`link_to(token)` makes the address that a person opens; `domain` is the right side of Message-IDs."""

    def __init__(self, base_url: str, domain: str) -> None:
        self._base_url, self._domain = base_url.rstrip("/"), domain

    # what approval asks

    def queue(
        self,
        key: str,
        request: str,
        account: str,
        recipient: str,
        template: str,
        context: Mapping[str, Any],
        now: datetime,
    ) -> bool:
        _, created = OutboxMessage.objects.get_or_create(
            key=key,
            defaults={
                "letter_key": key,
                "message_id": message_id_for(key, self._domain),
                "request": request,
                "account_id": int(account),
                "recipient": recipient,
                "template": template,
                "context": dict(context),
                "state": str(State.QUEUED),
                "created_at": now,
                "next_try": now,
            },
        )
        return created

    def withdraw(self, request: str, now: datetime, keep: str = "") -> None:
        with transaction.atomic():
            others = OutboxMessage.objects.filter(request=request).exclude(key=keep)
            others.update(withdrawn=True)
            others.filter(state=str(State.QUEUED)).update(state=str(State.CANCELLED), settled_at=now)

    def standings(self, requests: Iterable[str] | None = None) -> dict[str, MailStanding]:
        messages = OutboxMessage.objects.order_by("id")
        if requests is None:
            return {row.request: _standing(row) for row in messages}
        return {
            row.request: _standing(row)
            for chunk in chunks(requests)
            for row in messages.filter(request__in=chunk)
        }

    def mark_restored(self) -> None:
        Setting.objects.update_or_create(name=RESTORED, defaults={"value": "1"})

    # ports.outbox.Outbox

    def restored_from_backup(self) -> bool:
        return Setting.objects.filter(name=RESTORED, value="1").exists()

    def reconciled(self) -> None:
        Setting.objects.filter(name=RESTORED).delete()

    def sending(self) -> Sequence[Message]:
        rows = OutboxMessage.objects.filter(state=str(State.SENDING)).order_by("claimed_at", "id")
        return [_message(row) for row in rows]

    def queued(self) -> Sequence[Message]:
        return [_message(row) for row in OutboxMessage.objects.filter(state=str(State.QUEUED)).order_by("id")]

    def count_due(self, by: datetime) -> int:
        return OutboxMessage.objects.filter(state=str(State.QUEUED), next_try__lte=by).count()

    def count_claimed_since(self, instant: datetime) -> int:
        states = [str(state) for state in _MAY_HAVE_REACHED]
        return OutboxMessage.objects.filter(state__in=states, claimed_at__gte=instant).count()

    def claim(self, due_by: datetime, now: datetime, link_until: datetime) -> Claim | None:
        while True:
            due = OutboxMessage.objects.filter(state=str(State.QUEUED), next_try__lte=due_by)
            key = due.order_by("id").values_list("key", flat=True).first()
            if key is None:
                return None
            with transaction.atomic():
                taken = due.filter(key=key).update(state=str(State.SENDING), claimed_at=now, settled_at=None)
                if taken:
                    return self._claimed(OutboxMessage.objects.get(key=key), link_until)

    def _claimed(self, row: OutboxMessage, link_until: datetime) -> Claim:
        token = secrets.token_urlsafe(32)
        ActivationLink.objects.filter(message=row.key, used_at=None).delete()
        ActivationLink.objects.create(
            account_id=row.account_id, message=row.key, token_hash=token_hash(token), expires_at=link_until
        )
        link = f"{self._base_url}/activate/{token}"
        return Claim(_message(row), row.recipient, row.template, row.context, link)

    def settle(self, message: Message, settlement: Settlement) -> bool:
        seen = OutboxMessage.objects.filter(
            key=message.key, state=str(message.state), claimed_at=message.claimed_at
        )
        fields: dict[str, Any] = {
            "state": str(settlement.state),
            "settled_at": settlement.at,
            "reason": str(settlement.reason),
            "said": settlement.said,
            "attempts": settlement.attempts,
        }
        if settlement.next_try is not None:
            fields["next_try"] = settlement.next_try
        with transaction.atomic():
            if settlement.state is State.QUEUED:
                withdrawn = seen.filter(withdrawn=True).update(**{**fields, "state": str(State.CANCELLED)})
                if withdrawn:
                    return True
            return seen.update(**fields) == 1

    def defer(self, until: datetime, reason: Reason) -> int:
        waiting = OutboxMessage.objects.filter(state=str(State.QUEUED), next_try__lt=until)
        return waiting.update(next_try=until, reason=str(reason))

    def resend(self, key: str, letter_key: str, message_id: str, now: datetime) -> bool:
        stuck = OutboxMessage.objects.filter(
            key=key,
            state__in=[str(State.HELD), str(State.FAILED), str(State.SENT)],
            withdrawn=False,
        )
        updated = stuck.update(
            state=str(State.QUEUED),
            letter_key=letter_key,
            message_id=message_id,
            attempts=0,
            next_try=now,
            reason="",
            said="",
            claimed_at=None,
        )
        return updated == 1


def _standing(row: OutboxMessage) -> MailStanding:
    return MailStanding(row.key, State(row.state), row.settled_at, Reason(row.reason), row.said, row.next_try)


def _message(row: OutboxMessage) -> Message:
    return Message(row.key, row.letter_key, row.message_id, State(row.state), row.attempts, row.claimed_at)

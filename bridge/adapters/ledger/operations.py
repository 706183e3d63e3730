"""Writes to shared spreadsheets and shares of files, on Django's ORM."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bridge.adapters.ledger.models import FileShare, SheetOperation
from bridge.application.ports.operations import Operation, OperationState
from bridge.application.ports.shares import Share, ShareState


class DjangoOperations:
    """Implements ports.operations.Operations."""

    def unsettled(self, book: str) -> Operation | None:
        row = SheetOperation.objects.filter(book=book).first()
        if row is None:
            return None
        return Operation(row.book, row.marker, OperationState(row.state), row.plan, row.sent_at)

    def plan(self, book: str, marker: int, plan: Mapping[str, Any]) -> Operation:
        state = OperationState.PLANNED
        values = {"marker": marker, "state": str(state), "plan": dict(plan), "sent_at": None}
        SheetOperation.objects.update_or_create(book=book, defaults=values)
        return Operation(book, marker, state, plan)

    def sent(self, book: str, marker: int, at: datetime) -> None:
        mine = SheetOperation.objects.filter(book=book, marker=marker)
        mine.update(state=str(OperationState.SENT), sent_at=at)

    def void(self, book: str, marker: int) -> None:
        mine = SheetOperation.objects.filter(book=book, marker=marker)
        mine.update(state=str(OperationState.VOID), sent_at=None)

    def settle(self, book: str, marker: int) -> None:
        SheetOperation.objects.filter(book=book, marker=marker).delete()

    def forget(self, book: str) -> None:
        SheetOperation.objects.filter(book=book).delete()


class DjangoShares:
    """Implements ports.shares.Shares."""

    def all(self) -> list[Share]:
        rows = FileShare.objects.order_by("request", "file")
        return [
            Share(row.request, row.file, row.email, row.role, ShareState(row.state), row.permission, row.said)
            for row in rows
        ]

    def save(self, share: Share) -> None:
        values = {
            "email": share.email,
            "role": share.role,
            "state": str(share.state),
            "permission": share.permission,
            "said": share.said,
        }
        FileShare.objects.update_or_create(request=share.request, file=share.file, defaults=values)

    def remove(self, request: str, file: str) -> None:
        FileShare.objects.filter(request=request, file=file).delete()

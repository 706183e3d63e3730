"""The attachments of cases, on Django's ORM."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import Max

from bridge.adapters.ledger.chunked import chunks
from bridge.adapters.ledger.models import Attachment as Row
from bridge.adapters.ledger.prepared import Prepared
from bridge.application.ports.attachments import Attachment, StoredFile
from bridge.domain.attachments import Kind


class DjangoAttachments:
    """Implements ports.attachments.AttachmentStore."""

    def add(self, case: str, files: Sequence[StoredFile], account: str, now: datetime) -> None:
        if not files:
            return
        last = Row.objects.filter(case=case).aggregate(last=Max("number"))["last"] or 0
        Row.objects.bulk_create(
            Row(
                case=case,
                number=number,
                name=file.name,
                kind=str(file.kind),
                size=file.size,
                sha256=file.sha256,
                shown=file.shown,
                at=now,
                account=account,
            )
            for number, file in enumerate(files, last + 1)
        )

    def of(self, cases: Sequence[str]) -> list[Attachment]:
        return [_attachment(row) for chunk in chunks(sorted(cases)) for row in _of(chunk)]

    def find(self, case: str, number: int) -> Attachment | None:
        row = Row.objects.filter(case=case, number=number).first()
        return None if row is None else _attachment(row)

    def known(self, names: Iterable[str]) -> set[str]:
        return {
            name
            for chunk in chunks(sorted(names))
            for name in Row.objects.filter(name__in=chunk).values_list("name", flat=True)
        }

    def names(self) -> set[str]:
        return set(Row.objects.values_list("name", flat=True))

    def forget(self, cases: Sequence[str]) -> list[str]:
        names = []
        for chunk in chunks(sorted(cases)):
            rows = Row.objects.filter(case__in=chunk)
            names += rows.order_by("case", "number").values_list("name", flat=True)
            rows.delete()
        return names


_of = Prepared(lambda cases: Row.objects.filter(case__in=cases).order_by("case", "number"))


def _attachment(row: Row) -> Attachment:
    file = StoredFile(row.name, Kind(row.kind), row.size, row.sha256, row.shown)
    return Attachment(row.case, row.number, file, row.at, row.account)

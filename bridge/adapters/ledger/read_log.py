"""The read log, on Django's ORM."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bridge.adapters.ledger.models import ReadEntry
from bridge.application.ports.read_log import Reading


class DjangoReadLog:
    """Implements ports.read_log.ReadLog."""

    def note(self, reading: Reading) -> None:
        ReadEntry.objects.create(
            at=reading.at,
            account_id=int(reading.account),
            what=reading.what,
            keys=list(reading.keys),
            why=reading.why[:200],
            refused=reading.refused,
        )

    def since(self, instant: datetime) -> Sequence[Reading]:
        return [
            Reading(row.at, str(row.account_id), row.what, tuple(row.keys), row.why, row.refused)
            for row in ReadEntry.objects.filter(at__gte=instant).order_by("at", "id")
        ]

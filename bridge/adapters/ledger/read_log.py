"""The read log, on Django's ORM."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from django.db.models import TextField
from django.db.models.functions import Cast

from bridge.adapters.ledger import bulk
from bridge.adapters.ledger.models import ReadEntry
from bridge.adapters.ledger.together import together
from bridge.application.ports.read_log import Reading, Sought


class DjangoReadLog:
    """Implements ports.read_log.ReadLog."""

    def note(self, reading: Reading) -> None:
        entry = ReadEntry(
            at=reading.at,
            **_reader(reading.account),
            what=reading.what,
            keys=list(reading.keys),
            why=reading.why[:200],
            refused=reading.refused,
        )
        together(lambda: bulk.create([entry]), in_turn=False, lasting=False)

    def find(self, sought: Sought, start: int, most: int) -> tuple[list[Reading], int]:
        found = ReadEntry.objects.annotate(listed=Cast("keys", TextField())).order_by("-at", "-id")
        if sought.account:
            found = found.filter(**_reader(sought.account))
        if sought.key:
            found = found.filter(listed__contains=json.dumps(sought.key))
        if sought.since is not None:
            found = found.filter(at__gte=sought.since)
        if sought.until is not None:
            found = found.filter(at__lt=sought.until)
        return [_reading(row) for row in found[start : start + most]], found.count()

    def forget_before(self, instant: datetime) -> int:
        return ReadEntry.objects.filter(at__lt=instant).delete()[0]

    def since(self, instant: datetime) -> Sequence[Reading]:
        return [_reading(row) for row in ReadEntry.objects.filter(at__gte=instant).order_by("at", "id")]


def _reader(name: str) -> dict[str, int]:
    """The column of an account or of an API client."""
    kind, _, client = name.partition(":")
    return {"client_id": int(client)} if kind == "api" else {"account_id": int(name)}


def _reading(row: ReadEntry) -> Reading:
    reader = f"api:{row.client_id}" if row.account_id is None else str(row.account_id)
    return Reading(row.at, reader, row.what, tuple(row.keys), row.why, row.refused)

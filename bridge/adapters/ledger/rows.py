"""The sheets' rows and their history, on Django's ORM."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from bridge.adapters.ledger import bulk
from bridge.adapters.ledger.case_columns import to_be_counted
from bridge.adapters.ledger.chunked import chunks
from bridge.adapters.ledger.models import History, SheetRow
from bridge.adapters.ledger.prepared import Prepared
from bridge.adapters.ledger.tracking import TABLE, drop_keys, keep_keys
from bridge.application.ports.clock import Clock
from bridge.application.ports.rows import Event, Mark, PastEvent, Presence, RowState

_STATE = ("key", "values", "confirmed", "suggested", "presence", "digest", "settled", "dirty", "erased")


class DjangoRows:
    """Implements ports.rows.RowStore."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def marks(self, table: str) -> dict[str, Mark]:
        found = (
            SheetRow.objects.filter(table=table)
            .order_by("key")
            .values_list("key", "digest", "settled", "presence", "erased")
        )
        presences = {str(presence): presence for presence in Presence}
        return {
            key: Mark(digest, settled, presences[presence], erased)
            for key, digest, settled, presence, erased in found.iterator(chunk_size=10_000)
        }

    def load(self, table: str, keys: Iterable[str]) -> dict[str, RowState]:
        found: dict[str, RowState] = {}
        for chunk in chunks(sorted(set(keys))):
            # In a transaction SQLite locks the whole ledger, and PostgreSQL these rows.
            rows = _locked(table, chunk) if connection.in_atomic_block else _loaded(table, chunk)
            found.update((row[0], _state(row)) for row in rows)
        return found

    def load_all(self, table: str) -> Iterator[RowState]:
        rows = SheetRow.objects.filter(table=table).order_by("key").values_list(*_STATE)
        for row in rows.iterator(chunk_size=2_000):
            yield _state(row)

    def dirty(self, table: str) -> list[str]:
        return self._keys(SheetRow.objects.filter(table=table, dirty=True))

    def unsettled(self, table: str) -> list[str]:
        return self._keys(SheetRow.objects.filter(table=table, settled=False))

    def save(self, table: str, states: Sequence[RowState], events: Sequence[Event] = ()) -> None:
        now = self._clock.now()
        with transaction.atomic():
            bulk.create(
                (_row(table, state) for state in states), unique=("table", "key"), replaced=_STATE[1:]
            )
            if table == TABLE:
                to_be_counted(state.key for state in states)
                gone = [state.key for state in states if state.presence is Presence.GONE]
                drop_keys(gone, published=False)
                there = {state.key: state.values for state in states if state.presence is not Presence.GONE}
                keep_keys(there, published=False)
            bulk.create(
                History(
                    at=now,
                    table=event.table,
                    key=event.key,
                    actor=event.actor,
                    why=event.why,
                    column=event.column,
                    change={"old": event.old, "new": event.new},
                )
                for event in events
            )

    def mark_dirty(self, table: str, keys: Iterable[str]) -> None:
        for chunk in chunks(sorted(keys)):
            SheetRow.objects.filter(table=table, key__in=chunk, dirty=False).update(dirty=True)

    def mark_all_dirty(self, table: str) -> None:
        SheetRow.objects.filter(table=table).update(dirty=True)

    def history(self, table: str, key: str) -> list[PastEvent]:
        return [
            PastEvent(
                line.at,
                Event(
                    table,
                    key,
                    line.why,
                    line.actor,
                    line.column,
                    line.change.get("old"),
                    line.change.get("new"),
                ),
            )
            for line in _history(table, key)
        ]

    @staticmethod
    def _keys(query) -> list[str]:  # type: ignore[no-untyped-def]
        return list(query.order_by("key").values_list("key", flat=True))


def _of_keys(table: str, keys: Sequence[str]) -> QuerySet[Any, Any]:
    return SheetRow.objects.filter(table=table, key__in=keys).order_by("key").values_list(*_STATE)


def _locked(table: str, keys: Sequence[str]) -> QuerySet[Any, Any]:
    return _of_keys(table, keys).select_for_update()


_loaded = Prepared(_of_keys)
_history = Prepared(lambda table, key: History.objects.filter(table=table, key=key).order_by("id"))


def _state(columns: tuple[Any, ...]) -> RowState:
    key, values, confirmed, suggested, presence, *rest = columns
    return RowState(key, values, confirmed, suggested, Presence(presence), *rest)


def _row(table: str, state: RowState) -> SheetRow:
    return SheetRow(
        table=table,
        key=state.key,
        values=state.values,
        confirmed=state.confirmed,
        suggested=state.suggested,
        digest=state.digest,
        presence=str(state.presence),
        settled=state.settled,
        dirty=state.dirty,
        erased=state.erased,
    )

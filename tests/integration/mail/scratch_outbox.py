"""An outbox for tests: honest (conditional updates, committed one by one), in memory or in a file that
outlives the process that wrote it."""

from __future__ import annotations

import hashlib
import json
import secrets
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime

from bridge.application.ports.outbox import (
    Claim,
    Message,
    Reason,
    Settlement,
    State,
    message_id_for,
)

DOMAIN = "saphan.example.go.th"
SCHEMA = """
create table if not exists flag (restored integer not null);
create table if not exists message (
    number integer primary key, key text unique not null, letter_key text not null, message_id text not null,
    state text not null, recipient text not null, template text not null, context text not null,
    attempts integer not null default 0, next_try real not null, claimed_at text, withdrawn integer default 0,
    link_hash text, link_until text, settled_at text,
    reason text not null default '', said text not null default ''
);
"""
SEEN = "key, letter_key, message_id, state, attempts, claimed_at"


class ScratchOutbox:
    def __init__(self, path: str = ":memory:") -> None:
        self.db = sqlite3.connect(path, isolation_level=None, timeout=5)
        self.db.row_factory = sqlite3.Row
        self.db.executescript(SCHEMA)
        if self.db.execute("select 1 from flag").fetchone() is None:
            self.db.execute("insert into flag values (0)")

    # the port

    def restored_from_backup(self) -> bool:
        return bool(self.db.execute("select restored from flag").fetchone()[0])

    def reconciled(self) -> None:
        self.db.execute("update flag set restored = 0")

    def sending(self) -> Sequence[Message]:
        return self._list("state = 'sending' order by claimed_at, number")

    def queued(self) -> Sequence[Message]:
        return self._list("state = 'queued' order by number")

    def count_due(self, by: datetime) -> int:
        query = "select count(*) from message where state = 'queued' and next_try <= ?"
        return int(self.db.execute(query, (by.timestamp(),)).fetchone()[0])

    def count_claimed_since(self, instant: datetime) -> int:
        rows = self._list("state in ('sending', 'sent', 'held') and claimed_at is not null")
        return sum(row.claimed_at is not None and row.claimed_at >= instant for row in rows)

    def claim(self, due_by: datetime, now: datetime, link_until: datetime) -> Claim | None:
        token = secrets.token_urlsafe(24)
        values = (now.isoformat(), digest(token), link_until.isoformat(), due_by.timestamp())
        row = self.db.execute(
            "update message set state = 'sending', claimed_at = ?, link_hash = ?, link_until = ?"
            " where state = 'queued' and number = (select number from message"
            " where state = 'queued' and next_try <= ? order by number limit 1)"
            " returning *",
            values,
        ).fetchone()
        if row is None:
            return None
        link = f"https://{DOMAIN}/activate/{token}/"
        return Claim(as_message(row), row["recipient"], row["template"], json.loads(row["context"]), link)

    def settle(self, message: Message, settlement: Settlement) -> bool:
        seen = message.claimed_at.isoformat() if message.claimed_at else None
        withdrawn_to = State.CANCELLED if settlement.state is State.QUEUED else settlement.state
        cursor = self.db.execute(
            "update message set state = case when withdrawn then ? else ? end, settled_at = ?,"
            " reason = ?, said = ?, attempts = ?, next_try = coalesce(?, next_try)"
            " where key = ? and state = ? and claimed_at is ?",
            (
                withdrawn_to,
                settlement.state,
                settlement.at.isoformat(),
                settlement.reason,
                settlement.said,
                settlement.attempts,
                settlement.next_try.timestamp() if settlement.next_try else None,
                message.key,
                message.state,
                seen,
            ),
        )
        return cursor.rowcount == 1

    def defer(self, until: datetime, reason: Reason) -> int:
        query = "update message set next_try = ?, reason = ? where state = 'queued' and next_try < ?"
        return self.db.execute(query, (until.timestamp(), reason, until.timestamp())).rowcount

    def resend(self, key: str, letter_key: str, message_id: str, now: datetime) -> bool:
        cursor = self.db.execute(
            "update message set state = 'queued', letter_key = ?, message_id = ?, attempts = 0, next_try = ?,"
            " reason = '', said = '' where key = ? and state in ('held', 'failed', 'sent') and not withdrawn",
            (letter_key, message_id, now.timestamp(), key),
        )
        return cursor.rowcount == 1

    # what others do to it

    def enqueue(
        self, key: str, recipient: str, template: str, context: Mapping[str, object], at: datetime
    ) -> None:
        self.db.execute(
            "insert into message (key, letter_key, message_id, state, recipient, template, context, next_try)"
            " values (?, ?, ?, 'queued', ?, ?, ?, ?)",
            (key, key, message_id_for(key, DOMAIN), recipient, template, json.dumps(context), at.timestamp()),
        )

    def withdraw(self, key: str) -> None:
        self.db.execute(
            "update message set withdrawn = 1,"
            " state = case state when 'queued' then 'cancelled' else state end where key = ?",
            (key,),
        )

    def mark_restored(self) -> None:
        self.db.execute("update flag set restored = 1")

    def row(self, key: str) -> dict[str, object]:
        return dict(self.db.execute("select * from message where key = ?", (key,)).fetchone())

    def link_opens(self, link: str) -> bool:
        """Whether the link's hash is in the ledger."""
        token = link.rstrip("/").rpartition("/")[2]
        return (
            self.db.execute("select 1 from message where link_hash = ?", (digest(token),)).fetchone()
            is not None
        )

    def message(self, key: str) -> Message:
        return self._list("key = ?", key)[0]

    def states(self) -> dict[str, str]:
        return {
            row["key"]: row["state"]
            for row in self.db.execute("select key, state from message order by number")
        }

    def close(self) -> None:
        self.db.close()

    def _list(self, where: str, *values: str) -> list[Message]:
        return [
            as_message(row) for row in self.db.execute(f"select {SEEN} from message where {where}", values)
        ]


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def as_message(row: sqlite3.Row) -> Message:
    claimed = datetime.fromisoformat(row["claimed_at"]) if row["claimed_at"] else None
    return Message(
        row["key"], row["letter_key"], row["message_id"], State(row["state"]), row["attempts"], claimed
    )

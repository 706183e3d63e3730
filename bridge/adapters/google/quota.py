"""One account's calls in a minute, shared by all workbooks, threads and processes on this computer.

Google allows 60 reads and 60 writes a minute and user. What its minute is, is not documented, so none of any
60 s may hold more: a sliding window. A call reaches Google a little after it was granted, which is why the
period is longer than the minute, and the limit lower than Google's.

The window lies in a small file of SQLite under the person's home. Where that cannot be used, each process keeps
to a window of its own: the work never stops for it, and Google's own refusals (429) are waited out anyway.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import secrets
import sqlite3
import tempfile
import threading
import weakref
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bridge.adapters.google.client import Effect
from bridge.application.ports.clock import Clock

LIMIT = 55  # of Google's 60
PERIOD = 62.0  # seconds: a minute, and how much longer one call may be on its way than another
MEMORY = 10  # periods for which grants are remembered
HEARTBEAT = 15.0  # seconds: the longest pause between two questions of one who waits
PATIENCE = 40.0  # seconds without a question after which a ticket is taken for abandoned
NUDGE = 0.2  # seconds until another who may go now will have gone
SLACK = 0.01  # seconds past the moment at which a place is free
BUSY = 3.0  # seconds to wait for another process that is writing
DAMAGED = frozenset({"SQLITE_NOTADB", "SQLITE_CORRUPT"})

_TABLES = (
    "CREATE TABLE IF NOT EXISTS grants (id TEXT PRIMARY KEY, kind TEXT, lane TEXT, at REAL NOT NULL)",
    "CREATE TABLE IF NOT EXISTS tickets"
    " (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE, kind TEXT, lane TEXT, since REAL, seen REAL)",
)


# The decision


@dataclass(frozen=True)
class Grant:
    """One call that was let go, at that many seconds since 1970."""

    lane: str
    at: float


@dataclass(frozen=True)
class Ticket:
    """One call that waits, since that many seconds after 1970."""

    id: str
    lane: str
    since: float


class Served:
    """How often each lane was served: in the last period, and as far as is remembered."""

    def __init__(self, grants: Sequence[Grant], now: float, period: float) -> None:
        self.recent = [grant for grant in grants if grant.at >= now - period]
        self._counts = Counter(grant.lane for grant in self.recent)
        self._ever = Counter(grant.lane for grant in grants)

    def rank(self, lane: str, more: int = 0) -> tuple[int, int]:
        """The lower, the sooner; after so many `more`. What was before the last period only decides between
        equals, so that nobody pays for having been busy while nobody else was."""
        return self._counts[lane] + more, self._ever[lane] + more


def next_ones(served: Served, waiting: Sequence[Ticket], limit: int) -> list[Ticket]:
    """Who of those waiting, in the order they came, may go now: always the lane with the lowest rank, and of
    equal ones whoever came first."""
    free, before, order = max(limit - len(served.recent), 0), Counter[str](), []
    for number, ticket in enumerate(waiting):
        order.append((served.rank(ticket.lane, before[ticket.lane]), number))
        before[ticket.lane] += 1
    return [waiting[number] for _, number in sorted(order)[:free]]


def seconds_to_wait(
    mine: str, grants: Sequence[Grant], waiting: Sequence[Ticket], now: float, limit: int, period: float
) -> float:
    """0.0 when the ticket `mine` may go now, or else after how many seconds to ask again.

    A lane that was served more than another that waits lets it go first, for a moment, even where there is
    room for both: else the quickest would take all that is left over.
    """
    served = Served(grants, now, period)
    for ticket in next_ones(served, waiting, limit):
        if ticket.id == mine:
            ahead = any(served.rank(other.lane) < served.rank(ticket.lane) for other in waiting)
            return max(ticket.since + NUDGE - now, 0.0) if ahead else 0.0
    if len(served.recent) < limit:
        return NUDGE
    free = min(grant.at for grant in served.recent) + period + SLACK
    return min(max(free - now, NUDGE), HEARTBEAT)


# Its memory


def default_path(account: str) -> Path:
    """Where the window of an account lies; the name of the file does not tell the account."""
    try:
        home = Path.home()
    except RuntimeError:  # a system's user without a home
        home = Path(tempfile.gettempdir())
    return home / ".saphan" / f"quota-{_sign(account.lower())}.sqlite3"


@dataclass(frozen=True)
class _Call:
    """One call as the file knows it: an id, what it is counted with, its lane, and how many may be counted."""

    id: str
    kind: str
    lane: str
    limit: int


class SharedQuota:
    """Implements client.Quota for all that use the same file and account.

    `account` is the service account's address, or whatever else names one user to Google. `limit_…` are calls in
    `period` seconds. Never raises for the file's sake.
    """

    def __init__(
        self,
        path: Path,
        account: str,
        clock: Clock,
        pause: Callable[[float], None],
        limit_reads: int = LIMIT,
        limit_writes: int = LIMIT,
        period: float = PERIOD,
    ) -> None:
        self._path, self._clock, self._pause = path, clock, pause
        self._account = _sign(account.lower())
        self._limits: dict[Effect, int] = {"read": max(1, limit_reads), "write": max(1, limit_writes)}
        self._period = period
        self._lock = threading.Lock()
        self._own = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        weakref.finalize(self, self._own.close)
        _prepare(self._own)
        self._failed_at: float | None = None
        self._renewed = False

    def take(self, effect: Effect, lane: str) -> float:
        """Waits for one call's turn; returns the seconds waited."""
        call, waited = self._call(effect, lane), 0.0
        try:
            while wait := self._ask(call):
                self._pause(wait)
                waited += wait
        except BaseException:
            self._leave(call)
            raise
        return waited

    def _ask(self, call: _Call) -> float:
        """0.0 when the call may go, and then it is counted; else the seconds until the next question."""
        with self._lock:
            while self._trusted():
                try:
                    return self._ask_the_file(call)
                except (sqlite3.Error, OSError) as error:
                    self._distrust(error)
            return self._turn(self._own, call)[0]

    def _ask_the_file(self, call: _Call) -> float:
        with _opened(self._path) as shared:
            self._tell(shared)
            wait, now = self._turn(shared, call)
        if not wait:  # kept here too, for when the file is lost
            _grant(self._own, call, now)
        return wait

    def _turn(self, db: sqlite3.Connection, call: _Call) -> tuple[float, float]:
        """(seconds to wait, now): one question, answered and written down."""
        now = self._now()  # only here: nobody else writes a later time before this one
        _tidy(db, now, self._period)
        db.execute(
            "INSERT INTO tickets (id, kind, lane, since, seen) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET seen = excluded.seen",
            (call.id, call.kind, call.lane, now, now),
        )
        grants = [
            Grant(*row) for row in db.execute("SELECT lane, at FROM grants WHERE kind = ?", (call.kind,))
        ]
        rows = db.execute("SELECT id, lane, since FROM tickets WHERE kind = ? ORDER BY number", (call.kind,))
        wait = seconds_to_wait(call.id, grants, [Ticket(*row) for row in rows], now, call.limit, self._period)
        if not wait:
            _grant(db, call, now)
        return wait, now

    def _tell(self, shared: sqlite3.Connection) -> None:
        """What this process was granted is in the file, even if the file was away or is new."""
        now = self._now()
        _tidy(self._own, now, self._period)
        recent = self._own.execute("SELECT * FROM grants WHERE at >= ?", (now - self._period,))
        shared.executemany("INSERT OR IGNORE INTO grants VALUES (?, ?, ?, ?)", recent)

    def _leave(self, call: _Call) -> None:
        """Nobody waits for a ticket any more; where this fails, it expires."""
        with self._lock, contextlib.suppress(sqlite3.Error, OSError):
            self._own.execute("DELETE FROM tickets WHERE id = ?", (call.id,))
            if self._failed_at is None:
                with _opened(self._path) as shared:
                    shared.execute("DELETE FROM tickets WHERE id = ?", (call.id,))

    def _trusted(self) -> bool:
        """The file is used, unless it failed within the last period (a lock costs BUSY seconds each time)."""
        if self._failed_at is not None and abs(self._now() - self._failed_at) > self._period:
            self._failed_at, self._renewed = None, False
        return self._failed_at is None

    def _distrust(self, error: sqlite3.Error | OSError) -> None:
        """A damaged file is made anew, once: everybody tells it what they took. Any other is left alone."""
        name = getattr(error, "sqlite_errorname", type(error).__name__)  # its text may name a person's folder
        logging.getLogger("saphan").warning("google_quota_file", extra={"facts": {"error": name}})
        if name in DAMAGED and not self._renewed:
            self._renewed = True
            with contextlib.suppress(OSError):
                self._path.unlink(missing_ok=True)
                return
        self._failed_at = self._now()

    def _now(self) -> float:
        return self._clock.now().timestamp()

    def _call(self, effect: Effect, lane: str) -> _Call:
        kind = f"{self._account}:{effect}"
        return _Call(secrets.token_hex(8), kind, _sign(lane), self._limits[effect])


def _sign(text: str) -> str:
    """What stands for an account or a workbook in the file."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """The file in one transaction that nobody else is in; made where it is not. Opened each time, so that it
    may be removed at any time, and so that threads share nothing."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    db = sqlite3.connect(path, timeout=BUSY, isolation_level=None)
    try:
        db.execute("PRAGMA synchronous = OFF")  # a minute's counts are not worth a wait for the disk
        db.execute("BEGIN IMMEDIATE")
        _prepare(db)
        yield db
        db.execute("COMMIT")
    finally:
        db.close()  # what was not committed is undone


def _prepare(db: sqlite3.Connection) -> None:
    for table in _TABLES:
        db.execute(table)


def _tidy(db: sqlite3.Connection, now: float, period: float) -> None:
    """Away with what is over. A clock that was set back makes no grant younger than new: the latest cannot have
    been later than now, and the others keep their distance from it."""
    (ahead,) = db.execute("SELECT max(at) - ? FROM grants", (now,)).fetchone()
    if ahead is not None and ahead > 0:
        db.execute("UPDATE grants SET at = at - ?", (ahead,))
    db.execute("UPDATE tickets SET since = min(since, ?), seen = min(seen, ?) WHERE seen > ?", (now,) * 3)
    db.execute("DELETE FROM grants WHERE at < ?", (now - MEMORY * period,))
    db.execute("DELETE FROM tickets WHERE seen < ?", (now - PATIENCE,))


def _grant(db: sqlite3.Connection, call: _Call, now: float) -> None:
    db.execute("DELETE FROM tickets WHERE id = ?", (call.id,))
    db.execute("INSERT OR REPLACE INTO grants VALUES (?, ?, ?, ?)", (call.id, call.kind, call.lane, now))

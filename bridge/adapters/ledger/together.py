"""Small writes of many threads in one transaction, where only one can write at a time; and such as need not wait for
the disk.

A commit of SQLite waits for the disk and keeps all other writers out meanwhile. Whoever comes while one is under way
waits for its end; then one of those who wait writes for them all, and they go on when it is committed.

Processes take turns: of two that want to write, SQLite lets the second look again after up to a tenth of a second, and
others are before it then (p99 of a small write 110 ms, with turns 12 ms).
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from time import monotonic
from typing import Any, TypeVar

from django.db import connection, transaction

from bridge.adapters.clock import pause
from bridge.settings import journal_mode

if sys.platform != "win32":  # there SQLite has to look again
    import fcntl

LONG, MOMENT = 0.05, 0.01  # seconds

T = TypeVar("T")


class _Write:
    def __init__(self, work: Callable[[], Any], *, lasting: bool) -> None:
        self._work = work
        self.lasting = lasting
        self.called = threading.Event()  # when it is settled, or has to write for all that wait
        self.settled = False
        self.result: Any = None
        self.error: BaseException | None = None

    def run(self) -> None:
        """In a savepoint where others are under way: what one leaves undone is not their trouble."""
        try:
            with transaction.atomic():
                self.result = self._work()
        except Exception as error:
            self.error = error


class _Queue:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[_Write] = []
        self._writing = False  # somebody is, or has been called to
        self.turn: AbstractContextManager[None] = nullcontext()

    def settle(self, mine: _Write) -> None:
        with self._lock:
            self._waiting.append(mine)
            first, self._writing = not self._writing, True
        if not first:
            mine.called.wait()
        if not mine.settled:
            self._write_all()

    def _write_all(self) -> None:
        writes: list[_Write] = []
        try:
            with self.turn:
                with self._lock:
                    writes, self._waiting = self._waiting, []
                _commit(writes)
        finally:
            with self._lock:
                self._writing = bool(self._waiting)
                following = self._waiting[:1]
            for write in writes:
                write.settled = True
            for write in (*writes, *following):
                write.called.set()


class _Turn:
    """The lock of a file: the kernel wakes the next at once, and takes it from a process that dies. Where a disk knows
    no such locks, nobody takes turns."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("ab")

    def __enter__(self) -> None:
        if sys.platform != "win32":
            with suppress(OSError):
                fcntl.flock(self._file, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        if sys.platform != "win32":
            with suppress(OSError):
                fcntl.flock(self._file, fcntl.LOCK_UN)


_queue = _Queue()


def take_turns(path: Path | None) -> None:
    """From now on this process takes turns with all others that name this file; None: no more."""
    _queue.turn = _Turn(path) if path else nullcontext()


@contextmanager
def in_turn() -> Iterator[None]:
    """A transaction of any length, for which those of other processes wait, as it waits for theirs. After a long one
    there is a moment for them: who asks again at once would be first again."""
    if connection.in_atomic_block:
        with transaction.atomic():
            yield
        return
    with _queue.turn:
        began = monotonic()
        with transaction.atomic():
            yield
    if isinstance(_queue.turn, _Turn) and monotonic() - began > LONG:
        pause(MOMENT)


def together(work: Callable[[], T], *, in_turn: bool, lasting: bool = True) -> T:
    """Runs `work` in a transaction of its own or one shared with others that wait at this moment; it may run in
    another thread. Committed when this returns. Raises what `work` raises: then nothing of it is kept.

    Shared on SQLite, and elsewhere where `work` takes a lock that all others need (`in_turn`). What need not be
    `lasting` outlives this process, but the last of it may be gone when the power fails (docs/adr/0019)."""
    if connection.in_atomic_block or not (in_turn or connection.vendor == "sqlite"):
        inside = connection.in_atomic_block
        with transaction.atomic():
            if not (lasting or inside):
                _run("SET LOCAL synchronous_commit = off")
            return work()
    mine = _Write(work, lasting=lasting)
    _queue.settle(mine)
    if mine.error is not None:
        raise mine.error
    result: T = mine.result
    return result


def _commit(writes: list[_Write]) -> None:
    alone = len(writes) == 1
    try:
        with (
            _on_disk(any(write.lasting for write in writes)),
            nullcontext() if alone else transaction.atomic(),
        ):
            for write in writes:
                write.run()
    except BaseException as error:
        for write in writes:
            write.error = error
        if not isinstance(error, Exception):
            raise


@contextmanager
def _on_disk(lasting: bool) -> Iterator[None]:
    """Only a write-ahead log stays whole where a commit does not wait for the disk."""
    waits = lasting or connection.vendor != "sqlite" or journal_mode() != "WAL"
    if not waits:
        _run("PRAGMA synchronous=NORMAL")
    try:
        yield
    finally:
        if not waits:
            _run("PRAGMA synchronous=FULL")


def _run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)

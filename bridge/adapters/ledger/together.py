"""Small writes of many threads in one transaction, where the database lets only one write at a time.

A commit of SQLite waits several times for the disk and keeps everybody out meanwhile. Whoever comes while one is under
way waits for its end; then the first of those who wait writes for them all, and they go on when it is committed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar

from django.db import connection, transaction

T = TypeVar("T")


class _Write:
    def __init__(self, work: Callable[[], Any]) -> None:
        self._work = work
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


_turn = threading.Lock()
_list = threading.Lock()
_waiting: list[_Write] = []


def together(work: Callable[[], T]) -> T:
    """Runs `work` in a transaction of its own or, on SQLite, one shared with others that wait at this moment; it may
    run in another thread. Committed when this returns. Raises what `work` raises: then nothing of it is kept."""
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        with transaction.atomic():
            return work()
    mine = _Write(work)
    with _list:
        _waiting.append(mine)
    with _turn:
        if not mine.settled:
            _write_all()
    if mine.error is not None:
        raise mine.error
    result: T = mine.result
    return result


def _write_all() -> None:
    with _list:
        writes = _waiting[:]
        _waiting.clear()
    try:
        if len(writes) == 1:
            return writes[0].run()
        with transaction.atomic():
            for write in writes:
                write.run()
    except BaseException as error:
        for write in writes:
            write.error = error
        if not isinstance(error, Exception):
            raise
    finally:
        for write in writes:
            write.settled = True

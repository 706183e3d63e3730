"""Requests of a process, one after another.

Python computes in one thread at a time. Threads that all have something to compute hand that right to each other at
every question to SQLite, dozens of times in a page: each page then takes as long as all of them together, and more in
all than one after the other. So the quick ones wait for their turn, in the order in which they came.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

PATIENCE = 0.25  # seconds; who takes longer goes on beside the others
READING = ("GET", "HEAD")  # what is sent waits for the disk, and others have time meanwhile

Application = Callable[[dict[str, Any], Any], Any]


class Line:
    """Who stands in line; the first has the turn."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience, self._lock = patience, threading.Lock()
        self._waiting = deque[threading.Event]()

    @contextmanager
    def turn(self) -> Iterator[None]:
        mine = threading.Event()
        with self._lock:
            self._waiting.append(mine)
            first = self._first()
        while not mine.wait(self._patience):
            first = self._after(first)
        try:
            yield
        finally:
            self._after(mine)

    def _after(self, done: threading.Event | None) -> threading.Event | None:
        """The first when this one, if it still was that, has left the line."""
        with self._lock:
            if self._waiting and self._waiting[0] is done:
                self._waiting.popleft()
            return self._first()

    def _first(self) -> threading.Event | None:
        """Called, if there is anybody."""
        if not self._waiting:
            return None
        self._waiting[0].set()
        return self._waiting[0]


def one_by_one(pages: Application) -> Application:
    """The application, of which one page is made at a time, unless it takes long."""
    line = Line()

    def application(environ: dict[str, Any], start: Any) -> Any:
        if environ["REQUEST_METHOD"] not in READING:
            return pages(environ, start)
        with line.turn():
            return pages(environ, start)

    return application

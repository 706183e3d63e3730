"""Requests of one process: the quick ones one after another, the slow ones beside."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from bridge.portal.one_by_one import Line, one_by_one

LONG = 30.0  # seconds; nothing here comes near
AT_ONCE = 0.001


@contextmanager
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as threads:
        yield threads


def test_never_two_at_once_and_in_the_order_of_coming() -> None:
    line, came, went = Line(LONG), list[int](), list[int]()
    working, most = 0, 0
    hold, go = threading.Event(), threading.Event()

    def work(number: int) -> None:
        nonlocal working, most
        with line.turn():
            working += 1
            most = max(most, working)
            went.append(number)
            if not number:
                hold.set()
                go.wait(LONG)
            working -= 1

    with pool() as threads:
        done = [threads.submit(work, 0)]
        hold.wait(LONG)
        for number in range(1, 8):
            came.append(number)
            done.append(threads.submit(work, number))
            while len(line._waiting) <= number:
                pass
        go.set()
        for each in done:
            each.result(LONG)
    assert went == [0, *came]
    assert most == 1


def test_who_takes_long_goes_on_beside_the_others() -> None:
    line = Line(AT_ONCE)
    slow_began, slow_may_end = threading.Event(), threading.Event()

    def slow() -> None:
        with line.turn():
            slow_began.set()
            assert slow_may_end.wait(LONG)

    def quick() -> bool:
        with line.turn():
            return not slow_may_end.is_set()

    with pool() as threads:
        first = threads.submit(slow)
        slow_began.wait(LONG)
        others: list[Future[bool]] = [threads.submit(quick) for _ in range(20)]
        assert all(each.result(LONG) for each in others)
        slow_may_end.set()
        first.result(LONG)
        assert not threads.submit(quick).result(LONG)


def test_a_failure_ends_the_turn() -> None:
    line = Line(LONG)
    for _ in range(2):
        with pytest.raises(ValueError), line.turn():
            raise ValueError


def test_what_is_sent_does_not_wait_for_a_turn() -> None:
    began, may_end = threading.Event(), threading.Event()

    def pages(environ: dict[str, Any], _: Any) -> str:
        if environ["REQUEST_METHOD"] == "GET":
            began.set()
            assert may_end.wait(LONG)
        return str(environ["REQUEST_METHOD"])

    asked = one_by_one(pages)
    with pool() as threads:
        reading = threads.submit(asked, {"REQUEST_METHOD": "GET"}, None)
        began.wait(LONG)
        assert threads.submit(asked, {"REQUEST_METHOD": "POST"}, None).result(LONG) == "POST"
        may_end.set()
        assert reading.result(LONG) == "GET"

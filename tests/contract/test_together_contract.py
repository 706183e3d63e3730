"""Small writes that share a transaction, on each backend: each is kept or not by itself, and kept when it returns."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import pytest

from bridge.adapters.ledger.connection import close_ledger
from tests.contract.ledgers import BACKENDS, Ledger, open_empty

MANY = 12


class Refused(Exception):
    pass


@pytest.fixture(params=BACKENDS)
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    yield open_empty(request.param, request.config, tmp_path)
    close_ledger()


def in_threads(count: int, work: Callable[[int], Any]) -> list[Any]:
    """What each gave or raised; all begin at the same moment."""
    from django.db import connections

    begin = threading.Barrier(count)

    def one(number: int) -> Any:
        begin.wait()
        try:
            return work(number)
        except Exception as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def test_each_is_kept_or_not_by_itself(ledger: Ledger) -> None:
    def write(number: int) -> int:
        def work() -> int:
            ledger.journal.set_setting(f"n{number}", "kept")
            if number % 3 == 0:
                raise Refused(number)
            return number

        return ledger.journal.together(work)  # type: ignore[no-any-return]

    for number, said in enumerate(in_threads(MANY, write)):
        refused = number % 3 == 0
        assert isinstance(said, Refused) if refused else said == number
        assert ledger.journal.setting(f"n{number}") == ("" if refused else "kept")


def test_it_is_committed_when_it_returns(ledger: Ledger) -> None:
    def write(number: int) -> str:
        ledger.journal.together(lambda: ledger.journal.set_setting(f"n{number}", "kept"))
        return in_threads(1, lambda _: ledger.journal.setting(f"n{number}"))[0]  # type: ignore[no-any-return]

    assert in_threads(4, write) == ["kept"] * 4


def test_inside_a_transaction_it_is_part_of_it(ledger: Ledger) -> None:
    with pytest.raises(Refused), ledger.journal.transaction():
        ledger.journal.together(lambda: ledger.journal.set_setting("inside", "kept"))
        raise Refused
    assert ledger.journal.setting("inside") == ""
    ledger.journal.together(lambda: ledger.journal.set_setting("after", "kept"))
    assert ledger.journal.setting("after") == "kept"


def test_writes_that_all_change_one_thing_lose_nothing(ledger: Ledger) -> None:
    ledger.journal.set_setting("count", "0")

    def add() -> None:
        ledger.journal.set_setting("count", str(int(ledger.journal.setting("count")) + 1))

    in_threads(MANY, lambda _: ledger.journal.together(add))
    assert ledger.journal.setting("count") == str(MANY)


@pytest.mark.parametrize("long", [False, True], ids=["small writes", "a cycle's transaction"])
def test_processes_take_turns(ledger: Ledger, tmp_path: Path, long: bool) -> None:
    """Another process, whose place another opening of the file takes here, writes first."""
    fcntl = pytest.importorskip("fcntl", reason="no turns on Windows")
    from bridge.adapters.ledger.together import take_turns

    done: list[str] = []

    def write(_: int) -> None:
        if not long:
            ledger.journal.together(lambda: done.append("mine"))
            return
        with ledger.journal.transaction():
            done.append("mine")

    take_turns(tmp_path / "turn")
    try:
        with (tmp_path / "turn").open("ab") as other, ThreadPoolExecutor(1) as pool:
            fcntl.flock(other, fcntl.LOCK_EX)
            mine = pool.submit(in_threads, 2, write)
            wait([mine], 0.3)
            done.append("theirs")
            fcntl.flock(other, fcntl.LOCK_UN)
            mine.result()
    finally:
        take_turns(None)
    assert done == ["theirs", "mine", "mine"]


def waits_for_the_disk() -> bool:
    """Whether the transaction that is under way will, when it is committed."""
    from django.db import connection

    statement = "SHOW" if connection.vendor == "postgresql" else "PRAGMA"
    name = "synchronous_commit" if connection.vendor == "postgresql" else "synchronous"
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} {name}")
        return cursor.fetchone()[0] in (2, "on")


def test_only_what_need_not_last_does_not_wait_for_the_disk(ledger: Ledger) -> None:
    from bridge.adapters.ledger.together import together

    for lasting in (True, False, True):
        assert together(waits_for_the_disk, in_turn=False, lasting=lasting) == lasting
        assert waits_for_the_disk()


def test_what_shares_a_transaction_waits_for_the_disk_where_one_has_to(ledger: Ledger) -> None:
    """The first holds all others up until they wait for one transaction."""
    from bridge.adapters.ledger.together import together

    def first() -> None:
        holding.set()
        held.wait(30)

    def write(number: int) -> bool | None:
        if not number:
            return together(first, in_turn=True)
        holding.wait(30)
        begun.release()
        return together(waits_for_the_disk, in_turn=True, lasting=number == 1)

    holding, held, begun = threading.Event(), threading.Event(), threading.Semaphore(0)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(in_threads, 4, write)
        for _ in range(3):
            begun.acquire()
        wait([running], 0.2)
        held.set()
        assert running.result() == [None, True, True, True]
    assert waits_for_the_disk()

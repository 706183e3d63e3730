"""The real client and limiter over HTTP against the stand-in's quota, on a clock that both share."""

from __future__ import annotations

import heapq
import itertools
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from google.auth.credentials import AnonymousCredentials

from bridge.adapters.clock import SystemClock
from bridge.adapters.google.client import GoogleClient, NoQuota, Quota
from bridge.adapters.google.quota import LIMIT, PATIENCE, PERIOD, SharedQuota
from bridge.application.errors import OutsideError
from tests.stand_in.google import Google, serve

ACCOUNT = "service@example.test"
START = datetime(2026, 3, 2, 9, 0, 41, tzinfo=UTC)  # in the middle of a minute


class SharedTime:
    """Time for several threads: it stands still while any of them works, and when all of them pause, it goes
    on to the first one's end."""

    def __init__(self) -> None:
        self._moment, self._working = START, 0
        self._changed, self._order = threading.Condition(), itertools.count()
        self._pausing: list[tuple[datetime, int, threading.Event]] = []

    def now(self) -> datetime:
        return self._moment

    def pause(self, seconds: float) -> None:
        over = threading.Event()
        with self._changed:
            until = self._moment + timedelta(seconds=seconds)
            heapq.heappush(self._pausing, (until, next(self._order), over))
            self._stop_working()
        over.wait(60)

    def run(self, *works: Callable[[], None]) -> None:
        """All these in threads of their own, to their end."""
        failed: list[BaseException] = []

        def one(work: Callable[[], None]) -> None:
            try:
                work()
            except BaseException as error:
                failed.append(error)
            finally:
                with self._changed:
                    self._stop_working()

        self._working = len(works)
        threads = [threading.Thread(target=one, args=(work,)) for work in works]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failed == []

    def _stop_working(self) -> None:
        self._working -= 1
        if self._working == 0 and self._pausing:
            self._moment = max(self._moment, self._pausing[0][0])
            while self._pausing and self._pausing[0][0] <= self._moment:
                self._working += 1
                heapq.heappop(self._pausing)[2].set()


class Office:
    """A stand-in that counts minutes, and clients of one account on its clock."""

    def __init__(self, google: Google, file: Path) -> None:
        self.google, self.file, self.time = google, file, SharedTime()
        self.moments: list[tuple[str, datetime]] = []
        google.bucket.enabled = True
        google.state.clock = self.time.now

    def limiter(self) -> SharedQuota:
        return SharedQuota(self.file, ACCOUNT, self.time, self.time.pause)

    def client(self, limiter: Quota | None = None) -> GoogleClient:
        return GoogleClient(
            AnonymousCredentials(),
            api_root=self.google.url,
            quota=limiter or self.limiter(),
            pause=self.time.pause,
        )

    def book(self, name: str) -> str:
        return self.google.state.add_file(name).id

    def read(self, client: GoogleClient, book: str) -> None:
        client.call("sheets", "GET", f"/v4/spreadsheets/{book}/values/A1", effect="read", lane=book)
        self.moments.append(("read", self.time.now()))

    def write(self, client: GoogleClient, book: str) -> None:
        body = {
            "requests": [{"updateSpreadsheetProperties": {"properties": {"title": "t"}, "fields": "title"}}]
        }
        path = f"/v4/spreadsheets/{book}:batchUpdate"
        client.call("sheets", "POST", path, effect="write", lane=book, body=body)
        self.moments.append(("write", self.time.now()))

    def refused(self) -> int:
        return sum(call.status == 429 for call in self.google.calls)

    def most_in_a_minute(self, effect: str) -> int:
        """The most calls in any 60 s."""
        moments = sorted(at for kind, at in self.moments if kind == effect)
        minute = timedelta(seconds=60)
        return max(sum(start <= at <= start + minute for at in moments) for start in moments)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with serve() as google:
        yield Office(google, tmp_path / "quota.sqlite3")


def test_two_provinces_on_one_service_account_stay_inside_the_quota(office: Office) -> None:
    def province(name: str) -> Callable[[], None]:
        client = office.client()
        books = [office.book(f"{name} {number}") for number in range(3)]

        def work() -> None:
            for _ in range(25):
                for book in books:
                    office.read(client, book)
                    office.write(client, book)
                    office.read(client, book)

        return work

    office.time.run(province("north"), province("south"))
    assert office.refused() == 0
    assert len(office.google.calls) == 2 * 25 * 3 * 3
    assert max(office.most_in_a_minute("read"), office.most_in_a_minute("write")) <= LIMIT
    assert office.time.now() - START < timedelta(seconds=PERIOD * 6)  # 300 reads: no slower than need be


def test_without_the_limiter_google_refuses(office: Office) -> None:
    """What the tests here are worth: the same stand-in refuses those who do not hold back."""
    client, book = office.client(NoQuota()), office.book("book")

    def work() -> None:
        with pytest.raises(OutsideError, match="google_unreachable"):
            repeat(130, lambda: office.read(client, book))

    office.time.run(work)
    assert office.refused() > 0


def test_of_40_workbooks_none_starves(office: Office) -> None:
    """Ten reads each, after as many as the minute holds: they wait for each other, and no book is ever more
    than two calls ahead of another."""
    done: Counter[str] = Counter()
    spreads: list[int] = []
    books, first = [office.book(f"book {number}") for number in range(40)], office.book("first")

    def lane(book: str, client: GoogleClient) -> Callable[[], None]:
        def work() -> None:
            office.time.pause(1)
            for _ in range(10):
                office.read(client, book)
                done[book] += 1
                spreads.append(max(done.values()) - min(done[name] for name in books))

        return work

    north, south = office.limiter(), office.limiter()  # two processes with twenty books each
    repeat(LIMIT, lambda: north.take("read", first))
    halves = [(north, books[:20]), (south, books[20:])]
    office.time.run(*[lane(book, office.client(limiter)) for limiter, half in halves for book in half])
    assert set(done.values()) == {10}
    assert office.refused() == 0
    assert office.most_in_a_minute("read") <= LIMIT
    assert max(spreads) <= 2
    assert office.time.now() - START < timedelta(seconds=PERIOD * 9)


def test_a_greedy_workbook_does_not_hold_up_the_others(office: Office) -> None:
    """One book wants 200 reads without a pause; five that come later are each served within a period."""
    greedy, others = office.book("greedy"), [office.book(f"other {number}") for number in range(5)]
    client, late = office.client(), office.client()
    waited: list[timedelta] = []

    def much() -> None:
        for _ in range(200):
            office.read(client, greedy)

    def little(book: str, after: float) -> Callable[[], None]:
        def work() -> None:
            office.time.pause(after)
            for _ in range(3):
                came = office.time.now()
                office.read(late, book)
                waited.append(office.time.now() - came)

        return work

    office.time.run(much, *[little(book, 10 + 7 * at) for at, book in enumerate(others)])
    assert office.refused() == 0
    assert len(waited) == 15
    assert max(waited) < timedelta(seconds=PERIOD + 1)


def test_several_readers_of_one_client(office: Office) -> None:
    """Threads that share one limiter, and one that has its own."""
    shared, book = office.limiter(), office.book("book")

    def work(limiter: SharedQuota) -> Callable[[], None]:
        client = office.client(limiter)

        def reads() -> None:
            for _ in range(40):
                office.read(client, book)

        return reads

    office.time.run(work(shared), work(shared), work(shared), work(office.limiter()))
    assert office.refused() == 0
    assert office.most_in_a_minute("read") <= LIMIT


def test_retries_are_counted_too(office: Office) -> None:
    """Every fourth call fails: what is sent again takes a place like any other."""
    client, book = office.client(), office.book("book")
    for index in range(0, 200, 4):
        office.google.faults.at(index, "503")
    office.time.run(lambda: repeat(150, lambda: office.read(client, book)))
    assert len(office.google.calls) == 200
    assert office.refused() == 0


# Real processes

WORKER = """
import sys, time
from pathlib import Path
from bridge.adapters.clock import SystemClock
from bridge.adapters.google.quota import SharedQuota
path, lane, count, limit, period = sys.argv[1:]
quota = SharedQuota(Path(path), "service@example.test", SystemClock(), time.sleep, int(limit), int(limit),
                    float(period))
for _ in range(int(count)):
    quota.take("read", lane)
    print("taken", flush=True)
"""


def worker(path: Path, lane: str, count: int, limit: int, period: float) -> subprocess.Popen[str]:
    arguments = [str(path), lane, str(count), str(limit), str(period)]
    root = Path(__file__).resolve().parents[2]
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, *arguments], cwd=root, stdout=subprocess.PIPE, text=True
    )


def test_processes_exclude_each_other(tmp_path: Path) -> None:
    """By the moments of the grants as the file was given them: a trigger keeps those that are over, too."""
    path, limit, period = tmp_path / "quota.sqlite3", 5, 1.0
    SharedQuota(path, ACCOUNT, SystemClock(), lambda seconds: None).take("write", "none")
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE kept (id TEXT PRIMARY KEY, kind TEXT, at REAL)")
        db.execute(
            "CREATE TRIGGER keep AFTER INSERT ON grants BEGIN"
            " INSERT OR IGNORE INTO kept VALUES (new.id, new.kind, new.at); END"
        )
    db.close()
    running = [worker(path, lane, 10, limit, period) for lane in ("north", "south")]
    assert [one.communicate(timeout=60)[0].count("taken") for one in running] == [10, 10]
    with sqlite3.connect(path) as db:
        found = db.execute("SELECT at FROM kept WHERE kind LIKE '%:read' ORDER BY at").fetchall()
    db.close()
    moments = [at for (at,) in found]
    assert len(moments) == 20
    assert all(late - early > period for early, late in zip(moments, moments[limit:], strict=False))


@pytest.mark.skipif(os.name != "posix", reason="a signal that cannot be caught")
def test_a_process_killed_while_waiting_holds_up_nobody(tmp_path: Path) -> None:
    path = tmp_path / "quota.sqlite3"
    dying = worker(path, "south", 2, 1, 3600.0)
    try:
        assert dying.stdout is not None and dying.stdout.readline() == "taken\n"
        wait_until(lambda: tickets(path) == 1)
    finally:
        os.kill(dying.pid, signal.SIGKILL)
        dying.communicate()
    later = SharedTime()
    later._moment = datetime.now(UTC) + timedelta(seconds=3600)
    limiter = SharedQuota(path, ACCOUNT, later, later.pause, 1, 1, 3600.0)
    began = later.now()
    later.run(lambda: repeat(1, lambda: limiter.take("read", "north")))
    assert later.now() - began < timedelta(seconds=PATIENCE)
    assert tickets(path) == 0


def repeat(times: int, work: Callable[[], object]) -> None:
    for _ in range(times):
        work()


def tickets(path: Path) -> int:
    with sqlite3.connect(path) as db:
        count: int = db.execute("SELECT count(*) FROM tickets").fetchone()[0]
    db.close()
    return count


def wait_until(true: Callable[[], bool]) -> None:
    for _ in range(600):
        if true():
            return
        threading.Event().wait(0.05)
    raise AssertionError("it never came to that")

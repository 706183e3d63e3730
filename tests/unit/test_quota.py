"""The limiter's decision, on every schedule; and what its file may go through without stopping the work."""

from __future__ import annotations

import heapq
import os
import sqlite3
import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.adapters.google import quota
from bridge.adapters.google.quota import (
    Grant,
    Served,
    SharedQuota,
    Ticket,
    default_path,
    next_ones,
    seconds_to_wait,
)

PERIOD = 60.0
lanes = st.sampled_from("abcdef")


# The decision


def served_at(*moments: tuple[str, float]) -> Served:
    return Served([Grant(lane, at) for lane, at in moments], 100.0, PERIOD)


@given(st.lists(lanes, max_size=20), st.lists(lanes, max_size=30), st.integers(1, 12))
def test_the_least_served_lane_goes_first(recent: list[str], waiting: list[str], limit: int) -> None:
    tickets = [Ticket(str(at), lane, 0.0) for at, lane in enumerate(waiting)]
    chosen = next_ones(served_at(*[(lane, 90.0) for lane in recent]), tickets, limit)
    assert len(chosen) == max(0, min(limit - len(recent), len(tickets)))
    after = Counter(recent) + Counter(one.lane for one in chosen)
    for one in chosen:
        for other in set(tickets) - set(chosen):
            assert after[one.lane] <= after[other.lane] + 1  # before this one, its lane had no more
            assert one.lane != other.lane or int(one.id) < int(other.id)


def test_of_equally_served_lanes_whoever_came_first_goes_first() -> None:
    tickets = [Ticket(str(number), lane, 0.0) for number, lane in enumerate("babc", 1)]
    assert [one.id for one in next_ones(served_at(("a", 90.0)), tickets, 4)] == ["1", "4", "2"]


def test_what_was_before_the_last_period_decides_between_equals_only() -> None:
    tickets = [Ticket(str(number), lane, 0.0) for number, lane in enumerate("abc", 1)]
    served = served_at(("a", 10.0), ("a", 20.0), ("b", 30.0), ("c", 90.0))
    assert [one.id for one in next_ones(served, tickets, 9)] == ["2", "1", "3"]


def test_who_is_ahead_lets_the_others_go_first_for_a_moment() -> None:
    waiting = [Ticket("1", "a", 100.0), Ticket("2", "b", 100.0)]
    grants = [Grant("a", 90.0)]
    assert seconds_to_wait("1", grants, waiting, 100.0, 5, PERIOD) == pytest.approx(quota.NUDGE)
    assert seconds_to_wait("2", grants, waiting, 100.0, 5, PERIOD) == 0.0
    assert seconds_to_wait("1", grants, waiting, 100.3, 5, PERIOD) == 0.0  # the other may be dead


@dataclass
class Run:
    """All waiters of one kind on a simulated clock: who came when, and when each was let go."""

    limit: int
    arrivals: list[tuple[float, str]]
    granted: dict[int, float] = field(default_factory=dict)

    def go(self) -> None:
        waiting: list[Ticket] = []
        grants: list[Grant] = []
        events = [(at, number) for number, (at, _) in enumerate(self.arrivals)]
        heapq.heapify(events)
        while events:
            now, number = heapq.heappop(events)
            came, lane = self.arrivals[number]
            mine = Ticket(str(number), lane, came)
            if mine not in waiting:
                waiting.append(mine)
            wait = seconds_to_wait(mine.id, grants, waiting, now, self.limit, PERIOD)
            if wait:
                heapq.heappush(events, (now + wait, number))
                continue
            waiting.remove(mine)
            grants.append(Grant(mine.lane, now))
            self.granted[number] = now


@settings(deadline=None)
@given(
    st.integers(1, 8),
    st.lists(st.tuples(st.floats(0, 300, allow_nan=False), st.sampled_from("aaaabcdef")), max_size=40),
)
def test_any_schedule_stays_inside_the_limit_and_serves_everybody(
    limit: int, arrivals: list[tuple[float, str]]
) -> None:
    run = Run(limit, sorted(arrivals))
    run.go()
    moments = sorted(run.granted.values())
    assert len(moments) == len(arrivals)
    gaps = [late - early for early, late in zip(moments, moments[limit:], strict=False)]
    assert all(gap > PERIOD - 1e-6 for gap in gaps)  # as exact as such numbers are
    for number, at in run.granted.items():
        came, lane = run.arrivals[number]
        before = sum(1 for other, (when, _) in enumerate(run.arrivals) if other != number and when <= at)
        own = sum(1 for other in run.arrivals[:number] if other[1] == lane)
        round_ = PERIOD + quota.HEARTBEAT + 2 * quota.NUDGE
        assert at - came <= (1 + own + before // limit) * round_


@settings(deadline=None)
@given(st.lists(st.floats(0, 100, allow_nan=False), min_size=1, max_size=4))
def test_a_greedy_lane_does_not_hold_up_the_others(moments: list[float]) -> None:
    """One lane wants 25 calls at once; four others that come at any time wait at most one period."""
    greedy = [(0.0, "greedy")] * 25
    run = Run(5, sorted(greedy + [(at, f"lane {number}") for number, at in enumerate(moments)]))
    run.go()
    for number, (came, lane) in enumerate(run.arrivals):
        if lane != "greedy":
            assert run.granted[number] - came <= PERIOD + quota.HEARTBEAT + 2 * quota.NUDGE


# The file


class Watch:
    """A clock that goes on only by its own pause."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def pause(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


def made(path: Path, watch: Watch, limit: int = 3, account: str = "one@example.test") -> SharedQuota:
    return SharedQuota(path, account, watch, watch.pause, limit, limit, PERIOD)


def waits(limiter: SharedQuota, count: int, lane: str = "book") -> list[float]:
    return [limiter.take("read", lane) for _ in range(count)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / ".saphan" / "quota.sqlite3"


def test_two_limiters_on_one_file_share_the_minute(path: Path) -> None:
    watch = Watch()
    first, second = made(path, watch), made(path, watch)
    assert waits(first, 2) == [0, 0]
    assert second.take("read", "other") == 0
    assert second.take("read", "other") > PERIOD
    assert first.take("write", "book") == 0  # writes are counted for themselves


def test_another_account_has_a_minute_of_its_own(path: Path) -> None:
    watch = Watch()
    assert waits(made(path, watch), 3) == [0, 0, 0]
    assert waits(made(path, watch, account="two@example.test"), 3) == [0, 0, 0]


def test_the_file_names_neither_account_nor_workbook(path: Path) -> None:
    made(path, Watch()).take("read", "1SpreadsheetOfSomebody")
    held = path.read_bytes()
    assert b"example" not in held and b"Somebody" not in held


@pytest.mark.skipif(os.name != "posix", reason="rights of files as POSIX has them")
def test_the_folder_is_its_owners_alone(path: Path) -> None:
    made(path, Watch()).take("read", "book")
    assert path.parent.stat().st_mode & 0o077 == 0


def test_where_it_lies(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    found = default_path("one@example.test")
    assert found.parent == tmp_path / ".saphan" and "example" not in found.name
    assert found == default_path("One@example.test") != default_path("two@example.test")

    def homeless() -> Path:
        raise RuntimeError

    monkeypatch.setattr(Path, "home", homeless)
    assert default_path("one@example.test").name == found.name


def damaged(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(b"not a database at all" * 100)


def a_folder_in_its_place(path: Path) -> None:
    path.mkdir(parents=True)


def a_file_for_a_folder(path: Path) -> None:
    path.parent.parent.mkdir(parents=True)
    path.parent.write_text("in the way")


def another_table(path: Path) -> None:
    path.parent.mkdir(parents=True)
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE grants (odd TEXT)")
    db.close()


@pytest.mark.parametrize("trouble", [damaged, a_folder_in_its_place, a_file_for_a_folder, another_table])
def test_a_file_that_cannot_be_used_does_not_stop_the_work(path: Path, trouble) -> None:
    trouble(path)
    limiter = made(path, Watch())
    assert waits(limiter, 3) == [0, 0, 0]
    assert limiter.take("read", "book") > PERIOD


def test_a_damaged_file_is_made_anew_and_told_what_was_taken(path: Path) -> None:
    damaged(path)
    watch = Watch()
    first = made(path, watch)
    assert waits(first, 2) == [0, 0]
    assert made(path, watch).take("read", "other") == 0
    assert made(path, watch).take("read", "other") > PERIOD


@pytest.mark.parametrize("lost", ["removed", "spoilt"])
def test_a_file_lost_in_the_middle_forgets_nothing_of_those_still_running(path: Path, lost: str) -> None:
    watch = Watch()
    first, second = made(path, watch), made(path, watch)
    assert waits(first, 2) + waits(second, 1) == [0, 0, 0]
    if lost == "removed":
        path.unlink()
    else:
        path.write_bytes(b"spoilt" * 1000)
    assert first.take("read", "book") == 0  # that one of the other it cannot know of yet
    assert second.take("read", "book") > PERIOD - 1


def test_a_locked_file_is_left_alone_for_a_while(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quota, "BUSY", 0.01)
    watch = Watch()
    first, second = made(path, watch), made(path, watch)
    first.take("read", "book")
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    assert waits(first, 2) == [0, 0]
    assert first.take("read", "book") > PERIOD
    holder.execute("ROLLBACK")
    holder.close()
    watch.pause(PERIOD / 2)
    assert first.take("read", "book") == 0  # by itself still
    watch.pause(PERIOD / 2 + 1)
    assert first.take("read", "book") == 0  # and now it tells the file of both
    assert second.take("read", "book") == 0
    assert second.take("read", "book") > PERIOD / 2 - 5


def test_a_clock_set_back_neither_stops_nor_opens_the_gate(path: Path) -> None:
    watch = Watch()
    limiter, other = made(path, watch), made(path, watch)
    assert waits(limiter, 2) + waits(other, 1) == [0, 0, 0]
    watch.pause(-3600)
    assert PERIOD < limiter.take("read", "book") < PERIOD + 2 * quota.HEARTBEAT
    assert sum(waits(other, 2)) < PERIOD + 2 * quota.HEARTBEAT


def test_a_ticket_nobody_asks_for_any_more_expires(path: Path) -> None:
    """Somebody was killed while waiting: the place is kept for them for a while, then given away."""
    watch = Watch()
    limiter = made(path, watch, limit=1)
    limiter.take("read", "book")
    dead = limiter._call("read", "other")
    limiter._ask(dead)
    waited = limiter.take("read", "book")  # the dead one's lane is the least served, but it asks no more
    assert PERIOD < waited < PERIOD + quota.HEARTBEAT + 1
    limiter._ask(dead)
    watch.pause(PERIOD + 1)
    limiter._ask(limiter._call("read", "next"))
    with sqlite3.connect(path) as db:
        assert db.execute("SELECT id FROM tickets WHERE id = ?", (dead.id,)).fetchall() == []
    db.close()


def test_who_is_interrupted_while_waiting_leaves_no_ticket(path: Path) -> None:
    watch = Watch()

    def interrupted(seconds: float) -> None:
        raise KeyboardInterrupt

    limiter = SharedQuota(path, "one@example.test", watch, interrupted, 1, 1)
    limiter.take("read", "book")
    with pytest.raises(KeyboardInterrupt):
        limiter.take("read", "book")
    with sqlite3.connect(path) as db:
        assert db.execute("SELECT count(*) FROM tickets").fetchone() == (0,)
    db.close()


def test_threads_of_one_process_share_one_limiter(path: Path) -> None:
    watch = Watch()
    limiter, granted = made(path, watch, limit=20), []
    threads = [threading.Thread(target=lambda: granted.extend(waits(limiter, 5))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert granted == [0.0] * 20
    assert limiter.take("read", "book") > PERIOD

"""SIGKILL at port calls of an office's days, then the same again to rest: nothing lost, nothing double.

What the unkilled office left after each step is the measure: every cell of every workbook, every row of the
ledger, every letter. A process is killed at each port call at which the disk is not as it was at the call before,
so in every state that a kill between port calls can leave, and at others in between.
"""

from __future__ import annotations

import itertools
import os
import random
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from bridge import bootstrap
from bridge.adapters.ledger.backup import back_up
from bridge.workspace import Workspace
from tests.integration import kill_helpers as kill
from tests.integration.kill_office import ACCESS, MONDAY, STEPS, Step, Tab, cycles, typed_request

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="a process is killed in a fork of this one")

FEWEST = 300
SPREAD = 100  # besides the points where something changed, every so many: most are inside a transaction
CHUNKS = 16
# What a process wrote outlives it on any disk; on this one nobody waits for fsync.
QUICK_DISK = Path("/dev/shm")


@dataclass(frozen=True)
class Day:
    """One step of the unkilled office: the workspace before the bridge's part, what it was after, and where to
    kill."""

    step: Step
    before: Path
    after: kill.State
    passed: int
    points: list[int]


@pytest.fixture(scope="module")
def room() -> Iterator[Path]:
    """A folder for workspaces, with what folders' names may hold. Their few rows take several transactions, as the
    many of an office do."""
    disk = QUICK_DISK if os.access(QUICK_DISK, os.W_OK) else None
    with (
        TemporaryDirectory(prefix="ห้อง ทดสอบ-", dir=disk) as folder,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr("bridge.application.ingest.AT_ONCE", 5)
        patch.setattr("bridge.application.derive_cases.CHUNK", 12)
        yield Path(folder)
        bootstrap.close()


@pytest.fixture(scope="module")
def days(room: Path) -> list[Day]:
    root = room / "สำนักงาน"
    bootstrap.create(root)
    kill.postbook(Workspace(root)).touch()
    return [_day(root, number, step) for number, step in enumerate(STEPS)]


def _day(root: Path, number: int, step: Step) -> Day:
    step.people(Workspace(root))
    before = root.with_name(f"ก่อน {number}")
    shutil.copytree(root, before)
    trap = kill.Surveyor(root)
    kill.Desk(root, step.moment).run(step.work, trap)
    points = trap.turning | set(range(number, trap.passed, SPREAD))
    return Day(step, before, kill.state_of(root), trap.passed, sorted(points))


def _put_back(before: Path, root: Path) -> Path:
    shutil.rmtree(root, ignore_errors=True)
    return shutil.copytree(before, root)


def _killed_and_run_again(day: Day, root: Path, points: list[int]) -> Iterator[str]:
    desk = kill.Desk(_put_back(day.before, root), day.step.moment)
    for point in points:
        _put_back(day.before, root)
        assert desk.killed(day.step.work, point), f"{day.step.name}: {point} was not reached"
        desk.run(day.step.work)
        found = kill.differences(day.after, kill.state_of(root))
        if found:
            yield f"{day.step.name}, killed at {point}:\n{found}"


def test_there_are_enough_points_and_they_are_everywhere(days: list[Day]) -> None:
    assert sum(len(day.points) for day in days) >= FEWEST
    assert all(0 <= point < day.passed for day in days for point in day.points)


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_killed_at_any_point_and_run_again_the_office_is_as_if_it_had_not_been(
    days: list[Day], room: Path, chunk: int
) -> None:
    troubles = [
        trouble
        for day in days
        for trouble in _killed_and_run_again(day, room / "ถูกหยุด", day.points[chunk::CHUNKS])
    ]
    assert not troubles, "\n\n".join(troubles)


@pytest.mark.parametrize("seed", range(2))
def test_killed_again_and_again_on_every_day_it_ends_the_same(days: list[Day], room: Path, seed: int) -> None:
    """Also kills during the runs that clear up after a kill; people go on working on what those left."""
    chance = random.Random(seed)
    root = _put_back(days[0].before, room / "ถูกหยุดบ่อย")
    for number, day in enumerate(days):
        if number:
            day.step.people(Workspace(root))
        desk = kill.Desk(root, day.step.moment)
        reach = day.passed
        for _ in range(3):
            reach = chance.randrange(max(1, reach // 2))  # a later run has less to do
            desk.killed(day.step.work, reach)
        desk.run(day.step.work)
        assert kill.differences(day.after, kill.state_of(root)) == "", day.step.name


def test_ids_that_did_not_reach_the_sheet_find_their_rows_again(room: Path) -> None:
    """The admin types twelve requests; the bridge takes them in and is killed before it can write their numbers
    to the sheet. Meanwhile some rows are corrected, all are sorted, and one more is typed above the others."""
    root = room / "พิมพ์เอง"
    bootstrap.create(root)
    book = Workspace(root).access_book
    with Tab(book, ACCESS) as tab:
        for number in range(12):
            tab.add(typed_request(f"typed{number}"))
    _kill_before_the_write(root)
    with Tab(book, ACCESS) as tab:
        for number in (3, 7, 11):
            tab.put(tab.row(f"typed{number}@example.go.th", "อีเมล"), {"หน่วยงาน": f"แก้ไข {number}"})
        tab.add(typed_request("another"))
        tab.sort("หน่วยงาน")
        tab.sort("อีเมล")
    kill.Desk(root, MONDAY).run(cycles)
    with Tab(book, ACCESS) as tab:
        shown = {tab.get(row, "ลำดับ"): tab.get(row, "อีเมล") for row in range(2, tab.last + 1)}
    numbers = {**{n + 1: f"typed{n}@example.go.th" for n in range(12)}, 13: "another@example.go.th"}
    assert shown == numbers
    requests = [dict(row) for row in kill.rows_of(Workspace(root).ledger, "accessrequest")]
    assert {int(request["key"]): request["email_key"] for request in requests} == numbers


def _kill_before_the_write(root: Path) -> None:
    """Kills cycles, each a little later than the one before it, until one has taken the typed rows in."""
    desk = kill.Desk(root, MONDAY)
    for point in itertools.count(step=6):
        assert desk.killed(cycles, point)
        if kill.rows_of(Workspace(root).ledger, "accessrequest"):
            return


def test_every_approval_has_its_one_letter(days: list[Day]) -> None:
    """The measure itself: without a kill there is exactly one letter for each approval."""
    after = days[-1].after
    approvals = Counter(
        {dict(row)["email_key"]: dict(row)["approvals"] for row in after["ledger accessrequest"]}
    )
    letters = Counter(recipient.lower() for _, recipient, _, _ in after["letters"].elements())
    assert letters == +approvals
    assert letters["officer1@example.go.th"] == 2  # withdrawn and approved again
    assert set(after["letters taken"].values()) == {1}
    assert after["letters taken"].total() == letters.total()


def test_a_backup_that_was_killed_leaves_nothing_behind_the_next_one(days: list[Day], tmp_path: Path) -> None:
    for left in ("ledger-20260301-190000.unfinished", "ledger-20260301-190000.unfinished-journal"):
        (tmp_path / left).write_bytes(b"half a copy")
    made = back_up(Workspace(days[0].before).ledger, tmp_path / "attachments", tmp_path, MONDAY, 14)
    assert [path.name for path in tmp_path.iterdir()] == [made.name]

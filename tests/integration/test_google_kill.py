"""The bridge is killed at any moment of a cycle on Google; the next cycles end where an undisturbed one does.

Points are counted in the process that dies: before each statement to the ledger and after it, before each call to
Google leaves and after its answer came. Around every change of what is kept (a commit of the ledger, a write at
Google) all points are tried; of the others 200, drawn with a fixed seed.
"""

from __future__ import annotations

import os
import random
import signal
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from bridge.adapters.google.client import GoogleClient
from tests.integration.google_office import CloudOffice
from tests.integration.google_snapshots import Moment, go_back
from tests.integration.test_google_faults import office_at_work, outcome

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
RANDOM_POINTS = 40
PARTS = 8  # so that several processes can share the work
# a statement "alone" is in no transaction: it is kept at once
CHANGES = ("COMMIT", "CALL write", "INSERT alone", "UPDATE alone", "DELETE alone")


class Points:
    """Counts; the process is gone at point `deadly` (from 0). `labels` say what each point is."""

    def __init__(self, deadly: int | None) -> None:
        self.deadly, self.labels = deadly, list[str]()

    def here(self, label: str) -> None:
        if len(self.labels) == self.deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        self.labels.append(label)

    def around(self, work: Callable[..., Any], label: Callable[..., str]) -> Callable[..., Any]:
        def wrapped(*args: Any, **more: Any) -> Any:
            self.here("before " + label(*args))
            result = work(*args, **more)
            self.here("after " + label(*args))
            return result

        return wrapped

    def install(self) -> None:
        connection.execute_wrappers.append(
            lambda execute, sql, *rest: self.around(execute, lambda sql, *_: _statement(sql))(sql, *rest)
        )
        connection._commit = self.around(connection._commit, lambda *_: "COMMIT")  # type: ignore[attr-defined,method-assign]
        send = GoogleClient._send
        GoogleClient._send = lambda client, *args: self.around(  # type: ignore[assignment,method-assign,misc]
            send, lambda _, method, url, effect, *__: "CALL " + effect
        )(client, *args)


def _statement(sql: str) -> str:
    return sql.split()[0] + ("" if connection.in_atomic_block else " alone")


def in_a_process_of_its_own(office: CloudOffice, work: Callable[[], None]) -> int:
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def cycle_in_child(office: CloudOffice, deadly: int | None, listing: Path | None = None) -> int:
    def work() -> None:
        points = Points(deadly)
        office.open()
        points.install()
        office.cycle()
        if listing is not None:
            listing.write_text("\n".join(points.labels), encoding="utf-8")

    return in_a_process_of_its_own(office, work)


@pytest.fixture(scope="module")
def scene(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[CloudOffice, Moment, dict[str, Any], list[str]]]:
    folder = tmp_path_factory.mktemp("kill")
    with office_at_work(folder) as (office, moment):
        listing = folder / "points.txt"
        assert cycle_in_child(office, None, listing) == 0
        office.open()
        office.clock.wait(300)
        office.rest()
        yield office, moment, outcome(office), listing.read_text(encoding="utf-8").split("\n")


def chosen(labels: list[str]) -> list[int]:
    turning = {at for at, label in enumerate(labels) if label.endswith(CHANGES)}
    others = sorted(set(range(len(labels))) - turning)
    return sorted(turning | set(random.Random(69).sample(others, min(RANDOM_POINTS, len(others)))))


@pytest.mark.parametrize("part", range(PARTS))
def test_killed_anywhere(scene: Any, part: int) -> None:
    office, moment, expected, labels = scene
    points = chosen(labels)[part::PARTS]
    assert points
    for deadly in points:
        go_back(office, moment)
        ending = cycle_in_child(office, deadly)
        assert ending == -signal.SIGKILL, (deadly, labels[deadly], ending)
        office.open()
        office.rest()
        assert outcome(office) == expected, (deadly, labels[deadly])

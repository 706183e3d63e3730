"""A province moves from local workbooks to Google and back: every case, id, history and decision stays."""

from __future__ import annotations

import os
import signal
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bridge import bootstrap
from bridge.application.errors import Busy, SaphanError, SheetError
from bridge.application.move import CannotMove
from bridge.bootstrap import moving
from bridge.bootstrap.moving import Moved, move
from bridge.config import load
from tests.functional.office import TestOffice
from tests.integration.google_office import CloudOffice, cloud_office
from tests.integration.kill_helpers import rows_of
from tests.stand_in.google.faults import Kind

LOCAL = {"cases_book": "local", "access_book": "local", "summary_book": "local"}
CASES, REVIEWS, ACCESS = "ทะเบียนเคส", "ตรวจสอบ", "คำขอใช้ระบบ"
KEPT = (
    "sheetrow",
    "history",
    "case",
    "answer",
    "matchkey",
    "publication",
    "review",
    "account",
    "accessrequest",
    "accessresponse",
    "outboxmessage",
)
OWN = "บันทึกส่วนตัว"


def ledger(o: CloudOffice) -> dict[str, Counter[Any]]:
    """Everything that a move must keep, row by row; what the sheet was known to show and whether it is computed
    included."""
    return {table: rows_of(o.root / "ledger.sqlite3", table) for table in KEPT}


def local_rows(o: CloudOffice, book: str = "cases", tab: int = 0) -> list[dict[str, Any]]:
    return TestOffice(o.root).rows(book, tab)


def local_ids(o: CloudOffice) -> list[Any]:
    return [row["รหัสเคส"] for row in local_rows(o)]


def cloud_ids(o: CloudOffice) -> list[Any]:
    return [row["รหัสเคส"] for row in o.rows()]


def go(o: CloudOffice, to: Any, *only: Any, **links: str) -> Moved:
    moved = move(o.office, to, only, links, o.clock.wait)  # type: ignore[arg-type]
    o.open()
    return moved


def parts(o: CloudOffice) -> tuple[str, str, str]:
    part = load(o.root / "province.toml").google
    return part.cases_book, part.access_book, part.summary_book


def assert_nothing_to_do(o: CloudOffice) -> None:
    """The next cycle writes nothing, hears nothing and invents no history."""
    before = ledger(o)
    report = o.cycle()
    assert not report.trouble
    for part in (report.cases, report.access):
        assert (part.cells, part.appended, part.heard, part.typed, part.gone, part.conflicts) == (0,) * 6
    assert (report.mail.sent, report.decided.approved, report.decided.revoked) == (0, 0, 0)
    after = ledger(o)
    assert after == before


def work(o: CloudOffice) -> None:
    """Some days at the office: answers, edits, a typed row, a deleted one, decisions, approvals, mails."""
    o.send(5)
    o.send(1, **{"ระบุสภาพปัญหา และความต้องการในครอบครัว": '=IMPORTDATA("x")', "บ้านเลขที่": "0012"})
    twin = {"ชื่อ - สกุล ผู้ยื่น": "นายสมมติ ซ้ำกัน", "เลข 13 หลัก": "1100000000008"}
    o.send(2, **twin)
    for number in range(1, 4):
        o.ask(number, f"officer{number}@example.org")
    o.rest()
    desk = TestOffice(o.root)
    with desk.edit("cases") as tab:
        tab[2, "ตรวจสอบแล้ว"] = "ตรวจสอบแล้ว"
        tab[2, "เลขหนังสือรับ พมจ."] = "00123/2569"
        tab[2, "วันที่รับเรื่อง"] = date(2026, 11, 21)
        tab[3, "จำนวนเงิน"] = 1500.5
        tab[3, "ผลการช่วยเหลือ"] = "มอบถุงยังชีพแล้ว"
        tab[4, "ชื่อ-สกุลผู้ประสบปัญหา"] = "นายแก้ไข โดยเจ้าหน้าที่"
        tab.sheet.delete_rows(6)
        last = tab.sheet.max_row + 1
        tab[last, "ชื่อ-สกุลผู้ประสบปัญหา"] = "นางพิมพ์ เองในชีต"
        tab[last, "สภาพปัญหาและความต้องการ"] = "เดินไม่ได้"
        own = tab.sheet.max_column + 2
        tab.sheet.cell(1, own).value = OWN
        tab.sheet.cell(2, own).value = "โทรแล้ว"
        tab.sheet.cell(3, own).value = 7
        tab.sheet.cell(4, own).value = date(2026, 11, 22)
    with desk.edit("access") as tab:
        tab[2, "อนุมัติ"] = "อนุมัติ"
        tab[3, "อนุมัติ"] = "ไม่อนุมัติ"
    o.rest()
    with desk.edit("cases", 1) as tab:
        tab[2, "คำตัดสิน"] = "ไม่ใช่คนเดียวกัน"
        tab[2, "บันทึกของเจ้าหน้าที่"] = "คนละคน"
    o.rest()
    assert o.office.ports.reviews.of_rows(["R-000001"])["R-000001"].decision
    assert len(o.mails()) == 1


@contextmanager
def local_office(path: Path) -> Iterator[CloudOffice]:
    with cloud_office(path, **LOCAL) as o:
        work(o)
        yield o


def test_there_and_back_keeps_everything(tmp_path: Path) -> None:
    with local_office(tmp_path) as o:
        sort_by_name(o)
        o.rest()
        before, ids, mails = ledger(o), local_ids(o), o.mails()
        text = (o.root / "province.toml").read_text("utf-8")

        moved = go(o, "google")
        assert moved.report.trouble == [] and not moved.report.late
        assert parts(o) == ("google", "google", "google")
        assert cloud_ids(o) == ids
        assert ledger(o) == before
        assert not list((o.root / "workbooks").iterdir())
        assert moved.report.own[CASES] == [OWN]
        assert [row.get(OWN) for row in o.rows()].count("โทรแล้ว") == 1
        assert {row.get(OWN) for row in o.rows()} >= {"โทรแล้ว", 7, "22/11/2026"}
        assert_nothing_to_do(o)
        assert o.rows("ตรวจสอบ")[0]["คำตัดสิน"] == "ไม่ใช่คนเดียวกัน"

        moved = go(o, "local")
        assert moved.report.trouble == []
        assert (o.root / "province.toml").read_text("utf-8") == text
        assert ledger(o) == before
        assert local_ids(o) == ids
        assert_nothing_to_do(o)
        assert o.mails() == mails
        assert {row.get(OWN) for row in local_rows(o)} >= {"โทรแล้ว", 7, "22/11/2026"}
        assert sorted(path.name for path in (o.root / "workbooks").iterdir()) == [
            "access.xlsx",
            "cases.xlsx",
            "summary.xlsx",
        ]
        assert all("ย้ายออกแล้ว" in sheet.title for sheet in o.google.state.books[cases_book(o)].sheets)

        go(o, "google")
        assert ledger(o) == before and cloud_ids(o) == ids
        assert_nothing_to_do(o)


def cases_book(o: CloudOffice) -> str:
    return o.office.ports.journal.setting("google:book:cases")


def sort_by_name(o: CloudOffice) -> None:
    """As a person does, the other way round than the numbers."""
    with TestOffice(o.root).edit("cases") as tab:
        rows = [[cell.value for cell in row] for row in tab.sheet.iter_rows(min_row=2)]
        for number, row in enumerate(reversed(rows), 2):
            for place, value in enumerate(row, 1):
                cell = tab.sheet.cell(number, place)
                cell.value = value
                if isinstance(value, str):
                    cell.data_type = "s"  # what begins with = is a text here


# ------------------------------------------------------------------------------------------------ small worlds


@contextmanager
def small_office(path: Path) -> Iterator[CloudOffice]:
    """Few rows, one approval; a new office for each step would take long."""
    with cloud_office(path, **LOCAL) as o:
        o.send(4)
        o.ask(1, "officer1@example.org")
        o.rest()
        with TestOffice(o.root).edit("access") as tab:
            tab[2, "อนุมัติ"] = "อนุมัติ"
        with TestOffice(o.root).edit("cases") as tab:
            tab[2, "จำนวนเงิน"] = 100
            tab.sheet.delete_rows(3)
            tab.sheet.cell(1, tab.sheet.max_column + 1).value = OWN
            tab.sheet.cell(2, tab.sheet.max_column).value = "โทรแล้ว"
        o.rest()
        yield o


def ids_in_use(o: CloudOffice) -> list[Any]:
    return cloud_ids(o) if parts(o)[0] != "local" else local_ids(o)


def assert_in_use(o: CloudOffice, before: dict[str, Counter[Any]], ids: list[Any]) -> None:
    """Whatever side is in use shows everything, and its cycle has nothing to do."""
    o.open()
    assert ids_in_use(o) == ids
    assert ledger(o) == before
    assert_nothing_to_do(o)


def again_until_done(o: CloudOffice, to: Any, most: int = 5) -> Moved:
    for _ in range(most):
        o.open()
        try:
            moved = go(o, to)
        except SaphanError as error:
            assert error.code in ("google_unsettled", "google_unreachable", "google_moved"), error.code
            o.clock.wait(200)
            continue
        if not moved.report.trouble:
            return moved
    raise AssertionError("never done")


# ------------------------------------------------------------------------------------------------ cut short

STEPS = (
    ("bridge.adapters.workbooks.google.GoogleWorkbook", "create"),
    ("bridge.adapters.workbooks.google.GoogleWorkbook", "_operate"),
    ("bridge.adapters.workbooks.xlsx.XlsxWorkbook", "create"),
    ("bridge.adapters.workbooks.xlsx.XlsxWorkbook", "write"),
    ("bridge.adapters.google.setup.GoogleSetup", "_batch"),
    ("bridge.adapters.ledger.journal.DjangoJournal", "set_setting"),
    ("bridge.application.summarise.Summarise", "run"),
    ("bridge.bootstrap.moving", "replace"),
    ("bridge.bootstrap.moving._Moving", "_set_aside"),
    ("bridge.bootstrap.moving._Moving", "retire"),
)


class Points:
    """Counts the ways into and out of the steps; at point `deadly` the process is gone."""

    def __init__(self, patch: pytest.MonkeyPatch, deadly: int | None = None) -> None:
        self.deadly, self.passed = deadly, 0
        for owner, name in STEPS:
            patch.setattr(f"{owner}.{name}", self._watched(_found(owner, name)))

    def _watched(self, work: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*args: Any, **kwargs: Any) -> Any:
            self._pass()
            result = work(*args, **kwargs)
            self._pass()
            return result

        return watched

    def _pass(self) -> None:
        if self.passed == self.deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        self.passed += 1


def _found(owner: str, name: str) -> Callable[..., Any]:
    from pkgutil import resolve_name

    return getattr(resolve_name(owner), name)  # type: ignore[no-any-return]


def killed(o: CloudOffice, to: Any, deadly: int) -> bool:
    """A move in a process of its own. False where it was done before it came to that point."""
    bootstrap.close()  # a connection does not survive a fork
    child = os.fork()
    if child == 0:
        code = 1
        try:
            with pytest.MonkeyPatch.context() as patch:
                Points(patch, deadly)
                o.open()  # the lease names the process
                move(o.office, to, (), {}, o.clock.wait)
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    ending = os.waitstatus_to_exitcode(status)
    assert ending in (0, -signal.SIGKILL), f"the move failed with {ending}"
    o.clock.wait(200)  # the child's clock went its own way
    return ending != 0


def test_killed_at_every_step_the_office_goes_on_and_the_move_is_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.adapters.workbooks.google_write.MOST_ROWS", 2)  # a move in several pieces
    with small_office(tmp_path) as o:
        before, ids, mails = ledger(o), local_ids(o), o.mails()
        seen = {"google": 0, "local": 0}
        point, going = 0, True
        while going:
            going = False
            for to in ("google", "local"):
                died = killed(o, to, point)
                going |= died
                seen[to] += died
                if point % 3 == 0:
                    assert_in_use(o, before, ids)
                again_until_done(o, to)
                assert_in_use(o, before, ids)
            point += 1
        assert seen["google"] > 15 and seen["local"] > 10
        assert o.mails() == mails


def test_killed_again_and_again_it_still_arrives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.adapters.workbooks.google_write.MOST_ROWS", 1)
    with small_office(tmp_path) as o:
        before, ids = ledger(o), local_ids(o)
        for point in (9, 12, 14, 16, 20, 25):
            killed(o, "google", point)
        again_until_done(o, "google")
        assert_in_use(o, before, ids)
        tabs = [sheet.title for sheet in o.google.state.books[cases_book(o)].sheets]
        assert tabs == [CASES, REVIEWS]  # each attempt went on where the one before it ended


# ------------------------------------------------------------------------------------------------ faults

FAULTS = (
    Kind.TOO_MANY,
    Kind.INTERNAL,
    Kind.UNAVAILABLE,
    Kind.USAGE_LIMITS,
    Kind.RESET_BEFORE,
    Kind.RESET_AFTER,
    Kind.UNAVAILABLE_AFTER,
    Kind.TRUNCATED,
)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_every_write_changes_nothing_in_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Kind
) -> None:
    monkeypatch.setattr("bridge.adapters.workbooks.google_write.MOST_ROWS", 2)
    with small_office(tmp_path) as o:
        before, ids = ledger(o), local_ids(o)
        for to in ("google", "local", "google", "local"):
            for nth in range(0, 30):
                at = nth_write(o, nth, fault)
                again_until_done(o, to)
                o.google.faults.clear()
                done = not at()
                assert_in_use(o, before, ids)
                if done:
                    break
                if parts(o)[0] == to or (to == "google" and parts(o)[0] != "local"):
                    again_until_done(o, "local" if to == "google" else "google")
            again_until_done(o, to)


def nth_write(o: CloudOffice, nth: int, fault: Kind) -> Callable[[], bool]:
    """The nth write of what comes fails; tells whether there was one."""
    pattern = r"^(POST /drive|POST .*batchUpdate|PATCH )"
    for _ in range(nth):
        o.google.faults.on(pattern, Kind.SLOW, hold=0)
    o.google.faults.on(pattern, fault)
    happened = len(o.google.faults.log)
    return lambda: any(kind is fault for _, kind in o.google.faults.log[happened:])

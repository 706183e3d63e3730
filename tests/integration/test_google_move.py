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
import typer
from rich.console import Console

from bridge import bootstrap
from bridge.application.errors import Busy, ConfigurationError, SaphanError, SheetError
from bridge.application.move import CannotMove
from bridge.bootstrap import moving
from bridge.bootstrap.moving import Moved, move
from bridge.cli_move import register
from bridge.config import load
from tests.contract.google_office import plain_client
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
    "matchperson",
    "matchpair",
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
        o.send(5)
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


PASSING = (
    "google_unsettled",
    "google_unreachable",
    "google_moved",
    "google_book_forbidden",
    "summary_unsettled",
)


def again_until_done(o: CloudOffice, to: Any, most: int = 5) -> Moved:
    for _ in range(most):
        o.open()
        try:
            moved = go(o, to)
        except SaphanError as error:
            assert error.code in PASSING, error.code
            o.clock.wait(200)
            continue
        if not moved.report.trouble:
            return moved
    raise AssertionError("never done")


# ------------------------------------------------------------------------------------------------ cut short

STEPS = (
    ("bridge.adapters.google.setup.GoogleSetup", "make"),
    ("bridge.adapters.google.setup.GoogleSetup", "_batch"),
    ("bridge.adapters.workbooks.google.GoogleWorkbook", "create"),
    ("bridge.adapters.workbooks.google.GoogleWorkbook", "_operate"),
    ("bridge.adapters.workbooks.xlsx.XlsxWorkbook", "create"),
    ("bridge.adapters.workbooks.xlsx.XlsxWorkbook", "write"),
    ("bridge.application.summarise.Summarise", "run"),
    ("bridge.bootstrap.moving._Moving", "_is_unedited"),  # all is ready for the switch
    ("bridge.bootstrap.moving", "replace"),
    ("bridge.application.move.Move", "_forget"),
    ("bridge.bootstrap.moving._Moving", "_set_aside"),
    ("bridge.bootstrap.moving._Moving", "_retire_tabs"),
)


class Points:
    """Counts the ends of steps; at point `deadly` the process is gone."""

    def __init__(self, patch: pytest.MonkeyPatch, deadly: int | None = None) -> None:
        self.deadly, self.passed = deadly, 0
        for owner, name in STEPS:
            patch.setattr(f"{owner}.{name}", self._watched(_found(owner, name)))

    def _watched(self, work: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*args: Any, **kwargs: Any) -> Any:
            result = work(*args, **kwargs)
            if self.passed == self.deadly:
                os.kill(os.getpid(), signal.SIGKILL)
            self.passed += 1
            return result

        return watched


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


def forget_the_cloud(o: CloudOffice) -> None:
    """As if the province had never been on Google."""
    for kind in ("cases", "access", "summary"):
        file = o.office.ports.journal.setting(f"google:book:{kind}")
        if file:
            o.google.people.delete_forever(file)
            o.office.ports.journal.set_setting(f"google:book:{kind}", "")


def test_killed_at_every_step_the_office_goes_on_and_the_move_is_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.adapters.workbooks.google_write.MOST_ROWS", 3)  # a move in several pieces
    with small_office(tmp_path) as o:
        before, ids, mails = ledger(o), local_ids(o), o.mails()
        seen = {"google": 0, "local": 0}
        point, going = 0, ["google", "local"]
        while going:
            for to in ("google", "local"):
                if to in going and killed(o, to, point):
                    seen[to] += 1
                    assert_in_use(o, before, ids)
                elif to in going:
                    going.remove(to)
                again_until_done(o, to)
                assert ids_in_use(o) == ids and ledger(o) == before
            assert_in_use(o, before, ids)
            forget_the_cloud(o)
            point += 1
        assert seen["google"] >= 12 and seen["local"] >= 8, seen
        assert o.mails() == mails


def test_killed_again_and_again_it_still_arrives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.adapters.workbooks.google_write.MOST_ROWS", 1)
    with small_office(tmp_path) as o:
        before, ids = ledger(o), local_ids(o)
        for point in (3, 5, 4, 3, 2, 2, 1):
            killed(o, "google", point)
        again_until_done(o, "google")
        assert_in_use(o, before, ids)
        tabs = [sheet.title for sheet in o.google.state.books[cases_book(o)].sheets]
        assert tabs == [CASES, REVIEWS]  # each attempt went on where the one before it ended


# ------------------------------------------------------------------------------------------------ faults

WRITES = r"^(POST /drive|POST .*:batchUpdate|PATCH )"
FAULTS = {
    "done, and not answered": [Kind.RESET_AFTER],
    "nobody knows": [Kind.UNAVAILABLE_AFTER, Kind.UNAVAILABLE, Kind.TRUNCATED, Kind.RESET_BEFORE],
    "refused": [Kind.TOO_MANY, Kind.USAGE_LIMITS, Kind.FORBIDDEN, Kind.UNAUTHENTICATED],
}


@pytest.mark.parametrize("faults", FAULTS.values(), ids=FAULTS)
def test_a_fault_in_any_write_changes_nothing_in_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, faults: list[Kind]
) -> None:
    monkeypatch.setattr("bridge.adapters.workbooks.google_write.MOST_ROWS", 3)
    with small_office(tmp_path) as o:
        before, ids = ledger(o), local_ids(o)
        seen, nth, going = Counter[str](), 0, ["google", "local"]
        while going:
            for to in ("google", "local"):
                happened = len(o.google.faults.log)
                if to in going:
                    fail_nth_write(o, nth, faults[nth % len(faults)])
                again_until_done(o, to)
                o.google.faults.clear()
                if to in going and len(o.google.faults.log) - happened <= nth:
                    going.remove(to)
                seen[to] += to in going
                assert ids_in_use(o) == ids and ledger(o) == before
            assert_in_use(o, before, ids)
            forget_the_cloud(o)
            nth += 1
        assert seen["google"] >= 8 and seen["local"] >= 2, seen


def fail_nth_write(o: CloudOffice, nth: int, fault: Kind) -> None:
    for _ in range(nth):
        o.google.faults.on(WRITES, Kind.SLOW, hold=0)
    o.google.faults.on(WRITES, fault)


# ------------------------------------------------------------------------------------------------ people


def edit_locally(o: CloudOffice, officer: str = "สมศรี") -> None:
    with TestOffice(o.root).edit("cases") as tab:
        tab[2, "ผู้รับผิดชอบ"] = officer
        tab[3, "สิ่งของ"] = "ข้าวสาร"


def test_what_people_type_while_a_move_to_google_runs_goes_along(tmp_path: Path) -> None:
    with small_office(tmp_path) as o:
        o.google.after(":batchUpdate", lambda: edit_locally(o))
        moved = go(o, "google")
        assert not moved.report.late
        assert [row.get("ผู้รับผิดชอบ") for row in o.rows()].count("สมศรี") == 1
        assert [row.get("สิ่งของ") for row in o.rows()].count("ข้าวสาร") == 1
        assert_nothing_to_do(o)


def test_what_people_type_while_a_move_from_google_runs_goes_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small_office(tmp_path) as o:
        go(o, "google")
        tab = o.tab()
        edits = iter(
            [
                lambda: tab.type(1, "ผู้รับผิดชอบ", "สมศรี"),
                lambda: (tab.sort("รหัสเคส", descending=True), tab.type(1, OWN, "นัดวันจันทร์")),
            ]
        )
        prepare = moving._Moving.prepare
        monkeypatch.setattr(
            moving._Moving, "prepare", lambda self: (prepare(self), next(edits, lambda: None)())[0]
        )
        go(o, "local")
        assert [row["ผู้รับผิดชอบ"] for row in local_rows(o)].count("สมศรี") == 1
        assert local_rows(o)[0][OWN] == "นัดวันจันทร์"
        assert local_ids(o) == sorted(local_ids(o), reverse=True)
        assert_nothing_to_do(o)


def test_an_edit_in_the_moment_of_the_switch_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with small_office(tmp_path) as o:
        replace = moving.replace
        monkeypatch.setattr(moving, "replace", lambda *a: (replace(*a), edit_locally(o))[0])
        moved = go(o, "google")
        assert moved.report.late
        assert len(moved.kept) == 3  # what was typed is in the file that was set aside
        assert parts(o)[0] == "google"


def test_a_process_that_still_knows_the_old_place_harms_nothing(tmp_path: Path) -> None:
    with small_office(tmp_path) as o:
        for to in ("google", "local"):
            stale, before = o.office, ledger(o)
            go(o, to)
            with pytest.raises(ConfigurationError) as caught:
                stale.cycle.sync()
            assert caught.value.code == "province_changed"
            assert ledger(o)["history"] == before["history"]
            o.rest()
            assert ledger(o) == before


# ------------------------------------------------------------------------------------------------ refusals


def test_nothing_is_moved_while_the_present_place_is_in_trouble(tmp_path: Path) -> None:
    with small_office(tmp_path) as o:
        text = (o.root / "province.toml").read_bytes()
        with TestOffice(o.root).edit("cases") as tab:
            tab.sheet.delete_cols(tab.places["ตำบล"])
        with pytest.raises(CannotMove) as refused:
            go(o, "google")
        assert refused.value.exit_code == 4 and "ตำบล" in refused.value.facts["reasons"]
        assert (o.root / "province.toml").read_bytes() == text
        assert not o.google.state.books


def test_nothing_is_moved_while_a_file_is_open(tmp_path: Path) -> None:
    with small_office(tmp_path) as o:
        sign = o.root / "workbooks" / "~$cases.xlsx"
        sign.touch()
        with pytest.raises(Busy):
            go(o, "google")
        assert parts(o) == ("local", "local", "local")
        sign.unlink()
        go(o, "google")
        assert_nothing_to_do(o)


def test_a_cell_that_the_new_place_cannot_hold_is_named_and_stays(tmp_path: Path) -> None:
    with small_office(tmp_path) as o:
        ids = local_ids(o)
        with TestOffice(o.root).edit("cases") as tab:
            tab[2, "สิ่งของ"] = date(2026, 11, 22)
        with pytest.raises(SheetError) as refused:
            go(o, "google")
        assert refused.value.code == "move_differs" and "“สิ่งของ”" in str(refused.value.facts["cells"])
        assert parts(o)[0] == "local"
        o.open()
        assert_nothing_to_do(o)
        with TestOffice(o.root).edit("cases") as tab:
            tab[2, "สิ่งของ"] = "22/11/2569"
        go(o, "google")
        assert cloud_ids(o) == ids
        assert_nothing_to_do(o)


def test_a_formula_without_result_and_a_text_too_long_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small_office(tmp_path) as o:
        with TestOffice(o.root).edit("cases") as tab:
            tab[2, "สิ่งของ"] = "=1+1"
        with pytest.raises(SheetError) as refused:
            go(o, "google")
        assert refused.value.code == "move_uncalculated"
        with TestOffice(o.root).edit("cases") as tab:
            tab[2, "สิ่งของ"] = "ยาว" * 20
        monkeypatch.setattr("bridge.adapters.workbooks.google.GoogleWorkbook.max_text", 50)
        with pytest.raises(SheetError) as refused:
            go(o, "google")
        assert refused.value.code == "move_too_long" and refused.value.facts["rows"] == "2"
        assert parts(o)[0] == "local"


# ------------------------------------------------------------------------------------------------ choices


def test_rows_that_the_ledger_does_not_know_go_as_they_are(tmp_path: Path) -> None:
    with small_office(tmp_path) as o:
        with TestOffice(o.root).edit("cases") as tab:
            last = tab.sheet.max_row
            for cell in list(tab.sheet[2]):
                tab.sheet.cell(last + 1, cell.column).value = cell.value
            tab[last + 2, "รหัสเคส"] = "SSK-2569-099999"
            tab[last + 2, "สิ่งของ"] = "เลขที่ตั้งเอง"
            tab[last + 3, "สิ่งของ"] = "รวม"
        o.rest()
        before, ids = ledger(o), local_ids(o)
        for to in ("google", "local"):
            go(o, to)
            assert_in_use(o, before, ids)


def test_one_part_at_a_time_and_summaries_in_the_cases_own_spreadsheet(tmp_path: Path) -> None:
    with small_office(tmp_path) as o:
        before, ids = ledger(o), local_ids(o)
        go(o, "google", "access")
        assert parts(o) == ("local", "google", "local")
        assert_in_use(o, before, ids)
        go(o, "google", "cases", "summary", summary="cases")
        assert parts(o) == ("google", "google", "cases")
        assert_in_use(o, before, ids)
        assert len(o.google.state.books[cases_book(o)].sheets) > 2
        go(o, "local", "cases")
        assert parts(o) == ("local", "google", "local")  # the summaries cannot stay there alone
        assert_in_use(o, before, ids)
        assert (o.root / "workbooks" / "summary.xlsx").exists()
        assert go(o, "local", "cases").kinds == ()


def test_a_spreadsheet_that_the_office_made_itself_is_adopted(tmp_path: Path) -> None:
    with small_office(tmp_path) as o:
        before, ids = ledger(o), local_ids(o)
        made = plain_client(o.google).call(
            "sheets",
            "POST",
            "/v4/spreadsheets",
            effect="write",
            body={"properties": {"title": "ของสำนักงาน"}, "sheets": [{"properties": {"title": CASES}}]},
        )["spreadsheetId"]
        link = f"https://docs.google.com/spreadsheets/d/{made}/edit#gid=0"
        go(o, "google", "cases", cases=link)
        assert parts(o)[0] == link
        assert_in_use(o, before, ids)
        go(o, "local")
        assert_in_use(o, before, ids)
        go(o, "google", "cases")
        assert cases_book(o) == made  # the one that was used before
        assert_in_use(o, before, ids)


def test_a_link_that_is_none_is_refused(tmp_path: Path) -> None:
    with cloud_office(tmp_path, **LOCAL) as o, pytest.raises(SaphanError) as refused:
        go(o, "google", cases="ชีตของเรา")
    assert refused.value.code == "move_link"


def test_an_old_file_in_the_place_of_a_new_one_is_kept(tmp_path: Path) -> None:
    with small_office(tmp_path) as o:
        before, ids = ledger(o), local_ids(o)
        go(o, "google")
        old = o.root / "workbooks" / "cases.xlsx"
        old.write_bytes(b"something else")
        moved = go(o, "local")
        assert [path.read_bytes() for path in moved.kept] == [b"something else"]
        assert_in_use(o, before, ids)


def test_the_command_tells_what_went(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with small_office(tmp_path) as o:
        app = typer.Typer()
        register(app, lambda where: o.office, Console(width=200, soft_wrap=True))
        app.command("other")(lambda: 0)  # so that `move` is a word of its own
        assert app(["move", "--to", "google"], standalone_mode=False) == 0
        said = capsys.readouterr().out
        assert f"“{CASES}”: 4 แถว" in said and OWN in said and "backups" in said
        o.open()
        assert app(["move", "--to", "google"], standalone_mode=False) == 0
        assert "ไม่มีอะไรต้องย้าย" in capsys.readouterr().out

"""A register is imported as the office does it: rehearsed, refused rows mended, undone, killed on the way."""

from __future__ import annotations

import csv
import gzip
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from bridge import bootstrap
from bridge.application import import_register
from bridge.application.errors import SheetError
from bridge.application.ports.register_imports import State
from bridge.application.read_register import RegisterReport
from bridge.bootstrap import Office
from bridge.domain.values.national_id import check_digit
from bridge.workspace import Workspace
from tests.integration import kill_helpers as kill
from tests.integration.kill_office import MONDAY

HEADER = ["หมายเลข", "คำนำหน้า", "ชื่อ-สกุล", "ตำบล", "อำเภอ", "ระดับความเปราะบาง"]
PLACE = ["โพธิ์", "เมืองศรีสะเกษ"]
# The number of a term's row says nothing.
TABLES = {
    "registerperson": "*",
    "registerpast": "*",
    "registerimport": "*",
    "searchterm": "kind, term, block, holders",
}


def zero_id(number: int) -> str:
    """Of a person without nationality."""
    digits = f"{number:012d}"
    return digits + check_digit(digits)


def person(number: int, level: str = "1") -> list[Any]:
    return [zero_id(number), "นาย", f"สมมติ คนที่{'กขคงจฉชซ'[number % 8]}", *PLACE, level]


def write(path: Path, rows: list[list[Any]], header: list[str] | None = None) -> Path:
    table = [header or HEADER, *rows]
    if path.suffix == ".xlsx":
        book = openpyxl.Workbook()
        book.active.title = "ครัวเรือน"
        for row in table:
            book.active.append(row)
        book.save(path)
    else:
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file).writerows(table)
    return path


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("ต้นแบบ") / "สำนักงาน"
    bootstrap.create(root)
    bootstrap.close()
    return root


@pytest.fixture
def office(empty: Path, tmp_path: Path) -> Iterator[Office]:
    yield bootstrap.open_office(shutil.copytree(empty, tmp_path / "สำนักงาน"))
    bootstrap.close()


def take(office: Office, path: Path, **options: bool) -> RegisterReport:
    return office.import_register.run(office.register_file(path), **options)


def refusal(office: Office, path: Path) -> str:
    with pytest.raises(SheetError) as caught:
        take(office, path)
    return office.messages.text("error", caught.value.code, **caught.value.facts)


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_refused_rows_are_mended_in_a_file_of_their_own(office: Office, tmp_path: Path, suffix: str) -> None:
    rows = [person(1), ["", "นาย", "ไม่มีเลข", *PLACE, ""], person(2), person(1), [], person(3)]
    rows += [["1.1037E+12", "", "เลขถูกย่อ", *PLACE, ""], [zero_id(7), "", "12345", *PLACE, ""]]
    rows += [[zero_id(8), "", "สลับ ที่", *reversed(PLACE), ""]]
    file = write(tmp_path / f"ทะเบียน.{suffix}", rows)
    rehearsed = take(office, file, dry_run=True)
    assert office.ports.cases.register_size() == 0 and not office.import_register.versions()
    done = take(office, file)
    assert (done.new, done.refused_rows) == (3, 5)
    hidden = {"refused_file": "", "version": ""}
    assert {**asdict(rehearsed), **hidden} == {**asdict(done), **hidden}
    sheet = " แท็บ ครัวเรือน" if suffix == "xlsx" else ""
    assert done.refused[0] == f"ไฟล์ ทะเบียน.{suffix}{sheet} แถวที่ 3 คอลัมน์ หมายเลข (A): ว่าง โปรดกรอก"
    assert f"“{zero_id(1)}” ซ้ำกับแถวที่ 2" in done.refused[1] and "แถวที่ 5" in done.refused[1]
    mended = list(office.register_file(Path(done.refused_file)).rows)  # type: ignore[union-attr]
    assert mended[0] == [*HEADER, "เหตุผลที่ไม่รับ"] and len(mended) == 6
    again = [[zero_id(10 + at), *row[1:2], "ชื่อ แก้แล้ว", *PLACE, *row[5:]] for at, row in enumerate(mended[1:])]
    mended_file = write(tmp_path / f"แก้แล้ว.{suffix}", again, [str(cell) for cell in mended[0]])
    assert (take(office, mended_file).new, office.ports.cases.register_size()) == (5, 8)


def test_the_same_file_changes_nothing_and_undo_goes_back_step_by_step(
    office: Office, tmp_path: Path
) -> None:
    first = write(tmp_path / "1.csv", [person(1), person(2)])
    second = write(tmp_path / "2.csv", [person(2, "3"), person(3)])
    take(office, first)
    after_first = tables(office.workspace)
    assert (take(office, first).same, tables(office.workspace)) == (2, after_first)
    take(office, second)
    assert [one.file for one in office.import_register.versions()] == ["2.csv", "1.csv"]
    came = [office.import_register.came_by(zero_id(n)) for n in (1, 2, 3, 4)]
    assert [one and one.file for one in came] == ["1.csv", "2.csv", "2.csv", None]
    undone = office.import_register.undo()
    assert undone is not None and (undone.file, undone.tally.new, undone.tally.changed) == ("2.csv", 1, 1)
    people = {name: rows for name, rows in after_first.items() if name != "registerimport"}
    assert {name: rows for name, rows in tables(office.workspace).items() if name in people} == people
    assert office.import_register.undo() is not None and office.ports.cases.register_size() == 0
    assert office.import_register.undo() is None
    assert {one.state for one in office.import_register.versions()} == {State.UNDONE}


def test_columns_may_stand_in_any_order_and_a_zero_that_a_number_lost_comes_back(
    office: Office, tmp_path: Path
) -> None:
    order = [4, 2, 0, 5, 3, 1]
    rows = [[person(n)[at] for at in order] for n in (1, 2, 3)]
    take(office, write(tmp_path / "ก.csv", rows, [HEADER[at] for at in order]))
    same = take(office, write(tmp_path / "ข.csv", [person(n) for n in (1, 2, 3)]))
    assert same.same == 3
    lost = [["012345678901" + check_digit("012345678901"), "", "ศูนย์ นำหน้า", *PLACE, ""]]
    take(office, write(tmp_path / "ค.csv", lost))
    lost[0][0] = int(lost[0][0])
    assert take(office, write(tmp_path / "ง.xlsx", lost)).same == 1


@pytest.mark.parametrize(
    ("header", "row", "said"),
    [
        (["หมายเลข", "ตำบล"], ["1", "โพธิ์"], "ไฟล์ ก.csv แถวที่ 1: ไม่มีคอลัมน์ ชื่อ-สกุล"),
        (["หมายเลข", "ชื่อ-สกุล", "ชื่อ - สกุล"], ["1", "ก ข", "ก ข"], "ชื่อ-สกุล (B), ชื่อ - สกุล (C)"),
        (["หมายเลข", "ชื่อ-สกุล"], ["สมมติ ใจดี", "12345"], "หมายเลข (A) กับคอลัมน์ ชื่อ-สกุล (B) น่าจะสลับกัน"),
        (["หมายเลข", "ชื่อ-สกุล"], ["สมมติ ใจดี", "R0001"], "หมายเลข (A) กับคอลัมน์ ชื่อ-สกุล (B) น่าจะสลับกัน"),
        (
            ["หมายเลข", "ชื่อ-สกุล", "ตำบล", "อำเภอ"],
            ["1", "ก ข", *reversed(PLACE)],
            "ตำบล (C) กับคอลัมน์ อำเภอ (D)",
        ),
    ],
)
def test_a_file_whose_columns_are_wrong_is_not_taken(
    office: Office, tmp_path: Path, header: list[str], row: list[str], said: str
) -> None:
    assert said in refusal(office, write(tmp_path / "ก.csv", [row], header))
    assert office.ports.cases.register_size() == 0 and not office.import_register.versions()


def test_a_file_that_breaks_off_is_not_taken(office: Office, tmp_path: Path) -> None:
    file = write(tmp_path / "ก.csv", [person(n) for n in range(1, 9)])
    file.write_bytes(file.read_bytes()[:-40] + b'\n"')
    assert "อ่านไฟล์ทะเบียน ก.csv ไม่ได้" in refusal(office, file)
    file.write_text('หมายเลข,ชื่อ-สกุล\n1,"สมมติ ใจดี\n2,ก ข\n3,ค ง\n', encoding="utf-8")
    assert "ใกล้บรรทัดที่ 2 " in refusal(office, file)
    file.write_bytes("หมายเลข,ชื่อ-สกุล\n1,สมมติ ใจดี\n".encode("cp874"))
    assert take(office, file).new == 1


def test_rows_without_a_number_and_rows_too_long_are_refused(office: Office, tmp_path: Path) -> None:
    rows = [[number, "สมมติ ใจดี"] for number in ("-", "ไม่มี", "0000000000000", "R1")]
    report = take(office, write(tmp_path / "ก.csv", [*rows, ["R2", "สมมติ", "ใจดี"]], HEADER[:3:2]))
    assert (report.new, report.refused_rows) == (1, 4)
    assert "“0000000000000” ไม่ใช่หมายเลข" in report.refused[2]
    assert "แถวที่ 6: มีค่าเกินหัวคอลัมน์ซึ่งมี 2 คอลัมน์ (“ใจดี”)" in report.refused[3]


def test_a_file_is_what_it_holds_not_what_it_is_called(office: Office, tmp_path: Path) -> None:
    book = write(tmp_path / "ก.xlsx", [person(1)])
    assert take(office, book.rename(tmp_path / "ก.csv")).new == 1
    packed = tmp_path / "ข.csv"
    packed.write_bytes(gzip.compress(b"x"))
    assert "โปรดแตกไฟล์ก่อน" in refusal(office, packed)


def test_a_place_of_former_days_is_kept_as_it_is_called_today(office: Office, tmp_path: Path) -> None:
    row = [zero_id(1), "", "สมมติ ใจดี", "ต.พยุห์", "อ.เมืองศรีสะเกษ", ""]
    report = take(office, write(tmp_path / "ก.csv", [row, person(2)]))
    entry = office.ports.register.entry(zero_id(1))
    assert (entry.tambon, entry.amphoe, report.former_places) == ("พยุห์", "พยุห์", 1)
    assert "แถวที่ 2" in report.notes[0] and "“พยุห์ พยุห์”" in report.notes[0]


def test_an_erasure_takes_the_refused_rows_and_the_past_along(office: Office, tmp_path: Path) -> None:
    take(office, write(tmp_path / "1.csv", [person(1), person(2)]))
    changed = take(office, write(tmp_path / "2.csv", [person(1, "3"), ["", "", "ไม่รับ ไว้", *PLACE, ""]]))
    office.erase.run([], [zero_id(1)], "คำขอ", "portal:1", keep_out=False)
    assert not Path(changed.refused_file).exists()
    assert tables(office.workspace)["registerpast"] == []
    office.import_register.undo()
    assert [row[1] for row in tables(office.workspace)["registerperson"]] == [zero_id(2)]
    assert take(office, tmp_path / "1.csv").erased == 1


# ------------------------------------------------------------------------------------------------ killed


def tables(workspace: Workspace) -> dict[str, list[tuple[Any, ...]]]:
    with closing(sqlite3.connect(workspace.ledger)) as connection:
        return {
            table: connection.execute(f"SELECT {columns} FROM ledger_{table} ORDER BY 1, 2, 3").fetchall()
            for table, columns in TABLES.items()
        }


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a process is killed in a fork of this one")
@pytest.mark.parametrize("undoing", [False, True], ids=["import", "undo"])
def test_killed_at_any_point_and_run_again_all_is_as_if_it_had_not_been(
    empty: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, undoing: bool
) -> None:
    monkeypatch.setattr(import_register, "PART", 3)
    first = write(tmp_path / "1.csv", [person(n) for n in range(1, 5)])
    rows = [person(n, "3") for n in (2, 4, 6, 7, 8)]
    second = write(tmp_path / "2.csv", [*rows[:2], ["", "", "ไม่รับ ไว้", *PLACE, ""], *rows[2:]])

    def work(office: Office) -> None:
        with office.lease():
            if not undoing:
                office.import_register.run(office.register_file(second))
            elif (
                office.import_register.versions()[0].state is not State.UNDONE
            ):  # it would go on to the first
                office.import_register.undo()

    before, root = tmp_path / "ก่อน", tmp_path / "งาน"
    office = bootstrap.open_office(shutil.copytree(empty, before))
    take(office, first)
    if undoing:
        take(office, second)
    bootstrap.close()
    trap = kill.Surveyor(shutil.copytree(before, root))
    kill.Desk(root, MONDAY).run(work, trap)
    expected = tables(Workspace(root))
    points = sorted(trap.turning)
    assert len(points) >= 4
    for point in points:
        shutil.rmtree(root)
        desk = kill.Desk(shutil.copytree(before, root), MONDAY)
        assert desk.killed(work, point)
        desk.run(work)
        assert tables(Workspace(root)) == expected, f"killed at {point}"

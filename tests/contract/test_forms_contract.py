"""What every source of form answers promises (bridge/application/ports/forms.py).

A backend joins by a factory: given an empty folder of its own, it makes a source and the means to change what
the source holds, as a person or the service would.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pytest

from bridge.adapters.forms.export_file import ExportFolder
from bridge.application.ports.forms import Batch, FormSource, Unreadable

HEADER = ["ประทับเวลา", "ชื่อ - สกุล ผู้ยื่น", "เลข 13 หลัก"]
FIRST = ["10/8/2022, 13:57:03", "นางสาวทดสอบ ระบบดี", "=IMPORTDATA(1)"]
SECOND = ["11/8/2022, 09:00:00", "นายสมมติ\nสองบรรทัด", "0123"]


@dataclass
class Backend:
    """`put` makes the named table hold these records; `spoil` makes it unreadable; `state` is all of it."""

    source: FormSource
    put: Callable[[str, list[list[str]]], None]
    spoil: Callable[[str], None]
    state: Callable[[], object]


def csv_folder(folder: Path) -> Backend:
    def put(name: str, table: list[list[str]]) -> None:
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(table)

    return _folder(folder, put, ".csv")


def xlsx_folder(folder: Path) -> Backend:
    def put(name: str, table: list[list[str]]) -> None:
        book = openpyxl.Workbook()
        for row, record in enumerate(table, 1):
            for column, value in enumerate(record, 1):
                cell = book.active.cell(row, column, value)
                cell.data_type = "s"  # text, whatever it begins with
        book.save(folder / f"{name}.xlsx")

    return _folder(folder, put, ".xlsx")


def _folder(folder: Path, put: Callable[[str, list[list[str]]], None], suffix: str) -> Backend:
    def spoil(name: str) -> None:
        file = folder / f"{name}{suffix}"
        file.write_bytes(b'"PK' + file.read_bytes()[:-5] + b'"')

    def state() -> object:
        return {file.name: (file.read_bytes(), file.stat().st_mtime_ns) for file in folder.iterdir()}

    return Backend(ExportFolder(folder), put, spoil, state)


@pytest.fixture(params=[csv_folder, xlsx_folder])
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Backend:
    folder = tmp_path / "คำตอบ แบบฟอร์ม"
    folder.mkdir()
    return request.param(folder)


def batches(backend: Backend, cursors: dict[str, str] | None = None) -> list[Batch]:
    found = list(backend.source.fetch_since(cursors or {}))
    assert all(isinstance(one, Batch) for one in found), found
    return [one for one in found if isinstance(one, Batch)]


def remembered(found: list[Batch]) -> dict[str, str]:
    return {batch.name: batch.cursor for batch in found}


def test_nothing_there_gives_nothing(backend: Backend) -> None:
    assert batches(backend) == []


def test_all_records_come_header_first_and_text_stays_as_typed(backend: Backend) -> None:
    backend.put("a", [HEADER, FIRST, SECOND])
    (batch,) = batches(backend)
    assert [list(row) for row in batch.rows] == [HEADER, FIRST, SECOND]


def test_a_remembered_cursor_gives_nothing_new(backend: Backend) -> None:
    backend.put("a", [HEADER, FIRST])
    assert batches(backend, remembered(batches(backend))) == []


def test_asking_again_without_remembering_gives_the_same(backend: Backend) -> None:
    backend.put("a", [HEADER, FIRST])
    backend.put("b", [HEADER, SECOND])
    assert batches(backend) == batches(backend)


def test_new_answers_change_the_cursor_and_come_whole(backend: Backend) -> None:
    backend.put("a", [HEADER, FIRST])
    backend.put("b", [HEADER, FIRST])
    cursors = remembered(batches(backend))
    backend.put("a", [HEADER, FIRST, SECOND])
    (batch,) = batches(backend, cursors)
    assert batch.name in cursors
    assert batch.cursor != cursors[batch.name]
    assert [list(row) for row in batch.rows] == [HEADER, FIRST, SECOND]


def test_the_order_does_not_depend_on_when_things_came(backend: Backend) -> None:
    for name in ("ข", "b", "ก", "a"):
        backend.put(name, [HEADER, FIRST])
    names = [batch.name for batch in batches(backend)]
    assert names == sorted(names)
    assert len(names) == 4


def test_what_cannot_be_read_is_said_each_time_and_hides_nothing_else(backend: Backend) -> None:
    for name in ("a", "b", "c"):
        backend.put(name, [HEADER, FIRST])
    name_of_b = batches(backend)[1].name
    cursors = remembered(batches(backend))
    backend.spoil("b")
    backend.put("c", [HEADER, SECOND])
    for _ in range(2):
        unreadable, fresh = backend.source.fetch_since(cursors)
        assert isinstance(unreadable, Unreadable)
        assert (unreadable.name, unreadable.code != "") == (name_of_b, True)
        assert isinstance(fresh, Batch)


def test_reading_changes_nothing_at_the_source(backend: Backend) -> None:
    backend.put("a", [HEADER, FIRST])
    backend.put("b", [HEADER, FIRST])
    backend.spoil("b")
    before = backend.state()
    list(backend.source.fetch_since({}))
    assert backend.state() == before

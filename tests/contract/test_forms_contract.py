"""What every source of form answers promises (bridge/application/ports/forms.py).

A backend joins by a factory: given an empty folder of its own, it makes a source and the means to change what
the source holds, as a person or the service would.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import openpyxl
import pytest

from bridge.adapters.forms.export_file import ExportFolder
from bridge.adapters.forms.google import GoogleForm
from bridge.adapters.forms.google_sheet import EPOCH, GoogleResponsesSheet
from bridge.adapters.google.client import GoogleClient
from bridge.application.ports.forms import Batch, FormSource, Unreadable
from bridge.domain.cells import Cell
from bridge.domain.intake import Form, Question
from tests.contract.google_office import plain_client
from tests.contract.ledgers import Clock
from tests.stand_in.google import Google, serve

HEADER = ["ประทับเวลา", "ชื่อ - สกุล ผู้ยื่น", "เลข 13 หลัก"]
FIRST = ["10/8/2022, 13:57:03", "นางสาวทดสอบ ระบบดี", "=IMPORTDATA(1)"]
SECOND = ["11/8/2022, 09:00:00", "นายสมมติ\nสองบรรทัด", "0123"]


CONFIGURED = Form(
    "cases",
    (Question("person_name", (HEADER[1],), True), Question("national_id", (HEADER[2],), True)),
    (HEADER[0],),
    ("ที่อยู่อีเมล",),
    ("รหัสคำตอบ",),
    ("person_name",),
)


@dataclass
class Backend:
    """`put` makes the named table hold these records; `spoil` makes it unreadable; `state` is all of it.
    `most` is how many tables it can hold: a live form is one."""

    source: FormSource
    put: Callable[[str, list[list[str]]], None]
    spoil: Callable[[str], None]
    state: Callable[[], object]
    most: int = 99

    def names(self, *names: str) -> list[str]:
        """As many of these tables as it can hold."""
        return list(names[: self.most])


def csv_folder(folder: Path, _: ExitStack) -> Backend:
    def put(name: str, table: list[list[str]]) -> None:
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(table)

    return _folder(folder, put, ".csv")


def xlsx_folder(folder: Path, _: ExitStack) -> Backend:
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


class Settings(dict[str, str]):
    """What outlives the process."""

    def setting(self, name: str) -> str:
        return self.get(name, "")

    def set_setting(self, name: str, value: str) -> None:
        self[name] = value


def connect(stack: ExitStack) -> tuple[Google, GoogleClient]:
    google = stack.enter_context(serve())
    client = plain_client(google)
    stack.callback(client.session.close)
    return google, client


def moment(typed: str) -> datetime:
    """The wall clock of Bangkok, as the test's records write it."""
    return datetime.strptime(typed, "%d/%m/%Y, %H:%M:%S")


def google_form(_: Path, stack: ExitStack) -> Backend:
    google, client = connect(stack)
    form = google.forms.make("ส่งเคส", HEADER[1:])
    sent: dict[tuple[str, ...], str] = {}

    def put(_: str, table: list[list[str]]) -> None:
        wanted = {tuple(record): record for record in table[1:]}
        for gone in sent.keys() - wanted.keys():
            google.forms.withdraw(form, sent.pop(gone))
        for key, record in wanted.items():
            if key not in sent:
                at = (moment(record[0]) - timedelta(hours=7)).replace(tzinfo=UTC)
                answers: dict[str, str | list[str]] = dict(zip(HEADER[1:], record[1:], strict=True))
                sent[key] = google.forms.submit(form, answers, at=at)

    def spoil(_: str) -> None:
        form.access = "none"

    def state() -> object:
        return form.json(), [response.json() for response in form.responses.values()]

    return Backend(GoogleForm(client, form.id, CONFIGURED, Settings(), Clock()), put, spoil, state, most=1)


def google_responses_sheet(_: Path, stack: ExitStack) -> Backend:
    google, client = connect(stack)
    file = google.state.add_file("ส่งเคส (การตอบกลับ)")
    dated = {"type": "DATE_TIME", "pattern": "d/M/yyyy, H:mm:ss"}

    def put(_: str, table: list[list[str]]) -> None:
        hand = google.people.sheet(file.id)
        hand.wipe()
        for row, record in enumerate(table):
            for column, text in enumerate(record):
                hand.store(row, column, text)
            if row:
                hand.store(row, 0, (moment(record[0]) - EPOCH).total_seconds() / 86_400)
        where = {"startRowIndex": 1, "startColumnIndex": 0, "endColumnIndex": 1}
        cell = {"userEnteredFormat": {"numberFormat": dated}}
        fields = "userEnteredFormat.numberFormat"
        google.people.request(file.id, {"repeatCell": {"range": where, "cell": cell, "fields": fields}})

    def spoil(_: str) -> None:
        google.people.share(file.id, "none")

    def state() -> object:
        return file.version, google.people.sheet(file.id).values()

    source = GoogleResponsesSheet(client, file.id, CONFIGURED, Settings(), Clock())
    return Backend(source, put, spoil, state, most=1)


@pytest.fixture(params=[csv_folder, xlsx_folder, google_form, google_responses_sheet])
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Backend]:
    folder = tmp_path / "คำตอบ แบบฟอร์ม"
    folder.mkdir()
    with ExitStack() as stack:
        yield request.param(folder, stack)


def records(batch: Batch) -> list[list[Cell]]:
    """The columns of HEADER, header first, whatever else a backend knows; a moment in the words of FIRST."""
    places = [list(batch.rows[0]).index(title) for title in HEADER]
    return [[_typed(row[place]) for place in places] for row in batch.rows]


def _typed(cell: Cell) -> Cell:
    if not isinstance(cell, datetime):
        return cell
    shown = cell + timedelta(microseconds=500)  # a serial number is not exact
    return f"{shown.day}/{shown.month}/{shown.year}, {shown:%H:%M:%S}"


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
    assert records(batch) == [HEADER, FIRST, SECOND]
    assert batch.complete


def test_a_remembered_cursor_gives_nothing_new(backend: Backend) -> None:
    backend.put("a", [HEADER, FIRST])
    cursors = remembered(batches(backend))
    assert batches(backend, cursors) == []
    assert batches(backend, cursors) == []


def test_cursors_and_names_fit_into_the_ledger(backend: Backend) -> None:
    backend.put("a", [HEADER, FIRST])
    (batch,) = batches(backend)
    assert 0 < len(batch.cursor) <= 255
    assert 0 < len(batch.name) <= 255


def test_asking_again_without_remembering_gives_the_same(backend: Backend) -> None:
    names = backend.names("a", "b")
    for name in names:
        backend.put(name, [HEADER, FIRST])
    found = batches(backend)
    assert batches(backend) == found
    assert len(found) == len(names)


def test_new_answers_change_the_cursor_and_come(backend: Backend) -> None:
    for name in backend.names("a", "b"):
        backend.put(name, [HEADER, FIRST])
    cursors = remembered(batches(backend))
    backend.put("a", [HEADER, FIRST, SECOND])
    (batch,) = batches(backend, cursors)
    assert batch.name in cursors
    assert batch.cursor != cursors[batch.name]
    came = records(batch)
    assert came[0] == HEADER
    if batch.complete:
        assert came[1:] == [FIRST, SECOND]
    else:  # what came before may be left out; nothing else is there
        assert came[1:] in ([SECOND], [FIRST, SECOND])
    assert batches(backend, {**cursors, **remembered([batch])}) == []


def test_an_answer_that_was_taken_away_is_not_given_again(backend: Backend) -> None:
    backend.put("a", [HEADER, FIRST, SECOND])
    cursors = remembered(batches(backend))
    backend.put("a", [HEADER, FIRST])
    for batch in [*batches(backend, cursors), *batches(backend)]:
        assert SECOND not in records(batch)


def test_the_order_does_not_depend_on_when_things_came(backend: Backend) -> None:
    names = backend.names("ข", "b", "ก", "a")
    for name in names:
        backend.put(name, [HEADER, FIRST])
    found = [batch.name for batch in batches(backend)]
    assert found == sorted(found)
    assert len(found) == len(names)


def test_what_cannot_be_read_is_said_each_time_and_hides_nothing_else(backend: Backend) -> None:
    names = backend.names("b", "a", "c")
    for name in names:
        backend.put(name, [HEADER, FIRST])
    found = batches(backend)
    name_of_b = found[sorted(names).index("b")].name
    backend.spoil("b")
    for name in names[2:]:
        backend.put(name, [HEADER, SECOND])
    for _ in range(2):
        unreadable, *fresh = backend.source.fetch_since(remembered(found))
        assert isinstance(unreadable, Unreadable)
        assert (unreadable.name, unreadable.code != "") == (name_of_b, True)
        assert [isinstance(one, Batch) for one in fresh] == [True] * len(names[2:])


def test_reading_changes_nothing_at_the_source(backend: Backend) -> None:
    names = backend.names("a", "b")
    for name in names:
        backend.put(name, [HEADER, FIRST])
    before = backend.state()
    list(backend.source.fetch_since({}))
    assert backend.state() == before
    backend.spoil(names[-1])
    before = backend.state()
    list(backend.source.fetch_since({}))
    assert backend.state() == before

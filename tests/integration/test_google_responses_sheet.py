"""The way round: a form's linked responses sheet on Google, read and never written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from bridge.adapters.forms.export_file import ExportFolder
from bridge.adapters.forms.google_sheet import EPOCH, GoogleResponsesSheet
from bridge.adapters.google.client import GoogleClient
from bridge.adapters.ledger.connection import close_ledger
from bridge.application.errors import OutsideError
from bridge.application.ports.forms import Batch, Unreadable
from bridge.domain.cells import Cell
from bridge.domain.intake import read
from tests.contract.ledgers import Ledger, open_empty
from tests.integration.form_desk import PROVINCE, SERVICE, Desk, connected, person, watched
from tests.stand_in.google import Google, Hand, Kind

TITLES = [question.title for question in PROVINCE.forms.cases.questions]
COLUMNS = [question.column for question in PROVINCE.forms.cases.questions]
HEADER = ["ประทับเวลา", *TITLES]
SENT = datetime(2026, 3, 2, 9, 59, 59)


def row(number: int, sent: datetime = SENT, **changes: str) -> list[Any]:
    """As a respondent's answers arrive in the sheet: typed, so that a spreadsheet makes of them what it will."""
    given = {
        "sender_name": "นางสาวทดสอบ ส่งเคส",
        "sender_phone": "0812345678",
        "letter_no": "0042",
        "person_name": person(number),
        "problem": f"เดือดร้อน {number}",
        "national_id": f"{number:013d}",
        "age": "65",
        "house_no": "10/1",
        "tambon": "โพธิ์",
        "amphoe": "เมืองศรีสะเกษ",
        **changes,
    }
    return [(sent - EPOCH) / timedelta(days=1), *(given.get(column) for column in COLUMNS)]


@dataclass
class SheetDesk(Desk):
    """The same province, without a right to the form."""

    tab: int | None = None

    @property
    def source(self) -> GoogleResponsesSheet:
        journal, clock = self.ledger.journal, self.ledger.clock
        return GoogleResponsesSheet(self.client, self.live.id, self.form, journal, clock, SERVICE, self.tab)

    @property
    def hand(self) -> Hand:
        return self.google.people.sheet(self.live.id)

    def respond(self, *rows: list[Any]) -> None:
        for cells in rows:
            at = self.hand.type_row(cells)
            where = {"startRowIndex": at, "endRowIndex": at + 1, "startColumnIndex": 0, "endColumnIndex": 1}
            look = {
                "userEnteredFormat": {"numberFormat": {"type": "DATE_TIME", "pattern": "d/M/yyyy, H:mm:ss"}}
            }
            fields = "userEnteredFormat.numberFormat"
            request = {
                "repeatCell": {
                    "range": {"sheetId": self.hand.sheet_id, **where},
                    "cell": look,
                    "fields": fields,
                }
            }
            self.google.people.request(self.live.id, request)

    def kind_of(self, path: str) -> str:
        kinds = {"drive": "version", "values": "values", self.live.id: "tabs"}
        return next(kind for mark, kind in kinds.items() if mark in path)


@pytest.fixture
def google() -> Iterator[Google]:
    with watched() as running:
        yield running


@pytest.fixture
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    yield open_empty("sqlite", request.config, tmp_path)
    close_ledger()


@pytest.fixture
def client(google: Google, tmp_path: Path) -> Iterator[GoogleClient]:
    with connected(google, tmp_path) as made:
        yield made


@pytest.fixture
def desk(google: Google, ledger: Ledger, client: GoogleClient) -> Iterator[SheetDesk]:
    made = SheetDesk(google, ledger, client, google.state.add_file("ส่งเคส (การตอบกลับ)"))
    made.hand.type_row(HEADER)
    yield made
    asked = {call.line for call in google.calls if call.method != "GET"} - {"POST /token"}
    assert all(line.endswith("/values:batchGetByDataFilter") for line in asked)  # nothing was written


def answers(batch: Batch) -> list[dict[str, Cell]]:
    return [dict(one.answers) for one in read(batch.rows, PROVINCE.form("cases")).submissions]


def test_answers_come_as_the_download_of_the_same_sheet_gives_them(desk: SheetDesk, tmp_path: Path) -> None:
    desk.respond(row(1), row(2, letter_date="1/11/2565", moo="3.50", problem="TRUE"), row(1))
    batch = desk.batch()
    book = openpyxl.Workbook()
    for cells in batch.rows:
        book.active.append(cells)
    book.save(tmp_path / "download.xlsx")
    (download,) = ExportFolder(tmp_path).fetch_since({})
    assert isinstance(download, Batch)
    ours, theirs = (read(one.rows, desk.form).submissions for one in (batch, download))
    assert [one.key for one in ours] == [one.key for one in theirs]
    assert len({one.key for one in ours}) == 3  # two truly identical rows are two responses
    assert [dict(one.answers) for one in ours] == [dict(one.answers) for one in theirs]
    assert ours[0].submitted_at == SENT


def test_what_a_spreadsheet_makes_of_answers_is_told_apart(desk: SheetDesk) -> None:
    desk.respond(row(1, house_no="10/1", moo="'5", age="65", sender_phone="0812345678"))
    (one,) = answers(desk.batch())
    assert isinstance(one["house_no"], date) and not isinstance(one["house_no"], datetime)
    assert (one["age"], one["sender_phone"], one["moo"]) == (65, 812345678, "5")


def test_a_cycle_without_news_costs_one_call_and_is_believed_for_ten_minutes(desk: SheetDesk) -> None:
    desk.respond(row(1))
    assert desk.ingest().new == 1
    assert desk.calls() == ["version", "tabs", "values", "values", "values"]
    desk.ledger.clock.pass_time(minutes=9)
    assert (desk.ingest().batches, desk.calls()) == (0, ["version"])
    desk.ledger.clock.pass_time(minutes=1)
    assert (desk.ingest().batches, desk.calls()) == (0, ["version", "values", "values"])
    desk.respond(row(2))
    assert (desk.ingest().new, desk.calls()) == (1, ["version", "values", "values"])


def test_a_change_that_drive_does_not_tell_of_is_found(desk: SheetDesk) -> None:
    desk.respond(row(1))
    desk.ingest()
    version = desk.live.version
    desk.respond(row(2))
    desk.live.version = version
    assert desk.ingest().batches == 0
    desk.ledger.clock.pass_time(minutes=10)
    assert desk.ingest().new == 1


def test_what_was_read_and_not_kept_is_read_again(desk: SheetDesk) -> None:
    for number in (1, 2):
        desk.respond(row(number))
        desk.batch()
        desk.batch()
        assert desk.ingest().new == 1


def test_a_time_that_is_shown_as_a_number_is_a_time(desk: SheetDesk) -> None:
    desk.respond(row(1))
    before = read(desk.batch().rows, desk.form).submissions
    plain = {"userEnteredFormat": {"numberFormat": {"type": "NUMBER", "pattern": "0.00"}}}
    where = {"sheetId": desk.hand.sheet_id, "startColumnIndex": 0, "endColumnIndex": 1}
    fields = "userEnteredFormat.numberFormat"
    desk.google.people.request(
        desk.live.id, {"repeatCell": {"range": where, "cell": plain, "fields": fields}}
    )
    batch = desk.batch()
    assert isinstance(batch.rows[1][0], datetime)
    (one,) = read(batch.rows, desk.form).submissions
    assert (one.submitted_at, one.key) == (SENT, before[0].key)


def test_sorting_inserting_and_own_columns_make_no_case(desk: SheetDesk) -> None:
    desk.respond(*(row(n, SENT + timedelta(minutes=n)) for n in range(1, 6)))
    desk.ingest()
    desk.hand.sort("ชื่อ - สกุล ผู้ยื่น", descending=True)
    desk.hand.insert_columns(0, 1, "เลขรับ")
    desk.hand.type(2, "เลขรับ", "7")
    desk.hand.insert_rows(3, 2)
    desk.hand.rename("CO2")
    report = desk.ingest()
    assert (report.new, report.again, desk.cases()) == (0, 5, 5)


def test_the_tab_that_fits_is_found_and_found_again(desk: SheetDesk) -> None:
    desk.respond(row(1))
    notes = desk.google.people.request(
        desk.live.id, {"addSheet": {"properties": {"title": "บันทึก", "index": 0}}}
    )
    assert notes and desk.ingest().new == 1
    copy = desk.google.people.sheet(desk.live.id, "Sheet1").duplicate("R1C1")
    desk.google.people.sheet(desk.live.id, "Sheet1").delete()
    copy.type_row(row(2))
    report = desk.ingest()
    assert (report.trouble, desk.cases()) == ([], 2)


def test_a_named_tab_is_the_only_one_looked_at(desk: SheetDesk) -> None:
    desk.respond(row(1))
    desk.tab = desk.hand.sheet_id
    assert (desk.ingest().new, desk.calls()) == (1, ["version", "values", "values"])
    desk.tab = 4711
    (line,) = desk.ingest().trouble
    assert desk.live.id in line


def test_a_sheet_without_the_forms_header(desk: SheetDesk) -> None:
    desk.google.people.request(desk.live.id, {"addSheet": {"properties": {"title": "อื่น"}}})
    desk.hand.wipe()
    (found,) = desk.fetch()
    assert isinstance(found, Unreadable)
    assert found.code == "google_responses_tab"


def test_a_cleared_sheet_is_said_and_takes_nothing_away(desk: SheetDesk) -> None:
    desk.respond(row(1))
    desk.ingest()
    desk.hand.wipe()
    assert len(desk.ingest().trouble) == 1
    assert desk.cases() == 1


def test_rows_that_arrive_between_the_two_halves_of_a_reading(desk: SheetDesk) -> None:
    desk.respond(row(1))
    desk.ingest()
    desk.respond(row(2))
    desk.calls()
    desk.google.before(
        len(desk.google.calls) + 2, lambda: (desk.hand.insert_rows(1), desk.hand.type_row(row(3), 1))
    )
    assert desk.ingest().new == 2
    assert desk.calls() == ["version", "values", "values", "values", "values"]


def test_a_sort_between_the_two_halves_makes_no_date_of_a_number(desk: SheetDesk) -> None:
    desk.respond(row(2, house_no="10/1"), row(1, house_no="77"))
    desk.fetch()
    desk.ledger.journal.set_setting("google:sheet:cases", "")
    desk.google.before(len(desk.google.calls) + 4, lambda: desk.hand.sort("เลข 13 หลัก"))
    found = [one["house_no"] for one in answers(desk.batch())]
    assert found[0] == 77 and isinstance(found[1], date)


def test_a_sheet_that_never_stands_still_waits_for_the_next_round(desk: SheetDesk) -> None:
    desk.respond(row(1))
    desk.ingest()
    first = len(desk.google.calls)
    for at in (2, 4, 6):
        desk.google.before(first + at, lambda: desk.hand.insert_rows(1))
    desk.respond(row(2))
    (line,) = desk.ingest().trouble
    assert desk.live.id in line
    assert desk.ingest().new == 1


@pytest.mark.parametrize(
    "kind",
    [Kind.TOO_MANY, Kind.INTERNAL, Kind.BAD_GATEWAY, Kind.UNAVAILABLE, Kind.RESET_AFTER, Kind.TRUNCATED],
)
@pytest.mark.parametrize("what", ["drive", "spreadsheets/[^/]+$", "values"])
def test_a_passing_fault_changes_nothing(desk: SheetDesk, kind: Kind, what: str) -> None:
    desk.respond(row(1))
    desk.google.faults.on(what, kind)
    report = desk.ingest()
    assert len(desk.google.faults.log) == 1
    assert (report.new, report.trouble) == (1, [])


def test_an_outage_loses_nothing(desk: SheetDesk) -> None:
    desk.respond(row(1))
    desk.google.faults.on("values", Kind.UNAVAILABLE, times=6)
    with pytest.raises(OutsideError):
        desk.ingest()
    assert desk.ingest().new == 1


def test_without_a_right_to_drive_the_sheet_is_read_each_time(desk: SheetDesk) -> None:
    desk.respond(row(1))
    desk.google.faults.on("drive", Kind.FORBIDDEN, times=2)
    assert desk.ingest().new == 1
    assert desk.ingest().batches == 0
    assert desk.calls().count("values") == 5


@pytest.mark.parametrize("access", ["none", "gone"])
def test_a_sheet_out_of_reach_is_named_and_comes_back(desk: SheetDesk, access: str) -> None:
    desk.respond(row(1))
    desk.ingest()
    kept = desk.google.state.files[desk.live.id], desk.google.state.books[desk.live.id]
    if access == "none":
        desk.google.people.share(desk.live.id, "none")
    else:
        desk.google.people.delete_forever(desk.live.id)
    (line,) = desk.ingest().trouble
    assert desk.live.id in line
    assert len(desk.open_reviews()) == 1
    desk.google.state.files[desk.live.id], desk.google.state.books[desk.live.id] = kept
    desk.google.people.share(desk.live.id, "writer")
    assert (desk.ingest().trouble, desk.open_reviews()) == ([], [])

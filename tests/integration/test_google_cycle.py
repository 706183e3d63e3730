"""Whole cycles on Google: what they cost, what they leave alone, and what they say when they cannot go on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge.application.errors import Busy
from bridge.application.ports.workbooks import TabChange
from tests.contract.google_discovery import undocumented
from tests.contract.workbooks import NASTY
from tests.integration.google_office import CloudOffice, cloud_office
from tests.stand_in.google import Google
from tests.stand_in.google.cells import as_cell

CASES, ACCESS = "ทะเบียนเคส", "คำขอใช้ระบบ"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[CloudOffice]:
    with cloud_office(tmp_path) as made:
        yield made


def of_cases(office: CloudOffice, calls: list[str]) -> list[str]:
    """The calls about cases: their form and their spreadsheet."""
    mine = (office.case_form.id, office.book_id("cases"))
    return [line for line in calls if any(part in line for part in mine)]


# ------------------------------------------------------------------------------------------------ what it costs


def test_calls_of_a_form_and_its_spreadsheet(office: CloudOffice) -> None:
    office.send(5)
    office.rest()
    office.cycle(11)  # a full read, after which the version is known
    assert len(of_cases(office, office.calls_of(lambda: office.cycle(1)))) == 2
    assert len(of_cases(office, office.calls_of(lambda: office.cycle(11)))) == 4
    office.send(1000)
    for row in range(1, 6):
        office.tab().type(row, "เลขหนังสือรับ พมจ.", f"ศก {row}/2569")
    calls = of_cases(office, office.calls_of(office.cycle))
    assert len(calls) <= 5, calls
    assert len(office.rows()) == 1005
    assert [row["ขั้นตอนการช่วยเหลือ"] for row in office.rows()[:5]] == ["ตรวจสอบเอกสาร"] * 5


def test_ten_thousand_edits_travel_in_one_write(office: CloudOffice) -> None:
    """3,334 rows are received by staff at once: the bridge answers with three cells in each."""
    rows = 3334
    office.send(rows)
    office.rest()
    office.cycle(11)
    tab = office.tab()
    column = tab.column("เลขหนังสือรับ พมจ.")
    with office.google.people.changing(office.book_id("cases")):
        for row in range(1, rows + 1):
            tab.tab.grid.set(row, column, f"ศก {row}/2569")
    calls = of_cases(office, office.calls_of(office.cycle))
    assert len(calls) == 5, calls
    assert office.rest()[0].cases.cells == 0
    assert {row["ผลการช่วยเหลือ"] for row in office.rows()} == {"รอพิจารณา"}


def test_each_summary_travels_with_the_cases(office: CloudOffice) -> None:
    office.send(2)
    office.rest()
    titles = [sheet.title for sheet in office.google.state.books[office.book_id("cases")].sheets]
    assert len(titles) == 2 + 8
    overview = json.dumps(office.tab("ภาพรวม").values(), ensure_ascii=False)
    assert "2570" in overview


def test_a_cycle_reports_what_it_asked_of_google(
    office: CloudOffice, capsys: pytest.CaptureFixture[str]
) -> None:
    office.send(1)
    office.cycle()
    standing = office.office.status.run().to_json()
    traffic = standing["runs"]["sync"]["report"]["google"]
    assert traffic["writes"] >= 1
    assert traffic["reads"] > traffic["writes"]
    assert set(traffic) >= {"calls", "retried", "ambiguous", "bytes_sent", "bytes_received"}


# ------------------------------------------------------------------------------------------------ what stays as it is


def test_hostile_answers_stand_in_the_sheet_byte_for_byte(office: CloudOffice) -> None:
    texts = [
        text for text in NASTY if text.strip() and len(text) < 4000 and not set(text) & {"\x00", "\ufffe"}
    ]
    for text in texts:
        office.send(1, **{"ระบุสภาพปัญหา และความต้องการในครอบครัว": text})
    office.rest()
    tab = office.tab().tab
    column = office.tab().column("สภาพปัญหาและความต้องการ")
    found = [as_cell(tab.grid.get(row, column)) for row in range(1, len(texts) + 1)]
    assert [cell.value for cell in found] == texts
    assert all(cell.formula is None for cell in found)
    everything = office.google.state.books[office.book_id("cases")].sheets
    assert not [
        cell
        for sheet in everything
        for line in sheet.grid.rows
        for cell in line
        if as_cell(cell).formula is not None
    ]


def test_a_long_answer_among_two_hundred(office: CloudOffice) -> None:
    office.send(100)
    office.send(1, **{"ระบุสภาพปัญหา และความต้องการในครอบครัว": "ย" * 50_001})
    office.send(99)
    office.rest()
    rows = office.rows()
    assert len(rows) == 200
    assert [len(row["สภาพปัญหาและความต้องการ"]) for row in rows].count(50_000) == 1


def test_a_thousand_writes_do_not_grow_the_sheet(tmp_path: Path) -> None:
    with cloud_office(tmp_path, summary_book="local") as office:
        office.send(3)
        office.rest()
        write_a_thousand_times(office)


def write_a_thousand_times(office: CloudOffice) -> None:
    book = office.office.ports.cases_book
    kept = office.google.state.books[office.book_id("cases")]
    before = [(sheet.title, sheet.grid.row_count, sheet.grid.column_count) for sheet in kept.sheets]
    marks = len(kept.metadata)
    column = office.tab().column("ข้อควรตรวจสอบ")
    with office.office.lease():
        for number in range(1000):
            book.write([TabChange(CASES, {(1, column): f"{number}"})], "")
    kept = office.google.state.books[office.book_id("cases")]
    assert [(sheet.title, sheet.grid.row_count, sheet.grid.column_count) for sheet in kept.sheets] == before
    assert len(kept.metadata) <= marks + 1


# ------------------------------------------------------------------------------------------------ what stops it


def codes(report: Any) -> list[str]:
    return [error.code for error in report.trouble]


def test_a_spreadsheet_in_the_bin(office: CloudOffice) -> None:
    office.send(1)
    office.rest()
    office.google.people.trash(office.book_id("cases"))
    assert codes(office.cycle()) == ["google_book_trashed"]
    office.send(1)
    office.google.state.files[office.book_id("cases")].trashed = False
    office.rest()
    assert len(office.rows()) == 2


def test_a_spreadsheet_that_is_gone_keeps_no_answer_from_coming_in(office: CloudOffice) -> None:
    office.google.people.delete_forever(office.book_id("cases"))
    office.send(2)
    report = office.cycle()
    assert codes(report) == ["google_book_missing"]
    assert report.forms_cases.new == 2
    assert report.exit_code == 4


def test_a_right_that_was_taken_away_and_given_back(office: CloudOffice) -> None:
    office.google.people.share(office.book_id("cases"), "reader")
    office.send(1)
    assert codes(office.cycle()) == ["google_book_forbidden"]
    office.google.people.share(office.book_id("cases"), "writer")
    office.rest()
    assert len(office.rows()) == 1


def test_a_revoked_key(office: CloudOffice) -> None:
    office.send(1)
    office.rest()
    office.google.state.revoked.add(office.google.state.email)
    report = office.cycle()
    assert set(codes(report)) == {"google_sign_in"}
    assert report.exit_code == 3
    office.google.state.revoked.clear()
    office.rest()


def test_two_at_once(office: CloudOffice) -> None:
    """The second finds the lease taken; of a third, whose holder is dead, the lease is taken over."""
    office.send(2)

    def meanwhile() -> None:
        with pytest.raises(Busy) as caught:
            other = office.office.cycle
            other._lease._holder, held = "elsewhere|1|1.0", other._lease._holder
            try:
                other.sync()
            finally:
                other._lease._holder = held
        assert caught.value.code == "lease_held"
        tried.append(True)

    tried: list[bool] = []
    office.google.before("values:batchGetByDataFilter", meanwhile)
    office.cycle()
    assert tried
    assert len(office.rows()) == 2


def test_a_late_write_is_not_done_twice(office: CloudOffice) -> None:
    """Google answers 503, and applies the batch 150 s later: the rows come once."""
    office.send(3)
    office.google.faults.on(":batchUpdate", "late apply", answer="503", seconds=150)
    report = office.cycle()
    assert codes(report) == ["google_unsettled"]
    office.rest()
    assert len(office.rows()) == 3
    assert len({row["รหัสเคส"] for row in office.rows()}) == 3


def test_a_write_that_never_came_is_sent_again_after_its_time(office: CloudOffice) -> None:
    office.send(3)
    office.google.faults.on(":batchUpdate", "time-out before commit", hold=0.02)
    assert codes(office.cycle()) == ["google_unsettled"]
    early = office.cycle(1)
    assert codes(early) == ["google_unsettled"]
    assert office.rows() == []
    office.rest()
    assert len(office.rows()) == 3


def test_every_request_is_as_google_documents_it(tmp_path: Path) -> None:
    """Set-up, cycles with all kinds of work, a staff edit, an approval: against the discovery documents."""
    google = Google()
    google.keep_answers = True
    with cloud_office(tmp_path, google) as office:
        office.send(3)
        office.ask(1, "somchai@example.go.th")
        office.rest()
        office.tab().type(1, "เลขหนังสือรับ พมจ.", "ศก 1/2569")
        hand = office.tab(ACCESS, "access")
        hand.type(1, "อนุมัติ", "อนุมัติ")
        hand.type(1, "บทบาท", "เจ้าหน้าที่ พมจ.")
        hand.rename_header("เบอร์โทร", "โทรศัพท์")
        office.rest()
        assert len(office.mails()) == 1
        assert undocumented(google, 0) == []


def test_a_typed_row_that_was_taken_away_keeps_nothing_waiting(office: CloudOffice) -> None:
    """It had its number in the ledger, but the write did not come through before it was gone again."""
    office.send(1)
    office.rest()
    tab = office.tab()
    tab.type(2, "ชื่อ-สกุลผู้ประสบปัญหา", "นางสมมติ พิมพ์เอง")
    office.google.faults.on(":batchUpdate", "time-out before commit", hold=0.02)
    office.cycle()
    tab.delete_rows(2)
    office.rest()
    office.cycle(11)
    assert len(of_cases(office, office.calls_of(lambda: office.cycle(1)))) == 2
    assert len(office.rows()) == 1


# ------------------------------------------------------------------------------------------------ lost answers


def test_the_time_counts_from_when_the_request_leaves(office: CloudOffice) -> None:
    """It waited 200 s for its turn; then its answer was lost, and Google applied it 150 s later."""

    class Queue:
        def take(self, effect: str, lane: str) -> float:
            office.clock.wait(200 if effect == "write" else 0)
            return 0.0

    office.send(3)
    office.office.google.client._quota = Queue()  # type: ignore[assignment]
    office.google.faults.on(":batchUpdate", "late apply", answer="503", seconds=150)
    assert codes(office.cycle()) == ["google_unsettled"]
    office.rest()
    assert len(office.rows()) == 3


def test_a_batch_given_up_that_comes_after_all_is_not_done_twice(office: CloudOffice) -> None:
    """Google applies it a day late, when nobody would believe it: the write that took its number is refused as
    a whole, and the rows come once."""
    office.send(3)
    office.google.faults.on(":batchUpdate", "late apply", answer="503")
    assert codes(office.cycle()) == ["google_unsettled"]
    office.google.before(":batchUpdate", lambda: office.google.faults.apply_late())
    office.rest()
    assert sorted(row["รหัสเคส"] for row in office.rows()) == [f"SSK-2570-00000{n}" for n in (1, 2, 3)]


def test_a_note_in_a_column_of_ones_own_survives_a_lost_answer(office: CloudOffice) -> None:
    """Somebody moves the column under our write, and the answer is lost."""
    office.send(2)
    office.rest()
    tab = office.tab()
    tab.insert_columns(3, header="บันทึกส่วนตัว")
    tab.type(1, 3, "โน้ตของเจ้าหน้าที่")
    office.rest()
    tab.type(1, "เลขหนังสือรับ พมจ.", "ศก 1/2569")
    place = tab.column("การดำเนินงาน")
    office.google.before(":batchUpdate", lambda: tab.move_column("บันทึกส่วนตัว", place + 1))
    office.google.faults.on(":batchUpdate", "reset after commit")
    office.cycle()
    office.rest()
    row = office.rows()[0]
    assert row["บันทึกส่วนตัว"] == "โน้ตของเจ้าหน้าที่"
    assert row["ขั้นตอนการช่วยเหลือ"] == "ตรวจสอบเอกสาร"


def test_a_process_that_lost_its_lease_writes_nothing(office: CloudOffice) -> None:
    """The computer slept for half an hour between reading and writing, and another took over."""
    journal = office.office.ports.journal

    def sleep() -> None:
        office.clock.wait(31 * 60)
        now = office.clock.now()
        assert journal.acquire("office", "elsewhere|1|1.0", now, now)

    office.send(3)
    office.google.after(f"{office.book_id('cases')}/values", sleep)
    assert "lease_lost" in codes(office.cycle())
    assert office.rows() == []
    journal.release("office", "elsewhere|1|1.0")
    office.rest()
    assert len(office.rows()) == 3


# ------------------------------------------------------------------------------------------------ odd company


def test_an_answer_of_emoji_only_is_clipped_as_google_counts(office: CloudOffice) -> None:
    office.send(2)
    office.send(1, **{"ระบุสภาพปัญหา และความต้องการในครอบครัว": "\N{GRINNING FACE}" * 26_000})
    office.rest()
    assert len(office.rows()) == 3
    assert office.rows()[2]["สภาพปัญหาและความต้องการ"].endswith("…")


def test_a_refused_summary_keeps_no_case_from_the_sheet(
    office: CloudOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = {"updateSheetProperties": {"properties": {"sheetId": 987_654, "title": "x"}, "fields": "title"}}
    summaries = office.office.ports.summary_book
    monkeypatch.setattr(summaries, "staged", lambda tabs, state: ([refused], lambda: None))
    office.send(3)
    office.cycle()
    assert len(office.rows()) == 3


def test_a_summary_whose_write_was_lost_comes_with_a_later_cycle(office: CloudOffice) -> None:
    office.send(1)
    office.rest()
    office.tab().type(1, "จำนวนเงิน", "2000")
    office.google.faults.on(":batchUpdate", "time-out before commit", hold=0.02)
    office.cycle()
    office.rest()
    sheets = office.google.state.books[office.book_id("cases")].sheets
    figures = [cell for sheet in sheets[2:] for line in office.tab(sheet.title).values() for cell in line]
    assert 2000 in figures

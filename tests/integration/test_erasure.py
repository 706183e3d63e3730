"""A person is erased: nothing of theirs stays or comes back, whatever still holds it, and every figure is as it was."""

from __future__ import annotations

import os
import shutil
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from bridge import bootstrap
from bridge.application.erase import NothingToErase
from bridge.application.errors import Busy
from bridge.application.ports.forms import Batch
from bridge.application.ports.read_log import Reading, Sought
from bridge.application.ports.reviews import ReviewKind
from bridge.application.ports.rows import Presence
from bridge.bootstrap import Office
from bridge.workspace import Workspace
from tests.functional.office import TestOffice, case_answer, family_name, valid_id
from tests.integration.google_office import cloud_office
from tests.integration.kill_helpers import Desk, Surveyor
from tests.integration.kill_office import MONDAY

WHO = "portal:1"
# What is told of the person to be erased, in all columns and in what staff typed; each is found nowhere else.
PERSON = 41
SECRETS = (
    family_name(PERSON),
    valid_id(PERSON),
    "ป่วยติดเตียงรายลับ",
    "0899990041",
    "41/77",
    "ผู้ส่งรายลับ",
    "หนังสือลับ/41",
    "เจ้าหน้าที่ลับ",
    "ที่พิมพ์ทีหลัง",
)
ANSWER = {
    "ชื่อ - สกุลผู้ส่ง": "นางผู้ส่งรายลับ ส่งเคส",
    "เลขหนังสือนำส่ง": "หนังสือลับ/41",
    "ระบุสภาพปัญหา และความต้องการในครอบครัว": "ป่วยติดเตียงรายลับ",
    "บ้านเลขที่": "41/77",
    "เบอร์โทรศัพท์": "0899990041",
}


CASE = "SSK-2570-000004"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An office at work: the person's case among others, corrected, paid, published, and thought to be double."""
    hands = TestOffice(tmp_path_factory.mktemp("ต้นแบบ") / "สำนักงาน")
    bootstrap.create(hands.root)
    others = [case_answer(number) for number in (1, 2, 3)]
    hands.send_cases([*others, case_answer(PERSON, **ANSWER), case_answer(PERSON, **{**ANSWER, "หมู่": "8"})])
    office = opened(hands)
    evening(office)
    assert office.hand_out.cases_of(valid_id(PERSON))[0] == CASE
    with hands.edit("cases") as tab:
        row = row_of(tab, CASE)
        tab[row, "ตรวจสอบแล้ว"] = "ตรวจสอบแล้ว"
        tab[row, "ผู้รับผิดชอบ"] = "เจ้าหน้าที่ลับ"
        tab[row, "สภาพปัญหาและความต้องการ"] = "ป่วยติดเตียงรายลับ ที่พิมพ์ทีหลัง"
        tab[row, "ขั้นตอนการช่วยเหลือ"] = "ให้การช่วยเหลือแล้ว"
        tab[row, "จำนวนเงิน"] = 3000
        tab[row, "วันที่โอนเงิน"] = date(2026, 11, 21)
    evening(office)
    bootstrap.close()
    return hands.root


@pytest.fixture
def hands(prepared: Path, tmp_path: Path) -> Iterator[TestOffice]:
    yield TestOffice(Path(shutil.copytree(prepared, tmp_path / "สำนักงาน")))
    bootstrap.close()


def opened(hands: TestOffice) -> Office:
    return bootstrap.open_office(hands.root)


def evening(office: Office) -> None:
    assert office.cycle.sync().trouble == []
    office.publish.run()
    office.summarise.run()


def worked(hands: TestOffice, *, paid: bool = True) -> tuple[Office, str]:
    office = opened(hands)
    if not paid:
        with hands.edit("cases") as tab:
            for header in ("จำนวนเงิน", "วันที่โอนเงิน"):
                tab[row_of(tab, CASE), header] = None
        evening(office)
    return office, CASE


def erase(office: Office, case: str, *, keep_out: bool = False) -> Any:
    cases = office.hand_out.cases_of(valid_id(PERSON))
    assert case in cases
    return office.erase.run(cases, [], "คำขอที่ 1/2569", WHO, keep_out=keep_out)


def row_of(tab: Any, case: str) -> int:
    places = tab.places["รหัสเคส"]
    return next(n for n in range(2, tab.sheet.max_row + 1) if tab.sheet.cell(n, places).value == case)


def shown(hands: TestOffice, case: str) -> dict[str, Any]:
    (row,) = [row for row in hands.rows("cases") if row["รหัสเคส"] == case]
    return {header: cell for header, cell in row.items() if cell is not None}


def holding_secrets(hands: TestOffice) -> list[str]:
    """Where anything of the person stands: in the bytes of the ledger's files, and in every part of every workbook
    and letter that the program writes."""
    bootstrap.close()
    workspace, found = Workspace(hands.root), []
    files = [*hands.root.glob("ledger.sqlite3*"), workspace.erasures, *workspace.logs.iterdir()]
    files += list(workspace.outbox.rglob("*.eml"))
    contents = {path.name: path.read_bytes() for path in files if path.exists()}
    for book in workspace.cases_book.parent.iterdir():
        with zipfile.ZipFile(book) as archive:
            contents |= {f"{book.name}/{part}": archive.read(part) for part in archive.namelist()}
    for name, content in contents.items():
        found += [f"{name}: {secret}" for secret in SECRETS if secret.encode() in content]
        found += [
            f"{name}: {s} in JSON"
            for s in SECRETS
            if s.encode("unicode_escape") in content and not s.isascii()
        ]
    return found


def figures(office: Office) -> Any:
    return office.summarise.count().years()


class TestWhatGoes:
    @pytest.mark.parametrize("paid", [True, False])
    def test_nothing_of_the_person_is_left_and_no_figure_changes(self, hands: TestOffice, paid: bool) -> None:
        office, case = worked(hands, paid=paid)
        before = figures(office)
        assert {text.partition(": ")[2] for text in holding_secrets(hands)} >= set(SECRETS), "it was there"
        office = opened(hands)
        erase(office, case)
        state = office.ports.rows.load("cases", [case])[case]
        assert state.values.get("amount") == (3000 if paid else None)
        assert figures(office) == before
        assert [text for text in holding_secrets(hands) if "ledger" in text] == [], "already before a cycle"
        office = opened(hands)
        for _ in range(3):
            evening(office)
        assert figures(office) == before
        assert holding_secrets(hands) == []
        row = shown(hands, case)
        assert row["ข้อควรตรวจสอบ"] == "ลบข้อมูลตามคำขอ"
        assert row["อำเภอ"] == "เมืองศรีสะเกษ" and row["ประเภทผู้ประสบปัญหา"] == "ผู้มีรายได้น้อย"
        assert ("จำนวนเงิน" in row) == paid
        personal = {"ชื่อ-สกุลผู้ประสบปัญหา", "เลข 13 หลัก", "เบอร์โทรเคส", "ผู้รับผิดชอบ", "อายุ(ปี)", "บ้านเลขที่"}
        assert personal.isdisjoint(row)

    def test_other_cases_stay_as_they_were(self, hands: TestOffice) -> None:
        office, case = worked(hands)
        gone = office.hand_out.cases_of(valid_id(PERSON))
        before = {s.key: s.values for s in office.ports.rows.load_all("cases") if s.key not in gone}
        erase(office, case)
        evening(office)
        after = {s.key: s.values for s in office.ports.rows.load_all("cases") if s.key not in gone}
        assert after == before and len(after) == 3

    def test_officers_see_it_no_more_and_the_read_log_still_says_who_looked(self, hands: TestOffice) -> None:
        office, case = worked(hands)
        assert office.ports.tracking.case(case, published=True) is not None
        erase(office, case)
        assert office.ports.tracking.case(case, published=True) is None
        evening(office)
        assert office.ports.tracking.case(case, published=True) is None

    def test_who_when_how_many_and_why_are_remembered(self, hands: TestOffice) -> None:
        office, case = worked(hands)
        done = erase(office, case)
        (kept,) = office.erase.past()
        assert (kept.actor, kept.why, kept.cases) == (WHO, "คำขอที่ 1/2569", 2)
        assert kept == done
        past = office.ports.rows.history("cases", case)
        assert (past[-1].event.why, past[-1].event.actor, past[-1].event.new) == ("erased", WHO, done.key)
        assert {(one.event.old, one.event.new) for one in past[:-1]} == {(None, None)}
        with pytest.raises(NothingToErase):
            office.erase.run([case, "SSK-2569-999999"], [], "อีกครั้ง", WHO, keep_out=False)

    def test_it_waits_for_a_cycle_that_is_at_work(self, hands: TestOffice) -> None:
        office, case = worked(hands)
        with office.lease(), pytest.raises(Busy):
            erase(office, case)
        assert office.ports.rows.load("cases", [case])[case].values["national_id"] == valid_id(PERSON)

    def test_it_is_shown_before_what_goes_and_what_stays(self, hands: TestOffice) -> None:
        office, case = worked(hands)
        (found,) = office.erase.look([case])
        assert found.paid and not found.erased
        assert found.stays["amount"] == 3000 and "national_id" in found.goes
        assert office.erase.names_the_person(f"ขอโดย {family_name(PERSON)}", [case])
        assert office.erase.names_the_person(f"เลข {valid_id(PERSON)}", [case])
        assert not office.erase.names_the_person("คำขอที่ 1/2569", [case])


class TestComingBack:
    def test_a_copied_row_and_later_typing_are_written_over_and_pointed_out(self, hands: TestOffice) -> None:
        office, case = worked(hands)
        with hands.edit("cases") as tab:
            old = [
                tab.sheet.cell(row_of(tab, case), column).value
                for column in range(1, tab.sheet.max_column + 1)
            ]
        erase(office, case)
        evening(office)
        with hands.edit("cases") as tab:
            last = tab.sheet.max_row
            for offset, without_id in ((1, False), (2, True)):
                for column, value in enumerate(old, 1):
                    tab.sheet.cell(last + offset, column).value = (
                        None if without_id and column == 1 else value
                    )
            tab[row_of(tab, case), "ชื่อ-สกุลผู้ประสบปัญหา"] = old[9]
            tab[row_of(tab, case), "จำนวนเงิน"] = 1
        count = len(office.ports.rows.marks("cases"))
        for _ in range(3):
            evening(office)
        assert len(office.ports.rows.marks("cases")) == count, "no new case"
        assert office.ports.rows.load("cases", [case])[case].values["amount"] == 3000
        told, _ = office.ports.reviews.page(ReviewKind.ERASED_ROW, None, 0, 9)
        assert case in {one.item.case for one in told}
        assert holding_secrets(hands) == []

    def test_the_old_workbook_put_back_is_blanked_again(self, hands: TestOffice) -> None:
        office, case = worked(hands)
        book = Workspace(hands.root).cases_book
        old = book.read_bytes()
        erase(office, case)
        evening(office)
        book.write_bytes(old)
        for _ in range(2):
            evening(office)
        assert shown(hands, case)["ข้อควรตรวจสอบ"] == "ลบข้อมูลตามคำขอ"
        assert holding_secrets(hands) == []

    def test_a_ledger_put_back_is_erased_again_before_anything_else(self, hands: TestOffice) -> None:
        office, case = worked(hands)
        copy = office.back_up()
        before = figures(office)
        erase(office, case)
        evening(office)
        bootstrap.close()
        shutil.copyfile(copy, Workspace(hands.root).ledger)
        assert any("ledger" in text for text in holding_secrets(hands)), "the backup held it"
        office = opened(hands)
        assert not [text for text in holding_secrets(hands) if "ledger" in text]
        office = opened(hands)
        for _ in range(3):
            evening(office)
        assert figures(office) == before
        assert holding_secrets(hands) == []

    def test_a_ledger_that_is_lost_takes_no_erased_answer_and_gives_no_number_twice(
        self, hands: TestOffice
    ) -> None:
        office, case = worked(hands)
        keys = set(office.ports.rows.marks("cases"))
        gone = set(office.hand_out.cases_of(valid_id(PERSON)))
        erase(office, case)
        evening(office)
        bootstrap.close()
        Workspace(hands.root).ledger.unlink()
        hands.send_cases([case_answer(9)], "later.csv")
        office = opened(hands)
        for _ in range(2):
            office.cycle.sync()
        found = set(office.ports.rows.marks("cases"))
        assert keys - gone < found and found.isdisjoint(gone)
        assert holding_secrets(hands) == []

    def test_a_lost_file_of_tombstones_is_made_again(self, hands: TestOffice) -> None:
        office, case = worked(hands)
        done = erase(office, case)
        Workspace(hands.root).erasures.unlink()
        evening(office)
        assert office.ports.erasure_file.read() == [done]

    def test_a_person_who_is_to_be_kept_out_stays_out(self, hands: TestOffice) -> None:
        office, case = worked(hands)
        erase(office, case, keep_out=True)
        evening(office)
        count = len(office.ports.rows.marks("cases"))
        hands.send_cases([case_answer(50, **{"เลข 13 หลัก": valid_id(PERSON)})], "again.csv")
        with hands.edit("cases") as tab:
            last = tab.sheet.max_row + 1
            tab[last, "ชื่อ-สกุลผู้ประสบปัญหา"] = "นายอื่น คนอื่น"
            tab[last, "เลข 13 หลัก"] = valid_id(PERSON)
        evening(office)
        evening(office)
        assert len(office.ports.rows.marks("cases")) == count
        assert not [text for text in holding_secrets(hands) if "ledger" in text]
        office = opened(hands)
        refused, _ = office.ports.reviews.page(ReviewKind.REFUSED_ROW, None, 0, 9)
        assert len(refused) == 1
        typed, _ = office.ports.reviews.page(ReviewKind.ERASED_ROW, None, 0, 9)
        assert [one.item.shown["row"] for one in typed] == [str(last)]

    def test_someone_else_with_the_same_name_is_taken_in(self, hands: TestOffice) -> None:
        office, case = worked(hands)
        erase(office, case, keep_out=True)
        hands.send_cases([case_answer(PERSON, **{"เลข 13 หลัก": valid_id(77)})], "namesake.csv")
        evening(office)
        assert len(office.hand_out.cases_of(valid_id(77))) == 1


class Watcher(Surveyor):
    """Sees the tombstones' file, too."""

    def _fingerprint(self) -> bytes:
        lines = self._workspace.erasures
        return super()._fingerprint() + (lines.read_bytes() if lines.exists() else b"")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a process is killed in a fork of this one")
def test_killed_anywhere_and_opened_again_it_ends_the_same(hands: TestOffice) -> None:
    """Killed at each port call at which the disk is not as it was at the call before."""
    before = shutil.copytree(hands.root, hands.root.with_name("ก่อน"))
    watcher = Watcher(hands.root)
    Desk(hands.root, MONDAY).run(lambda office: erase(office, CASE) and None, watcher)
    ends, untouched = set(), 0
    for point in sorted(watcher.turning):
        shutil.rmtree(hands.root)
        shutil.copytree(before, hands.root)
        assert Desk(hands.root, MONDAY).killed(lambda office: erase(office, CASE) and None, point)
        begun = Workspace(hands.root).erasures.exists()
        office = opened(hands)
        if begun:
            assert not [text for text in holding_secrets(hands) if "ledger" in text], point
            office = opened(hands)
            assert office.cycle.sync().trouble == []
            ends.add(the_end(office, CASE))
        else:
            untouched += 1
            assert office.ports.rows.load("cases", [CASE])[CASE].values["national_id"] == valid_id(PERSON)
    assert len(ends) == 1 and untouched >= 2 and len(watcher.turning) - untouched >= 4


def the_end(office: Office, case: str) -> str:
    state = office.ports.rows.load("cases", [case])[case]
    assert state.presence is Presence.PRESENT and state.settled and state.erased
    (erasure,) = office.erase.past()
    return repr(
        (sorted(state.values.items()), state.confirmed == state.values, sorted(erasure.tombstones, key=repr))
    )


def test_the_ledger_writes_over_what_it_deletes(hands: TestOffice) -> None:
    from django.db import connection

    opened(hands)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA secure_delete")
        assert cursor.fetchone()[0] == 1


def test_shared_texts_of_a_saved_workbook_are_blanked_and_no_other(hands: TestOffice) -> None:
    """openpyxl saves every text in the list that cells share, as Excel does."""
    office, case = worked(hands)
    erase(office, case)
    kept = [row for row in hands.rows("cases") if row["รหัสเคส"] not in office.ports.rows.marks("cases")]
    before = {row["รหัสเคส"]: row for row in hands.rows("cases")}
    evening(office)
    after = {row["รหัสเคส"]: row for row in hands.rows("cases")}
    gone = {key for key, mark in office.ports.rows.marks("cases").items() if mark.erased}
    assert kept == []
    assert {k: v for k, v in after.items() if k not in gone} == {
        k: {**v, "ซ้ำกับ": after[k]["ซ้ำกับ"], "ข้อควรตรวจสอบ": after[k]["ข้อควรตรวจสอบ"]}
        for k, v in before.items()
        if k not in gone
    }
    book = openpyxl.load_workbook(Workspace(hands.root).cases_book)
    assert book.worksheets[0].max_row == len(before) + 1


def test_the_tombstones_tell_nothing(hands: TestOffice) -> None:
    office, case = worked(hands)
    erase(office, case, keep_out=True)
    text = Workspace(hands.root).erasures.read_text(encoding="utf-8")
    assert case not in text and valid_id(PERSON) not in text
    with closing(sqlite3.connect(Workspace(hands.root).ledger)) as connection:
        rows = str(connection.execute("SELECT * FROM ledger_tombstoneentry").fetchall())
    assert valid_id(PERSON) not in rows
    assert (Workspace(hands.root).erasures.stat().st_mode & 0o077) == 0 or os.name != "posix"


def test_a_line_that_was_cut_short_is_left_out_and_ended(hands: TestOffice) -> None:
    office, case = worked(hands)
    file = Workspace(hands.root).erasures
    file.write_bytes(b'{"key":"half","why":"}')
    done = erase(office, case)
    assert office.ports.erasure_file.read() == [done]


def test_a_row_of_the_register_goes_and_is_not_imported_again(hands: TestOffice) -> None:
    office, case = worked(hands)
    name = f"นายสมมติ {family_name(PERSON)}"
    rows = [["หมายเลข", "ชื่อ-สกุล", "ตำบล", "อำเภอ"], ["R-1", name, "โพธิ์", "เมืองศรีสะเกษ"]]
    rows += [["R-2", "นายสมมติ คนหนึ่ง", "โพธิ์", "เมืองศรีสะเกษ"]]
    batch = Batch("register.csv", "1", rows, complete=True)
    office.import_register.run(batch)
    assert [entry.number for entry in office.erase.registered([case])] == ["R-1"]
    office.erase.run([case], ["R-1"], "คำขอ", WHO, keep_out=False)
    assert office.import_register.run(batch).erased == 1
    assert office.ports.register.entry("R-1") is None and office.ports.register.entry("R-2") is not None


def test_files_of_the_cases_are_forgotten_too(hands: TestOffice) -> None:
    office, case = worked(hands)
    told: list[list[str]] = []
    office.erase._forget_files = lambda cases: told.append(list(cases))
    erase(office, case)
    assert told == [[case, "SSK-2570-000005"]]


def test_the_night_forgets_what_was_looked_at_long_ago(hands: TestOffice) -> None:
    from bridge.adapters.ledger.models import Account

    office, case = worked(hands)
    account = str(
        Account.objects.create(email="a@example.go.th", email_key="a@example.go.th", role="staff").pk
    )
    now = office.ports.clock.now()
    for days in (1, 360, 370):
        office.ports.read_log.note(Reading(now - timedelta(days=days), account, "case_view", (case,)))
    bootstrap.night(office)
    left, total = office.ports.read_log.find(Sought(), 0, 9)
    assert total == 2 and min(reading.at for reading in left) == now - timedelta(days=360)


def test_on_google_the_row_is_written_over_and_the_form_brings_nothing_back(tmp_path: Path) -> None:
    with cloud_office(tmp_path) as office:
        office.send(2)
        office.send(1, **{**ANSWER, "เลข 13 หลัก": valid_id(PERSON)})
        office.rest()
        (case,) = office.office.hand_out.cases_of(valid_id(PERSON))
        office.office.erase.run([case], [], "คำขอ", WHO, keep_out=False)
        office.rest()
        office.cycle(11)
        tab = office.tab()
        row = next(n for n, found in enumerate(office.rows(), 1) if found["รหัสเคส"] == case)
        assert office.rows()[row - 1]["ข้อควรตรวจสอบ"] == "ลบข้อมูลตามคำขอ"
        tab.type(row, "ชื่อ-สกุลผู้ประสบปัญหา", "นางผู้ส่งรายลับ ส่งเคส")
        office.rest()
        assert len(office.rows()) == 3
        assert [s for s in SECRETS if s in str(office.rows())] == []
        told, _ = office.office.ports.reviews.page(ReviewKind.ERASED_ROW, None, 0, 9)
        assert [one.item.case for one in told] == [case]

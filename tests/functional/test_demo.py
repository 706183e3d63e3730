"""`python run.py demo`: a day of the sample province, played by a process of its own and read as people read it."""

from __future__ import annotations

import csv
import email
import io
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from email import policy
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from rich.console import Console

from bridge import bootstrap
from bridge.application.errors import SheetError
from bridge.bootstrap import Office
from bridge.config import load
from bridge.demo import play, staff
from bridge.demo.answers import write_story
from bridge.domain.values import baht, national_id
from bridge.domain.values.places import Places
from bridge.domain.values.thai_date import fiscal_year
from bridge.workspace import CONFIG

RUN = Path(__file__).resolve().parents[2] / "run.py"
FOLDER = "งาน ตัวอย่าง (พมจ.) 1"
CASE_ID = re.compile(r"SSK-(\d{4})-\d{6}")


def run(*arguments: str, at: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(RUN), *arguments]
    return subprocess.run(command, cwd=at, capture_output=True, encoding="utf-8", timeout=120, check=False)


def demo(folder: Path) -> subprocess.CompletedProcess[str]:
    return run("demo", str(folder), at=folder.parent)


class Played:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.result = demo(folder)

    def table(self, book: str, tab: int = 0) -> list[dict[str, Any]]:
        """The rows of a tab by header, with what openpyxl reads in each cell."""
        workbook = load_workbook(self.folder / "workbooks" / book)
        try:
            header, *rows = workbook.worksheets[tab].iter_rows(values_only=True)
        finally:
            workbook.close()
        return [dict(zip(header, row, strict=True)) for row in rows if any(cell is not None for cell in row)]

    def cases(self) -> list[dict[str, Any]]:
        """Without the row that was copied."""
        rows = self.table("cases.xlsx")
        return [row for row in rows if "เป็นสำเนาของ" not in str(row["ข้อควรตรวจสอบ"])]

    def case(self, **cells: Any) -> dict[str, Any]:
        found = [row for row in self.cases() if all(row[header] == cell for header, cell in cells.items())]
        assert len(found) == 1, cells
        return found[0]

    def letters(self) -> list[Any]:
        paths = (self.folder / "outbox").glob("*.eml")
        return [email.message_from_bytes(path.read_bytes(), policy=policy.default) for path in paths]

    def corrections(self, case: str) -> list[tuple[str, str]]:
        """What the history says that staff corrected in a case: (new value, column)."""
        told = json.loads(run("history", case, "--json", at=self.folder).stdout)
        return [(e["new"], e["column"]) for e in told["events"] if e["why"] == "correction"]

    def figure(self, label: str) -> Decimal:
        """A number of the table at the end."""
        found = re.search(rf"│ {re.escape(label)}\s*│\s*([\d,.]+) │", self.result.stdout)
        assert found, self.result.stdout
        return Decimal(found[1].replace(",", ""))


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    day = Played(tmp_path_factory.mktemp("โต๊ะ ทำงาน") / FOLDER)
    assert day.result.returncode == 0, day.result.stdout + day.result.stderr
    yield day


def test_it_says_each_step_and_where_to_look(played: Played) -> None:
    said = played.result.stdout
    assert said.count("✓") == 13
    for path in ("workbooks/access.xlsx", "workbooks/cases.xlsx", "workbooks/summary.xlsx", "outbox"):
        assert str(played.folder / Path(path)) in said
    assert "\x1b" not in said  # stdout is no terminal
    assert played.result.stderr == ""
    assert not re.search(r"\{\w+\}|step_\w+", said)  # every wording is there, and filled


def test_at_least_sixty_submissions_over_several_amphoe_and_two_fiscal_years(played: Played) -> None:
    cases = played.cases()
    ids = [row["รหัสเคส"] for row in cases]
    assert len(set(ids)) == len(ids) == played.figure("เคสในทะเบียน")
    assert played.figure("คำตอบที่รับเป็นเคส") >= 60
    assert len(ids) == played.figure("คำตอบที่รับเป็นเคส") + 1  # and the one that staff typed
    years = Counter(found[1] for found in map(CASE_ID.fullmatch, ids) if found)
    assert sum(years.values()) == len(ids)
    assert len(years) == 2
    assert min(years.values()) >= 5
    assert len({row["อำเภอ"] for row in cases}) == played.figure("อำเภอ") >= 5


def test_no_answer_is_lost_or_doubled_between_the_kinds_of_download(played: Played) -> None:
    inbox = played.folder / "inbox" / "cases"
    (sheet,) = load_workbook(next(inbox.glob("*.xlsx"))).worksheets
    answers = [row for row in sheet.iter_rows(min_row=2, values_only=True) if row[0] is not None]
    with next(inbox.glob("*.csv")).open(encoding="utf-8", newline="") as file:
        downloaded = list(csv.reader(file))[1:]
    assert len(downloaded) < len(answers) == played.figure("คำตอบที่รับเป็นเคส")
    sent = Counter(answer[0] for answer in answers)
    assert not sent - Counter(row["วันที่เวลา"] for row in played.cases())


def test_the_downloads_hold_what_real_data_looks_like(played: Played) -> None:
    inbox = played.folder / "inbox" / "cases"
    (sheet,) = load_workbook(next(inbox.glob("*.xlsx"))).worksheets
    header, *rows = sheet.iter_rows(values_only=True)
    with next(inbox.glob("*.csv")).open(encoding="utf-8", newline="") as file:
        text = file.read()
    assert header[0] == "Timestamp"
    assert text.startswith('"ประทับเวลา"')
    assert "หลังเที่ยง GMT+7" in text
    assert "PM GMT+7" in text
    houses = [row[header.index("บ้านเลขที่")] for row in rows]
    assert sum(isinstance(house, date) for house in houses) >= 2
    assert rows[-1][0] is None  # the half-filled row at the bottom
    for quirk in ("E+12", "\u200b", "  ", "๑", "ไม่มีเบอร์ติดต่อ", '"-"', "=IMPORTDATA(", "+66", "012022", "น.ส."):
        assert quirk in text, quirk


def test_people_and_ids_are_as_invented(played: Played) -> None:
    numbers = [str(row["เลข 13 หลัก"] or "") for row in played.cases()]
    valid = [number for number in numbers if national_id.is_valid(number)]
    assert len(valid) >= 50
    assert any(number.startswith("0") for number in valid)
    assert len(numbers) - len(valid) >= 6  # and some that are damaged, kept as they came
    doubted = [
        row["ข้อควรตรวจสอบ"] for row in played.cases() if re.match(r"\d\.\d+E\+12", str(row["เลข 13 หลัก"]))
    ]
    assert doubted and all("เสียหายจากโปรแกรมตาราง" in text for text in doubted)


def test_an_id_that_lost_its_zero_as_a_number_is_whole_again(played: Played) -> None:
    inbox = played.folder / "inbox" / "cases"
    (sheet,) = load_workbook(next(inbox.glob("*.xlsx"))).worksheets
    header, *rows = sheet.iter_rows(values_only=True)
    place = header.index("เลข 13 หลัก")
    sent, lost = next(
        (row[0], row[place])
        for row in reversed(rows)
        if isinstance(row[place], int) and national_id.is_valid(f"0{row[place]}")
    )
    assert played.case(วันที่เวลา=sent)["เลข 13 หลัก"] == f"0{lost}"


def test_every_answer_that_looks_like_a_formula_is_text(played: Played) -> None:
    looks = []
    for path in [*(played.folder / "workbooks").glob("*.xlsx"), *(played.folder / "inbox").rglob("*.xlsx")]:
        for sheet in load_workbook(path).worksheets:
            cells = [cell for row in sheet.iter_rows() for cell in row]
            assert [cell.coordinate for cell in cells if cell.data_type == "f"] == [], path.name
            looks += [
                cell.value for cell in cells if isinstance(cell.value, str) and cell.value[:1] in "=+@-"
            ]
    for start in ("=IMPORTDATA(", "=HYPERLINK(", "=1+1", "+", "@", "-1"):
        assert any(value.startswith(start) for value in looks), start


def test_one_mail_for_each_approval_and_none_for_others(played: Played) -> None:
    requests = played.table("access.xlsx")
    approved = [row["อีเมล"] for row in requests if row["สถานะ"] == "อนุมัติแล้ว"]
    letters = played.letters()
    assert sorted(letter["To"] for letter in letters) == sorted(approved)
    assert len(letters) == played.figure("อีเมลใน outbox/") == played.figure("บัญชีที่อนุมัติ") >= 4
    links = [re.findall(r"https://\S+", letter.get_body(("plain",)).get_content()) for letter in letters]
    assert len({link for (link,) in links}) == len(letters)
    assert all(isinstance(row["ส่งอีเมลเมื่อ"], datetime) for row in requests if row["อีเมล"] in approved)


def test_each_request_is_answered_in_its_row(played: Played) -> None:
    requests = played.table("access.xlsx")
    by_approval = {row["อนุมัติ"]: row for row in requests}
    assert by_approval[True]["สถานะ"] == "อนุมัติแล้ว"  # a tick
    assert by_approval["ไม่อนุมัติ"]["สถานะ"] == "ไม่อนุมัติ"
    unclear = by_approval["รอสอบถามหน่วยงานก่อน"]
    assert unclear["สถานะ"] == "รอพิจารณา"
    assert "ไม่ใช่คำอนุมัติ" in unclear["หมายเหตุ"]
    (malformed,) = (row for row in requests if "." not in row["อีเมล"].partition("@")[2])
    assert malformed["สถานะ"] == "ต้องแก้ไข"
    assert malformed["ส่งอีเมลเมื่อ"] is None
    asked_twice = [row for row in requests if row["อีเมล"].strip().lower() == "kamol@tambon.example.com"]
    assert len(asked_twice) == 1
    assert "ส่งคำขอซ้ำ" in asked_twice[0]["หมายเหตุ"]


def test_what_staff_typed_stays_and_the_suggestions_follow(played: Played) -> None:
    cases = played.cases()
    for row in cases:
        received = row["เลขหนังสือรับ พมจ."] is not None
        assert row["การดำเนินงาน"] == ("รับเรื่องแล้ว" if received else "รอดำเนินการ")
        if not received:
            assert row["ผลการช่วยเหลือ"] == "ยังไม่ช่วยเหลือ"
    assert {row["ขั้นตอนการช่วยเหลือ"] for row in cases} == {
        "ยังไม่รับเรื่อง",
        "ตรวจสอบเอกสาร",
        "เอกสารไม่สมบูรณ์ ติดต่อ จนท.",
        "เสนอคณะกรรมการพิจารณา",
        "ให้การช่วยเหลือแล้ว",
    }
    own_words = [row for row in cases if row["ผลการช่วยเหลือ"] == "เงินสงเคราะห์และเครื่องอุปโภคบริโภค"]
    assert own_words and all(row["ขั้นตอนการช่วยเหลือ"] == "ให้การช่วยเหลือแล้ว" for row in own_words)
    assert sum(row["สิ่งของ"] is not None for row in cases) >= 3
    assert sum(row["โน้ตของฉัน"] is not None for row in played.table("cases.xlsx")) == 3  # a private column


def test_what_staff_put_right_is_in_the_history(played: Played) -> None:
    inbox = played.folder / "inbox" / "cases"
    (sheet,) = load_workbook(next(inbox.glob("*.xlsx"))).worksheets
    header, *rows = sheet.iter_rows(values_only=True)
    tambons = {row[0]: row[header.index("ตำบล")] for row in rows}
    numbers = {row[0]: str(row[header.index("เลข 13 หลัก")]) for row in rows}
    cut = next(
        sent
        for sent, number in numbers.items()
        if len(number) == 12 and number[0] != "0" and not national_id.is_valid(f"0{number}")
    )
    case = played.case(วันที่เวลา=cut)
    assert national_id.is_valid(case["เลข 13 หลัก"])
    assert played.corrections(case["รหัสเคส"]) == [(case["เลข 13 หลัก"], "เลข 13 หลัก")]
    (other,) = (row for row in played.cases() if tambons.get(row["วันที่เวลา"], "").endswith(f"{row['ตำบล']}น"))
    assert played.corrections(other["รหัสเคส"]) == [(other["ตำบล"], "ตำบล")]


def test_no_correction_is_recorded_that_nobody_made(played: Played) -> None:
    (rounded,) = (row for row in played.cases() if str(row["เลข 13 หลัก"]).endswith("0000000"))
    assert played.corrections(rounded["รหัสเคส"]) == []


def test_slips_of_staff_are_pointed_out(played: Played) -> None:
    notes = [str(row["ข้อควรตรวจสอบ"]) for row in played.cases()]
    for hint in ("ไม่ใช่คำที่ใช้ยืนยันการตรวจสอบ", "ยังไม่ได้บันทึกจำนวนเงินหรือสิ่งของ", "มีวันที่โอนเงิน แต่ยังไม่ได้"):
        assert sum(hint in note for note in notes) == 1, hint


def test_the_rows_are_sorted_and_the_typed_one_has_its_id(played: Played) -> None:
    rows = played.table("cases.xlsx")
    amphoes = [row["อำเภอ"] for row in rows[:-2]]
    assert amphoes == sorted(amphoes)
    typed, copied = rows[-2:]
    assert typed["บ้านเลขที่"] == "88/1"
    assert CASE_ID.fullmatch(typed["รหัสเคส"])
    assert typed["ขั้นตอนการช่วยเหลือ"] == "ยังไม่รับเรื่อง"
    assert [row["รหัสเคส"] for row in rows].count(copied["รหัสเคส"]) == 2


def test_duplicates_are_found_and_a_decision_is_remembered(played: Played) -> None:
    reviews = played.table("cases.xlsx", tab=1)
    kinds = Counter(row["เรื่อง"] for row in reviews)
    assert kinds == {
        "อาจเป็นเคสซ้ำ": 3,
        "อาจเคยยื่นเรื่องมาก่อน": 1,
        "แถวในไฟล์ที่อ่านไม่ได้": 1,
        "แถวที่ถูกคัดลอก": 1,
        "เอกสารที่ยังขาด": 6,
    }
    assert sum(row["สถานะ"] == "รอตรวจสอบ" for row in reviews) == played.figure("เรื่องที่รอในแท็บตรวจสอบ")
    (decided,) = (row for row in reviews if row["คำตัดสิน"] is not None)
    assert decided["สถานะ"] == "ตัดสินแล้ว"
    assert played.case(รหัสเคส=decided["รหัสเคส"])["ซ้ำกับ"] is None
    for row in reviews:
        if row["เรื่อง"] == "อาจเป็นเคสซ้ำ" and row is not decided:
            assert row["อีกค่าหนึ่ง"] in played.case(รหัสเคส=row["รหัสเคส"])["ซ้ำกับ"]


def test_only_checked_cases_are_published_and_the_money_adds_up(played: Played) -> None:
    cases = played.cases()
    words = {"ตรวจสอบแล้ว", True, "✔", "/"}
    assert played.figure("เคสที่เผยแพร่") == sum(row["ตรวจสอบแล้ว"] in words for row in cases) > 20
    paid = [baht.parse(row["จำนวนเงิน"]).value or Decimal(0) for row in cases]
    assert played.figure("เงินช่วยเหลือ (บาท)") == sum(paid) > 0
    overview = load_workbook(played.folder / "workbooks" / "summary.xlsx").worksheets[0]
    total = next(row for row in overview.iter_rows(values_only=True) if row[0] == "รวม")
    assert total[1] == len(cases)
    assert sum(paid) in total


def test_a_backup_is_there(played: Played) -> None:
    assert len(list((played.folder / "backups").glob("ledger-*.sqlite3"))) == 1


def test_playing_again_in_the_same_folder_gives_the_same_cases(played: Played) -> None:
    def shown(day: Played) -> list[tuple[Any, ...]]:
        headers = ("รหัสเคส", "ชื่อ-สกุลผู้ประสบปัญหา", "เลข 13 หลัก", "ตำบล", "จำนวนเงิน", "ซ้ำกับ")
        return [tuple(row[header] for header in headers) for row in day.cases()]

    keepsake = played.folder / "ของฉัน.txt"
    keepsake.write_text("ไม่ใช่ของระบบ", encoding="utf-8")
    before = shown(played)
    again = Played(played.folder)
    assert again.result.returncode == 0, again.result.stdout + again.result.stderr
    assert shown(again) == before
    assert len(again.letters()) == again.figure("อีเมลใน outbox/")
    assert keepsake.exists()


def test_trouble_is_said_and_ends_the_day_with_its_exit_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def clear_the_header(office: Office, *_: object) -> None:
        workbook = load_workbook(office.workspace.cases_book)
        workbook.worksheets[0].delete_rows(1)
        workbook.save(office.workspace.cases_book)

    monkeypatch.setattr(staff, "work_cases", clear_the_header)
    said = io.StringIO()
    try:
        assert play(tmp_path / FOLDER, Console(file=said, width=200)) == SheetError.exit_code
    finally:
        bootstrap.close()
    assert "ทะเบียนเคส" in said.getvalue()
    assert "เงินช่วยเหลือ" not in said.getvalue()


@pytest.mark.parametrize(
    "moment", ["2026-09-30T23:59", "2026-10-01T00:00", "2027-01-02T09:00", "2028-02-29T12:00"]
)
def test_the_story_spans_two_fiscal_years_on_any_day(moment: str) -> None:
    province = load(CONFIG / "sisaket.toml")
    places = Places.build([("เมือง", "หนึ่ง"), ("บ้านนา", "สอง")], {})
    now = datetime.fromisoformat(moment)
    story = write_story(province, places, now)
    sent = [case.sent_at for case in story.cases]
    assert sent == sorted(sent)
    assert len({fiscal_year(day) for day in sent}) == 2
    assert sent[-1].date() == now.date()
    assert write_story(province, places, now) == story


@pytest.mark.parametrize("left", ["กระดาษ.xlsx", "workbooks/cases.xlsx"])
def test_a_folder_that_is_not_the_demos_is_left_alone(tmp_path: Path, left: str) -> None:
    mine = tmp_path / "ของจริง" / left
    mine.parent.mkdir(parents=True)
    mine.write_bytes(b"mine")
    result = demo(tmp_path / "ของจริง")
    assert result.returncode == 2
    assert "ของจริง" in result.stdout
    assert mine.read_bytes() == b"mine"
    assert not (tmp_path / "ของจริง" / "outbox").exists()


def test_a_demo_that_is_used_in_earnest_is_left_alone(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox" / "cases"
    inbox.mkdir(parents=True)
    (tmp_path / ".demo").touch()
    (inbox / "เคสจริง.csv").write_text("x", encoding="utf-8")
    (tmp_path / "ledger.sqlite3").write_bytes(b"mine")
    assert demo(tmp_path).returncode == 2
    assert (tmp_path / "ledger.sqlite3").read_bytes() == b"mine"

"""Each command as a person types it: what it does, what it says, and its exit code."""

from __future__ import annotations

import email
import email.policy
import json
import signal
import sqlite3
import subprocess
import sys
import threading
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
import schedule

from tests.functional.office import (
    PROJECT,
    TestOffice,
    access_answer,
    case_answer,
    family_name,
    valid_id,
)

SUMMARY_TABS = ["ภาพรวม", "ประเภท", "การดำเนินงาน", "ขั้นตอน", "ผลการช่วยเหลือ", "เงินช่วยเหลือ", "อำเภอ", "ตำบล"]


def test_init_makes_the_workspace(office: TestOffice) -> None:
    names = {path.relative_to(office.root).as_posix() for path in office.root.rglob("*")}
    assert {
        "province.toml",
        "inbox/access",
        "inbox/cases",
        "workbooks/access.xlsx",
        "workbooks/cases.xlsx",
        "workbooks/summary.xlsx",
        "outbox",
        "ledger.sqlite3",
        "backups",
        "logs",
    } <= names
    tabs = {
        name: openpyxl.load_workbook(office.root / "workbooks" / f"{name}.xlsx").sheetnames
        for name in ("access", "cases", "summary")
    }
    assert tabs == {"access": ["คำขอใช้ระบบ"], "cases": ["ทะเบียนเคส", "ตรวจสอบ"], "summary": SUMMARY_TABS}


def test_init_again_changes_nothing_that_is_there(office: TestOffice) -> None:
    office.send_cases([case_answer(1)])
    assert office.run("sync") == 0
    before = (office.root / "workbooks" / "cases.xlsx").read_bytes()
    done = subprocess.run([sys.executable, str(PROJECT / "run.py"), "init", str(office.root)], check=False)
    assert done.returncode == 0
    assert (office.root / "workbooks" / "cases.xlsx").read_bytes() == before


def test_an_answer_makes_one_case_however_often_it_is_read(office: TestOffice) -> None:
    office.send_cases([case_answer(1), case_answer(2)])
    assert office.run("sync") == 0
    office.send_cases([case_answer(1), case_answer(2), case_answer(3)])
    office.send_cases([case_answer(2)], "again.csv")
    assert office.run("sync") == 0
    assert [row["รหัสเคส"] for row in office.rows("cases")] == [f"SSK-2570-{n:06d}" for n in (1, 2, 3)]


def test_what_was_certain_is_put_in_order_and_the_rest_is_flagged(office: TestOffice) -> None:
    office.send_cases(
        [
            case_answer(
                1,
                **{"เลข 13 หลัก": f"{valid_id(1)[0]}-{valid_id(1)[1:5]}-{valid_id(1)[5:]}", "อายุ(ปี)": "๗๐ ปี"},
            ),
            case_answer(2, **{"เลข 13 หลัก": "1.10370E+12", "เลือกอำเภอ": "อ.เมือง", "ตำบล": "ต.โพธิ"}),
        ]
    )
    assert office.run("sync") == 0
    first, second = office.rows("cases")
    assert (first["เลข 13 หลัก"], first["อายุ(ปี)"], first["ข้อควรตรวจสอบ"]) == (valid_id(1), 70, None)
    assert (second["เลข 13 หลัก"], second["ตำบล"], second["อำเภอ"]) == ("1.10370E+12", "ต.โพธิ", "เมืองศรีสะเกษ")
    assert "เลข 13 หลัก" in second["ข้อควรตรวจสอบ"] and "ตำบล" in second["ข้อควรตรวจสอบ"]


def test_a_row_that_cannot_be_read_is_listed_and_the_others_go_on(office: TestOffice) -> None:
    half = ["2026/11/20 9:00:00 AM GMT+7"] + [""] * 16 + ["TPMAP"]
    office.send_cases([case_answer(1), half, case_answer(2)])
    assert office.run("sync") == 0
    assert len(office.rows("cases")) == 2
    (line,) = office.rows("cases", 1)
    assert (line["ไฟล์"], line["แถว"]) == ("cases.csv", "3")
    assert line["สถานะ"] == "รอตรวจสอบ" and line["เหตุผลและสิ่งที่ควรทำ"]
    office.send_cases([case_answer(1), case_answer(3), case_answer(2)])
    assert office.run("sync") == 0
    assert office.rows("cases", 1)[0]["สถานะ"] == "หมดเหตุแล้ว"


def test_a_file_that_cannot_be_read_stays_and_is_tried_again(office: TestOffice) -> None:
    path = office.root / "inbox" / "cases" / "เสีย.xlsx"
    path.write_bytes(b"PK\x03\x04 not a workbook")
    office.send_cases([case_answer(1)])
    assert office.run("sync") == 0
    assert len(office.rows("cases")) == 1
    assert path.exists()
    assert [line["ไฟล์"] for line in office.rows("cases", 1)] == ["เสีย.xlsx"]
    path.unlink()
    office.send_cases([case_answer(2)], "เสีย.csv")
    assert office.run("sync") == 0
    assert len(office.rows("cases")) == 2


@pytest.mark.parametrize(
    "text",
    [
        '=IMPORTDATA("http://127.0.0.1/")',
        "+66812345678",
        "-1",
        "@x",
        "\t=1+1",
        "\r=1",
        " '=1",
        "🙂=1",
        "TRUE",
        "1e5",
    ],
)
def test_what_looks_like_a_formula_stays_text_in_every_file(office: TestOffice, text: str) -> None:
    office.send_cases([case_answer(1, **{"ชื่อ - สกุลผู้ส่ง": text, "ประเภทผู้ประสบปัญหาทางสังคม": text})])
    assert office.run("summarise") == 0
    workbook = openpyxl.load_workbook(office.root / "workbooks" / "cases.xlsx")
    row = next(workbook["ทะเบียนเคส"].iter_rows(min_row=2, max_row=2))
    header = [cell.value for cell in workbook["ทะเบียนเคส"][1]]
    shown = [row[header.index(title)] for title in ("ชื่อ-สกุลผู้ส่ง", "ประเภทผู้ประสบปัญหา")]
    assert all(cell.data_type == "s" for cell in shown)
    summary = openpyxl.load_workbook(office.root / "workbooks" / "summary.xlsx")
    assert not [c.value for sheet in summary for line in sheet for c in line if c.data_type == "f"]
    connection = sqlite3.connect(office.root / "ledger.sqlite3")
    (stored,) = connection.execute("select answers from ledger_answer").fetchone()
    connection.close()
    assert json.loads(stored)["sender_name"] == text


def test_staff_work_the_sheet_and_the_bridge_suggests(office: TestOffice) -> None:
    office.send_cases([case_answer(1), case_answer(2)])
    assert office.run("sync") == 0
    first = office.rows("cases")[0]
    suggested = ("การดำเนินงาน", "ขั้นตอนการช่วยเหลือ", "ผลการช่วยเหลือ")
    assert [first[c] for c in suggested] == ["รอดำเนินการ", "ยังไม่รับเรื่อง", "ยังไม่ช่วยเหลือ"]
    with office.edit("cases") as tab:
        tab[2, "เลขหนังสือรับ พมจ."] = "0001"
        tab[3, "ขั้นตอนการช่วยเหลือ"] = "เสนอคณะกรรมการพิจารณา"
        tab[3, "จำนวนเงิน"] = "3,000 บาท"
    assert office.run("sync") == 0
    first, second = office.rows("cases")
    assert [first[c] for c in suggested] == ["รับเรื่องแล้ว", "ตรวจสอบเอกสาร", "รอพิจารณา"]
    assert [second[c] for c in suggested] == ["รอดำเนินการ", "เสนอคณะกรรมการพิจารณา", "รอพิจารณา"]
    assert second["จำนวนเงิน"] == "3,000 บาท"
    with office.edit("cases") as tab:
        tab[3, "ขั้นตอนการช่วยเหลือ"] = "ให้การช่วยเหลือแล้ว"
        tab[3, "ผลการช่วยเหลือ"] = "เงินสงเคราะห์ผู้มีรายได้น้อย"
    assert office.run("sync") == 0
    assert office.rows("cases")[1]["ผลการช่วยเหลือ"] == "เงินสงเคราะห์ผู้มีรายได้น้อย"


def test_approval_makes_one_mail_and_withdrawal_ends_access(office: TestOffice) -> None:
    office.send_requests(
        [
            access_answer(1, "Som.Chai@gmail.com"),
            access_answer(2, "somchai+x@gmail.com"),
            access_answer(3, "b@gmail"),
        ]
    )
    assert office.run("sync") == 0
    rows = office.rows("access")
    assert [(row["ลำดับ"], row["อีเมล"], row["สถานะ"]) for row in rows] == [
        (1, "Som.Chai@gmail.com", "รอพิจารณา"),
        (2, "b@gmail", "รอพิจารณา"),
    ]
    assert "1" in rows[0]["หมายเหตุ"]
    with office.edit("access") as tab:
        tab[2, "อนุมัติ"] = "อนุมัติ"
        tab[3, "อนุมัติ"] = "อนุมัติ"
    assert office.run("sync") == 0
    assert office.run("sync") == 0
    first, second = office.rows("access")
    assert first["สถานะ"] == "อนุมัติแล้ว" and isinstance(first["ส่งอีเมลเมื่อ"], datetime)
    assert second["สถานะ"] == "ต้องแก้ไข" and "b@gmail" in second["หมายเหตุ"]
    (path,) = office.mails()
    mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert mail["To"] == "Som.Chai@gmail.com"
    assert "/activate/" in mail.get_body(("plain",)).get_content()
    with office.edit("access") as tab:
        tab[2, "อนุมัติ"] = None
    assert office.run("sync") == 0
    assert office.rows("access")[0]["สถานะ"] == "ยกเลิกสิทธิ์แล้ว"
    connection = sqlite3.connect(office.root / "ledger.sqlite3")
    assert connection.execute("select is_active from ledger_account").fetchall() == [(0,)]
    assert connection.execute("select count(*) from ledger_activationlink").fetchone() == (0,)
    connection.close()
    assert len(office.mails()) == 1


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [("อนุมัติ", "โอเค", "โอเค"), ("บทบาท", "เจ้านาย", "เจ้านาย"), ("พื้นที่", "บางกอก", "บางกอก")],
)
def test_a_word_that_is_not_in_the_list_is_pointed_out(
    office: TestOffice, column: str, value: str, said: str
) -> None:
    office.send_requests([access_answer(1, "a@example.go.th")])
    assert office.run("sync") == 0
    with office.edit("access") as tab:
        tab[2, "อนุมัติ"] = "อนุมัติ"
        tab[2, column] = value
    assert office.run("sync") == 0
    (row,) = office.rows("access")
    assert row["สถานะ"] != "อนุมัติแล้ว" and said in row["หมายเหตุ"]
    assert office.mails() == []


def test_resend_gives_a_second_mail_only_when_asked(office: TestOffice) -> None:
    office.send_requests([access_answer(1, "a@example.go.th")])
    assert office.run("sync") == 0
    assert office.run("deliver", "--resend", "1") == 2
    with office.edit("access") as tab:
        tab[2, "อนุมัติ"] = "ใช่"
    assert office.run("sync") == 0
    assert office.run("deliver") == 0
    assert len(office.mails()) == 1
    assert office.run("deliver", "--resend", "1") == 0
    assert len(office.mails()) == 2


def test_publication_shows_checked_rows_only(office: TestOffice, capfd: pytest.CaptureFixture[str]) -> None:
    office.send_cases([case_answer(n) for n in (1, 2, 3)])
    assert office.run("sync") == 0
    with office.edit("cases") as tab:
        tab[2, "ตรวจสอบแล้ว"] = True
        tab[3, "ตรวจสอบแล้ว"] = "ตรวจสอบแล้ว"
        tab[4, "ตรวจสอบแล้ว"] = "ยังก่อน"
    assert office.run("publish") == 0
    assert "2 เคส" in capfd.readouterr().out
    assert "ยังก่อน" in office.rows("cases")[2]["ข้อควรตรวจสอบ"]
    with office.edit("cases") as tab:
        tab[2, "ตรวจสอบแล้ว"] = None
    assert office.run("publish") == 0
    assert "1 เคส" in capfd.readouterr().out


def test_summaries_agree_with_the_sheet_to_the_baht(office: TestOffice) -> None:
    office.send_cases([case_answer(n) for n in range(1, 7)])
    assert office.run("sync") == 0
    amounts = [3000, "2,500.50", "๑๐๐๐ บาท", None, 1.25, 0]
    with office.edit("cases") as tab:
        for row, amount in enumerate(amounts, start=2):
            tab[row, "จำนวนเงิน"] = amount
    assert office.run("summarise") == 0
    sheet = openpyxl.load_workbook(office.root / "workbooks" / "summary.xlsx")["เงินช่วยเหลือ"]
    numbers = {c.value for line in sheet for c in line if isinstance(c.value, (int, float))}
    assert 6501.75 in numbers


def test_a_deleted_row_comes_back_by_command_only(office: TestOffice) -> None:
    office.send_cases([case_answer(n) for n in range(1, 9)])
    assert office.run("sync") == 0
    with office.edit("cases") as tab:
        tab[3, "ผู้รับผิดชอบ"] = "คุณสมมติ"
    assert office.run("sync") == 0
    gone = office.rows("cases")[1]["รหัสเคส"]
    assert office.run("restore", gone) == 2
    with office.edit("cases") as tab:
        tab.sheet.delete_rows(3)
    for _ in range(3):
        assert office.run("sync") == 0
    assert gone not in [row["รหัสเคส"] for row in office.rows("cases")]
    assert "แถวที่หายไปจากชีต" in [line["เรื่อง"] for line in office.rows("cases", 1)]
    assert office.run("restore", gone) == 0
    assert office.run("sync") == 0
    back = next(row for row in office.rows("cases") if row["รหัสเคส"] == gone)
    assert back["ผู้รับผิดชอบ"] == "คุณสมมติ"


def test_a_lost_workbook_is_made_anew_from_the_ledger(office: TestOffice) -> None:
    office.send_cases([case_answer(n) for n in (1, 2)])
    assert office.run("sync") == 0
    with office.edit("cases") as tab:
        tab[2, "จำนวนเงิน"] = 3000
    assert office.run("sync") == 0
    before = office.rows("cases")
    (office.root / "workbooks" / "cases.xlsx").unlink()
    assert office.run("sync") == 4
    assert office.run("restore", "--workbook", "cases") == 0
    assert office.run("sync") == 0
    assert office.rows("cases") == before


def test_a_damaged_sheet_is_left_alone_and_forms_are_still_taken(office: TestOffice) -> None:
    office.send_cases([case_answer(1)])
    assert office.run("sync") == 0
    with office.edit("cases") as tab:
        tab.sheet.delete_cols(tab.places["จำนวนเงิน"])
    before = (office.root / "workbooks" / "cases.xlsx").read_bytes()
    office.send_cases([case_answer(1), case_answer(2)])
    assert office.run("sync") == 4
    assert (office.root / "workbooks" / "cases.xlsx").read_bytes() == before
    connection = sqlite3.connect(office.root / "ledger.sqlite3")
    assert connection.execute("select count(*) from ledger_case").fetchone() == (2,)
    connection.close()


def test_mass_loss_is_not_believed_until_said_so(office: TestOffice) -> None:
    office.send_cases([case_answer(n) for n in range(1, 11)])
    assert office.run("sync") == 0
    with office.edit("cases") as tab:
        tab.sheet.delete_rows(2, 5)
    assert office.run("sync") == 4
    assert office.run("sync", "--accept-loss") == 0


def test_an_open_workbook_is_not_written(office: TestOffice, capfd: pytest.CaptureFixture[str]) -> None:
    lock = office.root / "workbooks" / "~$cases.xlsx"
    lock.write_bytes(b"")
    office.send_cases([case_answer(1)])
    assert office.run("sync") == 5
    assert "cases.xlsx" in capfd.readouterr().err
    assert office.rows("cases") == []
    lock.unlink()
    assert office.run("sync") == 0
    assert len(office.rows("cases")) == 1


def test_a_wrong_province_file_is_refused_with_its_lines(
    office: TestOffice, capfd: pytest.CaptureFixture[str]
) -> None:
    path = office.root / "province.toml"
    text = path.read_text(encoding="utf-8")
    text = text.replace('step = "ตรวจสอบเอกสาร"\n\n', 'step = "ขั้นตอนใหม่"\n\n', 1)
    path.write_text(text, encoding="utf-8")
    line = next(n for n, found in enumerate(text.splitlines(), 1) if "ขั้นตอนใหม่" in found)
    assert office.run("sync") == 3
    assert f"บรรทัด {line}" in capfd.readouterr().err


def test_mail_that_cannot_be_sent_is_exit_6_and_waits(office: TestOffice) -> None:
    path = office.root / "province.toml"
    text = path.read_text(encoding="utf-8").replace('backend = "folder"', 'backend = "smtp"')
    text = text.replace('host = ""\nport = 587', 'host = "127.0.0.1"\nport = 9', 1).replace(
        'security = "starttls"', 'security = "none"'
    )
    path.write_text(text, encoding="utf-8")
    office.send_requests([access_answer(1, "a@example.go.th")])
    assert office.run("sync") == 0
    with office.edit("access") as tab:
        tab[2, "อนุมัติ"] = "อนุมัติ"
    assert office.run("sync") == 6
    (row,) = office.rows("access")
    assert (row["สถานะ"], row["ส่งอีเมลเมื่อ"]) == ("อนุมัติแล้ว", None)
    path.write_text(text.replace('backend = "smtp"', 'backend = "folder"'), encoding="utf-8")
    assert office.run("sync") == 0
    assert len(office.mails()) == 1


def test_history_tells_who_changed_what(office: TestOffice, capfd: pytest.CaptureFixture[str]) -> None:
    office.send_cases([case_answer(1)])
    assert office.run("sync") == 0
    with office.edit("cases") as tab:
        tab[2, "ชื่อ-สกุลผู้ประสบปัญหา"] = "นายสมมติ แก้แล้ว"
    assert office.run("sync") == 0
    capfd.readouterr()
    assert office.run("history", "SSK-2570-000001", "--json") == 0
    events = json.loads(capfd.readouterr().out)["events"]
    correction = next(event for event in events if event["why"] == "correction")
    assert (correction["old"], correction["new"], correction["actor"]) == (
        f"นายสมมติ {family_name(1)}",
        "นายสมมติ แก้แล้ว",
        "sheet",
    )
    assert office.run("history", "SSK-2570-999999") == 2


def test_check_tells_of_a_font_that_is_not_there(
    office: TestOffice, capfd: pytest.CaptureFixture[str]
) -> None:
    province = office.root / "province.toml"
    said = province.read_text(encoding="utf-8")
    assert 'pdf_font = ""' in said
    province.write_text(said.replace('pdf_font = ""', 'pdf_font = "ไม่มีฟอนต์นี้"'), encoding="utf-8")
    assert office.run("check", "--json") == 0
    codes = {finding["code"] for finding in json.loads(capfd.readouterr().out)["findings"]}
    assert "no_such_font" in codes and "no_thai_font" not in codes


def test_status_and_check_speak_to_programs(office: TestOffice, capfd: pytest.CaptureFixture[str]) -> None:
    office.send_cases([case_answer(1)])
    assert office.run("sync", "--json") == 0
    assert json.loads(capfd.readouterr().out)["forms_cases"]["new"] == 1
    assert office.run("status", "--json") == 0
    standing = json.loads(capfd.readouterr().out)
    assert (standing["cases"], standing["runs"]["sync"]["exit_code"]) == (1, 0)
    assert office.run("check", "--json") == 0
    codes = {finding["code"] for finding in json.loads(capfd.readouterr().out)["findings"]}
    assert {"portal_url", "no_backup"} <= codes
    with office.edit("cases") as tab:
        tab[1, "รหัสเคส"] = "รหัสเคส"
        tab.sheet.cell(1, tab.places["จำนวนเงิน"]).value = "รหัสเคส"
    assert office.run("check", "--json") == 4


def test_backup_keeps_the_newest_and_a_restored_ledger_holds_its_mail(office: TestOffice) -> None:
    path = office.root / "province.toml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("backups_kept = 14", "backups_kept = 2"), encoding="utf-8"
    )
    office.send_requests([access_answer(1, "a@example.go.th")])
    assert office.run("sync") == 0
    with office.edit("access") as tab:
        tab[2, "อนุมัติ"] = "อนุมัติ"
    old = office.root / "backups" / "ledger-20200101-000000.sqlite3"
    old.write_bytes(b"old")
    assert office.run("backup") == 0
    (copy,) = [p for p in (office.root / "backups").glob("ledger-*.sqlite3") if p != old]
    older = office.root / "backups" / "ledger-20190101-000000.sqlite3"
    older.write_bytes(b"older")
    assert office.run("sync") == 0  # approved and mailed after the backup was made
    assert len(office.mails()) == 1
    before = office.mails()[0].read_bytes()
    (office.root / "ledger.sqlite3").write_bytes(copy.read_bytes())
    assert office.run("deliver") == 0
    assert office.run("sync") == 0
    assert office.run("sync") == 0
    (mail,) = office.mails()
    assert mail.read_bytes() == before
    assert office.rows("access")[0]["สถานะ"] == "อนุมัติแล้ว"


def test_the_register_is_imported_once_and_a_blank_cell_wipes_nothing(
    office: TestOffice, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "ทะเบียน.csv"
    file.write_text(
        "หมายเลข,คำนำหน้า,ชื่อ-สกุล,ตำบล,อำเภอ\ntpmap 1,นาย,สมมติ หนึ่ง,โพธิ์,เมืองศรีสะเกษ\n,,ไม่มีเลข,,\n",
        encoding="utf-8",
    )
    capfd.readouterr()
    assert office.run("import-register", str(file), "--json") == 0
    first = json.loads(capfd.readouterr().out)
    assert (first["new"], first["refused"], first["total"]) == (1, 1, 1)
    file.write_text("หมายเลข,คำนำหน้า,ชื่อ-สกุล,ตำบล\ntpmap 1,,สมมติ หนึ่ง,\n", encoding="utf-8")
    assert office.run("import-register", str(file), "--json") == 0
    assert json.loads(capfd.readouterr().out)["same"] == 1
    file.write_text("หมายเลข,ชื่อ-สกุล\ntpmap 2,สมมติ สอง\n,ไม่มีเลข\n", encoding="utf-8")
    assert office.run("import-register", str(file), "--dry-run", "--empty-clears") == 0
    said = capfd.readouterr().out
    assert "ซ้อมนำเข้า" in said and "ใหม่ 1 " in said and "แถวที่ 3 คอลัมน์ หมายเลข (A): ว่าง" in said
    assert office.run("import-register", "--versions", "--json") == 0
    assert [one["new"] for one in json.loads(capfd.readouterr().out)] == [1]
    assert office.run("import-register", "--row", "tpmap 1") == 0 and "ครั้งที่ 1" in capfd.readouterr().out
    assert office.run("import-register", "--undo") == 0 and "ถอนแถวใหม่ 1 " in capfd.readouterr().out
    assert office.run("import-register", "--undo") == 2
    assert office.run("import-register", "--versions") == 0 and "ย้อนแล้ว" in capfd.readouterr().out
    file.write_text("ลำดับ,อื่น\n1,2\n", encoding="utf-8")
    assert office.run("import-register", str(file)) == 4
    assert office.run("import-register", str(tmp_path / "ไม่มี.csv")) == 2


@pytest.mark.parametrize("arguments", [("bogus",), ("sync", "--bogus"), ("history",), ("restore",)])
def test_wrong_usage_is_exit_2(arguments: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, str(PROJECT / "run.py"), *arguments], capture_output=True, check=False
    )
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr


def test_a_folder_that_is_no_workspace_is_exit_3(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(PROJECT / "run.py"), "sync"], cwd=tmp_path, capture_output=True, check=False
    )
    assert done.returncode == 3
    assert "init" in done.stderr.decode()


def test_something_unexpected_is_exit_1_without_a_traceback(
    office: TestOffice, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("นายสมมติ 1234567890121")

    monkeypatch.setattr("bridge.application.status.Status.run", fail)
    assert office.run("status") == 1
    said = capfd.readouterr()
    log = (office.root / "logs" / "saphan.log").read_text(encoding="utf-8")
    assert "Traceback" not in said.err and "1234567890121" not in said.err + log
    assert "RuntimeError" in log


def test_a_damaged_ledger_is_said_plainly(office: TestOffice, capfd: pytest.CaptureFixture[str]) -> None:
    (office.root / "ledger.sqlite3").write_bytes(b"not a database" * 100)
    assert office.run("sync") == 6
    assert "ledger.sqlite3" in capfd.readouterr().err


def test_the_log_holds_counts_and_no_person(office: TestOffice) -> None:
    office.send_cases([case_answer(1)])
    office.send_requests([access_answer(1, "secret.person@example.go.th")])
    assert office.run("sync") == 0
    log = (office.root / "logs" / "saphan.log").read_text(encoding="utf-8")
    lines = [json.loads(line) for line in log.splitlines()]
    assert any(line["event"] == "sync" for line in lines)
    for word in ("สมมติ", valid_id(1), "secret.person", "Somchai"):
        assert word not in log


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl+C is sent to another process by POSIX signals here")
def test_run_keeps_the_hours_until_stopped(office: TestOffice) -> None:
    office.send_cases([case_answer(1)])
    process = office.start("run")
    assert process.stdout is not None
    first = process.stdout.readline()
    assert "18:00" in first
    deadline = 300
    while not office.rows("cases") and deadline and process.poll() is None:
        deadline -= 1
        try:
            process.wait(0.1)
        except subprocess.TimeoutExpired:
            continue
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert "หยุดแล้ว" in out
    assert len(office.rows("cases")) == 1


def test_a_long_run_goes_on_with_the_province_file_of_the_moment(office: TestOffice) -> None:
    """Edited while it runs: the next job works by the new file; a broken one is told, and the day goes on."""
    from bridge.cli import _Day, _open

    day = _Day(_open(office.root))
    names: list[str] = []
    job = day.job(lambda opened: names.append(opened.province.province.office))
    file = office.root / "province.toml"
    text = file.read_text(encoding="utf-8")
    job()
    file.write_text(text.replace('office = "', 'office = "ใหม่ ', 1), encoding="utf-8")
    job()
    file.write_text("[province", encoding="utf-8")
    job()
    file.write_text(text, encoding="utf-8")
    job()
    assert [name.startswith("ใหม่ ") for name in names] == [False, True, False]


def test_changed_hours_are_kept_from_the_next_job_on(monkeypatch: pytest.MonkeyPatch) -> None:
    from bridge import scheduler
    from bridge.config_parts import SchedulePart

    hours, planned, stop = [SchedulePart(sync_minutes=5)], [], threading.Event()
    jobs = scheduler.Jobs(*[lambda: hours.append(SchedulePart(sync_minutes=7))] * 5)
    plan = scheduler.plan

    def planning(found: SchedulePart, jobs: scheduler.Jobs, kept: schedule.Scheduler) -> None:
        plan(found, jobs, kept)
        planned.append((found.sync_minutes, len(kept.jobs), kept.jobs[0].interval))
        if len(planned) == 2:
            stop.set()

    monkeypatch.setattr(scheduler, "plan", planning)
    scheduler.run(lambda: hours[-1], jobs, stop)
    assert planned == [(5, 5, 5), (7, 5, 7)]

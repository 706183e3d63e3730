"""A small office through some days: what people do, and what the bridge is then asked to do, step by step.

All persons are invented. Every step has people's part, done once, and the bridge's part, which may be killed.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from bridge import bootstrap
from bridge.bootstrap import Office
from bridge.workspace import Workspace

MONDAY = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
MOST_CYCLES = 6  # a step that is not at rest after so many has gone astray

CASES, REVIEWS, ACCESS = "ทะเบียนเคส", "ตรวจสอบ", "คำขอใช้ระบบ"


@dataclass(frozen=True)
class Step:
    name: str
    moment: datetime
    people: Callable[[Workspace], None]
    work: Callable[[Office], None]


# ------------------------------------------------------------------------------------------------ the bridge's part


def cycles(office: Office) -> None:
    """Cycles until one finds nothing to do."""
    for _ in range(MOST_CYCLES):
        report = office.cycle.sync()
        fresh = (
            report.forms_cases.new + report.forms_cases.edited + report.forms_access.new + report.mail.sent
        )
        if report.cases.skipped and report.access.skipped and not fresh:
            return
    raise AssertionError(f"never at rest: {report.counts()}")


def deliver(office: Office) -> None:
    office.cycle.deliver()
    cycles(office)


def evening(office: Office) -> None:
    """What the day ends with."""
    cycles(office)
    bootstrap.recorded(office, "publish", office.publish.run)
    bootstrap.recorded(office, "summarise", office.summarise.run)
    bootstrap.recorded(office, "backup", office.back_up)


# ------------------------------------------------------------------------------------------------ people's part


class Tab:
    """One tab of a workbook in a person's hands."""

    def __init__(self, book: Path, tab: str) -> None:
        self._book, self._file = book, load_workbook(book)
        self.sheet = self._file[tab]
        self._places = {cell.value: cell.column for cell in self.sheet[1]}

    def __enter__(self) -> Tab:
        return self

    def __exit__(self, *failure: object) -> None:
        if failure[0] is None:
            self._file.save(self._book)

    def row(self, value: Any, header: str | None = None) -> int:
        """The number of the first row that holds the value in its first column, or in the one of `header`."""
        place = self._places[header] if header else 1
        for number in range(2, self.sheet.max_row + 1):
            if self.sheet.cell(number, place).value == value:
                return number
        raise AssertionError(f"no row {value!r}")

    def get(self, row: int, header: str) -> Any:
        return self.sheet.cell(row, self._places[header]).value

    def put(self, row: int, cells: dict[str, Any]) -> None:
        for header, value in cells.items():
            self.sheet.cell(row, self._places[header]).value = value

    def add(self, cells: dict[str, Any]) -> None:
        self.put(self.last + 1, cells)

    @property
    def last(self) -> int:
        filled = (cell.row for row in self.sheet.iter_rows() for cell in row if cell.value is not None)
        return max(filled)

    def copy(self, row: int) -> None:
        below = self.last + 1
        for place in self._places.values():
            self.sheet.cell(below, place).value = self.sheet.cell(row, place).value

    def sort(self, header: str) -> None:
        """All rows, ids included, by one column."""
        place = self._places[header] - 1
        rows = [[cell.value for cell in row] for row in self.sheet.iter_rows(2, self.last)]
        rows.sort(key=lambda row: str(row[place] or ""))
        for number, row in enumerate(rows, 2):
            for column, value in enumerate(row, 1):
                self.sheet.cell(number, column).value = value


def citizen(number: int) -> str:
    """A 13-digit id with a right check digit."""
    first = f"1{number:011d}"
    return first + str((11 - sum(int(d) * (13 - i) for i, d in enumerate(first)) % 11) % 10)


def surname(number: int) -> str:
    return chr(ord("ก") + number % 40) + "า"


CASE_TITLES = (
    "Response ID",
    "ประทับเวลา",
    "ชื่อ - สกุลผู้ส่ง",
    "หน่วยงานองค์กรผู้ส่ง ระบุ",
    "เบอร์โทรศัพท์ติดต่อ",
    "ส่งเอกสารวันที่",
    "ประเภทผู้ประสบปัญหาทางสังคม",
    "ชื่อ - สกุล ผู้ยื่น",
    "ระบุสภาพปัญหา และความต้องการในครอบครัว",
    "เลข 13 หลัก",
    "อายุ(ปี)",
    "บ้านเลขที่",
    "หมู่",
    "ตำบล",
    "เลือกอำเภอ",
)
ACCESS_TITLES = (
    "ประทับเวลา",
    "โปรดระบุหน่วยงาน/องค์กร",
    "กรอกชื่อ ภาษาอังกฤษ ผู้เข้าใช้",
    "กรอกนามสกุล ภาษาอังกฤษ ผู้เข้าใช้",
    "เลขบัตรประชาชน 4 ตัวหลัง",
    "อีเมล",
    "เบอร์โทรศัพท์",
)


def case(number: int, **changes: str) -> dict[str, str]:
    """One answer of the case form; `changes` by title, blanks written `_`."""
    answer = dict(
        zip(
            CASE_TITLES,
            (
                f"r-{number}",
                f"{number % 28 + 1}/2/2026, 09:15:{number % 60:02d}",
                "สมหมาย ส่งต่อ",
                "อบต.โพธิ์",
                "0810000000",
                "1/2/2569",
                "ผู้มีรายได้น้อย",
                f"นางสาวทดสอบ ใจ{surname(number)}",
                "รายได้ไม่พอเลี้ยงครอบครัว",
                citizen(number),
                "42",
                f"{number}/1",
                "3",
                "โพธิ์",
                "เมืองศรีสะเกษ",
            ),
            strict=True,
        )
    )
    return {**answer, **{title.replace("_", " "): value for title, value in changes.items()}}


def access(number: int, address: str, **changes: str) -> dict[str, str]:
    values = (
        f"{number}/2/2026, 10:00:00",
        "อบต.โพธิ์",
        f"Person{number}",
        "Example",
        "1234",
        address,
        "0820000000",
    )
    return {**dict(zip(ACCESS_TITLES, values, strict=True)), **changes}


def typed_request(name: str) -> dict[str, str]:
    """What an admin types for somebody who did not use the form."""
    return {
        "หน่วยงาน": "เทศบาลทดสอบ",
        "ชื่อ": name,
        "นามสกุล": "Example",
        "4 ตัวท้าย": "4321",
        "อีเมล": f"{name}@example.go.th",
    }


def download(path: Path, titles: tuple[str, ...], rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, titles, restval="")
        writer.writeheader()
        writer.writerows(rows)


def nobody(workspace: Workspace) -> None:
    """Nobody does anything."""


FIRST_CASES = [
    *(case(number) for number in range(1, 6)),
    case(6, เลข_13_หลัก=citizen(2)),  # the same person again
    {"Response ID": "r-half", "บ้านเลขที่": "9"},  # cannot be read as a case
]


def first_answers(workspace: Workspace) -> None:
    download(workspace.inbox_cases / "คำตอบ.csv", CASE_TITLES, FIRST_CASES)
    (workspace.inbox_cases / "อื่น.csv").write_text("ก,ข\n1,2\n", encoding="utf-8")
    requests = [access(number, f"officer{number}@example.go.th") for number in range(1, 9)]
    again = access(20, "Officer3@example.go.th")
    broken = {**access(21, "x@example.go.th"), ACCESS_TITLES[2]: "Two\nlines"}
    download(workspace.inbox_access / "ขอใช้.csv", ACCESS_TITLES, [*requests, again, broken])


def approve_and_work(workspace: Workspace) -> None:
    """The admin decides and types requests; staff type, correct, copy and add; new and edited answers arrive."""
    with Tab(workspace.access_book, ACCESS) as tab:
        for number in (1, 2, 3, 4):
            tab.put(tab.row(number), {"อนุมัติ": "อนุมัติ", "พื้นที่": "ต.โพธิ์ อ.เมืองศรีสะเกษ"})
        tab.put(tab.row(5), {"อนุมัติ": "ไม่อนุมัติ"})
        tab.put(tab.row(6), {"อนุมัติ": "คงได้"})
        tab.put(tab.row(7), {"อนุมัติ": "ใช่", "พื้นที่": "ไม่มีที่นี่"})
        for number in (1, 2, 3):
            tab.add({**typed_request(f"typed{number}"), "อนุมัติ": "ใช่" if number != 2 else None})
    with Tab(workspace.cases_book, CASES) as tab:
        first, second, third, fourth = (tab.row(f"SSK-2569-00000{number}") for number in (1, 2, 3, 4))
        tab.put(first, {"ตรวจสอบแล้ว": "ตรวจสอบแล้ว", "เลขหนังสือรับ พมจ.": "รับ 1/2569"})
        tab.put(second, {"สภาพปัญหาและความต้องการ": "บ้านผุพัง", "ผู้รับผิดชอบ": "เจ้าหน้าที่ ก"})
        tab.put(third, {"ขั้นตอนการช่วยเหลือ": "เสนอคณะกรรมการพิจารณา", "ซ้ำกับ": "พิมพ์ผิดช่อง"})
        tab.put(fourth, {"บ้านเลขที่": "44/4"})
        tab.copy(first)
        tab.add({"รหัสเคส": "SSK-2569-000900", "ชื่อ-สกุลผู้ประสบปัญหา": "ไม่รู้จัก เลขนี้"})
        for number in (1, 2, 3):
            tab.add(
                {
                    "ชื่อ-สกุลผู้ประสบปัญหา": f"นายพิมพ์เอง ใจ{surname(number)}",
                    "สภาพปัญหาและความต้องการ": "เดินทางลำบาก",
                    "เลข 13 หลัก": citizen(100 + number) if number != 2 else citizen(1),
                    "ตำบล": "โพธิ์",
                    "อำเภอ": "เมืองศรีสะเกษ",
                    "ตรวจสอบแล้ว": "ตรวจสอบแล้ว" if number == 1 else None,
                }
            )
    grown = [dict(answer) for answer in FIRST_CASES]
    grown[1]["ระบุสภาพปัญหา และความต้องการในครอบครัว"] = "น้ำท่วมบ้าน"  # staff corrected the same cell
    grown[3]["หมู่"] = "8"  # nobody touched it
    grown[6].update(case(7, Response_ID="r-half"))  # mended
    download(workspace.inbox_cases / "คำตอบ.csv", CASE_TITLES, [*grown, case(8), case(9)])


def use_up_the_allowance(workspace: Workspace) -> None:
    """Two more requests are approved, one is withdrawn, one arrives, and the mail service takes only one more
    letter today."""
    download(workspace.inbox_access / "ขอใช้ 2.csv", ACCESS_TITLES, [access(22, "officer9@example.go.th")])
    reword(workspace, "daily_limit = 400", "daily_limit = 7")
    with Tab(workspace.access_book, ACCESS) as tab:
        tab.put(tab.row(7), {"พื้นที่": None})
        tab.put(tab.row(8), {"อนุมัติ": True})
        tab.put(tab.row(1), {"อนุมัติ": None})


def reword(workspace: Workspace, old: str, new: str) -> None:
    text = workspace.province_file.read_text(encoding="utf-8")
    assert old in text
    workspace.province_file.write_text(text.replace(old, new), encoding="utf-8")


def decide_and_delete(workspace: Workspace) -> None:
    """Staff decide on reviews, delete a row, sort the sheet; the admin approves again who was withdrawn."""
    with Tab(workspace.cases_book, REVIEWS) as tab:
        tab.put(tab.row("ค่าสองฝ่ายไม่ตรงกัน", "เรื่อง"), {"คำตัดสิน": "ใช้ค่าจากแบบฟอร์ม"})
        tab.put(tab.row("อาจเป็นเคสซ้ำ", "เรื่อง"), {"คำตัดสิน": "ไม่ใช่คนเดียวกัน", "บันทึกของเจ้าหน้าที่": "พี่น้องกัน"})
        tab.put(tab.row("ไฟล์ที่อ่านไม่ได้", "เรื่อง"), {"คำตัดสิน": "ไม่ทราบ"})
    with Tab(workspace.cases_book, CASES) as tab:
        tab.sheet.delete_rows(tab.row("SSK-2569-000005"))
        copied = [row for row in range(2, tab.last + 1) if tab.get(row, "รหัสเคส") == "SSK-2569-000001"]
        tab.sheet.delete_rows(copied[1])
        tab.sort("ชื่อ-สกุลผู้ประสบปัญหา")
        tab.put(
            tab.row("SSK-2569-000002"), {"ตรวจสอบแล้ว": "/", "จำนวนเงิน": 2000, "วันที่โอนเงิน": date(2026, 3, 1)}
        )
        tab.put(tab.row("SSK-2569-000001"), {"ขั้นตอนการช่วยเหลือ": "ให้การช่วยเหลือแล้ว"})
    with Tab(workspace.access_book, ACCESS) as tab:
        tab.put(tab.row(1), {"อนุมัติ": "อนุมัติ"})
        tab.sheet.delete_rows(tab.row(5))
    download(workspace.inbox_cases / "คำตอบ 3.csv", CASE_TITLES, [case(3, Response_ID="r-30"), case(31)])


def take_back(workspace: Workspace) -> None:
    """The deleted row is wanted again, and the file that could not be read is replaced."""
    with Tab(workspace.cases_book, REVIEWS) as tab:
        tab.put(tab.row("แถวที่หายไปจากชีต", "เรื่อง"), {"คำตัดสิน": "คืนแถว"})
    download(workspace.inbox_cases / "อื่น.csv", CASE_TITLES, [case(40), case(41)])


def reword_the_province(workspace: Workspace) -> None:
    """A rule changes: every case is computed anew, and staff have unchecked one meanwhile."""
    reword(workspace, 'outcome = "ยังไม่ช่วยเหลือ"', 'outcome = "รอการช่วยเหลือ"')
    with Tab(workspace.cases_book, CASES) as tab:
        tab.put(tab.row("SSK-2569-000001"), {"ตรวจสอบแล้ว": None})


def _step(name: str, hour: int, people: Callable[[Workspace], None], work: Callable[[Office], None]) -> Step:
    return Step(name, MONDAY + timedelta(hours=hour), people, work)


STEPS = (
    _step("first answers", 0, first_answers, cycles),
    _step("approve and work", 3, approve_and_work, cycles),
    _step("evening", 8, nobody, evening),
    _step("allowance used up", 9, use_up_the_allowance, cycles),
    _step("next day", 24, nobody, deliver),
    _step("decide and delete", 25, decide_and_delete, cycles),
    _step("take back", 27, take_back, cycles),
    _step("province reworded", 32, reword_the_province, evening),
)

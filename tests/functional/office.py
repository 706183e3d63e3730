"""A small invented office for the tests that use the program as people do."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl

from bridge.cli import main

PROJECT = Path(__file__).resolve().parents[2]
CASE_TITLES = (
    "ประทับเวลา",
    "ชื่อ - สกุลผู้ส่ง",
    "หน่วยงานองค์กรผู้ส่ง ระบุ",
    "เบอร์โทรศัพท์ติดต่อ",
    "เลขหนังสือนำส่ง",
    "ส่งเอกสารวันที่",
    "ประเภทผู้ประสบปัญหาทางสังคม",
    "ผู้ยื่นคำร้อง",
    "ชื่อ - สกุล ผู้ยื่น",
    "ระบุสภาพปัญหา และความต้องการในครอบครัว",
    "เลข 13 หลัก",
    "อายุ(ปี)",
    "บ้านเลขที่",
    "หมู่",
    "ตำบล",
    "เลือกอำเภอ",
    "เบอร์โทรศัพท์",
    "ข้อมูลจาก",
)
ACCESS_TITLES = (
    "Timestamp",
    "โปรดระบุหน่วยงาน/องค์กร",
    "กรอกชื่อ ภาษาอังกฤษ ผู้เข้าใช้",
    "กรอกนามสกุล ภาษาอังกฤษ ผู้เข้าใช้",
    "เลขบัตรประชาชน 4 ตัวหลัง",
    "อีเมล",
    "เบอร์โทรศัพท์",
)


def valid_id(number: int) -> str:
    """A 13-digit number with a right checksum that nobody is known to hold. Those of neighbours are not alike."""
    digits = f"99{number * 1_000_003 % 10**10:010d}"
    total = sum(int(digit) * (13 - place) for place, digit in enumerate(digits))
    return digits + str((11 - total % 11) % 10)


def family_name(number: int) -> str:
    """An invented name, another one for each number, without a digit in it."""
    words = ("ศูนย์", "หนึ่ง", "สอง", "สาม", "สี่", "ห้า", "หก", "เจ็ด", "แปด", "เก้า")
    return "คน" + "".join(words[int(digit)] for digit in str(number))


def case_answer(number: int, **changes: str) -> list[str]:
    """The answers of one invented case, in the order of CASE_TITLES."""
    answers = {
        "ประทับเวลา": f"2026/11/20 {number % 12 + 1}:{number % 60:02d}:00 PM GMT+7",
        "ชื่อ - สกุลผู้ส่ง": "นางสาวทดสอบ ส่งเคส",
        "หน่วยงานองค์กรผู้ส่ง ระบุ": "อบต.โพธิ์",
        "เบอร์โทรศัพท์ติดต่อ": "0812345678",
        "ส่งเอกสารวันที่": "20/11/2569",
        "ประเภทผู้ประสบปัญหาทางสังคม": "ผู้มีรายได้น้อย",
        "ผู้ยื่นคำร้อง": "ยื่นเอง",
        "ชื่อ - สกุล ผู้ยื่น": f"นายสมมติ {family_name(number)}",
        "ระบุสภาพปัญหา และความต้องการในครอบครัว": f"เดือดร้อน {number}",
        "เลข 13 หลัก": valid_id(number),
        "อายุ(ปี)": "70",
        "บ้านเลขที่": f"{number}/1",
        "หมู่": "7",
        "ตำบล": "โพธิ์",
        "เลือกอำเภอ": "เมืองศรีสะเกษ",
        "ข้อมูลจาก": "TPMAP",
        **changes,
    }
    return [answers.get(title, "") for title in CASE_TITLES]


def access_answer(number: int, email: str) -> list[str]:
    return [
        f"2026/11/20 9:{number:02d}:00 AM GMT+7",
        "อบต.โพธิ์",
        f"Somchai{number}",
        "Jaidee",
        "0123",
        email,
        "0812345678",
    ]


@dataclass
class TestOffice:
    """A workspace, and hands that use it."""

    __test__ = False
    root: Path

    def send_cases(self, answers: Sequence[Sequence[str]], name: str = "cases.csv") -> None:
        self._download(self.root / "inbox" / "cases" / name, CASE_TITLES, answers)

    def send_requests(self, answers: Sequence[Sequence[str]]) -> None:
        self._download(self.root / "inbox" / "access" / "access.csv", ACCESS_TITLES, answers)

    @staticmethod
    def _download(path: Path, titles: Sequence[str], answers: Sequence[Sequence[str]]) -> None:
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([titles, *answers])

    @contextmanager
    def edit(self, book: str, tab: int = 0) -> Iterator[Any]:
        """The tab of a workbook, opened as a person does and saved at the end."""
        path = self.root / "workbooks" / f"{book}.xlsx"
        workbook = openpyxl.load_workbook(path)
        yield Tab(workbook.worksheets[tab])
        workbook.save(path)

    def rows(self, book: str, tab: int = 0) -> list[dict[str, Any]]:
        workbook = openpyxl.load_workbook(self.root / "workbooks" / f"{book}.xlsx")
        header, *rows = workbook.worksheets[tab].iter_rows(values_only=True)
        named = [dict(zip(header, row, strict=False)) for row in rows]
        return [row for row in named if any(value is not None for value in row.values())]

    def mails(self) -> list[Path]:
        return sorted((self.root / "outbox").glob("*.eml"))

    def run(self, *arguments: str) -> int:
        """A command, in this process."""
        before = sys.argv
        sys.argv = ["run.py", *arguments, "-w", str(self.root)]
        try:
            return main()
        finally:
            sys.argv = before

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """A command, in a process of its own."""
        return subprocess.Popen(
            [sys.executable, str(PROJECT / "run.py"), *arguments, "-w", str(self.root)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )


class Tab:
    """Cells by header and row number as people see them."""

    def __init__(self, sheet: Any) -> None:
        self.sheet = sheet
        self.places = {cell.value: cell.column for cell in sheet[1]}

    def __setitem__(self, place: tuple[int, str], value: Any) -> None:
        self.sheet.cell(place[0], self.places[place[1]]).value = value

    def __getitem__(self, place: tuple[int, str]) -> Any:
        return self.sheet.cell(place[0], self.places[place[1]]).value

"""Answers as the files that a person downloads: the .csv of Google Forms, the .xlsx of its responses sheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from bridge.demo import quirks
from bridge.demo.answers import Answered
from bridge.demo.people import Person
from bridge.domain.cells import Cell
from bridge.domain.intake import Form

_THAI_STAMP, _ENGLISH_STAMP = 0, 1  # of the form's titles for its time column
_REGISTER = (
    *("หมายเลข", "คำนำหน้า", "ชื่อ", "นามสกุล", "บ้านเลขที่", "หมู่", "ตำบล", "อำเภอ", "จังหวัด"),
    "ระดับความเปราะบาง",
)
_RESPONSES_TAB = "การตอบแบบฟอร์ม 1"


def write_csv(path: Path, form: Form, answered: Sequence[Answered]) -> None:
    """Every cell in quotation marks, the header in Thai, times as `1:57:03 หลังเที่ยง` (or PM) `GMT+7`."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow(_header(form, _THAI_STAMP))
    for number, one in enumerate(answered):
        typed = [one.answers.get(question.column, "") for question in form.questions]
        writer.writerow([quirks.stamp(one.sent_at, thai=number % 3 != 0), *typed])
    path.write_text(text.getvalue(), encoding="utf-8", newline="")


def write_xlsx(path: Path, form: Form, answered: Sequence[Answered], unfinished: Mapping[str, str]) -> None:
    """All answers as the responses sheet keeps them, and a last row that somebody left half filled."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = _RESPONSES_TAB
    sheet.append(_header(form, _ENGLISH_STAMP))
    for one in answered:
        _write(sheet, form, one.sent_at, one.answers)
    _write(sheet, form, None, unfinished)
    book.save(path)


def write_register(path: Path, people: Sequence[Person], province: str) -> None:
    """The poverty register, as the province gets it."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(_REGISTER)
    for number, one in enumerate(people, 1):
        place = (one.house_no, one.moo, one.tambon, one.amphoe, province)
        writer.writerow((f"TPMAP-{number:04}", one.title, one.given, one.family, *place, 1 + number % 3))
    path.write_text(text.getvalue(), encoding="utf-8", newline="")


def _header(form: Form, language: int) -> list[str]:
    return [form.timestamp_titles[language], *(question.titles[0] for question in form.questions)]


def _write(sheet: Worksheet, form: Form, sent_at: datetime | None, answers: Mapping[str, str]) -> None:
    row = sheet.max_row + 1
    year = sent_at.year if sent_at else 0
    typed = [answers.get(question.column, "") for question in form.questions]
    cells: list[Cell] = [sent_at, *(quirks.as_spreadsheet(answer, year) for answer in typed)]
    for column, value in enumerate(cells, 1):
        if value is None:
            continue
        cell = sheet.cell(row, column, value)
        if isinstance(value, str):
            cell.data_type = "s"  # an answer that begins with = is no formula

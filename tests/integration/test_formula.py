"""The sheet's own formula for the step (process.md section 4), worked out by LibreOffice, against our rules."""

from __future__ import annotations

import csv
import random
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from openpyxl import Workbook

from bridge.config import load

FORMULA = '=IF(J2="รับเรื่องแล้ว","ตรวจสอบเอกสาร",IF(J2="รอดำเนินการ","ยังไม่รับเรื่อง","ไม่พบข้อมูล"))'
RULES = load(Path(__file__).parents[2] / "config" / "sisaket.toml").workflow()
KNOWN = ["รับเรื่องแล้ว", "รอดำเนินการ"]
SOFFICE = shutil.which("soffice") or shutil.which("libreoffice")

pytestmark = pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed")


def some_words() -> list[str | int | float | bool | None]:
    """The two words, words near them, and what else people leave in such a cell; always the same ones."""
    chance = random.Random(2569)
    near = []
    for word in KNOWN:
        near += [word[:cut] for cut in range(1, len(word))]
        near += [word[:cut] + word[cut + 1 :] for cut in range(len(word))]
        near += [word + tail for tail in ("?", "!", "*", ".", "1", "ค่ะ", word)]
        near += ["".join(chance.sample(word, len(word))) for _ in range(20)]
    odd = [
        "TRUE",
        "#REF!",
        "=J2",
        '"',
        "*",
        "?",
        "~*",
        "ร*",
        "รับเรื่อง*",
        "?????????????",
        "อื่นๆ",
        "ยกเลิก",
        "๑",
        "💛",
        "'",
    ]
    letters = "กขคงจฉชซญดตถทนบปผพมยรลวสหอะาิีึืุูเแโใไ่้็์ABCxyz0129-/"
    made = ["".join(chance.choices(letters, k=chance.randint(1, 14))) for _ in range(200)]
    numbers: list[str | int | float | bool | None] = [None, 0, 1, 12.5, -3, True, False]
    return [*KNOWN, *near, *odd, *made, *numbers]


def by_libreoffice(folder: Path, words: Sequence[str | int | float | bool | None]) -> list[str]:
    """The formula's result beside each word."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "เคส"
    for row, word in enumerate(words, 2):
        cell = sheet.cell(row, 10)
        cell.value = word
        if isinstance(word, str):
            cell.data_type = "s"  # whatever it begins with
        sheet.cell(row, 11).value = FORMULA.replace("J2", f"J{row}")
    path = folder / "สูตร ขั้นตอน.xlsx"
    book.save(path)
    profile = (folder / "profile").as_uri()
    done = subprocess.run(
        [
            str(SOFFICE),
            f"-env:UserInstallation={profile}",
            "--headless",
            *("--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76,1"),  # comma, quote, UTF-8
            *("--outdir", str(folder)),
            str(path),
        ],
        capture_output=True,
        timeout=120,
    )
    result = path.with_suffix(".csv")
    assert result.is_file(), done.stderr.decode(errors="replace")
    with result.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    return [row[10] for row in rows[1 : 1 + len(words)]]


def test_the_sheets_formula_and_our_rules_give_the_same_steps(tmp_path: Path) -> None:
    words = some_words()
    assert len(words) > 300
    steps = by_libreoffice(tmp_path, words)
    assert set(steps) == {"ตรวจสอบเอกสาร", "ยังไม่รับเรื่อง", "ไม่พบข้อมูล"}
    ours = [RULES.suggest_step(word) for word in words]
    assert [(w, s, o) for w, s, o in zip(words, steps, ours, strict=True) if s != o] == []


def test_ours_alone_overlooks_stray_spaces_and_what_cannot_be_seen(tmp_path: Path) -> None:
    """Where we differ on purpose: a person sees the same word, and the sheet's formula does not."""
    words = [" รับเรื่องแล้ว", "รับเรื่องแล้ว ", "รับ เรื่องแล้ว", "รับเรื่องแล้ว\u200b", "รอดำเนินการ\u00a0", "รอ ดำเนินการ"]
    assert by_libreoffice(tmp_path, words) == ["ไม่พบข้อมูล"] * len(words)
    assert [RULES.suggest_step(word) for word in words] == ["ตรวจสอบเอกสาร"] * 4 + ["ยังไม่รับเรื่อง"] * 2

"""The look through all logs at the end of a run finds what it is for, and the commands write none of it."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests import leaks
from tests.functional.office import PROJECT, TestOffice, access_answer, case_answer, valid_id

PLANTED = """
import logging
from tests import leaks
from tests.functional.office import valid_id

def test_log(tmp_path):
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "saphan.log").write_text("case of " + valid_id(77))

def test_record():
    try:
        raise ValueError(valid_id(77))
    except ValueError:
        logging.getLogger("somebody").exception("broken")

def test_address():
    leaks.keep("ม้าน้ำ ร่มผ้าใบ")
    leaks.given("/?q=%E0%B8%A1%E0%B9%89%E0%B8%B2%E0%B8%99%E0%B9%89%E0%B8%B3%20ร่มผ้าใบ", '<a href="/cases/">')

def test_nothing(tmp_path):
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "quiet.log").write_text(valid_id(77)[:12])
    leaks.given("/cases/?page=2", '<a href="/activate/ม้าน้ำ ร่มผ้าใบ">')
"""


def test_what_is_planted_fails_the_run() -> None:
    with tempfile.TemporaryDirectory() as folder:  # not where this run will be looked through
        (Path(folder) / "test_planted.py").write_text(PLANTED, encoding="utf-8")
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-p",
            "tests.leaks",
            "-n",
            "1",
        ]
        command += [f"--basetemp={folder}/base", f"--rootdir={folder}", folder]
        done = subprocess.run(command, cwd=PROJECT, capture_output=True, encoding="utf-8", check=False)
    assert "4 passed" in done.stdout, done.stdout + done.stderr
    assert done.returncode == 1
    said = done.stdout.partition("in a log or an address")[2]
    assert (
        said.count("a 13-digit id") == 2 and "saphan.log: " in said and "a record of this process: " in said
    )
    assert said.count("an address: /?x=xxxxxx xxxxxxxx: a password or token\n") == 1
    assert "quiet.log" not in said
    assert valid_id(77) not in said and "ม้าน้ำ" not in said, "it is not said again"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (valid_id(5), 1),
        (f"id:{valid_id(5)}.", 0),
        (f"({valid_id(5)})", 1),
        ("-".join(valid_id(5)), 1),
        (" ".join(valid_id(5)), 1),
        (valid_id(5)[:12] + str((int(valid_id(5)[12]) + 1) % 10), 0),
        (valid_id(5) + "1", 0),
        ("2026-11-22T14:17:36.198+00:00", 0),
    ],
)
def test_an_id_is_known_by_its_check_digit(text: str, found: int) -> None:
    assert len(leaks.ids(text)) == found


def test_the_commands_write_no_person_anywhere(office: TestOffice, capfd: pytest.CaptureFixture[str]) -> None:
    office.send_requests([access_answer(1, "kanya@example.go.th")])
    office.send_cases([case_answer(1), case_answer(2, **{"อายุ(ปี)": valid_id(3), "เลือกอำเภอ": "ไม่มีอำเภอนี้"})])
    (office.root / "inbox" / "cases" / "broken.csv").write_text(f"no,table\n{valid_id(4)}", encoding="utf-8")
    for command in ("sync", "publish", "summarise", "deliver", "status", "check", "backup"):
        office.run(command)
    said = "".join(capfd.readouterr())
    log = (office.root / "logs" / "saphan.log").read_text(encoding="utf-8")
    assert "sync" in log and said
    assert leaks.ids(said + log) == []
    assert "kanya" not in log and "สมมติ" not in log

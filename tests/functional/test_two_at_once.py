"""Two processes on one workspace: one works, the other exits 5; the lease of a killed process is taken over."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from bridge import bootstrap
from tests.functional.office import PROJECT, TestOffice, access_answer, case_answer

SOMEBODY_AT_WORK = "มีการทำงานอีกชุดหนึ่งกำลังทำงานกับโฟลเดอร์นี้อยู่"
HOLDER = """
import sys
from pathlib import Path
from bridge import bootstrap

with bootstrap.open_office(Path(sys.argv[1])).lease():
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    """This process, too, may have the ledger open."""
    yield
    bootstrap.close()


@contextmanager
def holder(office: TestOffice) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the lease until it is killed or its input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(office.root)],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Exit code, and what was said on stderr."""
    _, complaints = process.communicate(timeout=120)
    return process.returncode, complaints


def everything(office: TestOffice) -> dict[str, object]:
    """Every file as it is, the ledger by its content, the log apart."""
    files: dict[str, object] = {
        str(path.relative_to(office.root)): path.read_bytes()
        for path in office.root.rglob("*")
        if path.is_file() and "logs" not in path.parts and not path.name.startswith("ledger.sqlite3")
    }
    with closing(sqlite3.connect(office.root / "ledger.sqlite3")) as ledger:
        tables = ledger.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
        ).fetchall()
        files["ledger"] = {name: ledger.execute(f'SELECT * FROM "{name}"').fetchall() for (name,) in tables}
    return files


def holding(office: TestOffice) -> bool:
    """Whether some process holds the lease."""
    with closing(sqlite3.connect(office.root / "ledger.sqlite3", timeout=30)) as ledger:
        return ledger.execute("SELECT count(*) FROM ledger_lease WHERE holder <> ''").fetchone() != (0,)


def names(office: TestOffice) -> list[str]:
    return sorted(str(row["สภาพปัญหาและความต้องการ"]) for row in office.rows("cases"))


def problems(count: int) -> list[str]:
    return sorted(f"เดือดร้อน {number}" for number in range(count))


def ids(office: TestOffice) -> set[str]:
    return {str(row["รหัสเคส"]) for row in office.rows("cases")}


@pytest.mark.parametrize("command", [["sync"], ["publish", "--no-sync"], ["deliver"], ["backup"]])
def test_while_another_works_a_command_exits_5_says_so_and_writes_nothing(
    office: TestOffice, command: list[str]
) -> None:
    office.send_cases([case_answer(0)])
    bootstrap.close()
    with holder(office):
        before = everything(office)
        code, complaints = ended(office.start(*command))
        assert code == 5
        assert SOMEBODY_AT_WORK in complaints
        assert everything(office) == before


def test_once_the_other_is_done_the_command_works(office: TestOffice) -> None:
    office.send_cases([case_answer(0)])
    bootstrap.close()
    with holder(office) as process:
        process.communicate("")
        assert process.returncode == 0
    assert ended(office.start("sync"))[0] == 0
    assert names(office) == problems(1)


def test_the_lease_of_a_killed_process_is_taken_over_at_once(office: TestOffice) -> None:
    office.send_cases([case_answer(0)])
    bootstrap.close()
    with holder(office) as process:
        process.kill()
        process.wait()
        assert holding(office)
        assert ended(office.start("sync")) == (0, "")
    assert not holding(office)
    assert names(office) == problems(1)


def test_a_cycle_that_is_killed_at_work_is_finished_by_the_next(office: TestOffice) -> None:
    count = 200
    office.send_cases([case_answer(number) for number in range(count)])
    bootstrap.close()
    process = office.start("sync")
    while not holding(office):
        assert process.poll() is None, "the cycle ended before it was seen at work"
    process.kill()
    process.communicate()
    assert ended(office.start("sync")) == (0, "")
    assert names(office) == problems(count)
    assert len(ids(office)) == count


def test_two_started_together_do_the_work_once(office: TestOffice) -> None:
    for number in range(1, 4):
        office.send_cases([case_answer(case) for case in range(number * 10)])
        office.send_requests([access_answer(person, f"p{person}@example.go.th") for person in range(number)])
        if number > 1:
            with office.edit("access") as tab:
                tab[number, "อนุมัติ"] = "อนุมัติ"
        bootstrap.close()
        results = [ended(process) for process in (office.start("sync"), office.start("sync"))]
        codes = sorted(code for code, _ in results)
        assert codes in ([0, 0], [0, 5])
        assert all(SOMEBODY_AT_WORK in complaints for code, complaints in results if code == 5)
        assert names(office) == problems(number * 10)
        assert len(ids(office)) == number * 10
        assert [row["ลำดับ"] for row in office.rows("access")] == list(range(1, number + 1))
        assert len(office.mails()) == number - 1

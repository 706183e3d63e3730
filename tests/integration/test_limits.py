"""Limits through a whole round: typed in the workbook, pointed out, decided, frozen, accepted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from bridge import bootstrap
from bridge.domain.cells import Cell
from tests.integration.people import Workplace

ID, OTHER_ID = "1100000000008", "1100000000016"
SPENT = date(2025, 12, 1)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Workplace]:
    workplace = Workplace(tmp_path)
    yield workplace
    bootstrap.close()


def send(place: Workplace, count: int, **answers: str) -> list[str]:
    """So many cases of one person, sent and in the sheet."""
    sent = []
    for _ in range(count):
        number = len(place.answers) + 1
        given = {"person_name": "นายดี ใจดี", "national_id": ID, "problem": f"เรื่องที่ {number}"}
        submitted = f"10/11/2025, 13:{number // 60:02}:{number % 60:02}"
        place.send(f"r{number}", **{"submitted_at": submitted, **given, **answers})
        sent.append(f"r{number}")
    sync(place)
    return [place.case_of(response) for response in sent]


def sync(place: Workplace) -> None:
    report = place.sync()
    assert (report.exit_code, report.trouble) == (0, [])


def pay(place: Workplace, case: str, amount: Cell, day: date | None = SPENT, **cells: Cell) -> None:
    place.desk.type(place.desk.row_of(case_id=case), amount=amount, transfer_date=day, **cells)


def review(place: Workplace, case: str) -> str:
    return str(place.desk.rows()[place.desk.row_of(case_id=case)]["review"] or "")


def items(place: Workplace, kind: str) -> dict[int, dict[str, Cell]]:
    word = getattr(place.office.province.reviews.kinds, kind)
    return {number: row for number, row in place.reviews.rows().items() if row["kind"] == word}


def test_x(place: Workplace) -> None:
    cases = send(place, 4)
    for case in cases[:2]:
        pay(place, case, 3000)
    sync(place)
    for c in cases:
        print(c, review(place, c))
    for case in cases[2:]:
        pay(place, case, 3500)
    sync(place)
    for c in cases:
        print(c, review(place, c))
    print(items(place, "limit"))

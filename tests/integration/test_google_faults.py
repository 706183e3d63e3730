"""Every call of a cycle meets every fault; afterwards all is as it would have been without it.

The cycle has three operations: new answers are appended and a staff edit is answered on the cases' spreadsheet
(one batch), the admin's approval on the access sheet, and the approved address is let into a shared file.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.integration.google_office import CloudOffice, cloud_office
from tests.integration.google_snapshots import Moment, go_back, remember
from tests.stand_in.google.faults import Kind

HOLD = 0.02  # seconds without an answer before the connection is dropped
READ_FAULTS = [
    Kind.TOO_MANY,
    Kind.INTERNAL,
    Kind.BAD_GATEWAY,
    Kind.UNAVAILABLE,
    Kind.USAGE_LIMITS,
    Kind.FORBIDDEN,
    Kind.UNAUTHENTICATED,
    Kind.RESET_BEFORE,
    Kind.TIME_OUT_BEFORE,
    Kind.TRUNCATED,
]
WRITE_FAULTS = [kind for kind in Kind if kind is not Kind.SLOW]


def prepare(office: CloudOffice) -> None:
    """What waits for the cycle."""
    office.send(2)
    office.tab().type(1, "เลขหนังสือรับ พมจ.", "ศก 0001/2569")
    office.tab().type(2, "จำนวนเงิน", "2000")
    hand = office.tab("คำขอใช้ระบบ", "access")
    hand.type(1, "อนุมัติ", "อนุมัติ")
    hand.type(1, "บทบาท", "เจ้าหน้าที่ พมจ.")


def outcome(office: CloudOffice) -> dict[str, Any]:
    """Everything that a fault must not change."""
    files = office.google.state.files
    shared = next(file for file in files.values() if file.name == "คู่มือ")
    summaries = [
        hand
        for hand in (
            office.tab(sheet.title) for sheet in office.google.state.books[office.book_id("cases")].sheets
        )
        if hand.tab.title not in ("ทะเบียนเคส", "ตรวจสอบ")
    ]
    history = office.office.ports.rows.history("cases", "SSK-2570-000001")
    return {
        "cases": office.rows(),
        "reviews": office.rows("ตรวจสอบ"),
        "access": [
            {name: cell for name, cell in row.items() if name != "ส่งอีเมลเมื่อ"}
            for row in office.rows("คำขอใช้ระบบ", "access")
        ],
        "mails": len(office.mails()),
        "shared": sorted(one.get("emailAddress", "") for one in shared.permissions),
        "summaries": {
            hand.tab.title: [
                [c for c in row if not (isinstance(c, str) and ":" in c)] for row in hand.values()
            ]
            for hand in summaries
        },
        "markers": len(office.google.state.books[office.book_id("cases")].metadata) <= 2,
        "rows": office.tab().tab.grid.row_count,
        "history": [(past.event.why, past.event.column) for past in history],
    }


@contextmanager
def office_at_work(folder: Path) -> Iterator[tuple[CloudOffice, Moment]]:
    """An office that has three operations before it, and the moment to come back to."""
    with cloud_office(folder / "home") as office:
        shared = office.google.state.add_file("คู่มือ", "application/pdf")
        office.configure(file=f"https://drive.google.com/file/d/{shared.id}/view")
        office.send(3)
        office.ask(1, "somchai@example.go.th")
        office.rest()
        prepare(office)
        yield office, remember(office, folder / "kept")


@pytest.fixture(scope="module")
def scene(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[CloudOffice, Moment, dict[str, Any], list[str]]]:
    with office_at_work(tmp_path_factory.mktemp("faults")) as (office, moment):
        calls = office.calls_of(office.cycle)
        office.rest()
        yield office, moment, outcome(office), calls


def numbered(calls: list[str], writing: bool) -> list[int]:
    return [
        at
        for at, line in enumerate(calls)
        if writing == (":batchUpdate" in line or (line.startswith("POST") and line.endswith("/permissions")))
    ]


def run_with(scene: Any, at: int, kind: Kind, **options: Any) -> None:
    office, moment, expected, calls = scene
    go_back(office, moment)
    start = len(office.google.calls)
    office.google.faults.at(start + 1 + at, kind, hold=HOLD, **options)  # the first call asks for a token
    office.cycle()
    assert office.google.faults.log == [(start + 1 + at, kind)]
    office.google.faults.log.clear()
    office.rest()
    found = outcome(office)
    if kind is Kind.FORBIDDEN:  # told on the list of things to look at, and closed again
        found["reviews"] = expected["reviews"]
    assert found == expected, (calls[at], kind)


def test_the_scene_has_three_operations(scene: Any) -> None:
    assert len(numbered(scene[3], True)) == 3, scene[3]
    assert scene[2]["mails"] == 1
    assert scene[2]["shared"] == ["service@example.iam.gserviceaccount.com", "somchai@example.go.th"]
    assert [row["ขั้นตอนการช่วยเหลือ"] for row in scene[2]["cases"]].count("ตรวจสอบเอกสาร") == 1


@pytest.mark.parametrize("kind", READ_FAULTS)
def test_reads(scene: Any, kind: Kind) -> None:
    for at in numbered(scene[3], False):
        run_with(scene, at, kind)


@pytest.mark.parametrize("kind", WRITE_FAULTS)
def test_writes(scene: Any, kind: Kind) -> None:
    for at in numbered(scene[3], True):
        run_with(scene, at, kind, **({"seconds": 150} if kind is Kind.LATE else {}))

"""Every ledger keeps what its cases add to the summaries: whatever is saved, by whom and in which order, the next
count is that of all rows as they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.adapters.ledger.connection import close_ledger
from bridge.application import count_cases
from bridge.application.count_cases import CountCases
from bridge.application.ports.cases import NewCase
from bridge.application.ports.rows import Presence, RowState
from bridge.domain.case_columns import CaseColumns
from bridge.domain.cells import Cell
from bridge.domain.summary import Tally
from bridge.domain.workflow import Rules
from tests.contract.ledgers import BACKENDS, NOW, Ledger, open_empty

RULES = Rules(
    waiting="รอดำเนินการ",
    received="รับเรื่องแล้ว",
    step_otherwise="ไม่พบข้อมูล",
    helped="ให้การช่วยเหลือแล้ว",
    steps={},
    outcomes={},
    checked_words=["ตรวจแล้ว"],
    case_types=["เด็ก"],
    other_type="อื่นๆ",
)

BLOCK = 1024  # cases that are kept together


@pytest.fixture(params=BACKENDS)
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    yield open_empty(request.param, request.config, tmp_path)
    close_ledger()


def counter(ledger: Ledger, rules: Rules = RULES) -> CountCases:
    """As another process makes one."""
    return CountCases(ledger.case_columns, ledger.cases, ledger.rows, ledger.journal, rules)


def case(number: int, **values: Cell) -> RowState:
    return RowState(f"C{number:05}", {"operation": "รับเรื่องแล้ว", "amount": 1000 + number % 3, **values})


def add(ledger: Ledger, *states: RowState) -> None:
    new = [NewCase(s.key, 2569, int(s.key[1:]), "form", s.key, NOW) for s in states]
    ledger.cases.add(new, [])
    ledger.rows.save("cases", states)


def cases_of(counted: Tally) -> int:
    return sum(sum(year.progress.values()) for _, year in counted.years())


def same(one: Tally, other: Tally) -> bool:
    return one.years() == other.years()


def test_each_save_is_counted_once(ledger: Ledger) -> None:
    here, elsewhere = counter(ledger), counter(ledger)
    assert here.run().years() == []
    add(ledger, case(1), case(2), case(3, checked="ตรวจแล้ว", case_type="เด็ก"))
    ledger.rows.save("access", [RowState("C00009")])
    assert cases_of(here.run()) == 3
    ledger.rows.save(
        "cases", [case(1), case(2, amount="ไม่ทราบ"), case(3, amount=5, transfer_date="1/2/2569")]
    )
    ledger.rows.save("cases", [case(1, operation="รอดำเนินการ")])
    assert same(elsewhere.run(), counter(ledger).run())
    assert same(here.run(), elsewhere.run())
    ((year, counts),) = here.run().years()
    assert year == 2569
    assert sum(paid.baht for paid in counts.paid_kinds.values()) == 1001 + 5
    operations = [key[1] for key, cases in counts.progress.items() for _ in range(cases)]
    assert sorted(operations) == ["รอดำเนินการ", "รับเรื่องแล้ว", "รับเรื่องแล้ว"]


def test_a_row_that_is_gone_is_counted_no_more_and_comes_back(ledger: Ledger) -> None:
    here = counter(ledger)
    add(ledger, case(1, outcome="มอบเงินแก่ใครคนหนึ่ง"), case(2))
    before = here.run()
    ledger.rows.save("cases", [replace(case(1), presence=Presence.GONE)])
    assert cases_of(here.run()) == cases_of(counter(ledger).run()) == 1
    with ledger.journal.transaction():
        assert "มอบเงิน" not in str(ledger.case_columns.load("", CaseColumns())[1].words_record())
    ledger.rows.save("cases", [case(1, outcome="มอบเงินแก่ใครคนหนึ่ง")])
    assert same(here.run(), before)


def test_what_is_undone_is_not_counted(ledger: Ledger) -> None:
    here = counter(ledger)
    add(ledger, case(1))
    before = here.run()
    with pytest.raises(ZeroDivisionError), ledger.journal.transaction():
        add(ledger, case(2))
        assert cases_of(here.run()) == 2
        raise ZeroDivisionError
    assert same(here.run(), before)
    assert same(counter(ledger).run(), before)


def test_other_rules_count_all_anew(ledger: Ledger) -> None:
    add(ledger, case(1, case_type="เด็ก"), case(2, case_type="ผู้สูงอายุ"))
    ((_, counts),) = counter(ledger).run().years()
    assert {key[0] for key in counts.kinds} == {"เด็ก", "อื่นๆ"}
    ((_, counts),) = counter(ledger, replace(RULES, case_types=["ผู้สูงอายุ"])).run().years()
    assert {key[0] for key in counts.kinds} == {"ผู้สูงอายุ", "อื่นๆ"}


def test_a_save_during_a_count_waits_for_the_next(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the reading of a row and the settling of its ticket."""
    add(ledger, case(1), case(2))
    here, read = counter(ledger), ledger.rows.load

    def load(table: str, cases: list[str]) -> dict[str, RowState]:
        found: dict[str, RowState] = read(table, cases)
        monkeypatch.undo()
        ledger.rows.save("cases", [case(1, operation="รอดำเนินการ")])
        return found

    monkeypatch.setattr(ledger.rows, "load", load)
    here.run()
    ((_, counts),) = here.run().years()
    assert {key[1] for key in counts.progress} == {"รอดำเนินการ", "รับเรื่องแล้ว"}


def test_many_in_parts_and_blocks(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(count_cases, "CHUNK", 700)
    here = counter(ledger)
    add(ledger, *map(case, range(1, BLOCK + 200)))
    whole = here.run()
    assert cases_of(whole) == BLOCK + 199
    ledger.rows.save("cases", [case(number, amount=7) for number in (1, BLOCK, BLOCK + 150)])
    again = here.run()
    assert not same(again, whole)
    assert same(counter(ledger).run(), again)

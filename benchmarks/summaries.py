"""Summaries beside DuckDB in the same run: counting all cases, following 1,000 changed ones, and the table of
process.md section 10.

    python benchmarks/summaries.py [--cases 400000] [--repeat 7] [--ledger 100000]

The cases are invented: places of a province, its own words, some typed ones; amounts as an office gives them. Ours
and DuckDB hold them in memory as columns of numbers for words, which DuckDB calls ENUM (and once more as text). Both
make the five groups of `bridge/domain/case_columns.py` of them, with sums of money; that their numbers are equal is
checked, for all cases and after the changes. `--ledger` counts rows of a real ledger: all of them, 1,000 that were
saved since, and none. Seconds are medians. Needs the extra `benchmark`.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bridge.adapters.places import load_places
from bridge.domain.case_columns import GROUPS, PAID, CaseColumns, Cells
from bridge.domain.summary import CaseFigures, Tally

PROJECT = Path(__file__).resolve().parent.parent
TYPES = (
    *("เด็กในครอบครัวยากจน", "ผู้มีรายได้น้อย", "สงเคราะห์ผู้สูงอายุ", "สงเคราะห์คนพิการ", "ช่วยเหลือฉุกเฉิน"),
    *("ปรับสภาพบ้านผู้สูงอายุ", "ปรับสภาพบ้านคนพิการ", "อื่นๆ"),
)
WORK = {
    "รอดำเนินการ": {"ยังไม่รับเรื่อง": ("ยังไม่ช่วยเหลือ",)},
    "รับเรื่องแล้ว": {
        "ตรวจสอบเอกสาร": ("รอพิจารณา",),
        "เอกสารไม่สมบูรณ์ ติดต่อ จนท.": ("คืนเอกสารแก้ไข",),
        "เสนอคณะกรรมการพิจารณา": ("รอพิจารณา",),
        "ให้การช่วยเหลือแล้ว": ("ปรับปรุงข้อมูลการช่วยเหลือ", "เงินสงเคราะห์", "ถุงยังชีพ", "ปรับสภาพบ้าน"),
    },
}
AMOUNTS = (1000, 2000, 3000, 22_500, 40_000)
CARDS = {(False, False): 5_272_881, (False, True): 2_573_145, (True, False): 3_075_811, (True, True): 547_347}


class Invented:
    def __init__(self, seed: int) -> None:
        self._draw = random.Random(seed)
        known = load_places("ศรีสะเกษ", (), {})
        self._places = [(amphoe, tambon) for amphoe in known.amphoes() for tambon in known.tambons(amphoe)]

    def case(self) -> CaseFigures:
        draw = self._draw
        operation = "รับเรื่องแล้ว" if draw.random() < 0.9 else "รอดำเนินการ"
        step = draw.choice(list(WORK[operation]))
        helped = step == "ให้การช่วยเหลือแล้ว"
        amount = Decimal(draw.choice(AMOUNTS)) if helped and draw.random() < 0.85 else None
        if amount and draw.random() < 0.1:
            amount = Decimal(draw.randint(20_000, 4_000_000)) / 100
        typed = f"มอบให้แล้ว ครั้งที่ {draw.randint(1, 400)}" if helped and draw.random() < 0.05 else ""
        amphoe, tambon = draw.choice(self._places)
        return CaseFigures(
            fiscal_year=draw.randint(2565, 2569),
            month=draw.randint(1, 12),
            case_type=draw.choice(TYPES),
            operation=operation,
            step=step,
            outcome=typed or draw.choice(WORK[operation][step]),
            amount=amount,
            amount_unreadable=draw.random() < 0.002,
            goods=draw.random() < 0.1,
            amphoe=amphoe,
            tambon=tambon,
            checked=draw.random() < 0.8,
            transferred=amount is not None and draw.random() < 0.9,
        )


@dataclass(frozen=True)
class Took:
    """Milliseconds."""

    elapsed: float
    processor: float  # of all threads

    def told(self) -> dict[str, float]:
        return {"elapsed_ms": round(self.elapsed, 2), "processor_ms": round(self.processor, 2)}

    def per(self, other: Took) -> dict[str, float]:
        return {
            "elapsed": round(self.elapsed / other.elapsed, 3),
            "processor": round(self.processor / other.processor, 3),
        }


def timed(work: Callable[[], Any], repeat: int) -> tuple[Took, Any]:
    """Medians, and what the last one gave."""
    elapsed, processor, given = [], [], None
    for _ in range(repeat):
        watch, cpu = time.perf_counter(), time.process_time()
        given = work()
        elapsed.append(time.perf_counter() - watch)
        processor.append(time.process_time() - cpu)
    return Took(statistics.median(elapsed) * 1000, statistics.median(processor) * 1000), given


# ------------------------------------------------------------------------------------------------ DuckDB

MONEY = """count(*), sum(amount), max(amount), count(*) FILTER (transferred),
    coalesce(sum(amount) FILTER (transferred), 0)"""


class DuckDb:
    def __init__(self, cases: list[CaseFigures], words: str) -> None:
        """`words` are kept as "ENUM" or "VARCHAR"."""
        import duckdb
        import pandas

        self._base = duckdb.connect()
        self._frame = pandas.DataFrame(cases)
        columns = []
        for name in CaseFigures._fields:
            if name == "amount":
                columns.append("amount::DECIMAL(14, 2) AS amount")
            elif self._frame[name].dtype.kind in "biu":
                columns.append(
                    f"{name}::{'BOOL' if self._frame[name].dtype.kind == 'b' else 'SMALLINT'} AS {name}"
                )
            else:
                columns.append(f"{name}::{words if words == 'VARCHAR' else f'{name}_word'} AS {name}")
                values = ", ".join(f"'{word}'" for word in sorted(set(self._frame[name])))
                self._base.execute(f"CREATE TYPE {name}_word AS ENUM ({values})")
        self._base.register("given", self._frame)
        self._base.execute(f"CREATE TABLE cases AS SELECT {', '.join(columns)} FROM given")

    def groups(self) -> dict[str, dict[str, Any]]:
        """Each group's columns: its fields, then its figures."""
        return {group: self._base.execute(self._query(group)).fetchnumpy() for group in GROUPS}

    def rows(self) -> dict[str, set[tuple[Any, ...]]]:
        return {group: set(self._base.execute(self._query(group)).fetchall()) for group in GROUPS}

    @staticmethod
    def _query(group: str) -> str:
        fields = [name for name in GROUPS[group] if name not in PAID]
        money = "amount" in GROUPS[group]
        listed, where = ", ".join(fields), "WHERE amount <> 0" if money else ""
        return f"SELECT {listed}, {MONEY if money else 'count(*)'} FROM cases {where} GROUP BY {listed}"


def rows_of(counted: Tally) -> dict[str, set[tuple[Any, ...]]]:
    """A tally as DuckDB gives its groups."""
    return {
        group: {
            (year, *key, *((cases,) if isinstance(cases, int) else asdict(cases).values()))
            for year, counts in counted.years()
            for key, cases in getattr(counts, group).items()
        }
        for group in GROUPS
    }


# ------------------------------------------------------------------------------------------------- tasks


def counting(size: int, repeat: int, changed: int = 1_000) -> dict[str, Any]:
    invented = Invented(seed=1)
    cases = [invented.case() for _ in range(size)]
    first, columns = timed(lambda: _coded(cases), 1)
    record, codes = columns.words_record(), columns.codes
    rebuild, again = timed(lambda: CaseColumns(record, codes), repeat)
    words, counted = timed(again.tally, repeat)
    enum, text = DuckDb(cases, "ENUM"), DuckDb(cases, "VARCHAR")
    by_enum, _ = timed(enum.groups, repeat)
    by_text, _ = timed(text.groups, repeat)
    same = rows_of(counted) == enum.rows()
    changes, places = [], random.Random(2)
    for _ in range(repeat):
        changes.append({place: invented.case() for place in places.sample(range(size), changed)})
    remaining = iter(changes)
    change, _ = timed(lambda: columns.change(next(remaining)), repeat)
    for each in changes:
        for place, case in each.items():
            cases[place] = case
    same_after = rows_of(columns.tally()) == DuckDb(cases, "VARCHAR").rows() == rows_of(_coded(cases).tally())
    return {
        "cases": size,
        "coded": first.told(),
        "rebuild": rebuild.told(),
        "under_words": words.told(),
        "duckdb_enum": by_enum.told(),
        "duckdb_text": by_text.told(),
        f"{changed}_changed": change.told(),
        "rebuild_per_duckdb_enum": rebuild.per(by_enum),
        "changed_per_rebuild": change.per(rebuild),
        "changed_per_duckdb_enum": change.per(by_enum),
        "same_numbers": same,
        "same_numbers_after": same_after,
    }


def _coded(cases: list[CaseFigures]) -> CaseColumns:
    columns = CaseColumns()
    columns.change(dict(enumerate(cases)))
    return columns


def cardholders(repeat: int) -> dict[str, Any]:
    """Persons by age (60 and below, above) and income (30,000 baht a year and below, above), with totals."""
    import duckdb
    import pandas

    draw = np.random.default_rng(3)
    ages, incomes = [], []
    for (old, above), count in CARDS.items():
        ages.append(draw.integers(61 if old else 18, 100 if old else 61, count, np.uint8))
        incomes.append(draw.integers(30_001 if above else 0, 100_001 if above else 30_001, count, np.uint32))
    order = draw.permutation(sum(CARDS.values()))
    age, income = np.concatenate(ages)[order], np.concatenate(incomes)[order]

    def table() -> list[list[int]]:
        (old, above), persons = Cells([age > 60, income > 30_000], (2, 2)).held()
        counts = np.zeros((3, 3), np.int64)
        counts[old, above] = persons
        counts[2] = counts.sum(axis=0)
        counts[:, 2] = counts.sum(axis=1)
        found: list[list[int]] = counts.tolist()
        return found

    ours, shown = timed(table, repeat)
    base = duckdb.connect()
    base.register("given", pandas.DataFrame({"age": age, "income": income}))
    base.execute("CREATE TABLE cards AS SELECT * FROM given")
    query = "SELECT age > 60 AS old, income > 30000 AS above, count(*) FROM cards GROUP BY CUBE (old, above)"
    duck, theirs = timed(lambda: base.execute(query).fetchall(), repeat)
    wanted = {(old, above): shown[old][above] for old in (0, 1) for above in (0, 1)}
    assert wanted == CARDS, wanted
    assert {row[:2]: row[2] for row in theirs if None not in row[:2]} == CARDS
    return {"cardholders": len(age), "table": shown, "ours": ours.told(), "duckdb": duck.told()}


def ledger(size: int) -> dict[str, Any]:
    """The way of the office: saved rows, read from an SQLite ledger and counted; of three counts one alone each."""
    from bridge.adapters.ledger.connection import open_ledger
    from bridge.settings import django_settings, sqlite_database

    with tempfile.TemporaryDirectory() as name:
        open_ledger(django_settings(sqlite_database(Path(name) / "ledger.sqlite3"), "not-a-secret"))
        from bridge.adapters.clock import SystemClock
        from bridge.adapters.ledger.case_columns import DjangoCaseColumns
        from bridge.adapters.ledger.cases import DjangoCases
        from bridge.adapters.ledger.journal import DjangoJournal
        from bridge.adapters.ledger.rows import DjangoRows
        from bridge.application.count_cases import CountCases
        from bridge.application.ports.cases import NewCase
        from bridge.application.ports.rows import RowState
        from bridge.config import load

        clock = SystemClock()
        cases, rows, invented = DjangoCases(clock), DjangoRows(clock), Invented(seed=1)
        rules = load(PROJECT / "config" / "sisaket.toml").workflow()

        def counter() -> CountCases:
            return CountCases(DjangoCaseColumns(), cases, rows, DjangoJournal(), rules)

        def row(number: int) -> RowState:
            figures = invented.case()
            values = {
                key: value for key, value in figures._asdict().items() if isinstance(value, str) and value
            }
            values |= {"submitted_at": f"{number % 28 + 1}/{figures.month}/{figures.fiscal_year}, 13:57:03"}
            values |= {"amount": f"{figures.amount:,}"} if figures.amount else {}
            values |= {"checked": "ตรวจแล้ว"} if figures.checked else {}
            values |= {"problem": "รายได้ไม่พอแก่การเลี้ยงดูครอบครัว " * 4, "person_name": "นายสมมุติ ไม่มีจริง"}
            return RowState(f"SSK-2569-{number:06}", values, dict(values))

        for start in range(0, size, 10_000):
            states = [row(number) for number in range(start, min(start + 10_000, size))]
            new = [NewCase(s.key, 2569, int(s.key[-6:]), "form", s.key, clock.now()) for s in states]
            cases.add(new, [])
            rows.save("cases", states)
        kept = counter()
        every, _ = timed(kept.run, 1)
        rows.save("cases", [row(number) for number in random.Random(5).sample(range(size), 1_000)])
        some, changed = timed(kept.run, 1)
        none, _ = timed(kept.run, 3)
        elsewhere, other = timed(lambda: counter().run(), 3)
        return {
            "rows": size,
            "all": every.told(),
            "1000_saved": some.told(),
            "none_saved": none.told(),
            "another_process": elsewhere.told(),
            "same_numbers": changed.years() == other.years(),
        }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", type=int, default=400_000)
    parser.add_argument("--repeat", type=int, default=7)
    parser.add_argument("--ledger", type=int, default=0)
    asked = parser.parse_args()
    print(json.dumps(counting(asked.cases, asked.repeat)), flush=True)
    print(json.dumps(cardholders(asked.repeat)), flush=True)
    if asked.ledger:
        print(json.dumps(ledger(asked.ledger)), flush=True)


if __name__ == "__main__":
    main()

"""One cycle over a workbook of 32 columns (process.md section 3) beside plain openpyxl, in the same run.

    python benchmarks/cycle_xlsx.py [--sizes 1000 10000 100000] [--repeat 3] [--folder FOLDER]

For every size N a workspace is prepared, not timed: N answers come in through the product's own intake and
cycle, staff fill in part of the rows, and the workbook is saved by another program. Then, each in a process of
its own, which gives seconds and peak memory of that alone:
  cycle     `Cycle.sync()` after a download with N/100 new answers and N/100 edited staff cells;
  openpyxl  load the same workbook, append as many rows, set the same cells, save;
  at rest   `Cycle.sync()` when nothing changed.
Medians of the repeats. What openpyxl does is less: it reads no answers, keeps no ledger, finds no duplicates.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

SHARE = 100  # one new row and one edited cell for this many rows
Figures = dict[str, Any]


# ------------------------------------------------------------------------------------------------ invented answers

GIVEN = ("สมศรี", "ประเสริฐ", "ทองใบ", "บุญมี", "วิไล", "คำพอง", "สุดใจ", "อุไร", "ประยูร", "จันทร์เพ็ญ", "สมหมาย")
FAMILY = ("ใจดี", "ทองคำ", "แสงทอง", "ศรีสุข", "บุญมา", "พันธ์ดี", "คำแสน", "วงศ์ใหญ่", "สายบุญ", "แก้วใส", "นาคำ")
TITLES = ("นาย", "นาง", "นางสาว", "น.ส.", "")
TROUBLES = (
    "รายได้ไม่พอใช้จ่าย มีผู้สูงอายุติดเตียงหนึ่งคนต้องดูแล ต้องการเงินสงเคราะห์และผ้าอ้อมผู้ใหญ่",
    "บ้านทรุดโทรม หลังคารั่ว ไม่มีห้องน้ำในบ้าน ต้องการปรับสภาพบ้านให้ปลอดภัย",
    "บิดามารดาแยกทางกัน เด็กสองคนอยู่กับย่า ขาดแคลนเครื่องอุปโภคบริโภคและทุนการศึกษา",
    "พิการทางการเคลื่อนไหว ทำงานไม่ได้ ต้องการกายอุปกรณ์และเงินช่วยเหลือ",
)
EVERY_50TH = 50  # the same person asks again: some duplicates to find


def download(office: Any, path: Path, first: int, count: int) -> None:
    """A .csv as a form's responses sheet gives it, with the answers `first` to `first + count`."""
    questions = office.province.form("cases").questions
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["ประทับเวลา", *(question.titles[0] for question in questions)])
        for number in range(first, first + count):
            stamp, answer = _answer(office, number)
            writer.writerow([stamp, *(answer[question.column] for question in questions)])


def _answer(office: Any, number: int) -> tuple[str, dict[str, str]]:
    from bridge.domain.values.national_id import check_digit

    again = number % EVERY_50TH == EVERY_50TH - 1
    person = random.Random(number - 20 if again else number)
    moment = datetime(2025, 10, 1, 8) + timedelta(seconds=97 * number)
    amphoe = person.choice(office.places.amphoes())
    twelve = f"{person.randrange(10**11, 9 * 10**11)}"
    types = office.province.rules.case_types
    answer = {
        "sender_name": f"{GIVEN[number % 7]} {FAMILY[number % 5]}",
        "sender_org": f"อบต.{office.places.tambons(amphoe)[0]}",
        "sender_phone": f"08{person.randrange(10**7, 10**8)}",
        "letter_no": f"ศก {person.randrange(100, 999)}/{number}",
        "letter_date": f"{moment.day}/{moment.month}/{moment.year + 543}",
        "case_type": person.choice(types[:-1]),
        "requester": person.choice(("ยื่นเอง", "ยื่นแทน")),
        "person_name": f"{person.choice(TITLES)}{person.choice(GIVEN)} {person.choice(FAMILY)}",
        "problem": person.choice(TROUBLES),
        "national_id": twelve + (check_digit(twelve) if number % 100 else "x"),
        "age": str(person.randrange(1, 99)),
        "house_no": f"{person.randrange(1, 400)}/{person.randrange(1, 20)}",
        "moo": str(person.randrange(1, 15)),
        "tambon": person.choice(office.places.tambons(amphoe)),
        "amphoe": amphoe,
        "person_phone": person.choice(("-", f"09{person.randrange(10**7, 10**8)}")),
        "source": person.choice(("TPMAP", "นอก TPMAP")),
    }
    return f"{moment.day}/{moment.month}/{moment.year}, {moment:%H:%M:%S}", answer


def staff_cells(row: int) -> dict[str, Any]:
    """What staff have filled in by the time of the measurement: three rows of four have been received."""
    if row % 4 == 0:
        return {"officer": "เจ้าหน้าที่ ก"}
    received = date(2025, 12, 1) + timedelta(days=row % 200)
    cells: dict[str, Any] = {"checked": "ตรวจสอบแล้ว", "receipt_no": f"รับ {row}/2569"}
    return cells | {"received_date": received, "officer": f"เจ้าหน้าที่ {'กขค'[row % 3]}"}


def edited_cells(count: int) -> Iterator[tuple[int, str]]:
    """(row counted from 1 below the header, receipt number): edits that move a case on, spread over the sheet."""
    for edit in range(count // SHARE):
        row = edit * SHARE + 4
        yield row, f"รับ {row}/2569"


# ------------------------------------------------------------------------------------------------ steps


def prepare(folder: Path, rows: int) -> Figures:
    """A workspace at rest. The figures are those of the first cycle, in which every row is new."""
    from bridge import bootstrap

    bootstrap.create(folder)
    office = bootstrap.open_office(folder)
    download(office, office.workspace.inbox_cases / "คำตอบ.csv", 0, rows)
    return _synced(office)


def settle(folder: Path, rows: int) -> Figures:
    """Staff fill in their part, another program saves the workbook whole, and a cycle takes it all in."""
    from openpyxl import load_workbook

    from bridge import bootstrap

    office = bootstrap.open_office(folder)
    table = office.table("cases")
    book = load_workbook(office.workspace.cases_book)
    sheet = book[table.tab]
    for row in range(1, rows + 1):
        for key, value in staff_cells(row).items():
            sheet.cell(row + 1, table.keys.index(key) + 1, value)
    book.save(office.workspace.cases_book)
    del book, sheet
    figures = _synced(office)
    assert office.cycle.sync().cases.skipped, "the workspace is not at rest"
    return figures


def people(folder: Path, rows: int) -> Figures:
    """A download comes, and staff edit cells; what the workbook shows elsewhere stays byte for byte."""
    from bridge import bootstrap
    from bridge.application.ports.workbooks import TabChange

    office = bootstrap.open_office(folder)
    download(office, office.workspace.inbox_cases / "คำตอบใหม่.csv", rows, rows // SHARE)
    table, book = office.table("cases"), office.ports.cases_book
    column = table.keys.index("receipt_no")
    cells = {(row, column): text for row, text in edited_cells(rows)}
    book.write([TabChange(table.tab, cells)], book.version())
    return {}


def cycle(folder: Path, rows: int) -> Figures:
    from bridge import bootstrap

    figures = _synced(bootstrap.open_office(folder))
    expected = rows // SHARE
    assert figures["new"] == figures["heard"] == expected <= figures["appended"], figures
    return figures


def at_rest(folder: Path, rows: int) -> Figures:
    from bridge import bootstrap

    office = bootstrap.open_office(folder)
    return _measured(office.cycle.sync)


def plain_openpyxl(folder: Path, rows: int) -> Figures:
    from openpyxl import load_workbook

    path = folder / "workbooks" / "cases.xlsx"
    new = [[f"ค่า {row} {column}" for column in range(32)] for row in range(rows // SHARE)]

    def work() -> None:
        book = load_workbook(path)
        sheet = book.worksheets[0]
        for row in new:
            sheet.append(row)
        for row, text in edited_cells(rows):
            sheet.cell(row + 1, 21, text)
        book.save(path)

    return _measured(work)


STEPS: dict[str, Callable[[Path, int], Figures]] = {
    step.__name__: step for step in (prepare, settle, people, cycle, at_rest, plain_openpyxl)
}


# ------------------------------------------------------------------------------------------------ measuring


def _measured(work: Callable[[], Any]) -> Figures:
    started = time.perf_counter(), time.process_time()
    work()
    seconds, cpu = time.perf_counter() - started[0], time.process_time() - started[1]
    return {"seconds": seconds, "cpu": cpu, "peak": peak_memory()}


def _synced(office: Any) -> Figures:
    phases: dict[str, float] = {}
    _watch(phases)
    reports: list[Any] = []
    figures = _measured(lambda: reports.append(office.cycle.sync()))
    report = reports[0]
    assert not report.trouble, [(error.code, error.facts) for error in report.trouble]
    counts = {name: getattr(report.cases, name) for name in ("heard", "derived", "cells", "appended")}
    return figures | counts | {"new": report.forms_cases.new, "phases": phases}


def _watch(phases: dict[str, float]) -> None:
    """Adds up the seconds spent in the parts of a cycle, each wrapped from outside."""
    from bridge.adapters.workbooks.xlsx import XlsxWorkbook
    from bridge.application.derive_cases import DeriveCases
    from bridge.application.ingest import IngestCases
    from bridge.application.reconcile import TableSync

    parts = (
        ("intake", IngestCases, "run"),
        ("read", XlsxWorkbook, "read"),
        ("match", TableSync, "see"),
        ("hear", TableSync, "hear"),
        ("derive", DeriveCases, "run"),
        ("plan", TableSync, "plan"),
        ("write", XlsxWorkbook, "write"),
        ("confirm", TableSync, "confirm"),
    )
    for name, owner, method in parts:
        setattr(owner, method, _timed(getattr(owner, method), phases, name))


def _timed(method: Callable[..., Any], phases: dict[str, float], name: str) -> Callable[..., Any]:
    method = getattr(method, "__wrapped__", method)

    def timed(*args: Any, **named: Any) -> Any:
        started = time.perf_counter()
        try:
            return method(*args, **named)
        finally:
            phases[name] = phases.get(name, 0.0) + time.perf_counter() - started

    timed.__wrapped__ = method  # type: ignore[attr-defined]
    return timed


def peak_memory() -> int:
    """The most memory that this process has held, in bytes."""
    if sys.platform == "win32":
        import psutil

        return int(psutil.Process().memory_info().peak_wset)
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


# ------------------------------------------------------------------------------------------------ the run


def run_step(name: str, folder: Path, rows: int) -> Figures:
    """The step in a fresh process."""
    command = [sys.executable, __file__, "--step", name, "--folder", str(folder), "--sizes", str(rows)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, encoding="utf-8")
    return json.loads(done.stdout.splitlines()[-1])


def prepared(folder: Path, rows: int) -> tuple[Path, Figures]:
    """The workspace at rest for this many rows, made when it is not there."""
    target, noted = folder / f"prepared-{rows}", folder / f"prepared-{rows}.json"
    if not noted.exists():
        shutil.rmtree(target, ignore_errors=True)
        first = run_step("prepare", target, rows)
        run_step("settle", target, rows)
        noted.write_text(json.dumps(first), encoding="utf-8")
    return target, json.loads(noted.read_text(encoding="utf-8"))


def measure(folder: Path, rows: int, repeat: int) -> dict[str, Figures]:
    source, first = prepared(folder, rows)
    found: dict[str, list[Figures]] = {"cycle": [], "plain_openpyxl": [], "at_rest": []}
    for _ in range(repeat):
        for name, figures in found.items():
            with tempfile.TemporaryDirectory(dir=folder) as scratch:
                copy = Path(shutil.copytree(source, Path(scratch) / "office"))
                if name == "cycle":
                    run_step("people", copy, rows)
                figures.append(run_step(name, copy, rows))
    return {"first": first} | {name: _median(figures) for name, figures in found.items()}


def _median(runs: list[Figures]) -> Figures:
    """Each figure's median; the phases are those of the middle run."""
    ordered = sorted(runs, key=lambda figures: figures["seconds"])
    medians = {name: statistics.median(run[name] for run in runs) for name in ("seconds", "cpu", "peak")}
    spread = [ordered[0]["seconds"], ordered[-1]["seconds"]]
    return ordered[(len(ordered) - 1) // 2] | medians | {"spread": spread}


def show(results: dict[int, dict[str, Figures]]) -> None:
    """The tables of docs/benchmarks.md. `s` is elapsed time, `processor s` what this process computed."""
    _table(results, "elapsed", "s", lambda figures: figures["seconds"], 2)
    _table(results, "processor", "s", lambda figures: figures["cpu"], 2)
    _table(results, "peak memory", "MB", lambda figures: figures["peak"] / 2**20, 0)
    print("\nSeconds of a cycle by phase, and its fastest and slowest run:\n")
    for rows, found in results.items():
        phases = ", ".join(f"{name} {value:.2f}" for name, value in found["cycle"]["phases"].items())
        low, high = found["cycle"]["spread"]
        print(f"- {rows:,} rows: {phases}; {low:.2f} to {high:.2f}")


def _table(
    results: dict[int, dict[str, Figures]], what: str, unit: str, of: Callable[[Figures], float], digits: int
) -> None:
    columns = {"cycle": "cycle", "plain_openpyxl": "openpyxl", "at_rest": "at rest", "first": "all rows new"}
    print(f"\n| {what}, {unit} |", " | ".join((*columns.values(), "cycle : openpyxl")), "|")
    print("|---:" * (len(columns) + 2) + "|")
    for rows, found in results.items():
        values = [of(found[name]) for name in columns]
        cells = [f"{value:,.{digits}f}" for value in values]
        print(f"| {rows:,} rows |", " | ".join((*cells, f"{values[0] / values[1]:.2f}")), "|")
    for small, large in pairwise(results):
        grown = [of(results[large][name]) / of(results[small][name]) for name in columns]
        cells = [f"×{factor:.1f}" for factor in grown]
        print(f"| {small:,} → {large:,}: ×{large / small:g} |", " | ".join((*cells, "")), "|")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument(
        "--folder", type=Path, help="work here, and keep the prepared workspaces for another run"
    )
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)  # what this program asks of itself
    given = parser.parse_args()
    if given.step:
        print(json.dumps(STEPS[given.step](given.folder, given.sizes[0])))
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.folder or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        results = {}
        for rows in sorted(given.sizes):
            results[rows] = measure(folder, rows, given.repeat)
            print(f"{rows:,} rows done", file=sys.stderr, flush=True)
    show(results)


if __name__ == "__main__":
    main()

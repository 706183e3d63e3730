"""Importing the poverty register: an invented file of N rows, by the real command, each step a process of its own.

    python benchmarks/register_import.py [--rows 1000000] [--changed 5000] [--folder DIR] [--xlsx]

Beside it, as the least that it can cost: Python's csv and sqlite3 loading the same file into one table, number unique,
with SQLite's own index of fragments (FTS5 trigram), without checks, history, undo or searches of one and two letters.
Elapsed and processor seconds, and the process's peak memory.
"""

from __future__ import annotations

import argparse
import csv
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

HEADER = (
    *("หมายเลข", "คำนำหน้า", "ชื่อ-สกุล", "บ้านเลขที่", "หมู่", "ตำบล", "อำเภอ", "จังหวัด"),
    *("จำนวนสมาชิก", "สถานะความยากจน", "สถานะครอบครัว", "ระดับความเปราะบาง"),
)
NAME, LEVEL = 2, 11
PLAIN = """
import csv, sys
import bridge, sqlite3
connection = sqlite3.connect(sys.argv[2])
connection.execute("PRAGMA journal_mode=WAL")
connection.execute("CREATE TABLE person (number TEXT UNIQUE, a, name, c, d, tambon, amphoe, g, h, i, j, k)")
connection.execute("CREATE VIRTUAL TABLE found USING fts5(name, tambon, amphoe, content='', tokenize='trigram')")
with open(sys.argv[1], encoding="utf-8-sig", newline="") as file, connection:
    rows = csv.reader(file)
    next(rows)
    connection.executemany(f"INSERT INTO person VALUES ({','.join('?' * 12)})", rows)
    connection.execute("INSERT INTO found (rowid, name, tambon, amphoe) SELECT rowid, name, tambon, amphoe FROM person")
"""


def people(count: int, seed: int) -> Iterator[list[str]]:
    """Names of pythainlp's lists put together at random, in the province's tambons; some ids begin with 0."""
    from benchmarks.people import names
    from bridge.adapters.places import load_places
    from bridge.domain.values.national_id import check_digit

    rng, places = random.Random(seed), load_places("ศรีสะเกษ", [], {})
    men, women, families = names()
    homes = [(amphoe, tambon) for amphoe in places.amphoes() for tambon in places.tambons(amphoe)]
    step = 900_000_000_007 // max(count, 1)
    for number in range(count):
        woman, (amphoe, tambon) = rng.random() < 0.5, rng.choice(homes)
        first = f"{(number * step) % 899_999_999_999:012d}"
        yield [
            first + check_digit(first),
            "นาง" if woman else "นาย",
            f"{rng.choice(women if woman else men)} {rng.choice(families)}",
            f"{rng.randint(1, 300)}/{rng.randint(1, 9)}",
            str(rng.randint(1, 20)),
            *(tambon, amphoe, "ศรีสะเกษ", str(rng.randint(1, 9))),
            *("จน 2 มิติ", "ครอบครัวขยาย", f"ระดับ {rng.randint(1, 3)}"),
        ]


def write(path: Path, rows: Iterator[list[str]] | Sequence[list[str]]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([HEADER])
        csv.writer(file).writerows(rows)


def changes(file: Path, count: int, every: int) -> Iterator[list[str]]:
    """`count` rows of the file, one of `every`: of ten, seven have another level, two another name, one is new."""
    other = ""
    with file.open(encoding="utf-8-sig", newline="") as opened:
        rows = islice(csv.reader(opened), 1, None, every)
        for at, row in enumerate(islice(rows, count)):
            if at % 10 < 7:
                yield [*row[:LEVEL], "ระดับ 9"]
            elif at % 10 < 9:
                yield [*row[:NAME], other, *row[NAME + 1 :]]
            else:
                yield [f"N{at}", *row[1:]]
            other = row[NAME]


def measured(what: str, *command: str) -> None:
    """Runs a command to its end and prints what it took."""
    began, peak, processor = time.perf_counter(), 0, 0.0
    child = psutil.Popen(command, cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while child.poll() is None:
        with suppress(psutil.Error), child.oneshot():
            peak, times = max(peak, child.memory_info().rss), child.cpu_times()
            processor = times.user + times.system
        time.sleep(0.05)
    if child.returncode:
        raise SystemExit(f"{what} failed with {child.returncode}")
    seconds = time.perf_counter() - began
    print(f"| {what} | {seconds:.1f} | {processor:.1f} | {peak / 1e6:.0f} |", flush=True)


def as_workbook(source: Path, target: Path) -> None:
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    tab = book.create_sheet()
    with source.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.reader(file):
            tab.append(row)
    book.save(target)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--changed", type=int, default=5_000)
    parser.add_argument("--folder", type=Path, help="where the files go for a time")
    parser.add_argument("--xlsx", action="store_true", help="the same rows as a workbook, too")
    asked = parser.parse_args()
    with TemporaryDirectory(dir=asked.folder) as folder:
        root, file, some = Path(folder, "office"), Path(folder, "register.csv"), Path(folder, "changed.csv")
        write(file, people(asked.rows, 1))
        write(some, changes(file, asked.changed, max(asked.rows // asked.changed, 1)))
        python, office = (sys.executable, "run.py"), ("-w", str(root))
        subprocess.run([*python, "init", str(root)], cwd=PROJECT, check=True, stdout=subprocess.DEVNULL)
        take = (*python, "import-register")
        print("| | elapsed, s | processor, s | peak memory, MB |\n|---|---:|---:|---:|", flush=True)
        measured(
            f"csv + sqlite3 + FTS5, {asked.rows:,} rows",
            sys.executable,
            "-c",
            PLAIN,
            str(file),
            f"{root}.plain",
        )
        measured(f"rehearsal of {asked.rows:,} rows", *take, str(file), "--dry-run", *office)
        measured(f"import of {asked.rows:,} rows", *take, str(file), *office)
        measured("the same file again", *take, str(file), *office)
        measured(f"{asked.changed:,} rows against these", *take, str(some), *office)
        measured(f"undo of the {asked.changed:,}", *take, "--undo", *office)
        measured(f"undo of the {asked.rows:,}", *take, "--undo", *office)
        if asked.xlsx:
            as_workbook(file, file.with_suffix(".xlsx"))
            measured(f"import of {asked.rows:,} rows, .xlsx", *take, str(file.with_suffix(".xlsx")), *office)


if __name__ == "__main__":
    main()

"""One cycle on a Google spreadsheet of 32 columns beside gspread's usual idiom, on the same work in the same run.

    python benchmarks/cycle_google.py [--sizes 1000 20000 100000] [--json FILE]

Google is the local stand-in of the tests, over HTTP, in a process of its own; nothing is slept, no quota is kept.
For every size N, a workspace whose case form and cases sheet (with the summary tabs) are on Google is brought to
rest, not timed. Then, each from that same state:
  quiet      nothing changed, the gate is closed;          full read  nothing changed, ten minutes later;
  1,000 new  1,000 answers came in;                        edits      staff typed a receipt number in that many
                                                                      rows: three cells of each are answered.
Beside it `gspread`: open_by_key, get_all_records, then append_row for each new row, or update_cell for each of the
same cells. It does less: it asks no form, finds no duplicates, keeps nothing, and counts no summaries.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import gspread
import requests
from gspread.http_client import HTTPClient

from benchmarks.cycle_xlsx import _answer
from tests.integration.google_office import CloudOffice, cloud_office
from tests.integration.google_snapshots import go_back, remember

Figures = dict[str, Any]
HOSTS = ("https://sheets.googleapis.com", "https://www.googleapis.com")
NEW = 1_000
FIRST = datetime(2025, 10, 1, tzinfo=UTC)
RECEIPT = "เลขหนังสือรับ พมจ."


def send(office: CloudOffice, first: int, count: int) -> None:
    """Answers of invented people, all of them different."""
    questions = office.office.province.form("cases").questions
    for number in range(first, first + count):
        _, answer = _answer(office.office, number)
        given = {question.titles[0]: answer[question.column] for question in questions}
        at = FIRST + timedelta(seconds=97 * number)  # as in life: not all within the last minutes
        office.google.forms.submit(office.case_form, {t: text for t, text in given.items() if text}, at=at)


def receive(office: CloudOffice, count: int) -> None:
    """Staff type receipt numbers, spread over the sheet, all at once (a paste)."""
    tab = office.tab()
    column, rows = tab.column(RECEIPT), len(tab.values()) - 1
    step = max(1, rows // count)
    with office.google.people.changing(office.book_id("cases")):
        for at in range(count):
            tab.tab.grid.set(1 + at * step, column, f"ศก {at}/2569")


def measured(office: CloudOffice, work: Callable[[], object]) -> Figures:
    """What the work costs, in a process of its own: the server goes on in this one."""
    before = len(office.google.calls)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        started = time.perf_counter(), time.process_time()
        work()
        spent = time.perf_counter() - started[0], time.process_time() - started[1]
        os.write(writing, json.dumps(spent).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        text = answer.read()
    os.waitpid(child, 0)
    calls = [call for call in office.google.calls[before:] if call.path != "/token"]
    elapsed, processor = json.loads(text)
    return {
        "calls": len(calls),
        "kb_sent": round(sum(len(call.raw) for call in calls) / 1000),
        "kb_received": round(sum(call.sent for call in calls) / 1000),
        "seconds": round(elapsed, 2),
        "processor": round(processor, 2),
    }


def ours(office: CloudOffice) -> Callable[[], object]:
    def work() -> None:
        office.open()
        report = office.office.cycle.sync()
        assert not report.trouble, [error.code for error in report.trouble]

    return work


def idiom(office: CloudOffice, new: int = 0, edits: int = 0) -> Callable[[], object]:
    """open, get_all_records, append_row, update_cell."""

    class Moved(HTTPClient):
        def request(self, method: str, endpoint: str, *args: Any, **more: Any) -> requests.Response:
            for host in HOSTS:
                endpoint = endpoint.replace(host, office.google.url)
            return super().request(method, endpoint, *args, **more)

    book_id = office.book_id("cases")
    row = [f"ค่า {column}" for column in range(32)]

    def work() -> None:
        client = gspread.Client(auth=None, session=requests.Session(), http_client=Moved)  # type: ignore[arg-type]
        sheet = client.open_by_key(book_id).worksheet("ทะเบียนเคส")
        rows = sheet.get_all_records()
        for number in range(new):
            sheet.append_row([number, *row[1:]])
        step = max(1, len(rows) // edits) if edits else 1
        for edit in range(edits):
            for column in (23, 24, 25):
                sheet.update_cell(2 + edit * step, column, "รับเรื่องแล้ว")

    return work


@contextmanager
def at_rest(folder: Path, rows: int) -> Iterator[CloudOffice]:
    with cloud_office(folder, access_book="local") as office:
        text = (office.root / "province.toml").read_text(encoding="utf-8")
        text = text.replace(
            f'access_form = {{ form = "{office.access_form.id}" }}', 'access_form = { form = "" }'
        )
        (office.root / "province.toml").write_text(text, encoding="utf-8")
        office.open()
        send(office, 0, rows)
        office.rest()
        office.cycle(11)  # a full read, so that the version is remembered
        yield office


def run(size: int, folder: Path) -> dict[str, dict[str, Figures]]:
    found: dict[str, dict[str, Figures]] = {}
    with at_rest(folder / "home", size) as office:
        moment = remember(office, folder / "kept")

        def case(
            name: str, change: Callable[[], object], minutes: float, plain: Callable[[], object]
        ) -> None:
            go_back(office, moment)
            change()
            office.clock.wait(minutes * 60)
            found[name] = {"cycle": measured(office, ours(office))}
            go_back(office, moment)
            change()
            found[name]["gspread"] = measured(office, plain)
            print(f"{size:>7,} {name:<12} {found[name]}", flush=True)

        case("quiet", lambda: None, 1, idiom(office))
        case("full read", lambda: None, 11, idiom(office))
        case("1,000 new", lambda: send(office, size, NEW), 5, idiom(office, new=NEW))
        for edits in (1_000, 10_000):
            if edits <= size:
                plain = idiom(office, edits=edits) if edits == NEW else idiom(office)
                case(f"{edits:,} edits", lambda edits=edits: receive(office, edits), 5, plain)  # type: ignore[misc]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 20_000, 100_000])
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    results = {}
    for size in options.sizes:
        with tempfile.TemporaryDirectory() as folder:
            results[size] = run(size, Path(folder))
    if options.json:
        options.json.write_text(json.dumps(results, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()

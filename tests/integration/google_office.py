"""An office whose forms and sheets are on Google: the stand-in over HTTP, the real client, one clock for both."""

from __future__ import annotations

import copy
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bridge import bootstrap
from bridge.application.cycle import CycleReport
from bridge.application.ports.rows import Presence
from bridge.bootstrap import Office
from bridge.config import load
from bridge.domain.cells import Cell, Kind, canonical
from bridge.workspace import Workspace
from tests.functional.office import ACCESS_TITLES, CASE_TITLES, access_answer, case_answer
from tests.stand_in.google import Google, serve
from tests.stand_in.google.forms import Form
from tests.stand_in.google.people import Hand

CASE_QUESTIONS = [title for title in CASE_TITLES if title != "ประทับเวลา"]
ACCESS_QUESTIONS = [title for title in ACCESS_TITLES if title != "Timestamp"]
START = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
PARTS = {
    "cases_book": "google",
    "access_book": "google",
    "summary_book": "cases",
}


class MovedClock:
    """Goes on only when somebody waits, or the test says so."""

    def __init__(self, moment: datetime = START) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment

    def wait(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


@dataclass
class CloudOffice:
    """A workspace whose `parts` are on the stand-in."""

    root: Path
    google: Google
    clock: MovedClock
    parts: dict[str, str]
    case_form: Form = field(init=False)
    access_form: Form = field(init=False)
    office: Office = field(init=False)
    answers: int = 0

    def __post_init__(self) -> None:
        self.google.state.clock = self.clock.now
        self.case_form = self.google.forms.make("ส่งเคส", CASE_QUESTIONS)
        self.access_form = self.google.forms.make("ขอใช้ระบบ", ACCESS_QUESTIONS)
        bootstrap.create(self.root)
        key = self.root / "google-key.json"
        key.touch(mode=0o600)
        key.write_text(json.dumps(self.google.service_account_info()), encoding="utf-8")
        self.configure(**self.parts)

    def configure(self, **parts: str) -> None:
        """Writes the parts into the province file and opens the office anew."""
        file = self.root / "province.toml"
        text = file.read_text(encoding="utf-8")
        for name, value in parts.items():
            text = re.sub(rf'(?m)^{name} = "[^"]*"', f'{name} = "{value}"', text)
        for name, form in (("cases_form", self.case_form), ("access_form", self.access_form)):
            text = re.sub(rf'(?m)^{name} = {{ form = "[^"]*" }}', f'{name} = {{ form = "{form.id}" }}', text)
        if "api_root" not in text:
            text = text.replace("[google]", f'[google]\napi_root = "{self.google.url}"', 1)
        file.write_text(text, encoding="utf-8")
        self.open()

    def open(self) -> None:
        bootstrap.close()
        opened = bootstrap.open_office(self.root)  # opens the ledger
        province = load(Workspace(self.root).province_file)
        ports = bootstrap.real_ports(
            opened.workspace, province, opened.messages, self.clock, wait=self.clock.wait
        )
        self.office = bootstrap.build(opened.workspace, province, ports)

    def connect(self) -> list[Any]:
        return self.office.ports.google.connect().run()

    def cycle(self, minutes: float = 5) -> CycleReport:
        self.clock.wait(minutes * 60)
        return self.office.cycle.sync()

    def rest(self, most: int = 12) -> list[CycleReport]:
        """Cycles until one finds nothing to do and no trouble."""
        reports = []
        for _ in range(most):
            reports.append(self.cycle())
            last = reports[-1]
            done = not last.trouble and not (last.cases.cells or last.cases.appended or last.cases.heard)
            done = done and not (last.access.cells or last.access.appended or last.mail.sent)
            if done and not any(self._lacking(table) for table in ("cases", "access")):
                return reports
        raise AssertionError(
            [error.code for report in reports for error in report.trouble] or "never at rest"
        )

    def _lacking(self, table: str) -> list[str]:
        """Rows that their tab does not show as they are, but for those that people took away again as soon as
        they had typed them."""
        rows = self.office.ports.rows
        found = rows.load(table, rows.unsettled(table))
        return [key for key, state in found.items() if state.presence is not Presence.TYPED]

    # people

    def send(self, count: int = 1, **answers: str) -> list[str]:
        """New answers of the case form: their response ids."""
        sent = []
        for _ in range(count):
            self.answers += 1
            given = dict(zip(CASE_TITLES, case_answer(self.answers, **answers), strict=True))
            del given["ประทับเวลา"]
            sent.append(self.google.forms.submit(self.case_form, {k: v for k, v in given.items() if v}))
        return sent

    def ask(self, number: int, email: str) -> None:
        given = dict(zip(ACCESS_TITLES, access_answer(number, email), strict=True))
        del given["Timestamp"]
        self.google.forms.submit(self.access_form, given)

    def book_id(self, kind: str) -> str:
        return self.office.ports.google.book_id(kind)  # type: ignore[arg-type]

    def tab(self, title: str = "ทะเบียนเคส", kind: str = "cases") -> Hand:
        return self.google.people.sheet(self.book_id(kind), title)

    def rows(self, title: str = "ทะเบียนเคส", kind: str = "cases") -> list[dict[str, Any]]:
        """The rows below the header that hold anything, by header."""
        header, *rows = self.tab(title, kind).values() or [[]]
        named = [
            {str(name): value for name, value in zip(header, row, strict=False) if name is not None}
            for row in rows
        ]
        return [row for row in named if any(value not in (None, "", False) for value in row.values())]

    def register(self, table: str = "cases") -> Register:
        return Register(self, table)

    def cases(self) -> dict[str, list[str]]:
        """Response -> its cases, of every case in the ledger."""
        from bridge.adapters.ledger.models import Case

        found: dict[str, list[str]] = {}
        for key, response in Case.objects.order_by("key").values_list("key", "response"):
            found.setdefault(response, []).append(key)
        return found

    def heard(self) -> list[tuple[str, str, str, Cell]]:
        """(case, why, column, new value) of all that the history says people did in the sheet of the cases."""
        from bridge.adapters.ledger.models import History

        keys = History.objects.filter(table="cases").values_list("key", flat=True).distinct()
        events = [past.event for key in sorted(keys) for past in self.office.ports.rows.history("cases", key)]
        return [(e.key, e.why, e.column, e.new) for e in events if e.actor == "sheet"]

    def keep(self) -> Callable[[], None]:
        """The office as it is now, its workspace and all that is on Google; the answer puts it back."""
        kept, state = self.root.with_name("kept"), self.google.state
        bootstrap.close()
        shutil.copytree(self.root, kept)
        self.open()
        files, forms, sent = copy.deepcopy((state.files, state.forms, state.sent))
        books = {book_id: book.fork() for book_id, book in state.books.items()}
        own = self.clock.moment, state.last_moment, self.answers
        ids = self.case_form.id, self.access_form.id

        def put_back() -> None:
            bootstrap.close()
            shutil.rmtree(self.root)
            shutil.copytree(kept, self.root)
            shutil.rmtree(Path.home() / ".saphan", ignore_errors=True)  # the quota knows a later time
            with state.lock:
                state.files, state.forms, state.sent = copy.deepcopy((files, forms, sent))
                state.books = {book_id: book.fork() for book_id, book in books.items()}
                self.clock.moment, state.last_moment, self.answers = own
                self.case_form, self.access_form = (state.forms[form_id] for form_id in ids)
                self.google.faults.clear()
                self.google.faults.pending.clear()
                self.google.bucket = type(self.google.bucket)()
                self.google._before.clear()
                self.google._after.clear()
            self.open()

        return put_back

    def mails(self) -> list[Path]:
        return sorted((self.root / "outbox").glob("*.eml"))

    def calls_of(self, work: Any) -> list[str]:
        """What was sent to Google (tokens apart) while the work was done."""
        before = len(self.google.calls)
        work()
        return [call.line for call in self.google.calls[before:] if call.path != "/token"]


Row = dict[str, Cell]
_EPOCH = datetime(1899, 12, 30)  # a wall clock, as sheets keep it
_WIDTH = 1_000  # pixels; a person knows each column by its width, whatever its header says


class Register:
    """The tab of a table with a person in front of it, who knows where each column is and what it holds.

    A column is named by its key; a person's own by the name that `own` gave it. Rows count from 0.
    """

    def __init__(self, office: CloudOffice, table: str = "cases") -> None:
        self.office, self.table = office, office.office.table(table)  # type: ignore[arg-type]
        self.book_id = office.book_id("access" if table == "access" else "cases")
        self.hand = office.tab(self.table.tab, "access" if table == "access" else "cases")
        self._names = list(self.table.keys)

    @property
    def _axis(self) -> dict[int, dict[str, Any]]:
        return self.hand.tab.grid.column_axis.props

    def know(self) -> Register:
        """The columns stand as they were made: they get the widths by which they are known from now on."""
        for place in range(len(self.table.keys)):
            self._axis.setdefault(place, {})["pixelSize"] = _WIDTH + place
        return self

    def own(self, place: int, name: str, header: str | None, cells: dict[int, Cell]) -> None:
        """A new column of people's own at that place; `cells` by row."""
        self.hand.insert_columns(place)
        if name not in self._names:
            self._names.append(name)
        self._axis.setdefault(place, {})["pixelSize"] = _WIDTH + self._names.index(name)
        for row, cell in {0: header, **cells}.items():
            self.hand.store(row, place, cell)  # type: ignore[arg-type]

    def columns(self) -> dict[str, int]:
        sizes = {
            props.get("pixelSize", 0) - _WIDTH: place for place, props in sorted(self._axis.items())[::-1]
        }
        return {name: sizes[number] for number, name in enumerate(self._names) if number in sizes}

    def header(self) -> int:
        """The row of the headers, -1 where it is gone."""
        known = {column.header for column in self.table.columns}
        found = {at: len(known & {c for c in row if c}) for at, row in enumerate(self.hand.values()[:30])}
        best = max(found, key=lambda at: found[at], default=-1)
        return best if found.get(best, 0) > 5 else -1

    def rows(self) -> dict[int, Row]:
        """The rows that hold anything but unticked boxes, by column, as a person compares cells."""
        columns, header, lines = self.columns(), self.header(), self.hand.values()
        found: dict[int, Row] = {}
        for at, line in enumerate(lines[header + 1 :], header + 1):
            row = {
                name: self._read(name, line[place] if place < len(line) else None)
                for name, place in columns.items()
            }
            if any(cell is not None and cell is not False for cell in row.values()):
                found[at] = row
        return found

    def _read(self, name: str, cell: Any) -> Cell:
        column = self.table.by_key.get(name)
        kind = column.kind if column else Kind.TEXT
        if kind in (Kind.DATE, Kind.DATETIME) and type(cell) in (int, float):
            cell = _EPOCH + timedelta(seconds=round(cell * 86_400))
        return canonical(cell, kind)

    def row_of(self, **cells: Cell) -> int:
        """The only row that shows these cells."""
        (row,) = [at for at, row in self.rows().items() if all(row[k] == v for k, v in cells.items())]
        return row

    def bottom(self) -> int:
        """The first row below everything."""
        return max(self.rows(), default=self.header()) + 1

    def type(self, row: int, **cells: Cell) -> None:
        """By column; stored as it is."""
        columns = self.columns()
        for name, cell in cells.items():
            self.hand.store(row, columns[name], _serial(cell))

    def sort(self, name: str, descending: bool = False) -> None:
        self.hand.sort(self.columns()[name], descending, self.header() + 1)


def _serial(cell: Cell) -> Any:
    if isinstance(cell, datetime):
        return (cell - _EPOCH).total_seconds() / 86_400
    return (cell - _EPOCH.date()).days if hasattr(cell, "year") else cell


@contextmanager
def cloud_office(root: Path, google: Google | None = None, **parts: str) -> Iterator[CloudOffice]:
    """An office that was connected and is at rest."""
    home = os.environ.get("HOME")
    root.mkdir(parents=True, exist_ok=True)
    os.environ["HOME"] = str(root)  # where the quota's window is kept
    try:
        with serve(google=google) as running:
            office = CloudOffice(root / "office", running, MovedClock(), {**PARTS, **parts})
            office.connect()
            yield office
    finally:
        bootstrap.close()
        if home is None:
            os.environ.pop("HOME", None)
        else:
            os.environ["HOME"] = home

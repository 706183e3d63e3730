"""What people do to a workbook between two rounds of the bridge: load the file, change it, save it.

A `Desk` is one tab of a file with a person in front of it. It remembers where the person knows each column to
be, whatever its header says now. openpyxl stands for a spreadsheet program, with one difference that suits the
tests: it saves formulas without their results.
"""

from __future__ import annotations

import atexit
import csv
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import openpyxl
from openpyxl.cell.cell import MergedCell
from openpyxl.worksheet.worksheet import Worksheet

from bridge import bootstrap
from bridge.adapters.workbooks.xlsx import XlsxWorkbook
from bridge.application.cycle import CycleReport
from bridge.application.ports.rows import RowState
from bridge.application.ports.workbooks import Snapshot, TabChange
from bridge.domain.cells import Cell, canonical
from bridge.domain.columns import Table


class Held(NamedTuple):
    """What is in a cell: `kind` is openpyxl's data type ("f" is a formula), `look` its number format."""

    value: Cell
    kind: str
    look: str


BLANK = Held(None, "n", "General")
FORMULA = "ƒ"  # stands for the result that nobody knows yet
Line = list[Held]
_saved: dict[bytes, openpyxl.Workbook] = {}  # the file that was saved last is still open


@dataclass(frozen=True)
class Copy:
    """The file as it was once, and where its columns were."""

    data: bytes
    columns: Mapping[str, int]
    header: int
    tab: str


@dataclass(frozen=True)
class Look:
    """A tab as it is in one version of the file, every row from row 1. `columns` and `header` are those of `Desk`."""

    table: Table
    lines: Sequence[Line]
    columns: Mapping[str, int]
    header: int

    def cells(self, number: int) -> dict[str, Cell]:
        """A row by column key, as a person compares cells; a formula shows `FORMULA`."""
        found: dict[str, Cell] = {}
        for column in self.table.columns:
            held = self.held(number, self.columns.get(column.key, 0))
            found[column.key] = FORMULA if held.kind == "f" else canonical(held.value, column.kind)
        return found

    def held(self, row: int, column: int) -> Held:
        line = self.lines[row - 1] if 0 < row <= len(self.lines) else []
        return line[column - 1] if 0 < column <= len(line) else BLANK

    def rows(self) -> dict[int, dict[str, Cell]]:
        """Row number -> cells, of every row below the header that holds more than unticked boxes."""
        found = {number: self.cells(number) for number in range(self.header + 1, len(self.lines) + 1)}
        return {number: cells for number, cells in found.items() if any(map(_says, cells.values()))}

    def last(self) -> int:
        """The last row that holds anything, in whatever column."""
        full = [n for n, line in enumerate(self.lines, 1) if any(_says(held.value) for held in line)]
        return max([self.header, *full])


def _says(cell: Cell) -> bool:
    return cell is not None and cell is not False and cell != FORMULA


@dataclass
class Desk:
    """`columns[key]` counts from 1, as `header`, the row of the headers, does."""

    path: Path
    table: Table
    columns: dict[str, int] = field(default_factory=dict)
    header: int = 1
    tab: str = ""

    def __post_init__(self) -> None:
        self.columns = self.columns or {key: place for place, key in enumerate(self.table.keys, 1)}
        self.tab = self.tab or self.table.tab

    @contextmanager
    def open(self) -> Iterator[Worksheet]:
        """The tab, to be changed; the file is saved at the end."""
        data = self.path.read_bytes()
        book = _saved.pop(data, None) or openpyxl.load_workbook(BytesIO(data))
        yield book[self.tab]
        book.save(self.path)
        _saved.clear()
        _saved[self.path.read_bytes()] = book

    def copy(self) -> Copy:
        return Copy(self.path.read_bytes(), dict(self.columns), self.header, self.tab)

    def put_back(self, old: Copy) -> None:
        """An old version of the file takes its place."""
        self.path.write_bytes(old.data)
        self.columns, self.header, self.tab = dict(old.columns), old.header, old.tab

    def look(self, old: Copy | None = None) -> Look:
        """The tab as it is now, or as it was in an old version."""
        old = old or self.copy()
        return Look(self.table, _read(old.data, old.tab), old.columns, old.header)

    def rows(self) -> dict[int, dict[str, Cell]]:
        return self.look().rows()

    def row_of(self, **cells: Cell) -> int:
        """The only row that shows these cells."""
        (number,) = [
            number for number, row in self.rows().items() if all(row[k] == v for k, v in cells.items())
        ]
        return number

    def bottom(self) -> int:
        """The first row below everything."""
        return self.look().last() + 1

    # ------------------------------------------------------------------------------------------- typing

    def type(self, row: int, **cells: Cell) -> None:
        """By column key. Text that begins with = is a formula, as when a person types it."""
        with self.open() as sheet:
            for key, value in cells.items():
                if isinstance(sheet.cell(row, self.columns[key]), MergedCell):
                    _unmerged(sheet)
                sheet.cell(row, self.columns[key]).value = value

    def type_row(self, **cells: Cell) -> int:
        """A new row at the bottom."""
        row = self.bottom()
        self.type(row, **cells)
        return row

    def paste(self, row: int, column: int, block: Sequence[Sequence[Cell]]) -> None:
        """A block of cells over whatever is there."""
        with self.open() as sheet:
            _unmerged(sheet)
            for down, values in enumerate(block):
                for right, value in enumerate(values):
                    sheet.cell(row + down, column + right).value = value

    def fill_boxes(self, key: str, last: int) -> None:
        """Check boxes, not ticked, in every empty cell of a column."""
        with self.open() as sheet:
            for number in range(self.header + 1, last + 1):
                cell = sheet.cell(number, self.columns[key])
                if cell.value is None:
                    cell.value = False

    # ------------------------------------------------------------------------------------------- rows

    def _rearrange(self, change: Callable[[list[Line]], list[Line]]) -> None:
        """`change` gets the rows below the header and answers with those that are to be there."""
        with self.open() as sheet:
            _unmerged(sheet)
            lines = _lines(sheet)
            width = max(map(len, lines), default=0)
            after = [*lines[: self.header], *change(lines[self.header :])]
            after += [[] for _ in range(len(lines) - len(after))]
            for number, line in enumerate(after, 1):
                for column in range(1, width + 1):
                    _put(sheet, number, column, line[column - 1] if column <= len(line) else BLANK)

    def sort(self, key: str, *, reverse: bool = False, leave_out: Sequence[str] = ()) -> None:
        """By any column, blanks last. Columns in `leave_out` were not selected and stay where they are."""
        place = self.columns[key] - 1
        stay = {self.columns[left] - 1 for left in leave_out}

        def order(line: Line) -> tuple[bool, str]:
            held = line[place] if place < len(line) else BLANK
            return held.value is None, str(held.value)

        def change(lines: list[Line]) -> list[Line]:
            full = [line for line in lines if any(held.value not in (None, False) for held in line)]
            moved = sorted(full, key=order, reverse=reverse)
            if stay:
                moved = [
                    [old[i] if i in stay else held for i, held in enumerate(line)]
                    for line, old in zip(moved, full, strict=True)
                ]
            left = [line for line in lines if line not in full]
            return [*moved, *left]

        self._rearrange(change)

    def insert_rows(self, row: int, count: int = 1) -> None:
        """Empty rows; above or in the headers' row they push the headers down."""
        if row <= self.header:
            with self.open() as sheet:
                _unmerged(sheet)
                lines = _lines(sheet)
                width = max(map(len, lines), default=0)
                after = [*lines[: row - 1], *([[]] * count), *lines[row - 1 :]]
                for number, line in enumerate(after, 1):
                    for column in range(1, width + 1):
                        _put(sheet, number, column, line[column - 1] if column <= len(line) else BLANK)
            self.header += count
            return
        at = row - self.header - 1
        self._rearrange(lambda lines: [*lines[:at], *([[]] * count), *lines[at:]])

    def delete_rows(self, *rows: int) -> None:
        gone = {row - self.header - 1 for row in rows}
        self._rearrange(lambda lines: [line for i, line in enumerate(lines) if i not in gone])

    def copy_row(self, row: int, times: int = 1, **edited: Cell) -> list[int]:
        """Copies below the last row; the cells `edited` are typed into the last copy."""
        first, at = self.bottom(), row - self.header - 1
        end = first - self.header - 1
        self._rearrange(lambda lines: [*lines[:end], *[list(lines[at])] * times, *lines[end + times :]])
        if edited:
            self.type(first + times - 1, **edited)
        return list(range(first, first + times))

    def move_row(self, row: int, to: int) -> None:
        """Cut, and inserted elsewhere."""
        at, there = row - self.header - 1, to - self.header - 1

        def change(lines: list[Line]) -> list[Line]:
            line = lines[at]
            rest = lines[:at] + lines[at + 1 :]
            return [*rest[:there], line, *rest[there:]]

        self._rearrange(change)

    # ------------------------------------------------------------------------------------------- columns

    def _reorder(self, order: Sequence[int | None]) -> None:
        """`order` lists the old columns (from 1) as they are to stand; None is a new one."""
        with self.open() as sheet:
            _unmerged(sheet)
            lines = _lines(sheet)
            width = max(len(order), max(map(len, lines), default=0))
            for number, line in enumerate(lines, 1):
                for column in range(1, width + 1):
                    old = order[column - 1] if column <= len(order) else None
                    _put(sheet, number, column, line[old - 1] if old and old <= len(line) else BLANK)
        self.columns = {key: order.index(place) + 1 for key, place in self.columns.items() if place in order}

    def width(self) -> int:
        return max([*self.columns.values(), *map(len, self.look().lines)])

    def move_column(self, key: str, to: int) -> None:
        order: list[int | None] = [n for n in range(1, self.width() + 1) if n != self.columns[key]]
        order.insert(to - 1, self.columns[key])
        self._reorder(order)

    def insert_column(self, at: int, header: str = "", below: Sequence[Cell] = ()) -> None:
        """A private column, which is none of the bridge's business."""
        order: list[int | None] = list(range(1, self.width() + 1))
        order.insert(at - 1, None)
        self._reorder(order)
        with self.open() as sheet:
            sheet.cell(self.header, at).value = header or None
            for number, value in enumerate(below, self.header + 1):
                sheet.cell(number, at).value = value

    def delete_column(self, key: str) -> None:
        order: list[int | None] = [n for n in range(1, self.width() + 1) if n != self.columns[key]]
        self._reorder(order)

    def rename_header(self, key: str, header: str | None) -> None:
        with self.open() as sheet:
            sheet.cell(self.header, self.columns[key]).value = header

    def delete_header_row(self) -> None:
        self.header -= 1
        self._rearrange(lambda lines: lines[1:])
        self.header += 1

    # ------------------------------------------------------------------------------------------- the tab

    def clear(self) -> None:
        with self.open() as sheet:
            for line in sheet.iter_rows():
                for cell in line:
                    if not isinstance(cell, MergedCell):
                        cell.value = None

    def rename_tab(self, name: str) -> None:
        with self.open() as sheet:
            sheet.title = name
        self.tab = name

    def duplicate_tab(self) -> None:
        with self.open() as sheet:
            sheet.parent.copy_worksheet(sheet)

    def merge(self, row: int, first: str, last: str) -> None:
        """Merging keeps the first cell's value and drops the others'."""
        with self.open() as sheet:
            left, right = sorted((self.columns[first], self.columns[last]))
            sheet.merge_cells(start_row=row, end_row=row, start_column=left, end_column=right)

    def hide(self, *rows: int) -> None:
        """As a filter or a closed group does."""
        with self.open() as sheet:
            for row in rows:
                sheet.row_dimensions[row].hidden = True

    def group(self, first: int, last: int) -> None:
        with self.open() as sheet:
            sheet.row_dimensions.group(first, last, hidden=True)

    def filter(self) -> None:
        with self.open() as sheet:
            sheet.auto_filter.ref = (
                f"A{self.header}:{sheet.cell(1, self.width()).column_letter}{self.bottom()}"
            )
            sheet.auto_filter.add_filter_column(0, ["-"])


def _held(cell: object) -> Held:
    if isinstance(cell, MergedCell):
        return BLANK
    return Held(cell.value, cell.data_type, cell.number_format)  # type: ignore[attr-defined]


@lru_cache(maxsize=8)
def _read(data: bytes, tab: str) -> Sequence[Line]:
    """Remembered, because a file is looked at more often than it is changed."""
    return _lines(openpyxl.load_workbook(BytesIO(data))[tab])


def _lines(sheet: Worksheet) -> list[Line]:
    return [[_held(cell) for cell in line] for line in sheet.iter_rows()]


def _put(sheet: Worksheet, row: int, column: int, held: Held) -> None:
    if held.value is None and not sheet._cells.get((row, column)):  # type: ignore[attr-defined]
        return
    cell = sheet.cell(row, column)
    cell.value = held.value
    cell.number_format = held.look
    if held.value is not None:
        cell.data_type = held.kind  # a text that begins with = stays a text when it is moved


def _unmerged(sheet: Worksheet) -> None:
    for merged in list(sheet.merged_cells.ranges):
        sheet.unmerge_cells(str(merged))


# ------------------------------------------------------------------------------------------------ the office


class Watched:
    """The cases' workbook with its passes on record; `between` happens right after the next reads of the bridge,
    one after each, as a person does who saves between the bridge's read and its write."""

    def __init__(self, book: XlsxWorkbook, path: Path) -> None:
        self._book, self._path = book, path
        self.between: list[Callable[[], None]] = []
        self.seen: list[Copy] = []  # the versions that were read
        self.left: list[bytes] = []  # the file after each of these reads, and after what a person did then
        self.look: Callable[[], Copy]
        self.name, self.max_text, self.trust = book.name, book.max_text, book.trust

    def exists(self) -> bool:
        return self._book.exists()

    def settle(self) -> None:
        self._book.settle()

    def version(self) -> str:
        return self._book.version()

    def read(self, tabs: Sequence[str]) -> Snapshot:
        self.seen.append(self.look())
        snapshot = self._book.read(tabs)
        if self.between:
            self.between.pop(0)()
        self.left.append(self._path.read_bytes())
        return snapshot

    def write(self, changes: Sequence[TabChange], expected: str) -> str:
        return self._book.write(changes, expected)

    def create(self, tables: Sequence[Table]) -> None:
        self._book.create(tables)


class Calendar:
    """A clock that goes on by a minute whenever it is asked to: a round takes no time."""

    def __init__(self) -> None:
        self._now = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self._now

    def go_on(self) -> None:
        self._now += timedelta(minutes=1)

    def go_to_next_october(self) -> None:
        self._now = datetime(self._now.year, 9, 30, 17, 1, tzinfo=UTC)  # the first minutes in Bangkok


@cache
def _new_workspace() -> Path:
    """One workspace as `init` leaves it; making it anew for every test would take longer than the tests."""
    folder = Path(tempfile.mkdtemp(prefix="saphan-people-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    bootstrap.create(folder / "งาน พมจ")
    bootstrap.close()
    return folder / "งาน พมจ"


class Workplace:
    """An office on real parts in a folder of its own, its form, and its staff at the cases' workbook."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "งาน พมจ"
        shutil.copytree(_new_workspace(), self.root)
        office = bootstrap.open_office(self.root)
        path = office.workspace.cases_book
        self.book = Watched(XlsxWorkbook(path), path)
        self.clock = Calendar()
        self.office = bootstrap.with_ports(office, cases_book=self.book, clock=self.clock)
        self.desk = Desk(path, self.office.table("cases"))
        self.book.look = self.desk.copy
        self.reviews = Desk(path, self.office.table("reviews"))
        self.answers: dict[str, dict[str, str]] = {}

    def send(self, response: str, **answers: str) -> None:
        """A submission, or the same one edited by its sender; the download is made anew."""
        self.answers.setdefault(response, dict(SUBMISSION)).update(answers)
        questions = self.office.province.form("cases").questions
        with (self.office.workspace.inbox_cases / "คำตอบ.csv").open(
            "w", encoding="utf-8", newline=""
        ) as file:
            download = csv.writer(file)
            download.writerow(["ประทับเวลา", "Response ID", *(question.titles[0] for question in questions)])
            for number, given in self.answers.items():
                cells = [given.get(question.column, "") for question in questions]
                download.writerow([given["submitted_at"], number, *cells])

    def send_many(self, count: int, **answers: str) -> None:
        for _ in range(count):
            number = len(self.answers) + 1
            sent = f"10/11/2025, 13:{number // 60:02}:{number % 60:02}"
            name = f"นาย{NAMES[number % len(NAMES)]} ใจดี"
            given = {"submitted_at": sent, "problem": f"เรื่องที่ {number}", "person_name": name}
            self.send(f"r{number}", **{**given, **answers})

    def sync(self, *, accept_loss: bool = False) -> CycleReport:
        self.clock.go_on()
        self.book.seen.clear()
        self.book.left.clear()
        return self.office.cycle.sync(accept_loss=accept_loss)

    def bytes(self) -> bytes:
        return self.desk.path.read_bytes()

    def states(self) -> dict[str, RowState]:
        return {state.key: state for state in self.office.ports.rows.load_all("cases")}

    def case_of(self, response: str) -> str:
        """The case of a submission; every submission is exactly one."""
        (key,) = self.cases()[response]
        return key

    def cases(self) -> dict[str, list[str]]:
        """Response -> its cases, of every case in the ledger."""
        from bridge.adapters.ledger.models import Case

        found: dict[str, list[str]] = {}
        for key, response in Case.objects.order_by("key").values_list("key", "response"):
            found.setdefault(response, []).append(key)
        return found

    def flag(self, code: str, key: str) -> str:
        return self.office.messages.text("flag", code, id=key)

    def compute_all_anew(self) -> None:
        """Makes the next round read everything and compute everything."""
        self.office.ports.rows.mark_all_dirty("cases")
        self.office.ports.journal.set_setting("version:cases", "")


NAMES = [a + b for a in ("", "กิ่ง", "แก้ว", "ทอง") for b in ("ดี", "มา", "ใส", "ขวัญ", "ฟ้า", "คำ", "บุญ", "ศรี")]
SUBMISSION = {
    "submitted_at": "10/11/2025, 13:57:03",
    "sender_name": "นางสาวมาลี ตั้งใจ",
    "sender_org": "อบต.ไพรบึง",
    "sender_phone": "0800000001",
    "letter_no": "ศก 1/2569",
    "letter_date": "1/11/2568",
    "case_type": "ผู้มีรายได้น้อย",
    "requester": "ยื่นเอง",
    "person_name": "นายดี ใจดี",
    "problem": "=IMPORTDATA(1)",
    "national_id": "",
    "age": "40",
    "house_no": "10/1",
    "moo": "3",
    "tambon": "ไพรบึง",
    "amphoe": "ไพรบึง",
    "person_phone": "-",
    "source": "TPMAP",
}

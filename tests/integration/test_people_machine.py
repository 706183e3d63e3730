"""People and the bridge at the same workbook, in any order: nothing typed is lost, no submission lost or doubled.

The machine lets people do what sync.md names, on a real .xlsx, and runs the bridge now and then; also while they
save between its read and its write. `Book` below is the specification of one tab (sync.md steps 5, 6, 7 and 10),
told from what the files show and what was sent, and it is compared with the file cell by cell.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bridge import bootstrap
from bridge.domain.cases import tidy
from bridge.domain.cells import Cell, as_text, same
from bridge.domain.columns import Owner, Table
from tests.integration.people import FORMULA, Copy, Look, Workplace

MOST_ROWS = 25
STEPS = {"รอดำเนินการ": "ยังไม่รับเรื่อง", "รับเรื่องแล้ว": "ตรวจสอบเอกสาร"}
OUTCOMES = {
    "ยังไม่รับเรื่อง": "ยังไม่ช่วยเหลือ",
    "ตรวจสอบเอกสาร": "รอพิจารณา",
    "เอกสารไม่สมบูรณ์ ติดต่อ จนท.": "คืนเอกสารแก้ไข",
    "เสนอคณะกรรมการพิจารณา": "รอพิจารณา",
    "ให้การช่วยเหลือแล้ว": "ปรับปรุงข้อมูลการช่วยเหลือ",
}
ANCHORS = ("submitted_at", "person_name", "problem")
ID, FLAG = "case_id", "review"
Row = Mapping[str, Cell]


@dataclass
class Case:
    """What the office knows of one case. `shown` is what its row was last known to show, `values` what is true;
    `ours[column]` are the words in a suggested column that count as the bridge's."""

    values: dict[str, Cell]
    answers: dict[str, Cell] = field(default_factory=dict)
    shown: dict[str, Cell] = field(default_factory=dict)
    ours: dict[str, set[Cell]] = field(default_factory=dict)
    suggestions: dict[str, Cell] = field(default_factory=dict)
    state: str = "absent"  # absent, present, missing, gone


@dataclass
class Found:
    """Which row is which, in one file: row numbers by case, and of the rows that are no case's."""

    kept: dict[str, int] = field(default_factory=dict)
    lost_id: dict[str, list[int]] = field(default_factory=dict)  # equal rows; one of them is the case's
    copies: dict[int, str] = field(default_factory=dict)
    blank: list[int] = field(default_factory=list)
    unknown: dict[int, str] = field(default_factory=dict)
    vanished: list[str] = field(default_factory=list)


class Book:
    """The specification: what the tab of the cases must show after each round."""

    def __init__(self, table: Table, copied: Callable[[str], str]) -> None:
        self.table, self._copied = table, copied
        self.cases: dict[str, Case] = {}
        self.conflicts: dict[tuple[str, str], tuple[Cell, Cell]] = {}
        self.strange_ids: set[str] = set()
        self.form = table.owned_by(Owner.FORM)
        self.staff = table.owned_by(Owner.STAFF)
        self.suggested = table.owned_by(Owner.SUGGESTED)
        self.computed = table.owned_by(Owner.BRIDGE)
        self.content = [key for key in table.keys if key != ID]

    # ------------------------------------------------------------------------------------- the form

    def answer(self, key: str, answers: dict[str, Cell]) -> None:
        """A submission arrives, or its sender's edit of it."""
        case = self.cases.setdefault(key, Case(dict(answers), dict(answers)))
        for column in self.form:
            old, new = case.answers.get(column), answers.get(column)
            if same(old, new):
                continue
            if same(case.values.get(column), old):
                case.values[column] = new
            elif not same(case.values.get(column), new):
                self.conflicts[key, column] = (case.values.get(column), new)
        case.answers = dict(answers)

    # ------------------------------------------------------------------------------------- rows

    def find(self, rows: Mapping[int, Row]) -> Found:
        """Step 6."""
        found = Found()
        claims: dict[str, list[int]] = {}
        for number, row in rows.items():
            key = str(row[ID] or "").strip()
            if not key:
                found.blank.append(number)
            elif key in self.cases:
                claims.setdefault(key, []).append(number)
            else:
                found.unknown[number] = key
        for key, numbers in claims.items():
            keeper = self._nearest(key, numbers, rows)
            found.copies |= {number: key for number in numbers if number != keeper}
            if keeper:
                found.kept[key] = keeper
        on_sheet = [key for key, case in self.cases.items() if case.state in ("present", "missing")]
        found.vanished = [key for key in on_sheet if key not in found.kept]
        self._reclaim(found, rows)
        return found

    def _nearest(self, key: str, numbers: Iterable[int], rows: Mapping[int, Row]) -> int | None:
        case = self.cases[key]
        like = case.shown or case.values
        if (
            case.state == "absent"
        ):  # its row never reached the sheet: what bears its id is another's, or undone
            numbers = [n for n in numbers if not self._is_stranger(case.values, rows[n])]
        return max(
            numbers,
            key=lambda n: (
                rows[n][FLAG] != self._copied(key),
                sum(same(like.get(column), _known(rows[n][column])) for column in self.content),
                -n,
            ),
            default=None,
        )

    @staticmethod
    def _is_stranger(before: Row, now: Row) -> bool:
        known = [column for column in ANCHORS if before.get(column) is not None]
        return bool(known) and not any(same(before[column], now[column]) for column in known)

    def _reclaim(self, found: Found, rows: Mapping[int, Row]) -> None:
        """Rows whose id alone was changed or blanked."""
        for key in list(found.vanished):
            shown = self.cases[key].shown
            equal = [
                number
                for number in (*found.blank, *found.unknown, *found.copies)
                if all(same(shown.get(column), _known(rows[number][column])) for column in self.content)
            ]
            if equal:
                found.lost_id[key] = equal
                found.vanished.remove(key)

    def refuses(self, rows: Mapping[int, Row], found: Found, *, accept_loss: bool) -> str:
        """Step 5: the code of what makes the tab unbelievable, "" when it is to be believed."""
        before = sum(case.state == "present" for case in self.cases.values())
        lost = sum(self.cases[key].state == "present" for key in found.vanished)
        if before and (lost == before or lost / before > 0.2) and not accept_loss:
            return "sheet_lost_rows"
        mixed = [
            key
            for key, number in found.kept.items()
            if all(self.cases[key].shown.get(column) is not None for column in ANCHORS)
            and self._is_stranger(self.cases[key].shown, rows[number])
        ]
        on_sheet = len(found.kept) + len(found.lost_id)
        return "sheet_mixed_up" if len(mixed) >= 5 and len(mixed) > 0.2 * on_sheet else ""

    # ------------------------------------------------------------------------------------- the merge

    def hear(self, rows: Mapping[int, Row], found: Found) -> None:
        """Step 7, for what a person typed; the written values follow in `values`."""
        numbers = {**found.kept, **{key: equal[0] for key, equal in found.lost_id.items()}}
        for key, number in numbers.items():
            self._hear_row(key, rows[number])
        for key in found.vanished:
            case = self.cases[key]
            case.state = "gone" if case.state == "missing" else "missing"
        self.strange_ids |= set(found.unknown.values())
        for case in self.cases.values():
            self.suggest(case)

    def _hear_row(self, key: str, row: Row) -> None:
        case = self.cases[key]
        for column in (*self.form, *self.staff, *self.suggested):
            sheet, shown, wanted = row[column], case.shown.get(column), case.values.get(column)
            if sheet == FORMULA:
                continue
            if column in self.staff:
                case.values[column] = sheet
            elif column in self.suggested:
                if sheet is not None and sheet not in case.ours.get(column, ()):
                    case.values[column] = sheet
                elif wanted not in case.ours.get(column, ()):
                    case.values[column] = None  # staff took their own word back
            elif not same(sheet, shown) and not same(sheet, wanted):
                if not same(wanted, shown):
                    self.conflicts[key, column] = (sheet, wanted)
                case.values[column] = sheet
        case.state = "present"
        self.show(case, row)

    def suggest(self, case: Case) -> None:
        receipt = case.values.get("receipt_no")
        self._settle(case, "operation", "รับเรื่องแล้ว" if str(receipt or "").strip() else "รอดำเนินการ")
        self._settle(case, "step", STEPS.get(str(case.values["operation"]), "ไม่พบข้อมูล"))
        self._settle(case, "outcome", OUTCOMES.get(str(case.values["step"])))

    @staticmethod
    def _settle(case: Case, column: str, suggestion: Cell) -> None:
        ours = case.ours.setdefault(column, set())
        case.suggestions[column] = suggestion
        if case.values.get(column) is None or case.values[column] in ours:
            case.values[column] = suggestion
        else:
            ours.clear()  # staff's own word is in the cell
        ours |= {suggestion} if suggestion is not None else set()

    def show(self, case: Case, row: Row) -> None:
        """What the file shows is what was confirmed; a formula without result shows nothing new."""
        case.shown = {key: case.shown.get(key) if cell == FORMULA else cell for key, cell in row.items()}


def _known(cell: Cell) -> Cell:
    return None if cell == FORMULA else cell


def _says(cell: Cell) -> bool:
    return cell is not None and cell is not False and cell != FORMULA


PICK = st.integers(0, 99)
STAFF = st.sampled_from(["goods", "officer", "receipt_no", "checked", "amount"])
TYPED = st.sampled_from(
    [
        "ข้าวสาร 5 กก.",
        "0812345678",
        "-1",
        "@x",
        "#REF!",
        True,
        False,
        2000,
        12.5,
        " ก ",
        None,
        "=1+1",
        "ศก 55/2569",
    ]
)
CHOICES = st.sampled_from([None, "รอดำเนินการ", "รับเรื่องแล้ว", "ส่งต่อ", *OUTCOMES, *OUTCOMES.values()])
CORRECTED = st.sampled_from(
    ["case_type", "sender_org", "age", "moo", "person_phone", "national_id", "house_no"]
)
DAYS = st.none() | st.dates(date(1990, 1, 1), date(2040, 1, 1))
PASTED = st.sampled_from(["sender_org", "case_type", "receipt_no", "officer"])
ANSWERS = st.sampled_from(["สงเคราะห์คนพิการ", "7", "๑๒", "1103700000127", "-", "ก", ""])


class PeopleAndBridge(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory(prefix="saphan-people-")
        self.place = Workplace(Path(self._folder.name))
        self.desk = self.place.desk
        self.book = Book(self.desk.table, lambda key: self.place.flag("copied_row", key))
        self.count = 0
        self.touched = False  # people did something since the last round
        self.meddled = False  # people saved while a round was going on: an id may have been given in vain
        self.accepts = False  # what a person answers to a sheet that lost rows
        self.reviews_lost = False
        self.ghosts: set[str] = set()
        self.good = self.desk.copy()
        self.old: list[Copy] = []

    def teardown(self) -> None:
        bootstrap.close()
        self._folder.cleanup()

    @initialize(count=st.integers(6, 9))
    def begin(self, count: int) -> None:
        self.submit(count, "1103700000127")
        self.round(rest=True, accepts=False)

    # ------------------------------------------------------------------------------------------ the form

    @precondition(lambda self: len(self.desk.rows()) < MOST_ROWS)
    @rule(count=st.integers(1, 3), number=st.sampled_from(["", "1103700000127", "3330300000121"]))
    def submit(self, count: int, number: str) -> None:
        self.place.send_many(count, national_id=number)

    @rule(who=PICK, column=CORRECTED, answer=ANSWERS)
    def edit_answer(self, who: int, column: str, answer: str) -> None:
        self.place.send(f"r{who % len(self.place.answers) + 1}", **{column: answer})

    @rule(who=PICK, column=CORRECTED, answer=ANSWERS, correction=ANSWERS)
    def edit_and_correct_at_once(self, who: int, column: str, answer: str, correction: str) -> None:
        self.edit_answer(who, column, answer)
        row = self.place.answers[f"r{who % len(self.place.answers) + 1}"]
        numbers = [n for n, cells in self.desk.rows().items() if cells["problem"] == row["problem"]]
        if numbers:
            self.change(lambda: self.desk.type(numbers[0], **{column: correction or None}))

    # ------------------------------------------------------------------------------------------ the sheet

    def change(self, action: Callable[[], object]) -> None:
        self.touched = True
        action()

    def pick(self, who: int) -> int:
        rows = list(self.desk.rows())
        return rows[who % len(rows)] if rows else self.desk.header + 1

    @rule(who=PICK, column=STAFF, value=TYPED)
    def type_staff_cell(self, who: int, column: str, value: Cell) -> None:
        self.change(lambda: self.desk.type(self.pick(who), **{column: value}))

    @rule(who=PICK, column=st.sampled_from(["operation", "step", "outcome"]), value=CHOICES)
    def choose(self, who: int, column: str, value: Cell) -> None:
        self.change(lambda: self.desk.type(self.pick(who), **{column: value}))

    @rule(who=PICK, column=CORRECTED, value=TYPED)
    def correct(self, who: int, column: str, value: Cell) -> None:
        self.change(lambda: self.desk.type(self.pick(who), **{column: value}))

    @rule(who=PICK, column=st.sampled_from(["duplicate_of", "in_tpmap", "review"]), value=TYPED)
    def type_in_bridge_cell(self, who: int, column: str, value: Cell) -> None:
        self.change(lambda: self.desk.type(self.pick(who), **{column: None if value == "=1+1" else value}))

    @rule(who=PICK, value=st.sampled_from([None, "x", "#REF!", True, "SSK-2569-000900", " y "]))
    def change_id(self, who: int, value: Cell) -> None:
        self.change(lambda: self.desk.type(self.pick(who), case_id=value))

    @rule(who=PICK, other=PICK)
    def take_the_id_of_another_row(self, who: int, other: int) -> None:
        key = self.desk.rows()[self.pick(other)][ID] if self.desk.rows() else None
        self.change(lambda: self.desk.type(self.pick(who), case_id=key))

    @rule(
        key=st.sampled_from(["problem", "goods", "case_id", "submitted_at", "officer"]), reverse=st.booleans()
    )
    def sort(self, key: str, reverse: bool) -> None:
        self.change(lambda: self.desk.sort(key, reverse=reverse))

    @rule(who=PICK, count=st.integers(1, 2))
    def insert_rows(self, who: int, count: int) -> None:
        self.change(lambda: self.desk.insert_rows(self.pick(who), count))

    @precondition(lambda self: self.desk.header < 5)
    @rule()
    def insert_above_the_headers(self) -> None:
        self.change(lambda: self.desk.insert_rows(1))

    @rule(who=PICK)
    def delete_row(self, who: int) -> None:
        self.change(lambda: self.desk.delete_rows(self.pick(who)))

    @precondition(lambda self: len(self.desk.rows()) < MOST_ROWS)
    @rule(who=PICK, times=st.integers(1, 3), column=STAFF, value=TYPED, blank_id=st.booleans())
    def copy_row(self, who: int, times: int, column: str, value: Cell, blank_id: bool) -> None:
        edited = {column: value, **({ID: None} if blank_id else {})}
        self.change(lambda: self.desk.copy_row(self.pick(who), times, **edited))

    @rule(who=PICK, where=PICK)
    def cut_and_paste(self, who: int, where: int) -> None:
        self.change(lambda: self.desk.move_row(self.pick(who), self.pick(where)))

    @precondition(lambda self: len(self.desk.rows()) < MOST_ROWS)
    @rule(given=st.sampled_from(["", "next", "x"]), column=STAFF, value=TYPED, choice=CHOICES)
    def type_row(self, given: str, column: str, value: Cell, choice: Cell) -> None:
        self.count += 1
        key = f"SSK-2569-{len(self.book.cases) + 1:06d}" if given == "next" else given or None
        cells = {ID: key, "problem": f"พิมพ์ {self.count}", column: value, "operation": choice}
        self.change(lambda: self.desk.type_row(**cells))

    @rule(who=PICK, column=PASTED, rows=st.integers(1, 4))
    def paste(self, who: int, column: str, rows: int) -> None:
        block = [[2569, "#REF!", True], ["", "=NA()", "ก"], [None, 2570, "1/2"], ["x", "y", "z"]][:rows]
        self.change(lambda: self.desk.paste(self.pick(who), self.desk.columns[column], block))

    @rule(who=PICK, columns=st.sampled_from([("amount", "goods"), ("house_no", "moo"), ("tambon", "amphoe")]))
    def merge(self, who: int, columns: tuple[str, str]) -> None:
        if abs(self.desk.columns[columns[0]] - self.desk.columns[columns[1]]) == 1:
            self.change(lambda: self.desk.merge(self.pick(who), *columns))

    @rule(who=PICK)
    def hide_and_filter(self, who: int) -> None:
        self.desk.filter()
        self.desk.hide(self.pick(who))
        self.desk.group(self.desk.header + 1, self.desk.header + 3)

    @rule()
    def fill_boxes(self) -> None:
        self.change(lambda: self.desk.fill_boxes("checked", 60))

    @rule(key=st.sampled_from(["case_id", "goods", "review", "problem", "operation"]), to=st.integers(1, 30))
    def move_column(self, key: str, to: int) -> None:
        self.change(lambda: self.desk.move_column(key, to))

    @precondition(lambda self: self.desk.width() < 38)
    @rule(to=st.integers(1, 33), header=st.sampled_from(["", "ของฉัน", "รหัส", "2569"]))
    def insert_column(self, to: int, header: str) -> None:
        self.change(lambda: self.desk.insert_column(to, header, [f"p{n}" for n in range(6)]))

    @rule(key=st.sampled_from(["case_id", "goods", "review", "problem", "operation"]), blank=st.booleans())
    def rename_header(self, key: str, blank: bool) -> None:
        self.desk.rename_header(key, None if blank else "คำอื่น")

    @rule()
    def keep_a_copy(self) -> None:
        self.old.append(self.desk.copy())

    @precondition(lambda self: bool(self.old))
    @rule(who=PICK)
    def restore_an_old_version(self, who: int) -> None:
        self.reviews_lost = True
        self.change(lambda: self.desk.put_back(self.old[who % len(self.old)]))

    @rule(who=PICK, column=st.sampled_from(["received_date", "transfer_date", "letter_date"]), day=DAYS)
    def type_date(self, who: int, column: str, day: date | None) -> None:
        self.change(lambda: self.desk.type(self.pick(who), **{column: day}))

    @rule(who=PICK, note=st.sampled_from(["ดูแล้ว", None]))
    def note_in_reviews(self, who: int, note: str | None) -> None:
        rows = list(self.place.reviews.rows())
        if rows:
            self.change(lambda: self.place.reviews.type(rows[who % len(rows)], note=note))

    @rule(who=PICK)
    def restore_row(self, who: int) -> None:
        gone = [key for key, case in self.book.cases.items() if case.state in ("gone", "missing")]
        if gone:
            key = gone[who % len(gone)]
            self.place.office.restore.case(key)
            self.book.cases[key].state, self.book.cases[key].shown = "absent", {}

    # ------------------------------------------------------------------------------------------ the bridge

    @rule(rest=st.booleans(), accepts=st.booleans())
    def round(self, rest: bool, accepts: bool) -> None:
        self.accepts = accepts
        if self.run_round() and rest:
            self.come_to_rest()

    @rule(saves=st.lists(st.tuples(st.integers(0, 8), PICK, PICK, TYPED), min_size=1, max_size=2))
    def round_while_people_save(self, saves: list[tuple[int, int, int, Cell]]) -> None:
        """They save once or twice between its read and its write."""
        self.meddled = True
        self.accepts = False
        self.place.book.between = [lambda save=save: self.save(*save) for save in saves]
        self.run_round()
        self.place.book.between.clear()

    def save(self, what: int, who: int, other: int, value: Cell) -> None:
        """One of the things that people do most."""
        match what:
            case 0:
                self.sort("problem", True)
            case 1:
                self.insert_rows(who, 1)
            case 2:
                self.delete_row(who)
            case 3:
                self.cut_and_paste(who, other)
            case 4:
                self.type_staff_cell(who, "goods", value)
            case 5:
                self.correct(who, "case_type", value)
            case 6:
                self.move_column("goods", 3 + who % 20)
            case 7:
                self.type_row("", "goods", value, None)
            case _:
                self.copy_row(who, 1, "goods", value, False)

    def run_round(self, *, accept_loss: bool = False) -> bool:
        """One round, compared with what it should have done; whether it ended well."""
        start = self.desk.copy()
        report = self.place.sync(accept_loss=accept_loss)
        seen, left = list(self.place.book.seen), list(self.place.book.left)
        self.take_answers()
        code = report.trouble[0].code if report.trouble else ""
        assert code in ("", "sheet_lost_rows", "sheet_mixed_up", "sheet_columns"), code
        if not seen:
            assert not code and self.place.bytes() == start.data == self.good.data
            assert not self.is_anything_to_do(), "the gate stayed closed though there was something to do"
            return True
        expected = ""
        for number, copy in enumerate(seen):
            look = self.desk.look(copy)
            rows, found = look.rows(), self.book.find(look.rows())
            if code == "sheet_columns" and number == len(seen) - 1:
                unsure = self.touched or self.ends_without_header(look) or self.has_odd_ids(look)
                assert self.has_odd_headers() and unsure
                break
            expected = self.book.refuses(rows, found, accept_loss=accept_loss)
            if expected:
                break
            self.book.hear(rows, found)
        assert expected == code or code == "sheet_columns", (expected, code)
        if code:
            assert report.exit_code == 4
            assert self.place.bytes() == left[-1], "a sheet that was refused was written to"
            return self.mend(code)
        wrote = self.place.bytes() != left[-1]
        if wrote:
            assert left[-1] == seen[-1].data, "what a person saved in the meantime was overwritten"
        self.check(look, self.desk.look() if wrote else look, found)
        self.check_ledger()
        self.touched = self.place.bytes() != seen[-1].data and not wrote
        self.good = seen[-1] if self.touched else self.desk.copy()
        return not self.touched

    def mend(self, code: str) -> bool:
        """What a person does who reads the message."""
        if code == "sheet_columns":
            for key in self.desk.columns:
                self.desk.rename_header(key, self.desk.table.by_key[key].header)
        elif code == "sheet_lost_rows" and self.accepts:
            return self.run_round(accept_loss=True)
        else:
            self.desk.put_back(self.good)
            self.touched = True
        return False

    def has_odd_headers(self) -> bool:
        look = self.desk.look(self.place.book.seen[-1])
        return any(
            look.held(look.header, place).value != self.desk.table.by_key[key].header
            for key, place in look.columns.items()
        )

    def has_odd_ids(self, look: Look) -> bool:
        """The id column under another header is believed only while nearly all of its ids are known."""
        ids = [cells["case_id"] for cells in look.rows().values() if cells.get("case_id") is not None]
        known = self.place.office.ports.rows.marks("cases")
        return any(str(one) not in known for one in ids)

    def ends_without_header(self, look: Look) -> bool:
        """A column without header at the right end cannot be told from one that was deleted."""
        last = max(look.columns.values())
        return all(
            look.held(look.header, place).value is None for place in range(last, self.desk.width() + 1)
        )

    def is_anything_to_do(self) -> bool:
        def lacks(case: Case) -> bool:
            return any(not same(case.values.get(column), case.shown.get(column)) for column in self.book.form)

        cases = self.book.cases.values()
        return any(c.state in ("absent", "missing") or (c.state == "present" and lacks(c)) for c in cases)

    def take_answers(self) -> None:
        """Every submission is one case, whatever became of the sheet."""
        cases = self.place.cases()
        for response, given in self.place.answers.items():
            assert len(cases.get(response, ())) == 1, response
            answers = {column: answer for column, answer in given.items() if answer}
            answers["submitted_at"] = datetime.strptime(given["submitted_at"], "%d/%m/%Y, %H:%M:%S")
            self.book.answer(cases[response][0], tidy(answers, self.place.office.places))
        sent = {key for response in self.place.answers for key in cases[response]}
        typed = {key for keys in cases.values() for key in keys} - sent
        known = set(self.book.cases) - sent
        assert known <= typed
        self.ghosts = typed - known

    def come_to_rest(self) -> None:
        """Read in full and computed anew, a sheet at rest is not written to."""
        for _ in range(2):
            missing = any(case.state == "missing" for case in self.book.cases.values())
            self.place.compute_all_anew()
            before = self.place.bytes()
            assert self.run_round()
            if not missing:
                assert self.place.bytes() == before, "the bridge does not come to rest"
                return
        assert not any(case.state == "missing" for case in self.book.cases.values())

    # ------------------------------------------------------------------------------------------ the comparison

    def check(self, before: Look, after: Look, found: Found) -> None:
        """Every cell of the tab after a round, from what was there and what the office knows."""
        rows = before.rows()
        whose = {number: key for key, number in found.kept.items()}
        for key, equal in found.lost_id.items():
            (number,) = [n for n in equal if after.cells(n)[ID] == key]
            whose[number] = key
        for number in found.blank:
            if number not in whose and any(_says(rows[number][column]) for column in self.book.form):
                whose[number] = self.adopt(after.cells(number)[ID], rows[number])
        flags = {
            **{n: self.place.flag("copied_row", key) for n, key in found.copies.items()},
            **{n: self.place.flag("unknown_id", key) for n, key in found.unknown.items()},
        }
        for number in range(1, len(before.lines) + 1):
            self.check_row(before, after, number, whose.get(number), flags.get(number))
        self.check_appended(before, after)
        for number, key in whose.items():
            self.book.show(self.book.cases[key], after.cells(number))
        for case in self.book.cases.values():
            case.ours = {column: {word} for column, word in case.suggestions.items() if word is not None}
        self.check_conflicts()

    def adopt(self, key: Cell, row: Row) -> str:
        """A row that people typed has an id of its own now, one that nobody had before."""
        assert isinstance(key, str) and re.fullmatch(r"SSK-25\d\d-\d{6}", key), key
        assert key not in self.book.cases and key not in self.book.strange_ids and key in self.ghosts, key
        owned = (*self.book.form, *self.book.staff, *self.book.suggested)
        case = Case({column: row[column] for column in owned if _says(row[column]) or row[column] is False})
        self.book.cases[key] = case
        self.ghosts.discard(key)
        case.state = "present"
        self.book.suggest(case)
        return key

    def check_row(self, before: Look, after: Look, number: int, key: str | None, flag: str | None) -> None:
        column_of = {place: column for column, place in before.columns.items()}
        appended = number > before.last()
        width = max(len(before.lines[number - 1]), len(after.lines[number - 1]))
        for place in range(1, width + 1):
            old, new = before.held(number, place), after.held(number, place)
            column = column_of.get(place, "")
            where = (number, column or place, key, old, new)
            formula = old.kind == "f" and column not in self.book.computed
            if key is not None and column and column not in self.book.staff and not formula:
                if column == ID:
                    assert after.cells(number)[ID] == key, where
                elif column in self.book.form or column in self.book.suggested:
                    assert same(after.cells(number)[column], self.book.cases[key].values.get(column)), where
                elif column == FLAG:
                    assert new.value not in (
                        self.place.flag("copied_row", key),
                        self.place.flag("unknown_id", key),
                    )
            elif key is None and flag is not None and column == FLAG:
                assert new.value == flag, where
            elif not appended:
                assert (new.value, new.kind) == (old.value, old.kind), where

    def check_appended(self, before: Look, after: Look) -> None:
        """New and restored cases stand below everything, once, whole; and nothing else is new."""
        absent = sorted(key for key, case in self.book.cases.items() if case.state == "absent")
        added = {number: cells for number, cells in after.rows().items() if number > before.last()}
        assert sorted(str(cells[ID]) for cells in added.values()) == absent
        assert sorted(added) == list(range(before.last() + 1, before.last() + 1 + len(absent)))
        columns = set(before.columns.values())
        for number, cells in added.items():
            case = self.book.cases[str(cells[ID])]
            for column in (*self.book.form, *self.book.staff, *self.book.suggested):
                wanted = case.values.get(column)
                if wanted is None and column in self.book.staff:
                    wanted = before.cells(number)[column]  # a box that was filled in ahead
                assert same(cells[column], wanted), (number, column, cells[column], wanted)
            for place in range(1, len(after.lines[number - 1]) + 1):
                assert place in columns or after.held(number, place).value == before.held(number, place).value
            case.state = "present"
            self.book.show(case, cells)

    def check_conflicts(self) -> None:
        """Both values of a conflict are in the list of what a person should look at."""
        headers = {column.key: column.header for column in self.desk.table.columns}
        shown = {
            (row["case_id"], row["column"], row["value"], row["other"])
            for row in self.place.reviews.rows().values()
        }
        for (key, column), (sheet, form) in self.book.conflicts.items():
            wanted = (key, headers[column], as_text(sheet) or None, as_text(form) or None)
            assert wanted in shown or self.reviews_lost, wanted
        self.book.conflicts.clear()

    def check_ledger(self) -> None:
        """The ledger holds each case as the sheet does, and the rows that are not there as they last were."""
        states = self.place.states()
        ghosts = {key for key in states if key not in self.book.cases}
        assert ghosts == self.ghosts
        assert self.meddled or not ghosts, "a number was given to no row"
        for key, case in self.book.cases.items():
            state = states[key]
            assert str(state.presence) == case.state, key
            for column in (*self.book.form, *self.book.staff, *self.book.suggested):
                assert same(state.values.get(column), case.values.get(column)), (
                    key,
                    column,
                    state.values,
                    case,
                )


def hunt(examples: int, steps: int, **more: Any) -> None:
    run_state_machine_as_test(
        PeopleAndBridge,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=False,
            database=None,
            print_blob=False,
            suppress_health_check=list(HealthCheck),
            **more,
        ),
    )


def test_people_and_the_bridge_in_any_order() -> None:
    hunt(examples=12, steps=15)

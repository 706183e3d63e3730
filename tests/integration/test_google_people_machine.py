"""People, respondents and a bad connection at the same register on Google, in any order.

At rest the sheet is compared with a plain model: what each answer said, what staff typed last. Two things are
left out because no program could put them right: a cell that a person writes in the very moment in which the
bridge writes the same cell, and, where Google's answer is lost as well, words that stood only in the sheet.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable
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

from bridge.domain.cells import Cell
from tests.integration.google_office import CloudOffice, Register, Row, cloud_office
from tests.stand_in.google.faults import Kind

MOST_ROWS = 24
STEPS = {"รอดำเนินการ": "ยังไม่รับเรื่อง", "รับเรื่องแล้ว": "ตรวจสอบเอกสาร"}
OUTCOMES = {"ยังไม่รับเรื่อง": "ยังไม่ช่วยเหลือ", "ตรวจสอบเอกสาร": "รอพิจารณา"}
CHOSEN = {"เสนอคณะกรรมการพิจารณา": "รอพิจารณา", "ให้การช่วยเหลือแล้ว": "ปรับปรุงข้อมูลการช่วยเหลือ"}
QUESTIONS = {
    "sender_org": "หน่วยงานองค์กรผู้ส่ง ระบุ",
    "requester": "ผู้ยื่นคำร้อง",
    "house_no": "บ้านเลขที่",
    "letter_no": "เลขหนังสือนำส่ง",
}
LOSE = [  # what hides the outcome of a write
    (Kind.INTERNAL, {}),
    (Kind.BAD_GATEWAY, {}),
    (Kind.UNAVAILABLE, {}),
    (Kind.RESET_BEFORE, {}),
    (Kind.RESET_AFTER, {}),
    (Kind.TIME_OUT_BEFORE, {"hold": 0.05}),
    (Kind.TIME_OUT_AFTER, {"hold": 0.05}),
    (Kind.TRUNCATED, {}),
    (Kind.INTERNAL_AFTER, {}),
    (Kind.LATE, {"seconds": 150, "hold": 0.05}),
    (Kind.LATE, {"seconds": 150, "answer": Kind.UNAVAILABLE}),
]
REFUSE: list[tuple[Kind, dict[str, Any]]] = [(Kind.TOO_MANY, {}), (Kind.USAGE_LIMITS, {})]
CALLS = ["GET .*spreadsheets", "batchGetByDataFilter", "/drive/", "/forms/", ":batchUpdate"]
PICK = st.integers(0, 99)
STAFF = st.sampled_from(["goods", "officer", "receipt_no", "mine"])
MOMENTS = st.sampled_from(["/values:batchGetByDataFilter", ":batchUpdate"])


def sort(tab: Register, who: int, other: int) -> None:
    columns = ["problem", "goods", "case_id", "mine", "step", "receipt_no"]
    tab.sort(columns[who % len(columns)], bool(other % 2))


def insert(tab: Register, who: int, other: int) -> None:
    tab.hand.insert_rows(pick(tab, who), 1 + other % 2)


def drag(tab: Register, who: int, other: int) -> None:
    row = pick(tab, who)
    tab.hand.move_rows(row, row + 1, pick(tab, other))


def cut(tab: Register, who: int, other: int) -> None:
    tab.hand.cut_row(pick(tab, who), tab.bottom() + other % 3)


def hide(tab: Register, who: int, other: int) -> None:
    tab.hand.hide_rows(pick(tab, who), pick(tab, who) + 1)


def pick(tab: Register, who: int) -> int:
    rows = list(tab.rows())
    return rows[who % len(rows)]


def move_column(tab: Register, who: int, other: int) -> None:
    columns = list(tab.columns())
    tab.hand.move_column(tab.columns()[columns[who % len(columns)]], other % 34)


def rename_header(tab: Register, who: int, other: int) -> None:
    names = ["goods", "sender_org", "case_id", "step", "mine"]
    tab.hand.rename_header(tab.columns()[names[who % 5]], f"หัว {who}", tab.header())


def rename_tab(tab: Register, who: int, other: int) -> None:
    tab.hand.rename(["CO2", "R1C1", "ทะเบียน 'เก่า'", "💛"][who % 4])


def insert_above(tab: Register, who: int, other: int) -> None:
    if tab.header() < 4:
        tab.hand.insert_rows(0)


ROWS = [sort, insert, drag, cut, hide]
MOVES = st.sampled_from([*ROWS, move_column, move_column, rename_header, rename_tab, insert_above])
ROW_MOVES = st.sampled_from(ROWS)
Move = Callable[[Register, int, int], None]


class Kept:
    """One office for all runs, put back to its beginning before each."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="saphan-people-")
        self._context = cloud_office(Path(self._folder.name) / "office")
        self.office = self._context.__enter__()
        self.sent = self.office.send(8)
        self.office.rest()
        self.tab = self.office.register().know()
        self.tab.own(5, "mine", "ของฉัน", {})
        self.office.rest()
        self.put_back = self.office.keep()

    def close(self) -> None:
        self._context.__exit__(None, None, None)
        self._folder.cleanup()


class PeopleAndGoogle(RuleBasedStateMachine):
    kept: Kept

    def __init__(self) -> None:
        super().__init__()
        self.kept.put_back()
        self.office: CloudOffice = self.kept.office
        self.tab = self.kept.tab
        self.sent = list(self.kept.sent)
        self.meant: dict[str, Row] = {}  # by problem
        self.chosen: dict[str, str] = {}
        self.corrected: set[tuple[str, str]] = set()
        self.said: set[Cell] = set()  # all that people ever typed
        self.count = 0
        self.deleted: set[str] = set()
        for row in self.tab.rows().values():
            self.meant[str(row["problem"])] = {name: row[name] for name in (*QUESTIONS, "person_name")}

    @initialize()
    def begin(self) -> None:
        self.rest()

    def word(self) -> str:
        self.count += 1
        return f"คำที่ {self.count}"

    def row(self, who: int) -> tuple[int, str]:
        """A row of a case, and its problem."""
        rows = self.tab.rows()
        at = list(rows)[who % len(rows)]
        return at, str(rows[at]["problem"])

    # ------------------------------------------------------------------------------------------ the form

    @precondition(lambda self: len(self.tab.rows()) < MOST_ROWS)
    @rule(count=st.integers(1, 3))
    def send(self, count: int) -> None:
        for response in self.office.send(count):
            self.sent.append(response)
            number = len(self.sent)
            answers = self.office.case_form.responses[response].answers
            titles = {
                k: self.office.google.forms.question(self.office.case_form, t) for k, t in QUESTIONS.items()
            }
            self.meant[f"เดือดร้อน {number}"] = {
                column: (answers.get(question) or [None])[0] for column, question in titles.items()
            }

    @rule(who=PICK, column=st.sampled_from(sorted(QUESTIONS)))
    def edit(self, who: int, column: str) -> None:
        number, word = who % len(self.sent), self.word()
        self.office.google.forms.edit(self.office.case_form, self.sent[number], {QUESTIONS[column]: word})
        problem = f"เดือดร้อน {number + 1}"
        if (problem, column) not in self.corrected:
            self.meant[problem][column] = word

    # ------------------------------------------------------------------------------------------ the sheet

    @rule(who=PICK, column=STAFF, blank=st.booleans())
    def type_staff_cell(self, who: int, column: str, blank: bool) -> None:
        at, problem = self.row(who)
        word = None if blank else self.word()
        self.said.add(word)
        self.tab.type(at, **{column: word})
        self.meant[problem][column] = word

    @precondition(lambda self: not self.is_open())
    @rule(who=PICK, column=st.sampled_from(sorted(QUESTIONS)))
    def correct(self, who: int, column: str) -> None:
        at, problem = self.row(who)
        word = self.word()
        self.said.add(word)
        self.tab.type(at, **{column: word})
        self.meant[problem][column] = word
        self.corrected.add((problem, column))

    @precondition(lambda self: not self.is_open())
    @rule(who=PICK, word=st.sampled_from(sorted(CHOSEN)))
    def choose(self, who: int, word: str) -> None:
        at, problem = self.row(who)
        self.said.add(word)
        self.tab.type(at, step=word)
        self.chosen[problem] = word

    @precondition(lambda self: len(self.tab.rows()) < MOST_ROWS and not self.is_open())
    @rule()
    def type_row(self) -> None:
        problem, word = self.word(), self.word()
        self.said |= {problem, word}
        self.tab.type(self.tab.bottom(), problem=problem, goods=word)
        self.meant[problem] = {"goods": word}

    @precondition(lambda self: not self.deleted and not self.is_open())
    @rule(who=PICK)
    def delete_row(self, who: int) -> None:
        at, problem = self.row(who)
        if self.tab.rows()[at]["case_id"] is not None:
            self.tab.hand.delete_rows(at)
            self.deleted.add(problem)

    @precondition(lambda self: not self.is_open())
    @rule(move=MOVES, who=PICK, other=PICK)
    def move(self, move: Move, who: int, other: int) -> None:
        move(self.tab, who, other)

    @rule(move=ROW_MOVES, who=PICK, other=PICK)
    def move_rows(self, move: Move, who: int, other: int) -> None:
        move(self.tab, who, other)

    # ------------------------------------------------------------------------------------------ the bridge

    def is_open(self) -> bool:
        """Whether a write may be on its way, or its outcome is not known."""
        operations = self.office.office.ports.google._operations
        return bool(self.office.google.faults.pending) or operations.unsettled(self.tab.book_id) is not None

    def give_work(self, who: int) -> None:
        """Something to write in several rows, and a row to add."""
        self.edit(who, "sender_org")
        self.type_staff_cell(who + 1, "receipt_no", False)
        if len(self.tab.rows()) < MOST_ROWS:
            self.send(1)

    @rule()
    def cycle(self) -> None:
        self.office.cycle()

    @rule(moment=MOMENTS, move=MOVES, who=PICK, other=PICK)
    def cycle_while_people_move_things(self, moment: str, move: Move, who: int, other: int) -> None:
        self.give_work(other)
        lost = self.is_open()
        allowed = move if not lost or move in ROWS else sort
        self.office.google.before(f"{self.tab.book_id}{moment}", lambda: allowed(self.tab, who, other))
        self.office.cycle()
        self.office.google._before.clear()

    @rule(moment=MOMENTS, who=PICK, column=STAFF, second=ROW_MOVES, other=PICK)
    def cycle_while_people_type(self, moment: str, who: int, column: str, second: Move, other: int) -> None:
        def act() -> None:
            self.type_staff_cell(who, column, False)
            second(self.tab, who, other)

        self.give_work(other)
        self.office.google.before(f"{self.tab.book_id}{moment}", act)
        self.office.cycle()
        self.office.google._before.clear()

    @rule(call=st.sampled_from(CALLS), fault=st.sampled_from([*LOSE, *REFUSE]), who=PICK)
    def cycle_with_a_fault(self, call: str, fault: tuple[Kind, dict[str, Any]], who: int) -> None:
        self.give_work(who)
        if fault[0] is not Kind.LATE or call == ":batchUpdate":
            self.office.google.faults.on(call, fault[0], **fault[1])
        self.office.cycle()
        self.office.google.faults.clear()

    @rule(fault=st.sampled_from(LOSE), move=ROW_MOVES, who=PICK, other=PICK)
    def cycle_with_a_lost_answer_and_a_move(
        self, fault: tuple[Kind, dict[str, Any]], move: Move, who: int, other: int
    ) -> None:
        self.give_work(other)
        path = f"{self.tab.book_id}:batchUpdate"
        self.office.google.faults.on(path, fault[0], **fault[1])
        if not any(row["case_id"] is None for row in self.tab.rows().values()):
            self.office.google.before(path, lambda: move(self.tab, who, other))
        self.office.cycle()
        self.office.google.faults.clear()
        self.office.google._before.clear()

    @rule()
    def rest(self) -> None:
        self.office.rest()
        self.check()

    def teardown(self) -> None:
        self.rest()

    # ------------------------------------------------------------------------------------------ the comparison

    def check(self) -> None:
        cases = self.office.cases()
        assert all(len(found) == 1 for found in cases.values())
        assert set(self.sent) <= set(cases)
        rows = list(self.tab.rows().values())
        left = {problem for problem in self.meant if problem not in self.deleted}
        assert Counter(str(row["problem"]) for row in rows) == Counter(left)
        for row in rows:
            self.check_row(str(row["problem"]), row, cases)
        for case, why, column, new in self.office.heard():
            assert why in ("staff", "correction", "choice", "conflict", "typed", "gone"), (
                case,
                why,
                column,
                new,
            )
            assert new is None or new in self.said, (case, why, column, new)
        assert not self.office.mails()

    def check_row(self, problem: str, row: Row, cases: dict[str, list[str]]) -> None:
        if problem.startswith("เดือดร้อน"):
            assert [row["case_id"]] == cases[self.sent[int(problem.split()[1]) - 1]]
        else:
            assert row["case_id"] in {found[0] for response, found in cases.items() if "typed" in response}
        meant = self.meant[problem]
        receipt = "รับเรื่องแล้ว" if meant.get("receipt_no") else "รอดำเนินการ"
        step = self.chosen.get(problem, STEPS[receipt])
        wanted = meant | {"operation": receipt, "step": step, "outcome": (OUTCOMES | CHOSEN)[step]}
        for column in (*wanted, "goods", "officer", "mine", "checked", "amount", "duplicate_of", "in_tpmap"):
            assert row[column] == wanted.get(column), (problem, column, row[column], wanted.get(column))


def hunt(examples: int, steps: int, **more: Any) -> None:
    PeopleAndGoogle.kept = Kept()
    try:
        run_state_machine_as_test(
            PeopleAndGoogle,
            settings=settings(
                max_examples=examples,
                stateful_step_count=steps,
                deadline=None,
                database=None,
                print_blob=False,
                suppress_health_check=list(HealthCheck),
                **{"derandomize": True, **more},
            ),
        )
    finally:
        PeopleAndGoogle.kept.close()


def test_people_and_the_bridge_on_google_in_any_order() -> None:
    hunt(examples=6, steps=10)

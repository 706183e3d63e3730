"""What the stores of every ledger must do: the ports rows, journal, cases and reviews, on each backend.

Accounts and approval mail are in test_ledger_access_contract.py.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connections
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.adapters.ledger.connection import close_ledger, open_ledger
from bridge.application.ports.cases import Answer, NewCase, Published
from bridge.application.ports.journal import Run
from bridge.application.ports.reviews import ReviewItem, ReviewKind, ReviewState, StoredReview
from bridge.application.ports.rows import Event, Mark, PastEvent, Presence, RowState
from bridge.domain.cells import Cell
from tests.contract.ledgers import BACKENDS, NOW, Ledger, open_empty

MINUTE = timedelta(minutes=1)
MANY = 1_130  # more than one statement may name on an old SQLite
NASTY = [
    "ก\0ข",
    "💛 🇹🇭 𠮷",
    "\ud83d",  # half an emoji, as a program that counts UTF-16 units leaves it
    "น้ำ\u200b ",
    "=IMPORTDATA(1)",
    "'0812345678",
    "a\r\nb\tc",
    "ย" * 50_000,
    '{"d":"2026-01-01"}',
    "\\u0000",
]
CELLS: list[Cell] = [
    *NASTY,
    True,
    False,
    0,
    1,
    -1,
    10**15,
    0.1,
    2250.5,
    date(2026, 2, 28),
    datetime(2022, 8, 10, 13, 57, 3),
    datetime(2022, 8, 10),
]
cell = st.one_of(
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(),
    st.dates(),
    st.datetimes().map(lambda moment: moment.replace(microsecond=0)),
)


@pytest.fixture(params=BACKENDS)
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    yield open_empty(request.param, request.config, tmp_path)
    close_ledger()


def exactly(value: Any) -> Any:
    """Tells True from 1 and a date-time from a date, which == does not."""
    if isinstance(value, dict):
        return {key: exactly(item) for key, item in value.items()}
    if isinstance(value, list):
        return [exactly(item) for item in value]
    return type(value).__name__, value


def case_key(number: int) -> str:
    return f"SSK-2569-{number:06d}"


def in_threads(count: int, work: Callable[[int], Any]) -> list[Any]:
    """What `work` returned in each of `count` threads that began at once."""
    results: list[Any] = [None] * count
    barrier = threading.Barrier(count)

    def run(number: int) -> None:
        barrier.wait()
        try:
            results[number] = work(number)
        except BaseException as error:
            results[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


class TestRows:
    def test_a_new_ledger_has_no_rows(self, ledger: Ledger) -> None:
        rows = ledger.rows
        assert rows.marks("cases") == {}
        assert rows.load("cases", ["SSK-2569-000001"]) == {}
        assert list(rows.load_all("cases")) == []
        assert rows.dirty("cases") == rows.unsettled("cases") == rows.history("cases", "x") == []
        rows.save("cases", [])
        rows.mark_all_dirty("cases")

    def test_a_row_comes_back_as_it_was_saved(self, ledger: Ledger) -> None:
        values = {f"c{index}": value for index, value in enumerate(CELLS)}
        state = RowState(
            "1",
            values=values,
            confirmed=dict(reversed(values.items())),
            suggested={"step": ["ก", None, 5, date(2026, 1, 2)], "none": []},
            presence=Presence.MISSING,
            digest="d" * 32,
            settled=True,
            dirty=False,
        )
        ledger.rows.save("cases", [state])
        found = ledger.rows.load("cases", ["1"])["1"]
        assert exactly(vars(found)) == exactly(vars(state))
        assert exactly([vars(row) for row in ledger.rows.load_all("cases")]) == exactly([vars(state)])

    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(values=st.dictionaries(st.sampled_from("abcdef"), cell), suggested=st.lists(cell, max_size=4))
    def test_any_cells_come_back(
        self, ledger: Ledger, values: dict[str, Cell], suggested: list[Cell]
    ) -> None:
        ledger.rows.save("cases", [RowState("1", values=values, suggested={"a": suggested})])
        found = ledger.rows.load("cases", ["1"])["1"]
        assert exactly(found.values) == exactly(values)
        assert exactly(found.suggested) == exactly({"a": suggested})

    def test_a_blank_cell_is_one_that_is_not_there(self, ledger: Ledger) -> None:
        ledger.rows.save("cases", [RowState("1", values={"a": None, "b": 0, "c": False, "d": ""})])
        assert exactly(ledger.rows.load("cases", ["1"])["1"].values) == exactly({"b": 0, "c": False, "d": ""})

    def test_saving_replaces_the_whole_row_and_no_other(self, ledger: Ledger) -> None:
        rows = ledger.rows
        before = RowState(
            "1", {"a": 1, "b": 2}, {"a": 1}, {"step": ["x"]}, Presence.PRESENT, "d", True, False
        )
        for table, key in (("cases", "1"), ("cases", "2"), ("access", "1")):
            rows.save(table, [RowState(**{**vars(before), "key": key})])
        after = RowState("1", {"c": 3})
        for _ in range(2):
            rows.save("cases", [after])
            assert rows.load("cases", ["1"])["1"] == after
        assert rows.load("cases", ["2"])["2"].values == {"a": 1, "b": 2}
        assert rows.load("access", ["1"])["1"].values == {"a": 1, "b": 2}
        assert len(rows.marks("cases")) == 2

    def test_marks_are_as_much_as_the_comparison_needs(self, ledger: Ledger) -> None:
        saved = [
            RowState(str(number), presence=presence, digest=f"{number:032d}", settled=number % 2 == 0)
            for number, presence in enumerate(Presence)
        ]
        ledger.rows.save("cases", saved)
        assert ledger.rows.marks("cases") == {
            state.key: Mark(state.digest, state.settled, state.presence) for state in saved
        }
        assert all(isinstance(mark.presence, Presence) for mark in ledger.rows.marks("cases").values())

    def test_dirty_and_unsettled_rows_are_found(self, ledger: Ledger) -> None:
        rows = ledger.rows
        rows.save("cases", [RowState("3"), RowState("1", dirty=False), RowState("2", settled=True)])
        rows.save("access", [RowState("9", dirty=False, settled=True)])
        assert rows.dirty("cases") == ["2", "3"]
        assert rows.unsettled("cases") == ["1", "3"]
        assert rows.dirty("access") == rows.unsettled("access") == []
        rows.mark_all_dirty("cases")
        assert rows.dirty("cases") == ["1", "2", "3"]
        assert rows.dirty("access") == []
        assert rows.unsettled("cases") == ["1", "3"]

    def test_rows_come_in_the_order_of_their_keys(self, ledger: Ledger) -> None:
        keys = [case_key(number) for number in range(MANY)]
        scattered = keys[1::2] + keys[::2][::-1]
        ledger.rows.save("cases", [RowState(key, {"n": key}) for key in scattered])
        assert list(ledger.rows.marks("cases")) == keys
        assert [state.key for state in ledger.rows.load_all("cases")] == keys
        assert ledger.rows.dirty("cases") == ledger.rows.unsettled("cases") == keys
        found = ledger.rows.load("cases", [*scattered, *scattered, "SSK-2569-999999"])
        assert list(found) == keys
        assert all(state.values == {"n": key} for key, state in found.items())

    def test_history_keeps_its_order_its_time_and_its_cells(self, ledger: Ledger) -> None:
        first = [
            Event("cases", "1", "submitted", "form", new="ไฟล์.csv"),
            Event("cases", "1", "staff", "sheet", "amount", None, 3000),
            Event("cases", "2", "staff", "sheet", "amount", 1, 2),
            Event("access", "1", "asked", "form"),
        ]
        ledger.rows.save("cases", [RowState("1")], first)
        later = ledger.clock.pass_time(hours=1)
        second = [
            Event("cases", "1", "correction", "sheet", "problem", text, date(2026, 1, 2)) for text in NASTY
        ]
        ledger.rows.save("cases", [], second)
        history = ledger.rows.history("cases", "1")
        assert history == [*(PastEvent(NOW, e) for e in first[:2]), *(PastEvent(later, e) for e in second)]
        assert all(past.at.tzinfo is not None for past in history)
        assert [past.event for past in ledger.rows.history("access", "1")] == [first[3]]

    def test_rows_and_events_are_saved_together_or_not_at_all(self, ledger: Ledger) -> None:
        ledger.rows.save("cases", [RowState("1", {"a": "before"})])
        states = [RowState("1", {"a": "after"}), RowState("2")]
        unfit = Event("cases", "1", None, "sheet")  # type: ignore[arg-type]  # the database refuses it
        with pytest.raises(IntegrityError):
            ledger.rows.save("cases", states, [Event("cases", "1", "staff", "sheet"), unfit])
        assert list(ledger.rows.marks("cases")) == ["1"]
        assert ledger.rows.load("cases", ["1"])["1"].values == {"a": "before"}
        assert ledger.rows.history("cases", "1") == []


class TestJournal:
    def test_a_transaction_is_written_together_or_not_at_all(self, ledger: Ledger) -> None:
        with pytest.raises(ZeroDivisionError), ledger.journal.transaction():
            ledger.rows.save("cases", [RowState("1")], [Event("cases", "1", "staff", "sheet")])
            ledger.journal.set_cursor("cases", "a.csv", "1")
            ledger.journal.set_setting("x", "1")
            ledger.cases.add([new_case(1)], [])
            raise ZeroDivisionError
        assert ledger.rows.marks("cases") == ledger.journal.cursors("cases") == {}
        assert ledger.rows.history("cases", "1") == []
        assert ledger.journal.setting("x") == ""
        assert ledger.cases.last_number(2569) == 0
        with ledger.journal.transaction():
            ledger.journal.set_setting("x", "2")
        assert in_threads(1, lambda _: ledger.journal.setting("x")) == ["2"]

    def test_transactions_nest(self, ledger: Ledger) -> None:
        journal = ledger.journal
        with journal.transaction():
            journal.set_setting("outer", "1")
            with pytest.raises(ZeroDivisionError), journal.transaction():
                journal.set_setting("inner", "1")
                raise ZeroDivisionError
            with journal.transaction():
                journal.set_setting("second", "1")
        assert [journal.setting(name) for name in ("outer", "inner", "second")] == ["1", "", "1"]
        with pytest.raises(ZeroDivisionError), journal.transaction():
            with journal.transaction():
                journal.set_setting("outer", "2")
            raise ZeroDivisionError
        assert journal.setting("outer") == "1"

    def test_a_failure_of_the_database_inside_a_nested_one_leaves_the_rest_usable(
        self, ledger: Ledger
    ) -> None:
        ledger.cases.add([new_case(1)], [])
        with ledger.journal.transaction():
            ledger.journal.set_setting("x", "1")
            with pytest.raises(IntegrityError), ledger.journal.transaction():
                ledger.cases.add([new_case(1)], [])
            ledger.journal.set_setting("y", "1")
        assert (ledger.journal.setting("x"), ledger.journal.setting("y")) == ("1", "1")

    def test_a_lease_has_one_holder(self, ledger: Ledger) -> None:
        acquire = ledger.journal.acquire
        assert acquire("office", "elsewhere|1|1.00", NOW, NOW + 30 * MINUTE)
        assert not acquire("office", "elsewhere|2|1.00", NOW + MINUTE, NOW + 31 * MINUTE)
        assert acquire("another", "elsewhere|2|1.00", NOW, NOW + MINUTE)
        assert acquire("office", "elsewhere|1|1.00", NOW + MINUTE, NOW + 40 * MINUTE)  # its own, prolonged
        assert not acquire("office", "elsewhere|2|1.00", NOW + 39 * MINUTE, NOW + 60 * MINUTE)

    def test_a_lease_that_was_let_go_or_ran_out_is_free(self, ledger: Ledger) -> None:
        acquire, release = ledger.journal.acquire, ledger.journal.release
        assert acquire("office", "elsewhere|1|1.00", NOW, NOW + 30 * MINUTE)
        release("office", "elsewhere|2|1.00")  # not its own
        release("nothing", "elsewhere|1|1.00")
        assert not acquire("office", "elsewhere|2|1.00", NOW, NOW + 30 * MINUTE)
        release("office", "elsewhere|1|1.00")
        assert acquire("office", "elsewhere|2|1.00", NOW, NOW + 30 * MINUTE)
        release("office", "elsewhere|1|1.00")  # late: it is somebody else's now
        assert not acquire("office", "elsewhere|3|1.00", NOW + 29 * MINUTE, NOW + 60 * MINUTE)
        assert acquire("office", "elsewhere|3|1.00", NOW + 30 * MINUTE, NOW + 60 * MINUTE)
        assert not acquire("office", "elsewhere|2|1.00", NOW + 30 * MINUTE, NOW + 60 * MINUTE)

    def test_of_many_at_once_one_gets_the_lease(self, ledger: Ledger) -> None:
        def take(number: int) -> bool:
            return bool(ledger.journal.acquire("office", f"elsewhere|{number}|1.00", NOW, NOW + MINUTE))

        assert sorted(in_threads(6, take)) == [False] * 5 + [True]

    def test_a_dead_process_holds_no_lease_and_a_live_one_does(self, ledger: Ledger) -> None:
        def acquire() -> bool:
            return bool(ledger.journal.acquire("office", "elsewhere|1|1.00", NOW, NOW + 30 * MINUTE))

        script = Path(__file__).with_name("lease_holder.py")
        holder = subprocess.Popen(
            [sys.executable, str(script), json.dumps(ledger.options), NOW.isoformat()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
        )
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline().strip() == b"held"
            assert not acquire()
            holder.kill()
            holder.wait()
            assert acquire()
        finally:
            holder.kill()
            holder.communicate()

    def test_cursors_are_kept_by_source_and_name(self, ledger: Ledger) -> None:
        journal = ledger.journal
        assert journal.cursors("cases") == {}
        for source, name, cursor in (
            ("cases", "ข.csv", "1"),
            ("cases", "a.csv", "2"),
            ("access", "a.csv", "3"),
            ("cases", "ข.csv", "4"),
        ):
            journal.set_cursor(source, name, cursor)
        assert journal.cursors("cases") == {"a.csv": "2", "ข.csv": "4"}
        assert journal.cursors("access") == {"a.csv": "3"}

    def test_a_setting_is_what_it_was_last_set_to(self, ledger: Ledger) -> None:
        assert ledger.journal.setting("layout:cases") == ""
        for value in ("1", "ก" * 10_000, ""):
            ledger.journal.set_setting("layout:cases", value)
            assert ledger.journal.setting("layout:cases") == value

    def test_the_newest_run_of_each_kind_by_kind(self, ledger: Ledger) -> None:
        runs = [
            Run(kind, NOW + at * MINUTE, NOW + (at + 1) * MINUTE, code, {"new": at, "trouble": ["ก"]})
            for at, (kind, code) in enumerate([("sync", 0), ("backup", 0), ("sync", 5), ("publish", 0)])
        ]
        assert ledger.journal.last_runs() == []
        for run in runs:
            ledger.journal.record_run(run)
        assert ledger.journal.last_runs() == [runs[1], runs[3], runs[2]]

    def test_a_whole_ledger_reports_no_damage(self, ledger: Ledger) -> None:
        assert ledger.journal.damage() == ""


def test_damage_in_the_file_is_reported(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    ledger = open_empty("sqlite", request.config, tmp_path)
    ledger.rows.save("cases", [RowState(str(n), {"a": "x" * 500}) for n in range(2_000)])
    close_ledger()
    path = Path(ledger.options["DATABASES"]["default"]["NAME"])
    content = bytearray(path.read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 8_192] = b"\xa5" * 8_192
    path.write_bytes(bytes(content))
    open_ledger(ledger.options)
    assert ledger.journal.damage()
    close_ledger()


def test_a_ledger_is_opened_again_with_what_it_holds(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    one = open_empty("sqlite", request.config, tmp_path)
    one.journal.set_setting("which", "one")
    (tmp_path / "two").mkdir()
    two = open_empty("sqlite", request.config, tmp_path / "two")
    assert two.journal.setting("which") == ""
    open_ledger(one.options)
    assert one.journal.setting("which") == "one"
    close_ledger()
    shutil.rmtree(tmp_path / "two")


def new_case(number: int, **changes: Any) -> NewCase:
    fields: dict[str, Any] = {
        "key": case_key(number),
        "fiscal_year": 2569,
        "number": number,
        "source": "cases",
        "response": f"r{number}",
        "arrived_at": NOW,
    }
    return NewCase(**{**fields, **changes})


def answer(response: str, case: str, **answers: Cell) -> Answer:
    return Answer("cases", response, case, "คำตอบ.csv", 2, answers)


class TestCases:
    def test_an_answer_is_known_by_its_source_and_response(self, ledger: Ledger) -> None:
        cases = [new_case(n) for n in range(1, MANY)]
        ledger.cases.add([*cases, new_case(MANY, source="sheet", response="r1")], [])
        asked = [f"r{n}" for n in range(MANY + 5)]
        assert ledger.cases.known("cases", asked) == {case.response: case.key for case in cases}
        assert ledger.cases.known("sheet", asked) == {"r1": case_key(MANY)}
        assert ledger.cases.known("nothing", asked) == ledger.cases.known("cases", []) == {}

    @pytest.mark.parametrize(
        "second",
        [
            new_case(2, response="r1"),
            new_case(1, key="SSK-2569-000009", response="r2"),
            new_case(2, key="SSK-2569-000001"),
        ],
        ids=["the same answer", "the same number", "the same key"],
    )
    def test_neither_an_answer_nor_a_number_makes_two_cases(self, ledger: Ledger, second: NewCase) -> None:
        ledger.cases.add([new_case(1)], [answer("r1", case_key(1), a="first")])
        with pytest.raises(IntegrityError):
            ledger.cases.add([new_case(7), second], [answer("r1", second.key, a="second")])
        assert ledger.cases.known("cases", ["r1", "r2", "r7"]) == {"r1": case_key(1)}
        assert ledger.cases.latest_answers("cases", ["r1"]) == {"r1": {"a": "first"}}
        assert ledger.cases.last_number(2569) == 1

    def test_cases_are_not_added_without_their_answers(self, ledger: Ledger) -> None:
        unfit = Answer("cases", "r1", case_key(1), "f", None, {})  # type: ignore[arg-type]
        with pytest.raises(IntegrityError):
            ledger.cases.add([new_case(1)], [unfit])
        assert ledger.cases.known("cases", ["r1"]) == {}

    def test_the_latest_version_of_an_answer_is_given_exactly(self, ledger: Ledger) -> None:
        cells = {f"q{index}": value for index, value in enumerate(CELLS)}
        ledger.cases.add([new_case(1), new_case(2)], [answer("r1", case_key(1), a=1), answer("r2", "x", b=2)])
        ledger.cases.add_answers([answer("r1", case_key(1), a=2), answer("r1", case_key(1), **cells)])
        found = ledger.cases.latest_answers("cases", ["r1", "r2", "r3"])
        assert exactly(found) == exactly({"r1": cells, "r2": {"b": 2}})
        assert ledger.cases.latest_answers("sheet", ["r1"]) == {}

    def test_numbers_run_by_fiscal_year(self, ledger: Ledger) -> None:
        last = ledger.cases.last_number
        assert last(2569) == 0
        ledger.cases.add([new_case(3), new_case(7), new_case(2, key="SSK-2568-000002", fiscal_year=2568)], [])
        assert (last(2568), last(2569), last(2570)) == (2, 7, 0)

    def test_a_reserved_number_is_never_given(self, ledger: Ledger) -> None:
        last, reserve = ledger.cases.last_number, ledger.cases.reserve
        reserve(2569, 40)
        assert (last(2569), last(2568)) == (40, 0)
        reserve(2569, 12)
        assert last(2569) == 40
        ledger.cases.add([new_case(41)], [])
        assert last(2569) == 41
        reserve(2569, 41)
        reserve(2569, 50)
        reserve(2569, 50)
        assert last(2569) == 50

    def test_fiscal_years_and_arrivals_of_many(self, ledger: Ledger) -> None:
        cases = [new_case(n, arrived_at=NOW + n * MINUTE) for n in range(MANY)]
        ledger.cases.add([*cases, new_case(1, key="A", fiscal_year=2568, response="a")], [])
        keys = [*(case.key for case in cases), "A", "unknown"]
        assert ledger.cases.fiscal_years(iter(keys)) == {**{c.key: 2569 for c in cases}, "A": 2568}
        arrivals = ledger.cases.arrivals(iter(keys))
        assert arrivals == {**{c.key: c.arrived_at for c in cases}, "A": NOW}
        assert all(moment.utcoffset() == timedelta(0) for moment in arrivals.values())

    def test_publishing_replaces_what_is_shown(self, ledger: Ledger) -> None:
        publish = ledger.cases.publish
        assert ledger.cases.published() == []
        first = [Published(case_key(n), 2569, {"person_name": f"คน {n}", "age": n}) for n in (3, 1, 2)]
        assert publish(first, NOW) == (3, 0, 0)
        assert ledger.cases.published() == [first[1], first[2], first[0]]
        assert publish(first, NOW + MINUTE) == (0, 0, 0)
        second = [first[0], Published(case_key(1), 2569, {"age": 99}), Published(case_key(4), 2569, {})]
        assert publish(second, NOW + MINUTE) == (1, 1, 1)
        assert ledger.cases.published() == [second[1], second[0], second[2]]
        assert publish([], NOW) == (0, 0, 3)
        assert ledger.cases.published() == []

    def test_blank_cells_are_no_change_of_what_is_shown(self, ledger: Ledger) -> None:
        ledger.cases.publish([Published("1", 2569, {"a": "ก", "b": None})], NOW)
        assert ledger.cases.publish([Published("1", 2569, {"a": "ก"})], NOW) == (0, 0, 0)
        cells = {f"q{index}": value for index, value in enumerate(CELLS)}
        assert ledger.cases.publish([Published("1", 2569, cells)], NOW) == (0, 1, 0)
        assert ledger.cases.publish([Published("1", 2569, cells)], NOW) == (0, 0, 0)
        assert exactly(dict(ledger.cases.published()[0].values)) == exactly(cells)

    @pytest.mark.parametrize("text", NASTY)
    def test_no_text_keeps_the_others_from_being_published(self, ledger: Ledger, text: str) -> None:
        cases = [Published("1", 2569, {"amphoe": text, "tambon": text}), Published("2", 2569, {})]
        assert ledger.cases.publish(cases, NOW) == (2, 0, 0)
        assert ledger.cases.published() == cases

    def test_publishing_takes_place_as_a_whole_or_not_at_all(self, ledger: Ledger) -> None:
        before = [Published(case_key(n), 2569, {"n": n}) for n in range(3)]
        ledger.cases.publish(before, NOW)
        unfit = Published(case_key(9), None, {})  # type: ignore[arg-type]  # the database refuses it
        with pytest.raises(IntegrityError):
            ledger.cases.publish([Published(case_key(0), 2569, {"n": "changed"}), unfit], NOW)
        assert ledger.cases.published() == before

    def test_publishing_many(self, ledger: Ledger) -> None:
        cases = [Published(case_key(n), 2569, {"amphoe": "ก" * 300, "tambon": n}) for n in range(MANY)]
        assert ledger.cases.publish(cases, NOW) == (MANY, 0, 0)
        assert ledger.cases.published() == cases
        assert ledger.cases.publish(cases[1:], NOW) == (0, 0, 1)

    def test_the_register_takes_a_row_by_its_number(self, ledger: Ledger) -> None:
        rows = [{"number": str(n), "name": f"คน {n}", "members": n} for n in range(MANY)]
        assert ledger.cases.register_size() == 0
        assert ledger.cases.import_register(rows, "1") == (MANY, 0, 0)
        assert ledger.cases.import_register(rows, "2") == (0, 0, MANY)
        changed = [{**rows[0], "name": "ชื่อใหม่"}, rows[1], {"number": "ใหม่", "name": "x"}]
        assert ledger.cases.import_register(changed, "3") == (1, 1, 1)
        assert ledger.cases.register_size() == MANY + 1

    def test_a_blank_cell_of_the_register_never_wipes(self, ledger: Ledger) -> None:
        full = {"number": "1", "name": "สมศรี ใจดี", "level": "2", "members": 4}
        ledger.cases.import_register([full], "1")
        assert ledger.cases.import_register([{**full, "level": None, "members": None}], "2") == (0, 0, 1)
        assert ledger.cases.import_register([{"number": "1", "name": "สมศรี ใจดี"}], "2") == (0, 0, 1)
        assert ledger.cases.import_register([{"number": "1", "name": "สมศรี", "level": None}], "3") == (
            0,
            1,
            0,
        )
        assert ledger.cases.import_register([{**full, "name": "สมศรี"}], "4") == (0, 0, 1)

    def test_the_same_number_twice_in_one_import_is_one_row(self, ledger: Ledger) -> None:
        rows = [{"number": "1", "name": "ก", "level": "1"}, {"number": "1", "name": "ข"}]
        assert ledger.cases.import_register(rows, "1") == (1, 1, 0)
        assert ledger.cases.register_size() == 1
        assert ledger.cases.import_register([{"number": "1", "name": "ข", "level": "1"}], "1") == (0, 0, 1)

    def test_a_register_is_taken_in_as_a_whole_or_not_at_all(self, ledger: Ledger) -> None:
        rows: list[dict[str, Any]] = [{"number": str(n), "name": "ก"} for n in range(MANY)]
        with pytest.raises((KeyError, DatabaseError)):
            ledger.cases.import_register([*rows, {"name": "no number"}], "1")
        assert ledger.cases.register_size() == 0


def review(number: int, subject: str, **changes: Any) -> StoredReview:
    item = ReviewItem(subject, changes.pop("kind", ReviewKind.DUPLICATE), **changes)
    return StoredReview(f"R-{number:06d}", item, ReviewState.OPEN, "")


class TestReviews:
    def test_a_review_comes_back_as_it_was_saved(self, ledger: Ledger) -> None:
        cells = {f"q{index}": value for index, value in enumerate(CELLS)}
        for number, (kind, state) in enumerate((kind, state) for kind in ReviewKind for state in ReviewState):
            item = ReviewItem(f"s{number}", kind, case_key(number), cells, dict(reversed(cells.items())))
            stored = StoredReview(f"R-{number:06d}", item, state, "ไม่ใช่คนเดียวกัน")
            ledger.reviews.save([stored])
            assert ledger.reviews.find([f"s{number}"]) == {f"s{number}": stored}
            assert exactly(dict(ledger.reviews.of_rows([stored.key])[stored.key].item.shown)) == exactly(
                cells
            )

    def test_numbers_go_up(self, ledger: Ledger) -> None:
        assert ledger.reviews.next_number() == 1
        ledger.reviews.save([review(9, "a"), review(10, "b")])
        assert ledger.reviews.next_number() == 11
        ledger.reviews.save([review(10, "b", case="x")])
        assert ledger.reviews.next_number() == 11

    def test_saving_replaces_by_subject_and_keeps_the_row(self, ledger: Ledger) -> None:
        ledger.reviews.save([review(1, "a", shown={"value": 1}), review(2, "b")])
        item = ReviewItem("a", ReviewKind.CONFLICT, "c", {"value": 2}, {"x": 3})
        after = StoredReview("R-000001", item, ReviewState.DECIDED, "เรียบร้อยแล้ว")
        for _ in range(2):
            ledger.reviews.save([after])
            assert ledger.reviews.find(["a", "b"]) == {"a": after, "b": review(2, "b")}
        assert ledger.reviews.of_rows(["R-000001"]) == {"R-000001": after}

    def test_many_are_found_by_subject_row_and_case(self, ledger: Ledger) -> None:
        stored = [review(n + 1, f"s{n}", case=case_key(n)) for n in range(MANY)]
        ledger.reviews.save(stored)
        assert ledger.reviews.find(iter([*(s.item.subject for s in stored), "?"])) == {
            s.item.subject: s for s in stored
        }
        assert ledger.reviews.of_rows(iter([*(s.key for s in stored), "?"])) == {s.key: s for s in stored}
        assert ledger.reviews.of_cases(iter([*(s.item.case for s in stored), "?"])) == stored
        assert ledger.reviews.of_cases([]) == []

    def test_a_prefix_finds_in_the_order_in_which_they_were_found(self, ledger: Ledger) -> None:
        names = ["duplicate:b:c", "conflict:a", "duplicate:a:b", "duplicate", "xduplicate:"]
        stored = {name: review(number, name) for number, name in enumerate(names)}
        ledger.reviews.save(list(reversed(stored.values())))
        assert ledger.reviews.with_prefix("duplicate:") == [stored["duplicate:b:c"], stored["duplicate:a:b"]]
        assert ledger.reviews.with_prefix("none") == []

    @pytest.mark.parametrize(
        ("prefix", "other"),
        [("refused:a.csv:", "refused:A.csv:1"), ("f_:", "fx:1"), ("f%", "fx"), ("f\\", "fx"), ("é", "É1")],
    )
    def test_a_prefix_is_taken_to_the_letter(self, ledger: Ledger, prefix: str, other: str) -> None:
        ledger.reviews.save([review(1, f"{prefix}1"), review(2, other)])
        assert ledger.reviews.with_prefix(prefix) == [review(1, f"{prefix}1")]

    def test_one_row_is_not_two_reviews(self, ledger: Ledger) -> None:
        ledger.reviews.save([review(1, "a")])
        with pytest.raises(IntegrityError):
            ledger.reviews.save([review(2, "b"), review(1, "c")])
        assert ledger.reviews.find(["a", "b", "c"]) == {"a": review(1, "a")}


def test_times_are_kept_to_the_microsecond_and_in_utc(ledger: Ledger) -> None:
    moment = datetime(2026, 3, 2, 23, 59, 59, 123456, tzinfo=UTC)
    ledger.cases.add([new_case(1, arrived_at=moment)], [])
    assert ledger.cases.arrivals([case_key(1)]) == {case_key(1): moment}


def test_only_the_holder_of_a_lease_prolongs_it(ledger: Ledger) -> None:
    journal, now = ledger.journal, ledger.clock.now()
    assert not journal.renew("office", "a|1|1.0", now)
    assert journal.acquire("office", "a|1|1.0", now, now + timedelta(minutes=1))
    assert journal.renew("office", "a|1|1.0", now + timedelta(minutes=30))
    later = now + timedelta(minutes=20)
    assert not journal.acquire("office", "b|2|1.0", later, later + timedelta(minutes=1))
    assert not journal.renew("office", "b|2|1.0", later)
    journal.release("office", "a|1|1.0")
    assert not journal.renew("office", "a|1|1.0", later)

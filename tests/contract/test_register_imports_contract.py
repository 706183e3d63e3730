"""Importing the register and undoing it, on each backend."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from bridge.adapters.ledger.connection import close_ledger
from bridge.application.ports.register_imports import RegisterImports, State, Tally
from tests.contract.ledgers import BACKENDS, NOW, Ledger, open_empty

TABLES = ("registerperson", "searchterm", "registerpast")
Rows = list[dict[str, Any]]


@pytest.fixture(params=BACKENDS)
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    yield open_empty(request.param, request.config, tmp_path)
    close_ledger()


@pytest.fixture
def imports(ledger: Ledger) -> RegisterImports:
    from bridge.adapters.ledger.register_imports import DjangoRegisterImports

    return DjangoRegisterImports()


def kept(*tables: str) -> dict[str, list[Any]]:
    """Every cell but the number of a term's row, which says nothing."""
    from django.db import connection

    found = {}
    with connection.cursor() as cursor:
        for table in tables or TABLES:
            columns = "kind, term, block, holders" if table == "searchterm" else "*"
            cursor.execute(f"SELECT {columns} FROM ledger_{table} ORDER BY 1, 2")
            rows = [tuple(bytes(c) if isinstance(c, memoryview) else c for c in r) for r in cursor]
            found[table] = sorted(rows, key=repr)
    return found


def people(rng: random.Random, numbers: Sequence[int]) -> Rows:
    return [
        {
            "number": f"R{number}",
            "name": "".join(rng.choice("กขนมสิา ") for _ in range(8)) + "ก",
            "tambon": rng.choice(["โพธิ์", "หนองครก", None]),
            "amphoe": "เมืองศรีสะเกษ",
            "level": rng.choice([1, 2, None]),
        }
        for number in numbers
    ]


def import_(ledger: Ledger, imports: RegisterImports, rows: Rows, **options: bool) -> str:
    version = imports.begin("ทะเบียน.csv", "d", False, NOW).version
    ledger.cases.import_register(rows, version, **options)
    return version


def undo(imports: RegisterImports, version: str, most: int = 3) -> None:
    while imports.undo(version, most):
        pass


@pytest.mark.parametrize("seed", range(3))
def test_undoing_restores_every_cell_of_rows_and_index(
    ledger: Ledger, imports: RegisterImports, seed: int
) -> None:
    rng = random.Random(seed)
    first = import_(ledger, imports, people(rng, range(12)))
    before = kept()
    second = import_(ledger, imports, people(rng, rng.sample(range(20), 14)), empty_clears=bool(seed))
    assert kept() != before
    undo(imports, second)
    assert kept() == before
    undo(imports, first)
    assert not any(kept().values())


def test_the_same_rows_again_change_nothing_and_a_rehearsal_counts_as_the_import_does(
    ledger: Ledger, imports: RegisterImports
) -> None:
    rng = random.Random(1)
    rows = people(rng, range(9))
    assert ledger.cases.compare_register(rows) == (9, 0, 0)
    assert ledger.cases.register_size() == 0
    import_(ledger, imports, rows)
    before = kept()
    more = [*rows[:4], *people(rng, range(4, 13))]
    expected = ledger.cases.compare_register(more)
    assert kept() == before
    assert ledger.cases.import_register(rows, "again") == (0, 0, 9)
    assert kept() == before
    assert ledger.cases.import_register(more, "more") == expected


def test_of_a_number_that_comes_twice_the_last_row_alone_is_in_the_index_however_far_apart_they_stand(
    ledger: Ledger, imports: RegisterImports, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = random.Random(4)
    first, last = people(rng, range(5)), people(rng, range(5))
    monkeypatch.setattr("bridge.adapters.ledger.register_people.CHUNK", 2)
    version = import_(ledger, imports, [*first, *last])
    undo(imports, version)  # takes the terms of the last rows out of the index
    assert not any(kept().values())


def test_a_blank_cell_wipes_only_where_it_was_asked_for(ledger: Ledger, imports: RegisterImports) -> None:
    import_(ledger, imports, [{"number": "1", "name": "ก", "level": 2, "moo": "3"}])
    blank = [{"number": "1", "name": "ก", "level": None}]
    assert ledger.cases.import_register(blank, "2") == (0, 0, 1)
    assert ledger.cases.import_register(blank, "3", empty_clears=True) == (0, 1, 0)
    assert ledger.register.entry("1").values == {"number": "1", "name": "ก", "moo": "3"}


def test_what_an_import_replaced_is_forgotten_with_the_person(
    ledger: Ledger, imports: RegisterImports
) -> None:
    rng = random.Random(2)
    import_(ledger, imports, people(rng, range(3)))
    before = kept("registerperson")
    second = import_(ledger, imports, people(rng, range(5)))
    ledger.erasures.forget_register(["R1", "R4"])
    assert not any("R1" in map(str, row) for row in kept("registerpast")["registerpast"])
    undo(imports, second)
    there = [row for row in before["registerperson"] if "R1" not in row]
    assert kept("registerperson")["registerperson"] == there


def test_only_the_newest_can_be_undone(ledger: Ledger, imports: RegisterImports) -> None:
    rng = random.Random(3)
    versions = [import_(ledger, imports, people(rng, range(2))) for _ in range(3)]
    imports.forget_past(1)
    assert [imports.undoable(version) for version in versions] == [False, False, True]
    assert {row[1] for row in kept("registerpast")["registerpast"]} == {versions[-1]}


def test_the_list_of_imports(imports: RegisterImports) -> None:
    from dataclasses import replace

    one = imports.begin("ก" * 300, "d" * 64, True, NOW)
    done = replace(one, state=State.DONE, done_row=7, tally=Tally(1, 2, 3, 4, 5))
    imports.save(done)
    other = imports.begin("ข.csv", "e", False, NOW)
    assert imports.all() == [other, done]
    assert (one.at, one.empty_clears, one.state, len(one.file)) == (NOW, True, State.RUNNING, 200)
    imports.drop(other.version)
    assert imports.all() == [done]

"""Counts that follow each change are those of counting everything again, by the plainest way of counting."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bridge.domain import case_columns
from bridge.domain.case_columns import TYPED, CaseColumns, FieldWords, tally
from bridge.domain.summary import CaseFigures, Paid, Tally, YearTally

words = st.sampled_from(["", " ", "ก", "ข", "ขุนหาญ", "\ud800"])
figures = st.builds(
    CaseFigures,
    fiscal_year=st.integers(2568, 2570),
    month=st.integers(1, 12),
    case_type=words,
    operation=words,
    step=words,
    outcome=words | st.text(max_size=3),
    amount=st.none()
    | st.sampled_from([Decimal(0), Decimal(-5), Decimal("1000.00")])
    | st.decimals(-9, 9, places=2),
    amount_unreadable=st.booleans(),
    goods=st.booleans(),
    amphoe=words,
    tambon=words,
    checked=st.booleans(),
    transferred=st.booleans(),
)
changes = st.lists(st.dictionaries(st.integers(0, 7), st.none() | figures, max_size=4), max_size=6)


def counted_plainly(cases: Iterable[CaseFigures]) -> dict[int, YearTally]:
    years: dict[int, YearTally] = defaultdict(YearTally)
    for case in cases:
        year, amount = years[case.fiscal_year], case.amount
        marks = (case.checked, case.goods, case.amount_unreadable)
        year.progress[case.month, case.operation, case.step, *marks] += 1
        year.kinds[case.case_type, case.operation, case.step, case.outcome] += 1
        year.places[case.amphoe, case.tambon, case.operation, case.step] += 1
        if amount:
            paid = Paid(1, amount, amount)
            if case.transferred:
                paid.transferred_cases, paid.transferred_baht = 1, amount
            year.paid_kinds[case.month, case.case_type].merge(paid)
            year.paid_places[case.amphoe, case.tambon].merge(paid)
    return years


def years_of(counted: Tally) -> dict[int, YearTally]:
    return dict(counted.years())


@settings(max_examples=40, deadline=None)
@given(changes)
def test_counts_follow_every_change(rounds: list[dict[int, CaseFigures | None]]) -> None:
    follow(rounds)


@settings(max_examples=15, deadline=None)
@given(changes, st.sampled_from([3, 63]))
def test_in_whatever_way_they_are_counted(rounds: list[dict[int, CaseFigures | None]], bits: int) -> None:
    """By sorting, and by numbers of any size."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(case_columns, "FEW", 1)
        patched.setattr(case_columns, "BITS", bits)
        follow(rounds)


def follow(rounds: list[dict[int, CaseFigures | None]]) -> None:
    columns, now = CaseColumns(), dict[int, CaseFigures | None]()
    for each in rounds:
        columns.change(each)
        now |= each
        cases = [case for case in now.values() if case is not None]
        plainly = counted_plainly(cases)
        assert years_of(columns.tally()) == plainly
        columns.change(each)  # told again
        assert years_of(columns.tally()) == plainly == years_of(tally(reversed(cases)))
    again = CaseColumns(json.loads(json.dumps(columns.words_record())), columns.codes.copy())
    assert years_of(again.tally()) == years_of(columns.tally())
    again.change(dict.fromkeys(now))
    assert years_of(again.tally()) == {}
    assert all(set(again.words_record()[name]) == {None} for name in TYPED)


@settings(max_examples=50)
@given(st.lists(st.lists(st.text(max_size=2), max_size=9), max_size=5))
@example([["ก", "ก"], ["ข"], ["ก"]])
def test_a_word_that_nobody_has_is_forgotten(rounds: list[list[str]]) -> None:
    known, before = FieldWords(), np.zeros(0, np.uint32)
    for values in rounds:
        codes = known.codes(values)
        known.use(before, codes)
        assert [known.values[code] for code in codes] == values
        assert set(known.values) - {None} == set(values)
        before = codes


def test_money_beyond_64_bits_is_exact() -> None:
    huge = CaseFigures(2569, 1, "", "", "", "", Decimal("999999999999.99"), False, False, "", "", False, True)
    columns = CaseColumns()
    columns.change(dict.fromkeys(range(100_000), huge))
    ((_, year),) = columns.tally().years()
    assert year.paid_kinds[1, ""].transferred_baht == Decimal("99999999999999000.00") == 100_000 * huge.amount

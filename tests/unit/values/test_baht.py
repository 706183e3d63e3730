"""Amounts of money as people type them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain.values.baht import format as show
from bridge.domain.values.baht import parse
from tests.unit.values.cells import any_cell, outcome

amounts = st.decimals(0, 999_999_999, places=2)


@pytest.mark.parametrize(
    "typed",
    [
        "3,000 บาท",
        "๓๐๐๐",
        "๓,๐๐๐.๐๐",
        "3000.-",
        "3,000.-บาท",
        "3000/-",
        3000,
        3000.0,
        "฿3,000",
        " 3000บาทถ้วน ",
        "จำนวน 3000 บาท",
    ],
)
def test_three_thousand(typed):
    assert outcome(parse(typed)) == (Decimal("3000.00"), None)


@pytest.mark.parametrize(
    ("typed", "value", "code"),
    [
        ("3,000.50", "3000.50", None),
        ("3000 บาท 50 สตางค์", "3000.50", None),
        (0.1 + 0.2, "0.30", None),
        (0, "0.00", None),
        ("-3,000", "-3000.00", "baht_negative"),
        (-0.5, "-0.50", "baht_negative"),
        ("3.000", "3.00", "baht_fraction"),
        (3000.125, "3000.13", "baht_fraction"),
    ],
)
def test_amounts(typed, value, code):
    assert outcome(parse(typed)) == (Decimal(value), code)


@pytest.mark.parametrize(
    "cell",
    [
        "สามพัน",
        "3 พัน",
        "30,00",
        "3,0000",
        "1,000,00",
        "3000 บาท/เดือน",
        "2000+1000",
        "1e3",
        True,
        float("nan"),
        float("inf"),
        10**30,
    ],
)
def test_unreadable(cell):
    assert outcome(parse(cell)) == (None, "baht_unreadable")


@pytest.mark.parametrize("cell", [None, "", "-", "ไม่มี"])
def test_blank(cell):
    assert outcome(parse(cell)) == (None, None)


@given(amounts)
def test_what_is_shown_reads_back(amount):
    assert outcome(parse(show(amount))) == (amount, None)
    assert outcome(parse(f"{show(amount)} บาท")) == (amount, None)


@given(st.integers(0, 10**9))
def test_numeric_cells_of_either_type_agree(number):
    assert parse(number) == parse(str(number)) == parse(float(number))


@pytest.mark.parametrize(
    ("amount", "shown"),
    [("3000", "3,000"), ("3000.50", "3,000.50"), ("0", "0"), ("-1234567.8", "-1,234,567.80")],
)
def test_show(amount, shown):
    assert show(Decimal(amount)) == shown


@given(any_cell)
def test_whatever_the_cell_amounts_have_two_places(cell):
    reading = parse(cell)
    if reading.value is not None:
        assert reading.value.as_tuple().exponent == -2
        assert reading.value >= 0 or reading.doubtful

"""Values on their way into Google's cells and back."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from bridge.adapters.workbooks.google_cells import cell, from_serial, plain, to_serial


def text(value: str) -> dict[str, object]:
    return {"userEnteredValue": {"stringValue": value}}


def number(value: float) -> dict[str, object]:
    return {"userEnteredValue": {"numberValue": value}}


@pytest.mark.parametrize(
    "value",
    [
        *("=IMPORTDATA(1)", "+66812345678", "-1", "@x", "\tก", "\rก", "0123456789012", "1-2", "TRUE", "1e5"),
        *("'ก", "😀👩\u200d👩\u200d👧", "\u200b", "๑๒๓", "2569-02-30", " ", "#REF!", "ก\nข", "\x00"),
    ],
)
def test_text_is_text_to_the_last_character(value: str) -> None:
    assert cell(value) == text(value)


@pytest.mark.parametrize("value", [None, ""])
def test_blank(value: str | None) -> None:
    assert cell(value) == {}


def test_lone_surrogates_are_replaced_so_that_the_whole_can_be_sent() -> None:
    assert cell("ก\ud800ข\udfff") == text("ก\ufffdข\ufffd")
    assert plain("😀") == "😀"
    json.dumps(cell("\udc00"), ensure_ascii=False).encode()


@pytest.mark.parametrize("value", [True, False])
def test_a_tick_is_no_number(value: bool) -> None:
    assert cell(value) == {"userEnteredValue": {"boolValue": value}}


@pytest.mark.parametrize("value", [0, -1, 7, 2**53, -(2**53), 1.5, -0.25, 1e300])
def test_numbers(value: float) -> None:
    assert cell(value) == number(value)


@pytest.mark.parametrize("value", [2**53 + 1, -(2**53) - 1, 10**40, 3301000000001 * 10**10])
def test_whole_numbers_that_a_double_would_round_are_text(value: int) -> None:
    assert cell(value) == text(str(value))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), Decimal("nan"), Decimal("-Infinity")])
def test_what_json_cannot_carry_is_text(value: float | Decimal) -> None:
    assert cell(value) == text(str(value))


def test_decimals_are_numbers() -> None:
    assert cell(Decimal("1000.25")) == number(1000.25)
    assert cell(Decimal("0.00")) == number(0.0)
    assert cell(Decimal(1) / 3) == number(1 / 3)
    assert cell(Decimal("9007199254740993.00")) == text("9007199254740993.00")


def test_dates_and_moments_are_numbers() -> None:
    assert cell(date(1900, 1, 1)) == number(2)
    assert cell(datetime(1900, 1, 1, 12)) == number(2.5)


# From Google's own description of its date-times, and from its epoch.
@pytest.mark.parametrize(
    ("moment", "serial"),
    [
        (date(1899, 12, 30), 0),
        (date(1899, 12, 31), 1),
        (date(1899, 12, 29), -1),
        (datetime(1900, 1, 1, 12), 2.5),
        (datetime(1900, 2, 1, 15), 33.625),
        (date(1970, 1, 1), 25_569),
        (date(2026, 11, 22), 46_348),
    ],
)
def test_known_serials(moment: date, serial: float) -> None:
    assert to_serial(moment) == serial
    assert from_serial(serial) == moment
    assert type(from_serial(serial)) is type(moment)


@pytest.mark.parametrize("day", [date(1800, 1, 1), date(1899, 12, 30), date(2026, 2, 28), date(2599, 12, 31)])
def test_every_second_of_a_day(day: date) -> None:
    midnight = datetime(day.year, day.month, day.day)
    for second in range(1, 86_400):
        moment = midnight + timedelta(seconds=second)
        assert from_serial(to_serial(moment)) == moment
    assert from_serial(to_serial(midnight)) == day


def test_every_day_of_seven_centuries() -> None:
    day, serial = date(1900, 1, 1), 2
    while day.year < 2600:
        assert to_serial(day) == serial
        found = from_serial(float(serial))
        assert found == day
        assert not isinstance(found, datetime)
        moment = datetime(day.year, day.month, day.day, 23, 59, 59)
        assert from_serial(to_serial(moment)) == moment
        day, serial = day + timedelta(days=1), serial + 1


def test_serials_as_a_sheet_rounds_them() -> None:
    assert from_serial(46_348.68750000001) == datetime(2026, 11, 22, 16, 30)
    assert from_serial(46_348.999999999) == date(2026, 11, 23)
    assert from_serial(0.1 + 0.2) == datetime(1899, 12, 30, 7, 12)


def test_fractions_of_a_second_are_dropped_as_the_ledger_drops_them() -> None:
    assert from_serial(to_serial(datetime(2026, 11, 22, 16, 30, 1, 999_999))) == datetime(
        2026, 11, 22, 16, 30, 1
    )


@pytest.mark.parametrize("serial", [1e12, -1e9, 2_958_466, float("nan"), float("inf")])
def test_numbers_that_are_no_date(serial: float) -> None:
    with pytest.raises(OverflowError):
        from_serial(serial)


def test_a_zone_is_refused() -> None:
    with pytest.raises(TypeError):
        to_serial(datetime(2026, 1, 1, tzinfo=UTC))

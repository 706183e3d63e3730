"""Dates in every form of process.md section 11."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bridge.domain.values import text
from bridge.domain.values.thai_date import buddhist, fiscal_year, looks_dated, parse, parse_datetime
from tests.unit.values.cells import any_cell, outcome

days = st.dates(date(1910, 1, 1), date(2200, 12, 31))
moments = st.datetimes(datetime(1910, 1, 1), datetime(2200, 12, 30)).map(lambda m: m.replace(microsecond=0))
FULL = [
    "มกราคม",
    "กุมภาพันธ์",
    "มีนาคม",
    "เมษายน",
    "พฤษภาคม",
    "มิถุนายน",
    "กรกฎาคม",
    "สิงหาคม",
    "กันยายน",
    "ตุลาคม",
    "พฤศจิกายน",
    "ธันวาคม",
]
SHORT = ["ม.ค.", "ก.พ.", "มี.ค.", "เม.ย.", "พ.ค.", "มิ.ย.", "ก.ค.", "ส.ค.", "ก.ย.", "ต.ค.", "พ.ย.", "ธ.ค."]
ENGLISH = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
THAI = str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙")
AFTERNOON = datetime(2022, 8, 10, 13, 57, 3)


@pytest.mark.parametrize(
    "typed",
    [
        "10/8/2022, 13:57:03",
        "10/8/2022 13:57:03",
        "10/8/2565, 13:57:03",
        "2022/08/10 1:57:03 หลังเที่ยง GMT+7",
        "2022/08/10 1:57:03 PM GMT+7",
        "2022/08/10 1:57:03 p.m. GMT+07:00",
        "2022/08/10 1:57:03\u202fPM GMT+7",
        "2022-08-10 13:57:03",
        "2022-08-10T13:57:03",
        "2022-08-10T06:57:03Z",
        "2022-08-10T06:57:03.125Z",
        "2022-08-10T13:57:03+07:00",
        "2022-08-09T23:57:03-07:00",
        "2022/08/10 6:57:03 AM GMT",
        "2022/08/10 3:57:03 PM GMT+9",
        "๑๐/๘/๒๕๖๕ ๑๓:๕๗:๐๓",
        "10 ส.ค. 2565 เวลา 13:57:03 น.",
        "วันที่ 10 สิงหาคม พ.ศ. 2565 เวลา 13.57.03 น.",
        "10 Aug 2022 13:57:03",
        datetime(2022, 8, 10, 13, 57, 3),
        datetime(2565, 8, 10, 13, 57, 3),
        datetime(2022, 8, 10, 13, 57, 2, 999_999),
        datetime(2022, 8, 10, 6, 57, 3, tzinfo=UTC),
        44783 + (13 * 3600 + 57 * 60 + 3) / 86400,
    ],
)
def test_one_moment_in_many_forms(typed):
    assert outcome(parse_datetime(typed)) == (AFTERNOON, None)
    assert outcome(parse(typed)) == (AFTERNOON.date(), None)


@pytest.mark.parametrize(
    ("typed", "hour"),
    [("12:05:00 ก่อนเที่ยง", 0), ("12:05:00 หลังเที่ยง", 12), ("1:05:00 ก่อนเที่ยง", 1), ("11:05:00 หลังเที่ยง", 23)],
)
def test_the_twelve_hour_clock(typed, hour):
    assert outcome(parse_datetime(f"2022/08/10 {typed} GMT+7")) == (datetime(2022, 8, 10, hour, 5), None)


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("1/11/2565", date(2022, 11, 1)),
        ("01-11-2565", date(2022, 11, 1)),
        ("1.11.2565", date(2022, 11, 1)),
        ("๑/๑๑/๒๕๖๕", date(2022, 11, 1)),
        ("2565-11-01", date(2022, 11, 1)),
        ("1 พ.ย. 2565", date(2022, 11, 1)),
        ("1 พย 2565", date(2022, 11, 1)),
        ("1พ.ย.2565", date(2022, 11, 1)),
        ("1-พ.ย.-2565", date(2022, 11, 1)),
        ("1 พฤศจิกายน พ.ศ.2565", date(2022, 11, 1)),
        ("1 พฤศจิกายน ค.ศ. 2022", date(2022, 11, 1)),
        ("ลงวันที่ 1 พ.ย. 2565", date(2022, 11, 1)),
        ("วันอังคารที่ 1 พฤศจิกายน 2565", date(2022, 11, 1)),
        ("1 เดือน พฤศจิกายน ปี พ.ศ. 2565", date(2022, 11, 1)),
        ("November 1, 2022", date(2022, 11, 1)),
        ("29/2/2567", date(2024, 2, 29)),
        ("29 ก.พ. 2567", date(2024, 2, 29)),
        ("1 กรกฏาคม 2565", date(2022, 7, 1)),
        (date(2569, 1, 2), date(2026, 1, 2)),
        (date(2026, 1, 2), date(2026, 1, 2)),
        (36526, date(2000, 1, 1)),
        (46023.0, date(2026, 1, 1)),
    ],
)
def test_a_day(typed, day):
    assert outcome(parse(typed)) == (day, None)


@pytest.mark.parametrize(
    ("typed", "day", "code"),
    [
        ("10/8/65", date(2022, 8, 10), "date_two_digit_year"),
        ("10 ส.ค. 65", date(2022, 8, 10), "date_two_digit_year"),
        ("10 ส.ค. 98", date(1955, 8, 10), "date_two_digit_year"),
        ("10 ส.ค. ค.ศ. 22", date(2022, 8, 10), "date_two_digit_year"),
        ("8/25/2022", date(2022, 8, 25), "date_month_first"),
        ("20220810", date(2022, 8, 10), "date_run_together"),
        ("10082565", date(2022, 8, 10), "date_run_together"),
        ("44783", date(2022, 8, 10), "date_serial_text"),
        (12022, date(1932, 11, 29), "date_serial_or_month"),
        (25, date(1900, 1, 25), "date_number"),
    ],
)
def test_what_is_doubtful_has_its_best_reading_and_a_problem(typed, day, code):
    reading = parse(typed)
    assert outcome(reading) == (day, code)
    assert reading.problem.facts["read"] == buddhist(day)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("012022", "date_incomplete"),
        ("12022", "date_incomplete"),
        ("112565", "date_incomplete"),
        (112022, "date_incomplete"),
        (2565, "date_incomplete"),
        ("2565", "date_incomplete"),
        ("1/2565", "date_incomplete"),
        ("ม.ค. 2565", "date_incomplete"),
        ("10-ม.ค.", "date_incomplete"),
        ("10/1", "date_incomplete"),
        ("2569-02-30", "date_impossible"),
        ("29/2/2566", "date_impossible"),
        ("31/4/2565", "date_impossible"),
        ("25/25/2565", "date_impossible"),
        ("0/1/2565", "date_impossible"),
        (date(2568, 2, 29), "date_impossible"),
        (60, "date_impossible"),
        ("1/1/1899", "date_implausible"),
        ("1/1/2201", "date_implausible"),
        ("1/1/2442", "date_implausible"),
        ("1/1/3000", "date_implausible"),
        ("1 ม.ค. พ.ศ. 2022", "date_implausible"),
        ("1 ม.ค. ค.ศ. 2565", "date_implausible"),
        (date(1, 1, 1), "date_implausible"),
        (datetime.max, "date_implausible"),
        ("10/8/2565 25:00", "date_time"),
        ("10/8/2565 13:60", "date_time"),
        ("10/8/2565 13:00 PM", "date_time"),
        ("10/8/2565 13:00 GMT+99", "date_time"),
        ("10/8/256", "date_unreadable"),
        ("เมื่อวาน", "date_unreadable"),
        ("10-12 ส.ค. 2565", "date_unreadable"),
        ("1/1/2565 และ 2/1/2565", "date_unreadable"),
        ("2022.5", "date_unreadable"),
        (0, "date_unreadable"),
        (-1.5, "date_unreadable"),
        (float("nan"), "date_unreadable"),
        (float("inf"), "date_unreadable"),
        (10**400, "date_unreadable"),
        (True, "date_unreadable"),
        ("1/1/2565" * 50, "date_unreadable"),
    ],
)
def test_what_cannot_be_read_says_why(typed, code):
    assert outcome(parse(typed)) == outcome(parse_datetime(typed)) == (None, code)


@pytest.mark.parametrize("cell", [None, "", "-", "ไม่มี", " \u200b"])
def test_blank(cell):
    assert outcome(parse(cell)) == outcome(parse_datetime(cell)) == (None, None)


@given(days)
def test_both_eras_tell_the_same_day(day):
    be = day.year + 543
    month = day.month - 1
    for typed in (
        buddhist(day),
        f"{day.day}/{day.month}/{day.year}",
        f"{day.day:02}/{day.month:02}/{be}".translate(THAI),
        day.isoformat(),
        f"{be}-{day.month:02}-{day.day:02}",
        f"{day.day} {FULL[month]} {be}",
        f"{day.day} {SHORT[month]} {be}",
        f"{day.day} {SHORT[month].replace('.', '')} {be}",
        f"{day.day}-{ENGLISH[month]}-{day.year}",
        f"วันที่ {day.day} {FULL[month]} พ.ศ. {be}",
        f"วันที่ {day.day} {FULL[month]} ค.ศ. {day.year}",
    ):
        assert outcome(parse(typed)) == (day, None), typed


@given(moments)
def test_a_moment_comes_back(moment):
    half = "ก่อนเที่ยง" if moment.hour < 12 else "หลังเที่ยง"
    hour = moment.hour % 12 or 12
    for typed in (
        moment,
        moment.isoformat(),
        moment.replace(tzinfo=timezone(timedelta(hours=7))),
        f"{moment.day}/{moment.month}/{moment.year}, {moment:%H:%M:%S}",
        f"{moment.year}/{moment:%m/%d} {hour}:{moment:%M:%S} {half} GMT+7",
    ):
        assert outcome(parse_datetime(typed)) == (moment, None)


@given(moments, st.integers(-12 * 60, 14 * 60))
def test_another_zone_is_turned_into_the_wall_clock_of_bangkok(moment, minutes):
    assume(moment.year < 2200)
    zone = timezone(timedelta(minutes=minutes))
    expected = moment.replace(tzinfo=zone).astimezone(timezone(timedelta(hours=7))).replace(tzinfo=None)
    assert parse_datetime(moment.replace(tzinfo=zone).isoformat()).value == expected


@given(moments)
def test_a_serial_number_is_days_since_the_end_of_1899(moment):
    serial = (moment - datetime(1899, 12, 30)) / timedelta(days=1)
    reading = parse_datetime(serial)
    assert reading.value == moment
    assert reading.certain or serial == int(serial)


@pytest.mark.parametrize(
    ("serial", "day"), [(1, date(1900, 1, 1)), (59, date(1900, 2, 28)), (61, date(1900, 3, 1))]
)
def test_serials_around_the_leap_day_that_never_was(serial, day):
    assert parse(serial).value == day


@given(st.dates(date(2400, 1, 1), date(2743, 12, 31)))
def test_a_date_cell_that_holds_the_buddhist_year(day):
    reading = parse(day)
    if day.year < 2443:
        assert outcome(reading) == (None, "date_implausible")
    elif (day.month, day.day) == (2, 29):  # leap by the number 2568, not by the year 2025
        assert outcome(reading) == (None, "date_impossible")
    else:
        assert outcome(reading) == (day.replace(year=day.year - 543), None)


@given(any_cell)
def test_whatever_the_cell_only_plausible_days_come_out(cell):
    day, moment = parse(cell), parse_datetime(cell)
    assert day.problem == moment.problem
    if moment.value is not None:
        assert moment.value.tzinfo is None
        assert moment.value.microsecond == 0
        assert day.value == moment.value.date()
        assert 1899 <= day.value.year <= 2201


@pytest.mark.parametrize(
    ("day", "year"),
    [
        (date(2025, 9, 30), 2568),
        (date(2025, 10, 1), 2569),
        (date(2026, 9, 30), 2569),
        (datetime(2026, 10, 1, 0, 0), 2570),
        (date(2025, 1, 1), 2568),
    ],
)
def test_the_fiscal_year_begins_on_1_october(day, year):
    assert fiscal_year(day) == year


@given(days)
def test_the_office_form_reads_back(day):
    assert parse(buddhist(day)).value == day
    assert 0 <= fiscal_year(day) - (day.year + 543) <= 1


def test_month_names_are_in_folded_form():
    assert all(text.fold(name) == name for name in FULL + SHORT)


@pytest.mark.parametrize(
    "typed", ["10-ม.ค.", "10-jan", "jan-10", "10/1/2569", "2026-01-10 00:00:00", "1 ม.ค. 69"]
)
def test_looks_dated(typed):
    assert looks_dated(typed)


@pytest.mark.parametrize("typed", ["10/1", "136 ม.1", "12", "10-12", "99/1-3"])
def test_does_not_look_dated(typed):
    assert not looks_dated(typed)

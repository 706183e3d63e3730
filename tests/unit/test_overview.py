"""The dashboard's figures: a count kept as plain values, a year by itself, and the same months of the year before."""

from __future__ import annotations

import json
import tomllib
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from bridge.domain.case_columns import tally
from bridge.domain.overview import SECTIONS, place_code, place_page, year_page
from bridge.domain.summary import CaseFigures, Categories, Tally
from bridge.domain.summary_tables import SummaryWords
from bridge.domain.summary_tabs import summary_tabs
from bridge.domain.tally_record import record_of, tally_of

FRAGMENT = Path(__file__).parents[2] / "config" / "messages.d" / "summary.toml"
WORDS = SummaryWords(**tomllib.loads(FRAGMENT.read_text(encoding="utf-8"))["summary"])
CATEGORIES = Categories(
    types=("เด็ก", "ผู้สูงอายุ"),
    operations=("รอดำเนินการ", "รับเรื่องแล้ว"),
    steps=("ยังไม่รับเรื่อง", "ให้การช่วยเหลือแล้ว"),
    outcomes=("ยังไม่ช่วยเหลือ",),
    amphoes=("ขุนหาญ", "กันทรลักษ์"),
    waiting="รอดำเนินการ",
    received="รับเรื่องแล้ว",
    helped="ให้การช่วยเหลือแล้ว",
)
NOVEMBER = datetime(2026, 11, 22, 16, 30)

words = st.text(max_size=4) | st.sampled_from(["ขุนหาญ", " ขุน หาญ", "รับเรื่องแล้ว", "ให้การช่วยเหลือแล้ว", "\ud800"])
figures = st.builds(
    CaseFigures,
    fiscal_year=st.integers(2567, 2570),
    month=st.integers(1, 12),
    case_type=words,
    operation=words,
    step=words,
    outcome=words,
    amount=st.none() | st.decimals(-100, 50_000, places=2),
    amount_unreadable=st.booleans(),
    goods=st.booleans(),
    amphoe=words,
    tambon=words,
    checked=st.booleans(),
    transferred=st.booleans(),
)


def case(year: int, month: int, **changes: object) -> CaseFigures:
    plain = CaseFigures(
        year, month, "เด็ก", "รับเรื่องแล้ว", "", "", None, False, False, "ขุนหาญ", "สิ", False, False
    )
    return plain._replace(**changes)


@given(st.lists(figures, max_size=20))
def test_a_kept_count_is_the_count(cases: list[CaseFigures]) -> None:
    counted = tally(cases)
    again = tally_of(json.loads(json.dumps(record_of(counted))))
    assert again.years() == counted.years()
    assert summary_tabs(again, CATEGORIES, WORDS, NOVEMBER) == summary_tabs(
        counted, CATEGORIES, WORDS, NOVEMBER
    )


@given(st.lists(figures, min_size=1, max_size=20))
def test_a_year_by_itself_has_the_tables_of_the_sheets(cases: list[CaseFigures]) -> None:
    counted = tally(cases)
    sheets = summary_tabs(counted, CATEGORIES, WORDS, NOVEMBER)
    for year, _ in counted.years():
        page = year_page(counted, CATEGORIES, WORDS, NOVEMBER, year)
        assert tuple(page.sections) == SECTIONS
        for tab, section in zip(sheets, page.sections.values(), strict=True):
            mine = [(b.heading, b.rows, b.total) for b in section.blocks if b.fiscal_year]
            assert mine == [(b.heading, b.rows, b.total) for b in tab.blocks if b.fiscal_year == year]


@given(st.lists(figures, min_size=1, max_size=20))
def test_the_amphoes_of_a_year_add_up_to_it(cases: list[CaseFigures]) -> None:
    counted = tally(cases)
    for year, counts in counted.years():
        codes = year_page(counted, CATEGORIES, WORDS, NOVEMBER, year).places.values()
        pages = [place_page(counted, CATEGORIES, WORDS, NOVEMBER, year, code) for code in codes]
        assert sum(page.line.cases for page in pages if page) == sum(counts.progress.values())
        paid = sum((page.line.paid.baht for page in pages if page), Decimal(0))
        assert paid == sum((each.baht for each in counts.paid_places.values()), Decimal(0))
        for page in pages:
            assert page is not None
            for block in page.blocks:
                assert block.total[1] == page.line.cases


def test_the_year_in_progress_is_compared_with_the_same_months() -> None:
    cases = [case(2570, 10), case(2570, 11), case(2570, 11)]
    cases += [case(2569, month, amount=Decimal(1000)) for month in (10, 12, 1, 9)]
    page = year_page(tally(cases), CATEGORIES, WORDS, NOVEMBER, 2570)
    first = page.headlines[0]
    assert (first.now, first.same_months, first.whole_year, first.change) == (3, 1, 4, Decimal(2))
    assert (page.begun, page.months, page.complete, page.before) == (2, ("ต.ค.", "พ.ย."), False, True)
    money = next(figure for figure in page.headlines if figure.header == WORDS.baht)
    assert (money.now, money.same_months, money.change) == (0, 1000, Decimal(-1))


def test_a_year_that_is_over_is_compared_whole() -> None:
    page = year_page(tally([case(2569, 5), case(2568, 7)]), CATEGORIES, WORDS, NOVEMBER, 2569)
    assert page.complete and page.begun == 12
    assert (page.headlines[0].same_months, page.headlines[0].whole_year, page.headlines[0].change) == (
        1,
        1,
        0,
    )


def test_the_fiscal_year_turns_at_midnight_in_bangkok() -> None:
    counted = tally([case(2569, 9), case(2570, 10)])
    before = datetime(2026, 9, 30, 16, 59, tzinfo=timezone(timedelta(0)))
    assert year_page(counted, CATEGORIES, WORDS, before, 2570).begun == 12
    assert year_page(counted, CATEGORIES, WORDS, before + timedelta(minutes=1), 2570).begun == 1


def test_nothing_to_compare_with_is_blank_not_nought() -> None:
    page = year_page(tally([case(2570, 10)]), CATEGORIES, WORDS, NOVEMBER, 2570)
    assert not page.before
    assert page.headlines[0].change == ""


def test_amphoes_that_differ_in_a_letter_that_cannot_be_encoded_have_pages_of_their_own() -> None:
    cases = [case(2570, 10, amphoe=amphoe) for amphoe in ("?", "\ud800", "\ud801")]
    places = year_page(tally(cases), CATEGORIES, WORDS, NOVEMBER, 2570).places
    assert len(set(places.values())) == len(places) == len(CATEGORIES.amphoes) + len(cases)


def test_an_amphoe_that_is_not_shown_has_no_page() -> None:
    counted = tally([case(2570, 10)])
    assert place_page(counted, CATEGORIES, WORDS, NOVEMBER, 2570, place_code("ที่อื่น")) is None
    empty = place_page(counted, CATEGORIES, WORDS, NOVEMBER, 2570, place_code("กันทรลักษ์"))
    assert empty is not None and empty.line.cases == 0


def test_an_empty_count_is_kept_as_well() -> None:
    assert tally_of(json.loads(json.dumps(record_of(Tally())))).years() == []

"""The eight summaries: every figure is counted once, nothing is lost, and all tables of a year agree."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.domain.case_columns import tally
from bridge.domain.summary import (
    CaseFigures,
    Categories,
    Format,
    SummaryBlock,
    SummaryTab,
    thai_order,
)
from bridge.domain.summary_tabs import SummaryWords, summary_tabs

FRAGMENT = Path(__file__).parents[2] / "config" / "messages.d" / "summary.toml"
WORDS = SummaryWords(**tomllib.loads(FRAGMENT.read_text(encoding="utf-8"))["summary"])
AS_OF = datetime(2026, 11, 22, 16, 30)
CATEGORIES = Categories(
    types=("เด็ก", "ผู้สูงอายุ", "ฉุกเฉิน"),
    operations=("รอดำเนินการ", "รับเรื่องแล้ว"),
    steps=("ยังไม่รับเรื่อง", "ตรวจสอบเอกสาร", "ให้การช่วยเหลือแล้ว"),
    outcomes=("ยังไม่ช่วยเหลือ", "รอพิจารณา", "รอพิจารณา"),
    amphoes=("ขุนหาญ", "กันทรลักษ์"),
    waiting="รอดำเนินการ",
    received="รับเรื่องแล้ว",
    helped="ให้การช่วยเหลือแล้ว",
)
TITLES = ["ภาพรวม", "ประเภท", "การดำเนินงาน", "ขั้นตอน", "ผลการช่วยเหลือ", "เงินช่วยเหลือ", "อำเภอ", "ตำบล"]


def case(**changes: object) -> CaseFigures:
    plain = CaseFigures(
        fiscal_year=2569,
        month=11,
        case_type="เด็ก",
        operation="รับเรื่องแล้ว",
        step="ตรวจสอบเอกสาร",
        outcome="รอพิจารณา",
        amount=None,
        amount_unreadable=False,
        goods=False,
        amphoe="ขุนหาญ",
        tambon="สิ",
        checked=True,
        transferred=False,
    )
    return plain._replace(**changes)


def tabs_of(cases: Sequence[CaseFigures]) -> dict[str, SummaryTab]:
    return {tab.title: tab for tab in summary_tabs(tally(cases), CATEGORIES, WORDS, AS_OF)}


def at(block: SummaryBlock, header: str) -> int:
    return block.header.index(header)


def column(block: SummaryBlock, header: str) -> dict[object, object]:
    """First cell of each row -> the cell under the header."""
    return {row[0]: row[at(block, header)] for row in block.rows}


def total(block: SummaryBlock, header: str) -> object:
    return block.total[at(block, header)]


words = st.sampled_from(["", "  ", "=1+1", "อื่น ๆ", "ไร้ที่พึ่ง", "ก", "ข", "ค", "ง", "จ", "ฉ"])
amounts = st.none() | st.decimals(0, 10**9, places=2)
cases_of_any_kind = st.builds(
    CaseFigures,
    fiscal_year=st.integers(2566, 2569),
    month=st.integers(0, 12),
    case_type=words | st.sampled_from(CATEGORIES.types),
    operation=words | st.sampled_from(CATEGORIES.operations),
    step=words | st.sampled_from(CATEGORIES.steps),
    outcome=words | st.sampled_from(CATEGORIES.outcomes),
    amount=amounts,
    amount_unreadable=st.booleans(),
    goods=st.booleans(),
    amphoe=words | st.sampled_from(CATEGORIES.amphoes),
    tambon=words,
    checked=st.booleans(),
    transferred=st.booleans(),
)


class TestTotalsAgree:
    @settings(max_examples=60, deadline=None)
    @given(st.lists(cases_of_any_kind, max_size=60))
    def test_every_table_of_a_year_has_the_years_cases_and_baht(self, cases: list[CaseFigures]) -> None:
        count = Counter(case.fiscal_year for case in cases)
        baht = {
            year: sum((c.amount for c in cases if c.fiscal_year == year and c.amount), Decimal(0))
            for year in count
        }
        seen: dict[str, set[int]] = {title: set() for title in TITLES}
        for title, tab in tabs_of(cases).items():
            for block in tab.blocks:
                year = block.fiscal_year
                if year is None:
                    continue
                seen[title].add(year)
                if WORDS.cases in block.header:
                    assert total(block, WORDS.cases) == count[year]
                elif WORDS.baht not in block.header:  # the cross table
                    assert block.total[-1] == count[year]
                if WORDS.baht in block.header:
                    assert total(block, WORDS.baht) == baht[year]
        assert all(years == set(count) for years in seen.values())

    @settings(max_examples=60, deadline=None)
    @given(st.lists(cases_of_any_kind, min_size=1, max_size=60))
    def test_rows_add_up_to_the_total(self, cases: list[CaseFigures]) -> None:
        for tab in tabs_of(cases).values():
            for block in tab.blocks:
                for index, shown in enumerate(block.columns):
                    added = shown.format is Format.COUNT or shown.header in (
                        WORDS.baht,
                        WORDS.transferred_baht,
                    )
                    if added:
                        assert sum(row[index] for row in block.rows) == block.total[index]

    @settings(max_examples=40, deadline=None)
    @given(st.lists(cases_of_any_kind, max_size=40))
    def test_the_order_of_cases_does_not_matter(self, cases: list[CaseFigures]) -> None:
        at_once = summary_tabs(tally(cases), CATEGORIES, WORDS, AS_OF)
        assert summary_tabs(tally(reversed(cases)), CATEGORIES, WORDS, AS_OF) == at_once

    def test_baht_is_exact(self) -> None:
        cases = [case(amount=Decimal("0.10"))] * 3 + [case(amount=Decimal("99999999.99"))]
        assert total(tabs_of(cases)["เงินช่วยเหลือ"].blocks[0], WORDS.baht) == Decimal("100000000.29")


class TestYears:
    def test_newest_first_and_only_those_with_cases(self) -> None:
        cases = [case(fiscal_year=2566), case(fiscal_year=2569), case(fiscal_year=2568)]
        tabs = tabs_of(cases)
        assert list(tabs) == TITLES
        assert [row[0] for row in tabs["ภาพรวม"].blocks[0].rows] == ["2569", "2568", "2566"]
        for title in TITLES[1:]:
            years = [block.fiscal_year for block in tabs[title].blocks]
            assert years == sorted(years, reverse=True)
            assert set(years) == {2569, 2568, 2566}

    def test_only_the_newest_year_is_charted(self) -> None:
        for tab in tabs_of([case(), case(fiscal_year=2568)]).values():
            charted = [block.fiscal_year for block in tab.blocks if block.charts]
            assert 2568 not in charted

    def test_no_cases_give_eight_tabs_that_say_so(self) -> None:
        tabs = tabs_of([])
        assert list(tabs) == TITLES
        assert all(tab.blocks == () and tab.notes == (WORDS.no_cases,) for tab in tabs.values())

    @pytest.mark.parametrize("moment", [AS_OF, datetime(2026, 11, 22, 9, 30, tzinfo=UTC)])
    def test_as_of_is_the_buddhist_date_in_bangkok(self, moment: datetime) -> None:
        (tab, *_) = summary_tabs(tally([]), CATEGORIES, WORDS, moment)
        assert tab.as_of == "ข้อมูล ณ วันที่ 22/11/2569 16:30 น."


class TestOverview:
    def test_one_line_tells_the_year(self) -> None:
        cases = [
            case(step="ให้การช่วยเหลือแล้ว", amount=Decimal(2000), transferred=True),
            case(operation="รอดำเนินการ", checked=False),
            case(operation="ส่งต่อ", goods=True),
            case(amount_unreadable=True),
        ]
        block = tabs_of(cases)["ภาพรวม"].blocks[0]
        assert dict(zip(block.header, block.rows[0], strict=True)) == {
            WORDS.fiscal_year: "2569",
            WORDS.cases: 4,
            WORDS.checked: 3,
            WORDS.waiting: 1,
            WORDS.received: 2,
            WORDS.other_operation: 1,
            WORDS.helped: 1,
            WORDS.helped_share: Decimal("0.25"),
            WORDS.paid: 1,
            WORDS.baht: 2000,
            WORDS.goods: 1,
            WORDS.unreadable: 1,
        }
        assert len(block.notes) == 1
        assert "2569" in block.notes[0]

    def test_no_note_when_all_amounts_were_read(self) -> None:
        assert tabs_of([case(amount=Decimal(1))])["ภาพรวม"].blocks[0].notes == ()

    def test_months_run_from_october_to_september(self) -> None:
        cases = [case(month=9), case(month=10), case(month=10), case(month=1)]
        block = tabs_of(cases)["ภาพรวม"].blocks[1]
        assert [row[0] for row in block.rows] == WORDS.months.split()
        assert [row[1] for row in block.rows] == [2, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1]

    def test_years_side_by_side_by_month(self) -> None:
        cases = [case(month=10), case(month=10, fiscal_year=2568), case(month=11, fiscal_year=2568)]
        block = next(b for b in tabs_of(cases)["ภาพรวม"].blocks if b.heading == WORDS.compared_heading)
        assert block.header[1:] == ("ปี 2569", "ปี 2568")
        assert block.rows[:2] == (("ต.ค.", 1, 1), ("พ.ย.", 0, 1))
        assert block.total == (WORDS.total, 1, 2)


class TestCategories:
    def test_configured_words_stay_in_their_order_with_zero_others_follow_sorted_blank_last(self) -> None:
        cases = [case(case_type=word) for word in ("ไร้ที่พึ่ง", "ฉุกเฉิน", "", "  ", "เกษตรกร", "กำพร้า")]
        counts = column(tabs_of(cases)["ประเภท"].blocks[0], WORDS.cases)
        assert counts == {
            "เด็ก": 0,
            "ผู้สูงอายุ": 0,
            "ฉุกเฉิน": 1,
            "กำพร้า": 1,
            "เกษตรกร": 1,
            "ไร้ที่พึ่ง": 1,
            "(ไม่ระบุ)": 2,
        }
        assert list(counts) == ["เด็ก", "ผู้สูงอายุ", "ฉุกเฉิน", "กำพร้า", "เกษตรกร", "ไร้ที่พึ่ง", "(ไม่ระบุ)"]

    @pytest.mark.parametrize(
        ("title", "configured"),
        [
            ("ประเภท", CATEGORIES.types),
            ("การดำเนินงาน", CATEGORIES.operations),
            ("ขั้นตอน", CATEGORIES.steps),
            ("ผลการช่วยเหลือ", ("ยังไม่ช่วยเหลือ", "รอพิจารณา")),
            ("เงินช่วยเหลือ", CATEGORIES.types),
            ("อำเภอ", CATEGORIES.amphoes),
        ],
    )
    def test_every_configured_word_has_a_row_once(self, title: str, configured: tuple[str, ...]) -> None:
        unknown = case(case_type="?", operation="?", step="?", outcome="?", amphoe="?")
        block = tabs_of([unknown])[title].blocks[0]
        assert [row[0] for row in block.rows] == [*configured, "?"]

    def test_spaces_do_not_make_another_category(self) -> None:
        cases = [case(operation=word) for word in ("รับเรื่องแล้ว", " รับเรื่องแล้ว ", "รับเรื่อง\u200bแล้ว")]
        block = tabs_of(cases)["การดำเนินงาน"].blocks[0]
        assert column(block, WORDS.cases) == {"รอดำเนินการ": 0, "รับเรื่องแล้ว": 3}
        assert total(tabs_of(cases)["ภาพรวม"].blocks[0], WORDS.received) == 3

    def test_thai_words_sort_as_in_a_dictionary(self) -> None:
        assert sorted(["แก้ว", "ขาว", "เกาะ", "กา"], key=thai_order) == ["กา", "เกาะ", "แก้ว", "ขาว"]

    def test_outcomes_by_type(self) -> None:
        cases = [case(outcome="ถุงยังชีพ", case_type="เด็ก"), case(case_type="ฉุกเฉิน"), case(case_type="อื่น")]
        block = tabs_of(cases)["ผลการช่วยเหลือ"].blocks[1]
        assert block.header == (WORDS.outcome, "เด็ก", "ผู้สูงอายุ", "ฉุกเฉิน", "อื่น", WORDS.total)
        assert block.rows == (
            ("ยังไม่ช่วยเหลือ", 0, 0, 0, 0, 0),
            ("รอพิจารณา", 0, 0, 1, 1, 2),
            ("ถุงยังชีพ", 1, 0, 0, 0, 1),
        )
        assert block.total == (WORDS.total, 1, 0, 1, 1, 3)

    def test_many_types_outside_the_configuration_share_a_column_of_the_cross_table(self) -> None:
        cases = [case(case_type=f"อื่น {number}") for number in range(30)]
        tabs = tabs_of(cases)
        cross = tabs["ผลการช่วยเหลือ"].blocks[1]
        assert cross.header == (WORDS.outcome, *CATEGORIES.types, WORDS.other_types, WORDS.total)
        assert cross.total[-2:] == (30, 30)
        full = tabs["ประเภท"].blocks[1]
        assert len(full.rows) == len(CATEGORIES.types) + 30


class TestMoney:
    def test_average_highest_and_share(self) -> None:
        cases = [
            case(amount=Decimal(1000), transferred=True),
            case(amount=Decimal("2000.01")),
            case(amount=Decimal(999), case_type="ฉุกเฉิน"),
            case(amount=Decimal(0), case_type="ผู้สูงอายุ"),
            case(amount=None),
        ]
        block = tabs_of(cases)["เงินช่วยเหลือ"].blocks[0]
        first, none, other = block.rows
        assert first == (
            *("เด็ก", 2, Decimal("3000.01"), Decimal("1500.01"), Decimal("2000.01")),
            *(Decimal("0.750188"), 1, Decimal(1000)),
        )
        assert none[1:5] == (0, 0, "", "")
        assert other[1:3] == (1, 999)
        assert block.total[:5] == (WORDS.total, 3, Decimal("3999.01"), Decimal("1333.00"), Decimal("2000.01"))

    def test_baht_by_amphoe(self) -> None:
        cases = [case(amount=Decimal(5)), case(amount=Decimal(7), amphoe="กันทรลักษ์")]
        block = tabs_of(cases)["เงินช่วยเหลือ"].blocks[1]
        assert column(block, WORDS.baht) == {"ขุนหาญ": 5, "กันทรลักษ์": 7}

    def test_nothing_paid_gives_no_chart_and_no_average(self) -> None:
        block = tabs_of([case()])["เงินช่วยเหลือ"].blocks[0]
        assert block.charts == ()
        assert total(block, WORDS.average) == total(block, WORDS.baht_share) == ""


class TestTambons:
    def test_the_same_name_in_two_amphoes_is_two_tambons(self) -> None:
        cases = [case(tambon="โพธิ์"), case(tambon="โพธิ์", amphoe="กันทรลักษ์"), case(tambon="กันทรอม")]
        block = tabs_of(cases)["ตำบล"].blocks[0]
        assert [row[:3] for row in block.rows] == [
            ("ขุนหาญ", "กันทรอม", 1),
            ("ขุนหาญ", "โพธิ์", 1),
            ("กันทรลักษ์", "โพธิ์", 1),
        ]
        assert block.total[:3] == (WORDS.total, "", 3)

    def test_many_tambons_are_charted_by_their_biggest_and_all_are_listed(self) -> None:
        cases = [case(tambon=f"ตำบล {number:02}") for number in range(40) for _ in range(number + 1)]
        ranking, full = tabs_of(cases)["ตำบล"].blocks
        assert ranking.rows[0][:2] == ("ตำบล 39 (ขุนหาญ)", 40)
        assert ranking.rows[-1][0] == WORDS.rest
        assert ranking.total[1] == len(cases) == full.total[2]
        assert len(full.rows) == 40
        (chart,) = ranking.charts
        assert chart.first == len(ranking.rows) - 1
        assert full.charts == ()


class TestLayout:
    @settings(max_examples=30, deadline=None)
    @given(st.lists(cases_of_any_kind, max_size=40))
    def test_rows_are_as_wide_as_the_header_and_charts_point_at_figures(
        self, cases: list[CaseFigures]
    ) -> None:
        for tab in tabs_of(cases).values():
            for block in tab.blocks:
                assert all(len(row) == len(block.header) for row in (*block.rows, block.total))
                for chart in block.charts:
                    assert block.columns[chart.category].format is Format.TEXT
                    assert all(block.columns[at].format in (Format.COUNT, Format.BAHT) for at in chart.values)
                    assert chart.title

    def test_every_word_of_the_fragment_is_used(self) -> None:
        section = tomllib.loads(FRAGMENT.read_text(encoding="utf-8"))["summary"]
        assert set(section) == set(SummaryWords.__dataclass_fields__)
        assert all(isinstance(word, str) and word for word in section.values())

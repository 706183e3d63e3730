"""What stays of an erased case, and the tombstones: properties over any values."""

from __future__ import annotations

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bridge.application.sweep import Sweep, SweepReport
from bridge.config import load
from bridge.domain.erasure import PAID, STAYING, has_aid, names_one, remains, words_of
from bridge.domain.sheets import CASES
from bridge.domain.tombstones import Seal
from bridge.domain.values.thai_date import months_before
from bridge.workspace import CONFIG
from tests.functional.office import valid_id

RULES = load(CONFIG / "sisaket.toml").workflow()
WORDS = st.text("กขคงจฉชซดตถทนบปผพมยรลวสหอaeiou", min_size=3, max_size=9)
NAMES = st.builds("{} {}".format, WORDS, WORDS)
CELLS = st.one_of(st.none(), NAMES, st.integers(0, 10**6), st.dates(date(2000, 1, 1), date(2100, 1, 1)))
CASES_VALUES = st.fixed_dictionaries(
    {"person_name": NAMES, "national_id": st.integers(0, 9999).map(valid_id)},
    optional={column: CELLS for column in CASES if column not in ("person_name", "national_id", "case_id")},
)


@given(CASES_VALUES, st.sampled_from(["step", "outcome", "goods", "operation"]))
def test_what_stays_names_nobody(values: dict[str, Any], column: str) -> None:
    told = {**values, column: f"ให้ {values['person_name']}", "amount": 500}
    kept = remains(told, RULES)
    assert set(kept) <= STAYING and column not in kept
    assert all(not isinstance(cell, str) or values["national_id"] not in cell for cell in kept.values())


@given(CASES_VALUES)
def test_it_is_what_is_counted_and_of_aid_its_record(values: dict[str, Any]) -> None:
    kept = remains(values, RULES)
    assert has_aid(kept) <= has_aid(values)
    assert has_aid(values) or not set(kept) & set(PAID)
    for column in ("amount", "transfer_date"):
        if not isinstance(values.get(column), str):
            assert kept.get(column) == values.get(column)
    assert remains(kept, RULES) == kept, "erasing what is erased changes nothing"


def test_the_free_words_beside_a_type_go_and_the_moment_becomes_a_day() -> None:
    kept = remains({"case_type": "อื่นๆ: บ้านยายมี", "submitted_at": datetime(2026, 3, 2, 13, 57, 3)}, RULES)
    assert kept == {"case_type": "อื่นๆ", "submitted_at": datetime(2026, 3, 2)}


@given(NAMES, st.integers(0, 9999))
def test_a_text_with_a_word_or_number_of_the_person_is_known(name: str, number: int) -> None:
    words = words_of({"person_name": f"นาย{name}", "national_id": valid_id(number)})
    digits = valid_id(number)
    dashed = f"{digits[0]}-{digits[1:5]}-{digits[5:10]}-{digits[10:12]}-{digits[12]}"
    assert all(names_one(f"คำขอ {told}", words) for told in (name, digits, dashed))
    assert not names_one("1/2569", words)


@given(CASES_VALUES, CASES_VALUES)
def test_a_tombstone_is_of_one_row_and_of_one_secret(left: dict[str, Any], right: dict[str, Any]) -> None:
    seal, anchors = Seal("one"), ("submitted_at", "person_name", "problem", "national_id")
    equal = all(left.get(column) == right.get(column) for column in anchors)
    assert (seal.row(left) == seal.row(right)) == equal
    assert (
        seal.row({**left, "officer": "ก"}) == seal.row(left) == Seal("one").row(left) != Seal("two").row(left)
    )
    assert left["national_id"] not in str(seal.person(left["national_id"]))


def test_ids_are_one_however_they_are_written_and_kinds_never_meet() -> None:
    seal, digits = Seal("one"), valid_id(7)
    dashed = f"{digits[0]}-{digits[1:5]}-{digits[5:10]}-{digits[10:12]}-{digits[12]}"
    assert seal.person(dashed) == seal.person(digits) == seal.person(int(digits))
    assert seal.person("1234567890123") is None and seal.person(None) is None
    assert seal.row({"problem": "x", "national_id": digits}) is None, "a row that names nobody is not known"
    assert len({seal.case("1").digest, seal.register("1").digest, seal.answer("1", "1").digest}) == 3


class Log:
    def __init__(self) -> None:
        self.before: datetime | None = None

    def forget_before(self, instant: datetime) -> int:
        self.before = instant
        return 3


class At:
    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment


def test_the_read_log_is_kept_the_provinces_months_and_never_less_than_90_days() -> None:
    may = datetime(2026, 5, 15, tzinfo=UTC)
    for months, first in ((12, datetime(2025, 5, 15, tzinfo=UTC)), (3, datetime(2026, 2, 14, tzinfo=UTC))):
        log: Any = Log()
        files: Any = SimpleNamespace(sweep=lambda: (2, 1))
        assert Sweep(log, files, At(may), months).run() == SweepReport(3, 2, 1)
        assert log.before == first
    assert months_before(datetime(2026, 5, 31, tzinfo=UTC), 3) == datetime(2026, 2, 28, tzinfo=UTC)

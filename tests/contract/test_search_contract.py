"""Searching the register and the cases, on each backend: the same rows in the same order."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from bridge.adapters.ledger.connection import close_ledger
from bridge.application.ports.cases import Published
from bridge.application.ports.register import RegisterQuery
from bridge.application.ports.rows import Event, Presence, RowState
from bridge.application.ports.tracking import CaseQuery
from bridge.application.register_search import MOST, PAGE, RegisterSearch, SearchRegister
from bridge.application.track_cases import CaseSearch, Standing, TrackCases
from bridge.domain.access import Role
from bridge.domain.search_keys import RegisterKeys, case_keys, register_keys
from bridge.domain.search_terms import LONGEST_BEGINNING
from bridge.domain.values.search import holds, needles, operation_key, org_key, words
from bridge.domain.viewer import Viewer
from tests.contract.ledgers import BACKENDS, NOW, Ledger, open_empty

STAFF = Viewer(Role.STAFF, (), "พมจ.")
CITY = Viewer(Role.OFFICER, (("เมืองศรีสะเกษ", ""),), "อบต.โพธิ์")
PHO = Viewer(Role.OFFICER, (("เมืองศรีสะเกษ", "โพธิ์"),), "อบต.โพธิ์")
NOWHERE = Viewer(Role.OFFICER, (), "อบต.โพธิ์")
EXECUTIVE = Viewer(Role.EXECUTIVE, (), "")

PEOPLE = [
    ("R1", "นาง", "สมศรี ใจดี", "โพธิ์", "เมืองศรีสะเกษ", 1),
    ("R2", "นาย", "สมชาย บุญมา", "หนองครก", "เมืองศรีสะเกษ", "ระดับ ๒"),
    ("R3", None, "น.ส.มาลี ศรีสุข", "ต.ห้วยเหนือ", "อ.ขุขันธ์", "3"),
    ("R4", "นาง", "ก้อย ใจดี", "โพธิ์", "ขุขันธ์", None),
    ("R5", "นาย", "ABC d'Éste", None, None, 2),
]


@pytest.fixture(params=BACKENDS)
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    yield open_empty(request.param, request.config, tmp_path)
    close_ledger()


def import_people(ledger: Ledger) -> None:
    columns = ("number", "title", "name", "tambon", "amphoe", "level")
    ledger.cases.import_register([dict(zip(columns, row, strict=True)) for row in PEOPLE], "1")


def _matches(keys: RegisterKeys, query: RegisterQuery) -> bool:
    inside = query.areas is None or any(
        keys.amphoe == amphoe and tambon in ("", keys.tambon) for amphoe, tambon in query.areas
    )
    named = (query.amphoe in ("", keys.amphoe)) and (query.level in ("", keys.level))
    return inside and named and all(holds(keys.search, needle) for needle in query.needles)


def _rank(key: str, wanted: tuple[str, ...]) -> int:
    """Words whole, words that begin like the needles, the rest (domain/search_terms.py)."""
    of_key = words(key)
    if all(needle in of_key for needle in wanted):
        return 0
    begun = all(any(word.startswith(needle[:LONGEST_BEGINNING]) for word in of_key) for needle in wanted)
    return 1 if begun else 2


class TestRegister:
    @pytest.fixture
    def numbers(self, ledger: Ledger) -> Any:
        assert ledger.register.is_empty()
        import_people(ledger)
        assert not ledger.register.is_empty()

        def search(typed: str = "", **options: Any) -> list[str]:
            entries, total = ledger.register.find(RegisterQuery(needles(typed), **options)).page(0, 25, 1000)
            assert total == len(entries)
            return [entry.number for entry in entries]

        return search

    def test_by_name_from_one_letter(self, numbers: Any) -> None:
        assert numbers("ส") == ["R1", "R2", "R3"]  # R2 and R1 by name and amphoe, R3 by family name
        assert numbers("ใจดี") == ["R1", "R4"]
        assert numbers("กอย") == numbers("ก้อย") == ["R4"]
        assert numbers("น.ส. มาลี") == ["R3"]
        assert numbers("ABC") == numbers("abc") == numbers("ÉSTE") == ["R5"]
        assert numbers("x") == []
        assert numbers("%") == numbers("\\") == ["R1", "R2", "R3", "R4", "R5"]  # nothing to look for

    def test_by_place(self, numbers: Any) -> None:
        assert numbers("โพธิ") == ["R1", "R4"]
        assert numbers("ต.โพธิ์ อ.ขุขันธ์") == ["R4"]
        assert numbers(amphoe="ขุขันธ์") == ["R3", "R4"]
        assert numbers(amphoe="เมืองศรีสะเกษ", tambon="โพธิ์") == ["R1"]
        assert numbers("ใจดี", tambon="โพธิ์", level="1") == ["R1"]
        assert numbers(level="2") == ["R2", "R5"]

    def test_areas(self, numbers: Any) -> None:
        assert numbers("ใจดี", areas=(("ขุขันธ์", ""),)) == ["R4"]
        assert numbers(areas=(("ขุขันธ์", "โพธิ์"), ("เมืองศรีสะเกษ", ""))) == ["R1", "R2", "R4"]
        assert numbers(areas=(("ขุขันธ์", "หนองครก"),)) == []
        assert numbers(areas=()) == []

    def test_pages_and_the_most_that_is_counted(self, ledger: Ledger, numbers: Any) -> None:
        entries, total = ledger.register.find(RegisterQuery()).page(2, 2, 1000)
        assert ([entry.number for entry in entries], total) == (["R3", "R4"], 5)
        entries, total = ledger.register.find(RegisterQuery()).page(0, 25, 3)
        assert ([entry.number for entry in entries], total) == (["R1", "R2", "R3"], 3)
        assert ledger.register.find(RegisterQuery()).page(75, 25, 1000) == ([], 5)

    def test_one_by_its_number(self, ledger: Ledger, numbers: Any) -> None:
        entry = ledger.register.entry("R3")
        assert (entry.amphoe, entry.tambon) == ("ขุขันธ์", "ห้วยเหนือ")
        assert entry.values["name"] == "น.ส.มาลี ศรีสุข"
        assert ledger.register.entry("R9") is ledger.register.entry("\0") is None

    def test_people_far_apart_are_found_in_order(self, ledger: Ledger, numbers: Any) -> None:
        """Ids have gaps: numbers are given up where a row was there already."""
        from bridge.adapters.ledger.models import RegisterPerson
        from bridge.adapters.ledger.register import BLOCK, index_people
        from bridge.domain.search_keys import register_keys

        for block in (1, 9, 200):
            keys = register_keys({"name": "สมศรี ไกลบ้าน"})
            row = RegisterPerson(
                id=block * BLOCK + 5, number=f"far{block}", version="1", values={}, **keys._asdict()
            )
            row.save(force_insert=True)
            index_people([(row.id, None, keys)])
        assert numbers("สมศรี") == ["R1", "far1", "far9", "far200"]
        assert numbers("ไกล") == ["far1", "far9", "far200"]

    def test_it_finds_what_reading_every_row_finds(
        self, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Also after rows have changed; whatever the words, places, level, areas and page."""
        rng, people = random.Random(7), {}
        some = ("สม", "ใจ", "ดี", "ศรี", "มา", "ก้อย", "บุญ")
        places = [(tambon, amphoe) for tambon in ("โพธิ์", "หนองครก", "ศรีสม") for amphoe in ("เมือง", "ขุขันธ์")]
        for version in ("1", "2", "3"):
            rows = []
            for number in rng.sample(range(60), 40):
                tambon, amphoe = rng.choice(places)
                words = "".join(rng.choices((*some, " "), k=rng.randrange(2, 6))) + "ข"
                own = {"name": words, "tambon": tambon, "amphoe": amphoe, "level": rng.choice("123")}
                rows.append({"number": f"N{number:02}", **own})
                people.setdefault(f"N{number:02}", {}).update(own)
            ledger.cases.import_register(rows, version)
        order = list(ledger.register.find(RegisterQuery()).page(0, 100, 100)[0])  # of import
        assert {entry.number for entry in order} == people.keys()
        keys = {number: register_keys(values) for number, values in people.items()}
        for _ in range(150):
            words = ["".join(rng.choices(some, k=rng.randrange(1, 4))) for _ in range(rng.randrange(3))]
            typed = " ".join(word[rng.randrange(2) :] for word in words)
            amphoe = rng.choice(("", "", "เมือง"))
            areas = rng.choice((None, None, (("เมือง", ""), ("ขุขันธ์", "โพธิ์")), (("ขุขันธ์", ""),)))
            query = RegisterQuery(needles(typed), amphoe, "", rng.choice(("", "2")), areas)
            having = [entry.number for entry in order if _matches(keys[entry.number], query)]
            expected = sorted(having, key=lambda number: _rank(keys[number].search, query.needles))
            monkeypatch.setattr("bridge.adapters.ledger.search_index.FEW", rng.choice((0, 16)))
            first, count, most = rng.choice(((0, 100, 100), (0, 4, 5), (2, 2, 9)))
            found, total = ledger.register.find(query).page(first, count, most)
            assert [entry.number for entry in found] == expected[first : first + count], query
            assert total == min(len(expected), most)

    def test_a_changed_row_is_found_by_what_it_is_now(self, ledger: Ledger, numbers: Any) -> None:
        ledger.cases.import_register([{"number": "R1", "name": "สมหญิง ใจงาม", "amphoe": "ขุขันธ์"}], "2")
        assert numbers("ใจดี") == ["R4"]
        assert numbers("สมหญิง", amphoe="ขุขันธ์", tambon="โพธิ์", level="1") == ["R1"]

    def test_whatever_was_imported_is_kept_and_found(self, ledger: Ledger) -> None:
        odd = {
            "number": "R1",
            "name": "ส\0ม\ud83d" + "ย" * 500,
            "amphoe": "ก\0" * 90,
            "level": date(2026, 3, 2),
        }
        assert ledger.cases.import_register([odd], "1") == (1, 0, 0)
        entries, _ = ledger.register.find(RegisterQuery(needles("สมย"))).page(0, 25, 1000)
        assert [entry.number for entry in entries] == ["R1"]


class TestSearchRegister:
    def names(self, ledger: Ledger, viewer: Viewer, typed: str, **options: str) -> list[str]:
        found = SearchRegister(ledger.register).find(RegisterSearch(typed, **options), viewer, 1)
        assert found.total == len(found.rows)
        return [f"{row.title}|{row.name}" for row in found.rows]

    def test_each_viewer_sees_theirs(self, ledger: Ledger) -> None:
        import_people(ledger)
        assert self.names(ledger, STAFF, "ใจดี") == ["นาง|สมศรี ใจดี", "นาง|ก้อย ใจดี"]
        assert self.names(ledger, CITY, "ใจดี") == ["นาง|สมศรี ใจดี"]
        assert self.names(ledger, CITY, "สมชาย") == ["นาย|สมชาย บุญมา"]
        assert self.names(ledger, PHO, "สมชาย") == []
        assert self.names(ledger, CITY, "", amphoe="ขุขันธ์") == []
        assert self.names(ledger, NOWHERE, "ใจดี") == self.names(ledger, EXECUTIVE, "ใจดี") == []
        assert self.names(ledger, STAFF, " . ") == []
        assert self.names(ledger, STAFF, "มาลี") == ["นางสาว|มาลี ศรีสุข"]

    def test_a_number_finds_its_person(self, ledger: Ledger) -> None:
        """As the card has it, too; nobody else's to see, and in no other place or level."""
        import_people(ledger)
        row = {"number": "3330100000017", "name": "มี เลข", "tambon": "โพธิ์", "amphoe": "เมืองศรีสะเกษ"}
        ledger.cases.import_register([row], "2")
        for typed in ("3330100000017", "3 3301 00000 01 7", "๓-๓๓๐๑-๐๐๐๐๐-๐๑-๗"):
            assert self.names(ledger, PHO, typed) == ["|มี เลข"]
        assert self.names(ledger, STAFF, "r1", level="1") == ["นาง|สมศรี ใจดี"]
        assert self.names(ledger, STAFF, "r1", level="2") == self.names(ledger, CITY, "r4") == []
        assert self.names(ledger, STAFF, "r9\ud800\0") == []

    def test_one_person(self, ledger: Ledger) -> None:
        import_people(ledger)
        person = SearchRegister(ledger.register).person
        row = person("R1", PHO)
        assert row is not None and (row.name, row.tambon, row.level) == ("สมศรี ใจดี", "โพธิ์", "1")
        assert person("R2", PHO) is person("R4", CITY) is person("R5", CITY) is None
        assert person("R1", NOWHERE) is person("R1", EXECUTIVE) is person("R9", STAFF) is None
        assert person("R5", STAFF) is not None

    def test_pages(self, ledger: Ledger) -> None:
        place = {"tambon": "ขุนหาญ", "amphoe": "ขุนหาญ"}
        rows = [{"number": f"{n:05}", "name": f"สมชาย {n}", **place} for n in range(MOST + 1)]
        ledger.cases.import_register(rows[: PAGE + 1], "1")
        find = SearchRegister(ledger.register).find
        first, second = (find(RegisterSearch("สมชาย"), STAFF, page) for page in (1, 2))
        assert (len(first.rows), first.pages, first.total, first.more) == (PAGE, 2, PAGE + 1, False)
        assert [row.number for row in second.rows] == [f"{PAGE:05}"]
        assert second.first == PAGE + 1
        assert find(RegisterSearch("สมชาย"), STAFF, 99) == second
        ledger.cases.import_register(rows, "1")
        last = find(RegisterSearch("สมชาย"), STAFF, 10**6)
        assert (last.page, last.total, last.more, len(last.rows)) == (MOST // PAGE, MOST, True, PAGE)
        assert find(RegisterSearch("ขุนหา"), STAFF, 10**6) == last, "all have these letters twice"


# ------------------------------------------------------------------------------------------------ cases


def case(number: int, name: str, tambon: str, amphoe: str, **values: Any) -> RowState:
    key = f"SSK-{values.pop('year', 2569)}-{number:06d}"
    cells = {
        "case_id": key,
        "person_name": name,
        "tambon": tambon,
        "amphoe": amphoe,
        "sender_org": "อบต.โพธิ์",
        "operation": "รอดำเนินการ",
        "national_id": "-",
        **values,
    }
    return RowState(key, values=cells)


CASES = [
    case(1, "นางสมศรี ใจดี", "โพธิ์", "เมืองศรีสะเกษ"),
    case(2, "นายสมชาย บุญมา", "หนองครก", "เมืองศรีสะเกษ", operation="รับเรื่องแล้ว"),
    case(3, "มาลี ศรีสุข", "ห้วยเหนือ", "ขุขันธ์", sender_org="เทศบาลขุขันธ์", year=2568),
]


def publish(ledger: Ledger, *states: RowState) -> None:
    shown = [Published(state.key, int(state.key[4:8]), dict(state.values)) for state in states]
    ledger.cases.publish(shown, ledger.clock.now())


class TestTracking:
    def keys(self, ledger: Ledger, typed: str = "", *, published: bool = False, **options: Any) -> list[str]:
        query = CaseQuery(published, needles(typed), **options)
        cases, total = ledger.tracking.find(query).page(0, 25, 1000)
        assert total == len(cases)
        return [found.case[4:] for found in cases]

    def test_everything_is_found_newest_first(self, ledger: Ledger) -> None:
        ledger.rows.save("cases", CASES)
        assert self.keys(ledger) == ["2569-000002", "2569-000001", "2568-000003"]
        assert self.keys(ledger, published=True) == []
        assert self.keys(ledger, "ใจดี") == self.keys(ledger, "SSK-2569-000001") == ["2569-000001"]
        assert (
            self.keys(ledger, "2569") == self.keys(ledger, fiscal_year=2569) == ["2569-000002", "2569-000001"]
        )
        assert self.keys(ledger, operation="รับเรื่องแล้ว") == ["2569-000002"]
        assert self.keys(ledger, amphoe="เมืองศรีสะเกษ", tambon="โพธิ์") == ["2569-000001"]
        assert self.keys(ledger, areas=(("ขุขันธ์", ""),)) == ["2568-000003"]
        assert self.keys(ledger, areas=()) == self.keys(ledger, org="") == []
        assert self.keys(ledger, org=org_key("เทศบาล ขุขันธ์")) == ["2568-000003"]
        assert list(ledger.tracking.fiscal_years()) == [2569, 2568]

    def test_numbers_are_ordered_as_numbers(self, ledger: Ledger) -> None:
        states = [case(n, "ก", "", "") for n in (999_999, 1_000_000, 2)]
        ledger.rows.save("cases", states)
        assert self.keys(ledger) == ["2569-1000000", "2569-999999", "2569-000002"]

    def test_what_is_published_is_searched_as_it_was_published(self, ledger: Ledger) -> None:
        ledger.rows.save("cases", CASES)
        publish(ledger, CASES[0])
        ledger.rows.save("cases", [case(1, "นางสมศรี ใจงาม", "โพธิ์", "ขุขันธ์")])
        assert self.keys(ledger, "ใจดี", published=True) == ["2569-000001"]
        assert self.keys(ledger, "ใจงาม", published=True) == self.keys(ledger, "ใจดี") == []
        assert self.keys(ledger, published=True, areas=(("เมืองศรีสะเกษ", ""),)) == ["2569-000001"]
        public, now = (ledger.tracking.case(CASES[0].key, published=flag) for flag in (True, False))
        assert (public.values["person_name"], now.values["person_name"]) == ("นางสมศรี ใจดี", "นางสมศรี ใจงาม")
        assert now.public == public.values and now.published_at == NOW

    def test_withdrawn_and_deleted_cases_are_found_no_more(self, ledger: Ledger) -> None:
        ledger.rows.save("cases", CASES)
        publish(ledger, *CASES)
        publish(ledger, CASES[1])
        assert self.keys(ledger, published=True) == ["2569-000002"]
        assert ledger.tracking.case(CASES[0].key, published=True) is None
        gone = case(1, "นางสมศรี ใจดี", "โพธิ์", "เมืองศรีสะเกษ")
        gone.presence = Presence.GONE
        ledger.rows.save("cases", [gone])
        assert self.keys(ledger, fiscal_year=2569) == ["2569-000002"]
        assert ledger.tracking.case(gone.key, published=False) is None
        gone.presence = Presence.PRESENT
        ledger.rows.save("cases", [gone])
        assert self.keys(ledger, fiscal_year=2569) == ["2569-000002", "2569-000001"]

    def test_rows_of_other_sheets_are_no_cases(self, ledger: Ledger) -> None:
        ledger.rows.save("access", [RowState("1", values={"person_name": "สมศรี"})])
        assert self.keys(ledger) == []
        assert (
            ledger.tracking.case("1", published=False) is ledger.tracking.case("\0", published=False) is None
        )
        assert list(ledger.tracking.fiscal_years()) == []

    def test_whatever_is_in_a_case_can_be_kept(self, ledger: Ledger) -> None:
        letters = [
            chr(0x20000 + n * 7919 % 40_000) for n in range(6000)
        ]  # of four bytes, and hard to compress
        mess = ["".join(letters[n * 1000 : (n + 1) * 1000]) for n in range(6)]
        odd = case(1, "ก\0\ud83d" + mess[0], mess[1], mess[2], operation=mess[3], sender_org="\0" + mess[4])
        ledger.rows.save("cases", [odd])
        publish(ledger, odd)
        assert self.keys(ledger) == self.keys(ledger, published=True) == ["2569-000001"]


def _case_found(query: CaseQuery, values: dict[str, Any], key: str) -> bool:
    keys = case_keys(key, values)
    inside = query.areas is None or any(
        keys.amphoe == amphoe and tambon in ("", keys.tambon) for amphoe, tambon in query.areas
    )
    own = query.org is None or (query.org and query.org == keys.org)
    earlier = query.after is None or (keys.fiscal_year, keys.number) < query.after
    columns = (("amphoe", keys.amphoe), ("tambon", keys.tambon), ("operation", keys.operation))
    named = all(getattr(query, column) in ("", value) for column, value in columns)
    dated = query.fiscal_year in (0, keys.fiscal_year)
    return bool(
        inside and own and earlier and named and dated and all(holds(keys.search, n) for n in query.needles)
    )


def test_cases_are_those_that_looking_through_all_finds(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest first, after changes and deletions, as published and as they stand; on both ways of searching; also
    those that came one by one and wait to be put in the index, and after one of these was changed."""
    rng, now, public = random.Random(11), dict[str, dict[str, Any]](), dict[str, dict[str, Any]]()
    some = ("สม", "ใจ", "ดี", "ศรี", "มา", "ก้อย", "บุญ", " ")

    def arrive(numbers: Iterable[int]) -> None:
        states = []
        for number in numbers:
            state = case(
                *(number, "".join(rng.choices(some, k=4)) + "ข", rng.choice(("โพธิ์", "ศรีสม"))),
                *(rng.choice(("เมือง", "ขุขันธ์")),),
                year=2568 + number % 2,
                operation=rng.choice(("รอ", "รับ")),
                sender_org=rng.choice(("", "อบต.ก")),
                house_no=rng.choice((None, "12/3", 1)),
            )
            state.key = state.key if number % 7 else f"เก่า{number}"  # of no year
            state.presence = Presence.GONE if rng.random() < 0.2 else Presence.PRESENT
            states.append(state)
            now.pop(state.key, None)
            if state.presence is not Presence.GONE:
                now[state.key] = dict(state.values)
        ledger.rows.save("cases", states)

    def publish() -> None:
        nonlocal public
        public = {key: now[key] for key in rng.sample(sorted(now), len(now) // 2)}
        ledger.cases.publish(
            [Published(key, 2569, values) for key, values in public.items()], ledger.clock.now()
        )

    def order(key: str) -> tuple[int, int]:
        keys = case_keys(key, {})
        return keys.fiscal_year, keys.number

    def ask() -> None:
        typed = " ".join("".join(rng.choices(some, k=rng.randrange(4))) for _ in range(rng.randrange(3)))
        query = CaseQuery(
            published=rng.random() < 0.5,
            needles=needles(typed + rng.choice(("", "", " 12/3", " 2569"))),
            amphoe=rng.choice(("", "", "เมือง")),
            operation=rng.choice(("", "", operation_key("รับ"))),
            fiscal_year=rng.choice((0, 0, 2569)),
            areas=rng.choice((None, None, (("เมือง", ""), ("ขุขันธ์", "โพธิ์")), ())),
            org=rng.choice((None, None, org_key("อบต.ก"), "")),
            after=rng.choice((None, None, (2569, 20))),
        )
        known = public if query.published else now
        expected = [key for key in known if _case_found(query, known[key], key)]
        monkeypatch.setattr("bridge.adapters.ledger.search_index.FEW", rng.choice((0, 16)))
        found = [each.case for each in ledger.tracking.find(query).page(0, 100, 100)[0]]
        assert [each.case for each in ledger.tracking.find(query).page(2, 3, 4)[0]] == found[2:4]
        assert sorted(found) == sorted(expected), query
        assert [*map(order, found)] == sorted(map(order, expected), reverse=True)
        since = replace(query, changed_since=NOW - timedelta(days=9))
        if query.published:
            assert [each.case for each in ledger.tracking.find(since).page(0, 100, 100)[0]] == found

    for _ in range(3):
        arrive(rng.sample(range(40), 20))
        publish()
    for number in range(40, 52):
        arrive([number])
    for _ in range(60):
        ask()
    arrive([45])
    publish()
    for _ in range(60):
        ask()


def test_of_two_who_write_at_once_neither_undoes_the_other(ledger: Ledger) -> None:
    """The holders of a term are read, changed and written: the second has to wait for the first."""
    from django.db import connection, transaction

    from bridge.adapters.ledger.tracking import keep_keys

    ledger.rows.save("cases", [CASES[2]])
    wrote, waiting = threading.Event(), threading.Event()

    def second() -> None:
        wrote.wait(9)
        waiting.set()
        ledger.rows.save("cases", [CASES[1]])
        connection.close()

    other = threading.Thread(target=second)
    other.start()
    with transaction.atomic():
        keep_keys({CASES[0].key: CASES[0].values}, published=False)
        wrote.set()
        waiting.wait(9)
        other.join(0.3)
    other.join(9)
    ledger.rows.save("cases", [CASES[0]])
    found = ledger.tracking.find(CaseQuery(False, needles("ศรีสะเกษ"))).page(0, 25, 100)[0]
    assert [each.case for each in found] == [CASES[1].key, CASES[0].key]


def test_a_case_is_found_by_the_whole_id_as_it_stands(ledger: Ledger) -> None:
    state = case(1, "สมศรี ใจดี", "โพธิ์", "เมือง", national_id="3-4501-00123-45-8")
    ledger.rows.save("cases", [state, CASES[1]])
    publish(ledger, RowState(state.key, values={**state.values, "national_id": None}))
    for typed, found in (("3450100123458", 1), ("๓-4501-00123-45-8", 1), ("3450100123459", 0), ("345010", 0)):
        for published in (True, False):
            total = ledger.tracking.find(CaseQuery(published, needles(typed))).page(0, 25, 100)[1]
            assert total == (0 if published else found), typed


def test_misspelt_names_are_offered_nearest_first_and_never_instead(ledger: Ledger) -> None:
    rows = [
        {"number": f"R{n}", "name": name, "tambon": tambon, "amphoe": "ขุขันธ์"}
        for n, (name, tambon) in enumerate(
            [
                ("สมศรี พันธุ์ดี", "โพธิ์"),
                ("สมสรี พันธุ์ดี", "โพธิ์"),
                ("สมศรี พันดี", "หนองครก"),
                ("มาลี ศรีสุข", "โพธิ์"),
            ]
        )
    ]
    ledger.cases.import_register(rows, "1")
    ledger.rows.save("cases", [case(1, "สมศรี พันธุ์ดี", "โพธิ์", "ขุขันธ์"), case(2, "มาลี ใจดี", "โพธิ์", "ขุขันธ์")])

    def people(typed: str, **options: Any) -> tuple[list[str], list[str]]:
        query = RegisterQuery(needles(typed), **options)
        both = ledger.register.find(query)
        found, near = both.page(0, 9, 9)[0], both.alike(9)
        return [entry.number for entry in found], [entry.number for entry in near]

    assert people("สมศรี พันธุ์ดี") == (["R0"], ["R1", "R2"])
    assert people("สมศรี พนธุ์ดี") == ([], ["R0", "R1"])
    assert people("สมรศี ต.โพธิ์") == ([], ["R0"])
    ledger.cases.import_register([{"number": "R9", "name": "คันสันบิต"}], "2")
    assert people("คันสนบิต") == ([], ["R9"]), "who has all its runs of letters apart is near, not found"
    assert people("สมศรี อ.ขุขัน", tambon="หนองครก") == (["R2"], [])
    assert people("มาสี", areas=(("ขุขันธ์", "โพธิ์"),)) == ([], ["R3"])
    assert people("มาสี", areas=()) == people("12/4") == people("กข") == ([], [])
    assert people("มาลีศรสุข") == ([], ["R3"]), "typed together"
    near = ledger.tracking.find(CaseQuery(False, needles("สมสรี"))).alike(9)
    assert [found.case for found in near] == ["SSK-2569-000001"]
    assert not ledger.tracking.find(CaseQuery(True, needles("สมสรี"))).alike(9)
    ledger.erasures.forget_register(["R3"])
    assert people("มาสี") == ([], []), "a new vocabulary after every change"


class TestTrackCases:
    def seen(self, ledger: Ledger, viewer: Viewer, **asked: Any) -> dict[str, Standing]:
        found = TrackCases(ledger.tracking, ledger.rows).find(CaseSearch(**asked), viewer, 1)
        return {line.case[4:]: line.standing for line in found.lines}

    def test_each_viewer_sees_theirs(self, ledger: Ledger) -> None:
        ledger.rows.save("cases", CASES)
        publish(ledger, CASES[0], CASES[2])
        ledger.rows.save("cases", [case(1, "นางสมศรี ใจงาม", "โพธิ์", "เมืองศรีสะเกษ")])
        assert self.seen(ledger, STAFF) == {
            "2569-000002": Standing.UNPUBLISHED,
            "2569-000001": Standing.CHANGED,
            "2568-000003": Standing.PUBLISHED,
        }
        assert self.seen(ledger, CITY) == self.seen(ledger, PHO) == {"2569-000001": Standing.PUBLISHED}
        assert self.seen(ledger, NOWHERE) == {"2569-000001": Standing.PUBLISHED}  # its organisation sent it
        assert self.seen(ledger, Viewer(Role.OFFICER, (), "")) == {}
        assert self.seen(ledger, CITY, amphoe="ขุขันธ์") == {}
        assert self.seen(ledger, EXECUTIVE) == {}

    def test_one_case(self, ledger: Ledger) -> None:
        track = TrackCases(ledger.tracking, ledger.rows)
        ledger.rows.save("cases", CASES)
        publish(ledger, CASES[0])
        own, unpublished, elsewhere = (state.key for state in CASES)
        file = track.case(own, PHO)
        assert file is not None
        assert "national_id" not in file.line.values
        assert track.case(unpublished, CITY) is track.case(elsewhere, CITY) is None
        assert track.case(own, EXECUTIVE) is track.case("SSK-2569-999999", STAFF) is None
        assert track.case(elsewhere, STAFF) is not None
        assert [track.is_known(key) for key in (own, unpublished, "SSK-2569-999999")] == [True, True, False]

    def test_the_time_line_tells_an_officer_what_was_published(self, ledger: Ledger) -> None:
        track, (state, *_) = TrackCases(ledger.tracking, ledger.rows), CASES
        key = state.key

        def happens(*events: tuple[str, str, Any, Any]) -> None:
            lines = [Event("cases", key, why, "sheet", column, old, new) for why, column, old, new in events]
            ledger.rows.save("cases", [state], lines)

        happens(("submitted", "", None, "file.csv"), ("computed", "operation", None, "รอดำเนินการ"))
        ledger.clock.pass_time(days=1)
        happens(("staff", "amount", None, 30000), ("correction", "person_name", "ก", "ข"))
        happens(("staff", "amount", 30000, 3000), ("conflict", "step", "ค", "ง"))
        happens(("staff", "goods", None, "ข้าวสาร"), ("staff", "goods", "ข้าวสาร", None))
        publish(ledger, state)
        ledger.clock.pass_time(hours=25)
        happens(("choice", "step", None, "ให้การช่วยเหลือแล้ว"))
        file, whole = track.case(key, PHO), track.case(key, STAFF)
        assert file is not None and whole is not None
        start = NOW.date()
        assert [(step.day, step.begins, dict(step.changes)) for step in file.steps] == [
            (start + timedelta(days=1), False, {"amount": 3000}),
            (start, True, {"operation": "รอดำเนินการ"}),
        ]
        assert dict(whole.steps[0].changes) == {"step": "ให้การช่วยเหลือแล้ว"}
        assert len(whole.steps) == 3


# ------------------------------------------------------------------------------------------------ the migration


def test_rows_that_were_there_are_found_after_the_migrations(ledger: Ledger) -> None:
    """As an older version left them: the migrations' own functions make the keys and indexes anew, or add to them."""
    from importlib import import_module

    from django.apps import apps

    from bridge.adapters.ledger.models import CaseKey, RegisterPerson, SearchTerm

    import_people(ledger)
    ledger.rows.save("cases", CASES)
    publish(ledger, CASES[0])
    columns = ("case", "shown", "search", "org", "identity")

    def made() -> tuple[list[Any], ...]:
        return (
            list(RegisterPerson.objects.order_by("number").values_list("number", "search")),
            list(CaseKey.objects.order_by("case", "shown").values_list(*columns)),
            sorted(SearchTerm.objects.values_list("kind", "term", "block")),
            [sorted(map(bytes, SearchTerm.objects.values_list("holders", flat=True)))],
        )

    before = made()
    assert SearchTerm.objects.filter(term__startswith="+").delete()[0] > 5
    import_module("bridge.adapters.ledger.migrations.0015_letters_held_twice").fill(apps, None)
    assert made() == before
    RegisterPerson.objects.update(search="")
    CaseKey.objects.filter(case=CASES[1].key).delete()
    SearchTerm.objects.all().delete()
    import_module("bridge.adapters.ledger.migrations.0013_search_terms").fill(apps, None)
    assert made() == before
    assert len(before[1]) == 4 and len(before[2]) > 200

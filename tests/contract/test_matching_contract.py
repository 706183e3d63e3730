"""Which cases are one person's, and who of the register they are, kept in step on each backend."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.adapters.ledger.connection import close_ledger
from bridge.application.match_cases import SHARE, MatchCases
from bridge.application.match_register import CHANGED
from bridge.application.ports.cases import NewCase
from bridge.application.ports.matching import APART, Group, Pair, Person, RegisterLink
from bridge.application.ports.reviews import ReviewItem, ReviewKind, ReviewState, StoredReview
from bridge.application.ports.rows import Presence, RowState
from bridge.bootstrap.matches import build_match_cases
from bridge.config import load
from bridge.config_matching import load_weights
from bridge.domain.cells import Cell
from bridge.domain.matching.duplicates import find_duplicates
from bridge.domain.matching.postings import BUCKETS, Postings, kept
from bridge.domain.matching.rows import CASE_COLUMNS, people_of, said
from bridge.domain.values.national_id import check_digit
from bridge.workspace import CONFIG, Workspace
from tests.contract.ledgers import BACKENDS, NOW, Ledger, open_empty

PROVINCE = load(CONFIG / "sisaket.toml")
WEIGHTS = load_weights(CONFIG / "matching.toml")
Values = Mapping[str, Cell]


@pytest.fixture(params=BACKENDS, scope="module")
def opened(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    yield open_empty(request.param, request.config, tmp_path_factory.mktemp("ledger"))
    close_ledger()


@pytest.fixture
def ledger(opened: Ledger) -> Ledger:
    emptied(opened)
    return opened


def emptied(ledger: Ledger) -> None:
    from bridge.adapters.ledger.models import Case, RegisterPerson, Review, SheetRow

    ledger.matching.clear()
    ledger.matching.replace_postings(Group.REGISTER, Postings.none())
    for model in (Case, RegisterPerson, Review, SheetRow):
        model.objects.all().delete()


def matching(ledger: Ledger) -> MatchCases:
    return build_match_cases(Workspace(CONFIG), PROVINCE, ledger)  # type: ignore[arg-type]  # as many ports as it takes


def an_id(number: int) -> str:
    body = f"3{number:011d}"
    return body + check_digit(body)


def case_key(number: int) -> str:
    return f"SSK-2569-{number:06d}"


def of_person(number: int, **changes: Cell) -> dict[str, Cell]:
    """A person whom nobody resembles."""
    letters = "กขคงจชซดตถทนบปผพมยรลวสห"
    name = "".join(letters[number * 7_919 // 23**place % 23] for place in range(5))
    return {
        "person_name": f"นาย{name}า {name[::-1]}ี",
        "national_id": an_id(number * 7_919),
        "house_no": str(number),
        "moo": str(number % 9 + 1),
        "tambon": f"ตำบล{name[:3]}",
        "amphoe": "เมืองศรีสะเกษ",
        "case_type": "ผู้มีรายได้น้อย",
        **changes,
    }


def arrive(ledger: Ledger, cases: Mapping[str, Values | None], year: int = 2569) -> set[str]:
    """Takes in what these say now; None is a row that was deleted."""
    use = matching(ledger)
    states = {
        key: RowState(key, dict(values or {}), presence=Presence.PRESENT if values else Presence.GONE)
        for key, values in cases.items()
    }
    with ledger.journal.transaction():
        told = use.hear(states, dict.fromkeys(states, year))
        return told | use.settle()


def pairs(ledger: Ledger) -> dict[tuple[str, str], float]:
    return {
        (pair.left, pair.right): pair.score for pair in ledger.matching.all_pairs() if pair.verdict != APART
    }


def expected(there: Mapping[str, Values]) -> dict[tuple[str, str], float]:
    """What the command `match duplicates` finds among these."""
    cases = sorted(there)
    people = people_of([said(there[case], CASE_COLUMNS) for case in cases], CASE_COLUMNS)
    found = find_duplicates(people, cases, WEIGHTS.duplicates)
    return {
        (cases[left], cases[right]): round(score, 4)
        for left, right, score in zip(
            found.left.tolist(), found.right.tolist(), found.score.tolist(), strict=True
        )
    }


STRANGERS = {case_key(n): of_person(n) for n in range(100, 100 + SHARE * 4)}
row = st.builds(
    of_person,
    st.integers(1, 3),
    person_name=st.sampled_from(["นายสมชาย ใจดี", "นายสมชัย ใจดี", "สมชาย ใจดีี", "นางสมศรี ใจดี", "สมชาย แก้วใส"]),
    national_id=st.sampled_from([None, an_id(5), an_id(6), an_id(5)[:-1] + "x"]),
    house_no=st.sampled_from(["12", "12/1"]),
    moo=st.just("3"),
    tambon=st.sampled_from(["หนองครก", "โพธิ์"]),
    person_phone=st.sampled_from([None, "0812345678"]),
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.dictionaries(
            st.integers(1, 6).map(case_key), st.one_of(row, row, st.none()), min_size=1, max_size=2
        ),
        min_size=1,
        max_size=7,
    )
)
def test_whatever_came_in_whatever_order_the_pairs_are_those_of_all(
    opened: Ledger, happened: Sequence[Mapping[str, Values | None]]
) -> None:
    emptied(opened)
    arrive(opened, STRANGERS)
    there: dict[str, Values] = dict(STRANGERS)
    for cases in happened:
        arrive(opened, cases)
        there.update({key: values for key, values in cases.items() if values})
        for key in [key for key, values in cases.items() if not values]:
            there.pop(key, None)
    assert pairs(opened) == expected(there)


def test_a_name_that_becomes_usual_is_no_slip_any_more(ledger: Ledger) -> None:
    """Cases that nothing happened to are compared anew when what they say is not seldom any more."""
    arrive(ledger, STRANGERS)
    same: Values = of_person(1, national_id=None, person_name="สมชาย ใจดี")
    slip: Values = of_person(1, national_id=None, person_name="สมชัย ใจดี", house_no="990", moo=None)
    there = {case_key(1): same, case_key(2): slip}
    arrive(ledger, there)
    seldom = pairs(ledger)[case_key(1), case_key(2)]
    for number in range(3, 11):
        given = ("สมชัย", "สมชาย")[number % 2]
        more = {case_key(number): of_person(number, person_name=f"{given} {'กขคงจชซด'[number - 3] * 4}")}
        arrive(ledger, more)
        there |= more
        assert pairs(ledger) == expected({**STRANGERS, **there})
    assert pairs(ledger).get((case_key(1), case_key(2)), 0) < seldom


def test_twins_and_a_household_are_no_pairs(ledger: Ledger) -> None:
    home = {"house_no": "12", "moo": "3", "tambon": "โพธิ์", "person_phone": None}
    arrive(
        ledger,
        {
            case_key(1): of_person(1, person_name="ด.ช.ภูผา ใจดี", national_id=an_id(11), **home),
            case_key(2): of_person(1, person_name="ด.ช.ภูริ ใจดี", national_id=an_id(12), **home),
            case_key(3): of_person(1, person_name="นางสมศรี ใจดี", national_id=an_id(13), **home),
            case_key(4): of_person(1, person_name="นายประยูร ใจดี", national_id=None, **home),
        },
    )
    assert pairs(ledger) == {}


def test_a_pair_by_the_telephone_of_a_household_is_for_people_to_decide(ledger: Ledger) -> None:
    home = {"house_no": "12", "moo": "3", "national_id": None, "person_phone": "0812345678"}
    arrive(
        ledger,
        {
            case_key(1): of_person(1, person_name="ประยูร ใจดี", **home),
            case_key(2): of_person(1, person_name="สมหมาย ใจดี", **home),
        },
    )
    assert [pair.verdict for pair in ledger.matching.all_pairs()] == ["possible"]


def test_what_staff_said_is_one_person_stays_a_pair_until_one_is_gone(ledger: Ledger) -> None:
    arrive(ledger, {case_key(1): of_person(1), case_key(2): of_person(1)})
    (pair,) = ledger.matching.all_pairs()
    assert (pair.verdict, pair.grounds[:2]) == ("same", ("identity_same", "name_same"))
    item = ReviewItem(pair.subject, ReviewKind.DUPLICATE, pair.right, {}, {})
    same = PROVINCE.reviews.decisions.same
    ledger.reviews.save([StoredReview("R-000001", item, ReviewState.DECIDED, same)])
    arrive(ledger, {case_key(2): of_person(2)})
    assert ledger.matching.all_pairs() == [pair]
    arrive(ledger, {case_key(2): None})
    assert ledger.matching.all_pairs() == []


def test_a_forgotten_case_leaves_nothing(ledger: Ledger) -> None:
    from bridge.adapters.ledger.models import MatchBucket, MatchPerson

    arrive(ledger, STRANGERS)
    before = list(MatchBucket.objects.order_by("id").values_list("id", "packed"))
    arrive(ledger, {case_key(1): of_person(1), case_key(2): of_person(1)})
    arrive(ledger, {case_key(2): None})
    with ledger.journal.transaction():
        assert matching(ledger).forget([case_key(1), case_key(2)]) == set()
    assert [(row, bytes(packed)) for row, packed in before] == [
        (row, bytes(packed)) for row, packed in MatchBucket.objects.order_by("id").values_list("id", "packed")
    ]
    assert not MatchPerson.objects.filter(case__in=[case_key(1), case_key(2)]).exists()


def test_another_type_or_year_is_told_to_the_other_case(ledger: Ledger) -> None:
    arrive(ledger, {case_key(1): of_person(1), case_key(2): of_person(1)})
    changed = {case_key(2): of_person(1, case_type="ช่วยเหลือฉุกเฉิน")}
    assert arrive(ledger, changed) == {case_key(1)}
    assert arrive(ledger, changed) == set(), "nothing new"


def test_similar_cases_are_found_before_and_after_a_cycle_has_taken_them_in(ledger: Ledger) -> None:
    arrive(ledger, STRANGERS)
    key, values = case_key(1), of_person(1)
    ledger.cases.add([NewCase(key, 2569, 1, "portal", "a", NOW)], [])
    ledger.rows.save("cases", [RowState(key, dict(values))])
    for _ in range(2):
        (found,) = matching(ledger).similar(of_person(1, house_no="77", person_phone="0899999999"))
        assert (found.left, found.verdict) == (key, "same")
        arrive(ledger, {key: values})
    assert matching(ledger).similar(of_person(50)) == []
    assert matching(ledger).similar({}) == []


def test_what_a_case_said_before_a_cycle_has_taken_it_in_tells_nobody_any_more(ledger: Ledger) -> None:
    arrive(ledger, STRANGERS)
    use = matching(ledger)
    keys = [case_key(number) for number in (1, 2, 3)]
    ledger.cases.add([NewCase(key, 2569, n, "portal", key, NOW) for n, key in enumerate(keys, 1)], [])
    ledger.rows.save("cases", [RowState(key, dict(of_person(1))) for key in keys])
    assert {pair.left for pair in use.similar(of_person(1))} == {*keys}
    corrected, erased, there = (RowState(key, dict(of_person(1))) for key in keys)
    corrected.values = dict(of_person(2))
    erased.erased = True
    ledger.rows.save("cases", [corrected, erased, there])
    assert [pair.left for pair in use.similar(of_person(1))] == [keys[2]]


# ---------------------------------------------------------------------------------------------- the register


def register(ledger: Ledger, *rows: Mapping[str, Cell]) -> None:
    with ledger.journal.transaction():
        ledger.cases.import_register(list(rows), "1")
        ledger.journal.set_setting(CHANGED, ledger.journal.setting(CHANGED) + "x")


def registered(number: int, **changes: Cell) -> dict[str, Cell]:
    values = {
        k: v for k, v in of_person(number).items() if k not in ("national_id", "case_type", "person_name")
    }
    return {"number": f"R{number}", "name": of_person(number)["person_name"], **values, **changes}


def links(ledger: Ledger, case: str) -> list[str]:
    return [link.number for link in ledger.matching.links([case]).get(case, ())]


def test_cases_are_looked_up_when_they_come_and_when_the_register_changes(ledger: Ledger) -> None:
    register(ledger, *(registered(n) for n in range(1, 30)))
    use = matching(ledger)
    use.catch_up()
    key = case_key(7)
    arrive(ledger, {**STRANGERS, key: of_person(7), case_key(70): of_person(70)})
    assert (links(ledger, key), links(ledger, case_key(70))) == (["R7"], [])
    arrive(ledger, {key: of_person(9)})
    assert links(ledger, key) == ["R9"]
    register(ledger, registered(70), registered(9, name="นางอุไร แสนสุข", house_no="1", moo="9"))
    use.catch_up()
    assert (links(ledger, key), links(ledger, case_key(70))) == ([], ["R70"])


def test_rows_of_the_register_are_read_by_number(ledger: Ledger) -> None:
    register(ledger, registered(1), registered(2, house_no="7"), registered(3))
    homes = ledger.matching.homes(["R2", "R9", "R1", "R2"])
    assert {number: row["house_no"] for number, row in homes.items()} == {
        "R1": of_person(1)["house_no"],
        "R2": "7",
    }


def test_two_of_the_register_are_to_be_chosen_from(ledger: Ledger) -> None:
    register(ledger, *(registered(n) for n in range(3, 30)), registered(1), {**registered(1), "number": "R2"})
    matching(ledger).catch_up()
    arrive(ledger, {case_key(1): of_person(1)})
    assert sorted(links(ledger, case_key(1))) == ["R1", "R2"]


# ---------------------------------------------------------------------------------------------- the store


def test_postings_come_back_as_they_were_put(ledger: Ledger) -> None:
    rng = np.random.default_rng(7)
    keys = rng.integers(-(2**63), 2**63 - 1, 3_000, np.int64)
    keys[:50] = keys[50:100]
    first = Postings.of(keys, np.arange(3_000))
    ledger.matching.post(Group.CASES, first, Postings.none())
    wanted = np.unique(kept(keys))
    found = ledger.matching.postings(Group.CASES, wanted)
    assert (found.keys.tolist(), found.owners.tolist()) == (first.keys.tolist(), first.owners.tolist())
    assert len(ledger.matching.postings(Group.REGISTER, wanted)) == 0
    gone = Postings(first.keys[::2], first.owners[::2])
    ledger.matching.post(Group.CASES, Postings.none(), gone)
    found = ledger.matching.postings(Group.CASES, wanted)
    assert found.keys.tolist() == first.keys[1::2].tolist()
    ledger.matching.replace_postings(Group.REGISTER, first)
    ledger.matching.replace_postings(Group.CASES, Postings.none())
    assert len(ledger.matching.postings(Group.CASES, wanted)) == 0
    assert len(ledger.matching.postings(Group.REGISTER, wanted[:5])) >= 5
    assert max(kept(keys)) < BUCKETS << 32


def test_persons_pairs_and_links_come_back_as_they_were_put(ledger: Ledger) -> None:
    store = ledger.matching
    odd = ("ก\u0e49'\"\\", "", "x" * 200)
    store.keep([Person("A", odd, 2569, "ก"), Person("B", (), 2568, "")])
    persons = store.persons(["A", "B", "C"])
    assert {key: (p.said, p.year, p.kind) for key, p in persons.items()} == {
        "A": (odd, 2569, "ก"),
        "B": ((), 2568, ""),
    }
    assert [each.case for each in store.heard()] == ["A"]
    assert [person.case for person in store.everybody()] == ["A"]
    store.keyed()
    store.keep([Person("A", ("y",), 2569, "ก")])
    store.keep([Person("A", (), 2569, "ก")])
    assert [(each.before, each.said) for each in store.heard()] == [(odd, ())], "what the keys are of"
    pair = Pair("A", "B", 0.9731, "same", ("identity_same", "name_same"))
    other = Pair("A", "C", 0.6, "possible")
    store.replace_pairs([], [pair, other])
    assert store.pairs(["B"]) == [pair]
    store.replace_pairs([pair], [Pair("A", "C", 0.7, "possible")])
    assert store.all_pairs() == [Pair("A", "C", 0.7, "possible")]
    link = RegisterLink("R1", 3.25, ("name_same",))
    store.keep_links([("A", (link,)), ("B", ())])
    assert store.links(["A", "B"]) == {"A": (link,)}

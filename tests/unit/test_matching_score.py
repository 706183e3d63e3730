"""Who is one person: what must hold of every score and every pair, whatever the weights."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.config_matching import InvalidWeights, MatchingWeights, load_weights, written
from bridge.domain.matching.clusters import joining
from bridge.domain.matching.compare import EVIDENCE, FAMILY_LEVELS, PLACE_LEVELS, Evidence, Names, compare
from bridge.domain.matching.duplicates import find_duplicates, link_register
from bridge.domain.matching.fit import fit, refit
from bridge.domain.matching.grounds import Ground, grounds, levels_of
from bridge.domain.matching.index import Index, Probe
from bridge.domain.matching.people import People, read
from bridge.domain.matching.weights import LIKELY, Verdict, Weights
from bridge.domain.values.national_id import check_digit

FILE = Path(__file__).parents[2] / "config" / "matching.toml"
SHIPPED = load_weights(FILE)
KINDS = (SHIPPED.duplicates, SHIPPED.register, SHIPPED.streets)


def id_of(number: int) -> str:
    body = f"1{number:011d}"
    return body + check_digit(body)


VALUES = {
    "title": ["", "นาย", "นาง", "ด.ช."],
    "given_name": ["", "สมชาย", "สมชัย", "สมศรี", "ประยุกต์", "ประยุกต"],
    "family_name": ["", "ใจดี", "ใจดีี", "แก้วใส", "สุขเจริญ"],
    "national_id": ["", id_of(5), id_of(6), id_of(5)[:-1] + "0"],
    "birth_date": ["", "17/1/2495", "18/1/2495", "1/17/2495", "3/4/2520"],
    "phone": ["", "0812345678", "0812345679", "0899999999"],
    "house_no": ["", "12", "12/1", "99"],
    "moo": ["", "3", "4"],
    "tambon": ["", "บัวเงิน", "บัวเงิ่น", "ในเมือง"],
    "amphoe": ["", "น้ำพอง", "พล"],
}
PERSONAL = ("title", "given_name", "national_id", "birth_date", "phone")
Row = dict[str, str]
rows = st.fixed_dictionaries({column: st.sampled_from(values) for column, values in VALUES.items()})


def people(*listed: Mapping[str, str]) -> People:
    return read({column: [row.get(column, "") for row in listed] for column in VALUES})


CROWD = people(*({column: values[n % len(values)] for column, values in VALUES.items()} for n in range(60)))


def odds(weights: Weights, one: Row, other: Row) -> float:
    left, right = people(one), people(other)
    return float(weights.judged(compare(left, right, Names.of(CROWD)))[0])


def found(listed: Sequence[Row], weights: Weights = SHIPPED.duplicates) -> dict[tuple[str, str], float]:
    """The pairs by the names of their rows, which are those of `n`."""
    ids = [row["n"] for row in listed]
    matches = find_duplicates(people(*listed), ids, weights)
    return {
        tuple(sorted((ids[left], ids[right]))): round(score, 6)  # type: ignore[misc]
        for left, right, score in zip(matches.left, matches.right, matches.score, strict=True)
    }


# ---------------------------------------------------------------------------------------------- properties


@pytest.mark.parametrize("weights", KINDS, ids=("duplicates", "register", "streets"))
class TestEveryScore:
    @given(rows, rows)
    @settings(max_examples=60, deadline=None)
    def test_is_the_same_from_both_sides(self, weights: Weights, one: Row, other: Row) -> None:
        assert odds(weights, one, other) == pytest.approx(odds(weights, other, one))

    @given(rows, rows, st.sampled_from(sorted(VALUES)))
    @settings(max_examples=150, deadline=None)
    def test_is_never_lowered_by_evidence_that_agrees(
        self, weights: Weights, one: Row, other: Row, column: str
    ) -> None:
        unknown, known = {column: ""}, {column: VALUES[column][1]}
        before = odds(weights, one | unknown, other | unknown)
        assert odds(weights, one | known, other | known) >= before - 1e-6

    @given(rows, rows)
    @settings(max_examples=60, deadline=None)
    def test_is_no_verdict_from_a_place_alone(self, weights: Weights, one: Row, other: Row) -> None:
        nobody = dict.fromkeys(PERSONAL, "")
        assert odds(weights, one | nobody, other | nobody) < 0

    @given(rows, rows)
    @settings(max_examples=60, deadline=None)
    def test_never_falls_with_closer_agreement(self, weights: Weights, one: Row, other: Row) -> None:
        """Level by level in every field that has an order."""
        evidence = compare(people(one), people(other), Names.of(CROWD))
        base = float(weights.log_odds(evidence)[0])
        for field, levels in EVIDENCE.items():
            level = int(evidence.levels[field][0])
            if 0 < level < len(levels) - 1:
                closer = evidence.levels | {field: evidence.levels[field] + np.int8(1)}
                assert (
                    float(weights.log_odds(Evidence(closer, evidence.family, evidence.place))[0])
                    >= base - 1e-6
                )


@given(st.lists(rows, min_size=2, max_size=9), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_the_order_of_arrival_changes_no_pair(listed: list[Row], shuffler: random.Random) -> None:
    named = [row | {"n": f"C{number:02d}"} for number, row in enumerate(listed)]
    shuffled = list(named)
    shuffler.shuffle(shuffled)
    assert found(named) == found(shuffled)


# ------------------------------------------------------------------------------------ people of one household

HOME = {"house_no": "12", "moo": "3", "tambon": "บัวเงิน", "amphoe": "น้ำพอง", "family_name": "สุขเจริญ"}
ONE = HOME | {"title": "นาย", "given_name": "ประยุกต์", "birth_date": "17/1/2495"}


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"given_name": "ประยูร"}, id="twins with alike names"),
        pytest.param({"given_name": "สมศักดิ์"}, id="twins"),
        pytest.param({"given_name": "ประยูร", "birth_date": "4/9/2497"}, id="siblings"),
        pytest.param({"given_name": "ประยูร", "birth_date": ""}, id="siblings, a birth date unknown"),
        pytest.param({"given_name": "สมศรี", "title": "นาง", "birth_date": "4/9/2498"}, id="husband and wife"),
        pytest.param({"given_name": "กล้า", "title": "ด.ช.", "birth_date": ""}, id="father and son"),
        pytest.param({"birth_date": "5/5/2530", "national_id": id_of(77)}, id="grandson of the same name"),
    ],
)
def test_a_household_is_not_one_person(other: Row) -> None:
    one = ONE | ({"national_id": id_of(5)} if "national_id" in other else {})
    assert found([one | {"n": "1"}, ONE | other | {"n": "2"}]) == {}


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({}, id="the same"),
        pytest.param({"given_name": "ประยุกต", "birth_date": ""}, id="a silent letter's sign missing"),
        pytest.param({"house_no": "99", "moo": "7"}, id="moved in the tambon"),
        pytest.param(
            {"family_name": "แก้วใส", "national_id": id_of(5)[:3] + id_of(5)[4:]}, id="id lacks a digit"
        ),
        pytest.param({"given_name": "สมศักดิ์", "national_id": id_of(5)}, id="a new name, the same id"),
        pytest.param({"given_name": "สุขเจริญ", "family_name": "ประยุกต์"}, id="names changed places"),
    ],
)
def test_one_person_is_found_again(other: Row) -> None:
    one = ONE | {"national_id": id_of(5)}
    pairs = found([one | {"n": "1"}, ONE | other | {"n": "2"}])
    assert pairs[("1", "2")] >= LIKELY


@pytest.mark.parametrize(
    "said",
    [
        pytest.param({"phone": "0812345678"}, id="a telephone and no name"),
        pytest.param({"phone": "0812345678", "family_name": "สุขเจริญ"}, id="a telephone and a family name"),
        pytest.param({"birth_date": "17/1/2495", "family_name": "สุขเจริญ"}, id="a birthday and a family name"),
    ],
)
def test_what_a_household_shares_is_for_a_person_to_look_at(said: Row) -> None:
    row = {key: value for key, value in HOME.items() if key != "family_name"} | said
    pairs = find_duplicates(people(row, row), ["1", "2"], SHIPPED.duplicates)
    links = link_register(people(row), people(row), ["R1"], SHIPPED.register)
    assert {*pairs.verdict, *links.verdict} == {Verdict.POSSIBLE}


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"birth_date": "", "national_id": id_of(900_000)}, id="of the same name"),
        pytest.param({"given_name": "ประยุกต", "national_id": id_of(900_000)}, id="twins one letter apart"),
        pytest.param({"phone": "0812345678", "national_id": id_of(6)}, id="born one after the other"),
    ],
)
def test_two_valid_ids_are_two_people(other: Row) -> None:
    one = ONE | {"national_id": id_of(5), "phone": "0812345678"}
    assert found([one | {"n": "1"}, one | other | {"n": "2"}]) == {}
    assert not len(link_register(people(one), people(one | other), ["R1"], SHIPPED.register))


def test_a_third_case_joins_two_and_says_so() -> None:
    """Neither birth date nor id is in both of two cases; the third has all."""
    first = ONE | {
        "n": "1",
        "birth_date": "",
        "national_id": id_of(5),
        "family_name": "แก้วใส",
        "house_no": "77",
    }
    middle = ONE | {"n": "2", "national_id": id_of(5)}
    last = ONE | {"n": "3", "tambon": "ในเมือง", "amphoe": "พล", "moo": "9", "house_no": "45"}
    assert ("1", "3") not in found([first, last])
    assert set(found([first, middle, last])) == {("1", "2"), ("2", "3"), ("1", "3")}
    matches = find_duplicates(people(first, middle, last), ["1", "2", "3"], SHIPPED.duplicates)
    told = {
        (int(left), int(right)): grounds(levels, bool(joined))
        for left, right, levels, joined in zip(
            matches.left, matches.right, levels_of(matches.evidence), matches.joined, strict=True
        )
    }
    assert Ground.JOINED in told[0, 2]
    assert Ground.JOINED not in told[0, 1]


def test_a_row_typed_hundreds_of_times_stays_connected() -> None:
    listed = [ONE | {"n": f"{number:04d}"} for number in range(300)]
    pairs = found(listed)
    reached = {"0000"}
    for _ in range(300):
        reached |= {name for pair in pairs for name in pair if reached & set(pair)}
    assert len(reached) == 300


def test_strong_disagreement_keeps_a_chain_apart() -> None:
    assert joining(3, [5.0, -8.0, 3.0])[0] > 0  # rows 0 and 1, whom 2 resembles only in part
    assert joining(3, [5.0, -8.0, 3.0])[1:] == [-np.inf, -np.inf]
    assert min(joining(3, [5.0, -1.0, 4.0])) >= 0


@given(
    st.integers(2, 6).flatmap(
        lambda size: st.lists(
            st.floats(-9, 9), min_size=size * (size - 1) // 2, max_size=size * (size - 1) // 2
        )
    )
)
@settings(max_examples=60, deadline=None)
def test_belonging_together_is_transitive(log_odds: list[float]) -> None:
    size = next(n for n in range(2, 7) if n * (n - 1) // 2 == len(log_odds))
    together = {
        pair
        for pair, odds in zip(combinations(range(size), 2), joining(size, log_odds), strict=True)
        if odds >= 0
    }
    for a, b, c in combinations(range(size), 3):
        assert len({(a, b), (b, c), (a, c)} & together) != 2


# -------------------------------------------------------------------------------------- register and index


def test_a_case_is_at_most_one_person_of_the_register() -> None:
    register = people(ONE, ONE | {"house_no": "99", "moo": "8"}, HOME | {"given_name": "สมศักดิ์"})
    cases = people(ONE, {"given_name": "อื่น", "family_name": "ไกล"})
    links = link_register(cases, register, ["R1", "R2", "R3"], SHIPPED.register)
    assert (links.left.tolist(), links.right.tolist(), links.verdict) == ([0], [0], [Verdict.SAME])


def test_two_equal_people_of_the_register_are_for_a_person_to_choose() -> None:
    """The first of them by its number is told, wherever it stands in the file."""
    for numbers, told in ((["R1", "R2"], 0), (["R2", "R1"], 1)):
        links = link_register(people(ONE), people(ONE, ONE), numbers, SHIPPED.register)
        assert (links.right.tolist(), links.verdict) == ([told], [Verdict.POSSIBLE])


@given(st.lists(rows, min_size=1, max_size=8), rows, st.integers(0, 8))
@settings(max_examples=40, deadline=None)
def test_an_index_finds_what_comparing_finds(listed: list[Row], new: Row, later: int) -> None:
    """Rows given at once or added one by one are found alike, and no row is found that is not the person."""
    probe = Probe.of(people(new))
    index = Index([(CROWD.take(np.zeros(0, np.int32)), SHIPPED.duplicates), (CROWD, SHIPPED.register)])
    numbers = [index.add(Probe.of(people(row)), 0) for row in listed]
    assert numbers == list(range(len(listed)))
    early = index.query(probe)[0]
    index.settle()
    assert index.size(0) == len(listed)
    for row in listed[:later]:
        index.add(Probe.of(people(row)), 1)
    cases, register = index.query(probe)
    assert cases.rows.tolist() == early.rows.tolist()
    assert cases.score.tolist() == early.score.tolist() == sorted(cases.score.tolist(), reverse=True)
    alone = Index([(people(*listed), SHIPPED.duplicates)]).query(probe, least=0.0)[0]
    assert set(cases.rows.tolist()) <= set(alone.rows.tolist())
    assert index.size(1) == len(CROWD) + len(listed[:later])
    assert all(row < index.size(1) for row in register.rows.tolist())


def test_an_index_answers_for_each_group_by_its_own_weights() -> None:
    index = Index([(people(ONE), SHIPPED.duplicates), (people(HOME, ONE), SHIPPED.register)])
    cases, register = index.query(Probe.of(people(ONE | {"given_name": "ประยุกต"})))
    assert (cases.rows.tolist(), register.rows.tolist()) == ([0], [1])
    nobody = index.query(Probe.of(people({"given_name": "อื่น", "family_name": "ไกล"})))
    assert [hits.rows.tolist() for hits in nobody] == [[], []]


def test_a_probe_is_one_person() -> None:
    with pytest.raises(ValueError, match="one person"):
        Probe.of(people(ONE, ONE))


# --------------------------------------------------------------------------------------------------- weights


def test_fitting_tells_same_from_different_and_keeps_the_order() -> None:
    shuffler = np.random.default_rng(3)
    size = 4000
    same = shuffler.random(size) < 0.3
    levels = {
        field: np.where(
            same, shuffler.integers(len(names) // 2, len(names), size), shuffler.integers(0, len(names), size)
        )
        for field, names in EVIDENCE.items()
    }
    evidence = Evidence(
        {field: level.astype(np.int8) for field, level in levels.items()},
        np.where(same, len(FAMILY_LEVELS) - 1, shuffler.integers(0, 5, size)).astype(np.int8),
        np.where(same, len(PLACE_LEVELS) - 1, shuffler.integers(0, 5, size)).astype(np.int8),
    )
    weights = fit(evidence, same, 0.95)
    assert ((weights.log_odds(evidence) > 0) == same).mean() > 0.99
    for field, found in weights.fields.items():
        assert found[0] == 0
        assert (np.diff(found[1:]) >= -1e-6).all(), field
    assert (np.diff(weights.home[1:, 1:], axis=0) >= -1e-6).all()
    assert (np.diff(weights.home[1:, 1:], axis=1) >= -1e-6).all()


def test_weights_are_written_and_read_again(tmp_path: Path) -> None:
    path = tmp_path / "weights.toml"
    path.write_text(written(SHIPPED), encoding="utf-8")
    again = load_weights(path)
    assert written(again) == written(SHIPPED)
    assert set(SHIPPED.figures) == {"duplicates", "register", "streets"}


@pytest.mark.parametrize("text", ["", "[duplicates]\nstart = 1", "not toml"])
def test_broken_weights_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "weights.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidWeights):
        load_weights(path)


def test_every_field_and_level_is_needed() -> None:
    kept = MatchingWeights(*KINDS, figures={})
    with pytest.raises(ValueError, match="home"):
        Weights(0.0, kept.duplicates.fields, np.zeros((2, 2)), 0.9)
    with pytest.raises(ValueError, match="phone"):
        Weights(0.0, {**kept.duplicates.fields, "phone": np.zeros(1)}, kept.duplicates.home, 0.9)


def test_verdicts_begin_where_the_weights_say() -> None:
    weights = SHIPPED.duplicates
    assert [weights.verdict(score) for score in (0.49, 0.5, weights.same - 1e-9, weights.same)] == [
        *(Verdict.DIFFERENT, Verdict.POSSIBLE, Verdict.POSSIBLE, Verdict.SAME)
    ]


def test_refitting_on_no_decision_changes_nothing_and_on_some_only_what_they_tell_of() -> None:
    known = SHIPPED.duplicates
    none = refit(compare(people(), people(), Names.of(CROWD)), np.zeros(0, np.bool_), known)
    assert none.home == pytest.approx(known.home, abs=1e-3)
    assert none.start == pytest.approx(known.start, abs=1e-3)
    names_alone = people(
        *[{"given_name": "สมชาย", "family_name": "ใจดี", "tambon": "ในเมือง", "amphoe": "พล"}] * 30
    )
    elsewhere = people(
        *[{"given_name": "สมชาย", "family_name": "ใจดี", "tambon": "บัวเงิน", "amphoe": "น้ำพอง"}] * 30
    )
    told = compare(
        names_alone, elsewhere, Names.of(people(ONE), names_alone.take(np.arange(2, dtype=np.int32)))
    )
    before, after = known.log_odds(told)[0], refit(told, np.zeros(30, np.bool_), known)
    assert after.log_odds(told)[0] < 0 < before
    for field, weights in after.fields.items():
        assert (np.diff(weights[1:]) >= 0).all(), field
    assert after.fields["identity"] == pytest.approx(known.fields["identity"], abs=1e-2)

"""Which cases may be one person's."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain.cases import MatchKeys
from bridge.domain.matching import Candidate, Pair, Reason, find_pairs, pair_subject

keys = st.builds(MatchKeys, st.sampled_from(["", "i1", "i2"]), st.sampled_from(["", "p1", "p2"]))
people = st.lists(keys, max_size=8).map(
    lambda listed: [Candidate(f"SSK-2569-{n:06d}", each) for n, each in enumerate(listed, 1)]
)


def case(number: int, identity: str = "", place: str = "") -> Candidate:
    return Candidate(f"SSK-2569-{number:06d}", MatchKeys(identity, place))


def pairs(*candidates: Candidate, different: frozenset[str] = frozenset()) -> list[tuple[int, int, Reason]]:
    found = find_pairs(candidates, different)
    return [(int(pair.left[-6:]), int(pair.right[-6:]), pair.reason) for pair in found]


def test_the_same_id_is_one_person() -> None:
    assert pairs(case(1, "i"), case(2, "i")) == [(1, 2, Reason.SAME_ID)]


def test_without_an_id_the_same_name_and_place_is_one_person() -> None:
    assert pairs(case(1, "", "p"), case(2, "", "p")) == [(1, 2, Reason.SAME_NAME_AND_PLACE)]
    assert pairs(case(1, "i", "p"), case(2, "", "p")) == [(1, 2, Reason.SAME_NAME_AND_PLACE)]


def test_two_ids_are_two_people_whatever_else_agrees() -> None:
    assert pairs(case(1, "i", "p"), case(2, "j", "p")) == []


def test_nothing_in_common_is_nothing_in_common() -> None:
    assert pairs(case(1), case(2), case(3, "i"), case(4, "", "p")) == []
    assert pairs() == []


def test_each_case_is_paired_with_the_earliest() -> None:
    assert pairs(case(3, "i"), case(1, "i"), case(2, "i")) == [(1, 2, Reason.SAME_ID), (1, 3, Reason.SAME_ID)]


def test_one_without_an_id_goes_to_the_earliest_of_its_place() -> None:
    found = pairs(case(1, "i", "p"), case(2, "j", "p"), case(3, "", "p"))
    assert found == [(1, 3, Reason.SAME_NAME_AND_PLACE)]


def test_a_pair_that_a_person_told_apart_stays_apart() -> None:
    three = (case(1, "i"), case(2, "i"), case(3, "i"))
    apart = frozenset({pair_subject(three[1].key, three[0].key)})
    assert pairs(*three, different=apart) == [(1, 3, Reason.SAME_ID)]
    apart |= {pair_subject(three[0].key, three[2].key)}
    assert pairs(*three, different=apart) == [(2, 3, Reason.SAME_ID)]
    apart |= {pair_subject(three[1].key, three[2].key)}
    assert pairs(*three, different=apart) == []


@given(st.text(max_size=5), st.text(max_size=5))
def test_a_decision_is_remembered_whichever_is_named_first(left: str, right: str) -> None:
    assert pair_subject(left, right) == pair_subject(right, left)
    assert pair_subject(left, right).startswith("duplicate:")


def test_decisions_about_different_cases_do_not_meet() -> None:
    cases = [f"SSK-2569-{n:06d}" for n in range(6)]
    subjects = {pair_subject(left, right) for left, right in combinations(cases, 2)}
    assert len(subjects) == 15


@given(people, st.randoms(use_true_random=False), st.integers(0, 255))
def test_every_pair_has_its_reason(candidates: list[Candidate], shuffle: object, chosen: int) -> None:
    all_pairs = list(combinations(candidates, 2))
    told_apart = frozenset(
        pair_subject(left.key, right.key)
        for place, (left, right) in enumerate(all_pairs)
        if chosen >> (place % 8) & 1
    )
    found = find_pairs(candidates, told_apart)
    by_key = {candidate.key: candidate.keys for candidate in candidates}
    for pair in found:
        left, right = by_key[pair.left], by_key[pair.right]
        assert pair.left < pair.right
        assert pair_subject(pair.left, pair.right) not in told_apart
        if pair.reason is Reason.SAME_ID:
            assert left.identity == right.identity != ""
        else:
            assert left.place == right.place != ""
            assert not (left.identity and right.identity)
    shuffled = list(candidates)
    shuffle.shuffle(shuffled)  # type: ignore[attr-defined]
    assert find_pairs(shuffled, told_apart) == found
    assert len({(pair.right, pair.reason) for pair in found}) == len(found)


@given(people)
def test_no_case_with_an_earlier_match_goes_without_a_pair(candidates: list[Candidate]) -> None:
    paired = {pair.right for pair in find_pairs(candidates, frozenset())}
    for position, candidate in enumerate(candidates):
        own = candidate.keys
        matches = any(
            (own.identity and own.identity == other.keys.identity)
            or (own.place and own.place == other.keys.place and not (own.identity and other.keys.identity))
            for other in candidates[:position]
        )
        assert (candidate.key in paired) is bool(matches)


@given(people)
def test_one_pair_is_told_once(candidates: list[Candidate]) -> None:
    found = [(pair.left, pair.right) for pair in find_pairs(candidates, frozenset())]
    assert len(set(found)) == len(found)


def test_pairs_come_in_the_order_of_the_later_case() -> None:
    found = find_pairs([case(4, "i"), case(1, "i"), case(3, "", "p"), case(2, "", "p")], frozenset())
    assert [pair.right[-1] for pair in found] == ["3", "4"]
    assert found[0] == Pair("SSK-2569-000002", "SSK-2569-000003", Reason.SAME_NAME_AND_PLACE)


@pytest.mark.parametrize("count", [2, 50])
def test_a_group_has_one_pair_for_each_later_case(count: int) -> None:
    assert len(find_pairs([case(n, "i", "p") for n in range(count)], frozenset())) == count - 1

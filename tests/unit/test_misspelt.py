"""Misspelt names against trying every word, and whole searches against counting the slips of every person."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from bridge.domain.misspelt import MOST_SLIPS, Vocabulary, may_be_misspelt, nearest
from bridge.domain.search_keys import register_keys
from bridge.domain.search_terms import Wanted, gathered, person_entry, whole, word_of
from bridge.domain.values.search import holds, words

WORD = st.text("กขสมิ", min_size=1, max_size=8).filter(lambda word: word[0] != "ิ")


@settings(max_examples=100)
@given(st.lists(WORD, max_size=30), WORD)
def test_words_a_slip_or_two_away_are_all_meant(known: list[str], typed: str) -> None:
    meant = Vocabulary([*known, "=" + typed, "12/3"]).meant(typed)
    most = 1 if len(typed) < 6 else 2
    near = {word: OSA.distance(typed, word) for word in known}
    expected = {word: slips for word, slips in near.items() if 0 < slips <= most and len(typed) > 2}
    alone = {word_of(some[0]): slips for some, slips in meant if len(some) == 1}
    assert alone == expected
    assert [slips for _, slips in meant] == sorted(slips for _, slips in meant)


@settings(max_examples=60)
@given(st.lists(st.tuples(WORD, WORD), min_size=1, max_size=8), WORD, WORD)
def test_people_are_near_by_the_slips_of_all_words(people: list[tuple[str, str]], one: str, two: str) -> None:
    keys = [register_keys({"name": f"{given} {family}"}).search for given, family in people]
    index = gathered(
        (at, person_entry(register_keys({"name": f"{a} {b}"}))) for at, (a, b) in enumerate(people)
    )
    vocabulary, wanted = Vocabulary(filter(None, map(word_of, index))), Wanted((one, two))
    meant = {needle: [m for m in vocabulary.meant(needle) if len(m[0]) == 1] for needle in wanted.needles}
    found = {at: slips for slips, those in nearest(index, wanted, meant).items() for at in those}
    for at, key in enumerate(keys):
        slips = sum(_slips(key, needle) for needle in wanted.needles)
        if all(len(needle) <= 4 for needle in wanted.needles):  # longer ones may be held apart
            assert found.get(at, 99) == (slips if slips <= MOST_SLIPS else 99)
        elif slips <= MOST_SLIPS:
            assert found[at] <= slips


def _slips(key: str, needle: str) -> int:
    if holds(key, needle):
        return 0
    near = [OSA.distance(needle, word) for word in words(key)] if may_be_misspelt(needle) else []
    allowed = [slips for slips in near if slips <= (1 if len(needle) < 6 else 2)]
    return min(allowed, default=99)


def test_names_typed_together_are_taken_apart() -> None:
    vocabulary = Vocabulary(["สมศร", "ใจด", "มาล"])
    assert vocabulary.meant("สมศรใจต") == [((whole("สมศร"), whole("ใจด")), 1)]
    assert vocabulary.meant("สมสรใจด") == [((whole("สมศร"), whole("ใจด")), 1)]
    assert vocabulary.meant("=มาว") == [((whole("=มาล"),), 1)]
    assert vocabulary.meant("12/3") == vocabulary.meant("กข") == []

"""The inverted index against looking through every key: nobody is missed, short needles find who has them alone."""

from __future__ import annotations

from functools import reduce
from operator import and_

from hypothesis import given
from hypothesis import strategies as st

from bridge.domain.fragments import (
    BLOCK,
    fragments,
    gathered,
    is_exact,
    of_amphoe,
    of_level,
    of_tambon,
    packed,
    places_of,
    unpacked,
)
from bridge.domain.search_keys import RegisterKeys, register_keys
from bridge.domain.values.search import needles

LETTERS = st.text("กขสมิ ์", min_size=1, max_size=7)
PEOPLE = st.lists(
    st.builds(
        lambda name, tambon, amphoe, level: register_keys(
            {"name": name, "tambon": tambon, "amphoe": amphoe, "level": level}
        ),
        LETTERS,
        LETTERS,
        LETTERS,
        st.sampled_from((None, "1", "ระดับ ๒")),
    ),
    max_size=12,
)


def holders(index: dict[str, int], wanted: list[str]) -> set[int]:
    return {*places_of(reduce(and_, (index.get(each, 0) for each in wanted)))}


@given(PEOPLE, LETTERS, st.sampled_from(("", "ต.", "อ.")))
def test_whoever_has_the_needle_is_found(people: list[RegisterKeys], typed: str, word: str) -> None:
    index = gathered(enumerate(people))
    for needle in needles(word + typed):
        having = {at for at, keys in enumerate(people) if needle in keys.search}
        found = holders(index, fragments(needle))
        assert found >= having
        assert found == having or not is_exact(needle)


@given(PEOPLE)
def test_places_and_levels(people: list[RegisterKeys]) -> None:
    index = gathered(enumerate(people))
    for keys in people:
        wanted = [of_amphoe(keys.amphoe), of_tambon(keys.tambon), of_level(keys.level)]
        alike = {
            at
            for at, other in enumerate(people)
            if (other.amphoe, other.tambon, other.level) == (keys.amphoe, keys.tambon, keys.level)
        }
        assert holders(index, wanted) == alike


@given(st.sets(st.integers(0, BLOCK - 1)))
def test_bits_are_kept(places: set[int]) -> None:
    bits = sum(1 << at for at in places)
    assert unpacked(packed(bits)) == bits
    assert list(places_of(bits)) == sorted(places)

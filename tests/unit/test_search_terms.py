"""The inverted index against looking through every key: nobody is missed, short needles find who has them alone."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from pyroaring import BitMap

from bridge.domain.search_keys import RegisterKeys, register_keys
from bridge.domain.search_terms import (
    OVERLAP,
    Candidates,
    Wanted,
    gathered,
    is_exact,
    of_amphoe,
    of_level,
    of_tambon,
    person_entry,
)
from bridge.domain.values.search import holds, needles, words

LETTERS = st.text("กขสมิ ์", min_size=1, max_size=9)
PEOPLE = st.lists(
    st.builds(
        lambda name, tambon, amphoe, level, house: register_keys(
            {"name": name, "tambon": tambon, "amphoe": amphoe, "level": level, "house_no": house}
        ),
        LETTERS,
        LETTERS,
        LETTERS,
        st.sampled_from((None, "1", "ระดับ ๒")),
        st.sampled_from((None, "12/3", "๑๒", 3)),
    ),
    max_size=12,
)
TYPED = st.lists(st.one_of(LETTERS, st.sampled_from(("ต.กข", "อ.ส", "12/3", "1"))), min_size=1, max_size=2)


def index(people: list[RegisterKeys]) -> dict[str, BitMap]:
    return gathered((at, person_entry(keys)) for at, keys in enumerate(people))


@settings(max_examples=150)
@given(PEOPLE, TYPED)
def test_whoever_holds_the_needles_is_found(people: list[RegisterKeys], typed: list[str]) -> None:
    rows, asked = index(people), needles(" ".join(typed))
    having = {at for at, keys in enumerate(people) if all(holds(keys.search, needle) for needle in asked)}
    for further in (False, True):
        found = Candidates(rows, Wanted(asked), further=further)
        assert set(found.all) >= having >= set(found.sure)
        assert having == set(found.sure) or not all(map(is_exact, asked))
        ranked = found.ranked()
        assert BitMap.union(*ranked) == found.all and sum(map(len, ranked)) == len(found.all)
        exact = {at for at, keys in enumerate(people) if {*asked} <= {*words(keys.search)}}
        assert set(ranked[0]) == exact or not asked
    unsure = set(found.all) - set(found.sure)
    assert all(_has_letters_twice(people[at].search, asked) for at in unsure), "others need not be compared"


def _has_letters_twice(key: str, asked: tuple[str, ...]) -> bool:
    text = key.replace(" ", "")
    runs = {needle[at : at + OVERLAP] for needle in asked for at in range(1, len(needle) - OVERLAP)}
    return any(text.find(run, text.find(run) + 1) > 0 for run in runs)


@settings(max_examples=50)
@given(PEOPLE)
def test_places_and_levels(people: list[RegisterKeys]) -> None:
    rows = index(people)
    for keys in people:
        label = of_amphoe(keys.amphoe), of_tambon(keys.tambon), of_level(keys.level)
        alike = {
            at
            for at, other in enumerate(people)
            if (other.amphoe, other.tambon, other.level) == (keys.amphoe, keys.tambon, keys.level)
        }
        for wanted in (Wanted((), label), Wanted((), label[2:], (label[:2], ("amphoe:elsewhere",)))):
            assert set(Candidates(rows, wanted).sure) == alike
    assert not Candidates(rows, Wanted((), (), ())).all, "no area is nobody"
    assert len(Candidates(rows, Wanted(())).sure) == len(people)

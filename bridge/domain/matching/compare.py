"""What two people have in common, field by field, each as a level of `EVIDENCE`.

Levels of one field are ordered from the strongest disagreement to the closest agreement; level 0 says that one
side does not know. The comparison is symmetric.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from rapidfuzz.distance import OSA
from rapidfuzz.process import cpdist

from bridge.domain.matching.people import People, count_of, distinct_counts
from bridge.domain.matching.texts import Flags, Ints, Levels, Rows, Texts

# A spelling that hardly anybody else bears (`odd`, `seldom`) is more likely a slip than another name.
NAME_LEVELS: Final = (
    "unknown",
    "differ",
    "alike",
    "two_slips",
    "slip",
    "two_slips_odd",
    "slip_seldom",
    "slip_odd",
    "same",
)
# A family name that both bear tells the more, the fewer others do.
FAMILY_LEVELS: Final = (*NAME_LEVELS, "same_frequent", "same_usual", "same_rare", "same_unique")
PLACE_LEVELS: Final = (
    "unknown",
    "differ",
    "amphoe",
    "house_and_moo",
    "tambon",
    "village",
    "house_elsewhere",
    "house_near",
    "house",
    "house_and_village",
)
RARITY_LEVELS: Final = ("common", "frequent", "usual", "rare", "unique")
# field -> its levels; `home` is family name and address together, see `Evidence.home`.
EVIDENCE: Final[dict[str, tuple[str, ...]]] = {
    "identity": ("unknown", "differ_valid", "differ", "near_valid", "near", "same"),
    "birth": ("unknown", "differ", "part", "near", "digit", "same"),
    "phone": ("unknown", "differ", "near", "same"),
    "title": ("unknown", "sex_differs", "age_differs", "same"),
    "given": NAME_LEVELS,
    "given_rarity": RARITY_LEVELS,
}
# The most rows that bear a unique, rare, usual and frequent name.
RARITY_STEPS: Final = (2, 6, 20, 60)
# A spelling is odd that so many rows bear, and seldom.
ODD_STEPS: Final = (1, 3)
# The numbers of bearers at which a name begins to say something else.
NAME_STEPS: Final = tuple(sorted({*RARITY_STEPS, *ODD_STEPS}))

_NEAR: Final = 1
_LIKE: Final = NAME_LEVELS.index("two_slips")
# House number and street in one are longer than any house number.
_WITH_STREET: Final = 8
_FARTHEST: Final = 3
_SHORT_YEAR: Final = 100


@dataclass(frozen=True)
class Names:
    """How many rows bear each given and family name: agreeing on a rare one tells more."""

    given: tuple[Ints, Ints]
    family: tuple[Ints, Ints]

    @classmethod
    def of(cls, *groups: People) -> Names:
        return cls(
            distinct_counts(np.concatenate([people.given.hashes for people in groups])),
            distinct_counts(np.concatenate([people.family.hashes for people in groups])),
        )


@dataclass(frozen=True)
class Evidence:
    """The levels of each pair. `family` (FAMILY_LEVELS) and `place` (PLACE_LEVELS) are weighed together: that two
    people of one household have the family name and the house in common are not two pieces of evidence."""

    levels: dict[str, Levels]
    family: Levels
    place: Levels

    def __len__(self) -> int:
        return len(self.place)


def compare(left: People, right: People, names: Names) -> Evidence:
    """Row r of `left` with row r of `right`."""
    given, family = _names(left, right, names)
    levels = {
        "identity": _identity(left, right),
        "birth": _birth(left.birth, right.birth),
        "phone": _number(left.phone, right.phone),
        "title": _title(left, right),
        "given": given,
        "given_rarity": _rarity(given, left.given, names.given),
    }
    family += _rarity(family, left.family, names.family)
    return Evidence(levels, family, _place(left, right))


def compare_rows(left: People, left_rows: Rows, right: People, right_rows: Rows, names: Names) -> Evidence:
    return compare(left.take(left_rows), right.take(right_rows), names)


def distances(left: Texts, right: Texts, most: int) -> Ints:
    """Slips of the hand between the texts of each row (a letter too many, missing, wrong, two exchanged), at most
    `most` + 1; texts that are equal are not measured."""
    found = np.zeros(len(left), np.int64)
    rows = np.flatnonzero(left.hashes != right.hashes)
    if len(rows):
        found[rows] = cpdist(
            left.values[rows].tolist(),
            right.values[rows].tolist(),
            scorer=OSA.distance,
            score_cutoff=most,
            dtype=np.int32,
        )
    return found


def lengths(texts: Texts) -> Ints:
    return np.fromiter(map(len, texts.values), np.int64, len(texts))


def _names(left: People, right: People, names: Names) -> tuple[Levels, Levels]:
    """Given and family name; where both changed places on one side, they are compared crosswise."""
    given = _name(left.given, right.given, names.given)
    family = _name(left.family, right.family, names.family)
    rows = np.flatnonzero((given == 1) & (family <= 1) | (given <= 1) & (family == 1)).astype(np.int32)
    if len(rows):
        one, other = left.take(rows), right.take(rows)
        first = _name(one.given, other.family, names.given)
        last = _name(one.family, other.given, names.family)
        crossed = (first >= _LIKE) & (last >= _LIKE)
        given[rows[crossed]], family[rows[crossed]] = first[crossed], last[crossed]
    return given, family


def _name(left: Texts, right: Texts, counts: tuple[Ints, Ints]) -> Levels:
    slips = distances(left, right, _FARTHEST)
    longest = np.maximum(lengths(left), lengths(right))
    near = np.flatnonzero((slips > 0) & (slips <= 2))
    borne = np.full(len(left), ODD_STEPS[-1] + 1, np.int64)
    borne[near] = np.minimum(count_of(left.hashes[near], *counts), count_of(right.hashes[near], *counts))
    level = np.ones(len(left), np.int8)
    level[(slips == 3) & (longest >= 8)] = 2
    level[(slips == 2) & (longest >= 5)] = 3
    level[slips == 1] = 4
    level[(slips == 2) & (longest >= 5) & (borne <= ODD_STEPS[0])] = 5
    level[(slips == 1) & (borne <= ODD_STEPS[1])] = 6
    level[(slips == 1) & (borne <= ODD_STEPS[0])] = 7
    level[slips == 0] = 8
    level[(left.hashes == 0) | (right.hashes == 0)] = 0
    return level


def _rarity(level: Levels, texts: Texts, counts: tuple[Ints, Ints]) -> Levels:
    """0 where the names are not the same."""
    same = np.flatnonzero(level == NAME_LEVELS.index("same"))
    found = np.zeros(len(level), np.int8)
    borne = count_of(texts.hashes[same], *counts)
    found[same] = len(RARITY_STEPS) - np.searchsorted(RARITY_STEPS, borne, "left")
    return found


def _identity(left: People, right: People) -> Levels:
    slips = _slips(left.identity, right.identity)
    valid = left.identity_valid & right.identity_valid
    level = np.where(valid, 1, 2).astype(np.int8)
    level[slips == _NEAR] = np.where(valid[slips == _NEAR], 3, 4)
    level[slips == 0] = 5
    level[(left.identity == 0) | (right.identity == 0)] = 0
    return level


def _number(left: Ints, right: Ints) -> Levels:
    slips = _slips(left, right)
    level = np.ones(len(left), np.int8)
    level[slips == _NEAR] = 2
    level[slips == 0] = 3
    level[(left == 0) | (right == 0)] = 0
    return level


def _slips(left: Ints, right: Ints) -> Ints:
    """0 equal, 1 one slip of the hand apart, 2 farther."""
    found = np.zeros(len(left), np.int64)
    rows = np.flatnonzero((left != right) & (left != 0) & (right != 0))
    if len(rows):
        found[rows] = cpdist(
            list(map(str, left[rows].tolist())),
            list(map(str, right[rows].tolist())),
            scorer=OSA.distance,
            score_cutoff=1,
            dtype=np.int32,
        )
    return found


def _birth(left: Ints, right: Ints) -> Levels:
    """`digit`: day, month and year but for one digit or day and month exchanged; `near`: two of the three parts."""
    (year, month, day), (other_year, other_month, other_day) = _parts(left), _parts(right)
    short = (year < _SHORT_YEAR) | (other_year < _SHORT_YEAR)
    same_year = np.where(short, year % _SHORT_YEAR == other_year % _SHORT_YEAR, year == other_year)
    same = same_year.astype(np.int8) + (month == other_month) + (day == other_day)
    exchanged = same_year & (month == other_day) & (day == other_month)
    level = np.ones(len(left), np.int8)
    level[(same == 1) & same_year] = 2
    level[same == 2] = 3
    gap = np.abs(left - right)
    level[exchanged | ((same == 2) & _one_digit(gap))] = 4
    level[same == 3] = 5
    level[(left == 0) | (right == 0)] = 0
    return level


def _parts(birth: Ints) -> tuple[Ints, Ints, Ints]:
    return birth // 10_000, birth // 100 % 100, birth % 100


def _one_digit(gap: Ints) -> Flags:
    """Whether numbers so far apart differ in one decimal digit (without carrying)."""
    found = np.zeros(len(gap), np.bool_)
    for power in (1, 10, 100, 1_000, 10_000, 100_000, 1_000_000):
        found |= (gap % power == 0) & (gap // power < 10)
    return found


def _title(left: People, right: People) -> Levels:
    """Titles of a man and a woman, of a child and an adult (years may lie between), of the same kind."""
    level = np.where(left.sex != right.sex, 1, np.where(left.child != right.child, 2, 3)).astype(np.int8)
    level[(left.sex == 0) | (right.sex == 0)] = 0
    return level


def _place(left: People, right: People) -> Levels:
    """One comparison of the whole address: its parts lean on each other."""
    house, tambon, amphoe = (
        _part(left.house, right.house),
        _part(left.tambon, right.tambon),
        _part(left.amphoe, right.amphoe),
    )
    moo_known = (left.moo != 0) & (right.moo != 0)
    moo = moo_known & (left.moo == right.moo)
    sure = (tambon >= 2) & (amphoe != 1)
    there = sure | ((tambon == 0) & (amphoe >= 2))
    nowhere = (tambon == 0) & (amphoe == 0)
    level = np.ones(len(house), np.int8)
    level[nowhere] = 0
    level[(amphoe >= 2) | (nowhere & (house == 3))] = 2
    level[((amphoe >= 2) | nowhere) & (house == 3) & moo] = 3
    level[there] = 4
    level[sure & moo] = 5
    level[there & (house == 3)] = 6
    level[there & (house == 2) & (moo | (~moo_known & sure))] = 7
    level[there & (house == 3) & (moo | (~moo_known & sure))] = 8
    level[sure & (house == 3) & moo] = 9
    street = (np.minimum(lengths(left.house), lengths(right.house)) >= _WITH_STREET) & (
        (tambon >= 2) | (amphoe >= 2)
    )
    level[street & (house == 2)] = 8
    level[street & (house == 3)] = 9
    return level


def _part(left: Texts, right: Texts) -> Levels:
    """0 unknown, 1 different, 2 near, 3 same."""
    slips = distances(left, right, _FARTHEST + 1)
    longest = np.maximum(lengths(left), lengths(right))
    level = np.ones(len(left), np.int8)
    level[(slips == 1) & (longest >= 2)] = 2
    level[(slips * 4 <= longest) & (longest >= _WITH_STREET)] = 2
    level[slips == 0] = 3
    level[(left.hashes == 0) | (right.hashes == 0)] = 0
    return level

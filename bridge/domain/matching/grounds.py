"""Why two rows are, or are not, one person: the grounds that a person reads beside a pair."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum

from bridge.domain.matching.compare import EVIDENCE, FAMILY_LEVELS, NAME_LEVELS, PLACE_LEVELS, Evidence

_SAME_NAME = NAME_LEVELS.index("same")


class Ground(StrEnum):
    """In the order in which they are told."""

    IDENTITY_SAME = "identity_same"
    IDENTITY_NEAR = "identity_near"
    IDENTITY_DIFFERS = "identity_differs"
    NAME_SAME = "name_same"
    NAME_NEAR = "name_near"
    GIVEN_SAME = "given_same"
    GIVEN_NEAR = "given_near"
    GIVEN_DIFFERS = "given_differs"
    FAMILY_SAME = "family_same"
    FAMILY_NEAR = "family_near"
    FAMILY_DIFFERS = "family_differs"
    SEX_DIFFERS = "sex_differs"
    BIRTH_SAME = "birth_same"
    BIRTH_NEAR = "birth_near"
    BIRTH_DIFFERS = "birth_differs"
    PHONE_SAME = "phone_same"
    PHONE_NEAR = "phone_near"
    HOUSE_SAME = "house_same"
    HOUSE_NEAR = "house_near"
    VILLAGE_SAME = "village_same"
    TAMBON_SAME = "tambon_same"
    AMPHOE_SAME = "amphoe_same"
    PLACE_DIFFERS = "place_differs"
    JOINED = "joined"


_OF_LEVELS: dict[str, dict[str, Ground]] = {
    "identity": {
        "same": Ground.IDENTITY_SAME,
        "near": Ground.IDENTITY_NEAR,
        "near_valid": Ground.IDENTITY_NEAR,
        "differ": Ground.IDENTITY_DIFFERS,
        "differ_valid": Ground.IDENTITY_DIFFERS,
    },
    "title": {"sex_differs": Ground.SEX_DIFFERS},
    "birth": {
        "same": Ground.BIRTH_SAME,
        "digit": Ground.BIRTH_NEAR,
        "near": Ground.BIRTH_NEAR,
        "part": Ground.BIRTH_DIFFERS,
        "differ": Ground.BIRTH_DIFFERS,
    },
    "phone": {"same": Ground.PHONE_SAME, "near": Ground.PHONE_NEAR},
    "place": {
        "house_and_village": Ground.HOUSE_SAME,
        "house": Ground.HOUSE_SAME,
        "house_near": Ground.HOUSE_NEAR,
        "house_elsewhere": Ground.TAMBON_SAME,
        "village": Ground.VILLAGE_SAME,
        "tambon": Ground.TAMBON_SAME,
        "house_and_moo": Ground.AMPHOE_SAME,
        "amphoe": Ground.AMPHOE_SAME,
        "differ": Ground.PLACE_DIFFERS,
    },
}
Levels = tuple[int, ...]


def levels_of(evidence: Evidence) -> list[Levels]:
    """The levels of each pair as one tuple: fields, family name, place. What `grounds` is asked by."""
    columns = [evidence.levels[field].tolist() for field in EVIDENCE]
    return list(zip(*columns, evidence.family.tolist(), evidence.place.tolist(), strict=True))


def grounds(levels: Levels, joined: bool) -> tuple[Ground, ...]:
    """`joined`: a third row makes the pair, not its own evidence."""
    *fields, family, place = levels
    named = dict(zip(EVIDENCE, fields, strict=True))
    found = [*_of_fields(named), *_of_names(named["given"], family)]
    ground = _OF_LEVELS["place"].get(PLACE_LEVELS[place])
    found += [ground] if ground else []
    found += [Ground.JOINED] if joined else []
    order = list(Ground)
    return tuple(sorted(found, key=order.index))


def _of_fields(named: Mapping[str, int]) -> Iterator[Ground]:
    for field, of_levels in _OF_LEVELS.items():
        if field in named:
            ground = of_levels.get(EVIDENCE[field][named[field]])
            if ground:
                yield ground


def _of_names(given: int, family: int) -> Iterator[Ground]:
    """Both names in one word where they agree alike."""
    first = _likeness(given, NAME_LEVELS)
    last = _likeness(family, FAMILY_LEVELS)
    if first == last and first in ("same", "near"):
        yield Ground.NAME_SAME if first == "same" else Ground.NAME_NEAR
    elif {first, last} == {"same", "near"}:
        yield Ground.NAME_NEAR
    else:
        yield from (Ground(f"{part}_{said}") for part, said in (("given", first), ("family", last)) if said)


def _likeness(level: int, levels: tuple[str, ...]) -> str:
    if level >= _SAME_NAME:
        return "same"
    if level >= levels.index("two_slips"):
        return "near"
    return "differs" if level else ""

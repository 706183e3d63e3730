"""The weight of each piece of evidence, and the score that a pair of people gets from them.

A weight is a logarithm of odds: what the levels of a pair weigh is added up, and the sum is turned into the
probability that both are one person. Where a side does not know, the weight is 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bridge.domain.matching.compare import EVIDENCE, FAMILY_LEVELS, NAME_LEVELS, PLACE_LEVELS, Evidence
from bridge.domain.matching.texts import Flags

Numbers = NDArray[np.float64]

# From here on a pair is more likely one person than two.
LIKELY: Final = 0.5
# Evidence about the person alone; without any of it there is no verdict, however well the places agree.
_PERSONAL: Final = {"identity": "near_valid", "birth": "near", "phone": "near", "given": "alike"}
_UNLIKELY: Final = -1.0
# Two valid ids more than one slip apart: of 178,394 such pairs of the development data one is one person.
_TWO_PEOPLE: Final = -6.0


class Verdict(StrEnum):
    SAME = "same"
    POSSIBLE = "possible"
    DIFFERENT = "different"


@dataclass(frozen=True)
class Weights:
    """`fields[field][level]`; `home[family level][place level]`; a pair is the same person from `same` on.

    households: whether twins, siblings and others of one house are among the people.
    """

    start: float
    fields: Mapping[str, Numbers]
    home: Numbers
    same: float
    households: bool = True

    def __post_init__(self) -> None:
        """Raises ValueError when a level has no weight."""
        for field, levels in EVIDENCE.items():
            if self.fields[field].shape != (len(levels),):
                raise ValueError(field)
        if self.home.shape != (len(FAMILY_LEVELS), len(PLACE_LEVELS)):
            raise ValueError("home")

    def log_odds(self, evidence: Evidence) -> Numbers:
        """Of each pair, before the rule that a place alone decides nothing."""
        total = np.full(len(evidence), self.start)
        for field, weights in self.fields.items():
            total += weights[evidence.levels[field]]
        return total + self.home[evidence.family, evidence.place]

    def judged(self, evidence: Evidence) -> Numbers:
        """Log odds of each pair; less than even where nothing personal agrees, and where the given names are
        two names and neither id nor telephone says otherwise: twins and siblings have the rest in common. Two
        valid ids are two people, though twins may be called nearly alike."""
        total = self.log_odds(evidence)
        two_ids = evidence.levels["identity"] == EVIDENCE["identity"].index("differ_valid")
        total[two_ids] = np.minimum(total[two_ids], _TWO_PEOPLE)
        unlikely = ~_personal(evidence)
        if self.households:
            unlikely |= _two_names(evidence, ("identity", "phone"))
        total[unlikely] = np.minimum(total[unlikely], _UNLIKELY)
        return total

    def uncertain(self, evidence: Evidence) -> Flags:
        """Pairs that a person has to look at, whatever the score: what a household may share, and two that have
        hardly more than a name in common, because how rare a name is few cases do not tell."""
        names_alone = evidence.place < PLACE_LEVELS.index("tambon")
        for field in ("identity", "phone", "birth"):
            names_alone &= evidence.levels[field] < EVIDENCE[field].index(_PERSONAL[field])
        return self.of_household(evidence) | (names_alone & self.households)

    def of_household(self, evidence: Evidence) -> Flags:
        """Pairs without a given name or an id that agree: a household has one telephone, twins have one birthday."""
        if not self.households:
            return np.zeros(len(evidence), np.bool_)
        nameless = evidence.levels["given"] == 0
        nameless &= evidence.levels["identity"] < EVIDENCE["identity"].index(_PERSONAL["identity"])
        found: Flags = _two_names(evidence, ("identity",)) | nameless
        return found

    def verdict(self, score: float) -> Verdict:
        if score >= self.same:
            return Verdict.SAME
        return Verdict.POSSIBLE if score >= LIKELY else Verdict.DIFFERENT


def _personal(evidence: Evidence) -> Flags:
    """Whether id, birth date, phone or given name agree at least nearly."""
    found = np.zeros(len(evidence), np.bool_)
    for field, least in _PERSONAL.items():
        found |= evidence.levels[field] >= EVIDENCE[field].index(least)
    return found


def _two_names(evidence: Evidence, unless: Sequence[str]) -> Flags:
    """Whether the given names are two names, and none of the fields `unless` agrees."""
    given = evidence.levels["given"]
    found: Flags = (given > 0) & (given <= NAME_LEVELS.index("two_slips"))
    for field in unless:
        found &= evidence.levels[field] < EVIDENCE[field].index(_PERSONAL[field])
    return found


def probability(log_odds: Numbers) -> Numbers:
    """The score, from 0 to 1."""
    odds: Numbers = 1.0 / (1.0 + np.exp(-np.clip(log_odds, -30.0, 30.0)))
    return odds


def probability_of(log_odds: float) -> float:
    return float(probability(np.array([log_odds]))[0])

"""Cases of one person among many, and the person of the register that each case is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from bridge.domain.matching.clusters import settle
from bridge.domain.matching.compare import Evidence, Names, compare_rows
from bridge.domain.matching.pairs import Sides, between, within
from bridge.domain.matching.people import People
from bridge.domain.matching.texts import Flags, Rows
from bridge.domain.matching.weights import Numbers, Verdict, Weights, probability

# A runner-up within so many log odds of the best leaves the choice to a person.
CLOSE: Final = 0.5
# Just likely: the same valid id under two names is a slip or worse, and for a person to look at.
_ONE_ID: Final = 0.1


@dataclass(frozen=True)
class Matches:
    """Pairs of rows, each with its score from 0 to 1; `joined`: only a third row makes the pair."""

    left: Rows
    right: Rows
    score: Numbers
    verdict: list[Verdict]
    evidence: Evidence
    joined: Flags

    def __len__(self) -> int:
        return len(self.left)


def find_duplicates(people: People, order: Sequence[str], weights: Weights) -> Matches:
    """The pairs of rows that are more likely one person than two, left row first.

    `order` names the rows (their case numbers): it breaks ties, so that the order of arrival changes nothing.
    """
    names = Names.of(people)
    return settled(people, order, likely(people, within(people), weights, names), weights, names)


@dataclass(frozen=True)
class Likely:
    """Pairs of rows that are likely by their own evidence, before groups are looked at as a whole."""

    left: Rows
    right: Rows
    odds: Numbers


def odds_of(people: People, left: Rows, right: Rows, weights: Weights, names: Names) -> Numbers:
    """Log odds of each pair of cases."""
    return weighed(people, left, right, weights, names)[0]


def weighed(
    people: People, left: Rows, right: Rows, weights: Weights, names: Names
) -> tuple[Numbers, Evidence]:
    """Log odds of each pair of cases, and the evidence for them."""
    evidence = compare_rows(people, left, people, right, names)
    odds = weights.judged(evidence)
    one_id = people.identity_valid[left] & (people.identity[left] == people.identity[right])
    odds[one_id] = np.maximum(odds[one_id], _ONE_ID)
    return odds, evidence


def likely(people: People, sides: Sides, weights: Weights, names: Names) -> Likely:
    """Those of the pairs `sides` that are more likely one person than two."""
    left, right = sides
    odds = odds_of(people, left, right, weights, names)
    chosen = odds >= 0
    return Likely(left[chosen], right[chosen], odds[chosen])


def settled(people: People, order: Sequence[str], pairs: Likely, weights: Weights, names: Names) -> Matches:
    """The pairs that hold when each group of rows that `pairs` connect is looked at as a whole."""

    def of_pairs(left: Rows, right: Rows) -> Numbers:
        return odds_of(people, left, right, weights, names)

    left, right, odds, joined = settle(pairs.left, pairs.right, pairs.odds, of_pairs, order)
    left, right = np.minimum(left, right), np.maximum(left, right)
    in_order = np.lexsort((right, left))
    left, right, odds, joined = left[in_order], right[in_order], odds[in_order], joined[in_order]
    score, evidence = probability(odds), compare_rows(people, left, people, right, names)
    verdicts = [
        Verdict.POSSIBLE if shared and verdict is Verdict.SAME else verdict
        for verdict, shared in zip(
            map(weights.verdict, score.tolist()), weights.uncertain(evidence).tolist(), strict=True
        )
    ]
    return Matches(left, right, score, verdicts, evidence, joined)


@dataclass(frozen=True)
class Candidates:
    """Pairs of a case's row and a register's row with their odds, the best of each case first."""

    case: Rows
    person: Rows
    odds: Numbers


def candidates(
    cases: People,
    register: People,
    order: Sequence[str],
    sides: Sides,
    weights: Weights,
    names: Names,
    least: float,
) -> Candidates:
    """The pairs `sides` from the log odds `least` on, by case, best first; equals by `order`, which names the rows of
    the register."""
    case, person = sides
    odds = weights.judged(compare_rows(cases, case, register, person, names))
    enough = odds >= least
    case, person, odds = case[enough], person[enough], odds[enough]
    in_order = np.lexsort((_ranks(person, order), -odds, case))
    return Candidates(case[in_order], person[in_order], odds[in_order])


def _ranks(rows: Rows, order: Sequence[str]) -> Rows:
    """Of each of these rows the place that its name has among theirs."""
    known, where = np.unique(rows, return_inverse=True)
    names = [order[row] for row in known.tolist()]
    ranks = np.zeros(len(names), np.int32)
    ranks[sorted(range(len(names)), key=names.__getitem__)] = np.arange(len(names))
    return ranks[where]


def link_register(cases: People, register: People, order: Sequence[str], weights: Weights) -> Matches:
    """Each case with the one person of the register that it most likely is, if it is more likely than not.

    Where a second person is nearly as likely the verdict is `possible`. `order` names the rows of the register.
    """
    names = Names.of(cases, register)
    found = candidates(cases, register, order, between(cases, register), weights, names, -CLOSE)
    first = np.flatnonzero(np.r_[True, found.case[1:] != found.case[:-1]][: len(found.case)])
    runner_up = np.full(len(first), -np.inf)
    second = np.minimum(first + 1, max(len(found.case) - 1, 0))
    other = (second > first) & (found.case[second] == found.case[first])
    runner_up[other] = found.odds[second[other]]
    likely = found.odds[first] >= 0
    best, clear = first[likely], (found.odds[first] - runner_up >= CLOSE)[likely]
    case, person, score = found.case[best], found.person[best], probability(found.odds[best])
    evidence = compare_rows(cases, case, register, person, names)
    sure = clear & ~weights.of_household(evidence)
    verdicts = [
        weights.verdict(each) if certain else Verdict.POSSIBLE
        for each, certain in zip(score.tolist(), sure.tolist(), strict=True)
    ]
    return Matches(case, person, score, verdicts, evidence, np.zeros(len(case), np.bool_))

"""Weights of duplicates fitted anew on what staff decided about pairs of cases."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bridge.application.errors import SheetError
from bridge.application.ports.matching import MatchStore
from bridge.application.ports.reviews import ReviewStore
from bridge.domain.matching.compare import Evidence, Names, compare_rows
from bridge.domain.matching.fit import refit
from bridge.domain.matching.rows import CASE_COLUMNS, people_of
from bridge.domain.matching.texts import Flags
from bridge.domain.matching.weights import Weights
from bridge.domain.values.text import header_key

LEAST = 20  # decisions; fewer say more of chance than of people
FOLDS = 5
Figures = dict[str, float]


class RefitWeights:
    """`same` and `not_same` are the province's words. Writes nothing."""

    def __init__(
        self, store: MatchStore, reviews: ReviewStore, weights: Weights, same: str, not_same: str
    ) -> None:
        self._store, self._reviews, self._weights = store, reviews, weights
        self._words = {header_key(same): True, header_key(not_same): False}

    def run(self) -> tuple[Weights, Figures]:
        """The weights, and what part of the decisions agrees with the weights as they were and with weights that did
        not know them. Raises SheetError: refit_too_few."""
        decided = self._decided()
        everybody = list(self._store.everybody())
        rows = {person.case: row for row, person in enumerate(everybody)}
        there = [
            (rows[one], rows[other], same) for one, other, same in decided if {one, other} <= rows.keys()
        ]
        if len(there) < LEAST:
            raise SheetError("refit_too_few", count=len(there), least=LEAST)
        left, right = (np.array([pair[side] for pair in there], np.int32) for side in (0, 1))
        same = np.array([pair[2] for pair in there], np.bool_)
        people = people_of([person.said for person in everybody], CASE_COLUMNS)
        names = Names.of(people)

        def evidence(chosen: Flags) -> Evidence:
            return compare_rows(people, left[chosen], people, right[chosen], names)

        all_of_them = np.ones(len(same), np.bool_)
        found = refit(evidence(all_of_them), same, self._weights)
        before = _likely(self._weights, evidence(all_of_them))
        held_out = np.zeros(len(same), np.bool_)
        for fold in range(FOLDS):
            inside = np.arange(len(same)) % FOLDS == fold
            others = refit(evidence(~inside), same[~inside], self._weights)
            held_out[inside] = _likely(others, evidence(inside))
        return found, {
            "decisions": len(same),
            "decided_same": int(same.sum()),
            "agreed_before": round(float((before == same).mean()), 4),
            "held_out_agreed": round(float((held_out == same).mean()), 4),
        }

    def _decided(self) -> Sequence[tuple[str, str, bool]]:
        return [
            (str(review.item.facts["left"]), str(review.item.facts["right"]), self._words[word])
            for review in self._reviews.decided_pairs()
            if (word := header_key(review.decision)) in self._words
        ]


def _likely(weights: Weights, evidence: Evidence) -> Flags:
    found: Flags = weights.judged(evidence) >= 0
    return found

"""What is known about pairs of cases: what people decided about them in the list `ตรวจสอบ`, and what scores say."""

from __future__ import annotations

from collections.abc import Collection

from bridge.application.ports.matching import MatchStore, pair_subject
from bridge.application.ports.reviews import ReviewStore
from bridge.domain.entitlement.kinship import Link, Tie
from bridge.domain.matching.weights import Verdict
from bridge.domain.values.text import header_key


class KnownPairs:
    """Implements ports.payments.PersonLinks. `same` and `not_same` are the province's words; a decision goes before
    a score."""

    def __init__(self, reviews: ReviewStore, matches: MatchStore, same: str, not_same: str) -> None:
        self._reviews, self._matches = reviews, matches
        self._ties = {header_key(same): Tie.SAME, header_key(not_same): Tie.DIFFERENT}

    def among(self, cases: Collection[str]) -> list[Link]:
        found: dict[str, Link] = {}
        for review in self._reviews.decided_pairs(cases):
            left, right = str(review.item.facts["left"]), str(review.item.facts["right"])
            tie = self._ties.get(header_key(review.decision))
            if tie is not None:
                found[pair_subject(left, right)] = Link(left, right, tie)
        for pair in self._matches.pairs(cases):
            if pair.verdict == Verdict.SAME:
                found.setdefault(pair.subject, Link(pair.left, pair.right, Tie.LIKELY))
        return list(found.values())

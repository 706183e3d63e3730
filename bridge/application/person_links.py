"""What is known about pairs of cases today: what people decided about them in the list `ตรวจสอบ`."""

from __future__ import annotations

from collections.abc import Collection

from bridge.application.ports.reviews import ReviewKind, ReviewStore
from bridge.domain.entitlement.kinship import Link, Tie
from bridge.domain.values.text import header_key


class DecidedPairs:
    """Implements ports.payments.PersonLinks. `same` and `not_same` are the province's words."""

    def __init__(self, reviews: ReviewStore, same: str, not_same: str) -> None:
        self._reviews = reviews
        self._ties = {header_key(same): Tie.SAME, header_key(not_same): Tie.DIFFERENT}

    def among(self, cases: Collection[str]) -> list[Link]:
        found = []
        for review in self._reviews.decided(ReviewKind.DUPLICATE):
            left, right = str(review.item.facts.get("left")), str(review.item.facts.get("right"))
            tie = self._ties.get(header_key(review.decision))
            if tie is not None and (left in cases or right in cases):
                found.append(Link(left, right, tie))
        return found

"""What is known about pairs of cases: what people decided about them in the list `ตรวจสอบ`, and what scores say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from itertools import combinations

from bridge.application.match_register import is_clear
from bridge.application.ports.matching import MatchStore, pair_subject
from bridge.application.ports.reviews import ReviewKind, ReviewStore
from bridge.domain.entitlement.claims import keys_of
from bridge.domain.entitlement.kinship import Link, Tie
from bridge.domain.matching.weights import Verdict, Weights
from bridge.domain.values.text import header_key

MOST = 50  # cases of one house that are taken for one household's; more are no family


class KnownPairs:
    """Implements ports.payments.PersonLinks. `same` and `not_same` are the province's words; a decision goes before
    a score. `weights` are those of the register."""

    def __init__(
        self, reviews: ReviewStore, matches: MatchStore, weights: Weights, same: str, not_same: str
    ) -> None:
        self._reviews, self._matches, self._weights = reviews, matches, weights
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

    def households(self, cases: Collection[str]) -> list[Link]:
        numbers = self._registered(cases)
        homes = {number: keys_of(row).house for number, row in self._matches.homes(numbers.values()).items()}
        together = defaultdict(list)
        for case, number in sorted(numbers.items()):
            if homes.get(number):
                together[homes[number]].append(case)
        return [
            Link(left, right, Tie.HOUSEHOLD)
            for household in together.values()
            for left, right in combinations(household[:MOST], 2)
        ]

    def _registered(self, cases: Collection[str]) -> dict[str, str]:
        """Who of the register each of these cases is, where that is certain or was decided."""
        found = {
            case: links[0].number
            for case, links in self._matches.links(cases).items()
            if is_clear(links, self._weights)
        }
        if not found:
            return {}
        for review in self._reviews.of_cases(sorted(cases)):
            if review.item.kind is ReviewKind.IN_REGISTER and review.decision:
                case, number = review.item.case, str(review.item.facts.get("number"))
                tie = self._ties.get(header_key(review.decision))
                if tie is Tie.SAME:
                    found[case] = number
                elif tie is Tie.DIFFERENT and found.get(case) == number:
                    del found[case]
        return found

"""What people are told of pairs of cases: the column `ซ้ำกับ` and the list `ตรวจสอบ`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import StrEnum

from bridge.application.ports.matching import APART, MatchStore, Pair, Person
from bridge.application.ports.reviews import ReviewItem, ReviewKind, ReviewStore, StoredReview
from bridge.application.ports.wording import Wording
from bridge.application.review_list import ReviewList
from bridge.domain.cells import Cell
from bridge.domain.values.text import header_key

KINDS = (ReviewKind.DUPLICATE, ReviewKind.EARLIER)
BETWEEN_REASONS = " · "
BETWEEN_PAIRS = "; "


class Telling(StrEnum):
    """What another case is to this one."""

    DUPLICATE_SAME = "duplicate_same"
    DUPLICATE_POSSIBLE = "duplicate_possible"
    DUPLICATE_DECIDED = "duplicate_decided"
    EARLIER_SAME = "earlier_same"
    EARLIER_POSSIBLE = "earlier_possible"
    EARLIER_DECIDED = "earlier_decided"


class TellPairs:
    """`not_same` is the province's word for two persons, `same` that for one."""

    def __init__(
        self,
        store: MatchStore,
        reviews: ReviewStore,
        review_list: ReviewList,
        wording: Wording,
        not_same: str,
        same: str,
    ) -> None:
        self._store, self._reviews, self._review_list = store, reviews, review_list
        self._wording = wording
        self._not_same, self._same = header_key(not_same), header_key(same)

    def tell(self, cases: Collection[str]) -> dict[str, str]:
        """The text of `ซ้ำกับ` of each of these cases; the list is brought in line."""
        pairs = [pair for pair in self._store.pairs(cases) if pair.verdict != APART]
        filed = self._filed(cases, pairs)
        persons = self._store.persons({end for pair in pairs for end in (pair.left, pair.right)})
        different = {subject for subject in filed if self._decision(filed, subject) == self._not_same}
        told = [pair for pair in pairs if pair.subject not in different]
        items = [self._item(pair, persons) for pair in told]
        self._review_list.note(items)
        still = different | {item.subject for item in items}
        mine = [subject for subject, review in filed.items() if review.item.case in cases]
        self._review_list.close([subject for subject in mine if subject not in still])
        return self._texts(cases, told, persons, filed)

    def _filed(self, cases: Collection[str], pairs: Iterable[Pair]) -> dict[str, StoredReview]:
        """What was noted before of these cases and pairs, by subject. A pair is filed under its later case."""
        of_cases = {r.item.subject: r for r in self._reviews.of_cases(sorted(cases)) if r.item.kind in KINDS}
        return self._reviews.find({pair.subject for pair in pairs} - of_cases.keys()) | of_cases

    def _decision(self, filed: Mapping[str, StoredReview], subject: str) -> str:
        return header_key(filed[subject].decision) if subject in filed else ""

    def _item(self, pair: Pair, persons: Mapping[str, Person]) -> ReviewItem:
        kind = kind_of(pair, persons)
        told = self._told(kind, pair.verdict, pair.left, pair)
        shown: dict[str, Cell] = {
            "value": pair.right,
            "other": pair.left,
            "reason": self._wording.text("review", str(kind), told=told),
        }
        facts: dict[str, Cell] = {"left": pair.left, "right": pair.right}
        return ReviewItem(pair.subject, kind, pair.right, shown, facts)

    def _texts(
        self,
        cases: Collection[str],
        pairs: Sequence[Pair],
        persons: Mapping[str, Person],
        filed: Mapping[str, StoredReview],
    ) -> dict[str, str]:
        others: dict[str, list[str]] = {case: [] for case in cases}
        for pair in pairs:
            verdict = "decided" if self._decision(filed, pair.subject) == self._same else pair.verdict
            kind = kind_of(pair, persons)
            for own, other in ((pair.left, pair.right), (pair.right, pair.left)):
                if own in others:
                    others[own].append(self._told(kind, verdict, other, pair))
        return {case: BETWEEN_PAIRS.join(texts) for case, texts in others.items()}

    def _told(self, kind: ReviewKind, verdict: str, other: str, pair: Pair) -> str:
        word = Telling(f"{kind}_{verdict}")
        reasons = BETWEEN_REASONS.join(self._wording.text("ground", ground) for ground in pair.grounds)
        return self._wording.text("match", str(word), case=other, score=percent(pair.score), reasons=reasons)


def kind_of(pair: Pair, persons: Mapping[str, Person]) -> ReviewKind:
    """The same type in the same fiscal year is the same matter sent twice; all else is earlier help."""
    left, right = (persons.get(end) for end in (pair.left, pair.right))
    matter = left is not None and right is not None and (left.year, left.kind) == (right.year, right.kind)
    return ReviewKind.DUPLICATE if matter else ReviewKind.EARLIER


def percent(score: float) -> int:
    """Never 100: it is a likelihood."""
    return min(99, round(score * 100))

"""What people are told of a case's place in the register: the column `อยู่ใน TPMAP`, the list `ตรวจสอบ`, and where
the sender says otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bridge.application.match_register import MatchRegister, is_clear
from bridge.application.ports.matching import MatchStore, RegisterLink
from bridge.application.ports.reviews import ReviewItem, ReviewKind, ReviewStore, StoredReview
from bridge.application.ports.rows import Presence, RowState
from bridge.application.ports.wording import Wording
from bridge.application.review_list import ReviewList
from bridge.application.tell_pairs import BETWEEN_REASONS, percent
from bridge.domain.cells import Cell, as_text
from bridge.domain.matching.weights import Weights, probability_of
from bridge.domain.values.text import header_key

_INSIDE = header_key("TPMAP")  # what the question "source" calls the register


@dataclass(frozen=True)
class Told:
    """`cell` is that of the column; `doubts` go with the others of the case."""

    cell: str
    doubts: tuple[str, ...] = ()


class TellRegister:
    """`sources` are the choices of the column `ข้อมูลจาก`; the other words as in TellPairs."""

    def __init__(
        self,
        register: MatchRegister,
        store: MatchStore,
        reviews: ReviewStore,
        review_list: ReviewList,
        wording: Wording,
        weights: Weights,
        sources: Sequence[str],
        not_same: str,
        same: str,
    ) -> None:
        self._register, self._store, self._wording, self._weights = register, store, wording, weights
        self._reviews, self._review_list = reviews, review_list
        self._outside = {header_key(source) for source in sources} - {_INSIDE}
        self._not_same, self._same = header_key(not_same), header_key(same)

    def tell(self, states: Mapping[str, RowState]) -> dict[str, Told]:
        """Of each of these cases; the list is brought in line. Nothing where there is no register."""
        if not self._register.known:
            return {key: Told("") for key in states}
        links = self._store.links(states)
        filed: dict[str, list[StoredReview]] = {}
        for review in self._reviews.of_cases(sorted(states)):
            if review.item.kind is ReviewKind.IN_REGISTER:
                filed.setdefault(review.item.case, []).append(review)
        items: list[ReviewItem] = []
        told = {
            key: self._of_case(state, links.get(key, ()), filed.get(key, []), items)
            for key, state in states.items()
        }
        self._review_list.note(items)
        still = {item.subject for item in items}
        gone = [r.item.subject for each in filed.values() for r in each if r.item.subject not in still]
        self._review_list.close(gone)
        return told

    def _of_case(
        self,
        state: RowState,
        links: Sequence[RegisterLink],
        filed: Sequence[StoredReview],
        items: list[ReviewItem],
    ) -> Told:
        if state.presence is Presence.GONE or state.erased:
            return Told("")
        words = {str(review.item.facts.get("number")): header_key(review.decision) for review in filed}
        chosen = next((number for number, word in words.items() if word == self._same), "")
        if chosen and self._store.in_register(chosen):
            items += [review.item for review in filed if words[str(review.item.facts["number"])]]
            return self._found(state, chosen, self._wording.text("in_register", "decided"))
        refused = [review.item for review in filed if header_key(review.decision) == self._not_same]
        left = [link for link in links if words.get(link.number) != self._not_same]
        if not left:
            items += refused
            return Told(self._wording.text("in_register", "none"), self._contradiction(state, inside=False))
        if is_clear(left, self._weights):
            items += refused
            return self._found(state, left[0].number, self._reasons(left[0]))
        items += [*refused, *(self._item(state.key, link) for link in left)]
        numbers = ", ".join(link.number for link in left)
        return Told(self._wording.text("in_register", "possible", numbers=numbers))

    def _found(self, state: RowState, number: str, reasons: str) -> Told:
        cell = self._wording.text("in_register", "found", number=number, reasons=reasons)
        return Told(cell, self._contradiction(state, inside=True, number=number))

    def _contradiction(self, state: RowState, *, inside: bool, number: str = "") -> tuple[str, ...]:
        """Where the sender says that the person is in the register, and is not, or the other way round."""
        source = as_text(state.values.get("source"))
        said = header_key(source)
        if inside and said in self._outside:
            return (self._wording.text("in_register", "source_found", source=source, number=number),)
        if not inside and said == _INSIDE:
            return (self._wording.text("in_register", "source_none", source=source),)
        return ()

    def _item(self, case: str, link: RegisterLink) -> ReviewItem:
        score = percent(probability_of(link.odds))
        shown: dict[str, Cell] = {
            "value": case,
            "other": link.number,
            "reason": self._wording.text("review", "in_register", score=score, reasons=self._reasons(link)),
        }
        facts: dict[str, Cell] = {"number": link.number}
        return ReviewItem(f"register:{case}:{link.number}", ReviewKind.IN_REGISTER, case, shown, facts)

    def _reasons(self, link: RegisterLink) -> str:
        return BETWEEN_REASONS.join(self._wording.text("ground", ground) for ground in link.grounds)

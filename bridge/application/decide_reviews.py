"""What people decide about the list `ตรวจสอบ`, in its tab or in the portal, carried out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from enum import StrEnum

from bridge.application.choices import put
from bridge.application.ports.journal import Journal
from bridge.application.ports.reviews import ReviewKind, ReviewState, ReviewStore, StoredReview
from bridge.application.ports.rows import Event, Presence, RowState, RowStore
from bridge.application.review_list import TABLE, ReviewList
from bridge.domain.cells import Cell
from bridge.domain.values.text import clean, header_key

LONGEST_WORD = 60  # characters that the ledger keeps of a decision
CHOICES: Mapping[ReviewKind, tuple[str, ...]] = {
    ReviewKind.DUPLICATE: ("not_same", "same"),
    ReviewKind.EARLIER: ("not_same", "same"),
    ReviewKind.IN_REGISTER: ("same", "not_same"),
    ReviewKind.CONFLICT: ("keep_sheet", "take_form"),
    ReviewKind.VANISHED: ("restore_row", "done"),
    ReviewKind.LIMIT: ("go_on",),
    ReviewKind.PAYMENT: ("accept",),
}
OTHERWISE = ("done",)
NOTED = (ReviewKind.LIMIT, ReviewKind.PAPERS)  # what staff write beside these is part of the decision


class Outcome(StrEnum):
    """What became of a decision that was made in the portal."""

    DECIDED = "decided"
    UNKNOWN = "unknown"  # no such item, or not a choice for it
    CLOSED = "closed"  # its cause is gone meanwhile
    CHANGED = "changed"  # somebody decided otherwise since the page was shown


def choices(kind: ReviewKind) -> tuple[str, ...]:
    """The codes of the decisions that make sense for an item."""
    return CHOICES.get(kind, OTHERWISE)


class DecideReviews:
    """`words` are the province's words by code: not_same, same, keep_sheet, take_form, restore_row, done."""

    def __init__(
        self,
        reviews: ReviewStore,
        review_list: ReviewList,
        rows: RowStore,
        journal: Journal,
        words: Mapping[str, str],
        unknown_state: str,
    ) -> None:
        self._reviews, self._review_list, self._rows = reviews, review_list, rows
        self._journal, self._words = journal, words
        self._codes = {header_key(word): code for code, word in words.items()}
        self._unknown_state = unknown_state

    def run(self, keys: Iterable[str]) -> int:
        """Carries out the decisions of the rows `keys`, which staff changed. Inside the caller's transaction."""
        states = self._rows.load(TABLE, keys)
        stored = self._reviews.of_rows(states)
        done = 0
        for state in states.values():
            state.dirty = False
        self._rows.save(TABLE, list(states.values()))
        for key, state in states.items():
            word = clean(str(state.values.get("decision") or ""))
            review = stored.get(key)
            if review is not None and review.item.kind in NOTED:
                self._touch([review.item.case])
            if review is None or review.decision == word[:LONGEST_WORD]:
                continue
            code = self._codes.get(header_key(word)) if word else ""
            if code is None:
                state.values["status"], state.settled = self._unknown_state, False
                self._rows.save(TABLE, [state])
                continue
            self._decide(review, word, code, "sheet")
            done += 1
        return done

    def choose(self, key: str, code: str, seen: str, actor: str, note: str = "") -> Outcome:
        """A decision made in the portal about the item `key`: its code, or "" to take the earlier one back. `seen`
        is the decision that the person was shown. It does what the same word in the tab does, and the next cycle
        writes it there, unless staff have typed another meanwhile: that one is the later. `note`, where there is
        one, takes the place of what stands beside the decision."""
        with self._journal.transaction():
            review = self._reviews.of_rows([key]).get(key)
            if review is None or (code and code not in choices(review.item.kind)):
                return Outcome.UNKNOWN
            self._rows.load("cases", _cases(review))  # first, as a cycle does: two that wait never cross
            state = self._rows.load(TABLE, [key])[key]
            review = self._reviews.of_rows([key])[key]
            current = _decision(state)
            if review.state is ReviewState.GONE:
                return Outcome.CLOSED
            if current != seen:
                return Outcome.CHANGED
            word = self._words[code] if code else ""
            if note:
                self._record(state, "note", note, actor)
            if word != current:
                self._record(state, "decision", word, actor)
                self._decide(review, word, code, actor)
            elif note:
                self._touch(_cases(review))
            return Outcome.DECIDED

    def write(self, key: str, note: str, actor: str) -> Outcome:
        """What staff write in the portal beside the item `key`, as into its cell of the tab."""
        with self._journal.transaction():
            review = self._reviews.of_rows([key]).get(key)
            if review is None:
                return Outcome.UNKNOWN
            self._rows.load("cases", _cases(review))  # first, as in `choose`
            state = self._rows.load(TABLE, [key])[key]
            if self._reviews.of_rows([key])[key].state is ReviewState.GONE:
                return Outcome.CLOSED
            self._record(state, "note", note, actor)
            self._touch(_cases(review))
            return Outcome.DECIDED

    def _record(self, state: RowState, column: str, word: str, actor: str) -> None:
        event = Event(TABLE, state.key, "decided", actor, column, state.values.get(column), word or None)
        state.choose(column, word or None)
        self._rows.save(TABLE, [state], [event])

    def _decide(self, review: StoredReview, word: str, code: str, actor: str) -> None:
        settled = ReviewState.DECIDED if word else ReviewState.OPEN
        self._review_list.save([replace(review, decision=word[:LONGEST_WORD], state=settled)])
        self._carry_out(code, review, actor)

    def _carry_out(self, code: str, review: StoredReview, actor: str) -> None:
        facts = review.item.facts
        if review.item.kind in (ReviewKind.DUPLICATE, ReviewKind.EARLIER):
            self._touch([str(facts["left"]), str(facts["right"])])
        elif review.item.kind in (
            ReviewKind.LIMIT,
            ReviewKind.PAYMENT,
            ReviewKind.PAPERS,
            ReviewKind.IN_REGISTER,
        ):
            self._touch([review.item.case])
        elif review.item.kind is ReviewKind.CONFLICT:
            if code == "take_form":
                self._set(review.item.case, str(facts["column"]), facts.get("form"), actor)
            self._touch([review.item.case])
        elif review.item.kind is ReviewKind.VANISHED and code == "restore_row":
            self._restore(review.item.case, actor)

    def _touch(self, keys: Iterable[str]) -> None:
        states = self._rows.load("cases", keys)
        for state in states.values():
            state.dirty = True
        self._rows.save("cases", list(states.values()))

    def _set(self, key: str, column: str, value: Cell, actor: str) -> None:
        state = self._rows.load("cases", [key])[key]
        event = Event("cases", key, "decided", actor, column, state.values.get(column), value)
        put(state, column, value)
        state.settled = state.presence is Presence.GONE
        self._rows.save("cases", [state], [event])

    def _restore(self, key: str, actor: str) -> None:
        state = self._rows.load("cases", [key]).get(key)
        if state is not None and state.presence is Presence.GONE:
            state.presence, state.settled, state.dirty = Presence.ABSENT, False, True
            state.confirmed = {}
            self._rows.save("cases", [state], [Event("cases", key, "restored_row", actor)])


def _decision(state: RowState) -> str:
    return clean(str(state.values.get("decision") or ""))


def _cases(review: StoredReview) -> list[str]:
    facts = review.item.facts
    return sorted({review.item.case, str(facts.get("left") or ""), str(facts.get("right") or "")} - {""})

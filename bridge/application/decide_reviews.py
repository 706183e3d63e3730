"""What people decide in the tab `ตรวจสอบ`, carried out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from bridge.application.ports.reviews import ReviewKind, ReviewState, ReviewStore, StoredReview
from bridge.application.ports.rows import Event, Presence, RowStore
from bridge.application.review_list import TABLE, ReviewList
from bridge.domain.cells import Cell
from bridge.domain.values.text import clean, header_key

LONGEST_WORD = 60  # characters that the ledger keeps of a decision


class DecideReviews:
    """`words` are the province's words by code: not_same, same, keep_sheet, take_form, restore_row, done."""

    def __init__(
        self,
        reviews: ReviewStore,
        review_list: ReviewList,
        rows: RowStore,
        words: Mapping[str, str],
        unknown_state: str,
    ) -> None:
        self._reviews, self._review_list, self._rows = reviews, review_list, rows
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
            if review is None or review.decision == word[:LONGEST_WORD]:
                continue
            code = self._codes.get(header_key(word)) if word else ""
            if code is None:
                state.values["status"], state.settled = self._unknown_state, False
                self._rows.save(TABLE, [state])
                continue
            settled = ReviewState.DECIDED if word else ReviewState.OPEN
            self._review_list.save([replace(review, decision=word[:LONGEST_WORD], state=settled)])
            self._carry_out(code, review)
            done += 1
        return done

    def _carry_out(self, code: str, review: StoredReview) -> None:
        facts = review.item.facts
        if review.item.kind is ReviewKind.DUPLICATE:
            self._touch([str(facts["left"]), str(facts["right"])])
        elif review.item.kind is ReviewKind.CONFLICT:
            if code == "take_form":
                self._set(review.item.case, str(facts["column"]), facts.get("form"))
            self._touch([review.item.case])
        elif review.item.kind is ReviewKind.VANISHED and code == "restore_row":
            self._restore(review.item.case)

    def _touch(self, keys: Iterable[str]) -> None:
        states = self._rows.load("cases", keys)
        for state in states.values():
            state.dirty = True
        self._rows.save("cases", list(states.values()))

    def _set(self, key: str, column: str, value: Cell) -> None:
        state = self._rows.load("cases", [key])[key]
        event = Event("cases", key, "decided", "sheet", column, state.values.get(column), value)
        state.values[column] = value
        state.settled = state.presence is Presence.GONE
        self._rows.save("cases", [state], [event])

    def _restore(self, key: str) -> None:
        state = self._rows.load("cases", [key]).get(key)
        if state is not None and state.presence is Presence.GONE:
            state.presence, state.settled, state.dirty = Presence.ABSENT, False, True
            state.confirmed = {}
            self._rows.save("cases", [state], [Event("cases", key, "restored_row", "sheet")])

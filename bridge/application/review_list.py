"""Keeping the list of what a person should look at: noting, closing, and the rows that show it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from bridge.application.ports.clock import Clock
from bridge.application.ports.reviews import ReviewItem, ReviewKind, ReviewState, ReviewStore, StoredReview
from bridge.application.ports.rows import Event, Presence, RowState, RowStore
from bridge.application.ports.wording import Wording
from bridge.domain.cells import Cell

TABLE = "reviews"
BANGKOK = timedelta(hours=7)


class ReviewList:
    """Used by the use cases; every method belongs inside the caller's transaction."""

    def __init__(
        self,
        reviews: ReviewStore,
        rows: RowStore,
        clock: Clock,
        wording: Wording,
        kinds: Mapping[ReviewKind, str],
        states: Mapping[ReviewState, str],
        headers: Mapping[str, str],
    ) -> None:
        self._reviews, self._rows, self._clock, self._wording = reviews, rows, clock, wording
        self._kinds, self._states, self._headers = kinds, states, headers

    def note(self, items: Sequence[ReviewItem]) -> int:
        """Adds what is new and reopens what came back; a decision that was taken stays. Returns how many are new."""
        latest = {item.subject: item for item in items}
        known = self._reviews.find(latest)
        number = self._reviews.next_number()
        saved: list[StoredReview] = []
        new = 0
        for subject, item in latest.items():
            old = known.get(subject)
            if old is None:
                saved.append(StoredReview(f"R-{number + new:06d}", item, ReviewState.OPEN, ""))
                new += 1
            elif old.state is ReviewState.GONE or old.item != item:
                state = ReviewState.DECIDED if old.decision else ReviewState.OPEN
                saved.append(replace(old, item=item, state=state))
        self.save(saved)
        return new

    def close(self, subjects: Iterable[str]) -> None:
        """Their cause is gone. A decision that was taken stays on record."""
        found = self._reviews.find(subjects)
        self.save(
            [
                replace(old, state=ReviewState.GONE)
                for old in found.values()
                if old.state is not ReviewState.GONE
            ]
        )

    def close_others(self, prefix: str, still: Iterable[str]) -> None:
        """Closes every open one whose subject begins with `prefix` and is not in `still`."""
        keep = set(still)
        self.close(
            [
                stored.item.subject
                for stored in self._reviews.with_prefix(prefix)
                if stored.state is not ReviewState.GONE and stored.item.subject not in keep
            ]
        )

    def save(self, reviews: Sequence[StoredReview]) -> None:
        """Stores the reviews and brings their rows of the tab in line."""
        if not reviews:
            return
        self._reviews.save(reviews)
        states = self._rows.load(TABLE, [review.key for review in reviews])
        now = (self._clock.now() + BANGKOK).replace(tzinfo=None, microsecond=0)
        changed: list[RowState] = []
        events: list[Event] = []
        for review in reviews:
            state = states.get(review.key)
            if state is None:
                state = RowState(review.key, values={"item": review.key, "found_at": now})
                events.append(Event(TABLE, review.key, "found", "bridge", new=review.item.subject))
            if review.state is ReviewState.OPEN and state.presence in (Presence.MISSING, Presence.GONE):
                state.presence, state.confirmed = Presence.ABSENT, {}  # people took it off; there is news
            state.values.update(self._cells(review))
            state.settled, state.dirty = state.presence is Presence.GONE, False
            changed.append(state)
        self._rows.save(TABLE, changed, events)

    def _cells(self, review: StoredReview) -> dict[str, Cell]:
        shown = dict(review.item.shown)
        column = shown.get("column")
        if isinstance(column, str):
            shown["column"] = self._headers.get(column, column)
        shown.setdefault("reason", self._wording.text("review", str(review.item.kind), case=review.item.case))
        return {
            "kind": self._kinds[review.item.kind],
            "case_id": review.item.case or None,
            **shown,
            "status": self._states[review.state],
        }

"""Which papers a case still lacks: staff name them in the list `ตรวจสอบ` (or in the portal), the sender is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bridge.application.ports.reviews import ReviewItem, ReviewKind, ReviewState, ReviewStore
from bridge.application.ports.rows import Presence, RowState, RowStore
from bridge.application.ports.wording import Wording
from bridge.application.review_list import TABLE, ReviewList
from bridge.domain.cells import as_text
from bridge.domain.entitlement.benefits import Benefit, benefits_of
from bridge.domain.entitlement.papers import checklist, missing
from bridge.domain.workflow import Rules

COLUMN = "missing_papers"  # of a case's values; the sheet has no such column, the publication has
SEPARATOR = " · "


def subject(case: str) -> str:
    return f"papers:{case}"


class MissingPapers:
    """Every method that writes belongs inside the caller's transaction."""

    def __init__(
        self,
        reviews: ReviewStore,
        review_list: ReviewList,
        rows: RowStore,
        wording: Wording,
        rules: Rules,
        benefits: Sequence[Benefit],
    ) -> None:
        self._reviews, self._review_list, self._rows = reviews, review_list, rows
        self._wording, self._rules, self._benefits = wording, rules, benefits

    def judge(self, states: Mapping[str, RowState]) -> dict[str, list[str]]:
        """Asks which papers are missing where staff sent a case back for them, and fills `missing_papers` of the
        states with the answer. Returns what a person should look at, by case."""
        asking = [key for key, state in states.items() if self._is_sent_back(state)]
        self._review_list.note([self._item(states[key]) for key in asking])
        told = {subject(key) for key in asking}
        known = self._reviews.find([subject(key) for key in states])
        self._review_list.close([one for one in known if one not in told])
        notes = self._rows.load(TABLE, [review.key for one, review in known.items() if one in told])
        sentences: dict[str, list[str]] = {}
        for key, state in states.items():
            state.values.pop(COLUMN, None)
            review = known.get(subject(key))
            if key not in asking or review is None:
                continue
            note = as_text(notes[review.key].values.get("note"))
            named = missing(note, self.checklist(state))
            if named:
                state.values[COLUMN] = SEPARATOR.join(named)
            else:
                sentences[key] = [self._wording.text("papers", "unnamed", item=review.key)]
        return sentences

    def checklist(self, state: RowState) -> list[str]:
        found = benefits_of(state.values, self._benefits, self._rules.case_types)
        return checklist(found.benefits)

    def named(self, state: RowState) -> tuple[str, list[str]]:
        """The item of the list that asks for a case's missing papers ("" for none), and what was named there."""
        review = self._reviews.find([subject(state.key)]).get(subject(state.key))
        if review is None or review.state is ReviewState.GONE:
            return "", []
        note = self._rows.load(TABLE, [review.key])[review.key].values.get("note")
        return review.key, missing(as_text(note), self.checklist(state))

    def _is_sent_back(self, state: RowState) -> bool:
        return state.presence is not Presence.GONE and self._rules.lacks_papers(state.values.get("step"))

    def _item(self, state: RowState) -> ReviewItem:
        numbered = [f"{number} {paper}" for number, paper in enumerate(self.checklist(state), 1)]
        reason = self._wording.text("review", "papers", papers=SEPARATOR.join(numbered) or "-")
        return ReviewItem(subject(state.key), ReviewKind.PAPERS, state.key, {"reason": reason})

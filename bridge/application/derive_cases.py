"""What the bridge computes for each case: suggestions, duplicates, and what a person should look at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from bridge.application.limits import Limits
from bridge.application.missing_papers import COLUMN as MISSING_PAPERS
from bridge.application.missing_papers import MissingPapers
from bridge.application.ports.cases import CaseStore
from bridge.application.ports.journal import Journal
from bridge.application.ports.reviews import ReviewItem, ReviewKind, ReviewState, ReviewStore, StoredReview
from bridge.application.ports.rows import Event, Presence, RowState, RowStore
from bridge.application.ports.wording import Wording
from bridge.application.review_list import ReviewList
from bridge.domain.cases import MatchKeys, doubts, match_keys
from bridge.domain.cells import Cell, same
from bridge.domain.columns import Table
from bridge.domain.matching import Candidate, Pair, find_pairs, pair_subject
from bridge.domain.values.places import Places
from bridge.domain.values.text import header_key
from bridge.domain.workflow import Rules, resolve

CHUNK = 2_000
SEPARATOR = " · "


class DeriveCases:
    """Works on the rows that are marked dirty, in chunks, each in a transaction. Money is counted in all of them
    before any is judged; the cases that it may touch are marked as well, so that none is missed after a stop."""

    def __init__(
        self,
        table: Table,
        cases: CaseStore,
        rows: RowStore,
        journal: Journal,
        reviews: ReviewStore,
        review_list: ReviewList,
        wording: Wording,
        places: Places,
        rules: Rules,
        not_same: str,
        limits: Limits,
        papers: MissingPapers,
    ) -> None:
        self._headers = {column.key: column.header for column in table.columns}
        self._cases, self._rows, self._journal = cases, rows, journal
        self._reviews, self._review_list, self._wording = reviews, review_list, wording
        self._places, self._rules, self._not_same = places, rules, header_key(not_same)
        self._limits, self._papers = limits, papers

    def run(self) -> int:
        """How many cases were computed anew."""
        dirty = self._rows.dirty("cases")
        if len(dirty) > CHUNK:
            return self._run(dirty)
        with self._journal.transaction():
            return self._run(dirty)

    def _run(self, dirty: Sequence[str]) -> int:
        touched = set(dirty)
        for chunk in _chunks(dirty):
            with self._journal.transaction():
                touched |= self._count(chunk)
        for chunk in _chunks(sorted(touched)):
            with self._journal.transaction():
                self._derive(chunk)
        return len(touched)

    def _count(self, keys: Sequence[str]) -> set[str]:
        """Brings what limits count in step with these rows. Returns the other cases that have to be judged."""
        states = self._rows.load("cases", keys)
        dependants = self._limits.take(states, self._cases.fiscal_years(states))
        self._rows.mark_dirty("cases", dependants)
        return dependants

    def _derive(self, keys: Sequence[str]) -> None:
        states = self._rows.load("cases", keys)
        duplicates = self._match(states)
        self._note_vanished(states)
        before = {key: dict(state.values) for key, state in states.items()}
        asked = set(states)
        here = {key: state for key, state in states.items() if not state.erased}
        for state in here.values():
            self._suggest(state)
        reviews = self._reviewed(here)
        others = self._rows.load("cases", [key for key in duplicates if key not in states])
        before.update((key, dict(state.values)) for key, state in others.items())
        states.update(others)
        events: list[Event] = []
        for key, state in states.items():
            if key in asked:
                state.dirty = False
            if key in reviews:
                state.values["review"] = reviews[key] or None
            if key in duplicates:
                state.values["duplicate_of"] = duplicates[key] or None
            events.extend(self._changes(key, before[key], state.values))
            if state.presence is not Presence.GONE and before[key] != state.values:
                state.settled = False
        self._rows.save("cases", list(states.values()), events)

    def _reviewed(self, states: Mapping[str, RowState]) -> dict[str, str]:
        """The text of `ข้อควรตรวจสอบ`, by case."""
        limits, papers = self._limits.judge(states), self._papers.judge(states)
        conflicts = self._open_conflicts(states)
        return {
            key: self._review_text(state, conflicts.get(key, ()), [*limits[key], *papers.get(key, ())])
            for key, state in states.items()
        }

    def _note_vanished(self, states: Mapping[str, RowState]) -> None:
        """Here and not where the loss is heard: reviews get their numbers in this order also after a stop."""
        gone = [k for k, state in states.items() if state.presence is Presence.GONE and not state.erased]
        self._review_list.note([ReviewItem(f"vanished:{key}", ReviewKind.VANISHED, key) for key in gone])
        self._review_list.close([f"vanished:{key}" for key in sorted(states.keys() - set(gone))])

    @staticmethod
    def _changes(key: str, before: Mapping[str, Cell], after: Mapping[str, Cell]) -> list[Event]:
        return [
            Event("cases", key, "computed", "bridge", column, before.get(column), after.get(column))
            for column in ("operation", "step", "outcome", "duplicate_of", "review", MISSING_PAPERS)
            if not same(before.get(column), after.get(column))
        ]

    def _suggest(self, state: RowState) -> None:
        resolved, wanted = resolve(state.values, state.suggested, self._rules)
        state.values.update(resolved)
        for column, suggestion in wanted.items():
            earlier = [old for old in state.suggested.get(column, ()) if old != suggestion]
            state.suggested[column] = [*earlier, suggestion]

    def _review_text(self, state: RowState, conflicts: Iterable[str], others: Iterable[str]) -> str:
        problems = doubts(state.values, self._places, self._rules)
        blank = [self._headers[problem.column] for problem in problems if problem.code == "needed_blank"]
        sentences = [
            self._wording.problem(problem, self._headers)
            for problem in problems
            if problem.code != "needed_blank"
        ]
        if blank:
            sentences.append(self._wording.text("flag", "needed_blank", columns=", ".join(blank)))
        sentences += [self._wording.text("flag", "conflict", column=column) for column in conflicts]
        return SEPARATOR.join(dict.fromkeys([*sentences, *others]))

    def _open_conflicts(self, states: Mapping[str, RowState]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for stored in self._reviews.of_cases(states):
            if stored.item.kind is ReviewKind.CONFLICT and stored.state is ReviewState.OPEN:
                column = str(stored.item.facts.get("column"))
                found.setdefault(stored.item.case, []).append(self._headers.get(column, column))
        return found

    # duplicates

    def _match(self, states: Mapping[str, RowState]) -> dict[str, str]:
        """The text of `ซ้ำกับ` for every case whose pairs may have changed."""
        years = self._cases.fiscal_years(states)
        before = self._cases.match_keys(states)
        after = {key: Candidate(key, self._keys(state, years[key])) for key, state in states.items()}
        moved = {key: c for key, c in after.items() if before.get(key) != c}
        self._cases.set_match_keys(list(moved.values()))
        # A decision may have changed without the keys: every derived case is looked at, with its groups.
        touched = self._cases.sharing([*after.values(), *(before[key] for key in moved if key in before)])
        affected = {candidate.key for candidate in touched} | set(moved)
        near = self._cases.sharing(touched)
        filed = self._filed(affected | {candidate.key for candidate in near})
        different = frozenset(
            subject for subject, review in filed.items() if header_key(review.decision) == self._not_same
        )
        pairs = [
            pair for pair in find_pairs(near, different) if pair.left in affected or pair.right in affected
        ]
        known = [
            subject
            for subject, review in filed.items()
            if subject not in different and not affected.isdisjoint(map(str, review.item.facts.values()))
        ]
        self._note(pairs, known)
        return self._texts(pairs, affected)

    def _filed(self, cases: Iterable[str]) -> dict[str, StoredReview]:
        """The pairs noted before, by subject. A pair is filed under its later case; where only the earlier one
        is asked for, they share no keys any more, and the pair was closed when they parted."""
        return {
            review.item.subject: review
            for review in self._reviews.of_cases(sorted(cases))
            if review.item.kind is ReviewKind.DUPLICATE
        }

    def _keys(self, state: RowState, year: int) -> MatchKeys:
        """A case whose row was deleted, or whose person was erased, is nobody's duplicate."""
        nobody = state.erased or state.presence is Presence.GONE
        return MatchKeys("", "") if nobody else match_keys(state.values, year)

    def _note(self, pairs: Sequence[Pair], known: Sequence[str]) -> None:
        items = [self._item(pair) for pair in pairs]
        self._review_list.note(items)
        still = {item.subject for item in items}
        self._review_list.close([subject for subject in known if subject not in still])

    def _item(self, pair: Pair) -> ReviewItem:
        reason = self._wording.text("match", str(pair.reason))
        shown: dict[str, Cell] = {
            "value": pair.right,
            "other": pair.left,
            "reason": self._wording.text("review", "duplicate", reason=reason),
        }
        facts: dict[str, Cell] = {"left": pair.left, "right": pair.right}
        subject = pair_subject(pair.left, pair.right)
        return ReviewItem(subject, ReviewKind.DUPLICATE, pair.right, shown, facts)

    def _texts(self, pairs: Sequence[Pair], affected: Iterable[str]) -> dict[str, str]:
        others: dict[str, list[str]] = {key: [] for key in affected}
        for pair in pairs:
            reason = self._wording.text("match", str(pair.reason))
            for own, other in ((pair.left, pair.right), (pair.right, pair.left)):
                if own in others:
                    others[own].append(f"{other} ({reason})")
        return {key: SEPARATOR.join(sorted(texts)) for key, texts in others.items()}


def _chunks(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    return (keys[start : start + CHUNK] for start in range(0, len(keys), CHUNK))

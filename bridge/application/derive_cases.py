"""What the bridge computes for each case: suggestions, duplicates, and what a person should look at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from bridge.application.limits import Limits
from bridge.application.match_cases import MatchCases
from bridge.application.missing_papers import COLUMN as MISSING_PAPERS
from bridge.application.missing_papers import MissingPapers
from bridge.application.ports.cases import CaseStore
from bridge.application.ports.journal import Journal
from bridge.application.ports.reviews import ReviewItem, ReviewKind, ReviewState, ReviewStore
from bridge.application.ports.rows import Event, Presence, RowState, RowStore
from bridge.application.ports.wording import Wording
from bridge.application.review_list import ReviewList
from bridge.application.tell_pairs import TellPairs
from bridge.application.tell_register import TellRegister, Told
from bridge.domain.cases import doubts
from bridge.domain.cells import Cell, same
from bridge.domain.columns import Table
from bridge.domain.values.places import Places
from bridge.domain.workflow import Rules, resolve

CHUNK = 64  # rows of a transaction: on SQLite the portal's notes wait for it
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
        matching: MatchCases,
        pairs: TellPairs,
        register: TellRegister,
        limits: Limits,
        papers: MissingPapers,
    ) -> None:
        self._headers = {column.key: column.header for column in table.columns}
        self._cases, self._rows, self._journal = cases, rows, journal
        self._reviews, self._review_list, self._wording = reviews, review_list, wording
        self._places, self._rules = places, rules
        self._matching, self._pairs, self._register = matching, pairs, register
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
        with self._journal.transaction():
            compared = self._matching.settle()
            self._rows.mark_dirty("cases", compared)
        touched |= compared
        for chunk in _chunks(sorted(touched)):
            with self._journal.transaction():
                self._derive(chunk)
        return len(touched)

    def _count(self, keys: Sequence[str]) -> set[str]:
        """Brings what limits count, and what is compared, in step with these rows. Returns the other cases that have
        to be judged."""
        states = self._rows.load("cases", keys)
        years = self._cases.fiscal_years(states)
        dependants = self._limits.take(states, years) | self._matching.hear(states, years)
        self._rows.mark_dirty("cases", dependants)
        return dependants

    def _derive(self, keys: Sequence[str]) -> None:
        states = self._rows.load("cases", keys)
        duplicates = self._pairs.tell(states)
        self._note_vanished(states)
        before = {key: dict(state.values) for key, state in states.items()}
        here = {key: state for key, state in states.items() if not state.erased}
        for state in here.values():
            self._suggest(state)
        registered = self._register.tell(states)
        reviews = self._reviewed(here, registered)
        events: list[Event] = []
        for key, state in states.items():
            state.dirty = False
            if key in reviews:
                state.values["review"] = reviews[key] or None
                state.values["in_tpmap"] = registered[key].cell or None
            state.values["duplicate_of"] = duplicates[key] or None
            events.extend(self._changes(key, before[key], state.values))
            if state.presence is not Presence.GONE and before[key] != state.values:
                state.settled = False
        self._rows.save("cases", list(states.values()), events)

    def _reviewed(self, states: Mapping[str, RowState], registered: Mapping[str, Told]) -> dict[str, str]:
        """The text of `ข้อควรตรวจสอบ`, by case."""
        limits, papers = self._limits.judge(states), self._papers.judge(states)
        conflicts = self._open_conflicts(states)
        others = {key: [*registered[key].doubts, *limits[key], *papers.get(key, ())] for key in states}
        return {
            key: self._review_text(state, conflicts.get(key, ()), others[key])
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
            for column in (
                "operation",
                "step",
                "outcome",
                "duplicate_of",
                "in_tpmap",
                "review",
                MISSING_PAPERS,
            )
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


def _chunks(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    return (keys[start : start + CHUNK] for start in range(0, len(keys), CHUNK))

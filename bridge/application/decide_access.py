"""What an admin decides in the portal about who may come in. It does what the same words in the access sheet do, and
the next cycle writes them there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bridge.application.approve_access import TABLE, ApproveAccess, conflicts_of
from bridge.application.ports.accounts import AccountStore, Request
from bridge.application.ports.journal import Journal
from bridge.application.ports.people import People
from bridge.application.ports.rows import Event, PastEvent, Presence, RowState, RowStore
from bridge.application.review_list import ReviewList
from bridge.domain.access import (
    AccessWords,
    Decision,
    Role,
    area_text,
    decide,
    read_areas,
    read_role,
)
from bridge.domain.cells import Cell, row_digest
from bridge.domain.problems import Problem
from bridge.domain.values.places import Places

Areas = tuple[tuple[str, str], ...]
SEEN = ("org", "first_name", "last_name", "last4", "email", "phone", "approval", "role", "area")
CHOSEN = ("role", "area")  # an admin chooses these here; what is wrong in them now is in nobody's way


class Outcome(StrEnum):
    """What became of a decision."""

    DECIDED = "decided"
    SAME = "same"  # the row says so already
    UNKNOWN = "unknown"  # no such request
    CHANGED = "changed"  # the row is not as it was when the page was shown
    GONE = "gone"  # its row was deleted from the sheet
    UNNUMBERED = "unnumbered"  # typed in the sheet, where its number is yet to be written
    OWN = "own"  # nobody decides about their own account, so that an admin is always left
    TO_MEND = "to_mend"  # something else in the row must be mended first


@dataclass(frozen=True)
class Choice:
    """`role` and `areas` count where `decision` approves; areas as (amphoe, tambon), tambon "" for the whole."""

    decision: Decision
    role: Role = Role.OFFICER
    areas: Areas = ()


@dataclass(frozen=True)
class Standing:
    """A request as it stands. `role` is None where its cell cannot be read; `problems` are what an admin cannot choose
    here and somebody must mend in the sheet before it can be approved; `waiting` are the columns that the sheet has
    yet to show; `seen` names all of it."""

    request: Request
    values: Mapping[str, Cell]
    decision: Decision
    role: Role | None
    areas: Areas
    problems: Sequence[Problem]
    waiting: Sequence[str]
    closed: Outcome | None
    seen: str


class DecideAccess:
    def __init__(
        self,
        accounts: AccountStore,
        people: People,
        rows: RowStore,
        review_list: ReviewList,
        journal: Journal,
        approve: ApproveAccess,
        words: AccessWords,
        places: Places,
    ) -> None:
        self._accounts, self._people, self._rows = accounts, people, rows
        self._review_list, self._journal, self._approve = review_list, journal, approve
        self._words, self._places = words, places

    def of(self, key: str) -> Standing | None:
        """How the request `key` stands; None where there is none."""
        request, state = self._accounts.requests([key]).get(key), self._rows.load(TABLE, [key]).get(key)
        return None if request is None or state is None else self._standing(request, state)

    def history(self, key: str) -> list[PastEvent]:
        return self._rows.history(TABLE, key)

    def choose(self, key: str, choice: Choice, seen: str, admin: str) -> Outcome:
        """What the account `admin` decides. `seen` names what was shown to them: what they did not see is not
        approved. The account is as decided at once; mail goes by the outbox. Where people typed something else into
        the same cell of the sheet meanwhile, the next cycle takes that, and tells of it on the list."""
        with self._journal.transaction():
            own = self._people.find(admin)
            # Both rows, so that two admins who close each other's accounts come one after the other.
            states = self._rows.load(TABLE, [key, own.request if own else ""])
            request, state, own = (
                self._accounts.requests([key]).get(key),
                states.get(key),
                self._people.find(admin),
            )
            if (
                request is None
                or state is None
                or own is None
                or not own.active
                or own.role is not Role.ADMIN
            ):
                return Outcome.UNKNOWN
            standing = self._standing(request, state)
            refused = self._refused(standing, choice, seen, admin)
            return refused or self._do(state, choice, f"portal:{admin}")

    def _standing(self, request: Request, state: RowState) -> Standing:
        values = state.values
        wrong = [one for one in self._approve.problems(state, request) if one.column not in CHOSEN]
        closed = {Presence.GONE: Outcome.GONE, Presence.TYPED: Outcome.UNNUMBERED}.get(state.presence)
        return Standing(
            request,
            values,
            decide(values.get("approval"), self._words),
            read_role(values.get("role"), self._words)[0],
            read_areas(values.get("area"), self._places)[0],
            wrong,
            sorted(state.suggested),
            closed,
            f"{request.state}-{row_digest(SEEN, values)}",
        )

    @staticmethod
    def _refused(standing: Standing, choice: Choice, seen: str, admin: str) -> Outcome | None:
        if standing.closed is not None:
            return standing.closed
        if standing.request.account == admin:
            return Outcome.OWN
        if standing.seen != seen:
            return Outcome.CHANGED
        if choice.decision is Decision.APPROVE and standing.problems:
            return Outcome.TO_MEND
        return None

    def _do(self, state: RowState, choice: Choice, actor: str) -> Outcome:
        cells = self._cells(state.values, choice)
        if not cells:
            return Outcome.SAME
        events = []
        for column, value in cells.items():
            events.append(Event(TABLE, state.key, "chosen", actor, column, state.values.get(column), value))
            state.choose(column, value)
        self._rows.save(TABLE, [state], events)
        self._review_list.close_others(conflicts_of(state.key), [])
        self._approve.decide([state.key], actor)
        return Outcome.DECIDED

    def _cells(self, values: Mapping[str, Cell], choice: Choice) -> dict[str, Cell]:
        """The cells that must be written for the row to say so. One that says it in other words stays as it is."""
        cells: dict[str, Cell] = {}
        if decide(values.get("approval"), self._words) is not choice.decision:
            listed = self._words.approve if choice.decision is Decision.APPROVE else self._words.refuse
            cells["approval"] = listed[0]
        if choice.decision is Decision.APPROVE:
            if read_role(values.get("role"), self._words)[0] is not choice.role:
                cells["role"] = self._words.roles[choice.role]
            found, problems = read_areas(values.get("area"), self._places)
            if problems or set(found) != set(choice.areas):
                cells["area"] = area_text(choice.areas) or None
        return cells

"""Approvals, made in the access sheet or in the portal, become accounts and mails; what became of each is said in
its row."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bridge.application.ports.accounts import AccountStore, Request
from bridge.application.ports.approvals import ApprovalMail, MailStanding
from bridge.application.ports.clock import Clock
from bridge.application.ports.outbox import State as MailState
from bridge.application.ports.reviews import ReviewItem, ReviewKind
from bridge.application.ports.rows import Event, Presence, RowState, RowStore
from bridge.application.ports.wording import Wording
from bridge.application.review_list import BANGKOK, ReviewList
from bridge.domain.access import (
    AccessWords,
    Decision,
    Grant,
    State,
    decide,
    email_key,
    next_state,
    read_email,
    read_grant,
)
from bridge.domain.cells import Cell, as_text, same
from bridge.domain.columns import Table
from bridge.domain.merge import Conflict
from bridge.domain.problems import Problem
from bridge.domain.values.places import Places
from bridge.domain.values.thai_date import buddhist

SEPARATOR = " · "
TABLE = "access"


@dataclass
class AccessReport:
    approved: int = 0
    revoked: int = 0
    to_mend: int = 0


class ApproveAccess:
    """`states` are the province's words for where a request stands."""

    def __init__(
        self,
        table: Table,
        accounts: AccountStore,
        mail: ApprovalMail,
        rows: RowStore,
        review_list: ReviewList,
        wording: Wording,
        clock: Clock,
        words: AccessWords,
        places: Places,
        states: Mapping[State, str],
    ) -> None:
        self._headers = {column.key: column.header for column in table.columns}
        self._accounts, self._mail, self._rows = accounts, mail, rows
        self._review_list = review_list
        self._wording, self._clock, self._words = wording, clock, words
        self._places, self._states = places, states

    def run(self) -> AccessReport:
        """Decides every request whose row changed. Inside the caller's transaction."""
        return self.decide(self._rows.dirty(TABLE), "sheet")

    def decide(self, keys: Iterable[str], actor: str) -> AccessReport:
        """Does what these rows now say, as `actor` wished. Inside the caller's transaction."""
        report = AccessReport()
        states = self._rows.load(TABLE, keys)
        requests = self._accounts.requests(states)
        events: list[Event] = []
        for key, state in states.items():
            state.dirty = False
            request = requests.get(key)
            if request is not None:
                after = self._decide(state, request, report)
                if after != request:
                    self._accounts.save([after])
                    events.append(
                        Event(TABLE, key, "access", actor, "state", str(request.state), str(after.state))
                    )
        self._rows.save(TABLE, list(states.values()), events)
        return report

    def show(self) -> None:
        """Brings the bridge's columns of every request in line: state, mail, what to mend. Inside the caller's
        transaction."""
        outdated = self._outdated(self._rows.load_all(TABLE), None)
        again = self._rows.load(
            TABLE, [state.key for state in outdated]
        )  # nobody else writes these from here on
        self._rows.save(TABLE, self._outdated(again.values(), list(again)))

    def _outdated(self, states: Iterable[RowState], keys: Sequence[str] | None) -> list[RowState]:
        """Those of the rows that are not in line, brought in line."""
        requests, standings = self._accounts.requests(keys), self._mail.standings(keys)
        changed = []
        for state in states:
            request = requests.get(state.key)
            if request is None:
                continue
            cells = self._cells(state, request, standings.get(state.key))
            if any(not same(state.values.get(column), value) for column, value in cells.items()):
                state.values.update(cells)
                state.settled = state.presence is Presence.GONE
                changed.append(state)
        return changed

    def tell(self, conflicts: Sequence[tuple[str, Conflict]]) -> None:
        """Puts what was chosen in the portal, and in the sheet otherwise, on the list. Who decides there is no admin:
        it is only told. Inside the caller's transaction."""
        now = self._clock.now().isoformat(timespec="seconds")
        self._review_list.note([self._overruled(key, found, now) for key, found in conflicts])

    def _overruled(self, request: str, found: Conflict, now: str) -> ReviewItem:
        """Each is an item of its own: one that was looked at says nothing of the next."""
        return ReviewItem(
            f"{conflicts_of(request)}{found.column}:{now}",
            ReviewKind.ACCESS,
            shown={
                "column": found.column,
                "value": as_text(found.sheet) or None,
                "other": as_text(found.form) or None,
                "reason": self._wording.text("review", "access", number=request),
            },
            facts={"request": request},
        )

    # deciding

    def problems(self, state: RowState, request: Request) -> list[Problem]:
        """What must be mended in the row before it can be approved."""
        return [*self._mailbox(state, request)[1], *read_grant(state.values, self._words, self._places)[1]]

    def _decide(self, state: RowState, request: Request, report: AccessReport) -> Request:
        decision = (
            Decision.NONE
            if state.presence is Presence.GONE
            else decide(state.values.get("approval"), self._words)
        )
        request, problems = self._mailbox(state, request)
        grant, more = read_grant(state.values, self._words, self._places)
        problems += more
        after = next_state(request.state, decision, grantable=grant is not None and not problems)
        report.to_mend += after is State.FIX
        if after is State.ACTIVE and grant is not None and not problems and decision is Decision.APPROVE:
            return self._approve(request, grant, report)
        if after is State.REVOKED and request.state is State.ACTIVE:
            report.revoked += 1
            self._accounts.deactivate(request.account)
            self._mail.withdraw(request.key, self._clock.now())
        return replace(request, state=after)

    def _approve(self, request: Request, grant: Grant, report: AccessReport) -> Request:
        """Safe to repeat: an account is updated, and a message is queued once for each approval and mailbox."""
        fresh = request.state is not State.ACTIVE
        account = self._accounts.activate(request.key, request.email_key, grant)
        approvals = request.approvals + fresh
        report.approved += fresh
        key = message_key(request.email_key, approvals)
        now = self._clock.now()
        self._mail.queue(key, request.key, account, grant.email, "activation", self._context(grant), now)
        self._mail.withdraw(request.key, now, keep=key)
        return replace(request, state=State.ACTIVE, account=account, approvals=approvals)

    def _context(self, grant: Grant) -> dict[str, str]:
        areas = [
            self._wording.text("flag", "tambon" if tambon else "amphoe", amphoe=amphoe, tambon=tambon)
            for amphoe, tambon in grant.areas
        ]
        return {
            "person": f"{grant.first_name} {grant.last_name}".strip(),
            "organisation": grant.org,
            "role": self._words.roles[grant.role],
            "area": ", ".join(areas) or self._wording.text("flag", f"area_of_{grant.role}"),
        }

    def _mailbox(self, state: RowState, request: Request) -> tuple[Request, list[Problem]]:
        """The mailbox that the row now names; one that another request has already is not taken over."""
        address, problem = read_email(state.values.get("email"))
        if problem:
            return request, []  # read_grant names it
        mailbox = email_key(address, fold_gmail=self._words.fold_gmail)
        if mailbox == request.email_key:
            return request, []
        other = self._accounts.by_email([mailbox]).get(mailbox)
        if other is not None and other.key != request.key:
            return request, [Problem("email_taken", address, "email", {"number": other.key})]
        return replace(request, email_key=mailbox), []

    # showing

    def _cells(self, state: RowState, request: Request, mail: MailStanding | None) -> dict[str, Cell]:
        return {
            "state": self._states[request.state],
            "mailed_at": _local(mail.settled_at) if mail and mail.state is MailState.SENT else None,
            "note": SEPARATOR.join(self._notes(state, request, mail)) or None,
        }

    def _notes(self, state: RowState, request: Request, mail: MailStanding | None) -> list[str]:
        notes = []
        decision = decide(state.values.get("approval"), self._words)
        if decision is Decision.UNCLEAR:
            words = " / ".join([*self._words.approve, *self._words.refuse])
            problem = Problem(
                "approval_unclear", str(state.values.get("approval")), "approval", {"words": words}
            )
            notes.append(self._wording.problem(problem, self._headers))
        notes += [self._wording.problem(found, self._headers) for found in self.problems(state, request)]
        if mail is not None and request.state is State.ACTIVE:
            notes += self._mail_notes(mail)
        if request.asked_again:
            notes.append(self._wording.text("flag", "asked_again", times=request.asked_again))
        return notes

    def _mail_notes(self, mail: MailStanding) -> Sequence[str]:
        if mail.state is MailState.SENT:
            return []
        said = [self._wording.text("mail", str(mail.state))]
        if mail.reason:
            next_try = _local(mail.next_try)
            when = f"{buddhist(next_try)} {next_try:%H:%M}"
            said.append(self._wording.text("mail", str(mail.reason), said=mail.said, next_try=when))
        return said


def conflicts_of(request: str) -> str:
    """How the subjects of its conflicts begin."""
    return f"access:{request}:"


def message_key(mailbox: str, approvals: int) -> str:
    """One for each approval of a mailbox; the same after the ledger was restored and read the sheet again."""
    digest = hashlib.blake2b(f"{mailbox}|{approvals}".encode(), digest_size=12).hexdigest()
    return f"access-{digest}"


def _local(moment: datetime | None) -> datetime:
    if moment is None:
        raise ValueError("a settled message has its time")
    return (moment + BANGKOK).replace(tzinfo=None, microsecond=0)

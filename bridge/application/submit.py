"""What people send in the portal: a case, numbered at once, and a request for access, which the cycle takes in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bridge.application.ingest import AddCases, given
from bridge.application.match_cases import MatchCases
from bridge.application.ports.attachments import AttachmentStore, StoredFile
from bridge.application.ports.cases import CaseStore
from bridge.application.ports.clock import Clock
from bridge.application.ports.journal import Journal
from bridge.application.ports.rows import RowStore
from bridge.application.ports.web_answers import WebAnswers
from bridge.application.review_list import BANGKOK
from bridge.application.tombstones import Tombstones
from bridge.domain.access import Role, may_see
from bridge.domain.cases import doubts, tidy
from bridge.domain.cells import Cell
from bridge.domain.intake import Submission
from bridge.domain.problems import Problem
from bridge.domain.values.places import Places
from bridge.domain.values.thai_date import fiscal_year
from bridge.domain.workflow import Rules

PORTAL = "portal"
MOST = 10  # similar cases that are shown
PLAIN = {"identity_same", "name_same"}  # grounds

Answers = Mapping[str, Cell]


@dataclass(frozen=True)
class Sender:
    """Who sends. Each area is (amphoe, tambon); see `domain.access.may_see`. `via` tells people where it came from."""

    account: str
    role: Role
    areas: Sequence[tuple[str, str]]
    org: str
    via: str = PORTAL


@dataclass(frozen=True)
class Sent:
    """`again`: it was sent before and made no second case; `differs`: and held something else then. `refused` is the
    code (section `portal`) of why it makes no case."""

    case: str
    again: bool = False
    differs: bool = False
    refused: str = ""


@dataclass(frozen=True)
class Similar:
    """A case that may be the same person's, as far as the sender may see it. `grounds` as in ports.matching.Pair."""

    case: str
    grounds: tuple[str, ...]
    values: Answers


@dataclass(frozen=True)
class Receipt:
    """What was sent, exactly, and when (wall clock of Bangkok). `key` as in `SubmitCase.send`."""

    case: str
    key: str
    sent_at: datetime
    answers: Answers


class SubmitCase:
    """One case from the portal. Safe beside a running cycle: it only ever adds rows that nobody knows yet, and
    numbers are given out one transaction after the other."""

    def __init__(
        self,
        add: AddCases,
        cases: CaseStore,
        rows: RowStore,
        journal: Journal,
        clock: Clock,
        places: Places,
        rules: Rules,
        attachments: AttachmentStore,
        tombstones: Tombstones,
        matching: MatchCases,
    ) -> None:
        self._tombstones, self._matching = tombstones, matching
        self._add, self._cases, self._rows, self._journal = add, cases, rows, journal
        self._clock, self._places, self._rules, self._attachments = clock, places, rules, attachments

    def doubts(self, answers: Answers) -> list[Problem]:
        """What a person should look at before sending; none of it keeps the case from being sent."""
        return doubts(tidy(given(self._submission("", answers)), self._places), self._places, self._rules)

    def similar(self, sender: Sender, key: str, answers: Answers) -> list[Similar]:
        """Cases that may be the same person's. Staff see all, officers the published ones of their area, and what
        they themselves sent about a person of the same number or name, as they sent it."""
        values = tidy(given(self._submission("", answers)), self._places)
        found = {pair.left: pair for pair in self._matching.similar(values)}
        if found:  # the same form, sent a moment ago, is not another case
            found.pop(self.sent_before(sender, key), None)
        seen = self._seen_by(sender, list(found))
        plain = [case for case, pair in found.items() if case not in seen and PLAIN & {*pair.grounds}]
        own = [self.receipt(sender, case) for case in plain]
        seen |= {receipt.case: receipt.answers for receipt in own if receipt is not None}
        return [Similar(case, pair.grounds, seen[case]) for case, pair in found.items() if case in seen][
            :MOST
        ]

    def _seen_by(self, sender: Sender, cases: Sequence[str]) -> dict[str, Answers]:
        shown: dict[str, Answers]
        if sender.role is Role.OFFICER:
            shown = {key: case.values for key, case in self._cases.published_among(cases).items()}
        else:
            shown = {key: state.values for key, state in self._rows.load("cases", cases).items()}
        return {
            key: values
            for key, values in shown.items()
            if may_see(sender.role, sender.areas, sender.org, values)
        }

    def sent_before(self, sender: Sender, key: str) -> str:
        """The case that this sender's `key` has made, "" for none."""
        response = _response(sender, key)
        return self._cases.known(PORTAL, [response]).get(response, "")

    def send(self, sender: Sender, key: str, answers: Answers, files: Sequence[StoredFile] = ()) -> Sent:
        """Makes the case, with its files. `key` is the sender's own name for this sending (at most 64 characters):
        however often and however many at a time it comes, it makes one case with each file once. Files that were
        sent with the case need not come again; one that was not makes it differ."""
        return self._journal.together(lambda: self._send(sender, key, answers, files))

    def _send(self, sender: Sender, key: str, answers: Answers, files: Sequence[StoredFile]) -> Sent:
        self._cases.last_number(self._year())  # from here on nobody else numbers a case
        submission = self._submission(_response(sender, key), answers)
        known = self.sent_before(sender, key)
        if known:
            return Sent(known, again=True, differs=self._differs(submission, known, files))
        erased = self._tombstones.now()
        if erased.answer(PORTAL, submission.key):
            return Sent("", refused="answer_erased")
        if erased.kept_out(answers.get("national_id")):
            return Sent("", refused="person_kept_out")
        (state,) = self._add.add(PORTAL, sender.via, [submission])
        self._attachments.add(state.key, files, sender.account, self._clock.now())
        return Sent(state.key)

    def receipt(self, sender: Sender, case: str) -> Receipt | None:
        """What this sender sent as `case`; None for everybody else's."""
        origin = self._cases.origin(case)
        if origin is None or origin.source != PORTAL or not origin.response.startswith(_response(sender, "")):
            return None
        answers = self._cases.latest_answers(PORTAL, [origin.response])[origin.response]
        key = origin.response.removeprefix(_response(sender, ""))
        return Receipt(case, key, (origin.arrived_at + BANGKOK).replace(tzinfo=None), answers)

    def _differs(self, submission: Submission, case: str, files: Sequence[StoredFile]) -> bool:
        kept = {attachment.file.sha256 for attachment in self._attachments.of([case])}
        if any(file.sha256 not in kept for file in files):
            return True
        before = dict(self._cases.latest_answers(PORTAL, [submission.key])[submission.key])
        now = given(submission)
        return any(before.get(column) != now.get(column) for column in {*before, *now} - {"submitted_at"})

    def _submission(self, response: str, answers: Answers) -> Submission:
        now = self._now()
        return Submission(response, True, 0, now, now, "", answers)

    def _year(self) -> int:
        return fiscal_year(self._now())

    def _now(self) -> datetime:
        return (self._clock.now() + BANGKOK).replace(tzinfo=None, microsecond=0)


class AskAccess:
    """A request for access. Whoever asks learns nothing of who is known: it is kept, and the cycle looks at it."""

    def __init__(self, web: WebAnswers, clock: Clock) -> None:
        self._web, self._clock = web, clock

    def ask(self, key: str, answers: Answers) -> None:
        """`key` as in `SubmitCase.send`."""
        self._web.keep("access", f"{PORTAL}:{key}", answers, self._clock.now())


def _response(sender: Sender, key: str) -> str:
    return f"{sender.account}:{key}"

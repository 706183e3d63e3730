"""How the office stands, in figures; no person in it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from bridge.application.ports.accounts import AccountStore
from bridge.application.ports.approvals import ApprovalMail
from bridge.application.ports.cases import CaseStore
from bridge.application.ports.journal import Journal, Run
from bridge.application.ports.reviews import ReviewState, ReviewStore
from bridge.application.ports.rows import Presence, RowStore


@dataclass(frozen=True)
class Standing:
    """`runs` holds the newest run of each kind; `mails` and `requests` count by state."""

    cases: int
    deleted: int
    unsettled: int
    open_reviews: int
    requests: dict[str, int]
    mails: dict[str, int]
    published: int
    register: int
    runs: dict[str, Run]

    def to_json(self) -> dict[str, Any]:
        return {
            "cases": self.cases,
            "deleted": self.deleted,
            "unsettled": self.unsettled,
            "open_reviews": self.open_reviews,
            "requests": self.requests,
            "mails": self.mails,
            "published": self.published,
            "register": self.register,
            "runs": {
                kind: {
                    "started_at": run.started_at.isoformat(),
                    "finished_at": run.finished_at.isoformat(),
                    "exit_code": run.exit_code,
                    "report": dict(run.report),
                }
                for kind, run in self.runs.items()
            },
        }


class Status:
    def __init__(
        self,
        rows: RowStore,
        cases: CaseStore,
        reviews: ReviewStore,
        accounts: AccountStore,
        mail: ApprovalMail,
        journal: Journal,
    ) -> None:
        self._rows, self._cases, self._reviews = rows, cases, reviews
        self._accounts, self._mail, self._journal = accounts, mail, journal

    def run(self) -> Standing:
        marks = self._rows.marks("cases")
        gone = sum(mark.presence is Presence.GONE for mark in marks.values())
        reviews = self._reviews.with_prefix("")
        return Standing(
            cases=len(marks) - gone,
            deleted=gone,
            unsettled=len(self._rows.unsettled("cases")),
            open_reviews=sum(review.state is ReviewState.OPEN for review in reviews),
            requests=dict(Counter(str(r.state) for r in self._accounts.requests().values())),
            mails=dict(Counter(str(m.state) for m in self._mail.standings().values())),
            published=len(self._cases.published()),
            register=self._cases.register_size(),
            runs={run.kind: run for run in self._journal.last_runs()},
        )

"""What staff see of one case's money: what is still allowed and why, what was paid, which papers it needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bridge.application.limits import Limits
from bridge.application.missing_papers import MissingPapers
from bridge.application.ports.payments import PaymentLine, PaymentStore
from bridge.application.ports.reviews import ReviewKind, ReviewState, ReviewStore
from bridge.application.ports.rows import RowStore
from bridge.application.review_list import TABLE
from bridge.domain.cells import Cell, as_text
from bridge.domain.values.text import clean
from bridge.domain.workflow import Rules

_ABOUT_MONEY = (ReviewKind.LIMIT, ReviewKind.PAYMENT)


@dataclass(frozen=True)
class Allowed:
    """One benefit of the case: its sentence of what is left, and the cases that were counted with it. `variant` is
    the special sort that its limit is for, "" for the usual one."""

    section: str
    name: str
    per: str
    variant: str
    sentence: str
    others: Sequence[str]


@dataclass(frozen=True)
class Doubt:
    """An item of the list `ตรวจสอบ` about money; `reason` is what staff wrote beside their decision to go on."""

    item: str
    sentence: str
    decision: str
    reason: str


@dataclass(frozen=True)
class Papers:
    """`item` asks for the missing ones, "" where the case was not sent back for them. `asked`: it is at the step at
    which papers are looked through, or was sent back."""

    asked: bool
    needed: Sequence[str]
    missing: Sequence[str]
    item: str


@dataclass(frozen=True)
class MoneyFile:
    """`limited`: its type has benefits with limits; `allowed` is empty then until a cycle has counted the case."""

    limited: bool
    allowed: Sequence[Allowed]
    doubts: Sequence[Doubt]
    lines: Sequence[PaymentLine]
    papers: Papers
    values: Mapping[str, Cell]


class CaseMoney:
    def __init__(
        self,
        rows: RowStore,
        payments: PaymentStore,
        reviews: ReviewStore,
        limits: Limits,
        papers: MissingPapers,
        rules: Rules,
    ) -> None:
        self._rows, self._payments, self._reviews = rows, payments, reviews
        self._limits, self._papers, self._rules = limits, papers, rules

    def of(self, case: str) -> MoneyFile | None:
        """None where there is no such case. Writes nothing."""
        state = self._rows.load("cases", [case]).get(case)
        if state is None:
            return None
        item, missing = self._papers.named(state)
        step = state.values.get("step")
        asked = self._rules.checks_papers(step) or self._rules.lacks_papers(step)
        return MoneyFile(
            bool(self._limits.applicable(state).benefits),
            [Allowed(*told) for told in self._limits.told(state)],
            self._doubts(case),
            self._payments.lines([case]).get(case, []),
            Papers(asked, self._papers.checklist(state), missing, item),
            state.values,
        )

    def _doubts(self, case: str) -> list[Doubt]:
        open_ones = [
            review
            for review in self._reviews.of_cases([case])
            if review.item.kind in _ABOUT_MONEY and review.state is not ReviewState.GONE
        ]
        rows = self._rows.load(TABLE, [review.key for review in open_ones])
        return [
            Doubt(
                review.key,
                as_text(review.item.facts.get("sentence")),
                review.decision,
                clean(as_text(rows[review.key].values.get("note"))),
            )
            for review in open_ones
        ]

"""What has been given within a limit, what is left of it, and what of a payment is too much."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from bridge.domain.cells import Cell
from bridge.domain.entitlement.benefits import Benefit, Limit
from bridge.domain.entitlement.claims import Claim
from bridge.domain.entitlement.kinship import Evidence

NOTHING = Decimal(0)


class Excess(StrEnum):
    """What is too much; the wordings are in the messages' section `limit`."""

    AMOUNT = "over_amount"
    TIMES = "over_times"
    TOTAL = "over_total"


@dataclass(frozen=True)
class Standing:
    """`count` times and `spent` baht were given within `limit`."""

    limit: Limit
    count: int
    spent: Decimal

    @property
    def times_left(self) -> int | None:
        return None if self.limit.times is None else max(self.limit.times - self.count, 0)

    @property
    def total_left(self) -> Decimal | None:
        """Never more than the limit: a refund beyond what was given opens nothing."""
        if self.limit.total is None:
            return None
        return min(max(self.limit.total - self.spent, NOTHING), self.limit.total)

    @property
    def allowed(self) -> Decimal:
        """Baht at most for the next payment; 0 where there is to be none."""
        if self.times_left == 0:
            return NOTHING
        return self.limit.amount if self.total_left is None else min(self.limit.amount, self.total_left)

    @property
    def remaining(self) -> Decimal | None:
        """Baht at most for all payments still to come this fiscal year; None where nothing limits them."""
        if self.times_left is None:
            return self.total_left
        by_times = self.times_left * self.limit.amount
        return by_times if self.total_left is None else min(by_times, self.total_left)


def standing(limit: Limit, payments: Iterable[Claim]) -> Standing:
    """A negative amount is a refund: it lowers what was spent, and where it gives one payment back to the satang,
    that payment does not count as a time. The order of the payments is of no account."""
    listed = list(payments)
    given = Counter(payment.amount for payment in listed if payment.amount > 0)
    refunded = Counter(-payment.amount for payment in listed if payment.amount < 0)
    return Standing(limit, (given - refunded).total(), max(sum((p.amount for p in listed), NOTHING), NOTHING))


def before(claim: Claim, payments: Iterable[Claim]) -> list[Claim]:
    """The payments that `claim` comes on top of: the earlier ones, and every refund."""
    return [p for p in payments if p.case != claim.case and (p.order < claim.order or p.amount < 0)]


def excesses(claim: Claim, standing: Standing) -> list[Excess]:
    """What of the claim is too much on top of `standing`. A refund is never too much."""
    if claim.amount <= 0:
        return []
    found = []
    if claim.amount > standing.limit.amount:
        found.append(Excess.AMOUNT)
    if standing.times_left == 0:
        found.append(Excess.TIMES)
    elif standing.total_left is not None and claim.amount > standing.total_left and standing.count:
        found.append(Excess.TOTAL)
    return found


@dataclass(frozen=True)
class Judgement:
    """How a case stands to one of its benefits in the fiscal year `year` (B.E.). `others` are the payments that
    count with it and came before, by day, each with the evidence; `excess` is what of its own payment is too much;
    `variant` names the special sort that its limit is for."""

    benefit: Benefit
    standing: Standing
    year: int
    others: Mapping[str, Evidence]
    excess: Sequence[Excess]
    variant: str = ""


def judge(
    benefit: Benefit,
    values: Mapping[str, Cell],
    own: Claim,
    claims: Mapping[str, Claim],
    related: Mapping[str, Evidence],
    year: int,
) -> Judgement:
    """How the case of `own`, whose row holds `values`, stands to a benefit in the fiscal year `year`. `related` are
    the cases of `claims` that count with it. Without an amount of its own everything that was given counts; with
    one, what it comes on top of."""
    given = [
        claims[case]
        for case in related
        if claims[case].amount and claims[case].year == year and benefit.counts(claims[case].sections)
    ]
    given = sorted(before(own, given) if own.amount else given, key=lambda claim: claim.order)
    variant = benefit.variant_of(values)
    stands = standing(variant.limit if variant else benefit.limit, given)
    excess = excesses(own, stands) if benefit.counts(own.sections) else []
    others = {claim.case: related[claim.case] for claim in given}
    return Judgement(benefit, stands, year, others, excess, variant.name if variant else "")

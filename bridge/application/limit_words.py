"""What limits and frozen payments say, from the messages' sections `limit`, `evidence` and `unit`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from bridge.application.ports.reviews import ReviewItem
from bridge.application.ports.wording import Wording
from bridge.domain.cells import Cell, as_text
from bridge.domain.entitlement.benefits import TOLD_IN
from bridge.domain.entitlement.claims import Payment
from bridge.domain.entitlement.kinship import Evidence
from bridge.domain.entitlement.standing import Excess, Judgement
from bridge.domain.values import baht
from bridge.domain.values.thai_date import buddhist, fiscal_year

MOST_NAMED = 5  # earlier cases that a sentence names
ARROW, SEPARATOR = " → ", " · "


class LimitWords:
    """`headers` are the sheet's, by column. A `shown` is the cells of an item in the tab `ตรวจสอบ`, with its sentence
    for the review column under `sentence`."""

    def __init__(self, wording: Wording, headers: Mapping[str, str]) -> None:
        self._wording, self._headers = wording, headers

    # what is left

    def left(self, judgement: Judgement, this_year: int) -> str:
        """`ปีงบประมาณนี้ช่วยแล้ว 2 จาก 3 ครั้ง คงเหลือไม่เกิน 3,000 บาท`, and which cases were helped."""
        sentence = self.standing(judgement, this_year)
        others = self.others(judgement.others)
        return self._limit("left_with", sentence=sentence, others=others) if others else sentence

    def standing(self, judgement: Judgement, this_year: int) -> str:
        stands = judgement.standing
        facts = {
            "year": self._year(judgement.year, this_year),
            "count": stands.count,
            "times": stands.limit.times,
            "spent": baht.format(stands.spent),
            "amount": baht.format(stands.limit.amount),
            "remaining": _baht(stands.remaining),
        }
        code = "left_open" if stands.remaining is None else "left_total"
        if stands.times_left is not None:
            code = "left_several" if stands.times_left > 1 else "left_times"
        return self._limit(code, **facts)

    def others(self, others: Mapping[str, Evidence]) -> str:
        return ", ".join(self.named(others))

    def named(self, others: Mapping[str, Evidence]) -> list[str]:
        """The newest of the earlier cases, each with why it counts."""
        newest = list(others.items())[-MOST_NAMED:]
        named = [f"{case} ({self.evidence(evidence)})" for case, evidence in newest]
        more = len(others) - len(named)
        return [*named, *([self._limit("more", count=more)] if more else [])]

    def evidence(self, evidence: Evidence) -> str:
        return self._wording.text("evidence", str(evidence))

    def counted_per(self, judgement: Judgement) -> str:
        return self._wording.text("unit", str(judgement.benefit.per))

    # what is too much

    def excess(
        self, values: Mapping[str, Cell], judgements: Sequence[Judgement], this_year: int
    ) -> dict[str, Cell]:
        given = self._now("amount", values)
        told = [judgement for judgement in judgements if judgement.excess]
        over = [judgement for judgement in told if Excess.AMOUNT in judgement.excess]
        parts = [self._over_amount(over, given)] if over else []
        parts += [
            self._over_rest(one, judgement, given, this_year)
            for judgement in told
            for one in judgement.excess
            if one is not Excess.AMOUNT
        ]
        others = {case: evidence for judgement in told for case, evidence in judgement.others.items()}
        if others:
            parts.append(self._limit("earlier", others=self.others(others)))
        sentence = SEPARATOR.join(parts)
        return {
            "value": given,
            "other": ", ".join(list(others)[-MOST_NAMED:]) or None,
            "reason": self._wording.text("review", "limit", sentence=sentence),
            "sentence": sentence,
        }

    def _over_amount(self, over: Sequence[Judgement], given: str) -> str:
        """One sentence for all benefits; the least of their limits."""
        least = min(over, key=lambda judgement: judgement.standing.limit.amount)
        return self._limit(
            "over_amount",
            given=given,
            benefit=", ".join(judgement.benefit.section for judgement in over),
            amount=baht.format(least.standing.limit.amount),
        ) + self._hint(least)

    def _over_rest(self, excess: Excess, judgement: Judgement, given: str, this_year: int) -> str:
        stands = judgement.standing
        return self._limit(
            str(excess),
            given=given,
            benefit=judgement.benefit.section,
            unit=self.counted_per(judgement),
            year=self._year(judgement.year, this_year),
            count=stands.count,
            times=stands.limit.times,
            spent=baht.format(stands.spent),
            remaining=_baht(stands.total_left),
        )

    def _hint(self, judgement: Judgement) -> str:
        """A variant that nothing tells of yet may allow more."""
        if judgement.variant or not judgement.benefit.variants:
            return ""
        variant = max(judgement.benefit.variants, key=lambda one: one.limit.amount)
        column = self._headers.get("outcome", TOLD_IN[-1])
        return self._limit(
            "hint", variant=variant.name, amount=baht.format(variant.limit.amount), column=column
        )

    def doubt(self, item: ReviewItem) -> str:
        return as_text(item.facts.get("sentence"))

    def reason_missing(self, review: str) -> str:
        return self._limit("reason_missing", item=review)

    def unfit(self, values: Mapping[str, Cell]) -> str:
        return self._limit("unfit", age=as_text(values.get("age")), type=as_text(values.get("case_type")))

    def early(self, day: date) -> str:
        return self._limit("early", day=buddhist(day), year=fiscal_year(day))

    # payments

    def difference(self, frozen: Payment, now: Mapping[str, Cell], columns: Sequence[str]) -> dict[str, Cell]:
        """Both values of each column that says another thing now."""
        before = {
            "case_type": frozen.case_type,
            "person_name": frozen.person_name,
            "national_id": frozen.national_id,
            "amount": _baht(frozen.amount),
            "transfer_date": buddhist(frozen.day) if frozen.day else "",
        }
        after = {column: self._now(column, now) for column in columns}
        blank = self._limit("blank")
        lines = [f"{self._headers.get(c, c)} {before[c] or blank}{ARROW}{after[c] or blank}" for c in columns]
        sentence = self._limit("changed", changes=", ".join(lines))
        return {
            "column": ", ".join(self._headers.get(column, column) for column in columns),
            "value": ", ".join(before[column] or blank for column in columns),
            "other": ", ".join(after[column] or blank for column in columns),
            "reason": self._wording.text("review", "payment"),
            "sentence": sentence,
        }

    @staticmethod
    def _now(column: str, values: Mapping[str, Cell]) -> str:
        cell = values.get(column)
        amount = baht.parse(cell).value if column == "amount" else None
        if amount is not None:
            return baht.format(amount)
        return buddhist(cell) if isinstance(cell, date) else as_text(cell)

    def payment(self, payment: Payment) -> str:
        """For the history: what was paid, not to whom."""
        day = buddhist(payment.day) if payment.day else self._limit("blank")
        return self._limit("payment", amount=_baht(payment.amount or Decimal(0)), day=day)

    def _year(self, year: int, this_year: int) -> str:
        return self._limit("this_year") if year == this_year else self._limit("that_year", year=year)

    def _limit(self, code: str, **facts: object) -> str:
        return self._wording.text("limit", code, **facts)


def _baht(amount: Decimal | None) -> str:
    return "" if amount is None else baht.format(amount)

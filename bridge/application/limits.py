"""Money that was given, and what it leaves: freezing payments, counting them, and telling what is too much."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from bridge.application.limit_words import LimitWords
from bridge.application.ports.clock import Clock
from bridge.application.ports.payments import PaymentLine, PaymentStore, PersonLinks
from bridge.application.ports.reviews import ReviewItem, ReviewKind, ReviewState, ReviewStore, StoredReview
from bridge.application.ports.rows import Event, Presence, RowState, RowStore
from bridge.application.review_list import TABLE, ReviewList
from bridge.domain.cells import Cell, as_text
from bridge.domain.entitlement.benefits import Applicable, Benefit, Unit, benefits_of
from bridge.domain.entitlement.claims import Claim, Keys, keys_of, payment_of, year_of
from bridge.domain.entitlement.frozen import differences, fingerprint
from bridge.domain.entitlement.kinship import Kinship
from bridge.domain.entitlement.standing import Excess, Judgement, judge
from bridge.domain.values.text import clean, header_key
from bridge.domain.values.thai_date import BANGKOK, fiscal_year
from bridge.domain.workflow import Rules

REACH = 3  # steps from case to case by shared keys; evidence further off is nobody's family any more
_FIELDS = {
    Unit.PERSON: ("identity", "person"),
    Unit.FAMILY: ("identity", "person", "family"),
    Unit.HOUSE: ("house",),
}


class Limits:
    """Every method belongs inside the caller's transaction. `go_on` and `accept` are the province's words."""

    def __init__(
        self,
        payments: PaymentStore,
        links: PersonLinks,
        reviews: ReviewStore,
        review_list: ReviewList,
        rows: RowStore,
        clock: Clock,
        words: LimitWords,
        rules: Rules,
        benefits: Sequence[Benefit],
        go_on: str,
        accept: str,
    ) -> None:
        self._payments, self._links, self._rows, self._clock = payments, links, rows, clock
        self._reviews, self._review_list = reviews, review_list
        self._words, self._rules = words, rules
        self._benefits = {benefit.section: benefit for benefit in benefits}
        self._go_on, self._accept = header_key(go_on), header_key(accept)

    # ------------------------------------------------------------------------------------------------ taking in

    def take(self, states: Mapping[str, RowState], years: Mapping[str, int]) -> set[str]:
        """Freezes what was transferred, takes in what staff accepted, and counts each case by what it says now.
        `years` are the cases' own fiscal years. Returns the other cases whose judgement may have changed."""
        lines = self._payments.lines(states)
        told = self._reviews.of_cases(states)
        accepted = {r.item.subject for r in told if header_key(r.decision) == self._accept}
        fresh: list[PaymentLine] = []
        items: list[ReviewItem] = []
        for key, state in states.items():
            line = self._next_line(state, years[key], lines.get(key, []), accepted, items)
            if line is not None:
                fresh.append(line)
                lines.setdefault(key, []).append(line)
        self._payments.add(fresh)
        self._rows.save("cases", [], [self._event(line) for line in fresh])
        self._keep(items, [r for r in told if r.item.kind is ReviewKind.PAYMENT])
        claims = {
            key: lines[key][-1].claim if key in lines else self._claim(state, years[key])
            for key, state in states.items()
        }
        return self._count(claims)

    def _next_line(
        self,
        state: RowState,
        year: int,
        lines: Sequence[PaymentLine],
        accepted: Collection[str],
        items: list[ReviewItem],
    ) -> PaymentLine | None:
        """The line that this row adds to the ledger, if any; a difference to be accepted goes to `items`. A row
        that was deleted or erased says nothing: what was transferred stays."""
        if _is_mute(state):
            return None
        payment, last = payment_of(state.values), lines[-1] if lines else None
        line = PaymentLine(state.key, len(lines) + 1, payment, self._claim(state, year))
        if last is None:
            return line if payment.is_complete else None
        changed = differences(last.payment, payment)
        if not changed:
            return None
        subject = f"payment:{state.key}:{last.number}:{fingerprint(payment)}"
        if subject in accepted:
            return line
        shown = self._words.difference(last.payment, state.values, changed)
        items.append(_item(subject, ReviewKind.PAYMENT, state.key, shown))
        return None

    def _event(self, line: PaymentLine) -> Event:
        why = "frozen" if line.number == 1 else "accepted"
        return Event("cases", line.case, why, "bridge", new=self._words.payment(line.payment))

    def _claim(self, state: RowState, year: int) -> Claim:
        if _is_mute(state):
            return Claim(state.key, Keys())
        payment = payment_of(state.values)
        return Claim(
            state.key,
            keys_of(state.values),
            tuple(benefit.section for benefit in self.applicable(state).benefits),
            payment.amount or Claim.amount,
            year_of(payment, state.values.get("received_date"), year),
            payment.day,
        )

    def _count(self, claims: Mapping[str, Claim]) -> set[str]:
        known = self._payments.claims(claims)
        moved = [claim for key, claim in claims.items() if known.get(key) != claim]
        self._payments.set_claims(moved)
        paying = [c for new in moved for c in (new, known.get(new.case)) if c is not None and c.amount]
        return self._dependants(paying) - claims.keys()

    def _dependants(self, paying: Sequence[Claim]) -> set[str]:
        """The cases that one of these payments, as it is or as it was, may count for."""
        sections: dict[tuple[str, str], set[str]] = defaultdict(set)
        for claim in paying:
            for name, key in vars(claim.keys).items():
                sections[name, key].update(claim.sections)
        found, sharing = set[str](), self._payments.sharing(paying)
        for case, claim in sharing.items():
            for benefit in self._known(claim.sections):
                reached = (sections.get((f, getattr(claim.keys, f)), ()) for f in _FIELDS[benefit.per])
                if any(map(benefit.counts, reached)):
                    found.add(case)
        payers = {claim.case for claim in paying}
        for link in self._links.among(payers):
            found |= {link.left, link.right}
        for link in self._links.households(sharing.keys()):
            if not payers.isdisjoint((link.left, link.right)):
                found |= {link.left, link.right}
        return found

    def _known(self, sections: Iterable[str]) -> list[Benefit]:
        return [self._benefits[section] for section in sections if section in self._benefits]

    # ------------------------------------------------------------------------------------------------ judging

    def judge(self, states: Mapping[str, RowState]) -> dict[str, list[str]]:
        """What a person should look at in each of these cases, in words; and the list `ตรวจสอบ` brought in line."""
        told = self._reviews.of_cases(states)
        notes = self._notes(told)
        items: list[ReviewItem] = []
        sentences: dict[str, list[str]] = {
            key: self._changed(state, told, key) for key, state in states.items()
        }
        for key, judgements in self.judgements(states).items():
            if any(judgement.excess for judgement in judgements):
                item = self._excess(states[key], judgements)
                items.append(item)
                sentences[key] += self._said(item, told, notes)
            elif not sentences[key]:  # else its own payment counts still, though the row does not show it
                sentences[key] += self._left(states[key], judgements)
            sentences[key] += [*self._unfit(states[key]), *self._early(states[key])]
        self._keep(items, [review for review in told if review.item.kind is ReviewKind.LIMIT])
        return sentences

    def judgements(self, states: Mapping[str, RowState]) -> dict[str, list[Judgement]]:
        """How each case that is there stands to each of its benefits. Writes nothing."""
        there = {key: state for key, state in states.items() if not _is_mute(state)}
        claims = self._neighbours(there)
        links = [*self._links.among(claims.keys()), *self._links.households(claims.keys())]
        kinship = Kinship(claims.values(), links)
        return {
            key: [
                self._judgement(state, claims, kinship, benefit)
                for benefit in self.applicable(state).benefits
            ]
            for key, state in there.items()
            if key in claims
        }

    def told(self, state: RowState) -> list[tuple[str, str, str, str, str, list[str]]]:
        """Of each benefit of a case: section, name, whom it counts for, variant, what is left, the other cases."""
        return [
            (
                judgement.benefit.section,
                judgement.benefit.name,
                self._words.counted_per(judgement),
                judgement.variant,
                self._words.standing(judgement, self._this_year()),
                self._words.named(judgement.others),
            )
            for judgement in self.judgements({state.key: state}).get(state.key, [])
        ]

    def applicable(self, state: RowState) -> Applicable:
        return benefits_of(state.values, list(self._benefits.values()), self._rules.case_types)

    def _judgement(
        self, state: RowState, claims: Mapping[str, Claim], kinship: Kinship, benefit: Benefit
    ) -> Judgement:
        own = claims[state.key]
        year = own.year if own.day is not None else self._this_year()
        return judge(benefit, state.values, own, claims, kinship.related(own.case, benefit.per), year)

    def _neighbours(self, cases: Iterable[str]) -> dict[str, Claim]:
        """The claims of these cases and of all that may count with them."""
        claims = self._payments.claims(cases)
        frontier = list(claims.values())
        for _ in range(REACH):
            ends = {end for link in self._links.among(claims.keys()) for end in (link.left, link.right)}
            found = self._payments.sharing(frontier) | self._payments.claims(sorted(ends - claims.keys()))
            frontier = [claim for case, claim in found.items() if case not in claims]
            claims.update((claim.case, claim) for claim in frontier)
            if not frontier:
                break
        return claims

    def _this_year(self) -> int:
        return fiscal_year(self._clock.now().astimezone(BANGKOK).date())

    # ------------------------------------------------------------------------------------------------ telling

    def _excess(self, state: RowState, judgements: Sequence[Judgement]) -> ReviewItem:
        """A decision about it holds for just this excess: more money, or one more time, is asked about anew."""
        facts = [
            (j.benefit.section, str(e), j.year, j.standing.count if e is Excess.TIMES else 0)
            + ((j.standing.spent,) if e is Excess.TOTAL else ())
            for j in judgements
            for e in j.excess
        ]
        text = repr((payment_of(state.values).amount, facts))
        digest = hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
        shown = self._words.excess(state.values, judgements, self._this_year())
        return _item(f"limit:{state.key}:{digest}", ReviewKind.LIMIT, state.key, shown)

    def _said(self, item: ReviewItem, told: Sequence[StoredReview], notes: Mapping[str, str]) -> list[str]:
        """Nothing, once staff have chosen to go on and said why."""
        review = next((review for review in told if review.item.subject == item.subject), None)
        if review is None or header_key(review.decision) != self._go_on:
            return [self._words.doubt(item)]
        return (
            [] if notes.get(review.key) else [self._words.doubt(item), self._words.reason_missing(review.key)]
        )

    def _left(self, state: RowState, judgements: Sequence[Judgement]) -> list[str]:
        """What is still allowed, where something was given before and this case is still to be helped."""
        told = [judgement for judgement in judgements if judgement.others]
        if not told or payment_of(state.values).amount or self._rules.is_helped(state.values.get("step")):
            return []
        least = min(told, key=lambda judgement: judgement.standing.allowed)
        return [self._words.left(least, self._this_year())]

    def _changed(self, state: RowState, told: Sequence[StoredReview], key: str) -> list[str]:
        return [
            self._words.doubt(review.item)
            for review in told
            if review.item.case == key
            and review.item.kind is ReviewKind.PAYMENT
            and review.state is not ReviewState.GONE
        ]

    def _unfit(self, state: RowState) -> list[str]:
        if self.applicable(state).fits or not payment_of(state.values).amount:
            return []
        return [self._words.unfit(state.values)]

    def _early(self, state: RowState) -> list[str]:
        """A year too late, by a slip of the hand, would take the payment out of this year's limits."""
        payment = payment_of(state.values)
        if not payment.is_complete or payment.day is None or fiscal_year(payment.day) <= self._this_year():
            return []
        return [self._words.early(payment.day)]

    def _notes(self, told: Sequence[StoredReview]) -> dict[str, str]:
        decided = [review.key for review in told if review.item.kind is ReviewKind.LIMIT and review.decision]
        return {
            key: clean(as_text(state.values.get("note")))
            for key, state in self._rows.load(TABLE, decided).items()
        }

    def _keep(self, items: Sequence[ReviewItem], told: Sequence[StoredReview]) -> None:
        self._review_list.note(items)
        still = {item.subject for item in items}
        self._review_list.close([r.item.subject for r in told if r.item.subject not in still])


def _is_mute(state: RowState) -> bool:
    return state.presence is Presence.GONE or state.erased


def _item(subject: str, kind: ReviewKind, case: str, shown: Mapping[str, Cell]) -> ReviewItem:
    """`sentence` is for the review column; the tab tells the same in its cells."""
    cells = {column: cell for column, cell in shown.items() if column != "sentence"}
    return ReviewItem(subject, kind, case, cells, {"sentence": shown["sentence"]})

"""Things that a person should look at, on Django's ORM."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db.models import Case, Count, Max, Q, When

from bridge.adapters.ledger.chunked import CHUNK, chunks
from bridge.adapters.ledger.models import Review
from bridge.adapters.ledger.prepared import Prepared
from bridge.application.ports.reviews import ReviewItem, ReviewKind, ReviewState, StoredReview


class DjangoReviews:
    """Implements ports.reviews.ReviewStore."""

    def find(self, subjects: Iterable[str]) -> dict[str, StoredReview]:
        return {row.subject: _stored(row) for chunk in chunks(subjects) for row in _about(chunk)}

    def with_prefix(self, prefix: str) -> list[StoredReview]:
        found = Review.objects.filter(subject__startswith=prefix).order_by("number")
        # SQLite's LIKE takes A for a: two files' names may differ in that alone.
        return [_stored(row) for row in found if row.subject.startswith(prefix)]

    def of_rows(self, keys: Iterable[str]) -> dict[str, StoredReview]:
        return {row.key: _stored(row) for chunk in chunks(keys) for row in _named(chunk)}

    def of_cases(self, cases: Iterable[str]) -> list[StoredReview]:
        return [_stored(row) for chunk in chunks(cases) for row in _of_cases(chunk)]

    def decided_pairs(self, cases: Iterable[str] | None = None) -> list[StoredReview]:
        if cases is None:
            return [_stored(row) for row in _DECIDED_PAIRS.order_by("number")]
        found = {row.number: row for chunk in chunks(cases) for row in _decided(chunk, chunk)}
        return [_stored(found[number]) for number in sorted(found)]

    def page(
        self, kind: ReviewKind | None, state: ReviewState | None, start: int, most: int
    ) -> tuple[list[StoredReview], int]:
        wanted = {name: str(value) for name, value in (("kind", kind), ("state", state)) if value is not None}
        found = Review.objects.filter(**wanted).annotate(closed=Case(When(state="open", then=0), default=1))
        rows = found.order_by("closed", "-number")[start : start + most]
        return [_stored(row) for row in rows], found.count()

    def counts(self) -> dict[tuple[ReviewKind, ReviewState], int]:
        found = Review.objects.values_list("kind", "state").annotate(n=Count("id")).order_by("kind", "state")
        return {(ReviewKind(kind), ReviewState(state)): n for kind, state, n in found}

    def next_number(self) -> int:
        return (Review.objects.aggregate(last=Max("number"))["last"] or 0) + 1

    def save(self, reviews: Sequence[StoredReview]) -> None:
        Review.objects.bulk_create(
            [
                Review(
                    key=review.key,
                    number=int(review.key.rpartition("-")[2]),
                    subject=review.item.subject,
                    kind=str(review.item.kind),
                    case=review.item.case,
                    earlier=str(review.item.facts.get("left", "")),
                    shown=dict(review.item.shown),
                    facts=dict(review.item.facts),
                    state=str(review.state),
                    decision=review.decision,
                )
                for review in reviews
            ],
            batch_size=CHUNK,
            update_conflicts=True,
            unique_fields=["subject"],
            update_fields=["kind", "case", "earlier", "shown", "facts", "state", "decision"],
        )


_about = Prepared(lambda subjects: Review.objects.filter(subject__in=subjects).order_by("number"))
_named = Prepared(lambda keys: Review.objects.filter(key__in=keys).order_by("number"))
_of_cases = Prepared(lambda cases: Review.objects.filter(case__in=cases).order_by("number"))
_DECIDED_PAIRS = Review.objects.exclude(earlier="").exclude(decision="")
_decided = Prepared(lambda later, earlier: _DECIDED_PAIRS.filter(Q(case__in=later) | Q(earlier__in=earlier)))


def _stored(row: Review) -> StoredReview:
    item = ReviewItem(row.subject, ReviewKind(row.kind), row.case, row.shown, row.facts)
    return StoredReview(row.key, item, ReviewState(row.state), row.decision)

"""Things that a person should look at, on Django's ORM."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db.models import Max

from bridge.adapters.ledger.models import Review
from bridge.adapters.ledger.rows import CHUNK, chunks
from bridge.application.ports.reviews import ReviewItem, ReviewKind, ReviewState, StoredReview


class DjangoReviews:
    """Implements ports.reviews.ReviewStore."""

    def find(self, subjects: Iterable[str]) -> dict[str, StoredReview]:
        return {
            row.subject: _stored(row)
            for chunk in chunks(subjects)
            for row in Review.objects.filter(subject__in=chunk).order_by("number")
        }

    def with_prefix(self, prefix: str) -> list[StoredReview]:
        found = Review.objects.filter(subject__startswith=prefix).order_by("number")
        # SQLite's LIKE takes A for a: two files' names may differ in that alone.
        return [_stored(row) for row in found if row.subject.startswith(prefix)]

    def of_rows(self, keys: Iterable[str]) -> dict[str, StoredReview]:
        return {
            row.key: _stored(row)
            for chunk in chunks(keys)
            for row in Review.objects.filter(key__in=chunk).order_by("number")
        }

    def of_cases(self, cases: Iterable[str]) -> list[StoredReview]:
        return [
            _stored(row)
            for chunk in chunks(cases)
            for row in Review.objects.filter(case__in=chunk).order_by("number")
        ]

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
            update_fields=["kind", "case", "shown", "facts", "state", "decision"],
        )


def _stored(row: Review) -> StoredReview:
    item = ReviewItem(row.subject, ReviewKind(row.kind), row.case, row.shown, row.facts)
    return StoredReview(row.key, item, ReviewState(row.state), row.decision)

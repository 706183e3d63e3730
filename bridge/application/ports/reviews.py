"""The port to the list of things that a person should look at (tab `ตรวจสอบ`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from bridge.domain.cells import Cell


class ReviewKind(StrEnum):
    REFUSED_ROW = "refused_row"
    UNREADABLE_FILE = "unreadable_file"
    CONFLICT = "conflict"
    DUPLICATE = "duplicate"
    COPIED_ROW = "copied_row"
    UNKNOWN_ID = "unknown_id"
    VANISHED = "vanished"
    ERASED_ROW = "erased_row"
    LIMIT = "limit"
    PAYMENT = "payment"
    PAPERS = "papers"
    EARLIER = "earlier"  # the same person, another matter
    IN_REGISTER = "in_register"  # who of the register it may be
    ACCESS = "access"  # the access sheet and the portal said otherwise of one request


class ReviewState(StrEnum):
    OPEN = "open"
    DECIDED = "decided"
    GONE = "gone"  # its cause is gone


@dataclass(frozen=True)
class ReviewItem:
    """`subject` is unique and says what it is about; `shown` are cells of the tab by column key;
    `facts` are what a decision needs and the tab does not show as it is: of a pair `left` and `right`, its cases, of
    which the later is `case` as well."""

    subject: str
    kind: ReviewKind
    case: str = ""
    shown: Mapping[str, Cell] = field(default_factory=dict)
    facts: Mapping[str, Cell] = field(default_factory=dict)


@dataclass(frozen=True)
class StoredReview:
    key: str  # of its row in the tab
    item: ReviewItem
    state: ReviewState
    decision: str  # the province's word, "" when none was taken


class ReviewStore(Protocol):
    def find(self, subjects: Iterable[str]) -> dict[str, StoredReview]: ...

    def with_prefix(self, prefix: str) -> list[StoredReview]:
        """By subject, in the order in which they were found."""

    def of_rows(self, keys: Iterable[str]) -> dict[str, StoredReview]: ...

    def of_cases(self, cases: Iterable[str]) -> list[StoredReview]: ...

    def decided_pairs(self, cases: Iterable[str] | None = None) -> list[StoredReview]:
        """The pairs that hold a decision, in the order in which they were found: all, or those of these cases."""

    def page(
        self, kind: ReviewKind | None, state: ReviewState | None, start: int, most: int
    ) -> tuple[list[StoredReview], int]:
        """Some of them, open ones first and the newest first among equals, and how many there are in all."""

    def counts(self) -> dict[tuple[ReviewKind, ReviewState], int]:
        """How many there are of each kind and state, where there are any."""

    def next_number(self) -> int: ...

    def save(self, reviews: Sequence[StoredReview]) -> None:
        """Inserts or replaces by subject."""

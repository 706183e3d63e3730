"""The port to the searchable cases. What `needles` are is told in domain/values/search.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bridge.application.ports.register import Areas
from bridge.domain.cells import Cell


@dataclass(frozen=True)
class CaseQuery:
    """Cases whose key holds all `needles`, with that place, operation and fiscal year ("" and 0 for any).

    `published` searches what is published; else every case that is not deleted, as it stands now. `areas` limits
    as in RegisterQuery; `org` (an `org_key`) to what one organisation sent; `changed_since` to what was published
    or changed in publication then or later; `after` to what comes behind this (fiscal year, number).
    """

    published: bool
    needles: tuple[str, ...] = ()
    amphoe: str = ""
    tambon: str = ""
    operation: str = ""  # an `operation_key`
    fiscal_year: int = 0
    areas: Areas | None = None
    org: str | None = None
    changed_since: datetime | None = None
    after: tuple[int, int] | None = None


@dataclass(frozen=True)
class TrackedCase:
    """`values` are the published ones, or those of now, as was asked. `public` are the published ones in any case,
    last changed at `published_at`; both None for a case that is not published."""

    case: str
    values: Mapping[str, Cell]
    public: Mapping[str, Cell] | None
    published_at: datetime | None


class Tracking(Protocol):
    def find(self, query: CaseQuery, first: int, count: int, most: int) -> tuple[Sequence[TrackedCase], int]:
        """`count` cases from the `first` (0 is the first), the newest number first, and how many there are; no
        more than `most` are counted. Every backend gives the same cases in the same order."""

    def alike(self, query: CaseQuery, most: int) -> Sequence[TrackedCase]:
        """Cases that are not found, but would be if a letter or two of the needles were others: the nearest first.
        `changed_since` and `after` do not count here."""

    def case(self, case: str, *, published: bool) -> TrackedCase | None: ...

    def fiscal_years(self) -> Sequence[int]:
        """From the newest that has cases down to the oldest (B.E.)."""

"""The port to the searchable cases. What `needles` are is told in domain/values/search.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bridge.application.ports.found import Found
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
    def find(self, query: CaseQuery) -> Found[TrackedCase]:
        """The newest number first. Every backend finds the same cases in the same order. `changed_since` and `after`
        do not count for those who are spelt almost so."""

    def case(self, case: str, *, published: bool) -> TrackedCase | None: ...

    def fiscal_years(self) -> Sequence[int]:
        """From the newest that has cases down to the oldest (B.E.)."""

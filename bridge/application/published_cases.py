"""The published cases for other systems: what officers see of them, page by page (process.md section 5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bridge.application.ports.api_clients import ApiClient
from bridge.application.ports.tracking import CaseQuery, TrackedCase, Tracking
from bridge.domain.cases import read_case_number
from bridge.domain.values.search import operation_key


@dataclass(frozen=True)
class CasesAsked:
    """ "" and None match everything. `changed_since`: published or changed at that moment or later. `after` is the
    number of the last case of the page before, "" for the first page."""

    amphoe: str = ""
    tambon: str = ""
    operation: str = ""
    fiscal_year: int = 0
    changed_since: datetime | None = None
    after: str = ""


class PublishedCases:
    """`province` is the code that its case numbers begin with."""

    def __init__(self, tracking: Tracking, province: str) -> None:
        self._tracking, self._province = tracking, province

    def page(self, asked: CasesAsked, client: ApiClient, most: int) -> tuple[Sequence[TrackedCase], str]:
        """At most `most` cases of the client's areas, the newest number first, and the `after` of the next page,
        "" where there is none."""
        query = CaseQuery(
            published=True,
            amphoe=asked.amphoe,
            tambon=asked.tambon,
            operation=operation_key(asked.operation),
            fiscal_year=asked.fiscal_year,
            areas=client.areas or None,
            changed_since=asked.changed_since,
            after=read_case_number(asked.after, self._province),
        )
        found, _ = self._tracking.find(query).page(0, most + 1, most + 1)
        shown = found[:most]
        return shown, shown[-1].case if len(found) > most else ""

    def case(self, number: str, client: ApiClient) -> TrackedCase | None:
        """None where there is no such published case, and where it is not of the client's areas."""
        if not self.is_number(number):
            return None
        found = self._tracking.case(number, published=True)
        if found is None or (client.amphoes and found.values.get("amphoe") not in client.amphoes):
            return None
        return found

    def is_number(self, text: str) -> bool:
        return read_case_number(text, self._province) is not None

    def is_known(self, number: str) -> bool:
        """Whether there is such a case, published or not: a refusal is noted only then."""
        return self.is_number(number) and self._tracking.case(number, published=False) is not None

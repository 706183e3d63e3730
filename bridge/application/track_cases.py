"""Searching and following cases (process.md sections 5 and 6): officers see what is published of their areas,
staff and admins every case, as it stands now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from bridge.application.ports.rows import Event, PastEvent, RowStore
from bridge.application.ports.tracking import CaseQuery, TrackedCase, Tracking
from bridge.application.publish import SHOWN
from bridge.domain.cells import Cell
from bridge.domain.misspelt import FEW
from bridge.domain.values.search import needles, operation_key, org_key
from bridge.domain.values.thai_date import BANGKOK
from bridge.domain.viewer import Viewer

PAGE = 25
MOST = 1_000  # found cases that are counted and can be paged through

# The columns whose changes make the time line, in the order of the sheet.
STEPS = (
    "receipt_no",
    "received_date",
    "operation",
    "step",
    "outcome",
    "amount",
    "goods",
    "transfer_date",
)
_NO_CHANGE = ("conflict", "restored")  # the history's lines of values that did not become the case's
_BEGINNINGS = ("submitted", "typed")


class Standing(StrEnum):
    """How a case stands to what officers see."""

    PUBLISHED = "published"
    CHANGED = "changed"  # since it was published; officers still see the earlier values
    UNPUBLISHED = "unpublished"


@dataclass(frozen=True)
class CaseSearch:
    """What was asked for. `text` is as typed (name, place or case number); `fiscal_year` 0 is any."""

    text: str = ""
    amphoe: str = ""
    tambon: str = ""
    operation: str = ""
    fiscal_year: int = 0


@dataclass(frozen=True)
class CaseLine:
    """A case in a list, in the columns that officers see."""

    case: str
    values: Mapping[str, Cell]
    standing: Standing


@dataclass(frozen=True)
class FoundCases:
    """One page; `more` says that `total` is MOST and there may be others. `alike` are cases of people whose names are
    spelt almost so, where few have them just so."""

    lines: Sequence[CaseLine]
    page: int
    pages: int
    total: int
    more: bool
    alike: Sequence[CaseLine] = ()


@dataclass(frozen=True)
class Step:
    """What changed in a case on one day (of Bangkok): the day's last values by column. `begins`: the case came in.

    What was corrected on the day itself is not told: publication is daily, and officers never saw it.
    """

    day: date
    begins: bool
    changes: Mapping[str, Cell]


@dataclass(frozen=True)
class CaseFile:
    line: CaseLine
    published_at: datetime | None
    steps: Sequence[Step]


class TrackCases:
    def __init__(self, tracking: Tracking, rows: RowStore) -> None:
        self._tracking, self._rows = tracking, rows

    def fiscal_years(self) -> Sequence[int]:
        return self._tracking.fiscal_years()

    def find(self, asked: CaseSearch, viewer: Viewer, page: int) -> FoundCases:
        """The newest first; everything of the viewer's where nothing was asked for. A page beyond the last is the
        last."""
        page = max(page, 1)
        found = self._tracking.find(_query(asked, viewer))
        cases, total = found.page((page - 1) * PAGE, PAGE, MOST + 1)
        pages = max(-(-min(total, MOST) // PAGE), 1)
        if page > pages:
            return self.find(asked, viewer, pages)
        lines = [self._line(case) for case in cases]
        alike = [self._line(case) for case in found.alike(PAGE)] if total < FEW else ()
        return FoundCases(lines, page, pages, min(total, MOST), total > MOST, alike)

    def case(self, case: str, viewer: Viewer) -> CaseFile | None:
        """None where there is no such case, and where it is not this viewer's to see."""
        found = self._seen(case, viewer)
        if found is None:
            return None
        until = None if viewer.sees_all else found.published_at
        steps = _steps(self._rows.history("cases", case), until)
        return CaseFile(self._line(found), found.published_at, steps)

    def may_see(self, case: str, viewer: Viewer) -> bool:
        return self._seen(case, viewer) is not None

    def _seen(self, case: str, viewer: Viewer) -> TrackedCase | None:
        found = self._tracking.case(case, published=not viewer.sees_all)
        return found if found is not None and viewer.may_see(found.values) else None

    def is_known(self, case: str) -> bool:
        """Whether there is such a case, whoever may see it: a refusal is noted only then."""
        return self._tracking.case(case, published=False) is not None

    @staticmethod
    def _line(found: TrackedCase) -> CaseLine:
        shown = {column: found.values.get(column) for column in SHOWN}
        standing = Standing.UNPUBLISHED
        if found.public is not None:
            same = all(found.public.get(column) == shown[column] for column in SHOWN)
            standing = Standing.PUBLISHED if same else Standing.CHANGED
        return CaseLine(found.case, shown, standing)


def _query(asked: CaseSearch, viewer: Viewer) -> CaseQuery:
    everywhere = viewer.sees_all
    return CaseQuery(
        published=not everywhere,
        needles=needles(asked.text),
        amphoe=asked.amphoe,
        tambon=asked.tambon,
        operation=operation_key(asked.operation),
        fiscal_year=asked.fiscal_year,
        areas=viewer.areas if not everywhere and viewer.areas else None,
        org=org_key(viewer.org) if not everywhere and not viewer.areas else None,
    )


def _steps(history: Sequence[PastEvent], until: datetime | None) -> list[Step]:
    """The newest first. Officers do not see what came after the last publication (`until`)."""
    days: dict[date, list[Event]] = {}
    for past in history:
        if until is None or past.at <= until:
            days.setdefault(past.at.astimezone(BANGKOK).date(), []).append(past.event)
    steps, before = [], dict[str, Cell]()
    for day, events in days.items():
        begins, after = False, dict(before)
        for event in events:
            began, changes = _told(event)
            begins = begins or began
            after.update(changes)
        changed = {column: after[column] for column in STEPS if after.get(column) != before.get(column)}
        if begins or changed:
            steps.append(Step(day, begins, changed))
        before = after
    return steps[::-1]


def _told(event: Event) -> tuple[bool, dict[str, Cell]]:
    if event.why in _BEGINNINGS and not event.column:
        return True, {}
    if event.column in STEPS and event.why not in _NO_CHANGE:
        return False, {event.column: event.new}
    return False, {}

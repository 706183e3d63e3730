"""Checked cases become visible to officers; nothing else does (process.md section 5)."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.application.missing_papers import COLUMN as MISSING_PAPERS
from bridge.application.ports.cases import CaseStore, Published
from bridge.application.ports.clock import Clock
from bridge.application.ports.rows import Presence, RowStore
from bridge.domain.cells import Cell
from bridge.domain.workflow import Rules

# What an officer sees of a case: no id, no phone, no notes of the office.
SHOWN = (
    "case_id",
    "submitted_at",
    "sender_org",
    "case_type",
    "person_name",
    "house_no",
    "moo",
    "tambon",
    "amphoe",
    "receipt_no",
    "received_date",
    "operation",
    "step",
    "outcome",
    "amount",
    "goods",
    "transfer_date",
    MISSING_PAPERS,
)


@dataclass(frozen=True)
class PublishReport:
    shown: int
    new: int
    changed: int
    withdrawn: int


class Publish:
    def __init__(self, cases: CaseStore, rows: RowStore, clock: Clock, rules: Rules) -> None:
        self._cases, self._rows, self._clock, self._rules = cases, rows, clock, rules

    def run(self) -> PublishReport:
        """Replaces what is published, in one transaction. A row that was deleted or unchecked is withdrawn."""
        checked: dict[str, dict[str, Cell]] = {}
        for state in self._rows.load_all("cases"):
            if state.erased or state.presence is Presence.GONE:
                continue
            if self._rules.is_checked(state.values.get("checked")):
                checked[state.key] = {column: state.values.get(column) for column in SHOWN}
        years = self._cases.fiscal_years(checked)
        published = [Published(key, years[key], values) for key, values in checked.items()]
        new, changed, withdrawn = self._cases.publish(published, self._clock.now())
        return PublishReport(len(published), new, changed, withdrawn)

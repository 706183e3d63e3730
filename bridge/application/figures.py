"""The last count of all cases, kept in the ledger: counting takes seconds, and the dashboard is opened all day.

Written by each summary run, read by the portal. It holds words and numbers, no case and no person.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from bridge.application.ports.journal import Journal
from bridge.domain.summary import Tally
from bridge.domain.tally_record import record_of, tally_of

STAMP, COUNT = "figures_as_of", "figures"


@dataclass(frozen=True, eq=False)
class Figures:
    """`as_of` is when the cases were read. One count is one object in a process, so that what is made of it can be
    kept under it."""

    stamp: str
    as_of: datetime
    counted: Tally


class KeptFigures:
    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._latest: Figures | None = None

    def keep(self, counted: Tally, as_of: datetime) -> None:
        stamp = as_of.isoformat()
        record = {"as_of": stamp, **record_of(counted)}
        with self._journal.transaction():
            self._journal.set_setting(COUNT, json.dumps(record, separators=(",", ":")))
            self._journal.set_setting(STAMP, stamp)

    def latest(self) -> Figures | None:
        """None before the first count. Reads the count itself only when there is a newer one."""
        stamp = self._journal.setting(STAMP)
        if not stamp:
            return None
        known = self._latest
        if known is None or known.stamp != stamp:
            record = json.loads(self._journal.setting(COUNT))
            known = Figures(record["as_of"], datetime.fromisoformat(record["as_of"]), tally_of(record))
            self._latest = known
        return known

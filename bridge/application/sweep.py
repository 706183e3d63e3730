"""What is kept for a time only goes when its time is over; files that belong to no case go too."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.application.attach_files import AttachFiles
from bridge.application.ports.clock import Clock
from bridge.application.ports.read_log import ReadLog
from bridge.domain.values.thai_date import months_before

LEAST = timedelta(days=90)  # kept in any case (notes on breaches look back that far)


@dataclass(frozen=True)
class SweepReport:
    """`readings`: lines of the read log that went; `files`: attached files that belonged to no case and went;
    `lost`: attached files of cases that are not in the store."""

    readings: int
    files: int
    lost: int


class Sweep:
    """`read_log_months`: how long the province keeps who looked at whom."""

    def __init__(
        self, read_log: ReadLog, attachments: AttachFiles, clock: Clock, read_log_months: int
    ) -> None:
        self._read_log, self._attachments = read_log, attachments
        self._clock, self._months = clock, read_log_months

    def run(self) -> SweepReport:
        """To be done each night; doing it again changes nothing."""
        readings = self._read_log.forget_before(self._keep_from())
        removed, lost = self._attachments.sweep()
        return SweepReport(readings, removed, lost)

    def _keep_from(self) -> datetime:
        now = self._clock.now()
        return min(months_before(now, self._months), now - LEAST)

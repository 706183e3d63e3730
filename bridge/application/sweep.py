"""What is kept for a time only goes when its time is over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.application.ports.clock import Clock
from bridge.application.ports.read_log import ReadLog
from bridge.domain.values.thai_date import months_before

LEAST = timedelta(days=90)  # kept in any case (notes on breaches look back that far)


@dataclass(frozen=True)
class SweepReport:
    readings: int  # lines of the read log that went


class Sweep:
    """`read_log_months`: how long the province keeps who looked at whom."""

    def __init__(self, read_log: ReadLog, clock: Clock, read_log_months: int) -> None:
        self._read_log, self._clock, self._months = read_log, clock, read_log_months

    def run(self) -> SweepReport:
        """To be done each night; doing it again changes nothing."""
        return SweepReport(self._read_log.forget_before(self._keep_from()))

    def _keep_from(self) -> datetime:
        now = self._clock.now()
        return min(months_before(now, self._months), now - LEAST)

"""The count of what went over the wire to Google; numbers only, for the run report."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass
class Traffic:
    """Calls are counted as sent, retries included; bytes are those of bodies; `waited` is in seconds;
    `misaimed` writes met rows or columns that people had moved meanwhile, and were undone."""

    calls: int = 0
    reads: int = 0
    writes: int = 0
    retried: int = 0
    ambiguous: int = 0
    misaimed: int = 0
    bytes_sent: int = 0
    bytes_received: int = 0
    waited: int = 0

    def take(self) -> dict[str, int]:
        """What was counted since the last time."""
        counted = asdict(self)
        vars(self).update(vars(Traffic()))
        return counted

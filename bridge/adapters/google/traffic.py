"""The count of what went over the wire to Google; numbers only, for the run report."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass
class Traffic:
    """Calls are counted as sent, retries included; bytes are those of bodies; `waited` is in seconds."""

    calls: int = 0
    reads: int = 0
    writes: int = 0
    retried: int = 0
    ambiguous: int = 0
    misaimed: int = (
        0  # writes that met rows or columns which people had moved meanwhile, and that were undone
    )
    bytes_sent: int = 0
    bytes_received: int = 0
    waited: int = 0

    def take(self) -> dict[str, int]:
        """What was counted since the last time."""
        counted = asdict(self)
        self.__init__()  # type: ignore[misc]  # back to zero
        return counted

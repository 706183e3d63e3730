"""The computer's clock."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class SystemClock:
    """Implements ports.clock.Clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251  # the one place that may ask


def pause(seconds: float) -> None:
    """Waits."""
    time.sleep(seconds)  # noqa: TID251  # the one place that may

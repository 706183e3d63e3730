"""Moments as the admin's and staff's pages show them: the day of the Buddhist era and the time in Thailand."""

from __future__ import annotations

from datetime import datetime

from bridge.bootstrap import local_time
from bridge.domain.values.thai_date import buddhist


def when(moment: datetime | None) -> str:
    """For example 22/11/2569 19:03; "" for none. A moment without a zone is a cell: it is Thai time already."""
    if moment is None:
        return ""
    local = local_time(moment) if moment.tzinfo is not None else moment
    return f"{buddhist(local)} {local:%H:%M}"

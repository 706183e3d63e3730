"""Google's per-minute quotas: 60 reads and 60 writes per user, 300 and 300 per project. Off until enabled."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from tests.stand_in.google import errors


class Bucket:
    """Counts calls in whole minutes of the clock; the next minute begins again."""

    def __init__(self) -> None:
        self.enabled = False
        self.per_user = 60
        self.per_project = 300
        self.counts: dict[tuple[str, str, int], int] = defaultdict(int)

    def take(self, user: str, writing: bool, moment: datetime) -> None:
        """Count one call, or raise 429 (a refused call counts nothing)."""
        if not self.enabled:
            return
        kind = "Write" if writing else "Read"
        minute = int(moment.timestamp() // 60)
        for who, limit, per in ((user, self.per_user, "user"), ("", self.per_project, "project")):
            if self.counts[who, kind, minute] >= limit:
                raise errors.quota(kind, limit, per)
        self.counts[user, kind, minute] += 1
        self.counts["", kind, minute] += 1

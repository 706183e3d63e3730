"""What goes wrong between a client and Google, by the index of the call (0 is the first) or by what it asks."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from tests.stand_in.google import errors


class Kind(StrEnum):
    """One kind of fault. "Before" means that nothing was applied, "after" that it was."""

    TOO_MANY = "429"
    INTERNAL = "500"
    BAD_GATEWAY = "502"
    UNAVAILABLE = "503"
    USAGE_LIMITS = "403 usageLimits"
    FORBIDDEN = "403"
    UNAUTHENTICATED = "401"
    RESET_BEFORE = "reset before commit"
    TIME_OUT_BEFORE = "time-out before commit"
    RESET_AFTER = "reset after commit"
    TIME_OUT_AFTER = "time-out after commit"
    INTERNAL_AFTER = "500 after commit"
    BAD_GATEWAY_AFTER = "502 after commit"
    UNAVAILABLE_AFTER = "503 after commit"
    TRUNCATED = "truncated JSON"
    SLOW = "slow"
    LATE = "late apply"


REFUSALS: dict[Kind, Callable[[], errors.ApiError]] = {
    Kind.TOO_MANY: lambda: errors.quota("Read", 60),
    Kind.INTERNAL: lambda: errors.temporary(500),
    Kind.BAD_GATEWAY: lambda: errors.temporary(502),
    Kind.UNAVAILABLE: lambda: errors.temporary(503),
    Kind.USAGE_LIMITS: errors.usage_limits,
    Kind.FORBIDDEN: errors.forbidden,
    Kind.UNAUTHENTICATED: errors.unauthenticated,
}
"""Answered instead of doing anything."""

LOST: dict[Kind, Callable[[], errors.ApiError]] = {
    Kind.INTERNAL_AFTER: lambda: errors.temporary(500),
    Kind.BAD_GATEWAY_AFTER: lambda: errors.temporary(502),
    Kind.UNAVAILABLE_AFTER: lambda: errors.temporary(503),
}
"""Answered although it was done."""


@dataclass
class Fault:
    """A fault for one call. `hold`: seconds without an answer. For `late apply`: applied when `calls` further
    calls have come, or `seconds` have passed on the state's clock, or on `apply_late()`; until then the client
    gets `answer` (a REFUSALS kind), or none when it is None."""

    kind: Kind
    hold: float = 30.0
    answer: Kind | None = None
    calls: int | None = None
    seconds: float | None = None


@dataclass
class Pending:
    """A request that will be applied later."""

    run: Callable[[], object]
    at_call: int | None
    at_time: datetime | None


class Faults:
    """The plan of faults. `log` holds (index, kind) of those that happened."""

    def __init__(self) -> None:
        self.by_index: dict[int, Fault] = {}
        self.by_pattern: list[tuple[re.Pattern[str], Fault, int]] = []
        self.pending: list[Pending] = []
        self.log: list[tuple[int, Kind]] = []

    def at(self, index: int, kind: Kind | str, **options: object) -> None:
        """The call with that index fails in that way."""
        self.by_index[index] = Fault(Kind(kind), **options)  # type: ignore[arg-type]

    def on(self, pattern: str, kind: Kind | str, times: int = 1, **options: object) -> None:
        """The next `times` calls whose "METHOD /path" matches the regular expression fail in that way."""
        self.by_pattern.append((re.compile(pattern), Fault(Kind(kind), **options), times))  # type: ignore[arg-type]

    def clear(self) -> None:
        self.by_index.clear()
        self.by_pattern.clear()

    def take(self, index: int, line: str) -> Fault | None:
        """The fault of a call, if any; it is used up."""
        found = self.by_index.pop(index, None)
        if found is None:
            for at, (pattern, fault, times) in enumerate(self.by_pattern):
                if pattern.search(line):
                    found = fault
                    if times > 1:
                        self.by_pattern[at] = (pattern, fault, times - 1)
                    else:
                        del self.by_pattern[at]
                    break
        if found is not None:
            self.log.append((index, found.kind))
        return found

    def postpone(self, run: Callable[[], object], fault: Fault, index: int, now: datetime) -> None:
        at_time = now + timedelta(seconds=fault.seconds) if fault.seconds is not None else None
        at_call = index + fault.calls if fault.calls is not None else None
        self.pending.append(Pending(run, at_call, at_time))

    def due(self, index: int, now: datetime) -> list[Pending]:
        """What is applied before the call with that index is handled; taken off the list."""
        ready = [
            p
            for p in self.pending
            if (p.at_call is not None and index > p.at_call) or (p.at_time is not None and now >= p.at_time)
        ]
        self.pending = [p for p in self.pending if p not in ready]
        return ready

    def apply_late(self) -> int:
        """Apply everything postponed now: how many requests."""
        waiting, self.pending = self.pending, []
        for one in waiting:
            one.run()
        return len(waiting)

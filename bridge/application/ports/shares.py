"""The port to the ledger's list of what the bridge shared, so that it takes back that and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class ShareState(StrEnum):
    SHARING = "sharing"  # asked for, or asked back (with its permission); the answer was not seen yet
    SHARED = "shared"
    FOREIGN = "foreign"  # the person could open the file already, not by us: never taken back by us
    REFUSED = "refused"  # the service will not share with this address


@dataclass(frozen=True)
class Share:
    """One person on one file. `permission` is the service's id of it, "" until it is known. `said` are the
    service's words on a refusal, else what is to be remembered of a request whose answer is not known."""

    request: str  # key of the access request
    file: str
    email: str
    role: str
    state: ShareState
    permission: str = ""
    said: str = ""


class Shares(Protocol):
    """`request` and `file` together are unique. Every method is one committed transaction."""

    def all(self) -> Sequence[Share]:
        """By request, then file."""

    def save(self, share: Share) -> None: ...

    def remove(self, request: str, file: str) -> None: ...

"""The port to a service where files are shared with people by their addresses (Google Drive)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Fate(StrEnum):
    DONE = "done"
    GONE = "gone"  # there was nothing to take back any more
    REFUSED = "refused"  # the service will not do it for this person; nothing was done
    UNKNOWN = "unknown"  # it may have been done, or be done yet


@dataclass(frozen=True)
class Answer:
    """`permission` is the service's id of a share that was DONE; `said` are its own words."""

    fate: Fate
    permission: str = ""
    said: str = ""


@dataclass(frozen=True)
class Holder:
    """One person who may open a file. An account has the same permission id whichever of its addresses is
    named."""

    permission: str
    email: str


class FileSharing(Protocol):
    """Every method raises ConfigurationError sharing_file_missing (the file is not there, or not for us to see),
    sharing_not_allowed (it is not ours to share) or google_sign_in, and OutsideError: nothing was done then."""

    def holders(self, file: str) -> Sequence[Holder]:
        """Everybody with a permission of their own."""

    def share(self, file: str, email: str, role: str) -> Answer:
        """Lets this person open the file; no mail is sent to them. Safe to repeat: a permission that is there
        keeps its id."""

    def unshare(self, file: str, permission: str) -> Answer:
        """Takes a permission back. Safe to repeat."""

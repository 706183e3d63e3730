"""The ports to erasures: what the ledger forgets of a person, and the tombstones that keep it from coming back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bridge.domain.tombstones import Tombstone


@dataclass(frozen=True)
class Erasure:
    """One erasure as it is remembered: who, when, how many cases and why, and nobody's value."""

    key: str  # 32 hexadecimal digits
    at: datetime  # aware
    actor: str  # "portal:" and the account
    why: str
    cases: int
    tombstones: frozenset[Tombstone]


class Erasures(Protocol):
    """In the ledger."""

    def all(self) -> list[Erasure]:
        """The oldest first."""

    def tombstones(self) -> frozenset[Tombstone]: ...

    def record(self, erasure: Erasure) -> None:
        """The same again changes nothing. Inside the caller's transaction."""

    def forget(self, cases: Mapping[str, str], reviews: Iterable[str]) -> None:
        """Inside the caller's transaction: answers, published copies and keys of matching of these cases are deleted,
        what the items `reviews` (by key) show is blanked, as are old and new values in the history of both, and
        `cases[key]` takes the place of the answer's identity. The rows of the sheets are the caller's."""

    def forget_register(self, numbers: Iterable[str]) -> None: ...

    def register_numbers(self) -> list[str]:
        """Of all rows of the register."""

    def reviews_about(self, case: str, response: str) -> list[str]:
        """The keys of the review items that are about the case or the answer that it came from."""

    def write_in_doubt(self) -> bool:
        """Whether a write to a shared spreadsheet is planned whose outcome is not known: its plan holds cells."""

    def wipe(self) -> None:
        """What was deleted leaves the database's files, too, as far as the program reaches: an SQLite file is made
        anew. Outside of any transaction. Raises OutsideError where the disk or somebody at work prevents it."""


class ErasureFile(Protocol):
    """Outside the ledger, beside it: what a ledger that is put back has to be told again."""

    def read(self) -> list[Erasure]:
        """The oldest first; a last line that was cut short is left out. Raises OutsideError."""

    def append(self, erasure: Erasure) -> None:
        """On disk when this returns. Raises OutsideError."""

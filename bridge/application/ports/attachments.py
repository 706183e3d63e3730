"""The ports to attached files: how they are judged, where they are kept, and what the ledger knows of them.

A file is in the store before a row of the ledger names it, and is never changed there. So a row always has its file;
a file without a row is left over from something that was broken off, and `AttachFiles.sweep` removes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Protocol

from bridge.domain.attachments import Kind
from bridge.domain.problems import Problem


@dataclass(frozen=True)
class Checked:
    """What is worth keeping of a file, made anew from its content."""

    kind: Kind
    content: bytes


@dataclass(frozen=True)
class StoredFile:
    """A file in the store. `name` is the store's own, `size` (bytes) and `sha256` are of what is stored, `shown` is
    `domain.attachments.shown_name` of what its sender called it."""

    name: str
    kind: Kind
    size: int
    sha256: str
    shown: str


@dataclass(frozen=True)
class Attachment:
    """A case's file: `number` counts from 1 in its case; `account` sent it."""

    case: str
    number: int
    file: StoredFile
    at: datetime
    account: str


class FileCheck(Protocol):
    def check(self, upload: IO[bytes]) -> Checked | Problem:
        """Judges a file by its content alone. The same content gives the same `Checked`."""


class FileStore(Protocol):
    def put(self, content: bytes) -> str:
        """Keeps it under a new name of 32 hexadecimal digits; whole and on the disk when this returns. Raises
        OutsideError where the disk does not take it."""

    def read(self, name: str) -> bytes:
        """Raises OutsideError where it is not there."""

    def remove(self, names: Iterable[str]) -> None:
        """Those that are not there are passed over."""

    def stored(self, before: datetime | None = None) -> set[str]:
        """The names in the store; only those that were put there before a moment, where one is given."""


class AttachmentStore(Protocol):
    def add(self, case: str, files: Sequence[StoredFile], account: str, now: datetime) -> None:
        """Numbered after those that the case has, in their order. Inside the caller's transaction. A file belongs to
        one case."""

    def of(self, cases: Sequence[str]) -> list[Attachment]:
        """By case and number."""

    def find(self, case: str, number: int) -> Attachment | None: ...

    def known(self, names: Iterable[str]) -> set[str]:
        """Those of the store's names that belong to a case."""

    def names(self) -> set[str]:
        """Of every file that belongs to a case."""

    def forget(self, cases: Sequence[str]) -> list[str]:
        """Takes the rows away and returns the store's names of their files, which are still there: inside the
        caller's transaction; the files are removed when that is committed."""

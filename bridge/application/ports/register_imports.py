"""The ports to importing the register: the file, the list of imports, and the file of refused rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bridge.application.ports.forms import Unreadable
from bridge.domain.cells import Cell


class Damaged(Exception):
    """A file that turned out unreadable while its rows were gone through."""

    def __init__(self, trouble: Unreadable) -> None:
        super().__init__(trouble.code)
        self.trouble = trouble


class RegisterFile(Protocol):
    """A table file. `cursor` is a digest of its content, `sheet` the worksheet's name ("" where there is none).
    `rows` may be gone through again and again, which may raise Damaged; the first is row 1."""

    @property
    def name(self) -> str: ...
    @property
    def sheet(self) -> str: ...
    @property
    def cursor(self) -> str: ...
    @property
    def rows(self) -> Iterable[Sequence[Cell]]: ...


class State(StrEnum):
    RUNNING = "running"  # or stopped on its way
    DONE = "done"
    UNDOING = "undoing"  # or stopped on its way
    UNDONE = "undone"


@dataclass(frozen=True)
class Tally:
    """Rows: new, changed and the same in the register; refused; and kept out since they were erased."""

    new: int = 0
    changed: int = 0
    same: int = 0
    refused: int = 0
    erased: int = 0


@dataclass(frozen=True)
class Import:
    """`version` is what the rows that came by it carry. `done_row`: the file's row up to which it is done."""

    version: str
    at: datetime
    file: str
    digest: str
    empty_clears: bool
    state: State
    done_row: int = 0
    tally: Tally = field(default_factory=Tally)


class RegisterImports(Protocol):
    """Each call is one transaction, or part of the caller's."""

    def all(self) -> list[Import]:
        """The newest first."""

    def begin(self, file: str, digest: str, empty_clears: bool, now: datetime) -> Import: ...

    def save(self, one: Import) -> None:
        """State, row and tally."""

    def drop(self, version: str) -> None:
        """An import that changed nothing is no version."""

    def undo(self, version: str, most: int) -> int:
        """Takes back up to `most` rows: the changed ones are as they were, the new ones go. How many; 0 when it
        is over."""

    def forget_past(self, keep: int) -> None:
        """Only the newest `keep` can be undone from now on."""

    def version_of(self, number: str) -> str | None:
        """That of the register's row; None where there is no such row."""

    def undoable(self, version: str) -> bool:
        """Whether what it replaced is still kept."""


class RefusedSheet(Protocol):
    """A table file in the making. Nothing is there before `close`, and nothing where no row was added."""

    def add(self, cells: Sequence[Cell], reason: str) -> None: ...

    def close(self) -> str:
        """Where the file is now, "" where there is none."""


class RefusedRows(Protocol):
    """Refused rows as files that a person mends and imports again."""

    def sheet(self, file: str, header: Sequence[Cell], reason: str) -> RefusedSheet:
        """For the file of that name, in its kind; `reason` is the title of a further column."""

    def forget(self) -> None:
        """Deletes them all."""

"""The port to the answers of a form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from bridge.domain.cells import Cell
from bridge.domain.problems import Problem


@dataclass(frozen=True)
class Batch:
    """Answers as a table of cells, header row included; `rows[r]` is row r + 1 of what people see in `name`.

    `cursor` is what to remember once the batch is in the ledger: an equal cursor means nothing new.
    `complete`: the table holds every answer there is; otherwise only what may be new, and it says nothing of
    other answers. `unasked`: columns (keys of questions) that the form no longer asks for: a blank there does
    not take an older answer away. `notes`: what a person should know of the source, which keeps nothing from
    being read (messages section `problem`).
    """

    name: str
    cursor: str
    rows: Sequence[Sequence[Cell]]
    complete: bool = True
    unasked: frozenset[str] = frozenset()
    notes: Sequence[Problem] = ()
    sheet: str = ""  # of a workbook, where it is told


@dataclass(frozen=True)
class Unreadable:
    """A file or page of answers that could not be read now; it stays where it is and is tried again.
    `code` and `facts` word the reason (messages section `problem`)."""

    name: str
    code: str
    facts: Mapping[str, str]


class FormSource(Protocol):
    """The answers of one form. Reading changes nothing at the source; the order is stable.

    What a person must mend is yielded as Unreadable; SaphanError is raised for what may pass by itself (network)
    and for what keeps everything of that service from working (sign-in).
    """

    def fetch_since(self, cursors: Mapping[str, str]) -> Iterator[Batch | Unreadable]:
        """Batches whose cursor differs from the one remembered under their name, in a stable order."""

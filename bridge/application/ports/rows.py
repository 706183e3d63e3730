"""The port to the ledger's side of the sheets: what each row holds, what the sheet was last known to show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bridge.domain.cells import Cell


class Presence(StrEnum):
    """Where a ledger row is in its sheet."""

    ABSENT = "absent"  # to be appended
    TYPED = "typed"  # staff typed it there; its id is not yet in the sheet
    PRESENT = "present"
    MISSING = "missing"  # one full read did not find it
    GONE = "gone"  # two did not: deleted by a person, brought back only by command


@dataclass
class RowState:
    """One row. `values` is the truth, `confirmed` what the sheet was last known to show, `suggested[column]`
    the bridge's own suggestions that the cell may still show; of a staff column, what was chosen in the portal and
    is yet to be shown there, the last, after what was sent there by a write whose end nobody saw. `dirty`: its
    computed columns are out of date.
    `settled`: the sheet shows all of `values`; `digest` is that of `confirmed`. `erased`: its person was erased; what
    stands in the sheet is not heard any more but written over."""

    key: str
    values: dict[str, Cell] = field(default_factory=dict)
    confirmed: dict[str, Cell] = field(default_factory=dict)
    suggested: dict[str, list[Cell]] = field(default_factory=dict)
    presence: Presence = Presence.ABSENT
    digest: str = ""
    settled: bool = False
    dirty: bool = True
    erased: bool = False

    def choose(self, column: str, value: Cell) -> None:
        """A staff column's value as it was chosen in the portal; the next cycle writes it, unless people typed another
        there meanwhile."""
        self.values[column] = value
        self.suggested[column] = [*self.suggested.get(column, [])[:-1], value]
        self.settled = False


@dataclass(frozen=True)
class Mark:
    """As much of a row as the comparison with an unchanged sheet needs."""

    digest: str
    settled: bool
    presence: Presence
    erased: bool = False


@dataclass(frozen=True)
class Event:
    """One line of a row's history. `why` is a code of the messages' section `history`."""

    table: str
    key: str
    why: str
    actor: str  # "bridge", "sheet", "form", "command", or "portal:" and the account
    column: str = ""
    old: Cell = None
    new: Cell = None


@dataclass(frozen=True)
class PastEvent:
    at: datetime
    event: Event


class RowStore(Protocol):
    """All methods are safe to repeat; rows come in the order of their keys."""

    def marks(self, table: str) -> dict[str, Mark]: ...

    def load(self, table: str, keys: Iterable[str]) -> dict[str, RowState]:
        """Inside a transaction nobody else changes these rows until it ends."""

    def load_all(self, table: str) -> Iterable[RowState]: ...

    def dirty(self, table: str) -> list[str]: ...

    def unsettled(self, table: str) -> list[str]: ...

    def save(self, table: str, states: Sequence[RowState], events: Sequence[Event] = ()) -> None:
        """Inserts or replaces the rows and adds the events, stamped with the clock, all or none."""

    def mark_dirty(self, table: str, keys: Iterable[str]) -> None: ...

    def mark_all_dirty(self, table: str) -> None: ...

    def history(self, table: str, key: str) -> list[PastEvent]: ...

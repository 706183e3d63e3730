"""The port to a workbook that people edit while the bridge works."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from bridge.domain.cells import Cell
from bridge.domain.columns import Table


@dataclass(frozen=True)
class Grid:
    """A tab as it is: `rows[r][c]` is row r + 1, column c + 1 of the sheet; rows may be ragged,
    blank cells are None, text is exactly what is in the cell.

    `uncalculated` holds the (r, c) of formulas whose result the file does not carry. `marked[key]` is where a
    table's column is, for workbooks that can mark columns: it holds though the header was renamed.
    """

    rows: Sequence[Sequence[Cell]]
    uncalculated: frozenset[tuple[int, int]] = frozenset()
    marked: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Snapshot:
    """What one read saw. `version` changes whenever anything in the workbook does; "" where it was not asked."""

    version: str
    grids: Mapping[str, Grid]


@dataclass(frozen=True)
class TabChange:
    """What to write to one tab, counted from 0.

    `cells[(r, c)]` replaces a cell's value and keeps its looks. `appended` rows (column -> value) go below the
    last row that holds anything; each looks like the row above it. A str is text, whatever it begins with.
    `erasing`: what the cells held must not stay anywhere in the file.
    """

    tab: str
    cells: Mapping[tuple[int, int], Cell] = field(default_factory=dict)
    appended: Sequence[Mapping[int, Cell]] = ()
    erasing: bool = False


class Workbook(Protocol):
    """One workbook.

    Every method may raise Busy (open elsewhere), SheetError (damaged, missing, not a workbook, unsafe to open)
    or OutsideError (disk full, share gone). After an error the workbook is as it was.
    """

    @property
    def name(self) -> str:
        """What people call it, for messages: a file name or a title."""

    @property
    def max_text(self) -> int:
        """The longest text, in characters, that a cell holds."""

    @property
    def trust(self) -> timedelta | None:
        """How long after a full read an equal version still proves that nothing changed; None for ever."""

    def exists(self) -> bool: ...

    def settle(self) -> None:
        """Learns what became of an earlier write that was cut short, and undoes what it hit by mistake.
        Raises OutsideError while nobody can tell yet: until then nothing may be read or written."""

    def version(self) -> str:
        """The version a read would report now, at less cost than a read. Raises SheetError when missing."""

    def read(self, tabs: Sequence[str]) -> Snapshot:
        """The named tabs. Raises SheetError('tab_missing') when one is not there."""

    def write(self, changes: Sequence[TabChange], expected: str) -> str:
        """All changes or none, if the version still is `expected` (else raises Changed).
        Everything else in the workbook stays as it is. Returns the new version, "" where it is not known.

        A workbook that others edit at the very same time cannot compare first (sync.md, fact 1): it looks
        after the write at what was hit, undoes what people had moved out from under it, and raises Changed."""

    def create(self, tables: Sequence[Table]) -> None:
        """A new workbook with these tabs, headers and looks, replacing what was there."""

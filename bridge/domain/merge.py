"""The three-way merge of one row: what the sheet was known to show, what it shows, what the ledger wants.

The rules are sync.md step 7, by the owner of each column. Nothing that a person typed is overwritten, except in
the columns that the bridge computes, and there the history keeps it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from bridge.domain.cells import Cell, clip, same
from bridge.domain.columns import Column, Owner, Table
from bridge.domain.layout import SheetRow


class Why(StrEnum):
    """Why a value changed, as the history records it."""

    STAFF = "staff"  # typed in a staff column
    CORRECTION = "correction"  # staff corrected a form cell
    CHOICE = "choice"  # staff chose in a suggested column
    CONFLICT = "conflict"  # sheet and form, or sheet and portal, both changed; the sheet's value stays
    RESTORED = "restored"  # somebody typed in a column that the bridge computes; its value comes back


@dataclass(frozen=True)
class Change:
    column: str
    old: Cell
    new: Cell
    why: Why


@dataclass(frozen=True)
class Conflict:
    """Both sides changed a cell: what the sheet shows (and keeps), and what the form now says or, of a cell that staff
    own, what was chosen in the portal."""

    column: str
    sheet: Cell
    form: Cell


@dataclass
class Merged:
    """The ledger's values after the sheet was heard; bridge and suggested columns are still to be derived."""

    values: dict[str, Cell]
    changes: list[Change] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)


def absorb(
    table: Table,
    confirmed: Mapping[str, Cell],
    row: SheetRow,
    values: Mapping[str, Cell],
    suggested: Mapping[str, Sequence[Cell]],
    max_text: int,
) -> Merged:
    """What the ledger should hold for a row once everything people typed in it is taken in.

    `confirmed` is what the sheet was last known to show, `values` what the ledger holds, `suggested[column]`
    the bridge's own suggestions that the cell may show; in a staff column, what staff chose in the portal: the
    last is what the cell has yet to show, and one before it may stand there, where the end of a write was not seen.
    `max_text` is the sheet's longest text.
    """
    merged = Merged(dict(values))
    for column in table.columns:
        if column.key in row.uncalculated:
            continue  # a formula without its result says nothing yet
        sheet = row.values.get(column.key)
        _HEAR[column.owner](merged, column, confirmed.get(column.key), sheet, suggested, max_text)
    return merged


def _note(merged: Merged, column: Column, new: Cell, why: Why) -> None:
    merged.changes.append(Change(column.key, merged.values.get(column.key), new, why))
    merged.values[column.key] = new


def _hear_staff(
    merged: Merged,
    column: Column,
    confirmed: Cell,
    sheet: Cell,
    chosen: Mapping[str, Sequence[Cell]],
    limit: int,
) -> None:
    choices = chosen.get(column.key, ())
    if choices and any(same(sheet, clip(shown, limit)) for shown in (confirmed, *choices[:-1])):
        return  # nobody has touched the cell since: the portal's choice is the later one
    wanted = merged.values.get(column.key)
    if same(sheet, wanted) or (choices and same(sheet, clip(wanted, limit))):
        return
    if choices:
        merged.conflicts.append(Conflict(column.key, sheet, wanted))
    _note(merged, column, sheet, Why.CONFLICT if choices else Why.STAFF)


def _hear_form(
    merged: Merged, column: Column, confirmed: Cell, sheet: Cell, _: Mapping[str, Sequence[Cell]], limit: int
) -> None:
    wanted = merged.values.get(column.key)
    shown = clip(wanted, limit)
    if same(sheet, confirmed) or same(sheet, shown):
        return
    if same(shown, confirmed):
        _note(merged, column, sheet, Why.CORRECTION)
    else:
        merged.conflicts.append(Conflict(column.key, sheet, wanted))
        _note(merged, column, sheet, Why.CONFLICT)


def _hear_suggested(
    merged: Merged,
    column: Column,
    confirmed: Cell,
    sheet: Cell,
    suggested: Mapping[str, Sequence[Cell]],
    limit: int,
) -> None:
    if _is_blank(sheet) or sheet in suggested.get(column.key, ()):
        current = merged.values.get(column.key)
        if current is not None and current not in suggested.get(column.key, ()):
            _note(merged, column, None, Why.CHOICE)  # staff took their own words back
    elif not same(sheet, merged.values.get(column.key)):
        _note(merged, column, sheet, Why.CHOICE)


def _is_blank(cell: Cell) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _hear_bridge(
    merged: Merged, column: Column, confirmed: Cell, sheet: Cell, _: Mapping[str, Sequence[Cell]], limit: int
) -> None:
    wanted = merged.values.get(column.key)
    if not same(sheet, confirmed) and not same(sheet, clip(wanted, limit)):
        merged.changes.append(Change(column.key, sheet, wanted, Why.RESTORED))


_HEAR = {
    Owner.STAFF: _hear_staff,
    Owner.FORM: _hear_form,
    Owner.SUGGESTED: _hear_suggested,
    Owner.BRIDGE: _hear_bridge,
}


def to_write(
    table: Table,
    values: Mapping[str, Cell],
    shown: Mapping[str, Cell],
    max_text: int,
    chosen: Collection[str] = (),
) -> dict[str, Cell]:
    """The cells that the sheet must be given; of those that staff own only what they chose in the portal."""
    return {
        column.key: clip(values.get(column.key), max_text)
        for column in table.columns
        if (column.owner is not Owner.STAFF or column.key in chosen)
        and not same(clip(values.get(column.key), max_text), shown.get(column.key))
    }

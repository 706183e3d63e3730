"""Which row of the sheet is which row of the ledger (sync.md steps 5 and 6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bridge.domain.cells import Cell, row_digest, same
from bridge.domain.columns import Table
from bridge.domain.layout import SheetRow

MOST_LOSS = 0.20  # of the rows, between two reads (sync.md step 5)


@dataclass(frozen=True)
class Alignment:
    """`kept[key]` is the row that carries the ledger row `key`; `copies` say (row, key) of the other rows with
    that id; `blank` rows have content but no id; `foreign` rows have an id that the ledger does not know;
    `reclaimed` rows had lost their id, or got another's, and were known by their content; `vanished` keys are
    on no row."""

    kept: Mapping[str, SheetRow]
    copies: Sequence[tuple[SheetRow, str]]
    blank: Sequence[SheetRow]
    foreign: Sequence[SheetRow]
    reclaimed: Mapping[str, SheetRow]
    vanished: Sequence[str]


def content_keys(table: Table) -> tuple[str, ...]:
    """The columns whose cells make a row's digest: all but its id."""
    return tuple(key for key in table.keys if key != table.key)


def align(
    table: Table,
    rows: Sequence[SheetRow],
    known: Mapping[str, str],
    shown: frozenset[str],
    nearest: Callable[[str, Sequence[SheetRow]], SheetRow | None],
) -> Alignment:
    """`known[key]` is the digest of every ledger row as last confirmed; `shown` are the keys that the sheet is
    known to hold; `nearest(key, rows)` picks the row nearest to the confirmed state among copies, or none:
    an id that never reached the sheet may stand there by coincidence."""
    by_id: dict[str, list[SheetRow]] = {}
    blank: list[SheetRow] = []
    foreign: list[SheetRow] = []
    for row in rows:
        key = _id_of(row, table)
        if not key:
            blank.append(row)
        elif key in known:
            by_id.setdefault(key, []).append(row)
        else:
            foreign.append(row)
    kept: dict[str, SheetRow] = {}
    copies: list[tuple[SheetRow, str]] = []
    for key, claimants in by_id.items():
        certain = len(claimants) == 1 and key in shown
        keeper = claimants[0] if certain else nearest(key, claimants)
        if keeper is not None:
            kept[key] = keeper
        copies.extend((row, key) for row in claimants if row is not keeper)
    vanished = [key for key in known if key in shown and key not in kept]
    reclaimed = _reclaim(table, [*blank, *foreign, *(row for row, _ in copies)], vanished, known)
    taken = {row.index for row in reclaimed.values()}
    return Alignment(
        kept=kept,
        copies=[(row, key) for row, key in copies if row.index not in taken],
        blank=[row for row in blank if row.index not in taken],
        foreign=[row for row in foreign if row.index not in taken],
        reclaimed=reclaimed,
        vanished=[key for key in vanished if key not in reclaimed],
    )


def _id_of(row: SheetRow, table: Table) -> str:
    cell = row.values.get(table.key)
    return "" if cell is None else str(cell).strip()


def _reclaim(
    table: Table, rows: Sequence[SheetRow], vanished: Sequence[str], known: Mapping[str, str]
) -> dict[str, SheetRow]:
    """Rows in which only the id was changed: the same content as a vanished row."""
    wanted: dict[str, list[str]] = {}
    for key in vanished:
        wanted.setdefault(known[key], []).append(key)
    keys = content_keys(table)
    found: dict[str, SheetRow] = {}
    for row in rows:
        candidates = wanted.get(row_digest(keys, row.values), [])
        if candidates:
            found[candidates.pop(0)] = row
    return found


def lost_too_many(before: int, now: int) -> bool:
    """A sheet that lost more than a fifth of its rows, or all of them, is not believed (sync.md step 5)."""
    return before > 0 and (now == 0 or (before - now) / before > MOST_LOSS)


def most_alike(
    keys: Sequence[str], confirmed: Mapping[str, Mapping[str, Cell]], rows: Sequence[SheetRow]
) -> dict[int, str]:
    """Pairs rows, by index, and ids, those most alike first, until either are used up. `confirmed` is by id."""
    pairs = [
        (-likeness(keys, values, row), row.index, place, key)
        for row in rows
        for place, (key, values) in enumerate(confirmed.items())
    ]
    found: dict[int, str] = {}
    for _, index, _, key in sorted(pairs):
        if index not in found and key not in found.values():
            found[index] = key
    return found


def likeness(keys: Sequence[str], confirmed: Mapping[str, Cell], row: SheetRow) -> int:
    """How many cells are as last confirmed."""
    return sum(same(confirmed.get(key), row.values.get(key)) for key in keys)

"""How a write that hit other cells than it was meant for is undone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence

from bridge.adapters.workbooks.google_aims import Slip, alike, columns_by_name, id_at, plain, rows_by_id
from bridge.adapters.workbooks.google_read import SeenTab
from bridge.domain.cells import Cell, same

FEW = 20  # rows with the same word in a column, of which one may be told from the others

# (table, id of the row) -> what its cells last held, by column key
Shown = Callable[[str, str], Mapping[str, Cell]]


def repairs(
    slips: Sequence[Slip], now: SeenTab, before: SeenTab | None, shown: Shown
) -> dict[tuple[int, int], Cell]:
    """Where each slip is now, and what the cell held before it: as the earlier read saw it, else as the ledger
    last knew it, else nothing. A cell that somebody has written since is left alone."""
    rows, columns = rows_by_id(now), columns_by_name(now)
    found = []
    for slip in slips:
        key = slip.labelled or slip.id
        place = columns.get(slip.column, slip.place) if slip.column else slip.place
        nearest = sorted(rows.get(key, ()) if key else [slip.row], key=lambda row: abs(row - slip.row))
        row = next((row for row in nearest if alike(now.cell(row, place), slip.value)), None)
        if row is not None:
            found.append((row, place, slip))
    images = _Images(now, before, shown, {(row, place) for row, place, _ in found})
    cells = {(row, place): images.of(row, place, slip) for row, place, slip in found}
    return {at: image for at, image in cells.items() if not alike(now.cell(*at), image)}


class _Images:
    """What cells held before they were `hit`."""

    def __init__(
        self, now: SeenTab, before: SeenTab | None, shown: Shown, hit: Collection[tuple[int, int]]
    ) -> None:
        self._now, self._before, self._shown, self._hit = now, before, shown, hit
        self._rows, self._columns = rows_by_id(now), columns_by_name(now)
        self._names = {at: name for name, at in self._columns.items()}
        self._earlier_rows = rows_by_id(before) if before else {}
        self._earlier_columns = columns_by_name(before) if before else {}
        self._holders: dict[tuple[str, Cell], list[int]] = {}

    def of(self, row: int, place: int, slip: Slip) -> Cell:
        if slip.fresh:
            return None
        key, name = slip.id or self._id(row), slip.column or self._names.get(place, "")
        before = self._before
        if before is None:
            return self._shown(self._now.table.name, key).get(name) if key and self._now.table else None
        rows = self._earlier_rows.get(key, ())
        if not rows or len(self._rows.get(key, ())) > 1:  # spoiled, or another's
            rows = self._most_alike(row, before) or rows
        return before.cell(rows[0], self._earlier_place(place, name)) if rows else None

    def _id(self, row: int) -> str:
        place = self._columns.get(self._now.table.key) if self._now.table else None
        return "" if (row, place) in self._hit else id_at(self._now, row)

    def _earlier_place(self, place: int, name: str) -> int:
        """Where the column was; one whose header nobody knew before is the one that stood there, if that one is
        gone (it was renamed), else it is new: beyond the sheet."""
        if name in self._earlier_columns:
            return self._earlier_columns[name]
        stood = next((old for old, at in self._earlier_columns.items() if at == place), "")
        return place if stood not in self._columns else 1_000_000

    # a row without an id that was known before

    def _most_alike(self, row: int, before: SeenTab) -> list[int]:
        """The earlier row that it was, by the cells that were not hit; none where it is a new one."""
        cells = {
            name: plain(self._now.cell(row, at))
            for name, at in self._columns.items()
            if name in self._earlier_columns and (row, at) not in self._hit
        }
        votes = Counter(one for held in cells.items() for one in self._held(before).get(held, ()))
        scores = {
            one: self._score(cells, one, before) for one in votes if not self._is_elsewhere(one, row, before)
        }
        nearest = sorted(scores, key=lambda one: (-scores[one], abs(one - row)))
        return [one for one in nearest[:1] if scores[one] > 0]

    def _is_elsewhere(self, earlier: int, row: int, before: SeenTab) -> bool:
        rows = self._rows.get(id_at(before, earlier), ())
        return bool(rows) and row not in rows

    def _held(self, before: SeenTab) -> Mapping[tuple[str, Cell], list[int]]:
        """Of what few earlier rows hold: who they are."""
        if not self._holders:
            for name, at in self._earlier_columns.items():
                for one in range(before.header_row + 1, len(before.rows)):
                    held = plain(before.cell(one, at))
                    if held is not None:
                        self._holders.setdefault((name, held), []).append(one)
            self._holders = {held: rows for held, rows in self._holders.items() if len(rows) <= FEW}
        return self._holders

    def _score(self, cells: Mapping[str, Cell], one: int, before: SeenTab) -> int:
        earlier = {name: plain(before.cell(one, self._earlier_columns[name])) for name in cells}
        filled = [name for name in cells if cells[name] is not None or earlier[name] is not None]
        return sum(1 if same(cells[name], earlier[name]) else -1 for name in filled)

"""Rows of a tab that hold what was erased: their own, copies of them, and what people type into them.

Nothing in them is heard. Each is written over with what stays, or blanked, and says in words why.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from bridge.domain.cells import Cell, clip, same
from bridge.domain.columns import Table
from bridge.domain.layout import SheetRow


def lacks(
    table: Table, values: Mapping[str, Cell], row: SheetRow, max_text: int, stays: Collection[str] = ()
) -> dict[str, Cell]:
    """The cells of the row, whoever owns them, that are not as `values`; those of `stays` are left alone."""
    found: dict[str, Cell] = {}
    for column in table.keys:
        wanted, shown = clip(values.get(column), max_text), row.values.get(column)
        unticked = wanted is None and shown is False
        if column not in stays and (column in row.uncalculated or not (same(wanted, shown) or unticked)):
            found[column] = wanted
    return found

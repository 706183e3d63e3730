"""The three-way merge of a row (sync.md step 7), as properties over any confirmed, sheet and wanted values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain.cells import Cell, clip, same
from bridge.domain.columns import Column, Owner, Table
from bridge.domain.layout import SheetRow
from bridge.domain.merge import Change, Conflict, Merged, Why, absorb, to_write

LIMIT = 6  # characters that a cell of this sheet holds
OWNERS = list(Owner)
TABLE = Table("t", "แท็บ", "bridge", tuple(Column(str(owner), str(owner), owner) for owner in OWNERS))

texts = st.sampled_from(["ก", "ข", "ค", "ก ", "=1+1"])
others = st.sampled_from([True, False, 1, 0, 2.5, date(2026, 1, 2), datetime(2026, 1, 2)])
seen = st.one_of(st.none(), texts, others, st.just("ย" * LIMIT))  # what a cell of the sheet can hold
held = st.one_of(seen, st.sampled_from(["ย" * (LIMIT + 1), "ก" * 40]))  # the ledger keeps longer texts whole


@dataclass(frozen=True)
class Triple:
    """One cell: what was confirmed, what the sheet shows, what the ledger wants, what was suggested."""

    confirmed: Cell
    sheet: Cell
    wanted: Cell
    suggested: Sequence[Cell] = ()


triples = st.builds(Triple, seen, seen, held, st.lists(seen.filter(lambda v: v is not None), max_size=3))
rows = st.fixed_dictionaries({str(owner): triples for owner in OWNERS})


def part(row: Mapping[str, Triple], name: str) -> dict[str, Cell]:
    return {key: getattr(triple, name) for key, triple in row.items() if getattr(triple, name) is not None}


def hear(row: Mapping[str, Triple], blind: frozenset[str] = frozenset()) -> Merged:
    return absorb(
        TABLE,
        part(row, "confirmed"),
        SheetRow(1, part(row, "sheet"), blind),
        part(row, "wanted"),
        {key: triple.suggested for key, triple in row.items()},
        LIMIT,
    )


def hear_one(owner: Owner, triple: Triple) -> tuple[Cell, list[Change], list[Conflict]]:
    quiet = {str(other): Triple(None, None, None) for other in OWNERS}
    merged = hear({**quiet, str(owner): triple})
    assert all(value is None for key, value in merged.values.items() if key != str(owner))
    return merged.values.get(str(owner)), merged.changes, merged.conflicts


@given(triples)
def test_a_staff_cell_is_as_last_typed(cell: Triple) -> None:
    """What they chose in the portal (`suggested`) is the last, while they leave the cell as it was. Where they did
    not, it is told."""
    value, changes, conflicts = hear_one(Owner.STAFF, cell)
    shown = clip(cell.wanted, LIMIT) if cell.suggested else cell.wanted
    if left_alone(cell) or same(cell.sheet, shown):
        assert (value, changes, conflicts) == (cell.wanted, [], [])
        return
    assert same(value, cell.sheet)
    why = Why.CONFLICT if cell.suggested else Why.STAFF
    assert changes == [Change("staff", cell.wanted, cell.sheet, why)]
    assert conflicts == ([Conflict("staff", cell.sheet, cell.wanted)] if cell.suggested else [])


def left_alone(cell: Triple) -> bool:
    """A staff cell for which something was chosen in the portal, and that shows what it was known to show, or an
    earlier choice that reached it in a write that was cut short."""
    earlier = [clip(choice, LIMIT) for choice in cell.suggested[:-1]]
    return bool(cell.suggested) and any(same(cell.sheet, shown) for shown in (cell.confirmed, *earlier))


@given(triples)
def test_a_bridge_cell_is_as_computed_and_history_tells_what_was_typed(cell: Triple) -> None:
    value, changes, conflicts = hear_one(Owner.BRIDGE, cell)
    assert value == cell.wanted
    assert not conflicts
    typed = not same(cell.sheet, cell.confirmed) and not same(cell.sheet, clip(cell.wanted, LIMIT))
    assert changes == ([Change("bridge", cell.sheet, cell.wanted, Why.RESTORED)] if typed else [])


@given(triples)
def test_a_form_cell_follows_the_form_until_staff_correct_it(cell: Triple) -> None:
    value, changes, conflicts = hear_one(Owner.FORM, cell)
    shown = clip(cell.wanted, LIMIT)
    if same(cell.sheet, cell.confirmed) or same(cell.sheet, shown):
        assert (value, changes, conflicts) == (cell.wanted, [], [])
    elif same(shown, cell.confirmed):
        assert same(value, cell.sheet)
        assert changes == [Change("form", cell.wanted, cell.sheet, Why.CORRECTION)]
        assert not conflicts
    else:
        assert same(value, cell.sheet)
        assert changes == [Change("form", cell.wanted, cell.sheet, Why.CONFLICT)]
        assert conflicts == [Conflict("form", cell.sheet, cell.wanted)]


@given(triples)
def test_a_suggested_cell_is_ours_while_blank_or_ours_and_theirs_once_they_chose(cell: Triple) -> None:
    value, changes, conflicts = hear_one(Owner.SUGGESTED, cell)
    assert not conflicts
    if cell.sheet is None or cell.sheet in cell.suggested:
        assert value is None or value in cell.suggested  # free for the next suggestion
        ours = cell.wanted is None or cell.wanted in cell.suggested
        assert changes == ([] if ours else [Change("suggested", cell.wanted, None, Why.CHOICE)])
        assert not ours or value == cell.wanted
    else:
        assert same(value, cell.sheet)
        chosen = [Change("suggested", cell.wanted, cell.sheet, Why.CHOICE)]
        assert changes == ([] if same(cell.sheet, cell.wanted) else chosen)


@given(rows)
def test_what_people_typed_is_in_the_values_or_in_the_history(row: dict[str, Triple]) -> None:
    merged = hear(row)
    told = [value for change in merged.changes for value in (change.old, change.new)]
    for key, cell in row.items():
        ours = cell.sheet in cell.suggested if key == "suggested" else key == "staff" and left_alone(cell)
        if cell.sheet is not None and not same(cell.sheet, cell.confirmed) and not ours:
            kept = clip(merged.values.get(key), LIMIT)
            assert same(cell.sheet, kept) or any(same(cell.sheet, value) for value in told)


@given(rows)
def test_absorbing_the_same_sheet_twice_changes_nothing(row: dict[str, Triple]) -> None:
    """Once the ledger knows what the sheet shows (it is confirmed then), there is nothing more to hear."""
    first = hear(row)
    confirmed = part(row, "sheet")
    suggested = {key: cell.suggested for key, cell in row.items()}
    second = absorb(TABLE, confirmed, SheetRow(1, confirmed), first.values, suggested, LIMIT)
    assert second.values == first.values
    assert (second.changes, second.conflicts) == ([], [])


@given(rows)
def test_hearing_twice_before_it_is_confirmed_gives_the_same_values(row: dict[str, Triple]) -> None:
    first = hear(row)
    again = {
        key: Triple(cell.confirmed, cell.sheet, first.values.get(key), cell.suggested)
        for key, cell in row.items()
    }
    second = hear(again)
    assert {k: v for k, v in second.values.items() if v is not None} == {
        k: v for k, v in first.values.items() if v is not None
    }
    assert not second.conflicts
    assert all(change.why is Why.RESTORED for change in second.changes)


@given(rows)
def test_every_change_is_the_one_that_was_made(row: dict[str, Triple]) -> None:
    merged = hear(row)
    before = part(row, "wanted")
    changed = {change.column: change for change in merged.changes if change.why is not Why.RESTORED}
    for key in TABLE.keys:
        old, new = before.get(key), merged.values.get(key)
        if key in changed:
            assert same(changed[key].old, old)
            assert same(changed[key].new, new)
        else:
            assert same(old, new)
    assert {conflict.column for conflict in merged.conflicts} == {
        change.column for change in merged.changes if change.why is Why.CONFLICT
    }


@given(rows, st.frozensets(st.sampled_from(TABLE.keys)))
def test_a_formula_without_its_result_says_nothing(row: dict[str, Triple], blind: frozenset[str]) -> None:
    merged = hear(row, blind)
    for key in blind:
        assert merged.values.get(key) == row[key].wanted
    assert not blind & {change.column for change in merged.changes}
    clear = hear(row)
    for key in set(TABLE.keys) - blind:
        assert same(merged.values.get(key), clear.values.get(key))


@given(rows)
def test_nothing_that_went_in_is_touched(row: dict[str, Triple]) -> None:
    values = part(row, "wanted")
    before = dict(values)
    absorb(TABLE, part(row, "confirmed"), SheetRow(1, part(row, "sheet")), values, {}, LIMIT)
    assert values == before


@given(rows)
def test_what_is_written_is_what_the_sheet_lacks_and_never_a_staff_cell(row: dict[str, Triple]) -> None:
    values, shown = part(row, "wanted"), part(row, "sheet")
    cells = to_write(TABLE, values, shown, LIMIT)
    assert "staff" not in cells
    for key in set(TABLE.keys) - {"staff"}:
        wanted = clip(values.get(key), LIMIT)
        assert (key in cells) is not same(wanted, shown.get(key))
        assert same(cells.get(key, wanted), wanted)
    assert to_write(TABLE, values, {**shown, **cells}, LIMIT) == {}


@given(rows)
def test_a_staff_cell_is_written_where_they_chose_in_the_portal_and_left_the_cell(
    row: dict[str, Triple],
) -> None:
    values, shown = hear(row).values, part(row, "sheet")
    chosen = ("staff",) if row["staff"].suggested else ()
    cells = to_write(TABLE, values, shown, LIMIT, chosen)
    if "staff" in cells:
        assert left_alone(row["staff"])
        assert same(cells["staff"], clip(row["staff"].wanted, LIMIT))
    elif chosen:
        assert same(clip(values.get("staff"), LIMIT), row["staff"].sheet)


@given(rows)
def test_a_sheet_that_was_heard_is_only_written_what_the_bridge_owns(row: dict[str, Triple]) -> None:
    """A staff cell never, a form cell only where the form moved and staff did not."""
    merged = hear(row)
    cells = to_write(TABLE, merged.values, part(row, "sheet"), LIMIT)
    assert "staff" not in cells
    if "form" in cells:
        assert same(row["form"].sheet, row["form"].confirmed)


@pytest.mark.parametrize(
    ("confirmed", "sheet", "wanted", "value", "why"),
    [
        ("ก", "ก", "ข", "ข", None),  # the sender edited
        ("ก", "ข", "ก", "ข", Why.CORRECTION),  # staff corrected
        ("ก", "ข", "ข", "ข", None),  # both typed the same
        ("ก", "ข", "ค", "ข", Why.CONFLICT),  # both, differently: the sheet's stays
        ("ก", None, "ก", None, Why.CORRECTION),  # staff cleared it
        (None, "ก", "ข", "ก", Why.CONFLICT),
        (None, None, "ข", "ข", None),
    ],
)
def test_the_cases_of_a_form_cell_by_example(
    confirmed: Cell, sheet: Cell, wanted: Cell, value: Cell, why: Why | None
) -> None:
    found, changes, _ = hear_one(Owner.FORM, Triple(confirmed, sheet, wanted))
    assert found == value
    assert [change.why for change in changes] == ([why] if why else [])


def test_a_long_text_that_the_sheet_shows_clipped_stays_whole() -> None:
    whole = "ก" * 40
    cell = Triple(clip(whole, LIMIT), clip(whole, LIMIT), whole)
    assert hear_one(Owner.FORM, cell) == (whole, [], [])
    assert to_write(TABLE, {"form": whole}, {"form": clip(whole, LIMIT)}, LIMIT) == {}


def test_a_tick_is_never_the_number_one() -> None:
    value, changes, _ = hear_one(Owner.STAFF, Triple(1, True, 1))
    assert value is True
    assert changes == [Change("staff", 1, True, Why.STAFF)]

"""What a spreadsheet lacks to be the office's: tabs, columns, drop-downs, protections, marks; nothing else.

The plan only adds. A column is known as the cycle knows it (`domain.layout.locate`): by its mark, else by its
header. What people have put in its place (another format, a check box, a header of their own) stays.
Planning on the result of a plan gives nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bridge.adapters.workbooks.google_looks import Looks, Tab, tab_of
from bridge.adapters.workbooks.google_marks import TAB, column_mark, forget_mark, mark_id, tab_mark
from bridge.domain.cells import Kind
from bridge.domain.columns import Column, Owner, Table
from bridge.domain.layout import locate
from bridge.domain.values.text import header_key

Json = dict[str, Any]
LOCALE, TIME_ZONE = "th_TH", "Asia/Bangkok"
NEW_ROWS = 1000
MOST_FROZEN = 5  # rows above the data; more would leave no room on a small screen
CHARACTER = 8  # pixels of one character of a column's width
PROTECTION, SHEET = "saphan.protection", "saphan.sheet"  # kinds of ids that follow from a name, as marks' do

# A number has no format of its own: it shows its satang when it has any, which no pattern of Google's can.
FORMATS: dict[Kind, Json] = {
    Kind.TEXT: {"type": "TEXT", "pattern": "@"},  # keeps the zeros of ids and phone numbers
    Kind.DATE: {"type": "DATE", "pattern": "d/m/yyyy"},
    Kind.DATETIME: {"type": "DATE_TIME", "pattern": "d/m/yyyy hh:mm"},
}
FILLS = {Owner.FORM: "DDEBF7", Owner.STAFF: "FFF2CC", Owner.BRIDGE: "E7E6E6", Owner.SUGGESTED: "FCE4D6"}


@dataclass(frozen=True)
class Terms:
    """`lock_ids`: nobody but `editor` ("" for whoever sets this up) may edit id columns; else people are warned.
    `ours`: the bridge made the spreadsheet, and may set its language and remove its empty first tab."""

    editor: str = ""
    hide_ids: bool = True
    lock_ids: bool = False
    ours: bool = False


@dataclass(frozen=True)
class Lack:
    """One thing that is not as it should be, and the requests that bring it; none where a person must.

    Codes: tab, column, header, mark, choices, format, frozen, protection; without requests renamed, foreign (the
    tab has content but no header of the table), twice; and house (language, first tab), which nobody need know.
    `facts`: tab, and of most codes columns; renamed has header and found.
    """

    code: str
    facts: Mapping[str, str]
    requests: tuple[Json, ...] = ()


def lacking(tables: Sequence[Table], looks: Looks, terms: Terms) -> list[Lack]:
    """What is to be brought, in the order in which one batch can bring it."""
    found: list[Lack] = []
    spoken_for: set[int] = set()
    for table in tables:
        tab = tab_of(table, looks, spoken_for)
        if tab is None:
            fresh = _fresh(table, looks)
            requests = [
                _add(fresh),
                *(r for lack in _lacks(table, fresh, looks, terms) for r in lack.requests),
            ]
            found.append(Lack("tab", {"tab": fresh.title}, (*requests, *_widths(table, fresh))))
        else:
            spoken_for.add(tab.id)
            found += _lacks(table, tab, looks, terms)
    return [*found, *_house(tables, looks, terms, spoken_for)]


# ------------------------------------------------------------------------------------------------ one tab


@dataclass(frozen=True)
class _Plan:
    """Where a table's columns are on a tab, and where the missing ones will be. `new` are the keys of those."""

    table: Table
    tab: Tab
    header_row: int
    places: Mapping[str, int]
    new: frozenset[str]
    twice: tuple[str, ...]

    @property
    def columns(self) -> list[tuple[Column, int]]:
        """The columns that stand once, in the table's order."""
        return [
            (column, self.places[column.key]) for column in self.table.columns if column.key in self.places
        ]

    def lack(self, code: str, columns: Sequence[Column], requests: Sequence[Json]) -> Lack:
        headers = ", ".join(column.header for column in columns)
        return Lack(code, {"tab": self.tab.title, "columns": headers}, tuple(requests))


def _lacks(table: Table, tab: Tab, looks: Looks, terms: Terms) -> Iterator[Lack]:
    plan = _placed(table, tab)
    if plan is None:
        yield Lack("foreign", {"tab": tab.title})
        return
    parts = (
        ("column", _columns(plan)),
        ("header", _headers(plan)),
        ("format", _formats(plan)),
        ("choices", _choices(plan)),
        ("mark", _marks(plan, looks, terms)),
        ("protection", _protections(plan, looks, terms)),
    )
    for code, found in parts:
        columns = [column for column, _ in found]
        requests = [request for _, made in found for request in made]
        if code == "column":
            requests = [*_room(plan), *requests]
        if code == "mark":
            requests = [*_tab_marks(plan, looks), *requests]
        if requests:
            yield plan.lack(code, columns, requests)
    yield from _frozen(plan)
    if plan.twice:
        yield plan.lack("twice", [table.by_key[key] for key in plan.twice], ())
    yield from _renamed(plan)


def _placed(table: Table, tab: Tab) -> _Plan | None:
    """None where the tab has content and no row with the table's headers."""
    marked = _marked(table, tab)
    rows = [[look.text or None for look in row] for row in tab.cells]
    header_row, found = locate(table, rows, marked)
    if header_row < 0 or len(found) < max(2, len(table.columns) // 3):
        if tab.used:
            return None
        header_row, found = 0, {key: [place] for key, place in marked.items()}
    places: dict[str, int] = {}
    for key, claims in found.items():
        if len(claims) == 1 and claims[0] not in places.values():
            places[key] = claims[0]
    twice = tuple(key for key, claims in found.items() if len(claims) > 1)
    missing = [key for key in table.keys if key not in places and key not in twice]
    end = max([tab.used, *(at + 1 for at in tab.column_marks)])
    places |= {key: end + at for at, key in enumerate(missing)}
    return _Plan(table, tab, header_row, places, frozenset(missing), twice)


def _marked(table: Table, tab: Tab) -> dict[str, int]:
    """Column key -> index; the first mark of a column before a copy of it."""
    found: dict[str, int] = {}
    sure: set[str] = set()
    for at, marks in sorted(tab.column_marks.items()):
        for mark in marks:
            name, _, key = mark.value.partition(".")
            if name == table.name and key in table.by_key and key not in sure:
                original = mark.id == _column_mark_id(table, key)
                if original or key not in found:
                    found[key] = at
                sure |= {key} if original else set()
    return found


Found = list[tuple[Column, list[Json]]]


def _columns(plan: _Plan) -> Found:
    return [
        (column, [_header(plan, column, place, styled=True)])
        for column, place in plan.columns
        if column.key in plan.new
    ]


def _headers(plan: _Plan) -> Found:
    """A column that its mark gives away gets back the header that somebody blanked."""
    return [
        (column, [_header(plan, column, place, styled=False)])
        for column, place in plan.columns
        if column.key not in plan.new and not plan.tab.cell(plan.header_row, place).text.strip()
    ]


def _header(plan: _Plan, column: Column, place: int, *, styled: bool) -> Json:
    cell: Json = {"userEnteredValue": {"stringValue": column.header}}
    if styled:
        cell["userEnteredFormat"] = {
            "numberFormat": FORMATS[Kind.TEXT],
            "textFormat": {"bold": True},
            "backgroundColorStyle": {"rgbColor": _rgb(FILLS[column.owner])},
            "horizontalAlignment": "CENTER",
            "verticalAlignment": "MIDDLE",
            "wrapStrategy": "WRAP",
        }
    start = {"sheetId": plan.tab.id, "rowIndex": plan.header_row, "columnIndex": place}
    return {"updateCells": {"start": start, "rows": [{"values": [cell]}], "fields": ",".join(cell)}}


def _room(plan: _Plan) -> list[Json]:
    """Rows and columns for what is to come, where the grid ends too early."""
    columns = max([place + 1 for place in plan.places.values()], default=0) - plan.tab.columns
    short = plan.tab.rows <= plan.header_row + 1
    return [
        {"appendDimension": {"sheetId": plan.tab.id, "dimension": dimension, "length": length}}
        for dimension, length in (("COLUMNS", columns), ("ROWS", NEW_ROWS if short else 0))
        if length > 0
    ]


def _formats(plan: _Plan) -> Found:
    """For columns without any format of their own."""
    return [
        (column, [_repeat(plan, place, FORMATS[column.kind])])
        for column, place in plan.columns
        if column.kind in FORMATS
        if not any(look.formatted for look in plan.tab.below(plan.header_row, place))
    ]


def _repeat(plan: _Plan, place: int, number_format: Json) -> Json:
    cell = {"userEnteredFormat": {"numberFormat": number_format}}
    return {
        "repeatCell": {"range": _down(plan, place), "cell": cell, "fields": "userEnteredFormat.numberFormat"}
    }


def _choices(plan: _Plan) -> Found:
    """A drop-down that suggests and does not forbid. People may tick instead of choosing in a column of marks: it
    gets its list when it is made, and is left alone afterwards."""
    found: Found = []
    for column, place in plan.columns:
        if not column.choices or (column.kind is Kind.MARK and column.key not in plan.new):
            continue
        rules = [look for look in plan.tab.below(plan.header_row, place) if look.rule]
        if not any(look.choices is None or {*column.choices} <= {*look.choices} for look in rules):
            values = [{"userEnteredValue": choice} for choice in column.choices]
            rule = {
                "condition": {"type": "ONE_OF_LIST", "values": values},
                "strict": False,
                "showCustomUi": True,
            }
            found.append((column, [{"setDataValidation": {"range": _down(plan, place), "rule": rule}}]))
    return found


def _marks(plan: _Plan, looks: Looks, terms: Terms) -> Found:
    """The id column is hidden when it is first marked: whoever shows it again afterwards means it."""
    found: Found = []
    for column, place in plan.columns:
        number = _column_mark_id(plan.table, column.key)
        if any(mark.id == number for mark in plan.tab.column_marks.get(place, ())):
            continue
        requests = [forget_mark(number)] if number in looks.mark_ids else []
        requests.append(column_mark(plan.table.name, column.key, plan.tab.id, place))
        if column.key == plan.table.key and terms.hide_ids and place not in plan.tab.hidden:
            span = {
                "sheetId": plan.tab.id,
                "dimension": "COLUMNS",
                "startIndex": place,
                "endIndex": place + 1,
            }
            hidden = {"range": span, "properties": {"hiddenByUser": True}, "fields": "hiddenByUser"}
            requests.append({"updateDimensionProperties": hidden})
        found.append((column, requests))
    return found


def _column_mark_id(table: Table, key: str) -> int:
    request: Any = column_mark(table.name, key, 0, 0)
    return int(request["createDeveloperMetadata"]["developerMetadata"]["metadataId"])


def _tab_marks(plan: _Plan, looks: Looks) -> list[Json]:
    number = mark_id(TAB, plan.table.name)
    if any(mark.id == number for mark in plan.tab.marks):
        return []
    forget = [forget_mark(number)] if number in looks.mark_ids else []
    return [*forget, tab_mark(plan.table.name, plan.tab.id)]


def _protections(plan: _Plan, looks: Looks, terms: Terms) -> Found:
    """The id column is for the bridge alone; on columns of the form and of the bridge Google warns."""
    found: Found = []
    everywhere = {one.id for tab in looks.tabs for one in tab.protections}
    here = {one.id: one for one in plan.tab.protections}
    for column, place in plan.columns:
        is_id = column.key == plan.table.key
        if not is_id and column.owner not in (Owner.FORM, Owner.BRIDGE):
            continue
        number = mark_id(PROTECTION, f"{plan.table.name}.{column.key}")
        kept = here.get(number)
        locked = is_id and terms.lock_ids
        if kept is not None and kept.covers(place) and kept.warning_only is not locked:
            continue
        span = {"sheetId": plan.tab.id, "startColumnIndex": place, "endColumnIndex": place + 1}
        made: Json = {"protectedRangeId": number, "range": span, "description": f"Saphan: {column.header}"}
        made |= {"editors": _editors(terms)} if locked else {"warningOnly": True}
        old = [{"deleteProtectedRange": {"protectedRangeId": number}}] if number in everywhere else []
        found.append((column, [*old, {"addProtectedRange": {"protectedRange": made}}]))
    return found


def _editors(terms: Terms) -> Json:
    return {"users": [terms.editor] if terms.editor else [], "domainUsersCanEdit": False}


def _frozen(plan: _Plan) -> Iterator[Lack]:
    wanted = plan.header_row + 1
    if plan.tab.frozen < wanted <= MOST_FROZEN:
        properties = {"sheetId": plan.tab.id, "gridProperties": {"frozenRowCount": wanted}}
        request = {"properties": properties, "fields": "gridProperties.frozenRowCount"}
        yield plan.lack("frozen", (), [{"updateSheetProperties": request}])


def _renamed(plan: _Plan) -> Iterator[Lack]:
    for column, place in plan.columns:
        text = plan.tab.cell(plan.header_row, place).text.strip()
        known = {header_key(title) for title in (column.header, *column.aliases)}
        if column.key not in plan.new and text and header_key(text) not in known:
            yield Lack("renamed", {"tab": plan.tab.title, "header": column.header, "found": text})


# ------------------------------------------------------------------------------------------------ new tabs


def _fresh(table: Table, looks: Looks) -> Tab:
    """The tab that is to be made."""
    ids, number = {tab.id for tab in looks.tabs}, mark_id(SHEET, table.name)
    while number in ids:
        number += 1
    title, at = table.tab, 2
    while title.casefold() in looks.taken:
        title, at = f"{table.tab} {at}", at + 1
    return Tab(number, title, NEW_ROWS, len(table.columns), frozen=1)


def _add(tab: Tab) -> Json:
    grid = {"rowCount": tab.rows, "columnCount": tab.columns, "frozenRowCount": tab.frozen}
    return {"addSheet": {"properties": {"sheetId": tab.id, "title": tab.title, "gridProperties": grid}}}


def _widths(table: Table, tab: Tab) -> Iterator[Json]:
    for at, column in enumerate(table.columns):
        span = {"sheetId": tab.id, "dimension": "COLUMNS", "startIndex": at, "endIndex": at + 1}
        size = {"pixelSize": column.width * CHARACTER}
        yield {"updateDimensionProperties": {"range": span, "properties": size, "fields": "pixelSize"}}


def _house(tables: Sequence[Table], looks: Looks, terms: Terms, spoken_for: set[int]) -> Iterator[Lack]:
    """Language and clock of a spreadsheet that the bridge made, and the empty tab that Google put into it."""
    if not terms.ours:
        return
    facts = {"tab": looks.title}
    if (looks.locale, looks.time_zone) != (LOCALE, TIME_ZONE):
        properties = {"locale": LOCALE, "timeZone": TIME_ZONE}
        request = {"properties": properties, "fields": "locale,timeZone"}
        yield Lack("house", facts, ({"updateSpreadsheetProperties": request},))
    for tab in looks.tabs:
        empty = not (tab.used or tab.marks or tab.column_marks or tab.id in spoken_for)
        if tables and tab.id == 0 and empty:
            yield Lack("house", facts, ({"deleteSheet": {"sheetId": tab.id}},))


def _down(plan: _Plan, place: int) -> Json:
    """A column from the row below the header to the end of the sheet."""
    rows = {"sheetId": plan.tab.id, "startRowIndex": plan.header_row + 1}
    return {**rows, "startColumnIndex": place, "endColumnIndex": place + 1}


def _rgb(text: str) -> Json:
    names = ("red", "green", "blue")
    return {name: int(text[at : at + 2], 16) / 255 for name, at in zip(names, (0, 2, 4), strict=True)}

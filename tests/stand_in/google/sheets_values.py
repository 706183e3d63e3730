"""spreadsheets.values: reading with its trimming and render options, writing, appending, clearing."""

from __future__ import annotations

import json
from typing import Any

from tests.stand_in.google import a1, calc, display
from tests.stand_in.google.book import MOST_CELLS, TOO_MANY_CELLS, Area, Book, Sheet
from tests.stand_in.google.cells import Cell, Slot, is_blank, put
from tests.stand_in.google.data_filters import area_of_filter
from tests.stand_in.google.entry import entered
from tests.stand_in.google.errors import Refused, bad, bad_field

RENDERS = ("FORMATTED_VALUE", "UNFORMATTED_VALUE", "FORMULA")
DATE_RENDERS = ("SERIAL_NUMBER", "FORMATTED_STRING")
INPUTS = ("RAW", "USER_ENTERED")
MAJORS = ("ROWS", "COLUMNS")
Json = dict[str, Any]


def option(params: Json, name: str, allowed: tuple[str, ...], kind: str, default: str | None = None) -> str:
    """An enumerated option of a request, as Google checks it."""
    value = params.get(name) or default
    if value is None:
        raise bad(f"'{name}' is required but not specified")
    if value not in allowed and not value.endswith("_UNSPECIFIED"):
        snake = "".join("_" + c.lower() if c.isupper() else c for c in name)
        text = f"Invalid value at '{snake}' (type.googleapis.com/google.apps.sheets.v4.{kind}), \"{value}\""
        raise bad_field(snake, text)
    return allowed[0] if value.endswith("_UNSPECIFIED") else value


class Render:
    """How one request wants values: render option, date option, major dimension."""

    def __init__(self, params: Json, value_name: str = "valueRenderOption", date_name: str = "") -> None:
        date_name = date_name or "dateTimeRenderOption"
        self.values = option(params, value_name, RENDERS, "ValueRenderOption", RENDERS[0])
        self.dates = option(params, date_name, DATE_RENDERS, "DateTimeRenderOption", DATE_RENDERS[0])
        self.major = option(params, "majorDimension", MAJORS, "Dimension", MAJORS[0])

    def slot(self, book: Book, sheet: Sheet, row: int, col: int, slot: Slot) -> Any:
        """One value of an answer; nothing is the empty text."""
        if slot is None:
            return ""
        fmt = slot.fmt if isinstance(slot, Cell) else None
        if self.values == "FORMULA" and isinstance(slot, Cell) and slot.formula:
            return slot.formula
        value = calc.value_of(book, sheet, row, col) if isinstance(slot, Cell) else slot
        if self.values == "FORMATTED_VALUE":
            return calc.shown(value, fmt)
        if value is None:
            return ""
        if self.dates == "FORMATTED_STRING" and display.is_date(fmt) and isinstance(value, int | float):
            return calc.shown(value, fmt)
        return value


def read(book: Book, area: Area, render: Render) -> Json:
    """A ValueRange: trailing blank cells and rows are left out, `values` too when nothing is left."""
    sheet, row0, row1, col0, col1 = area
    lines: list[list[Any]] = []
    for row in range(row0, sheet.grid.last_row(row0, row1, col0, col1)):
        slots = sheet.grid.rows[row][col0:col1]
        while slots and is_blank(slots[-1]):
            slots.pop()
        lines.append([render.slot(book, sheet, row, col0 + at, slot) for at, slot in enumerate(slots)])
    answer: Json = {"range": a1.write(sheet.title, row0, row1, col0, col1), "majorDimension": render.major}
    if render.major == "COLUMNS":
        lines = transposed(lines)
    if lines:
        answer["values"] = lines
    return answer


def transposed(lines: list[list[Any]]) -> list[list[Any]]:
    """Rows as columns; trailing blanks of each are cut again."""
    width = max(map(len, lines), default=0)
    turned = [[line[at] if at < len(line) else "" for line in lines] for at in range(width)]
    for line in turned:
        while line and line[-1] in ("", None):
            line.pop()
    return turned


def get(book: Book, text: str, params: Json) -> Json:
    render = Render(params)
    return read(book, book.resolve(text)[0], render)


def batch_get(book: Book, ranges: list[str], params: Json) -> Json:
    render = Render(params)
    areas = [book.resolve(text)[0] for text in ranges]
    return {"spreadsheetId": book.id, "valueRanges": [read(book, area, render) for area in areas]}


def batch_get_by_filter(book: Book, body: Json) -> Json:
    """Each area once, with every filter that chose it."""
    render = Render(body)
    chosen: dict[tuple[Any, ...], tuple[Area, list[Json]]] = {}
    for data_filter in body.get("dataFilters") or []:
        for area in area_of_filter(book, data_filter):
            chosen.setdefault((area[0].id, *area[1:]), (area, []))[1].append(data_filter)
    matched = [{"valueRange": read(book, area, render), "dataFilters": by} for area, by in chosen.values()]
    return {"spreadsheetId": book.id, **({"valueRanges": matched} if matched else {})}


def update(book: Book, text: str, body: Json, params: Json) -> Json:
    """values.update: an UpdateValuesResponse."""
    user = option(params, "valueInputOption", INPUTS, "ValueInputOption") == "USER_ENTERED"
    area, single = book.resolve(text)
    answer, written = write(book, area, single, body, user)
    return {**answer, **_echo(book, written, params)}


def _echo(book: Book, area: Area, params: Json) -> Json:
    if str(params.get("includeValuesInResponse", "")).lower() != "true":
        return {}
    render = Render(params, "responseValueRenderOption", "responseDateTimeRenderOption")
    return {"updatedData": read(book, area, render)}


def write(book: Book, area: Area, single: bool, body: Json, user: bool) -> tuple[Json, Area]:
    """Write a ValueRange at an area: (UpdateValuesResponse, the area written)."""
    sheet, row0, row1, col0, col1 = area
    lines = _lines(body)
    height, width = len(lines), max(map(len, lines), default=0)
    if not single:
        place = a1.write(sheet.title, row0, row1, col0, col1)
        if row0 + height > row1:
            raise bad(f"Requested writing within range [{place}], but tried writing to row [{row1 + 1}]")
        if col0 + width > col1:
            letters = a1.column_letters(col1)
            raise bad(f"Requested writing within range [{place}], but tried writing to column [{letters}]")
    _grow(book, sheet, row0 + height, col0 + width)
    count = _write_lines(sheet, row0, col0, lines, user)
    book.changed()
    bottom, right = row0 + max(height, 1), col0 + max(width, 1)
    answer: Json = {
        "spreadsheetId": book.id,
        "updatedRange": a1.write(sheet.title, row0, bottom, col0, right),
        "updatedRows": height if width else 0,
        "updatedColumns": width,
        "updatedCells": count,
    }
    return {k: v for k, v in answer.items() if v}, (sheet, row0, bottom, col0, right)


def _lines(body: Json) -> list[list[Any]]:
    lines = body.get("values") or []
    for at, line in enumerate(lines):
        if not isinstance(line, list):
            text = f"Invalid value at 'data.values[{at}]' (type.googleapis.com/google.protobuf.ListValue), {line!r}"
            raise bad_field(f"data.values[{at}]", text)
        for place, value in enumerate(line):
            if isinstance(value, dict | list):
                kind = "struct_value" if isinstance(value, dict) else "list_value"
                raise bad(f"Invalid values[{at}][{place}]: {kind} {json.dumps(value, ensure_ascii=False)}")
    major = option(body, "majorDimension", MAJORS, "Dimension", MAJORS[0])
    if major == "COLUMNS":
        width = max(map(len, lines), default=0)
        return [[line[at] if at < len(line) else None for line in lines] for at in range(width)]
    return lines


def _grow(book: Book, sheet: Sheet, rows: int, columns: int) -> None:
    rows, columns = max(rows, sheet.grid.row_count), max(columns, sheet.grid.column_count)
    added = rows * columns - sheet.grid.row_count * sheet.grid.column_count
    if added and added + sum(s.grid.row_count * s.grid.column_count for s in book.sheets) > MOST_CELLS:
        raise bad(TOO_MANY_CELLS)
    sheet.grid.resize(rows, columns)


def _write_lines(sheet: Sheet, row0: int, col0: int, lines: list[list[Any]], user: bool) -> int:
    count = 0
    for row, line in enumerate(lines, row0):
        for col, value in enumerate(line, col0):
            if value is None:
                continue
            try:
                plain, text, fmt = entered(value, user)
            except Refused as error:
                raise bad(str(error)) from None
            sheet.grid.set(row, col, put(sheet.grid.get(row, col), plain, text, fmt))
            count += 1
    return count


def batch_update(book: Book, data: list[tuple[Area, bool, Json]], body: Json) -> Json:
    """values.batchUpdate, all or nothing: `data` are (area, single cell, ValueRange)."""
    user = option(body, "valueInputOption", INPUTS, "ValueInputOption") == "USER_ENTERED"
    answers, sheets = [], set()
    for area, single, values in data:
        answer, written = write(book, area, single, values, user)
        answers.append({**answer, **_echo(book, written, body)})
        sheets.add(area[0].id)
    totals = {
        f"totalUpdated{name}": sum(a.get(f"updated{name}", 0) for a in answers)
        for name in ("Rows", "Columns", "Cells")
    }
    totals["totalUpdatedSheets"] = len(sheets)
    return {"spreadsheetId": book.id, **{k: v for k, v in totals.items() if v}, "responses": answers}


def append(book: Book, text: str, body: Json, params: Json) -> Json:
    """values.append with its search for a table; it may land where nobody expected it, as the real one does."""
    user = option(params, "valueInputOption", INPUTS, "ValueInputOption") == "USER_ENTERED"
    area, _ = book.resolve(text)
    sheet = area[0]
    table = find_table(area)
    row, col = (table[1], table[2]) if table else (area[1], area[3])
    lines = _lines(body)
    if params.get("insertDataOption") == "INSERT_ROWS" and lines and table:
        sheet.grid.insert_rows(row, len(lines))
        book.follow(sheet, "ROWS", ("insert", row, row + len(lines), 0))
    answer, written = write(book, (sheet, row, row + 1, col, col + 1), True, body, user)
    result: Json = {"spreadsheetId": book.id}
    if table:
        result["tableRange"] = a1.write(sheet.title, *table)
    result["updates"] = {**answer, **_echo(book, written, params)}
    return result


def find_table(area: Area) -> tuple[int, int, int, int] | None:
    """(top, bottom, left, right) of the last table that the area meets; None when it meets nothing."""
    sheet, row0, row1, col0, col1 = area
    last = sheet.grid.last_row(row0, row1, col0, col1)
    if last == row0:
        return None
    left = next(c for c in range(col0, col1) if not is_blank(sheet.grid.get(last - 1, c)))
    top, bottom, right = last - 1, last, left + 1
    while True:
        before = (top, bottom, left, right)
        top, bottom = _taller(sheet, top, bottom, max(left - 1, 0), right + 1)
        left, right = _wider(sheet, max(top - 1, 0), bottom + 1, left, right)
        if before == (top, bottom, left, right):
            return before


def _filled(sheet: Sheet, row: int, left: int, right: int) -> bool:
    rows = sheet.grid.rows
    return 0 <= row < len(rows) and any(not is_blank(slot) for slot in rows[row][left:right])


def _taller(sheet: Sheet, top: int, bottom: int, left: int, right: int) -> tuple[int, int]:
    """The rows of a table, as far up and down as the next row holds anything."""
    while _filled(sheet, top - 1, left, right):
        top -= 1
    while _filled(sheet, bottom, left, right):
        bottom += 1
    return top, bottom


def _wider(sheet: Sheet, top: int, bottom: int, left: int, right: int) -> tuple[int, int]:
    """The columns of a table, as far left and right as the next column holds anything."""
    rows = range(top, min(bottom, len(sheet.grid.rows)))
    while left > 0 and any(not is_blank(sheet.grid.get(row, left - 1)) for row in rows):
        left -= 1
    while any(not is_blank(sheet.grid.get(row, right)) for row in rows):
        right += 1
    return left, right


def clear_area(book: Book, area: Area) -> str:
    """Clear values only (formats and drop-downs stay); the range cleared."""
    sheet, row0, row1, col0, col1 = area
    for row in range(row0, min(row1, len(sheet.grid.rows))):
        for col in range(col0, min(col1, len(sheet.grid.rows[row]))):
            slot = sheet.grid.get(row, col)
            if not is_blank(slot):
                sheet.grid.set(row, col, put(slot, None))
    book.changed()
    return a1.write(sheet.title, row0, row1, col0, col1)

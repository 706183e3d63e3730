"""What people do to a spreadsheet in their browser, beside Google's API; each action is one change of the file."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tests.stand_in.google import a1, calc
from tests.stand_in.google import sheets_batch as batch
from tests.stand_in.google.batch_dimensions import delete_at, insert_at, move_to
from tests.stand_in.google.book import Book, Sheet
from tests.stand_in.google.cells import Plain, as_cell, as_slot, put
from tests.stand_in.google.entry import entered
from tests.stand_in.google.state import State

Json = dict[str, Any]


class People:
    """Everybody who has a spreadsheet open. Rows and columns are zero based; a column may be its header text."""

    def __init__(self, state: State) -> None:
        self.state = state

    def sheet(self, book_id: str, title: str | None = None) -> Hand:
        """A hand on one tab (the first without a title)."""
        book = self.state.books[book_id]
        sheet = book.sheets[0] if title is None else book.find_title(title)
        if sheet is None:
            raise KeyError(title)
        return Hand(self.state, book_id, sheet.id)

    def request(self, book_id: str, *requests: Json) -> list[Json]:
        """Anything that a batchUpdate can do, done by a person."""
        with self.changing(book_id) as book:
            return batch.run(book, list(requests))

    @contextlib.contextmanager
    def changing(self, book_id: str) -> Iterator[Book]:
        with self.state.lock:
            book = self.state.books[book_id]
            book.changed()
            yield book
            book.changed()
            self.state.touch(book_id)

    def version(self, book_id: str) -> Book:
        """The spreadsheet as it is now, to be restored later."""
        with self.state.lock:
            return self.state.books[book_id].fork()

    def restore(self, book_id: str, version: Book) -> None:
        """Version history → restore this version."""
        with self.changing(book_id) as book:
            book.become(version.fork())

    def trash(self, file_id: str) -> None:
        """To the bin: Drive says trashed, the Sheets API still answers."""
        self.state.files[file_id].trashed = True
        self.state.touch(file_id)

    def delete_forever(self, file_id: str) -> None:
        """Gone: 404 from then on."""
        with self.state.lock:
            self.state.files.pop(file_id)
            self.state.books.pop(file_id, None)

    def share(self, file_id: str, access: str) -> None:
        """What the calling account may do from now on: writer, reader or none (403)."""
        self.state.files[file_id].access = access


class Hand:
    """One person on one tab."""

    def __init__(self, state: State, book_id: str, sheet_id: int) -> None:
        self.people, self.book_id, self.sheet_id = People(state), book_id, sheet_id

    @property
    def tab(self) -> Sheet:
        return self.people.state.books[self.book_id].sheet(self.sheet_id)

    # Looking

    def values(self) -> list[list[Plain]]:
        """The effective values of all rows, without trailing blanks."""
        with self.people.state.lock:
            book, tab = self.people.state.books[self.book_id], self.tab
            last = tab.grid.last_row(0, tab.grid.row_count, 0, tab.grid.column_count)
            rows = []
            for row in range(last):
                line = [calc.value_of(book, tab, row, col) for col in range(len(tab.grid.rows[row]))]
                while line and line[-1] is None:
                    line.pop()
                rows.append(line)
            return rows

    def value(self, row: int, column: int | str) -> Plain:
        with self.people.state.lock:
            return calc.value_of(self.people.state.books[self.book_id], self.tab, row, self.column(column))

    def column(self, column: int | str, header_row: int = 0) -> int:
        """A column's index, by itself or by its header's text."""
        if isinstance(column, int):
            return column
        for at in range(self.tab.grid.column_count):
            if as_cell(self.tab.grid.get(header_row, at)).value == column:
                return at
        raise KeyError(column)

    def find(self, text: Plain, column: int | str = 0) -> int:
        """The first row that holds the value in that column."""
        at = self.column(column)
        for row in range(len(self.tab.grid.rows)):
            if as_cell(self.tab.grid.get(row, at)).value == text:
                return row
        raise KeyError(text)

    # Writing

    def type(self, row: int, column: int | str, text: Any) -> None:
        """Type into a cell, as USER_ENTERED reads it (numbers and booleans are taken as they are)."""
        with self.people.changing(self.book_id):
            grid, at = self.tab.grid, self.column(column)
            grid.set(row, at, put(grid.get(row, at), *entered(text, True)))

    def store(self, row: int, column: int | str, value: Plain) -> None:
        """Put exactly that value into a cell."""
        with self.people.changing(self.book_id):
            grid, at = self.tab.grid, self.column(column)
            grid.set(row, at, put(grid.get(row, at), value))

    def type_row(self, texts: list[Any], row: int | None = None) -> int:
        """Type a whole row, below the last one unless told where: its index."""
        with self.people.changing(self.book_id):
            grid = self.tab.grid
            at = grid.last_row(0, grid.row_count, 0, grid.column_count) if row is None else row
            grid.resize(max(grid.row_count, at + 1), grid.column_count)
            for col, text in enumerate(texts):
                if text is not None:
                    grid.set(at, col, put(grid.get(at, col), *entered(text, True)))
            return at

    def paste(self, row: int, column: int | str, lines: list[list[Any]]) -> None:
        """Paste a block of texts over everything from that cell on; the sheet grows when it must."""
        with self.people.changing(self.book_id):
            grid, left = self.tab.grid, self.column(column)
            width = max(map(len, lines), default=0)
            grid.resize(max(grid.row_count, row + len(lines)), max(grid.column_count, left + width))
            for at, line in enumerate(lines, row):
                for col, text in enumerate(line, left):
                    grid.set(at, col, put(grid.get(at, col), *entered(text, True)))

    def clear(self, a1_range: str | None = None) -> None:
        """Delete the values of a range, or of the whole tab."""
        with self.people.changing(self.book_id):
            grid = self.tab.grid
            ref = a1.parse_ref(a1_range) if a1_range else a1.Ref()
            if ref is None:
                raise ValueError(a1_range)
            for row in range(ref.row0 or 0, min(ref.row1 or grid.row_count, len(grid.rows))):
                for col in range(ref.col0 or 0, min(ref.col1 or grid.column_count, len(grid.rows[row]))):
                    grid.set(row, col, put(grid.get(row, col), None))

    def replace_all(self, old: str, new: str) -> None:
        """Find and replace in the tab."""
        self._request("findReplace", find=old, replacement=new, sheetId=self.sheet_id)

    def tick_boxes(self, column: int | str, first_row: int = 1, last_row: int | None = None) -> None:
        """Insert → Checkbox: every cell down to the last row gets a rule and, when blank, FALSE."""
        with self.people.changing(self.book_id):
            grid, at = self.tab.grid, self.column(column)
            for row in range(first_row, grid.row_count if last_row is None else last_row):
                cell = as_cell(grid.get(row, at))
                value = False if cell.value is None and not cell.formula else cell.value
                rule = {"condition": {"type": "BOOLEAN"}, "strict": True, "showCustomUi": True}
                grid.set(row, at, as_slot(replace(cell, value=value, rule=rule)))

    # Rows

    def sort(self, column: int | str, descending: bool = False, header_rows: int = 1) -> None:
        """Sort all rows below the header by one column."""
        spec = {
            "dimensionIndex": self.column(column),
            "sortOrder": "DESCENDING" if descending else "ASCENDING",
        }
        where = {"sheetId": self.sheet_id, "startRowIndex": header_rows}
        self._request("sortRange", range=where, sortSpecs=[spec])

    def insert_rows(self, at: int, count: int = 1) -> None:
        with self.people.changing(self.book_id) as book:
            insert_at(book, self.tab, "ROWS", at, count, at - 1 if at else None)

    def delete_rows(self, at: int, count: int = 1) -> None:
        with self.people.changing(self.book_id) as book:
            delete_at(book, self.tab, "ROWS", at, at + count)

    def copy_row(self, source: int, to: int | None = None) -> int:
        """Copy a row; without `to` into a new row just below: where the copy is."""
        with self.people.changing(self.book_id) as book:
            if to is None:
                to = source + 1
                insert_at(book, self.tab, "ROWS", to, 1, source)
            grid = self.tab.grid
            for col in range(grid.column_count):
                grid.set(to, col, grid.get(source, col))
            return to

    def cut_row(self, source: int, to: int) -> None:
        """Cut a row and paste it over another; the old place stays, empty."""
        with self.people.changing(self.book_id):
            grid = self.tab.grid
            for col in range(grid.column_count):
                grid.set(to, col, grid.get(source, col))
                grid.set(source, col, None)

    def move_rows(self, start: int, end: int, to: int) -> None:
        """Drag rows elsewhere."""
        with self.people.changing(self.book_id) as book:
            move_to(book, self.tab, "ROWS", start, end, to)

    def hide_rows(self, start: int, end: int) -> None:
        with self.people.changing(self.book_id):
            for row in range(start, end):
                self.tab.grid.row_axis.at(row)["hiddenByUser"] = True

    def group_rows(self, start: int, end: int) -> None:
        where = {"sheetId": self.sheet_id, "dimension": "ROWS", "startIndex": start, "endIndex": end}
        self._request("addDimensionGroup", range=where)

    # Columns

    def insert_columns(self, at: int, count: int = 1, header: str | None = None) -> None:
        with self.people.changing(self.book_id) as book:
            insert_at(book, self.tab, "COLUMNS", at, count, at - 1 if at else None)
            if header:
                self.tab.grid.set(0, at, header)

    def delete_column(self, column: int | str) -> None:
        at = self.column(column)
        with self.people.changing(self.book_id) as book:
            delete_at(book, self.tab, "COLUMNS", at, at + 1)

    def move_column(self, column: int | str, to: int) -> None:
        """Drag a column before index `to`."""
        at = self.column(column)
        with self.people.changing(self.book_id) as book:
            move_to(book, self.tab, "COLUMNS", at, at + 1, to)

    def rename_header(self, column: int | str, text: str, header_row: int = 0) -> None:
        """Type another header; the empty text blanks it."""
        self.store(header_row, self.column(column, header_row), text or None)

    # The tab

    def rename(self, title: str) -> None:
        self._request(
            "updateSheetProperties", properties={"sheetId": self.sheet_id, "title": title}, fields="title"
        )

    def duplicate(self, title: str | None = None) -> Hand:
        """Duplicate the tab: a hand on the copy."""
        book = self.people.state.books[self.book_id]
        index = book.sheets.index(self.tab) + 1
        reply = self._request(
            "duplicateSheet", sourceSheetId=self.sheet_id, insertSheetIndex=index, newSheetName=title
        )
        return Hand(self.people.state, self.book_id, reply["duplicateSheet"]["properties"]["sheetId"])

    def delete(self) -> None:
        self._request("deleteSheet", sheetId=self.sheet_id)

    def filter(self, column: int | str, hidden: list[str]) -> None:
        """A filter over all columns that hides the rows with those values."""
        spec = {"columnIndex": self.column(column), "filterCriteria": {"hiddenValues": hidden}}
        self._request("setBasicFilter", filter={"range": {"sheetId": self.sheet_id}, "filterSpecs": [spec]})

    def merge(self, a1_range: str) -> None:
        """Merge cells: only the value of the first stays."""
        ref = a1.parse_ref(a1_range)
        if ref is None:
            raise ValueError(a1_range)
        where = {"startRowIndex": ref.row0, "endRowIndex": ref.row1}
        where |= {"startColumnIndex": ref.col0, "endColumnIndex": ref.col1, "sheetId": self.sheet_id}
        self._request("mergeCells", range=where, mergeType="MERGE_ALL")

    def wipe(self) -> None:
        """Select all, delete: values, formats and rules."""
        with self.people.changing(self.book_id):
            self.tab.grid.rows = []

    def _request(self, kind: str, **body: Any) -> Json:
        return self.people.request(self.book_id, {kind: body})[0]

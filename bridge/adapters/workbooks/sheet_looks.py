"""How a cell or row new to a sheet should look: like the row above it, else as its row or column says."""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property

from bridge.adapters.workbooks.sheet_xml import Area, Row, SheetXml, area_of, attributes_of, with_attribute

_ROW_LOOKS = (b"s", b"customFormat", b"ht", b"customHeight")


class Looks:
    """`above` is the number of the row above the appended ones; `heads` are rows known to be headers,
    whose look no data row should have."""

    def __init__(self, sheet: SheetXml, heads: Collection[int], above: int, first_used: int) -> None:
        self._sheet = sheet
        self._heads = {*heads, first_used}
        self._frozen = self._frozen_rows()
        self._columns = self._column_looks()
        row = sheet.row(above)
        self.template = row if row is not None and not self._is_head(above) else None

    def _frozen_rows(self) -> int:
        """Rows that stay in view are headings."""
        pane = self._sheet.pattern(rb"<{p}pane(?=\s)[^>]*>").search(
            self._sheet.xml, 0, self._sheet.data_start
        )
        attributes = attributes_of(pane[0]) if pane else {}
        if attributes.get(b"state") not in (b"frozen", b"frozenSplit"):
            return 0
        return int(float(attributes.get(b"ySplit", b"0")))

    def _is_head(self, number: int) -> bool:
        return number in self._heads or number <= self._frozen

    def _column_looks(self) -> list[tuple[int, int, int]]:
        pattern = self._sheet.pattern(rb"<{p}col(?=\s)[^>]*>")
        found = []
        for tag in pattern.findall(self._sheet.xml, 0, self._sheet.data_start):
            given = attributes_of(tag)
            if b"style" in given:
                found.append((int(given[b"min"]) - 1, int(given[b"max"]) - 1, int(given[b"style"])))
        return found

    @cached_property
    def _template_looks(self) -> dict[int, int]:
        return self._looks_in(self.template) if self.template else {}

    def _looks_in(self, row: Row) -> dict[int, int]:
        looks = {cell.column: int(cell.attributes.get(b"s", b"0")) for cell in self._sheet.cells(row)}
        return {column: look for column, look in looks.items() if look}

    @property
    def template_columns(self) -> Collection[int]:
        """Where an appended row has a cell with a look, value or not."""
        return self._template_looks.keys()

    def _tag(self, row: Row | None) -> dict[bytes, bytes]:
        return attributes_of(self._sheet.xml[row.start : row.tag_end]) if row else {}

    def row_attributes(self, appended: bool) -> bytes:
        """What a new row's tag has besides its number."""
        given = self._tag(self.template) if appended else {}
        if given.get(b"customHeight") not in (b"1", b"true"):
            given.pop(b"ht", None)  # the height that fitted the other row's text
        return b"".join(b' %b="%b"' % (name, given[name]) for name in _ROW_LOOKS if name in given)

    def of_new_cell(self, number: int, column: int, appended: bool) -> int:
        row = self._sheet.row(number)
        if appended and column in self._template_looks:
            return self._template_looks[column]
        given = self._tag(row or (self.template if appended else None))
        if b"s" in given and given.get(b"customFormat") in (b"1", b"true"):
            return int(given[b"s"])
        for first, last, look in self._columns:
            if first <= column <= last:
                return look
        return 0 if appended else self._of_neighbour(number, column)

    def _of_neighbour(self, number: int, column: int) -> int:
        for neighbour in (number - 1, number + 1):
            row = self._sheet.row(neighbour)
            if row is not None and not self._is_head(neighbour):
                look = self._looks_in(row).get(column, 0)
                if look:
                    return look
        return 0


def with_dimension(sheet: SheetXml, places: Collection[tuple[int, int]]) -> bytes:
    """What stands before the rows, its dimension grown to hold the places."""
    head = sheet.xml[: sheet.data_start]
    found = sheet.pattern(rb"<{p}dimension(?=\s)[^>]*>").search(head)
    area = area_of(attributes_of(found[0]).get(b"ref", b"")) if found else None
    if found is None or area is None or not places:
        return head
    rows, columns = [row for row, _ in places], [column for _, column in places]
    grown = Area(
        min(area.top, *rows), min(area.left, *columns), max(area.bottom, *rows), max(area.right, *columns)
    )
    return head[: found.start()] + with_attribute(found[0], b"ref", str(grown).encode()) + head[found.end() :]

"""Ranges that grow with appended rows: filters, tables, drop-downs, conditional looks."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bridge.adapters.workbooks.sheet_xml import Area, area_of, attributes_of, with_attribute

_NAME = rb"(?:[A-Za-z_][\w.-]*:)?"
_FILTER = re.compile(rb"<" + _NAME + rb"autoFilter(?=\s)[^>]*>")
_RULES = re.compile(rb"<" + _NAME + rb"(?:dataValidation|conditionalFormatting)(?=\s)[^>]*\ssqref=[^>]*>")
_NEWER_RULES = re.compile(rb"(<xm:sqref>)([^<]*)(?=</xm:sqref>)")
_TABLE = re.compile(rb"<" + _NAME + rb"table(?=\s)[^>]*>")


@dataclass(frozen=True)
class Appended:
    """The appended rows as people count; `below_header` when there was no row of data above them."""

    first: int
    last: int
    below_header: bool

    def grown(self, area: Area) -> Area:
        """An area that the new rows continue, to their end; any other as it is."""
        touches = area.top < self.first and self.first - 1 <= area.bottom < self.last
        return area._replace(bottom=self.last) if touches else area


def with_grown_ranges(tail: bytes, appended: Appended) -> tuple[bytes, int]:
    """What stands after the rows of a sheet, and the row where the filter ended if it grew, else 0."""
    tail, filter_end = _grown_filter(tail, appended)
    if appended.below_header:
        return tail, filter_end  # a rule that ends in the header row is about the header
    tail = _RULES.sub(lambda tag: _grown_list(tag[0], appended), tail)
    return _NEWER_RULES.sub(lambda found: found[1] + _grown(found[2], appended, 1), tail), filter_end


def with_grown_table(table: bytes, appended: Appended) -> bytes:
    """A table part; a table with a row of totals ends there."""
    root = _TABLE.search(table)
    attributes = attributes_of(root[0]) if root else {}
    area = area_of(attributes.get(b"ref", b""))
    if root is None or area is None or attributes.get(b"totalsRowCount", b"0") != b"0":
        return table
    grown = appended.grown(area)
    inside = area.top < appended.first <= area.bottom
    if grown == area and not inside:
        return table
    tag = with_attribute(root[0], b"ref", str(grown).encode())
    tag = with_attribute(tag, b"insertRow", None)  # the empty row that a new table shows is in use now
    rest, _ = _grown_filter(table[root.end() :], appended)
    return table[: root.start()] + tag + rest


def table_header(table: bytes) -> int:
    """The row of a table's headers, 0 when it shows none."""
    root = _TABLE.search(table)
    attributes = attributes_of(root[0]) if root else {}
    area = area_of(attributes.get(b"ref", b""))
    return area.top if area and attributes.get(b"headerRowCount", b"1") != b"0" else 0


def filter_header(tail: bytes) -> int:
    """The row with the filter's buttons, 0 for none."""
    found = _FILTER.search(tail)
    area = area_of(attributes_of(found[0]).get(b"ref", b"")) if found else None
    return area.top if area else 0


def _grown_filter(xml: bytes, appended: Appended) -> tuple[bytes, int]:
    found = _FILTER.search(xml)
    area = area_of(attributes_of(found[0]).get(b"ref", b"")) if found else None
    if found is None or area is None or appended.grown(area) == area:
        return xml, 0
    tag = with_attribute(found[0], b"ref", str(appended.grown(area)).encode())
    return xml[: found.start()] + tag + xml[found.end() :], area.bottom


def _grown_list(tag: bytes, appended: Appended) -> bytes:
    return with_attribute(tag, b"sqref", _grown(attributes_of(tag)[b"sqref"], appended, 0))


def _grown(references: bytes, appended: Appended, least: int) -> bytes:
    """A list of references; those of fewer than `least` more rows than one stay (a sparkline's cell)."""
    parts = []
    for reference in references.split():
        area = area_of(reference)
        if area is not None and area.bottom - area.top >= least and appended.grown(area) != area:
            reference = str(appended.grown(area)).encode()
        parts.append(reference)
    return b" ".join(parts)

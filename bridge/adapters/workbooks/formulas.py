"""Formulas that more than one cell depends on, when one of the cells is to be written over.

ECMA-376 part 1, 18.3.1.40: of a shared formula only the first cell has the text; an array formula or a data
table in one cell fills many.
"""

from __future__ import annotations

import html
import re
from collections.abc import Collection

from openpyxl.formula.translate import Translator

from bridge.adapters.workbooks.sheet_xml import NotUnderstood, SheetXml, address, area_of, attributes_of

Place = tuple[int, int]  # row as people count, column from 0


def refuse_parts_of_arrays(sheet: SheetXml, places: Collection[Place]) -> None:
    """Raises NotUnderstood('cell_in_array') when a place belongs to an array of several cells."""
    if not any(word in sheet.xml for word in (b'"array"', b"'array'", b'"dataTable"', b"'dataTable'")):
        return
    for tag in sheet.pattern(rb"<{p}f(?=\s)[^>]*>").findall(sheet.xml, sheet.body_start, sheet.body_end):
        attributes = attributes_of(tag)
        area = area_of(attributes.get(b"ref", b""))
        if attributes.get(b"t") not in (b"array", b"dataTable") or area is None:
            continue
        if (area.top, area.left) == (area.bottom, area.right):
            continue
        for row, column in places:
            if area.holds(row, column):
                raise NotUnderstood(f"part of the array {area}", "cell_in_array", cell=address(row, column))


def without_shared(sheet: SheetXml, places: Collection[Place]) -> SheetXml:
    """The sheet in which every cell that depends on a formula at one of the places has its own copy of it."""
    if b'"shared"' not in sheet.xml and b"'shared'" not in sheet.xml:
        return sheet
    masters = dict(filter(None, (_master(sheet, place) for place in places)))
    if not masters:
        return sheet
    formula = sheet.pattern(rb"(<{p}c(?=\s)[^>]*>)\s*(<{p}f(?=\s)[^>]*?)(?:/>|></{p}f>)")

    def own(found: re.Match[bytes]) -> bytes:
        attributes = attributes_of(found[2])
        master = masters.get(attributes.get(b"si", b""))
        if attributes.get(b"t") != b"shared" or master is None:
            return found[0]
        here = attributes_of(found[1]).get(b"r")
        if here is None:
            raise NotUnderstood("a shared formula in a cell without an address")
        text = _translated(*master, here.decode())
        name = sheet.tag(b"f")
        return found[1] + b"<%b>%b</%b>" % (name, html.escape(text, quote=False).encode(), name)

    body = formula.sub(own, sheet.xml[sheet.body_start : sheet.body_end])
    return SheetXml(sheet.xml[: sheet.body_start] + body + sheet.xml[sheet.body_end :])


def _master(sheet: SheetXml, place: Place) -> tuple[bytes, tuple[str, str]] | None:
    """The number, text and address of the shared formula that starts at this place."""
    row = sheet.row(place[0])
    cell = next((cell for cell in sheet.cells(row) if cell.column == place[1]), None) if row else None
    found = sheet.pattern(rb"(<{p}f(?=\s)[^>]*)>([^<]+)</{p}f>").search(cell.inner) if cell else None
    attributes = attributes_of(found[1]) if found else {}
    if found is None or attributes.get(b"t") != b"shared" or b"ref" not in attributes:
        return None
    return attributes.get(b"si", b""), (html.unescape(found[2].decode()), address(*place))


def _translated(text: str, origin: str, here: str) -> str:
    try:
        return str(Translator("=" + text, origin).translate_formula(here))[1:]
    except Exception as error:  # the tokenizer says in many ways that it does not know a formula
        raise NotUnderstood(f"the shared formula of {origin}", "cell_in_array", cell=origin) from error

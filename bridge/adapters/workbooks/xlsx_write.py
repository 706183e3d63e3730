"""Changes to tabs carried through the whole package: sheets, looks, tables, names, order of calculation."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import count
from xml.parsers import expat

from bridge.adapters.workbooks.package import Package
from bridge.adapters.workbooks.sheet_ranges import table_header, with_grown_table
from bridge.adapters.workbooks.sheet_xml import NotUnderstood, SheetXml
from bridge.adapters.workbooks.xlsx_parts import Parts, Tab, calculated_on_load, filter_name_extended
from bridge.adapters.workbooks.xlsx_patch import patch_sheet
from bridge.adapters.workbooks.xlsx_styles import Styles
from bridge.application.errors import SheetError
from bridge.application.ports.workbooks import TabChange

_NUMBER = re.compile(rb"<(?:[\w.-]+:)?v(?:\s[^>]*)?>\s*(\d+)\s*<")
_TEXT = re.compile(rb"<((?:[\w.-]+:)?)si(?:\s[^>]*)?(?:/>|>.*?</\1si\s*>)", re.S)
_FORMULA = re.compile(rb"<(?:[\w.-]+:)?f[\s/>]")


def with_changes(package: Package, changes: Sequence[TabChange]) -> bytes:
    """The workbook file with all changes. Raises SheetError, and ValueError for a text that is too long."""
    work = _Work(package)
    for change in changes:
        tab = work.parts.tab(change.tab)
        try:
            work.apply(tab, change)
        except NotUnderstood as error:
            raise SheetError(error.code, file=package.file, tab=tab.name, **error.facts) from error
    if any(change.erasing for change in changes):
        work.drop_unused_texts()
    return package.rebuilt(work.finished())


def _shown_texts(sheet: SheetXml) -> set[int]:
    """The numbers of the shared texts that the sheet's cells show. Raises NotUnderstood."""
    used = set()
    for row in sheet.rows:
        for cell in sheet.cells(row):
            if cell.attributes.get(b"t") == b"s" and cell.inner:
                found = _NUMBER.search(cell.inner)
                if found is None:
                    raise NotUnderstood("a shared text without its number")
                used.add(int(found[1]))
    return used


class _Work:
    def __init__(self, package: Package) -> None:
        self._package = package
        self.parts = Parts(package)
        self._changed: dict[str, bytes | None] = {}
        self._styles_part = self.parts.linked("styles")
        self._styles: Styles | None = None
        self._formula_replaced = False

    def _read(self, part: str) -> bytes:
        changed = self._changed.get(part)
        return self._package.read(part) if changed is None else changed

    def _looks(self) -> Styles:
        if self._styles is None:
            if self._styles_part is None:
                raise NotUnderstood("no looks of cells")
            self._styles = Styles(self._package.read(self._styles_part))
        return self._styles

    def apply(self, tab: Tab, change: TabChange) -> None:
        if not change.cells and not change.appended:
            return
        links = self._package.relationships(tab.part)
        tables = {link.target: self._read(link.target) for link in links if link.kind == "table"}
        heads = [table_header(table) for table in tables.values()]
        patched = patch_sheet(self._read(tab.part), change, self._looks(), self.parts.date1904, heads)
        self._changed[tab.part] = patched.xml
        self._formula_replaced |= patched.formula_replaced
        if patched.appended is None:
            return
        for part, table in tables.items():
            self._changed[part] = with_grown_table(table, patched.appended)
        if patched.filter_end:
            book = self._read(self.parts.workbook)
            ends = patched.filter_end, patched.appended.last
            self._changed[self.parts.workbook] = filter_name_extended(book, tab.index, *ends)

    def drop_unused_texts(self) -> None:
        """A text that no cell shows any more stays in the list of texts that cells share: there it is blanked."""
        part = self.parts.linked("sharedStrings")
        if part is None:
            return
        used: set[int] = set()
        try:
            for tab in self.parts.tabs().values():
                used |= _shown_texts(SheetXml(self._read(tab.part)))
        except NotUnderstood:
            return  # a tab of somebody's own that nobody here can read: its texts must stay
        texts = count()
        blanked = _TEXT.sub(
            lambda found: found[0] if next(texts) in used else b"<%bsi><%bt/></%bsi>" % ((found[1],) * 3),
            self._read(part),
        )
        if blanked != self._read(part):
            self._changed[part] = blanked

    def finished(self) -> dict[str, bytes | None]:
        """All parts that differ, each proved to be well-formed."""
        if not self._changed:
            return {}
        if self._styles is not None and self._styles.changed and self._styles_part is not None:
            self._changed[self._styles_part] = self._styles.xml
        if self._formula_replaced:
            self._changed |= self.parts.without_calc_chain()
        if self._has_formulas():
            self._changed[self.parts.workbook] = calculated_on_load(self._read(self.parts.workbook))
        for part, content in self._changed.items():
            if content is not None:
                self._prove(part, content)
        return self._changed

    def _has_formulas(self) -> bool:
        """Whether any result that the file carries may be out of date now."""
        sheets = (self._read(tab.part) for tab in self.parts.tabs().values())
        return any((b"<f" in xml or b":f" in xml) and _FORMULA.search(xml) for xml in sheets)

    def _prove(self, part: str, content: bytes) -> None:
        try:
            expat.ParserCreate().Parse(content, True)
        except expat.ExpatError as error:
            raise SheetError("sheet_not_understood", file=self._package.file, tab=part) from error

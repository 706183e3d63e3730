"""What xl/workbook.xml knows: the tabs and their parts, the epoch, the calculation chain."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

from bridge.adapters.workbooks.package import Package, relationships_part
from bridge.adapters.workbooks.sheet_xml import with_attribute
from bridge.application.errors import SheetError

_CONTENT_TYPES = "[Content_Types].xml"


@dataclass(frozen=True)
class Tab:
    name: str
    part: str
    index: int  # among all tabs, as names with a scope count them


class Parts:
    """Raises SheetError('workbook_damaged') when the package is not a workbook's."""

    def __init__(self, package: Package) -> None:
        self._package = package
        roots = [link.target for link in package.relationships() if link.kind == "officeDocument"]
        self.workbook = roots[0] if roots else "xl/workbook.xml"
        if self.workbook not in package:
            package.damaged()
        self._links = package.relationships(self.workbook)
        self._root = package.xml(self.workbook)

    def tabs(self) -> dict[str, Tab]:
        """The sheets of cells; chart sheets and macro sheets are none."""
        parts = {link.id: link.target for link in self._links if link.kind == "worksheet"}
        found = {}
        for index, node in enumerate(self._root.findall("{*}sheets/{*}sheet")):
            link = next((value for key, value in node.attrib.items() if key.endswith("}id")), "")
            if link in parts:
                name = node.get("name", "")
                found[name] = Tab(name, parts[link], index)
        return found

    def tab(self, name: str) -> Tab:
        found = self.tabs().get(name)
        if found is None:
            raise SheetError("tab_missing", tab=name, file=self._package.file)
        return found

    @property
    def date1904(self) -> bool:
        node = self._root.find("{*}workbookPr")
        return node is not None and node.get("date1904") in ("1", "true")

    def linked(self, kind: str) -> str | None:
        """The part of this kind ("styles", "sharedStrings", "calcChain") that the workbook points to."""
        return next(
            (link.target for link in self._links if link.kind == kind and link.target in self._package), None
        )

    def without_calc_chain(self) -> dict[str, bytes | None]:
        """The parts to change so that Excel builds the order of calculation anew."""
        chain = self.linked("calcChain")
        if chain is None:
            return {}
        rels = relationships_part(self.workbook)
        return {
            chain: None,
            rels: _drop(self._package.read(rels), rb"Relationship", rb"calcChain"),
            _CONTENT_TYPES: _drop(self._package.read(_CONTENT_TYPES), rb"Override", rb"calcChain"),
        }


def _drop(xml: bytes, element: bytes, word: bytes) -> bytes:
    name = rb"(?:[\w.-]+:)?" + element
    pattern = rb"<" + name + rb"(?=\s)[^>]*" + word + rb"[^>]*?(?:/>|>\s*</" + name + rb">)"
    return re.sub(pattern, b"", xml)


def calculated_on_load(workbook_xml: bytes) -> bytes:
    """xl/workbook.xml that has its formulas calculated on opening: they may look at what was written."""
    given = re.search(rb"<(?:[\w.-]+:)?calcPr(?=[\s/>])[^>]*>", workbook_xml)
    if given:
        tag = with_attribute(given[0], b"fullCalcOnLoad", b"1")
        return workbook_xml[: given.start()] + tag + workbook_xml[given.end() :]
    # CT_Workbook is a sequence: calcPr follows the last of these that is there.
    before = rb"</((?:[\w.-]+:)?)(?:sheets|functionGroups|externalReferences|definedNames)\s*>"
    ends = list(re.finditer(before, workbook_xml))
    if not ends:
        return workbook_xml
    tag = b'<%bcalcPr fullCalcOnLoad="1"/>' % ends[-1][1]
    return workbook_xml[: ends[-1].end()] + tag + workbook_xml[ends[-1].end() :]


def filter_name_extended(workbook_xml: bytes, index: int, bottom: int, new_bottom: int) -> bytes:
    """xl/workbook.xml whose hidden name for a tab's filter ends at another row, as the filter does."""

    def moved(found: re.Match[bytes]) -> bytes:
        tag, content, end = found.groups()
        if b"_FilterDatabase" not in tag or not re.search(rb"""localSheetId\s*=\s*["']%d["']""" % index, tag):
            return found[0]
        return tag + re.sub(rb"\$%d$" % bottom, b"$%d" % new_bottom, content) + end

    pattern = rb"(<(?:[\w.-]+:)?definedName(?=\s)[^>]*>)([^<]*)(</)"
    return re.sub(pattern, moved, workbook_xml)


def unescaped(text: bytes) -> str:
    return html.unescape(text.decode("utf-8"))

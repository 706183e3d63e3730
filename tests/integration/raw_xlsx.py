"""Workbook files made part by part, for what no library writes on request, and looks inside any of them."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

from bridge.adapters.workbooks.xlsx import XlsxWorkbook
from bridge.application.ports.workbooks import Grid, TabChange
from bridge.domain.cells import Cell

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE_LINKS = "http://schemas.openxmlformats.org/package/2006/relationships"
TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
SHEET = "xl/worksheets/sheet1.xml"

STYLES = f"""<styleSheet xmlns="{MAIN}"><numFmts count="2"><numFmt numFmtId="164" formatCode="d/m/yyyy"/>
<numFmt numFmtId="165" formatCode="[h]:mm:ss"/></numFmts><fonts count="1"><font/></fonts>
<fills count="1"><fill><patternFill/></fill></fills>
<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>
<cellXfs count="7"><xf numFmtId="0"/><xf numFmtId="164" applyNumberFormat="1"/>
<xf numFmtId="22"/><xf numFmtId="165"/><xf numFmtId="20"/><xf numFmtId="49"><alignment wrapText="1"/></xf>
<xf numFmtId="4"/></cellXfs>
<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>"""


def workbook_parts(
    rows: str,
    *,
    head: str = "",
    tail: str = "",
    prefix: str = "",
    book: str = "",
    strings: str = "",
    styles: str = STYLES,
) -> dict[str, bytes]:
    """The parts of a workbook with one tab, "S". `book` goes before the list of sheets; `prefix` is that of
    the main namespace in the sheet, and must be used in `rows`, `head` and `tail`."""
    binding = f"xmlns:{prefix[:-1]}" if prefix else "xmlns"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{TYPES}"><Default Extension="xml" ContentType="application/xml"/>'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.'
        'spreadsheetml.sheet.main+xml"/><Override PartName="/xl/calcChain.xml" ContentType="application/vnd.'
        'openxmlformats-officedocument.spreadsheetml.calcChain+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE_LINKS}"><Relationship Id="rId1" '
        f'Type="{LINKS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{LINKS}">{book}<sheets>'
        '<sheet name="S" sheetId="1" r:id="rId1"/></sheets><definedNames><definedName name="_xlnm._FilterDatabase" '
        'localSheetId="0" hidden="1">\'S\'!$A$1:$C$3</definedName></definedNames></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE_LINKS}">'
        f'<Relationship Id="rId1" Type="{LINKS}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{LINKS}/styles" Target="/xl/styles.xml"/>'
        f'<Relationship Id="rId3" Type="{LINKS}/sharedStrings" Target="sharedStrings.xml"/>'
        f'<Relationship Id="rId4" Type="{LINKS}/calcChain" Target="calcChain.xml"/></Relationships>',
        "xl/styles.xml": styles,
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{strings}</sst>',
        "xl/calcChain.xml": f'<calcChain xmlns="{MAIN}"><c r="C1" i="1"/></calcChain>',
        SHEET: f'<?xml version="1.0" encoding="UTF-8"?>\n<{prefix}worksheet {binding}="{MAIN}">{head}'
        f"<{prefix}sheetData>{rows}</{prefix}sheetData>{tail}</{prefix}worksheet>",
    }
    return {name: text.encode() for name, text in parts.items()}


def pack(parts: Mapping[str, bytes]) -> bytes:
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return target.getvalue()


def unpack(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def cells_as_written(sheet: bytes) -> dict[str, bytes]:
    """Address -> its element, canonical."""
    root = ElementTree.fromstring(sheet)
    found = {}
    for cell in root.iter(f"{{{MAIN}}}c"):
        cell.tail = None
        found[cell.get("r", "")] = ElementTree.canonicalize(ElementTree.tostring(cell)).encode()
    return found


def surroundings(sheet: bytes) -> bytes:
    """The sheet without its rows, canonical."""
    root = ElementTree.fromstring(sheet)
    for child in list(root):
        if child.tag == f"{{{MAIN}}}sheetData":
            root.remove(child)
    return ElementTree.canonicalize(ElementTree.tostring(root)).encode()


def put(folder: Path, rows: str, **more: str) -> XlsxWorkbook:
    """A workbook with these rows in its tab "S"."""
    path = folder / "ก ข.xlsx"
    path.write_bytes(pack(workbook_parts(rows, **more)))
    return XlsxWorkbook(path)


def rows_of(workbook: XlsxWorkbook, tab: str = "S") -> list[list[Cell]]:
    return [list(row) for row in grid_of(workbook, tab).rows]


def grid_of(workbook: XlsxWorkbook, tab: str = "S") -> Grid:
    return workbook.read([tab]).grids[tab]


def write(
    workbook: XlsxWorkbook, cells: dict[tuple[int, int], Cell], *appended: dict[int, Cell], tab: str = "S"
) -> None:
    workbook.write([TabChange(tab, cells, appended)], workbook.version())


def sheet_of(folder: Path) -> bytes:
    return unpack(folder / "ก ข.xlsx")[SHEET]

"""A small package with just what calamine should see of a workbook, mended where calamine 0.9 falls short.

It reports an error value (`#REF!`) as blank or gives up on it, takes a serial in one of the Thai date formats
for a number, and leaves escapes of some characters undecoded. The copy is not compressed, names its parts
as calamine expects them whatever the file does, and holds nothing that was not unpacked under a limit.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from io import BytesIO

from bridge.adapters.workbooks.package import Package
from bridge.adapters.workbooks.xlsx_parts import Parts

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"

_ERROR = re.compile(rb"""(<(?:[\w.-]+:)?c(?=\s)[^>]*?\st=)(?:"e"|'e')""")
# Escapes of surrogates and noncharacters (22.9.2.19), unless the underscore itself is escaped.
_UNDECODED = re.compile(rb"(?<!_x005F)_x([Dd][89A-Fa-f][0-9A-Fa-f]{2}|[Ff]{3}[EeFf])_")
_MARK = "\ufdd0".encode() + rb"\1" + "\ufdd1".encode()  # noncharacters: no text has them
_MARKED = re.compile("\ufdd0([0-9A-Fa-f]{4})\ufdd1")
# The Thai formats without a code (18.8.30) and those that calamine knows instead.
_THAI_IDS = {71: 14, 72: 14, 73: 14, 74: 14, 81: 14, 77: 22, 75: 21, 76: 21, 78: 21, 79: 46, 80: 21}
_THAI_LOOK = re.compile(rb"""(<(?:[\w.-]+:)?xf(?=\s)[^>]*?\snumFmtId=["'])(7[1-9]|8[01])(["'])""")
_THAI_CODE = re.compile(r"""(\sformatCode=["'])([^"'>]*ป{2,}[^"'>]*)(["'])""")


def copy_for_calamine(package: Package, parts: Parts, sheets: Sequence[bytes]) -> tuple[BytesIO, bool]:
    """A package whose tabs are these sheets, in this order, and whether `unmark` must decode their text."""
    strings, styles = (_linked(package, parts, kind) for kind in ("sharedStrings", "styles"))
    marked = any(b"_x" in xml and _UNDECODED.search(xml) for xml in (strings, *sheets))
    contents = {"xl/styles.xml": _western(styles), "xl/sharedStrings.xml": _marked(strings, marked)}
    contents |= {f"xl/sheet{i}.xml": _readable(_marked(xml, marked)) for i, xml in enumerate(sheets)}
    contents = {name: content for name, content in contents.items() if content}
    copy = BytesIO()
    with zipfile.ZipFile(copy, "w") as archive:
        for name, content in (_frame(parts, len(sheets), list(contents)) | contents).items():
            archive.writestr(name, content)
    copy.seek(0)
    return copy, marked


def unmark(text: str) -> str:
    decoded = _MARKED.sub(lambda found: chr(int(found[1], 16)), text)
    return decoded.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


def _linked(package: Package, parts: Parts, kind: str) -> bytes:
    part = parts.linked(kind)
    return package.read(part) if part else b""


def _marked(xml: bytes, marked: bool) -> bytes:
    return _UNDECODED.sub(_MARK, xml) if marked else xml


def _readable(sheet: bytes) -> bytes:
    return _ERROR.sub(rb'\1"str"', sheet) if b't="e"' in sheet or b"t='e'" in sheet else sheet


def _western(styles: bytes) -> bytes:
    """styles.xml in which Thai dates are dates to calamine."""

    def known(found: re.Match[bytes]) -> bytes:
        declared = re.search(rb"""numFmt\s[^>]*numFmtId=["']%b["']""" % found[2], styles)
        return found[0] if declared else found[1] + b"%d" % _THAI_IDS[int(found[2])] + found[3]

    mended = _THAI_LOOK.sub(known, styles)
    if "ปป".encode() not in mended:
        return mended
    text = mended.decode("utf-8", "surrogateescape")
    return _THAI_CODE.sub(r"\1d/m/yyyy\3", text).encode("utf-8", "surrogateescape")


def _frame(parts: Parts, count: int, names: list[str]) -> dict[str, bytes]:
    """The parts that hold the others together."""
    kinds = {"xl/styles.xml": "styles", "xl/sharedStrings.xml": "sharedStrings"}
    links = "".join(_link(name[3:], kinds.get(name, "worksheet")) for name in names)
    tabs = "".join(f'<sheet name="{i}" sheetId="{i + 1}" r:id="rsheet{i}"/>' for i in range(count))
    epoch = '<workbookPr date1904="1"/>' if parts.date1904 else ""
    book = f'<workbook xmlns="{_MAIN}" xmlns:r="{_LINKS}">{epoch}<sheets>{tabs}</sheets></workbook>'
    frame = {
        "_rels/.rels": _links(_link("xl/workbook.xml", "officeDocument")),
        "xl/workbook.xml": book,
        "xl/_rels/workbook.xml.rels": _links(links),
    }
    return {name: xml.encode() for name, xml in frame.items()}


def _links(links: str) -> str:
    return f'<Relationships xmlns="{_PACKAGE}">{links}</Relationships>'


def _link(target: str, kind: str) -> str:
    return f'<Relationship Id="r{target[:-4]}" Type="{_LINKS}/{kind}" Target="{target}"/>'

"""The zip package that an .xlsx file is: opened with suspicion, rebuilt with everything in its place."""

from __future__ import annotations

import copy
import posixpath
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import NoReturn
from xml.etree import ElementTree

from bridge.application.errors import SheetError

MAX_UNPACKED = 2**30  # bytes in all
MAX_ENTRIES = 10_000
MAX_RATIO = 300  # how many times its size a large part may unpack to
LARGE_PART = 64 * 2**20  # bytes; below this the ratio says nothing
_CHUNK = 2**20
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")  # an .xls of before 2007, or an .xlsx with a password
_BROKEN = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
    KeyError,
    IndexError,
)


@dataclass(frozen=True)
class Relationship:
    kind: str  # the last word of its type: "worksheet", "table", "calcChain"
    id: str
    target: str  # a part's name


class Package:
    """The parts of one workbook file. Every method may raise SheetError('workbook_damaged')."""

    def __init__(self, data: bytes, file: str) -> None:
        """Raises SheetError: workbook_damaged, workbook_unsafe, workbook_encrypted (or an old .xls)."""
        self.file = file
        if data.startswith(_OLE):
            raise SheetError("workbook_encrypted", file=file)
        try:
            self._archive = zipfile.ZipFile(BytesIO(data))
        except (*_BROKEN, UnicodeError) as error:
            raise SheetError("workbook_damaged", file=file) from error
        self._entries = self._archive.infolist()
        self._names = {entry.filename.lower(): entry for entry in self._entries}
        self._refuse_bombs()

    def _refuse_bombs(self) -> None:
        unpacked = sum(entry.file_size for entry in self._entries)
        swollen = any(
            entry.file_size > LARGE_PART and entry.file_size > MAX_RATIO * entry.compress_size
            for entry in self._entries
        )
        twice = len(self._names) != len(self._entries)
        if unpacked > MAX_UNPACKED or len(self._entries) > MAX_ENTRIES or swollen or twice:
            raise SheetError("workbook_unsafe", file=self.file)
        known = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
        if any(entry.flag_bits & 1 or entry.compress_type not in known for entry in self._entries):
            self.damaged()

    def damaged(self, cause: Exception | None = None) -> NoReturn:
        raise SheetError("workbook_damaged", file=self.file) from cause

    def __contains__(self, part: str) -> bool:
        return part.lower() in self._names

    @property
    def parts(self) -> list[str]:
        return [entry.filename for entry in self._entries]

    def read(self, part: str) -> bytes:
        """The part, unpacked; never more than the size that it declares."""
        entry = self._names.get(part.lower())
        if entry is None:
            self.damaged()
        try:
            with self._archive.open(entry) as stream:
                return b"".join(iter(lambda: stream.read(_CHUNK), b""))
        except _BROKEN as error:
            self.damaged(error)

    def xml(self, part: str) -> ElementTree.Element:
        """The root of a small part. Entities are refused, so that a few bytes stay a few bytes."""
        data = self.read(part)
        if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
            raise SheetError("workbook_unsafe", file=self.file)
        try:
            return ElementTree.fromstring(data)  # noqa: S314  # no DOCTYPE comes this far
        except (ElementTree.ParseError, ValueError, LookupError) as error:
            self.damaged(error)

    def relationships(self, part: str = "") -> list[Relationship]:
        """Where a part (the package itself when empty) points to inside the package."""
        folder = posixpath.dirname(part)
        rels = relationships_part(part)
        if rels not in self:
            return []
        found = []
        for node in self.xml(rels):
            if node.get("TargetMode") == "External":
                continue
            target = posixpath.normpath(posixpath.join("/" + folder, node.get("Target", "")))
            kind = node.get("Type", "").rsplit("/", 1)[-1]
            found.append(Relationship(kind, node.get("Id", ""), target.lstrip("/")))
        return found

    def rebuilt(self, changed: Mapping[str, bytes | None]) -> bytes:
        """The package with these parts replaced (None: left out); all others have the bytes they had."""
        changes = {part.lower(): content for part, content in changed.items()}
        target = BytesIO()
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for entry in self._entries:
                name = entry.filename.lower()
                content = changes[name] if name in changes else self.read(name)
                if content is None:
                    continue
                fresh = copy.copy(entry)
                fresh.extra = b""  # sizes of the old entry, or padding
                archive.writestr(fresh, content, entry.compress_type, compresslevel=1)
        return target.getvalue()


def relationships_part(part: str) -> str:
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")

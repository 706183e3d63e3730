"""PDFs, written anew: what can be reached from the document is looked through, and only that is kept."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from typing import IO, Any

from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject

SIGNATURE = b"%PDF-"
MOST_PAGES = 200
MOST_PARTS = 1_000_000
# What acts by itself, reaches out, or carries another file (ISO 32000-1, 7.11.4, 12.6.4); XFA is a form with scripts.
_ACTIVE_KEYS = frozenset(
    {"/JS", "/JavaScript", "/EmbeddedFiles", "/EF", "/XFA", "/RichMediaContent", "/RichMediaSettings"}
)
_ACTIVE_ACTIONS = frozenset(
    {
        "/JavaScript",
        "/Launch",
        "/ImportData",
        "/SubmitForm",
        "/GoToR",
        "/GoToE",
        "/Rendition",
        "/Movie",
        "/Sound",
    }
)
_ACTIVE_PARTS = frozenset(
    {"/EmbeddedFile", "/FileAttachment", "/RichMedia", "/Screen", "/Movie", "/Sound", "/3D"}
)
_ABOUT = ("/Metadata", "/PieceInfo")  # who made it, when, with what: as little kept as of a photo

logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # what it says of a file may quote the file


class Locked(Exception):
    pass


class Active(Exception):
    pass


class TooLarge(Exception):
    pass


def rewritten(upload: IO[bytes]) -> bytes:
    """The document without its earlier versions, without what lies before, after or between its objects, and without
    its metadata. Raises Locked, Active or TooLarge, and whatever pypdf raises for what it cannot read."""
    reader = PdfReader(upload)
    if reader.is_encrypted:
        raise Locked
    if not 0 < len(reader.pages) <= MOST_PAGES:
        raise TooLarge
    for part in _parts(reader.trailer["/Root"]):
        _refuse_active(part)
    writer = PdfWriter(clone_from=reader)
    writer.metadata = None
    for part in _parts(writer.root_object):
        for key in _ABOUT:
            part.pop(key, None)
    writer.compress_identical_objects(remove_unreferenced=True)
    content = io.BytesIO()
    writer.write(content)
    return content.getvalue()


def _refuse_active(part: DictionaryObject) -> None:
    if _ACTIVE_KEYS & part.keys():
        raise Active
    if part.get("/S") in _ACTIVE_ACTIONS or {part.get("/Type"), part.get("/Subtype")} & _ACTIVE_PARTS:
        raise Active


def _parts(root: Any) -> Iterator[DictionaryObject]:
    """Every dictionary that can be reached, each once. Raises TooLarge."""
    seen: set[tuple[int, int]] = set()
    waiting, count = [root], 0
    while waiting:
        found = waiting.pop()
        if isinstance(found, IndirectObject):
            if (found.idnum, found.generation) in seen:
                continue
            seen.add((found.idnum, found.generation))
            found = found.get_object()
        count += 1
        if count > MOST_PARTS:
            raise TooLarge
        if isinstance(found, DictionaryObject):
            yield found
            waiting.extend(found.raw_get(key) for key in found)
        elif isinstance(found, ArrayObject):
            waiting.extend(found)

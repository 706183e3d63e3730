"""Files of every kind that people attach, and that nobody should."""

from __future__ import annotations

import io
import zlib
from collections.abc import Mapping
from typing import Any

from PIL import Image
from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, NumberObject, TextStringObject

PLACE = "GPS-16.43N-102.83E"


def photo(form: str = "JPEG", size: tuple[int, int] = (64, 48), **options: Any) -> bytes:
    """Red above, blue below: which way is up can be seen."""
    drawn = Image.new("RGB", size, (200, 30, 30))
    drawn.paste((30, 30, 200), (0, size[1] // 2, size[0], size[1]))
    content = io.BytesIO()
    drawn.save(content, form, **options)
    return content.getvalue()


def located_photo(form: str = "JPEG") -> bytes:
    """As a phone held sideways takes it: turned, with the place, the camera and a comment."""
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees
    exif[0x010F] = f"Camera {PLACE}"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (16.0, 26.0, 0.0)
    options: dict[str, Any] = {"exif": exif, "icc_profile": f"profile {PLACE}".encode()}
    if form == "JPEG":
        options["comment"] = PLACE
    return photo(form, **options)


def bomb_png(width: int, height: int) -> bytes:
    """A small file that says it is a large picture, and is."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([1, 0, 0, 0, 0])
    rows = zlib.compress(bytes((width + 7) // 8 + 1) * height, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def pdf(pages: int = 1, about: str = "") -> bytes:
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(200, 300)
    if about:
        writer.add_metadata({"/Author": about})
    return _written(writer)


def locked_pdf() -> bytes:
    writer = PdfWriter(clone_from=io.BytesIO(pdf()))
    writer.encrypt("secret", algorithm="RC4-128")
    return _written(writer)


def scripted_pdf() -> bytes:
    writer = PdfWriter(clone_from=io.BytesIO(pdf()))
    script = {"/S": NameObject("/JavaScript"), "/JS": TextStringObject("app.alert(1)")}
    named = ArrayObject([TextStringObject("at once"), _dictionary(script)])
    scripts = _dictionary({"/JavaScript": _dictionary({"/Names": named})})
    writer.root_object[NameObject("/Names")] = writer._add_object(scripts)
    return _written(writer)


def carrying_pdf() -> bytes:
    writer = PdfWriter(clone_from=io.BytesIO(pdf()))
    writer.add_attachment("x.exe", b"MZ")
    return _written(writer)


def acting_pdf(action: str, where: str = "/OpenAction", **more: str) -> bytes:
    """One that does something by itself: when it is opened, or when its first page is clicked."""
    writer = PdfWriter(clone_from=io.BytesIO(pdf()))
    texts = {"/F": "cmd.exe", **{f"/{key}": value for key, value in more.items()}}
    act = _dictionary({key: TextStringObject(value) for key, value in texts.items()})
    act[NameObject("/S")] = NameObject(action)
    if where == "/OpenAction":
        writer.root_object[NameObject(where)] = writer._add_object(act)
    else:
        link = {"/Type": NameObject("/Annot"), "/Subtype": NameObject("/Link"), "/A": act}
        link["/Rect"] = ArrayObject([NumberObject(n) for n in (0, 0, 9, 9)])
        writer.pages[0][NameObject("/Annots")] = ArrayObject([writer._add_object(_dictionary(link))])
    return _written(writer)


def bomb_pdf(megabytes: int) -> bytes:
    """Its objects are in a stream of blanks that is a thousand times larger than it looks."""
    packing = zlib.compressobj(9)
    blanks = b"".join(packing.compress(bytes(1_000_000)) for _ in range(megabytes)) + packing.flush()
    content, at = bytearray(b"%PDF-1.5\n"), {}
    objects = {
        1: b"<< /Type /Catalog /Pages 4 0 R >>",
        5: b"<< /Type /ObjStm /N 1 /First 4 /Filter /FlateDecode /Length %d >>\nstream\n%b\nendstream"
        % (len(blanks), blanks),
    }
    for number, text in objects.items():
        at[number] = len(content)
        content += b"%d 0 obj\n%b\nendobj\n" % (number, text)
    lines = [(0, 0), (1, at[1]), (0, 0), (0, 0), (2, 5), (1, at[5])]
    table = b"".join(bytes([kind]) + place.to_bytes(4, "big") + b"\0" for kind, place in lines)
    start = len(content)
    content += b"6 0 obj\n<< /Type /XRef /Size 7 /W [1 4 1] /Index [0 6] /Root 1 0 R /Length %d >>\n" % len(
        table
    )
    content += b"stream\n%b\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % (table, start)
    return bytes(content)


def pages_of(content: bytes) -> int:
    return len(PdfReader(io.BytesIO(content)).pages)


def _dictionary(cells: Mapping[str, Any]) -> DictionaryObject:
    return DictionaryObject({NameObject(key): value for key, value in cells.items()})


def _written(writer: PdfWriter) -> bytes:
    content = io.BytesIO()
    writer.write(content)
    return content.getvalue()

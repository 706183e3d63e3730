"""Photos, made anew: what is kept is drawn from the pixels, and nothing else of the file is left."""

from __future__ import annotations

import io
from typing import IO

from PIL import Image, ImageOps

FORMATS = ("JPEG", "PNG", "WEBP")
MOST_PIXELS = 50_000_000  # what today's phones take at their finest; about 150 MB when unpacked
LONGEST_SIDE = 3_000  # a page of A4 photographed whole stays readable
QUALITY = 85


class TooManyPixels(Exception):
    pass


def redrawn(upload: IO[bytes]) -> bytes:
    """The first picture of the file, upright, as JPEG without EXIF (place, camera), comment, profile or thumbnail.
    Raises TooManyPixels before anything is unpacked, and whatever Pillow raises for what it cannot read."""
    try:
        opened = Image.open(upload, formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise TooManyPixels from error
    with opened:
        if opened.width * opened.height > MOST_PIXELS:
            raise TooManyPixels
        opened.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # a large JPEG is unpacked at a half or less
        opened.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        upright = ImageOps.exif_transpose(opened)
        drawn = Image.new("RGB", upright.size, "white")
        see_through = upright.convert("RGBA") if upright.has_transparency_data else None
        drawn.paste(see_through or upright.convert("RGB"), mask=see_through)
    content = io.BytesIO()
    drawn.save(content, "JPEG", quality=QUALITY, optimize=True)
    return content.getvalue()

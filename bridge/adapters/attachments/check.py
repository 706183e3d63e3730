"""What a file is, told by its content: a photo or a PDF, and nothing else."""

from __future__ import annotations

import threading
from typing import IO

from bridge.adapters.attachments import pdf, photo
from bridge.application.ports.attachments import Checked
from bridge.domain.attachments import Kind
from bridge.domain.problems import Problem

_PHOTOS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF")


class ContentCheck:
    """Implements ports.attachments.FileCheck. One file at a time, so that many at once need no more memory than one."""

    def __init__(self) -> None:
        self._turn = threading.Lock()

    def check(self, upload: IO[bytes]) -> Checked | Problem:
        upload.seek(0)
        begins = upload.read(8)
        upload.seek(0)
        with self._turn:
            if begins.startswith(pdf.SIGNATURE):
                return _pdf(upload)
            if begins.startswith(_PHOTOS):
                return _photo(upload)
        return Problem("attachment_kind")


def _photo(upload: IO[bytes]) -> Checked | Problem:
    try:
        return Checked(Kind.PHOTO, photo.redrawn(upload))
    except photo.TooManyPixels:
        return Problem("attachment_pixels")
    except Exception:  # Pillow fails in many ways at what is broken on purpose
        return Problem("attachment_damaged")


def _pdf(upload: IO[bytes]) -> Checked | Problem:
    try:
        return Checked(Kind.PDF, pdf.rewritten(upload))
    except pdf.Locked:
        return Problem("attachment_locked")
    except pdf.Active:
        return Problem("attachment_active")
    except pdf.TooLarge:
        return Problem("attachment_pages")
    except Exception:  # and so does pypdf, a depth of recursion among them
        return Problem("attachment_damaged")

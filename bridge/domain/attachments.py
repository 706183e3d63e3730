"""What may be attached to a case, and how a file is called."""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum

LONGEST_NAME = 80  # characters
_HIDDEN = (
    "C",
    "Zl",
    "Zp",
)  # control, format (direction marks among them), unassigned; line and paragraph ends


class Kind(StrEnum):
    """What a stored file is; every photo is stored as JPEG."""

    PHOTO = "photo"
    PDF = "pdf"

    @property
    def suffix(self) -> str:
        return "jpg" if self is Kind.PHOTO else "pdf"


def shown_name(name: str) -> str:
    """The name that a file had with its sender, to be shown: its last part, one line, in plain letters, not long.
    "" where nothing is left. Idempotent."""
    visible = "".join(" " if letter.isspace() else letter for letter in unicodedata.normalize("NFC", name))
    visible = "".join(letter for letter in visible if not unicodedata.category(letter).startswith(_HIDDEN))
    last = " ".join(re.split(r"[/\\]", visible)[-1].split()).strip(". ")
    if len(last) <= LONGEST_NAME:
        return last
    stem, dot, suffix = last.rpartition(".")
    if not dot or len(suffix) > 5:
        return last[: LONGEST_NAME - 1].strip(". ") + "…"
    return f"{stem[: LONGEST_NAME - len(suffix) - 2].strip('. ')}….{suffix}"


def file_name(case: str, number: int, kind: Kind) -> str:
    """What a file is called when it is handed out: nothing that a person typed."""
    return f"{case}-{number}.{kind.suffix}"

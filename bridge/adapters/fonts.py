"""The Thai fonts of this machine, as PDFs can be set in them."""

from __future__ import annotations

from functools import cache

import typst

# By the names under which Windows, macOS and Linux have them, best to read first.
THAI_FONTS = (
    "Sarabun",
    "TH Sarabun New",
    "TH SarabunPSK",
    "Noto Sans Thai",
    "Noto Sans Thai Looped",
    "Leelawadee UI",
    "Leelawadee",
    "Thonburi",
    "Loma",
    "Garuda",
    "Waree",
    "Tahoma",
)


class NoThaiFont(Exception):
    """The machine has no font to write with; `wanted` is the one that was asked for, or ""."""

    def __init__(self, wanted: str) -> None:
        super().__init__(wanted)
        self.wanted = wanted


def thai_font(wanted: str = "") -> str:
    """The family to write with. Raises NoThaiFont where the machine has none of THAI_FONTS, or not the wanted one."""
    there = {family.casefold(): family for family in fonts().families()}
    for name in (wanted,) if wanted else THAI_FONTS:
        if name.casefold() in there:
            return there[name.casefold()]
    raise NoThaiFont(wanted)


@cache
def fonts() -> typst.Fonts:
    """The machine's, as they were when this process first asked."""
    return typst.Fonts(include_system_fonts=True, include_embedded_fonts=True, font_paths=[])

"""What a new spreadsheet looks like: default format and theme, as Google gives them."""

from __future__ import annotations

from typing import Any

_ACCENTS = (
    ("ACCENT1", (0.25882354, 0.52156866, 0.95686275)),
    ("ACCENT2", (0.91764706, 0.2627451, 0.20784314)),
    ("ACCENT3", (0.9843137, 0.7372549, 0.015686275)),
    ("ACCENT4", (0.20392157, 0.65882355, 0.3254902)),
    ("ACCENT5", (1, 0.42745098, 0.003921569)),
    ("ACCENT6", (0.27450982, 0.7411765, 0.7764706)),
    ("LINK", (0.06666667, 0.33333334, 0.8)),
)


def color(red: float, green: float, blue: float) -> dict[str, float]:
    """An rgb colour; a component of zero is left out, as in Google's JSON."""
    return {name: part for name, part in (("red", red), ("green", green), ("blue", blue)) if part}


def default_format() -> dict[str, Any]:
    return {
        "backgroundColor": color(1, 1, 1),
        "padding": {"top": 2, "right": 3, "bottom": 2, "left": 3},
        "verticalAlignment": "BOTTOM",
        "wrapStrategy": "OVERFLOW_CELL",
        "textFormat": {
            "foregroundColor": {},
            "fontFamily": "arial,sans,sans-serif",
            "fontSize": 10,
            "bold": False,
            "italic": False,
            "strikethrough": False,
            "underline": False,
            "foregroundColorStyle": {"rgbColor": {}},
        },
        "backgroundColorStyle": {"rgbColor": color(1, 1, 1)},
    }


def new_properties(time_zone: str) -> dict[str, Any]:
    """SpreadsheetProperties without the title."""
    colors: list[dict[str, Any]] = [{"colorType": "TEXT", "color": {"rgbColor": {}}}]
    colors.append({"colorType": "BACKGROUND", "color": {"rgbColor": color(1, 1, 1)}})
    colors += [{"colorType": name, "color": {"rgbColor": color(*rgb)}} for name, rgb in _ACCENTS]
    return {
        "locale": "en_US",
        "autoRecalc": "ON_CHANGE",
        "timeZone": time_zone,
        "defaultFormat": default_format(),
        "spreadsheetTheme": {"primaryFontFamily": "Arial", "themeColors": colors},
    }

"""Formats as Google keeps them: colours in both of their spellings, components of zero left out, 32-bit floats."""

from __future__ import annotations

import struct
from typing import Any

Json = dict[str, Any]
COLOURS = ("backgroundColor", "foregroundColor", "tabColor", "color")


def single(number: float) -> float | int:
    """A number as a 32-bit float prints: 0.1 stays 0.1, 0.25882352 becomes 0.25882354."""
    packed = struct.pack("f", number)
    for digits in range(6, 10):
        text = f"{number:.{digits}g}"
        if struct.pack("f", float(text)) == packed:
            number = float(text)
            break
    return int(number) if number.is_integer() else number


def rgb(color: Json) -> Json:
    return {k: single(float(v)) for k, v in color.items() if v}


def normal(value: Any) -> Any:
    """A format with every colour given both as `x` and as `xStyle`."""
    if isinstance(value, list):
        return [normal(item) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {k: normal(v) for k, v in value.items() if v is not None}
    for name in COLOURS:
        style = f"{name}Style"
        if isinstance(kept.get(style), dict) and "rgbColor" in kept[style]:
            kept[style] = {"rgbColor": rgb(value[style].get("rgbColor") or {})}
            kept[name] = kept[style]["rgbColor"]
        elif isinstance(kept.get(name), dict):
            kept[name] = rgb(value[name])
            kept[style] = {"rgbColor": kept[name]}
    return kept


def mask_pairs(mask: Json) -> Json:
    """A mask that names one spelling of a colour names both."""
    twin = dict(mask)
    for name, sub in mask.items():
        if name in COLOURS:
            twin[f"{name}Style"] = {}
            twin[name] = {}
        elif name.endswith("Style") and name[:-5] in COLOURS:
            twin[name[:-5]] = {}
            twin[name] = {}
        elif sub:
            twin[name] = mask_pairs(sub)
    return twin

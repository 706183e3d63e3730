"""Charts as SVG, drawn by pygal and then made plain: no script, no stylesheet, every colour and size on its element.

So a chart looks the same inside a page, printed, and opened by itself under the portal's security policy. What it
says is also in the table below it, which is what screen readers are given.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import pygal
from pygal.style import Style

from bridge.domain.summary import Chart, ChartKind, Format, SummaryBlock, visible_length
from bridge.portal.figures import legible, shown

FONTS = "'Noto Sans Thai', Sarabun, 'Leelawadee UI', Thonburi, Loma, Tahoma, sans-serif"
INK, QUIET, RULE = "#0b0c0c", "#484f56", "#d5d9dc"
OTHERS = ("#c45b00", "#5f6b73")  # after the accent; told apart by those who see few colours, too
DASHES = ("", "7 4", "2 4")
LETTERS = 15
LYING = (ChartKind.BAR, ChartKind.PIE)  # bars say shares better than slices do
WIDTHS = {"wide": 860, "narrow": 340}
MONTHS_APART = 3  # of those that are named under a narrow chart
LONGEST_LABEL = {"wide": 44, "narrow": 15}  # of the names beside bars; the whole name is in the table


def draw(block: SummaryBlock, chart: Chart, size: str, accent: str, begun: int, fonts: str = FONTS) -> str:
    """`size` is a key of WIDTHS. `begun` is how many months of the year have begun: a line of the newest year ends
    there. `fonts` is a list as in a stylesheet."""
    lying = chart.kind in LYING
    rows = block.rows[: chart.first]
    width, height = box(block, chart, size)
    names = [_short(str(row[chart.category]), LONGEST_LABEL[size]) for row in rows]
    series = [(_header(block, at), [_number(row[at]) for row in rows]) for at in chart.values]
    drawn = _kind(chart.kind)(**_looks(size, width, height, lying=lying))
    if not lying and size == "narrow":
        names = [name if at % MONTHS_APART == 0 else "" for at, name in enumerate(names)]
    names = names[::-1] if lying else names  # lying bars go up; in the table the first is on top
    drawn.x_labels = [_room(name) for name in names] if lying else names
    for at, (header, values) in enumerate(series):
        ends = begun if chart.kind is ChartKind.LINE and at == 0 else len(values)
        line = [value if value or row < ends else None for row, value in enumerate(values)]
        drawn.add(header, line[::-1] if lying else line)
    drawn.value_formatter = lambda value: shown(round(value), Format.COUNT)  # to the baht; the table is exact
    drawn.y_labels = _ticks([value for _, values in series for value in values], 2 if size == "narrow" else 6)
    drawn.show_legend = len(series) > 1
    drawn.print_zeroes = lying
    drawn.print_values = chart.kind is not ChartKind.LINE and (lying or size == "wide")
    colours = (accent, *OTHERS)
    drawn.add_xml_filter(_plain(legible(chart.title), colours, names if lying else (), fonts))
    return str(drawn.render())


def _kind(kind: ChartKind) -> Any:
    return {ChartKind.COLUMN: pygal.Bar, ChartKind.LINE: pygal.Line}.get(kind, pygal.HorizontalBar)


def box(block: SummaryBlock, chart: Chart, size: str) -> tuple[int, int]:
    """Width and height in pixels: lying bars need a line each."""
    rows = len(block.rows[: chart.first])
    height = 90 + rows * (12 + 22 * len(chart.values)) if chart.kind in LYING else 380
    return WIDTHS[size], height


def _looks(size: str, width: int, height: int, *, lying: bool) -> dict[str, Any]:
    style = Style(
        font_family=FONTS,
        label_font_size=LETTERS,
        major_label_font_size=LETTERS,
        legend_font_size=LETTERS,
        value_font_size=LETTERS - 1,
    )
    return {
        "style": style,
        "width": width,
        "height": height,
        "margin": 8,
        "margin_right": 64 if lying else 16,
        "spacing": 8,
        "js": (),
        "css": (),
        "no_prefix": True,
        "disable_xml_declaration": True,
        "explicit_size": True,
        "legend_at_bottom": True,
        "legend_at_bottom_columns": 1 if size == "narrow" else None,
        "legend_box_size": LETTERS,
        "truncate_legend": -1,
        "truncate_label": -1,
        "print_values_position": "top",
        "include_x_axis": True,
        "min_scale": 3,
        "max_scale": 5 if size == "narrow" else 8,
        "x_label_rotation": 0,
    }


def _header(block: SummaryBlock, at: int) -> str:
    return legible(block.columns[at].header)


def _number(value: object) -> float:
    return float(value) if isinstance(value, (int, Decimal)) else 0.0


def _ticks(values: list[float], most: int) -> list[float]:
    """Round steps from 0 (or below) to the highest; whole ones, since nobody helps half a case."""
    low, high = min(0.0, *values), max(1.0, *values)
    step = 1.0
    while (high - low) / step > most:
        step *= 2.5 if str(int(step))[0] == "2" else 2
    first, last = math.floor(low / step), math.ceil(high / step)
    return [at * step for at in range(first, last + 1)]


def _room(name: str) -> str:
    """Stands for a name while pygal lays out: it takes every mark above and below for a letter."""
    return "-" * math.ceil(visible_length(name) * 1.05)


def _short(text: str, most: int) -> str:
    """At most so many letters; marks above and below go with theirs."""
    text = legible(text)
    if visible_length(text) <= most:
        return text
    kept = ""
    for letter in text:
        if visible_length(kept + letter) >= most:
            break
        kept += letter
    return kept.rstrip() + "\N{HORIZONTAL ELLIPSIS}"


# ------------------------------------------------------------------------------- from pygal's SVG to plain SVG

_DROPPED = {"script", "style", "desc"}


def _plain(title: str, colours: tuple[str, ...], names: Sequence[str], fonts: str) -> Callable[[Any], Any]:
    """`names` are those of lying bars, from the bottom up."""

    def plain(root: Any) -> Any:
        for child in list(root):
            if not isinstance(child.tag, str) or child.tag == "defs":
                root.remove(child)
        for child in root.findall("title"):
            child.text = title
        for axis in root.iter("g"):
            if names and axis.get("class", "").split()[:2] == ["axis", "y"]:
                for text, name in zip(axis.iter("text"), names, strict=True):
                    text.text = name
        root.set("role", "img")
        root.set("font-family", fonts)
        root.set("font-size", str(LETTERS))
        _dress(root, frozenset(), colours, lying=bool(names))
        return root

    return plain


def _dress(node: Any, around: frozenset[str], colours: tuple[str, ...], *, lying: bool) -> None:
    """Puts on each element what pygal's stylesheet would, by its classes and those around it."""
    own = frozenset(node.attrib.pop("class", "").split())
    node.attrib.pop("id", None)
    classes = around | own
    for child in list(node):
        if child.tag in _DROPPED or (child.tag == "title" and around) or child.get("class") == "tooltip":
            node.remove(child)
        else:
            _dress(child, classes, colours, lying=lying)
    if node.tag == "text":
        node.attrib.update(_of_text(classes, lying=lying))
    elif node.tag in ("path", "line", "rect", "circle"):
        node.attrib.update(_of_shape(own, classes, colours, lying=lying))


def _of_text(classes: frozenset[str], *, lying: bool) -> dict[str, str]:
    anchor = "start"
    if "axis" in classes:
        anchor = "end" if "y" in classes else "middle"
    elif "text-overlay" in classes:
        anchor = "start" if lying else "middle"
    return {"fill": INK if "legend" in classes else QUIET, "text-anchor": anchor}


def _of_shape(
    own: frozenset[str], classes: frozenset[str], colours: tuple[str, ...], *, lying: bool
) -> dict[str, str]:
    if "background" in own:
        return {"fill": "#fff"}
    if "guide" in own or ("axis" in classes and "line" in own):
        needless = "guide" in own and ("y" if lying else "x") in classes and "always_show" not in classes
        return {"fill": "none", "stroke": "none" if needless else RULE}
    at = next((int(word[6:]) for word in classes if word.startswith("color-")), 0)
    colour = colours[at % len(colours)]
    if "nofill" in own:
        dash = {"stroke-dasharray": DASHES[at % len(DASHES)]} if DASHES[at % len(DASHES)] else {}
        return {"fill": "none", "stroke": colour, "stroke-width": "3", **dash}
    return {"fill": colour}

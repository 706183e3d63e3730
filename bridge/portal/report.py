"""The pages of figures as PDF: their own tables and charts, set by Typst from templates/report (docs/adr/0014).

Words that staff typed go in as JSON texts, so nothing of them is read as markup. The fonts are the machine's.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import typst

from bridge.adapters.fonts import fonts, thai_font
from bridge.domain.overview import Compared, PlacePage, YearPage
from bridge.domain.summary import Format, SummaryBlock, Value, visible_length
from bridge.portal import charts
from bridge.portal.figures import changed, legible, shown
from bridge.workspace import TEMPLATES

HEADLINES = (0, 2, 5, 6)  # of the year's, those that stand large
MOST_LETTERS, FEWEST_LETTERS = 30, 7  # of a column; longer text wraps
HEADER_LETTERS = 9  # of a header, which breaks between its words
TALLEST = 1000  # pixels of a chart that leaves its page room for a heading


@dataclass(frozen=True)
class Look:
    """How all PDFs of the office look. `font` is a family's name, "" for the best that the machine has."""

    office: str
    province: str
    accent: str
    font: str = ""


def of_year(page: YearPage, look: Look, made_at: datetime) -> bytes:
    """The eight summaries. The same page at the same moment gives the same bytes. Raises NoThaiFont."""
    sections = [
        {"title": tab.title, "blocks": _blocks(tab.blocks, look, page.begun)}
        for tab in page.sections.values()
    ]
    content = {
        "as_of": page.as_of,
        "year": page.year,
        "before": page.before,
        "complete": page.complete,
        "months": page.months,
        "headlines": [(each.header, shown(each.now, each.format, whole=True)) for each in _large(page)],
        "compared": [_compared(each, complete=page.complete) for each in page.headlines],
        "sections": sections,
    }
    return _set("year", content, look, made_at)


def of_place(page: PlacePage, look: Look, made_at: datetime) -> bytes:
    """One amphoe, likewise."""
    content = {
        "as_of": page.as_of,
        "year": page.year,
        "amphoe": legible(page.amphoe),
        "cases": shown(page.line.cases, Format.COUNT),
        "helped": shown(page.line.helped, Format.COUNT),
        "baht": shown(page.line.paid.baht, Format.BAHT, whole=True),
        "blocks": _blocks(page.blocks, look, begun=0),
    }
    return _set("amphoe", content, look, made_at)


def _set(layout: str, content: Mapping[str, Any], look: Look, made_at: datetime) -> bytes:
    about = {"office": look.office, "province": look.province, "accent": look.accent}
    all_shown = {**about, "font": [thai_font(look.font)], **content}
    made = typst.compile(
        TEMPLATES / "report" / f"{layout}.typ",
        format="pdf",
        font_paths=fonts(),
        sys_inputs={"shown": json.dumps(all_shown, ensure_ascii=False)},
        timestamp=made_at.replace(microsecond=0),
    )
    assert isinstance(made, bytes)  # noqa: S101  # only pictures come as several
    return made


def _large(page: YearPage) -> list[Compared]:
    return [page.headlines[at] for at in HEADLINES]


def _compared(figure: Compared, *, complete: bool) -> list[str]:
    values = (
        [figure.now, figure.whole_year] if complete else [figure.now, figure.same_months, figure.whole_year]
    )
    return [figure.header, *(shown(value, figure.format) for value in values), changed(figure.change)]


def _blocks(blocks: Iterable[SummaryBlock], look: Look, begun: int) -> list[Mapping[str, Any]]:
    font = thai_font(look.font)
    return [_block(block, look.accent, font, begun) for block in blocks]


def _block(block: SummaryBlock, accent: str, font: str, begun: int) -> Mapping[str, Any]:
    rows = [_texts(block, row) for row in block.rows]
    total = _texts(block, block.total)
    found: dict[str, Any] = {"chart": "", "breadth": 0}
    if block.charts:
        drawn = charts.draw(block, block.charts[0], "wide", accent, begun, font)
        height = charts.box(block, block.charts[0], "wide")[1]
        found = {"chart": drawn, "breadth": min(1.0, TALLEST / height)}
    columns = [
        {
            "header": legible(column.header),
            "number": column.format is not Format.TEXT,
            "letters": _letters(column.header, [row[at] for row in (*rows, total)]),
        }
        for at, column in enumerate(block.columns)
    ]
    notes = [legible(note) for note in block.notes]
    return {
        "heading": legible(block.heading),
        **found,
        "columns": columns,
        "rows": rows,
        "total": total,
        "notes": notes,
    }


def _texts(block: SummaryBlock, row: Sequence[Value]) -> list[str]:
    return [shown(value, column.format) for value, column in zip(row, block.columns, strict=True)]


def _letters(header: str, texts: Iterable[str]) -> int:
    """The room that a column needs beside the others."""
    widest = max(map(visible_length, texts), default=0)
    return max(FEWEST_LETTERS, min(HEADER_LETTERS, visible_length(header)), min(widest, MOST_LETTERS))

"""The province's figures of a fiscal year: tables and charts of the last count, one amphoe by tambon, the files.

Figures only: no page here names a person, so nothing is noted in the read log. What is made of one count is kept
in this process until there is a newer one. Pages and charts go out compressed, which is safe here: they hold no
form's token, and nothing that a stranger could have put into the address.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from bridge.adapters.fonts import NoThaiFont
from bridge.application.figures import Figures
from bridge.bootstrap import local_time
from bridge.domain.overview import PlacePage, YearPage
from bridge.domain.summary import Format, SummaryBlock
from bridge.portal import charts, report
from bridge.portal.figures import changed, shown
from bridge.portal.office import office

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PDF = "application/pdf"
LONG = "tambons"  # the section whose whole table is too long for a page


@dataclass(frozen=True)
class Drawn:
    """A table, and the name of its chart ("" where it has none)."""

    block: SummaryBlock
    chart: str

    def box(self, size: str) -> tuple[int, int]:
        return charts.box(self.block, self.block.charts[0], size)


@gzip_page
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    figures = office().overview.latest()
    if figures is None or not figures.counted.years():
        return render(request, "overview/none.html")
    year = _asked_year(request, figures)
    return render(request, "overview/year.html", {"year": year, "figures": _year_written(figures, year)})


@gzip_page
@require_safe
def amphoe(request: HttpRequest, place: str) -> HttpResponse:
    figures = office().overview.latest()
    if figures is None or not figures.counted.years():
        return render(request, "overview/none.html")
    found = _place_page(figures, _asked_year(request, figures), place)
    if found is None:
        raise Http404
    context = {"page": found, "blocks": _named(place, found.blocks), "shown": shown, "formats": Format}
    return render(request, "overview/amphoe.html", context)


@gzip_page
@require_safe
def chart(request: HttpRequest, chart: str) -> HttpResponse:
    """An SVG; `chart` is the name of a section or the code of an amphoe, and a number where it has several."""
    figures = office().overview.latest()
    size = request.GET.get("size", "wide")
    if figures is None or not figures.counted.years() or size not in charts.WIDTHS:
        raise Http404
    drawn = _chart(figures, _asked_year(request, figures), chart, size)
    if not drawn:
        raise Http404
    return HttpResponse(drawn, content_type="image/svg+xml")


@require_safe
def workbook(request: HttpRequest) -> HttpResponse:
    """The summary workbook as it was written with this count: all fiscal years."""
    figures = office().overview.latest()
    if figures is None:
        raise Http404
    return _file(_workbook(figures), WORKBOOK, f"overview-{_day(figures)}.xlsx")


@require_safe
def pdf(request: HttpRequest) -> HttpResponse:
    figures = office().overview.latest()
    if figures is None or not figures.counted.years():
        return render(request, "overview/none.html")
    year = _asked_year(request, figures)
    try:
        return _file(_year_pdf(figures, year), PDF, f"overview-{year}-{_day(figures)}.pdf")
    except NoThaiFont as missing:
        return _no_font(request, missing)


@require_safe
def amphoe_pdf(request: HttpRequest, place: str) -> HttpResponse:
    figures = office().overview.latest()
    if figures is None or not figures.counted.years():
        return render(request, "overview/none.html")
    year = _asked_year(request, figures)
    try:
        made = _place_pdf(figures, year, place)
    except NoThaiFont as missing:
        return _no_font(request, missing)
    if made is None:
        raise Http404
    return _file(made, PDF, f"overview-{year}-{place}-{_day(figures)}.pdf")


def _day(figures: Figures) -> str:
    return local_time(figures.as_of).date().isoformat()


def _file(content: bytes, kind: str, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type=kind, headers=headers)


def _no_font(request: HttpRequest, missing: NoThaiFont) -> HttpResponse:
    return render(request, "overview/no_font.html", {"wanted": missing.wanted}, status=503)


def _asked_year(request: HttpRequest, figures: Figures) -> int:
    """The newest by default. Raises Http404 where it is not one with cases."""
    years = {str(year): year for year, _ in figures.counted.years()}
    asked = request.GET.get("year")
    if asked is None:
        return next(iter(years.values()))
    if asked not in years:
        raise Http404
    return years[asked]


def _named(name: str, blocks: tuple[SummaryBlock, ...]) -> list[Drawn]:
    """Charts are called after their section: types, money, money-2."""
    drawn: list[Drawn] = []
    for block in blocks:
        count = sum(1 for each in drawn if each.chart) + 1
        drawn.append(Drawn(block, "" if not block.charts else name if count == 1 else f"{name}-{count}"))
    return drawn


# ------------------------------------------------------------------------------------- kept as long as the count


@lru_cache(maxsize=16)
def _year_page(figures: Figures, year: int) -> YearPage:
    return office().overview.year(figures, year)


@lru_cache(maxsize=16)
def _year_written(figures: Figures, year: int) -> SafeString:
    """The page's content, for whoever opens it."""
    found = _year_page(figures, year)
    sections = {name: _named(name, tab.blocks) for name, tab in found.sections.items()}
    if sections[LONG][0].block.charts:
        del sections[LONG][1:]  # the biggest are enough here; every tambon is on its amphoe's page
    places = {
        name: f"{reverse('overview_amphoe', kwargs={'place': code})}?year={found.year}"
        for name, code in found.places.items()
    }
    context = {"page": found, "sections": sections, "places": places, "shown": shown, "changed": changed}
    return mark_safe(render_to_string("overview/year_figures.html", context))  # noqa: S308  # a template's own HTML


@lru_cache(maxsize=256)
def _place_page(figures: Figures, year: int, code: str) -> PlacePage | None:
    return office().overview.place(figures, year, code)


@lru_cache(maxsize=512)
def _chart(figures: Figures, year: int, name: str, size: str) -> str:
    """ "" where the year has no such chart."""
    section = name.partition("-")[0]
    tab = _year_page(figures, year).sections.get(section)
    place = None if tab else _place_page(figures, year, section)
    blocks = tab.blocks if tab else place.blocks if place else ()
    begun = _year_page(figures, year).begun
    for drawn in _named(section, blocks):
        if drawn.chart == name:
            accent = office().province.portal.accent
            return charts.draw(drawn.block, drawn.block.charts[0], size, accent, begun)
    return ""


@lru_cache(maxsize=2)
def _workbook(figures: Figures) -> bytes:
    here = office()
    return here.summary_file(here.overview.tabs(figures))


@lru_cache(maxsize=8)
def _year_pdf(figures: Figures, year: int) -> bytes:
    return report.of_year(_year_page(figures, year), _look(), figures.as_of)


@lru_cache(maxsize=32)
def _place_pdf(figures: Figures, year: int, code: str) -> bytes | None:
    """None where the year shows no such amphoe."""
    found = _place_page(figures, year, code)
    return report.of_place(found, _look(), figures.as_of) if found else None


def _look() -> report.Look:
    province = office().province
    part = province.portal
    return report.Look(province.province.office, province.province.name, part.accent, part.pdf_font)

"""The figures over the API: the tables of the overview page and of the summary sheets, as JSON."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse

from bridge.application.figures import Figures
from bridge.application.ports.api_clients import ApiClient
from bridge.bootstrap import local_time
from bridge.domain.overview import place_code
from bridge.portal.api import shapes
from bridge.portal.api.problems import Refused
from bridge.portal.office import office


def year(request: HttpRequest, client: ApiClient, fiscal_year: int) -> HttpResponse:
    """The eight summaries; for a client that is limited to some amphoes, the tables of each of these instead."""
    figures = office().overview.latest()
    if figures is None or fiscal_year not in dict(figures.counted.years()):
        raise Refused("not_found")
    sections = _of_places(figures, fiscal_year, client) if client.amphoes else _all(figures, fiscal_year)
    as_of = local_time(figures.as_of).isoformat(timespec="seconds")
    return JsonResponse({"fiscal_year": fiscal_year, "as_of": as_of, "sections": sections})


def _all(figures: Figures, fiscal_year: int) -> list[shapes.Section]:
    found = office().overview.year(figures, fiscal_year).sections
    return [shapes.section(name, tab.title, tab.blocks) for name, tab in found.items()]


def _of_places(figures: Figures, fiscal_year: int, client: ApiClient) -> list[shapes.Section]:
    found = [office().overview.place(figures, fiscal_year, place_code(amphoe)) for amphoe in client.amphoes]
    return [shapes.section("amphoe", place.amphoe, place.blocks) for place in found if place is not None]

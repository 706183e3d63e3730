"""Searching and following cases, function 4 of the menu."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from bridge.application.track_cases import PAGE, CaseLine, CaseSearch
from bridge.domain.cases import read_case_number
from bridge.domain.cells import Cell, as_text
from bridge.domain.values import baht
from bridge.domain.values.search import needles
from bridge.domain.values.thai_date import buddhist
from bridge.domain.viewer import Viewer
from bridge.portal import readlog
from bridge.portal.office import office
from bridge.portal.searches import PlaceForm, keep, kept, leaf, page_number, viewer
from bridge.portal.words import worded

ROUTE, ONE = "case_search", "case_view"
LISTED = ("submitted_at", "person_name", "case_type", "operation", "step", "outcome")  # and the place
NOTHING = "\N{EN DASH}"


class CaseSearchForm(PlaceForm):
    def __init__(self, who: Viewer, data: Mapping[str, str] | None = None) -> None:
        super().__init__(who, data)
        operations = dict.fromkeys(rule.operation for rule in office().province.rules.steps)
        self.choose("operation", [(word, word) for word in operations])
        years = office().track_cases.fiscal_years()
        self.choose("fiscal_year", [(str(year), str(year)) for year in years])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("text") and not needles(cleaned["text"]):
            self.add_error("text", worded("search_signs"))
        return cleaned

    def asked(self) -> CaseSearch:
        cleaned = self.cleaned_data
        amphoe, tambon = cleaned["place"]
        year = int(cleaned["fiscal_year"] or 0)
        return CaseSearch(cleaned["text"], amphoe, tambon, cleaned["operation"], year)


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """The newest cases, or those that were searched for."""
    who = viewer(request)
    asked = kept(request, ROUTE) if request.method != "POST" else None
    form = CaseSearchForm(who, request.POST.dict() if request.method == "POST" else asked)
    if request.method == "POST" and form.is_valid():
        return keep(request, ROUTE, form.said())
    passed = request.method != "POST" and "search" in request.GET and asked is None
    context: dict[str, Any] = {"form": form, "found": None, "passed": passed, "searched": form.is_bound}
    if request.method != "POST" and not passed and not form.errors:
        context |= _found(request, form.asked() if form.is_bound else CaseSearch(), who)
    return render(request, "cases/search.html", {**context, **wording()})


def _found(request: HttpRequest, asked: CaseSearch, who: Viewer) -> dict[str, Any]:
    found = office().track_cases.find(asked, who, page_number(request))
    readlog.note(request, ROUTE, [line.case for line in (*found.lines, *found.alike)])
    search = f"search={request.GET['search']}&" if "search" in request.GET else ""
    return {
        "found": found,
        "lines": [(line, _cells(line)) for line in found.lines],
        "alike": [(line, _cells(line)) for line in found.alike],
        "leaf": leaf(found.total, found.page, PAGE),
        "address": lambda number: f"?{search}page={number}",
    }


@require_safe
def case(request: HttpRequest, case: str) -> HttpResponse:
    """One case. What is not this person's to see is not there, and that they asked is noted."""
    if read_case_number(case, office().province.province.code) is None:
        raise Http404
    tracking = office().track_cases
    found = tracking.case(case, viewer(request))
    if found is None:
        if tracking.is_known(case):
            readlog.note(request, ONE, [case], refused=True)
        raise Http404
    readlog.note(request, ONE, [case])
    files = office().attachments.of([case])
    money = office().case_money.of(case) if viewer(request).sees_all else None
    return render(request, "cases/view.html", {"file": found, "files": files, "money": money, **wording()})


def _cells(line: CaseLine) -> list[tuple[str, str]]:
    """A line of the list: (header, text) of each cell."""
    headers = _headers(office().fingerprint)
    cells = [(headers[column], shown(column, line.values[column]) or NOTHING) for column in LISTED]
    place = " ".join(as_text(line.values[column]) or NOTHING for column in ("tambon", "amphoe"))
    cells.insert(LISTED.index("operation"), (f"{headers['tambon']} {headers['amphoe']}", place))
    return cells


def wording() -> dict[str, Any]:
    """The sheet's own headers, and how its cells are shown."""
    return {"headers": _headers(office().fingerprint), "shown": shown}


@lru_cache(maxsize=4)
def _headers(fingerprint: str) -> Mapping[str, str]:
    """By the province file of this fingerprint."""
    columns = office().province.table("cases").by_key
    return {key: column.header for key, column in columns.items()}


def shown(column: str, cell: Cell) -> str:
    """A cell as the portal shows it: days of the Buddhist era, baht, yes and no; what cannot be read as it was
    typed."""
    if isinstance(cell, bool):  # a tick of the sheet
        return worded("yes" if cell else "no")
    if isinstance(cell, datetime):
        return worded("moment", day=buddhist(cell), time=f"{cell:%H:%M}")
    if isinstance(cell, date):
        return buddhist(cell)
    if column == "amount":
        amount = baht.parse(cell)
        if amount.value is not None and amount.problem is None:
            return worded("baht", amount=baht.format(amount.value))
    return as_text(cell)

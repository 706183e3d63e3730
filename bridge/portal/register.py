"""Searching the register (TPMAP), function 1 of the menu."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from bridge.application.register_search import PAGE, RegisterSearch
from bridge.domain.viewer import Viewer
from bridge.portal import readlog
from bridge.portal.office import office
from bridge.portal.searches import PlaceForm, keep, kept, leaf, page_number, viewer
from bridge.portal.words import worded

ROUTE = "register_search"
LEVELS = ("1", "2", "3")  # process.md section 8


class RegisterForm(PlaceForm):
    def __init__(self, who: Viewer, data: Mapping[str, str] | None = None) -> None:
        super().__init__(who, data)
        self.choose("level", [(level, worded("search_level", level=level)) for level in LEVELS])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not self.errors and self._asked(cleaned).is_blank:
            self.add_error("text", worded("search_blank"))
        return cleaned

    def asked(self) -> RegisterSearch:
        return self._asked(self.cleaned_data)

    @staticmethod
    def _asked(cleaned: Mapping[str, Any]) -> RegisterSearch:
        amphoe, tambon = cleaned["place"]
        return RegisterSearch(cleaned["text"], amphoe, tambon, cleaned["level"])


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    who = viewer(request)
    shown: dict[str, Any] = {
        "found": None,
        "nowhere": not who.sees_all and not who.areas,
        "passed": False,
        "unfilled": False,
    }
    if request.method == "POST":
        form = RegisterForm(who, request.POST.dict())
        if form.is_valid():
            return keep(request, ROUTE, form.said())
    elif "search" in request.GET:
        asked = kept(request, ROUTE)
        form = RegisterForm(who, asked)
        shown["passed"] = asked is None
        if form.is_valid():
            shown |= _found(request, form.asked(), who)
    else:
        form = RegisterForm(who)
    if shown["found"] is None or not shown["found"].total:
        shown["unfilled"] = office().register_search.is_empty()
    return render(request, "register/search.html", {"form": form, **shown})


def _found(request: HttpRequest, asked: RegisterSearch, who: Viewer) -> dict[str, Any]:
    """A page of people; that they were looked at is noted before it is shown, and so is finding nobody."""
    found = office().register_search.find(asked, who, page_number(request))
    readlog.note(request, ROUTE, [row.number for row in (*found.rows, *found.alike)])
    search = request.GET["search"]
    return {
        "found": found,
        "leaf": leaf(found.total, found.page, PAGE),
        "address": lambda number: f"?search={search}&page={number}",
    }

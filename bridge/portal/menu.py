"""The menu: the manual's four functions, as far as the person's role goes."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from bridge.portal.access import role_of


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    from bridge.portal.urls import ROUTES  # noqa: PLC0415  # the table names this view

    role = role_of(request)
    entries = sorted(
        (route for route in ROUTES if route.menu and role in route.who), key=lambda route: route.menu
    )
    return render(request, "menu.html", {"entries": [route.name for route in entries], "role": role})

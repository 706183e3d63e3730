"""The privacy notice: the lawful basis is the public task, so it informs and asks for no consent."""

from __future__ import annotations

from functools import cache

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from bridge.field_register import load_fields
from bridge.workspace import CONFIG


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    return render(request, "privacy.html", {"rows": _rows()})


@cache
def _rows() -> list[list[str]]:
    return [[held.name, held.purpose, held.basis, held.kept, held.seen_by] for held in load_fields(CONFIG)]

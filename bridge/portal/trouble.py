"""Pages for what went wrong: what happened and what to do, nothing about the inside. The API's are JSON."""

from __future__ import annotations

import logging
import sys

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from bridge.bootstrap import log_unexpected
from bridge.portal.api.problems import Refused, is_api

_OF_API = {
    "not_found": "not_found",
    "too_many": "too_many",
    "failed": "failed",
}  # what else, a bad request is


def _page(request: HttpRequest, name: str, status: int) -> HttpResponse:
    if is_api(request):
        return Refused(_OF_API.get(name, "bad_request")).answer()
    return render(request, f"trouble/{name}.html", {"alone": True}, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Also a wrong Host: nothing of the request is shown."""
    if is_api(request):
        return Refused("bad_request").answer()
    return HttpResponse("400", status=400, content_type="text/plain; charset=utf-8")


def not_allowed(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, "not_allowed", 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, "not_found", 404)


def forged(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without its token: an old tab, or another site's doing."""
    logging.getLogger("saphan").warning("csrf_refused")
    return _page(request, "old_form", 403)


def too_many(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, "too_many", 429)


def failed(request: HttpRequest) -> HttpResponse:
    error = sys.exc_info()[1]
    if isinstance(error, Exception):
        log_unexpected(error)
    return _page(request, "failed", 500)

"""Pages for what went wrong: what happened and what to do, nothing about the inside. The API's are JSON."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from bridge.bootstrap import log_unexpected
from bridge.portal.api.problems import Refused, is_api
from bridge.portal.channel import REFUSED

_OF_API = {
    "too_large": "too_large",
    "not_found": "not_found",
    "too_many": "too_many",
    "failed": "failed",
}  # what else, a bad request is
TOO_LARGE = 413


def _page(request: HttpRequest, name: str, status: int) -> HttpResponse:
    if is_api(request):
        return Refused(_OF_API.get(name, "bad_request")).answer()
    return render(request, f"trouble/{name}.html", {"alone": True}, status=status)


def at_the_door(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: what the server has refused (channel.py) goes no further than to its page."""

    def middleware(request: HttpRequest) -> HttpResponse:
        refused = request.META.get(REFUSED)
        if refused is None:
            return get_response(request)
        return _page(request, "too_large" if refused == TOO_LARGE else "bad_request", refused)

    return middleware


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Also a wrong Host: nothing of the request is shown."""
    if isinstance(exception, RequestDataTooBig):
        return _page(request, "too_large", TOO_LARGE)
    return _page(request, "bad_request", 400)


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

"""Headers that every page carries; the static files, which hold nobody, are served before this."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse


def bodiless(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """The answer to a HEAD is headers alone. Neither Django nor waitress sees to that, and on a connection that is
    kept a body would be read as the beginning of the next answer."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.method == "HEAD" and not response.streaming:
            response.content = b""
        return response

    return middleware


def private(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """No copy of a page stays in a browser or in between."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response["Cache-Control"] = "no-store, private"
        response["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
        response["Cross-Origin-Resource-Policy"] = "same-origin"
        return response

    return middleware

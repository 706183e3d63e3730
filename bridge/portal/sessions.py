"""How long a sign-in lasts: a working day at most, and an hour without a request. Django alone would begin the day
anew whenever a session is saved."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

from bridge.portal.office import office

WORKING_DAY = 12 * 3600  # seconds
IDLE = 3600
NOTED = 600  # how often it is written down that somebody is still there
_BEGAN, _SEEN = "began", "seen"


def bounded(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    def middleware(request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now = int(office().ports.clock.now().timestamp())
            began, seen = request.session.get(_BEGAN, now), request.session.get(_SEEN, 0)
            if now - began > WORKING_DAY or (seen and now - seen > IDLE):
                logout(request)
            elif now - seen > NOTED:
                request.session[_BEGAN], request.session[_SEEN] = began, now
        return get_response(request)

    return middleware

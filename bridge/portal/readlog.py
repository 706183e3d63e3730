"""Noting who looked at whom, before the page is shown."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import HttpRequest

from bridge.application.ports.read_log import Reading
from bridge.portal.office import office


def note(
    request: HttpRequest, what: str, keys: Iterable[str], why: str = "", *, refused: bool = False
) -> None:
    """`what` is the route's name; `keys` are case ids and register numbers, never a national id or a name."""
    ports = office().ports
    account = str(request.user.pk)
    ports.read_log.note(Reading(ports.clock.now(), account, what, tuple(keys), why, refused))

"""Who comes in by the API: a token for each client instead of a session, its scope, its share of requests.

No cookie is read or set, so that no browser of somebody who is signed in can be made to ask; every refusal is JSON.
A token that is unknown, expired, revoked or mistyped gets the same answer.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from allauth.core.internal import ratelimit
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from bridge.application.ports.api_clients import Allowance, ApiClient
from bridge.application.ports.read_log import Reading
from bridge.domain.api_clients import Scope
from bridge.portal.api.problems import Refused, error
from bridge.portal.office import office
from bridge.portal.words import worded

ApiView = Callable[..., HttpResponse]
MINUTE = 60  # seconds


@dataclass(frozen=True)
class Operation:
    """One method of an address. `view(request, client, **places)`, without a client where `scope` is None: that is
    for everybody. `described` gives its part of the OpenAPI document; `asked` names all that may stand in the query."""

    view: ApiView
    scope: Scope | None
    described: Callable[[], dict[str, Any]]
    asked: Collection[str] = ()


@dataclass(frozen=True)
class ApiRoute:
    path: str
    name: str
    operations: Mapping[str, Operation]

    @property
    def methods(self) -> str:
        heads = ("HEAD",) if "GET" in self.operations else ()
        return ", ".join((*self.operations, *heads, "OPTIONS"))


def guarded(route: ApiRoute) -> ApiView:
    """The view of the address behind its door."""

    @csrf_exempt
    @login_not_required
    def door(request: HttpRequest, **places: Any) -> HttpResponse:
        try:
            return _answer(route, request, places)
        except Refused as refused:
            return refused.answer()

    return door


def _answer(route: ApiRoute, request: HttpRequest, places: Mapping[str, Any]) -> HttpResponse:
    if request.method == "OPTIONS":
        return HttpResponse(status=204, headers={"Allow": route.methods})
    operation = route.operations.get("GET" if request.method == "HEAD" else request.method or "")
    if operation is None:
        raise Refused("method_wrong", headers={"Allow": route.methods})
    if operation.scope is None:
        _read_query(request, operation)
        return operation.view(request, **places)
    client = _admit(request)
    allowance = office().api_clients.take(client)
    try:
        response = _let_in(request, route, operation, client, allowance)(request, client, **places)
    except Refused as refused:
        response = refused.answer()
    for name, value in _shares(allowance).items():
        response[name] = value
    return response


def _let_in(
    request: HttpRequest, route: ApiRoute, operation: Operation, client: ApiClient, allowance: Allowance
) -> ApiView:
    if not allowance.granted:
        raise Refused("too_many", headers={"Retry-After": str(allowance.wait)})
    if operation.scope not in client.scopes:
        facts = {"client": client.key, "route": route.name}
        logging.getLogger("saphan").warning("api_scope_refused", extra={"facts": facts})
        asks = f'Bearer error="insufficient_scope", scope="{operation.scope}"'
        raise Refused("scope_missing", headers={"WWW-Authenticate": asks})
    _read_query(request, operation)
    return operation.view


def _read_query(request: HttpRequest, operation: Operation) -> None:
    """A filter that is misspelt must not give the answer to another question."""
    odd = [name for name, said in request.GET.lists() if name not in operation.asked or len(said) > 1]
    if odd:
        text = worded("api_unknown_field")
        raise Refused("query_wrong", [error(name[:40], "unknown_field", text) for name in odd])


def _admit(request: HttpRequest) -> ApiClient:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer":
        raise Refused("token_missing", headers={"WWW-Authenticate": "Bearer"})
    client = office().api_clients.admit(token.strip())
    if client is not None:
        return client
    # After the look: whoever shares an address with one that guesses is not kept out, and nobody guesses 256 bits.
    if not _may_fail_again(request):
        raise Refused("too_many", headers={"Retry-After": str(MINUTE)})
    logging.getLogger("saphan").warning("api_token_refused")
    raise Refused("token_wrong", headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})


def _may_fail_again(request: HttpRequest) -> bool:
    """allauth's counter, as at sign-in, but its inner one: the outer never counts a GET."""
    config = {"bad_token": f"{office().province.api.bad_tokens_per_minute}/m/ip"}
    counted = ratelimit.consume(request, app="saphan.api", action="bad_token", config=config, limit_get=True)
    return counted is not None


def _shares(allowance: Allowance) -> dict[str, str]:
    """What is left of a client's share of requests, as draft-ietf-httpapi-ratelimit-headers-03 names it."""
    return {
        "RateLimit-Limit": str(office().province.api.requests_per_minute),
        "RateLimit-Remaining": str(allowance.left),
        "RateLimit-Reset": str(allowance.whole_in),
    }


def note(client: ApiClient, what: str, cases: list[str], *, refused: bool = False) -> None:
    """Into the read log, before the answer goes out."""
    ports = office().ports
    ports.read_log.note(Reading(ports.clock.now(), client.reader, what, tuple(cases), refused=refused))

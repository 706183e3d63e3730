"""Calls, answers, and the table of routes. Nothing here knows of sockets."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from tests.stand_in.google import errors, masks
from tests.stand_in.google.state import State

Json = dict[str, Any]


@dataclass
class Call:
    """One request as it came. `path` is still percent-encoded; `status`, `sent` (bytes) and, where the
    server keeps answers, `answer` are filled in by the answer."""

    index: int
    method: str
    path: str
    query: dict[str, list[str]] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes = b""
    status: int | None = None
    sent: int = 0
    answer: bytes | None = None

    @property
    def line(self) -> str:
        return f"{self.method} {unquote(self.path)}"

    @property
    def params(self) -> Json:
        """The query, one value each."""
        return {name: found[-1] for name, found in self.query.items()}

    def json(self) -> Json:
        """The body, or Google's 400 when it is not a JSON object."""
        if not self.raw.strip():
            return {}
        try:
            body = json.loads(self.raw)
        except ValueError:
            raise errors.bad("Invalid JSON payload received. Unexpected token.") from None
        if not isinstance(body, dict):
            raise errors.bad("Invalid JSON payload received. Root element must be a message.")
        return body


@dataclass
class Answer:
    """What goes back: a JSON value, or bytes with their own content type."""

    status: int = 200
    json: Any = None
    raw: bytes | None = None
    content_type: str = errors.JSON_TYPE


Handler = Callable[[State, Call, "re.Match[str]"], Any]


@dataclass(frozen=True)
class Route:
    """`service` names the scopes that the call needs; `writing` says whether it changes anything."""

    method: str
    pattern: re.Pattern[str]
    handler: Handler
    service: str
    writing: bool


ROUTES: list[Route] = []


def route(method: str, pattern: str, service: str, writing: bool = False) -> Callable[[Handler], Handler]:
    def add(handler: Handler) -> Handler:
        ROUTES.append(Route(method, re.compile(pattern + "$"), handler, service, writing))
        return handler

    return add


def found_route(call: Call) -> tuple[Route, re.Match[str]]:
    """The route of a call, or Google's 404."""
    for one in ROUTES:
        match = one.pattern.match(call.path)
        if match and one.method == call.method:
            return one, match
    text = f"The requested URL {call.path} was not found on this server."
    raise errors.ApiError(
        404, f"<!DOCTYPE html>\n<title>Error 404 (Not Found)!!1</title>\n{text}", "text/html"
    )


def answer(state: State, call: Call, one: Route, match: re.Match[str]) -> Answer:
    """Do the call: its answer. Raises ApiError."""
    made = one.handler(state, call, match)
    if isinstance(made, Answer):
        return made
    if one.service in ("sheets", "forms", "responses", "gmail", "gmail.send"):
        made = masks.apply(made, mask_of(call))
    return Answer(json=made)


def mask_of(call: Call) -> masks.Mask | None:
    try:
        return masks.parse(call.params.get("fields") or call.params.get("$fields"))
    except ValueError:
        text = "Request contains an invalid argument."
        raise errors.bad_field("fields", f"Invalid field mask: {call.params['fields']}", text) from None

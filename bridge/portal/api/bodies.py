"""Reading what a client sends: a JSON object of texts, small, each name once."""

from __future__ import annotations

import json
import re
from typing import Any

from django.http import HttpRequest

from bridge.portal.api.problems import Refused

MOST_BYTES = 65_536  # a form filled to the brim takes 49,000 with every letter escaped
_KEY = re.compile(r'"?([A-Za-z0-9_-]{16,64})"?')


def json_object(request: HttpRequest) -> dict[str, Any]:
    """Raises Refused where the body is anything else."""
    if request.content_type != "application/json" or request.headers.get("Content-Encoding"):
        raise Refused("not_json_type", headers={"Accept-Post": "application/json"})
    if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BYTES:
        raise Refused("too_large")
    try:
        found = json.loads(request.body.decode("utf-8"), object_pairs_hook=_each_name_once)
    except (ValueError, RecursionError):
        raise Refused("not_json") from None
    if not isinstance(found, dict):
        raise Refused("not_json")
    return found


def _each_name_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name comes twice")
    return found


def idempotency_key(request: HttpRequest) -> str:
    """The client's own name for this sending. Quotes around it, as RFC 8941 writes texts, do not belong to it; it is
    longer than a national id, so that none stands in its place."""
    found = _KEY.fullmatch(request.headers.get("Idempotency-Key", ""))
    if found is None:
        raise Refused("key_missing")
    return found[1]

"""Refusals of the API as problem details (RFC 9457): a code for programs, a sentence for people."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse

from bridge.portal.office import office
from bridge.portal.words import worded

ROOT = "/api/"
VERSION = f"{ROOT}v1/"
PROBLEM = "application/problem+json"

# The status of each code; its sentence is `api_<code>` among the portal's.
STATUS = {
    "bad_request": 400,
    "not_json": 400,
    "query_wrong": 400,
    "key_missing": 400,
    "token_missing": 401,
    "token_wrong": 401,
    "scope_missing": 403,
    "not_found": 404,
    "method_wrong": 405,
    "too_large": 413,
    "not_json_type": 415,
    "case_wrong": 422,
    "key_used": 422,
    "too_many": 429,
    "failed": 500,
}


def error(field: str, code: str, text: str) -> dict[str, str]:
    """What is wrong with one field; `text` is Thai."""
    return {"field": field, "code": code, "text": text}


class Refused(Exception):
    """The request ends here. `code` is one of STATUS; `errors` are those of its fields, made by `error`."""

    def __init__(
        self,
        code: str,
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.code, self.errors, self.headers = code, errors, headers or {}

    def answer(self) -> HttpResponse:
        base = office().province.portal.base_url.rstrip("/")
        told: dict[str, Any] = {
            "type": f"{base}{VERSION}openapi.json#{self.code}",
            "title": worded(f"api_{self.code}"),
            "status": STATUS[self.code],
            "code": self.code,
        }
        if self.errors:
            told["errors"] = [dict(each) for each in self.errors]
        return HttpResponse(
            json.dumps(told), status=STATUS[self.code], content_type=PROBLEM, headers=dict(self.headers)
        )


def is_api(request: HttpRequest) -> bool:
    return request.path.startswith(ROOT)

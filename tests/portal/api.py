"""A client of the JSON API for tests: it sends tokens, reads answers, and holds every answer against the OpenAPI
document that the portal serves."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from bridge.domain.api_clients import Scope
from tests.portal.portal import Portal

ROOT = "/api/v1"


@dataclass
class Answer:
    status: int
    headers: Any
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """Of a problem."""
        return str(self.json["code"])


@cache
def document(base: str) -> Any:
    with urllib.request.urlopen(f"{base}{ROOT}/openapi.json") as response:
        return json.load(response)


class Api:
    """`token` "" sends none."""

    def __init__(self, portal: Portal, token: str = "", key: str = "") -> None:
        self.portal, self.token, self.key = portal, token, key

    def ask(
        self,
        method: str,
        path: str,
        data: Any = None,
        *,
        raw: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        body = raw if raw is not None or data is None else json.dumps(data).encode()
        sent = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        sent |= {"Content-Type": "application/json"} if body is not None else {}
        address = f"{self.portal.base}{ROOT}{path}"
        request = urllib.request.Request(address, body, {**sent, **(headers or {})}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                answer = Answer(response.status, response.headers, response.read())
        except urllib.error.HTTPError as refusal:
            with refusal:
                answer = Answer(refusal.status, refusal.headers, refusal.read())
        self._judge(method, path, answer)
        return answer

    def get(self, path: str, **options: Any) -> Answer:
        return self.ask("GET", path, **options)

    def send(self, data: Any, key: str, **options: Any) -> Answer:
        headers = {"Idempotency-Key": key, **options.pop("headers", {})}
        return self.ask("POST", "/cases", data, headers=headers, **options)

    def _judge(self, method: str, path: str, answer: Answer) -> None:
        """What holds of every answer, and what the document says of this one."""
        from openapi_schema_validator import OAS31Validator, oas31_format_checker

        assert "Set-Cookie" not in answer.headers
        assert "Access-Control-Allow-Origin" not in answer.headers
        assert "no-store" in answer.headers["Cache-Control"]
        if method in ("HEAD", "OPTIONS"):
            assert answer.body == b""
            return
        kind = answer.headers["Content-Type"]
        assert kind == ("application/json" if answer.status < 400 else "application/problem+json")
        told = document(self.portal.base)
        schema = _schema(told, method, path, answer.status, kind)
        whole = {**schema, "components": told["components"]}
        OAS31Validator(whole, format_checker=oas31_format_checker).validate(answer.json)


def _schema(told: Any, method: str, path: str, status: int, kind: str) -> Any:
    bare = f"{ROOT}{path}".partition("?")[0]
    for template, operations in told["paths"].items():
        fits = re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), bare)
        if fits and method.lower() in operations:
            return operations[method.lower()]["responses"][str(status)]["content"][kind]["schema"]
    assert status in (404, 405), "an answer that the document does not know"
    return {"$ref": "#/components/schemas/Problem"}


def client(portal: Portal, *scopes: Scope, amphoes: tuple[str, ...] = (), days: int = 30) -> Api:
    """A new client with a token of these scopes (all of them where none is named)."""
    made, token = portal.office.api_clients.make(
        "ระบบทดสอบ", scopes or tuple(Scope), amphoes, days, "portal:0"
    )
    return Api(portal, token, made.key)

"""All of the API in one table: each address, its methods, the scope that each asks for; and the OpenAPI document,
which is made of this table. tests/portal/test_api.py walks it with each scope."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, JsonResponse

from bridge.domain.api_clients import Scope
from bridge.portal.api import cases, figures, shapes
from bridge.portal.api.door import ApiRoute, Operation
from bridge.portal.api.problems import PROBLEM, VERSION
from bridge.portal.office import office
from bridge.portal.words import worded

OF_DOOR = (400, 401, 403, 429)  # what any operation with a scope may be answered by the door


def describe(request: HttpRequest) -> HttpResponse:
    return JsonResponse(document())


def document() -> dict[str, Any]:
    """The API in OpenAPI 3.1."""
    here = office().province
    paths: dict[str, Any] = {}
    for route in API_ROUTES:
        path = "/" + route.path.replace("<str:", "{").replace("<int:", "{").replace(">", "}")
        paths[path] = {
            method.lower(): {"operationId": f"{route.name}_{method.lower()}", **_operation(operation)}
            for method, operation in route.operations.items()
        }
    schemas = {
        "Case": shapes.case_schema(),
        "Cases": shapes.obj(
            {"items": shapes.listed(_ref("Case")), "next_cursor": {"type": ["string", "null"]}}
        ),
        "NewCase": shapes.new_case_schema(),
        "SentCase": shapes.sent_schema(),
        "Figures": shapes.figures_schema(),
        "Problem": shapes.problem_schema(),
    }
    scheme = {"type": "http", "scheme": "bearer", "description": worded("api_token")}
    return {
        "openapi": "3.1.0",
        "info": {"title": here.province.office, "version": "1", "description": worded("api_about")},
        "servers": [{"url": here.portal.base_url.rstrip("/")}],
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": {"token": scheme}},
    }


def _operation(operation: Operation) -> dict[str, Any]:
    told = operation.described()
    if operation.scope is None:
        return {**told, "security": []}
    refusals = {str(status): _refusal() for status in OF_DOOR}
    responses = {**refusals, **told["responses"]}
    return {**told, "responses": responses, "security": [{"token": [str(operation.scope)]}]}


def _described_page() -> dict[str, Any]:
    return {
        "summary": worded("api_get_cases"),
        "parameters": [
            _parameter(name, "query", _asked(field), worded(f"api_asked_{name}"))
            for name, field in cases.QueryForm().fields.items()
        ],
        "responses": {"200": _answer("Cases")},
    }


def _described_one() -> dict[str, Any]:
    return {
        "summary": worded("api_get_case"),
        "parameters": [_parameter("case", "path", {"type": "string"})],
        "responses": {"200": _answer("Case"), "404": _refusal()},
    }


def _described_send() -> dict[str, Any]:
    key = {"type": "string", "pattern": '^"?[A-Za-z0-9_-]{16,64}"?$'}
    return {
        "summary": worded("api_post_case"),
        "parameters": [_parameter("Idempotency-Key", "header", key, worded("api_key"), required=True)],
        "requestBody": {"required": True, "content": {"application/json": {"schema": _ref("NewCase")}}},
        "responses": {"201": _answer("SentCase"), **{str(n): _refusal() for n in (413, 415, 422)}},
    }


def _described_figures() -> dict[str, Any]:
    return {
        "summary": worded("api_get_figures"),
        "parameters": [_parameter("fiscal_year", "path", {"type": "integer"})],
        "responses": {"200": _answer("Figures"), "404": _refusal()},
    }


def _described_document() -> dict[str, Any]:
    whole = {"application/json": {"schema": {"type": "object"}}}
    return {
        "summary": worded("api_get_document"),
        "responses": {"200": {"description": "OpenAPI", "content": whole}, "400": _refusal()},
    }


def _parameter(
    name: str, where: str, schema: Mapping[str, Any], text: str = "", *, required: bool = False
) -> dict[str, Any]:
    told = {"name": name, "in": where, "required": required or where == "path", "schema": schema}
    return {**told, "description": text} if text else told


def _asked(field: forms.Field) -> dict[str, Any]:
    if isinstance(field, forms.IntegerField):
        return {"type": "integer", "minimum": field.min_value, "maximum": field.max_value}
    if isinstance(field, forms.ChoiceField):
        return {"type": "string", "enum": [word for word, _ in field.choices]}  # type: ignore[union-attr]  # the form gives a list
    if isinstance(field, cases.Moment):
        return {"type": "string", "format": "date-time"}
    return {"type": "string"}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _answer(name: str) -> dict[str, Any]:
    return {"description": name, "content": {"application/json": {"schema": _ref(name)}}}


def _refusal() -> dict[str, Any]:
    return {"description": "Problem", "content": {PROBLEM: {"schema": _ref("Problem")}}}


_AT = VERSION.lstrip("/")
API_ROUTES = (
    ApiRoute(
        f"{_AT}cases",
        "api_cases",
        {
            "GET": Operation(cases.page, Scope.CASES_READ, _described_page, cases.ASKED),
            "POST": Operation(cases.send, Scope.CASES_SUBMIT, _described_send),
        },
    ),
    ApiRoute(
        f"{_AT}cases/<str:case>",
        "api_case",
        {"GET": Operation(cases.one, Scope.CASES_READ, _described_one)},
    ),
    ApiRoute(
        f"{_AT}figures/<int:fiscal_year>",
        "api_figures",
        {"GET": Operation(figures.year, Scope.FIGURES_READ, _described_figures)},
    ),
    ApiRoute(f"{_AT}openapi.json", "api_document", {"GET": Operation(describe, None, _described_document)}),
)

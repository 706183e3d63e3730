"""What the API gives and takes, as JSON and as JSON Schema, side by side: made of the province's own columns and of
the fields of the web form, so that neither says something else than the other."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import forms

from bridge.application.ports.tracking import TrackedCase
from bridge.application.publish import SHOWN
from bridge.domain.api_clients import Scope
from bridge.domain.cells import Cell, Kind, as_text
from bridge.domain.columns import Column
from bridge.domain.summary import Format, SummaryBlock, Value
from bridge.domain.values import baht
from bridge.domain.values.thai_date import BANGKOK
from bridge.portal.api.problems import STATUS
from bridge.portal.case_form import CaseForm
from bridge.portal.controls import ListField
from bridge.portal.office import office
from bridge.portal.words import worded

Schema = dict[str, Any]
Section = dict[str, Any]

# What tells who or where exactly a person is; the rest of a case can be read without PERSONS_READ.
PERSONAL = frozenset({"person_name", "house_no", "moo"})


def obj(properties: Schema, required: Iterable[str] | None = None) -> Schema:
    """An object that has nothing else; all of it required unless said."""
    must = sorted(properties if required is None else required)
    return {"type": "object", "properties": properties, "required": must, "additionalProperties": False}


def listed(items: Schema) -> Schema:
    return {"type": "array", "items": items}


# --------------------------------------------------------------------------------------------------- a case


def case(found: TrackedCase, scopes: Collection[Scope]) -> dict[str, Any]:
    told = {
        key: _cell(found.values.get(key), column.kind)
        for key, column in _told().items()
        if key not in PERSONAL or Scope.PERSONS_READ in scopes
    }
    changed = found.published_at.astimezone(BANGKOK) if found.published_at else None
    return {**told, "changed_at": changed.isoformat() if changed else None}


def case_schema() -> Schema:
    shapes = {key: _cell_schema(column.header, column.kind) for key, column in _told().items()}
    shapes["case_id"] = {"type": "string", "title": _told()["case_id"].header}
    shapes["changed_at"] = {"type": "string", "format": "date-time", "title": worded("api_changed_at")}
    for column in PERSONAL:
        shapes[column]["description"] = worded("api_personal", scope=Scope.PERSONS_READ)
    return obj(shapes, {*shapes} - PERSONAL)


def _told() -> dict[str, Column]:
    """The columns of the sheet that are published; what is published beside them is for the portal's officers."""
    columns = office().province.table("cases").by_key
    return {key: columns[key] for key in SHOWN if key in columns}


def _cell(cell: Cell, kind: Kind) -> Any:
    """Days and moments as ISO 8601 has them, amounts as numbers; what cannot be read, as it was typed."""
    if cell is None or cell == "":
        return None
    if isinstance(cell, datetime):
        return cell.replace(tzinfo=BANGKOK).isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if kind is Kind.NUMBER:
        amount = baht.parse(cell)
        if amount.value is not None and amount.problem is None:
            return _number(amount.value)
    return as_text(cell)


def _cell_schema(title: str, kind: Kind) -> Schema:
    if kind is Kind.NUMBER:
        return {"type": ["number", "string", "null"], "title": title, "description": worded("api_number")}
    hint = {"description": worded("api_date")} if kind in (Kind.DATE, Kind.DATETIME) else {}
    return {"type": ["string", "null"], "title": title, **hint}


# --------------------------------------------------------------------------------------------------- sending


def questions() -> dict[str, forms.Field]:
    """The fields of the web form that a client fills in."""
    fields: dict[str, forms.Field] = CaseForm().fields
    return {
        name: field
        for name, field in fields.items()
        if name != "key" and not isinstance(field, forms.FileField)
    }


def new_case_schema() -> Schema:
    fields = questions()
    must = [name for name, field in fields.items() if field.required]
    return obj({name: _question(name, field) for name, field in fields.items()}, must)


def _question(name: str, field: forms.Field) -> Schema:
    shape: Schema = {"type": "string", "title": str(field.label)}
    if name == "tambon":
        shape["description"] = worded("api_tambon")
    elif isinstance(field, ListField):
        shape["enum"] = [word for word in field.listed.values if word or not field.required]
    elif isinstance(field, forms.CharField) and field.max_length:
        shape["maxLength"] = field.max_length
    if field.required and "enum" not in shape:
        shape["minLength"] = 1
    return shape


def sent_schema() -> Schema:
    return obj({"case_id": {"type": "string"}, "warnings": listed(error_schema())})


# --------------------------------------------------------------------------------------------------- figures


def section(name: str, title: str, blocks: Iterable[SummaryBlock]) -> Section:
    return {"name": name, "title": title, "tables": [_table(block) for block in blocks]}


def _table(block: SummaryBlock) -> dict[str, Any]:
    return {
        "title": block.heading,
        "columns": [
            {"title": column.header, "format": column.format.name.lower()} for column in block.columns
        ],
        "rows": [[_figure(value) for value in row] for row in block.rows],
        "total": [_figure(value) for value in block.total],
        "notes": list(block.notes),
    }


def _figure(value: Value) -> Any:
    """A number, a text, None for a blank."""
    if isinstance(value, str):
        return value or None
    return _number(value)


def _number(value: int | Decimal) -> int | float:
    """JSON has the shortest digits that are the number: those of an amount or a share are not changed by it."""
    return int(value) if value == int(value) else float(value)


def figures_schema() -> Schema:
    text = {"type": "string"}
    row = listed({"type": ["number", "string", "null"]})
    column = obj({"title": text, "format": {"type": "string", "enum": [one.name.lower() for one in Format]}})
    table = obj(
        {"title": text, "columns": listed(column), "rows": listed(row), "total": row, "notes": listed(text)}
    )
    part = obj({"name": text, "title": text, "tables": listed(table)})
    moment = {"type": "string", "format": "date-time"}
    return obj({"fiscal_year": {"type": "integer"}, "as_of": moment, "sections": listed(part)})


# --------------------------------------------------------------------------------------------------- refusals


def error_schema() -> Schema:
    text = {"type": "string"}
    return obj({"field": text, "code": text, "text": text})


def problem_schema() -> Schema:
    shapes: Schema = {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "enum": list(STATUS)},
        "errors": listed(error_schema()),
    }
    return obj(shapes, {*shapes} - {"errors"})

"""Strict checks of requests and answers against the discovery documents that google-api-python-client ships."""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from tests.stand_in.google import Google, masks

Json = dict[str, Any]
DOCUMENTS = ("sheets.v4", "drive.v3", "forms.v1", "gmail.v1")
TYPES = {"string": str, "boolean": bool, "integer": int, "number": int | float, "object": dict, "array": list}
RANGES = {"int32": (-(2**31), 2**31), "uint32": (0, 2**32), "int64": (-(2**63), 2**63), "uint64": (0, 2**64)}
FORMS = {
    "google-datetime": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)"),
    "date": re.compile(r"\d{4}-\d\d-\d\d"),
    "byte": re.compile(r"[A-Za-z0-9+/_-]*={0,2}"),
    "int64": re.compile(r"-?\d+"),
    "uint64": re.compile(r"\d+"),
}
FORMS["date-time"] = FORMS["google-datetime"]
PARAMETERS = {
    "boolean": re.compile("[Tt]rue|[Ff]alse"),
    "integer": re.compile(r"-?\d+"),
    "number": re.compile(r"-?[\d.]+"),
}
PLACES = {
    "GridRange",
    "GridCoordinate",
    "DimensionRange",
    "DataSourceSheetDimensionRange",
    "Location",
    "DataFilter",
}
"""Schemas that say where something is: beside a mask, they are not what the mask is of."""


def documents_folder() -> Path | None:
    """Where the installed package keeps its documents; None when it is not installed."""
    if importlib.util.find_spec("googleapiclient") is None:
        return None
    spec = importlib.util.find_spec("googleapiclient.discovery_cache")
    if spec is None or not spec.submodule_search_locations:
        return None
    found = Path(next(iter(spec.submodule_search_locations))) / "documents"
    return found if found.is_dir() else None


def undocumented(google: Google, first: int = 0) -> list[str]:
    """What of a stand-in's calls from an index on no document allows; nothing when there are no documents.
    The stand-in has to keep its answers."""
    assert google.keep_answers, "there is nothing to check"
    folder = documents_folder()
    if folder is None:
        return []
    discovery, wrong = Discovery(folder), []
    for call in google.calls[first:]:
        if call.path == "/token":
            continue
        answer = json.loads(call.answer) if call.status == 200 and (call.answer or b"")[:1] == b"{" else None
        wrong += discovery.problems(
            call.method, call.path, call.query, _sent(call.raw), call.status or 0, answer
        )
    return wrong


def _sent(raw: bytes) -> Any:
    """The body as JSON; what is none stays text, which no schema allows."""
    try:
        return json.loads(raw) if raw.strip() else None
    except ValueError:
        return raw.decode("utf-8", "replace")


class Discovery:
    """All methods of the documents; `problems` tells what of one exchange they do not allow."""

    def __init__(self, folder: Path) -> None:
        self.methods: list[tuple[str, re.Pattern[str], Json, Json]] = []
        for name in DOCUMENTS:
            document = json.loads((folder / f"{name}.json").read_text("utf-8"))
            for method in _methods(document):
                path = "/" + document["servicePath"] + (method.get("flatPath") or method["path"])
                pattern = re.sub(r"\\\{[^}]*\\\}", "[^/]+?", re.escape(path))
                self.methods.append((method["httpMethod"], re.compile(pattern + "$"), method, document))

    def find(self, verb: str, path: str) -> tuple[Json, Json] | None:
        """(method, document) of a call; a fixed segment wins over a parameter."""
        found = [m for m in self.methods if m[0] == verb and m[1].match(path)]
        found.sort(key=lambda m: -len(m[1].pattern.replace("[^/]+?", "")))
        return (found[0][2], found[0][3]) if found else None

    def problems(
        self,
        verb: str,
        path: str,
        query: Mapping[str, Sequence[str]],
        body: Any,
        status: int,
        answer: Any,
    ) -> list[str]:
        """Everything about one exchange that its document does not allow."""
        known = self.find(verb, path)
        if known is None:
            return [f"no method for {verb} {unquote(path)}"]
        method, document = known
        checks, where = Checks(document), str(method["id"])
        wrong = list(checks.query(method, query, where))
        if "request" in method:
            wrong += checks.value(method["request"], {} if body is None else body, f"{where} request")
        elif body:
            wrong.append(f"{where} takes no body")
        if answer is not None and "response" in method:
            wrong += checks.value(method["response"], answer, f"{where} answer")
        elif answer:
            wrong.append(f"{where} answers nothing")
        return wrong


class Checks:
    """The checks of one document's schemas; each gives what is wrong, with where."""

    def __init__(self, document: Json) -> None:
        self._schemas: Json = document["schemas"]
        self._common: Json = document["parameters"]

    def query(self, method: Json, query: Mapping[str, Sequence[str]], where: str) -> Iterator[str]:
        known = {**self._common, **(method.get("parameters") or {})}
        for name, found in query.items():
            schema = known.get(name.removeprefix("$") if name == "$fields" else name)
            if schema is None or schema["location"] != "query":
                yield f"{where}: unknown parameter {name}"
                continue
            if len(found) > 1 and not schema.get("repeated"):
                yield f"{where}: parameter {name} given {len(found)} times"
            for text in found:
                yield from self._parameter(schema, text, f"{where}: parameter {name}")
        for name, schema in (method.get("parameters") or {}).items():
            if schema.get("required") and schema["location"] == "query" and name not in query:
                yield f"{where}: parameter {name} is missing"
        for text in query.get("fields", ()):
            yield from self.mask(method.get("response") or {}, text, f"{where}: fields")

    def _parameter(self, schema: Json, text: str, where: str) -> Iterator[str]:
        form = PARAMETERS.get(schema["type"])
        if form is not None and not form.fullmatch(text):
            yield f"{where}: {schema['type']} expected, {text!r:.60} given"
        elif "enum" in schema and text not in schema["enum"]:
            yield f"{where}: {text!r} is not one of {schema['enum'][:6]}"
        elif schema["type"] == "integer":
            yield from self.value(schema, int(text), where)

    def value(self, schema: Json, value: Any, where: str) -> Iterator[str]:
        if "$ref" in schema:
            schema = self._schemas[schema["$ref"]]
        kind = schema.get("type")
        if value is None or kind in (None, "any"):
            return
        if not _fits(kind, value, schema.get("format")):
            yield f"{where}: {schema.get('format') or kind} expected, {value!r:.60} given"
        elif kind == "array":
            for at, item in enumerate(value):
                yield from self.value(schema["items"], item, f"{where}[{at}]")
        elif kind == "object":
            yield from self._object(schema, value, where)
        elif "enum" in schema and value not in schema["enum"]:
            yield f"{where}: {value!r} is not one of {schema['enum'][:6]}"

    def _object(self, schema: Json, value: Json, where: str) -> Iterator[str]:
        known, others = schema.get("properties") or {}, schema.get("additionalProperties")
        for name, item in value.items():
            inner = known.get(name, others)
            if inner is None:
                yield f"{where}.{name}: no such field"
                continue
            yield from self.value(inner, item, f"{where}.{name}")
            if inner.get("format") == "google-fieldmask" and isinstance(item, str):
                yield from self.mask(self._masked(known), item, f"{where}.{name}")

    def _masked(self, known: Json) -> Json:
        """What the mask among these properties is of: the one object beside it; of rows, a cell."""
        if "rows" in known:
            return {"$ref": "CellData"}
        objects = [one for one in known.values() if one.get("$ref", "") not in {"", *PLACES}]
        assert len(objects) == 1, sorted(known)
        return dict(objects[0])

    def mask(self, schema: Json, text: str, where: str) -> Iterator[str]:
        """Fields of a mask that the schema does not have."""
        try:
            tree = masks.parse(text)
        except ValueError:
            yield f"{where}: {text!r} is no mask"
            return
        yield from self._mask(schema, tree or {}, where)

    def _mask(self, schema: Json, tree: masks.Mask, where: str) -> Iterator[str]:
        while "$ref" in schema or "items" in schema:
            schema = self._schemas[schema["$ref"]] if "$ref" in schema else schema["items"]
        known, others = schema.get("properties") or {}, schema.get("additionalProperties")
        for name, below in tree.items():
            inner = schema if name == "*" else known.get(name, others)
            if inner is None:
                yield f"{where}: no field {name}"
            elif name != "*":
                yield from self._mask(inner, below, f"{where}.{name}")


def _fits(kind: str, value: Any, form: str | None) -> bool:
    if kind in ("integer", "number") and isinstance(value, bool):
        return False
    if kind == "integer" and isinstance(value, float) and not value.is_integer():
        return False
    if not isinstance(value, float if kind == "integer" and isinstance(value, float) else TYPES[kind]):
        return False
    if form in FORMS and not FORMS[form].fullmatch(value):
        return False
    if form in RANGES:
        least, beyond = RANGES[form]
        return least <= int(value) < beyond
    return True


def _methods(resource: Json) -> Iterator[Json]:
    yield from (resource.get("methods") or {}).values()
    for inner in (resource.get("resources") or {}).values():
        yield from _methods(inner)

"""Strict checks of requests and answers against the discovery documents that google-api-python-client ships."""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from tests.stand_in.google import Google

Json = dict[str, Any]
DOCUMENTS = ("sheets.v4", "drive.v3", "forms.v1", "gmail.v1")
COMMON = {
    "fields",
    "key",
    "alt",
    "prettyPrint",
    "quotaUser",
    "access_token",
    "oauth_token",
    "callback",
    "userIp",
}
COMMON |= {"uploadType", "upload_protocol", "$.xgafv"}
TYPES = {"string": str, "boolean": bool, "integer": int, "number": int | float, "object": dict, "array": list}


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
    folder = documents_folder()
    if folder is None:
        return []
    discovery, wrong = Discovery(folder), []
    for call in google.calls[first:]:
        if call.path == "/token":
            continue
        body = json.loads(call.raw) if call.raw[:1] == b"{" else None
        answer = json.loads(call.answer) if call.status == 200 and (call.answer or b"")[:1] == b"{" else None
        wrong += discovery.problems(call.method, call.path, list(call.query), body, call.status or 0, answer)
    return wrong


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
        self, verb: str, path: str, query: list[str], body: Any, status: int, answer: Any
    ) -> list[str]:
        """Everything about one exchange that its document does not allow."""
        known = self.find(verb, path)
        if known is None:
            return [f"no method for {verb} {unquote(path)}"]
        method, document = known
        allowed = set(method.get("parameters") or {}) | COMMON
        wrong = [f"{verb} {unquote(path)}: unknown parameter {name}" for name in query if name not in allowed]
        if body and "request" in method:
            wrong += self._check(
                document, {"$ref": method["request"]["$ref"]}, body, f"{method['id']} request"
            )
        elif body:
            wrong.append(f"{method['id']} takes no body")
        if status == 200 and answer is not None and "response" in method:
            wrong += self._check(
                document, {"$ref": method["response"]["$ref"]}, answer, f"{method['id']} answer"
            )
        return wrong

    def _check(self, document: Json, schema: Json, value: Any, where: str) -> Iterator[str]:
        if "$ref" in schema:
            schema = document["schemas"][schema["$ref"]]
        kind = schema.get("type")
        if value is None:
            return
        if kind and kind != "any" and not _fits(kind, value, schema.get("format")):
            yield f"{where}: {kind} expected, {value!r:.60} given"
        elif kind == "array":
            for at, item in enumerate(value):
                yield from self._check(document, schema["items"], item, f"{where}[{at}]")
        elif kind == "object":
            yield from self._object(document, schema, value, where)
        elif "enum" in schema and value not in schema["enum"]:
            yield f"{where}: {value!r} is not one of {schema['enum'][:6]}"

    def _object(self, document: Json, schema: Json, value: Json, where: str) -> Iterator[str]:
        known, others = schema.get("properties") or {}, schema.get("additionalProperties")
        for name, item in value.items():
            inner = known.get(name, others)
            if inner is None:
                yield f"{where}.{name}: no such field"
            else:
                yield from self._check(document, inner, item, f"{where}.{name}")


def _fits(kind: str, value: Any, form: str | None) -> bool:
    if kind in ("integer", "number") and isinstance(value, bool):
        return False
    if kind == "integer" and isinstance(value, float):
        return value.is_integer()
    if kind == "string" and form in ("int64", "uint64") and isinstance(value, str):
        return value.lstrip("-").isdigit()
    return isinstance(value, TYPES[kind])


def _methods(resource: Json) -> Iterator[Json]:
    yield from (resource.get("methods") or {}).values()
    for inner in (resource.get("resources") or {}).values():
        yield from _methods(inner)

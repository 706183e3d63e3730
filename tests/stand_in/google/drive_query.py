"""The `q` of Drive's files.list: terms, and, or, not, brackets."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tests.stand_in.google import errors
from tests.stand_in.google.state import File, stamp

Test = Callable[[File], bool]
_TOKEN = re.compile(
    r"""\s*(?:(?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|(?P<op>!=|<=|>=|=|<|>|[(){}])|(?P<word>[\w.]+))""",
)


def compiled(query: str) -> Test:
    """What decides whether a file is in the list; 400 when the query cannot be read."""
    items: list[tuple[str, str]] = []
    at = 0
    while query[at:].strip():
        match = _TOKEN.match(query, at)
        if not match:
            raise _invalid()
        items.append((str(match.lastgroup), match[str(match.lastgroup)]))
        at = match.end()
    if not items:
        return lambda found: True
    reader = _Reader(items)
    test = reader.either()
    if reader.at != len(items):
        raise _invalid()
    return test


def _invalid() -> errors.ApiError:
    return errors.drive(400, "invalid", "Invalid Value", location="q", locationType="parameter")


class _Reader:
    def __init__(self, items: list[tuple[str, str]]) -> None:
        self.items, self.at = items, 0

    def peek(self) -> str:
        return self.items[self.at][1] if self.at < len(self.items) else ""

    def take(self, wanted: str = "") -> tuple[str, str]:
        if self.at >= len(self.items) or (wanted and self.peek() != wanted):
            raise _invalid()
        self.at += 1
        return self.items[self.at - 1]

    def either(self) -> Test:
        tests = [self.all()]
        while self.peek() == "or":
            self.take()
            tests.append(self.all())
        return lambda found: any(test(found) for test in tests)

    def all(self) -> Test:
        tests = [self.one()]
        while self.peek() == "and":
            self.take()
            tests.append(self.one())
        return lambda found: all(test(found) for test in tests)

    def one(self) -> Test:
        if self.peek() == "not":
            self.take()
            inner = self.one()
            return lambda found: not inner(found)
        if self.peek() == "(":
            self.take()
            test = self.either()
            self.take(")")
            return test
        kind, left = self.take()
        if kind == "text":
            self.take("in")
            name, value = self.take()[1], unquoted(left)
            return lambda found: value in _members(found, name)
        if left == "appProperties" or left == "properties":
            return self.properties()
        operator = self.take()[1]
        kind, right = self.take()
        return _term(left, operator, unquoted(right) if kind == "text" else right)

    def properties(self) -> Test:
        for word in ("has", "{", "key", "="):
            self.take(word)
        key = unquoted(self.take()[1])
        for word in ("and", "value", "="):
            self.take(word)
        value = unquoted(self.take()[1])
        self.take("}")
        return lambda found: found.app_properties.get(key) == value


def unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1])


def _members(found: File, name: str) -> list[Any]:
    if name == "parents":
        return found.parents
    return [p.get("emailAddress") for p in found.permissions if p["role"] in _ROLES.get(name, ())]


_ROLES: dict[str, Any] = {
    "owners": ("owner",),
    "writers": ("owner", "writer"),
    "readers": ("owner", "writer", "reader"),
}


def _term(name: str, operator: str, value: str) -> Test:
    fields: dict[str, Callable[[File], str]] = {
        "name": lambda found: found.name,
        "mimeType": lambda found: found.mime_type,
        "trashed": lambda found: str(found.trashed).lower(),
        "starred": lambda found: "false",
        "modifiedTime": lambda found: stamp(found.modified),
        "createdTime": lambda found: stamp(found.created),
        "fullText": lambda found: found.name,
    }
    if name not in fields:
        raise _invalid()
    field = fields[name]
    if operator == "contains":
        return lambda found: any(word.startswith(value.lower()) for word in _starts(field(found).lower()))
    tests: dict[str, Callable[[str], bool]] = {
        "=": lambda text: text.lower() == value.lower() if name == "name" else text == value,
        "!=": lambda text: text != value,
        "<": lambda text: text < value,
        ">": lambda text: text > value,
        "<=": lambda text: text <= value,
        ">=": lambda text: text >= value,
    }
    if operator not in tests:
        raise _invalid()
    return lambda found: tests[operator](field(found))


def _starts(text: str) -> list[str]:
    """The text from the beginning of each of its words (name contains matches prefixes of words)."""
    return [text[match.start() :] for match in re.finditer(r"\S+", text)]

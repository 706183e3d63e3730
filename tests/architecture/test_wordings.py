"""Every code in the source has its sentence in config/messages*.toml, filled in whole, and no sentence is idle.

Codes are found in the syntax trees: in the calls that name one, through the variables, conditions and loops of
the function around them. A code that is made elsewhere (an error handed on, a member of an enumeration) is a
text in the code all the same, and keeps its sentence from being idle.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from string import Formatter

import pytest

from bridge.application import errors
from bridge.application.ports.outbox import Reason, State
from bridge.application.ports.reviews import ReviewKind
from bridge.application.tell_pairs import Telling
from bridge.domain.entitlement.benefits import Unit
from bridge.domain.entitlement.kinship import Evidence
from bridge.domain.entitlement.standing import Excess
from bridge.domain.matching.grounds import Ground
from bridge.domain.merge import Why
from bridge.messages import Messages
from tests.architecture.source import PROJECT, Function, Module, modules

MESSAGES = Messages.load(PROJECT / "config")
SECTIONS = ("error", "config", "problem", "flag", "match", "review", "register", "history", "actor")
SECTIONS += ("say", "check", "mail", "summary", "demo", "portal", "export", "page", "ground")
SECTIONS += ("limit", "unit", "evidence", "papers", "in_register")

# What is called, which argument is the code, which section words it.
CALLS = {
    "Problem": (0, "problem"),
    "worded": (0, "portal"),
    "unreadable": (0, "problem"),
    "doubtful": (1, "problem"),
    "Trouble": (0, "problem"),
    "Unreadable": (1, "problem"),
    "ConfigProblem": (2, "config"),
    "Event": (2, "history"),
    "_say": (0, "check"),
    "_flag": (0, "flag"),
    "_limit": (0, "limit"),
    "NotRestorable": (0, "error"),
    **{
        name: (0, "error")
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, errors.SaphanError)
    },
}
# Told otherwise than by `Wording.problem`: all blank cells of a row in one sentence, flag.needed_blank.
WORDLESS = {("problem", "needed_blank")}
# What these give beside the facts that their call names.
GIVEN = {"problem": {"value", "column"}}
ENUMERATIONS: dict[str, list[type[StrEnum]]] = {
    "mail": [State, Reason],
    "match": [Telling],
    "ground": [Ground],
    "review": [ReviewKind],
    "history": [Why],
    "unit": [Unit],
    "evidence": [Evidence],
    "limit": [Excess],
}


@dataclass(frozen=True)
class Use:
    """One place that names a code. `facts` is None where they cannot be read from the call."""

    where: str
    section: str
    code: str
    facts: frozenset[str] | None


@cache
def uses() -> tuple[Use, ...]:
    return tuple(use for module in modules() for use in _uses_in(module))


def _uses_in(module: Module) -> Iterator[Use]:
    owner: dict[int, ast.AST] = {}
    for function in module.functions():  # inner functions come later and win
        owner |= {id(node): function for node in ast.walk(function)}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call):
            scope = owner.get(id(node), module.tree)
            for section, code in _named(node, scope):
                yield Use(f"{module.name}:{node.lineno}", section, code, _facts(node, scope))


def _named(call: ast.Call, scope: ast.AST) -> Iterator[tuple[str, str]]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name == "text" and isinstance(call.func, ast.Attribute) and len(call.args) >= 2:
        sections, codes = _values(call.args[0], scope), _values(call.args[1], scope)
        yield from ((section, code) for section in sections for code in codes)
    elif name in CALLS:
        place, section = CALLS[name]
        if len(call.args) > place:
            yield from ((section, code) for code in _values(call.args[place], scope))


def _values(node: ast.expr, scope: ast.AST) -> set[str]:
    """The texts that an expression may be, as far as the function around it tells."""
    if isinstance(node, ast.Constant):
        return {node.value} if isinstance(node.value, str) and node.value else set()
    if isinstance(node, ast.IfExp):
        return _values(node.body, scope) | _values(node.orelse, scope)
    if isinstance(node, ast.Name):
        return {text for value in _assigned(node.id, scope) for text in _values(value, scope)}
    return set()


def _assigned(name: str, scope: ast.AST) -> Iterator[ast.expr]:
    for node in ast.walk(scope):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                yield from _matched(name, target, node.value)
        elif isinstance(node, (ast.For, ast.comprehension)) and isinstance(node.iter, (ast.Tuple, ast.List)):
            for item in node.iter.elts:
                yield from _matched(name, node.target, item)


def _matched(name: str, target: ast.expr, value: ast.expr) -> Iterator[ast.expr]:
    if isinstance(target, ast.Name) and target.id == name and not _mentions(name, value):
        yield value
    elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        for inner, given in zip(target.elts, value.elts, strict=False):
            yield from _matched(name, inner, given)


def _mentions(name: str, value: ast.expr) -> bool:
    return any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(value))


def _facts(call: ast.Call, scope: ast.AST) -> frozenset[str] | None:
    """The names of the facts that a call gives."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name in ("Problem", "Unreadable"):
        place = 3 if name == "Problem" else 2
        given = next((word.value for word in call.keywords if word.arg == "facts"), None)
        if given is None and len(call.args) > place:
            given = call.args[place]
        return frozenset() if given is None else _keys(given, scope)
    if name == "ConfigProblem":
        return frozenset({"where", "detail"})
    if name == "_flag":
        return frozenset({"id"})
    if name == "Event":
        return frozenset()
    names = {"file"} if name == "Trouble" else set()  # the file is named by whoever catches it
    for word in call.keywords:
        keys = frozenset({word.arg}) if word.arg else _keys(word.value, scope)
        if keys is None:
            return None
        names |= keys
    return frozenset(names)


def _keys(node: ast.expr, scope: ast.AST) -> frozenset[str] | None:
    if isinstance(node, ast.Name):
        found = [_keys(value, scope) for value in _assigned(node.id, scope)]
        return found[0] if len(found) == 1 else None
    if not isinstance(node, ast.Dict):
        return None
    keys: set[str] = set()
    for key, value in zip(node.keys, node.values, strict=True):
        more = _keys(value, scope) if key is None else frozenset(_values(key, scope))
        if not more:
            return None
        keys |= more
    return frozenset(keys)


def placeholders(section: str, code: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(MESSAGES.section(section)[code]) if name}


@pytest.mark.parametrize("section", sorted({"error", "problem", "config", "say", "check", "flag", "history"}))
def test_codes_are_found_in_the_source(section: str) -> None:
    assert len({use.code for use in uses() if use.section == section}) >= 3


def test_every_code_has_its_sentence() -> None:
    missing = {
        f"{use.where}: [{use.section}] {use.code}"
        for use in uses()
        if use.code not in MESSAGES.section(use.section) and (use.section, use.code) not in WORDLESS
    }
    assert missing == set()


@pytest.mark.parametrize("section", list(ENUMERATIONS))
def test_every_member_has_its_sentence(section: str) -> None:
    members = {str(member) for enumeration in ENUMERATIONS[section] for member in enumeration} - {""}
    assert members - set(MESSAGES.section(section)) == set()


def test_every_sentence_is_filled_in_whole() -> None:
    lacking = {
        f"{use.where}: [{use.section}] {use.code} lacks {sorted(open_places)}"
        for use in uses()
        if use.facts is not None and use.code in MESSAGES.section(use.section)
        if (open_places := placeholders(use.section, use.code) - use.facts - GIVEN.get(use.section, set()))
    }
    assert lacking == set()


def test_no_sentence_is_idle() -> None:
    literals = {node.value for module in modules() for node in module.strings()}
    literals |= {target for module in modules() for target in _fields(module)}
    patterns = [pattern for module in modules() for pattern in _made_of_parts(module)]
    idle = {
        f"[{section}] {code}"
        for section in SECTIONS
        for code in MESSAGES.section(section)
        if code not in literals and not any(pattern.fullmatch(code) for pattern in patterns)
    }
    assert idle == set()


def _fields(module: Module) -> Iterator[str]:
    """The fields of a class: the words of the summaries are one."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id


def _made_of_parts(module: Module) -> Iterator[re.Pattern[str]]:
    """f"last_{kind}" stands for every code that begins so."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.JoinedStr):
            parts = [part.value if isinstance(part, ast.Constant) else None for part in node.values]
            fixed = "".join(part for part in parts if part)
            if re.fullmatch(r"[a-z_]*[a-z]_|_[a-z][a-z_]*", fixed):
                yield re.compile("".join(part or "[a-z_]+" for part in parts))


def test_every_section_of_the_files_is_looked_at() -> None:
    folder = PROJECT / "config"
    files = [folder / "messages.toml", *(folder / "messages.d").glob("*.toml")]
    named = {section for path in files for section in tomllib.loads(path.read_text(encoding="utf-8"))}
    assert named == set(SECTIONS)


def test_the_reader_of_codes_reads_them() -> None:
    """What the tests above stand on."""
    source = """
def f(self, error, x):
    code = "a" if x else "b"
    facts = {"tab": 1}
    raise SheetError(code, **facts)

def g(say):
    for name, number in (("c", 1), ("d", 2)):
        say.text("say", name, count=number)
    say.text("say", f"last_{x}")
    say.text("mail", str(error))
    Problem("e", x, "column", {"value": 1, "words": 2})
"""
    module = Module(PROJECT / "bridge" / "nowhere.py")
    object.__setattr__(module, "tree", ast.parse(source))
    found = {(use.section, use.code): use.facts for use in _uses_in(module)}
    assert found == {
        ("error", "a"): {"tab"},
        ("error", "b"): {"tab"},
        ("say", "c"): {"count"},
        ("say", "d"): {"count"},
        ("problem", "e"): {"value", "words"},
    }
    assert isinstance(module.tree.body[0], Function)

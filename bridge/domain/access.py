"""An access request on its way: asked, approved, active, revoked (process.md section 1)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bridge.domain.cells import Cell
from bridge.domain.problems import Problem
from bridge.domain.values.places import Places
from bridge.domain.values.text import arabic_digits, clean, word_key

_ADDRESS = re.compile(
    r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}$"
)
_LINE_BREAKS = re.compile(r"[\r\n\x0b\x0c\x85\u2028\u2029]")
_GMAIL = ("gmail.com", "googlemail.com")


class Role(StrEnum):
    OFFICER = "officer"
    STAFF = "staff"
    ADMIN = "admin"
    EXECUTIVE = "executive"


class State(StrEnum):
    PENDING = "pending"
    FIX = "fix"  # approved, but something in the row must be mended first
    ACTIVE = "active"
    REFUSED = "refused"
    REVOKED = "revoked"


class Decision(StrEnum):
    APPROVE = "approve"
    REFUSE = "refuse"
    NONE = "none"
    UNCLEAR = "unclear"


@dataclass(frozen=True)
class AccessWords:
    """The province's words for decisions and roles."""

    approve: Sequence[str]
    refuse: Sequence[str]
    roles: Mapping[Role, str]
    fold_gmail: bool


@dataclass(frozen=True)
class Grant:
    """What an approved row asks for. Each area is (amphoe, tambon) as the province spells them; tambon "" is the
    whole amphoe. No area: only what the person's own organisation sent."""

    email: str
    first_name: str
    last_name: str
    org: str
    role: Role
    areas: tuple[tuple[str, str], ...]


def read_email(cell: Cell) -> tuple[str, Problem | None]:
    """The address without spaces around it, and what is wrong with it. Line breaks are never let through."""
    raw = "" if cell is None else str(cell)
    if _LINE_BREAKS.search(raw.strip(" \t")):
        return "", Problem("email_line_break", raw, "email")
    address = clean(raw)
    if not address:
        return "", Problem("email_missing", column="email")
    if len(address) > 254 or not _ADDRESS.match(address) or ".." in address:
        return address, Problem("email_malformed", address, "email")
    return address, None


def email_key(address: str, *, fold_gmail: bool) -> str:
    """One form for the spellings of one mailbox: case; for Gmail, where the province says so, dots and +tags."""
    local, _, domain = address.strip().lower().rpartition("@")
    if fold_gmail and domain in _GMAIL:
        local, domain = local.split("+")[0].replace(".", ""), _GMAIL[0]
    return f"{local}@{domain}"


def decide(cell: Cell, words: AccessWords) -> Decision:
    """Only the listed words and a ticked box decide; an unticked box is blank."""
    if cell is True:
        return Decision.APPROVE
    if cell is None or cell is False or (isinstance(cell, str) and not clean(cell)):
        return Decision.NONE
    word = word_key(str(cell))
    if word in {word_key(listed) for listed in words.approve}:
        return Decision.APPROVE
    if word in {word_key(listed) for listed in words.refuse}:
        return Decision.REFUSE
    return Decision.UNCLEAR


def read_grant(
    values: Mapping[str, Cell], words: AccessWords, places: Places
) -> tuple[Grant | None, list[Problem]]:
    """What the row would grant, or everything that must be mended before it can."""
    problems: list[Problem] = []
    address, problem = read_email(values.get("email"))
    if problem:
        problems.append(problem)
    texts = {}
    for column in ("first_name", "last_name", "org"):
        raw = "" if values.get(column) is None else str(values[column])
        if _LINE_BREAKS.search(raw.strip()):
            problems.append(Problem("line_break", raw, column))
        texts[column] = clean(raw)
    last4 = values.get("last4")
    if last4 is not None and not re.fullmatch(r"\d{4}", arabic_digits(clean(str(last4)))):
        problems.append(Problem("last4_malformed", str(last4), "last4"))
    role, role_problem = read_role(values.get("role"), words)
    areas, area_problems = read_areas(values.get("area"), places)
    problems += [*([role_problem] if role_problem else []), *area_problems]
    if problems or role is None:
        return None, problems
    return Grant(address, texts["first_name"], texts["last_name"], texts["org"], role, areas), []


def read_role(cell: Cell, words: AccessWords) -> tuple[Role | None, Problem | None]:
    """A blank role is a tambon officer's."""
    if cell is None or not clean(str(cell)):
        return Role.OFFICER, None
    for role, word in words.roles.items():
        if word_key(word) == word_key(str(cell)):
            return role, None
    return None, Problem("role_unknown", str(cell), "role")


def read_areas(cell: Cell, places: Places) -> tuple[tuple[tuple[str, str], ...], list[Problem]]:
    """Tambon or amphoe names, parted by commas or lines. A name that is both, or a tambon that several amphoe
    have, must be told apart by the person ("ต.X อ.Y"): a guess could show people to the wrong officer."""
    if cell is None or not clean(str(cell)):
        return (), []
    areas: list[tuple[str, str]] = []
    problems = []
    for name in filter(None, (clean(part) for part in re.split(r"[,;/\n]+", str(cell)))):
        found = _areas_named(name, places)
        if len(found) == 1:
            areas.append(found[0])
        else:
            problems.append(Problem("area_ambiguous" if found else "area_unknown", name, "area"))
    return tuple(dict.fromkeys(areas)), problems


_AREA = re.compile(r"^(?:(?:ต\.|ตำบล)\s*(?P<tambon>.+?))?\s*(?:(?:อ\.|อำเภอ)\s*(?P<amphoe>.+))?$")


def area_text(areas: Sequence[tuple[str, str]]) -> str:
    """The cell that `read_areas` reads these from."""
    return ", ".join(f"ต.{tambon} อ.{amphoe}" if tambon else f"อ.{amphoe}" for amphoe, tambon in areas)


def _areas_named(name: str, places: Places) -> list[tuple[str, str]]:
    said = _AREA.match(name)
    tambon, amphoe = (said["tambon"], said["amphoe"]) if said else (None, None)
    if tambon is None and amphoe is None:
        return [*_amphoes(name, places), *_tambons(name, places.amphoes(), places)]
    inside = places.amphoes() if amphoe is None else [found for found, _ in _amphoes(amphoe, places)]
    return [(found, "") for found in inside] if tambon is None else _tambons(tambon, inside, places)


def _amphoes(name: str, places: Places) -> list[tuple[str, str]]:
    reading = places.check(None, name).amphoe
    return [(reading.value, "")] if reading.value and not reading.problem else []


def _tambons(name: str, amphoes: Sequence[str], places: Places) -> list[tuple[str, str]]:
    wanted = word_key(name)
    return [
        (amphoe, tambon)
        for amphoe in amphoes
        for tambon in places.tambons(amphoe)
        if word_key(tambon) == wanted
    ]


def next_state(state: State, decision: Decision, *, grantable: bool) -> State:
    """Where a request goes when its row says `decision`; `grantable` says that nothing in it must be mended.

    An unclear word changes nothing. Blanking or refusing an active request revokes it.
    """
    if decision is Decision.UNCLEAR:
        return state
    if decision is Decision.APPROVE:
        if grantable:
            return State.ACTIVE
        return State.ACTIVE if state is State.ACTIVE else State.FIX
    if state in (State.ACTIVE, State.REVOKED):
        return State.REVOKED
    return State.REFUSED if decision is Decision.REFUSE else State.PENDING


def may_see(role: Role, areas: Sequence[tuple[str, str]], org: str, record: Mapping[str, Cell]) -> bool:
    """Whether somebody may see a record about a person (its `amphoe`, `tambon`, `sender_org`). Officers see their
    areas, or without any what their own organisation sent; executives see figures only."""
    if role is Role.EXECUTIVE:
        return False
    if role is not Role.OFFICER:
        return True
    if areas:
        amphoe, tambon = str(record.get("amphoe") or ""), str(record.get("tambon") or "")
        return bool(amphoe) and any(amphoe == area and sub in ("", tambon) for area, sub in areas)
    return bool(word_key(org)) and word_key(org) == word_key(str(record.get("sender_org") or ""))

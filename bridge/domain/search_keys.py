"""What rows of the register and cases are searched by, made of their values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from bridge.domain.cells import Cell, as_text
from bridge.domain.values.search import (
    LONGEST_PLACE,
    identity_key,
    level_key,
    name_key,
    operation_key,
    org_key,
    person_key,
    place_name,
    printable,
)

_NUMBERED = re.compile(r".*-(\d{4})-(\d{1,9})", re.ASCII)


class RegisterKeys(NamedTuple):
    search: str
    amphoe: str
    tambon: str
    level: str


@dataclass(frozen=True)
class CaseKeys:
    """`fiscal_year` and `number` are those of the case's id, 0 where it has none; `identity` the person's 13 digits."""

    fiscal_year: int
    number: int
    search: str
    amphoe: str
    tambon: str
    operation: str
    org: str
    identity: str


def register_keys(values: Mapping[str, Cell]) -> RegisterKeys:
    tambon, amphoe = values.get("tambon"), values.get("amphoe")
    name = name_key(values.get("name"), values.get("title"))
    return RegisterKeys(
        person_key(name, tambon, amphoe, values.get("house_no")),
        place_name(amphoe),
        place_name(tambon),
        level_key(values.get("level")),
    )


def case_keys(case: str, values: Mapping[str, Cell]) -> CaseKeys:
    """Places stay as they stand: the same names decide who may see the case."""
    tambon, amphoe = values.get("tambon"), values.get("amphoe")
    numbered = _NUMBERED.fullmatch(case)
    year = int(numbered[1]) if numbered else 0
    return CaseKeys(
        fiscal_year=year,
        number=int(numbered[2]) if numbered and year else 0,
        search=person_key(name_key(values.get("person_name")), tambon, amphoe, values.get("house_no"), case),
        amphoe=printable(as_text(amphoe), LONGEST_PLACE),
        tambon=printable(as_text(tambon), LONGEST_PLACE),
        operation=operation_key(values.get("operation")),
        org=org_key(values.get("sender_org")),
        identity=identity_key(values.get("national_id")),
    )

"""Tombstones: what is kept of an erased record so that it does not come back, without telling whose it was.

A tombstone is an HMAC-SHA-256 (RFC 2104) of one thing by which the record could return. Its key is made from the
workspace's secret for this purpose alone: a 13-digit id has too few values to be hidden by a plain hash.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bridge.domain.cells import Cell, to_json
from bridge.domain.values import national_id
from bridge.domain.values.text import fold

_PURPOSE = b"saphan tombstone 1"
# Columns that never all agree in two rows unless one is a copy of the other.
ROW = ("submitted_at", "person_name", "problem", "national_id")


class Kind(StrEnum):
    """By what a record could come back."""

    CASE = "case"  # the case's number
    ANSWER = "answer"  # the form answer that it came from
    ROW = "row"  # a copy of its row of the sheet, without its number
    PERSON = "person"  # the 13-digit id, of a person who is to be kept out
    REGISTER = "register"  # a row of the poverty register


@dataclass(frozen=True)
class Tombstone:
    kind: Kind
    digest: str  # 64 hexadecimal digits


class Seal:
    """Makes tombstones. `secret` is the workspace's; with another one the same thing has another tombstone."""

    def __init__(self, secret: str) -> None:
        self._key = hmac.digest(secret.encode(), _PURPOSE, "sha256")

    def case(self, key: str) -> Tombstone:
        return self._made(Kind.CASE, key)

    def answer(self, source: str, response: str) -> Tombstone:
        return self._made(Kind.ANSWER, source, response)

    def register(self, number: str) -> Tombstone:
        return self._made(Kind.REGISTER, number)

    def person(self, cell: Cell) -> Tombstone | None:
        """None for what is not certainly a 13-digit id."""
        reading = national_id.parse(cell)
        if reading.value is None or reading.problem is not None:
            return None
        return self._made(Kind.PERSON, reading.value)

    def row(self, values: Mapping[str, Cell]) -> Tombstone | None:
        """None for a row that names nobody, or says nothing else about the person."""
        cells = [values.get(column) for column in ROW]
        if values.get("person_name") is None or sum(cell is not None for cell in cells) < 2:
            return None
        return self._made(
            Kind.ROW, *(fold(cell) if isinstance(cell, str) else to_json(cell) for cell in cells)
        )

    def _made(self, kind: Kind, *parts: object) -> Tombstone:
        text = json.dumps([kind, *parts], ensure_ascii=False, separators=(",", ":"))
        return Tombstone(kind, hmac.digest(self._key, text.encode("utf-8", "surrogatepass"), "sha256").hex())

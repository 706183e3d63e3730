"""Asking whether what arrives is something that was erased."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.application.ports.erasures import Erasures
from bridge.domain.cells import Cell
from bridge.domain.tombstones import Kind, Seal, Tombstone


class Erased:
    """The tombstones of one moment. A kind that has none costs nothing to ask for."""

    def __init__(self, seal: Seal, tombstones: frozenset[Tombstone]) -> None:
        self._seal, self._tombstones = seal, tombstones
        self._kinds = {tombstone.kind for tombstone in tombstones}

    def answer(self, source: str, response: str) -> bool:
        return Kind.ANSWER in self._kinds and self._seal.answer(source, response) in self._tombstones

    def case(self, key: str) -> bool:
        return Kind.CASE in self._kinds and self._seal.case(key) in self._tombstones

    def row(self, values: Mapping[str, Cell]) -> bool:
        return Kind.ROW in self._kinds and self._seal.row(values) in self._tombstones

    def kept_out(self, national_id: Cell) -> bool:
        return Kind.PERSON in self._kinds and self._seal.person(national_id) in self._tombstones

    def register_row(self, number: str) -> bool:
        return Kind.REGISTER in self._kinds and self._seal.register(number) in self._tombstones


class Tombstones:
    def __init__(self, seal: Seal, erasures: Erasures) -> None:
        self._seal, self._erasures = seal, erasures

    def now(self) -> Erased:
        """Ask after looking for what is known: what was erased in between is seen then."""
        return Erased(self._seal, self._erasures.tombstones())

"""The port to the searchable register (TPMAP). What `needles` are is told in domain/values/search.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from bridge.application.ports.found import Found
from bridge.domain.cells import Cell

Areas = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class RegisterQuery:
    """Rows whose key holds all `needles`, in that place and of that level ("" for any). `areas` limits them to
    (amphoe, tambon), tambon "" being the whole amphoe; None is no limit, () is nobody."""

    needles: tuple[str, ...] = ()
    amphoe: str = ""
    tambon: str = ""
    level: str = ""
    areas: Areas | None = None


@dataclass(frozen=True)
class RegisterEntry:
    """A row as it was imported; `amphoe` and `tambon` are the names that areas are compared with."""

    number: str
    amphoe: str
    tambon: str
    values: Mapping[str, Cell]


class Register(Protocol):
    def find(self, query: RegisterQuery) -> Found[RegisterEntry]:
        """First those who have every needle as a word, then those with words that begin so, then the others; of those
        alike in that, in the order of import. Every backend finds the same rows in the same order."""

    def entry(self, number: str) -> RegisterEntry | None: ...

    def is_empty(self) -> bool: ...

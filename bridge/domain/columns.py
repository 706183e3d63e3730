"""The columns of a sheet that people and the bridge share, and who owns each (process.md section 3)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from bridge.domain.cells import Kind


class Owner(StrEnum):
    FORM = "form"  # from the submission; staff may correct
    STAFF = "staff"
    BRIDGE = "bridge"  # computed
    SUGGESTED = "suggested"  # the bridge's until staff choose


@dataclass(frozen=True)
class Column:
    """One column. `key` is its name in code and configuration, `header` what people read."""

    key: str
    header: str
    owner: Owner
    kind: Kind = Kind.TEXT
    aliases: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    width: int = 14  # characters


@dataclass(frozen=True)
class Table:
    """A tab whose rows are known by the cell of column `key`."""

    name: str  # "cases", "requests", "reviews"
    tab: str
    key: str
    columns: tuple[Column, ...]

    @cached_property
    def keys(self) -> tuple[str, ...]:
        return tuple(column.key for column in self.columns)

    @cached_property
    def by_key(self) -> dict[str, Column]:
        return {column.key: column for column in self.columns}

    def owned_by(self, *owners: Owner) -> tuple[str, ...]:
        return tuple(column.key for column in self.columns if column.owner in owners)

"""Somebody who looks at records about people, and what of them is theirs to see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bridge.domain.access import Role, may_see
from bridge.domain.cells import Cell


@dataclass(frozen=True)
class Viewer:
    """Each area is (amphoe, tambon) as the province spells them; tambon "" is the whole amphoe."""

    role: Role
    areas: tuple[tuple[str, str], ...]
    org: str

    @property
    def sees_all(self) -> bool:
        return self.role in (Role.STAFF, Role.ADMIN)

    def may_see(self, record: Mapping[str, Cell]) -> bool:
        """`record` by column: amphoe, tambon, sender_org."""
        return may_see(self.role, self.areas, self.org, record)

"""The port to those who may use the portal, as an admin looks at them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bridge.domain.access import Role, State


@dataclass(frozen=True)
class Person:
    """`request` is the number of the row in the access sheet, "" where there is none, and `state` how that stands.
    `areas` are (amphoe, tambon), tambon "" for the whole amphoe."""

    account: str
    email: str
    name: str
    org: str
    role: Role
    areas: tuple[tuple[str, str], ...]
    active: bool
    has_password: bool
    has_factor: bool
    last_sign_in: datetime | None
    request: str = ""
    state: State | None = None


class People(Protocol):
    def page(self, role: Role | None, active: bool | None, start: int, most: int) -> tuple[list[Person], int]:
        """Some of them by e-mail address, and how many there are in all."""

    def find(self, account: str) -> Person | None: ...

    def emails(self, accounts: Iterable[str] | None = None) -> dict[str, str]:
        """The address of each account, by account, in the order of the addresses."""

    def readers(self, names: Iterable[str] | None = None) -> dict[str, str]:
        """How those are called who stand in the read log: the address of an account, the name of an API client
        (`api:` and its key). None: all there are."""

"""The port to access requests and the accounts that come of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from bridge.domain.access import Grant, State


@dataclass(frozen=True)
class Request:
    """One person's request. `approvals` counts how often it was approved: each approval has one mail.
    `email_key` is the mailbox it is known by; `account` is "" until the first approval."""

    key: str
    email_key: str
    state: State
    approvals: int = 0
    account: str = ""
    asked_again: int = 0


class AccountStore(Protocol):
    def requests(self, keys: Iterable[str] | None = None) -> dict[str, Request]: ...

    def by_email(self, email_keys: Sequence[str]) -> dict[str, Request]: ...

    def page(self, states: Iterable[State], start: int, most: int) -> tuple[list[Request], int]:
        """Some of those that stand so, the newest first, and how many there are in all."""

    def next_number(self) -> int: ...

    def known_responses(self, responses: Sequence[str]) -> frozenset[str]: ...

    def remember_responses(self, responses: Sequence[str]) -> None: ...

    def save(self, requests: Sequence[Request]) -> None: ...

    def activate(self, request: str, email_key: str, grant: Grant) -> str:
        """Creates or updates the account of a request, active, and returns its id. A new account has an
        unusable password. A role or area that changed ends the account's sessions; so does a new address,
        which also voids the password and open links."""

    def deactivate(self, account: str) -> None:
        """Ends the account's sessions and voids its open links; its history stays."""

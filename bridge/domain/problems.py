"""What is wrong with a value that a person gave: a code and its facts; the wording is configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True)
class Problem:
    """A value that could not be read, or that was read with a doubt.

    `code` names the wording in `config/messages.toml` (section `problem`); `value` is what was typed;
    `facts` fill the wording's placeholders.
    """

    code: str
    value: str = ""
    column: str = ""
    facts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

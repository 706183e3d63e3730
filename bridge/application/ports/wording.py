"""The port to the words: every sentence that a person reads is configuration, known here by its code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from bridge.domain.problems import Problem


class Wording(Protocol):
    def text(self, section: str, code: str, **facts: object) -> str:
        """The sentence, its placeholders filled. An unknown code gives the code and the facts, never an error."""

    def problem(self, problem: Problem, headers: Mapping[str, str] | None = None) -> str:
        """What is wrong and what to do; `headers` gives a column's words by its key."""

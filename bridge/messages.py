"""Every sentence that a person reads, from config/messages.toml and config/messages.d/*.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from string import Formatter

from bridge.domain.problems import Problem


class Messages:
    """Implements ports.wording.Wording."""

    def __init__(self, sections: Mapping[str, Mapping[str, str]]) -> None:
        self._sections = sections

    @classmethod
    def load(cls, folder: Path) -> Messages:
        """Reads `messages.toml` and the files of `messages.d` in the order of their names."""
        sections: dict[str, dict[str, str]] = {}
        for path in [folder / "messages.toml", *sorted((folder / "messages.d").glob("*.toml"))]:
            for section, sentences in tomllib.loads(path.read_text(encoding="utf-8")).items():
                sections.setdefault(section, {}).update(
                    {code: text for code, text in sentences.items() if isinstance(text, str)}
                )
        return cls(sections)

    def text(self, section: str, code: str, **facts: object) -> str:
        pattern = self._sections.get(section, {}).get(code)
        if pattern is None:
            return " ".join([code, *(f"{name}={fact}" for name, fact in facts.items())])
        names = [name for _, name, _, _ in Formatter().parse(pattern) if name]
        filled = dict.fromkeys(names, "") | {name: str(fact) for name, fact in facts.items()}
        return pattern.format_map(filled)

    def section(self, name: str) -> Mapping[str, str]:
        return self._sections.get(name, {})

    def problem(self, problem: Problem, headers: Mapping[str, str] | None = None) -> str:
        column = (headers or {}).get(problem.column, problem.column)
        sentence = self.text(
            "problem",
            problem.code,
            **{**problem.facts, "value": _excerpt(problem.value), "column": column},
        )
        return f"{column}: {sentence}" if column and column not in sentence else sentence


def _excerpt(value: str, most: int = 60) -> str:
    line = " ".join(value.split())
    return line if len(line) <= most else line[: most - 1] + "…"

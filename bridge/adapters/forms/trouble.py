"""Why the content of a download cannot be used now, and how much of it is taken at most."""

from __future__ import annotations

from dataclasses import dataclass


class Trouble(Exception):
    """`code` names the wording (messages section `problem`); `facts` fill it."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.code = code
        self.facts = {name: str(value) for name, value in facts.items()}


@dataclass(frozen=True)
class Limits:
    """What one download may cost. Google's own limit is 10,000,000 cells a workbook."""

    file_bytes: int = 200_000_000
    unpacked_bytes: int = 500_000_000
    cells: int = 10_000_000


def visible(text: str) -> str:
    """The text with NUL as U+FFFD. Nobody can type a NUL into a form, and PostgreSQL cannot keep one."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}") if "\0" in text else text

"""Failures sorted by how one recovers; each knows the exit code of its kind and its wording's code."""

from __future__ import annotations


class SaphanError(Exception):
    """`code` names the wording in `config/messages.toml` (section `error`); `facts` fill it."""

    exit_code = 1

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


class ConfigurationError(SaphanError):
    """Mend the province file or the environment, then run again."""

    exit_code = 3


class SheetError(SaphanError):
    """A person must mend the sheet or the file; nothing was written to it."""

    exit_code = 4


class Busy(SaphanError):
    """Somebody else is at work (the lease, an open file): later, the same again."""

    exit_code = 5


class Changed(Busy):
    """The workbook changed between our read and our write; nothing was written: read again at once."""


class OutsideError(SaphanError):
    """A service outside failed (mail server, disk, network); nothing is lost: later, the same again."""

    exit_code = 6

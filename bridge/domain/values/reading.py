"""What came of reading a cell: a value, a doubt, both, or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Generic, TypeVar

from bridge.domain.cells import Cell, as_text
from bridge.domain.problems import Problem

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

# Longer than any name, date or number that a person types; what is longer is prose and is not searched.
MAX_LENGTH: Final = 200


@dataclass(frozen=True, slots=True)
class Reading(Generic[T_co]):
    """The four outcomes of reading a cell.

    value, no problem: certain (a mend that is certain counts as certain);
    value and problem: the best reading, but doubtful: the caller keeps what was typed and flags it;
    problem, no value: unreadable;
    neither: the cell is blank, or says that there is none.
    """

    value: T_co | None
    problem: Problem | None

    @property
    def certain(self) -> bool:
        return self.value is not None and self.problem is None

    @property
    def doubtful(self) -> bool:
        return self.value is not None and self.problem is not None

    @property
    def unreadable(self) -> bool:
        return self.value is None and self.problem is not None

    @property
    def blank(self) -> bool:
        return self.value is None and self.problem is None


BLANK: Final[Reading[Any]] = Reading(None, None)


def certain(value: T) -> Reading[T]:
    return Reading(value, None)


def doubtful(value: T, code: str, cell: Cell, **facts: str) -> Reading[T]:
    """`value` is the best reading of `cell`; `code` and `facts` say why it is in doubt."""
    return Reading(value, Problem(code, as_text(cell), facts=MappingProxyType(facts)))


def unreadable(code: str, cell: Cell, **facts: str) -> Reading[Any]:
    return Reading(None, Problem(code, as_text(cell), facts=MappingProxyType(facts)))

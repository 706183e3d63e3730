"""The port to what matching keeps: what each case says about its person, block keys, pairs, and register links."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

from bridge.domain.cells import Cell
from bridge.domain.matching.postings import Postings
from bridge.domain.matching.rows import Said
from bridge.domain.matching.texts import Ints

APART = "apart"  # likely by itself, but not when its whole group is looked at


class Group(IntEnum):
    """Whose block keys."""

    CASES = 0
    REGISTER = 1


@dataclass(frozen=True)
class Person:
    """A case as matching sees it; `said` is () where it is nobody's any more. `owner` is its number among the keys,
    given by the store; `kind` is the folded case type."""

    case: str
    said: Said
    year: int
    kind: str
    owner: int = 0


@dataclass(frozen=True)
class Heard:
    """A case whose keys are out of date: they are those of `before`."""

    owner: int
    case: str
    before: Said
    said: Said


@dataclass(frozen=True)
class Pair:
    """`left` sorts before `right`. `verdict`: `same`, `possible` or APART; `grounds` are values of
    domain.matching.grounds.Ground."""

    left: str
    right: str
    score: float
    verdict: str
    grounds: tuple[str, ...] = ()

    @property
    def subject(self) -> str:
        """The name under which a decision about two cases is remembered."""
        return pair_subject(self.left, self.right)


@dataclass(frozen=True)
class RegisterLink:
    """A person of the register that a case may be, by log odds."""

    number: str
    odds: float
    grounds: tuple[str, ...]


def pair_subject(left: str, right: str) -> str:
    """Whichever is named first."""
    first, second = sorted((left, right))
    return f"duplicate:{first}:{second}"


class MatchStore(Protocol):
    """Every method belongs inside the caller's transaction; one at a time writes (the holder of the lease)."""

    def persons(self, cases: Iterable[str]) -> dict[str, Person]: ...

    def keep(self, persons: Sequence[Person]) -> None:
        """Inserts or replaces by case. Of those who say something else, the store remembers what their keys are of
        until `keyed`."""

    def heard(self) -> list[Heard]: ...

    def keyed(self) -> None:
        """The keys of all that was heard are up to date."""

    def of_owners(self, owners: Iterable[int]) -> list[Person]:
        """By owner; without those who are nobody."""

    def everybody(self) -> Iterator[Person]:
        """The same of all."""

    def size(self) -> int: ...

    def newest_unheard(self, most: int) -> list[str]:
        """Cases among the `most` newest that matching has not heard of yet."""

    def postings(self, group: Group, keys: Ints) -> Postings:
        """The owners of these kept keys, which are in ascending order."""

    def post(self, group: Group, added: Postings, removed: Postings) -> None: ...

    def replace_postings(self, group: Group, postings: Postings) -> None: ...

    def pairs(self, cases: Collection[str]) -> list[Pair]:
        """Every pair of which one end, at least, is one of these."""

    def all_pairs(self) -> list[Pair]: ...

    def replace_pairs(self, dropped: Sequence[Pair], now: Sequence[Pair]) -> None: ...

    def links(self, cases: Iterable[str]) -> dict[str, tuple[RegisterLink, ...]]:
        """Best first; a case without any is left out."""

    def keep_links(self, links: Sequence[tuple[str, tuple[RegisterLink, ...]]]) -> None: ...

    def registered(self, owners: Iterable[int]) -> list[tuple[int, str, Said]]:
        """Owner, number and what is said of rows of the register, by owner; without those that are gone."""

    def whole_register(self) -> Iterator[list[tuple[int, Said]]]:
        """All of it in parts."""

    def in_register(self, number: str) -> bool: ...

    def homes(self, numbers: Iterable[str]) -> dict[str, Mapping[str, Cell]]:
        """What rows of the register say, by number; without those that are gone."""

    def forget(self, cases: Iterable[str]) -> None:
        """Without a trace; their keys are taken off before."""

    def clear(self) -> None:
        """All but what is known of the register."""

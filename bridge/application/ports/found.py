"""What one search finds, whoever is searched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

T_co = TypeVar("T_co", covariant=True)


class Found(Protocol[T_co]):
    def page(self, first: int, count: int, most: int) -> tuple[Sequence[T_co], int]:
        """`count` of them from the `first` (0 is the first), and how many there are; no more than `most` are
        counted."""

    def alike(self, most: int) -> Sequence[T_co]:
        """Who is not found, but would be if a letter or two of the needles were others: the nearest first."""

"""A column of texts as the comparison holds it: each distinct text once, equality by 64-bit hashes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Levels = NDArray[np.int8]
Rows = NDArray[np.int32]
Flags = NDArray[np.bool_]

_BASE: Final = 0x9E3779B97F4A7C15  # odd, so that no power of it is lost
_ONE: Final = np.uint64(1)
_ALL_BITS: Final = 2**64 - 1
_FEW: Final = 16


@dataclass(frozen=True)
class Texts:
    """`hashes[row]` is 0 where the text is blank."""

    values: NDArray[np.object_]
    hashes: Ints

    @classmethod
    def of(cls, values: Sequence[str]) -> Texts:
        column = np.empty(len(values), dtype=object)
        column[:] = values
        return cls(column, hashes(values))

    def __len__(self) -> int:
        return len(self.hashes)

    @classmethod
    def joined(cls, columns: Sequence[Texts]) -> Texts:
        return cls(
            np.concatenate([column.values for column in columns]),
            np.concatenate([column.hashes for column in columns]),
        )

    def shared(self) -> Texts:
        """The same texts, those that are equal as one object."""
        known: dict[str, str] = {}
        values = np.empty(len(self), dtype=object)
        values[:] = [known.setdefault(text, text) for text in self.values]
        return Texts(values, self.hashes)

    def take(self, rows: Rows) -> Texts:
        return Texts(self.values[rows], self.hashes[rows])


def hashes(values: Sequence[str]) -> Ints:
    """A 64-bit hash of each text, 0 for a blank one: the same on every machine and in every run.

    A polynomial over the code points, mixed at the end (the finaliser of SplitMix64).
    """
    if len(values) <= _FEW:
        return np.array([_hash(text) for text in values], np.uint64).view(np.int64)
    found = np.zeros(len(values), np.uint64)
    sizes = np.fromiter(map(len, values), np.int64, len(values))
    longest = int(sizes.max(initial=0))
    if not longest:
        return found.view(np.int64)
    codes = np.frombuffer("".join(values).encode("utf-32-le", "surrogatepass"), np.uint32)
    starts = np.cumsum(sizes) - sizes
    powers = np.multiply.accumulate(np.full(longest, np.uint64(_BASE)))
    terms = (codes + _ONE) * powers[np.arange(len(codes)) - np.repeat(starts, sizes)]
    filled = sizes > 0
    found[filled] = _finished(np.add.reduceat(terms, starts[filled]))
    return found.view(np.int64)


def _hash(text: str) -> int:
    """The same for one text, where an array costs more than it gains."""
    if not text:
        return 0
    total, power = 0, 1
    for letter in text:
        power = power * _BASE & _ALL_BITS
        total += (ord(letter) + 1) * power
    total &= _ALL_BITS
    total = (total ^ total >> 30) * 0xBF58476D1CE4E5B9 & _ALL_BITS
    total = (total ^ total >> 27) * 0x94D049BB133111EB & _ALL_BITS
    return total ^ total >> 31 | 1


def _finished(sums: NDArray[np.uint64]) -> NDArray[np.uint64]:
    sums = (sums ^ (sums >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    sums = (sums ^ (sums >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return sums ^ (sums >> np.uint64(31)) | _ONE

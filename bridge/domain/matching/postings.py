"""Which rows own which key, as it is kept in a table: keys in buckets, a bucket's rows as one packed text of bytes.

A row has some forty keys; each as a line of a table would take longer to write than all else that is done with it.
Of a key 48 bits are kept: among 20 million that is one wrong candidate in a million queries.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from bridge.domain.matching.keys import expanded
from bridge.domain.matching.texts import Ints, Levels

BUCKETS: Final = 1 << 16
_LOW: Final = np.int64(32)
_LOW_BITS: Final = np.int64(2**32 - 1)
_KEPT_BITS: Final = np.int64(2**48 - 1)
_PACKED: Final = np.dtype("<u8")  # the lower half of the key, then the owner


def kept(keys: Ints) -> Ints:
    """The part of each 64-bit key that is kept."""
    return (keys >> np.int64(16)) & _KEPT_BITS


def bucket_of(keys: Ints) -> Ints:
    """The bucket of each kept key."""
    return keys >> _LOW


@dataclass(frozen=True)
class Postings:
    """Pairs of a kept key and an owner (below 2^32), by key and then by owner, each pair once."""

    keys: Ints
    owners: Ints

    @classmethod
    def of(cls, keys: Ints, owners: Ints) -> Postings:
        """From 64-bit keys; 0 is no key."""
        known = keys != 0
        return _counted(kept(keys[known]), owners[known].astype(np.int64), np.ones(int(known.sum()), np.int8))

    @classmethod
    def of_parts(cls, parts: Sequence[Postings]) -> Postings:
        """All of at least one part; no pair is in two of them."""
        keys = np.concatenate([part.keys for part in parts])
        owners = np.concatenate([part.owners for part in parts])
        order = np.lexsort((owners, keys))
        return cls(keys[order], owners[order])

    @classmethod
    def none(cls) -> Postings:
        return cls(np.zeros(0, np.int64), np.zeros(0, np.int64))

    @classmethod
    def unpacked(cls, buckets: Iterable[tuple[int, bytes]]) -> Postings:
        """Buckets in ascending order."""
        listed = list(buckets)
        sizes = [len(packed) // _PACKED.itemsize for _, packed in listed]
        packed = (
            np.frombuffer(b"".join(packed for _, packed in listed), _PACKED).astype(np.uint64).view(np.int64)
        )
        high = np.repeat(np.array([bucket for bucket, _ in listed], np.int64), sizes)
        return cls((high << _LOW) | ((packed >> _LOW) & _LOW_BITS), packed & _LOW_BITS)

    def packed(self) -> Iterator[tuple[int, bytes]]:
        """Each bucket that holds anything, in ascending order."""
        buckets = bucket_of(self.keys)
        packed = ((self.keys & _LOW_BITS) << _LOW) | self.owners
        starts = np.flatnonzero(np.r_[True, buckets[1:] != buckets[:-1]][: len(buckets)])
        ends = [*starts.tolist(), len(buckets)][1:]
        raw, width = packed.view(np.uint64).astype(_PACKED).tobytes(), _PACKED.itemsize
        for bucket, start, end in zip(buckets[starts].tolist(), starts.tolist(), ends, strict=True):
            yield bucket, raw[start * width : end * width]

    def __len__(self) -> int:
        return len(self.keys)

    def only(self, keys: Ints) -> Postings:
        """Those of the kept keys `keys`, which are in ascending order and each there once."""
        starts = self.keys.searchsorted(keys, "left")
        chosen = expanded(starts, self.keys.searchsorted(keys, "right") - starts)
        return Postings(self.keys[chosen], self.owners[chosen])

    def merged(self, added: Postings, removed: Postings) -> Postings:
        parts = (self, added, removed)
        signs = np.repeat(np.array([1, 1, -2], np.int8), [len(part) for part in parts])
        return _counted(
            np.concatenate([part.keys for part in parts]),
            np.concatenate([part.owners for part in parts]),
            signs,
        )

    def without(self, others: Postings) -> Postings:
        return self.merged(Postings.none(), others)

    def sizes(self, keys: Ints) -> Ints:
        """How many own each of these kept keys."""
        sizes: Ints = self.keys.searchsorted(keys, "right") - self.keys.searchsorted(keys, "left")
        return sizes


def _counted(keys: Ints, owners: Ints, signs: Levels) -> Postings:
    """The pairs whose signs come to more than nothing."""
    order = np.lexsort((owners, keys))
    keys, owners = keys[order], owners[order]
    new = np.r_[True, (keys[1:] != keys[:-1]) | (owners[1:] != owners[:-1])][: len(keys)]
    starts = np.flatnonzero(new)
    if len(starts):
        starts = starts[np.add.reduceat(signs[order].astype(np.int64), starts) > 0]
    return Postings(keys[starts], owners[starts])

"""Pairs of rows that share a block key."""

from __future__ import annotations

import numpy as np

from bridge.domain.matching.keys import MOST, all_keys, expanded, whole_keys
from bridge.domain.matching.people import People
from bridge.domain.matching.texts import Ints, Rows

Sides = tuple[Rows, Rows]


def within(people: People, most: int = MOST) -> Sides:
    """Every pair (left < right) of rows that share a key, once."""
    size = len(people)
    found = [_coded(*_in_blocks(keys, rows, most), size) for keys, rows in all_keys(people)]
    found.append(_coded(*_repeated(people), size))
    return _decoded(np.unique(np.concatenate(found)), size)


def _repeated(people: People) -> Sides:
    """Each row with the next one that says the same: however often, they stay connected."""
    keys = whole_keys(people)
    order = np.argsort(keys, kind="stable").astype(np.int32)
    equal = keys[order][1:] == keys[order][:-1]
    return order[:-1][equal], order[1:][equal]


def between(left: People, right: People, most: int = MOST) -> Sides:
    """Every pair of a row on the left and one on the right that share a key, once."""
    size = len(right)
    found: list[tuple[Rows, Ints]] = []
    for (keys, rows), (known, owners) in zip(all_keys(left), all_keys(right), strict=True):
        found.append(across(keys, rows, known, owners.astype(np.int64), most))
    here, there = (np.concatenate(side) for side in zip(*found, strict=True))
    return once_between(here, there, size)


def _in_blocks(keys: Ints, rows: Rows, most: int) -> Sides:
    """The pairs inside each block of equal keys."""
    order = np.argsort(keys)
    keys, rows = keys[order], rows[order]
    starts = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]]) if len(keys) else np.zeros(0, np.int64)
    sizes = np.diff(np.r_[starts, len(keys)])
    fitting = (sizes > 1) & (sizes <= most)
    starts, sizes = starts[fitting], sizes[fitting]
    left, right = [np.zeros(0, np.int32)], [np.zeros(0, np.int32)]
    for step in range(1, int(sizes.max(initial=1))):  # each member with the one `step` places behind it
        longer = sizes > step
        starts, sizes = starts[longer], sizes[longer]
        first = expanded(starts, sizes - step)
        left.append(rows[first])
        right.append(rows[first + step])
    return np.concatenate(left), np.concatenate(right)


def across(keys: Ints, rows: Rows, known: Ints, owners: Ints, most: int = MOST) -> tuple[Rows, Ints]:
    """Each row with the owners of each of its keys, unless more than `most` own it."""
    order = np.argsort(known, kind="stable")
    known, owners = known[order], owners[order]
    starts = np.searchsorted(known, keys, "left")
    sizes = np.searchsorted(known, keys, "right") - starts
    sizes[sizes > most] = 0
    return np.repeat(rows, sizes), owners[expanded(starts, sizes)]


def once(left: Rows, right: Rows, size: int) -> Sides:
    """Each pair once, the lower row on the left; a row and itself is no pair. `size`: one more than any row."""
    return _decoded(np.unique(_coded(left, right, size)), size)


def once_between(left: Rows, right: Ints | Rows, size: int) -> Sides:
    """Each pair of a row on the left and one of `size` on the right once."""
    return _decoded(np.unique(left.astype(np.int64) * size + right), size)


def _coded(left: Rows, right: Rows, size: int) -> Ints:
    low, high = np.minimum(left, right).astype(np.int64), np.maximum(left, right)
    codes: Ints = (low * size + high)[low != high]
    return codes


def _decoded(codes: Ints, size: int) -> Sides:
    left, right = np.divmod(codes, max(size, 1))
    return left.astype(np.int32), right.astype(np.int32)

"""The weights that explain labelled pairs best: logistic regression in which closer agreement never weighs less.

The order of the levels is kept by a logarithmic barrier on the difference of neighbouring weights (interior
point method: Boyd and Vandenberghe, Convex Optimization, 11.3); each step is Newton's.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bridge.domain.matching.compare import EVIDENCE, FAMILY_LEVELS, PLACE_LEVELS, Evidence
from bridge.domain.matching.texts import Flags, Ints
from bridge.domain.matching.weights import Numbers, Weights

# How firmly a weight without evidence is held at 0.
_RIDGE: Final = 0.02
_BARRIERS: Final = (10.0, 1.0, 0.1, 0.01)
_STEPS: Final = 40
_LEAST_GAP: Final = 1e-9
# The least level of a field that speaks for one person.
_AGREEING: Final = {"identity": 3, "birth": 3, "phone": 2, "title": 3, "given": 5}
_RARITIES: Final = ("given_rarity",)
_PLACES: Final = len(PLACE_LEVELS)
# Knowing that these agree weighs no less than not knowing.
_SAME_AMPHOE: Final = PLACE_LEVELS.index("amphoe")
_SAME_FAMILY: Final = FAMILY_LEVELS.index("same")


def fit(
    evidence: Evidence, same: Flags, threshold: float, known: Weights | None = None, households: bool = True
) -> Weights:
    """Weights from pairs of which it is known whether they are the same person.

    A field that no pair tells anything about (a register without birth dates) gets the weights of `known`.
    """
    offsets, size = _layout()
    columns = [evidence.levels[field].astype(np.int64) + offsets[field] for field in EVIDENCE]
    columns.append(evidence.family.astype(np.int64) * _PLACES + evidence.place + offsets["home"])
    patterns, hits, misses = _patterns(columns, same, size)
    design = np.zeros((len(patterns), size))
    np.put_along_axis(design, patterns, 1.0, axis=1)
    design[:, 0] = 1.0
    steps = _steps(offsets)
    free = np.setdiff1d(np.arange(size), list(offsets.values()))  # not knowing weighs nothing
    found = np.zeros(size)
    found[free] = _solved(
        design[:, free], hits, misses, _order(steps, size)[:, free], _start(steps, offsets, size)[free]
    )
    return Weights(
        start=float(found[0]),
        fields={field: found[offsets[field] :][: len(levels)] for field, levels in EVIDENCE.items()},
        home=found[offsets["home"] :].reshape(len(FAMILY_LEVELS), _PLACES),
        same=threshold,
        households=households,
    )


def _layout() -> tuple[dict[str, int], int]:
    """Where the weights of each field begin, each with that of not knowing; place 0 is the start."""
    offsets, size = {}, 1
    for field, levels in EVIDENCE.items():
        offsets[field] = size
        size += len(levels)
    offsets["home"] = size
    return offsets, size + len(FAMILY_LEVELS) * _PLACES


def _patterns(columns: list[Ints], same: Flags, size: int) -> tuple[Ints, Numbers, Numbers]:
    """The distinct rows of levels, and how many pairs of each are the same person, and are not."""
    codes = columns[0]
    for column in columns[1:]:
        codes = codes * size + column
    _, first, where = np.unique(codes, return_index=True, return_inverse=True)
    hits: Numbers = np.bincount(where, weights=same, minlength=len(first)).astype(np.float64)
    misses: Numbers = np.bincount(where, minlength=len(first)).astype(np.float64) - hits
    return np.column_stack(columns)[first], hits, misses


def _chains(offsets: dict[str, int]) -> Iterator[list[int]]:
    """Weights in the order in which they must not fall."""
    for field, levels in EVIDENCE.items():
        first = offsets[field]
        if field in _RARITIES:
            yield list(range(first, first + len(levels)))
            continue
        yield list(range(first + 1, first + len(levels)))
        yield [first, first + _AGREEING[field]]
        yield [first + 1, first]
    home = offsets["home"]
    for family in range(len(FAMILY_LEVELS)):
        yield [home + family * _PLACES + place for place in range(1, _PLACES)]
        yield [home + family * _PLACES + place for place in (1, 0, _SAME_AMPHOE)]
    for place in range(_PLACES):
        yield [home + family * _PLACES + place for family in range(1, len(FAMILY_LEVELS))]
        yield [home + family * _PLACES + place for family in (1, 0, _SAME_FAMILY)]


def _steps(offsets: dict[str, int]) -> list[tuple[int, int]]:
    """Two places of the weights each, of which the second must not weigh less than the first."""
    return [step for chain in _chains(offsets) for step in pairwise(chain)]


def _order(steps: list[tuple[int, int]], size: int) -> NDArray[np.float64]:
    """One row for each step: the later weight less the earlier one."""
    order = np.zeros((len(steps), size))
    for row, (low, high) in enumerate(steps):
        order[row, low], order[row, high] = -1.0, 1.0
    return order


def _start(steps: list[tuple[int, int]], offsets: dict[str, int], size: int) -> Numbers:
    """Weights that keep the order strictly: the longest way up to each, seen from not knowing."""
    ranks = np.zeros(size)
    for _ in range(size):
        before = ranks.copy()
        for low, high in steps:
            ranks[high] = max(ranks[high], ranks[low] + 1)
        if (before == ranks).all():
            break
    for first, end in zip(offsets.values(), [*list(offsets.values())[1:], size], strict=True):
        ranks[first:end] -= ranks[first]
    return ranks / 10


def _solved(
    design: NDArray[np.float64], hits: Numbers, misses: Numbers, order: NDArray[np.float64], weights: Numbers
) -> Numbers:
    count = hits + misses
    for barrier in _BARRIERS:
        for _ in range(_STEPS):
            chance = 1.0 / (1.0 + np.exp(-np.clip(design @ weights, -30, 30)))
            gaps: Numbers = order @ weights
            slope = design.T @ (count * chance - hits) + _RIDGE * weights - barrier * order.T @ (1.0 / gaps)
            bend: Numbers = (design * (count * chance * (1.0 - chance))[:, None]).T @ design
            bend += (order * (barrier / gaps**2)[:, None]).T @ order
            bend[np.diag_indices_from(bend)] += _RIDGE
            step = np.linalg.solve(bend, slope)
            weights = _stepped(weights, np.asarray(step, np.float64), order, gaps)
            if np.abs(step).max() < 1e-4:
                break
    return weights


def _stepped(weights: Numbers, step: Numbers, order: NDArray[np.float64], gaps: Numbers) -> Numbers:
    """As far along the step as the order allows, and no more than 2 in any weight."""
    closing = order @ step
    reach = np.min(np.where(closing > 0, gaps / np.maximum(closing, _LEAST_GAP), np.inf), initial=np.inf)
    length = min(1.0, 0.95 * reach, 2.0 / max(float(np.abs(step).max()), _LEAST_GAP))
    moved: Numbers = weights - step * length
    return moved

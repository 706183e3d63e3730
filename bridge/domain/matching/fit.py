"""The weights that explain labelled pairs best: logistic regression in which closer agreement never weighs less.

The order of the levels is kept by a logarithmic barrier on the difference of neighbouring weights (interior
point method: Boyd and Vandenberghe, Convex Optimization, 11.3); each step is Newton's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
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
# Refitted weights are held at those that they come from, so that a handful of decisions moves little; and more
# exactly, since those may stand side by side.
_FIRM: Final = 2.0
_FIRM_START: Final = 20.0  # which weighs for every pair, also for those that no decision is like
_CLOSER: Final = (1.0, 0.01, 1e-4, 1e-6)
_STEPS: Final = 40
_LEAST_GAP: Final = 1e-9
_CLOSE: Final = 1e-4
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
    found = _explaining(evidence, same, np.zeros(size), np.full(size, _RIDGE), _BARRIERS)
    fields = {field: found[offsets[field] :][: len(levels)] for field, levels in EVIDENCE.items()}
    if known is not None:
        unseen = [field for field in EVIDENCE if not evidence.levels[field].any()]
        fields |= {field: known.fields[field] for field in unseen}
    return Weights(
        start=float(found[0]),
        fields=fields,
        home=found[offsets["home"] :].reshape(len(FAMILY_LEVELS), _PLACES),
        same=threshold,
        households=households,
    )


def refit(evidence: Evidence, same: Flags, known: Weights) -> Weights:
    """The weights nearest to `known` that explain pairs which people decided. The fewer pairs tell of a level, the
    nearer its weight stays. That only doubtful pairs are decided does no harm: what is fitted is how likely a pair is
    one person, given its levels."""
    offsets, _ = _layout()
    before = np.concatenate([[known.start], *(known.fields[field] for field in EVIDENCE), known.home.ravel()])
    firmness = np.full(len(before), _FIRM)
    firmness[0] = _FIRM_START
    found = _explaining(evidence, same, before, firmness, _CLOSER)
    fields = {field: found[offsets[field] :][: len(levels)] for field, levels in EVIDENCE.items()}
    home = found[offsets["home"] :].reshape(len(FAMILY_LEVELS), _PLACES)
    return Weights(float(found[0]), fields, home, known.same, known.households)


def _explaining(
    evidence: Evidence, same: Flags, toward: Numbers, firmness: Numbers, barriers: Sequence[float]
) -> Numbers:
    """All weights, laid out as `_layout` tells."""
    offsets, size = _layout()
    columns = [evidence.levels[field].astype(np.int64) + offsets[field] for field in EVIDENCE]
    columns.append(evidence.family.astype(np.int64) * _PLACES + evidence.place + offsets["home"])
    patterns, hits, misses = _patterns(columns, same, size)
    steps = _steps(offsets)
    free = np.setdiff1d(np.arange(size), list(offsets.values()))  # not knowing weighs nothing
    place = np.full(size, len(free))  # the weight behind the last one is always 0
    place[free] = np.arange(len(free))
    patterns = np.column_stack([np.zeros(len(patterns), np.int64), place[patterns]])
    first = _start(steps, offsets, size)[free]
    found = np.zeros(size)
    low, high = place[np.array(steps)].T
    pairs, order = _Pairs(patterns, hits, misses, len(free)), _Order(low, high, len(free))
    found[free] = _solved(pairs, order, first, toward[free], firmness[free], barriers)
    return found


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


@dataclass(frozen=True)
class _Pairs:
    """Each line of `patterns` has the places of the weights that are added up for its `hits` and `misses`; a place
    of `size` stands for no weight."""

    patterns: Ints
    hits: Numbers
    misses: Numbers
    size: int

    def slope_and_bend(self, weights: Numbers) -> tuple[Numbers, NDArray[np.float64]]:
        """First and second derivative of the loss; each line touches only a few weights."""
        chance = 1.0 / (1.0 + np.exp(-np.clip(np.append(weights, 0.0)[self.patterns].sum(axis=1), -30, 30)))
        count, width = self.hits + self.misses, self.patterns.shape[1]
        slope = self._summed(self.patterns, np.repeat(count * chance - self.hits, width), 1)
        pairs = self.patterns[:, :, None] * (self.size + 1) + self.patterns[:, None, :]
        bend = self._summed(pairs, np.repeat(count * chance * (1.0 - chance), width * width), 2)
        return slope[:-1], bend.reshape(self.size + 1, -1)[:-1, :-1]

    def _summed(self, places: Ints, amounts: Numbers, power: int) -> Numbers:
        return np.bincount(places.reshape(-1), weights=amounts, minlength=(self.size + 1) ** power).astype(
            np.float64
        )


def _solved(
    pairs: _Pairs,
    order: _Order,
    weights: Numbers,
    toward: Numbers,
    firmness: Numbers,
    barriers: Sequence[float],
) -> Numbers:
    for barrier in barriers:
        for _ in range(_STEPS):
            slope, bend = pairs.slope_and_bend(weights)
            pushed, stiffened = order.slope_and_bend(weights)
            bend += barrier * stiffened
            bend[np.diag_indices_from(bend)] += firmness
            step = _eliminated(bend, slope + barrier * pushed + firmness * (weights - toward))
            weights = order.stepped(weights, step)
            if np.abs(step).max() < _CLOSE:
                break
    return weights


def _eliminated(bend: NDArray[np.float64], slope: Numbers) -> Numbers:
    """bend^-1 slope, for a positive definite `bend`, by Gauss and Jordan.

    np.linalg.solve runs in threads, which on a busy machine wait for each other thirty times as long as this takes.
    """
    system = np.column_stack([bend, slope])
    for place in range(len(slope)):
        system[place] /= system[place, place]
        factors = system[:, place].copy()
        factors[place] = 0.0
        system -= factors[:, None] * system[place]
    return system[:, -1]


@dataclass(frozen=True)
class _Order:
    """The weight at each place of `low` must stay below that at the same place of `high`; `size` is no weight."""

    low: Ints
    high: Ints
    size: int

    def gaps(self, weights: Numbers) -> Numbers:
        padded = np.append(weights, 0.0)
        found: Numbers = padded[self.high] - padded[self.low]
        return found

    def slope_and_bend(self, weights: Numbers) -> tuple[Numbers, NDArray[np.float64]]:
        """Derivatives of minus the sum of the gaps' logarithms."""
        gaps = self.gaps(weights)
        slope, bend = np.zeros(self.size + 1), np.zeros((self.size + 1, self.size + 1))
        np.add.at(slope, self.low, 1.0 / gaps)
        np.add.at(slope, self.high, -1.0 / gaps)
        for one, other, sign in (
            (self.low, self.low, 1.0),
            (self.high, self.high, 1.0),
            (self.low, self.high, -1.0),
            (self.high, self.low, -1.0),
        ):
            np.add.at(bend, (one, other), sign / gaps**2)
        return slope[:-1], bend[:-1, :-1]

    def stepped(self, weights: Numbers, step: Numbers) -> Numbers:
        """As far along the step as the order allows, and no more than 2 in any weight."""
        gaps, closing = self.gaps(weights), self.gaps(step)
        reach = np.min(np.where(closing > 0, gaps / np.maximum(closing, _LEAST_GAP), np.inf), initial=np.inf)
        length = min(1.0, 0.95 * reach, 2.0 / max(float(np.abs(step).max()), _LEAST_GAP))
        moved: Numbers = weights - step * length
        return moved

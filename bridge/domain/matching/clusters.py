"""From scored pairs to people: who belongs together when all pairs of a group are looked at.

Two cases that hardly resemble each other may both resemble a third. Groups are merged by the mean of the log
odds of all pairs between them (average linkage), so that one strong disagreement keeps two groups apart, and
a chain of look-alikes never becomes one person.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import combinations
from typing import Final

import numpy as np

from bridge.domain.matching.texts import Flags, Rows
from bridge.domain.matching.weights import Numbers

LogOdds = Callable[[Rows, Rows], Numbers]

# No single pair weighs more than this in the mean.
_MOST: Final = 6.0
# Larger groups are rows that were typed in to try something; their pairs stay as they were found.
_LARGEST: Final = 40


def settle(
    left: Rows, right: Rows, log_odds: Numbers, of_pairs: LogOdds, order: Sequence[str]
) -> tuple[Rows, Rows, Numbers, Flags]:
    """The pairs that belong together, the odds of each, and whether the pair itself was too weak and only a
    third row joins it.

    `of_pairs` gives the log odds of further pairs; `order` names the rows, so that the result does not depend
    on the order in which they came.
    """
    likely = log_odds >= 0
    left, right, log_odds = left[likely], right[likely], log_odds[likely]
    groups = _groups(zip(left.tolist(), right.tolist(), strict=True))
    large = [sorted(group, key=lambda row: order[row]) for group in groups if 2 < len(group) <= _LARGEST]
    looked_at = np.zeros(len(order), np.bool_)
    looked_at[[row for group in large for row in group]] = True
    kept = ~looked_at[left]
    found = [(left[kept], right[kept], log_odds[kept], np.zeros(int(kept.sum()), np.bool_))]
    if large:
        found.append(_regrouped(large, of_pairs))
    lefts, rights, odds, joined = (np.concatenate(part) for part in zip(*found, strict=True))
    return lefts, rights, odds, joined


def _groups(pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Rows that pairs connect, also through others."""
    member_of: dict[int, list[int]] = {}
    for one, other in pairs:
        small, big = member_of.setdefault(one, [one]), member_of.setdefault(other, [other])
        if small is big:
            continue
        if len(small) > len(big):
            small, big = big, small
        big.extend(small)
        for row in small:
            member_of[row] = big
    return list({id(group): group for group in member_of.values()}.values())


def _regrouped(groups: Sequence[Sequence[int]], of_pairs: LogOdds) -> tuple[Rows, Rows, Numbers, Flags]:
    pairs = [pair for group in groups for pair in combinations(group, 2)]
    table = np.array(pairs, np.int32)
    direct = of_pairs(table[:, 0], table[:, 1])
    joined = np.full(len(pairs), -np.inf)
    start = 0
    for group in groups:
        count = len(group) * (len(group) - 1) // 2
        joined[start : start + count] = joining(len(group), direct[start : start + count].tolist())
        start += count
    together = joined >= 0
    odds = np.maximum(joined, direct)[together]
    return table[together, 0], table[together, 1], odds, (direct < 0)[together]


def joining(size: int, log_odds: Sequence[float]) -> list[float]:
    """For each pair of `size` rows (in the order of `combinations`) the mean at which its groups were merged;
    minus infinity where they never were."""
    places = list(combinations(range(size), 2))
    means = {
        pair: max(-_MOST, min(_MOST, odds)) for pair, odds in zip(places, log_odds, strict=True)
    }  # between groups, each named by its first row
    members = {row: [row] for row in range(size)}
    found = dict.fromkeys(places, -np.inf)
    while means:
        (one, other), mean = max(means.items(), key=lambda item: (item[1], -item[0][0], -item[0][1]))
        if mean < 0:
            break
        for a in members[one]:
            for b in members[other]:
                found[min(a, b), max(a, b)] = mean
        ours, theirs = len(members[one]), len(members[other])
        for third in members.keys() - {one, other}:
            near, far = (min(one, third), max(one, third)), (min(other, third), max(other, third))
            means[near] = (ours * means[near] + theirs * means.pop(far)) / (ours + theirs)
        del means[one, other]
        members[one] += members.pop(other)
    return [found[pair] for pair in places]

"""Which cases may be one person's, each pair with its reason.

Today two exact rules; a scored comparison joins here: `find_pairs` is the only place that decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bridge.domain.cases import MatchKeys


class Reason(StrEnum):
    SAME_ID = "same_id"
    SAME_NAME_AND_PLACE = "same_name_and_place"


@dataclass(frozen=True)
class Candidate:
    """A case as matching sees it; `key` is its number, which orders cases by arrival."""

    key: str
    keys: MatchKeys


@dataclass(frozen=True)
class Pair:
    """`left` came before `right`."""

    left: str
    right: str
    reason: Reason


def pair_subject(left: str, right: str) -> str:
    """The name under which a decision about two cases is remembered, whichever is named first."""
    first, second = sorted((left, right))
    return f"duplicate:{first}:{second}"


def find_pairs(candidates: Sequence[Candidate], decided_different: frozenset[str]) -> list[Pair]:
    """The pairs among `candidates`: each case with the earliest earlier one that is the same person by the rules.

    Two different valid ids are two people, whatever else agrees. `decided_different` holds the `pair_subject`
    of pairs that a person has told apart.
    """
    pairs = []
    ordered = sorted(candidates, key=lambda candidate: candidate.key)
    for blocks, reason in (
        (_blocks(ordered, by_identity=True), Reason.SAME_ID),
        (_blocks(ordered, by_identity=False), Reason.SAME_NAME_AND_PLACE),
    ):
        for block in blocks:
            for position, right in enumerate(block):
                left = _earliest(block[:position], right, reason, decided_different)
                if left is not None:
                    pairs.append(Pair(left.key, right.key, reason))
    return sorted(pairs, key=lambda pair: (pair.right, pair.left))


def _blocks(candidates: Iterable[Candidate], *, by_identity: bool) -> list[list[Candidate]]:
    blocks: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        key = candidate.keys.identity if by_identity else candidate.keys.place
        if key:
            blocks.setdefault(key, []).append(candidate)
    return [block for block in blocks.values() if len(block) > 1]


def _earliest(
    before: Sequence[Candidate], right: Candidate, reason: Reason, decided_different: frozenset[str]
) -> Candidate | None:
    for left in before:
        if reason is Reason.SAME_NAME_AND_PLACE and left.keys.identity and right.keys.identity:
            continue
        if pair_subject(left.key, right.key) not in decided_different:
            return left
    return None

"""The weights of matching as a file that people can read, and the headers under which its columns may stand."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from bridge.domain.matching.compare import EVIDENCE, FAMILY_LEVELS, PLACE_LEVELS
from bridge.domain.matching.weights import Weights

KINDS: Final = ("duplicates", "register", "streets")
_HEAD: Final = "# Written by `python run.py match fit`; what the numbers mean is in docs/matching.md."


class InvalidWeights(ValueError):
    """The file of weights lacks something or holds something that is no number."""


@dataclass(frozen=True)
class MatchingWeights:
    """`streets` is for lists of people by street, without villages and households.

    `figures[kind]` are those that the weights reached on the data they were fitted on and held out."""

    duplicates: Weights
    register: Weights
    streets: Weights
    figures: Mapping[str, Mapping[str, float]]


def load_weights(path: Path) -> MatchingWeights:
    """Raises InvalidWeights, and OSError when there is no such file."""
    return parse_weights(path.read_bytes(), path.name)


def parse_weights(content: bytes, file: str) -> MatchingWeights:
    """Raises InvalidWeights."""
    try:
        data = tomllib.loads(content.decode("utf-8"))
        weights = {kind: _weights(data[kind]) for kind in KINDS}
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidWeights(file) from error
    return MatchingWeights(**weights, figures=data.get("figures", {}))


def _weights(data: Mapping[str, Any]) -> Weights:
    def numbers(levels: Sequence[str], table: Mapping[str, float]) -> Any:
        return np.array([float(table[level]) for level in levels])

    return Weights(
        start=float(data["start"]),
        fields={field: numbers(levels, data[field]) for field, levels in EVIDENCE.items()},
        home=np.array([numbers(PLACE_LEVELS, data["family_at_place"][family]) for family in FAMILY_LEVELS]),
        same=float(data["same"]),
        households=bool(data["households"]),
    )


def written(weights: MatchingWeights) -> str:
    """The file as text; `load_weights` reads the same weights again, rounded to three places."""
    lines = [_HEAD]
    for kind in KINDS:
        found: Weights = getattr(weights, kind)
        lines += [
            "",
            f"[{kind}]",
            f"start = {_number(found.start)}",
            f"same = {found.same}",
            f"households = {str(found.households).lower()}",
        ]
        for field, levels in EVIDENCE.items():
            lines += ["", f"[{kind}.{field}]", *_table(levels, found.fields[field])]
        for family, row in zip(FAMILY_LEVELS, found.home, strict=True):
            lines += ["", f"[{kind}.family_at_place.{family}]", *_table(PLACE_LEVELS, row)]
    for kind, figures in weights.figures.items():
        lines += ["", f"[figures.{kind}]", *(f"{name} = {value}" for name, value in figures.items())]
    return "\n".join(lines) + "\n"


def _table(levels: Sequence[str], weights: Any) -> list[str]:
    return [f"{level} = {_number(weight)}" for level, weight in zip(levels, weights, strict=True)]


def _number(weight: float) -> str:
    return f"{weight + 0.0:.3f}"


def load_headers(path: Path) -> dict[str, list[str]]:
    """column -> the headers under which it may stand."""
    return {name: list(headers) for name, headers in tomllib.loads(path.read_text(encoding="utf-8")).items()}

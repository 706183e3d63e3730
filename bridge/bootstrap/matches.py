"""Matching at intake, built from the product's weights and the province's words."""

from __future__ import annotations

import hashlib
from functools import lru_cache

from bridge.application.errors import ConfigurationError
from bridge.application.match_cases import MatchCases
from bridge.application.match_register import MatchRegister
from bridge.application.review_list import ReviewList
from bridge.application.tell_pairs import TellPairs
from bridge.application.tell_register import TellRegister
from bridge.bootstrap.ports import Ports
from bridge.config import Province
from bridge.config_matching import InvalidWeights, MatchingWeights, load_weights
from bridge.messages import Messages
from bridge.workspace import CONFIG

# To be raised whenever `domain.matching` reads people or makes keys otherwise: all are compared anew then.
KEYS_VERSION = 1
_FILE = CONFIG / "matching.toml"


@lru_cache(maxsize=1)
def _weights() -> tuple[MatchingWeights, str]:
    """The weights, and a name of them and of the keys. Raises ConfigurationError: match_weights."""
    try:
        return load_weights(_FILE), f"{KEYS_VERSION} {hashlib.sha256(_FILE.read_bytes()).hexdigest()[:16]}"
    except (InvalidWeights, OSError) as error:
        raise ConfigurationError("match_weights", file=_FILE.name) from error


def build_match_cases(province: Province, ports: Ports) -> MatchCases:
    weights, version = _weights()
    return MatchCases(
        ports.matching,
        ports.rows,
        ports.reviews,
        ports.journal,
        _register(ports),
        weights.duplicates,
        version,
        province.reviews.decisions.same,
    )


def _register(ports: Ports) -> MatchRegister:
    return MatchRegister(ports.matching, ports.rows, ports.journal, _weights()[0].register)


def build_matching(
    province: Province, ports: Ports, messages: Messages, review_list: ReviewList
) -> tuple[MatchCases, TellPairs, TellRegister]:
    """Who finds, and who tells people of pairs and of the register."""
    decisions = province.reviews.decisions
    words = (decisions.not_same, decisions.same)
    return (
        build_match_cases(province, ports),
        TellPairs(ports.matching, ports.reviews, review_list, messages, *words),
        TellRegister(
            _register(ports),
            ports.matching,
            ports.reviews,
            review_list,
            messages,
            _weights()[0].register,
            province.table("cases").by_key["source"].choices,
            *words,
        ),
    )

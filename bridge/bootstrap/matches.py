"""Matching at intake, built from the product's weights and the province's words."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import lru_cache

from bridge.adapters.match_tables import MatchTables
from bridge.application.errors import ConfigurationError
from bridge.application.match_cases import MatchCases
from bridge.application.match_register import MatchRegister
from bridge.application.refit_weights import Figures, RefitWeights
from bridge.application.review_list import ReviewList
from bridge.application.tell_pairs import TellPairs
from bridge.application.tell_register import TellRegister
from bridge.bootstrap.ports import Ports
from bridge.config import Province
from bridge.config_matching import InvalidWeights, MatchingWeights, parse_weights, written
from bridge.messages import Messages
from bridge.workspace import CONFIG, Workspace

# To be raised whenever `domain.matching` reads people or makes keys otherwise: all are compared anew then.
KEYS_VERSION = 1
_FILE = CONFIG / "matching.toml"


def weights_of(workspace: Workspace) -> tuple[MatchingWeights, str]:
    """The office's own weights, else the product's, and a name of them and of the keys.
    Raises ConfigurationError: match_weights."""
    file = workspace.weights if workspace.weights.is_file() else _FILE
    try:
        return _parsed(file.read_bytes(), file.name)
    except (InvalidWeights, OSError) as error:
        raise ConfigurationError("match_weights", file=file.name) from error


@lru_cache(maxsize=2)
def _parsed(content: bytes, file: str) -> tuple[MatchingWeights, str]:
    return parse_weights(content, file), f"{KEYS_VERSION} {hashlib.sha256(content).hexdigest()[:16]}"


def refit(
    workspace: Workspace, province: Province, ports: Ports, messages: Messages, *, write: bool
) -> Figures:
    """Fits the weights of duplicates on the office's decisions, and writes them into its workspace. Tells what they
    reached. Raises SheetError: refit_too_few; OutsideError: match_not_written."""
    decisions, known = province.reviews.decisions, weights_of(workspace)[0]
    use_case = RefitWeights(
        ports.matching, ports.reviews, known.duplicates, decisions.same, decisions.not_same
    )
    found, figures = use_case.run()
    if write:
        weights = replace(known, duplicates=found, figures={**known.figures, "duplicates": figures})
        MatchTables(messages).write_text(workspace.weights, written(weights))
    return figures


def build_match_cases(workspace: Workspace, province: Province, ports: Ports) -> MatchCases:
    weights, version = weights_of(workspace)
    return MatchCases(
        ports.matching,
        ports.rows,
        ports.reviews,
        ports.journal,
        MatchRegister(ports.matching, ports.rows, ports.journal, weights.register),
        weights.duplicates,
        version,
        province.reviews.decisions.same,
    )


def build_matching(
    workspace: Workspace, province: Province, ports: Ports, messages: Messages, review_list: ReviewList
) -> tuple[MatchCases, TellPairs, TellRegister]:
    """Who finds, and who tells people of pairs and of the register."""
    decisions, weights = province.reviews.decisions, weights_of(workspace)[0].register
    words = (decisions.not_same, decisions.same)
    return (
        build_match_cases(workspace, province, ports),
        TellPairs(ports.matching, ports.reviews, review_list, messages, *words),
        TellRegister(
            MatchRegister(ports.matching, ports.rows, ports.journal, weights),
            ports.matching,
            ports.reviews,
            review_list,
            messages,
            weights,
            province.table("cases").by_key["source"].choices,
            *words,
        ),
    )

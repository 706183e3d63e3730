"""Limits and missing papers, built from the province file."""

from __future__ import annotations

from bridge.application.limit_words import LimitWords
from bridge.application.limits import Limits
from bridge.application.missing_papers import MissingPapers
from bridge.application.person_links import KnownPairs
from bridge.application.review_list import ReviewList
from bridge.bootstrap.matches import weights_of
from bridge.bootstrap.ports import Ports
from bridge.config import Province
from bridge.messages import Messages
from bridge.workspace import Workspace


def build_limits(
    workspace: Workspace, province: Province, ports: Ports, messages: Messages, review_list: ReviewList
) -> Limits:
    decisions, weights = province.reviews.decisions, weights_of(workspace)[0].register
    headers = {column.key: column.header for column in province.table("cases").columns}
    return Limits(
        ports.payments,
        KnownPairs(ports.reviews, ports.matching, weights, decisions.same, decisions.not_same),
        ports.reviews,
        review_list,
        ports.rows,
        ports.clock,
        LimitWords(messages, headers),
        province.workflow(),
        province.limits(),
        decisions.go_on,
        decisions.accept,
    )


def build_missing_papers(
    province: Province, ports: Ports, messages: Messages, review_list: ReviewList
) -> MissingPapers:
    rules, benefits = province.workflow(), province.limits()
    return MissingPapers(ports.reviews, review_list, ports.rows, messages, rules, benefits)

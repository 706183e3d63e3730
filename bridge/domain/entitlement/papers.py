"""The papers of a case's benefits, and which of them staff say are missing."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bridge.domain.entitlement.benefits import Benefit
from bridge.domain.values.text import arabic_digits, clean, word_key

_NUMBERS = re.compile(r"[0-9]{1,2}(?:[\s,.;/·]+[0-9]{1,2})*[.]?")
_BETWEEN = re.compile(r"[\n;·]|,(?![0-9])")


def checklist(benefits: Sequence[Benefit]) -> list[str]:
    """Every paper once, in the order of the province file; the same list for the same case every time."""
    papers: dict[str, str] = {}
    for benefit in benefits:
        for paper in benefit.papers:
            papers.setdefault(word_key(paper), paper)
    return list(papers.values())


def missing(note: str, papers: Sequence[str]) -> list[str]:
    """What staff wrote, as papers: `2, 4` are the second and the fourth of the list, other words stay theirs.

    A number that the list does not have stays as it was typed, for somebody to see.
    """
    found: list[str] = []
    for part in _BETWEEN.split(note):
        words = clean(part)
        digits = arabic_digits(words)
        if _NUMBERS.fullmatch(digits):
            found += [_named(int(number), papers) for number in re.findall("[0-9]+", digits)]
        elif words:
            found.append(words)
    return list(dict.fromkeys(found))


def _named(number: int, papers: Sequence[str]) -> str:
    return papers[number - 1] if 0 < number <= len(papers) else str(number)

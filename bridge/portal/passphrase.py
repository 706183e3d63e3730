"""What is asked of a password: length, and that nobody else would guess it. Thai letters and spaces are welcome."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from functools import cache

from django.contrib.auth.password_validation import CommonPasswordValidator

from bridge.application.ports.passwords import Holder

SHORTEST = 12
FEWEST_LETTERS = 5  # different ones
SIMILAR = 0.7
_LETTER = re.compile(r"[^\W\d_]")


def weaknesses(password: str, holder: Holder, everyday: Sequence[str]) -> list[str]:
    """The codes (messages section `portal`) of what is wrong with it. `everyday` are the office's own words: they
    count for nothing in it."""
    return list(_weaknesses(password, holder, everyday))


def _weaknesses(password: str, holder: Holder, everyday: Sequence[str]) -> Iterator[str]:
    if len(password) < SHORTEST:
        yield "password_short"
        return
    plain = password.strip().lower()
    rest = _LETTER.findall(_without(plain, everyday))
    if plain in _common() or len(set(plain)) < FEWEST_LETTERS or len(rest) < FEWEST_LETTERS:
        yield "password_common"
    parts = [holder.email, holder.email.partition("@")[0], *holder.person.split(), holder.person]
    if any(len(part) > 3 and _alike(part.lower(), plain) for part in parts):
        yield "password_personal"


def _alike(part: str, password: str) -> bool:
    return SequenceMatcher(None, password, part).quick_ratio() >= SIMILAR and (
        SequenceMatcher(None, password, part).ratio() >= SIMILAR
    )


def _without(password: str, words: Sequence[str]) -> str:
    for word in sorted(words, key=len, reverse=True):
        password = password.replace(word.lower(), "")
    return password


@cache
def _common() -> frozenset[str]:
    return frozenset(CommonPasswordValidator().passwords)

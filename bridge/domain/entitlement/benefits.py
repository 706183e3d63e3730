"""Benefits as the province file gives them: whose they are, how much, how often, counted for whom, which papers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from bridge.domain.cells import Cell, as_text
from bridge.domain.values import address
from bridge.domain.values.text import fold, word_key

# Where a variant is recognised: what was asked for, and what staff say was given.
TOLD_IN = ("case_type", "problem", "outcome", "goods")


class Unit(StrEnum):
    """Whom a limit counts for."""

    PERSON = "person"
    FAMILY = "family"
    HOUSE = "house"


@dataclass(frozen=True)
class Limit:
    """`amount` baht at most each time, `times` a fiscal year, `total` baht a fiscal year; None: not limited."""

    amount: Decimal
    times: int | None = None
    total: Decimal | None = None


@lru_cache(maxsize=256)  # the words of a province file, asked for with every case
def _word_keys(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(word_key, words))


@lru_cache(maxsize=256)
def _folded(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(fold, words))


@dataclass(frozen=True)
class Variant:
    """Another limit where the case is of a special sort: one of `words` is told of it, outside the phrases
    `unless`, or a number of at least `at_least` stands behind one of `count_of` (`มีบุตร 3 คน`)."""

    name: str
    limit: Limit
    words: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    count_of: tuple[str, ...] = ()
    classifier: str = ""  # the word behind the number: an age is a number too
    at_least: int = 2

    def fits(self, text: str) -> bool:
        """`text` is folded."""
        for phrase in _folded(self.unless):
            text = text.replace(phrase, " ")
        if any(word in text for word in _folded(self.words)):
            return True
        if not self.count_of:
            return False
        nouns, (word,) = "|".join(map(re.escape, _folded(self.count_of))), _folded((self.classifier,))
        numbers = re.findall(rf"(?:{nouns})[^0-9]{{0,12}}?([0-9]{{1,2}})\s*{re.escape(word)}", text)
        return any(int(number) >= self.at_least for number in numbers)


@dataclass(frozen=True)
class Benefit:
    """`section` is the guide's number. A case is one's by its type, or by `other_words` among what people wrote
    beside "other"; ages are completed years, inclusive. Payments of the sections `together` count as its own."""

    section: str
    name: str
    per: Unit
    limit: Limit
    case_types: tuple[str, ...] = ()
    other_words: tuple[str, ...] = ()
    min_age: int | None = None
    max_age: int | None = None
    together: tuple[str, ...] = ()
    variants: tuple[Variant, ...] = ()
    papers: tuple[str, ...] = ()

    def counts(self, sections: Iterable[str]) -> bool:
        """Whether a payment of these sections is one of this benefit's."""
        return not {self.section, *self.together}.isdisjoint(sections)

    def variant_of(self, values: Mapping[str, Cell]) -> Variant | None:
        if not self.variants:
            return None
        text = fold(" ".join(as_text(values.get(column)) for column in TOLD_IN))
        return next((variant for variant in self.variants if variant.fits(text)), None)

    def is_for_type(self, case_type: str, *, other: bool) -> bool:
        """`case_type` is a `word_key`; `other` says that the province's list does not have it."""
        if case_type in _word_keys(self.case_types):
            return True
        return other and any(told in case_type for told in _word_keys(self.other_words))

    def allows_age(self, age: int | None) -> bool:
        """An unknown age is a young one's: it opens nothing that is for the old alone, and closes nothing else."""
        if age is None:
            return self.min_age is None
        return (self.min_age or 0) <= age and (self.max_age is None or age <= self.max_age)


@dataclass(frozen=True)
class Applicable:
    """The benefits of a case; `fits` is false where its type has some, but none is for that age."""

    benefits: tuple[Benefit, ...]
    fits: bool


def benefits_of(
    values: Mapping[str, Cell], benefits: Sequence[Benefit], known_types: Sequence[str]
) -> Applicable:
    """By type and age. Where no age fits the limits of the type hold all the same, and a person should look."""
    case_type = word_key(as_text(values.get("case_type")))
    other = case_type not in _word_keys(tuple(known_types))
    of_type = [benefit for benefit in benefits if benefit.is_for_type(case_type, other=other)]
    age = address.age(values.get("age")).value
    of_age = [benefit for benefit in of_type if benefit.allows_age(age)]
    return Applicable(tuple(of_age or of_type), bool(of_age) or not of_type or age is None)

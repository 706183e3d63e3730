"""`[[benefits]]` of the province file: what may be in it, and how it fits with the rest of the file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from bridge.config_parts import Part, Word
from bridge.domain.entitlement.benefits import Benefit, Limit, Unit, Variant
from bridge.domain.values.text import word_key

Baht = Annotated[int, Field(gt=0, le=10_000_000)]
Age = Annotated[int, Field(ge=0, le=120)]
Section = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z.\-]{1,12}$")]
Finding = tuple[tuple[str | int, ...], str, str]  # path in the file, code of the problem, detail


class LimitPart(Part):
    """`amount` baht a time, `times` a fiscal year, `total` baht a fiscal year; 0 is no limit."""

    amount: Baht
    times: int = Field(0, ge=0, le=366)
    total: int = Field(0, ge=0, le=10_000_000)

    @model_validator(mode="after")
    def _one_time_fits_the_year(self) -> LimitPart:
        if 0 < self.total < self.amount:
            raise ValueError(f"total {self.total} < amount {self.amount}")
        return self

    def limit(self) -> Limit:
        return Limit(Decimal(self.amount), self.times or None, Decimal(self.total) if self.total else None)


class VariantPart(LimitPart):
    name: Word
    words: list[Word] = Field([])
    unless: list[Word] = Field([])
    count_of: list[Word] = Field([])
    classifier: str = ""
    at_least: int = Field(2, ge=1, le=99)

    @model_validator(mode="after")
    def _can_be_recognised(self) -> VariantPart:
        if not self.words and not self.count_of:
            raise ValueError("words, count_of")
        if self.count_of and not self.classifier.strip():
            raise ValueError("classifier")
        return self

    def variant(self) -> Variant:
        words = {name: tuple(getattr(self, name)) for name in ("words", "unless", "count_of")}
        return Variant(
            name=self.name,
            limit=self.limit(),
            at_least=self.at_least,
            classifier=self.classifier,
            **words,
        )


class BenefitPart(LimitPart):
    section: Section
    name: Word
    per: Unit
    case_types: list[Word] = Field([])
    other_words: list[Word] = Field([])
    min_age: Age | None = None
    max_age: Age | None = None
    together: list[Section] = Field([])
    papers: list[Word] = Field([])
    variants: list[VariantPart] = Field([])

    @model_validator(mode="after")
    def _belongs_somewhere(self) -> BenefitPart:
        if not self.case_types and not self.other_words:
            raise ValueError("case_types, other_words")
        if self.min_age is not None and self.max_age is not None and self.min_age > self.max_age:
            raise ValueError(f"min_age {self.min_age} > max_age {self.max_age}")
        return self

    def benefit(self) -> Benefit:
        words = {
            name: tuple(getattr(self, name)) for name in ("case_types", "other_words", "together", "papers")
        }
        return Benefit(
            section=self.section,
            name=self.name,
            per=self.per,
            limit=self.limit(),
            min_age=self.min_age,
            max_age=self.max_age,
            variants=tuple(part.variant() for part in self.variants),
            **words,
        )


def benefit_problems(benefits: Sequence[BenefitPart], case_types: Sequence[str]) -> Iterator[Finding]:
    """Sections given twice, and words that nothing else in the file knows."""
    known, sections = set(map(word_key, case_types)), [part.section for part in benefits]
    for index, part in enumerate(benefits):
        if part.section in sections[:index]:
            yield ("benefits", index, "section"), "word_twice", part.section
        yield from _unknown(index, "case_types", part.case_types, lambda word: word_key(word) in known)
        yield from _unknown(index, "together", part.together, lambda section: section in sections)


def _unknown(
    index: int, name: str, words: Sequence[str], is_known: Callable[[str], bool]
) -> Iterator[Finding]:
    for word in words:
        if not is_known(word):
            yield ("benefits", index, name), "unknown_word", word

"""Which question of a live form feeds which column; and what of it does not match the configuration.

A question is first known by its title. Once known it is remembered by its id, so that a question whose title is
changed in the form goes on feeding its column, and one that was deleted lets its old answers be read.
Several questions may feed one column: a question that each branch of a form asks, or one that was made anew.
Pure, and it never raises.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from bridge.domain.intake import Form
from bridge.domain.values import text

COLLECTING = frozenset({"VERIFIED", "RESPONDER_INPUT"})
NOTHING_KNOWN: Mapping[str, Known] = MappingProxyType({})


@dataclass(frozen=True)
class Known:
    """What is remembered of a question: the title by which it was known, its column ("" for none), and whether
    the form asks it still."""

    title: str
    column: str
    asked: bool = True


@dataclass(frozen=True)
class QuestionMatch:
    """`mapped`: question id -> column, of the questions that the form asks now, in its order; `retired`: the same
    of deleted ones. `unknown`: titles that no column claims. `missing` and `required_missing`: columns that the
    form does not ask for. `renamed`: (column, title as it is now) of questions known by their id only.
    `twice`: columns that more than one question feeds. `collected`: the column that the address collected by
    the form feeds, "" for none. `known` is what to remember."""

    mapped: Mapping[str, str]
    retired: Mapping[str, str] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    required_missing: tuple[str, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    twice: tuple[str, ...] = ()
    collected: str = ""
    known: Mapping[str, Known] = field(default_factory=dict)

    @property
    def columns(self) -> set[str]:
        """Every column that has, or may have, an answer."""
        return {*self.mapped.values(), *self.retired.values(), self.collected} - {""}

    @property
    def lacking(self) -> tuple[str, ...]:
        """Required columns that nothing feeds, nor ever did: what keeps the form from being read."""
        return tuple(column for column in self.required_missing if column not in self.columns)

    @property
    def unasked(self) -> frozenset[str]:
        """Columns whose questions were deleted: a blank there says nothing."""
        return frozenset(self.retired.values()) - {*self.mapped.values(), self.collected}


def match_questions(
    form_json: Mapping[str, Any], form: Form, known: Mapping[str, Known] = NOTHING_KNOWN
) -> QuestionMatch:
    """`form_json`: the answer of Google's forms.get; `known`: what was remembered of this form before."""
    return _match(list(asked(form_json)), form, known, collects_addresses(form_json))


def match_known(known: Mapping[str, Known], form: Form, *, collecting: bool) -> QuestionMatch:
    """The match as the memory alone gives it; a title or alias that was configured since counts."""
    now = [(question, one.title) for question, one in known.items() if one.asked]
    return _match(now, form, known, collecting)


def collects_addresses(form_json: Mapping[str, Any]) -> bool:
    """Whether the form collects its respondents' addresses by itself."""
    return (form_json.get("settings") or {}).get("emailCollectionType") in COLLECTING


def asked(form_json: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(id, title) of every question in the form's order; the rows of a grid as the responses sheet words them."""
    for item in form_json.get("items") or ():
        title = str(item.get("title") or "")
        single = (item.get("questionItem") or {}).get("question")
        if single and single.get("questionId"):
            yield str(single["questionId"]), title
        for row in (item.get("questionGroupItem") or {}).get("questions") or ():
            if row.get("questionId"):
                yield str(row["questionId"]), f"{title} [{(row.get('rowQuestion') or {}).get('title') or ''}]"


def _match(
    now: Sequence[tuple[str, str]], form: Form, known: Mapping[str, Known], collecting: bool
) -> QuestionMatch:
    claims = _claims(form)
    columns = {question.column for question in form.questions}
    mapped: dict[str, str] = {}
    unknown: list[str] = []
    renamed: list[tuple[str, str]] = []
    memory: dict[str, Known] = {}
    for question, title in now:
        by_title = claims.get(text.header_key(title), "")
        column = _column(known.get(question), by_title, claims, columns)
        if not column:
            unknown.append(title)
        else:
            mapped[question] = column
            if by_title != column:
                renamed.append((column, title))
        by_id_only = bool(column) and by_title != column
        memory[question] = Known(known[question].title if by_id_only else title, column)
    retired: dict[str, str] = {}
    for question, old in known.items():
        if question not in memory:
            column = _column(old, "", claims, columns)
            retired |= {question: column} if column else {}
            memory[question] = Known(old.title, column, asked=False)
    collected = _collected(form, claims) if collecting else ""
    lacking = [q for q in form.questions if q.column not in {*mapped.values(), collected}]
    return QuestionMatch(
        mapped,
        retired,
        tuple(unknown),
        tuple(q.column for q in lacking if not q.required),
        tuple(q.column for q in lacking if q.required),
        tuple(renamed),
        tuple(column for column, count in Counter(mapped.values()).items() if count > 1),
        collected,
        memory,
    )


def _column(old: Known | None, by_title: str, claims: Mapping[str, str], columns: set[str]) -> str:
    """The remembered column while the configuration bears it out, else that of the title; where both the title
    and the one remembered are unheard of, the column may only have been worded anew."""
    if old is None or old.column not in columns:
        return by_title
    claimed = claims.get(text.header_key(old.title), "")
    if claimed == old.column:
        return old.column
    return by_title or ("" if claimed else old.column)


def _claims(form: Form) -> dict[str, str]:
    """Comparable title -> column."""
    claims: dict[str, str] = {}
    for question in form.questions:
        for title in question.titles:
            claims.setdefault(text.header_key(title), question.column)
    claims.pop("", None)
    return claims


def _collected(form: Form, claims: Mapping[str, str]) -> str:
    """A question may be worded as the address that forms collect by themselves."""
    found = (claims.get(text.header_key(title), "") for title in form.email_titles)
    return next(filter(None, found), "")

"""The answers of a form: a table of cells as downloaded becomes submissions, and rows refused with a reason.

Columns are known by their titles, never by position. Nothing is corrected here: an answer is passed on
exactly as it was typed, and what cannot be read is said, not dropped. Pure, and it never raises.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from bridge.domain import intake_key
from bridge.domain.cells import Cell, as_text
from bridge.domain.problems import Problem
from bridge.domain.values import text, thai_date

HEADER_SEARCHED_ROWS = 30
EXCERPT_CHARACTERS = 80
TIMESTAMP, EMAIL, RESPONSE_ID = "submitted_at", "respondent_email", "response_id"


@dataclass(frozen=True)
class Question:
    """A question of a form. `titles`: its wording and the aliases of it. `normal`, one of intake_key.NORMALS,
    is how its answers are compared between kinds of download; nothing else follows from it."""

    column: str
    titles: tuple[str, ...]
    required: bool
    normal: str = "text"


@dataclass(frozen=True)
class Form:
    """A form as configured. A row is usable when a column of `needs_one_of` is filled."""

    name: str
    questions: tuple[Question, ...]
    timestamp_titles: tuple[str, ...]
    email_titles: tuple[str, ...]
    response_id_titles: tuple[str, ...]
    needs_one_of: tuple[str, ...]


@dataclass(frozen=True)
class Submission:
    """One response. `key` is its identity (see intake_key), the service's own where `response_id` is true.

    `row` counts from 1, as people see it; `submitted_at` is the naive wall clock of Bangkok, None where
    `typed_at` could not be read; `email` is the address the form collected, "" where it collected none;
    `answers` holds the cell of every question of the table, by column, byte for byte.
    """

    key: str
    response_id: bool
    row: int
    submitted_at: datetime | None
    typed_at: Cell
    email: str
    answers: Mapping[str, Cell]
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class RefusedRow:
    """A row that holds something but cannot be a submission. `value` is an excerpt of what it holds."""

    row: int
    column_title: str
    value: str
    problem: Problem
    key: str


@dataclass(frozen=True)
class Intake:
    """What a table gave. With `problem` the table as a whole cannot be used and nothing else is given.

    `unknown_titles` are titles of columns that no question claims; `missing_titles` are those of optional
    questions that the table lacks. Both together hint at a question that was renamed.
    """

    submissions: tuple[Submission, ...] = ()
    refused: tuple[RefusedRow, ...] = ()
    problem: Problem | None = None
    unknown_titles: tuple[str, ...] = ()
    missing_titles: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Layout:
    """Where the header is (counted from 0), and in which column what is found."""

    header: int
    places: Mapping[str, int]
    unknown: tuple[str, ...]
    problem: Problem | None = None

    def cells(self, row: Sequence[Cell]) -> dict[str, Cell]:
        return {column: row[place] if place < len(row) else None for column, place in self.places.items()}


@dataclass
class _Reader:
    """Walks the rows below the header."""

    form: Form
    layout: _Layout
    header: Mapping[str, Cell]  # of the columns that were found, as this table words them
    keys: intake_key.Keys
    submissions: list[Submission] = field(default_factory=list)
    refused: list[RefusedRow] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    def take(self, number: int, row: Sequence[Cell]) -> None:
        cells = self.layout.cells(row)
        if cells == self.header or all(map(_is_blank, cells.values())):
            return  # the second of two downloads pasted together brings its header along
        typed_at, email = cells.pop(TIMESTAMP, None), as_text(cells.pop(EMAIL, None))
        given_id = text.clean(as_text(cells.pop(RESPONSE_ID, None)))
        submitted_at, problems = _submitted_at(typed_at)
        moment = submitted_at if submitted_at is not None else as_text(typed_at)
        key = given_id or self.keys.of(moment, email, cells)
        if all(_is_blank(cells.get(column)) for column in self.form.needs_one_of):
            self._refuse_unusable(number, key, (typed_at, email, *cells.values()))
        elif given_id and given_id in self.seen:
            self._refuse_repeated(number, key)
        else:
            self.seen.add(key)
            self.submissions.append(
                Submission(
                    key,
                    bool(given_id),
                    number,
                    submitted_at,
                    typed_at,
                    email,
                    MappingProxyType(cells),
                    problems,
                )
            )

    def _refuse_unusable(self, number: int, key: str, cells: Sequence[Cell]) -> None:
        needed = [self._title(column) for column in self.form.needs_one_of if column in self.header]
        held = [as_text(cell) for cell in cells if not _is_blank(cell)]
        value = _excerpt(" · ".join(held))
        facts = {"needed": " / ".join(needed)}
        problem = Problem("row_unusable", value, _first(self.form.needs_one_of), facts)
        self.refused.append(RefusedRow(number, _first(needed), value, problem, key))

    def _refuse_repeated(self, number: int, key: str) -> None:
        value = _excerpt(key)
        problem = Problem("response_id_twice", value, RESPONSE_ID, {"id": value})
        self.refused.append(RefusedRow(number, self._title(RESPONSE_ID), value, problem, key))

    def _title(self, column: str) -> str:
        return as_text(self.header[column]).strip()


def read(rows: Sequence[Sequence[Cell]], form: Form) -> Intake:
    """The table `rows` (header included, ragged rows allowed) as submissions of `form`, in the table's order.

    The header is the row among the first 30 that names most of the form's titles. Rows without anything in a
    known column are skipped. An unreadable timestamp is a problem of its submission, not a refusal.
    """
    layout = _find_layout(rows, form)
    if layout.problem is not None:
        return Intake(problem=layout.problem)
    header = layout.cells(rows[layout.header])
    keys = intake_key.Keys({q.column: q.normal for q in form.questions if q.column in header})
    reader = _Reader(form, layout, header, keys)
    for index in range(layout.header + 1, len(rows)):
        reader.take(index + 1, rows[index])
    missing = tuple(_first(q.titles) for q in form.questions if q.column not in header)
    return Intake(tuple(reader.submissions), tuple(reader.refused), None, layout.unknown, missing)


def _find_layout(rows: Sequence[Sequence[Cell]], form: Form) -> _Layout:
    known = _known_titles(form)
    searched = rows[:HEADER_SEARCHED_ROWS]
    claims = [[known.get(_title_key(cell)) for cell in row] for row in searched]
    score = [len(set(claim) - {None}) for claim in claims]
    best = max(range(len(searched)), key=score.__getitem__, default=0)
    # One title alone may be an answer that happens to read like it.
    if not searched or score[best] < min(2, len(set(known.values()))) or not score[best]:
        return _Layout(0, {}, (), _no_header(form, len(searched)))
    places: dict[str, int] = {}
    twice: list[str] = []
    for column, candidates in _candidates(claims[best]):
        filled = [place for place in candidates if len(candidates) == 1 or _holds_anything(rows, best, place)]
        if len(filled) > 1:
            twice += [as_text(searched[best][place]).strip() for place in filled]
        places[column] = (filled or candidates)[0]
    absent = [_first(q.titles) for q in form.questions if q.required and q.column not in places]
    named = zip(searched[best], claims[best], strict=True)
    unknown = tuple(as_text(cell).strip() for cell, claim in named if claim is None and not _is_blank(cell))
    return _Layout(best, places, unknown, _whole_problem(best + 1, absent, twice))


def _known_titles(form: Form) -> dict[str, str]:
    """Comparable title -> column. Where two claim one title, the question comes first."""
    own = (
        (TIMESTAMP, form.timestamp_titles),
        (EMAIL, form.email_titles),
        (RESPONSE_ID, form.response_id_titles),
    )
    asked = tuple((question.column, question.titles) for question in form.questions)
    known: dict[str, str] = {}
    for column, titles in (*asked, *own):
        for title in titles:
            known.setdefault(text.header_key(title), column)
    known.pop("", None)
    return known


def _title_key(cell: Cell) -> str:
    return text.header_key(cell) if isinstance(cell, str) else ""


def _candidates(claim: Sequence[str | None]) -> Iterator[tuple[str, list[int]]]:
    places: dict[str, list[int]] = {}
    for place, column in enumerate(claim):
        if column is not None:
            places.setdefault(column, []).append(place)
    yield from places.items()


def _holds_anything(rows: Sequence[Sequence[Cell]], header: int, place: int) -> bool:
    below = (rows[index] for index in range(header + 1, len(rows)))
    return any(place < len(row) and not _is_blank(row[place]) for row in below)


def _no_header(form: Form, searched: int) -> Problem:
    wanted = [_first(question.titles) for question in form.questions if question.required]
    return Problem("header_not_found", facts={"searched": str(searched), "titles": _listed(wanted)})


def _whole_problem(row: int, absent: Sequence[str], twice: Sequence[str]) -> Problem | None:
    if twice:
        titles = [f"{title} ×{count}" if count > 1 else title for title, count in Counter(twice).items()]
        return Problem("title_twice", facts={"row": str(row), "titles": _listed(titles)})
    if absent:
        return Problem("question_missing", facts={"row": str(row), "titles": _listed(absent)})
    return None


def _submitted_at(typed: Cell) -> tuple[datetime | None, tuple[Problem, ...]]:
    if _is_blank(typed):
        return None, (Problem("timestamp_missing", "", TIMESTAMP),)
    if isinstance(typed, datetime):
        typed = intake_key.whole_second(typed)
    moment = thai_date.parse_datetime(typed).value
    if moment is None:
        return None, (Problem("timestamp_unreadable", _excerpt(as_text(typed)), TIMESTAMP),)
    return moment, ()


def _is_blank(cell: Cell) -> bool:
    if not isinstance(cell, str):
        return cell is None
    return not cell[:1].isalnum() and not text.clean(cell)  # the first test is only the quicker one


def _excerpt(value: str) -> str:
    return value if len(value) <= EXCERPT_CHARACTERS else value[: EXCERPT_CHARACTERS - 1] + "…"


def _listed(titles: Sequence[str]) -> str:
    return ", ".join(f"“{_excerpt(title)}”" for title in titles)


def _first(values: Sequence[str]) -> str:
    return values[0] if values else ""

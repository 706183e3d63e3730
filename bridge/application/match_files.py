"""Matching of whole files: duplicates among cases, links to the register, and weights fitted on labelled data."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bridge.application.errors import SheetError
from bridge.application.ports.wording import Wording
from bridge.domain.matching.compare import Names, compare_rows
from bridge.domain.matching.duplicates import Matches, find_duplicates, link_register
from bridge.domain.matching.fit import fit
from bridge.domain.matching.grounds import Levels, grounds, levels_of
from bridge.domain.matching.pairs import between, within
from bridge.domain.matching.people import COLUMNS, People, read
from bridge.domain.matching.texts import Flags, Ints
from bridge.domain.matching.weights import Verdict, Weights
from bridge.domain.values.text import header_key

SEPARATOR = " · "
# From this score on the verdict is `same`: 99.8 of 100 are, on data held out from fitting.
SAME = 0.95
FOLDS = 2
LEAST = 20  # pairs of one person; from fewer nothing can be learnt
NEIGHBOURS = 50  # persons numbered side by side may be one household: they stay in one part
_NAMED = ("name", "given_name", "family_name", "national_id")
_DASH = re.compile(r"[_\-–]")

Row = tuple[str, str, str, str, str]
Figures = dict[str, float]


@dataclass(frozen=True)
class TableColumns:
    """`rows` are the numbers that a spreadsheet shows beside the rows."""

    header: Sequence[str]
    columns: Sequence[list[str]]
    rows: Sequence[int]

    def __len__(self) -> int:
        return len(self.columns[0]) if self.columns else 0


@dataclass(frozen=True)
class Group:
    """The people of a file with the names of their rows; `streets`: they live in streets, not in villages."""

    ids: list[str]
    people: People
    streets: bool = False


@dataclass(frozen=True)
class Found:
    """`rows` as they go into the file of pairs or links, with the counts of each verdict."""

    rows: list[Row]
    same: int
    possible: int


class MatchFiles:
    """`headers[column]` are the headers under which a column may stand, the first one by default."""

    def __init__(self, wording: Wording, headers: Mapping[str, Sequence[str]]) -> None:
        self._wording, self._headers = wording, headers

    def group(self, table: TableColumns, id_column: str, file: str) -> Group:
        """Raises SheetError: match_columns_missing, match_id_missing, match_id_twice."""
        found = self._columns(table, id_column)
        if not any(name in found for name in _NAMED):
            wanted = ", ".join(self._headers[name][0] for name in _NAMED)
            raise SheetError("match_columns_missing", file=file, columns=wanted)
        ids = [value.strip() for value in found.get(id_column, [])]
        ids = ids or [str(number) for number in range(1, len(table) + 1)]
        self._refuse_ids(ids, table.rows, file, self._headers[id_column][0])
        people = read({name: found[name] for name in COLUMNS if name in found})
        return Group(ids, people, "street" in found and "moo" not in found)

    @staticmethod
    def _refuse_ids(ids: Sequence[str], rows: Sequence[int], file: str, column: str) -> None:
        if "" in ids:
            raise SheetError("match_id_missing", file=file, column=column, row=rows[ids.index("")])
        if len(set(ids)) == len(ids):
            return
        first: dict[str, int] = {}
        for each, row in zip(ids, rows, strict=True):
            if each in first:
                facts = {"value": each, "row": row, "first": first[each]}
                raise SheetError("match_id_twice", file=file, column=column, **facts)
            first[each] = row

    def duplicates(self, cases: Group, weights: Weights) -> Found:
        """The pairs that are more likely one person than two; the case that comes first is on the left."""
        return self._told(find_duplicates(cases.people, cases.ids, weights), cases.ids, cases.ids)

    def register(self, cases: Group, register: Group, weights: Weights) -> Found:
        """Each case that is likely in the register, with the person it most likely is."""
        found = link_register(cases.people, register.people, register.ids, weights)
        return self._told(found, cases.ids, register.ids)

    def _told(self, found: Matches, left: Sequence[str], right: Sequence[str]) -> Found:
        reasons: dict[tuple[Levels, bool], str] = {}
        rows = []
        told = zip(levels_of(found.evidence), found.joined.tolist(), strict=True)
        for one, other, score, verdict, key in zip(
            found.left.tolist(), found.right.tolist(), found.score.tolist(), found.verdict, told, strict=True
        ):
            if key not in reasons:
                reasons[key] = SEPARATOR.join(
                    self._wording.text("ground", ground.value) for ground in grounds(*key)
                )
            rows.append((left[one], right[other], f"{score:.4f}", verdict.value, reasons[key]))
        same = found.verdict.count(Verdict.SAME)
        return Found(rows, same, len(rows) - same)

    def _columns(self, table: TableColumns, id_column: str) -> dict[str, list[str]]:
        """The known columns; of two that mean the same the one whose header is named first."""
        places = {_header(header): place for place, header in reversed(list(enumerate(table.header)))}
        found = {}
        for column in (id_column, *COLUMNS):
            place = next((places[key] for key in map(_header, self._headers[column]) if key in places), None)
            if place is not None:
                found[column] = table.columns[place]
        return found

    # fitting

    def persons(self, table: TableColumns, id_column: str, ids: Sequence[str], file: str) -> list[str]:
        """The person of each row by a file of truth. Raises SheetError: match_truth, match_truth_missing."""
        places = {_header(header): place for place, header in reversed(list(enumerate(table.header)))}
        columns = []
        for column in (id_column, "person_id"):
            key = next((key for key in map(_header, self._headers[column]) if key in places), None)
            if key is None:
                raise SheetError("match_truth", file=file, column=self._headers[column][0])
            columns.append([cell.strip() for cell in table.columns[places[key]]])
        known = {row: person for row, person in zip(*columns, strict=True) if person}
        unknown = next((each for each in ids if each not in known), None)
        if unknown is not None:
            raise SheetError("match_truth_missing", file=file, value=unknown)
        return [known[each] for each in ids]

    def fit_duplicates(self, cases: Group, persons: Sequence[str]) -> tuple[Weights, Figures]:
        """Weights from all pairs, and what weights from one half of the people reach on the other half.
        Raises SheetError: match_few_answers."""
        numbers = _numbered(persons)
        _refuse_few(_pairs_of(numbers))
        households = not cases.streets
        weights = _fitted(cases.people, numbers, households)
        held_out = []
        for inside in _parts(numbers):
            half = _fitted(
                cases.people.take(np.flatnonzero(~inside).astype(np.int32)), numbers[~inside], households
            )
            rows = np.flatnonzero(inside).astype(np.int32)
            found = find_duplicates(cases.people.take(rows), [cases.ids[row] for row in rows], half)
            here = numbers[rows]
            held_out.append(_Count.of(found, here[found.left] == here[found.right], _pairs_of(here)))
        return weights, _figures(held_out)

    def fit_register(
        self,
        cases: Group,
        persons: Sequence[str],
        register: Group,
        register_persons: Sequence[str],
        known: Weights,
    ) -> tuple[Weights, Figures]:
        """The same for links; `known` weighs what a register does not hold."""
        numbers = _numbered([*persons, *register_persons])
        ours, theirs = numbers[: len(persons)], numbers[len(persons) :]
        _refuse_few(int(np.isin(ours, theirs).sum()))
        weights = _fitted_links(cases.people, ours, register.people, theirs, known)
        held_out = []
        for inside, inside_register in zip(_parts(ours), _parts(theirs), strict=True):
            rest, rest_register = (
                np.flatnonzero(~part).astype(np.int32) for part in (inside, inside_register)
            )
            half = _fitted_links(
                cases.people.take(rest),
                ours[rest],
                register.people.take(rest_register),
                theirs[rest_register],
                known,
            )
            rows, people = (np.flatnonzero(part).astype(np.int32) for part in (inside, inside_register))
            listed = [register.ids[row] for row in people]
            found = link_register(cases.people.take(rows), register.people.take(people), listed, half)
            hit = ours[rows][found.left] == theirs[people][found.right]
            held_out.append(_Count.of(found, hit, int(np.isin(ours[rows], theirs[people]).sum())))
        return weights, _figures(held_out)


def _refuse_few(same: int) -> None:
    if same < LEAST:
        raise SheetError("match_few_answers", count=same, least=LEAST)


def _header(header: str) -> str:
    return _DASH.sub("", header_key(header))


def _numbered(persons: Sequence[str]) -> Ints:
    """Whole numbers as they are, so that neighbours stay neighbours; other names in the order they come."""
    if all(person.isascii() and person.isdigit() and len(person) < 18 for person in persons):
        return np.array([int(person) for person in persons], np.int64)
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(person, len(numbers)) for person in persons], np.int64)


def _parts(numbers: Ints) -> Iterator[Flags]:
    for part in range(FOLDS):
        yield numbers // NEIGHBOURS % FOLDS == part


def _pairs_of(numbers: Ints) -> int:
    counts = np.unique(numbers, return_counts=True)[1]
    return int((counts * (counts - 1) // 2).sum())


def _fitted(people: People, numbers: Ints, households: bool) -> Weights:
    left, right = within(people)
    evidence = compare_rows(people, left, people, right, Names.of(people))
    return fit(evidence, numbers[left] == numbers[right], SAME, households=households)


def _fitted_links(cases: People, ours: Ints, register: People, theirs: Ints, known: Weights) -> Weights:
    left, right = between(cases, register)
    evidence = compare_rows(cases, left, register, right, Names.of(cases, register))
    return fit(evidence, ours[left] == theirs[right], SAME, known)


@dataclass(frozen=True)
class _Count:
    true: int
    told: int
    right: int
    same: int
    same_right: int

    @classmethod
    def of(cls, found: Matches, right: Flags, true: int) -> _Count:
        same = np.array([verdict is Verdict.SAME for verdict in found.verdict], np.bool_)
        return cls(true, len(found), int(right.sum()), int(same.sum()), int((right & same).sum()))


def _figures(counts: Sequence[_Count]) -> Figures:
    def total(of: Callable[[_Count], int]) -> int:
        return max(sum(map(of, counts)), 1)

    precision = total(lambda each: each.right) / total(lambda each: each.told)
    recall = total(lambda each: each.right) / total(lambda each: each.true)
    figures = {
        "held_out_f1": 2 * precision * recall / (precision + recall),
        "held_out_precision": precision,
        "held_out_recall": recall,
        "held_out_precision_of_same": total(lambda each: each.same_right) / total(lambda each: each.same),
        "held_out_recall_of_same": total(lambda each: each.same_right) / total(lambda each: each.true),
    }
    return {name: round(value, 4) for name, value in figures.items()}

"""The way through a file of the poverty register: what can be told of it as a whole, and its rows, good and refused."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

import numpy as np

from bridge.application.errors import SheetError
from bridge.application.ports.forms import Unreadable
from bridge.application.ports.register_imports import RefusedSheet, RegisterFile
from bridge.application.ports.wording import Wording
from bridge.application.tombstones import Erased
from bridge.domain.cells import Cell, as_text
from bridge.domain.problems import Problem
from bridge.domain.register_rows import HEADER_SEARCH_ROWS, Header, Refusal, RegisterReader, Row

SAMPLE = 1_000  # rows by which it is judged what the columns hold
REASONS = 50  # that are told; all of them stand in the file of refused rows


@dataclass
class RegisterReport:
    """`erased`: rows that were erased, or whose person is kept out. `refused`: the first reasons, as sentences;
    `refused_file` holds all such rows. `former_places`: rows that name a place of former days, `notes` tells the first
    of them. `version` is "" where nothing changed."""

    new: int = 0
    changed: int = 0
    same: int = 0
    erased: int = 0
    refused_rows: int = 0
    refused: list[str] = field(default_factory=list)
    refused_file: str = ""
    former_places: int = 0
    notes: list[str] = field(default_factory=list)
    version: str = ""


@dataclass(frozen=True)
class Scan:
    """What is known of a file before its first row is taken."""

    header: Header
    rows: int
    ids: bool  # its numbers are 13-digit ids
    again: frozenset[int]  # hashes of numbers that stand in it more than once


class RegisterWords:
    """What people are told of a file. `columns[column]` names a column to them."""

    def __init__(self, wording: Wording, columns: Mapping[str, str]) -> None:
        self._wording, self._columns = wording, columns

    def column(self, column: str, header: Header) -> str:
        """As it is called in this file, where it is there."""
        return header.titles(column) or self._columns.get(column, column)

    def where(self, file: RegisterFile, row: int) -> str:
        if file.sheet:
            return self._wording.text("register", "where_sheet", file=file.name, sheet=file.sheet, row=row)
        return self._wording.text("register", "where", file=file.name, row=row)

    def of_row(self, code: str, file: RegisterFile, row: int, **facts: object) -> str:
        return self._wording.text("register", code, **{"where": self.where(file, row), **facts})

    def title_of_reasons(self) -> str:
        return self._wording.text("register", "reason")

    def unreadable(self, trouble: Unreadable) -> SheetError:
        reason = self._wording.problem(Problem(trouble.code, facts=trouble.facts))
        return SheetError("register_unreadable", file=trouble.name, reason=reason)


class RegisterScanner:
    def __init__(self, reader: RegisterReader, words: RegisterWords) -> None:
        self._reader, self._words = reader, words

    def scan(self, file: RegisterFile) -> Scan:
        """Goes through the whole file once: what is damaged at its end is found before anything is taken. Raises
        SheetError when the file as a whole cannot be used, and Damaged."""
        header = self._header(file)
        sample = [
            row
            for cells in islice(file.rows, header.row + 1, header.row + 1 + SAMPLE)
            if (row := self._reader.row(cells, header)) is not None
        ]
        self._refuse_swapped(file, header, sample)
        numbers = [self._reader.number(row, ids=True) for row in sample]
        ids = 2 * sum(len(each) == 13 and each.isdigit() for each in numbers) > len(numbers)
        place = next(at for at, column in header.columns.items() if column == "number")
        hashes, rows = array("q"), 0
        for rows, cells in enumerate(file.rows, 1):  # noqa: B007
            cell = cells[place] if place < len(cells) else None
            if cell is not None:
                hashes.append(hash(self._reader.number({"number": cell}, ids)))
        found, times = np.unique(np.frombuffer(hashes, dtype=np.int64), return_counts=True)
        return Scan(header, rows, ids, frozenset(found[times > 1].tolist()))

    def _header(self, file: RegisterFile) -> Header:
        header = self._reader.header(islice(file.rows, HEADER_SEARCH_ROWS))
        where = self._words.where(file, header.row + 1 if header.columns else 1)
        if header.missing:
            missing = ", ".join(self._words.column(column, header) for column in header.missing)
            raise SheetError("register_columns", where=where, columns=missing)
        if header.twice:
            twice = "; ".join(header.titles(column) for column in header.twice)
            raise SheetError("register_columns_twice", where=where, columns=twice)
        return header

    def _refuse_swapped(self, file: RegisterFile, header: Header, sample: Sequence[Row]) -> None:
        """Where most rows only make sense the other way round, the headers stand over the wrong columns."""
        tests = (
            ("number", "name", self._reader.names_swapped),
            ("tambon", "amphoe", self._reader.places_swapped),
        )
        for left, right, swapped in tests:
            odd = [row for row in sample if swapped(row)]
            if 2 * len(odd) > len(sample):
                raise SheetError(
                    "register_columns_swapped",
                    where=self._words.where(file, header.row + 1),
                    left=self._words.column(left, header),
                    right=self._words.column(right, header),
                    value=as_text(odd[0].get(left)),
                )


class GoodRows:
    """The rows that can be taken, each with its place in the file, from 1. The others go into the report and the sheet.
    Gone through once."""

    def __init__(
        self,
        file: RegisterFile,
        scan: Scan,
        reader: RegisterReader,
        words: RegisterWords,
        erased: Erased,
        sheet: RefusedSheet,
    ) -> None:
        self._file, self._scan, self._reader, self._words = file, scan, reader, words
        self._erased, self._sheet = erased, sheet
        self._seen: dict[str, int] = {}
        self.report = RegisterReport()

    def __iter__(self) -> Iterator[tuple[int, Row]]:
        reader, header = self._reader, self._scan.header
        for at, cells in enumerate(self._file.rows, 1):
            row = reader.row(cells, header) if at > header.row + 1 else None
            if row is None:
                continue
            number = reader.number(row, self._scan.ids)
            refusal = reader.surplus(cells, header) or reader.refusal(row, number) or self._again(number, at)
            if refusal is not None:
                self._refuse(cells, refusal, at)
            elif self._erased.register_row(number) or self._erased.kept_out(number):
                self.report.erased += 1
            else:
                row["number"] = number
                self._place(row, at)
                yield at, row

    def _place(self, row: Row, at: int) -> None:
        tambon, amphoe = row.get("tambon"), row.get("amphoe")
        if not self._reader.placed(row):
            return
        self.report.former_places += 1
        if len(self.report.notes) < REASONS:
            named, now = _place(tambon, amphoe), _place(row.get("tambon"), row.get("amphoe"))
            code = "place_former" if now != named else "place_divided"
            self.report.notes.append(self._words.of_row(code, self._file, at, value=named, now=now))

    def _again(self, number: str, at: int) -> Refusal | None:
        if hash(number) not in self._scan.again:
            return None
        first = self._seen.setdefault(number, at)
        return None if first == at else Refusal("twice", "number", number, {"first": first})

    def _refuse(self, cells: Sequence[Cell], refusal: Refusal, at: int) -> None:
        facts = {"column": self._words.column(refusal.column, self._scan.header), "value": refusal.value}
        reason = self._words.of_row(refusal.code, self._file, at, **facts, **refusal.facts)
        self._sheet.add(cells, reason)
        self.report.refused_rows += 1
        if len(self.report.refused) < REASONS:
            self.report.refused.append(reason)


def _place(tambon: Cell, amphoe: Cell) -> str:
    return f"{as_text(tambon)} {as_text(amphoe)}".strip()

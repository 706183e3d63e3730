"""What every case adds to the summaries, in columns of numbers, and the counts that follow a change of some.

A field's different values (`FieldWords`) are numbered; a case is a column of such numbers at a place of its own. Each
grouping of the tables is counted by `Cells`: all cases at once, or the old numbers of changed cases off and their
new ones on. Both give the same counts, because nothing but counts is kept: money is counted by its amount.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt

from bridge.domain.summary import CaseFigures, Paid, Tally, YearTally

Value = str | int | None
Codes = npt.NDArray[np.uint32]  # [field, case]
Counts = npt.NDArray[np.int64]

FEW = 1 << 20  # combinations that are counted in a row of counters of their own; more are sorted
BITS = 63


# Values are such as JSON keeps, an amount in satang. None, and only that, has the number 0: a case that is none, or
# none any more, has it everywhere, others only in the amount, where it is 0 or unknown.
FIELDS = CaseFigures._fields
_AT = {name: at for at, name in enumerate(FIELDS)}
YEAR, AMOUNT = "fiscal_year", "amount"
PAID = (
    "transferred",
    AMOUNT,
)  # the last fields of the groups of money, which count cases with an amount alone
# The groups of a YearTally, by their fields.
GROUPS = {
    "progress": (YEAR, "month", "operation", "step", "checked", "goods", "amount_unreadable"),
    "kinds": (YEAR, "case_type", "operation", "step", "outcome"),
    "places": (YEAR, "amphoe", "tambon", "operation", "step"),
    "paid_kinds": (YEAR, "month", "case_type", *PAID),
    "paid_places": (YEAR, "amphoe", "tambon", *PAID),
}


class FieldWords:
    """The different values of a field, numbered from 1, and how many cases have each. What nobody has any more is
    forgotten, and its number given to another: somebody's words may be erased."""

    def __init__(self, values: Sequence[Value] = (None,)) -> None:
        self.values = list(values)
        self._codes = {value: code for code, value in enumerate(self.values) if value is not None or not code}
        self._free = [code for code, value in enumerate(self.values) if value is None and code]
        self.uses = np.zeros(len(self.values), np.int64)

    def codes(self, values: Sequence[Value]) -> npt.NDArray[np.uint32]:
        """New values get a number."""
        for value in set(values).difference(self._codes):
            self._codes[value] = self._new(value)
        return np.fromiter(map(self._codes.__getitem__, values), np.uint32, len(values))

    def _new(self, value: Value) -> int:
        if self._free:
            code = self._free.pop()
            self.values[code] = value
            return code
        self.values.append(value)
        return len(self.values) - 1

    def use(self, gone: npt.NDArray[np.uint32], come: npt.NDArray[np.uint32]) -> None:
        if len(self.uses) < len(self.values):
            self.uses = np.concatenate([self.uses, np.zeros(len(self.values), np.int64)])
        np.add.at(self.uses, come, 1)
        np.subtract.at(self.uses, gone, 1)
        for code in np.unique(gone).tolist():
            if code and not self.uses[code]:
                del self._codes[self.values[code]]
                self.values[code] = None
                self._free.append(code)


class Cells:
    """How many cases have each combination of some fields' numbers, a combination packed into one number."""

    def __init__(self, columns: Sequence[npt.NDArray[Any]], sizes: Sequence[int]) -> None:
        """`sizes` are the numbers in use of each field; twice as many fit before all have to be counted anew."""
        self._bits = [(2 * size).bit_length() for size in sizes]
        self._keys, self.counts = _counted(self._packed(columns), sum(self._bits))

    def change(self, gone: Sequence[npt.NDArray[Any]], come: Sequence[npt.NDArray[Any]]) -> bool:
        """Takes the one off and the other on. False, and nothing is changed, where a number does not fit."""
        for column, bits in zip(come, self._bits, strict=True):
            if column.size and int(column.max()) >> bits:
                return False
        off, on = self._packed(gone), self._packed(come)
        keys, which = np.unique(np.concatenate([off, on]), return_inverse=True)
        net = np.bincount(which, np.repeat([-1.0, 1.0], [off.size, on.size]), keys.size).astype(np.int64)
        at = np.searchsorted(self._keys, keys)
        there = at < self._keys.size
        there[there] = self._keys[at[there]] == keys[there]
        self.counts[at[there]] += net[there]
        new = ~there & (net != 0)
        if new.any():
            self._keys = np.insert(self._keys, at[new], keys[new])
            self.counts = np.insert(self.counts, at[new], net[new])
        return True

    def held(self) -> tuple[list[npt.NDArray[Any]], Counts]:
        """The numbers of each combination that somebody has, field by field, in their order; and how many."""
        held = self.counts != 0
        keys, columns = self._keys[held], []
        for bits in reversed(self._bits):
            columns.append((keys & ((1 << bits) - 1)).astype(np.int64))
            keys = keys >> bits
        return columns[::-1], self.counts[held]

    def _packed(self, columns: Sequence[npt.NDArray[Any]]) -> npt.NDArray[Any]:
        whole = (
            np.int64 if sum(self._bits) <= BITS else object
        )  # numbers of any size, and slow: never seen yet
        packed = np.zeros(len(columns[0]), whole)
        for column, bits in zip(columns, self._bits, strict=True):
            packed <<= bits
            packed |= column.astype(whole) if whole is object else column
        return packed


def _counted(packed: npt.NDArray[Any], bits: int) -> tuple[npt.NDArray[Any], Counts]:
    """The different numbers in their order, and how many there are of each."""
    if 1 << bits <= FEW:
        counts = np.bincount(packed)
        keys = np.flatnonzero(counts)
        return keys, counts[keys]
    keys, counts = np.unique(packed, return_counts=True)
    return keys, counts


class CaseColumns:
    """All cases, each at a place of its own (0 and up), and the counts of every group."""

    def __init__(
        self, words: Mapping[str, Sequence[Value]] | None = None, codes: Codes | None = None
    ) -> None:
        """`words` as `words_record` gave them and the cases' `codes`; neither where there is no case."""
        words, codes = words or {}, np.zeros((len(FIELDS), 0), np.uint32) if codes is None else codes
        self.words = [FieldWords(words.get(name, (None,))) for name in FIELDS]
        self.codes = codes
        for known, column in zip(self.words, codes, strict=True):
            known.uses = np.bincount(column, minlength=len(known.values))
        self.recount()

    def recount(self) -> None:
        self._cells = {group: self._cells_of(group) for group in GROUPS}

    def _cells_of(self, group: str) -> Cells:
        sizes = [len(self.words[_AT[name]].values) for name in GROUPS[group]]
        return Cells(_of_group(group, self.codes), sizes)

    def change(self, figures: Mapping[int, CaseFigures | None]) -> None:
        """The cases of these places are as told from now on; None where there is none any more."""
        places = np.fromiter(figures, np.int64, len(figures))
        self._grow(int(places.max(initial=-1)) + 1)
        gone, come = self.codes[:, places], self._coded(list(figures.values()))
        self.codes[:, places] = come
        for known, old, new in zip(self.words, gone, come, strict=True):
            known.use(old, new)
        for group, cells in self._cells.items():
            if not cells.change(_of_group(group, gone), _of_group(group, come)):
                self._cells[group] = self._cells_of(group)

    def _coded(self, figures: Sequence[CaseFigures | None]) -> Codes:
        coded = np.zeros((len(FIELDS), len(figures)), np.uint32)
        there = [at for at, case in enumerate(figures) if case is not None]
        columns = zip(*filter(None, figures), strict=True)
        for name, known, row, values in zip(FIELDS, self.words, coded, columns, strict=False):
            row[there] = known.codes(_satang(values) if name == AMOUNT else values)
        return coded

    def _grow(self, size: int) -> None:
        held = self.codes.shape[1]
        if size > held:
            more = np.zeros((len(FIELDS), max(size, held + held // 8) - held), np.uint32)
            self.codes = np.concatenate([self.codes, more], axis=1)
            for known in self.words:
                known.uses[0] += more.shape[1]

    def words_record(self) -> dict[str, list[Value]]:
        """The values of each field by their numbers, as they can be kept as JSON."""
        return {name: known.values for name, known in zip(FIELDS, self.words, strict=True)}

    def tally(self) -> Tally:
        """The counts under the words themselves."""
        years: dict[int, YearTally] = {}
        for group, cells in self._cells.items():
            columns, counts = cells.held()
            found = self._paid(columns, counts) if AMOUNT in GROUPS[group] else (columns, counts.tolist())
            words = [self.words[_AT[name]].values for name in GROUPS[group]]
            keys = [
                map(known.__getitem__, codes.tolist()) for known, codes in zip(words, found[0], strict=False)
            ]
            for year, *key, cases in zip(*keys, found[1], strict=True):
                getattr(years.setdefault(year, YearTally()), group)[tuple(key)] = cases
        return Tally(years)

    def _paid(
        self, columns: list[npt.NDArray[Any]], counts: Counts
    ) -> tuple[list[npt.NDArray[Any]], list[Paid]]:
        """The money of each combination of the fields before `PAID`."""
        *keys, transferred, satang = columns
        if not counts.size:
            return keys, []
        firsts = np.flatnonzero(np.any([np.diff(key, prepend=-1) for key in keys], axis=0))
        amounts = _numbers([int(value or 0) for value in self.words[_AT[AMOUNT]].values], counts)[satang]
        moved = np.array([bool(value) for value in self.words[_AT["transferred"]].values])[transferred]
        sums = (counts, amounts * counts, counts * moved, amounts * counts * moved)
        cases, baht, moved_cases, moved_baht = (np.add.reduceat(each, firsts).tolist() for each in sums)
        highest = np.maximum.reduceat(amounts, firsts).tolist()
        paid = [
            Paid(one, Decimal(two).scaleb(-2), Decimal(three).scaleb(-2), four, Decimal(five).scaleb(-2))
            for one, two, three, four, five in zip(cases, baht, highest, moved_cases, moved_baht, strict=True)
        ]
        return [key[firsts] for key in keys], paid


def _satang(amounts: Sequence[Decimal | None]) -> list[int | None]:
    return [int(amount * 100) if amount else None for amount in amounts]


def _numbers(satang: Sequence[int], counts: Counts) -> npt.NDArray[Any]:
    """Exact in whatever is made of them by these counts."""
    most = max(map(abs, satang)) * int(counts.sum())
    return np.array(satang, np.int64 if most < 1 << BITS else object)


def _of_group(group: str, codes: Codes) -> list[npt.NDArray[np.uint32]]:
    wanted = codes[_AT[AMOUNT if AMOUNT in GROUPS[group] else YEAR]] != 0
    columns = [codes[_AT[name]] for name in GROUPS[group]]
    return columns if wanted.all() else [column[wanted] for column in columns]


def tally(cases: Iterable[CaseFigures]) -> Tally:
    """The cases counted."""
    columns = CaseColumns()
    columns.change(dict(enumerate(cases)))
    return columns.tally()

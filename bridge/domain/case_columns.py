"""What every case adds to the summaries, in columns of numbers, and the counts that follow a change of some.

A field's different values (`FieldWords`) are numbered; a case is a column of such numbers at a place of its own. Each
grouping of the tables is counted by `Cells`: all cases at once, or the old numbers of changed cases off and their
new ones on. Both give the same counts, because nothing but counts is kept: money is counted by its amount.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt

from bridge.domain.summary import CaseFigures, Paid, Tally, YearTally

Value = str | int | None
Codes = npt.NDArray[np.uint32]  # [field, case]
Counts = npt.NDArray[np.int64]
Part = Mapping[str, npt.NDArray[np.uint32]]  # of each field the numbers of some cases

FEW = 1 << 22  # combinations that are counted in a row of counters of their own; more are sorted
BITS = 63

# Values are such as JSON keeps, an amount in satang. None, and only that, has the number 0: a case that is none, or
# none any more, has it everywhere, others only in the amount, where it is 0 or unknown.
FIELDS = CaseFigures._fields
_AT = {name: at for at, name in enumerate(FIELDS)}
YEAR, AMOUNT = "fiscal_year", "amount"
# The last fields of the groups of money, which count cases with an amount alone.
PAID = ("transferred", AMOUNT)
# The groups of a YearTally, by their fields.
GROUPS = {
    "progress": (YEAR, "month", "operation", "step", "checked", "goods", "amount_unreadable"),
    "kinds": (YEAR, "case_type", "operation", "step", "outcome"),
    "places": (YEAR, "amphoe", "tambon", "operation", "step"),
    "paid_kinds": (YEAR, "month", "case_type", *PAID),
    "paid_places": (YEAR, "amphoe", "tambon", *PAID),
}
# What people may have typed, and a group that has it.
TYPED = {
    "case_type": "kinds",
    "operation": "kinds",
    "step": "kinds",
    "outcome": "kinds",
    "amphoe": "places",
    "tambon": "places",
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
        try:
            return self._known(values)
        except KeyError:
            for value in set(values).difference(self._codes):
                self._codes[value] = self._new(value)
            return self._known(values)

    def _known(self, values: Sequence[Value]) -> npt.NDArray[np.uint32]:
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
        many = len(self.uses)
        self.uses += np.bincount(come, minlength=many) - np.bincount(gone, minlength=many)
        for code in np.unique(gone[self.uses[gone] == 0]).tolist():
            if code:
                del self._codes[self.values[code]]
                self.values[code] = None
                self._free.append(code)


class Cells:
    """How many cases have each combination of some fields' numbers, a combination packed into one number."""

    def __init__(self, columns: Sequence[npt.NDArray[Any]], sizes: Sequence[int]) -> None:
        """`sizes` are how many numbers each field has; up to the next power of two fit before all have to be counted
        anew."""
        self._bits = [max(size - 1, 1).bit_length() for size in sizes]
        self._keys, self._counts = _counted(self._packed(columns), sum(self._bits))

    def change(self, gone: Sequence[npt.NDArray[Any]], come: Sequence[npt.NDArray[Any]]) -> bool:
        """Takes the one off, which were counted before, and the other on. False, and nothing is changed, where a
        number does not fit."""
        for column, bits in zip(come, self._bits, strict=True):
            if column.size and int(column.max()) >> bits:
                return False
        off, on = self._packed(gone), self._packed(come)
        off, on = np.sort(off[off != 0]), np.sort(on[on != 0])  # 0: no case; in order they are found sooner
        many = self._keys.size
        self._counts -= np.bincount(np.searchsorted(self._keys, off), minlength=many)
        at = np.searchsorted(self._keys, on)
        new = at == many
        new[~new] = self._keys[at[~new]] != on[~new]
        self._counts += np.bincount(at[~new], minlength=many)
        if new.any():
            keys, counts = np.unique(on[new], return_counts=True)
            at = np.searchsorted(self._keys, keys)
            self._keys, self._counts = np.insert(self._keys, at, keys), np.insert(self._counts, at, counts)
        return True

    def held(self) -> tuple[list[npt.NDArray[np.int64]], Counts]:
        """The numbers of each combination that somebody has, field by field, in their order; and how many."""
        held = self._counts != 0
        keys, columns = self._keys[held], []
        for bits in reversed(self._bits):
            columns.append((keys & ((1 << bits) - 1)).astype(np.int64))
            keys = keys >> bits
        return columns[::-1], self._counts[held]

    def _packed(self, columns: Sequence[npt.NDArray[Any]]) -> npt.NDArray[Any]:
        whole = self._whole()
        packed = np.zeros(len(columns[0]), whole)
        for column, bits in zip(columns, self._bits, strict=True):
            packed <<= bits
            packed |= column.astype(whole, copy=False)
        return packed

    def _whole(self) -> Any:
        bits = sum(self._bits)
        if bits > BITS:
            return object  # of any size, and slow: it takes thousands of typed words in several fields
        return np.uint32 if bits <= min(32, BITS) else np.int64


def _counted(packed: npt.NDArray[Any], bits: int) -> tuple[npt.NDArray[Any], Counts]:
    """The different numbers in their order, and how many there are of each."""
    if 1 << bits <= FEW:
        counts = np.bincount(packed)
        keys = np.flatnonzero(counts)
        return keys.astype(packed.dtype), counts[keys]
    keys, counts = np.unique(packed, return_counts=True)
    return keys, counts


class CaseColumns:
    """All cases, each at a place of its own (0 and up), and the counts of every group."""

    def __init__(
        self, words: Mapping[str, Sequence[Value]] | None = None, codes: Codes | None = None
    ) -> None:
        """`words` as `words_record` gave them and the cases' `codes`; neither where there is no case."""
        self.words = {name: FieldWords((words or {}).get(name, (None,))) for name in FIELDS}
        self.codes = np.zeros((len(FIELDS), 0), np.uint32) if codes is None else codes
        every, paid = _parts(self.codes)
        self._cells = {
            group: self._cells_of(group, paid if AMOUNT in GROUPS[group] else every) for group in GROUPS
        }
        for name, group in TYPED.items():
            columns, counts = self._cells[group].held()
            column = columns[GROUPS[group].index(name)]
            known = self.words[name]
            known.uses = np.bincount(column, counts, len(known.values)).astype(np.int64)

    def _cells_of(self, group: str, columns: Part) -> Cells:
        names = GROUPS[group]
        return Cells([columns[name] for name in names], [len(self.words[name].values) for name in names])

    def change(self, figures: Mapping[int, CaseFigures | None]) -> None:
        """The cases of these places are as told from now on; None where there is none any more."""
        places = np.fromiter(figures, np.int64, len(figures))
        self._grow(int(places.max(initial=-1)) + 1)
        gone, come = self.codes[:, places], self._coded(list(figures.values()))
        self.codes[:, places] = come
        for name in TYPED:
            self.words[name].use(gone[_AT[name]], come[_AT[name]])
        (gone_every, gone_paid), (come_every, come_paid) = _parts(gone), _parts(come)
        for group, names in GROUPS.items():
            off, on = (gone_paid, come_paid) if AMOUNT in names else (gone_every, come_every)
            if not self._cells[group].change([off[name] for name in names], [on[name] for name in names]):
                self._cells[group] = self._cells_of(group, _parts(self.codes)[AMOUNT in names])

    def _coded(self, figures: Sequence[CaseFigures | None]) -> Codes:
        coded = np.zeros((len(FIELDS), len(figures)), np.uint32)
        there = [at for at, case in enumerate(figures) if case is not None]
        if there:
            columns = zip(FIELDS, zip(*filter(None, figures), strict=True), strict=True)
            coded[:, there] = [
                self.words[name].codes(_satang(values) if name == AMOUNT else values)
                for name, values in columns
            ]
        return coded

    def _grow(self, size: int) -> None:
        held = self.codes.shape[1]
        if size > held:
            more = np.zeros((len(FIELDS), max(size, held + held // 8) - held), np.uint32)
            self.codes = np.concatenate([self.codes, more], axis=1)

    def words_record(self) -> dict[str, list[Value]]:
        """The values of each field by their numbers, as they can be kept as JSON."""
        return {name: known.values for name, known in self.words.items()}

    def tally(self) -> Tally:
        """The counts under the words themselves."""
        years: dict[int, YearTally] = defaultdict(YearTally)
        for group, cells in self._cells.items():
            columns, counts = cells.held()
            found = self._paid(columns, counts) if AMOUNT in GROUPS[group] else (columns, counts.tolist())
            keys = [
                map(self.words[name].values.__getitem__, codes.tolist())
                for name, codes in zip(GROUPS[group], found[0], strict=False)
            ]
            for year, *key, cases in zip(*keys, found[1], strict=True):
                if year is not None:
                    getattr(years[year], group)[tuple(key)] = cases
        return Tally(years)

    def _paid(
        self, columns: list[npt.NDArray[np.int64]], counts: Counts
    ) -> tuple[list[npt.NDArray[np.int64]], list[Paid]]:
        """The money of each combination of the fields before `PAID`."""
        *keys, transferred, satang = columns
        if not counts.size:
            return keys, []
        firsts = np.flatnonzero(np.any([np.diff(key, prepend=-1) for key in keys], axis=0))
        amounts = _numbers([int(value or 0) for value in self.words[AMOUNT].values], counts)[satang]
        moved = np.array([bool(value) for value in self.words["transferred"].values])[transferred]
        sums = (counts, amounts * counts, counts * moved, amounts * counts * moved)
        cases, baht, moved_cases, moved_baht = (np.add.reduceat(each, firsts).tolist() for each in sums)
        highest = np.maximum.reduceat(amounts, firsts).tolist()
        paid = [
            Paid(one, Decimal(two).scaleb(-2), Decimal(three).scaleb(-2), four, Decimal(five).scaleb(-2))
            for one, two, three, four, five in zip(cases, baht, highest, moved_cases, moved_baht, strict=True)
        ]
        return [key[firsts] for key in keys], paid


def _parts(codes: Codes) -> tuple[Part, Part]:
    """The columns of all cases, and of those that have an amount."""
    paid = np.flatnonzero(codes[_AT[AMOUNT]])
    names = (*GROUPS["paid_kinds"], *GROUPS["paid_places"])
    return dict(zip(FIELDS, codes, strict=True)), {name: codes[_AT[name]][paid] for name in names}


def _satang(amounts: Sequence[Decimal | None]) -> list[int | None]:
    return [int(amount * 100) if amount else None for amount in amounts]


def _numbers(satang: Sequence[int], counts: Counts) -> npt.NDArray[Any]:
    """Exact in whatever is made of them by these counts."""
    most = max(map(abs, satang)) * int(counts.sum())
    return np.array(satang, np.int64 if most < 1 << BITS else object)


def tally(cases: Iterable[CaseFigures]) -> Tally:
    """The cases counted."""
    columns = CaseColumns()
    columns.change(dict(enumerate(cases)))
    return columns.tally()

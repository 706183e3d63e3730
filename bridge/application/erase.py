"""Erasing a person's cases (PDPA s. 33): shown first, then done, and never undone by what still holds the data.

The tombstones are on disk outside the ledger before anything is erased. Whatever happens after that - the program is
stopped, an older ledger is put back, the ledger is lost - `catch_up` brings the ledger to the same end.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import islice, product

from bridge.application.errors import Busy, OutsideError
from bridge.application.match_register import CHANGED
from bridge.application.ports.cases import CaseStore
from bridge.application.ports.clock import Clock
from bridge.application.ports.erasures import Erasure, ErasureFile, Erasures
from bridge.application.ports.journal import Journal
from bridge.application.ports.records import Records
from bridge.application.ports.register import Register, RegisterEntry, RegisterQuery
from bridge.application.ports.reviews import ReviewStore
from bridge.application.ports.rows import Event, Presence, RowState, RowStore
from bridge.application.ports.wording import Wording
from bridge.application.review_list import ReviewList
from bridge.domain.cells import Cell, canonical
from bridge.domain.erasure import has_aid, names_one, remains, words_of
from bridge.domain.sheets import CASES
from bridge.domain.tombstones import ROW, Kind, Seal, Tombstone
from bridge.domain.values import national_id, person_name
from bridge.domain.values.search import needles, place_name
from bridge.domain.workflow import Rules

MOST_ROWS = 1_000  # ways in which one row may have looked
MOST_LISTED = 20
WIPE = "wipe"  # the setting that is filled while deleted text may still be in the database's files
_REVIEW_STAYS = ("item", "found_at", "kind", "case_id", "status")


@dataclass(frozen=True)
class Found:
    """A case as the admin is shown it: what goes and what stays. `paid`: the record of money or goods is kept by law.
    `erased`: that was done before."""

    case: str
    goes: Mapping[str, Cell]
    stays: Mapping[str, Cell]
    paid: bool
    erased: bool


class NothingToErase(Exception):
    """None of these cases is there, or all were erased before."""


class Erase:
    """`forget_files(cases)` deletes what is kept of the cases in files of their own; it may be called again for
    the same cases. `lease` keeps cycles away meanwhile."""

    def __init__(
        self,
        rows: RowStore,
        cases: CaseStore,
        records: Records,
        register: Register,
        reviews: ReviewStore,
        review_list: ReviewList,
        erasures: Erasures,
        file: ErasureFile,
        journal: Journal,
        clock: Clock,
        seal: Seal,
        rules: Rules,
        wording: Wording,
        lease: Callable[[], AbstractContextManager[None]],
        new_key: Callable[[], str],
        forget_files: Callable[[Sequence[str]], object],
        forget_matches: Callable[[Collection[str]], set[str]],
    ) -> None:
        self._rows, self._cases, self._records, self._register = rows, cases, records, register
        self._reviews, self._review_list = reviews, review_list
        self._erasures, self._file, self._journal, self._clock = erasures, file, journal, clock
        self._seal = seal
        self._rules, self._wording, self._lease = rules, wording, lease
        self._new_key, self._forget_files, self._forget_matches = new_key, forget_files, forget_matches

    def look(self, cases: Iterable[str]) -> list[Found]:
        found = []
        for key, state in self._rows.load("cases", cases).items():
            stays = remains(state.values, self._rules)
            goes = {
                column: cell
                for column, cell in state.values.items()
                if cell is not None and column != "case_id" and stays.get(column) != cell
            }
            found.append(Found(key, {} if state.erased else goes, stays, has_aid(state.values), state.erased))
        return found

    def registered(self, cases: Iterable[str]) -> list[RegisterEntry]:
        """Rows of the register that may be of the same persons: the same name in the same tambon, or their number."""
        found: dict[str, RegisterEntry] = {}
        for state in self._rows.load("cases", cases).values():
            values = state.values
            name = person_name.parse(values.get("person_name")).value
            number = national_id.parse(values.get("national_id")).value
            entry = self._register.entry(number) if number else None
            listed = [entry] if entry else []
            if name is not None:
                wanted = needles(f"{name.given} {name.family}")
                place = place_name(values.get("amphoe")), place_name(values.get("tambon"))
                named = self._register.find(RegisterQuery(wanted, *place))
                listed += named.page(0, MOST_LISTED, MOST_LISTED)[0]
            found |= {entry.number: entry for entry in listed}
        return list(found.values())

    def names_the_person(self, text: str, cases: Iterable[str]) -> bool:
        """Whether a text that will be kept holds a name or number of one of these cases."""
        return any(
            names_one(text, words_of(values))
            for state in self._rows.load("cases", cases).values()
            for values in (state.values, state.confirmed)
        )

    def run(
        self, cases: Sequence[str], registered: Sequence[str], why: str, actor: str, *, keep_out: bool
    ) -> Erasure:
        """Erases these cases, and the rows `registered` of the register. `keep_out`: their 13-digit ids are never taken
        in again. Raises NothingToErase; Busy while a cycle works or a write to a shared sheet is in doubt;
        OutsideError where the tombstones cannot be kept. Nothing was erased then."""
        with self._lease():
            states = self._standing(cases)
            if not states and not registered:
                raise NothingToErase
            if self._erasures.write_in_doubt():
                raise Busy("erase_in_doubt")
            tombstones = {tombstone for state in states for tombstone in self._tombstones(state, keep_out)}
            tombstones |= {self._seal.register(number) for number in registered}
            erasure = Erasure(
                self._new_key(), self._clock.now(), actor, why, len(states), frozenset(tombstones)
            )
            self._file.append(erasure)
            self._carry_out(erasure, [state.key for state in states], registered)
            self._wipe()
        return erasure

    def is_behind(self) -> bool:
        """Whether `catch_up` has anything to do. Raises OutsideError."""
        written = {erasure.key for erasure in self._file.read()}
        return written != {erasure.key for erasure in self.past()} or bool(self._journal.setting(WIPE))

    def catch_up(self) -> int:
        """Erases again what a ledger that was put back holds again, and keeps the file and the ledger the same. The
        caller holds the lease. How many erasures were done again. Raises OutsideError."""
        written = {erasure.key: erasure for erasure in self._file.read()}
        known = {erasure.key: erasure for erasure in self._erasures.all()}
        for key, erasure in known.items():
            if key not in written:
                self._file.append(erasure)
        missed = [erasure for key, erasure in written.items() if key not in known]
        for erasure in missed:
            self._carry_out(erasure, self._cases_of(erasure), self._registered(erasure))
        if self._journal.setting(WIPE):
            self._wipe()
        return len(missed)

    def past(self) -> list[Erasure]:
        """The newest first."""
        return self._erasures.all()[::-1]

    # ------------------------------------------------------------------------------------------------ tombstones

    def _standing(self, cases: Iterable[str]) -> list[RowState]:
        return [state for state in self._rows.load("cases", cases).values() if not state.erased]

    def _tombstones(self, state: RowState, keep_out: bool) -> Iterable[Tombstone]:
        yield self._seal.case(state.key)
        origin = self._cases.origin(state.key)
        if origin is not None:
            yield self._seal.answer(origin.source, origin.response)
        known = self._ever_held(state)
        for cells in islice(product(*known.values()), MOST_ROWS):
            yield from self._made(self._seal.row(dict(zip(known, cells, strict=True))))
        for number in known["national_id"] if keep_out else ():
            yield from self._made(self._seal.person(number))

    @staticmethod
    def _made(tombstone: Tombstone | None) -> Iterable[Tombstone]:
        return () if tombstone is None else (tombstone,)

    def _ever_held(self, state: RowState) -> dict[str, list[Cell]]:
        """All that ever stood in the columns by which a copy of the row is known: it may have been copied long ago."""
        sent = [answer.answers for answer in self._records.answers([state.key])]
        found = {
            column: [values.get(column) for values in (state.values, state.confirmed, *sent)]
            for column in ROW
        }
        for past in self._rows.history("cases", state.key):
            if past.event.column in found:
                found[past.event.column] += [past.event.old, past.event.new]
        return {
            column: list(dict.fromkeys(canonical(cell, CASES[column][1]) for cell in cells))
            for column, cells in found.items()
        }

    def _cases_of(self, erasure: Erasure) -> list[str]:
        kinds = {tombstone.kind for tombstone in erasure.tombstones}
        marks = self._rows.marks("cases") if Kind.CASE in kinds else {}
        return [
            key
            for key, mark in marks.items()
            if not mark.erased and self._seal.case(key) in erasure.tombstones
        ]

    def _registered(self, erasure: Erasure) -> list[str]:
        if not any(tombstone.kind is Kind.REGISTER for tombstone in erasure.tombstones):
            return []
        numbers = self._erasures.register_numbers()
        return [number for number in numbers if self._seal.register(number) in erasure.tombstones]

    # ------------------------------------------------------------------------------------------------ the work

    def _carry_out(self, erasure: Erasure, cases: Sequence[str], registered: Sequence[str]) -> None:
        self._forget_files(cases)
        with self._journal.transaction():
            states = self._rows.load("cases", cases)
            identities, reviews = {}, set[str]()
            for key in states:
                origin = self._cases.origin(key)
                source, response = (origin.source, origin.response) if origin else ("", "")
                identities[key] = f"erased:{self._seal.answer(source, response).digest}"
                reviews |= {*self._erasures.reviews_about(key, response)}
            self._compare_again(states)
            self._blank_reviews(reviews)
            self._erasures.forget(identities, reviews)
            self._erasures.forget_register(registered)
            if registered:
                self._journal.set_setting(CHANGED, erasure.key)
            self._blank_cases(states.values(), erasure)
            self._erasures.record(erasure)
            self._journal.set_setting(WIPE, "1")

    def _compare_again(self, states: Mapping[str, RowState]) -> None:
        """The cases that were thought to be the same person's no longer name these."""
        self._rows.mark_dirty("cases", self._forget_matches(list(states)))

    def _blank_cases(self, states: Iterable[RowState], erasure: Erasure) -> None:
        mark = self._wording.text("flag", "erased")
        blanked, events = [], []
        for state in states:
            values = {"case_id": state.key, **remains(state.values, self._rules), "review": mark}
            blanked.append(_blank(state, values))
            events.append(Event("cases", state.key, "erased", erasure.actor, new=erasure.key))
        self._rows.save("cases", blanked, events)

    def _blank_reviews(self, keys: Iterable[str]) -> None:
        self._review_list.close([found.item.subject for found in self._reviews.of_rows(keys).values()])
        blanked = [
            _blank(state, {column: state.values.get(column) for column in _REVIEW_STAYS})
            for state in self._rows.load("reviews", keys).values()
        ]
        self._rows.save("reviews", blanked)

    def _wipe(self) -> None:
        """What cannot be done now is done by the next cycle."""
        try:
            self._erasures.wipe()
        except OutsideError:
            return
        self._journal.set_setting(WIPE, "")


def _blank(state: RowState, values: Mapping[str, Cell]) -> RowState:
    """Only `values` are left; the next cycle writes the sheet's row over. A typed row that never got its number there
    is not looked for any more."""
    gone = state.presence is Presence.GONE
    presence = Presence.ABSENT if state.presence is Presence.TYPED else state.presence
    kept: dict[str, Cell] = {column: cell for column, cell in values.items() if cell is not None}
    return RowState(state.key, kept, presence=presence, settled=gone, dirty=False, erased=True)

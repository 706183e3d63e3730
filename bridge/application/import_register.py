"""The poverty register (TPMAP) into the ledger: rows by their own number, refused ones with their reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bridge.application.errors import SheetError
from bridge.application.match_register import CHANGED
from bridge.application.ports.cases import CaseStore
from bridge.application.ports.forms import Batch, Unreadable
from bridge.application.ports.journal import Journal
from bridge.application.ports.wording import Wording
from bridge.application.tombstones import Tombstones
from bridge.domain.cells import Cell, as_text
from bridge.domain.problems import Problem
from bridge.domain.values.places import Places
from bridge.domain.values.text import clean, header_key

HEADER_SEARCH_ROWS = 30
CHUNK = 10_000
LONGEST_NUMBER = 64  # characters


@dataclass
class RegisterReport:
    new: int = 0
    changed: int = 0
    same: int = 0
    erased: int = 0  # rows that were erased, or whose person is kept out
    refused: list[str] = field(default_factory=list)


class ImportRegister:
    """`titles[column]` are the headers under which a column may stand; `required` must be filled in each row."""

    def __init__(
        self,
        cases: CaseStore,
        journal: Journal,
        wording: Wording,
        titles: Mapping[str, Sequence[str]],
        required: Sequence[str],
        places: Places,
        tombstones: Tombstones,
        now: Callable[[], datetime],
    ) -> None:
        self._now = now
        self._tombstones = tombstones
        self._cases, self._journal, self._wording, self._places = cases, journal, wording, places
        self._titles = {header_key(title): column for column, listed in titles.items() for title in listed}
        self._words = {column: listed[0] for column, listed in titles.items()}
        self._required = required

    def run(self, batch: Batch | Unreadable) -> RegisterReport:
        """Raises SheetError when the file as a whole cannot be used; nothing was taken in then. The same file
        again changes nothing."""
        if isinstance(batch, Unreadable):
            reason = self._wording.problem(Problem(batch.code, facts=batch.facts))
            raise SheetError("register_unreadable", file=batch.name, reason=reason)
        header, columns = self._layout(batch)
        report = RegisterReport()
        rows: list[dict[str, Cell]] = []
        seen: dict[str, int] = {}
        for index in range(header + 1, len(batch.rows)):
            row = self._row(batch.rows[index], columns)
            if any(value is not None for value in row.values()):
                self._take(index + 1, row, seen, rows, report)
        rows = self._not_erased(rows, report)
        with self._journal.transaction():
            for start in range(0, len(rows), CHUNK):
                new, changed, same = self._cases.import_register(rows[start : start + CHUNK], batch.cursor)
                report.new, report.changed, report.same = (
                    report.new + new,
                    report.changed + changed,
                    report.same + same,
                )
            if report.new or report.changed:  # cases are looked up in it anew
                self._journal.set_setting(CHANGED, self._now().isoformat())
        return report

    def _not_erased(self, rows: list[dict[str, Cell]], report: RegisterReport) -> list[dict[str, Cell]]:
        erased = self._tombstones.now()
        kept = [
            row
            for row in rows
            if not erased.register_row(str(row["number"])) and not erased.kept_out(row["number"])
        ]
        report.erased = len(rows) - len(kept)
        return kept

    def _take(
        self,
        number: int,
        row: dict[str, Cell],
        seen: dict[str, int],
        rows: list[dict[str, Cell]],
        report: RegisterReport,
    ) -> None:
        missing = [self._words.get(column, column) for column in self._required if row.get(column) is None]
        if missing:
            facts = {"row": number, "columns": ", ".join(missing)}
            report.refused.append(self._wording.text("register", "missing", **facts))
            return
        identity = clean(as_text(row["number"]))
        if len(identity) > LONGEST_NUMBER or not identity.isprintable():
            facts = {"row": number, "number": identity[:LONGEST_NUMBER]}
            report.refused.append(self._wording.text("register", "number_unusable", **facts))
            return
        if identity in seen:
            facts = {"row": number, "number": identity, "first": seen[identity]}
            report.refused.append(self._wording.text("register", "twice", **facts))
            return
        seen[identity] = number
        rows.append({**self._placed(row), "number": identity})

    def _placed(self, row: dict[str, Cell]) -> dict[str, Cell]:
        """Tambon and amphoe as the province spells them where that is certain: officers' areas are compared with
        them."""
        place = self._places.check(row.get("tambon"), row.get("amphoe"))
        for column, found in (("tambon", place.tambon), ("amphoe", place.amphoe)):
            if found.value is not None and found.problem is None:
                row = {**row, column: found.value}
        return row

    def _layout(self, batch: Batch) -> tuple[int, dict[int, str]]:
        best: dict[int, str] = {}
        header = -1
        for index, row in enumerate(batch.rows[:HEADER_SEARCH_ROWS]):
            found = {
                place: self._titles[header_key(cell)]
                for place, cell in enumerate(row)
                if isinstance(cell, str) and header_key(cell) in self._titles
            }
            if len(found) > len(best):
                header, best = index, found
        needed = [column for column in self._required if column != "name"]
        named = {"name"} <= set(best.values()) or {"given_name", "family_name"} <= set(best.values())
        missing = [self._words[column] for column in needed if column not in best.values()]
        missing += [] if named or "name" not in self._required else [self._words["name"]]
        twice = sorted({self._words[c] for c in best.values() if list(best.values()).count(c) > 1})
        if missing or twice:
            code = "register_columns" if missing else "register_columns_twice"
            raise SheetError(code, file=batch.name, columns=", ".join(missing or twice))
        return header, best

    def _row(self, cells: Sequence[Cell], columns: Mapping[int, str]) -> dict[str, Cell]:
        row: dict[str, Cell] = {}
        for place, column in columns.items():
            cell = cells[place] if place < len(cells) else None
            row[column] = None if isinstance(cell, str) and not clean(cell) else cell
        if row.get("name") is None:
            parts = [clean(as_text(row.get(part))) for part in ("given_name", "family_name")]
            row["name"] = " ".join(filter(None, parts)) or None
        return row

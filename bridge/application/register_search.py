"""Searching the register (process.md section 6): by name, tambon or amphoe; officers in their own areas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bridge.application.ports.register import Register, RegisterEntry, RegisterQuery
from bridge.domain.cells import as_text
from bridge.domain.misspelt import FEW
from bridge.domain.values.search import level_key, needles, together
from bridge.domain.values.text import clean, fold
from bridge.domain.values.titles import split_title
from bridge.domain.viewer import Viewer

PAGE = 25
MOST = 1_000  # found people that are counted and can be paged through


@dataclass(frozen=True)
class RegisterSearch:
    """What was asked for. `text` is as typed; the others are names of the province's list, or a level, or ""."""

    text: str = ""
    amphoe: str = ""
    tambon: str = ""
    level: str = ""

    @property
    def is_blank(self) -> bool:
        """Nothing to look for: neither a letter, nor a digit, nor a place, nor a level."""
        return not (needles(self.text) or self.amphoe or self.tambon or self.level)


@dataclass(frozen=True)
class RegisterRow:
    """A person of the register, each column as a person reads it."""

    number: str
    title: str
    name: str
    house_no: str
    moo: str
    tambon: str
    amphoe: str
    province: str
    members: str
    poverty: str
    family_status: str
    level: str


@dataclass(frozen=True)
class FoundPeople:
    """One page. `first` is the place of its first row among all, from 1; `more` says that `total` is MOST and
    there may be others. `alike` are people whose names are spelt almost so, where few have them just so."""

    rows: Sequence[RegisterRow]
    page: int
    pages: int
    first: int
    total: int
    more: bool
    alike: Sequence[RegisterRow] = ()


class SearchRegister:
    def __init__(self, register: Register) -> None:
        self._register = register

    def find(self, asked: RegisterSearch, viewer: Viewer, page: int) -> FoundPeople:
        """A page beyond the last is the last; whoever has no area, and a search for nothing, finds nobody."""
        if asked.is_blank:
            return FoundPeople((), 1, 1, 1, 0, more=False)
        areas = None if viewer.sees_all else viewer.areas
        query = RegisterQuery(needles(asked.text), asked.amphoe, asked.tambon, asked.level, areas)
        found, page = self._register.find(query), max(page, 1)
        entries, total = found.page((page - 1) * PAGE, PAGE, MOST + 1)
        numbered = None if total else self._numbered(asked, viewer)
        if numbered is not None:
            return FoundPeople((numbered,), 1, 1, 1, 1, more=False)
        pages = max(-(-min(total, MOST) // PAGE), 1)
        if page > pages:
            return self.find(asked, viewer, pages)
        rows = [_row(entry) for entry in entries]
        alike = [_row(entry) for entry in found.alike(PAGE)] if total < FEW else ()
        first, more = (page - 1) * PAGE + 1, total > MOST
        return FoundPeople(rows, page, pages, first, min(total, MOST), more, alike)

    def _numbered(self, asked: RegisterSearch, viewer: Viewer) -> RegisterRow | None:
        """Whose number was typed, if anybody's, in the place and of the level that were asked for."""
        text = together(fold(asked.text))
        row = self.person(text, viewer) or self.person(text.upper(), viewer) if text.isprintable() else None
        if row is None:
            return None
        asked_for, held = (
            (asked.amphoe, asked.tambon, asked.level),
            (row.amphoe, row.tambon, level_key(row.level)),
        )
        return row if all(want in ("", has) for want, has in zip(asked_for, held, strict=True)) else None

    def is_empty(self) -> bool:
        """Whether no register has been imported."""
        return self._register.is_empty()

    def person(self, number: str, viewer: Viewer) -> RegisterRow | None:
        """None where there is no such row, and where it is not this viewer's to see."""
        entry = self._register.entry(number)
        if entry is None or not viewer.may_see({"amphoe": entry.amphoe, "tambon": entry.tambon}):
            return None
        return _row(entry)


def _row(entry: RegisterEntry) -> RegisterRow:
    shown = {column: clean(as_text(cell)) for column, cell in entry.values.items()}
    title, name = shown.get("title", ""), shown.get("name", "")
    found, rest = split_title(name)
    if rest and found and (not title or found == (split_title(title)[0] or title)):
        title, name = title or found, rest
    columns = ("house_no", "moo", "province", "members", "poverty", "family_status", "level")
    return RegisterRow(
        number=entry.number,
        title=title,
        name=name,
        tambon=entry.tambon,
        amphoe=entry.amphoe,
        **{column: shown.get(column, "") for column in columns},
    )

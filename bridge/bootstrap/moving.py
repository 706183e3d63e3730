"""Moves the office's books between local files and Google: builds both sides, and edits the province file."""

from __future__ import annotations

import json
import logging
import re
import shutil
import tempfile
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast

from bridge.adapters.clock import pause
from bridge.adapters.google.client import Ambiguous
from bridge.adapters.google.setup import GoogleSetup
from bridge.adapters.workbooks.files import ensure_free, failures, replace
from bridge.adapters.workbooks.google_looks import set_aside
from bridge.application.connect import ConnectLine, Level
from bridge.application.errors import Changed, ConfigurationError, OutsideError
from bridge.application.move import BookMove, Move, MoveReport
from bridge.application.ports.setup import CloudBook, Way
from bridge.application.reconcile import TableSync
from bridge.bootstrap import Office, local_time
from bridge.bootstrap.google import TABLES, Kind
from bridge.bootstrap.ports import Ports, real_ports
from bridge.bootstrap.use_cases import UseCases
from bridge.config import Province, load
from bridge.config_google import file_id
from bridge.domain.columns import Table
from bridge.domain.values.thai_date import buddhist
from bridge.workspace import Workspace

Side = Literal["google", "local"]
KINDS: tuple[Kind, ...] = ("cases", "access", "summary")
RETIRED = "move:retire"  # the ledger's setting: the spreadsheets to put out of use once they are not in use
_SECTION = re.compile(r"^\s*\[\s*google\s*\]\s*(#.*)?$")
_TRIES = 3


@dataclass
class Moved:
    """`kinds` went; `report` tells what of them; `lines` is what connecting them said; `kept` are the files that
    were set aside."""

    kinds: Sequence[Kind]
    report: MoveReport = field(default_factory=MoveReport)
    lines: Sequence[ConnectLine] = ()
    kept: Sequence[Path] = ()


def move(
    office: Office,
    to: Side,
    only: Sequence[Kind] = (),
    links: Mapping[Kind, str] | None = None,
    wait: Callable[[float], None] = pause,
) -> Moved:
    """Moves the books that are not there yet (all kinds, or `only`), and finishes an earlier move that was cut
    short. `links[kind]` is a spreadsheet to adopt; else the one that was used before, or a new one.

    Raises what `Move.run` raises; ConfigurationError move_file_form, move_link; InvalidProvince.
    """
    moving = _Moving(office, to, only or KINDS, links or {}, wait)
    with office.lease():
        moving.retire()
    if not moving.kinds:
        return Moved((), kept=moving.kept)
    report = moving.use_case().run()
    facts = {"to": to, "kinds": moving.kinds, "rows": sum(report.rows.values()), "late": report.late}
    logging.getLogger("saphan").info("move", extra={"facts": facts})
    return Moved(moving.kinds, report, moving.lines, moving.kept)


class _Moving:
    """Implements application.move.Place."""

    def __init__(
        self,
        office: Office,
        to: Side,
        only: Sequence[Kind],
        links: Mapping[Kind, str],
        wait: Callable[[float], None],
    ) -> None:
        self._office, self._to, self._wait = office, to, wait
        self._workspace, self._clock = office.workspace, office.ports.clock
        self._content = self._workspace.province_file.read_bytes()
        self.kinds = _kinds(office.province, to, only)
        values = {f"{kind}_book": _value(to, links.get(kind, "")) for kind in self.kinds}
        self._new_text = edited(self._text, values)
        self._province = parsed(self._new_text)
        self._ports = self._ports_of(self._province)
        self.lines: list[ConnectLine] = []
        self.kept: list[Path] = []

    @property
    def _text(self) -> str:
        return self._content.decode("utf-8-sig")

    def _ports_of(self, province: Province) -> Ports:
        return real_ports(self._workspace, province, self._office.messages, self._clock, self._wait)

    def use_case(self) -> Move:
        office = self._office
        return Move(
            lambda: office.cycle.sync().trouble,
            office.lease,
            office.ports.rows,
            office.ports.journal,
            office.messages,
            [self._book(kind) for kind in self.kinds if TABLES[kind]],
            self,
        )

    def _book(self, kind: Kind) -> BookMove:
        office = self._office
        parts = UseCases(self._workspace, office.province, office.ports, office.messages, office.places)
        rules = {"cases": parts.case_rules, "reviews": parts.review_rules, "access": parts.access_rules}
        source = getattr(office.ports, f"{kind}_book")
        syncs = [
            TableSync(rules[table], office.ports.rows, office.ports.journal, office.messages, source.max_text)
            for table in TABLES[kind]
        ]
        return BookMove(kind, source, getattr(self._ports, f"{kind}_book"), syncs, lambda: self._keep(kind))

    def _keep(self, kind: Kind) -> None:
        """Google sets its old tabs aside by itself."""
        file = _file(self._workspace, kind)
        if self._to == "local" and file.exists():
            self._set_aside(file)

    # ------------------------------------------------------------------------------------------------ the steps

    def prepare(self) -> None:
        """See Place. Only here is it certain that there is something to share, to draw and to list."""
        if self._to == "google":
            connect = self._ports.google.connect()
            if "summary" in self.kinds and self._province.google.summary_book != "cases":
                connect.book("summary", ())
            said = connect.run()
            self.lines = [
                line
                for line in said
                if line.level is not Level.ALREADY and line.code not in ("connect_next", "connect_again")
            ]
        if "summary" in self.kinds:
            office = self._office
            ports = self._ports_of(self._province)  # its spreadsheet has its id now
            UseCases(self._workspace, self._province, ports, office.messages, office.places).summarise().run()

    def hold(self) -> None:
        if self._to == "google":
            for kind in self.kinds:
                ensure_free(_file(self._workspace, kind))

    def switch(self) -> None:
        """One file is replaced. What must be put out of use afterwards is in the ledger before."""
        if self._to == "local":
            google = self._office.ports.google
            books = {kind: google.book_id(kind) for kind in self.kinds if TABLES[kind]}
            self._office.ports.journal.set_setting(RETIRED, json.dumps(books))
        file, mark = self._workspace.province_file, b"\xef\xbb\xbf"
        kept = self._free_name(file.name, "")
        with failures(file):
            kept.write_bytes(self._content)
        content = self._new_text.encode("utf-8")
        replace(file, mark + content if self._content.startswith(mark) else content, self._is_unedited)

    def _is_unedited(self) -> None:
        file = self._workspace.province_file
        if file.read_bytes() != self._content:
            raise Changed("workbook_changed", file=file.name)

    def retire(self) -> None:
        """The files of books that are on Google go to backups/; the tabs of books that are not get a title that
        says so. Looks at what the province file says now, and so is right after any interruption."""
        province = load(self._workspace.province_file)
        for kind in KINDS:
            file = _file(self._workspace, kind)
            if province.google.on_google(kind) and self._to == "google" and file.exists():
                ensure_free(file)
                self._set_aside(file)
        journal = self._office.ports.journal
        books: dict[Kind, str] = json.loads(journal.setting(RETIRED) or "{}")
        for kind, book in books.items():
            if book and not province.google.on_google(kind):
                self._retire_tabs(kind, book)
        if books:
            journal.set_setting(RETIRED, "")

    def _retire_tabs(self, kind: Kind, book: str) -> None:
        """As the province was when the book was in use: the account may need the rights it had then."""
        text = self._workspace.province_file.read_bytes().decode("utf-8-sig")
        google = self._ports_of(parsed(edited(text, {f"{kind}_book": book}))).google
        now = local_time(self._clock.now())
        stamp = self._office.messages.text("say", "move_retired", when=f"{buddhist(now)} {now:%H:%M:%S}")
        tabs = _Tabs(google.client, "", self._wait)
        tabs.retire(CloudBook(book, google.title(kind), Way.KNOWN), google.tables(kind), f"({stamp})")

    # ------------------------------------------------------------------------------------------------ files

    def _set_aside(self, file: Path) -> None:
        kept = self._free_name(file.stem, file.suffix)
        with failures(file):
            shutil.move(file, kept)
        self.kept.append(kept)

    def _free_name(self, stem: str, suffix: str) -> Path:
        stamp = f"{local_time(self._clock.now()):%Y%m%d-%H%M%S}"
        names = (f"{stem}-{stamp}{copy}{suffix}" for copy in ("", *(f"-{n}" for n in range(2, 1000))))
        return next(path for name in names if not (path := self._workspace.backups / name).exists())


class _Tabs(GoogleSetup):
    """Sets tabs aside without making new ones."""

    def retire(self, book: CloudBook, tables: Sequence[Table], stamp: str) -> None:
        for _ in range(_TRIES):
            requests = set_aside(tables, self._looks(book), stamp)
            try:
                if requests:
                    self._batch(book, requests)
                return
            except Ambiguous:
                continue  # what was done is not found any more
        raise OutsideError("google_unreachable", said=book.title)


# ------------------------------------------------------------------------------------------------ the province file


def _kinds(province: Province, to: Side, only: Sequence[Kind]) -> tuple[Kind, ...]:
    """Those of the kinds that are not there yet; summaries in the cases' spreadsheet go with it."""
    part = province.google
    wanted = {kind for kind in only if part.on_google(kind) is not (to == "google")}
    if to == "local" and "cases" in wanted and part.summary_book == "cases":
        wanted.add("summary")
    return tuple(kind for kind in KINDS if kind in wanted)


def _value(to: Side, link: str) -> str:
    """What the province file says of a book there. Raises ConfigurationError move_link."""
    if to == "local" or not link:
        return to
    if link != "cases" and (not file_id(link) or re.search(r"[\s\"\\]", link)):
        raise ConfigurationError("move_link", link=link)
    return link


def _file(workspace: Workspace, kind: Kind) -> Path:
    return cast(Path, getattr(workspace, f"{kind}_book"))


def edited(text: str, values: Mapping[str, str]) -> str:
    """The province file with these texts in its part [google], and everything else as it was, comments too.
    Raises ConfigurationError move_file_form where it is written in a way that cannot be edited so."""
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = text.splitlines(keepends=True)
    start = next((at for at, line in enumerate(lines) if _SECTION.match(line.rstrip())), None)
    if start is None:
        lines += ["" if not lines or lines[-1].endswith("\n") else newline, newline, f"[google]{newline}"]
        start = len(lines) - 1
    end = next((at for at in range(start + 1, len(lines)) if lines[at].lstrip().startswith("[")), len(lines))
    for key, value in values.items():
        written = re.compile(rf"^(\s*{key}\s*=\s*)(?:\"[^\"\\]*\"|'[^']*')")
        at = next((at for at in range(start + 1, end) if written.match(lines[at])), None)
        if at is None:
            lines[start] += f'{key} = "{value}"{newline}'
        else:
            lines[at] = written.sub(rf'\g<1>"{value}"', lines[at])
    result = "".join(lines)
    if _read(result) != _merged(_read(text), values):
        raise ConfigurationError("move_file_form", keys=", ".join(values))
    return result


def _read(text: str) -> Any:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


def _merged(data: dict[str, Any] | None, values: Mapping[str, str]) -> dict[str, Any]:
    data = data or {}
    return {**data, "google": {**data.get("google", {}), **values}}


def parsed(text: str) -> Province:
    """The province in a text. Raises InvalidProvince."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "province.toml"
        file.write_bytes(text.encode("utf-8"))
        return load(file)

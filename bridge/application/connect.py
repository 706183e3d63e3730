"""Brings the office's spreadsheets and forms on the service to where a cycle can work; run again, changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial

from bridge.application.errors import ConfigurationError, SaphanError, SheetError
from bridge.application.ports.journal import Journal
from bridge.application.ports.setup import CloudBook, CloudSetup, Step, Way
from bridge.domain.columns import Table
from bridge.domain.form_match import QuestionMatch
from bridge.domain.intake import Form

WORKSPACE = "google:workspace"
LINK = "https://docs.google.com/spreadsheets/d/{}/edit"


def book_setting(kind: str) -> str:
    """The ledger's setting that holds the id of the spreadsheet of a kind (cases, access, summary)."""
    return f"google:book:{kind}"


class Level(StrEnum):
    DONE = "done"  # brought just now
    ALREADY = "already"
    TODO = "todo"  # a person's turn; nothing is wrong
    PROBLEM = "problem"


@dataclass(frozen=True)
class ConnectLine:
    """One line of the report: the sentence `code` of the wording's `section`, and the exit code of its trouble."""

    code: str
    facts: Mapping[str, object]
    level: Level
    section: str = "say"
    exit_code: int = 0


@dataclass(frozen=True)
class BookWish:
    """A spreadsheet that the province keeps on the service. `link`: the id of one to adopt, "" for one to make."""

    kind: str
    title: str
    link: str
    tables: tuple[Table, ...]


@dataclass(frozen=True)
class FormWish:
    """A form there; `responses`: the id of its linked responses sheet, read where the form may not be."""

    name: str
    form: Form
    form_id: str
    responses: str = ""


@dataclass(frozen=True)
class Wanted:
    """What the province file says is there. `admins` may edit the access sheet; `shared_file` is given to approved
    people, "" where sharing is off."""

    books: tuple[BookWish, ...] = ()
    forms: tuple[FormWish, ...] = ()
    admins: tuple[str, ...] = ()
    shared_file: str = ""


@dataclass
class _Report:
    lines: list[ConnectLine] = field(default_factory=list)

    def add(self, level: Level, code: str, /, **facts: object) -> None:
        self.lines.append(ConnectLine(code, facts, level))

    def fail(self, error: SaphanError) -> None:
        line = ConnectLine(error.code, error.facts, Level.PROBLEM, "error", error.exit_code)
        if line not in self.lines:  # one cause may stop several steps
            self.lines.append(line)


class Connect:
    """Callers hold the lease. `new_workspace` gives a fresh key by which this workspace's files are known there."""

    def __init__(
        self, setup: CloudSetup, journal: Journal, wanted: Wanted, new_workspace: Callable[[], str]
    ) -> None:
        self._setup, self._journal, self._wanted = setup, journal, wanted
        self._new_workspace = new_workspace

    def run(self) -> list[ConnectLine]:
        """Every step; one that a person must mend does not stop the others. Raises OutsideError, and
        ConfigurationError google_not_chosen where the province keeps nothing there."""
        wanted, report = self._wanted, _Report()
        if not (wanted.books or wanted.forms or wanted.shared_file):
            raise ConfigurationError("google_not_chosen")
        for book in wanted.books:
            _try(report, partial(self._connect_book, report, book))
        for form in wanted.forms:
            _try(report, partial(self._connect_form, report, form))
        if wanted.shared_file:
            _try(report, partial(self._check_shared, report, wanted.shared_file))
        self._next(report)
        return report.lines

    def book(self, kind: str, tables: Sequence[Table]) -> str:
        """The id of the spreadsheet of this kind, ready for these tables; for use cases that need one now."""
        wish = next(wish for wish in self._wanted.books if wish.kind == kind)
        book = self._found(wish)
        self._setup.lay_out(book, tables)
        return book.file

    def renew(self, kind: str, tables: Sequence[Table], stamp: str) -> str:
        """New, empty tabs; the old ones stay beside them under another title. Returns the spreadsheet's id."""
        wish = next(wish for wish in self._wanted.books if wish.kind == kind)
        book = self._found(wish)
        self._setup.renew(book, tables, stamp)
        return book.file

    # ------------------------------------------------------------------------------------------------ steps

    def _found(self, wish: BookWish) -> CloudBook:
        """The spreadsheet of a wish, made if need be and remembered. One that was known and cannot be seen any
        more is told, not made anew: its cases may be in a bin, or another account may be signed in."""
        known = self._journal.setting(book_setting(wish.kind))
        if wish.link or known:
            book = self._setup.adopt(wish.link or known)
        else:
            book = self._setup.make(wish.kind, wish.title, self._workspace())
        if book.file != known:
            self._journal.set_setting(book_setting(wish.kind), book.file)
        return book

    def _workspace(self) -> str:
        key = self._journal.setting(WORKSPACE)
        if not key:
            key = self._new_workspace()
            self._journal.set_setting(WORKSPACE, key)
        return key

    def _connect_book(self, report: _Report, wish: BookWish) -> None:
        connected = self._journal.setting(book_setting(wish.kind))
        book = self._found(wish)
        facts = {"title": book.title, "link": LINK.format(book.file)}
        if book.file == connected:
            report.add(Level.ALREADY, "connect_book_already", **facts)
        elif book.way is Way.ADOPTED:
            report.add(Level.DONE, "connect_book_adopted", **facts)
        else:
            report.add(Level.DONE, "connect_book_made", **facts)
        for step in self._setup.lay_out(book, wish.tables):
            level = Level.DONE if step.mendable else _level_of(step)
            exit_code = SheetError.exit_code if level is Level.PROBLEM else 0
            report.lines.append(ConnectLine(f"connect_{step.code}", step.facts, level, exit_code=exit_code))
        if wish.kind == "access":
            self._share(report, book)

    def _share(self, report: _Report, book: CloudBook) -> None:
        lacking = self._setup.without_access(book.file, self._wanted.admins)
        if not lacking:
            return
        refused = self._setup.share(book.file, lacking)
        for address in lacking:
            facts = {"title": book.title, "address": address, "said": refused.get(address, "")}
            if address in refused:
                report.add(Level.TODO, "connect_share_by_hand", **facts)
            else:
                report.add(Level.DONE, "connect_shared", **facts)

    def _connect_form(self, report: _Report, wish: FormWish) -> None:
        account = self._setup.account()
        if wish.responses and not self._setup.may_read(wish.responses):
            report.add(Level.TODO, "connect_share_responses", form=wish.name, account=account)
        if not wish.form_id:
            return
        match = self._setup.questions(wish.form_id, wish.form)
        if match is None:
            report.add(Level.TODO, "connect_share_form", form=wish.name, account=account)
            return
        facts = _form_facts(wish, match)
        if match.required_missing:
            line = ConnectLine("connect_form_required", facts, Level.PROBLEM, exit_code=SheetError.exit_code)
            report.lines.append(line)
        if match.missing:
            report.add(Level.TODO, "connect_form_missing", **facts)
        if match.unknown:
            report.add(Level.TODO, "connect_form_unknown", **facts)
        if not (match.required_missing or match.missing or match.unknown):
            report.add(Level.ALREADY, "connect_form_ready", **facts)

    def _check_shared(self, report: _Report, file: str) -> None:
        if self._setup.may_share(file):
            report.add(Level.ALREADY, "connect_shared_file", link=LINK.format(file))
        else:
            facts = {"link": LINK.format(file), "account": self._setup.account()}
            report.add(Level.TODO, "connect_shared_file_closed", **facts)

    def _next(self, report: _Report) -> None:
        if any(line.level is Level.PROBLEM for line in report.lines):
            report.add(Level.TODO, "connect_again")
        else:
            report.add(Level.TODO, "connect_next")

    # ------------------------------------------------------------------------------------------------ drift

    def findings(self) -> list[ConnectLine]:
        """What is no longer as it was set up. Writes nothing; raises OutsideError."""
        report = _Report()
        for book in self._wanted.books:
            _try(report, partial(self._look_at_book, report, book))
        for form in self._wanted.forms:
            _try(report, partial(self._look_at_form, report, form))
        return report.lines

    def _look_at_book(self, report: _Report, wish: BookWish) -> None:
        known = self._journal.setting(book_setting(wish.kind))
        if not known or (wish.link and wish.link != known):
            exit_code = ConfigurationError.exit_code
            line = ConnectLine("google_not_connected", {"kind": wish.kind}, Level.PROBLEM, "check", exit_code)
            report.lines.append(line)
            return
        book = self._setup.adopt(known)
        for step in self._setup.lacks(book, wish.tables):
            exit_code = 0 if step.mendable or step.code == "renamed" else SheetError.exit_code
            facts = {"title": book.title, **step.facts}
            report.lines.append(_drifted(f"google_{step.code}", facts, exit_code))
        if wish.kind == "access":
            for address in self._setup.without_access(book.file, self._wanted.admins):
                report.lines.append(_drifted("google_admin", {"title": book.title, "address": address}))

    def _look_at_form(self, report: _Report, wish: FormWish) -> None:
        if not wish.form_id:
            return
        match = self._setup.questions(wish.form_id, wish.form)
        if match is None:
            facts = {"form": wish.name, "account": self._setup.account()}
            report.lines.append(_drifted("google_form_closed", facts, SheetError.exit_code))
        elif match.missing or match.required_missing:
            exit_code = SheetError.exit_code if match.required_missing else 0
            report.lines.append(_drifted("google_form_drifted", _form_facts(wish, match), exit_code))


def _try(report: _Report, step: Callable[[], None]) -> None:
    try:
        step()
    except (ConfigurationError, SheetError) as error:
        report.fail(error)


def _level_of(step: Step) -> Level:
    """A header that people renamed works; anything else that only they can mend stops the tab."""
    return Level.ALREADY if step.code == "renamed" else Level.PROBLEM


def _drifted(code: str, facts: Mapping[str, object], exit_code: int = 0) -> ConnectLine:
    return ConnectLine(code, facts, Level.PROBLEM if exit_code else Level.TODO, "check", exit_code)


def _form_facts(wish: FormWish, match: QuestionMatch) -> dict[str, object]:
    """Questions in the words of the province file."""
    titles = {question.column: question.titles[0] for question in wish.form.questions}

    def listed(columns: Sequence[str]) -> str:
        return ", ".join(f"“{titles[column]}”" for column in columns)

    return {
        "form": wish.name,
        "count": len(match.mapped),
        "required": listed(match.required_missing),
        "missing": listed((*match.required_missing, *match.missing)),
        "optional": listed(match.missing),
        "unknown": ", ".join(f"“{title}”" for title in match.unknown),
    }

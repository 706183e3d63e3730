"""A process that kills itself at a chosen port call, and everything that a killed office must have kept.

The ports are wrapped here, in the test: the product knows nothing of it. Every place right before and right
after a port call, a step of a port's iterator, and the way into and out of a transaction or a mail session is one
kill point, numbered in the order in which a run comes by.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import os
import signal
import sqlite3
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from email import policy
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import Any

import numpy as np
from openpyxl import load_workbook

from bridge import bootstrap
from bridge.adapters.workbooks.xlsx import XlsxWorkbook
from bridge.application.deliver_mail import PatientMailer
from bridge.application.ports.mail import Letter, Outcome
from bridge.bootstrap import Office, Ports
from bridge.domain.matching.owned import of_cases
from bridge.domain.matching.rows import CASE_COLUMNS, people_of
from bridge.workspace import Workspace

Work = Callable[[Office], None]


class FixedClock:
    """The same moment whenever it is asked, so that a run and its repetition write the same times."""

    def __init__(self, moment: datetime) -> None:
        self._moment = moment

    def now(self) -> datetime:
        return self._moment


class Postman:
    """A mailer that keeps a book of every letter that it took. The folder alone would not tell one letter from
    two: both are one file."""

    evidence_delay = timedelta(0)

    def __init__(self, mailer: PatientMailer, book: Path) -> None:
        self._mailer, self._book = mailer, book

    @contextmanager
    def session(self) -> Iterator[Postman]:
        with self._mailer.session() as self._session:
            yield self

    def send(self, letter: Letter) -> Outcome:
        outcome = self._session.send(letter)
        with self._book.open("a", encoding="utf-8") as book:
            book.write(f"{letter.message_id} {letter.recipient} {letter.subject}\n")
        return outcome

    def evidence(self, message_id: str, key: str) -> bool | None:
        return self._mailer.evidence(message_id, key)


# ------------------------------------------------------------------------------------------------ wrapped ports


class Trap:
    """Counts kill points; at point `deadly` (from 0) the process is gone."""

    def __init__(self, deadly: int | None = None) -> None:
        self.deadly, self.passed = deadly, 0

    def point(self) -> None:
        if self.passed == self.deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        self.passed += 1


class Surveyor(Trap):
    """Lets a run pass and notes its turning points: those at which the disk is not as it was at the point before.
    A kill anywhere else leaves what a kill at the turning point before it leaves."""

    def __init__(self, root: Path) -> None:
        super().__init__()
        self._workspace, self._seen = Workspace(root), b""
        self.turning: set[int] = set()

    def point(self) -> None:
        seen = self._fingerprint()
        if seen != self._seen:
            self.turning.add(self.passed)
        self._seen = seen
        super().point()

    def _fingerprint(self) -> bytes:
        workspace = self._workspace
        digest = hashlib.blake2b()
        for ledger in sorted(workspace.root.glob(workspace.ledger.name + "*")):
            digest.update(ledger.read_bytes())
        for folder in (workspace.cases_book.parent, workspace.outbox, workspace.backups):
            listed = sorted(
                (file.name, file.stat().st_ino, file.stat().st_mtime_ns) for file in folder.iterdir()
            )
            digest.update(repr(listed).encode())
        return digest.digest()


class Watched:
    """Any port, or what a port hands out to be called."""

    def __init__(self, port: Any, trap: Trap) -> None:
        self._port, self._trap = port, trap

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        if not inspect.isroutine(found):
            return found

        def call(*args: Any, **kwargs: Any) -> Any:
            self._trap.point()
            result = found(*args, **kwargs)
            self._trap.point()
            if inspect.isgenerator(result):
                return self._steps(result)
            if hasattr(result, "__enter__"):
                return _Context(result, self._trap)
            return result

        return call

    def _steps(self, generator: Iterator[Any]) -> Iterator[Any]:
        for item in generator:
            self._trap.point()
            yield item
        self._trap.point()


class _Context:
    def __init__(self, context: Any, trap: Trap) -> None:
        self._context, self._trap = context, trap

    def __enter__(self) -> Any:
        self._trap.point()
        inside = self._context.__enter__()
        self._trap.point()
        return inside if inside is None else Watched(inside, self._trap)

    def __exit__(self, *failure: Any) -> Any:
        self._trap.point()
        handled = self._context.__exit__(*failure)
        self._trap.point()
        return handled


def watched(ports: Ports, trap: Trap) -> Ports:
    """All ports but the clock, which changes nothing and would only double the kill points."""
    return replace(
        ports, **{name: Watched(port, trap) for name, port in vars(ports).items() if name != "clock"}
    )


def postbook(workspace: Workspace) -> Path:
    return workspace.root / "postbook.txt"


class Desk:
    """A workspace opened once, at which offices are set up for a moment: one that is killed, one that goes on."""

    def __init__(self, root: Path, moment: datetime) -> None:
        opened = bootstrap.open_office(root)
        self._workspace, self._province, self._clock = opened.workspace, opened.province, FixedClock(moment)

    def office(self, trap: Trap | None = None) -> Office:
        """Made by the process that runs it, because the lease names the process."""
        ports = bootstrap.real_ports(self._workspace, self._province, bootstrap.load_messages(), self._clock)
        ports = replace(ports, mailer=Postman(ports.mailer, postbook(self._workspace)))
        ports = watched(ports, trap) if trap else ports
        return bootstrap.build(self._workspace, self._province, ports)

    def run(self, work: Work, trap: Trap | None = None) -> None:
        work(self.office(trap))
        bootstrap.close()

    def killed(self, work: Work, deadly: int) -> bool:
        """Does the work in a process of its own. False where it was done before it came to point `deadly`."""
        bootstrap.close()  # a connection does not survive a fork
        child = os.fork()
        if child == 0:
            code = 1
            try:
                self.run(work, Trap(deadly))
                code = 0
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        ending = os.waitstatus_to_exitcode(status)
        assert ending in (0, -signal.SIGKILL), f"the run failed with {ending}"
        return ending != 0


# ------------------------------------------------------------------------------------------------ what is left

State = dict[str, Any]

# Left out: row numbers, secrets, and how often and from when on a letter that is sent was tried. The reports of
# runs are not compared at all: a killed run has none.
_LEFT_OUT = {
    "ledger_account": {"id", "password", "last_login"},
    "ledger_activationlink": {"id", "token_hash"},
    "ledger_outboxmessage": {"id", "attempts", "next_try"},
}
_TABLES = (
    "sheetrow",
    "history",
    "case",
    "answer",
    "matchperson",
    "matchpair",
    "publication",
    "review",
    "account",
    "accessrequest",
    "accessresponse",
    "activationlink",
    "cursor",
    "lease",
    "setting",
    "outboxmessage",
)


def state_of(root: Path) -> State:
    """Every cell of every workbook, every row of the ledger, every letter and every backup, comparable."""
    workspace = Workspace(root)
    books = [workspace.access_book, workspace.cases_book, workspace.summary_book]
    assert sorted(path.name for path in workspace.cases_book.parent.iterdir()) == sorted(
        book.name for book in books
    ), "nothing half-written lies beside the workbooks"
    return {
        **{f"book {book.name}": cells_of(book) for book in books},
        **{f"ledger {table}": rows_of(workspace.ledger, table) for table in _TABLES},
        "keys in step": Counter([_keys_in_step(workspace.ledger)]),
        "read to the end": Counter({book: _read_to_the_end(workspace, book) for book in ("access", "cases")}),
        "letters": letters_of(workspace.outbox),
        "letters taken": Counter(postbook(workspace).read_text("utf-8").splitlines()),
        "backups": Counter(path.name for path in workspace.backups.iterdir()),
    }


_cells: dict[bytes, Counter[Any]] = {}


def cells_of(book: Path) -> Counter[Any]:
    """(tab, row, column, value) of every cell that holds something."""
    content = book.read_bytes()
    if content not in _cells:  # equal files hold equal cells; reading them is what takes long
        workbook = load_workbook(book)
        _cells[content] = Counter(
            (sheet.title, cell.row, cell.column, repr(cell.value))
            for sheet in workbook
            for row in sheet.iter_rows()
            for cell in row
            if cell.value is not None
        )
    return _cells[content]


# Of the bytes of a book (see `_read_to_the_end`), and a new word whenever cases were counted.
_OWN_SETTINGS = ("version:", "case_columns_version")


def rows_of(ledger: Path, table: str) -> Counter[Any]:
    name = f"ledger_{table}"
    with closing(sqlite3.connect(ledger)) as connection:
        cursor = connection.execute(f"SELECT * FROM {name}")
        columns = [column[0] for column in cursor.description]
        skipped = _LEFT_OUT.get(name, {"id"})
        return Counter(
            tuple(
                (column, _plain(value))
                for column, value in zip(columns, row, strict=True)
                if column not in skipped
            )
            for row in cursor
            if not str(row[1]).startswith(_OWN_SETTINGS)
        )


def _keys_in_step(ledger: Path) -> bool:
    """Whether the block keys are those of what the cases say; the numbers of their owners may be others."""
    with closing(sqlite3.connect(ledger)) as connection:
        persons = connection.execute("SELECT id, said FROM ledger_matchperson WHERE said != '' ORDER BY id")
        said = persons.fetchall()
        buckets = connection.execute("SELECT id, packed FROM ledger_matchbucket WHERE id < 65536 ORDER BY id")
        people = people_of([tuple(json.loads(text)) for _, text in said], CASE_COLUMNS)
        owners = np.array([owner for owner, _ in said], np.int64)
        return list(of_cases(people, owners).packed()) == buckets.fetchall()


def _read_to_the_end(workspace: Workspace, name: str) -> bool:
    """Whether the ledger knows the workbook as it is now. Its bytes hold the time at which a person saved it."""
    book = workspace.root / "workbooks" / f"{name}.xlsx"
    with closing(sqlite3.connect(workspace.ledger)) as connection:
        query = "SELECT value FROM ledger_setting WHERE name = ?"
        return connection.execute(query, (f"version:{name}",)).fetchone() == (XlsxWorkbook(book).version(),)


def _plain(value: Any) -> Any:
    """JSON without the order of its keys."""
    with suppress(TypeError, ValueError):
        return json.dumps(json.loads(value), sort_keys=True, ensure_ascii=False)
    return value


def letters_of(outbox: Path) -> Counter[Any]:
    """(file, recipient, subject, Message-ID) of every letter."""
    found: Counter[Any] = Counter()
    for path in outbox.rglob("*"):
        if path.is_file():
            letter = BytesHeaderParser(policy=policy.default).parsebytes(path.read_bytes())
            found[path.name, str(letter["To"]), str(letter["Subject"]), str(letter["Message-ID"])] += 1
    return found


def differences(expected: State, found: State) -> str:
    """What is lost and what is too much, "" for nothing."""
    lines = []
    for part, wanted in expected.items():
        lines += [f"{part}: lost {line}" for line in wanted - found[part]]
        lines += [f"{part}: too much {line}" for line in found[part] - wanted]
    return "\n".join(lines)

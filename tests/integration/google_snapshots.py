"""A cloud office put back to an earlier moment: both sides, Google's and ours."""

from __future__ import annotations

import copy
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bridge import bootstrap
from tests.integration.google_office import CloudOffice
from tests.stand_in.google.book import Book

KEPT_APART = ("lock", "clock", "token_clock", "tokens", "books")


@dataclass
class Moment:
    """What Google held, what the workspace held, and the time."""

    state: dict[str, Any]
    books: dict[str, Book]
    folder: Path
    time: datetime
    answers: int


def remember(office: CloudOffice, folder: Path) -> Moment:
    bootstrap.close()
    shutil.copytree(office.root, folder)
    kept = {name: value for name, value in vars(office.google.state).items() if name not in KEPT_APART}
    moment = Moment(
        copy.deepcopy(kept), _forks(office.google.state.books), folder, office.clock.moment, office.answers
    )
    office.open()
    return moment


def go_back(office: CloudOffice, moment: Moment) -> None:
    bootstrap.close()
    for part in ("ledger.sqlite3", "ledger.sqlite3-wal", "ledger.sqlite3-shm"):
        (office.root / part).unlink(missing_ok=True)
    shutil.rmtree(office.root / "outbox")
    shutil.copytree(moment.folder, office.root, dirs_exist_ok=True)
    with office.google.state.lock:
        for name, value in copy.deepcopy(moment.state).items():
            setattr(office.google.state, name, value)
        office.google.state.books = _forks(moment.books)
        forms = office.google.state.forms
        office.case_form, office.access_form = forms[office.case_form.id], forms[office.access_form.id]
    office.google.faults.clear()
    office.google.faults.pending.clear()
    office.clock.moment, office.answers = moment.time, moment.answers
    office.open()


def _forks(books: dict[str, Book]) -> dict[str, Book]:
    return {book_id: book.fork() for book_id, book in books.items()}

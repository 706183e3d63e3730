"""Everything the stand-in remembers: files, spreadsheets, forms, mail, tokens; and its clock."""

from __future__ import annotations

import secrets
import string
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.stand_in.google import errors
from tests.stand_in.google.book import Book

SPREADSHEET = "application/vnd.google-apps.spreadsheet"
SERVICE_EMAIL = "service@example.iam.gserviceaccount.com"
_LETTERS = string.ascii_letters + string.digits + "-_"


def new_file_id() -> str:
    """An id as Drive's: 44 characters beginning with 1."""
    return "1" + "".join(secrets.choice(_LETTERS) for _ in range(43))


def stamp(moment: datetime, places: int = 3) -> str:
    """RFC 3339 in UTC: Drive gives milliseconds, Forms up to microseconds."""
    text = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
    return text[: len(text) - 6 + places] + "Z"


@dataclass
class File:
    """A file of Drive. `access` is what the calling account may do: writer, reader or none (403)."""

    id: str
    name: str
    mime_type: str
    created: datetime
    modified: datetime
    version: int = 1
    trashed: bool = False
    access: str = "writer"
    parents: list[str] = field(default_factory=lambda: ["0AStandInRootFolder"])
    permissions: list[dict[str, Any]] = field(default_factory=list)
    app_properties: dict[str, str] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)
    changes: list[datetime] = field(default_factory=list)


class State:
    """What the server remembers. Whoever reads or changes it outside a call holds `lock`."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.token_clock: Callable[[], datetime] = lambda: datetime.now(UTC)  # clients sign by the real time
        self.email = SERVICE_EMAIL
        self.files: dict[str, File] = {}
        self.books: dict[str, Book] = {}
        self.private_ids: set[str] = set()
        self.notifications: list[dict[str, str]] = []
        self.modified_lag = timedelta(0)
        self.strict_tokens = False
        self.tokens: dict[str, dict[str, Any]] = {}
        self.revoked: set[str] = set()
        self.refresh_tokens: dict[str, dict[str, Any]] = {}
        self.forms: dict[str, Any] = {}
        self.sent: list[dict[str, Any]] = []
        self.mail_limit: int | None = None
        self.last_moment = datetime(1970, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        """The clock, never twice the same."""
        moment = self.clock()
        if moment <= self.last_moment:
            moment = self.last_moment + timedelta(microseconds=1000)
        self.last_moment = moment
        return moment

    def add_file(self, name: str, mime_type: str = SPREADSHEET, file_id: str | None = None) -> File:
        """A new file; a spreadsheet gets its book."""
        moment = self.now()
        made = File(file_id or new_file_id(), name, mime_type, moment, moment)
        owner = {"role": "owner", "type": "user", "emailAddress": self.email}
        made.permissions.append({"id": permission_id(self.email), **owner})
        self.files[made.id] = made
        if mime_type == SPREADSHEET:
            self.books[made.id] = Book(made.id, name, self.email)
        return made

    def add_private(self, file_id: str) -> None:
        """An id that exists but that the calling account may not see."""
        self.private_ids.add(file_id)

    def file(self, file_id: str) -> File:
        """The file as Drive sees it, or 404."""
        found = self.files.get(file_id)
        if found is None or found.access == "none" or file_id in self.private_ids:
            raise errors.file_not_found(file_id)
        return found

    def book(self, file_id: str, writing: bool = False) -> Book:
        """The spreadsheet as the Sheets API sees it: 404 unknown, 403 not shared, 400 not a spreadsheet."""
        found = self.files.get(file_id)
        if file_id in self.private_ids or (found is not None and found.access == "none"):
            raise errors.forbidden()
        if found is None:
            raise errors.not_found()
        if writing and found.access == "reader":
            raise errors.forbidden()
        if file_id not in self.books:
            body = {"code": 400, "message": "This operation is not supported for this document"}
            raise errors.ApiError(400, {"error": {**body, "status": "FAILED_PRECONDITION"}})
        return self.books[file_id]

    def touch(self, file_id: str) -> None:
        """A change was made: version and modified time move on, and the name follows the title."""
        found = self.files[file_id]
        found.version += 1
        found.modified = self.now()
        if self.modified_lag:
            found.changes.append(found.modified)
        if file_id in self.books:
            found.name = self.books[file_id].title

    def modified_time(self, found: File) -> datetime:
        """The modified time as Drive gives it; with `modified_lag` it tells of a change only later."""
        if not self.modified_lag:
            return found.modified
        known = [moment for moment in found.changes if moment + self.modified_lag <= self.clock()]
        return known[-1] if known else found.created


def permission_id(email: str) -> str:
    """Google's id of an account in permissions: the same account always has the same."""
    return str(sum(ord(c) * 31**at for at, c in enumerate(email.lower())) % 10**20).zfill(20)

"""The folder of one office: where its files are."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
CONFIG = PROJECT / "config"
TEMPLATES = PROJECT / "templates"


@dataclass(frozen=True)
class Workspace:
    root: Path

    @property
    def province_file(self) -> Path:
        return self.root / "province.toml"

    @property
    def inbox_access(self) -> Path:
        return self.root / "inbox" / "access"

    @property
    def inbox_cases(self) -> Path:
        return self.root / "inbox" / "cases"

    @property
    def access_book(self) -> Path:
        return self.root / "workbooks" / "access.xlsx"

    @property
    def cases_book(self) -> Path:
        return self.root / "workbooks" / "cases.xlsx"

    @property
    def summary_book(self) -> Path:
        return self.root / "workbooks" / "summary.xlsx"

    @property
    def outbox(self) -> Path:
        return self.root / "outbox"

    @property
    def ledger(self) -> Path:
        return self.root / "ledger.sqlite3"

    @property
    def attachments(self) -> Path:
        """Files of cases: outside everything that is served."""
        return self.root / "attachments"

    @property
    def erasures(self) -> Path:
        """The tombstones: outside the ledger, so that they outlive it."""
        return self.root / "erasures.jsonl"

    @property
    def backups(self) -> Path:
        return self.root / "backups"

    @property
    def weights(self) -> Path:
        """The office's own weights of matching; the product's hold where there are none."""
        return self.root / "matching.toml"

    @property
    def refused_register(self) -> Path:
        """Rows of the register that were refused, to be mended and imported again."""
        return self.root / "register"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def portal_own(self) -> Path:
        """What the portal's look takes from the province file."""
        return self.root / ".portal" / "own"

    @property
    def static(self) -> Path:
        """The portal's stylesheet and scripts, as they are served."""
        return self.root / ".portal" / "static"

    @property
    def turn(self) -> Path:
        """An empty file: processes lock it to write to an SQLite ledger one after the other."""
        return self.root / ".portal" / "turn"

    @property
    def secret_key(self) -> Path:
        return self.root / ".secret-key"

    def is_one(self) -> bool:
        return self.province_file.is_file()

    def folders(self) -> tuple[Path, ...]:
        return (
            self.inbox_access,
            self.inbox_cases,
            self.cases_book.parent,
            self.outbox,
            self.backups,
            self.logs,
        )

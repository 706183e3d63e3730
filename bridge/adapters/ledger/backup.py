"""Copies of an SQLite ledger, made while it is in use, newest kept."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

from bridge.application.errors import OutsideError

RESTORED = "restored_from_backup"  # the setting that a copy carries


def back_up(database: Path, folder: Path, moment: datetime, keep: int) -> Path:
    """A consistent copy `ledger-YYYYMMDD-HHMMSS.sqlite3`, readable by its owner alone where the system knows that.
    The copy says of itself that it is one: a ledger that is put back sends no mail until it was reconciled.
    Raises OutsideError when the disk does not take it; older copies stay then."""
    target = folder / f"ledger-{moment:%Y%m%d-%H%M%S}.sqlite3"
    unfinished = target.with_suffix(".unfinished")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob("ledger-*.unfinished*"):  # of a run that was killed
            left.unlink(missing_ok=True)
        unfinished.touch(mode=0o600)
        with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(unfinished)) as copy:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
            with copy:
                copy.execute(
                    "INSERT OR REPLACE INTO ledger_setting (id, name, value) VALUES "
                    "((SELECT id FROM ledger_setting WHERE name = ?), ?, '1')",
                    (RESTORED, RESTORED),
                )
            broken = copy.execute("PRAGMA quick_check").fetchone()[0]
        if broken != "ok":
            raise OutsideError("backup_broken", file=target.name)
        unfinished.replace(target)
    except (OSError, sqlite3.Error) as error:
        unfinished.unlink(missing_ok=True)
        raise OutsideError("backup_failed", folder=str(folder), said=str(error)) from error
    _forget_old(folder, keep)
    return target


def _forget_old(folder: Path, keep: int) -> None:
    copies = sorted(folder.glob("ledger-????????-??????.sqlite3"))
    for old in copies[:-keep]:
        old.unlink(missing_ok=True)

"""Copies of an SQLite ledger and of the files it names, made while they are in use, newest kept.

The files never change, so all copies share one folder of them, `<backups>/attachments`. The ledger is copied first: a
file is stored before its row is written, so every row of the copy has its file by then.
"""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

from bridge.application.errors import OutsideError

RESTORED = "restored_from_backup"  # the setting that a copy carries
FILES = "attachments"
COPIES = "ledger-????????-??????.sqlite3"


def back_up(database: Path, files: Path, folder: Path, moment: datetime, keep: int) -> Path:
    """A consistent copy `ledger-YYYYMMDD-HHMMSS.sqlite3`, readable by its owner alone where the system knows that,
    and every file of `files` that it names. The copy says of itself that it is one: a ledger that is put back sends
    no mail until it was reconciled. Raises OutsideError when the disk does not take it; older copies stay then."""
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
        _copy_files(_named(unfinished), files, folder / FILES)
        unfinished.replace(target)
        _forget_old(folder, keep)
    except (OSError, sqlite3.Error) as error:
        unfinished.unlink(missing_ok=True)
        raise OutsideError("backup_failed", folder=str(folder), said=str(error)) from error
    return target


def _named(ledger: Path) -> set[str]:
    """The files of a copy of the ledger; none where it is from before there were any."""
    with closing(sqlite3.connect(ledger)) as copy:
        known = copy.execute("SELECT 1 FROM sqlite_master WHERE name = 'ledger_attachment'").fetchone()
        return {name for (name,) in copy.execute("SELECT name FROM ledger_attachment")} if known else set()


def _copy_files(names: set[str], source: Path, target: Path) -> None:
    """A file that is gone was erased, or lost, which the sweep counts."""
    for name in names:
        file, copy = source / name[:2] / name, target / name[:2] / name
        if copy.exists() or not file.exists():
            continue
        for folder in (target, copy.parent):
            folder.mkdir(mode=0o700, exist_ok=True)
        unfinished = copy.with_suffix(".unfinished")
        shutil.copy2(file, unfinished)
        unfinished.replace(copy)


def _forget_old(folder: Path, keep: int) -> None:
    """The oldest copies, and files that none of the others names. Where one of them cannot be read, all files stay."""
    copies = sorted(folder.glob(COPIES))
    for old in copies[:-keep]:
        old.unlink(missing_ok=True)
    try:
        wanted = set().union(*map(_named, copies[-keep:]))
    except sqlite3.Error:
        return
    for file in (folder / FILES).glob("??/*"):
        if file.name not in wanted:
            file.unlink(missing_ok=True)

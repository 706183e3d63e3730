"""The demo's folder: whether it may be used, and making room for a new play where an earlier one was."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from bridge.workspace import CONFIG, Workspace

MARKER, REGISTER = ".demo", "tpmap.csv"
REQUESTS, ANSWERS, RESPONSES = "access-form.csv", "case-form.csv", "case-responses.xlsx"  # in the inbox


def refusal(folder: Path) -> str:
    """Why a folder cannot be played in, as a code of the messages' section `demo`; "" where it can.

    Only an empty folder and that of an earlier play are used; the latter no more once somebody has put files
    of an office into its inbox.
    """
    if folder.exists() and not folder.is_dir():
        return "not_a_folder"
    if (folder / MARKER).is_file():
        return "" if _inbox_names(Workspace(folder)) <= {REQUESTS, ANSWERS, RESPONSES} else "in_earnest"
    # The log is opened before a command runs.
    taken = [path for path in folder.iterdir() if path.name != "logs"] if folder.is_dir() else []
    return "not_empty" if taken else ""


def make_room(folder: Path, base_url: str = "") -> None:
    """Removes what an earlier play made, and nothing else; marks the folder. The province's own portal address
    gives way to `base_url`. Raises OSError."""
    workspace = Workspace(folder)
    if (folder / MARKER).is_file():
        for path in (workspace.access_book, workspace.cases_book, workspace.summary_book):
            path.unlink(missing_ok=True)  # first: one that is open in Excel stops here, on Windows
        for path in (*sorted(folder.glob("ledger.sqlite3*")), workspace.province_file, workspace.secret_key):
            path.unlink(missing_ok=True)
        for part in (
            folder / "inbox",
            folder / ".portal",
            workspace.cases_book.parent,
            workspace.outbox,
            workspace.backups,
        ):
            if part.is_dir():
                shutil.rmtree(part)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARKER).write_text("python run.py demo\n", encoding="ascii")
    if base_url:
        sample = (CONFIG / "sisaket.toml").read_text(encoding="utf-8")
        told = re.sub(r'(?m)^base_url = "[^"]*"', f'base_url = "{base_url}"', sample)
        workspace.province_file.write_text(told, encoding="utf-8")


def _inbox_names(workspace: Workspace) -> set[str]:
    folders = (workspace.inbox_access, workspace.inbox_cases)
    return {path.name for folder in folders if folder.is_dir() for path in folder.iterdir()}

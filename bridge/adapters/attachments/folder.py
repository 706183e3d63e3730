"""A folder of files under names that say nothing, readable by their owner alone where the system knows that."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from bridge.application.errors import OutsideError

UNFINISHED = ".unfinished"
_NAME = re.compile(r"[0-9a-f]{32}")


class FileFolder:
    """Implements ports.attachments.FileStore: `<folder>/<first two digits>/<name>`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, content: bytes) -> str:
        name = secrets.token_hex(16)
        try:
            write_whole(self.path(name), content)
        except OSError as error:
            raise OutsideError("attachment_unkept", said=error.strerror or "") from error
        return name

    def read(self, name: str) -> bytes:
        try:
            return self.path(name).read_bytes()
        except OSError as error:
            raise OutsideError("attachment_lost", said=error.strerror or "") from error

    def remove(self, names: Iterable[str]) -> None:
        for name in names:
            self.path(name).unlink(missing_ok=True)
            self.path(name).with_suffix(UNFINISHED).unlink(missing_ok=True)

    def stored(self, before: datetime | None = None) -> set[str]:
        """Also those that a process was killed over."""
        names = set()
        for path in self._folder.glob("??/*"):
            with suppress(FileNotFoundError):  # removed meanwhile
                if _NAME.fullmatch(path.stem) and (before is None or _put_at(path) < before):
                    names.add(path.stem)
        return names

    def path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise ValueError("not a name of the store")
        return self._folder / name[:2] / name


def write_whole(path: Path, content: bytes) -> None:
    """The file is there whole or not at all, and on the disk when this returns. Raises OSError."""
    for folder in (path.parent.parent, path.parent):
        folder.mkdir(mode=0o700, exist_ok=True)
    unfinished = path.with_suffix(UNFINISHED)
    try:
        descriptor = os.open(
            unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o600
        )
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise
    if os.name == "posix":
        _settle(path.parent)


def _settle(folder: Path) -> None:
    """The name, too, is on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _put_at(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)

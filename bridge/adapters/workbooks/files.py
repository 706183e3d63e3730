"""The workbook as a file on a disk or a share: read whole, seen to be open, replaced in one step."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bridge.application.errors import Busy, OutsideError, SheetError

MAX_FILE = 512 * 2**20  # bytes; a workbook of 100,000 full rows is some 20 MB

# What Excel, LibreOffice and WPS Office lay beside a workbook that is open in them.
_LOCK_SIGNS = ("~${name}", ".~lock.{name}#", ".~{name}")
_NO_ROOM = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}


def version_of(data: bytes) -> str:
    """The workbook's version is its content and nothing else: clocks and shares lie about times."""
    return hashlib.sha256(data).hexdigest()


def read_bytes(path: Path) -> bytes:
    """The whole file, also while somebody has it open. Raises SheetError, Busy, OutsideError."""
    with failures(path):
        if not path.parent.is_dir():
            raise OutsideError("folder_missing", file=path.name, folder=str(path.parent))
        if not path.is_file():
            raise SheetError("workbook_missing", file=path.name, folder=str(path.parent))
        if path.stat().st_size > MAX_FILE:
            raise SheetError("workbook_unsafe", file=path.name)
        return path.read_bytes()


def ensure_free(path: Path) -> None:
    """Raises Busy when the workbook is open somewhere, OutsideError when it may not be written."""
    with failures(path):
        for sign in _LOCK_SIGNS:
            if path.with_name(sign.format(name=path.name)).exists():
                raise Busy("workbook_open", file=path.name)
        if not path.exists():
            return
        if not os.access(path, os.W_OK):
            raise OutsideError("workbook_read_only", file=path.name)
        with path.open("r+b"):  # Windows refuses this while Excel holds the file
            pass


def replace(path: Path, data: bytes, last_check: Callable[[], None]) -> None:
    """Puts `data` in the place of the file: after this it is the old one or the new one, whole.

    `last_check` runs when the new content is safe on the disk, just before the swap; what it raises
    leaves the old file as it is. Raises Busy, OutsideError.
    """
    target = path.resolve()  # a link keeps pointing at the workbook
    mark = hashlib.blake2b(target.name.encode(), digest_size=6).hexdigest()
    temporary = target.with_name(f".saphan-{mark}-{secrets.token_hex(4)}.tmp")
    try:
        with failures(
            path, refused=OutsideError("folder_read_only", file=path.name, folder=str(path.parent))
        ):
            _remove_leftovers(target.parent, mark)
            _write_through(temporary, data)
            if target.exists():
                shutil.copymode(target, temporary)
        last_check()
        with failures(path):
            temporary.replace(target)
    except BaseException:
        _remove(temporary)
        raise


def _write_through(path: Path, data: bytes) -> None:
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _remove_leftovers(folder: Path, mark: str) -> None:
    """A process that was killed while it wrote could not clean up; one writer at a time holds the lease."""
    for leftover in folder.glob(f".saphan-{mark}-*.tmp"):
        _remove(leftover)


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return  # the next write tries again; the failure that brought us here matters more


@contextmanager
def failures(path: Path, refused: Exception | None = None) -> Iterator[None]:
    """Turns an OSError into the port's errors. `refused` is what a PermissionError means here; by default,
    that the file is open elsewhere."""
    try:
        yield
    except PermissionError as error:
        raise (refused or Busy("workbook_open", file=path.name)) from error
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise OutsideError("disk_full", file=path.name, folder=str(path.parent)) from error
        raise OutsideError(
            "workbook_out_of_reach", file=path.name, reason=str(error.strerror or error)
        ) from error

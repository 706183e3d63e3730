"""Mail into a folder: one .eml file per letter, for trial runs and for offices that send by hand."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from bridge.adapters.mail.message import LetterRefused, Sender, compose, to_bytes
from bridge.application.errors import OutsideError
from bridge.application.ports.clock import Clock
from bridge.application.ports.mail import Fate, Letter, Outcome, Session

_SAFE = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
# Windows keeps these for itself, whatever comes after a dot.
_RESERVED = re.compile(r"con|prn|aux|nul|com\d|lpt\d")


class FolderMailer:
    """Writes `<folder>/<safe key>.eml`, readable by its owner alone: it holds a one-time link."""

    evidence_delay = timedelta(0)  # a file is there, or it is not

    def __init__(self, folder: Path, sender: Sender, clock: Clock) -> None:
        self._folder = folder
        self._sender = sender
        self._clock = clock

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Raises OutsideError when the folder cannot be made."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            for leftover in self._folder.glob(
                ".*.part"
            ):  # of a run that was killed: it holds a one-time link
                leftover.unlink(missing_ok=True)
        except OSError as error:
            raise self._failure(error) from error
        yield self

    def send(self, letter: Letter) -> Outcome:
        """Raises OutsideError when the file could not be written; then there is no part of it either."""
        try:
            message = compose(letter, self._sender, self._clock.now(), utf8=True)
            content = to_bytes(message)
        except LetterRefused as refused:
            return Outcome(Fate.REFUSED, refused.reason)
        try:
            _write_whole(self._folder / file_name(letter.key), content)
        except OSError as error:
            raise self._failure(error) from error
        return Outcome(Fate.SENT)

    def evidence(self, message_id: str, key: str) -> bool | None:
        """Whether the file is there, or in a sub-folder where people put what they have dealt with. Raises
        OutsideError where the folder itself is out of reach: its emptiness would prove nothing."""
        if not self._folder.is_dir():
            raise OutsideError("mail_folder", folder=str(self._folder), said="")
        return any(self._folder.rglob(file_name(key)))

    def _failure(self, error: OSError) -> OutsideError:
        return OutsideError("mail_folder", folder=str(self._folder), said=error.strerror or "")


def file_name(key: str) -> str:
    """A file name that is safe on every system and different for every key, upper and lower case apart."""
    if _SAFE.fullmatch(key) and not _RESERVED.fullmatch(key):
        return f"{key}.eml"
    digest = hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    slug = re.sub(r"[^a-z0-9]+", "-", key.lower()).strip("-")[:40]
    return f"letter-{slug}.{digest}.eml"


def _write_whole(path: Path, content: bytes) -> None:
    """The whole file or none, on disk when this returns."""
    descriptor, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Makes the new name last through a power cut; Windows does not open folders, and does not need it."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

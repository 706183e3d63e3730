"""Files that are attached to cases: taken in, kept, shown, and removed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import IO

from bridge.application.ports.attachments import Attachment, AttachmentStore, FileCheck, FileStore, StoredFile
from bridge.application.ports.clock import Clock
from bridge.application.ports.journal import Journal
from bridge.domain.attachments import shown_name
from bridge.domain.problems import Problem

# A file whose form is not sent yet is kept so long; the sweep leaves it alone longer than that.
WAITING = timedelta(hours=12)
LEFT_OVER = timedelta(hours=24)


class AttachFiles:
    """`most_bytes` is the largest file that is taken."""

    def __init__(
        self,
        check: FileCheck,
        store: FileStore,
        attachments: AttachmentStore,
        journal: Journal,
        clock: Clock,
        most_bytes: int,
    ) -> None:
        self._check, self._store, self._attachments = check, store, attachments
        self._journal, self._clock, self._most_bytes = journal, clock, most_bytes

    def take(self, upload: IO[bytes], size: int, name: str) -> StoredFile | Problem:
        """Judges a file and keeps it, a case's or not yet; `size` is how many bytes were sent. Raises OutsideError
        where the disk does not take it."""
        shown = shown_name(name)
        if size == 0:
            return Problem("attachment_empty", shown)
        if size > self._most_bytes:
            return self._large(shown)
        checked = self._check.check(upload)
        if isinstance(checked, Problem):
            return replace(checked, value=shown)
        if len(checked.content) > self._most_bytes:
            return self._large(shown)
        digest = hashlib.sha256(checked.content).hexdigest()
        stored = self._store.put(checked.content)
        return StoredFile(stored, checked.kind, len(checked.content), digest, shown)

    def _large(self, shown: str) -> Problem:
        return Problem("attachment_large", shown, facts={"most": str(self._most_bytes // 1_000_000)})

    def unused(self, files: Sequence[StoredFile]) -> list[StoredFile]:
        """Those that belong to no case."""
        known = self._attachments.known([file.name for file in files])
        return [file for file in files if file.name not in known]

    def discard(self, files: Sequence[StoredFile]) -> None:
        """Removes those that belong to no case."""
        self._store.remove(file.name for file in self.unused(files))

    def of(self, cases: Sequence[str]) -> list[Attachment]:
        return self._attachments.of(cases)

    def find(self, case: str, number: int) -> Attachment | None:
        return self._attachments.find(case, number)

    def content(self, attachment: Attachment) -> bytes:
        """Raises OutsideError where the store has lost it."""
        return self._store.read(attachment.file.name)

    def erase(self, cases: Sequence[str]) -> int:
        """Removes all files of these cases; how many. Broken off in between it leaves files to the sweep."""
        with self._journal.transaction():
            names = self._attachments.forget(cases)
        self._store.remove(names)
        return len(names)

    def sweep(self) -> tuple[int, int]:
        """Removes what was left over when something was broken off: how many files; and how many files of cases
        the store has lost."""
        known = self._attachments.names()
        lost = known - self._store.stored()
        old = self._store.stored(self._clock.now() - LEFT_OVER)
        left_over = old - self._attachments.known(old)
        self._store.remove(left_over)
        return len(left_over), len(lost)

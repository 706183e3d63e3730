"""The erasures outside the ledger: one JSON object a line, only ever added to."""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any

from bridge.application.errors import OutsideError
from bridge.application.ports.erasures import Erasure
from bridge.domain.tombstones import Kind, Tombstone


class ErasureLines:
    """Implements ports.erasures.ErasureFile. Readable by its owner alone where the system knows that."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> list[Erasure]:
        try:
            data = self._path.read_bytes() if self._path.exists() else b""
        except OSError as error:
            raise self._trouble(error) from error
        return [found for line in data.split(b"\n") if (found := _erasure(line)) is not None]

    def append(self, erasure: Erasure) -> None:
        line = json.dumps(_record(erasure), ensure_ascii=False, separators=(",", ":"))
        try:
            handle = os.open(
                self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o600
            )
            with open(handle, "r+b", buffering=0) as file:  # noqa: PTH123  # with the rights of its owner alone
                torn = file.seek(0, os.SEEK_END) and (file.seek(-1, os.SEEK_END), file.read(1))[1] != b"\n"
                file.write((b"\n" if torn else b"") + line.encode() + b"\n")
                os.fsync(file.fileno())
        except OSError as error:
            raise self._trouble(error) from error

    def _trouble(self, error: OSError) -> OutsideError:
        return OutsideError("erasures_unusable", file=self._path.name, said=error.strerror or "")


def _record(erasure: Erasure) -> dict[str, Any]:
    sealed = sorted((str(one.kind), one.digest) for one in erasure.tombstones)
    return {
        "key": erasure.key,
        "at": erasure.at.isoformat(),
        "actor": erasure.actor,
        "why": erasure.why,
        "cases": erasure.cases,
        "tombstones": sealed,
    }


def _erasure(line: bytes) -> Erasure | None:
    """None for a line that was cut short: the program was stopped, and nothing had been erased yet."""
    try:
        found = json.loads(line)
    except ValueError:
        return None
    tombstones = frozenset(Tombstone(Kind(kind), digest) for kind, digest in found["tombstones"])
    at = datetime.fromisoformat(found["at"])
    return Erasure(found["key"], at, found["actor"], found["why"], found["cases"], tombstones)

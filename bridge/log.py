"""The structured log: one JSON object a line, counts and codes only, never a person."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

MEGABYTE = 1_000_000


class _Lines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **getattr(record, "facts", {}),
        }
        return json.dumps(line, ensure_ascii=False, default=str)


def open_log(folder: Path) -> logging.Logger:
    """The log of a workspace, `logs/saphan.log`; five old files of a megabyte are kept."""
    log = logging.getLogger("saphan")
    for handler in list(log.handlers):
        log.removeHandler(handler)
        handler.close()
    folder.mkdir(parents=True, exist_ok=True)
    handler = RotatingFileHandler(
        folder / "saphan.log", maxBytes=MEGABYTE, backupCount=5, encoding="utf-8", delay=True
    )
    handler.setFormatter(_Lines())
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False
    return log

"""Cells of a row as JSON text: readable in the database, the same on SQLite and PostgreSQL."""

from __future__ import annotations

import json
import re
from typing import Any

from django.db import models

from bridge.domain.cells import Cell, from_json, to_json

_as_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=to_json).encode
_SURROGATE = re.compile("[\ud800-\udfff]")


class CellsField(models.TextField):  # type: ignore[type-arg]
    """A mapping of column keys to cells. Text rather than jsonb: a NUL that somebody submitted survives, and so
    does half an emoji."""

    def from_db_value(self, value: str | None, *_: object) -> dict[str, Cell] | None:
        if value is None:
            return None
        cells = json.loads(value).items()
        return {key: cell if isinstance(cell, str) else _decode(cell) for key, cell in cells}

    def to_python(self, value: Any) -> Any:
        return self.from_db_value(value) if isinstance(value, str) else value

    def get_prep_value(self, value: Any) -> str | None:
        if value is None or isinstance(value, str):
            return value
        text = _as_json({key: cell for key, cell in value.items() if cell is not None})
        return text if text.isprintable() else _SURROGATE.sub(lambda half: f"\\u{ord(half[0]):04x}", text)

    def value_to_string(self, obj: models.Model) -> str:
        return self.get_prep_value(self.value_from_object(obj)) or ""


def _decode(cell: Any) -> Any:
    return [from_json(item) for item in cell] if isinstance(cell, list) else from_json(cell)

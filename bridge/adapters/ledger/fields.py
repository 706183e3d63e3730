"""Cells of a row as JSON text: readable in the database, the same on SQLite and PostgreSQL."""

from __future__ import annotations

import json
from typing import Any

from django.db import models

from bridge.domain.cells import Cell, from_json, to_json


class CellsField(models.TextField):  # type: ignore[type-arg]
    """A mapping of column keys to cells. Text rather than jsonb: a NUL that somebody submitted survives."""

    def from_db_value(self, value: str | None, *_: object) -> dict[str, Cell] | None:
        if value is None:
            return None
        return {key: _decode(cell) for key, cell in json.loads(value).items()}

    def to_python(self, value: Any) -> Any:
        return self.from_db_value(value) if isinstance(value, str) else value

    def get_prep_value(self, value: Any) -> str | None:
        if value is None or isinstance(value, str):
            return value
        shown = {key: _encode(cell) for key, cell in value.items() if cell is not None}
        return json.dumps(shown, ensure_ascii=False, separators=(",", ":"))

    def value_to_string(self, obj: models.Model) -> str:
        return self.get_prep_value(self.value_from_object(obj)) or ""


def _encode(cell: Any) -> Any:
    return [to_json(item) for item in cell] if isinstance(cell, (list, tuple)) else to_json(cell)


def _decode(cell: Any) -> Any:
    return [from_json(item) for item in cell] if isinstance(cell, list) else from_json(cell)

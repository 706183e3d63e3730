"""The register of personal data (PDPA s. 39), from config/privacy.toml; the privacy page shows it."""

from __future__ import annotations

import tomllib
from pathlib import Path

from bridge.config_parts import Part, Word


class Held(Part):
    """One kind of data. `columns` are its places, as "sheet.column"."""

    name: Word
    columns: list[Word]
    purpose: Word
    basis: Word
    kept: Word
    seen_by: Word


def load_fields(folder: Path) -> list[Held]:
    """Raises pydantic.ValidationError where an entry lacks something."""
    told = tomllib.loads((folder / "privacy.toml").read_text(encoding="utf-8"))
    return [Held.model_validate(entry) for entry in told["field"]]

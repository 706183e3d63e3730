"""The register of personal data names every column in which something about a person is kept."""

from __future__ import annotations

from bridge.config import load
from bridge.domain.sheets import LAYOUTS
from bridge.field_register import load_fields
from bridge.workspace import CONFIG


def test_every_column_is_in_it_once() -> None:
    listed = [column for held in load_fields(CONFIG) for column in held.columns]
    assert len(listed) == len({*listed})
    kept = {f"{sheet}.{column}" for sheet, (_, columns) in LAYOUTS.items() for column in columns}
    kept |= {f"register.{column}" for column in load(CONFIG / "sisaket.toml").register_.columns}
    assert {column for column in listed if not column.startswith("log.")} == kept


def test_each_says_why_by_what_right_how_long_and_who() -> None:
    for held in load_fields(CONFIG):
        assert "มาตรา" in held.basis
        assert all((held.purpose, held.kept, held.seen_by))

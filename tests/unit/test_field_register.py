"""The register of personal data names every column in which something about a person is kept."""

from __future__ import annotations

import re
from pathlib import Path

from bridge.config import load
from bridge.domain.sheets import LAYOUTS
from bridge.field_register import load_fields
from bridge.workspace import CONFIG

LEDGER = Path(__file__).parents[2] / "bridge" / "adapters" / "ledger"
# What these tables hold of a person is in the columns of a sheet or of the register, or in the log's entries.
COPIES = [
    "Account",
    "AccessRequest",
    "AccessResponse",
    "ActivationLink",
    "Answer",
    "Case",
    "CaseBlock",
    "CaseKey",
    "ErasureEntry",
    "FileShare",
    "History",
    "MatchBucket",
    "OutboxMessage",
    "Publication",
    "ReadEntry",
    "RegisterPerson",
    "Review",
    "SearchTerm",
    "SheetOperation",
    "SheetRow",
    "TombstoneEntry",
    "UncountedCase",
    "WebAnswer",
]
NOBODY = [
    "ApiClient",
    "CachedValue",
    "Cursor",
    "Lease",
    "RegisterImport",
    "RunReport",
    "SearchState",
    "Setting",
]


def test_every_column_is_in_it_once() -> None:
    listed = [column for held in load_fields(CONFIG) for column in held.columns]
    assert len(listed) == len({*listed})
    kept = {f"{sheet}.{column}" for sheet, (_, columns) in LAYOUTS.items() for column in columns}
    kept |= {f"register.{column}" for column in load(CONFIG / "sisaket.toml").register_.columns}
    assert {column for column in listed if not column.startswith(("log.", "ledger."))} == kept


def test_every_table_of_the_ledger_is_in_it_or_holds_nobody_of_its_own() -> None:
    tables = {
        name
        for path in LEDGER.glob("*models.py")
        for name in re.findall(
            r"^class (\w+)\((?:models\.Model|AbstractBaseUser|CountedFor)", path.read_text("utf-8"), re.M
        )
    }
    listed = {column for held in load_fields(CONFIG) for column in held.columns}
    own = {name for name in tables if f"ledger.{name.lower()}" in listed}
    assert {column for column in listed if column.startswith("ledger.")} == {
        f"ledger.{n.lower()}" for n in own
    }
    assert own | {*COPIES} | {*NOBODY} == tables - {"CountedFor"}  # what PaymentLine and Claim have in common
    assert not own & {*COPIES, *NOBODY}


def test_each_says_why_by_what_right_how_long_and_who() -> None:
    for held in load_fields(CONFIG):
        assert "มาตรา" in held.basis
        assert all((held.purpose, held.kept, held.seen_by))

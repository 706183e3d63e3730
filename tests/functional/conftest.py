from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bridge.cli import main
from tests.functional.office import TestOffice


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TestOffice:
    """A fresh workspace, its path with a space and Thai letters in it."""
    root = tmp_path / "สำนักงาน พมจ"
    monkeypatch.setattr(sys, "argv", ["run.py", "init", str(root)])
    assert main() == 0
    return TestOffice(root)

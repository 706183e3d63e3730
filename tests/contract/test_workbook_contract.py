"""Every backend of the port `Workbook` under the one suite."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bridge.adapters.workbooks.xlsx import XlsxWorkbook
from tests.contract.workbooks import ComparingContract


class TestXlsx(ComparingContract):
    @pytest.fixture
    def place(self, tmp_path: Path) -> Callable[..., XlsxWorkbook]:
        folder = tmp_path / "สำนักงาน พมจ. ศรีสะเกษ"
        folder.mkdir()
        return lambda name="ทะเบียน เคส ๒๕๖๙.xlsx": XlsxWorkbook(folder / name)

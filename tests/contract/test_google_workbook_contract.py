"""The workbook port on Google, over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path

import pytest

from bridge.adapters.ledger.connection import close_ledger
from bridge.adapters.workbooks.google import GoogleWorkbook
from bridge.application.ports.workbooks import Workbook
from bridge.domain.cells import Cell, Kind
from tests.contract.google_office import GoogleDesk
from tests.contract.ledgers import open_empty
from tests.contract.workbooks import ACCESS, CASES, COLUMNS, WorkbookContract
from tests.stand_in.google import serve


class TestGoogle(WorkbookContract):
    @pytest.fixture
    def place(self, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., Workbook]]:
        ledger = open_empty("sqlite", request.config, tmp_path)
        with serve() as google:
            desk = GoogleDesk(google, ledger)

            def workbook(name: str = "สมุดงาน") -> GoogleWorkbook:
                return desk.workbook(name, [CASES, ACCESS])

            yield workbook
        close_ledger()

    def fits(self, column: int, value: Cell) -> bool:
        """A date is a number that its column shows as one: only a column of dates can hold it, and no number."""
        dated = column < len(COLUMNS) and COLUMNS[column].kind in (Kind.DATE, Kind.DATETIME)
        if isinstance(value, date):
            return dated
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return not dated
        return True

    def inserted(
        self, expected: Mapping[tuple[int, int], Cell], at: int, count: int
    ) -> dict[tuple[int, int], Cell]:
        """Rows are put in between; unticked boxes move down."""
        return {(row + count if row >= at else row, column): v for (row, column), v in expected.items()}

"""Both summary books against the contract of their port."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from bridge.adapters.workbooks.xlsx_summary import XlsxSummaryBook
from bridge.application.ports.summaries import SummaryBook
from tests.contract.summary_books import Rows, SummaryBookContract
from tests.integration.test_google_summary import Office
from tests.stand_in.google import serve


class XlsxPlace:
    def __init__(self, path: Path) -> None:
        self.path = path

    def open(self) -> SummaryBook:
        return XlsxSummaryBook(self.path)

    def rows(self) -> dict[str, Rows]:
        found: dict[str, Rows] = {}
        for sheet in load_workbook(self.path).worksheets:
            found[sheet.title] = [trimmed(list(row)) for row in sheet.iter_rows(values_only=True)]
        return found

    def add(self, title: str, rows: Rows) -> None:
        book = load_workbook(self.path) if self.path.exists() else Workbook()
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
        book.save(self.path)

    def remove(self, title: str) -> None:
        book = load_workbook(self.path)
        del book[title]
        book.save(self.path)


class GooglePlace:
    def __init__(self, office: Office) -> None:
        self.office = office

    def open(self) -> SummaryBook:
        return self.office.opened()

    def rows(self) -> dict[str, Rows]:
        return {title: self.office.hand(title).values() for title in self.office.titles}

    def add(self, title: str, rows: Rows) -> None:
        self.office.google.people.request(self.office.id, {"addSheet": {"properties": {"title": title}}})
        for row in rows:
            self.office.hand(title).type_row(row)

    def remove(self, title: str) -> None:
        self.office.hand(title).delete()


def trimmed(row: list[object]) -> list[object]:
    while row and row[-1] is None:
        row.pop()
    return row


class TestXlsx(SummaryBookContract):
    @pytest.fixture
    def place(self, tmp_path: Path) -> XlsxPlace:
        return XlsxPlace(tmp_path / "สรุป.xlsx")


class TestGoogle(SummaryBookContract):
    @pytest.fixture
    def place(self, tmp_path: Path) -> Iterator[GooglePlace]:
        with serve() as google:
            yield GooglePlace(Office(google, tmp_path))

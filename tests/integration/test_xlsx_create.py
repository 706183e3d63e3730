"""New workbooks: what the office finds when it opens one."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import openpyxl

from bridge.adapters.workbooks.xlsx import XlsxWorkbook
from bridge.domain.cells import Cell, Kind
from bridge.domain.columns import Column, Owner, Table
from tests.integration.raw_xlsx import write

CASES = Table(
    "cases",
    "ทะเบียนเคส",
    "id",
    (
        Column("id", "รหัสเคส", Owner.BRIDGE, width=18),
        Column("at", "วันที่เวลา", Owner.FORM, Kind.DATETIME),
        Column("need", "สภาพปัญหา", Owner.FORM, width=50),
        Column("money", "จำนวนเงิน", Owner.STAFF, Kind.NUMBER),
        Column("day", "วันที่รับเรื่อง", Owner.STAFF, Kind.DATE),
        Column("status", "การดำเนินงาน", Owner.SUGGESTED, choices=("รอดำเนินการ", 'รับ "เรื่อง"')),
        Column("long", "=หัว", Owner.STAFF, choices=("ก" * 200, "ข" * 100)),
        Column("comma", "จุลภาค", Owner.STAFF, choices=("ก, ข", "ค")),
    ),
)


def test_a_new_workbook_is_ready_to_work_in(tmp_path: Path) -> None:
    path = tmp_path / "ใหม่ 2569.xlsx"
    XlsxWorkbook(path).create([CASES])
    sheet = openpyxl.load_workbook(path)["ทะเบียนเคส"]
    assert [cell.value for cell in sheet[1]] == [column.header for column in CASES.columns]
    assert all(
        cell.font.bold and cell.fill.fill_type == "solid" and cell.data_type == "s" for cell in sheet[1]
    )
    assert len({cell.fill.start_color.rgb for cell in sheet[1]}) == 4  # one colour for each owner
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:H1")
    assert [sheet.column_dimensions[name].width for name in "ABC"] == [18, 14, 50]
    formats = [sheet.column_dimensions[name].number_format for name in "ABCDE"]
    assert formats == ["@", "d/m/yyyy hh:mm", "@", "#,##0", "d/m/yyyy"]
    assert (
        sheet.column_dimensions["C"].alignment.wrap_text
        and not sheet.column_dimensions["A"].alignment.wrap_text
    )
    rules = {str(rule.sqref): rule.formula1 for rule in sheet.data_validations.dataValidation}
    assert rules == {"F2:F1048576": '"รอดำเนินการ,รับ ""เรื่อง"""'}
    assert sheet.page_setup.orientation == "landscape" and sheet.sheet_properties.pageSetUpPr.fitToPage
    assert sheet.print_title_rows == "$1:$1"
    assert {path.name} == {file.name for file in tmp_path.iterdir()}


def test_rows_appended_to_a_new_workbook_look_like_its_columns(tmp_path: Path) -> None:
    path = tmp_path / "ใหม่.xlsx"
    workbook = XlsxWorkbook(path)
    workbook.create([CASES])
    row: dict[int, Cell] = {
        0: "1",
        1: datetime(2025, 10, 1, 8, 30),
        2: "-",
        3: 1500.5,
        4: date(2569, 1, 2),
        6: "x",
    }
    write(workbook, {}, row, row, tab="ทะเบียนเคส")
    sheet = openpyxl.load_workbook(path)["ทะเบียนเคส"]
    formats = ["@", "d/m/yyyy hh:mm", "@", "#,##0", "d/m/yyyy"]
    for number in (2, 3):
        assert [sheet.cell(number, column).number_format for column in range(1, 6)] == formats
        assert not any(cell.font.bold for cell in sheet[number])
        assert not any(cell.fill.fill_type for cell in sheet[number])
        assert sheet.cell(number, 3).alignment.wrap_text
    assert sheet.auto_filter.ref == "A1:H3"

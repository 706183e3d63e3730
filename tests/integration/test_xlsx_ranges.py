"""Formulas, filters and tables around the cells that are written, and what is rather refused than spoiled."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.table import Table as ExcelTable

from bridge.adapters.workbooks.xlsx import XlsxWorkbook
from bridge.application.errors import SheetError
from tests.integration.raw_xlsx import (
    LINKS,
    MAIN,
    PACKAGE_LINKS,
    SHEET,
    pack,
    put,
    rows_of,
    sheet_of,
    surroundings,
    unpack,
    workbook_parts,
    write,
)


def test_formulas_keep_their_results_and_are_calculated_again_when_opened(tmp_path: Path) -> None:
    workbook = put(tmp_path, '<row r="1"><c r="A1"><v>2</v></c><c r="B1"><f>A1*2</f><v>4</v></c></row>')
    write(workbook, {(0, 0): 5}, {0: 1})
    parts = unpack(tmp_path / "ก ข.xlsx")
    assert b'<c r="B1"><f>A1*2</f><v>4</v></c>' in parts[SHEET]
    assert b'<calcPr fullCalcOnLoad="1"/></workbook>' in parts["xl/workbook.xml"]
    assert "xl/calcChain.xml" in parts


def test_writing_over_a_formula_removes_the_calculation_chain(tmp_path: Path) -> None:
    workbook = put(tmp_path, '<row r="1"><c r="A1"><v>2</v></c><c r="B1" s="6"><f>A1*2</f><v>4</v></c></row>')
    write(workbook, {(0, 1): 5})
    parts = unpack(tmp_path / "ก ข.xlsx")
    assert rows_of(workbook) == [[2, 5]]
    assert "xl/calcChain.xml" not in parts
    assert not [part for part, content in parts.items() if b"calcChain" in content]
    assert openpyxl.load_workbook(tmp_path / "ก ข.xlsx")["S"]["B1"].number_format == "#,##0.00"


def test_cells_that_share_a_formula_keep_it_when_its_first_cell_is_written_over(tmp_path: Path) -> None:
    rows = (
        '<row r="1"><c r="A1"><v>1</v></c><c r="B1" t="str">'
        '<f t="shared" ref="B1:B3" si="0">IF(A1&lt;$C$1,"x","y")</f><v>y</v></c></row>'
        '<row r="2"><c r="B2" s="6" t="str"><f t="shared" si="0"/><v>y</v></c></row>'
        '<row r="3"><c r="B3"><f t="shared" si="0"></f><v>3</v></c>'
        '<c r="C3"><f t="shared" ref="C3:C4" si="1">A3</f></c></row>'
        '<row r="4"><c r="C4"><f t="shared" si="1"/><v>9</v></c></row>'
    )
    workbook = put(tmp_path, rows)
    write(workbook, {(0, 1): "แทน", (2, 1): "แทน"})
    sheet = openpyxl.load_workbook(tmp_path / "ก ข.xlsx")["S"]
    assert [sheet[f"B{row}"].value for row in (1, 2, 3)] == ["แทน", '=IF(A2<$C$1,"x","y")', "แทน"]
    assert rows_of(workbook)[1][1] == "y"
    assert b'<c r="C4"><f t="shared" si="1"/><v>9</v></c>' in sheet_of(tmp_path)


def test_a_part_of_an_array_is_refused_by_name(tmp_path: Path) -> None:
    rows = (
        '<row r="1"><c r="A1"><f t="array" ref="A1:A2">C1:C2</f><v>1</v></c>'
        '<c r="B1"><f t="array" ref="B1">SUM(C1:C2)</f><v>1</v></c></row><row r="2"><c r="A2"><v>2</v></c></row>'
    )
    workbook = put(tmp_path, rows)
    before = workbook.version()
    with pytest.raises(SheetError) as caught:
        write(workbook, {(1, 0): "x", (5, 5): 1})
    assert (caught.value.code, caught.value.facts) == (
        "cell_in_array",
        {"cell": "A2", "tab": "S", "file": "ก ข.xlsx"},
    )
    assert workbook.version() == before
    write(workbook, {(0, 1): 5})  # an array of one cell is the cell's own
    assert rows_of(workbook) == [[1, 5], [2, None]]


# Ranges


def test_a_table_grows_with_the_rows_below_it(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "S"
    for row in (["ก", "ข"], ["1", 2], ["3", 4]):
        sheet.append(row)
    sheet.add_table(ExcelTable(displayName="เคส", ref="A1:B3"))
    path = tmp_path / "ก ข.xlsx"
    book.save(path)
    write(XlsxWorkbook(path), {}, {0: "5", 1: 6}, {0: "7"})
    table = openpyxl.load_workbook(path)["S"].tables["เคส"]
    assert table.ref == table.autoFilter.ref == "A1:B5"


def test_a_table_with_totals_and_a_filter_of_its_own_stay(tmp_path: Path) -> None:
    parts = workbook_parts(
        "".join(f'<row r="{r}"><c r="A{r}"><v>{r}</v></c></row>' for r in range(1, 9)),
        tail='<autoFilter ref="A1:C3"><filterColumn colId="0"/></autoFilter><tableParts count="1"/>',
    )
    parts["xl/worksheets/_rels/sheet1.xml.rels"] = (
        f'<Relationships xmlns="{PACKAGE_LINKS}"><Relationship Id="rId1" Type="{LINKS}/table" '
        'Target="../tables/table1.xml"/></Relationships>'
    ).encode()
    parts["xl/tables/table1.xml"] = f'<table xmlns="{MAIN}" id="1" ref="A4:A8" totalsRowCount="1"/>'.encode()
    path = tmp_path / "ก ข.xlsx"
    path.write_bytes(pack(parts))
    write(XlsxWorkbook(path), {}, {0: "ใหม่"})
    after = unpack(path)
    assert {part for part in parts if parts[part] != after[part]} == {SHEET}
    assert surroundings(after[SHEET]) == surroundings(parts[SHEET])


def test_a_sheet_without_room_is_refused(tmp_path: Path) -> None:
    workbook = put(tmp_path, '<row r="1048576"><c r="A1048576"><v>1</v></c></row>')
    for cells, appended in (({}, [{0: 1}]), ({(1_048_576, 0): 1}, []), ({(0, 16_384): 1}, [])):
        with pytest.raises(SheetError) as caught:
            write(workbook, cells, *appended)
        assert caught.value.code == "sheet_full"


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="1"><c r="A1"><v>1</v></c></row><!-- x -->',
        '<row r="2"/><row r="1"/>',
        '<row r="1"><c r="B1"/><c r="A1"/></row>',
        '<row r="1"><c r="A7"/></row>',
        '<row r="1"><d r="A1"/></row>',
        '<row r="1"/><other/>',
    ],
)
def test_what_is_not_understood_is_not_touched(tmp_path: Path, rows: str) -> None:
    workbook = put(tmp_path, rows)
    before = workbook.version()
    with pytest.raises(SheetError) as caught:
        write(workbook, {(0, 0): "x"})
    assert caught.value.code == "sheet_not_understood"
    assert caught.value.facts["tab"] == "S"
    assert workbook.version() == before


def test_xml_that_was_broken_before_is_not_written_again(tmp_path: Path) -> None:
    workbook = put(tmp_path, '<row r="1"><c r="A1"><v>1</v></c></row>', tail="<pageMargins>")
    before = workbook.version()
    with pytest.raises(SheetError):
        write(workbook, {(0, 0): "x"})
    assert workbook.version() == before

"""Workbook files as programs and people leave them, written to without a loss."""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
from openpyxl.comments import Comment
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import Font, PatternFill
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.table import Table as ExcelTable

from bridge.adapters.workbooks.xlsx import XlsxWorkbook
from bridge.application.errors import SheetError
from tests.integration.raw_xlsx import (
    LINKS,
    MAIN,
    PACKAGE_LINKS,
    SHEET,
    cells_as_written,
    pack,
    put,
    rows_of,
    sheet_of,
    surroundings,
    unpack,
    workbook_parts,
    write,
)

SOFFICE = shutil.which("soffice")
needs_libreoffice = pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed")


def convert(path: Path, folder: Path, form: str) -> None:
    assert SOFFICE
    profile = (folder / "profile").as_uri()
    command = [
        SOFFICE,
        f"-env:UserInstallation={profile}",
        "--headless",
        "--convert-to",
        form,
        "--outdir",
        folder,
        path,
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=120)


# Writing: nothing else changes


@pytest.fixture
def busy_sheet(tmp_path: Path) -> Path:
    """A workbook with most of what people put into one, as openpyxl writes it."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "S"
    sheet.append(["รหัส", "ชื่อ", "จำนวน", "วันที่", "สูตร"])
    for i in range(1, 31):
        sheet.append([f"SSK-{i:03}", f"ชื่อ {i}", i * 10, datetime(2025, 10, i), f"=C{i + 1}*2"])
        sheet.cell(i + 1, 2).fill = PatternFill("solid", start_color="FFFF00")
        sheet.cell(i + 1, 4).number_format = "d mmm yyyy"
        sheet.cell(i + 1, 1).font = Font(bold=True)
    sheet["B3"].comment = Comment("หมายเหตุของเจ้าหน้าที่", "สมชาย")
    rule = DataValidation(type="list", formula1='"ก,ข"', allow_blank=True)
    rule.add("B2:B31")
    sheet.add_data_validation(rule)
    sheet.conditional_formatting.add(
        "C2:C31", CellIsRule(operator="greaterThan", formula=["100"], font=Font(bold=True))
    )
    sheet.column_dimensions["B"].width = 33
    sheet.row_dimensions[5].hidden = True
    sheet.row_dimensions[31].height = 40
    sheet.auto_filter.ref = "A1:E31"
    sheet.merge_cells("G2:H3")
    sheet["G2"] = "รวม"
    sheet.freeze_panes = "B2"
    sheet.add_table(ExcelTable(displayName="อื่น", ref="J1:K3"))
    sheet["J1"], sheet["K1"], sheet["J2"] = "ก", "ข", "x"
    other = book.create_sheet("สรุป")
    other["A1"] = "=SUM(S!C2:C31)"
    path = tmp_path / "ก ข.xlsx"
    book.save(path)
    return path


def assert_only_these_cells_changed(before: bytes, after: bytes, places: set[str]) -> None:
    old, new = cells_as_written(before), cells_as_written(after)
    assert {place for place in old.keys() | new.keys() if old.get(place) != new.get(place)} == places


def test_an_edit_changes_its_cell_and_nothing_else(busy_sheet: Path) -> None:
    before = unpack(busy_sheet)
    write(XlsxWorkbook(busy_sheet), {(2, 1): "แก้แล้ว", (7, 2): 5, (40, 0): "ไกล"})
    after = unpack(busy_sheet)
    assert list(before) == list(after)
    assert {part for part in before if before[part] != after[part]} == {SHEET}
    assert_only_these_cells_changed(before[SHEET], after[SHEET], {"B3", "C8", "A41"})
    dimension = re.compile(rb'<dimension ref="[^"]*" ?/>')
    assert (
        dimension.sub(b"", before[SHEET]).split(b"<sheetData>")[0]
        == dimension.sub(b"", after[SHEET]).split(b"<sheetData>")[0]
    )
    assert before[SHEET].split(b"</sheetData>")[1] == after[SHEET].split(b"</sheetData>")[1]
    sheet = openpyxl.load_workbook(busy_sheet)["S"]
    assert sheet.dimensions == "A1:K41"
    assert sheet["B3"].value == "แก้แล้ว"
    assert sheet["B3"].fill.start_color.rgb == "00FFFF00"
    assert sheet["B3"].comment.text == "หมายเหตุของเจ้าหน้าที่"
    assert sheet["E3"].value == "=C3*2"
    assert sheet.row_dimensions[5].hidden


def test_appended_rows_look_like_the_row_above_and_belong_to_the_same_ranges(busy_sheet: Path) -> None:
    before = unpack(busy_sheet)
    write(XlsxWorkbook(busy_sheet), {}, {0: "SSK-031", 1: "ใหม่", 3: date(2569, 1, 2)}, {0: "SSK-032"})
    after = unpack(busy_sheet)
    assert {part for part in before if before[part] != after[part]} == {SHEET, "xl/workbook.xml"}
    book = openpyxl.load_workbook(busy_sheet)
    sheet = book["S"]
    assert [cell.value for cell in sheet[32]][:5] == ["SSK-031", "ใหม่", None, datetime(2569, 1, 2), None]
    assert sheet["A33"].font.bold and sheet["B33"].fill.start_color.rgb == "00FFFF00"
    assert sheet["D33"].number_format == sheet["D32"].number_format == "d mmm yyyy"
    assert sheet.row_dimensions[33].height == 40
    assert sheet.auto_filter.ref == "A1:E33"
    assert sheet.dimensions == "A1:K33"
    assert str(sheet.data_validations.dataValidation[0].sqref) == "B2:B33"
    assert [str(area.sqref) for area in sheet.conditional_formatting] == ["C2:C33"]
    assert sheet.tables["อื่น"].ref == "J1:K3"
    assert str(sheet.merged_cells) == "G2:H3"
    assert "'S'!$A$1:$E$33<" in after["xl/workbook.xml"].decode()  # the filter's hidden name
    assert_only_these_cells_changed(
        before[SHEET], after[SHEET], {f"{column}{row}" for row in (32, 33) for column in "ABD"}
    )


def test_parts_and_elements_that_no_library_knows_stay(tmp_path: Path) -> None:
    newer = (
        '<extLst><ext uri="{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}" xmlns:x14="http://schemas.microsoft.com/office/'
        'spreadsheetml/2009/9/main"><x14:dataValidations xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main">'
        "<x14:dataValidation><xm:sqref>B2:B3</xm:sqref></x14:dataValidation></x14:dataValidations>"
        '<x14:sparkline xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main"><xm:sqref>D3</xm:sqref>'
        "</x14:sparkline></ext></extLst>"
    )
    parts = workbook_parts(
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="2" x="1"><c r="A2" foo="bar"><v>1</v></c></row>'
        '<row r="3"><c r="A3"><v>1</v></c></row>',
        tail=newer,
    )
    parts |= {"xl/drawings/drawing1.xml": b"<shape/>", "xl/vbaProject.bin": bytes(range(256)) * 50}
    path = tmp_path / "x.xlsx"
    path.write_bytes(pack(parts))
    write(XlsxWorkbook(path), {(0, 1): 5})
    after = unpack(path)
    assert {part for part in parts if parts[part] != after.get(part)} == {SHEET}
    assert surroundings(after[SHEET]) == surroundings(parts[SHEET])
    write(XlsxWorkbook(path), {}, {0: 4})
    grown = unpack(path)[SHEET]
    assert b"<xm:sqref>B2:B4</xm:sqref>" in grown
    assert b"<xm:sqref>D3</xm:sqref>" in grown


@pytest.mark.parametrize(
    ("rows", "prefix"),
    [
        ("<row><c><v>1</v></c><c><v>2</v></c></row><row/><row><c/><c><v>3</v></c></row>", ""),
        ("<row r='1'><c r='A1'><v>1</v></c><c r='B1'><v>2</v></c></row>"
         "<row r='3' spans='2:2'><c r='B3'><v>3</v></c></row>", ""),
        ('<x:row r="1"><x:c r="A1"><x:v>1</x:v></x:c><x:c r="B1" t="n"><x:v>2</x:v></x:c></x:row>\n'
         '<x:row r="2" s="1"/>\n <x:row r="3">\n<x:c r="B3" ><x:v>3</x:v></x:c>\n</x:row>\n', "x:"),
        ('<row r="1" ht="20"><c r="A1"><v>1</v></c><c r="B1"><v>2</v></c></row><row r="3"><c r="A3" s="5"/>'
         '<c r="B3"><v>3</v></c><c r="C3" s="5"/></row><row r="4" hidden="1"/><row r="9" s="5" customFormat="1"/>', ""),
    ],
    ids=["no addresses", "single quotes", "prefix and blanks", "formatted empty rows"],
)  # fmt: skip
def test_sheets_of_every_hand_are_written_alike(tmp_path: Path, rows: str, prefix: str) -> None:
    workbook = put(tmp_path, rows, prefix=prefix)
    assert rows_of(workbook) == [[1, 2], [None, None], [None, 3]]
    write(workbook, {(0, 1): "ก", (1, 3): True, (2, 0): "=x", (2, 1): None, (0, 6): 7}, {0: "ท้าย", 2: 1.5})
    found = rows_of(workbook)
    assert found == [
        [1, "ก", None, None, None, None, 7],
        [None, None, None, True, None, None, None],
        ["=x", None, None, None, None, None, None],
        ["ท้าย", None, 1.5, None, None, None, None],
    ]
    sheet = openpyxl.load_workbook(tmp_path / "ก ข.xlsx")["S"]
    assert [[cell.value for cell in row] for row in sheet["A1:G4"]] == found
    assert not sheet.row_dimensions[4].hidden
    assert sheet["A3"].quotePrefix


def test_an_empty_sheet_takes_rows(tmp_path: Path) -> None:
    for sheet in (b"<sheetData/>", b"<sheetData></sheetData>", b"<sheetData />"):
        parts = workbook_parts("")
        parts[SHEET] = parts[SHEET].replace(b"<sheetData></sheetData>", sheet)
        path = tmp_path / "x.xlsx"
        path.write_bytes(pack(parts))
        write(XlsxWorkbook(path), {(2, 2): "c"}, {0: "a"})
        assert rows_of(XlsxWorkbook(path))[2:] == [[None, None, "c"], ["a", None, None]]


def test_rows_prefilled_with_check_boxes_are_used_and_keep_their_looks(tmp_path: Path) -> None:
    boxes = "".join(f'<row r="{r}"><c r="C{r}" s="6" t="b"><v>0</v></c></row>' for r in range(2, 1001))
    workbook = put(
        tmp_path, f'<row r="1"><c r="A1"><v>1</v></c></row>{boxes}', tail='<autoFilter ref="A1:C1000"/>'
    )
    write(workbook, {}, {0: "ใหม่"}, {0: "ใหม่", 2: True})
    assert rows_of(workbook)[:4] == [
        [1, None, None],
        ["ใหม่", None, False],
        ["ใหม่", None, True],
        [None, None, False],
    ]
    assert len(rows_of(workbook)) == 1000
    assert b'<autoFilter ref="A1:C1000"/>' in sheet_of(tmp_path)
    assert b'<c r="C3" s="6" t="b"><v>1</v></c>' in sheet_of(tmp_path)


def test_the_header_row_lends_its_look_to_no_data(tmp_path: Path) -> None:
    workbook = put(
        tmp_path,
        '<row r="1"><c r="A1" s="5" t="inlineStr"><is><t>หัว</t></is></c></row>',
        head='<cols><col min="1" max="2" width="9" style="1"/></cols>',
    )
    write(workbook, {}, {0: 45000, 1: date(2025, 1, 2), 2: "x"})
    write(workbook, {}, {1: date(2025, 1, 3)})
    sheet = sheet_of(tmp_path)
    assert b'<c r="B2" s="1"><v>45659</v></c>' in sheet
    assert b'<c r="B3" s="1"><v>45660</v></c>' in sheet
    assert b's="5"' not in sheet.split(b'<row r="2"')[1]
    assert rows_of(workbook)[1] == [45000, date(2025, 1, 2), "x"]


# Writing: looks that fit the value


def test_a_date_gets_the_look_of_a_date_and_a_number_that_of_a_number(tmp_path: Path) -> None:
    workbook = put(
        tmp_path, "".join(f'<row r="{s + 1}"><c r="A{s + 1}" s="{s}"><v>1</v></c></row>' for s in range(7))
    )
    for value in (date(2569, 2, 3), datetime(2025, 2, 3, 4, 5, 6), 7, 2.5, True, "=x", None):
        write(workbook, {(row, 0): value for row in range(7)})
        assert [row[0] for row in rows_of(workbook)] == ([value] * 7 if value is not None else [])


def test_looks_are_added_once_and_keep_what_is_not_about_the_number(tmp_path: Path) -> None:
    workbook = put(tmp_path, '<row r="1"><c r="A1" s="5"/></row>')
    for day in range(1, 6):
        write(workbook, {(0, 0): date(2025, 1, day)})
        write(workbook, {(0, 0): "x"})
        write(workbook, {(0, 0): "+66812345678"})
    styles = unpack(tmp_path / "ก ข.xlsx")["xl/styles.xml"].decode()
    assert styles.count("<xf ") == 7 + 2  # a date, and that with a quote
    assert f'<cellXfs count="{styles.count("<xf ")}">' in styles
    cell = openpyxl.load_workbook(tmp_path / "ก ข.xlsx")["S"]["A1"]
    assert (
        cell.alignment.wrap_text
        and cell.quotePrefix
        and cell.value == "+66812345678"
        and cell.data_type == "s"
    )


def test_text_keeps_the_text_format(tmp_path: Path) -> None:
    workbook = put(tmp_path, '<row r="1"><c r="A1" s="5"/></row>')
    write(workbook, {(0, 0): "0812345678"}, {0: "-1"})
    sheet = openpyxl.load_workbook(tmp_path / "ก ข.xlsx")["S"]
    assert (sheet["A1"].number_format, sheet["A1"].value, sheet["A1"].quotePrefix) == (
        "@",
        "0812345678",
        False,
    )
    assert (sheet["A2"].number_format, sheet["A2"].value, sheet["A2"].quotePrefix) == ("@", "-1", True)


def test_workbooks_that_count_from_1904(tmp_path: Path) -> None:
    workbook = put(
        tmp_path, '<row r="1"><c r="A1" s="1"><v>0.5</v></c></row>', book='<workbookPr date1904="1"/>'
    )
    values = [date(2569, 1, 2), datetime(2025, 10, 1, 8, 30), date(1904, 1, 2), date(1903, 12, 31)]
    write(workbook, {(i + 1, 0): value for i, value in enumerate(values)})
    assert [row[0] for row in rows_of(workbook)][1:] == [*values[:3], "31/12/1903"]


def test_the_days_before_the_leap_day_that_never_was(tmp_path: Path) -> None:
    workbook = put(tmp_path, "")
    days = [date(1900, 1, 1), date(1900, 2, 28), date(1900, 3, 1), date(1899, 12, 31)]
    write(workbook, {(i, 0): day for i, day in enumerate(days)})
    assert [row[0] for row in rows_of(workbook)] == [*days[:3], "31/12/1899"]


# Writing: formulas


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


# Writing: ranges


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


# The other programs


@needs_libreoffice
def test_libreoffice_and_openpyxl_read_what_was_written(tmp_path: Path, busy_sheet: Path) -> None:
    convert(busy_sheet, tmp_path / "lo", "xlsx")
    path = tmp_path / "lo" / busy_sheet.name  # now as LibreOffice writes it, with results
    before = unpack(path)
    workbook = XlsxWorkbook(path)
    results = [row[4] for row in rows_of(workbook)[1:31]]
    assert results == [i * 20 for i in range(1, 31)]
    texts = ["=1+1", "+66812345678", "@x", "บรรทัด\nสอง", " ขอบ ", "<&>\"'", "💛", "_x000D_"]
    write(
        workbook,
        {(row, 1): text for row, text in enumerate(texts, 1)},
        {0: "ท้าย", 2: 999, 3: date(2569, 1, 2)},
    )
    after = unpack(path)
    assert {part for part in before if before[part] != after[part]} <= {
        SHEET,
        "xl/workbook.xml",
        "xl/styles.xml",
    }
    assert [row[4] for row in rows_of(workbook)[1:31]] == results
    convert(
        path, tmp_path / "lo", "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,1"
    )
    with (tmp_path / "lo" / "ก ข-S.csv").open(encoding="utf-8-sig", newline="") as file:
        seen = list(csv.reader(file))
    assert [row[1] for row in seen[1:9]] == texts
    assert (seen[31][0], seen[31][2]) == ("ท้าย", "999")
    assert [row[4] for row in seen[1:31]] == [str(value) for value in results]
    sheet = openpyxl.load_workbook(path)["S"]
    assert [sheet.cell(row, 2).value for row in range(2, 9)] == texts[:-1]
    assert sheet["D32"].value == datetime(2569, 1, 2)
    assert sheet["B3"].comment is not None

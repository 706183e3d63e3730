"""Workbook files as programs and people leave them, read for what they say."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

from tests.integration.raw_xlsx import STYLES, grid_of, put, rows_of, unpack, write


def test_the_first_row_and_column_are_those_of_the_sheet(tmp_path: Path) -> None:
    workbook = put(tmp_path, '<row r="3"><c r="C3"><v>4</v></c></row>')
    assert rows_of(workbook) == [[None, None, None], [None, None, None], [None, None, 4]]


def test_text_of_every_storage_is_exactly_that_text(tmp_path: Path) -> None:
    strings = (
        "<si><t>a_x000D_b</t></si><si><r><t xml:space='preserve'>ริช </t></r><r><rPr><b/></rPr><t>เท็กซ์</t></r>"
        "<rPh sb='0' eb='1'><t>x</t></rPh></si>"
        '<si><t xml:space="preserve"> \t2\n</t></si><si><t>_xD83D__xDE00_ _x005F_xFFFE_ _xFFFE_</t></si><si><t/></si>'
    )
    workbook = put(
        tmp_path,
        "<row r='1'>"
        + "".join(f"<c r='{name}1' t='s'><v>{i}</v></c>" for i, name in enumerate("ABCDE"))
        + "</row>"
        '<row r="2"><c r="A2" t="str"><f>B1&amp;""</f><v>=x</v></c>'
        '<c r="B2" t="inlineStr"><is><t>\'0812</t></is></c>'
        '<c r="C2" t="inlineStr"><is><t xml:space="preserve"> <![CDATA[<&]]> </t></is></c>'
        '<c r="D2" t="inlineStr"><is><r><t>a</t></r><r><t>b</t></r></is></c></row>',
        strings=strings,
    )
    assert rows_of(workbook) == [
        ["a\rb", "ริช เท็กซ์", " \t2\n", "😀 _xFFFE_ \ufffe", None],
        ["=x", "'0812", " <& ", "ab", None],
    ]


def test_error_values_are_their_text(tmp_path: Path) -> None:
    errors = ["#REF!", "#N/A", "#DIV/0!", "#SPILL!", "#CALC!", "#ชื่อ?"]
    cells = "".join(f'<c r="{"ABCDEF"[i]}1" s="1" t="e"><v>{error}</v></c>' for i, error in enumerate(errors))
    assert rows_of(put(tmp_path, f'<row r="1">{cells}</row>')) == [errors]


def test_formulas_are_their_results_and_without_one_are_told(tmp_path: Path) -> None:
    workbook = put(
        tmp_path,
        '<row r="1"><c r="A1"><f>1+1</f><v>2</v></c><c r="B1"><f>1+1</f></c><c r="C1"><f>1+1</f><v></v></c>'
        '<c r="D1" t="str"><f>""</f><v></v></c><c r="E1" t="str"><f>""</f><v/></c></row>'
        '<row><c><v>1</v></c><c t="str"><f>"x"</f></c><c><f t="shared" si="0"/><v/></c>'
        '<c t="b"><f>A1</f><v>0</v></c></row>',
    )
    grid = grid_of(workbook)
    assert [list(row) for row in grid.rows] == [[2, None, None, None, None], [1, None, None, False, None]]
    assert grid.uncalculated == {(0, 1), (0, 2), (1, 1), (1, 2)}


def test_dates_times_and_numbers_are_what_people_see(tmp_path: Path) -> None:
    values = [
        (1, 45000),
        (2, 44783.58128472),
        (2, "44783.58128"),
        (1, 243000),
        (3, 1.5),
        (4, 0.5),
        (0, 45000),
        (6, 2.0),
    ]
    cells = "".join(f'<c r="{"ABCDEFGH"[i]}1" s="{s}"><v>{v}</v></c>' for i, (s, v) in enumerate(values))
    moment = datetime(2022, 8, 10, 13, 57, 3)
    expected = [date(2023, 3, 15), moment, moment, date(2565, 4, 22), "36:00:00", "12:00:00", 45000, 2]
    found = rows_of(put(tmp_path, f'<row r="1">{cells}</row>'))[0]
    assert found == expected
    assert [type(value) for value in found] == [type(value) for value in expected]


def test_thai_date_formats_are_dates(tmp_path: Path) -> None:
    styles = STYLES.replace('<xf numFmtId="20"/>', '<xf numFmtId="71"/>').replace(
        "[h]:mm:ss", "[$-D07041E]ว ดดด ปปปป"
    )
    styles = styles.replace('<xf numFmtId="22"/>', '<xf numFmtId="77"/>').replace(
        'numFmtId="4"', 'numFmtId="81"'
    )
    cells = "".join(
        f'<c r="{name}1" s="{s}"><v>45000.5</v></c>' for s, name in ((2, "A"), (3, "B"), (4, "C"), (6, "D"))
    )
    workbook = put(tmp_path, f'<row r="1">{cells}</row>', styles=styles)
    assert rows_of(workbook) == [[datetime(2023, 3, 15, 12)] * 4]
    write(workbook, {(0, 0): date(2569, 1, 2), (0, 1): date(2569, 1, 2)})
    assert rows_of(workbook)[0][:2] == [date(2569, 1, 2)] * 2
    assert unpack(tmp_path / "ก ข.xlsx")["xl/styles.xml"] == styles.encode()  # their own format shows a date

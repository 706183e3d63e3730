"""The summary workbook as a file that people keep open, add tabs to, and read while it is written."""

from __future__ import annotations

import errno
import threading
import tomllib
import warnings
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.worksheet.worksheet import Worksheet
from python_calamine import CalamineWorkbook

from bridge.adapters.workbooks.xlsx_summary import XlsxSummaryBook
from bridge.application.errors import Busy, OutsideError, SaphanError, SheetError
from bridge.application.ports.summaries import SummaryBook
from bridge.domain.case_columns import tally
from bridge.domain.summary import CaseFigures, Categories, SummaryTab
from bridge.domain.summary_tabs import SummaryWords, summary_tabs

FRAGMENT = Path(__file__).parents[2] / "config" / "messages.d" / "summary.toml"
WORDS = SummaryWords(**tomllib.loads(FRAGMENT.read_text(encoding="utf-8"))["summary"])
CATEGORIES = Categories(
    types=("เด็ก", "ผู้สูงอายุ"),
    operations=("รอดำเนินการ", "รับเรื่องแล้ว"),
    steps=("ยังไม่รับเรื่อง", "ให้การช่วยเหลือแล้ว"),
    outcomes=("ยังไม่ช่วยเหลือ",),
    amphoes=("ขุนหาญ", "กันทรลักษ์"),
    waiting="รอดำเนินการ",
    received="รับเรื่องแล้ว",
    helped="ให้การช่วยเหลือแล้ว",
)
TITLES = ["ภาพรวม", "ประเภท", "การดำเนินงาน", "ขั้นตอน", "ผลการช่วยเหลือ", "เงินช่วยเหลือ", "อำเภอ", "ตำบล"]
SHEET_TYPE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def tabs(cases: int = 6, case_type: str = "เด็ก") -> tuple[SummaryTab, ...]:
    figures = [
        CaseFigures(
            fiscal_year=2569 - number % 2,
            month=10 + number % 3,
            case_type=case_type,
            operation="รับเรื่องแล้ว",
            step="ให้การช่วยเหลือแล้ว",
            outcome="ถุงยังชีพ",
            amount=Decimal("1000.25"),
            amount_unreadable=False,
            goods=True,
            amphoe="ขุนหาญ",
            tambon=f"ตำบล {number % 4}",
            checked=True,
            transferred=True,
        )
        for number in range(cases)
    ]
    return summary_tabs(tally(figures), CATEGORIES, WORDS, datetime(2026, 11, 22, 16, 30))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    folder = tmp_path / "สรุป ของ จังหวัด"
    folder.mkdir()
    return folder / "สรุป ผล.xlsx"


@pytest.fixture
def book(path: Path) -> SummaryBook:
    return XlsxSummaryBook(path)


def found(sheet: Worksheet, text: str) -> tuple[int, int]:
    for row in sheet.iter_rows():
        for cell in row:
            if cell.value == text:
                return cell.row, cell.column
    raise AssertionError(f"{text} is not in {sheet.title}")


class TestNewFile:
    def test_holds_every_value_of_every_table_in_its_place(self, book: SummaryBook, path: Path) -> None:
        written = tabs()
        book.write(written)
        read = load_workbook(path)
        assert read.sheetnames == TITLES
        assert book.name == "สรุป ผล.xlsx"
        for tab in written:
            sheet = read[tab.title]
            assert sheet["A1"].value == tab.title
            assert sheet["A2"].value == tab.as_of
            for block in tab.blocks:
                top = found(sheet, block.heading)[0]
                for below, values in enumerate((block.header, *block.rows, block.total), start=1):
                    cells = [sheet.cell(top + below, at + 1).value for at in range(len(values))]
                    expected = [float(v) if isinstance(v, Decimal) else (v or (v == 0 and 0)) for v in values]
                    assert cells == [None if value == "" or value is False else value for value in expected]

    def test_columns_have_their_formats_and_widths(self, book: SummaryBook, path: Path) -> None:
        book.write(tabs())
        sheet = load_workbook(path)["เงินช่วยเหลือ"]
        row, column = found(sheet, WORDS.baht)
        assert sheet.cell(row, column).font.bold
        assert sheet.cell(row + 1, column).number_format == "#,##0.00"
        assert sheet.cell(row + 1, found(sheet, WORDS.paid)[1]).number_format == "#,##0"
        assert sheet.cell(row + 1, found(sheet, WORDS.baht_share)[1]).number_format == "0.0%"
        assert sheet.column_dimensions["A"].width >= len("ผู้สูงอายุ")
        assert sheet.freeze_panes == "B3"
        assert sheet.page_setup.orientation == "landscape"
        assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
        assert sheet.sheet_properties.pageSetUpPr.fitToPage

    def test_charts_are_native_and_point_at_the_figures(self, book: SummaryBook, path: Path) -> None:
        written = tabs()
        book.write(written)
        read = load_workbook(path)
        for tab in written:
            sheet = read[tab.title]
            requested = [(block, chart) for block in tab.blocks for chart in block.charts]
            assert len(sheet._charts) == len(requested) > 0
            for native, (block, chart) in zip(sheet._charts, requested, strict=True):
                assert native.title.tx.rich.p[0].r[0].t == chart.title
                top = found(sheet, block.heading)[0]
                last = top + 1 + len(block.rows)
                for series, at in zip(native.series, chart.values, strict=True):
                    letter = "ABCDEFGHIJKLMN"[at]
                    assert series.val.numRef.f == f"'{tab.title}'!${letter}${top + 2}:${letter}${last}"
                    assert series.cat.strRef.f.startswith(f"'{tab.title}'!$")
                    assert series.cat.strRef.f.endswith(str(last))
                assert native.anchor._from.col >= len(block.columns)
                if hasattr(native, "x_axis"):
                    assert not native.x_axis.delete
                    assert not native.y_axis.delete

    def test_no_chart_lies_on_a_table_or_on_another_chart(self, book: SummaryBook, path: Path) -> None:
        written = tabs(200)
        book.write(written)
        read = load_workbook(path)
        for tab in written:
            sheet = read[tab.title]
            spans = []
            for native in sheet._charts:
                start = native.anchor._from
                rows = -(-native.anchor.ext.height // (360_000 * 0.53))
                spans.append((start.row, start.row + rows, start.col))
            for first, last, column in spans:
                beside = [
                    cell.value
                    for row in sheet.iter_rows(first + 1, int(last), column + 1)
                    for cell in row
                    if cell.value is not None
                ]
                assert beside == []
            for earlier, later in pairwise(spans):
                assert earlier[1] <= later[0]

    def test_another_reader_sees_the_same(self, book: SummaryBook, path: Path) -> None:
        book.write(tabs())
        rows = CalamineWorkbook.from_path(path).get_sheet_by_name("ประเภท").to_python()
        assert ["เด็ก", 3.0, 1.0, 0.0, 3.0, 0.0, 3.0, 1.0] in [row[:8] for row in rows]

    def test_no_cases(self, book: SummaryBook, path: Path) -> None:
        book.write(tabs(0))
        read = load_workbook(path)
        assert read.sheetnames == TITLES
        assert read["ตำบล"]["A4"].value == WORDS.no_cases

    @pytest.mark.parametrize("name", ["=1+1", "=IMPORTDATA(A1)", "+66", "-1", "@x", "#N/A", "1e5", "0012"])
    def test_a_name_that_looks_like_something_else_is_text(
        self, book: SummaryBook, path: Path, name: str
    ) -> None:
        book.write(tabs(case_type=name))
        sheet = load_workbook(path)["ประเภท"]
        cell = sheet.cell(*found(sheet, name))
        assert cell.data_type == "s"
        assert cell.quotePrefix is (name[0] in "=+-@")

    def test_letters_that_xml_cannot_hold_do_not_break_the_file(self, book: SummaryBook, path: Path) -> None:
        book.write(tabs(case_type="ก\x00ข\x0b" + "\ud800" + "ค" * 40_000))
        sheet = load_workbook(path)["ประเภท"]
        assert any(str(cell.value).startswith("กข") for cell in sheet["A"])


class TestPeoplesTabs:
    def add(self, path: Path, at: int, change: Callable[[Worksheet], None]) -> None:
        file = load_workbook(path)
        change(file.create_sheet("บันทึกของเรา", at))
        file.save(path)

    def test_stay_as_they_are_at_their_place(self, book: SummaryBook, path: Path) -> None:
        bold = CellRichText("ปกติ ", TextBlock(InlineFont(b=True), "หนา"))

        def fill(sheet: Worksheet) -> None:
            sheet["B5"] = bold
            sheet["B2"] = "จำไว้"
            sheet["B3"] = "='ประเภท'!B6*2"
            sheet["B4"] = 7
            sheet["B4"].number_format = "0.000"
            sheet["B2"].comment = Comment("ของเรา", "เรา")
            chart = BarChart()
            chart.add_data(Reference(sheet, min_col=2, min_row=4))
            sheet.add_chart(chart, "D4")

        book.write(tabs())
        self.add(path, 2, fill)
        book.write(tabs(60))
        book.write(tabs(10))
        read = load_workbook(path, rich_text=True)
        assert read.sheetnames == [*TITLES[:2], "บันทึกของเรา", *TITLES[2:]]
        assert read["บันทึกของเรา"]["B5"].value == bold
        sheet = read["บันทึกของเรา"]
        assert [sheet[at].value for at in ("B2", "B3", "B4")] == ["จำไว้", "='ประเภท'!B6*2", 7]
        assert sheet["B4"].number_format == "0.000"
        assert sheet["B2"].comment.text == "ของเรา"
        assert len(sheet._charts) == 1

    def test_old_figures_and_charts_are_gone(self, book: SummaryBook, path: Path) -> None:
        book.write(tabs(200))
        many = load_workbook(path)["ตำบล"].max_row
        book.write(tabs(1))
        sheet = load_workbook(path)["ตำบล"]
        assert sheet.max_row < many
        assert len(sheet._charts) == 1

    def test_a_workbook_of_other_tabs_gets_ours_too(self, book: SummaryBook, path: Path) -> None:
        file = Workbook()
        file.active.title = "หน้าปก"
        file.save(path)
        book.write(tabs())
        read = load_workbook(path)
        assert set(read.sheetnames) == {"หน้าปก", *TITLES}
        assert read.active.title == "หน้าปก"
        assert [sheet.title for sheet in read if sheet.sheet_view.tabSelected] == ["หน้าปก"]

    def test_a_deleted_tab_of_ours_comes_back_after_the_one_before(
        self, book: SummaryBook, path: Path
    ) -> None:
        book.write(tabs())
        file = load_workbook(path)
        del file["ขั้นตอน"]
        file.save(path)
        book.write(tabs())
        assert load_workbook(path).sheetnames == TITLES


def part_of(path: Path, title: str) -> int:
    return load_workbook(path).sheetnames.index(title) + 1


def edit(path: Path, part: str, change: Callable[[str], str], **more: str) -> None:
    """Rewrites one part of the package, and adds others."""
    with ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[part] = change(parts.get(part, b"").decode()).encode()
    parts.update({name: text.encode() for name, text in more.items()})
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)


def relation(kind: str, target: str) -> str:
    return (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{SHEET_TYPE}/{kind}" Target="{target}"/></Relationships>'
    )


def with_extension(path: Path, sheet: str) -> None:
    tag = '<extLst><ext uri="{05C60535-1F16-4fd2-B633-F4F36F0B64E0}"/></extLst>'  # sparklines
    edit(path, f"xl/worksheets/{sheet}.xml", lambda xml: xml.replace("</worksheet>", tag + "</worksheet>"))


def with_shape(path: Path, sheet: str) -> None:
    drawing = (
        '<xdr:wsDr xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing">'
        "<xdr:twoCellAnchor><xdr:sp/></xdr:twoCellAnchor></xdr:wsDr>"
    )
    rels = f"xl/worksheets/_rels/{sheet}.xml.rels"
    edit(
        path,
        rels,
        lambda _: relation("drawing", "../drawings/d.xml"),
        **{"xl/drawings/d.xml": drawing},
    )


def with_relation(kind: str) -> Callable[[Path, str], None]:
    def change(path: Path, sheet: str) -> None:
        rels = f"xl/worksheets/_rels/{sheet}.xml.rels"
        edit(path, rels, lambda _: relation(kind, "../any/part.xml"), **{"xl/any/part.xml": "<part/>"})

    return change


def with_form_control(path: Path, sheet: str) -> None:
    vml = '<xml xmlns:x="urn:schemas-microsoft-com:office:excel"><x:ClientData ObjectType="Button"/></xml>'
    rels = f"xl/worksheets/_rels/{sheet}.xml.rels"
    edit(path, rels, lambda _: relation("vmlDrawing", "../any/v.vml"), **{"xl/any/v.vml": vml})


def with_macros(path: Path, sheet: str) -> None:
    link = f'<Relationship Id="rIdM" Type="{SHEET_TYPE}/vbaProject" Target="vbaProject.bin"/></Relationships>'
    edit(
        path,
        "xl/_rels/workbook.xml.rels",
        lambda xml: xml.replace("</Relationships>", link),
        **{"xl/vbaProject.bin": "macro"},
    )


class TestWhatWouldBeLost:
    @pytest.fixture
    def mixed(self, book: SummaryBook, path: Path) -> str:
        """A workbook with a plain tab of people's own, the last; returns its part's name."""
        book.write(tabs())
        file = load_workbook(path)
        file.create_sheet("ของเรา")["A1"] = 1
        file.save(path)
        return f"sheet{part_of(path, 'ของเรา')}"

    @pytest.mark.parametrize(
        ("lose", "named"),
        [
            (with_extension, "ของเรา: extLst"),
            (with_shape, "ของเรา: sp"),
            (with_relation("pivotTable"), "ของเรา: pivotTable"),
            (with_relation("slicer"), "ของเรา: slicer"),
            (with_relation("threadedComment"), "ของเรา: threadedComment"),
            (with_relation("image"), "ของเรา: image"),
            (with_form_control, "ของเรา: Button"),
            (with_macros, "vbaProject"),
        ],
    )
    def test_is_named_and_nothing_is_written(
        self,
        book: SummaryBook,
        path: Path,
        mixed: str,
        lose: Callable[[Path, str], None],
        named: str,
    ) -> None:
        lose(path, mixed)
        before = path.read_bytes()
        with pytest.raises(SheetError) as caught:
            book.write(tabs())
        assert caught.value.code == "summary_unpreserved"
        assert caught.value.facts == {"file": path.name, "parts": named}
        assert path.read_bytes() == before

    def test_in_our_own_tabs_it_does_not_matter(self, book: SummaryBook, path: Path, mixed: str) -> None:
        with_extension(path, "sheet1")
        with_shape(path, "sheet2")
        book.write(tabs())
        assert load_workbook(path).sheetnames == [*TITLES, "ของเรา"]

    def test_the_wording_has_the_facts(self) -> None:
        wording = tomllib.loads(FRAGMENT.read_text(encoding="utf-8"))["error"]["summary_unpreserved"]
        assert "ก.xlsx" in wording.format(file="ก.xlsx", parts="ข")
        assert "(ข)" in wording.format(file="ก.xlsx", parts="ข")


class TestTrouble:
    @pytest.mark.parametrize("sign", ["~$สรุป ผล.xlsx", ".~lock.สรุป ผล.xlsx#"])
    def test_open_elsewhere(self, book: SummaryBook, path: Path, sign: str) -> None:
        book.write(tabs())
        before = path.read_bytes()
        path.with_name(sign).write_text("เปิดอยู่", encoding="utf-8")
        with pytest.raises(Busy) as caught:
            book.write(tabs(50))
        assert caught.value.code == "workbook_open"
        assert path.read_bytes() == before
        path.with_name(sign).unlink()
        book.write(tabs(50))
        assert path.read_bytes() != before

    @pytest.mark.parametrize("keep", [0, 10, 3000])
    def test_damaged(self, book: SummaryBook, path: Path, keep: int) -> None:
        book.write(tabs())
        path.write_bytes(path.read_bytes()[:keep])
        with pytest.raises(SheetError) as caught:
            book.write(tabs())
        assert caught.value.code == "workbook_damaged"
        assert path.stat().st_size == keep

    def test_a_zip_that_is_no_workbook(self, book: SummaryBook, path: Path) -> None:
        with ZipFile(path, "w") as archive:
            archive.writestr("letter.txt", "hello")
        with pytest.raises(SheetError) as caught:
            book.write(tabs())
        assert caught.value.code == "workbook_damaged"

    def test_a_broken_part_inside(self, book: SummaryBook, path: Path) -> None:
        book.write(tabs())
        edit(path, "xl/styles.xml", lambda xml: xml[: len(xml) // 2])
        with pytest.raises(SheetError) as caught:
            book.write(tabs())
        assert caught.value.code == "workbook_damaged"

    def test_folder_gone(self, tmp_path: Path) -> None:
        with pytest.raises(OutsideError):
            XlsxSummaryBook(tmp_path / "nowhere" / "a.xlsx").write(tabs())

    def test_disk_full_while_the_file_is_made(
        self, book: SummaryBook, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        book.write(tabs())
        before = path.read_bytes()

        def full(*_: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr("os.fsync", full)
        with pytest.raises(OutsideError) as caught:
            book.write(tabs(50))
        assert caught.value.code == "disk_full"
        assert path.read_bytes() == before
        assert [entry.name for entry in path.parent.iterdir()] == [path.name]

    def test_saved_by_a_person_meanwhile(
        self, book: SummaryBook, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        book.write(tabs())
        theirs = Workbook()
        theirs.active["A1"] = "ของเรา"
        packed = BytesIO()
        theirs.save(packed)
        save = Workbook.save

        def saved_late(file: Workbook, target: object) -> None:
            save(file, target)
            path.write_bytes(packed.getvalue())

        monkeypatch.setattr(Workbook, "save", saved_late)
        with pytest.raises(Busy):
            book.write(tabs(50))
        assert path.read_bytes() == packed.getvalue()


def test_a_reader_never_sees_half_a_file(book: SummaryBook, path: Path) -> None:
    """Every read, whenever it happens, is a whole workbook of one write."""
    small, large = tabs(2), tabs(400)
    expected = {
        next(value for value in tab[0].blocks[0].total if isinstance(value, int)) for tab in (small, large)
    }
    book.write(small)
    seen: list[object] = []
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            try:
                data = path.read_bytes()
                file = CalamineWorkbook.from_filelike(BytesIO(data))
                last = file.get_sheet_by_name("ตำบล").to_python()
                top = file.get_sheet_by_name("ภาพรวม").to_python()
                total = next(row[1] for row in top if row[0] == WORDS.total)
                seen.append(int(total) if last else "empty")
            except Exception as error:
                seen.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for number in range(12):
            with suppress(Busy):  # Windows does not replace a file that is being read
                book.write(large if number % 2 else small)
    finally:
        stop.set()
        reader.join()
    assert set(seen) <= expected
    assert len(seen) > 1


def test_every_trouble_is_one_of_ours(tmp_path: Path) -> None:
    """A folder in the file's place is not a crash."""
    path = tmp_path / "a.xlsx"
    path.mkdir()
    with pytest.raises(SaphanError):
        XlsxSummaryBook(path).write(tabs())


def test_loading_warns_of_nothing(book: SummaryBook, path: Path) -> None:
    book.write(tabs())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        book.write(tabs())

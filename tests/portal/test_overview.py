"""The dashboard: the summary sheets' own figures, for every role, as tables, charts and a file; nobody is named."""

from __future__ import annotations

import gzip
import html
import io
import json
import random
import re
import urllib.parse
import urllib.request
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from bridge import bootstrap
from bridge.adapters.fonts import NoThaiFont, thai_font
from bridge.application.errors import Busy
from bridge.application.ports.cases import NewCase
from bridge.application.ports.rows import Presence, RowState
from bridge.domain.access import Role
from bridge.workspace import Workspace
from tests.portal.portal import Browser, Portal, served
from tests.portal.test_browser import CHROMIUM, SIZES, chromium, look

__all__ = ["chromium"]  # a fixture

HOSTILE = "<script>alert(1)</script>\"'&\x01\ud800]]>"
HOSTILE_SHOWN = "<script>alert(1)</script>\"'&?]]>"
PERSON = "นายสมมติ คนในทะเบียน"
TYPES = ("ผู้มีรายได้น้อย", "สงเคราะห์ผู้สูงอายุ", "เด็กในครอบครัวยากจน", HOSTILE)
PLACES = (
    ("เมืองศรีสะเกษ", "โพธิ์"),
    ("เมืองศรีสะเกษ", "น้ำคำ"),
    ("กันทรลักษ์", "น้ำอ้อม"),
    ("ขุนหาญ", "สิ"),
    (HOSTILE, HOSTILE),
    ("../1 103700123456 1?#", "a/b"),
    ('=HYPERLINK("https://evil.invalid","x")', "+1-1"),
)
WORK = (
    ("รอดำเนินการ", "ยังไม่รับเรื่อง", "ยังไม่ช่วยเหลือ"),
    ("รับเรื่องแล้ว", "ตรวจสอบเอกสาร", "รอพิจารณา"),
    ("รับเรื่องแล้ว", "ให้การช่วยเหลือแล้ว", "เงินสงเคราะห์"),
    ("ส่งต่อ", "ไม่พบข้อมูล", HOSTILE),
)
YEARS = (2570, 2569, 2567)


def invent(portal: Portal, count: int = 240) -> None:
    """Invented cases of three fiscal years, straight into the ledger."""
    chance = random.Random(2569)
    cases, rows = [], []
    numbers = dict.fromkeys(YEARS, 0)
    for at in range(count):
        year = chance.choice(YEARS)
        numbers[year] += 1
        month = chance.choice((10, 11) if year == YEARS[0] else (10, 11, 12, 1, 5))
        key = f"SSK-{year}-{numbers[year]:06d}"
        calendar = year - 543 - (month >= 10)
        cases.append(
            NewCase(key, year, numbers[year], "test", f"test:{key}", datetime(calendar, month, 3, tzinfo=UTC))
        )
        amphoe, tambon = chance.choice(PLACES)
        operation, step, outcome = chance.choice(WORK)
        helped = outcome == "เงินสงเคราะห์"
        values = {
            "case_id": key,
            "submitted_at": f"3/{month}/{calendar + 543}, 09:30:00",
            "person_name": PERSON,
            "national_id": "1103700123456",
            "case_type": chance.choice(TYPES),
            "operation": operation,
            "step": step,
            "outcome": outcome,
            "amphoe": amphoe,
            "tambon": tambon,
            "checked": "ตรวจสอบแล้ว" if chance.random() < 0.6 else None,
            "amount": chance.choice(["3000", "2000.50", "สองพัน"]) if helped else None,
            "goods": "ถุงยังชีพ" if at % 6 == 0 else None,
            "transfer_date": "20/11/2569" if helped and at % 2 else None,
        }
        rows.append(
            RowState(key, {k: v for k, v in values.items() if v is not None}, presence=Presence.PRESENT)
        )
    portal.office.ports.cases.add(cases, [])
    portal.office.ports.rows.save("cases", rows)


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    with served(tmp_path_factory.mktemp("overview") / "งาน") as portal:
        invent(portal)
        portal.office.summarise.run()
        yield portal


@pytest.fixture(scope="module")
def people(counted: Portal) -> dict[Role, Browser]:
    return {role: counted.signed_in(role) for role in Role}


@pytest.fixture
def executive(people: dict[Role, Browser]) -> Browser:
    return people[Role.EXECUTIVE]


# ------------------------------------------------------------------------------------------------ the same figures


class Tables(HTMLParser):
    """Every table of figures on a page: its heading, and its rows of texts, the header first."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: dict[str, list[list[str]]] = {}
        self._rows: list[list[str]] = []
        self._into: list[str] | None = None
        self._caption: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag == "caption":
            self._into = self._caption = []
            self._rows = []
        elif tag == "tr":
            self._rows.append([])
        elif tag in ("th", "td"):
            self._into = []

    def handle_endtag(self, tag: str) -> None:
        if tag in ("th", "td"):
            self._rows[-1].append("".join(self._into or []))
            self._into = None
        elif tag == "caption":
            self._into = None
        elif tag == "table":
            self.found["".join(self._caption)] = self._rows

    def handle_data(self, data: str) -> None:
        if self._into is not None:
            self._into.append(data)


def written(value: Any, pattern: str) -> str:
    """A sheet's cell as a person sees it."""
    if value is None or isinstance(value, str):
        return value or ""
    if pattern == "0.0%":
        return f"{(Decimal(str(value)) * 100).quantize(Decimal('0.1'), ROUND_HALF_UP):,}%"
    return f"{value:,.2f}" if pattern == "#,##0.00" else f"{value:,}"


def sheet_tables(book: Any) -> dict[str, list[list[str]]]:
    """Every table of a summary workbook, under its heading: from the header to the total."""
    found = {}
    for sheet in book:
        grid = [
            [written(cell.value, cell.number_format) for cell in row if cell.column <= 20]
            for row in sheet.iter_rows(min_row=4)
        ]
        for at, row in enumerate(grid):
            if row[0] and not any(row[1:]) and at + 1 < len(grid) and any(grid[at + 1][1:]):
                width = max(place for place, text in enumerate(grid[at + 1], 1) if text)
                end = next(end for end in range(at + 1, len(grid)) if grid[end][0] == "รวม")
                found[row[0]] = [line[:width] for line in grid[at + 1 : end + 1]]
    return found


def summary_file(portal: Portal) -> Any:
    return openpyxl.load_workbook(Workspace(portal.root).summary_book)


@pytest.mark.parametrize("year", YEARS)
def test_each_table_is_that_of_the_summary_sheets_cell_by_cell(
    counted: Portal, executive: Browser, year: int
) -> None:
    sheets = sheet_tables(summary_file(counted))
    page = Tables(executive.get(f"/overview/?year={year}").body).found
    of_year = {heading: rows for heading, rows in sheets.items() if heading.endswith(f" {year}")}
    assert len(of_year) == 10
    if year == YEARS[0]:
        of_year |= {heading: rows for heading, rows in sheets.items() if not re.search(r"\d{4}$", heading)}
        assert len(of_year) == 12
    for heading, rows in of_year.items():
        assert page[heading] == rows, heading
    assert HOSTILE_SHOWN in {row[0] for row in page[f"เคสตามอำเภอ ปีงบประมาณ {year}"]}


@pytest.mark.parametrize("year", YEARS)
def test_the_amphoes_together_are_the_sheets_tambons(counted: Portal, executive: Browser, year: int) -> None:
    whole = sheet_tables(summary_file(counted))[f"เคสตามตำบล ปีงบประมาณ {year}"]
    share = whole[0].index("ร้อยละของเคส")
    expected = sorted(row[:share] + row[share + 1 :] for row in whole[1:-1])
    found = []
    for name, address in amphoes(executive, year).items():
        answer = executive.get(address)
        assert html.unescape(answer.heading) == f"อำเภอ{name} ปีงบประมาณ {year}"
        tables = Tables(answer.body).found
        for row in tables.get(f"เคสตามตำบล ปีงบประมาณ {year}", [[], []])[1:-1]:
            found.append([name, row[0], row[1], *row[3:]])
    assert sorted(found) == expected


def amphoes(person: Browser, year: int) -> dict[str, str]:
    """The links of the table of amphoes, by the name that they show."""
    body = person.get(f"/overview/?year={year}").body
    links = re.findall(r'<a href="(/overview/amphoe/[^"]*)">(.*?)</a>', body)
    assert links
    return {html.unescape(name): html.unescape(address) for address, name in links}


def test_every_role_sees_the_same_and_nobody_in_it(people: dict[Role, Browser]) -> None:
    pages = {}
    for role, person in people.items():
        main = re.search(r"<main.*</main>", person.get("/overview/").body, re.S)
        assert main
        pages[role] = main[0]
        for text in (pages[role], person.get(next(iter(amphoes(person, YEARS[0]).values()))).body):
            assert PERSON not in text and "1103700123456" not in text
    assert len(set(pages.values())) == 1


def test_the_kept_count_holds_nobody(counted: Portal) -> None:
    counted.look()
    kept = counted.office.ports.journal.setting("figures")
    assert json.loads(kept)["years"]
    assert PERSON not in json.dumps(json.loads(kept), ensure_ascii=False) and "1103700123456" not in kept


# ---------------------------------------------------------------------------------------------------------- as PDF

pdfium = pytest.importorskip("pypdfium2", reason="pypdfium2 is in the extra `test`")


def _has_thai_font() -> bool:
    try:
        return bool(thai_font())
    except NoThaiFont:
        return False


needs_font = pytest.mark.skipif(not _has_thai_font(), reason="no Thai font on this machine")


def file_of(person: Browser, path: str) -> tuple[Any, bytes]:
    with person._follow.open(person.base + path) as answer:
        return answer.headers, answer.read()


def plain(text: str) -> str:
    return "".join(text.replace("\u200b", "").split())


def pdf_text(content: bytes) -> str:
    """What a reader copies out of it."""
    return "".join(page.get_textpage().get_text_range() for page in pdfium.PdfDocument(content))


def check_tables(text: str, tables: Mapping[str, list[list[str]]]) -> None:
    """Each table is in the text with all its rows, in their order, before the next heading; spaces are a matter of
    layout."""
    starts = {heading: text.index(plain(heading), text.index(".")) for heading in tables}
    for heading, rows in tables.items():
        end = min((at for at in starts.values() if at > starts[heading]), default=len(text))
        at = starts[heading]
        for row in rows:
            at = text.index(plain("".join(row)), at, end) + 1


@needs_font
@pytest.mark.parametrize("year", YEARS)
def test_the_pdf_holds_the_tables_of_the_summary_sheets(
    counted: Portal, executive: Browser, year: int
) -> None:
    sheets = sheet_tables(summary_file(counted))
    headers, content = file_of(executive, f"/overview/figures.pdf?year={year}")
    assert headers["Content-Type"] == "application/pdf"
    name = rf'attachment; filename="overview-{year}-\d{{4}}-\d\d-\d\d\.pdf"'
    assert re.fullmatch(name, headers["Content-Disposition"])
    text = plain(pdf_text(content))
    of_year = {heading: rows for heading, rows in sheets.items() if heading.endswith(f" {year}")}
    assert len(of_year) == 10
    if year == YEARS[0]:
        of_year |= {heading: rows for heading, rows in sheets.items() if not re.search(r"\d{4}$", heading)}
    check_tables(text, of_year)
    columns = plain("".join(sheets[f"เคสตามอำเภอ ปีงบประมาณ {year}"][0]))
    assert text.count(columns) > 1, "a table that goes on says its columns again"
    page = executive.get(f"/overview/?year={year}").body
    as_of = re.search("ข้อมูล ณ วันที่ [^<]*", page)
    assert as_of and plain(as_of[0]) in text
    day, month, era = re.findall(r"\d+", as_of[0])[:3]
    assert f"{int(era) - 543}-{month:0>2}-{day:0>2}.pdf" in headers["Content-Disposition"], (
        "the day in Thailand"
    )
    assert plain(counted.office.province.province.office) in text


@needs_font
def test_the_pdf_says_what_it_is_and_how_long(executive: Browser) -> None:
    document = pdfium.PdfDocument(file_of(executive, "/overview/figures.pdf")[1])
    assert document.get_metadata_value("Title") == f"ภาพรวมจังหวัดศรีสะเกษ ปีงบประมาณ {YEARS[0]}"
    assert document.is_tagged()
    for number, page in enumerate(document, 1):
        assert plain(f"หน้า {number} จาก {len(document)}") in plain(page.get_textpage().get_text_range())
        assert [round(side) for side in page.get_size()] == [595, 842], "A4"


@needs_font
def test_the_pdf_of_an_amphoe_holds_its_page(executive: Browser) -> None:
    for name, address in amphoes(executive, 2569).items():
        tables = Tables(executive.get(address).body).found
        path = address.replace("/?", "/figures.pdf?")
        _, content = file_of(executive, path)
        text = plain(pdf_text(content))
        assert plain(f"อำเภอ{name} ปีงบประมาณ 2569") in text
        check_tables(text, tables)
    assert executive.get("/overview/amphoe/no-such-place/figures.pdf").status == 404
    assert executive.get(f"{path}0").status == 404, "no such year"


@needs_font
def test_the_pdf_is_the_same_for_all_and_names_nobody(people: dict[Role, Browser]) -> None:
    files = {file_of(person, "/overview/figures.pdf")[1] for person in people.values()}
    assert len(files) == 1
    text = pdf_text(files.pop())
    assert plain(PERSON) not in plain(text)
    assert "1103700123456" not in text


def test_without_the_font_a_page_says_what_to_do(tmp_path: Path) -> None:
    with served(tmp_path / "w", changes={'pdf_font = ""': 'pdf_font = "No Such Font"'}) as portal:
        invent(portal, 12)
        portal.office.summarise.run()
        answer = portal.signed_in(Role.EXECUTIVE).get("/overview/figures.pdf")
    assert answer.status == 503
    assert "No Such Font" in answer.body and "pdf_font" in answer.body


# ------------------------------------------------------------------------------------------------- years and files


def test_a_fiscal_year_is_chosen(executive: Browser) -> None:
    newest = executive.get("/overview/")
    assert f"ปีงบประมาณ {YEARS[0]}" in newest.heading
    assert re.findall(r'<option value="(\d+)"', newest.body) == [str(year) for year in YEARS]
    older = executive.get("/overview/?year=2567")
    assert "ปีงบประมาณ 2567" in older.heading
    assert '<option value="2567" selected>' in older.body
    assert "ปีงบประมาณ 2566 ไม่มีเคสในระบบให้เทียบ" in older.body
    for year in ("2566", "abc", "", "2570 ", "-1", "9" * 50):
        address = "/overview/?" + urllib.parse.urlencode({"year": year})
        assert executive.get(address).status == 404, year
        assert executive.get(address.replace("/overview/", "/overview/chart/types.svg")).status == 404, year


@pytest.mark.parametrize("role", list(Role))
def test_the_workbook_is_the_summary_workbook(
    counted: Portal, people: dict[Role, Browser], role: Role
) -> None:
    headers, content = file_of(people[role], "/overview/figures.xlsx")
    assert headers["Content-Type"].startswith("application/vnd.openxmlformats")
    assert re.fullmatch(r'attachment; filename="overview-[\d-]+\.xlsx"', headers["Content-Disposition"])
    got, own = openpyxl.load_workbook(io.BytesIO(content)), summary_file(counted)
    assert got.sheetnames == own.sheetnames
    for sheet, other in zip(got, own, strict=True):
        cells = [[(c.value, c.number_format) for c in row] for row in sheet.iter_rows()]
        assert cells == [[(c.value, c.number_format) for c in row] for row in other.iter_rows()]
        assert all(c.data_type != "f" for row in sheet.iter_rows() for c in row)


def test_no_get_writes_not_even_the_read_log(counted: Portal, people: dict[Role, Browser]) -> None:
    from bridge.adapters.ledger.models import ReadEntry

    counted.look()
    before, read = counted.ledger(), ReadEntry.objects.count()
    for person in people.values():
        for path in (
            "/overview/",
            "/overview/?year=2569",
            "/overview/figures.xlsx",
            "/overview/figures.pdf",
            "/overview/chart/all.svg",
        ):
            for method in ("GET", "HEAD"):
                assert person.ask(method, path).status == 200
        assert person.post("/overview/").status == 405
        assert person.get(next(iter(amphoes(person, 2569).values()))).status == 200
    assert counted.ledger() == before
    assert ReadEntry.objects.count() == read


def test_a_page_shows_the_last_count_until_there_is_a_newer_one(tmp_path: Path) -> None:
    with served(tmp_path / "w") as portal:
        person = portal.signed_in(Role.EXECUTIVE)
        assert "ยังไม่มีเคสให้สรุป" in person.get("/overview/").body
        invent(portal, 12)
        assert "ยังไม่มีเคสให้สรุป" in person.get("/overview/").body
        held = bootstrap.with_ports(portal.office, summary_book=HeldOpen())
        with pytest.raises(Busy):
            held.summarise.run()
        years = Tables(person.get("/overview/").body).found["เคสทั้งหมด แยกตามปีงบประมาณ"]
        assert years[-1][:2] == ["รวม", "12"], "a workbook that is open elsewhere does not hold the page up"


class HeldOpen:
    name = "summary.xlsx"

    def write(self, tabs: Any) -> None:
        raise Busy("workbook_open", file=self.name)


# ----------------------------------------------------------------------------------------------- what people typed


def test_hostile_names_stay_text(executive: Browser) -> None:
    for year in YEARS:
        pages = [executive.get(f"/overview/?year={year}")]
        places = amphoes(executive, year)
        assert HOSTILE_SHOWN in places
        assert all(
            re.fullmatch(rf"/overview/amphoe/[0-9a-f]{{12}}/\?year={year}", at) for at in places.values()
        )
        pages += [executive.get(address) for address in places.values()]
        for page in pages:
            assert page.status == 200
            assert "<script" not in page.body and "\x01" not in page.body
    assert executive.get("/overview/amphoe/%3Cscript%3E/").status == 404


def test_charts_are_plain_svg(executive: Browser) -> None:
    body = executive.get("/overview/").body
    body += executive.get(amphoes(executive, YEARS[0])[HOSTILE_SHOWN]).body
    addresses = set(map(html.unescape, re.findall(r'(?:src|srcset)="(/overview/chart/[^"]*)"', body)))
    assert len(addresses) == 2 * (10 + 3)
    texts = set()
    for address in addresses:
        answer = executive.get(address)
        assert answer.status == 200 and answer.headers["Content-Type"] == "image/svg+xml"
        root = ET.fromstring(answer.body)
        for node in root.iter():
            texts.add(node.text)
            assert node.tag.rpartition("}")[2] in {
                "svg",
                "title",
                "g",
                "rect",
                "path",
                "line",
                "circle",
                "text",
            }
            assert not any(
                name in ("style", "class", "href") or name.startswith("on") for name in node.attrib
            )
    assert HOSTILE_SHOWN in texts


def test_the_page_with_all_its_charts_is_light(executive: Browser) -> None:
    def sent(path: str) -> bytes:
        request = urllib.request.Request(executive.base + path, headers={"Accept-Encoding": "gzip"})
        with executive._follow.open(request) as answer:
            assert answer.headers["Content-Encoding"] == "gzip"
            return bytes(answer.read())

    page = sent("/overview/")
    body = gzip.decompress(page).decode()
    charts = [sent(html.unescape(path)) for path in re.findall(r'src="(/overview/chart/[^"]*)"', body)]
    assert len(charts) == 10
    assert sum(map(len, [page, *charts])) < 100_000
    assert "csrfmiddlewaretoken" not in body, "what is compressed holds no token"


@pytest.mark.parametrize(
    "path", ["types-2.svg", "nothing.svg", "types-0.svg", "types.svg?size=huge", "%2e%2e%2furls.svg", "-.svg"]
)
def test_a_chart_that_is_not_there_is_not_found(executive: Browser, path: str) -> None:
    assert executive.get(f"/overview/chart/{path}").status == 404


# ----------------------------------------------------------------------------------------------- as people see it


@pytest.mark.skipif(not CHROMIUM.exists(), reason="no Chromium on this machine")
@pytest.mark.parametrize("size", list(SIZES))
def test_in_chromium(chromium: Any, counted: Portal, executive: Browser, size: str) -> None:
    """The charts load under the security policy, also for the printed page; axe finds nothing; nothing overflows."""
    width, height = SIZES[size]
    context = chromium.new_context(viewport={"width": width, "height": height}, base_url=counted.base)
    cookies = [{"name": kept.name, "value": kept.value, "url": counted.base} for kept in executive.cookies]
    context.add_cookies(cookies)
    page = context.new_page()
    page.size, page.complaints = size, []
    page.on("console", lambda said: page.complaints.append(said.text))
    for name, path in {
        "overview": "/overview/",
        "overview-amphoe": amphoes(executive, 2569)["กันทรลักษ์"],
    }.items():
        page.goto(path)
        page.evaluate("document.querySelectorAll('img').forEach(image => { image.loading = 'eager' })")
        page.wait_for_load_state("networkidle")
        drawn = page.evaluate("[...document.images].map(image => [image.currentSrc, image.naturalWidth])")
        assert len(drawn) > 2
        assert all(natural == (340 if size == "phone" else 860) for _, natural in drawn), drawn
        look(page, name)
    context.close()

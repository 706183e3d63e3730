"""Real downloads in a real folder: encodings, delimiters, half-copied, damaged and hostile files."""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.styles import Font

from bridge.adapters.forms.export_file import ExportFolder
from bridge.adapters.forms.trouble import Limits
from bridge.application.ports.forms import Batch, Unreadable

ROOT = Path(__file__).parents[2]
WORDINGS = tomllib.loads((ROOT / "config/messages.d/intake.toml").read_text("utf-8"))["problem"]
HEADER = ["ประทับเวลา", "ชื่อ", "บ้านเลขที่"]
RECORD = ["10/8/2022, 13:57:03", "นางสาวทดสอบ ระบบดี", "10/1"]
TABLE = [HEADER, RECORD]
PLAIN = "\n".join(",".join(f'"{cell}"' for cell in row) for row in TABLE) + "\n"


def fetch(folder: Path, limits: Limits | None = None) -> list[Batch | Unreadable]:
    return list(ExportFolder(folder, limits).fetch_since({}))


def rows_of(folder: Path, name: str, content: bytes) -> list[list[object]]:
    (folder / name).write_bytes(content)
    (found,) = fetch(folder)
    assert isinstance(found, Batch), found
    return [list(row) for row in found.rows]


def trouble_of(folder: Path, name: str, content: bytes, limits: Limits | None = None) -> str:
    """The code of the reason; its Thai wording exists and its facts fill it."""
    (folder / name).write_bytes(content)
    (found,) = fetch(folder, limits)
    assert isinstance(found, Unreadable), found
    assert found.name == name
    assert (folder / name).read_bytes() == content
    said = WORDINGS[found.code].format(**found.facts)
    assert name in said
    return found.code


def workbook(fill: dict[str, object] | None = None) -> bytes:
    book = openpyxl.Workbook()
    for row in TABLE:
        book.active.append(row)
    for place, value in (fill or {}).items():
        book.active[place] = value
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def rewritten(data: bytes, change: dict[bytes, bytes]) -> bytes:
    """The workbook with bytes of its sheet replaced."""
    files = {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            files[name] = archive.read(name)
            if "worksheets/" in name:
                for old, new in change.items():
                    assert old in files[name]
                    files[name] = files[name].replace(old, new)
    return zipped(files)


# ------------------------------------------------------------------ .csv


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp874", "tis-620"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_every_way_to_save_the_same_table_reads_alike(
    tmp_path: Path, encoding: str, delimiter: str, ending: str
) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator=ending).writerows(TABLE)
    assert rows_of(tmp_path, "คำตอบ (1).CSV", out.getvalue().encode(encoding)) == TABLE


def test_utf16_of_the_other_byte_order(tmp_path: Path) -> None:
    assert rows_of(tmp_path, "a.csv", b"\xfe\xff" + PLAIN.encode("utf-16-be")) == TABLE


def test_the_delimiter_is_not_confused_by_what_titles_and_answers_hold(tmp_path: Path) -> None:
    table = [["ประทับเวลา", "ที่อยู่ (บ้านเลขที่, หมู่, ตำบล)", "x"], ["1/1/2565", "1, 2, 3, 4, 5, 6", "y"]]
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=";", quoting=csv.QUOTE_MINIMAL, lineterminator="\n").writerows(table)
    assert rows_of(tmp_path, "a.csv", out.getvalue().encode()) == table


def test_answers_stay_byte_for_byte(tmp_path: Path) -> None:
    answers = ["=IMPORTDATA(1)", "+66812345678", "\tแท็บ", "  สองช่องว่าง  ", "ก\r\nข", "a\rb", "0123", "TRUE"]
    answers += ["'x", "😀\u200b", 'พูดว่า "ดี"', "๑๒๓", "1e5", "-"]
    table = [[f"คำถาม {i}" for i in range(len(answers))], answers]
    out = io.StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows(table)
    assert rows_of(tmp_path, "a.csv", out.getvalue().encode()) == table


def test_empty_cells_are_none_and_blank_lines_keep_the_row_numbers(tmp_path: Path) -> None:
    assert rows_of(tmp_path, "a.csv", b"a,b,c\n\n,2,\n") == [["a", "b", "c"], [], [None, "2", None]]


def test_a_nul_becomes_visible_because_no_database_keeps_it(tmp_path: Path) -> None:
    assert rows_of(tmp_path, "a.csv", b"a,b\n1\x002,3\n") == [["a", "b"], ["1\ufffd2", "3"]]


def test_a_header_without_answers_is_a_table(tmp_path: Path) -> None:
    assert rows_of(tmp_path, "a.csv", b"a,b\n") == [["a", "b"]]


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"\r\n\r\n  \n"])
def test_an_empty_file_is_told(tmp_path: Path, content: bytes) -> None:
    assert trouble_of(tmp_path, "a.csv", content) == "file_empty"


@pytest.mark.parametrize(
    "content",
    [
        PLAIN.encode()[:-4],  # inside a quoted cell
        PLAIN.encode() + b'"11/8/2022","x"',  # between two cells
        PLAIN.encode() + b"\0" * 4096,  # room reserved ahead
        "a,b\nก".encode()[:-1],  # inside a character
        "a,b\nก".encode("utf-16")[:-1],
    ],
)
def test_a_copy_still_going_on_waits(tmp_path: Path, content: bytes) -> None:
    assert trouble_of(tmp_path, "a.csv", content) == "file_incomplete"


def test_every_cut_of_a_quoted_download_waits_or_gives_whole_records_only(tmp_path: Path) -> None:
    whole = PLAIN.encode()
    file = tmp_path / "a.csv"
    for length in range(whole.index(b"\n") + 1, len(whole)):
        file.write_bytes(whole[:length])
        (found,) = fetch(tmp_path)
        if isinstance(found, Batch):
            assert [list(row) for row in found.rows] in (TABLE, TABLE[:1])


def test_the_file_is_read_once_the_copy_is_done(tmp_path: Path) -> None:
    assert trouble_of(tmp_path, "a.csv", PLAIN.encode()[:-4]) == "file_incomplete"
    assert rows_of(tmp_path, "a.csv", PLAIN.encode()) == TABLE


def test_a_stray_quote_does_not_join_answers_silently(tmp_path: Path) -> None:
    assert trouble_of(tmp_path, "a.csv", b'a,b\n"1"x,2\n3,4\n') == "csv_damaged"


@pytest.mark.parametrize(
    "content",
    [
        b"\x81\x82\x83\xff\xfe,\xfd\n",
        "ประทับเวลา,ชื่อ\n1,นายทดสอบ".encode().replace(b"\xe0\xb8\x8a", b"\xe0\xb8\xff"),
    ],
)
def test_neither_unicode_nor_thai_is_told_rather_than_guessed(tmp_path: Path, content: bytes) -> None:
    assert trouble_of(tmp_path, "a.csv", content) == "csv_encoding"


# ------------------------------------------------------------------ .zip


@pytest.mark.parametrize("extra", [{}, {"__MACOSX/._a.csv": b"x"}, {"readme.txt": b"x"}])
def test_a_zip_holding_one_csv_is_that_csv(tmp_path: Path, extra: dict[str, bytes]) -> None:
    assert rows_of(tmp_path, "แบบฟอร์ม.csv.zip", zipped({"แบบฟอร์ม.csv": PLAIN.encode(), **extra})) == TABLE


@pytest.mark.parametrize("files", [{}, {"a.csv": b"1", "b/c.csv": b"2"}, {"a.xlsx": b"x"}])
def test_a_zip_holding_none_or_several_is_told(tmp_path: Path, files: dict[str, bytes]) -> None:
    assert trouble_of(tmp_path, "a.zip", zipped(files)) == "zip_not_one_csv"


def test_a_damaged_zip_is_told(tmp_path: Path) -> None:
    whole = zipped({"a.csv": PLAIN.encode() * 50}, zipfile.ZIP_STORED)
    assert trouble_of(tmp_path, "a.zip", whole[: len(whole) // 2]) == "zip_damaged"
    assert trouble_of(tmp_path, "a.zip", whole.replace(b"2022", b"2023", 1)) == "zip_damaged"


def test_a_zip_with_a_password_is_told(tmp_path: Path) -> None:
    locked = bytearray(zipped({"a.csv": PLAIN.encode()}, zipfile.ZIP_STORED))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[locked.index(signature) + offset] |= 1
    assert trouble_of(tmp_path, "a.zip", bytes(locked)) == "zip_locked"


def test_a_zip_bomb_is_not_unpacked(tmp_path: Path) -> None:
    bomb = zipped({"a.csv": b"a,b\n" * 500_000})
    assert len(bomb) < 100_000
    assert trouble_of(tmp_path, "a.zip", bomb, Limits(file_bytes=100_000)) == "file_too_big"


# ------------------------------------------------------------------ .xlsx


def test_cells_of_a_workbook_keep_their_kinds(tmp_path: Path) -> None:
    moment = datetime(2022, 8, 10, 13, 57, 3)
    data = workbook(
        {"A3": moment, "B3": 812345678, "C3": 0.5, "D3": True, "E3": date(2022, 1, 10), "F3": "0123"}
    )
    rows = rows_of(tmp_path, "a.XLSX", data)
    assert rows[1][:3] == RECORD
    assert rows[2] == [moment, 812345678, 0.5, True, date(2022, 1, 10), "0123"]
    assert [type(cell) for cell in rows[2][1:4]] == [int, float, bool]
    assert rows[0] == [*HEADER, None, None, None]


def test_text_that_looks_like_a_formula_stays_text(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active["A1"] = "=IMPORTDATA(1)"
    book.active["A1"].data_type = "s"
    assert rows_of(tmp_path, "a.xlsx", saved(book)) == [["=IMPORTDATA(1)"]]


def test_the_first_sheet_that_holds_anything_from_its_first_row(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.create_sheet("การตอบแบบฟอร์ม 1")["B3"] = "x"
    book.create_sheet("later")["A1"] = "y"
    assert rows_of(tmp_path, "a.xlsx", saved(book)) == [[None, None], [None, None], [None, "x"]]


def test_a_workbook_of_blank_sheets_is_told(tmp_path: Path) -> None:
    assert trouble_of(tmp_path, "a.xlsx", saved(openpyxl.Workbook())) == "file_empty"


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 0.999])
def test_a_truncated_workbook_is_told(tmp_path: Path, part: float) -> None:
    data = workbook()
    assert trouble_of(tmp_path, "a.xlsx", data[: int(len(data) * part)]) == "xlsx_damaged"


@pytest.mark.parametrize(
    "content", [b"hello", PLAIN.encode(), zipped({"a.txt": b"x"}), zipped({"xl/a.xml": b"<"})]
)
def test_what_is_no_workbook_is_told(tmp_path: Path, content: bytes) -> None:
    assert trouble_of(tmp_path, "a.xlsx", content) == "xlsx_damaged"


def test_a_workbook_with_a_password_is_told(tmp_path: Path) -> None:
    assert trouble_of(tmp_path, "a.xlsx", bytes.fromhex("D0CF11E0A1B11AE1") + b"\0" * 600) == "xlsx_locked"


def test_a_workbook_that_unpacks_beyond_measure_is_told(tmp_path: Path) -> None:
    data = rewritten(workbook(), {b"<sheetData>": b"<sheetData>" + b" " * 2_000_000})
    assert len(data) < 100_000
    assert trouble_of(tmp_path, "a.xlsx", data, Limits(unpacked_bytes=1_000_000)) == "xlsx_too_big"


def test_a_cell_far_away_does_not_end_the_process(tmp_path: Path) -> None:
    """In a process of its own: a reader that lays out the whole rectangle dies of it and cannot be caught."""
    (tmp_path / "a.xlsx").write_bytes(workbook({"XFD1048576": "z"}))
    script = (
        "import sys; from pathlib import Path; from bridge.adapters.forms.export_file import ExportFolder\n"
        "print(*[found.code for found in ExportFolder(Path(sys.argv[1])).fetch_since({})])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout.strip()) == (0, "xlsx_too_big"), done.stderr[-500:]


def test_looks_alone_far_away_do_no_harm(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook()))
    book.active["XFD1048576"].font = Font(bold=True)
    assert rows_of(tmp_path, "a.xlsx", saved(book)) == TABLE


@pytest.mark.parametrize(
    "cell",
    [
        rb'<c r="A1" foo="/>" r="XFD1048576" ',
        rb'<c foo="/>  <" r="XFD1048576" ',
        rb'<c r="A1" foo=">" r="XFD1048576" ',
        rb'<c r="A1" r="XFD1048576" ',
        rb"<c r='XFD1048576' ",
        rb'<c r = "XFD1048576" ',
        rb'<c r="xfd1048576" ',
        rb'<c x="" r="XFD1048576" ',
        rb"<c ",
        rb'<x:c r="XFD1048576" ',
        rb'<x-y.z:c r="XFD1048576" ',
    ],
)
def test_a_cell_whose_place_could_be_misread_is_refused(tmp_path: Path, cell: bytes) -> None:
    assert trouble_of(tmp_path, "a.xlsx", rewritten(workbook(), {b'<c r="A1" ': cell})) == "xlsx_damaged"


def test_an_answer_that_reads_like_a_cell_is_an_answer(tmp_path: Path) -> None:
    text = '<c r="XFD1048576"> <x:c> r="ZZZ9" <row r="9">'
    assert rows_of(tmp_path, "a.xlsx", workbook({"A2": text}))[1][0] == text


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.floats(0, 1), piece=st.binary(max_size=40), keep=st.booleans())
def test_no_damage_raises(tmp_path: Path, at: float, piece: bytes, keep: bool) -> None:
    """Bytes put into, or over, a workbook, its bare sheet, a zip and a .csv: always an answer."""
    sheet = rewritten(workbook(), {b"</sheetData>": piece + b"</sheetData>"})
    for name, data in (("a.xlsx", workbook()), ("b.xlsx", sheet), ("c.zip", zipped({"a.csv": b"a,b\n"})),
                       ("d.csv", PLAIN.encode())):  # fmt: skip
        cut = int(len(data) * at)
        (tmp_path / name).write_bytes(data[:cut] + piece + data[cut if keep else cut + len(piece) :])
    assert {found.name for found in fetch(tmp_path)} == {"a.xlsx", "b.xlsx", "c.zip", "d.csv"}


# ------------------------------------------------------------------ the folder


def test_other_files_in_the_folder_are_left_alone(tmp_path: Path) -> None:
    for name in (
        "~$a.xlsx",
        ".~lock.a.csv#",
        ".hidden.csv",
        "a.csv.tmp",
        "a.csv.part",
        "b.crdownload",
        "c.txt",
    ):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "folder.csv").mkdir()
    if os.name != "nt":
        (tmp_path / "gone.csv").symlink_to(tmp_path / "nowhere")
    assert fetch(tmp_path) == []


def test_a_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    (found,) = fetch(tmp_path / "ไม่มี")
    assert isinstance(found, Unreadable)
    assert found.code == "forms_folder_missing"
    assert "ไม่มี" in WORDINGS[found.code].format(**found.facts)


def test_a_file_that_is_too_big_is_not_read(tmp_path: Path) -> None:
    assert trouble_of(tmp_path, "a.csv", PLAIN.encode(), Limits(file_bytes=20)) == "file_too_big"


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="nothing is forbidden to this user")
def test_a_file_that_may_not_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(PLAIN, "utf-8")
    (tmp_path / "a.csv").chmod(0)
    (found,) = fetch(tmp_path)
    assert isinstance(found, Unreadable)
    assert found.code == "file_open_elsewhere"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (PermissionError(13, "x"), "file_open_elsewhere"),
        (OSError(5, "x"), "file_unreadable"),
        (FileNotFoundError(), None),
    ],
)
def test_what_the_system_refuses_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError, code: str | None
) -> None:
    """As Windows answers for a file open in Excel, as a share that fails, as a file taken away meanwhile."""
    (tmp_path / "a.csv").write_text(PLAIN, "utf-8")

    def refuse(_: Path) -> bytes:
        raise error

    monkeypatch.setattr(Path, "read_bytes", refuse)
    codes = [found.code for found in fetch(tmp_path) if isinstance(found, Unreadable)]
    assert codes == ([code] if code else [])
    assert all(WORDINGS[code].format(file="a.csv", reason="x") for code in codes)


def test_a_file_that_changes_while_it_is_read_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.csv"
    file.write_text(PLAIN, "utf-8")
    read = Path.read_bytes

    def read_while_it_grows(path: Path) -> bytes:
        data = read(path)
        with path.open("ab") as growing:
            growing.write(b"more\n")
        return data

    monkeypatch.setattr(Path, "read_bytes", read_while_it_grows)
    (found,) = fetch(tmp_path)
    assert isinstance(found, Unreadable)
    assert found.code == "file_incomplete"


def test_files_are_read_one_at_a_time(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(PLAIN, "utf-8")
    (tmp_path / "b.csv").write_text(PLAIN, "utf-8")
    found = ExportFolder(tmp_path).fetch_since({})
    assert next(found).name == "a.csv"
    (tmp_path / "b.csv").write_bytes(b"")
    second = next(found)
    assert isinstance(second, Unreadable)


def test_every_reason_in_the_code_has_a_wording() -> None:
    for module in (ROOT / "bridge/adapters/forms").glob("*.py"):
        for code in re.findall(r'Trouble\("(\w+)"', module.read_text("utf-8")):
            assert code in WORDINGS


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_a_workbook_saved_by_libreoffice_reads_alike(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "a.csv").write_text(PLAIN, "utf-8")
    profile = (tmp_path / "profile").as_uri()
    subprocess.run(
        ["soffice", f"-env:UserInstallation={profile}", "--headless", "--convert-to", "xlsx",
         "--infilter=CSV:44,34,76", "--outdir", str(tmp_path / "out"), str(source / "a.csv")],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    (found,) = fetch(tmp_path / "out")
    assert isinstance(found, Batch)
    assert list(found.rows[0]) == HEADER
    assert found.rows[1][1] == RECORD[1]

"""The commands `match` on files as people and other programs write them."""

from __future__ import annotations

import csv
import gzip
import json
import subprocess
import sys
from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest
from openpyxl import Workbook

from benchmarks.people import make
from bridge.cli_match import main
from tests.functional.office import PROJECT, valid_id

CASES = [
    "rec_id,name,national_id,birth_date,house_no,moo,tambon,amphoe,province,phone",
    f"C1,นายประยุกต์ สุขเจริญ,{valid_id(1)},17/1/2495,12,3,บัวเงิน,น้ำพอง,ขอนแก่น,0812345678",
    "C2,นาย ประยุกต สุขเจริญ,,17 มกราคม 2495,12 ม.3,,ต.บัวเงิน,อ.น้ำพอง,,",
    f"C3,นางสมศรี สุขเจริญ,{valid_id(2)},4/9/2498,12,3,บัวเงิน,น้ำพอง,ขอนแก่น,0812345678",
    "C4,นายมานะ แก้วใส,,,7,1,ในเมือง,เมือง,ขอนแก่น,",
]
REGISTER = [
    "reg_id,title,given_name,family_name,house_no,moo,tambon,amphoe,province",
    "R1,นาย,ประยุกต์,สุขเจริญ,12,3,บัวเงิน,น้ำพอง,ขอนแก่น",
    "R2,นาง,สายใจ,สุขเจริญ,12,3,บัวเงิน,น้ำพอง,ขอนแก่น",
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "cases.csv").write_text("\n".join(CASES), encoding="utf-8")
    (tmp_path / "register.csv").write_text("\n".join(REGISTER), encoding="utf-8")
    return tmp_path


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr(sys, "argv", ["run.py", "match", *map(str, arguments)])
    return main()


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_duplicates(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = folder / "pairs.csv"
    assert run(monkeypatch, "duplicates", folder / "cases.csv", "--out", out, "--json") == 0
    summary = json.loads(capsys.readouterr().out)
    assert (summary["cases"], summary["pairs"]) == (4, 1)
    assert summary["same"] + summary["possible"] == 1
    assert summary["seconds"] >= summary["seconds_reading"] > 0
    (pair,) = rows(out)
    assert list(pair) == ["left", "right", "score", "verdict", "reasons"]
    assert (pair["left"], pair["right"], pair["verdict"]) == ("C1", "C2", "same")
    assert 0.5 <= float(pair["score"]) <= 1
    assert pair["reasons"] == "ชื่อสะกดใกล้เคียง · วันเกิดเดียวกัน · บ้านเดียวกัน"


def test_register(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    out = folder / "links.csv"
    assert run(monkeypatch, "register", folder / "cases.csv", folder / "register.csv", "--out", out) == 0
    assert "พบในทะเบียน" in capsys.readouterr().out
    assert list(rows(out)[0]) == ["rec_id", "reg_id", "score", "verdict", "reasons"]
    assert [(row["rec_id"], row["reg_id"]) for row in rows(out)] == [("C1", "R1"), ("C2", "R1")]


@pytest.mark.parametrize(
    "write",
    [
        pytest.param(lambda path, text: path.write_text(text, encoding="utf-8-sig"), id="byte order mark"),
        pytest.param(lambda path, text: path.write_text(text, encoding="cp874"), id="code page of Windows"),
        pytest.param(lambda path, text: path.write_bytes(gzip.compress(text.encode())), id="gzip"),
        pytest.param(lambda path, text: path.write_text(text.replace(",", ";")), id="semicolons"),
        pytest.param(lambda path, text: path.write_text(text + "\n\n,,,,,,,,,\n"), id="blank rows"),
        pytest.param(
            lambda path, text: path.write_text(
                text.replace("rec_id", "รหัสเคส")
                .replace("national_id", "เลข 13 หลัก")
                .replace("name", "ชื่อ - สกุล")
            ),
            id="Thai headers",
        ),
    ],
)
def test_a_file_as_programs_write_it(folder: Path, monkeypatch: pytest.MonkeyPatch, write: object) -> None:
    write(folder / "other.csv", "\n".join(CASES))  # type: ignore[operator]
    assert run(monkeypatch, "duplicates", folder / "other.csv", "--out", folder / "out.csv.gz") == 0
    with gzip.open(folder / "out.csv.gz", "rt", encoding="utf-8") as file:
        assert [(row["left"], row["right"]) for row in csv.DictReader(file)] == [("C1", "C2")]


def test_a_workbook_is_read_as_the_same_table(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids as numbers and birth dates as dates, as Excel keeps them."""
    book = Workbook()
    assert book.active is not None
    for number, row in enumerate(csv.reader(CASES)):
        cells: list[object] = [int(cell) if cell.isdigit() and cell[0] != "0" else cell for cell in row]
        cells[3] = datetime(1952, 1, 17) if number == 1 else cells[3]
        book.active.append(cells)
    book.save(folder / "book.xlsx")
    assert run(monkeypatch, "duplicates", folder / "book.xlsx", "--out", folder / "pairs.csv") == 0
    assert run(monkeypatch, "duplicates", folder / "cases.csv", "--out", folder / "same.csv") == 0
    assert (folder / "pairs.csv").read_text() == (folder / "same.csv").read_text()


def test_what_is_read_is_not_written_over(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cases = folder / "cases.csv"
    before = cases.read_bytes()
    assert run(monkeypatch, "duplicates", cases, "--out", cases) == 2
    assert run(monkeypatch, "register", folder / "register.csv", cases, "--out", cases) == 2
    assert run(monkeypatch, "fit", folder / "register.csv", cases, "--out", cases) == 2
    assert cases.read_bytes() == before


def test_columns_may_be_missing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without numbers the rows are known by their place."""
    (folder / "few.csv").write_text(f"given_name,soc_sec_id\nanna,{valid_id(1)}\nanna,{valid_id(1)}\n")
    assert run(monkeypatch, "duplicates", folder / "few.csv", "--out", folder / "out.csv") == 0
    assert [(row["left"], row["right"]) for row in rows(folder / "out.csv")] == [("1", "2")]


def test_a_header_alone_has_no_pairs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "none.csv").write_text(CASES[0] + "\n")
    assert run(monkeypatch, "duplicates", folder / "none.csv", "--out", folder / "out.csv") == 0
    assert (folder / "out.csv").read_text() == "left,right,score,verdict,reasons\n"
    assert (
        run(monkeypatch, "register", folder / "none.csv", folder / "register.csv", "--out", folder / "o.csv")
        == 0
    )
    assert (
        run(monkeypatch, "register", folder / "cases.csv", folder / "none.csv", "--out", folder / "o.csv")
        == 0
    )
    assert rows(folder / "o.csv") == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "เปิดไฟล์ bad.csv ไม่ได้"),
        (b"", "ว่างเปล่า"),
        (b"rec_id,colour\n1,red\n", "ไม่มีคอลัมน์ที่ใช้จับคู่บุคคล"),
        (b"rec_id,name\n1,a b\n\n1,c d\n", "แถวที่ 4 คอลัมน์ rec_id: รหัส “1” ซ้ำกับแถวที่ 2"),
        (b"rec_id,name\n1,a b\n ,c d\n", "แถวที่ 3 คอลัมน์ rec_id: ไม่มีรหัส"),
        (b"rec_id,name\n1,a b\n2,c,d\n", "แถวที่ 3 มีค่าเกินหัวคอลัมน์ซึ่งมี 2 คอลัมน์ (“d”)"),
        (b'rec_id,name\n1,"a\n2,b\n3,c\n', "ใกล้บรรทัดที่ 2 "),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Excel รุ่นเก่า"),
        (b"\x1f\x8b\x08 not gzip", "เสียหรือไม่ครบ"),
        (b"rec_id,name\n1,\xff\xfe\x81\xdb\xfc\n", "bad.csv"),
    ],
    ids=[
        "no file",
        "empty",
        "no names",
        "id twice",
        "id blank",
        "row too long",
        "open quote",
        "old Excel",
        "bad gzip",
        "no known letters",
    ],
)
def test_what_cannot_be_used_is_said_plainly(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    content: bytes | None,
    said: str,
) -> None:
    if content is not None:
        (folder / "bad.csv").write_bytes(content)
    assert run(monkeypatch, "duplicates", folder / "bad.csv", "--out", folder / "out.csv") == 4
    complaint = capsys.readouterr().err
    assert said in complaint
    assert "Traceback" not in complaint
    assert not (folder / "out.csv").exists()


def test_wrong_use_and_what_cannot_be_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "duplicates", folder / "cases.csv") == 2
    fit = ("fit", folder / "cases.csv", folder / "cases.csv", "--out", folder / "w.toml")
    assert run(monkeypatch, *fit, "--register", folder / "register.csv") == 2
    assert run(monkeypatch, "fit", folder / "cases.csv", folder / "register.csv", "--out", fit[-1]) == 4
    assert "person_id" in capsys.readouterr().err
    (folder / "truth.csv").write_text("rec_id,person_id\n C1 ,1\nC2,1\nC3,\nC4,3\n")
    assert run(monkeypatch, "fit", folder / "cases.csv", folder / "truth.csv", "--out", fit[-1]) == 4
    assert "“C3”" in capsys.readouterr().err
    (folder / "truth.csv").write_text("rec_id,person_id\nC1,1\nC2,1\nC3,2\nC4,3\n")
    assert run(monkeypatch, "fit", folder / "cases.csv", folder / "truth.csv", "--out", fit[-1]) == 4
    assert "1 คู่ ต้องมีอย่างน้อย 20 คู่" in capsys.readouterr().err
    assert not (folder / "w.toml").exists()
    assert run(monkeypatch, "duplicates", folder / "cases.csv", "--out", folder / "no" / "out.csv") == 6
    assert "เขียนไฟล์ out.csv ไม่ได้" in capsys.readouterr().err
    weights = ("--weights", folder / "cases.csv")
    assert run(monkeypatch, "duplicates", folder / "cases.csv", "--out", folder / "o.csv", *weights) == 3
    assert "match fit" in capsys.readouterr().err


def test_the_whole_command_line_knows_them_too() -> None:
    done = subprocess.run(
        [sys.executable, "run.py", "match", "duplicates", "--help"],
        cwd=PROJECT,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0
    assert "--weights" in done.stdout.decode()


# ------------------------------------------------------------------------------------------- an invented province


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("province")
    make(folder, 5, "ยโสธร", 5_000, 5_500, register=2_000, say=str)
    return folder


def truth(path: Path) -> dict[str, str]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return {row[0]: row[1] for row in list(csv.reader(file))[1:]}


def f1(right: int, told: int, true: int) -> float:
    return 2 * right / (told + true)


def test_people_of_a_province_never_seen_are_found(province: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bounds leave room for chance in so few people; docs/benchmarks.md has the figures of whole provinces."""
    out = province / "pairs.csv"
    assert run(monkeypatch, "duplicates", province / "cases.csv.gz", "--out", out) == 0
    persons = truth(province / "truth.csv.gz")
    true = sum(count * (count - 1) // 2 for count in Counter(persons.values()).values())
    found = rows(out)
    hits = [persons[row["left"]] == persons[row["right"]] for row in found]
    same = [hit for hit, row in zip(hits, found, strict=True) if row["verdict"] == "same"]
    assert f1(sum(hits), len(hits), true) > 0.985
    assert sum(same) / len(same) > 0.995

    links = province / "links.csv"
    assert (
        run(monkeypatch, "register", province / "cases.csv.gz", province / "register.csv.gz", "--out", links)
        == 0
    )
    listed = truth(province / "register_truth.csv.gz")
    right = sum(persons[row["rec_id"]] == listed[row["reg_id"]] for row in rows(links))
    known = set(listed.values())
    assert f1(right, len(rows(links)), sum(person in known for person in persons.values())) > 0.98
    assert len({row["rec_id"] for row in rows(links)}) == len(rows(links))


def test_fitting_writes_weights_that_can_be_used(
    province: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    weights, cases = province / "weights.toml", province / "cases.csv.gz"
    register = (
        "--register",
        province / "register.csv.gz",
        "--register-truth",
        province / "register_truth.csv.gz",
    )
    assert (
        run(monkeypatch, "fit", cases, province / "truth.csv.gz", *register, "--out", weights, "--json") == 0
    )
    figures = json.loads(capsys.readouterr().out)
    assert figures["duplicates_held_out_f1"] > 0.97
    assert figures["register_held_out_f1"] > 0.97
    out = province / "again.csv"
    assert run(monkeypatch, "duplicates", cases, "--out", out, "--weights", weights) == 0
    assert rows(out)

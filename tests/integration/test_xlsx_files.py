"""The file around a workbook: open elsewhere, damaged, hostile, on a full disk, killed while it is written."""

from __future__ import annotations

import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import textwrap
import time
import zipfile
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path

import pytest

from bridge.adapters.workbooks.files import replace
from bridge.adapters.workbooks.xlsx import XlsxWorkbook
from bridge.application.errors import Busy, Changed, OutsideError, SaphanError, SheetError
from bridge.application.ports.workbooks import TabChange
from bridge.domain.columns import Column, Owner, Table
from tests.integration.raw_xlsx import SHEET, pack, put, rows_of, workbook_parts, write

CASES = Table("cases", "S", "id", (Column("id", "รหัสเคส", Owner.BRIDGE), Column("name", "ชื่อ", Owner.FORM)))
ONE_ROW = '<row r="1"><c r="A1"><v>1</v></c></row>'
posix_only = pytest.mark.skipif(os.name == "nt", reason="needs POSIX limits and signals")


def refused(kind: type[SaphanError], code: str, action: object, *arguments: object) -> SaphanError:
    with pytest.raises(kind) as caught:
        action(*arguments)  # type: ignore[operator]
    assert caught.value.code == code
    assert caught.value.facts["file"]
    return caught.value


def append(workbook: XlsxWorkbook) -> None:
    write(workbook, {}, {0: "x"})


# Open elsewhere


@pytest.mark.parametrize("sign", ["~$ก ข.xlsx", ".~lock.ก ข.xlsx#", ".~ก ข.xlsx"])
def test_an_open_workbook_is_read_but_not_written(tmp_path: Path, sign: str) -> None:
    workbook = put(tmp_path, ONE_ROW)
    before = workbook.version()
    lock = tmp_path / sign
    lock.touch()
    assert rows_of(workbook) == [[1]]
    refused(Busy, "workbook_open", append, workbook)
    refused(Busy, "workbook_open", workbook.create, [CASES])
    assert workbook.version() == before
    assert {file.name for file in tmp_path.iterdir()} == {"ก ข.xlsx", sign}
    lock.unlink()
    append(workbook)
    assert rows_of(workbook) == [[1], ["x"]]


def test_another_workbook_that_is_open_does_not_matter(tmp_path: Path) -> None:
    workbook = put(tmp_path, ONE_ROW)
    (tmp_path / "~$ข.xlsx").touch()
    append(workbook)


# Missing, damaged, unsafe


def test_what_is_not_there_is_told_from_a_share_that_is_gone(tmp_path: Path) -> None:
    workbook = XlsxWorkbook(tmp_path / "ไม่มี.xlsx")
    for action in (workbook.version, lambda: workbook.read(["S"]), lambda: append(workbook)):
        refused(SheetError, "workbook_missing", action)
    gone = XlsxWorkbook(tmp_path / "แชร์" / "ไม่มี.xlsx")
    for action in (gone.version, lambda: gone.read(["S"]), lambda: append(gone)):
        refused(OutsideError, "folder_missing", action)
    with pytest.raises(OutsideError):
        gone.create([CASES])
    assert not (tmp_path / "แชร์").exists()


def test_a_file_cut_anywhere_is_damaged(tmp_path: Path) -> None:
    whole = pack(workbook_parts(ONE_ROW))
    path = tmp_path / "ขาด.xlsx"
    for length in [0, 1, 4, *range(10, len(whole) - 1, 97), len(whole) - 1]:
        path.write_bytes(whole[:length])
        refused(SheetError, "workbook_damaged", XlsxWorkbook(path).read, ["S"])
        refused(SheetError, "workbook_damaged", append, XlsxWorkbook(path))
        assert path.read_bytes() == whole[:length]


def test_bytes_flipped_at_random_never_bring_down_a_read_or_lose_a_file(tmp_path: Path) -> None:
    whole = pack(workbook_parts(ONE_ROW * 1, strings="<si><t>ก</t></si>"))
    path = tmp_path / "เสีย.xlsx"
    chance = random.Random(1)
    refusals = 0
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        path.write_bytes(data)
        workbook = XlsxWorkbook(path)
        try:
            workbook.read(["S"])
            append(workbook)
        except SheetError:
            refusals += 1
            assert path.read_bytes() == data
    assert refusals > 100


def test_other_files_with_the_name_of_a_workbook(tmp_path: Path) -> None:
    path = tmp_path / "อื่น.xlsx"
    workbook = XlsxWorkbook(path)
    for content, code in (
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "workbook_encrypted"),
        ("ชื่อ,สกุล\n".encode(), "workbook_damaged"),
        (pack({"a.txt": b"x"}), "workbook_damaged"),
        (pack(workbook_parts(ONE_ROW) | {"xl/workbook.xml": b"<workbook"}), "workbook_damaged"),
        (pack({k: v for k, v in workbook_parts(ONE_ROW).items() if k != SHEET}), "workbook_damaged"),
        (pack(workbook_parts(ONE_ROW) | {SHEET: b"<html/>"}), "sheet_not_understood"),
    ):
        path.write_bytes(content)
        refused(SheetError, code, lambda: workbook.read(["S"]))
    folder = XlsxWorkbook(tmp_path)
    assert not folder.exists()
    refused(SheetError, "workbook_missing", folder.version)


def bombs() -> Iterator[bytes]:
    parts = workbook_parts(ONE_ROW)
    yield pack(parts | {SHEET: parts[SHEET] + b" " * (100 * 2**20)})  # 1,000 times its size
    yield pack(parts | {f"xl/media/{i}.bin": b"" for i in range(10_001)})
    yield pack(
        {
            name: b"<!DOCTYPE x [<!ENTITY a 'aa'>]>" * name.endswith("workbook.xml") + v
            for name, v in parts.items()
        }
    )
    yield pack({name: b"<!DOCTYPE x [<!ENTITY a 'aa'>]>" * (name == SHEET) + v for name, v in parts.items()})
    huge = bytearray(pack(parts))
    entry = huge.rindex(b"PK\x01\x02")  # the directory's word on the sheet's size
    huge[entry + 24 : entry + 28] = struct.pack("<I", 2**31)
    yield bytes(huge)
    many = bytearray(pack({f"xl/media/{i}.bin": b"" for i in range(20)} | parts))
    for i in range(20):
        entry = many.rindex(f"xl/media/{i}.bin".encode()) - 46
        many[entry + 24 : entry + 28] = struct.pack("<I", 60 * 2**20)
    yield bytes(many)
    twice = BytesIO(pack(parts))
    with zipfile.ZipFile(twice, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr(SHEET, b"")
    yield twice.getvalue()


def test_bombs_are_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "ระเบิด.xlsx"
    for content in bombs():
        path.write_bytes(content)
        refused(SheetError, "workbook_unsafe", XlsxWorkbook(path).read, ["S"])


def test_a_part_larger_than_it_says_is_damaged(tmp_path: Path) -> None:
    """The size in the directory is a promise of whoever wrote the file."""
    data = bytearray(pack(workbook_parts(ONE_ROW * 1 + " " * 5_000_000)))
    entry = data.rindex(b"PK\x01\x02")
    assert data[entry + 46 :].startswith(SHEET.encode())
    data[entry + 24 : entry + 28] = struct.pack("<I", 500)
    path = tmp_path / "ลวง.xlsx"
    path.write_bytes(data)
    refused(SheetError, "workbook_damaged", XlsxWorkbook(path).read, ["S"])


def test_a_cell_far_away_is_named_and_takes_no_memory(tmp_path: Path) -> None:
    for cell, row in (("XFD1048576", 1_048_576), ("ZZZ9", 9)):
        workbook = put(tmp_path, f'{ONE_ROW}<row r="{row}"><c r="{cell}"><v>1</v></c></row>')
        error = refused(SheetError, "cell_far_away", workbook.read, ["S"])
        assert (error.facts["cell"], error.facts["tab"]) == (cell, "S")
    rows = "".join(f'<row r="{r}"><c r="A{r}"><v>1</v></c></row>' for r in range(1, 800))
    workbook = put(tmp_path, f'{rows}<row r="800"><c r="XFD800"><v>1</v></c></row>')
    assert refused(SheetError, "cell_far_away", workbook.read, ["S"]).facts["cell"] == "XFD800"


def test_a_look_far_away_does_no_harm(tmp_path: Path) -> None:
    workbook = put(tmp_path, f'{ONE_ROW}<row r="1048576"><c r="XFD1048576" s="5"/></row>')
    assert rows_of(workbook) == [[1]]
    append(workbook)
    assert rows_of(workbook) == [[1], ["x"]]


# Replaced in one step


def test_what_the_last_check_raises_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    workbook = put(tmp_path, ONE_ROW)
    path = tmp_path / "ก ข.xlsx"
    seen: list[set[str]] = []

    def somebody_saved() -> None:
        seen.append({file.name for file in tmp_path.iterdir()})
        raise Changed("workbook_changed", file=path.name)

    before = workbook.version()
    with pytest.raises(Changed):
        replace(path, b"new", somebody_saved)
    assert workbook.version() == before
    assert {file.name for file in tmp_path.iterdir()} == {"ก ข.xlsx"}
    (other,) = seen[0] - {"ก ข.xlsx"}
    assert not other.endswith(".xlsx")


def test_what_a_killed_write_left_is_cleared_away_and_nothing_else(tmp_path: Path) -> None:
    workbook = put(tmp_path, ONE_ROW)
    path = tmp_path / "ก ข.xlsx"

    class Killed(BaseException):
        pass

    def killed() -> None:
        for file in tmp_path.glob(".saphan-*"):
            shutil.copy(file, file.with_name(file.name.replace(".tmp", "0.tmp")))
        raise Killed

    with pytest.raises(Killed):
        replace(path, b"new", killed)
    (tmp_path / ".saphan-other-1.tmp").touch()
    assert len(list(tmp_path.glob(".saphan-*"))) == 2
    append(workbook)
    assert {file.name for file in tmp_path.iterdir()} == {"ก ข.xlsx", ".saphan-other-1.tmp"}


@posix_only
def test_a_link_and_the_rights_of_the_file_stay(tmp_path: Path) -> None:
    put(tmp_path, ONE_ROW)
    (tmp_path / "ก ข.xlsx").chmod(0o664)
    link = tmp_path / "ลิงก์" / "ทะเบียน.xlsx"
    link.parent.mkdir()
    link.symlink_to(tmp_path / "ก ข.xlsx")
    append(XlsxWorkbook(link))
    assert link.is_symlink()
    assert rows_of(XlsxWorkbook(tmp_path / "ก ข.xlsx")) == [[1], ["x"]]
    assert (tmp_path / "ก ข.xlsx").stat().st_mode & 0o777 == 0o664


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="an administrator may write anywhere")
def test_a_folder_and_a_file_that_may_not_be_written(tmp_path: Path) -> None:
    workbook = put(tmp_path, ONE_ROW)
    (tmp_path / "ก ข.xlsx").chmod(0o444)
    refused(OutsideError, "workbook_read_only", append, workbook)
    (tmp_path / "ก ข.xlsx").chmod(0o644)
    tmp_path.chmod(0o555)
    try:
        refused(OutsideError, "folder_read_only", append, workbook)
    finally:
        tmp_path.chmod(0o755)


WRITER = """
    import sys
    from pathlib import Path
    from bridge.adapters.workbooks.xlsx import XlsxWorkbook
    from bridge.application.errors import SaphanError
    from bridge.application.ports.workbooks import TabChange
    workbook = XlsxWorkbook(Path(sys.argv[1]))
"""


def program(body: str, *arguments: str) -> list[str]:
    return [sys.executable, "-c", textwrap.dedent(WRITER) + textwrap.dedent(body), *arguments]


FILLS_THE_DISK = """
    big = {(row, 0): noise(row, 4) for row in range(1, 2000)}
    for attempt in (lambda: workbook.write([TabChange("S", big)], workbook.version()), lambda: big_create()):
        try:
            attempt()
            print("written")
        except SaphanError as error:
            print(type(error).__name__, error.code)
"""
CREATES_MUCH = """
    import hashlib
    from bridge.domain.columns import Column, Owner, Table
    def noise(seed, length):
        return "".join(hashlib.sha256(f"{seed} {i}".encode()).hexdigest() for i in range(length))
    def big_create():
        columns = tuple(Column(str(i), noise(i, 4), Owner.FORM) for i in range(2000))
        workbook.create([Table("t", "S", "0", columns)])
"""


def assert_disk_full_harms_nothing(folder: Path, limit: str) -> None:
    workbook = put(folder, ONE_ROW)
    before = workbook.version()
    run = subprocess.run(
        program(limit + CREATES_MUCH + FILLS_THE_DISK, str(folder / "ก ข.xlsx")),
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.splitlines() == ["OutsideError disk_full"] * 2, run.stderr
    assert workbook.version() == before
    assert {file.name for file in folder.iterdir()} == {"ก ข.xlsx"}


@posix_only
def test_a_disk_that_takes_no_more_leaves_the_old_file(tmp_path: Path) -> None:
    assert_disk_full_harms_nothing(
        tmp_path,
        """
    import resource, signal
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16_384, 16_384))
""",
    )


@posix_only
def test_a_small_disk_that_is_full_leaves_the_old_file(tmp_path: Path) -> None:
    disk = tmp_path / "ดิสก์"
    disk.mkdir()
    mount = shutil.which("mount")
    command = [mount or "mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    if mount is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("no right to mount a small disk")
    try:
        assert_disk_full_harms_nothing(disk, "")
    finally:
        subprocess.run(["umount", str(disk)], check=True)


WRITES_FOR_EVER = """
    number, version = 0, workbook.version()
    print("ready", flush=True)
    while True:
        number += 1
        version = workbook.write([TabChange("S", {(row, 0): number for row in range(300)})], version)
"""


@posix_only
def test_a_kill_at_any_moment_leaves_the_old_file_or_the_new_one(tmp_path: Path) -> None:
    rows = "".join(f'<row r="{r}"><c r="A{r}"><v>0</v></c></row>' for r in range(1, 301))
    workbook = put(tmp_path, rows)
    chance = random.Random(7)
    numbers = set()
    for _ in range(8):
        process = subprocess.Popen(
            program(WRITES_FOR_EVER, str(tmp_path / "ก ข.xlsx")), stdout=subprocess.PIPE
        )
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        time.sleep(chance.uniform(0.005, 0.12))
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        column = {row[0] for row in rows_of(workbook)}
        assert len(column) == 1  # all of one write and nothing of another
        numbers |= column
    assert numbers - {0}, "no write came to its end"
    append(workbook)
    assert {file.name for file in tmp_path.iterdir()} == {"ก ข.xlsx"}


def test_the_file_saved_by_somebody_during_the_write_stays(tmp_path: Path) -> None:
    """The version is compared once more when the new file is ready."""
    workbook = put(tmp_path, ONE_ROW)
    theirs = pack(workbook_parts('<row r="1"><c r="A1"><v>2</v></c></row>'))

    class SavedMeanwhile(Mapping[int, str]):
        """A row to append that is asked for when the write has begun: now the other person saves."""

        def __getitem__(self, column: int) -> str:
            (tmp_path / "ก ข.xlsx").write_bytes(theirs)
            return "x"

        def __iter__(self) -> Iterator[int]:
            return iter([0])

        def __len__(self) -> int:
            return 1

    with pytest.raises(Changed):
        workbook.write([TabChange("S", {}, [SavedMeanwhile()])], workbook.version())
    assert (tmp_path / "ก ข.xlsx").read_bytes() == theirs
    assert {file.name for file in tmp_path.iterdir()} == {"ก ข.xlsx"}

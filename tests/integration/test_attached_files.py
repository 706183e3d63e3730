"""What is kept of a file and what is refused, by real files; and the folder where they are kept."""

from __future__ import annotations

import io
import os
import shutil
import sqlite3
import tracemalloc
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image

from bridge.adapters.attachments.check import ContentCheck
from bridge.adapters.attachments.folder import FileFolder
from bridge.adapters.attachments.photo import LONGEST_SIDE
from bridge.adapters.ledger.backup import back_up
from bridge.application.errors import OutsideError
from bridge.application.ports.attachments import Checked
from bridge.domain.attachments import Kind
from bridge.domain.problems import Problem
from tests import files

CHECK = ContentCheck()


def checked(content: bytes) -> Checked:
    found = CHECK.check(io.BytesIO(content))
    assert isinstance(found, Checked), found
    return found


def refused(content: bytes) -> str:
    found = CHECK.check(io.BytesIO(content))
    assert isinstance(found, Problem), found
    return found.code


class TestPhotos:
    @pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
    def test_every_kind_becomes_an_upright_jpeg_that_says_nothing_of_its_place(self, form: str) -> None:
        given = files.located_photo(form)
        assert files.PLACE.encode() in given
        found = checked(given)
        assert found.kind is Kind.PHOTO
        assert b"GPS" not in found.content and b"Camera" not in found.content and b"Exif" not in found.content
        with Image.open(io.BytesIO(found.content)) as kept:
            assert (kept.format, kept.size, dict(kept.getexif())) == ("JPEG", (48, 64), {})
            assert "icc_profile" not in kept.info and "comment" not in kept.info
            left, right = kept.getpixel((5, 32)), kept.getpixel((42, 32))
        assert left[2] > 150 > left[0] and right[0] > 150 > right[2], "turned as it was held"

    def test_what_is_seen_through_is_seen_on_white(self) -> None:
        content = io.BytesIO()
        Image.new("LA", (8, 8), (0, 0)).save(content, "PNG")
        with Image.open(io.BytesIO(checked(content.getvalue()).content)) as kept:
            assert kept.getpixel((4, 4)) == (255, 255, 255)

    @pytest.mark.parametrize("mode", ["1", "L", "P", "I;16", "CMYK"])
    def test_every_way_of_colour(self, mode: str) -> None:
        content = io.BytesIO()
        Image.new(mode, (8, 8)).save(content, "JPEG" if mode == "CMYK" else "PNG")
        assert checked(content.getvalue()).kind is Kind.PHOTO

    def test_a_large_one_is_made_smaller(self) -> None:
        with Image.open(io.BytesIO(checked(files.photo(size=(4000, 3000))).content)) as kept:
            assert kept.size == (LONGEST_SIDE, LONGEST_SIDE * 3 // 4)

    def test_what_hangs_on_a_picture_is_cut_off(self) -> None:
        hanging = b"<script>alert(1)</script>PK\x03\x04<?php system($_GET[0]) ?>"
        assert checked(files.photo() + hanging) == checked(files.photo())

    def test_the_same_gives_the_same(self) -> None:
        assert checked(files.located_photo()) == checked(files.located_photo())

    def test_a_bomb_is_refused_before_it_is_unpacked(self) -> None:
        for size in ((8_000, 8_000), (60_000, 60_000)):
            content = files.bomb_png(*size)
            assert len(content) < 1_000_000
            tracemalloc.start()
            assert refused(content) == "attachment_pixels"
            assert tracemalloc.get_traced_memory()[1] < 5_000_000
            tracemalloc.stop()

    @pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
    def test_half_a_picture_is_refused(self, form: str) -> None:
        content = files.photo(form, (640, 480))
        assert refused(content[: len(content) // 2]) == "attachment_damaged"


class TestPdf:
    def test_a_plain_one_is_kept_without_its_author(self) -> None:
        found = checked(files.pdf(3, about="Somsri Jaidee"))
        assert found.kind is Kind.PDF
        assert files.pages_of(found.content) == 3
        assert b"Somsri" not in found.content
        assert found == checked(files.pdf(3, about="Somsri Jaidee")), "the same gives the same"

    def test_what_lies_around_its_objects_is_not_kept(self) -> None:
        content = checked(files.pdf() + b"PK\x03\x04<script>alert(1)</script>").content
        assert b"PK\x03\x04" not in content and b"script" not in content

    @pytest.mark.parametrize(
        ("content", "code"),
        [
            (files.locked_pdf(), "attachment_locked"),
            (files.scripted_pdf(), "attachment_active"),
            (files.scripted_pdf().replace(b"/JavaScript", b"/J#61vaScript"), "attachment_active"),
            (files.carrying_pdf(), "attachment_active"),
            (files.acting_pdf("/Launch"), "attachment_active"),
            (files.acting_pdf("/Launch", where="a link"), "attachment_active"),
            (files.acting_pdf("/SubmitForm"), "attachment_active"),
            (files.acting_pdf("/GoToR"), "attachment_active"),
            (files.acting_pdf("/Rendition", JS="app.alert(1)"), "attachment_active"),
            (files.pdf(201), "attachment_pages"),
            (files.pdf()[:300], "attachment_damaged"),
            (b"%PDF-1.7\nnothing else", "attachment_damaged"),
            (files.bomb_pdf(100), "attachment_damaged"),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_what_is_refused(self, content: bytes, code: str) -> None:
        assert refused(content) == code

    def test_a_link_to_a_page_of_the_web_is_no_harm(self) -> None:
        assert checked(files.acting_pdf("/URI", where="a link", URI="https://example.go.th")).kind is Kind.PDF


@pytest.mark.parametrize(
    "content",
    [
        b"<html><script>alert(1)</script>",
        b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        b"MZ\x90\x00 a program",
        b"PK\x03\x04 an archive",
        files.photo("GIF"),
        files.photo("TIFF"),
        b"GIF89a" + files.photo(),
        b" " + files.pdf(),
    ],
)
def test_other_kinds_are_refused_whatever_they_are_called(content: bytes) -> None:
    assert refused(content) == "attachment_kind"


@pytest.mark.parametrize("begins", [b"\xff\xd8\xff\xe0", b"RIFF\x10\x00\x00\x00WAVE", b"\x89PNG\r\n\x1a\n"])
def test_a_beginning_alone_is_no_picture(begins: bytes) -> None:
    assert refused(begins + b"<script>alert(1)</script>") == "attachment_damaged"


class TestFolder:
    def test_what_is_put_comes_back_under_a_name_that_says_nothing(self, tmp_path: Path) -> None:
        store = FileFolder(tmp_path / "attachments")
        one, two = store.put(b"x"), store.put(b"x")
        assert one != two
        assert store.read(one) == store.read(two) == b"x"
        assert store.stored() == {one, two}
        store.remove([one, one])
        assert store.stored() == {two}
        with pytest.raises(OutsideError):
            store.read(one)

    @pytest.mark.skipif(os.name != "posix", reason="modes are of POSIX")
    def test_its_owner_alone_can_read(self, tmp_path: Path) -> None:
        store = FileFolder(tmp_path / "attachments")
        path = store.path(store.put(b"x"))
        assert path.stat().st_mode & 0o777 == 0o600
        assert {folder.stat().st_mode & 0o777 for folder in (path.parent, path.parent.parent)} == {0o700}

    @pytest.mark.parametrize("name", ["../../ledger.sqlite3", "", "x" * 32, "a" * 31, "a" * 33, "A" * 32])
    def test_no_other_name_leads_anywhere(self, tmp_path: Path, name: str) -> None:
        with pytest.raises(ValueError, match="name"):
            FileFolder(tmp_path).read(name)

    def test_the_old_and_the_unfinished_are_told(self, tmp_path: Path) -> None:
        store = FileFolder(tmp_path / "attachments")
        old, _ = store.put(b"x"), store.put(b"x")
        broken = store.path("f" * 32).with_suffix(".unfinished")
        broken.parent.mkdir(exist_ok=True)
        broken.write_bytes(b"ha")
        now = datetime.now(UTC)
        for path in (store.path(old), broken):
            os.utime(path, ((now - timedelta(hours=2)).timestamp(),) * 2)
        assert store.stored(now - timedelta(hours=1)) == {old, "f" * 32}
        store.remove(["f" * 32])
        assert not broken.exists()

    def test_a_disk_that_takes_nothing_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "attachments").write_text("a file in the way")
        with pytest.raises(OutsideError):
            FileFolder(tmp_path / "attachments").put(b"x")


class TestBackup:
    """Beside the ledger's copies there is every file that one of them names, and no other."""

    @staticmethod
    def ledger(tmp_path: Path, names: list[str]) -> Path:
        path = tmp_path / "ledger.sqlite3"
        with sqlite3.connect(path) as made:
            made.execute(
                "CREATE TABLE IF NOT EXISTS ledger_setting (id INTEGER, name TEXT UNIQUE, value TEXT)"
            )
            made.execute("CREATE TABLE IF NOT EXISTS ledger_attachment (name TEXT)")
            made.execute("DELETE FROM ledger_attachment")
            made.executemany("INSERT INTO ledger_attachment VALUES (?)", [(name,) for name in names])
        made.close()
        return path

    def test_files_go_with_the_copies_that_name_them(self, tmp_path: Path) -> None:
        store, copies = FileFolder(tmp_path / "attachments"), tmp_path / "backups"
        kept = FileFolder(copies / "attachments")
        one, two, nobodys = store.put(b"1"), store.put(b"2"), store.put(b"3")
        day = datetime(2026, 3, 2, 19)
        back_up(self.ledger(tmp_path, [one, two]), tmp_path / "attachments", copies, day, 2)
        assert kept.stored() == {one, two}
        assert kept.path(one).stat().st_mode == store.path(one).stat().st_mode
        store.remove([one])  # erased
        ledger = self.ledger(tmp_path, [two])
        back_up(ledger, tmp_path / "attachments", copies, day + timedelta(days=1), 2)
        assert kept.read(one) == b"1", "the first copy still names it"
        back_up(ledger, tmp_path / "attachments", copies, day + timedelta(days=2), 2)
        assert kept.stored() == {two}
        assert nobodys in store.stored()

    def test_what_is_put_back_is_whole(self, tmp_path: Path) -> None:
        store = FileFolder(tmp_path / "attachments")
        name = store.put(b"1")
        made = back_up(
            self.ledger(tmp_path, [name]), tmp_path / "attachments", tmp_path / "b", datetime(2026, 3, 2), 2
        )
        shutil.rmtree(tmp_path / "attachments")
        shutil.copytree(tmp_path / "b" / "attachments", tmp_path / "attachments")
        with sqlite3.connect(made) as copy:
            assert [store.read(found) for (found,) in copy.execute("SELECT name FROM ledger_attachment")] == [
                b"1"
            ]
        copy.close()

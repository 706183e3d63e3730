"""Mail into a folder: what is particular to files."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.adapters.mail.folder import FolderMailer, file_name
from bridge.application.errors import OutsideError
from bridge.application.ports.mail import Fate
from tests.integration.mail.conftest import SENDER, ManualClock, letter


def send(mailer: FolderMailer, key: str = "act-1") -> Fate:
    with mailer.session() as session:
        return session.send(letter(key)).fate


def test_one_file_a_letter_and_nothing_else(tmp_path: Path, clock: ManualClock) -> None:
    folder = tmp_path / "ไปรษณีย์ ออก" / "outbox"
    mailer = FolderMailer(folder, SENDER, clock)
    assert [send(mailer, "act-1"), send(mailer, "act-2"), send(mailer, "act-1")] == [Fate.SENT] * 3
    assert sorted(path.name for path in folder.iterdir()) == ["act-1.eml", "act-2.eml"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps rights elsewhere")
def test_only_the_owner_reads_the_link(tmp_path: Path, clock: ManualClock) -> None:
    send(FolderMailer(tmp_path, SENDER, clock))
    assert stat.S_IMODE((tmp_path / "act-1.eml").stat().st_mode) == 0o600


def test_a_file_that_a_person_moved_to_a_sub_folder_is_still_evidence(
    tmp_path: Path, clock: ManualClock
) -> None:
    mailer = FolderMailer(tmp_path, SENDER, clock)
    send(mailer)
    (tmp_path / "ส่งแล้ว").mkdir()
    (tmp_path / "act-1.eml").rename(tmp_path / "ส่งแล้ว" / "act-1.eml")
    assert mailer.evidence("<x@y>", "act-1") is True
    assert mailer.evidence("<x@y>", "act-2") is False


def test_a_folder_that_is_gone_proves_nothing(tmp_path: Path, clock: ManualClock) -> None:
    with pytest.raises(OutsideError):
        FolderMailer(tmp_path / "gone", SENDER, clock).evidence("<x@y>", "act-1")


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path, clock: ManualClock) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutsideError) as caught:
        send(FolderMailer(tmp_path / "file" / "outbox", SENDER, clock))
    assert caught.value.code == "mail_folder"


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_write_that_fails_leaves_nothing_behind(
    tmp_path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    mailer = FolderMailer(tmp_path, SENDER, clock)
    with monkeypatch.context() as patched:
        patched.setattr(os, step, full)
        with pytest.raises(OutsideError):
            send(mailer)
    assert list(tmp_path.iterdir()) == []
    assert mailer.evidence("<x@y>", "act-1") is False
    assert send(mailer) is Fate.SENT


@given(st.lists(st.text(max_size=80), unique=True, max_size=6))
def test_names_are_safe_and_never_shared(keys: list[str]) -> None:
    names = [file_name(key) for key in keys]
    assert len({name.lower() for name in names}) == len(keys)
    for name in names:
        assert name.isascii()
        assert name == Path(name).name
        assert not set(name) & set('<>:"/\\|?*')
        assert len(name) <= 80


@pytest.mark.parametrize("key", ["con", "NUL", "aux", "com1", "..", "", "a/b", "A", "ก"])
def test_names_that_a_system_keeps_for_itself_are_not_used(key: str) -> None:
    assert file_name(key).startswith("letter-")

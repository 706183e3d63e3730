"""What the ledger knows of attached files, on each backend, and what becomes of them beside the file store."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.adapters.attachments.check import ContentCheck
from bridge.adapters.attachments.folder import FileFolder
from bridge.adapters.ledger.connection import close_ledger
from bridge.application.attach_files import LEFT_OVER, AttachFiles
from bridge.application.ports.attachments import StoredFile
from bridge.domain.attachments import Kind
from tests import files
from tests.contract.ledgers import BACKENDS, NOW, Ledger, open_empty
from tests.contract.test_submit_contract import ANSWERS, OFFICER, at_once, use_case
from tests.functional.office import PROJECT

ONE, TWO = "SSK-2569-000001", "SSK-2569-000002"


@pytest.fixture(params=BACKENDS)
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    yield open_empty(request.param, request.config, tmp_path)
    close_ledger()


@pytest.fixture
def store(tmp_path: Path) -> FileFolder:
    return FileFolder(tmp_path / "attachments")


def attach(ledger: Ledger, store: FileFolder) -> AttachFiles:
    return AttachFiles(ContentCheck(), store, ledger.attachments, ledger.journal, ledger.clock, 1_000_000)


def file(digit: str, shown: str = "บ้าน.jpg") -> StoredFile:
    return StoredFile(digit * 32, Kind.PHOTO, 10, digit * 64, shown)


def photo(attached: AttachFiles, height: int = 48) -> StoredFile:
    content = files.photo(size=(64, height))
    taken = attached.take(io.BytesIO(content), len(content), "../บ้าน\u202e.jpg")
    assert isinstance(taken, StoredFile)
    return taken


class TestLedger:
    def test_what_is_added_comes_back_in_order(self, ledger: Ledger) -> None:
        with ledger.journal.transaction():
            ledger.attachments.add(TWO, [file("a"), file("b", "")], "7", NOW)
            ledger.attachments.add(ONE, [file("c")], "portal:8", NOW)
            ledger.attachments.add(TWO, [file("d")], "7", NOW)
        found = ledger.attachments.of([TWO, ONE, "SSK-2569-000003"])
        assert [(a.case, a.number, a.file.name[0]) for a in found] == [
            (ONE, 1, "c"),
            (TWO, 1, "a"),
            (TWO, 2, "b"),
            (TWO, 3, "d"),
        ]
        assert found[1].file == file("a") and (found[1].at, found[1].account) == (NOW, "7")
        assert ledger.attachments.find(TWO, 3) == found[3]
        assert ledger.attachments.find(TWO, 4) is None and ledger.attachments.find("", 1) is None
        assert ledger.attachments.known(["a" * 32, "f" * 32]) == {"a" * 32}
        assert ledger.attachments.names() == {digit * 32 for digit in "abcd"}

    def test_what_is_forgotten_tells_its_files(self, ledger: Ledger) -> None:
        with ledger.journal.transaction():
            ledger.attachments.add(ONE, [file("a"), file("b")], "7", NOW)
            ledger.attachments.add(TWO, [file("c")], "7", NOW)
        assert ledger.attachments.forget([ONE]) == ["a" * 32, "b" * 32]
        assert ledger.attachments.forget([ONE]) == []
        assert ledger.attachments.names() == {"c" * 32}

    def test_a_file_is_one_cases(self, ledger: Ledger) -> None:
        from django.db import IntegrityError

        ledger.attachments.add(ONE, [file("a")], "7", NOW)
        with pytest.raises(IntegrityError), ledger.journal.transaction():
            ledger.attachments.add(TWO, [file("a")], "7", NOW)


class TestSending:
    def test_a_case_has_its_files(self, ledger: Ledger, store: FileFolder) -> None:
        attached = attach(ledger, store)
        taken = photo(attached)
        sent = use_case(ledger).send(OFFICER, "a", ANSWERS, [taken])
        (found,) = attached.of([sent.case])
        assert (found.file, found.account, found.at) == (taken, OFFICER.account, ledger.clock.now())
        assert found.file.shown == "บ้าน.jpg"
        assert len(attached.content(found)) == found.file.size

    def test_eight_at_once_make_one_case_with_each_file_once(self, ledger: Ledger, store: FileFolder) -> None:
        submit, attached = use_case(ledger), attach(ledger, store)

        def send(_: int) -> str:
            taken = [photo(attached), photo(attached, 50)]
            sent = submit.send(OFFICER, "a", ANSWERS, taken)
            attached.discard(taken)
            assert not sent.differs
            return sent.case

        (case,) = set(at_once(8, send))
        found = attached.of([case])
        assert [a.number for a in found] == [1, 2]
        assert store.stored() == {a.file.name for a in found}

    def test_sent_again_without_its_files_it_is_the_same(self, ledger: Ledger, store: FileFolder) -> None:
        submit, attached = use_case(ledger), attach(ledger, store)
        first = submit.send(OFFICER, "a", ANSWERS, [photo(attached)])
        again = submit.send(OFFICER, "a", ANSWERS)
        assert (again.case, again.differs) == (first.case, False)
        other = submit.send(OFFICER, "a", ANSWERS, [photo(attached, 50)])
        assert (other.case, other.differs) == (first.case, True)
        assert len(attached.of([first.case])) == 1


class TestRemoving:
    def test_erasing_leaves_neither_row_nor_file(self, ledger: Ledger, store: FileFolder) -> None:
        attached = attach(ledger, store)
        with ledger.journal.transaction():
            ledger.attachments.add(ONE, [photo(attached), photo(attached)], "7", NOW)
            ledger.attachments.add(TWO, [kept := photo(attached)], "7", NOW)
        assert attached.erase([ONE]) == 2
        assert attached.of([ONE]) == [] and store.stored() == {kept.name}

    def test_the_sweep_removes_what_is_old_and_nobodys(self, ledger: Ledger, store: FileFolder) -> None:
        attached = attach(ledger, store)
        kept, lost, old, new = (photo(attached) for _ in range(4))
        with ledger.journal.transaction():
            ledger.attachments.add(ONE, [kept, lost], "7", NOW)
        store.remove([lost.name])
        for taken in (kept, old):
            path = store.path(taken.name)
            os.utime(path, ((NOW - LEFT_OVER).timestamp() - 1,) * 2)
        os.utime(store.path(new.name), ((NOW - LEFT_OVER).timestamp() + 1,) * 2)
        assert attached.sweep() == (1, 1)
        assert store.stored() == {kept.name, new.name}


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is of POSIX")
@pytest.mark.parametrize("where", ["before the row", "before the commit"])
def test_a_process_killed_over_a_case_leaves_an_orphan_at_most(
    request: pytest.FixtureRequest, tmp_path: Path, store: FileFolder, where: str
) -> None:
    ledger = open_empty("sqlite", request.config, tmp_path)
    script = f"""
import io, os, pathlib, signal, sys
sys.path.insert(0, {str(PROJECT)!r})
from bridge.adapters.attachments.folder import FileFolder
from bridge.adapters.ledger.connection import open_ledger
from tests.contract import ledgers, test_attachments_contract as bench, test_submit_contract as submit
open_ledger({ledger.options!r})
found = ledgers._stores("sqlite", {ledger.options!r})
taken = bench.photo(bench.attach(found, FileFolder(pathlib.Path({str(tmp_path / "attachments")!r}))))
add = found.attachments.add
def die(*given):
    if {where!r} == "before the commit":
        add(*given)
    os.kill(os.getpid(), signal.SIGKILL)
found.attachments.add = die
submit.use_case(found).send(submit.OFFICER, "a", submit.ANSWERS, [taken])
"""
    close_ledger()
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    ledger = open_empty_again(ledger)
    attached = attach(ledger, store)
    assert len(store.stored()) == 1 and ledger.attachments.names() == set()
    sent = use_case(ledger).send(OFFICER, "a", ANSWERS, [taken := photo(attached)])
    assert (sent.case, sent.again) == (ONE, False)
    for name in store.stored():
        os.utime(store.path(name), ((NOW - LEFT_OVER).timestamp() - 1,) * 2)
    assert attached.sweep() == (1, 0)
    assert store.stored() == {taken.name}
    close_ledger()


def open_empty_again(ledger: Ledger) -> Ledger:
    """The same database, opened anew."""
    from bridge.adapters.ledger.connection import open_ledger
    from tests.contract.ledgers import _stores

    open_ledger(ledger.options)
    return _stores(ledger.backend, ledger.options)

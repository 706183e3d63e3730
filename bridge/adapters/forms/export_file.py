"""Answers of a form as files that people download from Google Forms or its responses sheet into a folder."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from bridge.adapters.forms import delimited, spreadsheet
from bridge.adapters.forms.trouble import Limits, Trouble
from bridge.application.ports.forms import Batch, Unreadable
from bridge.domain.cells import Cell

SUFFIXES = frozenset({".csv", ".xlsx", ".zip"})
LOCK_PREFIXES = ("~$", ".")  # of Excel; of LibreOffice (.~lock.) and hidden files


class ExportFolder:
    """Every .csv, .xlsx and .zip (holding one .csv, as Google Forms packs it) of a folder, sorted by name.

    A batch is named after its file and its cursor is the SHA-256 of the file's content, so a file that was
    saved again without a change is not read again. A file is held in memory whole while it is read. What
    cannot be read stays where it is, is reported, and is read again the next time. Nothing is written.

    A copy that is still going on is recognised by an open quotation mark, a shorter last record, reserved
    room, or a change during the reading. A .csv cut inside the last cell of a record is not, where that cell
    is unquoted or holds quotation marks of its own: people had better download beside the folder and move.
    """

    def __init__(self, path: Path, limits: Limits | None = None) -> None:
        self._path = path
        self._limits = limits or Limits()

    def fetch_since(self, cursors: Mapping[str, str]) -> Iterator[Batch | Unreadable]:
        """See FormSource. Never raises for what is in the folder, nor when the folder itself is gone."""
        try:
            files = sorted(filter(_is_download, self._path.iterdir()), key=lambda file: file.name)
        except OSError as error:
            yield _unreadable(self._path, Trouble("forms_folder_missing", reason=error.strerror or error))
            return
        for file in files:
            found = self._fetch(file, cursors.get(file.name))
            if found is not None:
                yield found

    def _fetch(self, file: Path, known: str | None) -> Batch | Unreadable | None:
        try:
            data = self._content(file)
            cursor = hashlib.sha256(data).hexdigest()
            if cursor == known:
                return None
            return Batch(file.name, cursor, self._rows(file, data))
        except FileNotFoundError:  # taken away since the folder was listed
            return None
        except PermissionError:
            return _unreadable(file, Trouble("file_open_elsewhere"))
        except OSError as error:
            return _unreadable(file, Trouble("file_unreadable", reason=error.strerror or error))
        except Trouble as trouble:
            return _unreadable(file, trouble)

    def _content(self, file: Path) -> bytes:
        before = file.stat()
        if before.st_size > self._limits.file_bytes:
            raise Trouble("file_too_big", megabytes=self._limits.file_bytes // 1_000_000)
        data = file.read_bytes()
        after = file.stat()
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            raise Trouble("file_incomplete")
        if not data:
            raise Trouble("file_empty")
        return data

    def _rows(self, file: Path, data: bytes) -> list[list[Cell]]:
        match file.suffix.lower():
            case ".xlsx":
                return spreadsheet.read(data, self._limits)
            case ".zip":
                return delimited.read(_only_csv(data, self._limits))
            case _:
                return delimited.read(data)


def read_file(file: Path) -> Batch | Unreadable:
    """One file, wherever it is and whatever was read of it before."""
    found = ExportFolder(file.parent)._fetch(file, None)
    return found or _unreadable(file, Trouble("file_unreadable", reason=""))


def _is_download(file: Path) -> bool:
    return file.suffix.lower() in SUFFIXES and not file.name.startswith(LOCK_PREFIXES) and file.is_file()


def _only_csv(data: bytes, limits: Limits) -> bytes:
    """Raises Trouble: zip_damaged, zip_locked, zip_not_one_csv, file_too_big."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            found = [entry for entry in archive.infolist() if _is_packed_csv(entry)]
            if len(found) != 1:
                raise Trouble("zip_not_one_csv", count=len(found))
            if found[0].flag_bits & 1:
                raise Trouble("zip_locked")
            content = spreadsheet.read_bounded(archive, found[0], limits.file_bytes)
    except spreadsheet.BROKEN_ZIP as error:
        raise Trouble("zip_damaged") from error
    if content is None:
        raise Trouble("file_too_big", megabytes=limits.file_bytes // 1_000_000)
    return content


def _is_packed_csv(entry: zipfile.ZipInfo) -> bool:
    path = PurePosixPath(entry.filename)
    packed_by_macos = "__MACOSX" in path.parts or path.name.startswith(".")
    return not entry.is_dir() and path.suffix.lower() == ".csv" and not packed_by_macos


def _unreadable(file: Path, trouble: Trouble) -> Unreadable:
    return Unreadable(file.name, trouble.code, {"file": file.name, **trouble.facts})

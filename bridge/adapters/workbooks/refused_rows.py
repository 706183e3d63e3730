"""Refused rows of a register as files in the workspace: the file's own columns and the reason."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TextIO

from openpyxl import Workbook

from bridge.adapters.workbooks.xlsx_tables import text_cell
from bridge.application.errors import OutsideError
from bridge.application.ports.register_imports import RefusedSheet
from bridge.domain.cells import Cell, as_text

PREFIX = "refused-"
UNFINISHED = ".part"


class RefusedFolder:
    """Implements ports.register_imports.RefusedRows. A .csv for a .csv, an .xlsx for the rest; none but the owner reads
    them. `now` gives the local time."""

    def __init__(self, folder: Path, now: Callable[[], datetime]) -> None:
        self._folder, self._now = folder, now

    def sheet(self, file: str, header: Sequence[Cell], reason: str) -> RefusedSheet:
        for stopped in self._folder.glob(f"{PREFIX}*{UNFINISHED}"):  # the import before this one was killed
            stopped.unlink(missing_ok=True)
        stem, suffix = Path(file).stem[:80], ".csv" if Path(file).suffix.lower() == ".csv" else ".xlsx"
        path = self._folder / f"{PREFIX}{self._now():%Y%m%d-%H%M%S}-{stem}{suffix}"
        return (_Csv if suffix == ".csv" else _Xlsx)(path, header, reason)

    def forget(self) -> None:
        """Raises OutsideError."""
        try:
            for path in self._folder.glob(f"{PREFIX}*"):
                path.unlink(missing_ok=True)
        except OSError as error:
            raise OutsideError("folder_unusable", folder=str(self._folder), said=str(error)) from error


class _Sheet:
    def __init__(self, path: Path, header: Sequence[Cell], reason: str) -> None:
        self._path, self._header, self._reason = path, header, reason
        self._unfinished = path.with_name(path.name + UNFINISHED)
        self._empty = True

    def add(self, cells: Sequence[Cell], reason: str) -> None:
        """Raises OutsideError."""
        try:
            if self._empty:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._start()
                self._row([*self._header, self._reason])
                self._empty = False
            filled = [*cells, *[None] * (len(self._header) - len(cells))]
            self._row([*filled[: len(self._header)], reason])
        except OSError as error:
            raise self._failed(error) from error

    def close(self) -> str:
        """Raises OutsideError."""
        if self._empty:
            return ""
        try:
            self._end()
            self._unfinished.replace(self._path)
        except OSError as error:
            raise self._failed(error) from error
        return str(self._path)

    def _failed(self, error: OSError) -> OutsideError:
        return OutsideError("folder_unusable", folder=str(self._path.parent), said=str(error))

    def _start(self) -> None:
        raise NotImplementedError

    def _row(self, cells: Sequence[Cell]) -> None:
        raise NotImplementedError

    def _end(self) -> None:
        raise NotImplementedError


class _Csv(_Sheet):
    _file: TextIO

    def _start(self) -> None:
        self._unfinished.touch(0o600)
        self._file = self._unfinished.open("w", encoding="utf-8-sig", newline="", errors="replace")
        self._writer = csv.writer(self._file)

    def _row(self, cells: Sequence[Cell]) -> None:
        self._writer.writerow([as_text(cell) for cell in cells])

    def _end(self) -> None:
        self._file.close()


class _Xlsx(_Sheet):
    def _start(self) -> None:
        self._book = Workbook(write_only=True)
        self._tab = self._book.create_sheet()

    def _row(self, cells: Sequence[Cell]) -> None:
        self._tab.append([text_cell(self._tab, cell) for cell in cells])

    def _end(self) -> None:
        self._unfinished.touch(0o600)
        self._book.save(self._unfinished)

"""The workbook port on a local .xlsx file that people open, save and copy as they like (sync.md, step 12)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bridge.adapters.workbooks.files import ensure_free, failures, read_bytes, replace, version_of
from bridge.adapters.workbooks.package import Package
from bridge.adapters.workbooks.xlsx_create import new_workbook
from bridge.adapters.workbooks.xlsx_read import read_grids
from bridge.adapters.workbooks.xlsx_values import MAX_TEXT
from bridge.adapters.workbooks.xlsx_write import with_changes
from bridge.application.errors import Changed
from bridge.application.ports.workbooks import Snapshot, TabChange
from bridge.domain.columns import Table


class XlsxWorkbook:
    """Implements the port `Workbook`. Reading is allowed while the file is open elsewhere; writing is not,
    because the other program would not see it and would save over it.

    Codes raised: SheetError workbook_missing, workbook_damaged, workbook_unsafe, workbook_encrypted,
    tab_missing, cell_far_away, sheet_not_understood, cell_in_array, sheet_full; Busy workbook_open;
    Changed workbook_changed; OutsideError disk_full, folder_missing, folder_read_only, workbook_read_only,
    workbook_out_of_reach.
    """

    max_text = MAX_TEXT
    trust = None

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def name(self) -> str:
        return self._path.name

    def exists(self) -> bool:
        return self._path.is_file()

    def settle(self) -> None:
        """Nothing to learn: a write replaces the file whole, or not at all."""

    def version(self) -> str:
        return version_of(read_bytes(self._path))

    def read(self, tabs: Sequence[str]) -> Snapshot:
        """A time of day comes as text (13:57:03), an error value as its text (#REF!)."""
        data = read_bytes(self._path)
        return Snapshot(version_of(data), read_grids(Package(data, self.name), tabs))

    def write(self, changes: Sequence[TabChange], expected: str) -> str:
        """Raises ValueError for a text longer than `max_text`, as well as the port's errors."""
        data = read_bytes(self._path)
        ensure_free(self._path)
        self._ensure_version(data, expected)
        if not any(change.cells or change.appended for change in changes):
            return expected
        content = with_changes(Package(data, self.name), changes)
        replace(self._path, content, last_check=lambda: self._last_check(expected))
        return version_of(content)

    def _last_check(self, expected: str) -> None:
        ensure_free(self._path)
        self._ensure_version(read_bytes(self._path), expected)

    def _ensure_version(self, data: bytes, expected: str) -> None:
        if version_of(data) != expected:
            raise Changed("workbook_changed", file=self.name)

    def create(self, tables: Sequence[Table]) -> None:
        ensure_free(self._path)
        with failures(self._path):  # openpyxl writes each sheet to the system's temporary folder first
            content = new_workbook(tables)
        replace(self._path, content, last_check=lambda: ensure_free(self._path))

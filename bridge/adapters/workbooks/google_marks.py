"""How the bridge marks tabs, columns and its own writes in a spreadsheet, so that renaming does not lose them.

Developer metadata, visible to every program that may open the file. The ids of tab and column marks follow from
their values: when somebody duplicates a tab, the copy's marks get other ids, and the original is still known.
"""

from __future__ import annotations

import hashlib

TAB = "saphan.tab"  # on a sheet; value: the table's name
COLUMN = "saphan.column"  # on a column; value: "<table>.<column key>"
COMMIT = "saphan.commit"  # on the spreadsheet; one for each write that was done
MOST = 2**31 - 1
VISIBILITY = "DOCUMENT"


def mark_id(kind: str, value: str) -> int:
    """The metadata id of a tab's or column's first mark, 1 to 2^31 - 1."""
    digest = hashlib.blake2b(f"{kind}:{value}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) % MOST + 1


def tab_mark(table: str, sheet_id: int) -> dict[str, object]:
    """The request that marks a sheet as a table's tab."""
    return _create(TAB, table, {"sheetId": sheet_id}, mark_id(TAB, table))


def column_mark(table: str, column: str, sheet_id: int, index: int) -> dict[str, object]:
    """The request that marks a column, counted from 0."""
    value = f"{table}.{column}"
    span = {"sheetId": sheet_id, "dimension": "COLUMNS", "startIndex": index, "endIndex": index + 1}
    return _create(COLUMN, value, {"dimensionRange": span}, mark_id(COLUMN, value))


def commit_mark(marker: int, note: str) -> dict[str, object]:
    """The request that says that a write was done; it fails, and the whole write with it, when that number is
    there already: the same write is never done twice."""
    return _create(COMMIT, note, {"spreadsheet": True}, marker)


def forget_mark(marker: int) -> dict[str, object]:
    return {"deleteDeveloperMetadata": {"dataFilter": {"developerMetadataLookup": {"metadataId": marker}}}}


def _create(key: str, value: str, location: dict[str, object], number: int) -> dict[str, object]:
    entry = {
        "metadataId": number,
        "metadataKey": key,
        "metadataValue": value,
        "location": location,
        "visibility": VISIBILITY,
    }
    return {"createDeveloperMetadata": {"developerMetadata": entry}}

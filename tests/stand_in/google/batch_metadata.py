"""batchUpdate requests about developer metadata, and developerMetadata.search and .get."""

from __future__ import annotations

from typing import Any

from tests.stand_in.google import masks
from tests.stand_in.google.book import Book
from tests.stand_in.google.data_filters import all_metadata, dimension_location, found
from tests.stand_in.google.errors import Refused, bad, not_found

Json = dict[str, Any]
KEPT = ("metadataId", "metadataKey", "metadataValue", "visibility")
MOST_CHARACTERS = 30_000


def create(book: Book, body: Json) -> Json:
    wanted = body.get("developerMetadata") or {}
    if not wanted.get("metadataKey"):
        raise Refused("developerMetadata.metadataKey must be specified.")
    if wanted.get("visibility") not in ("DOCUMENT", "PROJECT"):
        raise Refused("developerMetadata.visibility must be specified.")
    metadata_id = wanted.get("metadataId") or book.new_id()
    if any(entry["metadataId"] == metadata_id for entry in all_metadata(book)):
        raise Refused(f"Developer metadata with ID {metadata_id} already exists.")
    entry = {name: wanted[name] for name in KEPT if wanted.get(name) is not None}
    entry["metadataId"] = metadata_id
    _place(book, wanted.get("location") or {}).append(entry)
    used = sum(len(e["metadataKey"]) + len(e.get("metadataValue", "")) for e in all_metadata(book))
    if used > MOST_CHARACTERS * (1 + len(book.sheets)):
        raise Refused("The total developer metadata storage limit has been exceeded.")
    return {"developerMetadata": next(e for e in all_metadata(book) if e["metadataId"] == metadata_id)}


def _place(book: Book, location: Json) -> list[Json]:
    if location.get("spreadsheet"):
        return book.metadata
    if location.get("sheetId") is not None:
        return book.sheet(location["sheetId"]).metadata
    span = location.get("dimensionRange")
    if not span:
        raise Refused("developerMetadata.location must be specified.")
    sheet = book.sheet(span.get("sheetId"))
    start = span.get("startIndex") or 0
    if span.get("endIndex") != start + 1:
        raise Refused("Developer metadata can only be placed on a single row or column.")
    axis = sheet.grid.row_axis if span.get("dimension") == "ROWS" else sheet.grid.column_axis
    if start >= axis.count:
        raise Refused(f"dimensionRange.startIndex[{start}] is after the last index in grid[{axis.count}]")
    dimension_location(sheet, span["dimension"], start)
    return axis.at(start).setdefault("metadata", [])  # type: ignore[no-any-return]


def _stored(book: Book) -> list[tuple[list[Json], Json]]:
    """Every entry as it is kept, with the list that keeps it."""
    lists = [book.metadata, *(sheet.metadata for sheet in book.sheets)]
    for sheet in book.sheets:
        for axis in (sheet.grid.row_axis, sheet.grid.column_axis):
            lists += [props["metadata"] for props in axis.props.values() if props.get("metadata")]
    return [(entries, entry) for entries in lists for entry in entries]


def _chosen(book: Book, filters: list[Json]) -> list[Json]:
    """The matching metadata, each once."""
    by_id = {entry["metadataId"]: entry for one in filters for entry in found(book, one)}
    return list(by_id.values())


def update(book: Book, body: Json) -> Json:
    wanted = body.get("developerMetadata") or {}
    mask: masks.Mask = body["fields"]
    ids = [entry["metadataId"] for entry in _chosen(book, body.get("dataFilters") or [])]
    if not ids:
        raise Refused("No developer metadata found matching the specified data filters.")
    for entries, entry in _stored(book):
        if entry["metadataId"] in ids:
            fields = {name: {} for name in KEPT[1:] if name in mask or "*" in mask}
            entry.update(masks.update(entry, wanted, fields))
            if "location" in mask:
                target = _place(book, wanted.get("location") or {})
                entries.remove(entry)
                target.append(entry)
    return {"developerMetadata": [e for e in all_metadata(book) if e["metadataId"] in ids]}


def delete(book: Book, body: Json) -> Json:
    chosen = _chosen(book, [body.get("dataFilter") or {}])
    ids = {entry["metadataId"] for entry in chosen}
    for entries, entry in _stored(book):
        if entry["metadataId"] in ids:
            entries.remove(entry)
    return {"deletedDeveloperMetadata": chosen} if chosen else {}


def search(book: Book, body: Json) -> Json:
    """developerMetadata.search: every match with the filters that chose it."""
    matched: dict[int, Json] = {}
    try:
        for one in body.get("dataFilters") or []:
            for entry in found(book, one):
                slot = matched.setdefault(
                    entry["metadataId"], {"developerMetadata": entry, "dataFilters": []}
                )
                slot["dataFilters"].append(one)
    except Refused as error:
        raise bad(f"Invalid dataFilters: {error}") from None
    return {"matchedDeveloperMetadata": list(matched.values())} if matched else {}


def get(book: Book, metadata_id: str) -> Json:
    for entry in all_metadata(book):
        if str(entry["metadataId"]) == metadata_id:
            return entry
    raise not_found()


METADATA = {
    "createDeveloperMetadata": create,
    "updateDeveloperMetadata": update,
    "deleteDeveloperMetadata": delete,
}

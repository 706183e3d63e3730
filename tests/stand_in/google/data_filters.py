"""DataFilters and developer metadata look-ups: which metadata, which areas."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.stand_in.google.book import Area, Book, Sheet
from tests.stand_in.google.errors import Refused, bad

Json = dict[str, Any]


def all_metadata(book: Book) -> Iterator[Json]:
    """Every DeveloperMetadata of the book with its location as it is now."""
    for entry in book.metadata:
        yield located(entry, {"locationType": "SPREADSHEET", "spreadsheet": True})
    for sheet in book.sheets:
        for entry in sheet.metadata:
            yield located(entry, {"locationType": "SHEET", "sheetId": sheet.id})
        for dimension, axis in (("ROWS", sheet.grid.row_axis), ("COLUMNS", sheet.grid.column_axis)):
            for index in sorted(axis.props):
                for entry in axis.props[index].get("metadata") or []:
                    yield located(entry, dimension_location(sheet, dimension, index))


def dimension_location(sheet: Sheet, dimension: str, index: int) -> Json:
    span: Json = {"dimension": dimension, "startIndex": index, "endIndex": index + 1}
    if sheet.id:
        span["sheetId"] = sheet.id
    return {"locationType": dimension[:-1], "dimensionRange": span}


def located(entry: Json, location: Json) -> Json:
    return {**entry, "location": location}


def matches(entry: Json, lookup: Json) -> bool:
    """Whether a DeveloperMetadata fits a DeveloperMetadataLookup."""
    for name in ("metadataId", "metadataKey", "metadataValue", "visibility"):
        if lookup.get(name) is not None and str(entry.get(name)) != str(lookup[name]):
            return False
    location = entry["location"]
    kind = lookup.get("locationType")
    if kind and kind != location["locationType"]:
        return False
    place = lookup.get("metadataLocation")
    exact = lookup.get("locationMatchingStrategy") != "INTERSECTING_LOCATION"
    return not place or _meets(location, place, exact)


def _meets(location: Json, place: Json, exact: bool) -> bool:
    if place.get("spreadsheet"):
        return location["locationType"] == "SPREADSHEET" or not exact
    span = location.get("dimensionRange")
    if "sheetId" in place:
        sheet_id = (span or {}).get("sheetId") or 0 if span else location.get("sheetId")
        return sheet_id == place["sheetId"] and (not exact or span is None)
    wanted = place.get("dimensionRange") or {}
    if not span or (span.get("sheetId") or 0) != (wanted.get("sheetId") or 0):
        return False
    if span["dimension"] != wanted.get("dimension"):
        return False
    start, end = wanted.get("startIndex") or 0, wanted.get("endIndex")
    if exact:
        return bool(span["startIndex"] == start and span["endIndex"] == end)
    return span["startIndex"] < (end or 2**31) and span["endIndex"] > start


def found(book: Book, data_filter: Json) -> list[Json]:
    """The metadata that one DataFilter chooses."""
    lookup = data_filter.get("developerMetadataLookup")
    if lookup is not None:
        return [entry for entry in all_metadata(book) if matches(entry, lookup)]
    areas = area_of_filter(book, data_filter)
    return [entry for entry in all_metadata(book) if any(_inside(book, entry, area) for area in areas)]


def _inside(book: Book, entry: Json, area: Area) -> bool:
    place = area_of_location(book, entry["location"])
    if place is None or place[0].id != area[0].id:
        return False
    return place[1] >= area[1] and place[2] <= area[2] and place[3] >= area[3] and place[4] <= area[4]


def area_of_location(book: Book, location: Json) -> Area | None:
    """The cells that a location stands for; None for the whole spreadsheet."""
    if "sheetId" in location:
        return book.sheet(location["sheetId"]).area()
    span = location.get("dimensionRange")
    if not span:
        return None
    sheet = book.sheet(span.get("sheetId"))
    if span["dimension"] == "ROWS":
        return sheet, span["startIndex"], span["endIndex"], 0, sheet.grid.column_count
    return sheet, 0, sheet.grid.row_count, span["startIndex"], span["endIndex"]


def area_of_filter(book: Book, data_filter: Json) -> list[Area]:
    """The areas that one DataFilter chooses. Raises ApiError 400."""
    if "a1Range" in data_filter:
        return [book.resolve(data_filter["a1Range"])[0]]
    if "gridRange" in data_filter:
        try:
            return [book.area(data_filter["gridRange"])]
        except Refused as error:
            raise bad(f"Invalid dataFilter: {error}") from None
    if "developerMetadataLookup" not in data_filter:
        raise bad("Must specify at least one filter in dataFilter.")
    areas = [area_of_location(book, entry["location"]) for entry in found(book, data_filter)]
    return [area for area in areas if area is not None]

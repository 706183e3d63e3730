"""spreadsheets.batchUpdate: requests in order, all of them or none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.stand_in.google import masks
from tests.stand_in.google.batch_cells import CELLS
from tests.stand_in.google.batch_dimensions import DIMENSIONS
from tests.stand_in.google.batch_metadata import METADATA
from tests.stand_in.google.batch_objects import OBJECTS
from tests.stand_in.google.batch_ranges import RANGES
from tests.stand_in.google.batch_sheets import SHEETS
from tests.stand_in.google.book import Book
from tests.stand_in.google.errors import Refused, bad, unknown_name
from tests.stand_in.google.sheets_read import spreadsheet

Json = dict[str, Any]
Handler = Callable[[Book, Json], Json]
HANDLERS: dict[str, Handler] = {**SHEETS, **CELLS, **RANGES, **DIMENSIONS, **OBJECTS, **METADATA}
MOST_REQUESTS = 100_000
BODY_NAMES = {"requests", "includeSpreadsheetInResponse", "responseRanges", "responseIncludeGridData"}
BODY_NAMES |= {"commentsViewMode"}
NEEDS_FIELDS = {
    "updateCells",
    "repeatCell",
    "appendCells",
    "updateSheetProperties",
    "updateSpreadsheetProperties",
    "updateDimensionProperties",
    "updateNamedRange",
    "updateProtectedRange",
    "updateDeveloperMetadata",
    "updateFilterView",
    "updateBanding",
}


def run(book: Book, requests: list[Json]) -> list[Json]:
    """Do the requests on the book itself: the replies. On any refusal the book is as before, and ApiError 400."""
    if not requests:
        raise bad("Must specify at least one request.")
    if len(requests) > MOST_REQUESTS:
        raise bad(f"Too many requests in the batch: {len(requests)}, at most {MOST_REQUESTS}.")
    before = book.fork()
    replies: list[Json] = []
    for at, request in enumerate(requests):
        try:
            replies.append(_one(book, at, request))
        except BaseException:
            book.become(before)
            raise
    return replies


def _one(book: Book, at: int, request: Json) -> Json:
    named = [name for name, body in request.items() if body is not None]
    if not named:
        raise bad(f"Invalid requests[{at}]: No request set.")
    if len(named) > 1:
        raise bad(f"Invalid value at 'requests[{at}]' (oneof), oneof field 'kind' is already set.")
    kind = named[0]
    handler = HANDLERS.get(kind)
    if handler is None:
        raise unknown_name(kind, f"requests[{at}]")
    body = request[kind]
    try:
        if kind in NEEDS_FIELDS:
            body = {**body, "fields": fields_of(body)}
        book.changed()
        reply = handler(book, body)
        book.changed()
    except Refused as error:
        raise bad(f"Invalid requests[{at}].{kind}: {error}") from None
    return {kind: reply} if reply else {}


def fields_of(body: Json) -> masks.Mask:
    """The parsed `fields` of an update, `{"*": {}}` for everything."""
    text = body.get("fields")
    if not text:
        raise Refused("At least one field must be listed in 'fields'. (Use '*' to indicate all fields.)")
    try:
        return masks.parse(text) or {"*": {}}
    except ValueError:
        raise Refused(f"Invalid field: {text}") from None


def batch_update(book: Book, body: Json, mask: masks.Mask | None) -> Json:
    """The whole call: a BatchUpdateSpreadsheetResponse."""
    for name in body:
        if name not in BODY_NAMES:
            raise unknown_name(name, "")
    replies = run(book, body.get("requests") or [])
    answer: Json = {"spreadsheetId": book.id, "replies": replies}
    if body.get("includeSpreadsheetInResponse"):
        ranges = body.get("responseRanges") or []
        areas = [book.resolve(text)[0] for text in ranges] if ranges else None
        try:
            inner = masks.below(mask, "updatedSpreadsheet")
        except KeyError:
            return answer
        with_data = bool(body.get("responseIncludeGridData"))
        answer["updatedSpreadsheet"] = spreadsheet(book, inner, areas, with_data)
    return answer

"""Which path and method lead to what."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, unquote

from tests.stand_in.google import batch_metadata, drive, errors, forms, gmail, masks, oauth
from tests.stand_in.google import sheets_batch as batch
from tests.stand_in.google import sheets_values as values
from tests.stand_in.google.batch_sheets import copy_to
from tests.stand_in.google.book import Book
from tests.stand_in.google.calls import Answer, Call, mask_of, route
from tests.stand_in.google.data_filters import area_of_filter
from tests.stand_in.google.sheets_read import spreadsheet
from tests.stand_in.google.state import State

Json = dict[str, Any]


def _book(state: State, match: re.Match[str], writing: bool = False) -> Book:
    return state.book(unquote(match["id"]), writing)


def _changing(state: State, book: Book, work: Callable[[], Any]) -> Any:
    """All or nothing, and one new version of the file."""
    before = book.fork()
    try:
        made = work()
    except BaseException:
        book.become(before)
        raise
    state.touch(book.id)
    return made


# Sheets: the spreadsheet

ID = r"/v4/spreadsheets/(?P<id>[^/:]+)"


@route("POST", r"/v4/spreadsheets", "sheets", True)
def _create(state: State, call: Call, match: re.Match[str]) -> Json:
    body = call.json()
    wanted = body.get("properties") or {}
    made = state.add_file(wanted.get("title") or "Untitled spreadsheet")
    book = state.books[made.id]
    book.properties.update({k: v for k, v in wanted.items() if k in ("locale", "timeZone", "autoRecalc")})
    for at, sheet in enumerate(body.get("sheets") or []):
        batch.run(book, [{"addSheet": {"properties": {**(sheet.get("properties") or {}), "index": at + 1}}}])
        if at == 0:
            batch.run(book, [{"deleteSheet": {"sheetId": 0}}])
    return spreadsheet(book, mask_of(call))


@route("GET", ID, "sheets")
def _get(state: State, call: Call, match: re.Match[str]) -> Json:
    book = _book(state, match)
    ranges = call.query.get("ranges")
    areas = [book.resolve(text)[0] for text in ranges] if ranges else None
    with_data = call.params.get("includeGridData", "").lower() == "true"
    return spreadsheet(book, mask_of(call), areas, with_data)


@route("POST", ID + ":getByDataFilter", "sheets")
def _get_by_filter(state: State, call: Call, match: re.Match[str]) -> Json:
    book, body = _book(state, match), call.json()
    areas = [area for one in body.get("dataFilters") or [] for area in area_of_filter(book, one)]
    return spreadsheet(book, mask_of(call), areas, bool(body.get("includeGridData")))


@route("POST", ID + ":batchUpdate", "sheets", True)
def _batch_update(state: State, call: Call, match: re.Match[str]) -> Json:
    book = _book(state, match, writing=True)
    made: Json = batch.batch_update(book, call.json(), mask_of(call))
    state.touch(book.id)
    return made


@route("POST", ID + r"/sheets/(?P<sheet>\d+):copyTo", "sheets", True)
def _copy_to(state: State, call: Call, match: re.Match[str]) -> Json:
    source = _book(state, match)
    target = state.book(call.json().get("destinationSpreadsheetId") or "", writing=True)
    try:
        made = copy_to(source, int(match["sheet"]), target)
    except errors.Refused:
        raise errors.bad(f"The sheet id ({match['sheet']}) does not exist.") from None
    state.touch(target.id)
    return made


@route("POST", ID + "/developerMetadata:search", "sheets")
def _search(state: State, call: Call, match: re.Match[str]) -> Json:
    return batch_metadata.search(_book(state, match), call.json())


@route("GET", ID + r"/developerMetadata/(?P<metadata>\d+)", "sheets")
def _metadata(state: State, call: Call, match: re.Match[str]) -> Json:
    return batch_metadata.get(_book(state, match), match["metadata"])


# Sheets: values. The collective ones come first: `values:batchGet` is no range.


@route("GET", ID + "/values:batchGet", "sheets")
def _values_batch_get(state: State, call: Call, match: re.Match[str]) -> Json:
    return values.batch_get(_book(state, match), call.query.get("ranges") or [], call.params)


@route("POST", ID + "/values:batchGetByDataFilter", "sheets")
def _values_by_filter(state: State, call: Call, match: re.Match[str]) -> Json:
    return values.batch_get_by_filter(_book(state, match), call.json())


@route("POST", ID + "/values:batchUpdate", "sheets", True)
def _values_batch_update(state: State, call: Call, match: re.Match[str]) -> Json:
    book, body = _book(state, match, writing=True), call.json()
    data = [(*book.resolve(one.get("range") or ""), one) for one in body.get("data") or []]
    return _changing(state, book, lambda: values.batch_update(book, data, body))  # type: ignore[no-any-return]


@route("POST", ID + "/values:batchUpdateByDataFilter", "sheets", True)
def _values_update_by_filter(state: State, call: Call, match: re.Match[str]) -> Json:
    book, body = _book(state, match, writing=True), call.json()
    data = [
        (area, False, one)
        for one in body.get("data") or []
        for area in area_of_filter(book, one.get("dataFilter") or {})
    ]
    return _changing(state, book, lambda: values.batch_update(book, data, body))  # type: ignore[no-any-return]


@route("POST", ID + "/values:batchClear", "sheets", True)
def _values_batch_clear(state: State, call: Call, match: re.Match[str]) -> Json:
    book = _book(state, match, writing=True)
    areas = [book.resolve(text)[0] for text in call.json().get("ranges") or []]
    cleared = _changing(state, book, lambda: [values.clear_area(book, area) for area in areas])
    return {"spreadsheetId": book.id, "clearedRanges": cleared}


@route("POST", ID + "/values:batchClearByDataFilter", "sheets", True)
def _values_clear_by_filter(state: State, call: Call, match: re.Match[str]) -> Json:
    book = _book(state, match, writing=True)
    filters = call.json().get("dataFilters") or []
    areas = [area for one in filters for area in area_of_filter(book, one)]
    cleared = _changing(state, book, lambda: [values.clear_area(book, area) for area in areas])
    return {"spreadsheetId": book.id, "clearedRanges": cleared}


@route("POST", ID + "/values/(?P<range>[^/]+):append", "sheets", True)
def _values_append(state: State, call: Call, match: re.Match[str]) -> Json:
    book, text = _book(state, match, writing=True), unquote(match["range"])
    return _changing(state, book, lambda: values.append(book, text, call.json(), call.params))  # type: ignore[no-any-return]


@route("POST", ID + "/values/(?P<range>[^/]+):clear", "sheets", True)
def _values_clear(state: State, call: Call, match: re.Match[str]) -> Json:
    book = _book(state, match, writing=True)
    area = book.resolve(unquote(match["range"]))[0]
    cleared = _changing(state, book, lambda: values.clear_area(book, area))
    return {"spreadsheetId": book.id, "clearedRange": cleared}


@route("GET", ID + "/values/(?P<range>[^/]+)", "sheets")
def _values_get(state: State, call: Call, match: re.Match[str]) -> Json:
    return values.get(_book(state, match), unquote(match["range"]), call.params)


@route("PUT", ID + "/values/(?P<range>[^/]+)", "sheets", True)
def _values_update(state: State, call: Call, match: re.Match[str]) -> Json:
    book, text = _book(state, match, writing=True), unquote(match["range"])
    return _changing(state, book, lambda: values.update(book, text, call.json(), call.params))  # type: ignore[no-any-return]


# Drive

FILE = r"/drive/v3/files/(?P<id>[^/]+)"
GONE = Answer(204, raw=b"", content_type="text/html")


@route("GET", "/drive/v3/about", "drive")
def _about(state: State, call: Call, match: re.Match[str]) -> Json:
    """Who is asking; Drive wants to be told which fields."""
    if not call.params.get("fields"):
        raise errors.drive(400, "required", "The 'fields' parameter is required for this method.")
    known = state.tokens.get(call.headers.get("authorization", "").removeprefix("Bearer ").strip())
    email = str(known["user"]) if known else state.email
    user = {"kind": "drive#user", "displayName": email, "me": True, "emailAddress": email}
    made: Json = masks.apply({"kind": "drive#about", "user": user}, mask_of(call))
    return made


@route("GET", "/drive/v3/files", "drive")
def _files(state: State, call: Call, match: re.Match[str]) -> Json:
    return drive.list_files(state, call.params)


@route("POST", "/drive/v3/files", "drive", True)
def _file_create(state: State, call: Call, match: re.Match[str]) -> Json:
    return drive.create(state, call.params, call.json())


@route("GET", FILE, "drive")
def _file_get(state: State, call: Call, match: re.Match[str]) -> Json:
    return drive.get(state, call.params, match["id"])


@route("PATCH", FILE, "drive", True)
def _file_update(state: State, call: Call, match: re.Match[str]) -> Json:
    return drive.update(state, call.params, match["id"], call.json())


@route("DELETE", FILE, "drive", True)
def _file_delete(state: State, call: Call, match: re.Match[str]) -> Answer:
    drive.delete(state, match["id"])
    return GONE


@route("POST", FILE + "/copy", "drive", True)
def _file_copy(state: State, call: Call, match: re.Match[str]) -> Json:
    return drive.copy(state, call.params, match["id"], call.json())


@route("GET", FILE + "/export", "drive")
def _file_export(state: State, call: Call, match: re.Match[str]) -> Answer:
    content, mime_type = drive.export(state, match["id"], call.params.get("mimeType") or "")
    return Answer(raw=content, content_type=mime_type)


@route("GET", FILE + "/comments", "drive")
def _comments(state: State, call: Call, match: re.Match[str]) -> Json:
    return drive.comments(state, call.params, match["id"])


@route("PUT", r"/upload/drive/v2/files/(?P<id>[^/]+)", "drive", True)
def _upload(state: State, call: Call, match: re.Match[str]) -> Json:
    return drive.import_csv(state, match["id"], call.raw)


@route("GET", FILE + "/permissions", "drive")
def _permissions(state: State, call: Call, match: re.Match[str]) -> Json:
    return drive.list_permissions(state, call.params, match["id"])


@route("POST", FILE + "/permissions", "drive", True)
def _permission_create(state: State, call: Call, match: re.Match[str]) -> Json:
    return drive.create_permission(state, call.params, match["id"], call.json())


@route("GET", FILE + "/permissions/(?P<permission>[^/]+)", "drive")
def _permission_get(state: State, call: Call, match: re.Match[str]) -> Json:
    return drive.get_permission(state, call.params, match["id"], match["permission"])


@route("PATCH", FILE + "/permissions/(?P<permission>[^/]+)", "drive", True)
def _permission_update(state: State, call: Call, match: re.Match[str]) -> Json:
    return drive.update_permission(state, call.params, match["id"], match["permission"], call.json())


@route("DELETE", FILE + "/permissions/(?P<permission>[^/]+)", "drive", True)
def _permission_delete(state: State, call: Call, match: re.Match[str]) -> Answer:
    drive.delete_permission(state, match["id"], match["permission"])
    return GONE


# Forms, Gmail, tokens

FORM = r"/v1/forms/(?P<id>[^/:]+)"
MAIL = r"/gmail/v1/users/(?P<user>[^/]+)"


@route("GET", FORM, "forms")
def _form(state: State, call: Call, match: re.Match[str]) -> Json:
    return forms.get(state, match["id"])


@route("GET", FORM + "/responses", "responses")
def _responses(state: State, call: Call, match: re.Match[str]) -> Json:
    return forms.list_responses(state, match["id"], call.params)


@route("GET", FORM + "/responses/(?P<response>[^/]+)", "responses")
def _response(state: State, call: Call, match: re.Match[str]) -> Json:
    return forms.get_response(state, match["id"], unquote(match["response"]))


@route("POST", MAIL + "/messages/send", "gmail.send", True)
def _send(state: State, call: Call, match: re.Match[str]) -> Json:
    return gmail.send(state, _user(state, call, match), call.json())


@route("GET", MAIL + "/messages", "gmail")
def _messages(state: State, call: Call, match: re.Match[str]) -> Json:
    return gmail.search(state, call.params)


@route("GET", MAIL + "/messages/(?P<message>[^/]+)", "gmail")
def _message(state: State, call: Call, match: re.Match[str]) -> Json:
    return gmail.get(state, match["message"], call.params)


@route("GET", MAIL + "/profile", "gmail")
def _profile(state: State, call: Call, match: re.Match[str]) -> Json:
    return gmail.profile(state, _user(state, call, match))


def _user(state: State, call: Call, match: re.Match[str]) -> str:
    known = state.tokens.get(call.headers.get("authorization", "").removeprefix("Bearer ").strip())
    named = unquote(match["user"])
    return str(known["user"]) if known else "sender@example.org" if named == "me" else named


@route("GET", r"/o/oauth2(?:/v2)?/auth", "token")
def _authorize(state: State, call: Call, match: re.Match[str]) -> Answer:
    """The page where a person agrees; the stand-in's person needs no page to do so."""
    place = html.escape(oauth.authorize(state, call.params))
    page = f'<meta http-equiv="refresh" content="0;url={place}"><a href="{place}">{place}</a>'
    return Answer(raw=page.encode(), content_type="text/html; charset=UTF-8")


@route("POST", r"/(?:oauth2/v4/)?token", "token", True)
def _token(state: State, call: Call, match: re.Match[str]) -> Json:
    fields = parse_qs(call.raw.decode("utf-8", "replace"))
    client = oauth.client_of(call.headers.get("authorization", ""))
    return oauth.token(state, client | {name: found[-1] for name, found in fields.items()})

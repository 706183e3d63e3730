"""Drive v3 (and the one v2 upload that gspread uses): files, permissions, export, comments."""

from __future__ import annotations

import base64
import csv
import io
from typing import Any

from tests.stand_in.google import calc, errors, masks
from tests.stand_in.google.book import Book, Sheet
from tests.stand_in.google.cells import put
from tests.stand_in.google.drive_query import compiled
from tests.stand_in.google.entry import entered
from tests.stand_in.google.grid import Grid
from tests.stand_in.google.state import SPREADSHEET, File, State, permission_id, stamp

Json = dict[str, Any]
ROLES = ("owner", "organizer", "fileOrganizer", "writer", "commenter", "reader")
FILE_DEFAULT = "kind,id,name,mimeType"
PERMISSION_DEFAULT = "kind,id,type,role"


def resource(state: State, found: File) -> Json:
    """Every field of a File that this server keeps."""
    user = {"kind": "drive#user", "displayName": state.email, "me": True, "emailAddress": state.email}
    answer: Json = {
        "kind": "drive#file",
        "id": found.id,
        "name": found.name,
        "mimeType": found.mime_type,
        "createdTime": stamp(found.created),
        "modifiedTime": stamp(state.modified_time(found)),
        "version": str(found.version),
        "trashed": found.trashed,
        "explicitlyTrashed": found.trashed,
        "starred": False,
        "parents": found.parents,
        "spaces": ["drive"],
        "webViewLink": f"https://docs.google.com/spreadsheets/d/{found.id}/edit?usp=drivesdk",
        "owners": [user],
        "lastModifyingUser": user,
        "ownedByMe": True,
        "shared": len(found.permissions) > 1,
        "capabilities": {"canEdit": found.access == "writer", "canShare": found.access == "writer"},
        "permissions": [permission(p) for p in found.permissions],
        "permissionIds": [p["id"] for p in found.permissions],
    }
    if found.app_properties:
        answer["appProperties"] = found.app_properties
    return answer | found.extra


def _mask(params: Json, default: str) -> masks.Mask | None:
    try:
        return masks.parse(params.get("fields") or default)
    except ValueError:
        text = f"Invalid field selection {params['fields']}"
        raise errors.drive(
            400, "invalidParameter", text, location="fields", locationType="parameter"
        ) from None


def list_files(state: State, params: Json) -> Json:
    wanted = compiled(params.get("q") or "")
    found = [f for f in state.files.values() if f.access != "none" and wanted(f)]
    found.sort(key=lambda f: f.created, reverse=True)
    for key in reversed((params.get("orderBy") or "").split(",")):
        name, _, way = key.strip().partition(" ")
        if name:
            found.sort(key=lambda f: resource(state, f).get(name) or "", reverse=way == "desc")
    size, start = int(params.get("pageSize") or 100), int(params.get("pageToken") or 0)
    answer: Json = {"kind": "drive#fileList", "incompleteSearch": False}
    answer["files"] = [resource(state, f) for f in found[start : start + size]]
    if start + size < len(found):
        answer["nextPageToken"] = str(start + size)
    default = f"kind,incompleteSearch,nextPageToken,files({FILE_DEFAULT})"
    return masks.apply(answer, _mask(params, default))  # type: ignore[no-any-return]


def create(state: State, params: Json, body: Json) -> Json:
    mime_type = body.get("mimeType") or "application/octet-stream"
    made = state.add_file(body.get("name") or "Untitled", mime_type, body.get("id"))
    made.parents = body.get("parents") or made.parents
    made.app_properties = dict(body.get("appProperties") or {})
    return masks.apply(resource(state, made), _mask(params, FILE_DEFAULT))  # type: ignore[no-any-return]


def get(state: State, params: Json, file_id: str) -> Json:
    return masks.apply(resource(state, state.file(file_id)), _mask(params, FILE_DEFAULT))  # type: ignore[no-any-return]


def copy(state: State, params: Json, file_id: str, body: Json) -> Json:
    source = state.file(file_id)
    made = state.add_file(body.get("name") or f"Copy of {source.name}", source.mime_type)
    made.parents = body.get("parents") or list(source.parents)
    if file_id in state.books:
        twin = state.books[file_id].fork(made.id)
        twin.title, twin.fetches = made.name, []
        state.books[made.id] = twin
    return masks.apply(resource(state, made), _mask(params, FILE_DEFAULT))  # type: ignore[no-any-return]


def update(state: State, params: Json, file_id: str, body: Json) -> Json:
    found = _writable(state, file_id)
    if body.get("name") is not None:
        found.name = body["name"]
        if file_id in state.books:
            state.books[file_id].title = found.name
    if body.get("trashed") is not None:
        found.trashed = bool(body["trashed"])
    for name, value in (body.get("appProperties") or {}).items():
        found.app_properties.pop(name, None)
        if value is not None:
            found.app_properties[name] = value
    removed = set((params.get("removeParents") or "").split(","))
    added = [p for p in (params.get("addParents") or "").split(",") if p]
    found.parents = [p for p in found.parents if p not in removed] + added
    state.touch(file_id)
    return masks.apply(resource(state, found), _mask(params, FILE_DEFAULT))  # type: ignore[no-any-return]


def _writable(state: State, file_id: str) -> File:
    found = state.file(file_id)
    if found.access != "writer":
        text = "The user does not have sufficient permissions for this file."
        raise errors.drive(403, "insufficientFilePermissions", text)
    return found


def delete(state: State, file_id: str) -> None:
    _writable(state, file_id)
    del state.files[file_id]
    state.books.pop(file_id, None)


def export(state: State, file_id: str, mime_type: str) -> tuple[bytes, str]:
    """The first sheet as CSV or TSV; other formats as a stub that names them."""
    state.file(file_id)
    if file_id not in state.books:
        raise errors.drive(403, "fileNotExportable", "Export only supports Docs Editors files.")
    book = state.books[file_id]
    separators = {"text/csv": ",", "text/tab-separated-values": "\t"}
    if mime_type not in separators:
        return f"{mime_type} of {book.title}".encode(), mime_type
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separators[mime_type], lineterminator="\r\n")
    writer.writerows(_shown_rows(book, book.sheets[0]))
    return out.getvalue().removesuffix("\r\n").encode(), mime_type


def _shown_rows(book: Book, sheet: Sheet) -> list[list[str]]:
    grid = sheet.grid
    last = grid.last_row(0, grid.row_count, 0, grid.column_count)
    width = max((len(grid.rows[row]) for row in range(last)), default=0)
    return [
        [
            calc.shown(calc.value_of(book, sheet, row, col), getattr(grid.get(row, col), "fmt", None))
            for col in range(width)
        ]
        for row in range(last)
    ]


def import_csv(state: State, file_id: str, body: bytes) -> Json:
    """PUT /upload/drive/v2/files/{id}?convert=True: the file becomes one sheet, named like the file."""
    found = _writable(state, file_id)
    old = state.books[file_id]
    book = Book(file_id, old.title, state.email, time_zone="America/Los_Angeles")
    sheet = book.sheets[0]
    sheet.id, sheet.title = book.new_id(), old.title
    rows = list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))
    width = max(map(len, rows), default=0)
    sheet.grid = Grid(max(1000, len(rows)), max(26, width))
    for row, line in enumerate(rows):
        for col, text in enumerate(line):
            value, formula, fmt = entered(text, True)
            sheet.grid.set(row, col, put(None, value, formula, fmt))
    state.books[file_id] = book
    state.touch(file_id)
    return _v2(state, found)


def _v2(state: State, found: File) -> Json:
    base = f"https://www.googleapis.com/drive/v2/files/{found.id}"
    modified = stamp(found.modified)
    tag = base64.b64encode(str(int(found.modified.timestamp() * 1000)).encode()).decode().rstrip("=")
    user = {
        "displayName": state.email,
        "kind": "drive#user",
        "isAuthenticatedUser": True,
        "permissionId": permission_id(state.email),
        "emailAddress": state.email,
        "picture": {"url": "https://lh3.googleusercontent.com/a/default-user=s64"},
    }
    exports = {
        "application/x-vnd.oasis.opendocument.spreadsheet": "ods",
        "text/tab-separated-values": "tsv",
        "application/pdf": "pdf",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
        "text/csv": "csv",
        "application/zip": "zip",
        "application/vnd.oasis.opendocument.spreadsheet": "ods",
    }
    link = f"https://docs.google.com/spreadsheets/export?id={found.id}&exportFormat="
    mine = {"id": "me", "type": "user", "role": "owner", "kind": "drive#permission"}
    parent = found.parents[0]
    return {
        "kind": "drive#file",
        "userPermission": {
            **mine,
            "selfLink": f"{base}/permissions/me",
            "etag": f'"{permission_id(found.id)}"',
            "pendingOwner": False,
        },
        "selfLink": base,
        "ownerNames": [state.email],
        "lastModifyingUserName": state.email,
        "editable": True,
        "writersCanShare": True,
        "mimeType": SPREADSHEET,
        "exportLinks": {kind: link + ending for kind, ending in exports.items()},
        "parents": [
            {
                "selfLink": f"{base}/parents/{parent}",
                "id": parent,
                "isRoot": True,
                "kind": "drive#parentReference",
                "parentLink": f"https://www.googleapis.com/drive/v2/files/{parent}",
            }
        ],
        "thumbnailLink": f"https://docs.google.com/feeds/vt?gd=true&id={found.id}&v=1&s=standin&sz=s220",
        "appDataContents": False,
        "iconLink": f"https://drive-thirdparty.googleusercontent.com/16/type/{SPREADSHEET}",
        "shared": len(found.permissions) > 1,
        "lastModifyingUser": user,
        "owners": [user],
        "copyable": True,
        "etag": f'"{tag}"',
        "alternateLink": f"https://docs.google.com/spreadsheets/d/{found.id}/edit?usp=drivesdk",
        "embedLink": f"https://docs.google.com/spreadsheets/d/{found.id}/htmlembed?ouid=100000000000000000000",
        "fileSize": "1024",
        "copyRequiresWriterPermission": False,
        "spaces": ["drive"],
        "id": found.id,
        "title": found.name,
        "labels": dict.fromkeys(("restricted", "starred", "hidden", "trashed"), False) | {"viewed": True},
        "explicitlyTrashed": False,
        "createdDate": stamp(found.created),
        "modifiedDate": modified,
        "modifiedByMeDate": modified,
        "lastViewedByMeDate": modified,
        "markedViewedByMeDate": "1970-01-01T00:00:00.000Z",
        "quotaBytesUsed": "1024",
        "version": str(found.version),
        "capabilities": {"canEdit": True, "canCopy": True},
    }


def permission(stored: Json) -> Json:
    """Every field of a Permission that this server keeps."""
    answer: Json = {"kind": "drive#permission", **stored}
    if stored["type"] in ("user", "group"):
        answer |= {"displayName": stored["emailAddress"], "deleted": False, "pendingOwner": False}
    else:
        answer |= {"allowFileDiscovery": False}
    return answer


def list_permissions(state: State, params: Json, file_id: str) -> Json:
    found = state.file(file_id)
    start = int(params.get("pageToken") or 0)
    end = start + int(params.get("pageSize") or len(found.permissions))
    answer = {
        "kind": "drive#permissionList",
        "permissions": [permission(p) for p in found.permissions[start:end]],
    }
    if end < len(found.permissions):
        answer["nextPageToken"] = str(end)
    default = f"kind,nextPageToken,permissions({PERMISSION_DEFAULT})"
    return masks.apply(answer, _mask(params, default))  # type: ignore[no-any-return]


def create_permission(state: State, params: Json, file_id: str, body: Json) -> Json:
    """Share; an account that already has a permission keeps its id. Google's own mail is noted, not sent.
    Addresses that end in .invalid stand for people without a Google account."""
    found = _writable(state, file_id)
    kind, role, email = body.get("type"), body.get("role"), body.get("emailAddress")
    if role not in ROLES:
        raise errors.drive(
            400, "required", "The permission role field is required.", location="permission.role"
        )
    if kind not in ("user", "group", "domain", "anyone"):
        raise errors.drive(
            400, "required", "The permission type field is required.", location="permission.type"
        )
    if kind in ("user", "group") and (not email or "@" not in email):
        text = "The specified emailAddress is invalid or not applicable for the given permission type."
        raise errors.drive(400, "invalid", text, location="permission.emailAddress", locationType="other")
    notified = str(params.get("sendNotificationEmail", "true")).lower() == "true"
    if kind == "user" and not notified and str(email).endswith(".invalid"):
        text = (
            f'Bad Request. User message: "You are trying to invite {email}. Since there is no Google account '
        )
        text += 'associated with this email address, you must check the "Notify people" box to invite this recipient."'
        raise errors.drive(400, "invalidSharingRequest", text)
    named = email or body.get("domain") or "anyone"
    wanted_id = "anyoneWithLink" if kind == "anyone" else permission_id(_account(named))
    shared = {name: body[name] for name in ("type", "role", "emailAddress", "domain") if body.get(name)}
    kept = next((p for p in found.permissions if p["id"] == wanted_id), None)
    if kept is None:
        kept = {"id": wanted_id, **shared}
        found.permissions.append(kept)
    elif ROLES.index(role) < ROLES.index(kept["role"]):
        kept["role"] = role
    if notified and kind in ("user", "group"):
        text = params.get("emailMessage") or ""
        state.notifications.append({"to": str(email), "file": file_id, "role": role, "message": text})
    state.touch(file_id)
    return masks.apply(permission(kept), _mask(params, PERMISSION_DEFAULT))  # type: ignore[no-any-return]


def _account(email: str) -> str:
    """The account that an address leads to: dots count for nothing at Gmail."""
    local, at, domain = email.lower().rpartition("@")
    return (
        local.replace(".", "") + at + domain if domain in ("gmail.com", "googlemail.com") else email.lower()
    )


def _permission(state: State, file_id: str, wanted: str) -> Json:
    for kept in state.file(file_id).permissions:
        if kept["id"] == wanted:
            return kept
    text = f"Permission not found: {wanted}."
    raise errors.drive(404, "notFound", text, location="permissionId", locationType="parameter")


def get_permission(state: State, params: Json, file_id: str, wanted: str) -> Json:
    kept = permission(_permission(state, file_id, wanted))
    return masks.apply(kept, _mask(params, PERMISSION_DEFAULT))  # type: ignore[no-any-return]


def update_permission(state: State, params: Json, file_id: str, wanted: str, body: Json) -> Json:
    _writable(state, file_id)
    kept = _permission(state, file_id, wanted)
    kept["role"] = body.get("role") or kept["role"]
    state.touch(file_id)
    return masks.apply(permission(kept), _mask(params, PERMISSION_DEFAULT))  # type: ignore[no-any-return]


def delete_permission(state: State, file_id: str, wanted: str) -> None:
    found = _writable(state, file_id)
    found.permissions.remove(_permission(state, file_id, wanted))
    state.touch(file_id)


def comments(state: State, params: Json, file_id: str) -> Json:
    state.file(file_id)
    answer = {"kind": "drive#commentList", "comments": []}
    return masks.apply(answer, _mask(params, "*"))  # type: ignore[no-any-return]

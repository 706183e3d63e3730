"""Makes or adopts the office's spreadsheets on Google, and looks at its forms.

Every spreadsheet that is made carries whose it is (`appProperties`), so one whose creation was not answered is
found again instead of made twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bridge.adapters.google.client import Ambiguous, Effect, GoogleClient, Refused
from bridge.adapters.workbooks.google_layout import Lack, Terms, lacking
from bridge.adapters.workbooks.google_looks import (
    LOOK_FIELDS,
    SIZE_FIELDS,
    Looks,
    read_looks,
    sample_body,
    set_aside,
    strays_body,
)
from bridge.application.errors import ConfigurationError, OutsideError, SheetError
from bridge.application.ports.setup import CloudBook, Step, Way
from bridge.domain.access import email_key
from bridge.domain.columns import Table
from bridge.domain.form_match import QuestionMatch, match_questions
from bridge.domain.intake import Form

Json = dict[str, Any]
SPREADSHEET = "application/vnd.google-apps.spreadsheet"
PROPERTY = "saphan"
TRIES = 4
LOOKS_FOR_A_LOST_FILE = 4  # Drive's list may lag behind a creation by some seconds
FIRST_LOOK = 1.0  # seconds
EDITING = frozenset({"owner", "organizer", "fileOrganizer", "writer"})
NO_STORAGE = frozenset({"storageQuotaExceeded", "quotaExceeded", "teamDriveFileLimitExceeded"})
QUIET = "house"
DRIVE = "/drive/v3/files"
ALL_DRIVES = {"supportsAllDrives": "true"}


class GoogleSetup:
    """Implements the port `CloudSetup`. `account`: the service account's address or the person in whose name it
    acts, "" for a person's own consent; `pause` waits for some seconds."""

    def __init__(
        self,
        client: GoogleClient,
        account: str,
        pause: Callable[[float], None],
        *,
        hide_ids: bool = True,
        lock_ids: bool = False,
    ) -> None:
        self._client, self._account, self._pause = client, account, pause
        self._hide_ids, self._lock_ids = hide_ids, lock_ids

    def account(self) -> str:
        if not self._account:
            found = self._drive("GET", "/drive/v3/about", {"fields": "user(emailAddress)"})
            self._account = str(found.get("user", {}).get("emailAddress", ""))
        return self._account

    # ------------------------------------------------------------------------------------------------ files

    def make(self, kind: str, title: str, workspace: str) -> CloudBook:
        tag = f"{kind}:{workspace}"
        found = self._find(tag)
        if found is not None:
            return found
        body = {"name": title, "mimeType": SPREADSHEET, "appProperties": {PROPERTY: tag}}
        for _ in range(TRIES):
            try:
                made = self._drive("POST", DRIVE, {"fields": "id,name", **ALL_DRIVES}, "write", body)
                return CloudBook(made["id"], made["name"], Way.MADE)
            except Ambiguous:
                found = self._find_again(tag)
                if found is not None:
                    return CloudBook(found.file, found.title, Way.MADE)
            except Refused as error:
                if error.reason in NO_STORAGE:
                    raise ConfigurationError(
                        "google_no_storage", title=title, account=self.account()
                    ) from error
                raise self._refused(error, title) from error
        raise OutsideError("google_unreachable", said=title)

    def _find(self, tag: str) -> CloudBook | None:
        """The oldest with that tag: of two that a late answer left, always the same one."""
        value = tag.replace("\\", "\\\\").replace("'", "\\'")
        owned = f"appProperties has {{ key='{PROPERTY}' and value='{value}' }}"
        params = {
            "q": f"{owned} and mimeType = '{SPREADSHEET}' and trashed = false",
            "orderBy": "createdTime",
            "fields": "files(id,name)",
        }
        try:
            files = self._drive("GET", DRIVE, params).get("files", [])
        except Refused as error:
            raise self._refused(error, tag) from error
        return CloudBook(files[0]["id"], files[0]["name"], Way.KNOWN) if files else None

    def _find_again(self, tag: str) -> CloudBook | None:
        for attempt in range(LOOKS_FOR_A_LOST_FILE):
            found = self._find(tag)
            if found is not None:
                return found
            self._pause(FIRST_LOOK * 2**attempt)
        return None

    def adopt(self, file: str) -> CloudBook:
        fields = "id,name,mimeType,trashed,capabilities(canEdit),appProperties"
        try:
            found = self._drive("GET", f"{DRIVE}/{file}", {"fields": fields, **ALL_DRIVES})
        except Refused as error:
            raise self._refused(error, file) from error
        name = str(found["name"])
        if found.get("trashed"):
            raise SheetError("google_book_trashed", file=name)
        if found.get("mimeType") != SPREADSHEET:
            raise ConfigurationError("google_no_spreadsheet", file=name)
        if not found.get("capabilities", {}).get("canEdit"):
            raise SheetError("google_book_readonly", file=name, account=self.account())
        ours = PROPERTY in found.get("appProperties", {})
        return CloudBook(found["id"], name, Way.KNOWN if ours else Way.ADOPTED)

    # ------------------------------------------------------------------------------------------------ layout

    def lay_out(self, book: CloudBook, tables: Sequence[Table]) -> list[Step]:
        told: dict[tuple[str, str], Step] = {}
        said = ""
        for _ in range(TRIES):
            lacks = self._lacks(book, tables)
            requests = [request for lack in lacks for request in lack.requests]
            try:
                if requests:
                    self._batch(book, requests)
                return list((told | _told(lacks)).values())
            except Ambiguous:
                told |= _told(lacks)  # it is looked at again; what was done then is not lacking any more
            except Refused as error:
                if error.status != 400:
                    raise self._refused(error, book.title) from error
                said = (
                    error.said
                )  # people changed something meanwhile, or an earlier request came through late
        raise OutsideError("google_layout_unsettled", file=book.title, said=said)

    def lacks(self, book: CloudBook, tables: Sequence[Table]) -> list[Step]:
        return list(_told(self._lacks(book, tables)).values())

    def renew(self, book: CloudBook, tables: Sequence[Table], stamp: str) -> None:
        requests = set_aside(tables, self._looks(book), stamp)
        try:
            if requests:
                self._batch(book, requests)
        except Ambiguous:
            raise OutsideError("google_unreachable", said=book.title) from None
        except Refused as error:
            raise self._refused(error, book.title) from error
        self.lay_out(book, tables)

    def _lacks(self, book: CloudBook, tables: Sequence[Table]) -> list[Lack]:
        if not tables:
            return []
        terms = Terms(self.account(), self._hide_ids, self._lock_ids, ours=book.way is not Way.ADOPTED)
        return lacking(tables, self._looks(book), terms)

    def _looks(self, book: CloudBook) -> Looks:
        path = f"/v4/spreadsheets/{book.file}"
        try:
            sizes = self._sheets(book, "GET", path, {"fields": SIZE_FIELDS})
            body = sample_body(sizes)
            sample = self._sheets(book, "POST", f"{path}:getByDataFilter", {"fields": LOOK_FIELDS}, body)
            body = strays_body(sample)
            fields = {"fields": "valueRanges(valueRange.values,dataFilters)"}
            strays = (
                self._sheets(book, "POST", f"{path}/values:batchGetByDataFilter", fields, body)
                if body["dataFilters"]
                else {}
            )
        except Refused as error:
            raise self._refused(error, book.title) from error
        return read_looks(sample, strays)

    def _batch(self, book: CloudBook, requests: Sequence[Json]) -> None:
        path, fields = f"/v4/spreadsheets/{book.file}:batchUpdate", {"fields": "spreadsheetId"}
        self._sheets(book, "POST", path, fields, {"requests": list(requests)}, effect="write")

    # ------------------------------------------------------------------------------------------------ access

    def without_access(self, file: str, addresses: Sequence[str]) -> list[str]:
        held = self._permissions(file)
        return [one for one in addresses if held.get(_account(one), {}).get("role") not in EDITING]

    def _permissions(self, file: str) -> dict[str, Json]:
        """By account: an address may be written in several ways."""
        found: dict[str, Json] = {}
        params = {
            "fields": "nextPageToken,permissions(id,role,emailAddress)",
            "pageSize": "100",
            **ALL_DRIVES,
        }
        while True:
            try:
                page = self._drive("GET", f"{DRIVE}/{file}/permissions", params)
            except Refused as error:
                raise self._refused(error, file) from error
            found |= {_account(one.get("emailAddress", "")): one for one in page.get("permissions", [])}
            if not page.get("nextPageToken"):
                return found
            params["pageToken"] = page["nextPageToken"]

    def share(self, file: str, addresses: Sequence[str]) -> dict[str, str]:
        refused: dict[str, str] = {}
        for _ in range(TRIES):
            held, lost = self._permissions(file), False
            for address in addresses:
                known = held.get(_account(address), {})
                if address in refused or known.get("role") in EDITING:
                    continue
                try:
                    self._let_edit(file, address, known.get("id", ""))
                except Ambiguous:
                    lost = True
                except Refused as error:
                    refused[address] = error.said or error.reason
            if not lost:
                return refused
        raise OutsideError("google_unreachable", said=file)

    def _let_edit(self, file: str, address: str, permission: str) -> None:
        """`permission` is the id of a lower one that the address has already."""
        path, params = f"{DRIVE}/{file}/permissions", {"fields": "id", **ALL_DRIVES}
        if permission:
            self._drive("PATCH", f"{path}/{permission}", params, "write", {"role": "writer"})
        else:
            body = {"type": "user", "role": "writer", "emailAddress": address}
            self._drive("POST", path, {**params, "sendNotificationEmail": "false"}, "write", body)

    def may_share(self, file: str) -> bool:
        params = {"fields": "capabilities(canShare)", **ALL_DRIVES}
        try:
            found = self._drive("GET", f"{DRIVE}/{file}", params)
        except Refused:
            return False
        return bool(found.get("capabilities", {}).get("canShare"))

    def may_read(self, file: str) -> bool:
        try:
            self._call("sheets", "GET", f"/v4/spreadsheets/{file}", {"fields": "spreadsheetId"}, lane=file)
        except Refused:
            return False
        return True

    # ------------------------------------------------------------------------------------------------ forms

    def questions(self, form_id: str, form: Form) -> QuestionMatch | None:
        try:
            found = self._call("forms", "GET", f"/v1/forms/{form_id}", {})
        except Refused as error:
            if error.status in (403, 404):
                return None
            raise self._refused(error, form_id) from error
        return match_questions(found, form)

    # ------------------------------------------------------------------------------------------------ calls

    def _drive(
        self, method: str, path: str, params: Mapping[str, str], effect: Effect = "read", body: Any = None
    ) -> Json:
        return self._call("drive", method, path, params, body, effect=effect)

    def _sheets(
        self,
        book: CloudBook,
        method: str,
        path: str,
        params: Mapping[str, str],
        body: Any = None,
        effect: Effect = "read",
    ) -> Json:
        return self._call("sheets", method, path, params, body, effect=effect, lane=book.file)

    def _call(
        self,
        service: str,
        method: str,
        path: str,
        params: Mapping[str, str],
        body: Any = None,
        *,
        effect: Effect = "read",
        lane: str = "",
    ) -> Json:
        """The client's call; refusals that concern all files are told at once, the others go to the caller."""
        try:
            return self._client.call(
                service, method, path, effect=effect, lane=lane, params=params, body=body
            )
        except Refused as error:
            if error.reason == "accessNotConfigured" or "has not been used in project" in error.said:
                raise ConfigurationError("google_api_off", service=service, said=error.said) from error
            if "insufficient authentication scopes" in error.said.casefold():
                raise ConfigurationError("google_scopes", service=service) from error
            raise

    def _refused(self, error: Refused, file: str) -> SheetError | ConfigurationError:
        if error.status == 404:
            return SheetError("google_book_unseen", file=file, account=self._account)
        if error.status == 403:
            return SheetError("google_book_forbidden", file=file, said=error.said)
        return ConfigurationError("google_setup_refused", file=file, said=error.said or error.status)


def _account(address: str) -> str:
    return email_key(address, fold_gmail=True)


def _told(lacks: Sequence[Lack]) -> dict[tuple[str, str], Step]:
    return {
        (lack.code, f"{lack.facts}"): Step(lack.code, lack.facts, bool(lack.requests))
        for lack in lacks
        if lack.code != QUIET
    }

"""The answers of a form as its linked responses sheet on Google holds them: the way round where the form itself
may not be read. The sheet is never written.

It has no response ids, so each row is known by a hash of its content (domain/intake_key), the same as that of a
download of the sheet: a province may go from downloads to this source without a case being doubled.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from urllib.parse import quote

from bridge.adapters.forms.google import Memory
from bridge.adapters.forms.google_answers import Json
from bridge.adapters.forms.trouble import visible
from bridge.adapters.google.client import GoogleClient, Refused
from bridge.application.errors import ConfigurationError
from bridge.application.ports.clock import Clock
from bridge.application.ports.forms import Batch, Unreadable
from bridge.domain.cells import Cell
from bridge.domain.intake import HEADER_SEARCHED_ROWS, Form
from bridge.domain.values.text import header_key

TRUST = timedelta(minutes=10)  # Drive tells of a change only minutes later, sometimes not at all
EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001  # where the serial dates of sheets begin; a wall clock
LAST_SERIAL = 2_958_466  # the first day after the year 9999
TRIES = 3
Rows = list[list[object]]


@dataclass(frozen=True)
class _Seen:
    """The last reading: of which file and tab, when (ISO 8601), at which version of Drive's, with which cursor."""

    file: str = ""
    tab: int | None = None
    at: str = ""
    version: str = ""
    cursor: str = ""


class GoogleResponsesSheet:
    """One complete batch at most, named by the sheet's link; its cursor is a hash of the content.

    A cycle without news costs one call (Drive's version, trusted for ten minutes at most), a reading two more:
    the same cells with dates as serial numbers and as texts, because that alone tells a date from a number.
    `tab` is the sheet id of the tab (the `gid` of its link); without it the tab whose header fits the form best
    is found by one call more and remembered. `account` is whom the sheet must be shared with.
    """

    def __init__(
        self,
        client: GoogleClient,
        file_id: str,
        form: Form,
        memory: Memory,
        clock: Clock,
        account: str = "",
        tab: int | None = None,
    ) -> None:
        self._client, self._id, self._form = client, file_id, form
        self._memory, self._clock, self._account, self._tab = memory, clock, account, tab
        self.name = f"https://docs.google.com/spreadsheets/d/{file_id}/edit"

    def fetch_since(self, cursors: Mapping[str, str]) -> Iterator[Batch | Unreadable]:
        """See FormSource. Raises OutsideError google_unreachable, ConfigurationError google_sign_in."""
        try:
            found = self._fetch(cursors.get(self.name, ""))
        except Refused as refused:
            found = self._refusal(refused)
        if found is not None:
            yield found

    def _fetch(self, remembered: str) -> Batch | Unreadable | None:
        seen, now = self._recall(), self._clock.now()
        version = self._version()
        same = bool(remembered and version) and (seen.cursor, seen.version) == (remembered, version)
        if same and self._tab in (None, seen.tab):
            age = now - datetime.fromisoformat(seen.at)
            if timedelta(0) <= age < TRUST:
                return None
        tab, rows = self._find_and_read(seen.tab if self._tab is None else self._tab)
        if tab is None:
            return Unreadable(self.name, "google_responses_tab", {"sheet": self.name})
        if rows is None:
            return Unreadable(self.name, "google_responses_moving", {"sheet": self.name})
        cursor = _digest(rows)
        self._remember(_Seen(self._id, tab, now.isoformat(), version, cursor))
        if cursor == remembered or not (rows or remembered):
            return None
        return Batch(self.name, cursor, rows)

    def _find_and_read(self, tab: int | None) -> tuple[int | None, list[list[Cell]] | None]:
        """The tab and its rows; a remembered tab that is gone is looked for anew."""
        if tab is not None:
            try:
                return tab, self._read(tab)
            except Refused as refused:
                if refused.status != 400 or self._tab is not None:
                    raise
        tab = self._find_tab()
        return tab, None if tab is None else self._read(tab)

    def _read(self, tab: int) -> list[list[Cell]] | None:
        """Every row of the tab; None when people changed it between the two halves of each try."""
        for _ in range(TRIES):
            numbers, texts = self._values(tab, "SERIAL_NUMBER"), self._values(tab, "FORMATTED_STRING")
            if _alike(numbers, texts):
                stamps = _places(numbers, self._form.timestamp_titles)
                return [
                    [
                        _cell(number, number != text or place in stamps)
                        for place, (number, text) in enumerate(zip(row, shown, strict=True))
                    ]
                    for row, shown in zip(numbers, texts, strict=True)
                ]
        return None

    def _find_tab(self) -> int | None:
        """The tab whose first rows name most of the form's titles; the first one of a spreadsheet without any
        text."""
        fields = "sheets.properties(sheetId,sheetType)"
        book = self._client.call(
            "sheets", "GET", self._path(), effect="read", lane=self._id, params={"fields": fields}
        )
        tabs = [
            sheet["properties"].get("sheetId", 0)
            for sheet in book.get("sheets") or ()
            if sheet["properties"].get("sheetType", "GRID") == "GRID"
        ]
        titles = {header_key(title) for title in self._form.timestamp_titles}
        titles |= {header_key(title) for question in self._form.questions for title in question.titles}
        fits = {tab: _fit(self._values(tab, "SERIAL_NUMBER", HEADER_SEARCHED_ROWS), titles) for tab in tabs}
        best = max(tabs, key=lambda tab: fits[tab], default=None)
        return best if best is not None and (fits[best] or len(tabs) == 1) else None

    # calls

    def _path(self, what: str = "") -> str:
        return f"/v4/spreadsheets/{quote(self._id, safe='')}{what}"

    def _values(self, tab: int, dates: str, rows: int | None = None) -> Rows:
        """By the tab's id: one named `CO2` or `R1C1` would be read as a cell. One answer is one moment."""
        where: Json = {"sheetId": tab} | ({"startRowIndex": 0, "endRowIndex": rows} if rows else {})
        body = {
            "dataFilters": [{"gridRange": where}],
            "valueRenderOption": "UNFORMATTED_VALUE",
            "dateTimeRenderOption": dates,
        }
        path = self._path("/values:batchGetByDataFilter")
        answer = self._client.call("sheets", "POST", path, effect="read", lane=self._id, body=body)
        ranges = answer.get("valueRanges") or [{}]
        return list((ranges[0].get("valueRange") or {}).get("values") or [])

    def _version(self) -> str:
        """ "" where Drive does not tell; then the sheet is read each time."""
        path = f"/drive/v3/files/{quote(self._id, safe='')}"
        params = {"fields": "version", "supportsAllDrives": "true"}
        try:
            return str(
                self._client.call("drive", "GET", path, effect="read", params=params).get("version", "")
            )
        except Refused:
            return ""

    def _refusal(self, refused: Refused) -> Unreadable:
        if refused.status == 401:
            raise ConfigurationError("google_sign_in", said=refused.said) from refused
        code = "google_responses_refused"
        if refused.status == 403:
            code = "google_responses_forbidden"
        elif refused.status == 404:
            code = "google_responses_gone"
        facts = {"sheet": self.name, "account": self._account, "said": refused.said}
        return Unreadable(self.name, code, facts)

    # what is remembered of the last reading

    @property
    def _setting(self) -> str:
        return f"google:sheet:{self._form.name}"

    def _recall(self) -> _Seen:
        try:
            seen = _Seen(**json.loads(self._memory.setting(self._setting) or "{}"))
        except (ValueError, TypeError):
            return _Seen()
        return seen if seen.file == self._id else _Seen()

    def _remember(self, seen: _Seen) -> None:
        self._memory.set_setting(self._setting, json.dumps(asdict(seen)))


def _fit(rows: Rows, titles: set[str]) -> int:
    named = ({header_key(cell) for cell in row if isinstance(cell, str)} & titles for row in rows)
    return max(map(len, named), default=0)


def _places(rows: Rows, titles: Sequence[str]) -> set[int]:
    """The columns that bear one of these titles."""
    keys = {header_key(title) for title in titles}
    return {
        place
        for row in rows[:HEADER_SEARCHED_ROWS]
        for place, cell in enumerate(row)
        if isinstance(cell, str) and header_key(cell) in keys
    }


def _alike(numbers: Rows, texts: Rows) -> bool:
    """Whether both are the same cells: only a number may be shown as a text, the date that it is."""
    if [len(row) for row in numbers] != [len(row) for row in texts]:
        return False
    pairs = (
        (n, t) for row, shown in zip(numbers, texts, strict=True) for n, t in zip(row, shown, strict=True)
    )
    return all(n == t or (_is_number(n) and isinstance(t, str)) for n, t in pairs)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _cell(value: object, dated: bool) -> Cell:
    """As a download of the same sheet gives it: a day, a moment, a time of day as text, whole numbers as int."""
    if isinstance(value, str):
        return visible(value) or None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if dated and _is_number(value):
        return _dated(value)  # type: ignore[arg-type]
    return value if value is None or isinstance(value, (bool, int, float)) else str(value)


def _dated(serial: int | float) -> Cell:
    if not 0 <= serial < LAST_SERIAL:
        return serial
    moment = EPOCH + timedelta(milliseconds=round(serial * 86_400_000))
    if serial < 1:
        return f"{moment:%H:%M:%S}"
    return moment.date() if isinstance(serial, int) else moment


def _digest(rows: list[list[Cell]]) -> str:
    text = json.dumps(rows, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

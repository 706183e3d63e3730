"""The summary tabs in a Google spreadsheet: changed ones are rewritten, all of them in one atomic batch.

A tab of the bridge is known by a mark on its sheet, whatever people call it and wherever they put it; sheets
without one are never touched. Charts have ids that follow from their tab and place, so that those which people
made are told apart. What was written last is remembered as a digest for each tab: an unchanged summary costs no
call.

A write without an answer may be done minutes later, over a newer one. Therefore each write creates a numbered
mark, one more than the highest there is, and Google refuses a number that is taken: of two writes that saw the
same numbers only one is ever done. The latest numbers stay, for longer than a write may be on its way.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, Protocol

from bridge.adapters.google.client import Ambiguous, GoogleClient, Refused
from bridge.adapters.workbooks.google_cells import plain
from bridge.adapters.workbooks.google_marks import VISIBILITY, forget_mark, mark_id
from bridge.adapters.workbooks.google_page import Page, as_of_request
from bridge.adapters.workbooks.google_state import MARK_FIELDS, SHEET_FIELDS
from bridge.application.errors import ConfigurationError, OutsideError, SaphanError, SheetError
from bridge.domain.summary import SummaryTab

Json = dict[str, Any]

TAB = "saphan.summary"  # on a sheet; value: the tab's place among the summaries
WRITE = "saphan.summary.write"  # on the spreadsheet; value: the number of a write
SHEET, CHART = "saphan.summary.sheet", "saphan.summary.chart"  # what ids of sheets and charts follow from
BOOK_FIELDS = f"{MARK_FIELDS},sheets({SHEET_FIELDS})"
"""What `staged` has to know of a spreadsheet."""

LAYOUT = 1  # one more whenever the same figures are laid out differently
MOST_CHARTS = 64  # of one tab
MOST_TITLE = 100  # characters
KEPT_WRITES = 16  # more than there can be in the 190 seconds after which a write is done or never will be
TRIES = 3  # when people change the spreadsheet between our look and our write


class Memory(Protocol):
    """The part of `Journal` that is needed here."""

    def setting(self, name: str) -> str:
        """ "" when it was never set."""

    def set_setting(self, name: str, value: str) -> None: ...


class GoogleSummaryBook:
    """A SummaryBook in a spreadsheet. `find()` is its id, "" before it is connected; `name` is what people call it.

    `in_front`: new tabs go before those of people, else after them.
    """

    def __init__(
        self,
        client: GoogleClient,
        find: Callable[[], str],
        name: str,
        remember: Memory,
        *,
        in_front: bool = True,
    ) -> None:
        self._client, self._find, self._name = client, find, name
        self._remember, self._in_front = remember, in_front

    @property
    def _book_id(self) -> str:
        found = self._find()
        if not found:
            raise SheetError("google_book_missing", file=self.name)
        return found

    @property
    def _key(self) -> str:
        return f"summary:{hashlib.blake2b(self._book_id.encode(), digest_size=16).hexdigest()}"

    @property
    def unknown(self) -> bool:
        """Whether nobody can tell what the tabs hold: a write of them was not confirmed."""
        return not self._held()[0]

    @property
    def name(self) -> str:
        return self._name

    def write(self, tabs: Sequence[SummaryTab], force_as_of: bool = False) -> None:
        """See the port. No call where every tab's content is what was written last; with `force_as_of` the
        line that says how old the figures are is written even so.

        Raises SheetError google_book_missing, google_book_forbidden, summary_refused; OutsideError
        summary_unsettled (written or not: the next call writes again), google_unreachable.
        """
        if not self._stale(tabs, force_as_of):
            return
        for attempt in range(1, TRIES + 1):
            state = self._state()
            requests, confirm = self.staged(tabs, state, force_as_of)
            try:
                self._send(requests)
            except Refused as refusal:
                if refusal.status != 400 or attempt == TRIES:
                    raise self._trouble(refusal) from refusal
            else:
                confirm()
                return

    def staged(
        self, tabs: Sequence[SummaryTab], state: Json, force_as_of: bool = False
    ) -> tuple[list[Json], Callable[[], None]]:
        """The requests that bring the tabs to this content, for a batch that the caller sends, and what to call
        once that batch is known to be done. `state` is an answer of spreadsheets.get with BOOK_FIELDS, as
        fresh as can be. No request where nothing changed.

        From here to the confirmation, what the tabs hold counts as unknown: else they are written again.
        """
        fresh = self._fresh(tabs)
        requests = summary_requests(
            tabs,
            state,
            skip=fresh,
            in_front=self._in_front,
            date_all=force_as_of and self._stale(tabs, force_as_of),
        )
        if not requests:
            return [], lambda: None
        self.forget()
        return [*requests, *_numbered(state)], lambda: self._confirm(tabs)

    def forget(self) -> None:
        """The tabs are no longer known to hold what was written: the next call writes all of them."""
        self._remember.set_setting(self._key, "")

    # -------------------------------------------------------------------------------- what was written last

    def _held(self) -> tuple[list[str], str]:
        """The digest of each tab, and the line on their age, as they were last known to be there."""
        held = json.loads(self._remember.setting(self._key) or "[[], null]")
        return held[0], held[1]

    def _fresh(self, tabs: Sequence[SummaryTab]) -> set[int]:
        """Places of the tabs whose content is there, their age aside."""
        pairs = zip(tabs, self._held()[0], strict=False)
        return {place for place, (tab, held) in enumerate(pairs) if held == digest(tab)}

    def _stale(self, tabs: Sequence[SummaryTab], force_as_of: bool) -> bool:
        return len(self._fresh(tabs)) < len(tabs) or (force_as_of and self._held()[1] != _age(tabs))

    def _confirm(self, tabs: Sequence[SummaryTab]) -> None:
        held = ([digest(tab) for tab in tabs], _age(tabs))
        self._remember.set_setting(self._key, json.dumps(held, ensure_ascii=False))

    # ------------------------------------------------------------------------------------------ over the wire

    def _state(self) -> Json:
        path = f"/v4/spreadsheets/{self._book_id}"
        fields = {"fields": BOOK_FIELDS}
        try:
            return self._client.call("sheets", "GET", path, effect="read", lane=self._book_id, params=fields)
        except Refused as refusal:
            raise self._trouble(refusal) from refusal

    def _send(self, requests: Sequence[Json]) -> None:
        path = f"/v4/spreadsheets/{self._book_id}:batchUpdate"
        fields, body = {"fields": "spreadsheetId"}, {"requests": requests}
        try:
            self._client.call(
                "sheets", "POST", path, effect="write", lane=self._book_id, params=fields, body=body
            )
        except Ambiguous as unknown:
            raise OutsideError("summary_unsettled", file=self.name) from unknown

    def _trouble(self, refusal: Refused) -> SaphanError:
        match refusal.status:
            case 401:
                return ConfigurationError("google_sign_in", said=refusal.said)
            case 403:
                return SheetError("google_book_forbidden", file=self.name, said=refusal.said)
            case 404:
                return SheetError("google_book_missing", file=self.name)
        return SheetError("summary_refused", file=self.name, said=refusal.said)


def digest(tab: SummaryTab) -> str:
    """A fingerprint of all that a tab shows, but for the line that says how old it is."""
    shown = repr((LAYOUT, tab.title, tab.notes, tab.blocks))
    return hashlib.blake2b(shown.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _age(tabs: Sequence[SummaryTab]) -> str:
    return plain("\n".join(dict.fromkeys(tab.as_of for tab in tabs)))


def _numbered(state: Json) -> Iterator[Json]:
    """The requests that give a write its number and forget numbers that no write on its way can have."""
    numbers = {
        int(entry["metadataValue"]): entry["metadataId"]
        for entry in state.get("developerMetadata", [])
        if entry.get("metadataKey") == WRITE and entry.get("metadataValue", "").isdecimal()
    }
    number = max(numbers, default=0) + 1
    yield _mark(WRITE, str(number), {"spreadsheet": True})
    for earlier, metadata_id in sorted(numbers.items()):
        if earlier <= number - KEPT_WRITES:
            yield forget_mark(metadata_id)


def _mark(key: str, value: str, location: Json) -> Json:
    """The request for a mark whose id follows from what it says: it is refused where it is there already."""
    entry = {
        "metadataId": mark_id(key, value),
        "metadataKey": key,
        "metadataValue": value,
        "location": location,
        "visibility": VISIBILITY,
    }
    return {"createDeveloperMetadata": {"developerMetadata": entry}}


# ------------------------------------------------------------------------------------------------ the plan


def summary_requests(
    tabs: Sequence[SummaryTab],
    state: Json,
    skip: Collection[int] = (),
    in_front: bool = True,
    date_all: bool = False,
) -> list[Json]:
    """The requests of one batch that bring the bridge's tabs to this content; none when there is nothing to do.

    `skip` are places of tabs, from 0, that hold it already: they are written only where their sheet is gone,
    and get their new age where anything else is written, or `date_all`. A missing tab is made after the one
    before it.
    """
    sheets = _Sheets(state)
    requests: list[Json] = []
    ages: list[Json] = []
    before: int | None = None
    for place, tab in enumerate(tabs):
        sheet_id = sheets.own(place, tab.title)
        if sheet_id is None:
            sheet_id = sheets.new_id(place)
            page = Page(tab, sheet_id)
            requests += _made(sheets, place, tab, page, sheets.index_after(before, in_front))
            requests += [*page.requests(), *_charts(sheets, place, page)]
        elif place in skip:
            ages.append(as_of_request(tab, sheet_id))
        else:
            page = Page(tab, sheet_id)
            requests += [*_readied(sheets, place, page), *page.requests(), *_charts(sheets, place, page)]
        before = sheet_id
    return requests + ages if requests or date_all else []


class _Sheets:
    """The sheets of a spreadsheet, those that the batch makes included."""

    def __init__(self, state: Json) -> None:
        self.by_id: dict[int, Json] = {one["properties"].get("sheetId", 0): one for one in state["sheets"]}
        self._order = sorted(self.by_id, key=lambda one: self.by_id[one]["properties"].get("index", 0))
        self._titles = {sheet["properties"]["title"].casefold() for sheet in self.by_id.values()}
        self.charts = {
            chart["chartId"]: sheet_id
            for sheet_id, sheet in self.by_id.items()
            for chart in sheet.get("charts", [])
        }

    def marks(self, sheet_id: int, place: int) -> set[int]:
        """Ids of the marks that say that a sheet is that tab."""
        return {
            entry["metadataId"]
            for entry in self.by_id[sheet_id].get("developerMetadata", [])
            if entry.get("metadataKey") == TAB and entry.get("metadataValue") == str(place)
        }

    def own(self, place: int, title: str) -> int | None:
        """The sheet of that tab, if there is one.

        A copy of the sheet has a mark of another id and is people's own; it counts only where the original is
        gone and the copy has its title, as in a copy of the whole spreadsheet.
        """
        marked = {one: found for one in self._order if (found := self.marks(one, place))}
        original = [one for one, found in marked.items() if mark_id(TAB, str(place)) in found]
        named = [one for one in marked if self.by_id[one]["properties"]["title"] == plain(title)]
        return next(iter(original or named), None)

    def new_id(self, place: int) -> int:
        attempt = 0
        while (sheet_id := mark_id(SHEET, f"{place}.{attempt}")) in self.by_id:
            attempt += 1
        return sheet_id

    def index_after(self, before: int | None, in_front: bool) -> int:
        if before is None:
            return 0 if in_front else len(self._order)
        return self._order.index(before) + 1

    def add(self, sheet_id: int, index: int, wanted: str) -> str:
        """Notes that the batch makes a sheet; returns a title that is free."""
        wanted = plain(wanted)[:MOST_TITLE]
        title, number = wanted, 1
        while title.casefold() in self._titles:
            number += 1
            title = f"{wanted[: MOST_TITLE - 5]} {number}"
        self._titles.add(title.casefold())
        self._order.insert(index, sheet_id)
        self.by_id[sheet_id] = {"properties": {"title": title}}
        return title


def _made(sheets: _Sheets, place: int, tab: SummaryTab, page: Page, index: int) -> Iterator[Json]:
    properties = {
        "sheetId": page.sheet_id,
        "title": sheets.add(page.sheet_id, index, tab.title),
        "index": index,
        "gridProperties": {"rowCount": page.rows, "columnCount": page.columns},
    }
    yield {"addSheet": {"properties": properties}}
    yield _mark(TAB, str(place), {"sheetId": page.sheet_id})


def _readied(sheets: _Sheets, place: int, page: Page) -> Iterator[Json]:
    """What would hide figures goes, and there is room for all. The sheet never shrinks, so it stops growing."""
    sheet = sheets.by_id[page.sheet_id]
    if mark_id(TAB, str(place)) not in sheets.marks(page.sheet_id, place):  # a copy, from now on ours
        yield _mark(TAB, str(place), {"sheetId": page.sheet_id})
        yield from _copied_charts(sheet, page)
    if sheet.get("merges"):
        yield {"unmergeCells": {"range": {"sheetId": page.sheet_id}}}
    if sheet.get("basicFilter"):
        yield {"clearBasicFilter": {"sheetId": page.sheet_id}}
    room = {"rowCount": page.rows, "columnCount": page.columns}
    grid = sheet["properties"]["gridProperties"]
    lacking = {name: needed for name, needed in room.items() if grid.get(name, 0) < needed}
    if lacking:
        properties = {"sheetId": page.sheet_id, "gridProperties": lacking}
        fields = ",".join(f"gridProperties.{name}" for name in lacking)
        yield {"updateSheetProperties": {"properties": properties, "fields": fields}}


def _copied_charts(sheet: Json, page: Page) -> Iterator[Json]:
    """A copy's charts have other ids: those that ours would lie on go."""
    titles = {chart["spec"]["title"] for chart in page.charts}
    for chart in sheet.get("charts", []):
        if chart.get("spec", {}).get("title") in titles:
            yield {"deleteEmbeddedObject": {"objectId": chart["chartId"]}}


def _charts(sheets: _Sheets, place: int, page: Page) -> Iterator[Json]:
    """Our charts keep their ids; those that people moved to another sheet stay there and show the new figures."""
    for number, chart in enumerate(page.charts):
        chart_id = mark_id(CHART, f"{place}.{number}")
        if chart_id not in sheets.charts:
            yield {"addChart": {"chart": {"chartId": chart_id} | chart}}
            continue
        yield {"updateChartSpec": {"chartId": chart_id, "spec": chart["spec"]}}
        if sheets.charts[chart_id] == page.sheet_id:
            moved = {"objectId": chart_id, "newPosition": chart["position"], "fields": "*"}
            yield {"updateEmbeddedObjectPosition": moved}
    for number in range(len(page.charts), MOST_CHARTS):
        if (chart_id := mark_id(CHART, f"{place}.{number}")) in sheets.charts:
            yield {"deleteEmbeddedObject": {"objectId": chart_id}}

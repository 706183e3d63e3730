"""The workbook port on a Google spreadsheet that people edit at the same time (sync.md).

A write travels as one atomic batch with a commit marker. It is planned in the ledger, marked sent, sent; the
answer shows what it hit. Whatever leaves the outcome open keeps the operation in the ledger until the marker, or
the time after which Google can no longer apply it, decides.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bridge.adapters.google.client import Ambiguous, GoogleClient, Refused
from bridge.adapters.workbooks.google_aims import Slip, TabAim
from bridge.adapters.workbooks.google_marks import MOST, commit_mark, forget_mark
from bridge.adapters.workbooks.google_read import SeenTab, ValueReader
from bridge.adapters.workbooks.google_repair import Shown, repairs
from bridge.adapters.workbooks.google_state import STATE_FIELDS, BookState, read_state
from bridge.adapters.workbooks.google_write import Piece, pieces_of
from bridge.application.errors import Changed, ConfigurationError, OutsideError, SheetError
from bridge.application.ports.clock import Clock
from bridge.application.ports.operations import Operation, Operations, OperationState
from bridge.application.ports.workbooks import Snapshot, TabChange
from bridge.domain.cells import length
from bridge.domain.columns import Table

Json = dict[str, Any]
MAX_TEXT = 50_000
APPLIED_BY = timedelta(seconds=190)  # Google gives a request up after 180 s
TRIES = 3
ANSWER_FIELDS = (
    "updatedSpreadsheet.sheets(properties.sheetId,data(startRow,startColumn,rowData.values.effectiveValue,"
    "columnMetadata.developerMetadata(metadataKey,metadataValue)))"
)


@dataclass(frozen=True)
class Look:
    """One reading of a spreadsheet: what it is made of, and the tabs that were asked for."""

    state: BookState
    tabs: Mapping[str, SeenTab]


class GoogleWorkbook:
    """Implements the port `Workbook`.

    `find()` is the spreadsheet's id, "" before it is connected; `make(tables)` creates or renews it and gives
    its id. `tables` are those whose tabs, columns and marks this workbook knows. `shown(table, id)` is what the
    ledger last knew a row to show. `label` is what people call the workbook. `still_mine` raises Busy where this
    process may not write any more.

    Codes raised: SheetError google_book_missing, google_book_forbidden, google_book_trashed, tab_missing;
    Changed workbook_changed, google_rejected, google_moved; OutsideError google_unsettled, google_unreachable;
    ConfigurationError google_sign_in.
    """

    max_text = MAX_TEXT

    def __init__(
        self,
        client: GoogleClient,
        find: Callable[[], str],
        make: Callable[[Sequence[Table]], str],
        tables: Sequence[Table],
        operations: Operations,
        clock: Clock,
        shown: Shown,
        label: str,
        trust: timedelta = timedelta(minutes=10),
        still_mine: Callable[[], None] = lambda: None,
    ) -> None:
        self._client, self._find, self._make = client, find, make
        self._tables = {table.tab: table for table in tables}
        self._operations, self._clock, self._shown = operations, clock, shown
        self._label, self._trust = label, trust
        self._version = ""
        self._last: Look | None = None
        self._odd: Mapping[
            str, Mapping[int, str]
        ] = {}  # headers that differ from their columns' marks, and may
        self._still_mine = still_mine
        self._before: tuple[int, Look] | None = (
            None  # the number of the last write, and what it was planned on
        )
        self._riders: list[tuple[list[Json], Callable[[], None]]] = []
        self._alone = False

    @property
    def name(self) -> str:
        return self._label

    @property
    def trust(self) -> timedelta | None:
        return self._trust

    @property
    def state(self) -> BookState | None:
        """The spreadsheet as the last read found it."""
        return self._last.state if self._last else None

    def exists(self) -> bool:
        if not self._find():
            return False
        try:
            self.version()
        except SheetError:
            return False
        return True

    # ------------------------------------------------------------------------------------------------ read

    def version(self) -> str:
        """Drive's number of the file's version: it may lag behind by minutes (sync.md, fact 5)."""
        params = {"fields": "version,trashed", "supportsAllDrives": "true"}
        found = self._ask("drive", f"/drive/v3/files/{self._id()}", params)
        if found.get("trashed"):
            raise SheetError("google_book_trashed", file=self.name)
        self._version = str(found["version"])
        return self._version

    def read(self, tabs: Sequence[str]) -> Snapshot:
        version, self._version = self._version, ""
        self._last = look = self._look(tabs)
        return Snapshot(version, {tab: look.tabs[tab].grid() for tab in tabs})

    def _look(self, tabs: Sequence[str]) -> Look:
        """Reads the state and these tabs anew. Raises Changed when people move columns faster than that."""
        state = self._read_state()
        for _ in range(TRIES):
            look = self._read_values(state, tabs)
            odd = {tab: look.tabs[tab].odd_headers() for tab in tabs}
            if not any(odd.values()) or odd == self._odd:
                return look
            earlier, state = state, self._read_state()
            if state.sheets == earlier.sheets:  # renamed, not moved in between
                self._odd = odd
                return look
        raise Changed("workbook_changed", file=self.name)

    def _read_values(self, state: BookState, tabs: Sequence[str]) -> Look:
        sheets = {}
        for tab in tabs:
            sheet = state.sheet(tab, self._tables.get(tab))
            if sheet is None:
                raise SheetError("tab_missing", file=self.name, tab=tab)
            sheets[tab] = (sheet, self._tables.get(tab))
        try:
            seen = ValueReader(self._client, self._id(), self._id(), self.name).read(sheets)
        except Refused as error:
            raise self._trouble(error) from error
        return Look(state, dict(zip(tabs, seen, strict=True)))

    def _read_state(self) -> BookState:
        return read_state(self._ask("sheets", f"/v4/spreadsheets/{self._id()}", {"fields": STATE_FIELDS}))

    def _ask(self, service: str, path: str, params: Mapping[str, str]) -> Json:
        try:
            return self._client.call(service, "GET", path, effect="read", lane=self._id(), params=params)
        except Refused as error:
            raise self._trouble(error) from error

    def _id(self) -> str:
        found = self._find()
        if not found:
            raise SheetError("google_book_missing", file=self.name)
        return found

    def _trouble(self, error: Refused) -> SheetError | Changed:
        if error.status == 404:
            return SheetError("google_book_missing", file=self.name)
        if error.status in (401, 403):
            return SheetError("google_book_forbidden", file=self.name, said=error.said)
        return Changed("google_rejected", file=self.name, said=error.said)  # a tab that was deleted just now

    # ------------------------------------------------------------------------------------------------ write

    def ride(self, requests: list[Json], confirmed: Callable[[], None]) -> None:
        """These requests travel in the next write, whatever else it holds; `confirmed` is called once done."""
        self._riders.append((requests, confirmed))

    def write(self, changes: Sequence[TabChange], expected: str) -> str:
        """Raises ValueError for a text longer than `max_text`, as well as the port's errors."""
        changes = [change for change in changes if change.cells or change.appended]
        riders, self._riders = [] if self._alone else self._riders, []
        self._alone = False
        if not changes and not riders:
            return expected
        _refuse_long_texts(changes)
        look = self._last
        if look is None or any(change.tab not in look.tabs for change in changes):
            look = self._look([change.tab for change in changes])
        self._last, self._version = None, ""  # whatever happens now, the next look is a new one
        first = [forget_mark(marker) for marker in sorted(look.state.commits)]
        first += [request for requests, _ in riders for request in requests]
        try:
            for piece in pieces_of([(look.tabs[change.tab], change) for change in changes], first):
                self._send(piece, look)
        except Changed as error:  # what rides along must not keep the rest from being written
            self._alone = bool(riders) and error.code == "google_rejected"
            raise
        for _, confirmed in riders:
            confirmed()
        return ""

    def _send(self, piece: Piece, look: Look) -> None:
        """Plan, persist, send; look at what was hit. Raises Changed where it was not all as aimed."""
        aims = list(piece.aims.values())
        marker, answer = self._operate(piece.requests, aims, [], look)
        slips = self._slips(aims, answer, look)
        if slips:
            self._wait_for_undo(slips)
            self._undo(slips, look)
            raise Changed("google_moved", file=self.name)
        self._operations.settle(self._id(), marker)

    def _operate(
        self, requests: Sequence[Json], aims: Sequence[TabAim], slips: Sequence[Slip], look: Look
    ) -> tuple[int, Json]:
        """One batch: its marker and its answer; its operation stays in the ledger. Raises Changed, after settling it,
        where Google refused; OutsideError where nobody can tell."""
        book = self._id()
        marker, former = self._next_marker()
        if not slips:
            self._before = (marker, look)
        body: Json = {"requests": [commit_mark(marker, self._clock.now().isoformat()), *requests]}
        body |= _asking_back(aims, look.state)
        self._operations.plan(book, marker, _plan(aims, slips, former))

        def leaving() -> None:
            self._still_mine()
            self._operations.sent(book, marker, self._clock.now())

        try:
            answer = self._client.call(
                "sheets",
                "POST",
                f"/v4/spreadsheets/{book}:batchUpdate",
                effect="write",
                lane=book,
                params={"fields": ANSWER_FIELDS if "responseRanges" in body else "spreadsheetId"},
                body=body,
                leaving=leaving,
            )
        except Refused as error:
            self._after_refusal(error, marker, slips)
            raise self._trouble(error) from error
        except (OutsideError, ConfigurationError):  # it never left
            self._put_back(marker, slips)
            raise
        except Ambiguous:
            self.settle()
            raise Changed("google_moved", file=self.name) from None
        return marker, answer

    def _after_refusal(self, error: Refused, marker: int, slips: Sequence[Slip]) -> None:
        """Nothing was done; unless the number of the marker is there, because an earlier batch that was given up
        came through after all."""
        if error.status == 400 and marker in self._read_state().commits:
            self.settle()
        else:
            self._put_back(marker, slips)

    def _put_back(self, marker: int, slips: Sequence[Slip]) -> None:
        """The operation is over without effect; what it was to undo still waits."""
        if slips:
            self._wait_for_undo(slips)
        else:
            self._operations.settle(self._id(), marker)

    def _wait_for_undo(self, slips: Sequence[Slip]) -> None:
        self._operations.plan(self._id(), _number(), _plan([], slips, []))

    def _next_marker(self) -> tuple[int, Sequence[Json]]:
        """A fresh number; or that of an operation which came to nothing, and what that one aimed at: should Google
        apply it after all, one of the two fails as a whole."""
        void = self._operations.unsettled(self._id())
        if void is not None and void.state is OperationState.VOID:
            return void.marker, [*void.plan["aims"], *void.plan["former"]]
        return _number(), []

    @staticmethod
    def _slips(aims: Sequence[TabAim], answer: Json, before: Look) -> list[Slip]:
        data = {
            sheet["properties"].get("sheetId", 0): sheet.get("data", [])
            for sheet in answer.get("updatedSpreadsheet", {}).get("sheets", [])
        }
        return [slip for aim in aims for slip in aim.slips(data.get(aim.sheet_id, []), before.tabs[aim.tab])]

    # ------------------------------------------------------------------------------------------------ recovery

    def settle(self) -> None:
        """See the port. An operation whose marker is there was done: what it hit by mistake is undone. One that
        Google can no longer apply is void."""
        operation = self._operations.unsettled(self._find())
        if operation is None or operation.state is OperationState.VOID:
            return
        plan = operation.plan
        slips = [Slip.from_json(slip) for slip in plan["slips"]]
        before = self._before[1] if self._before and self._before[0] == operation.marker else None
        if operation.state is OperationState.SENT:
            if self._done(operation):
                slips += self._slips_seen([TabAim.from_json(aim) for aim in (*plan["aims"], *plan["former"])])
            elif not slips:
                self._operations.void(operation.book, operation.marker)
                return
        self._undo(slips, before)

    def _done(self, operation: Operation) -> bool:
        """Whether the operation's marker is there. Raises OutsideError while Google may still apply it."""
        if operation.marker in self._read_state().commits:
            return True
        sent_at = operation.sent_at or self._clock.now()
        left = (sent_at + APPLIED_BY - self._clock.now()).total_seconds()
        if 0 < left <= APPLIED_BY.total_seconds():
            raise OutsideError("google_unsettled", file=self.name, seconds=round(left) + 1)
        return False

    def _slips_seen(self, aims: Sequence[TabAim]) -> list[Slip]:
        if not aims:
            return []
        now = self._look(list(dict.fromkeys(aim.tab for aim in aims)))
        return [slip for aim in aims for slip in aim.slips_seen(now.tabs[aim.tab])]

    def _undo(self, slips: Sequence[Slip], before: Look | None) -> None:
        """Gives back what was hit by mistake; the operation is settled then. Raises Changed when people move
        rows faster than that, and what a write raises."""
        self._client.traffic.misaimed += bool(slips)
        for _ in range(TRIES):
            if not slips:
                break
            look = self._look(list(dict.fromkeys(slip.tab for slip in slips)))
            changes = []
            for tab, now in look.tabs.items():
                mine = [slip for slip in slips if slip.tab == tab]
                cells = repairs(mine, now, before.tabs.get(tab) if before else None, self._shown)
                changes.append((now, TabChange(tab, cells)))
            again: list[Slip] = []
            for piece in pieces_of([(now, change) for now, change in changes if change.cells]):
                aims = list(piece.aims.values())
                _, answer = self._operate(piece.requests, aims, [*slips, *again], look)
                again += self._slips(aims, answer, look)
            slips = again
        if slips:
            self._wait_for_undo(slips)
            raise Changed("google_moved", file=self.name)
        self._operations.forget(self._id())

    def create(self, tables: Sequence[Table]) -> None:
        self._tables = {table.tab: table for table in tables}
        self._last, self._version = None, ""
        try:
            book = self._make(tables)
        except Refused as error:
            raise self._trouble(error) from error
        self._operations.forget(book)


def _refuse_long_texts(changes: Sequence[TabChange]) -> None:
    for change in changes:
        rows = [value for row in change.appended for value in row.values()]
        for value in (*change.cells.values(), *rows):
            if isinstance(value, str) and length(value) > MAX_TEXT:
                raise ValueError(f"{length(value)} characters")


def _asking_back(aims: Sequence[TabAim], state: BookState) -> Json:
    """What of the request makes the answer tell what was hit."""
    titles = {sheet.id: sheet.title for sheet in state.sheets}
    ranges = [span for aim in aims for span in aim.ranges(titles[aim.sheet_id])]
    if not ranges:
        return {}
    return {
        "includeSpreadsheetInResponse": True,
        "responseRanges": ranges,
        "responseIncludeGridData": True,
    }


def _number() -> int:
    return secrets.randbelow(MOST) + 1


def _plan(aims: Sequence[TabAim], slips: Sequence[Slip], former: Sequence[Json]) -> Json:
    """`former`: what an operation aimed at whose number this one takes over."""
    return {
        "aims": [aim.to_json() for aim in aims],
        "slips": [slip.to_json() for slip in slips],
        "former": list(former),
    }

"""Workbooks on the stand-in, for tests: the real client and adapter over HTTP, a ledger, and a clock that is moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from google.auth.credentials import AnonymousCredentials

from bridge.adapters.google.client import GoogleClient, NoQuota
from bridge.adapters.workbooks.google import GoogleWorkbook
from bridge.adapters.workbooks.google_layout import Terms, lacking
from bridge.adapters.workbooks.google_looks import (
    LOOK_FIELDS,
    SIZE_FIELDS,
    read_looks,
    sample_body,
    set_aside,
    strays_body,
)
from bridge.domain.cells import Cell
from bridge.domain.columns import Table
from tests.contract.ledgers import Ledger
from tests.stand_in.google import Google


def plain_client(google: Google, time_outs: tuple[float, float] = (10, 60)) -> GoogleClient:
    """Without sign-in and waiting between tries."""
    return GoogleClient(
        AnonymousCredentials(),
        api_root=google.url,
        quota=NoQuota(),
        pause=lambda seconds: None,
        time_outs=time_outs,
    )


class GoogleDesk:
    """Spreadsheets by name, and workbooks on them."""

    def __init__(self, google: Google, ledger: Ledger) -> None:
        from bridge.adapters.ledger.operations import DjangoOperations

        self.google, self.ledger = google, ledger
        self.client = plain_client(google)
        self.operations = DjangoOperations()
        self.ids: dict[str, str] = {}
        google.state.clock = ledger.clock.now

    def workbook(
        self, name: str, tables: Sequence[Table], client: GoogleClient | None = None
    ) -> GoogleWorkbook:
        return GoogleWorkbook(
            client or self.client,
            lambda: self.ids.get(name, ""),
            lambda own: self.make(name, own, tables),
            tables,
            self.operations,
            self.ledger.clock,
            self.shown,
            name,
        )

    def shown(self, table: str, key: str) -> Mapping[str, Cell]:
        found = self.ledger.rows.load(table, [key]).get(key)
        return found.confirmed if found else {}

    def make(self, name: str, tables: Sequence[Table], known: Sequence[Table]) -> str:
        if name not in self.ids:
            body = {"properties": {"title": name}}
            made = self.client.call("sheets", "POST", "/v4/spreadsheets", effect="write", body=body)
            self.ids[name] = made["spreadsheetId"]
        self.ledger.clock.pass_time(seconds=1)
        self._batch(name, lambda looks: set_aside(known, looks, f"{self.ledger.clock.now():%H%M%S%f}"))
        self._batch(
            name,
            lambda looks: [
                request for lack in lacking(tables, looks, Terms(ours=True)) for request in lack.requests
            ],
        )
        return self.ids[name]

    def _batch(self, name: str, plan: Any) -> None:
        path = f"/v4/spreadsheets/{self.ids[name]}"
        sizes = self.client.call("sheets", "GET", path, effect="read", params={"fields": SIZE_FIELDS})
        sample = self.client.call(
            "sheets",
            "POST",
            path + ":getByDataFilter",
            effect="read",
            params={"fields": LOOK_FIELDS},
            body=sample_body(sizes),
        )
        body = strays_body(sample)
        strays: dict[str, Any] = {}
        if body["dataFilters"]:
            strays = self.client.call(
                "sheets", "POST", path + "/values:batchGetByDataFilter", effect="read", body=body
            )
        requests = plan(read_looks(sample, strays))
        if requests:
            self.client.call(
                "sheets", "POST", path + ":batchUpdate", effect="write", body={"requests": requests}
            )

    def pass_minutes(self, minutes: float) -> None:
        self.ledger.clock.moment += timedelta(minutes=minutes)

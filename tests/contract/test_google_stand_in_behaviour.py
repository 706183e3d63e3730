"""The stand-in in what no recording shows: batches, people's actions, faults, quotas, forms, mail, tokens."""

from __future__ import annotations

import base64
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.contract.google_discovery import undocumented
from tests.stand_in.google import Google, Kind, oauth, serve


class Client:
    """Plain HTTP to a stand-in, with one spreadsheet of its own."""

    def __init__(self, google: Google) -> None:
        self.google, self.session = google, requests.Session()
        self.id = self.ok("POST", "/v4/spreadsheets", {"properties": {"title": "a book"}})["spreadsheetId"]

    def call(
        self, method: str, path: str, body: Any = None, timeout: float = 10, **params: Any
    ) -> requests.Response:
        url = self.google.url + path.format(id=getattr(self, "id", ""))
        return self.session.request(method, url, json=body, params=params, timeout=timeout)

    def ok(self, method: str, path: str, body: Any = None, **params: Any) -> Any:
        answer = self.call(method, path, body, **params)
        assert answer.status_code in (200, 204), answer.text
        return answer.json() if answer.content else None

    def batch(self, *requests_: dict[str, Any], **more: Any) -> Any:
        return self.ok("POST", "/v4/spreadsheets/{id}:batchUpdate", {"requests": list(requests_), **more})

    def fill(self, rows: list[list[Any]]) -> None:
        self.ok("PUT", "/v4/spreadsheets/{id}/values/Sheet1!A1", {"values": rows}, valueInputOption="RAW")

    def values(self, text: str = "Sheet1", **params: Any) -> list[list[Any]]:
        params.setdefault("valueRenderOption", "UNFORMATTED_VALUE")
        return self.ok("GET", f"/v4/spreadsheets/{{id}}/values/{text}", **params).get("values", [])

    def drive(self) -> dict[str, Any]:
        return self.ok("GET", "/drive/v3/files/{id}", fields="name,version,modifiedTime")


@pytest.fixture
def google() -> Iterator[Google]:
    """A stand-in whose every exchange is checked against the discovery documents, where they are installed."""
    with serve() as running:
        running.keep_answers = True
        yield running
        for call in running.calls:
            if any(index == call.index for index, _ in running.faults.log):
                call.answer = None
        assert undocumented(running) == []


@pytest.fixture
def client(google: Google) -> Client:
    return Client(google)


def write_cell(row: int, text: str) -> dict[str, Any]:
    rows = [{"values": [{"userEnteredValue": {"stringValue": text}}]}]
    return {"updateCells": {"start": {"rowIndex": row}, "rows": rows, "fields": "userEnteredValue"}}


def mark(index: int, key: str) -> dict[str, Any]:
    where = {"dimensionRange": {"dimension": "COLUMNS", "startIndex": index, "endIndex": index + 1}}
    entry = {"metadataKey": key, "metadataValue": key.upper(), "visibility": "DOCUMENT", "location": where}
    return {"createDeveloperMetadata": {"developerMetadata": entry}}


def by_key(key: str) -> dict[str, Any]:
    return {"dataFilters": [{"developerMetadataLookup": {"metadataKey": key}}]}


# Batches


def test_a_batch_is_ordered_and_all_or_nothing(client: Client) -> None:
    client.fill([["a"], ["b"]])
    before = client.drive()["version"]
    insert = {"insertDimension": {"range": {"dimension": "ROWS", "startIndex": 1, "endIndex": 2}}}
    bad = {"deleteSheet": {"sheetId": 99}}
    refused = client.call(
        "POST", "/v4/spreadsheets/{id}:batchUpdate", {"requests": [insert, write_cell(1, "x"), bad]}
    )
    assert refused.status_code == 400
    assert refused.json()["error"]["message"] == "Invalid requests[2].deleteSheet: No sheet with id: 99"
    assert (client.values(), client.drive()["version"]) == ([["a"], ["b"]], before)
    client.batch(insert, write_cell(1, "x"))
    assert client.values() == [["a"], ["x"], ["b"]]


def test_the_answer_of_a_batch_can_carry_what_is_there_afterwards(client: Client) -> None:
    answer = client.batch(
        write_cell(0, "=IMPORTDATA(1)"),
        includeSpreadsheetInResponse=True,
        responseRanges=["Sheet1!A1:A2"],
        responseIncludeGridData=True,
    )
    data = answer["updatedSpreadsheet"]["sheets"][0]["data"][0]
    assert data["rowData"][0]["values"][0]["userEnteredValue"] == {"stringValue": "=IMPORTDATA(1)"}
    assert len(data["rowMetadata"]) == 2
    assert client.values() == [["=IMPORTDATA(1)"]]
    assert client.google.state.books[client.id].fetches == []


def test_column_metadata_moves_with_its_column(client: Client) -> None:
    client.fill([["one", "two", "three"]])
    client.batch(mark(1, "second"))

    def where() -> int:
        found = client.ok("POST", "/v4/spreadsheets/{id}/developerMetadata:search", by_key("second"))
        return found["matchedDeveloperMetadata"][0]["developerMetadata"]["location"]["dimensionRange"][
            "startIndex"
        ]

    hand = client.google.people.sheet(client.id)
    assert where() == 1
    hand.insert_columns(0, 2)
    assert where() == 3
    hand.move_column("two", 0)
    assert where() == 0
    found = client.ok("POST", "/v4/spreadsheets/{id}/values:batchGetByDataFilter", by_key("second"))
    assert found["valueRanges"][0]["valueRange"]["values"] == [["two"]]
    hand.delete_column("two")
    assert client.ok("POST", "/v4/spreadsheets/{id}/developerMetadata:search", by_key("second")) == {}


def test_spreadsheet_metadata_as_a_commit_marker(client: Client) -> None:
    marker = {
        "metadataId": 4711,
        "metadataKey": "commit",
        "visibility": "DOCUMENT",
        "location": {"spreadsheet": True},
    }
    create = {"createDeveloperMetadata": {"developerMetadata": marker}}
    client.batch(create)
    twice = client.call(
        "POST", "/v4/spreadsheets/{id}:batchUpdate", {"requests": [write_cell(0, "no"), create]}
    )
    assert twice.status_code == 400
    assert client.values() == []
    assert client.ok("GET", "/v4/spreadsheets/{id}/developerMetadata/4711")["metadataKey"] == "commit"
    remove = {"deleteDeveloperMetadata": {"dataFilter": {"developerMetadataLookup": {"metadataId": 4711}}}}
    assert client.batch(remove)["replies"][0]["deleteDeveloperMetadata"]["deletedDeveloperMetadata"]
    assert client.call("GET", "/v4/spreadsheets/{id}/developerMetadata/4711").status_code == 404


def test_inserted_rows_take_format_and_rule_from_the_row_before(client: Client) -> None:
    rule = {"condition": {"type": "BOOLEAN"}, "strict": True}
    where = {"startRowIndex": 0, "endRowIndex": 1, "startColumnIndex": 0, "endColumnIndex": 1}
    client.batch({"setDataValidation": {"range": where, "rule": rule}})
    span = {"dimension": "ROWS", "startIndex": 1, "endIndex": 3}
    client.batch({"insertDimension": {"range": span, "inheritFromBefore": True}})
    fields = "sheets.data.rowData.values.dataValidation"
    found = client.ok("GET", "/v4/spreadsheets/{id}", fields=fields, ranges="Sheet1!A1:A5")
    assert found["sheets"][0]["data"][0]["rowData"] == [{"values": [{"dataValidation": rule}]}] * 3


def test_charts(client: Client) -> None:
    spec = {"title": "per month", "basicChart": {"chartType": "COLUMN"}}
    place = {"overlayPosition": {"anchorCell": {"rowIndex": 3}}}
    chart = client.batch({"addChart": {"chart": {"spec": spec, "position": place}}})["replies"][0][
        "addChart"
    ]["chart"]
    client.batch({"updateChartSpec": {"chartId": chart["chartId"], "spec": {**spec, "title": "per year"}}})
    found = client.ok("GET", "/v4/spreadsheets/{id}", fields="sheets.charts(chartId,spec.title)")
    assert found["sheets"] == [{"charts": [{"chartId": chart["chartId"], "spec": {"title": "per year"}}]}]
    client.batch({"deleteEmbeddedObject": {"objectId": chart["chartId"]}})
    assert client.ok("GET", "/v4/spreadsheets/{id}", fields="sheets.charts") == {"sheets": [{}]}


# People


def test_people_between_two_calls(client: Client) -> None:
    client.fill([["id", "name"], ["2", "ข"], ["1", "ก"]])
    hand = client.google.people.sheet(client.id)
    before = client.drive()["version"]
    hand.sort("id")
    assert client.drive()["version"] > before
    assert client.values() == [["id", "name"], ["1", "ก"], ["2", "ข"]]
    hand.copy_row(1)
    hand.type(2, "name", "ค")
    hand.rename_header("name", "ชื่อ")
    assert client.values() == [["id", "ชื่อ"], ["1", "ก"], ["1", "ค"], ["2", "ข"]]
    old = client.google.people.version(client.id)
    hand.cut_row(1, 5)
    hand.clear("A3:B3")
    hand.rename("CO2")
    assert client.values("'CO2'") == [["id", "ชื่อ"], [], [], ["2", "ข"], [], ["1", "ก"]]
    client.google.people.restore(client.id, old)
    assert client.values()[1:3] == [["1", "ก"], ["1", "ค"]]
    hand.filter("id", ["2"])
    hand.tick_boxes(3)
    assert client.values()[4:6] == [["", "", "", False]] * 2


def test_people_inside_a_call(client: Client) -> None:
    """A sort between the server's reading and the client's writing moves the row under the write."""
    client.fill([["b"], ["a"]])
    hand = client.google.people.sheet(client.id)
    client.google.before(":batchUpdate", lambda: hand.sort(0, header_rows=0))
    client.google.after(":batchUpdate", lambda: hand.type(5, 0, "typed before the answer left"))
    client.batch(write_cell(0, "meant for b"))
    assert client.values() == [["meant for b"], ["b"], [], [], [], ["typed before the answer left"]]


# Faults


@pytest.mark.parametrize(
    ("kind", "status"),
    [("429", 429), ("500", 500), ("502", 502), ("503", 503), ("401", 401), ("403 usageLimits", 403)],
)
def test_refused_before_anything_was_done(client: Client, kind: str, status: int) -> None:
    client.google.faults.at(len(client.google.calls), kind)
    answer = client.call("POST", "/v4/spreadsheets/{id}:batchUpdate", {"requests": [write_cell(0, "x")]})
    assert answer.status_code == status
    assert ("<!DOCTYPE html>" in answer.text) == (status == 502)
    assert ("usageLimits" in answer.text) == (kind == "403 usageLimits")
    assert client.values() == []


@pytest.mark.parametrize("kind", [k for k in Kind if "commit" in k and k[:3] not in ("500", "502", "503")])
def test_no_answer(client: Client, kind: Kind) -> None:
    client.google.faults.on(":batchUpdate", kind)
    with pytest.raises(requests.RequestException):
        body = {"requests": [write_cell(0, "x")]}
        client.call("POST", "/v4/spreadsheets/{id}:batchUpdate", body, timeout=0.3)
    assert client.values() == ([["x"]] if "after" in kind else [])


@pytest.mark.parametrize(
    "kind", ["500 after commit", "502 after commit", "503 after commit", "truncated JSON"]
)
def test_done_but_the_answer_is_spoilt(client: Client, kind: str) -> None:
    client.google.faults.on(":batchUpdate", kind)
    answer = client.call("POST", "/v4/spreadsheets/{id}:batchUpdate", {"requests": [write_cell(0, "x")]})
    with pytest.raises((requests.HTTPError, requests.JSONDecodeError)):
        answer.raise_for_status()
        answer.json()
    assert client.values() == [["x"]]


def test_applied_late(client: Client) -> None:
    moment = [datetime(2030, 1, 1, tzinfo=UTC)]
    client.google.state.clock = lambda: moment[0]
    client.google.faults.on(":batchUpdate", Kind.LATE, answer=Kind.UNAVAILABLE, seconds=150)
    body = {"requests": [write_cell(0, "late")]}
    assert client.call("POST", "/v4/spreadsheets/{id}:batchUpdate", body).status_code == 503
    assert client.values() == []
    moment[0] += timedelta(seconds=151)
    assert client.values() == [["late"]]


def test_quota(client: Client) -> None:
    moment = [datetime(2030, 1, 1, tzinfo=UTC)]
    client.google.state.clock = lambda: moment[0]
    client.google.bucket.enabled = True
    statuses = [client.call("GET", "/v4/spreadsheets/{id}/values/A1").status_code for _ in range(61)]
    assert statuses == [200] * 60 + [429]
    client.fill([["writes have a bucket of their own"]])
    moment[0] += timedelta(minutes=1)
    assert client.values() == [["writes have a bucket of their own"]]


def test_access_taken_away_and_given_back(client: Client) -> None:
    people = client.google.people
    people.share(client.id, "none")
    assert client.call("GET", "/v4/spreadsheets/{id}").status_code == 403
    people.share(client.id, "reader")
    assert client.values() == []
    refused = client.call("POST", "/v4/spreadsheets/{id}:batchUpdate", {"requests": [write_cell(0, "x")]})
    assert refused.json()["error"]["message"] == "The caller does not have permission"
    people.delete_forever(client.id)
    assert client.call("GET", "/v4/spreadsheets/{id}").status_code == 404


# Forms, Gmail, tokens


def test_pages_and_filter_of_responses(client: Client) -> None:
    forms = client.google.forms
    form = forms.make("ส่งเคส", ["ชื่อ"])
    start = datetime(2026, 1, 1, tzinfo=UTC)
    ids = [forms.submit(form, {"ชื่อ": f"คน {n}"}, at=start + timedelta(microseconds=n)) for n in range(5)]
    path = f"/v1/forms/{form.id}/responses"
    first = client.ok("GET", path, pageSize=2)
    forms.submit(form, {"ชื่อ": "มาใหม่"}, at=start + timedelta(seconds=1))
    seen, token = [r["responseId"] for r in first["responses"]], first["nextPageToken"]
    while token:
        page = client.ok("GET", path, pageSize=2, pageToken=token)
        seen += [r["responseId"] for r in page["responses"]]
        token = page.get("nextPageToken")
    assert seen[:5] == ids and len(seen) == 6
    forms.edit(form, ids[0], {"ชื่อ": "แก้แล้ว"}, at=start + timedelta(seconds=2))
    stamp = "2026-01-01T00:00:00.000004Z"
    after = client.ok("GET", path, filter=f"timestamp > {stamp}")["responses"]
    assert [r["responseId"] for r in after] == [ids[0], seen[5]]
    since = client.ok("GET", path, filter=f"timestamp >= {stamp}")["responses"]
    assert [r["responseId"] for r in since] == [ids[0], ids[4], seen[5]]
    assert client.ok("GET", path, filter="timestamp > 2027-01-01T00:00:00Z") == {}
    question = form.questions.keys().__iter__().__next__()
    assert after[0]["answers"][question]["textAnswers"]["answers"] == [{"value": "แก้แล้ว"}]


def test_mail_is_found_again_by_its_message_id(client: Client) -> None:
    raw = b"To: officer@example.org\r\nSubject: x\r\nMessage-ID: <one@saphan.example>\r\n\r\nbody"
    body = {"raw": base64.urlsafe_b64encode(raw).decode()}
    sent = client.ok("POST", "/gmail/v1/users/sender%40example.org/messages/send", body)
    query = "rfc822msgid:<one@saphan.example>"
    found = client.ok("GET", "/gmail/v1/users/me/messages", q=query)
    assert found["messages"] == [{"id": sent["id"], "threadId": sent["threadId"]}]
    assert client.ok("GET", "/gmail/v1/users/me/messages", q="rfc822msgid:other@x") == {
        "resultSizeEstimate": 0
    }


def test_tokens_and_their_scopes(client: Client) -> None:
    refresh = oauth.grant_refresh(
        client.google.state, "admin@example.org", [oauth.BASE + "spreadsheets.readonly"]
    )
    form = {"grant_type": "refresh_token", "refresh_token": refresh, "client_id": "a", "client_secret": "b"}
    token = requests.post(client.google.url + "/token", data=form, timeout=5).json()["access_token"]
    client.session.headers["Authorization"] = f"Bearer {token}"
    assert client.values() == []
    refused = client.call("POST", "/v4/spreadsheets/{id}:batchUpdate", {"requests": [write_cell(0, "x")]})
    assert (refused.status_code, "insufficient authentication scopes" in refused.text) == (403, True)
    client.google.state.revoked.add(token)
    assert client.call("GET", "/v4/spreadsheets/{id}").status_code == 401
    bad = requests.post(
        client.google.url + "/token", data={"grant_type": oauth.JWT_GRANT, "assertion": "x"}, timeout=5
    )
    assert (bad.status_code, bad.json()["error"]) == (400, "invalid_grant")


def test_as_a_process() -> None:
    command = [sys.executable, "-m", "tests.stand_in.google", "--port", "0"]
    root = Path(__file__).resolve().parents[2]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        try:
            url = process.stdout.readline().strip()  # type: ignore[union-attr]
            answer = requests.post(f"{url}/v4/spreadsheets", json={}, timeout=10).json()
            assert answer["properties"]["title"] == "Untitled spreadsheet"
        finally:
            process.terminate()

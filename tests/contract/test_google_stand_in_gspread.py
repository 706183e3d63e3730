"""The stand-in under gspread's public client, used in the ordinary way: what gspread promises has to hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import google.auth.transport.requests
import gspread
import pytest
import requests
from google.oauth2.service_account import Credentials
from gspread.http_client import HTTPClient
from gspread.utils import (
    DateTimeOption,
    Dimension,
    ExportFormat,
    ValidationConditionType,
    ValueInputOption,
    ValueRenderOption,
)

from tests.contract.google_discovery import undocumented
from tests.stand_in.google import Google, serve

HOSTS = ("https://sheets.googleapis.com", "https://www.googleapis.com")
NOT_IN_DOCUMENTS = ("withLink", "/upload/drive/v2/")
"""What gspread sends although none of the documents has it."""


class LoopbackCredentials(Credentials):
    """Without google-auth's own question about allowed regions: it goes to Google whatever the token's address is."""

    def _is_regional_access_boundary_lookup_required(self) -> bool:
        return False


def client_for(google: Google, session: requests.Session | None = None) -> gspread.Client:
    """gspread's client with every address moved to the stand-in."""

    class Moved(HTTPClient):
        def request(self, method: str, endpoint: str, *args: Any, **more: Any) -> requests.Response:
            for host in HOSTS:
                endpoint = endpoint.replace(host, google.url)
            return super().request(method, endpoint, *args, **more)

    return gspread.Client(auth=None, session=session or requests.Session(), http_client=Moved)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def running() -> Iterator[Google]:
    with serve() as google:
        google.keep_answers = True
        yield google


@pytest.fixture(scope="module")
def client(running: Google) -> gspread.Client:
    return client_for(running)


@pytest.fixture
def sheet(client: gspread.Client) -> gspread.Worksheet:
    return client.create("a spreadsheet").sheet1


@pytest.fixture(autouse=True)
def every_exchange_is_as_documented(running: Google) -> Iterator[None]:
    """Each request and answer of each test, against the discovery documents where they are installed."""
    first = len(running.calls)
    yield
    wrong = undocumented(running, first)
    assert [text for text in wrong if not any(own in text for own in NOT_IN_DOCUMENTS)] == []


def test_credentials_of_a_service_account(running: Google) -> None:
    scopes = ["https://www.googleapis.com/auth/spreadsheets", "https://www.googleapis.com/auth/drive"]
    credentials = LoopbackCredentials.from_service_account_info(running.service_account_info(), scopes=scopes)
    session = google.auth.transport.requests.AuthorizedSession(credentials)
    made = client_for(running, session).create("by a service account")
    assert made.sheet1.get_all_values() == [[]]
    assert made.title == "by a service account"


def test_opening_and_listing(client: gspread.Client) -> None:
    made = client.create("one to find")
    assert client.open("one to find").id == made.id
    assert client.open_by_key(made.id).title == "one to find"
    assert made.id in {entry["id"] for entry in client.list_spreadsheet_files()}
    with pytest.raises(gspread.SpreadsheetNotFound):
        client.open("none of that name")
    client.del_spreadsheet(made.id)
    with pytest.raises(gspread.SpreadsheetNotFound):
        client.open_by_key(made.id)


def test_values_round_trip(sheet: gspread.Worksheet) -> None:
    sheet.update([["ชื่อ", "อายุ"], ["มานี", 42], ["", ""], ["ปิติ", 7.5]], "A1")
    assert sheet.get_all_values() == [["ชื่อ", "อายุ"], ["มานี", "42"], ["", ""], ["ปิติ", "7.5"]]
    assert sheet.get("A1:B4") == [["ชื่อ", "อายุ"], ["มานี", "42"], [], ["ปิติ", "7.5"]]
    assert sheet.get("B1:B4", value_render_option=ValueRenderOption.unformatted) == [["อายุ"], [42], [], [7.5]]
    assert sheet.get_all_records() == [
        {"ชื่อ": "มานี", "อายุ": 42},
        {"ชื่อ": "", "อายุ": ""},
        {"ชื่อ": "ปิติ", "อายุ": 7.5},
    ]
    assert sheet.row_values(2) == ["มานี", "42"]
    assert sheet.col_values(1) == ["ชื่อ", "มานี", "", "ปิติ"]
    assert sheet.find("ปิติ").address == "A4"
    assert sheet.get("A1:B2", major_dimension=Dimension.cols) == [["ชื่อ", "มานี"], ["อายุ", "42"]]


@pytest.mark.parametrize(
    ("typed", "shown", "stored"),
    [
        ("=1+2*3", "7", 7),
        ("0812345678", "812345678", 812345678),
        ("+66812345678", "66812345678", 66812345678),
        ("'0812345678", "0812345678", "0812345678"),
        ("2,000.50", "2,000.50", 2000.5),
        ("50%", "50%", 0.5),
        ("TRUE", "TRUE", True),
        ("1e5", "1.00E+05", 100000),
        ("2024-02-29", "2024-02-29", 45351),
        ("2024-02-30", "2024-02-30", "2024-02-30"),
        ("10:30", "10:30", 0.4375),
        ("=1/0", "#DIV/0!", "#DIV/0!"),
        ('=IF(TRUE,"ใช่","ไม่")&"!"', "ใช่!", "ใช่!"),
    ],
)
def test_typed_and_raw(sheet: gspread.Worksheet, typed: str, shown: str, stored: Any) -> None:
    sheet.update([[typed]], "A1", value_input_option=ValueInputOption.user_entered)
    sheet.update([[typed]], "A2", value_input_option=ValueInputOption.raw)
    assert sheet.acell("A1").value == shown
    assert sheet.acell("A1", value_render_option=ValueRenderOption.unformatted).value == stored
    assert sheet.acell("A2", value_render_option=ValueRenderOption.unformatted).value == typed


def test_formulas_follow_their_cells(sheet: gspread.Worksheet) -> None:
    user = ValueInputOption.user_entered
    sheet.update([[1], [2], ["=SUM(A1:A2)"], ["=A3*10"]], "A1", value_input_option=user)
    sheet.insert_row([100], 2)
    formulas = sheet.get("A1:A5", value_render_option=ValueRenderOption.formula)
    assert formulas == [[1], [100], [2], ["=SUM(A1:A3)"], ["=A4*10"]]
    assert sheet.get("A4:A5") == [["103"], ["1030"]]
    sheet.delete_rows(4)
    assert sheet.acell("A4").value == "#REF!"


def test_dates_as_serial_numbers_and_texts(sheet: gspread.Worksheet) -> None:
    sheet.update([["2023-12-31 06:00"]], "A1", value_input_option=ValueInputOption.user_entered)
    unformatted = ValueRenderOption.unformatted
    assert sheet.get("A1", value_render_option=unformatted) == [[45291.25]]
    text = sheet.get(
        "A1", value_render_option=unformatted, date_time_render_option=DateTimeOption.formatted_string
    )
    assert text == [["2023-12-31 6:00"]]


def test_appending_finds_the_table(sheet: gspread.Worksheet) -> None:
    sheet.update([["a", "b"], ["c", "d"]], "B2")
    answer = sheet.append_row(["e", "f"])
    assert (answer["tableRange"], answer["updates"]["updatedRange"]) == ("Sheet1!B2:C3", "Sheet1!B4:C4")
    sheet.append_rows([["g"], ["h"]])
    assert sheet.get("B2:C6") == [["a", "b"], ["c", "d"], ["e", "f"], ["g"], ["h"]]
    sheet.resize(rows=6)
    sheet.append_row(["beyond"])
    assert sheet.acell("B7").value == "beyond"


def test_rows_and_columns(sheet: gspread.Worksheet) -> None:
    sheet.update([["a", "b"], ["c", "d"]], "A1")
    sheet.insert_rows([["x", "y"]], 2)
    sheet.insert_cols([["left"]], 1)
    assert sheet.get_all_values() == [["left", "a", "b"], ["", "x", "y"], ["", "c", "d"]]
    sheet.delete_columns(1)
    sheet.delete_rows(1, 2)
    assert sheet.get_all_values() == [["c", "d"]]
    sheet.resize(rows=3, cols=4)
    assert (sheet.row_count, sheet.col_count) == (3, 4)
    with pytest.raises(gspread.exceptions.APIError, match="Cannot delete a row that doesn't exist"):
        sheet.delete_rows(9)
    with pytest.raises(gspread.exceptions.APIError, match="You can't delete all the rows on the sheet"):
        sheet.delete_rows(1, 3)


def test_sorting_whole_rows(sheet: gspread.Worksheet) -> None:
    sheet.update([["n", "t"], [3, "c"], ["", "blank"], [1, "a"], ["x", "text"], [2, "b"]], "A1")
    sheet.freeze(rows=1)
    sheet.sort((1, "asc"))
    assert [row[1] for row in sheet.get_all_values()] == ["t", "a", "b", "c", "text", "blank"]
    sheet.sort((1, "des"))
    assert [row[1] for row in sheet.get_all_values()] == ["t", "text", "c", "b", "a", "blank"]


def test_batches_of_values(sheet: gspread.Worksheet) -> None:
    sheet.batch_update([{"range": "A1:B1", "values": [[1, 2]]}, {"range": "A3", "values": [[3]]}])
    assert sheet.batch_get(["A1:B1", "A3"]) == [[["1", "2"]], [["3"]]]
    sheet.batch_clear(["A1", "A3"])
    assert sheet.get_all_values() == [["", "2"]]
    sheet.clear()
    assert sheet.get_all_values() == [[]]
    cells = sheet.range("A1:B2")
    for at, cell in enumerate(cells):
        cell.value = at
    sheet.update_cells(cells)
    assert sheet.get_all_values() == [["0", "1"], ["2", "3"]]


def test_formats_notes_and_rules(sheet: gspread.Worksheet) -> None:
    sheet.update([[1234.5]], "A1")
    sheet.format(
        "A1:B2", {"numberFormat": {"type": "NUMBER", "pattern": "#,##0.00"}, "textFormat": {"bold": True}}
    )
    assert sheet.acell("A1").value == "1,234.50"
    sheet.insert_note("B2", "look")
    assert sheet.get_note("B2") == "look"
    assert sheet.get_notes() == [[], ["", "look"]]
    sheet.clear_note("B2")
    assert sheet.get_note("B2") == ""
    sheet.add_validation("C1:C3", ValidationConditionType.one_of_list, ["ใช่", "ไม่"], strict=True)
    fields = {"fields": "sheets.data.rowData.values.dataValidation", "ranges": "Sheet1!C1:C3"}
    rows = sheet.client.spreadsheets_get(sheet.spreadsheet_id, fields)["sheets"][0]["data"][0]["rowData"]
    assert [row["values"][0]["dataValidation"]["condition"]["type"] for row in rows] == ["ONE_OF_LIST"] * 3


def test_tabs(client: gspread.Client) -> None:
    book = client.create("tabs")
    extra = book.add_worksheet("CO2", rows=5, cols=4)
    extra.update([["in the tab"]], "A1")
    assert book.values_get("'CO2'!A1")["values"] == [["in the tab"]]
    with pytest.raises(gspread.exceptions.APIError, match="exceeds grid limits"):
        book.values_get("CO2")
    with pytest.raises(gspread.exceptions.APIError, match='A sheet with the name "CO2" already exists'):
        book.add_worksheet("CO2", rows=1, cols=1)
    copy = extra.duplicate(new_sheet_name="it's a copy")
    assert copy.acell("A1").value == "in the tab"
    assert copy.get_all_values() == [["in the tab"]]
    book.reorder_worksheets([extra, book.worksheet("Sheet1"), copy])
    assert [tab.title for tab in book.worksheets()] == ["CO2", "Sheet1", "it's a copy"]
    extra.update_title("renamed")
    extra.update_tab_color("#ff7f00")
    assert book.worksheet("renamed").tab_color == "#FF7F00"
    extra.hide()
    assert [tab.title for tab in book.worksheets(exclude_hidden=True)] == ["Sheet1", "it's a copy"]
    book.del_worksheet(copy)
    book.del_worksheet(extra)
    with pytest.raises(gspread.exceptions.APIError, match="You can't remove all the sheets"):
        book.del_worksheet(book.sheet1)
    there = client.create("target")
    assert book.sheet1.copy_to(there.id)["title"] == "Copy of Sheet1"


def test_merges_names_filters_and_protection(sheet: gspread.Worksheet) -> None:
    book = sheet.spreadsheet
    sheet.update([["a", "b"], ["c", "d"]], "A1")
    sheet.merge_cells("A1:B1")
    assert sheet.get_all_values() == [["a", ""], ["c", "d"]]
    assert sheet.get_values("A1:B2", combine_merged_cells=True) == [["a", "a"], ["c", "d"]]
    sheet.unmerge_cells("A1:B1")
    sheet.define_named_range("A2:B2", "second")
    assert book.values_get("second")["values"] == [["c", "d"]]
    sheet.insert_row(["new"], 1)
    assert book.values_get("second")["range"] == "Sheet1!A3:B3"
    sheet.set_basic_filter("A1:B3")
    sheet.clear_basic_filter()
    sheet.add_protected_range("A1:B1", description="header", warning_only=True)
    protected = book.list_protected_ranges(sheet.id)
    assert [one["description"] for one in protected] == ["header"]
    sheet.delete_protected_range(protected[0]["protectedRangeId"])
    assert book.list_protected_ranges(sheet.id) == []


def test_copying_cutting_grouping_hiding(sheet: gspread.Worksheet) -> None:
    sheet.update([["a"], ["b"]], "A1")
    sheet.copy_range("A1:A2", "C1:C2")
    sheet.cut_range("A1:A2", "E1")
    assert sheet.get_all_values() == [["", "", "a", "", "a"], ["", "", "b", "", "b"]]
    sheet.add_dimension_group_rows(1, 3)
    assert sheet.list_dimension_group_rows()[0]["range"]["endIndex"] == 3
    sheet.delete_dimension_group_rows(1, 3)
    assert sheet.list_dimension_group_rows() == []
    sheet.hide_rows(1, 2)
    sheet.hide_gridlines()
    assert sheet.spreadsheet.sheet1.is_gridlines_hidden is True


def test_sharing(client: gspread.Client, running: Google) -> None:
    book = client.create("shared")
    before = len(running.state.notifications)
    book.share("officer@example.org", perm_type="user", role="writer", notify=False)
    assert {p["emailAddress"]: p["role"] for p in book.list_permissions()}["officer@example.org"] == "writer"
    assert len(running.state.notifications) == before
    book.share("loud@example.org", perm_type="user", role="reader")
    assert running.state.notifications[-1]["to"] == "loud@example.org"
    book.remove_permissions("officer@example.org")
    assert "officer@example.org" not in {p["emailAddress"] for p in book.list_permissions()}


def test_export_copy_and_import(client: gspread.Client) -> None:
    book = client.create("exported")
    book.sheet1.update([["ก", "a,b"], [1, '"q"']], "A1")
    assert book.export(ExportFormat.CSV).decode() == 'ก,"a,b"\r\n1,"""q"""'
    twin = client.copy(book.id, title="twin")
    twin.sheet1.update_acell("A1", "changed")
    assert (book.sheet1.acell("A1").value, twin.sheet1.acell("A1").value) == ("ก", "changed")
    client.import_csv(twin.id, "x,007\ny,=1+1")
    assert client.open_by_key(twin.id).sheet1.get_all_values() == [["x", "7"], ["y", "2"]]


def test_refusals_in_googles_words(sheet: gspread.Worksheet) -> None:
    refused = gspread.exceptions.APIError
    with pytest.raises(refused, match="Unable to parse range: nowhere!A1"):
        sheet.spreadsheet.values_get("nowhere!A1")
    with pytest.raises(
        refused, match=r"Range \(Sheet1!A2000\) exceeds grid limits. Max rows: 1000, max columns: 26"
    ):
        sheet.get("A2000")
    with pytest.raises(refused, match="maximum of 50000 characters in a single cell"):
        sheet.update([["x" * 50001]], "A1")
    with pytest.raises(refused, match=r"within range \[Sheet1!A1:B1\], but tried writing to row \[2\]"):
        sheet.update([[1], [2]], "A1:B1")
    with pytest.raises(refused, match=r"Invalid requests\[1\].updateCells: No grid with id: 77"):
        requests_ = [
            {"updateSpreadsheetProperties": {"properties": {"title": "half done"}, "fields": "title"}},
            {"updateCells": {"start": {"sheetId": 77}, "fields": "note", "rows": []}},
        ]
        sheet.spreadsheet.batch_update({"requests": requests_})
    assert sheet.client.fetch_sheet_metadata(sheet.spreadsheet_id)["properties"]["title"] == "a spreadsheet"
    with pytest.raises(refused, match="above the limit of 10000000 cells"):
        sheet.resize(rows=1_000_000)

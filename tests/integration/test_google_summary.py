"""The summary tabs in a Google spreadsheet that people read, rename and add to while they are rewritten."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bridge.adapters.google.client import GoogleClient, NoQuota
from bridge.adapters.google.credentials import KEYRING, load_credentials, scopes_for
from bridge.adapters.workbooks.google_page import COLUMN, ROW
from bridge.adapters.workbooks.google_summary import (
    BOOK_FIELDS,
    KEPT_WRITES,
    GoogleSummaryBook,
    digest,
    summary_requests,
)
from bridge.application.errors import OutsideError, SaphanError, SheetError
from bridge.domain.summary import (
    Chart,
    ChartKind,
    Format,
    SummaryBlock,
    SummaryColumn,
    SummaryTab,
)
from tests.contract.google_discovery import undocumented
from tests.contract.summary_books import trouble
from tests.integration.test_summary_workbook import TITLES, WORDS, tabs
from tests.stand_in.google import Google, serve
from tests.stand_in.google.book import Sheet
from tests.stand_in.google.faults import Kind
from tests.stand_in.google.people import Hand

Json = dict[str, Any]
NAME = "สรุป ของจังหวัด"
BATCH, GET = ":batchUpdate", "GET /v4/spreadsheets"


class Remembered(dict[str, str]):
    """What the ledger's journal keeps."""

    def setting(self, name: str) -> str:
        return self.get(name, "")

    def set_setting(self, name: str, value: str) -> None:
        assert len(name) <= 64
        self[name] = value


class Office:
    """One spreadsheet and the bridge's hand on its summaries."""

    def __init__(self, google: Google, folder: Path) -> None:
        self.google, self.memory = google, Remembered()
        self.id = google.state.add_file(NAME).id
        key = folder / "key.json"
        key.write_text(json.dumps(google.service_account_info()), encoding="utf-8")
        key.chmod(0o600)
        credentials = load_credentials(str(key), folder, KEYRING, scopes_for(["books"]), google.url)
        self.client = GoogleClient(
            credentials, api_root=google.url, quota=NoQuota(), pause=lambda _: None, time_outs=(5, 30)
        )
        self.book = self.opened()

    def opened(self, **options: bool) -> GoogleSummaryBook:
        """As another run of the bridge opens it."""
        return GoogleSummaryBook(self.client, lambda: self.id, NAME, self.memory, **options)

    def hand(self, title: str) -> Hand:
        return self.google.people.sheet(self.id, title)

    @property
    def titles(self) -> list[str]:
        return [sheet.title for sheet in self.google.state.books[self.id].sheets]

    @property
    def charts(self) -> dict[str, list[Json]]:
        return {sheet.title: sheet.charts for sheet in self.google.state.books[self.id].sheets}

    def calls(self) -> list[str]:
        """What was called since the last time, without sign-in."""
        lines = [call.line for call in self.google.calls if call.path != "/token"]
        self.google.calls.clear()
        return [line.replace(self.id, "ID").split("?")[0] for line in lines]

    def settle(self, wanted: tuple[SummaryTab, ...]) -> int:
        """Runs until one run ends well: how many ended badly."""
        for failed in range(6):
            try:
                self.opened().write(wanted)
            except SaphanError:
                continue
            return failed
        raise AssertionError("does not come to rest")

    def holds(self, wanted: tuple[SummaryTab, ...]) -> bool:
        return all(trouble(self.hand(tab.title).values(), tab) is None for tab in wanted)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with serve() as google:
        yield Office(google, tmp_path)


def aged(wanted: tuple[SummaryTab, ...], as_of: str) -> tuple[SummaryTab, ...]:
    return tuple(replace(tab, as_of=as_of) for tab in wanted)


def cells_under(chart: Json, sheet: Sheet) -> set[tuple[int, int]]:
    place = chart["position"]["overlayPosition"]
    row, column = place["anchorCell"]["rowIndex"], place["anchorCell"]["columnIndex"]
    pixels, end = 0, column
    while pixels < place["widthPixels"]:
        pixels += sheet.grid.column_axis.props.get(end, {}).get("pixelSize", COLUMN)
        end += 1
    below = row + math.ceil(place["heightPixels"] / ROW)
    return {(r, c) for r in range(row, below) for c in range(column, end)}


def block(heading: str, columns: int, charts: int = 0) -> SummaryBlock:
    """A small table of one category and as many figures as it has other columns."""
    heads = (
        SummaryColumn("ก", Format.TEXT, 10),
        *(SummaryColumn("ข", Format.COUNT, 9) for _ in range(1, columns)),
    )
    row = ("ค", *(-7 for _ in range(1, columns)))
    drawn = tuple(Chart(ChartKind.COLUMN, f"กราฟ {n}", 0, (1,)) for n in range(charts))
    return SummaryBlock(heading, None, heads, (row,), row, charts=drawn)


WIDE_BELOW_NARROW = SummaryTab("กว้าง", "วันนี้", (block("แคบ", 2, charts=2), block("กว้าง", 12, charts=1)))


class TestTabs:
    def test_new_ones_go_in_front_or_behind(self, office: Office) -> None:
        office.book.write(tabs())
        assert office.titles == [*TITLES, "Sheet1"]
        assert office.book.name == NAME
        for title in TITLES:
            office.hand(title).delete()
        office.opened(in_front=False).write(tabs(7))
        assert office.titles == ["Sheet1", *TITLES]

    def test_every_call_is_as_google_documents_it(self, office: Office) -> None:
        office.google.keep_answers = True
        office.book.write(tabs(200))
        office.book.write(tabs(3))
        office.book.write(aged(tabs(3), "วันนี้"), force_as_of=True)
        office.hand("ประเภท").merge("A5:B6")
        office.hand("ประเภท").filter(0, ["เด็ก"])
        office.hand("ตำบล").delete()
        office.book.write(tabs(0))
        assert undocumented(office.google) == []
        assert [call.status for call in office.google.calls if call.status != 200] == []

    def test_formats_and_looks(self, office: Office) -> None:
        office.book.write(tabs())
        tab = office.hand("เงินช่วยเหลือ").tab
        rows = office.hand("เงินช่วยเหลือ").values()
        header = next(at for at, row in enumerate(rows) if WORDS.baht in row)

        def fmt(row: int, column: int) -> Json:
            found: Json = tab.grid.get(row, column).fmt  # type: ignore[union-attr]
            assert found["textFormat"]["fontFamily"] == "Sarabun"
            assert found["verticalAlignment"] == "MIDDLE"
            return found

        at = {name: rows[header].index(name) for name in (WORDS.baht, WORDS.paid, WORDS.baht_share)}
        assert fmt(header + 1, at[WORDS.baht])["numberFormat"] == {"type": "NUMBER", "pattern": "#,##0.00"}
        assert fmt(header + 1, at[WORDS.paid])["numberFormat"] == {"type": "NUMBER", "pattern": "#,##0"}
        assert fmt(header + 1, at[WORDS.baht_share])["numberFormat"] == {"type": "PERCENT", "pattern": "0.0%"}
        assert fmt(header + 1, 0)["numberFormat"] == {"type": "TEXT"}
        assert fmt(header, at[WORDS.baht])["textFormat"]["bold"]
        assert fmt(header, at[WORDS.baht])["horizontalAlignment"] == "RIGHT"
        assert fmt(header, 0)["horizontalAlignment"] == "LEFT"
        total = next(at for at, row in enumerate(rows) if row and row[0] == WORDS.total)
        assert fmt(total, 1)["borders"]["bottom"]["style"] == "DOUBLE"
        assert fmt(total, at[WORDS.baht])["numberFormat"]["pattern"] == "#,##0.00"
        assert fmt(0, 0)["textFormat"]["fontSize"] == 16
        frozen = {"frozenRowCount": 2, "frozenColumnCount": 1, "hideGridlines": True}
        assert tab.grid_extra == frozen
        assert tab.grid.column_axis.props[0]["pixelSize"] > tab.grid.column_axis.props[1]["pixelSize"]

    def test_old_looks_go_with_old_figures(self, office: Office) -> None:
        office.book.write(tabs(200))
        office.book.write(tabs(1))
        sheet = office.hand("ตำบล").tab
        last = len(office.hand("ตำบล").values())
        assert {sheet.grid.get(row, 0) for row in range(last + 1, sheet.grid.row_count)} == {None}
        heights = {sheet.grid.row_axis.props[row]["pixelSize"] for row in range(last, sheet.grid.row_count)}
        assert heights == {ROW}

    @pytest.mark.parametrize("name", ['=IMPORTDATA("http://x")', "'x", "1/2"])
    def test_a_name_that_looks_like_a_formula_is_not_live(self, office: Office, name: str) -> None:
        office.book.write(tabs(case_type=name))
        assert office.holds(tabs(case_type=name))
        hand = office.hand("ประเภท")
        cell = hand.tab.grid.get(hand.find(name), 0)
        assert (cell.value, cell.formula) == (name, None)  # type: ignore[union-attr]
        assert office.google.state.books[office.id].fetches == []


class TestCharts:
    def test_are_native_and_point_at_the_figures(self, office: Office) -> None:
        office.book.write(tabs(3))
        office.book.write(tabs(200))
        kinds = set()
        for tab in tabs(200):
            values = [row[0] if row else None for row in office.hand(tab.title).values()]
            wanted = [(block, chart) for block in tab.blocks for chart in block.charts]
            found = office.charts[tab.title]
            assert len(found) == len(wanted) > 0
            for native, (block, chart) in zip(found, wanted, strict=True):
                top = values.index(block.heading) + 1
                last = top + 1 + min(chart.first or len(block.rows), len(block.rows))
                spec = native["spec"]
                assert spec["title"] == chart.title
                kinds.add(chart.kind)
                if chart.kind is ChartKind.PIE:
                    used = [spec["pieChart"]["domain"], spec["pieChart"]["series"]]
                    top += 1
                else:
                    basic = spec["basicChart"]
                    assert basic["chartType"] == chart.kind.name
                    assert basic["headerCount"] == 1
                    used = [basic["domains"][0]["domain"], *(one["series"] for one in basic["series"])]
                for data, column in zip(used, [chart.category, *chart.values], strict=True):
                    assert data["sourceRange"]["sources"] == [
                        {
                            "sheetId": office.hand(tab.title).tab.id,
                            "startRowIndex": top,
                            "endRowIndex": last,
                            "startColumnIndex": column,
                            "endColumnIndex": column + 1,
                        }
                    ]
        assert kinds == set(ChartKind)

    def test_lie_on_no_table_and_on_no_other_chart_and_inside_the_grid(self, office: Office) -> None:
        office.book.write([*tabs(200), WIDE_BELOW_NARROW])
        for title in (*TITLES, WIDE_BELOW_NARROW.title):
            sheet, values = office.hand(title).tab, office.hand(title).values()
            taken = {(r, c) for r, row in enumerate(values) for c, cell in enumerate(row) if cell is not None}
            for chart in sheet.charts:
                covered = cells_under(chart, sheet)
                assert not covered & taken
                assert max(row for row, _ in covered) < sheet.grid.row_count
                assert max(column for _, column in covered) < sheet.grid.column_count
                taken |= covered

    def test_keep_their_ids_and_go_when_they_are_no_longer_needed(self, office: Office) -> None:
        office.book.write(tabs(20))
        ids = {title: [chart["chartId"] for chart in found] for title, found in office.charts.items()}
        office.book.write(tabs(90))
        assert ids == {title: [chart["chartId"] for chart in found] for title, found in office.charts.items()}
        office.book.write(tabs(0))
        assert {title for title, found in office.charts.items() if found} == set()
        office.book.write(tabs(20))
        assert ids == {title: [chart["chartId"] for chart in found] for title, found in office.charts.items()}

    def test_figures_below_zero_are_not_cut_off(self, office: Office) -> None:
        office.book.write([WIDE_BELOW_NARROW])
        axis = office.charts["กว้าง"][0]["spec"]["basicChart"]["axis"][1]
        assert "viewWindowOptions" not in axis


class TestCalls:
    def test_an_unchanged_summary_costs_none(self, office: Office) -> None:
        office.book.write(tabs())
        assert office.calls() == ["GET /v4/spreadsheets/ID", "POST /v4/spreadsheets/ID:batchUpdate"]
        office.book.write(tabs())
        office.opened().write(aged(tabs(), "ภายหลัง"))
        assert office.calls() == []

    def test_a_change_costs_two_and_rewrites_only_the_tabs_that_it_is_in(self, office: Office) -> None:
        office.book.write(tabs())
        office.calls()
        for title in TITLES:
            office.hand(title).store(2, 0, "ของเรา")
        later = aged(tabs(), "ภายหลัง")
        changed = replace(later[5], notes=("มีเงินเพิ่ม",))
        office.opened().write((*later[:5], changed, *later[6:]))
        assert len(office.calls()) == 2
        assert trouble(office.hand(changed.title).values(), changed) is None
        for tab in (*later[:5], *later[6:]):
            rows = office.hand(tab.title).values()
            assert [row[0] for row in rows[:3]] == [tab.title, "ภายหลัง", "ของเรา"]

    def test_the_age_alone_is_written_when_it_is_asked_for(self, office: Office) -> None:
        office.book.write(tabs())
        office.hand("ตำบล").store(2, 0, "ของเรา")
        office.calls()
        later = aged(tabs(), "ภายหลัง")
        office.opened().write(later, force_as_of=True)
        assert len(office.calls()) == 2
        assert [row[0] for row in office.hand("ตำบล").values()[:3]] == ["ตำบล", "ภายหลัง", "ของเรา"]
        office.opened().write(later, force_as_of=True)
        assert office.calls() == []

    def test_another_spreadsheet_is_not_taken_for_written(self, office: Office) -> None:
        office.book.write(tabs())
        office.id = office.google.state.add_file("อีกไฟล์").id
        office.opened().write(tabs())
        assert office.holds(tabs())

    def test_forget_writes_everything_again(self, office: Office) -> None:
        office.book.write(tabs())
        office.hand("อำเภอ").wipe()
        office.book.forget()
        office.book.write(tabs())
        assert office.holds(tabs())

    def test_room_that_is_there_stays(self, office: Office) -> None:
        """A row that goes takes what people anchored to it along."""
        office.book.write(tabs(200))
        office.google.people.request(
            office.id,
            {"appendDimension": {"sheetId": office.hand("ตำบล").sheet_id, "dimension": "ROWS", "length": 50}},
        )
        sizes = [(office.hand(t).tab.grid.row_count, office.hand(t).tab.grid.column_count) for t in TITLES]
        office.book.write(tabs(0))
        office.book.write(tabs(200))
        assert sizes == [
            (office.hand(t).tab.grid.row_count, office.hand(t).tab.grid.column_count) for t in TITLES
        ]

    def test_many_runs_do_not_grow_anything(self, office: Office) -> None:
        """A grid is the larger of what it was and what a summary needs, so it stops at the largest summary;
        charts and marks of tabs have fixed ids; numbers of writes go when there are more than are kept."""
        large, small = tabs(200)[:3], tabs(3)[:3]
        sizes = []
        for run in range(60):
            office.opened().write((small, large)[run % 2])
            book = office.google.state.books[office.id]
            sheets = [(s.title, s.grid.row_count, s.grid.column_count, len(s.charts)) for s in book.sheets]
            sizes.append((sheets, len(book.metadata), [len(sheet.metadata) for sheet in book.sheets]))
        assert [sheets for sheets, *_ in sizes[1:]] == [sizes[1][0]] * 59
        assert sizes[KEPT_WRITES + 2] == sizes[-1]
        assert sizes[-1][1] <= KEPT_WRITES
        assert office.holds(large)


class TestReaders:
    def test_see_the_old_summary_or_the_new_one(self, office: Office) -> None:
        """Looked at before and after every call, with lost answers and refusals among them."""
        versions = [tabs(cases) for cases in (5, 90, 0, 40)]
        seen: list[int] = []

        def look() -> None:
            if "ตำบล" in office.titles:
                seen.append([office.holds(version) for version in versions].index(True))

        def watch_before() -> None:
            look()
            office.google.before("", watch_before)

        def watch_after() -> None:
            look()
            office.google.after("", watch_after)

        watch_before()
        watch_after()
        for version in versions:
            office.google.faults.on(BATCH, Kind.RESET_AFTER)
            office.google.faults.on(GET, Kind.UNAVAILABLE)
            office.settle(version)
        assert seen == sorted(seen)
        assert set(seen) == {0, 1, 2, 3}

    def test_see_it_over_the_wire_while_it_is_written(self, office: Office) -> None:
        versions = [tabs(cases) for cases in (60, 3)]
        office.book.write(versions[0])
        stop, wrong, looks = threading.Event(), [], []

        def read() -> None:
            path = f"/v4/spreadsheets/{office.id}/values:batchGet"
            asked = {"ranges": TITLES, "valueRenderOption": "UNFORMATTED_VALUE"}
            while not stop.is_set():
                answer = office.client.call("sheets", "GET", path, effect="read", params=asked)
                grids = [
                    [[None if cell == "" else cell for cell in row] for row in found["values"]]
                    for found in answer["valueRanges"]
                ]
                looks.append(1)
                if not any(
                    all(trouble(grid, tab) is None for grid, tab in zip(grids, version, strict=True))
                    for version in versions
                ):
                    wrong.append(grids)

        reader = threading.Thread(target=read)
        reader.start()
        for run in range(8):
            office.opened().write(versions[(run + 1) % 2])
        stop.set()
        reader.join()
        assert len(looks) > 1
        assert wrong == []


class TestPeople:
    def test_names_and_places_of_tabs_stay(self, office: Office) -> None:
        office.book.write(tabs())
        office.hand("ตำบล").rename("รายตำบล 📍")
        office.google.people.request(
            office.id,
            {
                "updateSheetProperties": {
                    "properties": {"sheetId": office.hand("ภาพรวม").sheet_id, "index": 9},
                    "fields": "index",
                }
            },
        )
        order = [*TITLES[1:7], "รายตำบล 📍", "Sheet1", "ภาพรวม"]
        assert office.titles == order
        office.book.write(tabs(50))
        assert office.titles == order
        assert office.holds(tabs(50)[:7])
        assert trouble(office.hand("รายตำบล 📍").values(), tabs(50)[7]) is None

    def test_copies_of_tabs_stay_as_they_were(self, office: Office) -> None:
        office.book.write(tabs(9))
        copy = office.hand("ตำบล").duplicate("ตำบล ณ สิ้นเดือน")
        before = copy.values(), [dict(chart) for chart in copy.tab.charts]
        office.book.write(tabs(70))
        assert (copy.values(), copy.tab.charts) == before
        assert office.holds(tabs(70))

    def test_a_deleted_tab_comes_back_after_the_one_before_it(self, office: Office) -> None:
        office.book.write(tabs(9))
        kept = office.hand("ขั้นตอน").duplicate("ขั้นตอนเดิม")
        office.hand("ขั้นตอน").delete()
        office.hand("ภาพรวม").delete()
        office.book.write(tabs(70))
        assert office.titles == [*TITLES[:4], "ขั้นตอนเดิม", *TITLES[4:], "Sheet1"]
        assert office.holds(tabs(70))
        assert trouble(kept.values(), tabs(9)[3]) is None
        assert len(office.charts["ขั้นตอน"]) == 1

    def test_a_copy_that_took_the_place_of_the_original_is_ours(self, office: Office) -> None:
        """As in a copy of the whole spreadsheet, where every mark and chart has another id."""
        office.book.write(tabs(9))
        copy = office.hand("ตำบล").duplicate("x")
        office.hand("ตำบล").delete()
        copy.rename("ตำบล")
        charts = len(copy.tab.charts)
        office.book.write(tabs(70))
        office.book.write(tabs(71))
        assert sorted(office.titles) == sorted([*TITLES, "Sheet1"])
        assert office.holds(tabs(71))
        assert len(copy.tab.charts) == charts

    def test_their_own_tabs_and_charts_stay_even_under_our_names(self, office: Office) -> None:
        hand = office.hand("Sheet1")
        hand.rename("อำเภอ")
        hand.type_row(["ของเรา", "=1+1"])
        office.book.write(tabs(9))
        assert hand.values() == [["ของเรา", 2]]
        assert office.titles == [*TITLES[:6], "อำเภอ 2", "ตำบล", "อำเภอ"]
        assert trouble(office.hand("อำเภอ 2").values(), tabs(9)[6]) is None
        ours = office.hand("ประเภท").sheet_id
        spec = {"title": "ของเรา", "pieChart": {"legendPosition": "NO_LEGEND"}}
        place = {"overlayPosition": {"anchorCell": {"sheetId": ours, "rowIndex": 3, "columnIndex": 3}}}
        office.google.people.request(office.id, {"addChart": {"chart": {"spec": spec, "position": place}}})
        theirs = dict(office.charts["ประเภท"][-1])
        for cases in (70, 0, 3):
            office.book.write(tabs(cases))
            assert theirs in office.charts["ประเภท"]
        assert len(office.charts["ประเภท"]) == 2

    def test_our_chart_on_a_dashboard_of_theirs_stays_there_and_up_to_date(self, office: Office) -> None:
        office.book.write(tabs(9))
        chart = office.charts["ประเภท"][0]["chartId"]
        anchor = {"sheetId": office.hand("Sheet1").sheet_id, "rowIndex": 7, "columnIndex": 2}
        moved = {"objectId": chart, "newPosition": {"overlayPosition": {"anchorCell": anchor}}}
        office.google.people.request(
            office.id, {"updateEmbeddedObjectPosition": moved | {"fields": "anchorCell"}}
        )
        office.book.write(tabs(70))
        assert office.charts["ประเภท"] == []
        assert [found["chartId"] for found in office.charts["Sheet1"]] == [chart]
        assert office.charts["Sheet1"][0]["position"]["overlayPosition"]["anchorCell"] == anchor
        office.hand("Sheet1").delete()
        office.book.write(tabs(9))
        assert [found["chartId"] for found in office.charts["ประเภท"]] == [chart]

    @pytest.mark.parametrize(
        "act",
        [
            lambda hand: hand.merge("A3:C9"),
            lambda hand: hand.filter(0, ["เด็ก", WORDS.total]),
            lambda hand: hand.hide_rows(2, 9),
            lambda hand: hand.wipe(),
            lambda hand: hand.clear(),
            lambda hand: hand.insert_rows(0, 4),
            lambda hand: hand.insert_columns(0, 2, "ใหม่"),
            lambda hand: hand.delete_rows(3, 12),
            lambda hand: hand.delete_column(5),
            lambda hand: hand.sort(1, header_rows=4),
            lambda hand: hand.paste(2, 1, [["=1/0", "x"]] * 40),
            lambda hand: hand.tick_boxes(1, 4, 30),
            lambda hand: hand.replace_all("เด็ก", "=NOW()"),
        ],
    )
    def test_whatever_they_do_to_our_tab_the_next_change_mends(
        self, office: Office, act: Callable[[Hand], object]
    ) -> None:
        office.book.write(tabs(60))
        act(office.hand("ประเภท"))
        office.book.write(tabs(70))
        assert office.holds(tabs(70))
        sheet = office.hand("ประเภท").tab
        assert not any(
            props.get("hiddenByUser") or props.get("hiddenByFilter")
            for props in sheet.grid.row_axis.props.values()
        )
        assert (sheet.merges, sheet.basic_filter, len(sheet.charts)) == ([], None, 1)

    @pytest.mark.parametrize(
        "act",
        [
            lambda office: office.hand("ตำบล").delete(),
            lambda office: office.hand("ประเภท").delete_rows(1, 15),
            lambda office: office.hand("ประเภท").delete_column(7),
            lambda office: office.hand("ประเภท").merge("A3:C9"),
            lambda office: office.hand("ประเภท").rename("อื่น"),
            lambda office: office.hand("ประเภท").duplicate("สำเนา"),
            lambda office: office.google.people.request(
                office.id, {"deleteEmbeddedObject": {"objectId": office.charts["ประเภท"][0]["chartId"]}}
            ),
        ],
    )
    def test_a_change_between_our_look_and_our_write(
        self, office: Office, act: Callable[[Office], object]
    ) -> None:
        office.book.write(tabs(60))
        ids = {title: office.hand(title).sheet_id for title in TITLES}
        office.google.after(GET, lambda: act(office))
        office.book.write(tabs(70))
        office.book.forget()
        office.book.write(tabs(70))
        for tab in tabs(70):
            title = tab.title if tab.title in office.titles else "อื่น"
            assert trouble(office.hand(title).values(), tab) is None
            assert office.hand(title).sheet_id == ids[tab.title] or tab.title == "ตำบล"

    def test_a_tab_of_theirs_takes_our_name_just_before_ours_is_made(self, office: Office) -> None:
        office.google.after(GET, lambda: office.hand("Sheet1").rename("ภาพรวม"))
        office.book.write(tabs())
        assert office.titles == ["ภาพรวม 2", *TITLES[1:], "ภาพรวม"]


class TestFailures:
    @pytest.mark.parametrize("where", [GET, BATCH])
    @pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.LATE])
    @pytest.mark.parametrize("first", [True, False])
    def test_every_fault_ends_as_if_it_had_not_been(
        self, office: Office, kind: Kind, where: str, first: bool
    ) -> None:
        old, new = tabs(90)[:2], tabs(7)[:2]
        if not first:
            office.book.write(old)
        if kind in (Kind.TIME_OUT_BEFORE, Kind.TIME_OUT_AFTER):
            office.client.set_timeout((5, 0.8))
        office.google.faults.on(where, kind, hold=0.1 if kind is Kind.SLOW else 30.0)
        failed = office.settle(new)
        assert [found for _, found in office.google.faults.log] == [kind]
        assert failed <= 1
        assert office.holds(new)
        assert office.titles == [*TITLES[:2], "Sheet1"]
        assert all(len(office.charts[tab.title]) == sum(len(b.charts) for b in tab.blocks) for tab in new)
        office.calls()
        office.opened().write(new)
        assert office.calls() == []

    def test_a_lost_answer_is_told(self, office: Office) -> None:
        office.google.faults.on(BATCH, Kind.RESET_AFTER)
        with pytest.raises(OutsideError) as caught:
            office.book.write(tabs())
        assert (caught.value.code, caught.value.facts) == ("summary_unsettled", {"file": NAME})

    @pytest.mark.parametrize("later", [1, 3])
    def test_a_write_that_is_done_late_does_not_bring_old_figures_back(
        self, office: Office, later: int
    ) -> None:
        office.book.write(tabs(5))
        office.google.faults.on(BATCH, Kind.LATE, answer=Kind.UNAVAILABLE)
        with pytest.raises(OutsideError):
            office.opened().write(tabs(60))
        for more in range(1, later + 1):
            office.opened().write(tabs(60 + more))
        assert office.google.faults.apply_late() == 1
        assert office.holds(tabs(60 + later))
        office.opened().write(tabs(5))
        assert office.holds(tabs(5))

    def test_a_write_that_is_done_between_the_next_look_and_the_next_write(self, office: Office) -> None:
        office.google.faults.on(BATCH, Kind.LATE, answer=Kind.UNAVAILABLE)
        with pytest.raises(OutsideError):
            office.book.write(tabs(60))
        office.google.after(GET, office.google.faults.apply_late)
        office.opened().write(tabs(5))
        assert office.holds(tabs(5))
        assert office.titles == [*TITLES, "Sheet1"]

    def test_what_is_there_counts_as_unknown_while_a_write_is_on_its_way(self, office: Office) -> None:
        """So that whoever is killed there leaves work for the next run and not a stale tab."""
        office.book.write(tabs(5))
        during: list[dict[str, str]] = []
        office.google.before(BATCH, lambda: during.append(dict(office.memory)))
        office.book.write(tabs(6))
        assert set(during[0].values()) == {""}

    def test_a_spreadsheet_that_is_gone(self, office: Office) -> None:
        office.google.people.delete_forever(office.id)
        with pytest.raises(SheetError) as caught:
            office.book.write(tabs())
        assert (caught.value.code, caught.value.facts) == ("google_book_missing", {"file": NAME})

    @pytest.mark.parametrize("access", ["none", "reader"])
    def test_a_spreadsheet_that_is_not_ours_to_write(self, office: Office, access: str) -> None:
        office.book.write(tabs(5))
        office.google.people.share(office.id, access)
        with pytest.raises(SheetError) as caught:
            office.book.write(tabs(6))
        assert caught.value.code == "google_book_forbidden"
        assert caught.value.facts == {"file": NAME, "said": "The caller does not have permission"}
        office.google.people.share(office.id, "writer")
        assert office.holds(tabs(5))
        office.book.write(tabs(6))
        assert office.holds(tabs(6))

    def test_a_full_spreadsheet_is_refused_in_googles_words(self, office: Office) -> None:
        size = {"rowCount": 997_300, "columnCount": 10}
        office.google.people.request(
            office.id, {"addSheet": {"properties": {"title": "ใหญ่", "gridProperties": size}}}
        )
        with pytest.raises(SheetError) as caught:
            office.book.write(tabs(200))
        assert caught.value.code == "summary_refused"
        assert "10000000 cells" in caught.value.facts["said"]
        assert office.titles == ["Sheet1", "ใหญ่"]


class TestInAnotherBatch:
    def state(self, office: Office) -> Json:
        path = f"/v4/spreadsheets/{office.id}"
        fields = {"fields": BOOK_FIELDS}
        return office.client.call("sheets", "GET", path, effect="read", params=fields)

    def test_goes_along_and_is_confirmed(self, office: Office) -> None:
        book = office.opened(in_front=False)
        requests, confirm = book.staged(tabs(), self.state(office))
        office.google.people.request(office.id, *requests)
        confirm()
        assert office.holds(tabs())
        assert office.titles == ["Sheet1", *TITLES]
        assert book.staged(tabs(), self.state(office))[0] == []

    def test_is_staged_again_until_it_is_confirmed(self, office: Office) -> None:
        requests, _ = office.book.staged(tabs(), self.state(office))
        again, _ = office.opened().staged(tabs(), self.state(office))
        assert requests == again != []

    def test_a_tab_that_is_gone_is_made_again_although_nothing_changed(self, office: Office) -> None:
        office.book.write(tabs())
        office.hand("อำเภอ").delete()
        requests, confirm = office.book.staged(tabs(), self.state(office))
        office.google.people.request(office.id, *requests)
        confirm()
        assert office.holds(tabs())
        assert office.titles == [*TITLES, "Sheet1"]

    def test_the_plan_is_the_same_for_the_same_state(self, office: Office) -> None:
        state = self.state(office)
        assert summary_requests(tabs(), state) == summary_requests(tabs(), state)
        assert len({digest(tab) for tab in (*tabs(5), *tabs(6))}) == 16

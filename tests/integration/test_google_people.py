"""Each thing that people do to a register on Google (sync.md, "What people and machines do to it"), at each moment.

Whatever they do, the cycle has everything to do at once: cells to write, rows to add, a form column to follow, an
id to give, a mail to send. Afterwards the sheet shows what the forms said, what staff typed last, and what follows
from both; once.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest

from bridge.domain.cells import Cell
from tests.functional.office import family_name, valid_id
from tests.integration.google_office import CloudOffice, Register, Row, cloud_office

STAFF: Row = {
    "checked": True,
    "receipt_no": "ศก 55/2569",
    "received_date": date(2026, 11, 21),
    "amount": 2250.5,
    "goods": "0812345678",
    "transfer_date": date(2026, 11, 22),
    "officer": "=ไม่ใช่สูตร",
}
TABS = ["CO2", "R1C1", "ทะเบียน 'เก่า'", "💛 เคส", "A1:B2"]
WAITING = {"operation": "รอดำเนินการ", "step": "ยังไม่รับเรื่อง", "outcome": "ยังไม่ช่วยเหลือ"}
TAKEN_IN = {"operation": "รับเรื่องแล้ว", "step": "ตรวจสอบเอกสาร", "outcome": "รอพิจารณา"}
ASKED = "somchai@portal.invalid"
MOMENTS = ["between two cycles", "between the state and the values", "between plan and send"]


def key(number: int) -> str:
    return f"SSK-2570-{number:06d}"


def answered(number: int) -> Row:
    """What the row of the answer with that number shows while nobody has touched it."""
    return {
        "case_id": key(number),
        "sender_name": "นางสาวทดสอบ ส่งเคส",
        "sender_org": "อบต.โพธิ์",
        "sender_phone": "0812345678",
        "letter_date": date(2026, 11, 20),
        "case_type": "ผู้มีรายได้น้อย",
        "requester": "ยื่นเอง",
        "person_name": f"นายสมมติ {family_name(number)}",
        "problem": f"เดือดร้อน {number}",
        "national_id": valid_id(number),
        "age": 70,
        "house_no": f"{number}/1",
        "moo": "7",
        "tambon": "โพธิ์",
        "amphoe": "เมืองศรีสะเกษ",
        "source": "TPMAP",
        **WAITING,
    }


@dataclass
class Meant:
    """What the sheet is to show at rest, by case; what people did there that the history may tell; and the
    rows that are no case's, by what they say of their problem."""

    rows: dict[str, Row] = field(default_factory=dict)
    events: Counter[tuple[str, str, str, Cell]] = field(default_factory=Counter)
    strays: list[Row] = field(default_factory=list)

    def staff(self, case: str, why: str = "staff", /, **cells: Cell) -> None:
        self.rows[case] |= cells
        self.events.update((case, why, column, cell) for column, cell in cells.items())


class Place:
    """The office, its register, and what is meant to be there."""

    def __init__(self, office: CloudOffice) -> None:
        self.office = office
        self.cases = office.register()
        self.access = office.register("access")
        self.meant = Meant()
        self.sent: list[str] = []

    def row(self, number: int) -> int:
        return self.cases.row_of(problem=f"เดือดร้อน {number}")

    def send(self, count: int) -> None:
        first = len(self.sent) + 1
        self.sent += self.office.send(count)
        self.meant.rows |= {key(n): answered(n) for n in range(first, first + count)}

    def begin(self) -> None:
        """Ten cases, staff's own words in the row of the third, a column of their own, one request."""
        self.send(10)
        self.office.ask(1, ASKED)
        self.office.rest()
        self.cases.know()
        self.access.know()
        self.cases.own(3, "mine", "ของฉัน", {self.row(n): f"ของฉัน {n}" for n in (1, 3, 5, 10)})
        self.cases.type(self.row(3), **STAFF)
        self.meant.staff(key(3), **STAFF)
        self.meant.rows[key(3)] |= TAKEN_IN
        for number in (1, 3, 5, 10):
            self.meant.rows[key(number)]["mine"] = f"ของฉัน {number}"
        self.office.rest()
        check(self)

    def morning(self) -> None:
        """Before the cycle in which it happens: everything that gives the bridge something to write."""
        cases, meant = self.cases, self.meant
        cases.type(self.row(5), receipt_no="ศก 9/2570", officer="นาง ก")
        meant.staff(key(5), receipt_no="ศก 9/2570", officer="นาง ก")
        meant.rows[key(5)] |= TAKEN_IN
        cases.type(self.row(6), age=41)
        meant.staff(key(6), "correction", age=41)
        cases.type(self.row(7), step="เสนอคณะกรรมการพิจารณา")
        meant.staff(key(7), "choice", step="เสนอคณะกรรมการพิจารณา")
        meant.rows[key(7)]["outcome"] = "รอพิจารณา"
        self.edit(4, "หน่วยงานองค์กรผู้ส่ง ระบุ", "อบต.ดินแดง")
        meant.rows[key(4)]["sender_org"] = "อบต.ดินแดง"
        cases.type(self.row(8), sender_org="ของเจ้าหน้าที่")
        meant.staff(key(8), "conflict", sender_org="ของเจ้าหน้าที่")
        self.edit(8, "หน่วยงานองค์กรผู้ส่ง ระบุ", "ของผู้ส่ง")
        cases.type(cases.bottom(), problem="พิมพ์เอง", goods="ของฉันเอง")
        self.send(2)
        meant.rows["typed"] = {"problem": "พิมพ์เอง", "goods": "ของฉันเอง", **WAITING}
        meant.events["typed", "typed", "", None] += 1
        self.access.type(self.access.row_of(email=ASKED), approval=True, role="เจ้าหน้าที่ พมจ.")

    def edit(self, number: int, title: str, text: str) -> None:
        self.office.google.forms.edit(self.office.case_form, self.sent[number - 1], {title: text})

    def at(self, moment: str, action: Callable[[], object], book: str = "") -> Callable[[], bool]:
        """The action is done at that moment of the next cycle; the answer tells whether it was."""
        done: list[bool] = []

        def act() -> None:
            action()
            done.append(True)

        book = book or self.cases.book_id
        if moment == MOMENTS[0]:
            act()
        else:
            path = "/values:batchGetByDataFilter" if moment == MOMENTS[1] else ":batchUpdate"
            self.office.google.before(f"{book}{path}", act)
        return lambda: bool(done)


def check(place: Place) -> None:
    """Everything at rest is as it was meant: each row, the history, the mail."""
    meant, rows = place.meant, list(place.cases.rows().values())
    wanted = dict(meant.rows)
    if "typed" in wanted:
        (typed,) = [row for row in rows if row["problem"] == "พิมพ์เอง" and row not in meant.strays]
        case = str(typed["case_id"])
        assert case in {found[0] for response, found in place.office.cases().items() if "typed" in response}
        wanted[case] = {**wanted.pop("typed"), "case_id": case}
        meant = Meant(
            wanted, Counter({(case if k == "typed" else k, *r): n for (k, *r), n in meant.events.items()})
        )
        meant.strays = place.meant.strays
    ours = [row for row in rows if not any(_is(row, stray) for stray in meant.strays)]
    assert len(rows) - len(ours) == len(meant.strays)
    assert Counter(str(row["case_id"]) for row in ours) == Counter(wanted.keys())
    numbers = place.office.cases()
    for number, response in enumerate(place.sent, 1):
        assert len(numbers[response]) == 1, number
    for row in ours:
        case = wanted[str(row["case_id"])]
        for column, cell in row.items():
            if column == "review":
                assert (cell is None) == (
                    case.get("review", "problem" in case and not doubtful(case)) is True
                ), row
            elif column != "submitted_at":
                assert cell == case.get(column), (column, cell, case.get(column), row)
    assert Counter(place.office.heard()) == meant.events
    approved = [row for row in place.access.rows().values() if row["approval"] is True]
    assert len(place.office.mails()) == len(approved)
    assert all(row["state"] == "อนุมัติแล้ว" and row["mailed_at"] for row in approved)


def doubtful(case: Row) -> bool:
    """The typed row lacks what a case needs; in the eighth staff and sender differ."""
    return str(case["problem"]).startswith("พิมพ์") or case.get("sender_org") == "ของเจ้าหน้าที่"


def _is(row: Row, stray: Row) -> bool:
    return all(row[column] == cell for column, cell in stray.items())


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Place, Callable[[], None]]]:
    with cloud_office(tmp_path_factory.mktemp("people")) as office:
        place = Place(office)
        place.begin()
        yield place, office.keep()


@pytest.fixture
def place(begun: tuple[Place, Callable[[], None]]) -> Place:
    first, put_back = begun
    put_back()
    place = Place(first.office)
    place.sent = list(first.sent)
    place.cases._names = list(first.cases._names)
    place.meant = Meant({k: dict(row) for k, row in first.meant.rows.items()}, first.meant.events.copy())
    return place


def race(place: Place, moment: str, action: Callable[[], object], book: str = "") -> None:
    """A morning's cycle with the action in it, then rest; everything is as it was meant."""
    place.morning()
    happened = place.at(moment, action, book)
    report = place.office.cycle()
    assert happened()
    assert report.trouble == []
    place.office.rest()
    check(place)


# ------------------------------------------------------------------------------------------------ moving things


def shuffle_columns(tab: Register) -> None:
    names = list(tab.columns())
    random.Random(7).shuffle(names)
    for to, name in enumerate(names):
        tab.hand.move_column(tab.columns()[name], to)


def cut(tab: Register, number: int, to: int) -> None:
    tab.hand.cut_row(tab.row_of(problem=f"เดือดร้อน {number}"), to)


def cut_column(tab: Register, name: str, to: int) -> None:
    """The cells alone, their header included; what marks the column stays where it was."""
    tab.hand.insert_columns(len(tab.columns()), to - len(tab.columns()) + 1)
    tab.office.google.people.request(tab.book_id, {"cutPaste": _pasted(tab, name, to, "destination")})
    sizes = tab.hand.tab.grid.column_axis.props
    sizes[to] = {"pixelSize": sizes[tab.columns()[name]].pop("pixelSize")}


def copy_column(tab: Register, name: str, to: int) -> None:
    tab.hand.insert_columns(len(tab.columns()), to - len(tab.columns()) + 1)
    for row, line in enumerate(tab.hand.values()):
        at = tab.columns()[name]
        tab.hand.store(row, to, line[at] if at < len(line) else None)


def _pasted(tab: Register, name: str, to: int, key: str) -> dict[str, Any]:
    at, sheet = tab.columns()[name], tab.hand.sheet_id
    source = {"sheetId": sheet, "startColumnIndex": at, "endColumnIndex": at + 1}
    return {
        "source": source,
        key: {"sheetId": sheet, "rowIndex": 0, "columnIndex": to},
        "pasteType": "PASTE_NORMAL",
    }


def filter_and_hide(tab: Register) -> None:
    tab.hand.filter(0, [key(2), key(5)])
    tab.hand.hide_rows(1, 4)
    tab.hand.group_rows(5, 9)


MOVES: dict[str, Callable[[Register], Any]] = {
    "nothing": lambda tab: None,
    "sort by problem": lambda tab: tab.sort("problem", True),
    "sort by a staff column": lambda tab: tab.sort("goods"),
    "sort by a bridge column": lambda tab: tab.sort("step", True),
    "sort by id": lambda tab: tab.sort("case_id", True),
    "sort by their own column": lambda tab: tab.sort("mine"),
    "insert rows in the middle": lambda tab: tab.hand.insert_rows(5, 3),
    "insert a row above the first": lambda tab: tab.hand.insert_rows(1),
    "insert rows above the headers": lambda tab: tab.hand.insert_rows(0, 4),
    "insert rows below the last": lambda tab: tab.hand.insert_rows(tab.bottom(), 2),
    "cut a row and paste it below": lambda tab: cut(tab, 5, 30),
    "drag rows down": lambda tab: tab.hand.move_rows(2, 6, 9),
    "drag a row up": lambda tab: tab.hand.move_rows(8, 9, 1),
    "reorder columns": shuffle_columns,
    "move the id column last": lambda tab: tab.hand.move_column(tab.columns()["case_id"], 33),
    "move a staff column to the middle": lambda tab: tab.hand.move_column(tab.columns()["checked"], 9),
    "move a staff column first": lambda tab: tab.hand.move_column(tab.columns()["goods"], 0),
    "rename a staff header": lambda tab: tab.hand.rename_header(
        tab.columns()["goods"], "ของที่ให้", tab.header()
    ),
    "rename a form header": lambda tab: tab.hand.rename_header(tab.columns()["sender_org"], "จากไหน"),
    "rename the id header": lambda tab: tab.hand.rename_header(tab.columns()["case_id"], "เลขที่"),
    "rename a bridge header": lambda tab: tab.hand.rename_header(tab.columns()["operation"], "ทำอะไร"),
    "rename their own header": lambda tab: tab.hand.rename_header(tab.columns()["mine"], "ส่วนตัว"),
    "cut a column and paste it elsewhere": lambda tab: cut_column(tab, "goods", 40),
    "cut the id column and paste it elsewhere": lambda tab: cut_column(tab, "case_id", 40),
    "copy a column": lambda tab: copy_column(tab, "goods", 40),
    "swap two headers": lambda tab: (
        tab.hand.rename_header(tab.columns()["goods"], "ผู้รับผิดชอบ"),
        tab.hand.rename_header(tab.columns()["officer"], "สิ่งของ"),
    ),
    "blank a staff header": lambda tab: tab.hand.rename_header(tab.columns()["officer"], ""),
    "blank the id header": lambda tab: tab.hand.rename_header(tab.columns()["case_id"], ""),
    "blank the last header": lambda tab: tab.hand.rename_header(tab.columns()["review"], ""),
    **{f"rename the tab to {name}": lambda tab, name=name: tab.hand.rename(name) for name in TABS},
    "duplicate the tab": lambda tab: tab.hand.duplicate(),
    "filter, hide and group": filter_and_hide,
}


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("move", MOVES.values(), ids=MOVES)
def test_moving_things_about_changes_nothing(
    place: Place, move: Callable[[Register], object], moment: str
) -> None:
    race(place, moment, lambda: move(place.cases))


IDS: dict[str, Callable[[Register, int], Any]] = {
    "blank an id": lambda tab, row: tab.type(row, case_id=None),
    "spoil an id": lambda tab, row: tab.type(row, case_id="#REF!"),
    "drag an id over its neighbour": lambda tab, row: tab.type(row, case_id=tab.hand.value(row - 1, 0)),
    "tick an id": lambda tab, row: tab.type(row, case_id=True),
}


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("spoil", IDS.values(), ids=IDS)
@pytest.mark.parametrize("number", [3, 4])
def test_an_id_comes_back(
    place: Place, spoil: Callable[[Register, int], object], number: int, moment: str
) -> None:
    """The fourth row is being written meanwhile, the third is not."""
    place.morning()
    happened = place.at(moment, lambda: spoil(place.cases, place.row(number)))
    assert place.office.cycle().trouble == []
    assert happened()
    place.office.rest()
    assert place.office.heard().count((key(number), "restored", "case_id", key(number))) == 1
    place.meant.events[key(number), "restored", "case_id", key(number)] += 1
    check(place)


@pytest.mark.parametrize("moment", MOMENTS)
def test_people_keep_a_column_of_their_own(place: Place, moment: str) -> None:
    cells: dict[int, Cell] = {
        place.row(2): "ก",
        place.row(5): True,
        place.row(7): "=A1",
        place.row(9): "0123",
    }
    for number, cell in zip((2, 5, 7, 9), cells.values(), strict=True):
        place.meant.rows[key(number)]["other"] = str(cell) if cell is not True else cell
    race(place, moment, lambda: place.cases.own(21, "other", "ของฉันอีก", cells))


@pytest.mark.parametrize("moment", MOMENTS)
def test_people_keep_a_column_without_header(place: Place, moment: str) -> None:
    cells: dict[int, Cell] = {place.row(2): "ก", place.row(5): "ข"}
    place.meant.rows[key(2)]["other"], place.meant.rows[key(5)]["other"] = "ก", "ข"
    race(place, moment, lambda: place.cases.own(0, "other", None, cells))


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("number", [5, 2, 10])
def test_a_deleted_row_stays_deleted_and_can_be_brought_back(place: Place, number: int, moment: str) -> None:
    place.morning()
    gone = place.meant.rows.pop(key(number))
    if number == 5 and moment != MOMENTS[2]:  # what was typed there went with the row before anybody read it
        place.meant.events = Counter({e: n for e, n in place.meant.events.items() if e[0] != key(5)})
        gone |= {"receipt_no": None, "officer": None, **WAITING}
    happened = place.at(moment, lambda: place.cases.hand.delete_rows(place.row(number)))
    assert place.office.cycle().trouble == []
    assert happened()
    place.office.rest()
    place.meant.events[key(number), "gone", "", None] += 1
    check(place)
    place.office.office.restore.case(key(number))
    place.office.rest()
    place.meant.rows[key(number)] = {column: cell for column, cell in gone.items() if column != "mine"}
    check(place)


@pytest.mark.parametrize("moment", MOMENTS)
def test_copies_are_flagged_and_left_alone(place: Place, moment: str) -> None:
    """Three copies of a row that the bridge writes to; one of them is worked on."""

    def copy() -> None:
        row = place.row(5)
        for _ in range(3):
            place.cases.hand.copy_row(row)
        place.cases.type(row + 2, goods="ในสำเนา", officer="นาง ข")

    place.morning()
    happened = place.at(moment, copy)
    assert place.office.cycle().trouble == []
    assert happened()
    place.office.rest()
    flag = place.office.office.messages.text("flag", "copied_row", id=key(5))
    copied = {"case_id": key(5), "review": flag, "mine": "ของฉัน 5", "receipt_no": "ศก 9/2570"}
    place.meant.strays = [copied | {"goods": None}, copied | {"goods": "ในสำเนา", "officer": "นาง ข"}]
    assert sum(row["review"] == flag for row in place.cases.rows().values()) == 3
    strays = [row for row in place.cases.rows().values() if row["review"] == flag]
    assert sorted(str(row["goods"]) for row in strays) == ["None", "None", "ในสำเนา"]
    for at in sorted((at for at, row in place.cases.rows().items() if row["review"] == flag), reverse=True):
        place.cases.hand.delete_rows(at)
    place.meant.strays = []
    place.office.rest()
    check(place)


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_duplicated_tab_is_nobodys(place: Place, moment: str) -> None:
    copies: list[tuple[Any, Any]] = []

    def duplicate() -> None:
        hand = place.cases.hand.duplicate()
        copies.append((hand, hand.values()))

    race(place, moment, duplicate)
    ((hand, before),) = copies
    assert hand.values() == before


@pytest.mark.parametrize("moment", MOMENTS)
def test_boxes_filled_in_ahead_stay_and_new_rows_stand_among_them(place: Place, moment: str) -> None:
    place.morning()
    cases = place.cases
    happened = place.at(moment, lambda: cases.hand.tick_boxes(cases.columns()["checked"], 1, 1000))
    assert place.office.cycle().trouble == []
    assert happened()
    place.office.rest()
    for case, row in place.meant.rows.items():
        if row.get("checked") is None and case not in (key(11), key(12)):
            row["checked"] = False
            if case != "typed" or moment == MOMENTS[2]:
                place.meant.events[case, "staff", "checked", False] += 1
    check(place)
    assert max(cases.rows()) == 13, "new rows stand below the last one that says anything"


@pytest.mark.parametrize("moment", MOMENTS)
def test_words_typed_meanwhile(place: Place, moment: str) -> None:
    """In rows and at the bottom; no cell that the bridge is just about to write."""
    cases, meant = place.cases, place.meant

    def type_here_and_there() -> None:
        cases.type(place.row(5), goods="ผ้าห่ม", amount=500)
        cases.type(place.row(4), person_name="นายแก้ แล้ว", officer="นาง ค")
        cases.type(place.row(9), step="เสนอคณะกรรมการพิจารณา")
        cases.type(place.row(3), mine="อีกอย่าง", goods=None)
        cases.type(cases.bottom(), problem="พิมพ์ทีหลัง", officer="นาง ง")

    race_rows = {"person_name": "นายแก้ แล้ว"}
    place.morning()
    happened = place.at(moment, type_here_and_there)
    assert place.office.cycle().trouble == []
    assert happened()
    place.office.rest()
    meant.staff(key(5), goods="ผ้าห่ม", amount=500)
    meant.staff(key(4), "correction", **race_rows)
    meant.staff(key(4), officer="นาง ค")
    meant.staff(key(9), "choice", step="เสนอคณะกรรมการพิจารณา")
    meant.rows[key(9)]["outcome"] = "รอพิจารณา"
    meant.staff(key(3), goods=None)
    meant.rows[key(3)]["mine"] = "อีกอย่าง"
    late = place.cases.rows()[cases.row_of(problem="พิมพ์ทีหลัง")]
    meant.rows[str(late["case_id"])] = {"problem": "พิมพ์ทีหลัง", "officer": "นาง ง", **WAITING}
    meant.rows[str(late["case_id"])]["case_id"] = late["case_id"]
    meant.events[str(late["case_id"]), "typed", "", None] += 1
    check(place)


@pytest.mark.parametrize("moment", MOMENTS)
def test_the_sender_edits_while_rows_are_sorted(place: Place, moment: str) -> None:
    def act() -> None:
        place.cases.sort("problem", True)
        place.edit(4, "หน่วยงานองค์กรผู้ส่ง ระบุ", "อบต.อื่น")
        place.edit(8, "บ้านเลขที่", "88/8")

    place.morning()
    happened = place.at(moment, act)
    assert place.office.cycle().trouble == []
    assert happened()
    place.office.rest()
    place.meant.rows[key(4)]["sender_org"] = "อบต.อื่น"
    place.meant.rows[key(8)]["house_no"] = "88/8"
    check(place)


@pytest.mark.parametrize("moment", MOMENTS)
def test_fifty_answers_while_rows_are_filtered_hidden_and_grouped(place: Place, moment: str) -> None:
    place.send(50)
    happened = place.at(moment, lambda: filter_and_hide(place.cases))
    assert place.office.cycle().trouble == []
    assert happened()
    place.office.rest()
    check(place)
    hidden = [
        at for at, props in place.cases.hand.tab.grid.row_axis.props.items() if props.get("hiddenByUser")
    ]
    assert sorted(hidden) == [1, 2, 3]


@pytest.mark.parametrize("moment", MOMENTS)
def test_rows_are_inserted_into_a_sheet_that_is_full(place: Place, moment: str) -> None:
    """Its grid ends with its last row."""
    grid = place.cases.hand.tab.grid
    grid.resize(place.cases.bottom() + 1, grid.column_count)
    race(place, moment, lambda: place.cases.hand.insert_rows(2, 4))


@pytest.mark.parametrize("moment", MOMENTS)
def test_an_old_version_is_what_staff_now_mean(place: Place, moment: str) -> None:
    """One from before the morning: what staff typed since is undone, what the bridge knows comes back."""
    people, book = place.office.google.people, place.cases.book_id
    old = people.version(book)
    place.morning()
    happened = place.at(moment, lambda: people.restore(book, old))
    assert place.office.cycle().trouble == []
    assert happened()
    place.office.rest()
    check_restored(place, undone=moment == MOMENTS[2])


def check_restored(place: Place, undone: bool) -> None:
    meant = place.meant
    if not undone:  # the bridge never saw what was typed
        meant.events = Counter({e: n for e, n in meant.events.items() if e[0] == key(3)})
    rows = {str(row["case_id"]): row for row in place.cases.rows().values()}
    for number in range(1, 11):
        assert rows[key(number)]["person_name"] == meant.rows[key(number)]["person_name"]
        for column in ("receipt_no", "officer", "goods", "mine"):
            wanted = (
                None
                if number == 5 and column in ("receipt_no", "officer")
                else meant.rows[key(number)].get(column)
            )
            assert rows[key(number)][column] == wanted
    assert rows[key(4)]["sender_org"] == "อบต.ดินแดง"
    for number in (11, 12):
        assert rows[key(number)]["problem"] == f"เดือดร้อน {number}"
    assert all(len(cases) == 1 for cases in place.office.cases().values())
    assert len(rows) == len(place.cases.rows())


# ------------------------------------------------------------------------------------------------ answers

HOSTILE = [
    '=IMPORTDATA("http://portal.invalid/")',
    "+66812345678",
    "-1",
    "@x",
    "\tแท็บ",
    "\rขึ้นบรรทัด",
    "0123456789012",
    "1-2",
    "TRUE",
    "1e5",
    "'อัญประกาศ",
    "💛👩‍👩‍👧",
    "ก\u200bข",
    "๑๒๓",
    "2569-02-30",
]


@pytest.mark.parametrize("moment", MOMENTS)
def test_hostile_answers_are_text_on_their_rows_whatever_is_sorted_meanwhile(
    place: Place, moment: str
) -> None:
    """New ones, and edits of answers that were harmless before."""
    title = "หน่วยงานองค์กรผู้ส่ง ระบุ"
    for number, text in enumerate(HOSTILE, 11):
        place.send(1)
        place.edit(number, title, text)
        place.meant.rows[key(number)]["sender_org"] = text
    for number, text in enumerate(HOSTILE[:10], 1):
        place.edit(number, title, "อบต.อื่น")
        place.edit(number, title, text)  # twice between two looks
        place.meant.rows[key(number)]["sender_org"] = text
    happened = place.at(moment, lambda: place.cases.sort("problem", True))
    assert place.office.cycle().trouble == []
    assert happened()
    place.office.rest()
    check(place)
    book = place.office.google.state.books[place.cases.book_id]
    assert not book.fetches
    assert not list(place.cases.hand.tab.grid.formulas())


@pytest.mark.parametrize("moment", MOMENTS)
def test_one_long_answer_among_many(place: Place, moment: str) -> None:
    """What no cell can hold is clipped; the rows beside it arrive."""
    place.send(20)
    place.edit(15, "ประเภทผู้ประสบปัญหาทางสังคม", "ก" * 50_001)
    place.meant.rows[key(15)]["case_type"] = "ก" * 49_999 + "…"
    race(place, moment, lambda: place.cases.hand.insert_rows(3))


# ------------------------------------------------------------------------------------------------ ruin

RUBBISH: list[list[Any]] = [
    ["#REF!", "=1/0", True, f"แถว {n}", "1/1/2025", n / 3, "-1", " ก ", "=A1", "=NA()", "x"] * 3
    for n in range(300)
]


def paste_and_merge(tab: Register, row: int, column: int) -> None:
    tab.hand.paste(row, column, RUBBISH)
    tab.hand.merge("C3:D4")


RUINS: dict[str, tuple[str, Callable[[Register], Any]]] = {
    "delete the header row": ("sheet_columns", lambda tab: tab.hand.delete_rows(0)),
    "delete the id column": ("sheet_columns", lambda tab: tab.hand.delete_column(tab.columns()["case_id"])),
    "delete a bridge column": (
        "sheet_columns",
        lambda tab: tab.hand.delete_column(tab.columns()["operation"]),
    ),
    "delete the last column": ("sheet_columns", lambda tab: tab.hand.delete_column(tab.columns()["review"])),
    "delete a form column": (
        "sheet_columns",
        lambda tab: tab.hand.delete_column(tab.columns()["sender_org"]),
    ),
    "delete a staff column": ("sheet_columns", lambda tab: tab.hand.delete_column(tab.columns()["goods"])),
    "clear the tab": ("sheet_columns", lambda tab: tab.hand.clear()),
    "wipe the tab": ("sheet_columns", lambda tab: tab.hand.wipe()),
    "delete all rows": ("sheet_lost_rows", lambda tab: tab.hand.delete_rows(1, 200)),
    "delete four rows": ("sheet_lost_rows", lambda tab: tab.hand.delete_rows(2, 4)),
    "paste over everything": ("sheet_columns", lambda tab: paste_and_merge(tab, 0, 0)),
    "paste below the headers": ("sheet_lost_rows", lambda tab: paste_and_merge(tab, 1, 0)),
    "paste beside the ids": ("sheet_mixed_up", lambda tab: paste_and_merge(tab, 1, 1)),
    "delete the tab": ("tab_missing", lambda tab: tab.hand.delete()),
}


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize(("code", "ruin"), RUINS.values(), ids=RUINS)
def test_a_ruined_tab_is_refused_until_it_is_mended(
    place: Place, code: str, ruin: Callable[[Register], object], moment: str
) -> None:
    office, book = place.office, place.cases.book_id
    people = office.google.people
    place.morning()
    rubbish = ruin in (RUINS[name][1] for name in RUINS if name.startswith("paste"))
    kept: list[Any] = []

    def act() -> None:
        kept.append(people.version(book))
        ruin(place.cases)
        kept.append(text_of(place))

    happened = place.at(moment, act)
    report = office.cycle()
    assert happened()
    if not report.trouble:  # written, and then ruined before anybody looked
        report = office.cycle()
    assert [error.code for error in report.trouble] == [code]
    assert report.exit_code == 4
    left = text_of(place)
    strange = [line for line in left if line not in kept[1]]
    if moment != MOMENTS[2] or not rubbish:
        strange = [line for line in strange if not (code == "sheet_lost_rows" and _has_our_id(line))]
        assert not strange, "nothing of ours is in a tab that is not to be believed"
    else:  # what went to its own row and column stays, and where rubbish was hit a blank is left
        assert all(_has_our_id(line) or None in line or len(line) < len(RUBBISH[0]) for line in strange), (
            strange
        )
    place.send(1)
    report = office.cycle()
    assert [error.code for error in report.trouble] == [code], "it is said again until it is mended"
    (case,) = office.cases()[place.sent[-1]]
    place.meant.rows[case] = place.meant.rows.pop(key(13)) | {"case_id": case}
    assert text_of(place) == left
    people.restore(book, kept[0])
    office.rest()
    check(place)


def _has_our_id(line: list[Any]) -> bool:
    return str(line[0]).startswith("SSK-2570-")


def text_of(place: Place) -> list[list[Any]]:
    """The rows of the tab that hold anything."""
    try:
        lines = place.cases.hand.values()
    except Exception:
        return []  # the tab is gone
    return [line for line in lines if any(cell not in (None, False) for cell in line)]


# ------------------------------------------------------------------------------------------------ the requests

ACCESS_MOVES: dict[str, Callable[[Register], Any]] = {
    "sort by number": lambda tab: tab.sort("number", True),
    "sort by e-mail": lambda tab: tab.sort("email", True),
    "insert rows": lambda tab: tab.hand.insert_rows(1, 2),
    "insert a row above the headers": lambda tab: tab.hand.insert_rows(0),
    "drag a row": lambda tab: tab.hand.move_rows(1, 2, 6),
    "cut and paste a row": lambda tab: tab.hand.cut_row(1, 20),
    "reorder columns": shuffle_columns,
    "a column of their own": lambda tab: tab.own(2, "mine", "ของฉัน", {1: "ก"}),
    "blank the id header": lambda tab: tab.hand.rename_header(tab.columns()["number"], ""),
    "rename the tab": lambda tab: tab.hand.rename("CO2"),
    "duplicate the tab": lambda tab: tab.hand.duplicate(),
    "copy an approved row": lambda tab: tab.hand.copy_row(tab.row_of(email=ASKED)),
    "clear the state": lambda tab: tab.type(tab.row_of(email=ASKED), state=None, mailed_at=None),
}


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("move", ACCESS_MOVES.values(), ids=ACCESS_MOVES)
def test_one_mail_for_an_approval(place: Place, move: Callable[[Register], object], moment: str) -> None:
    access = place.access
    for number in range(2, 7):
        place.office.ask(number, f"malee{number}@portal.invalid")
    place.office.rest()
    access.type(access.row_of(email=ASKED), approval=True, role="เจ้าหน้าที่ พมจ.")
    access.type(access.row_of(email="malee4@portal.invalid"), approval="ไม่อนุมัติ")
    place.office.ask(7, "malee7@portal.invalid")
    happened = place.at(moment, lambda: move(access), access.book_id)
    report = place.office.cycle()
    assert happened()
    assert report.trouble == []
    place.office.rest()
    (mail,) = place.office.mails()
    assert ASKED in mail.read_text(encoding="utf-8", errors="replace")
    rows = [row for row in access.rows().values() if not row["note"]]
    states = {str(row["email"]): row["state"] for row in rows}
    asked = [ASKED, *(f"malee{number}@portal.invalid" for number in range(2, 8))]
    assert sorted(str(row["email"]) for row in rows) == sorted(asked)
    assert states == dict.fromkeys(asked, "รอพิจารณา") | {
        ASKED: "อนุมัติแล้ว",
        "malee4@portal.invalid": "ไม่อนุมัติ",
    }
    assert [row["email"] for row in rows if row["mailed_at"]] == [ASKED]
    assert {row["email"]: row["approval"] for row in rows if row["approval"]} == {
        ASKED: True,
        "malee4@portal.invalid": "ไม่อนุมัติ",
    }

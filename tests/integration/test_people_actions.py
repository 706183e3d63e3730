"""Each thing that people do to the cases' workbook (sync.md, "What people and machines do to it"), one by one."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest

from bridge import bootstrap
from bridge.domain.cells import Cell
from tests.integration.people import Desk, Workplace

STAFF = {
    "checked": True,
    "receipt_no": "ศก 55/2569",
    "received_date": date(2025, 11, 12),
    "amount": 2250.5,
    "goods": "0812345678",
    "transfer_date": date(2025, 12, 1),
    "officer": "=ไม่ใช่สูตร",
}
TABS = ["CO2", "R1C1", "ทะเบียน 'เก่า'", "💛 เคส", "ทะเบียนเคส (2)"]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Workplace]:
    """Ten cases in the sheet, and staff's own words in the row of the third."""
    workplace = Workplace(tmp_path)
    workplace.send_many(10)
    done(workplace)
    row = workplace.desk.row_of(case_id=key(3))
    workplace.desk.type(row, **{column: cell for column, cell in STAFF.items() if column != "officer"})
    with workplace.desk.open() as sheet:
        cell = sheet.cell(row, workplace.desk.columns["officer"])
        cell.value, cell.data_type = STAFF["officer"], "s"
    done(workplace)
    yield workplace
    bootstrap.close()


def key(number: int) -> str:
    return f"SSK-2569-{number:06d}"


def done(place: Workplace, *, accept_loss: bool = False) -> None:
    """A round that ends well, and a second one, in full and computed anew, that writes nothing."""
    report = place.sync(accept_loss=accept_loss)
    assert (report.exit_code, report.trouble) == (0, [])
    at_rest(place)


def at_rest(place: Workplace) -> None:
    before = place.bytes()
    place.compute_all_anew()
    report = place.sync()
    assert (report.exit_code, report.trouble) == (0, [])
    assert place.bytes() == before


def refused(place: Workplace, code: str) -> None:
    """Nothing is written, what the form sent is in the ledger all the same."""
    before, cases = place.bytes(), len(place.cases())
    place.send_many(1)
    report = place.sync()
    assert report.exit_code == 4
    assert [error.code for error in report.trouble] == [code]
    assert place.bytes() == before
    assert len(place.cases()) == cases + 1
    again = place.sync()
    assert again.exit_code == 4, "it is said again until it is mended"
    assert place.bytes() == before


def shown(place: Workplace) -> dict[str, dict[str, Cell]]:
    """The rows by case; every id stands in one row."""
    rows = list(place.desk.rows().values())
    found = {str(row["case_id"]): row for row in rows}
    assert len(found) == len(rows)
    return found


def staff_of(row: dict[str, Cell]) -> dict[str, Cell]:
    return {column: row[column] for column in STAFF}


def every_case_once(place: Workplace) -> None:
    """Each submission is one case and one row; what staff typed stands in its row, and in the ledger."""
    rows = shown(place)
    assert sorted(rows) == sorted(place.case_of(response) for response in place.answers)
    for response, answers in place.answers.items():
        assert rows[place.case_of(response)]["problem"] == answers["problem"]
    assert staff_of(rows[key(3)]) == STAFF
    assert {column: place.states()[key(3)].values[column] for column in STAFF} == STAFF
    assert {row["goods"] for case, row in rows.items() if case != key(3)} == {None}


def review_rows(place: Workplace, kind: str, case: str | None = None) -> list[dict[str, Cell]]:
    word = getattr(place.office.province.reviews.kinds, kind)
    rows = place.reviews.rows().values()
    return [row for row in rows if row["kind"] == word and (case is None or row["case_id"] == case)]


# ------------------------------------------------------------------------------------------------ moving things

MOVES: dict[str, Callable[[Desk], None]] = {
    "sort by problem": lambda desk: desk.sort("problem", reverse=True),
    "sort by a staff column": lambda desk: desk.sort("goods"),
    "sort by id": lambda desk: desk.sort("case_id", reverse=True),
    "insert rows in the middle": lambda desk: desk.insert_rows(5, 3),
    "insert a row above the first": lambda desk: desk.insert_rows(2),
    "insert rows above the headers": lambda desk: desk.insert_rows(1, 4),
    "cut a row and paste it elsewhere": lambda desk: desk.move_row(4, 9),
    "cut a row and paste it last": lambda desk: desk.move_row(2, 40),
    "reorder columns": lambda desk: (
        [desk.move_column(k, n) for n, k in enumerate(shuffled(desk), 1)] and None
    ),
    "move the id column last": lambda desk: desk.move_column("case_id", len(desk.columns)),
    "insert a private column": lambda desk: desk.insert_column(3, "ของฉัน", ["ก", 1, True, "=A1"]),
    "insert a column without header": lambda desk: desk.insert_column(1, "", ["ก", 1]),
    "insert a private column past the last": lambda desk: desk.insert_column(34, "ของฉัน", ["ก"]),
    "rename a staff header": lambda desk: desk.rename_header("goods", "ของที่ให้"),
    "rename a form header": lambda desk: desk.rename_header("problem", "เรื่อง"),
    "rename the id header": lambda desk: desk.rename_header("case_id", "เลขที่"),
    "rename a bridge header": lambda desk: desk.rename_header("review", "ดูด้วย"),
    "blank a header": lambda desk: desk.rename_header("officer", None),
    "blank the id header": lambda desk: desk.rename_header("case_id", None),
    "duplicate the tab": lambda desk: desk.duplicate_tab(),
    "filter": lambda desk: desk.filter(),
    "hide rows": lambda desk: desk.hide(2, 3, 4),
    "group rows": lambda desk: desk.group(3, 8),
    "fill in check boxes": lambda desk: desk.fill_boxes("checked", 1000),
    "cut an id": lambda desk: desk.type(desk.row_of(case_id=key(3)), case_id=None),
    "spoil an id": lambda desk: desk.type(desk.row_of(case_id=key(3)), case_id="#REF!"),
    "drag an id over its neighbour": lambda desk: desk.type(desk.row_of(case_id=key(3)), case_id=key(2)),
    "tick an id": lambda desk: desk.type(desk.row_of(case_id=key(3)), case_id=True),
}


def shuffled(desk: Desk) -> list[str]:
    keys = list(desk.columns)
    random.Random(7).shuffle(keys)
    return keys


@pytest.mark.parametrize("move", MOVES.values(), ids=MOVES)
def test_moving_things_about_changes_nothing(place: Workplace, move: Callable[[Desk], None]) -> None:
    place.send_many(2)
    move(place.desk)
    done(place)
    every_case_once(place)


@pytest.mark.parametrize("move", MOVES.values(), ids=MOVES)
def test_the_same_between_the_read_and_the_write(place: Workplace, move: Callable[[Desk], None]) -> None:
    place.send_many(2)
    place.book.between = [lambda: move(place.desk)]
    done(place)
    every_case_once(place)


def test_somebody_who_saves_all_the_time_is_waited_for(place: Workplace) -> None:
    place.send_many(2)
    place.book.between = [
        lambda: place.desk.sort("problem", reverse=True),
        lambda: place.desk.sort("problem"),
    ] * 2
    report = place.sync()
    assert (report.exit_code, [error.code for error in report.trouble]) == (5, ["workbook_changed"])
    place.book.between.clear()
    done(place)
    every_case_once(place)


def test_private_columns_are_left_alone(place: Workplace) -> None:
    cells = ["ก", 1, True, "=A1", "#REF!", None, "0123"]
    place.desk.insert_column(3, "ของฉัน", cells)
    place.send_many(1)
    done(place)
    look = place.desk.look()
    assert [look.held(n, 3).value for n in range(1, 9)] == ["ของฉัน", *cells]
    assert look.held(12, 3).value is None


def test_fifty_answers_arrive_while_rows_are_filtered_hidden_and_grouped(place: Workplace) -> None:
    place.desk.filter()
    place.desk.hide(2, 5, 11)
    place.desk.group(6, 9)
    place.send_many(50)
    done(place)
    every_case_once(place)
    with place.desk.open() as sheet:
        assert [n for n in range(1, 70) if sheet.row_dimensions[n].hidden] == [2, 5, 6, 7, 8, 9, 11]


def test_boxes_filled_in_ahead_stay_and_new_rows_stand_among_them(place: Workplace) -> None:
    place.desk.fill_boxes("checked", 1000)
    place.send_many(2)
    done(place)
    look = place.desk.look()
    assert [look.cells(n)["checked"] for n in range(2, 1001)] == [n == 4 for n in range(2, 1001)]
    assert list(look.rows()) == list(range(2, 14))


# ------------------------------------------------------------------------------------------------ rows


def test_a_deleted_row_stays_away_and_can_be_restored_whole(place: Workplace) -> None:
    place.desk.delete_rows(place.desk.row_of(case_id=key(3)))
    assert place.sync().exit_code == 0
    assert not review_rows(place, "vanished"), "one look is not enough"
    assert place.sync().exit_code == 0
    assert [row["case_id"] for row in review_rows(place, "vanished")] == [key(3)]
    at_rest(place)
    place.send_many(1)
    done(place)
    assert key(3) not in shown(place)
    place.office.restore.case(key(3))
    done(place)
    every_case_once(place)
    assert [row["status"] for row in review_rows(place, "vanished")] == ["หมดเหตุแล้ว"]


def test_a_deleted_row_that_is_undone_in_time_was_never_gone(place: Workplace) -> None:
    before = place.desk.copy()
    place.desk.delete_rows(place.desk.row_of(case_id=key(3)))
    assert place.sync().exit_code == 0
    place.desk.put_back(before)
    done(place)
    every_case_once(place)
    assert not review_rows(place, "vanished")


def test_a_deleted_row_that_comes_back_by_hand_is_the_same_case(place: Workplace) -> None:
    before = place.desk.copy()
    place.desk.delete_rows(place.desk.row_of(case_id=key(3)))
    for _ in range(2):
        assert place.sync().exit_code == 0
    place.desk.put_back(before)
    place.office.restore.case(key(3))  # and the command at the same moment
    assert place.sync().exit_code == 0
    every_case_once(place)


def test_the_list_of_reviews_brings_a_row_back_too(place: Workplace) -> None:
    place.desk.delete_rows(place.desk.row_of(case_id=key(3)))
    for _ in range(2):
        assert place.sync().exit_code == 0
    place.reviews.type(place.reviews.row_of(case_id=key(3)), decision="คืนแถว")
    assert place.sync().exit_code == 0
    every_case_once(place)
    at_rest(place)


def test_three_copies_of_a_row_are_flagged_and_the_row_goes_on(place: Workplace) -> None:
    row = place.desk.row_of(case_id=key(3))
    copies = place.desk.copy_row(row, 3, goods="ของสำเนา", problem="เรื่องใหม่")
    before = place.desk.look()
    done(place)
    after = place.desk.look()
    assert staff_of(after.cells(row)) == STAFF
    flag = place.flag("copied_row", key(3))
    for copy in copies:
        assert after.cells(copy) == {**before.cells(copy), "review": flag}
    assert place.states()[key(3)].values["goods"] == STAFF["goods"]
    assert len(review_rows(place, "copied_row", key(3))) == 1
    assert len(place.cases()) == 10
    place.desk.type(row, goods="ใหม่")
    done(place)
    assert place.states()[key(3)].values["goods"] == "ใหม่", "the row that was kept is the one that is heard"
    place.desk.sort("goods")
    done(place)
    assert place.states()[key(3)].values["goods"] == "ใหม่"


def test_a_copy_whose_id_is_taken_off_is_a_case_of_its_own(place: Workplace) -> None:
    copy = place.desk.copy_row(place.desk.row_of(case_id=key(3)), 1, goods="ของเรื่องใหม่")[0]
    done(place)
    place.desk.type(copy, case_id=None)
    done(place)
    rows = shown(place)
    assert (rows[key(11)]["goods"], rows[key(3)]["goods"]) == ("ของเรื่องใหม่", STAFF["goods"])
    assert place.flag("copied_row", key(3)) not in (rows[key(11)]["review"], rows[key(3)]["review"])
    assert key(3) in str(rows[key(11)]["duplicate_of"])
    assert [row["status"] for row in review_rows(place, "copied_row")] == ["หมดเหตุแล้ว"]


def test_a_copy_takes_over_when_the_row_itself_is_deleted(place: Workplace) -> None:
    row = place.desk.row_of(case_id=key(3))
    place.desk.copy_row(row, 1, goods="ของสำเนา")
    done(place)
    place.desk.delete_rows(row)
    done(place)
    assert shown(place)[key(3)]["goods"] == "ของสำเนา"
    assert place.states()[key(3)].values["goods"] == "ของสำเนา"


def test_rows_typed_at_the_bottom_become_cases(place: Workplace) -> None:
    first = place.desk.type_row(problem="พิมพ์เอง", person_name="นางพิมพ์ เอง", goods="ก")
    second = place.desk.type_row(person_name="นายสอง สอง", operation="ส่งต่อ", review="ของฉัน")
    place.send_many(1)
    done(place)
    rows = place.desk.rows()
    assert {rows[first]["case_id"], rows[second]["case_id"]} == {key(12), key(13)}
    assert (rows[first]["goods"], rows[first]["operation"]) == ("ก", "รอดำเนินการ")
    assert (rows[second]["operation"], rows[second]["step"]) == ("ส่งต่อ", "ไม่พบข้อมูล")
    assert rows[second + 1]["problem"] == "เรื่องที่ 11"
    place.desk.type(first, receipt_no="1")
    done(place)
    assert place.desk.rows()[first]["operation"] == "รับเรื่องแล้ว"


def test_a_row_with_an_id_of_its_own_making_is_flagged_and_its_number_never_given(place: Workplace) -> None:
    row = place.desk.type_row(case_id=key(11), problem="พิมพ์เอง")
    other = place.desk.type_row(problem="พิมพ์อีกแถว")
    done(place)
    rows = place.desk.rows()
    assert (rows[row]["case_id"], rows[row]["review"]) == (key(11), place.flag("unknown_id", key(11)))
    assert rows[other]["case_id"] == key(12)
    place.send_many(1)
    done(place)
    assert place.case_of("r11") == key(13)
    place.desk.type(row, case_id=None)
    done(place)
    assert place.desk.rows()[row]["case_id"] == key(14)
    assert shown(place)[key(14)]["problem"] == "พิมพ์เอง"


def test_a_typed_row_does_not_swallow_the_submission_that_gets_its_number(place: Workplace) -> None:
    row = place.desk.type_row(case_id=key(11), problem="พิมพ์เอง", person_name="นายต่าง คน", goods="ของฉัน")
    place.send_many(1)
    done(place)
    rows = place.desk.rows()
    assert (rows[row]["problem"], rows[row]["goods"]) == ("พิมพ์เอง", "ของฉัน")
    assert rows[row]["review"] == place.flag("copied_row", key(11))
    assert (rows[row + 1]["case_id"], rows[row + 1]["problem"]) == (key(11), "เรื่องที่ 11")
    assert (
        place.states()[key(11)].values["goods"] is None if "goods" in place.states()[key(11)].values else True
    )
    assert not review_rows(place, "conflict")


def test_a_row_of_nothing_but_boxes_and_notes_is_no_case(place: Workplace) -> None:
    place.desk.type_row(goods="จดไว้", checked=False)
    done(place)
    assert len(place.cases()) == 10


def test_what_happens_to_a_deleted_row_gives_the_sheet_nothing_to_do(place: Workplace) -> None:
    place.desk.copy_row(place.desk.row_of(case_id=key(4)))
    done(place)
    place.desk.delete_rows(place.desk.row_of(case_id=key(3)), place.desk.bottom() - 1)
    place.reviews.delete_rows(place.reviews.row_of(case_id=key(4)))  # the line about the copy
    for _ in range(2):
        assert place.sync().exit_code == 0
    place.send("r3", sender_org="แก้หลังจากลบ")
    done(place)
    assert place.sync().cases.skipped, "a sheet that lacks nothing need not be read"
    place.office.restore.case(key(3))
    done(place)
    assert shown(place)[key(3)]["sender_org"] == "แก้หลังจากลบ"
    assert staff_of(shown(place)[key(3)]) == STAFF


# ------------------------------------------------------------------------------------------------ cells


def test_a_correction_is_kept_and_reaches_the_ledger(place: Workplace) -> None:
    row = place.desk.row_of(case_id=key(1))
    place.desk.type(row, person_name="นายแก้ แล้ว", age=41, letter_date=date(2025, 10, 31))
    done(place)
    cells = {"person_name": "นายแก้ แล้ว", "age": 41, "letter_date": date(2025, 10, 31)}
    assert {column: place.states()[key(1)].values[column] for column in cells} == cells
    place.send("r1", sender_org="อบต.ดินแดง")  # an edit elsewhere in the answer leaves it alone
    done(place)
    rows = shown(place)
    assert {column: rows[key(1)][column] for column in (*cells, "sender_org")} == {
        **cells,
        "sender_org": "อบต.ดินแดง",
    }


def test_staff_and_sender_change_a_cell_at_once(place: Workplace) -> None:
    place.desk.type(place.desk.row_of(case_id=key(1)), sender_org="ของเจ้าหน้าที่", moo="9")
    place.send("r1", sender_org="ของผู้ส่ง", moo="9")
    done(place)
    rows = shown(place)
    assert (rows[key(1)]["sender_org"], rows[key(1)]["moo"]) == ("ของเจ้าหน้าที่", "9")
    (review,) = review_rows(place, "conflict")
    assert (review["column"], review["value"], review["other"]) == ("หน่วยงานผู้ส่ง", "ของเจ้าหน้าที่", "ของผู้ส่ง")
    assert "หน่วยงานผู้ส่ง" in str(rows[key(1)]["review"])


@pytest.mark.parametrize(("word", "kept"), [("ใช้ค่าในชีต", "ของเจ้าหน้าที่"), ("ใช้ค่าจากแบบฟอร์ม", "ของผู้ส่ง")])
def test_a_conflict_is_decided_in_the_list_of_reviews(place: Workplace, word: str, kept: str) -> None:
    place.desk.type(place.desk.row_of(case_id=key(1)), sender_org="ของเจ้าหน้าที่")
    place.send("r1", sender_org="ของผู้ส่ง")
    done(place)
    place.reviews.type(place.reviews.row_of(case_id=key(1)), decision=word)
    done(place)
    rows = shown(place)
    assert rows[key(1)]["sender_org"] == kept
    assert "หน่วยงานผู้ส่ง" not in str(rows[key(1)]["review"])


def test_a_sender_who_comes_round_to_the_correction_ends_the_conflict(place: Workplace) -> None:
    place.desk.type(place.desk.row_of(case_id=key(1)), sender_org="ของเจ้าหน้าที่")
    place.send("r1", sender_org="ของผู้ส่ง")
    done(place)
    place.send("r1", sender_org="ของเจ้าหน้าที่")
    done(place)
    assert shown(place)[key(1)]["sender_org"] == "ของเจ้าหน้าที่"
    assert [row["status"] for row in review_rows(place, "conflict")] == ["หมดเหตุแล้ว"]
    assert "หน่วยงานผู้ส่ง" not in str(shown(place)[key(1)]["review"])


def test_a_note_in_the_list_stays_and_gives_the_sheet_nothing_to_do(place: Workplace) -> None:
    place.desk.copy_row(place.desk.row_of(case_id=key(4)))
    done(place)
    place.reviews.type(place.reviews.row_of(case_id=key(4)), note="ดูแล้ว")
    done(place)
    assert [row["note"] for row in review_rows(place, "copied_row")] == ["ดูแล้ว"]
    assert place.sync().cases.skipped


def test_a_deleted_line_of_the_list_comes_back_when_there_is_news(place: Workplace) -> None:
    place.desk.type(place.desk.row_of(case_id=key(1)), sender_org="ของเจ้าหน้าที่")
    place.send("r1", sender_org="ของผู้ส่ง")
    done(place)
    place.reviews.delete_rows(place.reviews.row_of(case_id=key(1)))
    for _ in range(3):
        place.compute_all_anew()
        assert place.sync().exit_code == 0
    assert not review_rows(place, "conflict"), "what people took off the list stays off"
    place.send("r1", sender_org="ของผู้ส่ง อีกครั้ง")
    done(place)
    assert place.sync().cases.skipped
    (review,) = review_rows(place, "conflict")
    assert (review["value"], review["other"]) == ("ของเจ้าหน้าที่", "ของผู้ส่ง อีกครั้ง")


def test_what_the_bridge_owns_is_computed_anew(place: Workplace) -> None:
    before = shown(place)
    row = place.desk.row_of(case_id=key(4))
    place.desk.type(row, duplicate_of="ไม่ซ้ำ", in_tpmap=True, review=None, operation=None, step=None)
    done(place)
    assert shown(place) == before


def test_a_choice_of_staff_stays_until_they_take_it_back(place: Workplace) -> None:
    row = place.desk.row_of(case_id=key(1))
    place.desk.type(row, step="เสนอคณะกรรมการพิจารณา")
    done(place)
    assert (shown(place)[key(1)]["step"], shown(place)[key(1)]["outcome"]) == (
        "เสนอคณะกรรมการพิจารณา",
        "รอพิจารณา",
    )
    place.desk.type(row, receipt_no="1", outcome="ยังไม่ช่วยเหลือ")
    done(place)
    cells = shown(place)[key(1)]
    assert [cells[c] for c in ("operation", "step", "outcome")] == [
        "รับเรื่องแล้ว",
        "เสนอคณะกรรมการพิจารณา",
        "ยังไม่ช่วยเหลือ",
    ]
    place.desk.type(row, step=None, outcome=None)
    done(place)
    assert [shown(place)[key(1)][c] for c in ("step", "outcome")] == ["ตรวจสอบเอกสาร", "รอพิจารณา"]


def test_an_outcome_chosen_for_a_step_without_suggestion_stays(place: Workplace) -> None:
    row = place.desk.row_of(case_id=key(1))
    place.desk.type(row, step="ส่งต่อหน่วยงานอื่น")
    done(place)
    assert shown(place)[key(1)]["outcome"] is None
    place.desk.type(row, outcome="ยังไม่ช่วยเหลือ")  # a word that the bridge had suggested once
    done(place)
    assert shown(place)[key(1)]["outcome"] == "ยังไม่ช่วยเหลือ"


def test_a_formula_without_its_result_is_not_a_blank(place: Workplace) -> None:
    row = place.desk.row_of(case_id=key(3))
    place.desk.type(row, goods="=A1", amount="=1+1", sender_org="=A2")
    place.send("r3", sender_org="ของผู้ส่ง")
    assert place.sync().exit_code == 0
    look = place.desk.look()
    for column, formula in (("goods", "=A1"), ("amount", "=1+1"), ("sender_org", "=A2")):
        assert look.held(row, place.desk.columns[column])[:2] == (formula, "f")
    values = place.states()[key(3)].values
    assert (values["goods"], values["amount"]) == (STAFF["goods"], STAFF["amount"])
    at_rest(place)


def test_merged_cells_blank_what_they_cover_and_nothing_else(place: Workplace) -> None:
    row = place.desk.row_of(case_id=key(3))
    place.desk.merge(row, "house_no", "moo")
    place.desk.merge(row, "amount", "goods")
    place.send_many(1)
    done(place)
    cells = shown(place)[key(3)]
    assert (cells["house_no"], cells["moo"], cells["amount"], cells["goods"]) == ("10/1", None, 2250.5, None)
    values = place.states()[key(3)].values
    assert (values.get("moo"), values.get("goods")) == (None, None)
    assert len(shown(place)) == 11


# ------------------------------------------------------------------------------------------------ the whole tab


def test_an_old_version_is_what_staff_now_mean(place: Workplace) -> None:
    old = place.desk.copy()
    place.desk.type(place.desk.row_of(case_id=key(3)), goods="หลังจากนั้น")
    place.send_many(2)
    done(place)
    place.desk.put_back(old)
    for _ in range(2):
        assert place.sync().exit_code == 0
    at_rest(place)
    rows = shown(place)
    assert sorted(rows) == [key(number) for number in range(1, 11)]
    assert staff_of(rows[key(3)]) == STAFF
    assert [row["case_id"] for row in review_rows(place, "vanished")] == [key(11), key(12)]
    for number in (11, 12):
        place.office.restore.case(key(number))
    done(place)
    every_case_once(place)


def test_an_old_version_that_lacks_too_much_is_refused(place: Workplace) -> None:
    old = place.desk.copy()
    place.send_many(3)
    done(place)
    place.desk.put_back(old)
    refused(place, "sheet_lost_rows")


@pytest.mark.parametrize("tab", TABS)
def test_a_renamed_tab_is_refused_until_it_has_its_name_again(place: Workplace, tab: str) -> None:
    place.desk.rename_tab(tab)
    refused(place, "tab_missing")
    place.desk.rename_tab("ทะเบียนเคส")
    done(place)
    every_case_once(place)


def test_a_copied_tab_is_nobodys(place: Workplace) -> None:
    place.desk.duplicate_tab()
    book = openpyxl.load_workbook(place.desk.path)
    name = next(name for name in book.sheetnames if name not in ("ทะเบียนเคส", "ตรวจสอบ"))
    before = [[cell.value for cell in line] for line in book[name].iter_rows()]
    place.send_many(1)
    done(place)
    sheet = openpyxl.load_workbook(place.desk.path)[name]
    assert [[cell.value for cell in line] for line in sheet.iter_rows()] == before
    every_case_once(place)


RUINS: dict[str, tuple[str, Callable[[Desk], None]]] = {
    "delete the header row": ("sheet_columns", lambda desk: desk.delete_header_row()),
    "delete the id column": ("sheet_columns", lambda desk: desk.delete_column("case_id")),
    "delete a bridge column": ("sheet_columns", lambda desk: desk.delete_column("duplicate_of")),
    "delete the last bridge column": ("sheet_columns", lambda desk: desk.delete_column("review")),
    "delete a form column": ("sheet_columns", lambda desk: desk.delete_column("problem")),
    "delete a staff column": ("sheet_columns", lambda desk: desk.delete_column("goods")),
    "a header twice": ("sheet_columns", lambda desk: desk.insert_column(2, "สิ่งของ")),
    "clear the tab": ("sheet_columns", lambda desk: desk.clear()),
    "delete all rows": ("sheet_lost_rows", lambda desk: desk.delete_rows(*desk.rows())),
    "delete three rows of ten": ("sheet_lost_rows", lambda desk: desk.delete_rows(3, 4, 5)),
    "sort without the id column": (
        "sheet_mixed_up",
        lambda desk: desk.sort("problem", leave_out=["case_id"]),
    ),
    "paste 300 rows over everything": ("sheet_columns", lambda desk: desk.paste(1, 1, RUBBISH)),
    "paste 300 rows below the headers": ("sheet_lost_rows", lambda desk: desk.paste(2, 1, RUBBISH)),
    "paste 300 rows beside the ids": ("sheet_mixed_up", lambda desk: desk.paste(2, 2, RUBBISH)),
}
RUBBISH: list[list[Cell]] = [
    ["#REF!", "=1/0", True, f"แถว {n}", datetime(2025, 1, 1, 1, 1), n / 3, "-1", " ก ", "=A1", "=NA()", "x"]
    * 3
    for n in range(300)
]


@pytest.mark.parametrize(("code", "ruin"), RUINS.values(), ids=RUINS)
def test_a_ruined_tab_is_refused_until_it_is_mended(
    place: Workplace, code: str, ruin: Callable[[Desk], None]
) -> None:
    before = place.desk.copy()
    ruin(place.desk)
    refused(place, code)
    place.desk.put_back(before)
    done(place)
    every_case_once(place)


def test_a_deleted_column_that_was_empty_is_missed_too(tmp_path: Path) -> None:
    place = Workplace(tmp_path)
    place.send_many(6, national_id="1103700000127", case_type="ผู้มีรายได้น้อย", house_no="")
    done(place)
    place.desk.type(2, national_id=None)
    place.desk.delete_column("review")
    refused(place, "sheet_columns")
    bootstrap.close()


def test_a_loss_that_is_meant_is_accepted_once(place: Workplace) -> None:
    place.desk.delete_rows(3, 4, 5)
    refused(place, "sheet_lost_rows")
    assert place.sync(accept_loss=True).exit_code == 0
    assert place.sync().exit_code == 0, "what was accepted is not asked for again"
    at_rest(place)
    assert len(review_rows(place, "vanished")) == 3
    assert sorted(shown(place)) == [key(n) for n in (1, 5, 6, 7, 8, 9, 10, 11)]
    for number in (2, 3, 4):
        place.office.restore.case(key(number))
    done(place)
    every_case_once(place)


def test_a_list_of_reviews_in_disorder_does_not_hold_up_the_cases(place: Workplace) -> None:
    for number in (1, 2, 3):
        place.desk.type(place.desk.row_of(case_id=key(number)), sender_org=f"เจ้าหน้าที่ {number}")
        place.send(f"r{number}", sender_org=f"ผู้ส่ง {number}")
        done(place)
    for number in (4, 5, 6):
        place.desk.copy_row(place.desk.row_of(case_id=key(number)))
        done(place)
    before = place.reviews.rows()
    place.reviews.sort("item", reverse=True, leave_out=[k for k in place.reviews.columns if k != "item"])
    place.send_many(1)
    report = place.sync()
    assert (report.exit_code, [error.code for error in report.trouble]) == (4, ["sheet_mixed_up"])
    assert [row["kind"] for row in place.reviews.rows().values()] == [row["kind"] for row in before.values()]
    assert "เรื่องที่ 11" in {row["problem"] for row in place.desk.rows().values()}


def test_a_cleared_list_of_reviews_does_not_hold_up_the_cases(place: Workplace) -> None:
    place.reviews.clear()
    place.send_many(1)
    report = place.sync()
    assert (report.exit_code, [error.code for error in report.trouble]) == (4, ["sheet_columns"])
    every_case_once(place)

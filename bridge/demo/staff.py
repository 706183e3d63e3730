"""What the admin and the staff do in the workbooks on the day of the demo, by hand and each in their own way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from bridge.bootstrap import Office
from bridge.config_parts import RulesPart
from bridge.demo.answers import EARLIER_YEAR, Story
from bridge.demo.book import Tab
from bridge.domain.values.thai_date import buddhist

_OFFICERS = ("จันทร์ดวง ศรีหอม", "บุญเลิศ คำงาม", "พรนภา ไชยสาลี")
# Baht that suit the province's first case types (process.md section 9).
_AMOUNTS = (1_000, 3_000, 3_000, 3_000, 2_000, 22_500, 40_000)
_GOODS = ("เครื่องอุปโภคบริโภค 1 ชุด", "ผ้าอ้อมผู้ใหญ่ 3 ห่อ", "รถเข็น 1 คัน")
_OWN_OUTCOME = "เงินสงเคราะห์และเครื่องอุปโภคบริโภค"
_PRIVATE_HEADER = "โน้ตของฉัน"
_SLIP, _NO_AID, _NO_AMOUNT = (
    58,
    17,
    27,
)  # rows with a slip: an unclear mark, help without aid, a transfer without sum


def decide_requests(office: Office) -> None:
    """Approves by word and by tick, refuses one, leaves one open and answers one in a way that is no answer."""
    access = office.province.access
    amphoes = office.places.amphoes()
    tab = Tab(office.workspace.access_book, office.table("access"))
    tambon_office = tab.get(tab.find(first_name="Kamol"), "org")
    amphoe = next((name for name in amphoes if name in tambon_office), amphoes[0])
    tambon = office.places.tambons(amphoe)[0]
    decisions: dict[str, dict[str, Any]] = {
        "Kamol": {"approval": access.approve[0], "area": f"ต.{tambon} อ.{amphoe}"},
        "Somruedi": {"approval": True, "area": f"อ.{amphoes[1]}, อ.{amphoes[2]}"},
        "Wichian": {"approval": access.approve[-1].upper()},
        "Lamduan": {"approval": access.approve[0]},
        "Ratana": {"approval": access.approve[1], "role": access.roles.staff},
        "Prasert": {"approval": access.approve[0], "role": access.roles.executive},
        "Noname": {"approval": access.refuse[0]},
        "Duangjai": {"approval": "รอสอบถามหน่วยงานก่อน"},
    }
    for name, cells in decisions.items():
        tab.put(tab.find(first_name=name), **cells)
    tab.save()


def work_cases(office: Office, story: Story, today: date) -> None:
    """The daily check: marks, receipt numbers, steps, money and goods, and two form cells put right."""
    tab = Tab(office.workspace.cases_book, office.table("cases"))
    for number, row in enumerate(tab.rows()):
        tab.put(row, **_work(office, number, today, str(tab.get(row, "case_type"))))
    typed_id = story.cases[11].answers["national_id"]
    tab.put(tab.find(national_id=typed_id), national_id=story.people[11].national_id)
    typed_tambon = story.cases[37].answers["tambon"]
    tab.put(tab.find(tambon=typed_tambon), tambon=story.people[37].tambon)
    tab.save()


def rearrange_cases(office: Office, story: Story, today: date) -> None:
    """Sorts by amphoe, types a case at the bottom, copies a row, and inserts a column of one's own."""
    tab = Tab(office.workspace.cases_book, office.table("cases"))
    tab.sort("amphoe")
    model, person = story.cases[25].answers, story.people[25]
    tab.add(
        submitted_at=today,
        sender_name=_OFFICERS[0],
        sender_org=office.province.province.office,
        case_type=model["case_type"],
        person_name=f"{person.title}{person.given} {story.people[26].family}",
        problem=model["problem"],
        age=person.age + 1,
        house_no="88/1",
        moo=3,
        tambon=person.tambon,
        amphoe=person.amphoe,
    )
    tab.copy_row(5)
    place = tab.insert_private_column(_PRIVATE_HEADER, after="officer")
    for row in (3, 8, 13):
        tab.scribble(row, place, "โทรถามแล้ว ✓")
    tab.save()


def tell_apart(office: Office) -> str:
    """Decides that the newest pair of like names in one house are two people. Returns the item's number."""
    same_name, same_id = (office.messages.text("ground", each) for each in ("name_same", "identity_same"))
    tab = Tab(office.workspace.cases_book, office.table("reviews"))
    reasons = {row: str(tab.get(row, "reason")) for row in tab.rows()}
    row = max(row for row, reason in reasons.items() if same_name in reason and same_id not in reason)
    tab.put(row, decision=office.province.reviews.decisions.not_same, note="พ่อกับลูกชื่อเหมือนกัน")
    tab.save()
    return str(tab.get(row, "item"))


def _work(office: Office, number: int, today: date, case_type: str) -> dict[str, Any]:
    """What is typed in the staff columns of one row; each row is at another stage."""
    rules = office.province.rules
    steps = [rule.step for rule in rules.outcomes]
    checked = (rules.checked[0], True, rules.checked[-1], rules.checked[4])[number % 4]
    if number == _SLIP:
        return {"checked": "ตรวจ?"}
    if number < EARLIER_YEAR:
        day = today - timedelta(days=60)
        return {"checked": checked, **_receipt(number, day), **_money(rules, case_type, number, day)}
    day = today - timedelta(days=number % 3)
    received = {"checked": checked, **_receipt(number, day)}
    stages: tuple[Callable[[], dict[str, Any]], ...] = (
        dict,
        lambda: {"checked": checked},
        lambda: received,
        lambda: {**received, "step": steps[2]},
        lambda: {**received, "step": steps[3]},
        lambda: {**received, **_money(rules, case_type, number, day)},
        lambda: {**received, **_money(rules, case_type, number, day)},
        lambda: {**received, "step": rules.helped, "goods": _GOODS[number % len(_GOODS)]},
        lambda: _receipt(number, day),
        lambda: {**received, **_money(rules, case_type, number, day), "outcome": _OWN_OUTCOME},
    )
    cells = stages[number % len(stages)]()
    if number == _NO_AID:
        cells.pop("goods")
    if number == _NO_AMOUNT:
        cells.update(transfer_date=day)
    return cells


def _receipt(number: int, day: date) -> dict[str, Any]:
    typed: date | str = day if number % 4 else buddhist(day)
    officer = _OFFICERS[number % len(_OFFICERS)]
    return {"receipt_no": f"{1200 + number}/{day.year + 543}", "received_date": typed, "officer": officer}


def _money(rules: RulesPart, case_type: str, number: int, day: date) -> dict[str, Any]:
    kinds = rules.case_types
    amount = _AMOUNTS[kinds.index(case_type)] if case_type in kinds[: len(_AMOUNTS)] else 2_500
    typed: int | str = amount
    if number % 10 == 6:
        typed = f"{amount:,} บาท"
    cells: dict[str, Any] = {"step": rules.helped, "amount": typed}
    if number % 3:
        cells["transfer_date"] = day + timedelta(days=1) if number % 2 else buddhist(day)
    return cells

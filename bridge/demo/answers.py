"""The answers to both forms that arrive on the day of the demo, with the quirks of process.md section 11."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from bridge.config import Province
from bridge.demo import quirks
from bridge.demo.people import Crowd, Person
from bridge.demo.quirks import Quirk
from bridge.domain.values.places import Places
from bridge.domain.values.thai_date import buddhist

SEED = 2569
EARLIER_YEAR, MORNING, NOON, EVENING = 8, 32, 52, 68  # how many answers there are by then

# Youngest, oldest and a household's trouble, for the province's first case types in their order.
_TROUBLES = (
    (4, 14, "บิดามารดาแยกทาง อยู่กับยาย รายได้จากเบี้ยยังชีพเท่านั้น ต้องการทุนการศึกษาและเครื่องอุปโภคบริโภค"),
    (25, 59, "รับจ้างรายวัน รายได้ไม่แน่นอน มีบุตร 3 คน ไม่มีที่ดินทำกิน ต้องการเงินสงเคราะห์ครอบครัว"),
    (60, 92, "อยู่ลำพัง เดินไม่สะดวก ไม่มีผู้ดูแล ต้องการเงินช่วยเหลือและผ้าอ้อมผู้ใหญ่"),
    (18, 75, "พิการทางการเคลื่อนไหว ประกอบอาชีพไม่ได้ ต้องการเงินช่วยเหลือและรถเข็น"),
    (25, 70, "บ้านถูกพายุพัดหลังคาเสียหาย ไม่มีที่พักชั่วคราว ต้องการเครื่องนอนและเงินช่วยเหลือ"),
    (60, 92, "บ้านไม้ยกสูง บันไดชัน ห้องน้ำอยู่นอกบ้าน ต้องการปรับสภาพบ้านให้ปลอดภัย"),
    (20, 75, "ผู้พิการใช้รถเข็น ไม่มีทางลาดและห้องน้ำใช้ไม่ได้ ต้องการปรับสภาพบ้าน"),
)
_OTHER_TROUBLES = {26: "ขอรถเข็นสำหรับผู้ป่วยติดเตียง", 59: "ขอรับนมผงสำหรับทารก"}

# What is wrong with which answer: (number of the answer, column, what happens to it).
_QUIRKS: tuple[tuple[int, str, Quirk], ...] = (
    (9, "national_id", quirks.card_dashes),
    (11, "national_id", quirks.without_last),
    (13, "national_id", quirks.scientific),
    (15, "national_id", quirks.wrong_last),
    (17, "national_id", quirks.always("")),
    (19, "national_id", quirks.thai_digits),
    (21, "national_id", quirks.always("ไม่มี")),
    (31, "national_id", quirks.stateless_without_zero),
    (57, "national_id", quirks.scientific),
    (60, "national_id", quirks.stateless),
    (8, "person_phone", quirks.without_first),
    (10, "person_phone", quirks.phone_dashes),
    (12, "person_phone", quirks.always("ไม่มีเบอร์ติดต่อ")),
    (14, "person_phone", quirks.always("-")),
    (16, "person_phone", quirks.thai_digits),
    (18, "person_phone", quirks.after(", 0890001122")),
    (20, "person_phone", quirks.from_abroad),
    (22, "person_phone", quirks.without_last),
    (24, "person_phone", quirks.always("045-000123")),
    (30, "person_phone", quirks.always("")),
    (54, "person_phone", quirks.after(" (ลูกสาว)")),
    (28, "sender_phone", quirks.from_abroad),
    (25, "letter_date", quirks.always("012022")),
    (27, "letter_date", quirks.always("")),
    (31, "letter_date", quirks.always("2569-02-30")),
    (33, "letter_date", quirks.always("พ.ย. 2569")),
    (49, "letter_date", quirks.always("-")),
    (12, "person_name", quirks.loose),
    (16, "person_name", quirks.with_zero_width),
    (28, "person_name", quirks.without_family),
    (32, "person_name", quirks.loose),
    (30, "house_no", quirks.after(" ม.5")),
    (35, "house_no", quirks.always("-")),
    (42, "house_no", quirks.always("๑๒/๓")),
    (51, "house_no", quirks.always("บ้านเลขที่ 45/2")),
    (53, "house_no", quirks.always("10/1")),
    (56, "house_no", quirks.always("7/12")),
    (61, "house_no", quirks.always("3/4")),
    (37, "tambon", quirks.misspelt),
    (58, "tambon", quirks.misspelt),
    (43, "tambon", quirks.always("บ้านสมมติ")),
    (45, "moo", quirks.before("หมู่ ")),
    (46, "moo", quirks.before("ม.")),
    (47, "moo", quirks.thai_digits),
    (34, "moo", quirks.always("-")),
    (44, "age", quirks.before("ประมาณ ")),
    (46, "age", quirks.after(" ปี")),
    (48, "age", quirks.before("อายุ ")),
    (62, "age", quirks.always("")),
    (36, "problem", quirks.always('=IMPORTDATA("http://example.invalid/ข้อมูล.csv")')),
    (38, "letter_no", quirks.always("=1+1")),
    (40, "letter_no", quirks.always("@ศก 52001/88")),
    (42, "letter_no", quirks.always("-1")),
    (63, "problem", quirks.before("+")),
    (44, "problem", quirks.after("\nเพิ่มเติม: มีผู้ป่วยติดเตียงในบ้าน 1 คน")),
    (29, "source", quirks.always("-")),
)

# (the earlier answer, the later one about the same household): a second case of the same type.
_SAME_ID = (33, 50)
_SAME_HOUSE_NO_ID = ((39, 64), (41, 66))  # the second pair is told apart by staff: father and son

_ACCESS: tuple[tuple[str, ...], ...] = (
    # organisation (None: one of an amphoe), first name, last name, last four digits, e-mail, phone
    ("", "Kamol", "Meedee", "0412", "kamol@tambon.example.com", "812000345"),
    ("", "Somruedi", "Jaiphak", "2215", "somruedi@tambon.example.com", "0830001122"),
    ("", "Wichian", "Sukjai", "7781", "wichian@tambon.example.com", "+66840001133"),
    ("", "Kamol", "Meedee", "0412", "  Kamol@Tambon.Example.COM ", "0812000345"),
    ("", "Lamduan", "Phothong", "3390", "lamduan@tambon", "ไม่มีเบอร์ติดต่อ"),
    ("*", "Ratana", "Wongsri", "5567", "ratana@province.example.org", "๐๘๕๐๐๐๑๑๔๔"),
    ("*", "Prasert", "Khamngam", "9024", "prasert@province.example.org", "086-000-1155"),
    (
        '=HYPERLINK("http://example.invalid")',
        "Noname",
        "Unknown",
        "0000",
        "visitor@elsewhere.example.net",
        "-",
    ),
    ("", "Duangjai", "Thongmani", "1148", "duangjai@tambon.example.com", "0870001166"),
    ("", "Anan", "Boonkhun", "8836", "anan@tambon.example.com", "0880001177"),
)


@dataclass(frozen=True)
class Answered:
    """One submitted form: when (wall clock of Bangkok), and the answers by column, as typed."""

    sent_at: datetime
    answers: Mapping[str, str]


@dataclass(frozen=True)
class Story:
    """Everything that will arrive, in the order of arrival; `people[n]` is whom `cases[n]` is about."""

    requests: Sequence[Answered]
    cases: Sequence[Answered]
    people: Sequence[Person]


def write_story(province: Province, places: Places, now: datetime) -> Story:
    """The same people and answers for the same province; only the days follow `now` (Bangkok)."""
    chance = random.Random(SEED)  # noqa: S311  # a play must be the same each time
    crowd = Crowd(chance, places)
    people = [crowd.person(*_ages(number)) for number in range(EVENING)]
    moments = _moments(chance, now)
    senders = {person.tambon: crowd.person(25, 55) for person in people}
    cases = [
        Answered(moment, _answers(number, person, senders[person.tambon], province, moment))
        for number, (person, moment) in enumerate(zip(people, moments, strict=True))
    ]
    return Story(
        _requests(crowd, province, datetime.combine(now.date(), time(7, 40, 9))), _told_twice(cases), people
    )


def _ages(number: int) -> tuple[int, int]:
    youngest, oldest, _ = _TROUBLES[number % len(_TROUBLES)]
    return youngest, oldest


def _moments(chance: random.Random, now: datetime) -> list[datetime]:
    """Some answers of the fiscal year before, then those of the last days, then today's, each after the other."""
    today = now.date()
    new_year = date(today.year - (today.month < 10), 10, 1)
    days = [new_year - timedelta(days=chance.randint(15, 180)) for _ in range(EARLIER_YEAR)]
    days += [today - timedelta(days=chance.randint(1, 6)) for _ in range(EARLIER_YEAR, MORNING - 6)]
    clocks = [time(chance.randint(8, 15), chance.randint(0, 59), chance.randint(0, 59)) for _ in days]
    earlier = sorted(datetime.combine(day, clock) for day, clock in zip(days, clocks, strict=True))
    morning = datetime.combine(today, time(8, 12, 3))
    return earlier + [
        morning + timedelta(minutes=9 * n, seconds=7 * n) for n in range(EVENING - len(earlier))
    ]


def _answers(
    number: int, person: Person, sender: Person, province: Province, moment: datetime
) -> dict[str, str]:
    kind = number % len(_TROUBLES)
    case_type, trouble = province.rules.case_types[kind], _TROUBLES[kind][2]
    if number in _OTHER_TROUBLES:
        trouble = _OTHER_TROUBLES[number]
        case_type = f"{province.rules.other_type}: {trouble}"
    letter_day = moment.date() - timedelta(days=number % 4)
    answers = {
        "sender_name": sender.name,
        "sender_org": f"อบต.{person.tambon}" if person.moo % 3 else f"เทศบาลตำบล{person.tambon}",
        "sender_phone": sender.phone,
        "letter_no": f"ศก {52000 + number % 12}/{100 + number}",
        "letter_date": quirks.two_digit_year(letter_day)
        if number == 29
        else quirks.day_as_typed(letter_day, number if number % 2 else 0),
        "case_type": case_type,
        "requester": "ยื่นแทน" if number % 3 == 1 else "ยื่นเอง",
        "person_name": _as_typed(number, person),
        "problem": trouble,
        "national_id": person.national_id,
        "age": str(person.age),
        "house_no": person.house_no if number % 4 else f"{person.house_no}/{1 + number % 5}",
        "moo": str(person.moo),
        "tambon": ("", "ต.", "ตำบล")[number % 3] + person.tambon,
        "amphoe": ("", "", "อ.", "อำเภอ")[number % 4] + person.amphoe,
        "person_phone": person.phone,
        "source": ("TPMAP", "นอก TPMAP")[number % 2],
    }
    for which, column, quirk in _QUIRKS:
        if which == number:
            answers[column] = quirk(answers[column])
    return answers


def _as_typed(number: int, person: Person) -> str:
    """The title glued on, apart, or abbreviated."""
    if person.title == "นางสาว" and number % 2:
        return f"น.ส.{person.given} {person.family}"
    if number % 5 == 4:
        return f"{person.title} {person.given} {person.family}"
    return person.name


def _told_twice(cases: list[Answered]) -> list[Answered]:
    """Some households are sent in twice, by another office or on another day."""
    same = ("person_name", "case_type", "problem", "house_no", "moo", "tambon", "amphoe", "age")
    pairs = [(*_SAME_ID, ("national_id",)), *((*pair, ()) for pair in _SAME_HOUSE_NO_ID)]
    for first, second, more in pairs:
        again = {column: cases[first].answers[column] for column in (*same, *more)}
        cases[second] = Answered(cases[second].sent_at, {**cases[second].answers, **again})
        if not more:
            for number, nothing in ((first, ""), (second, "-")):
                answers = {**cases[number].answers, "national_id": nothing}
                cases[number] = Answered(cases[number].sent_at, answers)
    return cases


def _requests(crowd: Crowd, province: Province, morning: datetime) -> list[Answered]:
    columns = ("org", "first_name", "last_name", "last4", "email", "phone")
    requests = []
    for number, row in enumerate(_ACCESS):
        answers = dict(zip(columns, row, strict=True))
        tambon_office = f"องค์การบริหารส่วนตำบล ({crowd.amphoes[number % len(crowd.amphoes)]})"
        answers["org"] = {"": tambon_office, "*": province.province.office}.get(row[0], row[0])
        requests.append(Answered(morning + timedelta(minutes=3 * number), answers))
    return requests


def half_filled(day: date) -> dict[str, str]:
    """The row at the bottom that somebody began to type and left."""
    return {"sender_org": "อบต.", "letter_date": buddhist(day), "tambon": "-"}

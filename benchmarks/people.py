"""Invented people of a province, their cases with slips of the hand, and a register: data with known answers.

    python benchmarks/people.py FOLDER [--seed 1] [--province ศรีสะเกษ] [--people 100000] [--cases 120000] [--slips 1.0]

Writes cases.csv.gz, truth.csv.gz, register.csv.gz and register_truth.csv.gz. Given and family names are words of
pythainlp's lists put together at random (CC BY-SA 4.0), places are geothai's; nobody is meant. Households share
house and family name; among them are siblings with alike names and twins. `--slips` multiplies every rate of
error; `--moves` those of moving house and changing a name.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import random
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bridge.adapters.places import load_places
from bridge.domain.values.national_id import check_digit

HEADER = (
    *("rec_id", "submitted", "name", "national_id", "birth_date", "house_no", "moo", "tambon", "amphoe"),
    *("province", "phone", "problem"),
)
REGISTER = (
    *("reg_id", "title", "given_name", "family_name", "house_no", "moo", "tambon", "amphoe", "province"),
    *("members", "poverty", "level"),
)
MARKS = "ัิีึืุู็่้๊๋์"
LOOK_ALIKE = ("ณน", "ศสษ", "ซช", "ฟพภ", "ขคฆ", "ทธฑ", "ดต", "รล", "ยญ", "บป", "ิี", "ึื", "ุู", "ใไ")
MONTHS = (
    *("มกราคม", "กุมภาพันธ์", "มีนาคม", "เมษายน", "พฤษภาคม", "มิถุนายน"),
    *("กรกฎาคม", "สิงหาคม", "กันยายน", "ตุลาคม", "พฤศจิกายน", "ธันวาคม"),
)
SHORT_MONTHS = (
    "ม.ค.",
    "ก.พ.",
    "มี.ค.",
    "เม.ย.",
    "พ.ค.",
    "มิ.ย.",
    "ก.ค.",
    "ส.ค.",
    "ก.ย.",
    "ต.ค.",
    "พ.ย.",
    "ธ.ค.",
)
THAI_DIGITS = str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙")
TITLES = {
    "นาย": ("นาย", "นาย", "นาย ", "นาย. "),
    "นาง": ("นาง", "นาง", "นาง "),
    "นางสาว": ("นางสาว", "น.ส.", "น.ส. ", "นางสาว ", "นส. "),
    "เด็กชาย": ("ด.ช.", "เด็กชาย", "ด.ช. "),
    "เด็กหญิง": ("ด.ญ.", "เด็กหญิง", "ด.ญ. "),
}
PROBLEMS = ("เด็ก", "สตรี", "ผู้สูงอายุ", "ผู้พิการ", "รายได้น้อย", "ที่อยู่อาศัย", "อุบัติภัย", "อื่นๆ")
# Chance of each slip in one further case of a person who is known already.
SLIPS = {
    "id_missing": 0.40,
    "id": 0.09,
    "given": 0.27,
    "family": 0.28,
    "birth_missing": 0.21,
    "birth": 0.06,
    "house": 0.065,
    "tambon": 0.05,
    "tambon_missing": 0.04,
    "phone": 0.10,
    "title": 0.06,
    "no_title": 0.10,
}
CHANGES = {"given": 0.017, "family": 0.06, "near": 0.07, "far": 0.05}


@dataclass(frozen=True)
class Person:
    number: int
    title: str
    given: str
    family: str
    id: str
    birth: tuple[int, int, int]  # year C.E., month, day
    house: str
    moo: int
    place: tuple[str, str]  # amphoe, tambon
    phone: str


class Province:
    """All choices come from one seed."""

    def __init__(self, seed: int, province: str, slips: float, changes: float) -> None:
        self.random, self.name = random.Random(seed), province
        self.slips = {name: min(0.9, rate * slips) for name, rate in SLIPS.items()}
        self.changes = {name: min(0.9, rate * changes) for name, rate in CHANGES.items()}
        self.places = places(province)
        men, women, families = names()
        draw = self.random
        self.men, self.women = (
            draw.sample(men, min(5500, len(men))),
            draw.sample(women, min(4300, len(women))),
        )
        self.families = draw.sample(families, min(7500, len(families)))

    def given(self, woman: bool) -> str:
        """A few names are borne by many."""
        pool = self.women if woman else self.men
        return pool[int(len(pool) * self.random.random() ** 1.7)]

    def people(self, count: int) -> list[Person]:
        found: list[Person] = []
        while len(found) < count:
            found += self.household(len(found))
        return found[:count]

    def household(self, first: int) -> list[Person]:
        draw = self.random
        family = draw.choice(self.families)
        house = str(draw.randint(1, 320)) + (f"/{draw.randint(1, 9)}" if draw.random() < 0.2 else "")
        moo, place = draw.randint(1, 18), draw.choice(self.places)
        members: list[Person] = []
        for number in range(first, first + draw.choices((1, 2, 3, 4, 5, 6), (10, 20, 25, 22, 15, 8))[0]):
            woman, year = draw.random() < 0.51, draw.randint(1931, 2020)
            own = draw.choice(self.families) if draw.random() < 0.12 else family
            birth, given = (year, draw.randint(1, 12), draw.randint(1, 28)), self.given(woman)
            if members and draw.random() < 0.06:  # a sibling with an alike name, one in three a twin
                elder = draw.choice(members)
                woman, own, given = (
                    elder.title in ("นาง", "นางสาว", "เด็กหญิง"),
                    elder.family,
                    self.alike(elder),
                )
                birth = elder.birth if draw.random() < 0.33 else birth
            title = self.title(woman, birth[0])
            members.append(
                Person(number, title, given, own, self.id(), birth, house, moo, place, self.phone())
            )
        return members

    def alike(self, elder: Person) -> str:
        """Another name that begins as the elder's does, where there is one."""
        pool = self.women if elder.title in ("นาง", "นางสาว", "เด็กหญิง") else self.men
        begins = [name for name in pool if name[:3] == elder.given[:3] and name != elder.given]
        return self.random.choice(begins or pool)

    def title(self, woman: bool, year: int) -> str:
        if year > 2009:
            return "เด็กหญิง" if woman else "เด็กชาย"
        return self.random.choice(("นาง", "นางสาว")) if woman else "นาย"

    def id(self) -> str:
        first = self.random.choices("134568902", (42, 40, 4, 4, 2, 2, 2, 2, 2))[0]
        body = first + f"{self.random.randrange(10**11):011d}"
        return body + check_digit(body)

    def phone(self) -> str:
        return self.random.choice(("06", "08", "09")) + f"{self.random.randrange(10**8):08d}"

    # what becomes of a person in a further case

    def changed(self, person: Person) -> Person:
        """As the person is in a later year."""
        draw, changes = self.random, self.changes
        woman = person.title in ("นาง", "นางสาว", "เด็กหญิง")
        if draw.random() < changes["given"]:
            person = replace(person, given=self.given(woman))
        if draw.random() < changes["family"]:
            person = replace(person, family=draw.choice(self.families))
        if draw.random() < changes["near"] + changes["far"]:
            far = draw.random() < changes["far"] / (changes["near"] + changes["far"])
            person = replace(
                person,
                house=str(draw.randint(1, 320)),
                moo=draw.randint(1, 18),
                place=draw.choice(self.places) if far else person.place,
            )
        return person

    def slipped(self, person: Person) -> Person:
        """As a hurried hand writes the person down."""
        draw = self.random

        def happens(name: str) -> bool:
            return draw.random() < self.slips[name]

        given = self.slip(person.given) if happens("given") else person.given
        family = self.slip(person.family) if happens("family") else person.family
        family = self.slip(family) if draw.random() < self.slips["family"] / 6 else family
        year, month, day = person.birth
        if happens("birth"):
            year, month, day = draw.choice(
                (
                    (year + draw.choice((-10, -1, 1, 10)), month, day),
                    (year, day, month),
                    (year, month, day % 28 + 1),
                )
            )
        amphoe, tambon = person.place
        tambon = self.slip(tambon) if happens("tambon") else tambon
        title = person.title
        if happens("title"):
            title = {"นาง": "นางสาว", "นางสาว": "นาง"}.get(title, title)
        return replace(
            person,
            title="" if happens("no_title") else title,
            given=given,
            family=family,
            id="" if happens("id_missing") else self.slip_digit(person.id) if happens("id") else person.id,
            birth=(0, 0, 0) if happens("birth_missing") else (year, month, day),
            house=self.slip_digit(person.house) if happens("house") else person.house,
            place=(amphoe, "" if happens("tambon_missing") else tambon),
            phone=self.phone() if happens("phone") else person.phone,
        )

    def slip(self, word: str) -> str:
        draw, place = self.random, self.random.randrange(len(word))
        kind = draw.random()
        if kind < 0.25 and len(word) > 3:
            return word[:place] + word[place + 1 :]
        if kind < 0.45:
            return word[:place] + word[place] + word[place:]
        if kind < 0.65 and place + 1 < len(word):
            return word[:place] + word[place + 1] + word[place] + word[place + 2 :]
        if kind < 0.75:
            return word[: place + 1] + draw.choice(MARKS) + word[place + 1 :]
        for group in LOOK_ALIKE:
            if word[place] in group:
                return word[:place] + draw.choice(group.replace(word[place], "")) + word[place + 1 :]
        return word[:place] + draw.choice("กขคงจชดตทนบปพมยรลวสห") + word[place + 1 :]

    def slip_digit(self, digits: str) -> str:
        places = [place for place, letter in enumerate(digits) if letter.isdigit()]
        place, draw = self.random.choice(places), self.random
        kind = draw.random()
        if kind < 0.2 and len(places) > 1:
            return digits[:place] + digits[place + 1 :]
        if kind < 0.3:
            return digits[:place] + digits[place] + digits[place:]
        if kind < 0.5 and place + 1 < len(digits):
            return digits[:place] + digits[place + 1] + digits[place] + digits[place + 2 :]
        return digits[:place] + str(draw.randrange(10)) + digits[place + 1 :]

    # how it looks in the file

    def row(self, person: Person) -> list[str]:
        draw = self.random
        title = draw.choice(TITLES[person.title]) if person.title else ""
        name = title + person.given + draw.choice((" ", " ", " ", "  ")) + person.family
        if draw.random() < 0.03:
            place = draw.randrange(len(name))
            name = name[:place] + draw.choice("\u200b\ufeff") + name[place:]
        amphoe, tambon = person.place
        house, moo = person.house, str(person.moo)
        if draw.random() < 0.08:
            house, moo = f"{house} {draw.choice(('ม.', 'หมู่ '))}{moo}", ""
        phone = person.phone if draw.random() < 0.54 else ""
        number = self.id_as_typed(person.id) if draw.random() < 0.82 else ""
        birth = self.day_as_typed(*person.birth) if person.birth[0] and draw.random() < 0.9 else ""
        return [
            f"{draw.randint(1, 28):02d}/{draw.randint(1, 12):02d}/{draw.randint(2021, 2024)}",
            name,
            number,
            birth,
            house.translate(THAI_DIGITS) if draw.random() < 0.05 else house,
            draw.choice(("หมู่ ", "ม.", "หมู่ที่ ")) + moo if moo and draw.random() < 0.04 else moo,
            draw.choice(("", "", "", "ต.", "ตำบล")) + tambon if tambon else "",
            draw.choice(("", "", "", "อ.", "อำเภอ", "อ. ")) + amphoe,
            "" if draw.random() < 0.1 else self.name,
            phone,
            draw.choice(PROBLEMS),
        ]

    def id_as_typed(self, number: str) -> str:
        kind = self.random.random()
        if len(number) != 13 or kind < 0.75:
            return number
        if kind < 0.93:
            stroke = "-" if kind < 0.88 else " "
            return stroke.join((number[0], number[1:5], number[5:10], number[10:12], number[12]))
        return (
            number.translate(THAI_DIGITS) if kind < 0.97 else f"{number}.0" if kind < 0.99 else f"'{number}"
        )

    def day_as_typed(self, year: int, month: int, day: int) -> str:
        draw = self.random
        kind = draw.random()
        if kind < 0.6:
            return f"{day}/{month}/{year + 543}"
        if kind < 0.75:
            return f"{day:02d}/{month:02d}/{year}"
        if kind < 0.85:
            months = draw.choice((MONTHS, SHORT_MONTHS))
            year = (year + 543) % 100 if draw.random() < 0.07 else year + 543
            return f"{day} {months[(month - 1) % 12]} {year:02d}"
        if kind < 0.93:
            return f"{year}-{month:02d}-{day:02d}"
        return f"{day}/{month}/{year + 543}".translate(THAI_DIGITS)


def names() -> tuple[list[str], list[str], list[str]]:
    from pythainlp.corpus import thai_family_names, thai_female_names, thai_male_names

    def usable(words: Iterable[str]) -> list[str]:
        return sorted(word for word in words if len(word) > 1 and " " not in word and "." not in word)

    return usable(thai_male_names()), usable(thai_female_names()), usable(thai_family_names())


def places(province: str) -> list[tuple[str, str]]:
    """(amphoe, tambon) of a province."""
    known = load_places(province, (), {})
    return [(amphoe, tambon) for amphoe in known.amphoes() for tambon in known.tambons(amphoe)]


def write(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with gzip.open(path, "wt", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)


def make(
    folder: Path,
    seed: int,
    province: str,
    people: int,
    cases: int,
    slips: float = 1.0,
    changes: float = 1.0,
    register: int = 30_000,
    say: Callable[[str], None] = print,
) -> None:
    """Two thirds of the register, or all of them, are people who have a case."""
    folder.mkdir(parents=True, exist_ok=True)
    made = Province(seed, province, slips, changes)
    everybody, draw = made.people(people), made.random
    once = draw.sample(everybody, min(len(everybody), int(cases * 0.835)))
    again = draw.choices(once[: len(once) // 2], k=cases - len(once))
    rows = [(person, person) for person in once] + [(made.slipped(made.changed(p)), p) for p in again]
    draw.shuffle(rows)
    write(
        folder / "cases.csv.gz",
        HEADER,
        ([f"C{number:06d}", *made.row(seen)] for number, (seen, _) in enumerate(rows, 1)),
    )
    write(
        folder / "truth.csv.gz",
        ("rec_id", "person_id"),
        ((f"C{number:06d}", person.number) for number, (_, person) in enumerate(rows, 1)),
    )
    with_case = {person.number for person in once}
    others = [person for person in everybody if person.number not in with_case]
    known = min(len(once), 2 * register // 3)
    listed = draw.sample(once, known) + draw.sample(others, min(len(others), register - known))
    draw.shuffle(listed)
    write(
        folder / "register.csv.gz",
        REGISTER,
        (
            [
                *(f"R{n:06d}", p.title, p.given, p.family, p.house, p.moo, p.place[1], p.place[0], province),
                *(
                    draw.randint(1, 7),
                    draw.choice(("จน", "ไม่จน")),
                    draw.choice(("อยู่ยาก", "อยู่ลำบาก", "พออยู่ได้")),
                ),
            ]
            for n, p in enumerate(listed, 1)
        ),
    )
    write(
        folder / "register_truth.csv.gz",
        ("reg_id", "person_id"),
        ((f"R{number:06d}", person.number) for number, person in enumerate(listed, 1)),
    )
    say(f"{folder}: {len(rows):,} cases of {len(once):,} people, {len(listed):,} in the register")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--province", default="ศรีสะเกษ")
    parser.add_argument("--people", type=int, default=110_000)
    parser.add_argument("--cases", type=int, default=120_000)
    parser.add_argument("--register", type=int, default=30_000)
    parser.add_argument("--slips", type=float, default=1.0)
    parser.add_argument("--moves", type=float, default=1.0)
    a = parser.parse_args()
    make(a.folder, a.seed, a.province, a.people, a.cases, a.slips, a.moves, a.register)


if __name__ == "__main__":
    main()

"""Invented people of a province: names put together from syllables, ids that are right by checksum only.

Nobody is taken from anywhere. The same seed gives the same people.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from bridge.domain.values.national_id import check_digit
from bridge.domain.values.places import Places

_GIVEN = ("สม", "บุญ", "ทอง", "คำ", "พร", "จันทร์", "แก้ว", "เพชร", "ดวง", "สาย")
_GIVEN_MAN = ("ชัย", "มี", "ดี", "สิทธิ์", "เลิศ", "ไทย", "หล้า")
_GIVEN_WOMAN = ("ศรี", "ใจ", "รัตน์", "วรรณ", "ดวง", "นภา", "ละออ")
_FAMILY = ("แก้ว", "บุญ", "ทอง", "ศรี", "คำ", "วงศ์", "สุข", "ไชย", "โพธิ์", "พันธ์")
_FAMILY_END = ("มณี", "เจริญ", "สว่าง", "งาม", "ภักดี", "ไพร", "คูณ", "สาลี", "ประดับ", "หอม")
_AMPHOES_PLAYED = 9
_ADULT = 15  # years, from which the title is an adult's


@dataclass(frozen=True)
class Person:
    """`name` as offices write it, the title glued to the given name."""

    title: str
    given: str
    family: str
    age: int
    national_id: str
    phone: str
    house_no: str
    moo: int
    amphoe: str
    tambon: str

    @property
    def name(self) -> str:
        return f"{self.title}{self.given} {self.family}"


class Crowd:
    """Makes one person after another, in some of the province's amphoe."""

    def __init__(self, chance: random.Random, places: Places) -> None:
        self._chance, self._places = chance, places
        names = places.amphoes()
        self.amphoes = sorted(chance.sample(names, min(_AMPHOES_PLAYED, len(names))))

    def person(self, youngest: int, oldest: int) -> Person:
        """Somebody between two ages. One in eleven has an id that begins with 0, as stateless people do."""
        chance = self._chance
        age = chance.randint(youngest, oldest)
        man = chance.random() < 0.45
        amphoe = chance.choices(self.amphoes, range(len(self.amphoes) + 2, 2, -1))[0]
        return Person(
            title=_title(age, man, married=chance.random() < 0.6),
            given=_given(chance, man),
            family=_family(chance),
            age=age,
            national_id=_national_id(chance),
            phone=f"08{chance.randint(0, 9)}000{chance.randint(0, 9999):04}",
            house_no=str(chance.randint(32, 299)),
            moo=chance.randint(1, 14),
            amphoe=amphoe,
            tambon=chance.choice(self._places.tambons(amphoe)),
        )


def _title(age: int, man: bool, married: bool) -> str:
    if age < _ADULT:
        return "ด.ช." if man else "ด.ญ."
    if man:
        return "นาย"
    return "นาง" if married and age > 22 else "นางสาว"


def _given(chance: random.Random, man: bool) -> str:
    first = chance.choice(_GIVEN)
    last = chance.choice(_GIVEN_MAN if man else _GIVEN_WOMAN)
    return first + (last if last != first else "มา")


def _family(chance: random.Random) -> str:
    return chance.choice(_FAMILY) + chance.choice(_FAMILY_END)


def _national_id(chance: random.Random) -> str:
    first = "0" if chance.random() < 1 / 11 else chance.choice("1358")
    twelve = first + "".join(chance.choice("0123456789") for _ in range(11))
    return twelve + check_digit(twelve)

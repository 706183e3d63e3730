"""People as the comparison sees them: columns of normalised values, read from what was typed.

The readers of `domain.values` decide what a value is. Here whole columns are read at once, and each distinct
value once; what a reader refuses is compared as it stands, since a mistyped id is evidence too.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from bridge.domain.matching.texts import Flags, Ints, Levels, Rows, Texts
from bridge.domain.values import national_id, phone, thai_date
from bridge.domain.values.address import number_and_moo, street_of, village
from bridge.domain.values.places import amphoe_key, place_key
from bridge.domain.values.sound import skeletons
from bridge.domain.values.text import MARKS, fold
from bridge.domain.values.titles import is_child, sex_of, split_title, split_titles

COLUMNS: Final = (
    "title",
    "name",
    "given_name",
    "family_name",
    "national_id",
    "birth_date",
    "house_no",
    "street",
    "street_2",
    "moo",
    "tambon",
    "amphoe",
    "phone",
)
T = TypeVar("T")

_BAR: Final = "|"
_MARK_FIRST: Final = re.compile(rf"([ .|])([{MARKS}\u0e32]+)([^ .|])")
_STROKES: Final = ".-"
_NO_DIGIT: Final = re.compile("[^0-9]")
_LOST_PART: Final = re.compile(r"\.0+$")
_LONGEST_NUMBER: Final = 17  # digits that an int64 holds behind the leading 1
_DAY_FIRST: Final = re.compile(r"([0-9]{1,2})[/.\-]([0-9]{1,2})[/.\-]([0-9]{4})")
_YEAR_FIRST: Final = re.compile(r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})")
_NAMED_MONTH: Final = re.compile(r"([0-9]{1,2}) (\S+) ([0-9]{4})")
_FIRST_BUDDHIST: Final = 2400
_FIRST_YEAR: Final = 1800


@dataclass(frozen=True)
class People:
    """Rows of people; every column has the same length, 0 or a blank text where nothing is known.

    identity, phone: the digits behind a leading 1, so that zeros in front count; birth: year (C.E.) * 10,000 +
    month * 100 + day, the year below 100 where only two digits were written; house: number and street.
    """

    given: Texts
    family: Texts
    given_sound: Texts
    family_sound: Texts
    house: Texts
    tambon: Texts
    amphoe: Texts
    sex: Levels
    child: Flags
    identity: Ints
    identity_valid: Flags
    birth: Ints
    phone: Ints
    moo: Ints

    def __len__(self) -> int:
        return len(self.birth)

    def take(self, rows: Rows) -> People:
        return _people(
            (name, column.take(rows) if isinstance(column, Texts) else column[rows])
            for name, column in self.columns()
        )

    def columns(self) -> Iterator[tuple[str, Any]]:
        return ((field.name, getattr(self, field.name)) for field in fields(self))


def joined(groups: Sequence[People]) -> People:
    """The rows of each group, one group after the other; at least one group."""
    return _people(
        (name, Texts.joined(columns) if isinstance(column, Texts) else np.concatenate(columns))
        for name, column in groups[0].columns()
        for columns in [[getattr(group, name) for group in groups]]
    )


def _people(columns: Iterable[tuple[str, Any]]) -> People:
    return People(**dict(columns))


def read(columns: Mapping[str, Sequence[str]]) -> People:
    """The people of a table given by its columns (names of `COLUMNS`, texts as typed, those missing left out).

    Raises ValueError when columns differ in length.
    """
    lengths = {len(column) for column in columns.values()}
    if len(lengths) > 1:
        raise ValueError("columns differ in length")
    blank = [""] * (lengths.pop() if lengths else 0)
    column = {name: columns.get(name, blank) for name in COLUMNS}
    titles, given, family = _names(column)
    identity, valid = _identities(column["national_id"])
    house, moo = _houses(column)
    tambon, amphoe = _places(column)
    return People(
        given=Texts.of(given),
        family=Texts.of(family),
        given_sound=Texts.of(_sounds(given)),
        family_sound=Texts.of(_sounds(family)),
        house=Texts.of(house),
        tambon=Texts.of(tambon),
        amphoe=Texts.of(amphoe),
        sex=np.array(_each(sex_of, titles), np.int8),
        child=np.array(_each(is_child, titles), np.bool_),
        identity=identity,
        identity_valid=valid,
        birth=_numbers(_each(_birth, fold_column(column["birth_date"]))),
        phone=_numbers(_each(_phone, column["phone"])),
        moo=moo,
    )


def fold_column(values: Sequence[str]) -> list[str]:
    """`fold` of each text; a bar in a text is a space. Worked on as one text, which is much faster."""
    joined = _BAR.join(values)
    if len(joined) < max(len(values), 1):
        return list(values)  # nothing but bars: a column that the file does not have
    if not joined.isascii():
        # Once each value is in NFC, so is the whole, and `fold` sees that at a glance.
        joined = _BAR.join([unicodedata.normalize("NFC", value) for value in values])
    if joined.count(_BAR) >= len(values):
        joined = _BAR.join(value.replace(_BAR, " ") for value in values)
    return fold(joined).replace(" |", _BAR).replace("| ", _BAR).split(_BAR)


def _each(read_one: Callable[[str], T], values: Sequence[str]) -> list[T]:
    """Each distinct value is read once."""
    known = {value: read_one(value) for value in set(values)}
    return [known[value] for value in values]


def _sounds(names: Sequence[str]) -> list[str]:
    distinct = list(dict.fromkeys(names))
    known = dict(zip(distinct, skeletons(distinct), strict=True)) if distinct else {}
    return [known[name] for name in names]


def _numbers(values: Sequence[int]) -> Ints:
    return np.fromiter(values, np.int64, len(values))


def _names(column: Mapping[str, Sequence[str]]) -> tuple[list[str], list[str], list[str]]:
    """Title, given name and family name of each row; a name of one cell is taken apart."""
    titles, given, family = (fold_column(column[name]) for name in ("title", "given_name", "family_name"))
    whole = split_titles(mended_starts(fold_column(column["name"])))
    found: tuple[list[str], list[str], list[str]] = ([], [], [])
    for (said, name), title, first, last in zip(whole, titles, given, family, strict=True):
        one, _, other = name.partition(" ")
        if not one:
            said, rest = split_title(first)
            one = _closed(rest or first)
        found[0].append(title or said)
        found[1].append(one.strip(_STROKES))
        found[2].append(_closed(last or other))
    return found


def _closed(name: str) -> str:
    """Without spaces; what then stands side by side is folded anew."""
    return fold(name.replace(" ", "")) if " " in name else name


def mended_starts(names: Sequence[str]) -> list[str]:
    """No word begins with a mark: one that does was exchanged with the letter after it."""
    return _MARK_FIRST.sub(r"\1\3\2", _BAR.join(["", *names])).split(_BAR)[1:]


def _digits(folded: str) -> int:
    if not (folded.isascii() and folded.isdigit()):
        folded = _NO_DIGIT.sub("", _LOST_PART.sub("", folded))
    return int("1" + folded) if 0 < len(folded) <= _LONGEST_NUMBER and folded.strip("0") else 0


def _identities(values: Sequence[str]) -> tuple[Ints, Flags]:
    numbers = _numbers([_digits(value) for value in fold_column(values)])
    return numbers, _checksum_agrees(numbers)


def _checksum_agrees(numbers: Ints) -> Flags:
    """`national_id.is_valid` for a whole column."""
    rest, total = numbers // 10, np.zeros(len(numbers), np.int64)
    for weight in range(2, national_id.LENGTH + 1):
        total += weight * (rest % 10)
        rest = rest // 10
    thirteen: Flags = rest == 1
    agrees: Flags = numbers % 10 == (11 - total % 11) % 10
    return thirteen & agrees


def _birth(folded: str) -> int:
    if not folded:
        return 0
    match = _DAY_FIRST.fullmatch(folded)
    if match:
        return _day(int(match[3]), int(match[2]), int(match[1]))
    match = _YEAR_FIRST.fullmatch(folded)
    if match:
        return _day(int(match[1]), int(match[2]), int(match[3]))
    match = _NAMED_MONTH.fullmatch(folded)
    month = _month(match[2]) if match else 0
    if match and month:
        return _day(int(match[3]), month, int(match[1]))
    return _read_day(folded)


@lru_cache(maxsize=256)
def _month(word: str) -> int:
    """The number of a month's name or abbreviation, 0 for another word."""
    reading = thai_date.parse(f"1 {word} 2500")
    return reading.value.month if reading.certain and reading.value else 0


def _read_day(folded: str) -> int:
    reading = thai_date.parse(folded)
    if reading.value is None:
        return 0
    day = reading.value
    short = reading.problem is not None and reading.problem.code == "date_two_digit_year"
    return (day.year % 100 if short else day.year) * 10_000 + day.month * 100 + day.day


def _day(year: int, month: int, day: int) -> int:
    """Also a day that no calendar has: a slip of the hand in one part leaves the others to compare."""
    year -= thai_date.BE_OFFSET if year >= _FIRST_BUDDHIST else 0
    return year * 10_000 + month * 100 + day if year >= _FIRST_YEAR else 0


def _phone(typed: str) -> int:
    plain = typed.strip()
    if not (plain.isascii() and plain.isdigit() and len(plain) == 10 and plain[0] == "0"):
        reading = phone.parse(typed)
        plain = reading.value if reading.value is not None else fold(typed)
    return _digits(plain)


def _houses(column: Mapping[str, Sequence[str]]) -> tuple[list[str], Ints]:
    """Number and street as one text, and the village, which may stand behind the house number."""
    inside = _each(number_and_moo, fold_column(column["house_no"]))
    streets = _streets(fold_column(column["street"]), fold_column(column["street_2"]))
    moos = _each(village, fold_column(column["moo"]))
    houses = [
        f"{number} {street}" if street else number
        for (number, _), street in zip(inside, streets, strict=True)
    ]
    return houses, _numbers([moo or beside for moo, (_, beside) in zip(moos, inside, strict=True)])


def _streets(first: Sequence[str], second: Sequence[str]) -> Sequence[str]:
    if not any(first) and not any(second):
        return first
    return [street_of(line, other) for line, other in zip(first, second, strict=True)]


def _places(column: Mapping[str, Sequence[str]]) -> tuple[list[str], list[str]]:
    """Tambon and amphoe without the words for them."""
    return _each(place_key, fold_column(column["tambon"])), _each(amphoe_key, fold_column(column["amphoe"]))


def distinct_counts(column: Ints) -> tuple[Ints, Ints]:
    """The distinct values in ascending order and how many rows hold each."""
    values, counts = np.unique(column, return_counts=True)
    return values, counts.astype(np.int64)


def count_of(values: Ints, known: Ints, counts: Ints) -> Ints:
    """How many rows hold each of `values`; 0 for what is not known."""
    if not len(known):
        return np.zeros(len(values), np.int64)
    place = np.minimum(np.searchsorted(known, values), len(known) - 1)
    found: NDArray[Any] = np.where(known[place] == values, counts[place], 0)
    return found.astype(np.int64)

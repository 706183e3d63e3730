"""The parts of an address and a person's age, as people type them; `Places` checks tambon and amphoe."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from bridge.domain.cells import Cell
from bridge.domain.values.places import PlaceReading, Places
from bridge.domain.values.reading import BLANK, MAX_LENGTH, Reading, certain, doubtful, unreadable
from bridge.domain.values.text import fold, says_none
from bridge.domain.values.thai_date import looks_dated

__all__ = ["PlaceReading", "Places", "age", "house_no", "moo", "number_and_moo", "street_of", "village"]

# A spreadsheet gives the day that it made of `10/1` as a serial number, 10000 being 18 May 1927.
_LARGEST_HOUSE_NUMBER: Final = 9999
_OLDEST: Final = 120
_LAST_MOO: Final = 99

_HOUSE_LABEL: Final = re.compile(r"^(?:บ้าน)?\s*เลขที่\s*:?\s*")
_LETTER: Final = r"(?:\s?[ก-ฮa-z](?![ก-๎a-z.]|\s*[0-9]))?"  # `12ก`, not the `ม` of `12 ม.3`
_HOUSE: Final = re.compile(
    rf"[0-9]{{1,5}}{_LETTER}(?:\s*/\s*[0-9]{{1,5}}{_LETTER})?(?:\s*-\s*[0-9]{{1,5}}(?:\s*/\s*[0-9]{{1,5}})?)?"
)
_MOO_WORD: Final = r"(?:หมู่บ้านที่|หมู่บ้าน|หมู่\s*ที่|หมู่|ม\.\s*ที่|ม\.|ม(?=\s*[0-9])|moo|m\.)"
_HOUSE_START: Final = re.compile(rf"(?P<house>{_HOUSE.pattern})(?![0-9/])(?P<rest>.+)")
_MOO_INSIDE: Final = re.compile(rf"{_MOO_WORD}\s*\.?\s*(?P<moo>[0-9]{{1,2}})(?![0-9])")
_MOO: Final = re.compile(rf"{_MOO_WORD}?\s*\.?\s*(?P<moo>[0-9]{{1,2}})(?:\.0)?")
_MOO_FIRST: Final = re.compile(r"(?P<moo>[0-9]{1,2})\s*(?:บ้าน|บ\.).*")
_STREET: Final = re.compile(
    r"ถนน|ถ\.|ซอย|ซ\.|\b(?:street|st|road|rd|avenue|ave|place|pl|close|court|crescent|circuit|drive|lane|way)$"
)
_AGE: Final = re.compile(
    r"(?:อายุ)?\s*(?P<about>ประมาณ|ราว|เกือบ|กว่า|~)?\s*(?P<years>[0-9]{1,4}(?:\.[0-9]{1,4})?)"
    r"\s*(?P<more>กว่า|เศษ|\+)?\s*(?:ปี)?(?:(?<=ปี)\s*(?:[0-9]{1,2}\s*เดือน|(?P<over>กว่า|เศษ)))?"
)
_MONTHS: Final = re.compile(r"(?:อายุ)?\s*(?P<months>[0-9]{1,2})\s*เดือน")


def house_no(cell: Cell) -> Reading[str]:
    """A house number such as `12/3`; never one that a spreadsheet turned into a date, `10/1` and `1/10` being
    then one and the same."""
    if cell is None:
        return BLANK
    if isinstance(cell, date):  # date-times too
        return unreadable("house_date", cell)
    if isinstance(cell, (int, float)):
        return _house_from_number(cell)
    if len(cell) > MAX_LENGTH:
        return unreadable("house_unreadable", cell)
    folded = _HOUSE_LABEL.sub("", fold(cell).lstrip("'’‘`"))
    if says_none(folded) or folded in ("ไม่มีเลขที่", "ไม่มีบ้านเลขที่"):
        return BLANK
    if looks_dated(folded):
        return unreadable("house_date", cell)
    if not folded.strip("0/ "):
        return unreadable("house_unreadable", cell)
    if _HOUSE.fullmatch(folded):
        return certain(folded.replace(" ", ""))
    start = _HOUSE_START.fullmatch(folded)
    if start is None:
        return unreadable("house_unreadable", cell)
    house = start["house"].replace(" ", "")
    inside = _MOO_INSIDE.search(start["rest"])
    if inside:
        return doubtful(house, "house_with_moo", cell, read=house, moo=str(int(inside["moo"])))
    return doubtful(house, "house_extra", cell, read=house)


def _house_from_number(cell: float) -> Reading[str]:
    if isinstance(cell, bool) or not 0 < cell < 10**6 or int(cell) != cell:
        return unreadable("house_unreadable", cell)
    if cell > _LARGEST_HOUSE_NUMBER:
        return doubtful(str(int(cell)), "house_serial", cell)
    return certain(str(int(cell)))


def moo(cell: Cell) -> Reading[str]:
    """The village number, `1` to `99`, without leading zeros."""
    if cell is None:
        return BLANK
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        whole = 0 < cell <= _LAST_MOO and int(cell) == cell
        return certain(str(int(cell))) if whole else unreadable("moo_unreadable", cell)
    if not isinstance(cell, str) or len(cell) > MAX_LENGTH:
        return unreadable("moo_unreadable", cell)
    folded = fold(cell).lstrip("'’‘`")
    if says_none(folded) or folded == "ไม่มีหมู่":
        return BLANK
    plain = _MOO.fullmatch(folded)
    match = plain or _MOO_FIRST.fullmatch(folded) or _MOO_INSIDE.search(folded)
    if match is None or int(match["moo"]) == 0:
        return unreadable("moo_unreadable", cell)
    number = str(int(match["moo"]))
    return certain(number) if plain else doubtful(number, "moo_extra", cell, read=number)


def number_and_moo(folded: str) -> tuple[str, int]:
    """A folded house number without spaces and label, and the village written behind it (0 for none).

    For comparing only: what `house_no` refuses stays as it was typed.
    """
    text = _HOUSE_LABEL.sub("", folded)
    if says_none(text):
        return "", 0
    inside = _MOO_INSIDE.search(text)
    if inside and inside.start():
        return text[: inside.start()].replace(" ", ""), int(inside["moo"])
    return text.replace(" ", ""), 0


def street_of(folded: str, second: str) -> str:
    """The street of two folded lines of an address, which may have changed places; spaces left out."""
    lines = ["" if says_none(line) else line for line in (folded, second)]
    turned = _STREET.search(lines[1]) and not _STREET.search(lines[0])
    return (lines[1] if turned else lines[0]).replace(" ", "")


def village(folded: str) -> int:
    """The village number of a folded cell, 0 where there is none. For comparing only."""
    match = _MOO.fullmatch(folded) or _MOO_FIRST.fullmatch(folded) or _MOO_INSIDE.search(folded)
    return int(match["moo"]) if match else 0


def age(cell: Cell) -> Reading[int]:
    """Completed years, 0 to 120; under twelve months is 0. Fractions and `ประมาณ` are doubtful."""
    if cell is None:
        return BLANK
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        return _age_from_number(cell)
    if not isinstance(cell, str) or len(cell) > MAX_LENGTH:
        return unreadable("age_unreadable", cell)
    folded = fold(cell).lstrip("'’‘`")
    if says_none(folded):
        return BLANK
    months = _MONTHS.fullmatch(folded)
    if months:
        completed = int(months["months"]) // 12
        return doubtful(completed, "age_months", cell, read=str(completed)) if completed else certain(0)
    match = _AGE.fullmatch(folded)
    if match is None:
        return unreadable("age_unreadable", cell)
    years = float(match["years"])
    if years <= _OLDEST and (match["about"] or match["more"] or match["over"]):
        return doubtful(int(years), "age_about", cell, read=str(int(years)))
    return _age_from_number(years, cell)


def _age_from_number(years: float, typed: Cell = None) -> Reading[int]:
    cell = years if typed is None else typed
    if not 0 <= years < _OLDEST + 1:  # also infinities and NaN
        return unreadable("age_range", cell)
    if int(years) != years:
        return doubtful(int(years), "age_about", cell, read=str(int(years)))
    return certain(int(years))

"""The identity of a response that came without one.

The responses sheet of a form has no ids. A key is therefore a hash of the time of submission to the second,
the collected e-mail address, the answers to the known questions, and a running number among the rows of the
table that are equal in all of these. Each part is first brought to a form that is the same in every kind of
download: the .csv of Google Forms, and the .csv and the .xlsx of the responses sheet, where a spreadsheet has
stripped leading zeros and turned `10/1` into a date. So a key outlives sorting, new rows, moved and added
columns, and a question that is added later (blank answers are left out). Two truly identical rows are two
responses, numbered 1 and 2.

That form is coarse on purpose, and owes nothing to how answers are read elsewhere: the time and the address
tell responses apart, and a key that changes doubles a case.

Limits of the scheme, all of which a column of response ids takes away:
- A response edited by its author comes back with another time and is another response.
- An answer or a time corrected by hand in the responses sheet makes another response of the row.
- A question whose new title is not among its aliases is not known any more: rows where it was answered
  change. The same holds when a question is taken out of the configuration, or its `normal` is changed.
- Of two rows that differ only in what is not compared (letter case, blanks, leading zeros, which day a date
  is), the keys change places when their order does.
- What a spreadsheet has lost for good cannot be compared: digits of `1.10370E+12`, a text that it read as a
  percentage or an amount of money.
- A download that lacks the first of two identical rows gives its key to the second.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from bridge.domain.cells import Cell, as_text
from bridge.domain.values import thai_date

_UNSEEN = re.compile(r"[\s\x00-\x1f\x7f-\xa0\xad\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]+")
_BEGINS_AS_NUMBER = re.compile("[0-9+-]")
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,20})(?:\.[0-9]{1,10})?(?:e[+-]?[0-9]{1,2})?")
# What a spreadsheet may take for a day, a month of a year, or a time of day.
_DATED = re.compile(
    r"(?:[0-9]{1,2}[/-][0-9]{1,4}|[0-9]{4}[/-][0-9]{1,2})(?:[/-][0-9]{1,4})?|[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?"
)
_SOME_DATE = "date"
_IN_JSON = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":")).encode
_REMEMBERED = 2048  # different answers of one column


def whole_second(moment: datetime) -> datetime:
    """Cut, not rounded, as both .csv show it; half a millisecond makes up for how spreadsheets keep it."""
    with suppress(OverflowError):
        moment += timedelta(microseconds=500)
    return moment.replace(microsecond=0)


class Keys:
    """Gives out the keys of one table. `normals`: the known columns, and how each is compared."""

    def __init__(self, normals: Mapping[str, str]) -> None:
        # Names of places and offices come again and again; True, 1 and 1.0 are not one answer.
        remembering = lru_cache(maxsize=_REMEMBERED, typed=True)
        self._compared: dict[str, Callable[[Cell], str]] = {
            column: remembering(NORMALS.get(normals[column], _as_text)) for column in sorted(normals)
        }
        self._given: Counter[str] = Counter()

    def of(self, moment: datetime | str, email: str, answers: Mapping[str, Cell]) -> str:
        """The key of a row, 40 hexadecimal digits. To be asked once for every row, in the table's order."""
        sent = moment.isoformat() if isinstance(moment, datetime) else _bare(moment)
        filled = {
            column: answer
            for column, compared in self._compared.items()
            if (cell := answers.get(column)) is not None and (answer := compared(cell))
        }
        same = _digest(_IN_JSON([sent, _bare(email), filled]))
        self._given[same] += 1
        return _digest(f"{same} {self._given[same]}")


def _digest(content: str) -> str:
    return hashlib.blake2b(content.encode("utf-8", "surrogatepass"), digest_size=20).hexdigest()


def _bare(typed: str) -> str:
    return _UNSEEN.sub("", unicodedata.normalize("NFC", typed)).casefold()


def _as_text(cell: Cell) -> str:
    """Letters without case and blanks, numbers by their value, and of what may be a date that it is one."""
    if isinstance(cell, date):
        return _SOME_DATE
    if isinstance(cell, int) and not isinstance(cell, bool):
        return str(cell)
    bare = _bare(cell if isinstance(cell, str) else as_text(cell)).lstrip("'")
    if not _BEGINS_AS_NUMBER.match(bare):
        return bare
    if _NUMBER.fullmatch(bare):
        return format(Decimal(bare.replace(",", "")).normalize() + 0, "f")
    return _SOME_DATE if _DATED.fullmatch(bare) else bare


def _as_date(cell: Cell) -> str:
    """As a text; a day in words is a date too."""
    compared = _as_text(cell)
    if isinstance(cell, str) and thai_date.parse(cell).certain:
        return _SOME_DATE
    return compared


NORMALS: Mapping[str, Callable[[Cell], str]] = {
    "text": _as_text,
    "date": _as_date,
    "datetime": _as_date,
    "phone": _as_text,
    "national_id": _as_text,
    "house_no": _as_text,
    "moo": _as_text,
    "age": _as_text,
}

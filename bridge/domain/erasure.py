"""What stays of a case whose person is erased: what is counted, and of money paid what the law has kept.

Figures are of no person (PDPA s. 33 allows to make data anonymous instead of destroying them); vouchers of money paid
are kept by law. Everything else goes, also what staff typed: free text may name anybody.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, time

from bridge.domain.cells import Cell, as_text
from bridge.domain.values import national_id, person_name, phone, thai_date
from bridge.domain.values.text import fold
from bridge.domain.workflow import Rules

AID = ("amount", "goods", "transfer_date")
COUNTED = ("submitted_at", "case_type", "tambon", "amphoe", "checked", "operation", "step", "outcome")
PAID = ("received_date", *AID)
STAYING = frozenset((*COUNTED, *PAID))  # columns that may keep anything

_NAMES = ("person_name", "sender_name")
_NUMBERS = ("national_id", "person_phone", "sender_phone")
_PLACES = ("tambon", "amphoe")  # names of families stand in names of places
_SHORTEST = 3  # letters; a shorter word stands inside too many others


def has_aid(values: Mapping[str, Cell]) -> bool:
    """Whether money or goods were given: then the record of it has to be kept."""
    return any(values.get(column) is not None for column in AID)


def remains(values: Mapping[str, Cell], rules: Rules) -> dict[str, Cell]:
    """The cells that stay, so that every figure is as it was; a text among them that names the person goes."""
    columns = (*COUNTED, *(PAID if has_aid(values) else ()))
    kept = {column: values[column] for column in columns if values.get(column) is not None}
    kept |= {"submitted_at": _day(values.get("submitted_at"))}
    if kept.get("case_type") is not None:
        kept["case_type"] = rules.known_type(as_text(kept["case_type"]))
    telling = words_of(values)
    return {
        column: cell
        for column, cell in kept.items()
        if cell is not None
        and (column in _PLACES or not isinstance(cell, str) or not names_one(cell, telling))
    }


def words_of(values: Mapping[str, Cell]) -> frozenset[str]:
    """The words and numbers by which a text would name the person or the sender."""
    words: set[str] = set()
    for column in _NAMES:
        name = person_name.parse(values.get(column)).value
        words |= {fold(as_text(values.get(column)))}
        words |= {fold(name.given), *fold(name.family).split()} if name else set()
    for column in _NUMBERS:
        number = (national_id if column == "national_id" else phone).parse(values.get(column)).value
        words |= {_digits(as_text(values.get(column))), _digits(number or "")}
    return frozenset(word for word in words if len(word) >= _SHORTEST)


def names_one(text: str, words: frozenset[str]) -> bool:
    """Whether one of `words` (see `words_of`) stands in the text."""
    folded, digits = fold(text), _digits(text)
    return any(word in (digits if word.isdigit() else folded) for word in words)


def _digits(text: str) -> str:
    return re.sub(r"\D", "", fold(text))


def _day(cell: Cell) -> Cell:
    """The day alone: a second tells one answer from all others."""
    reading = thai_date.parse_datetime(cell)
    if reading.value is None or reading.problem is not None:
        return None
    return datetime.combine(reading.value.date(), time(0))

"""A case: its number, its values brought to order where that is certain, and what a person should look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from bridge.domain.cells import Cell, canonical
from bridge.domain.problems import Problem
from bridge.domain.sheets import CASES
from bridge.domain.values import address, baht, national_id, person_name, phone, thai_date
from bridge.domain.values.places import Places
from bridge.domain.values.reading import Reading
from bridge.domain.values.text import clean, fold, says_none
from bridge.domain.workflow import Rules

_PARSERS: dict[str, Callable[[Cell], Reading[Any]]] = {
    "letter_date": thai_date.parse,
    "sender_phone": phone.parse,
    "person_phone": phone.parse,
    "national_id": national_id.parse,
    "age": address.age,
    "house_no": address.house_no,
    "moo": address.moo,
}
_STAFF_PARSERS: dict[str, Callable[[Cell], Reading[Any]]] = {
    "received_date": thai_date.parse,
    "transfer_date": thai_date.parse,
    "amount": baht.parse,
}
# Starred questions of form 2 (process.md section 2).
NEEDED = (
    "sender_name",
    "sender_org",
    "sender_phone",
    "letter_date",
    "case_type",
    "person_name",
    "problem",
    "national_id",
    "age",
    "house_no",
    "moo",
    "tambon",
    "amphoe",
)


def case_number(province: str, fiscal_year: int, number: int) -> str:
    """For example SSK-2569-000123: province, fiscal year (B.E.), running number."""
    return f"{province}-{fiscal_year}-{number:06d}"


def read_case_number(text: str, province: str) -> tuple[int, int] | None:
    """(fiscal year, number) of an id that this province would give, else None."""
    parts = text.split("-")
    if (
        len(parts) != 3
        or parts[0] != province
        or not all(part.isascii() and part.isdigit() for part in parts[1:])
    ):
        return None
    if len(parts[1]) != 4 or not 6 <= len(parts[2]) <= 9:
        return None
    return int(parts[1]), int(parts[2])


def tidy(answers: Mapping[str, Cell], places: Places) -> dict[str, Cell]:
    """The answers as the master sheet shows them: what is certain in its usual form, the rest as typed."""
    values: dict[str, Cell] = {key: value for key, value in answers.items() if value not in (None, "")}
    for column, parse in _PARSERS.items():
        reading = parse(values.get(column))
        if reading.value is not None and reading.problem is None:
            values[column] = reading.value
    place = places.check(values.get("tambon"), values.get("amphoe"))
    for column, found in (("tambon", place.tambon), ("amphoe", place.amphoe)):
        if found.value is not None and found.problem is None:
            values[column] = found.value
    return {key: canonical(value, CASES[key][1]) for key, value in values.items()}


def retyped(values: Mapping[str, Cell], typed: Mapping[str, str], places: Places) -> dict[str, Cell]:
    """The cells of a row when `typed` stands in these columns, read as the sheet's are: what is certain in its usual
    form, the rest as typed, nothing as None."""
    place = {column: values.get(column) for column in ("tambon", "amphoe")}
    tidied = tidy({**place, **{column: clean(text) for column, text in typed.items()}}, places)
    cells = {column: tidied.get(column) for column in typed}
    for column in cells.keys() & _STAFF_PARSERS.keys():
        reading = _STAFF_PARSERS[column](cells[column])
        if reading.certain:
            read = float(reading.value) if isinstance(reading.value, Decimal) else reading.value
            cells[column] = canonical(read, CASES[column][1])
    return cells


def doubts(values: Mapping[str, Cell], places: Places, rules: Rules) -> list[Problem]:
    """Everything in a row that a person should look at, in the order of the columns."""
    return [*_form_doubts(values, places, rules), *_work_doubts(values, rules)]


def _form_doubts(values: Mapping[str, Cell], places: Places, rules: Rules) -> Iterator[Problem]:
    submitted = thai_date.parse_datetime(values.get("submitted_at"))
    if submitted.problem or submitted.value is None:
        yield replace(submitted.problem or Problem("timestamp_missing"), column="submitted_at")
    for column in NEEDED:
        if _is_blank(values.get(column)):
            yield Problem("needed_blank", column=column)
    for column, parse in _PARSERS.items():
        problem = parse(values.get(column)).problem
        if problem:
            yield replace(problem, column=column)
    name = person_name.parse(values.get("person_name"))
    if name.problem:
        yield replace(name.problem, column="person_name")
    if values.get("tambon") is not None or values.get("amphoe") is not None:
        place = places.check(values.get("tambon"), values.get("amphoe"))
        for column, found in (("tambon", place.tambon), ("amphoe", place.amphoe)):
            if found.problem:
                yield replace(found.problem, column=column)


def _is_blank(cell: Cell) -> bool:
    """Nothing, or a word for nothing."""
    return cell is None or (isinstance(cell, str) and (not clean(cell) or says_none(fold(cell))))


def _work_doubts(values: Mapping[str, Cell], rules: Rules) -> Iterator[Problem]:
    checked = values.get("checked")
    if rules.is_checked(checked) is None:
        yield Problem("checked_word", str(checked), "checked")
    for column, parse in _STAFF_PARSERS.items():
        problem = parse(values.get(column)).problem
        if problem:
            yield replace(problem, column=column)
    for column, knows in (("operation", rules.knows_operation), ("step", rules.knows_step)):
        word = values.get(column)
        if word is not None and not (isinstance(word, str) and knows(word)):
            yield Problem("unknown_choice", str(word), column)
    if rules.is_helped(values.get("step")) and values.get("amount") is None and values.get("goods") is None:
        yield Problem("helped_without_aid", column="amount")
    if values.get("transfer_date") is not None and values.get("amount") is None:
        yield Problem("transfer_without_amount", column="amount")


def fiscal_year_of(submitted_at: Cell, received: datetime) -> int:
    """The fiscal year (B.E.) of a case: of its submission, or of its arrival where that cannot be read."""
    reading = thai_date.parse_datetime(submitted_at)
    moment = reading.value if reading.value is not None and reading.problem is None else received
    return thai_date.fiscal_year(moment)

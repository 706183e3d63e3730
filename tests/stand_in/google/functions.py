"""Functions of formulas. Each takes its arguments as callables, so that a branch not taken is not evaluated."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

from tests.stand_in.google import display

LIVE = {"IMPORTDATA", "IMPORTXML", "IMPORTHTML", "IMPORTFEED", "IMPORTRANGE", "GOOGLEFINANCE", "IMAGE"}
"""Functions that would leave the sheet: asked for, they are counted and give #REF!."""


class FormulaError(Exception):
    """An error value on its way up; its text is what the grid shows."""


def number(value: Any) -> float:
    """A value where a number is needed."""
    if isinstance(value, bool):
        return int(value)
    if value is None or value == "":
        return 0
    if isinstance(value, int | float):
        return value
    try:
        return float(str(value).replace(",", ""))
    except ValueError:
        raise FormulaError("#VALUE!") from None


def text_of(value: Any) -> str:
    """A value where text is needed."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return value if isinstance(value, str) else display.general(value)


def flat(arguments: list[Callable[[], Any]]) -> Iterator[Any]:
    """All values of all arguments, ranges spread out."""
    for argument in arguments:
        value = argument()
        if isinstance(value, list):
            for row in value:
                yield from row
        else:
            yield value


def numbers(arguments: list[Callable[[], Any]]) -> list[float]:
    return [v for v in flat(arguments) if isinstance(v, int | float) and not isinstance(v, bool)]


def one(argument: Callable[[], Any]) -> Any:
    value = argument()
    return (value[0][0] if value and value[0] else None) if isinstance(value, list) else value


def _average(arguments: list[Callable[[], Any]]) -> float:
    found = numbers(arguments)
    if not found:
        raise FormulaError("#DIV/0!")
    return sum(found) / len(found)


def _if(arguments: list[Callable[[], Any]]) -> Any:
    test = one(arguments[0])
    if isinstance(test, str):
        raise FormulaError("#VALUE!")
    if test:
        return one(arguments[1])
    return one(arguments[2]) if len(arguments) > 2 else False


def _iferror(arguments: list[Callable[[], Any]]) -> Any:
    try:
        return one(arguments[0])
    except FormulaError:
        return one(arguments[1]) if len(arguments) > 1 else ""


def _matches(criterion: Any) -> Callable[[Any], bool]:
    text = text_of(criterion)
    for operator in (">=", "<=", "<>", ">", "<", "="):
        if text.startswith(operator):
            wanted = text[len(operator) :]
            return lambda value: _holds(operator, value, wanted)
    return lambda value: text_of(value).lower() == text.lower()


def _holds(operator: str, value: Any, wanted: str) -> bool:
    if operator in ("=", "<>"):
        return (text_of(value).lower() == wanted.lower()) == (operator == "=")
    if not isinstance(value, int | float):
        return False
    limit = number(wanted)
    return {">": value > limit, "<": value < limit, ">=": value >= limit, "<=": value <= limit}[operator]


def _countif(arguments: list[Callable[[], Any]]) -> int:
    matches = _matches(one(arguments[1]))
    return sum(1 for value in flat(arguments[:1]) if matches(value))


def _sumif(arguments: list[Callable[[], Any]]) -> float:
    matches = _matches(one(arguments[1]))
    tested = list(flat(arguments[:1]))
    summed = list(flat(arguments[2:3])) if len(arguments) > 2 else tested
    return sum(
        number(s) for t, s in zip(tested, summed, strict=False) if matches(t) and not isinstance(s, str)
    )


def _date(arguments: list[Callable[[], Any]]) -> float:
    year, month, day = (int(number(one(a))) for a in arguments)
    return display.serial(display.datetime(year, month, 1)) + day - 1


def _round(arguments: list[Callable[[], Any]]) -> float:
    value, places = number(one(arguments[0])), int(number(one(arguments[1]))) if len(arguments) > 1 else 0
    scale = 10.0**places
    return math.copysign(math.floor(abs(value) * scale + 0.5) / scale, value)


def _sqrt(arguments: list[Callable[[], Any]]) -> float:
    value = number(one(arguments[0]))
    if value < 0:
        raise FormulaError("#NUM!")
    return math.sqrt(value)


def _na(arguments: list[Callable[[], Any]]) -> Any:
    raise FormulaError("#N/A")


FUNCTIONS: dict[str, Callable[[list[Callable[[], Any]]], Any]] = {
    "SUM": lambda a: sum(numbers(a)),
    "PRODUCT": lambda a: math.prod(numbers(a)),
    "AVERAGE": _average,
    "COUNT": lambda a: len(numbers(a)),
    "COUNTA": lambda a: sum(1 for v in flat(a) if v is not None),
    "COUNTBLANK": lambda a: sum(1 for v in flat(a) if v is None or v == ""),
    "COUNTIF": _countif,
    "SUMIF": _sumif,
    "MIN": lambda a: min(numbers(a), default=0),
    "MAX": lambda a: max(numbers(a), default=0),
    "IF": _if,
    "IFERROR": _iferror,
    "AND": lambda a: all(bool(v) for v in flat(a)),
    "OR": lambda a: any(bool(v) for v in flat(a)),
    "NOT": lambda a: not one(a[0]),
    "TRUE": lambda a: True,
    "FALSE": lambda a: False,
    "NA": _na,
    "ABS": lambda a: abs(number(one(a[0]))),
    "ROUND": _round,
    "SQRT": _sqrt,
    "PI": lambda a: math.pi,
    "MOD": lambda a: number(one(a[0])) % number(one(a[1])),
    "POWER": lambda a: number(one(a[0])) ** number(one(a[1])),
    "LEN": lambda a: len(text_of(one(a[0]))),
    "UPPER": lambda a: text_of(one(a[0])).upper(),
    "LOWER": lambda a: text_of(one(a[0])).lower(),
    "TRIM": lambda a: " ".join(text_of(one(a[0])).split()),
    "LEFT": lambda a: text_of(one(a[0]))[: int(number(one(a[1]))) if len(a) > 1 else 1],
    "RIGHT": lambda a: text_of(one(a[0]))[-(int(number(one(a[1]))) if len(a) > 1 else 1) :],
    "CONCATENATE": lambda a: "".join(map(text_of, flat(a))),
    "CONCAT": lambda a: "".join(map(text_of, flat(a))),
    "HYPERLINK": lambda a: one(a[1]) if len(a) > 1 else one(a[0]),
    "DATE": _date,
    "VALUE": lambda a: number(one(a[0])),
    "T": lambda a: text_of(one(a[0])),
}

"""The few formulas a test needs, evaluated on reading; nothing is ever fetched from a network."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tests.stand_in.google import a1, display
from tests.stand_in.google.cells import Cell, Plain, tidy
from tests.stand_in.google.formula import tokens
from tests.stand_in.google.functions import FUNCTIONS, LIVE, FormulaError, number, text_of

if TYPE_CHECKING:
    from tests.stand_in.google.book import Book, Sheet

ERROR_TYPES = {
    "#NULL!": "NULL_VALUE",
    "#DIV/0!": "DIVIDE_BY_ZERO",
    "#VALUE!": "VALUE",
    "#REF!": "REF",
    "#NAME?": "NAME",
    "#NUM!": "NUM",
    "#N/A": "N_A",
    "#ERROR!": "ERROR",
}


class Problem(str):
    """The shown text of an error value, such as `#REF!`."""


def value_of(book: Book, sheet: Sheet, row: int, col: int) -> Plain | Problem:
    """The effective value of a cell."""
    slot = sheet.grid.get(row, col)
    if not isinstance(slot, Cell):
        return slot
    if not slot.formula:
        return slot.value
    key = (sheet.id, row, col)
    if key in book.computing:
        return Problem("#REF!")
    if key not in book.computed:
        book.computing.add(key)
        try:
            book.computed[key] = evaluate(book, sheet, slot.formula)
        finally:
            book.computing.discard(key)
    return book.computed[key]


def evaluate(book: Book, sheet: Sheet, formula: str) -> Plain | Problem:
    """The value of a formula; an error comes back as a Problem."""
    try:
        reader = _Reader(book, sheet, [t for t in tokens(formula[1:]) if t[0] != "space"])
        result = reader.expression()
        if reader.at != len(reader.items):
            raise FormulaError("#ERROR!")
        result = reader.scalar(result)
    except FormulaError as error:
        return Problem(str(error))
    except (ValueError, RecursionError, OverflowError):
        return Problem("#ERROR!")
    return tidy(result) if isinstance(result, float) else 0 if result is None else result


class _Reader:
    """Recursive descent over the tokens of one formula. A range is a list of rows of values."""

    LEVELS: tuple[tuple[str, ...], ...] = (
        ("=", "<>", "<", ">", "<=", ">="),
        ("&",),
        ("+", "-"),
        ("*", "/"),
        ("^",),
    )

    def __init__(self, book: Book, sheet: Sheet, items: list[tuple[str, str]]) -> None:
        self.book, self.sheet, self.items, self.at = book, sheet, items, 0

    def peek(self) -> str:
        return self.items[self.at][1] if self.at < len(self.items) else ""

    def take(self, wanted: str = "") -> str:
        text = self.peek()
        if not text or (wanted and text != wanted):
            raise FormulaError("#ERROR!")
        self.at += 1
        return text

    def expression(self, level: int = 0) -> Any:
        if level == len(self.LEVELS):
            return self.unary()
        left = self.expression(level + 1)
        while (
            self.at < len(self.items) and self.items[self.at][0] == "op" and self.peek() in self.LEVELS[level]
        ):
            operator = self.take()
            left = binary(operator, self.scalar(left), self.scalar(self.expression(level + 1)))
        return left

    def unary(self) -> Any:
        if self.peek() in ("-", "+"):
            sign = self.take()
            value = number(self.scalar(self.unary()))
            return -value if sign == "-" else value
        value = self.primary()
        while self.peek() == "%":
            self.take()
            value = number(self.scalar(value)) / 100
        return value

    def primary(self) -> Any:
        if self.at >= len(self.items):
            raise FormulaError("#ERROR!")
        kind, text = self.items[self.at]
        self.at += 1
        if kind == "number":
            return tidy(float(text))
        if kind == "text":
            return text[1:-1].replace('""', '"')
        if kind == "ref":
            return self.reference(text)
        if kind == "error":
            raise FormulaError(text)
        if kind == "name":
            return self.named(text)
        if text == "(":
            value = self.expression()
            self.take(")")
            return value
        raise FormulaError("#ERROR!")

    def named(self, name: str) -> Any:
        upper = name.upper()
        if self.peek() != "(":
            if upper in ("TRUE", "FALSE"):
                return upper == "TRUE"
            area = self.book.named_area(name)
            if area is None:
                raise FormulaError("#NAME?")
            return self.values(area[0], *area[1:])
        self.take("(")
        arguments: list[Callable[[], Any]] = []
        while self.peek() != ")":
            arguments.append(self.argument())
            if self.peek() in (",", ";"):
                self.take()
        self.take(")")
        if upper in LIVE:
            self.book.fetches.append(upper)
            raise FormulaError("#REF!")
        if upper not in FUNCTIONS:
            raise FormulaError("#NAME?")
        return FUNCTIONS[upper](arguments)

    def argument(self) -> Callable[[], Any]:
        """One argument, evaluated when the function asks for it (IFERROR asks inside a try)."""
        start, depth = self.at, 0
        while self.at < len(self.items) and (depth or self.peek() not in (",", ";", ")")):
            depth += {"(": 1, ")": -1}.get(self.items[self.at][1], 0) if self.items[self.at][0] == "op" else 0
            self.at += 1
        if self.at >= len(self.items):
            raise FormulaError("#ERROR!")
        part = self.items[start : self.at]
        return lambda: _Reader(self.book, self.sheet, part).expression() if part else None

    def reference(self, text: str) -> Any:
        name, rest, _ = a1.split_sheet(text)
        sheet = self.sheet if name is None else self.book.find_title(name)
        ref = a1.parse_ref(rest.replace("$", ""))
        if sheet is None or ref is None:
            raise FormulaError("#REF!")
        row1 = min(sheet.grid.row_count if ref.row1 is None else ref.row1, sheet.grid.row_count)
        col1 = min(sheet.grid.column_count if ref.col1 is None else ref.col1, sheet.grid.column_count)
        row0, col0 = ref.row0 or 0, ref.col0 or 0
        if ":" not in rest:
            if row0 >= sheet.grid.row_count or col0 >= sheet.grid.column_count:
                raise FormulaError("#REF!")
            return self.cell(sheet, row0, col0)
        return self.values(sheet, row0, min(row1, max(len(sheet.grid.rows), row0 + 1)), col0, col1)

    def values(self, sheet: Sheet, row0: int, row1: int, col0: int, col1: int) -> list[list[Any]]:
        return [[self.cell(sheet, row, col) for col in range(col0, col1)] for row in range(row0, row1)]

    def cell(self, sheet: Sheet, row: int, col: int) -> Any:
        value = value_of(self.book, sheet, row, col)
        if isinstance(value, Problem):
            raise FormulaError(str(value))
        return value

    @staticmethod
    def scalar(value: Any) -> Any:
        return (value[0][0] if value and value[0] else None) if isinstance(value, list) else value


def binary(operator: str, left: Any, right: Any) -> Any:
    """One operator on two plain values."""
    if operator == "&":
        return text_of(left) + text_of(right)
    if operator in ("=", "<>", "<", ">", "<=", ">="):
        return _compare(operator, left, right)
    a, b = number(left), number(right)
    if operator == "/":
        if b == 0:
            raise FormulaError("#DIV/0!")
        return a / b
    return {"+": lambda: a + b, "-": lambda: a - b, "*": lambda: a * b, "^": lambda: a**b}[operator]()


def _compare(operator: str, left: Any, right: Any) -> bool:
    def key(value: Any, other: Any) -> tuple[int, Any]:
        if value is None:
            value = "" if isinstance(other, str) else 0
        rank = 2 if isinstance(value, bool) else 1 if isinstance(value, str) else 0
        return rank, value.lower() if isinstance(value, str) else value

    a, b = key(left, right), key(right, left)
    return {"=": a == b, "<>": a != b, "<": a < b, ">": a > b, "<=": a <= b, ">=": a >= b}[operator]


def shown(value: Plain | Problem, fmt: dict[str, Any] | None) -> str:
    """The text that the grid shows for an effective value."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, str):
        return str(value)
    return display.shown(value, fmt)


def moment(value: float) -> str:
    """A serial number as FORMATTED_STRING gives it when the cell has no date pattern of its own."""
    stamp = display.EPOCH + (datetime(1900, 1, 1) - datetime(1899, 12, 31)) * value
    return re.sub(r"T00:00:00$", "", stamp.isoformat())

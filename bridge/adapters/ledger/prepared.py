"""Questions that pages ask again and again: the statement is written once in a process. Django writes it anew each
time, which takes several times as long as SQLite's answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.db.models.query import ModelIterable

Key = str | int | Sequence[str] | Sequence[int]
MOST = 512  # of a list


@dataclass(frozen=True)
class _Stand:
    """In the place of a key while the statement is written: `at` within the list, if it is one."""

    key: int
    at: int


@dataclass(frozen=True)
class _Written:
    statement: str
    parameters: tuple[Any, ...]
    converters: Any
    build: Callable[[Sequence[Any]], Any]

    def answer(self, keys: Sequence[Key]) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(self.statement, [_filled(each, keys) for each in self.parameters])
            rows = cursor.fetchall()
        return [self.build(self._converted(row)) for row in rows]

    def _converted(self, row: Sequence[Any]) -> Sequence[Any]:
        if not self.converters:
            return row
        cells = list(row)
        for place, (converters, expression) in self.converters:
            for convert in converters:
                cells[place] = convert(cells[place], expression, connection)
        return cells


class Prepared:
    """`query` makes a query of its keys: models, or tuples by `values_list`. A key is a text, a whole number or a list
    of either, and stands in it as it is given: what a lookup would change (`contains`) cannot be prepared. A list is
    what something is `in`: its last key comes again until it has one of few lengths, for each of which a statement is
    kept."""

    def __init__(self, query: Callable[..., QuerySet[Any, Any]]) -> None:
        self._query = query
        self._known: dict[tuple[Any, ...], _Written] = {}

    def __call__(self, *keys: Key) -> list[Any]:
        if not all(map(_length, keys)):
            return []
        if any(_length(key) > MOST for key in keys):
            return list(self._query(*keys))
        keys = tuple(map(_filled_up, keys))
        shape = (connection.vendor, *map(_is_number, keys), *map(_length, keys))
        written = self._known.get(shape)
        if written is None:
            written = self._known[shape] = _written(self._query, keys)
        return written.answer(keys)


def _length(key: Key) -> int:
    return 1 if isinstance(key, (str, int)) else len(key)


def _filled_up(key: Key) -> Key:
    if isinstance(key, (str, int)):
        return key
    return [*key, *[key[-1]] * ((1 << (len(key) - 1).bit_length()) - len(key))]


def _written(query: Callable[..., QuerySet[Any, Any]], keys: Sequence[Key]) -> _Written:
    stands: dict[str | int, _Stand] = {}
    given = [_stood_for(number, key, stands) for number, key in enumerate(keys)]
    asked = query(*given)
    compiler = asked.query.get_compiler(connection=connection)
    statement, parameters = compiler.as_sql()
    # `True` is 1 to a dictionary.
    filled = tuple(each if isinstance(each, bool) else stands.get(each, each) for each in parameters)
    if missing := {*stands.values()} - {each for each in filled if isinstance(each, _Stand)}:
        raise ValueError(f"the statement lacks a key: {sorted(stand.key for stand in missing)}")
    converters = list(compiler.get_converters([part[0] for part in compiler.select]).items())
    return _Written(statement, filled, converters, _builder(asked, compiler))


def _stood_for(number: int, key: Key, stands: dict[str | int, _Stand]) -> Key:
    """Values that no query has of its own; a whole number has to fit the smallest column."""
    listed = not isinstance(key, (str, int))
    places = range(len(key) if listed else 1)  # type: ignore[arg-type]
    made: Any = [32_000 - MOST * number - at if _is_number(key) else f"\ue000{number}.{at}" for at in places]
    stands.update((one, _Stand(number, at)) for at, one in enumerate(made))
    stand: Key = made if listed else made[0]
    return stand


def _is_number(key: Key) -> bool:
    return isinstance(key if isinstance(key, (str, int)) else key[0], int)


def _filled(part: Any, keys: Sequence[Key]) -> Any:
    if not isinstance(part, _Stand):
        return part
    key = keys[part.key]
    return key if isinstance(key, (str, int)) else key[part.at]


def _builder(asked: QuerySet[Any, Any], compiler: Any) -> Callable[[Sequence[Any]], Any]:
    if asked._iterable_class is not ModelIterable:
        return tuple
    model, more = asked.model, compiler.annotation_col_map
    fields = len(model._meta.concrete_fields)
    names = [part[0].target.attname for part in compiler.select[:fields]]

    def build(row: Sequence[Any]) -> Any:
        made = model.from_db(connection.alias, names, row[:fields])
        for name, place in more.items():
            setattr(made, name, row[place])
        return made

    return build

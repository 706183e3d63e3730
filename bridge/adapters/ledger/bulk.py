"""Rows written by statements of our own: the ORM takes longer to write its statement than the database does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from django.db import connection, models

from bridge.adapters.ledger.chunked import chunks


def create(
    objects: Iterable[models.Model], *, unique: Sequence[str] = (), replaced: Sequence[str] = ()
) -> None:
    """New objects of one model. They stay without the ids that the database gives them; `unique` and `replaced` as
    in `insert`."""
    listed = list(objects)
    if not listed:
        return
    fields = [field for field in listed[0]._meta.concrete_fields if not isinstance(field, models.AutoField)]
    rows = (
        [field.get_db_prep_save(getattr(each, field.attname), connection) for field in fields]
        for each in listed
    )
    insert(type(listed[0]), [field.column for field in fields], rows, unique=unique, replaced=replaced)


def insert(
    model: type[models.Model],
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    unique: Sequence[str] = (),
    replaced: Sequence[str] = (),
) -> None:
    """Cells come as the database keeps them. A row whose `unique` columns are there already replaces the columns
    `replaced` of that one, or is left out where none are named."""
    into = _into(model, tuple(columns))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql" and not unique:
            with connection.wrap_database_errors, cursor.copy(f"COPY {into} FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            return
        # Several rows in one statement take SQLite a fourth less time, and 100 MB more for an import of the register.
        sql = f"INSERT INTO {into} VALUES ({_places(columns)})"  # noqa: S608  # names of ours
        cursor.executemany(sql + _unless_there(tuple(unique), tuple(replaced)), rows)  # type: ignore[arg-type]  # any iterable will do


def select(
    model: type[models.Model], columns: Sequence[str], key: str, keys: Iterable[str], at_once: int
) -> Iterator[tuple[Any, ...]]:
    """The columns, as the database keeps them, of the rows whose `key` is among the keys."""
    question = f"SELECT {_names(columns)} FROM {_table(model)} WHERE {_quoted(key)} IN "  # noqa: S608
    with connection.cursor() as cursor:
        for some in chunks(keys, at_once):
            cursor.execute(f"{question} ({_places(some)})", some)
            yield from cursor.fetchall()


@lru_cache(maxsize=128)
def _into(model: type[models.Model], columns: tuple[str, ...]) -> str:
    return f"{_table(model)} ({_names(columns)})"


@lru_cache(maxsize=128)
def _unless_there(unique: tuple[str, ...], replaced: tuple[str, ...]) -> str:
    if not unique:
        return ""
    sets = ", ".join(f"{_quoted(each)} = excluded.{_quoted(each)}" for each in replaced)
    return f" ON CONFLICT ({_names(unique)}) DO {f'UPDATE SET {sets}' if sets else 'NOTHING'}"


def update(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    """Each row holds the columns' cells, then the primary key. How many were there."""
    sets = ", ".join(f"{_quoted(column)} = %s" for column in columns)
    key = _quoted(str(model._meta.pk.column))
    with connection.cursor() as cursor:
        cursor.executemany(f"UPDATE {_table(model)} SET {sets} WHERE {key} = %s", rows)  # type: ignore[arg-type]  # noqa: S608
        return int(cursor.rowcount)


def last_id(model: type[models.Model]) -> int:
    """The highest id that was ever given, on SQLite; on PostgreSQL the highest there is."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [model._meta.db_table])
            found = cursor.fetchone()
        return int(found[0]) if found else 0
    return model._default_manager.aggregate(last=models.Max("pk"))["last"] or 0


def new_ids(model: type[models.Model], count: int) -> Sequence[int]:
    """Ids for rows that are inserted in this transaction, in order."""
    if connection.vendor == "sqlite":  # nobody else writes meanwhile
        first = last_id(model) + 1
        return range(first, first + count)
    with connection.cursor() as cursor:
        sequence = "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)"
        cursor.execute(sequence, [model._meta.db_table, count])
        return sorted(row[0] for row in cursor.fetchall())


def _places(cells: Sequence[object]) -> str:
    return ", ".join(["%s"] * len(cells))


def _table(model: type[models.Model]) -> str:
    return _quoted(model._meta.db_table)


def _names(columns: Iterable[str]) -> str:
    return ", ".join(map(_quoted, columns))


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)

"""Searching the register, beside FTS5 trigrams, PostgreSQL pg_trgm and LIKE: the same people, in the same run.

    python benchmarks/search.py FOLDER [--people 1000000] [--asked 200]

FOLDER keeps what was built: a workspace on SQLite with the register, a server of PostgreSQL with a copy of it, and
the others' own tables. Each search asks for the first 25 and how many there are, up to 1,001, in a fixed order; ours
ranks them and reads their rows as well. Fragments are cut anywhere from the names of random people, without the space,
so that half of the longer ones reach from one name into the next. A whole name is two words to ours and one text to
the others. Misspelt are whole names with one slip.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.portal_data import HOST, PASSWORD, Server, _copy_table, register_rows
from bridge import bootstrap
from bridge.application.ports.register import RegisterQuery
from bridge.domain.values.search import holds, parts
from bridge.workspace import CONFIG, Workspace

LENGTHS = (1, 2, 3, 4, 5, 8, 99)  # 99: the whole name
MIXED = "all lengths together"
MOST, PAGE, NEAREST = 1_001, 25, 20
LETTERS = "กขคงจชดตทนบปพมยรลวสหอ"
Search = Callable[[str], Sequence[Any]]


def build(root: Path, people: int) -> None:
    root.mkdir(parents=True)
    sample = (CONFIG / "sisaket.toml").read_text(encoding="utf-8")
    Workspace(root).province_file.write_text(sample, encoding="utf-8")
    bootstrap.create(root)
    office = bootstrap.open_office(root)
    with office.ports.journal.transaction():
        rows = register_rows(office, people)
        while chunk := [row for _, row in zip(range(100_000), rows, strict=False)]:
            office.ports.cases.import_register(chunk, "1")


def keys(root: Path) -> Iterator[tuple[int, str, str]]:
    """(number, the key that LIKE is asked about, the name) of everybody."""
    import sqlite3

    with sqlite3.connect(Workspace(root).ledger) as ledger:
        for number, search in ledger.execute("SELECT number, search FROM ledger_registerperson ORDER BY id"):
            yield int(number[1:]), search.replace(" ", ""), parts(search)[0]


def sqlite_others(folder: Path, root: Path) -> dict[str, Search]:
    import sqlite3

    path = folder / "others.sqlite3"
    known = path.exists()
    other = sqlite3.connect(path)
    if not known:
        other.execute("CREATE TABLE people (id INTEGER PRIMARY KEY, key TEXT)")
        other.executemany("INSERT INTO people VALUES (?, ?)", ((n, key) for n, key, _ in keys(root)))
        trigram = "content='people', content_rowid='id', tokenize='trigram', detail='full'"
        other.execute(f"CREATE VIRTUAL TABLE grams USING fts5(key, {trigram})")
        other.execute("INSERT INTO grams (grams) VALUES ('rebuild')")
        other.execute("INSERT INTO grams (grams) VALUES ('optimize')")
        other.commit()
    match = f"SELECT rowid FROM grams WHERE grams MATCH ? ORDER BY rowid LIMIT {MOST}"
    like = f"SELECT id FROM people WHERE key LIKE ? ORDER BY id LIMIT {MOST}"
    return {
        "FTS5 trigram": lambda text: other.execute(match, [f'"{text}"']).fetchall(),
        "LIKE, SQLite": lambda text: other.execute(like, [f"%{text}%"]).fetchall(),
    }


def postgresql_others(server: Server, root: Path) -> tuple[dict[str, Search], Search]:
    """What searches fragments, and what finds misspelt names."""
    import os

    import psycopg

    address = f"host={HOST} port={server.port} user=saphan dbname=postgres"
    other = psycopg.connect(address, password=os.environ[PASSWORD], autocommit=True)
    if not other.execute("SELECT to_regclass('people')").fetchone()[0]:
        other.execute("CREATE EXTENSION pg_trgm")
        for table in ("people", "plain"):
            other.execute(f"CREATE TABLE {table} (id bigint PRIMARY KEY, key text, name text)")
            with other.cursor().copy(f"COPY {table} FROM STDIN") as copy:
                for row in keys(root):
                    copy.write_row(row)
        other.execute("CREATE INDEX ON people USING gin (key gin_trgm_ops)")
        other.execute("CREATE INDEX ON people USING gin (name gin_trgm_ops)")
        other.execute("VACUUM ANALYZE")
    like = "SELECT id FROM {} WHERE key LIKE %s ORDER BY id LIMIT %s"
    near = "SELECT id FROM people WHERE name %% %s ORDER BY similarity(name, %s) DESC, id LIMIT %s"
    return {
        "pg_trgm": lambda text: other.execute(like.format("people"), [f"%{text}%", MOST]).fetchall(),
        "LIKE, PostgreSQL": lambda text: other.execute(like.format("plain"), [f"%{text}%", MOST]).fetchall(),
    }, lambda text: [person for (person,) in other.execute(near, [text, text, NEAREST])]


def open_copy(root: Path, copy: Path, server: Server) -> Any:
    """The register again in the ledger of PostgreSQL."""
    import sqlite3

    known = copy.exists()
    if not known:
        copy.mkdir()
        told = f'engine = "postgresql"\nhost = "{HOST}"\nport = {server.port}\nname = "ledger"\nuser = "saphan"\n'
        head, _, rest = Workspace(root).province_file.read_text(encoding="utf-8").partition("[ledger]\n")
        text = f"{head}[ledger]\n{told}\n[google]{rest.partition('[google]')[2]}"
        Workspace(copy).province_file.write_text(text, encoding="utf-8")
        (copy / ".secret-key").write_bytes((root / ".secret-key").read_bytes())
    office = bootstrap.open_office(copy)
    if not known:
        from django.db import connection

        from bridge.adapters.ledger.models import RegisterPerson, SearchState, SearchTerm

        with sqlite3.connect(Workspace(root).ledger) as rows, connection.cursor() as cursor:
            for model in (RegisterPerson, SearchTerm, SearchState):
                cursor.execute(f"TRUNCATE {model._meta.db_table}")
                _copy_table(model, rows, cursor)
            cursor.execute("VACUUM ANALYZE")
    return office


# ------------------------------------------------------------------------------------------------ what is asked


def fragments(names: list[str], length: int, count: int, rng: random.Random) -> list[str]:
    found = []
    while len(found) < count:
        name = rng.choice(names) if length == 99 else rng.choice(names).replace(" ", "")
        if length == 99:
            found.append(name)
        elif len(name) >= length:
            at = rng.randrange(len(name) - length + 1)
            found.append(name[at : at + length])
    return found


def slip(name: str, rng: random.Random) -> str:
    at = rng.choice([at for at in range(1, len(name) - 1) if " " not in name[at : at + 2]])
    head, letter, rest = name[:at], name[at], name[at + 1 :]
    kinds = [head + rest, head + rng.choice(LETTERS) + rest, head + letter + rng.choice(LETTERS) + rest]
    return rng.choice([*kinds, head + rest[:1] + letter + rest[1:]])


def timed(search: Search, asked: Sequence[str]) -> list[float]:
    spent = []
    for text in asked:
        begin = time.perf_counter()
        search(text)
        spent.append((time.perf_counter() - begin) * 1_000)
    return spent


def told(spent: Sequence[float]) -> str:
    cuts = statistics.quantiles(spent, n=20)
    return f"{cuts[9]:.2f} / {cuts[18]:.2f}"


def ours(office: Any) -> Search:
    find = office.ports.register.find
    return lambda text: find(RegisterQuery(tuple(text.split(" ")))).page(0, PAGE, MOST)


def near(office: Any) -> Search:
    """As the portal does: who is found, and then who is spelt almost so."""
    register = office.ports.register

    def search(text: str) -> list[int]:
        found = register.find(RegisterQuery(tuple(text.split(" "))))
        those, _ = found.page(0, NEAREST, MOST)
        alike = found.alike(NEAREST) if len(those) < NEAREST else ()
        return [int(entry.number[1:]) for entry in (*those, *alike)][:NEAREST]

    return search


def differing(office: Any, like: Search, asked: Sequence[str]) -> int:
    """Searches that do not find what LIKE finds; beyond what is counted, those found must hold the letters."""
    from bridge.adapters.ledger.models import RegisterPerson

    wrong = 0
    for text in (each.replace(" ", "") for each in asked):
        found, total = office.ports.register.find(RegisterQuery((text,))).page(0, MOST, MOST)
        rows = RegisterPerson.objects.filter(number__in=[entry.number for entry in found])
        those = {int(number[1:]): key for number, key in rows.values_list("number", "search")}
        expected = {person for (person,) in like(text)}
        same = those.keys() == expected if total < MOST else len(expected) == MOST == len(those)
        wrong += not (same and all(holds(key, text) for key in those.values()))
    return wrong


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("folder", type=Path)
    options.add_argument("--people", type=int, default=1_000_000)
    options.add_argument("--asked", type=int, default=200)
    given = options.parse_args()
    rng, root, server = random.Random(6), given.folder / "workspace", Server(given.folder / "cluster")
    if not root.exists():
        build(root, given.people)
    server.start()
    try:
        run(rng, root, given, server)
    finally:
        server.stop()


def run(rng: random.Random, root: Path, given: Any, server: Server) -> None:
    everybody = [(person, name) for person, _, name in keys(root)]
    chosen = rng.sample(everybody, min(len(everybody), 5_000))
    names = [name for _, name in chosen]
    asked = {length: fragments(names, length, given.asked, rng) for length in LENGTHS}
    misspelt = [(person, slip(name, rng)) for person, name in chosen[: given.asked]]
    del everybody
    office = bootstrap.open_office(root)
    others = sqlite_others(given.folder, root)
    others_there, similar = postgresql_others(server, root)
    ways = {"ours, SQLite": ours(office), **others, **others_there}
    table: dict[int | str, dict[str, str]] = {length: {} for length in (*LENGTHS, MIXED)}
    near_spent: dict[str, str] = {}
    recall: dict[str, float] = {}

    def fragments_by(label: str, search: Search) -> None:
        every: list[float] = []
        for length in LENGTHS:
            some = asked[length][: 40 if "LIKE" in label else None]
            some = some if "ours" in label else [text.replace(" ", "") for text in some]
            if not (label == "FTS5 trigram" and length < 3):
                spent = timed(search, some)
                table[length][label], every = told(spent), every + spent
        table[MIXED][label] = told(every)

    def misses(label: str, search: Search) -> None:
        search("กขคง")  # the words are read once
        near_spent[label] = told(timed(search, [text for _, text in misspelt]))
        hits = sum(person in search(text) for person, text in misspelt)
        recall[label] = hits / len(misspelt)

    wrong = {length: differing(office, others["LIKE, SQLite"], asked[length][:40]) for length in LENGTHS}
    for label, search in ways.items():
        fragments_by(label, search)
    misses("ours, SQLite", near(office))
    misses("pg_trgm similarity", similar)
    office = open_copy(root, given.folder / "postgresql", server)
    fragments_by("ours, PostgreSQL", ours(office))
    misses("ours, PostgreSQL", near(office))
    print(
        json.dumps(
            {"ms, p50 / p95, by letters": table, "differ from LIKE": wrong}, indent=1, ensure_ascii=False
        )
    )
    print(json.dumps({"misspelt, ms": near_spent, "recall@20": recall}, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()

"""What must hold of the project as a whole."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bridge.adapters.ledger.connection import close_ledger
from tests.architecture.source import PROJECT, Module, modules
from tests.contract.ledgers import BACKENDS, Ledger, open_empty

MOST_LINES = 400
LONGEST_FUNCTION = 40

# Longer on purpose, and no longer than this.
LONG_MODULES: dict[str, tuple[int, str]] = {}
LONG_FUNCTIONS = {
    "bridge/bootstrap/__init__.py:build": (55, "one call for each use case of the office"),
}

# Where Thai letters are code: facts of the language or of a file format, or the help of the command line.
THAI_IN_CODE = {
    "bridge/domain/values/": "months, titles, units and spellings are facts of the language",
    "bridge/domain/summary.py": "the order of Thai letters",
    "bridge/domain/access.py": "the words for tambon and amphoe before a name",
    "bridge/adapters/places.py": "the words for tambon and amphoe before a name",
    "bridge/adapters/workbooks/calamine_copy.py": "letters of Thai number formats",
    "bridge/adapters/workbooks/xlsx_styles.py": "letters of Thai number formats",
    "bridge/demo": "the invented people of the demonstration",
}
THAI = re.compile("[\u0e00-\u0e7f]")


class TestLayers:
    def test_every_import_contract_is_kept(self, capsys: pytest.CaptureFixture[str]) -> None:
        cli = pytest.importorskip("importlinter.cli", reason="import-linter is in the extra `lint`")
        code = cli.lint_imports(config_filename=str(PROJECT / "pyproject.toml"), no_cache=True)
        assert code == cli.EXIT_STATUS_SUCCESS, capsys.readouterr().out

    def test_the_domain_and_the_use_cases_reach_nothing_by_name(self) -> None:
        """What import-linter cannot see: built-ins that read, write, or look for modules by their name."""
        banned = {"open", "print", "input", "exec", "eval", "__import__"}
        found = [
            f"{module.name}:{node.lineno}: {node.func.id}"
            for module in modules()
            if module.name.startswith(("bridge/domain/", "bridge/application/"))
            for node in ast.walk(module.tree)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in banned
        ]
        assert found == []


class TestSize:
    def test_modules_are_short(self) -> None:
        lines = {module.name: len(module.text.splitlines()) for module in modules()}
        allowed = {name: most for name, (most, _) in LONG_MODULES.items()}
        assert {name: n for name, n in lines.items() if n > allowed.get(name, MOST_LINES)} == {}
        assert {name for name in allowed if lines[name] <= MOST_LINES} == set(), "need no exception any more"

    def test_functions_are_short(self) -> None:
        lines: dict[str, int] = {}
        for module in modules():
            for function in module.functions():
                name = f"{module.name}:{function.name}"
                length = (function.end_lineno or 0) - function.lineno + 1
                lines[name] = max(length, lines.get(name, 0))
        allowed = {name: most for name, (most, _) in LONG_FUNCTIONS.items()}
        assert {name: n for name, n in lines.items() if n > allowed.get(name, LONGEST_FUNCTION)} == {}
        assert {name for name in allowed if lines[name] <= LONGEST_FUNCTION} == set(), "need no exception"


class TestWordingIsConfiguration:
    def test_no_sentence_for_people_is_in_the_code(self) -> None:
        found = [
            f"{module.name}:{node.lineno}: {node.value[:40]}"
            for module in modules()
            if not module.name.startswith(tuple(THAI_IN_CODE))
            for node in module.strings()
            if THAI.search(node.value) and id(node) not in command_line_help(module)
        ]
        assert found == []

    def test_every_exception_is_still_needed(self) -> None:
        using = {module.name for module in modules() if any(THAI.search(n.value) for n in module.strings())}
        assert {where for where in THAI_IN_CODE if not any(name.startswith(where) for name in using)} == set()


def command_line_help(module: Module) -> set[int]:
    """The texts of `help=` and of wrong usage: the command line shows them before any file is read."""
    if module.name not in (
        "bridge/cli.py",
        "bridge/cli_google.py",
        "bridge/cli_match.py",
        "bridge/cli_move.py",
        "bridge/cli_refit.py",
        "bridge/cli_register.py",
        "bridge/cli_serve.py",
    ):
        return set()
    texts: list[ast.expr] = []
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call):
            texts += [keyword.value for keyword in node.keywords if keyword.arg == "help"]
            if ast.unparse(node.func) == "typer.BadParameter":
                texts += node.args
    return {id(text) for text in texts}


# ------------------------------------------------------------------------------------------------ documents

DOCUMENTS = [PROJECT / "README.md", *sorted((PROJECT / "docs").rglob("*.md"))]
# `path` in backquotes, [text](path), and the files of commands; a path of the project begins with one of these.
QUOTED = re.compile(r"`([^`\n]+)`|\]\(([^)\s]+)\)")
ROOTS = ("bridge/", "config/", "templates/", "tests/", "benchmarks/", "docs/", ".ci/")


def paths_in(text: str) -> Iterator[str]:
    for quoted, linked in QUOTED.findall(text):
        if linked and not re.match(r"[a-z]+:|#", linked):
            yield linked.partition("#")[0]
        for word in quoted.split():
            word = word.strip(".,;:()")
            if word.startswith(ROOTS) or word in ("run.py", "constraints.txt", "pyproject.toml"):
                yield word


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(PROJECT).as_posix())
def test_documents_name_only_what_is_there(document: Path) -> None:
    places = (document.parent, PROJECT)  # a link is seen from its document, a name in backquotes from the top
    missing = [
        path
        for path in paths_in(document.read_text(encoding="utf-8"))
        if not any(list(place.glob(path.rstrip("/"))) for place in places)
    ]
    assert missing == []


def test_paths_are_found_in_a_document() -> None:
    text = "see `bridge/cli.py`, [x](docs/a.md#b), [y](https://x.th), `sync --json`, `python run.py init`."
    assert list(paths_in(text)) == ["bridge/cli.py", "docs/a.md", "run.py"]


# ------------------------------------------------------------------------------------------------ the schema


@pytest.fixture(params=BACKENDS)
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    yield open_empty(request.param, request.config, tmp_path)
    close_ledger()


def test_no_migration_is_missing(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    from django.core.management import call_command

    open_empty("sqlite", request.config, tmp_path)
    try:
        call_command("makemigrations", check=True, dry_run=True, verbosity=3)
    except SystemExit:
        pytest.fail("the models have changed: run makemigrations")
    finally:
        close_ledger()


def test_a_migrated_ledger_has_the_tables_of_a_fresh_one(ledger: Ledger, tmp_path: Path) -> None:
    """Straight from the models, in a place of its own; every column, index and constraint is compared."""
    from django.apps import apps
    from django.db import connection

    models = list(apps.get_app_config("ledger").get_models())
    tables = sorted(model._meta.db_table for model in models)
    with a_fresh_place(ledger, tmp_path) as fresh:
        with fresh.schema_editor() as editor:
            for model in models:
                editor.create_model(model)
        straight = schema_of(fresh, tables)
    migrated = schema_of(connection, tables)
    for table in tables:
        assert migrated["columns"][table] == straight["columns"][table], table
        assert migrated["constraints"][table] == straight["constraints"][table], table
    assert migrated["definitions"] == straight["definitions"]
    assert "rows_dirty" in migrated["definitions"]


@contextmanager
def a_fresh_place(ledger: Ledger, folder: Path) -> Iterator[Any]:
    """A connection to an empty file, or to an empty schema of the same database."""
    from django.db import connection
    from django.db.utils import ConnectionHandler

    database = dict(ledger.options["DATABASES"]["default"])
    if ledger.backend == "sqlite":
        database["NAME"] = str(folder / "fresh.sqlite3")
    else:
        database["OPTIONS"] = {"options": "-c search_path=fresh"}
        connection.cursor().execute("CREATE SCHEMA fresh")
    fresh = ConnectionHandler({"default": database})["default"]
    try:
        yield fresh
    finally:
        fresh.close()
        if ledger.backend == "postgresql":
            connection.cursor().execute("DROP SCHEMA fresh CASCADE")


DEFINITIONS = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = %s",
    "postgresql": """
        SELECT indexname, replace(indexdef, ' ON ' || schemaname || '.', ' ON ')
        FROM pg_indexes WHERE schemaname = current_schema() AND tablename = %s
        UNION SELECT conname, pg_get_constraintdef(pg_constraint.oid)
        FROM pg_constraint JOIN pg_class ON conrelid = pg_class.oid
        WHERE pg_constraint.connamespace = current_schema()::regnamespace AND relname = %s""",
}


def schema_of(connection: Any, tables: list[str]) -> dict[str, Any]:
    query = DEFINITIONS[connection.vendor]
    read = connection.introspection
    with connection.cursor() as cursor:
        definitions = {}
        for table in tables:
            cursor.execute(query, [table] * query.count("%s"))
            definitions.update(cursor.fetchall())
        return {
            "columns": {table: set(read.get_table_description(cursor, table)) for table in tables},
            "constraints": {table: read.get_constraints(cursor, table) for table in tables},
            "definitions": definitions,
        }

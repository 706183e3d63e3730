"""Opening a ledger: Django is set up once in a process, and pointed at the database that is asked for."""

from __future__ import annotations

from typing import Any

import django
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.db.migrations.executor import MigrationExecutor


def open_ledger(options: dict[str, Any]) -> None:
    """Points this process at the database in `options` (Django settings) and brings its tables up to date."""
    if not settings.configured:
        settings.configure(**options)
        django.setup()
    else:
        settings.SECRET_KEY = options["SECRET_KEY"]
        _point_at(options["DATABASES"]["default"])
    connection = connections["default"]
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", verbosity=0, interactive=False)


def close_ledger() -> None:
    if settings.configured:
        connections.close_all()


def _point_at(database: dict[str, Any]) -> None:
    connections.close_all()
    fresh = connections.configure_settings({"default": dict(database)})
    settings.DATABASES["default"] = fresh["default"]
    connections.settings["default"] = fresh["default"]
    if hasattr(connections._connections, "default"):
        del connections["default"]

"""Django settings, from the province and the workspace; nothing is read from the environment here."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from bridge.config_parts import LedgerPart

# SQLite before 3.51.3 can damage a WAL database that two processes write (fixed also in 3.44.6 and 3.50.7).
_WAL_SAFE = (3, 51, 3)
_WAL_BACKPORTS = ((3, 44, 6), (3, 50, 7))


def journal_mode() -> str:
    version = sqlite3.sqlite_version_info
    return "WAL" if version >= _WAL_SAFE or version in _WAL_BACKPORTS else "TRUNCATE"


def sqlite_database(path: Path) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 30,
            "init_command": f"PRAGMA journal_mode={journal_mode()}; PRAGMA synchronous=FULL;",
        },
    }


def postgresql_database(ledger: LedgerPart, password: str) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": ledger.host,
        "PORT": ledger.port,
        "NAME": ledger.name,
        "USER": ledger.user,
        "PASSWORD": password,
    }


def django_settings(database: dict[str, Any], secret_key: str) -> dict[str, Any]:
    return {
        "SECRET_KEY": secret_key,
        "DATABASES": {"default": database},
        "INSTALLED_APPS": [
            "django.contrib.contenttypes",
            "django.contrib.auth",
            "django.contrib.sessions",
            "bridge.adapters.ledger.apps.LedgerConfig",
        ],
        "AUTH_USER_MODEL": "ledger.Account",
        "PASSWORD_HASHERS": ["django.contrib.auth.hashers.Argon2PasswordHasher"],
        "USE_TZ": True,
        "TIME_ZONE": "UTC",
        "LANGUAGE_CODE": "th",
        "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
    }

"""Django settings, from the province and the workspace; nothing is read from the environment here."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from bridge.config_parts import LedgerPart

# SQLite before 3.51.3 can damage a WAL database that two processes write (fixed also in 3.44.6 and 3.50.7).
_WAL_SAFE = (3, 51, 3)
_WAL_BACKPORTS = ((3, 44, 6), (3, 50, 7))

ACCOUNT_MIDDLEWARE = "allauth.account.middleware.AccountMiddleware"


def journal_mode() -> str:
    version = sqlite3.sqlite_version_info
    return "WAL" if version >= _WAL_SAFE or version in _WAL_BACKPORTS else "TRUNCATE"


def memory(megabytes: int) -> str:
    """What a connection of SQLite may keep in memory. A transaction that changes more than that writes some of it
    before its end, and keeps all readers out from then on."""
    return f"PRAGMA cache_size=-{megabytes * 1000};"


def sqlite_database(path: Path) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 30,
            # what was deleted is written over, and does not stay in free pages
            "init_command": f"PRAGMA journal_mode={journal_mode()}; PRAGMA synchronous=FULL; "
            f"PRAGMA secure_delete=ON; {memory(64)}",
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
    """What every command needs: the tables and the rules of sign-in. The portal adds the web's part
    (bridge/portal/settings.py) when it is served."""
    return {
        "SECRET_KEY": secret_key,
        "DATABASES": {"default": database},
        "INSTALLED_APPS": [
            "django.contrib.contenttypes",
            "django.contrib.auth",
            "django.contrib.sessions",
            "django.contrib.messages",
            "django.contrib.staticfiles",
            "allauth",
            "allauth.account",
            "allauth.mfa",
            "allauth.usersessions",
            "bridge.adapters.ledger.apps.LedgerConfig",
        ],
        "AUTH_USER_MODEL": "ledger.Account",
        "PASSWORD_HASHERS": ["bridge.adapters.ledger.hashers.OfficeArgon2"],
        "CACHES": {
            "default": {
                "BACKEND": "django.core.cache.backends.db.DatabaseCache",
                "LOCATION": "ledger_cachedvalue",
                "OPTIONS": {"MAX_ENTRIES": 100_000},
            }
        },
        "MIDDLEWARE": [ACCOUNT_MIDDLEWARE],  # allauth looks for it when it is loaded
        "USE_TZ": True,
        "TIME_ZONE": "UTC",
        "LANGUAGE_CODE": "th",
        "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
        **_SIGN_IN,
    }


# By e-mail alone, known and unknown addresses cost the same; a user name beside it gave them away. An office
# shares one address, so that an address may fail often; an account may not.
_SIGN_IN: dict[str, Any] = {
    "ACCOUNT_ADAPTER": "bridge.portal.accounts.Accounts",
    "ACCOUNT_LOGIN_METHODS": ["email"],
    "ACCOUNT_SIGNUP_FIELDS": [
        "email*",
        "password1*",
    ],  # without a password, sign-in would become sign-in by code
    "ACCOUNT_USER_MODEL_USERNAME_FIELD": None,
    "ACCOUNT_EMAIL_VERIFICATION": "none",  # the mailed link has proved the address
    "ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS": False,
    "ACCOUNT_PREVENT_ENUMERATION": "strict",
    "ACCOUNT_SESSION_REMEMBER": False,
    "ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE": True,
    "ACCOUNT_RATE_LIMITS": {
        "login": "600/m/ip",
        "login_failed": "100/m/ip,5/5m/key",
        "reset_password": "60/m/ip,5/h/key",
        "reset_password_from_key": "60/m/ip",
        "ask_access": "60/m/ip",
        "attach": "200/d/user",  # what is not sent with a case stays for a day
    },
    "MFA_ADAPTER": "bridge.portal.accounts.SecondFactors",
    "MFA_SUPPORTED_TYPES": ["totp", "webauthn", "recovery_codes"],
    "MFA_TOTP_TOLERANCE": 1,
}

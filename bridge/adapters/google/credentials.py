"""Who the bridge is to Google: a service account's key, or a person's consent; from a file or the keyring."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keyring
from google.auth.credentials import Credentials
from google.oauth2.credentials import Credentials as UserCredentials
from google.oauth2.service_account import Credentials as ServiceAccountCredentials
from keyring.errors import KeyringError

from bridge.application.errors import ConfigurationError

KEYRING = "keyring"
SERVICE = "saphan-google"

_AUTH = "https://www.googleapis.com/auth/"
SCOPES = {
    "books": (_AUTH + "spreadsheets", _AUTH + "drive.file", _AUTH + "drive.metadata.readonly"),
    "sharing": (_AUTH + "drive",),
    "forms": (_AUTH + "forms.body.readonly", _AUTH + "forms.responses.readonly"),
    "gmail": (_AUTH + "gmail.send", _AUTH + "gmail.readonly"),
    "mail": ("https://mail.google.com/",),  # SMTP and IMAP know no narrower one
}
"""The least that each part needs. Sharing a file that the account did not make needs the whole of Drive."""


class _Moved(ServiceAccountCredentials):
    """Of an address override: google-auth would ask Google itself about allowed regions after each refresh."""

    def _is_regional_access_boundary_lookup_required(self) -> bool:
        return False


class _MovedUser(UserCredentials):
    def _is_regional_access_boundary_lookup_required(self) -> bool:
        return False


def scopes_for(parts: Sequence[str]) -> list[str]:
    """The scopes of these parts (keys of SCOPES), each once."""
    return list(dict.fromkeys(scope for part in parts for scope in SCOPES[part]))


def load_credentials(
    where: str, root: Path, account: str, scopes: Sequence[str], api_root: str = "", subject: str = ""
) -> Credentials:
    """The credentials in the file `where` (relative to `root`), or under `account` in the system's keyring.

    `subject` is the person in whose name a service account acts (domain-wide delegation). Raises
    ConfigurationError google_key_missing, google_key_open (others may read the file), google_key_unusable.
    """
    info = _stored(where, root, account)
    if api_root:
        info = {**info, "token_uri": api_root.rstrip("/") + "/token"}
    try:
        if info.get("type") == "service_account":
            kind = _Moved if api_root else ServiceAccountCredentials
            made = kind.from_service_account_info(info, scopes=list(scopes))  # type: ignore[no-untyped-call]
            return made.with_subject(subject) if subject else made  # type: ignore[no-any-return]
        if not api_root:
            return UserCredentials.from_authorized_user_info(info, list(scopes))  # type: ignore[no-any-return,no-untyped-call]
        names = ("refresh_token", "token_uri", "client_id", "client_secret")
        return _MovedUser(  # type: ignore[no-untyped-call]
            None, scopes=list(scopes), **{name: info[name] for name in names}
        )
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigurationError("google_key_unusable", file=where) from error


def account_name(credentials: Credentials) -> str:
    """The service account's address, "" for a person."""
    return str(getattr(credentials, "service_account_email", "") or "")


def store_credentials(where: str, root: Path, account: str, text: str) -> None:
    """Keeps a consent in the file (readable by its owner only) or the keyring."""
    if where == KEYRING:
        try:
            keyring.set_password(SERVICE, account, text)
        except KeyringError as error:
            raise ConfigurationError("google_keyring", said=type(error).__name__) from error
        return
    path = root / where
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(text, encoding="utf-8")


def _stored(where: str, root: Path, account: str) -> dict[str, Any]:
    text = _from_keyring(account) if where == KEYRING else _from_file(where, root)
    try:
        info = json.loads(text)
    except ValueError as error:
        raise ConfigurationError("google_key_unusable", file=where) from error
    if not isinstance(info, dict):
        raise ConfigurationError("google_key_unusable", file=where)
    return info


def _from_keyring(account: str) -> str:
    try:
        found = keyring.get_password(SERVICE, account)
    except KeyringError as error:
        raise ConfigurationError("google_keyring", said=type(error).__name__) from error
    if not found:
        raise ConfigurationError("google_key_missing", file=f"{KEYRING}:{SERVICE}/{account}")
    return found


def _from_file(where: str, root: Path) -> str:
    path = root / where
    if not where or not path.is_file():
        raise ConfigurationError("google_key_missing", file=where or "google.credentials")
    if os.name == "posix" and path.stat().st_mode & 0o077:
        raise ConfigurationError("google_key_open", file=where)
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError("google_key_unusable", file=where) from error

"""A person's consent instead of a service account's key: the browser asks, an address on this computer hears."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from google.auth.exceptions import GoogleAuthError
from google_auth_oauthlib.flow import InstalledAppFlow, WSGITimeoutError
from oauthlib.oauth2 import OAuth2Error
from requests.adapters import HTTPAdapter

from bridge.adapters.google.credentials import KEYRING, store_credentials
from bridge.application.errors import ConfigurationError, OutsideError

WAIT = 600  # seconds that a person has
HERE = "127.0.0.1"


class _Plain(HTTPAdapter):
    """oauthlib speaks to https only; an address override on this computer speaks http."""

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        request.url = str(request.url).replace("https://", "http://", 1)
        return super().send(request, *args, **options)


class _PlainFlow(InstalledAppFlow):  # type: ignore[misc]  # its package has no types
    """The same for the page that the browser opens."""

    def authorization_url(self, **options: Any) -> tuple[str, str]:
        url, state = super().authorization_url(**options)
        return url.replace("https://", "http://", 1), state


def sign_in(
    client_file: Path,
    where: str,
    root: Path,
    account: str,
    scopes: Sequence[str],
    api_root: str = "",
    *,
    prompt: str,
    thanks: str,
) -> None:
    """Asks the person at this computer for consent and keeps it where `load_credentials` looks for it. Raises
    ConfigurationError google_key_kept for a service account's key in that place, and what `ask_for_consent` raises.
    """
    if where != KEYRING and _is_key(root / where):
        raise ConfigurationError("google_key_kept", file=where)
    text = ask_for_consent(client_file, scopes, api_root, prompt=prompt, thanks=thanks)
    store_credentials(where, root, account, text)


def _is_key(path: Path) -> bool:
    try:
        return bool(json.loads(path.read_text(encoding="utf-8-sig")).get("type") == "service_account")
    except (OSError, ValueError, AttributeError):
        return False


def ask_for_consent(
    client_file: Path, scopes: Sequence[str], api_root: str = "", *, prompt: str, thanks: str
) -> str:
    """The consent as the JSON text that `load_credentials` reads, with no short-lived token in it.

    `prompt` is printed ({url} in it is the page to open), `thanks` is what the browser shows at the end. Raises
    ConfigurationError google_client_file, google_consent_refused, google_consent_partial; OutsideError
    google_unreachable.
    """
    client = _client(client_file, api_root)
    plain = api_root.startswith("http://")
    kind = _PlainFlow if plain else InstalledAppFlow
    flow = kind.from_client_config({"installed": client}, list(scopes))
    if plain:
        flow.oauth2session.mount(f"https://{urlsplit(api_root).netloc}", _Plain())
    try:
        given = flow.run_local_server(
            host=HERE,
            port=0,
            authorization_prompt_message=prompt,
            success_message=thanks,
            timeout_seconds=WAIT,
            access_type="offline",
            prompt="consent",  # else a second consent brings no refresh token
        )
    except Warning as error:  # oauthlib's way of saying that boxes were left unticked
        raise ConfigurationError("google_consent_partial") from error
    except (OAuth2Error, WSGITimeoutError, GoogleAuthError) as error:
        raise ConfigurationError("google_consent_refused", said=type(error).__name__) from error
    except requests.RequestException as error:
        raise OutsideError("google_unreachable", said=type(error).__name__) from error
    if not given.refresh_token:
        raise ConfigurationError("google_consent_refused", said="refresh_token")
    kept = {"type": "authorized_user", "refresh_token": given.refresh_token}
    return json.dumps(kept | {name: client[name] for name in ("client_id", "client_secret", "token_uri")})


def _client(path: Path, api_root: str) -> dict[str, Any]:
    """The part `installed` of the file that Google gives for a desktop app."""
    try:
        client = json.loads(path.read_text(encoding="utf-8-sig"))["installed"]
        complete = {"client_id", "client_secret", "auth_uri", "token_uri"} <= set(client)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigurationError("google_client_file", file=path) from error
    if not complete:
        raise ConfigurationError("google_client_file", file=path)
    if api_root:
        secure = api_root.replace("http://", "https://", 1)
        client = {**client, "auth_uri": f"{secure}/o/oauth2/auth", "token_uri": f"{secure}/token"}
    return dict(client)

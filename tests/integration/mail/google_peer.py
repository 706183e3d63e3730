"""The stand-in for Google as a mail service, and the real client to it."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from pathlib import Path

from google.auth.credentials import AnonymousCredentials, Credentials

from bridge.adapters.google.client import GoogleClient, NoQuota
from bridge.adapters.google.credentials import load_credentials, scopes_for
from tests.stand_in.google import Google

MAILBOX = "saphan@example.go.th"


def client_of(google: Google, credentials: Credentials | None = None) -> GoogleClient:
    return GoogleClient(
        credentials or AnonymousCredentials(),  # type: ignore[no-untyped-call]
        api_root=google.url,
        quota=NoQuota(),
        pause=lambda seconds: None,
        time_outs=(10, 1.5),
    )


def credentials_of(google: Google, folder: Path, parts: Sequence[str], subject: str = MAILBOX) -> Credentials:
    """Those of a service account that acts for `subject`."""
    key = folder / "google-key.json"
    key.touch(mode=0o600)
    key.write_text(json.dumps(google.service_account_info()))
    return load_credentials(key.name, folder, "", scopes_for(parts), google.url, subject)


def taken_by(google: Google) -> list[bytes]:
    """The letters as they travelled, those that were answered with yes."""
    sent = [call for call in google.calls if call.line.endswith("/messages/send") and call.status == 200]
    return [base64.urlsafe_b64decode(json.loads(call.raw)["raw"]) for call in sent]

"""The token endpoint: JWT bearer grants of service accounts and refresh tokens of people; scopes of tokens."""

from __future__ import annotations

import base64
import binascii
import json
import secrets
from datetime import timedelta
from typing import Any

from tests.stand_in.google import errors
from tests.stand_in.google.state import SERVICE_EMAIL, State

Json = dict[str, Any]
JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LIFE = 3599
BASE = "https://www.googleapis.com/auth/"
SCOPES = {
    "sheets": ("spreadsheets", "spreadsheets.readonly", "drive", "drive.file", "drive.readonly"),
    "drive": ("drive", "drive.file", "drive.readonly", "drive.metadata", "drive.metadata.readonly"),
    "forms": ("forms.body", "forms.body.readonly", "drive", "drive.file", "drive.readonly"),
    "responses": ("forms.responses.readonly", "drive", "drive.file"),
    "gmail.send": ("gmail.send", "gmail.compose", "gmail.modify", "https://mail.google.com/"),
    "gmail": ("gmail.readonly", "gmail.modify", "gmail.metadata", "https://mail.google.com/"),
}
READ_ONLY = ("readonly", "metadata")


def _refused(error: str, description: str, status: int = 400) -> errors.ApiError:
    return errors.ApiError(status, {"error": error, "error_description": description})


def token(state: State, form: Json) -> Json:
    """POST /token, form encoded."""
    grant = form.get("grant_type")
    if grant == JWT_GRANT:
        claims = read_jwt(state, str(form.get("assertion") or ""))
        user = claims.get("sub") or claims["iss"]
        return _issued(state, user, str(claims.get("scope") or ""), claims["iss"])
    if grant == "refresh_token":
        known = state.refresh_tokens.get(str(form.get("refresh_token")))
        if known is None or form.get("refresh_token") in state.revoked:
            raise _refused("invalid_grant", "Token has been expired or revoked.")
        if not form.get("client_id") or not form.get("client_secret"):
            raise _refused("invalid_client", "The OAuth client was not found.", 401)
        return _issued(state, known["user"], known["scope"], known["user"]) | {"scope": known["scope"]}
    raise _refused("unsupported_grant_type", f"Invalid grant_type: {grant or ''}")


def read_jwt(state: State, assertion: str) -> Json:
    """The claims of a service account's assertion; its shape is checked, its signature is not."""
    parts = assertion.split(".")
    try:
        header, claims = (json.loads(_decoded(part)) for part in parts[:2])
    except (ValueError, binascii.Error):
        raise _refused("invalid_grant", "Bad Request") from None
    if len(parts) != 3 or not parts[2] or header.get("alg") != "RS256":
        raise _refused("invalid_grant", "Invalid JWT Signature.")
    if not claims.get("iss") or "@" not in claims["iss"]:
        raise _refused("invalid_grant", "Invalid grant: account not found")
    if claims["iss"] in state.revoked:
        raise _refused("invalid_grant", "Invalid JWT Signature.")
    if not str(claims.get("aud") or "").endswith("/token"):
        raise _refused("invalid_grant", "Invalid JWT: Failed audience check.")
    now = state.clock().timestamp()
    if (
        not claims.get("iat")
        or not claims.get("exp")
        or not claims["iat"] <= now + 600 <= claims["exp"] + 600
    ):
        text = "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe."
        raise _refused("invalid_grant", text + " Check your iat and exp values in the JWT claim.")
    if not claims.get("scope") and not claims.get("target_audience"):
        raise _refused("invalid_scope", "Empty or missing scope not allowed.")
    return claims  # type: ignore[no-any-return]


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _issued(state: State, user: str, scope: str, account: str) -> Json:
    access = f"ya29.standin-{secrets.token_urlsafe(24)}"
    expires = state.clock() + timedelta(seconds=LIFE)
    state.tokens[access] = {"user": user, "scope": scope.split(), "expires": expires, "account": account}
    return {"access_token": access, "expires_in": LIFE, "token_type": "Bearer"}


def grant_refresh(state: State, user: str, scopes: list[str]) -> str:
    """A person's consent: the refresh token that an OAuth client would have been given."""
    made = f"1//standin-{secrets.token_urlsafe(24)}"
    state.refresh_tokens[made] = {"user": user, "scope": " ".join(scopes)}
    return made


def caller(state: State, authorization: str, service: str, writing: bool) -> str:
    """The account behind a call; 401 or 403 as Google gives them. A call without a token passes unless strict."""
    bearer = authorization.removeprefix("Bearer ").strip()
    known = state.tokens.get(bearer)
    if bearer in state.revoked or (known and known["account"] in state.revoked):
        raise errors.unauthenticated()
    if known is None:
        if state.strict_tokens:
            raise errors.unauthenticated()
        return state.email
    if known["expires"] < state.clock():
        raise errors.unauthenticated()
    wanted = SCOPES.get(service, ())
    if wanted and not any(_allows(scope, wanted, writing) for scope in known["scope"]):
        raise errors.scopes(f"{service.split('.')[0]}.googleapis.com")
    return str(known["user"])


def _allows(scope: str, wanted: tuple[str, ...], writing: bool) -> bool:
    name = scope.removeprefix(BASE)
    return name in wanted and not (writing and name.endswith(READ_ONLY))


def service_account_info(token_uri: str, email: str = SERVICE_EMAIL) -> Json:
    """A service-account file with a key made for this run."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    text = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return {
        "type": "service_account",
        "project_id": "example",
        "private_key_id": secrets.token_hex(20),
        "private_key": text.decode(),
        "client_email": email,
        "client_id": "100000000000000000000",
        "token_uri": token_uri,
    }

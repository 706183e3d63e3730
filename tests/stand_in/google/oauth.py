"""The token endpoint: JWT bearer grants of service accounts, refresh tokens and first consents of people; scopes of
tokens. The page that asks for consent agrees at once, in the name of `consent(state).user`."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from weakref import WeakKeyDictionary

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
    if grant == "authorization_code":
        return _first_token(state, form)
    raise _refused("unsupported_grant_type", f"Invalid grant_type: {grant or ''}")


@dataclass
class Consent:
    """What the person at the browser will do: agree as `user`, but not to `unticked`, or not at all."""

    user: str = "officer@example.org"
    refuses: bool = False
    unticked: set[str] = field(default_factory=set)
    codes: dict[str, Json] = field(default_factory=dict)


_CONSENTS: WeakKeyDictionary[State, Consent] = WeakKeyDictionary()


def consent(state: State) -> Consent:
    return _CONSENTS.setdefault(state, Consent())


def authorize(state: State, params: Json) -> str:
    """GET /o/oauth2/auth: where the browser is sent once the person has agreed, or has not."""
    target, back = str(params.get("redirect_uri") or ""), {"state": params.get("state") or ""}
    if params.get("response_type") != "code" or not target.startswith(
        ("http://127.0.0.1", "http://localhost")
    ):
        raise _refused("invalid_request", "Missing or invalid redirect_uri or response_type.")
    asked = consent(state)
    if asked.refuses:
        return f"{target}?{urlencode({**back, 'error': 'access_denied'})}"
    scopes = [one for one in str(params.get("scope") or "").split() if one not in asked.unticked]
    code = f"4/standin-{secrets.token_urlsafe(24)}"
    asked.codes[code] = {**params, "user": asked.user, "scopes": scopes}
    return f"{target}?{urlencode({**back, 'code': code, 'scope': ' '.join(scopes)})}"


def _first_token(state: State, form: Json) -> Json:
    """A code is good once, for the client and address that asked, and with the secret behind its challenge."""
    known = consent(state).codes.pop(str(form.get("code")), None)
    if known is None or any(form.get(name) != known.get(name) for name in ("redirect_uri", "client_id")):
        raise _refused("invalid_grant", "Malformed auth code.")
    if not form.get("client_secret"):
        raise _refused("invalid_client", "The OAuth client was not found.", 401)
    if known.get("code_challenge") and known["code_challenge"] != _challenge(form.get("code_verifier")):
        raise _refused("invalid_grant", "Invalid code verifier.")
    scope = " ".join(known["scopes"])
    made = _issued(state, known["user"], scope, known["user"]) | {"scope": scope}
    if known.get("access_type") == "offline":
        made["refresh_token"] = grant_refresh(state, known["user"], known["scopes"])
    return made


def client_of(authorization: str) -> Json:
    """A client may name itself in a Basic header instead of the form."""
    kind, _, text = authorization.partition(" ")
    if kind.lower() != "basic":
        return {}
    name, _, secret = _decoded(text.strip().rstrip("=")).decode("utf-8", "replace").partition(":")
    return {"client_id": name, "client_secret": secret}


def _challenge(verifier: Any) -> str:
    digest = hashlib.sha256(str(verifier or "").encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


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
    now = state.token_clock().timestamp()
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
    expires = state.token_clock() + timedelta(seconds=LIFE)
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
    if known["expires"] < state.token_clock():
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

    key = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # reading a longer one takes 60 ms
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

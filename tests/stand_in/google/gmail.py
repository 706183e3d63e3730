"""Gmail v1: sending a raw message, and looking for it again by its Message-ID."""

from __future__ import annotations

import base64
import binascii
import secrets
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from tests.stand_in.google import errors
from tests.stand_in.google.state import State

Json = dict[str, Any]


def send(state: State, user: str, body: Json) -> Json:
    """users.messages.send: the message goes to `state.sent` with its labels."""
    if user.endswith("gserviceaccount.com"):
        raise errors.drive(400, "failedPrecondition", "Precondition check failed.")
    raw = body.get("raw")
    if not raw:
        raise errors.drive(400, "invalidArgument", "'raw' RFC822 payload message string or uploading message "
                           "via /upload/* URL required")  # fmt: skip
    try:
        content = base64.urlsafe_b64decode(raw + "=" * (-len(raw) % 4))
    except (binascii.Error, ValueError):
        raise errors.bad_field("message.raw", "Invalid value at 'message.raw' (TYPE_BYTES)") from None
    message = message_from_bytes(content, policy=policy.default)
    if not message.get("To") and not message.get("Cc") and not message.get("Bcc"):
        raise errors.drive(400, "invalidArgument", "Recipient address required")
    if "@" not in str(message.get("To") or "@"):
        raise errors.drive(400, "invalidArgument", "Invalid To header")
    if state.mail_limit is not None and len(state.sent) >= state.mail_limit:
        text = "User-rate limit exceeded.  Retry after 2030-01-01T00:00:00.000Z (Mail sending)"
        raise errors.drive(429, "rateLimitExceeded", text, domain="usageLimits")
    message_id = message["Message-ID"] or f"<{secrets.token_hex(12)}@mail.gmail.com>"
    made = {
        "id": secrets.token_hex(8),
        "threadId": secrets.token_hex(8),
        "labelIds": ["SENT"],
        "message_id": str(message_id).strip(),
        "message": message,
        "from": user,
    }
    state.sent.append(made)
    return brief(made) | {"labelIds": made["labelIds"]}


def brief(kept: Json) -> Json:
    return {"id": kept["id"], "threadId": kept["threadId"]}


def search(state: State, params: Json) -> Json:
    """users.messages.list: `q` may hold rfc822msgid:, in:sent, to: and subject: terms. One label may be asked for."""
    terms, label = (params.get("q") or "").split(), params.get("labelIds")
    found = [kept for kept in reversed(state.sent) if all(_fits(kept, term) for term in terms)]
    found = [kept for kept in found if label is None or label in kept["labelIds"]]
    size, start = int(params.get("maxResults") or 100), int(params.get("pageToken") or 0)
    page = found[start : start + size]
    answer: Json = {"messages": [brief(kept) for kept in page]} if page else {}
    if start + size < len(found):
        answer["nextPageToken"] = str(start + size)
    return answer | {"resultSizeEstimate": len(found)}


def _fits(kept: Json, term: str) -> bool:
    name, _, value = term.partition(":")
    message: EmailMessage = kept["message"]
    if name == "rfc822msgid":
        return bool(kept["message_id"].strip("<>") == value.strip("<>"))
    if name == "in":
        return value.upper() in (*kept["labelIds"], "ANYWHERE")
    header = str(message.get({"to": "To", "subject": "Subject", "from": "From"}.get(name, ""), ""))
    return (
        value.lower() in header.lower() if value else term.lower() in str(message.get("Subject", "")).lower()
    )


def get(state: State, message_id: str, params: Json) -> Json:
    """users.messages.get: headers in `payload`, or the whole as `raw`."""
    kept = next((kept for kept in state.sent if kept["id"] == message_id), None)
    if kept is None:
        raise errors.drive(404, "notFound", "Requested entity was not found.")
    answer = {**brief(kept), "labelIds": kept["labelIds"]}
    message: EmailMessage = kept["message"]
    if params.get("format") == "raw":
        return answer | {"raw": base64.urlsafe_b64encode(message.as_bytes()).decode()}
    headers = [{"name": name, "value": str(value)} for name, value in message.items()]
    return answer | {"payload": {"headers": headers}}


def profile(state: State, user: str) -> Json:
    count = len(state.sent)
    return {"emailAddress": user, "messagesTotal": count, "threadsTotal": count, "historyId": str(count + 1)}

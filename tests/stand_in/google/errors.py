"""Errors as Google words them: status, JSON body and the texts that clients match on."""

from __future__ import annotations

import json
from typing import Any

STATUS_NAMES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
}
JSON_TYPE = "application/json; charset=UTF-8"
HTML_502 = """<!DOCTYPE html>
<html lang=en>
  <meta charset=utf-8>
  <meta name=viewport content="initial-scale=1, minimum-scale=1, width=device-width">
  <title>Error 502 (Server Error)!!1</title>
  <p><b>502.</b> <ins>That's an error.</ins>
  <p>The server encountered a temporary error and could not complete your request.<p>Please try again in 30 seconds.
  <ins>That's all we know.</ins>
"""


class Refused(Exception):
    """A reason inside a request; whoever knows the request's place puts it before the text."""


class ApiError(Exception):
    """An answer that is not a success: `status` (HTTP), `body` (text), `content_type`."""

    def __init__(self, status: int, body: dict[str, Any] | str, content_type: str = JSON_TYPE) -> None:
        self.status = status
        self.body = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
        self.content_type = content_type
        super().__init__(f"{status} {self.body[:200]}")


def rpc(status: int, message: str, details: list[dict[str, Any]] | None = None) -> ApiError:
    """An error of Sheets, Forms or another service of the newer kind."""
    error: dict[str, Any] = {"code": status, "message": message, "status": STATUS_NAMES[status]}
    if details:
        error["details"] = details
    return ApiError(status, {"error": error})


def bad(message: str) -> ApiError:
    return rpc(400, message)


def bad_field(field: str, description: str, message: str | None = None) -> ApiError:
    violation = {"description": description} if not field else {"field": field, "description": description}
    detail = {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [violation]}
    return rpc(400, message or description, [detail])


def unknown_name(name: str, where: str) -> ApiError:
    place = f" at '{where}'" if where else ""
    return bad_field(
        where, f'Invalid JSON payload received. Unknown name "{name}"{place}: Cannot find field.'
    )


def not_found() -> ApiError:
    return rpc(404, "Requested entity was not found.")


def forbidden() -> ApiError:
    return rpc(403, "The caller does not have permission")


def unauthenticated() -> ApiError:
    return rpc(
        401,
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other "
        "valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.",
    )


def scopes(service: str) -> ApiError:
    detail = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
        "domain": "googleapis.com",
        "metadata": {"service": service},
    }
    return rpc(403, "Request had insufficient authentication scopes.", [detail])


def quota(kind: str, limit: int, per: str = "user", service: str = "sheets.googleapis.com") -> ApiError:
    """429 of the per-minute quotas; `kind` is "Read" or "Write", `per` is "user" or "project"."""
    suffix = " per user" if per == "user" else ""
    name = f"{kind}RequestsPerMinutePer{'User' if per == 'user' else 'Project'}"
    info = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "RATE_LIMIT_EXCEEDED",
        "domain": "googleapis.com",
        "metadata": {
            "service": service,
            "consumer": "projects/100000000000",
            "quota_limit": name,
            "quota_limit_value": str(limit),
            "quota_location": "global",
            "quota_metric": f"{service}/{kind.lower()}_requests",
        },
    }
    link = {
        "description": "Request a higher quota limit.",
        "url": "https://cloud.google.com/docs/quotas/help/request_increase",
    }
    return rpc(
        429,
        f"Quota exceeded for quota metric '{kind} requests' and limit '{kind} requests per minute{suffix}' "
        f"of service '{service}' for consumer 'project_number:100000000000'.",
        [info, {"@type": "type.googleapis.com/google.rpc.Help", "links": [link]}],
    )


def drive(status: int, reason: str, message: str, domain: str = "global", **place: str) -> ApiError:
    """An error of Drive or Gmail: the older kind, with a list of errors."""
    entry = {"message": message, "domain": domain, "reason": reason, **place}
    return ApiError(status, {"error": {"code": status, "message": message, "errors": [entry]}})


def file_not_found(file_id: str) -> ApiError:
    return drive(404, "notFound", f"File not found: {file_id}.", location="fileId", locationType="parameter")


def usage_limits() -> ApiError:
    text = "User Rate Limit Exceeded. Rate of requests for user exceed configured project quota."
    return drive(403, "userRateLimitExceeded", text, domain="usageLimits")


def temporary(status: int) -> ApiError:
    """500, 502 or 503, as Google's front ends give them."""
    if status == 502:
        return ApiError(502, HTML_502, "text/html; charset=UTF-8")
    texts = {500: "Internal error encountered.", 503: "The service is currently unavailable."}
    return rpc(status, texts[status])

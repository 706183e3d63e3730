"""python -m tests.portal.counted WORKSPACE: what an answer to a known and to an unknown address costs, as JSON.

In a process of its own: the application is built here, so that passwords hashed and questions put to the ledger can
be counted. Only the request's own thread is counted: what is done afterwards cannot be timed by who asks.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

KNOWN, UNKNOWN = "counted.known@example.go.th", "counted.unknown@example.go.th"
REQUEST = {"org": "อบต.โพธิ์", "first_name": "K", "last_name": "S", "last4": "0123", "phone": "0812345678"}


def main(root: Path) -> dict[str, dict[str, dict[str, int]]]:
    from bridge import bootstrap
    from bridge.portal.server import application

    application(bootstrap.open_office(root))
    from django.contrib.auth.hashers import get_hasher
    from django.db import connection
    from django.test import Client

    counts: Counter[str] = Counter()

    def asked(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        counts[f"{sql.split()[0]} {'ledger' if 'ledger_' in sql else 'other'}"] += 1
        return execute(sql, *rest)

    hasher = type(get_hasher())
    for name in ("encode", "verify"):
        _count(hasher, name, counts)

    def cost(path: str, fields: dict[str, str]) -> dict[str, int]:
        client = Client(SERVER_NAME="127.0.0.1")
        counts.clear()
        with connection.execute_wrapper(asked):
            client.post(path, fields)
        return dict(counts)

    pages: dict[str, Callable[[str], tuple[str, dict[str, str]]]] = {
        "sign-in": lambda email: ("/sign-in/", {"login": email, "password": "ไม่ใช่รหัสนี้"}),
        "forgotten": lambda email: ("/password/forgotten/", {"email": email}),
        "access": lambda email: ("/access/", {**REQUEST, "email": email}),
    }
    for ask in pages.values():  # what is built once
        cost(*ask("first@example.go.th"))
    return {name: {"known": cost(*ask(KNOWN)), "unknown": cost(*ask(UNKNOWN))} for name, ask in pages.items()}


def _count(hasher: Any, name: str, counts: Counter[str]) -> None:
    """`verify` encodes by itself in argon2's library, not by `encode`; each is one hash."""
    real = getattr(hasher, name)

    def counted(self: Any, *args: Any, **kwargs: Any) -> Any:
        counts["hash"] += 1
        return real(self, *args, **kwargs)

    setattr(hasher, name, counted)


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))

"""What the log says of signing in and out: the account's number and where from, never a name, address or password."""

from __future__ import annotations

import logging
from typing import Any

from allauth.mfa.signals import authenticator_added, authenticator_removed
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.http import HttpRequest


def told(event: str, request: HttpRequest | None, account: object = "", **facts: str) -> None:
    """`account` is the ledger's number of it, "" where nobody is signed in."""
    where = request.META.get("REMOTE_ADDR", "") if request is not None else ""
    logging.getLogger("saphan").info(
        event, extra={"facts": {"account": str(account), "from": where, **facts}}
    )


def _signed_in(sender: Any, request: HttpRequest, user: Any, **_: Any) -> None:
    told("signed_in", request, user.pk)


def _signed_out(sender: Any, request: HttpRequest, user: Any, **_: Any) -> None:
    told("signed_out", request, user.pk if user else "")


def _factor_added(sender: Any, request: HttpRequest, user: Any, authenticator: Any, **_: Any) -> None:
    told("second_factor_added", request, user.pk, kind=str(authenticator.type))


def _factor_removed(sender: Any, request: HttpRequest, user: Any, authenticator: Any, **_: Any) -> None:
    told("second_factor_removed", request, user.pk, kind=str(authenticator.type))


def listen() -> None:
    """From now on. Once in a process or more often."""
    for signal, receiver in (
        (user_logged_in, _signed_in),
        (user_logged_out, _signed_out),
        (authenticator_added, _factor_added),
        (authenticator_removed, _factor_removed),
    ):
        signal.connect(receiver, dispatch_uid=f"saphan.{receiver.__name__}")

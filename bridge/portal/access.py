"""Who may open what. Closed by default: a route names its roles, or says that anybody may.

A page about a person asks `must_see` as well: what is not in an officer's area is, to them, not there.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from bridge.domain.access import Role, may_see
from bridge.domain.cells import Cell
from bridge.portal import readlog

View = Callable[..., HttpResponse]
Who = frozenset[Role]

PUBLIC: Who = frozenset()
EVERYONE: Who = frozenset(Role)
OFFICERS: Who = frozenset(
    {Role.OFFICER, Role.STAFF, Role.ADMIN}
)  # who works with cases; executives see figures
STAFF: Who = frozenset({Role.STAFF, Role.ADMIN})
ADMIN: Who = frozenset({Role.ADMIN})

SECOND_FACTOR_ROLES = EVERYONE - {Role.OFFICER}


def role_of(request: HttpRequest) -> Role:
    return Role(request.user.role)  # type: ignore[union-attr]  # whoever is signed in is an Account


def guarded(view: View, name: str, who: Who, *, strong: bool, early: bool) -> View:
    """The view behind its door. `strong`: officers, too, need a second factor. `early`: open before the second
    factor is set up (setting it up, signing out)."""
    if who == PUBLIC:
        return login_not_required(view)

    @wraps(view)
    def door(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        role = role_of(request)
        if role not in who:
            logging.getLogger("saphan").warning(
                "route_refused", extra={"facts": {"route": name, "role": role}}
            )
            raise PermissionDenied
        if (
            not early and (strong or role in SECOND_FACTOR_ROLES) and not request.user.has_factor  # type: ignore[union-attr]  # read by signed_in.account
        ):
            return redirect("mfa_index")
        return view(request, *args, **kwargs)

    return door


def must_see(request: HttpRequest, what: str, key: str, values: Mapping[str, Cell]) -> None:
    """Raises Http404, and notes it, where this person may not see the record. `values` by column: amphoe, tambon,
    sender_org."""
    person: Any = request.user
    areas = [(amphoe, tambon) for amphoe, tambon in person.areas]
    if not may_see(role_of(request), areas, person.org, values):
        readlog.note(request, what, [key], refused=True)
        raise Http404

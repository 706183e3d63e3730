"""Who may use the portal: their roles, areas and state. Who comes in is decided in access_desk."""

from __future__ import annotations

from typing import Any

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from bridge.application.ports.people import Person
from bridge.domain.access import Role
from bridge.portal import readlog
from bridge.portal.access_desk import history, role_word, state_word
from bridge.portal.moments import when
from bridge.portal.office import office
from bridge.portal.paging import address_of, number_of, page_of
from bridge.portal.words import worded

A_PAGE = 25
STATES = {"active": True, "closed": False}


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    chosen, state = request.GET.get("role", ""), request.GET.get("state", "")
    role = Role(chosen) if chosen in set(Role) else None
    number = number_of(request.GET)
    start = (number - 1) * A_PAGE
    found, total = office().ports.people.page(role, STATES.get(state), start, A_PAGE)
    facts = {
        "people": found,
        "page": page_of(found, total, number, A_PAGE),
        "address": address_of(role=str(role or ""), state=state if state in STATES else ""),
        "total": total,
        "role": role,
        "state": state,
        "roles": [(one, role_word(one)) for one in Role],
        "role_word": role_word,
    }
    return render(request, "desk/people.html", facts)


@require_safe
def one(request: HttpRequest, pk: int) -> HttpResponse:
    person = _found(pk)
    past = office().admin_desk.history(person.account)
    if person.request:
        past += office().decide_access.history(person.request)
    facts = {
        "person": person,
        "role_word": role_word(person.role),
        "state_word": state_word(person.state) if person.state else "",
        "own": person.account == str(request.user.pk),
        "history": history(sorted(past, key=lambda one: one.at)),
        "last_sign_in": when(person.last_sign_in),
    }
    return render(request, "desk/person.html", facts)


@require_http_methods(["GET", "HEAD", "POST"])
def sign_out(request: HttpRequest, pk: int) -> HttpResponse:
    person = _found(pk)
    if request.method == "POST":
        office().admin_desk.sign_out(person.account, _actor(request))
        messages.success(request, worded("signed_out_person", email=person.email))
        return redirect("admin_person", pk=pk)
    return render(request, "desk/sign_out.html", {"person": person})


@require_http_methods(["GET", "HEAD", "POST"])
@reauthentication_required  # type: ignore[untyped-decorator]  # allauth says nothing of types
def slip(request: HttpRequest, pk: int) -> HttpResponse:
    """The link is in the answer to the POST alone, and nowhere else."""
    person = _found(pk)
    if not person.active:
        raise Http404
    if request.method != "POST":
        return render(request, "desk/slip_ask.html", {"person": person})
    made = office().admin_desk.print_slip(person.account, _actor(request))
    if made is None:
        raise Http404
    readlog.note(request, "admin_slip", [f"account:{person.account}"])
    return render(request, "desk/slip.html", {"slip": made, "until": when(made.until), "alone": True})


def _found(pk: int) -> Person:
    person: Person | None = office().ports.people.find(str(pk)) if pk < 2**63 else None
    if person is None:
        raise Http404
    return person


def _actor(request: HttpRequest) -> str:
    user: Any = request.user
    return f"portal:{user.pk}"

"""Requests for access, and who may do what: an admin approves, refuses or closes, and chooses role and areas. The
access sheet shows it after the next cycle; what is changed there is shown here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from allauth.account.decorators import reauthentication_required
from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from bridge.application.decide_access import Areas, Choice, Outcome, Standing
from bridge.application.ports.accounts import Request
from bridge.application.ports.rows import PastEvent
from bridge.domain.access import Decision, Role, State, area_text
from bridge.domain.cells import Cell, as_text
from bridge.domain.values.places import Places
from bridge.domain.values.thai_date import buddhist
from bridge.portal.access import SECOND_FACTOR_ROLES
from bridge.portal.controls import Radios
from bridge.portal.moments import when
from bridge.portal.office import office
from bridge.portal.paging import address_of, number_of, page_of
from bridge.portal.words import worded

A_PAGE = 25
WAITING = (State.PENDING, State.FIX)
DECISIONS = (Decision.APPROVE, Decision.REFUSE)
WHOLE = "|"  # after an amphoe: all of it; before a tambon


class AreaBoxes(forms.CheckboxSelectMultiple):
    """The template draws them amphoe by amphoe; what leads to them leads to all."""

    def id_for_label(self, id_: str, index: str | None = None) -> str:
        return id_


class DecisionForm(forms.Form):
    """`seen` names what the admin was shown."""

    decision = forms.ChoiceField(choices=[(one.value, one.value) for one in DECISIONS], widget=Radios)
    role = forms.ChoiceField(required=False)
    areas = forms.MultipleChoiceField(required=False, widget=AreaBoxes)
    seen = forms.CharField(required=False, max_length=80)

    def __init__(self, data: Any = None, initial: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, initial=dict(initial or {}))
        missing = worded("access_decision_missing")
        self.fields["decision"].error_messages = {"required": missing, "invalid_choice": missing}
        roles = [(one.value, role_word(one)) for one in Role]
        self.fields["role"].choices = [("", worded("access_role_choose")), *roles]
        self.fields["role"].error_messages["invalid_choice"] = worded("access_role_unknown")
        self.fields["areas"].choices = [(one, one) for one in _area_values(office().places)]
        self.fields["areas"].error_messages["invalid_choice"] = worded(
            "access_area_unknown", area="%(value)s"
        )

    def clean(self) -> None:
        given = self.cleaned_data
        if given.get("decision") == Decision.APPROVE and "role" in given and not given["role"]:
            self.add_error("role", worded("access_role_missing"))

    def choice(self) -> Choice:
        given = self.cleaned_data
        return Choice(
            Decision(given["decision"]), Role(given["role"] or Role.OFFICER), _chosen(given["areas"])
        )


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    word = request.GET.get("state", "")
    states = (State(word),) if word in set(State) else tuple(State) if word == "all" else WAITING
    number = number_of(request.GET)
    found, total = office().ports.accounts.page(states, (number - 1) * A_PAGE, A_PAGE)
    rows = office().ports.rows.load("access", [one.key for one in found])
    facts = {
        "requests": [_line(one, rows[one.key].values if one.key in rows else {}) for one in found],
        "page": page_of(found, total, number, A_PAGE),
        "address": address_of(state=word),
        "total": total,
        "state": word,
        "states": [(one, state_word(one)) for one in State],
    }
    return render(request, "desk/access_requests.html", facts)


@require_http_methods(["GET", "HEAD", "POST"])
@reauthentication_required  # type: ignore[untyped-decorator]  # allauth says nothing of types
def one(request: HttpRequest, key: str) -> HttpResponse:
    """Sent once, the form is shown with what will happen; sent with `do=decide`, it happens."""
    standing = office().decide_access.of(key)
    if standing is None:
        raise Http404
    if request.method != "POST":
        return _show(request, standing, DecisionForm(initial=_now(standing)))
    form = DecisionForm(request.POST)
    if not form.is_valid() or request.POST.get("do") == "back":
        return _show(request, standing, form)
    if request.POST.get("do") != "decide":
        return _ask(request, standing, form)
    return _decide(request, standing, form)


def _decide(request: HttpRequest, standing: Standing, form: DecisionForm) -> HttpResponse:
    choice, key = form.choice(), standing.request.key
    outcome = office().decide_access.choose(key, choice, form.cleaned_data["seen"], str(request.user.pk))
    if outcome is Outcome.UNKNOWN:
        raise Http404
    if outcome is Outcome.DECIDED:
        now = office().decide_access.of(key) or standing
        messages.success(request, worded("access_decided", number=key, state=state_word(now.request.state)))
    elif outcome is Outcome.SAME:
        messages.success(request, worded("access_same"))
    else:
        messages.error(request, worded(f"access_{outcome}"))
    return redirect("admin_request", key=key)


def _ask(request: HttpRequest, standing: Standing, form: DecisionForm) -> HttpResponse:
    """What will happen, before it does."""
    choice, was = form.choice(), standing.request.state
    approve = choice.decision is Decision.APPROVE
    account = office().ports.people.find(standing.request.account) if standing.request.account else None
    moved = account is not None and (
        account.role is not choice.role or set(account.areas) != set(choice.areas)
    )
    facts = {
        **_about(standing),
        "form": form,
        "approve": approve,
        "choice": choice,
        "role_chosen": role_word(choice.role),
        "areas_chosen": area_text(choice.areas),
        "opens": approve and was is not State.ACTIVE,
        "moves": approve and was is State.ACTIVE and moved,
        "closes": not approve and was is State.ACTIVE,
        "has_password": account is not None and account.has_password,
        "factor": approve and choice.role in SECOND_FACTOR_ROLES,
        "hours": office().province.portal.link_hours,
    }
    return render(request, "desk/access_ask.html", facts)


def _show(request: HttpRequest, standing: Standing, form: DecisionForm) -> HttpResponse:
    ticked = set(form["areas"].value() or [])
    closed = Outcome.OWN if standing.request.account == str(request.user.pk) else standing.closed
    headers = _headers()
    facts = {
        **_about(standing),
        "form": form,
        "closed": worded(f"access_{closed}") if closed else "",
        "problems": [office().messages.problem(problem, headers) for problem in standing.problems],
        "waiting": [headers[column] for column in standing.waiting],
        "areas": [_amphoe(amphoe, ticked) for amphoe in office().places.amphoes()],
        "history": history(office().decide_access.history(standing.request.key)),
    }
    return render(request, "desk/access_request.html", facts)


def _about(standing: Standing) -> dict[str, Any]:
    values, headers = standing.values, _headers()
    columns = (
        "org",
        "first_name",
        "last_name",
        "last4",
        "email",
        "phone",
        "approval",
        "role",
        "area",
        "note",
    )
    return {
        "number": standing.request.key,
        "account": standing.request.account,
        "email": as_text(values.get("email")),
        "state": standing.request.state,
        "state_word": state_word(standing.request.state),
        "cells": [(headers[c], as_text(values[c])) for c in columns if values.get(c) is not None],
        "tab": office().province.table("access").tab,
    }


def _now(standing: Standing) -> dict[str, Any]:
    """The form as the row stands. Nothing is decided beforehand about who waits."""
    decided = standing.decision if standing.request.state not in WAITING else None
    return {
        "decision": decided if decided in DECISIONS else "",
        "role": standing.role or "",
        "areas": [f"{amphoe}{WHOLE}{tambon}" for amphoe, tambon in standing.areas],
        "seen": standing.seen,
    }


def _amphoe(amphoe: str, ticked: set[str]) -> dict[str, Any]:
    whole = f"{amphoe}{WHOLE}"
    tambons = [(f"{whole}{tambon}", tambon) for tambon in office().places.tambons(amphoe)]
    boxes = [(value, word, value in ticked) for value, word in tambons]
    return {
        "name": amphoe,
        "whole": whole,
        "ticked": whole in ticked,
        "tambons": boxes,
        "count": sum(chosen for *_, chosen in boxes),
    }


def _area_values(places: Places) -> list[str]:
    return [
        f"{amphoe}{WHOLE}{tambon}" for amphoe in places.amphoes() for tambon in ("", *places.tambons(amphoe))
    ]


def _chosen(values: list[str]) -> Areas:
    """In the order of the list; a tambon of an amphoe that was chosen whole is in it."""
    parts = [value.split(WHOLE, 1) for value in values]
    whole = {amphoe for amphoe, tambon in parts if not tambon}
    return tuple((amphoe, tambon) for amphoe, tambon in parts if not tambon or amphoe not in whole)


def _line(request: Request, values: Mapping[str, Cell]) -> dict[str, str]:
    asked = values.get("date")
    return {
        "key": request.key,
        "asked": buddhist(asked) if isinstance(asked, date) else as_text(asked),
        "name": f"{as_text(values.get('first_name'))} {as_text(values.get('last_name'))}".strip(),
        "org": as_text(values.get("org")),
        "email": as_text(values.get("email")),
        "state": state_word(request.state),
    }


def history(past: list[PastEvent]) -> list[dict[str, str]]:
    """Who did what and where, the newest first; `change` says from what to what."""
    say, headers = office().messages, _headers()
    doers = {one.event.actor.partition(":")[2] for one in past} - {""}
    emails = office().ports.people.emails(doers)
    return [
        {
            "at": when(one.at),
            "what": say.text("history", one.event.why),
            "column": headers.get(one.event.column, ""),
            "old": _said(one.event.column, one.event.old),
            "new": _said(one.event.column, one.event.new),
            "where": say.text("actor", one.event.actor.partition(":")[0]),
            "who": emails.get(one.event.actor.partition(":")[2], ""),
        }
        for one in reversed(past)
    ]


def _said(column: str, cell: Cell) -> str:
    word = as_text(cell)
    return state_word(State(word)) if column == "state" and word in set(State) else word


def _headers() -> dict[str, str]:
    return {column.key: column.header for column in office().province.table("access").columns}


def state_word(state: State) -> str:
    return str(getattr(office().province.access.states, state.value))


def role_word(role: Role) -> str:
    return str(getattr(office().province.access.roles, role.value))

"""Erasing a person's data at their request (PDPA s. 33): found, shown, confirmed, done, with a receipt."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from typing import Any

from allauth.account.decorators import reauthentication_required
from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from bridge.application.erase import Found, NothingToErase
from bridge.application.errors import SaphanError
from bridge.application.ports.erasures import Erasure
from bridge.domain.cells import Cell, as_text
from bridge.domain.values.thai_date import buddhist
from bridge.portal import readlog
from bridge.portal.moments import when
from bridge.portal.office import office
from bridge.portal.person_data import PersonForm
from bridge.portal.words import worded

SHOWN_PAST = 20
REGISTER = ("title", "name", "house_no", "moo", "tambon", "amphoe")


class EraseForm(PersonForm):
    """`person` is a 13-digit id, or the numbers of one or more cases; it travels in POSTs alone."""

    keep_out = forms.BooleanField(required=False)

    def clean_person(self) -> str:
        text: str = self.cleaned_data["person"]
        hand_out = office().hand_out
        words = [text] if hand_out.cases_of(text) else re.split(r"[\s,;]+", text.strip())
        found = {word: hand_out.cases_of(word) for word in words}
        if not all(found.values()):
            raise forms.ValidationError(worded("person_not_found"))
        self.cases = sorted({case for cases in found.values() for case in cases})
        return text

    def clean(self) -> None:
        why = self.cleaned_data.get("why", "")
        if self.cases and why and office().erase.names_the_person(why, self.cases):
            self.add_error("why", worded("why_names_the_person"))


@sensitive_post_parameters("person")
@require_http_methods(["GET", "HEAD", "POST"])
@reauthentication_required  # type: ignore[untyped-decorator]  # allauth says nothing of types
def page(request: HttpRequest) -> HttpResponse:
    form = EraseForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return _show(request, form)
    readlog.note(request, "admin_erase", form.cases, form.cleaned_data["why"])
    if request.POST.get("do") == "erase":
        done = _erase(request, form)
        if done is not None:
            return redirect("admin_erased", key=done.key)
    return _show(request, form, office().erase.look(form.cases))


@require_safe
def receipt(request: HttpRequest, key: str) -> HttpResponse:
    done = next((one for one in office().erase.past() if one.key == key), None)
    if done is None:
        raise Http404
    return render(request, "desk/erased.html", {"done": _line(done)})


def _erase(request: HttpRequest, form: EraseForm) -> Erasure | None:
    """Only what was found may be chosen. None, with what is wrong in the form, where nothing was erased."""
    chosen, erase = set(request.POST.getlist("case")), office().erase
    cases = [case for case in form.cases if case in chosen]
    listed = {entry.number for entry in erase.registered(form.cases)}
    registered = sorted(listed & set(request.POST.getlist("register")))
    given, actor = form.cleaned_data, f"portal:{request.user.pk}"
    try:
        return erase.run(cases, registered, given["why"], actor, keep_out=given["keep_out"])
    except NothingToErase:
        form.add_error(None, worded("nothing_to_erase"))
    except SaphanError as error:
        form.add_error(None, office().messages.text("error", error.code, **error.facts))
    return None


def _show(request: HttpRequest, form: EraseForm, found: list[Found] | None = None) -> HttpResponse:
    standing = [one for one in found or [] if not one.erased]
    entries = office().erase.registered([one.case for one in standing])
    facts = {
        "form": form,
        "found": [_case(one, str(form.data.get("person", ""))) for one in standing],
        "erased": [one.case for one in found or [] if one.erased],
        "registered": [
            (entry.number, " ".join(as_text(entry.values.get(column)) for column in REGISTER))
            for entry in entries
        ],
        "past": [_line(one) for one in office().erase.past()[:SHOWN_PAST]],
    }
    return render(request, "desk/erase.html", facts)


def _case(found: Found, sought: str) -> dict[str, Any]:
    """`own`: it is the person's, and not only a case in which the number is mentioned."""
    digits = re.sub(r"\D", "", as_text(found.goes.get("national_id")))
    return {
        "case": found.case,
        "own": found.case in sought or (bool(digits) and digits == re.sub(r"\D", "", sought)),
        "paid": found.paid,
        "goes": _cells(found.goes),
        "stays": _cells(found.stays),
    }


def _cells(values: Any) -> list[tuple[str, str]]:
    cells: dict[str, Cell] = dict(values)
    columns = office().province.table("cases").columns
    return [(column.header, _told(cells[column.key])) for column in columns if column.key in cells]


def _told(cell: Cell) -> str:
    """Days as Thai offices write them, with the time where there is one."""
    if not isinstance(cell, date):
        return as_text(cell)
    timed = isinstance(cell, datetime) and cell.time() != time(0)
    return f"{buddhist(cell)} {cell:%H:%M}" if timed else buddhist(cell)


def _line(done: Erasure) -> dict[str, Any]:
    account = done.actor.partition(":")[2]
    return {
        "key": done.key,
        "at": when(done.at),
        "who": office().ports.people.emails([account]).get(account, ""),
        "cases": done.cases,
        "why": done.why,
    }

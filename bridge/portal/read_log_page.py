"""The read log: who looked at whom, and the pack of it to hand out after a breach."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from bridge.application.ports.read_log import Reading, Sought
from bridge.bootstrap import as_xlsx
from bridge.domain.values import thai_date
from bridge.portal import readlog
from bridge.portal.moments import when
from bridge.portal.office import office
from bridge.portal.paging import number_of, page_of
from bridge.portal.words import worded

A_PAGE = 50
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
BANGKOK = ZoneInfo("Asia/Bangkok")


class DayField(forms.CharField):
    """A day as Thai offices write it, as the moment at which it begins in Thailand; None where it is blank."""

    def __init__(self) -> None:
        super().__init__(required=False, max_length=40)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        reading = thai_date.parse(text)
        if reading.value is None or reading.problem is not None:
            raise forms.ValidationError(worded("date_malformed"))
        return datetime.combine(reading.value, time(0), BANGKOK)


class SoughtForm(forms.Form):
    account = forms.ChoiceField(required=False)
    key = forms.CharField(required=False, max_length=64)
    since = DayField()
    until = DayField()

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        readers = office().ports.people.readers()
        self.fields["account"].choices = [("", "–"), *readers.items()]

    def clean_key(self) -> str:
        key: str = self.cleaned_data["key"].strip()
        if re.fullmatch(r"\d{13}", re.sub(r"[\s-]", "", key)):
            raise forms.ValidationError(worded("key_is_an_id"))
        return key

    def clean(self) -> None:
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and until < since:
            self.add_error("until", worded("dates_crossed"))

    def sought(self) -> Sought:
        given = self.cleaned_data
        until = given["until"] + timedelta(days=1) if given["until"] else None
        return Sought(given["account"], given["key"], given["since"], until)


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """The search is a POST: what is looked for may be a person's."""
    asked = request.method == "POST"
    form = SoughtForm(request.POST if asked else {})
    if not form.is_valid():
        return render(request, "desk/read_log.html", {"form": form, "readings": None})
    sought = form.sought()
    pack = request.POST.get("do") == "pack"
    readlog.note(
        request, "admin_breach_pack" if pack else "admin_read_log", [sought.key] if sought.key else []
    )
    if pack:
        sheets = office().hand_out.breach_pack(sought, f"portal:{request.user.pk}")
        return download(as_xlsx(sheets), "breach-pack.xlsx", XLSX)
    number = number_of(request.POST)
    start = (number - 1) * A_PAGE
    found, total = office().ports.read_log.find(sought, start, A_PAGE)
    names = office().ports.people.readers({reading.account for reading in found})
    facts = {
        "form": form,
        "readings": [_line(reading, names) for reading in found],
        "page": page_of(found, total, number, A_PAGE),
        "total": total,
        "given": {name: request.POST.get(name, "") for name in form.fields},
    }
    return render(request, "desk/read_log.html", facts)


def _line(reading: Reading, names: dict[str, str]) -> dict[str, Any]:
    return {
        "at": when(reading.at),
        "who": names.get(reading.account, ""),
        "page": office().messages.text("page", reading.what),
        "keys": ", ".join(reading.keys),
        "why": reading.why,
        "refused": reading.refused,
    }


def download(content: bytes, name: str, kind: str) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response

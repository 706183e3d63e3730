"""Handing out all that is kept about one person (PDPA s. 30)."""

from __future__ import annotations

import json
import re
import tempfile
import zipfile
from contextlib import suppress
from typing import IO, Any

from allauth.account.decorators import reauthentication_required
from django import forms
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from bridge.application.errors import OutsideError
from bridge.application.hand_out import Sheet
from bridge.bootstrap import as_xlsx
from bridge.domain.attachments import file_name
from bridge.domain.cells import to_json
from bridge.portal import readlog
from bridge.portal.office import office
from bridge.portal.read_log_page import XLSX, download
from bridge.portal.words import worded


class PersonForm(forms.Form):
    """`person` is a case's number or a 13-digit id; it travels in POSTs alone."""

    person = forms.CharField(max_length=40, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    why = forms.CharField(max_length=200)

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        self.fields["person"].error_messages["required"] = worded("case_or_id_missing")
        self.fields["why"].error_messages["required"] = worded("why_missing")
        self.cases: list[str] = []

    def clean_person(self) -> str:
        text: str = self.cleaned_data["person"]
        self.cases = office().hand_out.cases_of(text)
        if not self.cases:
            raise forms.ValidationError(worded("person_not_found"))
        return text

    def clean_why(self) -> str:
        text: str = self.cleaned_data["why"]
        if re.search(r"(\d[\s-]?){13}", text):
            raise forms.ValidationError(worded("why_has_an_id"))
        return text


@sensitive_post_parameters("person")
@require_http_methods(["GET", "HEAD", "POST"])
@reauthentication_required  # type: ignore[untyped-decorator]  # allauth says nothing of types
def page(request: HttpRequest) -> HttpResponse | FileResponse:
    form = PersonForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return render(request, "desk/person_data.html", {"form": form, "cases": [], "files": 0})
    kind = request.POST.get("do")
    readlog.note(request, "admin_person_data", form.cases, form.cleaned_data["why"])
    if kind not in ("xlsx", "json", "zip"):
        files = len(office().attachments.of(form.cases))
        return render(request, "desk/person_data.html", {"form": form, "cases": form.cases, "files": files})
    sheets = office().hand_out.person(form.cases, f"portal:{request.user.pk}")
    if kind == "xlsx":
        return download(as_xlsx(sheets), "person-data.xlsx", XLSX)
    if kind == "zip":
        return FileResponse(_as_zip(sheets, form.cases), filename="person-data.zip", as_attachment=True)
    return download(_as_json(sheets), "person-data.json", "application/json")


def _as_zip(sheets: list[Sheet], cases: list[str]) -> IO[bytes]:
    """The workbook, and every attached file that the store still has."""
    files = office().attachments
    packed = tempfile.TemporaryFile()  # noqa: SIM115  # closed with the response
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("person-data.xlsx", as_xlsx(sheets))
        for found in files.of(cases):
            with suppress(OutsideError):
                name = file_name(found.case, found.number, found.file.kind)
                archive.writestr(name, files.content(found))
    packed.seek(0)
    return packed


def _as_json(sheets: list[Sheet]) -> bytes:
    told = {
        sheet.name: [
            {
                header: _plain(value)
                for header, value in zip(sheet.headers, row, strict=True)
                if value is not None
            }
            for row in sheet.rows
        ]
        for sheet in sheets
    }
    return json.dumps(told, ensure_ascii=False, indent=1).encode("utf-8", "replace")


def _plain(value: Any) -> Any:
    """A date as ISO 8601 writes it, everything else as it is."""
    told = to_json(value)
    return next(iter(told.values())) if isinstance(told, dict) else told

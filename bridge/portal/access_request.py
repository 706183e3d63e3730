"""Asking for access: Form 1 in the portal. Whoever asks learns nothing about who is known."""

from __future__ import annotations

import re

from allauth.core import ratelimit
from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from bridge.domain.access import read_email
from bridge.domain.values.text import arabic_digits, clean
from bridge.portal.office import office
from bridge.portal.questions import Answer, KeyedForm, filled, new_key
from bridge.portal.trouble import too_many
from bridge.portal.words import worded

_COMPLETE = {
    "org": "organization",
    "first_name": "given-name",
    "last_name": "family-name",
    "email": "email",
    "phone": "tel",
}


class RequestForm(KeyedForm):
    """The province's questions, in its order."""

    def __init__(self, data: object = None) -> None:
        super().__init__(data, initial={"key": new_key()})  # type: ignore[arg-type]  # the posted form
        questions = office().province.forms.access.questions
        for question in questions:
            field = Answer(question, question.required or question.column == "email")
            field.widget.attrs["autocomplete"] = _COMPLETE.get(question.column, "off")
            self.fields[question.column] = field
        if "email" in self.fields:
            self.fields["email"].widget.input_type = "email"
        if "last4" in self.fields:
            self.fields["last4"].widget.attrs["inputmode"] = "numeric"
        self.columns = [question.column for question in questions]
        self.order_fields([*self.columns, "key"])

    def clean_email(self) -> str:
        typed: str = self.cleaned_data["email"]
        if read_email(typed)[1]:
            raise forms.ValidationError(worded("email_malformed"))
        return typed

    def clean_last4(self) -> str:
        typed: str = self.cleaned_data["last4"]
        if typed and not re.fullmatch(r"[0-9]{4}", arabic_digits(clean(typed))):
            raise forms.ValidationError(worded("last4_malformed"))
        return typed

    def answers(self) -> dict[str, str]:
        return {column: self.cleaned_data[column] for column in self.columns}


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    form = RequestForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return render(request, "access/request.html", {"form": form})
    if not ratelimit.consume(request, action="ask_access"):
        return too_many(request)
    office().ask_access.ask(form.cleaned_data["key"], filled(form.answers()))
    return redirect("access_received")


@require_safe
def received(request: HttpRequest) -> HttpResponse:
    """The same page for all, whether or not the address had asked before."""
    return render(request, "access/received.html")

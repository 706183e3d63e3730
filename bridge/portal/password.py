"""A forgotten password, and choosing one by the mailed link."""

from __future__ import annotations

from collections.abc import Callable
from random import SystemRandom
from threading import Timer

from allauth.account.adapter import get_adapter
from allauth.core import ratelimit
from django import forms
from django.contrib import messages
from django.db import connections
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from bridge.application.ports.passwords import Holder
from bridge.bootstrap import log_unexpected
from bridge.domain.access import read_email
from bridge.portal.events import told
from bridge.portal.office import office
from bridge.portal.passphrase import weaknesses
from bridge.portal.words import worded

# Known or not, the answer goes out before anybody looks: it cannot take longer for one than for the other. Nor can the
# next answer, which would share its time with the writing of a letter: that happens some moment within these seconds.
SOON = 1.0
_chance = SystemRandom()


class ForgottenForm(forms.Form):
    email = forms.CharField(
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"required": ""},
    )

    def clean_email(self) -> str:
        address, problem = read_email(self.cleaned_data["email"])
        if problem:
            raise forms.ValidationError(worded("email_malformed"))
        return address


class ChooseForm(forms.Form):
    """A passphrase, typed twice."""

    password = forms.CharField(
        max_length=200, strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )
    again = forms.CharField(
        max_length=200, strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )

    def __init__(self, holder: Holder, data: object = None) -> None:
        super().__init__(data)  # type: ignore[arg-type]  # the posted form
        self._holder = holder
        for field in self.fields.values():
            field.error_messages["required"] = worded("password_missing")

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        found = weaknesses(password, self._holder, _everyday_words())
        if found:
            raise forms.ValidationError([worded(code) for code in found])
        return password

    def clean(self) -> None:
        first, second = self.cleaned_data.get("password"), self.cleaned_data.get("again")
        if first and second and first != second:
            self.add_error("again", worded("password_differs"))


def _everyday_words() -> list[str]:
    """Of this office: what somebody who wants to guess tries first."""
    province = office().province.province
    return [*province.office.split(), province.name, province.code, *worded("everyday_words").split()]


@require_http_methods(["GET", "HEAD", "POST"])
def forgotten(request: HttpRequest) -> HttpResponse:
    form = ForgottenForm(request.POST if request.method == "POST" else None)
    form.fields["email"].error_messages["required"] = worded("email_malformed")
    if not form.is_valid():
        return render(request, "password/forgotten.html", {"form": form})
    address = form.cleaned_data["email"]
    answer = _Answered(render_to_string("password/asked.html", {"address": address}, request))
    if ratelimit.consume(request, action="reset_password", key=address.lower()):
        answer.then = Timer(_chance.uniform(0, SOON), _send_link, (address,)).start
    return answer


class _Answered(HttpResponse):
    """`then` is called once the server has it all."""

    then: Callable[[], object] = staticmethod(lambda: None)

    def close(self) -> None:
        super().close()
        self.then()


def _send_link(address: str) -> None:
    try:
        office().passwords.ask(address)
    except Exception as error:
        log_unexpected(error)
    finally:
        connections.close_all()


@sensitive_post_parameters("password", "again")
@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: HttpRequest, token: str) -> HttpResponse:
    """Only the POST that sets the password uses the link up."""
    passwords = office().passwords
    holder = passwords.opens(token)
    if holder is None:
        return _closed(request)
    form = ChooseForm(holder, request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return render(request, "password/choose.html", {"form": form, "holder": holder})
    if not passwords.use(token, form.cleaned_data["password"]):
        return _closed(request)
    get_adapter().unlock(request, holder.email)
    told("password_set", request, holder.account)
    messages.success(request, worded("password_set"))
    return redirect("account_login")


def _closed(request: HttpRequest) -> HttpResponse:
    """Used, altered or too old: the same page, without a hint."""
    return render(request, "password/closed.html", status=404)

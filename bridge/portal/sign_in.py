"""Signing in by e-mail and password, and out again, here or everywhere."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import LoginForm
from allauth.account.internal.flows.logout import logout
from allauth.account.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from bridge.portal.events import told
from bridge.portal.office import office
from bridge.portal.words import worded


class SignInForm(LoginForm):
    """Whatever is wrong, the answer is one and the same."""

    def full_clean(self) -> None:
        super().full_clean()
        if self.errors:
            told("sign_in_failed", self.request)
            self._errors.clear()
            self.add_error(None, worded("wrong_sign_in"))


class SignInPage(LoginView):
    form_class = SignInForm
    template_name = "sign_in.html"


page = SignInPage.as_view()


@require_http_methods(["GET", "HEAD", "POST"])
def out(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return _leave(request)
    return render(request, "sign_out.html")


@require_http_methods(["GET", "HEAD", "POST"])
def out_everywhere(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        person: Any = request.user
        office().ports.passwords.end_sessions(str(person.pk))
        return _leave(request)
    return render(request, "sign_out_everywhere.html")


def _leave(request: HttpRequest) -> HttpResponse:
    """Signed out; what the browser kept of people, drafts of cases too, goes (ASVS 5.0, 14.3.1)."""
    logout(request)
    answer = redirect("account_login")
    answer["Clear-Site-Data"] = '"cache", "storage"'
    return answer

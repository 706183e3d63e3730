"""The tokens of other systems: listed, given out and taken back by an admin."""

from __future__ import annotations

from typing import Any

from allauth.account.decorators import reauthentication_required
from django import forms
from django.contrib import messages
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from bridge.application.ports.api_clients import ApiClient
from bridge.domain.api_clients import Scope
from bridge.portal.controls import Ticks
from bridge.portal.moments import when
from bridge.portal.office import office
from bridge.portal.questions import KeyedForm, new_key
from bridge.portal.words import worded

USUAL_DAYS = 180
KEPT = 86_400  # seconds that a form is known to have been sent


class ClientForm(KeyedForm):
    name = forms.CharField(max_length=80, widget=forms.TextInput({"autocomplete": "off"}))
    scopes = forms.MultipleChoiceField(choices=[(one, one) for one in Scope], widget=Ticks)
    amphoes = forms.MultipleChoiceField(required=False, widget=Ticks)
    days = forms.IntegerField(widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}))

    def __init__(self, data: Any = None) -> None:
        most = office().province.api.token_days
        super().__init__(data, initial={"days": min(USUAL_DAYS, most), "key": new_key()})
        wrong = worded("client_days_wrong", most=most)
        self.fields["days"] = forms.IntegerField(
            min_value=1,
            max_value=most,
            widget=self.fields["days"].widget,
            error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), wrong),
        )
        self.fields["name"].error_messages["required"] = worded("client_name_missing")
        self.fields["scopes"].error_messages["required"] = worded("client_scopes_missing")
        self.fields["amphoes"].choices = [(one, one) for one in office().places.amphoes()]

    def clean_scopes(self) -> list[Scope]:
        scopes = [Scope(one) for one in self.cleaned_data["scopes"]]
        if Scope.PERSONS_READ in scopes and Scope.CASES_READ not in scopes:
            raise forms.ValidationError(worded("client_persons_alone"))
        return scopes


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    return render(
        request, "desk/api_clients.html", {"clients": [_line(one) for one in office().api_clients.listed()]}
    )


@require_http_methods(["GET", "HEAD", "POST"])
@reauthentication_required  # type: ignore[untyped-decorator]  # allauth says nothing of types
def new(request: HttpRequest) -> HttpResponse:
    """The token is in the answer to the POST alone, and nowhere else. Sent again (a second click, the page loaded
    anew), the form makes no second one, which nobody would know of."""
    form = ClientForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return render(request, "desk/api_client_new.html", {"form": form, "scopes": Scope})
    given = form.cleaned_data
    if not cache.add(f"api-client:{given['key']}", True, KEPT):
        messages.error(request, worded("client_made_before", name=given["name"]))
        return redirect("admin_api_clients")
    client, token = office().api_clients.make(
        given["name"], given["scopes"], given["amphoes"], given["days"], _actor(request)
    )
    facts = {"client": _line(client), "token": token, "alone": True}
    return render(request, "desk/api_client_made.html", facts)


@require_http_methods(["GET", "HEAD", "POST"])
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Asks first; without a fresh sign-in, because a lost token is taken back at once."""
    client = office().api_clients.find(str(pk)) if pk < 2**63 else None
    if client is None:
        raise Http404
    if request.method != "POST":
        return render(request, "desk/api_client_revoke.html", {"client": _line(client)})
    if office().api_clients.revoke(client.key, _actor(request)):
        messages.success(request, worded("client_revoked", name=client.name))
    return redirect("admin_api_clients")


def _line(client: ApiClient) -> dict[str, Any]:
    return {
        "key": client.key,
        "name": client.name,
        "scopes": [one for one in Scope if one in client.scopes],
        "amphoes": client.amphoes,
        "open": office().api_clients.opens(client),
        "revoked_at": when(client.revoked_at),
        "expires_at": when(client.expires_at),
        "used_at": when(client.used_at),
    }


def _actor(request: HttpRequest) -> str:
    return f"portal:{request.user.pk}"

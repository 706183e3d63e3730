"""Cases over the API: the published ones to read, and new ones to send."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, JsonResponse

from bridge.application.ports.api_clients import ApiClient
from bridge.application.published_cases import CasesAsked
from bridge.application.submit import Sender
from bridge.domain.access import Role
from bridge.portal.api import shapes
from bridge.portal.api.bodies import idempotency_key, json_object
from bridge.portal.api.door import note
from bridge.portal.api.problems import Refused, error
from bridge.portal.case_form import CaseForm
from bridge.portal.office import office
from bridge.portal.questions import filled
from bridge.portal.words import worded

PAGE, MOST = 50, 100
ASKED = ("fiscal_year", "amphoe", "operation", "tambon", "changed_since", "limit", "cursor")
LIST, ONE = "api_cases", "api_case"  # as the read log names them


class Moment(forms.CharField):
    """A moment with its zone, as RFC 3339 writes it."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value).replace(" ", "+")  # what becomes of a plus sign in an address
        if not text:
            return None
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            found = None
        if found is None or found.tzinfo is None:
            raise forms.ValidationError(worded("api_moment_malformed"), code="malformed")
        return found


class QueryForm(forms.Form):
    """What `GET cases` may be asked for; the OpenAPI document is made of it as well."""

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        here = office()
        operations = dict.fromkeys(rule.operation for rule in here.province.rules.steps)
        self.fields["fiscal_year"] = forms.IntegerField(required=False, min_value=2400, max_value=2999)
        for name, words in (("amphoe", here.places.amphoes()), ("operation", operations)):
            self.fields[name] = forms.ChoiceField(required=False, choices=[(word, word) for word in words])
        self.fields["tambon"] = forms.CharField(required=False, max_length=100)
        self.fields["changed_since"] = Moment(required=False, max_length=40)
        self.fields["limit"] = forms.IntegerField(required=False, min_value=1, max_value=MOST)
        self.fields["cursor"] = forms.CharField(required=False, max_length=40)

    def clean_cursor(self) -> str:
        cursor: str = self.cleaned_data["cursor"]
        if cursor and not office().published_cases.is_number(cursor):
            raise forms.ValidationError(worded("api_cursor_wrong"), code="invalid")
        return cursor

    def asked(self) -> CasesAsked:
        cleaned = self.cleaned_data
        texts = {name: cleaned[name] for name in ("amphoe", "tambon", "operation")}
        since, after = cleaned["changed_since"], cleaned["cursor"]
        return CasesAsked(**texts, fiscal_year=cleaned["fiscal_year"] or 0, changed_since=since, after=after)


def page(request: HttpRequest, client: ApiClient) -> HttpResponse:
    form = QueryForm(request.GET.dict())
    if not form.is_valid():
        raise Refused("query_wrong", _errors(form))
    most = form.cleaned_data["limit"] or PAGE
    found, after = office().published_cases.page(form.asked(), client, most)
    note(client, LIST, [case.case for case in found])
    items = [shapes.case(case, client.scopes) for case in found]
    return JsonResponse({"items": items, "next_cursor": after or None})


def one(request: HttpRequest, client: ApiClient, case: str) -> HttpResponse:
    """What is not this client's to see is not there, and that it asked is noted."""
    cases = office().published_cases
    found = cases.case(case, client)
    if found is None:
        if cases.is_known(case):
            note(client, ONE, [case], refused=True)
        raise Refused("not_found")
    note(client, ONE, [case])
    return JsonResponse(shapes.case(found, client.scopes))


def send(request: HttpRequest, client: ApiClient) -> HttpResponse:
    """The web form's fields, checks and intake; what it would warn of comes back as warnings."""
    key, given = idempotency_key(request), json_object(request)
    form, errors = _read(given)
    if client.amphoes and form.cleaned_data.get("amphoe", "") not in ("", *client.amphoes):
        errors.append(error("amphoe", "outside_areas", worded("api_outside_areas")))
    if errors:
        raise Refused("case_wrong", errors)
    answers, submit = filled(form.answers()), office().submit
    sender = Sender(client.reader, Role.OFFICER, client.areas, "", via=f"API {client.name}")
    sent = submit.send(sender, key, answers)
    if sent.refused:
        raise Refused("case_wrong", [error("national_id", sent.refused, worded(sent.refused))])
    if sent.differs:
        raise Refused("key_used")
    titles = {name: str(field.label) for name, field in form.fields.items()}
    warnings = [
        error(problem.column, problem.code, office().messages.problem(problem, titles))
        for problem in submit.doubts(answers)
        if problem.code != "needed_blank"
    ]
    return JsonResponse({"case_id": sent.case, "warnings": warnings}, status=201)


def _read(given: dict[str, Any]) -> tuple[CaseForm, list[dict[str, str]]]:
    """The form that was filled in, and all that is wrong with it."""
    known = shapes.questions()
    errors = [
        error(name[:40], "unknown_field", worded("api_unknown_field")) for name in given if name not in known
    ]
    errors += [
        error(name, "not_text", worded("api_not_text", title=field.label))
        for name, field in known.items()
        if not isinstance(given.get(name, ""), str)
    ]
    posted = {name: said for name, said in given.items() if isinstance(said, str) and name in known}
    if posted.get("tambon") and "amphoe" in known:  # the page's list of tambons has both in one
        posted["tambon"] = f"{posted.get('amphoe', '')}/{posted['tambon']}"
    form = CaseForm(posted)
    told = {each["field"] for each in errors}
    return form, [*errors, *(each for each in _errors(form) if each["field"] not in told)]


def _errors(form: forms.Form) -> list[dict[str, str]]:
    found = []
    for name, complaints in form.errors.get_json_data().items():
        for complaint in complaints:
            text = complaint["message"]
            if complaint["code"] == "invalid_choice":
                text = worded("api_not_in_list", title=form.fields[name].label or name)
            found.append(error(name, complaint["code"], text))
    return found

"""The doubtful values of one case: what is wrong with each, and a place to type it anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from bridge.application.mend_cases import Doubtful, Outcome
from bridge.domain.cells import as_text
from bridge.domain.problems import Problem
from bridge.portal import readlog
from bridge.portal.controls import LineWidget
from bridge.portal.office import office
from bridge.portal.tracking import wording
from bridge.portal.words import worded

LONGEST = 2_000  # characters


class MendForm(forms.Form):
    """A field for each column that can be typed anew."""

    seen = forms.CharField(required=False, max_length=80, widget=forms.HiddenInput)

    def __init__(self, doubtful: Doubtful, data: Any = None) -> None:
        super().__init__(data, initial={"seen": doubtful.seen})
        for column in doubtful.columns:
            self.fields[column] = forms.CharField(
                required=False,
                strip=False,
                max_length=LONGEST,
                initial=as_text(doubtful.values.get(column)),
                widget=LineWidget({"autocomplete": "off"}),
                error_messages={
                    "max_length": worded("doubt_too_long", most=LONGEST),
                    "null_characters_not_allowed": worded("doubt_unreadable"),
                },
            )
        self.columns = tuple(doubtful.columns)
        self.order_fields([*self.columns, "seen"])


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, case: str) -> HttpResponse:
    doubtful = office().mend_cases.of(case)
    if doubtful is None:
        raise Http404
    form = MendForm(doubtful, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        typed = {column: form.cleaned_data[column] for column in form.columns}
        seen, actor = form.cleaned_data["seen"], f"portal:{request.user.pk}"
        outcome, wrong = office().mend_cases.mend(case, typed, seen, actor)
        if outcome is Outcome.UNKNOWN:
            raise Http404
        if outcome is not Outcome.DOUBTFUL:
            say = messages.success if outcome in (Outcome.MENDED, Outcome.SAME) else messages.error
            say(request, worded(f"doubt_{outcome}", case=case))
            return redirect("review_doubt", case=case)
        for problem in wrong:
            form.add_error(problem.column, _told(problem))
    readlog.note(request, "review_doubt", [case])
    return _show(request, case, doubtful, form)


def _show(request: HttpRequest, case: str, doubtful: Doubtful, form: MendForm) -> HttpResponse:
    words = wording()
    facts = {
        **words,
        "case": case,
        "form": form,
        "away": doubtful.away,
        "fields": [(form[c], words["headers"][c], _why(doubtful.problems, c)) for c in form.columns],
        "others": [f"{words['headers'].get(one.column, '')}: {_told(one)}" for one in doubtful.others],
        "person": as_text(doubtful.values.get("person_name")),
    }
    return render(request, "review_doubt.html", facts)


def _why(problems: Sequence[Problem], column: str) -> str:
    return " ".join(_told(problem) for problem in problems if problem.column == column)


def _told(problem: Problem) -> str:
    """Without the column's name, which stands beside it."""
    if problem.code == "needed_blank":
        return worded("doubt_blank")
    headers: Mapping[str, str] = wording()["headers"]
    header = headers.get(problem.column, problem.column)
    return office().messages.problem(problem, headers).removeprefix(f"{header}: ")

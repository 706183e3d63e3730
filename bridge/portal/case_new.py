"""Sending a case: Form 2 in the portal, the look at what may be doubtful or sent already, and the receipt."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from bridge.application.submit import Sender, Similar
from bridge.domain.cases import read_case_number
from bridge.domain.problems import Problem
from bridge.portal import case_files, readlog
from bridge.portal.access import role_of
from bridge.portal.case_form import CaseForm, from_register
from bridge.portal.office import office
from bridge.portal.questions import filled, new_key
from bridge.portal.searches import viewer
from bridge.portal.words import worded


def _of_register(request: HttpRequest) -> dict[str, str]:
    """What the register holds of the person whose number was posted; nothing for one outside the person's areas."""
    row = office().register_search.person(request.POST.get("number", ""), viewer(request))
    if row is None:
        return {}
    readlog.note(request, "case_new", [row.number])
    return from_register(asdict(row))


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """A POST without a key comes from the register: it fills the form in beforehand and sends nothing."""
    if request.method != "POST" or "key" not in request.POST:
        given = _of_register(request) if request.method == "POST" else {}
        return _show(request, CaseForm(initial={**_own(request), **given, "key": new_key()}))
    form = CaseForm(request.POST)
    form.full_clean()
    files = case_files.taken(request, form)
    if form.errors:
        return _show(request, form, kept=files)
    sender, answers = _sender(request), filled(form.answers())
    key, submit = form.cleaned_data["key"], office().submit
    if not submit.sent_before(sender, key):
        problems, similar = submit.doubts(answers), submit.similar(sender, key, answers)
        seen = _fingerprint(problems, similar)
        if (problems or similar) and request.POST.get("seen") != seen:
            if similar:
                readlog.note(request, "case_new", [other.case for other in similar])
            told = _sentences(form, problems)
            return _show(request, form, kept=files, doubts=told, similar=similar, seen=seen)
    sent = submit.send(sender, key, answers, [kept.file for kept in files])
    if sent.refused:
        form.add_error("national_id", worded(sent.refused))
        return _show(request, form, kept=files)
    if sent.differs:  # an old page, filled in again for somebody else
        data = request.POST.copy()
        data["key"] = new_key()
        return _show(request, CaseForm(data), kept=case_files.unused(files), sent_before=sent.case)
    if sent.again:  # and so did its files
        office().attachments.discard([kept.file for kept in files])
    return redirect("case_receipt", case=sent.case)


@require_safe
def receipt(request: HttpRequest, case: str) -> HttpResponse:
    """What was sent, for who sent it; for everybody else it is not there."""
    if read_case_number(case, office().province.province.code) is None:
        raise Http404
    found = office().submit.receipt(_sender(request), case)
    if found is None:
        readlog.note(request, "case_receipt", [case], refused=True)
        raise Http404
    readlog.note(request, "case_receipt", [case])
    titles = {question.column: question.title for question in office().province.forms.cases.questions}
    rows = [(title, found.answers[column]) for column, title in titles.items() if found.answers.get(column)]
    files = office().attachments.of([case])
    return render(request, "cases/receipt.html", {"receipt": found, "rows": rows, "files": files})


def _show(request: HttpRequest, form: CaseForm, **around: Any) -> HttpResponse:
    person: Any = request.user
    words = {"grounds": office().messages.section("ground")}
    nothing = {**words, "kept": [], "doubts": [], "similar": [], "seen": "", "sent_before": ""}
    return render(request, "cases/new.html", {"form": form, "draft": person.pk, **nothing, **around})


def _sender(request: HttpRequest) -> Sender:
    person: Any = request.user
    areas = [(amphoe, tambon) for amphoe, tambon in person.areas]
    return Sender(str(person.pk), role_of(request), areas, person.org)


def _own(request: HttpRequest) -> dict[str, str]:
    person: Any = request.user
    return {"sender_name": f"{person.first_name} {person.last_name}".strip(), "sender_org": person.org}


def _fingerprint(problems: list[Problem], similar: list[Similar]) -> str:
    """Of what was shown before sending: something new is shown again."""
    told = [[p.code, p.column, p.value] for p in problems] + [[other.case] for other in similar]
    return hashlib.sha256(json.dumps(sorted(told)).encode()).hexdigest()[:16]


def _sentences(form: CaseForm, problems: list[Problem]) -> list[Mapping[str, str]]:
    """Each doubt beside the field that it is about."""
    titles = {name: str(field.label) for name, field in form.fields.items()}
    messages = office().messages
    return [
        {
            "field": form[problem.column].id_for_label if problem.column in form.fields else "",
            "text": worded("answer_says_none", title=titles.get(problem.column, ""))
            if problem.code == "needed_blank"
            else messages.problem(problem, titles),
        }
        for problem in problems
    ]

"""The papers of a case: a list to look them through by, on paper too, and which of them are missing."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from bridge.application.decide_reviews import Outcome
from bridge.domain.values.text import clean
from bridge.portal import readlog
from bridge.portal.office import office
from bridge.portal.tracking import wording
from bridge.portal.words import worded

LONGEST = 300


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, case: str) -> HttpResponse:
    money = office().case_money.of(case)
    if money is None:
        raise Http404
    papers = money.papers
    if request.method == "POST":
        return _record(request, case, papers.item, len(papers.needed))
    readlog.note(request, "case_papers", [case])
    facts = {
        "case": case,
        "papers": papers,
        "others": [paper for paper in papers.missing if paper not in papers.needed],
        "values": money.values,
        "incomplete": office().province.rules.incomplete,
    }
    return render(request, "cases/papers.html", {**facts, **wording()})


def _record(request: HttpRequest, case: str, item: str, count: int) -> HttpResponse:
    """The numbers of the list and other words, as staff would write them into the tab."""
    ticked = [n for n in range(1, count + 1) if str(n) in request.POST.getlist("paper")]
    others = clean(request.POST.get("others", ""))[:LONGEST]
    note = ", ".join([*map(str, ticked), *([others] if others else [])])
    outcome = (
        office().decide_reviews.write(item, note, f"portal:{request.user.pk}") if item else Outcome.CLOSED
    )
    if outcome is Outcome.DECIDED:
        messages.success(request, worded("papers_recorded"))
    else:
        messages.error(request, worded("papers_closed"))
    return redirect("case_view", case=case)

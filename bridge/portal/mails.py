"""The mails: how each stands and why, and sending one again."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from bridge.application.ports.mails import MailLine
from bridge.application.ports.outbox import State
from bridge.portal.moments import when
from bridge.portal.office import office
from bridge.portal.paging import address_of, number_of, page_of
from bridge.portal.words import worded

A_PAGE = 25


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    chosen = request.GET.get("state", "")
    state = State(chosen) if chosen in set(State) else None
    number = number_of(request.GET)
    start = (number - 1) * A_PAGE
    found, total = office().ports.mails.page(state, start, A_PAGE)
    counts = office().ports.mails.counts()
    facts = {
        "mails": [_shown(line) for line in found],
        "page": page_of(found, total, number, A_PAGE),
        "address": address_of(state=str(state or "")),
        "total": total,
        "state": state,
        "counts": {one: counts.get(one, 0) for one in State},
        "states": [(one, _word(one)) for one in State],
    }
    return render(request, "desk/mails.html", facts)


@require_http_methods(["GET", "HEAD", "POST"])
def again(request: HttpRequest, key: str) -> HttpResponse:
    """Asks before it sends: the person may get a second mail."""
    line = office().ports.mails.find(key)
    if line is None:
        raise Http404
    if request.method != "POST":
        return render(request, "desk/mail_again.html", _shown(line))
    if office().admin_desk.send_again(key, f"portal:{request.user.pk}") is None:
        messages.error(request, worded("mail_not_again"))
    else:
        messages.success(request, worded("mail_again", email=line.recipient))
    return redirect("admin_mails")


def _shown(line: MailLine) -> dict[str, Any]:
    reason = office().messages.text("mail", str(line.reason), said=line.said, next_try=when(line.next_try))
    return {
        "mail": line,
        "state_word": _word(line.state),
        "why": reason if line.reason else "",
        "at": when(line.settled_at or line.created_at),
    }


def _word(state: State) -> str:
    return office().messages.text("mail", str(state))

"""The way to the admin's pages."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from bridge.application.ports.outbox import State
from bridge.portal.access_desk import WAITING
from bridge.portal.office import office


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    counts = office().ports.mails.counts()
    facts = {
        "held": counts.get(State.HELD, 0),
        "failed": counts.get(State.FAILED, 0),
        "requests": office().ports.accounts.page(WAITING, 0, 1)[1],
    }
    return render(request, "desk/index.html", facts)

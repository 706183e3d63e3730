"""The staff's work list: what the tab `ตรวจสอบ` shows, decided here or there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from bridge.application.decide_reviews import Outcome, choices
from bridge.application.ports.reviews import ReviewKind, ReviewState, StoredReview
from bridge.application.review_list import TABLE
from bridge.domain.cells import Cell, as_text, same
from bridge.domain.columns import Owner
from bridge.domain.values.text import clean
from bridge.portal import readlog
from bridge.portal.moments import when
from bridge.portal.office import office
from bridge.portal.paging import address_of, number_of, page_of
from bridge.portal.tracking import shown
from bridge.portal.words import worded

A_PAGE = 25
LONGEST_NOTE = 500
COMPARED = (
    "operation",
    "step",
    "outcome",
    "checked",
    "amount",
    "goods",
    "responsible",
)  # beside what was sent


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    ports, words = office().ports, office().province.reviews
    kind = _chosen(ReviewKind, request.GET.get("kind", ""))
    state = _chosen(ReviewState, request.GET.get("state", str(ReviewState.OPEN)))
    number = number_of(request.GET)
    found, total = ports.reviews.page(kind, state, (number - 1) * A_PAGE, A_PAGE)
    rows = ports.rows.load(TABLE, [review.key for review in found])
    readlog.note(request, "reviews", _cases(found))
    counts = ports.reviews.counts()
    facts = {
        "items": [_line(review, rows[review.key].values if review.key in rows else {}) for review in found],
        "page": page_of(found, total, number, A_PAGE),
        "address": address_of(kind=str(kind or ""), state=str(state or "")),
        "kind": kind,
        "state": state,
        "kinds": [(one, getattr(words.kinds, one.value)) for one in ReviewKind],
        "states": [(one, getattr(words.states, one.value)) for one in ReviewState],
        "waiting": {one: counts.get((one, ReviewState.OPEN), 0) for one in ReviewKind},
        "total": total,
    }
    return render(request, "reviews.html", facts)


@require_safe
def doubts(request: HttpRequest) -> HttpResponse:
    """Cases whose values a person should look at: they are mended on the case's page, or in the sheet."""
    number = number_of(request.GET)
    found, total = office().ports.records.flagged("review", (number - 1) * A_PAGE, A_PAGE)
    readlog.note(request, "review_doubts", [case for case, _ in found])
    items = [
        {
            "case": case,
            "person": as_text(values.get("person_name")),
            "place": _place(values),
            "doubts": as_text(values.get("review")).split(" · "),
        }
        for case, values in found
    ]
    these = page_of(found, total, number, A_PAGE)
    return render(
        request,
        "review_doubts.html",
        {"items": items, "page": these, "total": total, "address": lambda n: f"?page={n}"},
    )


@require_http_methods(["GET", "HEAD", "POST"])
def item(request: HttpRequest, key: str) -> HttpResponse:
    review = office().ports.reviews.of_rows([key]).get(key)
    if review is None:
        raise Http404
    if request.method == "POST":
        return _decide(request, review)
    return _show(request, review)


def _decide(request: HttpRequest, review: StoredReview) -> HttpResponse:
    code = request.POST.get("decision", "?")
    actor = f"portal:{request.user.pk}"
    note = clean(request.POST.get("note", ""))[:LONGEST_NOTE]
    if code == "go_on" and not note:
        messages.error(request, worded("review_reason_missing"))
        return redirect("review", key=review.key)
    outcome = office().decide_reviews.choose(review.key, code, request.POST.get("seen", ""), actor, note)
    if outcome is Outcome.UNKNOWN:
        raise Http404
    if outcome is Outcome.DECIDED:
        said = "review_decided" if code else "review_reopened"
        messages.success(request, worded(said, item=review.key))
    else:
        messages.error(request, worded(f"review_{outcome}"))
    return redirect("review", key=review.key)


def _show(request: HttpRequest, review: StoredReview) -> HttpResponse:
    ports, words = office().ports, office().province.reviews
    states = ports.rows.load(TABLE, [review.key])
    values = states[review.key].values if states else {}
    pending = bool(states) and "decision" in states[review.key].suggested
    cases = _cases([review])
    readlog.note(request, "review", cases)
    decisions = words.decisions.model_dump()
    facts = {
        **_line(review, values),
        "conflict": _conflict(review),
        "compared": _compared(cases),
        "registered": _registered(request, review),
        "others": _others(review),
        "cases": cases,
        "pending": pending,
        "asks_why": "go_on" in choices(review.item.kind),
        "names_papers": review.item.kind is ReviewKind.PAPERS,
        "both": review.item.kind is ReviewKind.PAYMENT,
        "overruled": review.item.facts.get("request") if review.item.kind is ReviewKind.ACCESS else None,
        "seen": as_text(values.get("decision")).strip(),
        "choices": []
        if review.state is ReviewState.GONE
        else [(c, decisions[c]) for c in choices(review.item.kind)],
        "history": _history(review.key),
    }
    return render(request, "review.html", facts)


def _line(review: StoredReview, values: Mapping[str, Cell]) -> dict[str, Any]:
    """What the list and the item's own page show of it."""
    words = office().province.reviews
    texts = {
        name: as_text(values.get(name))
        for name in ("case_id", "file", "row", "column", "value", "other", "reason", "note", "decision")
    }
    return {
        **texts,
        "key": review.key,
        "kind": review.item.kind,
        "kind_word": getattr(words.kinds, review.item.kind.value),
        "state": review.state,
        "state_word": as_text(values.get("status")) or getattr(words.states, review.state.value),
        "found_at": _moment(values.get("found_at")),
    }


def _conflict(review: StoredReview) -> dict[str, str] | None:
    """Both values of a cell, side by side, and what the ledger holds now."""
    if review.item.kind is not ReviewKind.CONFLICT:
        return None
    facts = review.item.facts
    column = str(facts.get("column"))
    state = office().ports.rows.load("cases", [review.item.case]).get(review.item.case)
    return {
        "column": _headers().get(column, column),
        "sheet": shown(column, facts.get("sheet")),
        "form": shown(column, facts.get("form")),
        "now": shown(column, state.values.get(column)) if state is not None else "",
    }


def _registered(request: HttpRequest, review: StoredReview) -> list[tuple[str, str]]:
    """What the register says of the person that a case may be, by header."""
    if review.item.kind is not ReviewKind.IN_REGISTER:
        return []
    entry = office().ports.register.entry(str(review.item.facts.get("number")))
    if entry is None:
        return []
    readlog.note(request, "register", [entry.number])
    headers = {column: titles[0] for column, titles in office().province.register_.columns.items()}
    return [(headers[c], as_text(entry.values.get(c))) for c in headers if entry.values.get(c) is not None]


def _others(review: StoredReview) -> list[tuple[str, str]]:
    """The items about who else of the register the case may be: (item, number in the register)."""
    if review.item.kind is not ReviewKind.IN_REGISTER:
        return []
    return sorted(
        (one.key, str(one.item.facts.get("number")))
        for one in office().ports.reviews.of_cases([review.item.case])
        if one.item.kind is review.item.kind and one.state is not ReviewState.GONE and one.key != review.key
    )


def _compared(cases: list[str]) -> list[tuple[str, list[str], bool]]:
    """Line by line what the cases say: (header, a value of each, whether they say the same)."""
    states = office().ports.rows.load("cases", cases)
    held = [states[case].values if case in states else {} for case in cases]
    table = office().province.table("cases")
    columns = [c for c in table.columns if c.owner is Owner.FORM or c.key in COMPARED]
    return [
        (
            c.header,
            [shown(c.key, v.get(c.key)) for v in held],
            all(same(v.get(c.key), held[0].get(c.key)) for v in held),
        )
        for c in columns
        if any(v.get(c.key) is not None for v in held)
    ]


def _history(key: str) -> list[dict[str, Any]]:
    """Every decision of the item, who took it and where."""
    say = office().messages
    past = [one for one in office().ports.rows.history(TABLE, key) if one.event.column == "decision"]
    doers = {one.event.actor.partition(":")[2] for one in past} - {""}
    emails = office().ports.people.emails(doers)
    return [
        {
            "at": when(one.at),
            "where": say.text("actor", one.event.actor.partition(":")[0]),
            "who": emails.get(one.event.actor.partition(":")[2], ""),
            "old": as_text(one.event.old),
            "new": as_text(one.event.new),
        }
        for one in past
    ]


def _cases(reviews: list[StoredReview]) -> list[str]:
    found: list[str] = []
    for review in reviews:
        facts = review.item.facts
        found += [review.item.case, *(str(facts[side]) for side in ("left", "right") if side in facts)]
    return sorted({case for case in found if case})


def _moment(cell: Cell) -> str:
    return when(cell) if isinstance(cell, datetime) else as_text(cell)


def _place(values: Mapping[str, Cell]) -> str:
    return " ".join(as_text(values.get(column)) for column in ("tambon", "amphoe") if values.get(column))


def _headers() -> dict[str, str]:
    return {column.key: column.header for column in office().province.table("cases").columns}


def _chosen(words: Any, value: str) -> Any:
    return words(value) if value in set(map(str, words)) else None

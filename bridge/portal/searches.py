"""A search between its form and its pages of results.

The form is sent by POST and answered with a redirect to an address that holds a short name; the words stay in the
session. So no name of a person is in an address, a log or a browser's history, going back and reloading work as
on any page, and the name opens nothing in another session. A search is kept for an hour, the last few of them.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django import forms
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from bridge.domain.access import Role
from bridge.domain.viewer import Viewer
from bridge.portal.access import role_of
from bridge.portal.controls import Choices, LineWidget, ListField, Options
from bridge.portal.office import office
from bridge.portal.words import worded

LIFE = 3600  # seconds
KEPT = 5
LONGEST = 100  # characters
_NAME = "searches"


def viewer(request: HttpRequest) -> Viewer:
    person: Any = request.user
    areas = tuple((str(amphoe), str(tambon)) for amphoe, tambon in person.areas)
    return Viewer(role_of(request), areas, person.org)


def keep(request: HttpRequest, page: str, asked: Mapping[str, str]) -> HttpResponse:
    """Remembers what was asked for and leads to `page` (a route's name), where `kept` finds it."""
    name = secrets.token_urlsafe(9)
    fresh = {key: search for key, search in _searches(request).items() if _age(search) < LIFE}
    fresh[name] = {"page": page, "at": _now(), "asked": dict(asked)}
    request.session[_NAME] = dict(list(fresh.items())[-KEPT:])
    return redirect(f"{reverse(page)}?search={name}")


def kept(request: HttpRequest, page: str) -> dict[str, str] | None:
    """What the search of this address asked for; None where it was not made here or has passed."""
    search = _searches(request).get(request.GET.get("search", ""))
    if search is None or search["page"] != page or _age(search) >= LIFE:
        return None
    asked: dict[str, str] = search["asked"]
    return asked


def page_number(request: HttpRequest) -> int:
    """From the address; 1 where it says something else."""
    said = request.GET.get("page", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 7 else 1


def leaf(total: int, page: int, size: int) -> Page[Any]:
    """What the template's page links are made of."""
    return Paginator(range(total), size).get_page(page)


class PlaceForm(forms.Form):
    """One box, and the amphoe and tambon that this viewer may choose from."""

    def __init__(self, who: Viewer, data: Mapping[str, str] | None = None) -> None:
        super().__init__(data)
        self.fields["text"] = forms.CharField(
            required=False,
            max_length=LONGEST,
            widget=LineWidget({"autocomplete": "off"}),
            error_messages={
                "max_length": worded("search_long", most=LONGEST),
                "null_characters_not_allowed": worded("search_unreadable"),
            },
        )
        own = who.areas if who.role is Role.OFFICER else ()
        for name, options in zip(("amphoe", "tambon"), _places(office().fingerprint, own), strict=True):
            self._choose(name, options)

    def choose(self, name: str, choices: Choices) -> None:
        self._choose(name, any_of(choices))

    def _choose(self, name: str, options: Options) -> None:
        self.fields[name] = ListField(
            options, required=False, wrong={"invalid_choice": worded("search_choice")}
        )

    def clean(self) -> dict[str, Any]:
        """`place` is (amphoe, tambon), "" where none was chosen; a tambon brings its amphoe."""
        cleaned = dict(super().clean() or {})
        amphoe, _, tambon = cleaned.get("tambon", "").partition("/")
        chosen = cleaned.get("amphoe", "")
        if amphoe and chosen and amphoe != chosen:
            self.add_error("tambon", worded("tambon_elsewhere", tambon=tambon, amphoe=amphoe))
        cleaned["place"] = (amphoe or chosen, tambon)
        return cleaned

    def said(self) -> dict[str, str]:
        """As it was filled in, for `keep`."""
        return {name: str(self.cleaned_data[name]) for name in self.fields}


def any_of(choices: Choices) -> Options:
    return Options.of([("", worded("search_any")), *choices])


@lru_cache(maxsize=512)
def _places(fingerprint: str, areas: tuple[tuple[str, str], ...]) -> tuple[Options, Options]:
    """The amphoe and the tambons that may be chosen, by the province file of this fingerprint: those of the areas,
    everything for who has none."""
    known = office().places
    found = {amphoe: known.tambons(amphoe) for amphoe in known.amphoes()}
    if areas:
        whole = {amphoe for amphoe, tambon in areas if not tambon}
        found = {
            amphoe: [tambon for tambon in tambons if amphoe in whole or (amphoe, tambon) in areas]
            for amphoe, tambons in found.items()
            if any(amphoe == area for area, _ in areas)
        }
    grouped = [
        (amphoe, [(f"{amphoe}/{tambon}", tambon) for tambon in tambons]) for amphoe, tambons in found.items()
    ]
    return any_of([(amphoe, amphoe) for amphoe in found]), any_of(grouped)


def _searches(request: HttpRequest) -> dict[str, Any]:
    found: dict[str, Any] = request.session.get(_NAME, {})
    return found


def _age(search: Mapping[str, Any]) -> float:
    return _now() - float(search["at"])


def _now() -> float:
    return office().ports.clock.now().timestamp()

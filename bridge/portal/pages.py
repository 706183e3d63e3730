"""How pages are rendered: Jinja2, everything escaped, a missing value is an error."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.contrib.messages import get_messages
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from jinja2 import Environment, StrictUndefined

from bridge.bootstrap import local_time
from bridge.domain.values.thai_date import buddhist
from bridge.portal.office import office


def environment(**options: Any) -> Environment:
    own = {**options, "undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True}
    made = Environment(**{**own, "autoescape": True})  # noqa: S701  # it is on, and so is it in what Django gives
    made.globals.update(static=lru_cache(static), url=_url, province=lambda: office().province)
    made.filters.update(thai_date=lambda moment: buddhist(local_time(moment)), widget=widget)
    made.globals["p"] = made.get_template("patterns.html").module
    return made


def around(request: HttpRequest) -> dict[str, Any]:
    """What every page has beside its own values. Reading the notes empties them, so they come when asked for."""
    return {"notes": lambda: get_messages(request), "me": getattr(request, "user", None)}


@lru_cache(maxsize=4096)
def _url(name: str, **places: Any) -> str:
    return reverse(name, kwargs=places)


def widget(field: Any, described_by: str = "", **attributes: Any) -> str:
    """A form field's control as Django makes it, tied to its hint and its error."""
    attributes = {"class": "control", **attributes}
    field.field.widget.attrs.pop("placeholder", None)
    field.help_text = ""  # the hint is the page's own
    if described_by:
        attributes["aria-describedby"] = described_by
    if field.errors:
        attributes["aria-invalid"] = "true"
    return str(field.as_widget(attrs=attributes))

"""Answers given in the portal, on Django's ORM: kept as they were sent, and read by the cycle like a form's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from bridge.adapters.ledger.models import AccessResponse, WebAnswer
from bridge.application.ports.forms import Batch
from bridge.domain.cells import Cell
from bridge.domain.intake import Form

NAME = "portal"
BANGKOK = timedelta(hours=7)


class DjangoWebAnswers:
    """Implements ports.web_answers.WebAnswers."""

    def keep(self, form: str, response: str, answers: Mapping[str, Cell], now: datetime) -> None:
        row = WebAnswer(form=form, response=response, answers=dict(answers), arrived_at=now)
        WebAnswer.objects.bulk_create([row], ignore_conflicts=True)

    def requests(self, form: Form) -> WebRequests:
        """The access requests among them, as the table of `form`."""
        return WebRequests(form)


class WebRequests:
    """Implements ports.forms.FormSource for access requests; `form` gives the titles of its table."""

    def __init__(self, form: Form) -> None:
        self._form = form

    def fetch_since(self, cursors: Mapping[str, str]) -> Iterator[Batch]:
        """One batch with the answers that are not among the ledger's requests yet, none where there are none."""
        taken = AccessResponse.objects.values("response")
        waiting = list(WebAnswer.objects.filter(form="access").exclude(response__in=taken).order_by("id"))
        if not waiting:
            return
        columns = {question.column: question.titles[0] for question in self._form.questions}
        rows: list[list[Cell]] = [
            [self._form.timestamp_titles[0], self._form.response_id_titles[0], *columns.values()]
        ]
        for answer in waiting:
            stamp = (answer.arrived_at + BANGKOK).replace(tzinfo=None)
            cells = [answer.answers.get(column) for column in columns]
            rows.append([stamp, answer.response, *cells])
        yield Batch(NAME, waiting[-1].response, rows, complete=False)

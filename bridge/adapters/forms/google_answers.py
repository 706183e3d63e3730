"""Responses as the Forms API gives them become a table of cells, as a download of the same form would show it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from bridge.adapters.forms.trouble import visible
from bridge.domain.cells import Cell
from bridge.domain.form_match import QuestionMatch
from bridge.domain.intake import Form
from bridge.domain.values.text import header_key

Json = dict[str, Any]
BANGKOK = timedelta(hours=7)
BETWEEN_ANSWERS = ", "  # as the responses sheet joins the ticks of a check box
FILE = "https://drive.google.com/open?id="  # as the responses sheet shows an uploaded file

_STAMP = re.compile(r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?Z")


def nine_places(stamp: object) -> str:
    """A time of Google's (RFC 3339 in UTC with 0 to 9 places) as one whose texts sort as their times do;
    "" for what is none."""
    match = _STAMP.fullmatch(str(stamp or ""))
    return f"{match[1]}.{match[2] or '':0<9}Z" if match else ""


def created(response: Json) -> str:
    return nine_places(response.get("createTime"))


def submitted(response: Json) -> str:
    """When its sender last sent it."""
    return nine_places(response.get("lastSubmittedTime")) or created(response)


def latest_of_each(responses: Iterable[Json]) -> list[Json]:
    """Each response once, in the order in which they were first sent: pages may overlap while answers arrive."""
    latest: dict[str, Json] = {}
    for response in responses:
        key = str(response.get("responseId") or "")
        if key and (key not in latest or submitted(latest[key]) <= submitted(response)):
            latest[key] = response
    return sorted(latest.values(), key=lambda response: (created(response), response["responseId"]))


def answered(responses: Iterable[Json]) -> set[str]:
    """The ids of all questions that any of them answers."""
    return {question for response in responses for question in response.get("answers") or ()}


def response_id_title(form: Form) -> str:
    """The title under which the id of a response is passed on; "" where the configuration leaves none for it."""
    return _own_title(form.response_id_titles, form)


def table(responses: Sequence[Json], match: QuestionMatch, form: Form) -> list[list[Cell]]:
    """Header and one row for each response: its id, the wall clock of Bangkok at its first submission to the
    second, the collected address, then the configured questions under their titles, then all others."""
    own = [response_id_title(form), _own_title(form.timestamp_titles, form)]
    own.append(_own_title(form.email_titles, form))
    kept = [place for place, title in enumerate(own) if title]
    asked, retired = _sources(match.mapped), _sources(match.retired)
    questions = [question for question in form.questions if question.column in match.columns]
    others = _unclaimed(match, form)
    header: list[Cell] = [own[place] for place in kept]
    header += [question.titles[0] for question in questions]
    header += [match.known[question].title for question in others]
    rows = [header]
    for response in responses:
        given: list[Cell] = [response["responseId"], _first_sent(response), _address(response)]
        cells = [given[place] for place in kept]
        for question in questions:
            cell = _cell(response, asked.get(question.column, ())) or _cell(
                response, retired.get(question.column, ())
            )
            cells.append(_address(response) if question.column == match.collected and cell is None else cell)
        rows.append(cells + [_cell(response, (question,)) for question in others])
    return rows


def _sources(fed: Mapping[str, str]) -> dict[str, list[str]]:
    """Column -> the questions that feed it."""
    sources: dict[str, list[str]] = {}
    for question, column in fed.items():
        sources.setdefault(column, []).append(question)
    return sources


def _unclaimed(match: QuestionMatch, form: Form) -> list[str]:
    """The questions that no column claims, but not those that are worded as what a form gives by itself."""
    own = {
        header_key(title)
        for titles in (form.response_id_titles, form.timestamp_titles, form.email_titles)
        for title in titles
    }
    return [
        question
        for question, known in match.known.items()
        if known.asked and not known.column and header_key(known.title) not in {"", *own}
    ]


def _own_title(titles: Sequence[str], form: Form) -> str:
    """The first that no question goes by."""
    asked = {header_key(title) for question in form.questions for title in question.titles}
    return next((title for title in titles if header_key(title) not in asked), "")


def _first_sent(response: Json) -> Cell:
    """Of the first submission, which an edit does not move; cut to the second, as downloads show it."""
    stamp = created(response)
    try:
        return datetime.fromisoformat(stamp[:19]) + BANGKOK
    except (ValueError, OverflowError):
        return visible(str(response.get("createTime") or "")) or None


def _address(response: Json) -> Cell:
    return visible(str(response.get("respondentEmail") or "")) or None


def _cell(response: Json, questions: Iterable[str]) -> Cell:
    """What was answered to these questions, byte for byte."""
    answers: Mapping[str, Json] = response.get("answers") or {}
    texts = [text for question in questions if question in answers for text in _texts(answers[question])]
    return visible(BETWEEN_ANSWERS.join(texts)) or None


def _texts(answer: Json) -> list[str]:
    typed = (answer.get("textAnswers") or {}).get("answers") or ()
    files = (answer.get("fileUploadAnswers") or {}).get("answers") or ()
    return [
        *(str(one.get("value") or "") for one in typed),
        *(FILE + str(one["fileId"]) for one in files if one.get("fileId")),
    ]

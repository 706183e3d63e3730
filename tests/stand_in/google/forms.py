"""Forms v1: forms.get, responses.get and responses.list; and what respondents and the form's owner do."""

from __future__ import annotations

import base64
import itertools
import re
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.stand_in.google import errors
from tests.stand_in.google.state import State

Json = dict[str, Any]
MOST_PER_PAGE = 5000
_FILTER = re.compile(
    r"^\s*timestamp\s*(>=|>)\s*\"?(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?Z\"?\s*$"
)


def micro_stamp(moment: datetime) -> str:
    """RFC 3339 with 0, 3 or 6 places, as Google's JSON writes a Timestamp."""
    text = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    micro = moment.microsecond
    if not micro:
        return text + "Z"
    return f"{text}.{micro // 1000:03d}Z" if micro % 1000 == 0 else f"{text}.{micro:06d}Z"


@dataclass
class Response:
    """One submission; `answers` is question id → its texts."""

    id: str
    created: datetime
    submitted: datetime
    answers: dict[str, list[str]]
    email: str | None = None

    def json(self) -> Json:
        answer: Json = {
            "responseId": self.id,
            "createTime": micro_stamp(self.created),
            "lastSubmittedTime": micro_stamp(self.submitted),
        }
        if self.email:
            answer["respondentEmail"] = self.email
        answers = {
            question: {
                "questionId": question,
                "textAnswers": {"answers": [{"value": text} for text in texts]},
            }
            for question, texts in self.answers.items()
            if texts
        }
        return answer | ({"answers": answers} if answers else {})


@dataclass
class Form:
    """A form: its questions in order (title, kind, choices), its responses in the order of their creation."""

    id: str
    title: str
    email_collection: str = "DO_NOT_COLLECT"
    linked_sheet: str | None = None
    questions: dict[str, Json] = field(default_factory=dict)
    responses: dict[str, Response] = field(default_factory=dict)
    revision: int = 1
    access: str = "writer"

    def json(self) -> Json:
        info = {"title": self.title, "documentTitle": self.title}
        answer: Json = {
            "formId": self.id,
            "info": info,
            "settings": {"emailCollectionType": self.email_collection},
            "revisionId": f"{self.revision:08d}",
            "responderUri": f"https://docs.google.com/forms/d/e/{self.id}/viewform",
            "items": [self._item(question_id, q) for question_id, q in self.questions.items()],
            "publishSettings": {"publishState": {"isPublished": True, "isAcceptingResponses": True}},
        }
        return answer | ({"linkedSheetId": self.linked_sheet} if self.linked_sheet else {})

    def _item(self, question_id: str, kept: Json) -> Json:
        question: Json = {"questionId": question_id, **({"required": True} if kept["required"] else {})}
        if kept["kind"] in ("RADIO", "CHECKBOX", "DROP_DOWN"):
            options = [{"value": choice} for choice in kept["choices"]]
            options += [{"isOther": True}] if kept["other"] else []
            question["choiceQuestion"] = {"type": kept["kind"], "options": options}
        elif kept["kind"] == "DATE":
            question["dateQuestion"] = {"includeYear": True}
        else:
            question["textQuestion"] = {"paragraph": True} if kept["kind"] == "PARAGRAPH" else {}
        return {"itemId": kept["item"], "title": kept["title"], "questionItem": {"question": question}}


class Respondents:
    """What people do with forms. Times come from the state's clock unless they are given."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.counter = itertools.count(1)

    def make(self, title: str, questions: list[str] | None = None, form_id: str | None = None) -> Form:
        """A new form with text questions."""
        with self.state.lock:
            made = Form(form_id or "1F" + secrets.token_urlsafe(32), title)
            self.state.forms[made.id] = made
            for text in questions or []:
                self.add_question(made, text)
            return made

    def add_question(
        self,
        form: Form,
        title: str,
        kind: str = "TEXT",
        choices: tuple[str, ...] = (),
        required: bool = False,
        other: bool = False,
    ) -> str:
        """Add a question (TEXT, PARAGRAPH, RADIO, CHECKBOX, DROP_DOWN, DATE): its id."""
        with self.state.lock:
            question_id = f"{next(self.counter) + 0x10000000:08x}"
            kept: Json = {
                "item": secrets.token_hex(4),
                "title": title,
                "kind": kind,
                "choices": list(choices),
            }
            form.questions[question_id] = {**kept, "required": required, "other": other}
            form.revision += 1
            return question_id

    def rename_question(self, form: Form, question_id: str, title: str) -> None:
        with self.state.lock:
            form.questions[question_id]["title"] = title
            form.revision += 1

    def delete_question(self, form: Form, question_id: str) -> None:
        """The question goes; answers given to it stay in old responses."""
        with self.state.lock:
            del form.questions[question_id]
            form.revision += 1

    def question(self, form: Form, title: str) -> str:
        """The id of the first question with that title."""
        return next(key for key, kept in form.questions.items() if kept["title"] == title)

    def submit(
        self,
        form: Form,
        answers: dict[str, str | list[str]],
        email: str | None = None,
        at: datetime | None = None,
    ) -> str:
        """Answer a form (keys are question titles or ids): the response id."""
        with self.state.lock:
            moment = at or self.state.now()
            response_id = "ACYDBN" + base64.urlsafe_b64encode(secrets.token_bytes(33)).decode()
            given = self._by_id(form, answers)
            form.responses[response_id] = Response(response_id, moment, moment, given, email)
            return response_id

    def edit(
        self, form: Form, response_id: str, answers: dict[str, str | list[str]], at: datetime | None = None
    ) -> None:
        """Change answers of a response; its lastSubmittedTime moves, its createTime does not."""
        with self.state.lock:
            kept = form.responses[response_id]
            kept.answers = {**kept.answers, **self._by_id(form, answers)}
            kept.submitted = at or self.state.now()

    def withdraw(self, form: Form, response_id: str) -> None:
        """The owner deletes one response."""
        with self.state.lock:
            del form.responses[response_id]

    def _by_id(self, form: Form, answers: dict[str, str | list[str]]) -> dict[str, list[str]]:
        given = {}
        for key, texts in answers.items():
            question_id = key if key in form.questions else self.question(form, key)
            given[question_id] = [texts] if isinstance(texts, str) else list(texts)
        return given


def _form(state: State, form_id: str) -> Form:
    found = state.forms.get(form_id)
    if found is None:
        raise errors.not_found()
    if found.access == "none":
        raise errors.forbidden()
    return found  # type: ignore[no-any-return]


def get(state: State, form_id: str) -> Json:
    return _form(state, form_id).json()


def get_response(state: State, form_id: str, response_id: str) -> Json:
    kept = _form(state, form_id).responses.get(response_id)
    if kept is None:
        raise errors.not_found()
    return {"formId": form_id, **kept.json()}


def list_responses(state: State, form_id: str, params: Json) -> Json:
    """A page in the order of creation; the filter compares lastSubmittedTime, so edits come back."""
    form = _form(state, form_id)
    size = int(params.get("pageSize") or MOST_PER_PAGE)
    if size < 0:
        raise errors.bad("Page size must not be negative.")
    size = min(size or MOST_PER_PAGE, MOST_PER_PAGE)
    wanted = _filtered(list(form.responses.values()), params.get("filter") or "")
    after = _after(params.get("pageToken") or "")
    keys = [(kept.created, kept.id) for kept in wanted]
    start = next((at for at, key in enumerate(keys) if key > after), len(wanted)) if after else 0
    page = wanted[start : start + size]
    answer: Json = {"responses": [kept.json() for kept in page]} if page else {}
    if start + size < len(wanted):
        token = f"{page[-1].created.isoformat()}|{page[-1].id}"
        answer["nextPageToken"] = base64.urlsafe_b64encode(token.encode()).decode()
    return answer


def _after(token: str) -> tuple[datetime, str] | None:
    if not token:
        return None
    try:
        moment, _, response_id = base64.urlsafe_b64decode(token).decode().partition("|")
        return datetime.fromisoformat(moment), response_id
    except ValueError:
        raise errors.bad("Request contains an invalid argument.") from None


def _filtered(found: list[Response], text: str) -> list[Response]:
    found = sorted(found, key=lambda kept: (kept.created, kept.id))
    if not text:
        return found
    match = _FILTER.match(text)
    if not match:
        raise errors.bad("Request contains an invalid argument.")
    moment = datetime.fromisoformat(match[2]).replace(tzinfo=UTC)
    limit = (moment, (match[3] or "").ljust(9, "0"))

    def key(kept: Response) -> tuple[datetime, str]:
        return kept.submitted.astimezone(UTC).replace(microsecond=0), f"{kept.submitted.microsecond:06d}000"

    return [kept for kept in found if key(kept) > limit or (match[1] == ">=" and key(kept) == limit)]

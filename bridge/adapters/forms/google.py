"""The answers of a Google Form, read live through the Forms API v1."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Protocol
from urllib.parse import quote

from bridge.adapters.forms import google_answers as answers
from bridge.adapters.forms.google_answers import BANGKOK, Json
from bridge.adapters.google.client import GoogleClient, Refused
from bridge.application.errors import ConfigurationError
from bridge.application.ports.clock import Clock
from bridge.application.ports.forms import Batch, Unreadable
from bridge.domain.form_match import (
    Known,
    QuestionMatch,
    collects_addresses,
    match_known,
    match_questions,
)
from bridge.domain.intake import Form
from bridge.domain.problems import Problem

PAGE = 5000  # the most that Google gives at once
OVERLAP = timedelta(minutes=10)  # a response may become visible later than the time that it bears
NIGHT = timedelta(hours=2)  # by the clock of Bangkok: when the next list of everything is due


class Memory(Protocol):
    """Texts that outlive the process, by name; the ledger's journal is one."""

    def setting(self, name: str) -> str: ...

    def set_setting(self, name: str, value: str) -> None: ...


@dataclass(frozen=True)
class Cursor:
    """`last`: the newest lastSubmittedTime, nine places; `night`: the day of the last full list; `total`: how
    many responses were first sent until `until`; `seen`: a digest of what the overlap held."""

    last: str = ""
    night: str = ""
    total: int = 0
    until: str = ""
    seen: str = ""

    def text(self) -> str:
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def read(cls, text: str) -> Cursor | None:
        """None where nothing is remembered, and for what no GoogleForm wrote."""
        try:
            return cls(**json.loads(text))
        except (ValueError, TypeError):
            return None

    @property
    def since(self) -> str:
        """Where the overlap begins, "" for everything. All nine places are kept: never through a float."""
        if not self.last:
            return ""
        return (datetime.fromisoformat(self.last[:19]) - OVERLAP).isoformat() + self.last[19:]


class GoogleForm:
    """One batch at most, named by the form's link. A cycle without news costs one call.

    Every page is fetched before anything is given out: pages come in no promised order, so the cursor may move
    only when all were seen. Once a night, at the first fetch after two o'clock in Bangkok, everything is listed:
    answers that the filter missed are found so, and the questions are read again. What is known of the
    questions is kept in `memory`; it is written ahead of the ledger's own transaction and harmless so.
    `account` is whom the form must be shared with, as people see it.
    """

    def __init__(
        self,
        client: GoogleClient,
        form_id: str,
        form: Form,
        memory: Memory,
        clock: Clock,
        account: str = "",
    ) -> None:
        self._client, self._id, self._form = client, form_id, form
        self._memory, self._clock, self._account = memory, clock, account
        self.name = f"https://docs.google.com/forms/d/{form_id}/edit"

    def fetch_since(self, cursors: Mapping[str, str]) -> Iterator[Batch | Unreadable]:
        """See FormSource. Raises OutsideError google_unreachable, ConfigurationError google_sign_in and
        google_form_no_id."""
        if not answers.response_id_title(self._form):
            raise ConfigurationError("google_form_no_id", name=self._form.name)
        try:
            found = self._fetch(Cursor.read(cursors.get(self.name, "")))
        except Refused as refused:
            found = self._refusal(refused)
        if found is not None:
            yield found

    def _fetch(self, before: Cursor | None) -> Batch | Unreadable | None:
        now = self._clock.now()
        night = (now + BANGKOK - NIGHT).date().isoformat()
        whole = before is None or before.night != night
        responses, pages = self._list("" if before is None or whole else before.since)
        match, notes = self._match(responses, again=whole and (before is not None or bool(responses)))
        if match.lacking:
            titles = _listed([self._title(column) for column in match.lacking])
            return Unreadable(self.name, "google_form_questions", {"titles": titles})
        if before is None and not responses:
            return None
        # What was sent while several pages were on their way may have been sent to a page already seen.
        newest = f"{now:%Y-%m-%dT%H:%M:%S.%f}000Z" if pages > 1 else "~"
        cursor = _moved(before or Cursor(), responses, newest, night, whole)
        if cursor == before:
            return None
        deleted = 0 if before is None or not whole else before.total - _count_until(responses, before.until)
        if deleted > 0:
            notes.append(Problem("form_answers_deleted", facts={"count": str(deleted)}))
        rows = answers.table(responses, match, self._form)
        return Batch(self.name, cursor.text(), rows, whole, match.unasked, tuple(notes))

    def _list(self, since: str) -> tuple[list[Json], int]:
        """All responses sent since, each once, and how many pages they came in."""
        found: list[Json] = []
        params: Json = {"pageSize": PAGE} | ({"filter": f"timestamp >= {since}"} if since else {})
        pages = 0
        while True:
            page = self._get("/responses", params)
            found += page.get("responses") or ()
            pages += 1
            if not page.get("nextPageToken"):
                return answers.latest_of_each(found), pages
            params = {**params, "pageToken": page["nextPageToken"]}

    def _match(self, responses: Sequence[Json], *, again: bool) -> tuple[QuestionMatch, list[Problem]]:
        """From memory while that will do; otherwise the form is asked, and what is odd about it is noted."""
        known, collecting = self._recall()
        strange = answers.answered(responses) - known.keys()
        match = match_known(known, self._form, collecting=collecting)
        if known and not again and not strange and not match.lacking:
            return match, []
        form_json = self._get("", {})
        match = match_questions(form_json, self._form, known)
        self._remember(match, strange - match.known.keys(), collecting=collects_addresses(form_json))
        return match, self._notes(match)

    def _notes(self, match: QuestionMatch) -> list[Problem]:
        notes = [
            Problem("form_question_renamed", facts={"title": self._title(column), "found": found})
            for column, found in match.renamed
        ]
        unknown = [title for title in match.unknown if title.strip()]
        if unknown:
            notes.append(Problem("form_question_unknown", facts={"titles": _listed(unknown)}))
        if match.unasked:
            gone = [self._title(column) for column in sorted(match.unasked)]
            notes.append(Problem("form_question_gone", facts={"titles": _listed(gone)}))
        return notes

    def _title(self, column: str) -> str:
        return next(q.titles[0] for q in self._form.questions if q.column == column)

    # what is remembered of the questions

    @property
    def _setting(self) -> str:
        return f"google:form:{self._form.name}"

    def _recall(self) -> tuple[dict[str, Known], bool]:
        try:
            kept = json.loads(self._memory.setting(self._setting) or "{}")
            if kept.get("form") != self._id:
                return {}, False
            return {id_: Known(*known) for id_, known in kept["questions"].items()}, kept["collecting"]
        except (ValueError, TypeError, KeyError, AttributeError):
            return {}, False

    def _remember(self, match: QuestionMatch, strange: set[str], *, collecting: bool) -> None:
        """`strange`: answered once, and gone before they were known; the form need not be asked for them again."""
        known = {**match.known, **{question: Known("", "", asked=False) for question in sorted(strange)}}
        questions = {question: [one.title, one.column, one.asked] for question, one in known.items()}
        kept = {"form": self._id, "collecting": collecting, "questions": questions}
        text = json.dumps(kept, ensure_ascii=False)
        if text != self._memory.setting(self._setting):
            self._memory.set_setting(self._setting, text)

    # calls

    def _get(self, what: str, params: Json) -> Json:
        path = f"/v1/forms/{quote(self._id, safe='')}{what}"
        return self._client.call("forms", "GET", path, effect="read", params=params)

    def _refusal(self, refused: Refused) -> Unreadable:
        """Raises ConfigurationError where it is not about this form."""
        if refused.status == 401:
            raise ConfigurationError("google_sign_in", said=refused.said) from refused
        code = "google_form_refused"
        if refused.status == 403:
            code = "google_form_forbidden"
        elif refused.status == 404:
            code = "google_form_gone"
        facts = {"form": self.name, "account": self._account, "said": refused.said}
        return Unreadable(self.name, code, facts)


def _moved(before: Cursor, responses: Sequence[Json], newest: str, night: str, whole: bool) -> Cursor:
    """The cursor once these are in the ledger; it never goes back."""
    last = max((min(answers.submitted(response), newest) for response in responses), default="")
    until = max((answers.created(response) for response in responses), default="")
    total = len(responses)
    if not whole:
        total += before.total - _count_until(responses, before.until)
    moved = Cursor(max(before.last, last), night, total, max(before.until, until))
    held = [
        f"{response['responseId']} {answers.submitted(response)}"
        for response in responses
        if answers.submitted(response) >= moved.since
    ]
    digest = hashlib.blake2b("\n".join(sorted(held)).encode(), digest_size=8).hexdigest()
    return Cursor(moved.last, moved.night, moved.total, moved.until, digest)


def _count_until(responses: Sequence[Json], moment: str) -> int:
    return sum(answers.created(response) <= moment for response in responses)


def _listed(titles: Sequence[str]) -> str:
    return ", ".join(f"“{title}”" for title in titles)

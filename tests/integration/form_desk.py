"""A province that receives its cases by one live form, or by the responses sheet of it: the real intake, an SQLite
ledger, and the stand-in over HTTP. All persons are invented."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from bridge.adapters.forms.google import GoogleForm
from bridge.adapters.google.client import GoogleClient, NoQuota
from bridge.adapters.google.credentials import load_credentials, scopes_for
from bridge.adapters.places import load_places
from bridge.application.ingest import IngestReport
from bridge.application.ports.forms import Batch, FormSource, Unreadable
from bridge.application.ports.reviews import ReviewKind, ReviewState
from bridge.bootstrap.use_cases import UseCases
from bridge.config import load
from bridge.domain.cells import Cell
from bridge.domain.intake import Form
from bridge.messages import Messages
from bridge.workspace import Workspace
from tests.contract.google_discovery import undocumented
from tests.contract.ledgers import Ledger
from tests.stand_in.google import Google, serve

CONFIG = Path(__file__).parents[2] / "config"
PROVINCE = load(CONFIG / "sisaket.toml")
MESSAGES = Messages.load(CONFIG)
SERVICE = "service@example.iam.gserviceaccount.com"
SENDER, PERSON, NATIONAL_ID = "ชื่อ - สกุลผู้ส่ง", "ชื่อ - สกุล ผู้ยื่น", "เลข 13 หลัก"
PROBLEM, HOUSE, TYPE = "ระบุสภาพปัญหา และความต้องการในครอบครัว", "บ้านเลขที่", "ประเภทผู้ประสบปัญหาทางสังคม"


def person(number: int) -> str:
    words = ("ศูนย์", "หนึ่ง", "สอง", "สาม", "สี่", "ห้า", "หก", "เจ็ด", "แปด", "เก้า")
    return "นายสมมติ คน" + "".join(words[int(digit)] for digit in str(number))


def answer(number: int, **changes: str | list[str]) -> dict[str, str | list[str]]:
    """One invented case, by question title; `changes` are by column."""
    titles = {question.column: question.title for question in PROVINCE.forms.cases.questions}
    given: dict[str, str | list[str]] = {
        "sender_name": "นางสาวทดสอบ ส่งเคส",
        "sender_org": "อบต.โพธิ์",
        "case_type": "ผู้มีรายได้น้อย",
        "person_name": person(number),
        "problem": f"เดือดร้อน {number}",
        "national_id": f"{number:013d}",
        "house_no": f"{number}/1",
        "tambon": "โพธิ์",
        "amphoe": "เมืองศรีสะเกษ",
        **changes,
    }
    return {titles[column]: text for column, text in given.items()}


@dataclass
class Desk:
    """A province that receives its cases by one live form."""

    google: Google
    ledger: Ledger
    client: GoogleClient
    live: Any
    form: Form = field(default_factory=lambda: PROVINCE.form("cases"))
    looked: int = 0  # how many calls were seen at the last look

    @property
    def source(self) -> FormSource:
        """Made anew each time, as another process would."""
        return GoogleForm(
            self.client, self.live.id, self.form, self.ledger.journal, self.ledger.clock, SERVICE
        )

    def ingest(self) -> IngestReport:
        return self.use_cases.ingest_cases().run()

    @property
    def use_cases(self) -> Any:
        from bridge.adapters.ledger.web_answers import DjangoWebAnswers  # needs Django set up

        ports = SimpleNamespace(
            **{
                name: getattr(self.ledger, name)
                for name in ("clock", "journal", "rows", "cases", "reviews", "accounts", "erasures")
            },
            web_answers=DjangoWebAnswers(),
            case_form=self.source,
            access_form=self.source,
        )
        places = load_places("ศรีสะเกษ", [], {})
        form = self.form

        class Province:
            def __getattr__(self, name: str) -> Any:
                return getattr(PROVINCE, name)

            def form(self, _: str) -> Form:
                return form

        workspace = Workspace(Path(self.ledger.options["DATABASES"]["default"]["NAME"]).parent)
        return UseCases(workspace, Province(), ports, MESSAGES, places)  # type: ignore[arg-type]

    def fetch(self) -> list[Batch | Unreadable]:
        return list(self.source.fetch_since(self.ledger.journal.cursors(self.form.name)))

    def batch(self) -> Batch:
        (found,) = self.fetch()
        assert isinstance(found, Batch), found
        return found

    def submit(self, number: int, at: datetime | None = None, **changes: str | list[str]) -> str:
        return self.google.forms.submit(self.live, answer(number, **changes), at=at)

    def edit(self, response: str, at: datetime | None = None, **changes: str) -> None:
        titles = {question.column: question.titles[0] for question in self.form.questions}
        given: dict[str, str | list[str]] = {titles[column]: text for column, text in changes.items()}
        self.google.forms.edit(self.live, response, given, at=at)

    def question(self, title: str) -> str:
        return self.google.forms.question(self.live, title)

    def case(self, response: str) -> dict[str, Cell]:
        key = self.ledger.cases.known(self.form.name, [response])[response]
        return dict(self.ledger.rows.load("cases", [key])[key].values)

    def cases(self) -> int:
        return len(self.ledger.rows.marks("cases"))

    def calls(self) -> list[str]:
        """What was asked of Google since the last look, tokens apart."""
        made, self.looked = self.google.calls[self.looked :], len(self.google.calls)
        return [self.kind_of(call.path) for call in made if call.path != "/token"]

    def kind_of(self, path: str) -> str:
        return "get" if path.endswith(self.live.id) else path.rpartition("/")[2]

    def open_reviews(self) -> list[tuple[ReviewKind, str]]:
        found = self.ledger.reviews.with_prefix("")
        return [
            (one.item.kind, str(one.item.shown.get("reason")))
            for one in found
            if one.state is ReviewState.OPEN
        ]


@contextmanager
def watched() -> Iterator[Google]:
    """A stand-in whose every exchange is checked against the discovery documents, where they are installed."""
    with serve() as running:
        running.keep_answers = True
        yield running
        for call in running.calls:
            if any(index == call.index for index, _ in running.faults.log):
                call.answer = None
        assert undocumented(running) == []


@contextmanager
def connected(google: Google, folder: Path) -> Iterator[GoogleClient]:
    """A client that signs in with a service account's key."""
    key = folder / "google-key.json"
    key.write_text(json.dumps(google.service_account_info()))
    key.chmod(0o600)
    scopes = scopes_for(["forms", "books"])
    credentials = load_credentials(key.name, folder, "cases", scopes, api_root=google.url)
    made = GoogleClient(
        credentials, api_root=google.url, quota=NoQuota(), pause=lambda _: None, time_outs=(10, 30)
    )
    yield made
    made.session.close()

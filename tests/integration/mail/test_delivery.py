"""The whole way: outbox, templates, a real server, its log as evidence; killed and cut off where it hurts."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

import pytest

from bridge.adapters.mail.folder import FolderMailer
from bridge.adapters.mail.render import MailRenderer
from bridge.application.deliver_mail import DeliverMail, DeliverySettings
from bridge.application.errors import OutsideError
from tests.integration.mail.conftest import NOW, SENDER, ManualClock
from tests.integration.mail.kill_point import OFFICE, POINTS, TEMPLATES, delivery, smtp_mailer
from tests.integration.mail.peers import TAKE_AND_DROP, Inbox, Peer, header, running
from tests.integration.mail.scratch_outbox import DOMAIN, ScratchOutbox

ROOT = Path(__file__).parents[3]
PERSON = {
    "person": "Somsri Jaidee",
    "organisation": "อบต.ตัวอย่าง",
    "role": "เจ้าหน้าที่ตำบล",
    "area": "เรื่องที่หน่วยงานของท่านส่ง",
}


@dataclass
class Office:
    inbox: Inbox
    peer: Peer
    ledger: Path
    log: Path
    clock: ManualClock
    outbox: ScratchOutbox

    def put(self, *keys: str) -> None:
        for key in keys:
            self.outbox.enqueue(key, f"{key}@example.go.th", "activation", PERSON, NOW)

    def case(self, **options: object) -> DeliverMail:
        mailer = smtp_mailer(self.peer.port, self.log, self.clock)
        return delivery(self.outbox, mailer, self.clock, **options)

    def arrived(self) -> Counter[str]:
        return Counter(self.inbox.keys())


@pytest.fixture
def office(tmp_path: Path, clock: ManualClock) -> Iterator[Office]:
    ledger, log = tmp_path / "ledger.sqlite3", tmp_path / "mail.log"
    log.touch()
    inbox, outbox = Inbox(log=log), ScratchOutbox(str(ledger))
    with running(inbox) as peer:
        yield Office(inbox, peer, ledger, log, clock, outbox)
    outbox.close()


def test_the_letter_that_arrives_opens_the_account(office: Office) -> None:
    office.put("act-1")
    assert office.case().deliver().sent == 1
    message = office.inbox.messages[0]
    assert "สำนักงานตัวอย่าง" in header(office.inbox.taken[0], "Subject")
    plain, html = (part.get_content() for part in message.iter_parts())
    link = next(line for line in plain.splitlines() if line.startswith("https://"))
    assert office.outbox.link_opens(link)
    assert f'href="{link}"' in html


@pytest.mark.parametrize("point", POINTS)
def test_a_kill_at_any_point_neither_doubles_nor_loses(office: Office, point: str) -> None:
    office.put("act-1", "act-2")
    command = [sys.executable, "-m", "tests.integration.mail.kill_point"]
    facts = [str(office.ledger), str(office.peer.port), str(office.log), point]
    done = subprocess.run([*command, *facts], cwd=ROOT, timeout=30, capture_output=True, check=False)
    assert done.returncode in (-getattr(signal, "SIGKILL", 9), 9), done.stderr.decode()
    assert office.arrived()["act-1"] == (1 if point in ("before_settling", "after_settling") else 0)
    office.case().deliver()
    assert office.arrived()["act-1"] <= 1
    office.clock.pass_by(minutes=11)
    office.case().deliver()
    assert office.arrived() == {"act-1": 1, "act-2": 1}
    assert office.outbox.states() == {"act-1": "sent", "act-2": "sent"}


def test_taken_and_dropped_settles_by_the_log(office: Office) -> None:
    office.put("a", "b", "c")
    answers = iter([None, TAKE_AND_DROP])
    office.inbox.on_data = lambda message: next(answers, None)
    report = office.case().deliver()
    assert (report.sent, report.unsettled) == (2, 1)
    assert office.outbox.states() == {"a": "sent", "b": "sending", "c": "sent"}
    office.clock.pass_by(minutes=11)
    assert office.case().deliver().sent == 1
    assert office.arrived() == {"a": 1, "b": 1, "c": 1}
    assert office.outbox.states()["b"] == "sent"


def test_the_services_quota_in_the_middle_of_a_batch(office: Office) -> None:
    keys = [f"m{number:02}" for number in range(12)]
    office.put(*keys)
    taken = office.inbox.taken
    office.inbox.on_rcpt = lambda address: "550 5.4.5 Daily user sending limit" if len(taken) >= 5 else None
    report = office.case().deliver()
    assert (report.sent, report.queued_for_tomorrow, report.waiting, report.failed) == (5, 7, 7, 0)
    assert office.case().deliver().sent == 0
    office.inbox.on_rcpt = lambda address: None
    office.clock.pass_by(hours=13)
    assert office.case().deliver().sent == 7
    assert office.inbox.keys() == keys


def test_our_own_quota_counts_days_not_runs(office: Office) -> None:
    keys = [f"m{number:02}" for number in range(10)]
    office.put(*keys)
    days = []
    for _ in range(4):
        days.append(sum(office.case(daily_limit=4).deliver().sent for _ in range(3)))
        office.clock.pass_by(days=1)
    assert days == [4, 4, 2, 0]
    assert office.inbox.keys() == keys


def test_refused_and_later_ones_hold_up_nobody(office: Office) -> None:
    office.put("gone", "busy", "good")
    answers = {"gone@example.go.th": "550 5.1.1 no such user", "busy@example.go.th": "451 4.7.1 greylisted"}
    office.inbox.on_rcpt = answers.get
    report = office.case().deliver()
    assert (report.sent, report.failed, report.later) == (1, 1, 1)
    assert office.outbox.row("gone")["said"] == "550 5.1.1 no such user"
    answers.clear()
    office.clock.pass_by(hours=6)
    office.case().deliver()
    assert office.arrived() == {"good": 1, "busy": 1}


def test_a_filter_that_quotes_the_link_does_not_give_it_to_the_sheet(office: Office) -> None:
    office.put("a")
    links: list[str] = []

    def quote(message: EmailMessage) -> str:
        text = next(message.iter_parts()).get_content()
        links.append(next(line for line in text.splitlines() if line.startswith("https://")))
        return f"554 5.7.1 blocked url {links[0]}"

    office.inbox.on_data = quote
    office.case().deliver()
    row = office.outbox.row("a")
    assert row["state"] == "failed"
    assert str(row["said"]).startswith("554 5.7.1 blocked url")
    assert links[0].rstrip("/").rpartition("/")[2] not in str(row)


def test_a_server_that_is_away_costs_nothing(office: Office) -> None:
    office.put("a")
    office.peer.stop()
    with pytest.raises(OutsideError):
        office.case().deliver()
    assert office.outbox.row("a")["claimed_at"] is None
    assert office.outbox.states() == {"a": "queued"}


def test_the_folder_delivers_and_settles_at_once(tmp_path: Path, clock: ManualClock) -> None:
    outbox = ScratchOutbox()
    mailer = FolderMailer(tmp_path / "outbox", SENDER, clock)
    settings = DeliverySettings(DOMAIN, OFFICE)
    case = DeliverMail(outbox, mailer, MailRenderer(TEMPLATES), clock, settings, lambda: 0.5)
    for key in ("a", "b"):
        outbox.enqueue(key, f"{key}@example.go.th", "activation", PERSON, NOW)
    settle, outbox.settle = outbox.settle, dies  # type: ignore[method-assign, assignment]
    with pytest.raises(KeyboardInterrupt):
        case.deliver()
    outbox.settle = settle  # type: ignore[method-assign]
    first = (tmp_path / "outbox" / "a.eml").read_bytes()
    assert outbox.states() == {"a": "sending", "b": "queued"}
    assert case.deliver().sent == 2
    assert (tmp_path / "outbox" / "a.eml").read_bytes() == first
    assert sorted(path.name for path in (tmp_path / "outbox").iterdir()) == ["a.eml", "b.eml"]
    outbox.close()


def dies(*_: object) -> bool:
    raise KeyboardInterrupt


def test_every_reason_and_state_and_error_has_its_thai_wording() -> None:
    import re
    import tomllib

    from bridge.application.ports.outbox import Reason, State

    wordings = tomllib.loads((ROOT / "config" / "messages.d" / "mail.toml").read_text(encoding="utf-8"))
    codes = {reason.value for reason in Reason if reason} | {state.value for state in State}
    assert set(wordings["mail"]) == codes
    sources = [*(ROOT / "bridge/adapters/mail").glob("*.py"), ROOT / "bridge/application/deliver_mail.py"]
    sources.append(ROOT / "bridge/application/ports/outbox.py")
    raised = {
        code for path in sources for code in re.findall(r'"((?:mail|imap)_[a-z_]+)"', path.read_text("utf-8"))
    }
    assert raised == set(wordings["error"])

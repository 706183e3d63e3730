"""Run as a process by test_delivery: one delivery that is killed at a given point.

python -m tests.integration.mail.kill_point LEDGER PORT LOG POINT
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from bridge.adapters.mail.evidence import Evidence, LogFile, LogSettings
from bridge.adapters.mail.render import MailRenderer
from bridge.adapters.mail.smtp import SmtpMailer, SmtpSettings
from bridge.application.deliver_mail import DeliverMail, DeliverySettings
from bridge.application.ports.clock import Clock
from bridge.application.ports.mail import Letter, Outcome, Session
from bridge.application.ports.outbox import Claim, Message, Settlement
from tests.integration.mail.conftest import SENDER, ManualClock
from tests.integration.mail.scratch_outbox import DOMAIN, ScratchOutbox

TEMPLATES = Path(__file__).parents[3] / "templates" / "mail"
OFFICE = {"office": "สำนักงานตัวอย่าง", "contact": []}
POINTS = ["before_claim", "after_claim", "before_sending", "before_settling", "after_settling"]


def smtp_mailer(port: int, log: Path, clock: Clock) -> SmtpMailer:
    evidence = Evidence([LogFile(LogSettings(log, complete=True))])
    return SmtpMailer(SmtpSettings("127.0.0.1", SENDER, port, timeout=5), clock, evidence)


def delivery(outbox: ScratchOutbox, mailer: SmtpMailer, clock: Clock, **options: object) -> DeliverMail:
    settings = DeliverySettings(DOMAIN, OFFICE, **options)  # type: ignore[arg-type]
    return DeliverMail(outbox, mailer, MailRenderer(TEMPLATES), clock, settings, lambda: 0.5)


def die() -> None:
    if hasattr(signal, "SIGKILL"):
        os.kill(os.getpid(), signal.SIGKILL)
    os._exit(9)


class DyingOutbox(ScratchOutbox):
    def __init__(self, path: str, point: str) -> None:
        super().__init__(path)
        self._point = point

    def claim(self, due_by: datetime, now: datetime, link_until: datetime) -> Claim | None:
        self._reach("before_claim")
        claim = super().claim(due_by, now, link_until)
        self._reach("after_claim")
        return claim

    def settle(self, message: Message, settlement: Settlement) -> bool:
        self._reach("before_settling")
        done = super().settle(message, settlement)
        self._reach("after_settling")
        return done

    def _reach(self, point: str) -> None:
        if point == self._point:
            die()


class DyingMailer(SmtpMailer):
    """Dies with the session open, just before the letter."""

    @contextmanager
    def session(self) -> Iterator[Session]:
        with super().session():
            yield Dying()


class Dying:
    def send(self, letter: Letter) -> Outcome:
        die()
        raise AssertionError


def main(ledger: str, port: str, log: str, point: str) -> None:
    clock = ManualClock()
    mailer = smtp_mailer(int(port), Path(log), clock)
    if point == "before_sending":
        mailer = DyingMailer(mailer._settings, clock)
    delivery(DyingOutbox(ledger, point), mailer, clock).deliver()


if __name__ == "__main__":
    main(*sys.argv[1:])

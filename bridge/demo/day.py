"""One day of the office, step by step: files are put where people put them, and the bridge does its rounds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal

from rich.console import Console

from bridge import bootstrap
from bridge.application.cycle import CycleReport
from bridge.application.errors import SaphanError
from bridge.bootstrap import Office
from bridge.demo import staff
from bridge.demo.answers import EVENING, MORNING, NOON, half_filled, write_story
from bridge.demo.downloads import write_csv, write_register, write_xlsx
from bridge.demo.room import ANSWERS, REGISTER, REQUESTS, RESPONSES


class Stopped(Exception):
    """A round met trouble; it has been said, and `exit_code` is its kind's."""

    def __init__(self, exit_code: int) -> None:
        super().__init__(exit_code)
        self.exit_code = exit_code


class Day:
    """`steps` gives each step's code (messages section `demo`) and what it does; that returns the facts which
    fill the wording of its result, `<code>_done`."""

    def __init__(self, office: Office, console: Console) -> None:
        self._office, self._console = office, console
        self._now: datetime = bootstrap.local_time(office.ports.clock.now())
        self._story = write_story(office.province, office.places, self._now.replace(tzinfo=None))
        self._submissions = self._published = 0

    def steps(self) -> Iterator[tuple[str, Callable[[], dict[str, object]]]]:
        yield "step_register", self._register
        yield "step_requests", self._requests
        yield "step_approve", self._approve
        yield "step_cases", self._morning
        yield "step_more", self._noon
        yield "step_sheet", self._afternoon
        yield "step_staff", self._work
        yield "step_sort", self._rearrange
        yield "step_decide", self._tell_apart
        yield "step_publish", self._publish
        yield "step_summarise", self._summarise
        yield "step_backup", self._back_up

    def _register(self) -> dict[str, object]:
        """Of those whose senders will say that they are in it."""
        path = self._office.workspace.root / "inbox" / REGISTER
        write_register(path, self._story.people[::2], self._office.province.province.name)
        with self._office.lease():
            report = self._office.import_register.run(self._office.register_file(path))
        return {"new": report.new}

    # what people do, and the round after it

    def _requests(self) -> dict[str, object]:
        path = self._office.workspace.inbox_access / REQUESTS
        write_csv(path, self._office.province.form("access"), self._story.requests)
        report = self._sync().forms_access
        return {"new": report.new, "again": report.again}

    def _approve(self) -> dict[str, object]:
        staff.decide_requests(self._office)
        report = self._sync()
        return {
            "approved": report.decided.approved,
            "to_mend": report.decided.to_mend,
            "sent": report.mail.sent,
        }

    def _morning(self) -> dict[str, object]:
        return self._download_csv(MORNING)

    def _noon(self) -> dict[str, object]:
        return self._download_csv(NOON)

    def _download_csv(self, until: int) -> dict[str, object]:
        path = self._office.workspace.inbox_cases / ANSWERS
        write_csv(path, self._office.province.form("cases"), self._story.cases[:until])
        return self._arrived(self._sync())

    def _afternoon(self) -> dict[str, object]:
        path = self._office.workspace.inbox_cases / RESPONSES
        unfinished = half_filled(self._now.date())
        write_xlsx(path, self._office.province.form("cases"), self._story.cases[:EVENING], unfinished)
        return self._arrived(self._sync())

    def _arrived(self, report: CycleReport) -> dict[str, object]:
        forms = report.forms_cases
        return {"new": forms.new, "again": forms.again, "refused": forms.refused}

    def _work(self) -> dict[str, object]:
        staff.work_cases(self._office, self._story, self._now.date())
        report = self._sync().cases
        return {"heard": report.heard, "cells": report.cells}

    def _rearrange(self) -> dict[str, object]:
        staff.rearrange_cases(self._office, self._story, self._now.date())
        return {"typed": self._sync().cases.typed}

    def _tell_apart(self) -> dict[str, object]:
        item = staff.tell_apart(self._office)
        self._sync()
        return {"item": item}

    # the evening

    def _publish(self) -> dict[str, object]:
        report = bootstrap.recorded(self._office, "publish", self._office.publish.run)
        self._published = report.shown
        return {"shown": report.shown}

    def _summarise(self) -> dict[str, object]:
        report = bootstrap.recorded(self._office, "summarise", self._office.summarise.run)
        return {"cases": report.cases, "years": report.years}

    def _back_up(self) -> dict[str, object]:
        return {"file": bootstrap.recorded(self._office, "backup", self._office.back_up).name}

    def figures(self) -> dict[str, int | Decimal]:
        """The day in numbers, by the code of each one's wording."""
        standing = self._office.status.run()
        years = [tally for _, tally in self._office.summarise.count().years()]
        known = set(self._office.places.amphoes())
        return {
            "submissions": self._submissions,
            "cases": standing.cases,
            "amphoes": len({place[0] for tally in years for place in tally.places} & known),
            "reviews": standing.open_reviews,
            "accounts": standing.requests.get("active", 0),
            "mails": len(list(self._office.workspace.outbox.glob("*.eml"))),
            "published": self._published,
            "money": sum((paid.baht for tally in years for paid in tally.paid_kinds.values()), Decimal(0)),
        }

    def _sync(self) -> CycleReport:
        """One round. Raises Stopped, after saying why, where it met trouble."""
        report = self._office.cycle.sync()
        self._submissions += report.forms_cases.new
        unread = [*report.forms_access.trouble, *report.forms_cases.trouble]
        for line in [*unread, *map(self._wording, report.trouble)]:
            self._console.print(line, markup=False)
        if report.trouble or unread:
            raise Stopped(report.exit_code or 1)
        return report

    def _wording(self, error: SaphanError) -> str:
        return self._office.messages.text("error", error.code, **error.facts)

"""Form answers into the ledger: cases and access requests, each answer once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bridge.application.ports.accounts import AccountStore, Request
from bridge.application.ports.cases import Answer, CaseStore, NewCase
from bridge.application.ports.clock import Clock
from bridge.application.ports.forms import Batch, FormSource, Unreadable
from bridge.application.ports.journal import Journal
from bridge.application.ports.reviews import ReviewItem, ReviewKind
from bridge.application.ports.rows import Event, Presence, RowState, RowStore
from bridge.application.ports.wording import Wording
from bridge.application.review_list import BANGKOK, ReviewList
from bridge.application.tombstones import Erased, Tombstones
from bridge.domain.access import State, email_key, read_email
from bridge.domain.cases import case_number, fiscal_year_of, tidy
from bridge.domain.cells import Cell, as_text, canonical
from bridge.domain.intake import Form, Intake, RefusedRow, Submission, read
from bridge.domain.problems import Problem
from bridge.domain.sheets import ACCESS
from bridge.domain.values import phone
from bridge.domain.values.places import Places

AT_ONCE = 200  # answers of a transaction: on SQLite the portal's notes wait for it


@dataclass
class IngestReport:
    """Counts of one pull; `trouble` words what could not be read, for the person at the command line."""

    batches: int = 0
    new: int = 0
    edited: int = 0
    again: int = 0
    refused: int = 0
    erased: int = 0  # answers that the source still holds of cases that were erased
    trouble: list[str] = field(default_factory=list)


class Intaker:
    """What both forms share: reading batches, and noting what cannot be read."""

    def __init__(
        self, source: FormSource, form: Form, journal: Journal, reviews: ReviewList, wording: Wording
    ) -> None:
        self.source, self.form = source, form
        self._journal, self._reviews, self._wording = journal, reviews, wording

    def batches(self, report: IngestReport) -> Sequence[tuple[Batch, Intake]]:
        """The readable batches in order; each unreadable one becomes a review item and is tried again."""
        readable = []
        unread: list[str] = []
        for batch in self.source.fetch_since(self._journal.cursors(self.form.name)):
            report.batches += 1
            if isinstance(batch, Unreadable):
                unread.append(self._unreadable(report, batch.name, Problem(batch.code, facts=batch.facts)))
                continue
            report.trouble += [f"{batch.name}: {self._wording.problem(note)}" for note in batch.notes]
            intake = read(batch.rows, self.form)
            if intake.problem:
                unread.append(self._unreadable(report, batch.name, intake.problem))
                continue
            readable.append((batch, intake))
        with self._journal.transaction():  # what is not complained of any more is mended, or was taken away
            self._reviews.close_others(f"file:{self.form.name}:", unread)
        return readable

    def settle(
        self, report: IngestReport, batch: Batch, taken: Sequence[Submission], refused: Sequence[RefusedRow]
    ) -> None:
        """Notes the refused rows of a batch, closes what is mended, and moves the cursor."""
        items = [self._refused(batch, row) for row in refused]
        still = {item.subject for item in items}
        self._reviews.note(items)
        if batch.complete:
            self._reviews.close_others(f"refused:{self.form.name}:{batch.name}:", still)
        else:
            mended = {self._subject(batch, submission.key) for submission in taken}
            self._reviews.close(mended - still)
        self._journal.set_cursor(self.form.name, batch.name, batch.cursor)
        report.refused += len(items)

    def _unreadable(self, report: IngestReport, name: str, problem: Problem) -> str:
        reason = self._wording.problem(problem)
        report.trouble.append(f"{name}: {reason}")
        subject = f"file:{self.form.name}:{name}"[:300]
        with self._journal.transaction():
            shown: dict[str, Cell] = {"file": name, "reason": reason}
            self._reviews.note([ReviewItem(subject, ReviewKind.UNREADABLE_FILE, shown=shown)])
        return subject

    def _subject(self, batch: Batch, key: str) -> str:
        return f"refused:{self.form.name}:{batch.name}:{key}"[:300]

    def _refused(self, batch: Batch, row: RefusedRow) -> ReviewItem:
        return ReviewItem(
            self._subject(batch, row.key),
            ReviewKind.REFUSED_ROW,
            shown={
                "file": batch.name,
                "row": str(row.row) if batch.complete else None,
                "column": row.column_title or None,
                "value": row.value or None,
                "reason": self._wording.problem(replace(row.problem, column="")),
            },
        )


class AddCases:
    """Submissions become cases: each gets its number, its row of the sheet and a line of history."""

    def __init__(
        self,
        cases: CaseStore,
        rows: RowStore,
        clock: Clock,
        places: Places,
        province: str,
        tombstones: Tombstones,
    ) -> None:
        self._cases, self._rows, self._clock = cases, rows, clock
        self._places, self._province, self._tombstones = places, province, tombstones

    def add(self, source: str, file: str, submissions: Sequence[Submission]) -> list[RowState]:
        """The new rows, in the order of the submissions. Inside the caller's transaction."""
        now = self._clock.now()
        local = (now + BANGKOK).replace(tzinfo=None)
        last: dict[int, int] = {}
        cases, answers, rows, events = [], [], [], []
        erased = self._tombstones.now()
        for submission in submissions:
            values = tidy(given(submission), self._places)
            year = fiscal_year_of(values.get("submitted_at"), local)
            if year not in last:
                last[year] = self._cases.last_number(year)
            key, last[year] = next_case(self._province, year, last[year], erased)
            values["case_id"] = key
            cases.append(NewCase(key, year, last[year], source, submission.key, now))
            answers.append(_answer(file, source, submission, key))
            rows.append(RowState(key, values=values))
            events.append(Event("cases", key, "submitted", "form", new=file))
        self._cases.add(cases, answers)
        self._rows.save("cases", rows, events)
        return rows


def next_case(province: str, year: int, last: int, erased: Erased) -> tuple[str, int]:
    """The case number after `last`, and its running number. That of an erased case is never given again, also by
    a ledger that does not know the case: other answers keep their numbers then."""
    while True:
        last += 1
        key = case_number(province, year, last)
        if not erased.case(key):
            return key, last


class IngestCases:
    """Form 2: each answer becomes one case, numbered in the order of the file (process.md section 2)."""

    def __init__(
        self,
        intaker: Intaker,
        add: AddCases,
        cases: CaseStore,
        rows: RowStore,
        journal: Journal,
        reviews: ReviewList,
        places: Places,
        tombstones: Tombstones,
    ) -> None:
        self._intaker, self._add, self._cases, self._rows = intaker, add, cases, rows
        self._journal, self._reviews, self._places = journal, reviews, places
        self._tombstones = tombstones

    def run(self) -> IngestReport:
        report = IngestReport()
        for batch, intake in self._intaker.batches(report):
            answers = list({submission.key: submission for submission in intake.submissions}.values())
            refused: list[RefusedRow] = []
            while len(answers) > AT_ONCE:
                with self._journal.transaction():
                    refused += self._take(batch, answers[:AT_ONCE], report)
                del answers[:AT_ONCE]
            with self._journal.transaction():
                refused += self._take(batch, answers, report)
                erased = self._tombstones.now()
                refused += [r for r in intake.refused if not erased.answer(self._intaker.form.name, r.key)]
                self._intaker.settle(report, batch, intake.submissions, refused)
        return report

    def _take(
        self, batch: Batch, submissions: Sequence[Submission], report: IngestReport
    ) -> list[RefusedRow]:
        """Each answer is there once; one that was erased is passed over. Returns the new ones of persons who are kept
        out."""
        source = self._intaker.form.name
        known = self._cases.known(source, [s.key for s in submissions])
        erased = self._tombstones.now()
        unknown = [s for s in submissions if s.key not in known and not erased.answer(source, s.key)]
        fresh = [s for s in unknown if not erased.kept_out(s.answers.get("national_id"))]
        taken = {submission.key for submission in fresh}
        refused = [_kept_out(s) for s in unknown if s.key not in taken]
        report.erased += len(submissions) - len(known) - len(unknown)
        self._add.add(source, batch.name, fresh)
        edited = [s for s in submissions if s.key in known and s.response_id]
        report.new += len(fresh)
        report.again += len(known)
        report.edited += self._edit(batch, edited, known)
        return refused

    def _edit(self, batch: Batch, edited: Sequence[Submission], known: Mapping[str, str]) -> int:
        """An answer that its sender edited: what staff have not corrected follows it; the rest is a conflict."""
        source = self._intaker.form.name
        before = self._cases.latest_answers(source, [submission.key for submission in edited])
        edited = [_with_older(s, before.get(s.key, {}), batch.unasked) for s in edited]
        changed = [s for s in edited if before.get(s.key) != given(s)]
        states = self._rows.load("cases", [known[s.key] for s in changed])
        events: list[Event] = []
        for submission in changed:
            state = states[known[submission.key]]
            old = tidy(before.get(submission.key, {}), self._places)
            self._follow(state, old, tidy(given(submission), self._places), events)
        self._reviews.note(
            [
                conflict(event.key, event.column, event.old, event.new)
                for event in events
                if event.why == "conflict"
            ]
        )
        self._rows.save("cases", list(states.values()), events)
        self._cases.add_answers([_answer(batch.name, source, s, known[s.key]) for s in changed])
        return len(changed)

    def _follow(
        self, state: RowState, old: Mapping[str, Cell], new: Mapping[str, Cell], events: list[Event]
    ) -> None:
        for column in sorted({*old, *new}):
            was, now = old.get(column), new.get(column)
            if was == now or column == "submitted_at":
                continue
            current = state.values.get(column)
            if current == was:
                state.values[column] = now
                events.append(Event("cases", state.key, "edited", "form", column, was, now))
            elif current != now:
                events.append(Event("cases", state.key, "conflict", "form", column, current, now))
            else:  # the sender came round to what staff wrote
                self._reviews.close([conflict(state.key, column, current, now).subject])
        state.dirty, state.settled = True, state.presence is Presence.GONE


def _kept_out(submission: Submission) -> RefusedRow:
    """Without a word of the answer."""
    return RefusedRow(submission.row, "", "", Problem("person_kept_out"), submission.key)


def conflict(case: str, column: str, sheet: Cell, form: Cell) -> ReviewItem:
    """Sheet and form disagree about a cell; both values are shown, and a person chooses."""
    return ReviewItem(
        f"conflict:{case}:{column}",
        ReviewKind.CONFLICT,
        case,
        shown={"column": column, "value": as_text(sheet) or None, "other": as_text(form) or None},
        facts={"column": column, "sheet": sheet, "form": form},
    )


def given(submission: Submission) -> dict[str, Cell]:
    """What it answers, with the time of its sending."""
    stamp = submission.submitted_at or submission.typed_at
    return {"submitted_at": stamp, **{k: v for k, v in submission.answers.items() if v not in (None, "")}}


def _with_older(submission: Submission, before: Mapping[str, Cell], unasked: Collection[str]) -> Submission:
    """With its older answers to questions that were not asked this time: nobody took those back."""
    answers = submission.answers
    older = {
        column: cell
        for column, cell in before.items()
        if column != "submitted_at"
        and (column not in answers or (column in unasked and answers[column] in (None, "")))
    }
    return replace(submission, answers={**answers, **older}) if older else submission


def _answer(file: str, source: str, submission: Submission, case: str) -> Answer:
    return Answer(source, submission.key, case, file, submission.row, given(submission))


class IngestAccess:
    """Form 1: one request per mailbox; asking again is noted, and makes no second row (process.md section 1).
    What came before a source that cannot be reached is in the ledger."""

    def __init__(
        self,
        intakers: Sequence[Intaker],
        accounts: AccountStore,
        rows: RowStore,
        journal: Journal,
        clock: Clock,
        fold_gmail: bool,
    ) -> None:
        self._intakers, self._accounts, self._rows = intakers, accounts, rows
        self._journal, self._clock, self._fold_gmail = journal, clock, fold_gmail

    def run(self) -> IngestReport:
        report = IngestReport()
        for intaker in self._intakers:
            for batch, intake in intaker.batches(report):
                with self._journal.transaction():
                    refused = self._take(batch, intake.submissions, report)
                    intaker.settle(report, batch, intake.submissions, [*intake.refused, *refused])
        return report

    def _take(
        self, batch: Batch, submissions: Sequence[Submission], report: IngestReport
    ) -> list[RefusedRow]:
        known = self._accounts.known_responses([submission.key for submission in submissions])
        refused, rows, events = [], [], []
        requests: dict[str, Request] = {}
        number = self._accounts.next_number()
        for submission in submissions:
            address, problem = read_email(submission.answers.get("email"))
            broken = problem if problem and problem.code == "email_line_break" else _broken_name(submission)
            if broken:
                refused.append(_refuse(submission, broken))
                continue
            if submission.key in known:
                report.again += 1
                continue
            mailbox = self._mailbox(address, problem, submission)
            earlier = requests.get(mailbox) or self._accounts.by_email([mailbox]).get(mailbox)
            if earlier is not None:
                requests[mailbox] = _asked_again(earlier)
                report.again += 1
                continue
            key = str(number)
            number += 1
            requests[mailbox] = Request(key, mailbox, State.PENDING)
            rows.append(RowState(key, values={"number": int(key), **self._values(submission)}))
            events.append(Event("access", key, "asked", "form", new=batch.name))
            report.new += 1
        self._accounts.save(list(requests.values()))
        self._rows.save("access", rows, events)
        self._touch([request.key for request in requests.values()])
        self._accounts.remember_responses([s.key for s in submissions if s.key not in known])
        return refused

    def _touch(self, keys: Sequence[str]) -> None:
        states = self._rows.load("access", keys)
        for state in states.values():
            state.dirty = True
        self._rows.save("access", list(states.values()))

    def _mailbox(self, address: str, problem: Problem | None, submission: Submission) -> str:
        if problem:
            return f"response:{submission.key}"[:254]
        return email_key(address, fold_gmail=self._fold_gmail)

    def _values(self, submission: Submission) -> dict[str, Cell]:
        stamp: datetime = submission.submitted_at or (self._clock.now() + timedelta(hours=7)).replace(
            tzinfo=None
        )
        cells: dict[str, Cell] = {k: v for k, v in submission.answers.items() if v not in (None, "")}
        number = phone.parse(cells.get("phone"))
        if number.value is not None and number.problem is None:
            cells["phone"] = number.value
        cells = {key: canonical(value, ACCESS[key][1]) for key, value in cells.items()}
        return {"date": stamp.date(), "time": f"{stamp:%H:%M:%S}", **cells}


def _broken_name(submission: Submission) -> Problem | None:
    for column in ("first_name", "last_name", "org", "phone", "last4"):
        value = submission.answers.get(column)
        if isinstance(value, str) and any(mark in value.strip() for mark in "\r\n"):
            return Problem("line_break", value, column)
    return None


def _refuse(submission: Submission, problem: Problem) -> RefusedRow:
    return RefusedRow(submission.row, problem.column, problem.value, problem, submission.key)


def _asked_again(request: Request) -> Request:
    return Request(
        request.key,
        request.email_key,
        request.state,
        request.approvals,
        request.account,
        request.asked_again + 1,
    )

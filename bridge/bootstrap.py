"""The composition root: the only place that knows adapters. Builds the office of a workspace."""

from __future__ import annotations

import hashlib
import logging
import random
import secrets
import shutil
import traceback
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, is_dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn, TypeVar
from zoneinfo import ZoneInfo

from django.db import DatabaseError

from bridge.adapters.clock import SystemClock
from bridge.adapters.forms.export_file import ExportFolder, read_file
from bridge.adapters.ledger.backup import back_up
from bridge.adapters.ledger.connection import close_ledger, open_ledger
from bridge.adapters.mail.evidence import Evidence, ImapSettings, LogFile, LogSettings, SentMailbox
from bridge.adapters.mail.folder import FolderMailer
from bridge.adapters.mail.message import Sender
from bridge.adapters.mail.render import MailRenderer
from bridge.adapters.mail.smtp import Security, SmtpMailer, SmtpSettings
from bridge.adapters.places import load_places
from bridge.adapters.workbooks.xlsx import XlsxWorkbook
from bridge.adapters.workbooks.xlsx_summary import XlsxSummaryBook
from bridge.application.access_round import AccessRound
from bridge.application.approve_access import ApproveAccess
from bridge.application.cases_round import CasesRound
from bridge.application.cycle import Cycle, Lease
from bridge.application.decide_reviews import DecideReviews
from bridge.application.deliver_mail import DeliverMail, DeliverySettings, PatientMailer
from bridge.application.derive_cases import DeriveCases
from bridge.application.errors import ConfigurationError, SaphanError
from bridge.application.import_register import ImportRegister
from bridge.application.ingest import IngestAccess, IngestCases, Intaker
from bridge.application.ports.clock import Clock
from bridge.application.ports.forms import Batch, FormSource, Unreadable
from bridge.application.ports.journal import Run
from bridge.application.ports.reviews import ReviewKind, ReviewState
from bridge.application.ports.summaries import SummaryBook
from bridge.application.ports.workbooks import Workbook
from bridge.application.preflight import Preflight
from bridge.application.publish import Publish
from bridge.application.reconcile import TableRules, TableSync
from bridge.application.restore import Restore
from bridge.application.review_list import ReviewList
from bridge.application.status import Status
from bridge.application.summarise import Summarise
from bridge.config import Province, load, secret
from bridge.domain.access import AccessWords, Role, State
from bridge.domain.columns import Table
from bridge.domain.summary import Categories
from bridge.domain.summary_tables import SummaryWords
from bridge.domain.values.places import Places
from bridge.messages import Messages
from bridge.settings import django_settings, postgresql_database, sqlite_database
from bridge.workspace import CONFIG, TEMPLATES, Workspace

T = TypeVar("T")
BANGKOK = ZoneInfo("Asia/Bangkok")
PROGRAM_RULES = "1"  # grows when the program computes something about a case in another way


@dataclass(frozen=True)
class Ports:
    """Everything that reaches the world. Tests put their own in the place of one."""

    clock: Clock
    journal: Any
    rows: Any
    cases: Any
    reviews: Any
    accounts: Any
    outbox: Any
    mailer: PatientMailer
    case_form: FormSource
    access_form: FormSource
    cases_book: Workbook
    access_book: Workbook
    summary_book: SummaryBook


@dataclass(frozen=True)
class Office:
    """The use cases of one workspace, ready to run."""

    workspace: Workspace
    province: Province
    messages: Messages
    places: Places
    ports: Ports
    cycle: Cycle
    lease: Lease
    deliver: DeliverMail
    publish: Publish
    summarise: Summarise
    restore: Restore
    import_register: ImportRegister
    preflight: Preflight
    status: Status

    def back_up(self) -> Path:
        """Raises OutsideError; ConfigurationError where the ledger is not a file."""
        if self.province.ledger.engine != "sqlite":
            raise ConfigurationError("backup_elsewhere")
        local = self.ports.clock.now() + timedelta(hours=7)
        keep = self.province.schedule.backups_kept
        return back_up(self.workspace.ledger, self.workspace.backups, local, keep)

    def read_file(self, path: Path) -> Batch | Unreadable:
        """A table file (.csv, .xlsx, .zip) outside the inbox, read as a form download is."""
        return read_file(path)

    def table(self, name: str) -> Table:
        return self.province.table(name)  # type: ignore[arg-type]  # one of the three names


def load_messages() -> Messages:
    return Messages.load(CONFIG)


def create(root: Path) -> Workspace:
    """Makes a workspace, or completes one: what is there already stays as it is."""
    workspace = Workspace(root)
    for folder in workspace.folders():
        folder.mkdir(parents=True, exist_ok=True)
    if not workspace.province_file.exists():
        shutil.copyfile(CONFIG / "sisaket.toml", workspace.province_file)
    province = load(workspace.province_file)
    _open_database(workspace, province)
    office = build(workspace, province)
    if not workspace.access_book.exists():
        office.ports.access_book.create([province.table("access")])
    if not workspace.cases_book.exists():
        office.ports.cases_book.create([province.table("cases"), province.table("reviews")])
    if not workspace.summary_book.exists():
        office.summarise.run()
    return workspace


def open_office(root: Path) -> Office:
    """The office of a workspace. Raises InvalidProvince or ConfigurationError."""
    workspace = Workspace(root)
    if not workspace.is_one():
        refuse_workspace(root)
    province = load(workspace.province_file)
    for folder in workspace.folders():
        folder.mkdir(parents=True, exist_ok=True)
    _open_database(workspace, province)
    return build(workspace, province)


def refuse_workspace(root: Path) -> NoReturn:
    raise ConfigurationError("not_a_workspace", folder=str(root))


def close() -> None:
    close_ledger()


def local_time(moment: datetime) -> datetime:
    """The wall clock of Asia/Bangkok."""
    return moment.astimezone(BANGKOK)


def is_ledger_failure(error: Exception) -> bool:
    """The database cannot be reached, read or written."""
    return isinstance(error, DatabaseError)


def log_unexpected(error: Exception) -> None:
    """Where it happened, without the values that were at hand: they may be a person's."""
    frames = [
        f"{Path(f.filename).name}:{f.lineno}:{f.name}" for f in traceback.extract_tb(error.__traceback__)
    ]
    facts = {"kind": type(error).__name__, "trace": frames[-12:]}
    logging.getLogger("saphan").error("unexpected", extra={"facts": facts})


def recorded(office: Office, kind: str, work: Callable[[], T]) -> T:
    """Runs a use case under the lease and records the run, also a failed one."""
    clock, journal = office.ports.clock, office.ports.journal
    started = clock.now()
    with office.lease():
        try:
            result = work()
        except SaphanError as error:
            report = {"trouble": [error.code]}
            journal.record_run(Run(kind, started, clock.now(), error.exit_code, report))
            raise
        counts = asdict(result) if is_dataclass(result) and not isinstance(result, type) else {}
        journal.record_run(Run(kind, started, clock.now(), 0, counts))
    logging.getLogger("saphan").info(kind, extra={"facts": counts})
    return result


def rebuild_workbook(office: Office, name: str) -> tuple[str, str, int]:
    """Makes a workbook anew from the ledger, the old file kept in backups/. Returns (file, old file, rows)."""
    book = office.workspace.cases_book if name == "cases" else office.workspace.access_book
    stamp = f"{local_time(office.ports.clock.now()):%Y%m%d-%H%M%S}"
    kept = office.workspace.backups / f"{book.stem}-{stamp}{book.suffix}"
    if book.exists():
        shutil.copy2(book, kept)
    count = office.restore.workbook(name)
    return str(book), str(kept) if kept.exists() else "-", count


def _open_database(workspace: Workspace, province: Province) -> None:
    if province.ledger.engine == "postgresql":
        database = postgresql_database(province.ledger, secret("BRIDGE_LEDGER_PASSWORD"))
    else:
        database = sqlite_database(workspace.ledger)
    open_ledger(django_settings(database, _secret_key(workspace.secret_key)))


def _secret_key(path: Path) -> str:
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(48), encoding="ascii")
    return path.read_text(encoding="ascii")


# ------------------------------------------------------------------------------------------------ ports


def real_ports(workspace: Workspace, province: Province, clock: Clock | None = None) -> Ports:
    # Django must be set up before its models can be imported.
    from bridge.adapters.ledger.accounts import DjangoAccounts  # noqa: PLC0415
    from bridge.adapters.ledger.cases import DjangoCases  # noqa: PLC0415
    from bridge.adapters.ledger.journal import DjangoJournal  # noqa: PLC0415
    from bridge.adapters.ledger.outbox import DjangoOutbox  # noqa: PLC0415
    from bridge.adapters.ledger.reviews import DjangoReviews  # noqa: PLC0415
    from bridge.adapters.ledger.rows import DjangoRows  # noqa: PLC0415

    clock = clock or SystemClock()
    return Ports(
        clock=clock,
        journal=DjangoJournal(),
        rows=DjangoRows(clock),
        cases=DjangoCases(clock),
        reviews=DjangoReviews(),
        accounts=DjangoAccounts(),
        outbox=DjangoOutbox(province.portal.base_url, _domain(province)),
        mailer=_mailer(workspace, province, clock),
        case_form=ExportFolder(workspace.inbox_cases),
        access_form=ExportFolder(workspace.inbox_access),
        cases_book=XlsxWorkbook(workspace.cases_book),
        access_book=XlsxWorkbook(workspace.access_book),
        summary_book=XlsxSummaryBook(workspace.summary_book),
    )


def _domain(province: Province) -> str:
    return province.mail.from_address.rpartition("@")[2]


def _mailer(workspace: Workspace, province: Province, clock: Clock) -> PatientMailer:
    mail = province.mail
    sender = Sender(mail.from_address, mail.from_name)
    if mail.backend == "folder":
        return FolderMailer(workspace.outbox, sender, clock)
    smtp = mail.smtp
    settings = SmtpSettings(
        host=smtp.host,
        sender=sender,
        port=smtp.port,
        user=smtp.user,
        password=secret("BRIDGE_SMTP_PASSWORD", _inside(workspace, smtp.password_file)),
        security=Security(smtp.security),
        ca_file=Path(_inside(workspace, smtp.ca_file)) if smtp.ca_file else None,
        timeout=smtp.timeout_seconds,
        settle_after=timedelta(minutes=mail.settle_minutes),
    )
    return SmtpMailer(settings, clock, _evidence(workspace, province))


def _evidence(workspace: Workspace, province: Province) -> Evidence | None:
    part = province.mail.evidence
    sources: list[LogFile | SentMailbox] = []
    if part.log_file:
        sources.append(LogFile(LogSettings(Path(_inside(workspace, part.log_file)), complete=part.complete)))
    if part.imap_host:
        password = secret("BRIDGE_IMAP_PASSWORD") or secret("BRIDGE_SMTP_PASSWORD")
        sources.append(
            SentMailbox(
                ImapSettings(
                    host=part.imap_host,
                    user=part.imap_user,
                    password=password,
                    port=part.imap_port,
                    mailbox=part.imap_mailbox,
                    complete=part.complete,
                )
            )
        )
    return Evidence(sources) if sources else None


def _inside(workspace: Workspace, path: str) -> str:
    """A relative path of the province file is relative to the workspace."""
    return str(workspace.root / path) if path else ""


# ------------------------------------------------------------------------------------------------ use cases


def build(workspace: Workspace, province: Province, ports: Ports | None = None) -> Office:
    """The office on these ports (the real ones by default)."""
    ports = ports or real_ports(workspace, province)
    messages = load_messages()
    areas = province.areas
    places = load_places(province.province.name, areas.extra, areas.amphoe_aliases)
    parts = _Parts(workspace, province, ports, messages, places)
    lease = Lease(ports.journal, ports.clock, _holder())
    deliver = parts.deliver()
    cycle = Cycle(
        lease=lease,
        ingest_cases=parts.ingest_cases(),
        ingest_access=parts.ingest_access(),
        cases_round=parts.cases_round(),
        access_round=parts.access_round(),
        deliver=deliver,
        outbox=ports.outbox,
        journal=ports.journal,
        clock=ports.clock,
        mark_all_dirty=parts.mark_all_dirty,
        fingerprint=_fingerprint(workspace),
    )
    return Office(
        workspace=workspace,
        province=province,
        messages=messages,
        places=places,
        ports=ports,
        cycle=cycle,
        lease=lease,
        deliver=deliver,
        publish=Publish(ports.cases, ports.rows, ports.clock, province.workflow()),
        summarise=parts.summarise(),
        restore=parts.restore(),
        import_register=ImportRegister(
            ports.cases,
            ports.journal,
            messages,
            province.register_.columns,
            province.register_.required,
        ),
        preflight=parts.preflight(),
        status=Status(ports.rows, ports.cases, ports.reviews, ports.accounts, ports.outbox, ports.journal),
    )


def _holder() -> str:
    from bridge.adapters.ledger.journal import this_process  # noqa: PLC0415  # needs Django set up

    return this_process()


def _fingerprint(workspace: Workspace) -> str:
    content = workspace.province_file.read_bytes() if workspace.province_file.exists() else b""
    return hashlib.sha256(PROGRAM_RULES.encode() + content).hexdigest()


@dataclass(frozen=True)
class _Parts:
    """Builds each use case from the same ports."""

    workspace: Workspace
    province: Province
    ports: Ports
    messages: Messages
    places: Places

    @property
    def review_list(self) -> ReviewList:
        reviews = self.province.reviews
        return ReviewList(
            self.ports.reviews,
            self.ports.rows,
            self.ports.clock,
            self.messages,
            {kind: getattr(reviews.kinds, kind.value) for kind in ReviewKind},
            {state: getattr(reviews.states, state.value) for state in ReviewState},
            {
                column.key: column.header
                for name in ("access", "cases")
                for column in self.province.table(name).columns
            },
        )

    @property
    def case_rules(self) -> TableRules:
        anchors = ("submitted_at", "person_name", "problem")
        return TableRules(self.province.table("cases"), anchors, "review", guard_loss=True)

    @property
    def review_rules(self) -> TableRules:
        return TableRules(self.province.table("reviews"), ("found_at", "reason"), "status", guard_loss=False)

    @property
    def access_rules(self) -> TableRules:
        anchors = ("email", "first_name", "last_name")
        return TableRules(self.province.table("access"), anchors, "note", guard_loss=True)

    def _intaker(self, source: FormSource, name: Any) -> Intaker:
        form = self.province.form(name)
        return Intaker(source, form, self.ports.journal, self.review_list, self.messages)

    def ingest_cases(self) -> IngestCases:
        ports = self.ports
        return IngestCases(
            self._intaker(ports.case_form, "cases"),
            ports.cases,
            ports.rows,
            ports.journal,
            self.review_list,
            ports.clock,
            self.places,
            self.province.province.code,
        )

    def ingest_access(self) -> IngestAccess:
        ports = self.ports
        return IngestAccess(
            self._intaker(ports.access_form, "access"),
            ports.accounts,
            ports.rows,
            ports.journal,
            ports.clock,
            self.province.access.fold_gmail,
        )

    def _sync(self, rules: TableRules, book: Workbook) -> TableSync:
        return TableSync(rules, self.ports.rows, self.ports.journal, self.messages, book.max_text)

    def cases_round(self) -> CasesRound:
        ports, province = self.ports, self.province
        review_list = self.review_list
        decide = DecideReviews(
            ports.reviews,
            review_list,
            ports.rows,
            province.reviews.decisions.model_dump(),
            self.messages.text("flag", "decision_unknown"),
        )
        return CasesRound(
            ports.cases_book,
            self._sync(self.case_rules, ports.cases_book),
            self._sync(self.review_rules, ports.cases_book),
            ports.cases,
            ports.rows,
            ports.journal,
            review_list,
            decide,
            self._derive(review_list),
            ports.clock,
            province.province.code,
        )

    def _derive(self, review_list: ReviewList) -> DeriveCases:
        ports, province = self.ports, self.province
        return DeriveCases(
            province.table("cases"),
            ports.cases,
            ports.rows,
            ports.journal,
            ports.reviews,
            review_list,
            self.messages,
            self.places,
            province.workflow(),
            province.reviews.decisions.not_same,
        )

    def access_round(self) -> AccessRound:
        ports, province = self.ports, self.province
        access = province.access
        words = AccessWords(
            tuple(access.approve),
            tuple(access.refuse),
            {role: getattr(access.roles, role.value) for role in Role},
            access.fold_gmail,
        )
        approve = ApproveAccess(
            province.table("access"),
            ports.accounts,
            ports.outbox,
            ports.rows,
            self.messages,
            ports.clock,
            words,
            self.places,
            {state: getattr(access.states, state.value) for state in State},
        )
        return AccessRound(
            ports.access_book,
            self._sync(self.access_rules, ports.access_book),
            ports.accounts,
            ports.rows,
            ports.journal,
            approve,
            access.fold_gmail,
        )

    def deliver(self) -> DeliverMail:
        mail, office = self.province.mail, self.province.province
        contact = [line for line in (office.phone, office.email, office.line) if line]
        settings = DeliverySettings(
            message_domain=_domain(self.province),
            common={"office": office.office, "contact": contact},
            daily_limit=mail.daily_limit,
            max_attempts=mail.max_attempts,
            link_life=timedelta(hours=self.province.portal.link_hours),
        )
        renderer = MailRenderer(TEMPLATES / "mail")
        chance = random.SystemRandom().random
        return DeliverMail(self.ports.outbox, self.ports.mailer, renderer, self.ports.clock, settings, chance)

    def summarise(self) -> Summarise:
        rules = self.province.rules
        categories = Categories(
            types=tuple(rules.case_types),
            operations=tuple(dict.fromkeys(rule.operation for rule in rules.steps)),
            steps=tuple(dict.fromkeys(rule.step for rule in rules.outcomes)),
            outcomes=tuple(dict.fromkeys(rule.outcome for rule in rules.outcomes)),
            amphoes=tuple(self.places.amphoes()),
            waiting=rules.waiting,
            received=rules.received,
            helped=rules.helped,
        )
        ports = self.ports
        words = summary_words(self.messages.section("summary"))
        return Summarise(
            ports.summary_book,
            ports.cases,
            ports.rows,
            ports.clock,
            self.province.workflow(),
            categories,
            words,
        )

    def preflight(self) -> Preflight:
        ports, province = self.ports, self.province
        return Preflight(
            [
                (ports.access_book, [self._sync(self.access_rules, ports.access_book)]),
                (
                    ports.cases_book,
                    [self._sync(rules, ports.cases_book) for rules in (self.case_rules, self.review_rules)],
                ),
            ],
            [(ports.access_form, province.form("access")), (ports.case_form, province.form("cases"))],
            ports.outbox,
            ports.outbox,
            ports.rows,
            self.messages,
            ports.journal.damage,
            self._try_mail,
            self._advice(),
        )

    def _try_mail(self) -> None:
        with self.ports.mailer.session():
            pass

    def _advice(self) -> list[str]:
        province, advice = self.province, []
        if province.mail.backend == "folder":
            advice.append("mail_folder")
        if province.portal.base_url.endswith(".invalid"):
            advice.append("portal_url")
        if province.mail.from_address.endswith(".invalid"):
            advice.append("sender")
        if province.ledger.engine == "sqlite" and not list(self.workspace.backups.glob("ledger-*.sqlite3")):
            advice.append("no_backup")
        return advice

    def restore(self) -> Restore:
        tables = self.province.table
        return Restore(
            self.ports.rows,
            self.ports.journal,
            {
                "cases": (self.ports.cases_book, [tables("cases"), tables("reviews")]),
                "access": (self.ports.access_book, [tables("access")]),
            },
        )

    def mark_all_dirty(self) -> None:
        for table in ("cases", "access"):
            self.ports.rows.mark_all_dirty(table)


def summary_words(section: Mapping[str, str]) -> SummaryWords:
    return SummaryWords(**section)


def with_ports(office: Office, **changes: Any) -> Office:
    """The same office on other ports."""
    return build(office.workspace, office.province, replace(office.ports, **changes))

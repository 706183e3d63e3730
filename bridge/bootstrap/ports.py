"""The real ports of a workspace: which adapter stands behind each."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from bridge.adapters.attachments.check import ContentCheck
from bridge.adapters.attachments.folder import FileFolder
from bridge.adapters.clock import SystemClock, pause
from bridge.adapters.erasure_file import ErasureLines
from bridge.adapters.forms.export_file import ExportFolder
from bridge.adapters.mail.evidence import Evidence, ImapSettings, LogFile, LogSettings, SentMailbox
from bridge.adapters.mail.folder import FolderMailer
from bridge.adapters.mail.message import Sender
from bridge.adapters.mail.smtp import Security, SmtpMailer, SmtpSettings
from bridge.adapters.workbooks.refused_rows import RefusedFolder
from bridge.adapters.workbooks.xlsx import XlsxWorkbook
from bridge.adapters.workbooks.xlsx_summary import XlsxSummaryBook
from bridge.application.deliver_mail import PatientMailer
from bridge.application.errors import ConfigurationError
from bridge.application.ports.attachments import FileCheck, FileStore
from bridge.application.ports.clock import Clock
from bridge.application.ports.erasures import ErasureFile
from bridge.application.ports.forms import FormSource
from bridge.application.ports.register_imports import RefusedRows
from bridge.application.ports.summaries import SummaryBook
from bridge.application.ports.workbooks import Workbook
from bridge.bootstrap.google import OnGoogle
from bridge.config import Province, secret
from bridge.domain.values.thai_date import BANGKOK
from bridge.messages import Messages
from bridge.workspace import Workspace


@dataclass(frozen=True)
class Ports:
    """Everything that reaches the world. Tests put their own in the place of one."""

    clock: Clock
    journal: Any
    rows: Any
    cases: Any
    matching: Any
    reviews: Any
    payments: Any
    accounts: Any
    outbox: Any
    passwords: Any
    read_log: Any
    api_clients: Any
    case_columns: Any
    people: Any
    mails: Any
    records: Any
    erasures: Any
    erasure_file: ErasureFile
    web_answers: Any
    attachments: Any
    file_store: FileStore
    file_check: FileCheck
    register: Any
    register_imports: Any
    refused_rows: RefusedRows
    tracking: Any
    mailer: PatientMailer
    case_form: FormSource
    access_form: FormSource
    cases_book: Workbook
    access_book: Workbook
    summary_book: SummaryBook
    shares: Any
    google: OnGoogle


def real_ports(
    workspace: Workspace,
    province: Province,
    messages: Messages,
    clock: Clock | None = None,
    wait: Callable[[float], None] = pause,
) -> Ports:
    """`wait` passes some seconds; it goes with the clock."""
    # Django must be set up before its models can be imported.
    from bridge.adapters.ledger.accounts import DjangoAccounts  # noqa: PLC0415
    from bridge.adapters.ledger.journal import DjangoJournal, this_process  # noqa: PLC0415
    from bridge.adapters.ledger.operations import DjangoOperations, DjangoShares  # noqa: PLC0415
    from bridge.adapters.ledger.outbox import DjangoOutbox  # noqa: PLC0415
    from bridge.adapters.ledger.rows import DjangoRows  # noqa: PLC0415

    clock = clock or SystemClock()
    journal, rows = DjangoJournal(), DjangoRows(clock)
    google = OnGoogle(
        workspace, province, messages, clock, wait, journal, rows, DjangoOperations(), this_process()
    )
    return Ports(
        clock=clock,
        journal=journal,
        rows=rows,
        **_cases(clock),
        accounts=DjangoAccounts(),
        outbox=DjangoOutbox(province.portal.base_url, domain_of(province)),
        **_doors(),
        **_desk(),
        erasure_file=ErasureLines(workspace.erasures),
        **_searches(),
        refused_rows=RefusedFolder(workspace.refused_register, lambda: clock.now().astimezone(BANGKOK)),
        **_files(workspace),
        mailer=_mailer(workspace, province, clock, google),
        shares=DjangoShares(),
        google=google,
        **_forms_and_books(workspace, province, google),
    )


def _cases(clock: Clock) -> dict[str, Any]:
    from bridge.adapters.ledger.case_columns import DjangoCaseColumns  # noqa: PLC0415
    from bridge.adapters.ledger.cases import DjangoCases  # noqa: PLC0415
    from bridge.adapters.ledger.matching import DjangoMatching  # noqa: PLC0415
    from bridge.adapters.ledger.payments import DjangoPayments  # noqa: PLC0415
    from bridge.adapters.ledger.reviews import DjangoReviews  # noqa: PLC0415

    return {
        "cases": DjangoCases(clock),
        "case_columns": DjangoCaseColumns(),
        "matching": DjangoMatching(),
        "reviews": DjangoReviews(),
        "payments": DjangoPayments(clock),
    }


def _searches() -> dict[str, Any]:
    """What the portal searches, and where it keeps answers for the cycle."""
    from bridge.adapters.ledger.register import DjangoRegister  # noqa: PLC0415
    from bridge.adapters.ledger.register_imports import DjangoRegisterImports  # noqa: PLC0415
    from bridge.adapters.ledger.tracking import DjangoTracking  # noqa: PLC0415
    from bridge.adapters.ledger.web_answers import DjangoWebAnswers  # noqa: PLC0415

    return {
        "register": DjangoRegister(),
        "register_imports": DjangoRegisterImports(),
        "tracking": DjangoTracking(),
        "web_answers": DjangoWebAnswers(),
    }


def _files(workspace: Workspace) -> dict[str, Any]:
    """What is attached to cases."""
    from bridge.adapters.ledger.attachments import DjangoAttachments  # noqa: PLC0415

    store = FileFolder(workspace.attachments)
    return {"attachments": DjangoAttachments(), "file_store": store, "file_check": ContentCheck()}


def _desk() -> dict[str, Any]:
    """What staff and admins look through in the portal."""
    from bridge.adapters.ledger.desk import DjangoMails, DjangoPeople, DjangoRecords  # noqa: PLC0415
    from bridge.adapters.ledger.erasures import DjangoErasures  # noqa: PLC0415

    return {
        "people": DjangoPeople(),
        "mails": DjangoMails(),
        "records": DjangoRecords(),
        "erasures": DjangoErasures(),
    }


def _doors() -> dict[str, Any]:
    """Who gets in, and who looked at whom."""
    from bridge.adapters.ledger.api_clients import DjangoApiClients  # noqa: PLC0415
    from bridge.adapters.ledger.passwords import DjangoPasswords  # noqa: PLC0415
    from bridge.adapters.ledger.read_log import DjangoReadLog  # noqa: PLC0415

    return {"passwords": DjangoPasswords(), "read_log": DjangoReadLog(), "api_clients": DjangoApiClients()}


def _forms_and_books(workspace: Workspace, province: Province, google: OnGoogle) -> dict[str, Any]:
    """Each part on Google or in the workspace, as the province chose."""
    part = province.google
    return {
        "case_form": google.form("cases")
        if part.cases_form.on_google
        else ExportFolder(workspace.inbox_cases),
        "access_form": google.form("access")
        if part.access_form.on_google
        else ExportFolder(workspace.inbox_access),
        "cases_book": google.workbook("cases")
        if part.on_google("cases")
        else XlsxWorkbook(workspace.cases_book),
        "access_book": google.workbook("access")
        if part.on_google("access")
        else XlsxWorkbook(workspace.access_book),
        "summary_book": google.summary_book()
        if part.on_google("summary")
        else XlsxSummaryBook(workspace.summary_book),
    }


def secret_key(path: Path) -> str:
    """The workspace's own secret, made when it is first asked for."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(48), encoding="ascii")
    return path.read_text(encoding="ascii")


def domain_of(province: Province) -> str:
    return province.mail.from_address.rpartition("@")[2]


def _mailer(workspace: Workspace, province: Province, clock: Clock, google: OnGoogle) -> PatientMailer:
    mail = province.mail
    sender = Sender(mail.from_address, mail.from_name)
    if mail.backend == "folder":
        return FolderMailer(workspace.outbox, sender, clock)
    if mail.backend == "gmail":
        return google.mailer(sender)
    smtp = mail.smtp
    settings = SmtpSettings(
        host=smtp.host,
        sender=sender,
        port=smtp.port,
        user=smtp.user,
        password=_password(workspace, smtp.password_file),
        security=Security(smtp.security),
        ca_file=Path(_inside(workspace, smtp.ca_file)) if smtp.ca_file else None,
        timeout=smtp.timeout_seconds,
        settle_after=timedelta(minutes=mail.settle_minutes),
        token=google.mail_token() if smtp.auth == "xoauth2" else None,
    )
    return SmtpMailer(settings, clock, _evidence(workspace, province, google))


def _password(workspace: Workspace, file: str) -> str:
    """Raises ConfigurationError for a password file that is missing, or that others can read."""
    path = Path(_inside(workspace, file))
    if file:
        if not path.is_file():
            raise ConfigurationError("password_file_missing", file=path)
        if os.name == "posix" and path.stat().st_mode & 0o077:
            raise ConfigurationError("password_file_open", file=path)
    return secret("BRIDGE_SMTP_PASSWORD", str(path) if file else "")


def _evidence(workspace: Workspace, province: Province, google: OnGoogle) -> Evidence | None:
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
                    token=google.mail_token() if part.imap_auth == "xoauth2" else None,
                )
            )
        )
    return Evidence(sources) if sources else None


def _inside(workspace: Workspace, path: str) -> str:
    """A relative path of the province file is relative to the workspace."""
    return str(workspace.root / path) if path else ""

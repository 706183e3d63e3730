"""The composition root: the only place that knows adapters. Builds the office of a workspace."""

from __future__ import annotations

import hashlib
import logging
import shutil
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, is_dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, NoReturn, TypeVar
from zoneinfo import ZoneInfo

from django.db import DatabaseError

from bridge.adapters.forms.register_file import open_register
from bridge.adapters.ledger.backup import back_up
from bridge.adapters.ledger.connection import close_ledger, open_ledger
from bridge.adapters.ledger.together import take_turns
from bridge.adapters.places import load_places
from bridge.adapters.workbooks.xlsx_summary import XlsxSummaryBook
from bridge.adapters.workbooks.xlsx_tables import tables_file
from bridge.application.admin_desk import AdminDesk
from bridge.application.api_clients import ApiClients
from bridge.application.attach_files import AttachFiles
from bridge.application.case_money import CaseMoney
from bridge.application.cycle import Cycle, Lease
from bridge.application.decide_access import DecideAccess
from bridge.application.decide_reviews import DecideReviews
from bridge.application.deliver_mail import DeliverMail
from bridge.application.erase import Erase
from bridge.application.errors import Busy, ConfigurationError, OutsideError, SaphanError
from bridge.application.hand_out import HandOut, Sheet
from bridge.application.import_register import ImportRegister
from bridge.application.mend_cases import MendCases
from bridge.application.overview import Overview
from bridge.application.passwords import Passwords
from bridge.application.ports.forms import Unreadable
from bridge.application.ports.journal import Run
from bridge.application.ports.register_imports import RegisterFile
from bridge.application.preflight import Preflight
from bridge.application.publish import Publish
from bridge.application.published_cases import PublishedCases
from bridge.application.register_search import SearchRegister
from bridge.application.restore import Restore
from bridge.application.status import Status
from bridge.application.submit import AskAccess, SubmitCase
from bridge.application.summarise import Summarise
from bridge.application.sweep import Sweep
from bridge.application.track_cases import TrackCases
from bridge.bootstrap import desk, matches
from bridge.bootstrap.google import OnGoogle
from bridge.bootstrap.ports import Ports as Ports
from bridge.bootstrap.ports import real_ports, secret_key
from bridge.bootstrap.use_cases import UseCases
from bridge.config import Province, load, secret
from bridge.domain.columns import Table
from bridge.domain.summary import SummaryTab
from bridge.domain.values.places import Places
from bridge.messages import Messages
from bridge.settings import django_settings, postgresql_database, sqlite_database
from bridge.workspace import CONFIG, Workspace

T = TypeVar("T")
BANGKOK = ZoneInfo("Asia/Bangkok")
PROGRAM_RULES = "2"  # grows when the program computes something about a case in another way


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
    overview: Overview
    restore: Restore
    import_register: ImportRegister
    preflight: Preflight
    status: Status
    passwords: Passwords
    decide_reviews: DecideReviews
    decide_access: DecideAccess
    mend_cases: MendCases
    admin_desk: AdminDesk
    hand_out: HandOut
    attachments: AttachFiles
    erase: Erase
    sweep: Sweep

    @cached_property
    def submit(self) -> SubmitCase:
        return UseCases(self.workspace, self.province, self.ports, self.messages, self.places).submit_case()

    @property
    def ask_access(self) -> AskAccess:
        return AskAccess(self.ports.web_answers, self.ports.clock)

    @property
    def register_search(self) -> SearchRegister:
        return SearchRegister(self.ports.register)

    @property
    def track_cases(self) -> TrackCases:
        return TrackCases(self.ports.tracking, self.ports.rows)

    @property
    def api_clients(self) -> ApiClients:
        ports, per_minute = self.ports, self.province.api.requests_per_minute
        return ApiClients(ports.api_clients, ports.rows, ports.journal, ports.clock, per_minute)

    @property
    def published_cases(self) -> PublishedCases:
        return PublishedCases(self.ports.tracking, self.province.province.code)

    @cached_property
    def case_money(self) -> CaseMoney:
        return UseCases(self.workspace, self.province, self.ports, self.messages, self.places).case_money()

    fingerprint: str

    def is_outdated(self) -> bool:
        """Whether the province file is not the one that this office was built from."""
        return self.fingerprint != _fingerprint(self.workspace)

    @property
    def google(self) -> OnGoogle:
        return self.ports.google

    def back_up(self) -> Path:
        """Raises OutsideError; ConfigurationError where the ledger is not a file."""
        if self.province.ledger.engine != "sqlite":
            raise ConfigurationError("backup_elsewhere")
        local = self.ports.clock.now() + timedelta(hours=7)
        keep = self.province.schedule.backups_kept
        workspace = self.workspace
        return back_up(workspace.ledger, workspace.attachments, workspace.backups, local, keep)

    def summary_file(self, tabs: Sequence[SummaryTab]) -> bytes:
        """The summary workbook of these tabs, as a file to download. Raises OutsideError (disk full)."""
        with TemporaryDirectory() as folder:
            path = Path(folder) / "summary.xlsx"
            XlsxSummaryBook(path).write(tabs)
            return path.read_bytes()

    def register_file(self, path: Path) -> RegisterFile | Unreadable:
        """A register (.csv, .xlsx, .zip), gone through row by row."""
        return open_register(path)

    def table(self, name: str) -> Table:
        return self.province.table(name)  # type: ignore[arg-type]  # one of the three names


def as_xlsx(sheets: Sequence[Sheet]) -> bytes:
    """A workbook of these tables, in which nothing is a formula."""
    return tables_file(sheets)


@lru_cache(maxsize=1)
def load_messages() -> Messages:
    """The product's own sentences, read once in a process."""
    return Messages.load(CONFIG)


def create(root: Path) -> Workspace:
    """Makes a workspace, or completes one: what is there already stays as it is."""
    workspace = Workspace(root)
    _make_folders(workspace)
    if not workspace.province_file.exists():
        shutil.copyfile(CONFIG / "sisaket.toml", workspace.province_file)
    province = load(workspace.province_file)
    _open_database(workspace, province)
    office = build(workspace, province)
    google = province.google
    if not google.on_google("access") and not workspace.access_book.exists():
        office.ports.access_book.create([province.table("access")])
    if not google.on_google("cases") and not workspace.cases_book.exists():
        office.ports.cases_book.create([province.table("cases"), province.table("reviews")])
    if not google.on_google("summary") and not workspace.summary_book.exists():
        office.summarise.run()
    return workspace


def open_office(root: Path, province: Province | None = None) -> Office:
    """The office of a workspace, by its province file or by `province`. Raises InvalidProvince or
    ConfigurationError."""
    workspace = Workspace(root)
    if not workspace.is_one():
        refuse_workspace(root)
    province = province or load(workspace.province_file)
    _make_folders(workspace)
    _open_database(workspace, province)
    office = build(workspace, province)
    if office.erase.is_behind():
        with suppress(Busy), office.lease():  # whoever is at work sees to it
            office.erase.catch_up()
    return office


def _make_folders(workspace: Workspace) -> None:
    try:
        for folder in workspace.folders():
            folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutsideError("folder_unusable", folder=str(workspace.root), said=str(error)) from error


def refuse_workspace(root: Path) -> NoReturn:
    raise ConfigurationError("not_a_workspace", folder=str(root))


def close() -> None:
    take_turns(None)
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


def night(office: Office) -> None:
    """What is kept too long or belongs to no case goes, before all is copied once more."""
    recorded(office, "sweep", office.sweep.run)
    recorded(office, "backup", office.back_up)


def rebuild_workbook(office: Office, name: Literal["cases", "access"]) -> tuple[str, str, int]:
    """Makes a workbook anew from the ledger, the old file kept in backups/. Returns (file, old file, rows)."""
    if office.province.google.on_google(name):  # the old tabs stay beside the new ones
        count = office.restore.workbook(name)
        return office.google.title(name), office.messages.text("say", "restored_tabs"), count
    book = office.workspace.cases_book if name == "cases" else office.workspace.access_book
    stamp = f"{local_time(office.ports.clock.now()):%Y%m%d-%H%M%S}"
    kept = office.workspace.backups / f"{book.stem}-{stamp}{book.suffix}"
    if book.exists():
        shutil.copy2(book, kept)
    count = office.restore.workbook(name)
    return str(book), str(kept) if kept.exists() else "-", count


def _open_database(workspace: Workspace, province: Province) -> None:
    on_sqlite = province.ledger.engine == "sqlite"
    if on_sqlite:
        database = sqlite_database(workspace.ledger)
    else:
        database = postgresql_database(province.ledger, secret("BRIDGE_LEDGER_PASSWORD"))
    open_ledger(django_settings(database, secret_key(workspace.secret_key)))
    take_turns(workspace.turn if on_sqlite else None)


def build(workspace: Workspace, province: Province, ports: Ports | None = None) -> Office:
    """The office on these ports (the real ones by default)."""
    messages = load_messages()
    ports = ports or real_ports(workspace, province, messages)
    areas = province.areas
    places = load_places(province.province.name, areas.extra, areas.amphoe_aliases)
    parts = UseCases(workspace, province, ports, messages, places)
    fingerprint = _fingerprint(workspace)
    lease = Lease(ports.journal, ports.clock, _holder())
    deliver = parts.deliver()
    erase = desk.erase(parts, lease)
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
        share=parts.share(),
        erase_again=erase.catch_up,
        catch_up=matches.build_match_cases(workspace, province, ports).catch_up,
        traffic=ports.google.traffic.take,
        fingerprint=fingerprint,
        current=lambda: _fingerprint(workspace),
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
        overview=parts.overview(),
        restore=parts.restore(),
        import_register=parts.import_register(),
        preflight=parts.preflight(),
        fingerprint=fingerprint,
        status=Status(ports.rows, ports.cases, ports.reviews, ports.accounts, ports.outbox, ports.journal),
        erase=erase,
        passwords=Passwords(ports.passwords, ports.outbox, ports.clock, province.access.fold_gmail),
        **desk.desk(parts, deliver),
    )


def _holder() -> str:
    from bridge.adapters.ledger.journal import this_process  # noqa: PLC0415  # needs Django set up

    return this_process()


def _fingerprint(workspace: Workspace) -> str:
    files = (workspace.province_file, workspace.weights)
    content = b"".join(file.read_bytes() for file in files if file.exists())
    return hashlib.sha256(PROGRAM_RULES.encode() + content).hexdigest()


def refit(office: Office, *, write: bool) -> dict[str, float]:
    """See matches.refit."""
    return matches.refit(office.workspace, office.province, office.ports, office.messages, write=write)


def with_ports(office: Office, **changes: Any) -> Office:
    """The same office on other ports."""
    return build(office.workspace, office.province, replace(office.ports, **changes))

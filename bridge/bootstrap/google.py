"""Everything of a province that lives on Google: its adapters, built on one client and one sign-in."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from google.auth.credentials import Credentials

from bridge.adapters.forms.google import GoogleForm
from bridge.adapters.forms.google_sheet import GoogleResponsesSheet
from bridge.adapters.google.client import GoogleClient
from bridge.adapters.google.credentials import KEYRING, account_name, load_credentials, scopes_for
from bridge.adapters.google.drive_sharing import DriveSharing
from bridge.adapters.google.quota import SharedQuota, default_path
from bridge.adapters.google.setup import GoogleSetup
from bridge.adapters.google.sign_in import sign_in
from bridge.adapters.google.traffic import Traffic
from bridge.adapters.mail.gmail import GmailMailer
from bridge.adapters.mail.message import Sender
from bridge.adapters.mail.xoauth2 import AccessToken
from bridge.adapters.workbooks.google import GoogleWorkbook
from bridge.adapters.workbooks.google_summary import GoogleSummaryBook
from bridge.application.connect import BookWish, Connect, FormWish, Wanted, book_setting
from bridge.application.cycle import Lease
from bridge.application.ports.clock import Clock
from bridge.application.ports.forms import FormSource
from bridge.application.ports.journal import Journal
from bridge.application.ports.operations import Operations
from bridge.application.ports.rows import RowStore
from bridge.config import Province, google_root
from bridge.config_google import file_id, tab_id
from bridge.domain.cells import Cell
from bridge.domain.columns import Table
from bridge.messages import Messages
from bridge.workspace import Workspace

Kind = Literal["cases", "access", "summary"]
TABLES: dict[Kind, tuple[Literal["cases", "access", "reviews"], ...]] = {
    "cases": ("cases", "reviews"),
    "access": ("access",),
    "summary": (),
}
FORMS: tuple[Literal["access", "cases"], ...] = ("access", "cases")


class OnGoogle:
    """Builds each adapter when it is asked for; nothing is sent, and no key is read, before a first call."""

    def __init__(
        self,
        workspace: Workspace,
        province: Province,
        messages: Messages,
        clock: Clock,
        pause: Callable[[float], None],
        journal: Journal,
        rows: RowStore,
        operations: Operations,
        holder: str,
    ) -> None:
        self._workspace, self._province, self._messages = workspace, province, messages
        self._clock, self._pause, self._journal = clock, pause, journal
        self._rows, self._operations = rows, operations
        self._lease = Lease(journal, clock, holder)
        self._part = province.google
        self._root = google_root(province)
        self.traffic = Traffic()

    @cached_property
    def credentials(self) -> Credentials:
        """Raises ConfigurationError, see load_credentials."""
        part, scopes = self._part, self.scopes
        root = self._workspace.root
        return load_credentials(part.credentials, root, self._keyring_name, scopes, self._root, self._subject)

    @property
    def scopes(self) -> list[str]:
        """The least that the parts in use need."""
        part, mail = self._part, self._province.mail
        chosen = {
            "books": any(part.on_google(kind) for kind in TABLES),
            # a spreadsheet that the bridge made it may share with less
            "sharing": bool(part.sharing.file or (part.access_admins and file_id(part.access_book))),
            "forms": part.cases_form.on_google or part.access_form.on_google,
            "gmail": mail.backend == "gmail",
            "mail": "xoauth2" in (mail.smtp.auth, mail.evidence.imap_auth),
        }
        return scopes_for([name for name, wanted in chosen.items() if wanted])

    @property
    def _keyring_name(self) -> str:
        return self._province.province.code

    @property
    def _subject(self) -> str:
        """Gmail and mail servers know people only: there a service account acts as the sender."""
        mail = self._province.mail
        as_person = mail.backend == "gmail" or "xoauth2" in (mail.smtp.auth, mail.evidence.imap_auth)
        return self._part.subject or (mail.from_address if as_person else "")

    @cached_property
    def client(self) -> GoogleClient:
        # Whoever signs in with the same key shares its quota, whatever the workspace.
        where = self._part.credentials
        account = f"{KEYRING}:{self._keyring_name}" if where == KEYRING else self._key_account or where
        if self._root:  # another server counts for itself
            account = f"{account} at {self._root}"
        quota = SharedQuota(default_path(account), account, self._clock, self._pause)
        return GoogleClient(
            lambda: self.credentials,
            api_root=self._root,
            quota=quota,
            pause=self._pause,
            traffic=self.traffic,
        )

    @property
    def _key_account(self) -> str:
        """The service account that the key file names, "" for none; whether it is a key shows at the first call."""
        path = self._workspace.root / self._part.credentials
        try:
            return str(json.loads(path.read_text(encoding="utf-8-sig")).get("client_email", ""))
        except (OSError, ValueError, AttributeError):
            return ""

    # ------------------------------------------------------------------------------------------------ parts

    def book_id(self, kind: Kind) -> str:
        """The spreadsheet's id: named in the province file, or made by `connect`; "" before that."""
        return file_id(getattr(self._part, f"{kind}_book")) or self._journal.setting(book_setting(kind))

    def tables(self, kind: Kind) -> tuple[Table, ...]:
        return tuple(self._province.table(name) for name in TABLES[kind])

    def title(self, kind: Kind) -> str:
        """What `connect` calls a spreadsheet that it makes."""
        sheets = self._province.sheets
        words = {"cases": sheets.cases.tab, "access": sheets.access.tab}
        tab = words.get(kind) or self._messages.text("say", "summary_book")
        return f"{tab} {self._province.province.name}"

    def workbook(self, kind: Kind) -> GoogleWorkbook:
        return GoogleWorkbook(
            self.client,
            lambda: self.book_id(kind),
            lambda tables: self._renew(kind, tables),
            self.tables(kind),
            self._operations,
            self._clock,
            self._shown,
            self.title(kind),
            trust=timedelta(minutes=self._part.full_read_minutes),
            still_mine=self._lease.check,
        )

    def _renew(self, kind: Kind, tables: Sequence[Table]) -> str:
        stamp = f"{self._clock.now() + timedelta(hours=7):%Y%m%d-%H%M%S}"
        return self.connect().renew(kind, tables, stamp)

    def _shown(self, table: str, key: str) -> Mapping[str, Cell]:
        state = self._rows.load(table, [key]).get(key)
        return state.confirmed if state is not None else {}

    def summary_book(self) -> GoogleSummaryBook:
        kind: Kind = "cases" if self._part.summary_book == "cases" else "summary"
        return GoogleSummaryBook(
            self.client,
            lambda: self.book_id(kind),
            self.title("summary"),
            self._journal,
            in_front=kind == "summary",
        )

    def form(self, name: Literal["access", "cases"]) -> FormSource:
        part = getattr(self._part, f"{name}_form")
        form = self._province.form(name)
        if part.form:
            return GoogleForm(
                self.client, file_id(part.form), form, self._journal, self._clock, self._key_account
            )
        return GoogleResponsesSheet(
            self.client,
            file_id(part.responses),
            form,
            self._journal,
            self._clock,
            self._key_account,
            tab_id(part.responses),
        )

    def mailer(self, sender: Sender) -> GmailMailer:
        return GmailMailer(self.client, sender, self._clock)

    def mail_token(self) -> Callable[[], str]:
        return lambda: AccessToken(self.credentials)()

    def sharing(self) -> DriveSharing:
        return DriveSharing(self.client)

    # ------------------------------------------------------------------------------------------------ set-up

    def connect(self) -> Connect:
        setup: Any = GoogleSetup(
            self.client,
            self._account(),
            self._pause,
            hide_ids=self._part.hide_ids,
            lock_ids=self._part.lock_ids,
        )
        return Connect(setup, self._journal, self._wanted(), lambda: secrets.token_hex(8))

    def sign_in(self, client_file: Path) -> None:
        """Asks the person at this computer for consent, and keeps it where the province file says."""
        say = self._messages.text
        sign_in(
            client_file,
            self._part.credentials,
            self._workspace.root,
            self._keyring_name,
            self.scopes,
            self._root,
            prompt=say("say", "connect_open_page", url="{url}"),
            thanks=say("say", "connect_thanks"),
        )

    def _account(self) -> str:
        return self._subject or account_name(self.credentials)

    def _wanted(self) -> Wanted:
        part = self._part
        books = [
            BookWish(kind, self.title(kind), file_id(getattr(part, f"{kind}_book")), self.tables(kind))
            for kind in TABLES
            if part.on_google(kind) and not (kind == "summary" and part.summary_book == "cases")
        ]
        forms = []
        for name in FORMS:
            of = getattr(part, f"{name}_form")
            if of.on_google:
                forms.append(
                    FormWish(name, self._province.form(name), file_id(of.form), file_id(of.responses))
                )
        return Wanted(tuple(books), tuple(forms), tuple(part.access_admins), file_id(part.sharing.file))

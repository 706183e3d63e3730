"""Real ledgers for tests: an SQLite file, or a database of a PostgreSQL server that is started for the session.

The server listens on a loopback port of its own, keeps its data in a temporary folder, and is ended by its pid.
It sorts by a Thai collation, as a server of a Thai office does: nothing may depend on the order of bytes.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bridge.adapters.ledger.connection import close_ledger, open_ledger
from bridge.config_parts import LedgerPart
from bridge.settings import django_settings, postgresql_database, sqlite_database

BACKENDS = ("postgresql", "sqlite")
NOW = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
DOMAIN = "saphan.example.go.th"
START_SECONDS = 60


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.moment = NOW

    def now(self) -> datetime:
        return self.moment

    def pass_time(self, **span: float) -> datetime:
        self.moment += timedelta(**span)
        return self.moment


@dataclass
class Ledger:
    """Every store of one database. `options` are the Django settings by which another process opens it."""

    backend: str
    options: dict[str, Any]
    clock: Clock
    rows: Any
    journal: Any
    cases: Any
    matching: Any
    reviews: Any
    accounts: Any
    outbox: Any
    passwords: Any
    read_log: Any
    api_clients: Any
    erasures: Any
    register: Any
    tracking: Any
    attachments: Any
    payments: Any
    case_columns: Any


def open_empty(backend: str, config: pytest.Config, folder: Path) -> Ledger:
    """An empty ledger with all its tables; skips the test where the backend cannot be had."""
    prepare = _empty_postgresql if backend == "postgresql" else _empty_sqlite
    options = django_settings(prepare(config, folder), "not-a-secret-in-a-test")
    open_ledger(options)
    return _stores(backend, options)


def _stores(backend: str, options: dict[str, Any]) -> Ledger:
    from bridge.adapters.ledger.accounts import DjangoAccounts
    from bridge.adapters.ledger.api_clients import DjangoApiClients
    from bridge.adapters.ledger.attachments import DjangoAttachments
    from bridge.adapters.ledger.case_columns import DjangoCaseColumns
    from bridge.adapters.ledger.cases import DjangoCases
    from bridge.adapters.ledger.erasures import DjangoErasures
    from bridge.adapters.ledger.journal import DjangoJournal
    from bridge.adapters.ledger.matching import DjangoMatching
    from bridge.adapters.ledger.outbox import DjangoOutbox
    from bridge.adapters.ledger.passwords import DjangoPasswords
    from bridge.adapters.ledger.payments import DjangoPayments
    from bridge.adapters.ledger.read_log import DjangoReadLog
    from bridge.adapters.ledger.register import DjangoRegister
    from bridge.adapters.ledger.reviews import DjangoReviews
    from bridge.adapters.ledger.rows import DjangoRows
    from bridge.adapters.ledger.tracking import DjangoTracking

    clock = Clock()
    return Ledger(
        backend=backend,
        options=options,
        clock=clock,
        rows=DjangoRows(clock),
        journal=DjangoJournal(),
        cases=DjangoCases(clock),
        matching=DjangoMatching(),
        reviews=DjangoReviews(),
        accounts=DjangoAccounts(),
        outbox=DjangoOutbox("https://portal.example.go.th", DOMAIN),
        passwords=DjangoPasswords(),
        read_log=DjangoReadLog(),
        api_clients=DjangoApiClients(),
        erasures=DjangoErasures(),
        register=DjangoRegister(),
        tracking=DjangoTracking(),
        attachments=DjangoAttachments(),
        payments=DjangoPayments(clock),
        case_columns=DjangoCaseColumns(),
    )


# ------------------------------------------------------------------------------------------------ SQLite

_MIGRATED = pytest.StashKey[Path]()


def _empty_sqlite(config: pytest.Config, folder: Path) -> dict[str, Any]:
    """A copy of a file that was migrated once."""
    if _MIGRATED not in config.stash:
        template = Path(tempfile.mkdtemp(prefix="saphan-sqlite-"))
        config.add_cleanup(lambda: shutil.rmtree(template, ignore_errors=True))
        open_ledger(django_settings(sqlite_database(template / "migrated.sqlite3"), "not-a-secret-in-a-test"))
        close_ledger()
        config.stash[_MIGRATED] = template / "migrated.sqlite3"
    target = folder / "บัญชี ทดสอบ.sqlite3"
    shutil.copyfile(config.stash[_MIGRATED], target)
    return sqlite_database(target)


# ------------------------------------------------------------------------------------------------ PostgreSQL


class PostgresqlServer:
    """A server of our own. `start` raises OSError or CalledProcessError when it cannot be had."""

    def __init__(self, binaries: Path) -> None:
        self._binaries = binaries
        self._folder = Path(tempfile.mkdtemp(prefix="saphan-postgresql-"))
        self._password = secrets.token_urlsafe(12)
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0

    @property
    def part(self) -> LedgerPart:
        return LedgerPart(engine="postgresql", host="127.0.0.1", port=self.port, name="ledger", user="saphan")

    def database(self) -> dict[str, Any]:
        return postgresql_database(self.part, self._password)

    def start(self) -> None:
        secret = self._folder / "password"
        secret.write_text(self._password, encoding="ascii")
        secret.chmod(0o600)
        who = self._other_user()
        for path in (self._folder, secret):
            if who:
                os.chown(path, who["user"], who["group"])
        self._initdb(secret, who)
        for _ in range(3):  # somebody may take the port between our look and the server's
            self.port = _free_port()
            if self._serve(who):
                break
        else:
            raise OSError("the server did not start")
        with self._connect("postgres") as connection:
            connection.execute("CREATE DATABASE ledger")

    @staticmethod
    def _other_user() -> dict[str, Any]:
        """PostgreSQL refuses to run as root."""
        if os.getuid() != 0:
            return {}
        import pwd

        known = {entry.pw_name: entry for entry in pwd.getpwall()}
        entry = known.get("postgres") or known["nobody"]
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}

    def _initdb(self, secret: Path, who: Mapping[str, Any]) -> None:
        common = [
            str(self._binaries / "initdb"),
            *("-D", str(self._folder / "data"), "-U", "saphan", f"--pwfile={secret}"),
            *("--auth=scram-sha-256", "--encoding=UTF8", "--no-sync", "--locale=C"),
        ]
        thai = ["--locale-provider=icu", "--icu-locale=th-TH"]
        for options in (thai, []):  # before version 15 a database had no collation of ICU
            done = subprocess.run([*common, *options], cwd=self._folder, capture_output=True, **who)
            if done.returncode == 0:
                return
        done.check_returncode()

    def _serve(self, who: Mapping[str, Any]) -> bool:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": "",
            "fsync": "off",
            "full_page_writes": "off",
            "max_connections": 30,
        }
        arguments = [f"--{name}={value}" for name, value in settings.items()]
        with (self._folder / "server.log").open("wb") as log:
            self._process = subprocess.Popen(
                [str(self._binaries / "postgres"), "-D", str(self._folder / "data"), *arguments],
                cwd=self._folder,
                stdout=log,
                stderr=log,
                **who,
            )
        for _ in range(START_SECONDS * 10):
            try:
                self._connect("postgres").close()
                return True
            except psycopg.OperationalError:
                if _ended_within(self._process, 0.1):
                    return False
        return False

    def _connect(self, name: str) -> psycopg.Connection[Any]:
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user="saphan",
            password=self._password,
            dbname=name,
            autocommit=True,
        )

    def stop(self) -> None:
        close_ledger()
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)  # "fast": ends the sessions, closes the files
            if not _ended_within(self._process, 20):
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)


def _ended_within(process: subprocess.Popen[bytes], seconds: float) -> bool:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


_SERVER = pytest.StashKey[PostgresqlServer]()


def postgresql_binaries() -> Path | None:
    """Debian's, the newest version."""
    found = [initdb.parent for initdb in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    return max(found, key=lambda folder: float(folder.parent.name), default=None)


def _empty_postgresql(config: pytest.Config, _: Path) -> dict[str, Any]:
    binaries = postgresql_binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL server in /usr/lib/postgresql")
    if _SERVER not in config.stash:
        server = PostgresqlServer(binaries)
        config.add_cleanup(server.stop)
        server.start()
        config.stash[_SERVER] = server
    database = config.stash[_SERVER].database()
    open_ledger(django_settings(database, "not-a-secret-in-a-test"))
    _truncate()
    return database


def _truncate() -> None:
    from django.db import connection

    kept = {"django_migrations", "django_content_type", "auth_permission"}
    tables = [name for name in connection.introspection.table_names() if name not in kept]
    quoted = ", ".join(connection.ops.quote_name(name) for name in tables)
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {quoted} RESTART IDENTITY CASCADE")


# ------------------------------------------------------------------------------------------------ the outbox


class OutboxBench:
    """The ledger's outbox, and what other parts of the program do to it."""

    def __init__(self, ledger: Ledger, folder: tempfile.TemporaryDirectory[str]) -> None:
        self._ledger, self._folder = ledger, folder

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger.outbox, name)

    def enqueue(
        self, key: str, recipient: str, template: str, context: Mapping[str, object], at: datetime
    ) -> None:
        account = new_account(recipient)
        assert self._ledger.outbox.queue(key, f"request of {key}", account, recipient, template, context, at)

    def withdraw(self, key: str) -> None:
        self._ledger.outbox.withdraw(f"request of {key}", NOW)

    def message(self, key: str) -> Any:
        from bridge.adapters.ledger.models import OutboxMessage
        from bridge.application.ports.outbox import Message, State

        row = OutboxMessage.objects.get(key=key)
        return Message(
            row.key, row.letter_key, row.message_id, State(row.state), row.attempts, row.claimed_at
        )

    def link_opens(self, link: str) -> bool:
        return link_of(link) is not None

    def close(self) -> None:
        close_ledger()
        self._folder.cleanup()


def outbox_bench(backend: str) -> Callable[[pytest.Config], OutboxBench]:
    def bench(config: pytest.Config) -> OutboxBench:
        folder = tempfile.TemporaryDirectory(prefix="saphan-outbox-")
        return OutboxBench(open_empty(backend, config, Path(folder.name)), folder)

    return bench


def new_account(email: str) -> str:
    """An active account that nothing else is known of; its id."""
    from bridge.adapters.ledger.models import Account

    account, _ = Account.objects.get_or_create(email=email, email_key=email, role="officer")
    return str(account.pk)


def link_of(link: str) -> Any:
    """What the ledger keeps of a one-time link, found as the portal finds it; None where it does not open."""
    from bridge.adapters.ledger.models import ActivationLink
    from bridge.adapters.ledger.outbox import token_hash

    token = link.rstrip("/").rpartition("/")[2]
    return ActivationLink.objects.filter(token_hash=token_hash(token), used_at=None).first()

"""The office that benchmarks/portal.py is measured on: cases, a register, and people who are signed in.

It is built once and kept in a folder: on SQLite by the product's own intake and cycle, so that ledger and workbook are
at rest; for PostgreSQL the ledger's rows are copied into a server of its own.
"""

from __future__ import annotations

import json
import os
import pwd
import random
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.cycle_xlsx import download

HOST = "127.0.0.1"
PASSWORD = "BRIDGE_LEDGER_PASSWORD"
CHUNK = 5_000
ROLES = ("officer",) * 17 + ("staff",) * 6 + ("admin", "executive")  # repeated over the clients
ONSETS = ("ก", "ข", "ค", "จ", "ช", "ด", "ต", "ท", "น", "บ", "ป", "พ", "ม", "ย", "ร", "ล", "ว", "ส", "ศร", "อ")
RIMES = ("ัน", "ี", "า", "ูน", "อง", "าย", "ิต", "ุล", "ำ", "ึก", "าว", "ิน", "ง", "้อย", "่อน", "ัย", "าร", "์")


def name(rng: random.Random, syllables: int, most: int) -> str:
    """An invented name, one of at most `most`."""
    own = random.Random(rng.randrange(most) * 10 + syllables)
    return "".join(own.choice(ONSETS) + own.choice(RIMES[:-1]) for _ in range(syllables))


def register_rows(office: Any, count: int) -> Iterator[dict[str, Any]]:
    """Invented people: some 5,000 given names, 50,000 family names, families of four to a house."""
    rng, places = random.Random(4), office.places
    homes = [(amphoe, tambon) for amphoe in places.amphoes() for tambon in places.tambons(amphoe)]
    for number in range(count):
        if number % 4 == 0:
            family, (amphoe, tambon) = name(rng, rng.choice((2, 3)), 50_000), rng.choice(homes)
            house, moo = f"{rng.randrange(1, 400)}/{rng.randrange(1, 20)}", str(rng.randrange(1, 15))
        yield {
            "number": f"R{number:07d}",
            "title": rng.choice(("นาย", "นาง", "นางสาว")),
            "name": f"{name(rng, rng.choice((2, 2, 3)), 5_000)} {family}",
            "house_no": house,
            "moo": moo,
            "tambon": tambon,
            "amphoe": amphoe,
            "province": "ศรีสะเกษ",
            "members": 4,
            "poverty": "จน 2 มิติ",
            "family_status": "ครอบครัวขยาย",
            "level": f"ระดับ {rng.randrange(1, 4)}",
        }


# ------------------------------------------------------------------------------------------------ the office


def prepare(root: Path, cases: int, register: int) -> None:
    """A workspace on SQLite, at rest: cases taken in and worked, published and counted; the register imported."""
    from bridge import bootstrap
    from bridge.application.ports.workbooks import TabChange
    from bridge.workspace import CONFIG, Workspace

    sample = (CONFIG / "sisaket.toml").read_text(encoding="utf-8")
    root.mkdir(parents=True)
    Workspace(root).province_file.write_text(
        sample.replace('base_url = "https://portal.invalid"', f'base_url = "http://{HOST}"'), encoding="utf-8"
    )
    bootstrap.create(root)
    office = bootstrap.open_office(root)
    download(office, office.workspace.inbox_cases / "คำตอบ.csv", 0, cases)
    _sync(office)
    _say(f"{cases:,} cases taken in")
    table, book = office.table("cases"), office.ports.cases_book
    cells: dict[tuple[int, int], Any] = {}
    for row in range(1, cases + 1):
        if row % 10:
            cells[row, table.keys.index("checked")] = "ตรวจสอบแล้ว"
        if row % 4:
            cells[row, table.keys.index("receipt_no")] = f"รับ {row}/2569"
            cells[row, table.keys.index("received_date")] = date(2025, 12, 1) + timedelta(days=row % 200)
    book.write([TabChange(table.tab, cells)], book.version())
    _sync(office)
    _say("worked by staff")
    office.publish.run()
    office.summarise.run()
    _say("published and counted")
    with office.ports.journal.transaction():
        chunk: list[dict[str, Any]] = []
        for row in register_rows(office, register):
            chunk.append(row)
            if len(chunk) == CHUNK:
                office.ports.cases.import_register(chunk, "1")
                chunk = []
        office.ports.cases.import_register(chunk, "1")
    _say(f"{register:,} people of the register imported")


def _sync(office: Any) -> None:
    report = office.cycle.sync()
    assert not report.trouble, [(error.code, error.facts) for error in report.trouble]


def _say(text: str) -> None:
    print(f"{time.strftime('%X')} {text}", file=sys.stderr, flush=True)


# ------------------------------------------------------------------------------------------------ PostgreSQL


@dataclass
class Server:
    """A PostgreSQL server in `folder`, as it comes: what is committed is on disk. The port is kept."""

    folder: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def port(self) -> int:
        return int((self.folder / "port").read_text())

    def start(self) -> None:
        binaries = max(Path("/usr/lib/postgresql").glob("*/bin"))
        who = _other_user()
        secret = self.folder / "password"
        if not secret.exists():
            self.folder.mkdir(parents=True)
            secret.write_text("only-for-this-benchmark", encoding="ascii")
            (self.folder / "port").write_text(str(_free_port()))
            for path in (self.folder, secret):
                if who:
                    os.chown(path, who["user"], who["group"])
            options = ("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8")
            data = ("-D", str(self.folder / "data"), "-U", "saphan", f"--pwfile={secret}")
            command = [str(binaries / "initdb"), *data, *options]
            subprocess.run(command, check=True, cwd=self.folder, stdout=subprocess.DEVNULL, **who)
        os.environ[PASSWORD] = secret.read_text(encoding="ascii")
        command = [str(binaries / "postgres"), "-D", str(self.folder / "data"), f"--port={self.port}"]
        command += [f"--listen_addresses={HOST}", "--unix_socket_directories=", "--shared_buffers=512MB"]
        log = (self.folder / "log").open("ab")
        self.process = subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log, **who)
        self._await()

    def _await(self) -> None:
        import psycopg

        address = f"host={HOST} port={self.port} user=saphan dbname=postgres"
        for _ in range(300):
            try:
                with psycopg.connect(address, password=os.environ[PASSWORD], autocommit=True) as connection:
                    found = connection.execute("SELECT 1 FROM pg_database WHERE datname = 'ledger'")
                    if not found.fetchone():
                        connection.execute("CREATE DATABASE ledger")
                return
            except psycopg.OperationalError:
                time.sleep(0.1)
        raise OSError("PostgreSQL did not start")

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate() if os.name == "nt" else self.process.send_signal(2)
            self.process.wait(30)


def _other_user() -> dict[str, Any]:
    """PostgreSQL refuses to run as root."""
    if os.getuid() != 0:
        return {}
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = known.get("postgres") or known["nobody"]
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def copy_to_postgresql(source: Path, root: Path, port: int) -> None:
    """The workspace `source` again as `root`, its ledger's rows in the server at `port`."""
    import sqlite3

    from bridge import bootstrap
    from bridge.workspace import Workspace

    shutil.copytree(source, root, ignore=shutil.ignore_patterns("ledger.sqlite3*", "backups", "logs"))
    province = Workspace(root).province_file
    told = f'engine = "postgresql"\nhost = "{HOST}"\nport = {port}\nname = "ledger"\nuser = "saphan"\n'
    head, _, rest = province.read_text(encoding="utf-8").partition("[ledger]\n")
    province.write_text(f"{head}[ledger]\n{told}\n[google]{rest.partition('[google]')[2]}", encoding="utf-8")
    bootstrap.open_office(root)
    from django.apps import apps
    from django.core.management.color import no_style
    from django.db import connection

    models = [model for model in apps.get_models() if model._meta.app_label in ("ledger", "mfa")]
    with sqlite3.connect(Workspace(source).ledger) as rows, connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # in any order of the tables
        for model in models:
            _copy_table(model, rows, cursor)
        for statement in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)
        cursor.execute("VACUUM ANALYZE")
    office = bootstrap.open_office(root)
    office.ports.journal.set_setting("province", office.fingerprint)  # the ledger's address is no new rule


def _copy_table(model: Any, rows: Any, cursor: Any) -> None:
    from django.db import models

    fields = [field for field in model._meta.local_fields if field.column]
    flags = [n for n, field in enumerate(fields) if isinstance(field, models.BooleanField)]
    quoted = ", ".join(f'"{field.column}"' for field in fields)
    table = f'"{model._meta.db_table}"'
    with cursor.copy(f"COPY {table} ({quoted}) FROM STDIN") as copy:
        for row in rows.execute(f"SELECT {quoted} FROM {table}"):
            copy.write_row([bool(v) if n in flags and v is not None else v for n, v in enumerate(row)])


# ------------------------------------------------------------------------------------------------ people


def sign_in(office: Any, clients: int) -> list[dict[str, Any]]:
    """People of all roles, each with a session as the portal makes it, and what each will look for."""
    from bridge.portal import trial
    from bridge.portal.office import serve_office

    serve_office(office)
    rng = random.Random(5)
    amphoes = office.places.amphoes()
    return [
        _person(office, trial, rng, number, ROLES[number % len(ROLES)], amphoes[number % len(amphoes)])
        for number in range(clients)
    ]


def _person(
    office: Any, trial: Any, rng: random.Random, number: int, role: str, amphoe: str
) -> dict[str, Any]:
    from allauth.mfa.models import Authenticator
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore
    from django.utils.crypto import get_random_string

    from bridge.adapters.ledger.models import Account
    from bridge.domain.access import Grant, Role

    areas = ((amphoe, ""),) if role == "officer" else ()
    email = f"{role}{number}@bench.example"
    grant = Grant(email, "Kanya", "Samsen", f"อบต.{office.places.tambons(amphoe)[0]}", Role(role), areas)
    account = Account.objects.get(pk=int(office.ports.accounts.activate("", email, grant)))
    if not Authenticator.objects.filter(user=account).exists():
        trial.TOTP.activate(account, trial.generate_totp_secret())
    session = SessionStore()
    session[SESSION_KEY] = str(account.pk)
    session[BACKEND_SESSION_KEY] = "bridge.portal.accounts.ByEmail"
    session[HASH_SESSION_KEY] = account.get_session_auth_hash()
    session["account_authentication_methods"] = [{"method": "password", "at": time.time(), "email": email}]
    session.set_expiry(None)
    session.save()
    token = get_random_string(32)
    cookie = f"session={session.session_key}; csrf={token}"
    return {
        "role": role,
        "cookie": cookie,
        "token": token,
        "place": f"{amphoe}/{office.places.tambons(amphoe)[0]}",
        "amphoe": amphoe,
        "cases": _cases_of(office, role, areas),
        "register_words": register_words(rng, 40),
        "case_words": case_words(rng, 40),
    }


def _cases_of(office: Any, role: str, areas: Any) -> list[str]:
    from bridge.application.ports.tracking import CaseQuery

    if role == "executive":
        return []
    query = CaseQuery(published=True, areas=areas or None)
    found, _ = office.ports.tracking.find(query).page(0, 200, 1_000)
    return [case.case for case in found]


def register_words(rng: random.Random, count: int) -> list[str]:
    """What is typed into the register's box: names whole and in part, with and without their titles and marks."""
    found = []
    for _ in range(count):
        given, family = name(rng, 2, 5_000), name(rng, rng.choice((2, 3)), 50_000)
        found.append(
            rng.choice(
                (
                    f"{given} {family}",
                    f"นาง{given} {family}",
                    family,
                    family,
                    given,
                    given[:4],
                    family[-4:],
                    f"{given} {family[:3]}",
                    given[:2],
                    family[:1],
                )
            )
        )
    return found


def case_words(rng: random.Random, count: int) -> list[str]:
    from benchmarks.cycle_xlsx import FAMILY, GIVEN

    found = []
    for _ in range(count):
        given, family = rng.choice(GIVEN), rng.choice(FAMILY)
        found.append(rng.choice((f"{given} {family}", given, family[:3], f"{rng.randrange(99_999):06d}")))
    return found


def dump(people: list[dict[str, Any]], path: Path) -> None:
    path.write_text(json.dumps(people, ensure_ascii=False), encoding="utf-8")

"""A served portal for tests: a workspace on SQLite, `run.py serve` in a process of its own, and people who use it
over HTTP. What the ledger holds is looked at in this process, through the same tables."""

from __future__ import annotations

import hashlib
import http.cookiejar
import re
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bridge import bootstrap
from bridge.bootstrap import Office
from bridge.demo.room import make_room
from bridge.domain.access import Grant, Role
from bridge.workspace import Workspace
from tests import leaks
from tests.functional.office import PROJECT

PASSWORD = "ม้าน้ำ ร่มผ้าใบ กะทิสด"
AREAS = {Role.OFFICER: (("เมืองศรีสะเกษ", ""),)}


def totp(key: str, steps: int = 0) -> str:
    """The code of an authenticator app now, or some half minutes later."""
    from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

    return format_hotp_value(hotp_value(key, int(time.time()) // 30 + steps))


@dataclass
class Answer:
    """What came back, and after which redirects."""

    status: int
    url: str
    headers: Any
    body: str

    @property
    def path(self) -> str:
        return urllib.parse.urlsplit(self.url).path

    @property
    def heading(self) -> str:
        found = re.search(r"<h1>(.*?)</h1>", self.body, re.S)
        return found[1].strip() if found else ""


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


class Browser:
    """Keeps cookies, sends forms with their token, and follows redirects unless told to stay."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.cookies = http.cookiejar.CookieJar()
        jar = urllib.request.HTTPCookieProcessor(self.cookies)
        self._follow = urllib.request.build_opener(jar)
        self._stay = urllib.request.build_opener(jar, _Stay)

    def ask(
        self,
        method: str,
        path: str,
        data: Mapping[str, str] | None = None,
        *,
        follow: bool = True,
        headers: Mapping[str, str] | None = None,
        files: Sequence[tuple[str, bytes]] = (),
    ) -> Answer:
        leaks.sent((data or {}).items())
        body = urllib.parse.urlencode(data, doseq=True).encode() if data is not None else None
        given = dict(headers or {})
        if files:
            body, given["Content-Type"] = _multipart(data or {}, files)
        address = path if path.startswith("http") else self.base + path
        request = urllib.request.Request(address, body, given, method=method)
        try:
            with (self._follow if follow else self._stay).open(request, timeout=60) as response:
                answer = _answer(response)
        except urllib.error.HTTPError as refusal:
            with refusal:
                answer = _answer(refusal)
        leaks.keep(self.session())
        leaks.given(answer.url if answer.url != address else answer.headers["Location"], answer.body)
        return answer

    def get(self, path: str, **options: Any) -> Answer:
        return self.ask("GET", path, **options)

    def post(self, path: str, data: Mapping[str, str] | None = None, **options: Any) -> Answer:
        """As a form does: with the token that the cookie holds."""
        token = self.token() or (self.get("/privacy/"), self.get("/sign-in/"), self.token())[-1] or ""
        return self.ask("POST", path, {"csrfmiddlewaretoken": token, **(data or {})}, **options)

    def token(self) -> str | None:
        return next((cookie.value for cookie in self.cookies if cookie.name.endswith("csrf")), None)

    def session(self) -> str | None:
        return next((cookie.value for cookie in self.cookies if cookie.name.endswith("session")), None)


def _multipart(data: Mapping[str, str], files: Sequence[tuple[str, bytes]]) -> tuple[bytes, str]:
    """As a browser sends a form with files, each under its name as it stands, in the field `files`."""
    line = "a-line-that-no-file-holds-4821"
    parts = [f'name="{name}"\r\n\r\n{value}'.encode() for name, value in data.items()]
    parts += [
        f'name="files"; filename="{name}"\r\nContent-Type: image/jpeg\r\n\r\n'.encode() + content
        for name, content in files
    ]
    start = f"--{line}\r\nContent-Disposition: form-data; ".encode()
    body = b"".join(start + part + b"\r\n" for part in parts) + f"--{line}--\r\n".encode()
    return body, f"multipart/form-data; boundary={line}"


def _answer(response: Any) -> Answer:
    text = response.read().decode("utf-8", "replace")
    return Answer(response.status, response.url, response.headers, text)


@dataclass
class Portal:
    """A served workspace. `keys` are the authenticator keys of the people, by e-mail."""

    root: Path
    base: str
    office: Office
    process: subprocess.Popen[str]
    keys: dict[str, str] = field(default_factory=dict)

    def look(self) -> None:
        """Turns this process to the workspace's ledger. The connection itself is asked: Django keeps one beside a
        running loop (playwright's) and another without, and each may still be at an earlier workspace."""
        from django.db import connection

        if str(connection.settings_dict["NAME"]) != str(Workspace(self.root).ledger):
            self.office = bootstrap.open_office(self.root)

    def browser(self) -> Browser:
        return Browser(self.base)

    def account(self, email: str, role: Role = Role.OFFICER, *, factor: bool = True, **changes: Any) -> Any:
        """An active account with PASSWORD, and by default an authenticator app."""
        from allauth.mfa.models import Authenticator

        from bridge.adapters.ledger.models import Account
        from bridge.portal import trial
        from bridge.portal.office import serve_office

        grant = Grant(email, "Kanya", "Samsen", "อบต.โพธิ์", role, AREAS.get(role, ()))
        account = Account.objects.get(pk=int(self.office.ports.accounts.activate("", email, grant)))
        account.set_password(PASSWORD)
        for name, value in changes.items():
            setattr(account, name, value)
        account.save()
        if factor and not Authenticator.objects.filter(user=account).exists():
            serve_office(self.office)
            self.keys[email] = trial.generate_totp_secret()
            leaks.keep(self.keys[email])
            trial.TOTP.activate(account, self.keys[email])
        return account

    def signed_in(self, role: Role, *, factor: bool = True) -> Browser:
        """Somebody of that role who has just come in through the front door."""
        email = f"{role}.{hashlib.sha1(str(time.monotonic_ns()).encode()).hexdigest()[:8]}@example.go.th"
        self.account(email, role, factor=factor)
        return self.sign_in(email)

    def sign_in(self, email: str, password: str = PASSWORD) -> Browser:
        browser = self.browser()
        answer = browser.post("/sign-in/", {"login": email, "password": password})
        if answer.path == "/sign-in/code/":
            answer = browser.post("/sign-in/code/", {"code": totp(self.keys[email])})
        assert answer.path in ("/", "/security/"), (answer.path, answer.heading)
        return browser

    def link(self, email: str, *, hours: float = 72) -> str:
        """A mailed set-password link, as its path; `hours` is how long it is still good."""
        from bridge.adapters.ledger.models import Account, ActivationLink
        from bridge.adapters.ledger.outbox import token_hash

        token = hashlib.sha256(f"{email}{time.monotonic_ns()}".encode()).hexdigest()[:43]
        leaks.keep(token)
        ActivationLink.objects.create(
            account=Account.objects.get(email=email),
            token_hash=token_hash(token),
            expires_at=datetime.now(UTC) + timedelta(hours=hours),
        )
        return f"/activate/{token}"

    def ledger(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every table's rows; sessions, the read log and the counts of the cache apart."""
        apart = {"django_session", "ledger_readentry", "ledger_cachedvalue", "account_usersession"}
        apart |= {"usersessions_usersession", "sqlite_sequence"}
        with sqlite3.connect(Workspace(self.root).ledger, timeout=30) as connection:
            names = [
                name
                for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
                if name not in apart
            ]
            return {name: connection.execute(f'SELECT * FROM "{name}"').fetchall() for name in sorted(names)}


@contextmanager
def served(
    root: Path,
    *options: str,
    base_url: str = "",
    changes: Mapping[str, str] | None = None,
    program: Sequence[str] = (str(PROJECT / "run.py"),),
) -> Iterator[Portal]:
    """A new workspace in `root`, served until the end; what the server said must be no trouble. `changes` are made
    in the text of its province file. Without options it is the portal alone."""
    port = _free_port()
    base = f"http://127.0.0.1:{port}"
    make_room(root, base_url or base)
    province = Workspace(root).province_file
    for old, new in {"processes = 2": "processes = 1", **(changes or {})}.items():
        text = province.read_text(encoding="utf-8")
        assert old in text
        province.write_text(text.replace(old, new), encoding="utf-8")
    bootstrap.close()
    bootstrap.create(root)
    office = bootstrap.open_office(root)
    command = [sys.executable, *program, "serve", "--port", str(port), "-w", str(root)]
    process = subprocess.Popen(
        [*command, *(options or ("--portal-only",))],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    )
    try:
        _wait_for(base, urllib.parse.urlsplit(base_url or base).netloc, process)
        yield Portal(root, base, office, process)
    finally:
        process.terminate()
        said, _ = process.communicate(timeout=120)
        (Workspace(root).logs / "serve.out").write_text(said, encoding="utf-8")
        bootstrap.close()
    assert process.returncode == 0, said
    assert "Traceback" not in said, said
    assert not re.search(r"\d{13}|saphan_\w{49}", said), "an id or a token in the server's output"


def _wait_for(base: str, host: str, process: subprocess.Popen[str]) -> None:
    for _ in range(300):
        try:
            if Browser(base).get("/healthz", headers={"Host": host}).body == "ok":
                return
        except (urllib.error.URLError, OSError):
            pass
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.1)
    raise AssertionError("the portal did not answer")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

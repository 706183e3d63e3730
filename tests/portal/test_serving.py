"""The command `serve`: with the schedule, behind a proxy, and refused where it cannot be right."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from bridge.domain.access import Role
from tests.functional.office import PROJECT
from tests.portal.portal import Browser, Portal, served, totp

HOST = "portal.office.example"
THREADS = 4  # of each process, by the province file


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """The portal and the schedule, as an office has them."""
    with served(tmp_path_factory.mktemp("whole") / "a", "--host", "127.0.0.1") as portal:
        yield portal


def test_the_schedule_works_in_the_same_process(whole: Portal) -> None:
    assert _last(whole, "sync") == 0
    assert whole.signed_in(Role.OFFICER).get("/").path == "/"


def test_a_changed_province_file_is_taken_up_while_the_portal_serves(whole: Portal) -> None:
    """A right one by new processes, without a request lost; a wrong one is told, and all goes on as it was."""
    whole.look()
    person, file = whole.signed_in(Role.OFFICER), whole.office.workspace.province_file
    text = file.read_text(encoding="utf-8")
    (first,) = _serving(whole.process.pid, 1)
    file.write_text(text.replace('office = "', 'office = "ใหม่ ', 1), encoding="utf-8")
    for _ in range(300):
        page = person.get("/")
        assert page.path == "/" and page.status == 200
        if "ใหม่ " in page.body and not first.is_running():
            break
        time.sleep(0.1)
    assert _last(whole, "renew") == 0
    (second,) = _serving(whole.process.pid, 1)
    for wrong in (text.replace("[province]", "[province", 1), text.replace(whole.base, "https://x.invalid")):
        file.write_text(wrong, encoding="utf-8")
        assert _last(whole, "renew", other_than=file.stat().st_mtime) == 3
        assert "ใหม่ " in person.get("/").body and second.is_running()
    log = (whole.root / "logs" / "saphan.log").read_text(encoding="utf-8")
    said = [line["trouble"] for line in map(json.loads, log.splitlines()) if line["event"] == "renew"]
    assert said == ["", "province", "portal_address"]
    file.write_text(text, encoding="utf-8")


def _last(portal: Portal, kind: str, other_than: float = 0) -> int:
    """How the newest run of this kind ended, once there is one that began after this moment."""
    for _ in range(300):
        for run in portal.office.ports.journal.last_runs():
            if run.kind == kind and run.started_at.timestamp() > other_than:
                return run.exit_code
        time.sleep(0.1)
    raise AssertionError(f"no {kind}")


def test_several_processes_serve_and_a_dead_one_gets_a_successor(tmp_path: Path) -> None:
    with served(tmp_path / "p", "--portal-only", changes={"processes = 2": "processes = 2"}) as portal:
        served_by = _serving(portal.process.pid, 2)
        person = portal.signed_in(Role.OFFICER)
        portal.office.workspace.province_file.write_text("[half of it", encoding="utf-8")
        os.kill(served_by[0].pid, signal.SIGKILL)
        assert len(_serving(portal.process.pid, 2, without=served_by[0].pid)) == 2
        for _ in range(10):
            assert person.get("/").status == 200
        portal.process.terminate()
        portal.process.wait(30)
        assert [process for process in served_by if process.is_running()] == []
    assert "portal_process_ended" in (tmp_path / "p" / "logs" / "saphan.log").read_text(encoding="utf-8")


def test_connections_are_shared_out_even_where_a_process_hangs(tmp_path: Path) -> None:
    with ExitStack() as stack:
        portal = stack.enter_context(
            served(tmp_path / "p", "--portal-only", changes={"processes = 2": "processes = 2"})
        )
        one, other = _serving(portal.process.pid, 2)
        held = [_connection(stack, portal) for _ in range(20)]
        shares = [len(process.net_connections("tcp")) - 1 for process in (one, other)]
        assert sum(shares) == len(held) and max(shares) - min(shares) <= 2
        for connection in held[: len(held) // 2]:
            connection.close()
        stack.callback(one.resume)
        _stop(one)
        for _ in range(4):
            _connection(stack, portal)


def _stop(process: psutil.Process) -> None:
    """All of its threads: one that was about to take a connection still takes it."""
    process.suspend()
    threads = Path(f"/proc/{process.pid}/task")
    while any((each / "stat").read_text().rpartition(")")[2].split()[0] != "T" for each in threads.glob("*")):
        time.sleep(0.01)


def _connection(stack: ExitStack, portal: Portal) -> HTTPConnection:
    """One that has had an answer, and is kept."""
    address = urlsplit(portal.base)
    connection = HTTPConnection(str(address.hostname), address.port, timeout=30)
    stack.callback(connection.close)
    connection.request("GET", "/healthz")
    assert connection.getresponse().read() == b"ok"
    return connection


def _serving(parent: int, count: int, without: int = 0) -> list[psutil.Process]:
    """The processes of a portal that answer, once there are so many."""
    for _ in range(600):
        found = [
            process
            for process in psutil.Process(parent).children()
            if process.pid != without and process.num_threads() > THREADS
        ]
        if len(found) == count:
            break
        time.sleep(0.1)
    return found


def test_behind_a_proxy_with_tls(tmp_path: Path) -> None:
    told = {"Host": HOST, "X-Forwarded-Proto": "https", "X-Forwarded-For": "198.51.100.7"}
    changes = {'proxy = ""': 'proxy = "127.0.0.1"'}
    with served(tmp_path / "b", "--portal-only", base_url=f"https://{HOST}", changes=changes) as portal:
        answer = Browser(portal.base).get("/sign-in/", headers=told)
        assert answer.status == 200
        cookie = answer.headers["Set-Cookie"].strip()
        assert cookie.startswith("__Host-csrf=")
        assert "Secure" in cookie and "HttpOnly" in cookie and "Path=/" in cookie and "Domain" not in cookie
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
        for other in ("127.0.0.1", "evil.example"):
            assert Browser(portal.base).get("/sign-in/", headers={**told, "Host": other}).status == 400
        portal.account("tls@example.go.th", factor=False)
        assert _sign_in_by_proxy(portal.base, told) == "__Host-session"
        from allauth.usersessions.models import UserSession

        assert UserSession.objects.get(user__email="tls@example.go.th").ip == "198.51.100.7"


def _sign_in_by_proxy(base: str, told: dict[str, str]) -> str:
    """Cookies with the prefix are sent back by hand: this side of the proxy has no TLS."""
    import http.client
    import urllib.parse

    from tests.portal.portal import PASSWORD

    server = http.client.HTTPConnection(base.partition("//")[2])
    server.request("GET", "/sign-in/", headers=told)
    page = server.getresponse()
    body, cookie = page.read().decode(), page.headers["Set-Cookie"].strip().partition(";")[0]
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', body)
    assert token
    form = {"csrfmiddlewaretoken": token[1], "login": "tls@example.go.th", "password": PASSWORD}
    headers = {**told, "Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
    headers["Origin"] = f"https://{HOST}"
    server.request("POST", "/sign-in/", urllib.parse.urlencode(form), headers)
    answer = server.getresponse()
    answer.read()
    assert (answer.status, answer.headers["Location"]) == (302, "/")
    names = [line.strip().partition("=")[0] for line in answer.headers.get_all("Set-Cookie")]
    return next(name for name in names if name.endswith("session"))


def test_the_samples_address_is_refused_in_words(tmp_path: Path) -> None:
    from bridge import bootstrap

    bootstrap.close()
    bootstrap.create(tmp_path / "c")
    done = subprocess.run(
        [sys.executable, str(PROJECT / "run.py"), "serve", "-w", str(tmp_path / "c")],
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert done.returncode == 3
    assert "portal.base_url" in done.stderr


@pytest.mark.parametrize("role", list(Role))
def test_the_demo_gives_a_sign_in_of_each_role(demo: tuple[str, str], role: Role) -> None:
    base, said = demo
    found = re.search(rf"{role}@demo\.example \S+ (\S+) \S+ (\S+) \S+ \S+ \S+ (\S+)", said)
    assert found, said
    password, code, key = found.groups()
    browser = Browser(base)
    answer = browser.post("/sign-in/", {"login": f"{role}@demo.example", "password": password})
    assert answer.path == "/sign-in/code/"
    assert browser.post("/sign-in/code/", {"code": code}).path == "/"
    assert re.fullmatch(r"\d{6}", totp(key))


def test_a_second_demo_leaves_the_open_one_alone(demo) -> None:  # type: ignore[no-untyped-def]
    base, said = demo
    folder, port = re.search(r"^ *(.*)/outbox$", said, re.M), base.rpartition(":")[2]
    assert folder
    command = [sys.executable, str(PROJECT / "run.py"), "demo", folder[1], "--serve", "--port", port]
    second = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=60)
    assert second.returncode == 6
    assert "เปิดเว็บ" in second.stdout + second.stderr
    found = re.search(r"officer@demo.example รหัสผ่าน (\S+)", said)
    assert found
    answer = Browser(base).post("/sign-in/", {"login": "officer@demo.example", "password": found[1]})
    assert answer.path == "/sign-in/code/"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    from tests.portal.portal import _free_port

    port = _free_port()
    folder = tmp_path_factory.mktemp("demo") / "ลอง"
    command = [sys.executable, str(PROJECT / "run.py"), "demo", str(folder), "--serve", "--port", str(port)]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8"
    )
    lines: list[str] = []
    assert process.stdout
    for line in process.stdout:
        lines.append(line)
        if "ซิงก์ทุก" in line:  # the hours are kept as well
            break
    try:
        yield f"http://127.0.0.1:{port}", "".join(lines)
    finally:
        process.terminate()
        process.communicate(timeout=120)
    assert process.returncode == 0

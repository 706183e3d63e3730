"""The portal as a web server: Django's application on waitress, the static files beside it, in several processes.

Python computes in one thread of a process at a time, so that one process uses one core, and a cycle in it would make
every page wait (docs/adr/0011). The processes take connections from one socket; whoever opened it looks after them.
"""

from __future__ import annotations

import gc
import logging
import multiprocessing
import signal
import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import TracebackType
from typing import Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.management import call_command
from django.db import DatabaseError, connections

from bridge import bootstrap
from bridge.application.errors import ConfigurationError, OutsideError, SaphanError
from bridge.application.ports.journal import Run
from bridge.bootstrap import Office
from bridge.config import InvalidProvince, Province, load
from bridge.log import open_log
from bridge.portal.connections import SharingServer
from bridge.portal.office import serve_office
from bridge.portal.one_by_one import one_by_one
from bridge.portal.settings import hosts, most_bytes, web_settings
from bridge.settings import memory
from bridge.workspace import Workspace

MEMORY = 8  # MB for each of them on SQLite: they write little
KEPT_SECONDS = 600  # a thread's connection to the ledger
BACKLOG = 1024  # connections that wait until a process takes them
START_SECONDS = 60  # for a process to answer; some three are usual
END_SECONDS = 10  # for the requests at work when the portal stops
Trouble = InvalidProvince | SaphanError
_spawn = multiprocessing.get_context("spawn")  # the only way on Windows, and no thread is copied
_log = logging.getLogger("saphan")


def application(office: Office) -> Callable[..., Any]:
    """The WSGI application of an office, ready to answer. Once in a process."""
    from bridge.portal import events  # noqa: PLC0415  # needs Django set up

    _apply_settings(office)
    for database in (settings.DATABASES["default"], connections.settings["default"]):
        database.update(CONN_MAX_AGE=KEPT_SECONDS, CONN_HEALTH_CHECKS=True)
        if "init_command" in database.get("OPTIONS", {}):
            database["OPTIONS"]["init_command"] += memory(MEMORY)
    serve_office(office)
    events.listen()
    return WSGIHandler()


def _apply_settings(office: Office) -> None:
    for name, value in web_settings(office).items():
        setattr(settings, name, value)


def _lay_out_static(workspace: Workspace, accent: str) -> None:
    """Copies the stylesheet and scripts under names that change with their content."""
    own = workspace.portal_own
    try:
        own.mkdir(parents=True, exist_ok=True)
        (own / "accent.css").write_text(f":root {{ --accent: {accent}; }}\n", encoding="ascii")
        call_command("collectstatic", interactive=False, verbosity=0)
    except OSError as error:
        raise OutsideError("folder_unusable", folder=str(own), said=str(error)) from error


@dataclass(frozen=True)
class _Place:
    """What a process works with. `province` as it was found right: what is in the file may be at work again, or
    wrong. `held` and `own`: see connections.py."""

    root: Path
    province: Province
    listening: socket.socket
    held: Any
    own: int


@dataclass(frozen=True)
class _Worker:
    """`line` is the end of a pipe: a word comes once the process answers; closing it tells the process to finish, and
    so does the death of this one."""

    process: BaseProcess
    line: Connection
    place: _Place

    @classmethod
    def start(cls, place: _Place) -> _Worker:
        here, there = _spawn.Pipe()
        place.held[place.own] = 0
        process = _spawn.Process(target=_work, args=(place, there), name="portal", daemon=True)
        process.start()
        there.close()
        return cls(process, here, place)

    def successor(self) -> _Worker:
        return self.start(self.place)

    def answers(self, ended: threading.Event) -> bool:
        """Waits for its word; False where it ends without one, takes too long, or all is over."""
        with suppress(EOFError, OSError):
            for _ in range(START_SECONDS):
                if ended.is_set():
                    break
                if self.line.poll(1):
                    return bool(self.line.recv())
        return False


def _end(workers: Sequence[_Worker]) -> None:
    """All at once, after the requests at work."""
    for worker in workers:
        worker.line.close()
    for worker in workers:
        worker.process.join(END_SECONDS + 5)


class Server:
    """Serves from `with` until its end; requests at work are finished first. A changed province file is taken up
    within some seconds: processes of the new one take the places of the old ones. Of a file that cannot be taken up
    `tell` hears why, and the portal goes on as it was."""

    def __init__(self, office: Office, host: str, port: int, tell: Callable[[Trouble], object]) -> None:
        """Raises ConfigurationError where the address of the province file is still the sample's, OutsideError
        where the port is taken."""
        self._workspace, self._ports, self._province = office.workspace, office.ports, office.province
        self._host, self._port, self._tell = host, port, tell
        self._check_address(office.province)
        _apply_settings(office)
        _lay_out_static(office.workspace, office.province.portal.accent)
        self._listening = _opened(host, port)
        self._workers: list[_Worker] = []
        self._ended = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="portal", daemon=True)

    def __enter__(self) -> Server:
        self._workers = self._started(self._province)
        self._keeper.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._keeper.join()
        self._listening.close()
        _end(self._workers)

    def _check_address(self, province: Province) -> None:
        if any(name.endswith(".invalid") for name in hosts(province.portal)):
            raise ConfigurationError("portal_address", host=self._host, port=self._port)

    def _started(self, province: Province) -> list[_Worker]:
        root, count = self._workspace.root.resolve(), province.portal.processes
        held = _spawn.Array("i", count, lock=False)
        return [_Worker.start(_Place(root, province, self._listening, held, own)) for own in range(count)]

    def _keep(self) -> None:
        """Until the end. A new text of the province file counts once it has stayed the same for a second."""
        taken = before = self._text()
        while not self._ended.wait(1):
            self._replace_the_dead()
            now = self._text()
            if now == before != taken:
                taken = now
                self._renew()
            before = now

    def _text(self) -> bytes:
        with suppress(OSError):
            return self._workspace.province_file.read_bytes()
        return b""

    def _replace_the_dead(self) -> None:
        """A process that has died (out of memory, killed by hand) gets a successor."""
        for place, worker in enumerate(self._workers):
            if not worker.process.is_alive():
                _log.error("portal_process_ended", extra={"facts": {"exit_code": worker.process.exitcode}})
                self._workers[place] = worker.successor()

    def _renew(self) -> None:
        """Takes the province file up, and keeps in the log and in the ledger, for `status`, how that went."""
        started, code, exit_code = self._ports.clock.now(), "", 0
        try:
            self._take_up(load(self._workspace.province_file))
        except InvalidProvince as error:
            code, exit_code = "province", ConfigurationError.exit_code
            self._tell(error)
        except SaphanError as error:
            code, exit_code = error.code, error.exit_code
            self._tell(error)
        _log.info("renew", extra={"facts": {"trouble": code}})
        report = {"trouble": [code] if code else []}
        with suppress(DatabaseError):
            self._ports.journal.record_run(Run("renew", started, self._ports.clock.now(), exit_code, report))
        connections.close_all()

    def _take_up(self, province: Province) -> None:
        """All of the new processes, or none."""
        self._check_address(province)
        if province.portal.accent != self._province.portal.accent:
            _lay_out_static(self._workspace, province.portal.accent)
        fresh = self._started(province)
        if not all(worker.answers(self._ended) for worker in fresh):
            _end(fresh)
            raise ConfigurationError("portal_not_renewed")
        old, self._workers, self._province = self._workers, fresh, province
        _end(old)


def check_port(host: str, port: int) -> None:
    """Raises OutsideError where nothing can listen there."""
    _opened(host, port).close()


def _opened(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise OutsideError("port_taken", host=host, port=port, said=error.strerror or "") from error


def _work(place: _Place, line: Connection) -> None:
    """One process of the portal, until the other end of the line is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches all; the first process tells when to stop
    open_log(Workspace(place.root).logs)
    province, portal = place.province, place.province.portal
    try:
        office = bootstrap.open_office(place.root, province)
        pages = application(office)
        if province.ledger.engine == "sqlite":  # nobody waits for another computer
            pages = one_by_one(pages)
    except Exception as error:
        bootstrap.log_unexpected(error)
        return
    gc.collect()
    gc.freeze()  # what is there for good: to look through it takes a tenth of a second, and everybody waits
    server = SharingServer(
        pages,
        place.listening,
        place.held,
        place.own,
        threads=portal.threads,
        max_request_body_size=most_bytes(portal),
        **_proxy(portal.proxy),
    )
    ended = threading.Event()
    threading.Thread(target=_answer, args=(server, ended), name="portal", daemon=True).start()
    with suppress(EOFError, OSError):
        line.send(True)
        line.recv()
    ended.set()
    server.task_dispatcher.shutdown(cancel_pending=False, timeout=END_SECONDS)
    server.close()
    bootstrap.close()


def _answer(server: Any, ended: threading.Event) -> None:
    """Until the server is closed; its sockets go from under it then."""
    try:
        server.run()
    except Exception:
        if not ended.is_set():
            raise


def _proxy(address: str) -> dict[str, Any]:
    """Only the province's own proxy is believed when it says who asks and how; what others say is dropped."""
    common: dict[str, Any] = {
        "ident": None,
        "clear_untrusted_proxy_headers": True,
        "expose_tracebacks": False,
    }
    if not address:
        return common
    return {
        **common,
        "trusted_proxy": address,
        "trusted_proxy_count": 1,
        "trusted_proxy_headers": {"x-forwarded-for", "x-forwarded-proto"},
    }

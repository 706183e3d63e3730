"""The portal as a web server: Django's application on waitress, the static files beside it, in several processes.

Python computes in one thread of a process at a time, so that one process uses one core, and a cycle in it would make
every page wait (docs/adr/0011). The processes take connections from one socket; whoever opened it looks after them.
"""

from __future__ import annotations

import logging
import multiprocessing
import signal
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import TracebackType
from typing import Any

import waitress
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.management import call_command
from django.db import connections

from bridge import bootstrap
from bridge.adapters.ledger.together import take_turns
from bridge.application.errors import ConfigurationError, OutsideError
from bridge.bootstrap import Office
from bridge.log import open_log
from bridge.portal.office import serve_office
from bridge.portal.settings import hosts, most_bytes, web_settings
from bridge.settings import memory
from bridge.workspace import Workspace

MEMORY = 8  # MB for each of them on SQLite: they write little
KEPT_SECONDS = 600  # a thread's connection to the ledger
BACKLOG = 1024  # connections that wait until a process takes them
END_SECONDS = 10  # for the requests at work when the portal stops
_spawn = multiprocessing.get_context("spawn")  # the only way on Windows, and no thread is copied


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


def _lay_out_static(office: Office) -> None:
    """Copies the stylesheet and scripts under names that change with their content."""
    own = office.workspace.portal_own
    try:
        own.mkdir(parents=True, exist_ok=True)
        accent = f":root {{ --accent: {office.province.portal.accent}; }}\n"
        (own / "accent.css").write_text(accent, encoding="ascii")
        call_command("collectstatic", interactive=False, verbosity=0)
    except OSError as error:
        raise OutsideError("folder_unusable", folder=str(own), said=str(error)) from error


@dataclass(frozen=True)
class _Worker:
    """`until` is the end of a pipe: closing it tells the process to finish, and so does the death of this one."""

    process: BaseProcess
    until: Connection

    @classmethod
    def start(cls, root: Path, listening: socket.socket) -> _Worker:
        here, there = _spawn.Pipe()
        process = _spawn.Process(target=_work, args=(str(root), listening, there), name="portal", daemon=True)
        process.start()
        there.close()
        return cls(process, here)


class Server:
    """Serves from `with` until its end; requests at work are finished first."""

    def __init__(self, office: Office, host: str, port: int) -> None:
        """Raises ConfigurationError where the address of the province file is still the sample's, OutsideError
        where the port is taken."""
        portal = office.province.portal
        if any(name.endswith(".invalid") for name in hosts(portal)):
            raise ConfigurationError("portal_address", host=host, port=port)
        _apply_settings(office)
        _lay_out_static(office)
        try:
            self._listening = _listen(host, port)
        except OSError as error:
            raise OutsideError("port_taken", host=host, port=port, said=error.strerror or "") from error
        self._root, self._count = office.workspace.root.resolve(), portal.processes
        self._workers: list[_Worker] = []
        self._ended = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="portal", daemon=True)

    def __enter__(self) -> Server:
        self._workers = [_Worker.start(self._root, self._listening) for _ in range(self._count)]
        self._keeper.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._keeper.join()
        self._listening.close()
        for worker in self._workers:
            worker.until.close()
        for worker in self._workers:
            worker.process.join(END_SECONDS + 5)

    def _keep(self) -> None:
        """A process that has died (out of memory, killed by hand) gets a successor."""
        while not self._ended.wait(1):
            for place, worker in enumerate(self._workers):
                if not worker.process.is_alive():
                    facts = {"exit_code": worker.process.exitcode}
                    logging.getLogger("saphan").error("portal_process_ended", extra={"facts": facts})
                    self._workers[place] = _Worker.start(self._root, self._listening)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
    return socket.create_server((host, port), family=family, backlog=BACKLOG)


def _work(root: str, listening: socket.socket, until: Connection) -> None:
    """One process of the portal, until the other end of the pipe is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches all; the first process tells when to stop
    open_log(Workspace(Path(root)).logs)
    office = bootstrap.open_office(Path(root))
    portal = office.province.portal
    if office.province.ledger.engine == "sqlite":
        take_turns(office.workspace.turn)
    server = waitress.create_server(
        application(office),
        sockets=[listening],
        threads=portal.threads,
        max_request_body_size=most_bytes(portal),
        **_proxy(portal.proxy),
    )
    threading.Thread(target=server.run, name="portal", daemon=True).start()
    with suppress(EOFError, OSError):
        until.recv()
    server.task_dispatcher.shutdown(cancel_pending=False, timeout=END_SECONDS)
    server.close()
    bootstrap.close()


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

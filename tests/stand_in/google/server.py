"""The HTTP side: one lock over all state, a log of calls, people's actions and faults around each call."""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.stand_in.google import calls, errors, oauth, routes
from tests.stand_in.google.bucket import Bucket
from tests.stand_in.google.calls import Answer, Call
from tests.stand_in.google.faults import LOST, REFUSALS, Fault, Faults, Kind
from tests.stand_in.google.forms import Respondents
from tests.stand_in.google.people import People
from tests.stand_in.google.state import State

Action = Callable[[], object]
assert routes.ID  # importing the module fills the table of routes
_NEVER = {Kind.RESET_BEFORE, Kind.TIME_OUT_BEFORE, *REFUSALS}


class Google:
    """A running stand-in. `url` is its root; `calls` the log; state, people, forms, faults and bucket are the
    handles of a test."""

    def __init__(self) -> None:
        self.state = State()
        self.people = People(self.state)
        self.forms = Respondents(self.state)
        self.faults = Faults()
        self.bucket = Bucket()
        self.calls: list[Call] = []
        self.keep_answers = False
        self.stopping = threading.Event()
        self.url = ""
        self._before: list[tuple[Callable[[Call], bool], Action]] = []
        self._after: list[tuple[Callable[[Call], bool], Action]] = []
        self._log_lock = threading.Lock()

    # Actions around calls

    def before(self, which: int | str, action: Action) -> None:
        """Run once, before a call is handled: the call with that index, or the next that contains that text
        in its "METHOD /path"."""
        self._before.append((_test(which), action))

    def after(self, which: int | str, action: Action) -> None:
        """Run once, after a call was done and before its answer leaves."""
        self._after.append((_test(which), action))

    def _run(self, actions: list[tuple[Callable[[Call], bool], Action]], call: Call) -> None:
        with self._log_lock:
            due = [pair for pair in actions if pair[0](call)]
            for pair in due:
                actions.remove(pair)
        for _, action in due:
            action()

    def service_account_info(self) -> dict[str, Any]:
        """A service-account file whose tokens come from here."""
        return oauth.service_account_info(f"{self.url}/token", self.state.email)

    # Calls

    def log(self, method: str, target: str, headers: dict[str, str], raw: bytes) -> Call:
        parts = urlsplit(target)
        query = parse_qs(parts.query, keep_blank_values=True)
        with self._log_lock:
            call = Call(len(self.calls), method, parts.path, query, headers, raw)
            self.calls.append(call)
        return call

    def apply(self, call: Call) -> Answer:
        """Do a call against the state; errors come back as answers."""
        try:
            with self.state.lock:
                one, match = calls.found_route(call)
                user = "token"
                if one.service != "token":
                    authorization = call.headers.get("authorization", "")
                    user = oauth.caller(self.state, authorization, one.service, one.writing)
                if one.service == "sheets":
                    self.bucket.take(user, one.writing, self.state.clock())
                made = calls.answer(self.state, call, one, match)
                return written(made)  # under the lock: an answer may share what the next call changes
        except errors.ApiError as error:
            return refusal(error)

    def apply_due(self, call: Call) -> None:
        for pending in self.faults.due(call.index, self.state.clock()):
            pending.run()

    def handle(self, call: Call) -> tuple[Answer | None, Fault | None]:
        """(the answer, or None when the client gets none; the fault that happened)."""
        self.apply_due(call)
        self._run(self._before, call)
        fault = self.faults.take(call.index, call.line)
        if fault is None:
            made: Answer | None = self.apply(call)
        elif fault.kind in _NEVER:
            made = refusal(REFUSALS[fault.kind]()) if fault.kind in REFUSALS else None
        elif fault.kind is Kind.LATE:
            self.faults.postpone(lambda: self.apply(call), fault, call.index, self.state.clock())
            made = refusal(REFUSALS[fault.answer]()) if fault.answer else None
        else:
            made = self.apply(call)
            if fault.kind in LOST:
                made = refusal(LOST[fault.kind]())
            elif fault.kind in (Kind.RESET_AFTER, Kind.TIME_OUT_AFTER):
                made = None
        self._run(self._after, call)
        return made, fault


def _test(which: int | str) -> Callable[[Call], bool]:
    if isinstance(which, int):
        return lambda call: call.index == which
    return lambda call: which in call.line


def written(made: Answer) -> Answer:
    """The answer with its JSON as bytes."""
    if made.raw is None:
        text = json.dumps(made.json, ensure_ascii=False, separators=(",", ":"))
        return Answer(made.status, raw=text.encode(), content_type=made.content_type)
    return made


def refusal(error: errors.ApiError) -> Answer:
    return Answer(error.status, raw=str(error.body).encode(), content_type=error.content_type)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "ESF"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = -1
    google: Google

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(length) if length else b""
        headers = {name.lower(): value for name, value in self.headers.items()}
        call = self.google.log(self.command, self.path, headers, raw)
        try:
            made, fault = self.google.handle(call)
        except Exception as error:
            text = {"error": {"code": 500, "message": f"Stand-in failed: {error!r}", "status": "INTERNAL"}}
            made, fault = Answer(500, json=text), None
            self._send(call, made, None)
            raise
        if made is None:
            self._drop(fault)
        else:
            self._send(call, made, fault)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve

    def _send(self, call: Call, made: Answer, fault: Fault | None) -> None:
        if fault is not None and fault.kind is Kind.SLOW and not self._hold(fault.hold):
            return
        raw = written(made).raw or b""
        call.status, call.sent = made.status, len(raw)
        call.answer = raw if self.google.keep_answers else None
        cut = fault is not None and fault.kind is Kind.TRUNCATED
        self.send_response(made.status)
        self.send_header("Content-Type", made.content_type)
        raw = raw[: len(raw) // 2] if cut else raw
        if made.status != 204:
            self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def _drop(self, fault: Fault | None) -> None:
        """No answer: a reset at once, or silence until the client has had enough."""
        self.close_connection = True
        if fault is not None and fault.kind not in (Kind.RESET_BEFORE, Kind.RESET_AFTER):
            self._hold(fault.hold)
        linger = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
        with contextlib.suppress(OSError):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.rfile.close()
        self.connection.close()

    def _hold(self, seconds: float) -> bool:
        """Wait; False when the client left or the server stops before the time is over."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.google.stopping.wait(0.01):
                return False
            with contextlib.suppress(OSError, ValueError):
                if select.select([self.connection], [], [], 0)[0] and not self.connection.recv(
                    1, socket.MSG_PEEK
                ):
                    return False
        return True

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: the log of calls is `Google.calls`."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is what many tests are about."""


@contextlib.contextmanager
def serve(port: int = 0, google: Google | None = None) -> Iterator[Google]:
    """A stand-in on a loopback port, in threads of this process, until the block is left."""
    google = google or Google()
    handler = type("Handler", (_Handler,), {"google": google})
    server = _Server(("127.0.0.1", port), handler)
    google.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield google
    finally:
        google.stopping.set()
        server.shutdown()
        server.server_close()
        thread.join()

"""A small application that is open to attack on purpose: the positive control of the scanners.

Each fault is one that a scanner must find with the very settings with which it is let loose on the portal: behind
a session cookie, its forms with the token that the portal's forms carry. The same server keeps count of who calls
it from inside (`/ssrf/…`), which is how a forged request of a server is seen. On the loopback, for as long as the
scan lasts.
"""

from __future__ import annotations

import html
import re
import sqlite3
import subprocess
import threading
import urllib.parse
import urllib.request
import xml.sax
import xml.sax.handler
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from json import dumps
from typing import Any

SESSION = {"session": "control-4f1d"}
TOKEN = "q8Zr5Lw0TnXyVb3KsUe7JdHa2PmC9fGi"  # of the one visitor
UPLOAD = (
    f'<form method="post" action="/upload/" enctype="multipart/form-data"><input type="file" name="file">'
    f'<input type="hidden" name="csrfmiddlewaretoken" value="{TOKEN}"><button>x</button></form>'
)
Fields = dict[str, str]


def _page(body: str) -> bytes:
    return f"<!DOCTYPE html><html><head><title>control</title></head><body>{body}</body></html>".encode()


def _field(name: str, path: str, token: str = TOKEN) -> str:
    hidden = f'<input type="hidden" name="csrfmiddlewaretoken" value="{token}">' if token else ""
    return f'<form method="post" action="{path}">{hidden}<input name="{name}" value="a"><button>x</button></form>'


class Control:
    """The faulty pages. What they have been told is kept in memory."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.calls: dict[str, dict[str, dict[str, list[dict[str, str]]]]] = {}
        self.lock = threading.Lock()
        self.pages: dict[str, Callable[[Fields], bytes]] = {
            "/": self.index,
            "/search/": self.search,
            "/find/": self.search,
            "/echo/": lambda asked: _page(f"<p>{asked.get('text', '')}</p>"),
            "/file/": self.file,
            "/run/": self.run,
            "/fetch/": self.fetch,
            "/notes/": self.note,
            "/xml/": self.xml,
            "/upload/": self.upload,
        }

    def index(self, _: Fields) -> bytes:
        links = (
            "echo/?text=a",
            "file/?name=note.txt",
            "run/?name=a",
            "go/?next=/",
            "find/?text=a",
            "closed/",
            "xml/?document=a",
        )
        anchors = [
            f'<a href="/{link}">{link}</a>' for link in (*links, "fetch/?url=http://127.0.0.1:1/", "notes/")
        ]
        forms = [
            _field("text", "/search/"),
            _field("document", "/xml/"),
            _field("text", "/notes/", ""),
            UPLOAD,
        ]
        return _page("".join((*anchors, *forms)))

    def search(self, asked: Fields) -> bytes:
        ledger = sqlite3.connect(":memory:")
        ledger.execute("CREATE TABLE people (name TEXT)")
        ledger.executemany("INSERT INTO people VALUES (?)", [("a",), ("b",)])
        try:
            rows = ledger.execute(
                f"SELECT name FROM people WHERE name = '{asked.get('text', '')}'"
            ).fetchall()
        except sqlite3.Error as error:
            return _page(f"sqlite3.OperationalError: {html.escape(str(error))}")
        finally:
            ledger.close()
        return _page(html.escape(repr(rows)) + _field("text", "/search/"))

    def file(self, asked: Fields) -> bytes:
        try:
            with open(asked.get("name", ""), "rb") as found:
                return found.read(10_000)
        except (OSError, ValueError) as error:
            return _page(html.escape(str(error)))

    def run(self, asked: Fields) -> bytes:
        said = subprocess.run(
            f"echo {asked.get('name', '')}", shell=True, capture_output=True, timeout=20, check=False
        )
        return said.stdout[:10_000]

    def fetch(self, asked: Fields) -> bytes:
        try:
            with urllib.request.urlopen(asked.get("url", ""), timeout=2) as answer:
                return bytes(answer.read(1000))
        except (OSError, ValueError):
            return _page("no")

    def note(self, asked: Fields) -> bytes:
        with self.lock:
            if asked.get("text"):
                self.notes = [*self.notes, asked["text"]][-200:]
            return _page("".join(f"<p>{note}</p>" for note in self.notes))

    def xml(self, asked: Fields) -> bytes:
        said: list[str] = []

        class Heard(xml.sax.handler.ContentHandler):
            def characters(self, content: str) -> None:
                said.append(content)

        reader = xml.sax.make_parser()
        reader.setFeature(xml.sax.handler.feature_external_ges, True)
        reader.setContentHandler(Heard())
        try:
            reader.parse(BytesIO(asked.get("document", "").encode()))
        except Exception as error:
            said.append(str(error))
        return _page(html.escape("".join(said)))

    def upload(self, asked: Fields) -> bytes:
        """Runs the file, as a server does that knows PHP and keeps its uploads where it serves: wapiti's array of
        parts of a word, and the order of the parts."""
        said = re.search(r"\$a = array\((.*?)\);\$b = array\((.*?)\);", asked.get("file", ""))
        if said is None:
            return _page("kept")
        parts = dict(re.findall(r'(\d+) => "(\w+)"', said[1]))
        return _page("".join(parts[number] for number in said[2].split(",")))

    def called(self, path: str) -> None:
        """`/ssrf/<scan>/<request>/<parameter in hex>/`: somebody has been made to ask for this."""
        _, _, scan, request, parameter, *_ = [*path.split("/"), "", ""]
        call = {"date": datetime.now(UTC).isoformat(), "url": path, "ip": "127.0.0.1", "method": "GET"}
        with self.lock:
            self.calls.setdefault(scan, {}).setdefault(request, {}).setdefault(parameter, []).append(call)


def _sent(kind: str, body: bytes) -> Fields:
    if not kind.startswith("multipart/"):
        return dict(urllib.parse.parse_qsl(body.decode("utf-8", "replace"), True))
    whole = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
    return {
        str(part.get_param("name", header="content-disposition")): part.get_payload(decode=True).decode(
            "latin-1"
        )  # type: ignore[union-attr]  # bytes, of a part that has none
        for part in whole.walk()
        if not part.is_multipart()
    }


class _Visit(BaseHTTPRequestHandler):
    control: Control

    def do_GET(self) -> None:
        address = urllib.parse.urlsplit(self.path)
        asked = dict(urllib.parse.parse_qsl(address.query, keep_blank_values=True))
        if address.path.startswith("/ssrf/"):
            self.control.called(address.path)
            self._answer(200, b"", kind="text/plain")
        elif address.path in ("/get_ssrf.php", "/get_xxe.php"):
            found = self.control.calls.get(asked.get("session_id", ""), {})
            self._answer(
                200, dumps(found if "ssrf" in address.path else {}).encode(), kind="application/json"
            )
        else:
            self._signed_in(address.path, asked)

    do_HEAD = do_GET

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        asked = _sent(self.headers.get("Content-Type", ""), self.rfile.read(length))
        if self.path != "/notes/" and asked.get("csrfmiddlewaretoken") != TOKEN:
            return self._answer(403, _page("token"))
        return self._signed_in(urllib.parse.urlsplit(self.path).path, asked)

    def do_OPTIONS(self) -> None:
        self._answer(200, b"", Allow="GET, POST, PUT, DELETE, TRACE")

    def do_ABC(self) -> None:
        """A method that nobody knows opens the closed door."""
        self._answer(200, _page("open"))

    def _signed_in(self, path: str, asked: Fields) -> None:
        if SESSION["session"] not in self.headers.get("Cookie", ""):
            return self._answer(302, b"", Location="/sign-in/")
        if path == "/go/":
            return self._answer(302, b"", Location=asked.get("next", "/"))
        if path == "/closed/":
            return self._answer(401, _page("closed"), **{"WWW-Authenticate": "Basic"})
        page = self.control.pages.get(path)
        if page is None:
            return self._answer(404, _page("nothing"))
        try:
            return self._answer(200, page(asked))
        except Exception:
            return self._answer(500, _page("broken"))

    def _answer(self, status: int, body: bytes, kind: str = "text/html", **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        if kind == "text/html":
            self.send_header("Set-Cookie", "plain=1")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        return


@contextmanager
def listening() -> Iterator[str]:
    """The control, served; its address."""
    visit = type("Visit", (_Visit,), {"control": Control()})
    with ThreadingHTTPServer(("127.0.0.1", 0), visit) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()

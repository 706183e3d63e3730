"""What the client makes of answers, odd ones too: asked again, refused, or left open."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from google.auth.credentials import AnonymousCredentials

from bridge.adapters.google.client import TRIES, Ambiguous, GoogleClient, NoQuota, Refused
from bridge.application.errors import OutsideError


class Peer:
    """Answers everything with one status and body; counts."""

    def __init__(self) -> None:
        self.status, self.body, self.asked = 200, b"{}", 0
        peer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                peer.asked += 1
                self.send_response(peer.status)
                self.send_header("Content-Length", str(len(peer.body)))
                self.end_headers()
                self.wfile.write(peer.body)

            def log_message(self, format: str, *args: Any) -> None: ...

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"


@pytest.fixture
def peer() -> Iterator[Peer]:
    made = Peer()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def client(peer: Peer) -> GoogleClient:
    return GoogleClient(
        AnonymousCredentials(),
        api_root=peer.url,
        quota=NoQuota(),
        pause=lambda seconds: None,
        time_outs=(2, 2),
    )


@pytest.mark.parametrize("status", [408, 499, 500, 501, 502, 503, 504, 507, 520, 524, 530])
def test_an_answer_that_leaves_it_open(peer: Peer, client: GoogleClient, status: int) -> None:
    peer.status, peer.body = status, b"<html>"
    with pytest.raises(Ambiguous):
        client.call("sheets", "POST", "/v4/x", effect="write", body={})
    assert peer.asked == 1
    with pytest.raises(OutsideError) as caught:
        client.call("sheets", "POST", "/v4/x", effect="read", body={})
    assert (caught.value.code, peer.asked) == ("google_unreachable", 1 + TRIES)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"<html>"])
def test_a_body_that_is_no_answer(peer: Peer, client: GoogleClient, body: bytes) -> None:
    peer.body = body
    with pytest.raises(Ambiguous):
        client.call("sheets", "POST", "/v4/x", effect="write", body={})
    with pytest.raises(OutsideError):
        client.call("sheets", "POST", "/v4/x", effect="read", body={})


@pytest.mark.parametrize("status", [400, 403, 404, 409, 413])
def test_a_refusal_is_final(peer: Peer, client: GoogleClient, status: int) -> None:
    peer.status, peer.body = (
        status,
        b'{"error": {"code": 400, "message": "no", "status": "INVALID_ARGUMENT"}}',
    )
    for effect in ("read", "write"):
        with pytest.raises(Refused) as caught:
            client.call("sheets", "POST", "/v4/x", effect=effect, body={})  # type: ignore[arg-type]
        assert (caught.value.status, caught.value.said) == (status, "no")
    assert peer.asked == 2


@pytest.mark.parametrize(
    ("reason", "waits"),
    [("rateLimitExceeded", True), ("userRateLimitExceeded", True), ("storageQuotaExceeded", False)],
)
def test_a_403_of_drive_is_waited_out_when_waiting_helps(
    peer: Peer, client: GoogleClient, reason: str, waits: bool
) -> None:
    error = f'{{"error": {{"errors": [{{"domain": "usageLimits", "reason": "{reason}"}}], "message": "m"}}}}'
    peer.status, peer.body = 403, error.encode()
    with pytest.raises(OutsideError if waits else Refused):
        client.call("drive", "POST", "/drive/v3/files", effect="write", body={})
    assert peer.asked == (TRIES if waits else 1)


def test_leaving_is_told_before_each_try(peer: Peer, client: GoogleClient) -> None:
    peer.status, peer.body = 429, b"{}"
    told: list[int] = []
    with pytest.raises(OutsideError):
        client.call(
            "sheets", "POST", "/v4/x", effect="write", body={}, leaving=lambda: told.append(peer.asked)
        )
    assert told == list(range(TRIES))

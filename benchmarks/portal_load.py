"""The people of benchmarks/portal.py: closed-loop clients over keep-alive connections, in a process of their own.

Each does one thing after another, without a pause between: what is read by what weight is in MIX. Plain asyncio
streams, because a client library would take more processor time than the portal has left on two cores.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import random
import re
import sys
import time
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

MIX = {
    "menu": 10,
    "register search": 25,
    "case list": 10,
    "case search": 15,
    "case page": 20,
    "overview": 10,
    "form page": 10,
}
FIGURES_ONLY = ("menu", "overview")  # what executives open
WARM_UP = 3.0  # seconds that are not counted
LOCATION = re.compile(rb"\r\n[Ll]ocation: ([^\r]*)")
LENGTH = re.compile(rb"\r\n[Cc]ontent-[Ll]ength: (\d+)")


class Client:
    def __init__(
        self, person: dict[str, Any], port: int, number: int, results: list[tuple[str, float, int, int]]
    ):
        self.person, self.port, self.results = person, port, results
        self.rng = random.Random(number)
        self.number = number
        self.reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None

    async def ask(self, kind: str, path: str, form: dict[str, str] | None = None) -> tuple[int, bytes, bytes]:
        """(status, head, body). Any failure is status 0."""
        body = urlencode({"csrfmiddlewaretoken": self.person["token"], **form}).encode() if form else b""
        lines = [
            f"{'POST' if form else 'GET'} {path} HTTP/1.1",
            f"Host: 127.0.0.1:{self.port}",
            f"Cookie: {self.person['cookie']}",
            "Accept-Encoding: gzip",
        ]
        if form:
            lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
        sent = "\r\n".join(lines).encode() + b"\r\n\r\n" + body
        started = time.perf_counter()
        try:
            status, head, answer = await asyncio.wait_for(self._exchange(sent), 60)
        except (OSError, asyncio.IncompleteReadError, TimeoutError):
            self.writer = None
            status, head, answer = 0, b"", b""
        if b"/sign-in/" in head:
            status = 401  # the session is not one
        self.results.append((kind, started, time.perf_counter() - started, status, len(head) + len(answer)))
        return status, head, answer

    async def _exchange(self, sent: bytes) -> tuple[int, bytes, bytes]:
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port, limit=2**20)
        assert self.reader is not None
        self.writer.write(sent)
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = LENGTH.search(head)
        body = await self.reader.readexactly(int(length[1])) if length else b""
        if b"onnection: close" in head:
            self.writer.close()
            self.writer = None
        return int(head[9:12]), head, body

    # -------------------------------------------------------------------------------------------- what people do

    async def read(self) -> None:
        kinds = list(MIX)
        if self.person["role"] == "executive":
            kinds = list(FIGURES_ONLY)
        (kind,) = self.rng.choices(kinds, [MIX[each] for each in kinds])
        if kind in ("register search", "case search"):
            await self._search(kind)
        elif kind == "case page":
            await self.ask(kind, f"/cases/{self.rng.choice(self.person['cases'])}/")
        else:
            paths = {
                "menu": "/",
                "case list": "/cases/",
                "overview": "/overview/",
                "form page": "/cases/new/",
            }
            await self.ask(kind, paths[kind])

    async def _search(self, kind: str) -> None:
        path = "/register/" if kind == "register search" else "/cases/"
        words = self.person["register_words" if kind == "register search" else "case_words"]
        _, head, _ = await self.ask(f"{kind}: sent", path, {"text": self.rng.choice(words)})
        found = LOCATION.search(head)
        if found:
            await self.ask(kind, found[1].decode())

    async def submit(self) -> None:
        case = self._case()
        status, head, _ = await self.ask("case sent", "/cases/new/", case)
        found = LOCATION.search(head)
        if status == 302 and found:
            await self.ask("receipt", found[1].decode())

    def _case(self) -> dict[str, str]:
        twelve = f"{self.rng.randrange(10**11, 9 * 10**11)}"
        total = sum(int(digit) * (13 - place) for place, digit in enumerate(twelve))
        letters = "กขคงจชดตทนบปพมยรลวสหอ"
        return {
            "key": uuid.UUID(int=self.rng.getrandbits(128)).hex,
            "sender_name": "นางสาวทดสอบ ส่งเคส",
            "sender_org": "อบต.โพธิ์",
            "sender_phone": "0812345678",
            "letter_date": "20/11/2569",
            "case_type": "ผู้มีรายได้น้อย",
            "requester": "ยื่นเอง",
            "person_name": "นายสมมติ " + "า".join(self.rng.choice(letters) for _ in range(6)) + "ดี",
            "problem": "รายได้ไม่พอใช้จ่าย มีผู้สูงอายุติดเตียงหนึ่งคนต้องดูแล ต้องการเงินสงเคราะห์",
            "national_id": twelve + str((11 - total % 11) % 10),
            "age": "70",
            "house_no": f"{self.rng.randrange(1, 900)}/{self.rng.randrange(1, 900)}",
            "moo": "7",
            "tambon": self.person["place"],
            "amphoe": self.person["amphoe"],
            "source": "TPMAP",
        }


async def load(people: list[dict[str, Any]], port: int, seconds: float, what: str, seed: int) -> list[Any]:
    results: list[Any] = []
    if what == "submit":
        people = [person for person in people if person["role"] != "executive"]
    clients = [Client(person, port, seed * 1_000 + n, results) for n, person in enumerate(people)]
    started = time.perf_counter()

    async def live(client: Client) -> None:
        while time.perf_counter() - started < WARM_UP + seconds:
            await getattr(client, what)()

    await asyncio.gather(*(live(client) for client in clients))
    return [(kind, took, status, size) for kind, at, took, status, size in results if at - started >= WARM_UP]


async def sizes(person: dict[str, Any], port: int) -> dict[str, tuple[int, int]]:
    """Bytes over the wire of each page, and of it unpacked."""
    client = Client(person, port, 0, [])
    found = {}
    for path in ("/", "/register/", "/cases/", "/cases/new/", "/overview/", f"/cases/{person['cases'][0]}/"):
        _, head, body = await client.ask("", path)
        whole = gzip.decompress(body) if b"ncoding: gzip" in head else body
        found[path] = (len(head) + len(body), len(whole))
    client.person = {**person, "register_words": ["า"]}
    await client._search("register search")
    found["/register/?search="] = (client.results[-1][4], 0)
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("people", type=Path)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--what", choices=("read", "submit", "sizes", "alone"), default="read")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    given = parser.parse_args()
    people = json.loads(given.people.read_text(encoding="utf-8"))
    cpu = time.process_time()
    if given.what == "sizes":
        staff = next(person for person in people if person["role"] == "staff")
        json.dump(asyncio.run(sizes(staff, given.port)), sys.stdout)
        return
    results = asyncio.run(load(people, given.port, given.seconds, given.what, given.seed))
    json.dump({"results": results, "cpu": time.process_time() - cpu}, sys.stdout)


if __name__ == "__main__":
    main()

"""Whether the time of an answer tells who is known: known and unknown addresses asked in turn, in random order."""

from __future__ import annotations

import random
import statistics
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from tests.portal.portal import Browser, Portal

MOST = 0.03  # of the slower median
REQUEST = {
    "org": "อบต.โพธิ์",
    "first_name": "Kanya",
    "last_name": "Samsen",
    "last4": "0123",
    "phone": "0812345678",
}
Ask = Callable[[Browser, bool], None]


@dataclass(frozen=True)
class Gap:
    """Medians in seconds of `count` answers each."""

    what: str
    count: int
    known: float
    unknown: float

    @property
    def share(self) -> float:
        return abs(self.known - self.unknown) / max(self.known, self.unknown)

    @property
    def holds(self) -> bool:
        return self.share < MOST


def measure(portal: Portal) -> list[Gap]:
    known, unknown = "timed@example.go.th", "nobody@example.go.th"
    portal.account(known, factor=False)
    portal.browser().post("/access/", {**REQUEST, "email": known})
    portal.office.cycle.sync()

    def sign_in(browser: Browser, is_known: bool) -> None:
        asked = {"login": known if is_known else unknown, "password": "ไม่ใช่รหัสนี้แน่นอน"}
        browser.post("/sign-in/", asked, follow=False)

    def forgotten(browser: Browser, is_known: bool) -> None:
        browser.post("/password/forgotten/", {"email": known if is_known else unknown}, follow=False)

    def access(browser: Browser, is_known: bool) -> None:
        address = known if is_known else f"{uuid.uuid4().hex[:5]}@example.go.th"
        browser.post("/access/", {**REQUEST, "email": address}, follow=False)

    return [
        _gap(portal, "sign-in", 600, sign_in),
        _gap(portal, "forgotten password", 1000, forgotten),
        _gap(portal, "access request", 1000, access),
    ]


def _gap(portal: Portal, what: str, count: int, ask: Ask) -> Gap:
    browser = portal.browser()
    times: dict[bool, list[float]] = {True: [], False: []}
    for turn in range(count + 20):
        for is_known in random.sample((True, False), 2):
            started = time.perf_counter()
            ask(browser, is_known)
            if turn >= 20:  # before that the server warms up
                times[is_known].append(time.perf_counter() - started)
    return Gap(what, count, statistics.median(times[True]), statistics.median(times[False]))

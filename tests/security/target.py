"""The portal as the scanners meet it: the demo's day has been played in it, and the limits are lifted."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from bridge.demo.day import Day
from bridge.domain.access import Role
from tests.portal.portal import PASSWORD, Browser, Portal, served

# What would end the scanner's own session, or the other people's whose session it uses.
CLOSING = ("/sign-out/", "/sign-out/everywhere/", "/security/*", "/confirm/*", "/admin/people/*/sign-out/")
STARTS = ("/", "/register/", "/cases/new/", "/cases/", "/overview/", "/reviews/", "/admin/", "/privacy/")
OPEN = ("/sign-in/", "/access/", "/password/forgotten/", "/activate/no-such-token", "/privacy/")
REGISTER = (
    "หมายเลข,คำนำหน้า,ชื่อ-สกุล,บ้านเลขที่,หมู่,ตำบล,อำเภอ\n"
    "T-1,นาง,ทองใบ ลำดวนหอม,1/2,3,โพธิ์,เมืองศรีสะเกษ\n"
    "T-2,นาย,ทองดี ลำดวนหอม,7,1,โพธิ์,เมืองศรีสะเกษ\n"
)
FRESH = 200  # seconds after which a sign-in is renewed; pages about a person's data ask for one within 300


@contextmanager
def opened(folder: Path) -> Iterator[Portal]:
    with served(folder / "office", program=("-m", "tests.security.unlimited")) as portal:
        for _, work in Day(portal.office, Console(quiet=True)).steps():
            work()
        file = folder / "register.csv"
        file.write_text(REGISTER, encoding="utf-8")
        portal.office.import_register.run(portal.office.register_file(file))
        yield portal


@contextmanager
def kept_in(portal: Portal, role: Role) -> Iterator[Browser]:
    """Somebody signed in, who confirms the password again and again while the scanner works.
    Asserts at the end that the session was still open: a scan of the sign-in page would show nothing."""
    browser, over = portal.signed_in(role), threading.Event()

    def confirm() -> None:
        while not over.wait(FRESH):
            browser.post("/confirm/", {"password": PASSWORD})

    keeper = threading.Thread(target=confirm, daemon=True)
    keeper.start()
    try:
        yield browser
    finally:
        over.set()
        keeper.join()
    assert browser.get("/").path == "/", "the scanner has lost its session"


def filled(browser: Browser, path: str, fields: Mapping[str, str]) -> str:
    """A form's data, with the token of this browser, as wapiti takes it: it encodes what it is given."""
    browser.get(path)
    told = {"csrfmiddlewaretoken": str(browser.token()), **fields}
    assert not re.search("[&=]", "".join(told.values())), "wapiti would take it for another field"
    return "&".join(f"{name}={value}" for name, value in told.items())


def cookies(browser: Browser) -> dict[str, str]:
    return {cookie.name: str(cookie.value) for cookie in browser.cookies}

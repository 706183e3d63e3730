"""Each page in a real Chromium, on a phone and on a desktop: axe finds nothing, nothing overflows, and the pictures
in docs/img are made here when SAPHAN_PICTURES is set."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge.domain.access import Role
from tests.portal.portal import PASSWORD, PROJECT, Portal, totp

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is in the extra `test`")
CHROMIUM = Path("/usr/bin/chromium")
SIZES = {"phone": (360, 740), "desktop": (1280, 800)}
PUBLIC_PAGES = {
    "sign-in": "/sign-in/",
    "forgotten": "/password/forgotten/",
    "link-closed": "/activate/no-such-token",
    "privacy": "/privacy/",
}
OWN_PAGES = {
    "menu": "/",
    "security": "/security/",
    "sign-out": "/sign-out/",
    "sign-out-everywhere": "/sign-out/everywhere/",
    "app-remove": "/security/app/remove/",
    "passkey-add": "/security/passkey/",
    "codes-new": "/security/codes/new/",
    "not-found": "/no/such/page",
}

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="no Chromium on this machine")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    # Playwright's loop runs in this thread, and Django would refuse to look at the ledger beside it.
    with pytest.MonkeyPatch.context() as patch, playwright.sync_playwright() as started:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        browser = started.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def turn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One Chromium at a time draws, of all that test here: three at once take ten times as long."""
    fcntl = pytest.importorskip("fcntl", reason="Chromium is driven on Linux alone")
    with (tmp_path_factory.getbasetemp().parent / "chromium").open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.fixture(params=list(SIZES))
def page(request: pytest.FixtureRequest, chromium: Any, portal: Portal, turn: None) -> Iterator[Any]:
    width, height = SIZES[request.param]
    context = chromium.new_context(
        viewport={"width": width, "height": height}, base_url=portal.base, locale="th-TH"
    )
    opened = context.new_page()
    opened.size = request.param
    opened.complaints, opened.seen = [], set()
    opened.on("console", lambda said: opened.complaints.append(said.text) if said.type == "error" else None)
    yield opened
    context.close()


def look(page: Any, name: str) -> None:
    """What must hold of any page; and its picture."""
    from axe_core_python.sync_playwright import Axe

    found = Axe().run(page, options={"resultTypes": ["violations"]})["violations"]
    assert [(item["id"], [node["html"] for node in item["nodes"]]) for item in found] == [], name
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (
        f"{name} is wider than the screen"
    )
    assert page.locator("h1").count() == 1, name
    unforeseen = [said for said in page.complaints if not re.search("status of (400|403|404|413)", said)]
    assert unforeseen == [], name
    if os.environ.get("SAPHAN_PICTURES"):
        picture = PROJECT / "docs" / "img" / f"portal-{name}-{page.size}.png"
        page.screenshot(path=str(picture), full_page=True)


def enter(page: Any, portal: Portal, email: str) -> None:
    page.goto("/sign-in/")
    page.get_by_label("อีเมล").fill(email)
    page.get_by_label("รหัสผ่าน").fill(PASSWORD)
    page.get_by_role("button", name="เข้าสู่ระบบ").click()


def test_public_pages(page: Any, portal: Portal) -> None:
    for name, path in PUBLIC_PAGES.items():
        page.goto(path)
        look(page, name)


def test_a_wrong_sign_in_says_so_and_leads_to_the_field(page: Any, portal: Portal) -> None:
    page.goto("/sign-in/")
    page.get_by_label("อีเมล").fill("nobody@example.go.th")
    page.get_by_label("รหัสผ่าน").fill("not the password")
    page.get_by_role("button", name="เข้าสู่ระบบ").click()
    look(page, "sign-in-wrong")
    page.get_by_role("link", name="คุณกรอกข้อมูลไม่ถูกต้อง!").click()
    assert page.evaluate("document.activeElement.id") == "id_login"


def test_choosing_a_password(page: Any, portal: Portal) -> None:
    email = f"chooser-{page.size}@example.go.th"
    portal.account(email, factor=False)
    page.goto(portal.link(email))
    look(page, "choose")
    page.get_by_label("รหัสผ่านใหม่", exact=True).fill("สั้น")
    page.get_by_role("button", name="ตั้งรหัสผ่าน").click()
    look(page, "choose-wrong")
    page.get_by_label("รหัสผ่านใหม่", exact=True).fill("กระดาษ สะพานแขวน ลูกพลับ")
    page.get_by_label("พิมพ์รหัสผ่านใหม่อีกครั้ง").fill("กระดาษ สะพานแขวน ลูกพลับ")
    page.get_by_role("button", name="ตั้งรหัสผ่าน").click()
    look(page, "chosen")


def test_setting_up_an_app_and_coming_back_with_it(page: Any, portal: Portal) -> None:
    email = f"newcomer-{page.size}@example.go.th"
    portal.account(email, Role.STAFF, factor=False)
    enter(page, portal, email)
    look(page, "security-first")
    page.get_by_role("link", name="ตั้งค่าแอปยืนยันตัว").click()
    look(page, "app-add")
    portal.keys[email] = page.locator(".key").inner_text()
    page.get_by_label("รหัส 6 หลัก").fill(totp(portal.keys[email]))
    page.get_by_role("button", name="เปิดใช้").click()
    page.wait_for_url("**/security/codes/")
    assert page.locator(".codes li").count() == 10
    look(page, "codes")
    page.goto("/sign-out/")
    page.get_by_role("button", name="ออกจากระบบ").click()
    enter(page, portal, email)
    look(page, "ask")
    page.get_by_label("รหัส 6 หลัก").fill(totp(portal.keys[email], 1))
    page.get_by_role("button", name="เข้าสู่ระบบ").click()
    assert page.get_by_role("heading", level=1).inner_text() == "เมนูหลัก"


def test_own_pages(page: Any, portal: Portal) -> None:
    email = f"walker-{page.size}@example.go.th"
    portal.account(email, Role.OFFICER)
    enter(page, portal, email)
    page.get_by_label("รหัส 6 หลัก").fill(totp(portal.keys[email]))
    page.get_by_role("button", name="เข้าสู่ระบบ").click()
    for name, path in OWN_PAGES.items():
        page.goto(path)
        look(page, name)


def test_what_the_server_refuses_is_shown(page: Any, portal: Portal) -> None:
    """Also where it is refused while the browser would still be sending it."""
    send = """([fields, bytes]) => {
        const form = document.body.appendChild(document.createElement("form"));
        [form.method, form.action, form.enctype] = ["post", "/access/", "multipart/form-data"];
        for (let n = 0; n < fields; n++)
            form.appendChild(document.createElement("input")).name = "f" + n;
        const files = new DataTransfer();
        files.items.add(new File([new Uint8Array(bytes)], "film.mp4"));
        const field = form.appendChild(document.createElement("input"));
        [field.type, field.name, field.files] = ["file", "film", files.files];
        form.submit();
    }"""
    for name, size, heading in (
        ("bad-request", (1500, 1), "ระบบอ่านคำขอนี้ไม่ได้"),
        ("too-large", (0, 59_000_000), "สิ่งที่ส่งมาใหญ่เกินไป"),
    ):
        page.goto("/sign-in/")
        with page.expect_navigation():
            page.evaluate(send, size)
        assert page.locator("h1").inner_text() == heading
        look(page, name)


def test_a_passkey_is_added_and_opens(page: Any, portal: Portal) -> None:
    """With Chromium's own pretended device, on the name `localhost`: browsers allow passkeys there without TLS."""
    email = f"passkey-{page.size}@example.go.th"
    portal.account(email, Role.ADMIN, factor=False)
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    settings = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasUserVerification": True,
        "isUserVerified": True,
    }
    device.send("WebAuthn.addVirtualAuthenticator", {"options": {**settings, "hasResidentKey": True}})
    base = portal.base.replace("127.0.0.1", "localhost")

    def come_in() -> None:
        page.goto(f"{base}/sign-in/")
        page.get_by_label("อีเมล").fill(email)
        page.get_by_label("รหัสผ่าน").fill(PASSWORD)
        page.get_by_role("button", name="เข้าสู่ระบบ").click()

    come_in()
    page.get_by_role("link", name="เพิ่มพาสคีย์").click()
    page.get_by_role("button", name="เพิ่มพาสคีย์").click()
    page.wait_for_url("**/security/codes/")
    page.goto(f"{base}/security/")
    look(page, "security-passkey")
    page.goto(f"{base}/sign-out/")
    page.get_by_role("button", name="ออกจากระบบ").click()
    come_in()
    look(page, "ask-passkey")
    page.get_by_role("button", name="ใช้พาสคีย์").click()
    page.wait_for_url(f"{base}/")


def test_it_works_without_scripts(chromium: Any, portal: Portal) -> None:
    email = "plain@example.go.th"
    portal.account(email)
    context = chromium.new_context(base_url=portal.base, java_script_enabled=False)
    page = context.new_page()
    enter(page, portal, email)
    page.get_by_label("รหัส 6 หลัก").fill(totp(portal.keys[email]))
    page.get_by_role("button", name="เข้าสู่ระบบ").click()
    assert page.get_by_role("heading", level=1).inner_text() == "เมนูหลัก"
    context.close()

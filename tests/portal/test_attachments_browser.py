"""Attaching files in a real Chromium, on a phone and a desktop, with scripts and without."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bridge.application.ports.cases import Published
from tests import files
from tests.portal.portal import Portal
from tests.portal.test_browser import chromium, look, page, pytestmark, turn  # noqa: F401
from tests.portal.test_submit_browser import fill, number, start


def given(name: str, content: bytes) -> dict[str, Any]:
    return {"name": name, "mimeType": "image/jpeg", "buffer": content}


def test_files_go_with_a_case_and_are_seen_on_its_page(page: Any, portal: Portal) -> None:  # noqa: F811
    start(page, portal)
    letter = page.pdf()  # as a browser prints one
    fill(page, number(), national_id="1234567890123")
    photo = given("หลังคารั่ว.jpg", files.photo(size=(1200, 900)))
    page.set_input_files("#id_files", [photo, given("สำเนา.jpg", b"GIF89a")])
    page.get_by_role("button", name="ส่งเคส").click()
    page.get_by_text("ไม่ใช่รูปถ่าย").first.wait_for()
    look(page, "case-files-refused")
    page.set_input_files("#id_files", [given("หนังสือนำส่ง.pdf", letter)])
    page.get_by_role("button", name="ส่งเคส").click()
    page.get_by_text("โปรดตรวจก่อนส่ง").wait_for()
    assert page.locator("[name=kept]:checked").count() == 2, "nothing has to be chosen twice"
    look(page, "case-files-kept")
    page.get_by_role("button", name="ส่งต่อไป").click()
    page.wait_for_url("**/cases/new/sent/**")
    look(page, "case-files-receipt")
    case = page.url.rstrip("/").rpartition("/")[2]
    ports = portal.office.ports
    values = ports.rows.load("cases", [case])[case].values
    ports.cases.publish([Published(case, 2569, values)], ports.clock.now())
    page.goto(f"/cases/{case}/")
    look(page, "case-files")
    with page.expect_download() as taken:
        page.get_by_role("link", name="หนังสือนำส่ง.pdf").click()
    assert files.pages_of(Path(taken.value.path()).read_bytes()) == files.pages_of(letter)
    page.get_by_role("link", name="หลังคารั่ว.jpg").click()
    page.wait_for_url("**/files/1/")
    assert page.locator("img").evaluate("shown => shown.naturalWidth") == 1200
    assert page.locator("img").bounding_box()["width"] <= page.viewport_size["width"], "fitted to the screen"
    assert [said for said in page.complaints if "404" not in said] == []


def test_too_much_is_told_before_it_is_sent_and_without_scripts_after(
    chromium: Any,  # noqa: F811
    portal: Portal,
    tmp_path: Path,
) -> None:
    fine, large = tmp_path / "พอดี.jpg", tmp_path / "ใหญ่.jpg"
    fine.write_bytes(files.photo())
    large.write_bytes(bytes(8_000_001))
    for scripts in (True, False):
        context = chromium.new_context(base_url=portal.base, java_script_enabled=scripts)
        opened = context.new_page()
        start(opened, portal)
        fill(opened, number())
        opened.set_input_files("#id_files", [fine, large])
        if scripts:
            opened.get_by_text("ใหญ่เกิน 8 MB").wait_for()
            opened.get_by_role("button", name="ส่งเคส").click()
            assert opened.evaluate("document.activeElement.id") == "id_files"
            opened.set_input_files("#id_files", [fine] * 6)
            opened.get_by_text("แนบได้ไม่เกิน 5 ไฟล์").wait_for()
            opened.set_input_files("#id_files", [fine])
        else:
            opened.get_by_role("button", name="ส่งเคส").click()
            opened.get_by_text("ใหญ่เกิน 8 MB").first.wait_for()
        opened.get_by_role("button", name="ส่งเคส").click()
        opened.wait_for_url("**/cases/new/sent/**")
        assert opened.get_by_role("link", name="พอดี.jpg").count() == 1
        context.close()

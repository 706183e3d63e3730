"""Files attached to cases, by real requests: what is taken, kept and refused, and who may see it."""

from __future__ import annotations

import html
import io
import json
import os
import re
import uuid
import zipfile
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from bridge import bootstrap
from bridge.application.ports.cases import Published
from bridge.domain.access import Role
from tests import files
from tests.portal.portal import Answer, Browser, Portal
from tests.portal.test_submit import case, cases_of

NEW = "/cases/new/"


@pytest.fixture(scope="module")
def officer(served_portal: Portal) -> Browser:
    served_portal.look()
    return served_portal.signed_in(Role.OFFICER)


@pytest.fixture(scope="module")
def staff(served_portal: Portal) -> Browser:
    served_portal.look()
    return served_portal.signed_in(Role.STAFF)


def of(portal: Portal, key: str) -> list[Any]:
    (number,) = cases_of(portal, key)
    return portal.office.attachments.of([number])


def notes(answer: Answer) -> list[str]:
    return [html.unescape(note) for note in re.findall(r'name="kept" value="([^"]+)" checked', answer.body)]


def stored(portal: Portal) -> set[str]:
    return set(portal.office.ports.file_store.stored())


def send(portal: Portal, person: Browser, *attached: tuple[str, bytes]) -> tuple[str, dict[str, str]]:
    """A case with these files (or a photo and a PDF): its number, and what was posted."""
    data = case()
    answer = person.post(NEW, data, files=attached or [("บ้าน.jpg", files.photo()), ("ก.pdf", files.pdf())])
    assert answer.heading == "ส่งเคสแล้ว", re.findall(r'<a href="#id_\w+">.*?</a>', answer.body)
    (number,) = cases_of(portal, data["key"])
    return number, data


class TestTaking:
    def test_a_photo_and_a_pdf_go_with_the_case(self, portal: Portal, officer: Browser) -> None:
        number, data = send(portal, officer, ("บ้าน.jpg", files.located_photo()), ("หนังสือ.pdf", files.pdf()))
        photo, letter = of(portal, data["key"])
        assert [found.file.kind for found in (photo, letter)] == ["photo", "pdf"]
        receipt = officer.get(f"/cases/new/sent/{number}/")
        assert "ไฟล์แนบ 2 ไฟล์" in receipt.body and "บ้าน.jpg" in receipt.body and "หนังสือ.pdf" in receipt.body
        answer = officer.get(f"/cases/{number}/files/1/")
        assert answer.status == 200 and answer.headers["Content-Type"] == "image/jpeg"
        assert b"GPS" not in portal.office.attachments.content(photo)

    @pytest.mark.skipif(os.name != "posix", reason="modes are of POSIX")
    def test_they_are_the_owners_alone_and_nowhere_that_is_served(
        self, portal: Portal, officer: Browser
    ) -> None:
        _, data = send(portal, officer, ("../../portal.css", files.photo()))
        name = of(portal, data["key"])[0].file.name
        path = portal.office.ports.file_store.path(name)
        assert path.stat().st_mode & 0o777 == 0o600
        assert portal.office.workspace.static not in path.parents
        for address in (f"/attachments/{name[:2]}/{name}", f"/static/../../attachments/{name[:2]}/{name}"):
            assert officer.get(address).status == 404

    @pytest.mark.parametrize(
        ("name", "content", "said"),
        [
            ("รูป.jpg", b"<script>alert(1)</script>", "ไม่ใช่รูปถ่าย"),
            ("รูป.svg", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "ไม่ใช่รูปถ่าย"),
            ("รูป.php", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00<?php echo 1; ?>", "เสียหาย"),
            ("รูป.jpg", b"MZ\x90\x00", "ไม่ใช่รูปถ่าย"),
            ("รูป.jpg", b"", "ว่างเปล่า"),
            ("รูป.jpg", files.photo()[:300], "เสียหาย"),
            ("รูป.png", files.bomb_png(8_000, 8_000), "ละเอียดเกินไป"),
            ("ก.pdf", files.scripted_pdf(), "สคริปต์"),
            ("ก.pdf", files.locked_pdf(), "รหัสผ่าน"),
            ("<b>ก<b>.jpg", b"GIF89a", "“&lt;b&gt;ก"),
        ],
    )
    def test_what_is_refused_is_told_and_nothing_is_sent(
        self, portal: Portal, officer: Browser, name: str, content: bytes, said: str
    ) -> None:
        data, before = case(), stored(portal)
        answer = officer.post(NEW, data, files=[(name, content)])
        assert '<a href="#id_files">' in answer.body and said in answer.body
        assert "<b>ก" not in answer.body
        assert cases_of(portal, data["key"]) == [] and stored(portal) == before

    def test_one_byte_too_many_is_refused_before_it_is_looked_at(
        self, portal: Portal, officer: Browser
    ) -> None:
        data, most = case(), portal.office.province.portal.attachment_bytes
        answer = officer.post(NEW, data, files=[("ใหญ่.jpg", files.photo() + bytes(most))])
        assert "“ใหญ่.jpg” ใหญ่เกิน 8 MB" in html.unescape(answer.body)
        assert cases_of(portal, data["key"]) == []

    def test_a_day_takes_so_many_of_one_account(self, portal: Portal, officer: Browser) -> None:
        from allauth.core import ratelimit
        from django.test import RequestFactory

        account = portal.account("many.files@example.go.th", factor=False)
        other = portal.sign_in(account.email)
        request = RequestFactory().post(NEW)
        while ratelimit.consume(request, action="attach", user=account):
            pass
        data = case()
        answer = other.post(NEW, data, files=[("ก.pdf", files.pdf())])
        assert "แนบไฟล์ครบจำนวน" in answer.body and not cases_of(portal, data["key"])
        assert other.post(NEW, data).heading == "ส่งเคสแล้ว"
        send(portal, officer)

    def test_too_many_are_refused(self, portal: Portal, officer: Browser) -> None:
        data, before = case(), stored(portal)
        answer = officer.post(NEW, data, files=[(f"{n}.jpg", files.photo()) for n in range(6)])
        assert "แนบได้ไม่เกิน 5 ไฟล์ แต่มี 6 ไฟล์" in answer.body
        assert cases_of(portal, data["key"]) == [] and stored(portal) == before

    @pytest.mark.parametrize(
        ("name", "shown"),
        [
            ("../../etc/passwd.jpg", "passwd.jpg"),
            ("\u202egpj.เอกสาร", "gpj.เอกสาร"),
            ("ก" * 90 + ".jpg", "ก" * 75 + "….jpg"),
            ("<script>alert(1)<!script>.jpg", "&lt;script&gt;alert(1)&lt;!script&gt;.jpg"),
            ("={{ 7*7 }}.jpg", "={{ 7*7 }}.jpg"),
            ("." + "ย" * 120, None),
        ],
    )
    def test_whatever_a_file_is_called(
        self, portal: Portal, officer: Browser, name: str, shown: str | None
    ) -> None:
        number, _ = send(portal, officer, (name, files.photo()))
        receipt = officer.get(f"/cases/new/sent/{number}/").body
        assert "<script>" not in receipt and "\u202e" not in receipt
        assert shown is None or f">{shown}</a>" in receipt

    def test_markup_in_a_file_does_not_come_out_of_it(self, portal: Portal, officer: Browser) -> None:
        live = "<script>alert(1)</script><?php echo 1; ?>"
        hung = live.encode()
        given = (files.photo(comment=hung) + hung, files.photo("PNG") + hung, files.pdf(about=live) + hung)
        number, _ = send(portal, officer, *((f"{live}{at}.html", one) for at, one in enumerate(given)))
        for at in range(1, 4):
            answer = officer.get(f"/cases/{number}/files/{at}/")
            assert answer.headers["Content-Type"] == ("application/pdf" if at == 3 else "image/jpeg")
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert len(answer.body) > 100 and not re.search("<script|<.php", answer.body)

    def test_a_name_with_a_nul_harms_nothing(self, portal: Portal, officer: Browser) -> None:
        data = case()
        assert officer.post(NEW, data, files=[("a\x00.jpg", files.photo())]).status in (200, 400)
        assert all(
            "\x00" not in found.file.shown
            for found in portal.office.attachments.of(cases_of(portal, data["key"]))
        )

    def test_other_pages_and_strangers_take_no_files(self, portal: Portal, officer: Browser) -> None:
        before = stored(portal)
        many = [("a.jpg", files.photo())]
        assert portal.browser().post("/sign-in/", {"login": "x@example.go.th"}, files=many).status == 200
        assert portal.browser().post(NEW, case(), files=many).path == "/sign-in/"
        assert officer.post("/cases/", {"text": "x"}, files=many).status == 200
        executive = portal.signed_in(Role.EXECUTIVE)
        assert executive.post(NEW, case(), files=many).status == 403
        assert stored(portal) == before


class TestKeeping:
    def test_a_form_that_is_shown_again_keeps_its_files(self, portal: Portal, officer: Browser) -> None:
        data = case(national_id="1234567890123")  # a doubt
        answer = officer.post(NEW, data, files=[("บ้าน.jpg", files.photo()), ("x.jpg", b"GIF89a")])
        assert "ไม่ใช่รูปถ่าย" in answer.body and "ไฟล์ที่รับไว้แล้ว" in answer.body and "บ้าน.jpg" in answer.body
        (kept,) = notes(answer)
        answer = officer.post(NEW, {**data, "kept": kept}, files=[("ก.pdf", files.pdf())])
        assert "โปรดตรวจก่อนส่ง" in answer.body
        first, second = notes(answer)
        assert first == kept
        seen = re.search(r'name="seen" value="(\w+)"', answer.body)
        assert seen
        answer = officer.post(NEW, {**data, "seen": seen[1], "kept": second})  # one without its tick
        assert answer.heading == "ส่งเคสแล้ว"
        assert [found.file.shown for found in of(portal, data["key"])] == ["ก.pdf"]

    def test_a_note_is_its_owners_and_good_once(
        self, portal: Portal, officer: Browser, staff: Browser
    ) -> None:
        answer = officer.post(NEW, case(age=""), files=[("บ้าน.jpg", files.photo())])
        (kept,) = notes(answer)
        data = case(kept=kept)
        assert staff.post(NEW, data).heading == "ส่งเคสแล้ว"
        assert of(portal, data["key"]) == []
        forged = case(kept=kept[:-1] + ("A" if kept[-1] != "A" else "B"))
        assert officer.post(NEW, forged).heading == "ส่งเคสแล้ว"
        assert of(portal, forged["key"]) == []
        mine, again = case(kept=kept), case(kept=kept)
        for data, count in ((mine, 1), (again, 0), (mine, 1)):
            assert officer.post(NEW, data).heading == "ส่งเคสแล้ว"
            assert len(of(portal, data["key"])) == count

    def test_an_old_page_with_another_photo_loses_nothing(self, portal: Portal, officer: Browser) -> None:
        number, data = send(portal, officer, ("หนึ่ง.jpg", files.photo()))
        answer = officer.post(NEW, data, files=[("สอง.jpg", files.photo(size=(50, 50)))])
        assert number in answer.body and answer.path == NEW
        (kept,) = notes(answer)
        fresh = case(kept=kept)
        officer.post(NEW, fresh)
        assert [found.file.shown for found in of(portal, fresh["key"])] == ["สอง.jpg"]


class TestSendingAgain:
    def test_eight_at_once_make_one_case_with_each_file_once(self, portal: Portal, officer: Browser) -> None:
        data, before = case(), stored(portal)
        attached = [("บ้าน.jpg", files.photo()), ("ก.pdf", files.pdf())]
        officer.get(NEW)
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: officer.post(NEW, data, files=attached), range(8)))
        (number,) = cases_of(portal, data["key"])
        assert {answer.path for answer in answers} == {f"/cases/new/sent/{number}/"}
        assert stored(portal) - before == {found.file.name for found in of(portal, data["key"])}
        assert [found.number for found in of(portal, data["key"])] == [1, 2]


class TestSeeing:
    def test_how_it_is_served(self, portal: Portal, officer: Browser) -> None:
        number, _ = send(portal, officer)
        photo, letter = (officer.get(f"/cases/{number}/files/{n}/") for n in (1, 2))
        for answer, kind, how in ((photo, "image/jpeg", "inline"), (letter, "application/pdf", "attachment")):
            assert answer.headers["Content-Type"] == kind
            suffix = "jpg" if how == "inline" else "pdf"
            ordinal = 1 if how == "inline" else 2
            name = f"{number}-{ordinal}.{suffix}"
            assert answer.headers["Content-Disposition"] == f'{how}; filename="{name}"'
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Cache-Control"] == "no-store, private"
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy and policy.endswith("sandbox")

    def test_who_may_see_it(self, portal: Portal, officer: Browser, staff: Browser) -> None:
        number, _ = send(portal, officer)
        path = f"/cases/{number}/files/1/"
        near, admin, executive = (
            portal.signed_in(role) for role in (Role.OFFICER, Role.ADMIN, Role.EXECUTIVE)
        )
        far = portal.account(f"{uuid.uuid4().hex}@example.go.th", factor=False, areas=[["กันทรลักษ์", ""]])
        elsewhere = portal.sign_in(far.email)
        people = {"sender": officer, "staff": staff, "admin": admin, "near": near, "elsewhere": elsewhere}

        def statuses() -> dict[str, int]:
            return {name: person.get(path).status for name, person in people.items()}

        before = {"sender": 200, "staff": 200, "admin": 200, "near": 404, "elsewhere": 404}
        assert statuses() == before
        values = portal.office.ports.rows.load("cases", [number])[number].values
        published = portal.office.ports.cases.published()
        portal.office.ports.cases.publish(
            [*published, Published(number, 2569, values)], portal.office.ports.clock.now()
        )
        assert statuses() == {**before, "near": 200}
        assert executive.get(path).status == 403
        assert portal.browser().get(path, follow=False).status == 302
        assert elsewhere.post(path).status in (404, 405)
        assert f'href="{path}"' in near.get(f"/cases/{number}/").body
        log = portal.office.ports.read_log.since(portal.office.ports.clock.now().replace(year=2000))
        seen = [
            reading.refused for reading in log if (reading.what, reading.keys) == ("case_file", (number,))
        ]
        assert (seen.count(False), seen.count(True)) == (7, 3)

    def test_what_is_not_there_is_not_there(self, portal: Portal, staff: Browser, officer: Browser) -> None:
        number, data = send(portal, officer, ("บ้าน.jpg", files.photo()))
        for path in (
            f"/cases/{number}/files/2/",
            f"/cases/{number}/files/0/",
            "/cases/1100000000008/files/1/",
        ):
            assert staff.get(path).status == 404
        portal.office.ports.file_store.remove([of(portal, data["key"])[0].file.name])
        assert staff.get(f"/cases/{number}/files/1/").status == 404
        assert staff.get(f"/cases/{number}/").status == 200


class TestHandingOut:
    def test_a_persons_files_are_handed_out_with_the_rest(self, portal: Portal, officer: Browser) -> None:
        number, data = send(portal, officer)
        admin = portal.signed_in(Role.ADMIN)
        asked = {"person": number, "why": "หนังสือที่ 1/2569"}
        assert "ส่งออกพร้อมไฟล์แนบ" in admin.post("/admin/person/", {**asked, "do": "find"}).body
        told = json.loads(admin.post("/admin/person/", {**asked, "do": "json"}).body)
        assert [row["ชื่อไฟล์ของผู้ส่ง"] for row in told["ไฟล์แนบ"]] == ["บ้าน.jpg", "ก.pdf"]
        from tests.portal.test_admin import download

        headers, content = download(admin, "/admin/person/", {**asked, "do": "zip"})
        assert headers["Content-Type"] == "application/zip"
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            assert archive.namelist() == ["person-data.xlsx", f"{number}-1.jpg", f"{number}-2.pdf"]
            first = portal.office.attachments.content(of(portal, data["key"])[0])
            assert archive.read(f"{number}-1.jpg") == first

    def test_the_nights_backup_holds_them(self, portal: Portal, officer: Browser) -> None:
        _, data = send(portal, officer)
        left_over = portal.office.ports.file_store.put(b"of a form that was never sent")
        os.utime(portal.office.ports.file_store.path(left_over), (0, 0))
        bootstrap.night(portal.office)
        assert left_over not in stored(portal)
        kept = portal.office.workspace.backups / "attachments"
        for found in of(portal, data["key"]):
            copy = kept / found.file.name[:2] / found.file.name
            assert copy.read_bytes() == portal.office.attachments.content(found)

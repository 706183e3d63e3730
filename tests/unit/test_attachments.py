"""How an attached file is called."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain.attachments import LONGEST_NAME, Kind, file_name, shown_name


@pytest.mark.parametrize(
    ("given_name", "shown"),
    [
        ("บ้าน นางสมมติ.jpg", "บ้าน นางสมมติ.jpg"),
        ("../../etc/passwd", "passwd"),
        (r"C:\fakepath\บ้าน.jpg", "บ้าน.jpg"),
        ("..", ""),
        ("", ""),
        ("a\x00b.jpg", "ab.jpg"),
        ("\u202egpj.exe", "gpj.exe"),
        ("a\r\nSet-Cookie: x.jpg", "a Set-Cookie: x.jpg"),
        ("  หลัง\u200bคา\u2028รั่ว.pdf ", "หลังคา รั่ว.pdf"),
        (f"{'ก' * 100}.jpg", f"{'ก' * 75}….jpg"),
        ("ข" * 100, "ข" * 79 + "…"),
    ],
)
def test_a_name_is_shown_plainly(given_name: str, shown: str) -> None:
    assert shown_name(given_name) == shown


@given(st.text(max_size=200))
def test_whatever_a_name_holds(name: str) -> None:
    shown = shown_name(name)
    assert len(shown) <= LONGEST_NAME
    assert "/" not in shown and "\\" not in shown
    assert not any(unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp") for letter in shown)
    assert shown_name(shown) == shown


def test_what_is_handed_out_holds_nothing_that_was_typed() -> None:
    assert file_name("SSK-2569-000001", 2, Kind.PHOTO) == "SSK-2569-000001-2.jpg"
    assert file_name("SSK-2569-000001", 3, Kind.PDF) == "SSK-2569-000001-3.pdf"

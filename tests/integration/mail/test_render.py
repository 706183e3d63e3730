"""The office's letters, from the templates that are delivered."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest

from bridge.adapters.mail.render import MailRenderer
from bridge.application.errors import ConfigurationError

TEMPLATES = Path(__file__).parents[3] / "templates" / "mail"
CONTEXT = {
    "office": "สำนักงานพัฒนาสังคมและความมั่นคงของมนุษย์จังหวัดตัวอย่าง",
    "person": "Somsri Jaidee",
    "organisation": "อบต.ตัวอย่าง",
    "role": "เจ้าหน้าที่ตำบล",
    "area": "ตำบลตัวอย่าง",
    "link": "https://saphan.example.go.th/activate/abc?x=1&y=2",
    "valid_hours": 72,
    "contact": ["LINE @example", "โทร 0 4500 0000"],
}


@pytest.fixture
def renderer() -> MailRenderer:
    return MailRenderer(TEMPLATES)


class Reader(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_activation_letter_says_what_a_person_must_know(renderer: MailRenderer) -> None:
    subject, text, html = renderer.render("activation", CONTEXT)
    shown = Reader(html)
    assert "\n" not in subject
    assert str(CONTEXT["office"]) in subject
    facts = [str(CONTEXT[key]) for key in ("office", "person", "organisation", "role", "area", "link")]
    for fact in [*facts, "72 ชั่วโมง", "ครั้งเดียว", "LINE @example", "โทร 0 4500 0000"]:
        assert fact in text
        assert fact in shown.text
    assert [attrs["href"] for tag, attrs in shown.tags if tag == "a"] == [CONTEXT["link"]]


def test_the_html_loads_nothing_from_outside(renderer: MailRenderer) -> None:
    shown = Reader(renderer.render("activation", CONTEXT)[2])
    assert not {tag for tag, _ in shown.tags} & {"img", "link", "script", "iframe", "style"}
    assert not any("src" in attrs or "url(" in (attrs.get("style") or "") for _, attrs in shown.tags)


def test_without_contact_there_is_no_gap(renderer: MailRenderer) -> None:
    _, text, html = renderer.render("activation", {**CONTEXT, "contact": []})
    assert "ติดต่อสอบถาม" not in text
    assert "ติดต่อสอบถาม" not in html
    assert "\n\n\n" not in text


def test_what_people_typed_stays_text(renderer: MailRenderer) -> None:
    typed = "<script>alert(1)</script>\"'&{{ 7*7 }}"
    _, text, html = renderer.render("activation", {**CONTEXT, "person": typed, "contact": [typed]})
    assert typed in text
    assert not any(tag == "script" for tag, _ in Reader(html).tags)
    assert typed in Reader(html).text


@pytest.mark.parametrize("missing", sorted(CONTEXT))
def test_a_missing_value_is_an_error_not_a_gap(renderer: MailRenderer, missing: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        renderer.render("activation", {key: value for key, value in CONTEXT.items() if key != missing})
    assert caught.value.code == "mail_template"
    assert missing in str(caught.value.facts["said"])


def test_a_missing_template_is_told(renderer: MailRenderer) -> None:
    with pytest.raises(ConfigurationError) as caught:
        renderer.render("nothing", CONTEXT)
    assert caught.value.code == "mail_template_missing"


def test_a_template_that_breaks_is_told_without_values(tmp_path: Path) -> None:
    (tmp_path / "x.subject.j2").write_text("{{ link + 1 }}")
    with pytest.raises(ConfigurationError) as caught:
        MailRenderer(tmp_path).render("x", CONTEXT)
    assert "activate" not in str(caught.value.facts)

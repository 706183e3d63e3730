"""Controls of forms say what Django's own say, and nothing that a person typed leaves its place."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from bridge.portal.controls import LineWidget, ListWidget, Options, TextWidget

WORDS = st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=8)
CHOICES = st.lists(
    st.one_of(st.tuples(WORDS, WORDS), st.tuples(WORDS, st.lists(st.tuples(WORDS, WORDS), max_size=3))),
    max_size=5,
)
OPTION = re.compile(r'<option value="([^"]*)"( selected)?>([^<]*)</option>')


def flat(choices: list[tuple[str, object]]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for value, label in choices:
        found += [(value, label)] if isinstance(label, str) else list(label)  # type: ignore[call-overload]
    return found


@given(CHOICES, st.data())
def test_every_option_is_there_and_one_is_chosen(
    choices: list[tuple[str, object]], data: st.DataObject
) -> None:
    options, plain = Options.of([("", "?"), *choices]), [("", "?"), *flat(choices)]
    chosen = data.draw(st.sampled_from([value for value, _ in plain]))
    written = ListWidget(options).render("amphoe", chosen, {"id": "id_amphoe", "class": "control"})
    found = OPTION.findall(written)
    assert [(html.unescape(value), html.unescape(label)) for value, _, label in found] == plain
    assert [html.unescape(value) for value, mark, _ in found if mark] == [chosen]
    assert written.startswith('<select name="amphoe" id="id_amphoe" class="control">')
    assert set(options.values) == {value for value, _ in plain}


@given(CHOICES)
def test_what_is_not_in_the_list_is_not_chosen(choices: list[tuple[str, object]]) -> None:
    options = Options.of(choices)
    assert " selected" not in options.marked('"><script>') or '"><script>' in options.values


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@given(WORDS)
def test_what_was_typed_is_the_value_of_one_control(typed: str) -> None:
    for widget in (LineWidget({"inputmode": "tel"}), TextWidget({"rows": "6"})):
        reader = _Reader()
        reader.feed(widget.render("phone", typed, {"id": "id_phone", "required": True, "disabled": False}))
        ((tag, said),) = reader.tags
        assert (said["name"], said["id"], said["required"]) == ("phone", "id_phone", None)
        assert "disabled" not in said
        if tag == "input":
            assert (said["type"], said["inputmode"], said["value"]) == ("text", "tel", typed)
        else:
            assert (tag, said["rows"], reader.text) == ("textarea", "6", "\n" + typed)
    assert "value" not in LineWidget().render("phone", None)

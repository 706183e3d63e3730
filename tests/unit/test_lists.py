"""Lists to choose from are Django's own, written once."""

from __future__ import annotations

import html
import re

from hypothesis import given
from hypothesis import strategies as st

from bridge.portal.lists import ListWidget, Options

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
    assert written.startswith('<select class="control" id="id_amphoe" name="amphoe">')
    assert options.values == {value for value, _ in plain}


@given(CHOICES)
def test_what_is_not_in_the_list_is_not_chosen(choices: list[tuple[str, object]]) -> None:
    options = Options.of(choices)
    assert " selected" not in options.marked('"><script>') or '"><script>' in options.values

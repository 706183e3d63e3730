"""Every sentence that a person reads comes from the messages files."""

from __future__ import annotations

from pathlib import Path
from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain.problems import Problem
from bridge.messages import Messages

CONFIG = Path(__file__).parents[2] / "config"
MESSAGES = Messages(
    {
        "problem": {
            "bad_value": "อ่าน “{value}” ไม่ได้",
            "bad_column": "หัวคอลัมน์ “{column}” หายไปจาก {tab}",
            "plain": "โปรดแก้",
        },
        "say": {"done": "เสร็จ {count} รายการ", "braces": "{{ไม่เติม}} {x}"},
    }
)


def test_placeholders_are_filled() -> None:
    assert MESSAGES.text("say", "done", count=3, unused="x") == "เสร็จ 3 รายการ"
    assert MESSAGES.text("say", "braces", x="ก") == "{ไม่เติม} ก"


def test_a_fact_that_is_not_given_is_left_blank() -> None:
    assert MESSAGES.text("say", "done") == "เสร็จ  รายการ"


@pytest.mark.parametrize("fact", ["{count}", "{0}", "{", "}", "%s", "{x.__class__}"])
def test_a_fact_is_never_a_placeholder(fact: str) -> None:
    assert MESSAGES.text("say", "done", count=fact) == f"เสร็จ {fact} รายการ"


def test_an_unknown_code_gives_the_code_and_the_facts() -> None:
    assert MESSAGES.text("say", "nothing", a=1, b="ข") == "nothing a=1 b=ข"
    assert MESSAGES.text("nowhere", "done", count=3) == "done count=3"
    assert MESSAGES.text("say", "nothing") == "nothing"


@given(
    st.text(max_size=10), st.text(max_size=10), st.dictionaries(st.sampled_from("abc"), st.text(max_size=5))
)
def test_asking_for_a_sentence_never_fails(section: str, code: str, facts: dict[str, str]) -> None:
    assert isinstance(MESSAGES.text(section, code, **facts), str)


def test_a_problem_is_told_with_its_columns_header() -> None:
    problem = Problem("bad_value", "ก", "person_name")
    assert MESSAGES.problem(problem) == "person_name: อ่าน “ก” ไม่ได้"
    assert MESSAGES.problem(problem, {"person_name": "ชื่อ-สกุล"}) == "ชื่อ-สกุล: อ่าน “ก” ไม่ได้"
    assert MESSAGES.problem(Problem("plain")) == "โปรดแก้"


def test_a_header_that_the_sentence_names_is_not_told_twice() -> None:
    problem = Problem("bad_column", column="อายุ(ปี)", facts={"tab": "ทะเบียนเคส"})
    assert MESSAGES.problem(problem) == "หัวคอลัมน์ “อายุ(ปี)” หายไปจาก ทะเบียนเคส"


def test_a_long_or_broken_value_is_shown_as_one_short_line() -> None:
    told = MESSAGES.problem(Problem("bad_value", "ก\r\nข\t " + "ค" * 500))
    assert "\n" not in told
    assert "\r" not in told
    assert "ก ข ค" in told
    assert told.endswith("…” ไม่ได้")
    assert len(told) < 100


class TestFiles:
    def load(self, folder: Path, **files: str) -> Messages:
        (folder / "messages.d").mkdir()
        (folder / "messages.toml").write_text('[a]\none = "1"\ntwo = "2"\n', encoding="utf-8")
        for name, text in files.items():
            (folder / "messages.d" / f"{name}.toml").write_text(text, encoding="utf-8")
        return Messages.load(folder)

    def test_fragments_add_to_sections_in_the_order_of_their_names(self, tmp_path: Path) -> None:
        messages = self.load(
            tmp_path, b='[a]\ntwo = "b"\nthree = "b"\n', a='[a]\ntwo = "a"\n', c='[b]\none = "ก {x}"\n'
        )
        assert [messages.text("a", code) for code in ("one", "two", "three")] == ["1", "b", "b"]
        assert messages.text("b", "one", x=5) == "ก 5"
        assert dict(messages.section("b")) == {"one": "ก {x}"}
        assert dict(messages.section("none")) == {}

    def test_the_folder_of_fragments_may_be_missing(self, tmp_path: Path) -> None:
        (tmp_path / "messages.toml").write_text('[a]\none = "1"\n', encoding="utf-8")
        assert Messages.load(tmp_path).text("a", "one") == "1"


def test_every_sentence_of_the_project_can_be_filled_in() -> None:
    messages = Messages.load(CONFIG)
    for section in ("error", "config", "problem", "flag", "match", "review", "say", "check", "mail"):
        sentences = messages.section(section)
        assert sentences
        for code, sentence in sentences.items():
            names = [name for _, name, _, _ in Formatter().parse(sentence) if name is not None]
            assert all(name.isidentifier() for name in names), (section, code)
            filled = messages.text(section, code, **dict.fromkeys(names, "ก"))
            assert filled
            assert "{" not in filled

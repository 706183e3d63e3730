"""The province file is edited in place: other text stays, and what cannot be edited safely is refused."""

from __future__ import annotations

import tomllib

import pytest

from bridge.application.errors import ConfigurationError
from bridge.application.move import WantedTab
from bridge.application.ports.workbooks import Grid
from bridge.bootstrap.moving import edited, parsed
from bridge.domain.cells import Kind
from bridge.domain.columns import Column, Owner, Table
from bridge.workspace import CONFIG

SISAKET = (CONFIG / "sisaket.toml").read_text("utf-8")
MOVED = {"cases_book": "google", "summary_book": "cases"}


def test_the_office_file_changes_in_these_lines_only() -> None:
    before, after = SISAKET.splitlines(), edited(SISAKET, MOVED).splitlines()
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert [new.split("#")[0].strip() for _, new in changed] == [
        'cases_book = "google"',
        'summary_book = "cases"',
    ]
    assert all(old.partition("#")[2] == new.partition("#")[2] for old, new in changed)
    assert parsed("\n".join(after)).google.on_google("cases")
    assert edited("\n".join(after), {"cases_book": "local", "summary_book": "local"}) == SISAKET.rstrip("\n")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a = 1",
        "a = 1\n[google]\n",
        "[google] # here\nsubject = 'x'\n[mail]\ncases_book = \"local\"\n",
        "[google]\r\n  cases_book='local' # kept\r\n\r\n[google.sharing]\r\nfile = ''\r\n",
        "[google]\naccess_admins = [\n  'a@example.org',\n]\ncases_book = 'local'\n",
        "[google.sharing]\nfile = ''\n",
    ],
)
def test_every_way_of_writing_it_says_the_same_afterwards(text: str) -> None:
    result = edited(text, MOVED)
    before, after = tomllib.loads(text), tomllib.loads(result)
    google = after.pop("google")
    assert google == {**before.pop("google", {}), **MOVED}
    assert after == before
    for word in ("# here", "# kept"):
        assert (word in text) == (word in result)
    if "\r\n" in text:
        assert result.count("\n") == result.count("\r\n")


@pytest.mark.parametrize(
    "text",
    [
        'google = { cases_book = "local" }\n',
        'google.cases_book = "local"\n',
        '[google]\ncases_book = """local"""\n',
        'x = """\n[google]\n"""\n[google]\ncases_book = "local"\n',
    ],
)
def test_what_cannot_be_edited_safely_is_left(text: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        edited(text, MOVED)
    assert refused.value.code == "move_file_form"


TABLE = Table(
    "cases",
    "ทะเบียน",
    "id",
    (Column("id", "รหัส", Owner.BRIDGE), Column("age", "อายุ", Owner.FORM, Kind.NUMBER)),
)
HEADER = ["รหัส", "อายุ"]
WANTED = WantedTab(TABLE, [("a", 1), ("b", None), ("c", 3)])


@pytest.mark.parametrize(
    ("rows", "missing", "wrong"),
    [
        ([], [], ["ทะเบียน"]),
        ([HEADER], [("a", 1), ("b", None), ("c", 3)], []),
        ([HEADER, ["a", 1.0], ["b"]], [("c", 3)], []),
        ([HEADER, ["a", 1], ["b"], ["c", 3], [None, ""]], [], []),
        (
            [HEADER, ["b"], ["a", 1]],
            [("c", 3)],
            ["ทะเบียน 2 “รหัส”", "ทะเบียน 2 “อายุ”", "ทะเบียน 3 “รหัส”", "ทะเบียน 3 “อายุ”"],
        ),
        ([HEADER, ["a", True]], [("b", None), ("c", 3)], ["ทะเบียน 2 “อายุ”"]),
        ([HEADER, ["a", 1, "x"]], [("b", None), ("c", 3)], ["ทะเบียน 2 “3”"]),
        ([HEADER, ["a", 1], ["b"], ["c", 3], ["d", 4]], [], ["ทะเบียน 5 “รหัส”", "ทะเบียน 5 “อายุ”"]),
        ([["รหัส", "ปี"]], [("a", 1), ("b", None), ("c", 3)], ["ทะเบียน 1 “อายุ”"]),
    ],
)
def test_a_tab_is_compared_cell_by_cell(rows: list[list[object]], missing: object, wrong: object) -> None:
    assert WANTED.compare(Grid(rows)) == (missing, wrong)  # type: ignore[arg-type]

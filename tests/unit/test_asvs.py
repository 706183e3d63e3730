"""docs/security.md answers every requirement of ASVS 5.0, levels 1 and 2, with something that is there."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

from bridge.workspace import PROJECT

DOCUMENT = (PROJECT / "docs" / "security.md").read_text(encoding="utf-8")
LIST = DOCUMENT.partition("## OWASP ASVS 5.0")[2]
ROW = re.compile(r"^\| (\d+\.\d+\.\d+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
APART = LIST.partition("Not applicable:")[2].partition("###")[0]


def wanted() -> list[str]:
    lines = (Path(__file__).parent / "asvs-5.0.txt").read_text(encoding="ascii").splitlines()
    return [line.split()[0] for line in lines if not line.startswith("#")]


def apart() -> list[str]:
    """The ids that do not apply; a chapter or section stands for all of its own."""
    return [name for row in re.findall(r"^\| ([\d., ]+) \|", APART, re.MULTILINE) for name in row.split(", ")]


@cache
def names_in(file: str) -> frozenset[str]:
    tree = ast.parse((PROJECT / "tests" / file).read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def test_every_requirement_is_answered_once() -> None:
    answered = [number for number, _, _ in ROW.findall(LIST)]
    assert len(answered) == len({*answered})
    left = [
        number
        for number in wanted()
        if number not in answered and not any(f"{number}.".startswith(f"{name}.") for name in apart())
    ]
    assert left == []
    assert [number for number in answered if number not in wanted()] == []


def test_what_does_not_apply_is_not_answered_as_well() -> None:
    for name in apart():
        assert any(f"{number}.".startswith(f"{name}.") for number in wanted()), name
        assert not [number for number, _, _ in ROW.findall(LIST) if f"{number}.".startswith(f"{name}.")]


def test_every_answer_is_there() -> None:
    waivers = re.findall(r"^\| (W-[\w-]+) \|", DOCUMENT, re.MULTILINE)
    headings = re.findall(r"^## (.+)$", DOCUMENT, re.MULTILINE)
    used = set()
    for number, _, answers in ROW.findall(LIST):
        for answer in answers.split("<br>"):
            file, _, name = answer.strip("`").partition("::")
            if name:
                assert name in names_in(file), (number, answer)
            elif answer.startswith("waiver "):
                used.add(answer.removeprefix("waiver "))
            else:
                assert answer.strip("“”") in headings, (number, answer)
    assert used == {*waivers}

"""python -m tests.security: bandit, wapiti, sqlmap and the clock, each with its control; the result as Markdown.

Not part of the tests that pytest runs: it takes about half an hour, and installs the scanners into an environment
of their own (--tools). --write puts the result into docs/security.md. Ends with 1 where something was found that is
not waived, or where a control was not found.
"""

from __future__ import annotations

import argparse
import platform
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bridge.domain.access import Role
from tests.functional.office import PROJECT
from tests.portal.portal import Portal
from tests.portal.test_submit import case
from tests.security import code, crawl, injection, target, timing, vulnerable
from tests.security.tools import Finding, Result, Tools

DOCUMENT = PROJECT / "docs" / "security.md"
BEGIN, END = "<!-- result of python -m tests.security -->", "<!-- end of the result -->"
STEPS = ("code", "crawl", "injection", "timing")
SIGN_IN = {"login": "timed@example.go.th", "password": "x"}
_PLACE = {"amphoe": "เมืองศรีสะเกษ", "tambon": "เมืองศรีสะเกษ/โพธิ์"}
SEARCHES = {
    "/register/": {"text": "ลำดวนหอม", **_PLACE, "level": ""},
    "/cases/": {"text": "สม", **_PLACE, "operation": "", "fiscal_year": ""},
    "/admin/readlog/": {"account": "", "key": "SSK-2569-000001", "since": "", "until": ""},
}
FORMS = (
    ("/cases/new/", Role.OFFICER, case()),
    ("/access/", Role.OFFICER, {**timing.REQUEST, "email": "asked@example.go.th"}),
)
# What was found, in which words -> why it is no fault.
WAIVED = (
    (
        "Secure Flag cookie",
        "",
        "the scan has no TLS; behind https the cookies are Secure and __Host- (test_serving.py)",
    ),
    (
        "Cross Site Request Forgery",
        "not properly checked",
        "wapiti 3.2.3 sends the content type twice here, so that neither of its two requests is read as a form and "
        "both are refused alike; every route is asked without a token in test_attacks.py",
    ),
    (
        "HTTP Methods",
        r": (OPTIONS \(\d+\))?$",
        "OPTIONS does nothing (405; the API says in 204 what there is; the sign-in answers with its page); no method "
        "but GET, HEAD and POST does anything (test_attacks.py)",
    ),
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.security")
    parser.add_argument("--tools", type=Path, help="where the scanners are or will be installed")
    parser.add_argument(
        "--only", choices=STEPS, action="append", help="one step; may be given more than once"
    )
    parser.add_argument("--minutes", type=float, default=10, help="the most that one scan may take")
    parser.add_argument("--write", action="store_true", help="put the result into docs/security.md")
    asked = parser.parse_args()
    work = Path(tempfile.mkdtemp(prefix="saphan-security-"))
    tools = Tools.installed(asked.tools or work / "tools")
    results: list[Result] = []
    gaps: list[timing.Gap] = []
    steps = asked.only or STEPS
    if "code" in steps:
        results += code.scan(tools, work)
    if {*steps} - {"code"}:
        with vulnerable.listening() as control, target.opened(work) as portal:
            for result in _scans(tools, work, portal, control, steps, asked.minutes):
                print(_line(result), flush=True)
                results.append(result)
            gaps = timing.measure(portal) if "timing" in steps else []
    told = _markdown(tools, results, gaps)
    print(told, f"\n{work}", sep="\n")
    if asked.write:
        _write(told)
    return 0 if all(map(_holds, results)) and all(gap.holds for gap in gaps) else 1


def _scans(
    tools: Tools, work: Path, portal: Portal, control: str, steps: Sequence[str], minutes: float
) -> Iterator[Result]:
    told = {"tools": tools, "work": work, "minutes": minutes}
    if "crawl" in steps:
        yield from _crawls(portal, control, told)
    if "injection" in steps:
        yield from _injections(portal, control, told)


def _crawls(portal: Portal, control: str, told: dict[str, Any]) -> Iterator[Result]:
    told = {"caller": control, **told}
    yield crawl.scan(target="control", base=control, cookies=vulnerable.SESSION, **told)
    told["base"] = portal.base
    for role in (Role.ADMIN, Role.OFFICER):
        with target.kept_in(portal, role) as person:
            places = {"starts": target.STARTS, "excluded": target.CLOSING}
            yield crawl.scan(target=role.value, cookies=target.cookies(person), **places, **told)
    yield crawl.scan(target="nobody", cookies={}, starts=target.OPEN, **told)
    # wapiti leaves the lists of a form unchosen; so these are sent to it as a person fills them in.
    for path, role, fields in FORMS:
        with target.kept_in(portal, role) as person:
            data = target.filled(person, path, fields)
            name, cookies = path.strip("/").replace("/", "-"), target.cookies(person)
            yield crawl.scan(target=f"{name}-filled", path=path, data=data, cookies=cookies, **told)


def _injections(portal: Portal, control: str, told: dict[str, Any]) -> Iterator[Result]:
    cookies = vulnerable.SESSION
    yield injection.scan(
        target="control", address=f"{control}/search/", fields={"text": "a"}, cookies=cookies, **told
    )
    for path, fields in SEARCHES.items():
        with target.kept_in(portal, Role.ADMIN) as person:
            place = {"address": portal.base + path, "cookies": target.cookies(person)}
            yield injection.scan(target=path.strip("/").replace("/", "-"), fields=fields, **place, **told)
    yield injection.scan(
        target="sign-in", address=f"{portal.base}/sign-in/", fields=SIGN_IN, cookies={}, **told
    )


def _planted(result: Result) -> list[str]:
    """What a control was to be found to have, and was not."""
    kinds = {finding.kind for finding in result.findings}
    wanted = {"wapiti": crawl.PLANTED, "bandit": code.PLANTED, "sqlmap": ("SQL injection",)}[result.tool]
    return [kind for kind in wanted if kind not in kinds]


def _left(result: Result) -> list[Finding]:
    return [finding for finding in result.findings if not _why(finding)]


def _why(finding: Finding) -> str:
    """The reason for which a finding is waived; "" for one that is not."""
    return next(
        (why for kind, told, why in WAIVED if kind == finding.kind and re.search(told, finding.told)), ""
    )


def _holds(result: Result) -> bool:
    if result.target == "control":
        return not _planted(result) and not result.missing
    return not _left(result) and not result.missing


def _line(result: Result) -> str:
    if result.target == "control":
        missed = _planted(result)
        found = f"missed: {', '.join(missed)}" if missed else "every planted fault found"
    else:
        waived = len(result.findings) - len(_left(result))
        found = f"{len(_left(result))} findings" + (f", {waived} waived" if waived else "")
    unfinished = f"; did not reach {', '.join(result.missing)}" if result.missing else ""
    return f"| {result.tool} | {result.target} | {found}{unfinished} | {result.told} |"


def _markdown(tools: Tools, results: list[Result], gaps: list[timing.Gap]) -> str:
    day = f"{datetime.now(UTC):%Y-%m-%d}"
    lines = [
        f"{day}, Python {platform.python_version()}, {tools.versions()}. Command: `python -m tests.security --write`."
    ]
    lines += ["", "| tool | target | result | |", "|---|---|---|---|", *map(_line, results)]
    findings = [
        f"- {one.tool}, {one.target}: {left}"
        for one in results
        if one.target != "control"
        for left in _left(one)
    ]
    lines += ["", *findings] if findings else []
    used = {
        _why(finding): finding.kind for one in results if one.target != "control" for finding in one.findings
    }
    lines += ["", *(f"Waived: {kind} – {why}." for why, kind in used.items() if why)]
    if gaps:
        lines += [
            "",
            "| known or unknown | n each | known | unknown | gap of medians |",
            "|---|---|---|---|---|",
        ]
        lines += [
            f"| {gap.what} | {gap.count} | {gap.known * 1000:.1f} ms | {gap.unknown * 1000:.1f} ms | {gap.share:.1%} |"
            for gap in gaps
        ]
    return "\n".join(lines)


def _write(told: str) -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    new = re.sub(f"{BEGIN}.*?{END}", lambda _: f"{BEGIN}\n{told}\n{END}", text, flags=re.DOTALL)
    DOCUMENT.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())

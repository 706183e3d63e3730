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
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from bridge.domain.access import Role
from tests.functional.office import PROJECT
from tests.portal.portal import Portal
from tests.security import code, crawl, injection, target, timing, vulnerable
from tests.security.tools import Finding, Result, Tools

DOCUMENT = PROJECT / "docs" / "security.md"
BEGIN, END = "<!-- result of python -m tests.security -->", "<!-- end of the result -->"
STEPS = ("code", "crawl", "injection", "timing")
SIGN_IN = {"login": "timed@example.go.th", "password": "x"}
# (target, what was found) -> why it is no fault.
WAIVED = {
    "Secure Flag cookie": "the scan is on the loopback without TLS; with https the cookies are Secure and __Host-",
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.security")
    parser.add_argument("--tools", type=Path, help="where the scanners are or will be installed")
    parser.add_argument("--only", choices=STEPS, action="append", help="one step; may be given more than once")
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
    tools: Tools, work: Path, portal: Portal, control: str, steps: list[str], minutes: float
) -> Iterator[Result]:
    told = {"tools": tools, "work": work, "minutes": minutes}
    if "crawl" in steps:
        yield crawl.scan(target="control", base=control, cookies=vulnerable.SESSION, caller=control, **told)
        for role in (Role.ADMIN, Role.OFFICER):
            with target.kept_in(portal, role) as cookies:
                places = {"starts": target.STARTS, "excluded": target.CLOSING}
                yield crawl.scan(
                    target=role.value, base=portal.base, cookies=cookies, caller=control, **places, **told
                )
        yield crawl.scan(
            target="nobody", base=portal.base, cookies={}, caller=control, starts=target.OPEN, **told
        )
    if "injection" in steps:
        yield injection.scan(
            target="control", address=f"{control}/search/", fields={"text": "a"}, cookies=vulnerable.SESSION, **told
        )
        place = {"amphoe": "เมืองศรีสะเกษ", "tambon": "เมืองศรีสะเกษ/โพธิ์"}
        searches = {
            "register": {"text": "ลำดวนหอม", **place, "level": ""},
            "cases": {"text": "สม", **place, "operation": "", "fiscal_year": ""},
            "admin/readlog": {"account": "", "key": "SSK-2569-000001", "since": "", "until": ""},
        }
        for path, fields in searches.items():
            with target.kept_in(portal, Role.ADMIN) as cookies:
                name, address = path.replace("/", "-"), f"{portal.base}/{path}/"
                yield injection.scan(target=name, address=address, fields=fields, cookies=cookies, **told)
        yield injection.scan(
            target="sign-in", address=f"{portal.base}/sign-in/", fields=SIGN_IN, cookies={}, **told
        )


def _planted(result: Result) -> list[str]:
    """What a control was to be found to have, and was not."""
    kinds = {finding.kind for finding in result.findings}
    wanted = {"wapiti": crawl.PLANTED, "bandit": code.PLANTED, "sqlmap": ("SQL injection",)}[result.tool]
    return [kind for kind in wanted if kind not in kinds]


def _left(result: Result) -> list[Finding]:
    return [finding for finding in result.findings if finding.kind not in WAIVED]


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
    lines = [f"{day}, Python {platform.python_version()}, {tools.versions()}. Command: `python -m tests.security --write`."]
    lines += ["", "| tool | target | result | |", "|---|---|---|---|", *map(_line, results)]
    findings = [f"- {one.tool}, {one.target}: {left}" for one in results if one.target != "control" for left in _left(one)]
    lines += ["", *findings] if findings else []
    if any(finding.kind in WAIVED for one in results for finding in one.findings if one.target != "control"):
        lines += ["", *(f"Waived: {kind} – {why}." for kind, why in WAIVED.items())]
    if gaps:
        lines += ["", "| known or unknown | n each | known | unknown | gap of medians |", "|---|---|---|---|---|"]
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

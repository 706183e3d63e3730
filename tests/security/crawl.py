"""wapiti: crawls what a signed-in person can reach, and attacks every form and parameter that it has found."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.security.tools import Finding, Result, Tools

MODULES = (
    *("sql", "xss", "permanentxss", "file", "exec", "ssrf", "redirect", "crlf", "csrf", "xxe"),
    *("upload", "methods", "htaccess", "cookieflags", "csp", "http_headers"),
)
XXE = "XXE vulnerability"
# What the control must be found to have, in wapiti's own words.
PLANTED = (
    "SQL Injection",
    "Reflected Cross Site Scripting",
    "Stored Cross Site Scripting",
    "Path Traversal",
    "Command execution",
    "Server Side Request Forgery",
    "Open Redirect",
    "CRLF Injection",
    "Cross Site Request Forgery",
    "XML External Entity",
    "Unrestricted File Upload",
    "HTTP Methods",
    "Htaccess Bypass",
    "HttpOnly Flag cookie",
    "Content Security Policy Configuration",
    "Clickjacking Protection",
)


def scan(
    tools: Tools,
    work: Path,
    target: str,
    base: str,
    cookies: Mapping[str, str],
    caller: str,
    *,
    path: str = "/",
    data: str = "",
    starts: Sequence[str] = (),
    excluded: Sequence[str] = (),
    minutes: float = 10,
) -> Result:
    """From `path`, to which the form `data` is sent, if any. `caller` is the address that a forged request would
    reach; every module gets an equal share of the time."""
    report = work / f"wapiti-{target}.json"
    seconds = int(minutes * 60)
    share = max(30, seconds // len(MODULES))
    options = [
        "-u",
        f"{base}{path}",
        *(["--data", data] if data else []),
        "--scope",
        "folder",
        "-m",
        ",".join(MODULES),
        "-f",
        "json",
        "-o",
        str(report),
    ]
    options += [
        "--flush-session",
        "--no-bugreport",
        "--store-session",
        str(work / f"wapiti-{target}"),
        "-v",
        "1",
    ]
    options += ["--max-scan-time", str(min(120, seconds // 3)), "--max-attack-time", str(share)]
    options += ["--endpoint", f"{caller}/", "-t", "20"]
    options += ["-c", str(_cookie_file(work / f"wapiti-{target}-cookies.json", cookies))] if cookies else []
    options += [part for start in starts for part in ("-s", base + start)]
    options += [part for path in excluded for part in ("-x", base + path)]
    said = tools.run("wapiti", options, work, seconds + 300)
    (work / f"wapiti-{target}.txt").write_text(said.text, encoding="utf-8")
    if not report.exists():
        return Result("wapiti", target, [], ["its report"], said.text[-500:])
    told = json.loads(report.read_text(encoding="utf-8"))
    findings = [
        Finding(kind, f"{one['method']} {one['path']} {one['parameter']}", one["info"])
        for part in ("vulnerabilities", "anomalies", "additionals")
        for kind, found in told[part].items()
        for one in found
    ]
    # Its report has no chapter for what this module finds; only what it says as it goes.
    xxe = [line.strip() for line in said.text.splitlines() if XXE in line]
    findings += [Finding("XML External Entity", "", line) for line in xxe]
    seen = f"{told['infos']['crawled_pages_nbr']} pages and forms"
    return Result("wapiti", target, findings, [] if said.finished else ["its end"], seen)


def _cookie_file(path: Path, cookies: Mapping[str, str]) -> Path:
    """As wapiti reads it; cookies given on its command line it does not send."""
    rest = {"version": 0, "expires": None, "secure": False, "port": None}
    told = {"127.0.0.1": {"/": {name: {"value": value, **rest} for name, value in cookies.items()}}}
    path.write_text(json.dumps(told), encoding="utf-8")
    return path

"""sqlmap: every field of the searches and of the sign-in, as a form sends it, with a fresh token each time."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlencode

from tests.security.tools import Finding, Result, Tools

FOUND = re.compile(r"^Parameter: (.+)$\s+Type: (.+)$", re.MULTILINE)
NOTHING = "do not appear to be injectable"
TOKEN = "csrfmiddlewaretoken"


def scan(
    tools: Tools,
    work: Path,
    target: str,
    address: str,
    fields: Mapping[str, str],
    cookies: Mapping[str, str],
    *,
    level: int = 2,
    minutes: float = 10,
) -> Result:
    """The form at `address`, which also gives the token. All its fields are tried."""
    options = ["-u", address, "--data", urlencode({TOKEN: "x", **fields}), "-p", ",".join(fields)]
    options += (
        ["--cookie", "; ".join(f"{name}={value}" for name, value in cookies.items())] if cookies else []
    )
    options += ["--csrf-token", TOKEN, "--csrf-url", address, "--csrf-method", "GET", "--csrf-retries", "2"]
    options += ["--batch", "--flush-session", "--disable-coloring", "--dbms", "sqlite", "--technique", "BEU"]
    options += ["--level", str(level), "--risk", "2", "--skip-waf", "--timeout", "20", "--retries", "1"]
    options += ["--answers", "follow=Y,resend=N,quit=N", "--output-dir", str(work / f"sqlmap-{target}")]
    said = tools.run("sqlmap", options, work, int(minutes * 60))
    (work / f"sqlmap-{target}.txt").write_text(said.text, encoding="utf-8")
    findings = [Finding("SQL injection", name, kind) for name, kind in FOUND.findall(said.text)]
    looked = said.finished and (findings or NOTHING in said.text)
    requests = len(re.findall(r"\btesting '", said.text))
    return Result("sqlmap", target, findings, [] if looked else ["its end"], f"{requests} kinds of attack")

"""bandit over the project's own code. What it says and is not so is waived here by name, with the reason."""

from __future__ import annotations

import json
from pathlib import Path

from tests.functional.office import PROJECT
from tests.security.tools import Finding, Result, Tools

# (test, file) -> why it is no fault. A waiver that waives nothing any more is told as a finding.
_NAMES = (
    "only names of our own tables and columns stand in the statement; what people typed is given beside it"
)
_ESCAPED = "what is marked has been escaped, by django.utils.html.escape or by the template (test_markup.py)"
WAIVED = {
    ("B101", "bridge/portal/report.py"): "tells the type checker what the PDF is; nothing rests on it",
    (
        "B105",
        "bridge/portal/api/problems.py",
    ): "codes of refusals with 'token' in them; their values are statuses",
    ("B105", "bridge/settings.py"): "names of settings with 'password' in them; their values are rate limits",
    (
        "B113",
        "bridge/adapters/ledger/desk.py",
    ): "the word 'requests' is a table of the ledger, not the library",
    ("B113", "bridge/application/approve_access.py"): "the word 'requests' is a port of the ledger",
    ("B113", "bridge/application/ingest.py"): "the word 'requests' is a port of the ledger",
    ("B113", "bridge/application/share_access.py"): "the word 'requests' is a port of the ledger",
    ("B311", "bridge/demo/answers.py"): "invents the demo's people, the same each time; nothing secret",
    (
        "B314",
        "bridge/adapters/workbooks/package.py",
    ): "a part with DOCTYPE or ENTITY is refused before parsing",
    ("B405", "bridge/adapters/workbooks/package.py"): "the same",
    ("B308", "bridge/portal/controls.py"): _ESCAPED,
    ("B308", "bridge/portal/overview.py"): _ESCAPED,
    ("B608", "bridge/adapters/ledger/bulk.py"): _NAMES,
    ("B608", "bridge/adapters/ledger/migrations/0013_search_terms.py"): _NAMES,
    ("B608", "bridge/adapters/ledger/search_index.py"): _NAMES,
    ("B701", "bridge/portal/pages.py"): "autoescape is on; bandit does not read the unpacked argument",
    ("B703", "bridge/portal/controls.py"): _ESCAPED,
    ("B703", "bridge/portal/overview.py"): _ESCAPED,
}
FAULTY = """import subprocess, pickle, hashlib
def look(name, connection):
    subprocess.call("ls " + name, shell=True)
    connection.execute("SELECT * FROM people WHERE name = '%s'" % name)
    return pickle.loads(name), eval(name), hashlib.md5(name)
"""
PLANTED = ("B301", "B307", "B324", "B602", "B608")


def scan(tools: Tools, work: Path) -> list[Result]:
    """The project, and the control: planted faults that the same command must find."""
    planted = work / "planted"
    planted.mkdir()
    (planted / "faulty.py").write_text(FAULTY, encoding="ascii")
    found = _bandit(tools, PROJECT, ["bridge", "run.py"])
    waived = [one for one in found if (one.kind, one.place.partition(":")[0]) in WAIVED]
    used = {(one.kind, one.place.partition(":")[0]) for one in waived}
    left = [one for one in found if one not in waived]
    left += [
        Finding("waiver", f"{test} {file}", "waives nothing")
        for test, file in WAIVED
        if (test, file) not in used
    ]
    own = Result("bandit", "portal", left, [], f"{len(waived)} waived by name")
    control = _bandit(tools, planted, ["."])
    kinds = {one.kind for one in control}
    return [own, Result("bandit", "control", control, [test for test in PLANTED if test not in kinds])]


def _bandit(tools: Tools, where: Path, names: list[str]) -> list[Finding]:
    said = tools.run("bandit", ["-q", "-r", *names, "--ignore-nosec", "-f", "json"], where, 300)
    text = said.text[said.text.index("{") :]
    return [
        Finding(
            one["test_id"],
            f"{Path(one['filename']).as_posix().removeprefix('./')}:{one['line_number']}",
            one["issue_text"],
        )
        for one in json.loads(text)["results"]
    ]

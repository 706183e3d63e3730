"""After the whole run: no 13-digit id, password or token is in a log or in an address.

A log is what the service writes by itself: every `logs` folder of a workspace, what a served portal prints, and every
record that a library logs in this process, tracebacks with it. An address is one that the portal gives: where it leads
to, and every link and form of its pages. What a command shows to the person at the terminal is no log.

The tests' own hands tell here which secrets they use (`keep`) and which pages they were given (`given`). Each process
of the run looks through what was written in it; what is found fails the run.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pytest

SHORTEST = 8  # characters of a secret that is looked for
_ID = re.compile(r"(?<![\w.])(?:\d[ -]?){12}\d(?![\w.])")
_ADDRESS = re.compile(r'\b(?:href|action|src)="([^"]*)"')
_NAMES = frozenset({"password", "again", "secret"})  # fields whose values are secrets

_secrets: set[str] = set()
_addresses: set[str] = set()
_records: list[str] = []


def keep(secret: str | None) -> None:
    """A password, key or token that is in use now."""
    if secret and len(secret) >= SHORTEST:
        _secrets.add(secret)


def sent(fields: Iterable[tuple[str, str]]) -> None:
    """The fields of a form that somebody sends: passwords among them are kept."""
    for name, value in fields:
        if name in _NAMES:
            keep(value)


def given(location: str | None, body: str) -> None:
    """Where an answer led, and the addresses in its page. The mailed link holds its token, since that is what it is
    for; it is used once, and never written down."""
    found = [*_ADDRESS.findall(body), *([location] if location else [])]
    _addresses.update(address for address in found if "/activate/" not in address)


def ids(text: str) -> list[str]:
    """The 13-digit ids in a text, with blanks or dashes in them or not, whose check digit is right."""
    plain = (re.sub(r"\D", "", found) for found in _ID.findall(text))
    return [number for number in plain if _checks(number)]


def secrets(text: str, kept: Iterable[str]) -> list[str]:
    """Which of these are in the text, also as an address spells them."""
    return [secret for secret in kept if secret in text or quote(secret) in text]


def _checks(number: str) -> bool:
    total = sum(int(digit) * (13 - place) for place, digit in enumerate(number[:12]))
    return (11 - total % 11) % 10 == int(number[12])


def look_through(folder: Path) -> list[str]:
    """What is where it must not be, without saying it again."""
    texts = [(str(path), path.read_text(encoding="utf-8", errors="replace")) for path in _logs(folder)]
    texts += [("a record of this process", record) for record in _records]
    found = []
    for where, text in texts:
        found += [f"{where}: a 13-digit id"] if ids(text) else []
        found += [f"{where}: a password or token"] if secrets(text, _secrets) else []
    for address in _addresses:
        plain = unquote(address)
        found += [f"an address: {_shape(plain)}: a 13-digit id"] if ids(plain) else []
        found += [f"an address: {_shape(plain)}: a password or token"] if secrets(plain, _secrets) else []
    return sorted(set(found))


def _shape(address: str) -> str:
    """Its path, and of its query where letters and digits stand."""
    path, mark, query = address.partition("?")
    return re.sub("[0-9]", "0", path + mark + re.sub("[^0-9/?&=%:. _-]", "x", query))


def _logs(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("logs/*") if path.is_file())


def pytest_configure(config: pytest.Config) -> None:
    make = logging.getLogRecordFactory()

    def heard(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = make(*args, **kwargs)
        _records.append(logging.Formatter().format(record))
        return record

    logging.setLogRecordFactory(heard)


_told: list[str] = []


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """A worker of pytest-xdist has ended."""
    _told.extend(getattr(node, "workeroutput", {}).get("leaks", []))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    factory: Any = session.config._tmp_path_factory  # type: ignore[attr-defined]  # where tests put their workspaces
    _told.extend(look_through(factory.getbasetemp()))
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["leaks"] = _told
    elif _told:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if _told:
        terminalreporter.section("in a log or an address", red=True)
        for line in sorted({*_told}):
            terminalreporter.line(line)

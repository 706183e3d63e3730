"""The portal under load: 50 people who never pause, on a ledger of 100,000 cases and a register of 1,000,000.

    python benchmarks/portal.py [--backend sqlite postgresql] [--clients 50] [--seconds 20] [--data DIR]
                                [--cases 100000] [--register 1000000] [--only read sync submit search sizes]

The workspace is prepared once, not timed, and kept in DIR. `run.py serve` is a process of its own, the people another
(portal_load.py); both, and PostgreSQL, share the machine. Sign-ins are made beforehand: hashing fifty passwords is not
what is measured. Measured are
  read     mixed pages: menu, register search, case list and search, a case, the overview, the case form;
  sync     the same while a cycle takes in 1,000 new answers, in the process that `serve` does it in;
  submit   cases sent, each with its receipt;
  search   the register search of one person alone: what each kind of word costs;
  sizes    bytes of each page over the wire.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import portal_data

PROJECT = Path(__file__).resolve().parent.parent
NEW_ANSWERS = 1_000
PARTS = ("sizes", "search", "read", "sync", "submit")


# ------------------------------------------------------------------------------------------------ steps


def step_prepare(data: Path, cases: int, register: int) -> None:
    portal_data.prepare(data, cases, register)


def step_copy(source: Path, target: Path, port: int) -> None:
    portal_data.copy_to_postgresql(source, target, port)


def step_people(root: Path, clients: int, target: Path) -> None:
    from bridge import bootstrap

    portal_data.dump(portal_data.sign_in(bootstrap.open_office(root), clients), target)


def step_answers(root: Path, first: int, count: int) -> None:
    from benchmarks.cycle_xlsx import download
    from bridge import bootstrap

    office = bootstrap.open_office(root)
    download(office, office.workspace.inbox_cases / f"คำตอบ-{first}.csv", first, count)


def step_search(root: Path, repeat: int) -> None:
    """Milliseconds of the use case by the kind of word, without the web."""
    import random

    from bridge import bootstrap
    from bridge.application.register_search import RegisterSearch
    from bridge.domain.access import Role
    from bridge.domain.viewer import Viewer

    office = bootstrap.open_office(root)
    staff, amphoe = Viewer(Role.STAFF, (), ""), office.places.amphoes()[3]
    officer = Viewer(Role.OFFICER, ((amphoe, office.places.tambons(amphoe)[0]), (amphoe, "")), "")
    rng = random.Random(9)
    found: dict[str, list[float]] = defaultdict(list)
    for _ in range(repeat):
        given, family = portal_data.name(rng, 2, 5_000), portal_data.name(rng, 2, 50_000)
        asked = {
            "whole name": f"{given} {family}",
            "family name": family,
            "given name": given,
            "4 letters": family[-4:],
            "3 letters": family[:3],
            "2 letters": given[1:3],
            "1 letter": family[0],
            "nobody": f"{given}ฬฮ",
            "given name, ต. อ.": f"{given} ต.{office.places.tambons(amphoe)[1]} อ.{amphoe}",
        }
        for kind, text in asked.items():
            for viewer in (staff, officer):
                started = time.perf_counter()
                office.register_search.find(RegisterSearch(text), viewer, 1)
                found[kind].append((time.perf_counter() - started) * 1000)
                found["all"].append(found[kind][-1])
    print(json.dumps(found))


STEPS = {
    name.removeprefix("step_"): step for name, step in list(globals().items()) if name.startswith("step_")
}


def run_step(name: str, *arguments: Any) -> Any:
    """The step in a fresh process: a process can open one office."""
    command = [sys.executable, __file__, "--step", json.dumps([name, *map(str, arguments)])]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, encoding="utf-8")
    return json.loads(done.stdout or "null")


# ------------------------------------------------------------------------------------------------ measuring


@contextmanager
def served(root: Path, *options: str) -> Iterator[tuple[int, psutil.Process]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [
        sys.executable,
        str(PROJECT / "run.py"),
        "serve",
        "-w",
        str(root),
        "--port",
        str(port),
        *options,
    ]
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, stdout=said, stderr=said)
        try:
            _wait_for(port, process)
            yield port, psutil.Process(process.pid)
        finally:
            process.terminate()
            process.wait(600)
            said.seek(0)
            text = said.read().decode()
            if "locked" in text or "Traceback" in text:
                print(text[-3000:], file=sys.stderr)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(1200):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=30) as answer:
                if answer.read() == b"ok":
                    return
        except OSError:
            time.sleep(0.1)
        if process.poll() is not None:
            break
    raise OSError("the portal did not answer")


def processor(processes: list[psutil.Process]) -> float:
    """Processor seconds of these and all below them."""
    total = 0.0
    for parent in processes:
        for process in (parent, *parent.children(recursive=True)):
            used = process.cpu_times()
            total += used.user + used.system
    return total


def loaded(
    people: Path, port: int, what: str, seconds: float, counted: dict[str, psutil.Process]
) -> dict[str, Any]:
    command = [
        sys.executable,
        str(PROJECT / "benchmarks" / "portal_load.py"),
        str(people),
        "--port",
        str(port),
    ]
    before = {name: processor([process]) for name, process in counted.items()}
    started = time.perf_counter()
    done = subprocess.run(
        [*command, "--what", what, "--seconds", str(seconds)],
        stdout=subprocess.PIPE,
        check=True,
        encoding="utf-8",
    )
    elapsed = time.perf_counter() - started
    found = json.loads(done.stdout)
    used = {name: processor([process]) - before[name] for name, process in counted.items()}
    found["processor"] = {"clients": found["cpu"], **used}
    found["elapsed"] = elapsed
    return found


def measure(root: Path, clients: int, seconds: float, parts: list[str], server: Any, data: Path) -> None:
    people = root.with_suffix(".people.json")
    run_step("people", root, clients, people)
    counted = {} if server is None else {"database": psutil.Process(server.process.pid)}
    if "search" in parts:
        show_search(run_step("search", root, 100))
    if {"sizes", "read", "submit"} & {*parts}:
        with served(root, "--portal-only") as (port, portal):
            if "sizes" in parts:
                command = [sys.executable, str(PROJECT / "benchmarks" / "portal_load.py"), str(people)]
                said = subprocess.check_output([*command, "--port", str(port), "--what", "sizes"])
                show_sizes(json.loads(said))
            loaded(people, port, "read", 2, {})  # templates are compiled, connections opened
            if "read" in parts:
                show("read", loaded(people, port, "read", seconds, {"portal": portal, **counted}), seconds)
            if "submit" in parts:
                show(
                    "submit", loaded(people, port, "submit", seconds, {"portal": portal, **counted}), seconds
                )
    if "sync" in parts:
        run_step("answers", root, 10_000_000 + int(time.time()), NEW_ANSWERS)
        with served(root) as (port, portal):
            show(
                "read during a sync",
                loaded(people, port, "read", seconds, {"portal": portal, **counted}),
                seconds,
            )


# ------------------------------------------------------------------------------------------------ the tables


def show(title: str, found: dict[str, Any], seconds: float) -> None:
    by_kind: dict[str, list[float]] = defaultdict(list)
    wrong: dict[str, int] = defaultdict(int)
    for kind, took, status, _ in found["results"]:
        by_kind[kind].append(took * 1000)
        by_kind["all"].append(took * 1000)
        if status not in (200, 302):
            wrong[kind] += 1
            wrong["all"] += 1
    count = len(found["results"])
    print(f"\n{title}: {count / seconds:,.0f} requests/s, {wrong['all']} errors")
    spent = ", ".join(f"{name} {value:.1f} s" for name, value in found["processor"].items())
    each = found["processor"]["portal"] / max(count * found["elapsed"] / seconds, 1) * 1000
    print(f"processor in {found['elapsed']:.0f} s: {spent}; portal about {each:.1f} ms a request\n")
    print("| | requests | p50, ms | p95, ms | p99, ms | most, ms | errors |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for kind in sorted(by_kind):
        took = sorted(by_kind[kind])
        cells = [took[min(int(len(took) * part), len(took) - 1)] for part in (0.5, 0.95, 0.99, 1)]
        print(
            f"| {kind} | {len(took):,} |", " | ".join(f"{cell:,.0f}" for cell in cells), f"| {wrong[kind]} |"
        )
    sys.stdout.flush()


def show_search(found: dict[str, list[float]]) -> None:
    print("\n| register search | p50, ms | p95, ms | most, ms |")
    print("|---|---:|---:|---:|")
    for kind, took in found.items():
        ordered = sorted(took)
        cells = [statistics.median(took), ordered[int(len(ordered) * 0.95)], ordered[-1]]
        print(f"| {kind} |", " | ".join(f"{cell:.1f}" for cell in cells), "|")
    sys.stdout.flush()


def show_sizes(found: dict[str, tuple[int, int]]) -> None:
    print("\n| page | bytes over the wire | unpacked |")
    print("|---|---:|---:|")
    for path, (wire, whole) in found.items():
        print(f"| `{path}` | {wire:,} | {whole:,} |")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--backend", nargs="+", choices=("sqlite", "postgresql"), default=["sqlite", "postgresql"]
    )
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--register", type=int, default=1_000_000)
    parser.add_argument("--data", type=Path, help="keep the prepared workspaces here for another run")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--step", help=argparse.SUPPRESS)  # what this program asks of itself
    given = parser.parse_args()
    if given.step:
        name, *arguments = json.loads(given.step)
        STEPS[name](*(int(a) if a.isdigit() else Path(a) for a in arguments))
        return
    with tempfile.TemporaryDirectory() as scratch:
        data: Path = given.data or Path(scratch)
        data.mkdir(parents=True, exist_ok=True)
        data.chmod(0o755)  # PostgreSQL runs as another user
        if not (data / "sqlite").exists():
            shutil.rmtree(data / "half", ignore_errors=True)
            run_step("prepare", data / "half", given.cases, given.register)
            (data / "half").rename(data / "sqlite")
        for backend in given.backend:
            print(f"\n## {backend}", flush=True)
            with backend_server(backend, data) as server:
                measure(data / backend, given.clients, given.seconds, given.only, server, data)


@contextmanager
def backend_server(backend: str, data: Path) -> Iterator[Any]:
    if backend == "sqlite":
        yield None
        return
    new = not (data / "postgresql").exists()
    for part in ("cluster", "half") if new else ():
        shutil.rmtree(data / part, ignore_errors=True)
    server = portal_data.Server(data / "cluster")
    server.start()
    try:
        if new:
            run_step("copy", data / "sqlite", data / "half", server.port)
            (data / "half").rename(data / "postgresql")
        yield server
    finally:
        server.stop()
        os.environ.pop(portal_data.PASSWORD, None)


if __name__ == "__main__":
    main()

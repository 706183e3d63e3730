"""The commands `match`: duplicates and register links in any file, and the weights behind them."""

from __future__ import annotations

import gc
import json
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from bridge.application.errors import SaphanError
from bridge.matching import Matching, open_matching
from bridge.messages import Messages
from bridge.workspace import CONFIG

Cases = Annotated[Path, typer.Argument(metavar="CASES.csv", help="ไฟล์เคส (.csv, .csv.gz หรือ .xlsx)")]
Out = Annotated[Path, typer.Option("--out", metavar="FILE", help="ไฟล์ผลลัพธ์ (.csv หรือ .csv.gz)")]
AsJson = Annotated[bool, typer.Option("--json", help="สรุปเป็น JSON สำหรับโปรแกรมอื่น")]
WeightsFile = Annotated[
    Path | None, typer.Option("--weights", metavar="FILE", help="ไฟล์น้ำหนัก (ค่าตั้งต้น: config/matching.toml)")
]


def register(app: typer.Typer, console: Console) -> None:
    """Adds the commands to the command line."""

    def run_through() -> None:
        gc.disable()  # millions of texts and no cycles: looking for some takes a third of the time

    match = typer.Typer(
        no_args_is_help=True, callback=run_through, help="จับคู่บุคคล: เคสซ้ำ และบุคคลในทะเบียน (TPMAP)"
    )
    app.add_typer(match, name="match")
    _add_duplicates(match, console)
    _add_register(match, console)
    _add_fit(match, console)


def _add_duplicates(match: typer.Typer, console: Console) -> None:
    @match.command("duplicates", help="หาเคสของบุคคลเดียวกันในไฟล์")
    def duplicates(cases: Cases, out: Out, weights: WeightsFile = None, as_json: AsJson = False) -> int:
        _keep(cases, out=out)
        watch, matching = time.perf_counter(), open_matching(weights)
        group = matching.group(cases, "rec_id")
        read = time.perf_counter()
        found = matching.files.duplicates(group, matching.weights_for(group, "duplicates"))
        matching.tables.write(out, ("left", "right", "score", "verdict", "reasons"), found.rows)
        figures = {
            "cases": len(group.ids),
            "pairs": len(found.rows),
            "same": found.same,
            "possible": found.possible,
        }
        _tell(console, matching, "match_pairs", figures | _seconds(watch, read), as_json)
        return 0


def _add_register(match: typer.Typer, console: Console) -> None:
    @match.command("register", help="หาบุคคลในทะเบียนของแต่ละเคส")
    def link(
        cases: Cases,
        people: Annotated[
            Path, typer.Argument(metavar="REGISTER.csv", help="ไฟล์ทะเบียน (.csv, .csv.gz หรือ .xlsx)")
        ],
        out: Out,
        weights: WeightsFile = None,
        as_json: AsJson = False,
    ) -> int:
        _keep(cases, people, out=out)
        watch, matching = time.perf_counter(), open_matching(weights)
        group, listed = matching.group(cases, "rec_id"), matching.group(people, "reg_id")
        read = time.perf_counter()
        found = matching.files.register(group, listed, matching.weights_for(group, "register"))
        matching.tables.write(out, ("rec_id", "reg_id", "score", "verdict", "reasons"), found.rows)
        counts = {"cases": len(group.ids), "register": len(listed.ids), "links": len(found.rows)}
        figures = counts | {"same": found.same, "possible": found.possible}
        _tell(console, matching, "match_links", figures | _seconds(watch, read), as_json)
        return 0


def _add_fit(match: typer.Typer, console: Console) -> None:
    @match.command("fit", help="คำนวณน้ำหนักจากข้อมูลที่มีคำตอบ")
    def fit(
        cases: Cases,
        truth: Annotated[Path, typer.Argument(metavar="TRUTH.csv", help="คำตอบ: rec_id, person_id")],
        out: Annotated[Path, typer.Option("--out", metavar="FILE", help="ไฟล์น้ำหนักที่จะเขียน (.toml)")],
        people: Annotated[Path | None, typer.Option("--register", metavar="FILE", help="ไฟล์ทะเบียน")] = None,
        people_truth: Annotated[
            Path | None, typer.Option("--register-truth", metavar="FILE", help="คำตอบ: reg_id, person_id")
        ] = None,
        as_json: AsJson = False,
    ) -> int:
        if (people is None) != (people_truth is None):
            raise typer.BadParameter("ต้องระบุ --register และ --register-truth ด้วยกัน")
        _keep(cases, truth, *filter(None, (people, people_truth)), out=out)
        watch, matching = time.perf_counter(), open_matching(None)
        figures = matching.fit(cases, truth, out, people, people_truth)
        f1 = next(iter(figures.values()))["held_out_f1"]
        flat = {f"{kind}_{name}": value for kind, each in figures.items() for name, value in each.items()}
        _tell(console, matching, "match_fitted", {**flat, "f1": f1, **_seconds(watch)}, as_json)
        return 0


def _keep(*read: Path, out: Path) -> None:
    """The file that is written is none of those that are read."""
    if any(out.exists() and path.exists() and out.samefile(path) for path in read):
        raise typer.BadParameter("--out ต้องไม่ใช่ไฟล์ที่อ่าน โปรดตั้งชื่ออื่น")


def _seconds(watch: float, read: float | None = None) -> dict[str, float]:
    """Seconds on the clock, and of these those that reading took."""
    reading = {} if read is None else {"seconds_reading": round(read - watch, 3)}
    return {**reading, "seconds": round(time.perf_counter() - watch, 3)}


def _tell(console: Console, matching: Matching, code: str, figures: dict[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(figures, ensure_ascii=False))
        return
    shown = {name: f"{value:,}" for name, value in figures.items()}
    console.print(matching.messages.text("say", code, **shown), markup=False)


def main() -> int:
    """Runs `match` alone: it starts in a quarter of the time of the whole command line."""
    app = typer.Typer(name="saphan", add_completion=False, pretty_exceptions_enable=False)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    register(app, Console(highlight=False, soft_wrap=True))
    complaints = Console(stderr=True, highlight=False, soft_wrap=True)
    messages = Messages.load(CONFIG)
    try:
        code = app(standalone_mode=False)
        return code if isinstance(code, int) else 0
    except typer.TyperException as error:
        error.show()  # type: ignore[attr-defined]  # every error of the command line can show itself
        return 2
    except SaphanError as error:
        complaints.print(messages.text("error", error.code, **error.facts), markup=False)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except Exception as error:  # there is no workspace whose log could keep it
        complaints.print(messages.text("error", "unexpected", kind=type(error).__name__), markup=False)
        return 1

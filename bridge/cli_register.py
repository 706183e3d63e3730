"""The command `import-register`: rehearse, import, undo, and the list of imports."""

from __future__ import annotations

import gc
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from bridge import bootstrap
from bridge.application.import_register import Progress
from bridge.application.ports.register_imports import Import
from bridge.application.read_register import RegisterReport
from bridge.bootstrap import Office
from bridge.domain.values.thai_date import buddhist

TELL_EVERY = 2.0  # seconds
USAGE = 2


def register(
    app: typer.Typer, open_office: Callable[[Path | None], Office], console: Console, complaints: Console
) -> None:
    """Adds the command to the command line. Progress and complaints go to `complaints`."""

    @app.command("import-register", help="นำเข้าทะเบียน TPMAP (.csv หรือ .xlsx) ซ้อมก่อน ย้อนกลับ หรือดูรายการนำเข้า")
    def command(
        file: Annotated[Path | None, typer.Argument(help="ไฟล์ทะเบียน")] = None,
        where: Annotated[Path | None, typer.Option("-w", "--workspace", help="โฟลเดอร์งาน")] = None,
        dry_run: Annotated[bool, typer.Option("--dry-run", help="ซ้อม: นับอย่างเดียว ไม่เขียนลงระบบ")] = False,
        empty_clears: Annotated[
            bool, typer.Option("--empty-clears", help="ช่องว่างในไฟล์ลบค่าเดิมในทะเบียน (ปกติช่องว่างไม่ลบอะไร)")
        ] = False,
        undo: Annotated[bool, typer.Option("--undo", help="ย้อนการนำเข้าครั้งล่าสุด")] = False,
        versions: Annotated[bool, typer.Option("--versions", help="รายการนำเข้าทุกครั้ง")] = False,
        row: Annotated[str, typer.Option("--row", help="แถวหมายเลขนี้มาจากการนำเข้าครั้งใด")] = "",
        as_json: Annotated[bool, typer.Option("--json", help="ผลลัพธ์เป็น JSON สำหรับโปรแกรมอื่น")] = False,
    ) -> int:
        office = open_office(where)
        if row or versions:
            came = office.import_register.came_by(row) if row else None
            found = [came] if came else [] if row else office.import_register.versions()
            return _show_versions(office, found, console, as_json)
        if undo:
            return _undo(office, console, complaints, as_json)
        if file is None or not file.is_file():
            complaints.print(office.messages.text("error", "file_missing", file=file or ""), markup=False)
            return USAGE
        gc.freeze()  # what the program is made of is not gone through again and again between the rows
        with office.lease():
            report = office.import_register.run(
                office.register_file(file),
                dry_run=dry_run,
                empty_clears=empty_clears,
                progress=_progress(office, complaints),
            )
        return _show(office, report, console, dry_run, as_json)


def _progress(office: Office, complaints: Console) -> Progress:
    """Tells how far it is from time to time, and keeps the lease."""
    told = time.monotonic()

    def tell(done: int, rows: int) -> None:
        nonlocal told
        office.lease.check()
        if time.monotonic() - told >= TELL_EVERY and rows:
            told = time.monotonic()
            facts = {"done": f"{done:,}", "rows": f"{rows:,}", "percent": 100 * done // rows}
            complaints.print(office.messages.text("say", "register_progress", **facts), markup=False)

    return tell


def _show(office: Office, report: RegisterReport, console: Console, dry_run: bool, as_json: bool) -> int:
    say, total = office.messages, office.ports.cases.register_size()
    facts = {
        "new": report.new,
        "changed": report.changed,
        "same": report.same,
        "refused": report.refused_rows,
        "erased": report.erased,
        "total": total,
    }
    logging.getLogger("saphan").info("import_register", extra={"facts": {**facts, "dry_run": dry_run}})
    if as_json:
        more: dict[str, Any] = {
            "refused_file": report.refused_file,
            "reasons": report.refused,
            "version": report.version,
        }
        more |= {"former_places": report.former_places, "notes": report.notes}
        console.print_json(data={**facts, **more})
        return 0
    counts = {name: f"{count:,}" for name, count in facts.items()}
    console.print(
        say.text("say", "register_rehearsed" if dry_run else "register_done", **counts), markup=False
    )
    if report.erased:
        console.print(say.text("say", "register_erased", erased=counts["erased"]), markup=False)
    if report.refused:
        console.print(say.text("say", "register_refused", file=report.refused_file), markup=False)
    for reason in report.refused:
        console.print(f"- {reason}", markup=False)
    if report.notes:
        console.print(say.text("say", "register_former", count=f"{report.former_places:,}"), markup=False)
    for note in report.notes:
        console.print(f"- {note}", markup=False)
    return 0


def _undo(office: Office, console: Console, complaints: Console, as_json: bool) -> int:
    with office.lease():
        undone = office.import_register.undo(_progress(office, complaints))
    if undone is None:
        complaints.print(office.messages.text("error", "register_nothing_to_undo"), markup=False)
        return USAGE
    logging.getLogger("saphan").info("undo_register", extra={"facts": asdict(undone.tally)})
    if as_json:
        console.print_json(data={"undone": _as_json(undone), "total": office.ports.cases.register_size()})
        return 0
    total = f"{office.ports.cases.register_size():,}"
    console.print(office.messages.text("say", "register_undone", total=total, **_facts(undone)), markup=False)
    return 0


def _show_versions(office: Office, found: Sequence[Import], console: Console, as_json: bool) -> int:
    if as_json:
        console.print_json(data=[_as_json(one) for one in found])
        return 0
    if not found:
        console.print(office.messages.text("say", "register_no_versions"), markup=False)
    for one in found:
        state = office.messages.text("say", f"register_state_{one.state}")
        facts = {**_facts(one), "state": state}
        console.print(office.messages.text("say", "register_version", **facts), markup=False)
    return 0


def _facts(one: Import) -> dict[str, Any]:
    at = bootstrap.local_time(one.at)
    counts = {name: f"{count:,}" for name, count in asdict(one.tally).items()}
    return {"version": one.version, "at": f"{buddhist(at.date())} {at:%H:%M}", "file": one.file, **counts}


def _as_json(one: Import) -> dict[str, Any]:
    at = bootstrap.local_time(one.at).isoformat(timespec="seconds")
    return {
        "version": one.version,
        "at": at,
        "file": one.file,
        "state": str(one.state),
        "empty_clears": one.empty_clears,
        **asdict(one.tally),
    }

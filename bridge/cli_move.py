"""The command `move`: the office's books from local files to Google, or back."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bridge.application.connect import Level
from bridge.bootstrap import Office
from bridge.bootstrap.google import Kind
from bridge.bootstrap.moving import Moved, move
from bridge.messages import Messages


class Destination(StrEnum):
    GOOGLE = "google"
    LOCAL = "local"


class Book(StrEnum):
    CASES = "cases"
    ACCESS = "access"
    SUMMARY = "summary"


Link = Annotated[str, typer.Option(metavar="LINK", help="ลิงก์ของสเปรดชีตที่มีอยู่ (ถ้าไม่ระบุ ใช้ของเดิม หรือสร้างใหม่)")]


def register(app: typer.Typer, open_office: Callable[[Path | None], Office], console: Console) -> None:
    """Adds the command to the command line."""

    @app.command("move", help="ย้ายทะเบียนจากไฟล์ในเครื่องไป Google หรือกลับ โดยข้อมูลและประวัติอยู่ครบ")
    def command(
        to: Annotated[Destination, typer.Option(help="google หรือ local")],
        only: Annotated[list[Book] | None, typer.Option(help="ย้ายเฉพาะส่วน (ใช้ซ้ำได้)")] = None,
        cases_book: Link = "",
        access_book: Link = "",
        summary_book: Annotated[
            str, typer.Option(metavar="LINK|cases", help="ลิงก์ หรือ cases = แท็บสรุปอยู่ในสเปรดชีตทะเบียนเคส")
        ] = "",
        where: Annotated[Path | None, typer.Option("-w", "--workspace", help="โฟลเดอร์งาน")] = None,
    ) -> int:
        office = open_office(where)
        links: dict[Kind, str] = {"cases": cases_book, "access": access_book, "summary": summary_book}
        kinds: list[Kind] = [book.value for book in only or ()]
        moved = move(office, to.value, kinds, links)
        return _show(moved, to, office.messages, console)


def _show(moved: Moved, to: Destination, say: Messages, console: Console) -> int:
    for line in lines(moved, to, say):
        console.print(line, markup=False)
    trouble = moved.report.trouble
    return trouble[0].exit_code if trouble else 0


def lines(moved: Moved, to: Destination, say: Messages) -> list[str]:
    """What happened, in sentences."""
    report = moved.report
    said = [say.text("say", f"move_done_{to}" if moved.kinds else "move_already")]
    said += [say.text("say", "move_rows", tab=tab, count=f"{count:,}") for tab, count in report.rows.items()]
    said += [
        say.text("say", "move_own", tab=tab, columns=", ".join(f"“{name}”" for name in own))
        for tab, own in report.own.items()
        if own
    ]
    said += [say.text("say", "move_kept", file=file) for file in moved.kept]
    signs = {Level.DONE: "+", Level.TODO: ">", Level.PROBLEM: "!"}
    said += [
        f"{signs.get(line.level, '=')} {say.text(line.section, line.code, **line.facts)}"
        for line in moved.lines
    ]
    if report.late:
        said.append(say.text("say", "move_late"))
    if report.trouble:
        said.append(say.text("say", "move_unfinished"))
        said += [f"- {say.text('error', error.code, **error.facts)}" for error in report.trouble]
    if moved.kinds:
        said.append(say.text("say", "move_restart"))
    return said
